//go:build e2e

package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// TestPhoneMenuPage arranges the telephone's menu in a real browser; every page
// is checked for accessibility on the way.
func TestPhoneMenuPage(t *testing.T) {
	t.Parallel()
	for _, p := range []string{"chromium", "node"} {
		need(t, p)
	}
	s := start(t, "", voiceConfig(t, "[speaker]\noutput = \"off\"\n"))
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatal(err)
	}
	base := "http://" + s.http
	args, err := json.Marshal(map[string]string{
		"chromium": chromium, "shots": os.Getenv("XINMOI_SHOTS"), "base": base, "admin": base + "/admin?token=" + s.token("admin"),
	})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "node", "phonedesk.mjs", string(args))
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Error(err)
	}
	var steps []string
	for line := range strings.Lines(string(out)) {
		var at step
		if err := json.Unmarshal([]byte(line), &at); err != nil {
			t.Fatalf("the browser said %q: %v", line, err)
		}
		if steps = append(steps, at.Step); at.Error != "" || len(at.Violations) > 0 {
			t.Errorf("%s: %s %q", at.Step, at.Error, at.Violations)
		}
	}
	for _, want := range []string{"axe phone-menu", "axe phone-menu-wrong", "axe phone-menu-saved", "axe phone-menu-english", "axe phone-card", "narrow"} {
		if !slices.Contains(steps, want) {
			t.Errorf("no step %q in %q", want, steps)
		}
	}
}
