package trunk

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xinmoi/xinmoi/ivr/sip"
)

// fakeWire answers as a test tells it.
type fakeWire struct {
	mu       sync.Mutex
	register func(r sip.Registration) (sip.Registered, error)
	ping     func(p sip.Peer) (int, error)
	dial     func(c sip.DialConfig) (*sip.Call, error)
	times    []time.Time
	sent     []sip.Registration
	dialled  []sip.DialConfig
}

func (w *fakeWire) Register(_ context.Context, r sip.Registration) (sip.Registered, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.times, w.sent = append(w.times, time.Now()), append(w.sent, r)
	out, err := w.register(r)
	out.Seq = r.Seq + 2
	return out, err
}

func (w *fakeWire) Ping(_ context.Context, p sip.Peer, _ string) (int, time.Duration, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ping == nil {
		return 200, time.Millisecond, nil
	}
	code, err := w.ping(p)
	return code, time.Millisecond, err
}

func (w *fakeWire) Dial(_ context.Context, c sip.DialConfig) (*sip.Call, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.dialled = append(w.dialled, c)
	return w.dial(c)
}

// gaps are the times between registrations.
func (w *fakeWire) gaps() (all []time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := 1; i < len(w.times); i++ {
		all = append(all, w.times[i].Sub(w.times[i-1]))
	}
	return all
}

func granted(d time.Duration) func(sip.Registration) (sip.Registered, error) {
	return func(r sip.Registration) (sip.Registered, error) {
		return sip.Registered{Expires: d, Contact: "sip:us@192.0.2.7"}, nil
	}
}

var errDead = fmt.Errorf("%w: nothing", sip.ErrSilent)

func refusal(code int, after time.Duration) error {
	return &sip.RefusedError{RejectedError: sip.RejectedError{Code: code, Reason: "x"}, RetryAfter: after}
}

// within runs a manager in a bubble for d and looks at it then.
func within(t *testing.T, w *fakeWire, c Config, d time.Duration, look func(m *Manager)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		m, err := New([]Config{c}, Options{local: func(netip.Addr) netip.Addr { return netip.MustParseAddr("192.0.2.7") }})
		if err != nil {
			t.Fatal(err)
		}
		m.use(w)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			_ = m.Run(ctx)
		}()
		time.Sleep(d)
		synctest.Wait()
		look(m)
		cancel()
		<-done
	})
}

func registering(t *testing.T) Config {
	return Config{Name: "a", Server: "192.0.2.1, 192.0.2.2", User: "u", PasswordFile: secretFile(t, "p"), Register: true}
}

func between(t *testing.T, what string, got, low, high time.Duration) {
	t.Helper()
	if got < low || got > high {
		t.Errorf("%s: %v, want %v to %v", what, got, low, high)
	}
}

func TestRenewsInTime(t *testing.T) {
	w := &fakeWire{register: granted(100 * time.Second)}
	within(t, w, registering(t), 30*time.Minute, func(m *Manager) {
		gaps := w.gaps()
		if len(gaps) < 20 {
			t.Fatalf("%d renewals in 30 min", len(gaps))
		}
		different := map[time.Duration]bool{}
		for _, g := range gaps {
			between(t, "renewal", g, 75*time.Second, 85*time.Second)
			different[g] = true
		}
		if len(different) < 2 {
			t.Error("no jitter")
		}
		if s := m.Status()[0]; s.State != Registered || s.Server != "192.0.2.1:5060" {
			t.Errorf("%+v", s)
		}
	})
	for i := range w.sent {
		if i > 0 && (w.sent[i].CallID != w.sent[0].CallID || w.sent[i].Seq <= w.sent[i-1].Seq) {
			t.Fatalf("Call-ID or Seq of %+v after %+v", w.sent[i], w.sent[i-1])
		}
	}
}

func TestBacksOff(t *testing.T) {
	w := &fakeWire{register: func(sip.Registration) (sip.Registered, error) { return sip.Registered{}, errDead }, ping: func(sip.Peer) (int, error) { return 0, errDead }}
	c := registering(t)
	c.Server = "192.0.2.1"
	within(t, w, c, 5*time.Minute, func(m *Manager) {
		gaps := w.gaps()
		for i, seconds := range []float64{1, 2, 5, 10, 30, 60, 60} {
			want := time.Duration(seconds * float64(time.Second))
			between(t, "pause", gaps[i], want*9/10, want*11/10)
		}
		if s := m.Status()[0]; s.State != Trying || s.Problem == "" || s.Servers[0].Health != Down {
			t.Errorf("%+v", s)
		}
	})
}

func TestObeysRetryAfter(t *testing.T) {
	w := &fakeWire{register: func(sip.Registration) (sip.Registered, error) {
		return sip.Registered{}, refusal(503, 2*time.Minute)
	}}
	within(t, w, registering(t), 5*time.Minute, func(*Manager) {
		w.mu.Lock()
		n := len(w.times)
		w.mu.Unlock()
		if n != 6 { // Both servers, three times.
			t.Errorf("%d attempts in 5 min", n)
		}
		between(t, "pause", w.gaps()[1], 2*time.Minute, 3*time.Minute)
	})
}

func TestWrongPasswordIsNotRepeated(t *testing.T) {
	for _, err := range []error{fmt.Errorf("x: %w", sip.ErrCredentials), refusal(403, 0)} {
		w := &fakeWire{register: func(sip.Registration) (sip.Registered, error) { return sip.Registered{}, err }}
		within(t, w, registering(t), 25*time.Minute, func(m *Manager) {
			w.mu.Lock()
			n := len(w.times)
			w.mu.Unlock()
			if n != 3 || m.Status()[0].State != Refused {
				t.Errorf("%d attempts in 25 min, %+v", n, m.Status()[0])
			}
			if all := m.callOrder(); len(all) != 0 {
				t.Error("calls would go out by it")
			}
		})
	}
}

// The first server dies and comes back: the second takes over, and gives back
// only when the first has been well for a minute.
func TestFailsOverAndBack(t *testing.T) {
	var w *fakeWire
	dead := false
	at := func(p sip.Peer) bool { return dead && p.Addr.Addr().String() == "192.0.2.1" }
	w = &fakeWire{
		register: func(r sip.Registration) (sip.Registered, error) {
			if at(r.Peer) {
				return sip.Registered{}, errDead
			}
			return granted(10 * time.Minute)(r)
		},
		ping: func(p sip.Peer) (int, error) {
			if at(p) {
				return 0, errDead
			}
			return 200, nil
		},
	}
	server := func(m *Manager) string { return m.Status()[0].Server }
	c := registering(t)
	c.Probe = 10
	within(t, w, c, time.Minute, func(m *Manager) {
		if server(m) != "192.0.2.1:5060" {
			t.Fatalf("begins at %s", server(m))
		}
		w.mu.Lock()
		dead = true
		w.mu.Unlock()
		time.Sleep(time.Minute)
		if server(m) != "192.0.2.2:5060" || m.Status()[0].State != Registered {
			t.Errorf("after its death: %+v", m.Status()[0])
		}
		w.mu.Lock()
		dead = false
		w.mu.Unlock()
		time.Sleep(45 * time.Second)
		if server(m) != "192.0.2.2:5060" {
			t.Error("gave back too soon")
		}
		time.Sleep(2 * time.Minute)
		if server(m) != "192.0.2.1:5060" {
			t.Errorf("did not give back: %+v", m.Status()[0])
		}
	})
}

// A renewal that fails does no harm as long as the registration lasts.
func TestLapsesOnlyWhenItsTimeIsOver(t *testing.T) {
	dead := false
	w := &fakeWire{}
	w.register = func(r sip.Registration) (sip.Registered, error) {
		if dead {
			return sip.Registered{}, errDead
		}
		return granted(200 * time.Second)(r)
	}
	within(t, w, registering(t), time.Second, func(m *Manager) {
		w.mu.Lock()
		dead = true
		w.mu.Unlock()
		time.Sleep(180 * time.Second)
		if s := m.Status()[0]; s.State != Registered || s.Problem == "" {
			t.Errorf("while it lasts: %+v", s)
		}
		time.Sleep(2 * time.Minute)
		if s := m.Status()[0]; s.State != Trying || !s.Expires.IsZero() {
			t.Errorf("after it: %+v", s)
		}
	})
}

func TestRegistersAnewWhenItMoves(t *testing.T) {
	own := netip.MustParseAddr("192.0.2.7")
	var mu sync.Mutex
	w := &fakeWire{register: granted(time.Hour)}
	synctest.Test(t, func(t *testing.T) {
		m, err := New([]Config{registering(t)}, Options{local: func(netip.Addr) netip.Addr {
			mu.Lock()
			defer mu.Unlock()
			return own
		}})
		if err != nil {
			t.Fatal(err)
		}
		m.use(w)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); _ = m.Run(ctx) }()
		count := func() int { w.mu.Lock(); defer w.mu.Unlock(); return len(w.sent) }
		time.Sleep(5 * time.Minute)
		if n := count(); n != 1 {
			t.Errorf("%d registrations at rest", n)
		}
		mu.Lock()
		own = netip.MustParseAddr("192.0.2.8")
		mu.Unlock()
		time.Sleep(time.Minute)
		if n := count(); n != 2 {
			t.Errorf("%d registrations after a move", n)
		}
		m.Lost(netip.MustParseAddrPort("192.0.2.1:5060"))
		time.Sleep(10 * time.Second)
		if n := count(); n != 3 {
			t.Errorf("%d registrations after a lost connection", n)
		}
		m.Lost(netip.MustParseAddrPort("203.0.113.9:5060"))
		time.Sleep(10 * time.Second)
		if n := count(); n != 3 {
			t.Errorf("%d registrations after somebody else's connection was lost", n)
		}
		cancel()
		<-done
		m.Leave(context.Background())
		if last := w.sent[len(w.sent)-1]; last.Expires != 0 || m.Status()[0].State != Stopped {
			t.Errorf("the end: %+v", last)
		}
	})
}

func TestMendsItsContact(t *testing.T) {
	w := &fakeWire{}
	w.register = func(r sip.Registration) (sip.Registered, error) {
		out, _ := granted(time.Hour)(r)
		out.Moved = len(w.sent) == 1
		return out, nil
	}
	within(t, w, registering(t), time.Second, func(*Manager) {
		if len(w.sent) != 2 || w.sent[1].Forget != "sip:us@192.0.2.7" {
			t.Errorf("%+v", w.sent)
		}
	})
}

func TestWithoutRegistration(t *testing.T) {
	up := true
	w := &fakeWire{}
	w.ping = func(sip.Peer) (int, error) {
		if up {
			return 404, nil // Any answer is one.
		}
		return 503, nil
	}
	within(t, w, Config{Name: "a", Server: "192.0.2.1"}, time.Second, func(m *Manager) {
		if s := m.Status()[0]; s.State != Ready {
			t.Errorf("%+v", s)
		}
		w.mu.Lock()
		up = false
		w.mu.Unlock()
		time.Sleep(3 * time.Minute)
		if s := m.Status()[0]; s.State != Trying {
			t.Errorf("%+v", s)
		}
	})
	within(t, &fakeWire{}, Config{Name: "a", Server: "192.0.2.1", Probe: -1}, time.Second, func(m *Manager) {
		if s := m.Status()[0]; s.State != Ready {
			t.Errorf("unasked: %+v", s)
		}
	})
}

func TestHealth(t *testing.T) {
	now := time.Now()
	for history, want := range map[string]Health{
		"": Probing, "+": Up, "-": Probing, "--": Probing, "---": Down, "+-": Probing, "+--": Probing, "+---": Down, "---+": Down, "---++": Up, "---+-+": Down, "+-+": Up,
	} {
		x := target{health: Probing}
		for _, h := range history {
			if h == '+' {
				x.worked(now, 0)
			} else {
				x.failed("x", 0, now)
			}
		}
		if x.health != want {
			t.Errorf("%q: %s, want %s", history, x.health, want)
		}
	}
}

// caller is a manager whose two trunks answer calls as told.
func calling(t *testing.T, answers map[string]error) (*Manager, *fakeWire) {
	t.Helper()
	w := &fakeWire{}
	w.dial = func(c sip.DialConfig) (*sip.Call, error) {
		if err := answers[c.Peer.Addr.Addr().String()]; err != nil {
			return nil, err
		}
		return new(sip.Call), nil
	}
	m, err := New([]Config{
		{Name: "a", Server: "192.0.2.1, 192.0.2.2", User: "1", FromNumber: "02838000000", Domain: "a.example"},
		{Name: "b", Server: "192.0.2.3", User: "2", Dial: "e164"},
	}, Options{local: func(netip.Addr) netip.Addr { return netip.Addr{} }})
	if err != nil {
		t.Fatal(err)
	}
	m.use(w)
	for _, l := range m.lines {
		_ = l.resolve(t.Context())
	}
	return m, w
}

func TestCallFailsOver(t *testing.T) {
	ringing := &sip.RefusedError{RejectedError: sip.RejectedError{Code: 503}, Rang: true}
	for _, c := range []struct {
		name    string
		answers map[string]error
		tried   int
		class   Class // Empty = answered.
	}{
		{"answered", nil, 1, ""},
		{"second server", map[string]error{"192.0.2.1": errDead}, 2, ""},
		{"second trunk", map[string]error{"192.0.2.1": errDead, "192.0.2.2": refusal(503, time.Minute)}, 3, ""},
		{"all dead", map[string]error{"192.0.2.1": errDead, "192.0.2.2": errDead, "192.0.2.3": errDead}, 3, TrunkDown},
		{"wrong password, other trunk", map[string]error{"192.0.2.1": sip.ErrCredentials}, 2, ""},
		{"busy is busy", map[string]error{"192.0.2.1": refusal(486, 0)}, 1, Busy},
		{"declined", map[string]error{"192.0.2.1": refusal(603, 0)}, 1, Rejected},
		{"barred", map[string]error{"192.0.2.1": refusal(403, 0)}, 1, Rejected},
		{"no such number", map[string]error{"192.0.2.1": refusal(404, 0)}, 1, Unreachable},
		{"switched off", map[string]error{"192.0.2.1": refusal(480, 0)}, 1, Unreachable},
		{"rang, then failed", map[string]error{"192.0.2.1": ringing}, 1, Unreachable},
		{"nobody came", map[string]error{"192.0.2.1": fmt.Errorf("%w: %w", sip.ErrRinging, context.DeadlineExceeded)}, 1, NoAnswer},
		{"given up", map[string]error{"192.0.2.1": fmt.Errorf("no answer: %w", context.Canceled)}, 1, NoAnswer},
	} {
		m, w := calling(t, c.answers)
		call, err := m.Call(t.Context(), "+84912345678")
		if len(w.dialled) != c.tried {
			t.Errorf("%s: %d tried", c.name, len(w.dialled))
		}
		if c.class == "" {
			if err != nil || call == nil {
				t.Errorf("%s: %v", c.name, err)
			}
			continue
		}
		if ClassOf(err) != c.class || call != nil {
			t.Errorf("%s: %v, want %s", c.name, err, c.class)
		}
	}
}

func TestWhatIsDialled(t *testing.T) {
	m, w := calling(t, map[string]error{"192.0.2.1": errDead, "192.0.2.2": errDead})
	if _, err := m.Call(t.Context(), "0912 345 678"); err != nil {
		t.Fatal(err)
	}
	first, last := w.dialled[0], w.dialled[2]
	if first.URI != "sip:0912345678@a.example" || first.From != "02838000000" || last.URI != "sip:+84912345678@192.0.2.3" || last.From != "2" {
		t.Errorf("%+v\n%+v", first, last)
	}
	for _, number := range []string{"19001234", "1800123456", "+12025550123", "0012025550123", "1022", "113", "anonymous", "", "0672345678", "+84 19001234", "sip:+12025550123@x", "84912345678;ext=1900", "*100#"} {
		if _, err := m.Call(t.Context(), number); number != "84912345678;ext=1900" && ClassOf(err) != Forbidden {
			t.Errorf("%q: %v", number, err)
		}
	}
	for _, c := range w.dialled {
		if c.URI != "sip:0912345678@a.example" && c.URI != "sip:+84912345678@192.0.2.3" {
			t.Errorf("dialled %q", c.URI)
		}
	}
}

func TestDoor(t *testing.T) {
	m, err := New([]Config{{Name: "a", Server: "203.0.113.1", Allow: []string{"198.51.100.0/24"}}, {Name: "b", Server: "203.0.113.2"}}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range m.lines {
		_ = l.resolve(t.Context())
	}
	for addr, want := range map[string]struct {
		admit bool
		trunk string
	}{
		"127.0.0.1": {true, ""}, "::1": {true, ""}, "192.168.1.9": {true, ""}, "203.0.113.1": {true, "a"}, "203.0.113.2": {true, "b"},
		"198.51.100.77": {true, "a"}, "::ffff:203.0.113.1": {true, "a"}, "203.0.113.3": {false, ""}, "8.8.8.8": {false, ""}, "2001:db8::1": {false, ""},
	} {
		a := netip.MustParseAddr(addr)
		if m.Admit(a) != want.admit || m.Trunk(a, "") != want.trunk {
			t.Errorf("%s: %v %q", addr, m.Admit(a), m.Trunk(a, ""))
		}
	}
	if name := m.Trunk(netip.MustParseAddr("192.168.1.9"), m.lines[1].token); name != "b" {
		t.Errorf("by token: %q", name)
	}
	closed, err := New(nil, Options{Direct: []netip.Prefix{netip.MustParsePrefix("192.168.1.0/24")}})
	if err != nil {
		t.Fatal(err)
	}
	if closed.Admit(netip.MustParseAddr("10.0.0.1")) || !closed.Admit(netip.MustParseAddr("192.168.1.1")) {
		t.Error("who may call directly")
	}
}

func TestConfigIsChecked(t *testing.T) {
	good := Config{Name: "a", Server: "sbc.example.vn:5060, [2001:db8::1]:5060, 192.0.2.1", Transport: "TLS", Allow: []string{"192.0.2.0/24", "192.0.2.9"}}
	if err := good.Check(); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]func(*Config){
		"no name": func(c *Config) { c.Name = "" }, "name": func(c *Config) { c.Name = "a b" }, "no server": func(c *Config) { c.Server = " , " },
		"server": func(c *Config) { c.Server = "a b" }, "port": func(c *Config) { c.Server = "a:99999" }, "uri": func(c *Config) { c.Server = "sip:a@b" },
		"transport": func(c *Config) { c.Transport = "ws" }, "allow": func(c *Config) { c.Allow = []string{"x"} }, "dial": func(c *Config) { c.Dial = "x" },
		"no user": func(c *Config) { c.Register = true }, "no password": func(c *Config) { c.Register, c.User = true, "u" },
		"password file": func(c *Config) { c.PasswordFile = "/nowhere" }, "expires": func(c *Config) { c.Expires = 5 }, "probe": func(c *Config) { c.Probe = 1 },
		"header": func(c *Config) { c.FromNumber = "1\r\nX: y" }, "ca": func(c *Config) { c.CAFile = "/nowhere" },
	} {
		c := good
		change(&c)
		if err := c.Check(); !errors.Is(err, ErrConfig) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := CheckAll([]Config{good, good}); !errors.Is(err, ErrConfig) {
		t.Errorf("twice: %v", err)
	}
}

func FuzzCallable(f *testing.F) {
	for _, s := range []string{"0912345678", "+842838000000", "19001234", "00842838000000", "84912345678;ext=1900"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := Callable(s)
		if err != nil {
			return
		}
		p := prepared{Config: Config{Dial: dialNational}}
		for _, r := range n[1:] {
			if r < '0' || r > '9' {
				t.Fatalf("%q from %q", n, s)
			}
		}
		if d := p.dialled(n); len(d) < 10 || len(d) > 11 || d[0] != '0' || d[1] == '0' || d[1] == '1' {
			t.Fatalf("%q is dialled as %q", s, d)
		}
	})
}
