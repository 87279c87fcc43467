package estimate

import (
	"math"
	"slices"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// hand follows who stands at the counters, and how long.
func (f *follower) hand(old, now queue.Ticket, at time.Time) {
	if old.State.InHand() && (!now.State.InHand() || now.Counter != old.Counter) {
		f.ended(old.Counter, old.ID, at)
	}
	if now.State.InHand() && (!old.State.InHand() || now.Counter != old.Counter) {
		f.begun(now, at)
	}
}

func (f *follower) ended(counter, ticket string, at time.Time) {
	s, ok := f.inHand[counter]
	if !ok || s.ticket != ticket || !s.until.IsZero() {
		return
	}
	s.until = at
	for _, service := range f.services(counter) {
		s.more = s.more || len(f.line(service).waiting) > 0
	}
	f.inHand[counter] = s
}

// begun learns from the stay before: it lasts until the next call, unless
// nobody was waiting when it ended.
func (f *follower) begun(t queue.Ticket, at time.Time) {
	if s, ok := f.inHand[t.Counter]; ok && !s.until.IsZero() {
		end := s.until
		if s.more && at.Sub(end) < longestPause {
			end = at
		}
		f.hall.Stay(s.service, end.Sub(s.since).Minutes())
	}
	f.inHand[t.Counter] = stay{ticket: t.ID, service: t.Service, since: at}
}

// longestPause is how long a counter with people waiting may take to its next
// call before it was away.
const longestPause = 15 * time.Minute

func (f *follower) services(counter string) []string {
	for i := range f.setup.Counters {
		if f.setup.Counters[i].ID == counter {
			return f.setup.Counters[i].Services
		}
	}
	return nil
}

// mostRun is how many calls are looked ahead; beyond, the pace goes on.
const mostRun = 120

// place runs the office's policy forward: every open counter calls who has the
// highest score by then and keeps everybody for as long as usual, until the
// ticket is called. Nobody new comes. It tells how many of its line were called
// before, and when.
func (f *follower) place(t queue.Ticket, now time.Time) Place {
	r := f.run(t, now)
	if len(r.desks) == 0 {
		return Place{Ahead: f.rank(t, now)}
	}
	p := Place{Run: true}
	for range mostRun {
		d := r.earliest()
		if d < 0 {
			break
		}
		at := r.desks[d].free
		l, c := r.next(d, now.Add(time.Duration(at*float64(time.Minute))))
		switch {
		case l < 0:
			r.desks[d].free = math.Inf(1) // Nobody is left for it.
			continue
		case l == r.mine && r.head(l, c).ID == t.ID:
			p.Forward = at
			return p
		case l == r.mine:
			p.Ahead++
		}
		p.Forward = at
		r.desks[d].free += r.lines[l].stay
		r.call(l, c)
	}
	ahead := max(f.rank(t, now), p.Ahead)
	p.Forward *= float64(ahead+1) / float64(p.Ahead+1)
	p.Ahead = ahead
	return p
}

// run is a future.
type run struct {
	*follower
	desks []runDesk
	lines []runLine
	mine  int // The line of the ticket.
}

// runDesk is a counter: when it is free, in minutes from now, and the lines
// that it calls from.
type runDesk struct {
	free  float64
	lines []int
}

// runLine is a line and, for each class, who is next.
type runLine struct {
	waiting []queue.Ticket
	next    [3]int
	stay    float64
}

func runClasses() [3]queue.Class {
	return [3]queue.Class{queue.Normal, queue.Appointment, queue.Priority}
}

// residual is how long somebody at a counter still has to go, of a usual stay
// and after some minutes: long stays are met more often, so that it never
// falls far.
func residual(usual, after float64) float64 {
	const least = 0.6
	return usual * max(1-(1-least)*after/usual, least)
}

func (f *follower) run(t queue.Ticket, now time.Time) *run {
	r := &run{follower: f}
	index := map[string]int{}
	for i, s := range f.setup.Services {
		index[s.ID] = i
		l := runLine{waiting: f.line(s.ID).waiting, stay: f.hall.UsualStay(s.ID)}
		if s.ID == t.Service {
			r.mine = i
			if !slices.ContainsFunc(l.waiting, func(o queue.Ticket) bool { return o.ID == t.ID }) {
				with := standing{waiting: slices.Clone(l.waiting)}
				with.add(t)
				l.waiting = with.waiting
			}
		}
		r.lines = append(r.lines, l)
		for c := range l.next {
			r.skip(i, c)
		}
	}
	reached := false
	for _, c := range f.setup.Counters {
		if f.counters[c.ID] != queue.Opened {
			continue
		}
		d := runDesk{}
		for _, s := range c.Services {
			if i, ok := index[s]; ok {
				d.lines = append(d.lines, i)
				reached = reached || i == r.mine && s == t.Service
			}
		}
		if s, ok := f.inHand[c.ID]; ok && s.until.IsZero() {
			d.free = residual(f.hall.UsualStay(s.service), now.Sub(s.since).Minutes())
		}
		r.desks = append(r.desks, d)
	}
	if !reached {
		r.desks = nil
	}
	return r
}

// earliest is the counter that is free first; -1 if none will be.
func (r *run) earliest() int {
	first := 0
	for i := range r.desks {
		if r.desks[i].free < r.desks[first].free {
			first = i
		}
	}
	if math.IsInf(r.desks[first].free, 1) {
		return -1
	}
	return first
}

// next is the line and class from which a counter calls; l < 0 if nobody waits.
func (r *run) next(desk int, at time.Time) (l, class int) {
	l = -1
	for _, i := range r.desks[desk].lines {
		for c := range r.lines[i].next {
			if r.lines[i].next[c] == len(r.lines[i].waiting) {
				continue
			}
			if l < 0 || r.setup.Rates.Before(r.head(i, c), r.head(l, class), at) {
				l, class = i, c
			}
		}
	}
	return l, class
}

func (r *run) head(l, class int) *queue.Ticket { return &r.lines[l].waiting[r.lines[l].next[class]] }

func (r *run) call(l, class int) {
	r.lines[l].next[class]++
	r.skip(l, class)
}

// skip goes on to the next of a class.
func (r *run) skip(l, class int) {
	line, want := &r.lines[l], runClasses()[class]
	for line.next[class] < len(line.waiting) && line.waiting[line.next[class]].Class != want {
		line.next[class]++
	}
}
