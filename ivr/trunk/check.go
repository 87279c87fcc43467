package trunk

import (
	"context"
	"errors"
	"net/netip"
	"time"
)

// Answer is what one server said when somebody wanted to know now.
type Answer struct {
	Trunk string
	Name  string // Of the server, as configured.
	Addr  netip.AddrPort
	Code  int           // SIP status of OPTIONS: whatever it is, the server is there.
	RTT   time.Duration // Of the same.

	Granted  time.Duration // What it registered us for; 0 where nothing was to be registered there.
	Err      error         // Why it did not answer OPTIONS.
	Refused  error         // Why it did not register us.
	Registry bool          // Whether it was asked to.
}

// Check asks every server of every trunk now whether it is there, and has those
// trunks register anew that register: at the server that is first in order. It
// returns when all have answered or have had their time.
func (m *Manager) Check(ctx context.Context) ([]Answer, error) {
	select {
	case <-m.ready:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	var list []Answer
	var errs []error
	for _, l := range m.lines {
		if err := l.resolve(ctx); err != nil {
			errs = append(errs, err)
		}
		for i, t := range l.inOrder(time.Now()) {
			list = append(list, l.check(ctx, t, l.cfg.Register && i == 0))
		}
	}
	return list, errors.Join(append(errs, ctx.Err())...)
}

// check asks one server.
func (l *line) check(ctx context.Context, t *target, register bool) Answer {
	a := Answer{Trunk: l.cfg.Name, Name: t.name, Addr: t.addr, Registry: register}
	asking, cancel := context.WithTimeout(ctx, pingTime)
	defer cancel()
	a.Code, a.RTT, a.Err = l.wire.Ping(asking, l.peer(t), l.cfg.User)
	if !register {
		return a
	}
	before := l.status().State
	if a.Granted, a.Refused = l.registerAt(ctx, t); a.Refused == nil && before != Registered {
		l.kick() // Whoever waits to try again is told, and renews in time.
	}
	return a
}
