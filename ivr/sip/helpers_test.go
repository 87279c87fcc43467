package sip

import (
	"context"
	"flag"
	"log/slog"
	"math"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
	"go.uber.org/goleak"

	"github.com/xinmoi/xinmoi/announce/rtp"
	"github.com/xinmoi/xinmoi/ivr/media"
	"github.com/xinmoi/xinmoi/ivr/peertest"
	"github.com/xinmoi/xinmoi/ivr/wiretest"
)

func TestMain(m *testing.M) {
	// Telephone calls wait more than they compute: more of them at a time than
	// there are processors. A -parallel on the command line wins.
	_ = flag.Set("test.parallel", "8")
	goleak.VerifyTestMain(m)
}

// patience bounds every wait of these tests; it is only used up by failures.
const patience = 40 * time.Second

// serve runs a server on a free loopback port until the test ends.
func serve(t *testing.T, cfg Config) *Server {
	t.Helper()
	s, stop := start(t, cfg)
	t.Cleanup(stop)
	return s
}

func start(t *testing.T, cfg Config) (*Server, func()) {
	t.Helper()
	if cfg.Addr == "" {
		cfg.Addr = "127.0.0.1:0"
	}
	if cfg.Network == nil {
		cfg.Network = lan(t)
	}
	if os.Getenv("SIP_TEST_LOG") != "" {
		cfg.Logger = slog.New(slog.NewTextHandler(os.Stderr, nil))
	}
	s, err := Listen(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.Run(ctx)
	}()
	return s, sync.OnceFunc(func() {
		cancel()
		select {
		case <-done:
		case <-time.After(30 * time.Second):
			t.Error("Run did not return")
		}
	})
}

// lan is the network of a virtual test; nil, for this machine's, elsewhere.
func lan(t testing.TB) Network {
	if n := wiretest.Of(t); n != nil {
		return n
	}
	return nil
}

// virtual makes of a test one that runs on a network in memory, in a time of its
// own.
func virtual(f func(*testing.T)) func(*testing.T) { return wiretest.Virtual(wiretest.Weather{}, f) }

// socket opens an address that belongs to nobody yet, until the test ends.
func socket(t *testing.T, addr string) net.PacketConn {
	t.Helper()
	n := lan(t)
	if n == nil {
		n = machine{}
	}
	conn, listener, err := n.Signalling(addr)
	if err != nil {
		t.Fatal(err)
	}
	_ = listener.Close()
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// addrOfConn is where a socket is.
func addrOfConn(c net.PacketConn) netip.AddrPort { return c.LocalAddr().(*net.UDPAddr).AddrPort() }

// recorder is an Answer that plays a prompt and notes what happens.
type recorder struct {
	prompt *rtp.Prompt
	calls  chan *Call
	inputs chan media.Input
}

func newRecorder(p *rtp.Prompt) *recorder {
	return &recorder{prompt: p, calls: make(chan *Call, 100), inputs: make(chan media.Input, 1000)}
}

func (r *recorder) answer(_ context.Context, c *Call) {
	r.calls <- c
	if r.prompt != nil {
		c.Play(r.prompt)
	}
	for in := range c.Inputs() {
		r.inputs <- in
	}
}

func (r *recorder) call(t *testing.T) *Call { t.Helper(); return receive(t, r.calls, "a call") }

// digits waits for a number of digits.
func (r *recorder) digits(t *testing.T, n int) string {
	t.Helper()
	var b strings.Builder
	for b.Len() < n {
		in := receive(t, r.inputs, "digits, so far "+b.String())
		if in.Kind == media.HungUp {
			t.Fatalf("hung up (%s) after digits %q", in.Source, b.String())
		}
		if in.Kind == media.Digit {
			b.WriteRune(in.Digit)
		}
	}
	return b.String()
}

// end waits for HungUp and tells what came before it.
func (r *recorder) end(t *testing.T) (digits, why string) {
	t.Helper()
	for {
		in := receive(t, r.inputs, "the end of the call")
		switch in.Kind {
		case media.Digit:
			digits += string(in.Digit)
		case media.HungUp:
			return digits, in.Source
		}
	}
}

func receive[T any](t *testing.T, ch <-chan T, what string) T {
	t.Helper()
	select {
	case v, ok := <-ch:
		if !ok {
			t.Fatalf("no %s: channel closed", what)
		}
		return v
	case <-time.After(patience):
		t.Fatalf("no %s within %v", what, patience)
	}
	panic("unreachable")
}

// eventually waits until a condition holds.
func eventually(t *testing.T, what string, cond func() bool) {
	t.Helper()
	peertest.Eventually(t, patience, what, cond)
}

func dialTo(t *testing.T, s *Server, transport string) *Call {
	t.Helper()
	return dialHearing(t, s, transport, nil)
}

// dialHearing places a call whose sound goes to tap.
func dialHearing(t *testing.T, s *Server, transport string, tap func([]int16)) *Call {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c, err := Dial(ctx, DialConfig{URI: "sip:1022@" + s.Addr().String() + ";transport=" + transport, From: "+84912345678", Heard: tap, Network: lan(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { hangup(t, c) })
	return c
}

func hangup(t *testing.T, c *Call) {
	t.Helper()
	c.Stop()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := c.Hangup(ctx); err != nil {
		t.Error(err)
	}
}

// sine is a prompt of one frequency.
func sine(hz float64, d time.Duration) *rtp.Prompt { return rtp.NewPrompt(sineSamples(hz, d)) }

func sineSamples(hz float64, d time.Duration) []int16 {
	s := make([]int16, int(d.Seconds()*rtp.SampleRate))
	for i := range s {
		s[i] = int16(8000 * math.Sin(2*math.Pi*hz*float64(i)/rtp.SampleRate))
	}
	return s
}

// correlate finds a prompt in a recording: the best normalised correlation
// over all places, 1 for the very same sound.
func correlate(heard, prompt []int16) (best float64) {
	var own float64
	for _, p := range prompt {
		own += float64(p) * float64(p)
	}
	for at := 0; at+len(prompt) <= len(heard); at++ {
		if heard[at] < 100 && heard[at] > -100 && at%8 != 0 {
			continue // Silence; every eighth place is looked at all the same.
		}
		var dot, energy float64
		for i, p := range prompt {
			h := float64(heard[at+i])
			dot += h * float64(p)
			energy += h * h
		}
		if energy > 0 {
			best = max(best, dot/math.Sqrt(energy*own))
		}
	}
	return best
}

// raw is a hand-made SIP peer on UDP, for what no proper one would send.
type raw struct {
	t    *testing.T
	conn net.PacketConn
	to   netip.AddrPort
}

func newRaw(t *testing.T, s *Server) *raw {
	t.Helper()
	return &raw{t: t, conn: socket(t, "127.0.0.1:0"), to: s.Addr()}
}

func (r *raw) port() string { return addrOfConn(r.conn).String() }

func (r *raw) send(msg string) {
	r.t.Helper()
	if _, err := r.conn.WriteTo([]byte(msg), net.UDPAddrFromAddrPort(r.to)); err != nil {
		r.t.Fatal(err)
	}
}

// response waits for the next response that is not 100.
func (r *raw) response() *sip.Response {
	r.t.Helper()
	for {
		if res, ok := r.message().(*sip.Response); ok && res.StatusCode != 100 {
			return res
		}
	}
}

// request waits for the next request.
func (r *raw) request() *sip.Request {
	r.t.Helper()
	for {
		if req, ok := r.message().(*sip.Request); ok {
			return req
		}
	}
}

func (r *raw) message() sip.Message {
	r.t.Helper()
	buf := make([]byte, 65535)
	_ = r.conn.SetReadDeadline(time.Now().Add(patience))
	n, _, err := r.conn.ReadFrom(buf)
	if err != nil {
		r.t.Fatalf("no message: %v", err)
	}
	msg, err := sip.ParseMessage(buf[:n])
	if err != nil {
		r.t.Fatalf("%v in %q", err, buf[:n])
	}
	return msg
}

// message writes a request of a call by hand; headers and body as given.
func (r *raw) build(method, callID, toTag string, cseq int, extra, body string) string {
	if toTag != "" {
		toTag = ";tag=" + toTag
	}
	via := r.port()
	contentType := ""
	if body != "" && !strings.Contains(extra, "Content-Type") {
		contentType = "Content-Type: application/sdp\r\n"
	}
	return method + " sip:1022@" + r.to.String() + " SIP/2.0\r\n" +
		"Via: SIP/2.0/UDP " + via + ";branch=z9hG4bK" + sip.GenerateTagN(12) + ";rport\r\n" +
		"From: \"Nguyen\" <sip:0912345678@" + via + ">;tag=them\r\n" +
		"To: <sip:1022@" + r.to.String() + ">" + toTag + "\r\n" +
		"Call-ID: " + callID + "\r\n" +
		"CSeq: " + itoa(cseq) + " " + method + "\r\n" +
		"Contact: <sip:0912345678@" + via + ">\r\n" +
		"Max-Forwards: 70\r\n" + extra + contentType +
		"Content-Length: " + itoa(len(body)) + "\r\n\r\n" + body
}

func itoa(n int) string {
	var b []byte
	for {
		b = append([]byte{byte('0' + n%10)}, b...)
		if n /= 10; n == 0 {
			return string(b)
		}
	}
}

// sdpFor offers A-law and events at an address.
func sdpFor(addr netip.AddrPort, more ...string) string {
	return "v=0\r\no=- 1 1 IN IP4 " + addr.Addr().String() + "\r\ns=-\r\nc=IN IP4 " + addr.Addr().String() + "\r\nt=0 0\r\n" +
		"m=audio " + itoa(int(addr.Port())) + " RTP/AVP 8 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\n" +
		strings.Join(more, "")
}

func tagOf(res *sip.Response) string {
	tag, _ := res.To().Params.Get("tag")
	return tag
}

func addrPort(s string) *net.UDPAddr { return net.UDPAddrFromAddrPort(netip.MustParseAddrPort(s)) }
