package rtp

import "time"

// How a stream finds its place on the wheel.
const (
	phaseEach   = 4                // Of so many turns one is looked at,
	phaseLeast  = 8                // and in so many of a second a packet must have come.
	phaseMargin = time.Millisecond // Packets keep so much time to come before their turn.
	phaseFirst  = 2 * reportTurns  // At the end of the first two seconds a turn may move,
	phaseLater  = 10 * reportTurns // later every ten: clocks drift, but sound is to be steady.
	phaseMost   = 8                // So often it moves in a call: a far end that follows us is never reached.
	slotRoom    = 8                // A slot may hold 3⁄8 of all streams, and so many more.
)

// phase is when in each 20 ms the far end sends, as far as a stream can tell. A
// key waits for the stream's next packet; the turn that comes right behind the
// far end's packets lets it wait least. Only the shortest wait counts: however
// much the others vary, nothing that came in time will be missed.
type phase struct {
	seen  int           // Packets looked at in this second.
	least time.Duration // Their shortest wait.
}

// Waited tells that the packet just heard had come at a time. Only a Listener
// calls it, within Hear.
func (s *Stream) Waited(at time.Time) {
	if s.turns%phaseEach != 0 {
		return
	}
	wait := time.Since(at)
	if p := &s.phase; p.seen == 0 || wait < p.least {
		p.least = wait
	}
	s.phase.seen++
}

// earlier tells by how many slots the turn could come sooner, once a second.
func (p *phase) earlier() (slots int) {
	if p.seen >= phaseLeast {
		slots = int(max(0, p.least-phaseMargin) / slotTime)
	}
	*p = phase{}
	return min(slots, wheelSlots-1)
}

// advance moves a stream that has just had its turn in a slot to an earlier one
// where that is not crowded; once its packet leaves sooner than after 20 ms.
func (w *Wheel) advance(s *Stream, slots int) (moved bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for ; slots > 0; slots-- {
		to := (s.slot + wheelSlots - slots) % wheelSlots
		if w.load[to] >= w.total()*3/8+slotRoom {
			continue
		}
		w.load[s.slot]--
		w.load[to]++
		s.slot = to
		w.slots[to] = append(w.slots[to], s)
		return true
	}
	return false
}
