package standing

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/xinmoi/xinmoi/queue"
)

func at(clock string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04", "2026-11-23 "+clock, time.FixedZone("", 7*60*60))
	if err != nil {
		panic(err)
	}
	return t
}

func stands(low, high int) *queue.Standing {
	return &queue.Standing{Ahead: 20, LowMin: &low, HighMin: &high, Counters: 3, EachMin: 4}
}

func TestAbout(t *testing.T) {
	for _, c := range []struct {
		low, high int
		vi, en    string
	}{
		{25, 45, "khoảng 25 đến 45 phút", "about 25 to 45 minutes"},
		{0, 5, "dưới 5 phút", "less than 5 minutes"},
		{0, 60, "dưới 1 giờ", "less than 1 hour"},
		{50, 80, "khoảng 50 phút đến 1 giờ 20 phút", "about 50 minutes to 1 hour 20 minutes"},
		{60, 135, "khoảng 1 giờ đến 2 giờ 15 phút", "about 1 hour to 2 hours 15 minutes"},
		{-5, -9, "dưới 1 phút", "less than 1 minute"},
	} {
		if vi, en := About(c.low, c.high, "vi"), About(c.low, c.high, "en-GB"); vi != c.vi || en != c.en {
			t.Errorf("%d–%d: %q, %q; want %q, %q", c.low, c.high, vi, en, c.vi, c.en)
		}
	}
	if got := About(25, 45, "ede"); got != "khoảng 25 đến 45 phút" {
		t.Errorf("another language: %q", got)
	}
}

func TestNothingIsSaidOfWhatIsNotKnown(t *testing.T) {
	some := 5
	for _, s := range []*queue.Standing{nil, {Ahead: 3}, {LowMin: &some}, {HighMin: &some, Counters: 2, MayMiss: true}} {
		now := at("09:00")
		for _, said := range []string{Wait(s, "vi"), Basis(s, "vi"), MayMiss(s, "vi"), LeaveBy(s, 10, now, "vi"), ComeBy(queue.Ticket{Standing: s}, now, "vi")} {
			if said != "" {
				t.Errorf("of %+v it says %q", s, said)
			}
		}
		if Leave(s, 10, now) {
			t.Errorf("sends out for %+v", s)
		}
	}
	if Basis(&queue.Standing{LowMin: &some, HighMin: &some}, "vi") != "" {
		t.Error("a basis without counters")
	}
}

func TestBasis(t *testing.T) {
	s := stands(25, 45)
	for _, c := range []struct {
		ahead, counters, each int
		vi, en                string
	}{
		{20, 3, 4, "20 người trước, 3 quầy, mỗi người khoảng 4 phút", "20 ahead, 3 counters, about 4 minutes each"},
		{1, 1, 1, "1 người trước, 1 quầy, mỗi người khoảng 1 phút", "1 ahead, 1 counter, about 1 minute each"},
		{0, 2, 0, "không còn ai trước, 2 quầy, mỗi người chưa đầy 1 phút", "nobody ahead, 2 counters, less than a minute each"},
		{2, 1, 70, "2 người trước, 1 quầy, mỗi người khoảng 1 giờ 10 phút", "2 ahead, 1 counter, about 1 hour 10 minutes each"},
	} {
		s.Ahead, s.Counters, s.EachMin = c.ahead, c.counters, c.each
		if vi, en := Basis(s, "vi"), Basis(s, "en"); vi != c.vi || en != c.en {
			t.Errorf("%q, %q; want %q, %q", vi, en, c.vi, c.en)
		}
	}
}

func TestComeBy(t *testing.T) {
	for _, c := range []struct {
		presence        queue.Presence
		now, by, vi, en string
	}{
		{queue.Remote, "09:12", "09:40", "nên đến trước 9 giờ 40", "please come before 09:40"},
		{queue.Remote, "09:12", "10:00", "nên đến trước 10 giờ", "please come before 10:00"},
		{queue.Remote, "09:12", "09:05", "nên đến ngay", "please come now"},
		{queue.Present, "09:12", "09:40", "có thể ra ngoài, nên quay lại trước 9 giờ 40", "you may go out; please be back before 09:40"},
		{queue.Present, "09:12", "09:20", "", ""},
		{queue.Present, "09:12", "09:05", "", ""},
	} {
		ticket := queue.Ticket{Presence: c.presence, Standing: stands(25, 45)}
		ticket.Standing.ComeBy = at(c.by).UTC()
		if vi, en := ComeBy(ticket, at(c.now), "vi"), ComeBy(ticket, at(c.now), "en"); vi != c.vi || en != c.en {
			t.Errorf("%s by %s at %s: %q, %q; want %q, %q", c.presence, c.by, c.now, vi, en, c.vi, c.en)
		}
	}
}

func TestLeave(t *testing.T) {
	s := stands(50, 80)
	s.ComeBy = at("09:40").UTC()
	for _, c := range []struct {
		travel int
		now    string
		leave  bool
		vi     string
	}{
		{20, "09:12", false, "nên đi trước 9 giờ 20"}, {20, "09:20", true, "xin đi ngay"}, {20, "09:45", true, "xin đi ngay"},
		{0, "09:39", false, "nên đi trước 9 giờ 40"}, {-7, "09:39", false, "nên đi trước 9 giờ 40"}, {9999, "06:39", false, "nên đi trước 6 giờ 40"},
	} {
		if got, say := Leave(s, c.travel, at(c.now)), LeaveBy(s, c.travel, at(c.now), "vi"); got != c.leave || say != c.vi {
			t.Errorf("%d minutes away at %s: %v, %q; want %v, %q", c.travel, c.now, got, say, c.leave, c.vi)
		}
	}
	if got := LeaveBy(s, 20, at("09:12"), "en"); got != "please set out before 09:20" {
		t.Errorf("%q", got)
	}
}

func TestMayMiss(t *testing.T) {
	s := stands(25, 45)
	if MayMiss(s, "vi") != "" {
		t.Error("warned without a reason")
	}
	if s.MayMiss = true; MayMiss(s, "vi") == "" || MayMiss(s, "en") == MayMiss(s, "vi") {
		t.Error("not warned")
	}
}

// A length is the minutes it was made of.
func TestLengthsAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 600).Draw(t, "minutes")
		d, err := time.ParseDuration(strings.NewReplacer(" giờ", "h", " phút", "m", " ", "").Replace(Length(n, "vi")))
		if err != nil || d != time.Duration(n)*time.Minute {
			t.Fatalf("%d minutes are %q (%v, %v)", n, Length(n, "vi"), d, err)
		}
	})
}
