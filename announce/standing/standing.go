// Package standing words for the eye where somebody stands in a line and for
// how long: the same on the screen, the paper, the ticket's page, the board and
// in a chat. What is not known is not said: every phrase may be empty.
package standing

import (
	"fmt"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// speaks picks the words of a language, a BCP 47 tag: English for "en" and what
// begins with it, Vietnamese for every other.
func speaks(tag, vi, en string) string {
	if tag == "en" || strings.HasPrefix(tag, "en-") {
		return en
	}
	return vi
}

// Known reports whether a wait is known.
func Known(s *queue.Standing) bool { return s != nil && s.LowMin != nil && s.HighMin != nil }

// Wait tells how long somebody will wait: "khoảng 25 đến 45 phút".
func Wait(s *queue.Standing, tag string) string {
	if !Known(s) {
		return ""
	}
	return About(*s.LowMin, *s.HighMin, tag)
}

// About tells a wait between two figures in minutes.
func About(low, high int, tag string) string {
	low, high = max(low, 0), max(high, low, 1)
	if low == 0 || low == high {
		return fmt.Sprintf(speaks(tag, "dưới %s", "less than %s"), Length(high, tag))
	}
	if high < 60 {
		return fmt.Sprintf(speaks(tag, "khoảng %d đến %d phút", "about %d to %d minutes"), low, high)
	}
	return fmt.Sprintf(speaks(tag, "khoảng %s đến %s", "about %s to %s"), Length(low, tag), Length(high, tag))
}

// Length tells some minutes: "1 giờ 20 phút".
func Length(minutes int, tag string) string {
	hours, rest := minutes/60, minutes%60
	var parts []string
	if hours > 0 {
		parts = append(parts, fmt.Sprintf(speaks(tag, "%d giờ", plural(hours, "hour")), hours))
	}
	if rest > 0 || hours == 0 {
		parts = append(parts, fmt.Sprintf(speaks(tag, "%d phút", plural(rest, "minute")), rest))
	}
	return strings.Join(parts, " ")
}

// plural is the English form after a number.
func plural(n int, noun string) string {
	if n == 1 {
		return "%d " + noun
	}
	return "%d " + noun + "s"
}

// Basis tells what a wait rests on: "20 người trước, 3 quầy, mỗi người khoảng 4
// phút".
func Basis(s *queue.Standing, tag string) string {
	if !Known(s) || s.Counters < 1 {
		return ""
	}
	ahead := speaks(tag, "không còn ai trước", "nobody ahead")
	if s.Ahead > 0 {
		ahead = fmt.Sprintf(speaks(tag, "%d người trước", "%d ahead"), s.Ahead)
	}
	each := speaks(tag, "mỗi người chưa đầy 1 phút", "less than a minute each")
	if s.EachMin > 0 {
		each = fmt.Sprintf(speaks(tag, "mỗi người khoảng %s", "about %s each"), Length(s.EachMin, tag))
	}
	return ahead + ", " + fmt.Sprintf(speaks(tag, "%d quầy", plural(s.Counters, "counter")), s.Counters) + ", " + each
}

// worthLeaving is how long somebody in the hall must have to be sent out.
const worthLeaving = 10 * time.Minute

// ComeBy tells when somebody should be in the hall: "nên đến trước 9 giờ 40"
// who waits elsewhere, "có thể ra ngoài, nên quay lại trước 9 giờ 40" who waits
// here and has the time. Times are told in the zone of now.
func ComeBy(t queue.Ticket, now time.Time, tag string) string {
	if !Known(t.Standing) || t.Standing.ComeBy.IsZero() {
		return ""
	}
	at := t.Standing.ComeBy.In(now.Location())
	if t.Presence == queue.Present {
		if at.Sub(now) < worthLeaving {
			return ""
		}
		return fmt.Sprintf(speaks(tag, "có thể ra ngoài, nên quay lại trước %s", "you may go out; please be back before %s"), Clock(at, tag))
	}
	if !at.After(now) {
		return speaks(tag, "nên đến ngay", "please come now")
	}
	return fmt.Sprintf(speaks(tag, "nên đến trước %s", "please come before %s"), Clock(at, tag))
}

// Clock tells a time of day in its own zone: "9 giờ 40".
func Clock(at time.Time, tag string) string {
	if speaks(tag, "", "en") != "" {
		return at.Format("15:04")
	}
	if at.Minute() == 0 {
		return fmt.Sprintf("%d giờ", at.Hour())
	}
	return fmt.Sprintf("%d giờ %02d", at.Hour(), at.Minute())
}

// MayMiss warns who may well not be called before the office closes.
func MayMiss(s *queue.Standing, tag string) string {
	if !Known(s) || !s.MayMiss {
		return ""
	}
	return speaks(tag, "Có thể không kịp trước giờ đóng cửa. Nếu được, xin hỏi bàn hướng dẫn hoặc chọn ngày khác.",
		"You may not be served before closing time. Please ask at the information desk, or choose another day.")
}

// MostTravel is the longest way that can be told, in minutes.
const MostTravel = 180

// Leave reports whether somebody who is some minutes away should set out now.
func Leave(s *queue.Standing, travel int, now time.Time) bool {
	return Known(s) && !s.ComeBy.IsZero() && !now.Before(setOut(s, travel))
}

func setOut(s *queue.Standing, travel int) time.Time {
	return s.ComeBy.Add(-time.Duration(min(max(travel, 0), MostTravel)) * time.Minute)
}

// LeaveBy tells when somebody who is some minutes away should set out: "nên đi
// trước 9 giờ 20", or "xin đi ngay".
func LeaveBy(s *queue.Standing, travel int, now time.Time, tag string) string {
	switch {
	case !Known(s) || s.ComeBy.IsZero():
		return ""
	case Leave(s, travel, now):
		return speaks(tag, "xin đi ngay", "please set out now")
	}
	return fmt.Sprintf(speaks(tag, "nên đi trước %s", "please set out before %s"), Clock(setOut(s, travel).In(now.Location()), tag))
}
