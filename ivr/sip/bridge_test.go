package sip

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/announce/rtp"
	"github.com/xinmoi/xinmoi/ivr/media"
	"github.com/xinmoi/xinmoi/ivr/peertest"
)

const (
	callerHz   = 500.0
	operatorHz = 800.0
)

// operatorPhone is a telephone that answers, speaks and listens.
type operatorPhone struct {
	server *Server
	tape   peertest.Tape
	calls  chan *Call
	keys   chan rune
}

func newOperatorPhone(t *testing.T, cfg Config) *operatorPhone {
	o := &operatorPhone{calls: make(chan *Call, 4), keys: make(chan rune, 16)}
	cfg.Answer = func(_ context.Context, c *Call) {
		c.Heard(o.tape.Tap)
		c.Play(sine(operatorHz, 3*time.Second))
		o.calls <- c
		for in := range c.Inputs() {
			if in.Kind == media.Digit {
				o.keys <- in.Digit
			}
		}
	}
	o.server = serve(t, cfg)
	return o
}

// bridging is an office that puts every caller through at once.
type bridging struct {
	to   string
	long time.Duration

	mu   sync.Mutex
	dial func(ctx context.Context, uri string) (*Call, error)

	last chan media.Input // What the conversation heard last.
	why  chan string
}

func (b *bridging) answer(ctx context.Context, c *Call) {
	inputs := c.Inputs()
	b.mu.Lock()
	dial := b.dial
	b.mu.Unlock()
	o, err := dial(ctx, b.to)
	if err != nil {
		b.why <- err.Error()
		return
	}
	c.HandOver()
	for in := range inputs {
		b.last <- in
	}
	b.why <- Bridge(ctx, c, o, b.long)
}

// dials sets how the operator is called.
func (b *bridging) dials(dial func(ctx context.Context, uri string) (*Call, error)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.dial = dial
}

// newBridging gives the office and its address.
func newBridging(t *testing.T, to string, long time.Duration) (*bridging, *Server) {
	b := &bridging{to: to, long: long, last: make(chan media.Input, 40), why: make(chan string, 4)}
	s := serve(t, Config{Answer: b.answer, Drain: time.Second})
	b.dials(func(ctx context.Context, uri string) (*Call, error) {
		return s.Dial(ctx, DialConfig{Network: lan(t), URI: uri})
	})
	return b, s
}

// operator waits until the operator has answered.
func (b *bridging) operator(t *testing.T, o *operatorPhone) *Call {
	t.Helper()
	select {
	case c := <-o.calls:
		return c
	case why := <-b.why:
		t.Fatalf("the operator was not reached: %s", why)
	case <-time.After(patience):
		t.Fatalf("the operator was not reached within %v", patience)
	}
	panic("unreachable")
}

// Both hear each other, keys pass both ways, and whoever hangs up ends both
// calls.
func TestBridge(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		end  func(t *testing.T, caller, operator *Call)
		why  string
	}{
		{"the caller hangs up", func(t *testing.T, caller, _ *Call) { hangup(t, caller) }, PartedByFirst},
		{"the operator hangs up", func(t *testing.T, _, operator *Call) { hangup(t, operator) }, PartedBySecond},
	} {
		t.Run(c.name, virtual(func(t *testing.T) {
			o := newOperatorPhone(t, Config{})
			b, s := newBridging(t, "sip:101@"+o.server.Addr().String(), time.Minute)
			var heard peertest.Tape
			keys := make(chan rune, 16)
			caller := dialHearing(t, s, "udp", heard.Tap)
			go func() {
				for in := range caller.Inputs() {
					if in.Kind == media.Digit {
						keys <- in.Digit
					}
				}
			}()
			operator := b.operator(t, o)
			if in := receive(t, b.last, "the conversation's last input"); in.Kind != media.HungUp || in.Source != EndTransfer {
				t.Errorf("the conversation heard %v (%s)", in.Kind, in.Source)
			}
			caller.Play(sine(callerHz, 3*time.Second))
			for _, side := range []struct {
				who  string
				tape *peertest.Tape
				hz   float64
			}{{"caller", &heard, operatorHz}, {"operator", &o.tape, callerHz}} {
				eventually(t, "the "+side.who+" hears the other", func() bool { return side.tape.Hums(side.hz) })
			}
			if err := caller.SendDigit(t.Context(), '7'); err != nil {
				t.Error(err)
			}
			if err := operator.SendDigit(t.Context(), '#'); err != nil {
				t.Error(err)
			}
			if k := receive(t, o.keys, "the caller's key"); k != '7' {
				t.Errorf("the operator got key %c", k)
			}
			if k := receive(t, keys, "the operator's key"); k != '#' {
				t.Errorf("the caller got key %c", k)
			}
			c.end(t, caller, operator)
			if why := receive(t, b.why, "the end of the bridge"); why != c.why {
				t.Errorf("ended: %s, want %s", why, c.why)
			}
			<-caller.Done()
			<-operator.Done()
			eventually(t, "no calls are left", func() bool { return s.Calls() == 0 && o.server.Calls() == 0 })
		}))
	}
}

// An operator's telephone that takes no telephone events hears the keys.
func TestBridgePassesKeysAsSound(t *testing.T) {
	virtual(func(t *testing.T) {
		o := newOperatorPhone(t, Config{})
		b, s := newBridging(t, "sip:101@"+o.server.Addr().String(), time.Minute)
		b.dials(func(ctx context.Context, uri string) (*Call, error) {
			c, err := s.Dial(ctx, DialConfig{Network: lan(t), URI: uri})
			if err == nil {
				c.leg.stream.SetCodec(rtp.Codec{Law: rtp.ALaw, Payload: 8})
			}
			return c, err
		})
		caller := dialTo(t, s, "udp")
		operator := b.operator(t, o)
		operator.Stop() // It hums no more.
		receive(t, b.last, "the hand-over")
		if err := caller.SendDigit(t.Context(), '7'); err != nil {
			t.Error(err)
		}
		if k := receive(t, o.keys, "the caller's key"); k != '7' {
			t.Errorf("the operator got key %c", k)
		}
		hangup(t, caller)
		if why := receive(t, b.why, "the end of the bridge"); why != PartedByFirst {
			t.Errorf("ended: %s", why)
		}
	})(t)
}

// A conversation with the operator is bounded, whatever other calls are.
func TestBridgeIsBounded(t *testing.T) {
	virtual(func(t *testing.T) {
		o := newOperatorPhone(t, Config{})
		b, s := newBridging(t, "sip:101@"+o.server.Addr().String(), 300*time.Millisecond)
		caller := dialTo(t, s, "udp")
		if why := receive(t, b.why, "the end of the bridge"); why != PartedByTime {
			t.Errorf("ended: %s", why)
		}
		<-caller.Done()
	})(t)
}

// A stop of the program parts them too.
func TestBridgeAtShutdown(t *testing.T) {
	virtual(func(t *testing.T) {
		o := newOperatorPhone(t, Config{})
		b := &bridging{to: "sip:101@" + o.server.Addr().String(), long: time.Minute, last: make(chan media.Input, 40), why: make(chan string, 4)}
		s, stop := start(t, Config{Answer: b.answer, Drain: 500 * time.Millisecond})
		b.dials(func(ctx context.Context, uri string) (*Call, error) {
			return s.Dial(ctx, DialConfig{Network: lan(t), URI: uri})
		})
		caller := dialTo(t, s, "udp")
		b.operator(t, o)
		receive(t, b.last, "the hand-over")
		stop()
		if why := receive(t, b.why, "the end of the bridge"); why != PartedByStop {
			t.Errorf("ended: %s", why)
		}
		<-caller.Done()
		eventually(t, "the operator is free", func() bool { return o.server.Calls() == 0 })
	})(t)
}

// What the operator's line plays before anybody answers, the caller hears: a
// ring-back tone, or why nobody will.
func TestEarlySoundIsHeardByTheCaller(t *testing.T) {
	virtual(func(t *testing.T) {
		o := newOperatorPhone(t, Config{Door: believing{trunk: "t"}, Early: func(*Call) *rtp.Prompt { return sine(operatorHz, time.Second) }})
		refused, ready := make(chan error, 1), make(chan struct{})
		var s *Server
		s = serve(t, Config{Answer: func(ctx context.Context, c *Call) {
			<-ready
			early := rtp.NewRelay()
			c.Relay(early)
			_, err := s.Dial(ctx, DialConfig{Network: lan(t), URI: "sip:101@" + o.server.Addr().String(), Early: true, Heard: early.Put})
			c.Relay(nil)
			refused <- err
		}})
		close(ready)
		var heard peertest.Tape
		caller := dialHearing(t, s, "udp", heard.Tap)
		var rejected *RejectedError
		if err := receive(t, refused, "the outcome"); !errors.As(err, &rejected) || rejected.Code != 480 {
			t.Errorf("outcome %v", err)
		}
		eventually(t, "the caller hears the line", func() bool { return heard.Hums(operatorHz) })
		<-caller.Done()
	})(t)
}

func TestHandOverOfAnEndedCall(t *testing.T) {
	virtual(func(t *testing.T) {
		rec := newRecorder(nil)
		s := serve(t, Config{Answer: rec.answer})
		caller := dialTo(t, s, "udp")
		c := rec.call(t)
		hangup(t, caller)
		<-c.Done()
		if c.HandOver() {
			t.Error("a call that is over was handed over")
		}
	})(t)
}

// The operator is an extension of the switchboard that the call came by, or any
// address.
func TestBeside(t *testing.T) {
	t.Parallel()
	rec := newRecorder(nil)
	s := serve(t, Config{Answer: rec.answer})
	r := newRaw(t, s)
	tag := r.answered("beside", "")
	c := rec.call(t)
	for to, want := range map[string]string{
		"101": "sip:101@" + r.port(), "1 0 1": "sip:101@" + r.port(), "sip:100@10.0.0.2": "sip:100@10.0.0.2", "": "", "sip:x\r\ny": "", "<>": "",
	} {
		if got, err := c.Beside(t.Context(), to); got != want && (want != "" || err == nil) || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v; want %q", to, got, err, want)
		}
	}
	r.send(r.build("BYE", "beside", tag, 2, "", ""))
	r.response()
	<-c.Done()
	if _, err := c.Beside(t.Context(), "101"); err == nil {
		t.Error("an ended call has a switchboard")
	}
	tcp := dialTo(t, s, "tcp")
	if got, err := rec.call(t).Beside(t.Context(), "101"); err != nil || !strings.HasSuffix(got, ";transport=tcp") {
		t.Errorf("by TCP: %q, %v", got, err)
	}
	hangup(t, tcp)
}
