//go:build e2e

package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestNumberByMessage: a caller has the number sent to the own telephone, in an
// office that calls nobody back.
func TestNumberByMessage(t *testing.T) {
	t.Parallel()
	sent := make(chan url.Values, 10)
	gateway := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sent <- r.URL.Query()
		w.WriteHeader(http.StatusAccepted)
	}))
	defer gateway.Close()
	secret := filepath.Join(t.TempDir(), "secret")
	write(t, secret, "geheim\n")
	s := telephone(t, fmt.Sprintf("[sms]\ndriver = \"kannel\"\nurl = %q\nuser = \"xinmoi\"\nsecret_file = %q\n", gateway.URL, secret))
	call(t, s, "0912345682", "press 1", "expect number A001", hear(t, "vi", "keep-stay"), "press 1", hear(t, "vi", "ask-text"), "press 1", hear(t, "vi", "will-text"), "expect hangup within 3m")
	var tk struct {
		Code string `json:"code"`
	}
	s.must(http.StatusOK, "GET", base+"/tickets/A001", "admin", nil, &tk)
	select {
	case q := <-sent:
		if q.Get("to") != "+84912345682" || !strings.Contains(q.Get("text"), "da giu so A001. Ma tra cuu "+tk.Code+".") {
			t.Errorf("sent %q to %s", q.Get("text"), q.Get("to"))
		}
	case <-time.After(patience):
		t.Fatal("nothing was sent")
	}
}
