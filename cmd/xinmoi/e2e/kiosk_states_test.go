//go:build e2e

package e2e

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// startKiosk runs the agent of a kiosk on another machine.
func startKiosk(t testing.TB, s *server, more ...string) (base string, output *syncBuffer, data string) {
	t.Helper()
	data, addr := filepath.Join(t.TempDir(), "kiosk"), fmt.Sprintf("127.0.0.1:%d", freePort(t))
	cmd := exec.Command(binary(t), append([]string{"kiosk", "-queue", "http://" + s.http, "-data", data, "-http", addr, "-name", "Máy cửa chính"}, more...)...)
	output = &syncBuffer{}
	cmd.Stdout, cmd.Stderr = output, output
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	exited := make(chan struct{})
	go func() { defer close(exited); _ = cmd.Wait() }()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		<-exited
		if t.Failed() {
			t.Logf("kiosk: %s", output)
		}
	})
	awaitPort(t, addr)
	return "http://" + addr, output, data
}

// TestKioskStates looks at the kiosk when the printer fails, when there are no
// numbers, when the office is closed, and when it is a machine of its own that
// is to be paired or shut out; and at the pages on which it is arranged. It
// takes a number as a person would, and with Tab and Enter alone.
func TestKioskStates(t *testing.T) {
	t.Parallel()
	browsing(t)
	s := start(t, "", voiceConfig(t, "[speaker]\noutput = \"off\"\n"))
	far, _, _ := startKiosk(t, s)
	pages := 0
	steps := browse(t, s, "kiosk_states.mjs", map[string]any{
		"base": "http://" + s.http, "far": far, "token": s.token("kiosk"), "admin": s.token("admin"), "languages": []string{"vi", "en"},
		"visits": os.Getenv("XINMOI_VISITS") != "", // Without the faults.
	}, func(st step) any {
		if strings.HasPrefix(st.Step, "axe ") {
			pages++
		}
		arrange(t, s, st)
		return map[string]string{}
	}, "person", "tab", "follows", "arranged")
	took, err := time.ParseDuration(steps["person"].Progress)
	if err != nil {
		t.Fatal(err)
	}
	// Ten seconds are promised on a machine that does nothing else; package kiosk
	// holds to them by a clock of its own.
	t.Logf("%d states of pages; a person, who thought and reached for 4.9 s, had paper %v after the first touch", pages, took)
	if got := steps["arranged"].Tile; got < 20*3.9 {
		t.Errorf("on a screen of 21.5 inches 20 mm are 81 px, the preview has %.0f px", got)
	}
}

// arrange does in the office what the browser needs.
func arrange(t *testing.T, s *server, st step) {
	switch st.Need {
	case "stopped":
		s.must(http.StatusOK, "POST", base+"/issuing", "admin", map[string]any{"stopped": true, "reason": "hết việc"}, nil)
	case "closed":
		s.must(http.StatusOK, "POST", base+"/issuing", "admin", map[string]any{"stopped": false}, nil)
		zone, err := time.LoadLocation("Asia/Ho_Chi_Minh")
		if err != nil {
			t.Fatal(err)
		}
		s.configure(func(setup map[string]any) {
			days := []any{}
			for _, at := range []time.Time{time.Now().In(zone), time.Now().In(zone).AddDate(0, 0, 1)} { // It may be midnight meanwhile.
				days = append(days, body{"date": at.Format(time.DateOnly), "name": "nghỉ"})
			}
			setup["days"] = days
		})
	case "open":
		s.configure(func(setup map[string]any) { delete(setup, "days") })
	case "pair":
		s.post(t, "/admin/kiosks", "application/x-www-form-urlencoded", "admin", strings.NewReader(url.Values{"code": {st.Number}}.Encode()))
	case "revoke": // Every kiosk's.
		for _, line := range strings.Split(strings.TrimSpace(s.program("token", "-list")), "\n") {
			if parts := strings.Split(line, "\t"); len(parts) > 1 && parts[1] == "kiosk" {
				s.program("token", "-revoke", parts[0])
			}
		}
	}
}

// TestNothingOfACitizenCardIsKept scans a citizen card at the server's kiosk and
// at one of its own, takes numbers with it, and looks for it on both disks and
// in both logs.
func TestNothingOfACitizenCardIsKept(t *testing.T) {
	t.Parallel()
	s := start(t, "", voiceConfig(t, ""))
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte(s.token("kiosk")), 0o600); err != nil {
		t.Fatal(err)
	}
	far, output, data := startKiosk(t, s, "-token-file", token)
	s.await("the kiosk to work", 20*time.Second, func() bool {
		res, err := http.Get(far + "/kiosk")
		if err != nil {
			return false
		}
		res.Body.Close()
		return res.StatusCode == http.StatusOK
	})
	for i, kiosk := range []string{"http://" + s.http, far} {
		var tk struct{ Class, Entitlement string }
		number := scanAndTake(t, s, kiosk)
		s.must(http.StatusOK, "GET", base+"/tickets/"+number, "staff", nil, &tk)
		if tk.Class != "priority" || tk.Entitlement != "age" {
			t.Errorf("kiosk %d: %s is %s by %q", i, number, tk.Class, tk.Entitlement)
		}
	}
	s.stop()
	logs := s.output.String() + output.String()
	for _, secret := range []string{"036140000123", "160123456", "PHAM THI C", "PHẠM", "02021940", "Xom 5"} {
		if strings.Contains(logs, secret) {
			t.Errorf("%q is in a log", secret)
		}
		for _, dir := range []string{s.data, data} {
			wantNowhere(t, dir, secret)
		}
	}
}

// scanAndTake scans a card at a kiosk, takes a number with it, and gives it.
func scanAndTake(t *testing.T, s *server, kiosk string) string {
	t.Helper()
	send := func(path string, form url.Values) *http.Response {
		r, err := http.NewRequest(http.MethodPost, kiosk+path, strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Authorization", "Bearer "+s.token("kiosk"))
		client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		res, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		return res
	}
	res := send("/kiosk/card", url.Values{"text": {"036140000123|160123456|PHAM THI C|02021940|Nu|Xom 5|10102021"}, "to": {"/kiosk?lang=vi"}})
	at, err := url.Parse(res.Header.Get("Location"))
	if err != nil || at.Query().Get("citizen") == "" {
		t.Fatalf("%s leads to %s, %v", res.Status, at, err)
	}
	before := s.newest()
	res = send("/kiosk/take", url.Values{"key": {strings.Repeat("K", 25) + string(rune('A'+len(before)%20))}, "procedure": {"khai-sinh"}, "lang": {"vi"}, "citizen": {at.Query().Get("citizen")}})
	if res.StatusCode != http.StatusSeeOther {
		t.Fatalf("no number: %s", res.Status)
	}
	return s.newest()
}

// newest is the number that was taken last for service A.
func (s *server) newest() (number string) {
	for n := 1; ; n++ {
		var tk struct {
			Number    string
			Procedure string
		}
		next := fmt.Sprintf("A%03d", n)
		if s.call("GET", base+"/tickets/"+next, "staff", nil, &tk) != http.StatusOK {
			return number
		}
		if tk.Procedure != "" { // Not one that is set aside.
			number = next
		}
	}
}

// wantNowhere looks for a text in every file of a folder.
func wantNowhere(t *testing.T, dir, secret string) {
	t.Helper()
	err := filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if err != nil || info.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if err == nil && strings.Contains(string(text), secret) {
			t.Errorf("%q is in %s", secret, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
