package sip

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"
)

// Peer is the next hop for requests: a trunk's server or a switchboard. Addr is
// required.
type Peer struct {
	Addr      netip.AddrPort // Where requests are sent, whatever they name.
	Transport string         // "udp" (default), "tcp" or "tls".
	Domain    string         // The server's name in addresses; by default that of Addr.
	Routes    []string       // Route headers for requests that begin something (RFC 3608).
	TLS       *tls.Config    // Whom to trust by TLS; nil = the system's certificates, under Domain.
}

func (p *Peer) transport() string {
	if p.Transport == "" {
		return "UDP"
	}
	return strings.ToUpper(p.Transport)
}

func (p *Peer) domain() string {
	if p.Domain != "" {
		return p.Domain
	}
	return p.Addr.String()
}

// uri names somebody at the peer.
func (p *Peer) uri(user string) (sip.Uri, error) {
	text := "sip:" + p.domain()
	if user != "" {
		text = "sip:" + cleanUser(user) + "@" + p.domain()
	}
	return parseTarget(text)
}

// Account is how we are known at a peer.
type Account struct {
	User     string // User part of our address there.
	AuthUser string // For digest authentication; by default User.
	Password string
}

func (a Account) authUser() string {
	if a.AuthUser != "" {
		return a.AuthUser
	}
	return a.User
}

// question is a request outside any call.
type question struct {
	method  sip.RequestMethod
	peer    *Peer
	target  sip.Uri // Request line.
	to      sip.Uri
	from    sip.Uri
	tag     string
	callID  string
	seq     uint32
	headers []sip.Header
}

// build makes a request of it.
func (e *endpoint) outside(q question) *sip.Request {
	req := sip.NewRequest(q.method, q.target)
	e.via(req, q.peer.transport(), q.peer.Addr.Addr())
	for _, r := range q.peer.Routes {
		req.AppendHeader(sip.NewHeader("Route", r))
	}
	from, to := &sip.FromHeader{Address: q.from}, &sip.ToHeader{Address: q.to}
	from.Params.Add("tag", q.tag)
	callID, seq := sip.CallIDHeader(q.callID), sip.CSeqHeader{SeqNo: q.seq, MethodName: q.method}
	hops := sip.MaxForwardsHeader(70)
	for _, h := range append([]sip.Header{from, to, &callID, &seq, &hops}, q.headers...) {
		req.AppendHeader(h)
	}
	req.AppendHeader(sip.NewHeader("User-Agent", agent))
	req.SetBody(nil)
	req.SetTransport(q.peer.transport())
	req.SetDestination(q.peer.Addr.String())
	return req
}

// agent is what we call ourselves.
const agent = "xinmoi"

// Ping asks a peer whether it is there (OPTIONS). Any response says so; code is
// its status. The error is of the network, or that nothing came until ctx
// ended.
func (s *Server) Ping(ctx context.Context, p Peer, user string) (code int, rtt time.Duration, err error) {
	e := s.ep
	e.trust(&p)
	target, err := p.uri("")
	if err != nil {
		return 0, 0, err
	}
	self, err := p.uri(user)
	if err != nil {
		return 0, 0, err
	}
	contact := e.contactFor(p.Addr.Addr(), p.transport())
	req := e.outside(question{
		method: sip.OPTIONS, peer: &p, target: target, to: target, from: self, tag: sip.GenerateTagN(12), callID: sip.GenerateTagN(24), seq: 1,
		headers: []sip.Header{&sip.ContactHeader{Address: contact}, sip.NewHeader("Accept", "application/sdp")},
	})
	began := time.Now()
	res, err := e.do(ctx, req)
	if err != nil {
		return 0, 0, err
	}
	return res.StatusCode, time.Since(began), nil
}

// retryAfterOf reads a Retry-After header ("18000;duration=3600", "120 (busy)").
func retryAfterOf(res *sip.Response) time.Duration {
	const longest = 24 * time.Hour
	v := firstToken(res, "Retry-After")
	v, _, _ = strings.Cut(v, "(")
	n, err := strconv.Atoi(strings.TrimSpace(v))
	if err != nil || n <= 0 {
		return 0
	}
	return min(time.Duration(min(n, 1<<30))*time.Second, longest)
}

// seenAddress is our address as the far end saw it: received and rport of our
// Via in its response (RFC 3581).
func seenAddress(res *sip.Response) (addr netip.AddrPort) {
	via := res.Via()
	if via == nil {
		return addr
	}
	host, port := via.Host, via.Port
	if received, ok := via.Params.Get("received"); ok && received != "" {
		host = received
	}
	if rport, ok := via.Params.Get("rport"); ok {
		if n, err := strconv.Atoi(rport); err == nil {
			port = n
		}
	}
	ip, err := netip.ParseAddr(strings.Trim(host, "[]"))
	if err != nil || port <= 0 || port > 65535 {
		return addr
	}
	return netip.AddrPortFrom(ip.Unmap(), uint16(port))
}

// errorOf makes an error of a final response that is no success.
func errorOf(res *sip.Response) *RefusedError {
	return &RefusedError{RejectedError: RejectedError{res.StatusCode, res.Reason}, RetryAfter: retryAfterOf(res), Warning: warningOf(res)}
}

// warningOf gives what a far end says beyond its status.
func warningOf(res *sip.Response) string {
	for _, name := range []string{"Warning", "Reason"} {
		if h := res.GetHeader(name); h != nil {
			return clip(fmt.Sprint(h.Value()))
		}
	}
	return ""
}
