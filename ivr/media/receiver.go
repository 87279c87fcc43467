package media

import (
	"errors"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	pion "github.com/pion/rtp"

	"github.com/xinmoi/xinmoi/announce/rtp"
)

// maxPacket is more than any packet of telephone sound; longer ones are cut
// and then refused.
const maxPacket = 1500

// maxGap bounds the silence put in place of lost sound, in samples.
const maxGap = 2 * rtp.SampleRate

// Payload types that are known by RFC 3551.
const (
	comfortNoise = 13
	dynamicFirst = 96
	dynamicLast  = 127
)

// Negotiated is what SDP has settled for the receiving side.
type Negotiated struct {
	Law       rtp.Law
	Payload   uint8          // Payload type of the law.
	EventType uint8          // Payload type of telephone events in our direction; 0 = not negotiated.
	EventToo  uint8          // Another one, where the far end may use its own number for them; 0 = none.
	Remote    netip.AddrPort // Where the far end says it is.
}

// Receiver hears one call. Its methods may be called from any goroutine.
type Receiver struct {
	onDigit  func(digit rune, source string)
	onRemote func(netip.AddrPort)
	heard    atomic.Pointer[func([]int16)]
	last     atomic.Int64 // Unix nanoseconds of the last packet that belongs to the call.
	first    chan struct{}

	mu      sync.Mutex
	set     Negotiated
	latch   *rtp.Latch
	events  EventDetector
	inband  *Inband
	merger  Merger
	samples []int16
	ssrc    uint32
	nextTS  uint32 // Expected timestamp of the next sound.
	started bool
}

// NewReceiver makes a receiver. onDigit is called for each key press and
// onRemote when the far end turns out to be elsewhere; both are called on the
// network goroutine and must not block.
func NewReceiver(set Negotiated, onDigit func(digit rune, source string), onRemote func(netip.AddrPort)) *Receiver {
	r := &Receiver{onDigit: onDigit, onRemote: onRemote, first: make(chan struct{})}
	r.set, r.latch, r.inband = set, rtp.NewLatch(set.Remote), NewInband()
	return r
}

// Renegotiate takes over the outcome of a new offer and answer.
func (r *Receiver) Renegotiate(set Negotiated) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if set.Remote != r.set.Remote {
		r.latch.Reset(set.Remote)
	}
	r.set = set
}

// Heard sets what gets the sound of the call, as 8 kHz samples in the order of
// arrival with silence for what was lost; the slice is valid during the call
// only. nil ends it.
func (r *Receiver) Heard(tap func([]int16)) {
	if tap == nil {
		r.heard.Store(nil)
		return
	}
	r.heard.Store(&tap)
}

// First is closed when the first packet of the call has arrived.
func (r *Receiver) First() <-chan struct{} { return r.first }

// Last tells when the last packet of the call arrived; zero if none did.
func (r *Receiver) Last() time.Time {
	if n := r.last.Load(); n != 0 {
		return time.Unix(0, n)
	}
	return time.Time{}
}

// Digit takes a key that arrived by signalling.
func (r *Receiver) Digit(digit rune, source string, now time.Time) {
	r.mu.Lock()
	ok := r.merger.Accept(digit, source, now)
	r.mu.Unlock()
	if ok {
		r.onDigit(digit, source)
	}
}

// Listen reads packets until conn is closed.
func (r *Receiver) Listen(conn *net.UDPConn) error {
	buf := make([]byte, maxPacket)
	for {
		n, from, err := conn.ReadFromUDPAddrPort(buf)
		switch {
		case errors.Is(err, net.ErrClosed):
			return nil
		case err == nil:
			r.Packet(buf[:n], from, time.Now())
		}
		// Other errors report that an earlier packet was refused by the far
		// end (ICMP); the call may still come alive.
	}
}

// Packet takes one packet from the network; anything that is not RTP of this
// call is ignored.
func (r *Receiver) Packet(data []byte, from netip.AddrPort, now time.Time) {
	var p pion.Packet
	if len(data) < 12 || len(data) >= maxPacket || p.Unmarshal(data) != nil || p.Version != 2 {
		return
	}
	r.mu.Lock()
	known, isEvent := r.kind(p.PayloadType, len(p.Payload))
	if !known {
		r.mu.Unlock()
		return
	}
	accept, moved := r.latch.Packet(from, p.SSRC, now)
	remote := r.latch.Remote()
	var found []rune
	source := SourceInband
	if accept {
		r.arrived(now)
		if isEvent {
			found, source = r.event(&p, now), SourceEvent
		} else {
			found = r.sound(&p)
		}
		found = r.fresh(found, source, now)
	}
	r.mu.Unlock()
	if moved {
		r.onRemote(remote)
	}
	for _, digit := range found {
		r.onDigit(digit, source)
	}
}

// kind sorts a payload type. Where no telephone events were negotiated, four
// bytes of a dynamic type can only be one all the same; where they were, they
// are some sender's filler.
func (r *Receiver) kind(pt uint8, size int) (known, isEvent bool) {
	switch {
	case r.set.EventType != 0 && (pt == r.set.EventType || pt == r.set.EventToo && pt >= dynamicFirst):
		return true, true
	case pt == r.set.Payload || pt == comfortNoise:
		return true, false
	}
	stray := r.set.EventType == 0 && size == 4 && pt >= dynamicFirst && pt <= dynamicLast
	return stray, stray
}

func (r *Receiver) arrived(now time.Time) {
	if r.last.Swap(now.UnixNano()) == 0 {
		close(r.first)
	}
}

func (r *Receiver) event(p *pion.Packet, now time.Time) []rune {
	e, ok := ParseEvent(p.Payload)
	if !ok {
		return nil
	}
	e.SSRC, e.Timestamp, e.Marker = p.SSRC, p.Timestamp, p.Marker
	if digit, ok := r.events.Packet(e, now); ok {
		return []rune{digit}
	}
	return nil
}

// sound decodes a packet for the tap and, where keys are not signalled, for
// the tone detector.
func (r *Receiver) sound(p *pion.Packet) (found []rune) {
	tap := r.heard.Load()
	listen := r.set.EventType == 0
	if tap == nil && !listen || p.PayloadType == comfortNoise || !r.inOrder(p) {
		return nil
	}
	gap := r.samples[:0]
	if lost := p.Timestamp - r.nextTS; lost <= maxGap {
		for range lost {
			gap = append(gap, 0)
		}
	}
	r.nextTS = p.Timestamp + uint32(len(p.Payload))
	r.samples = r.set.Law.Decode(gap, p.Payload)
	if tap != nil {
		(*tap)(r.samples)
	}
	if listen {
		r.inband.Samples(r.samples, func(digit rune) { found = append(found, digit) })
	}
	return found
}

// inOrder refuses sound that comes too late or twice, and starts again with a
// new source or after a jump.
func (r *Receiver) inOrder(p *pion.Packet) bool {
	behind := int32(p.Timestamp - r.nextTS)
	if !r.started || p.SSRC != r.ssrc || behind < -maxGap || behind > maxGap {
		r.started, r.ssrc, r.nextTS = true, p.SSRC, p.Timestamp
		return true
	}
	return behind >= 0
}

// fresh keeps the digits that no other source has brought.
func (r *Receiver) fresh(found []rune, source string, now time.Time) []rune {
	kept := found[:0]
	for _, digit := range found {
		if r.merger.Accept(digit, source, now) {
			kept = append(kept, digit)
		}
	}
	return kept
}
