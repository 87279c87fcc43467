package ivr

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/announce"
	"github.com/xinmoi/xinmoi/announce/rtp"
	"github.com/xinmoi/xinmoi/ivr/media"
	"github.com/xinmoi/xinmoi/queue"
)

// fakeVoice renders every sentence as silence of a length that tells which
// sentence it is.
type fakeVoice struct {
	mu     sync.Mutex
	lines  map[string]int // Text → number of its line.
	text   map[time.Duration]string
	delay  func(text string) time.Duration
	err    func(text string) error
	called map[string]int
}

func newFakeVoice() *fakeVoice {
	return &fakeVoice{lines: map[string]int{}, text: map[time.Duration]string{}, called: map[string]int{},
		delay: func(string) time.Duration { return 0 }, err: func(string) error { return nil }}
}

func (v *fakeVoice) render(ctx context.Context, s announce.Sentence) ([]int16, error) {
	text := s.Text()
	v.mu.Lock()
	v.called[text]++
	if _, ok := v.lines[text]; !ok {
		v.lines[text] = len(v.lines)
	}
	// Two seconds and 40 ms per line: a lead-in of 400 ms shows as well.
	length := 2*time.Second + time.Duration(v.lines[text])*rtp.FrameDuration
	v.text[length], v.text[length+leadIn] = text, text
	delay, err := v.delay(text), v.err(text)
	v.mu.Unlock()
	select {
	case <-time.After(delay):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return make([]int16, samplesIn(length)), err
}

func (v *fakeVoice) of(p *rtp.Prompt) string {
	v.mu.Lock()
	defer v.mu.Unlock()
	if text, ok := v.text[p.Duration()]; ok {
		return text
	}
	return "♪"
}

// fakeLine is a telephone line with a script: what the caller does after a
// sentence began.
type fakeLine struct {
	t      *testing.T
	voice  *fakeVoice
	start  time.Time
	script map[string]func(l *fakeLine) // By the beginning of a sentence; once each.
	mute   bool                         // Never reports Played.
	who    string

	operator error // What becomes of a transfer.

	mu      sync.Mutex
	inputs  chan media.Input
	log     []string
	playing *time.Timer
	quietAt time.Time
	longest time.Duration // Longest quiet so far.
	down    bool
}

func newFakeLine(t *testing.T, v *fakeVoice) *fakeLine {
	return &fakeLine{t: t, voice: v, start: time.Now(), quietAt: time.Now(), who: "0912345678",
		script: map[string]func(*fakeLine){}, inputs: make(chan media.Input, 64)}
}

func (l *fakeLine) ID() string                 { return "call@far.end" }
func (l *fakeLine) Caller() string             { return l.who }
func (l *fakeLine) Inputs() <-chan media.Input { return l.inputs }

func (l *fakeLine) note(format string, args ...any) {
	l.log = append(l.log, fmt.Sprintf("%5.1f ", time.Since(l.start).Seconds())+fmt.Sprintf(format, args...))
}

func (l *fakeLine) Play(p *rtp.Prompt) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stop()
	text := l.voice.of(p)
	l.note("say %s", text)
	l.longest = max(l.longest, time.Since(l.quietAt))
	l.playing = time.AfterFunc(p.Duration(), func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.playing, l.quietAt = nil, time.Now()
		if !l.down && !l.mute {
			l.inputs <- media.Input{Kind: media.Played}
		}
	})
	for begin, do := range l.script {
		if strings.HasPrefix(text, begin) {
			delete(l.script, begin)
			time.AfterFunc(300*time.Millisecond, func() { do(l) })
		}
	}
}

func (l *fakeLine) Stop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stop()
}

func (l *fakeLine) stop() {
	if l.playing != nil && l.playing.Stop() {
		l.playing, l.quietAt = nil, time.Now()
	}
}

func (l *fakeLine) Hangup(context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stop()
	if !l.down {
		l.note("hangup")
		l.end()
	}
	return nil
}

// Transfer implements Line; nobody answers unless the test says so.
func (l *fakeLine) Transfer(_ context.Context, to string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.note("transfer %s", to)
	return l.operator
}

func (l *fakeLine) end() {
	l.down = true
	l.inputs <- media.Input{Kind: media.HungUp}
	close(l.inputs)
}

// press presses keys at once.
func press(keys string) func(*fakeLine) {
	return func(l *fakeLine) {
		l.mu.Lock()
		defer l.mu.Unlock()
		for _, k := range keys {
			l.note("press %c", k)
			l.inputs <- media.Input{Kind: media.Digit, Digit: k, Source: media.SourceEvent}
		}
	}
}

// leave is a caller who hangs up.
func leave(l *fakeLine) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.down {
		return
	}
	l.note("leaves")
	l.stop()
	l.end()
}

// fakeOffice is an office with two services; the funcs may be replaced.
type fakeOffice struct {
	queue.Office
	mu       sync.Mutex
	look     func(ctx context.Context) error
	onTake   func(ctx context.Context, n int) error // n counts the attempts from 1.
	onAct    func(ctx context.Context, n int) error
	takes    []queue.TakeRequest
	acts     []queue.ActRequest
	services []queue.ServiceView
	mine     []queue.Ticket
	served   []queue.Ticket
	closed   bool
	rating   queue.RatingSetup
	codes    map[string]queue.Ticket
}

func (o *fakeOffice) Mine(context.Context, string) ([]queue.Ticket, error) { return o.mine, nil }

func (o *fakeOffice) Unrated(context.Context, string) ([]queue.Ticket, error) { return o.served, nil }

func (o *fakeOffice) Counters(context.Context) ([]queue.CounterView, error) {
	return []queue.CounterView{{State: queue.Closed}, {State: queue.Opened}}, nil
}

func (o *fakeOffice) Ticket(_ context.Context, ref string) (queue.Ticket, error) {
	if t, ok := o.codes[ref]; ok {
		return t, nil
	}
	return queue.Ticket{}, queue.Errorf(queue.CodeUnknownTicket, "no ticket %s", ref)
}

func newFakeOffice() *fakeOffice {
	none := func(context.Context, int) error { return nil }
	return &fakeOffice{look: func(context.Context) error { return nil }, onTake: none, onAct: none, services: testServices()[:2]}
}

func (o *fakeOffice) Info(ctx context.Context) (queue.Info, error) {
	info := testInfo()
	info.Open, info.Rating = !o.closed, o.rating
	return info, o.look(ctx)
}

func (o *fakeOffice) Services(context.Context) ([]queue.ServiceView, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.services, nil
}

func (o *fakeOffice) Take(ctx context.Context, r queue.TakeRequest) (queue.Ticket, error) {
	o.mu.Lock()
	o.takes = append(o.takes, r)
	n := len(o.takes)
	o.mu.Unlock()
	return testTicket(), o.onTake(ctx, n)
}

func (o *fakeOffice) Act(ctx context.Context, r queue.ActRequest) (queue.Ticket, error) {
	o.mu.Lock()
	o.acts = append(o.acts, r)
	n := len(o.acts)
	o.mu.Unlock()
	for _, t := range append(o.mine[:len(o.mine):len(o.mine)], o.served...) {
		if t.ID == r.Ticket {
			if r.Action == queue.Cancel {
				t.State = queue.Cancelled
			}
			return t, o.onAct(ctx, n)
		}
	}
	return testTicket(), o.onAct(ctx, n)
}

// slowly is an office that takes d, or fails when it is not waited for.
func slowly(d time.Duration) func(context.Context, int) error {
	return func(ctx context.Context, _ int) error {
		select {
		case <-time.After(d):
			return nil
		case <-ctx.Done():
			return queue.Errorf(queue.CodeUnavailable, "%w", ctx.Err())
		}
	}
}

// failing is an office that is unavailable for the first n attempts.
func failing(n int) func(context.Context, int) error {
	return func(_ context.Context, attempt int) error {
		if attempt <= n {
			return queue.Errorf(queue.CodeUnavailable, "attempt %d", attempt)
		}
		return nil
	}
}

// bench is a Service with a fake office, voice and line.
type bench struct {
	*Service
	office *fakeOffice
	voice  *fakeVoice
	line   *fakeLine
}

func newBench(t *testing.T) *bench {
	b := &bench{office: newFakeOffice(), voice: newFakeVoice()}
	b.Service = New(Config{Office: b.office, Render: b.voice.render, Logger: slog.New(slog.NewTextHandler(t.Output(), nil))})
	b.line = newFakeLine(t, b.voice)
	return b
}

// expect compares the log of the line: every line must begin as wanted, times
// included where the wanted line has one.
func (l *fakeLine) expect(want ...string) {
	l.t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	ok := len(l.log) == len(want)
	for i := 0; ok && i < len(want); i++ {
		got := strings.TrimSpace(l.log[i])
		_, untimed, _ := strings.Cut(got, " ")
		ok = strings.HasPrefix(got, want[i]) || strings.HasPrefix(untimed, want[i])
	}
	if !ok {
		l.t.Errorf("the line heard\n\t%s\nwant\n\t%s", strings.Join(l.log, "\n\t"), strings.Join(want, "\n\t"))
	}
}
