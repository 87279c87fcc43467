// Package peertest is for trying the telephone against programs that know
// nothing of it: it starts softphones and call generators of others beside a
// test, commands them, and ends them with it.
package peertest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/queue/porttest"
)

// Need gives the path of a peer, and skips a test where it is not installed.
func Need(t testing.TB, program, pkg string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		t.Skipf("%s is not installed (apt-get install %s)", program, pkg)
	}
	if testing.Short() {
		t.Skip("real peers are left out of short tests")
	}
	return path
}

// FreePort finds a port of the loopback for a peer, and keeps it for this process.
func FreePort(t testing.TB) int { t.Helper(); return porttest.Free(t) }

// Start runs a peer until the test ends; what it said is logged when the test
// has failed.
func Start(t testing.TB, cmd *exec.Cmd) {
	t.Helper()
	said := &buffer{}
	cmd.Stdout, cmd.Stderr = said, said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // It may have ended by itself.
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("%s said:\n%s", filepath.Base(cmd.Path), said)
		}
	})
}

// buffer collects what a program says.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write implements io.Writer.
func (s *buffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

// String gives all of it.
func (s *buffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// Write puts a text into a file.
func Write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// Sipp starts sipp with a scenario of testdata, in a folder with what it plays,
// and gives a function that waits for its end. It ends after within at the
// latest. A test is skipped where sipp cannot play its recorded keys.
func Sipp(t testing.TB, dir, scenario string, within time.Duration, args ...string) (wait func() error) {
	t.Helper()
	bin := Need(t, "sipp", "sip-tester")
	if os.Geteuid() != 0 {
		t.Skip("sipp plays recorded packets through a raw socket, which needs root")
	}
	if _, err := os.Stat("/usr/share/sip-tester/dtmf_2833_1.pcap"); err != nil {
		t.Skip("the recorded keys of sip-tester are missing")
	}
	file, err := filepath.Abs(filepath.Join("testdata", scenario))
	if err != nil {
		t.Fatal(err)
	}
	// Its end is waited for also when the test is over: no context of the test.
	ctx, cancel := context.WithTimeout(context.Background(), within)
	cmd := exec.CommandContext(ctx, bin, append([]string{"-sf", file, "-i", "127.0.0.1", "-mi", "127.0.0.1", "-nostdin", "-trace_err"}, args...)...)
	cmd.Dir = dir
	out := &buffer{}
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		cancel()
		t.Fatal(err)
	}
	return func() error {
		defer cancel()
		err := cmd.Wait()
		if err == nil {
			return nil
		}
		text := out.String()
		logs, _ := filepath.Glob(filepath.Join(dir, "*errors.log")) // Fixed, so well formed.
		for _, l := range logs {
			b, readErr := os.ReadFile(l)
			text, err = text+string(b), errors.Join(err, readErr)
		}
		return fmt.Errorf("sipp: %w\n%s", err, text[max(0, len(text)-3000):])
	}
}

// Eventually waits until a condition holds, and fails the test after patience.
func Eventually(t testing.TB, patience time.Duration, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); !holds(); <-tick.C {
		if time.Now().After(end) {
			t.Fatalf("not within %v: %s", patience, what)
		}
	}
}
