package web_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/web"
)

// passed is an office where A002 was called before A001 for a reason that is
// for staff alone.
func passed(t *testing.T) (h *hallOf, first, second queue.Ticket) {
	h = open(t, nil)
	h.set("1", queue.Opened)
	first, second = h.take("A", false), h.take("A", false)
	if _, err := h.engine.Call(h.ctx, queue.CallRequest{Counter: "1", Ticket: second.ID, Reason: "chuyện riêng của cán bộ"}); err != nil {
		t.Fatal(err)
	}
	return h, first, second
}

func TestWhyForCitizens(t *testing.T) {
	h, first, second := passed(t)
	ask(h.public, "GET", h.link(first), nil).wants(t, 200, h.link(first)+"/why", "Vì sao số khác được gọi trước?")
	a := ask(h.public, "GET", h.link(first)+"/why", nil)
	a.wants(t, 200, "Vì sao số khác được gọi trước số A001?", "quầy 1 gọi số A002 trước số A001: cán bộ gọi riêng số này", `lang="en">At `, "counter 1 called A002", h.link(first)+`"`)
	a.lacks(t, "chuyện riêng")
	ask(h.public, "GET", h.link(second)+"/why", nil).wants(t, 200, "Không có số nào lấy sau")
	for of, tc := range map[string]struct {
		status int
		text   string
	}{
		"A002": {200, "gọi riêng"}, " a2 ": {200, "gọi riêng"}, "A001": {200, "Số A001 không được gọi trước trong lúc số A001 chờ"},
		"A099": {404, "Không có số này hôm nay"}, "<b>": {400, "như trên bảng"}, "x": {400, "như trên bảng"},
	} {
		a := ask(h.public, "GET", h.link(first)+"/why?of="+url.QueryEscape(of), nil)
		a.wants(t, tc.status, tc.text)
		a.lacks(t, "<b>\"", "chuyện riêng")
	}
	ask(h.public, "GET", "/t/x/why", nil).wants(t, 404, "Không tìm thấy số này")
}

// One ticket's link must not make the office read its log for ever.
func TestWhyIsLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // Where nothing is given back meanwhile.
		h, first, second := passed(t)
		for range 10 {
			ask(h.public, "GET", h.link(first)+"/why", nil).wants(t, 200)
		}
		a := ask(h.public, "GET", h.link(first)+"/why", nil)
		a.wants(t, 429, "chờ một phút")
		if a.header.Get("Retry-After") == "" {
			t.Error("no Retry-After")
		}
		ask(h.public, "GET", h.link(second)+"/why", nil).wants(t, 200)
	})
}

func TestWhyForStaff(t *testing.T) {
	h, first, _ := passed(t)
	a := ask(h.web.Counter(), "GET", "/counter/1/why?t="+first.ID, nil)
	a.wants(t, 200)
	var got struct {
		Number  string
		Summary struct{ VI, EN string }
		Calls   []struct{ VI, EN, Reason string }
	}
	if err := json.Unmarshal([]byte(a.body), &got); err != nil {
		t.Fatal(err)
	}
	if got.Number != "A001" || len(got.Calls) != 1 || got.Calls[0].Reason != "chuyện riêng của cán bộ" || got.Calls[0].EN == "" || got.Summary.VI == "" {
		t.Errorf("%+v", got)
	}
	ask(h.web.Counter(), "GET", "/counter/1/why?t=A077", nil).wants(t, 404)
	ask(h.web.Counter(), "GET", "/counter/1/why?t="+strings.Repeat("9", 60), nil).wants(t, 404)
}

// mute is an office that cannot explain itself.
type mute struct{ queue.Office }

func TestNobodyToExplain(t *testing.T) {
	h := open(t, func(c *web.Config) { c.Office = mute{c.Office} })
	tk := h.take("A", false)
	ask(h.public, "GET", h.link(tk), nil).lacks(t, "/why")
	ask(h.public, "GET", h.link(tk)+"/why", nil).wants(t, 404)
	ask(h.web.Counter(), "GET", "/counter/1/why?t=A001", nil).wants(t, 404)
	ask(h.web.Counter(), "GET", "/counter/1", nil).wants(t, 200, `"why":false`)
}

// The console's own picture of the hall: who is set aside, who missed the
// turn, what may be undone, and where no numbers are given.
func TestConsoleKnowsTheDay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, nil)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); _ = h.web.Run(ctx) }()
		defer func() { cancel(); <-done }()
		h.set("1", queue.Opened)
		for range 3 {
			h.take("A", false)
		}
		h.act(h.next("1").ID, queue.Park)
		h.act(h.next("1").ID, queue.Absent)
		if _, err := h.engine.SetIssuing(h.ctx, queue.IssuingRequest{Service: "B", Stopped: true, Reason: "Hết giờ"}); err != nil {
			t.Fatal(err)
		}
		page := func() answer {
			time.Sleep(time.Second) // The bubble's: the roll follows the log.
			synctest.Wait()
			return ask(h.web.Counter(), "GET", "/counter/1", nil)
		}
		page().wants(t, 200, `"parked":[{"id":"4","number":"A001"`, `"missed":[{"id":"5","number":"A002"`, `"kind":"ticket_no_show"`, `"stopped":{"B":"Hết giờ"}`, `"undo_s":60`)
		ask(h.web.Counter(), "GET", "/counter/1/waiting", nil).wants(t, 200, `"number":"A003"`)
		ask(h.web.Counter(), "GET", "/counter/2/waiting", nil).wants(t, 200, "[]")
		time.Sleep(time.Minute)
		page().lacks(t, `"kind":"ticket_no_show"`)
		time.Sleep(30 * time.Minute)
		page().wants(t, 200, `"missed":[]`, `"number":"A001"`)
	})
}

// A number is found by its lookup code too, and tells what the counter needs
// to know of its holder.
func TestFindByCode(t *testing.T) {
	h := open(t, nil)
	tk, err := h.engine.Take(h.ctx, queue.TakeRequest{
		Service: "A", Channel: queue.Phone, Class: queue.Priority, Needs: []string{queue.NeedSight}, Language: "en", Dossiers: 3,
	})
	if err != nil {
		t.Fatal(err)
	}
	a := ask(h.web.Counter(), "GET", "/counter/2/find?n="+tk.Code, nil)
	a.wants(t, 200, `"number":"A001"`, `"entitlement":"declared"`, `"needs":["sight"]`, `"dossiers":3`, `"presence":"remote"`, `"language":"en"`)
	a.lacks(t, tk.Code)
}

func TestClosedSaysWhenItOpens(t *testing.T) {
	opens := time.Date(2026, 11, 23, 0, 30, 0, 0, time.UTC)
	h := open(t, func(c *web.Config) { c.Office = shut{c.Office, opens} })
	ask(h.public, "GET", "/", nil).wants(t, http.StatusOK, "07:30, thứ Hai 23/11")
	ask(h.public, "GET", "/?lang=en", nil).wants(t, http.StatusOK, "07:30 on Monday 23 November")
	h = open(t, func(c *web.Config) { c.Office = shut{c.Office, time.Time{}} })
	ask(h.public, "GET", "/", nil).wants(t, http.StatusOK, "Xin quay lại trong giờ mở cửa")
}

// shut is an office outside its hours.
type shut struct {
	queue.Office
	opens time.Time
}

func (o shut) Info(ctx context.Context) (queue.Info, error) {
	info, err := o.Office.Info(ctx)
	info.Open, info.Opens = false, o.opens
	return info, err
}
