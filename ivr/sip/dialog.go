package sip

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// dialog is the state of RFC 3261 §12 that requests inside a call need. It
// belongs to the goroutine of its call.
type dialog struct {
	ep        *endpoint
	callID    string
	local     sip.FromHeader // Us, with our tag.
	remote    sip.ToHeader   // The far end, with its tag.
	localSeq  uint32
	remoteSeq uint32
	target    sip.Uri  // Contact of the far end.
	routes    []string // Route set in order, as name-addr.
	transport string   // "UDP", "TCP", "TLS".
	outbound  string   // Where requests go before there is a dialog, host:port; empty = to the target.
	source    string   // Where the far end's messages come from, host:port.
	contact   sip.Uri  // Us.
}

// answering makes d the dialog of an INVITE we answer, whose To already has our
// tag (§12.1.1). It is filled in place: copies of it would make the stack of
// every such goroutine grow twice.
func (d *dialog) answering(ep *endpoint, req *sip.Request) {
	us, them := req.To(), req.From()
	d.ep, d.callID = ep, string(*req.CallID())
	d.local.DisplayName, d.local.Params = us.DisplayName, us.Params.Clone()
	setURI(&d.local.Address, &us.Address)
	d.remote.DisplayName, d.remote.Params = them.DisplayName, them.Params.Clone()
	setURI(&d.remote.Address, &them.Address)
	d.localSeq, d.remoteSeq = 1, req.CSeq().SeqNo
	d.transport, d.source = strings.ToUpper(req.Transport()), req.Source()
	for h := range valuesOf(req, "Record-Route") {
		d.routes = append(d.routes, h)
	}
	d.retarget(req, &them.Address)
	ep.setContact(&d.contact, d.peer(), d.transport)
}

// setURI makes a URI a copy of another one.
func setURI(to, from *sip.Uri) {
	*to = *from
	to.UriParams, to.Headers = from.UriParams.Clone(), from.Headers.Clone()
}

// retarget takes the Contact of a message, or def where there is none.
func (d *dialog) retarget(msg interface{ Contact() *sip.ContactHeader }, def *sip.Uri) {
	switch c := msg.Contact(); {
	case c != nil && !c.Address.Wildcard && c.Address.Host != "":
		setURI(&d.target, &c.Address)
	case d.target.Host == "":
		setURI(&d.target, def)
	}
}

// request builds the next request of the dialog (§12.2.1.1). ACK takes the
// number of the INVITE it belongs to; everything else counts on.
func (d *dialog) request(method sip.RequestMethod, body []byte, headers ...sip.Header) *sip.Request {
	if method != sip.ACK {
		d.localSeq++
	}
	target, routes := d.target, d.routes
	if len(routes) > 0 && !strings.Contains(strings.ToLower(routes[0]), ";lr") {
		// A strict router wants itself in the request line (§12.2.1.1).
		var first sip.Uri
		if sip.ParseUri(bare(routes[0]), &first) == nil {
			routes = append(append([]string{}, routes[1:]...), "<"+target.String()+">")
			target = first
		}
	}
	req := sip.NewRequest(method, target)
	d.ep.via(req, d.transport, d.peer())
	for _, r := range routes {
		req.AppendHeader(sip.NewHeader("Route", r))
	}
	from, to := d.local, d.remote
	callID, seq := sip.CallIDHeader(d.callID), sip.CSeqHeader{SeqNo: d.localSeq, MethodName: method}
	hops := sip.MaxForwardsHeader(70)
	for _, h := range []sip.Header{&from, &to, &callID, &seq, &hops, &sip.ContactHeader{Address: d.contact}} {
		req.AppendHeader(h)
	}
	for _, h := range headers {
		req.AppendHeader(h)
	}
	if len(body) > 0 {
		req.AppendHeader(sip.NewHeader("Content-Type", "application/sdp"))
	}
	req.SetBody(body)
	req.SetTransport(d.transport)
	req.SetDestination(d.destination())
	return req
}

// sender is where a call of our own goes that must reach whoever sent this one:
// its Contact or proxy if that is the same host, else the address itself.
func (d *dialog) sender() (host, port string, err error) {
	from, fromPort, err := net.SplitHostPort(d.source)
	if err != nil {
		return "", "", fmt.Errorf("source %q: %w", clip(d.source), err)
	}
	host, port, err = net.SplitHostPort(d.destination())
	if err != nil || host != from {
		return from, fromPort, nil
	}
	return host, port, nil
}

// destination is where requests of the dialog go: the first route, else the
// Contact — but back where the messages come from over TCP, whose connection
// exists, and when the Contact is an address behind a NAT.
func (d *dialog) destination() string {
	if d.outbound != "" {
		return d.outbound
	}
	if len(d.routes) > 0 {
		var first sip.Uri
		if sip.ParseUri(bare(d.routes[0]), &first) == nil {
			return hostPort(&first)
		}
	}
	if d.source != "" && (d.transport != "UDP" || behindNAT(d.target.Host, d.source)) {
		return d.source
	}
	return hostPort(&d.target)
}

// peer is the address messages go to, as far as it is known as a number.
func (d *dialog) peer() netip.Addr {
	for _, s := range []string{d.destination(), d.source} {
		if addr := addrOf(s); addr.IsValid() {
			return addr
		}
	}
	return netip.Addr{}
}

// behindNAT reports whether a Contact cannot be reached though its messages
// can be answered.
func behindNAT(host, source string) bool {
	contact, err := netip.ParseAddr(strings.Trim(host, "[]"))
	if err != nil {
		return false
	}
	from := addrOf(source)
	return from.IsValid() && contact != from && (contact.IsPrivate() || contact.IsLoopback() || contact.IsUnspecified()) && !from.IsPrivate() && !from.IsLoopback()
}

// addrOf gives the address of "host:port", invalid for a name.
func addrOf(hostport string) netip.Addr {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		return netip.Addr{}
	}
	addr, _ := netip.ParseAddr(host)
	return addr.Unmap()
}

func hostPort(u *sip.Uri) string {
	return net.JoinHostPort(strings.Trim(u.Host, "[]"), strconv.Itoa(portOf(u)))
}

// bare strips display name and angle brackets of a name-addr.
func bare(nameAddr string) string {
	if _, rest, ok := strings.Cut(nameAddr, "<"); ok {
		uri, _, _ := strings.Cut(rest, ">")
		return uri
	}
	return strings.TrimSpace(nameAddr)
}

// do sends a request and waits for its final response.
func (e *endpoint) do(ctx context.Context, req *sip.Request) (*sip.Response, error) {
	tx, err := e.request(ctx, req)
	if err != nil {
		return nil, err
	}
	defer tx.Terminate()
	for {
		select {
		case res := <-tx.Responses():
			if !res.IsProvisional() {
				return res, nil
			}
		case <-tx.Done():
			return nil, fmt.Errorf("%s to %s: %w", req.Method, req.Destination(), tx.Err())
		case <-ctx.Done():
			return nil, fmt.Errorf("%s to %s: no answer: %w", req.Method, req.Destination(), ctx.Err())
		}
	}
}

// via puts the Via header of a new request in front.
func (e *endpoint) via(req *sip.Request, transport string, peer netip.Addr) {
	host := e.publicAddr(peer)
	v := &sip.ViaHeader{ProtocolName: "SIP", ProtocolVersion: "2.0", Transport: transport, Host: uriHost(host), Port: e.publicPort(peer, transport)}
	v.Params.Add("branch", sip.GenerateBranch())
	v.Params.Add("rport", "")
	req.PrependHeader(v)
	if transport == "UDP" { // From the listening socket, for the sake of NATs.
		req.Laddr = sip.Addr{IP: e.addr.Addr().AsSlice(), Port: int(e.addr.Port())}
	}
}

// uriHost writes an address for a URI.
func uriHost(a netip.Addr) string {
	if a.Is6() {
		return "[" + a.WithZone("").String() + "]"
	}
	return a.String()
}
