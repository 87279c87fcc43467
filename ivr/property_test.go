package ivr

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/xinmoi/xinmoi/queue"
)

// world is a caller, an office and a line around a Dialogue, as far as the
// promises of Dialogue need them.
type world struct {
	t *rapid.T
	d Dialogue

	speaking bool // A prompt is on the line.
	timer    bool
	takes    int
	has      bool // A number was given.
	confirms int
	readOnce bool // The number was read to its end.
	hungUp   bool
	asked    Action // The question the office has not answered.
}

func (w *world) feed(in Input) {
	stage := w.d.stage
	if _, ok := in.(Taken); ok {
		w.has = true
	}
	if _, ok := in.(Played); ok && stage == reading {
		w.readOnce = true
	}
	d, actions := w.d.Step(in)
	w.d = d
	for _, a := range actions {
		w.act(a, stage)
	}
	if !w.d.Ended() && !w.speaking && !w.timer {
		w.t.Fatalf("dead end in stage %d after %T in stage %d", w.d.stage, in, stage)
	}
	if w.d.Ended() && !w.hungUp {
		if _, ok := in.(HungUp); !ok {
			w.t.Fatalf("ended after %T without hanging up", in)
		}
	}
}

func (w *world) act(a Action, from stage) {
	if w.hungUp {
		w.t.Fatalf("%T after Hangup", a)
	}
	switch a := a.(type) {
	case Say:
		w.speaking, w.timer = true, false
		if a.Sentence.IsZero() {
			w.t.Fatal("said nothing")
		}
	case Hush:
		w.speaking, w.timer = false, false
	case SetTimer:
		w.timer = true
		waitsForOffice := w.d.stage == taking || w.d.stage == keeping
		if waitsForOffice && a.D > officeWait || a.D > slowTimeout || a.D <= 0 {
			w.t.Fatalf("silence of %v in stage %d", a.D, w.d.stage)
		}
	case Take:
		w.takes++
		w.asked = a
		if w.has || w.takes > usualLimits().takes {
			w.t.Fatalf("Take %d, has a number: %v", w.takes, w.has)
		}
		if from != menu && from != wayOut && from != entering {
			w.t.Fatalf("Take from stage %d", from)
		}
	case Confirm:
		w.confirms++
		w.asked = a
		if w.confirms > 1 || !w.has {
			w.t.Fatalf("Confirm %d after %d Takes", w.confirms, w.takes)
		}
		if !w.readOnce {
			w.t.Fatal("confirmed a number that was never heard")
		}
	case Look, Act, Ask, Forget:
		w.asked = a
	case Hangup:
		w.hungUp = true
	}
}

// answer lets the office answer its open question.
func (w *world) answer() Input {
	a := w.asked
	w.asked = nil
	ok := rapid.Float64().Draw(w.t, "luck") < 0.8
	code := rapid.SampledFrom([]queue.Code{
		queue.CodeUnavailable, queue.CodeOfficeClosed, queue.CodeServiceClosed, queue.CodeRateLimited, queue.CodeWrongState,
	})
	switch a := a.(type) {
	case Take:
		if ok {
			return Taken{testTicket()}
		}
		return Refused{queue.Errorf(code.Draw(w.t, "code"), "no")}
	case Look:
		if ok {
			return Found{N: a.N, Ticket: ownTicket("20", 20, queue.Waiting)}
		}
		return Found{N: a.N, Err: queue.Errorf(queue.CodeUnknownTicket, "none")}
	case Act:
		return Done{N: a.N, Ticket: ownTicket("20", 20, queue.Waiting)}
	case Ask:
		return Wished{N: a.N}
	case Forget:
		if ok {
			return Erased{N: a.N}
		}
		return Erased{N: a.N, Err: queue.Errorf(queue.CodeUnavailable, "away")}
	default:
		if ok {
			return Confirmed{testTicket()}
		}
		return NotConfirmed{queue.Errorf(code.Draw(w.t, "code"), "no")}
	}
}

// next draws what happens next among what can happen.
func (w *world) next() Input {
	var can []string
	if w.speaking {
		can = append(can, "played", "played")
	}
	if w.timer {
		can = append(can, "silence")
	}
	if w.asked != nil {
		can = append(can, "answer")
	}
	can = append(can, "key", "key")
	switch rapid.SampledFrom(can).Draw(w.t, "what") {
	case "played":
		w.speaking = false
		return Played{}
	case "silence":
		w.timer = false
		return Silence{}
	case "answer":
		return w.answer()
	}
	return Key{rapid.SampledFrom([]rune("111234567889*0#A")).Draw(w.t, "key")}
}

func drawStart(t *rapid.T) Started {
	s := testStarted()
	s.Services = s.Services[:rapid.IntRange(0, len(s.Services)).Draw(t, "services")]
	for i := range s.Services {
		s.Services[i].Open = rapid.Float64().Draw(t, "open") < 0.7
	}
	s.Info.Open = rapid.Float64().Draw(t, "office") < 0.8
	s.Known, s.Staffed = rapid.Bool().Draw(t, "known"), rapid.Bool().Draw(t, "staffed")
	if rapid.Bool().Draw(t, "served") {
		s.Served = []queue.Ticket{ownTicket("8", 8, queue.Completed)}
	}
	if rapid.Bool().Draw(t, "mine") {
		s.Mine = []queue.Ticket{ownTicket("20", 20, queue.Waiting)}
	}
	return s
}

// TestPromises plays random calls to their end: no dead end, no long silence,
// one Take, one Confirm and only of a number that was heard, and an end.
func TestPromises(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := &world{t: t, d: NewDialogue("vi")}
		w.feed(drawStart(t))
		for range rapid.IntRange(0, 80).Draw(t, "length") {
			if w.d.Ended() {
				return
			}
			w.feed(w.next())
		}
		for range 100 {
			w.pass()
		}
		if !w.d.Ended() {
			t.Fatalf("the call does not end by itself: stage %d", w.d.stage)
		}
	})
}

// pass lets time pass without a key: what was begun comes to its end.
func (w *world) pass() {
	switch {
	case w.d.Ended():
	case w.asked != nil:
		w.feed(w.answer())
	case w.speaking:
		w.speaking = false
		w.feed(Played{})
	default:
		w.timer = false
		w.feed(Silence{})
	}
}

// TestStubbornCaller presses keys for ever: the call must still end.
func TestStubbornCaller(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		keys := rapid.SliceOfN(rapid.SampledFrom([]rune("123459*0#")), 1, 4).Draw(t, "keys")
		w := &world{t: t, d: NewDialogue("vi")}
		w.feed(testStarted())
		for i := range 400 {
			if w.d.Ended() {
				return
			}
			w.feed(Key{keys[i%len(keys)]})
			if w.d.Ended() {
				return
			}
			if i%3 == 0 {
				w.pass() // A key now and then comes late.
			}
		}
		t.Fatalf("still talking in stage %d after 400 keys", w.d.stage)
	})
}

// TestKeyNeedsAnOffer: a key never takes or keeps anything before the sentence
// that offers it has begun.
func TestKeyNeedsAnOffer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		key := Key{rapid.SampledFrom([]rune("0123456789*#")).Draw(t, "key")}
		for _, before := range [][]Input{
			nil,
			{testStarted(), Key{'1'}},
			{testStarted(), Key{'1'}, Taken{testTicket()}},
		} {
			d := NewDialogue("vi")
			for _, in := range before {
				d, _ = d.Step(in)
			}
			if _, actions := d.Step(key); len(actions) != 0 {
				t.Fatalf("key %c did %q before anything was offered", key.Digit, briefs(actions))
			}
		}
	})
}
