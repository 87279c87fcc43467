// Package wiretest is a network in memory for tests of the telephone. With it a
// whole call runs in a testing/synctest bubble: nothing waits for a real socket,
// so that time is the bubble's, timers fire at the very moment, and an hour of
// ringing takes no time. Datagrams can be lost, doubled, late and out of order,
// by seed. There are no connections (TCP, TLS) on it.
//
// A Network is a sip.Network; this package does not import that one, whose own
// tests use it.
package wiretest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/xinmoi/xinmoi/announce/rtp"
	"github.com/xinmoi/xinmoi/ivr/media"
)

// waiting is how many datagrams may wait at a socket; more are lost.
const waiting = 4096

// firstPort is given to the first socket that wants any.
const firstPort = 40000

// ErrInUse says that an address is taken.
var ErrInUse = errors.New("the address is in use")

// Weather is what happens to datagrams on their way. The zero value is a fine
// day: each arrives once, at once.
type Weather struct {
	Loss   float64       // Share that never arrives.
	Twice  float64       // Share that arrives twice.
	Delay  time.Duration // How long each is on its way at least.
	Jitter time.Duration // How much longer, at most; more than the time between datagrams puts them out of order.
}

// Network carries datagrams between the sockets that were opened on it. Its
// methods may be called from any goroutine.
type Network struct {
	mu      sync.Mutex
	weather Weather
	rand    *rand.Rand
	sockets map[netip.AddrPort]*Socket
	next    uint16
}

// New makes a network; the same seed and weather make the same of the same
// datagrams.
func New(seed uint64, w Weather) *Network {
	return &Network{weather: w, rand: rand.New(rand.NewPCG(seed, 0)), sockets: map[netip.AddrPort]*Socket{}, next: firstPort}
}

// Signalling implements sip.Network.
func (n *Network) Signalling(addr string) (net.PacketConn, net.Listener, error) {
	at, err := netip.ParseAddrPort(addr)
	if err != nil {
		return nil, nil, fmt.Errorf("address %q: %w", addr, err)
	}
	s, err := n.Open(at)
	if err != nil {
		return nil, nil, err
	}
	return s, &listener{addr: net.TCPAddrFromAddrPort(s.Addr()), closed: make(chan struct{})}, nil
}

// Wheel implements sip.Network.
func (n *Network) Wheel() *rtp.Wheel {
	return rtp.NewWheelSleeping(func(until time.Time) { time.Sleep(time.Until(until)) })
}

// Sound implements sip.Network.
func (n *Network) Sound(at netip.AddrPort) (media.Socket, error) {
	s, err := n.Open(at)
	if err != nil {
		return nil, err
	}
	return s, nil
}

// Open binds an address; port 0 chooses an even one that is free, as is the
// next one. The error wraps ErrInUse.
func (n *Network) Open(at netip.AddrPort) (*Socket, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for at.Port() == 0 {
		if free := netip.AddrPortFrom(at.Addr(), n.next); n.sockets[free] == nil {
			at = free
		}
		n.next += 2
	}
	if n.sockets[at] != nil {
		return nil, fmt.Errorf("%v: %w", at, ErrInUse)
	}
	s := &Socket{network: n, addr: at, inbox: make(chan datagram, waiting), closed: make(chan struct{}), moved: make(chan struct{})}
	n.sockets[at] = s
	return s, nil
}

// Sockets counts those that are open.
func (n *Network) Sockets() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.sockets)
}

// carry takes a datagram to its address, as the weather is.
func (n *Network) carry(d datagram, to netip.AddrPort) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.rand.Float64() < n.weather.Loss {
		return
	}
	copies := 1
	if n.rand.Float64() < n.weather.Twice {
		copies = 2
	}
	for range copies {
		late := n.weather.Delay
		if n.weather.Jitter > 0 {
			late += time.Duration(n.rand.Int64N(int64(n.weather.Jitter)))
		}
		if late <= 0 {
			n.deliver(d, to)
			continue
		}
		time.AfterFunc(late, func() {
			n.mu.Lock()
			defer n.mu.Unlock()
			n.deliver(d, to)
		})
	}
}

// deliver puts a datagram into a socket, if there is one and it has room.
func (n *Network) deliver(d datagram, to netip.AddrPort) {
	s := n.sockets[to]
	if s == nil {
		return
	}
	d.at = time.Now()
	select {
	case s.inbox <- d:
	default:
	}
}

// listener never has a connection.
type listener struct {
	addr   net.Addr
	once   sync.Once
	closed chan struct{}
}

// Accept implements net.Listener.
func (l *listener) Accept() (net.Conn, error) {
	<-l.closed
	return nil, net.ErrClosed
}

// Close implements net.Listener.
func (l *listener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

// Addr implements net.Listener.
func (l *listener) Addr() net.Addr { return l.addr }
