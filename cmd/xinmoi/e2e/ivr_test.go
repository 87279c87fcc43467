//go:build e2e

package e2e

import (
	"bufio"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/ivr/peertest"
)

// answering is a running "xinmoi ivr".
type answering struct {
	t         testing.TB
	sip, http string
	cmd       *exec.Cmd
	exited    chan struct{}
}

// answerFor starts a process that answers the telephone for a server.
func answerFor(t testing.TB, s *server, config []string) *answering {
	t.Helper()
	token := filepath.Join(t.TempDir(), "token")
	write(t, token, s.token("channel"))
	p := &answering{
		t: t, sip: fmt.Sprintf("127.0.0.1:%d", freePort(t)), http: fmt.Sprintf("127.0.0.1:%d", freePort(t)), exited: make(chan struct{}),
	}
	p.cmd = exec.Command(binary(t), append([]string{"ivr", "-server", "http://" + s.http, "-token-file", token, "-sip", p.sip, "-http", p.http, "-data", t.TempDir()}, config...)...)
	out := &syncBuffer{}
	p.cmd.Stdout, p.cmd.Stderr = out, out
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { defer close(p.exited); _ = p.cmd.Wait() }()
	t.Cleanup(func() {
		_ = p.cmd.Process.Signal(syscall.SIGTERM)
		<-p.exited
		if t.Failed() {
			t.Logf("ivr: %s", out)
		}
	})
	awaitPort(t, p.sip)
	return p
}

// kill ends the process the hard way.
func (p *answering) kill() {
	_ = p.cmd.Process.Kill()
	<-p.exited
}

// get gives a page, as somebody with a token or without.
func (p *answering) get(path, token string) (status int, text string) {
	p.t.Helper()
	req, err := http.NewRequest("GET", "http://"+p.http+path, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	var b strings.Builder
	for lines := bufio.NewScanner(res.Body); lines.Scan(); {
		b.WriteString(lines.Text() + "\n")
	}
	return res.StatusCode, b.String()
}

// figure reads one figure with its labels; 0 if there is none.
func (p *answering) figure(name string) float64 {
	p.t.Helper()
	_, text := p.get("/metrics", "")
	for line := range strings.SplitSeq(text, "\n") {
		if value, found := strings.CutPrefix(line, name+" "); found {
			v, err := strconv.ParseFloat(value, 64)
			if err != nil {
				p.t.Fatal(err)
			}
			return v
		}
	}
	return 0
}

// TestTelephoneProcess has a process of its own answer the telephone: callers
// get all that they get where the office itself answers, checking in and a call
// when the turn is near too, and whoever keeps it working sees figures and calls.
func TestTelephoneProcess(t *testing.T) {
	t.Parallel()
	need(t, "baresip")
	const number = "0912345671"
	telephone := peertest.NewBaresip(t, peertest.BaresipConfig{User: number, Account: []string{";answermode=auto"}})
	citizen := soft{ctl: telephone.Ask, dir: telephone.Dir}
	_, addr, _ := strings.Cut(telephone.URI, "@")
	addr, _, _ = strings.Cut(addr, ";")
	config := voiceConfig(t, "[callout]\nvia = \"sip:"+addr+"\"\n")
	s := start(t, "", voiceConfig(t, ""))
	s.decide(func(setup map[string]any) {
		setup["phone"] = body{"callback": body{"from": "00:00", "to": "24:00"}}
		setup["rules"] = body{"check_in": true}
	})
	for range 5 {
		s.must(http.StatusCreated, "POST", base+"/tickets", "kiosk", body{"service": "A", "channel": "kiosk"}, nil)
	}
	p := answerFor(t, s, config)
	at := &server{t: t, sip: p.sip}
	call(t, at, number, "press 1", "expect number A006", hear(t, "vi", "keep-stay"), "press 1", hear(t, "vi", "ask-call"), "press 1", hear(t, "vi", "will-call"), "expect hangup within 3m")
	phoneTicket(s, "A006")
	if n := p.figure("xinmoi_callout_waiting"); n != 1 {
		t.Errorf("%v citizens wait to be called", n)
	}
	press := s.calledBack(citizen, func(path string) string {
		_, text := p.get(path, s.token("admin"))
		return text
	})
	press("1")
	s.await("the call to end", 60*time.Second, func() bool { return !citizen.talks() })
	call(t, at, number, hear(t, "vi", "mine-one"), hear(t, "vi", "do-check-in"), "press 2", hear(t, "vi", "done-check-in"), "hangup")
	var tk struct {
		Presence string `json:"presence"`
	}
	s.must(http.StatusOK, "GET", base+"/tickets/A006", "admin", nil, &tk)
	if tk.Presence != "present" {
		t.Errorf("checked in, and the ticket is %s", tk.Presence)
	}
	in, out := p.figure(`xinmoi_calls_answered_total{direction="in"}`), p.figure(`xinmoi_calls_answered_total{direction="out"}`)
	if in != 2 || out != 1 {
		t.Errorf("%v calls came and %v went, by the figures", in, out)
	}
	for who, want := range map[string]int{"": 401, "rubbish": 401, s.token("staff"): 401, s.token("admin"): 200} {
		status, text := p.get("/admin/calls", who)
		if status != want || (want == 200) != strings.Contains(text, "0912***671") {
			t.Errorf("live calls for %.6q…: %d, want %d", who, status, want)
		}
	}
	if _, err := os.Stat(filepath.Join(s.data, "calls.db")); err == nil {
		t.Error("the office's own book of calls was used")
	}
}
