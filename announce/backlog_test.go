package announce

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/xinmoi/xinmoi/queue"
)

func start() time.Time { return time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC) }

// call is ticket A00n called to a counter.
func call(n int, counter string) Announcement {
	return Announcement{
		Ticket: fmt.Sprint(n), Number: queue.Number{Prefix: "A", N: n}, Counter: counter, At: start(),
	}
}

// drain speaks everything that is there and gives it as "A001 1" (number,
// reading; several that are said together with "+"), with the outcomes as
// "A001 played 2", "A002 merged 1 A001" or "A001 reason".
func drain(b *backlog, now time.Time) (said, ends []string) {
	note := func(out []Outcome) {
		for _, o := range out {
			ends = append(ends, endText(o))
		}
	}
	for {
		turn, out := b.next(now)
		note(out)
		if len(turn) == 0 {
			return said, ends
		}
		var words []string
		for _, r := range turn {
			words = append(words, fmt.Sprint(r.Number, " ", r.n))
		}
		said = append(said, strings.Join(words, " + "))
		note(b.heard(turn, now))
	}
}

func endText(o Outcome) string {
	if o.Spoken() {
		return strings.TrimSpace(fmt.Sprint(o.Call.Number, " ", o.End(), " ", o.Readings, " ", o.With))
	}
	return o.Call.Number.String() + " " + o.Reason
}

func TestBacklogRules(t *testing.T) {
	recalled := func(a Announcement) Announcement { a.Recall = true; return a }
	priority := func(a Announcement) Announcement { a.Priority = true; return a }
	message := func(u Urgency, times int) Announcement { return Announcement{At: start(), Urgency: u, Times: times} }
	for name, c := range map[string]struct {
		calls      []Announcement
		said, ends []string // ends without those decided while adding
		added      []string
	}{
		"alone, twice":                 {[]Announcement{call(1, "1")}, []string{"A001 1", "A001 2"}, []string{"A001 played 2"}, nil},
		"two: repeats go to the tail":  {[]Announcement{call(1, "1"), call(2, "2")}, []string{"A001 1", "A002 1", "A001 2", "A002 2"}, []string{"A001 played 2", "A002 played 2"}, nil},
		"three: said together, once":   {[]Announcement{call(1, "1"), call(2, "2"), call(3, "3")}, []string{"A001 1 + A002 1 + A003 1"}, []string{"A001 played 1", "A002 merged 1 A001", "A003 merged 1 A001"}, nil},
		"five: four together":          {[]Announcement{call(1, "1"), call(2, "2"), call(3, "3"), call(4, "4"), call(5, "5")}, []string{"A001 1 + A002 1 + A003 1 + A004 1", "A005 1", "A005 2"}, []string{"A001 played 1", "A002 merged 1 A001", "A003 merged 1 A001", "A004 merged 1 A001", "A005 played 2"}, nil},
		"same ticket again":            {[]Announcement{call(1, "1"), recalled(call(1, "1"))}, []string{"A001 1", "A001 2", "A001 3"}, []string{"A001 played 3"}, []string{"A001 merged"}},
		"same ticket, other counter":   {[]Announcement{call(1, "1"), call(1, "2")}, []string{"A001 1", "A001 2"}, []string{"A001 played 2"}, []string{"A001 superseded"}},
		"newest of a counter":          {[]Announcement{call(1, "1"), call(2, "1")}, []string{"A002 1", "A002 2"}, []string{"A002 played 2"}, []string{"A001 superseded"}},
		"call before recall":           {[]Announcement{recalled(call(1, "1")), call(2, "2")}, []string{"A002 1", "A001 1", "A002 2", "A001 2"}, []string{"A002 played 2", "A001 played 2"}, nil},
		"priority before call":         {[]Announcement{call(1, "1"), priority(call(2, "2"))}, []string{"A002 1", "A001 1", "A002 2", "A001 2"}, []string{"A002 played 2", "A001 played 2"}, nil},
		"message first and once":       {[]Announcement{call(1, "1"), message(Staff, 0)}, []string{" 1", "A001 1", "A001 2"}, []string{"played 1", "A001 played 2"}, nil},
		"emergency first, three times": {[]Announcement{call(1, "1"), message(Staff, 0), message(Emergency, 0)}, []string{" 1", " 2", " 3", " 1", "A001 1", "A001 2"}, []string{"played 3", "played 1", "A001 played 2"}, nil},
		"periodic last":                {[]Announcement{message(Periodic, 0), call(1, "1")}, []string{"A001 1", "A001 2", " 1"}, []string{"A001 played 2", "played 1"}, nil},
		"messages make no burst":       {[]Announcement{message(Staff, 0), message(Staff, 0), call(1, "1"), call(2, "2")}, []string{" 1", " 1", "A001 1", "A002 1", "A001 2", "A002 2"}, []string{"played 1", "played 1", "A001 played 2", "A002 played 2"}, nil},
		"a burst keeps its order":      {[]Announcement{call(1, "1"), recalled(call(2, "2")), priority(call(3, "3"))}, []string{"A003 1 + A001 1 + A002 1"}, []string{"A003 played 1", "A001 merged 1 A003", "A002 merged 1 A003"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			var b backlog
			var added []string
			for _, a := range c.calls {
				for _, o := range b.add(a) {
					added = append(added, endText(o))
				}
			}
			said, ends := drain(&b, start())
			if !slices.Equal(said, c.said) || !slices.Equal(ends, c.ends) || !slices.Equal(added, c.added) {
				t.Errorf("said  %q\nwant  %q\nends  %q\nwant  %q\nadded %q\nwant  %q", said, c.said, ends, c.ends, added, c.added)
			}
		})
	}
}

func TestBacklogReadings(t *testing.T) {
	for readings, want := range map[int]int{0: usualReadings, 1: 1, 3: 3, 9: maxReadings} {
		b := backlog{readings: readings}
		b.add(call(1, "1"))
		if said, _ := drain(&b, start()); len(said) != want {
			t.Errorf("%d readings: said %q", readings, said)
		}
	}
}

// What an emergency cut is said again in its place, however late, unless the
// office has gone on.
func TestBacklogSaysAgainWhatWasCut(t *testing.T) {
	var b backlog
	b.add(call(1, "1"))
	b.add(call(2, "2"))
	turn, _ := b.next(start())
	b.add(Announcement{At: start(), Urgency: Emergency, Times: 1})
	if out := b.interrupted(turn); len(out) != 0 {
		t.Errorf("cutting ends %+v", out)
	}
	second := call(2, "2")
	second.At = start().Add(3 * time.Minute)
	b.add(second) // Keeps it alive.
	said, ends := drain(&b, start().Add(3*time.Minute))
	if !slices.Equal(said, []string{" 1", "A001 1", "A002 1", "A002 2", "A002 3"}) { // A repeat may be too late.
		t.Errorf("said %q, ends %q", said, ends)
	}
	turn, _ = b.next(start())
	if len(turn) != 0 {
		t.Fatalf("left: %+v", turn)
	}
	b.add(call(3, "3"))
	turn, _ = b.next(start())
	b.add(call(4, "3"))
	if out := b.interrupted(turn); len(out) != 1 || out[0].Reason != ReasonSuperseded {
		t.Errorf("a counter that went on: %+v", out)
	}
}

// What no output could say waits for one, for a while.
func TestBacklogKeepsTheUnheard(t *testing.T) {
	var b backlog
	b.add(call(1, "1"))
	turn, _ := b.next(start())
	if out := b.unheard(turn, start()); len(out) != 0 {
		t.Fatalf("given up at once: %+v", out)
	}
	turn, _ = b.next(start().Add(10 * time.Second))
	if len(turn) != 1 || turn[0].n != 1 {
		t.Fatalf("not tried again: %+v", turn)
	}
	if out := b.unheard(turn, start().Add(unheardPatient+time.Second)); len(out) != 1 || out[0].Reason != ReasonNoOutput || out[0].End() != EndAlarmed {
		t.Errorf("given up as %+v", out)
	}
	b.add(call(2, "2"))
	turn, _ = b.next(start())
	b.unheard(turn, start())
	b.add(call(3, "3"))
	first, _ := b.next(start())
	b.heard(first, start()) // The outputs are back.
	if len(b.waiting) == 0 || slices.ContainsFunc(b.waiting, func(r reading) bool { return !r.failed.IsZero() }) {
		t.Errorf("the patience is not renewed: %+v", b.waiting)
	}
}

func TestBacklogExpires(t *testing.T) {
	var b backlog
	b.add(call(1, "1"))
	late := call(2, "2")
	late.At = start().Add(30 * time.Second)
	b.add(late)
	said, ends := drain(&b, start().Add(callTTL+time.Second))
	if !slices.Equal(said, []string{"A002 1", "A002 2"}) || ends[0] != "A001 expired" {
		t.Errorf("said %q, ends %q", said, ends)
	}
}

// A recall keeps the call alive, but its lag counts from the first call.
func TestBacklogRecallKeepsAlive(t *testing.T) {
	var b backlog
	b.add(call(1, "1"))
	again := call(1, "1")
	again.At = start().Add(50 * time.Second)
	b.add(again)
	turn, _ := b.next(start().Add(90 * time.Second))
	if len(turn) != 1 || !turn[0].At.Equal(start()) {
		t.Errorf("got %+v", turn)
	}
}

func TestBacklogDropsRepeatForNewerCall(t *testing.T) {
	var b backlog
	b.add(call(1, "1"))
	r, _ := b.next(start())
	b.add(call(2, "1")) // The counter goes on while A001 is being read.
	if out := b.heard(r, start()); len(out) != 1 || out[0].Readings != 1 {
		t.Errorf("outcome %+v", out)
	}
	if said, _ := drain(&b, start()); !slices.Equal(said, []string{"A002 1", "A002 2"}) {
		t.Errorf("said %q", said)
	}
}

func TestBacklogIsBounded(t *testing.T) {
	var b backlog
	for i := range maxBacklog {
		b.add(call(i+1, fmt.Sprint(i)))
	}
	out := b.add(call(9999, "new"))
	if len(b.waiting) != maxBacklog || len(out) != 1 || out[0].Reason != ReasonFull {
		t.Errorf("%d wait, %+v", len(b.waiting), out)
	}
}

// A call being read is not read again once its counter has called another,
// though that one was sent on to a counter of its own before its turn.
func TestNoRepeatAfterTheCounterWentOn(t *testing.T) {
	var b backlog
	first := call(1, "4")
	b.add(first)
	r, _ := b.next(start())
	b.add(call(11, "4"))
	b.add(call(11, "1"))
	if out := b.heard(r, start()); len(out) != 1 || out[0].Readings != 1 {
		t.Errorf("%+v", out)
	}
	if len(b.waiting) != 1 || b.waiting[0].Counter != "1" {
		t.Errorf("waiting: %+v", b.waiting)
	}
}

// Every call is spoken in full or dropped for a reason, exactly once; no
// superseded or expired call is read.
func TestBacklogLosesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := &backlogModel{t: t, now: start(), ends: map[int64]Outcome{}, newest: map[string]string{}}
		t.Repeat(map[string]func(*rapid.T){
			"call": m.call, "message": m.message, "wait": m.wait, "begin": m.begin, "end": m.end, "readings": m.readings, "": m.check,
		})
		m.note(m.b.back(m.busy))
		m.note(m.b.clear(ReasonStopped))
		if int64(len(m.ends)) != m.lastID {
			t.Fatalf("%d calls, %d outcomes", m.lastID, len(m.ends))
		}
	})
}

// backlogModel drives a backlog and knows what must be true.
type backlogModel struct {
	t      *rapid.T
	b      backlog
	now    time.Time
	lastID int64
	ends   map[int64]Outcome
	newest map[string]string // Counter → ticket called last.
	busy   []reading
}

func (m *backlogModel) note(out []Outcome) {
	for _, o := range out {
		if before, twice := m.ends[o.Call.id]; twice {
			m.t.Fatalf("two outcomes: %+v and %+v", before, o)
		}
		if o.Spoken() == (o.Reason != "") || o.Spoken() == o.HeardAt.IsZero() {
			m.t.Fatalf("outcome %+v", o)
		}
		m.ends[o.Call.id] = o
	}
}

func (m *backlogModel) add(c Announcement) {
	m.lastID++
	c.id, c.At = m.lastID, m.now
	m.note(m.b.add(c))
}

func (m *backlogModel) call(t *rapid.T) {
	c := call(rapid.IntRange(1, 12).Draw(t, "ticket"), fmt.Sprint(rapid.IntRange(1, 5).Draw(t, "counter")))
	c.Recall, c.Priority = rapid.Bool().Draw(t, "recall"), rapid.Bool().Draw(t, "priority")
	m.newest[c.Counter] = c.Ticket
	m.add(c)
}

func (m *backlogModel) message(t *rapid.T) {
	m.add(Announcement{Urgency: rapid.SampledFrom([]Urgency{Staff, Emergency, Periodic}).Draw(t, "urgency"), Times: rapid.IntRange(0, 4).Draw(t, "times")})
}

func (m *backlogModel) wait(t *rapid.T) {
	m.now = m.now.Add(time.Duration(rapid.IntRange(0, 40).Draw(t, "seconds")) * time.Second)
}

func (m *backlogModel) readings(t *rapid.T) { m.b.readings = rapid.IntRange(0, 3).Draw(t, "readings") }

func (m *backlogModel) begin(t *rapid.T) {
	if len(m.busy) > 0 {
		t.Skip("something is being read")
	}
	waiting := slices.Clone(m.b.waiting)
	turn, out := m.b.next(m.now)
	m.note(out)
	if len(turn) > maxBatch {
		t.Fatalf("%d calls together", len(turn))
	}
	for i, r := range turn {
		if r.Ticket != "" && m.newest[r.Counter] != r.Ticket {
			t.Fatalf("%s is read to counter %s, which has called %s since", r.Number, r.Counter, m.newest[r.Counter])
		}
		if m.now.Sub(r.asked) > callTTL && !r.cut && r.Urgency != Emergency || r.n > mostTimes {
			t.Fatalf("read after %v, reading %d", m.now.Sub(r.asked), r.n)
		}
		if i > 0 && (r.Ticket == "" || r.n > 1) {
			t.Fatalf("said together with others: %+v", r)
		}
		m.nobodyFirst(t, waiting, r)
	}
	m.busy = turn
}

// nobodyFirst holds the order: what came before r in the same rank is said,
// ended or in the same turn.
func (m *backlogModel) nobodyFirst(t *rapid.T, before []reading, r reading) {
	for _, w := range before {
		if w.id == r.id {
			return
		}
		left := slices.ContainsFunc(m.b.waiting, func(x reading) bool { return x.id == w.id })
		if left && w.rank() <= r.rank() {
			t.Fatalf("%+v is said before %+v", r, w)
		}
	}
}

func (m *backlogModel) end(t *rapid.T) {
	if len(m.busy) == 0 {
		t.Skip("nothing is being read")
	}
	turn := m.busy
	m.busy = nil
	switch rapid.SampledFrom([]string{"heard", "heard", "heard", "cut", "unheard", "dropped"}).Draw(t, "how") {
	case "heard":
		m.note(m.b.heard(turn, m.now))
	case "cut":
		m.note(m.b.interrupted(turn))
	case "unheard":
		m.note(m.b.unheard(turn, m.now))
	default:
		for _, r := range turn {
			m.note(m.b.drop(r, ReasonAnswered))
		}
	}
}

func (m *backlogModel) check(t *rapid.T) {
	if open := int64(len(m.b.waiting) + len(m.busy)); int64(len(m.ends))+open != m.lastID {
		t.Fatalf("%d calls, %d ended, %d open", m.lastID, len(m.ends), open)
	}
	tickets := map[string]bool{}
	for _, w := range m.b.waiting {
		if w.Ticket != "" && tickets[w.Ticket] {
			t.Fatalf("ticket %s waits twice", w.Ticket)
		}
		tickets[w.Ticket] = true
	}
}
