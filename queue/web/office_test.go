package web_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/memory"
	"github.com/xinmoi/xinmoi/queue/web"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// hallOf is a small office with its pages.
type hallOf struct {
	*testing.T
	ctx    context.Context
	engine *queue.Engine
	links  *queue.Links
	web    *web.Web
	public http.Handler
}

func setup() queue.Setup {
	return queue.Setup{
		Office: "trung-tam", Name: "Trung tâm xã Hòa Bình", NameEN: "Hoa Binh Centre", TimeZone: "Asia/Ho_Chi_Minh",
		Services: []queue.Service{
			{ID: "A", Name: "Hộ tịch <b>", NameEN: "Civil status"},
			{ID: "B", Name: "Đất đai", NameEN: "Land"},
		},
		Procedures: []queue.Procedure{{ID: "khai-sinh", Field: "Hộ tịch", Name: "Đăng ký khai sinh", NameEN: "Birth", Service: "A"}},
		Counters: []queue.Counter{
			{ID: "1", Name: "Quầy số 1", Services: []string{"A", "B"}},
			{ID: "2", Name: "Quầy số 2", Services: []string{"B"}},
		},
		Rates: queue.Rates{Normal: 1, Appointment: 3, Priority: 3}, Region: "north",
	}
}

// open starts an engine on a memory store and the pages over it. change may
// alter the configuration, or put another office in front of the engine.
func open(t *testing.T, change func(*web.Config)) *hallOf {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	links := queue.NewLinks([]byte("secret of the test"), "http://office.test")
	engine, err := queue.NewEngine(ctx, queue.Config{Setup: setup(), Store: &memory.Store{}, Links: links})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { defer close(done); _ = engine.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	c := web.Config{Office: engine, Links: links, Build: "test"}
	if change != nil {
		change(&c)
	}
	w, err := web.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return &hallOf{T: t, ctx: ctx, engine: engine, links: links, web: w, public: w.Public()}
}

func (h *hallOf) take(service string, hold bool) queue.Ticket {
	h.Helper()
	tk, err := h.engine.Take(h.ctx, queue.TakeRequest{Service: service, Channel: queue.Kiosk, Hold: hold})
	if err != nil {
		h.Fatal(err)
	}
	return tk
}

func (h *hallOf) act(ticket string, a queue.Action) {
	h.Helper()
	if _, err := h.engine.Act(h.ctx, queue.ActRequest{Ticket: ticket, Action: a, Reason: "test"}); err != nil {
		h.Fatal(err)
	}
}

func (h *hallOf) set(counter string, s queue.CounterState) {
	h.Helper()
	if _, err := h.engine.SetCounter(h.ctx, queue.SetCounterRequest{Counter: counter, State: s, Reason: "Họp"}); err != nil {
		h.Fatal(err)
	}
}

func (h *hallOf) next(counter string) queue.Ticket {
	h.Helper()
	tk, err := h.engine.Next(h.ctx, queue.CounterRequest{Counter: counter})
	if err != nil {
		h.Fatal(err)
	}
	return tk
}

func (h *hallOf) link(tk queue.Ticket) string { return "/t/" + h.links.Token("trung-tam", tk.ID) }

// answer is what a handler said.
type answer struct {
	status int
	header http.Header
	body   string
}

func ask(h http.Handler, method, target string, form url.Values, change ...func(*http.Request)) answer {
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r := httptest.NewRequest(method, target, body)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for _, c := range change {
		c(r)
	}
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r)
	return answer{rec.Code, rec.Header(), rec.Body.String()}
}

// wants checks status and text of an answer.
func (a answer) wants(t *testing.T, status int, texts ...string) {
	t.Helper()
	if a.status != status {
		t.Errorf("status %d, want %d", a.status, status)
	}
	for _, text := range texts {
		if !strings.Contains(a.body, text) {
			t.Errorf("answer lacks %q:\n%s", text, a.body)
		}
	}
}

// lacks checks that texts are absent.
func (a answer) lacks(t *testing.T, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if strings.Contains(a.body, text) {
			t.Errorf("answer has %q", text)
		}
	}
}

// away is an office that cannot be reached.
type away struct{ queue.Office }

var errAway = queue.Errorf(queue.CodeUnavailable, "%w", errors.New("dial tcp: refused"))

func (away) Info(context.Context) (queue.Info, error)              { return queue.Info{}, errAway }
func (away) Board(context.Context) (queue.Board, error)            { return queue.Board{}, errAway }
func (away) Services(context.Context) ([]queue.ServiceView, error) { return nil, errAway }
func (away) Counters(context.Context) ([]queue.CounterView, error) { return nil, errAway }
func (away) Procedures(context.Context) ([]queue.Procedure, error) { return nil, errAway }
func (away) Ticket(context.Context, string) (queue.Ticket, error)  { return queue.Ticket{}, errAway }

func testPanels(done *int) []page.Panel {
	return []page.Panel{
		{ID: "printer", Title: "Máy in", TitleEN: "Printer",
			Rows: func(context.Context) []page.Row {
				return []page.Row{{Label: "Giấy", LabelEN: "Paper", Value: "<hết>", ValueEN: "out", Level: page.Fail, Href: "/kiosk/paper"}}
			},
			Actions: []page.Action{
				{ID: "test", Label: "In thử", LabelEN: "Test print", Do: func(context.Context) error { *done++; return nil }},
				{ID: "broken", Label: "Mở nắp", LabelEN: "Open lid", Do: func(context.Context) error { return errors.New("lid stuck after 2s") }},
			}},
	}
}
