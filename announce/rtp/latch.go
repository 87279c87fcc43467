package rtp

import (
	"net/netip"
	"time"
)

// The rules of symmetric RTP.
const (
	latchPackets = 3               // Packets of one source before it is believed.
	latchLearn   = 5 * time.Second // After this time the source is fixed.
	latchSilence = 2 * time.Second // A fixed source that is silent so long may be replaced.
)

// Latch decides where the far end really is. SDP tells an address that a NAT
// may have made useless; the packets that arrive tell the truth, but also
// anybody's lies. So: believe the SDP first, learn from three packets of one
// source, prefer the address of the SDP whenever it speaks, and hold on after
// five seconds until the source falls silent (this stops injected sound).
//
// A Latch is not safe for concurrent use.
type Latch struct {
	advertised netip.AddrPort
	remote     netip.AddrPort
	candidate  netip.AddrPort
	ssrc       uint32
	count      int
	learned    bool
	started    time.Time // When the first source was learned.
	last       time.Time // Last packet from remote.
}

// NewLatch starts with the address of the SDP, which may be invalid.
func NewLatch(advertised netip.AddrPort) *Latch {
	return &Latch{advertised: advertised, remote: advertised}
}

// Reset starts again with a new address, after a new offer or answer.
func (l *Latch) Reset(advertised netip.AddrPort) { *l = *NewLatch(advertised) }

// Remote tells where to send.
func (l *Latch) Remote() netip.AddrPort { return l.remote }

// Packet judges a packet that arrived: accept tells whether it belongs to the
// call, moved whether Remote has changed.
func (l *Latch) Packet(from netip.AddrPort, ssrc uint32, now time.Time) (accept, moved bool) {
	from = netip.AddrPortFrom(from.Addr().Unmap(), from.Port())
	if l.learned && from == l.remote {
		l.last, l.count = now, 0
		return true, false
	}
	if l.fixed(now) {
		return false, false
	}
	if from == l.advertised {
		return true, l.learn(from, now)
	}
	if l.learned && l.remote == l.advertised && now.Sub(l.last) < latchSilence {
		return false, false // The announced address speaks: nobody else is heard.
	}
	if from != l.candidate || ssrc != l.ssrc {
		l.candidate, l.ssrc, l.count = from, ssrc, 0
	}
	l.count++
	if l.count < latchPackets {
		return !l.learned, false
	}
	return true, l.learn(from, now)
}

// fixed reports whether the source may not change now.
func (l *Latch) fixed(now time.Time) bool {
	return l.learned && now.Sub(l.started) > latchLearn && now.Sub(l.last) < latchSilence
}

func (l *Latch) learn(from netip.AddrPort, now time.Time) (moved bool) {
	if !l.learned {
		l.learned, l.started = true, now
	}
	moved = l.remote != from
	l.remote, l.last, l.count = from, now, 0
	return moved
}
