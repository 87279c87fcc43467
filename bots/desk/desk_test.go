package desk

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/bots"
	"github.com/xinmoi/xinmoi/bots/dialogue"
	"github.com/xinmoi/xinmoi/bots/mailbox"
	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/notice"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// mute is a channel that is never used.
type mute struct{}

func (mute) Channel() queue.Channel { return queue.Zalo }
func (mute) Caps() bots.Caps        { return bots.Caps{PerMonth: 3000} }
func (mute) Send(context.Context, string, dialogue.Text) (string, error) {
	return "", nil
}

// office is nobody: nothing here asks it.
type office struct{ queue.Office }

func newDesk(t *testing.T) (*Desk, string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "x.db")
	box, err := mailbox.Open(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	err = box.Update(t.Context(), func(tx *mailbox.Tx) error {
		for _, dedupe := range []string{"1", "2"} {
			body := []byte(`{"kind":"called","language":"vi","slips":[{"ticket":"7","number":"A01` + dedupe + `"}]}`)
			p := mailbox.Parcel{Channel: "zalo", Chat: "secret-chat", Ticket: "7", Kind: "called", Dedupe: dedupe, Expires: now.Add(time.Minute), Body: body}
			if err := tx.SaveChat(mailbox.Chat{Channel: "zalo", ID: "secret-chat", Seen: now}); err != nil {
				return err
			}
			if err := tx.Bury(p, "secret-chat has <blocked> us", now); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := box.Close(); err != nil {
		t.Fatal(err)
	}
	b, err := bots.New(bots.Config{Office: office{}, Mailbox: file, Adapters: []bots.Adapter{mute{}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	d, err := New(Config{
		Bots: b, Office: "Trung tâm", Location: func() *time.Location { return time.UTC }, Base: "http://office.example",
		Code:  func(time.Time) string { return "482193" },
		Doors: func(l page.Lang, code string) []page.Link { return []page.Link{{Label: "Zalo: " + code}} },
	})
	if err != nil {
		t.Fatal(err)
	}
	return d, file
}

func ask(t *testing.T, h http.Handler, method, path string, form url.Values) (int, string) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(form.Encode()))
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

// Staff see what failed, never to whom, and let go what they read.
func TestDeadLettersPage(t *testing.T) {
	d, _ := newDesk(t)
	status, text := ask(t, d.Handler(), "GET", Prefix, nil)
	for _, want := range []string{"A011", "A012", "mời đến quầy", "&lt;blocked&gt;", "0 / 3000"} {
		if !strings.Contains(text, want) {
			t.Errorf("%d: the page does not show %q", status, want)
		}
	}
	if strings.Contains(text, "secret-chat") {
		t.Error("the page shows a chat's id")
	}
	if _, english := ask(t, d.Handler(), "GET", Prefix+"?lang=en", nil); !strings.Contains(english, "could not be delivered") || !strings.Contains(english, "call") {
		t.Error("no English")
	}
	if status, _ := ask(t, d.Handler(), "POST", Prefix+"/dismiss", url.Values{"id": {"1"}}); status != http.StatusSeeOther {
		t.Errorf("dismiss: %d", status)
	}
	if status, text := ask(t, d.Handler(), "POST", Prefix+"/again", url.Values{"id": {"x"}}); status != http.StatusUnprocessableEntity || !strings.Contains(text, "tải lại trang") {
		t.Errorf("a form that cannot be read: %d", status)
	}
	rows := d.Panel().Rows(t.Context())
	found := false
	for _, r := range rows {
		found = found || strings.Contains(r.Label, "không gửi được") && strings.HasPrefix(r.Value, "1;") && r.Level == page.Warn && !strings.Contains(r.Value, "secret-chat")
	}
	if !found {
		t.Errorf("the panel says %+v", rows)
	}
	for _, a := range d.Panel().Actions {
		if err := a.Do(t.Context()); err != nil {
			t.Errorf("%s: %v", a.ID, err)
		}
	}
	if letters, err := d.Bots.Letters(t.Context(), 10); err != nil || len(letters) > 0 {
		t.Errorf("left: %+v, %v", letters, err)
	}
}

// Settings are checked, kept over a restart, and hold at once.
func TestSettingsForm(t *testing.T) {
	d, file := newDesk(t)
	for _, bad := range []url.Values{{"from": {"25:00"}, "to": {"06:00"}}, {"from": {"21:00"}}, {"month-zalo": {"many"}}, {"month-zalo": {"-1"}}} {
		if status, text := ask(t, d.Handler(), "POST", Prefix+"/settings", bad); status != http.StatusUnprocessableEntity || !strings.Contains(text, `role="alert"`) {
			t.Errorf("%v: %d", bad, status)
		}
	}
	status, _ := ask(t, d.Handler(), "POST", Prefix+"/settings", url.Values{"from": {"21:30"}, "to": {"06:30"}, "month-zalo": {"500"}, "fallback": {"yes"}})
	if status != http.StatusSeeOther {
		t.Fatalf("settings: %d", status)
	}
	check := func(s bots.Settings) {
		t.Helper()
		if s.Quiet != (notice.Quiet{From: "21:30", To: "06:30"}) || s.Month[queue.Zalo] != 500 || s.NoFallback {
			t.Errorf("in force: %+v", s)
		}
	}
	check(d.Bots.Settings())
	if err := d.Bots.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := bots.New(bots.Config{Office: office{}, Mailbox: file, Adapters: []bots.Adapter{mute{}}})
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	check(again.Settings())
	if got := again.Status(t.Context())[0].Month.Budget.Month; got != 500 {
		t.Errorf("%d messages a month", got)
	}
}

// The hall's screen shows the code and a picture that leads to where it is given.
func TestHall(t *testing.T) {
	d, _ := newDesk(t)
	status, text := ask(t, d.Hall(), "GET", HallPath, nil)
	if status != http.StatusOK || !strings.Contains(text, "482 193") || !strings.Contains(text, HallPath+"/qr.svg") {
		t.Errorf("%d %s", status, text)
	}
	if status, svg := ask(t, d.Hall(), "GET", HallPath+"/qr.svg?482193", nil); status != http.StatusOK || !strings.HasPrefix(svg, "<svg") {
		t.Errorf("picture: %d", status)
	}
	if status, text := ask(t, d.In(), "GET", InPath+"/482193", nil); status != http.StatusOK || !strings.Contains(text, "Zalo: 482193") {
		t.Errorf("%d %s", status, text)
	}
	for _, bad := range []string{"/48219", "/abcdef", "/4821930", "/", "/482193/x"} {
		if status, _ := ask(t, d.In(), "GET", InPath+bad, nil); status != http.StatusNotFound {
			t.Errorf("%s: %d", bad, status)
		}
	}
	d.Code = nil
	if status, _ := ask(t, d.Hall(), "GET", HallPath, nil); status != http.StatusNotFound {
		t.Errorf("without a code: %d", status)
	}
}
