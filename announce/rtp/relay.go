package rtp

import "sync"

// The buffer between two calls, in samples. It begins to give sound when enough
// of it is there for the usual unevenness of arrival, and forgets the oldest
// when so much has piled up that people would talk into each other's words.
const (
	relayBegin = 3 * FrameSamples // 60 ms.
	relayMost  = 8 * FrameSamples // 160 ms; then the oldest go, until relayBegin is left.
)

// Relay carries the sound that one call is sent to another: whoever hears the
// one puts it in, the Stream of the other sends it. Clocks that differ, packets
// of other lengths and losses end in a little silence or a dropped moment. The
// sound of a law comes out in the same law byte by byte; in the other one it is
// coded anew. Its methods may be called from any goroutine and never wait for
// the network.
type Relay struct {
	mu      sync.Mutex
	samples [relayMost]int16 // A ring.
	first   int
	n       int
	flowing bool
	put     uint64
}

// NewRelay makes an empty Relay.
func NewRelay() *Relay { return &Relay{} }

// Put adds sound, 8 kHz; it copies what it keeps.
func (r *Relay) Put(samples []int16) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.put += uint64(len(samples))
	if over := len(samples) - relayMost; over > 0 {
		samples = samples[over:]
	}
	if r.n+len(samples) > relayMost {
		r.drop(min(r.n, r.n+len(samples)-relayBegin))
	}
	for _, v := range samples {
		r.samples[(r.first+r.n)%relayMost] = v
		r.n++
	}
}

// Heard counts the samples that were put in.
func (r *Relay) Heard() uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.put
}

func (r *Relay) drop(n int) {
	r.first, r.n = (r.first+n)%relayMost, r.n-n
}

// next gives the frame that is due; it reports false where there is none.
func (r *Relay) next(frame *[FrameSamples]int16) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.flowing = r.n >= FrameSamples && (r.flowing || r.n >= relayBegin); !r.flowing {
		return false
	}
	for i := range frame {
		frame[i] = r.samples[(r.first+i)%relayMost]
	}
	r.drop(FrameSamples)
	return true
}

// Relay sends what is put into r from the next frame on, in the pauses between
// prompts; nil ends that. What is relayed counts as something being said
// (Silence).
func (s *Stream) Relay(r *Relay) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.relay = r
}

// sendRelayed sends a frame of the relay, or silence.
func (s *Stream) sendRelayed(ts uint32) {
	s.silent = 0
	var samples [FrameSamples]int16
	if !s.relay.next(&samples) {
		s.packet(s.codec.Payload, ts, false, s.quiet[:])
		s.talk = false
		return
	}
	var frame [FrameSamples]byte
	s.packet(s.codec.Payload, ts, !s.talk, s.codec.Law.encode(frame[:0], samples[:]))
	s.talk = true
}
