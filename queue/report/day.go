package report

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// ErrNoDay says that the log has no such business day: the office was not
// running then, or the day has not begun.
var ErrNoDay = errors.New("no such business day in the log")

// ErrBehind says that a Book has not read the whole log yet, so that what is
// asked for would not be whole; it is queue.CodeUnavailable. See Book.CatchUp.
var ErrBehind error = queue.Errorf(queue.CodeUnavailable, "the log is still being summed up; ask again in a minute")

// Day sums up the first business day in a part of an office's log, in order of
// Seq: what is before its day_opened is passed over, and at the next one
// reading stops. Without any day it is ErrNoDay. A log that cannot be true (a
// gap, a ticket that was never issued) is an error that names the event.
func Day(office string, events iter.Seq2[queue.Event, error]) (Figures, error) {
	d := newReader(office)
	for e, err := range events {
		if err != nil {
			return Figures{}, fmt.Errorf("read the log after seq %d: %w", d.seq, err)
		}
		if err := d.next(e); err != nil {
			return Figures{}, fmt.Errorf("seq %d (%s): %w", e.Seq, e.Kind, err)
		}
		if d.sum.Over {
			break
		}
	}
	if d.sum.Day == "" {
		return Figures{}, ErrNoDay
	}
	return d.daily().figures()
}

// reader reads one day.
type reader struct {
	office string
	seq    int64 // Of the latest event; 0 = none yet.
	setup  queue.Setup
	whose  map[string]string // Service → agency, as the day last knew it.
	gone   queue.Setup       // What was taken away during the day, as it was then.
	sum    Figures           // What is known while reading.

	before  string // Hash of the event before the day, if it is known.
	hash    string // Of the latest event of the day.
	stories map[string]*story
	order   []*story                // In the order of issue.
	aside   map[string]queue.Ticket // Set aside for a machine, as they stand: nobody has them yet.
	shifts  map[string]*shift
	limits  limits
}

func newReader(office string) *reader {
	return &reader{office: office, stories: map[string]*story{}, aside: map[string]queue.Ticket{}, shifts: map[string]*shift{}, whose: map[string]string{}}
}

func (d *reader) next(e queue.Event) error {
	switch {
	case e.Office != d.office:
		return fmt.Errorf("it belongs to office %q, not %q", e.Office, d.office)
	case d.seq != 0 && e.Seq != d.seq+1:
		return fmt.Errorf("the event before it is %d: the log has a gap", d.seq)
	}
	d.seq = e.Seq
	switch {
	case e.Kind == queue.DayOpened && d.sum.Day == "":
		return d.open(e)
	case d.sum.Day == "": // Before the day.
		return nil
	}
	d.sum.Until = e.At
	if e.Kind == queue.DayOpened {
		d.sum.Over = true
		return nil
	}
	d.sum.Last, d.hash = e.Seq, e.Hash
	return d.happen(e)
}

// open begins the day with what it takes over.
func (d *reader) open(e queue.Event) error {
	if e.Setup == nil || e.Opening == nil || e.Opening.Day == "" {
		return errors.New("it does not say what the day takes over")
	}
	d.configured(*e.Setup)
	d.hash = e.Hash
	d.sum = Figures{
		Office: d.office, Day: e.Opening.Day, From: e.At, Until: e.At, First: e.Seq, Last: e.Seq,
		OutOfOrder: []Call{}, Issuing: []Stop{}, Notes: notes(),
	}
	for _, c := range e.Opening.Counters {
		d.shifts[c.ID] = &shift{state: c.State, reason: c.Reason, since: e.At, trial: e.Setup.Trial}
	}
	for _, t := range e.Opening.Tickets {
		if t.Trial {
			continue
		}
		s := takeOver(t)
		d.stories[t.ID], d.order = s, append(d.order, s)
		d.shift(t.Counter).ticket = t.ID
	}
	return nil
}

// configured puts a setup in force. A service that is taken away stays its
// agency's for the rest of the day; and what is taken away keeps its name.
func (d *reader) configured(s queue.Setup) {
	d.gone.Counters = left(append(d.gone.Counters, d.setup.Counters...), s.Counters, func(c queue.Counter) string { return c.ID })
	d.gone.Services = left(append(d.gone.Services, d.setup.Services...), s.Services, func(v queue.Service) string { return v.ID })
	d.gone.Procedures = left(append(d.gone.Procedures, d.setup.Procedures...), s.Procedures, func(p queue.Procedure) string { return p.ID })
	d.setup = s
	for _, v := range s.Services {
		d.whose[v.ID] = v.Agency
	}
}

// left gives what is not among now, the latest of each.
func left[T any](old, now []T, id func(T) string) (out []T) {
	has := func(list []T, one T) bool {
		return slices.ContainsFunc(list, func(o T) bool { return id(o) == id(one) })
	}
	for _, one := range slices.Backward(old) {
		if !has(now, one) && !has(out, one) {
			out = append(out, one)
		}
	}
	slices.Reverse(out)
	return out
}

// known is the setup for the names that the day's figures need: as it stands,
// and behind it what is gone and was used.
func (d *reader) known() queue.Setup {
	used := map[string]bool{}
	for _, s := range d.stories {
		for _, t := range []queue.Ticket{s.first, s.ticket} {
			used["service "+t.Service], used["procedure "+t.Procedure] = true, true
		}
		for _, v := range s.stays {
			used["service "+v.service] = true
		}
	}
	s := d.setup
	s.Counters, s.Services, s.Procedures = slices.Clone(s.Counters), slices.Clone(s.Services), slices.Clone(s.Procedures)
	for _, c := range d.gone.Counters {
		if d.shifts[c.ID] != nil {
			s.Counters = append(s.Counters, c)
		}
	}
	for _, v := range d.gone.Services {
		if used["service "+v.ID] {
			s.Services = append(s.Services, v)
		}
	}
	for _, p := range d.gone.Procedures {
		if used["procedure "+p.ID] {
			s.Procedures = append(s.Procedures, p)
		}
	}
	return s
}

// tried notes that the office begins or ends to be tried out: what counters do
// meanwhile is no work of theirs.
func (d *reader) tried(trial bool, at time.Time) {
	if trial == d.setup.Trial {
		return
	}
	for _, s := range d.shifts {
		s.until(at)
		s.trial = trial
	}
}

// shift is a counter's; one that was set up later was closed until then.
func (d *reader) shift(counter string) *shift {
	s := d.shifts[counter]
	if s == nil {
		s = &shift{state: queue.Closed, since: d.sum.From, trial: d.setup.Trial}
		d.shifts[counter] = s
	}
	return s
}

func (d *reader) happen(e queue.Event) error {
	switch e.Kind {
	case queue.OfficeConfigured:
		if e.Setup != nil {
			d.tried(e.Setup.Trial, e.At)
			d.configured(*e.Setup)
			d.limits.configured(e.At, *e.Setup)
		}
	case queue.CounterOpened, queue.CounterPaused, queue.CounterClosed:
		s := d.shift(e.Counter)
		s.until(e.At)
		s.state, s.reason = counterState(e.Kind), e.Reason
	case queue.IssuingStopped, queue.IssuingResumed:
		d.sum.Issuing = append(d.sum.Issuing, Stop{At: e.At, Service: e.Service, Stopped: e.Kind == queue.IssuingStopped, Reason: e.Reason})
	case queue.CallAnnounced: // What was heard is in the log for whoever asks; it is no figure.
	case queue.CardIssued:
		d.sum.CardsIssued++
	case queue.CardRevoked:
		d.sum.CardsRevoked++
	default:
		if e.Ticket == nil || e.Ticket.Trial {
			return nil // A kind of event that this program does not know yet, or nothing that counts.
		}
		return d.ticket(e)
	}
	return nil
}

func counterState(k queue.Kind) queue.CounterState {
	switch k {
	case queue.CounterOpened:
		return queue.Opened
	case queue.CounterPaused:
		return queue.Paused
	default:
		return queue.Closed
	}
}

// ticket goes on with the story of one ticket, and with the day of the
// counters that have it in hand.
func (d *reader) ticket(e queue.Event) error {
	s := d.stories[e.Ticket.ID]
	aside, unheard := d.aside[e.Ticket.ID]
	if e.Kind == queue.TicketIssued || e.Kind == queue.TicketHeld {
		if s != nil || unheard {
			return fmt.Errorf("ticket %s was issued before", e.Ticket.Number)
		}
		d.limits.count(d.sum.Day, queue.Ticket{}, *e.Ticket, e.At, d.setup)
		if e.Ticket.Reserved() {
			d.aside[e.Ticket.ID] = *e.Ticket
			return nil
		}
		d.issue(e)
		return nil
	}
	if unheard {
		d.setAside(aside, e)
		return nil
	}
	if s == nil {
		return fmt.Errorf("ticket %s was neither issued nor taken over that day", e.Ticket.Number)
	}
	old := s.ticket
	if e.Kind == queue.TicketUndone {
		d.undone(s)
		s.undo(e)
	} else {
		s.note(e, d.called(s, e))
	}
	d.limits.count(d.sum.Day, old, s.ticket, e.At, d.setup)
	d.hand(old, s.ticket, e)
	return nil
}

// issue begins the story of a ticket that somebody has.
func (d *reader) issue(e queue.Event) {
	s := begin(e)
	d.stories[e.Ticket.ID], d.order = s, append(d.order, s)
}

// setAside goes on with a number set aside for a machine. It is issued when the
// machine has given it to somebody; one that is not used is no figure. It was
// kept from others all the while, so the limits count it.
func (d *reader) setAside(old queue.Ticket, e queue.Event) {
	d.limits.count(d.sum.Day, old, *e.Ticket, e.At, d.setup)
	if e.Kind != queue.TicketConfirmed {
		d.aside[e.Ticket.ID] = *e.Ticket
		return
	}
	delete(d.aside, e.Ticket.ID)
	d.issue(e)
}

// hand keeps the counters' hands true.
func (d *reader) hand(old, now queue.Ticket, e queue.Event) {
	from, to := "", ""
	if old.State.InHand() {
		from = old.Counter
	}
	if now.State.InHand() {
		to = now.Counter
	}
	if from == to {
		return
	}
	for counter, ticket := range map[string]string{from: "", to: now.ID} {
		if counter != "" {
			s := d.shift(counter)
			s.until(e.At)
			s.ticket = ticket
		}
	}
}

// called counts a call, and gives the index of one out of order, or -1.
func (d *reader) called(s *story, e queue.Event) int {
	if e.Kind != queue.TicketCalled {
		return -1
	}
	k := keysOf(*e.Ticket, e.Counter).by(e.Actor)
	s.keep(k, markCall)
	if !e.Chosen {
		return -1
	}
	s.keep(k, markChosen)
	d.sum.OutOfOrder = append(d.sum.OutOfOrder, Call{
		At: e.At, Counter: e.Counter, Number: e.Ticket.Number, Service: e.Ticket.Service, Agency: e.Ticket.Agency, Class: e.Ticket.Class, By: e.Actor, Reason: e.Reason,
	})
	return len(d.sum.OutOfOrder) - 1
}

// undone counts an undo beside what it takes back.
func (d *reader) undone(s *story) {
	k := s.latest.keys
	s.keep(k, markUndo)
	if s.latest.kind == queue.TicketCalled {
		s.keep(k, markCallUndone)
	}
	if i := s.latest.chosen; i >= 0 {
		s.keep(k, markChosenUndone)
		d.sum.OutOfOrder[i].Undone = true
	}
}
