package rtp

import (
	"testing"
	"testing/synctest"
	"time"
)

// arrivals has a packet lie there at each turn of a stream, sent by the far end
// at the same moment of each 20 ms; it notes how long each waited.
func arrivals(w *Wheel, c *capture, sentAt time.Duration) (s *Stream, waits func() []time.Duration) {
	var all []time.Duration
	s = w.NewStream(c, testRemote, Codec{Payload: 8})
	start := time.Now()
	s.Listen(&hearer{hear: func([]byte) {
		wait := (time.Since(start) - sentAt + 10*FrameDuration) % FrameDuration
		all = append(all, wait)
		s.Waited(time.Now().Add(-wait))
	}})
	return s, func() []time.Duration {
		s.hearing.Lock()
		defer s.hearing.Unlock()
		return all
	}
}

// Wherever in its 20 ms the far end sends, after a second or two its packets
// wait for a slot and not for a round: a key is answered so much sooner. On the
// way no packet of ours is late.
func TestTurnFollowsFarEnd(t *testing.T) {
	for sentAt := time.Duration(0); sentAt < FrameDuration; sentAt += 3 * time.Millisecond {
		synctest.Test(t, func(t *testing.T) {
			c := &capture{}
			w := turning(t)
			s, waits := arrivals(w, c, sentAt)
			c.await(3 * reportTurns)
			s.Close()
			uneven := 0
			for i, at := range c.times[1:] {
				switch gap := at.Sub(c.times[i]); {
				case gap > FrameDuration:
					t.Errorf("packet %d came %v after the one before", i+1, gap)
				case gap < FrameDuration:
					uneven++
				}
			}
			if uneven > 1 {
				t.Errorf("sent %v into the round: the turn moved %d times", sentAt, uneven)
			}
			got := waits()
			if last := got[len(got)-1]; last >= phaseMargin+slotTime {
				t.Errorf("sent %v into the round: waits %v, at first %v", sentAt, last, got[0])
			}
			if last := got[len(got)-1]; last < phaseMargin && got[0] >= phaseMargin {
				t.Errorf("sent %v into the round: the turn comes %v after the packet, too soon for the next one", sentAt, last)
			}
		})
	}
}

// A far end that answers each of our packets, however late, is not chased for ever:
// our sound would run ahead of its time.
func TestEchoIsNotChased(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &capture{}
		w := turning(t)
		s := w.NewStream(c, testRemote, Codec{Payload: 8})
		s.Listen(&hearer{hear: func([]byte) { s.Waited(time.Now().Add(-15 * time.Millisecond)) }})
		c.await(2 * phaseMost * phaseLater)
		s.Close()
		moves := 0
		for i, at := range c.times[1:] {
			if at.Sub(c.times[i]) < FrameDuration {
				moves++
			}
		}
		if moves == 0 || moves > phaseMost {
			t.Errorf("the turn moved %d times", moves)
		}
	})
}

// Where the far ends all send at the same moment, the wheel stays round.
func TestSlotsStayEven(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const streams = 400
		w := turning(t)
		var last *capture
		var all []*Stream
		for range streams {
			last = &capture{}
			s, _ := arrivals(w, last, 7*time.Millisecond)
			all = append(all, s)
		}
		last.await(5 * reportTurns)
		w.mu.Lock()
		load := w.load
		w.mu.Unlock()
		sum := 0
		for _, n := range load {
			sum += n
			if n > streams*3/8+slotRoom {
				t.Errorf("%d of %d streams in a slot: %v", n, streams, load)
			}
		}
		if sum != streams || load == [wheelSlots]int{streams / 4, streams / 4, streams / 4, streams / 4} {
			t.Errorf("%v: nobody moved, or somebody is lost", load)
		}
		for _, s := range all {
			s.Close()
		}
	})
}

// Too few packets, or one that came just in time, move nothing.
func TestPhaseNeedsSight(t *testing.T) {
	for name, c := range map[string]struct {
		seen  int
		least time.Duration
		want  int
	}{
		"nothing":        {0, 0, 0},
		"too few":        {phaseLeast - 1, 19 * time.Millisecond, 0},
		"just in time":   {phaseLeast, slotTime, 0},
		"one slot":       {phaseLeast, slotTime + phaseMargin, 1},
		"a whole round":  {phaseLeast, FrameDuration, wheelSlots - 1},
		"a stalled turn": {phaseLeast, time.Second, wheelSlots - 1},
		"clock set back": {phaseLeast, -time.Second, 0},
	} {
		p := phase{seen: c.seen, least: c.least}
		if got := p.earlier(); got != c.want || p != (phase{}) {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}
