package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/xinmoi/xinmoi/announce"
	"github.com/xinmoi/xinmoi/announce/output"
	"github.com/xinmoi/xinmoi/queue"
)

// How long one call may take to be heard, and how long a zone is left alone
// after it, so that the next one waits neither for the repeat of the last one,
// which is dropped after 0.7 s, nor for the gap behind that.
const (
	hearWithin = 10 * time.Second
	zoneRests  = 1300 * time.Millisecond
)

// stamp is an output that notes when it is given the first sample that sounds.
type stamp struct{ at chan time.Time }

func (s stamp) Name() string { return "bench" }

// Play takes a clip as a sound card's buffer would, and returns at once.
func (s stamp) Play(ctx context.Context, c output.Clip) error {
	for _, v := range c.PCM.Samples {
		if v != 0 {
			break
		}
	}
	select {
	case s.at <- time.Now():
	case <-ctx.Done():
	}
	return ctx.Err()
}

// nextToChime measures from a pressed "next" to the first sample of its chime
// at an output, through the whole of the office and the announcer: with the
// machine idle, and with every core busy.
func (c Config) nextToChime(ctx context.Context, r *Report) error {
	if c.Office == nil {
		return nil
	}
	out := stamp{make(chan time.Time, 16)}
	renderer := announce.NewRenderer(announce.RendererConfig{Voice: c.Voice})
	if err := renderer.Warm(ctx, c.calls()...); err != nil {
		return err
	}
	hall := announce.New(announce.Config{Office: c.Office, Renderer: renderer, Outputs: []output.Output{out}, Logger: quietly()})
	running, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- hall.Run(running) }()
	err := c.bothLoads(ctx, out, r)
	stop()
	if failed := <-ended; err == nil && !errors.Is(failed, context.Canceled) {
		err = failed
	}
	return err
}

func (c Config) bothLoads(ctx context.Context, out stamp, r *Report) error {
	desk, err := c.openDesk(ctx)
	if err != nil {
		return err
	}
	for _, load := range []struct {
		name string
		busy bool
	}{{rowNext, false}, {rowNextBusy, true}} {
		took, err := c.measured(ctx, desk, out, load.busy)
		if err != nil {
			return err
		}
		r.Rows = append(r.Rows, rowOf(load.name, took))
	}
	return nil
}

// measured has a number of calls heard, under load or not.
func (c Config) measured(ctx context.Context, desk desk, out stamp, load bool) ([]time.Duration, error) {
	if load {
		defer busy(ctx)()
	}
	var took []time.Duration
	for range c.Calls {
		lag, err := desk.call(ctx, out)
		if err != nil {
			return nil, err
		}
		took = append(took, lag)
	}
	return took, nil
}

// desk is a counter and the service whose tickets it calls.
type desk struct {
	office           queue.Office
	counter, service string
}

// openDesk opens the first counter that serves the first service.
func (c Config) openDesk(ctx context.Context) (desk, error) {
	counters, err := c.Office.Counters(ctx)
	if err != nil {
		return desk{}, err
	}
	for _, one := range counters {
		if len(one.Services) == 0 {
			continue
		}
		d := desk{c.Office, one.ID, one.Services[0]}
		_, err := c.Office.SetCounter(ctx, queue.SetCounterRequest{Counter: d.counter, State: queue.Opened})
		return d, err
	}
	return desk{}, errors.New("the office has no counter")
}

// call takes a number, presses next and waits for the chime; then it finishes
// the ticket, so that the call is not repeated, and leaves the zone alone.
func (d desk) call(ctx context.Context, out stamp) (time.Duration, error) {
	if _, err := d.office.Take(ctx, queue.TakeRequest{Service: d.service, Channel: queue.Staff}); err != nil {
		return 0, fmt.Errorf("take a number: %w", err)
	}
	pressed := time.Now()
	ticket, err := d.office.Next(ctx, queue.CounterRequest{Counter: d.counter})
	if err != nil {
		return 0, fmt.Errorf("next: %w", err)
	}
	var heard time.Time
	select {
	case heard = <-out.at:
	case <-time.After(hearWithin):
		return 0, fmt.Errorf("%s was not heard within %v", ticket.Number, hearWithin)
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	if _, err := d.office.Act(ctx, queue.ActRequest{Ticket: ticket.ID, Action: queue.Finish}); err != nil {
		return 0, fmt.Errorf("finish: %w", err)
	}
	select {
	case <-time.After(zoneRests):
	case <-ctx.Done():
	}
	return heard.Sub(pressed), ctx.Err()
}
