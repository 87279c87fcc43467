package desk

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/memory"
)

const officeID = "xa"

// lived is an office with some mornings behind it: people come in three of four
// minutes to two counters that need eight for each, and fall behind.
func lived(t *testing.T, mornings int) (*memory.Store, []string) {
	t.Helper()
	store := &memory.Store{}
	now := time.Date(2026, 11, 16, 1, 0, 0, 0, time.UTC)
	setup := queue.Setup{
		Office: officeID, Name: "Xã", TimeZone: "Asia/Ho_Chi_Minh", Services: []queue.Service{{ID: "A", Name: "Hộ tịch <b>", NameEN: "Civil status"}},
		Counters: []queue.Counter{{ID: "1", Name: "1", Services: []string{"A"}}, {ID: "2", Name: "2", Services: []string{"A"}}},
	}
	e, err := queue.NewEngine(t.Context(), queue.Config{Setup: setup, Store: store, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	do := func(c queue.Command) queue.Answer { return e.Together(t.Context(), c)[0] }
	var days []string
	for n := range mornings {
		now = time.Date(2026, 11, 16+7*n, 1, 0, 0, 0, time.UTC)
		e.Together(t.Context())
		days = append(days, now.Format(time.DateOnly))
		hand := map[string]string{}
		for _, c := range []string{"1", "2"} {
			do(queue.SetCounterRequest{Counter: c, State: queue.Opened})
		}
		for minute := range 120 {
			now = now.Add(time.Minute)
			if minute%4 != 3 {
				do(queue.TakeRequest{Service: "A", Channel: queue.Kiosk})
			}
			for i, c := range []string{"1", "2"} {
				if minute%8 == 4*i && hand[c] != "" {
					do(queue.ActRequest{Ticket: hand[c], Action: queue.Finish})
					hand[c] = ""
				}
				if hand[c] == "" {
					hand[c] = do(queue.CounterRequest{Counter: c}).Ticket.ID
				}
			}
		}
		for _, c := range []string{"1", "2"} {
			do(queue.ActRequest{Ticket: hand[c], Action: queue.Finish})
			do(queue.SetCounterRequest{Counter: c, State: queue.Closed})
		}
	}
	return store, days
}

func newDesk(t *testing.T) *Desk {
	t.Helper()
	store, days := lived(t, 3)
	d, err := New(Config{Log: store, ID: officeID, Days: func(context.Context) ([]string, error) { return days, nil }})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func get(d *Desk, query string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	d.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, Prefix+query, nil))
	return w
}

func TestQuestions(t *testing.T) {
	d := newDesk(t)
	for _, c := range []struct {
		name, query string
		status      int
		want, lacks []string
	}{
		{"nothing asked", "", 200, []string{"Thêm hoặc bớt một quầy", "<option selected>2026-11-30</option>", "Nên mở mấy quầy"}, []string{"<table", `role="alert"`}},
		{"one more", "?day=2026-11-23&services=A&from=08:00&to=10:00", 200, []string{"thêm một quầy cho A 08:00–10:00", "Hộ tịch &lt;b&gt;", "Phát lại"}, []string{`role="alert"`, "<b>"}},
		{"in English", "?day=2026-11-23&remove=2&lang=en", 200, []string{"without counter 2", "Civil status", "Replayed"}, []string{`role="alert"`}},
		{"a plan", "?plan=2026-12-07&within=10&share=80", 200, []string{"2026-11-16, 2026-11-23, 2026-11-30", "80% chờ không quá 10 phút", "08:00", "Giờ quầy"}, []string{`role="alert"`}},
		{"a day that was not", "?day=2020-01-01&services=A", 422, []string{`role="alert"`, "chọn trong danh sách"}, nil},
		{"no such service", "?day=2026-11-23&services=Z", 422, []string{`role="alert"`}, nil},
		{"no such counter", "?day=2026-11-23&remove=9", 422, []string{`role="alert"`}, nil},
		{"script", "?day=2026-11-23&services=%3Cscript%3E", 422, []string{`role="alert"`}, []string{"<script>"}},
		{"an odd goal", "?plan=2026-12-07&share=7", 422, []string{"từ 50 đến 99"}, nil},
		{"an odd day", "?plan=tomorrow", 422, []string{"viết như 2026-11-23"}, nil},
		{"nothing before", "?plan=2026-11-16", 422, []string{"chưa có ngày nào trước"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := get(d, c.query)
			if w.Code != c.status {
				t.Errorf("status %d, want %d", w.Code, c.status)
			}
			for _, want := range c.want {
				if !strings.Contains(w.Body.String(), want) {
					t.Errorf("lacks %q:\n%s", want, w.Body)
				}
			}
			for _, lacks := range c.lacks {
				if strings.Contains(w.Body.String(), lacks) {
					t.Errorf("has %q:\n%s", lacks, w.Body)
				}
			}
		})
	}
}

// While one question is worked on, another is put off, not piled up.
func TestOneQuestionAtATime(t *testing.T) {
	d := newDesk(t)
	d.turn <- struct{}{}
	if w := get(d, "?day=2026-11-23&services=A"); w.Code != 422 || !strings.Contains(w.Body.String(), "thử lại sau ít giây") {
		t.Errorf("%d\n%s", w.Code, w.Body)
	}
	<-d.turn
	if w := get(d, "?day=2026-11-23&services=A"); w.Code != 200 {
		t.Errorf("%d\n%s", w.Code, w.Body)
	}
}

func TestNewNeedsALog(t *testing.T) {
	if _, err := New(Config{}); err == nil {
		t.Error("a page without a log")
	}
}
