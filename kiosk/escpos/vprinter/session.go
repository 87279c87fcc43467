package vprinter

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"

	"github.com/xinmoi/xinmoi/kiosk/escpos"
)

// session is one connection to the printer. Its fields are guarded by
// Printer.mu.
type session struct {
	conn io.ReadWriteCloser
	auto bool
	mute bool
	out  chan []byte
}

// maxAnswers bounds the answers waiting for a client that does not read; more
// are lost, as on a real printer.
const maxAnswers = 64

func (s *session) answer(b []byte) {
	if s.mute {
		return
	}
	select {
	case s.out <- b:
	default:
	}
}

func (s *session) tell(status escpos.Status) { s.answer(status.AppendAuto(nil)) }

// Open connects to the printer inside this process. It has the shape that
// package printer asks of a transport.
func (p *Printer) Open(ctx context.Context) (net.Conn, error) {
	p.mu.Lock()
	refuse := p.faults.Refuse
	p.mu.Unlock()
	if refuse {
		return nil, errors.New("virtual printer: connection refused")
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	near, far := net.Pipe()
	go p.ServeConn(far)
	return near, nil
}

// Serve takes connections as a network printer on TCP port 9100 does, until
// ctx ends.
func (p *Printer) Serve(ctx context.Context, l net.Listener) error {
	var conns sync.WaitGroup
	defer conns.Wait()
	stop := context.AfterFunc(ctx, func() {
		_ = l.Close()
		p.closeAll()
	})
	defer stop()
	for {
		conn, err := l.Accept()
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("virtual printer: %w", err)
		}
		conns.Go(func() { p.ServeConn(conn) })
	}
}

func (p *Printer) closeAll() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for s := range p.sessions {
		_ = s.conn.Close()
	}
}

// ServeConn is the printer's end of one connection, until it ends: a network
// connection, a pipe, or the far side of a terminal that stands for a cable.
func (p *Printer) ServeConn(conn io.ReadWriteCloser) {
	s := &session{conn: conn, out: make(chan []byte, maxAnswers)}
	in, ok := p.enter(s)
	var writer sync.WaitGroup
	if ok {
		writer.Go(func() { s.write() })
		p.read(s, in)
	}
	p.leave(s)
	writer.Wait()
}

// enter adds a session and gives its input, which ends where a fault cuts it.
func (p *Printer) enter(s *session) (io.Reader, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.faults.Refuse {
		return nil, false
	}
	s.mute = p.faults.Mute
	p.sessions[s] = struct{}{}
	if n := p.faults.CutAfter; n > 0 {
		return io.LimitReader(s.conn, int64(n)), true
	}
	return s.conn, true
}

func (p *Printer) leave(s *session) {
	_ = s.conn.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.sessions, s)
	s.mute = true // Nobody listens any more: pending commands answer nothing.
	close(s.out)
}

func (p *Printer) read(s *session, in io.Reader) {
	d := NewDecoder(in)
	for {
		op, err := d.Next()
		if err == nil {
			p.execute(s, op)
			continue
		}
		var syntax *SyntaxError
		if errors.As(err, &syntax) {
			p.mu.Lock()
			p.complain(err)
			p.mu.Unlock()
		}
		return
	}
}

// write sends answers until the session ends; a client that is gone only
// loses them.
func (s *session) write() {
	for b := range s.out {
		_, _ = s.conn.Write(b)
	}
}
