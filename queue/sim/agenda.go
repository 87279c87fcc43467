package sim

import (
	"container/heap"
	"slices"
	"time"
)

// appointment is something somebody will do at a time.
type appointment struct {
	at      time.Time
	n       int // The order of those at the same time.
	do      func() []*request
	pending *request // What it repeats, if it repeats something unanswered.
}

// agenda is what is still to come.
type agenda struct {
	list appointments
	n    int
}

func (a *agenda) add(at time.Time, do func() []*request) {
	a.put(appointment{at: at, do: do})
}

func (a *agenda) put(p appointment) {
	a.n++
	p.n = a.n
	heap.Push(&a.list, p)
}

// most is how many act in one moment.
const most = 12

// pop takes the next appointment before end, and those that follow it within a
// window.
func (a *agenda) pop(end time.Time, window time.Duration) (due []appointment) {
	for len(a.list) > 0 && len(due) < most {
		next := a.list[0]
		if !next.at.Before(end) || (len(due) > 0 && next.at.Sub(due[0].at) > window) {
			break
		}
		heap.Pop(&a.list)
		due = append(due, next)
	}
	return due
}

// rest is everything left, in order.
func (a *agenda) rest() []appointment {
	rest := slices.SortedFunc(slices.Values(a.list), appointment.compare)
	a.list = nil
	return rest
}

func (p appointment) compare(q appointment) int {
	if c := p.at.Compare(q.at); c != 0 {
		return c
	}
	return p.n - q.n
}

// appointments is a heap.
type appointments []appointment

func (l appointments) Len() int           { return len(l) }
func (l appointments) Less(i, j int) bool { return l[i].compare(l[j]) < 0 }
func (l appointments) Swap(i, j int)      { l[i], l[j] = l[j], l[i] }

// Push implements heap.Interface.
func (l *appointments) Push(x any) {
	if p, ok := x.(appointment); ok {
		*l = append(*l, p)
	}
}

// Pop implements heap.Interface.
func (l *appointments) Pop() any {
	last := len(*l) - 1
	p := (*l)[last]
	(*l)[last] = appointment{}
	*l = (*l)[:last]
	return p
}
