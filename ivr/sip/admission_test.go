package sip

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func doorsFor(maxCalls int) *admission {
	return newAdmission(Config{MaxCalls: maxCalls}.withDefaults())
}

func TestSourceOf(t *testing.T) {
	for in, want := range map[string]string{
		"192.0.2.7": "192.0.2.7", "::ffff:192.0.2.7": "192.0.2.7", "127.3.2.1": "", "::1": "",
		"2001:db8:1:2:3:4:5:6": "2001:db8:1:2::", "fe80::1%eth0": "fe80::",
	} {
		got := sourceOf(netip.MustParseAddr(in))
		if want == "" && got.IsValid() || want != "" && got.String() != want {
			t.Errorf("%s counts as %v, want %q", in, got, want)
		}
	}
	if sourceOf(netip.Addr{}).IsValid() {
		t.Error("no address counts as one")
	}
}

// Calls that never acknowledge: how many of n get a place.
func TestUnprovenPlaces(t *testing.T) {
	now := time.Unix(1000, 0)
	for _, c := range []struct {
		name             string
		maxCalls, n, got int
		source           func(i int) netip.Addr
	}{
		{"from one address", 100, 100, 8, func(int) netip.Addr { return netip.MustParseAddr("192.0.2.1") }},
		{"from one IPv6 network", 100, 100, 8, func(i int) netip.Addr { return netip.MustParseAddr(fmt.Sprintf("2001:db8::%x", i+1)) }},
		{"from many addresses", 100, 100, 32, func(i int) netip.Addr { return netip.MustParseAddr(fmt.Sprintf("192.0.2.%d", i)) }},
		{"from this machine", 100, 100, 32, func(int) netip.Addr { return netip.MustParseAddr("127.0.0.1") }},
		{"on a large trunk", 2000, 1000, 250, func(i int) netip.Addr { return netip.MustParseAddr(fmt.Sprintf("10.0.%d.%d", i>>8, i&255)) }},
		{"few calls at all", 5, 100, 5, func(i int) netip.Addr { return netip.MustParseAddr(fmt.Sprintf("192.0.2.%d", i)) }},
	} {
		a, got := doorsFor(c.maxCalls), 0
		for i := range c.n {
			p := a.enter(sourceOf(c.source(i)), now)
			if p == nil {
				continue
			}
			if a.answer(p, now) {
				got++
			} else {
				a.leave(p)
			}
		}
		if got != c.got || a.calls != got {
			t.Errorf("%s: %d of %d, %d counted, want %d", c.name, got, c.n, a.calls, c.got)
		}
	}
}

func TestCallsPerSource(t *testing.T) {
	now, a := time.Unix(1000, 0), newAdmission(Config{MaxCalls: 10, MaxPerSource: 4}.withDefaults())
	enter := func(addr string) *place {
		p := a.enter(sourceOf(netip.MustParseAddr(addr)), now)
		if p != nil && a.answer(p, now) {
			a.prove(p)
		}
		return p
	}
	var first *place
	for i := range 4 {
		if first = enter("192.0.2.1"); first == nil {
			t.Fatalf("call %d was refused", i)
		}
	}
	if enter("192.0.2.1") != nil {
		t.Error("a fifth call from one address")
	}
	for i := range 6 {
		if enter("127.0.0.1") == nil {
			t.Errorf("loopback: call %d was refused", i)
		}
	}
	if enter("192.0.2.9") != nil {
		t.Error("an eleventh call")
	}
	a.leave(first)
	a.leave(first)
	if enter("192.0.2.1") == nil || enter("192.0.2.9") != nil {
		t.Error("a place that became free is not one place")
	}
	if d := (Config{MaxCalls: 100}).withDefaults().MaxPerSource; d != 50 {
		t.Errorf("%d calls from one address by default", d)
	}
	if d := (Config{MaxCalls: 1}).withDefaults().MaxPerSource; d != 1 {
		t.Errorf("%d calls from one address by default, of 1", d)
	}
}

// Who has proven nothing gives way, but not before its time; who has, never.
func TestOldestUnprovenGivesWay(t *testing.T) {
	now, a := time.Unix(1000, 0), doorsFor(2)
	answered := func() *place {
		p := a.enter(netip.Addr{}, now)
		if p == nil || !a.answer(p, now) {
			t.Fatal("refused")
		}
		return p
	}
	proven, waiting := answered(), answered()
	a.prove(proven)
	if now = now.Add(a.patience - 1); a.enter(netip.Addr{}, now) != nil {
		t.Error("displaced before its time")
	}
	now = now.Add(1)
	third := answered()
	if !closed(waiting.yield) || closed(proven.yield) || closed(third.yield) {
		t.Error("not the unproven one was displaced")
	}
	a.prove(third)
	if now = now.Add(time.Hour); a.enter(netip.Addr{}, now) != nil {
		t.Error("a proven one was displaced")
	}
	a.prove(waiting) // Its ACK crossed.
	if a.calls != 3 {
		t.Errorf("%d calls", a.calls)
	}
}

// The counts are those of the places, whatever happens.
func TestAdmissionCounts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := newAdmission(Config{MaxCalls: 12, MaxPerSource: 5}.withDefaults())
		a.maxUnproven, a.maxUnprovenEach = 4, 2
		now := time.Unix(1000, 0)
		var all []*place
		pick := func() *place { return all[rapid.IntRange(0, len(all)-1).Draw(t, "which")] }
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 400).Draw(t, "ms")) * time.Millisecond)
			switch op := rapid.IntRange(0, 4).Draw(t, "op"); {
			case op <= 2 || len(all) == 0:
				source := netip.Addr{}
				if n := rapid.IntRange(0, 3).Draw(t, "source"); n > 0 {
					source = netip.AddrFrom4([4]byte{192, 0, 2, byte(n)})
				}
				before := a.calls
				p := a.enter(source, now)
				if p == nil {
					if before < a.maxCalls && (!source.IsValid() || a.bySource[source] < a.maxPerSource) {
						t.Fatalf("refused with %d calls", before)
					}
					continue
				}
				if a.answer(p, now) {
					all = append(all, p)
				} else {
					a.leave(p)
				}
			case op == 3:
				if p := pick(); p.taken { // The crossing ACK of a displaced one may exceed the limits.
					a.prove(p)
				}
			default:
				a.leave(pick())
			}
			checkAdmission(t, a, all)
		}
	})
}

func checkAdmission(t *rapid.T, a *admission, all []*place) {
	taken, bySource := 0, map[netip.Addr]int{}
	for _, p := range all {
		if p.taken {
			taken++
			if p.source.IsValid() {
				bySource[p.source]++
			}
		}
		if waiting := slices.Contains(a.unproven, p); waiting != !p.since.IsZero() || waiting && (!p.taken || closed(p.yield)) {
			t.Fatalf("unproven %v, but %+v", waiting, p)
		}
		if p.source.IsValid() && a.unprovenOf(p.source) > a.maxUnprovenEach {
			t.Fatalf("%d unproven from %v", a.unprovenOf(p.source), p.source)
		}
	}
	if a.calls != taken || taken > a.maxCalls || len(a.unproven) > a.maxUnproven || len(a.bySource) != len(bySource) {
		t.Fatalf("counted %d calls, %d unproven, %v; there are %d, %v", a.calls, len(a.unproven), a.bySource, taken, bySource)
	}
	for s, n := range bySource {
		if a.bySource[s] != n || n > a.maxPerSource {
			t.Fatalf("%v: counted %d of %d", s, a.bySource[s], n)
		}
	}
	if !slices.IsSortedFunc(a.unproven, func(p, q *place) int { return p.since.Compare(q.since) }) {
		t.Fatal("not in the order of their answers")
	}
}
