package eval

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/xinmoi/xinmoi/queue/estimate"
)

// sample reads the test data once.
var sample = sync.OnceValues(func() ([]Row, error) { return ReadFile("testdata/warsaw_sample.csv.gz") })

// rowsOf gives the sample's rows of some offices.
func rowsOf(t testing.TB, offices ...string) []Row {
	t.Helper()
	rows, err := sample()
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(slices.Clone(rows), func(r Row) bool { return !slices.Contains(offices, r.Office) })
}

const firstTestDay = "2020-01-09"

func until(rows []Row, date string) []Row {
	return slices.DeleteFunc(slices.Clone(rows), func(r Row) bool { return r.Date >= date })
}

func since(rows []Row, date string) []Row {
	return slices.DeleteFunc(slices.Clone(rows), func(r Row) bool { return r.Date < date })
}

func trial(t testing.TB, tr Trial) []Answer {
	t.Helper()
	answers, err := Run(t.Context(), tr)
	if err != nil {
		t.Fatal(err)
	}
	return answers
}

// The project's promise on real offices, on a part of the data (ESTIMATE.md has
// the whole): far better than the simple rule, and an interval that holds.
func TestRealOffices(t *testing.T) {
	seen := rowsOf(t, "UD_Bielany", "UD_Praga_Polnoc", "UD_Mokotow_1")
	unseen := rowsOf(t, "UD_Wola", "USC_Andersa")
	if testing.Short() || racing {
		t.Skip("learns from some 20,000 waits: not with -short or -race")
	}
	for _, c := range []struct {
		name   string
		trial  Trial
		ratio  float64 // At most.
		within [2]float64
	}{
		{"the same offices, learned once", Trial{Train: Days(until(seen, firstTestDay)), Test: Days(since(seen, firstTestDay))}, 0.68, [2]float64{0.74, 0.88}},
		{"offices never seen", Trial{Train: Days(seen), Test: Days(until(unseen, "2020-01-14"))}, 0.74, [2]float64{0.72, 0.88}},
		{"learned each night", Trial{Train: Days(seen), Test: Days(until(unseen, "2020-01-11")), From: firstTestDay}, 0.74, [2]float64{0.72, 0.88}},
	} {
		t.Run(c.name, func(t *testing.T) {
			answers := trial(t, c.trial)
			s := Ours(answers)
			t.Logf("%d moments, %.2f min, %.3f × LES, coverage %.3f", s.Moments, s.MAE, s.Ratio(), s.Cover)
			if s.Moments < 400 || s.Ratio() > c.ratio || s.Cover < c.within[0] || s.Cover > c.within[1] {
				t.Errorf("%d moments, %.3f × LES (at most %.2f), coverage %.3f (%.2f)", s.Moments, s.Ratio(), c.ratio, s.Cover, c.within)
			}
			if usual := Of(estimate.Usual, answers); usual.MAE < s.LES {
				t.Errorf("the usual rule errs by %.1f min, less than LES %.1f: something is wrong", usual.MAE, s.LES)
			}
		})
	}
}

// What comes later must not move an estimate: with the rest of a day and all
// later days shuffled, every answer up to that time stays as it was.
func TestFutureDoesNotMatter(t *testing.T) {
	rows := rowsOf(t, "UD_Bielany", "USC_Andersa")
	const date, minute = "2020-01-09", 11 * 60
	rows = until(rows, "2020-01-11")
	for _, from := range []string{"", date} {
		plan := func(rows []Row) Trial {
			if from == "" {
				return Trial{Train: Days(until(rows, "2020-01-07")), Test: Days(since(rows, "2020-01-07"))}
			}
			return Trial{Train: nil, Test: Days(rows), From: from}
		}
		before := func(answers []Answer) map[key]estimate.Estimate {
			m := map[key]estimate.Estimate{}
			for _, a := range answers {
				if a.Date < date || a.Date == date && a.Minute <= minute {
					m[key{a.Office, a.Date, a.Queue, a.At}] = a.Ours
				}
			}
			return m
		}
		want := before(trial(t, plan(rows)))
		got := before(trial(t, plan(shuffleAfter(rows, date, minute))))
		same, today := 0, 0
		for k, e := range got {
			old, ok := want[k]
			if !ok {
				continue // Its truth was not known before the shuffle.
			}
			if e != old {
				t.Fatalf("from %q: %+v was told %+v; with another future %+v", from, k, old, e)
			}
			same++
			if k.date == date {
				today++
			}
		}
		if same < 40 || today < 10 {
			t.Errorf("from %q: only %d answers compared, %d of the day that was shuffled", from, same, today)
		}
	}
}

type key struct {
	office, date, queue string
	look                int
}

// shuffleAfter deals what each line shows after a time anew, so that numbers
// still rise.
func shuffleAfter(rows []Row, date string, minute int) []Row {
	rng := rand.New(rand.NewPCG(5, 5))
	rows = slices.Clone(rows)
	lines := map[[3]string][]int{}
	for i, r := range rows {
		if r.Date > date || r.Date == date && r.Minute > minute {
			k := [3]string{r.Office, r.Date, r.Queue}
			lines[k] = append(lines[k], i)
		}
	}
	for _, at := range lines {
		rng.Shuffle(len(at), func(i, j int) {
			a, b := &rows[at[i]], &rows[at[j]]
			a.Waiting, b.Waiting, a.Counters, b.Counters = b.Waiting, a.Waiting, b.Counters, a.Counters
		})
		var numbers []int
		for _, i := range at {
			numbers = append(numbers, max(rows[i].Current, 0)*rng.IntN(3))
		}
		most := 0
		for n, i := range at {
			if rows[i].Current >= 0 {
				most = max(most, rows[i].Current, numbers[n]/2)
				rows[i].Current = most
			}
		}
	}
	return rows
}

// The same days give the same answers.
func TestSameDaysSameAnswers(t *testing.T) {
	rows := until(rowsOf(t, "USC_Andersa", "UD_Praga_Polnoc"), "2020-01-09")
	plan := Trial{Train: Days(until(rows, "2020-01-07")), Test: Days(since(rows, "2020-01-07"))}
	a, b := trial(t, plan), trial(t, plan)
	if len(a) < 100 || len(a) != len(b) {
		t.Fatalf("%d and %d answers", len(a), len(b))
	}
	for i := range a {
		if a[i].Ours != b[i].Ours {
			t.Fatalf("%+v, then %+v", a[i].Ours, b[i].Ours)
		}
	}
}

func TestRunEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Run(ctx, Trial{Test: Days(rowsOf(t, "USC_Andersa"))}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want it cancelled", err)
	}
}

func TestScores(t *testing.T) {
	e := func(low, middle, high float64) estimate.Estimate {
		return estimate.Estimate{Low: low, Minutes: middle, High: high}
	}
	answers := []Answer{
		{Office: "a", Moment: Moment{Wait: 30, LES: 20, Waiting: 3}, Ours: e(10, 25, 40)},
		{Office: "b", Moment: Moment{Wait: 50, LES: 20, Waiting: 30}, Ours: e(10, 25, 40)},
	}
	s := Ours(answers)
	if s.MAE != 15 || s.LES != 20 || s.Cover != 0.5 || s.Late != 0.5 || s.Width != 30 || s.Winkler != 80 || s.Ratio() != 0.75 {
		t.Errorf("%+v", s)
	}
	if parts := ByWaiting(answers); len(parts) != 2 || parts[0].Name != "3–5" || parts[1].Moments != 1 {
		t.Errorf("%+v", parts)
	}
	if parts := ByOffice(answers); len(parts) != 2 || parts[1].Name != "b" {
		t.Errorf("%+v", parts)
	}
}
