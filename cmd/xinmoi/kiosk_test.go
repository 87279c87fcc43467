package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"html"
	"image"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/kiosk"
	"github.com/xinmoi/xinmoi/kiosk/agent"
	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/api"
	"github.com/xinmoi/xinmoi/queue/memory"
)

// oneToken is the store of tokens of a server with one kiosk.
type oneToken struct {
	mu   sync.Mutex
	hash [sha256.Size]byte
}

func (o *oneToken) Grant(_ context.Context, hash [sha256.Size]byte) (queue.Grant, bool, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return queue.Grant{ID: "k1", Role: queue.RoleKiosk}, hash == o.hash, nil
}

// make gives a new token; the one before is revoked.
func (o *oneToken) make(context.Context) (string, error) {
	token := queue.NewToken()
	o.mu.Lock()
	defer o.mu.Unlock()
	o.hash = queue.HashToken(token)
	return token, nil
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

// String gives all of it.
func (s *said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
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

// farServer is a server with the queue, whose line to a kiosk can be cut.
type farServer struct {
	engine *queue.Engine
	desk   *agent.Desk
	tokens *oneToken
	links  *queue.Links
	cut    atomic.Bool
	mu     sync.Mutex
	said   map[string]bool // Languages and numbers that were asked for as sound.
	base   string
}

func newFarServer(t *testing.T, ctx context.Context, parts *sync.WaitGroup) *farServer {
	t.Helper()
	f := &farServer{said: map[string]bool{}, tokens: &oneToken{}, links: queue.NewLinks([]byte("0123456789abcdef"), "http://10.0.0.1:8080")}
	var err error
	if f.engine, err = queue.NewEngine(ctx, queue.Config{Setup: queue.CommuneCentre(), Store: &memory.Store{}, Links: f.links}); err != nil {
		t.Fatal(err)
	}
	parts.Go(func() { _ = f.engine.Run(ctx) })
	if f.desk, err = agent.NewDesk(agent.DeskConfig{Office: "trung-tam", NewToken: f.tokens.make}); err != nil {
		t.Fatal(err)
	}
	in := api.New(api.Config{Offices: map[string]queue.Management{"trung-tam": f.engine}, Tokens: f.tokens, Links: f.links})
	guarded := in.Guard(queue.RoleKiosk)
	supplies := guarded(f.supplies().Handler())
	mux := http.NewServeMux()
	mux.Handle(api.Prefix+"/", in)
	mux.Handle("/kiosk/agent/", f.desk.Public())
	mux.Handle(agent.BeatPath, guarded(f.desk.Beats()))
	for _, path := range []string{agent.SuppliesPath, agent.LogoPath, agent.SayPath, agent.LinkPath} {
		mux.Handle(path, supplies)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if f.cut.Load() {
			panic(http.ErrAbortHandler) // The connection breaks.
		}
		mux.ServeHTTP(w, r)
	}))
	f.base = server.URL
	t.Cleanup(server.Close)
	return f
}

// supplies are a voice that hums and a logo.
func (f *farServer) supplies() agent.Supplies {
	return agent.Supplies{
		Languages: func() []string { return []string{"vi", "en"} }, Voice: func() string { return "hum" },
		Say: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			var s kiosk.Speech
			if err := json.NewDecoder(r.Body).Decode(&s); err != nil || len(s.Parts) == 0 {
				http.Error(w, "no speech", http.StatusBadRequest)
				return
			}
			f.mu.Lock()
			for _, p := range s.Parts {
				if !p.Number.IsZero() {
					f.said[s.Lang+p.Number.String()] = true
				}
			}
			f.mu.Unlock()
			w.Header().Set("Cache-Control", "private, max-age=60")
			_, _ = w.Write([]byte("RIFF hum"))
		}),
		Logo: func() ([]byte, error) {
			var b bytes.Buffer
			err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 200, 60)))
			return b.Bytes(), err
		},
		Link: func(ctx context.Context, token string) (string, bool) {
			id, ok := f.links.Ticket("trung-tam", token)
			if !ok {
				return "", false
			}
			t, err := f.engine.Ticket(ctx, id)
			return t.Ref(), err == nil
		},
	}
}

// A kiosk on another machine: paired by code, gives numbers of the server, goes
// on alone while the line is cut, and the server has those numbers afterwards.
// It speaks, reads the codes of tickets and prints the logo with what the server
// supplies, and what it has heard it says without the server too. When its token
// is revoked, its screen says so and asks to be paired again.
func TestKioskOnAnotherMachine(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var parts sync.WaitGroup
	far := newFarServer(t, ctx, &parts)
	out := &said{more: make(chan struct{}, 1)}
	k := kioskFlags{queue: far.base, data: t.TempDir() + "/kiosk", http: "127.0.0.1:0", name: "Máy thử", printer: virtualPrinter, reserve: 2}
	parts.Go(func() {
		if err := runKioskWith(ctx, k, streams{out, out}); err != nil {
			t.Error(err)
		}
	})
	base := out.find(t, `(http://127\.0\.0\.1:\d+)/kiosk`)
	code := out.find(t, `code\): (\d{6})`)
	if name, err := far.desk.Approve(ctx, code); err != nil || name != "Máy thử" {
		t.Fatalf("%q, %v", name, err)
	}
	// Two numbers of each of the four services are set aside.
	until(t, far.engine, 8, func(e queue.Event) bool { return e.Kind == queue.TicketHeld })
	supplied(t, far, base, k.data)
	first, page := touchOnce(t, base)
	wantSound(t, base, page)
	far.cut.Store(true)
	second, page := touchOnce(t, base)
	if second == "" || second == first {
		t.Errorf("cut off: %q after %q", second, first)
	}
	wantSound(t, base, page)
	far.cut.Store(false)
	until(t, far.engine, 1, func(e queue.Event) bool {
		return e.Kind == queue.TicketConfirmed && e.Ticket.Number.String() == second
	})
	revoked(t, ctx, far, base, code, out)
	cancel()
	parts.Wait()
}

// wantSound hears the number that a page speaks.
func wantSound(t *testing.T, base, page string) {
	t.Helper()
	m := regexp.MustCompile(`data-speak="([^"]+)"`).FindStringSubmatch(page)
	if m == nil {
		t.Fatalf("the number is not spoken on %s", page)
	}
	if status, body := fetchText(t, http.MethodGet, base+m[1], nil); status != http.StatusOK || body != "RIFF hum" {
		t.Errorf("%s: %d %q", m[1], status, body)
	}
}

// supplied waits until what the kiosk needs when it is cut off is on its disk,
// and scans the code of a ticket that was taken elsewhere.
func supplied(t *testing.T, far *farServer, base, data string) {
	t.Helper()
	tk, err := far.engine.Take(t.Context(), queue.TakeRequest{Service: "B", Channel: queue.Phone})
	if err != nil {
		t.Fatal(err)
	}
	if _, page := fetchText(t, http.MethodPost, base+"/kiosk/card", url.Values{"text": {tk.URL}}); !strings.Contains(page, tk.Number.String()) || !strings.Contains(page, "Tôi đã đến") {
		t.Errorf("the code of %s leads to %s", tk.Number, page)
	}
	for {
		far.mu.Lock()
		numbers := len(far.said)
		far.mu.Unlock()
		// Every number in two languages, three ways of delivery, and the screens.
		sounds, err := os.ReadDir(filepath.Join(data, "supplies", "sounds"))
		_, logo := os.Stat(filepath.Join(data, "supplies", "logo.png"))
		if err == nil && logo == nil && numbers == 8*2 && len(sounds) > 8*2*3+20 {
			break
		}
		select {
		case <-time.After(20 * time.Millisecond): // Another process' disk tells nobody.
		case <-t.Context().Done():
			t.Fatalf("%d sounds, logo: %v", len(sounds), logo)
		}
	}
}

// revoked takes the kiosk's token away, and pairs it again.
func revoked(t *testing.T, ctx context.Context, far *farServer, base, before string, out *said) {
	t.Helper()
	if _, err := far.tokens.make(ctx); err != nil {
		t.Fatal(err)
	}
	var code string
	for code == "" || code == before {
		all := regexp.MustCompile(`code\): (\d{6})`).FindAllStringSubmatch(out.String(), -1)
		code = all[len(all)-1][1]
		select {
		case <-out.more:
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			t.Fatal("no second code")
		}
	}
	status, page := fetchText(t, http.MethodGet, base+"/kiosk", nil)
	for _, want := range []string{"quầy hướng dẫn", "không còn nhận máy này", code[:3] + " " + code[3:]} {
		if status != http.StatusServiceUnavailable || !strings.Contains(page, want) {
			t.Errorf("%d, no %q on %s", status, want, page)
		}
	}
	if a := far.desk.Alarms(); len(a) != 1 || !strings.Contains(a[0][0], "Máy thử") {
		t.Errorf("alarms %v", a)
	}
	if _, err := far.desk.Approve(ctx, code); err != nil {
		t.Fatal(err)
	}
	for {
		status, _ := fetchText(t, http.MethodGet, base+"/kiosk", nil)
		if status == http.StatusOK {
			break
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			t.Fatal("it was never ready again")
		}
	}
	if number, page := touchOnce(t, base); number == "" {
		t.Errorf("paired again, and no number: %s", page)
	}
}

// fetchText gets a page, or posts a form and follows to where it leads.
func fetchText(t *testing.T, method, address string, form url.Values) (status int, text string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, html.UnescapeString(address), strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(body)
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
func touchOnce(t *testing.T, base string) (number, page string) {
	t.Helper()
	_, page = fetchText(t, http.MethodPost, base+"/kiosk/take", url.Values{"key": {rand.Text()}, "procedure": {"khai-sinh"}, "lang": {"vi"}})
	m := regexp.MustCompile(`class="number[^"]*"[^>]*>\s*([A-Z]\d{3})`).FindStringSubmatch(page)
	if m == nil {
		t.Logf("no number on %s", page)
		return "", page
	}
	return m[1], page
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
