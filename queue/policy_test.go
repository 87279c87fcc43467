package queue

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// drawn is a waiting ticket as the policy sees it.
type drawn struct {
	lineKey
	place
}

// hall draws tickets whose scores often tie: few distinct times, whole rates.
func hall(t *rapid.T, now time.Time) []drawn {
	n := rapid.IntRange(0, 40).Draw(t, "n")
	tickets := make([]drawn, n)
	for i := range tickets {
		waited := time.Duration(rapid.IntRange(0, 12).Draw(t, "waited")) * 100 * time.Millisecond
		tickets[i] = drawn{
			lineKey: lineKey{
				service: rapid.SampledFrom([]string{"A", "B", "C"}).Draw(t, "service"),
				class:   rapid.SampledFrom(classes()).Draw(t, "class"),
				lane:    rapid.SampledFrom([]lane{inHall, inHall, inHall, returned, absent}).Draw(t, "lane"),
				only:    rapid.SampledFrom([]string{"", "", "", "", "1", "2"}).Draw(t, "only"),
			},
			place: place{now.Add(-waited), int64(i + 1)},
		}
	}
	return tickets
}

func linesOf(tickets []drawn) lines {
	ls := lines{}
	for _, d := range tickets {
		ls.add(d.lineKey, d.place)
		ls.add(d.lineKey, d.place) // Twice is once.
	}
	return ls
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

// callable is who a counter may call, service by service: not the absent; a
// returned one while its service rests only if no other of that service is
// there; one meant for a counter only by that counter.
func callable(c Counter, tickets []drawn, rested func(string) bool) (out []drawn) {
	var mine []drawn
	fresh := map[string]bool{}
	for _, d := range tickets {
		if d.lane == absent || (d.only == "" && !slices.Contains(c.Services, d.service)) || (d.only != "" && d.only != c.ID) {
			continue
		}
		mine = append(mine, d)
		fresh[d.service] = fresh[d.service] || d.lane == inHall
	}
	for _, d := range mine {
		if d.lane == inHall || rested(d.service) || !fresh[d.service] {
			out = append(out, d)
		}
	}
	return out
}

func TestLinesKeepTheOrder(t *testing.T) {
	now := startOfTests()
	returns, onlys := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		fast := rapid.Int64Range(1, 4).Draw(t, "fast")
		rates := Rates{1, float64(fast), 3}
		order := byDefinition(map[Class]int64{Normal: 1, Appointment: fast, Priority: 3}, now)
		tickets := hall(t, now)
		ls := linesOf(tickets)
		counter := Counter{ID: "1", Services: []string{"A", "C"}}
		second := map[string]bool{"A": rapid.Bool().Draw(t, "A rests"), "B": rapid.Bool().Draw(t, "B rests")}
		rested := func(service string) bool { return !second[service] }
		for {
			mine := callable(counter, tickets, rested)
			got, ok := ls.next(counter, rates, now, 1, rested)
			if len(mine) == 0 {
				if ok {
					t.Fatalf("%v is called from an empty hall", got)
				}
				break
			}
			want := slices.MinFunc(mine, order)
			if !ok || got != want.place {
				t.Fatalf("call goes to %v, %v, want %v", got, ok, want)
			}
			ls.remove(want.lineKey, want.place)
			tickets = slices.DeleteFunc(tickets, func(d drawn) bool { return d.seq == want.seq })
			second[want.service] = want.lane == returned
			if second[want.service] {
				returns++
			}
			if want.only != "" {
				onlys++
			}
		}
		ls.remove(lineKey{service: "A", class: Normal}, place{now, 99}) // Who is not there cannot leave.
		for _, service := range []string{"A", "B", "C"} {
			left := len(slices.DeleteFunc(slices.Clone(tickets), func(d drawn) bool { return d.service != service }))
			if ls.waiting(service) != left {
				t.Fatalf("%d wait for %s, want %d", ls.waiting(service), service, left)
			}
		}
	})
	if returns == 0 || onlys == 0 {
		t.Errorf("%d returned tickets and %d of one counter called: the test proves little", returns, onlys)
	}
}

func TestAheadCountsWhoIsCalledBefore(t *testing.T) {
	now := startOfTests()
	rapid.Check(t, func(t *rapid.T) {
		order := byDefinition(map[Class]int64{Normal: 1, Appointment: 2, Priority: 3}, now)
		tickets := hall(t, now)
		ls := linesOf(tickets)
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
		ls.add(lineKey{service: "A", class: Normal}, place{start, 1})
		ls.add(lineKey{service: "A", class: Priority}, place{start.Add(after), 2})
		got, _ := ls.next(Counter{ID: "1", Services: []string{"A"}}, DefaultRates(), now, 1, everyoneRests)
		if (got.seq == 2) != passes {
			t.Errorf("priority after %s: %d is called first", after, got.seq)
		}
	}
}

func everyoneRests(string) bool { return true }

// A returned ticket of a quiet service must not wait until the busy services
// of the same counter are empty.
func TestReturnedTicketDoesNotStarveBehindAnotherService(t *testing.T) {
	start := startOfTests()
	now := start.Add(time.Hour)
	ls := lines{}
	ls.add(lineKey{service: "A", class: Normal, lane: returned}, place{start, 1})
	for i := range 3 {
		ls.add(lineKey{service: "B", class: Normal}, place{start.Add(time.Minute), int64(2 + i)})
	}
	aJustHadOne := func(service string) bool { return service != "A" }
	got, _ := ls.next(Counter{ID: "1", Services: []string{"A", "B"}}, DefaultRates(), now, 1, aJustHadOne)
	if got.seq != 1 {
		t.Errorf("%d is called: A's only ticket waits for B to be empty", got.seq)
	}
}

func BenchmarkNext(b *testing.B) {
	now := startOfTests()
	ls := lines{}
	for i := range 2000 {
		key := lineKey{service: []string{"A", "B", "C", "D"}[i%4], class: classes()[i%3], lane: []lane{inHall, inHall, returned, absent}[i%4]}
		ls.add(key, place{now.Add(-time.Duration(i) * time.Second), int64(i)})
	}
	counter := Counter{ID: "1", Services: []string{"A", "B", "C", "D"}}
	for b.Loop() {
		ls.next(counter, DefaultRates(), now, 1, everyoneRests)
	}
}
