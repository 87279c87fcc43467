package rtp

import (
	"encoding/binary"
	"errors"
	"time"
)

// ErrNoEvents says that the far end takes no telephone events.
var ErrNoEvents = errors.New("telephone events were not negotiated for this call")

// ErrEventRunning says that an event was sent while another was running.
var ErrEventRunning = errors.New("a telephone event is still being sent")

// endPackets is how often the end of an event is sent (RFC 4733 §2.5.1.4).
const endPackets = 3

// eventVolume is −10 dBm0, the level most telephones declare.
const eventVolume = 10

// event is a key press on its way.
type event struct {
	code     uint8
	start    uint32 // Timestamp of all its packets.
	duration int    // In samples, so far.
	length   int    // In samples, in all.
	ends     int    // End packets sent.
	begun    bool
	finished chan struct{}
}

func (e *event) finish() { close(e.finished) }

// SendEvent sends a telephone event (0–9, 10 = *, 11 = #, 12–15 = A–D) as long
// as d, and returns a channel that is closed when its last packet was sent or
// the stream ended. A running prompt waits meanwhile.
func (s *Stream) SendEvent(code uint8, d time.Duration) (<-chan struct{}, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.codec.EventType == 0:
		return nil, ErrNoEvents
	case s.event != nil:
		return nil, ErrEventRunning
	}
	e := &event{code: code, length: int(d * SampleRate / time.Second), finished: make(chan struct{})}
	if s.closed {
		e.finish()
		return e.finished, nil
	}
	s.event = e
	return e.finished, nil
}

// sendEvent sends the next packet of the running event.
func (s *Stream) sendEvent(ts uint32) {
	e, first := s.event, !s.event.begun
	if first {
		e.begun, e.start = true, ts
	}
	e.duration = min(e.duration+FrameSamples, e.length)
	var payload [eventSize]byte
	payload[0], payload[1] = e.code, eventVolume
	if e.duration == e.length {
		payload[1] |= 0x80 // The end bit.
		e.ends++
	}
	binary.BigEndian.PutUint16(payload[2:], uint16(min(e.duration, 0xFFFF)))
	s.packet(s.codec.EventType, e.start, first, payload[:])
	s.talk = false
	if e.ends == endPackets {
		e.finish()
		s.event = nil
	}
}
