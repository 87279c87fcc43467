package ivr

import (
	"strings"
	"testing"

	"github.com/xinmoi/xinmoi/queue"
)

// Codes that have no sentence of their own are said by the nearest one that
// every voice has, never as a fault of the system.
func TestNewRefusalsSayTheNearest(t *testing.T) {
	for code, want := range map[queue.Code]string{
		queue.CodeServiceFull:    "Dịch vụ này hiện không cấp số. Xin quý vị đến trực tiếp",
		queue.CodeIssuingStopped: "Dịch vụ này hiện không cấp số. Xin quý vị đến trực tiếp",
		queue.CodeChannelFull:    "Hiện chưa lấy được số qua điện thoại. Xin quý vị đến trực tiếp",
		queue.CodeCardNeeded:     "Hiện chưa lấy được số qua điện thoại. Xin quý vị đến trực tiếp",
		queue.CodeCardInvalid:    "Hiện chưa lấy được số qua điện thoại. Xin quý vị đến trực tiếp",
		queue.CodePersonLimit:    "Số điện thoại này đã lấy nhiều số.",
		queue.CodeClockWrong:     "Hệ thống đang bận. Xin quý vị gọi lại",
	} {
		_, actions := talk(t, testStarted(), Key{'1'}, Refused{queue.Errorf(code, "no")})
		if len(actions) != 1 || !strings.HasPrefix(brief(actions[0]), want) {
			t.Errorf("%s: said %q, want %q", code, briefs(actions), want)
		}
	}
}
