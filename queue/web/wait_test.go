package web_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/web"
)

// Where somebody can tell the wait, the start page and the boards do; for what
// gives no numbers they do not.
func TestWaitIsTold(t *testing.T) {
	h := open(t, func(c *web.Config) {
		c.Wait = func(service, language string) string {
			return map[string]string{"A vi": "khoảng 25 đến 45 phút", "A en": "about 25 to 45 minutes"}[service+" "+language]
		}
	})
	for path, want := range map[string]string{"/": "khoảng 25 đến 45 phút", "/board": "khoảng 25 đến 45 phút", "/?lang=en": "about 25 to 45 minutes"} {
		if body := ask(h.public, "GET", path, nil).body; strings.Count(body, want) != 1 {
			t.Errorf("%s tells %q %d times", path, want, strings.Count(body, want))
		}
	}
}

// told is an office that knows how long everybody waits.
type told struct {
	queue.Office
	standing *queue.Standing
	presence queue.Presence
}

func (o *told) Ticket(ctx context.Context, ref string) (queue.Ticket, error) {
	t, err := o.Office.Ticket(ctx, ref)
	if t.State == queue.Waiting {
		t.Standing, t.Presence = o.standing, o.presence
	}
	return t, err
}

// moved is an office that changes its time zone while the pages are open.
type moved struct {
	queue.Office
	zone atomic.Value
}

func (o *moved) Info(ctx context.Context) (queue.Info, error) {
	info, err := o.Office.Info(ctx)
	info.TimeZone = o.zone.Load().(string)
	return info, err
}

// The pages tell the time of the zone that the office has chosen last.
func TestZoneChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // Where nobody looks at the office meanwhile.
		o := &moved{}
		o.zone.Store("Asia/Ho_Chi_Minh")
		h := open(t, func(c *web.Config) { o.Office, c.Office = c.Office, o })
		for _, c := range [][2]string{{"Asia/Ho_Chi_Minh", `"offset_s":25200`}, {"Asia/Tokyo", `"offset_s":32400`}, {"nowhere", `"offset_s":32400`}, {"Asia/Ho_Chi_Minh", `"offset_s":25200`}} {
			synctest.Wait()
			o.zone.Store(c[0])
			ask(h.public, "GET", "/board/latest", nil).wants(t, 200, c[1])
		}
	})
}

// The ticket's page tells the interval, what it rests on, when to come or to set
// out, and that it may be too late; what is not known it leaves out.
func TestTicketTellsTheWait(t *testing.T) {
	zone := time.FixedZone("", 7*60*60)
	now := time.Date(2026, 11, 23, 9, 5, 0, 0, zone)
	low, high := 45, 70
	known := queue.Standing{Ahead: 20, LowMin: &low, HighMin: &high, Counters: 3, EachMin: 4, ComeBy: now.Add(35 * time.Minute).UTC()}
	late := known
	late.MayMiss = true
	o := &told{presence: queue.Remote}
	h := open(t, func(c *web.Config) {
		o.Office = c.Office
		c.Office, c.Now, c.Location = o, func() time.Time { return now }, zone
	})
	link := h.link(h.take("A", false))
	for _, c := range []struct {
		name        string
		standing    *queue.Standing
		presence    queue.Presence
		query       string
		want, lacks []string
	}{
		{"nothing is known", &queue.Standing{Ahead: 20}, queue.Remote, "", []string{`>20</b>`}, []string{"Dự kiến chờ", "quầy, mỗi", "select", "nên"}},
		{"from afar", &known, queue.Remote, "", []string{"khoảng 45 phút đến 1 giờ 10 phút", "nên đến trước 9 giờ 40", "20 người trước, 3 quầy, mỗi người khoảng 4 phút", `<select id="travel"`}, []string{"nên đi", "đóng cửa"}},
		{"in the hall", &known, queue.Present, "?travel=20", []string{"có thể ra ngoài, nên quay lại trước 9 giờ 40"}, []string{"select", "nên đi"}},
		{"twenty minutes away", &known, queue.Remote, "?travel=20", []string{"nên đi trước 9 giờ 20", `<option value="20" selected`, "nên đến trước 9 giờ 40"}, []string{"Đến giờ đi"}},
		{"forty minutes away", &known, queue.Remote, "?travel=40", []string{"Đến giờ đi rồi:", "xin đi ngay"}, []string{"nên đến trước"}},
		{"in English", &known, queue.Remote, "?travel=40&lang=en", []string{"Time to go:", "please set out now", "about 45 minutes to 1 hour 10 minutes", "20 ahead, 3 counters, about 4 minutes each"}, []string{"phút"}},
		{"nonsense", &known, queue.Remote, "?travel=x", []string{`<option value="0" selected`}, []string{"nên đi"}},
		{"too late", &late, queue.Remote, "", []string{"Có thể không kịp trước giờ đóng cửa"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			o.standing, o.presence = c.standing, c.presence
			a := ask(h.public, "GET", link+c.query, nil)
			a.wants(t, 200, c.want...)
			a.lacks(t, c.lacks...)
		})
	}
}

// How true the estimates were stands beside each service of the start page.
func TestTruthIsTold(t *testing.T) {
	h := open(t, func(c *web.Config) {
		c.Truth = func(service, language string) string {
			return map[string]string{"A vi": "Hôm qua: 83% đúng", "A en": "Yesterday: 83% true"}[service+" "+language]
		}
	})
	for path, want := range map[string]string{"/": "Hôm qua: 83% đúng", "/?lang=en": "Yesterday: 83% true"} {
		if body := ask(h.public, "GET", path, nil).body; strings.Count(body, want) != 1 {
			t.Errorf("%s tells %q %d times", path, want, strings.Count(body, want))
		}
	}
}
