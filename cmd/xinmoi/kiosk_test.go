package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/xinmoi/xinmoi/kiosk/agent"
	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/api"
	"github.com/xinmoi/xinmoi/queue/memory"
)

// oneToken is the store of tokens of a server with one kiosk.
type oneToken struct{ hash [sha256.Size]byte }

func (o oneToken) Grant(_ context.Context, hash [sha256.Size]byte) (queue.Grant, bool, error) {
	return queue.Grant{ID: "k1", Role: queue.RoleKiosk}, hash == o.hash, nil
}

// said collects what a program prints, and tells of every line.
type said struct {
	mu   sync.Mutex
	text strings.Builder
	more chan struct{}
}

func (s *said) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case s.more <- struct{}{}:
	default:
	}
	return s.text.Write(b)
}

// find waits until something was printed.
func (s *said) find(t *testing.T, pattern string) string {
	t.Helper()
	re := regexp.MustCompile(pattern)
	for {
		s.mu.Lock()
		m := re.FindStringSubmatch(s.text.String())
		s.mu.Unlock()
		if m != nil {
			return m[1]
		}
		select {
		case <-s.more:
		case <-t.Context().Done():
			t.Fatalf("never printed: %s", pattern)
		}
	}
}

// A kiosk on another machine: paired by code, gives numbers of the server, goes
// on alone while the line is cut, and the server has those numbers afterwards.
func TestKioskOnAnotherMachine(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	engine, err := queue.NewEngine(ctx, queue.Config{
		Setup: queue.CommuneCentre(), Store: &memory.Store{}, Links: queue.NewLinks([]byte("0123456789abcdef"), "http://10.0.0.1:8080"),
	})
	if err != nil {
		t.Fatal(err)
	}
	var parts sync.WaitGroup
	parts.Go(func() { _ = engine.Run(ctx) })
	token := queue.NewToken()
	desk, err := agent.NewDesk(agent.DeskConfig{Office: "trung-tam", NewToken: func(context.Context) (string, error) { return token, nil }})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle(api.Prefix+"/", api.New(api.Config{Offices: map[string]queue.Management{"trung-tam": engine}, Tokens: oneToken{queue.HashToken(token)}}))
	mux.Handle("/kiosk/agent/", desk.Public())
	mux.Handle(agent.BeatPath, desk.Beats())
	var cut atomic.Bool
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if cut.Load() {
			panic(http.ErrAbortHandler) // The connection breaks.
		}
		mux.ServeHTTP(w, r)
	}))
	out := &said{more: make(chan struct{}, 1)}
	k := kioskFlags{queue: server.URL, data: t.TempDir() + "/kiosk", http: "127.0.0.1:0", name: "Máy thử", printer: virtualPrinter, reserve: 2}
	parts.Go(func() {
		if err := runKioskWith(ctx, k, streams{out, out}); err != nil {
			t.Error(err)
		}
	})
	base := out.find(t, `(http://127\.0\.0\.1:\d+)/kiosk`)
	if name, err := desk.Approve(ctx, out.find(t, `code\): (\d{6})`)); err != nil || name != "Máy thử" {
		t.Fatalf("%q, %v", name, err)
	}
	// Two numbers of each of the four services are set aside.
	until(t, engine, 8, func(e queue.Event) bool { return e.Kind == queue.TicketHeld })
	first := touchOnce(t, base)
	cut.Store(true)
	second := touchOnce(t, base)
	if second == "" || second == first {
		t.Errorf("cut off: %q after %q", second, first)
	}
	cut.Store(false)
	until(t, engine, 1, func(e queue.Event) bool {
		return e.Kind == queue.TicketConfirmed && e.Ticket.Number.String() == second
	})
	cancel()
	parts.Wait()
	server.Close()
}

// until reads the office's log until something has happened so often.
func until(t *testing.T, o queue.Office, times int, happened func(queue.Event) bool) {
	t.Helper()
	for e, err := range o.Events(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		if happened(e) {
			times--
		}
		if times == 0 {
			return
		}
	}
	t.Fatal("the log has ended")
}

// touchOnce takes a number and reads it from the screen; empty if there is none.
func touchOnce(t *testing.T, base string) string {
	t.Helper()
	res, err := http.PostForm(base+"/kiosk/take", url.Values{"key": {rand.Text()}, "procedure": {"khai-sinh"}, "lang": {"vi"}})
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var page strings.Builder
	if err := res.Write(&page); err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`class="number[^"]*"[^>]*>\s*([A-Z]\d{3})`).FindStringSubmatch(page.String())
	if m == nil {
		t.Logf("no number on %s", page.String())
		return ""
	}
	return m[1]
}

// The measurement runs, and what it says hangs together.
func TestKioskBench(t *testing.T) {
	out := &said{more: make(chan struct{}, 1)}
	if err := runKioskBench(t.Context(), t.TempDir(), 0.4, false, streams{out, out}); err != nil {
		t.Fatal(err)
	}
	if text := out.text.String(); !strings.Contains(text, "2 tickets, 5 a second") || !strings.Contains(text, "last byte") {
		t.Error(text)
	}
}
