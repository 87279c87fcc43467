package bench

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/xinmoi/xinmoi/queue"
)

// services is how many lines the measured office has.
const services = 24

// servedBy is how many neighbouring lines a counter serves at least.
const servedBy = 4

// letter gives a service; a slice of one text costs its caller nothing.
func letter(i int) string {
	const all = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	return all[i%services : i%services+1]
}

// hall is an office as large as the crowd that calls it: a counter for each
// caller, and every line served by as many counters as the others.
func hall(callers int) queue.Setup {
	s := queue.Setup{Office: officeID, Name: "Bench", TimeZone: "UTC", Rates: queue.DefaultRates(), Region: "north"}
	for i := range services {
		s.Services = append(s.Services, queue.Service{ID: letter(i), Name: "Service " + letter(i)})
	}
	span := min(services, max(servedBy, services/callers+1))
	for i := range callers {
		c := queue.Counter{ID: strconv.Itoa(i + 1), Name: "Counter"}
		first := i
		if callers < services {
			first = i * services / callers
		}
		for j := range span {
			c.Services = append(c.Services, letter(first+j))
		}
		s.Counters = append(s.Counters, c)
	}
	return s
}

const officeID = "bench"

// office measures the engine over the store: first numbers are taken, then
// the counters call them.
func (p pass) office(ctx context.Context, callers int) (take, next Row, err error) {
	dir, done, err := p.sub("office")
	if err != nil {
		return take, next, err
	}
	defer func() { err = errors.Join(err, done()) }()
	raw, err := p.Open(ctx, dir)
	if err != nil {
		return take, next, err
	}
	defer func() { err = errors.Join(err, raw.Close()) }()
	store := &slowStore{Store: raw, slow: p.slow}
	engine, err := queue.NewEngine(ctx, queue.Config{Setup: hall(callers), Store: store, Links: queue.NewLinks(make([]byte, 32), "http://localhost")})
	if err != nil {
		return take, next, err
	}
	run, stop := context.WithCancel(ctx)
	stopped := make(chan error, 1)
	go func() { stopped <- engine.Run(run) }()
	defer func() {
		stop()
		err = errors.Join(err, <-stopped)
	}()
	p.Progress(fmt.Sprintf("take, %d callers%s", callers, p.slower()))
	if take, err = p.takes(ctx, engine, store, callers); err != nil {
		return take, next, err
	}
	p.Progress(fmt.Sprintf("next, %d callers%s", callers, p.slower()))
	next, err = p.nexts(ctx, engine, store, callers)
	return take, next, err
}

// takes lets every caller take numbers, each under a request key.
func (p pass) takes(ctx context.Context, engine *queue.Engine, store *slowStore, callers int) (Row, error) {
	given := make([]ledger, callers)
	list := make([]caller, callers)
	for i := range list {
		n := 0
		list[i] = func(ctx context.Context) (time.Duration, error) {
			n++
			r := queue.TakeRequest{Meta: meta("take", i, n), Service: letter(i + n), Channel: queue.Kiosk}
			begun := time.Now()
			t, err := engine.Take(ctx, r)
			if err != nil {
				return 0, err
			}
			took := time.Since(begun)
			given[i].note(t.Number.Prefix, t.Number.N)
			return took, nil
		}
	}
	row, err := measured(ctx, p.Duration, engine, store, list, 1)
	if err != nil {
		return row, err
	}
	return row, check(given)
}

func meta(what string, caller, n int) queue.Meta {
	key := append(make([]byte, 0, 24), what...)
	key = strconv.AppendInt(append(key, '-'), int64(caller), 10)
	key = strconv.AppendInt(append(key, '-'), int64(n), 10)
	return queue.Meta{Caller: "bench", Key: string(key)}
}

// nexts lets every caller call at a counter of its own. The ticket is finished
// at once, which is another durable action: part of the work per ticket, but
// not of the latency.
func (p pass) nexts(ctx context.Context, engine *queue.Engine, store *slowStore, callers int) (Row, error) {
	if err := openAll(ctx, engine, callers); err != nil {
		return Row{}, err
	}
	called := make([]ledger, callers)
	list := make([]caller, callers)
	for i := range list {
		counter, n := strconv.Itoa(i+1), 0
		list[i] = func(ctx context.Context) (time.Duration, error) {
			n++
			begun := time.Now()
			t, err := engine.Next(ctx, queue.CounterRequest{Meta: meta("next", i, n), Counter: counter})
			took := time.Since(begun)
			if queue.ErrorCode(err) == queue.CodeNobodyWaiting {
				return 0, errDone
			}
			if err != nil {
				return 0, err
			}
			called[i].note(t.ID, 1) // Every ticket is a series of one call.
			_, err = engine.Act(ctx, queue.ActRequest{Meta: meta("finish", i, n), Ticket: t.ID, Action: queue.Finish})
			return took, err
		}
	}
	row, err := measured(ctx, p.Duration, engine, store, list, 2)
	if err != nil {
		return row, err
	}
	return row, check(called)
}

// openAll opens the counters, all at once because each opening is a commit.
func openAll(ctx context.Context, engine *queue.Engine, counters int) error {
	var opening errgroup.Group
	for i := range counters {
		opening.Go(func() error {
			_, err := engine.SetCounter(ctx, queue.SetCounterRequest{Counter: strconv.Itoa(i + 1), State: queue.Opened})
			return err
		})
	}
	return opening.Wait()
}

// measured runs the callers and wants the log to hold exactly what was
// acknowledged.
func measured(ctx context.Context, d time.Duration, engine *queue.Engine, store *slowStore, list []caller, events int64) (Row, error) {
	before, err := engine.Board(ctx)
	if err != nil {
		return Row{}, err
	}
	store.restart()
	s, err := closedLoop(ctx, d, list)
	if err != nil {
		return Row{}, err
	}
	row := s.row(len(list))
	row.PerCommit = store.perCommit()
	return row, inLog(ctx, store, before.Seq+events*int64(row.Actions))
}

// inLog wants the stored log to end at seq.
func inLog(ctx context.Context, store queue.Store, seq int64) error {
	tail, err := store.Read(ctx, officeID, seq-1, 2)
	if err != nil {
		return err
	}
	if len(tail) != 1 || tail[0].Seq != seq {
		return fmt.Errorf("the log does not end at %d, where the answers say it does", seq)
	}
	return nil
}
