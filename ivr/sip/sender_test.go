package sip

import (
	"net"
	"testing"

	"github.com/emiago/sipgo/sip"
)

// A caller who writes somebody else's address into Contact does not have us
// call there.
func TestNobodyHasUsCallAThirdParty(t *testing.T) {
	virtual(func(t *testing.T) {
		for name, c := range map[string]struct {
			contact, transport, want string
		}{
			"a port of its own": {"198.51.100.1:5080", "UDP", "198.51.100.1:5080"},
			"somebody else":     {"203.0.113.9:5060", "UDP", "198.51.100.1:40000"},
			"a name":            {"pbx.example:5060", "UDP", "198.51.100.1:40000"},
			"by TCP":            {"203.0.113.9:5060", "TCP", "198.51.100.1:40000"}, // The connection that is there.
		} {
			d := dialog{source: "198.51.100.1:40000", transport: c.transport}
			if err := sip.ParseUri("sip:boss@"+c.contact, &d.target); err != nil {
				t.Fatal(err)
			}
			host, port, err := d.sender()
			if got := net.JoinHostPort(host, port); err != nil || got != c.want {
				t.Errorf("%s: %s, %v; want %s", name, got, err, c.want)
			}
		}
		if _, _, err := (&dialog{source: "nowhere", transport: "UDP"}).sender(); err == nil {
			t.Error("a source that is none is taken")
		}
	})(t)
}
