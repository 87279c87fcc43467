package sip

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"

	"github.com/xinmoi/xinmoi/announce/rtp"
	"github.com/xinmoi/xinmoi/ivr/media"
)

// errNoPorts says that every port of the configured range is in use.
var errNoPorts = errors.New("no free port for sound in the configured range")

// ports hands out even ports of a range in turn, so that a port rests as long
// as possible after a call and late packets meet nobody.
type ports struct {
	mu          sync.Mutex
	first, last int // 0, 0: the system chooses.
	next        int
}

func newPorts(r [2]uint16) *ports {
	first := (int(r[0]) + 1) &^ 1
	return &ports{first: first, last: int(r[1]), next: first}
}

// open binds a socket for sound.
func (p *ports) open(ip netip.Addr) (*net.UDPConn, error) {
	if p.last == 0 || p.first > p.last {
		return net.ListenUDP("udp"+familyOf(ip), net.UDPAddrFromAddrPort(netip.AddrPortFrom(ip, 0)))
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for range (p.last-p.first)/2 + 1 {
		port := p.next
		if p.next += 2; p.next > p.last {
			p.next = p.first
		}
		conn, err := net.ListenUDP("udp"+familyOf(ip), net.UDPAddrFromAddrPort(netip.AddrPortFrom(ip, uint16(port))))
		if err == nil {
			return conn, nil
		}
	}
	return nil, fmt.Errorf("%w: %d–%d", errNoPorts, p.first, p.last)
}

// leg is the sound of one call.
type leg struct {
	conn     *net.UDPConn
	local    local // What our descriptions say.
	stream   *rtp.Stream
	receiver *media.Receiver
	done     chan struct{} // Closed when nothing is read any more.

	locked  bool // Nothing may be sent yet.
	held    bool
	codec   rtp.Codec
	remote  netip.AddrPort
	greeted bool // An agreement has been applied.
}

// openLeg begins to listen; nothing is sent before agree and unlock.
func openLeg(conn *net.UDPConn, public netip.Addr, wheel *rtp.Wheel, onDigit func(rune, string)) *leg {
	port := conn.LocalAddr().(*net.UDPAddr).AddrPort().Port()
	l := &leg{conn: conn, done: make(chan struct{}), locked: true}
	l.local = local{ID: sessionID(), Version: 1, Addr: netip.AddrPortFrom(public, port)}
	l.stream = wheel.NewStream(rtp.NewSender(conn), netip.AddrPort{}, rtp.Codec{Payload: 8})
	l.stream.Pause(true)
	l.receiver = media.NewReceiver(media.Negotiated{Payload: 8, EventType: offerEvents}, onDigit, l.stream.SetRemote)
	go func() {
		defer close(l.done)
		_ = l.receiver.Listen(conn)
	}()
	return l
}

// sessionID gives a number for o= lines that fits every parser.
func sessionID() uint64 {
	var b [8]byte
	_, _ = rand.Read(b[:]) // Never fails (crypto/rand).
	return binary.BigEndian.Uint64(b[:]) >> 24
}

// agree applies the outcome of an offer and answer. fallback takes the place
// of an address that the description does not give.
func (l *leg) agree(a *agreement, fallback netip.Addr, received uint8) {
	remote := a.Remote
	if !remote.IsValid() && !a.held() && fallback.IsValid() {
		remote = netip.AddrPortFrom(fallback, a.Media[a.Index].Port)
	}
	if !remote.IsValid() {
		remote = l.remote // Hold without an address: keep the old one.
	}
	set := media.Negotiated{Law: a.Codec.Law, Payload: a.Codec.Payload, EventType: a.Codec.EventType, Remote: remote}
	if received != 0 && a.Codec.EventType != 0 {
		set.EventType, set.EventToo = received, a.Codec.EventType // We offered one number, the answer may have another.
	}
	l.receiver.Renegotiate(set)
	if !l.greeted || a.Codec != l.codec {
		l.stream.SetCodec(a.Codec)
	}
	if !l.greeted || remote != l.remote {
		l.stream.SetRemote(remote)
	}
	l.stream.Pause(l.locked || a.held())
	l.greeted, l.codec, l.remote, l.held = true, a.Codec, remote, a.held()
}

// unlock lets sound out, once the far end is known to be there.
func (l *leg) unlock() {
	l.locked = false
	l.stream.Pause(l.held)
}

// close ends the sound; nothing is sent or heard after it returns.
func (l *leg) close() {
	l.stream.Close()
	_ = l.conn.Close()
	<-l.done
}
