package estimate

import "sort"

// line is what one line has shown today, in order of time. Numbers are counted
// from the day's first; minutes are those of the office's day.
type line struct {
	id    string
	past  *Past
	usual usual
	looks []look

	joined  []asker // Virtual ones, not called yet.
	settled []settled
	stays   float64 // At counters today, and …
	stayed  float64 // … their minutes.
}

// look is a line at one time. The sums run since the day's first look.
type look struct {
	at       float64 // Minute of the day.
	called   int     // How many have left the line, nearly all of them called.
	issued   int     // How many have joined it.
	waiting  int
	counters int
	busy     float64 // Minutes in which somebody waited or was called.
	work     float64 // The same times the counters that were open.
	expected float64 // Calls that earlier days would have seen in those minutes.
}

// settled is a wait that came true.
type settled struct {
	at     float64 // When it ended.
	error  float64 // log(wait ÷ base).
	person float64 // log(wait ÷ place).
}

// last gives the latest look.
func (l *line) last() look { return l.looks[len(l.looks)-1] }

// observe adds a look.
func (l *line) observe(at float64, called, waiting, counters int) {
	next := look{at: at, called: called, issued: called + waiting, waiting: waiting, counters: counters}
	if len(l.looks) > 0 {
		before := l.last()
		next.at = max(at, before.at)
		next.called = max(called, before.called)
		next.issued = max(before.issued, next.called+waiting)
		l.spend(before, &next)
	}
	l.looks = append(l.looks, next)
}

// spend goes on with the sums from one look to the next.
func (l *line) spend(before look, next *look) {
	next.busy, next.work, next.expected = before.busy, before.work, before.expected
	if before.waiting > 0 || next.called > before.called {
		minutes := next.at - before.at
		next.busy += minutes
		next.work += minutes * float64(max(before.counters, 1))
		next.expected += minutes * l.pace(slot((before.at+next.at)/2))
	}
}

// lookAt is what the line shows at a minute after its last look.
func (l *line) lookAt(at float64) look {
	before := l.last()
	now := before
	now.at = max(at, before.at)
	l.spend(before, &now)
	return now
}

// at gives the latest look at or before a minute, or the first.
func (l *line) at(minute float64) look {
	i := sort.Search(len(l.looks), func(i int) bool { return l.looks[i].at > minute })
	return l.looks[max(i-1, 0)]
}

// issuedAt is when a number was given out, as far as the looks tell.
func (l *line) issuedAt(n int) float64 {
	i := sort.Search(len(l.looks), func(i int) bool { return l.looks[i].issued >= n })
	switch i {
	case len(l.looks):
		return l.last().at
	case 0:
		return l.looks[0].at
	}
	a, b := l.looks[i-1], l.looks[i]
	return a.at + float64(n-a.issued)/float64(b.issued-a.issued)*(b.at-a.at)
}

// calledAt is when a number was called; ok is false if nobody saw it.
func (l *line) calledAt(n int) (at float64, ok bool) {
	i := l.reached(n)
	if i == len(l.looks) || i == 0 {
		return 0, false
	}
	return between(l.looks[i-1], l.looks[i], n)
}

// reached is the index of the first look at which number n had been called.
func (l *line) reached(n int) int {
	return sort.Search(len(l.looks), func(i int) bool { return l.looks[i].called >= n })
}

const (
	longestGap = 20.0 // Minutes between looks beyond which nobody knows when a number was called.
	flushRate  = 1.5  // Calls per minute and counter beyond which numbers were thrown away, not called.
)

// between tells when number n was called between two looks, the first of them
// before it and the second not.
func between(a, b look, n int) (at float64, ok bool) {
	minutes, calls := b.at-a.at, float64(b.called-a.called)
	if minutes > longestGap || calls > max(1, flushRate*minutes*float64(max(1, b.counters))) {
		return 0, false
	}
	return a.at + float64(n-a.called)/calls*minutes, true
}

// pace is how many are called in a busy minute of a part of the day, on
// earlier days.
func (l *line) pace(slot int) float64 {
	const prior = 10 // Calls that the line's mean counts for.
	return (l.past.Calls[slot] + prior) / (l.past.Busy[slot] + prior/l.usual.speed)
}

// forward is how long so many calls would have taken from a minute on, on
// earlier days.
func (l *line) forward(at, calls float64) float64 {
	t := at
	for calls > 0 && t < 24*60 {
		end := float64(slot(t)+1) * slotMinutes
		pace := l.pace(slot(t))
		if pace*(end-t) >= calls {
			return t + calls/pace - at
		}
		calls -= pace * (end - t)
		t = end
	}
	return t - at
}

// errors sums how wrong the base was for those called in the last minutes.
func (l *line) errors(at, minutes float64) (sum, n float64) {
	for i := len(l.settled) - 1; i >= 0 && l.settled[i].at > at-minutes; i-- {
		sum += l.settled[i].error
		n++
	}
	return sum, n
}
