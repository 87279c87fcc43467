package report

import (
	"cmp"
	"maps"
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
	trial  bool      // While the office is tried out nothing is counted.

	work
}

// until counts the time up to at as what it was.
func (s *shift) until(at time.Time) {
	d := at.Sub(s.since)
	s.since = at
	switch {
	case d <= 0 || s.trial:
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

// time sums up how counters spent their day, or days.
func (w *work) time() Time {
	t := Time{
		Open: seconds(w.busy + w.idle), Busy: seconds(w.busy), Idle: seconds(w.idle), Closed: seconds(w.closed), Pauses: []Pause{},
	}
	var paused, back time.Duration
	for reason, d := range w.paused {
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

// add adds another day of the counter.
func (w *work) add(day work) {
	w.busy, w.idle, w.closed = w.busy+day.busy, w.idle+day.idle, w.closed+day.closed
	for reason, d := range day.paused {
		w.paused.add(reason, d)
	}
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

// clone shares nothing with w.
func (w words[N]) clone() words[N] { return maps.Clone(w) }
