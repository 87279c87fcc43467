package media

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	pion "github.com/pion/rtp"
	"pgregory.net/rapid"

	"github.com/xinmoi/xinmoi/announce/rtp"
)

// Whatever is swapped within 60 ms comes out in order and whole; what is lost
// becomes silence; nothing is longer or shorter than it was.
func TestReordering(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rnd := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		ptime := rapid.SampledFrom([]int{80, 160, 240}).Draw(t, "samples in a packet")
		n := rapid.IntRange(10, 60).Draw(t, "packets")
		lossy := rapid.Bool().Draw(t, "lossy")
		start := rapid.Uint32().Draw(t, "timestamp")
		type sent struct {
			key int
			p   pion.Packet
		}
		var all []sent
		lost := map[int]bool{}
		for i := range n {
			// After three lost in a row the 60 ms are over for a packet that is late.
			if lossy && i > 0 && i < n-8 && rnd.IntN(10) == 0 && !(lost[i-1] && lost[i-2]) {
				lost[i] = true
				continue
			}
			payload := slices.Repeat([]byte{byte(i + 1)}, ptime)
			late := rnd.IntN(max(1, 240/ptime)) // Places, fewer than the buffer holds.
			if i == 0 || i >= n-8 {
				late = 0
			}
			all = append(all, sent{2*(i+late) + min(late, 1), pion.Packet{Header: pion.Header{Timestamp: start + uint32(i*ptime), SSRC: 1}, Payload: payload}})
		}
		slices.SortStableFunc(all, func(a, b sent) int { return a.key - b.key })
		var o order
		var got []byte
		for _, s := range all {
			o.put(&s.p)
			for {
				gap, payload, ok := o.next()
				if !ok {
					break
				}
				got = append(append(got, make([]byte, gap)...), payload...)
			}
		}
		for i := range n {
			if i*ptime >= len(got) {
				t.Fatalf("%d bytes of %d", len(got), n*ptime)
			}
			want := byte(i + 1)
			if lost[i] {
				want = 0
			}
			if piece := got[i*ptime : (i+1)*ptime]; piece[0] != want || piece[ptime-1] != want {
				t.Fatalf("packet %d of %d (%d samples): %d…%d, want %d", i, n, ptime, piece[0], piece[ptime-1], want)
			}
		}
	})
}

// An SSRC that changes in the middle of a call, and clocks that jump, do not
// silence it.
func TestSoundGoesOnAfterAChange(t *testing.T) {
	e := newEar(Negotiated{Payload: 8, EventType: 101, Remote: peer})
	heard := 0
	e.Heard(func(s []int16) { heard += len(s) })
	for range 10 {
		e.packet(8, make([]byte, 160))
	}
	e.ts -= 1 << 30
	for range 10 {
		e.packet(8, make([]byte, 160))
	}
	e.ssrc = 8
	e.ts += 1 << 29
	for range 10 {
		e.packet(8, make([]byte, 160))
	}
	if heard != 30*160 {
		t.Errorf("%d samples heard of %d", heard, 30*160)
	}
	e.packet(101, event(5, false, 160))
	e.ssrc = 9
	e.packet(101, event(5, false, 160))
	if got := e.digits.String(); got != "55" {
		t.Errorf("keys of two sources: %q", got)
	}
}

// A telephone that promised events and sends tones all the same is understood;
// one that sends both is not understood twice.
func TestTonesInSpiteOfEvents(t *testing.T) {
	key := frames(slices.Concat(sine(852, 1336), make([]int16, 3200)))
	e := newEar(Negotiated{Payload: 8, EventType: 101, Remote: peer})
	for _, f := range key {
		e.packet(8, f)
	}
	if got := e.digits.String(); got != "8" || e.sources[0] != SourceInband {
		t.Errorf("tones only: %q", got)
	}
	e = newEar(Negotiated{Payload: 8, EventType: 101, Remote: peer})
	for range 2 {
		for i, f := range key {
			if i == 4 {
				e.packet(101, event(8, false, 160))
			}
			e.packet(8, f)
		}
		e.now = e.now.Add(10 * time.Second)
		e.ts += 10 * rtp.SampleRate
	}
	if got := e.digits.String(); got != "88" || e.sources[0] != SourceEvent {
		t.Errorf("tones and events: %q", got)
	}
	e = newEar(Negotiated{Payload: 8, EventType: 101, Remote: peer})
	for _, f := range frames(slices.Concat(sine(440), make([]int16, 3200))) {
		e.packet(8, f)
	}
	if got := e.digits.String(); got != "" {
		t.Errorf("a single tone: %q", got)
	}
}

// A key reported when it goes down and again when it is released, seconds
// later, is one press; so is a whole series.
func TestMergerCountsLongPressesOnce(t *testing.T) {
	var m Merger
	got := ""
	for _, p := range []struct {
		at     time.Duration
		digit  rune
		source string
	}{
		{0, '1', SourceEvent}, {2 * time.Second, '1', SourceInfo},
		{3 * time.Second, '1', SourceEvent}, {3100 * time.Millisecond, '2', SourceEvent}, {3200 * time.Millisecond, '1', SourceInfo}, {3300 * time.Millisecond, '2', SourceInfo},
		{4 * time.Second, '3', SourceInfo}, {4100 * time.Millisecond, '3', SourceEvent},
		{20 * time.Second, '3', SourceInfo},
		{21 * time.Second, '4', SourceInband},
	} {
		if m.Accept(p.digit, p.source, epoch.Add(p.at)) {
			got += string(p.digit)
		}
	}
	if got != "11233" {
		t.Errorf("%q", got)
	}
	for i := range 100 { // Bounded.
		m.Accept(rune('0'+i%10), SourceEvent, epoch.Add(time.Minute+time.Duration(i)*10*time.Millisecond))
	}
	if len(m.open) > mergeSize {
		t.Errorf("remembers %d presses", len(m.open))
	}
}

// Hearing a packet costs no memory.
func TestReceivingAllocatesNothing(t *testing.T) {
	e := newEar(Negotiated{Payload: 8, EventType: 101, Remote: peer})
	p := pion.Packet{Header: pion.Header{Version: 2, PayloadType: 8, SSRC: 7}, Payload: encode(sine(300))[:160]}
	data, err := p.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	seq := uint16(0)
	n := testing.AllocsPerRun(1000, func() {
		seq++
		data[2], data[3] = byte(seq>>8), byte(seq)
		e.Packet(data, peer, e.now)
	})
	if n > 0 {
		t.Errorf("%g allocations a packet", n)
	}
}
