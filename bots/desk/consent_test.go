package desk

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/xinmoi/xinmoi/bots/zalooa"
	"github.com/xinmoi/xinmoi/bots/zalooa/zalooatest"
)

var linkIn = regexp.MustCompile(`class="button" href="([^"]+)"`)

// An administrator asks for the link, the account's owner agrees elsewhere, and the
// page says so; what goes wrong says what to do, and no page shows a secret.
func TestConsentPage(t *testing.T) {
	d, _ := newDesk(t)
	if status, _ := ask(t, d.Back(), http.MethodGet, BackPath, nil); status != http.StatusNotFound {
		t.Errorf("without an account: %d", status)
	}
	api := zalooatest.New(nil)
	t.Cleanup(api.Close)
	a, err := zalooa.New(zalooa.Config{
		AppID: zalooatest.AppID, AppSecret: zalooatest.AppSecret, OASecret: zalooatest.OASecret, Tokens: filepath.Join(t.TempDir(), "tokens"), Server: api.URL(), Login: api.URL(),
	})
	if err != nil {
		t.Fatal(err)
	}
	d.Consent = a
	h := d.Handler()
	if row := d.consentRow(); row.Level != "fail" || row.Href != ConsentPath || !strings.Contains(row.Value, "Kết nối Zalo OA") {
		t.Errorf("%+v", row)
	}
	if _, body := ask(t, h, http.MethodGet, Prefix, nil); !strings.Contains(body, `href="`+ConsentPath+`"`) {
		t.Error("the page of the chats does not lead there")
	}
	status, body := ask(t, h, http.MethodGet, ConsentPath, nil)
	if status != http.StatusOK || !strings.Contains(body, "http://office.example"+BackPath) || linkIn.MatchString(body) {
		t.Errorf("%d %s", status, body)
	}
	back := func() string {
		_, body := ask(t, h, http.MethodPost, ConsentPath, url.Values{})
		link := linkIn.FindStringSubmatch(body)
		if link == nil {
			t.Fatalf("no link: %s", body)
		}
		client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		res, err := client.Get(strings.ReplaceAll(link[1], "&amp;", "&"))
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		to, err := res.Location()
		if err != nil {
			t.Fatal(err)
		}
		return to.RequestURI()
	}
	to := back()
	status, body = ask(t, d.Back(), http.MethodGet, to, nil)
	if status != http.StatusOK || !strings.Contains(body, "Đã kết nối Zalo OA: Trung tâm") || d.consentRow().Level != "ok" {
		t.Errorf("%d %s", status, body)
	}
	for want, path := range map[string]string{"10 phút": to, "chưa đồng ý": strings.Replace(back(), "code-of-a-consent", "x", 1)} {
		w := httptest.NewRecorder()
		d.Back().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
		if body = w.Body.String(); w.Code != http.StatusUnprocessableEntity || !strings.Contains(body, want) || w.Header().Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("%d, want %q: %s", w.Code, want, body)
		}
		for _, secret := range []string{zalooatest.AppSecret, "access-", "refresh-", "code-of"} {
			if strings.Contains(body, secret) {
				t.Errorf("the page shows %q", secret)
			}
		}
	}
	if d.consentRow().Level != "ok" {
		t.Error("what went wrong has ended the connection")
	}
}
