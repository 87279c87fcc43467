package ivr

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

const (
	lookTime    = 1200 * time.Millisecond // For the office's name and services at the start of a call.
	attemptTime = 3 * time.Second         // For one Take or Confirm.
	takeTime    = 9 * time.Second         // For all attempts of a Take: the caller is listening.
	confirmTime = 20 * time.Second        // For all attempts of a Confirm: the caller may be gone already.
	firstRetry  = 200 * time.Millisecond  // Doubled from attempt to attempt.
)

// officeLink is what one call asks the office. Its request keys make every
// question repeatable without a second number.
type officeLink struct {
	office  queue.Office
	catalog *catalog
	person  string // "tel:+84…"; empty when the caller's number is not known.
	number  string // "+84…", the same.
	key     string
	// operator is where key 0 leads where the office names nobody; empty = nowhere.
	operator string

	setup     func(ctx context.Context) (queue.Setup, error) // Nil = not known.
	callbacks Callbacks                                      // Nil = none.
	writer    Writer                                         // Nil = none.
	around    func() Started                                 // What the menu depends on beside the office.
	now       func() time.Time
}

// callKey makes request keys out of the Call-ID and the time of the answer: a
// telephone that uses one Call-ID for two calls gets two numbers. Hashed,
// because a Call-ID may be long and is chosen by the far end.
func callKey(id string, at time.Time) string {
	sum := sha256.Sum256([]byte(id + "\x00" + strconv.FormatInt(at.UnixNano(), 36)))
	return "call-" + hex.EncodeToString(sum[:16])
}

func (o *officeLink) meta(step string) queue.Meta {
	return queue.Meta{Key: o.key + "-" + step, Caller: string(queue.Phone)}
}

// look begins the conversation with what the office is now. What it has
// decided about its telephone and what is known of the caller are asked beside
// that; without them the call goes on.
func (o *officeLink) look(ctx context.Context) Input {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	in := o.around()
	in.Now = o.now()
	caller := make(chan Started, 1)
	go func() { caller <- o.caller(ctx) }()
	in.Info, in.Services, in.Err = o.catalog.now(ctx)
	in.Setup = o.catalog.setupNow(ctx, o.setup)
	if in.Setup.Phone.Operator == "" {
		in.Setup.Phone.Operator = o.operator
	}
	if in.Err == nil && !in.Info.Open {
		in.Staffed = o.staffed(ctx)
	}
	known := <-caller
	in.Mine, in.Served, in.CallBack, in.Writes, in.Known = known.Mine, known.Served, known.CallBack, known.Writes, known.Known
	return in
}

// unrated is an office that knows what a person may still rate.
type unrated interface {
	Unrated(ctx context.Context, person string) ([]queue.Ticket, error)
}

// caller tells what is known of who calls: the tickets that this person took
// today and may still come for, those to be rated, and whether the number is in
// the book of calls. What cannot be had in time is left out.
func (o *officeLink) caller(ctx context.Context) (s Started) {
	if o.person == "" {
		return s
	}
	if tickets, err := o.office.Mine(ctx, o.person); err == nil {
		s.Mine = tickets
	}
	if rated, ok := o.office.(unrated); ok {
		if tickets, err := rated.Unrated(ctx, o.person); err == nil {
			s.Served = tickets
		}
	}
	s.Writes = o.writer != nil && o.number != "" && o.writer.Writes(o.number)
	if o.callbacks == nil || o.number == "" {
		return s
	}
	s.CallBack = o.callbacks.Offer(o.number)
	if book, ok := o.callbacks.(Forgetter); ok {
		if known, err := book.Knows(ctx, o.number); err == nil {
			s.Known = known
		}
	}
	return s
}

// staffed reports whether somebody is at a counter.
func (o *officeLink) staffed(ctx context.Context) bool {
	counters, err := o.office.Counters(ctx)
	return err == nil && slices.ContainsFunc(counters, func(c queue.CounterView) bool { return c.State != queue.Closed })
}

// take asks for a held number, again and again while the outcome is unknown.
func (o *officeLink) take(ctx context.Context, a Take) Input {
	step := "take"
	if a.N > 1 {
		step += "-" + strconv.Itoa(a.N)
	}
	t, err := persist(ctx, takeTime, func(ctx context.Context) (queue.Ticket, error) {
		return o.office.Take(ctx, queue.TakeRequest{
			Meta: o.meta(step), Service: a.Service, Language: a.Language, Channel: queue.Phone, Person: o.person, Hold: true,
		})
	})
	if err != nil {
		return Refused{err}
	}
	return Taken{t}
}

// find looks a ticket up by its code.
func (o *officeLink) find(ctx context.Context, a Look) Input {
	t, err := persist(ctx, takeTime, func(ctx context.Context) (queue.Ticket, error) {
		return o.office.Ticket(ctx, a.Code)
	})
	return Found{N: a.N, Ticket: t, Err: err}
}

// act does something with a ticket, also for a caller who has hung up. The
// answer carries the standing afterwards, as far as that can be had.
func (o *officeLink) act(ctx context.Context, a Act) Input {
	a.Request.Meta = o.meta("act-" + strconv.Itoa(a.N))
	t, err := persist(context.WithoutCancel(ctx), takeTime, func(ctx context.Context) (queue.Ticket, error) {
		return o.office.Act(ctx, a.Request)
	})
	return Done{N: a.N, Ticket: t, Err: err}
}

// wish notes that the caller wants to be called.
func (o *officeLink) wish(ctx context.Context, a Ask) Input {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), takeTime)
	defer cancel()
	return Wished{N: a.N, Err: o.callbacks.Ask(ctx, Wish{Ticket: a.Ticket, Number: o.number, Language: a.Language, Travel: a.Travel})}
}

// write sends the caller a message, also one who has hung up.
func (o *officeLink) write(ctx context.Context, a Send) Input {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), takeTime)
	defer cancel()
	return Wished{N: a.N, Err: o.writer.Write(ctx, Wish{Ticket: a.Ticket, Number: o.number, Language: a.Language})}
}

// forget has the caller's number erased, also for a caller who has hung up.
func (o *officeLink) forget(ctx context.Context, a Forget) Input {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), takeTime)
	defer cancel()
	book, ok := o.callbacks.(Forgetter)
	if !ok {
		return Erased{N: a.N, Err: errNoBook}
	}
	return Erased{N: a.N, Err: book.Forget(ctx, o.number)}
}

// errNoBook says that nothing is kept that could be erased.
var errNoBook = errors.New("no telephone numbers are kept here")

// consult asks a topic. A defect in it ends the topic, not the call.
func (o *officeLink) consult(ctx context.Context, a Consult) (in Input) {
	defer func() {
		if p := recover(); p != nil {
			in = Consulted{N: a.N, Err: fmt.Errorf("topic %s: %v", a.Topic.Kind().Name, p)}
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, takeTime)
	defer cancel()
	a.Turn.Number, a.Turn.Key = o.number, o.meta("topic-"+strconv.Itoa(a.N)).Key
	reply, err := a.Topic.Turn(ctx, a.Turn)
	return Consulted{N: a.N, Reply: reply, Err: err}
}

// confirm keeps the ticket, also for a caller who has hung up.
func (o *officeLink) confirm(ctx context.Context, ticket string) Input {
	t, err := persist(context.WithoutCancel(ctx), confirmTime, func(ctx context.Context) (queue.Ticket, error) {
		return o.office.Act(ctx, queue.ActRequest{Meta: o.meta("confirm"), Ticket: ticket, Action: queue.Confirm})
	})
	if err != nil {
		return NotConfirmed{err}
	}
	return Confirmed{t}
}

// persist repeats a command while its outcome is unknown, within total.
func persist(ctx context.Context, total time.Duration, command func(context.Context) (queue.Ticket, error)) (queue.Ticket, error) {
	ctx, cancel := context.WithTimeout(ctx, total)
	defer cancel()
	for wait := firstRetry; ; wait *= 2 {
		t, err := attempt(ctx, command)
		if err == nil || !unknownOutcome(err) {
			return t, err
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return queue.Ticket{}, err
		}
	}
}

func attempt(ctx context.Context, command func(context.Context) (queue.Ticket, error)) (queue.Ticket, error) {
	ctx, cancel := context.WithTimeout(ctx, attemptTime)
	defer cancel()
	return command(ctx)
}

// unknownOutcome reports whether a command may have been done, or may yet
// succeed: repeating it under its key is safe.
func unknownOutcome(err error) bool {
	switch queue.ErrorCode(err) {
	case queue.CodeUnavailable, queue.CodeFenced, queue.CodeInternal:
		return true
	}
	return false
}
