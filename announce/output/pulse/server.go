package pulse

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/jfreymuth/pulse/proto"
)

// How long a server may take: to accept a connection, to answer a request, to
// take bytes.
const (
	dialTime    = 2 * time.Second
	requestTime = 2 * time.Second
	writeTime   = 2 * time.Second
)

// ErrServer means that no sound server answers.
var ErrServer = errors.New("no sound server")

// ErrSink means that the sink is not there, or was taken away.
var ErrSink = errors.New("no such sink")

// server is a connection to a sound server.
type server struct {
	client *proto.Client
	conn   net.Conn
	closed chan struct{} // Closed when the connection is.
	once   sync.Once

	mu      sync.Mutex
	streams map[uint32]*stream
}

// connect finds a server.
func connect(ctx context.Context, configured string) (*server, error) {
	all, err := addresses(configured)
	if err != nil {
		return nil, err
	}
	for _, a := range all {
		s, fault := connectTo(ctx, a)
		if fault == nil {
			return s, nil
		}
		err = errors.Join(err, fault)
	}
	return nil, fmt.Errorf("%w: %w", ErrServer, err)
}

func connectTo(ctx context.Context, a address) (*server, error) {
	dialer := net.Dialer{Timeout: dialTime}
	conn, err := dialer.DialContext(ctx, a.network, a.path)
	if err != nil {
		return nil, err
	}
	s := &server{conn: conn, closed: make(chan struct{}), streams: map[uint32]*stream{}}
	s.client = &proto.Client{Callback: s.hear}
	s.client.SetTimeout(requestTime)
	s.client.Open(guarded{s})
	stop := context.AfterFunc(ctx, s.close)
	defer stop()
	if err := s.introduce(); err != nil {
		s.close()
		return nil, fmt.Errorf("%s %s: %w", a.network, a.path, err)
	}
	return s, nil
}

// introduce proves that we may connect and says who we are.
func (s *server) introduce() error {
	var auth proto.AuthReply
	if err := s.client.Request(&proto.Auth{Version: s.client.Version(), Cookie: cookie()}, &auth); err != nil {
		return err
	}
	s.client.SetVersion(auth.Version)
	props := proto.PropList{
		"application.name": proto.PropListString("xinmoi"),
		"media.role":       proto.PropListString("announcement"),
	}
	return s.client.Request(&proto.SetClientName{Props: props}, &proto.SetClientNameReply{})
}

// cookie reads what proves a user's right to the server; servers that ask for
// none take any.
func cookie() []byte {
	paths := []string{os.Getenv("PULSE_COOKIE")}
	if home, err := os.UserHomeDir(); err == nil {
		paths = append(paths, filepath.Join(home, ".config", "pulse", "cookie"), filepath.Join(home, ".pulse-cookie"))
	}
	const size = 256
	for _, p := range paths {
		if b, err := os.ReadFile(p); p != "" && err == nil && len(b) == size {
			return b
		}
	}
	return make([]byte, size)
}

// close ends the connection; repeating it does no harm.
func (s *server) close() {
	s.once.Do(func() {
		close(s.closed)
		_ = s.conn.Close()
	})
}

// hear takes what the server says by itself, on the goroutine that reads: it
// must not ask anything.
func (s *server) hear(message any) {
	switch m := message.(type) {
	case *proto.Request:
		s.tell(m.StreamIndex, func(st *stream) { st.ask(int(m.Length)) })
	case *proto.Underflow:
		s.tell(m.StreamIndex, (*stream).starve)
	case *proto.PlaybackStreamKilled:
		s.tell(m.StreamIndex, (*stream).kill)
	case *proto.ConnectionClosed:
		s.close()
	}
}

func (s *server) tell(index uint32, what func(*stream)) {
	s.mu.Lock()
	st := s.streams[index]
	s.mu.Unlock()
	if st != nil {
		what(st)
	}
}

func (s *server) add(st *stream) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.streams[st.index] = st
}

func (s *server) remove(st *stream) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.streams, st.index)
}

// guarded is the connection with limits: a server that does not read any more
// must not hold us up, and every end is noticed.
type guarded struct{ s *server }

// Read implements io.Reader.
func (g guarded) Read(b []byte) (int, error) {
	n, err := g.s.conn.Read(b)
	if err != nil {
		g.s.close()
	}
	return n, err
}

// Write implements io.Writer.
func (g guarded) Write(b []byte) (int, error) {
	_ = g.s.conn.SetWriteDeadline(time.Now().Add(writeTime))
	n, err := g.s.conn.Write(b)
	if err != nil {
		g.s.close()
	}
	return n, err
}
