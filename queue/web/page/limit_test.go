package page

import (
	"strconv"
	"testing"
	"testing/synctest"
	"time"
)

func TestLimiterRefills(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiter(time.Second, 3)
		for i := range 3 {
			if !l.Allow("a") {
				t.Fatalf("deed %d of a burst of 3 refused", i+1)
			}
		}
		if l.Allow("a") {
			t.Error("a fourth deed at once was allowed")
		}
		if !l.Allow("b") {
			t.Error("another name pays for it")
		}
		time.Sleep(time.Second) // The bubble's clock, not ours.
		if !l.Allow("a") || l.Allow("a") {
			t.Error("after a second one more, and only one, should be allowed")
		}
	})
}

// A crowd of new names takes the place of those that were silent longest, not
// of those that are being held back.
func TestLimiterForgetsTheSilentFirst(t *testing.T) {
	now := time.Unix(1000, 0)
	l := NewLimiter(time.Hour, 3)
	l.AllowAt("first", now)
	for range 6 {
		l.AllowAt("guesser", now)
	}
	for i := range limitMost {
		l.AllowAt(strconv.Itoa(i), now)
		if i%1000 == 0 {
			l.AllowAt("guesser", now)
		}
	}
	if l.AllowAt("guesser", now.Add(time.Second)) {
		t.Error("a guesser starts afresh because others came")
	}
	if _, ok := l.byName["first"]; ok || len(l.byName) != limitMost || l.recent.Len() != limitMost {
		t.Errorf("%d names in the book, %d in order; the first is in it: %v", len(l.byName), l.recent.Len(), ok)
	}
}
