package sip

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/announce/rtp"
	"github.com/xinmoi/xinmoi/ivr/media"
	"github.com/xinmoi/xinmoi/ivr/peertest"
)

// A whole call between our two sides: answered, heard, keys pressed, hung up.
func TestCall(t *testing.T) {
	t.Parallel()
	for _, transport := range []string{"udp", "tcp"} {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			r := newRecorder(sine(1000, 600*time.Millisecond))
			s := serve(t, Config{Answer: r.answer})
			heard := &peertest.Tape{}
			c := dialHearing(t, s, transport, heard.Tap)
			callee := r.call(t)
			if callee.ID() != c.ID() || callee.Caller() != "+84912345678" || callee.Called() != "1022" {
				t.Errorf("callee knows %q %q %q", callee.ID(), callee.Caller(), callee.Called())
			}
			if s.Calls() != 1 {
				t.Errorf("%d calls", s.Calls())
			}
			if in := receive(t, r.inputs, "end of the prompt"); in.Kind != media.Played {
				t.Fatalf("got %v", in)
			}
			for _, d := range "1#*" {
				if err := c.SendDigit(t.Context(), d); err != nil {
					t.Fatal(err)
				}
			}
			if got := r.digits(t, 3); got != "1#*" {
				t.Errorf("digits %q", got)
			}
			if share, power := heard.Share(1000); share < 0.9 || power < 1e6 {
				t.Errorf("heard %.2f of 1000 Hz at power %.0f", share, power)
			}
			hangup(t, c)
			if _, why := r.end(t); why != EndBye {
				t.Errorf("ended by %q", why)
			}
			<-callee.Done()
			eventually(t, "no calls", func() bool { return s.Calls() == 0 })
		})
	}
}

// The sentence before the server hangs up leaves to its end, and a moment of
// silence behind it. That the far end hears them is tried where time is that of a
// network in memory: what a busy machine has not read when the BYE comes, it
// never hears.
func TestServerHangsUp(t *testing.T) {
	t.Run("udp", virtual(func(t *testing.T) {
		heard := serverHangsUp(t, "udp")
		if clear, _ := blocks(heard, 500); clear < 5 {
			t.Errorf("heard %d of the 6 pieces of the sentence", clear)
		}
		if n := len(heard); n < (300+160)*8 {
			t.Errorf("heard %d ms, the sentence and 200 ms are more", n/8)
		}
	}))
	t.Run("tcp", func(t *testing.T) {
		t.Parallel()
		serverHangsUp(t, "tcp")
	})
}

// serverHangsUp gives what a caller heard to whom the server says a sentence.
func serverHangsUp(t *testing.T, transport string) []int16 {
	over := make(chan uint64, 1)
	s := serve(t, Config{Answer: func(_ context.Context, c *Call) {
		c.Play(sine(500, 300*time.Millisecond))
		_ = c.Hangup(context.Background())
		over <- c.leg.stream.Sent()
	}})
	heard := &peertest.Tape{}
	c := dialHearing(t, s, transport, heard.Tap)
	for in := range c.Inputs() {
		if in.Kind != media.HungUp || in.Source != EndBye {
			t.Errorf("got %v", in)
		}
	}
	if frames, least := receive(t, over, "end of Hangup"), uint64((300*time.Millisecond+lastWord)/rtp.FrameDuration); frames < least {
		t.Errorf("%d packets were sent, the sentence and 200 ms are %d", frames, least)
	}
	<-c.Done()
	if err := c.Hangup(t.Context()); err != nil {
		t.Errorf("hanging up twice: %v", err)
	}
	return heard.Samples()
}

// A prompt that was replaced says nothing, also when its end was already
// reported but not taken.
func TestPlayedIsNewsOfTheRunningPrompt(t *testing.T) {
	virtual(func(t *testing.T) {
		got := make(chan string, 10)
		s := serve(t, Config{Answer: func(ctx context.Context, c *Call) {
			c.Play(sine(500, 40*time.Millisecond))
			eventually(t, "end of the first prompt", func() bool { return len(c.queue.C()) == 1 })
			c.Play(sine(500, 200*time.Millisecond))
			start := time.Now()
			in := <-c.Inputs()
			if in.Kind != media.Played || time.Since(start) < 150*time.Millisecond {
				t.Errorf("got %v after %v", in, time.Since(start))
			}
			c.Play(sine(500, 100*time.Millisecond))
			c.Stop()
			select {
			case in := <-c.Inputs():
				t.Errorf("after Stop: %v", in)
			case <-time.After(200 * time.Millisecond):
			}
			got <- "done"
		}})
		c := dialTo(t, s, "udp")
		receive(t, got, "end of the test")
		<-c.Done()
	})(t)
}

func TestSendDigitRefusesNonsense(t *testing.T) {
	virtual(func(t *testing.T) {
		r := newRecorder(nil)
		s := serve(t, Config{Answer: r.answer})
		c := dialTo(t, s, "udp")
		if err := c.SendDigit(t.Context(), 'x'); !errors.Is(err, errBadDigit) {
			t.Errorf("got %v", err)
		}
	})(t)
}

func TestDialErrors(t *testing.T) {
	t.Parallel()
	closedPort := func() string {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		return l.Addr().String()
	}()
	for _, c := range []struct {
		uri  string
		want error
	}{
		{"", ErrBadURI},
		{"1022", ErrBadURI},
		{"http://127.0.0.1", ErrBadURI},
		{"sip:1022@127.0.0.1;transport=carrier-pigeon", ErrBadURI},
		{"sip:1022@127.0.0.1\r\nX: y", ErrBadURI},
		{"sip:1022@" + closedPort + ";transport=tcp", nil},
		{"sip:1022@" + closedPort, context.DeadlineExceeded},
		{"sip:0912345678@" + closedPort + ";transport=tcp", nil},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		_, err := Dial(ctx, DialConfig{Network: lan(t), URI: c.uri})
		cancel()
		if err == nil || c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%q: %v", c.uri, err)
		}
		if err != nil && strings.Contains(err.Error(), "912345678") { // It goes to logs and pages.
			t.Errorf("the error tells who was called: %v", err)
		}
	}
}

func TestPortTaken(t *testing.T) {
	s := serve(t, Config{Answer: newRecorder(nil).answer})
	_, err := Listen(Config{Addr: s.Addr().String(), Answer: newRecorder(nil).answer})
	if !errors.Is(err, ErrPortTaken) {
		t.Errorf("got %v", err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0") // Free for UDP, taken for TCP.
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if _, err = Listen(Config{Addr: l.Addr().String(), Answer: newRecorder(nil).answer}); !errors.Is(err, ErrPortTaken) {
		t.Errorf("got %v", err)
	}
	if _, err = Listen(Config{Addr: l.Addr().String()}); err == nil {
		t.Error("a server without Answer")
	}
	idle, err := Listen(Config{Addr: "127.0.0.1:0", Answer: newRecorder(nil).answer})
	if err != nil {
		t.Fatal(err)
	}
	if err := idle.Close(); err != nil {
		t.Error(err)
	}
}

func TestTooManyCalls(t *testing.T) {
	virtual(func(t *testing.T) {
		r := newRecorder(nil)
		s := serve(t, Config{Answer: r.answer, MaxCalls: 1})
		dialTo(t, s, "udp")
		r.call(t)
		_, err := Dial(t.Context(), DialConfig{Network: lan(t), URI: "sip:1022@" + s.Addr().String()})
		var rejected *RejectedError
		if !errors.As(err, &rejected) || rejected.Code != 503 {
			t.Errorf("second call: %v", err)
		}
		if s.Calls() != 1 {
			t.Errorf("%d calls", s.Calls())
		}
	})(t)
}

// Bound to all addresses we tell each peer the one that it can reach, also for
// sound, and take ports of a range in turn.
func TestAllAddresses(t *testing.T) {
	t.Parallel()
	for _, addr := range []string{"0.0.0.0:0", "[::]:0"} {
		rec := newRecorder(sine(1000, 300*time.Millisecond))
		s := serve(t, Config{Addr: addr, Answer: rec.answer, RTPPorts: [2]uint16{22001, 22099}})
		heard := &peertest.Tape{}
		c, err := Dial(t.Context(), DialConfig{Network: lan(t), URI: fmt.Sprintf("sip:1022@127.0.0.1:%d", s.Addr().Port()), Heard: heard.Tap})
		if err != nil {
			t.Fatal(err)
		}
		if in := receive(t, rec.inputs, "end of the prompt"); in.Kind != media.Played {
			t.Errorf("%s: got %v", addr, in)
		}
		if to := c.leg.remote; to.Addr().String() != "127.0.0.1" || to.Port()%2 != 0 || to.Port() < 22002 || to.Port() > 22098 {
			t.Errorf("%s: sound is at %v", addr, to)
		}
		if err := c.SendDigit(t.Context(), '5'); err != nil {
			t.Error(err)
		}
		if got := rec.digits(t, 1); got != "5" {
			t.Errorf("%s: %q", addr, got)
		}
		callee := rec.call(t)
		if err := callee.Hangup(t.Context()); err != nil {
			t.Errorf("%s: %v", addr, err)
		}
		<-c.Done()
		if share, _ := heard.Share(1000); share < 0.9 {
			t.Errorf("%s: heard %.2f", addr, share)
		}
	}
}

func TestPortsRunOut(t *testing.T) {
	p := newPorts([2]uint16{22201, 22204}, machine{})
	var open []io.Closer
	for i := range 4 {
		conn, err := p.open(netip.MustParseAddr("127.0.0.1"))
		if i < 2 && err != nil || i >= 2 && !errors.Is(err, errNoPorts) {
			t.Errorf("socket %d: %v", i, err)
		}
		if err == nil {
			open = append(open, conn)
		}
	}
	for _, c := range open {
		_ = c.Close()
	}
}

// A call-back leaves from the server's own address, and a far end that hangs
// up ends it.
func TestServerDials(t *testing.T) {
	virtual(func(t *testing.T) {
		far := newRecorder(sine(700, 200*time.Millisecond))
		callee := serve(t, Config{Answer: far.answer})
		s := serve(t, Config{Answer: newRecorder(nil).answer})
		c, err := s.Dial(t.Context(), DialConfig{Network: lan(t), URI: "sip:0912345678@" + callee.Addr().String(), From: "1022"})
		if err != nil {
			t.Fatal(err)
		}
		if s.Calls() != 1 {
			t.Errorf("%d calls", s.Calls())
		}
		other := far.call(t)
		if err := other.Hangup(t.Context()); err != nil {
			t.Error(err)
		}
		for in := range c.Inputs() {
			if in.Kind != media.HungUp || in.Source != EndBye {
				t.Errorf("got %v", in)
			}
		}
		<-c.Done()
		if s.Calls() != 0 {
			t.Errorf("%d calls", s.Calls())
		}
	})(t)
}

func TestSilenceEndsACall(t *testing.T) {
	virtual(func(t *testing.T) {
		r := newRecorder(nil)
		s := serve(t, Config{Answer: r.answer, FirstMedia: 300 * time.Millisecond, Media: 300 * time.Millisecond})
		c := dialTo(t, s, "udp")
		r.call(t)
		c.leg.stream.Pause(true)
		if _, why := r.end(t); why != EndMedia {
			t.Errorf("ended by %q", why)
		}
		<-c.Done()
	})(t)
}

func TestNoCallLastsForEver(t *testing.T) {
	virtual(func(t *testing.T) {
		r := newRecorder(nil)
		s := serve(t, Config{Answer: r.answer, MaxCall: 200 * time.Millisecond})
		c := dialTo(t, s, "udp")
		if _, why := r.end(t); why != EndTooLong {
			t.Errorf("ended by %q", why)
		}
		<-c.Done()
	})(t)
}

// At shutdown the running sentence is heard to its end and no new one begins.
func TestShutdownFinishesTheSentence(t *testing.T) {
	virtual(func(t *testing.T) {
		p := sine(1000, 700*time.Millisecond)
		started := make(chan bool, 1)
		var kinds []media.InputKind
		s, stop := start(t, Config{Answer: func(_ context.Context, c *Call) {
			c.Play(p)
			started <- true
			for in := range c.Inputs() {
				kinds = append(kinds, in.Kind)
				c.Play(sine(400, 5*time.Second))
			}
		}})
		heard := &peertest.Tape{}
		c := dialHearing(t, s, "udp", heard.Tap)
		receive(t, started, "the sentence")
		stopped := time.Now()
		stop()
		if d := time.Since(stopped); d > 3*time.Second {
			t.Errorf("shutdown took %v", d)
		}
		<-c.Done()
		if len(kinds) != 2 || kinds[0] != media.Played || kinds[1] != media.HungUp {
			t.Errorf("inputs %v", kinds)
		}
		at1000, power := heard.Share(1000)
		at400, _ := heard.Share(400)
		loud := 0
		for _, s := range heard.Samples() {
			if s > 100 || s < -100 {
				loud++
			}
		}
		if at1000 < 0.95 || at400 > 0.02 || loud < p.Frames()*rtp.FrameSamples*7/10 {
			t.Errorf("heard %.2f of the sentence's tone, %.2f of the next, power %.0f, %d loud samples", at1000, at400, power, loud)
		}
	})(t)
}

// A conversation that ignores everything does not keep the server up.
func TestShutdownIsBounded(t *testing.T) {
	virtual(func(t *testing.T) {
		release := make(chan bool, 1)
		in := make(chan bool, 1)
		s, stop := start(t, Config{Drain: 100 * time.Millisecond, Answer: func(ctx context.Context, c *Call) {
			in <- true
			c.Play(sine(400, time.Minute))
			<-ctx.Done()
			release <- true
		}})
		c := dialTo(t, s, "udp")
		receive(t, in, "the conversation")
		stop()
		receive(t, release, "end of the context")
		<-c.Done()
	})(t)
}

func TestConversationsDefectEndsItsCallOnly(t *testing.T) {
	virtual(func(t *testing.T) {
		r := newRecorder(nil)
		first := true
		s := serve(t, Config{Answer: func(ctx context.Context, c *Call) {
			if first {
				first = false
				panic("a defect")
			}
			r.answer(ctx, c)
		}})
		c := dialTo(t, s, "udp")
		for range c.Inputs() {
		}
		<-c.Done()
		dialTo(t, s, "udp")
		r.call(t)
	})(t)
}
