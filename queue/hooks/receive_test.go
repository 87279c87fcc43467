package hooks_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/queue/hooks"
)

// The example takes what is signed, once, and nothing else.
func TestExampleReceives(t *testing.T) {
	const secret = "0123456789abcdef"
	used := 0
	h := receive(secret, func([]byte) { used++ })
	send := func(body, id string, at time.Time, key string) int {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
		r.Header.Set(hooks.SignatureHeader, hooks.Sign([]byte(key), []byte(body), at))
		r.Header.Set(hooks.DeliveryHeader, id)
		w := httptest.NewRecorder()
		h(w, r)
		return w.Code
	}
	for _, c := range []struct {
		id   string
		ago  time.Duration
		key  string
		want int
		used int
	}{{"1", 0, secret, 200, 1}, {"1", 0, secret, 200, 1}, {"2", 0, secret, 200, 2}, {"3", time.Hour, secret, 401, 2}, {"4", 0, "fedcba9876543210", 401, 2}} {
		if got := send(`{"office":"x"}`, c.id, time.Now().Add(-c.ago), c.key); got != c.want || used != c.used {
			t.Errorf("delivery %s: %d, used %d times", c.id, got, used)
		}
	}
}
