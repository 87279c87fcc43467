package desk

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xinmoi/xinmoi/queue/alarm"
)

func newDesk(t *testing.T, fail error) *Desk {
	t.Helper()
	b, err := alarm.Open(t.Context(), alarm.Config{
		Path: filepath.Join(t.TempDir(), alarm.FileName),
		Channels: []alarm.Channel{{ID: "sms", Name: "Tin nhắn", NameEN: "SMS", Asks: "số điện thoại", AsksEN: "number",
			Push: func(context.Context, string, alarm.Message) error { return fail }}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	d, err := New(Config{Book: b, Name: "X"})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func ask(h http.Handler, method, path string, form url.Values) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func wants(t *testing.T, w *httptest.ResponseRecorder, status int, texts ...string) {
	t.Helper()
	if w.Code != status {
		t.Errorf("status %d, want %d", w.Code, status)
	}
	for _, text := range texts {
		if !strings.Contains(w.Body.String(), text) {
			t.Errorf("no %q in\n%s", text, w.Body)
		}
	}
}

// What is wrong is said beside what was typed, which is kept.
func TestRules(t *testing.T) {
	d := newDesk(t, nil)
	h := d.Rules()
	wants(t, ask(h, "GET", Settings, nil), 200, "Chưa có ai", "Tin nhắn (số điện thoại)")
	bad := ask(h, "POST", Settings+"/add", url.Values{"name": {"Chị <An>"}, "channel": {"sms"}, "every": {"1"}})
	wants(t, bad, 422, "xin ghi số điện thoại", `value="Chị &lt;An&gt;"`, `name="every" value="1" checked`)
	w := ask(h, "POST", Settings+"/add", url.Values{"name": {"Chị An"}, "channel": {"sms"}, "address": {"0912345678"}, "digest": {"1"}})
	if w.Code != http.StatusSeeOther {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	wants(t, ask(h, "GET", w.Header().Get("Location"), nil), 200, "Đã thêm", "Chị An", "bản tin cuối ngày")
	wants(t, ask(h, "POST", Settings+"/test", url.Values{"id": {"1"}}), 303)
	wants(t, ask(h, "POST", Settings+"/test", url.Values{"id": {"x"}}), 422, "chọn một người nhận")
	wants(t, ask(h, "POST", Settings+"/when", url.Values{"minutes": {"x"}, "at": {"17:00"}}), 422, "1 đến 1440", `value="17:00"`, `value="x"`)
	wants(t, ask(h, "POST", Settings+"/when", url.Values{"minutes": {"5"}, "at": {"17:00"}}), 303)
	wants(t, ask(h, "GET", Settings+"?lang=en", nil), 200, `value="17:00"`, `value="5"`, "Who hears of trouble")
	wants(t, ask(h, "POST", Settings+"/remove", url.Values{"id": {"1"}}), 303)
	wants(t, ask(h, "GET", Settings, nil), 200, "Chưa có ai")
}

func TestFailingTest(t *testing.T) {
	d := newDesk(t, errors.New("no credit"))
	h := d.Rules()
	ask(h, "POST", Settings+"/add", url.Values{"name": {"A"}, "channel": {"sms"}, "address": {"1"}})
	wants(t, ask(h, "POST", Settings+"/test", url.Values{"id": {"1"}}), 422, "chưa gửi được", "no credit")
}

func TestHistory(t *testing.T) {
	d := newDesk(t, nil)
	wants(t, ask(d.History(), "GET", Prefix, nil), 200, "Không có cảnh báo nào")
	if err := d.Book.Raise(t.Context(), alarm.Sign{Key: "help:3", Kind: alarm.Help, VI: "Quầy 3 <b>", EN: "Counter 3"}); err != nil {
		t.Fatal(err)
	}
	wants(t, ask(d.History(), "GET", Prefix, nil), 200, "Quầy 3 &lt;b&gt;", "Gọi hỗ trợ", "chưa hết")
	if err := d.Book.Ack(t.Context(), 1, "Anh Bình"); err != nil {
		t.Fatal(err)
	}
	wants(t, ask(d.History(), "GET", Prefix+"?lang=en", nil), 200, "Counter 3", "Call for help", "Anh Bình", "0 min")
	wants(t, ask(d.History(), "GET", Prefix+"?before=1000", nil), 200, "Không có cảnh báo nào")
	for _, k := range alarm.Kinds() {
		if KindWords("vi", k) == "" || KindWords("en", k) == "" {
			t.Errorf("%s has no words", k)
		}
	}
}
