package trunk

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/ivr/sip"
)

// process is one of several that answer calls behind a load balancer.
type process struct {
	server *sip.Server
	stop   func()
	mu     sync.Mutex
	calls  int
}

func (p *process) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.calls
}

func startProcess(t *testing.T) *process {
	t.Helper()
	p := &process{}
	s, err := sip.Listen(sip.Config{Addr: "127.0.0.1:0", MaxPerSource: 1000, Drain: 10 * time.Second, Answer: func(_ context.Context, c *sip.Call) {
		p.mu.Lock()
		p.calls++
		p.mu.Unlock()
		c.Play(tone(calleeTone, time.Second))
		for range c.Inputs() {
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = s.Run(ctx) }()
	p.server = s
	p.stop = sync.OnceFunc(func() {
		cancel()
		<-done
	})
	t.Cleanup(p.stop)
	return p
}

// startBalancer runs Kamailio in front of processes.
func startBalancer(t *testing.T, all ...*process) *kamailio {
	t.Helper()
	needKamailio(t)
	var list strings.Builder
	for _, p := range all {
		fmt.Fprintf(&list, "1 sip:%v\n", p.server.Addr())
	}
	path := filepath.Join(t.TempDir(), "dispatcher.list")
	if err := os.WriteFile(path, []byte(list.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return startKamailio(t, "balancer.cfg", map[string]string{"DIR": filepath.Dir(path)})
}

// Calls go to both processes in turn; when one is being stopped it finishes the
// calls it has, and the other gets all new ones, also while the balancer does
// not know yet; when one is dead the same.
func TestBehindABalancer(t *testing.T) {
	t.Parallel()
	needKamailio(t)
	a, b := startProcess(t), startProcess(t)
	k := startBalancer(t, a, b)
	ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
	defer cancel()
	call := func() *sip.Call {
		t.Helper()
		c, err := sip.Dial(ctx, sip.DialConfig{URI: "sip:1022@127.0.0.1:" + k.port, From: "0912345678"})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	hangup := func(c *sip.Call) {
		t.Helper()
		c.Stop()
		if err := c.Hangup(ctx); err != nil {
			t.Error(err)
		}
	}
	for range 6 {
		hangup(call())
	}
	eventually(t, "six calls", func() bool { return a.count()+b.count() == 6 })
	if a.count() == 0 || b.count() == 0 { // In turn, but for an answer that was late.
		t.Errorf("%d and %d calls", a.count(), b.count())
	}
	var kept []*sip.Call // One of them, at least, is at a.
	for all, before := 6, a.count(); a.count() == before && len(kept) < 10; {
		kept = append(kept, call())
		all++
		eventually(t, "one more call", func() bool { return a.count()+b.count() == all })
	}
	stopped := make(chan struct{})
	go func() { a.stop(); close(stopped) }()
	eventually(t, "it is being stopped", func() bool {
		_, err := sip.Dial(ctx, sip.DialConfig{URI: "sip:1022@" + a.server.Addr().String()})
		return err != nil
	})
	atA, atB := a.count(), b.count()
	for range 4 {
		hangup(call())
	}
	eventually(t, "the other has the new calls", func() bool { return b.count() == atB+4 })
	for _, c := range kept {
		hangup(c)
	}
	<-stopped
	for range 2 { // Nothing listens there any more.
		hangup(call())
	}
	eventually(t, "the other has them all", func() bool { return b.count() == atB+6 })
	if a.count() != atA {
		t.Errorf("%d calls at the stopped one", a.count())
	}
}
