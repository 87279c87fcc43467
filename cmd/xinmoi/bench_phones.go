package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/bench"
	"github.com/xinmoi/xinmoi/queue/bench/goal"
)

// phonesBench measures how soon after a call the phones of those who wait show
// it, each on its ticket's own live page, and what an open page costs.
type phonesBench struct {
	Phones   int          `json:"phones"`
	Calls    int          `json:"calls"`
	Bytes    int          `json:"bytes"`     // Of what one phone is sent for one call.
	Own      spread       `json:"own"`       // From "next" pressed until the called one's phone shows it.
	Each     spread       `json:"each"`      // … until each phone shows that one less is ahead.
	MemoryMB float64      `json:"memory_mb"` // Of 1,000 open pages, in the server: heap and stacks.
	CPU      float64      `json:"cpu_us"`    // Processor time for one update of one phone, both ends, in µs.
	Goals    []goal.Ratio `json:"goals"`
}

// What the bench does.
const (
	phonesPace    = time.Second // Between two calls: a hall of 5,000 people is as quick as that.
	phonesUpdate  = 500         // Milliseconds promised for an update.
	phonesMemory  = 60          // MB promised for 1,000 phones.
	phonesOpening = 64          // Pages opened at once.
)

// runPhonesBench measures for so many seconds, with n phones, on the loopback
// address.
func runPhonesBench(ctx context.Context, dir string, n int, seconds float64, asJSON bool, s streams) error {
	if seconds <= 0 || n < 1 {
		return usagef("-seconds %g -phones %d: give positive numbers", seconds, n)
	}
	dir, err := os.MkdirTemp(dir, "xinmoi-bench-")
	if err != nil {
		return err
	}
	report, err := benchPhones(ctx, dir, n, max(int(seconds/phonesPace.Seconds()), 3))
	if err = errors.Join(err, os.RemoveAll(dir)); err != nil {
		return err
	}
	if asJSON {
		return goal.WriteJSON(s.out, report)
	}
	row := func(name string, v spread) {
		fmt.Fprintf(s.out, "%-44s p50 %6.1f ms  p99 %6.1f ms  max %6.1f ms\n", name, v.P50, v.P99, v.Max)
	}
	fmt.Fprintf(s.out, "%d phones, %d calls, %d bytes to each phone a call\n", report.Phones, report.Calls, report.Bytes)
	row("next → the phone of the one who is called", report.Own)
	row("next → each phone", report.Each)
	fmt.Fprintf(s.out, "%.1f MB for 1,000 open pages; %.0f µs of processor time an update, both ends\n", report.MemoryMB, report.CPU)
	var b strings.Builder
	goal.Write(&b, report.Goals, 1)
	_, err = io.WriteString(s.out, b.String())
	return err
}

// phonesHall is a hall whose people all look at their phones.
type phonesHall struct {
	*boardsHall
	heard chan phoneHeard
	own   chan phoneHeard
	bytes atomic.Int64
}

// phoneHeard is one phone that has shown something.
type phoneHeard struct {
	ticket string
	at     time.Time
}

func benchPhones(ctx context.Context, dir string, n, calls int) (r phonesBench, err error) {
	hall, err := newBoardsHall(ctx, dir, boardsStore{})
	if err != nil {
		return r, err
	}
	p := &phonesHall{boardsHall: hall, heard: make(chan phoneHeard, 2*n), own: make(chan phoneHeard, n)}
	defer func() { err = errors.Join(err, p.close()) }()
	tickets, err := p.take(ctx, n)
	if err != nil {
		return r, err
	}
	before := inUse()
	if err := p.open(ctx, tickets); err != nil {
		return r, err
	}
	r.MemoryMB = (float64(inUse()-before)/float64(n) - earKB*1024) * 1000 / (1 << 20)
	r.Phones, r.Calls = n, calls
	own, each, cpu, err := p.measure(ctx, tickets, calls)
	if err != nil {
		return r, err
	}
	r.Own, r.Each, r.Bytes = spreadOf(own), spreadOf(each), int(p.bytes.Load())
	r.CPU = float64(cpu.Microseconds()) / float64(len(each))
	r.Goals = []goal.Ratio{
		goal.AtMost("update p99 (ms)", r.Each.P99, phonesUpdate),
		goal.AtMost("update p99 of the called one (ms)", r.Own.P99, phonesUpdate),
		goal.AtMost("MB for 1,000 open pages", r.MemoryMB, phonesMemory),
	}
	return r, nil
}

// take gives everybody a number of one line.
func (p *phonesHall) take(ctx context.Context, n int) ([]queue.Ticket, error) {
	tickets := make([]queue.Ticket, n)
	for i := range tickets {
		t, err := p.engine.Take(ctx, queue.TakeRequest{Meta: benchCaller(), Service: "A", Channel: queue.Phone})
		if err != nil {
			return nil, err
		}
		tickets[i] = t
	}
	_, err := p.engine.SetCounter(ctx, queue.SetCounterRequest{Meta: benchCaller(), Counter: "1", State: queue.Opened})
	return tickets, err
}

// open opens every ticket's live page, from as many addresses as it takes.
func (p *phonesHall) open(ctx context.Context, tickets []queue.Ticket) error {
	ready := make(chan struct{}, len(tickets))
	for i, t := range tickets {
		_, path, _ := strings.Cut(t.URL, "/t/")
		e, err := p.ear(ctx, i, "/t/"+path+"/stream?lang=vi")
		if err != nil {
			return fmt.Errorf("phone %d of %d: %w", i+1, len(tickets), err)
		}
		p.parts.Go(func() { p.listen(e, t.ID, ready) })
		if i >= phonesOpening {
			if err := await(ctx, ready, 1); err != nil {
				return err
			}
		}
	}
	return await(ctx, ready, min(phonesOpening, len(tickets)))
}

// listen tells of every frame of a phone with its ticket.
func (p *phonesHall) listen(e *boardEar, ticket string, ready chan<- struct{}) {
	first := true
	e.frames(func(frame []byte) {
		switch {
		case bytes.Contains(frame, []byte("event: standing")):
			p.bytes.Store(int64(len(frame) + 2)) // Its end, too.
			p.heard <- phoneHeard{ticket, time.Now()}
		case !bytes.Contains(frame, []byte("event: ticket")):
		case first:
			first = false
			ready <- struct{}{}
		case bytes.Contains(frame, []byte(`"state":"called"`)):
			p.own <- phoneHeard{ticket, time.Now()}
		default:
			p.heard <- phoneHeard{ticket, time.Now()}
		}
	})
}

// measure calls one after another, and waits each time until every phone of
// those who still wait shows it.
func (p *phonesHall) measure(ctx context.Context, tickets []queue.Ticket, calls int) (own, each []time.Duration, cpu time.Duration, err error) {
	calls = min(calls, len(tickets)-1)
	tick := time.NewTicker(phonesPace)
	defer tick.Stop()
	begun := bench.CPUTime()
	for i := range calls {
		pressed := time.Now()
		t, err := p.engine.Next(ctx, queue.CounterRequest{Meta: benchCaller(), Counter: "1"})
		if err != nil {
			return nil, nil, 0, err
		}
		late := time.NewTimer(boardsPatience)
		for left := len(tickets) - 1 - i; left >= 0; left-- {
			select {
			case h := <-p.own:
				if h.ticket == t.ID {
					own = append(own, h.at.Sub(pressed))
				}
			case h := <-p.heard:
				each = append(each, h.at.Sub(pressed))
			case <-late.C:
				return nil, nil, 0, fmt.Errorf("%s: %d phones did not show it within %v", t.Number, left+1, boardsPatience)
			case <-ctx.Done():
				return nil, nil, 0, ctx.Err()
			}
		}
		late.Stop()
		if _, err := p.engine.Act(ctx, queue.ActRequest{Meta: benchCaller(), Ticket: t.ID, Action: queue.Finish}); err != nil {
			return nil, nil, 0, err
		}
		select { // The one who was served.
		case <-p.heard:
		case <-ctx.Done():
			return nil, nil, 0, ctx.Err()
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil, nil, 0, ctx.Err()
		}
	}
	return own, each, bench.CPUTime() - begun, nil
}
