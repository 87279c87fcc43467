package page

import (
	"fmt"
	"time"
)

// When says a time of opening so that it is still true when it is read later:
// "07:30, thứ Hai 23/11". The time must be in the office's zone; the zero time
// gives no words.
func (l Lang) When(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	if l == English {
		return at.Format("15:04 on Monday 2 January")
	}
	return fmt.Sprintf("%s, %s %s", at.Format("15:04"), weekday(at.Weekday()), at.Format("02/01"))
}

func weekday(d time.Weekday) string {
	return [...]string{"Chủ nhật", "thứ Hai", "thứ Ba", "thứ Tư", "thứ Năm", "thứ Sáu", "thứ Bảy"}[d]
}
