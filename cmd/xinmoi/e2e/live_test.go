//go:build e2e

package e2e

import (
	"net/http"
	"slices"
	"testing"
)

// TestLive looks at the live overview with a supervisor's eyes and hands.
func TestLive(t *testing.T) {
	t.Parallel()
	browsing(t)
	s := start(t, "", []string{"-sip", "off"})
	at := "http://" + s.http
	steps := browse(t, s, "live.mjs", map[string]any{
		"counter": at + "/counter?token=" + s.token("staff"), "admin": at + "/admin?token=" + s.token("admin"), "live": at + "/live", "rules": at + "/admin/alarms",
	}, func(st step) any {
		switch st.Need {
		case "numbers":
			for _, service := range []string{"A", "A", "B"} {
				s.take(service)
			}
		case "assigned":
			var counters []struct {
				ID       string
				Services []string
			}
			s.must(http.StatusOK, "GET", base+"/counters", "staff", nil, &counters)
			for _, c := range counters {
				if want := c.ID == "3" || c.ID == "1" || c.ID == "4"; slices.Contains(c.Services, "D") != want {
					t.Errorf("counter %s serves %v", c.ID, c.Services)
				}
			}
		}
		return map[string]string{}
	}, "focus")
	if steps["focus"].Number != "D" {
		t.Errorf("the keyboard is at %q after the press, not where it was", steps["focus"].Number)
	}
}
