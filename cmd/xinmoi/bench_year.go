package main

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// A made-up year of an office, for measuring: every day has its rush in the
// morning, its quiet at noon, no-shows, transfers, parked papers, pauses and
// ratings, decided by the real rules.

const (
	yearCounters = 12
	yearService  = 5 * time.Minute // Mean time at a counter; drawn log-normal.
	yearWords    = 4               // Reasons that are given.
)

// yearSetup is an office of many counters with four services.
func yearSetup() queue.Setup {
	s := queue.CommuneCentre()
	s.Counters = nil
	for i := range yearCounters {
		id := strconv.Itoa(i + 1)
		services := []string{"A", "B", "C", "D"}
		s.Counters = append(s.Counters, queue.Counter{ID: id, Name: "Quầy số " + id, Services: services[i%3 : min(i%3+2+i%2, 4)]})
	}
	s.Counters[0].Services = []string{"A", "B", "C", "D"}
	return s
}

// bulkStore writes many commits as one, so that a year is made in a minute.
type bulkStore struct {
	queue.Store
	batch queue.Batch
}

// bulkEvents is how many events are written at once.
const bulkEvents = 4096

func (s *bulkStore) Append(ctx context.Context, b queue.Batch) error {
	if len(s.batch.Events) == 0 {
		s.batch.Office, s.batch.After = b.Office, b.After
	}
	s.batch.Events = append(s.batch.Events, b.Events...)
	s.batch.Ended = append(s.batch.Ended, b.Ended...)
	if len(s.batch.Events) < bulkEvents {
		return nil
	}
	return s.flush(ctx)
}

func (s *bulkStore) flush(ctx context.Context) error {
	if len(s.batch.Events) == 0 {
		return nil
	}
	err := s.Store.Append(ctx, s.batch)
	s.batch = queue.Batch{}
	return err
}

// year makes business days.
type year struct {
	engine *queue.Engine
	store  *bulkStore
	random *rand.Rand
	now    time.Time
	procs  []queue.Procedure

	busy [yearCounters]time.Time // Until when; zero = free.
	come [yearCounters]time.Time // When who was called is there; zero = is there, or does not come.
	hand [yearCounters]string
}

// makeYear fills a store with days of so many tickets each, the last one being
// the day before until, and gives the days made.
func makeYear(ctx context.Context, store queue.Store, days, tickets int, until time.Time, progress func(int)) (first, last string, err error) {
	setup := yearSetup()
	zone := zoneOf(setup.TimeZone)
	y := &year{store: &bulkStore{Store: store}, random: rand.New(rand.NewPCG(7, 2026)), procs: setup.Procedures}
	dates := workdays(until, days)
	y.now = time.Date(dates[0].Year(), dates[0].Month(), dates[0].Day(), 5, 0, 0, 0, zone)
	y.engine, err = queue.NewEngine(ctx, queue.Config{
		Setup: setup, Store: y.store, Secret: make([]byte, 32), Now: func() time.Time { return y.now }, TrustClock: true, Seed: y.random.Uint64,
	})
	if err != nil {
		return "", "", err
	}
	for i, d := range dates {
		progress(i)
		if err := y.day(ctx, time.Date(d.Year(), d.Month(), d.Day(), 7, 0, 0, 0, zone), tickets); err != nil {
			return "", "", fmt.Errorf("day %s: %w", d.Format(time.DateOnly), err)
		}
	}
	y.now = y.now.Add(16 * time.Hour)
	y.engine.Together(ctx) // The last day ends.
	return dates[0].Format(time.DateOnly), dates[len(dates)-1].Format(time.DateOnly), y.store.flush(ctx)
}

// workdays lists so many days before until that are no weekend, in order.
func workdays(until time.Time, n int) (list []time.Time) {
	for at := until; len(list) < n; {
		at = at.AddDate(0, 0, -1)
		if d := at.Weekday(); d != time.Saturday && d != time.Sunday {
			list = append(list, at)
		}
	}
	slices.Reverse(list)
	return list
}

// day lives one day: half-minutes from seven to seven.
func (y *year) day(ctx context.Context, begin time.Time, tickets int) error {
	y.now = begin
	y.busy, y.come, y.hand = [yearCounters]time.Time{}, [yearCounters]time.Time{}, [yearCounters]string{}
	if err := y.do(ctx, y.open()...); err != nil {
		return err
	}
	due := y.arrivals(begin, tickets)
	for end := begin.Add(12 * time.Hour); y.now.Before(end); y.now = y.now.Add(15 * time.Second) {
		var commands []queue.Command
		for ; len(due) > 0 && !due[0].After(y.now); due = due[1:] {
			commands = append(commands, y.take())
		}
		if err := y.do(ctx, commands...); err != nil {
			return err
		}
		if err := y.serve(ctx); err != nil {
			return err
		}
	}
	for i := range yearCounters { // Who is at a counter is served; the others go home.
		if err := y.finish(ctx, i); err != nil {
			return err
		}
	}
	return ctx.Err()
}

func (y *year) open() (list []queue.Command) {
	for i := range yearCounters {
		list = append(list, queue.SetCounterRequest{Meta: y.staff(i), Counter: strconv.Itoa(i + 1), State: queue.Opened})
	}
	return list
}

func (y *year) staff(counter int) queue.Meta {
	return queue.Meta{Caller: "staff-" + strconv.Itoa(counter+1)}
}

// arrivals draws when people come: most at eight, some after lunch.
func (y *year) arrivals(begin time.Time, n int) []time.Time {
	list := make([]time.Time, n)
	for i := range list {
		hours := 1 + math.Abs(y.random.NormFloat64())*1.8
		if y.random.IntN(3) == 0 {
			hours = 6.5 + math.Abs(y.random.NormFloat64())*1.3
		}
		list[i] = begin.Add(time.Duration(min(hours, 10) * float64(time.Hour)))
	}
	slices.SortFunc(list, time.Time.Compare)
	return list
}

func (y *year) take() queue.Command {
	r := queue.TakeRequest{Meta: queue.Meta{Caller: "kiosk-1"}, Procedure: y.procs[y.random.IntN(len(y.procs))].ID, Channel: queue.Kiosk}
	switch n := y.random.IntN(20); {
	case n < 4:
		r.Channel = queue.Phone
	case n < 6:
		r.Channel = queue.Web
	case n < 7:
		r.Channel = queue.Zalo
	}
	if y.random.IntN(10) == 0 {
		r.Class = queue.Priority
	}
	return r
}

// serve ends what is due, and calls the next.
func (y *year) serve(ctx context.Context) error {
	for i := range yearCounters {
		if come := y.come[i]; !come.IsZero() && !y.now.Before(come) {
			y.come[i] = time.Time{}
			if err := y.do(ctx, y.act(i, queue.Start)); err != nil {
				return err
			}
		}
		if y.now.Before(y.busy[i]) {
			continue
		}
		if err := y.finish(ctx, i); err != nil {
			return err
		}
		if y.random.IntN(400) == 0 {
			if err := y.rest(ctx, i); err != nil {
				return err
			}
			continue
		}
		a := y.engine.Together(ctx, queue.CounterRequest{Meta: y.staff(i), Counter: strconv.Itoa(i + 1)})[0]
		if a.Err != nil {
			if queue.ErrorCode(a.Err) == queue.CodeNobodyWaiting {
				continue
			}
			return a.Err
		}
		y.hand[i] = a.Ticket.ID
		y.busy[i] = y.now.Add(time.Minute + time.Duration(float64(yearService)*math.Exp(0.7*y.random.NormFloat64()-0.245)))
		if y.random.IntN(12) != 0 { // Else nobody comes.
			y.come[i] = y.now.Add(time.Duration(15+y.random.IntN(45)) * time.Second)
		}
	}
	return nil
}

func (y *year) act(counter int, a queue.Action) queue.ActRequest {
	return queue.ActRequest{Meta: y.staff(counter), Ticket: y.hand[counter], Action: a, Reason: "lý do " + strconv.Itoa(y.random.IntN(yearWords))}
}

// finish parts a counter from its ticket, if it has one.
func (y *year) finish(ctx context.Context, i int) error {
	id := y.hand[i]
	if id == "" {
		return nil
	}
	y.hand[i] = ""
	t, err := y.engine.Ticket(ctx, id)
	if err != nil {
		return err
	}
	r := y.act(i, queue.Finish)
	r.Ticket, r.Reason = id, ""
	switch n := y.random.IntN(30); {
	case t.State == queue.Called:
		r.Action = queue.Absent
	case n == 0:
		r.Action, r.Service = queue.Transfer, "A"
	}
	if err := y.do(ctx, r); err != nil || r.Action != queue.Finish || y.random.IntN(4) != 0 {
		return err
	}
	return y.do(ctx, queue.ActRequest{Meta: queue.Meta{Caller: "kiosk-1"}, Ticket: id, Action: queue.Rate, Level: 5 - y.random.IntN(3)})
}

// rest pauses a counter for a quarter of an hour.
func (y *year) rest(ctx context.Context, i int) error {
	set := func(state queue.CounterState, reason string) error {
		return y.do(ctx, queue.SetCounterRequest{Meta: y.staff(i), Counter: strconv.Itoa(i + 1), State: state, Reason: reason})
	}
	if err := set(queue.Paused, []string{"Họp", "Giải lao", "back office"}[y.random.IntN(3)]); err != nil {
		return err
	}
	return set(queue.Opened, "")
}

func (y *year) do(ctx context.Context, commands ...queue.Command) error {
	if len(commands) == 0 {
		return nil
	}
	for _, a := range y.engine.Together(ctx, commands...) {
		switch queue.ErrorCode(a.Err) {
		case "", queue.CodeWrongState:
		default:
			return a.Err
		}
	}
	return nil
}
