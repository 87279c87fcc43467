package vprinter

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/xinmoi/xinmoi/kiosk/escpos"
)

// session is one connection to the printer. Its fields are guarded by
// Printer.mu, but for what the writer alone uses.
type session struct {
	conn io.ReadWriteCloser
	auto bool
	mute bool
	out  chan []byte
	done chan struct{} // Closed when the connection has ended.

	lag           time.Duration
	garble, twice bool
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
	refuse := p.faults.Refuse || p.faults.OneClient && len(p.sessions) > 0
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
	s := &session{conn: conn, out: make(chan []byte, maxAnswers), done: make(chan struct{})}
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
	f := p.faults
	if f.Refuse || f.OneClient && len(p.sessions) > 0 {
		return nil, false
	}
	s.mute, s.lag, s.garble, s.twice = f.Mute, time.Duration(f.AnswerLag), f.Garble, f.Twice
	p.sessions[s] = struct{}{}
	var in io.Reader = s.conn
	if f.CutAfter > 0 {
		in = io.LimitReader(in, int64(f.CutAfter))
	}
	if f.Rate > 0 {
		in = &slow{in: in, rate: f.Rate, done: s.done}
	}
	if p.half != nil {
		in = io.MultiReader(p.half.reader(p, s, in), in)
	}
	return in, true
}

func (p *Printer) leave(s *session) {
	_ = s.conn.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.sessions, s)
	s.mute = true // Nobody listens any more: pending commands answer nothing.
	close(s.done)
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
		p.mu.Lock()
		defer p.mu.Unlock()
		var syntax *SyntaxError
		switch {
		case errors.As(err, &syntax):
			p.complain(err)
		case p.faults.KeepHalf && d.missing > 0 && p.half == nil:
			p.half = &half{picture: d.half, missing: d.missing, deaf: p.faults.DeafInData}
		}
		return
	}
}

// write sends answers until the session ends; a client that is gone only
// loses them.
func (s *session) write() {
	for b := range s.out {
		if s.lag > 0 {
			late := time.NewTimer(s.lag)
			select {
			case <-late.C:
			case <-s.done:
				late.Stop()
			}
		}
		if s.garble {
			for i := range b {
				b[i] = ^b[i]
			}
		}
		_, _ = s.conn.Write(b)
		if s.twice {
			_, _ = s.conn.Write(b)
		}
	}
}

// slow takes so many bytes a second, as a serial line does.
type slow struct {
	in   io.Reader
	rate int
	done <-chan struct{}
}

// slowBytes is how much is taken at a time.
const slowBytes = 256

// Read implements io.Reader.
func (r *slow) Read(b []byte) (int, error) {
	n, err := r.in.Read(b[:min(len(b), slowBytes)])
	pause := time.NewTimer(time.Duration(n) * time.Second / time.Duration(r.rate))
	defer pause.Stop()
	select {
	case <-pause.C:
	case <-r.done:
	}
	return n, err
}

// half is a command that was cut off together with its connection: the bytes
// that come next are its own, whatever they were meant to be.
type half struct {
	picture *escpos.Bitmap // Nil = no picture.
	missing int
	deaf    bool
}

// reader swallows what is missing from in; what it gives is empty. Questions
// are answered and swallowed, both, unless the printer is deaf meanwhile.
func (h *half) reader(p *Printer, s *session, in io.Reader) io.Reader {
	return readerFunc(func([]byte) (int, error) {
		var last [2]byte
		b := make([]byte, 1)
		for {
			p.mu.Lock()
			done := p.half != h
			p.mu.Unlock()
			if done {
				return 0, io.EOF
			}
			if _, err := io.ReadFull(in, b); err != nil {
				return 0, err
			}
			p.swallow(h, s, last, b[0])
			last = [2]byte{last[1], b[0]}
		}
	})
}

// swallow takes one byte into a half command, and prints its picture when it
// is full.
func (p *Printer) swallow(h *half, s *session, last [2]byte, b byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !h.deaf && last == [2]byte{0x10, 0x04} && b >= 1 && b <= 4 {
		s.answer([]byte{p.status.RealTime(b)})
	}
	if h.picture != nil {
		h.picture.Bits[len(h.picture.Bits)-h.missing] = b
	}
	if h.missing--; h.missing > 0 {
		return
	}
	if p.half = nil; h.picture != nil && p.status.Ready() {
		p.feed(h.picture)
	}
}

type readerFunc func([]byte) (int, error)

// Read implements io.Reader.
func (f readerFunc) Read(b []byte) (int, error) { return f(b) }
