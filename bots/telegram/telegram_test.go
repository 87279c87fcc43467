package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/xinmoi/xinmoi/bots"
	"github.com/xinmoi/xinmoi/bots/dialogue"
	"github.com/xinmoi/xinmoi/bots/telegram/telegramtest"
)

const token = "123456789:AAtest-token-that-is-secret_0123456"

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func setUp(t *testing.T) (*Adapter, *telegramtest.Server) {
	t.Helper()
	s := telegramtest.New(token)
	a, err := New(Config{Token: token, Server: s.URL() + "/", PollTimeout: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close(); a.client.CloseIdleConnections() })
	return a, s
}

func TestNewRefusesWhatCannotWork(t *testing.T) {
	for _, c := range []Config{
		{}, {Token: "abc"}, {Token: "123456:"}, {Token: token + "/../x"}, {Token: token, Server: "ftp://x"}, {Token: token, Server: "::"},
		{Token: " " + token},
	} {
		if _, err := New(c); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("New(%+v) = %v", c, err)
		}
	}
}

func TestPollConfirmsOnlyWhatItsCursorCovers(t *testing.T) {
	a, s := setUp(t)
	ctx := t.Context()
	u := telegramtest.User{ID: 7, Name: "Sáu", Language: "vi"}
	s.SendText(u, "một")
	s.SendText(u, "hai")
	first, cursor, err := a.Poll(ctx, "")
	if err != nil || len(first) != 2 || first[0].Text != "một" || first[0].Chat != "7" || first[0].Language != "vi" || first[0].Kind != bots.Said {
		t.Fatalf("poll = %+v, %q, %v", first, cursor, err)
	}
	again, same, err := a.Poll(ctx, "") // As after a crash before the commit.
	if err != nil || len(again) != 2 || again[1].ExtID != first[1].ExtID || same != cursor {
		t.Errorf("again = %+v, %q, %v", again, same, err)
	}
	s.SendText(u, "ba")
	third, cursor3, err := a.Poll(ctx, cursor)
	if err != nil || len(third) != 1 || third[0].Text != "ba" || s.Pending() != 1 {
		t.Errorf("third = %+v, %v; %d pending", third, err, s.Pending())
	}
	none, idle, err := a.Poll(ctx, cursor3)
	if err != nil || len(none) != 0 || idle != cursor3 || s.Pending() != 0 {
		t.Errorf("idle = %+v, %q, %v; %d pending", none, idle, err, s.Pending())
	}
	// Another bot's offset would make Telegram forget what it does not cover.
	s.SendText(u, "bốn")
	if got, _, err := a.Poll(ctx, "999:999999999999"); err != nil || len(got) != 1 {
		t.Errorf("after a change of token: %+v, %v", got, err)
	}
}

func TestSendAndEdit(t *testing.T) {
	a, s := setUp(t)
	ctx := t.Context()
	u := telegramtest.User{ID: 7}
	s.SendText(u, "x")
	text := dialogue.Text{Body: "Mời số A012", Silent: true, Buttons: [][]dialogue.Button{{{Label: "Bỏ số", Intent: dialogue.Intent{Action: dialogue.Cancel, Arg: "12"}}}}}
	ref, err := a.Send(ctx, "7", text)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Edit(ctx, "7", ref, text); err != nil {
		t.Errorf("an edit that changes nothing: %v", err)
	}
	if err := a.Edit(ctx, "7", ref, dialogue.Text{Body: "Xong"}); err != nil {
		t.Errorf("edit: %v", err)
	}
	got := s.FromBot(7)
	if len(got) != 1 || got[0].Text != "Xong" || len(got[0].Buttons) != 0 || !got[0].Silent || got[0].Edits != 1 {
		t.Errorf("messages = %+v", got)
	}
	for ref, want := range map[string]bots.FailureClass{"99": bots.Rejected, "x": bots.Rejected} {
		if class := classIn(a.Edit(ctx, "7", ref, text)); class != want {
			t.Errorf("edit of %q: %s", ref, class)
		}
	}
}

func classIn(err error) bots.FailureClass {
	var f *bots.Failure
	if !errors.As(err, &f) {
		return ""
	}
	return f.Class
}

func TestFailuresAreClassified(t *testing.T) {
	for _, c := range []struct {
		name  string
		fault telegramtest.Fault
		want  bots.FailureClass
		poll  bots.FailureClass
		after time.Duration
	}{
		{"flood", telegramtest.Fault{Status: 429, RetryAfter: 7}, bots.Retry, bots.Retry, 7 * time.Second},
		{"flood of a proxy", telegramtest.Fault{Status: 429, RetryAfter: 7, HTML: true}, bots.Retry, bots.Retry, 7 * time.Second},
		{"blocked", telegramtest.Fault{Status: 403, Description: "Forbidden: bot was blocked by the user"}, bots.Gone, "", 0},
		{"no chat", telegramtest.Fault{Status: 400, Description: "Bad Request: chat not found"}, bots.Gone, "", 0},
		{"bad text", telegramtest.Fault{Status: 400, Description: "Bad Request: message is too long"}, bots.Rejected, "", 0},
		{"wrong token", telegramtest.Fault{Status: 401}, bots.Auth, bots.Auth, 0},
		{"unknown bot", telegramtest.Fault{Status: 404}, bots.Auth, bots.Auth, 0},
		{"conflict", telegramtest.Fault{Status: 409}, bots.Conflict, bots.Conflict, 0},
		{"bad gateway", telegramtest.Fault{Status: 502, HTML: true}, bots.Ambiguous, "", 0},
		{"server error", telegramtest.Fault{Status: 500}, bots.Ambiguous, "", 0},
		{"portal", telegramtest.Fault{Status: 302, HTML: true}, bots.Unreachable, bots.Unreachable, 0},
		{"cut", telegramtest.Fault{Drop: true}, bots.Ambiguous, bots.Unreachable, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, s := setUp(t)
			s.SendText(telegramtest.User{ID: 7}, "x")
			s.Fail(c.fault)
			_, err := a.Send(t.Context(), "7", dialogue.Text{Body: "x"})
			if got := classIn(err); got != c.want {
				t.Errorf("send: %v, want %s", err, c.want)
			}
			var f *bots.Failure
			if errors.As(err, &f) && f.After != c.after {
				t.Errorf("after = %s, want %s", f.After, c.after)
			}
			s.Fail(c.fault)
			_, cursor, pollErr := a.Poll(t.Context(), "123456789:5")
			if c.poll != "" && classIn(pollErr) != c.poll || pollErr == nil || cursor != "123456789:5" {
				t.Errorf("poll: %q, %v, want %s", cursor, pollErr, c.poll)
			}
			for _, err := range []error{err, pollErr} {
				for e := err; e != nil; e = errors.Unwrap(e) {
					if strings.Contains(e.Error(), "secret") {
						t.Errorf("the token is in %q", e)
					}
				}
			}
		})
	}
}

func TestUnreachableAndCancelled(t *testing.T) {
	a, err := New(Config{Token: token, Server: "http://127.0.0.1:1", PollTimeout: time.Second}) // Nobody is given that port.
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Send(t.Context(), "7", dialogue.Text{Body: "x"}); classIn(err) != bots.Unreachable || strings.Contains(err.Error(), "secret") {
		t.Errorf("send = %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := a.Poll(ctx, ""); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("poll = %v", err)
	}
	if _, err := a.Send(ctx, "7", dialogue.Text{Body: "x"}); classIn(err) == "" {
		t.Errorf("send = %v", err)
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	a, s := setUp(t)
	resp, err := a.client.Get(s.URL() + "/nowhere")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("a wrong path answers %d", resp.StatusCode)
	}
	if err := a.client.CheckRedirect(nil, nil); !errors.Is(err, http.ErrUseLastResponse) {
		t.Errorf("redirects: %v", err)
	}
}

func TestParseUpdate(t *testing.T) {
	now := time.Unix(1_800_000_000, 0).UTC()
	for _, c := range []struct{ raw, kind, chat, text string }{
		{`{"message":{"from":{"id":7},"chat":{"id":7,"type":"private"},"date":1700000000,"text":"hi"}}`, "said", "7", "hi"},
		{`{"message":{"from":{"id":7},"chat":{"id":7,"type":"private"},"text":"hi","entities":[{"type":"bot_command","offset":0,"length":100}]}}`, "said", "7", "hi"},
		{`{"message":{"from":{"id":7},"chat":{"id":7,"type":"private"},"photo":[{}]}}`, "said", "7", ""},
		{`{"message":{"from":{"id":7,"is_bot":true},"chat":{"id":7,"type":"private"},"text":"hi"}}`, "ignore", "", ""},
		{`{"message":{"chat":{"id":-1,"type":"channel"},"text":"hi"}}`, "ignore", "", ""},
		{`{"message":{"from":{"id":7},"chat":{"id":-1,"type":"supergroup"},"text":"hi"}}`, "said", "-1", "hi"},
		{`{"callback_query":{"id":"q","from":{"id":7},"data":"v1:take:A"}}`, "press", "7", ""},
		{`{"callback_query":{"id":"q","from":{"id":7},"message":{"chat":{"id":-1},"date":0},"data":"v1:take:A"}}`, "press", "-1", ""},
		{`{"callback_query":{"id":"q","from":{"id":7}}}`, "ignore", "", ""},
		{`{"my_chat_member":{"chat":{"id":7,"type":"private"},"new_chat_member":{"status":"kicked"}}}`, "left", "7", ""},
		{`{"my_chat_member":{"chat":{"id":7,"type":"private"},"new_chat_member":{"status":"member"}}}`, "ignore", "", ""},
		{`{"poll":{}}`, "ignore", "", ""}, {`{"message":7}`, "ignore", "", ""}, {`[]`, "ignore", "", ""}, {``, "ignore", "", ""},
	} {
		got := parseUpdate(json.RawMessage(c.raw), now)
		if string(got.Kind) != c.kind || got.Chat != c.chat || got.Text != c.text || got.At.IsZero() {
			t.Errorf("%s = %+v", c.raw, got)
		}
	}
}

func FuzzParseUpdate(f *testing.F) {
	f.Add([]byte(`{"message":{"from":{"id":7},"chat":{"id":7,"type":"private"},"date":-1,"text":"hi"}}`))
	f.Add([]byte(`{"message":{"from":{"id":7},"chat":{"id":7,"type":"private"},"date":9000000000000000000,"text":"hi"}}`))
	f.Add([]byte(`{"callback_query":{"id":"q","from":{"id":7},"message":null,"data":"v1:take:A"}}`))
	now := time.Unix(1_800_000_000, 0)
	f.Fuzz(func(t *testing.T, raw []byte) {
		in := parseUpdate(raw, now)
		if in.Kind == "" || in.At.IsZero() {
			t.Errorf("%q = %+v", raw, in)
		}
		if (in.Kind == bots.Said || in.Kind == bots.Press) && (in.Chat == "" || in.Chat == "0" || in.From == "") {
			t.Errorf("%q = %+v: nobody to answer", raw, in)
		}
		if body, err := json.Marshal(in); err != nil {
			t.Errorf("%q cannot be stored: %v (%s)", raw, err, body)
		}
	})
}
