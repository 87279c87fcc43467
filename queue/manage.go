package queue

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
)

// What a supervisor decides: the setup, whether numbers are given, cards.

// version names a setup by what it says.
func (s Setup) version() string {
	body, err := json.Marshal(s)
	if err != nil {
		return "" // Setups are plain structs.
	}
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:8])
}

// configure puts another setup in force, unless it would leave somebody behind.
func (d *decision) configure(s *state, r ConfigureRequest, now time.Time) error {
	if r.Setup.Office == "" {
		r.Setup.Office = s.office
	}
	if r.Setup.Office != s.office {
		return Errorf(CodeBadRequest, "office %q cannot become %q: an office keeps its id", s.office, clip(r.Setup.Office))
	}
	if r.Version != "" && r.Version != s.version {
		return Errorf(CodeStaleVersion, "the setup is at version %s, not %s", s.version, clip(r.Version))
	}
	if err := r.Setup.validate(); err != nil {
		return err
	}
	if err := s.checkLeftBehind(r.Setup); err != nil {
		return err
	}
	if err := d.tryOut(s, r.Setup.Trial, r.Caller, now); err != nil {
		return err
	}
	if r.Setup = r.Setup.clone(); r.Setup.version() != s.version {
		d.emit(s, Event{Kind: OfficeConfigured, Actor: r.Caller, Setup: &r.Setup}, now)
	}
	return nil
}

// checkLeftBehind refuses to drop a service with open tickets, or a counter
// that is at work or alone may call somebody.
func (s *state) checkLeftBehind(next Setup) error {
	service := func(id string) bool {
		return slices.ContainsFunc(next.Services, func(v Service) bool { return v.ID == id })
	}
	counter := func(id string) bool {
		return slices.ContainsFunc(next.Counters, func(c Counter) bool { return c.ID == id })
	}
	for _, c := range s.setup.Counters {
		if !counter(c.ID) && (s.counters[c.ID].state != Closed || s.inHand(c.ID) != "") {
			return Errorf(CodeSetupInUse, "counter %s is %s: close it before it is taken away", c.ID, s.counters[c.ID].state)
		}
	}
	for _, id := range s.ticketIDs() {
		switch t := s.tickets[id]; {
		case !t.State.Open():
		case !service(t.Service):
			return Errorf(CodeSetupInUse, "ticket %s is still %s in service %s: close the service, and take it away when nobody waits", t.Number, t.State, t.Service)
		case t.Only != "" && !counter(t.Only):
			return Errorf(CodeSetupInUse, "ticket %s waits for counter %s alone", t.Number, t.Only)
		}
	}
	return nil
}

// setIssuing stops or resumes the giving of numbers for the rest of the day.
func (d *decision) setIssuing(s *state, r IssuingRequest, now time.Time) error {
	if err := checkReason(r.Reason); err != nil {
		return err
	}
	r.Service = strings.ToUpper(r.Service)
	if _, ok := s.service(r.Service); r.Service != "" && !ok {
		return Errorf(CodeUnknownService, "no service %q", clip(r.Service))
	}
	if _, all := s.stopped[""]; all && r.Service != "" && !r.Stopped {
		return Errorf(CodeIssuingStopped, "all services are stopped: resume all of them")
	}
	_, stopped := s.stopped[r.Service]
	if r.Service == "" && !r.Stopped {
		stopped = len(s.stopped) > 0 // Resuming all resumes each.
	}
	if stopped == r.Stopped {
		return nil
	}
	kind := IssuingResumed
	if r.Stopped {
		kind = IssuingStopped
	}
	d.emit(s, Event{Kind: kind, Actor: r.Caller, Service: r.Service, Reason: r.Reason}, now)
	return nil
}

// How long a card may be good, and how long its kind may be.
const (
	cardYears = 10
	cardKind  = 32 // Bytes.
)

func (d *decision) issueCard(s *state, r CardRequest, now time.Time) error {
	switch {
	case len(s.secret) == 0:
		return Errorf(CodeBadRequest, "this office has no secret to sign cards with")
	case !isID(r.Kind) || len(r.Kind) > cardKind:
		return Errorf(CodeBadRequest, "kind %q: use lower case letters, digits and dashes", clip(r.Kind))
	case !now.Before(onDate(r.Until.In(s.location), "24:00")) || r.Until.After(now.AddDate(cardYears, 0, 1)):
		return Errorf(CodeBadRequest, "last day %s: give one within %d years", r.Until.Format(dateLayout), cardYears)
	}
	card := Card{ID: strconv.FormatInt(d.seq(s), 10), Kind: r.Kind, Until: r.Until.UTC().Truncate(time.Millisecond)}
	d.emit(s, Event{Kind: CardIssued, Actor: r.Caller, Card: &card}, now)
	d.card = card.ID
	return nil
}

func (d *decision) revokeCard(s *state, r RevokeRequest, now time.Time) error {
	if n, err := strconv.ParseInt(r.ID, 10, 64); err != nil || n < 1 || n > s.seq || strconv.FormatInt(n, 10) != r.ID {
		return Errorf(CodeCardInvalid, "no card %q of this office", clip(r.ID))
	}
	d.card = r.ID
	if _, gone := s.revoked[r.ID]; !gone {
		d.emit(s, Event{Kind: CardRevoked, Actor: r.Caller, Card: &Card{ID: r.ID}}, now)
	}
	return nil
}

// isID reports whether s is made of lower case letters, digits and dashes.
func isID(s string) bool {
	for _, r := range s {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' {
			return false
		}
	}
	return s != ""
}

// Setup implements Management.
func (e *Engine) Setup(context.Context) (SetupView, error) {
	if err := e.rlock(); err != nil {
		return SetupView{}, err
	}
	defer e.mu.RUnlock()
	return SetupView{Setup: e.state.setup.clone(), Version: e.state.version}, nil
}

// Configure implements Management.
func (e *Engine) Configure(ctx context.Context, r ConfigureRequest) (SetupView, error) {
	if _, err := e.do(ctx, r); err != nil {
		return SetupView{}, err
	}
	return e.Setup(ctx)
}

// SetIssuing implements Management.
func (e *Engine) SetIssuing(ctx context.Context, r IssuingRequest) ([]ServiceView, error) {
	if _, err := e.do(ctx, r); err != nil {
		return nil, err
	}
	return e.Services(ctx)
}

// IssueCard implements Management.
func (e *Engine) IssueCard(ctx context.Context, r CardRequest) (Card, error) { return e.doCard(ctx, r) }

// RevokeCard implements Management.
func (e *Engine) RevokeCard(ctx context.Context, r RevokeRequest) (Card, error) {
	if _, err := e.card(ctx, r.ID); err != nil {
		return Card{}, err
	}
	return e.doCard(ctx, r)
}

// doCard answers with the card as the log has it; who repeats a request gets
// the same one.
func (e *Engine) doCard(ctx context.Context, c Command) (Card, error) {
	p, err := e.do(ctx, c)
	if err != nil {
		return Card{}, err
	}
	return e.card(ctx, p.decision.card)
}

// card finds the card that an event issued.
func (e *Engine) card(ctx context.Context, id string) (Card, error) {
	seq, err := strconv.ParseInt(id, 10, 64)
	if err != nil || seq < 1 {
		return Card{}, Errorf(CodeCardInvalid, "no card %q of this office", clip(id))
	}
	events, err := e.store.Read(ctx, e.office, seq-1, 1)
	switch {
	case err != nil:
		return Card{}, Errorf(CodeUnavailable, "read card %d: %w", seq, err)
	case len(events) == 0 || events[0].Card == nil || events[0].Kind != CardIssued:
		return Card{}, Errorf(CodeCardInvalid, "no card %d of this office", seq)
	}
	card := *events[0].Card
	if err := e.rlock(); err != nil {
		return Card{}, err
	}
	defer e.mu.RUnlock()
	card.Text = e.state.cardText(card)
	return card, nil
}
