//go:build e2e

package e2e

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// kamailio runs the configuration of ivr/sip/KAMAILIO.md in front of processes
// that answer the telephone, and gives its address.
func kamailio(t *testing.T, processes []string) string {
	t.Helper()
	bin := "/usr/sbin/kamailio"
	if _, err := os.Stat(bin); err != nil {
		t.Skip("kamailio is not installed; make test installs it")
	}
	text, err := os.ReadFile("../../../ivr/trunk/testdata/balancer.cfg")
	if err != nil {
		t.Fatal(err)
	}
	dir, port := t.TempDir(), fmt.Sprint(freePort(t))
	config := strings.NewReplacer("@PORT@", port, "@DIR@", dir).Replace(string(text))
	list := ""
	for _, p := range processes {
		list += "1 sip:" + p + "\n"
	}
	for name, text := range map[string]string{"kamailio.cfg": config, "dispatcher.list": list} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(bin, "-f", filepath.Join(dir, "kamailio.cfg"), "-DD", "-E", "-m", "32", "-M", "4", "-P", filepath.Join(dir, "pid"), "-Y", dir)
	out := &syncBuffer{}
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM)
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("kamailio: %s", out)
		}
	})
	awaitPort(t, "127.0.0.1:"+port)
	return "127.0.0.1:" + port
}

func awaitPort(t testing.TB, addr string) {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); {
		if c, err := net.Dial("tcp", addr); err == nil {
			_ = c.Close()
			return
		}
		wait(t, 20*time.Millisecond)
	}
	t.Fatalf("nobody listens at %s", addr)
}

func wait(t testing.TB, d time.Duration) {
	select {
	case <-time.After(d):
	case <-t.Context().Done():
	}
}

// TestSeveralTelephonesOneQueue has two processes answer the telephone behind
// Kamailio for one office: numbers are given once each, and when one process is
// told to stop in the middle of calls, these are finished and new ones answered.
func TestSeveralTelephonesOneQueue(t *testing.T) {
	t.Parallel()
	config := voiceConfig(t, "")
	s := start(t, "", config)
	var processes []*answering
	var lines []string
	for range 2 {
		p := answerFor(t, s, config)
		processes, lines = append(processes, p), append(lines, p.sip)
	}
	front := kamailio(t, lines)
	script := filepath.Join(t.TempDir(), "script")
	if err := os.WriteFile(script, []byte("wait 2s\npress 1\nwait 4s\npress 1\nexpect hangup\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	call := func() error {
		out, err := exec.Command(binary(t), append([]string{"phone", "-script", script}, "sip:1022@"+front)...).CombinedOutput()
		if err != nil {
			return fmt.Errorf("%w: %s", err, out)
		}
		return nil
	}
	var group sync.WaitGroup
	errs := make(chan error, 10)
	for range 4 {
		group.Go(func() { errs <- call() })
	}
	s.await("two numbers", 120*time.Second, func() bool { return len(numbers(s)) >= 2 })
	if err := processes[0].cmd.Process.Signal(syscall.SIGTERM); err != nil { // In the middle of its calls.
		t.Fatal(err)
	}
	group.Go(func() { errs <- call() })
	group.Wait()
	close(errs)
	failed := 0
	for err := range errs {
		if err != nil {
			failed++
			t.Logf("a call: %v", err)
		}
	}
	// Who was in the middle of a sentence hears its end, and is then cut off.
	if failed > 2 {
		t.Errorf("%d of 5 calls failed", failed)
	}
	// Each call has a number of its own: two with one, or one with two, show in the count.
	if got := numbers(s); len(got) < 5-failed || len(got) > 5 {
		t.Errorf("numbers %v with %d calls cut off", got, failed)
	}
}

// TestTelephoneDies has two processes answer behind Kamailio in turn; one dies
// without a word, and new calls go on as if nothing had happened.
func TestTelephoneDies(t *testing.T) {
	t.Parallel()
	config := voiceConfig(t, "")
	s := start(t, "", config)
	one, other := answerFor(t, s, config), answerFor(t, s, config)
	front := kamailio(t, []string{one.sip, other.sip})
	call := func() {
		t.Helper()
		out, err := exec.Command(binary(t), "phone", "-press", "3", "sip:1022@"+front).CombinedOutput()
		if err != nil {
			t.Errorf("%v\n%s", err, out)
		}
	}
	several := func(n int) {
		t.Helper()
		var group sync.WaitGroup
		for range n {
			group.Go(call)
		}
		group.Wait()
	}
	several(4)
	if a, b := one.figure(`xinmoi_calls_answered_total{direction="in"}`), other.figure(`xinmoi_calls_answered_total{direction="in"}`); a != 2 || b != 2 {
		t.Errorf("%v and %v calls, want two each", a, b)
	}
	one.kill()
	several(3)
	if n := other.figure(`xinmoi_calls_answered_total{direction="in"}`); n != 5 {
		t.Errorf("the other one has answered %v calls, want all 3 new ones", n-2)
	}
}

// numbers are those of service A that are taken, in order.
func numbers(s *server) (all []string) {
	for i := 1; i <= 10; i++ {
		n := fmt.Sprintf("A%03d", i)
		if status, _, err := s.try("GET", base+"/tickets/"+n, "staff", "", nil); err == nil && status == 200 {
			all = append(all, n)
		}
	}
	return all
}
