package desk

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/appointment"
	"github.com/xinmoi/xinmoi/queue/memory"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// visit is a browser without scripts at one of the handlers.
type visit struct {
	*testing.T
	h http.Handler
}

func (v visit) get(path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	v.h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w
}

func (v visit) post(path string, form url.Values) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	v.h.ServeHTTP(w, r)
	return w
}

func (v visit) expect(w *httptest.ResponseRecorder, status int, words ...string) string {
	v.Helper()
	body := w.Body.String()
	if w.Code != status {
		v.Fatalf("status %d, want %d: %s", w.Code, status, body)
	}
	for _, word := range words {
		if !strings.Contains(body, word) {
			v.Errorf("no %q in %s", word, body)
		}
	}
	return body
}

// first is the first match of a pattern's group.
func (v visit) first(body, pattern string) string {
	v.Helper()
	m := regexp.MustCompile(pattern).FindStringSubmatch(body)
	if m == nil {
		v.Fatalf("no %s in %s", pattern, body)
	}
	return strings.ReplaceAll(m[1], "&amp;", "&")
}

func open(t *testing.T, test func(t *testing.T, d *Desk, book *appointment.Book)) {
	openWith(t, nil, test)
}

func openWith(t *testing.T, teller appointment.Teller, test func(t *testing.T, d *Desk, book *appointment.Book)) {
	path := filepath.Join(t.TempDir(), appointment.FileName)
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		setup := queue.CommuneCentre()
		engine, err := queue.NewEngine(ctx, queue.Config{Setup: setup, Store: &memory.Store{}, Links: queue.NewLinks([]byte("0123456789abcdef"), "http://10.0.0.1")})
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan struct{})
		go func() { defer close(done); _ = engine.Run(ctx) }()
		own := func(context.Context) (queue.Setup, error) { return setup, nil }
		book, err := appointment.Open(ctx, path, appointment.Config{Setup: own, Office: engine, Secret: []byte("s"), Teller: teller})
		if err != nil {
			t.Fatal(err)
		}
		d, err := New(Config{Book: book, Setup: own, Office: setup.Name, Base: "http://10.0.0.1:8080", Address: func(*http.Request) string { return "a" }})
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			cancel()
			<-done
			if err := book.Close(); err != nil {
				t.Error(err)
			}
		}()
		test(t, d, book)
	})
}

// A booking from the first page to the number, by links and forms alone.
func TestBooking(t *testing.T) {
	open(t, func(t *testing.T, d *Desk, book *appointment.Book) {
		v, staff := visit{t, d.Handler()}, visit{t, d.StaffHandler()}
		body := v.expect(v.get(Public), http.StatusOK, "Hộ tịch, chứng thực", "Mã hẹn")
		body = v.expect(v.get(v.first(body, `href="(/hen\?service=A)"`)), http.StatusOK, "còn chỗ")
		at := v.first(body, `href="(/hen\?service=A&amp;day=[-0-9]+)"`)
		body = v.expect(v.get(at), http.StatusOK, "Số điện thoại")
		if len(body) > 60<<10 {
			t.Errorf("%d bytes", len(body))
		}
		form := url.Values{"service": {"A"}, "day": {v.first(body, `name="day" value="([^"]+)"`)}, "key": {v.first(body, `name="key" value="([^"]+)"`)}, "start": {v.first(body, `name="start" value="([^"]+)"`)}}
		v.expect(v.post(Public, form), http.StatusBadRequest, "ghi đủ số điện thoại")
		form.Set("phone", "0912 345 678")
		w := v.post(Public, form)
		v.expect(w, http.StatusSeeOther)
		own := w.Header().Get("Location")
		if again := v.post(Public, form).Header().Get("Location"); again != own { // Pressed twice.
			t.Errorf("%s, then %s", own, again)
		}
		body = v.expect(v.get(own), http.StatusOK, "chờ cán bộ xác nhận", "Đổi giờ")
		if strings.Contains(body, "912345678") || strings.Contains(body, "912 345 678") {
			t.Error("the page shows the telephone number")
		}
		list := staff.expect(staff.get(Staff), http.StatusOK, "84912345678", "Xác nhận")
		id := staff.first(list, `name="id" value="(\d+)"`)
		staff.expect(staff.post(Staff+"/decline", url.Values{"id": {id}}), http.StatusBadRequest)
		staff.expect(staff.post(Staff+"/confirm", url.Values{"id": {id}}), http.StatusSeeOther)
		v.expect(v.get(own), http.StatusOK, "Đã xác nhận", "Tôi đã đến nơi")
		ics := v.expect(v.get(own+"/lich.ics"), http.StatusOK, "METHOD:PUBLISH", "STATUS:CONFIRMED", "UID:appointment-1@10.0.0.1")
		if !strings.HasSuffix(ics, "END:VCALENDAR\r\n") {
			t.Error(ics)
		}
		v.expect(v.get(own+"?change=1"), http.StatusOK, "Đổi sang ngày nào?")
		day := form.Get("day")
		body = v.expect(v.get(own+"?change=1&day="+day), http.StatusOK, "Đổi sang giờ này")
		all := regexp.MustCompile(`name="start" value="([^"]+)"`).FindAllStringSubmatch(body, -1)
		v.expect(v.post(own+"/reschedule", url.Values{"start": {all[3][1]}}), http.StatusSeeOther)
		v.expect(v.get(own), http.StatusOK, "chờ cán bộ xác nhận")
		staff.expect(staff.post(Staff+"/confirm", url.Values{"id": {id}}), http.StatusSeeOther)
		if to := v.post(own+"/check-in", nil).Header().Get("Location"); !strings.HasPrefix(to, "/t/") {
			t.Errorf("checked in, sent to %q", to)
		}
		v.expect(v.get(own), http.StatusOK, "Xem số của tôi")
		v.expect(v.post(own+"/cancel", nil), http.StatusConflict, "đã thay đổi")
		staff.expect(staff.get(Staff+"?day="+day), http.StatusOK, "Đã đến và có số")
	})
}

// Where the hall shows a code, who has come says it, as on a number's own page;
// who has a number already is only shown it.
func TestHallCode(t *testing.T) {
	open(t, func(t *testing.T, d *Desk, book *appointment.Book) {
		if err := book.SetSettings(t.Context(), appointment.Settings{Automatic: true, Services: map[string]appointment.Service{"A": {Places: 2}}}); err != nil {
			t.Fatal(err)
		}
		days, err := book.Slots(t.Context(), "A", "", 1, false)
		if err != nil || len(days[0].Slots) == 0 {
			t.Fatal(days, err)
		}
		v := visit{t, d.Handler()}
		own := func(phone string) string {
			b, err := book.Book(t.Context(), appointment.Request{Service: "A", Start: days[0].Slots[0].Start, Contact: "tel:" + phone})
			if err != nil {
				t.Fatal(err)
			}
			return Public + "/" + b.Code
		}
		one, other := own("0912345678"), own("0987654321")
		time.Sleep(time.Until(days[0].Slots[0].Start))
		if strings.Contains(v.expect(v.get(one), http.StatusOK, "Tôi đã đến nơi"), "Mã 6 chữ số") {
			t.Error("a code is asked for that is shown nowhere")
		}
		d.HallCode = func(code string, _ time.Time) bool { return code == "123456" }
		v.expect(v.get(one), http.StatusOK, "Tôi đã đến nơi", "Mã 6 chữ số")
		v.expect(v.post(one+"/check-in", nil), http.StatusUnprocessableEntity, "Mã tại sảnh chưa đúng", "Đã xác nhận")
		v.expect(v.post(one+"/check-in", url.Values{"hall": {"654321"}}), http.StatusUnprocessableEntity, "Mã tại sảnh chưa đúng")
		v.expect(v.post(one+"/check-in", url.Values{"hall": {"123 456"}}), http.StatusSeeOther)
		v.expect(v.get(one), http.StatusOK, "Xem số của tôi")
		v.expect(v.post(one+"/check-in", nil), http.StatusSeeOther)
		time.Sleep(findBurst * findEvery) // Looking up is slowed down by itself.
		for range hallBurst {             // Nobody tries all codes of a minute, from wherever.
			v.post(other+"/check-in", url.Values{"hall": {"1"}})
		}
		time.Sleep(hallEvery / 2)
		v.expect(v.post(other+"/check-in", url.Values{"hall": {"123456"}}), http.StatusTooManyRequests, "Quá nhiều lần")
	})
}

// Who guesses codes learns nothing and is slowed down; a code that is none counts
// as a guess, and is then answered with little.
func TestMistypedCodes(t *testing.T) {
	open(t, func(t *testing.T, d *Desk, _ *appointment.Book) {
		v, answers := visit{t, d.Handler()}, map[int]int{}
		for range 100 {
			w := v.post(Public+"/find", url.Values{"code": {"123"}})
			if answers[w.Code]++; w.Code == http.StatusTooManyRequests && w.Body.Len() > 2000 {
				t.Fatalf("turned away with %d bytes", w.Body.Len())
			}
		}
		if answers[http.StatusNotFound] == 0 || answers[http.StatusTooManyRequests] < 50 {
			t.Errorf("answers %v", answers)
		}
	})
}

// Who guesses codes learns nothing and is slowed down.
func TestGuessing(t *testing.T) {
	open(t, func(t *testing.T, d *Desk, _ *appointment.Book) {
		v, slowed := visit{t, d.Handler()}, 0
		v.expect(v.get(Public+"/1"), http.StatusNotFound, "Không tìm thấy lịch hẹn")
		v.expect(v.post(Public+"/find", url.Values{"code": {"<script>"}}), http.StatusNotFound, "9 chữ số")
		for range findBurst + 5 {
			if v.get(Public+"/556515224").Code == http.StatusTooManyRequests {
				slowed++
			}
		}
		if slowed == 0 {
			t.Error("nobody is slowed down")
		}
		r := httptest.NewRequest(http.MethodPost, Public, nil)
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		w := httptest.NewRecorder()
		v.h.ServeHTTP(w, r)
		if w.Code != http.StatusForbidden {
			t.Errorf("another site books: %d", w.Code)
		}
	})
}

// A vaccination needs a chair at its time and a bed in the half-hour after: the
// pages offer as many places as the scarcer of both has.
func TestVaccination(t *testing.T) {
	open(t, func(t *testing.T, d *Desk, book *appointment.Book) {
		v, staff, admin := visit{t, d.Handler()}, visit{t, d.StaffHandler()}, visit{t, d.SettingsHandler()}
		admin.expect(admin.post(Settings+"/save", url.Values{
			"automatic": {"1"}, "resources": {"ghe | 4 | Ghế tiêm | Chair\ngiuong | 2 | Giường theo dõi | Bed"}, "places-A": {"9"}, "needs-A": {"ghe\ngiuong 1 1 1"},
		}), http.StatusSeeOther)
		admin.expect(admin.get(Settings), http.StatusOK, "giuong | 2 | Giường theo dõi | Bed", "giuong 1 1 1")
		body := v.expect(v.get(Public+"?service=A"), http.StatusOK)
		at := v.first(body, `href="(/hen\?service=A&amp;day=[-0-9]+)"`)
		body = v.expect(v.get(at), http.StatusOK, "còn 2")
		if strings.Contains(body, "còn 4") || strings.Contains(body, "còn 9") {
			t.Error("more places are offered than there are beds")
		}
		start, day := v.first(body, `name="start" value="([^"]+)"`), v.first(body, `name="day" value="([^"]+)"`)
		form := url.Values{"service": {"A"}, "day": {day}, "start": {start}}
		for i, phone := range []string{"0912345671", "0912345672", "0912345673"} {
			form.Set("phone", phone)
			form.Set("key", phone)
			if w := v.post(Public, form); (w.Code == http.StatusSeeOther) != (i < 2) {
				t.Errorf("booking %d: status %d", i+1, w.Code)
			}
		}
		v.expect(v.get(at), http.StatusOK, "hết chỗ, có thể chờ", "còn 2")
		staff.expect(staff.get(Staff+"?day="+day), http.StatusOK, "84912345671", "84912345672")
	})
}

func TestSettings(t *testing.T) {
	open(t, func(t *testing.T, d *Desk, book *appointment.Book) {
		v := visit{t, d.SettingsHandler()}
		v.expect(v.get(Settings), http.StatusOK, "Tự động xác nhận", `value="50"`)
		form := url.Values{
			"automatic": {"1"}, "share": {"40"}, "remind": {"60, 1440"}, "resources": {"ghe | 4 | Ghế tiêm | Chair\n"}, "absences": {"2027-02-06 3\n"},
			"places-A": {"5"}, "needs-A": {"ghe 2 1"}, "off-B": {"1"},
		}
		v.expect(v.post(Settings+"/save", form), http.StatusSeeOther)
		s, err := book.Settings(t.Context())
		if err != nil || !s.Automatic || s.Share != 40 || len(s.RemindMinutes) != 2 || !s.Services["B"].Off || s.Services["A"].Places != 5 ||
			s.Services["A"].Needs[0] != (appointment.Need{Resource: "ghe", Units: 2, After: 1}) || s.Absences[0].Counter != "3" || s.Resources[0].NameEN != "Chair" {
			t.Errorf("%+v, %v", s, err)
		}
		v.expect(v.get(Settings), http.StatusOK, "ghe | 4 | Ghế tiêm | Chair", "ghe 2 1 1")
		for field, bad := range map[string]string{"share": "51", "resources": "x | many", "needs-A": "nothing", "absences": "tomorrow 1", "remind": "1"} {
			wrong := url.Values{}
			for name := range form {
				wrong.Set(name, form.Get(name))
			}
			wrong.Set(field, bad)
			v.expect(v.post(Settings+"/save", wrong), http.StatusBadRequest, "Chưa lưu")
		}
		if again, _ := book.Settings(t.Context()); again.Share != 40 {
			t.Error("what was refused is in force")
		}
		if rows := d.Panel().Rows(t.Context()); len(rows) != 2 || rows[1].Value != "0" {
			t.Errorf("%+v", rows)
		}
	})
}

// mute is a teller that reaches nobody.
type mute struct{}

func (mute) Tell(context.Context, appointment.Notice) error { return appointment.ErrNoWay }

// Staff see whom no message reached, with what to say, until they have said it.
func TestStaffTellWhomNothingReaches(t *testing.T) {
	openWith(t, mute{}, func(t *testing.T, d *Desk, book *appointment.Book) {
		if err := book.SetSettings(t.Context(), appointment.Settings{Automatic: true}); err != nil {
			t.Fatal(err)
		}
		days, err := book.Slots(t.Context(), "A", "", 3, false)
		if err != nil {
			t.Fatal(err)
		}
		b, err := book.Book(t.Context(), appointment.Request{Service: "A", Start: days[1].Slots[2].Start, Contact: "tel:0912345678"})
		if err != nil {
			t.Fatal(err)
		}
		v := visit{t, d.StaffHandler()}
		const heading = "Chưa báo được cho người hẹn"
		if strings.Contains(v.expect(v.get(Staff), http.StatusOK), heading) {
			t.Error("nobody has been tried yet")
		}
		if _, err := book.Advance(t.Context()); err != nil {
			t.Fatal(err)
		}
		v.expect(v.get(Staff), http.StatusOK, heading+" (1)", "84912345678", "đã được xác nhận", appointment.FormatCode(b.Code))
		if rows := d.Panel().Rows(t.Context()); rows[len(rows)-1].Label != heading || rows[len(rows)-1].Value != "1" {
			t.Errorf("%+v", rows)
		}
		v.expect(v.post(Staff+"/told", url.Values{"id": {b.ID}, "day": {days[1].Date}}), http.StatusSeeOther)
		if strings.Contains(v.expect(v.get(Staff), http.StatusOK), heading) {
			t.Error("it is still to be told")
		}
	})
}

// Who mistypes a setting loses nothing of what was typed, and reads in the page's
// language alone what is wrong.
func TestSettingsTyped(t *testing.T) {
	open(t, func(t *testing.T, d *Desk, book *appointment.Book) {
		v := visit{t, d.SettingsHandler()}
		form := url.Values{"automatic": {"1"}, "resources": {"giuong | 3 | Giường"}, "places-A": {"5"}, "minutes-A": {"7"}, "needs-A": {"bed 1 1 1"}, "off-B": {"1"}}
		body := v.expect(v.post(Settings+"/save", form), http.StatusBadRequest, "Chưa lưu: dịch vụ A cần &#34;bed&#34;",
			`name="places-A" inputmode="numeric" maxlength="3" value="5"`, `name="minutes-A" inputmode="numeric" maxlength="3" value="7"`, ">bed 1 1 1</textarea>",
			`name="off-B" value="1" checked`, `name="automatic" value="1" checked`)
		if strings.Contains(body, "needs &#34;bed&#34;") || strings.Contains(body, "bad_request") {
			t.Error("what is wrong is said twice, or to programs")
		}
		form.Set("needs-A", "giuong 1 một")
		v.expect(v.post(Settings+"/save?lang=en", form), http.StatusBadRequest, "Not saved: &#34;một&#34;: give a whole number<")
		form.Set("needs-A", "giuong 1 1 1")
		v.expect(v.post(Settings+"/save", form), http.StatusSeeOther)
		s, err := book.Settings(t.Context())
		if err != nil || !s.Automatic || s.Services["A"].Places != 5 || len(s.Services["A"].Needs) != 1 {
			t.Errorf("%+v, %v", s, err)
		}
	})
}

// Who mistypes a booking for a citizen loses nothing, hears what is wrong with it,
// and when there are places.
func TestStaffTyped(t *testing.T) {
	open(t, func(t *testing.T, d *Desk, book *appointment.Book) {
		if err := book.SetSettings(t.Context(), appointment.Settings{Services: map[string]appointment.Service{"B": {Places: 1}}}); err != nil {
			t.Fatal(err)
		}
		days, err := book.Slots(t.Context(), "B", "", 1, true)
		if err != nil || len(days) == 0 || len(days[0].Slots) < 2 {
			t.Fatal(days, err)
		}
		zone := appointment.NewCalendar(queue.CommuneCentre()).Zone()
		clock := func(i int) string { return days[0].Slots[i].Start.In(zone).Format("15:04") }
		v := visit{t, d.StaffHandler()}
		form := func(clock, phone string) url.Values {
			return url.Values{"day": {days[0].Date}, "service": {"B"}, "clock": {clock}, "phone": {phone}}
		}
		typed := []string{`<option value="B" selected>`, `value="0987654321"`, "Còn chỗ: " + clock(0) + " " + clock(1)}
		v.expect(v.post(Staff+"/book", form("9h30", "0987654321")), http.StatusBadRequest, append(typed, "Xin ghi giờ hẹn là đầu nửa giờ", `value="9h30"`)...)
		v.expect(v.post(Staff+"/book", form("03:10", "0987654321")), http.StatusConflict, append(typed, "Không đặt được giờ này")...)
		v.expect(v.post(Staff+"/book", form(clock(0), "12")), http.StatusBadRequest, "Xin ghi đủ số điện thoại, hoặc để trống")
		v.expect(v.post(Staff+"/book", form(clock(0), "0987654321")), http.StatusSeeOther)
		v.expect(v.post(Staff+"/book", form(clock(0), "0912345678")), http.StatusConflict, "Giờ này đã hết chỗ", "Còn chỗ: "+clock(1))
	})
}
