package ivr

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
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
// decided about its telephone and the caller's own tickets are asked beside
// that; without them the call goes on.
func (o *officeLink) look(ctx context.Context) Input {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	mine := make(chan []queue.Ticket, 1)
	go func() { mine <- o.mine(ctx) }()
	in := Started{Now: o.now()}
	in.Info, in.Services, in.Err = o.catalog.now(ctx)
	in.Setup = o.catalog.setupNow(ctx, o.setup)
	if in.Setup.Phone.Operator == "" {
		in.Setup.Phone.Operator = o.operator
	}
	in.CallBack = o.callbacks != nil && o.number != "" && o.callbacks.Offer(o.number)
	in.Mine = <-mine
	return in
}

// mine gives the tickets that this caller took today and may still come for;
// none when they cannot be had in time.
func (o *officeLink) mine(ctx context.Context) []queue.Ticket {
	if o.person == "" {
		return nil
	}
	tickets, err := o.office.Mine(ctx, o.person)
	if err != nil {
		return nil
	}
	return tickets
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
	return Wished{N: a.N, Err: o.callbacks.Ask(ctx, Wish{Ticket: a.Ticket, Number: o.number, Language: a.Language})}
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
