package queue

import "context"

// Command is a request that changes the office: TakeRequest, ActRequest,
// CounterRequest (next), CallRequest, SetCounterRequest and their like.
type Command interface{ sender() Meta }

func (m Meta) sender() Meta { return m }

// Answer is what a command of Together came to: the ticket or the counter that
// its sender is answered with, or why nothing happened.
type Answer struct {
	Ticket  Ticket
	Counter CounterView
	Err     error
}

// Together decides commands in their order, as one commit, on the caller's own
// goroutine: what the owner does with commands that arrive at once, but
// repeatable. It is for simulations; Run must not be running. Without commands
// it does what is due by now.
func (e *Engine) Together(ctx context.Context, commands ...Command) []Answer {
	work := make([]*pending, len(commands))
	for i, c := range commands {
		work[i] = &pending{command: newCommand(c, e.seed())}
	}
	_ = e.commit(ctx, work) // Every sender got its own copy.
	answers := make([]Answer, len(work))
	for i, p := range work {
		answers[i] = Answer{Ticket: e.told(p), Counter: p.counter, Err: p.err}
	}
	return answers
}
