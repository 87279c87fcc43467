package multicast

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"

	"github.com/xinmoi/xinmoi/announce/rtp"
)

// open makes a socket whose packets go the route's way. They also come back to
// listeners on this machine.
func (r route) open() (*net.UDPConn, error) {
	device, err := r.device()
	if err != nil {
		return nil, err
	}
	conn, err := net.ListenUDP("udp4", nil)
	if err != nil {
		return nil, fmt.Errorf("open a socket: %w", err)
	}
	index := 0
	if device != nil {
		index = device.Index
	}
	if err := setMulticast(conn, index, r.ttl); err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("prepare a socket for multicast: %w", err)
	}
	return conn, nil
}

// counted is a sender that remembers what was refused: the stream behind it
// does not look.
type counted struct {
	rtp.Sender
	sent, refused atomic.Int64

	mu    sync.Mutex
	first error
}

// Send implements rtp.Sender.
func (c *counted) Send(packet []byte, to netip.AddrPort) error {
	err := c.Sender.Send(packet, to)
	if err == nil {
		c.sent.Add(1)
		return nil
	}
	if c.refused.Add(1) == 1 {
		c.mu.Lock()
		c.first = err
		c.mu.Unlock()
	}
	return err
}

// errRefused means that the network did not take packets.
var errRefused = errors.New("the network did not take the packets")

// fault tells what was refused, if it is more than what a busy moment loses.
func (c *counted) fault() error {
	sent, refused := c.sent.Load(), c.refused.Load()
	if refused*lossPart <= sent+refused {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return fmt.Errorf("%w: %d of %d: %w", errRefused, refused, sent+refused, c.first)
}

// lossPart is the part of a page that may be lost: a twentieth.
const lossPart = 20
