package queue

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// command is one request on its way to the owner: do is a Command or a tick.
type command struct {
	meta Meta
	do   any
	seed uint64 // The randomness a command may use, drawn outside.

	print string // Its fingerprint, if its sender has made it already.
}

// newCommand prepares what need not be done by the owner, for whom all wait.
func newCommand(c Command, seed uint64) command {
	made := command{meta: c.sender(), do: c, seed: seed}
	if made.meta.Key != "" {
		made.print = fingerprint(c)
	}
	return made
}

func (c command) fingerprint() string {
	if c.print == "" {
		return fingerprint(c.do)
	}
	return c.print
}

// tick asks what the passing of time has brought.
type tick struct{}

// decision is what a command comes to: events that make it true, and what its
// sender is answered with.
type decision struct {
	events  []Event
	ticket  string // Id of the ticket in the answer, or empty.
	counter string // Counter in the answer, or empty.
	card    string // Id of the card in the answer, or empty.
	person  *PersonRecord
	forget  Forget
	key     *KeyRecord // What to remember of the request key.
}

// decide is the office's judgement: what one command means in one state at one
// time. It changes nothing and reads nothing else.
func decide(s *state, c command, now time.Time) (decision, error) {
	if k, used := s.keys[keyID{c.meta.Caller, c.meta.Key}]; used && c.meta.Key != "" {
		if k.Fingerprint != c.fingerprint() {
			return decision{}, Errorf(CodeKeyReused, "request key was used for another request at %s", k.At.Format(time.RFC3339))
		}
		return k.decision(c.do), nil
	}
	d := &decision{}
	if err := d.make(s, c, now); err != nil {
		return decision{}, err
	}
	if c.meta.Key != "" {
		d.key = &KeyRecord{
			Caller: c.meta.Caller, Key: c.meta.Key, Fingerprint: c.fingerprint(),
			At: now, Ticket: cmp.Or(d.ticket, d.card), Counter: d.counter,
		}
	}
	return *d, nil
}

// decision is what the first command under a key was answered with.
func (k KeyRecord) decision(do any) decision {
	switch do.(type) {
	case CardRequest, RevokeRequest:
		return decision{card: k.Ticket}
	default:
		return decision{ticket: k.Ticket, counter: k.Counter}
	}
}

func (d *decision) make(s *state, c command, now time.Time) error {
	switch r := c.do.(type) {
	case TakeRequest:
		return d.take(s, r, c.seed, now)
	case ActRequest:
		return d.act(s, r, now)
	case CounterRequest:
		return d.next(s, r, now)
	case CallRequest:
		return d.call(s, r, now)
	case SetCounterRequest:
		return d.setCounter(s, r, now)
	case ConfigureRequest:
		return d.configure(s, r, now)
	case IssuingRequest:
		return d.setIssuing(s, r, now)
	case CardRequest:
		return d.issueCard(s, r, now)
	case RevokeRequest:
		return d.revokeCard(s, r, now)
	case AnnouncedRequest:
		return d.announced(s, r, now)
	case tick:
		return d.tick(s, now)
	default:
		return Errorf(CodeInternal, "unknown command %T", c.do)
	}
}

// take issues the next number of a service's series.
func (d *decision) take(s *state, r TakeRequest, seed uint64, now time.Time) error {
	r, service, err := s.checkTake(r, now)
	if err != nil {
		return err
	}
	entitlement, err := s.checkClass(&r, now)
	if err != nil {
		return err
	}
	persons, err := s.checkPersons(r)
	if err != nil {
		return err
	}
	rng := rand.New(rand.NewPCG(seed, uint64(s.seq)))
	t := Ticket{
		ID:     strconv.FormatInt(d.seq(s), 10),
		Office: s.office,
		Number: s.nextNumber(service),
		Code:   newCode(rng, func(code string) bool { return s.codes[code] != "" }),

		Service: r.Service, Procedure: r.Procedure, Class: r.Class, Channel: r.Channel,
		Presence: presenceOf(r.Channel), Language: r.Language, Needs: slices.Clone(r.Needs),
		State: Waiting, Day: s.day, IssuedAt: now, EligibleAt: now,
		Agency: service.Agency, Entitlement: entitlement, Dossiers: r.Dossiers, Trial: s.setup.Trial,
	}
	if !r.Slot.IsZero() {
		t.Slot = r.Slot.UTC().Truncate(time.Millisecond)
		t.EligibleAt = t.Slot
		if t.Presence == Present || now.After(t.Slot) {
			t.arrive(now)
		}
	}
	kind := TicketIssued
	if r.Hold || r.Reserve {
		t.State, kind = Held, TicketHeld
	}
	if r.Hold && !r.Reserve {
		t.HoldUntil = now.Add(holdFor(r.Channel))
	}
	d.emit(s, Event{Kind: kind, Actor: r.Caller, Ticket: &t}, now)
	d.ticket = t.ID
	if ending := s.ending(t.ID, r.Person); ending != "" {
		persons = append(persons, ending)
	}
	if len(persons) > 0 {
		d.person = &PersonRecord{Ticket: t.ID, Person: strings.Join(persons, " "), At: now}
	}
	return nil
}

// How long a number stays held while its channel delivers it.
const (
	holdPhone = 120 * time.Second // A caller hears it twice and may think.
	holdOther = 60 * time.Second  // A printer or a message is quicker.
)

func holdFor(c Channel) time.Duration {
	if c == Phone {
		return holdPhone
	}
	return holdOther
}

func presenceOf(c Channel) Presence {
	if c == Kiosk || c == Staff {
		return Present
	}
	return Remote
}

// Bounds of what a taker may send.
const (
	maxNeeds  = 8
	maxNeed   = 32  // Bytes.
	maxPerson = 128 // Bytes.
	maxReason = 400 // Bytes.
	maxLang   = 16  // Bytes.

	maxDossiers = 99
)

// checkTake refuses what cannot be issued and fills in what was left open.
func (s *state) checkTake(r TakeRequest, now time.Time) (TakeRequest, Service, error) {
	if r.Procedure != "" {
		p, ok := s.procedure(r.Procedure)
		if !ok {
			return r, Service{}, Errorf(CodeUnknownService, "no procedure %q", clip(r.Procedure))
		}
		if r.Service != "" && r.Service != p.Service {
			return r, Service{}, Errorf(CodeBadRequest, "procedure %q belongs to service %s, not %q", p.ID, p.Service, clip(r.Service))
		}
		r.Service = p.Service
	}
	r.Service = strings.ToUpper(r.Service)
	service, ok := s.service(r.Service)
	switch {
	case !ok:
		return r, service, Errorf(CodeUnknownService, "no service %q", clip(r.Service))
	case !slices.Contains(Channels(), r.Channel):
		return r, service, Errorf(CodeBadRequest, "unknown channel %q", clip(string(r.Channel)))
	case r.Dossiers < 0 || r.Dossiers > maxDossiers:
		return r, service, Errorf(CodeBadRequest, "%d dossiers: give 1 to %d", r.Dossiers, maxDossiers)
	}
	r.Language = cmp.Or(r.Language, "vi")
	if len(r.Needs) > maxNeeds || slices.ContainsFunc(r.Needs, func(n string) bool { return len(n) > maxNeed || !isID(n) }) {
		return r, service, Errorf(CodeBadRequest, "needs: give at most %d words of %d lower case letters, digits and dashes, like %s", maxNeeds, maxNeed, NeedHearing)
	}
	r.Needs = once(r.Needs)
	name, err := person(r.Person)
	if err != nil {
		return r, service, err
	}
	r.Person = name
	if !isLanguage(r.Language) {
		return r, service, Errorf(CodeBadRequest, "language %q: give a tag like vi, en or en-GB", clip(r.Language))
	}
	if err := s.gives(service, r.Channel, now); err != nil {
		return r, service, err
	}
	if r.Reserve {
		return r, service, s.checkReserve(r)
	}
	if s.setup.Rules.CheckIn && presenceOf(r.Channel) == Remote && !s.cutoff.After(now) {
		return r, service, &Error{Code: CodeChannelFull, Message: "numbers from afar were given until " + s.setup.Rules.RemoteUntil, Opens: s.opensTomorrow(now)}
	}
	return r, service, nil
}

// once gives a list without what stands in it before.
func once(list []string) (out []string) {
	for _, s := range list {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// isLanguage reports whether s looks like a language tag (BCP 47 section 2.1).
func isLanguage(s string) bool {
	const letters, digits = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789"
	for i, part := range strings.Split(s, "-") {
		allowed, least := letters+digits, 1
		if i == 0 { // The language itself.
			allowed, least = letters, 2
		}
		if len(part) < least || len(part) > 8 || strings.Trim(part, allowed) != "" {
			return false
		}
	}
	return len(s) <= maxLang
}

// isText reports whether s is valid text of at most so many bytes; the log
// could not give back anything else as it was.
func isText(s string, most int) bool { return len(s) <= most && utf8.ValidString(s) }

// act does one action on one ticket: the transition table says what state
// comes of it, effects what else does.
func (d *decision) act(s *state, r ActRequest, now time.Time) error {
	byState, ok := s.life[r.Action]
	if !ok && r.Action != Undo {
		return Errorf(CodeUnknownAction, "unknown action %q", clip(string(r.Action)))
	}
	if err := checkReason(r.Reason); err != nil {
		return err
	}
	old, err := s.find(r.Ticket)
	if err != nil {
		return err
	}
	if r.Version != 0 && r.Version != old.Version {
		return &Error{Code: CodeStaleVersion, Ticket: publicCopy(old), Message: fmt.Sprintf("ticket %s is at version %d, not %d", old.Number, old.Version, r.Version)}
	}
	if r.While != "" && r.While != old.State {
		return refuse(r, old, "it is "+string(old.State))
	}
	if s.tried(old) && r.Action != Rate {
		return refuse(r, old, "the trial it was issued in is over")
	}
	if r.Action == Undo {
		return d.takeBack(s, r, old, now)
	}
	st, ok := byState[old.State]
	if !ok {
		return refuse(r, old, "it is "+string(old.State))
	}
	d.ticket = old.ID
	if st.kind == "" || (r.Action == CheckIn && old.Presence == Present) || (r.Action == Entitle && old.entitled()) {
		return nil
	}
	t := *old
	t.State, t.Reason = st.to, r.Reason
	if t.State != old.State { // A rating must not move the end of the service.
		t.stamp(now)
	}
	if change := s.effects[r.Action]; change != nil {
		if err := change(s, r, old, &t, now); err != nil {
			return err
		}
	}
	if err := s.checkLine(r, old, &t); err != nil {
		return err
	}
	d.emit(s, Event{Kind: st.kind, Actor: r.Caller, Counter: old.atCounter(&t), Reason: r.Reason, Ticket: &t}, now)
	return nil
}

// atCounter is the counter at which an action turned t into next.
func (t *Ticket) atCounter(next *Ticket) string {
	if t.State.InHand() {
		return t.Counter
	}
	return next.Counter
}

// stamp notes when the ticket came into its state.
func (t *Ticket) stamp(now time.Time) {
	switch t.State {
	case Waiting:
		t.HoldUntil, t.FinishedAt = time.Time{}, time.Time{}
	case Serving:
		t.StartedAt = now
	case Completed, NoShow, Cancelled, Expired:
		t.FinishedAt = now
		t.HoldUntil = time.Time{}
	}
}

// next gives the ticket that is next to a counter.
func (d *decision) next(s *state, r CounterRequest, now time.Time) error {
	counter, err := s.readyCounter(r.Counter)
	if err != nil {
		return err
	}
	first, ok := s.nextFor(counter, now)
	if !ok {
		return Errorf(CodeNobodyWaiting, "nobody waits for counter %s", counter.ID)
	}
	d.callTo(s, counter, s.ticketAt(first), Event{Actor: r.Caller}, now)
	return nil
}

// call gives a chosen ticket to a counter. Out of order it needs a reason,
// because order without favour is what citizens are promised.
func (d *decision) call(s *state, r CallRequest, now time.Time) error {
	if err := checkReason(r.Reason); err != nil {
		return err
	}
	counter, err := s.readyCounter(r.Counter)
	if err != nil {
		return err
	}
	t, err := s.find(r.Ticket)
	if err != nil {
		return err
	}
	if t.State != Waiting {
		return &Error{Code: CodeWrongState, Ticket: publicCopy(t), Message: fmt.Sprintf("cannot call ticket %s: it is %s", t.Number, t.State)}
	}
	first, _ := s.nextFor(counter, now)
	if first != t.place() && strings.TrimSpace(r.Reason) == "" {
		return Errorf(CodeBadRequest, "ticket %s is not next at counter %s: calling it out of order needs a reason", t.Number, counter.ID)
	}
	d.callTo(s, counter, t, Event{Actor: r.Caller, Reason: r.Reason, Chosen: first != t.place()}, now)
	return nil
}

// nextFor asks the policy.
func (s *state) nextFor(c Counter, now time.Time) (place, bool) {
	return s.waiting.next(c, s.rates(), now, s.rules().HelpFactor, func(service string) bool { return !s.second[service] })
}

// callTo calls a ticket to a counter; e says by whom and why.
func (d *decision) callTo(s *state, c Counter, old *Ticket, e Event, now time.Time) {
	t := *old
	t.State, t.Reason, t.Counter, t.CalledAt = Called, e.Reason, c.ID, now
	t.CallCount++
	e.Kind, e.Counter, e.Ticket = TicketCalled, c.ID, &t
	d.emit(s, e, now)
	d.ticket = t.ID
}

// readyCounter is a counter that may take a ticket: open, with nothing in hand.
func (s *state) readyCounter(id string) (Counter, error) {
	c, desk, err := s.counter(id)
	if err != nil {
		return c, err
	}
	if desk.state != Opened {
		return c, Errorf(CodeCounterClosed, "counter %s is %s", c.ID, desk.state)
	}
	return c, s.freeCounter(c)
}

// freeCounter refuses a counter that has a ticket in hand.
func (s *state) freeCounter(c Counter) error {
	t := s.tickets[s.inHand(c.ID)]
	if t == nil {
		return nil
	}
	return &Error{Code: CodeCounterBusy, Ticket: publicCopy(t), Message: fmt.Sprintf("counter %s has ticket %s in hand", c.ID, t.Number)}
}

// setCounter opens, pauses or closes a counter.
func (d *decision) setCounter(s *state, r SetCounterRequest, now time.Time) error {
	if err := checkReason(r.Reason); err != nil {
		return err
	}
	c, desk, err := s.counter(r.Counter)
	if err != nil {
		return err
	}
	kind, ok := map[CounterState]Kind{Opened: CounterOpened, Paused: CounterPaused, Closed: CounterClosed}[r.State]
	if !ok {
		return Errorf(CodeUnknownAction, "unknown counter state %q", clip(string(r.State)))
	}
	d.counter = c.ID
	if desk.state == r.State && (r.State != Paused || desk.reason == r.Reason) {
		return nil
	}
	if r.State == Closed {
		if err := d.clear(s, c, r, now); err != nil {
			return err
		}
	}
	d.emit(s, Event{Kind: kind, Actor: r.Caller, Counter: c.ID, Reason: r.Reason}, now)
	return nil
}

// clear empties the hands of a counter that closes, in the way it was told to.
func (d *decision) clear(s *state, c Counter, r SetCounterRequest, now time.Time) error {
	busy := s.freeCounter(c)
	if busy == nil {
		return nil
	}
	switch r.InHand {
	case Finish, Requeue, Park, Absent:
		err := d.act(s, ActRequest{Meta: r.Meta, Ticket: s.inHand(c.ID), Action: r.InHand, Reason: r.Reason}, now)
		d.ticket = "" // The answer is the counter.
		return err
	case "":
		return busy
	default:
		return Errorf(CodeUnknownAction, "a ticket in hand cannot be left with %q: finish, requeue, park or no-show", clip(string(r.InHand)))
	}
}

// keysKept is how long a request key is remembered.
const keysKept = 7 * 24 * time.Hour

// tick does what time brings by itself: it turns the day, or lets holds lapse,
// parked tickets come back, unanswered calls and late remote tickets end.
func (d *decision) tick(s *state, now time.Time) error {
	if s.dayTurns(now) {
		d.turnDay(s, now)
		return nil
	}
	end := func(t Ticket, to State, kind Kind, reason string) {
		counter := t.Counter
		t.State, t.Reason = to, reason
		t.stamp(now)
		d.emit(s, Event{Kind: kind, Actor: system, Counter: counter, Reason: reason, Ticket: &t}, now)
	}
	for _, p := range s.holds.until(now) {
		end(*s.ticketAt(p), Cancelled, TicketLapsed, ReasonUndelivered)
	}
	for _, p := range s.resumes.until(now) {
		t := *s.ticketAt(p)
		t.Counter, t.ResumeAt, t.StartedAt, t.Returned = "", time.Time{}, time.Time{}, true
		end(t, Waiting, TicketResumed, ReasonResumed)
	}
	for _, p := range s.unheard.until(now) {
		end(*s.ticketAt(p), NoShow, TicketNoShow, ReasonNoAnswer)
	}
	for _, t := range s.tooLate(now) {
		end(t, Expired, TicketExpired, ReasonCutoff)
	}
	if len(d.events) > 0 {
		return nil // Whoever is called is called by what is true then.
	}
	if c, t := s.autoCall(now); t != nil {
		d.callTo(s, c, t, Event{Actor: system}, now)
		d.ticket = "" // Nobody asked.
	}
	return nil
}

// system is the actor of what nobody asked for.
const system = "system"

// turnDay ends what is still open and begins the day of now. Tickets in hand
// at a counter stay there; counters stay as they are.
func (d *decision) turnDay(s *state, now time.Time) {
	opening := Opening{Day: now.In(s.location).Format(dateLayout)}
	for _, id := range s.ticketIDs() {
		t := *s.tickets[id]
		switch {
		case t.State.InHand():
			opening.Tickets = append(opening.Tickets, t)
		case t.Reserved(): // Nobody had it, nobody waited in vain.
			t.State, t.Reason = Cancelled, ReasonUndelivered
			t.stamp(now)
			d.emit(s, Event{Kind: TicketLapsed, Actor: system, Reason: ReasonUndelivered, Ticket: &t}, now)
		case t.State.Open():
			t.State, t.Reason = Expired, ReasonDayEnd
			t.stamp(now)
			d.emit(s, Event{Kind: TicketExpired, Actor: system, Reason: ReasonDayEnd, Ticket: &t}, now)
		}
	}
	for _, c := range s.setup.Counters {
		desk := s.counters[c.ID]
		opening.Counters = append(opening.Counters, CounterSeat{ID: c.ID, State: desk.state, Reason: desk.reason})
	}
	for _, id := range slices.Sorted(maps.Keys(s.revoked)) {
		opening.Cards = append(opening.Cards, s.revoked[id])
	}
	setup := s.setup
	d.emit(s, Event{Kind: DayOpened, Actor: system, Setup: &setup, Opening: &opening}, now)
	d.forget = Forget{Persons: now, Keys: now.Add(-keysKept)}
}

// ticketIDs lists the live tickets in the order they were issued.
func (s *state) ticketIDs() []string {
	ids := make([]*Ticket, 0, len(s.tickets))
	for _, t := range s.tickets {
		ids = append(ids, t)
	}
	slices.SortFunc(ids, func(a, b *Ticket) int { return int(a.seq() - b.seq()) })
	out := make([]string, len(ids))
	for i, t := range ids {
		out[i] = t.ID
	}
	return out
}

func (s *state) rates() Rates {
	if s.setup.Rates == (Rates{}) {
		return DefaultRates()
	}
	return s.setup.Rates
}

// seq is the seq that the next emitted event will get.
func (d *decision) seq(s *state) int64 { return s.seq + int64(len(d.events)) + 1 }

// emit adds an event; its ticket's version is its seq.
func (d *decision) emit(s *state, e Event, now time.Time) {
	e.Office, e.Seq, e.At = s.office, d.seq(s), now
	if e.Ticket != nil {
		e.Ticket.Version = e.Seq
	}
	d.events = append(d.events, e)
}

func checkReason(reason string) error {
	if slices.Contains(SystemReasons(), reason) {
		return Errorf(CodeBadRequest, "reason %q is the system's own", reason)
	}
	if !isText(reason, maxReason) {
		return Errorf(CodeBadRequest, "reason of %d bytes is longer than %d or not text", len(reason), maxReason)
	}
	return nil
}

func publicCopy(t *Ticket) *Ticket {
	p := t.Public()
	return &p
}
