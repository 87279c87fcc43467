//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/announce"
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
	ctl := baresip(t, s, dir)
	ctl("dial", "sip:1022@"+s.sip)
	// A key at once, as hurried people do; then one when the number is held.
	s.await("the call to be up", 10*time.Second, func() bool { return strings.Contains(ctl("listcalls", ""), "ESTABLISHED") })
	ctl("sndcode", "1")
	s.await("the held number", 20*time.Second, func() bool {
		status, _, err := s.try("GET", base+"/tickets/A001", "staff", "", nil)
		return err == nil && status == http.StatusOK
	})
	// It stays on the line and hears the number to the end, which keeps it.
	phoneTicket(s, "A001")
	s.await("our side to hang up", 40*time.Second, func() bool { return !strings.Contains(ctl("listcalls", ""), "ESTABLISHED") })
	dumps, err := filepath.Glob(filepath.Join(dir, "dump-*-dec.wav"))
	if err != nil || len(dumps) != 1 {
		t.Fatalf("recordings %v, %v", dumps, err)
	}
	heardNumber(t, readWAV(t, dumps[0]), queue.Number{Prefix: "A", N: 1})
}

// baresip starts a softphone and gives a function that commands it. Options
// are added to its account.
func baresip(t *testing.T, s *server, dir string, options ...string) func(command, params string) string {
	t.Helper()
	sipPort, ctlPort := freePort(t), freePort(t)
	modules, err := filepath.Glob("/usr/lib*/baresip/modules")
	if err != nil || len(modules) == 0 {
		t.Skip("baresip has no modules here")
	}
	write(t, filepath.Join(dir, "accounts"), fmt.Sprintf("<sip:citizen@127.0.0.1:%d;transport=udp>;regint=0;audio_codecs=PCMA/8000/1;dtmfmode=rtpevent%s\n", sipPort, strings.Join(options, "")))
	write(t, filepath.Join(dir, "contacts"), "")
	write(t, filepath.Join(dir, "config"), strings.Join([]string{
		"poll_method epoll", fmt.Sprintf("sip_listen 127.0.0.1:%d", sipPort), "audio_path " + dir,
		"audio_player aubridge,nobody", "audio_source aufile," + dir + "/quiet.wav", "audio_alert aufile," + dir + "/quiet.wav",
		"ausrc_srate 8000", "auplay_srate 8000", "ausrc_channels 1", "auplay_channels 1",
		"jitter_buffer_delay 1-10", "module_path " + modules[0],
		"module g711.so", "module aufile.so", "module aubridge.so", "module sndfile.so", "module uuid.so",
		"module_tmp account.so", "module_app menu.so", "module_app ctrl_tcp.so",
		"snd_path " + dir, fmt.Sprintf("ctrl_tcp_listen 127.0.0.1:%d", ctlPort), "",
	}, "\n"))
	quiet(t, filepath.Join(dir, "quiet.wav"), 120*time.Second)
	cmd := exec.Command("baresip", "-f", dir, "-4")
	cmd.Dir = dir
	log := &syncBuffer{}
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // It may have ended by itself.
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("baresip said:\n%s", log)
		}
	})
	var conn net.Conn
	s.await("baresip", 15*time.Second, func() bool {
		conn, err = net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", ctlPort))
		return err == nil
	})
	t.Cleanup(func() { conn.Close() })
	return func(command, params string) string { return command1(t, conn, command, params) }
}

// command1 sends one netstring-framed command and gives what comes back within
// a moment, events included.
func command1(t *testing.T, conn net.Conn, command, params string) string {
	t.Helper()
	text, err := json.Marshal(map[string]string{"command": command, "params": params, "token": "t"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fprintf(conn, "%d:%s,", len(text), text); err != nil {
		t.Fatal(err)
	}
	var answer strings.Builder
	if err := conn.SetReadDeadline(time.Now().Add(300 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 65536)
	for {
		n, err := conn.Read(buf)
		answer.Write(buf[:n])
		if err != nil {
			return answer.String()
		}
	}
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
