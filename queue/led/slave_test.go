package led

import (
	"context"
	"encoding/binary"
	"io"
	"iter"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// fault is what a panel in a test does instead of answering as it should.
type fault int

const (
	fine    fault = iota
	mute          // It takes what it is told, and says nothing.
	deaf          // It hears nothing.
	garbled       // Its answer has a wrong checksum.
	late          // Its answer comes when the next request is on its way.
	foreign       // Its answer is that of another panel.
	noise         // Characters of nobody's come before its answer.
	pieces        // Its answer comes byte by byte.
	echo          // The adapter hears itself first.
	busy          // Exception 6.
	lost          // It loses its power: what it showed is gone.
	faults        // How many there are.
)

// bus is a line of panels that check what they hear.
type bus struct {
	mu     sync.Mutex
	units  map[byte]map[uint16]uint16 // Registers.
	shown  map[byte][]uint16          // Numbers, in the order in which they were shown.
	next   func() fault
	single bool // Knows function 6 only.
	wrong  int  // Frames that no panel may be sent.
}

func newBus(units ...int) *bus {
	b := &bus{units: map[byte]map[uint16]uint16{}, shown: map[byte][]uint16{}, next: func() fault { return fine }}
	for _, u := range units {
		b.units[byte(u)] = map[uint16]uint16{}
	}
	return b
}

// serve answers until the line closes.
func (b *bus) serve(line io.ReadWriter) {
	var heard, pending []byte
	buf := make([]byte, 256)
	for {
		n, err := line.Read(buf)
		if err != nil {
			return
		}
		heard = append(heard, buf[:n]...)
		for {
			length := requestLength(heard)
			if length == 0 || len(heard) < length {
				break
			}
			request := slices.Clone(heard[:length])
			heard = heard[length:]
			if len(pending) > 0 {
				line.Write(pending)
				pending = nil
			}
			pending = b.answer(line, request)
		}
	}
}

func requestLength(b []byte) int {
	switch {
	case len(b) < 2:
		return 0
	case b[1] == writeOne:
		return 8
	case len(b) < 7:
		return 0
	}
	return 9 + int(b[6])
}

// answer does what a request asks, with the next fault; what it returns is to
// be sent later.
func (b *bus) answer(line io.Writer, request []byte) (later []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	end := len(request) - 2
	unit := b.units[request[0]]
	if binary.LittleEndian.Uint16(request[end:]) != crc16(request[:end]) || unit == nil {
		b.wrong++
		return nil
	}
	f := b.next()
	if f == echo {
		line.Write(request)
	}
	refusal := func(e Exception) []byte { return sealed([]byte{request[0], request[1] | failed, byte(e)}) }
	switch {
	case f == deaf:
		return nil
	case f == lost:
		clear(unit)
		b.shown[request[0]] = append(b.shown[request[0]], 0)
		return nil
	case f == busy:
		line.Write(refusal(Busy))
		return nil
	case request[1] == writeMany && b.single:
		line.Write(refusal(IllegalFunction))
		return nil
	}
	b.write(request, unit)
	answer := sealed(slices.Clone(request[:6]))
	switch f {
	case mute:
	case garbled:
		answer[3] ^= 0x40
		line.Write(answer)
	case late:
		return answer
	case foreign:
		line.Write(sealed([]byte{request[0] + 1, request[1], 0, 0, 0, 1}))
	case noise:
		line.Write([]byte{0xFF, 0x00})
		line.Write(answer)
	case pieces:
		for _, c := range answer {
			line.Write([]byte{c})
		}
	default:
		line.Write(answer)
	}
	return nil
}

func (b *bus) write(request []byte, unit map[uint16]uint16) {
	from := binary.BigEndian.Uint16(request[2:])
	values := request[4:6]
	if request[1] == writeMany {
		values = request[7 : len(request)-2]
	}
	for i := 0; i < len(values); i += 2 {
		at := from + uint16(i/2)
		unit[at] = binary.BigEndian.Uint16(values[i:])
		if at == 2 { // FieldNumber of the default fields.
			b.shown[request[0]] = append(b.shown[request[0]], unit[at])
		}
	}
}

// shows gives some registers of a panel.
func (b *bus) shows(unit int, n int) (values []uint16) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := range n {
		values = append(values, b.units[byte(unit)][uint16(i)])
	}
	return values
}

// bad counts frames that no panel may be sent.
func (b *bus) bad() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.wrong
}

// hall is an office of which only the board and the log are asked.
type hall struct {
	queue.Office
	mu    sync.Mutex
	board queue.Board
	err   error
	more  chan struct{}
}

func newHall() *hall { return &hall{more: make(chan struct{}, 1)} }

// call puts a number to a counter; 0 ends it.
func (h *hall) call(counter string, n int, state queue.State) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.board.Seq++
	h.board.Serving = slices.DeleteFunc(slices.Clone(h.board.Serving), func(s queue.Seat) bool { return s.Counter == counter })
	if n > 0 {
		h.board.Serving = append(h.board.Serving, queue.Seat{Counter: counter, Number: queue.Number{Prefix: "A", N: n}, State: state, CalledAt: time.Unix(h.board.Seq, 0)})
	}
	poke(h.more)
}

func (h *hall) fail(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.err = err
}

// Board implements queue.Office.
func (h *hall) Board(context.Context) (queue.Board, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.board, h.err
}

// Events implements queue.Office.
func (h *hall) Events(ctx context.Context, after int64) iter.Seq2[queue.Event, error] {
	return func(yield func(queue.Event, error) bool) {
		for {
			select {
			case <-ctx.Done():
				yield(queue.Event{}, ctx.Err())
				return
			case <-h.more:
				h.mu.Lock()
				seq := h.board.Seq
				h.mu.Unlock()
				if !yield(queue.Event{Seq: seq}, nil) {
					return
				}
			}
		}
	}
}

// run starts a sender that ends with the test, or with stop.
func run(t testing.TB, c Config) (s *Sender, stop func()) {
	t.Helper()
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := s.Run(ctx); err != nil {
			t.Error(err)
		}
	}()
	stop = sync.OnceFunc(func() { cancel(); <-done })
	t.Cleanup(stop)
	return s, stop
}

// later lets time pass in a bubble, and everything that it brings about.
func later(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}
