package agent_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xinmoi/xinmoi/kiosk/agent"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

func newDesk(t *testing.T) *agent.Desk {
	t.Helper()
	d, err := agent.NewDesk(agent.DeskConfig{Office: "trung-tam", NewToken: func(context.Context) (string, error) { return "TOKEN", nil }})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// straight carries requests to a handler without a network.
type straight struct{ h http.Handler }

func (s straight) RoundTrip(r *http.Request) (*http.Response, error) {
	if s.h == nil {
		return nil, errors.New("no network")
	}
	w := httptest.NewRecorder()
	s.h.ServeHTTP(w, r)
	return w.Result(), nil
}

func TestPairing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t)
		line := agent.Line{Base: "http://queue/", HTTP: &http.Client{Transport: straight{d.Public()}}}
		codes, done := make(chan string, 9), make(chan agent.Paired, 1)
		go func() {
			p, err := line.Pair(t.Context(), "Máy cửa chính\n", false, func(code string, trouble error) {
				if trouble != nil {
					t.Error(trouble)
				}
				codes <- code
			})
			if err != nil {
				t.Error(err)
			}
			done <- p
		}()
		first := <-codes
		time.Sleep(11 * time.Minute) // In the bubble: no time passes. The code is over.
		second := <-codes
		if _, err := d.Approve(t.Context(), first); first != second && err == nil {
			t.Error("a code that is over was accepted")
		}
		name, err := d.Approve(t.Context(), second[:3]+" "+second[3:])
		if err != nil || name != "Máy cửa chính" {
			t.Fatalf("%q, %v", name, err)
		}
		if p := <-done; p.Token != "TOKEN" || p.Office != "trung-tam" {
			t.Errorf("%+v", p)
		}
		if _, err := d.Approve(t.Context(), second); err == nil {
			t.Error("one code paired two machines")
		}
	})
}

func TestPairingIsBounded(t *testing.T) {
	d := newDesk(t)
	ask := func(body string) int {
		w := httptest.NewRecorder()
		d.Public().ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/kiosk/agent/pair", strings.NewReader(body)))
		return w.Code
	}
	full := 0
	for range 60 {
		if ask(`{"machine":"`+strings.Repeat("ấ", 80)+`"}`) == http.StatusTooManyRequests {
			full++
		}
	}
	if full < 40 {
		t.Errorf("%d of 60 strangers were refused", full)
	}
	for _, bad := range []string{"", "[", strings.Repeat(" ", 20_000) + "{}"} {
		if code := ask(bad); code != http.StatusBadRequest {
			t.Errorf("%.10q: %d", bad, code)
		}
	}
	for range 30 {
		_, _ = d.Approve(t.Context(), "x")
	}
	if _, err := d.Approve(t.Context(), "000000"); err == nil || !strings.Contains(err.Error(), "10 phút") {
		t.Errorf("guessing goes on: %v", err)
	}
}

func TestBeatsAndAlarms(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t)
		line := agent.Line{Base: "http://queue", Token: "k", HTTP: &http.Client{Transport: straight{d.Beats()}}}
		beat := agent.Beat{Machine: "Máy cửa chính", Version: "0.1", Printer: "tcp://10.0.0.5", State: "ready", Reserve: map[string]int{"A": 5}}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		var mu sync.Mutex
		tell := func() agent.Beat {
			mu.Lock()
			defer mu.Unlock()
			return beat
		}
		go func() { done <- line.Report(ctx, tell, func(agent.Answer) {}, slog.New(slog.DiscardHandler)) }()
		synctest.Wait()
		look := func() string {
			var b strings.Builder
			for _, r := range d.Panel().Rows(t.Context()) {
				b.WriteString(string(r.Level) + " " + r.Label + ": " + r.Value + "\n")
			}
			return b.String()
		}
		if text := look(); !strings.Contains(text, "ok Máy cửa chính: sẵn sàng") || !strings.Contains(text, "A: 5") || len(d.Alarms()) != 0 {
			t.Error(text)
		}
		mu.Lock()
		beat.State, beat.Repeat, beat.Refused, beat.Unsure = "paper_out", "A012", []string{"A020"}, []string{"A013"}
		mu.Unlock()
		time.Sleep(11 * time.Second) // In the bubble: no time passes.
		synctest.Wait()
		text := look()
		for _, want := range []string{"fail Máy cửa chính: hết giấy", "A012: bỏ tờ giấy đó", "bằng tay: A020", "giữ chỗ: A013"} {
			if !strings.Contains(text, want) {
				t.Errorf("no %q in\n%s", want, text)
			}
		}
		if alarms := d.Alarms(); len(alarms) != 2 || !strings.Contains(alarms[0][0], "Máy cửa chính: hết giấy") || !strings.Contains(alarms[0][1], "out of paper") {
			t.Errorf("%v", alarms)
		}
		twin := httptest.NewRecorder()
		d.Beats().ServeHTTP(twin, httptest.NewRequest(http.MethodPost, agent.BeatPath, strings.NewReader(`{"machine":"Máy cửa chính","id":"2","state":"ready"}`)))
		time.Sleep(11 * time.Second)
		synctest.Wait()
		if text := look(); !strings.Contains(text, "hai máy cùng tên") {
			t.Errorf("one hides the other:\n%s", text)
		}
		time.Sleep(6 * time.Minute)
		synctest.Wait()
		before := d.Alarms()
		if len(before) != 2 {
			t.Errorf("the other one is gone: %v", before)
		}
		mu.Lock()
		beat.Taken, beat.Shown = beat.Taken+3, beat.Shown+3
		mu.Unlock()
		time.Sleep(11 * time.Second)
		synctest.Wait()
		if !slices.Equal(before, d.Alarms()) {
			t.Errorf("every number given rings again: %v", d.Alarms())
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		time.Sleep(time.Minute)
		if text := look(); !strings.Contains(text, "fail Máy cửa chính: mất liên lạc từ") {
			t.Error(text)
		}
		for _, bad := range []string{`{}`, `{"machine":"\n"}`, `x`} {
			w := httptest.NewRecorder()
			d.Beats().ServeHTTP(w, httptest.NewRequest(http.MethodPost, agent.BeatPath, strings.NewReader(bad)))
			if w.Code != http.StatusBadRequest {
				t.Errorf("%s: %d", bad, w.Code)
			}
		}
	})
}

func TestAdminPage(t *testing.T) {
	d := newDesk(t)
	get := func(path string) (int, string) {
		w := httptest.NewRecorder()
		d.Admin().ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		return w.Code, w.Body.String()
	}
	if code, body := get(agent.Prefix); code != 200 || !strings.Contains(body, "Ghép máy mới") {
		t.Errorf("%d %s", code, body)
	}
	if code, body := get(agent.Prefix + "?lang=en&paired=" + url.QueryEscape("<b>Gate")); code != 200 || !strings.Contains(body, "&lt;b&gt;Gate is paired") {
		t.Errorf("%d %s", code, body)
	}
	r := httptest.NewRequest(http.MethodPost, agent.Prefix, strings.NewReader("code=123456"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	d.Admin().ServeHTTP(w, r)
	if w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), `role="alert"`) {
		t.Errorf("a wrong code: %d", w.Code)
	}
	if d.Panel().Rows(t.Context())[0].Level != page.Note {
		t.Error("no machine is no fault")
	}
}

func TestRing(t *testing.T) {
	var rung []string
	d, err := agent.NewDesk(agent.DeskConfig{
		Office: "x", NewToken: func(context.Context) (string, error) { return "T", nil }, Ring: func(m string) { rung = append(rung, m) },
	})
	if err != nil {
		t.Fatal(err)
	}
	line := agent.Line{Base: "http://queue", HTTP: &http.Client{Transport: straight{d.Rings()}}}
	if err := line.Ring(t.Context(), "Máy 2"); err != nil || len(rung) != 1 || rung[0] != "Máy 2" {
		t.Errorf("%v, %v", rung, err)
	}
	deaf := agent.Line{Base: "http://queue", HTTP: &http.Client{Transport: straight{newDesk(t).Rings()}}}
	if err := deaf.Ring(t.Context(), "Máy 2"); err == nil {
		t.Error("nobody can be called, and no word of it")
	}
	away := agent.Line{Base: "http://queue", HTTP: &http.Client{Transport: straight{}}}
	if err := away.Ring(t.Context(), "Máy 2"); err == nil {
		t.Error("no network, and no word of it")
	}
}

func TestNotify(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notify")
	socket, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	t.Setenv("NOTIFY_SOCKET", path)
	t.Setenv("WATCHDOG_USEC", "30000")
	n := agent.FromEnvironment()
	if err := n.Tell("READY=1", "STATUS=Đang chạy"); err != nil {
		t.Fatal(err)
	}
	hear := func() string {
		b := make([]byte, 200)
		k, err := socket.Read(b)
		if err != nil {
			t.Fatal(err)
		}
		return string(b[:k])
	}
	if got := hear(); got != "READY=1\nSTATUS=Đang chạy" {
		t.Errorf("%q", got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- n.Watch(ctx, func(context.Context) error { return nil }, slog.New(slog.DiscardHandler))
	}()
	for range 2 {
		if got := hear(); got != "WATCHDOG=1" {
			t.Errorf("%q", got)
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	t.Setenv("NOTIFY_SOCKET", "")
	if err := agent.FromEnvironment().Tell("READY=1"); err != nil {
		t.Errorf("without systemd: %v", err)
	}
}
