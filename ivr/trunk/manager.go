package trunk

import (
	"context"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/xinmoi/xinmoi/ivr/sip"
)

// Options are what a Manager needs beside its trunks.
type Options struct {
	// Direct is who may call without a trunk, besides this machine itself; nil
	// = everybody with a private address (an office's own network).
	Direct []netip.Prefix
	// Trust is who is believed about who calls without a trunk, as a
	// switchboard beside us. Once there is a trunk nobody else is: the callers
	// of direct calls are unknown.
	Trust  []netip.Prefix
	Logger *slog.Logger // Nil = nothing is logged.
	// Changed is called when the state of a trunk is new; it must not block.
	Changed func(Status)

	dns   dns
	local func(netip.Addr) netip.Addr
}

// Manager keeps the trunks of one machine working. It implements sip.Door.
type Manager struct {
	opts   Options
	lines  []*line
	known  atomic.Pointer[guests]
	ready  chan struct{} // Closed when there is a wire.
	attach sync.Once
}

// guests is who may come in, as looked up for every message.
type guests struct {
	addrs    map[netip.Addr]string // Address → trunk.
	networks []network
}

type network struct {
	prefix netip.Prefix
	trunk  string
}

// New checks the trunks and gives their Manager; give it the server (Use)
// before Run does anything. The errors wrap ErrConfig.
func New(all []Config, o Options) (*Manager, error) {
	if err := CheckAll(all); err != nil {
		return nil, err
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.dns == nil {
		o.dns = net.DefaultResolver
	}
	if o.local == nil {
		o.local = sip.LocalTowards
	}
	m := &Manager{opts: o, ready: make(chan struct{})}
	for _, c := range all {
		p, err := c.prepare()
		if err != nil {
			return nil, err
		}
		l := newLine(p, o)
		l.change = func() { m.changed(l) }
		m.lines = append(m.lines, l)
	}
	m.remember()
	return m, nil
}

// Use gives the server to send by. It can be called once.
func (m *Manager) Use(s *sip.Server) { m.use(s) }

func (m *Manager) use(w wire) {
	m.attach.Do(func() {
		for _, l := range m.lines {
			l.wire = w
		}
		close(m.ready)
	})
}

// Run keeps all trunks working until ctx ends. The end of the registrations is
// Leave's, which the server calls while it can still send.
func (m *Manager) Run(ctx context.Context) error {
	select {
	case <-m.ready:
	case <-ctx.Done():
		return ctx.Err()
	}
	var all sync.WaitGroup
	for _, l := range m.lines {
		all.Go(func() {
			if err := l.resolve(ctx); err != nil {
				l.log.Warn("a server of the trunk was not found", "err", err)
			}
			if l.cfg.Register {
				all.Go(func() { l.keepRegistered(ctx) })
			}
			l.keepProbing(ctx)
		})
	}
	<-ctx.Done()
	all.Wait()
	return ctx.Err()
}

// Leave ends the registrations; for sip.Config.Leave.
func (m *Manager) Leave(ctx context.Context) {
	var all sync.WaitGroup
	for _, l := range m.lines {
		all.Go(func() { l.unregister(ctx) })
	}
	all.Wait()
}

// Lost hears that a connection ended; for sip.Config.Lost. What was registered
// over it is registered anew.
func (m *Manager) Lost(remote netip.AddrPort) {
	for _, l := range m.lines {
		l.mu.Lock()
		ours := l.using != nil && l.using.addr == remote && l.state == Registered
		l.mu.Unlock()
		if ours {
			l.log.Info("the connection to the trunk was lost", "server", remote)
			l.kick()
		}
	}
}

// Status tells how all trunks are doing, in the order of the configuration.
func (m *Manager) Status() []Status {
	all := make([]Status, len(m.lines))
	for i, l := range m.lines {
		all[i] = l.status()
	}
	return all
}

// Operator is where key 0 leads for calls that came by a trunk (sip.Call.Trunk);
// empty when none is configured.
func (m *Manager) Operator(trunk string) string {
	for _, l := range m.lines {
		if l.cfg.Name == trunk {
			return l.cfg.Operator
		}
	}
	return ""
}

// changed takes in a new state or new addresses of a line.
func (m *Manager) changed(l *line) {
	m.remember()
	if m.opts.Changed != nil {
		m.opts.Changed(l.status())
	}
}

// remember makes the list of guests anew.
func (m *Manager) remember() {
	g := &guests{addrs: map[netip.Addr]string{}}
	for _, l := range m.lines {
		for _, p := range l.cfg.allow {
			g.networks = append(g.networks, network{p, l.cfg.Name})
		}
		l.mu.Lock()
		for _, t := range l.targets {
			if _, taken := g.addrs[t.addr.Addr()]; !taken {
				g.addrs[t.addr.Addr()] = l.cfg.Name
			}
		}
		l.mu.Unlock()
	}
	m.known.Store(g)
}

// Admit implements sip.Door: this machine, the trunks, and who may call
// directly.
func (m *Manager) Admit(source netip.Addr) bool {
	source = source.Unmap()
	if source.IsLoopback() || m.byAddress(source) != "" {
		return true
	}
	if anyHolds(m.opts.Trust, source) {
		return true
	}
	if m.opts.Direct == nil {
		return source.IsPrivate() || source.IsLinkLocalUnicast()
	}
	return anyHolds(m.opts.Direct, source)
}

func anyHolds(all []netip.Prefix, a netip.Addr) bool {
	return slices.ContainsFunc(all, func(p netip.Prefix) bool { return p.Contains(a) })
}

// Trunk implements sip.Door. The token of a registration, which only its
// registrar was told, comes before the address.
func (m *Manager) Trunk(source netip.Addr, token string) string {
	if token != "" {
		for _, l := range m.lines {
			if l.token == token {
				return l.cfg.Name
			}
		}
	}
	return m.byAddress(source.Unmap())
}

// Believe implements sip.Door. Without any trunk a telephone in the office's own
// network is believed; once there is one, callers come by it, and who comes
// directly could claim to be any of them.
func (m *Manager) Believe(source netip.Addr) sip.Belief {
	switch {
	case anyHolds(m.opts.Trust, source.Unmap()):
		return sip.Assertions
	case len(m.lines) > 0:
		return sip.Nothing
	}
	return sip.Claims
}

func (m *Manager) byAddress(source netip.Addr) string {
	g := m.known.Load()
	if name := g.addrs[source]; name != "" {
		return name
	}
	for _, n := range g.networks {
		if n.prefix.Contains(source) {
			return n.trunk
		}
	}
	return ""
}

// AnnounceTime is how long a server may take to say anything to a call, until
// the next one is tried: eight times T1, in which four INVITEs go out.
const AnnounceTime = 4 * time.Second
