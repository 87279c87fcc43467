package media

import (
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
	Peer      netip.Addr     // Where its signalling comes from: nobody else's sound is taken for its own. Invalid = not known.
}

// Receiver hears one call. Its methods may be called from any goroutine.
type Receiver struct {
	onDigit  func(digit rune, source string)
	onRemote func(netip.AddrPort)
	heard    atomic.Pointer[func([]int16)]
	last     atomic.Int64 // Unix nanoseconds of the last packet that belongs to the call.
	first    chan struct{}
	control  *Control

	mu        sync.Mutex
	set       Negotiated
	latch     *rtp.Latch
	packet    pion.Packet // Used again for each packet.
	reception reception
	events    EventDetector
	merger    Merger
	tones     *toneWatch // Nil until sound is looked at.
	order     *order     // Nil until sound is looked at.
	samples   []int16
}

// NewReceiver makes a receiver. onDigit is called for each key press and
// onRemote when the far end turns out to be elsewhere; both are called by
// whoever calls Packet, for many calls the pacing thread of all, and must not
// block.
func NewReceiver(set Negotiated, onDigit func(digit rune, source string), onRemote func(netip.AddrPort)) *Receiver {
	r := &Receiver{onDigit: onDigit, onRemote: onRemote, first: make(chan struct{})}
	r.set, r.latch = set, rtp.NewLatch(set.Remote, set.Peer)
	r.control = newControl(r)
	return r
}

// Renegotiate takes over the outcome of a new offer and answer.
func (r *Receiver) Renegotiate(set Negotiated) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.latch.Renew(set.Remote, set.Peer)
	if set.Law != r.set.Law || set.Payload != r.set.Payload {
		r.order = nil // What waits is of the other law.
	}
	r.set = set
}

// Remote is where the far end is, as far as is known.
func (r *Receiver) Remote() netip.AddrPort {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.latch.Remote()
}

// Heard sets what gets the sound of the call, as 8 kHz samples in the order of
// their sending with silence for what was lost or comes more than 60 ms late; the slice is valid during the call
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

// Packet takes one packet from the network; anything that is not RTP of this
// call is ignored.
func (r *Receiver) Packet(data []byte, from netip.AddrPort, now time.Time) {
	r.mu.Lock()
	remote, moved, found, source := r.take(data, from, now)
	r.mu.Unlock()
	if moved {
		r.onRemote(remote)
	}
	if found != 0 {
		r.onDigit(found, source)
	}
}

// take judges a packet and gives the key it completes, 0 for none.
func (r *Receiver) take(data []byte, from netip.AddrPort, now time.Time) (remote netip.AddrPort, moved bool, found rune, source string) {
	p := &r.packet
	if len(data) < 12 || len(data) >= maxPacket || p.Unmarshal(data) != nil || p.Version != 2 {
		return
	}
	known, isEvent := r.kind(p.PayloadType, len(p.Payload))
	if !known {
		return
	}
	accept, moved := r.latch.Packet(from, p.SSRC, now)
	remote = r.latch.Remote()
	if !accept {
		return remote, moved, 0, ""
	}
	r.arrived(now)
	r.reception.packet(p.SSRC, p.SequenceNumber, p.Timestamp, p.PayloadType == r.set.Payload, now)
	if isEvent {
		found, source = r.event(now), SourceEvent
	} else {
		found, source = r.sound(now), SourceInband
	}
	if found != 0 && !r.merger.Accept(found, source, now) {
		found = 0
	}
	return remote, moved, found, source
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

func (r *Receiver) event(now time.Time) rune {
	e, ok := ParseEvent(r.packet.Payload)
	if !ok {
		return 0
	}
	e.SSRC, e.Timestamp, e.Marker = r.packet.SSRC, r.packet.Timestamp, r.packet.Marker
	digit, _ := r.events.Packet(e, now)
	return digit
}

// sound decodes a packet for the tap and for the tone detector, where either
// has use for it.
func (r *Receiver) sound(now time.Time) (found rune) {
	tap := r.heard.Load()
	listen := r.listens()
	if tap == nil && !listen || r.packet.PayloadType == comfortNoise {
		return 0
	}
	if r.order == nil {
		r.order = &order{}
	}
	r.order.put(&r.packet)
	for {
		lost, payload, ok := r.order.next()
		if !ok {
			return found
		}
		r.samples = r.samples[:0]
		for range lost {
			r.samples = append(r.samples, 0)
		}
		r.samples = r.set.Law.Decode(r.samples, payload)
		if tap != nil {
			(*tap)(r.samples)
		}
		if listen {
			if digit := r.tones.samples(r.samples, now); digit != 0 {
				found = digit
			}
		}
	}
}

// listens reports whether keys have to be looked for in the sound: where no
// other way was agreed; and where one was, as long as it was never used and
// the sound is loud, since some gateways promise events and send tones.
func (r *Receiver) listens() bool {
	if r.merger.signaled {
		return false
	}
	agreed := r.set.EventType != 0
	if r.tones == nil {
		if agreed && !loud(r.set.Law, r.packet.Payload) {
			return false
		}
		r.tones = newToneWatch()
	}
	r.tones.doubt = agreed
	return !agreed || r.tones.busy() || loud(r.set.Law, r.packet.Payload)
}
