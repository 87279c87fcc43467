package multicast

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"

	"github.com/xinmoi/xinmoi/announce/rtp"
)

// Name is the name of the output where no other is configured.
const Name = "multicast"

// defaultTTL keeps pages within the own network, where no router is to pass
// them on.
const defaultTTL = 1

// ErrConfig is wrapped by every refusal of a Config.
var ErrConfig = errors.New("multicast is not configured properly")

// Config names a group of devices. Group is required.
type Config struct {
	Name      string `toml:"name"`      // Of the output; by default Name.
	Group     string `toml:"group"`     // "239.255.10.1:5004", as set in the devices; the port is even (RFC 3550 §11).
	Codec     string `toml:"codec"`     // "pcma" (default), "pcmu" or "g722" (twice the bandwidth of speech), as the devices understand.
	TTL       int    `toml:"ttl"`       // Routers that a packet may pass, plus 1; by default 1.
	Interface string `toml:"interface"` // Network interface, "eth0"; empty = the one that the system's routes choose.
	Control   string `toml:"control"`   // Group for Linksys start and stop packets, "224.168.168.168:6061"; empty = none.

	Wheel  *rtp.Wheel   `toml:"-"` // Paces the packets; nil = an own one, turned by Run.
	Logger *slog.Logger `toml:"-"` // Nil = slog.Default.
}

// route is where packets go and by which way.
type route struct {
	group, control netip.AddrPort // control is not valid where there is none.
	ttl            int
	iface          string
}

func (c Config) route() (r route, err error) {
	if r.group, err = parseGroup(c.Group); err != nil {
		return r, err
	}
	if r.group.Port()%2 != 0 {
		return r, fmt.Errorf("%w: group %q: the port of sound is even", ErrConfig, c.Group)
	}
	if c.Control != "" {
		if r.control, err = parseGroup(c.Control); err != nil {
			return r, err
		}
	}
	r.ttl, r.iface = c.TTL, c.Interface
	if r.ttl == 0 {
		r.ttl = defaultTTL
	}
	if r.ttl < 1 || r.ttl > 255 {
		return r, fmt.Errorf("%w: ttl %d, want 1 to 255", ErrConfig, c.TTL)
	}
	return r, nil
}

// parseGroup reads an IPv4 multicast address with its port.
func parseGroup(s string) (netip.AddrPort, error) {
	a, err := netip.ParseAddrPort(s)
	switch {
	case err != nil:
		return a, fmt.Errorf("%w: group %q: write it like 239.255.10.1:5004", ErrConfig, s)
	case !a.Addr().Is4() || !a.Addr().IsMulticast():
		return a, fmt.Errorf("%w: group %q: want an address from 224.0.0.0 to 239.255.255.255", ErrConfig, s)
	case a.Port() == 0:
		return a, fmt.Errorf("%w: group %q: the port is missing", ErrConfig, s)
	}
	return a, nil
}

// device looks the interface up; nil is the system's choice. It is done for
// every page: cables are pulled and plugged in.
func (r route) device() (*net.Interface, error) {
	if r.iface == "" {
		return nil, nil
	}
	i, err := net.InterfaceByName(r.iface)
	switch {
	case err != nil:
		return nil, fmt.Errorf("network interface %q: %w", r.iface, err)
	case i.Flags&net.FlagUp == 0:
		return nil, fmt.Errorf("network interface %q is down", r.iface)
	}
	return i, nil
}
