package rtp

import (
	"crypto/rand"
	"encoding/binary"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	pion "github.com/pion/rtp"
)

const (
	headerSize = 12
	eventSize  = 4
)

// Sender puts a packet on its way. It must not block: it is called on the
// pacing thread of all streams.
type Sender interface {
	Send(packet []byte, to netip.AddrPort) error
}

// Codec says how a stream is sent.
type Codec struct {
	Law       Law
	Payload   uint8 // RTP payload type of the law, as negotiated.
	EventType uint8 // Payload type of telephone events (RFC 4733); 0 = none.
}

// Stream is one direction of a call's sound. All methods may be called from
// any goroutine.
type Stream struct {
	sender Sender
	slot   int // Of the wheel; changed by it only.
	sent   atomic.Uint64

	hearing  sync.Mutex // Held while the listener works; before mu.
	listener Listener
	turns    int
	phase    phase
	moves    int // Of its turn to an earlier slot.

	mu     sync.Mutex
	remote netip.AddrPort
	codec  Codec
	header pion.Header
	ts     uint32 // Timestamp of the next frame; counts on through pauses.
	octets uint64 // Of sound, sent.
	buf    [headerSize + FrameSamples]byte
	quiet  [FrameSamples]byte

	relay  *Relay // What is sent where there is no prompt; nil = silence.
	prompt *Prompt
	pos    int // Next frame of prompt.
	done   func()
	tail   []byte // Of a prompt that was stopped, to be sent once.
	ducked int    // Frames for which a key keeps the prompt silent.
	event  *event
	silent int  // Frames since the last one with a prompt.
	talk   bool // The frame before had speech: no marker is due.
	paused bool
	closed bool
}

// NewStream starts a stream to remote; nothing is sent while remote is not
// valid. It sends silence until Play.
func (w *Wheel) NewStream(sender Sender, remote netip.AddrPort, codec Codec) *Stream {
	s := &Stream{sender: sender, remote: remote, silent: 1 << 20}
	s.header = pion.Header{Version: 2, SSRC: random32(), SequenceNumber: uint16(random32())}
	s.ts = random32()
	s.setCodec(codec)
	w.add(s)
	return s
}

func random32() uint32 {
	var b [4]byte
	_, _ = rand.Read(b[:]) // Never fails (crypto/rand).
	return binary.BigEndian.Uint32(b[:])
}

// Play sends p from the next frame on, instead of a running prompt. When p
// was sent to its end, done is called on the pacing thread and must return at
// once; a prompt that is replaced or stopped calls nothing. done may be nil.
func (s *Stream) Play(p *Prompt, done func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ducked == 0 {
		s.tail = nil
	}
	s.prompt, s.pos, s.done, s.ducked = p, 0, done, 0
}

// FadeTime is what a prompt that is stopped needs to leave without a click.
const FadeTime = 2 * FrameDuration

// Stop ends a running prompt: its next frame fades out, and silence follows.
func (s *Stream) Stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ducked == 0 {
		s.fade()
	}
	s.prompt, s.pos, s.done, s.ducked = nil, 0, nil, 0
}

// fade prepares the last frame of a prompt that is being heard.
func (s *Stream) fade() {
	if s.prompt != nil && s.pos > 0 && s.pos < s.prompt.Frames() && !s.prompt.foreign {
		s.tail = faded(s.codec.Law, s.prompt.frame(s.codec.Law, s.pos))
	}
}

// fadeSamples is how fast a prompt that is stopped falls to silence, 4 ms:
// nobody hears a click, and the frame counts as silent.
const fadeSamples = 32

// faded is a frame that falls to silence.
func faded(law Law, frame []byte) []byte {
	samples := law.Decode(make([]int16, 0, FrameSamples), frame)
	for i, v := range samples {
		samples[i] = int16(int(v) * max(0, fadeSamples-i) / fadeSamples)
	}
	return law.encode(make([]byte, 0, FrameSamples), samples)
}

// duckFrames is how long a key keeps a prompt silent until somebody has decided.
const duckFrames = 4

// Duck silences a running prompt from the next frame on, because a key was
// pressed: before whoever leads the conversation knows of it. Stop or Play end
// the prompt for good; when neither comes within 80 ms, it goes on where it was.
func (s *Stream) Duck() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.prompt == nil || s.prompt.foreign || s.ducked > 0 {
		return
	}
	s.fade()
	s.ducked = duckFrames
}

// Playing reports whether a prompt is being sent; on hold none is.
func (s *Stream) Playing() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.prompt != nil && !s.paused && s.remote.IsValid()
}

// Pause stops all packets, as a call on hold demands; without pause they go
// on, and an interrupted prompt starts again from its beginning.
func (s *Stream) Pause(pause bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.paused && !pause {
		s.pos = 0
	}
	s.paused = pause
}

// SetRemote changes where packets go.
func (s *Stream) SetRemote(remote netip.AddrPort) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.remote = remote
}

// SetCodec changes law and payload types from the next frame on.
func (s *Stream) SetCodec(codec Codec) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.setCodec(codec)
}

func (s *Stream) setCodec(codec Codec) {
	s.codec, s.tail = codec, nil
	for i := range s.quiet {
		s.quiet[i] = codec.Law.Silence()
	}
}

// Silence tells how long no prompt was sent.
func (s *Stream) Silence() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.Duration(s.silent) * FrameDuration
}

// Sending tells what a report about the stream needs (RFC 3550 §6.4.1): its
// SSRC, the timestamp of the next packet, and the packets and bytes of sound
// sent so far.
func (s *Stream) Sending() (ssrc, timestamp uint32, packets, octets uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.header.SSRC, s.ts, s.sent.Load(), s.octets
}

// Sent counts the packets sent.
func (s *Stream) Sent() uint64 { return s.sent.Load() }

// Close ends the stream: no packet leaves and none is heard after it returns.
// A Listener must not call it.
func (s *Stream) Close() {
	s.hearing.Lock()
	s.listener = nil
	s.hearing.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.prompt, s.done = nil, nil
	if s.event != nil {
		s.event.finish()
		s.event = nil
	}
}

// turn hears what has come and sends what is due; it reports false once the
// stream is closed. From time to time it tells by how many slots its turn should
// come earlier.
func (s *Stream) turn(scratch []byte) (earlier int, alive bool) {
	earlier = s.hear(scratch)
	done, alive := s.send()
	if done != nil {
		done() // Outside the lock: it may call Play.
	}
	return earlier, alive
}

func (s *Stream) send() (done func(), alive bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, false
	}
	ts := s.ts
	s.ts += FrameSamples
	s.silent++
	switch {
	case s.paused || !s.remote.IsValid():
		s.talk, s.tail = false, nil
	case s.event != nil:
		s.sendEvent(ts)
	case s.tail != nil:
		s.packet(s.codec.Payload, ts, false, s.tail)
		s.tail, s.talk = nil, false
		s.ducked = max(0, s.ducked-1)
	case s.ducked > 0 && s.prompt != nil:
		s.ducked--
		s.packet(s.codec.Payload, ts, false, s.quiet[:])
		s.talk = false
	case s.prompt != nil && s.pos < s.prompt.Frames():
		done = s.sendPrompt(ts)
	case s.prompt == nil && s.relay != nil:
		s.sendRelayed(ts)
	case s.prompt != nil: // An empty prompt is over at once.
		done = s.endPrompt()
		fallthrough
	default:
		s.packet(s.codec.Payload, ts, false, s.quiet[:])
		s.talk = false
	}
	return done, true
}

func (s *Stream) sendPrompt(ts uint32) (done func()) {
	s.packet(s.codec.Payload, ts, !s.talk, s.prompt.frame(s.codec.Law, s.pos))
	s.talk, s.silent = true, 0
	s.pos++
	if s.pos < s.prompt.Frames() {
		return nil
	}
	return s.endPrompt()
}

func (s *Stream) endPrompt() (done func()) {
	done = s.done
	s.prompt, s.done = nil, nil
	return done
}

// packet sends one packet. Errors are not reported: a refused port heals or
// ends the call by its media timeout.
func (s *Stream) packet(payloadType uint8, ts uint32, marker bool, payload []byte) {
	s.header.PayloadType, s.header.Timestamp, s.header.Marker = payloadType, ts, marker
	n, err := s.header.MarshalTo(s.buf[:])
	if err != nil {
		return
	}
	n += copy(s.buf[n:], payload)
	s.header.SequenceNumber++
	_ = s.sender.Send(s.buf[:n], s.remote)
	s.octets += uint64(len(payload))
	s.sent.Add(1)
}
