// Package pagetest is for testing what a web server does as time goes by:
// it serves within a synctest bubble, over connections in memory, where an hour
// costs nothing and a busy machine is never late.
package pagetest

import (
	"context"
	"net"
	"net/http"
	"testing"
)

// Line is a net.Listener whose connections are in memory.
type Line struct {
	conns chan net.Conn
	done  chan struct{}
}

// Listen makes a line; it is to be made in the bubble.
func Listen() *Line { return &Line{conns: make(chan net.Conn), done: make(chan struct{})} }

// Dial connects, once somebody accepts.
func (l *Line) Dial(ctx context.Context) (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case l.conns <- there:
		return here, nil
	case <-l.done:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Accept implements net.Listener.
func (l *Line) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener; http.Server calls it once.
func (l *Line) Close() error { close(l.done); return nil }

// Addr implements net.Listener.
func (l *Line) Addr() net.Addr { return &net.UnixAddr{Name: "memory", Net: "unix"} }

// Serve runs a server until the bubble's test ends, and gives a client that
// reaches it under every address.
func Serve(t testing.TB, server *http.Server) *http.Client {
	l := Listen()
	go func() { _ = server.Serve(l) }()
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return l.Dial(ctx) }}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		_ = server.Close()
	})
	return &http.Client{Transport: transport}
}
