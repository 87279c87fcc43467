package ops

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/ivr"
	"github.com/xinmoi/xinmoi/ivr/media"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// office is a page with some calls on it.
func office(t *testing.T, trunks func() []page.Row) (*world, http.Handler) {
	t.Helper()
	w := newWorld(Limits{})
	w.do("over", ivr.MomentAnswered, from("0912***678"))
	w.Trace("over", false, []byte(invite))
	w.do("over", ivr.MomentSaid, saying("Kính chào <quý khách>"))
	w.do("over", ivr.MomentFailed, saying("office unavailable"))
	w.do("over", ivr.MomentLeft, at("menu 1"))
	w.Measured("over", media.Quality{Reported: true, FarLost: 0.2, FarJitter: 40 * time.Millisecond, FarMOS: 2.1})
	w.do("live", ivr.MomentAnswered, from("0987***321"), func(m *ivr.Moment) { m.Language = "en-GB" })
	w.do("live", ivr.MomentTook, number(12), at("number"))
	p, err := NewPage(PageConfig{Calls: w.Calls, Trunks: trunks, Office: "Trung tâm", Location: func() *time.Location { return time.FixedZone("ICT", 7*3600) }})
	if err != nil {
		t.Fatal(err)
	}
	return w, p.Handler()
}

func get(h http.Handler, target string) (int, string, http.Header) {
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, httptest.NewRequest("GET", target, nil))
	return rec.Code, rec.Body.String(), rec.Header()
}

func TestListOfCalls(t *testing.T) {
	w, h := office(t, func() []page.Row {
		return []page.Row{
			{Label: "Trung kế vnpt", LabelEN: "Trunk vnpt", Value: "sip.vnpt.vn", Level: page.OK},
			{Label: "Trung kế viettel", LabelEN: "Trunk viettel", Value: "sai mật khẩu", ValueEN: "wrong password", Level: page.Fail},
		}
	})
	for lang, wants := range map[string][]string{
		"vi": {"Cuộc gọi", "0987***321", "Tiếng Anh", "A012 (chưa giữ)", "đang nói", "người gọi gác máy", "MOS 2.1", "sai mật khẩu", "sip.vnpt.vn", "Bỏ giữa chừng ở: danh mục 1 (1)", "nghe số", "mất kết nối", "15:00:00"},
		"en": {"Telephone calls", "English", "A012 (not kept)", "talking", "caller hung up", "wrong password", "Abandoned at: menu 1 (1)", "A trunk is down"},
	} {
		code, body, header := get(h, Prefix+"?lang="+lang)
		if code != http.StatusOK || header.Get("Cache-Control") != "no-store" || !strings.Contains(header.Get("Content-Security-Policy"), "default-src 'self'") {
			t.Errorf("%d, %v", code, header)
		}
		for _, want := range wants {
			if !strings.Contains(body, want) {
				t.Errorf("%s: no %q in\n%s", lang, want, body)
			}
		}
		if strings.Count(body, "data-live") != 4 {
			t.Errorf("%d live parts", strings.Count(body, "data-live"))
		}
	}
	w.now = w.now.Add(24 * time.Hour)
	if _, body, _ := get(h, Prefix); !strings.Contains(body, "Những ngày trước") || !strings.Contains(body, "22/11 15:00:00") {
		t.Errorf("the day before is not told apart:\n%s", body)
	}
}

func TestEmptyList(t *testing.T) {
	p, err := NewPage(PageConfig{Calls: New(Config{})})
	if err != nil {
		t.Fatal(err)
	}
	if code, body, _ := get(p.Handler(), Prefix); code != http.StatusOK || !strings.Contains(body, "Không có cuộc gọi nào") || strings.Contains(body, "h-trunks") {
		t.Errorf("%d\n%s", code, body)
	}
	if _, err := NewPage(PageConfig{}); err == nil {
		t.Error("a page without calls is no error")
	}
}

func TestOneCall(t *testing.T) {
	w, h := office(t, nil)
	key := w.Snapshot().Over[0].Key
	code, body, _ := get(h, Prefix+"/call/"+key)
	for _, want := range []string{"Kính chào &lt;quý khách&gt;", "INVITE sip:", "SIP nhận", "office unavailable", "/trace/", "0912***678"} {
		if code != http.StatusOK || !strings.Contains(body, want) {
			t.Errorf("%d, no %q in\n%s", code, want, body)
		}
	}
	code, text, header := get(h, Prefix+"/trace/"+key)
	if code != http.StatusOK || !strings.Contains(header.Get("Content-Disposition"), "call-20261122-150000-"+key+".txt") {
		t.Errorf("%d, %v", code, header)
	}
	for _, want := range []string{"15:00:01.000  SIP in    INVITE sip:", "said      Kính chào <quý khách>", "hung up   menu 1", "MOS 2.1", "masked"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if strings.Contains(text+body, "912345678") || strings.Contains(text+body, "f00dbabe") {
		t.Errorf("tells a number or a password:\n%s", text)
	}
	for _, path := range []string{"/call/999", "/trace/999", "/call/x", "/call/-1"} {
		if code, body, _ := get(h, Prefix+path); code != http.StatusNotFound || !strings.Contains(body, Prefix) {
			t.Errorf("%s: %d %s", path, code, body)
		}
	}
}

func TestLongCallTellsWhatIsMissing(t *testing.T) {
	w, h := office(t, nil)
	for range 2 * maxEntries {
		w.do("live", ivr.MomentSaid, saying("một câu"))
	}
	key := w.Snapshot().Live[0].Key
	if _, body, _ := get(h, Prefix+"/call/"+key); !strings.Contains(body, "đã bỏ") || !strings.Contains(body, "Cuộc gọi chưa kết thúc") {
		t.Errorf("%s", body)
	}
	if _, text, _ := get(h, Prefix+"/trace/"+key); strings.Count(text, "found no room") != 1 {
		t.Errorf("%s", text)
	}
}

func TestPlaces(t *testing.T) {
	for place, want := range map[string]string{"menu 5.1": "danh mục 5.1", "menu": "danh mục", "own tickets": "các số của mình", "": "", "new place": "new place", "a 1": "a 1"} {
		if got := placeWords(page.Vietnamese, place); got != want {
			t.Errorf("%q is %q, want %q", place, got, want)
		}
		if got := placeWords(page.English, place); got != place {
			t.Errorf("%q is %q in English", place, got)
		}
	}
}
