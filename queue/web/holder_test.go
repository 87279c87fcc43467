package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/web"
)

// phoned takes a number from afar.
func (h *hallOf) phoned(service string) queue.Ticket {
	h.Helper()
	tk, err := h.engine.Take(h.ctx, queue.TakeRequest{Service: service, Channel: queue.Phone})
	if err != nil {
		h.Fatal(err)
	}
	return tk
}

func (h *hallOf) now(id string) queue.Ticket {
	h.Helper()
	tk, err := h.engine.Ticket(h.ctx, id)
	if err != nil {
		h.Fatal(err)
	}
	return tk
}

func TestHolderIsLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, nil)
		tk := h.phoned("A")
		for range 5 {
			time.Sleep(time.Second) // Those of one moment cannot be told apart.
			h.take("A", false)
		}
		ask(h.public, "GET", h.link(tk), nil).wants(t, 200, "Tôi đến trễ", `name="places" value="3"`, `name="before" value="0"`)
		ask(h.public, "POST", h.link(tk)+"/later", url.Values{}).wants(t, 422, "Chưa chọn nhường mấy lượt")
		for _, places := range []string{"3", "3", "5"} { // Pressed three times on one page, it counts once.
			ask(h.public, "POST", h.link(tk)+"/later", url.Values{"places": {places}, "before": {"0"}}).wants(t, 303)
		}
		if now := h.now(tk.ID); now.LaterCount != 1 || now.Standing.Ahead != 3 {
			t.Errorf("%d times late, %d ahead", now.LaterCount, now.Standing.Ahead)
		}
		ask(h.public, "POST", h.link(tk)+"/later", url.Values{"places": {"5"}}).wants(t, 303)
		ask(h.public, "GET", h.link(tk), nil).lacks(t, "Tôi đến trễ")
		ask(h.public, "POST", h.link(tk)+"/later", url.Values{"places": {"3"}}).wants(t, 409, "Không nhường lượt được nữa")
		if a := ask(h.public, "GET", h.link(tk)+"/later?lang=en", nil); a.status != 303 || a.header.Get("Location") != h.link(tk)+"?lang=en" {
			t.Errorf("that page in English: %d to %q", a.status, a.header.Get("Location"))
		}
	})
}

func TestHolderIsHere(t *testing.T) {
	h := open(t, func(c *web.Config) { c.HallCode = func(code string, _ time.Time) bool { return code == "123456" } })
	tk := h.phoned("A")
	ask(h.public, "GET", h.link(tk), nil).wants(t, 200, "Tôi đã đến", "Mã 6 chữ số")
	ask(h.public, "POST", h.link(tk)+"/here", url.Values{"hall": {"654321"}}).wants(t, 422, "Mã tại sảnh chưa đúng")
	if h.now(tk.ID).Presence != queue.Remote {
		t.Error("a wrong code checks in")
	}
	ask(h.public, "POST", h.link(tk)+"/here", url.Values{"hall": {"123 456"}}).wants(t, 303)
	if h.now(tk.ID).Presence != queue.Present {
		t.Error("not checked in")
	}
	other := h.phoned("A")
	for range 30 { // Nobody tries all codes of a minute.
		ask(h.public, "POST", h.link(other)+"/here", url.Values{"hall": {"1"}})
	}
	ask(h.public, "POST", h.link(other)+"/here", url.Values{"hall": {"123456"}}).wants(t, 422, "quá nhiều lần")
}

// A visit is rated once, by its holder, within the office's time.
func TestHolderRates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		staff := false
		h := open(t, func(c *web.Config) { c.Staff = func(*http.Request) bool { return staff } })
		view, err := h.engine.Setup(h.ctx)
		if err != nil {
			t.Fatal(err)
		}
		view.Setup.Rating = queue.RatingSetup{Levels: []queue.RatingLevel{{Level: 1, Name: "Chưa hài lòng"}, {Level: 5, Name: "Hài lòng"}}, Minutes: 60}
		if _, err := h.engine.Configure(h.ctx, queue.ConfigureRequest{Setup: view.Setup, Version: view.Version}); err != nil {
			t.Fatal(err)
		}
		h.set("1", queue.Opened)
		serve := func() queue.Ticket {
			h.take("A", false)
			tk := h.next("1")
			h.act(tk.ID, queue.Finish)
			return tk
		}
		tk := serve()
		link := h.link(tk)
		ask(h.public, "GET", link, nil).wants(t, 200, "Quý vị hài lòng thế nào?", `name="level" value="5"`, link+"/rate?level=1", "Chưa hài lòng")
		ask(h.public, "GET", link+"/rate?level=1", nil).wants(t, 200, "Chờ lâu", `name="level" value="1"`)
		staff = true
		ask(h.public, "POST", link+"/rate", url.Values{"level": {"5"}}).wants(t, 403, "Cán bộ không tự đánh giá")
		staff = false
		ask(h.public, "POST", link+"/rate", url.Values{"level": {"3"}}).wants(t, 422, "Chưa chọn mức")
		ask(h.public, "POST", link+"/rate", url.Values{"level": {"1"}, "reason": {"Chờ lâu", "Bất kỳ lời nào"}}).wants(t, 303)
		if r := h.now(tk.ID).Rating; r == nil || r.Level != 1 || len(r.Reasons) != 1 || r.Reasons[0] != "Chờ lâu" {
			t.Errorf("rated %+v", r)
		}
		ask(h.public, "POST", link+"/rate", url.Values{"level": {"5"}}) // Once.
		if r := h.now(tk.ID).Rating; r.Level != 1 {
			t.Errorf("rated again: %+v", r)
		}
		ask(h.public, "GET", link, nil).wants(t, 200, "Đã ghi đánh giá")
		late := serve()
		time.Sleep(61 * time.Minute)
		ask(h.public, "GET", h.link(late), nil).lacks(t, "hài lòng thế nào")
		ask(h.public, "POST", h.link(late)+"/rate", url.Values{"level": {"5"}}).wants(t, 409, "Không đánh giá được")
	})
}

func TestLinkEnds(t *testing.T) {
	now := time.Now()
	h := open(t, func(c *web.Config) { c.Now = func() time.Time { return now } })
	tk := h.take("A", false)
	now = tk.IssuedAt.Add(queue.LinkLife)
	ask(h.public, "GET", h.link(tk), nil).wants(t, 200, "A001")
	now = now.Add(time.Second)
	for _, path := range []string{"", "/stream", "/rate", "/why"} {
		ask(h.public, "GET", h.link(tk)+path, nil).wants(t, 404, "đã quá ngày")
	}
}

// What everybody can see holds nothing by which a ticket is looked up or changed.
func TestStrangersLearnNothing(t *testing.T) {
	h := open(t, nil)
	h.set("1", queue.Opened)
	tk, err := h.engine.Take(h.ctx, queue.TakeRequest{Service: "A", Channel: queue.Phone, Person: "tel:+84912345678"})
	if err != nil {
		t.Fatal(err)
	}
	h.next("1")
	token := strings.TrimPrefix(h.link(tk), "/t/")
	for _, path := range []string{"/", "/board", "/widget", "/board/latest"} {
		a := ask(h.public, "GET", path, nil)
		a.lacks(t, tk.Code, token, "912345678")
	}
	for _, ref := range []string{tk.ID, tk.Number.String(), tk.Code} {
		ask(h.public, "GET", "/t/"+ref, nil).lacks(t, token, "Hộ tịch")
	}
	ask(h.public, "POST", "/find", url.Values{"code": {tk.Number.String()}}).wants(t, 400)
}
