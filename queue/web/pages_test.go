package web_test

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/web"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

func TestPagesInBothLanguages(t *testing.T) {
	h := open(t, func(c *web.Config) {
		c.Doors = []web.Door{{Title: "Gọi điện thoại", TitleEN: "By phone", Text: "Bấm 1.", TextEN: "Press 1.", Href: "sip:xinmoi@127.0.0.1"}}
		c.Pages = []page.Link{{Href: "/board", Label: "Bảng"}}
	})
	h.set("1", queue.Opened)
	h.set("2", queue.Paused)
	h.take("A", false)
	h.take("A", false)
	h.next("1")
	tests := []struct {
		handler http.Handler
		path    string
		vi, en  []string
	}{
		{h.public, "/", []string{"Đang mở cửa", "Hộ tịch &lt;b&gt;", "Gọi điện thoại", `href="sip:xinmoi@127.0.0.1"`}, []string{"Open now", "Civil status", "By phone", "Hoa Binh Centre"}},
		{h.public, "/board", []string{`data-number="A001"`, "Mời vào quầy", "Tạm dừng", "Đang chờ"}, []string{"Please come in", "Paused", "Waiting"}},
		{h.web.Counter(), "/counter", []string{"Quầy số 1", "Đang mở", "A001"}, []string{"Counter 1", "Open", "A001"}},
		{h.web.Counter(), "/counter/1", []string{"Gọi số tiếp theo", "Phím tắt", `"number":"A001"`, "/api/v1/offices/trung-tam"}, []string{"Call next", "Keys"}},
		{h.web.Admin(), "/admin", []string{"Quản trị", "Quầy số 2", "Tạm dừng"}, []string{"Administration", "Paused"}},
	}
	for _, tc := range tests {
		for lang, texts := range map[string][]string{"vi": tc.vi, "en": tc.en} {
			t.Run(lang+tc.path, func(t *testing.T) {
				a := ask(tc.handler, "GET", tc.path+"?lang="+lang, nil)
				a.wants(t, 200, append(texts, `<html lang="`+lang+`"`)...)
				a.lacks(t, "Hộ tịch <b>", "<style", "onclick", "style=", "ZgotmplZ")
				if csp := a.header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'self'") {
					t.Errorf("policy %q", csp)
				}
			})
		}
	}
}

func TestFavicon(t *testing.T) {
	a := ask(open(t, nil).public, "GET", "/favicon.ico", nil)
	a.wants(t, 200, "\x00\x00\x01\x00", "\x89PNG")
	if kind := a.header.Get("Content-Type"); kind != "image/x-icon" {
		t.Errorf("%q", kind)
	}
}

func TestOfficialPagesAreVietnamese(t *testing.T) {
	h := open(t, nil)
	english := func(r *http.Request) { r.Header.Set("Accept-Language", "en-US,en") }
	chosen := func(r *http.Request) { english(r); r.AddCookie(&http.Cookie{Name: "lang", Value: "en"}) }
	for path, handler := range map[string]http.Handler{"/board": h.public, "/counter": h.web.Counter(), "/counter/1": h.web.Counter(), "/admin": h.web.Admin()} {
		ask(handler, "GET", path, nil, english).wants(t, 200, `<html lang="vi"`)
		ask(handler, "GET", path, nil, chosen).wants(t, 200, `<html lang="en"`)
	}
	ask(h.public, "GET", "/", nil, english).wants(t, 200, `<html lang="en"`)
}

func TestHomeWithoutDoors(t *testing.T) {
	a := ask(open(t, nil).public, "GET", "/", nil)
	a.wants(t, 200, "Bảng gọi số")
	a.lacks(t, "Cách lấy số")
}

// The office's own number stands on the start page, and in place of an address to
// try the telephone with.
func TestHomeShowsTheHotline(t *testing.T) {
	doors := func(c *web.Config) {
		c.Doors = []web.Door{{Title: "Gọi điện thoại", Text: "Gọi sip:127.0.0.1:5060", Href: "sip:127.0.0.1:5060"}, {Title: "Tổng đài", Text: "Bấm 1.", Href: "tel:02103123456"}}
	}
	a := ask(open(t, doors).public, "GET", "/", nil)
	a.wants(t, 200, "Gọi sip:127.0.0.1:5060", "Tổng đài")
	a.lacks(t, "Gọi hỏi lượt")
	for written, want := range map[string]string{"1900 1234": `<a href="tel:19001234">1900 1234</a>`, "0210 312 (máy lẻ 5)": "<dd>0210 312 (máy lẻ 5)</dd>"} {
		h := open(t, doors)
		s := setup()
		s.Kiosk.Hotline = written
		if _, err := h.engine.Configure(t.Context(), queue.ConfigureRequest{Setup: s}); err != nil {
			t.Fatal(err)
		}
		a := ask(h.public, "GET", "/", nil)
		a.wants(t, 200, "Gọi hỏi lượt", want, "Tổng đài")
		a.lacks(t, "sip:127")
	}
}

func TestFind(t *testing.T) {
	h := open(t, nil)
	tk := h.take("A", false)
	wrong := tk.Code[:8] + string('0'+(tk.Code[8]-'0'+1)%10)
	spaced := tk.Code[:3] + " " + tk.Code[3:6] + "-" + tk.Code[6:]
	tests := []struct {
		name, code string
		status     int
		text       string
	}{
		{"as printed", spaced, 303, ""},
		{"wrong check digit", wrong, 400, "Mã tra cứu chưa đúng"},
		{"number instead of code", "A001", 400, "9 chữ số"},
		{"script", "<script>", 400, "&lt;script&gt;"},
		{"unknown", "000000000", 404, "Không có số nào mang mã này"},
		{"too long", strings.Repeat("1", 100), 400, "Không đọc được"},
		{"far too long", strings.Repeat("1", 1<<20), 400, "Không đọc được"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			a := ask(h.public, "POST", "/find", url.Values{"code": {tc.code}})
			a.wants(t, tc.status, tc.text)
			a.lacks(t, "<script>")
			if tc.status == 303 && a.header.Get("Location") != h.link(tk) {
				t.Errorf("leads to %q, want %q", a.header.Get("Location"), h.link(tk))
			}
		})
	}
}

func TestFindIsLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // Where nothing is given back meanwhile.
		h := open(t, nil)
		form := url.Values{"code": {"000000000"}}
		for range 50 { // What is right counts for nothing.
			ask(h.public, "POST", "/find", url.Values{"code": {h.take("A", false).Code}}).wants(t, 303)
		}
		for range 20 {
			ask(h.public, "POST", "/find", form).wants(t, 404)
		}
		a := ask(h.public, "POST", "/find", form)
		a.wants(t, 429, "Xin chờ một phút")
		if a.header.Get("Retry-After") == "" {
			t.Error("no Retry-After")
		}
		other := func(r *http.Request) { r.RemoteAddr = "203.0.113.9:1000" }
		ask(h.public, "POST", "/find", form, other).wants(t, 404)
	})
}

func TestTicketStates(t *testing.T) {
	h := open(t, nil)
	h.set("1", queue.Opened)
	served := h.take("A", false)
	waiting := h.take("A", false)
	last := h.take("B", false)
	held := h.take("A", true)
	page := func(tk queue.Ticket) answer { return ask(h.public, "GET", h.link(tk), nil) }

	page(waiting).wants(t, 200, "A002", `Số người trước quý vị: <b data-part="ahead">1</b>`, "Hủy số A002", groupsOf(waiting.Code))
	page(served).wants(t, 200, "Quý vị là người tiếp theo", "<b data-part=\"ahead\">0</b>")
	page(held).wants(t, 200, "Đang cấp số", "chưa có hiệu lực")

	h.next("1")
	called := page(served)
	called.wants(t, 200, "Mời vào quầy – Quầy số 1", "<title>A001: Mời vào quầy – Quầy số 1")
	called.lacks(t, "/cancel", "người trước")
	ask(h.public, "GET", h.link(served)+"?lang=en", nil).wants(t, 200, "Please come in – Counter 1")
	h.act(served.ID, queue.Start)
	page(served).wants(t, 200, "Đang được phục vụ tại Quầy số 1")
	h.act(served.ID, queue.Finish)
	page(served).wants(t, 200, "Đã phục vụ xong")
	page(served).lacks(t, "http-equiv", "/cancel")

	h.next("1")
	h.act(waiting.ID, queue.Absent)
	page(waiting).wants(t, 200, "Vắng mặt", "quầy hướng dẫn")
	h.act(last.ID, queue.Cancel)
	page(last).wants(t, 200, "Đã hủy", "lấy số mới")
}

func groupsOf(code string) string { return code[:3] + " " + code[3:6] + " " + code[6:] }

func TestTicketUnknown(t *testing.T) {
	h := open(t, nil)
	tk := h.take("A", false)
	forged := []byte(h.link(tk))
	forged[len(forged)-2] ^= 1
	missing := "/t/" + h.links.Token("trung-tam", "999999")
	for _, path := range []string{"/t/x", string(forged), missing, "/t/" + strings.Repeat("A", 4000)} {
		for _, tail := range []string{"", "/stream"} {
			ask(h.public, "GET", path+tail, nil).wants(t, 404, "Không tìm thấy số này", "mã tra cứu 9 chữ số")
		}
		ask(h.public, "POST", path+"/cancel", nil).wants(t, 404)
	}
	ask(h.public, "GET", "/t/x?lang=en", nil).wants(t, 404, "This number was not found")
}

func TestCancel(t *testing.T) {
	h := open(t, nil)
	h.set("1", queue.Opened)
	first, second := h.take("A", false), h.take("A", false)
	foreign := func(r *http.Request) { r.Header.Set("Origin", "http://evil.test") }
	ask(h.public, "POST", h.link(second)+"/cancel", nil, foreign).wants(t, 403) // Another site's form.
	for range 2 {                                                               // A double press is not an error.
		a := ask(h.public, "POST", h.link(second)+"/cancel", nil)
		a.wants(t, 303)
		if got := a.header.Get("Location"); got != h.link(second) {
			t.Errorf("leads to %q", got)
		}
	}
	tk, err := h.engine.Ticket(h.ctx, second.ID)
	if err != nil || tk.State != queue.Cancelled {
		t.Fatalf("ticket is %v, %v", tk.State, err)
	}
	h.next("1")
	ask(h.public, "POST", h.link(first)+"/cancel", nil).wants(t, 409, "Không hủy được nữa", "Mời vào quầy")
}

func TestWrongMethodAndPath(t *testing.T) {
	h := open(t, nil)
	a := ask(h.public, "DELETE", "/board", nil)
	a.wants(t, 405, "trang đầu")
	if a.header.Get("Allow") != "GET" {
		t.Errorf("Allow %q", a.header.Get("Allow"))
	}
	ask(h.public, "GET", "/find", nil).wants(t, 405)
	ask(h.public, "GET", "/nowhere", nil).wants(t, 404, "Không tìm thấy trang này")
	ask(h.public, "GET", "/static/../web.go", nil).lacks(t, "package web")
	ask(h.public, "GET", "/static/none.js", nil).wants(t, 404)
	ask(h.web.Counter(), "GET", "/counter/99", nil).wants(t, 404, "Không có quầy này")
	ask(h.web.Counter(), "GET", "/counter/99/find?n=1", nil).wants(t, 404)
}

func TestOfficeAway(t *testing.T) {
	h := open(t, func(c *web.Config) { c.Office = away{} })
	mux := http.NewServeMux()
	mux.Handle("/", h.public)
	mux.Handle("/counter/", h.web.Counter())
	mux.Handle("/counter", h.web.Counter())
	mux.Handle("/admin", h.web.Admin())
	for _, path := range []string{"/", "/board", "/t/abc", "/counter", "/counter/1", "/counter/1/find?n=1", "/admin"} {
		a := ask(mux, "GET", path, nil)
		a.wants(t, 503, "Chưa liên lạc được với hàng đợi", "thử lại")
		if a.header.Get("Retry-After") == "" {
			t.Errorf("%s: no Retry-After", path)
		}
	}
}

func TestAdminPanels(t *testing.T) {
	done := 0
	h := open(t, func(c *web.Config) { c.Panels = testPanels(&done) })
	admin := h.web.Admin()
	ask(admin, "GET", "/admin", nil).wants(t, 200, "Máy in", "Giấy", "&lt;hết&gt;", "Lỗi", `href="/kiosk/paper"`, "In thử")
	ask(admin, "GET", "/admin?lang=en", nil).wants(t, 200, "Printer", "Failed", "Test print")

	a := ask(admin, "POST", "/admin/panels/printer/test", nil)
	a.wants(t, 303)
	if done != 1 {
		t.Errorf("done %d times", done)
	}
	ask(admin, "GET", a.header.Get("Location"), nil).wants(t, 200, "In thử: đã xong")
	ask(admin, "POST", "/admin/panels/printer/broken", nil).wants(t, 502, "Mở nắp: không được", "lid stuck after 2s")
	ask(admin, "POST", "/admin/panels/printer/none", nil).wants(t, 404)
	ask(admin, "POST", "/admin/panels/none/test", nil).wants(t, 404)
	ask(admin, "GET", "/admin/panels/printer/test", nil).wants(t, 405)

	foreign := func(r *http.Request) { r.Header.Set("Origin", "http://evil.test") }
	ask(admin, "POST", "/admin/panels/printer/test", nil, foreign).wants(t, 403)
	if done != 1 {
		t.Errorf("done %d times: another site pressed the button", done)
	}
}

func TestAdminHungPanel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		done, let := 0, make(chan struct{})
		h := open(t, func(c *web.Config) {
			c.Panels = append(testPanels(&done), page.Panel{ID: "loa", Title: "Loa", Rows: func(context.Context) []page.Row { <-let; return nil }})
		})
		began := time.Now()
		ask(h.web.Admin(), "GET", "/admin", nil).wants(t, 200, "In thử", "Loa", "Không trả lời")
		if took := time.Since(began); took != 3*time.Second {
			t.Errorf("the page took %v", took)
		}
		close(let)
	})
}

func TestCandidates(t *testing.T) {
	h := open(t, nil)
	h.take("A", false)
	h.take("B", false)
	h.take("B", false)
	for typed, want := range map[string]string{
		"1": `"A001".*"B001".*"state":"waiting"`, "001": `"A001"`, "2": `"B002"`, "a1": `"A001"`, "B-002": `"B002"`, "9": "[]", "xyz": "[]", "": "[]",
	} {
		a := ask(h.web.Counter(), "GET", "/counter/1/find?n="+url.QueryEscape(typed), nil)
		for _, part := range strings.Split(want, ".*") {
			a.wants(t, 200, part)
		}
		a.lacks(t, `"code"`)
	}
	ask(h.web.Counter(), "GET", "/counter/2/find?n=1", nil).lacks(t, "A001") // Counter 2 does not serve A.
}

// A number that was set aside, or missed its turn, is found with its state:
// the console resumes or restores it. One that is in hand or over is found where
// nothing else is meant.
func TestCandidatesTellTheirState(t *testing.T) {
	h := open(t, nil)
	h.set("1", queue.Opened)
	for range 4 {
		h.take("A", false)
	}
	h.act(h.next("1").ID, queue.Park)
	h.act(h.next("1").ID, queue.Absent)
	h.act(h.next("1").ID, queue.Finish)
	h.next("1")
	for typed, want := range map[string]string{"1": `"state":"parked"`, "2": `"state":"no_show"`, "3": `"state":"completed"`, "4": `"state":"called"`, "A004": `"state":"called"`} {
		ask(h.web.Counter(), "GET", "/counter/1/find?n="+typed, nil).wants(t, 200, want)
	}
}

// What every step needs stands above what is only looked at now and then, so
// that a small screen shows it without scrolling.
func TestConsoleOrder(t *testing.T) {
	a := ask(open(t, nil).web.Counter(), "GET", "/counter/1", nil)
	last := 0
	for _, id := range []string{"mode", "pause", "open", "close", "issuing", "number", "state", "badges", "entitle", "disentitle", "step", "recall", "no-show", "finish", "park", "transfer", "requeue", "later", "undo", "facts", "call-number"} {
		at := strings.Index(a.body, `id="`+id+`"`)
		if at < last {
			t.Errorf("%s stands at %d, before %d", id, at, last)
		}
		last = at
	}
}

func TestAdminKeepsCounterNamesWhole(t *testing.T) {
	h := open(t, nil)
	ask(h.web.Admin(), "GET", "/admin", nil).wants(t, 200, `<th scope="row" class="whole">Quầy số 1</th><td class="whole"><span class="mode closed">`)
	style := regexp.MustCompile(`/static/web/[^"]*web[^"]*\.css[^"]*`).FindString(ask(h.web.Admin(), "GET", "/admin", nil).body)
	ask(h.public, "GET", style, nil).wants(t, 200, ".whole { white-space: nowrap; }")
}

// The console's scripts learn the office's zone from the page.
func TestConsoleKnowsTheZone(t *testing.T) {
	ask(open(t, nil).web.Counter(), "GET", "/counter/1", nil).wants(t, 200, `"zone":"Asia/Ho_Chi_Minh"`)
}
