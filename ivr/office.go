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
	key     string
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

// look begins the conversation with what the office is now.
func (o *officeLink) look(ctx context.Context) Input {
	info, services, err := o.catalog.now(ctx)
	return Started{Info: info, Services: services, Err: err}
}

// take asks for a held number, again and again while the outcome is unknown.
func (o *officeLink) take(ctx context.Context, service string) Input {
	t, err := persist(ctx, takeTime, func(ctx context.Context) (queue.Ticket, error) {
		return o.office.Take(ctx, queue.TakeRequest{
			Meta: o.meta("take"), Service: service, Channel: queue.Phone, Person: o.person, Hold: true,
		})
	})
	if err != nil {
		return Refused{err}
	}
	return Taken{t}
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
