//go:build e2e

package e2e

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"testing"
	"time"
)

// TestKioskVisits sends nine people to the kiosk in a real browser: one who
// does not see, one who does not hear, one who does not read, one in a
// wheelchair, one with one hand, one who speaks English, one who needs large
// text, one at a machine without touch, and one who goes away. Every page is
// checked for accessibility and for things too small to touch.
func TestKioskVisits(t *testing.T) {
	t.Parallel()
	for _, p := range []string{"chromium", "node"} {
		need(t, p)
	}
	s := start(t, "", voiceConfig(t, "[speaker]\noutput = \"off\"\n"))
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatal(err)
	}
	args, err := json.Marshal(map[string]any{
		"chromium": chromium, "shots": os.Getenv("XINMOI_SHOTS"), "base": "http://" + s.http, "token": s.token("kiosk"), "languages": []string{"vi", "en"},
		"visits": os.Getenv("XINMOI_VISITS") != "", // The visits alone, without every page.
	})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "node", "kiosk.mjs", string(args))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	steps, pages := map[string]step{}, 0
	for lines := bufio.NewScanner(out); lines.Scan(); {
		var st step
		if err := json.Unmarshal(lines.Bytes(), &st); err != nil {
			t.Fatalf("%v: %s", err, lines.Text())
		}
		if st.Error != "" {
			t.Errorf("%s: %s", st.Step, st.Error)
		}
		for _, v := range st.Violations {
			t.Errorf("%s: %s", st.Step, v)
		}
		if st.Violations != nil {
			pages++
		}
		steps[st.Step] = st
		if st.Need != "" {
			answer, err := json.Marshal(serveKiosk(t, s, st))
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(in, "%s\n", answer)
		}
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	numbers := map[string]string{}
	for _, wanted := range []string{"no sight", "no hearing", "no reading", "wheelchair", "one hand", "other language", "large text", "no touch", "phoned"} {
		n := steps[wanted].Number
		if n == "" || numbers[n] != "" {
			t.Errorf("%s: number %q, also that of %q", wanted, n, numbers[n])
		}
		numbers[n] = wanted
	}
	for _, wanted := range []string{"scanned", "timeout", "staff", "done"} {
		if _, ok := steps[wanted]; !ok {
			t.Errorf("the browser never came to %q\n%s", wanted, s.output)
		}
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
		s.await(st.Number+" rated", 10*time.Second, func() bool {
			s.must(http.StatusOK, "GET", base+"/tickets/"+st.Number, "staff", nil, &tk)
			return tk.Rating != nil && tk.Rating.Level == 4
		})
	default:
		t.Errorf("the browser needs %q", st.Need)
	}
	return map[string]string{"number": tk.Number}
}
