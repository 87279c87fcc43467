package multicast

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
)

// The commands of a control packet, as Linksys and Cisco SPA telephones take
// them.
const (
	controlStart uint32 = 6
	controlStop  uint32 = 7
)

// controlTimes is how often each is sent, since packets get lost.
const controlTimes = 2

// controlPacket tells where a page begins or ends: four numbers, big-endian:
// identity of the page, command, address and port of its group.
func controlPacket(id, command uint32, group netip.AddrPort) []byte {
	ip := group.Addr().As4()
	b := binary.BigEndian.AppendUint32(make([]byte, 0, 16), id)
	b = binary.BigEndian.AppendUint32(b, command)
	b = append(b, ip[:]...)
	return binary.BigEndian.AppendUint32(b, uint32(group.Port()))
}

// sendControl sends a command, where the route has a group for them.
func (r route) sendControl(conn *net.UDPConn, id, command uint32) error {
	if !r.control.IsValid() {
		return nil
	}
	packet := controlPacket(id, command, r.group)
	for range controlTimes {
		if _, err := conn.WriteToUDPAddrPort(packet, r.control); err != nil {
			return fmt.Errorf("%w: control: %w", errRefused, err)
		}
	}
	return nil
}
