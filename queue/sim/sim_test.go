package sim

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/xinmoi/xinmoi/queue"
)

// seeds makes the long form of these tests: go test ./queue/sim -sim.seeds 100.
func seeds(short int) int {
	if n := longSeeds(); n > 0 {
		return n
	}
	return short
}

func longSeeds() int {
	n, ok := flag.Lookup(seedsFlag).Value.(flag.Getter).Get().(int)
	if !ok {
		return 0
	}
	return n
}

const seedsFlag = "sim.seeds"

func TestMain(m *testing.M) {
	flag.Int(seedsFlag, 0, "seeds per test; 0: a few")
	flag.Parse()
	m.Run()
}

// small is a short day with much going wrong.
func small(seed uint64) Config { return Config{Seed: seed, People: 40, Faults: 0.08} }

func mustRun(t testing.TB, c Config) Report {
	t.Helper()
	r, err := Run(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func text(t testing.TB, r Report) string {
	t.Helper()
	var b strings.Builder
	if err := r.WriteText(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// Days without a defect show none, and have everything in them: each fault,
// each event, each kind of refusal. Otherwise they prove nothing of it.
func TestDaysKeepThePromises(t *testing.T) {
	var total Report
	for seed := range uint64(seeds(5)) {
		c := small(seed)
		c.People, c.Faults = 50, 0.15
		if seed == 0 {
			c.Days = 2
		}
		r := mustRun(t, c)
		if len(r.Findings) > 0 {
			t.Fatal(text(t, r))
		}
		total = total.Add(r)
	}
	t.Log(text(t, total))
	for _, f := range Faults() {
		if total.Faults[f] == 0 {
			t.Errorf("%q never happened", f)
		}
	}
	for _, k := range slices.Concat(takes(), moves()) {
		if total.Kinds[k] == 0 {
			t.Errorf("%s never happened", k)
		}
	}
	for _, c := range []queue.Code{queue.CodeFenced, queue.CodeUnavailable, queue.CodeCounterBusy, queue.CodePersonLimit, queue.CodeStaleVersion, queue.CodeWrongState} {
		if total.Refusals[c] == 0 {
			t.Errorf("nothing was refused with %s", c)
		}
	}
	if total.Twins == 0 || total.Repeats == 0 || total.Ordered < 100 || total.GivenOut == 0 {
		t.Errorf("%d twins, %d repeated answers, %d calls looked at, %d numbers from a shelf: that proves little", total.Twins, total.Repeats, total.Ordered, total.GivenOut)
	}
}

func takes() []queue.Kind {
	return []queue.Kind{queue.TicketHeld, queue.TicketIssued, queue.TicketConfirmed, queue.TicketLapsed, queue.TicketCheckedIn, queue.TicketExpired, queue.TicketRated}
}

func moves() []queue.Kind {
	return []queue.Kind{
		queue.TicketCalled, queue.TicketRecalled, queue.TicketStarted, queue.TicketFinished, queue.TicketNoShow, queue.TicketPushedBack, queue.TicketParked,
		queue.TicketResumed, queue.TicketTransferred, queue.TicketRequeued, queue.TicketRestored, queue.TicketUndone, queue.TicketCancelled,
		queue.CounterOpened, queue.CounterPaused, queue.CounterClosed, queue.OfficeConfigured, queue.DayOpened,
	}
}

// Every defect that is put in is found, and not by chance: the long form says
// how many of 100 seeds find it.
func TestBugsAreFound(t *testing.T) {
	const atMost = 40
	for _, name := range Bugs() {
		t.Run(name, func(t *testing.T) {
			found, tried := 0, 0
			for seed := range uint64(seeds(atMost)) {
				c := small(seed)
				c.Bug = name
				r := mustRun(t, c)
				tried++
				if len(r.Findings) == 0 {
					continue
				}
				if found++; found == 1 {
					t.Logf("seed %d: %s", seed, r.Findings[0].Text)
				}
				if longSeeds() == 0 {
					break
				}
			}
			t.Logf("%d of %d seeds find it", found, tried)
			if found == 0 {
				t.Errorf("%s is not found by %d seeds", name, tried)
			}
		})
	}
}

// The same seed gives the same report, byte for byte, and the same course of
// events; another seed another one.
func TestSeedDecides(t *testing.T) {
	course := func(c Config) string {
		var b bytes.Buffer
		c.Trace = &b
		return text(t, mustRun(t, c)) + b.String()
	}
	few := func(seed uint64) Config { return Config{Seed: seed, People: 10, Faults: 0.2} }
	one := course(few(7))
	runtime.GC()
	if again := course(few(7)); again != one {
		t.Errorf("the same seed differs at byte %d", differ(one, again))
	}
	if course(few(8)) == one {
		t.Error("another seed is the same day")
	}
	bad := few(7)
	bad.Bug = "double-issue"
	if course(bad) != course(bad) {
		t.Error("the same seed finds another defect")
	}
}

func differ(a, b string) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b))
}

// Without faults all is acknowledged that can be.
func TestCalmDay(t *testing.T) {
	c := small(3)
	c.Faults = -1
	r := mustRun(t, c)
	if len(r.Findings) > 0 || r.Tickets == 0 || r.Actions == 0 {
		t.Error(text(t, r))
	}
	if n := r.Refusals[queue.CodeUnavailable] + r.Refusals[queue.CodeFenced]; n > 0 {
		t.Errorf("%d requests failed although nothing went wrong", n)
	}
}

func TestBadConfig(t *testing.T) {
	for _, c := range []Config{{Days: -1}, {Days: 1001}, {People: -1}, {People: 10_001}, {Faults: 1.5}, {Bug: "moths"}} {
		if _, err := Run(t.Context(), c); err == nil {
			t.Errorf("%+v was run", c)
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Run(ended, small(1)); err == nil {
		t.Error("ran on after its context had ended")
	}
}

func TestReportText(t *testing.T) {
	r := Report{
		Seed: 4, Days: 2, Tickets: 3, Actions: 9, Commits: 12, Events: 20, Crashes: 1, Twins: 2, Ordered: 5, Repeats: 6, GivenOut: 7, Head: "abc",
		Faults: map[Fault]int{DiskFull: 1, LostReply: 3, Duplicate: 1}, Kinds: map[queue.Kind]int{queue.TicketCalled: 2},
		Findings: []Finding{{Seed: 4, Text: "number A001 is given twice", Last: []string{"one", "two"}}},
	}
	want := `seed 4, 2 days
  tickets    3, 9 acknowledged actions, 20 events in 12 commits
  crashes    1
  looked at  order of 5 calls, 6 repeated answers, 2 times a twin started afresh, 7 numbers from a machine's shelf
  faults     lost reply 3, duplicate delivery 1, full disk 1
  events     ticket_called 2
  refusals   none
  log head   abc
  findings   1

seed 4, 0001-01-01T00:00:00Z: number A001 is given twice
    one
    two
`
	if got := text(t, r); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	sum := Report{}.Add(r).Add(Report{Seed: 5, Days: 1, Tickets: 1, Faults: map[Fault]int{DiskFull: 2}})
	if sum.Seed != 4 || sum.Seeds != 2 || sum.Days != 3 || sum.Tickets != 4 || sum.Faults[DiskFull] != 3 || len(sum.Findings) != 1 || sum.Head != "" {
		t.Errorf("the sum is %+v", sum)
	}
	if r.Faults[DiskFull] != 1 {
		t.Error("adding changed what was added")
	}
}

func TestTrailKeepsTheLatest(t *testing.T) {
	var tr trail
	for i := range trailLines + 3 {
		tr.add(fmt.Sprint(i))
	}
	got := tr.last()
	if len(got) != trailLines || got[0] != "3" || got[trailLines-1] != fmt.Sprint(trailLines+2) {
		t.Errorf("%v", got)
	}
}
