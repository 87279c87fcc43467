package notice

import (
	"fmt"
	"slices"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// Worth tells whether a message is sent when the month's messages run short.
type Worth int

// The worths, the first to go in front.
const (
	Nice   Worth = iota // Left out first, at 80 of 100.
	Useful              // Then these, at 90.
	Answer              // What somebody asked for, until the rest is owed to calls.
	Always              // A call; never left out.
)

// Budget bounds what one channel sends in a calendar month.
type Budget struct {
	Month int `json:"month,omitempty"` // Messages; 0 = as many as there are.
}

// PerFollower is how many messages are kept back for everybody who follows a
// ticket that was not called yet: the call, and one more to call again or to
// tell that it is over.
const PerFollower = 2

// Admits reports whether a message of a worth may be sent, when so many were
// sent this month and so many are owed to those who wait. Calls are admitted to
// the last one; beyond, the caller finds another way, and if there is none, the
// provider has the last word.
func (b Budget) Admits(w Worth, used, owed int) bool {
	if b.Month <= 0 {
		return true
	}
	switch w {
	case Always:
		return used < b.Month
	case Answer:
		return used+owed < b.Month
	case Useful:
		return used+owed < b.part(90)
	default:
		return used+owed < b.part(80)
	}
}

// Takes reports whether one more may follow a ticket: there are messages left
// for the answer that tells the number and for what is then owed.
func (b Budget) Takes(used, owed int) bool {
	return b.Month <= 0 || used+owed+1+PerFollower <= b.Month
}

// Short reports whether something is already left out.
func (b Budget) Short(used, owed int) bool { return !b.Admits(Nice, used, owed) }

func (b Budget) part(percent int) int { return b.Month * percent / 100 }

// Month names the calendar month in whose budget a time falls: "2026-11". The
// zone is the office's.
func Month(at time.Time) string { return at.Format("2006-01") }

// Quiet is the hours in which nothing is sent that can wait, each "15:04" in the
// office's zone. Both empty = there are none.
type Quiet struct {
	From string `json:"from,omitempty"`
	To   string `json:"to,omitempty"`
}

const hour = "15:04"

// Check refuses what are no hours.
func (q Quiet) Check() error {
	if q == (Quiet{}) {
		return nil
	}
	for _, s := range []string{q.From, q.To} {
		if t, err := time.Parse(hour, s); err != nil || t.Format(hour) != s {
			return fmt.Errorf("quiet hours %q to %q: give both like 21:30 and 06:30, or neither", q.From, q.To)
		}
	}
	return nil
}

// Until tells when the quiet hours end that a time falls into; quiet is false
// outside of them. The time is in the office's zone.
func (q Quiet) Until(at time.Time) (end time.Time, quiet bool) {
	if q.Check() != nil || q.From == q.To {
		return time.Time{}, false
	}
	clock := at.Format(hour)
	inside := clock >= q.From && clock < q.To
	if q.From > q.To {
		inside = clock >= q.From || clock < q.To
	}
	if !inside {
		return time.Time{}, false
	}
	t, _ := time.Parse(hour, q.To)
	end = time.Date(at.Year(), at.Month(), at.Day(), t.Hour(), t.Minute(), 0, 0, at.Location())
	if !end.After(at) {
		end = end.AddDate(0, 0, 1)
	}
	return end, true
}

// Way is one way by which a person can be told.
type Way struct {
	Channel queue.Channel
	Voice   bool // Is spoken: never to who marked a hearing need.
}

// Next gives the way to try after one that failed; ok is false if that was the
// last one. A way that is not in the list is followed by the first.
func Next(ways []Way, failed queue.Channel, needs []string) (w Way, ok bool) {
	from := slices.IndexFunc(ways, func(w Way) bool { return w.Channel == failed }) + 1
	for _, w := range ways[from:] {
		if !(w.Voice && slices.Contains(needs, queue.NeedHearing)) {
			return w, true
		}
	}
	return Way{}, false
}
