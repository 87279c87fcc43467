package setup

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/memory"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// world is an office and its pages.
type world struct {
	t      *testing.T
	engine *queue.Engine
	desk   *Desk
	pages  http.Handler
	heard  int
	tried  []queue.Setup
}

func open(t *testing.T, change func(*queue.Setup)) *world {
	t.Helper()
	s := queue.CommuneCentre()
	if change != nil {
		change(&s)
	}
	now := time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)
	e, err := queue.NewEngine(t.Context(), queue.Config{Setup: s, Store: &memory.Store{}, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- e.Run(ctx) }()
	t.Cleanup(func() { stop(); <-done })
	w := &world{t: t, engine: e}
	w.desk, err = New(Config{
		Setup: e, Office: e, Now: func() time.Time { return now },
		TestSpeaker:  func(context.Context) error { w.heard++; return nil },
		FirstAccount: func(context.Context) bool { return true }, MakeAccount: makeAccount,
		Channels: func(context.Context) []page.Row { return []page.Row{{Label: "Tổng đài", Value: "tắt"}} },
		WhatIf: func(_ context.Context, _ page.Lang, next queue.Setup) ([]Preview, error) {
			if w.tried = append(w.tried, next); next.Rates.Priority == 4 {
				return nil, errors.New("chưa có ngày nào")
			}
			return []Preview{{Day: "2026-11-20", Rows: []PreviewRow{{Name: "Tất cả", People: 7, Before: "9.0", After: "8.0"}}}}, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	w.pages = w.desk.Handler()
	return w
}

func (w *world) setup() queue.Setup {
	w.t.Helper()
	v, err := w.engine.Setup(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	return v.Setup
}

func (w *world) get(path string) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	w.pages.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, path, nil))
	return rec
}

func (w *world) post(path string, form url.Values) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w.pages.ServeHTTP(rec, r)
	return rec
}

// Every form: what is mistyped is said beside the field, in Vietnamese and in
// English, nothing is saved, and what was typed is still there.
func TestEveryFormSaysWhatIsWrong(t *testing.T) {
	w := open(t, func(s *queue.Setup) { s.Zones = []queue.Zone{{ID: "sanh", Name: "Sảnh"}} })
	for _, c := range []struct {
		path, field, typed, want string
		more                     url.Values
	}{
		{"office", "name", "", "Chưa điền", nil}, {"office", "name", strings.Repeat("Rất dài ", 60), "viết ngắn lại", nil}, {"office", "region", "east", "xin chọn lại", nil},
		{"office", "hotline", strings.Repeat("1", 61), "viết ngắn lại", nil},
		{"office", "time_zone", "Giờ Hà Nội", "không phải múi giờ", nil}, {"office", "time_zone", "", "Chưa điền", nil}, {"office", "time_zone", "Local", "không phải múi giờ", nil},
		{"hours", "day1", "sáng", "hai giờ cách nhau dấu gạch", nil}, {"hours", "day2", "07:30–06:00", "phải sau giờ mở cửa", nil}, {"hours", "day3", "07:30–11:30, 11:00–12:00", "trùng với", nil}, {"hours", "day0", "25:00–26:00", "không phải giờ", nil},
		{"rules", "priority", "5", "từ 1 đến 4", nil}, {"rules", "appointment", "x", "từ 1 đến 4", nil}, {"rules", "priority", "", "Chưa điền", nil}, {"rules", "person_most", "101", "từ 0 đến 100", nil},
		{"rating", "levels", "6 = Tuyệt", "mỗi điểm từ 1 đến 5", nil}, {"rating", "levels", "5 = Tốt", "ít nhất hai mức", nil}, {"rating", "reasons", "Thái độ phục vụ của cán bộ tiếp nhận chưa niềm nở với người dân", "viết ngắn hơn", nil}, {"rating", "low", "9", "xin chọn lại", nil}, {"rating", "minutes", "-1", "từ 1 đến 1440", nil},
		{"rules", "calls_most", "nhiều", "số nguyên", nil}, {"rules", "remote_until", "tối", "không phải giờ", nil}, {"rules", "help_factor", "11", "từ 0,1 đến 10", nil},
		{"services/new", "id", "", "Chưa điền", url.Values{"name": {"Mới"}}}, {"services/new", "id", "a", "đã có", url.Values{"name": {"Mới"}}}, {"services/new", "id", "Đ1", "A–Z", url.Values{"name": {"Mới"}}},
		{"services/new", "name", "", "Chưa điền", url.Values{"id": {"E"}}}, {"services/of/A", "last", "5", "nhỏ hơn số đầu", url.Values{"name": {"x"}, "first": {"10"}}},
		{"services/of/A", "quota", "-1", "từ 0 đến", url.Values{"name": {"x"}}}, {"services/of/A", "quota.web", "x", "số nguyên", url.Values{"name": {"x"}}},
		{"procedures/new", "name", "Đăng ký khai sinh", "", url.Values{"service": {"A"}}}, {"procedures/new", "name", "Khai sinh", "đã có", url.Values{"service": {"A"}}},
		{"procedures/new", "name", "…", "chữ cái hoặc chữ số", url.Values{"service": {"A"}}},
		{"procedures/of/khai-sinh", "service", "Z", "xin chọn lại", url.Values{"name": {"x"}}}, {"procedures/of/khai-sinh", "service", "", "Chưa điền", url.Values{"name": {"x"}}},
		{"counters/new", "id", "0", "số từ 1", url.Values{"services": {"A"}}}, {"counters/new", "id", "3", "đã có", url.Values{"services": {"A"}}}, {"counters/new", "services", "", "Chưa điền", url.Values{"id": {"9"}}},
		{"counters/of/1", "helps", "A", "chỉ chọn một", url.Values{"name": {"x"}, "services": {"A"}}}, {"counters/of/1", "room", strings.Repeat("1", 25), "viết ngắn lại", url.Values{"name": {"x"}, "services": {"A"}}},
		{"zones/new", "id", "Tầng 2", "chữ thường không dấu", url.Values{"name": {"Tầng 2"}}}, {"zones/new", "id", "sanh", "đã có", url.Values{"name": {"Sảnh"}}}, {"zones/of/sanh", "volume", "20", "từ -40 đến 6", url.Values{"name": {"x"}}},
		{"zones/of/sanh", "quiet", "trưa", "hai giờ", url.Values{"name": {"x"}}}, {"zones/of/sanh", "readings", "4", "từ 1 đến 3", url.Values{"name": {"x"}}},
		{"agencies/new", "name", "", "Chưa điền", nil}, {"days/new", "date", "mai", "không phải ngày", url.Values{"name": {"Tết"}}}, {"days/new", "name", "", "Chưa điền", url.Values{"date": {"06/02/2027"}}},
		{"days/new", "hours", "7-6", "sau giờ mở cửa", url.Values{"name": {"Tết"}, "date": {"06/02/2027"}}},
	} {
		before := w.setup()
		form := url.Values{c.field: {c.typed}}
		for k, v := range c.more {
			form[k] = v
		}
		got := w.post(Prefix+"/"+c.path, form)
		page := got.Body.String()
		if c.want == "" {
			if got.Code != http.StatusSeeOther {
				t.Errorf("%s %s=%q: %d", c.path, c.field, c.typed, got.Code)
			}
			continue
		}
		message := regexp.MustCompile(`(?s)id="e-` + regexp.QuoteMeta(c.field) + `">(.*?)</p>`).FindStringSubmatch(page)
		if got.Code != http.StatusUnprocessableEntity || message == nil || !strings.Contains(message[1], c.want) {
			t.Errorf("%s %s=%.20q: %d, beside the field stands %q, want %q", c.path, c.field, c.typed, got.Code, message, c.want)
		}
		for k, list := range form {
			for _, v := range list {
				if v := strings.Join(strings.Fields(v), " "); !strings.Contains(page, `"`+v+`"`) && !strings.Contains(page, ">"+v+"<") && c.want != "xin chọn lại" {
					t.Errorf("%s: %s=%.20q is lost", c.path, k, v)
				}
			}
		}
		if after := w.setup(); len(after.Services) != len(before.Services) || after.Name != before.Name || len(after.Counters) != len(before.Counters) {
			t.Errorf("%s %s=%.20q: something was saved", c.path, c.field, c.typed)
		}
	}
}

func TestSaves(t *testing.T) {
	w := open(t, nil)
	for _, c := range []struct {
		path string
		form url.Values
		want func(queue.Setup) bool
	}{
		{"office", url.Values{"name": {"Xã Tân Phú"}, "address": {"Thôn 3"}, "hotline": {"1900 1234"}, "region": {"south"}, "by_value": {"value"}, "time_zone": {"asia/tokyo"}}, func(s queue.Setup) bool {
			return s.Name == "Xã Tân Phú" && s.Address == "Thôn 3" && s.Kiosk.Hotline == "1900 1234" && s.Region == "south" && s.ByValue && s.TimeZone == "Asia/Tokyo"
		}},
		{"hours", url.Values{"day1": {"7:30-11:30; 13h–17h"}, "day6": {"07:30 đến 11:30"}}, func(s queue.Setup) bool {
			return slices.Equal(s.Hours, []queue.Hours{{Day: 1, From: "07:30", To: "11:30"}, {Day: 1, From: "13:00", To: "17:00"}, {Day: 6, From: "07:30", To: "11:30"}})
		}},
		{"rules", url.Values{"priority": {"2,5"}, "appointment": {"1"}, "person_most": {"2"}, "card_only": {"yes"}, "help_factor": {"1,5"}}, func(s queue.Setup) bool {
			return s.Rates.Priority == 2.5*s.Rates.Normal && s.Rules.PersonMost == 2 && s.Rules.CardOnly && s.Rules.HelpFactor == 1.5
		}},
		{"rating", url.Values{"levels": {"5 = Hài lòng / Satisfied\r\n\r\n1=Không hài lòng"}, "reasons": {"Chờ lâu / Long wait"}, "minutes": {"90"}, "low": {"never"}, "least": {"30"}}, func(s queue.Setup) bool {
			r := s.Rating
			return slices.Equal(r.Levels, []queue.RatingLevel{{Level: 5, Name: "Hài lòng", NameEN: "Satisfied"}, {Level: 1, Name: "Không hài lòng"}}) && len(r.Reasons) == 1 && r.Minutes == 90 && r.Low == queue.LowNever && r.Least == 30
		}},
		{"services/new", url.Values{"id": {"e"}, "name": {"Trả kết quả"}, "quota.web": {"0"}, "quota.kiosk": {"40"}}, func(s queue.Setup) bool {
			v := s.Services[len(s.Services)-1]
			return v.ID == "E" && v.Quotas[queue.Web] == 0 && len(v.Quotas) == 2 && v.Quotas[queue.Kiosk] == 40
		}},
		{"services/of/E", url.Values{"name": {"Trả kết quả"}}, func(s queue.Setup) bool { return s.Services[4].Quotas == nil }},
		{"procedures/new", url.Values{"name": {"Cấp đổi Giấy phép"}, "field": {"Giao thông"}, "service": {"E"}, "bring": {"Ảnh\r\nĐơn"}}, func(s queue.Setup) bool {
			p := s.Procedures[len(s.Procedures)-1]
			return p.ID == "cap-doi-giay-phep" && p.Bring == "Ảnh\nĐơn" && p.Service == "E"
		}},
		{"counters/new", url.Values{"id": {"5"}, "services": {"E", "A"}, "helps": {"B"}, "floor": {"2"}, "direction": {"left"}}, func(s queue.Setup) bool {
			c := s.Counters[4]
			return c.Name == "Quầy số 5" && slices.Equal(c.Services, []string{"A", "E"}) && slices.Equal(c.Helps, []string{"B"}) && c.Place.Floor == "2"
		}},
		{"counters/of/5/up", nil, func(s queue.Setup) bool { return s.Counters[3].ID == "5" }},
		{"agencies/new", url.Values{"name": {"Sở Xây dựng"}}, func(s queue.Setup) bool { return s.Agencies[0].ID == "so-xay-dung" }},
		{"counters/of/5", url.Values{"name": {"Quầy 5"}, "services": {"E"}, "agency": {"so-xay-dung"}}, func(s queue.Setup) bool { return s.Counters[3].Agency == "so-xay-dung" }},
		{"agencies/of/so-xay-dung/remove", nil, func(s queue.Setup) bool { return len(s.Agencies) == 0 && s.Counters[3].Agency == "" }},
		{"zones/new", url.Values{"id": {"tang-2"}, "name": {"Tầng 2"}, "counters": {"5"}, "volume": {"-3"}, "quiet": {"11:30–13:30"}}, func(s queue.Setup) bool {
			return len(s.Zones) == 1 && s.Zones[0].Quiet[0].Silent && s.Zones[0].Volume == -3
		}},
		{"days/new", url.Values{"date": {"06/02/2027"}, "name": {"Tết"}}, func(s queue.Setup) bool { return s.Days[0].Date == "2027-02-06" && s.Days[0].Hours == nil }},
		{"days/suggested", url.Values{"year": {"2027"}, "date": {"2027-01-01", "2027-04-30", "2027-07-07"}}, func(s queue.Setup) bool { return len(s.Days) == 3 && s.Days[0].Date == "2027-01-01" }},
		{"days/of/2027-02-06/remove", nil, func(s queue.Setup) bool { return len(s.Days) == 2 }},
		{"trial", url.Values{"on": {"yes"}}, func(s queue.Setup) bool { return s.Trial }},
		{"trial", url.Values{"on": {"no"}}, func(s queue.Setup) bool { return !s.Trial }},
		{"services/of/E/remove", nil, func(s queue.Setup) bool {
			return len(s.Services) == 4 && !slices.ContainsFunc(s.Procedures, func(p queue.Procedure) bool { return p.Service == "E" })
		}},
	} {
		got := w.post(Prefix+"/"+c.path, c.form)
		if got.Code != http.StatusSeeOther || !c.want(w.setup()) {
			t.Errorf("%s: %d %s\n%+v", c.path, got.Code, wrongs(got.Body.String()), w.setup())
		}
		if to, _, _ := strings.Cut(got.Header().Get("Location"), "#"); to != "" && w.get(to).Code != http.StatusOK {
			t.Errorf("%s leads to %s: %d", c.path, to, w.get(to).Code)
		}
	}
}

// wrongs is what a page says to be wrong.
func wrongs(page string) []string {
	return regexp.MustCompile(`(?s)(class="error"|role="alert")[^>]*>.*?</p>`).FindAllString(page, -1)
}

// Two administrators save at once: what the other changed is shown beside the
// field, and what was typed stays.
func TestTwoAdministrators(t *testing.T) {
	w := open(t, nil)
	form := url.Values{}
	for _, m := range regexp.MustCompile(`name="(was\.[^"]+)" value="([^"]*)"`).FindAllStringSubmatch(w.get(Prefix+"/office").Body.String(), -1) {
		form.Set(m[1], m[2])
		form.Set(strings.TrimPrefix(m[1], "was."), m[2])
	}
	other := url.Values{"name": {"Của người khác"}, "region": {"south"}, "by_value": {"digits"}, "time_zone": {homeZone}}
	if got := w.post(Prefix+"/office", other); got.Code != http.StatusSeeOther {
		t.Fatal(got.Body)
	}
	form.Set("name", "Của tôi")
	form.Set("address", "Thôn 3")
	got := w.post(Prefix+"/office", form)
	body := got.Body.String()
	if got.Code != http.StatusUnprocessableEntity || !strings.Contains(body, "người khác đã đổi thành: Của người khác") || !strings.Contains(body, `value="Của tôi"`) || !strings.Contains(body, `value="Thôn 3"`) {
		t.Fatalf("%d %s", got.Code, body)
	}
	form.Set("was.name", "Của người khác")
	if got := w.post(Prefix+"/office", form); got.Code != http.StatusSeeOther {
		t.Fatal(wrongs(got.Body.String()))
	}
	if s := w.setup(); s.Name != "Của tôi" || s.Address != "Thôn 3" || s.Region != "south" {
		t.Errorf("%q %q %q: the region was the other's", s.Name, s.Address, s.Region)
	}
}

// What an ended trial took away is counted as people count.
func TestTrialEnded(t *testing.T) {
	for query, want := range map[string]string{"ended=1&closed=1": "1 trial number cancelled, 1 counter closed", "ended=0&closed=2": "0 trial numbers cancelled, 2 counters closed", "ended=x&closed=2": ""} {
		q, err := url.ParseQuery(query)
		if got := trialEnded(page.English, q); err != nil || !strings.Contains(got, want) || want == "" && got != "" {
			t.Errorf("%s: %q", query, got)
		}
	}
}

// The zones that are suggested are zones; their words do as well as their names,
// and so does any other zone. The form shows the one in force.
func TestTimeZones(t *testing.T) {
	for _, o := range zoneOptions() {
		if _, err := time.LoadLocation(o.Value); err != nil || o.Label.VI == "" || o.Label.EN == "" {
			t.Errorf("%+v: %v", o, err)
		}
	}
	for typed, want := range map[string]string{"Việt Nam": homeZone, "viet nam": homeZone, "asia/bangkok": "Asia/Bangkok", "Europe/Vienna": "Europe/Vienna", "utc": "UTC"} {
		if name, wrong := readZone(typed); wrong != nil || name != want {
			t.Errorf("%s: %q %v", typed, name, wrong)
		}
	}
	w := open(t, func(s *queue.Setup) { s.TimeZone = "Europe/Vienna" })
	body := w.get(Prefix + "/office").Body.String()
	if !strings.Contains(body, `name="time_zone" value="Europe/Vienna" placeholder="Asia/Ho_Chi_Minh" list="l-time_zone"`) || !strings.Contains(body, `<datalist id="l-time_zone"><option value="Asia/Ho_Chi_Minh">Việt Nam</option>`) {
		t.Error(body)
	}
}

// What is in use cannot be taken away, and that is said.
func TestInUse(t *testing.T) {
	w := open(t, nil)
	if _, err := w.engine.Take(t.Context(), queue.TakeRequest{Service: "B", Channel: queue.Kiosk}); err != nil {
		t.Fatal(err)
	}
	got := w.post(Prefix+"/services/of/B/remove", nil)
	if got.Code != http.StatusUnprocessableEntity || !strings.Contains(got.Body.String(), "đang có người dùng") {
		t.Errorf("%d %s", got.Code, got.Body)
	}
	if got := w.post(Prefix+"/counters/of/77", url.Values{"name": {"Đã mất"}}); got.Code == http.StatusSeeOther || !strings.Contains(got.Body.String(), "Đã mất") {
		t.Errorf("a counter that somebody has removed: %d, and what was typed is lost", got.Code)
	}
	if got := w.post(Prefix+"/nonsense/of/1", nil); got.Code != http.StatusSeeOther {
		t.Errorf("no such list: %d", got.Code)
	}
}

// What is tried is not saved.
func TestTry(t *testing.T) {
	w := open(t, nil)
	got := w.post(Prefix+"/rules", url.Values{"priority": {"2"}, "appointment": {"2"}, "try": {"yes"}})
	if body := got.Body.String(); got.Code != http.StatusOK || !strings.Contains(body, "2026-11-20") || !strings.Contains(body, `value="2"`) || len(w.tried) != 1 || w.tried[0].Rates.Priority != 2 {
		t.Errorf("%d %s", got.Code, got.Body)
	}
	if w.setup().Rates.Priority != 3 {
		t.Error("it was saved")
	}
	for name, form := range map[string]url.Values{"nonsense": {"priority": {"9"}, "appointment": {"2"}, "try": {"yes"}}, "no days": {"priority": {"4"}, "appointment": {"2"}, "try": {"yes"}}} {
		if got := w.post(Prefix+"/rules", form); got.Code != http.StatusUnprocessableEntity || len(wrongs(got.Body.String())) == 0 {
			t.Errorf("%s: %d", name, got.Code)
		}
	}
	if got := w.post(Prefix+"/counters/of/1", url.Values{"name": {"Quầy số 1"}, "services": {"A"}, "try": {"yes"}}); got.Code != http.StatusOK || len(w.tried[len(w.tried)-1].Counters[0].Services) != 1 {
		t.Errorf("a counter: %d", got.Code)
	}
}

// From an office as it is delivered to the first number called.
func TestWizard(t *testing.T) {
	w := open(t, nil)
	inputs := 0
	step := func(id string, form url.Values, next string) *httptest.ResponseRecorder {
		t.Helper()
		if page := w.get(WizardPath + "?step=" + id); page.Code != http.StatusOK || !strings.Contains(page.Body.String(), `aria-current="step"`) {
			t.Fatalf("%s: %d", id, page.Code)
		}
		got := w.post(WizardPath+"/"+id, form)
		if got.Code != http.StatusSeeOther || !strings.HasPrefix(got.Header().Get("Location"), WizardPath+"?") || !strings.Contains(got.Header().Get("Location"), "step="+next) {
			t.Fatalf("%s: %d %s %q", id, got.Code, got.Header().Get("Location"), wrongs(got.Body.String()))
		}
		inputs += len(form) + 1
		return got
	}
	step("office", url.Values{"name": {"Trung tâm xã Tân Phú"}, "address": {"Thôn 3"}, "region": {"north"}}, "services")
	if got := w.post(WizardPath+"/services", url.Values{"lines": {"A Hộ tịch\nB"}}); got.Code != http.StatusUnprocessableEntity || !strings.Contains(got.Body.String(), "chưa có tên") || !strings.Contains(got.Body.String(), ">A Hộ tịch\nB</textarea>") {
		t.Errorf("a queue without a name: %d %q", got.Code, wrongs(got.Body.String()))
	}
	to := step("services", url.Values{"lines": {"A Hộ tịch, chứng thực\n b. Đất đai\nK: Khác"}, "samples": {"yes"}}, "counters").Header().Get("Location")
	if page := w.get(to).Body.String(); !strings.Contains(page, `id="saved"`) || !strings.Contains(page, "cùng tên hàng đợi: Khác") || !strings.Contains(page, "Trợ cấp xã hội") || !strings.Contains(page, "Bây giờ – A Hộ tịch, chứng thực: Đăng ký khai sinh · ") || !strings.Contains(page, "; B Đất đai: Đăng ký đất đai, biến động; K Khác: Khác.") {
		t.Errorf("what was done with the procedures is not told: %s", page)
	}
	if s := w.setup(); len(s.Services) != 3 || s.Services[1].Name != "Đất đai" || s.Services[0].NameEN == "" || slices.ContainsFunc(s.Procedures, func(p queue.Procedure) bool { return p.Service == "C" }) {
		t.Errorf("%+v", s.Services)
	}
	to = step("services", url.Values{"lines": {"A Hộ tịch, chứng thực\nB Đất đai\nK Chứng thực"}, "samples": {"yes"}}, "counters").Header().Get("Location")
	if page := w.get(to).Body.String(); !strings.Contains(page, "hợp tên hơn: Chứng thực bản sao từ bản chính → K; Chứng thực chữ ký → K.") {
		t.Errorf("what moved is not told: %s", page)
	}
	inputs -= 3 // Going back is nothing that anybody needs.
	step("counters", url.Values{"count": {"3"}, "everything": {"yes"}}, "hours")
	if s := w.setup(); len(s.Counters) != 3 || len(s.Counters[2].Services) != 3 {
		t.Errorf("%+v", s.Counters)
	}
	step("hours", url.Values{"week": {"office"}, "holidays": {"yes"}}, "rules")
	if s := w.setup(); len(s.Hours) != 10 || len(s.Days) == 0 {
		t.Errorf("%+v", s.Days)
	}
	step("rules", url.Values{"priority": {"3"}, "person_most": {"2"}}, "channels")
	step("channels", url.Values{"hotline": {"1900 1234"}}, "account")
	if page := w.get(WizardPath + "?step=account").Body.String(); !strings.Contains(page, `action="/admin/wizard/account"`) || !strings.Contains(page, `name="password"`) {
		t.Error("no form for the first account")
	}
	step("sound", nil, "sound")
	to = step("ticket", nil, "call").Header().Get("Location")
	if page := w.get(to).Body.String(); w.heard != 1 || !strings.Contains(page, "A001") {
		t.Errorf("heard %d times, %s", w.heard, page)
	}
	to = step("call", url.Values{"number": {"A001"}}, "done").Header().Get("Location")
	if page := w.get(to).Body.String(); !strings.Contains(page, "A001") || !strings.Contains(page, "Quầy số 1") {
		t.Error(page)
	}
	called, err := w.engine.Ticket(t.Context(), "A001")
	if err != nil || called.State != queue.Called || called.Counter != "1" || !called.Trial {
		t.Errorf("%+v %v", called, err)
	}
	if inputs > 25 {
		t.Errorf("%d inputs", inputs)
	}
	if got := w.post(Prefix+"/trial", url.Values{"on": {"no"}, "from": {"wizard"}, "sure": {"yes"}}); got.Code != http.StatusSeeOther || w.setup().Trial {
		t.Error("the trial goes on")
	}
	if got := w.post(WizardPath+"/call", url.Values{"number": {"Z999"}}); got.Code != http.StatusUnprocessableEntity {
		t.Errorf("a number that nobody has: %d", got.Code)
	}
}

func TestPagesStand(t *testing.T) {
	w := open(t, func(s *queue.Setup) {
		s.Agencies = []queue.Agency{{ID: "so", Name: "Sở <b>"}}
		s.Zones = []queue.Zone{{ID: "z", Name: "Z"}}
		s.Days = []queue.Day{{Date: "2027-01-01", Name: "Tết"}}
	})
	paths := []string{Prefix, WizardPath, Prefix + "/days?year=2028"}
	for name := range sheets() {
		paths = append(paths, Prefix+"/"+name)
	}
	for name := range lists() {
		paths = append(paths, Prefix+"/"+name, Prefix+"/"+name+"/new")
	}
	for _, s := range steps() {
		paths = append(paths, WizardPath+"?step="+s.id)
	}
	paths = append(paths, Prefix+"/services/of/A", Prefix+"/counters/of/1", Prefix+"/procedures/of/khai-sinh", Prefix+"/agencies/of/so", Prefix+"/zones/of/z", Prefix+"/days/of/2027-01-01")
	for _, path := range paths {
		sign := "?"
		if strings.Contains(path, "?") {
			sign = "&"
		}
		for _, lang := range []string{"vi", "en"} {
			got := w.get(path + sign + "lang=" + lang)
			if got.Code != http.StatusOK || strings.Contains(got.Body.String(), "Sở <b>") || strings.Contains(got.Body.String(), "%!") {
				t.Errorf("%s in %s: %d", path, lang, got.Code)
			}
		}
	}
	if got := w.get(Prefix + "/services/of/Z"); got.Code != http.StatusNotFound {
		t.Errorf("a service that is not: %d", got.Code)
	}
	changed := queue.CommuneCentre()
	changed.Name = "Trung tâm xã Tân Phú"
	if !Fresh(queue.CommuneCentre()) || Fresh(changed) {
		t.Error("the office as delivered is not known as such")
	}
}
