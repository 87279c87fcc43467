package trunk

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/xinmoi/xinmoi/ivr/sip"
)

// wire sends for a Manager; *sip.Server is one.
type wire interface {
	Register(ctx context.Context, r sip.Registration) (sip.Registered, error)
	Ping(ctx context.Context, p sip.Peer, user string) (code int, rtt time.Duration, err error)
	Dial(ctx context.Context, cfg sip.DialConfig) (*sip.Call, error)
}

// State is how a trunk is doing as a whole.
type State string

const (
	Registered State = "registered" // Calls come and go.
	Ready      State = "ready"      // A trunk without registration whose server answers.
	Trying     State = "trying"     // Not yet, or not any more; it is being tried.
	Refused    State = "refused"    // User or password are wrong, or the account is closed: somebody has to act.
	Stopped    State = "stopped"    // The program ends.
)

// Usable reports whether calls can be expected to work.
func (s State) Usable() bool { return s == Registered || s == Ready }

// Status is what is known of a trunk.
type Status struct {
	Name    string
	State   State
	Since   time.Time     // Of State.
	Problem string        // Why it does not work, as the far end or the network says it; empty when it does.
	Server  string        // In use.
	Public  string        // Our address as the server sees it; empty = unknown.
	Expires time.Time     // Of the registration; zero = none.
	RTT     time.Duration // Of the latest answer of the server in use; 0 = unknown.
	Servers []ServerStatus
}

// ServerStatus is what is known of one server of a trunk.
type ServerStatus struct {
	Addr    netip.AddrPort
	Name    string
	Health  Health
	RTT     time.Duration
	Problem string
}

// line is one trunk with its registration and servers.
type line struct {
	cfg    prepared
	wire   wire
	log    *slog.Logger
	dns    dns
	local  func(netip.Addr) netip.Addr
	change func() // Called without the mutex when state or addresses are new.
	token  string // The "line" of our Contact.
	callID string
	kicks  chan struct{}

	mu      sync.Mutex
	targets []*target
	using   *target
	state   State
	since   time.Time
	problem string
	until   time.Time // Of the registration.
	contact string
	public  netip.AddrPort
	routes  []string
	seq     uint32
	own     netip.Addr // Our address towards the server, when last looked at.
}

// dns finds addresses; *net.Resolver is one.
type dns interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
	LookupSRV(ctx context.Context, service, proto, name string) (string, []*net.SRV, error)
}

func newLine(p prepared, o Options) *line {
	return &line{
		cfg: p, log: o.Logger.With("trunk", p.Name), dns: o.dns, local: o.local, token: strings.ToLower(rand.Text()), callID: rand.Text(),
		kicks: make(chan struct{}, 1), state: Trying, since: time.Now(), seq: 1,
	}
}

// maxTargets bounds the addresses behind the names of one trunk.
const maxTargets = 16

// lookTime bounds a search in the DNS.
const lookTime = 5 * time.Second

// resolve brings the list of targets up to date. What cannot be found now keeps
// its old addresses.
func (l *line) resolve(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	var found []*target
	var errs []error
	for _, s := range l.cfg.servers {
		addrs, err := l.lookUp(ctx, s)
		if err != nil {
			errs = append(errs, err)
			addrs = l.known(s.host)
		}
		for _, a := range addrs {
			if len(found) < maxTargets {
				found = append(found, &target{addr: a, name: s.host, health: Probing})
			}
		}
	}
	l.mu.Lock()
	for i, f := range found {
		for _, t := range l.targets {
			if t.addr == f.addr {
				found[i] = t
			}
		}
	}
	changed := len(found) != len(l.targets)
	for i := range min(len(found), len(l.targets)) {
		changed = changed || found[i] != l.targets[i]
	}
	l.targets = found
	l.mu.Unlock()
	if changed && l.change != nil {
		l.change()
	}
	return errors.Join(errs...)
}

// known gives the addresses that a host had.
func (l *line) known(host string) (all []netip.AddrPort) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, t := range l.targets {
		if t.name == host {
			all = append(all, t.addr)
		}
	}
	return all
}

// lookUp finds the addresses of a server: SRV where no port is given (RFC 3263
// §4.2), else its addresses.
func (l *line) lookUp(ctx context.Context, s server) ([]netip.AddrPort, error) {
	usual := uint16(5060)
	if l.cfg.Transport == "tls" {
		usual = 5061
	}
	if ip, err := netip.ParseAddr(s.host); err == nil {
		return []netip.AddrPort{netip.AddrPortFrom(ip.Unmap(), orPort(s.port, usual))}, nil
	}
	if s.port == 0 {
		if all := l.lookUpSRV(ctx, s.host); len(all) > 0 {
			return all, nil
		}
	}
	return l.lookUpHost(ctx, s.host, orPort(s.port, usual))
}

func orPort(port, usual uint16) uint16 {
	if port == 0 {
		return usual
	}
	return port
}

func (l *line) lookUpSRV(ctx context.Context, host string) (all []netip.AddrPort) {
	service, proto := "sip", l.cfg.Transport
	if proto == "tls" {
		service, proto = "sips", "tcp"
	}
	_, records, err := l.dns.LookupSRV(ctx, service, proto, host)
	if err != nil {
		return nil
	}
	for _, r := range records {
		addrs, err := l.lookUpHost(ctx, strings.TrimSuffix(r.Target, "."), r.Port)
		if err == nil {
			all = append(all, addrs...)
		}
	}
	return all
}

func (l *line) lookUpHost(ctx context.Context, host string, port uint16) ([]netip.AddrPort, error) {
	addrs, err := l.dns.LookupNetIP(ctx, "ip", host)
	if err != nil || len(addrs) == 0 {
		return nil, fmt.Errorf("find the address of %q: %w", host, err)
	}
	var all []netip.AddrPort
	for _, a := range addrs {
		all = append(all, netip.AddrPortFrom(a.Unmap(), port))
	}
	return all, nil
}

// peer makes a next hop of a target.
func (l *line) peer(t *target) sip.Peer {
	l.mu.Lock()
	defer l.mu.Unlock()
	return sip.Peer{Addr: t.addr, Transport: l.cfg.Transport, Domain: l.cfg.Domain, TLS: l.tlsFor(t)}
}

// inOrder gives the targets in the order to try them.
func (l *line) inOrder(now time.Time) []*target {
	l.mu.Lock()
	defer l.mu.Unlock()
	return order(l.targets, l.using, now)
}

// enter changes the state; why is empty for a good one.
func (l *line) enter(s State, why string) {
	l.mu.Lock()
	old := l.state
	if old != s {
		l.state, l.since = s, time.Now()
	}
	l.problem = why
	l.mu.Unlock()
	if old == s {
		return
	}
	switch {
	case s.Usable():
		l.log.Info("trunk works", "state", s)
	case s == Stopped:
	default:
		l.log.Warn("trunk does not work", "state", s, "problem", why)
	}
	if l.change != nil {
		l.change()
	}
}

// kick makes the registration begin anew soon.
func (l *line) kick() {
	select {
	case l.kicks <- struct{}{}:
	default:
	}
}

// status tells how the trunk is doing.
func (l *line) status() Status {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := Status{Name: l.cfg.Name, State: l.state, Since: l.since, Problem: l.problem, Expires: l.until}
	if l.public.IsValid() {
		s.Public = l.public.String()
	}
	for _, t := range l.targets {
		s.Servers = append(s.Servers, ServerStatus{Addr: t.addr, Name: t.name, Health: t.health, RTT: t.rtt, Problem: t.problem})
		if t == l.using {
			s.Server, s.RTT = t.addr.String(), t.rtt
		}
	}
	return s
}
