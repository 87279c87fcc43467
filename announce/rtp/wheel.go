package rtp

import (
	"context"
	"runtime"
	"sync"
	"time"
)

// The wheel turns once in a frame; streams are spread over its slots so that
// packets of many calls do not leave in one burst.
const (
	wheelSlots = 4
	slotTime   = FrameDuration / wheelSlots
)

// maxLag is how far the wheel may fall behind and still catch up by sending
// faster; after a longer stall it goes on from now.
const maxLag = 5 * FrameDuration

// Wheel paces streams: each gets its turn every 20 ms by absolute deadlines,
// so that errors do not add up. Its Run must be running for streams to send.
type Wheel struct {
	sleep func(time.Time) // Waits until a time; a field because fake clocks need another.

	mu    sync.Mutex
	added []*Stream       // Waiting to be taken over by Run.
	load  [wheelSlots]int // Streams per slot, with those in added.
	wake  chan struct{}   // Has room for one signal that added is not empty.

	slots   [wheelSlots][]*Stream // Owned by Run.
	scratch [MaxPacket]byte       // Lent to listeners by Run.
}

// NewWheel makes a wheel at rest.
func NewWheel() *Wheel { return NewWheelSleeping(sleepUntil) }

// NewWheelSleeping makes a wheel that waits by sleep instead of in the kernel,
// where time is not that of the kernel. sleep returns at the time, not before.
func NewWheelSleeping(sleep func(until time.Time)) *Wheel {
	return &Wheel{sleep: sleep, wake: make(chan struct{}, 1)}
}

// Streams counts the streams on the wheel.
func (w *Wheel) Streams() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.total()
}

// Run turns the wheel until ctx ends. It takes an operating-system thread for
// itself, with real-time priority where the system allows it, and uses no
// processor time while there are no streams.
func (w *Wheel) Run(ctx context.Context) error {
	// Never unlocked: the thread ends with the goroutine and its raised
	// priority is not passed on.
	runtime.LockOSThread()
	RaisePriority()
	for {
		if err := w.waitForWork(ctx); err != nil {
			return err
		}
		w.turn(ctx)
	}
}

// waitForWork returns nil once there is a stream.
func (w *Wheel) waitForWork(ctx context.Context) error {
	for w.Streams() == 0 {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-w.wake:
		}
	}
	return ctx.Err()
}

// turn runs slots until no stream is left or ctx ends.
func (w *Wheel) turn(ctx context.Context) {
	next := time.Now()
	for slot := 0; ctx.Err() == nil; slot = (slot + 1) % wheelSlots {
		if w.takeOver() == 0 {
			return
		}
		w.runSlot(slot)
		next = next.Add(slotTime)
		if now := time.Now(); now.Sub(next) > maxLag {
			next = now
		}
		w.sleep(next)
	}
}

// takeOver moves new streams into their slots and counts all.
func (w *Wheel) takeOver() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, s := range w.added {
		w.slots[s.slot] = append(w.slots[s.slot], s)
		w.added[i] = nil
	}
	w.added = w.added[:0]
	return w.total()
}

func (w *Wheel) total() int {
	n := 0
	for _, l := range w.load {
		n += l
	}
	return n
}

// runSlot gives every stream of a slot its turn and drops the closed ones.
func (w *Wheel) runSlot(slot int) {
	streams, kept, gone := w.slots[slot], 0, 0
	for _, s := range streams {
		earlier, alive := s.turn(w.scratch[:])
		switch {
		case !alive:
			gone++
		case earlier == 0 || !w.advance(s, earlier):
			streams[kept] = s
			kept++
		}
	}
	clear(streams[kept:])
	w.slots[slot] = streams[:kept]
	if gone > 0 {
		w.mu.Lock()
		w.load[slot] -= gone
		w.mu.Unlock()
	}
}

// add puts a stream into the emptiest slot.
func (w *Wheel) add(s *Stream) {
	w.mu.Lock()
	for i, l := range w.load {
		if l < w.load[s.slot] {
			s.slot = i
		}
	}
	w.load[s.slot]++
	w.added = append(w.added, s)
	w.mu.Unlock()
	select {
	case w.wake <- struct{}{}:
	default:
	}
}
