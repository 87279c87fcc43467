package web_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/web"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// scrap keeps notes in memory.
type scrap map[string]web.Note

func (s scrap) Note(_ context.Context, ticket string) (web.Note, error) { return s[ticket], nil }

func (s scrap) SetNote(_ context.Context, ticket string, n web.Note) error {
	s[ticket] = n
	return nil
}

func asJSON(text string) func(*http.Request) {
	return func(r *http.Request) {
		r.Body = io.NopCloser(strings.NewReader(text))
		r.Header.Set("Content-Type", "application/json")
	}
}

// A note goes with the ticket to whoever serves it next; what is no dossier's
// code is refused.
func TestNotes(t *testing.T) {
	kept := scrap{}
	h := open(t, func(c *web.Config) { c.Notes = kept })
	h.set("1", queue.Opened)
	h.take("A", false)
	tk := h.next("1")
	for text, want := range map[string]int{
		`{"ticket":"A001","text":" Thiếu giấy ","dossier":"h12.3-4"}`:    200,
		`{"ticket":"A001","text":"x","dossier":"sổ hộ khẩu của ông An"}`: 422,
		`{"ticket":"A001","text":"` + strings.Repeat("x", 1601) + `"}`:   422,
		`{"ticket":"A001","text":"` + strings.Repeat("x", 9000) + `"}`:   422,
		`{`:                            422,
		`{"ticket":"A099","text":"x"}`: 404,
	} {
		ask(h.web.Counter(), "POST", "/counter/1/note", nil, asJSON(text)).wants(t, want)
	}
	if got := kept[tk.ID]; got != (web.Note{Text: "Thiếu giấy", Dossier: "H12.3-4"}) {
		t.Errorf("%+v", got)
	}
	ask(h.web.Counter(), "GET", "/counter/1", nil).wants(t, 200, "Thiếu giấy", "H12.3-4")
	ask(h.web.Counter(), "GET", "/counter/2/find?n=A001", nil).wants(t, 200, "Thiếu giấy")
	ask(h.web.Counter(), "POST", "/counter/9/note", nil, asJSON(`{}`)).wants(t, 404)
	plain := open(t, nil)
	plain.take("A", false)
	ask(plain.web.Counter(), "POST", "/counter/1/note", nil, asJSON(`{"ticket":"A001"}`)).wants(t, 404)
}

// An account that is bound to counters writes no notes for others, nor on what
// they have in hand, and takes no seat there; help it may call anywhere.
func TestBoundAccounts(t *testing.T) {
	kept := scrap{}
	h := open(t, func(c *web.Config) { c.Notes = kept })
	h.set("1", queue.Opened)
	h.take("A", false)
	h.take("A", false)
	h.next("1")
	bound := func(r *http.Request) {
		*r = *r.WithContext(page.WithCaller(r.Context(), page.Caller{ID: "staff:lan", Counters: []string{"2"}}))
	}
	for _, c := range []struct {
		path, body string
		want       int
	}{
		{"/counter/1/note", `{"ticket":"A002","text":"x"}`, http.StatusForbidden},
		{"/counter/2/note", `{"ticket":"A001","text":"x"}`, http.StatusForbidden}, // In hand at counter 1.
		{"/counter/2/note", `{"ticket":"A002","text":"x"}`, http.StatusOK},
		{"/counter/1/seat?seat=s", "", http.StatusForbidden},
		{"/counter/2/seat?seat=s", "", http.StatusNoContent},
		{"/counter/1/help", "", http.StatusNoContent},
	} {
		if got := ask(h.web.Counter(), "POST", c.path, nil, asJSON(c.body), bound); got.status != c.want {
			t.Errorf("%s %s: %d, want %d: %s", c.path, c.body, got.status, c.want, got.body)
		}
	}
	if len(kept) != 1 {
		t.Errorf("%v", kept)
	}
}

// The silent button tells the supervisor and the colleagues; if the supervisor
// cannot be told, the console hears it and tries again.
func TestHelp(t *testing.T) {
	var called []string
	var fails error
	h := open(t, func(c *web.Config) {
		c.Help = func(_ context.Context, counter string) error { called = append(called, counter); return fails }
	})
	for range 2 {
		ask(h.web.Counter(), "POST", "/counter/1/help", nil).wants(t, http.StatusNoContent)
	}
	if len(called) != 2 || called[0] != "1" {
		t.Errorf("%v", called)
	}
	a := ask(h.web.Counter(), "GET", "/counter/2", nil)
	a.wants(t, 200, "Quầy số 1 cần hỗ trợ", `"from":"1"`)
	if n := strings.Count(a.body, "cần hỗ trợ"); n != 1 {
		t.Errorf("%d rings for one counter", n)
	}
	fails = errors.New("disk full")
	ask(h.web.Counter(), "POST", "/counter/1/help", nil).wants(t, http.StatusServiceUnavailable)
	ask(h.web.Counter(), "POST", "/counter/9/help", nil).wants(t, 404)
}

// The line is in the order of the calls to come, with the reason of each, and
// is not too long at 500 waiting.
func TestWaitingInTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, nil)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); _ = h.web.Run(ctx) }()
		defer func() { cancel(); <-done }()
		h.take("A", false)
		time.Sleep(10 * time.Minute)
		if _, err := h.engine.Take(h.ctx, queue.TakeRequest{Service: "A", Channel: queue.Kiosk, Class: queue.Priority}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(6 * time.Minute) // 16 minutes against three times 6.
		a := ask(h.web.Counter(), "GET", "/counter/1/waiting", nil)
		a.wants(t, 200, `"all":2`, "tính chờ 6 phút, nhanh gấp 3", "tính chờ 16 phút")
		if strings.Index(a.body, "A002") > strings.Index(a.body, "A001") {
			t.Errorf("not in the order of the calls: %s", a.body)
		}
		for range 500 {
			h.take("A", false)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		a = ask(h.web.Counter(), "GET", "/counter/1/waiting", nil)
		a.wants(t, 200, `"all":502`)
		if n := strings.Count(a.body, `"number"`); n != 200 {
			t.Errorf("%d numbers are sent", n)
		}
		h.set("1", queue.Opened)
		if got := h.next("1").Number.String(); got != "A002" {
			t.Errorf("%s is called first", got)
		}
	})
}
