//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// office is the seeded office's id.
const office = "trung-tam"

// binary is the program under test.
func binary(t testing.TB) string {
	t.Helper()
	path := os.Getenv("XINMOI_BIN")
	if path == "" {
		t.Skip("XINMOI_BIN does not name the built binary; run make e2e")
	}
	return path
}

// server is one running xinmoi serve.
type server struct {
	t      testing.TB
	cmd    *exec.Cmd
	data   string
	http   string // "127.0.0.1:8080"
	sip    string
	args   []string
	env    []string
	output *syncBuffer
	exited chan error
	tokens map[string]string
}

// syncBuffer collects what the server prints while others read it.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// nextPort walks through ports below those that the system hands out by
// itself, so that tests running side by side do not meet.
var nextPort atomic.Int32

// freePort gives a port that is free for TCP and UDP right now.
func freePort(t testing.TB) int {
	t.Helper()
	// A softphone also takes the port after its own.
	const first, ports, apart = 20000, 10000, 4
	for range 100 {
		port := first + (apart*int(nextPort.Add(1))+os.Getpid()*37)%ports
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			continue
		}
		l.Close()
		if u, err := net.ListenPacket("udp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			u.Close()
			return port
		}
	}
	t.Fatal("no free port")
	return 0
}

// start runs a server on a data directory; empty means a fresh one.
func start(t testing.TB, data string, args []string, env ...string) *server {
	t.Helper()
	if data == "" {
		data = filepath.Join(t.TempDir(), "data")
	}
	s := &server{
		t: t, data: data, args: args, env: env, tokens: map[string]string{},
		http: fmt.Sprintf("127.0.0.1:%d", freePort(t)), sip: fmt.Sprintf("127.0.0.1:%d", freePort(t)),
	}
	s.run()
	t.Cleanup(s.stop)
	return s
}

// run starts (or restarts) the process and waits until it answers.
func (s *server) run() {
	s.t.Helper()
	args := append([]string{"serve", "-data", s.data, "-http", s.http, "-sip", s.sip}, s.args...)
	s.cmd = exec.Command(binary(s.t), args...)
	s.cmd.Env = append(os.Environ(), s.env...)
	s.output = &syncBuffer{}
	s.cmd.Stdout, s.cmd.Stderr = s.output, s.output
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.exited = make(chan error, 1)
	go func(cmd *exec.Cmd, exited chan error) {
		exited <- cmd.Wait()
		close(exited) // Who asks later is not kept waiting.
	}(s.cmd, s.exited)
	s.await("the server to answer", 20*time.Second, func() bool {
		res, err := http.Get("http://" + s.http + "/api/v1/offices")
		if err != nil {
			return false
		}
		res.Body.Close()
		return res.StatusCode == http.StatusOK
	})
}

// await polls until ok or fails the test with the server's output.
func (s *server) await(what string, within time.Duration, ok func() bool) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-ctx.Done():
			s.t.Fatalf("waited %v for %s\n%s", within, what, s.output)
		case err := <-s.exited:
			s.t.Fatalf("the server ended (%v) while waiting for %s\n%s", err, what, s.output)
		case <-tick.C:
		}
	}
}

// kill ends the process the hard way.
func (s *server) kill() {
	if s.cmd.Process != nil {
		_ = s.cmd.Process.Kill() // May have ended already.
		<-s.exited
	}
}

// stop ends the process as an installer would.
func (s *server) stop() {
	select {
	case <-s.exited:
		return
	default:
	}
	_ = s.cmd.Process.Signal(syscall.SIGTERM) // May have ended already.
	select {
	case <-s.exited:
	case <-time.After(50 * time.Second): // A caller may still be listening.
		s.t.Errorf("still running 50 s after SIGTERM\n%s", s.output)
		s.kill()
	}
}

// token makes (once) a token for a role beside the running server.
func (s *server) token(role string) string {
	s.t.Helper()
	if s.tokens[role] == "" {
		cmd := exec.Command(binary(s.t), "token", "-role", role, "-data", s.data)
		out, err := cmd.Output()
		if err != nil {
			s.t.Fatalf("token: %v", err)
		}
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		s.tokens[role] = lines[len(lines)-1]
	}
	return s.tokens[role]
}

// ticket is what the tests look at.
type ticket struct {
	ID, Number, State, Channel, Counter, Code, URL, Service string
	Version                                                 int64
	Standing                                                *struct{ Ahead int }
}

// call sends a request and decodes the answer into out, if there is a body.
func (s *server) call(method, path, role string, body, out any) int {
	s.t.Helper()
	status, text, err := s.try(method, path, role, "", body)
	if err != nil {
		s.t.Fatalf("%s %s: %v\n%s", method, path, err, s.output)
	}
	if out != nil && len(text) > 0 {
		if err := json.Unmarshal(text, out); err != nil {
			s.t.Fatalf("%s %s: %v in %s", method, path, err, text)
		}
	}
	return status
}

// try is call for a server that may be dying.
func (s *server) try(method, path, role, key string, body any) (int, []byte, error) {
	var r io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		r = strings.NewReader(b)
	default:
		text, err := json.Marshal(b)
		if err != nil {
			return 0, nil, err
		}
		r = bytes.NewReader(text)
	}
	req, err := http.NewRequest(method, "http://"+s.http+"/api/v1"+path, r)
	if err != nil {
		return 0, nil, err
	}
	if r != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if role != "" {
		req.Header.Set("Authorization", "Bearer "+s.token(role))
	}
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	return res.StatusCode, text, err
}

// must fails unless the call has the wanted status.
func (s *server) must(want int, method, path, role string, body, out any) {
	s.t.Helper()
	status, text, err := s.try(method, path, role, "", body)
	if err != nil || status != want {
		s.t.Fatalf("%s %s: %d %v, want %d: %s", method, path, status, err, want, text)
	}
	if out != nil {
		if err := json.Unmarshal(text, out); err != nil {
			s.t.Fatal(err)
		}
	}
}

// take issues a ticket.
func (s *server) take(service string) ticket {
	s.t.Helper()
	var tk ticket
	s.must(http.StatusCreated, "POST", "/offices/"+office+"/tickets", "kiosk", map[string]any{"service": service, "channel": "kiosk"}, &tk)
	return tk
}
