package sip

import (
	"net/netip"
	"time"

	"github.com/xinmoi/xinmoi/ivr/media"
)

// Quality tells how well both ends of the call hear each other, by what has
// arrived and by what the far end reports (RTCP). It may be asked for at any
// time, also after the call.
func (c *Call) Quality() media.Quality { return c.leg.receiver.Quality() }

// hearReports takes what the far end reports, once it is known to be there. A
// call that ends within a second, as a flood's do, needs no port for that.
func (l *leg) hearReports(scratch []byte) {
	l.mu.Lock()
	if r := &l.report; r.on && !r.mux && !r.tried {
		r.tried = true
		if at := l.socket.Addr(); at.Port() < 0xFFFF && l.socket.Polled() {
			if s, err := l.network.Sound(netip.AddrPortFrom(at.Addr(), at.Port()+1)); err == nil { // Without it there are no reports.
				l.control = s
			}
		}
	}
	socket := l.control
	l.mu.Unlock()
	if socket == nil {
		return
	}
	for range maxHeard {
		n, from, at, ok := socket.Receive(scratch)
		if !ok {
			return
		}
		l.reported(scratch[:n], from, at)
	}
}

// sendReport sends one, encrypted where the sound is. A lost one does no harm.
func (l *leg) sendReport(by media.Socket, report []byte, to netip.AddrPort) {
	if report = l.wire.seal(report); report != nil {
		_ = by.Send(report, to)
	}
}

func (l *leg) closeReports() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.report.on, l.report.tried = false, true; l.control != nil {
		_ = l.control.Close()
	}
}

// agreeReports takes over where reports go.
func (l *leg) agreeReports(a *agreement) {
	l.mu.Lock()
	defer l.mu.Unlock()
	m := a.Media[a.Index]
	l.report.mux, l.report.to = m.Mux, netip.AddrPort{}
	if m.RTCP != 0 && l.remote.IsValid() {
		l.report.to = netip.AddrPortFrom(l.remote.Addr(), m.RTCP)
	}
}

// reported takes a report that arrived, if it comes from where the sound does.
func (l *leg) reported(data []byte, from netip.AddrPort, at time.Time) {
	if remote := l.receiver.Remote(); !remote.IsValid() || remote.Addr() != from.Addr() {
		return
	}
	if data = l.wire.open(data, true); data == nil {
		return
	}
	l.mu.Lock()
	l.report.heard = from
	l.mu.Unlock()
	l.receiver.Control().Packet(data, at)
}

// reportTo tells where a report goes and by which socket; by is nil when none
// may be sent.
func (l *leg) reportTo() (to netip.AddrPort, by media.Socket) {
	remote := l.receiver.Remote()
	l.mu.Lock()
	defer l.mu.Unlock()
	r := &l.report
	switch {
	case !r.on || !remote.IsValid():
		return to, nil
	case r.mux:
		return remote, l.socket
	case l.control == nil:
		return to, nil
	case r.heard.IsValid() && r.heard.Addr() == remote.Addr():
		return r.heard, l.control
	case r.to.IsValid() && r.to.Addr() == remote.Addr():
		return r.to, l.control
	case remote.Port() == 0xFFFF:
		return to, nil
	}
	return netip.AddrPortFrom(remote.Addr(), remote.Port()+1), l.control
}
