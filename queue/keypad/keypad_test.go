package keypad

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/memory"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// input is what the kernel writes for one key.
func input(kind, code uint16, value int32) []byte {
	b := make([]byte, eventBytes)
	binary.NativeEndian.PutUint16(b[16:], kind)
	binary.NativeEndian.PutUint16(b[18:], code)
	binary.NativeEndian.PutUint32(b[20:], uint32(value))
	return b
}

func TestReadEvents(t *testing.T) {
	raw := slices.Concat(
		input(typeKey, 96, 1), input(0, 0, 0), input(typeKey, 96, 2), input(typeKey, 96, 0), // Pressed, held, let go.
		input(typeKey, 79, 1), input(typeKey, 2, 1), input(typeKey, 78, 1), input(typeKey, 30, 1), input(4, 4, 96), // KP1, 1, KP+, a, a scan code.
		input(typeKey, 83, 1), []byte{1, 2, 3},
	)
	var got []Key
	if err := ReadEvents(bytes.NewReader(raw), func(k Key) { got = append(got, k) }); !errors.Is(err, ErrGone) {
		t.Error(err)
	}
	if want := []Key{Enter, "1", "1", "+", Erase}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestReadSerial(t *testing.T) {
	var got []Key
	if err := ReadSerial(strings.NewReader("12\r\nx+\n#-.\xff/0"), func(k Key) { got = append(got, k) }); !errors.Is(err, ErrGone) {
		t.Error(err)
	}
	if want := []Key{"1", "2", Enter, "+", Enter, Enter, "-", Erase, "/", "0"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// FuzzRead: whatever a broken pad sends, nothing but keys comes of it.
func FuzzRead(f *testing.F) {
	f.Add(input(typeKey, 96, 1))
	f.Add([]byte("12\r\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		n := 0
		count := func(k Key) {
			n++
			if k != Enter && k != Erase && (len(k) != 1 || !strings.Contains("0123456789+-*/", string(k))) {
				t.Errorf("key %q", k)
			}
		}
		_ = ReadEvents(bytes.NewReader(raw), count)
		if n > len(raw)/eventBytes {
			t.Errorf("%d keys of %d bytes", n, len(raw))
		}
		n = 0
		_ = ReadSerial(bytes.NewReader(raw), count)
		if n > len(raw) {
			t.Errorf("%d keys of %d bytes", n, len(raw))
		}
	})
}

// seen is a counter in a state, for long.
func seen(state queue.CounterState, t *queue.Ticket) Seen {
	return Seen{Counter: queue.CounterView{Counter: queue.Counter{ID: "1"}, State: state, Ticket: t}}
}

func TestPad(t *testing.T) {
	called := &queue.Ticket{ID: "7", Version: 9, State: queue.Called}
	serving := &queue.Ticket{ID: "7", Version: 12, State: queue.Serving}
	free, closed, paused := seen(queue.Opened, nil), seen(queue.Closed, nil), seen(queue.Paused, nil)
	for name, c := range map[string]struct {
		keys string
		seen Seen
		want Order
	}{
		"next":                 {"E", free, Order{Verb: Next}},
		"open":                 {"E", closed, Order{Verb: Open}},
		"go on":                {"E", paused, Order{Verb: Open}},
		"start":                {"E", seen(queue.Opened, called), Order{Start, "7", 9, ""}},
		"finish":               {"E", seen(queue.Opened, serving), Order{Finish, "7", 12, ""}},
		"finish by 0":          {"0", seen(queue.Opened, serving), Order{Finish, "7", 12, ""}},
		"finish a called one":  {"0", seen(queue.Opened, called), Order{Finish, "7", 9, ""}},
		"recall":               {"+", seen(queue.Opened, called), Order{Recall, "7", 9, ""}},
		"recall of one served": {"+", seen(queue.Opened, serving), Order{}},
		"nobody came":          {"-", seen(queue.Opened, called), Order{NoShow, "7", 9, ""}},
		"nobody to be absent":  {"-", free, Order{}},
		"pause":                {"/", free, Order{Verb: Pause}},
		"end of a pause":       {"/", paused, Order{Verb: Open}},
		"a number":             {"12E", free, Order{Verb: Call, Number: "12"}},
		"with a nought":        {"102E", free, Order{Verb: Call, Number: "102"}},
		"too long":             {"123456E", free, Order{Verb: Call, Number: "1234"}},
		"thought better of it": {"12.E", free, Order{Verb: Next}},
		"hands full":           {"12E", seen(queue.Opened, called), Order{}},
		"transfer":             {"*3E", seen(queue.Opened, serving), Order{Transfer, "7", 12, "3"}},
		"transfer to 10":       {"*10E", seen(queue.Opened, serving), Order{Transfer, "7", 12, "10"}},
		"transfer of nothing":  {"*E", free, Order{Verb: Next}},
		"a sign after digits":  {"12+", seen(queue.Opened, called), Order{Recall, "7", 9, ""}},
	} {
		var p Pad
		var got Order
		now := time.Unix(1000, 0)
		for _, r := range c.keys {
			k := map[rune]Key{'E': Enter, '.': Erase}[r]
			if k == "" {
				k = Key(r)
			}
			now = now.Add(time.Second)
			if o, ok := p.Press(k, now, c.seen); ok {
				got = o
			}
		}
		if got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

// A bouncing key does one thing, and never finishes what it has just begun.
func TestBounce(t *testing.T) {
	var p Pad
	now := time.Unix(1000, 0)
	s := seen(queue.Opened, &queue.Ticket{ID: "7", State: queue.Called})
	if _, ok := p.Press(Enter, now, s); !ok {
		t.Fatal("the first press counts for nothing")
	}
	s.Counter.Ticket.State, s.Since = queue.Serving, now.Add(20*time.Millisecond)
	for ms := 30; ms < 800; ms += 70 {
		if o, ok := p.Press(Enter, now.Add(time.Duration(ms)*time.Millisecond), s); ok {
			t.Errorf("%d ms later: %+v", ms, o)
		}
	}
	if o, ok := p.Press(Enter, now.Add(3*time.Second), s); !ok || o.Verb != Finish {
		t.Errorf("a press that is meant: %+v, %v", o, ok)
	}
	p.Press("1", now.Add(10*time.Second), s)
	if o, ok := p.Press(Enter, now.Add(20*time.Second), s); !ok || o.Verb != Finish {
		t.Errorf("digits that nobody went on with still count: %+v, %v", o, ok)
	}
}

// shaky is an office whose answers are lost now and then, after the deed.
type shaky struct {
	queue.Office
	mu   sync.Mutex
	lose int
	sent int
}

func (o *shaky) Next(ctx context.Context, r queue.CounterRequest) (queue.Ticket, error) {
	t, err := o.Office.Next(ctx, r)
	o.mu.Lock()
	defer o.mu.Unlock()
	o.sent++
	if o.sent <= o.lose {
		return queue.Ticket{}, queue.Errorf(queue.CodeUnavailable, "the line broke")
	}
	return t, err
}

// hall is an office with an agent on a pad that the test presses.
type hall struct {
	*queue.Engine
	t    *testing.T
	keys chan Key
	told chan Outcome
	now  func(time.Duration)
}

func newHall(t *testing.T, lose int) *hall {
	t.Helper()
	engine, err := queue.NewEngine(t.Context(), queue.Config{Setup: queue.CommuneCentre(), Store: &memory.Store{}})
	if err != nil {
		t.Fatal(err)
	}
	h := &hall{Engine: engine, t: t, keys: make(chan Key), told: make(chan Outcome, 16)}
	var mu sync.Mutex
	at := time.Now()
	h.now = func(d time.Duration) { mu.Lock(); at = at.Add(d); mu.Unlock() }
	agent, err := New(Config{
		Office: &shaky{Office: engine, lose: lose}, Counter: "1", Tell: func(o Outcome) { h.told <- o },
		Now: func() time.Time { mu.Lock(); defer mu.Unlock(); return at },
		Keys: func(ctx context.Context, yield func(Key)) error {
			for {
				select {
				case k := <-h.keys:
					yield(k)
				case <-ctx.Done():
					return ctx.Err()
				}
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	var all sync.WaitGroup
	all.Go(func() { _ = engine.Run(ctx) })
	all.Go(func() { _ = agent.Run(ctx) })
	t.Cleanup(func() { stop(); all.Wait() })
	return h
}

// press presses a key after a while and gives what came of it.
func (h *hall) press(k Key) Outcome {
	h.t.Helper()
	h.now(2 * time.Second)
	h.keys <- k
	return <-h.told
}

func (h *hall) take(service string) queue.Ticket {
	h.t.Helper()
	tk, err := h.Take(h.t.Context(), queue.TakeRequest{Service: service, Channel: queue.Kiosk})
	if err != nil {
		h.t.Fatal(err)
	}
	return tk
}

// A day at the pad, on a real office, over a line that loses answers: each
// number is called once.
func TestAgent(t *testing.T) {
	h := newHall(t, 2)
	first, second := h.take("A"), h.take("A")
	for _, want := range []struct {
		key   Key
		state queue.State
		id    string
	}{
		{Enter, "", ""}, {Enter, queue.Called, first.ID}, {"+", queue.Called, first.ID}, {Enter, queue.Serving, first.ID}, {"0", queue.Completed, first.ID},
		{Enter, queue.Called, second.ID}, {"-", queue.NoShow, second.ID},
	} {
		o := h.press(want.key)
		if o.Err != nil || o.Ticket.State != want.state || o.Ticket.ID != want.id {
			t.Fatalf("%s: %+v, want %s %s", want.key, o, want.id, want.state)
		}
	}
	if o := h.press(Enter); queue.ErrorCode(o.Err) != queue.CodeNobodyWaiting {
		t.Errorf("nobody waits: %+v", o)
	}
	third := h.take("A")
	h.now(2 * time.Second)
	h.keys <- "3"
	if o := h.press(Enter); o.Err != nil || o.Ticket.ID != third.ID || o.Number() != "A003" {
		t.Errorf("by its number: %+v", o)
	}
	h.now(2 * time.Second)
	h.keys <- "*"
	h.now(2 * time.Second)
	h.keys <- "2"
	if o := h.press(Enter); o.Err != nil || o.Ticket.Only != "2" {
		t.Errorf("to counter 2: %+v", o)
	}
	h.now(2 * time.Second)
	h.keys <- "9"
	if o := h.press(Enter); queue.ErrorCode(o.Err) != queue.CodeUnknownTicket {
		t.Errorf("a number that nobody has: %+v", o)
	}
	if o := h.press("/"); o.Err != nil {
		t.Error(o.Err)
	}
	if c, err := h.Counters(t.Context()); err != nil || c[0].State != queue.Paused {
		t.Errorf("%+v, %v", c[0], err)
	}
}

func TestRefuses(t *testing.T) {
	if _, err := New(Config{}); err == nil {
		t.Error("an agent of nothing")
	}
}
