package sip

import (
	"iter"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// allowed is what we understand, for Allow headers (RFC 3261 §20.5).
const allowed = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, PRACK, NOTIFY"

// supported lists the extensions we take part in.
const supported = "timer"

// refusal is a final response to a request that cannot be served.
type refusal struct {
	code    int
	reason  string
	headers []sip.Header
}

func refuse(code int, reason string, headers ...sip.Header) *refusal {
	return &refusal{code: code, reason: reason, headers: headers}
}

// validate names the status owed to a request that the parser let through
// but RFC 3261 §8.2 does not; nil for a proper one.
func validate(req *sip.Request) *refusal {
	if req.SipVersion != "SIP/2.0" {
		return refuse(sip.StatusVersionNotSupported, "Version Not Supported")
	}
	if r := validateHeaders(req); r != nil {
		return r
	}
	if s := strings.ToLower(req.Recipient.Scheme); s != "sip" && s != "sips" && s != "tel" {
		return refuse(sip.StatusRequestedRangeNotSatisfiable, "Unsupported URI Scheme")
	}
	if !known(req.Method) {
		return refuse(sip.StatusMethodNotAllowed, "Method Not Allowed", sip.NewHeader("Allow", allowed))
	}
	if req.Method == sip.ACK || req.Method == sip.CANCEL {
		return nil // Never refused for extensions (RFC 3261 §8.2.2.3).
	}
	if h := req.MaxForwards(); h != nil && *h == 0 && !inDialog(req) {
		return refuse(sip.StatusTooManyHops, "Too Many Hops")
	}
	if missing := unsupported(req); missing != "" {
		return refuse(sip.StatusBadExtension, "Bad Extension", sip.NewHeader("Unsupported", missing))
	}
	return validateBody(req)
}

func validateHeaders(req *sip.Request) *refusal {
	for i, n := range tally(req) {
		switch name := single()[i]; {
		case n == 0 && name != "Content-Length":
			return refuse(sip.StatusBadRequest, "Missing "+name)
		case n > 1:
			return refuse(sip.StatusBadRequest, "More Than One "+name)
		}
	}
	switch {
	case req.From() == nil || req.To() == nil || req.CallID() == nil || req.CSeq() == nil || req.Via() == nil:
		return refuse(sip.StatusBadRequest, "Unreadable Header")
	case string(*req.CallID()) == "" || len(*req.CallID()) > 256:
		return refuse(sip.StatusBadRequest, "Unusable Call-ID")
	case !strings.EqualFold(string(req.CSeq().MethodName), string(req.Method)): // sipgo writes the method of the request line in capitals.
		return refuse(sip.StatusBadRequest, "CSeq Method Mismatch")
	}
	return nil
}

// single lists the headers that a request may have only once.
func single() [5]string { return [...]string{"From", "To", "Call-ID", "CSeq", "Content-Length"} }

// tally counts those headers of a request.
func tally(req *sip.Request) (counts [5]int) {
	names := single()
	for _, h := range req.Headers() {
		for i, name := range names {
			if isHeader(h.Name(), name) {
				counts[i]++
				break
			}
		}
	}
	return counts
}

// isHeader reports whether what a message calls a header is one, in its long
// or short form.
func isHeader(got, name string) bool {
	if len(got) == 1 {
		return strings.EqualFold(got, compact(name))
	}
	return len(got) == len(name) && strings.EqualFold(got, name)
}

// compact gives the short form of a header name (RFC 3261 §7.3.3); sipgo
// keeps the form that was received.
func compact(name string) string {
	switch name {
	case "From":
		return "f"
	case "To":
		return "t"
	case "Call-ID":
		return "i"
	case "Supported":
		return "k"
	case "Content-Encoding":
		return "e"
	case "Session-Expires":
		return "x"
	case "Content-Length":
		return "l"
	}
	return "\x00"
}

func known(m sip.RequestMethod) bool {
	switch m {
	case sip.INVITE, sip.ACK, sip.CANCEL, sip.BYE, sip.OPTIONS, sip.INFO, sip.UPDATE, sip.PRACK, sip.NOTIFY:
		return true
	}
	return false
}

// inDialog reports whether a request claims to belong to a dialog.
func inDialog(req *sip.Request) bool {
	to := req.To()
	return to != nil && to.Params.Has("tag")
}

// unsupported lists the required extensions that we do not have. 100rel may be
// required: we send no provisional response but 100.
func unsupported(req *sip.Request) string {
	var missing []string
	for _, option := range list(req, "Require") {
		switch strings.ToLower(option) {
		case "timer", "100rel":
		default:
			missing = append(missing, option)
		}
	}
	return strings.Join(missing, ", ")
}

func validateBody(req *sip.Request) *refusal {
	for _, coding := range list(req, "Content-Encoding") {
		if !strings.EqualFold(coding, "identity") {
			return refuse(sip.StatusUnsupportedMediaType, "Unsupported Media Type", sip.NewHeader("Accept-Encoding", "identity"))
		}
	}
	if len(req.Body()) == 0 || req.Method != sip.INVITE && req.Method != sip.UPDATE {
		return nil
	}
	if _, ok := sdpBody(req); !ok {
		return refuse(sip.StatusUnsupportedMediaType, "Unsupported Media Type", sip.NewHeader("Accept", "application/sdp"))
	}
	return nil
}

// list gives the values of a header that takes a list, over all its lines.
func list(msg headed, name string) []string {
	var all []string
	for line := range valuesOf(msg, name) {
		for v := range strings.SplitSeq(line, ",") {
			if v = strings.TrimSpace(v); v != "" && len(all) < 64 {
				all = append(all, clip(v))
			}
		}
	}
	return all
}

// valuesOf gives the values of all headers of a name, in their order. Unlike
// sipgo's GetHeaders it allocates nothing where there are none.
func valuesOf(msg headed, name string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, h := range msg.Headers() {
			if isHeader(h.Name(), name) && !yield(h.Value()) {
				return
			}
		}
	}
}

// headed is a request or a response.
type headed interface{ Headers() []sip.Header }

// has reports whether a list header names an option.
func has(msg headed, name, option string) bool {
	for _, v := range list(msg, name) {
		if strings.EqualFold(v, option) {
			return true
		}
	}
	return false
}
