//go:build !unix

package multicast

import (
	"errors"
	"net"
)

func setMulticast(_ *net.UDPConn, index, ttl int) error {
	if index != 0 || ttl != defaultTTL {
		return errors.New("interface and ttl cannot be chosen on this system: leave them out")
	}
	return nil
}
