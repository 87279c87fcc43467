package rtp

import (
	"bytes"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// everyByte is sound with every code of a law in it.
func everyByte(frames int) (data []byte) {
	for i := range frames * FrameSamples {
		data = append(data, byte(i*7+i/256))
	}
	return data
}

// What comes in by one law goes out in the same law byte by byte, and in the
// other one as the same sound.
func TestRelayKeepsTheSound(t *testing.T) {
	for _, from := range []Law{ALaw, ULaw} {
		for _, to := range []Law{ALaw, ULaw} {
			t.Run(from.String()+" to "+to.String(), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					c := &capture{}
					s := turning(t).NewStream(c, testRemote, Codec{Law: to, Payload: to.PayloadType()})
					r := NewRelay()
					s.Relay(r)
					const frames = 20
					in := everyByte(frames)
					for i := range frames {
						r.Put(from.Decode(nil, in[i*FrameSamples:(i+1)*FrameSamples]))
						time.Sleep(FrameDuration)
					}
					time.Sleep(10 * FrameDuration)
					s.Close()
					synctest.Wait()
					var out []byte
					for _, p := range c.all() {
						if p.PayloadType != to.PayloadType() || len(p.Payload) != FrameSamples {
							t.Fatalf("%v", p.Header)
						}
						out = append(out, p.Payload...)
					}
					want := in
					if from != to {
						want = to.encode(nil, from.Decode(nil, in))
					}
					if from == ULaw && to == ULaw { // There are two zeros.
						want = bytes.ReplaceAll(want, []byte{0x7f}, []byte{0xff})
					}
					if !bytes.Contains(out, want) {
						t.Error("the sound has changed on its way")
					}
				})
			})
		}
	}
}

// A prompt is heard over what is relayed, and the relay afterwards.
func TestPromptOverRelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &capture{}
		s := turning(t).NewStream(c, testRemote, Codec{Law: ALaw, Payload: 8})
		r := NewRelay()
		s.Relay(r)
		feed := func(frames int) {
			for range frames {
				r.Put(sinePiece(440))
				time.Sleep(FrameDuration)
			}
		}
		feed(10)
		if s.Silence() != 0 {
			t.Error("what is relayed counts as silence")
		}
		heard := make(chan struct{})
		s.Play(tone(5), func() { close(heard) })
		feed(10)
		select {
		case <-heard:
		default:
			t.Error("the prompt did not end")
		}
		s.Relay(nil)
		time.Sleep(5 * FrameDuration)
		if s.Silence() < 3*FrameDuration {
			t.Error("without a relay there is no silence")
		}
		s.Close()
		synctest.Wait()
		for i, p := range c.all()[1:] {
			if before := c.all()[i]; p.SequenceNumber != before.SequenceNumber+1 || p.Timestamp != before.Timestamp+FrameSamples {
				t.Fatalf("packet %d does not follow", i+1)
			}
		}
	})
}

func sinePiece(hz int) []int16 {
	s := make([]int16, FrameSamples)
	for i := range s {
		s[i] = int16(i * hz % 4000)
	}
	return s
}

// However unevenly sound comes and goes: nothing is heard twice or in another
// order, and never is more kept than a conversation bears.
func TestRelayProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := NewRelay()
		next, last := int16(1), int16(0) // They wrap.
		var frame [FrameSamples]int16
		for range rapid.IntRange(1, 60).Draw(t, "turns") {
			piece := make([]int16, rapid.IntRange(0, 3*relayMost/2).Draw(t, "put")) // Also more than there is room for.
			for i := range piece {
				piece[i] = next
				next++
			}
			r.Put(piece)
			if r.n > relayMost {
				t.Fatalf("%d samples are kept", r.n)
			}
			for range rapid.IntRange(0, 4).Draw(t, "take") {
				if !r.next(&frame) {
					continue
				}
				for _, v := range frame {
					if v-last <= 0 {
						t.Fatalf("%d after %d", v, last)
					}
					last = v
				}
			}
		}
	})
}
