package notice

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// letter is a notice on its way to one person by one channel.
type letter struct {
	ticket  int
	kind    Kind
	told    queue.Ticket
	decided time.Time
	expires time.Time
	due     time.Time
	way     queue.Channel
	void    bool
	step    int // When it was decided, in events.
}

// visit is a ticket with its follower, and what the person has read.
type visit struct {
	t        queue.Ticket
	f        Follower
	owed     bool
	called   bool // Has read a call.
	lastStep int
	nearly   int
}

// town simulates offices whose channel is slow, fails and runs out of messages.
// It has rules of its own for what must not be read.
type town struct {
	*testing.T
	r        *rand.Rand
	now      time.Time
	book     Book
	ways     []Way
	budget   Budget
	used     map[string]int
	owed     int
	visits   []visit
	open     []int
	box      []letter
	events   int
	read     map[Kind]int
	reserves int
	saved    int // Left out to save messages.
}

func (w *town) pick(n int) int { return w.r.IntN(n) }

// join lets somebody take a number, if the month still bears it.
func (w *town) join() {
	if !w.budget.Takes(w.used[Month(w.now)], w.owed) {
		return
	}
	id := len(w.visits)
	v := visit{t: queue.Ticket{ID: strconv.Itoa(id), State: queue.Waiting, Presence: queue.Remote}, f: Follower{Shown: w.pick(3) > 0, Ahead: w.pick(3) * 4, Travel: w.pick(2) * 15}, owed: true}
	if w.pick(40) == 0 {
		v.t.Needs = []string{queue.NeedHearing}
	}
	w.visits = append(w.visits, v)
	w.open = append(w.open, id)
	w.owed += PerFollower
	w.used[Month(w.now)]++ // The answer that told the number.
}

// happen does something random to a ticket, as the office's rules allow.
func (w *town) happen(i int) (e queue.Event) {
	v := &w.visits[i]
	t := v.t
	type does struct {
		k  queue.Kind
		to queue.State
	}
	var can []does
	switch t.State {
	case queue.Waiting:
		can = []does{{queue.TicketCalled, queue.Called}, {queue.TicketCalled, queue.Called}, {queue.TicketPushedBack, queue.Waiting}, {queue.TicketCheckedIn, queue.Waiting}, {queue.TicketCancelled, queue.Cancelled}, {queue.TicketExpired, queue.Expired}}
	case queue.Called:
		can = []does{{queue.TicketStarted, queue.Serving}, {queue.TicketStarted, queue.Serving}, {queue.TicketNoShow, queue.NoShow}, {queue.TicketRequeued, queue.Waiting}, {queue.TicketTransferred, queue.Waiting}, {queue.TicketUndone, queue.Waiting}, {queue.TicketParked, queue.Parked}}
		if t.CallCount < 2 {
			can = append(can, does{queue.TicketRecalled, queue.Called})
		}
	case queue.Serving:
		can = []does{{queue.TicketFinished, queue.Completed}, {queue.TicketFinished, queue.Completed}, {queue.TicketParked, queue.Parked}}
	case queue.Parked:
		can = []does{{queue.TicketResumed, queue.Called}, {queue.TicketResumed, queue.Waiting}, {queue.TicketCancelled, queue.Cancelled}}
	case queue.NoShow:
		can = []does{{queue.TicketRestored, queue.Waiting}, {queue.TicketUndone, queue.Called}}
	default:
		return e
	}
	d := can[w.pick(len(can))]
	switch d.to {
	case queue.Called:
		t.Counter = strconv.Itoa(1 + w.pick(4))
		t.CallCount++
	case queue.Waiting:
		if d.k == queue.TicketRestored || d.k == queue.TicketTransferred {
			t.CallCount = 0
		}
		if d.k == queue.TicketUndone {
			t.CallCount = max(0, t.CallCount-1)
		}
	}
	t.State, t.Version = d.to, t.Version+1
	v.t = t
	e = queue.Event{Kind: d.k, At: w.now, Ticket: &t}
	if d.k == queue.TicketCancelled && w.pick(2) == 0 {
		e.Reason = ReasonCitizen
	}
	return e
}

// follow is what a channel does with an event.
func (w *town) follow(i int, e queue.Event) {
	v := &w.visits[i]
	say, void := w.book.Hear(e)
	for j := range w.box {
		for _, k := range void {
			w.box[j].void = w.box[j].void || w.box[j].ticket == i && w.box[j].kind == k
		}
	}
	v.f = v.f.After(e, say, void)
	if say != "" {
		w.post(i, say)
	}
	if v.owed && (!v.t.State.Open() || say == Called) {
		v.owed = false
		w.owed -= PerFollower
	}
}

// look is what a channel does when the line has moved.
func (w *town) look(i int) {
	v := &w.visits[i]
	low, high := w.pick(40), 60
	v.t.Standing = &queue.Standing{Ahead: w.pick(20), LowMin: &low, HighMin: &high, ComeBy: w.now.Add(time.Duration(w.pick(60)) * time.Minute), MayMiss: w.pick(20) == 0}
	for _, k := range w.book.Look(v.f, v.t, w.now) {
		w.post(i, k)
		v.f = v.f.Hears(k)
		if k == Leave {
			v.f.Travel = 0
		}
	}
}

func (w *town) post(i int, k Kind) {
	rule, _ := w.book.Rule(k)
	v := &w.visits[i]
	w.box = append(w.box, letter{ticket: i, kind: k, told: v.t, decided: w.now, expires: w.now.Add(rule.Life), way: w.ways[0].Channel,
		due: w.now.Add(time.Duration(w.pick(120)) * time.Second), step: w.events})
}

// deliver sends what is due: each person's letters in their order, those that are
// still true, as the budget allows; some attempts fail.
func (w *town) deliver() {
	kept := w.box[:0]
	blocked := map[int]bool{}
	for _, l := range w.box {
		switch {
		case l.void || w.now.After(l.expires) || !w.book.True(l.kind, l.told, w.visits[l.ticket].t):
			continue
		case blocked[l.ticket] || l.due.After(w.now):
		case !w.send(&l):
		default:
			continue
		}
		blocked[l.ticket] = true
		kept = append(kept, l)
	}
	w.box = kept
}

// send tries once and tells whether the letter is done with.
func (w *town) send(l *letter) (done bool) {
	rule, _ := w.book.Rule(l.kind)
	first := l.way == w.ways[0].Channel
	needs := w.visits[l.ticket].t.Needs
	admitted := !first || w.budget.Admits(rule.Worth, w.used[Month(w.now)], w.owed)
	if !admitted && !rule.Reserve {
		w.saved++
		return true
	}
	if !admitted && rule.Worth != Always {
		w.saved++
		return true
	}
	if !admitted || w.pick(8) == 0 {
		next, ok := Next(w.ways, l.way, needs)
		if rule.Reserve && ok && (!admitted || w.pick(2) == 0) {
			l.way = next.Channel
			w.reserves++
		}
		if !admitted && !ok {
			return true
		}
		l.due = w.now.Add(time.Duration(1+w.pick(30)) * time.Second)
		return false
	}
	if first {
		w.used[Month(w.now)]++
	}
	w.judge(*l, needs)
	return true
}

// judge has the rules that a person would complain by.
func (w *town) judge(l letter, needs []string) {
	v := &w.visits[l.ticket]
	w.read[l.kind]++
	bad := func(why string) {
		w.Fatalf("event %d: %s of ticket %d, decided at event %d: %s; the ticket is %s at %s, called %d times", w.events, l.kind, l.ticket, l.step, why, v.t.State, v.t.Counter, v.t.CallCount)
	}
	switch l.kind {
	case Called, Recalled:
		if v.t.State != queue.Called || v.t.Counter != l.told.Counter {
			bad("sends the person to a counter that does not wait")
		}
		if w.now.Sub(l.decided) > 2*time.Minute {
			bad("is older than two minutes")
		}
		v.called = true
	case Nearly, Leave, Joined, MayMiss:
		if v.called {
			bad("comes after a call")
		}
		if v.t.State != queue.Waiting {
			bad("tells who does not wait")
		}
		if l.kind == Nearly {
			v.nearly++
		}
	case Moved:
		if v.t.State != queue.Waiting {
			bad("says that it waits")
		}
	case Missed, Withdrawn, Closed, Done:
		if want := map[Kind]queue.State{Missed: queue.NoShow, Withdrawn: queue.Cancelled, Closed: queue.Expired, Done: queue.Completed}[l.kind]; v.t.State != want {
			bad("is not so")
		}
	}
	if l.step < v.lastStep {
		bad("is out of order: later news was read before")
	}
	v.lastStep = l.step
	if l.way == queue.Phone && len(needs) > 0 {
		bad("is spoken to who does not hear")
	}
	if used := w.used[Month(w.now)]; used > w.budget.Month {
		bad(fmt.Sprintf("is message %d of %d this month", used, w.budget.Month))
	}
}

// day is one step of the town.
func (w *town) step() {
	w.events++
	w.now = w.now.Add(time.Duration(w.pick(40)) * time.Second)
	if len(w.open) < 20 && w.pick(3) == 0 {
		w.join()
	}
	if len(w.open) > 0 {
		at := w.pick(len(w.open))
		i := w.open[at]
		if w.pick(3) == 0 {
			w.look(i)
		} else if e := w.happen(i); e.Kind != "" {
			w.follow(i, e)
		}
		// A no-show is left alone after a while; other ends are for good.
		if s := w.visits[i].t.State; !s.Open() && (s != queue.NoShow || w.pick(4) == 0) {
			w.open[at] = w.open[len(w.open)-1]
			w.open = w.open[:len(w.open)-1]
		}
	}
	w.deliver()
}

// eventsEnv asks for more simulated events than the usual test has.
const eventsEnv = "XINMOI_NOTICES"

// TestVisits lets thousands of people follow their tickets over a bad channel:
// nothing stale, nothing out of order, no "nearly" after a call, no message
// beyond the month's.
func TestVisits(t *testing.T) {
	events := 40_000
	if n, err := strconv.Atoi(os.Getenv(eventsEnv)); err == nil {
		events = n
	}
	const each = 20_000
	total, saved, reserves := map[Kind]int{}, 0, 0
	for seed := uint64(1); events > 0; seed++ {
		w := &town{
			T: t, r: rand.New(rand.NewPCG(seed, 8)), now: time.Date(2026, 11, 2, 7, 0, 0, 0, time.UTC), book: Standard(), used: map[string]int{}, read: map[Kind]int{},
			ways: []Way{{queue.Zalo, false}, {queue.SMS, false}, {queue.Phone, true}}, budget: Budget{Month: 2000 + int(seed%5)*1500},
		}
		for range min(each, events) {
			w.step()
		}
		events -= each
		for k, n := range w.read {
			total[k] += n
		}
		saved, reserves = saved+w.saved, reserves+w.reserves
	}
	t.Logf("read %v; %d left out to save messages, %d by another way", total, saved, reserves)
	for _, k := range Standard().Kinds() {
		if total[k] == 0 {
			t.Errorf("nobody ever read %s: the simulation sees nothing of it", k)
		}
	}
	if saved == 0 || reserves == 0 {
		t.Errorf("%d left out, %d by another way: the simulation does not come to the month's end", saved, reserves)
	}
}
