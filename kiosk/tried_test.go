package kiosk

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/xinmoi/xinmoi/queue"
)

// What is tried is seen on the screen, its size too, and changes nothing.
func TestTry(t *testing.T) {
	open(t, queue.CommuneCentre(), func(h *hall) {
		set := queue.KioskSetup{Millimetre: 4, Pictograms: map[string]string{"Hộ tịch": "leaf"}, Texts: map[string]map[string]string{"en": {"Hộ tịch": "Family books", "khai-sinh": "A child is born"}}}
		try := func(query string) string {
			w := httptest.NewRecorder()
			h.kiosk.Try(w, httptest.NewRequest(http.MethodGet, "/admin/paper/screen/preview?"+query, nil), set)
			return w.Body.String()
		}
		page := try("lang=en")
		h.expect(page, "Family books", `/kiosk/size.css?mm=4.000`, string(pictogram("leaf")))
		h.expect(try("lang=en&field="+url.QueryEscape("Hộ tịch")), "A child is born")
		h.expect(h.get("/kiosk/size.css?mm=4.000").Body.String(), "--mm:4.000px")
		for _, bad := range []string{"x", "999", "-1", "NaN", ""} {
			h.expect(h.get("/kiosk/size.css?mm="+bad).Body.String(), "--mm:2.710px")
		}
		if page := h.get("/kiosk?lang=en").Body.String(); strings.Contains(page, "Family books") || strings.Contains(page, "mm=") {
			t.Error("what was tried is in force")
		}
		if name, guessed := DrawingOf(queue.KioskSetup{}, "Hộ tịch", ""); name != "family" || !guessed {
			t.Errorf("%s, %v", name, guessed)
		}
		if all := h.kiosk.Tongues(); len(all) != 2 || all[0].Code != "vi" || all[1].Name == "" || len(Drawings()) < 10 {
			t.Errorf("%v", all)
		}
	})
}

// A speech that comes over the network is bounded, and says what a screen says.
func TestSay(t *testing.T) {
	open(t, queue.CommuneCentre(), func(h *hall) {
		var said []string
		ask := func(body string) int {
			w := httptest.NewRecorder()
			h.kiosk.Say(w, httptest.NewRequest(http.MethodPost, "/kiosk/agent/say", strings.NewReader(body)))
			return w.Code
		}
		good := `{"lang":"vi","parts":[{"text":"Số của quý khách:"},{"number":"A012"},{"pause":300}]}`
		if code := ask(good); code != http.StatusNotFound {
			t.Errorf("without a voice: %d", code)
		}
		h.kiosk.cfg.Sounds = soundsOf{mute{&said}}
		if code := ask(good); code != http.StatusOK || len(said) != 1 || !strings.Contains(said[0], "Số của quý khách:") {
			t.Errorf("%d, %q", code, said)
		}
		for _, bad := range []string{
			``, `{`, `{"parts":[]}`, `{"parts":[{"pause":-1}]}`, `{"parts":[{"pause":99999}]}`, `{"parts":[{"number":"%"}]}`,
			`{"parts":[{"text":"` + strings.Repeat("a", maxSpeechText+1) + `"}]}`, `{"parts":[` + strings.Repeat(`{"pause":1},`, maxSpeechParts) + `{"pause":1}]}`,
		} {
			if code := ask(bad); code/100 != 4 {
				t.Errorf("%.40q: %d", bad, code)
			}
		}
		if len(said) != 1 {
			t.Errorf("said %q", said[1:])
		}
	})
}

// A rehearsal says every number that is set aside and the first screens, in
// every language that can be spoken, and takes no number.
func TestRehearse(t *testing.T) {
	open(t, queue.CommuneCentre(), func(h *hall) {
		var said []string
		h.kiosk.cfg.Sounds = soundsOf{mute{&said}}
		all, err := h.kiosk.Rehearse(t.Context(), []queue.Number{{Prefix: "A", N: 7}})
		if err != nil {
			t.Fatal(err)
		}
		var text strings.Builder
		numbers := 0
		for _, s := range all {
			text.WriteString(s.Lang + ":")
			for _, p := range s.Parts {
				text.WriteString(p.Text)
				if p.Number.N == 7 {
					numbers++
				}
			}
			text.WriteString("\n")
		}
		for _, want := range []string{"vi:Mời chọn lĩnh vực", "Hộ tịch", "Đăng ký khai sinh", "en:", "Birth registration", "Mời quý khách lấy phiếu"} {
			if !strings.Contains(text.String(), want) {
				t.Errorf("%q is not rehearsed in\n%s", want, text.String())
			}
		}
		if numbers != 6 || len(said) > 0 || h.kiosk.Status().Taken > 0 {
			t.Errorf("the number %d times, said %v", numbers, said)
		}
	})
}
