package sip

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"
)

// ErrCredentials says that user or password are not what the far end expects:
// repeating the request is of no use.
var ErrCredentials = errors.New("user or password are refused")

// Registration is one REGISTER to send (RFC 3261 §10). Peer and Account.User
// are required; CallID stays the same for all of one registration.
type Registration struct {
	Peer
	Account
	CallID  string
	Seq     uint32        // Counts on; the next one to use is in Registered.
	Expires time.Duration // Asked for; 0 ends the registration.
	Line    string        // Comes back in the request line of calls by this registration; see Door.
	Forget  string        // A Contact of ours that is out of date.
}

// Registered is the answer to a Registration.
type Registered struct {
	Seq     uint32         // For the next Registration.
	Expires time.Duration  // Granted to our Contact.
	Contact string         // Where calls for us go.
	Public  netip.AddrPort // Our address as the server sees it.
	Moved   bool           // Public is news: register again, so that Contact names it.
	Routes  []string       // Service-Route (RFC 3608), for Peer.Routes.
	RTT     time.Duration
	Changed string // The server, or a router on the way, wrote this for our Contact; empty when it was left alone.
}

// Bounds on what a registrar grants.
const (
	leastExpires = 30 * time.Second
	mostExpires  = 24 * time.Hour
)

// Register sends one registration, with credentials where they are asked for,
// and with a longer time where ours is too brief (423). The error wraps
// ErrCredentials when they were refused, and is a *RefusedError for any other
// status. Registered.Seq is valid also with an error.
func (s *Server) Register(ctx context.Context, r Registration) (Registered, error) {
	e := s.ep
	e.trust(&r.Peer)
	out := Registered{Seq: r.Seq}
	aor, err := r.uri(r.User)
	if err != nil {
		return out, err
	}
	registrar, err := r.uri("")
	if err != nil {
		return out, err
	}
	contact := e.contactFor(r.Addr.Addr(), r.transport())
	contact.User = cleanUser(r.User)
	if r.Line != "" {
		contact.UriParams.Add("line", r.Line)
	}
	q := question{method: sip.REGISTER, peer: &r.Peer, target: registrar, to: aor, from: aor, tag: sip.GenerateTagN(12), callID: r.CallID}
	t := registering{Registration: r}
	for {
		q.seq = out.Seq
		out.Seq++
		q.headers = append(registerHeaders(t.Registration, contact), t.auth...)
		began := time.Now()
		req := e.outside(q)
		res, err := e.do(ctx, req)
		if err != nil {
			return out, err
		}
		if res.IsSuccess() {
			out.RTT = time.Since(began)
			e.registered(&out, t.Registration, contact, res)
			return out, nil
		}
		if err := t.refused(req, res); err != nil {
			return out, err
		}
	}
}

// registering is a registration between its requests.
type registering struct {
	Registration
	auth       []sip.Header
	challenges int
	lengthened bool
}

// refused makes the next request out of a refusal: with credentials, or for a
// longer time; an error when there is no next one.
func (t *registering) refused(req *sip.Request, res *sip.Response) (err error) {
	switch res.StatusCode {
	case sip.StatusUnauthorized, sip.StatusProxyAuthRequired:
		first := t.challenges == 0
		again := t.challenges == 1 && stale(res) // Stale once more would go on for ever.
		if t.challenges++; t.Password == "" || !first && !again {
			return fmt.Errorf("register: %w: %w", ErrCredentials, errorOf(res))
		}
		h, err := credentials(req, res, DialConfig{User: t.authUser(), Password: t.Password})
		t.auth = []sip.Header{h}
		return err
	case sip.StatusIntervalToBrief:
		n, err := strconv.Atoi(firstToken(res, "Min-Expires"))
		longer := time.Duration(n) * time.Second
		if err != nil || t.lengthened || t.Expires == 0 || longer <= t.Expires || n > int(mostExpires.Seconds()) {
			return errorOf(res)
		}
		t.lengthened, t.Expires, t.challenges = true, longer, 0
		return nil
	}
	return errorOf(res)
}

func registerHeaders(r Registration, contact sip.Uri) []sip.Header {
	own := &sip.ContactHeader{Address: contact}
	seconds := strconv.Itoa(int(r.Expires.Seconds()))
	own.Params.Add("expires", seconds)
	headers := []sip.Header{own}
	if r.Forget != "" {
		headers = append(headers, sip.NewHeader("Contact", "<"+r.Forget+">;expires=0"))
	}
	return append(headers, sip.NewHeader("Expires", seconds), sip.NewHeader("Allow", allowed), sip.NewHeader("Supported", "path"))
}

// registered reads a 200. The lifetime is that of our own Contact, of which
// others may stand beside it, else Expires.
func (e *endpoint) registered(out *Registered, r Registration, contact sip.Uri, res *sip.Response) {
	out.Contact = contact.String()
	out.Expires = r.Expires
	if n, err := strconv.Atoi(firstToken(res, "Expires")); err == nil && r.Expires > 0 {
		out.Expires = time.Duration(n) * time.Second
	}
	mine, seconds, changed := ownContact(res, contact)
	if mine && r.Expires > 0 && seconds > 0 {
		out.Expires = time.Duration(seconds) * time.Second
	}
	out.Changed = changed
	if r.Expires > 0 {
		out.Expires = min(max(out.Expires, leastExpires/6), mostExpires)
	}
	for _, h := range res.GetHeaders("Service-Route") {
		out.Routes = append(out.Routes, h.Value())
	}
	out.Public = seenAddress(res)
	if out.Public.IsValid() && r.transport() == "UDP" && r.Expires > 0 && !e.cfg.Advertise.IsValid() {
		was := netip.AddrPortFrom(e.publicAddr(r.Addr.Addr()), uint16(e.publicPort(r.Addr.Addr(), "UDP")))
		out.Moved = e.learn(r.Addr.Addr(), out.Public) && was != out.Public
	}
}

// ownContact finds our Contact among those of a response. changed is what
// stands in its place when only the user is ours.
func ownContact(res *sip.Response, own sip.Uri) (found bool, expires int, changed string) {
	for _, h := range append(res.GetHeaders("Contact"), res.GetHeaders("m")...) {
		for one := range splitAddresses(h.Value()) {
			var u sip.Uri
			if sip.ParseUri(bare(one), &u) != nil || u.User != own.User {
				continue
			}
			seconds := contactExpires(one)
			if u.Host == own.Host && portOf(&u) == portOf(&own) {
				return true, seconds, ""
			}
			changed, expires = u.Addr(), max(expires, seconds)
		}
	}
	return false, expires, changed
}

// contactExpires reads ";expires=60" behind an address; 0 when there is none.
func contactExpires(nameAddr string) int {
	_, params, _ := strings.Cut(nameAddr, ">")
	for p := range strings.SplitSeq(params, ";") {
		if k, v, ok := strings.Cut(strings.TrimSpace(p), "="); ok && strings.EqualFold(strings.TrimSpace(k), "expires") {
			n, _ := strconv.Atoi(strings.Trim(strings.TrimSpace(v), `"`))
			return max(n, 0)
		}
	}
	return 0
}

// splitAddresses cuts a list of addresses at its commas, but not inside <> or "".
func splitAddresses(list string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		quoted, angle, from := false, false, 0
		for i, r := range list {
			switch {
			case r == '"' && (i == 0 || list[i-1] != '\\'):
				quoted = !quoted
			case quoted:
			case r == '<':
				angle = true
			case r == '>':
				angle = false
			case r == ',' && !angle:
				if !yield(strings.TrimSpace(list[from:i])) {
					return
				}
				from = i + 1
			}
		}
		yield(strings.TrimSpace(list[from:]))
	}
}

func portOf(u *sip.Uri) int {
	if u.Port != 0 {
		return u.Port
	}
	if transportOf(u) == "TLS" {
		return sip.DefaultTlsPort
	}
	return sip.DefaultUdpPort
}

// stale reports whether a challenge only says that the nonce was too old
// (RFC 7616 §3.3).
func stale(res *sip.Response) bool {
	for _, name := range []string{"WWW-Authenticate", "Proxy-Authenticate"} {
		for _, h := range res.GetHeaders(name) {
			text := strings.ToLower(strings.ReplaceAll(strings.ReplaceAll(h.Value(), " ", ""), `"`, ""))
			if strings.Contains(text, "stale=true") {
				return true
			}
		}
	}
	return false
}
