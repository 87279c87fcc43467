package trunk

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/xinmoi/xinmoi/ivr/peertest"
	"github.com/xinmoi/xinmoi/ivr/sip"
)

func TestMain(m *testing.M) {
	// Telephone calls wait more than they compute. A -parallel on the command
	// line wins.
	_ = flag.Set("test.parallel", "8")
	goleak.VerifyTestMain(m)
}

// patience bounds every wait; it is only used up by failures.
const patience = 20 * time.Second

func eventually(t *testing.T, what string, cond func() bool) {
	t.Helper()
	peertest.Eventually(t, patience, what, cond)
}

func secretFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(path, []byte(text+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// office is a server with trunks, running until the test ends.
type office struct {
	*Manager
	server *sip.Server
	stop   func()
}

func newOffice(t *testing.T, answer func(context.Context, *sip.Call), all ...Config) *office {
	t.Helper()
	m, err := New(all, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if answer == nil {
		answer = func(_ context.Context, c *sip.Call) {
			for range c.Inputs() {
			}
		}
	}
	s, err := sip.Listen(sip.Config{Addr: "127.0.0.1:0", Network: lan(t), Answer: answer, Door: m, Leave: m.Leave, Lost: m.Lost})
	if err != nil {
		t.Fatal(err)
	}
	m.Use(s)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{}, 2)
	go func() { _ = s.Run(ctx); done <- struct{}{} }()
	go func() { _ = m.Run(ctx); done <- struct{}{} }()
	stopped := false
	o := &office{Manager: m, server: s, stop: func() {
		if !stopped {
			stopped = true
			cancel()
			<-done
			<-done
		}
	}}
	t.Cleanup(o.stop)
	return o
}

func (f *fakeTrunk) config(t *testing.T) Config {
	return Config{Name: "fake", Server: f.addr().String(), User: "02838000000", PasswordFile: secretFile(t, "secret"), Register: true, Domain: "fake.example"}
}

func TestRegistersAndUnregisters(t *testing.T) {
	virtual(func(t *testing.T) {
		f := newFakeTrunk(t)
		f.set(func() { f.brief = 900 })
		o := newOffice(t, nil, f.config(t))
		eventually(t, "registered", func() bool { return o.Status()[0].State == Registered })
		s := o.Status()[0]
		if left := time.Until(s.Expires); left < 40*time.Second || left > 60*time.Second {
			t.Errorf("expires in %v, want the 60 s of our own contact", left)
		}
		if s.Server != f.addr().String() || s.Problem != "" {
			t.Errorf("%+v", s)
		}
		f.mu.Lock()
		contact := f.contact
		f.mu.Unlock()
		if want := "sip:02838000000@" + o.server.Addr().String() + ";line=" + o.lines[0].token; contact != want {
			t.Errorf("contact %q, want %q", contact, want)
		}
		o.stop()
		f.set(func() {
			if f.contact != "" {
				t.Error("still registered after the end")
			}
		})
	})(t)
}

func TestWrongPassword(t *testing.T) {
	virtual(func(t *testing.T) {
		f := newFakeTrunk(t)
		f.set(func() { f.password = "another" })
		o := newOffice(t, nil, f.config(t))
		eventually(t, "refused", func() bool { return o.Status()[0].State == Refused })
		if n := f.count("REGISTER"); n != 2 {
			t.Errorf("%d attempts, want 2: without and with the password", n)
		}
	})(t)
}

// A nonce that is too old is no wrong password; SHA-256 is as good as MD5.
func TestStaleNonce(t *testing.T) {
	virtual(func(t *testing.T) {
		f := newFakeTrunk(t)
		f.set(func() {
			f.sha256 = true
			once := false
			f.answer = func(method, msg string) string {
				if method == "REGISTER" && strings.Contains(msg, "Authorization:") && !once {
					once = true
					f.nonce++
				}
				return ""
			}
		})
		o := newOffice(t, nil, f.config(t))
		eventually(t, "registered", func() bool { return o.Status()[0].State == Registered })
		if n := f.count("REGISTER"); n != 3 {
			t.Errorf("%d attempts, want 3: without password, with an old nonce, with a new one", n)
		}
	})(t)
}

// A call through the trunk to ourselves: both legs hear each other.
func TestCallsItself(t *testing.T) {
	virtual(func(t *testing.T) {
		f := newFakeTrunk(t)
		calls := make(chan *sip.Call, 1)
		o := newOffice(t, func(_ context.Context, c *sip.Call) {
			calls <- c
			for range c.Inputs() {
			}
		}, f.config(t))
		eventually(t, "registered", func() bool { return o.Status()[0].State == Registered })
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		c, err := o.Call(ctx, "0912345678")
		if err != nil {
			t.Fatal(err)
		}
		in := <-calls
		if in.Trunk() != "fake" || in.Caller() != "02838000000" {
			t.Errorf("trunk %q, caller %q", in.Trunk(), in.Caller())
		}
		if err := c.Hangup(ctx); err != nil {
			t.Error(err)
		}
	})(t)
}
