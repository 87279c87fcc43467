//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/ivr/peertest"
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

// freePort gives a port that is free right now, and that no peer was given.
func freePort(t testing.TB) int {
	t.Helper()
	return peertest.FreePort(t)
}

// secretFile is a file with a secret.
func secretFile(t testing.TB, secret string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "secret")
	write(t, path, secret+"\n")
	return path
}

// start runs a server on a data directory; empty means a fresh one. Without a
// configuration among the arguments it makes no voice.
func start(t testing.TB, data string, args []string, env ...string) *server {
	t.Helper()
	if data == "" {
		data = filepath.Join(t.TempDir(), "data")
	}
	if !slices.Contains(args, "-config") {
		env = append(env, voiceless(t))
	}
	s := &server{
		t: t, data: data, args: args, env: env, tokens: map[string]string{},
		http: fmt.Sprintf("127.0.0.1:%d", freePort(t)), sip: fmt.Sprintf("127.0.0.1:%d", freePort(t)),
	}
	s.run()
	t.Cleanup(s.stop)
	return s
}

// voiceless is what a server needs in its environment to make no placeholder
// voice, which would take the processor from all other tests for half a minute:
// an espeak-ng that cannot speak.
func voiceless(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "espeak-ng"), []byte("#!/bin/sh\nexit 1\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return "PATH=" + dir + string(os.PathListSeparator) + os.Getenv("PATH")
}

// run starts (or restarts) the process and waits until it answers. Between two
// lives of a server somebody else may have its port for a moment.
func (s *server) run() {
	s.t.Helper()
	for range 20 {
		s.launch()
		end := time.Now().Add(patience)
		for !s.answers() && time.Now().Before(end) {
			select {
			case <-s.exited:
				end = time.Time{}
			case <-time.After(50 * time.Millisecond):
			}
		}
		switch {
		case s.answers():
			return
		case !strings.Contains(s.output.String(), "another program uses"):
			s.t.Fatalf("the server does not answer\n%s", s.output)
		}
		<-time.After(500 * time.Millisecond)
	}
	s.t.Fatalf("the server does not get its port\n%s", s.output)
}

// launch starts the process.
func (s *server) launch() {
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
}

// answers reports whether this server, and no other, answers at its address.
func (s *server) answers() bool {
	select {
	case <-s.exited:
		return false
	default:
	}
	res, err := http.Get("http://" + s.http + "/api/v1/offices")
	if err != nil {
		return false
	}
	res.Body.Close()
	return res.StatusCode == http.StatusOK
}

// patience is the least that anything is waited for: other tests run beside, and
// a machine may be many times slower than this one. No test rests on it.
const patience = 3 * time.Minute

// await polls until ok or fails the test with the server's output.
func (s *server) await(what string, within time.Duration, ok func() bool) {
	s.t.Helper()
	within = max(within, patience)
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

// keeps fails where one of these stands in the log.
func (s *server) keeps(secrets ...string) {
	s.t.Helper()
	for _, secret := range secrets {
		if strings.Contains(s.output.String(), secret) {
			s.t.Errorf("%q is in the log", secret)
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
		if strings.Contains(s.output.String(), "stopped without waiting") {
			s.t.Errorf("not all parts stopped\n%s", s.output)
		}
	case <-time.After(patience): // By then it has said itself what it waits for, and where that hangs.
		_ = s.cmd.Process.Signal(syscall.SIGQUIT)
		<-s.exited
		s.t.Errorf("still running %v after SIGTERM\n%s", patience, s.output)
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
