package queue

import (
	"fmt"
	"slices"
	"strconv"
	"time"
)

// step is what an action makes of a ticket in one state.
type step struct {
	to   State
	kind Kind // Empty = the action is already done; nothing happens.
}

// transitions is the life of a ticket: action × state → step. A pair that is
// not here is refused with CodeWrongState. Take, next, call, undo and the
// passing of time have their own entries in decide.go, undo.go and hours.go
// because they need more than a ticket.
func transitions() map[Action]map[State]step {
	return map[Action]map[State]step{
		Confirm: {
			Held:      {Waiting, TicketConfirmed},
			Cancelled: {Waiting, TicketConfirmed}, // Only if it lapsed undelivered; see effects.
			Waiting:   {Waiting, ""},
			Called:    {Called, ""},
			Serving:   {Serving, ""},
			Parked:    {Parked, ""},
			Completed: {Completed, ""},
			NoShow:    {NoShow, ""},
		},
		CheckIn:  {Waiting: {Waiting, TicketCheckedIn}, Called: {Called, ""}, Serving: {Serving, ""}},
		Later:    {Waiting: {Waiting, TicketPushedBack}, Called: {Waiting, TicketPushedBack}},
		Recall:   {Called: {Called, TicketRecalled}},
		Start:    {Called: {Serving, TicketStarted}},
		Finish:   {Called: {Completed, TicketFinished}, Serving: {Completed, TicketFinished}},
		Absent:   {Called: {NoShow, TicketNoShow}},
		Park:     {Called: {Parked, TicketParked}, Serving: {Parked, TicketParked}},
		Resume:   {Parked: {Called, TicketResumed}},
		Transfer: {Called: {Waiting, TicketTransferred}, Serving: {Waiting, TicketTransferred}, Parked: {Waiting, TicketTransferred}},
		Requeue:  {Called: {Waiting, TicketRequeued}, Serving: {Waiting, TicketRequeued}, Parked: {Waiting, TicketRequeued}},
		Restore:  {NoShow: {Waiting, TicketRestored}},
		Cancel:   {Held: {Cancelled, TicketCancelled}, Waiting: {Cancelled, TicketCancelled}, Parked: {Cancelled, TicketCancelled}},
		Rate:     {Completed: {Completed, TicketRated}},
		Entitle: {
			Waiting: {Waiting, TicketEntitled}, Called: {Called, TicketEntitled}, Serving: {Serving, TicketEntitled}, Parked: {Parked, TicketEntitled},
		},
		Disentitle: {
			Waiting: {Waiting, TicketDisentitled}, Called: {Waiting, TicketDisentitled}, Serving: {Serving, TicketDisentitled}, Parked: {Parked, TicketDisentitled},
		},
	}
}

// Actions lists the ticket actions.
func Actions() []Action {
	return []Action{Confirm, CheckIn, Later, Recall, Start, Finish, Absent, Park, Resume, Transfer, Requeue, Restore, Undo, Cancel, Rate, Entitle, Disentitle}
}

// effect is what an action does to a ticket besides its state: t is the ticket
// already in its new state. It refuses what the office's rules do not allow.
type effect func(s *state, r ActRequest, old, t *Ticket, now time.Time) error

// effects has the actions whose effect is more than the state.
func effects() map[Action]effect {
	return map[Action]effect{
		Confirm:  confirm,
		CheckIn:  checkIn,
		Later:    later,
		Recall:   recall,
		Start:    start,
		Park:     park,
		Resume:   resume,
		Transfer: transfer,
		Requeue:  requeue,
		Restore:  restore,
		Rate:     rate,

		Entitle:    entitle,
		Disentitle: disentitle,
	}
}

// refuse says that an action is not for a ticket as it stands.
func refuse(r ActRequest, t *Ticket, why string) error {
	return &Error{Code: CodeWrongState, Ticket: publicCopy(t), Message: fmt.Sprintf("cannot %s ticket %s: %s", r.Action, t.Number, why)}
}

func confirm(s *state, r ActRequest, old, t *Ticket, now time.Time) error {
	switch {
	case old.State == Cancelled && old.Reason != ReasonUndelivered:
		return refuse(r, old, "it is cancelled")
	case r.Told != nil && !old.Reserved():
		return refuse(r, old, "it was not set aside")
	case r.Told != nil:
		s.redeem(*r.Told, t, now)
	case old.Reserved(): // Given out while connected: nobody waited since it was set aside.
		s.redeem(Told{}, t, now)
	}
	return nil
}

func recall(s *state, r ActRequest, old, t *Ticket, now time.Time) error {
	if most := s.rules().CallsMost; old.CallCount >= most {
		return refuse(r, old, fmt.Sprintf("it was called %s, which is all this office allows", counted(old.CallCount, "time")))
	}
	t.CallCount++
	t.CalledAt = now
	return nil
}

// start, park and transfer are done with the citizen at the counter, checked in
// or not: whoever goes back to a line from there is in the hall.
func start(_ *state, _ ActRequest, _, t *Ticket, _ time.Time) error {
	t.Presence = Present
	return nil
}

// How a citizen who checks in late is welcomed: with the old place if soon
// enough, else with a credit for half of what was waited.
const (
	welcomeTime  = 15 * time.Minute
	welcomeCalls = 5
	creditMost   = 15 * time.Minute
)

// checkIn notes that the citizen is in the hall. Somebody who was passed over
// meanwhile keeps the place when coming soon after, as a returned ticket;
// later there is a credit for part of the time waited.
func checkIn(s *state, _ ActRequest, old, t *Ticket, now time.Time) error {
	t.Presence, t.Reason = Present, old.Reason
	if old.booked() {
		t.arrive(now)
		return nil
	}
	passed, calls := s.passedOver(old)
	switch {
	case calls == 0:
	case now.Sub(passed) <= welcomeTime || calls <= welcomeCalls:
		t.Returned = true
	default:
		t.EligibleAt = now.Add(-min(now.Sub(old.EligibleAt)/2, creditMost))
	}
	return nil
}

// passedOver tells when a ticket not checked in was first passed over, and how
// often since; more than welcomeCalls are not told apart.
func (s *state) passedOver(t *Ticket) (first time.Time, calls int) {
	if s.lineOf(*t).lane != absent {
		return first, 0
	}
	since, _ := slices.BinarySearchFunc(s.calls[t.Service], t.EligibleAt, func(c turn, at time.Time) int { return c.called.Compare(at) })
	for _, c := range s.calls[t.Service][since:] {
		if calls > welcomeCalls {
			break
		}
		if before(s.rates(), c.class, c.place, t.Class, t.place(), c.called) {
			continue // It was that ticket's turn anyway.
		}
		if other := s.ticketAt(c.place); other == nil || other.CallCount == 0 {
			continue // The call was taken back.
		}
		calls++
		if first.IsZero() {
			first = c.called
		}
	}
	return first, calls
}

// placesMost bounds how far one push back goes.
const placesMost = 50

// later lets others go first. The ticket then stands right behind the last of
// them, so nobody else loses by it.
func later(s *state, r ActRequest, old, t *Ticket, now time.Time) error {
	switch {
	case r.Places < 0 || r.Places > placesMost:
		return Errorf(CodeBadRequest, "places %d: give 1 to %d", r.Places, placesMost)
	case old.LaterCount >= s.rules().LaterMost:
		return refuse(r, old, fmt.Sprintf("it was pushed back %s already", counted(old.LaterCount, "time")))
	}
	t.LaterCount++
	t.Counter = ""
	behind := slices.DeleteFunc(slices.Clone(s.waiting.of(s.lineOf(*t))), func(p place) bool { return comparePlaces(p, old.place()) <= 0 })
	if places := min(max(r.Places, 1), len(behind)); places > 0 {
		t.EligibleAt = behind[places-1].at.Add(time.Millisecond)
	}
	return nil
}

func park(_ *state, r ActRequest, _, t *Ticket, now time.Time) error {
	if !r.ResumeAt.IsZero() && (!r.ResumeAt.After(now) || r.ResumeAt.Sub(now) > 24*time.Hour) {
		return Errorf(CodeBadRequest, "resume time %s is not within the next 24 hours", r.ResumeAt.Format(time.RFC3339))
	}
	t.Presence = Present
	t.ResumeAt = r.ResumeAt.UTC().Truncate(time.Millisecond)
	if r.ResumeAt.IsZero() {
		t.ResumeAt = time.Time{}
	}
	return nil
}

func resume(s *state, r ActRequest, old, t *Ticket, now time.Time) error {
	if r.Counter == "" {
		r.Counter = old.Counter
	}
	c, err := s.readyCounter(r.Counter)
	if err != nil {
		return err
	}
	t.Counter, t.ResumeAt, t.CalledAt = c.ID, time.Time{}, now
	t.CallCount++
	return nil
}

// transfer sends a ticket on with its number and its place: nobody queues
// twice in full.
func transfer(s *state, r ActRequest, _, t *Ticket, _ time.Time) error {
	switch {
	case (r.Service == "") == (r.Counter == ""):
		return Errorf(CodeBadRequest, "transfer to a service or to a counter")
	case r.Service != "":
		v, ok := s.service(r.Service)
		if !ok {
			return Errorf(CodeUnknownService, "no service %q", clip(r.Service))
		}
		t.Service, t.Agency, t.Only = v.ID, v.Agency, ""
	default:
		c, _, err := s.counter(r.Counter)
		if err != nil {
			return err
		}
		t.Only = c.ID
	}
	t.Counter, t.ResumeAt, t.StartedAt, t.CallCount, t.Presence = "", time.Time{}, time.Time{}, 0, Present
	return nil
}

func requeue(_ *state, _ ActRequest, _, t *Ticket, _ time.Time) error {
	t.Counter, t.ResumeAt, t.StartedAt, t.Returned = "", time.Time{}, time.Time{}, true
	return nil
}

// restorable tells whether a no-show may still come back.
func (s *state) restorable(t *Ticket, now time.Time) bool {
	return now.Sub(t.FinishedAt) <= time.Duration(s.rules().RestoreMinutes)*time.Minute
}

func restore(s *state, r ActRequest, old, t *Ticket, now time.Time) error {
	if !s.restorable(old, now) {
		return refuse(r, old, fmt.Sprintf("it was given up %s ago", counted(int(now.Sub(old.FinishedAt).Minutes()), "minute")))
	}
	t.Counter, t.Returned, t.CallCount, t.Presence = "", true, 0, Present
	return nil
}

// Bounds of a rating.
const (
	ratingMost  = 5
	reasonsMost = 8
	reasonMost  = 64 // Bytes.
)

func rate(s *state, r ActRequest, old, t *Ticket, now time.Time) error {
	switch {
	case old.Rating != nil:
		return refuse(r, old, "it was rated already")
	case s.setup.Rating.late(*old, now):
		return refuse(r, old, fmt.Sprintf("it was served %s ago", counted(int(now.Sub(old.FinishedAt).Minutes()), "minute")))
	case r.Level < 1 || r.Level > ratingMost:
		return Errorf(CodeBadRequest, "level %d: give 1 to %d", r.Level, ratingMost)
	case len(r.Reasons) > reasonsMost || slices.ContainsFunc(r.Reasons, func(w string) bool { return !isText(w, reasonMost) }):
		return Errorf(CodeBadRequest, "at most %d reasons of %d bytes", reasonsMost, reasonMost)
	}
	t.Rating = &Rating{Level: r.Level, Reasons: slices.Clone(r.Reasons), At: now}
	t.Reason = old.Reason
	return nil
}

// rules are the office's rules with the defaults filled in.
func (s *state) rules() Rules { return s.setup.Rules.withDefaults() }

// ticketAt is the ticket that stands at a place.
func (s *state) ticketAt(p place) *Ticket { return s.tickets[strconv.FormatInt(p.seq, 10)] }

// checkLine refuses to bring a ticket back to a line, or to a counter alone,
// that the office has taken away meanwhile: nobody would ever call it.
func (s *state) checkLine(r ActRequest, old, t *Ticket) error {
	if !t.State.Open() {
		return nil
	}
	if _, ok := s.service(t.Service); !ok {
		return refuse(r, old, fmt.Sprintf("service %s is no more", t.Service))
	}
	if _, _, err := s.counter(t.Only); t.Only != "" && err != nil {
		return refuse(r, old, fmt.Sprintf("counter %s, which alone may call it, is no more", t.Only))
	}
	return nil
}
