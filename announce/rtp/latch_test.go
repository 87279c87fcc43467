package rtp

import (
	"net/netip"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestLatch(t *testing.T) {
	at := netip.MustParseAddrPort
	sdp, private, nat, rebound, thief, neighbour := at("203.0.113.7:4000"), at("10.0.0.5:4000"), at("203.0.113.9:31000"), at("203.0.113.9:31777"), at("198.51.100.66:5"), at("203.0.113.9:666")
	proxy := netip.MustParseAddr("203.0.113.20")
	type step struct {
		at     time.Duration
		from   netip.AddrPort
		ssrc   uint32
		accept bool
		remote netip.AddrPort // After the packet.
	}
	for _, c := range []struct {
		name  string
		told  netip.AddrPort
		peer  netip.Addr
		steps []step
	}{
		{"a third party is never heard, first or later", sdp, proxy, []step{
			{0, thief, 9, false, sdp}, {1, thief, 9, false, sdp}, {2, thief, 9, false, sdp},
			{3, sdp, 1, true, sdp},
			{time.Hour, thief, 1, false, sdp}, {time.Hour + 1, thief, 1, false, sdp}, {time.Hour + 2, thief, 1, false, sdp},
		}},
		{"behind a NAT, learned from the third packet; none is lost", private, nat.Addr(), []step{
			{0, nat, 1, true, private},
			{20 * time.Millisecond, nat, 1, true, private},
			{40 * time.Millisecond, nat, 1, true, nat},
			{time.Second, neighbour, 1, false, nat},
		}},
		{"a private address of a public peer is somebody else's here", private, nat.Addr(), []step{
			{0, private, 9, false, private}, {1, private, 9, false, private}, {2, private, 9, false, private},
		}},
		{"in one's own network it is what it says", private, netip.MustParseAddr("192.168.1.2"), []step{
			{0, private, 1, true, private}, {1, thief, 1, false, private},
		}},
		{"a media server beside the proxy", sdp, proxy, []step{
			{0, sdp, 1, true, sdp}, {1, netip.AddrPortFrom(proxy, 9), 2, false, sdp},
		}},
		{"the announced address is preferred, also after another port was learned", sdp, sdp.Addr(), []step{
			{0, at("203.0.113.7:9"), 9, true, sdp}, {1, at("203.0.113.7:9"), 9, true, sdp}, {2, at("203.0.113.7:9"), 9, true, at("203.0.113.7:9")},
			{time.Second, sdp, 1, true, sdp},
			{time.Second + 1, at("203.0.113.7:9"), 9, false, sdp},
		}},
		{"two streams that mix their SSRC are not believed", private, nat.Addr(), []step{
			{0, nat, 1, true, private}, {1, nat, 2, true, private}, {2, nat, 1, true, private}, {3, nat, 2, true, private},
		}},
		{"a new SSRC of the same source is its own affair", sdp, proxy, []step{
			{0, sdp, 1, true, sdp}, {1, sdp, 2, true, sdp},
		}},
		{"a NAT that forgets: the same stream goes on by another port", private, nat.Addr(), []step{
			{0, nat, 1, true, private}, {1, nat, 1, true, private}, {2, nat, 1, true, nat},
			{time.Second, rebound, 1, false, nat},
			{3 * time.Second, rebound, 1, false, nat}, {3*time.Second + 1, rebound, 1, false, nat}, {3*time.Second + 2, rebound, 1, true, rebound},
		}},
		{"a neighbour behind the same NAT does not know the SSRC", private, nat.Addr(), []step{
			{0, nat, 1, true, private}, {1, nat, 1, true, private}, {2, nat, 1, true, nat},
			{time.Hour, neighbour, 9, false, nat}, {time.Hour + 1, neighbour, 9, false, nat}, {time.Hour + 2, neighbour, 9, false, nat},
		}},
		{"IPv4 in IPv6 is the same address", sdp, proxy, []step{{0, at("[::ffff:203.0.113.7]:4000"), 1, true, sdp}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			l, start := NewLatch(c.told, c.peer), time.Unix(1000, 0)
			for i, s := range c.steps {
				before := l.Remote()
				accept, moved := l.Packet(s.from, s.ssrc, start.Add(s.at))
				if accept != s.accept || l.Remote() != s.remote || moved != (before != s.remote) {
					t.Errorf("step %d: accept %v, remote %v, moved %v", i, accept, l.Remote(), moved)
				}
			}
		})
	}
}

// After an offer and its answer the source may be another one; until it is
// learned the old one goes on, unless the description says otherwise.
func TestLatchRenew(t *testing.T) {
	told, peer, now := netip.MustParseAddrPort("10.0.0.5:4000"), netip.MustParseAddr("203.0.113.9"), time.Unix(1000, 0)
	learned, moved := netip.AddrPortFrom(peer, 1), netip.AddrPortFrom(peer, 2)
	l := NewLatch(told, peer)
	send := func(from netip.AddrPort, ssrc uint32) (accept bool) {
		for range latchPackets {
			now = now.Add(20 * time.Millisecond)
			accept, _ = l.Packet(from, ssrc, now)
		}
		return accept
	}
	if !send(learned, 1) || l.Remote() != learned || send(moved, 2) {
		t.Fatalf("at %v", l.Remote())
	}
	if l.Renew(told, peer); l.Remote() != learned {
		t.Errorf("a refresh forgets where the far end is: %v", l.Remote())
	}
	if !send(moved, 2) || l.Remote() != moved {
		t.Errorf("after a new offer at %v", l.Remote())
	}
	other := netip.MustParseAddrPort("10.0.0.6:4000")
	if l.Renew(other, peer); l.Remote() != other {
		t.Errorf("a new description says %v, sent to %v", other, l.Remote())
	}
}

// Whatever strangers send and whenever, from the first packet on: what they say
// is not heard, and nothing is sent to them.
func TestLatchCannotBeStolen(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		me := netip.MustParseAddrPort("203.0.113.9:31000")
		told := rapid.SampledFrom([]netip.AddrPort{me, netip.MustParseAddrPort("10.0.0.5:4000"), {}}).Draw(t, "told")
		l, now := NewLatch(told, me.Addr()), time.Unix(1000, 0)
		for range rapid.IntRange(1, 200).Draw(t, "packets") {
			host := rapid.SampledFrom([]string{"198.51.100.66", "10.0.0.5", "127.0.0.1", "2001:db8::1"}).Draw(t, "host")
			from := netip.AddrPortFrom(netip.MustParseAddr(host), rapid.Uint16Range(1, 5).Draw(t, "port"))
			accept, _ := l.Packet(from, rapid.Uint32Range(0, 2).Draw(t, "ssrc"), now)
			if accept || l.Remote() == from {
				t.Fatalf("stolen by %v", from)
			}
			now = now.Add(time.Duration(rapid.IntRange(0, 5000).Draw(t, "ms")) * time.Millisecond)
			switch rapid.IntRange(0, 9).Draw(t, "event") {
			case 0:
				l.Renew(told, me.Addr())
			case 1, 2, 3, 4:
				if accept, _ := l.Packet(me, 1, now); !accept {
					t.Fatal("the caller is not heard")
				}
			}
		}
	})
}
