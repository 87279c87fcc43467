package announce

import (
	"fmt"
	"slices"
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
// reading), with the outcomes as "A001 spoken 2" or "A001 reason".
func drain(b *backlog, now time.Time) (said, ends []string) {
	note := func(out []Outcome) {
		for _, o := range out {
			what := o.Reason
			if o.Spoken() {
				what = fmt.Sprint("spoken ", o.Readings)
			}
			ends = append(ends, o.Call.Number.String()+" "+what)
		}
	}
	for {
		r, ok, out := b.next(now)
		note(out)
		if !ok {
			return said, ends
		}
		said = append(said, fmt.Sprint(r.Number, " ", r.n))
		note(b.finish(r, ""))
	}
}

func TestBacklogRules(t *testing.T) {
	recalled := func(a Announcement) Announcement { a.Recall = true; return a }
	priority := func(a Announcement) Announcement { a.Priority = true; return a }
	for name, c := range map[string]struct {
		calls      []Announcement
		said, ends []string // ends without those decided while adding
		added      []string
	}{
		"alone, twice":                 {[]Announcement{call(1, "1")}, []string{"A001 1", "A001 2"}, []string{"A001 spoken 2"}, nil},
		"two: repeats go to the tail":  {[]Announcement{call(1, "1"), call(2, "2")}, []string{"A001 1", "A002 1", "A001 2", "A002 2"}, []string{"A001 spoken 2", "A002 spoken 2"}, nil},
		"three: no repeats of a burst": {[]Announcement{call(1, "1"), call(2, "2"), call(3, "3")}, []string{"A001 1", "A002 1", "A003 1", "A002 2", "A003 2"}, []string{"A001 spoken 1", "A002 spoken 2", "A003 spoken 2"}, nil},
		"same ticket again":            {[]Announcement{call(1, "1"), recalled(call(1, "1"))}, []string{"A001 1", "A001 2", "A001 3"}, []string{"A001 spoken 3"}, []string{"A001 merged"}},
		"same ticket, other counter":   {[]Announcement{call(1, "1"), call(1, "2")}, []string{"A001 1", "A001 2"}, []string{"A001 spoken 2"}, []string{"A001 superseded"}},
		"newest of a counter":          {[]Announcement{call(1, "1"), call(2, "1")}, []string{"A002 1", "A002 2"}, []string{"A002 spoken 2"}, []string{"A001 superseded"}},
		"call before recall":           {[]Announcement{recalled(call(1, "1")), call(2, "2")}, []string{"A002 1", "A001 1", "A002 2", "A001 2"}, []string{"A002 spoken 2", "A001 spoken 2"}, nil},
		"priority before call":         {[]Announcement{call(1, "1"), priority(call(2, "2"))}, []string{"A002 1", "A001 1", "A002 2", "A001 2"}, []string{"A002 spoken 2", "A001 spoken 2"}, nil},
		"notice first and once":        {[]Announcement{call(1, "1"), {At: start()}}, []string{" 1", "A001 1", "A001 2"}, []string{" spoken 1", "A001 spoken 2"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			var b backlog
			var added []string
			for _, a := range c.calls {
				for _, o := range b.add(a) {
					added = append(added, o.Call.Number.String()+" "+o.Reason)
				}
			}
			said, ends := drain(&b, start())
			if !slices.Equal(said, c.said) || !slices.Equal(ends, c.ends) || !slices.Equal(added, c.added) {
				t.Errorf("said  %q\nwant  %q\nends  %q\nwant  %q\nadded %q\nwant  %q", said, c.said, ends, c.ends, added, c.added)
			}
		})
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
	r, ok, _ := b.next(start().Add(90 * time.Second))
	if !ok || !r.At.Equal(start()) {
		t.Errorf("got %+v, %v", r, ok)
	}
}

func TestBacklogDropsRepeatForNewerCall(t *testing.T) {
	var b backlog
	b.add(call(1, "1"))
	r, _, _ := b.next(start())
	b.add(call(2, "1")) // The counter goes on while A001 is being read.
	if out := b.finish(r, ""); len(out) != 1 || out[0].Readings != 1 {
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
	r, _, _ := b.next(start())
	b.add(call(11, "4"))
	b.add(call(11, "1"))
	if out := b.finish(r, ""); len(out) != 1 || out[0].Readings != 1 {
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
		var b backlog
		now, lastID := start(), int64(0)
		ends := map[int64]Outcome{}
		newest := map[string]string{} // Counter → ticket called last.
		var busy *reading
		note := func(out []Outcome) {
			for _, o := range out {
				if before, twice := ends[o.Call.id]; twice {
					t.Fatalf("two outcomes: %+v and %+v", before, o)
				}
				if o.Spoken() == (o.Reason != "") {
					t.Fatalf("outcome %+v", o)
				}
				ends[o.Call.id] = o
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"call": func(t *rapid.T) {
				c := call(rapid.IntRange(1, 12).Draw(t, "ticket"), fmt.Sprint(rapid.IntRange(1, 5).Draw(t, "counter")))
				c.Recall, c.Priority = rapid.Bool().Draw(t, "recall"), rapid.Bool().Draw(t, "priority")
				lastID++
				c.id, c.At = lastID, now
				newest[c.Counter] = c.Ticket
				note(b.add(c))
			},
			"wait": func(t *rapid.T) {
				now = now.Add(time.Duration(rapid.IntRange(0, 40).Draw(t, "seconds")) * time.Second)
			},
			"begin": func(t *rapid.T) {
				if busy != nil {
					t.Skip("something is being read")
				}
				r, ok, out := b.next(now)
				note(out)
				if !ok {
					return
				}
				if newest[r.Counter] != r.Ticket {
					t.Fatalf("%s is read to counter %s, which has called %s since", r.Number, r.Counter, newest[r.Counter])
				}
				if now.Sub(r.asked) > callTTL || r.n > maxReadings {
					t.Fatalf("read after %v, reading %d", now.Sub(r.asked), r.n)
				}
				busy = &r
			},
			"end": func(t *rapid.T) {
				if busy == nil {
					t.Skip("nothing is being read")
				}
				note(b.finish(*busy, rapid.SampledFrom([]string{"", "", "", ReasonAnswered, ReasonNoOutput}).Draw(t, "reason")))
				busy = nil
			},
			"": func(t *rapid.T) {
				open := len(b.waiting)
				if busy != nil {
					open++
				}
				if int64(len(ends)+open) != lastID {
					t.Fatalf("%d calls, %d ended, %d open", lastID, len(ends), open)
				}
				tickets := map[string]bool{}
				for _, w := range b.waiting {
					if tickets[w.Ticket] {
						t.Fatalf("ticket %s waits twice", w.Ticket)
					}
					tickets[w.Ticket] = true
				}
			},
		})
		if busy != nil {
			note(b.finish(*busy, ReasonStopped))
		}
		note(b.clear(ReasonStopped))
		if int64(len(ends)) != lastID {
			t.Fatalf("%d calls, %d outcomes", lastID, len(ends))
		}
	})
}
