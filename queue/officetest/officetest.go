// Package officetest holds every queue.Office to one behaviour: the same suite
// runs over the engine in this process and over the client on the network, so
// that a channel need not know which of them it talks to.
package officetest

import (
	"context"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// Open gives a fresh office with the given setup: running, with links
// configured (queue.Links), its log beginning with OfficeConfigured and
// DayOpened. The caller it speaks for may do everything. It is taken down by
// t.Cleanup.
type Open func(t *testing.T, setup queue.Setup) queue.Office

// Run runs the suite. It compares only what the JSON of the contract carries.
func Run(t *testing.T, open Open) {
	groups := map[string]map[string]func(*desk){
		"reading":  reading(),
		"taking":   taking(),
		"calling":  calling(),
		"counters": counters(),
		"changing": changing(),
		"keys":     keys(),
		"events":   events(),
	}
	for group, tests := range groups {
		t.Run(group, func(t *testing.T) {
			for name, test := range tests {
				t.Run(name, func(t *testing.T) { test(newDesk(t, open(t, queue.CommuneCentre()))) })
			}
		})
	}
	t.Run("taking/closed doors", func(t *testing.T) { closedDoors(t, open) })
	t.Run("changing/absent remote tickets", func(t *testing.T) { absentRemote(t, open) })
}

// RunCallers checks that request keys belong to their caller; open gives one
// office as two callers reach it.
func RunCallers(t *testing.T, open func(t *testing.T, setup queue.Setup) (one, other queue.Office)) {
	one, other := open(t, queue.CommuneCentre())
	a, b := newDesk(t, one), newDesk(t, other)
	first, second := a.take("A", withKey("step-1")), b.take("A", withKey("step-1"))
	if first.ID == second.ID {
		t.Errorf("two callers with the same key share ticket %s", first.Number)
	}
	if again := b.take("A", withKey("step-1")); again.ID != second.ID {
		t.Errorf("the repeat gives %s, want %s", again.Number, second.Number)
	}
}

// desk is an office under test, with failing made short.
type desk struct {
	*testing.T
	office queue.Office
	ctx    context.Context
}

// patience is how long any one test may take.
const patience = 3 * time.Minute

func newDesk(t *testing.T, o queue.Office) *desk {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return &desk{t, o, ctx}
}

// wantCode checks an error's code; empty = no error.
func (d *desk) wantCode(err error, want queue.Code, doing string) {
	d.Helper()
	if got := queue.ErrorCode(err); got != want {
		d.Errorf("%s: %q (%v), want %q", doing, got, err, want)
	}
}

func (d *desk) must(err error, doing string) {
	d.Helper()
	if err != nil {
		d.Fatalf("%s: %v", doing, err)
	}
}

// withKey, held … make variants of a request for a number.
type variant func(*queue.TakeRequest)

func withKey(key string) variant               { return func(r *queue.TakeRequest) { r.Key = key } }
func held(r *queue.TakeRequest)                { r.Hold = true }
func byChannel(c queue.Channel) variant        { return func(r *queue.TakeRequest) { r.Channel = c } }
func ofClass(c queue.Class) variant            { return func(r *queue.TakeRequest) { r.Class = c } }
func request(s string) queue.TakeRequest       { return queue.TakeRequest{Service: s, Channel: queue.Kiosk} }
func meta(key string) queue.Meta               { return queue.Meta{Key: key} }
func number(p string, n int) queue.Number      { return queue.Number{Prefix: p, N: n} }
func counterAt(id string) queue.CounterRequest { return queue.CounterRequest{Counter: id} }

func (d *desk) tryTake(service string, variants ...variant) (queue.Ticket, error) {
	r := request(service)
	for _, v := range variants {
		v(&r)
	}
	return d.office.Take(d.ctx, r)
}

func (d *desk) take(service string, variants ...variant) queue.Ticket {
	d.Helper()
	t, err := d.tryTake(service, variants...)
	d.must(err, "take "+service)
	return t
}

func (d *desk) act(ticket string, a queue.Action) queue.Ticket {
	d.Helper()
	t, err := d.office.Act(d.ctx, queue.ActRequest{Ticket: ticket, Action: a})
	d.must(err, string(a)+" "+ticket)
	return t
}

func (d *desk) refused(ticket string, a queue.Action, want queue.Code) {
	d.Helper()
	_, err := d.office.Act(d.ctx, queue.ActRequest{Ticket: ticket, Action: a})
	d.wantCode(err, want, string(a)+" "+ticket)
}

func (d *desk) set(counter string, s queue.CounterState, reason string) queue.CounterView {
	d.Helper()
	v, err := d.office.SetCounter(d.ctx, queue.SetCounterRequest{Counter: counter, State: s, Reason: reason})
	d.must(err, string(s)+" counter "+counter)
	return v
}

func (d *desk) next(counter string) queue.Ticket {
	d.Helper()
	t, err := d.office.Next(d.ctx, counterAt(counter))
	d.must(err, "next at "+counter)
	return t
}

func (d *desk) wantNext(counter string, want queue.Code) {
	d.Helper()
	_, err := d.office.Next(d.ctx, counterAt(counter))
	d.wantCode(err, want, "next at "+counter)
}

func (d *desk) ticket(ref string) queue.Ticket {
	d.Helper()
	t, err := d.office.Ticket(d.ctx, ref)
	d.must(err, "ticket "+ref)
	return t
}

func (d *desk) counter(id string) queue.CounterView {
	d.Helper()
	views, err := d.office.Counters(d.ctx)
	d.must(err, "counters")
	for _, v := range views {
		if v.ID == id {
			return v
		}
	}
	d.Fatalf("no counter %s among %+v", id, views)
	return queue.CounterView{}
}

func (d *desk) board() queue.Board {
	d.Helper()
	b, err := d.office.Board(d.ctx)
	d.must(err, "board")
	return b
}

// ahead is the ticket's standing, −1 if it has none.
func ahead(t queue.Ticket) int {
	if t.Standing == nil {
		return -1
	}
	return t.Standing.Ahead
}
