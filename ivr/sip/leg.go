package sip

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/xinmoi/xinmoi/announce/rtp"
	"github.com/xinmoi/xinmoi/ivr/media"
)

// errNoPorts says that every port of the configured range is in use.
var errNoPorts = errors.New("no free port for sound in the configured range")

// ports hands out even ports of a range in turn, so that a port rests as long
// as possible after a call and late packets meet nobody.
type ports struct {
	mu          sync.Mutex
	network     Network
	first, last int // 0, 0: the system chooses.
	next        int
}

func newPorts(r [2]uint16, n Network) *ports {
	first := (int(r[0]) + 1) &^ 1
	return &ports{network: n, first: first, last: int(r[1]), next: first}
}

// open binds a socket for sound.
func (p *ports) open(ip netip.Addr) (media.Socket, error) {
	if p.last == 0 || p.first > p.last {
		return p.network.Sound(netip.AddrPortFrom(ip, 0))
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for range (p.last-p.first)/2 + 1 {
		port := p.next
		if p.next += 2; p.next > p.last {
			p.next = p.first
		}
		socket, err := p.network.Sound(netip.AddrPortFrom(ip, uint16(port)))
		if err == nil {
			return socket, nil
		}
	}
	return nil, fmt.Errorf("%w: %d–%d", errNoPorts, p.first, p.last)
}

// maxHeard bounds the packets of one call that are looked at in 20 ms; who
// sends more makes its own keys late, not those of others.
const maxHeard = 16

// leg is the sound of one call. The wheel calls it as an rtp.Listener.
type leg struct {
	network  Network
	socket   media.Socket
	wire     *wire        // To and from socket, encrypted where that was agreed.
	control  media.Socket // For RTCP, the port after that of the sound; nil until it is needed, and where it is taken. Guarded by mu.
	local    local        // What our descriptions say.
	stream   *rtp.Stream
	receiver *media.Receiver
	done     chan struct{} // Closed when nothing is read any more; nil where the wheel reads.

	locked  bool // Nothing may be sent yet.
	held    bool
	codec   rtp.Codec
	remote  netip.AddrPort
	greeted bool // An agreement has been applied.

	mu     sync.Mutex
	report rtcpPath
}

// rtcpPath is where reports go.
type rtcpPath struct {
	tried bool           // To open the port for them.
	on    bool           // The far end is there, and reports may be sent.
	mux   bool           // By the port of the sound (RFC 5761).
	to    netip.AddrPort // Told by SDP (RFC 3605); invalid = the port after that of the sound.
	heard netip.AddrPort // Where its own reports come from, which a NAT may have changed.
}

// openLeg begins to listen; nothing is sent before agree and unlock.
func openLeg(n Network, socket media.Socket, public netip.Addr, wheel *rtp.Wheel, onDigit func(rune, string)) *leg {
	at := socket.Addr()
	l := &leg{network: n, socket: socket, wire: &wire{socket: socket}, locked: true}
	l.local = local{ID: sessionID(), Version: 1, Addr: netip.AddrPortFrom(public, at.Port()), Key: newCryptoKey()}
	l.stream = wheel.NewStream(l.wire, netip.AddrPort{}, rtp.Codec{Payload: 8})
	l.stream.Pause(true)
	l.receiver = media.NewReceiver(media.Negotiated{Payload: 8, EventType: offerEvents}, func(digit rune, source string) {
		l.stream.Duck() // At once; the conversation decides what follows.
		onDigit(digit, source)
	}, l.stream.SetRemote)
	l.stream.Listen(l)
	if !socket.Polled() {
		l.done = make(chan struct{})
		go func() {
			defer close(l.done)
			l.listen()
		}()
	}
	return l
}

// listen reads a socket that the wheel cannot read, until it is closed.
func (l *leg) listen() {
	buf := make([]byte, rtp.MaxPacket)
	for {
		n, from, err := l.socket.Conn().ReadFromUDPAddrPort(buf)
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err == nil: // Other errors are those of earlier packets (ICMP); the call may still come alive.
			l.take(buf[:n], from, time.Now())
		}
	}
}

// sessionID gives a number for o= lines that fits every parser.
func sessionID() uint64 {
	var b [8]byte
	_, _ = rand.Read(b[:]) // Never fails (crypto/rand).
	return binary.BigEndian.Uint64(b[:]) >> 24
}

// agree applies the outcome of an offer and answer. peer is where the
// signalling comes from: beside the address of the description the only one
// whose sound is taken, and its stand-in where the description has none.
func (l *leg) agree(a *agreement, peer netip.Addr, received uint8) {
	remote := a.Remote
	if !remote.IsValid() && !a.held() && peer.IsValid() {
		remote = netip.AddrPortFrom(peer, a.Media[a.Index].Port)
	}
	if !remote.IsValid() {
		remote = l.remote // Hold without an address: keep the old one.
	}
	set := media.Negotiated{Law: a.Codec.Law, Payload: a.Codec.Payload, EventType: a.Codec.EventType, Remote: remote, Peer: peer}
	if received != 0 && a.Codec.EventType != 0 {
		set.EventType, set.EventToo = received, a.Codec.EventType // We offered one number, the answer may have another.
	}
	if l.local.Secure && a.Crypto == nil && received != 0 {
		return // Encryption was offered and is not taken: silence, never in the clear.
	}
	if l.wire.secure(l.local.Key, a.Crypto) != nil {
		return // Cannot happen with keys of the right length.
	}
	l.local.Secure = a.Crypto != nil
	l.receiver.Renegotiate(set)
	if !l.greeted || a.Codec != l.codec {
		l.stream.SetCodec(a.Codec)
	}
	if !l.greeted || remote != l.remote {
		l.stream.SetRemote(remote)
	}
	l.stream.Pause(l.locked || a.held())
	l.greeted, l.codec, l.remote, l.held = true, a.Codec, remote, a.held()
	l.agreeReports(a)
}

// unlock lets sound out, once the far end is known to be there.
func (l *leg) unlock() {
	l.locked = false
	l.stream.Pause(l.held)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.report.on = true
}

// Hear implements rtp.Listener.
func (l *leg) Hear(scratch []byte) {
	for range maxHeard {
		n, from, at, ok := l.socket.Receive(scratch)
		if !ok {
			return
		}
		l.stream.Waited(at)
		l.take(scratch[:n], from, at)
	}
}

// take passes on one packet.
func (l *leg) take(data []byte, from netip.AddrPort, at time.Time) {
	if media.IsControl(data) {
		l.reported(data, from, at)
	} else if data = l.wire.open(data, false); data != nil {
		l.receiver.Packet(data, from, at)
	}
}

// Second implements rtp.Listener: it reads reports and sends ours.
func (l *leg) Second(scratch []byte) {
	l.hearReports(scratch)
	if to, by := l.reportTo(); by != nil {
		if report := l.receiver.Control().Due(l.sending(), time.Now()); report != nil {
			l.sendReport(by, report, to) // The next one comes in five seconds.
		}
	}
}

func (l *leg) sending() (s media.Sending) {
	s.SSRC, s.Timestamp, s.Packets, s.Octets = l.stream.Sending()
	return s
}

// close ends the sound; nothing is sent or heard after it returns.
func (l *leg) close() {
	l.stream.Close()
	if to, by := l.reportTo(); by != nil && l.stream.Sent() > 0 {
		l.sendReport(by, l.receiver.Control().Bye(l.sending(), time.Now()), to)
	}
	_ = l.socket.Close()
	l.closeReports()
	if l.done != nil {
		<-l.done
	}
}
