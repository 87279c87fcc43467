//go:build e2e

package e2e

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// mostInputs is what setting an office up may ask of a newcomer.
const mostInputs = 25

// An office is set up in the browser alone, from an empty store to its first
// call; https works without the internet; the doctor says what the page says.
func TestWizard(t *testing.T) {
	t.Parallel()
	browsing(t)
	dir := t.TempDir()
	config := filepath.Join(dir, "xinmoi.toml")
	if err := os.WriteFile(config, []byte("[https]\nlisten = \"127.0.0.1:0\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := start(t, "", []string{"-config", config}, voiceless(t))
	secure := secureAddress(t, s)
	link := func(path, role string) string { return "http://" + s.http + path + "?token=" + s.token(role) }
	steps := browse(t, s, "wizard.mjs", map[string]any{
		"admin": link("/admin", "admin"), "board": link("/board", "board"), "kiosk": link("/kiosk", "kiosk"), "https": secure,
	}, nil, "called", "trial over", "pages", "stranger")
	if st := steps["called"]; st.Number != "A001" || st.Takes > mostInputs {
		t.Errorf("called %q after %d inputs, want A001 after at most %d", st.Number, st.Takes, mostInputs)
	}
	t.Logf("%d inputs", steps["called"].Takes)
	trusted(t, s, secure)
	doctorAgrees(t, s)
}

// secureAddress is the https address that the doctor tells.
func secureAddress(t *testing.T, s *server) string {
	t.Helper()
	out := doctor(t, s)
	_, rest, ok := strings.Cut(out, "https://")
	if !ok {
		t.Fatalf("the doctor knows no https address\n%s", out)
	}
	return "https://" + strings.Fields(rest)[0]
}

func doctor(t *testing.T, s *server) string {
	t.Helper()
	out, err := exec.Command(binary(t), "doctor", "-data", s.data).CombinedOutput()
	if failed := strings.Contains(string(out), "[LỖI]"); (err != nil) != failed { // A machine without a loudspeaker.
		t.Errorf("doctor: %v\n%s", err, out)
	}
	return string(out)
}

// trusted looks whether OpenSSL takes the server's certificate once it trusts
// the office, in one connection.
func trusted(t *testing.T, s *server, secure string) {
	t.Helper()
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		t.Log("openssl is not installed: the certificate is not verified with it (apt-get install openssl)")
		return
	}
	root := []byte(s.page("/install-ca/xinmoi.crt", "board"))
	file := filepath.Join(t.TempDir(), "xinmoi.crt")
	if err := os.WriteFile(file, root, 0o600); err != nil {
		t.Fatal(err)
	}
	address := strings.Trim(strings.TrimPrefix(secure, "https://"), "/")
	cmd := exec.CommandContext(t.Context(), openssl, "s_client", "-connect", address, "-verify_ip", "127.0.0.1", "-verify_return_error", "-CAfile", file)
	cmd.Stdin = bytes.NewReader(nil)
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "Verify return code: 0 (ok)") {
		t.Errorf("%v\n%s", err, out)
	}
}

// doctorAgrees compares what the doctor prints with what the page shows: the
// same rows, from the same report.
func doctorAgrees(t *testing.T, s *server) {
	t.Helper()
	printed := doctor(t, s)
	var report struct {
		Sections []struct {
			Title string
			Rows  []struct{ Label, Value string }
		}
	}
	if err := json.Unmarshal([]byte(s.page("/admin/health.json", "admin")), &report); err != nil || len(report.Sections) < 5 {
		t.Fatalf("%v %+v", err, report)
	}
	for _, section := range report.Sections {
		if !strings.Contains(printed, section.Title) {
			t.Errorf("the doctor does not know %q", section.Title)
		}
		for _, row := range section.Rows {
			if !strings.Contains(printed, row.Label) {
				t.Errorf("%s: the doctor does not say %q", section.Title, row.Label)
			}
		}
	}
}
