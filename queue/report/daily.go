package report

import (
	"strconv"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// daily is what figures of one business day are made of: a line for each
// ticket, and a tenth of what its log has. It is what a Book keeps.
type daily struct {
	head

	setup queue.Setup       // Names and what belongs to what, as they were last.
	whose map[string]string // Service → agency.
	keys  []keys            // What moments are counted under.
	lives []life
	works []work

	outOfOrder            []Call
	issuing               []Stop
	limits                []Limit
	cardsIssued, cardsOff int
}

// life is a ticket's day in short.
type life struct {
	id, number string
	channel    queue.Channel
	procedure  string
	issued     int64 // In milliseconds since 1970, as all times here; 0 = not.
	finished   int64
	taken      bool // Over from the day before.
	dossiers   int
	first      int // Where it came in, and
	last       int // where it stands: indices of daily.keys.
	state      queue.State
	reason     string
	by         Who
	before     queue.Entitlement // What its class rested on at first,
	after      queue.Entitlement // and at last.
	rating     int
	rated      []string // What the citizen named.
	waits      []lifeWait
	stays      []lifeStay
	marks      []lifeMark
}

// lifeWait is a time in a line that a call ended.
type lifeWait struct {
	at         int
	again      bool
	took       time.Duration
	sinceIssue time.Duration
}

// lifeStay is a time in a counter's hand.
type lifeStay struct {
	at                     int
	called, started, ended int64
	end                    queue.Kind
}

// lifeMark is something else that was done.
type lifeMark struct {
	at   int
	kind queue.Kind
}

// work is a counter's day.
type work struct {
	counter            string
	busy, idle, closed time.Duration
	paused             words[time.Duration]
}

// daily makes the day's lines of what was read; reading may go on after it.
func (d *reader) daily() *daily {
	out := &daily{
		head: head{
			office: d.office, day: d.sum.Day, from: d.sum.From, until: d.sum.Until, over: d.sum.Over,
			first: d.sum.First, last: d.sum.Last, before: d.before, hash: d.hash,
		},
		setup: namesOf(d.known()), whose: map[string]string{},
		outOfOrder: append([]Call{}, d.sum.OutOfOrder...), issuing: append([]Stop{}, d.sum.Issuing...),
		limits: append([]Limit{}, d.limits.list...), cardsIssued: d.sum.CardsIssued, cardsOff: d.sum.CardsRevoked,
	}
	for service, agency := range d.whose {
		out.whose[service] = agency
	}
	known := map[keys]int{}
	at := func(k keys) int {
		i, found := known[k]
		if !found {
			i = len(out.keys)
			known[k], out.keys = i, append(out.keys, k)
		}
		return i
	}
	for _, s := range d.order {
		out.lives = append(out.lives, s.life(at))
	}
	for _, id := range d.everyCounter() {
		s := *d.shift(id)
		s.paused = s.paused.clone()
		s.until(d.sum.Until)
		s.counter = id
		out.works = append(out.works, s.work)
	}
	return out
}

// everyCounter lists those of the setup, and those that the day has seen.
func (d *reader) everyCounter() (ids []string) {
	names, known := []name{}, map[string]bool{}
	for _, c := range d.setup.Counters {
		names = append(names, name{id: c.ID})
	}
	for id := range d.shifts {
		known[id] = true
	}
	for _, n := range inOrder(names, known) {
		ids = append(ids, n.id)
	}
	return ids
}

// namesOf leaves of a setup what figures need.
func namesOf(s queue.Setup) queue.Setup {
	out := queue.Setup{Name: s.Name, NameEN: s.NameEN, TimeZone: s.TimeZone, Agencies: s.Agencies}
	for _, v := range s.Services {
		out.Services = append(out.Services, queue.Service{ID: v.ID, Name: v.Name, NameEN: v.NameEN, Agency: v.Agency, Target: v.Target})
	}
	for _, p := range s.Procedures {
		out.Procedures = append(out.Procedures, queue.Procedure{ID: p.ID, Field: p.Field, FieldEN: p.FieldEN, Name: p.Name, NameEN: p.NameEN, Service: p.Service})
	}
	for _, c := range s.Counters {
		out.Counters = append(out.Counters, queue.Counter{ID: c.ID, Name: c.Name, Agency: c.Agency})
	}
	return out
}

// life makes a ticket's line; at gives keys their index.
func (s *story) life(at func(keys) int) life {
	t := s.ticket
	l := life{
		id: t.ID, number: t.Number.String(), channel: t.Channel, procedure: t.Procedure,
		issued: milli(t.IssuedAt), finished: milli(t.FinishedAt), taken: s.taken, dossiers: s.first.Dossiers,
		first: at(keysOf(s.first, s.first.Counter)), last: at(keysOf(t, t.Counter)), state: t.State, reason: t.Reason, by: s.by,
		before: s.first.Entitlement, after: t.Entitlement,
	}
	if t.Rating != nil {
		l.rating, l.rated = t.Rating.Level, t.Rating.Reasons
	}
	for _, w := range s.waits {
		l.waits = append(l.waits, lifeWait{at(w.keys), w.again, w.took, w.sinceIssue})
	}
	for _, v := range s.stays {
		l.stays = append(l.stays, lifeStay{at(v.keys), milli(v.called), milli(v.started), milli(v.ended), v.end})
	}
	for _, list := range [][]mark{s.marks, s.kept} {
		for _, m := range list {
			l.marks = append(l.marks, lifeMark{at(m.keys), m.kind})
		}
	}
	return l
}

// lead is the time from issue to finish, of a ticket served.
func (l *life) lead() (time.Duration, bool) {
	return max(0, time.Duration(l.finished-l.issued)*time.Millisecond), l.state == queue.Completed
}

// way is the citizen's time to the counter, if it is known.
func (s lifeStay) way() (time.Duration, bool) {
	return max(0, time.Duration(s.started-s.called)*time.Millisecond), s.started != 0 && s.called != 0
}

// service is the time at the counter, if the citizen came and it has ended.
func (s lifeStay) service() (time.Duration, bool) {
	switch {
	case s.ended == 0:
		return 0, false
	case s.started != 0:
		return max(0, time.Duration(s.ended-s.started)*time.Millisecond), true
	default:
		return max(0, time.Duration(s.ended-s.called)*time.Millisecond), s.end == queue.TicketFinished
	}
}

// milli is a time in milliseconds since 1970, to which logs are exact; 0 is none.
func milli(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// sequence is the seq of the event that issued a ticket, by which it is found
// in the log; 0 if its id is none.
func (l *life) sequence() int64 {
	n, err := strconv.ParseInt(l.id, 10, 64)
	if err != nil {
		return 0
	}
	return n
}
