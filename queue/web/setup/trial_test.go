package setup

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/xinmoi/xinmoi/queue"
)

// A trial ends only once it was said what that does, leaves nothing, and says
// so; it does not begin while somebody waits.
func TestTrialEndsWhenSure(t *testing.T) {
	w := open(t, nil)
	take := func() queue.Ticket {
		t.Helper()
		got, err := w.engine.Take(t.Context(), queue.TakeRequest{Service: "A", Channel: queue.Kiosk})
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	post := func(status int, more string, want ...string) string {
		t.Helper()
		form, err := url.ParseQuery(more)
		if err != nil {
			t.Fatal(err)
		}
		got := w.post(trialPath, form)
		if got.Code != status {
			t.Fatalf("%s: %d %s", more, got.Code, got.Body)
		}
		for _, words := range want {
			if !strings.Contains(got.Body.String(), words) {
				t.Errorf("%s: %q is not on the page", more, words)
			}
		}
		return got.Header().Get("Location")
	}
	post(http.StatusSeeOther, "on=yes")
	tried := []queue.Ticket{take(), take(), take()}
	held, err := w.engine.Take(t.Context(), queue.TakeRequest{Service: "A", Channel: queue.Phone, Hold: true})
	if err != nil {
		t.Fatal(err)
	}
	tried = append(tried, held)
	if _, err := w.engine.SetCounter(t.Context(), queue.SetCounterRequest{Counter: "1", State: queue.Opened}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.engine.Next(t.Context(), queue.CounterRequest{Counter: "1"}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.engine.Act(t.Context(), queue.ActRequest{Ticket: tried[0].ID, Action: queue.Park, Reason: "papers"}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.engine.Next(t.Context(), queue.CounterRequest{Counter: "1"}); err != nil {
		t.Fatal(err)
	}
	post(http.StatusOK, "on=no&from=wizard", "A002 – Quầy số 1", `name="sure"`, `value="wizard"`)
	if !w.setup().Trial {
		t.Fatal("it ended before anybody was sure")
	}
	to := post(http.StatusSeeOther, "on=no&sure=yes")
	if page := w.get(strings.TrimSuffix(to, "#trial")).Body.String(); w.setup().Trial || !strings.Contains(page, "hủy 4 số thử, đóng 1 quầy") {
		t.Errorf("%s does not say what ended", to)
	}
	for _, one := range tried {
		if got, err := w.engine.Ticket(t.Context(), one.ID); err != nil || got.State != queue.Cancelled {
			t.Errorf("%s is %s, %v", one.Number, got.State, err)
		}
	}
	real := take()
	post(http.StatusUnprocessableEntity, "on=yes", "Chưa bắt đầu chạy thử được")
	if got, err := w.engine.Ticket(t.Context(), real.ID); err != nil || got.State != queue.Waiting || got.Trial || w.setup().Trial {
		t.Errorf("%s is %s, trial %v, %v", real.Number, got.State, w.setup().Trial, err)
	}
	if page := w.get(Prefix + "?ended=x&closed=<script>").Body.String(); strings.Contains(page, "hủy") && strings.Contains(page, "<script>") {
		t.Error("what an address says is on the page")
	}
}
