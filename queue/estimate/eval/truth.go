package eval

// Moment is a time at which somebody takes the next number of a line, and what
// then became true.
type Moment struct {
	At       int     // Index of the look.
	Minute   float64 // Of the day.
	Waiting  int
	Number   int     // The number taken.
	Wait     float64 // Minutes until it was called.
	LES, HOL float64 // What these rules would have said, in minutes.
}

const (
	firstLook  = 3    // Looks before it are too early in the day.
	longestGap = 20.0 // Minutes between looks beyond which nobody knows when a number was called.
	flushRate  = 1.5  // Calls per minute and counter beyond which numbers were thrown away, not called.
)

// Moments lists the moments of a line's day with at least fewest waiting, as
// far as the truth is known.
func (q QueueDay) Moments(fewest int) []Moment {
	if !q.Usable {
		return nil
	}
	issued := q.issued()
	var list []Moment
	for i := firstLook; i < len(q.Looks); i++ {
		l := q.Looks[i]
		if l.Called == 0 || l.Counters < 1 || l.Waiting < fewest {
			continue
		}
		m := Moment{At: i, Minute: float64(l.Minute), Waiting: l.Waiting, Number: l.Called + l.Waiting + 1}
		at, ok := q.calledAt(m.Number, i, len(q.Looks))
		if !ok {
			continue
		}
		m.Wait = at - m.Minute
		les, ok := q.calledAt(l.Called, 0, i+1)
		if !ok {
			continue
		}
		m.LES = max(0, les-q.issuedAt(issued, l.Called, i))
		m.HOL = max(0, m.Minute-q.issuedAt(issued, l.Called+1, i))
		list = append(list, m)
	}
	return list
}

// issued is, for each look, the highest number given out by then.
func (q QueueDay) issued() []int {
	most, list := 0, make([]int, len(q.Looks))
	for i, l := range q.Looks {
		most = max(most, l.Called+l.Waiting)
		list[i] = most
	}
	return list
}

// calledAt is when a number was called, judged by looks from … before until.
func (q QueueDay) calledAt(n, from, until int) (minute float64, ok bool) {
	for i := from + 1; i < until; i++ {
		a, b := q.Looks[i-1], q.Looks[i]
		if b.Called < n {
			continue
		}
		if a.Called >= n {
			return 0, false // Called before the first look.
		}
		minutes := float64(b.Minute - a.Minute)
		calls := float64(b.Called - a.Called)
		if minutes > longestGap || calls > flushRate*minutes*float64(max(1, b.Counters)) {
			return 0, false
		}
		return float64(a.Minute) + float64(n-a.Called)/calls*minutes, true
	}
	return 0, false
}

// issuedAt is when a number was given out, judged by looks up to last.
func (q QueueDay) issuedAt(issued []int, n, last int) float64 {
	for i := 0; i <= last; i++ {
		if issued[i] < n {
			continue
		}
		if i == 0 {
			return float64(q.Looks[0].Minute)
		}
		a, b := q.Looks[i-1], q.Looks[i]
		return float64(a.Minute) + float64(n-issued[i-1])/float64(issued[i]-issued[i-1])*float64(b.Minute-a.Minute)
	}
	return float64(q.Looks[last].Minute)
}
