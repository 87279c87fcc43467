package bench

import (
	"context"
	"encoding/binary"
	"math/rand/v2"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xinmoi/xinmoi/announce/rtp"
)

// The callers' packets.
const (
	frame        = 20 * time.Millisecond
	slots        = 20 // Callers send in groups, 1 ms apart.
	callsPerSock = 250
	header       = 12
	eventType    = 101
	pressPackets = 8  // Of one key press: 160 ms, the last three with the end bit.
	fadeBytes    = 40 // A packet whose sound ends within 5 ms is silent: that is a fade, not speech.
)

// stream is the sound of one caller. It belongs to the goroutine of
// load.run once it was added.
type stream struct {
	fd      int
	slot    int    // When in each 20 ms it sends: callers' clocks know nothing of the server's.
	from    uint16 // Its own port.
	to      uint16 // The server's.
	seq     uint16
	ts      uint32
	ssrc    uint32
	pressAt int64 // When the next key is due; 0 = none.
	key     byte  // Which one.
	press   int   // Packets of the running press that were sent, 0 = none runs.
	pressTS uint32
	pressed int64 // First packet of the last press, until silence was heard.

	heard   bool
	talking bool
	lastAt  int64
	lastSeq uint16
	lastTS  uint32
	gone    bool
}

// load sends and receives the sound of all callers on one thread.
type load struct {
	fds   []int
	ports []uint16

	mu      sync.Mutex
	added   []*stream
	all     []*stream
	watch   *figures // Where arrivals are noted; nil = nowhere.
	byPort  [1 << 16]*stream
	arrived uint64
}

// figures is what one measurement of the sound found.
type figures struct {
	spacing  histogram       // Deviation from the pace, packet by packet.
	silences []time.Duration // From the first packet of a key to the first silent one.
	packets  int
	lost     int
}

func newLoad(calls int) (*load, error) {
	l := &load{}
	for range (calls + callsPerSock - 1) / callsPerSock {
		fd, port, err := openSocket(true)
		if err != nil {
			l.close()
			return nil, err
		}
		l.fds, l.ports = append(l.fds, fd), append(l.ports, port)
	}
	return l, nil
}

// startLoad makes the sound of callers run until stop.
func startLoad(ctx context.Context, calls int) (l *load, stop func(), err error) {
	if l, err = newLoad(calls); err != nil {
		return nil, nil, err
	}
	sounding, silence := context.WithCancel(ctx)
	var sound sync.WaitGroup
	sound.Go(func() { l.run(sounding) })
	return l, func() {
		silence()
		sound.Wait()
		l.close()
	}, nil
}

func (l *load) close() {
	for _, fd := range l.fds {
		_ = unix.Close(fd)
	}
}

// newStream makes the sound of the i-th caller; it begins with add.
func (l *load) newStream(i int) *stream {
	k := i % len(l.fds)
	return &stream{fd: k, slot: rand.IntN(slots), from: l.ports[k], seq: uint16(rand.Uint32()), ts: rand.Uint32(), ssrc: rand.Uint32(), key: 5}
}

// add begins to send to the server's port and to expect sound from it.
func (l *load) add(s *stream, to uint16) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s.to = to
	l.all = append(l.all, s)
	l.byPort[to] = s
}

// remove ends it.
func (l *load) remove(s *stream) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if s.gone = true; l.byPort[s.to] == s {
		l.byPort[s.to] = nil
	}
}

// measure notes arrivals from now on; nil ends it.
func (l *load) measure(f *figures) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.watch = f
	for _, s := range l.all {
		s.heard, s.pressed, s.pressAt = false, 0, 0
	}
}

// pressWithin has every caller press one key at a time of its own.
func (l *load) pressWithin(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range l.all {
		s.pressAt = wall() + rand.Int64N(int64(d))
	}
}

// press has one caller press its key now.
func (l *load) press(s *stream) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s.pressAt = wall()
}

// run sends and receives until ctx ends.
func (l *load) run(ctx context.Context) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	in, out := newBatch(), newBatch()
	next := time.Now()
	for slot := 0; ctx.Err() == nil; slot = (slot + 1) % slots {
		l.turn(in, out, slot)
		if next = next.Add(frame / slots); time.Since(next) > 5*frame {
			next = time.Now()
		}
		sleepUntil(next)
	}
}

func sleepUntil(t time.Time) {
	if d := time.Until(t); d > 0 {
		ts := unix.NsecToTimespec(int64(d))
		_ = unix.ClockNanosleep(unix.CLOCK_MONOTONIC, 0, &ts, nil)
	}
}

func (l *load) turn(in, out *batch, slot int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.receive(in)
	if slot == 0 {
		l.forget()
	}
	for k, fd := range l.fds {
		n := 0
		for _, s := range l.all {
			if s.slot != slot || s.fd != k || s.gone {
				continue
			}
			out.put(n, s.write(out.packets[n][:]), s.to)
			if n++; n == batchSize {
				out.send(fd, n)
				n = 0
			}
		}
		out.send(fd, n)
	}
}

func (l *load) forget() {
	kept := l.all[:0]
	for _, s := range l.all {
		if !s.gone {
			kept = append(kept, s)
		}
	}
	clear(l.all[len(kept):])
	l.all = kept
}

// write makes the next packet of a caller: sound, or a key.
func (s *stream) write(b []byte) int {
	s.seq++
	s.ts += rtp.FrameSamples
	b[0], b[1] = 0x80, rtp.ALaw.PayloadType()
	binary.BigEndian.PutUint16(b[2:], s.seq)
	binary.BigEndian.PutUint32(b[4:], s.ts)
	binary.BigEndian.PutUint32(b[8:], s.ssrc)
	if now := wall(); s.press == 0 && s.pressAt != 0 && now >= s.pressAt {
		s.pressAt, s.pressTS = 0, s.ts
		s.pressed = now
	} else if s.press == 0 {
		for i := header; i < header+rtp.FrameSamples; i++ {
			b[i] = rtp.ALaw.Silence()
		}
		return header + rtp.FrameSamples
	}
	return s.event(b)
}

func (s *stream) event(b []byte) int {
	s.press++
	b[1] = eventType
	if s.press == 1 {
		b[1] |= 0x80
	}
	binary.BigEndian.PutUint32(b[4:], s.pressTS)
	b[header], b[header+1] = s.key, 10
	if s.press > pressPackets-3 {
		b[header+1] |= 0x80
	}
	binary.BigEndian.PutUint16(b[header+2:], uint16(min(s.press, pressPackets-2)*rtp.FrameSamples))
	if s.press == pressPackets {
		s.press = 0
	}
	return header + 4
}

// receive takes what has arrived at all sockets.
func (l *load) receive(in *batch) {
	for _, fd := range l.fds {
		for {
			n := in.receive(fd)
			for i := range n {
				data, port, at := in.packet(i)
				if s := l.byPort[port]; s != nil && len(data) > header {
					s.note(data, at, l.watch)
				}
			}
			l.arrived += uint64(n)
			if n < batchSize {
				break
			}
		}
	}
}

// note takes in one packet from the server.
func (s *stream) note(p []byte, at int64, f *figures) {
	seq, ts := binary.BigEndian.Uint16(p[2:]), binary.BigEndian.Uint32(p[4:])
	silent := quiet(p[header:])
	if f != nil {
		f.packets++
		if s.heard {
			f.lost += int(uint16(seq - s.lastSeq - 1))
			pace := time.Duration(int32(ts-s.lastTS)) * time.Second / rtp.SampleRate
			f.spacing.add((time.Duration(at-s.lastAt) - pace).Abs())
		}
		if silent && s.talking && s.pressed != 0 && at > s.pressed {
			f.silences = append(f.silences, time.Duration(at-s.pressed))
			s.pressed = 0
		}
	}
	s.heard, s.talking, s.lastAt, s.lastSeq, s.lastTS = true, !silent, at, seq, ts
}

// quiet reports whether a packet holds silence, or no more than a fade.
func quiet(sound []byte) bool {
	for _, b := range sound[min(fadeBytes, len(sound)):] {
		if b != rtp.ALaw.Silence() {
			return false
		}
	}
	return true
}
