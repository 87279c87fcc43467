package estimate

import (
	"context"
	"errors"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/xinmoi/xinmoi/queue"
)

// finished is a log that ends, so that Run returns when it has read it.
type finished []queue.Event

func (l finished) Events(_ context.Context, after int64) iter.Seq2[queue.Event, error] {
	return func(yield func(queue.Event, error) bool) {
		for _, e := range l {
			if e.Seq > after && !yield(e.Public(), nil) {
				return
			}
		}
	}
}

func newLive(t testing.TB, w *world, dir string) *Live {
	t.Helper()
	l, err := NewLive(LiveConfig{Office: officeID, Source: w.store, Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func runLive(t testing.TB, l *Live, w *world) {
	t.Helper()
	if err := l.Run(t.Context(), finished(w.events())); err != nil {
		t.Fatal(err)
	}
}

// An office that is started anew every morning learns each night, and tells
// better and better how long a wait is.
func TestLiveLearnsNightByNight(t *testing.T) {
	w, dir := newWorld(t, smallHall(), 11), t.TempDir()
	const nights = 14
	for n := range nights {
		w.day(n, nil)
		runLive(t, newLive(t, w, dir), w)
	}
	l := newLive(t, w, dir)
	runLive(t, l, w)
	if l.state.Model.Waits < fewestWaits || l.state.Model.Beta == nil {
		t.Fatalf("learned from %d waits only", l.state.Model.Waits)
	}
	if want := "2026-12-05"; l.state.Through != want {
		t.Errorf("learned through %s, want %s", l.state.Through, want)
	}
	truth := l.Truth()
	if len(truth) != nights {
		t.Fatalf("the truth of %d days, want %d", len(truth), nights)
	}
	all := Pool(truth[7:], "")
	t.Logf("error %.1f min, LES %.1f, mean wait %.1f, coverage %.2f of %d", all.Error, all.LESError, all.Wait, all.Coverage(), all.Waits)
	if all.Error > 0.9*all.LESError {
		t.Errorf("error %.1f min; the wait of the last one called would have erred by %.1f", all.Error, all.LESError)
	}
	if c := all.Coverage(); c < 0.7 || c > 0.9 {
		t.Errorf("coverage %.2f, want about 0.80", c)
	}
	if b := Pool(truth, "B"); b.Waits == 0 || b.Waits >= Pool(truth, "").Waits {
		t.Errorf("service B has %d waits", b.Waits)
	}
}

// Whether it was started once or every morning, it has learned the same.
func TestRestartsChangeNothing(t *testing.T) {
	w, dir := newWorld(t, smallHall(), 12), t.TempDir()
	for n := range 6 {
		w.day(n, nil)
		runLive(t, newLive(t, w, dir), w)
	}
	w.now = w.now.Add(24 * 3600e9)
	w.engine.Together(t.Context())
	restarted, once := newLive(t, w, dir), newLive(t, w, "")
	runLive(t, restarted, w)
	runLive(t, once, w)
	once.state.Memory.Shift, restarted.state.Memory.Shift = Shift{}, Shift{} // What was told differs: the first days had no model.
	if diff := cmp.Diff(once.state.Memory, restarted.state.Memory); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(once.state.Model, restarted.state.Model); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(once.state.Marks, restarted.state.Marks); diff != "" {
		t.Error(diff)
	}
}

// What the heart asks for is answered in figures people use, and stays as it
// is until the wait has moved.
func TestStandingInTheOffice(t *testing.T) {
	w := newWorld(t, smallHall(), 13)
	for n := range 8 {
		w.day(n, nil)
	}
	l := newLive(t, w, "")
	runLive(t, l, w)
	asked, changed, seen := 0, 0, len(w.events())
	w.day(8, func(taken queue.Ticket) {
		for _, e := range w.since(seen) {
			l.see(t, e)
			seen++
		}
		told, ok := l.Standing(Asked{Ticket: taken, Ahead: taken.Standing.Ahead, Now: w.now})
		if !ok {
			t.Fatalf("nobody can say how long %s waits", taken.Number)
		}
		low, high, early := *told.LowMin, *told.HighMin, told.ComeBy.Sub(w.now.Add(time.Duration(*told.LowMin-10)*time.Minute))
		if low < 0 || high <= low || low%5 != 0 || high%5 != 0 || early > 0 || early <= -5*time.Minute {
			t.Fatalf("%s waits %d to %d minutes and comes %v", taken.Number, low, high, early)
		}
		if told.Ahead != taken.Standing.Ahead || told.Counters < 1 || told.EachMin > 60 || told.MayMiss {
			t.Fatalf("%s stands at %+v", taken.Number, told)
		}
		asked++
		again, _ := l.Standing(Asked{Ticket: taken, Ahead: taken.Standing.Ahead, Now: w.now.Add(1e9)})
		if diff := cmp.Diff(told, again); diff != "" {
			changed++
		}
	})
	if asked < 100 || changed > 0 {
		t.Errorf("told %d times, changed %d times within a second", asked, changed)
	}
	if _, ok := l.Standing(Asked{Ticket: queue.Ticket{Service: "A", Day: "2020-01-01"}, Now: w.now}); ok {
		t.Error("told a wait on another day")
	}
	for _, e := range w.since(seen) {
		l.see(t, e)
	}
	if _, ok := l.Service("A", w.now); ok {
		t.Error("told a wait with every counter closed")
	}
}

// see lets a test follow a log by hand.
func (l *Live) see(t testing.TB, e queue.Event) {
	if e.Kind == queue.DayOpened {
		l.turn(t.Context(), e)
	} else {
		l.apply(e)
	}
}

func TestStateThatCannotBeUsed(t *testing.T) {
	good := newState(officeID)
	if err := good.save(t.TempDir()); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ text, want string }{
		"version":  {`{"version":99,"office":"mo-hinh"}`, "another version"},
		"office":   {`{"version":1,"office":"khac"}`, "another version"},
		"features": {`{"version":1,"office":"mo-hinh","features":["a"],"memory":{},"model":{}}`, "another version"},
		"cut off":  {`{"version":1,"off`, "unexpected end"},
		"no model": {`{"version":1,"office":"mo-hinh","features":` + names(t) + `,"model":null}`, "missing"},
		"a tree":   {`{"version":1,"office":"mo-hinh","features":` + names(t) + `,"model":{"forest":[[{"n":7}]]}}`, "leads nowhere"},
		"no tree":  {`{"version":1,"office":"mo-hinh","features":` + names(t) + `,"model":{"forest":[[]]}}`, "empty tree"},
		"inputs":   {`{"version":1,"office":"mo-hinh","features":` + names(t) + `,"model":{"beta":[1,2]}}`, "2 inputs"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := decodeState(officeID, []byte(c.text))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("%v, want %q", err, c.want)
			}
			dir := t.TempDir()
			if err := os.WriteFile(stateFile(dir, officeID), []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			l, err := NewLive(LiveConfig{Office: officeID, Dir: dir})
			if err != nil || len(l.state.Marks) != 0 {
				t.Errorf("%v: it should be learned anew", err)
			}
		})
	}
}

func names(t testing.TB) string {
	t.Helper()
	return `["` + strings.Join(newState("x").Features, `","`) + `"]`
}

func TestUnreadableStateIsAnError(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(stateFile(dir, officeID), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := NewLive(LiveConfig{Office: officeID, Dir: dir}); err == nil {
		t.Error("a directory was read as a state")
	}
}

// A store that was put back to an earlier day is another log.
func TestAnotherLogIsLearnedAnew(t *testing.T) {
	w, dir := newWorld(t, smallHall(), 15), t.TempDir()
	for n := range 4 {
		w.day(n, nil)
		runLive(t, newLive(t, w, dir), w)
	}
	other := newWorld(t, smallHall(), 16)
	other.day(0, nil)
	other.day(1, nil)
	l := newLive(t, other, dir)
	runLive(t, l, other)
	if l.state.Through != "2026-11-23" || len(l.state.Truth) != 0 {
		t.Errorf("learned through %q with the truth of %d days, want the first day alone", l.state.Through, len(l.state.Truth))
	}
}

// Before closing, who comes late learns that it may be too late, and then
// nobody gets a number any more.
func TestClosingTime(t *testing.T) {
	w := newWorld(t, smallHall(), 17)
	setup, err := w.engine.Setup(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for day := time.Sunday; day <= time.Saturday; day++ {
		setup.Setup.Hours = append(setup.Setup.Hours, queue.Hours{Day: day, From: "07:30", To: "09:00"})
	}
	w.do(queue.ConfigureRequest{Setup: setup.Setup})
	w.engine.Together(t.Context())
	w.do(queue.SetCounterRequest{Counter: "1", State: queue.Opened})
	l := newLive(t, w, "")
	shares, full := []float64{}, []bool{}
	for range 30 {
		w.now = w.now.Add(time.Minute)
		a := w.do(queue.TakeRequest{Service: "A", Channel: queue.Kiosk})
		if a.Err != nil {
			t.Fatal(a.Err)
		}
		l.today = followed(t, w.events())
		share, ok := l.Missing(Asked{Ticket: a.Ticket, Ahead: a.Ticket.Standing.Ahead, Now: w.now})
		if !ok {
			t.Fatal("nobody can say")
		}
		shares, full = append(shares, share), append(full, l.Full("A", w.now))
	}
	if !slices.IsSorted(shares) || shares[0] > 0.1 || shares[29] < 0.9 {
		t.Errorf("not called before closing: %.2f", shares)
	}
	if full[0] || !full[29] {
		t.Errorf("full: %v", full)
	}
}

// crowd is an office in which 120 wait at every open counter, and the last of
// them.
func crowd(t testing.TB) (*Live, Asked) {
	w := newWorld(t, smallHall(), 18)
	w.engine.Together(t.Context())
	for c := range w.hall.counters {
		w.do(queue.SetCounterRequest{Counter: c, State: queue.Opened})
	}
	var last queue.Ticket
	for i := range 120 {
		w.now = w.now.Add(30 * time.Second)
		class := queue.Normal
		if i%10 == 0 {
			class = queue.Priority
		}
		last = w.do(queue.TakeRequest{Service: []string{"A", "B"}[i%2], Class: class, Channel: queue.Kiosk}).Ticket
	}
	l := newLive(t, w, "")
	l.today = followed(t, w.events())
	return l, Asked{Ticket: last, Ahead: last.Standing.Ahead, Now: w.now}
}

// A crowd that comes at once, late in the day, is like nothing that was learned
// from; yet what it is told is what its counters can do.
func TestCrowdAtTheDoor(t *testing.T) {
	w := newWorld(t, smallHall(), 19)
	for n := range 8 {
		w.day(n, nil)
	}
	w.now = time.Date(2026, 12, 1, 17, 0, 0, 0, zone(t))
	w.engine.Together(t.Context())
	w.do(queue.SetCounterRequest{Counter: "1", State: queue.Opened})
	w.do(queue.SetCounterRequest{Counter: "2", State: queue.Opened})
	l := newLive(t, w, "")
	runLive(t, l, w)
	if l.state.Model.Beta == nil {
		t.Fatal("nothing was learned")
	}
	seen := len(w.events())
	for i := range 70 {
		w.now = w.now.Add(200 * time.Millisecond)
		taken := w.do(queue.TakeRequest{Service: "A", Channel: queue.Kiosk}).Ticket
		if i == 60 {
			w.do(queue.CounterRequest{Counter: "1"})
			w.do(queue.CounterRequest{Counter: "2"})
		}
		for _, e := range w.since(seen) {
			l.see(t, e)
			seen++
		}
		a := Asked{Ticket: taken, Ahead: taken.Standing.Ahead, Now: w.now}
		e, ok := l.Ticket(a)
		if !ok {
			t.Fatal("nobody can say")
		}
		// Two counters of six minutes each.
		if usual := 3 * float64(a.Ahead); a.Ahead >= 10 && (e.Minutes < usual/4 || e.Minutes > 4*usual+20 || e.Low < usual/10 || e.High > 10*usual+60 || e.Low > e.Minutes || e.High < e.Minutes) {
			t.Fatalf("with %d ahead: %.0f to %.0f, about %.0f minutes", a.Ahead, e.Low, e.High, e.Minutes)
		}
	}
}

// BenchmarkStanding is what the heart asks for each ticket, in time and in the
// processor's time.
func BenchmarkStanding(b *testing.B) {
	l, asked := crowd(b)
	begin := processorTime(b)
	for b.Loop() {
		if _, ok := l.Standing(asked); !ok {
			b.Fatal("nobody can say")
		}
	}
	b.ReportMetric(float64((processorTime(b)-begin).Nanoseconds())/float64(b.N), "cpu-ns/op")
}

// Asked for under the heart's lock, a wait costs no more memory with more people
// in line.
func TestStandingTakesLittleMemory(t *testing.T) {
	if racing {
		t.Skip("the race detector allocates too")
	}
	l, asked := crowd(t)
	if n := testing.AllocsPerRun(100, func() { l.Standing(asked) }); n > 16 {
		t.Errorf("%v allocations for a wait", n)
	}
}

// A store that fails leaves yesterday's model in use.
func TestStoreFails(t *testing.T) {
	w := newWorld(t, smallHall(), 14)
	w.day(0, nil)
	l, err := NewLive(LiveConfig{Office: officeID, Source: failing{}})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Run(t.Context(), finished(w.events())); !errors.Is(err, errDisk) {
		t.Errorf("%v, want the store's error", err)
	}
	old := l.state
	for _, e := range w.events() {
		l.see(t, e)
	}
	if l.state == old && l.today == nil {
		t.Error("it does not follow the day")
	}
}

var errDisk = errors.New("disk gone")

type failing struct{}

func (failing) Read(context.Context, string, int64, int) ([]queue.Event, error) { return nil, errDisk }

func TestStateFileIsInTheDirectory(t *testing.T) {
	dir := t.TempDir()
	if err := newState(officeID).save(dir); err != nil {
		t.Fatal(err)
	}
	got, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(got) != 1 || filepath.Base(got[0]) != "estimate-mo-hinh.json" {
		t.Errorf("%v, %v", got, err)
	}
	s, err := loadState(dir, officeID)
	if err != nil || s.Office != officeID {
		t.Errorf("%v, %v", s, err)
	}
}
