//go:build e2e

package e2e

import (
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/announce"
	"github.com/xinmoi/xinmoi/ivr/peertest"
	"github.com/xinmoi/xinmoi/queue"
)

// need skips a test whose real peer is not installed.
func need(t testing.TB, program string) {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		t.Skipf("%s is not installed; make test installs it", program)
	}
}

// heardNumber checks that a caller heard speech, and this number in it.
func heardNumber(t *testing.T, heard sound, n queue.Number) {
	t.Helper()
	if s := heard.speechSeconds(); s < 5 {
		t.Errorf("heard %.1f s of speech", s)
	}
	if like := heard.likeness(t, rendered(t, announce.NumberSlow(n), true)); like < 0.8 {
		t.Errorf("the caller did not hear %s: likeness %.2f", n, like)
	}
	other := queue.Number{Prefix: "C", N: 987}
	if like := heard.likeness(t, rendered(t, announce.NumberSlow(other), true)); like > 0.6 {
		t.Errorf("the check cannot tell numbers apart: likeness to %s is %.2f", other, like)
	}
}

// phoneTicket waits until a number given by telephone waits.
func phoneTicket(s *server, number string) ticket {
	var tk ticket
	s.await("ticket "+number+" to wait", 90*time.Second, func() bool {
		status, text, err := s.try("GET", base+"/tickets/"+number, "staff", "", nil)
		return err == nil && status == http.StatusOK && json.Unmarshal(text, &tk) == nil && tk.State == "waiting"
	})
	if tk.Channel != "phone" {
		s.t.Errorf("ticket %s came by %s", number, tk.Channel)
	}
	return tk
}

func TestOwnTelephone(t *testing.T) {
	t.Parallel()
	s := start(t, "", voiceConfig(t, ""))
	for i, transport := range []string{"udp", "tcp"} {
		t.Run(transport, func(t *testing.T) {
			wav := filepath.Join(t.TempDir(), "heard.wav")
			out, err := exec.Command(binary(t), "phone", "-press", "1,1", "-record", wav, "sip:"+s.sip+";transport="+transport).CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s\n%s", err, out, s.output)
			}
			n := queue.Number{Prefix: "A", N: i + 1}
			phoneTicket(s, n.String())
			heardNumber(t, readWAV(t, wav), n)
		})
	}
}

// TestHangUpBeforeTheNumber lets the number lapse: a held ticket is nobody's.
func TestHangUpBeforeTheNumber(t *testing.T) {
	t.Parallel()
	s := start(t, "", voiceConfig(t, ""))
	cmd := exec.Command(binary(t), "phone", "-press", "2,", "sip:"+s.sip)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var tk ticket
	s.await("the held number", 40*time.Second, func() bool {
		status, text, err := s.try("GET", base+"/tickets/B001", "staff", "", nil)
		return err == nil && status == http.StatusOK && json.Unmarshal(text, &tk) == nil
	})
	if tk.State != "held" {
		t.Errorf("while it is spoken the ticket is %s, want held", tk.State)
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil { // Hangs up.
		t.Fatal(err)
	}
	_ = cmd.Wait() // Interrupted: its exit code does not matter.
	s.must(http.StatusOK, "GET", base+"/tickets/B001", "staff", nil, &tk)
	if tk.State == "waiting" {
		t.Error("a number that was not heard to the end waits")
	}
	if status, _, _ := s.try("POST", base+"/counters/1/next", "staff", "", nil); status == http.StatusOK {
		t.Error("a held number was called")
	}
}

// TestBaresip calls with a softphone that knows nothing of us.
func TestBaresip(t *testing.T) {
	t.Parallel()
	need(t, "baresip")
	s := start(t, "", voiceConfig(t, ""))
	dir := t.TempDir()
	ctl := baresip(t, dir)
	ctl("dial", "sip:1022@"+s.sip)
	// A key at once, as hurried people do; then one when the number is held.
	s.await("the call to be up", 60*time.Second, func() bool { return strings.Contains(ctl("listcalls", ""), "ESTABLISHED") })
	ctl("sndcode", "1")
	s.await("the held number", 60*time.Second, func() bool {
		status, _, err := s.try("GET", base+"/tickets/A001", "staff", "", nil)
		return err == nil && status == http.StatusOK
	})
	// It stays on the line and hears the number to the end, which keeps it.
	phoneTicket(s, "A001")
	s.await("our side to hang up", 90*time.Second, func() bool { return !strings.Contains(ctl("listcalls", ""), "ESTABLISHED") })
	heardNumber(t, readWAV(t, peertest.Recordings(t, dir)[0]), queue.Number{Prefix: "A", N: 1})
}

// baresip starts a softphone and gives a function that commands it. Options
// are added to its account.
func baresip(t *testing.T, dir string, options ...string) func(command, params string) string {
	t.Helper()
	return peertest.NewBaresip(t, peertest.BaresipConfig{
		Dir: dir, User: "citizen", Account: options, SIPPort: freePort(t), Control: freePort(t),
	}).Ask
}

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestStopDuringACall tells the server to stop while somebody listens: the
// sentence is finished, new calls and numbers are refused, and it ends soon.
func TestStopDuringACall(t *testing.T) {
	t.Parallel()
	s := start(t, "", voiceConfig(t, ""))
	out := &syncBuffer{}
	caller := exec.Command(binary(t), "phone", "-press", "3", "sip:"+s.sip)
	caller.Stdout, caller.Stderr = out, out
	if err := caller.Start(); err != nil {
		t.Fatal(err)
	}
	s.await("the held number", 60*time.Second, func() bool { return stateOf(s, "C001") == "held" })
	began := time.Now()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := caller.Wait(); err != nil {
		t.Errorf("the caller was cut off: %v\n%s", err, out)
	}
	if !strings.Contains(out.String(), "far end hung up") {
		t.Errorf("no clean end of the call:\n%s", out)
	}
	if err := <-s.exited; err != nil {
		t.Errorf("the server ended with %v\n%s", err, s.output)
	}
	t.Logf("stopped %.1f s after being told to", time.Since(began).Seconds())
	if _, _, err := s.try("GET", base+"/board", "", "", nil); err == nil {
		t.Error("the stopped server still answers")
	}
	s.run()
	if got := stateOf(s, "C001"); got != "held" && got != "waiting" && got != "cancelled" {
		t.Errorf("after the restart the number is %q", got)
	}
}
