package sip

import (
	"bytes"
	"net"
	"net/netip"
	"slices"
	"strings"

	"github.com/emiago/sipgo/sip"

	"github.com/xinmoi/xinmoi/ivr/media"
)

// Door decides who may talk to us. Its methods are called for every message,
// from any goroutine: they must be quick.
type Door interface {
	// Admit reports whether messages from an address are looked at; all others
	// are dropped without any answer, so that a scanner learns nothing.
	Admit(source netip.Addr) bool
	// Trunk names the trunk that a request came by, from its source and the
	// "line" parameter of the address it was sent to; empty for none.
	Trunk(source netip.Addr, line string) string
	// Believe tells how far a direct call from an address, one by no trunk, is
	// believed about who calls.
	Believe(source netip.Addr) Belief
}

// scanners are what tools that search for open switchboards call themselves.
func scanners() [11]string {
	return [...]string{"friendly-scanner", "sipvicious", "sipcli", "sip-scan", "vaxsipuseragent", "pplsip", "sundayddr", "iwar", "smap", "sipsak-scan", "cseq-scan"}
}

// isScanner reports whether a message that has not been parsed names such a
// tool as its sender.
func isScanner(message []byte) bool {
	agent := rawValue(message, "User-Agent", "User-Agent")
	if len(agent) == 0 {
		return false
	}
	names := scanners()
	var room [64]byte // For nearly all of them.
	lower := room[:0]
	for _, c := range agent {
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		lower = append(lower, c)
	}
	return slices.ContainsFunc(names[:], func(name string) bool { return bytes.Contains(lower, []byte(name)) })
}

// admitted asks the door about the sender of a datagram or piece of a stream.
func (f *filter) admitted(addr net.Addr) bool {
	if f.admit == nil {
		return true
	}
	a, ok := addr.(interface{ AddrPort() netip.AddrPort })
	return ok && f.admit(a.AddrPort().Addr().Unmap())
}

// trunkOf names the trunk that a request came by.
func (e *endpoint) trunkOf(req *sip.Request) string {
	if e.cfg.Door == nil {
		return ""
	}
	line, _ := req.Recipient.UriParams.Get("line")
	return e.cfg.Door.Trunk(addrOf(req.Source()), line)
}

// isTrunk reports whether an address is a trunk's, which is not limited as one
// caller is: all calls come from it.
func (e *endpoint) isTrunk(addr netip.Addr) bool {
	return e.cfg.Door != nil && addr.IsValid() && e.cfg.Door.Trunk(addr.Unmap(), "") != ""
}

// countedAs is what the calls from an address are counted by; not valid where
// there is no limit.
func (e *endpoint) countedAs(addr netip.Addr) netip.Addr {
	if e.isTrunk(addr) {
		return netip.Addr{}
	}
	return sourceOf(addr)
}

// fraud reports whether an INVITE tries to reach the rest of the world through
// us: an office has Vietnamese numbers and short ones. Nothing is ever passed
// on, so that this only saves the work of answering.
func fraud(called string) bool {
	digits := strings.TrimLeft(called, "+")
	if digits == "" || strings.ContainsFunc(digits, func(r rune) bool { return r < '0' || r > '9' }) {
		return false
	}
	switch {
	case len(digits) > 15:
		return true
	case strings.HasPrefix(digits, "011"), strings.HasPrefix(digits, "9011"), strings.HasPrefix(digits, "810"), strings.HasPrefix(digits, "900"):
		return len(digits) > 11
	}
	n := media.NormalizeCaller(called)
	abroad := strings.HasPrefix(called, "+") || strings.HasPrefix(called, "00")
	return abroad && !strings.HasPrefix(n, "+84")
}
