package ops

import (
	"fmt"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/ivr"
	"github.com/xinmoi/xinmoi/ivr/clean"
)

// Text writes a call and its trace as plain text, for an auditor or the
// provider of a trunk. Times are of loc.
func Text(c Call, loc *time.Location) string {
	var b strings.Builder
	line := func(vi, en, value string) {
		if value != "" {
			fmt.Fprintf(&b, "%s (%s): %s\n", vi, en, value)
		}
	}
	fmt.Fprintf(&b, "xinmoi: cuộc gọi (call) %s\n", c.Key)
	line("Bắt đầu", "began", c.Began.In(loc).Format("2006-01-02 15:04:05 -07:00"))
	if !c.Ended.IsZero() {
		line("Kết thúc", "ended", fmt.Sprintf("%s, %.1f s", c.Ended.In(loc).Format("15:04:05"), c.Lasted(c.Ended).Seconds()))
	}
	line("Mã cuộc gọi", "Call-ID", c.ID)
	line("Người gọi", "caller", c.Caller)
	line("Số đã lấy", "numbers", numbersText(c.Numbers))
	if c.Quality != nil {
		line("Chất lượng", "quality", qualityText(*c.Quality))
	}
	b.WriteString("Số điện thoại đã được che, mật khẩu và khóa đã được bỏ. (Numbers are masked, passwords and keys removed.)\n\n")
	dropped := c.Dropped
	for i, e := range c.Trace {
		if dropped > 0 && i == len(c.Trace)/2 {
			fmt.Fprintf(&b, "… %d mục ở giữa đã bỏ vì quá dài (%d entries in the middle found no room)\n", dropped, dropped)
			dropped = 0
		}
		_, en := kindWords(e.Kind)
		fmt.Fprintf(&b, "%s  %-9s ", e.At.In(loc).Format("15:04:05.000"), en)
		b.WriteString(strings.ReplaceAll(strings.TrimRight(e.Text, "\n"), "\n", "\n"+strings.Repeat(" ", 24)))
		b.WriteByte('\n')
	}
	return b.String()
}

func numbersText(numbers []Number) string {
	var parts []string
	for _, n := range numbers {
		text := n.Number
		if !n.Kept {
			text += " (chưa giữ, not kept)"
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, ", ")
}

// kindWords names a kind of entry.
func kindWords(kind string) (vi, en string) {
	switch kind {
	case ivr.MomentAnswered:
		return "nhấc máy", "answered"
	case ivr.MomentSaid:
		return "nói", "said"
	case ivr.MomentKey:
		return "phím", "key"
	case ivr.MomentMenu:
		return "đến", "at"
	case ivr.MomentTook:
		return "lấy số", "took"
	case ivr.MomentKept:
		return "giữ số", "kept"
	case ivr.MomentLeft:
		return "người gọi gác máy", "hung up"
	case ivr.MomentEnded:
		return "kết thúc", "ended"
	case ivr.MomentFailed:
		return "lỗi", "failed"
	case ivr.MomentBridged:
		return "gặp nhân viên", "bridged"
	case ivr.MomentParted:
		return "hết chuyện", "parted"
	case KindReceived:
		return "SIP nhận", "SIP in"
	case KindSent:
		return "SIP gửi", "SIP out"
	case KindQuality:
		return "chất lượng", "quality"
	case KindLost:
		return "mất dấu", "lost"
	}
	return kind, kind
}

// momentText says a moment in the words of a trace.
func momentText(m ivr.Moment) string {
	switch m.Kind {
	case ivr.MomentKey:
		if m.Digit != 0 {
			return clean.Printable(string(m.Digit))
		}
	case ivr.MomentTook, ivr.MomentKept:
		return m.Ticket.String()
	case ivr.MomentMenu, ivr.MomentLeft, ivr.MomentEnded:
		if m.Text == "" {
			return clean.Printable(m.Menu)
		}
	case ivr.MomentAnswered:
		if m.Text == "" {
			return clean.Printable(m.Caller)
		}
	}
	return clean.Text(m.Text)
}
