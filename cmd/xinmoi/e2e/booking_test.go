//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/bots/telegram/telegramtest"
)

// booked is a booking as staff see it.
type booked struct{ ID, Code, State, Channel, Ticket string }

// bookings are those of the days to come.
func (s *server) bookings() (all []booked) {
	s.t.Helper()
	now := time.Now().UTC()
	s.must(http.StatusOK, "GET", base+"/appointments?from="+now.Add(-24*time.Hour).Format(time.RFC3339)+"&to="+now.Add(72*time.Hour).Format(time.RFC3339), "staff", nil, &all)
	return all
}

// confirmed waits for the one booking and has staff say yes.
func (s *server) confirmed(channel string) booked {
	s.t.Helper()
	var one booked
	s.await("the booking", patience, func() bool {
		if all := s.bookings(); len(all) == 1 {
			one = all[0]
		}
		return one.State == "requested"
	})
	if one.Channel != channel {
		s.t.Errorf("booked by %s, want %s", one.Channel, channel)
	}
	s.must(http.StatusOK, "POST", base+"/appointments/"+one.ID+"/confirm", "staff", body{}, nil)
	return one
}

// soon is how many minutes before a booking a minute begins now, before and after:
// whoever is reminded then is reminded within a minute.
func (s *server) soon(booking string) string {
	s.t.Helper()
	var b struct{ Start time.Time }
	s.must(http.StatusOK, "GET", base+"/appointments/"+booking, "staff", nil, &b)
	m := int(time.Until(b.Start).Minutes())
	return fmt.Sprintf("%d, %d, %d", m+1, m, m-1)
}

// callBooked calls the booked ticket to counter 1.
func (s *server) callBooked(number string) {
	s.t.Helper()
	s.must(http.StatusOK, "POST", base+"/counters/1/open", "staff", nil, nil)
	var called struct{ Number, Class string }
	s.must(http.StatusOK, "POST", base+"/counters/1/next", "staff", nil, &called)
	if called.Number != number || called.Class != "appointment" {
		s.t.Errorf("called %+v, want the appointment %s", called, number)
	}
}

func (s *server) finish(number string) {
	s.t.Helper()
	s.must(http.StatusOK, "POST", base+"/tickets/"+number+"/finish", "staff", nil, nil)
}

// level is how a ticket was rated; 0 = not.
func (s *server) level(number string) int {
	s.t.Helper()
	var tk struct {
		Rating *struct{ Level int } `json:"rating"`
	}
	s.must(http.StatusOK, "GET", base+"/tickets/"+number, "admin", nil, &tk)
	if tk.Rating == nil {
		return 0
	}
	return tk.Rating.Level
}

// TestAppointmentByTelephone: a caller books by keys, staff say yes, a message
// reminds, the caller says to have come, is called, and rates it.
func TestAppointmentByTelephone(t *testing.T) {
	t.Parallel()
	sent := newGateway(t)
	s := telephone(t, sent.config(t))
	atHour(t, s, 8)
	const number = "0912345671"
	call(t, s, number, `expect "Xin chào,"`, "press 5", hear(t, "vi", "book-service"), "press 1", hear(t, "vi", "book-day"), "press 1",
		hear(t, "vi", "book-part"), "press 2", hear(t, "vi", "book-time"), "press 1", hear(t, "vi", "book-check"), "press 1",
		hear(t, "vi", "book-requested"), hear(t, "vi", "book-code"), hear(t, "vi", "book-again"), "hangup")
	one := s.confirmed("phone")
	sent.await(s, "da xac nhan lich hen")
	if status, _ := s.visit("POST", "/admin/appointments/save", "admin", url.Values{"remind": {s.soon(one.ID)}}); status != http.StatusOK {
		t.Errorf("changing the reminders: %d", status)
	}
	sent.await(s, "nhac quy vi lich hen")
	call(t, s, number, `expect "Xin chào,"`, "press 5", hear(t, "vi", "book-own"), hear(t, "vi", "do-check-in"), "press 1",
		hear(t, "vi", "done-check-in"), "expect number A001", "hangup")
	if now := s.bookings(); len(now) != 1 || now[0].Code != one.Code || now[0].State != "checked_in" {
		t.Errorf("after the check-in: %+v", now)
	}
	s.callBooked("A001")
	s.finish("A001")
	call(t, s, number, hear(t, "vi", "do-rate"), "press 8", hear(t, "vi", "rate-keys"), "press 5", hear(t, "vi", "rated"), "hangup")
	if got := s.level("A001"); got != 5 {
		t.Errorf("rated %d", got)
	}
}

// TestAppointmentByChat: the same in a chat, with the notices between, a change
// of the time, and the code of the hall.
func TestAppointmentByChat(t *testing.T) {
	t.Parallel()
	const token = "123456:end-to-end"
	api := telegramtest.New(token)
	defer api.Close()
	tokenFile, config := filepath.Join(t.TempDir(), "token"), filepath.Join(t.TempDir(), "xinmoi.toml")
	write(t, tokenFile, token+"\n")
	write(t, config, fmt.Sprintf("[speaker]\noutput = \"off\"\n[telegram]\ntoken_file = %q\napi_url = %q\n", tokenFile, api.URL()))
	s := start(t, "", []string{"-config", config}, voiceless(t))
	atHour(t, s, 8)
	ctx, cancel := context.WithTimeout(t.Context(), 3*patience) // For a whole visit.
	defer cancel()
	lan := telegramtest.User{ID: 987650123457, Name: "Lan", Language: "vi"}
	expect := func(text string) string {
		t.Helper()
		m, err := api.WaitMessage(ctx, lan.ID, text)
		if err != nil {
			t.Fatalf("no message with %q: %v\n%v\n%s", text, err, api.FromBot(lan.ID), s.output)
		}
		return m.Text
	}
	press := func(button string) {
		t.Helper()
		if err := api.Press(lan, button); err != nil {
			t.Fatalf("%v\n%v", err, api.FromBot(lan.ID))
		}
	}
	api.SendText(lan, "đặt hẹn")
	expect("muốn hẹn làm việc gì")
	api.SendText(lan, "đặt hẹn a hôm nay lúc 20h")
	expect("Hẹn đến 20:00")
	api.SendText(lan, "không")
	expect("muốn đến lúc mấy giờ")
	press("11:00") // On the first page from seven to ten.
	expect("Hẹn đến 11:00")
	api.SendText(lan, "có")
	code := regexp.MustCompile(`Mã hẹn: (\d{3} \d{3} \d{3})`).FindStringSubmatch(expect("chậm nhất"))
	one := s.confirmed("telegram")
	if code == nil || code[1] != one.Code[:3]+" "+one.Code[3:6]+" "+one.Code[6:] {
		t.Errorf("told %v, it is %s", code, one.Code)
	}
	expect("đã xác nhận lịch hẹn lúc 11:00")
	if status, _ := s.visit("POST", "/admin/appointments/save", "admin", url.Values{"remind": {s.soon(one.ID)}}); status != http.StatusOK {
		t.Errorf("changing the reminders: %d", status)
	}
	expect("nhắc quý vị lịch hẹn lúc 11:00")
	press("Đổi giờ")
	expect("anh/chị muốn đến ngày nào")
	api.SendText(lan, "tôi đã đến")
	expect("6 chữ số")
	_, screen := s.visit("GET", "/hall", "board", nil)
	api.SendText(lan, regexp.MustCompile(`\d{3} \d{3}`).FindString(screen))
	expect("Số của anh/chị: A001")
	s.callBooked("A001")
	expect("Mời số A001 đến quầy")
	s.finish("A001")
	expect("hài lòng thế nào")
	api.SendText(lan, "rất hài lòng")
	expect("Đã ghi đánh giá mức 5")
	if got := s.level("A001"); got != 5 {
		t.Errorf("rated %d", got)
	}
}
