package eval

import (
	"math"
	"testing"
)

// line makes a line's day, a look every five minutes: number, waiting.
func line(looks ...[2]int) QueueDay {
	var rows []Row
	for i, l := range looks {
		rows = append(rows, Row{Office: "X", Date: "2020-01-07", Queue: "1", Minute: 480 + 5*i, Counters: 2, Current: l[0], Waiting: l[1]})
	}
	return Days(rows)[0].Queues[0]
}

// Every figure here was worked out by hand from the protocol.
func TestMoments(t *testing.T) {
	q := line([2]int{-1, 2}, [2]int{2, 4}, [2]int{4, 4}, [2]int{5, 5}, [2]int{8, 3}, [2]int{-1, 4}, [2]int{10, 4}, [2]int{12, 0})
	got := q.Moments(3)
	want := []Moment{
		// 5 called, 5 waiting: takes 11, called half way from 10 to 12.
		{At: 3, Minute: 495, Waiting: 5, Number: 11, Wait: 17.5, LES: 15 - 3.75, HOL: 15 - 5},
		// 8 called, 3 waiting: takes 12. Number 8 came at 490, was called at 500.
		{At: 4, Minute: 500, Waiting: 3, Number: 12, Wait: 15, LES: 10, HOL: 7.5},
	}
	if len(got) != len(want) {
		t.Fatalf("%+v, want %d moments", got, len(want))
	}
	for i, w := range want {
		g := got[i]
		if g.At != w.At || g.Number != w.Number || g.Waiting != w.Waiting ||
			math.Abs(g.Wait-w.Wait) > 1e-9 || math.Abs(g.LES-w.LES) > 1e-9 || math.Abs(g.HOL-w.HOL) > 1e-9 {
			t.Errorf("%+v, want %+v", g, w)
		}
	}
}

func TestUsableDays(t *testing.T) {
	for name, c := range map[string]struct {
		numbers []int
		called  int
		usable  bool
	}{
		"plain":         {[]int{1, 5, 12}, 12, true},
		"too few":       {[]int{1, 5, 9}, 9, false},
		"offset":        {[]int{503, 510, 514}, 14, true},
		"offset of few": {[]int{503, 505}, 5, false},
		"beyond":        {[]int{1, 700, 901}, 901, false},
		"back":          {[]int{3, 15, 2, 20}, 20, false},
		"no news":       {[]int{-1, 4, -1, 14, -1}, 14, true},
	} {
		var looks [][2]int
		for _, n := range c.numbers {
			looks = append(looks, [2]int{n, 1})
		}
		q := line(looks...)
		if last := q.Looks[len(q.Looks)-1].Called; q.Usable != c.usable || last != c.called {
			t.Errorf("%s: usable %v, %d called; want %v, %d", name, q.Usable, last, c.usable, c.called)
		}
	}
}

func TestUnknownTruth(t *testing.T) {
	q := QueueDay{Usable: true, Looks: []Look{
		{Minute: 480, Called: 0}, {Minute: 485, Called: 5, Counters: 1}, {Minute: 510, Called: 8, Counters: 1}, {Minute: 515, Called: 60, Counters: 2},
	}}
	for _, c := range []struct {
		number int
		want   float64
		known  bool
	}{
		{5, 485, true}, {3, 483, true}, {6, 0, false} /* a gap of 25 minutes */, {30, 0, false} /* 52 at once */, {61, 0, false} /* never */, {0, 0, false},
	} {
		at, ok := q.calledAt(c.number, 0, len(q.Looks))
		if ok != c.known || ok && math.Abs(at-c.want) > 1e-9 {
			t.Errorf("number %d: %v, %v; want %v, %v", c.number, at, ok, c.want, c.known)
		}
	}
}
