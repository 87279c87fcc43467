package web

import (
	"testing"
	"time"
)

// Of several consoles at a counter the first is in charge, until another takes
// over, and whoever goes leaves it to who is left.
func TestSeats(t *testing.T) {
	now := time.Unix(1000, 0)
	s := newSeats(func() time.Time { now = now.Add(time.Second); return now })
	charge := func(want string, open int) {
		t.Helper()
		got := s.shared()["1"]
		if got.InCharge != want || got.Open != open {
			t.Errorf("%+v, want %s of %d", got, want, open)
		}
	}
	first := s.enter("1", "a")
	charge("", 0) // Alone: nobody need be told.
	second := s.enter("1", "b")
	other := s.enter("2", "c")
	charge("a", 2)
	s.take("1", "c") // Sits elsewhere.
	charge("a", 2)
	s.take("1", "b")
	charge("b", 2)
	again := s.enter("1", "b") // The same page on a new connection, before the old one has ended.
	second()
	second()
	charge("b", 2)
	again()
	charge("", 0)
	third := s.enter("1", "d")
	charge("a", 2)
	first()
	third()
	other()
	if len(s.open) != 0 || len(s.taken) != 0 {
		t.Errorf("left behind: %v %v", s.open, s.taken)
	}
}

// A flood of pages costs little and puts nobody out of charge.
func TestSeatsBounded(t *testing.T) {
	s := newSeats(time.Now)
	defer s.enter("1", "first")()
	for i := range 100 {
		defer s.enter("1", string(rune('A'+i)))()
	}
	defer s.enter("1", "")()
	if n := len(s.open["1"]); n != maxSeats {
		t.Errorf("%d consoles", n)
	}
	if got := s.shared()["1"].InCharge; got != "first" {
		t.Errorf("%q is in charge", got)
	}
}
