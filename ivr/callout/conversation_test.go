package callout

import (
	"errors"
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/ivr"
	"github.com/xinmoi/xinmoi/ivr/callout/book"
	"github.com/xinmoi/xinmoi/queue"
)

func conversation(p book.Purpose, state queue.State) Conversation {
	info := queue.Info{Name: "Trung tâm", TimeZone: "Asia/Ho_Chi_Minh"}
	return Conversation{message: message{
		speech: ivr.SpeechIn("vi", info, queue.PhoneSetup{}), office: info, purpose: p, now: time.Unix(1e9, 0).UTC(),
		ticket: queue.Ticket{ID: "7", Number: queue.Number{Prefix: "A", N: 12}, State: state, Counter: "3", Standing: &queue.Standing{Ahead: 3}},
	}}
}

// inputs is everything that can happen to a conversation.
func inputs() []Input {
	ins := []Input{
		Answered{}, Spoke{}, Played{}, Silence{}, Mute{}, HungUp{}, Acted{}, Acted{Err: errors.New("no")},
		Moved{queue.Ticket{State: queue.Called, Counter: "2"}}, Moved{queue.Ticket{State: queue.Waiting, Standing: &queue.Standing{Ahead: 2}}},
		Moved{queue.Ticket{State: queue.Cancelled}}, Moved{queue.Ticket{State: queue.Serving}},
	}
	for _, k := range "0123456789*#A" {
		ins = append(ins, Key{k})
	}
	return ins
}

// reached is what a walk knows of a conversation besides its value.
type reached struct {
	c      Conversation
	saying bool // A sentence is on the line.
	timer  bool // A timer runs.
	asked  bool // The office was asked and has not answered.
	acts   int
	down   bool
	sure   bool // The question before giving back was begun.

	question string // That question.
}

// possible reports whether an input can happen in that moment.
func (r reached) possible(in Input) bool {
	switch in.(type) {
	case Answered:
		return r.c.stage == unanswered
	case Played, Mute:
		return r.saying && !r.down
	case Silence:
		return r.timer
	case Acted:
		return r.asked
	case Spoke, Key, HungUp:
		return !r.down && r.c.stage != unanswered
	}
	return true
}

// after gives the moment after an input, and checks the promises on the way.
func (r reached) after(t *testing.T, in Input) reached {
	t.Helper()
	switch in.(type) {
	case Played, Mute:
		r.saying = false
	case Silence:
		r.timer = false
	case Acted:
		r.asked = false
	case HungUp:
		r.down, r.saying = true, false
	}
	before := r.c
	c, actions := r.c.Step(in)
	r.c = c
	for _, a := range actions {
		switch a := a.(type) {
		case Say:
			if a.Sentence.IsZero() {
				t.Fatalf("%+v at %d: says nothing", in, before.stage)
			}
			r.saying, r.timer = true, false
			r.sure = r.sure || c.stage == doubting && a.Sentence.Text() == r.question
		case Hush:
			r.saying, r.timer = false, false
		case SetTimer:
			if a.D <= 0 || a.D > longWait {
				t.Fatalf("timer of %v", a.D)
			}
			r.timer = true
		case Act:
			r.acts, r.asked = r.acts+1, true
			if a.Action == queue.Cancel && !r.sure {
				t.Fatalf("%+v at %d: gives the number back without having asked", in, before.stage)
			}
			if a.Action == queue.Cancel && before.purpose == book.Called {
				t.Fatalf("%+v at %d: gives back a number that a counter calls", in, before.stage)
			}
		case Hangup:
			r.down, r.saying = true, false
		}
	}
	if r.acts > 1 {
		t.Fatalf("%+v at %d: the office is asked %d times", in, before.stage, r.acts)
	}
	if !c.Ended() && !r.saying && !r.timer && !(r.asked && r.down) {
		t.Fatalf("%+v at %d leads to %d: nothing is said, no timer runs, nothing will ever happen", in, before.stage, c.stage)
	}
	return r
}

func (r reached) String() string {
	c := r.c
	return fmt.Sprint(c.stage, c.readings, c.turns, c.waits, c.heard, c.asked, c.moved, c.purpose, c.ticket.State, c.pressed,
		r.saying, r.timer, r.asked, r.acts, r.down, r.sure)
}

// TestEveryWayEnds walks every input in every reachable moment: no dead end,
// and from everywhere silence alone leads to the end.
func TestEveryWayEnds(t *testing.T) {
	for _, p := range []book.Purpose{book.Near, book.Called} {
		for _, state := range []queue.State{queue.Waiting, queue.Held, queue.Called} {
			seen, ends := map[string]bool{}, map[string]bool{}
			sure := conversation(p, state).sure().Text()
			start := reached{c: conversation(p, state), question: sure}.after(t, Answered{})
			todo := []reached{start}
			for len(todo) > 0 {
				r := todo[len(todo)-1]
				todo = todo[:len(todo)-1]
				key := r.String()
				if seen[key] || r.c.Ended() {
					continue
				}
				seen[key] = true
				endsBySilence(t, r, ends)
				for _, in := range inputs() {
					if r.possible(in) {
						todo = append(todo, r.after(t, in))
					}
				}
			}
			if len(seen) < 50 {
				t.Fatalf("only %d moments were reached: this test sees nothing", len(seen))
			}
			t.Logf("%s, %s: %d moments", p, state, len(seen))
		}
	}
}

// endsBySilence lets a citizen, or an answering machine, do nothing any more.
func endsBySilence(t *testing.T, r reached, ends map[string]bool) {
	t.Helper()
	way := map[string]bool{}
	for range 60 {
		key := r.String()
		if r.c.Ended() || ends[key] {
			maps.Copy(ends, way)
			return
		}
		if way[key] {
			t.Fatalf("goes round for ever: %v", r)
		}
		way[key] = true
		switch {
		case r.saying:
			r = r.after(t, Played{})
		case r.timer:
			r = r.after(t, Silence{})
		default:
			r = r.after(t, Acted{Err: errors.New("never")})
		}
	}
	t.Fatalf("does not end: %v", r)
}

// What was not played to its end is not taken for heard.
func TestHeardIsPlayed(t *testing.T) {
	r := reached{c: conversation(book.Near, queue.Waiting)}.after(t, Answered{}).after(t, Silence{})
	if r.c.heard || r.c.outcome() != book.CutShort {
		t.Error("heard before it was said")
	}
	if r = r.after(t, Played{}); !r.c.heard || r.c.outcome() != book.Listened {
		t.Error("played to its end, and not heard")
	}
}

func TestGreeting(t *testing.T) {
	loudly := make([]int16, sampleRate/2)
	for i := range loudly {
		loudly[i] = int16(2000 * (1 - 2*(i/25%2)))
	}
	for name, c := range map[string]struct {
		sound []int16
		want  bool
	}{
		"silence":          {make([]int16, 2*sampleRate), false},
		"click":            {append(append([]int16{}, loudly[:80]...), make([]int16, sampleRate)...), false},
		"hello":            {append(append([]int16{}, loudly...), make([]int16, sampleRate/2)...), true},
		"hello, no pause":  {append(append([]int16{}, loudly...), make([]int16, sampleRate/5)...), false},
		"hello and a hiss": {append(append([]int16{}, loudly...), hiss(sampleRate/2)...), true},
		"end of a ringing": {append(append([]int16{}, loudly[:sampleRate/5]...), make([]int16, sampleRate)...), false},
	} {
		for _, packet := range []int{80, 160, 333, 4000} { // Any packet size tells the same.
			var g greeting
			got := false
			for rest := c.sound; len(rest) > 0; rest = rest[min(packet, len(rest)):] {
				got = g.hear(rest[:min(packet, len(rest))]) || got
			}
			if got != c.want {
				t.Errorf("%s in packets of %d: %v", name, packet, got)
			}
		}
	}
}

// hiss is comfort noise.
func hiss(n int) []int16 {
	out := make([]int16, n)
	for i := range out {
		out[i] = int16(i*7919%101 - 50)
	}
	return out
}

// Every phrase exists in every language of the telephone.
func TestEveryLanguageSaysEverything(t *testing.T) {
	for _, l := range ivr.Languages() {
		known := map[string]bool{}
		for _, p := range ivr.Prompts(l[0]) {
			known[p.ID] = p.Text != ""
		}
		for _, id := range []string{
			"call-honest", "call-near", "call-coming", "call-thanks", "your-number", "again", "state-called", "do-later", "do-cancel",
			"for-repeat", "sure-cancel", "sure-yes", "sure-no", "kept", "be-there", "done-later", "will-call", "not-now", "not-done",
			"state-cancelled", "state-over", "wait", "goodbye",
		} {
			if !known[id] {
				t.Errorf("%s: prompt %q is missing", l[0], id)
			}
		}
		c := conversation(book.Near, queue.Waiting)
		c.speech = ivr.SpeechIn(l[0], c.office, queue.PhoneSetup{})
		for i, s := range c.all() {
			if s.IsZero() {
				t.Errorf("%s: sentence %d is empty", l[0], i)
			}
		}
		t.Logf("%s: %s %s", l[0], c.first().Text(), c.keys().Text())
	}
}
