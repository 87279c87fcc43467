package estimate

import (
	"context"

	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/memory"
)

// world is a real office over a store in memory, in virtual time.
type world struct {
	t      testing.TB
	engine *queue.Engine
	store  *memory.Store
	now    time.Time
	rng    *rand.Rand
	hall   hallPlan
}

// hallPlan is what a simulated office is like.
type hallPlan struct {
	counters map[string][]string   // Counter → services.
	minutes  map[string]float64    // Service → mean minutes at a counter.
	share    map[string]float64    // Service → share of those who come.
	priority float64               // Share of those entitled.
	people   float64               // A day, on average.
	hours    []float64             // Shares of those who come in each hour.
	spread   float64               // Of the times at a counter.
	speed    func(day int) float64 // How much slower than usual a day is; nil = never.
}

func smallHall() hallPlan {
	return hallPlan{
		counters: map[string][]string{"1": {"A"}, "2": {"A", "B"}, "3": {"B"}},
		minutes:  map[string]float64{"A": 6, "B": 10},
		share:    map[string]float64{"A": 0.6, "B": 0.4},
		priority: 0.1, people: 150, spread: 0.7,
		hours: []float64{0.26, 0.2, 0.15, 0.12, 0.1, 0.09, 0.08},
	}
}

const officeID = "mo-hinh"

func newWorld(t testing.TB, plan hallPlan, seed uint64) *world {
	t.Helper()
	w := &world{t: t, store: &memory.Store{}, rng: rand.New(rand.NewPCG(seed, 1)), hall: plan}
	w.now = time.Date(2026, 11, 23, 7, 30, 0, 0, zone(t))
	setup := queue.Setup{Office: officeID, Name: "Mô hình", TimeZone: "Asia/Ho_Chi_Minh", Rates: queue.DefaultRates()}
	for _, s := range sorted(plan.minutes) {
		setup.Services = append(setup.Services, queue.Service{ID: s, Name: "Dịch vụ " + s})
	}
	for _, c := range sorted(plan.counters) {
		setup.Counters = append(setup.Counters, queue.Counter{ID: c, Name: "Quầy " + c, Services: plan.counters[c]})
	}
	var code uint64
	engine, err := queue.NewEngine(t.Context(), queue.Config{
		Setup: setup, Store: w.store, Now: func() time.Time { return w.now },
		Seed: func() uint64 { code++; return code },
	})
	if err != nil {
		t.Fatal(err)
	}
	w.engine = engine
	return w
}

func zone(t testing.TB) *time.Location {
	z, err := time.LoadLocation("Asia/Ho_Chi_Minh")
	if err != nil {
		t.Skip("no time zones on this machine")
	}
	return z
}

func sorted[V any](m map[string]V) (keys []string) {
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func (w *world) do(c queue.Command) queue.Answer {
	return w.engine.Together(context.Background(), c)[0]
}

// guest is somebody who comes.
type guest struct {
	at      time.Time
	service string
	class   queue.Class
	work    time.Duration
	id      string
}

// people makes up a day's guests.
func (w *world) people(day int) (list []guest) {
	slower := 1.0
	if w.hall.speed != nil {
		slower = w.hall.speed(day)
	}
	for hour, share := range w.hall.hours {
		rate := w.hall.people * share
		for at := w.rng.ExpFloat64() / rate; at < 1; at += w.rng.ExpFloat64() / rate {
			g := guest{at: w.now.Add(time.Duration((float64(hour) + at) * float64(time.Hour))).Truncate(time.Second), class: queue.Normal}
			x := w.rng.Float64()
			for _, s := range sorted(w.hall.share) {
				g.service = s
				if x -= w.hall.share[s]; x < 0 {
					break
				}
			}
			if w.rng.Float64() < w.hall.priority {
				g.class = queue.Priority
			}
			g.work = w.work(g.service, slower)
			list = append(list, g)
		}
	}
	return list
}

func (w *world) work(service string, slower float64) time.Duration {
	variance := math.Log(1 + w.hall.spread*w.hall.spread)
	minutes := w.hall.minutes[service] * slower * math.Exp(math.Sqrt(variance)*w.rng.NormFloat64()-variance/2)
	return max(time.Duration(minutes*float64(time.Minute)), time.Second)
}

// day lives through one day: all counters open at once and close when nobody
// waits any more; each calls as soon as it is free. Asked, if not nil, sees
// every ticket as it is taken.
func (w *world) day(n int, asked func(t queue.Ticket)) {
	w.now = time.Date(2026, 11, 23+n, 7, 30, 0, 0, zone(w.t))
	w.engine.Together(context.Background()) // Opens the day.
	guests := w.people(n)
	free := map[string]time.Time{}
	inHand := map[string]string{}
	for _, c := range sorted(w.hall.counters) {
		w.do(queue.SetCounterRequest{Counter: c, State: queue.Opened})
		free[c] = w.now
	}
	work := map[string]time.Duration{}
	called := 0
	for next := 0; next < len(guests) || called < len(guests); {
		w.call(free, inHand, work, &called)
		at := earliest(free, inHand)
		if next < len(guests) && (at.IsZero() || !guests[next].at.After(at)) {
			g := &guests[next]
			next++
			w.now = maxTime(w.now, g.at)
			a := w.do(queue.TakeRequest{Service: g.service, Class: g.class, Channel: queue.Kiosk})
			if a.Err != nil {
				w.t.Fatal(a.Err)
			}
			work[a.Ticket.ID] = g.work
			if asked != nil {
				asked(a.Ticket)
			}
			continue
		}
		w.now = maxTime(w.now, at)
		w.finish(free, inHand)
	}
	for _, c := range sorted(w.hall.counters) {
		if id := inHand[c]; id != "" {
			w.now = maxTime(w.now, free[c])
			w.do(queue.ActRequest{Ticket: id, Action: queue.Finish})
		}
		w.do(queue.SetCounterRequest{Counter: c, State: queue.Closed})
	}
}

// call lets every free counter call.
func (w *world) call(free map[string]time.Time, inHand map[string]string, work map[string]time.Duration, called *int) {
	for _, c := range sorted(free) {
		if inHand[c] != "" {
			continue
		}
		a := w.do(queue.CounterRequest{Counter: c})
		if a.Err != nil {
			continue // Nobody waits for it.
		}
		*called++
		inHand[c], free[c] = a.Ticket.ID, w.now.Add(work[a.Ticket.ID])
	}
}

// finish ends every stay that is over.
func (w *world) finish(free map[string]time.Time, inHand map[string]string) {
	for _, c := range sorted(free) {
		if id := inHand[c]; id != "" && !free[c].After(w.now) {
			if a := w.do(queue.ActRequest{Ticket: id, Action: queue.Finish}); a.Err != nil {
				w.t.Fatal(a.Err)
			}
			inHand[c] = ""
		}
	}
}

// earliest is when the next stay ends; zero if nobody is served.
func earliest(free map[string]time.Time, inHand map[string]string) (at time.Time) {
	for c, t := range free {
		if inHand[c] != "" && (at.IsZero() || t.Before(at)) {
			at = t
		}
	}
	return at
}

func maxTime(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// events gives the whole log.
func (w *world) events() []queue.Event { return w.since(0) }

// since gives the log after so many events.
func (w *world) since(seen int) []queue.Event {
	list, err := w.store.Read(context.Background(), officeID, int64(seen), -1)
	if err != nil {
		w.t.Fatal(err)
	}
	return list
}

// The order that training replays must be the one that the heart tells.
func TestAheadIsTheHeartsOwn(t *testing.T) {
	w := newWorld(t, smallHall(), 3)
	compared, mixed, taken := 0, 0, 0
	w.day(0, func(queue.Ticket) {
		if taken++; taken%5 != 0 {
			return
		}
		f := followed(t, w.events())
		for id, known := range f.tickets {
			if known.State != queue.Waiting {
				continue
			}
			now, err := w.engine.Ticket(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			n := f.rank(known, w.now)
			if n != now.Standing.Ahead {
				t.Fatalf("%s %s: %d ahead, the office says %d", known.Number, known.Class, n, now.Standing.Ahead)
			}
			compared++
			if known.Class != queue.Normal {
				mixed++
			}
		}
	})
	if compared < 200 || mixed < 15 {
		t.Errorf("compared only %d tickets, %d of them entitled", compared, mixed)
	}
}

// followed follows a log's latest day.
func followed(t testing.TB, events []queue.Event) (f *follower) {
	t.Helper()
	for _, e := range events {
		switch {
		case e.Kind == queue.DayOpened:
			f = follow(e, NewHall(NewMemory(nil), nil))
		case f != nil:
			f.apply(e)
		}
	}
	return f
}

// Who waits with a faster rate passes those who came shortly before.
func TestAheadLooksForward(t *testing.T) {
	w := newWorld(t, smallHall(), 5)
	w.engine.Together(t.Context())
	w.do(queue.SetCounterRequest{Counter: "1", State: queue.Opened})
	for range 10 {
		w.do(queue.TakeRequest{Service: "A", Channel: queue.Kiosk})
	}
	w.now = w.now.Add(2 * time.Minute)
	last := w.do(queue.TakeRequest{Service: "A", Class: queue.Priority, Channel: queue.Kiosk}).Ticket
	f := followed(t, w.events())
	if n := f.rank(last, w.now); n != 10 {
		t.Errorf("%d ahead now, want all 10", n)
	}
	// Called at once is one who waits; when the counter is free again, three
	// times as fast counts for more than two minutes.
	if p := f.place(last, w.now); !p.Run || p.Ahead != 1 || p.Forward != f.hall.UsualStay("A") {
		t.Errorf("%+v when the policy runs on, want one ahead and one stay", p)
	}
}

func TestTicketsThatLeaveTeachNothing(t *testing.T) {
	w := newWorld(t, smallHall(), 6)
	w.engine.Together(t.Context())
	w.do(queue.SetCounterRequest{Counter: "1", State: queue.Opened})
	var ids []string
	for range 4 {
		ids = append(ids, w.do(queue.TakeRequest{Service: "A", Channel: queue.Kiosk}).Ticket.ID)
	}
	w.now = w.now.Add(time.Minute)
	w.do(queue.ActRequest{Ticket: ids[1], Action: queue.Cancel})
	w.do(queue.CounterRequest{Counter: "1"})
	f := followed(t, w.events())
	if n := len(f.hall.done); n != 1 {
		t.Errorf("%d waits were learned, want that of the one called", n)
	}
	if l := f.line("A"); len(l.waiting) != 2 || l.left != 2 {
		t.Errorf("%d wait and %d left, want 2 and 2", len(l.waiting), l.left)
	}
	if got := f.open("A"); got != 1 {
		t.Errorf("%d counters open for A, want 1", got)
	}
}
