package api

import (
	"context"
	"iter"

	"github.com/xinmoi/xinmoi/queue"
)

// failing is an office where everything fails.
type failing struct{ err error }

var _ queue.Office = failing{}

func (f failing) Info(context.Context) (queue.Info, error)              { return queue.Info{}, f.err }
func (f failing) Services(context.Context) ([]queue.ServiceView, error) { return nil, f.err }
func (f failing) Procedures(context.Context) ([]queue.Procedure, error) { return nil, f.err }
func (f failing) Counters(context.Context) ([]queue.CounterView, error) { return nil, f.err }
func (f failing) Board(context.Context) (queue.Board, error)            { return queue.Board{}, f.err }

func (f failing) Take(context.Context, queue.TakeRequest) (queue.Ticket, error) {
	return queue.Ticket{}, f.err
}
func (f failing) Ticket(context.Context, string) (queue.Ticket, error) { return queue.Ticket{}, f.err }
func (f failing) Act(context.Context, queue.ActRequest) (queue.Ticket, error) {
	return queue.Ticket{}, f.err
}

func (f failing) Next(context.Context, queue.CounterRequest) (queue.Ticket, error) {
	return queue.Ticket{}, f.err
}

func (f failing) Call(context.Context, queue.CallRequest) (queue.Ticket, error) {
	return queue.Ticket{}, f.err
}

func (f failing) SetCounter(context.Context, queue.SetCounterRequest) (queue.CounterView, error) {
	return queue.CounterView{}, f.err
}

func (f failing) Events(context.Context, int64) iter.Seq2[queue.Event, error] {
	return func(yield func(queue.Event, error) bool) { yield(queue.Event{}, f.err) }
}
