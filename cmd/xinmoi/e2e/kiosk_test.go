//go:build e2e

package e2e

import (
	"net/http"
	"os"
	"testing"
	"time"
)

// TestKioskVisits sends nine people to the kiosk in a real browser: one who
// does not see, one who does not hear, one who does not read, one in a
// wheelchair, one with one hand, one who speaks English, one who needs large
// text, one at a machine without touch, and one who goes away. Every page is
// checked for accessibility and for things too small to touch.
// XINMOI_PAGES=all looks at each in every shape and every language.
func TestKioskVisits(t *testing.T) {
	t.Parallel()
	browsing(t)
	s := start(t, "", voiceConfig(t, "[speaker]\noutput = \"off\"\n"))
	pages := 0
	steps := browse(t, s, "kiosk.mjs", map[string]any{
		"base": "http://" + s.http, "token": s.token("kiosk"), "languages": []string{"vi", "en"},
		"visits": os.Getenv("XINMOI_VISITS") != "", // The visits alone, without every page.
	}, func(st step) any {
		if st.Violations != nil {
			pages++
		}
		return serveKiosk(t, s, st)
	}, "scanned", "timeout", "lost", "staff")
	numbers := map[string]string{}
	for _, wanted := range []string{"no sight", "no hearing", "no reading", "wheelchair", "one hand", "other language", "large text", "no touch", "phoned"} {
		n := steps[wanted].Number
		if n == "" || numbers[n] != "" {
			t.Errorf("%s: number %q, also that of %q", wanted, n, numbers[n])
		}
		numbers[n] = wanted
	}
	for _, heard := range []string{"no sight", "no reading"} {
		if steps[heard].Sounds < 3 {
			t.Errorf("%s: %d sounds were heard", heard, steps[heard].Sounds)
		}
	}
	t.Logf("%d states of pages, nine visits: %v", pages, numbers)
}

// serveKiosk does at the counter and on the telephone what the browser needs.
func serveKiosk(t *testing.T, s *server, st step) map[string]string {
	var tk struct {
		ID, Number, State string
		Rating            *struct{ Level int }
	}
	switch st.Need {
	case "number by telephone":
		s.must(http.StatusCreated, "POST", base+"/tickets", "channel", map[string]any{"service": "C", "channel": "phone", "person": "tel:+84912345678"}, &tk)
	case "served":
		s.must(http.StatusOK, "POST", base+"/counters/1/open", "staff", nil, nil)
		s.must(http.StatusOK, "POST", base+"/counters/1/next", "staff", nil, &tk)
		s.must(http.StatusOK, "POST", base+"/tickets/"+tk.Number+"/finish", "staff", nil, &tk)
	case "rated":
		s.await(st.Number+" rated", time.Minute, func() bool {
			s.must(http.StatusOK, "GET", base+"/tickets/"+st.Number, "staff", nil, &tk)
			return tk.Rating != nil && tk.Rating.Level == 4
		})
	case "":
	default:
		t.Errorf("the browser needs %q", st.Need)
	}
	return map[string]string{"number": tk.Number}
}
