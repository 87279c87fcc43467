package sip

import (
	"net"
	"net/netip"
	"testing"
	"time"
)

// onlyHim is a door for one address.
type onlyHim struct{ admitted bool }

func (d onlyHim) Admit(netip.Addr) bool           { return d.admitted }
func (d onlyHim) Trunk(netip.Addr, string) string { return "" }
func (d onlyHim) Believe(netip.Addr) Belief       { return Claims }

// Strangers get no answer at all, by UDP and TCP.
func TestStrangersAreNotAnswered(t *testing.T) {
	t.Parallel()
	rec := newRecorder(nil)
	s := serve(t, Config{Answer: rec.answer, Door: onlyHim{false}})
	r := newRaw(t, s)
	for _, m := range []string{"OPTIONS", "INVITE", "REGISTER"} {
		r.send(r.build(m, "stranger", "", 1, "", ""))
	}
	if n := packets(t, r.conn, 150*time.Millisecond); n != 0 {
		t.Errorf("%d answers to a stranger", n)
	}
	if !closedWithin(t, connect(t, s), patience) {
		t.Error("a stranger's connection stays open")
	}
	if s.Dropped() < 3 {
		t.Errorf("%d dropped", s.Dropped())
	}
}

func TestScannersAndFraud(t *testing.T) {
	virtual(func(t *testing.T) {
		rec := newRecorder(nil)
		s := serve(t, Config{Answer: rec.answer})
		r := newRaw(t, s)
		r.send(r.build("OPTIONS", "scan", "", 1, "User-Agent: friendly-scanner\r\n", ""))
		if n := packets(t, r.conn, 100*time.Millisecond); n != 0 {
			t.Errorf("%d answers to a scanner", n)
		}
		for called, want := range map[string]bool{
			"1022": false, "02838000000": false, "+842838000000": false, "00842838000000": false, "xinmoi": false, "0912345678": false,
			"00972592277524": true, "+972592277524": true, "011972592277524": true, "900972592277524": true, "8101234567890123": true, "1900": false, "9011442012345678": true,
		} {
			if got := fraud(called); got != want {
				t.Errorf("%s: %v", called, got)
			}
		}
	})(t)
}

// All calls come from the trunk's address: it is not limited as one caller is.
func TestTrunksAreNotLimited(t *testing.T) {
	trunk, stranger := netip.MustParseAddr("203.0.113.1"), netip.MustParseAddr("203.0.113.2")
	e := &endpoint{cfg: Config{Door: oneTrunk{trunk}}}
	if e.countedAs(trunk).IsValid() || e.countedAs(stranger) != stranger {
		t.Errorf("counted as %v, %v", e.countedAs(trunk), e.countedAs(stranger))
	}
	f := newFilter(10)
	f.trusted = e.isTrunk
	now := time.Now()
	passed := map[netip.Addr]int{}
	for range 100 {
		for _, a := range []netip.Addr{trunk, stranger} {
			if f.allow(net.UDPAddrFromAddrPort(netip.AddrPortFrom(a, 5060)), now) {
				passed[a]++
			}
		}
	}
	if passed[trunk] != 100 || passed[stranger] != 20 {
		t.Errorf("%v of 100 pass", passed)
	}
}

// oneTrunk is a door whose trunk has one address.
type oneTrunk struct{ addr netip.Addr }

func (d oneTrunk) Admit(netip.Addr) bool     { return true }
func (d oneTrunk) Believe(netip.Addr) Belief { return Nothing }
func (d oneTrunk) Trunk(source netip.Addr, _ string) string {
	if source == d.addr {
		return "trunk"
	}
	return ""
}
