package sim

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// view is the office as its log tells it to somebody who does not trust the
// office: a fold of its own, which looks at every event.
type view struct {
	r     *run
	read  int // Events so far.
	setup queue.Setup
	day   string

	tickets map[string]*queue.Ticket // Of the day, and those taken over in hand.
	order   []string                 // Their ids, in the order of issue.
	hands   map[string]string        // Counter → ticket in hand.
	desks   map[string]queue.CounterState
	free    map[string]time.Time // Counter → since when it had nobody in hand, or was open.
	second  map[string]bool      // Services whose latest call was of a returned ticket.

	issued  int
	settled int
	issuer  map[string]string   // Ticket → who took it.
	numbers map[string]string   // Day and number → ticket, for ever.
	last    map[string]int      // Day and series → latest number.
	of      map[string][]string // Person → tickets.
	done    map[string]deed     // By actor.
	ordered int
	shelved int // Numbers set aside that somebody got.

	check *queue.LogCheck
}

// system is the actor of what nobody asked for.
const system = "system"

// deed is what a command has done so far.
type deed struct {
	n      int
	ticket string // Of its latest event of a ticket.
	seq    int64  // Its latest event.
	hash   string
}

// id is that of a card or ticket that the deed has made.
func (d deed) id() string { return strconv.FormatInt(d.seq, 10) }

func (r *run) newView() *view {
	v := &view{
		r: r, tickets: map[string]*queue.Ticket{}, hands: map[string]string{}, desks: map[string]queue.CounterState{}, second: map[string]bool{}, free: map[string]time.Time{},
		issuer: map[string]string{}, numbers: map[string]string{}, last: map[string]int{}, of: map[string][]string{}, done: map[string]deed{},
	}
	v.check = queue.NewLogCheck(r.setup.Office, func(f queue.Finding) { r.wrong("the log: %s", f) }, v.settle)
	return v
}

// settle compares a ticket's final form with the row that reports read.
func (v *view) settle(t queue.Ticket) {
	v.settled++
	row, known := v.r.disk.content.rows[t.ID]
	want, err := json.Marshal(t)
	got, err2 := json.Marshal(row)
	if !known || err != nil || err2 != nil || !bytes.Equal(want, got) {
		v.r.wrong("ticket %s is stored as %s, by the log it is %s", t.Number, got, want)
	}
}

// close ends the log: every ticket that was issued is settled by now.
func (v *view) close(d *disk) {
	sum := v.check.End()
	if v.settled != v.issued || sum.Seq != d.end() || sum.Hash != d.head() {
		v.r.wrong("%d tickets were issued, %d are settled; the check ends at seq %d, the log at %d", v.issued, v.settled, sum.Seq, d.end())
	}
}

// add takes in the next event and looks at it.
func (v *view) add(e queue.Event) {
	v.read++
	if body, err := e.Body(); err == nil {
		v.check.Add(queue.StoredEvent{Office: e.Office, Seq: e.Seq, At: e.At, Kind: e.Kind, Hash: e.Hash, Body: body})
	} else {
		v.r.wrong("event %d: %v", e.Seq, err)
	}
	v.attribute(e)
	switch e.Kind {
	case queue.OfficeConfigured:
		v.configure(*e.Setup)
	case queue.DayOpened:
		v.open(e)
	case queue.CounterOpened:
		v.desks[e.Counter], v.free[e.Counter] = queue.Opened, e.At
	case queue.CounterPaused:
		v.desks[e.Counter] = queue.Paused
	case queue.CounterClosed:
		v.closeCounter(e)
	case queue.TicketIssued, queue.TicketHeld:
		v.issue(e)
	default:
		if e.Ticket != nil {
			v.change(e)
		}
	}
}

func (v *view) closeCounter(e queue.Event) {
	if hand := v.hands[e.Counter]; hand != "" {
		v.r.wrong("counter %s closed with ticket %s in hand", e.Counter, hand)
	}
	v.desks[e.Counter] = queue.Closed
}

// attribute finds out whose event it is. Nobody's command has more events than
// it may have, or others.
func (v *view) attribute(e queue.Event) {
	if e.Actor == system {
		return
	}
	p := v.r.ops[e.Actor]
	if p == nil {
		v.r.wrong("event %d %s is of %q, who sent nothing", e.Seq, e.Kind, e.Actor)
		return
	}
	done := v.done[e.Actor]
	done.n, done.seq, done.hash = done.n+1, e.Seq, e.Hash
	if e.Ticket != nil {
		done.ticket = e.Ticket.ID
	}
	v.done[e.Actor] = done
	kinds := kindsOf(p.cmd)
	if !slices.Contains(kinds, e.Kind) {
		v.r.wrong("event %d %s came of %s %s", e.Seq, e.Kind, p.actor, describe(p.cmd))
	}
	if most := eventsOf(p.cmd); done.n > most {
		v.r.wrong("event %d %s is number %d of %s %s, which may have %d", e.Seq, about(e), done.n, p.actor, describe(p.cmd), most)
	}
}

func (v *view) configure(s queue.Setup) {
	desks := map[string]queue.CounterState{}
	for _, c := range s.Counters {
		desks[c.ID] = v.desk(c.ID)
	}
	v.setup, v.desks = s, desks
}

func (v *view) desk(counter string) queue.CounterState {
	if s, known := v.desks[counter]; known {
		return s
	}
	return queue.Closed
}

// open begins a day: whoever was not in hand has come to an end before.
func (v *view) open(e queue.Event) {
	kept := map[string]bool{}
	for _, t := range e.Opening.Tickets {
		kept[t.ID] = true
	}
	for _, id := range v.order {
		if t := v.tickets[id]; t.State.Open() != kept[id] {
			v.r.wrong("day %s begins, ticket %s is %s; taken over: %v", e.Opening.Day, t.Number, t.State, kept[id])
		}
	}
	v.configure(*e.Setup)
	v.day = e.Opening.Day
	for _, c := range v.setup.Counters {
		v.free[c.ID] = e.At
	}
	v.order = slices.DeleteFunc(v.order, func(id string) bool { return !kept[id] })
	for id := range v.tickets {
		if !kept[id] {
			delete(v.tickets, id)
		}
	}
	clear(v.second)
}

// issue looks at a new number.
func (v *view) issue(e queue.Event) {
	t := e.Ticket
	v.issued++
	number, series := t.Day+" "+t.Number.String(), t.Day+" "+t.Number.Prefix
	if id, twice := v.numbers[number]; twice {
		v.r.wrong("number %s is given to ticket %s and to ticket %s", number, id, t.ID)
	}
	if t.Number.N <= v.last[series] {
		v.r.wrong("number %s comes after %d", number, v.last[series])
	}
	v.numbers[number], v.last[series] = t.ID, t.Number.N
	v.issuer[t.ID] = e.Actor
	v.countPerson(e)
	v.countSeries(t)
	v.tickets[t.ID] = t
	v.order = append(v.order, t.ID)
}

// change looks at what becomes of a ticket.
func (v *view) change(e queue.Event) {
	old, t := v.tickets[e.Ticket.ID], e.Ticket
	if old == nil {
		v.r.wrong("event %d %s is of ticket %s (%s), which is not of this day", e.Seq, e.Kind, t.Number, t.ID)
		return
	}
	got := aside(old) && e.Kind == queue.TicketConfirmed
	if got {
		v.givenOut(e, old)
	}
	if old.Number != t.Number || old.Code != t.Code || old.Day != t.Day || old.Channel != t.Channel || !old.IssuedAt.Equal(t.IssuedAt) && !got {
		v.r.wrong("event %d %s makes another ticket of %s: %s", e.Seq, e.Kind, old.Number, t.Number)
	}
	switch e.Kind {
	case queue.TicketCalled:
		v.checkCall(e, old)
		v.second[t.Service] = t.Returned
	case queue.TicketLapsed:
		v.lapsed(e, old)
	}
	v.pass(e, old)
	v.tickets[t.ID] = t
}

// pass moves a ticket from hand to hand.
func (v *view) pass(e queue.Event, old *queue.Ticket) {
	t := e.Ticket
	if old.State.InHand() && t.State.InHand() && old.Counter != t.Counter {
		v.r.wrong("event %d %s takes ticket %s from counter %s to %s", e.Seq, e.Kind, t.Number, old.Counter, t.Counter)
	}
	if old.State.InHand() {
		delete(v.hands, old.Counter)
		v.free[old.Counter] = e.At
	}
	if !t.State.InHand() {
		return
	}
	if other := v.hands[t.Counter]; other != "" {
		v.r.wrong("event %d %s gives ticket %s to counter %s, which has %s in hand", e.Seq, e.Kind, t.Number, t.Counter, v.tickets[other].Number)
	}
	v.hands[t.Counter] = t.ID
}

// waiting counts those who wait, by service.
func (v *view) waiting() map[string]int {
	n := map[string]int{}
	for _, id := range v.order {
		if t := v.tickets[id]; t.State == queue.Waiting {
			n[t.Service]++
		}
	}
	return n
}

// kindsOf are the events that a command may have.
func kindsOf(cmd queue.Command) []queue.Kind {
	switch c := cmd.(type) {
	case queue.TakeRequest:
		if c.Hold || c.Reserve {
			return []queue.Kind{queue.TicketHeld}
		}
		return []queue.Kind{queue.TicketIssued}
	case queue.ActRequest:
		return []queue.Kind{kindOf(c.Action)}
	case queue.CounterRequest, queue.CallRequest:
		return []queue.Kind{queue.TicketCalled}
	case queue.SetCounterRequest:
		return []queue.Kind{queue.CounterOpened, queue.CounterPaused, queue.CounterClosed, kindOf(c.InHand)}
	default:
		return kindsOfManagement(cmd)
	}
}

// eventsOf is how many events a command may have.
func eventsOf(cmd queue.Command) int {
	if c, ok := cmd.(queue.SetCounterRequest); ok && c.InHand != "" {
		return 2
	}
	return 1
}

func kindOf(a queue.Action) queue.Kind {
	return map[queue.Action]queue.Kind{
		queue.Confirm: queue.TicketConfirmed, queue.CheckIn: queue.TicketCheckedIn, queue.Later: queue.TicketPushedBack,
		queue.Recall: queue.TicketRecalled, queue.Start: queue.TicketStarted, queue.Finish: queue.TicketFinished,
		queue.Absent: queue.TicketNoShow, queue.Park: queue.TicketParked, queue.Resume: queue.TicketResumed,
		queue.Transfer: queue.TicketTransferred, queue.Requeue: queue.TicketRequeued, queue.Restore: queue.TicketRestored,
		queue.Undo: queue.TicketUndone, queue.Cancel: queue.TicketCancelled, queue.Rate: queue.TicketRated,
		queue.Entitle: queue.TicketEntitled, queue.Disentitle: queue.TicketDisentitled,
	}[a]
}
