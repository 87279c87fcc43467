package eval

import (
	"cmp"
	"math"
	"slices"
)

// Look is what one line showed at one time.
type Look struct {
	Minute   int
	Called   int // Latest number called, counted from the day's first; it never falls.
	Waiting  int
	Counters int
}

// QueueDay is one line on one day.
type QueueDay struct {
	Office, Date, Queue string
	Looks               []Look // By time.
	Usable              bool   // Its numbers never fall, and enough are called.

	fallen int // Looks before the numbers first fell.
}

// OfficeDay is an office on one day: its lines, by id.
type OfficeDay struct {
	Office, Date string
	Queues       []QueueDay
}

// Numbers a line must call at least, and may at most, for its day to be used.
const (
	fewestCalled = 10
	mostCalled   = 900
)

// Days sorts rows into office days, by date and then by office.
func Days(rows []Row) []OfficeDay {
	rows = slices.Clone(rows)
	slices.SortStableFunc(rows, func(a, b Row) int {
		return cmp.Or(cmp.Compare(a.Date, b.Date), cmp.Compare(a.Office, b.Office), cmp.Compare(a.Queue, b.Queue), cmp.Compare(a.Minute, b.Minute))
	})
	var days []OfficeDay
	for i := 0; i < len(rows); {
		j := i
		for j < len(rows) && rows[j].Date == rows[i].Date && rows[j].Office == rows[i].Office && rows[j].Queue == rows[i].Queue {
			j++
		}
		if n := len(days); n == 0 || days[n-1].Date != rows[i].Date || days[n-1].Office != rows[i].Office {
			days = append(days, OfficeDay{Office: rows[i].Office, Date: rows[i].Date})
		}
		d := &days[len(days)-1]
		d.Queues = append(d.Queues, queueDay(rows[i:j]))
		i = j
	}
	return days
}

// queueDay reads the rows of one line's day. A line without a number goes on
// with the last one; a series that begins at 101, 501 … is counted from its
// hundred on.
func queueDay(rows []Row) QueueDay {
	q := QueueDay{Office: rows[0].Office, Date: rows[0].Date, Queue: rows[0].Queue, Usable: true, fallen: math.MaxInt}
	offset, called, raw := -1, 0, 0
	for i, r := range rows {
		if i > 0 && r.Minute == rows[i-1].Minute {
			continue // The same look twice.
		}
		if r.Current >= 0 {
			if offset < 0 {
				offset = r.Current / 100 * 100
			}
			if r.Current < raw {
				q.Usable = false
				q.fallen = min(q.fallen, len(q.Looks))
			}
			raw = r.Current
			called = max(called, raw-offset)
		}
		q.Looks = append(q.Looks, Look{Minute: r.Minute, Called: called, Waiting: r.Waiting, Counters: r.Counters})
	}
	if called < fewestCalled || called > mostCalled {
		q.Usable = false
	}
	return q
}

// plausible reports whether the numbers had not fallen by a look.
func (q *QueueDay) plausible(look int) bool { return look < q.fallen }
