//go:build e2e

package e2e

import (
	"context"
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/xinmoi/xinmoi/bots/zalooa/zalooatest"
)

// TestZaloConsent connects an Official Account without any token in a file: an
// administrator asks for the link, the account's owner agrees, the server is killed
// at once, and the account answers all the same.
func TestZaloConsent(t *testing.T) {
	t.Parallel()
	s, api := accountOffice(t, "")
	ctx, cancel := context.WithTimeout(t.Context(), 3*patience)
	defer cancel()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	defer client.CloseIdleConnections()
	ask := func(method, address, token string) (*http.Response, string) {
		t.Helper()
		r, err := http.NewRequestWithContext(ctx, method, address, nil)
		if err != nil {
			t.Fatal(err)
		}
		if token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		res, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res, string(body)
	}
	const page = "/admin/chat/zalo"
	if res, _ := ask(http.MethodPost, "http://"+s.http+page, s.token("staff")); res.StatusCode == http.StatusOK {
		t.Error("staff may connect the account")
	}
	_, body := ask(http.MethodPost, "http://"+s.http+page, s.token("admin"))
	link := regexp.MustCompile(`class="button" href="([^"]+)"`).FindStringSubmatch(body)
	if link == nil {
		t.Fatalf("no link: %s", body)
	}
	res, _ := ask(http.MethodGet, html.UnescapeString(link[1]), "")
	back, err := res.Location()
	if err != nil || back.Host != "office.example" {
		t.Fatalf("sent to %v, %v", back, err)
	}
	here := (&url.URL{Scheme: "http", Host: s.http, Path: back.Path, RawQuery: back.RawQuery}).String()
	if res, body = ask(http.MethodGet, here, ""); res.StatusCode != http.StatusOK || !strings.Contains(body, "Đã kết nối Zalo OA") {
		t.Fatalf("%d %s", res.StatusCode, body)
	}
	s.kill()
	s.run()
	api.Follow("lan", true)
	if _, err := api.WaitTold(ctx, "lan", "Xin chào"); err != nil {
		t.Fatalf("%v\n%s", err, s.output)
	}
	if res, body = ask(http.MethodGet, here, ""); res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(body, "10 phút") {
		t.Errorf("the same answer once more: %d", res.StatusCode)
	}
	if n := api.Exchanges(); n != 1 {
		t.Errorf("%d exchanges of tokens", n)
	}
	s.keeps(zalooatest.AppSecret, zalooatest.OASecret, "refresh-", "access-", "code-of")
}
