package media

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"time"

	"github.com/pion/rtcp"
)

// reportEvery is the mean time between reports (RFC 3550 §6.2); each is moved
// by up to a half, so that calls that began together do not report together.
const reportEvery = 5 * time.Second

// Sending is what our own reports tell; see rtp.Stream.Sending.
type Sending struct {
	SSRC, Timestamp uint32
	Packets, Octets uint64
}

// Control is the RTCP of one call (RFC 3550 §6): it reports what we send and
// hear, and reads what the far end reports. It belongs to the Receiver of the
// call and is made by it.
type Control struct {
	r    *Receiver
	name string // CNAME: random, as RFC 7022 wants it.

	// Guarded by r.mu.
	next   time.Time // When a report is due.
	ssrc   uint32    // Ours, as last reported.
	sent   uint64    // Packets until our last report.
	sentSR uint32    // The middle of the NTP time of our last report.
	theirs uint32    // The middle of the NTP time of theirs.
	got    time.Time // When that came.
	far    rtcp.ReceptionReport
	heard  bool // far is set.
	trip   time.Duration
}

func newControl(r *Receiver) *Control {
	var b [12]byte
	_, _ = rand.Read(b[:]) // Never fails (crypto/rand).
	return &Control{r: r, name: hex.EncodeToString(b[:])}
}

// Due gives the report that is to be sent now, nil when none is.
func (c *Control) Due(s Sending, now time.Time) []byte {
	c.r.mu.Lock()
	defer c.r.mu.Unlock()
	if c.next.IsZero() {
		c.next = now.Add(spreadTime() / 2)
	}
	if now.Before(c.next) {
		return nil
	}
	c.next = now.Add(spreadTime())
	return c.pack(c.report(s, now))
}

// spreadTime is reportEvery ± 50 %.
func spreadTime() time.Duration {
	var b [2]byte
	_, _ = rand.Read(b[:])
	return reportEvery/2 + reportEvery*time.Duration(binary.BigEndian.Uint16(b[:]))/0x10000
}

// Bye gives the last report, which says that the call is over.
func (c *Control) Bye(s Sending, now time.Time) []byte {
	c.r.mu.Lock()
	defer c.r.mu.Unlock()
	return c.pack(append(c.report(s, now), &rtcp.Goodbye{Sources: []uint32{s.SSRC}}))
}

func (c *Control) pack(all []rtcp.Packet) []byte {
	b, err := rtcp.Marshal(all)
	if err != nil {
		return nil // What we build can be written.
	}
	return b
}

// report builds a compound packet: sender report and name.
func (c *Control) report(s Sending, now time.Time) []rtcp.Packet {
	clock := ntp(now)
	c.ssrc, c.sent, c.sentSR = s.SSRC, s.Packets, middle(clock)
	sr := &rtcp.SenderReport{SSRC: s.SSRC, NTPTime: clock, RTPTime: s.Timestamp, PacketCount: uint32(s.Packets), OctetCount: uint32(s.Octets)}
	if c.r.reception.begun {
		block := c.r.reception.report()
		if !c.got.IsZero() {
			block.LastSenderReport, block.Delay = c.theirs, uint32(now.Sub(c.got)*65536/time.Second)
		}
		sr.Reports = []rtcp.ReceptionReport{block}
	}
	return []rtcp.Packet{sr, rtcp.NewCNAMESourceDescription(s.SSRC, c.name)}
}

// maxControl bounds the packets of one compound that are looked at.
const maxControl = 16

// Packet takes a report of the far end. What is no RTCP is ignored; that it
// comes from the far end the caller of Packet must know.
func (c *Control) Packet(data []byte, now time.Time) {
	if len(data) < 8 || len(data) >= maxPacket || data[0]>>6 != 2 {
		return
	}
	all, err := rtcp.Unmarshal(data)
	if err != nil {
		return
	}
	c.r.mu.Lock()
	defer c.r.mu.Unlock()
	for _, p := range all[:min(len(all), maxControl)] {
		switch p := p.(type) {
		case *rtcp.SenderReport:
			c.theirs, c.got = middle(p.NTPTime), now
			c.reported(p.Reports, now)
		case *rtcp.ReceiverReport:
			c.reported(p.Reports, now)
		}
	}
}

// reported takes what the far end says of our packets.
func (c *Control) reported(all []rtcp.ReceptionReport, now time.Time) {
	for _, b := range all {
		if c.sentSR == 0 || b.SSRC != c.ssrc {
			continue
		}
		c.far, c.heard = b, true
		if b.LastSenderReport == 0 {
			continue
		}
		// RFC 3550 §6.4.1: arrival − LSR − DLSR, in 1/65536 s.
		if trip := int32(middle(ntp(now)) - b.LastSenderReport - b.Delay); trip >= 0 && trip < 65536*10 {
			c.trip = time.Duration(trip) * time.Second / 65536
		}
	}
}

// ntp is a time as RFC 3550 §4 writes it: seconds since 1900 and their
// fraction, 32 bits each.
func ntp(t time.Time) uint64 {
	const from1900to1970 = 2208988800
	nanos := uint64(t.UnixNano())
	seconds, rest := nanos/uint64(time.Second), nanos%uint64(time.Second)
	return (seconds+from1900to1970)<<32 | rest<<32/uint64(time.Second)
}

// middle is the part of an NTP time that reports repeat.
func middle(clock uint64) uint32 { return uint32(clock >> 16) }

// IsControl tells RTCP from RTP where both use one port (RFC 5761 §4).
func IsControl(data []byte) bool { return len(data) > 1 && data[1] >= 192 && data[1] <= 223 }

// Quality tells how well the call is heard at both ends.
func (r *Receiver) Quality() Quality {
	r.mu.Lock()
	defer r.mu.Unlock()
	lost, all := r.reception.totals()
	q := Quality{Received: all, Jitter: r.reception.jitterTime(), RoundTrip: r.control.trip}
	if all > 0 {
		q.Lost = float64(lost) / float64(all)
		q.MOS = mos(q.Lost, q.Jitter, q.RoundTrip/2, lossBare)
	}
	if far := r.control.far; r.control.heard {
		q.Reported, q.FarLost = true, min(1, float64(far.TotalLost)/float64(max(1, r.control.sent)))
		q.FarJitter = time.Duration(far.Jitter) * time.Second / 8000
		q.FarMOS = mos(q.FarLost, q.FarJitter, q.RoundTrip/2, lossConcealed)
	}
	return q
}

// Control is the RTCP of the call.
func (r *Receiver) Control() *Control { return r.control }
