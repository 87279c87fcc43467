package web_test

import (
	"strings"
	"testing"

	"github.com/xinmoi/xinmoi/queue/web"
)

// Where somebody can tell the wait, the start page and the boards do; for what
// gives no numbers they do not.
func TestWaitIsTold(t *testing.T) {
	h := open(t, func(c *web.Config) {
		c.Wait = func(service, language string) string {
			return map[string]string{"A vi": "khoảng 25 đến 45 phút", "A en": "about 25 to 45 minutes"}[service+" "+language]
		}
	})
	for path, want := range map[string]string{"/": "khoảng 25 đến 45 phút", "/board": "khoảng 25 đến 45 phút", "/?lang=en": "about 25 to 45 minutes"} {
		if body := ask(h.public, "GET", path, nil).body; strings.Count(body, want) != 1 {
			t.Errorf("%s tells %q %d times", path, want, strings.Count(body, want))
		}
	}
}
