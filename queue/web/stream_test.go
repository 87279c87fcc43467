package web_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/web"
	"github.com/xinmoi/xinmoi/queue/web/page/pagetest"
)

// sse is one event as a browser would get it.
type sse struct{ id, event, data string }

// pipeWriter is a connection whose reader is the test.
type pipeWriter struct {
	header http.Header
	*io.PipeWriter
}

func (p pipeWriter) Header() http.Header { return p.header }
func (pipeWriter) WriteHeader(int)       {}
func (pipeWriter) Flush()                {}

// listen opens a stream of h; the channel ends with the stream.
func listen(ctx context.Context, h http.Handler, path string) <-chan sse {
	read, write := io.Pipe()
	r := httptest.NewRequestWithContext(ctx, "GET", path, nil)
	go func() {
		h.ServeHTTP(pipeWriter{http.Header{}, write}, r)
		write.Close()
	}()
	out := make(chan sse, 100)
	go func() {
		defer close(out)
		var e sse
		for lines := bufio.NewScanner(read); lines.Scan(); {
			name, value, _ := strings.Cut(lines.Text(), ": ")
			switch name {
			case "id":
				e.id = value
			case "event":
				e.event = value
			case "data":
				e.data = value
			case "":
				if e.event != "" {
					out <- e
				}
				e = sse{}
			}
		}
	}()
	return out
}

// until reads events to the first of a kind whose data has text. A stream that
// only pings is given up: it would do so for ever.
func until(t *testing.T, in <-chan sse, event, text string) sse {
	t.Helper()
	for pings := 0; pings < 1000; {
		e, ok := <-in
		switch {
		case !ok:
			t.Fatalf("the stream ended without %s with %q", event, text)
		case e.event == event && strings.Contains(e.data, text):
			return e
		case e.event == "ping":
			pings++
		}
	}
	t.Fatalf("a thousand pings and no %s with %q", event, text)
	return sse{}
}

// pass lets time pass in a bubble, at once for the world outside.
func pass(d time.Duration) { <-time.After(d) }

// run starts the live part; stop waits for its end.
func (h *hallOf) run() (stop func()) {
	ctx, cancel := context.WithCancel(h.ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := h.web.Run(ctx); err != nil {
			h.Error(err)
		}
	}()
	return func() { cancel(); <-done }
}

func TestStreamsFollowTheOffice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, nil)
		h.set("1", queue.Opened)
		tk := h.take("A", false)
		stop := h.run()
		board := listen(h.ctx, h.public, "/board/stream")
		english := listen(h.ctx, h.public, "/board/stream?lang=en")
		staff := listen(h.ctx, h.web.Counter(), "/counter/1/stream")
		mine := listen(h.ctx, h.public, h.link(tk)+"/stream")

		until(t, board, "hello", `"build":"test-`)
		first := until(t, board, "board", "Sẵn sàng")
		until(t, english, "board", "Ready")
		until(t, mine, "ticket", "tiếp theo")
		until(t, staff, "staff", `"state":"open","reason":"","ticket":null`)

		began := time.Now()
		h.next("1")
		called := until(t, board, "board", "A001")
		if called.id == "" || called.id == first.id {
			t.Errorf("ids %q then %q", first.id, called.id)
		}
		if took := time.Since(began); took > 200*time.Millisecond {
			t.Errorf("the call was shown after %v", took)
		}
		until(t, english, "board", "Please come in")
		until(t, mine, "ticket", `"state":"called"`)
		e := until(t, staff, "staff", "A001")
		if strings.Contains(e.data, tk.Code) || strings.Contains(called.data, tk.Code) {
			t.Error("a stream tells the lookup code")
		}
		stop()
		for range board { // Ends: the server lets go at shutdown.
		}
		for range mine {
		}
		ask(h.public, "GET", "/board/stream", nil).wants(t, 503)
	})
}

func TestStreamCoalesces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, nil)
		stop := h.run()
		board := listen(h.ctx, h.public, "/board/stream")
		until(t, board, "board", "")
		for range 500 {
			h.take("A", false)
		}
		frames := 1
		for e := range board {
			if e.event == "board" {
				frames++
				if strings.Contains(e.data, "500") {
					break
				}
			}
		}
		if frames > 10 {
			t.Errorf("%d frames for one burst", frames)
		}
		stop()
	})
}

// pingAge reads the age of the next ping.
func pingAge(t *testing.T, in <-chan sse) time.Duration {
	t.Helper()
	var p struct {
		Age    int64 `json:"age_ms"`
		Offset int64 `json:"offset_s"`
	}
	if err := json.Unmarshal([]byte(until(t, in, "ping", "").data), &p); err != nil {
		t.Fatal(err)
	}
	if p.Offset != 7*3600 {
		t.Errorf("office clock is %d s from UTC", p.Offset)
	}
	return time.Duration(p.Age) * time.Millisecond
}

// flaky is an office behind a cable that can be pulled.
type flaky struct {
	*queue.Engine
	down  atomic.Bool
	opens atomic.Int32
}

func (f *flaky) Board(ctx context.Context) (queue.Board, error) {
	if f.down.Load() {
		return queue.Board{}, errAway
	}
	return f.Engine.Board(ctx)
}

func (f *flaky) Events(ctx context.Context, after int64) iter.Seq2[queue.Event, error] {
	f.opens.Add(1)
	return func(yield func(queue.Event, error) bool) {
		for ev, err := range f.Engine.Events(ctx, after) {
			if f.down.Load() {
				yield(queue.Event{}, errors.New("connection reset"))
				return
			}
			if !yield(ev, err) {
				return
			}
		}
	}
}

func TestStreamHeartbeatTellsTheAge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		office := &flaky{}
		h := open(t, func(c *web.Config) { office.Engine = c.Office.(*queue.Engine); c.Office = office })
		h.set("1", queue.Opened)
		h.take("A", false)
		stop := h.run()
		defer stop()
		synctest.Wait()
		board := listen(h.ctx, h.public, "/board/stream")
		began := time.Now()
		for range 5 { // In good health nothing is old, and no page waits long for a sign.
			if age := pingAge(t, board); age > 15*time.Second {
				t.Errorf("age %v while all is well", age)
			}
		}
		if took := time.Since(began); took > 41*time.Second {
			t.Errorf("five signs of life took %v", took)
		}
		office.down.Store(true)
		pass(time.Minute)
		drained := time.Duration(0)
		for drained < 40*time.Second {
			drained = pingAge(t, board)
		}
		office.down.Store(false)
		pass(30 * time.Second)
		for drained > 15*time.Second {
			drained = pingAge(t, board)
		}
		h.next("1")
		until(t, board, "board", "A001")
	})
}

// After the log broke off it is followed again from the last seq, and what
// happened meanwhile is shown.
func TestFollowsAgainAfterABreak(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		office := &flaky{}
		h := open(t, func(c *web.Config) { office.Engine = c.Office.(*queue.Engine); c.Office = office })
		stop := h.run()
		defer stop()
		board := listen(h.ctx, h.public, "/board/stream")
		until(t, board, "board", "")
		synctest.Wait() // The log is followed by now.
		office.down.Store(true)
		h.take("B", false) // The event that meets the break.
		synctest.Wait()
		office.down.Store(false)
		until(t, board, "board", `<span>Đất đai</span> <b>1`)
		pass(time.Second)
		began := time.Now()
		h.take("B", false)
		until(t, board, "board", `</span> <b>2`)
		if took := time.Since(began); took > time.Second {
			t.Errorf("seen after %v: the log is not followed", took)
		}
		if n := office.opens.Load(); n != 2 {
			t.Errorf("the log was opened %d times", n)
		}
	})
}

func TestTicketStreamIsQuietAndPaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, nil)
		first, second := h.take("A", false), h.take("A", false)
		stop := h.run()
		defer stop()
		mine := listen(h.ctx, h.public, h.link(second)+"/stream")
		until(t, mine, "ticket", ">1</b>")
		h.take("A", false) // Behind us: nothing changes for us.
		pass(5 * time.Second)
		h.act(first.ID, queue.Cancel)
		e, end := sse{event: "ping"}, time.After(10*time.Minute)
		for e.event == "ping" {
			select {
			case e = <-mine:
			case <-end:
				t.Fatal("no frame in ten minutes")
			}
		}
		if e.event != "standing" || !strings.Contains(e.data, "tiếp theo") {
			t.Errorf("next event %v", e)
		}
	})
}

// One address cannot take the live pages from the counters, nor from others.
func TestStreamsPerAddress(t *testing.T) {
	for name, clientIP := range map[string]func(*http.Request) string{
		"connection": nil,
		"proxy":      func(r *http.Request) string { return r.Header.Get("X-Forwarded-For") },
		"unknown":    func(r *http.Request) string { return "" },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := open(t, func(c *web.Config) { c.ClientIP = clientIP })
				tk := h.take("A", false)
				stop := h.run()
				defer stop()
				ctx, leave := context.WithCancel(h.ctx)
				paths := []string{"/board/stream", h.link(tk) + "/stream"}
				for i := range 64 {
					until(t, listen(ctx, h.public, paths[i%2]), "hello", "")
				}
				short, done := context.WithTimeout(h.ctx, time.Minute)
				defer done()
				for _, path := range paths {
					a := ask(h.public, "GET", path, nil, func(r *http.Request) { *r = *r.WithContext(short) })
					a.wants(t, 503, "quá nhiều trang trực tiếp", "Too many live pages", "try again")
					if a.header.Get("Retry-After") != "30" || !strings.HasPrefix(a.header.Get("Content-Type"), "text/plain") {
						t.Errorf("headers %v", a.header)
					}
				}
				staff := listen(ctx, h.web.Counter(), "/counter/1/stream")
				until(t, staff, "staff", `"counters"`)
				leave()
				synctest.Wait()
				until(t, listen(h.ctx, h.public, "/board/stream"), "board", "")
			})
		})
	}
}

// Over a connection: a browser that comes back gets the whole state, and the
// stream outlives the server's timeouts.
func TestStreamOverHTTP(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, nil)
		h.set("1", queue.Opened)
		stop := h.run()
		defer stop()
		server := &http.Server{Handler: h.public, ReadTimeout: time.Second, WriteTimeout: time.Second, ReadHeaderTimeout: time.Minute}
		browser := pagetest.Serve(t, server)
		for range 2 {
			ctx, cancel := context.WithCancel(t.Context())
			lines := connect(ctx, t, browser)
			if !readTo(lines, "html") {
				t.Error("no full snapshot after connecting")
			}
			cancel()
		}
		lines := connect(t.Context(), t, browser)
		pass(server.ReadTimeout * 5 / 4)
		h.take("A", false)
		h.next("1")
		if !readTo(lines, "A001") {
			t.Error("the stream ended with a timeout of the server")
		}
	})
}

func connect(ctx context.Context, t *testing.T, browser *http.Client) *bufio.Scanner {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, "GET", "http://office.test/board/stream", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Last-Event-ID", "1")
	answer, err := browser.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { answer.Body.Close() })
	if got := answer.Header.Get("Content-Type"); !strings.HasPrefix(got, "text/event-stream") {
		t.Errorf("type %q", got)
	}
	return bufio.NewScanner(answer.Body)
}

// readTo reads to a data line with text.
func readTo(lines *bufio.Scanner, text string) bool {
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "data: ") && strings.Contains(lines.Text(), text) {
			return true
		}
	}
	return false
}
