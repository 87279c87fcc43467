package sip

import (
	"strings"

	"github.com/emiago/sipgo/sip"
)

// Belief is how far the sender of a call is believed about who calls. Everybody
// can write any number into a call.
type Belief int

// The beliefs.
const (
	Nothing    Belief = iota // The caller is unknown.
	Claims                   // What the telephone says itself (From).
	Assertions               // What its network vouches for (P-Asserted-Identity, RFC 3325), else From.
)

// callerOf gives the user part of who calls: what the network asserts
// (P-Asserted-Identity, RFC 3325), else Remote-Party-ID, else From, as far as
// the sender is believed. It is empty for a caller who wants to stay unknown:
// networks tell us the number all the same.
func callerOf(req *sip.Request, b Belief) string {
	if b == Nothing || withheld(req) {
		return ""
	}
	for _, name := range []string{"P-Asserted-Identity", "Remote-Party-ID"} {
		if b < Assertions {
			break
		}
		for value := range valuesOf(req, name) {
			if user := userOf(value); user != "" {
				return user
			}
		}
	}
	if from := req.From(); from != nil {
		return userOfURI(&from.Address)
	}
	return ""
}

// believed tells how far the sender of a call is believed.
func (e *endpoint) believed(req *sip.Request, trunk string) Belief {
	if e.cfg.Door == nil || trunk != "" {
		return Assertions
	}
	return e.cfg.Door.Believe(addrOf(req.Source()))
}

// withheld reports whether the caller asked for privacy (RFC 3323 §4.2, RFC
// 3325 §9.3; privacy= of Remote-Party-ID is what was before), or calls under
// the name that RFC 3323 §4.1.1.3 has for that.
func withheld(req *sip.Request) bool {
	if from := req.From(); from != nil && anonymous(&from.Address) {
		return true
	}
	for value := range valuesOf(req, "Privacy") {
		for _, word := range strings.FieldsFunc(strings.ToLower(value), func(r rune) bool { return r == ';' || r == ',' || r == ' ' }) {
			switch word {
			case "id", "user", "header":
				return true
			}
		}
	}
	for value := range valuesOf(req, "Remote-Party-ID") {
		for p := range strings.SplitSeq(strings.ToLower(value), ";") {
			switch strings.ReplaceAll(p, " ", "") {
			case "privacy=full", "privacy=uri", `privacy="full"`:
				return true
			}
		}
	}
	return false
}

// anonymous reports whether an address is that of somebody who has none.
func anonymous(u *sip.Uri) bool {
	host := strings.ToLower(u.Host)
	return host == "anonymous.invalid" || strings.HasSuffix(host, ".anonymous.invalid") ||
		strings.EqualFold(u.User, "anonymous") || strings.EqualFold(u.User, "restricted")
}

// calledOf gives the user part of who is called: of the request line, or of To
// where the request line is the address that we registered, which says nothing.
func calledOf(req *sip.Request) string {
	if req.Recipient.UriParams.Has("line") && req.To() != nil {
		if to := userOfURI(&req.To().Address); to != "" {
			return to
		}
	}
	return userOfURI(&req.Recipient)
}

// userOf reads the user part of a name-addr of any scheme; a parse by hand,
// because these headers come in every shape.
func userOf(value string) string {
	if _, rest, ok := strings.Cut(value, "<"); ok {
		value, _, _ = strings.Cut(rest, ">")
	}
	scheme, rest, ok := strings.Cut(strings.TrimSpace(value), ":")
	if !ok {
		return ""
	}
	switch strings.ToLower(scheme) {
	case "tel":
		number, _, _ := strings.Cut(rest, ";")
		return clip(number)
	case "sip", "sips":
		user, _, found := strings.Cut(rest, "@")
		if !found {
			return ""
		}
		return clip(user)
	}
	return ""
}

func userOfURI(u *sip.Uri) string {
	if strings.EqualFold(u.Scheme, "tel") {
		number, _, _ := strings.Cut(u.Raw(), ";")
		return clip(number)
	}
	return clip(u.User)
}
