package sip

import (
	"context"
	"errors"
	"net/netip"
	"time"
)

// leaveTime is how long Config.Leave may take.
const leaveTime = 2 * time.Second

// Server answers calls on one address, by UDP and TCP, and by TLS where there
// are certificates.
type Server struct{ ep *endpoint }

// Listen binds the address; calls are answered once Run runs. The error wraps
// ErrPortTaken when another program has the port. A Server that is not Run
// must be Closed.
func Listen(cfg Config) (*Server, error) {
	if cfg.Answer == nil {
		return nil, errors.New("sip: Config.Answer is missing")
	}
	ep, err := newEndpoint(cfg)
	if err != nil {
		return nil, err
	}
	return &Server{ep: ep}, nil
}

// Addr is the address that was bound.
func (s *Server) Addr() netip.AddrPort { return s.ep.addr }

// TLSAddr is the address bound for TLS; not valid without Config.TLS.
func (s *Server) TLSAddr() netip.AddrPort {
	if s.ep.tls.Listener == nil {
		return netip.AddrPort{}
	}
	addr, _ := netip.ParseAddrPort(s.ep.tls.Listener.Addr().String())
	return addr
}

// Calls counts the calls that are running.
func (s *Server) Calls() int {
	s.ep.mu.Lock()
	defer s.ep.mu.Unlock()
	return len(s.ep.calls)
}

// Dropped counts datagrams that were no SIP messages, or too many.
func (s *Server) Dropped() uint64 { return s.ep.filter.dropped.Load() }

// Close frees the address of a Server that was never Run.
func (s *Server) Close() error {
	s.ep.giveUp()
	s.ep.stop(func() {})
	return nil
}

// Run answers calls until ctx ends. Then new calls get 503, running ones may
// finish their sentence for Config.Drain, and Run returns with the reason of
// ctx. It can be called once.
func (s *Server) Run(ctx context.Context) error {
	e := s.ep
	serving, stop := context.WithCancel(context.WithoutCancel(ctx))
	e.serve(serving)
	e.log.Info("SIP is answering", "address", e.addr)
	<-ctx.Done()
	e.drain()
	e.stop(stop)
	return ctx.Err()
}

// drain ends all calls: first politely, then at once.
func (e *endpoint) drain() {
	e.mu.Lock()
	e.draining.Store(true)
	e.mu.Unlock()
	if e.cfg.Leave != nil {
		e.running.Go(func() {
			ctx, cancel := context.WithTimeout(context.Background(), leaveTime)
			defer cancel()
			e.cfg.Leave(ctx)
		})
	}
	polite, cancel := context.WithTimeout(context.Background(), e.cfg.Drain)
	defer cancel()
	for _, c := range e.all() {
		e.running.Go(func() {
			c.lastSentence()
			c.settle(polite)
			c.post(letter{act: func() { c.bye(EndDrain) }})
		})
	}
	if e.finished(e.cfg.Drain + byeTime) {
		e.giveUp()
		return
	}
	e.giveUp() // Conversations end now; their calls are over already.
	for _, c := range e.all() {
		c.post(letter{act: func() { c.end(EndDrain); c.over = true }})
	}
	if !e.finished(byeTime) {
		e.log.Warn("conversations did not end at shutdown")
	}
}

// finished waits until no call and conversation is left, at most d.
func (e *endpoint) finished(d time.Duration) bool {
	done := make(chan struct{})
	go func() {
		e.running.Wait()
		close(done)
	}()
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-done:
		return true
	case <-t.C:
		return false
	}
}
