package sip

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
)

// thrifty is a caller that costs as little as possible, so that what is
// measured is the server.
type thrifty struct {
	conn *net.UDPConn
	to   netip.AddrPort
	at   string
	n    int
	buf  [4 << 10]byte
}

func newThrifty(tb testing.TB, s *Server) *thrifty {
	tb.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = conn.Close() })
	return &thrifty{conn: conn, to: s.Addr(), at: conn.LocalAddr().String()}
}

const thriftyOffer = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 8 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\n"

func (c *thrifty) request(method, tag string, seq int, extra, body string) []byte {
	return fmt.Appendf(nil, "%s sip:1022@%s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%d%s;rport\r\nFrom: <sip:0912345678@%s>;tag=f\r\nTo: <sip:1022@%s>%s\r\n"+
		"Call-ID: cost-%d\r\nCSeq: %d %s\r\nContact: <sip:0912345678@%s>\r\nMax-Forwards: 70\r\nUser-Agent: Thrifty 1.0\r\n%sContent-Length: %d\r\n\r\n%s",
		method, c.to, c.at, c.n, method, c.at, c.to, tag, c.n, seq, method, c.at, extra, len(body), body)
}

func (c *thrifty) send(msg []byte) error {
	_, err := c.conn.WriteToUDPAddrPort(msg, c.to)
	return err
}

// final waits for a final response and gives the tag of its To.
func (c *thrifty) final() (tag string, err error) {
	for {
		_ = c.conn.SetReadDeadline(time.Now().Add(patience))
		n, err := c.conn.Read(c.buf[:])
		if err != nil {
			return "", err
		}
		msg := c.buf[:n]
		switch {
		case bytes.HasPrefix(msg, []byte("SIP/2.0 1")):
			continue
		case !bytes.HasPrefix(msg, []byte("SIP/2.0 200 ")):
			return "", fmt.Errorf("%s", msg)
		}
		_, rest, _ := bytes.Cut(msg, []byte("\r\nTo: "))
		to, _, _ := bytes.Cut(rest, []byte("\r\n"))
		_, found, _ := bytes.Cut(to, []byte(";tag="))
		return ";tag=" + string(found), nil
	}
}

// call places a call and hangs up at once.
func (c *thrifty) call() error {
	c.n++
	if err := c.send(c.request("INVITE", "", 1, "Content-Type: application/sdp\r\n", thriftyOffer)); err != nil {
		return err
	}
	tag, err := c.final()
	if err != nil {
		return err
	}
	if err := c.send(c.request("ACK", tag, 1, "", "")); err != nil {
		return err
	}
	if err := c.send(c.request("BYE", tag, 2, "", "")); err != nil {
		return err
	}
	_, err = c.final()
	return err
}

func listener(_ context.Context, c *Call) {
	for range c.Inputs() {
	}
}

// BenchmarkShortCall is INVITE, 200, ACK, BYE and 200, with the caller's part.
func BenchmarkShortCall(b *testing.B) {
	s, err := Listen(Config{Addr: "127.0.0.1:0", MaxCalls: 10_000, Answer: listener})
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	done := make(chan struct{})
	go func() { defer close(done); _ = s.Run(ctx) }()
	defer func() { cancel(); <-done }()
	caller := newThrifty(b, s)
	before := cpuTime()
	b.ReportAllocs()
	for b.Loop() {
		if err := caller.call(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64((cpuTime()-before).Microseconds())/float64(b.N), "cpu-µs/op")
}

func typical() []byte {
	return (&thrifty{to: netip.MustParseAddrPort("127.0.0.1:5060"), at: "127.0.0.1:40000"}).request("INVITE", "", 1, "Content-Type: application/sdp\r\n", thriftyOffer)
}

// BenchmarkFilter is what the filter costs a message before it is parsed.
func BenchmarkFilter(b *testing.B) {
	f, msg := newFilter(200), typical()
	from := sip.TransportReadProps{Transport: "UDP", RemoteAddr: &net.UDPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 5060}}
	f.trusted = func(netip.Addr) bool { return true }
	b.ReportAllocs()
	for b.Loop() {
		if out, err := f.read(from, msg); err != nil || out == nil {
			b.Fatal("not let through")
		}
	}
}

func BenchmarkValidate(b *testing.B) {
	req := mustRequest(b, typical())
	b.ReportAllocs()
	for b.Loop() {
		if validate(req) != nil {
			b.Fatal("refused")
		}
	}
}

func mustRequest(tb testing.TB, data []byte) *sip.Request {
	tb.Helper()
	msg, err := sip.ParseMessage(data)
	if err != nil {
		tb.Fatal(err)
	}
	return msg.(*sip.Request)
}

func BenchmarkAnswerSDP(b *testing.B) {
	d, err := parseSDP([]byte(thriftyOffer))
	if err != nil {
		b.Fatal(err)
	}
	a, err := agree(d)
	if err != nil {
		b.Fatal(err)
	}
	l := local{ID: 1 << 30, Version: 1, Addr: netip.MustParseAddrPort("127.0.0.1:40000")}
	b.ReportAllocs()
	for b.Loop() {
		if len(l.answer(a)) == 0 {
			b.Fatal("nothing")
		}
	}
}

// What every message and every call costs in allocations: a regress here is
// paid a hundred times a second.
func TestCostOfOneMessage(t *testing.T) {
	req, msg := mustRequest(t, typical()), typical()
	d, err := parseSDP([]byte(thriftyOffer))
	if err != nil {
		t.Fatal(err)
	}
	a, err := agree(d)
	if err != nil {
		t.Fatal(err)
	}
	l := local{ID: 1 << 30, Version: 1, Addr: netip.MustParseAddrPort("127.0.0.1:40000")}
	for _, c := range []struct {
		name string
		most float64
		do   func()
	}{
		{"look for a scanner", 0, func() { isScanner(msg) }},
		{"validate", 0, func() { validate(req) }},
		{"who calls", 0, func() { callerOf(req, Assertions) }},
		{"answer an offer", 1, func() { l.answer(a) }},
	} {
		if n := testing.AllocsPerRun(100, c.do); n > c.most {
			t.Errorf("%s: %g allocations, want at most %g", c.name, n, c.most)
		}
	}
}

// A whole call, with the caller's part of about thirty: most of it is sipgo's.
func TestCostOfOneCall(t *testing.T) {
	const most = 450                                                         // It was 590 when every message was parsed twice and an ACK had a transaction; 340 when this was written.
	s := serve(t, Config{MaxCalls: 1000, Answer: listener, t1: time.Minute}) // Nothing comes twice.
	caller := newThrifty(t, s)
	n := testing.AllocsPerRun(100, func() {
		if err := caller.call(); err != nil {
			t.Fatal(err)
		}
	})
	t.Logf("%g allocations", n)
	if n > most {
		t.Errorf("%g allocations, want at most %d", n, most)
	}
}
