package media

import (
	"encoding/binary"
	"time"
)

const (
	eventEnds   = 120 * time.Millisecond // Without packets so long, an event is over.
	eventRepeat = 40 * time.Millisecond  // Shortest time from press to press of one key.
	eventStale  = 200 * time.Millisecond // Without packets so long, a shorter duration is a new press even without marker.
	eventMemory = 500 * time.Millisecond // How long late packets of an earlier event may arrive.
	segmentMin  = 0xF000                 // A long event continues under a timestamp about this much later (RFC 4733 §2.5.1.3).
	segmentMax  = 0x10000 + 160
)

// keys are the digits by event code (RFC 4733 §3.2, table 3).
const keys = "0123456789*#ABCD"

// Key gives the digit of an event code; ok is false for codes above 15, such
// as flash.
func Key(code uint8) (digit rune, ok bool) {
	if int(code) >= len(keys) {
		return 0, false
	}
	return rune(keys[code]), true
}

// KeyCode gives the event code of a digit.
func KeyCode(digit rune) (code uint8, ok bool) {
	for i, k := range keys {
		if k == digit {
			return uint8(i), true
		}
	}
	return 0, false
}

// Event is one telephone event packet.
type Event struct {
	SSRC      uint32
	Timestamp uint32
	Marker    bool
	Code      uint8
	End       bool
	Duration  uint16 // In timestamp units.
}

// ParseEvent reads the payload of a telephone event (RFC 4733 §2.3). It takes
// 4 to 16 bytes: some gateways append bytes, some put four zero bytes in front.
func ParseEvent(payload []byte) (e Event, ok bool) {
	if len(payload) < 4 || len(payload) > 16 {
		return Event{}, false
	}
	if len(payload) >= 8 && binary.BigEndian.Uint32(payload) == 0 && payload[4] < 16 {
		payload = payload[4:]
	}
	return Event{Code: payload[0], End: payload[1]&0x80 != 0, Duration: binary.BigEndian.Uint16(payload[2:4])}, true
}

// EventDetector finds key presses in telephone event packets. It tells a key
// at the first packet it sees of it, so that speech can stop at once, and
// copes with senders that lose the start, repeat the end, begin with duration
// 0 or use one timestamp for every key. The zero value is ready; it is not
// safe for concurrent use.
type EventDetector struct {
	recent [4]press // The current press is recent[0].
}

type press struct {
	event Event // Last packet.
	since time.Time
	last  time.Time
	ended bool
	used  bool
}

// Packet takes one packet; ok reports a new key press.
func (d *EventDetector) Packet(e Event, now time.Time) (digit rune, ok bool) {
	digit, ok = Key(e.Code)
	if !ok {
		return 0, false
	}
	if p := d.find(e, now); p != nil {
		if !p.again(e, now) {
			p.update(e, now)
			return 0, false
		}
		*p = press{}
	}
	copy(d.recent[1:], d.recent[:])
	d.recent[0] = press{event: e, since: now, last: now, ended: e.End, used: true}
	return digit, true
}

// find gives the press that a packet belongs to, nil for a new one.
func (d *EventDetector) find(e Event, now time.Time) *press {
	for i := range d.recent {
		p := &d.recent[i]
		if !p.used || p.event.SSRC != e.SSRC || p.event.Code != e.Code {
			continue
		}
		if p.event.Timestamp == e.Timestamp && (i == 0 || now.Sub(p.last) < eventMemory) {
			return p
		}
		if i == 0 && p.continuedBy(e, now) {
			return p
		}
	}
	return nil
}

// continuedBy reports whether e is the next segment of a press that lasts
// longer than 16 bits can tell.
func (p *press) continuedBy(e Event, now time.Time) bool {
	gap := e.Timestamp - p.event.Timestamp
	return !e.Marker && !p.over(now) && gap >= segmentMin && gap <= segmentMax
}

// again reports whether a packet with the key of p starts a new press of it.
func (p *press) again(e Event, now time.Time) bool {
	if !p.over(now) || now.Sub(p.since) < eventRepeat || e.Duration >= p.event.Duration {
		return false
	}
	return e.Marker || now.Sub(p.last) >= eventStale
}

func (p *press) over(now time.Time) bool { return p.ended || now.Sub(p.last) > eventEnds }

func (p *press) update(e Event, now time.Time) {
	end := p.ended || e.End
	if !p.ended || e.End {
		p.event = e
	}
	p.ended, p.last = end, now
}
