package setup

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

func TestReadQueues(t *testing.T) {
	now := queue.CommuneCentre().Services
	for _, c := range []struct{ typed, want, wrong string }{
		{"A Hộ tịch\nb. Đất đai\nK: Khác\nAB – Thuế", "A Hộ tịch|B Đất đai|K Khác|AB Thuế", ""},
		{"Hộ tịch\n\n  Đất   đai ", "A Hộ tịch|B Đất đai", ""},
		{"Y tế\nAn sinh xã hội\nThuế", "A Y tế|B An sinh xã hội|C Thuế", ""},
		{"Y Y tế\nA hộ tịch", "Y Y tế|A hộ tịch", ""},
		{"Thuế\nA Hộ tịch", "B Thuế|A Hộ tịch", ""},
		{"Thuế\nđất đai, xây dựng", "A Thuế|B đất đai, xây dựng", ""}, // The second keeps the letter of its name.
		{"- Hộ tịch\n– Đất đai\n•Thuế\n* Cư trú\n-", "A Hộ tịch|B Đất đai|C Thuế|D Cư trú", ""},
		{"1. Hộ tịch\n2) Đất đai\n(3) Thuế\n04/ Cư trú", "A Hộ tịch|B Đất đai|C Thuế|D Cư trú", ""},
		{"- 1. Hộ tịch\n2 - Đất đai\n1.3. Thuế\n2.3 Cư trú", "A Hộ tịch|B Đất đai|C Thuế|D 2.3 Cư trú", ""},
		{"1. K Khác\n- B. Đất đai", "K Khác|B Đất đai", ""},
		{"1 cửa\n113\n2.3 Đất đai\n4.0", "A 1 cửa|B 113|C 2.3 Đất đai|D 4.0", ""}, // Names that begin with a figure.
		{"A Hộ tịch\nA Đất đai", "", "Chữ A có hai lần"}, {"A Hộ tịch\nHộ  tịch", "", "có hai lần"}, {"A Hộ tịch\nB.", "", "chưa có tên"}, {"C", "", "chưa có tên"},
		{"Đ Đất đai", "", "từ A đến Z"}, {"1. Đ. đất đai", "", "từ A đến Z"}, {"Ủy ban", "A Ủy ban", ""},
	} {
		got, wrong := readQueues(c.typed, now)
		if c.wrong != "" {
			if wrong == nil || !strings.Contains(wrong.VI, c.wrong) || wrong.EN == "" {
				t.Errorf("%q: %v, want %q", c.typed, wrong, c.wrong)
			}
			continue
		}
		var list []string
		for _, v := range got {
			list = append(list, v.ID+" "+v.Name)
		}
		if wrong != nil || strings.Join(list, "|") != c.want {
			t.Errorf("%q: %q %v, want %q", c.typed, list, wrong, c.want)
		}
	}
	many := make([]string, 100)
	for i := range many {
		many[i] = "Việc số " + itoa(i)
	}
	got, wrong := readQueues(strings.Join(many, "\n"), now)
	if wrong != nil || len(got) != 100 || got[25].ID != "Z" || got[26].ID != "AA" || got[52].ID != "BA" {
		t.Errorf("%v %+v", wrong, got)
	}
}

// The procedures follow the queues.
func TestSettleProcedures(t *testing.T) {
	procedures := func(s queue.Setup, service string) (names []string) {
		for _, p := range s.Procedures {
			if p.Service == service {
				names = append(names, p.Field+"/"+p.Name)
			}
		}
		return names
	}
	own := queue.Procedure{ID: "rieng", Field: "Riêng", Name: "Của cơ quan", Service: "D"}
	for name, c := range map[string]struct {
		typed string
		keep  bool
		of    string
		want  int
		first string
	}{
		"untouched":              {"A Hộ tịch, chứng thực", false, "A", 5, "Hộ tịch/Đăng ký khai sinh"},
		"half of it":             {"A Hộ tịch", false, "A", 3, "Hộ tịch/Đăng ký khai sinh"},
		"half of it, all kept":   {"A Hộ tịch", true, "A", 5, "Hộ tịch/Đăng ký khai sinh"},
		"about something else":   {"B Thuế", false, "B", 1, "Thuế/Thuế"},
		"kept":                   {"B Thuế", true, "B", 2, "Đất đai – Xây dựng/Đăng ký đất đai, biến động"},
		"new":                    {"K Khác", false, "K", 1, "Khác/Khác"},
		"the office's own stays": {"D Tiếp dân", false, "D", 1, "Riêng/Của cơ quan"},
		"an id that is taken":    {"A Hộ tịch\nK Khai sinh", false, "K", 1, "Khai sinh/Khai sinh"},
	} {
		s := queue.CommuneCentre()
		s.Procedures = append(s.Procedures, own)
		before := copyOf(s)
		all, wrong := readQueues(c.typed, s.Services)
		if wrong != nil {
			t.Fatal(wrong)
		}
		replaceServices(&s, all)
		settleProcedures(&s, before, c.keep)
		if got := procedures(s, c.of); len(got) != c.want || got[0] != c.first {
			t.Errorf("%s: %q, want %d, the first %q", name, got, c.want, c.first)
		}
		if err := s.Check(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	s := queue.CommuneCentre()
	for _, typed := range []string{"A Thuế", "A Thuế và phí lớn", "A Cư trú"} { // Its own name follows.
		before := copyOf(s)
		all, _ := readQueues(typed, s.Services)
		replaceServices(&s, all)
		settleProcedures(&s, before, false)
		if got := procedures(s, "A"); len(got) != 1 || got[0] != typed[2:]+"/"+typed[2:] {
			t.Errorf("%s: %q", typed, got)
		}
	}
	s = queue.CommuneCentre()
	s.Procedures = nil
	before := copyOf(s)
	all, _ := readQueues("A Thuế\nK Khác", s.Services)
	replaceServices(&s, all)
	settleProcedures(&s, before, false)
	if len(s.Procedures) != 0 || len(unoffered(s)) != 0 {
		t.Errorf("an office without procedures offers its queues: %+v", s.Procedures)
	}
}

// Every sample goes to the queue whose name fits it best, to none if none fits;
// the kiosks offer the queues in the order typed.
func TestSamplesGoWhereTheyBelong(t *testing.T) {
	for _, c := range []struct {
		typed string
		keep  bool
		want  string // Field/id at a queue, as the kiosks list them.
	}{
		{"A Hộ tịch\nB Chứng thực\nC Đất đai\nD Trả kết quả", false,
			"A Hộ tịch/khai-sinh|A Hộ tịch/ket-hon|A Hộ tịch/khai-tu|B Chứng thực/ban-sao|B Chứng thực/chu-ky|C Đất đai/dat-dai|D Trả kết quả/tra-ket-qua"},
		{"d tra ket qua\nc dat dai\nK Tiếp dân\nb chung thuc", false, // Without marks, and in another order.
			"D tra ket qua/tra-ket-qua|C dat dai/dat-dai|K Tiếp dân/tiep-dan|B Chứng thực/ban-sao|B Chứng thực/chu-ky"},
		{"A Hộ tịch, chứng thực\nB Đất đai, xây dựng\nC Chính sách xã hội, bảo hiểm\nD Đăng ký kinh doanh, trả kết quả\nE Chứng thực", false,
			"A Hộ tịch/khai-sinh|A Hộ tịch/ket-hon|A Hộ tịch/khai-tu|B Đất đai – Xây dựng/dat-dai|B Đất đai – Xây dựng/xay-dung|C Bảo trợ xã hội – Bảo hiểm/tro-cap|C Bảo trợ xã hội – Bảo hiểm/nguoi-co-cong|C Bảo trợ xã hội – Bảo hiểm/bao-hiem|D Kinh doanh – Trả kết quả/ho-kinh-doanh|D Kinh doanh – Trả kết quả/tra-ket-qua|E Chứng thực/ban-sao|E Chứng thực/chu-ky"},
		{"A An sinh xã hội\nB Bảo hiểm\nC Đăng ký kinh doanh", false,
			"A An sinh xã hội/tro-cap|A An sinh xã hội/nguoi-co-cong|B Bảo hiểm/bao-hiem|C Đăng ký kinh doanh/ho-kinh-doanh"},
		{"A Đăng ký xe\nB Hồ sơ, thủ tục", false, "A Đăng ký xe/dang-ky-xe|B Hồ sơ, thủ tục/ho-so-thu-tuc"},
		{"A Thuế\nB Đất", true, // Kept, except those whose queues are gone.
			"A Hộ tịch/khai-sinh|A Hộ tịch/ket-hon|A Hộ tịch/khai-tu|A Chứng thực/ban-sao|A Chứng thực/chu-ky|B Đất/dat-dai|B Đất đai – Xây dựng/xay-dung"},
	} {
		s := queue.CommuneCentre()
		for range 2 { // The second time nothing is left to do.
			before := copyOf(s)
			all, wrong := readQueues(c.typed, s.Services)
			if wrong != nil {
				t.Fatal(wrong)
			}
			replaceServices(&s, all)
			settleProcedures(&s, before, c.keep)
			var got []string
			for _, p := range s.Procedures {
				got = append(got, p.Service+" "+p.Field+"/"+p.ID)
			}
			if list := strings.Join(got, "|"); list != c.want {
				t.Errorf("%q:\n%s, want\n%s", c.typed, list, c.want)
			}
		}
	}
}

// What somebody has put elsewhere by hand stays there as long as no queue
// changes that fits it better, and so does the office's own word for a field.
func TestSamplesStayWhereTheyWerePut(t *testing.T) {
	s := queue.CommuneCentre()
	at := slices.IndexFunc(s.Procedures, func(p queue.Procedure) bool { return p.ID == "ban-sao" })
	s.Procedures[at].Service, s.Procedures[at].Field = "D", "Sao y"
	for _, c := range []struct{ typed, want string }{
		{"A Hộ tịch, chứng thực\nB Đất đai, xây dựng\nD Đăng ký kinh doanh, trả kết quả", "D/Sao y"},
		{"A Hộ tịch và chứng thực\nB Đất đai\nD Đăng ký kinh doanh, trả kết quả", "A/Sao y"},
	} {
		before := copyOf(s)
		all, _ := readQueues(c.typed, s.Services)
		replaceServices(&s, all)
		settleProcedures(&s, before, false)
		i := slices.IndexFunc(s.Procedures, func(p queue.Procedure) bool { return p.ID == "ban-sao" })
		if i < 0 || s.Procedures[i].Service+"/"+s.Procedures[i].Field != c.want {
			t.Errorf("%q: %+v", c.typed, s.Procedures)
		}
	}
}

// Whatever is typed: letters and ids are each there once, and no queue is left
// that the kiosks do not offer.
func TestQueuesAreOffered(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := queue.CommuneCentre()
		name := rapid.SampledFrom([]string{"Hộ tịch", "Hộ tịch, chứng thực", "Đất đai", "Y tế", "Khai sinh", "Thuế", "…", "Đất đai, xây dựng", "A", "tiếp dân"})
		line := rapid.Custom(func(t *rapid.T) string {
			return rapid.SampledFrom([]string{"", "A ", "B. ", "c) ", "K: ", "AB ", "Z – "}).Draw(t, "letter") + name.Draw(t, "name")
		})
		for range 3 {
			before := copyOf(s)
			next := copyOf(s)
			all, wrong := readQueues(strings.Join(rapid.SliceOfN(line, 1, 6).Draw(t, "lines"), "\n"), s.Services)
			if wrong != nil {
				continue
			}
			replaceServices(&next, all)
			settleProcedures(&next, before, rapid.Bool().Draw(t, "keep"))
			if err := next.Check(); err != nil {
				t.Fatalf("%v: %+v", err, next)
			}
			if left := append(unoffered(next), unserved(next)...); len(left) > 0 {
				t.Fatalf("not offered or served: %+v", left)
			}
			s = next
		}
	})
}

func TestSetupPanel(t *testing.T) {
	s := queue.CommuneCentre()
	if rows := setupRows(s); len(rows) != 1 || rows[0].Level != page.OK {
		t.Errorf("%+v", rows)
	}
	s.Services = append(s.Services, queue.Service{ID: "E", Name: "Trả kết quả"}, queue.Service{ID: "F", Name: "Đóng", Closed: true})
	rows := setupRows(s)
	if len(rows) != 2 || rows[0].Level != page.Warn || !strings.Contains(rows[0].Value, "Trả kết quả") || rows[0].Href != Prefix+"/procedures" || rows[1].Href != Prefix+"/counters" {
		t.Errorf("%+v", rows)
	}
	w := open(t, func(v *queue.Setup) { v.Services = s.Services })
	for _, at := range []string{"services", "counters", "done"} {
		if body := w.get(WizardPath + "?step=" + at).Body.String(); !strings.Contains(body, "máy lấy số không mời được") || !strings.Contains(body, `href="/admin/setup/procedures?from=`+at+`"`) {
			t.Errorf("%s warns of nothing", at)
		}
	}
	if rows := Panel(w.engine).Rows(t.Context()); len(rows) != 2 {
		t.Errorf("%+v", rows)
	}
	// A queue added on its own page is offered at once.
	if got := w.post(Prefix+"/services/new", url.Values{"id": {"G"}, "name": {"Tiếp dân"}}); got.Code != http.StatusSeeOther || !offered(w.setup(), "G") {
		t.Errorf("%d %+v", got.Code, w.setup().Procedures)
	}
}

// What most offices choose is chosen beforehand as long as nobody is served, and
// only until it was saved once.
func TestPresets(t *testing.T) {
	w := open(t, nil)
	if body := w.get(WizardPath + "?step=hours").Body.String(); !strings.Contains(body, `value="office" selected`) || !strings.Contains(body, `name="was.week" value="always"`) || !strings.Contains(body, "Ngày Văn hóa Việt Nam 24/11*") {
		t.Errorf("%s", body)
	}
	got := w.post(WizardPath+"/hours", url.Values{"week": {"always"}, "was.week": {"always"}, "was.holidays": {""}, "holidays": {"yes"}})
	if s := w.setup(); len(s.Hours) != 0 || len(s.Days) < 12 {
		t.Errorf("%+v", s.Days)
	}
	next := httptest.NewRequest(http.MethodGet, got.Header().Get("Location"), nil)
	again := httptest.NewRequest(http.MethodGet, WizardPath+"?step=hours", nil)
	for _, c := range got.Result().Cookies() {
		next.AddCookie(c)
		again.AddCookie(c)
	}
	rec := httptest.NewRecorder()
	w.pages.ServeHTTP(rec, next)
	if body := rec.Body.String(); !strings.Contains(body, "Đã thêm ") || !strings.Contains(body, "Tết Nguyên đán 05–09/02") || !strings.Contains(body, "công bố từng năm") {
		t.Errorf("what was added is not told: %s", body)
	}
	rec = httptest.NewRecorder()
	w.pages.ServeHTTP(rec, again)
	if body := rec.Body.String(); !strings.Contains(body, `value="always" selected`) || strings.Contains(body, `name="holidays"`) || !strings.Contains(body, "✓") {
		t.Error("a saved step is shown as if it were not, or offers the holidays again")
	}
}

// An office that serves people is not put on trial unasked.
func TestFirstNumberOfALiveOffice(t *testing.T) {
	w := open(t, nil)
	if _, err := w.engine.Take(t.Context(), queue.TakeRequest{Service: "A", Channel: queue.Kiosk}); err != nil {
		t.Fatal(err)
	}
	if body := w.get(WizardPath + "?step=ticket").Body.String(); !strings.Contains(body, "đang phục vụ") || !strings.Contains(body, `value="real"`) {
		t.Error("nothing is asked")
	}
	if got := w.post(WizardPath+"/ticket", nil); got.Code != http.StatusUnprocessableEntity || w.setup().Trial {
		t.Errorf("%d, trial %v", got.Code, w.setup().Trial)
	}
	if got := w.post(WizardPath+"/ticket", url.Values{"how": {"trial"}}); got.Code != http.StatusUnprocessableEntity || w.setup().Trial {
		t.Errorf("a trial while somebody waits: %d, trial %v", got.Code, w.setup().Trial)
	}
	got := w.post(WizardPath+"/ticket", url.Values{"how": {"real"}})
	if got.Code != http.StatusSeeOther || w.setup().Trial || !strings.Contains(got.Header().Get("Location"), "number=A002") {
		t.Fatalf("%d %s", got.Code, got.Header().Get("Location"))
	}
	got = w.post(WizardPath+"/call", url.Values{"number": {"A002"}})
	body := w.get(got.Header().Get("Location")).Body.String()
	if !strings.Contains(body, `id="tidy"`) || !strings.Contains(body, `name="opened"`) {
		t.Errorf("the number stays in hand, and nothing is offered: %s", body)
	}
	got = w.post(WizardPath+"/done", url.Values{"number": {"A002"}, "opened": {"1"}})
	ticket, err := w.engine.Ticket(t.Context(), "A002")
	counters, errCounters := w.engine.Counters(t.Context())
	if got.Code != http.StatusSeeOther || errors.Join(err, errCounters) != nil || ticket.State != queue.Completed || slices.ContainsFunc(counters, func(c queue.CounterView) bool { return c.State != queue.Closed }) {
		t.Errorf("%d %+v %v", got.Code, ticket, err)
	}
	if got := w.post(WizardPath+"/done", url.Values{"number": {"A002"}}); got.Code != http.StatusSeeOther {
		t.Errorf("a second time: %d", got.Code)
	}

	past := open(t, nil)
	past.desk.Past = func() bool { return true }
	if got := past.post(WizardPath+"/ticket", nil); got.Code != http.StatusUnprocessableEntity || past.setup().Trial {
		t.Errorf("an office with past days: %d", got.Code)
	}
}

func TestHearSaysWhatToDo(t *testing.T) {
	w := open(t, nil)
	w.desk.TestSpeaker = func(context.Context) error {
		return errors.Join(errors.New("không nguồn (no power)"), errors.New("không nguồn (no power)"))
	}
	body := w.post(WizardPath+"/sound", nil).Body.String()
	if strings.Count(body, "không nguồn") != 1 || strings.Contains(body, "no power") || !strings.Contains(body, `href="/board"`) || !strings.Contains(body, `href="/admin/sound"`) || !strings.Contains(body, `id="skip"`) {
		t.Error(body)
	}
	english := httptest.NewRequest(http.MethodPost, WizardPath+"/sound?lang=en", nil)
	rec := httptest.NewRecorder()
	w.pages.ServeHTTP(rec, english)
	if !strings.Contains(rec.Body.String(), "no power") || strings.Contains(rec.Body.String(), "không nguồn") {
		t.Error("in English it is told in Vietnamese")
	}
}

// Citizens can book although nobody asked for it: the last step says so.
func TestBookingNote(t *testing.T) {
	w := open(t, nil)
	for _, on := range []bool{true, false} {
		w.desk.BookingNote = func(context.Context) (page.Row, bool) {
			return page.Row{Label: "Đặt lịch hẹn", LabelEN: "Appointments", Value: "đang mở", ValueEN: "open", Href: "/admin/appointments"}, on
		}
		body := w.get(WizardPath + "?step=done").Body.String()
		if got := strings.Contains(body, `id="running"`) && strings.Contains(body, `href="/admin/appointments">`); got != on {
			t.Errorf("told %v, want %v: %s", got, on, body)
		}
	}
}

func TestVoiceNote(t *testing.T) {
	w := open(t, nil)
	w.desk.VoiceNote = func(context.Context) (page.Row, bool) {
		return page.Row{Label: "Giọng đọc", LabelEN: "Voice", Value: "giọng miền Nam đang được tạo", ValueEN: "is being made", Href: "/studio"}, true
	}
	for at, want := range map[string]bool{"office": true, "services": true, "sound": true, "done": true, "hours": false} {
		if body := w.get(WizardPath + "?step=" + at).Body.String(); strings.Contains(body, "đang được tạo") != want {
			t.Errorf("%s: %v", at, !want)
		}
	}
}

func TestDayWords(t *testing.T) {
	got := dayWords([]queue.Day{
		{Date: "2026-11-24", Name: "Văn hóa*", NameEN: "Culture*"}, {Date: "2027-01-31", Name: "Tết", NameEN: "Tet"}, {Date: "2027-02-01", Name: "Tết*", NameEN: "Tet*"}, {Date: "2027-02-03", Name: "Tết", NameEN: "Tet"},
	})
	if got.VI != "2026: Văn hóa 24/11*; 2027: Tết 31/01–01/02*; Tết 03/02" || !strings.HasPrefix(got.EN, "2026: Culture 24/11*") {
		t.Errorf("%q", got)
	}
	w := open(t, nil)
	_, days := w.desk.holidaysToAdd(w.setup())
	named := map[string]int{}
	for _, h := range days {
		if h.Date.Year() == 2027 && !strings.HasPrefix(h.Name, "Nghỉ bù") {
			named[h.Name]++
		}
	}
	want := map[string]int{"Tết Dương lịch": 1, "Tết Nguyên đán": 5, "Giỗ Tổ Hùng Vương": 1, "Ngày Chiến thắng": 1, "Ngày Quốc tế lao động": 1, "Quốc khánh": 2, "Ngày Văn hóa Việt Nam": 1}
	for name, n := range want {
		if named[name] != n {
			t.Errorf("%s: %d days, want %d", name, named[name], n)
		}
	}
	if first := days[0].Date.Format(time.DateOnly); first != "2026-11-24" {
		t.Errorf("the first to come is %s", first)
	}
}
