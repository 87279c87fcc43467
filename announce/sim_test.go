package announce

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xinmoi/xinmoi/announce/output"
	"github.com/xinmoi/xinmoi/queue"
)

// wild is an output that fails, hangs, dies in the middle and comes back, by
// its own dice.
type wild struct {
	name string

	mu      sync.Mutex
	dice    *rand.Rand
	mood    string
	until   time.Time
	plays   int
	playing bool
	overlap bool
}

// feels gives the output's mood, which lasts a while.
func (w *wild) feels() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if now := time.Now(); now.After(w.until) {
		w.mood = []string{"well", "well", "well", "refuses", "dies", "hangs", "sleeps", "alone"}[w.dice.IntN(8)]
		w.until = now.Add(time.Duration(w.dice.IntN(20)) * time.Second)
	}
	return w.mood
}

func (w *wild) Name() string { return w.name }

func (w *wild) SelfTest(context.Context) error {
	if mood := w.feels(); mood == "refuses" || mood == "dies" {
		return errors.New(mood)
	}
	return nil
}

func (w *wild) Play(ctx context.Context, c output.Clip) error {
	w.mu.Lock()
	w.overlap = w.overlap || w.playing
	w.playing = true
	w.plays++
	w.mu.Unlock()
	defer func() { w.mu.Lock(); w.playing = false; w.mu.Unlock() }()
	switch w.feels() {
	case "refuses":
		return errors.New("refuses")
	case "dies":
		pause(ctx, c.PCM.Duration()/2)
		return errors.New("dies")
	case "alone":
		return output.ErrNoListener
	case "sleeps":
		<-ctx.Done()
		return ctx.Err()
	case "hangs":
		time.Sleep(c.PCM.Duration() + 20*time.Second) // Whatever ctx says.
		return nil
	}
	pause(ctx, c.PCM.Duration())
	return ctx.Err()
}

// simOffice is an office with a setup, whose log takes playbacks, not always.
type simOffice struct {
	*fakeOffice
	setupNow queue.Setup
	dice     *rand.Rand
	told     []queue.AnnouncedRequest
}

func (o *simOffice) Setup(context.Context) (queue.SetupView, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return queue.SetupView{Setup: o.setupNow}, nil
}

func (o *simOffice) Announced(_ context.Context, r queue.AnnouncedRequest) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.dice.IntN(8) == 0 {
		return queue.Errorf(queue.CodeUnavailable, "not now")
	}
	o.told = append(o.told, r)
	return nil
}

// sim is one day's worst minute, by seed.
type sim struct {
	t       *testing.T
	seed    uint64
	dice    *rand.Rand
	office  *simOffice
	a       *Announcer
	outputs []*wild

	mu    sync.Mutex
	ends  map[string]Outcome // By call and zone.
	all   []simEnd           // In the order of the ends.
	twice []string
	shown map[string]bool // Numbers that boards were told to show.
	last  int             // Ticket number given last.
}

type simEnd struct {
	zone string
	Outcome
}

const simCounters = 60

func simSetup(dice *rand.Rand) queue.Setup {
	s := queue.Setup{Office: "sim", TimeZone: "UTC", Region: "north"}
	zones := []queue.Zone{{ID: "a"}, {ID: "b"}, {ID: "c"}}
	for n := 1; n <= simCounters; n++ {
		s.Counters = append(s.Counters, queue.Counter{ID: fmt.Sprint(n)})
		if i := dice.IntN(3); i < 2 {
			zones[i].Counters = append(zones[i].Counters, fmt.Sprint(n))
		}
	}
	for i := range zones {
		zones[i].Readings, zones[i].Volume = 1+dice.IntN(3), -dice.IntN(3)
	}
	if dice.IntN(4) == 0 {
		zones[dice.IntN(3)].Quiet = []queue.QuietTime{{From: "00:00", To: "24:00", Silent: true}}
	}
	zones[0].Counters = append(zones[0].Counters, "99") // Never empty: only c serves all others.
	zones[1].Counters = append(zones[1].Counters, "98")
	s.Zones = zones
	return s
}

func newSim(t *testing.T, seed uint64, renderer *Renderer) *sim {
	s := &sim{t: t, seed: seed, dice: rand.New(rand.NewPCG(seed, 1)), ends: map[string]Outcome{}, shown: map[string]bool{}}
	s.office = &simOffice{fakeOffice: newFakeOffice(), setupNow: simSetup(s.dice), dice: rand.New(rand.NewPCG(seed, 2))}
	out := func(name string) output.Output {
		w := &wild{name: name, dice: rand.New(rand.NewPCG(seed, uint64(10+len(s.outputs))))}
		s.outputs = append(s.outputs, w)
		return w
	}
	shared := out("shared")
	c := Config{Office: s.office, Renderer: renderer, Logger: slog.New(slog.DiscardHandler)}
	for _, id := range []string{"a", "b", "c"} {
		c.Zones = append(c.Zones, ZoneOutputs{ID: id, Outputs: []output.Output{out(id)}, Reserve: []output.Output{out(id + "2"), shared}, Screen: simScreen{s}})
	}
	s.a = New(c)
	for _, z := range s.a.zones {
		told := z.c.Ended
		z.c.Ended = func(o Outcome) { s.ended(z.c.Name, o); told(o) }
	}
	return s
}

type simScreen struct{ s *sim }

func (simScreen) Reading(output.Clip) {}

func (b simScreen) Show(c output.Clip) {
	b.s.mu.Lock()
	defer b.s.mu.Unlock()
	b.s.shown[c.Number] = true
}

func (s *sim) ended(zone string, o Outcome) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = append(s.all, simEnd{zone, o})
	if o.Call.Ticket == "" {
		return
	}
	key := fmt.Sprintf("%s %d", zone, o.Call.Seq)
	if before, ok := s.ends[key]; ok {
		s.twice = append(s.twice, fmt.Sprintf("%s: %+v and %+v", key, before, o))
	}
	s.ends[key] = o
}

// minute lets 300 calls happen, with everything else that happens besides.
func (s *sim) minute() {
	const calls = 300
	for range calls {
		time.Sleep(time.Duration(s.dice.IntN(400)) * time.Millisecond)
		switch d := s.dice.IntN(100); {
		case d < 20 && s.last > 0:
			s.again()
		default:
			s.next()
		}
		switch s.dice.IntN(60) {
		case 0:
			s.configure()
		case 1:
			s.post(s.dice.IntN(3) == 0)
		case 2:
			zone := string(rune('a' + s.dice.IntN(3)))
			_ = s.a.Pause(zone)
			time.AfterFunc(time.Duration(s.dice.IntN(8))*time.Second, func() { _ = s.a.Resume(zone) })
		}
	}
}

func (s *sim) next() {
	s.last++
	t := called(s.last, fmt.Sprint(1+s.dice.IntN(simCounters)))
	if s.dice.IntN(5) == 0 {
		t.Class = queue.Priority
	}
	s.office.log(queue.TicketCalled, t)
	if s.dice.IntN(3) == 0 {
		t.State = queue.Serving
		time.AfterFunc(time.Duration(s.dice.IntN(10000))*time.Millisecond, func() { s.office.log(queue.TicketStarted, t) })
	}
}

// again recalls a ticket, sometimes at another counter.
func (s *sim) again() {
	id := fmt.Sprint(100 + 1 + s.dice.IntN(s.last))
	s.office.mu.Lock()
	t := s.office.tickets[id]
	s.office.mu.Unlock()
	if s.dice.IntN(4) == 0 {
		t.Counter = fmt.Sprint(1 + s.dice.IntN(simCounters))
	}
	t.State = queue.Called
	s.office.log(queue.TicketRecalled, t)
}

func (s *sim) configure() {
	setup := simSetup(s.dice)
	s.office.mu.Lock()
	defer s.office.mu.Unlock()
	s.office.setupNow = setup
	s.office.events = append(s.office.events, queue.Event{Seq: int64(len(s.office.events) + 1), At: time.Now(), Kind: queue.OfficeConfigured, Setup: &setup})
	s.office.wake()
}

func (s *sim) post(emergency bool) {
	id, err := s.a.Post(Message{Text: "Xin chú ý", Emergency: emergency, Times: 1 + s.dice.IntN(2)})
	if err != nil {
		return // Too many are up.
	}
	time.AfterFunc(time.Duration(s.dice.IntN(15))*time.Second, func() { _ = s.a.Withdraw(id) })
}

// run runs the minute and gives the hall time to say what is left.
func (s *sim) run() {
	ctx, cancel := context.WithCancel(s.t.Context())
	done := make(chan error)
	go func() { done <- s.a.Run(ctx) }()
	synctest.Wait()
	s.minute()
	time.Sleep(3 * time.Minute)
	synctest.Wait()
	s.check()
	cancel()
	<-done
	time.Sleep(time.Minute) // Outputs that hang come back.
	synctest.Wait()
}

func (s *sim) check() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, twice := range s.twice {
		s.t.Errorf("seed %d: two outcomes of %s", s.seed, twice)
	}
	s.accounted()
	s.ordered()
	for _, w := range s.outputs {
		if w.overlap {
			s.t.Errorf("seed %d: two clips at once on %s", s.seed, w.name)
		}
	}
}

// accounted wants one outcome per call and zone, and each told to the office once.
func (s *sim) accounted() {
	asked := int64(0)
	for _, z := range s.a.zones {
		z.mu.Lock()
		asked += z.lastID
		if len(z.backlog.waiting)+len(z.waiters) > 0 {
			s.t.Errorf("seed %d: %d still wait in zone %s, %d are waited for", s.seed, len(z.backlog.waiting), z.c.Name, len(z.waiters))
		}
		z.mu.Unlock()
	}
	if int64(len(s.all)) != asked {
		s.t.Errorf("seed %d: %d announcements, %d outcomes", s.seed, asked, len(s.all))
	}
	ended := map[int64]bool{}
	for _, o := range s.ends {
		ended[o.Call.Seq] = true
		if o.unsaid() && !s.shown[o.Call.Number.String()] {
			s.t.Errorf("seed %d: %s was neither said nor shown: %+v", s.seed, o.Call.Number, o)
		}
	}
	s.office.mu.Lock()
	defer s.office.mu.Unlock()
	for _, e := range s.office.events {
		if e.Calls() && !ended[e.Seq] {
			s.t.Errorf("seed %d: call %d is unaccounted for", s.seed, e.Seq)
		}
	}
	told := map[string]bool{}
	for _, r := range s.office.told {
		if told[r.Key] {
			s.t.Errorf("seed %d: told twice: %+v", s.seed, r)
		}
		told[r.Key] = true
	}
	if len(told) != len(s.ends) {
		s.t.Errorf("seed %d: %d outcomes, %d told to the office", s.seed, len(s.ends), len(told))
	}
}

// ordered wants the calls of one zone and rank heard in the order in which they
// came. A call that took the place of an older one of its ticket stands there.
func (s *sim) ordered() {
	replaced := map[string]bool{}
	for _, e := range s.all {
		if e.Reason == ReasonSuperseded {
			replaced[e.zone+e.Call.Ticket] = true
		}
	}
	latest := map[string]simEnd{}
	heard := slices.DeleteFunc(slices.Clone(s.all), func(e simEnd) bool {
		return !e.Spoken() || e.Call.Ticket == "" || replaced[e.zone+e.Call.Ticket]
	})
	slices.SortStableFunc(heard, func(x, y simEnd) int {
		return cmp.Or(x.HeardAt.Compare(y.HeardAt), cmp.Compare(x.Call.id, y.Call.id))
	})
	for _, e := range heard {
		rank := fmt.Sprint(e.zone, reading{Announcement: e.Call, n: 1}.rank())
		if before, ok := latest[rank]; ok && before.Call.id > e.Call.id {
			s.t.Errorf("seed %d: zone %s: %s (%d, %v) was heard before %s (%d, %v)", s.seed, e.zone,
				before.Call.Number, before.Call.id, before.HeardAt, e.Call.Number, e.Call.id, e.HeardAt)
		}
		latest[rank] = e
	}
}

// In the worst minute of a hall with three zones every call comes to exactly
// one end in its zone, the order is kept, and nobody is left without a number
// on the board.
func TestThreeHundredCallsAMinute(t *testing.T) {
	total, seeds, renderer := map[End]int{}, uint64(10), NewRenderer(RendererConfig{})
	if n, err := strconv.ParseUint(os.Getenv("XINMOI_SEEDS"), 10, 32); err == nil {
		seeds = n
	}
	for seed := range seeds {
		synctest.Test(t, func(t *testing.T) {
			s := newSim(t, seed, renderer)
			s.run()
			for _, o := range s.ends {
				total[o.End()]++
			}
		})
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
	for _, end := range Ends() {
		if total[end] == 0 {
			t.Errorf("no call was %s: the simulation does not reach it", end)
		}
	}
	t.Log(total)
}
