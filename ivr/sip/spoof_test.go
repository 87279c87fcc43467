package sip

import (
	"net"
	"net/netip"
	"testing"
	"time"

	pion "github.com/pion/rtp"

	"github.com/xinmoi/xinmoi/ivr/media"
)

// spoofer sends sound and keys from an address that has nothing to do with the
// call, to the port where a call is listened to.
type spoofer struct {
	t    *testing.T
	conn net.PacketConn
	to   netip.AddrPort
	seq  uint16
}

func newSpoofer(t *testing.T, c *Call) *spoofer {
	t.Helper()
	return &spoofer{t: t, conn: socket(t, "127.0.0.66:0"), to: c.leg.socket.Addr()}
}

// send sends one packet of a key press, or of sound.
func (s *spoofer) send(ssrc uint32, key bool) {
	s.seq++
	p := pion.Packet{Header: pion.Header{Version: 2, PayloadType: 8, SequenceNumber: s.seq, Timestamp: uint32(s.seq) * 160, SSRC: ssrc}, Payload: make([]byte, 160)}
	if key {
		p.PayloadType, p.Payload, p.Timestamp = 101, []byte{9, 10, 0, 160}, 77
	}
	b, err := p.Marshal()
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := s.conn.WriteTo(b, net.UDPAddrFromAddrPort(s.to)); err != nil {
		s.t.Fatal(err)
	}
}

// A third party that has guessed the port of a call's sound can neither speak in
// it nor hear it, nor press keys: not before the caller has spoken, not while,
// and not after the caller has fallen silent.
func TestThirdPartyStaysOut(t *testing.T) {
	virtual(func(t *testing.T) {
		rec := newRecorder(sine(440, 20*time.Second))
		s := serve(t, Config{Answer: rec.answer})
		caller := dialTo(t, s, "udp")
		c := rec.call(t)
		x := newSpoofer(t, c)
		ssrc, _, _, _ := caller.leg.stream.Sending() // Worse: it knows even that.
		heard := packetsOf(x.conn)
		for range 100 {
			x.send(ssrc, false)
			x.send(ssrc, true)
		}
		theirs := caller.leg.socket.Addr()
		eventually(t, "the caller is heard", func() bool { return c.leg.receiver.Remote() == theirs && !c.leg.receiver.Last().IsZero() })
		caller.leg.stream.Pause(true) // The caller falls silent.
		pause := time.NewTimer(2500 * time.Millisecond)
		defer pause.Stop()
		<-pause.C
		for range 100 {
			x.send(ssrc, false)
			x.send(ssrc, true)
		}
		caller.leg.stream.Pause(false)
		last := c.leg.receiver.Last()
		eventually(t, "the caller is heard again", func() bool { return c.leg.receiver.Last().After(last) })
		if got := c.leg.receiver.Remote(); got != theirs {
			t.Errorf("sound goes to %v, not %v", got, theirs)
		}
		hangup(t, caller)
		if keys, _ := rec.end(t); keys != "" {
			t.Errorf("keys %q were pressed by nobody", keys)
		}
		if n := heard(); n != 0 {
			t.Errorf("the third party heard %d packets", n)
		}
	})(t)
}

// Nobody else is taken for a caller who has not spoken yet.
func TestThirdPartyIsNotFirst(t *testing.T) {
	virtual(func(t *testing.T) {
		rec := newRecorder(nil)
		s := serve(t, Config{Answer: rec.answer})
		r := newRaw(t, s)
		sound, theirs := bystander(t)
		r.send(r.build("INVITE", "silent", "", 1, "", sdpFor(theirs)))
		tag := tagOf(r.response())
		r.send(r.build("ACK", "silent", tag, 1, "", ""))
		c := rec.call(t)
		x := newSpoofer(t, c)
		for range 10 {
			x.send(9, false)
			x.send(9, true)
		}
		me := &spoofer{t: t, conn: sound, to: x.to}
		me.send(5, false) // It arrives behind the others: one socket is read in order.
		eventually(t, "the caller is heard", func() bool { return !c.leg.receiver.Last().IsZero() })
		if got := c.leg.receiver.Remote(); got != theirs {
			t.Errorf("sound goes to %v, not %v", got, theirs)
		}
		r.send(r.build("BYE", "silent", tag, 2, "", ""))
		r.response()
		if keys, _ := rec.end(t); keys != "" {
			t.Errorf("keys %q were pressed by nobody", keys)
		}
	})(t)
}

// packetsOf counts what arrives at a socket until it is asked.
func packetsOf(conn net.PacketConn) func() int {
	n, done := 0, make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 2048)
		for {
			if _, _, err := conn.ReadFrom(buf); err != nil {
				return
			}
			n++
		}
	}()
	return func() int {
		_ = conn.SetReadDeadline(time.Now())
		<-done
		return n
	}
}

// What a telephone behind a NAT sends is found by its signalling address,
// although its description tells a private one.
func TestSoundFromTheSignallingAddress(t *testing.T) {
	virtual(func(t *testing.T) {
		rec := newRecorder(nil)
		s := serve(t, Config{Answer: rec.answer})
		r := newRaw(t, s)
		sound, want := bystander(t)
		r.send(r.build("INVITE", "nat", "", 1, "", sdpFor(netip.MustParseAddrPort("10.99.99.99:4000"))))
		tag := tagOf(r.response())
		r.send(r.build("ACK", "nat", tag, 1, "", ""))
		c := rec.call(t)
		x := &spoofer{t: t, conn: sound, to: c.leg.socket.Addr()}
		eventually(t, "it is found", func() bool {
			x.send(5, false)
			return c.leg.receiver.Remote() == want
		})
		buf := make([]byte, 2048)
		_ = sound.SetReadDeadline(time.Now().Add(patience))
		if _, _, err := sound.ReadFrom(buf); err != nil {
			t.Errorf("nothing is sent there: %v", err)
		}
		x.send(5, true)
		if in := receive(t, rec.inputs, "a key"); in.Kind != media.Digit || in.Digit != '9' {
			t.Errorf("%v", in)
		}
		r.send(r.build("BYE", "nat", tag, 2, "", ""))
		r.response()
	})(t)
}
