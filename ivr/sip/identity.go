package sip

import (
	"strings"

	"github.com/emiago/sipgo/sip"
)

// callerOf gives the user part of who calls: what the network asserts
// (P-Asserted-Identity, RFC 3325), else Remote-Party-ID, both only where they
// are to be trusted, else From. It is empty for a caller who wants to stay
// unknown: networks tell us the number all the same.
func callerOf(req *sip.Request, trusted bool) string {
	if withheld(req) {
		return ""
	}
	for _, name := range []string{"P-Asserted-Identity", "Remote-Party-ID"} {
		if !trusted {
			break
		}
		for _, h := range req.GetHeaders(name) {
			if user := userOf(h.Value()); user != "" {
				return user
			}
		}
	}
	if from := req.From(); from != nil {
		return userOfURI(&from.Address)
	}
	return ""
}

// withheld reports whether the caller asked for privacy (RFC 3323 §4.2, RFC
// 3325 §9.3; privacy= of Remote-Party-ID is what was before).
func withheld(req *sip.Request) bool {
	for _, h := range req.GetHeaders("Privacy") {
		for _, word := range strings.FieldsFunc(strings.ToLower(h.Value()), func(r rune) bool { return r == ';' || r == ',' || r == ' ' }) {
			switch word {
			case "id", "user", "header":
				return true
			}
		}
	}
	for _, h := range req.GetHeaders("Remote-Party-ID") {
		for p := range strings.SplitSeq(strings.ToLower(h.Value()), ";") {
			switch strings.ReplaceAll(p, " ", "") {
			case "privacy=full", "privacy=uri", `privacy="full"`:
				return true
			}
		}
	}
	return false
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
