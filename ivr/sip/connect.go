package sip

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"
)

// connectTime bounds the opening of a connection, TLS included; keepAlive finds
// out that it is dead, and keeps its place in a NAT.
const (
	connectTime = 5 * time.Second
	keepAlive   = 30 * time.Second
)

// ready sees to it that a request can leave: that sipgo knows our UDP socket,
// or that there is a connection. We open connections ourselves and hand them
// to sipgo, because every peer has its own certificates to be trusted, and
// because their end must be noticed.
func (e *endpoint) ready(ctx context.Context, req *sip.Request) error {
	if e.filter.shut.Load() {
		return errStopping // sipgo would open another socket, which nobody closes.
	}
	transport := strings.ToUpper(req.Transport())
	if transport == "UDP" {
		e.awaitSocket()
		return nil
	}
	host, addr, err := resolve(ctx, req.Destination())
	if err != nil {
		return err
	}
	req.SetDestination(addr.String())
	if e.connected(transport, addr) {
		return nil
	}
	return e.connect(ctx, transport, host, addr)
}

// write sends a request that has no transaction: an ACK.
func (e *endpoint) write(req *sip.Request) error {
	ctx, cancel := context.WithTimeout(context.Background(), connectTime)
	defer cancel()
	return e.send(ctx, req, func() error { return e.ua.TransportLayer().WriteMsg(req) })
}

// send has a request sent by out when there is a way to its destination. Over
// UDP that does not begin any more once the endpoint stops, not even between a
// look and the sending: sipgo would open another socket, which nobody closes.
func (e *endpoint) send(ctx context.Context, req *sip.Request, out func() error) error {
	if err := e.ready(ctx, req); err != nil {
		return err
	}
	if strings.EqualFold(req.Transport(), "UDP") { // It never blocks.
		e.leaving.RLock()
		defer e.leaving.RUnlock()
		if e.filter.shut.Load() {
			return errStopping
		}
	}
	return out()
}

// request sends a request that has a transaction.
func (e *endpoint) request(ctx context.Context, req *sip.Request) (tx *sip.ClientTx, err error) {
	err = e.send(ctx, req, func() (err error) {
		tx, err = e.ua.TransactionLayer().Request(ctx, req)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("send %s to %s: %w", req.Method, req.Destination(), err)
	}
	return tx, nil
}

// resolve finds the address of a destination.
func resolve(ctx context.Context, destination string) (host string, addr netip.AddrPort, err error) {
	host, port, err := net.SplitHostPort(destination)
	if err != nil {
		return "", addr, fmt.Errorf("destination %q: %w", clip(destination), err)
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return "", addr, fmt.Errorf("destination %q: %w", clip(destination), err)
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		return host, netip.AddrPortFrom(ip.Unmap(), uint16(n)), nil
	}
	all, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil || len(all) == 0 {
		return "", addr, fmt.Errorf("find the address of %q: %w", clip(host), err)
	}
	return host, netip.AddrPortFrom(all[0].Unmap(), uint16(n)), nil
}

// connected reports whether sipgo has a connection to an address.
func (e *endpoint) connected(transport string, addr netip.AddrPort) bool {
	pool := e.ua.TransportLayer().Pool(transport)
	if pool == nil {
		return false
	}
	c := pool.Get(addr.String())
	if c == nil {
		return false
	}
	_, _ = c.TryClose() // Only its count goes down: its reader keeps it.
	return true
}

// connect opens a connection and gives it to sipgo.
func (e *endpoint) connect(ctx context.Context, transport, host string, addr netip.AddrPort) error {
	ctx, cancel := context.WithTimeout(ctx, connectTime)
	defer cancel()
	d := net.Dialer{KeepAlive: keepAlive}
	if bound := e.addr.Addr().Unmap(); !bound.IsUnspecified() && bound.Is4() == addr.Addr().Is4() {
		d.LocalAddr = net.TCPAddrFromAddrPort(netip.AddrPortFrom(bound, 0))
	}
	raw, err := d.DialContext(ctx, "tcp", addr.String())
	if err != nil {
		return fmt.Errorf("connect to %v: %w", addr, err)
	}
	to, wrap := e.tcp, e.trace.stream
	if transport == "TLS" {
		config := e.tlsFor(addr, host)
		probe := tls.Client(raw, config)
		if err := probe.HandshakeContext(ctx); err != nil {
			_ = raw.Close()
			return fmt.Errorf("TLS with %v (%s): %w", addr, clip(config.ServerName), err)
		}
		raw, to = probe, e.tls
	}
	lost := func() {
		if e.cfg.Lost != nil && !e.filter.shut.Load() {
			go e.cfg.Lost(addr)
		}
	}
	if !to.join(raw, wrap, lost) {
		return errStopping
	}
	for range 200 {
		if e.connected(transport, addr) {
			return nil
		}
		if err := wait(ctx, time.Millisecond, nil); err != nil {
			return err
		}
	}
	return fmt.Errorf("connect to %v: closed at once", addr)
}

// tlsFor gives the names and certificates to expect at an address.
func (e *endpoint) tlsFor(addr netip.AddrPort, host string) *tls.Config {
	e.mu.Lock()
	c := e.peers[addr]
	e.mu.Unlock()
	if c == nil {
		return &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	}
	c = c.Clone()
	c.MinVersion = max(c.MinVersion, tls.VersionTLS12)
	if c.ServerName == "" {
		c.ServerName = host
	}
	return c
}

// maxPeersKnown bounds what is remembered about far ends; an office has a few.
const maxPeersKnown = 256

// trust remembers what to expect at a peer's address.
func (e *endpoint) trust(p *Peer) {
	if p == nil || p.TLS == nil {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.peers) >= maxPeersKnown {
		clear(e.peers)
	}
	e.peers[p.Addr] = p.TLS
}

// learn remembers under which address a peer sees us; it reports whether that
// is news.
func (e *endpoint) learn(peer netip.Addr, public netip.AddrPort) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.seenAs[peer] == public {
		return false
	}
	if len(e.seenAs) >= maxPeersKnown {
		clear(e.seenAs)
	}
	e.seenAs[peer] = public
	return true
}

// publicPort is our port as a peer reaches it.
func (e *endpoint) publicPort(peer netip.Addr, transport string) int {
	e.mu.Lock()
	seen := e.seenAs[peer]
	e.mu.Unlock()
	switch {
	case transport == "TLS" && e.tls.Listener != nil:
		return e.tls.Listener.Addr().(*net.TCPAddr).Port
	case transport == "UDP" && seen.IsValid() && !e.cfg.Advertise.IsValid():
		return int(seen.Port())
	}
	return int(e.addr.Port())
}
