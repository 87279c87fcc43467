package report

import (
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/xinmoi/xinmoi/queue"
)

// ErrNoDay says that the log has no such business day: the office was not
// running then, or the day has not begun.
var ErrNoDay = errors.New("no such business day in the log")

// Day sums up the first business day in a part of an office's log, in order of
// Seq: what is before its day_opened is passed over, and at the next one
// reading stops. Without any day it is ErrNoDay. A log that cannot be true (a
// gap, a ticket that was never issued) is an error that names the event.
func Day(office string, events iter.Seq2[queue.Event, error]) (Figures, error) {
	d := &reader{office: office, stories: map[string]*story{}, shifts: map[string]*shift{}, work: map[keys]*worked{}, whose: map[string]string{}}
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
	return d.figures(), nil
}

// reader reads one day.
type reader struct {
	office string
	seq    int64 // Of the latest event; 0 = none yet.
	setup  queue.Setup
	whose  map[string]string // Service → agency, as the day last knew it.
	sum    Figures           // What is known while reading.

	stories map[string]*story
	order   []*story // In the order of issue.
	shifts  map[string]*shift
	work    map[keys]*worked
}

// worked counts what happened, undone or not.
type worked struct{ calls, undone, chosen, chosenUndone, undos int }

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
	d.sum.Last = e.Seq
	return d.happen(e)
}

// open begins the day with what it takes over.
func (d *reader) open(e queue.Event) error {
	if e.Setup == nil || e.Opening == nil || e.Opening.Day == "" {
		return errors.New("it does not say what the day takes over")
	}
	d.configured(*e.Setup)
	d.sum = Figures{
		Office: d.office, Day: e.Opening.Day, From: e.At, Until: e.At, First: e.Seq, Last: e.Seq,
		OutOfOrder: []Call{}, Issuing: []Stop{}, Notes: notes(),
	}
	for _, c := range e.Opening.Counters {
		d.shifts[c.ID] = &shift{state: c.State, reason: c.Reason, since: e.At}
	}
	for _, t := range e.Opening.Tickets {
		s := takeOver(t)
		d.stories[t.ID], d.order = s, append(d.order, s)
		d.shift(t.Counter).ticket = t.ID
	}
	return nil
}

// configured puts a setup in force. A service that is taken away stays its
// agency's for the rest of the day.
func (d *reader) configured(s queue.Setup) {
	d.setup = s
	for _, v := range s.Services {
		d.whose[v.ID] = v.Agency
	}
}

// shift is a counter's; one that was set up later was closed until then.
func (d *reader) shift(counter string) *shift {
	s := d.shifts[counter]
	if s == nil {
		s = &shift{state: queue.Closed, since: d.sum.From}
		d.shifts[counter] = s
	}
	return s
}

func (d *reader) happen(e queue.Event) error {
	switch e.Kind {
	case queue.OfficeConfigured:
		if e.Setup != nil {
			d.configured(*e.Setup)
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
		if e.Ticket == nil {
			return nil // A kind of event that this program does not know yet.
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
	if e.Kind == queue.TicketIssued || e.Kind == queue.TicketHeld {
		if s != nil {
			return fmt.Errorf("ticket %s was issued before", e.Ticket.Number)
		}
		s = begin(e)
		d.stories[e.Ticket.ID], d.order = s, append(d.order, s)
		return nil
	}
	if s == nil {
		return fmt.Errorf("ticket %s was neither issued nor taken over that day", e.Ticket.Number)
	}
	old := s.ticket
	if e.Kind == queue.TicketUndone {
		d.undone(s, e)
		s.undo(e)
	} else {
		s.note(e, d.called(e))
	}
	d.hand(old, s.ticket, e)
	return nil
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
func (d *reader) called(e queue.Event) int {
	if e.Kind != queue.TicketCalled {
		return -1
	}
	w := d.worked(keysOf(*e.Ticket, e.Counter))
	w.calls++
	if !e.Chosen {
		return -1
	}
	w.chosen++
	d.sum.OutOfOrder = append(d.sum.OutOfOrder, Call{
		At: e.At, Counter: e.Counter, Number: e.Ticket.Number, Service: e.Ticket.Service, Agency: e.Ticket.Agency, Class: e.Ticket.Class, By: e.Actor, Reason: e.Reason,
	})
	return len(d.sum.OutOfOrder) - 1
}

// undone counts an undo beside what it takes back.
func (d *reader) undone(s *story, e queue.Event) {
	w := d.worked(s.latest.keys)
	w.undos++
	if s.latest.kind == queue.TicketCalled {
		w.undone++
	}
	if i := s.latest.chosen; i >= 0 {
		w.chosenUndone++
		d.sum.OutOfOrder[i].Undone = true
	}
}

func (d *reader) worked(k keys) *worked {
	w := d.work[k]
	if w == nil {
		w = &worked{}
		d.work[k] = w
	}
	return w
}

// figures sums the day up.
func (d *reader) figures() Figures {
	f := d.sum
	f.Name, f.NameEN, f.TimeZone = d.setup.Name, d.setup.NameEN, d.setup.TimeZone
	f.Total = d.groups(nil, func(keys) string { return "" })[0]
	f.Services = d.groups(serviceNames(d.setup), func(k keys) string { return k.service })
	for i, g := range f.Services {
		f.Services[i].Agency = d.whose[g.ID]
	}
	f.Agencies = d.groups(agencyNames(d.setup), func(k keys) string { return k.agency })
	if len(f.Agencies) == 1 && f.Agencies[0].ID == "" {
		f.Agencies = []Group{}
	}
	f.Channels = d.groups(channelNames(), func(k keys) string { return string(k.channel) })
	f.Classes = d.groups(classNames(), func(k keys) string { return string(k.class) })
	f.Counters = d.counters()
	f.Endings = d.endings()
	return f
}

// counters sums up the counters, in the order of the setup; those that are no
// more come last.
func (d *reader) counters() []Counter {
	t := d.tally(func(k keys) string { return k.counter })
	names := make([]name, 0, len(d.setup.Counters))
	agency := map[string]string{}
	for _, c := range d.setup.Counters {
		names = append(names, name{c.ID, c.Name, ""})
		agency[c.ID] = c.Agency
	}
	known := map[string]bool{}
	for id := range d.shifts {
		known[id] = true
	}
	for id := range t {
		known[id] = id != "" // Marks that no counter made.
	}
	list := []Counter{}
	for _, n := range inOrder(names, known) {
		c := Counter{ID: n.id, Name: n.vi, Agency: agency[n.id]}
		if sum := t[n.id]; sum != nil {
			c.Work = sum.work()
			c.ends(sum.stays)
		}
		s := d.shift(n.id)
		s.until(d.sum.Until)
		c.Time = s.time()
		list = append(list, c)
	}
	return list
}

// ends counts how stays ended.
func (c *Counter) ends(stays []stay) {
	c.Stays = len(stays)
	for _, s := range stays {
		switch s.end {
		case "":
			c.InHand++
		case queue.TicketFinished:
			c.Finished++
		case queue.TicketNoShow:
			c.NoShow++
		case queue.TicketParked:
			c.Parked++
		case queue.TicketTransferred:
			c.Transferred++
		default:
			c.Returned++
		}
	}
}

// endings counts how tickets ended that were not served.
func (d *reader) endings() []Ending {
	type way struct {
		state queue.State
		by    Who
	}
	counted := map[way]*words[int]{}
	for _, s := range d.order {
		if st := s.ticket.State; st.Open() || st == queue.Completed {
			continue
		}
		w := way{s.ticket.State, s.by}
		if counted[w] == nil {
			counted[w] = &words[int]{}
		}
		counted[w].add(s.ticket.Reason, 1)
	}
	list := []Ending{}
	for w, reasons := range counted {
		for reason, n := range *reasons {
			list = append(list, Ending{State: w.state, By: w.by, Reason: reason, N: n})
		}
	}
	slices.SortFunc(list, compareEndings)
	return list
}
