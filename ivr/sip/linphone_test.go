package sip

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/ivr/media"
)

// linphone is a telephone under the control of a test.
type linphone struct {
	t    *testing.T
	dir  string
	in   io.WriteCloser
	mu   sync.Mutex
	said strings.Builder

	pressed string // Keys that were heard.
}

const linphoneConfig = `[sip]
sip_port=%[1]s
sip_tcp_port=%[1]s
sip_tls_port=0
auto_net_state_monitoring=0
use_ipv6=0
media_encryption=none
verify_server_certs=0
guess_hostname=0
contact="Nguyen" <sip:0912345678@127.0.0.1>
default_proxy=-1
[rtp]
audio_rtp_port=%[2]s
[sound]
echocancellation=0
[net]
firewall_policy=0
[video]
enabled=0
capture=0
display=0
[misc]
log_collection_upload_server_url=
`

func startLinphone(t *testing.T) *linphone {
	t.Helper()
	bin := need(t, "linphonec", "linphone-cli")
	p := &linphone{t: t, dir: t.TempDir()}
	config := filepath.Join(p.dir, "rc")
	if err := os.WriteFile(config, []byte(fmt.Sprintf(linphoneConfig, freePort(t), freePort(t))), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(p.dir, "microphone.wav"), []byte(wavOf(make([]int16, 8000*20))), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(p.dir, ".local", "share", "linphone"), 0o700); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(bin, "-c", config)
	cmd.Env = append(os.Environ(), "HOME="+p.dir, "XDG_DATA_HOME="+filepath.Join(p.dir, ".local", "share"))
	cmd.Dir = p.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	var err error
	if p.in, err = cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = p, p
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.do("quit")
		_ = p.in.Close()
		done := make(chan struct{})
		go func() { _ = cmd.Wait(); close(done) }()
		select {
		case <-done:
		case <-time.After(5 * time.Second):
			_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
			<-done
		}
		if t.Failed() {
			t.Logf("linphone: %s", p.text())
		}
	})
	p.await("linphonec>")
	p.do("soundcard use files")
	return p
}

// mostPresses is how often a key is pressed before its loss is a fault.
const mostPresses = 4

// Write implements io.Writer: what it says.
func (p *linphone) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.said.Write(b)
}

func (p *linphone) text() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.said.String()
}

func (p *linphone) await(text string) {
	p.t.Helper()
	eventually(p.t, "linphone says "+text, func() bool { return strings.Contains(p.text(), text) })
}

func (p *linphone) do(command string) { _, _ = fmt.Fprintln(p.in, command) }

// press presses a key until it is heard, as people do: on a busy machine linphone
// throws away sound and keys while its buffer settles. Another key than that is a
// fault; one that was pressed again may still come behind the next.
func (p *linphone) press(rec *recorder, key string) {
	p.t.Helper()
	for range mostPresses {
		p.do(key)
		deadline := time.After(patience / mostPresses)
		for heard := true; heard; {
			select {
			case in := <-rec.inputs:
				switch {
				case in.Kind == media.HungUp:
					p.t.Fatalf("hung up (%s) when %s was pressed", in.Source, key)
				case in.Kind == media.Digit && string(in.Digit) == key:
					p.pressed += key
					return
				case in.Kind == media.Digit && !strings.ContainsRune(p.pressed, in.Digit):
					p.t.Errorf("pressed %s, got %c", key, in.Digit)
				}
			case <-deadline:
				heard = false
			}
		}
	}
	p.t.Fatalf("%s was pressed %d times and never heard", key, mostPresses)
}

// linphone calls, hears the very prompt, presses keys, hangs up.
func TestLinphoneCalls(t *testing.T) {
	t.Parallel()
	for _, transport := range []string{"udp", "tcp"} {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			p := startLinphone(t)
			rec := newRecorder(sine(1000, 1500*time.Millisecond))
			s := serve(t, Config{Answer: rec.answer})
			p.do("play " + filepath.Join(p.dir, "microphone.wav"))
			p.do("record " + filepath.Join(p.dir, "heard.wav"))
			p.do("call sip:1022@" + s.Addr().String() + ";transport=" + transport)
			rec.call(t)
			p.await("Media streams established")
			eventually(t, "the end of the prompt", func() bool { return len(rec.inputs) > 0 })
			<-rec.inputs
			for _, key := range []string{"1", "5", "#"} {
				p.press(rec, key)
			}
			p.do("terminate")
			if _, why := rec.end(t); why != EndBye {
				t.Errorf("ended by %q", why)
			}
			var heard []int16
			eventually(t, "a recording", func() bool {
				b, _ := os.ReadFile(filepath.Join(p.dir, "heard.wav"))
				heard = samplesOf(b)
				return len(heard) > 8000
			})
			// It throws away the first moments until its buffer has settled.
			if clear, all := blocks(heard, 1000); clear < 22 {
				t.Errorf("linphone heard the 30 pieces of the prompt in %d of %d", clear, all)
			}
		})
	}
}
