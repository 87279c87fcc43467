package agent_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The systemd units are sound. Programs that are missing on this machine, and
// users that only a kiosk has, are replaced.
func TestUnits(t *testing.T) {
	verify, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("systemd-analyze is not here: units are not verified (Debian: apt-get install systemd)")
	}
	units, err := filepath.Glob("../systemd/*.service")
	if err != nil || len(units) != 2 {
		t.Fatalf("%d units, %v", len(units), err)
	}
	program := regexp.MustCompile(`(?m)^(Exec\w+=)/\S+`)
	dir := t.TempDir()
	args := []string{"verify", "--recursive-errors=no"}
	for _, u := range units {
		text, err := os.ReadFile(u)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"Restart=always", "StartLimitIntervalSec=0", "WantedBy="} {
			if !strings.Contains(string(text), want) {
				t.Errorf("%s has no %s", u, want)
			}
		}
		path := filepath.Join(dir, filepath.Base(u))
		if err := os.WriteFile(path, program.ReplaceAll(text, []byte("${1}/bin/true")), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, path)
	}
	out, err := exec.Command(verify, args...).CombinedOutput()
	if err != nil || strings.Contains(string(out), dir) { // It warns of what it does not know, and succeeds.
		t.Errorf("%v\n%s", err, out)
	}
	broken := filepath.Join(dir, "broken.service")
	if err := os.WriteFile(broken, []byte("[Service]\nExecStart=true\nRestrat=always\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(verify, "verify", broken).CombinedOutput(); err == nil && !strings.Contains(string(out), "Restrat") {
		t.Errorf("a broken unit passes, so this test sees nothing: %s", out)
	}
}
