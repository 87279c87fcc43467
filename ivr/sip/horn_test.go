package sip

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"github.com/xinmoi/xinmoi/announce/audio"
	"github.com/xinmoi/xinmoi/announce/output"
	"github.com/xinmoi/xinmoi/announce/rtp"
	"github.com/xinmoi/xinmoi/ivr/peertest"
)

func newHorn(t *testing.T, c HornConfig) *Horn {
	t.Helper()
	c.Network = lan(t)
	h, err := NewHorn(c)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// pageClip is a call with a sweep in it, so that a shift or a hole shows.
func pageClip(d time.Duration) output.Clip {
	p := audio.Silence(audio.RatePA, d)
	for i := range p.Samples {
		at := float64(i) / audio.RatePA
		p.Samples[i] = 0.5 * float32(math.Sin(2*math.Pi*(300*at+500*at*at)))
	}
	return output.Clip{PCM: p}
}

// pageSamples is what a device should hear of a clip.
func pageSamples(t *testing.T, c output.Clip) []int16 {
	t.Helper()
	p, err := audio.Resample(c.PCM, audio.RatePhone)
	if err != nil {
		t.Fatal(err)
	}
	return p.Int16()
}

func patient(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// baresip is the horn: it answers by itself and writes down what it plays.
func TestBaresipIsAHorn(t *testing.T) {
	t.Parallel()
	for _, transport := range []string{"udp", "tcp"} {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			b := startBaresip(t, transport, ";answermode=auto")
			h := newHorn(t, HornConfig{URIs: []string{b.URI}, TwoWay: true}) // baresip 1.0.0 plays nothing of a one-way call.
			if err := h.SelfTest(patient(t)); err != nil {
				t.Errorf("self-test: %v", err)
			}
			clip := pageClip(1500 * time.Millisecond)
			again(t, func(t *testing.T, _ int) error {
				if err := h.Play(patient(t), clip); err != nil {
					return err
				}
				var heard []int16
				eventually(t, "the recording is written", func() bool { heard = b.heard(); return len(heard) > 8000 })
				if match := correlate(heard, pageSamples(t, clip)); match < 0.95 {
					return fmt.Errorf("what the horn heard matches the clip by %.3f", match)
				}
				return nil
			})
			if health := h.Health(); !health.OK || health.LastPlayed.IsZero() || health.Gaps > 1 {
				t.Errorf("health %+v", health)
			}
		})
	}
}

// ear is a telephone of ours that answers by itself and listens.
func ear(t *testing.T) (uri string, heard *peertest.Tape) {
	t.Helper()
	heard = &peertest.Tape{}
	s := serve(t, Config{Answer: func(_ context.Context, c *Call) {
		c.Heard(heard.Tap)
		for range c.Inputs() {
		}
	}})
	return "sip:horn@" + s.Addr().String(), heard
}

// Several horns of one hall speak together; one that is off does not keep the
// others from it, but is named.
func TestHornsSpeakTogether(t *testing.T) {
	virtual(func(t *testing.T) {
		one, first := ear(t)
		two, second := ear(t)
		dead := "sip:dead@127.0.0.1:" + freePort(t)
		h := newHorn(t, HornConfig{URIs: []string{one, dead, two}, Answer: 1})
		clip := pageClip(800 * time.Millisecond)
		if err := h.Play(patient(t), clip); err != nil {
			t.Fatal(err)
		}
		for i, tp := range []*peertest.Tape{first, second} {
			if match := correlate(tp.Samples(), pageSamples(t, clip)); match < 0.95 {
				t.Errorf("horn %d heard %.3f", i+1, match)
			}
		}
		health := h.Health()
		if health.OK || health.LastPlayed.IsZero() || !strings.Contains(health.Detail, "dead@127.0.0.1 không trả lời") {
			t.Errorf("health %+v", health)
		}
		if err := h.SelfTest(patient(t)); err == nil || !strings.Contains(err.Error(), "dead") || strings.Contains(err.Error(), "horn@") {
			t.Errorf("self-test: %v", err)
		}
	})(t)
}

// One that is off holds up the first page of a minute, not every one; alone it
// always has its time, and so has one that answers again.
func TestHornThatIsOff(t *testing.T) {
	virtual(func(t *testing.T) {
		there, off := "sip:there@192.0.2.1", "sip:off@192.0.2.2"
		h := newHorn(t, HornConfig{URIs: []string{there, off}})
		want := func(when string, a, b time.Duration) {
			t.Helper()
			if got := h.patience(); got[0] != a || got[1] != b {
				t.Errorf("%s: %v", when, got)
			}
		}
		want("at first", hornAnswer, hornAnswer)
		h.note(off, errRinging)
		want("one is off", hornAnswer, hornHurry)
		h.note(there, errRinging)
		want("all are off", hornAnswer, hornAnswer)
		h.note(there, nil)
		h.missed[off] = time.Now().Add(-hornForget)
		want("a minute later", hornAnswer, hornAnswer)
		h.note(off, nil)
		if len(h.missed) != 0 {
			t.Errorf("still missing: %v", h.missed)
		}

		uri, _ := ear(t)
		h = newHorn(t, HornConfig{URIs: []string{uri, "sip:dead@127.0.0.1:" + freePort(t)}, Answer: 3})
		var took [2]time.Duration
		for i := range took {
			began := time.Now()
			if err := h.Play(patient(t), pageClip(200*time.Millisecond)); err != nil {
				t.Fatal(err)
			}
			took[i] = time.Since(began)
		}
		if took[1] > took[0]-time.Second {
			t.Errorf("the first page took %v, the second %v", took[0], took[1])
		}
	})(t)
}

// A page that is called off stops at once and hangs up.
func TestHornStops(t *testing.T) {
	virtual(func(t *testing.T) {
		uri, heard := ear(t)
		h := newHorn(t, HornConfig{URIs: []string{uri}})
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		stopped := make(chan error, 1)
		go func() { stopped <- h.Play(ctx, pageClip(6*time.Second)) }()
		eventually(t, "the horn speaks", func() bool {
			return len(heard.Samples()) > rtp.SampleRate
		})
		cancel()
		began := time.Now()
		if err := <-stopped; !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		if d := time.Since(began); d > 5*time.Second {
			t.Errorf("stopped after %v", d)
		}
		if h.Health().Detail != output.DetailUnknown {
			t.Errorf("a page that was called off counts: %+v", h.Health())
		}
		if n := len(heard.Samples()); n > 5*rtp.SampleRate {
			t.Errorf("%d samples heard", n)
		}
	})(t)
}

// A page may be longer than the silence that ends a conversation: the horn
// sends nothing back.
func TestAPageNeedsNoSoundFromTheHorn(t *testing.T) {
	virtual(func(t *testing.T) {
		c := &Call{page: &paging{way: sendonly}, leg: &leg{}, ep: &endpoint{cfg: Config{}.withDefaults()}}
		c.held(time.Now())
		if !c.timers.media.IsZero() {
			t.Error("silence of the horn would end the page")
		}
		if c.way() != sendonly || (&Call{}).way() != sendrecv {
			t.Error("a page is not sendonly, or a conversation is")
		}
	})(t)
}

// scripted is a device written by hand: it answers each request as the test
// says and notes requests and sound.
type scripted struct {
	t      *testing.T
	conn   net.PacketConn // SIP.
	sound  net.PacketConn
	answer func(s *scripted, req *sip.Request, from net.Addr)

	mu       sync.Mutex
	requests []*sip.Request
	times    map[sip.RequestMethod]time.Time // Of the latest one.
	first    time.Time                       // First packet that is not silence.
	last     time.Time                       // Last such packet.
	quiet    int                             // Silent packets before the first.
	okAt     time.Time                       // When the 200 to the INVITE went out.
	done     sync.WaitGroup
}

func script(t *testing.T, answer func(*scripted, *sip.Request, net.Addr)) *scripted {
	t.Helper()
	s := &scripted{t: t, answer: answer, times: map[sip.RequestMethod]time.Time{}}
	s.conn, s.sound = socket(t, "127.0.0.1:0"), socket(t, "127.0.0.1:0")
	s.done.Go(s.signalling)
	s.done.Go(s.listen)
	t.Cleanup(func() { _ = s.conn.Close(); _ = s.sound.Close(); s.done.Wait() })
	return s
}

func (s *scripted) uri() string { return "sip:loa@" + s.conn.LocalAddr().String() }

func (s *scripted) signalling() {
	for buf := make([]byte, 65535); ; {
		n, from, err := s.conn.ReadFrom(buf)
		if err != nil {
			return
		}
		msg, err := sip.ParseMessage(buf[:n])
		req, ok := msg.(*sip.Request)
		if err != nil || !ok {
			continue
		}
		s.mu.Lock()
		s.requests = append(s.requests, req)
		s.times[req.Method] = time.Now()
		s.mu.Unlock()
		s.answer(s, req, from)
	}
}

func (s *scripted) listen() {
	for buf := make([]byte, 2000); ; {
		n, _, err := s.sound.ReadFrom(buf)
		if err != nil {
			return
		}
		silent := true
		for _, b := range buf[min(12, n):n] {
			silent = silent && (b == audio.SilenceALaw || b == audio.SilenceALaw^0x80)
		}
		s.mu.Lock()
		switch now := time.Now(); {
		case !silent:
			s.last = now
			if s.first.IsZero() {
				s.first = now
			}
		case s.first.IsZero():
			s.quiet++
		}
		s.mu.Unlock()
	}
}

// respond answers; a 200 to an INVITE gets a description with its direction.
func (s *scripted) respond(req *sip.Request, to net.Addr, code int, reason string, headers ...sip.Header) {
	var body []byte
	if code == 200 && req.Method == sip.INVITE {
		body = []byte(sdpFor(s.sound.LocalAddr().(*net.UDPAddr).AddrPort(), "a=recvonly\r\n"))
		s.mu.Lock()
		s.okAt = time.Now()
		s.mu.Unlock()
	}
	res := sip.NewResponseFromRequest(req, code, reason, body)
	if len(body) > 0 {
		headers = append(headers, sip.NewHeader("Content-Type", "application/sdp"), sip.NewHeader("Contact", "<"+s.uri()+">"))
	}
	for _, h := range headers {
		res.AppendHeader(h)
	}
	if _, ok := res.To().Params.Get("tag"); !ok {
		res.To().Params.Add("tag", "horn")
	}
	_, _ = s.conn.WriteTo([]byte(res.String()), to)
}

// find gives the first request of a method.
func (s *scripted) find(method sip.RequestMethod) *sip.Request {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.requests {
		if r.Method == method {
			return r
		}
	}
	s.t.Fatalf("no %s came", method)
	return nil
}

func accept(s *scripted, req *sip.Request, from net.Addr) {
	if req.Method != sip.ACK {
		s.respond(req, from, 200, "OK")
	}
}

// What a device sees of a page: how it is told to answer, that nothing is
// wanted of it, a pause before the first word and before the end.
func TestWhatAHornSees(t *testing.T) {
	t.Parallel()
	for profile, want := range map[string]map[string]string{
		"standard": {"Call-Info": ";answer-after=0", "Alert-Info": ";info=alert-autoanswer;delay=0", "Answer-Mode": "Auto"},
		"poly":     {"Alert-Info": "Ring-Answer"},
		"none":     {},
	} {
		t.Run(profile, virtual(func(t *testing.T) {
			s := script(t, accept)
			h := newHorn(t, HornConfig{URIs: []string{s.uri()}, Profile: profile, From: "8000"})
			if err := h.Play(patient(t), pageClip(300*time.Millisecond)); err != nil {
				t.Fatal(err)
			}
			invite := s.find(sip.INVITE)
			for _, name := range []string{"Call-Info", "Alert-Info", "Answer-Mode"} {
				value := ""
				if hs := invite.GetHeaders(name); len(hs) > 0 {
					value = hs[0].Value()
				}
				if w := want[name]; !strings.HasSuffix(value, w) || (w == "") != (value == "") {
					t.Errorf("%s: %q, want %q", name, value, w)
				}
				if strings.HasPrefix(want[name], ";") && !strings.HasPrefix(value, "<sip:8000@127.0.0.1>") {
					t.Errorf("%s: %q", name, value)
				}
			}
			if body := string(invite.Body()); !strings.Contains(body, "a=sendonly\r\n") || !strings.Contains(body, "PCMA/8000") || !strings.Contains(body, "PCMU/8000") {
				t.Errorf("offer:\n%s", body)
			}
			s.find(sip.ACK)
			s.find(sip.BYE)
			s.mu.Lock()
			defer s.mu.Unlock()
			before, after := s.first.Sub(s.okAt), s.times[sip.BYE].Sub(s.last)
			t.Logf("%v from the 200 to the first sound (%d silent packets), %v from the last to the BYE", before, s.quiet, after)
			// No upper bounds: a machine with other work may stall, and what was not sent meanwhile is not sent later.
			if before < 300*time.Millisecond || s.quiet < 3 {
				t.Errorf("spoke %v after the 200, behind %d silent packets", before, s.quiet)
			}
			if after < 60*time.Millisecond {
				t.Errorf("BYE %v after the last sound", after)
			}
		}))
	}
}

// Some devices take a one-way call for one on hold: they can be offered both
// ways, and what they say is not listened to.
func TestTwoWayPage(t *testing.T) {
	virtual(func(t *testing.T) {
		s := script(t, accept)
		h := newHorn(t, HornConfig{URIs: []string{s.uri()}, TwoWay: true})
		if err := h.Play(patient(t), pageClip(40*time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		if body := string(s.find(sip.INVITE).Body()); !strings.Contains(body, "a=sendrecv\r\n") {
			t.Errorf("offer:\n%s", body)
		}
	})(t)
}

func TestHornAsksForAPassword(t *testing.T) {
	virtual(func(t *testing.T) {
		challenge := sip.NewHeader("WWW-Authenticate", `Digest realm="loa", nonce="3f1c", algorithm=MD5, qop="auth"`)
		s := script(t, func(s *scripted, req *sip.Request, from net.Addr) {
			if auth := req.GetHeaders("Authorization"); req.Method == sip.INVITE && (len(auth) == 0 || !strings.Contains(auth[0].Value(), `username="pa"`)) {
				s.respond(req, from, 401, "Unauthorized", challenge)
				return
			}
			accept(s, req, from)
		})
		file := filepath.Join(t.TempDir(), "password")
		if err := os.WriteFile(file, []byte("secret\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		h := newHorn(t, HornConfig{URIs: []string{s.uri()}, User: "pa", PasswordFile: file})
		if err := h.Play(patient(t), pageClip(100*time.Millisecond)); err != nil {
			t.Error(err)
		}
		h = newHorn(t, HornConfig{URIs: []string{s.uri()}})
		if err := h.Play(patient(t), pageClip(100*time.Millisecond)); err == nil || !strings.Contains(err.Error(), "password_file") {
			t.Errorf("without a password: %v", err)
		}
	})(t)
}

func TestHornsThatDoNotPlay(t *testing.T) {
	t.Parallel()
	status := func(code int) func(*scripted, *sip.Request, net.Addr) {
		return func(s *scripted, req *sip.Request, from net.Addr) {
			if req.Method == sip.INVITE {
				s.respond(req, from, code, "No")
			}
		}
	}
	for name, tt := range map[string]struct {
		answer func(*scripted, *sip.Request, net.Addr)
		want   string
	}{
		"busy":    {status(486), "đang bận"},
		"unknown": {status(404), "không có số này"},
		"codec":   {status(488), "G.711"},
		"error":   {status(500), "nhật ký"},
		"off":     {func(*scripted, *sip.Request, net.Addr) {}, "nguồn điện"},
		"rings": {func(s *scripted, req *sip.Request, from net.Addr) {
			switch req.Method {
			case sip.INVITE:
				s.respond(req, from, 180, "Ringing")
			case sip.CANCEL:
				s.respond(req, from, 200, "OK")
				s.respond(s.find(sip.INVITE), from, 487, "Request Terminated")
			}
		}, "auto answer"},
		"cuts off": {func(s *scripted, req *sip.Request, from net.Addr) {
			accept(s, req, from)
			if req.Method == sip.ACK {
				bye := sip.NewRequest(sip.BYE, req.Recipient)
				callID := *req.CallID()
				via := &sip.ViaHeader{ProtocolName: "SIP", ProtocolVersion: "2.0", Transport: "UDP", Host: "127.0.0.1", Port: s.conn.LocalAddr().(*net.UDPAddr).Port}
				via.Params.Add("branch", sip.GenerateBranch())
				for _, h := range []sip.Header{via,
					&sip.FromHeader{Address: req.To().Address, Params: req.To().Params}, &sip.ToHeader{Address: req.From().Address, Params: req.From().Params},
					&callID, &sip.CSeqHeader{SeqNo: 1, MethodName: sip.BYE}} {
					bye.AppendHeader(h)
				}
				hops := sip.MaxForwardsHeader(70)
				bye.AppendHeader(&hops)
				bye.SetBody(nil)
				_, _ = s.conn.WriteTo([]byte(bye.String()), from)
			}
		}, "giữa chừng"},
	} {
		t.Run(name, virtual(func(t *testing.T) {
			s := script(t, tt.answer)
			h := newHorn(t, HornConfig{URIs: []string{s.uri()}, Answer: 1})
			err := h.Play(patient(t), pageClip(2*time.Second))
			var fault *output.Fault
			if !errors.As(err, &fault) || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "loa@127.0.0.1") {
				t.Errorf("got %v, want %q", err, tt.want)
			}
			if health := h.Health(); health.OK || !health.LastPlayed.IsZero() || !strings.Contains(health.Detail, tt.want) {
				t.Errorf("health %+v", health)
			}
		}))
	}
}

// A device that refuses the question is there; one that knows no such number
// is of no use.
func TestHornSelfTest(t *testing.T) {
	virtual(func(t *testing.T) {
		for code, alive := range map[int]bool{200: true, 401: true, 405: true, 501: true, 486: true, 404: false, 503: false} {
			s := script(t, func(s *scripted, req *sip.Request, from net.Addr) {
				if req.Method == sip.OPTIONS {
					s.respond(req, from, code, "So")
				}
			})
			h := newHorn(t, HornConfig{URIs: []string{s.uri()}})
			if err := h.SelfTest(patient(t)); (err == nil) != alive || h.Health().OK != alive {
				t.Errorf("%d: %v, health %+v", code, err, h.Health())
			}
		}
	})(t)
}

func TestHornConfig(t *testing.T) {
	good := []string{"sip:loa@192.0.2.1"}
	for name, c := range map[string]HornConfig{
		"no address": {},
		"too many":   {URIs: make([]string, maxHorns+1)},
		"not SIP":    {URIs: []string{"http://192.0.2.1"}},
		"profile":    {URIs: good, Profile: "cisco"},
		"answer":     {URIs: good, Answer: 61},
		"password":   {URIs: good, PasswordFile: "/nowhere/password"},
	} {
		if _, err := NewHorn(c); !errors.Is(err, ErrHornConfig) {
			t.Errorf("%s: %v", name, err)
		}
	}
	h := newHorn(t, HornConfig{URIs: good})
	if h.Name() != HornName || h.answer != hornAnswer || !h.Health().OK {
		t.Errorf("%+v", h)
	}
	for uri, want := range map[string]string{"sip:loa@192.0.2.1:5070;transport=tcp": "loa@192.0.2.1", "sip:192.0.2.1": "192.0.2.1", "sip:u:secret@h": "u@h"} {
		if got := hornOf(uri); got != want {
			t.Errorf("%s is called %q, want %q", uri, got, want)
		}
	}
}
