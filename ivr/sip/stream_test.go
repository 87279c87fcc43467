package sip

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
)

func connect(t *testing.T, s *Server) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// closedWithin reads until the far end closes, at most d.
func closedWithin(t *testing.T, c net.Conn, d time.Duration) bool {
	t.Helper()
	if err := c.SetReadDeadline(time.Now().Add(d)); err != nil {
		t.Fatal(err)
	}
	_, err := io.Copy(io.Discard, c)
	return !errors.Is(err, os.ErrDeadlineExceeded)
}

func optionsOverTCP(s *Server, c net.Conn, id string) string {
	return fmt.Sprintf("OPTIONS sip:%[1]s SIP/2.0\r\nVia: SIP/2.0/TCP %[2]s;branch=z9hG4bK%[3]s\r\nFrom: <sip:a@%[2]s>;tag=1\r\nTo: <sip:%[1]s>\r\n"+
		"Call-ID: %[3]s\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n", s.Addr(), c.LocalAddr(), id)
}

// Only who sends a proper request in time may stay; dripping does not help.
func TestIdleConnections(t *testing.T) {
	t.Parallel()
	const first = 3 * time.Second // A busy machine may need one for the request of who stays.
	s := serve(t, Config{Answer: newRecorder(nil).answer, tcpFirst: first})
	stays := connect(t, s)
	if _, err := io.WriteString(stays, optionsOverTCP(s, stays, "stays")); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 2000)
	if n, err := stays.Read(buf); err != nil || !strings.HasPrefix(string(buf[:n]), "SIP/2.0 200 ") {
		t.Fatalf("%v %q", err, buf[:n])
	}
	for name, send := range map[string]string{
		"nothing": "", "keep-alives": "\r\n\r\n", "half a request": "OPTIONS sip:x SIP/2.0\r\nX: ",
		"an improper request": strings.Replace(optionsOverTCP(s, stays, "improper"), "CSeq: 1 OPTIONS", "CSeq: 1 INVITE", 1),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, start := connect(t, s), time.Now()
			go func() { // Ends when the connection is closed.
				for buf, err := make([]byte, 2000), error(nil); err == nil || errors.Is(err, os.ErrDeadlineExceeded); {
					if _, err = io.WriteString(c, send); err == nil && c.SetReadDeadline(time.Now().Add(first/6)) == nil {
						_, err = c.Read(buf)
					}
				}
			}()
			eventually(t, "end of the connection", func() bool { return connOf(s, c) == nil && time.Since(start) > first/2 })
		})
	}
	t.Cleanup(func() { // After the others, which last longer than first.
		if connOf(s, stays) == nil {
			t.Error("a connection with a request was closed")
		}
	})
}

// connOf gives the server's side of a connection while it is open.
func connOf(s *Server, c net.Conn) *countedConn {
	s.ep.tcp.mu.Lock()
	defer s.ep.tcp.mu.Unlock()
	return s.ep.tcp.conns[c.LocalAddr().String()]
}

// When all connections are taken, one that has said nothing makes room.
func TestSilentConnectionsMakeRoom(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{Answer: newRecorder(nil).answer, tcpFirst: time.Minute})
	s.ep.tcp.mu.Lock()
	s.ep.tcp.maxConns = 3
	s.ep.tcp.mu.Unlock()
	speaks := func(c net.Conn, id string) {
		if _, err := io.WriteString(c, optionsOverTCP(s, c, id)); err != nil {
			t.Fatal(err)
		}
		if n, err := c.Read(make([]byte, 2000)); err != nil || n == 0 {
			t.Fatalf("%s: %v", id, err)
		}
	}
	one := connect(t, s)
	speaks(one, "one")
	silent := connect(t, s)
	eventually(t, "two connections", func() bool { return connOf(s, silent) != nil })
	two := connect(t, s)
	speaks(two, "two")
	three := connect(t, s)
	speaks(three, "three")
	if !closedWithin(t, silent, patience) {
		t.Error("the silent one stayed")
	}
	if late := connect(t, s); !closedWithin(t, late, patience) {
		t.Error("a fourth one that speaks not")
	}
	speaks(one, "one again")
}

// fakeConn comes from any address.
type fakeConn struct {
	net.Conn
	from   net.TCPAddr
	closed bool
}

func (c *fakeConn) RemoteAddr() net.Addr            { return &c.from }
func (c *fakeConn) SetReadDeadline(time.Time) error { return nil }
func (c *fakeConn) Close() error                    { c.closed = true; return nil }

func TestConnectionsPerSource(t *testing.T) {
	s := newSteadyTCP(nil, time.Minute)
	open := func(ip string, n int) (all []*countedConn) {
		for i := range n {
			if c, _ := s.count(&fakeConn{from: net.TCPAddr{IP: net.ParseIP(ip), Port: 1000 + i}}); c != nil {
				all = append(all, c)
			}
		}
		return all
	}
	first := open("192.0.2.1", 2000)
	if len(first) != maxConnsPerSource {
		t.Errorf("%d connections from one address", len(first))
	}
	if n := len(open("127.0.0.1", 200)); n != 200 {
		t.Errorf("%d connections from loopback", n)
	}
	if n := len(open("2001:db8::1", 30)) + len(open("2001:db8::2", 30)); n != maxConnsPerSource {
		t.Errorf("%d connections from one network", n)
	}
	for range 2 { // Twice closed is once closed.
		_ = first[0].Close()
	}
	again := open("192.0.2.1", 1)
	if len(again) != 1 || s.bySource[first[0].source] != maxConnsPerSource {
		t.Errorf("%d, %d counted", len(again), s.bySource[first[0].source])
	}
	s.prove("192.0.2.1:1001")
	if !first[1].until.IsZero() || first[2].until.IsZero() {
		t.Error("not this one was proven")
	}
	for _, c := range append(first, again...) {
		_ = c.Close()
	}
	if _, there := s.bySource[first[0].source]; there {
		t.Error("an address without connections is remembered")
	}
}

func TestRateOfStreams(t *testing.T) {
	stranger := sip.TransportReadProps{Transport: "TCP", RemoteAddr: &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 5060}}
	home := sip.TransportReadProps{Transport: "TCP", RemoteAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 5060}}
	message := []byte("OPTIONS sip:x SIP/2.0\r\n\r\n")
	f := newFilter(100)
	for i := range 100 {
		if _, err := f.read(stranger, message); err != nil {
			t.Fatalf("message %d of a burst: %v", i, err)
		}
	}
	if got, err := f.read(stranger, []byte(strings.Repeat(string(message), 500))); err == nil || len(got) > 0 || f.dropped.Load() != 1 {
		t.Errorf("500 in one piece: %d bytes, %v", len(got), err)
	}
	for range 1000 {
		if got, err := f.read(home, message); err != nil || len(got) != len(message) {
			t.Fatal("loopback is limited")
		}
	}
	// A source that is a little too fast is slowed down to its rate.
	now := time.Unix(1000, 0)
	f, sent := newFilter(100), 0
	for end := now.Add(20 * time.Second); now.Before(end); sent++ {
		wait, ok := f.charge(stranger.RemoteAddr, 1, now)
		if !ok {
			t.Fatalf("closed after %d", sent)
		}
		now = now.Add(wait + time.Millisecond)
	}
	if sent < 2000 || sent > 2300 {
		t.Errorf("%d messages in 20 s, want 100 a second and a burst of 200", sent)
	}
	if f.allow(addrPort("192.0.2.1:7"), now) && f.allow(addrPort("192.0.2.1:7"), now) {
		t.Error("UDP of the same source is counted apart")
	}
}
