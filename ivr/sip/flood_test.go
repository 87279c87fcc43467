package sip

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
)

// bystander is somebody whom a forged description names.
func bystander(t *testing.T) (net.PacketConn, netip.AddrPort) {
	t.Helper()
	conn := socket(t, "127.0.0.1:0")
	return conn, addrOfConn(conn)
}

// packets counts what has arrived until d from now.
func packets(t *testing.T, conn net.PacketConn, d time.Duration) (n int) {
	t.Helper()
	if err := conn.SetReadDeadline(time.Now().Add(d)); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 2000)
	for {
		if _, _, err := conn.ReadFrom(buf); err != nil {
			return n
		}
		n++
	}
}

func branchOf(msg string) string {
	_, rest, _ := strings.Cut(msg, "branch=")
	branch, _, _ := strings.Cut(rest, ";")
	return branch
}

// only gives the one call of a server, whether or not it has begun.
func only(t *testing.T, s *Server) *Call {
	t.Helper()
	eventually(t, "a call", func() bool { return s.Calls() == 1 })
	return s.ep.all()[0]
}

// Before the ACK nothing is said to anybody: neither for an INVITE alone nor
// with a forged ACK, whose branch is known to the forger but whose tag is not.
func TestNoSoundBeforeTheAck(t *testing.T) {
	t.Parallel()
	for _, forge := range []string{"", "wrong tag", "no tag"} {
		t.Run("ACK "+forge, virtual(func(t *testing.T) {
			rec := newRecorder(sine(1000, 5*time.Second))
			s := serve(t, Config{Answer: rec.answer, t1: 50 * time.Millisecond})
			victim, at := bystander(t)
			r := newRaw(t, s)
			invite := r.build("INVITE", "forged", "", 1, "", sdpFor(at))
			start := time.Now()
			r.send(invite)
			call := only(t, s)
			if forge != "" {
				tag := map[string]string{"wrong tag": "guessed", "no tag": ""}[forge]
				ack := r.build("ACK", "forged", tag, 1, "", "")
				r.send(strings.Replace(ack, branchOf(ack), branchOf(invite), 1))
				other := r.build("ACK", "forged", tag, 1, "", "")
				r.send(other)
			}
			// Whoever sends sound there does not make it a call either.
			for range 5 {
				if _, err := victim.WriteTo(append([]byte{0x80, 8, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1}, make([]byte, 160)...), net.UDPAddrFromAddrPort(call.leg.local.Addr)); err != nil {
					t.Fatal(err)
				}
			}
			bye := r.request()
			if d := time.Since(start); bye.Method != sip.BYE || d < 500*time.Millisecond || d > 3*time.Second {
				t.Errorf("%s after %v, want BYE after 12·T1 = 600 ms", bye.Method, d)
			}
			r.send(sip.NewResponseFromRequest(bye, 200, "OK", nil).String())
			if n := packets(t, victim, 50*time.Millisecond); n > 0 || call.leg.stream.Sent() > 0 {
				t.Errorf("%d packets went to a bystander, %d were sent", n, call.leg.stream.Sent())
			}
			eventually(t, "no calls", func() bool { return s.Calls() == 0 })
			if len(rec.calls) > 0 {
				t.Error("a conversation with nobody")
			}
		}))
	}
}

// With the ACK sound and conversation begin at once; also when it repeats the
// branch of its INVITE, as some telephones do.
func TestAckBeginsTheCall(t *testing.T) {
	t.Parallel()
	for _, repeat := range []bool{false, true} {
		t.Run(fmt.Sprint("same branch ", repeat), virtual(func(t *testing.T) {
			rec := newRecorder(sine(1000, 5*time.Second))
			s := serve(t, Config{Answer: rec.answer, t1: time.Minute})
			heard, at := bystander(t)
			r := newRaw(t, s)
			invite := r.build("INVITE", "real", "", 1, "", sdpFor(at))
			r.send(invite)
			tag := tagOf(r.response())
			if n := packets(t, heard, pickUp); n > 0 {
				t.Errorf("%d packets before the ACK", n)
			}
			ack := r.build("ACK", "real", tag, 1, "", "")
			if repeat {
				ack = strings.Replace(ack, branchOf(ack), branchOf(invite), 1)
			}
			r.send(ack)
			start := time.Now()
			rec.call(t) // The time to pick up has passed since the 200: not once more.
			if d := time.Since(start); d > pickUp*3/4 {
				t.Errorf("the conversation began %v after the ACK", d)
			}
			if n := packets(t, heard, 500*time.Millisecond); n < 5 {
				t.Errorf("%d packets after the ACK", n)
			}
			r.send(r.build("BYE", "real", tag, 2, "", ""))
		}))
	}
}

// Another request of the call proves as much as its ACK: the call goes on and
// the 200 is repeated until the ACK, as long as RFC 3261 says.
func TestRequestInsteadOfTheAck(t *testing.T) {
	virtual(func(t *testing.T) {
		rec := newRecorder(sine(1000, 5*time.Second))
		s := serve(t, Config{Answer: rec.answer, t1: 20 * time.Millisecond})
		heard, at := bystander(t)
		r := newRaw(t, s)
		r.send(r.build("INVITE", "info-first", "", 1, "", sdpFor(at)))
		start := time.Now()
		tag := tagOf(r.response())
		r.send(r.build("INFO", "info-first", tag, 2, "Content-Type: application/dtmf-relay\r\n", "Signal=5\r\n"))
		rec.call(t)
		if got := rec.digits(t, 1); got != "5" {
			t.Errorf("digits %q", got)
		}
		if n := packets(t, heard, 500*time.Millisecond); n < 5 {
			t.Errorf("%d packets", n)
		}
		bye := r.request()
		if d := time.Since(start); bye.Method != sip.BYE || d < 60*20*time.Millisecond {
			t.Errorf("%s after %v", bye.Method, d)
		}
		r.send(sip.NewResponseFromRequest(bye, 200, "OK", nil).String())
		if _, why := rec.end(t); why != EndNoACK {
			t.Errorf("ended by %q", why)
		}
	})(t)
}

// A flood of INVITEs without ACK takes a few places only, and those give way
// to a real caller.
func TestFloodOfForgedInvites(t *testing.T) {
	virtual(func(t *testing.T) {
		rec := newRecorder(nil)
		s := serve(t, Config{Answer: rec.answer, MaxCalls: 100, t1: time.Minute})
		r := newRaw(t, s)
		const n = 100
		for i := range n {
			r.send(r.build("INVITE", fmt.Sprint("flood-", i), "", 1, "", sdpFor(mediaAddr)))
		}
		codes := map[int]int{}
		for range n {
			res := r.response()
			codes[res.StatusCode]++
			if res.StatusCode == 503 && res.GetHeader("Retry-After") == nil {
				t.Error("503 without Retry-After")
			}
		}
		if more := packets(t, r.conn, 700*time.Millisecond); more > 0 { // Longer than T1, by which sipgo repeats.
			t.Errorf("%d more messages to who never asked", more)
		}
		_ = r.conn.SetReadDeadline(time.Time{})
		if codes[200] != minUnproven || codes[503] != n-minUnproven || s.Calls() != minUnproven {
			t.Fatalf("responses %v, %d calls", codes, s.Calls())
		}
		var rejected *RejectedError
		if _, err := Dial(t.Context(), DialConfig{Network: lan(t), URI: "sip:1022@" + s.Addr().String()}); !errors.As(err, &rejected) || rejected.Code != 503 {
			t.Errorf("beyond the limit: %v", err)
		}
		s.ep.doors.mu.Lock()
		s.ep.doors.patience = 0 // As if their 200s had been repeated.
		s.ep.doors.mu.Unlock()
		for range 3 {
			dialTo(t, s, "udp")
			rec.call(t)
		}
		start := time.Now()
		if bye := r.request(); bye.Method != sip.BYE || time.Since(start) > 2*time.Second {
			t.Errorf("got %s after %v; who gave way is told at once", bye.Method, time.Since(start))
		}
		if len(rec.calls) > 0 {
			t.Error("a conversation with nobody")
		}
		for _, c := range s.ep.all() { // The shutdown need not wait for the forged ones.
			c.post(letter{act: func() { c.over = true }})
		}
	})(t)
}

// Limits per address hold for addresses other than loopback.
func TestFloodFromOneAddress(t *testing.T) {
	virtual(func(t *testing.T) {
		own := netip.MustParseAddr("192.0.2.1")
		rec := newRecorder(nil)
		s := serve(t, Config{Addr: netip.AddrPortFrom(own, 0).String(), Answer: rec.answer, MaxCalls: 100, MaxPerSource: 3, t1: time.Minute})
		from := func(ip netip.Addr) *raw {
			return &raw{t: t, conn: socket(t, netip.AddrPortFrom(ip, 0).String()), to: s.Addr()}
		}
		r := from(own)
		tags := map[string]string{}
		for i := range 3 {
			id := fmt.Sprint("own-", i)
			tags[id] = r.answered(id, "")
		}
		r.send(r.build("INVITE", "own-3", "", 1, "", sdpFor(mediaAddr)))
		if res := r.response(); res.StatusCode != 503 || res.GetHeader("Retry-After") == nil {
			t.Errorf("a fourth call: %d", res.StatusCode)
		}
		for id, tag := range tags {
			r.send(r.build("BYE", id, tag, 2, "", ""))
		}
		eventually(t, "no calls", func() bool { return s.Calls() == 0 })
	})(t)
}

// More requests at a time than a proper far end sends are refused; they do not
// wait.
func TestFullMailbox(t *testing.T) {
	virtual(func(t *testing.T) {
		rec := newRecorder(nil)
		s := serve(t, Config{Answer: rec.answer})
		r := newRaw(t, s)
		tag := r.answered("busy", "")
		call := rec.call(t)
		blocked, release := make(chan bool), make(chan bool)
		call.post(letter{act: func() { close(blocked); <-release }})
		<-blocked
		const more = 10
		for i := range mailSize + more {
			r.send(r.build("INFO", "busy", tag, 2+i, "", ""))
		}
		for range more {
			if res := r.response(); res.StatusCode != 500 || res.GetHeader("Retry-After") == nil {
				t.Errorf("beyond the mailbox: %d", res.StatusCode)
			}
		}
		close(release)
		for range mailSize {
			if res := r.response(); res.StatusCode != 200 {
				t.Errorf("in the mailbox: %d", res.StatusCode)
			}
		}
		r.send(r.build("BYE", "busy", tag, 90, "", ""))
		if res := r.response(); res.StatusCode != 200 {
			t.Errorf("BYE: %d", res.StatusCode)
		}
	})(t)
}

// Few offers wait for the ACK before them, the others are told to come again.
func TestManyOffersBeforeTheAck(t *testing.T) {
	virtual(func(t *testing.T) {
		rec := newRecorder(nil)
		s := serve(t, Config{Answer: rec.answer, t1: time.Minute})
		r := newRaw(t, s)
		r.send(r.build("INVITE", "offers", "", 1, "", sdpFor(mediaAddr)))
		tag := tagOf(r.response())
		call := only(t, s)
		blocked, release, waiting := make(chan bool), make(chan bool), make(chan int, 1)
		call.post(letter{act: func() { close(blocked); <-release }})
		<-blocked
		for i := range maxWaiting + 6 {
			r.send(r.build("INVITE", "offers", tag, 2+i, "", sdpFor(mediaAddr)))
		}
		eventually(t, "all offers", func() bool { return len(call.mail) == maxWaiting+6 })
		call.post(letter{act: func() { waiting <- len(call.waiting) }})
		close(release)
		if n := receive(t, waiting, "a count"); n > maxWaiting {
			t.Errorf("%d offers wait", n)
		}
		for range 6 {
			if res := r.response(); res.StatusCode != 491 {
				t.Errorf("%d", res.StatusCode)
			}
		}
		r.send(r.build("BYE", "offers", tag, 90, "", ""))
	})(t)
}
