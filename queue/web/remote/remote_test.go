package remote_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/memory"
	"github.com/xinmoi/xinmoi/queue/web/page"
	"github.com/xinmoi/xinmoi/queue/web/remote"
)

// home is somebody at home, and the office.
type home struct {
	*testing.T
	engine *queue.Engine
	pages  http.Handler
	from   string
	sent   map[string][]string // Messages by number.
	fails  error
}

// atHome opens an office for the time of a test.
func atHome(t *testing.T, change func(*queue.Setup, *remote.Config)) *home {
	h := &home{T: t, from: "192.0.2.1", sent: map[string][]string{}}
	setup := queue.CommuneCentre()
	c := remote.Config{Links: queue.NewLinks([]byte("secret of the test"), "http://office.test"), Address: func(*http.Request) string { return h.from }}
	c.Send = func(_ context.Context, phone, text string) error {
		h.sent[phone] = append(h.sent[phone], text)
		return h.fails
	}
	c.Others = func(page.Lang) []page.Link {
		return []page.Link{{Href: "/hen", Label: "Đặt lịch hẹn"}, {Href: "tel:1022", Label: "Gọi điện thoại"}}
	}
	change(&setup, &c)
	ctx, cancel := context.WithCancel(t.Context())
	engine, err := queue.NewEngine(ctx, queue.Config{Setup: setup, Store: &memory.Store{}, Links: c.Links})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { defer close(done); _ = engine.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	c.Office, h.engine = engine, engine
	desk, err := remote.New(c)
	if err != nil {
		t.Fatal(err)
	}
	h.pages = desk.Handler()
	return h
}

func (h *home) ask(method, path string, form url.Values) (status int, location, body string) {
	r := httptest.NewRequest(method, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	h.pages.ServeHTTP(w, r)
	return w.Code, w.Header().Get("Location"), w.Body.String()
}

// code asks for a code and gives the request's id and the code.
func (h *home) code(service, phone string) (id, code string) {
	h.Helper()
	number := queue.Telephone(phone)
	before := len(h.sent[number])
	status, _, body := h.ask("POST", remote.Prefix, url.Values{"service": {service}, "phone": {phone}})
	hidden := regexp.MustCompile(`name="id" value="([A-Z0-9]+)"`).FindStringSubmatch(body)
	if status != 200 || hidden == nil || len(h.sent[number]) != before+1 {
		h.Fatalf("status %d, %d messages:\n%s", status, len(h.sent[number]), body)
	}
	return hidden[1], regexp.MustCompile(`[0-9]{6}`).FindString(h.sent[number][before])
}

func TestNumberFromHome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := atHome(t, func(s *queue.Setup, _ *remote.Config) { s.Rules.PersonMost = 2 })
		if status, _, body := h.ask("GET", remote.Prefix+"?service=A", nil); status != 200 || !strings.Contains(body, `value="A" required checked`) {
			t.Fatalf("status %d:\n%s", status, body)
		}
		id, code := h.code("A", "0912 345 678")
		status, to, _ := h.ask("POST", remote.Prefix+"/code", url.Values{"id": {id}, "code": {code[:3] + " " + code[3:]}})
		if status != 303 || !strings.HasPrefix(to, "/t/") {
			t.Fatalf("status %d to %q", status, to)
		}
		tk, err := h.engine.Ticket(t.Context(), "A001")
		if err != nil || tk.Channel != queue.Web || tk.Presence != queue.Remote || tk.State != queue.Waiting {
			t.Fatalf("%+v, %v", tk, err)
		}
		// The form sent twice, and the same line asked for again, is the same number.
		if _, again, _ := h.ask("POST", remote.Prefix+"/code", url.Values{"id": {id}, "code": {code}}); again != to {
			t.Errorf("a form sent twice led to %q, not %q", again, to)
		}
		time.Sleep(2 * time.Minute)
		id, code = h.code("A", "+84 912345678")
		if _, again, _ := h.ask("POST", remote.Prefix+"/code", url.Values{"id": {id}, "code": {code}}); again != to {
			t.Errorf("the same line led to %q, not %q", again, to)
		}
		// Two a day, over all doors.
		if _, err := h.engine.Take(t.Context(), queue.TakeRequest{Service: "B", Channel: queue.Phone, Person: "tel:+84912345678"}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Minute)
		id, code = h.code("C", "0912345678")
		if status, _, body := h.ask("POST", remote.Prefix+"/code", url.Values{"id": {id}, "code": {code}}); status != 409 || !strings.Contains(body, "đã lấy đủ số") {
			t.Errorf("a third number: status %d\n%s", status, body)
		}
	})
}

// Nobody guesses a code, and nobody is pestered with messages.
func TestCodesAreFew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := atHome(t, func(*queue.Setup, *remote.Config) {})
		id, code := h.code("A", "0912345678")
		wrong := "000000"
		if code == wrong {
			wrong = "000001"
		}
		for i := range 5 {
			status, _, body := h.ask("POST", remote.Prefix+"/code", url.Values{"id": {id}, "code": {wrong}})
			if status != http.StatusForbidden || strings.Contains(body, "hết hạn") != (i == 4) {
				t.Errorf("guess %d: status %d\n%s", i, status, body)
			}
		}
		if status, to, _ := h.ask("POST", remote.Prefix+"/code", url.Values{"id": {id}, "code": {code}}); status != http.StatusForbidden || to != "" {
			t.Errorf("the right code after five wrong ones: %d to %q", status, to)
		}
		if status, _, _ := h.ask("POST", remote.Prefix, url.Values{"service": {"A"}, "phone": {"0912345678"}}); status != http.StatusTooManyRequests {
			t.Errorf("a second code at once: status %d", status)
		}
		for range 2 {
			time.Sleep(2 * time.Minute)
			h.code("A", "0912345678")
		}
		time.Sleep(2 * time.Minute)
		if status, _, body := h.ask("POST", remote.Prefix, url.Values{"service": {"A"}, "phone": {"0912345678"}}); status != http.StatusTooManyRequests || !strings.Contains(body, "/hen") {
			t.Errorf("a fourth code in an hour: status %d\n%s", status, body)
		}
		id, code = h.code("B", "0987654321")
		time.Sleep(11 * time.Minute)
		if status, _, _ := h.ask("POST", remote.Prefix+"/code", url.Values{"id": {id}, "code": {code}}); status != http.StatusForbidden {
			t.Errorf("a code after its time: status %d", status)
		}
	})
}

// What cannot be done says what else to do.
func TestRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := atHome(t, func(s *queue.Setup, _ *remote.Config) { s.Services[1].Quotas = map[queue.Channel]int{queue.Web: 0} })
		_, _, body := h.ask("GET", remote.Prefix, nil)
		if strings.Contains(body, `value="B"`) || !strings.Contains(body, `value="A"`) {
			t.Errorf("a line that is closed to the web is offered:\n%s", body)
		}
		for name, c := range map[string]struct {
			form   url.Values
			status int
		}{
			"no number":  {url.Values{"service": {"A"}, "phone": {"12"}}, 422},
			"abroad":     {url.Values{"service": {"A"}, "phone": {"+882 16 1234567"}}, 422},
			"landline":   {url.Values{"service": {"A"}, "phone": {"024 3825 1234"}}, 422},
			"no service": {url.Values{"phone": {"0912345678"}}, 422},
			"unknown":    {url.Values{"service": {"ZZ"}, "phone": {"0912345678"}}, 404},
			"closed":     {url.Values{"service": {"B"}, "phone": {"0912345678"}}, 409},
		} {
			if status, _, body := h.ask("POST", remote.Prefix, c.form); status != c.status || !strings.Contains(body, `class="note fail"`) {
				t.Errorf("%s: status %d, want %d", name, status, c.status)
			}
		}
		h.fails = errors.New("gateway away")
		if status, _, body := h.ask("POST", remote.Prefix, url.Values{"service": {"A"}, "phone": {"0912345678"}}); status != 503 || !strings.Contains(body, "/hen") {
			t.Errorf("no message: status %d\n%s", status, body)
		}
		h = atHome(t, func(_ *queue.Setup, c *remote.Config) { c.Send = nil })
		if _, _, body := h.ask("GET", remote.Prefix, nil); !strings.Contains(body, "chưa gửi được tin nhắn") || !strings.Contains(body, "/hen") || !strings.Contains(body, `href="tel:1022"`) || strings.Contains(body, "<fieldset") {
			t.Errorf("without messages:\n%s", body)
		}
		if status, _, _ := h.ask("POST", remote.Prefix, url.Values{"service": {"A"}, "phone": {"0912345678"}}); status != 403 {
			t.Errorf("without messages: status %d", status)
		}
	})
}
