package report

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// shift is a counter's day.
type shift struct {
	state  queue.CounterState
	reason string
	ticket string    // In hand, or empty.
	since  time.Time // Counted up to here.

	busy, idle, closed time.Duration
	paused             words[time.Duration] // By reason.
}

// until counts the time up to at as what it was.
func (s *shift) until(at time.Time) {
	d := at.Sub(s.since)
	s.since = at
	switch {
	case d <= 0:
	case s.ticket != "":
		s.busy += d
	case s.state == queue.Opened:
		s.idle += d
	case s.state == queue.Paused:
		s.paused.add(s.reason, d)
	default:
		s.closed += d
	}
}

// time sums the shift up.
func (s *shift) time() Time {
	t := Time{
		Open: seconds(s.busy + s.idle), Busy: seconds(s.busy), Idle: seconds(s.idle), Closed: seconds(s.closed), Pauses: []Pause{},
	}
	var paused, back time.Duration
	for reason, d := range s.paused {
		paused += d
		if backOffice(reason) {
			back += d
		}
		t.Pauses = append(t.Pauses, Pause{Reason: reason, Time: seconds(d)})
	}
	slices.SortFunc(t.Pauses, func(a, b Pause) int { return cmp.Or(cmp.Compare(b.Time, a.Time), cmp.Compare(a.Reason, b.Reason)) })
	t.Paused, t.BackOffice = seconds(paused), seconds(back)
	return t
}

// backOffice reports whether a reason to pause is work without citizens. The
// counter page offers it in these words.
func backOffice(reason string) bool {
	return slices.Contains([]string{"back office", "back-office", "back_office", "backoffice", "xử lý hồ sơ nội bộ"}, strings.ToLower(strings.TrimSpace(reason)))
}

// words counts by something that people typed, of which there may be too much.
type words[N time.Duration | int] map[string]N

// Bounds of what people typed.
const (
	wordsMost = 50  // Different ones.
	otherWord = "…" // All further ones.
)

func (w *words[N]) add(word string, n N) {
	if *w == nil {
		*w = words[N]{}
	}
	if _, known := (*w)[word]; !known && len(*w) >= wordsMost {
		word = otherWord
	}
	(*w)[word] += n
}
