package api

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/xinmoi/xinmoi/queue"
)

// identity is who sends a request.
type identity struct {
	grants []queue.Grant // Who has signed in, then device tokens in the order of cookieRoles.
	ticket string        // Id of the ticket whose link the caller holds, or empty.
	part   string        // What a device calls the part of it that speaks, or empty.
	ip     string
	office string // Id of the office that the request is for, or empty.
}

// anonymous reports whether the caller showed nothing.
func (id identity) anonymous() bool { return len(id.grants) == 0 && id.ticket == "" }

// stranger reports whether the caller showed no token of the office's own: the link
// of a ticket says nothing of anything else.
func (id identity) stranger() bool { return len(id.grants) == 0 }

// actors lists what the caller is, for the table of rights.
func (id identity) actors() []actor {
	if id.anonymous() {
		return []actor{public}
	}
	var out []actor
	for _, g := range id.grants {
		out = append(out, actorOf(g))
	}
	if id.ticket != "" {
		out = append(out, holder)
	}
	return out
}

// may reports whether the caller has a right.
func (s *Server) may(id identity, r right) bool {
	return slices.ContainsFunc(id.actors(), func(a actor) bool { return s.allows(a, r) })
}

// caller names the caller for the log and for request keys: the token that
// gives the right to what is done.
func (s *Server) caller(id identity, r right) string {
	for _, g := range id.grants {
		if !s.allows(actorOf(g), r) {
			continue
		}
		return id.device(g)
	}
	if id.ticket != "" {
		return "link:" + id.ticket
	}
	return "public"
}

// device names the caller who acts by a token.
func (id identity) device(g queue.Grant) string {
	if id.part != "" {
		return g.ID + "/" + id.part
	}
	return g.ID
}

type identityKey struct{}

func identityOf(ctx context.Context) identity {
	id, _ := ctx.Value(identityKey{}).(identity)
	return id
}

// rightName is where an operation keeps the right it needs.
const rightName = "right"

// authorize lets a request through if its caller has the operation's right.
func (s *Server) authorize(ctx huma.Context, next func(huma.Context)) {
	r, w := humago.Unwrap(ctx)
	id, p := s.identify(r, r.PathValue("office"))
	if p == nil {
		if need, ok := ctx.Operation().Metadata[rightName].(right); ok && !s.may(id, need) {
			p = s.refuse(id, need)
			if id.anonymous() && s.sessionOver(r) {
				p = p.withAdvice(sessionAdvice())
			}
		}
	}
	if p != nil {
		writeProblem(w, r, p)
		return
	}
	next(&statusContext{frameworkContext: huma.WithValue(ctx, identityKey{}, id)})
}

// identify finds out who sends a request to an office. A token in the
// Authorization header must be right; cookies that are not are overlooked,
// since a browser keeps them long after the token was withdrawn.
func (s *Server) identify(r *http.Request, office string) (identity, *Problem) {
	id := identity{ip: clientIP(r), part: r.Header.Get(callerHeader), office: office}
	if headers := r.Header.Values("Authorization"); len(headers) > 0 {
		return s.identifyBearer(r.Context(), id, office, headers)
	}
	if p := s.identifyPerson(r, &id); p != nil {
		return id, p
	}
	for _, role := range cookieRoles() {
		cookie, err := r.Cookie(cookieName(role))
		if err != nil || overlooked(role, id) {
			continue
		}
		g, ok, p := s.grant(r.Context(), cookie.Value)
		if p != nil {
			return id, p
		}
		if ok && g.Role == role {
			id.grants = append(id.grants, g)
		}
	}
	if len(id.grants) > 0 {
		if err := s.csrf.Check(r); err != nil {
			return id, newProblem(queue.CodeForbidden, "a page of another site sent this: %v", err).withAdvice(otherSiteAdvice())
		}
	}
	return id, nil
}

func (s *Server) identifyBearer(ctx context.Context, id identity, office string, headers []string) (identity, *Problem) {
	token, ok := bearer(headers)
	if !ok {
		return id, s.wrongToken(id.ip, "the Authorization header must be: Bearer TOKEN")
	}
	g, ok, p := s.grant(ctx, token)
	if p != nil {
		return id, p
	}
	if ok {
		id.grants = []queue.Grant{g}
		return id, nil
	}
	if s.cfg.Links != nil && office != "" {
		if id.ticket, ok = s.cfg.Links.Ticket(office, token); ok {
			return id, nil
		}
	}
	return id, s.wrongToken(id.ip, "the token is not known")
}

// bearer reads the token of an Authorization header (RFC 6750 section 2.1).
func bearer(headers []string) (token string, ok bool) {
	if len(headers) != 1 {
		return "", false
	}
	scheme, token, found := strings.Cut(headers[0], " ")
	token = strings.TrimSpace(token)
	return token, found && strings.EqualFold(scheme, "Bearer") && visible(token, maxToken)
}

// maxToken bounds what is hashed for a caller who may be anyone.
const maxToken = 256

// grant finds a device token by its hash, so that comparing takes the same
// time for every wrong token.
func (s *Server) grant(ctx context.Context, token string) (queue.Grant, bool, *Problem) {
	if s.cfg.Tokens == nil || !visible(token, maxToken) {
		return queue.Grant{}, false, nil
	}
	g, ok, err := s.cfg.Tokens.Grant(ctx, queue.HashToken(token))
	if err != nil {
		s.log.Error("api: tokens cannot be read", "error", err)
		return queue.Grant{}, false, newProblem(queue.CodeUnavailable, "tokens cannot be read now")
	}
	return g, ok, nil
}

// wrongToken refuses a token, and the whole address when it tries too many.
func (s *Server) wrongToken(ip, detail string) *Problem {
	if !s.misses.Allow(ip) {
		return newProblem(queue.CodeRateLimited, "too many wrong tokens from this address")
	}
	return newProblem(queue.CodeUnauthorized, "%s", detail).withAdvice(wrongTokenAdvice()).
		withHeader("WWW-Authenticate", `Bearer realm="xinmoi", error="invalid_token"`)
}

// ClientIP names the machine that a request came from, for whoever counts
// requests by address: an IPv4 address, or an IPv6 network.
func ClientIP(r *http.Request) string { return clientIP(r) }

// clientIP names the machine that a request came from: an IPv4 address, or
// the /64 network that one subscriber has in IPv6 (RFC 6177).
func clientIP(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return host
	}
	if addr = addr.Unmap().WithZone(""); addr.Is6() {
		if network, err := addr.Prefix(64); err == nil {
			return network.String()
		}
	}
	return addr.String()
}
