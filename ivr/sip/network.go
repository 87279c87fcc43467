package sip

import (
	"net"
	"net/netip"

	"github.com/xinmoi/xinmoi/announce/rtp"
	"github.com/xinmoi/xinmoi/ivr/media"
)

// Network is where the sockets of an endpoint come from: those of this machine,
// or of a network in memory that has a time of its own (package wiretest).
type Network interface {
	// Signalling binds one address for datagrams and connections; port 0
	// chooses a free one. The error wraps ErrPortTaken when it is in use.
	Signalling(addr string) (net.PacketConn, net.Listener, error)
	// Sound binds an address for the sound of a call; port 0 chooses a free one.
	Sound(addr netip.AddrPort) (media.Socket, error)
	// Wheel makes a wheel that goes by the network's time.
	Wheel() *rtp.Wheel
}

// machine is the network that this machine has.
type machine struct{}

// Signalling implements Network.
func (machine) Signalling(addr string) (net.PacketConn, net.Listener, error) { return bind(addr) }

// Sound implements Network.
func (machine) Sound(addr netip.AddrPort) (media.Socket, error) {
	s, err := rtp.OpenSocket(addr)
	if err != nil {
		return nil, err // A nil *rtp.Socket were no nil Socket.
	}
	return s, nil
}

// Wheel implements Network.
func (machine) Wheel() *rtp.Wheel { return rtp.NewWheel() }
