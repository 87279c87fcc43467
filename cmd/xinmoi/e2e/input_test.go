//go:build e2e

package e2e

import (
	"bytes"
	"encoding/json"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestBadInput sends what no client should; each gets a clear answer and
// nothing changes.
func TestBadInput(t *testing.T) {
	t.Parallel()
	s := start(t, "", nil)
	take := base + "/tickets"
	type problem struct{ Code, Hint, Title string }
	before := boardOf(s)
	tests := []struct {
		name, method, path, role string
		body                     any
		status                   int
		code                     string
	}{
		{"unknown service", "POST", take, "kiosk", map[string]any{"service": "Q", "channel": "kiosk"}, 0, "unknown_service"},
		{"unknown channel", "POST", take, "kiosk", map[string]any{"service": "A", "channel": "pigeon"}, 0, ""},
		{"unknown office", "POST", "/offices/nowhere/tickets", "kiosk", map[string]any{"service": "A", "channel": "kiosk"}, 404, "unknown_office"},
		{"unknown counter", "POST", base + "/counters/99/open", "staff", nil, 404, "unknown_counter"},
		{"closed counter", "POST", base + "/counters/4/next", "staff", nil, 409, "counter_closed"},
		{"wrong method", "DELETE", take, "kiosk", nil, 405, ""},
		{"unknown path", "GET", "/nothing/here", "", nil, 404, ""},
		{"no token", "POST", take, "", map[string]any{"service": "A", "channel": "kiosk"}, 401, "unauthorized"},
		{"wrong role", "POST", base + "/counters/1/open", "kiosk", nil, 403, "forbidden"},
		{"broken JSON", "POST", take, "kiosk", `{"service":`, 400, ""},
		{"10 MB body", "POST", take, "kiosk", `{"service":"` + strings.Repeat("A", 10<<20) + `"}`, 413, ""},
		{"unknown ticket", "POST", base + "/tickets/A999/start", "staff", nil, 404, "unknown_ticket"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			status, text, err := s.try(tc.method, tc.path, tc.role, "", tc.body)
			if err != nil {
				t.Fatal(err)
			}
			var p problem
			if json.Unmarshal(text, &p) != nil || p.Code == "" || p.Hint == "" {
				t.Errorf("answer without code and hint: %d %s", status, clip(text))
			}
			if tc.status != 0 && status != tc.status || status < 400 || status >= 500 {
				t.Errorf("status %d, want %d: %s", status, tc.status, clip(text))
			}
			if tc.code != "" && p.Code != tc.code {
				t.Errorf("code %q, want %q", p.Code, tc.code)
			}
		})
	}
	t.Run("wrong token", func(t *testing.T) {
		req, err := http.NewRequest("POST", "http://"+s.http+"/api/v1"+take, strings.NewReader(`{"service":"A","channel":"kiosk"}`))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer wrong")
		req.Header.Set("Content-Type", "application/json")
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != http.StatusUnauthorized {
			t.Errorf("status %d", res.StatusCode)
		}
	})
	t.Run("pages and sound behind their rights", func(t *testing.T) {
		for _, path := range []string{"/kiosk", "/counter", "/admin", "/kiosk/paper", "/announce/stream"} {
			res, err := http.Get("http://" + s.http + path)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			if res.StatusCode != http.StatusUnauthorized {
				t.Errorf("%s without a token: %d", path, res.StatusCode)
			}
		}
	})
	sipGarbage(t, s)
	if after := boardOf(s); after != before {
		t.Errorf("bad input changed the office: %s, then %s", before, after)
	}
}

func clip(b []byte) []byte { return b[:min(len(b), 300)] }

// boardOf gives what the hall sees, without the time of asking.
func boardOf(s *server) string {
	var board map[string]any
	s.must(http.StatusOK, "GET", base+"/board", "", nil, &board)
	delete(board, "at")
	text, err := json.Marshal(board)
	if err != nil {
		s.t.Fatal(err)
	}
	return string(text)
}

// TestGarbageOnTheSIPPort wants the telephone to work afterwards.
func TestGarbageOnTheSIPPort(t *testing.T) {
	t.Parallel()
	s := start(t, "", voiceConfig(t, ""))
	before := boardOf(s)
	sipGarbage(t, s)
	if after := boardOf(s); after != before {
		t.Errorf("garbage changed the office: %s, then %s", before, after)
	}
	out, err := exec.Command(binary(t), "phone", "-press", "1,1", "sip:"+s.sip).CombinedOutput()
	if err != nil {
		t.Errorf("after the garbage no call gets through: %v\n%s", err, out)
	}
}

func sipGarbage(t *testing.T, s *server) {
	t.Helper()
	junk := [][]byte{
		{}, {0}, bytes.Repeat([]byte{0xff}, 1400), []byte("\r\n\r\n"), []byte("GET / HTTP/1.1\r\n\r\n"),
		[]byte("INVITE sip:x SIP/2.0\r\n\r\n"), []byte("INVITE sip:x@y SIP/7.0\r\nVia: \r\nContent-Length: 99999999\r\n\r\n"),
		[]byte(strings.Repeat("Via: x\r\n", 7000)),
	}
	u, err := net.Dial("udp", s.sip)
	if err != nil {
		t.Fatal(err)
	}
	defer u.Close()
	for range 20 {
		for _, j := range junk {
			_, _ = u.Write(j) // A refused datagram is as good an answer as any.
		}
	}
	for _, j := range junk {
		c, err := net.DialTimeout("tcp", s.sip, time.Second)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = c.Write(j) // The server may hang up in the middle.
		c.Close()
	}
}

// TestCommandsAlone runs what needs no server.
func TestCommandsAlone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	command := func(want int, args ...string) string {
		t.Helper()
		cmd := exec.Command(binary(t), args...)
		cmd.Dir = dir
		var out, errs bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &errs
		err := cmd.Run()
		if cmd.ProcessState.ExitCode() != want {
			t.Fatalf("xinmoi %s: %v, want exit %d\n%s%s", strings.Join(args, " "), err, want, out.String(), errs.String())
		}
		if want != 0 && strings.TrimSpace(errs.String()) == "" {
			t.Errorf("xinmoi %s failed without a word", strings.Join(args, " "))
		}
		return strings.TrimSpace(out.String())
	}
	for args, want := range map[string]string{
		"words 1105 -region south":   "", // Flags come first …
		"words -region south 1105":   "một ngàn một trăm lẻ năm",
		"words -region north -- -21": "âm hai mươi mốt",
		"words 1015":                 "một nghìn không trăm mười lăm",
		"words -region central 24":   "hai mươi bốn",
		"words 1000000000005":        "một nghìn tỷ không trăm linh năm",
	} {
		if want == "" {
			want = "một ngàn một trăm lẻ năm" // … but the order people type works too.
		}
		if got := command(0, strings.Fields(args)...); got != want {
			t.Errorf("xinmoi %s: %q, want %q", args, got, want)
		}
	}
	command(0, "say", "-ticket", "A012", "-counter", "3", "-o", "a.wav")
	if sound := readWAV(t, filepath.Join(dir, "a.wav")); !sound.hasChime() || sound.speechSeconds() < 2 {
		t.Errorf("say made a WAV with chime %v and %.1f s of sound", sound.hasChime(), sound.speechSeconds())
	}
	command(2, "words", "many")
	command(2, "say", "-ticket", "A012")
	command(2, "nonsense")
	command(2, "token", "-role", "king")
	command(1, "token", "-role", "admin", "-data", "nowhere")
	command(1, "config", "check", "missing.toml")
	if err := os.WriteFile(filepath.Join(dir, "bad.toml"), []byte("[sip]\nprot = 5060\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	command(1, "config", "check", "bad.toml")
	if !strings.Contains(command(0, "config", "example"), "[sip]") {
		t.Error("the example configuration has no [sip]")
	}
}

// TestFailedStartLeavesNothing tries starts that cannot work.
func TestFailedStartLeavesNothing(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	data := filepath.Join(t.TempDir(), "data")
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, args := range map[string][]string{
		"HTTP port in use": {"-data", data, "-http", taken.Addr().String(), "-sip", "127.0.0.1:0"},
		"SIP port in use":  {"-data", data, "-http", "127.0.0.1:0", "-sip", taken.Addr().String()},
		"data is a file":   {"-data", filepath.Join(file, "data"), "-http", "127.0.0.1:0", "-sip", "127.0.0.1:0"},
		"no such config":   {"-data", data, "-config", filepath.Join(file, "x.toml")},
	} {
		t.Run(name, func(t *testing.T) {
			var errs bytes.Buffer
			cmd := exec.Command(binary(t), append([]string{"serve"}, args...)...)
			cmd.Stderr = &errs
			err := cmd.Run()
			if cmd.ProcessState.ExitCode() != 1 || strings.Count(strings.TrimSpace(errs.String()), "\n") > 0 {
				t.Errorf("%v, exit %d, said %q; want exit 1 and one line", err, cmd.ProcessState.ExitCode(), errs.String())
			}
			if _, err := os.Stat(data); err == nil {
				t.Error("a half-made data directory is left")
			}
		})
	}
}
