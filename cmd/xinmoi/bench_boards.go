package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/sqlite"
	"github.com/xinmoi/xinmoi/queue/web"
)

// boardsBench measures how soon after a call the last of many boards has it,
// beside what the sockets alone take: as many bytes written to as many sockets
// by a bare loop.
type boardsBench struct {
	Boards   int     `json:"boards"`
	Calls    int     `json:"calls"`
	Bytes    int     `json:"bytes"`     // Of what one board is sent for one call.
	Commit   spread  `json:"commit"`    // From "next" pressed until the call is durable: the disk's part.
	First    spread  `json:"first"`     // … until the first board has the call.
	Last     spread  `json:"last"`      // … until the last board has it, which is what the promise is about.
	Each     spread  `json:"each"`      // … until each one has it.
	Bare     spread  `json:"bare"`      // Bare loop: until the last socket has as many bytes.
	Ratio    float64 `json:"ratio"`     // Last.P99 / Bare.P99
	MemoryKB float64 `json:"memory_kb"` // Of one open board, in the server: heap and stacks.
}

// boardsRate is how many calls a second a province's largest hall has.
const boardsRate = 4

// boardsPerAddress stays below what one address may open.
const boardsPerAddress = 50

// runBoardsBench measures for so many seconds, with n boards.
func runBoardsBench(ctx context.Context, dir string, n int, seconds float64, asJSON bool, s streams) error {
	if seconds <= 0 || n < 1 {
		return usagef("-seconds %g -boards %d: give positive numbers", seconds, n)
	}
	dir, err := os.MkdirTemp(dir, "xinmoi-bench-")
	if err != nil {
		return err
	}
	report, err := benchBoards(ctx, dir, n, max(int(seconds*boardsRate), 10))
	if err = errors.Join(err, os.RemoveAll(dir)); err != nil {
		return err
	}
	if asJSON {
		return json.NewEncoder(s.out).Encode(report)
	}
	row := func(name string, v spread) {
		fmt.Fprintf(s.out, "%-52s p50 %6.1f ms  p99 %6.1f ms  max %6.1f ms\n", name, v.P50, v.P99, v.Max)
	}
	fmt.Fprintf(s.out, "%d boards, %d calls, %d bytes to each board a call\n", report.Boards, report.Calls, report.Bytes)
	row("next → durable (the disk's part)", report.Commit)
	row("next → first board", report.First)
	row("next → each board", report.Each)
	row("next → last board (promised: 50)", report.Last)
	row("bare loop, as many bytes → last socket", report.Bare)
	fmt.Fprintf(s.out, "next → last board takes %.1f × the bare loop; %.1f KB of memory a board\n", report.Ratio, report.MemoryKB)
	return nil
}

// boardsHall is an office with its pages and many boards.
type boardsHall struct {
	engine *queue.Engine
	store  *sqlite.DB
	server *http.Server
	addr   string
	stop   context.CancelFunc
	parts  sync.WaitGroup
	boards []*boardEar
	heard  chan heardCall
	bytes  atomic.Int64 // Of the latest frame with a call.
}

// heardCall is one board that has a call.
type heardCall struct {
	number string
	at     time.Time
}

// boardEar is one open board.
type boardEar struct {
	conn net.Conn
}

func benchBoards(ctx context.Context, dir string, n, calls int) (r boardsBench, err error) {
	b, err := newBoardsHall(ctx, dir, boardsStore{})
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	before := inUse()
	if err := b.hang(ctx, n); err != nil {
		return r, err
	}
	r.MemoryKB = float64(inUse()-before)/1024/float64(n) - earKB
	r.Boards, r.Calls = n, calls
	m, err := b.measure(ctx, calls)
	if err != nil {
		return r, err
	}
	r.Bytes = int(b.bytes.Load())
	bare, err := bareLoop(ctx, n, r.Bytes, calls)
	if err != nil {
		return r, err
	}
	r.Commit, r.First, r.Each, r.Last, r.Bare = spreadOf(m.commit), spreadOf(m.first), spreadOf(m.each), spreadOf(m.last), spreadOf(bare)
	r.Ratio = r.Last.P99 / r.Bare.P99
	return r, nil
}

// earKB is what a listening end of ours takes in the same process: its buffer
// and its goroutine's stack.
const earKB = float64(earBuffer)/1024 + 8

// inUse is heap and stacks in use, in bytes.
func inUse() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapInuse + m.StackInuse)
}

// boardsStore is what a bench puts around a hall's store and pages; nil = nothing.
type boardsStore struct {
	wrap  func(queue.Store) queue.Store
	serve func(*boardsHall, *queue.Links, *web.Web) (http.Handler, error)
}

func newBoardsHall(ctx context.Context, dir string, more boardsStore) (*boardsHall, error) {
	store, err := sqlite.Open(ctx, dir)
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(ctx)
	b := &boardsHall{store: store, stop: stop, heard: make(chan heardCall, 4096)}
	links := queue.NewLinks([]byte("0123456789abcdef"), "http://127.0.0.1")
	var kept queue.Store = store
	if more.wrap != nil {
		kept = more.wrap(store)
	}
	b.engine, err = queue.NewEngine(ctx, queue.Config{Setup: queue.CommuneCentre(), Store: kept, Links: links})
	if err != nil {
		return nil, errors.Join(err, b.close())
	}
	b.parts.Go(func() { _ = b.engine.Run(ctx) })
	pages, err := web.New(web.Config{Office: b.engine, Links: links})
	if err != nil {
		return nil, errors.Join(err, b.close())
	}
	b.parts.Go(func() { _ = pages.Run(ctx) })
	handler := pages.Public()
	if more.serve != nil {
		if handler, err = more.serve(b, links, pages); err != nil {
			return nil, errors.Join(err, b.close())
		}
	}
	socket, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, errors.Join(err, b.close())
	}
	b.addr = socket.Addr().String()
	b.server = &http.Server{Handler: handler, ReadHeaderTimeout: headerTime}
	b.parts.Go(func() { _ = b.server.Serve(socket) })
	return b, nil
}

func (b *boardsHall) close() error {
	for _, e := range b.boards {
		_ = e.conn.Close()
	}
	b.stop()
	if b.server != nil {
		_ = b.server.Close()
	}
	b.parts.Wait()
	return b.store.Close()
}

// hang opens n boards, as many halls would: from several addresses.
func (b *boardsHall) hang(ctx context.Context, n int) error {
	ready := make(chan struct{}, n)
	for i := range n {
		e, err := b.ear(ctx, i, "/board/stream?lang=vi")
		if err != nil {
			return fmt.Errorf("board %d of %d: %w", i+1, n, err)
		}
		b.parts.Go(func() { b.listen(e, ready) })
	}
	return await(ctx, ready, n)
}

// ear opens one page's stream; the i-th of all decides from which address.
func (b *boardsHall) ear(ctx context.Context, i int, path string) (*boardEar, error) {
	from := &net.TCPAddr{IP: net.IPv4(127, 0, byte(1+i/boardsPerAddress/200), byte(1+i/boardsPerAddress%200))}
	conn, err := (&net.Dialer{LocalAddr: from}).DialContext(ctx, "tcp", b.addr)
	if err != nil {
		return nil, fmt.Errorf("%w; allow more open files with ulimit -n", err)
	}
	e := &boardEar{conn: conn}
	b.boards = append(b.boards, e)
	_, err = fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", path, b.addr)
	return e, err
}

// await takes so many signs.
func await(ctx context.Context, ready <-chan struct{}, n int) error {
	for range n {
		select {
		case <-ready:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

const earBuffer = 16 << 10 // Longer than any frame of this office.

// frames gives take every frame of the stream, until it ends.
func (e *boardEar) frames(take func(frame []byte)) {
	buf := make([]byte, earBuffer)
	kept := 0
	for {
		n, err := e.conn.Read(buf[kept:])
		if err != nil {
			return
		}
		kept += n
		for {
			frame, rest, whole := bytes.Cut(buf[:kept], []byte("\n\n"))
			if !whole {
				break
			}
			take(frame)
			kept = copy(buf, rest)
		}
		if kept == len(buf) {
			kept = 0
		}
	}
}

// listen tells of every frame of a board that has a call.
func (b *boardsHall) listen(e *boardEar, ready chan<- struct{}) {
	first, told := true, ""
	e.frames(func(frame []byte) {
		if !bytes.Contains(frame, []byte("event: board")) {
			return
		}
		if first {
			first = false
			ready <- struct{}{}
		} else if number := calledNumber(frame); number != "" && number != told {
			told = number
			b.bytes.Store(int64(len(frame) + 2)) // Its end, too.
			b.heard <- heardCall{number, time.Now()}
		}
	})
}

// calledNumber is the number that a frame shows as called; empty if none.
func calledNumber(frame []byte) string {
	at := bytes.Index(frame, []byte(`seat called\"`))
	if at < 0 {
		return ""
	}
	const mark = `data-number=\"`
	from := bytes.Index(frame[at:], []byte(mark))
	if from < 0 {
		return ""
	}
	rest := frame[at+from+len(mark):]
	end := bytes.IndexByte(rest, '\\')
	if end < 0 {
		return ""
	}
	return string(rest[:end])
}

// reached is how long calls took, each.
type reached struct{ commit, first, each, last []time.Duration }

// measure presses "next" so many times, at an even pace, and waits until every
// board has each call.
func (b *boardsHall) measure(ctx context.Context, calls int) (m reached, err error) {
	if _, err := b.engine.SetCounter(ctx, queue.SetCounterRequest{Meta: benchCaller(), Counter: "1", State: queue.Opened}); err != nil {
		return m, err
	}
	for range calls + 1 {
		if _, err := b.engine.Take(ctx, queue.TakeRequest{Meta: benchCaller(), Service: "A", Channel: queue.Kiosk}); err != nil {
			return m, err
		}
	}
	tick := time.NewTicker(time.Second / boardsRate)
	defer tick.Stop()
	for i := range calls + 1 {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return m, ctx.Err()
		}
		pressed := time.Now()
		t, err := b.engine.Next(ctx, queue.CounterRequest{Meta: benchCaller(), Counter: "1"})
		if err != nil {
			return m, err
		}
		commit := time.Since(pressed)
		times, err := b.all(ctx, t.Number.String(), pressed)
		if err != nil {
			return m, err
		}
		if i > 0 { // The first one warms up.
			m.commit, m.first = append(m.commit, commit), append(m.first, slices.Min(times))
			m.each, m.last = append(m.each, times...), append(m.last, slices.Max(times))
		}
		if _, err := b.engine.Act(ctx, queue.ActRequest{Meta: benchCaller(), Ticket: t.ID, Action: queue.Finish}); err != nil {
			return m, err
		}
	}
	return m, nil
}

// benchCaller is a request that nobody repeats.
func benchCaller() queue.Meta { return queue.Meta{Key: rand.Text(), Caller: "bench"} }

// boardsPatience is how long a call may be on its way before that is an error.
const boardsPatience = 20 * time.Second

// all waits until every board has a number.
func (b *boardsHall) all(ctx context.Context, number string, pressed time.Time) (times []time.Duration, err error) {
	late := time.NewTimer(boardsPatience)
	defer late.Stop()
	for len(times) < len(b.boards) {
		select {
		case h := <-b.heard:
			if h.number == number {
				times = append(times, h.at.Sub(pressed))
			}
		case <-late.C:
			return nil, fmt.Errorf("%s came to %d of %d boards within %v", number, len(times), len(b.boards), boardsPatience)
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return times, nil
}

// bareLoop writes size bytes to n sockets, rounds times, and measures until the
// last reader has them.
func bareLoop(ctx context.Context, n, size, rounds int) (last []time.Duration, err error) {
	socket, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	defer socket.Close()
	var ends, readers []net.Conn
	defer func() {
		for _, c := range append(ends, readers...) {
			_ = c.Close()
		}
	}()
	done := make(chan time.Time, n)
	for range n {
		r, err := (&net.Dialer{}).DialContext(ctx, "tcp", socket.Addr().String())
		if err != nil {
			return nil, err
		}
		readers = append(readers, r)
		w, err := socket.Accept()
		if err != nil {
			return nil, err
		}
		ends = append(ends, w)
		go readRounds(r, size, done)
	}
	frame := bytes.Repeat([]byte("x"), size)
	for range rounds {
		begun := time.Now()
		for i, w := range ends {
			if _, err := w.Write(frame); err != nil {
				return nil, fmt.Errorf("socket %s: %w", strconv.Itoa(i), err)
			}
		}
		var end time.Time
		for range n {
			select {
			case at := <-done:
				if at.After(end) {
					end = at
				}
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
		last = append(last, end.Sub(begun))
	}
	return last, nil
}

// readRounds tells when every size bytes have come, until the socket closes.
func readRounds(r net.Conn, size int, done chan<- time.Time) {
	buf, have := make([]byte, earBuffer), 0
	for {
		n, err := r.Read(buf)
		if err != nil {
			return
		}
		for have += n; have >= size; have -= size {
			done <- time.Now()
		}
	}
}
