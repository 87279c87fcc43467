package desk

import (
	"context"
	"errors"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/memory"
)

// room is a desk of a real office.
func room(t *testing.T, change func(*Config)) (http.Handler, *queue.Engine) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	office, err := queue.NewEngine(ctx, queue.Config{Setup: queue.CommuneCentre(), Store: new(memory.Store)})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { _ = office.Run(ctx); close(done) }()
	t.Cleanup(func() { cancel(); <-done })
	c := Config{Setup: office, Dial: "024 3826 1234"}
	if change != nil {
		change(&c)
	}
	d, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return d.Handler(), office
}

func get(h http.Handler, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", Prefix+path, nil))
	return w
}

func post(h http.Handler, path string, form url.Values) *httptest.ResponseRecorder {
	r := httptest.NewRequest("POST", Prefix+path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func phoneOf(t *testing.T, office *queue.Engine) queue.PhoneSetup {
	t.Helper()
	view, err := office.Setup(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return view.Setup.Phone
}

func contains(t *testing.T, w *httptest.ResponseRecorder, wants ...string) {
	t.Helper()
	body := html.UnescapeString(w.Body.String())
	for _, want := range wants {
		if !strings.Contains(body, want) {
			t.Errorf("no %q in the page", want)
		}
	}
}

func TestPage(t *testing.T) {
	h, _ := room(t, nil)
	w := get(h, "")
	if w.Code != http.StatusOK {
		t.Fatal(w.Code)
	}
	contains(t, w, "Làm thủ tục hộ tịch, chứng thực, bấm phím một.", "Đã có số, phím sáu.", "Lấy số của một thủ tục", "Cảm ơn quý vị. Xin chào.")
	if strings.Contains(w.Body.String(), "Gọi thử</button>") {
		t.Error("a test call is offered without a line")
	}
	contains(t, get(h, "?lang=en"), "What callers hear", "Before today's closing time")
	contains(t, get(h, "?texts=en"), "English press")
	contains(t, get(h, "/card"), "024 3826 1234", "# 2 #", "Đất đai, xây dựng", "nghe lại")
	if w := get(h, "/static/phone.css"); w.Code != http.StatusOK {
		t.Errorf("style sheet: %d", w.Code)
	}
	if w := get(h, "/menu?lang=en"); w.Code != http.StatusSeeOther || w.Header().Get("Location") != Prefix+"?lang=en" {
		t.Errorf("a form's address: %d %s", w.Code, w.Header().Get("Location"))
	}
}

func TestSettings(t *testing.T) {
	h, office := room(t, nil)
	good := url.Values{"operator": {"sip:100@10.0.0.2"}, "general": {"B"}, "languages": {"en"}, "ahead": {"5"}, "attempts": {""}, "from": {"07:30"}, "till": {"17:00"}}
	if w := post(h, "/settings", good); w.Code != http.StatusSeeOther {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	p := phoneOf(t, office)
	if p.Operator != "sip:100@10.0.0.2" || p.General != "B" || len(p.Languages) != 1 || p.Callback.Ahead != 5 || p.Callback.To != "17:00" {
		t.Errorf("saved %+v", p)
	}
	contains(t, get(h, ""), "English press seven.", "Welcome to Binh An Commune")
	for name, bad := range map[string]url.Values{
		"operator": {"operator": {"<sip:x>"}}, "number": {"ahead": {"ba"}}, "hours": {"from": {"20:00"}, "till": {"07:00"}, "operator": {"100"}},
		"service": {"general": {"Z"}, "operator": {"100"}},
	} {
		w := post(h, "/settings", bad)
		if w.Code != http.StatusUnprocessableEntity || phoneOf(t, office).Operator != "sip:100@10.0.0.2" {
			t.Errorf("%s: %d", name, w.Code)
		}
		contains(t, w, bad.Get("operator"), bad.Get("ahead"), bad.Get("from"), `role="alert"`)
	}
}

// lines is the form of a menu.
func lines(rows ...row) url.Values {
	form := url.Values{}
	for _, r := range rows {
		for name, v := range map[string]string{
			"keys": r.Keys, "kind": r.Kind, "service": r.Service, "tongue": r.Language, "label": r.Label, "label_en": r.LabelEN, "text": r.Text, "text_en": r.TextEN,
		} {
			form[name] = append(form[name], v)
		}
	}
	return form
}

func TestMenu(t *testing.T) {
	h, office := room(t, nil)
	form := lines(
		row{Keys: "1", Kind: "service", Service: "C", Label: "Bảo hiểm y tế"},
		row{Keys: "5", Kind: "menu", Label: "Thủ tục khác"}, row{Keys: "5.1", Kind: "service", Service: "A"},
		row{Keys: "5.2", Kind: "notice", Label: "Giấy tờ cần mang", Text: "Xin mang theo căn cước."},
		row{Keys: "6", Kind: "mine"}, row{Kind: "service"},
	)
	if w := post(h, "/menu", form); w.Code != http.StatusSeeOther {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	menu := phoneOf(t, office).Menu
	if len(menu) != 3 || menu[0].Service != "C" || len(menu[1].Menu) != 2 || menu[1].Menu[1].Text["vi"] == "" {
		t.Fatalf("saved %+v", menu)
	}
	contains(t, get(h, ""), "Làm thủ tục bảo hiểm y tế, bấm phím một. Thủ tục khác, phím năm.", "Giấy tờ cần mang, phím hai.", `value="5.2"`)
	for name, tt := range map[string]struct {
		form url.Values
		say  string
	}{
		"twice":        {lines(row{Keys: "1", Kind: "service", Service: "A", Label: "Giữ lại tôi"}, row{Keys: "1", Kind: "mine"}), "dùng hai lần"},
		"reserved key": {lines(row{Keys: "9", Kind: "mine", Label: "Giữ lại tôi"}), "gõ 1 đến 8"},
		"no parent":    {lines(row{Keys: "4.1", Kind: "mine", Label: "Giữ lại tôi"}), "nhóm lựa chọn khác"},
		"no key":       {lines(row{Kind: "mine", Label: "Giữ lại tôi"}), "chưa có phím"},
		"no service":   {lines(row{Keys: "1", Kind: "service", Label: "Giữ lại tôi"}), "does not exist"},
		"empty level":  {lines(row{Keys: "2", Kind: "menu", Label: "Giữ lại tôi"}), "without options"},
	} {
		w := post(h, "/menu", tt.form)
		if w.Code != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d", name, w.Code)
		}
		contains(t, w, tt.say, "Giữ lại tôi")
	}
	if len(phoneOf(t, office).Menu) != 3 {
		t.Error("a menu that cannot be used was saved")
	}
	if w := post(h, "/automatic", nil); w.Code != http.StatusSeeOther || phoneOf(t, office).Menu != nil {
		t.Errorf("back to the built menu: %d", w.Code)
	}
}

func TestTexts(t *testing.T) {
	h, office := room(t, nil)
	form := url.Values{"language": {"vi"}, "t-goodbye": {"  Xin  tạm biệt. "}, "t-visit": {""}, "t-greeting-plain": {"Kính chào quý vị."}}
	if w := post(h, "/texts", form); w.Code != http.StatusSeeOther || !strings.Contains(w.Header().Get("Location"), "texts=vi") {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if own := phoneOf(t, office).Prompts["vi"]; len(own) != 1 || own["goodbye"] != "Xin tạm biệt." {
		t.Errorf("saved %v", own)
	}
	if w := post(h, "/texts", url.Values{"language": {"xx"}, "t-goodbye": {"?"}}); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("an unknown language: %d", w.Code)
	}
	long := strings.Repeat("dài ", 400)
	w := post(h, "/texts", url.Values{"language": {"vi"}, "t-goodbye": {long}})
	if w.Code != http.StatusUnprocessableEntity {
		t.Errorf("a long text: %d", w.Code)
	}
	contains(t, w, strings.TrimSpace(long))
	if w := post(h, "/texts", url.Values{"language": {"vi"}}); w.Code != http.StatusSeeOther || phoneOf(t, office).Prompts != nil {
		t.Errorf("back to the program's texts: %d", w.Code)
	}
}

// Somebody else's change is not overwritten, and what was typed is not lost.
func TestSomebodyElseWasQuicker(t *testing.T) {
	h, office := room(t, nil)
	view, err := office.Setup(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if w := post(h, "/settings", url.Values{"operator": {"100"}, "version": {view.Version}}); w.Code != http.StatusSeeOther {
		t.Fatal(w.Code)
	}
	w := post(h, "/settings", url.Values{"operator": {"101"}, "version": {view.Version}})
	if w.Code != http.StatusConflict || phoneOf(t, office).Operator != "100" {
		t.Fatalf("%d, operator %s", w.Code, phoneOf(t, office).Operator)
	}
	contains(t, w, "có người vừa đổi cài đặt", `value="101"`)
	if strings.Contains(w.Body.String(), view.Version+`"`) {
		t.Error("the page asks to save over an old version again")
	}
}

func TestDemand(t *testing.T) {
	h, office := room(t, func(c *Config) {
		c.Demand = func(context.Context) (map[string]int, error) { return map[string]int{"C": 90, "B": 50}, nil }
	})
	if w := post(h, "/demand", nil); w.Code != http.StatusSeeOther {
		t.Fatal(w.Code, w.Body)
	}
	menu := phoneOf(t, office).Menu
	for i, want := range []string{"C", "B", "A", "D"} {
		if menu[i].Service != want || menu[i].Key != string(rune('1'+i)) {
			t.Errorf("key %d: %+v, want %s", i+1, menu[i], want)
		}
	}
}

func TestCall(t *testing.T) {
	var called string
	h, _ := room(t, func(c *Config) {
		c.TestCall = func(_ context.Context, to string) error {
			if called = to; to == "999" {
				return errors.New("busy")
			}
			return nil
		}
	})
	contains(t, get(h, ""), "Gọi thử")
	if w := post(h, "/call", url.Values{"to": {"0912 345 678"}}); w.Code != http.StatusSeeOther || called != "0912 345 678" {
		t.Errorf("%d, called %q", w.Code, called)
	}
	called = ""
	for _, bad := range []string{"", "sip:", "sip:@b", "sip:a@", "sip:a@b\r\nX: y", "mailto:a@b", "<x>"} {
		if w := post(h, "/call", url.Values{"to": {bad}}); w.Code != http.StatusUnprocessableEntity || called != "" {
			t.Errorf("%q: %d, called %q", bad, w.Code, called)
		}
	}
	contains(t, post(h, "/call", url.Values{"to": {"999"}}), "gọi thử không được", "busy", `value="999"`)
}

func TestForeignPostIsRefused(t *testing.T) {
	h, _ := room(t, nil)
	r := httptest.NewRequest("POST", "http://office"+Prefix+"/automatic", nil)
	r.Header.Set("Origin", "http://evil.example")
	w := httptest.NewRecorder()
	if h.ServeHTTP(w, r); w.Code != http.StatusForbidden {
		t.Errorf("a form of another site: %d", w.Code)
	}
}

// A few numbers are no demand: the menu stays, and the page says why.
func TestTooLittleDemand(t *testing.T) {
	h, office := room(t, func(c *Config) {
		c.Demand = func(context.Context) (map[string]int, error) { return map[string]int{"C": 9, "B": 5}, nil }
	})
	if w := post(h, "/demand", nil); w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), "chưa đủ số liệu") {
		t.Errorf("%d", w.Code)
	}
	if menu := phoneOf(t, office).Menu; menu != nil {
		t.Errorf("menu %+v", menu)
	}
}
