package queue

import (
	"cmp"
	"slices"
	"strconv"
	"time"
)

// state is an office as its log has made it. It is changed by apply alone, so
// that replaying the log gives the same state.
type state struct {
	office   string
	secret   []byte // Signs cards and hides persons; not part of the log.
	setup    Setup
	version  string // Of the setup.
	location *time.Location

	seq  int64     // Of the latest event.
	hash string    // Of the latest event.
	at   time.Time // Of the latest event; the office's time never runs backwards.
	day  string    // Business day.

	opened   int64     // Seq of the event that opened it.
	midnight time.Time // When its date ends.
	cutoff   time.Time // Until when remote tickets are waited for.

	tickets  map[string]*Ticket // Of this day, and those taken over in hand.
	numbers  map[Number]string  // This day's numbers → ticket id.
	codes    map[string]string  // Lookup codes → ticket id.
	issued   map[string]int     // Service → latest number of its series.
	taken    map[series]int     // Numbers of today that count for quotas.
	stopped  map[string]string  // Services that give no more numbers today → why; "" = all.
	revoked  map[string]Card    // Cards not honoured any more, by id.
	waiting  lines
	holds    line              // Held tickets by when they lapse.
	resumes  line              // Parked tickets by when they wait again.
	unheard  line              // Called tickets by when they are given up.
	second   map[string]bool   // Services whose latest call was of a returned ticket.
	calls    map[string][]turn // Service → this day's calls, but of returned tickets.
	undo     map[string]undoable
	counters map[string]*desk
	recent   []string // Ticket ids by latest call, newest first.

	life    map[Action]map[State]step // What transitions and effects say, made once.
	effects map[Action]effect

	keys    map[keyID]*KeyRecord
	persons map[string][]string // Person → ticket ids, while the office counts them.
}

// desk is a counter at work.
type desk struct {
	state  CounterState
	reason string
	ticket string    // Id of the ticket in hand, or empty.
	free   time.Time // Since when it has none, while it is open.
}

// turn is a call as those who were absent then missed it.
type turn struct {
	place
	class  Class
	called time.Time
}

type keyID struct{ caller, key string }

// recentCalls is how many calls the board looks back.
const recentCalls = 8

func newState(office string) *state {
	return &state{
		office: office, location: time.UTC,
		tickets: map[string]*Ticket{}, numbers: map[Number]string{}, codes: map[string]string{},
		issued: map[string]int{}, taken: map[series]int{}, stopped: map[string]string{}, revoked: map[string]Card{}, waiting: lines{}, counters: map[string]*desk{},
		second: map[string]bool{}, calls: map[string][]turn{}, undo: map[string]undoable{},
		life: transitions(), effects: effects(),
		keys: map[keyID]*KeyRecord{}, persons: map[string][]string{},
	}
}

// apply makes one event part of the state.
func (s *state) apply(e Event) {
	s.seq, s.hash, s.at = e.Seq, e.Hash, e.At
	switch e.Kind {
	case OfficeConfigured:
		s.applySetup(*e.Setup)
	case DayOpened:
		s.applySetup(*e.Setup)
		s.applyOpening(*e.Opening)
	case CounterOpened:
		s.counters[e.Counter] = &desk{state: Opened, ticket: s.inHand(e.Counter), free: e.At}
	case CounterPaused:
		s.counters[e.Counter] = &desk{state: Paused, reason: e.Reason, ticket: s.inHand(e.Counter)}
	case CounterClosed:
		s.counters[e.Counter] = &desk{state: Closed}
	case IssuingStopped:
		s.stopped[e.Service] = e.Reason
	case IssuingResumed:
		if e.Service == "" {
			clear(s.stopped)
		}
		delete(s.stopped, e.Service)
	case CardIssued, CallAnnounced: // The signature is enough; who was heard is no rule's concern.
	case CardRevoked:
		s.revoked[e.Card.ID] = *e.Card
	default:
		s.noteUndo(e)
		s.applyTicket(e.Ticket)
	}
	if e.Kind == TicketCalled {
		s.second[e.Ticket.Service] = e.Ticket.Returned
		if !e.Ticket.Returned {
			s.calls[e.Ticket.Service] = append(s.calls[e.Ticket.Service], turn{e.Ticket.place(), e.Ticket.Class, e.At})
		}
	}
	if e.Calls() {
		s.noteCall(e.Ticket.ID)
	}
}

func (s *state) applySetup(setup Setup) {
	s.setup, s.version = setup, setup.version()
	if loc, err := time.LoadLocation(setup.TimeZone); err == nil {
		s.location = loc
	}
	known := map[string]*desk{}
	for _, c := range setup.Counters {
		known[c.ID] = cmp.Or(s.counters[c.ID], &desk{state: Closed})
	}
	s.counters = known
	s.midnight, s.cutoff = s.midnightAfter(s.day), s.cutoffOfDay()
	s.waiting, s.unheard = lines{}, nil // The rules may have moved tickets to other lines.
	for _, t := range s.tickets {
		switch t.State {
		case Waiting:
			s.waiting.add(s.lineOf(*t), t.place())
		case Called:
			if at, ever := s.givenUp(*t); ever {
				s.unheard.add(place{at, t.seq()})
			}
		}
	}
}

func (s *state) applyOpening(o Opening) {
	s.day, s.opened = o.Day, s.seq
	s.midnight, s.cutoff = s.midnightAfter(s.day), s.cutoffOfDay()
	s.tickets, s.numbers, s.codes = map[string]*Ticket{}, map[Number]string{}, map[string]string{}
	s.issued, s.waiting, s.holds, s.resumes, s.unheard, s.recent = map[string]int{}, lines{}, nil, nil, nil, nil
	s.taken, s.stopped = map[series]int{}, map[string]string{}
	s.second, s.calls, s.undo = map[string]bool{}, map[string][]turn{}, map[string]undoable{}
	for _, c := range o.Counters {
		s.counters[c.ID] = &desk{state: c.State, reason: c.Reason, free: s.at}
	}
	for _, c := range o.Cards {
		s.revoked[c.ID] = c
	}
	for i := range o.Tickets {
		s.applyTicket(&o.Tickets[i])
	}
}

// applyTicket replaces what is known of a ticket and keeps every index true.
// The ticket is the event's own, which nobody changes any more.
func (s *state) applyTicket(t *Ticket) {
	if old := s.tickets[t.ID]; old != nil {
		s.unindex(*old)
	}
	s.tickets[t.ID] = t
	s.count(*t, 1)
	s.codes[t.Code] = t.ID
	if t.Day == s.day {
		s.numbers[t.Number] = t.ID
		s.issued[t.Number.Prefix] = max(s.issued[t.Number.Prefix], t.Number.N)
	} else if s.numbers[t.Number] == "" {
		s.numbers[t.Number] = t.ID // Taken over from yesterday; today's own number wins.
	}
	switch t.State {
	case Waiting:
		s.waiting.add(s.lineOf(*t), t.place())
	case Held:
		if !t.Reserved() {
			s.holds.add(place{t.HoldUntil, t.seq()})
		}
	case Parked:
		if !t.ResumeAt.IsZero() {
			s.resumes.add(place{t.ResumeAt, t.seq()})
		}
	case Called, Serving:
		if d := s.counters[t.Counter]; d != nil {
			d.ticket = t.ID
		}
		if at, ever := s.givenUp(*t); ever {
			s.unheard.add(place{at, t.seq()})
		}
	}
}

func (s *state) unindex(t Ticket) {
	s.count(t, -1)
	switch t.State {
	case Waiting:
		s.waiting.remove(s.lineOf(t), t.place())
	case Held:
		s.holds.remove(place{t.HoldUntil, t.seq()})
	case Parked:
		s.resumes.remove(place{t.ResumeAt, t.seq()})
	case Called, Serving:
		if d := s.counters[t.Counter]; d != nil && d.ticket == t.ID {
			d.ticket, d.free = "", s.at
		}
		if at, ever := s.givenUp(t); ever {
			s.unheard.remove(place{at, t.seq()})
		}
	}
}

// lineOf tells in which line a waiting ticket stands.
func (s *state) lineOf(t Ticket) lineKey {
	k := lineKey{service: t.Service, class: t.Class, only: t.Only}
	switch {
	case s.setup.Rules.CheckIn && t.Presence == Remote:
		k.lane = absent
	case t.Returned:
		k.lane = returned
	case t.booked() && t.Presence == Remote:
		k.lane = booked
	}
	return k
}

func (s *state) noteCall(id string) {
	s.recent = slices.DeleteFunc(s.recent, func(r string) bool { return r == id })
	s.recent = slices.Insert(s.recent, 0, id)
	if len(s.recent) > recentCalls {
		s.recent = s.recent[:recentCalls]
	}
}

func (s *state) inHand(counter string) string {
	if d := s.counters[counter]; d != nil {
		return d.ticket
	}
	return ""
}

// find resolves an id, today's number or a lookup code.
func (s *state) find(ref string) (*Ticket, error) {
	if code, ok := ParseCode(ref); ok {
		if t := s.tickets[s.codes[code]]; t != nil {
			return t, nil
		}
	}
	if t := s.tickets[ref]; t != nil {
		return t, nil
	}
	if n, err := ParseNumber(ref); err == nil {
		if t := s.tickets[s.numbers[n]]; t != nil {
			return t, nil
		}
	}
	return nil, Errorf(CodeUnknownTicket, "no ticket %q today", clip(ref))
}

func (s *state) service(id string) (Service, bool) {
	i := slices.IndexFunc(s.setup.Services, func(v Service) bool { return v.ID == id })
	if i < 0 {
		return Service{}, false
	}
	return s.setup.Services[i], true
}

func (s *state) procedure(id string) (Procedure, bool) {
	i := slices.IndexFunc(s.setup.Procedures, func(p Procedure) bool { return p.ID == id })
	if i < 0 {
		return Procedure{}, false
	}
	return s.setup.Procedures[i], true
}

func (s *state) counter(id string) (Counter, *desk, error) {
	i := slices.IndexFunc(s.setup.Counters, func(c Counter) bool { return c.ID == id })
	if i < 0 {
		return Counter{}, nil, Errorf(CodeUnknownCounter, "no counter %q", clip(id))
	}
	return s.setup.Counters[i], s.counters[id], nil
}

// seq is the ticket's id as a number, for ordering.
func (t *Ticket) seq() int64 {
	n, err := strconv.ParseInt(t.ID, 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// place is the ticket's place in its line.
func (t *Ticket) place() place { return place{t.EligibleAt, t.seq()} }

// clip bounds what a caller's text may take up in a message.
func clip(s string) string {
	const most = 40
	if len(s) > most {
		return s[:most] + "…"
	}
	return s
}
