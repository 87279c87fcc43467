package api

import (
	"strings"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// TestFullChannel: who stands at the kiosk is not sent to the kiosk.
func TestFullChannel(t *testing.T) {
	zone := time.FixedZone("", 7*60*60)
	now := time.Date(2026, 11, 20, 11, 45, 0, 0, zone)
	for c, want := range map[queue.Channel][2]string{
		queue.Kiosk: {"help desk", "hỏi quầy hướng dẫn"},
		queue.Staff: {"raise the channel's quota", "nâng chỉ tiêu"},
		queue.Phone: {"Come to the centre and take a number at the kiosk", "đến lấy số tại kiosk ở trung tâm"},
		queue.Zalo:  {"Come to the centre and take a number at the kiosk", "đến lấy số tại kiosk ở trung tâm"},
		queue.Hub:   {"Come to the centre and take a number at the kiosk", "đến lấy số tại kiosk ở trung tâm"},
	} {
		for _, opens := range []time.Time{{}, now.Add(time.Hour)} {
			a := channelAdvice(c, opens, now)
			if !strings.Contains(a.hint, want[0]) || !strings.Contains(a.hintVI, want[1]) {
				t.Errorf("%s: %+v", c, a)
			}
			if told := strings.Contains(a.hint, "12:45 today") && strings.Contains(a.hintVI, "12:45 hôm nay"); told == opens.IsZero() {
				t.Errorf("%s opens %s: %+v", c, opens, a)
			}
			if c == queue.Kiosk && (strings.Contains(a.hint, "kiosk") || strings.Contains(a.hintVI, "kiosk")) {
				t.Errorf("at the kiosk: %+v", a)
			}
		}
	}
}

// TestFullChannelOverTheWire, with a quota for each.
func TestFullChannelOverTheWire(t *testing.T) {
	setup := queue.CommuneCentre()
	setup.Services[0].Quotas = map[queue.Channel]int{queue.Kiosk: 0, queue.Phone: 0, queue.Staff: 0}
	b := newBenchOf(t, setup)
	for channel, want := range map[string]string{"kiosk": "hỏi quầy hướng dẫn", "phone": "đến lấy số tại kiosk", "staff": "người quản trị"} {
		_, vi := b.hints(queue.CodeChannelFull, call{method: "POST", path: at + "/tickets", token: "staff", body: `{"service":"A","channel":"` + channel + `"}`})
		if !strings.Contains(vi, want) {
			t.Errorf("%s: %q", channel, vi)
		}
	}
}

// TestResumeOneOfAll: whoever stopped all is told how to resume, not to come
// back tomorrow; a citizen still is.
func TestResumeOneOfAll(t *testing.T) {
	a := adviceOn("set-issuing", &queue.Error{Code: queue.CodeIssuingStopped})
	if !strings.Contains(a.hint, `{"stopped":false}`) || !strings.Contains(a.hintVI, `mở lại tất cả bằng {"stopped":false}`) {
		t.Errorf("%+v", a)
	}
	b := newBench(t)
	b.post("/issuing", "staff", `{"stopped":true}`)
	got := b.post("/issuing", "staff", `{"service":"A","stopped":false}`)
	if got.status != 200 {
		if p := got.wantProblem(t, queue.CodeIssuingStopped); !strings.Contains(p["hint"].(string), `{"stopped":false}`) {
			t.Errorf("%v", p["hint"])
		}
	}
	b.post("/issuing", "staff", `{"stopped":true}`)
	if en, _ := b.hints(queue.CodeIssuingStopped, call{method: "POST", path: at + "/tickets", token: "kiosk", body: takeA}); strings.Contains(en, "stopped") {
		t.Errorf("a citizen is told %q", en)
	}
}

// TestNoHintIsInVain: what a hint proposes can be done in that state.
func TestNoHintIsInVain(t *testing.T) {
	ends := []queue.State{queue.Completed, queue.Cancelled, queue.Expired}
	for _, c := range []struct {
		action queue.Action
		states []queue.State
		en, vi string
	}{
		{queue.Start, []queue.State{queue.Serving}, "begun already", "Đã bắt đầu"},
		{queue.Start, ends, "has ended", "đã kết thúc"},
		{queue.Start, []queue.State{queue.NoShow}, "restore", "khôi phục"},
		{queue.Start, []queue.State{queue.Held, queue.Waiting}, "call it first", "gọi phiếu trước"},
		{queue.Finish, []queue.State{queue.Completed}, "finished already", "đã hoàn thành rồi"},
		{queue.Finish, []queue.State{queue.Cancelled, queue.Expired}, "has ended", "đã kết thúc"},
		{queue.Finish, []queue.State{queue.NoShow}, "restore", "khôi phục"},
		{queue.Recall, []queue.State{queue.NoShow}, "restore", "khôi phục"},
		{queue.Recall, ends, "has ended", "đã kết thúc"},
		{queue.Absent, []queue.State{queue.NoShow}, "no-show already", "đã báo vắng rồi"},
		{queue.Absent, ends, "has ended", "đã kết thúc"},
	} {
		for _, state := range c.states {
			got := adviceOn(opOf(c.action), &queue.Error{Code: queue.CodeWrongState, Ticket: &queue.Ticket{State: state}})
			if !strings.Contains(got.hint, c.en) || !strings.Contains(got.hintVI, c.vi) {
				t.Errorf("%s of %s: %+v", c.action, state, got)
			}
		}
	}
	for _, a := range queue.Actions() {
		for _, state := range append(ends, queue.NoShow) {
			got := adviceOn(opOf(a), &queue.Error{Code: queue.CodeWrongState, Ticket: &queue.Ticket{State: state}})
			if strings.Contains(got.hint, "call it first") {
				t.Errorf("%s of %s: %+v", a, state, got)
			}
		}
	}
}
