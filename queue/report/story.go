package report

import (
	"slices"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// story is what has happened to one ticket today, without what was undone.
type story struct {
	ticket queue.Ticket // As it stands.
	first  queue.Ticket // As it was issued, or taken over.
	taken  bool         // Taken over from the day before.
	by     Who          // Who brought it into its state.

	called bool      // Its first call is past.
	since  time.Time // In a line again since then; zero = not again.
	waits  []wait
	stays  []stay
	marks  []mark
	kept   []mark // What counts although it was undone.

	latest latest
	before *story // As it was before its latest event; nil = it was not.
}

// keys is what a moment of a ticket's life is counted under.
type keys struct {
	agency, service, counter string
	class                    queue.Class
	staff                    string // Who did it, where it was one of the staff.
}

func keysOf(t queue.Ticket, counter string) keys {
	return keys{agency: t.Agency, service: t.Service, counter: counter, class: t.Class}
}

// by adds who did it, where that was staff: the device's name without the part
// of it that spoke.
func (k keys) by(actor string) keys {
	if whoIs(actor) == Staff {
		k.staff, _, _ = strings.Cut(actor, "/")
	}
	return k
}

// wait is a time in a line that a call ended.
type wait struct {
	keys
	again      bool
	took       time.Duration
	sinceIssue time.Duration // Of the first one.
}

// stay is a time in a counter's hand.
type stay struct {
	keys
	called, started, ended time.Time
	end                    queue.Kind // Of the event that ended it.
}

// mark is something else that was done.
type mark struct {
	keys
	kind queue.Kind
}

// latest is the latest event, as undoing it needs to know it.
type latest struct {
	keys
	kind   queue.Kind
	chosen int // Index of the call out of order, or -1.
}

// What is kept although it may be undone, as kinds of mark.
const (
	markCall         queue.Kind = "call"
	markCallUndone   queue.Kind = "call undone"
	markChosen       queue.Kind = "chosen"
	markChosenUndone queue.Kind = "chosen undone"
	markUndo         queue.Kind = "undo"
)

func (s *story) keep(k keys, kind queue.Kind) { s.kept = append(s.kept, mark{k, kind}) }

// takeOver begins the story of a ticket that was in hand while the day turned.
// A way that ended the day before is counted there; of one that did not, no
// more is known than the latest call.
func takeOver(t queue.Ticket) *story {
	in := stay{keys: keysOf(t, t.Counter), called: t.CalledAt}
	if t.State == queue.Serving {
		in.called, in.started = time.Time{}, t.StartedAt
	}
	return &story{ticket: t, first: t, taken: true, called: true, latest: latest{chosen: -1}, stays: []stay{in}}
}

// begin begins the story of a ticket that is issued.
func begin(e queue.Event) *story {
	return &story{ticket: *e.Ticket, first: *e.Ticket, by: whoIs(e.Actor), latest: latest{kind: e.Kind, chosen: -1}}
}

// note goes on with what one event did.
func (s *story) note(e queue.Event, chosen int) {
	was := *s
	was.before = nil
	s.before = &was
	s.waits, s.stays, s.marks = slices.Clone(s.waits), slices.Clone(s.stays), slices.Clone(s.marks)

	old, now := s.ticket, *e.Ticket
	s.ticket = now
	if now.State != old.State {
		s.by = whoIs(e.Actor)
	}
	counter := e.Counter
	if counter == "" {
		counter = old.Counter
	}
	s.latest = latest{keys: keysOf(old, counter).by(e.Actor), kind: e.Kind, chosen: chosen}
	if _, counts := deedOf(e.Kind); counts {
		s.marks = append(s.marks, mark{s.latest.keys, e.Kind})
	}
	switch {
	case now.State == queue.Called && !old.State.InHand():
		s.call(e, old)
	case old.State.InHand() && !now.State.InHand():
		s.leave(e)
	case now.State == queue.Serving && old.State == queue.Called && len(s.stays) > 0:
		last := &s.stays[len(s.stays)-1]
		last.started, last.keys = e.At, last.keys.by(e.Actor)
	}
	if now.State == queue.Waiting && old.State != queue.Waiting && s.called {
		s.since = e.At
	}
}

// call ends a wait and begins a stay.
func (s *story) call(e queue.Event, old queue.Ticket) {
	k := keysOf(s.ticket, s.ticket.Counter)
	switch {
	case !s.called:
		s.waits = append(s.waits, wait{
			keys: k, took: max(0, e.At.Sub(s.ticket.EligibleAt)), sinceIssue: max(0, e.At.Sub(s.ticket.IssuedAt)),
		})
	case old.State == queue.Waiting && !s.since.IsZero():
		s.waits = append(s.waits, wait{keys: k, again: true, took: max(0, e.At.Sub(s.since))})
	}
	s.called = true
	s.stays = append(s.stays, stay{keys: k.by(e.Actor), called: e.At})
}

// leave ends a stay.
func (s *story) leave(e queue.Event) {
	if len(s.stays) > 0 {
		last := &s.stays[len(s.stays)-1]
		last.ended, last.end, last.keys = e.At, e.Kind, last.keys.by(e.Actor)
	}
}

// undo goes back to before the latest event; the ticket is as e says.
func (s *story) undo(e queue.Event) {
	kept := s.kept
	if s.before != nil {
		*s = *s.before
	}
	s.kept = kept
	s.ticket, s.before, s.latest = *e.Ticket, nil, latest{kind: e.Kind, chosen: -1}
}

// whoIs tells actors apart by their names: device tokens are named after their
// role.
func whoIs(actor string) Who {
	switch {
	case actor == string(System):
		return System
	case strings.HasPrefix(actor, string(queue.RoleStaff)), strings.HasPrefix(actor, string(queue.RoleAdmin)):
		return Staff
	default:
		return Citizen
	}
}
