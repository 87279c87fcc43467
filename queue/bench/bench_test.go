package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/sqlite"
)

func openSQLite(ctx context.Context, dir string) (Store, error) { return sqlite.Open(ctx, dir) }

func short(t *testing.T) Config {
	t.Helper()
	return Config{Dir: t.TempDir(), Callers: []int{1, 64}, Duration: 50 * time.Millisecond, Slow: []time.Duration{0, time.Millisecond}, Tickets: 300, Open: openSQLite}
}

func leftNothing(t *testing.T, dir string) {
	t.Helper()
	left, err := os.ReadDir(dir)
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestShortRun(t *testing.T) {
	defer goleak.VerifyNone(t)
	c := short(t)
	var steps []string
	c.Progress = func(step string) { steps = append(steps, step) }
	r, err := Queue(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	leftNothing(t, c.Dir)
	if len(r.Disks) != 2 || r.Disks[1].SlowerMS != 1 || len(steps) != 1+2*(3+2*2) {
		t.Fatalf("%d disks, steps %q", len(r.Disks), steps)
	}
	for _, d := range r.Disks {
		rows := append([]Row{d.Append, d.Naive}, append(d.Take, d.Next...)...)
		if len(rows) != 6 || len(d.Ratios) != 5 {
			t.Fatalf("%d rows, %d ratios", len(rows), len(d.Ratios))
		}
		for i, row := range rows {
			if row.Actions == 0 || row.PerSecond < 0 || row.P50 <= 0 || row.P50 > row.P99 || row.P99 > row.P999 || row.CPU <= 0 {
				t.Errorf("row %d: %+v", i, row)
			}
			if row.P50 < d.SlowerMS {
				t.Errorf("row %d on a disk slower by %g ms: %+v", i, d.SlowerMS, row)
			}
		}
		if d.Take[0].PerCommit != 1 || d.Take[1].PerCommit < 2 {
			t.Errorf("events per commit %g and %g: 64 callers should share commits, one cannot", d.Take[0].PerCommit, d.Take[1].PerCommit)
		}
	}
}

func TestLogIsCompared(t *testing.T) {
	c := short(t)
	c.Open = func(ctx context.Context, dir string) (Store, error) {
		s, err := openSQLite(ctx, dir)
		return &forgetful{Store: s}, err
	}
	if _, err := Queue(t.Context(), c); err == nil || !strings.Contains(err.Error(), "the log does not end at") {
		t.Errorf("a store that loses what it acknowledged passed: %v", err)
	}
	leftNothing(t, c.Dir)
}

// forgetful acknowledges some batches without storing them.
type forgetful struct {
	Store
	batches int
}

func (f *forgetful) Append(ctx context.Context, b queue.Batch) error {
	if f.batches++; f.batches > 4 {
		return nil
	}
	return f.Store.Append(ctx, b)
}

func TestStoreErrorEndsTheRun(t *testing.T) {
	defer goleak.VerifyNone(t)
	c := short(t)
	full := errors.New("disk full")
	c.Open = func(ctx context.Context, dir string) (Store, error) {
		s, err := openSQLite(ctx, dir)
		return &failing{Store: s, err: full}, err
	}
	if _, err := Queue(t.Context(), c); !errors.Is(err, full) {
		t.Errorf("got %v", err)
	}
	leftNothing(t, c.Dir)
}

type failing struct {
	Store
	err     error
	batches int
}

func (f *failing) Append(ctx context.Context, b queue.Batch) error {
	if f.batches++; f.batches > 4 {
		return f.err
	}
	return f.Store.Append(ctx, b)
}

func TestInterruptedRunCleansUp(t *testing.T) {
	for _, during := range []string{"a day", "append", "naive", "take", "next"} {
		t.Run(during, func(t *testing.T) {
			defer goleak.VerifyNone(t)
			c := short(t)
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			c.Progress = func(step string) {
				if strings.HasPrefix(step, during) {
					stop()
				}
			}
			if _, err := Queue(ctx, c); !errors.Is(err, context.Canceled) {
				t.Errorf("got %v", err)
			}
			leftNothing(t, c.Dir)
		})
	}
}

func TestBadConfig(t *testing.T) {
	for name, change := range map[string]func(*Config){
		"no store":         func(c *Config) { c.Open = nil },
		"no callers":       func(c *Config) { c.Callers = []int{0} },
		"too many callers": func(c *Config) { c.Callers = []int{maxCallers + 1} },
		"too many series":  func(c *Config) { c.Slow = make([]time.Duration, maxSeries+1) },
		"too long":         func(c *Config) { c.Duration = maxDuration + 1 },
		"too short":        func(c *Config) { c.Duration = -time.Second },
		"too slow":         func(c *Config) { c.Slow = []time.Duration{maxSlow + 1} },
		"faster":           func(c *Config) { c.Slow = []time.Duration{-1} },
		"an endless day":   func(c *Config) { c.Tickets = maxTickets + 1 },
		"no directory":     func(c *Config) { c.Dir = filepath.Join(c.Dir, "nowhere") },
	} {
		t.Run(name, func(t *testing.T) {
			c := short(t)
			change(&c)
			if _, err := Queue(t.Context(), c); err == nil {
				t.Error("accepted")
			}
		})
	}
}

func sampleReport() Report {
	d := Disk{
		Append: Row{Callers: 1, Actions: 10, PerSecond: 8000, P50: 0.1, P99: 0.2, P999: 0.3, CPU: 30},
		Naive:  Row{Callers: 64, PerSecond: 5000, P50: 0.2, P99: 300, P999: 2000, PerCommit: 1},
		Take:   []Row{{Callers: 64, PerSecond: 24_000, P50: 2, P99: 10, P999: 12, CPU: 31, PerCommit: 60}},
		Next:   []Row{{Callers: 64, PerSecond: 10_000}},
	}
	d.Ratios = ratios(d)
	slow := d
	slow.SlowerMS = 1
	slow.Ratios = ratios(slow)
	day := Day{Tickets: 5000, Counters: 40, Services: 60, Longest: 1643, Decisions: []Decision{{Action: "take", Count: 5000, P50: 9, P99: 101}}}
	day.Ratios = []Ratio{{Name: "p99 µs of take", Value: 101, Goal: goalDay, Judged: true}}
	return Report{Dir: "/data", Go: "go1", CPUs: 2, Seconds: 2, Disks: []Disk{d, slow}, Day: day}
}

func TestText(t *testing.T) {
	var b bytes.Buffer
	if err := sampleReport().WriteText(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"in /data: 2 CPUs", "This disk", "slower by 1 ms (emulated", "append 512 B + fsync", "naive: a transaction per call", "24000",
		"3.0   goal ≥ 2.5: met", "4.8   goal ≥ 4: met", "4.8   goal ≥ 20: MISSED", "30.0   goal ≥ 20: met", "31.0   goal ≤ 30: MISSED", "2.5\n", "up to 1643 waiting", "101.0   goal ≤ 100: MISSED",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
	if strings.Contains(b.String(), "lies") {
		t.Error("calls an honest disk a liar")
	}
}

func TestImpossibleDiskIsNamed(t *testing.T) {
	r := sampleReport()
	r.Disks[0].Append.P50 = 0.002
	var b bytes.Buffer
	if err := r.WriteText(&b); err != nil || !strings.Contains(b.String(), "no disk is that quick") {
		t.Errorf("%v\n%s", err, b.String())
	}
}

func TestJSON(t *testing.T) {
	var b bytes.Buffer
	if err := sampleReport().WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	var back Report
	if err := json.Unmarshal(b.Bytes(), &back); err != nil {
		t.Fatal(err)
	}
	if len(back.Disks) != 2 || back.Disks[1].SlowerMS != 1 || back.Disks[0].Take[0].PerSecond != 24_000 || len(back.Disks[0].Ratios) != 5 || len(back.Day.Decisions) != 1 || back.Day.Ratios[0].Met() {
		t.Errorf("%+v", back)
	}
	for _, key := range []string{`"per_second"`, `"p999_ms"`, `"cpu_us"`, `"goal"`, `"slower_ms"`} {
		if !strings.Contains(b.String(), key) {
			t.Errorf("no %s", key)
		}
	}
}
