package media

import (
	pion "github.com/pion/rtp"

	"github.com/xinmoi/xinmoi/announce/rtp"
)

// The reorder buffer: sound waits at most 60 ms for what was sent before it.
const (
	orderTime = 60 * rtp.SampleRate / 1000
	orderSize = 8
)

// order puts packets into the order of their sending. The zero value is ready.
type order struct {
	waiting [orderSize]held
	ssrc    uint32
	due     uint32 // Timestamp of the next sound.
	begun   bool
}

// held is a packet that waits.
type held struct {
	ts   uint32
	data []byte
	used bool
}

// put takes a packet in; what comes too late or twice is dropped. A new source,
// or a jump, begins anew.
func (o *order) put(p *pion.Packet) {
	behind := int32(p.Timestamp - o.due)
	if !o.begun || p.SSRC != o.ssrc || behind < -maxGap || behind > maxGap {
		for i := range o.waiting {
			o.waiting[i].used = false
		}
		o.begun, o.ssrc, o.due, behind = true, p.SSRC, p.Timestamp, 0
	}
	if behind < 0 || len(p.Payload) == 0 {
		return
	}
	free := -1
	for i := range o.waiting {
		switch w := &o.waiting[i]; {
		case !w.used:
			free = i
		case w.ts == p.Timestamp:
			return
		}
	}
	if free < 0 {
		return // Packets of a few milliseconds each, and one lost: nothing that telephones send.
	}
	w := &o.waiting[free]
	w.ts, w.data, w.used = p.Timestamp, append(w.data[:0], p.Payload...), true
}

// next gives the sound that is due and the samples lost before it; ok is false
// when it has to wait. The slice is valid until the next put.
func (o *order) next() (lost int, payload []byte, ok bool) {
	first, last, count := -1, uint32(0), 0
	for i := range o.waiting {
		w := &o.waiting[i]
		if !w.used {
			continue
		}
		count++
		if first < 0 || int32(w.ts-o.waiting[first].ts) < 0 {
			first = i
		}
		last = max(last, w.ts-o.due+uint32(len(w.data)))
	}
	if first < 0 {
		return 0, nil, false
	}
	w := &o.waiting[first]
	if w.ts != o.due && last < orderTime && count < orderSize {
		return 0, nil, false
	}
	lost = max(0, int(int32(w.ts-o.due)))
	if cut := max(0, int(int32(o.due-w.ts))); cut > 0 { // Overlaps what was heard already.
		w.data = w.data[min(cut, len(w.data)):]
	}
	o.due = max32(o.due, w.ts+uint32(len(w.data)))
	w.used = false
	return lost, w.data, true
}

// max32 is the later of two timestamps, which wrap.
func max32(a, b uint32) uint32 {
	if int32(b-a) > 0 {
		return b
	}
	return a
}
