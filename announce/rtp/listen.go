package rtp

// reportTurns is how often a Listener gets time for slower things: once a second.
const reportTurns = 50

// MaxPacket is more than any packet of telephone sound; longer ones are cut to it.
const MaxPacket = 1500

// Listener hears what comes back on a stream. The wheel calls it on the pacing
// thread of all streams, right before the stream's own packet is sent: what it
// decides at once is heard at once. It must not block.
type Listener interface {
	// Hear takes what has arrived since the last time, 20 ms before. scratch
	// is room for one packet and is only lent.
	Hear(scratch []byte)
	// Second is called once a second, with the same scratch.
	Second(scratch []byte)
}

// Listen has the wheel call l before each packet, until Close.
func (s *Stream) Listen(l Listener) {
	s.hearing.Lock()
	defer s.hearing.Unlock()
	s.listener = l
}

// hear gives the listener its time; now and then it tells by how many slots the
// turn should come earlier.
func (s *Stream) hear(scratch []byte) (earlier int) {
	s.hearing.Lock()
	defer s.hearing.Unlock()
	if s.listener == nil {
		return 0
	}
	s.listener.Hear(scratch)
	if s.turns++; s.turns%reportTurns != 0 {
		return 0
	}
	s.listener.Second(scratch)
	earlier = s.phase.earlier()
	if earlier == 0 || s.turns > phaseFirst && s.turns%phaseLater != 0 || s.moves >= phaseMost {
		return 0
	}
	s.moves++
	return earlier
}
