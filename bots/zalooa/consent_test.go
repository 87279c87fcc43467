package zalooa

import (
	"errors"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/bots"
	"github.com/xinmoi/xinmoi/bots/dialogue"
)

const callback = "https://office.example/bots/zalo-consent"

// agree goes where the account's owner is sent, and gives what comes back.
func agree(t *testing.T, address string) url.Values {
	t.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	defer client.CloseIdleConnections()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Close = true
	res, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	to, err := res.Location()
	if err != nil || !strings.HasPrefix(to.String(), callback+"?") {
		t.Fatalf("sent to %v, %v", to, err)
	}
	return to.Query()
}

// Without a token nothing goes out; with the owner's consent it does, also after a
// crash; and when the consent is over, another one leads back.
func TestConsent(t *testing.T) {
	a, api, c := account(t, func(c *Config) { c.Refresh = "" })
	api.RouteTo("http://127.0.0.1:1")
	say(api, "lan")
	send := func(a *Adapter) error {
		_, err := a.Send(t.Context(), "lan", dialogue.Text{Body: "x"})
		return err
	}
	if err := send(a); class(err) != bots.Auth || a.Connection() != Unconnected || !strings.Contains(err.Error(), "Kết nối Zalo OA") || api.Exchanges() != 0 {
		t.Fatalf("before the consent: %v, %d", err, a.Connection())
	}
	back := agree(t, a.Permission(callback))
	if err := a.Consented(t.Context(), back); err != nil || a.Connection() != Connected {
		t.Fatal(err)
	}
	if kept, err := readTokens(a.config.Tokens, ""); err != nil || kept.Access == "" || kept.Refresh != "refresh-"+strings.TrimPrefix(kept.Access, "access-") {
		t.Errorf("on the disk before use: %+v, %v", kept, err)
	}
	if err := send(a); err != nil {
		t.Error(err)
	}
	if err := a.Consented(t.Context(), back); !errors.Is(err, ErrConsentOver) {
		t.Errorf("once more: %v", err)
	}
	b := reopen(t, api, c, a.config.Tokens, func(c *Config) { c.Refresh = "" })
	if err := send(b); err != nil || b.Connection() != Connected {
		t.Errorf("after a crash: %v", err)
	}
	api.Consent() // Elsewhere: ours is worth nothing.
	c.pass(26 * time.Hour)
	if err := send(b); class(err) != bots.Auth || b.Connection() != Expired {
		t.Errorf("%v, %d", err, b.Connection())
	}
	if err := b.Consented(t.Context(), agree(t, b.Permission(callback))); err != nil || b.Connection() != Connected {
		t.Error(err)
	}
	if err := send(b); err != nil {
		t.Error(err)
	}
}

// What is no consent changes nothing of what there is.
func TestNoConsent(t *testing.T) {
	a, api, c := account(t, nil)
	kept := a.tokens
	for name, test := range map[string]struct {
		back func() url.Values
		want error
	}{
		"nothing":       {func() url.Values { return url.Values{} }, ErrConsentOver},
		"a made-up one": {func() url.Values { return url.Values{"state": {"x"}, "code": {"code-of-a-consent-9"}} }, ErrConsentOver},
		"too late":      {func() url.Values { b := agree(t, a.Permission(callback)); c.pass(consentTime + time.Second); return b }, ErrConsentOver},
		"another's code": {func() url.Values {
			b := agree(t, a.Permission(callback))
			b.Set("code", "code-of-a-consent-9")
			return b
		}, ErrConsentRefused},
		"another's question": {func() url.Values {
			b, other := agree(t, a.Permission(callback)), agree(t, a.Permission(callback))
			b.Set("code", other.Get("code"))
			return b
		}, ErrConsentRefused},
	} {
		if err := a.Consented(t.Context(), test.back()); !errors.Is(err, test.want) || a.tokens != kept {
			t.Errorf("%s: %v", name, err)
		}
	}
	api.Decline()
	if err := a.Consented(t.Context(), agree(t, a.Permission(callback))); !errors.Is(err, ErrConsentRefused) || a.tokens != kept {
		t.Errorf("declined: %v", err)
	}
	for range 3 * mostConsents {
		a.Permission(callback)
	}
	if n := len(a.asked); n > mostConsents {
		t.Errorf("%d consents are remembered", n)
	}
	full, _, _ := account(t, func(c *Config) { c.Tokens = filepath.Join(c.Tokens, "no", "folder") })
	if err := full.Consented(t.Context(), agree(t, full.Permission(callback))); !errors.Is(err, ErrConsentUnwritten) || full.Connection() != Connected {
		t.Errorf("a full disk: %v", err)
	}
	if n := len(challenge(strings.Repeat("A", verifierLength))); n != 43 {
		t.Errorf("a challenge of %d letters", n)
	}
}
