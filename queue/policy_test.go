package queue

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// drawn is a waiting ticket as the policy sees it.
type drawn struct {
	service string
	class   Class
	place
}

// hall draws tickets whose scores often tie: few distinct times, whole rates.
func hall(t *rapid.T, now time.Time) []drawn {
	n := rapid.IntRange(0, 40).Draw(t, "n")
	tickets := make([]drawn, n)
	for i := range tickets {
		waited := time.Duration(rapid.IntRange(0, 12).Draw(t, "waited")) * 100 * time.Millisecond
		tickets[i] = drawn{
			service: rapid.SampledFrom([]string{"A", "B", "C"}).Draw(t, "service"),
			class:   rapid.SampledFrom(classes()).Draw(t, "class"),
			place:   place{now.Add(-waited), int64(i + 1)},
		}
	}
	return tickets
}

// byDefinition orders tickets in whole numbers, as the definition of the order says.
func byDefinition(rates map[Class]int64, now time.Time) func(a, b drawn) int {
	weight := func(d drawn) int64 { return rates[d.class] * now.Sub(d.at).Milliseconds() }
	return func(a, b drawn) int {
		switch {
		case weight(a) != weight(b):
			return int(weight(b) - weight(a))
		case !a.at.Equal(b.at):
			return a.at.Compare(b.at)
		default:
			return int(a.seq - b.seq)
		}
	}
}

func TestLinesKeepTheOrder(t *testing.T) {
	now := startOfTests()
	rapid.Check(t, func(t *rapid.T) {
		fast := rapid.Int64Range(1, 4).Draw(t, "fast")
		rates := Rates{1, float64(fast), 3}
		order := byDefinition(map[Class]int64{Normal: 1, Appointment: fast, Priority: 3}, now)
		tickets := hall(t, now)
		ls := lines{}
		for _, d := range tickets {
			ls.add(d.service, d.class, d.place)
			ls.add(d.service, d.class, d.place) // Twice is once.
		}
		services := []string{"A", "C"}
		mine := slices.DeleteFunc(slices.Clone(tickets), func(d drawn) bool { return !slices.Contains(services, d.service) })
		slices.SortFunc(mine, order)
		for i, want := range mine {
			got, ok := ls.next(services, rates, now)
			if !ok || got != want.place {
				t.Fatalf("call %d goes to %v, %v, want %v", i, got, ok, want)
			}
			ls.remove(want.service, want.class, want.place)
		}
		if got, ok := ls.next(services, rates, now); ok {
			t.Fatalf("%v is called from an empty hall", got)
		}
		ls.remove("A", Normal, place{now, 99}) // Who is not there cannot leave.
		if left := len(tickets) - len(mine); ls.waiting("B") != left || ls.waiting("A") != 0 {
			t.Fatalf("%d wait for B, want %d", ls.waiting("B"), left)
		}
	})
}

func TestAheadCountsWhoIsCalledBefore(t *testing.T) {
	now := startOfTests()
	rapid.Check(t, func(t *rapid.T) {
		order := byDefinition(map[Class]int64{Normal: 1, Appointment: 2, Priority: 3}, now)
		tickets := hall(t, now)
		ls := lines{}
		for _, d := range tickets {
			ls.add(d.service, d.class, d.place)
		}
		for _, p := range tickets {
			want := 0
			for _, q := range tickets {
				if q.service == p.service && order(q, p) < 0 {
					want++
				}
			}
			if got := ls.ahead(p.service, p.class, p.place, Rates{1, 2, 3}, now); got != want {
				t.Fatalf("%v has %d ahead, want %d", p, got, want)
			}
		}
	})
}

func TestOvertakingWindow(t *testing.T) {
	// Somebody of rate 3 who came after two thirds of a citizen's wait never
	// passes that citizen; who came before, does.
	start := startOfTests()
	now := start.Add(time.Hour)
	for after, passes := range map[time.Duration]bool{
		39 * time.Minute: true, 40*time.Minute - time.Millisecond: true, 40 * time.Minute: false, 41 * time.Minute: false,
	} {
		ls := lines{}
		ls.add("A", Normal, place{start, 1})
		ls.add("A", Priority, place{start.Add(after), 2})
		got, _ := ls.next([]string{"A"}, DefaultRates(), now)
		if (got.seq == 2) != passes {
			t.Errorf("priority after %s: %d is called first", after, got.seq)
		}
	}
}

func BenchmarkNext(b *testing.B) {
	now := startOfTests()
	ls := lines{}
	for i := range 2000 {
		ls.add([]string{"A", "B", "C", "D"}[i%4], classes()[i%3], place{now.Add(-time.Duration(i) * time.Second), int64(i)})
	}
	services := []string{"A", "B", "C", "D"}
	for b.Loop() {
		ls.next(services, DefaultRates(), now)
	}
}
