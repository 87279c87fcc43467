package zalo

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/xinmoi/xinmoi/bots"
	"github.com/xinmoi/xinmoi/bots/dialogue"
	"github.com/xinmoi/xinmoi/bots/webhook"
	"github.com/xinmoi/xinmoi/bots/zalo/zalotest"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("net/http.(*persistConn).readLoop"), goleak.IgnoreAnyFunction("net/http.(*persistConn).writeLoop"))
}

func TestNew(t *testing.T) {
	for name, c := range map[string]Config{
		"no token": {}, "token": {Token: "abc"}, "server": {Token: token, Server: "ftp://x"}, "short secret": {Token: token, Secret: "x"}, "secret with a space": {Token: token, Secret: "12345678 9"},
	} {
		if _, err := New(c); err == nil || strings.Contains(err.Error(), "12345678 9") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Every answer of Zalo, and of what stands between, and what is done about it.
func TestFailures(t *testing.T) {
	server := zalotest.New(token)
	defer server.Close()
	a := adapter(t, server.URL())
	server.Say("7", "x")
	for name, c := range map[string]struct {
		fault zalotest.Fault
		want  bots.FailureClass
		after time.Duration
	}{
		"wrong token":      {zalotest.Fault{Code: 401}, bots.Auth, 0},
		"bad request":      {zalotest.Fault{Code: 400}, bots.Rejected, 0},
		"server error":     {zalotest.Fault{Code: 403}, bots.Retry, 0},
		"timeout":          {zalotest.Fault{Code: 408}, bots.Ambiguous, 0},
		"quota":            {zalotest.Fault{Code: 429}, bots.Retry, quotaPause},
		"quota, told long": {zalotest.Fault{Code: 429, RetryAfter: 90}, bots.Retry, 90 * time.Second},
		"bad gateway":      {zalotest.Fault{HTML: 502}, bots.Ambiguous, 0},
		"a portal":         {zalotest.Fault{HTML: 302}, bots.Unreachable, 0},
		"a page with 200":  {zalotest.Fault{HTML: 200}, bots.Ambiguous, 0},
		"cut before":       {zalotest.Fault{Drop: true}, bots.Ambiguous, 0},
		"cut after":        {zalotest.Fault{DropAfter: true}, bots.Ambiguous, 0},
	} {
		server.Fail(c.fault)
		_, err := a.Send(t.Context(), "7", dialogue.Text{Body: "x"})
		var f *bots.Failure
		if !errors.As(err, &f) || f.Class != c.want || f.After != c.after {
			t.Errorf("%s: %v, want %s after %v", name, err, c.want, c.after)
		}
		if strings.Contains(err.Error(), "abc-xyz-secret") {
			t.Errorf("%s: the error tells the token: %v", name, err)
		}
	}
	if id, err := a.Send(t.Context(), "7", dialogue.Text{Body: "Mời số A012 đến quầy 4"}); err != nil || id == "" {
		t.Errorf("%q, %v", id, err)
	}
	if got := server.FromBot("7"); len(got) != 2 { // One that was cut off after it had arrived, and this one.
		t.Errorf("%+v", got)
	}
	server.Allow(0)
	var f *bots.Failure
	if _, err := a.Send(t.Context(), "7", dialogue.Text{Body: "x"}); !errors.As(err, &f) || f.Class != bots.Retry || f.After == 0 {
		t.Errorf("beyond the allowance: %v", err)
	}
	gone := adapter(t, "http://127.0.0.1:1")
	if _, err := gone.Send(t.Context(), "7", dialogue.Text{Body: "x"}); !errors.As(err, &f) || f.Class != bots.Unreachable {
		t.Errorf("nobody there: %v", err)
	}
}

// A poll brings one event; an idle one and a failed one bring none, and a
// webhook of before is taken away first.
func TestPoll(t *testing.T) {
	server := zalotest.New(token)
	defer server.Close()
	a := adapter(t, server.URL())
	server.RouteTo("https://old.example/hook", "a-secret-of-before")
	p := a.Polling()
	batch, cursor, err := p.Poll(t.Context(), "")
	if err != nil || len(batch) != 0 || cursor != "" {
		t.Errorf("idle: %+v, %q, %v", batch, cursor, err)
	}
	id := server.Say("7", "lấy số")
	batch, _, err = p.Poll(t.Context(), "")
	if err != nil || len(batch) != 1 || batch[0].Text != "lấy số" || batch[0].ExtID != "12345689:"+id || batch[0].Chat != "7" {
		t.Errorf("%+v, %v", batch, err)
	}
	for code, want := range map[int]bots.FailureClass{401: bots.Auth, 403: bots.Retry, 429: bots.Retry} {
		server.Fail(zalotest.Fault{Method: "getUpdates", Code: code})
		var f *bots.Failure
		if _, _, err := p.Poll(t.Context(), ""); !errors.As(err, &f) || f.Class != want {
			t.Errorf("%d: %v", code, err)
		}
	}
	server.Fail(zalotest.Fault{Method: "getUpdates", HTML: 504})
	if batch, _, err := p.Poll(t.Context(), ""); err != nil || len(batch) > 0 {
		t.Errorf("504: %+v, %v", batch, err)
	}
}

func TestReceive(t *testing.T) {
	a := adapter(t, "http://127.0.0.1:1")
	ask := func(secret, body string) ([]bots.Inbound, error) {
		r := httptest.NewRequest(http.MethodPost, "/bots/zalo", http.NoBody)
		r.Header.Set(secretHeader, secret)
		return a.Receive(r, []byte(body))
	}
	const one = `{"message":{"from":{"id":"7"},"text":"x","message_id":"1"}}`
	for _, wrong := range []string{"", "a-secret-of-our", "a-secret-of-ours ", "A-secret-of-ours"} {
		if _, err := ask(wrong, one); !errors.Is(err, webhook.ErrAuth) {
			t.Errorf("%q: %v", wrong, err)
		}
	}
	if batch, err := ask("a-secret-of-ours", one); err != nil || len(batch) != 1 {
		t.Errorf("%+v, %v", batch, err)
	}
	if batch, err := ask("a-secret-of-ours", "test"); err != nil || len(batch) != 0 {
		t.Errorf("a trial of Zalo's: %+v, %v", batch, err)
	}
	open, err := New(Config{Token: token})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := open.Receive(httptest.NewRequest(http.MethodPost, "/", http.NoBody), []byte(one)); !errors.Is(err, webhook.ErrAuth) {
		t.Errorf("without a secret anybody may write: %v", err)
	}
}

// Zalo is told until it has understood.
func TestKeepWebhook(t *testing.T) {
	server := zalotest.New(token)
	defer server.Close()
	a := adapter(t, server.URL())
	server.Fail(zalotest.Fault{Method: "setWebhook", Code: 403})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	failures := make(chan error, 10)
	done := make(chan error, 1)
	go func() {
		done <- a.KeepWebhook(ctx, "https://office.example/bots/zalo", func(err error) { failures <- err })
	}()
	if err := server.Wait(ctx, func() bool { return server.Webhook() != "" }); err != nil {
		t.Fatal(err)
	}
	if err := <-failures; strings.Contains(err.Error(), "a-secret-of-ours") {
		t.Errorf("the error tells the secret: %v", err)
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if got := a.setWebhook(t.Context(), "https://192.168.1.7/bots/zalo", false); got == nil {
		t.Error("an address that is not public was taken")
	}
}

// Nothing that the bot says is too long for Zalo.
func TestEveryMessageFits(t *testing.T) {
	form := adapter(t, "http://127.0.0.1:1").Caps().Form
	long := strings.Repeat("Đăng ký hộ kinh doanh, trả kết quả ", 5)
	for _, language := range []string{"vi", "en"} {
		for _, kind := range dialogue.Kinds() {
			m := dialogue.Message{Kind: kind, Language: language, Office: long}
			for range 40 {
				m.Services = append(m.Services, dialogue.Option{ID: "ABC", Name: long})
			}
			m.Slips = []dialogue.Slip{{Ticket: "1", Number: "ABC999999", Trial: true, Service: long, State: "waiting", Wait: long, Basis: long, Warning: long, Travels: true, URL: "https://" + strings.Repeat("x", 200)}}
			m.Text = "x"
			text := form.Render(m, "09:41")
			if !form.Fits(text.Body) || text.Body == "" || len(text.Buttons) > 0 || strings.HasSuffix(text.Body, "…") {
				t.Errorf("%s %s: %d characters, %d buttons: %s", language, kind, len([]rune(text.Body)), len(text.Buttons), text.Body)
			}
		}
	}
}
