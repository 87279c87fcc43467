package zalooa

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/xinmoi/xinmoi/bots"
	"github.com/xinmoi/xinmoi/bots/dialogue"
	"github.com/xinmoi/xinmoi/bots/webhook"
	"github.com/xinmoi/xinmoi/bots/zalooa/zalooatest"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("net/http.(*persistConn).writeLoop"), goleak.IgnoreTopFunction("internal/poll.runtime_pollWait"))
}

// clock is a time that is set.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.at }

func (c *clock) pass(d time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.at = c.at.Add(d) }

func account(t *testing.T, change func(*Config)) (*Adapter, *zalooatest.Server, *clock) {
	t.Helper()
	c := &clock{at: time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)}
	api := zalooatest.New(c.now)
	t.Cleanup(api.Close)
	a := reopen(t, api, c, filepath.Join(t.TempDir(), "tokens"), change)
	return a, api, c
}

func reopen(t *testing.T, api *zalooatest.Server, c *clock, file string, change func(*Config)) *Adapter {
	t.Helper()
	config := Config{
		AppID: zalooatest.AppID, AppSecret: zalooatest.AppSecret, OASecret: zalooatest.OASecret, Refresh: "refresh-0", Tokens: file,
		Server: api.URL(), Login: api.URL(), Templates: api.URL(), Office: "Trung tâm", Now: c.now,
	}
	if change != nil {
		change(&config)
	}
	a, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.client.CloseIdleConnections)
	return a
}

func class(err error) bots.FailureClass {
	var f *bots.Failure
	if !errors.As(err, &f) {
		return ""
	}
	return f.Class
}

// Tokens are exchanged once, are on the disk before they are used, outlive the
// process, and are exchanged again when they end or are refused.
func TestTokens(t *testing.T) {
	a, api, c := account(t, nil)
	api.RouteTo("http://127.0.0.1:1") // Nobody listens: webhooks are not the matter.
	say(api, "lan")
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if _, err := a.Send(t.Context(), "lan", dialogue.Text{Body: "xin chào"}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := api.Exchanges(); n != 1 {
		t.Fatalf("%d exchanges for 8 messages at once", n)
	}
	var kept tokens
	raw, err := os.ReadFile(a.config.Tokens)
	if err != nil || json.Unmarshal(raw, &kept) != nil || kept.Access != "access-"+strings.TrimPrefix(kept.Refresh, "refresh-") {
		t.Fatalf("kept %q, %v", raw, err)
	}
	b := reopen(t, api, c, a.config.Tokens, nil) // After a crash.
	if _, err := b.Send(t.Context(), "lan", dialogue.Text{Body: "x"}); err != nil || api.Exchanges() != 1 {
		t.Errorf("%v after %d exchanges", err, api.Exchanges())
	}
	api.EndAccess() // Before its time.
	if _, err := b.Send(t.Context(), "lan", dialogue.Text{Body: "x"}); err != nil || api.Exchanges() != 2 {
		t.Errorf("%v after %d exchanges", err, api.Exchanges())
	}
	c.pass(26 * time.Hour)
	if b.untilExchange() > 0 {
		t.Error("an old token is kept")
	}
	if _, err := b.Send(t.Context(), "lan", dialogue.Text{Body: "x"}); err != nil || api.Exchanges() != 3 {
		t.Errorf("%v after %d exchanges", err, api.Exchanges())
	}
	seed := api.Consent() // Somebody gave the consent anew: ours is worth nothing.
	c.pass(26 * time.Hour)
	if _, err := b.Send(t.Context(), "lan", dialogue.Text{Body: "x"}); class(err) != bots.Auth || !strings.Contains(err.Error(), "refresh_token_file") || strings.Contains(err.Error(), "refresh-") {
		t.Errorf("a spent refresh token: %v", err)
	}
	d := reopen(t, api, c, a.config.Tokens, func(c *Config) { c.Refresh = seed })
	if _, err := d.Send(t.Context(), "lan", dialogue.Text{Body: "x"}); err != nil {
		t.Errorf("the new consent: %v", err)
	}
}

// say lets a person have written, without a webhook.
func say(api *zalooatest.Server, person string) { api.Follow(person, true) }

// Tokens that cannot be written are used all the same, and their holder says so.
func TestADiskThatIsFull(t *testing.T) {
	a, _, _ := account(t, func(c *Config) { c.Tokens = filepath.Join(c.Tokens, "no", "such", "folder") })
	if _, err := a.Who(t.Context()); err == nil || !strings.Contains(err.Error(), "cannot be written") {
		t.Errorf("said %v", err)
	}
	if who, err := a.Who(t.Context()); err != nil || who != "Trung tâm" {
		t.Errorf("%q, %v", who, err)
	}
}

// What could not be written is written once the disk takes it, without another
// exchange; and tokens of a short life are exchanged in its middle, not without end.
func TestTokensAreKept(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "late")
	a, api, _ := account(t, func(c *Config) { c.Tokens = filepath.Join(folder, "tokens") })
	if _, err := a.renew(t.Context()); err == nil {
		t.Fatal("written into a folder that is not there")
	}
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	if pause, err := a.renew(t.Context()); err != nil || pause != often || api.Exchanges() != 1 {
		t.Errorf("pause %v, %v, %d exchanges", pause, err, api.Exchanges())
	}
	if kept, err := readTokens(a.config.Tokens, "refresh-0"); err != nil || kept.Refresh != "refresh-1" {
		t.Errorf("kept %+v, %v", kept, err)
	}
	short := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"access_token":"a","refresh_token":"b","expires_in":"14400"}`)) // Four hours.
	}))
	t.Cleanup(short.Close)
	b, _, _ := account(t, func(c *Config) { c.Login = short.URL })
	if pause, err := b.renew(t.Context()); err != nil || pause != 2*time.Hour {
		t.Errorf("pause %v, %v", pause, err)
	}
}

// Nothing that is said is longer than Zalo takes, in its count of letters.
func TestEveryMessageFits(t *testing.T) {
	a, _, _ := account(t, nil)
	form := a.Caps().Form
	if !form.Fits(strings.Repeat("ố", maxText)) || form.Fits(strings.Repeat("👍", maxText/2+1)) {
		t.Error("letters are counted otherwise")
	}
	long := strings.Repeat("Đăng ký hộ kinh doanh, trả kết quả ", 5)
	for _, kind := range dialogue.Kinds() {
		m := dialogue.Message{Kind: kind, Language: "vi", Office: long, Text: long}
		for range 40 {
			m.Services = append(m.Services, dialogue.Option{ID: "ABC", Name: long})
		}
		if text := form.Render(m, "09:41"); !form.Fits(text.Body) {
			t.Errorf("%s: %d letters", kind, letters(text.Body))
		}
	}
}

// Every refusal has its consequence, although they all come with status 200.
func TestRefusals(t *testing.T) {
	a, api, c := account(t, nil)
	api.RouteTo("http://127.0.0.1:1")
	say(api, "lan")
	for want, faults := range map[bots.FailureClass][]zalooatest.Fault{
		bots.Retry: {{Code: -32}, {HTML: 429}}, bots.Gone: {{Code: -213}, {Code: -227}, {Code: -244}}, bots.Rejected: {{Code: -201}, {Code: -230}, {Code: -218}},
		bots.Auth: {{Code: -224}, {Code: -240}}, bots.Ambiguous: {{DropAfter: true}, {HTML: 502}}, bots.Unreachable: {{HTML: 403}},
	} {
		for _, f := range faults {
			f.Path = "/message/cs"
			api.Fail(f)
			if _, err := a.Send(t.Context(), "lan", dialogue.Text{Body: "x"}); class(err) != want {
				t.Errorf("%+v: %v, want %s", f, err, want)
			}
		}
	}
	if _, err := a.Send(t.Context(), "minh", dialogue.Text{Body: "x"}); class(err) != bots.Gone {
		t.Errorf("who does not follow: %v", err)
	}
	c.pass(8 * 24 * time.Hour)
	if _, err := a.Send(t.Context(), "lan", dialogue.Text{Body: "x"}); class(err) != bots.Rejected {
		t.Errorf("beyond the window: %v", err)
	}
	a.config.Template = "77"
	if _, err := a.Send(t.Context(), "lan", dialogue.Text{Body: "Mời số A012 đến quầy 2."}); err != nil {
		t.Error(err)
	}
	if told := api.Told("lan"); !strings.HasPrefix(told[len(told)-1], "template: Trung tâm: Mời số A012") {
		t.Errorf("told %q", told)
	}
	a.config.Server = "http://127.0.0.1:1" // Nobody is given that port.
	if _, err := a.Send(t.Context(), "lan", dialogue.Text{Body: "x"}); class(err) != bots.Unreachable {
		t.Errorf("nobody there: %v", err)
	}
}

// Only what Zalo signed is read, and the same event is known when it comes again.
func TestReceive(t *testing.T) {
	a, _, _ := account(t, nil)
	ask := func(body, signature string) ([]bots.Inbound, error) {
		r := httptest.NewRequest(http.MethodPost, "/bots/zalo", strings.NewReader(body))
		r.Header.Set("X-ZEvent-Signature", signature)
		return a.Receive(r, []byte(body))
	}
	const at = "1795334400000"
	for name, c := range map[string]struct {
		body string
		want bots.Inbound
	}{
		"text": {`{"app_id":"` + zalooatest.AppID + `","event_name":"user_send_text","sender":{"id":"lan"},"recipient":{"id":"9"},"message":{"text":"lấy số A","msg_id":"m1"},"timestamp":"` + at + `"}`,
			bots.Inbound{ExtID: "9:m1", Kind: bots.Said, Chat: "lan", From: "lan", Text: "lấy số A"}},
		"number as time": {`{"event_name":"user_send_image","sender":{"id":"lan"},"recipient":{"id":"9"},"message":{"text":"secret","msg_id":"m2"},"timestamp":` + at + `}`,
			bots.Inbound{ExtID: "9:m2", Kind: bots.Said, Chat: "lan", From: "lan"}},
		"follows": {`{"event_name":"follow","oa_id":"9","follower":{"id":"lan"},"timestamp":"` + at + `"}`,
			bots.Inbound{ExtID: "9:follow-lan-" + at, Kind: bots.Said, Chat: "lan", From: "lan", Text: greeting}},
		"leaves": {`{"event_name":"unfollow","oa_id":"9","follower":{"id":"lan"},"timestamp":"` + at + `"}`,
			bots.Inbound{ExtID: "9:unfollow-lan-" + at, Kind: bots.Left, Chat: "lan", From: "lan"}},
		"seen":        {`{"event_name":"user_seen_message","sender":{"id":"9"},"recipient":{"id":"lan"},"timestamp":"` + at + `"}`, bots.Inbound{Kind: bots.Ignore}},
		"another app": {`{"app_id":"1","event_name":"user_send_text","sender":{"id":"lan"},"message":{"text":"x","msg_id":"m1"},"timestamp":"` + at + `"}`, bots.Inbound{Kind: bots.Ignore}},
	} {
		for _, lead := range []string{"mac=", ""} {
			got, err := ask(c.body, lead+zalooatest.Sign([]byte(c.body), at))
			if err != nil || len(got) != 1 {
				t.Errorf("%s: %v, %v", name, got, err)
				continue
			}
			in := got[0]
			if again, _ := ask(c.body, lead+zalooatest.Sign([]byte(c.body), at)); in.ExtID == "" || again[0].ExtID != in.ExtID || len(in.ExtID) > 110 {
				t.Errorf("%s is known by %q", name, in.ExtID)
			}
			if in.At = (time.Time{}); c.want.ExtID == "" {
				in.ExtID = ""
			}
			if in != c.want {
				t.Errorf("%s: %+v, want %+v", name, in, c.want)
			}
		}
		for _, wrong := range []string{"", "mac=", zalooatest.Sign([]byte(c.body), "1"), zalooatest.Sign([]byte(c.body+" "), at)} {
			if got, err := ask(c.body, wrong); !errors.Is(err, webhook.ErrAuth) || got != nil {
				t.Errorf("%s with the signature %q: %v, %v", name, wrong, got, err)
			}
		}
	}
	if _, err := ask("junk", ""); !errors.Is(err, webhook.ErrAuth) {
		t.Errorf("junk: %v", err)
	}
}

func TestNewIsChecked(t *testing.T) {
	for name, change := range map[string]func(*Config){
		"no app": func(c *Config) { c.AppID = "x" }, "no secret": func(c *Config) { c.AppSecret = "" }, "no signature": func(c *Config) { c.OASecret = " " },
		"no token": func(c *Config) { c.Refresh = "short" }, "no file": func(c *Config) { c.Tokens = "" }, "no address": func(c *Config) { c.Server = "zalo" },
	} {
		c := Config{AppID: "12345678", AppSecret: "12345678", OASecret: "12345678", Refresh: "12345678", Tokens: filepath.Join(t.TempDir(), "x")}
		change(&c)
		if _, err := New(c); err == nil || strings.Contains(err.Error(), "12345678") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// KeepTokens exchanges at once, and ends with its context.
func TestKeepTokens(t *testing.T) {
	a, api, _ := account(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- a.KeepTokens(ctx, func(err error) { t.Error(err) }) }()
	for api.Exchanges() == 0 {
		if _, err := a.Who(ctx); err != nil {
			t.Error(err)
			break
		}
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if n := api.Exchanges(); n != 1 {
		t.Errorf("%d exchanges", n)
	}
}

func FuzzReceive(f *testing.F) {
	a, err := New(Config{AppID: "12345678", AppSecret: "12345678", OASecret: zalooatest.OASecret, Refresh: "12345678", Tokens: filepath.Join(f.TempDir(), "x")})
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{`{"event_name":"follow","follower":{"id":"1"},"timestamp":1}`, `{"event_name":"user_send_text","sender":{"id":7},"message":{"text":["x"],"msg_id":{}},"timestamp":"x"}`, `[]`, `{"timestamp":null}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		r := httptest.NewRequest(http.MethodPost, "/", nil)
		if got, err := a.Receive(r, body); err == nil {
			t.Fatalf("unsigned: %v", got)
		}
		var e event
		if json.Unmarshal(body, &e) != nil {
			return
		}
		in := a.inbound(e)
		if id := extID(e, body); id == "" || len(id) > 110 || in.Kind == "" {
			t.Errorf("%+v is known by %q", in, id)
		}
	})
}

func FuzzReadAnswer(f *testing.F) {
	for _, seed := range []string{`{"error":0,"data":{"message_id":"1"}}`, `{"error":"-216","message":7}`, `<html>`, `{"error":{}}`, `{}`} {
		f.Add(200, []byte(seed))
	}
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		data, err := readAnswer(status, body)
		var said *refusal
		if err != nil && (!errors.As(err, &said) || said.class() == "" || data != nil) {
			t.Errorf("%q: %s, %v", body, data, err)
		}
	})
}
