package media

import (
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// ev is a packet of a trace: milliseconds, timestamp, marker, code, end, duration.
type ev struct {
	at     int
	ts     uint32
	marker bool
	code   uint8
	end    bool
	dur    uint16
}

func detect(trace []ev) string {
	var d EventDetector
	got := ""
	for _, e := range trace {
		p := Event{SSRC: 1, Timestamp: e.ts, Marker: e.marker, Code: e.code, End: e.end, Duration: e.dur}
		if r, ok := d.Packet(p, epoch.Add(time.Duration(e.at)*time.Millisecond)); ok {
			got += string(r)
		}
	}
	return got
}

// What telephones and test programs really send.
func TestEventDetector(t *testing.T) {
	for _, c := range []struct {
		name  string
		want  string
		trace []ev
	}{
		{"first duration 160, ends with new sequence numbers (baresip)", "1",
			[]ev{{0, 100, true, 1, false, 160}, {20, 100, false, 1, false, 320}, {40, 100, false, 1, true, 480}, {60, 100, false, 1, true, 480}, {80, 100, false, 1, true, 480}}},
		{"first duration 0 (sipp pcap)", "5",
			[]ev{{0, 100, true, 5, false, 0}, {20, 100, false, 5, false, 160}, {40, 100, false, 5, true, 320}, {40, 100, false, 5, true, 320}, {40, 100, false, 5, true, 320}}},
		{"one timestamp for every key (sipp play_dtmf)", "12#",
			[]ev{{0, 24400, true, 1, false, 160}, {40, 24400, false, 1, true, 320}, {800, 24400, true, 2, false, 160}, {840, 24400, false, 2, true, 320}, {1000, 24400, true, 11, false, 160}}},
		{"the same key again under the same timestamp, with marker", "77",
			[]ev{{0, 9, true, 7, false, 160}, {40, 9, false, 7, true, 480}, {100, 9, true, 7, false, 160}, {140, 9, false, 7, true, 480}}},
		{"the same, without marker, after a pause", "77",
			[]ev{{0, 9, false, 7, false, 160}, {40, 9, false, 7, true, 480}, {400, 9, false, 7, false, 160}}},
		{"back to an earlier key under the same timestamp", "121",
			[]ev{{0, 9, true, 1, true, 480}, {300, 9, true, 2, true, 480}, {900, 9, true, 1, true, 480}}},
		{"start lost", "3", []ev{{0, 9, false, 3, false, 640}, {20, 9, false, 3, true, 800}}},
		{"all but one end lost", "3", []ev{{0, 9, false, 3, true, 800}}},
		{"the same key twice", "44", []ev{{0, 9, true, 4, true, 800}, {200, 2000, true, 4, true, 800}}},
		{"late packets of the key before", "45",
			[]ev{{0, 9, true, 4, false, 160}, {20, 900, true, 5, false, 160}, {25, 9, false, 4, true, 480}, {30, 9, false, 4, true, 480}, {40, 900, false, 5, true, 320}}},
		{"duration wraps in a long press", "6",
			[]ev{{0, 9, true, 6, false, 65500}, {20, 9, false, 6, false, 124}, {40, 9, false, 6, false, 284}}},
		{"a long press in segments", "6",
			[]ev{{0, 9, true, 6, false, 65375}, {20, 9 + 65535, false, 6, false, 160}, {40, 9 + 65535, false, 6, true, 320}}},
		{"packets lost in the middle of a press", "8",
			[]ev{{0, 9, true, 8, false, 160}, {700, 9, false, 8, false, 5600}, {720, 9, false, 8, true, 5760}}},
		{"flash is no key", "", []ev{{0, 9, true, 16, true, 800}}},
		{"letters", "A*D", []ev{{0, 1, true, 12, true, 1}, {200, 2000, true, 10, true, 1}, {400, 4000, true, 15, true, 1}}},
	} {
		if got := detect(c.trace); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// Whatever is lost, as long as one packet of a press arrives, and whatever is
// repeated: each press counts exactly once.
func TestEventDetectorCountsEachPressOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rnd := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		first := rapid.SampledFrom([]uint16{0, 160}).Draw(t, "first duration")
		var trace []ev
		want, at, ts := "", 0, uint32(rapid.Uint32().Draw(t, "timestamp"))
		for range rapid.IntRange(1, 8).Draw(t, "presses") {
			code := uint8(rnd.IntN(16))
			var press []ev
			n := 3 + rnd.IntN(10)
			for i := range n {
				press = append(press, ev{at + 20*i, ts, i == 0, code, false, first + uint16(160*i)})
			}
			for i := range 3 {
				press = append(press, ev{at + 20*(n+i), ts, false, code, true, first + uint16(160*n)})
			}
			keep := rnd.IntN(len(press))
			for i, p := range press {
				if i == keep || rnd.IntN(3) > 0 {
					trace = append(trace, p)
				}
				if i == keep && rnd.IntN(2) > 0 {
					trace = append(trace, p)
				}
			}
			want += string(keys[code])
			gap := 60 + rnd.IntN(300)
			at, ts = at+20*(n+3)+gap, ts+uint32(160*(n+3)+8*gap)
		}
		if got := detect(trace); got != want {
			t.Fatalf("%q, want %q: %v", got, want, trace)
		}
	})
}

func TestParseEvent(t *testing.T) {
	for _, c := range []struct {
		in   []byte
		want Event
		ok   bool
	}{
		{[]byte{5, 0x8a, 1, 0x40}, Event{Code: 5, End: true, Duration: 320}, true},
		{[]byte{5, 0x0a, 0, 0, 9, 9, 9, 9}, Event{Code: 5}, true},
		{[]byte{0, 0, 0, 0, 7, 0x0a, 0, 160}, Event{Code: 7, Duration: 160}, true},
		{[]byte{0, 0, 0, 0}, Event{}, true},
		{[]byte{5, 0, 0}, Event{}, false},
		{make([]byte, 17), Event{}, false},
	} {
		if got, ok := ParseEvent(c.in); got != c.want || ok != c.ok {
			t.Errorf("% x: %+v %v", c.in, got, ok)
		}
	}
}

func TestKeys(t *testing.T) {
	for code := range uint8(20) {
		d, ok := Key(code)
		back, okBack := KeyCode(d)
		if ok != (code < 16) || ok != okBack || ok && back != code {
			t.Errorf("code %d: %q %v, back %d", code, d, ok, back)
		}
	}
}

func FuzzEventDetector(f *testing.F) {
	f.Add([]byte{1, 0, 0, 160, 1, 0x80, 0, 200, 2, 0, 0, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		var d EventDetector
		presses, packets := 0, 0
		for now := epoch; len(data) >= 6; data = data[6:] {
			e, ok := ParseEvent(data[:4])
			if !ok {
				t.Fatal("four bytes refused")
			}
			e.Timestamp, e.Marker = uint32(data[4])<<8, data[5]&1 > 0
			now = now.Add(time.Duration(data[5]) * time.Millisecond)
			packets++
			if r, ok := d.Packet(e, now); ok {
				presses++
				if _, known := KeyCode(r); !known {
					t.Fatalf("digit %q", r)
				}
			}
		}
		if presses > packets {
			t.Fatalf("%d presses in %d packets", presses, packets)
		}
	})
}
