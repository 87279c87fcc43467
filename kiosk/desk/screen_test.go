package desk

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/xinmoi/xinmoi/queue"
)

func sendScreen(h http.Handler, form url.Values) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodPost, Prefix+"/screen", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	h.ServeHTTP(w, r)
	return w
}

func TestScreenShowsWhatIsSet(t *testing.T) {
	s, _, h := open(t)
	s.setup.Kiosk = queue.KioskSetup{
		Millimetre: 3.5, Age: 70, Silent: true, Pictograms: map[string]string{"Hộ tịch": "leaf"}, Texts: map[string]map[string]string{"ede": {"Hộ tịch": "Hrui"}},
	}
	page := get(h, Prefix+"/screen?tongue=ede&field="+url.QueryEscape("Hộ tịch")).Body.String()
	for _, want := range []string{`value="3.5"`, `value="70"`, `value="yes" checked`, `<option value="leaf" selected>`, `value="Hrui"`, "Đăng ký khai sinh", "<iframe sandbox=\"allow-same-origin\""} {
		if !strings.Contains(page, want) {
			t.Errorf("no %s on\n%s", want, page)
		}
	}
	if strings.Contains(page, "<option value=\"vi\"") {
		t.Error("Vietnamese names are edited here")
	}
}

// What is tried is seen in the frame and changes nothing; what is saved leaves
// the rest of the settings as it was.
func TestScreenIsTriedThenSaved(t *testing.T) {
	s, p, h := open(t)
	s.setup.Kiosk = queue.KioskSetup{Hotline: "1900 1234", Texts: map[string]map[string]string{"en": {"x": "y"}}, Pictograms: map[string]string{"Đất đai": "house"}}
	form := url.Values{
		"version": {"7"}, "inches": {"21,5"}, "wide": {"1080"}, "high": {"1920"}, "age": {"65"}, "try": {"yes"},
		"pictured": {"Hộ tịch", "Đất đai"}, "picture": {"leaf", ""}, "named_in": {"ede"}, "tongue": {"en"}, "field": {"Chứng thực"},
		"named": {"Hộ tịch", "khai-sinh"}, "name": {"  Hrui  bruă ", ""},
	}
	tried := sendScreen(h, form).Body.String()
	if s.setup.Kiosk.Age != 0 {
		t.Error("a trial was saved")
	}
	if !strings.Contains(tried, `<option value="en" selected>`) || !strings.Contains(tried, `<option selected>Chứng thực`) {
		t.Errorf("not the language and field that were asked for next: %s", tried)
	}
	frame := regexp.MustCompile(`src="(/admin/paper/screen/preview\?key=[A-Z2-7]+)"`).FindStringSubmatch(tried)
	if frame == nil {
		t.Fatalf("no frame in %s", tried)
	}
	w := get(h, frame[1])
	if w.Body.String() != "screen" || w.Header().Get("X-Frame-Options") != "" {
		t.Errorf("%s %v", w.Body, w.Header())
	}
	key := strings.TrimPrefix(frame[1], "/admin/paper/screen/preview?key=")
	w = sendScreen(h, url.Values{"version": {"7"}, "key": {key}, "millimetre": {"3,94"}, "age": {"65"}, "save": {"yes"}, "named_in": {"en"}, "named": {"chung-thuc"}, "name": {"Copies"}})
	if w.Code != http.StatusSeeOther {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	for _, k := range []queue.KioskSetup{p.sets[0], s.setup.Kiosk} {
		if k.Hotline != "1900 1234" || k.Age != 65 || k.Millimetre < 3.9 || k.Millimetre > 4.1 || k.Pictograms["Hộ tịch"] != "leaf" || k.Pictograms["Đất đai"] != "" ||
			k.Texts["ede"]["Hộ tịch"] != "Hrui bruă" || k.Texts["en"]["x"] != "y" {
			t.Errorf("%+v", k)
		}
	}
	if s.setup.Kiosk.Texts["en"]["chung-thuc"] != "Copies" {
		t.Errorf("%v", s.setup.Kiosk.Texts)
	}
}

func TestScreenRefuses(t *testing.T) {
	s, _, h := open(t)
	for name, form := range map[string]url.Values{
		"age": {"age": {"200"}}, "no number": {"age": {"sáu mươi"}}, "millimetre": {"millimetre": {"99"}}, "text": {"millimetre": {"x"}}, "not finite": {"inches": {"NaN"}},
		"no pixels": {"inches": {"32"}, "wide": {"1080"}}, "few pixels": {"inches": {"32"}, "wide": {"10"}, "high": {"10"}}, "version": {"version": {"6"}, "save": {"yes"}},
		"too long": {"save": {strings.Repeat("x", maxForm)}},
	} {
		form.Set("save", form.Get("save")+"yes")
		if form.Get("version") == "" {
			form.Set("version", "7")
		}
		if w := sendScreen(h, form); w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), `role="alert"`) {
			t.Errorf("%s: %d", name, w.Code)
		}
	}
	if s.setup.Kiosk.Age != 0 || s.setup.Kiosk.Millimetre != 0 {
		t.Errorf("%+v", s.setup.Kiosk)
	}
	// Somebody else was quicker: what was typed is there, and saved when it is sent again.
	late := sendScreen(h, url.Values{"version": {"6"}, "age": {"66"}, "save": {"yes"}}).Body.String()
	for _, want := range []string{"có người vừa đổi cài đặt", `name="version" value="7"`, `value="66"`} {
		if !strings.Contains(late, want) {
			t.Errorf("no %s in %s", want, late)
		}
	}
}
