package desk

import (
	"context"
	"errors"
	"image/png"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/xinmoi/xinmoi/kiosk"
	"github.com/xinmoi/xinmoi/kiosk/escpos"
	"github.com/xinmoi/xinmoi/kiosk/layout"
	"github.com/xinmoi/xinmoi/queue"
)

// shop is an office that keeps what it is told.
type shop struct {
	setup queue.Setup
	err   error
}

func (s *shop) Setup(context.Context) (queue.SetupView, error) {
	return queue.SetupView{Setup: s.setup, Version: "7"}, nil
}

func (s *shop) Configure(_ context.Context, r queue.ConfigureRequest) (queue.SetupView, error) {
	if s.err != nil {
		return queue.SetupView{}, s.err
	}
	if r.Version != "7" {
		return queue.SetupView{}, queue.Errorf(queue.CodeStaleVersion, "somebody else was quicker")
	}
	s.setup = r.Setup
	return queue.SetupView{Setup: r.Setup, Version: "8"}, nil
}

// drawn is what previews were asked for.
type drawn struct{ sets []queue.KioskSetup }

func (d *drawn) preview(_ context.Context, set queue.KioskSetup, _ string, width int) (*escpos.Bitmap, error) {
	d.sets = append(d.sets, set)
	return escpos.NewBitmap(width, 100)
}

func (d *drawn) Tongues() []kiosk.Tongue {
	return []kiosk.Tongue{{Code: "vi", Name: "Tiếng Việt"}, {Code: "en", Name: "English"}, {Code: "ede", Name: "Êđê"}}
}

func (d *drawn) Try(w http.ResponseWriter, _ *http.Request, set queue.KioskSetup) {
	d.sets = append(d.sets, set)
	_, _ = w.Write([]byte("screen"))
}

func open(t *testing.T) (*shop, *drawn, http.Handler) {
	t.Helper()
	s, p := &shop{setup: queue.CommuneCentre()}, &drawn{}
	d, err := New(Config{Setup: s, Preview: p.preview, Screens: p})
	if err != nil {
		t.Fatal(err)
	}
	return s, p, d.Handler()
}

func send(h http.Handler, form url.Values) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodPost, Prefix, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	h.ServeHTTP(w, r)
	return w
}

func get(h http.Handler, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w
}

// From both pages the office's name leads back to where they were opened.
func TestTheNameLeadsBack(t *testing.T) {
	_, _, h := open(t)
	for _, path := range []string{Prefix, Prefix + "/screen"} {
		if body := get(h, path).Body.String(); !strings.Contains(body, `<a class="office" href="/admin">`) {
			t.Errorf("%s leads elsewhere:\n%s", path, body)
		}
	}
}

func TestTryAndSave(t *testing.T) {
	s, p, h := open(t)
	form := url.Values{"version": {"7"}, "hotline": {" 1900  1234 "}, "sms": {"{number} gửi 8088"}, "notice": {"Xin đến sớm"}, "part": {layout.PartFollow, layout.PartOffice}, "try": {"yes"}}
	w := send(h, form)
	if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "hotline=1900") || s.setup.Kiosk.Hotline != "" {
		t.Errorf("trying: %d, kept %q\n%s", w.Code, s.setup.Kiosk.Hotline, w.Body)
	}
	form.Del("try")
	if w := send(h, form); w.Code != http.StatusSeeOther {
		t.Fatalf("saving: %d %s", w.Code, w.Body)
	}
	k := s.setup.Kiosk
	if k.Hotline != "1900 1234" || k.Notice != "Xin đến sớm" || !slices.Equal(k.Paper, []string{layout.PartOffice, layout.PartNumber, layout.PartFollow}) {
		t.Errorf("%+v", k)
	}
	if page := get(h, Prefix+"?done=1").Body.String(); !strings.Contains(page, "1900 1234") || !strings.Contains(page, "Đã lưu") {
		t.Error("what was saved is not shown")
	}
	w = get(h, Prefix+"/preview.png?width=384&hotline=19001&part=office")
	img, err := png.Decode(w.Body)
	if err != nil || img.Bounds().Dx() != layout.Width58 || p.sets[len(p.sets)-1].Hotline != "19001" {
		t.Errorf("preview: %v", err)
	}
	form["part"] = nil
	if w := send(h, form); w.Code != http.StatusSeeOther || s.setup.Kiosk.Paper != nil {
		t.Errorf("no parts chosen: %d %v, want all of them", w.Code, s.setup.Kiosk.Paper)
	}
}

func TestRefuses(t *testing.T) {
	s, _, h := open(t)
	for name, form := range map[string]url.Values{
		"no such part": {"version": {"7"}, "part": {"nonsense"}}, "an old version": {"version": {"6"}}, "too much": {"version": {"7"}, "notice": {strings.Repeat("x", maxForm)}},
	} {
		if w := send(h, form); w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), "note fail") {
			t.Errorf("%s: %d", name, w.Code)
		}
	}
	s.err = errors.New("full")
	if w := send(h, url.Values{"version": {"7"}}); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("a store that is full: %d", w.Code)
	}
	if w := get(h, Prefix+"/preview.png?part=nonsense"); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("a preview of nonsense: %d", w.Code)
	}
	if _, err := New(Config{}); err == nil {
		t.Error("a page without an office was made")
	}
}
