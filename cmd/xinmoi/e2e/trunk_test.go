//go:build e2e

package e2e

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// provider is a trunk's server that answers whether it is there, until it is
// told not to.
type provider struct {
	addr  string
	quiet atomic.Bool
}

func newProvider(t *testing.T) *provider {
	t.Helper()
	conn, err := net.ListenPacket("udp4", "127.0.0.2:0")
	if err != nil {
		t.Skipf("no second loopback address: %v", err)
	}
	p := &provider{addr: conn.LocalAddr().String()}
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 65535)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			request := string(buf[:n])
			if p.quiet.Load() || !strings.HasPrefix(request, "OPTIONS ") {
				continue
			}
			answer := "SIP/2.0 200 OK\r\n"
			for line := range strings.SplitSeq(request, "\r\n") {
				switch name, _, _ := strings.Cut(line, ":"); strings.ToLower(name) {
				case "via", "from", "to", "call-id", "cseq":
					answer += line + "\r\n"
				}
			}
			_, _ = conn.WriteTo([]byte(answer+"Content-Length: 0\r\n\r\n"), from)
		}
	}()
	t.Cleanup(func() { _ = conn.Close(); <-done })
	return p
}

// config names the provider as a trunk.
func (p *provider) config() string {
	return fmt.Sprintf("[[sip.trunk]]\nname = \"viettel\"\nserver = %q\nprobe_seconds = 5\n", p.addr)
}

// TestTrunkGoesDown: people and figures learn that a trunk does not work any
// more, and that it is back.
func TestTrunkGoesDown(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	s := telephone(t, p.config())
	const up, down = `xinmoi_trunk_up{trunk="viettel"}`, `xinmoi_trunk_down_total{trunk="viettel"}`
	s.await("the trunk to work", 60*time.Second, func() bool { return s.figure(up) == 1 })
	if n := s.figure(down); n != 0 {
		t.Errorf("it went down %v times before", n)
	}
	p.quiet.Store(true)
	s.await("the trunk to be missed", 150*time.Second, func() bool { return s.figure(up) == 0 })
	if n := s.figure(down); n != 1 {
		t.Errorf("it went down %v times", n)
	}
	for _, path := range []string{"/admin", "/admin/calls"} {
		if text := s.admin(path); !strings.Contains(text, "chưa kết nối được") {
			t.Errorf("%s does not tell of it", path)
		}
	}
	if text := s.admin("/counter/1"); !strings.Contains(text, "viettel") {
		t.Errorf("the counters are not told:\n%s", text)
	}
	p.quiet.Store(false)
	s.await("the trunk to work again", 150*time.Second, func() bool { return s.figure(up) == 1 })
	if text := s.admin("/admin"); !strings.Contains(text, "đã mất kết nối 1 lần") {
		t.Error("/admin does not tell that it was away")
	}
}

// TestForgedCaller: once there is a trunk, who calls directly under somebody
// else's number hears nothing of that person; whom the office trusts does.
func TestForgedCaller(t *testing.T) {
	t.Parallel()
	const number = "0912345681"
	p := newProvider(t)
	s := start(t, "", voiceConfig(t, p.config()))
	s.must(http.StatusCreated, "POST", base+"/tickets", "channel", body{"service": "A", "channel": "phone", "person": "tel:+84" + number[1:]}, nil)
	call(t, s, number, `expect "Xin chào,"`, "hangup") // As everybody hears.
	s.stop()
	trusting := start(t, s.data, voiceConfig(t, "[sip]\ntrust = [\"127.0.0.1\"]\n"+p.config()))
	call(t, trusting, number, hear(t, "vi", "mine-one"), "hangup")
}
