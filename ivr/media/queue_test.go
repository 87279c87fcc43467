package media

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

func drain(q *Queue) (got string) {
	for in := range q.C() {
		got += fmt.Sprintf("%s%c ", in.Kind, max(in.Digit, '-'))
	}
	return got
}

func TestQueueEndsWithHungUp(t *testing.T) {
	q := NewQueue()
	for range 200 {
		q.Put(Input{Kind: Digit, Digit: '1'})
	}
	if !q.Put(Input{Kind: HungUp}) || q.Put(Input{Kind: Digit}) || q.Put(Input{Kind: HungUp}) {
		t.Error("HungUp must always fit, and nothing after it")
	}
	q.Forget(Digit) // Too late, and harmless.
	n, last := 0, Input{}
	for in := range q.C() {
		n, last = n+1, in
	}
	if n != queueSize || last.Kind != HungUp {
		t.Errorf("%d inputs, last %v", n, last.Kind)
	}
}

// Whoever reads when the call goes over to somebody else hears the end at once,
// also with a full queue; the other hears the rest.
func TestQueueSplits(t *testing.T) {
	for _, before := range []int{0, 3, 200} {
		q := NewQueue()
		first := q.C()
		for range before {
			q.Put(Input{Kind: Digit, Digit: '1'})
		}
		if !q.Split(Input{Kind: HungUp, Source: "transferred"}) {
			t.Fatal("not split")
		}
		q.Put(Input{Kind: Digit, Digit: '2'})
		q.Put(Input{Kind: HungUp, Source: "bye"})
		var last Input
		n := 0
		for in := range first {
			n, last = n+1, in
		}
		if n != min(before, queueSize-1)+1 || last.Kind != HungUp || last.Source != "transferred" {
			t.Errorf("after %d: %d inputs, the last %v", before, n, last)
		}
		if got := drain(q); got != "digit2 hung-up- " {
			t.Errorf("the other hears %q", got)
		}
		if q.Split(Input{Kind: HungUp}) {
			t.Error("split after the end")
		}
	}
}

func TestQueueForgets(t *testing.T) {
	q := NewQueue()
	for _, in := range []Input{{Kind: Digit, Digit: '1'}, {Kind: Played}, {Kind: Digit, Digit: '2'}, {Kind: Played}} {
		q.Put(in)
	}
	q.Forget(Played)
	q.Put(Input{Kind: Played})
	q.Put(Input{Kind: HungUp})
	if got := drain(q); got != "digit1 digit2 played- hung-up- " {
		t.Errorf("%q", got)
	}
}

// A reader beside Forget misses nothing but what was to be forgotten.
func TestQueueLosesNothingWhileForgetting(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q, n := NewQueue(), rapid.IntRange(0, 30).Draw(t, "digits")
		var got []rune
		var reader sync.WaitGroup
		reader.Go(func() {
			for in := range q.C() {
				if in.Kind == Digit {
					got = append(got, in.Digit)
				}
			}
		})
		for i := range n {
			q.Put(Input{Kind: Digit, Digit: rune(i)})
			q.Put(Input{Kind: Played})
			q.Forget(Played)
		}
		q.Put(Input{Kind: HungUp})
		reader.Wait()
		slices.Sort(got)
		for i, d := range got {
			if d != rune(i) {
				t.Fatalf("%v", got)
			}
		}
		if len(got) != n {
			t.Fatalf("%d of %d", len(got), n)
		}
	})
}

// A prompt that begins asks for what is not there, for every call.
func TestForgettingNothingCostsNothing(t *testing.T) {
	q := NewQueue()
	if n := testing.AllocsPerRun(100, func() { q.Forget(Played) }); n > 0 {
		t.Errorf("%g allocations", n)
	}
}
