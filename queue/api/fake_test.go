package api

import (
	"context"
	"iter"

	"github.com/xinmoi/xinmoi/queue"
)

// failing is an office where everything fails.
type failing struct{ err error }

var _ queue.Management = failing{}

func (f failing) Info(context.Context) (queue.Info, error)              { return queue.Info{}, f.err }
func (f failing) Services(context.Context) ([]queue.ServiceView, error) { return nil, f.err }
func (f failing) Procedures(context.Context) ([]queue.Procedure, error) { return nil, f.err }
func (f failing) Counters(context.Context) ([]queue.CounterView, error) { return nil, f.err }
func (f failing) Board(context.Context) (queue.Board, error)            { return queue.Board{}, f.err }

func (f failing) Kiosk(context.Context) (queue.KioskSetup, error) {
	return queue.KioskSetup{}, f.err
}

func (f failing) Belongs(context.Context, string, string) (queue.Ticket, error) {
	return queue.Ticket{}, f.err
}

func (f failing) Phone(context.Context) (queue.PhoneSetup, error) {
	return queue.PhoneSetup{}, f.err
}

func (f failing) Take(context.Context, queue.TakeRequest) (queue.Ticket, error) {
	return queue.Ticket{}, f.err
}
func (f failing) Ticket(context.Context, string) (queue.Ticket, error) { return queue.Ticket{}, f.err }
func (f failing) Mine(context.Context, string) ([]queue.Ticket, error) { return nil, f.err }
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

func (f failing) Setup(context.Context) (queue.SetupView, error) { return queue.SetupView{}, f.err }
func (f failing) Configure(context.Context, queue.ConfigureRequest) (queue.SetupView, error) {
	return queue.SetupView{}, f.err
}

func (f failing) SetIssuing(context.Context, queue.IssuingRequest) ([]queue.ServiceView, error) {
	return nil, f.err
}

func (f failing) IssueCard(context.Context, queue.CardRequest) (queue.Card, error) {
	return queue.Card{}, f.err
}

func (f failing) RevokeCard(context.Context, queue.RevokeRequest) (queue.Card, error) {
	return queue.Card{}, f.err
}

func (f failing) Announced(context.Context, queue.AnnouncedRequest) error { return f.err }

func (f failing) Explain(context.Context, string, string) (queue.Explanation, error) {
	return queue.Explanation{}, f.err
}

func (f failing) Events(context.Context, int64) iter.Seq2[queue.Event, error] {
	return func(yield func(queue.Event, error) bool) { yield(queue.Event{}, f.err) }
}
