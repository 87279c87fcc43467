package trunk

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"

	"github.com/xinmoi/xinmoi/ivr/sip"
)

// The operator is called by the trunk that the caller came by, with its
// credentials and in its words.
func TestReach(t *testing.T) {
	virtual(func(t *testing.T) {
		f := newFakeTrunk(t)
		o := newOffice(t, nil, f.config(t), Config{Name: "inward", Server: "192.0.2.1", NoCalls: true, Probe: -1})
		eventually(t, "registered", func() bool { return o.Status()[0].State == Registered })
		for _, c := range []struct{ trunk, to, want string }{
			{"fake", "101", "sip:101@fake.example"},
			{"fake", "1 0 1", "sip:101@fake.example"},
			{"fake", "sip:101@Fake.Example;transport=udp", "sip:101@fake.example"},
			{"fake", "0912345678", "sip:0912345678@fake.example"},
			{"", "+84912345678", "sip:0912345678@fake.example"}, // By any trunk that works.
			{"fake", "sip:101@10.0.0.2", ""},                    // Not the trunk's.
			{"", "101", ""}, {"inward", "101", ""}, {"unknown", "101", ""},
		} {
			f.set(func() { f.last["INVITE"] = "" })
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			call, err := o.Reach(ctx, c.trunk, c.to, nil)
			if (err == nil) != (c.want != "") || err != nil && !errors.Is(err, ErrNotHere) {
				t.Errorf("%+v: %v", c, err)
			}
			if err == nil {
				if err := call.Hangup(ctx); err != nil {
					t.Error(err)
				}
				var line string
				f.set(func() { line, _, _ = strings.Cut(f.last["INVITE"], "\r\n") })
				if line != "INVITE "+c.want+" SIP/2.0" {
					t.Errorf("%+v: %s", c, line)
				}
			}
			cancel()
		}
	})(t)
}

// Why the operator was not reached is told as for any call.
func TestReachBusy(t *testing.T) {
	virtual(func(t *testing.T) {
		f := newFakeTrunk(t)
		f.set(func() {
			f.answer = func(method, _ string) string {
				if method == "INVITE" {
					return "486 Busy Here"
				}
				return ""
			}
		})
		o := newOffice(t, nil, f.config(t))
		eventually(t, "registered", func() bool { return o.Status()[0].State == Registered })
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		if _, err := o.Reach(ctx, "fake", "101", nil); ClassOf(err) != Busy {
			t.Errorf("%v", err)
		}
	})(t)
}

// Once there is a trunk, only it and who is trusted are believed about who
// calls; without one the office's own network still is.
func TestBelieve(t *testing.T) {
	trust := []netip.Prefix{netip.MustParsePrefix("203.0.113.0/28")}
	own := Config{Name: "a", Server: "192.0.2.1"}
	for _, c := range []struct {
		trunks []Config
		source string
		want   sip.Belief
		admit  bool
	}{
		{nil, "192.168.1.5", sip.Claims, true}, {nil, "127.0.0.1", sip.Claims, true}, {nil, "203.0.113.1", sip.Assertions, true},
		{[]Config{own}, "192.168.1.5", sip.Nothing, true}, {[]Config{own}, "127.0.0.1", sip.Nothing, true},
		{[]Config{own}, "203.0.113.1", sip.Assertions, true}, {[]Config{own}, "::ffff:203.0.113.1", sip.Assertions, true},
		{[]Config{own}, "203.0.113.99", sip.Nothing, false},
	} {
		m, err := New(c.trunks, Options{Trust: trust})
		if err != nil {
			t.Fatal(err)
		}
		source := netip.MustParseAddr(c.source)
		if got, admit := m.Believe(source), m.Admit(source); got != c.want || admit != c.admit {
			t.Errorf("%d trunks, %s: believed %v, admitted %v", len(c.trunks), source, got, admit)
		}
	}
}
