package rtp

import (
	"net/netip"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestLatch(t *testing.T) {
	sdp, nat, thief := netip.MustParseAddrPort("10.0.0.5:4000"), netip.MustParseAddrPort("203.0.113.9:31000"), netip.MustParseAddrPort("198.51.100.66:5")
	type step struct {
		at     time.Duration
		from   netip.AddrPort
		ssrc   uint32
		accept bool
		remote netip.AddrPort // After the packet.
	}
	for _, c := range []struct {
		name  string
		steps []step
	}{
		{"the announced address speaks", []step{
			{0, sdp, 1, true, sdp},
			{time.Second, thief, 9, false, sdp},
			{time.Second, thief, 9, false, sdp},
			{time.Second, thief, 9, false, sdp},
		}},
		{"behind a NAT, learned from the third packet; none is lost", []step{
			{0, nat, 1, true, sdp},
			{20 * time.Millisecond, nat, 1, true, sdp},
			{40 * time.Millisecond, nat, 1, true, nat},
		}},
		{"the announced address is preferred while learning", []step{
			{0, thief, 9, true, sdp},
			{1, thief, 9, true, sdp},
			{2, thief, 9, true, thief},
			{time.Second, sdp, 1, true, sdp},
			{time.Second + 1, thief, 9, false, sdp},
		}},
		{"two streams that mix their SSRC are not believed", []step{
			{0, nat, 1, true, sdp},
			{1, nat, 2, true, sdp},
			{2, nat, 1, true, sdp},
			{3, nat, 2, true, sdp},
		}},
		{"fixed after five seconds", []step{
			{0, nat, 1, true, sdp}, {1, nat, 1, true, sdp}, {2, nat, 1, true, nat},
			{6 * time.Second, nat, 1, true, nat},
			{6*time.Second + 1, thief, 9, false, nat},
			{6*time.Second + 2, thief, 9, false, nat},
			{6*time.Second + 3, thief, 9, false, nat},
			{6*time.Second + 4, sdp, 1, false, nat},
		}},
		{"a NAT that forgets, after two seconds of silence", []step{
			{0, nat, 1, true, sdp}, {1, nat, 1, true, sdp}, {2, nat, 1, true, nat},
			{6 * time.Second, nat, 1, true, nat},
			{9 * time.Second, thief, 1, false, nat},
			{9*time.Second + 1, thief, 1, false, nat},
			{9*time.Second + 2, thief, 1, true, thief},
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			l, start := NewLatch(sdp), time.Unix(1000, 0)
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

// Whatever strangers send, once the true source has been fixed and keeps
// speaking, nobody replaces it.
func TestLatchCannotBeStolen(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		me := netip.MustParseAddrPort("203.0.113.9:31000")
		l, now := NewLatch(me), time.Unix(1000, 0)
		for now.Before(time.Unix(1006, 0)) {
			l.Packet(me, 1, now)
			now = now.Add(20 * time.Millisecond)
		}
		for range rapid.IntRange(1, 200).Draw(t, "packets") {
			port := rapid.Uint16Range(1, 5).Draw(t, "port")
			l.Packet(netip.AddrPortFrom(netip.MustParseAddr("198.51.100.66"), port), rapid.Uint32Range(0, 2).Draw(t, "ssrc"), now)
			now = now.Add(time.Duration(rapid.IntRange(0, 500).Draw(t, "ms")) * time.Millisecond)
			l.Packet(me, 1, now)
		}
		if l.Remote() != me {
			t.Fatalf("stolen by %v", l.Remote())
		}
	})
}
