package rtp

import (
	"net/netip"
	"time"
)

// The rules of symmetric RTP.
const (
	latchPackets = 3               // Packets of one source, in a row, before it is believed.
	latchSilence = 2 * time.Second // A source that is silent so long may go on under another port.
)

// Latch decides where the far end really is. Its description (SDP) tells an
// address that a NAT may have made useless; the packets that arrive tell the
// truth, but also anybody's lies: who guesses a port could speak to a caller
// and hear the answer. So only two addresses are ever listened to: that of the
// signalling, and that of the description where it means the same from here.
// The address of the description is believed at once, another port after three
// packets in a row, and then nobody else until the next offer and answer.
//
// A Latch is not safe for concurrent use.
type Latch struct {
	told      netip.AddrPort // By the description.
	peer      netip.Addr     // Where the signalling comes from; invalid = not known.
	remote    netip.AddrPort
	candidate netip.AddrPort
	asked     uint32 // SSRC of the candidate.
	count     int
	learned   bool
	ssrc      uint32    // Of remote.
	last      time.Time // Last packet from remote.
}

// NewLatch starts with the address of the description, which may be invalid,
// and that of the signalling; where that is not known, only the address of the
// description is listened to, and nobody where neither is.
func NewLatch(told netip.AddrPort, peer netip.Addr) *Latch {
	l := &Latch{}
	l.Renew(told, peer)
	return l
}

// Renew lets the source be learned anew, after an offer and its answer. Until
// then what was known serves, unless the description tells another address.
func (l *Latch) Renew(told netip.AddrPort, peer netip.Addr) {
	told, peer = unmapped(told), peer.Unmap().WithZone("")
	if told != l.told {
		l.remote = told
	}
	l.told, l.peer, l.learned, l.count = told, peer, false, 0
}

// Remote tells where to send.
func (l *Latch) Remote() netip.AddrPort { return l.remote }

// Packet judges a packet that arrived: accept tells whether it belongs to the
// call, moved whether Remote has changed.
func (l *Latch) Packet(from netip.AddrPort, ssrc uint32, now time.Time) (accept, moved bool) {
	from = unmapped(from)
	switch {
	case !l.may(from.Addr()):
		return false, false
	case l.learned && from == l.remote:
		l.last, l.ssrc, l.count = now, ssrc, 0
		return true, false
	case from == l.told, !l.learned && from == l.remote:
		return true, l.learn(from, ssrc, now)
	case l.learned && !l.goesOn(from, ssrc, now):
		return false, false
	}
	if from != l.candidate || ssrc != l.asked {
		l.candidate, l.asked, l.count = from, ssrc, 0
	}
	if l.count++; l.count < latchPackets {
		return !l.learned, false
	}
	return true, l.learn(from, ssrc, now)
}

// may reports whether sound may come from an address at all. A private address
// in the description of somebody who talks to us from the public network is not
// where it seems: here it belongs to somebody else.
func (l *Latch) may(from netip.Addr) bool {
	if from == l.peer {
		return true
	}
	told := l.told.Addr()
	return from == told && (!local(told) || !l.peer.IsValid() || local(l.peer))
}

// local reports whether an address means something only in its own network.
func local(a netip.Addr) bool {
	return a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast()
}

// goesOn reports whether a packet is of the stream that has fallen silent, from
// another port: a NAT has forgotten the old one. Who has not heard the stream
// does not know its SSRC.
func (l *Latch) goesOn(from netip.AddrPort, ssrc uint32, now time.Time) bool {
	return from.Addr() == l.remote.Addr() && ssrc == l.ssrc && now.Sub(l.last) >= latchSilence
}

func (l *Latch) learn(from netip.AddrPort, ssrc uint32, now time.Time) (moved bool) {
	moved = l.remote != from
	l.remote, l.ssrc, l.last, l.learned, l.count = from, ssrc, now, true, 0
	return moved
}

func unmapped(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap().WithZone(""), a.Port())
}
