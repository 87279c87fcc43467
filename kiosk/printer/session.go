package printer

import (
	"context"
	"errors"
	"time"

	"github.com/xinmoi/xinmoi/kiosk/escpos"
)

// session is one open connection and what the printer said on it.
type session struct {
	conn    Conn
	answers chan escpos.Answer
	readErr chan error // Receives once, when reading has ended.
	done    chan struct{}
	status  escpos.Status
	talked  bool // It answered at least once.
	deaf    bool // The transport carries no answers.
}

func newSession(conn Conn) *session {
	s := &session{
		conn:    conn,
		answers: make(chan escpos.Answer, 32),
		readErr: make(chan error, 1),
		done:    make(chan struct{}),
	}
	if _, s.deaf = conn.(oneWay); !s.deaf {
		go s.read()
	}
	return s
}

// read passes answers on until the connection ends or the session closes. A
// device whose read cannot be interrupted keeps this goroutine until its next
// byte.
func (s *session) read() {
	var parser escpos.Answers
	buf := make([]byte, 256)
	for {
		n, err := s.conn.Read(buf)
		for _, a := range parser.Feed(buf[:n]) {
			select {
			case s.answers <- a:
			case <-s.done:
				return
			}
		}
		if err != nil {
			s.readErr <- err
			return
		}
	}
}

func (s *session) close() {
	close(s.done)
	_ = s.conn.Close()
}

// errSilent tells that a question was not answered in time.
var errSilent = errors.New("no answer")

// ask sends DLE EOT n and takes the answer into the status.
func (s *session) ask(ctx context.Context, n byte, patience time.Duration) error {
	if s.deaf {
		return errSilent
	}
	_ = s.conn.SetWriteDeadline(time.Now().Add(patience))
	if _, err := s.conn.Write(escpos.RealTimeStatus(n)); err != nil {
		return err
	}
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	for !s.deaf {
		select {
		case a := <-s.answers:
			s.talked = true
			switch a.Kind {
			case escpos.RealTimeAnswer:
				s.status = s.status.With(n, a.Byte)
				return nil
			case escpos.AutoAnswer:
				s.status = a.Status
			}
		case err := <-s.readErr:
			if !errors.Is(err, errOneWay) {
				return err
			}
			s.deaf = true
		case <-timeout.C:
			return errSilent
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return errSilent
}

// preflight asks whether paper would come out: n = 1 first, and the causes
// only from a printer that is offline. A printer that does not answer the
// first question is asked no more.
func (s *session) preflight(ctx context.Context, patience time.Duration) error {
	s.status = escpos.Status{}
	if err := s.ask(ctx, 1, patience); err != nil {
		return err
	}
	questions := []byte{4}
	if s.status.Offline {
		questions = []byte{2, 3, 4}
	}
	for _, n := range questions {
		if err := s.ask(ctx, n, patience); err != nil {
			return err
		}
	}
	return nil
}

// clear makes the printer forget what it was sent, and tells whether it said
// that it did.
func (s *session) clear(patience time.Duration) bool {
	_ = s.conn.SetWriteDeadline(time.Now().Add(patience))
	if _, err := s.conn.Write(escpos.ClearBuffer()); err != nil {
		return false
	}
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	for {
		select {
		case a := <-s.answers:
			if a.Kind == escpos.ClearedAnswer {
				return true
			}
			if a.Kind == escpos.AutoAnswer {
				s.status = a.Status
			}
		case <-s.readErr:
			return false
		case <-timeout.C:
			return false
		}
	}
}
