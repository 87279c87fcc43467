package kiosk

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/xinmoi/xinmoi/kiosk/escpos"
	"github.com/xinmoi/xinmoi/kiosk/escpos/vprinter"
	"github.com/xinmoi/xinmoi/kiosk/layout"
	"github.com/xinmoi/xinmoi/kiosk/printer"
	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/memory"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// hall is a kiosk with a real office behind it and a virtual printer beside it.
type hall struct {
	t      *testing.T
	office *troubled
	paper  *vprinter.Printer
	kiosk  *Kiosk
	web    http.Handler
}

// troubled is an office that can be cut off.
type troubled struct {
	queue.Office
	mu  sync.Mutex
	err error
}

func (o *troubled) cut(err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.err = err
}

func (o *troubled) trouble() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.err
}

func (o *troubled) Info(ctx context.Context) (queue.Info, error) {
	if err := o.trouble(); err != nil {
		return queue.Info{}, err
	}
	return o.Office.Info(ctx)
}

func (o *troubled) Take(ctx context.Context, r queue.TakeRequest) (queue.Ticket, error) {
	if err := o.trouble(); err != nil {
		return queue.Ticket{}, err
	}
	return o.Office.Take(ctx, r)
}

func (o *troubled) Act(ctx context.Context, r queue.ActRequest) (queue.Ticket, error) {
	if err := o.trouble(); err != nil {
		return queue.Ticket{}, err
	}
	return o.Office.Act(ctx, r)
}

// open runs a test in a hall whose clock is the bubble's.
func open(t *testing.T, setup queue.Setup, test func(h *hall)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		engine, err := queue.NewEngine(ctx, queue.Config{
			Setup: setup, Store: &memory.Store{}, Links: queue.NewLinks([]byte("0123456789abcdef"), "http://10.0.0.1:8080"),
		})
		if err != nil {
			t.Fatal(err)
		}
		paper, err := vprinter.New(vprinter.Config{})
		if err != nil {
			t.Fatal(err)
		}
		driver := printer.New(printer.Config{Name: "virtual", Open: func(ctx context.Context) (printer.Conn, error) { return paper.Open(ctx) }})
		office := &troubled{Office: engine}
		k, err := New(Config{Office: office, Printer: driver, Papers: paper, PaperWidth: layout.Width58})
		if err != nil {
			t.Fatal(err)
		}
		var parts sync.WaitGroup
		parts.Go(func() { _ = engine.Run(ctx) })
		parts.Go(func() { _ = k.Run(ctx) })
		synctest.Wait()
		test(&hall{t: t, office: office, paper: paper, kiosk: k, web: k.Handler()})
		cancel()
		parts.Wait()
		if err := paper.Err(); err != nil {
			t.Errorf("printer did not understand: %v", err)
		}
	})
}

func (h *hall) get(path string) *httptest.ResponseRecorder {
	h.t.Helper()
	w := httptest.NewRecorder()
	h.web.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w
}

func (h *hall) post(path string, form url.Values) *httptest.ResponseRecorder {
	h.t.Helper()
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	h.web.ServeHTTP(w, r)
	return w
}

// touchKey reads the touch key of the field's form.
func (h *hall) touchKey() string {
	h.t.Helper()
	page := h.get("/kiosk/field?name=" + url.QueryEscape("Hộ tịch")).Body.String()
	m := regexp.MustCompile(`name="key" value="([A-Z2-7]+)"`).FindStringSubmatch(page)
	if m == nil {
		h.t.Fatalf("no touch key in %s", page)
	}
	return m[1]
}

// touch takes a number for a birth registration and gives its page.
func (h *hall) touch(key string) (path string) {
	h.t.Helper()
	w := h.post("/kiosk/take", url.Values{"key": {key}, "procedure": {"khai-sinh"}, "lang": {"vi"}})
	if w.Code != http.StatusSeeOther {
		h.t.Fatalf("take: %d %s", w.Code, w.Body)
	}
	return w.Header().Get("Location")
}

// state gives the state of today's number in the office.
func (h *hall) state(number string) queue.State {
	h.t.Helper()
	t, err := h.office.Office.Ticket(h.t.Context(), number)
	if err != nil {
		h.t.Fatal(err)
	}
	return t.State
}

func (h *hall) expect(page string, wants ...string) {
	h.t.Helper()
	for _, want := range wants {
		if !strings.Contains(page, want) {
			h.t.Errorf("page lacks %q:\n%s", want, page)
		}
	}
}

func TestThreeTouches(t *testing.T) {
	open(t, queue.CommuneCentre(), func(h *hall) {
		h.expect(h.get("/kiosk").Body.String(), `<html lang="vi">`, "Mời chọn lĩnh vực", "Hộ tịch", "Civil status", `data-digit="5"`)
		page := h.get(h.touch(h.touchKey())).Body.String()
		h.expect(page, "A001", "Mời quý khách lấy phiếu", "Đăng ký khai sinh", "0 người", "/qr.png")
		if got := h.state("A001"); got != queue.Waiting {
			t.Errorf("state %s after the paper, want waiting", got)
		}
		if n := len(h.paper.Papers()); n != 1 {
			t.Errorf("%d papers", n)
		}
		if s := h.kiosk.Status(); s.Taken != 1 || s.Printer.Printed != 1 || s.Papers != 1 || s.Owed != 0 || s.Shown != 0 {
			t.Errorf("status %+v", s)
		}
	})
}

func TestOneTouchOneNumber(t *testing.T) {
	open(t, queue.CommuneCentre(), func(h *hall) {
		key := h.touchKey()
		var touches sync.WaitGroup
		paths := make([]string, 8)
		for i := range paths {
			touches.Go(func() { paths[i] = h.touch(key) })
		}
		touches.Wait()
		for _, p := range paths {
			if p != paths[0] {
				t.Errorf("%s and %s from one touch", p, paths[0])
			}
		}
		if h.touch(h.touchKey()) == paths[0] {
			t.Error("the next citizen got the same page")
		}
		if _, err := h.office.Office.Ticket(t.Context(), "A003"); queue.ErrorCode(err) != queue.CodeUnknownTicket {
			t.Errorf("more than two numbers were given: %v", err)
		}
		if n := len(h.paper.Papers()); n != 2 {
			t.Errorf("%d papers, want 2", n)
		}
	})
}

// What Run does every second goes on while a number is on its way; the race
// detector looks on.
func TestNumberOnItsWay(t *testing.T) {
	open(t, queue.CommuneCentre(), func(h *hall) {
		stop := make(chan struct{})
		var looks sync.WaitGroup
		looks.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					h.kiosk.visits.unsettled(time.Now(), time.Now())
					runtime.Gosched()
				}
			}
		})
		h.touch(h.touchKey())
		close(stop)
		looks.Wait()
		if s := h.kiosk.Status(); s.Taken != 1 {
			t.Errorf("%+v, one number was taken", s)
		}
	})
}

// A touch repeated after a restart of the kiosk finds its number, and asks
// about the paper instead of printing a second one.
func TestTouchAfterRestart(t *testing.T) {
	open(t, queue.CommuneCentre(), func(h *hall) {
		key := h.touchKey()
		h.touch(key)
		again, err := New(Config{Office: h.office, Printer: h.kiosk.cfg.Printer})
		if err != nil {
			t.Fatal(err)
		}
		h.web = again.Handler()
		h.expect(h.get(h.touch(key)).Body.String(), "A001", "Phiếu đã in chưa?")
		if n := len(h.paper.Papers()); n != 1 {
			t.Errorf("%d papers, want 1", n)
		}
	})
}

func TestPaperFault(t *testing.T) {
	for name, fault := range map[string]func(*vprinter.Printer){
		"paper out":                 func(p *vprinter.Printer) { p.SetStatus(escpos.Status{PaperEnd: true, Offline: true}) },
		"cover open":                func(p *vprinter.Printer) { p.SetStatus(escpos.Status{CoverOpen: true, Offline: true}) },
		"switched off":              func(p *vprinter.Printer) { p.Inject(vprinter.Faults{Refuse: true}) },
		"paper ends in the picture": func(p *vprinter.Printer) { p.Inject(vprinter.Faults{PaperRows: 200}) },
	} {
		t.Run(name, func(t *testing.T) {
			open(t, queue.CommuneCentre(), func(h *hall) {
				fault(h.paper)
				path := h.touch(h.touchKey())
				if got := h.state("A001"); got != queue.Held {
					t.Errorf("state %s before the screen showed it, want held", got)
				}
				h.expect(h.get(path).Body.String(), "A001", "chụp ảnh màn hình", "/qr.png", "Số này vẫn có hiệu lực")
				if got := h.state("A001"); got != queue.Waiting {
					t.Errorf("state %s, want waiting: the screen delivered it", got)
				}
				if s := h.kiosk.Status(); s.Shown != 1 {
					t.Errorf("status %+v", s)
				}
				h.paper.Inject(vprinter.Faults{})
				h.paper.SetStatus(escpos.Status{})
				h.post(strings.Split(path, "?")[0]+"/reprint", nil)
				h.expect(h.get(path).Body.String(), "A001", "Mời quý khách lấy phiếu", "IN LẠI")
			})
		})
	}
}

// Nobody saw the number: the browser never came back. It lapses.
func TestUndeliveredLapses(t *testing.T) {
	open(t, queue.CommuneCentre(), func(h *hall) {
		h.paper.SetStatus(escpos.Status{PaperEnd: true, Offline: true})
		h.touch(h.touchKey())
		time.Sleep(2 * time.Minute) // In the bubble: no time passes.
		synctest.Wait()
		got, err := h.office.Office.Ticket(t.Context(), "A001")
		if err != nil || got.State != queue.Cancelled || got.Reason != queue.ReasonUndelivered {
			t.Errorf("%s %q, %v", got.State, got.Reason, err)
		}
	})
}

func TestUnknownOutcome(t *testing.T) {
	lost := func(t *testing.T, then func(h *hall, path string)) {
		open(t, queue.CommuneCentre(), func(h *hall) {
			h.paper.Inject(vprinter.Faults{DropAcks: true})
			path := h.touch(h.touchKey())
			h.expect(h.get(path).Body.String(), "A001", "Đang in phiếu", `http-equiv="refresh"`)
			time.Sleep(8 * time.Second) // In the bubble: the acknowledgement does not come.
			synctest.Wait()
			h.expect(h.get(path).Body.String(), "A001", "Phiếu đã in chưa?", "Đã có phiếu", "In lại", "/qr.png")
			if got := h.state("A001"); got != queue.Held {
				t.Errorf("state %s before an answer, want held", got)
			}
			then(h, path)
		})
	}
	t.Run("have it", func(t *testing.T) {
		lost(t, func(h *hall, path string) {
			h.post(strings.Split(path, "?")[0]+"/have", nil)
			if got := h.state("A001"); got != queue.Waiting {
				t.Errorf("state %s, want waiting", got)
			}
			h.expect(h.get(path).Body.String(), "Mời quý khách lấy phiếu")
		})
	})
	t.Run("print again", func(t *testing.T) {
		lost(t, func(h *hall, path string) {
			h.paper.Inject(vprinter.Faults{})
			h.post(strings.Split(path, "?")[0]+"/reprint", nil)
			if got := h.state("A001"); got != queue.Waiting {
				t.Errorf("state %s, want waiting", got)
			}
			papers := h.paper.Papers()
			if len(papers) != 2 || papers[0].Picture.Height <= papers[1].Picture.Height {
				t.Errorf("%d papers, the newer not marked", len(papers))
			}
		})
	})
	t.Run("no answer", func(t *testing.T) {
		lost(t, func(h *hall, _ string) {
			time.Sleep(askPatience + 2*time.Second)
			synctest.Wait()
			if got := h.state("A001"); got != queue.Waiting {
				t.Errorf("state %s: the screen showed the number, want waiting", got)
			}
		})
	})
}

func TestReprintsAreBounded(t *testing.T) {
	open(t, queue.CommuneCentre(), func(h *hall) {
		path := h.touch(h.touchKey())
		for range 2 * maxReprints {
			h.post(strings.Split(path, "?")[0]+"/reprint", nil)
		}
		if n := len(h.paper.Papers()); n != 1+maxReprints {
			t.Errorf("%d papers, want %d", n, 1+maxReprints)
		}
		if strings.Contains(h.get(path).Body.String(), "/reprint") {
			t.Error("the screen still offers a reprint")
		}
	})
}

// The office is cut off between paper and confirmation: Run tells it later.
func TestConfirmationIsOwed(t *testing.T) {
	open(t, queue.CommuneCentre(), func(h *hall) {
		h.paper.Inject(vprinter.Faults{NoProcessID: true}) // Printing takes two seconds.
		path := h.touch(h.touchKey())
		h.office.cut(queue.Errorf(queue.CodeUnavailable, "no network"))
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if s := h.kiosk.Status(); s.Owed != 1 {
			t.Errorf("status %+v, want one owed", s)
		}
		h.expect(h.get(path).Body.String(), "A001") // Also without the office's name.
		h.office.cut(nil)
		time.Sleep(confirmLongest)
		synctest.Wait()
		if got := h.state("A001"); got != queue.Waiting || h.kiosk.Status().Owed != 0 {
			t.Errorf("state %s, %+v", got, h.kiosk.Status())
		}
	})
}

// refusing is an office that will not hear of deliveries.
type refusing struct {
	queue.Office
	mu   sync.Mutex
	err  error
	asks []time.Time
}

func (o *refusing) Act(ctx context.Context, r queue.ActRequest) (queue.Ticket, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.asks = append(o.asks, time.Now())
	if o.err != nil {
		return queue.Ticket{}, o.err
	}
	return o.Office.Act(ctx, r)
}

// How often the office is asked again depends on what it said: for ever, but
// ever more slowly, while nobody knows whether it heard; a few times where it
// says no; once where the ticket has ended. None of it fills the log.
func TestConfirmationIsRepeatedWithinReason(t *testing.T) {
	const outage = visitAge + time.Minute // Longer than a visit is kept otherwise.
	for name, tt := range map[string]struct {
		err         error
		least, most int
		waits       bool // The number is confirmed once the office would take it.
	}{
		"unavailable":    {queue.Errorf(queue.CodeUnavailable, "no network"), 50, 90, true},
		"fenced":         {queue.Errorf(queue.CodeFenced, "another process"), 50, 90, true},
		"internal":       {errors.New("defect"), maxRefusals, maxRefusals, false},
		"forbidden":      {queue.Errorf(queue.CodeForbidden, "token withdrawn"), maxRefusals, maxRefusals, false},
		"unauthorized":   {queue.Errorf(queue.CodeUnauthorized, "token unknown"), maxRefusals, maxRefusals, false},
		"rate limited":   {queue.Errorf(queue.CodeRateLimited, "slowly"), maxRefusals, maxRefusals, false},
		"wrong state":    {queue.Errorf(queue.CodeWrongState, "cancelled"), 1, 1, false},
		"unknown ticket": {queue.Errorf(queue.CodeUnknownTicket, "none"), 1, 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			open(t, queue.CommuneCentre(), func(h *hall) {
				office := &refusing{Office: h.office, err: tt.err}
				var log bytes.Buffer
				h.kiosk.cfg.Office, h.kiosk.log = office, slog.New(slog.NewTextHandler(&log, nil))
				h.touch(h.touchKey())
				time.Sleep(outage)
				synctest.Wait()
				if n := len(office.asks); n < tt.least || n > tt.most {
					t.Errorf("asked %d times in %v, want %d–%d", n, outage, tt.least, tt.most)
				}
				if got := h.kiosk.Status().Owed; (got == 1) != tt.waits {
					t.Errorf("%d owed after %v", got, outage)
				}
				if n := strings.Count(log.String(), "not confirmed"); n < 1 || n > 2 {
					t.Errorf("%d lines about it in the log", n)
				}
				office.mu.Lock()
				office.err = nil
				office.mu.Unlock()
				time.Sleep(confirmLongest + settleEvery)
				synctest.Wait()
				if got := h.state("A001"); (got == queue.Waiting) != tt.waits {
					t.Errorf("state %s", got)
				}
			})
		})
	}
}

// Visits go by time alone: a kiosk that nobody touches forgets them too.
func TestVisitsAreForgottenWithoutATouch(t *testing.T) {
	open(t, queue.CommuneCentre(), func(h *hall) {
		h.touch(h.touchKey())
		kept := func() int {
			h.kiosk.visits.mu.Lock()
			defer h.kiosk.visits.mu.Unlock()
			return len(h.kiosk.visits.byKey)
		}
		time.Sleep(visitAge - time.Minute)
		synctest.Wait()
		if kept() != 1 {
			t.Errorf("%d visits kept, want 1 while its screen may be open", kept())
		}
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if kept() != 0 {
			t.Errorf("%d visits kept after %v", kept(), visitAge+time.Minute)
		}
	})
}

// A touch that got no number may be repeated with the same key.
func TestRepeatAfterError(t *testing.T) {
	open(t, queue.CommuneCentre(), func(h *hall) {
		key := h.touchKey()
		h.office.cut(queue.Errorf(queue.CodeUnavailable, "no network"))
		w := h.post("/kiosk/take", url.Values{"key": {key}, "procedure": {"khai-sinh"}})
		if w.Code != http.StatusServiceUnavailable {
			t.Errorf("got %d", w.Code)
		}
		h.expect(w.Body.String(), "Hệ thống tạm thời chưa trả lời", "quầy hướng dẫn")
		h.office.cut(nil)
		h.expect(h.get(h.touch(key)).Body.String(), "A001")
	})
}

func TestWithoutPrinter(t *testing.T) {
	open(t, queue.CommuneCentre(), func(h *hall) {
		k, err := New(Config{Office: h.office})
		if err != nil {
			t.Fatal(err)
		}
		h.web = k.Handler()
		h.expect(h.get(h.touch(h.touchKey())).Body.String(), "A001", "chụp ảnh màn hình")
		if w := h.get("/kiosk/paper"); w.Code != http.StatusNotFound {
			t.Errorf("/kiosk/paper without a virtual printer: %d", w.Code)
		}
	})
}

func TestBadInput(t *testing.T) {
	open(t, queue.CommuneCentre(), func(h *hall) {
		key := h.touchKey()
		for name, tt := range map[string]struct {
			form url.Values
			want int
		}{
			"no key":            {url.Values{"procedure": {"khai-sinh"}}, http.StatusBadRequest},
			"made-up key":       {url.Values{"key": {"<script>alert(1)</script>"}, "procedure": {"khai-sinh"}}, http.StatusBadRequest},
			"unknown procedure": {url.Values{"key": {key}, "procedure": {"x"}}, http.StatusNotFound},
			"unknown service":   {url.Values{"key": {key}, "service": {"Z"}}, http.StatusNotFound},
			"nothing chosen":    {url.Values{"key": {key}}, http.StatusNotFound},
			"too much":          {url.Values{"key": {key}, "procedure": {strings.Repeat("x", 10<<20)}}, http.StatusBadRequest},
		} {
			w := h.post("/kiosk/take", tt.form)
			if w.Code != tt.want {
				t.Errorf("%s: %d, want %d", name, w.Code, tt.want)
			}
			h.expect(w.Body.String(), "Chưa lấy được số", "Về trang đầu")
			if strings.Contains(w.Body.String(), "<script>alert") {
				t.Errorf("%s: unescaped input", name)
			}
		}
		if _, err := h.office.Office.Ticket(t.Context(), "A001"); err == nil {
			t.Error("bad input took a number")
		}
		for path, want := range map[string]int{
			"/kiosk/nowhere": 404, "/kiosk/static/none.js": 404, "/kiosk/static/..%2fkiosk.go": 400,
			"/kiosk/ticket/NOSUCHKEY": 303, "/kiosk/ticket/NOSUCHKEY/qr.png": 404, "/kiosk/field?name=none": 303,
			"/kiosk?page=99999999999999999999": 200, "/kiosk?page=-1": 200,
		} {
			if w := h.get(path); w.Code != want {
				t.Errorf("%s: %d, want %d", path, w.Code, want)
			}
		}
		for _, path := range []string{"/kiosk/ticket/NOSUCHKEY/reprint", "/kiosk/ticket/NOSUCHKEY/have"} {
			if w := h.post(path, nil); w.Code != http.StatusSeeOther {
				t.Errorf("%s: %d", path, w.Code)
			}
		}
	})
}

func TestForeignPageTakesNothing(t *testing.T) {
	open(t, queue.CommuneCentre(), func(h *hall) {
		form := url.Values{"key": {h.touchKey()}, "procedure": {"khai-sinh"}}
		r := httptest.NewRequest(http.MethodPost, "/kiosk/take", strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		w := httptest.NewRecorder()
		h.web.ServeHTTP(w, r)
		if w.Code != http.StatusForbidden {
			t.Errorf("got %d", w.Code)
		}
	})
}

func TestClosed(t *testing.T) {
	setup := queue.CommuneCentre()
	setup.Services[0].Closed = true
	open(t, setup, func(h *hall) {
		h.expect(h.get("/kiosk").Body.String(), "Tạm ngừng nhận số")
		key := h.touchKey()
		h.expect(h.get("/kiosk/field?name="+url.QueryEscape("Hộ tịch")).Body.String(), "disabled")
		w := h.post("/kiosk/take", url.Values{"key": {key}, "procedure": {"khai-sinh"}})
		if w.Code != http.StatusConflict {
			t.Errorf("got %d", w.Code)
		}
		h.expect(w.Body.String(), "tạm ngừng nhận số", "quầy hướng dẫn")
	})
	setup = queue.CommuneCentre()
	setup.Hours = []queue.Hours{{Day: time.Monday, From: "07:30", To: "07:31"}}
	open(t, setup, func(h *hall) { // The bubble begins on a Saturday.
		h.expect(h.get("/kiosk").Body.String(), "Hiện ngoài giờ nhận số", "quầy hướng dẫn")
		w := h.post("/kiosk/take", url.Values{"key": {"ABCDEFGHIJKLMNOPQRSTUVWXYZ"}, "procedure": {"khai-sinh"}})
		if w.Code != http.StatusConflict {
			t.Errorf("got %d", w.Code)
		}
		h.expect(w.Body.String(), "ngoài giờ nhận số", "giờ làm việc")
	})
}

func TestEnglish(t *testing.T) {
	open(t, queue.CommuneCentre(), func(h *hall) {
		h.expect(h.get("/kiosk?lang=en").Body.String(), `<html lang="en">`, "Please choose a field", "Civil status", `lang="vi"`, "Tiếng Việt")
		w := h.post("/kiosk/take", url.Values{"key": {h.touchKey()}, "procedure": {"khai-sinh"}, "lang": {"en"}})
		h.expect(h.get(w.Header().Get("Location")).Body.String(), `<html lang="en">`, "Your number", "Birth registration", "0 people")
		got, err := h.office.Office.Ticket(t.Context(), "A001")
		if err != nil || got.Language != "en" || got.Channel != queue.Kiosk {
			t.Errorf("%s %s %v", got.Language, got.Channel, err)
		}
	})
}

func TestManyProceduresArePaged(t *testing.T) {
	setup := queue.CommuneCentre()
	for i := range setup.Procedures {
		setup.Procedures[i].Field = "Mọi lĩnh vực"
	}
	open(t, setup, func(h *hall) {
		first := h.get("/kiosk").Body.String() // One field: its procedures at once.
		h.expect(first, `action="/kiosk/take"`, "Xem tiếp", `data-digit="8"`)
		if n := strings.Count(first, `class="tile"`); n != tilesPerPage {
			t.Errorf("%d tiles, want %d", n, tilesPerPage)
		}
		second := h.get("/kiosk?page=1").Body.String()
		h.expect(second, "Trang trước", "tra-ket-qua")
	})
}

func TestOfficeWithoutProcedures(t *testing.T) {
	setup := queue.CommuneCentre()
	setup.Procedures = nil
	open(t, setup, func(h *hall) {
		page := h.get("/kiosk").Body.String()
		h.expect(page, `name="service" value="B"`, "Đất đai, xây dựng")
		key := regexp.MustCompile(`name="key" value="([A-Z2-7]+)"`).FindStringSubmatch(page)[1]
		w := h.post("/kiosk/take", url.Values{"key": {key}, "service": {"B"}})
		h.expect(h.get(w.Header().Get("Location")).Body.String(), "B001", "Đất đai, xây dựng")
	})
}

// No page carries inline style or script, but for the one that loads a page again
// whose own script was lost, and nothing from elsewhere.
func TestPagesAreSafe(t *testing.T) {
	open(t, queue.CommuneCentre(), func(h *hall) {
		for _, path := range []string{"/kiosk", "/kiosk/field?name=" + url.QueryEscape("Hộ tịch"), h.touch(h.touchKey()), "/kiosk/none", "/kiosk/paper"} {
			w := h.get(path)
			html := strings.Replace(w.Body.String(), string(page.Again), "", 1)
			if bad := regexp.MustCompile(`(?i)<style|style="| on[a-z]+="|<script>|(src|href)="(https?:)?//`).FindString(html); bad != "" {
				t.Errorf("%s contains %q", path, bad)
			}
			if csp := w.Header().Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'self'") {
				t.Errorf("%s: policy %q", path, csp)
			}
			h.expect(html, "<html lang=", "<h1")
		}
		for _, file := range []string{"kiosk.css", "kiosk.js", "icon.svg", "NotoSans-Medium.ttf", "NotoSans-Bold.ttf"} {
			if w := h.get("/kiosk/static/" + file); w.Code != 200 || w.Body.Len() == 0 {
				t.Errorf("%s: %d", file, w.Code)
			}
		}
	})
}

// Text and background of the style sheet differ by 7:1 or more (WCAG 1.4.6).
func TestContrast(t *testing.T) {
	css, err := files.ReadFile("static/kiosk.css")
	if err != nil {
		t.Fatal(err)
	}
	_, contrast, ok := strings.Cut(string(css), "body.contrast {")
	if !ok {
		t.Fatal("no colours of high contrast")
	}
	plain, _, _ := strings.Cut(string(css), "body.contrast {")
	for name, sheet := range map[string]string{"plain": plain, "high contrast": contrast} {
		colours := map[string]float64{}
		for _, m := range regexp.MustCompile(`--([a-z-]+): #([0-9a-f]{6})`).FindAllStringSubmatch(sheet, -1) {
			colours[m[1]] = luminance(t, m[2])
		}
		for _, pair := range [][2]string{
			{"ink", "paper"}, {"ink", "card"}, {"quiet", "paper"}, {"quiet", "card"}, {"on-brand", "brand"}, {"on-brand", "ink"},
			{"on-brand", "quiet"}, {"brand", "card"}, {"alarm", "paper"}, {"alarm", "card"}, {"good", "paper"},
		} {
			a, b := colours[pair[0]], colours[pair[1]]
			if ratio := (max(a, b) + 0.05) / (min(a, b) + 0.05); ratio < 7 {
				t.Errorf("%s: %s on %s: %.1f:1", name, pair[0], pair[1], ratio)
			}
		}
	}
}

// luminance gives the relative luminance of a colour (WCAG 2.2).
func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	n, err := strconv.ParseUint(hex, 16, 32)
	if err != nil {
		t.Fatal(err)
	}
	part := func(shift int) float64 {
		c := float64(n>>shift&0xff) / 255
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*part(16) + 0.7152*part(8) + 0.0722*part(0)
}

// Every error code has words in both languages, with a next step.
func TestApologies(t *testing.T) {
	for _, code := range []queue.Code{
		queue.CodeBadRequest, queue.CodeUnknownOffice, queue.CodeUnknownService, queue.CodeOfficeClosed, queue.CodeServiceClosed,
		queue.CodeKeyReused, queue.CodeFenced, queue.CodeUnavailable, queue.CodeForbidden, queue.CodeRateLimited, queue.CodeInternal, "new_code",
	} {
		for _, lang := range []string{vietnamese, english} {
			status, what, next := wordsOf(t, lang).apology(code)
			if status < 400 || what == "" || next == "" {
				t.Errorf("%s in %s: %d %q %q", code, lang, status, what, next)
			}
		}
	}
}

func TestVisitsAreBounded(t *testing.T) {
	vs := visits{byKey: map[string]*visit{}}
	now := time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)
	for i := range maxVisits + 20 {
		vs.claim(escpos.NewID(uint64(i)).String(), now.Add(time.Duration(i)*time.Millisecond))
	}
	if n := len(vs.byKey); n > maxVisits {
		t.Errorf("%d visits kept, at most %d", n, maxVisits)
	}
	owed, _ := vs.claim("owed", now) // Its confirmation is never taken.
	vs.update(func() { owed.delivered = true })
	vs.forget(now.Add(owedAge))
	if n := len(vs.byKey); n != 1 || vs.byKey["owed"] == nil {
		t.Errorf("%d visits kept after %v, want the one that is owed", n, owedAge)
	}
	vs.forget(now.Add(owedAge + time.Minute))
	if n := len(vs.byKey); n != 0 {
		t.Errorf("%d visits kept when the day is over", n)
	}
	vs.claim("early", now)
	vs.claim("later", now.Add(time.Hour))
	if n := len(vs.byKey); n != 1 {
		t.Errorf("%d visits kept after an hour, want the new one", n)
	}
}

func TestNewRefuses(t *testing.T) {
	if _, err := New(Config{}); err == nil {
		t.Error("a kiosk without an office was accepted")
	}
}
