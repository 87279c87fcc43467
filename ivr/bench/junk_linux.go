package bench

import (
	"context"
	"math/rand/v2"
	"net"
	"net/netip"
	"time"
)

// junkSources is how many addresses the junk comes from.
const junkSources = 20

// sendJunk sends what scanners and broken devices send, at junkRate, until ctx
// ends.
func sendJunk(ctx context.Context, to netip.AddrPort) {
	var from []*net.UDPConn
	for range junkSources {
		if c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)}); err == nil {
			from = append(from, c)
			defer c.Close()
		}
	}
	if len(from) == 0 {
		return
	}
	const every = 10 * time.Millisecond
	tick := time.NewTicker(every)
	defer tick.Stop()
	for n := 0; ; {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		for range junkRate * int(every) / int(time.Second) {
			n++
			_, _ = from[n%len(from)].WriteToUDPAddrPort(junk(n), to)
		}
	}
}

// junk makes one message, in turn of several kinds.
func junk(n int) []byte {
	switch n % 4 {
	case 0:
		b := make([]byte, 20+rand.IntN(400))
		for i := range b {
			b[i] = byte(rand.Uint32())
		}
		return b
	case 1:
		return []byte("OPTIONS sip:100@127.0.0.1 SIP/2.0\r\nUser-Agent: friendly-scanner\r\n\r\n")
	case 2:
		return []byte("INVITE sip:900442034567890@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK1;;;\r\nFrom: <sip:a@b>\r\nTo: x\r\nCall-ID: \r\nCSeq: x INVITE\r\nContent-Length: 99999\r\n\r\n")
	}
	return []byte("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 127.0.0.1\r\nCSeq: 1 INVITE\r\n\r\n")
}
