package operator

import (
	"context"
	"errors"
	"math"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/xinmoi/xinmoi/announce/rtp"
	"github.com/xinmoi/xinmoi/ivr"
	"github.com/xinmoi/xinmoi/ivr/media"
	"github.com/xinmoi/xinmoi/ivr/peertest"
	"github.com/xinmoi/xinmoi/ivr/sip"
	"github.com/xinmoi/xinmoi/ivr/trunk"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var _ ivr.Line = (*Line)(nil)

// patience bounds every wait; it is only used up by failures.
const patience = 30 * time.Second

// office answers calls and puts every caller through.
type office struct {
	*Desk
	server *sip.Server
	to     string
	lines  chan *Line
	result chan error
	ctx    func() (context.Context, context.CancelFunc)
}

func newOffice(t *testing.T, to string, c Config) *office {
	t.Helper()
	return newHurried(t, to, c, func() (context.Context, context.CancelFunc) {
		return context.WithTimeout(context.Background(), patience)
	})
}

// newHurried is an office whose callers wait only as long as ctx.
func newHurried(t *testing.T, to string, c Config, ctx func() (context.Context, context.CancelFunc)) *office {
	t.Helper()
	o := &office{Desk: New(c), to: to, lines: make(chan *Line, 8), result: make(chan error, 8), ctx: ctx}
	o.server = serve(t, o.answer)
	o.Use(o.server)
	return o
}

func (o *office) answer(_ context.Context, c *sip.Call) {
	l := o.Line(c)
	o.lines <- l
	ctx, cancel := o.ctx()
	defer cancel()
	err := l.Transfer(ctx, o.to)
	o.result <- err
	l.Wait()
}

func serve(t *testing.T, answer func(context.Context, *sip.Call)) *sip.Server {
	t.Helper()
	s, err := sip.Listen(sip.Config{Addr: "127.0.0.1:0", Answer: answer, Drain: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = s.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	return s
}

// person is an operator's telephone that is picked up at once.
func person(t *testing.T, hz float64) (*sip.Server, chan *sip.Call) {
	calls := make(chan *sip.Call, 8)
	return serve(t, func(_ context.Context, c *sip.Call) {
		c.Play(rtp.NewPrompt(sine(hz)))
		calls <- c
		for range c.Inputs() {
		}
	}), calls
}

func sine(hz float64) []int16 {
	s := make([]int16, 3*rtp.SampleRate)
	for i := range s {
		s[i] = int16(8000 * math.Sin(2*math.Pi*hz*float64(i)/rtp.SampleRate))
	}
	return s
}

func call(t *testing.T, s *sip.Server, tap func([]int16)) *sip.Call {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c, err := sip.Dial(ctx, sip.DialConfig{URI: "sip:1022@" + s.Addr().String(), From: "0912345678", Heard: tap})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { hangup(c) })
	return c
}

func hangup(c *sip.Call) {
	c.Stop()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_ = c.Hangup(ctx)
}

func receive[T any](t *testing.T, ch <-chan T, what string) T {
	t.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(patience):
		t.Fatalf("no %s within %v", what, patience)
	}
	panic("unreachable")
}

func eventually(t *testing.T, what string, cond func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); !cond(); <-tick.C {
		if time.Now().After(end) {
			t.Fatalf("not within %v: %s", patience, what)
		}
	}
}

// Our own telephone answers a REFER with 405, as many trunks do: the operator is
// called, and the two hear each other.
func TestRefusedTransferIsBridged(t *testing.T) {
	t.Parallel()
	const callerHz, operatorHz = 500, 800
	p, picked := person(t, operatorHz)
	watched := &watcher{}
	o := newOffice(t, "sip:101@"+p.Addr().String(), Config{Watch: watched})
	var heard, heardThere peertest.Tape
	caller := call(t, o.server, heard.Tap)
	operator := receive(t, picked, "the operator's call")
	operator.Heard(heardThere.Tap)
	if err := receive(t, o.result, "the outcome"); err != nil {
		t.Fatal(err)
	}
	l := receive(t, o.lines, "the line")
	for in := range l.Inputs() {
		if in.Kind == media.HungUp && in.Source != sip.EndTransfer {
			t.Errorf("the conversation ended by %s", in.Source)
		}
	}
	l.Play(rtp.NewPrompt(sine(2000))) // Too late: nobody hears it.
	if err := l.Hangup(t.Context()); err != nil {
		t.Error(err)
	}
	caller.Play(rtp.NewPrompt(sine(callerHz)))
	eventually(t, "the operator hears the caller", func() bool { return heardThere.Hums(callerHz) })
	eventually(t, "the caller hears the operator", func() bool { return heard.Hums(operatorHz) })
	if f := o.Figures(); f.Talking != 1 || f.Outcomes[Bridged] != 1 {
		t.Errorf("%+v", f)
	}
	hangup(operator)
	<-caller.Done()
	eventually(t, "the place is free", func() bool { return o.Figures().Talking == 0 })
	eventually(t, "the end is told", func() bool { return watched.kinds() == "bridged parted" })
}

// watcher keeps what it is told.
type watcher struct {
	mu   sync.Mutex
	list []string
}

func (w *watcher) Call(_ string, m ivr.Moment) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.list = append(w.list, m.Kind)
}

func (w *watcher) kinds() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return strings.Join(w.list, " ")
}

func TestModes(t *testing.T) {
	t.Parallel()
	p, picked := person(t, 800)
	for _, c := range []struct {
		mode Mode
		want Outcome
	}{{Refer, Failed}, {Bridge, Bridged}} {
		t.Run(string(c.mode), func(t *testing.T) {
			o := newOffice(t, "sip:101@"+p.Addr().String(), Config{Mode: func(string) Mode { return c.mode }})
			caller := call(t, o.server, nil)
			err := receive(t, o.result, "the outcome")
			if (err == nil) != (c.want == Bridged) || o.Figures().Outcomes[c.want] != 1 {
				t.Errorf("%v, %+v", err, o.Figures())
			}
			if err == nil {
				hangup(receive(t, picked, "the operator's call"))
			} else if !errors.Is(err, sip.ErrNoTransfer) {
				t.Errorf("%v", err)
			}
			<-caller.Done()
		})
	}
	for text, want := range map[string]Mode{"": Auto, "auto": Auto, "refer": Refer, "bridge": Bridge, "x": Auto} {
		if got, err := ParseMode(text); got != want || (err != nil) != (text == "x") {
			t.Errorf("%q: %s, %v", text, got, err)
		}
	}
}

// telephone answers an INVITE by hand: with these statuses, then nothing.
func telephone(t *testing.T, statuses ...string) string {
	t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf, invite := make([]byte, 65535), ""
		for {
			n, from, err := conn.ReadFromUDP(buf)
			if err != nil {
				return
			}
			msg := string(buf[:n])
			answer := func(msg, status string) {
				text := "SIP/2.0 " + status + "\r\n"
				for line := range strings.SplitSeq(msg, "\r\n") {
					name, _, _ := strings.Cut(line, ":")
					switch strings.ToLower(name) {
					case "via", "from", "call-id", "cseq":
						text += line + "\r\n"
					case "to":
						text += line + ";tag=operator\r\n"
					}
				}
				_, _ = conn.WriteToUDP([]byte(text+"Content-Length: 0\r\n\r\n"), from)
			}
			switch method, _, _ := strings.Cut(msg, " "); method {
			case "INVITE":
				invite = msg
				for _, s := range statuses {
					answer(msg, s)
				}
			case "CANCEL":
				answer(msg, "200 OK")
				answer(invite, "487 Request Terminated")
			}
		}
	}()
	t.Cleanup(func() { _ = conn.Close(); <-done })
	return "sip:101@" + conn.LocalAddr().String()
}

// Whatever keeps the operator from answering, the conversation learns of it and
// goes on.
func TestOperatorDoesNotAnswer(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		statuses []string
		want     Outcome
	}{
		{"busy", []string{"180 Ringing", "486 Busy Here"}, Busy},
		{"nobody comes", []string{"180 Ringing"}, NoAnswer},
		{"declined", []string{"603 Decline"}, Failed},
		{"no such extension", []string{"404 Not Found"}, Failed},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := newHurried(t, telephone(t, c.statuses...), Config{}, func() (context.Context, context.CancelFunc) {
				if c.want == NoAnswer {
					return context.WithTimeout(context.Background(), 2*time.Second)
				}
				return context.WithTimeout(context.Background(), patience)
			})
			caller := call(t, o.server, nil)
			l := receive(t, o.lines, "the line")
			if err := receive(t, o.result, "the outcome"); err == nil {
				t.Fatal("put through to nobody")
			}
			if f := o.Figures(); f.Outcomes[c.want] != 1 || f.Talking != 0 {
				t.Errorf("%+v, want one %s", f, c.want)
			}
			select {
			case in := <-l.Inputs():
				if in.Kind == media.HungUp && in.Source == sip.EndTransfer {
					t.Error("the conversation was ended")
				}
			default:
			}
			hangup(caller)
		})
	}
}

// The caller hangs up while the operator's telephone rings: it stops ringing.
func TestCallerGivesUp(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	o := newHurried(t, telephone(t, "180 Ringing"), Config{}, func() (context.Context, context.CancelFunc) { return ctx, cancel })
	caller := call(t, o.server, nil)
	receive(t, o.lines, "the line")
	hangup(caller)
	cancel() // As a conversation that has heard the hang-up does.
	if err := receive(t, o.result, "the outcome"); err == nil || o.Figures().Outcomes[GaveUp] != 1 {
		t.Errorf("%v, %+v", err, o.Figures())
	}
}

// No more callers talk with the operator at a time than may.
func TestBounded(t *testing.T) {
	t.Parallel()
	p, picked := person(t, 800)
	o := newOffice(t, "sip:101@"+p.Addr().String(), Config{AtOnce: 1})
	first := call(t, o.server, nil)
	if err := receive(t, o.result, "the outcome"); err != nil {
		t.Fatal(err)
	}
	second := call(t, o.server, nil)
	if err := receive(t, o.result, "the outcome"); !errors.Is(err, ErrFull) || o.Figures().Outcomes[Full] != 1 {
		t.Errorf("%v, %+v", err, o.Figures())
	}
	hangup(receive(t, picked, "the operator's call"))
	<-first.Done()
	hangup(second)
}

// A trunk that refuses is not asked for an hour; a direct caller is, each time.
func TestRefusalIsRemembered(t *testing.T) {
	d, now := New(Config{}), time.Now()
	d.noted("viettel", now)
	d.noted("", now)
	for _, c := range []struct {
		name string
		mode Mode
		at   time.Time
		want bool
	}{
		{"viettel", Auto, now.Add(time.Minute), false}, {"viettel", Auto, now.Add(noticeFor + 1), true}, {"viettel", Refer, now, true},
		{"vnpt", Auto, now, true}, {"", Auto, now, true}, {"vnpt", Bridge, now, false},
	} {
		if got := d.refers(c.name, c.mode, c.at); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

func TestWorthRinging(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	rejected := func(code int) error { return &sip.RejectedError{Code: code} }
	for _, c := range []struct {
		err  error
		want bool
	}{
		{errors.Join(sip.ErrTransfer, sip.ErrNoTransfer, rejected(405)), true}, {errors.Join(sip.ErrTransfer, sip.ErrNoTransfer, rejected(486)), true},
		{errors.Join(sip.ErrTransfer, rejected(486)), false}, {errors.Join(sip.ErrTransfer, rejected(503)), true}, {errors.Join(sip.ErrTransfer, sip.ErrOver), false},
	} {
		if got := worthRinging(ctx, c.err); got != c.want {
			t.Errorf("%v: %v", c.err, got)
		}
	}
	cancel()
	if worthRinging(ctx, sip.ErrNoTransfer) {
		t.Error("nobody waits any more")
	}
	if got := outcomeOf(context.Background(), &trunk.CallError{Class: trunk.NoAnswer}); got != NoAnswer {
		t.Errorf("%s", got)
	}
}

// Callers by no trunk may be anybody: some places are left for the others.
func TestStrangersLeavePlaces(t *testing.T) {
	d := New(Config{AtOnce: 3})
	var leave []func()
	for i := range 2 {
		l, ok := d.place(true)
		if !ok {
			t.Fatalf("direct caller %d gets no place", i+1)
		}
		leave = append(leave, l)
	}
	if _, ok := d.place(true); ok {
		t.Error("direct callers take all places")
	}
	last, ok := d.place(false)
	if !ok {
		t.Fatal("nothing is left for a trunk")
	}
	if _, ok := d.place(false); ok || d.Figures().Talking != 3 {
		t.Errorf("a fourth of three, %d talk", d.Figures().Talking)
	}
	last()
	leave[0]()
	if _, ok := d.place(true); !ok || d.Figures().Talking != 2 {
		t.Errorf("a place that was given back is not free; %d talk", d.Figures().Talking)
	}
}
