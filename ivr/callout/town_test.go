package callout

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/xinmoi/xinmoi/announce"
	"github.com/xinmoi/xinmoi/announce/rtp"
	"github.com/xinmoi/xinmoi/ivr"
	"github.com/xinmoi/xinmoi/ivr/callout/book"
	"github.com/xinmoi/xinmoi/ivr/media"
	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/memory"
)

// days is how many days are lived by default; -rapid.checks on the command line
// wins.
const days = "30"

func TestMain(m *testing.M) {
	flag.Parse()
	set := false
	flag.Visit(func(f *flag.Flag) { set = set || f.Name == "rapid.checks" })
	if !set {
		_ = flag.Set("rapid.checks", days)
	}
	goleak.VerifyTestMain(m)
}

// fakeVoice renders every sentence as silence of a length that tells which
// sentence it is.
type fakeVoice struct {
	mu    sync.Mutex
	lines map[string]int
	text  map[time.Duration]string
	err   error
}

func newFakeVoice() *fakeVoice {
	return &fakeVoice{lines: map[string]int{}, text: map[time.Duration]string{}}
}

func (v *fakeVoice) render(_ context.Context, s announce.Sentence) ([]int16, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.err != nil {
		return nil, v.err
	}
	text := s.Text()
	if _, ok := v.lines[text]; !ok {
		v.lines[text] = len(v.lines)
	}
	length := 4*time.Second + time.Duration(v.lines[text])*rtp.FrameDuration
	v.text[length] = text
	return make([]int16, int(length*sampleRate/time.Second)), nil
}

func (v *fakeVoice) of(p *rtp.Prompt) string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.text[p.Duration()]
}

// citizen is how somebody's telephone behaves.
type citizen struct {
	rings   time.Duration            // Until it is taken; forever if 0.
	fails   *Failure                 // Instead of an answer, after rings.
	hello   time.Duration            // How long "A lô" takes; silence if 0.
	presses map[string]string        // Keys by a piece of the sentence that is played; once each.
	leaves  map[string]time.Duration // Hangs up so long after a sentence with this piece began.
	reacts  map[string]func()        // Does something when a sentence with this piece begins; once.
}

// ring is one call that reached the network.
type ring struct {
	number     string
	from, to   time.Time // Of the ringing.
	talkedTill time.Time
	heard      []string
}

// town is the telephone network: it implements Dialer and notes every call.
type town struct {
	t     testing.TB
	voice *fakeVoice
	zone  *time.Location

	mu       sync.Mutex
	citizens map[string]*citizen
	rings    []*ring
	busy     map[string]int // Calls under way by number.
	most     int            // Calls under way at once, at most.
	check    func(number string, at time.Time)
}

func newTown(t testing.TB, v *fakeVoice) *town {
	zone, err := time.LoadLocation("Asia/Ho_Chi_Minh")
	if err != nil {
		t.Fatal(err)
	}
	return &town{t: t, voice: v, zone: zone, citizens: map[string]*citizen{}, busy: map[string]int{}}
}

func (n *town) citizen(number string) *citizen {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.citizens[number]
}

// atOnce is how many calls were under way at once, at most.
func (n *town) atOnce() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.most
}

// lives gives a number to a citizen.
func (n *town) lives(number string, c *citizen) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.citizens[number] = c
}

func (n *town) Call(ctx context.Context, number string) (ivr.Line, error) {
	n.mu.Lock()
	c := n.citizens[number]
	if c == nil {
		c = &citizen{}
	}
	r := &ring{number: number, from: time.Now()}
	n.rings = append(n.rings, r)
	n.busy[number]++
	if n.busy[number] > 1 {
		n.t.Errorf("%s is called twice at once", number)
	}
	total := 0
	for _, k := range n.busy {
		total += k
	}
	n.most = max(n.most, total)
	if at := r.from.In(n.zone).Format(clock); at < "07:00" || at >= "17:00" {
		n.t.Errorf("called at %s", at)
	}
	check := n.check
	n.mu.Unlock()
	if check != nil {
		check(number, r.from)
	}
	patience := c.rings
	if patience == 0 {
		patience = 24 * time.Hour
	}
	answer := time.NewTimer(patience)
	defer answer.Stop()
	select {
	case <-answer.C:
	case <-ctx.Done():
		n.over(r)
		return nil, fmt.Errorf("cancelled: %w", context.Cause(ctx))
	}
	if c.fails != nil {
		n.over(r)
		return nil, c.fails
	}
	n.mu.Lock()
	r.to = time.Now()
	n.mu.Unlock()
	return newFakeLine(n, c, r), nil
}

func (n *town) over(r *ring) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if r.to.IsZero() {
		r.to = time.Now()
	}
	r.talkedTill = time.Now()
	n.busy[r.number]--
}

// calls gives the rings so far.
func (n *town) calls() []ring {
	n.mu.Lock()
	defer n.mu.Unlock()
	var all []ring
	for _, r := range n.rings {
		k := *r
		k.heard = append([]string(nil), r.heard...)
		all = append(all, k)
	}
	return all
}

// fakeLine is an answered call to a citizen.
type fakeLine struct {
	n *town
	c *citizen
	r *ring

	mu      sync.Mutex
	inputs  chan media.Input
	playing *time.Timer
	quietAt time.Time
	longest time.Duration
	down    bool
}

func newFakeLine(n *town, c *citizen, r *ring) *fakeLine {
	return &fakeLine{n: n, c: c, r: r, inputs: make(chan media.Input, 64), quietAt: time.Now()}
}

func (l *fakeLine) ID() string                             { return "callout-test" }
func (l *fakeLine) Caller() string                         { return "" }
func (l *fakeLine) Inputs() <-chan media.Input             { return l.inputs }
func (l *fakeLine) Transfer(context.Context, string) error { return errors.New("no transfer here") }

// Heard lets the citizen say "A lô?".
func (l *fakeLine) Heard(tap func([]int16)) {
	if l.c.hello == 0 {
		return
	}
	loudly := make([]int16, int(l.c.hello*sampleRate/time.Second))
	for i := range loudly {
		loudly[i] = int16(3000 * (1 - 2*(i/20%2)))
	}
	time.AfterFunc(l.c.hello, func() {
		tap(loudly)
		time.AfterFunc(endHello, func() { tap(make([]int16, int(endHello*sampleRate/time.Second))) })
	})
}

func (l *fakeLine) Play(p *rtp.Prompt) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stop()
	text := l.n.voice.of(p)
	l.longest = max(l.longest, time.Since(l.quietAt))
	l.n.mu.Lock()
	l.r.heard = append(l.r.heard, text)
	l.n.mu.Unlock()
	l.playing = time.AfterFunc(p.Duration(), func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.playing, l.quietAt = nil, time.Now()
		l.put(media.Input{Kind: media.Played})
	})
	l.react(text)
}

// react does what the citizen does at a sentence; l.mu is held.
func (l *fakeLine) react(text string) {
	for piece, keys := range l.c.presses {
		if strings.Contains(text, piece) {
			delete(l.c.presses, piece)
			time.AfterFunc(time.Second, func() {
				l.mu.Lock()
				defer l.mu.Unlock()
				for _, k := range keys {
					l.put(media.Input{Kind: media.Digit, Digit: k})
				}
			})
		}
	}
	for piece, after := range l.c.leaves {
		if strings.Contains(text, piece) {
			time.AfterFunc(after, func() { _ = l.Hangup(context.Background()) })
		}
	}
	for piece, do := range l.c.reacts {
		if strings.Contains(text, piece) {
			delete(l.c.reacts, piece)
			time.AfterFunc(500*time.Millisecond, do)
		}
	}
}

// put reports what happened; l.mu is held.
func (l *fakeLine) put(in media.Input) {
	if !l.down {
		l.inputs <- in
	}
}

func (l *fakeLine) stop() {
	if l.playing != nil {
		l.playing.Stop()
		l.playing, l.quietAt = nil, time.Now()
	}
}

func (l *fakeLine) Stop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stop()
}

func (l *fakeLine) Hangup(context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.down {
		return nil
	}
	l.stop()
	l.put(media.Input{Kind: media.HungUp})
	l.down = true
	close(l.inputs)
	l.n.over(l.r)
	if most := longWait + 100*time.Millisecond; l.longest > most {
		l.n.t.Errorf("silence of %v, want at most %v", l.longest, most)
	}
	return nil
}

// office is an engine in memory with everything a test does to it.
type office struct {
	t testing.TB
	*queue.Engine
}

func newOffice(t testing.TB, change func(*queue.Setup)) *office {
	setup := queue.CommuneCentre()
	if change != nil {
		change(&setup)
	}
	e, err := queue.NewEngine(t.Context(), queue.Config{Setup: setup, Store: new(memory.Store), Secret: []byte("secret of the test")})
	if err != nil {
		t.Fatal(err)
	}
	return &office{t, e}
}

// take issues a number by telephone.
func (o *office) take(service string) queue.Ticket {
	o.t.Helper()
	tk, err := o.Take(o.t.Context(), queue.TakeRequest{Service: service, Channel: queue.Phone, Meta: queue.Meta{Caller: "phone"}})
	if err != nil {
		o.t.Fatal(err)
	}
	return tk
}

func (o *office) open(counter string) {
	o.t.Helper()
	if _, err := o.SetCounter(o.t.Context(), queue.SetCounterRequest{Counter: counter, State: queue.Opened, Meta: queue.Meta{Caller: "staff"}}); err != nil {
		o.t.Fatal(err)
	}
}

// next calls the next ticket and finishes the one in hand.
func (o *office) next(counter string) (queue.Ticket, bool) {
	o.t.Helper()
	r := queue.CounterRequest{Counter: counter, Meta: queue.Meta{Caller: "staff"}}
	tk, err := o.Next(o.t.Context(), r)
	if queue.ErrorCode(err) == queue.CodeCounterBusy {
		var e *queue.Error
		errors.As(err, &e)
		o.act(e.Ticket.ID, queue.Finish)
		tk, err = o.Next(o.t.Context(), r)
	}
	switch queue.ErrorCode(err) {
	case "":
		return tk, true
	case queue.CodeNobodyWaiting:
		return tk, false
	}
	o.t.Fatal(err)
	return tk, false
}

func (o *office) act(ticket string, a queue.Action) queue.Ticket {
	o.t.Helper()
	tk, err := o.Act(o.t.Context(), queue.ActRequest{Ticket: ticket, Action: a, Meta: queue.Meta{Caller: "staff"}})
	if err != nil {
		o.t.Fatal(err)
	}
	return tk
}

func (o *office) ticket(id string) queue.Ticket {
	o.t.Helper()
	tk, err := o.Ticket(o.t.Context(), id)
	if err != nil {
		o.t.Fatal(err)
	}
	return tk
}

// world is an office with a Caller and a town.
type world struct {
	t      testing.TB
	office *office
	voice  *fakeVoice
	town   *town
	book   *book.Book
	path   string
	caller *Caller
	config Config
	stop   func()
	halt   func()
}

// newWorld makes a world that runs; call close before the bubble ends.
func newWorld(t testing.TB, change func(*queue.Setup), rules Rules) *world {
	v := newFakeVoice()
	w := &world{t: t, office: newOffice(t, change), voice: v, town: newTown(t, v), path: filepath.Join(t.TempDir(), book.FileName)}
	w.config = Config{Office: w.office.Engine, Setup: w.office.Engine, Dialer: w.town, Render: v.render, Rules: rules}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.office.Run(ctx) }()
	w.halt = func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	w.start()
	return w
}

// start opens the book and runs a Caller.
func (w *world) start() {
	w.t.Helper()
	var err error
	if w.book, err = book.Open(context.Background(), w.path); err != nil {
		w.t.Fatal(err)
	}
	w.config.Book = w.book
	if w.caller, err = New(w.config); err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.caller.Run(ctx) }()
	w.stop = func() {
		cancel()
		if err := <-done; err != nil {
			w.t.Error(err)
		}
		if err := w.book.Close(); err != nil {
			w.t.Error(err)
		}
	}
}

func (w *world) close() {
	w.stop()
	w.halt()
}

// wish notes that a ticket's holder wants to be called.
func (w *world) wish(t queue.Ticket, number string) {
	w.t.Helper()
	if err := w.caller.Ask(context.Background(), ivr.Wish{Ticket: t, Number: number, Language: "vi"}); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) wishOf(ticket string) book.Wish {
	w.t.Helper()
	got, ok, err := w.book.WishFor(context.Background(), ticket)
	if err != nil || !ok {
		w.t.Fatalf("wish of %s: %v, %v", ticket, ok, err)
	}
	return got
}

func (w *world) attempts(ticket string) []book.Attempt {
	w.t.Helper()
	list, err := w.book.Attempts(context.Background(), ticket)
	if err != nil {
		w.t.Fatal(err)
	}
	return list
}
