package bench

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/bench/goal"
)

// The size of a big day: more than the largest office of the country has.
const (
	dayTickets  = 5000
	dayCounters = 40
	dayServices = 60
	dayLines    = 6   // Services of one counter.
	dayAway     = 200 // Remote tickets whose holders are on their way at a time.
	goalDay     = 100 // Microseconds: the 99th percentile of a decision.
)

// Decision is the processor time that one kind of command took on a big day,
// from its arrival at the office's owner to the answer, the store left out:
// deciding, encoding, chaining, applying, standing.
type Decision struct {
	Action string  `json:"action"`
	Count  int     `json:"count"`
	P50    float64 `json:"p50_us"`
	P99    float64 `json:"p99_us"`
}

// Day is a big day, decided command by command.
type Day struct {
	Tickets   int        `json:"tickets"`
	Counters  int        `json:"counters"`
	Services  int        `json:"services"`
	Longest   int        `json:"longest"` // Most tickets waiting at a time.
	Decisions []Decision `json:"decisions"`
	Ratios    []Ratio    `json:"ratios"`
}

// discard keeps nothing: what is measured with it is everything but the store.
type discard struct{}

func (discard) Load(context.Context, string, time.Time) (queue.Loaded, error) {
	return queue.Loaded{}, nil
}
func (discard) Append(context.Context, queue.Batch) error { return nil }
func (discard) Read(context.Context, string, int64, int) ([]queue.Event, error) {
	return nil, nil
}

func (discard) Ticket(_ context.Context, _, id string) (queue.Ticket, error) {
	return queue.Ticket{}, queue.Errorf(queue.CodeUnknownTicket, "no ticket with id %s", id)
}

// bigSetup is an office whose remote visitors check in.
func bigSetup() queue.Setup {
	s := queue.Setup{
		Office: officeID, Name: "Bench", TimeZone: "UTC", Rates: queue.DefaultRates(), Region: "north",
		Rules: queue.Rules{CheckIn: true, RemoteUntil: "23:00", NoShowSeconds: 3600},
	}
	for i := range dayServices {
		s.Services = append(s.Services, queue.Service{ID: string([]byte{byte('A' + i/26), byte('A' + i%26)}), Name: "Service"})
	}
	for i := range dayCounters {
		c := queue.Counter{ID: strconv.Itoa(i + 1), Name: "Counter"}
		for j := range dayLines {
			c.Services = append(c.Services, s.Services[(i*7+j*11)%dayServices].ID)
		}
		s.Counters = append(s.Counters, c)
	}
	return s
}

// bigDay is a big day under way.
type bigDay struct {
	engine   *queue.Engine
	tickets  int // To be taken.
	services []queue.Service
	random   *rand.Rand
	now      time.Time
	took     map[string][]time.Duration

	commands int
	taken    []string // Ids, in the order of issue.
	away     []string // Those of them who have not come yet.
	hand     [dayCounters]string
	waiting  int
	longest  int
}

// day measures a big day. The morning's queue grows until half of the tickets
// are taken; then the counters catch up.
func (c Config) day(ctx context.Context) (Day, error) {
	c.Progress(fmt.Sprintf("a day of %d tickets, %d counters, %d services", c.Tickets, dayCounters, dayServices))
	runtime.LockOSThread() // See do.
	defer runtime.UnlockOSThread()
	setup := bigSetup()
	d := &bigDay{
		tickets: c.Tickets, services: setup.Services, random: rand.New(rand.NewPCG(1, 2)),
		now: time.Date(2026, 11, 23, 7, 0, 0, 0, time.UTC), took: map[string][]time.Duration{},
	}
	var err error
	d.engine, err = queue.NewEngine(ctx, queue.Config{
		Setup: setup, Store: discard{}, Links: queue.NewLinks(make([]byte, 32), "http://localhost"),
		Now: func() time.Time { return d.now }, Seed: d.random.Uint64,
	})
	if err != nil {
		return Day{}, err
	}
	for i := range dayCounters {
		if _, err := d.do(ctx, "", queue.SetCounterRequest{Counter: strconv.Itoa(i + 1), State: queue.Opened}); err != nil {
			return Day{}, err
		}
	}
	for idle, step := 0, 0; idle < dayCounters; step++ {
		if err := ctx.Err(); err != nil {
			return Day{}, err
		}
		worked, err := d.step(ctx, step)
		if err != nil {
			return Day{}, err
		}
		idle++
		if worked || len(d.taken) < d.tickets {
			idle = 0
		}
	}
	return d.report(), nil
}

// step is what happens in a few seconds of the day; worked tells whether a
// counter had something to do.
func (d *bigDay) step(ctx context.Context, n int) (worked bool, err error) {
	d.now = d.now.Add(4 * time.Second)
	if len(d.taken) < d.tickets {
		if err := d.take(ctx, n); err != nil {
			return false, err
		}
	}
	if over := len(d.away) - dayAway; over > 0 || (len(d.taken) == d.tickets && len(d.away) > 0) {
		id := d.away[0]
		d.away = d.away[1:]
		if _, err := d.act(ctx, "check-in", queue.ActRequest{Ticket: id, Action: queue.CheckIn}); err != nil {
			return false, err
		}
	}
	if n%8 == 0 {
		id := d.taken[d.random.IntN(len(d.taken))]
		if _, err := d.act(ctx, "later", queue.ActRequest{Ticket: id, Action: queue.Later, Places: 3, While: queue.Waiting}); err != nil {
			return false, err
		}
	}
	if len(d.taken) < d.tickets/2 && n%2 == 0 {
		return false, nil
	}
	return d.serve(ctx, n%dayCounters)
}

func (d *bigDay) take(ctx context.Context, n int) error {
	r := queue.TakeRequest{Service: d.services[d.random.IntN(len(d.services))].ID, Channel: queue.Kiosk, Class: queue.Normal}
	if n%3 == 0 {
		r.Channel = queue.Web
	}
	if n%10 == 0 {
		r.Class = queue.Priority
	}
	r.Meta = d.meta()
	a, err := d.do(ctx, "take", r)
	if err != nil {
		return err
	}
	d.taken = append(d.taken, a.Ticket.ID)
	if a.Ticket.Presence == queue.Remote {
		d.away = append(d.away, a.Ticket.ID)
	}
	d.waiting++
	d.longest = max(d.longest, d.waiting)
	return nil
}

// serve lets a counter part with its ticket, every tenth to another service,
// and call the next.
func (d *bigDay) serve(ctx context.Context, i int) (worked bool, err error) {
	if id := d.hand[i]; id != "" {
		d.hand[i] = ""
		if d.random.IntN(10) == 0 {
			to := d.services[d.random.IntN(len(d.services))].ID
			if worked, err = d.act(ctx, "transfer", queue.ActRequest{Ticket: id, Action: queue.Transfer, Service: to}); err == nil {
				d.waiting++
			}
		} else {
			worked, err = d.act(ctx, "finish", queue.ActRequest{Ticket: id, Action: queue.Finish})
		}
		if err != nil {
			return worked, err
		}
	}
	a, err := d.do(ctx, "next", queue.CounterRequest{Meta: d.meta(), Counter: strconv.Itoa(i + 1)})
	if queue.ErrorCode(err) == queue.CodeNobodyWaiting {
		return worked, nil
	}
	if err == nil {
		d.hand[i] = a.Ticket.ID
		d.waiting--
	}
	return true, err
}

// act does an action; one that the ticket's state does not allow just now is
// none.
func (d *bigDay) act(ctx context.Context, name string, r queue.ActRequest) (done bool, err error) {
	r.Meta = d.meta()
	_, err = d.do(ctx, name, r)
	if queue.ErrorCode(err) == queue.CodeWrongState {
		return false, nil
	}
	return err == nil, err
}

func (d *bigDay) meta() queue.Meta {
	d.commands++
	return queue.Meta{Caller: "bench", Key: strconv.Itoa(d.commands)}
}

// do measures one command, refused ones among them, in processor time of this
// thread: what other programs do meanwhile is not the office's.
func (d *bigDay) do(ctx context.Context, name string, c queue.Command) (queue.Answer, error) {
	begun := threadTime()
	a := d.engine.Together(ctx, c)[0]
	if took := threadTime() - begun; name != "" {
		d.took[name] = append(d.took[name], took)
	}
	return a, a.Err
}

// threadTime is the processor time that this thread has used; wall time where
// that is not known.
func threadTime() time.Duration {
	var used unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &used); err != nil {
		return time.Duration(time.Now().UnixNano())
	}
	return time.Duration(used.Nano())
}

func (d *bigDay) report() Day {
	r := Day{Tickets: len(d.taken), Counters: dayCounters, Services: dayServices, Longest: d.longest}
	for _, name := range []string{"take", "check-in", "later", "next", "transfer", "finish"} {
		sorted := slices.Sorted(slices.Values(d.took[name]))
		one := Decision{Action: name, Count: len(sorted), P50: micros(goal.Quantile(sorted, 0.5)), P99: micros(goal.Quantile(sorted, 0.99))}
		r.Decisions = append(r.Decisions, one)
		r.Ratios = append(r.Ratios, goal.AtMost("p99 µs of "+name, one.P99, goalDay))
	}
	return r
}

func micros(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }
