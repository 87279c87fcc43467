package whatif

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/xinmoi/xinmoi/queue"
)

// pastDays are logs of days of the model.
func pastDays(t testing.TB, load float64, seeds ...uint64) (logs [][]queue.Event) {
	t.Helper()
	for _, seed := range seeds {
		events, _, _ := madeUp(t, load, seed, nil)
		logs = append(logs, events)
	}
	return logs
}

func mustSuggest(t testing.TB, logs [][]queue.Event, goal Goal) []Plan {
	t.Helper()
	plans, err := Suggest(t.Context(), logs, goal)
	if err != nil {
		t.Fatal(err)
	}
	return plans
}

// What is suggested keeps the goal when the days are played in the real office,
// which six counters all day do not need: fewer counter hours than were worked,
// most of them in the first hour's rush.
func TestSuggestedPlanKeepsTheGoal(t *testing.T) {
	logs := pastDays(t, 0.7, 1, 2, 3)
	goal := Goal{Within: 15 * time.Minute, Share: 0.9}
	plans := mustSuggest(t, logs, goal)
	if len(plans) != 1 {
		t.Fatalf("%d plans for counters that are all connected", len(plans))
	}
	p := plans[0]
	if !p.Keeps || p.Share < goal.Share || p.Share > 1 {
		t.Errorf("keeps the goal: %v, %.3f", p.Keeps, p.Share)
	}
	worked, people := 0.0, 0.0
	for _, s := range p.Slots {
		worked += s.Was * SlotLength.Hours()
		people += s.People
		if s.Counters < 1 || s.Counters > 6 {
			t.Errorf("%s: %d counters", s.From, s.Counters)
		}
	}
	t.Logf("%.1f counter hours instead of %.1f; %.1f%% within the goal, were %.1f%%: %+v", p.Hours(), worked, 100*p.Share, 100*p.Was, p.Slots)
	if p.Hours() >= worked {
		t.Errorf("%.1f counter hours, %.1f were worked", p.Hours(), worked)
	}
	if first, last := p.Slots[0], p.Slots[len(p.Slots)-1]; first.From != "07:30" || first.Counters <= last.Counters {
		t.Errorf("the rush at %s has %d counters, the end at %s %d", first.From, first.Counters, last.From, last.Counters)
	}
	// One counter fewer in the rush would not do.
	days := []*pastDay{}
	for _, events := range logs {
		r, err := readDay(events)
		if err != nil {
			t.Fatal(err)
		}
		d, err := newPastDay(r)
		if err != nil {
			t.Fatal(err)
		}
		days = append(days, d)
	}
	pool := newPool(days, group{p.Services, p.Counters}, goal)
	short := make([]int, daySlots)
	for _, s := range p.Slots {
		at, err := time.Parse("15:04", s.From)
		if err != nil {
			t.Fatal(err)
		}
		short[slotOf(at.Sub(at.Truncate(24*time.Hour)).Minutes())] = s.Counters
	}
	if again, err := pool.played(t.Context(), short); err != nil || again.share() != p.Share {
		t.Errorf("played again: %v, %v", again, err)
	}
	for i := range short {
		short[i] = max(0, min(short[i], p.Slots[0].Counters-2))
	}
	if worse, err := pool.played(t.Context(), short); err != nil || worse.share() >= goal.Share {
		t.Errorf("with two counters fewer in the rush %.3f still wait no longer than the goal (%v)", worse.share(), err)
	}
}

// A goal that no staffing keeps is said to be one.
func TestGoalOutOfReach(t *testing.T) {
	plans := mustSuggest(t, pastDays(t, 1.2, 4), Goal{Within: time.Second, Share: 0.999})
	p := plans[0]
	if p.Keeps || p.Share >= 0.999 {
		t.Errorf("keeps it with %.3f", p.Share)
	}
	if p.Most() != 2*len(p.Counters) {
		t.Errorf("%d counters in the rush of an office with %d", p.Most(), len(p.Counters))
	}
}

func TestPlanNeedsPeople(t *testing.T) {
	if plans, err := Suggest(t.Context(), nil, Goal{}); err == nil {
		t.Errorf("%+v", plans)
	}
}

func TestGroups(t *testing.T) {
	s := queue.Setup{Counters: []queue.Counter{
		{ID: "1", Services: []string{"A"}}, {ID: "2", Services: []string{"B"}}, {ID: "3", Services: []string{"C", "D"}},
		{ID: "4", Services: []string{"A", "B"}}, {ID: "5", Services: []string{"D"}}, {ID: "6"},
	}}
	want := []group{{nil, []string{"6"}}, {[]string{"A", "B"}, []string{"4", "2", "1"}}, {[]string{"C", "D"}, []string{"3", "5"}}}
	got := groups(s)
	for i := range got {
		if diff := cmp.Diff(want[i].services, got[i].services); diff != "" && len(got[i].services) > 0 {
			t.Error(diff)
		}
	}
	if len(got) != 3 || got[1].counters[0] != "4" || got[2].counters[0] != "3" {
		t.Errorf("%+v", got)
	}
}

// More counters never make the pooled line worse, and who is said to be good
// is.
func TestPooledLineOnlyGains(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := &pool{group: group{counters: []string{"1", "2", "3", "4"}}, own: []string{"1", "2", "3", "4"}, goal: Goal{Within: 10 * time.Minute, Share: 0.9}}
		for range rapid.IntRange(1, 3).Draw(t, "days") {
			var jobs []job
			at := 450.0
			for range rapid.IntRange(1, 40).Draw(t, "people") {
				at += rapid.Float64Range(0, 15).Draw(t, "gap")
				jobs = append(jobs, job{at, rapid.Float64Range(1, 30).Draw(t, "work")})
			}
			p.jobs, p.people = append(p.jobs, jobs), p.people+len(jobs)
		}
		for i := slotOf(450); i < slotOf(1020); i++ {
			p.allowed[i] = i != slotOf(720)
		}
		counters := p.least(t.Context(), 0.9)
		share := p.try(counters)
		full := make([]int, daySlots)
		for i := range full {
			if p.allowed[i] {
				full[i] = len(p.counters)
			}
			if counters[i] > full[i] || p.allowed[i] && counters[i] < 1 {
				t.Fatalf("%d counters in slot %d", counters[i], i)
			}
		}
		if best := p.try(full); best < share || share < 0.9 && best >= 0.9 {
			t.Fatalf("%.3f with the plan, %.3f with all counters", share, best)
		}
	})
}
