package media

import (
	"time"

	"github.com/pion/rtcp"

	"github.com/xinmoi/xinmoi/announce/rtp"
)

// The bounds of RFC 3550 appendix A.1 on sequence numbers that still belong to
// one sender.
const (
	maxDropout  = 3000
	maxMisorder = 100
)

// reception counts what arrives from one source (RFC 3550 §6.4 and appendices
// A.1, A.3, A.8). The zero value is ready.
type reception struct {
	ssrc     uint32
	base     uint32 // First sequence number, extended.
	highest  uint32 // Highest one, extended by its cycles.
	received uint64
	jitter   float64 // In timestamp units.
	transit  int64   // Of the packet before, in timestamp units; arrival less timestamp.
	begun    bool

	expectedBefore, receivedBefore uint64 // At the last report.

	lost, all uint64 // Of earlier sources of this call: packets lost and expected.
}

// packet takes one in. sound tells that its timestamp is that of its own
// moment, which an event's is not.
func (r *reception) packet(ssrc uint32, seq uint16, ts uint32, sound bool, at time.Time) {
	ahead := seq - uint16(r.highest)
	if !r.begun || ssrc != r.ssrc || ahead >= maxDropout && ahead <= 0xFFFF-maxMisorder {
		r.restart(ssrc, seq)
		ahead = 0
	}
	r.received++
	if ahead < maxDropout {
		r.highest += uint32(ahead)
	}
	if !sound {
		return
	}
	transit := at.UnixNano()*rtp.SampleRate/int64(time.Second) - int64(ts)
	if d := int64(int32(transit - r.transit)); r.transit != 0 {
		r.jitter += (float64(max(d, -d)) - r.jitter) / 16
	}
	r.transit = transit
}

// restart begins to count a new source; what was counted is kept in the sums.
func (r *reception) restart(ssrc uint32, seq uint16) {
	if r.begun {
		r.lost, r.all = r.totals()
	}
	*r = reception{ssrc: ssrc, base: uint32(seq), highest: uint32(seq), begun: true, lost: r.lost, all: r.all, jitter: r.jitter}
}

func (r *reception) expected() uint64 {
	if !r.begun {
		return 0
	}
	return uint64(r.highest-r.base) + 1
}

// totals are the packets lost and expected during the whole call.
func (r *reception) totals() (lost, all uint64) {
	expected := r.expected()
	if expected > r.received {
		lost = expected - r.received
	}
	return r.lost + lost, r.all + expected
}

// report gives the block for the sender, and begins the next interval.
func (r *reception) report() rtcp.ReceptionReport {
	expected := r.expected()
	lost := int64(expected) - int64(r.received)
	inInterval := int64(expected - r.expectedBefore)
	lostInInterval := inInterval - int64(r.received-r.receivedBefore)
	r.expectedBefore, r.receivedBefore = expected, r.received
	b := rtcp.ReceptionReport{
		SSRC: r.ssrc, LastSequenceNumber: r.highest, Jitter: uint32(r.jitter),
		TotalLost: uint32(min(max(lost, 0), 1<<23-1)),
	}
	if inInterval > 0 && lostInInterval > 0 {
		b.FractionLost = uint8(min(255, lostInInterval*256/inInterval))
	}
	return b
}

// jitterTime is the mean deviation of arrival (RFC 3550 §6.4.1).
func (r *reception) jitterTime() time.Duration {
	return time.Duration(r.jitter * float64(time.Second) / rtp.SampleRate)
}
