package queue

import (
	"slices"
	"time"
)

// A machine that may be cut off from the office has numbers set aside for it:
// held tickets that do not lapse before the day ends. The series gives each
// number once, so that what the machine gives out alone meets nobody else's;
// confirming tells the office afterwards.

// Told is what a machine did with a number set aside for it while it was cut
// off.
type Told struct {
	At        time.Time `json:"at"` // When the citizen got it: the wait counts from then, but neither from before the number was set aside nor from the future. Zero: now.
	Procedure string    `json:"procedure,omitempty"`
	Class     Class     `json:"class,omitempty"` // Normal or Priority.
	Language  string    `json:"language,omitempty"`
	Needs     []string  `json:"needs,omitempty"`
	Aged      bool      `json:"aged,omitempty"` // As in TakeRequest.
	Card      string    `json:"card,omitempty"` // The same: one that the office does not honour is left out.
}

// reserveMost is how many numbers of one service are set aside at one time.
const reserveMost = 100

// Reserved reports whether a number is set aside for a machine: held, and not
// for a while. Nobody has it until it is confirmed.
func (t *Ticket) Reserved() bool { return t.State == Held && t.HoldUntil.IsZero() }

// checkReserve refuses to set aside what a kiosk could not give out.
func (s *state) checkReserve(r TakeRequest) error {
	if r.Channel != Kiosk || r.Person != "" || r.Class != "" && r.Class != Normal || r.Card != "" || r.Aged || !r.Slot.IsZero() {
		return Errorf(CodeBadRequest, "a number is set aside for a kiosk, and for nobody yet: give the service and channel kiosk alone")
	}
	aside := 0
	for _, t := range s.tickets {
		if t.Service == r.Service && t.Reserved() {
			aside++
		}
	}
	if aside >= reserveMost {
		return Errorf(CodeChannelFull, "%d numbers of service %s are set aside already: confirm or cancel some", aside, r.Service)
	}
	return nil
}

// redeem makes a number set aside the ticket of the citizen who was told it.
// What a citizen was told holds: what the office would not have given is left
// out, and never a reason to refuse.
func (s *state) redeem(told Told, t *Ticket, now time.Time) {
	at := told.At.UTC().Truncate(time.Millisecond)
	switch {
	case told.At.IsZero() || at.After(now):
		at = now
	case at.Before(t.IssuedAt):
		at = t.IssuedAt
	}
	t.IssuedAt, t.EligibleAt = at, at
	if i := slices.IndexFunc(s.setup.Procedures, func(p Procedure) bool { return p.ID == told.Procedure && p.Service == t.Service }); i >= 0 {
		t.Procedure = told.Procedure
	}
	switch {
	case told.Card != "" && s.checkCard(told.Card, now) == nil:
		t.Class, t.Entitlement = Priority, ByCard
	case told.Aged:
		t.Class, t.Entitlement = Priority, ByAge
	case told.Class == Priority && !s.setup.Rules.CardOnly:
		t.Class, t.Entitlement = Priority, Declared
	}
	if isLanguage(told.Language) {
		t.Language = told.Language
	}
	if needs := once(told.Needs); len(needs) <= maxNeeds && !slices.ContainsFunc(needs, func(n string) bool { return len(n) > maxNeed || !isID(n) }) {
		t.Needs = needs
	}
}
