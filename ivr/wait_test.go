package ivr

import (
	"strings"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// Callers hear the interval, when to be there, and that it may be too late.
func TestCallersHearTheWait(t *testing.T) {
	in := morning()
	now := in.Now.In(time.FixedZone("", 7*60*60))
	low, high := 25, 45
	known := queue.Standing{Ahead: 7, LowMin: &low, HighMin: &high, Counters: 2, EachMin: 6, ComeBy: now.Add(40 * time.Minute).UTC()}
	late, soon := known, known
	late.MayMiss, soon.ComeBy = true, now.Add(4*time.Minute)
	for _, c := range []struct {
		name        string
		standing    *queue.Standing
		want, lacks []string
	}{
		{"known", &known, []string{"hai mươi lăm", "bốn mươi lăm", "có mặt trước", "9 giờ 40"}, []string{"đóng cửa"}},
		{"too late", &late, []string{"không kịp được phục vụ trước giờ đóng cửa"}, nil},
		{"soon", &soon, []string{"bốn mươi lăm"}, []string{"có mặt trước"}},
		{"unknown", &queue.Standing{Ahead: 7}, []string{"bảy"}, []string{"dự kiến", "có mặt trước", "đóng cửa"}},
	} {
		said := strings.ToLower(speechIn(vietnamese, in.Info, in.Setup.Phone).standing(queue.Ticket{Standing: c.standing}, now).Text())
		for _, want := range c.want {
			if !strings.Contains(said, want) {
				t.Errorf("%s: %q lacks %q", c.name, said, want)
			}
		}
		for _, lacks := range c.lacks {
			if strings.Contains(said, lacks) {
				t.Errorf("%s: %q has %q", c.name, said, lacks)
			}
		}
	}
}
