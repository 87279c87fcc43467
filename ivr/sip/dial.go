package sip

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"
	"github.com/icholy/digest"

	"github.com/xinmoi/xinmoi/announce/rtp"
	"github.com/xinmoi/xinmoi/ivr/media"
)

// ErrBadURI says that an address cannot be called.
var ErrBadURI = errors.New(`not a SIP address; write it like "sip:1022@192.168.1.10:5060" or with ";transport=tcp"`)

// errStopping says that no call is placed during a shutdown.
var errStopping = errors.New("the telephone line is being shut down")

// errRinging says that the far end rang and nobody took the call.
var errRinging = errors.New("it rings, but nobody answers")

// ErrRinging says that the far end rang and nobody took the call in time.
var ErrRinging = errRinging

// ErrSilent says that the far end sent nothing at all: another server may be
// tried.
var ErrSilent = errors.New("the server says nothing")

// RejectedError is the final response of a far end that did not take a call,
// or refused another request.
type RejectedError struct {
	Code   int    // SIP status, 300–699.
	Reason string // As the far end wrote it.
}

// Error implements error.
func (e *RejectedError) Error() string {
	return fmt.Sprintf("call was not taken: %d %s", e.Code, clip(e.Reason))
}

// RefusedError is a RejectedError with what else the far end said.
type RefusedError struct {
	RejectedError
	Warning    string        // Its Warning or Reason header.
	RetryAfter time.Duration // When it wants to be asked again; 0 = it does not say.
	Rang       bool          // It was ringing before.
}

// Error implements error.
func (e *RefusedError) Error() string {
	text := fmt.Sprintf("refused: %d %s", e.Code, clip(e.Reason))
	if e.Warning != "" {
		text += " (" + clip(e.Warning) + ")"
	}
	return text
}

// Unwrap gives the *RejectedError.
func (e *RefusedError) Unwrap() error { return &e.RejectedError }

// DialConfig describes a call to place. Only URI is required.
type DialConfig struct {
	URI       string        // "sip:1022@127.0.0.1:5060;transport=tcp"; UDP where no transport is named.
	From      string        // User part of our own number; by default "xinmoi".
	Peer      *Peer         // Next hop, whatever URI names; nil = the URI's own address.
	Announce  time.Duration // How long the first response may take until ErrSilent; 0 = as long as ctx.
	Early     bool          // Listen to what the far end plays before it answers (Heard); nothing is sent meanwhile.
	User      string        // For digest authentication (RFC 8760), where the far end asks.
	Password  string        //
	LocalAddr string        // "192.0.2.1:0"; by default the address that leads there, and any port.
	Network   Network       // Where sockets come from; by default this machine's. A Server's own calls use the server's.
	Wheel     *rtp.Wheel    // By default an own one.
	Logger    *slog.Logger  // By default nothing is logged.

	Heard func(samples []int16) // As Call.Heard, from the first packet on.

	SRTP bool // Offer encrypted sound, and nothing else (RFC 4568). The key is in the offer: for TLS only, or where the network is trusted.

	page *paging // Makes the call a page; see Horn.
}

// How long the end of a call that was given up before the answer may take:
// with a far end that rings, and with one that has said nothing at all.
const (
	cancelTime = 5 * time.Second
	silentTime = time.Second
)

// maxChallenges is how often we authenticate for one call: once more when the
// nonce was stale.
const maxChallenges = 2

// Dial places a call from an address of its own and returns when it was
// answered. When ctx ends before, the call is cancelled. The error is a
// *RejectedError when the far end refused.
func Dial(ctx context.Context, cfg DialConfig) (*Call, error) {
	target, err := parseTarget(cfg.URI)
	if err != nil {
		return nil, err
	}
	ep, closeEndpoint, err := ownEndpoint(ctx, cfg, &target)
	if err != nil {
		return nil, err
	}
	c, err := ep.dial(ctx, cfg, target)
	if err != nil {
		closeEndpoint()
		return nil, err
	}
	c.begin(func() {
		ep.running.Done()
		go func() {
			defer close(c.gone)
			closeEndpoint()
		}()
	})
	return c, nil
}

// ownEndpoint opens an address for one call or question.
func ownEndpoint(ctx context.Context, cfg DialConfig, target *sip.Uri) (*endpoint, func(), error) {
	local := cfg.LocalAddr
	if local == "" {
		var err error
		if local, err = localAddr(ctx, target); err != nil {
			return nil, nil, err
		}
	}
	ep, err := newEndpoint(Config{Addr: local, Logger: cfg.Logger, Wheel: cfg.Wheel, Network: cfg.Network})
	if err != nil {
		return nil, nil, err
	}
	serving, stop := context.WithCancel(context.Background())
	ep.serve(serving)
	return ep, func() {
		ep.giveUp()
		ep.finished(byeTime) // A CANCEL may still be on its way.
		ep.stop(stop)
	}, nil
}

// Dial places a call from the server's own address, as call-backs do.
func (s *Server) Dial(ctx context.Context, cfg DialConfig) (*Call, error) {
	target, err := parseTarget(cfg.URI)
	if err != nil {
		return nil, err
	}
	c, err := s.ep.dial(ctx, cfg, target)
	if err != nil {
		return nil, err
	}
	c.begin(c.hasLeft)
	return c, nil
}

// parseTarget reads an address to call and refuses what could smuggle headers.
func parseTarget(uri string) (sip.Uri, error) {
	var u sip.Uri
	for _, r := range uri {
		if r < ' ' || r == 0x7f {
			return u, fmt.Errorf("%w: %q", ErrBadURI, clip(uri))
		}
	}
	err := sip.ParseUri(strings.TrimSpace(uri), &u)
	if err == nil && strings.EqualFold(u.Scheme, "sips") { // We know one hop only: TLS to it.
		u.Scheme = "sip"
		u.UriParams.Add("transport", "tls")
	}
	if err != nil || !strings.EqualFold(u.Scheme, "sip") || u.Host == "" {
		return u, fmt.Errorf("%w: %q", ErrBadURI, clip(uri))
	}
	switch transportOf(&u) {
	case "UDP", "TCP", "TLS":
		u.Headers = nil
		return u, nil
	}
	return u, fmt.Errorf("%w: transport must be udp, tcp or tls, not %q", ErrBadURI, transportOf(&u))
}

func transportOf(u *sip.Uri) string {
	if t, ok := u.UriParams.Get("transport"); ok {
		return strings.ToUpper(t)
	}
	return "UDP"
}

// localAddr finds the address that leads to a target.
func localAddr(ctx context.Context, target *sip.Uri) (string, error) {
	host := strings.Trim(target.Host, "[]")
	peer, err := netip.ParseAddr(host)
	if err != nil {
		all, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
		if err != nil || len(all) == 0 {
			return "", fmt.Errorf("find the address of %q: %w", host, err)
		}
		peer = all[0].Unmap()
	}
	local := localTowards(peer)
	if !local.IsValid() {
		return "", fmt.Errorf("no network leads to %v", peer)
	}
	return netip.AddrPortFrom(local, 0).String(), nil
}

// dial places a call; when it succeeds the call is registered and must begin.
func (e *endpoint) dial(ctx context.Context, cfg DialConfig, target sip.Uri) (*Call, error) {
	c, err := e.outgoingCall(cfg, target)
	if err != nil {
		return nil, err
	}
	if err := c.invite(ctx, cfg); err != nil {
		c.leg.close()
		e.unregister(c)
		close(c.gone) // Nobody reads what came for it meanwhile.
		e.running.Done()
		return nil, fmt.Errorf("call %s: %w", shown(target), err)
	}
	return c, nil
}

// shown is an address as logs and pages may have it: a telephone number is
// masked, the name of an extension or a loudspeaker is not.
func shown(u sip.Uri) string {
	digits := strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, u.User)
	if len(digits) >= 7 {
		u.User = media.MaskNumber(u.User)
	}
	return u.Addr()
}

// outgoingDialog is a dialog that begins with our request.
func (e *endpoint) outgoingDialog(cfg DialConfig, target sip.Uri) dialog {
	d := dialog{ep: e, callID: sip.GenerateTagN(24), transport: transportOf(&target), target: target}
	if p := cfg.Peer; p != nil {
		e.trust(p)
		d.transport, d.outbound, d.routes = p.transport(), p.Addr.String(), slices.Clone(p.Routes)
	}
	from := cmp.Or(cfg.From, agent)
	self := sip.Uri{Scheme: "sip", User: clip(cleanUser(from)), Host: uriHost(e.publicAddr(d.peer()))}
	if cfg.Peer != nil {
		self.Host, self.Port = target.Host, target.Port
	}
	d.local = sip.FromHeader{Address: self}
	d.local.Params.Add("tag", sip.GenerateTagN(16))
	d.remote = sip.ToHeader{Address: sip.Uri{Scheme: "sip", User: target.User, Host: target.Host, Port: target.Port}}
	d.contact = e.contactFor(d.peer(), d.transport)
	return d
}

func (e *endpoint) outgoingCall(cfg DialConfig, target sip.Uri) (*Call, error) {
	d := e.outgoingDialog(cfg, target)
	p := e.doors.enter(netip.Addr{}, time.Now())
	if p == nil {
		return nil, fmt.Errorf("too many calls: %d", e.cfg.MaxCalls)
	}
	c := newCall(e, p)
	c.dialog = d
	tag, _ := d.local.Params.Get("tag")
	c.key, c.page = dialogKey{d.callID, tag}, cfg.page
	c.caller, c.called = cmp.Or(cfg.From, d.local.Address.User), target.User
	c.log = e.log.With("call", d.callID, "called", media.MaskNumber(c.called))
	conn, err := e.ports.open(e.addr.Addr().Unmap())
	if err != nil {
		e.doors.leave(p)
		return nil, fmt.Errorf("open a port for sound: %w", err)
	}
	c.rings.Store(true)
	c.leg = openLeg(e.cfg.Network, conn, e.publicAddr(d.peer()), e.wheel, c.digit)
	c.leg.local.Secure = cfg.SRTP
	c.leg.receiver.Heard(cfg.Heard)
	if !e.register(c) {
		c.leg.close()
		e.doors.leave(p)
		return nil, errStopping
	}
	return c, nil
}

// cleanUser keeps the characters that a user part may have unescaped.
func cleanUser(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 128 && (isToken([]byte{byte(r)}) || r == '&' || r == '=' || r == '$' || r == '(' || r == ')') && r != '%' && r != '`' {
			return r
		}
		return -1
	}, s)
}

// invite sends the INVITE until it is answered (RFC 3261 §13.2), and again
// with credentials when they are asked for.
func (c *Call) invite(ctx context.Context, cfg DialConfig) error {
	var auth, page []sip.Header
	if cfg.page != nil {
		page = cfg.page.headers(c.dialog.local.Address)
	}
	for challenges := 0; ; challenges++ {
		req := c.dialog.request(sip.INVITE, c.leg.local.offer(c.way()), slices.Concat(auth, page,
			[]sip.Header{sip.NewHeader("Allow", allowed), sip.NewHeader("Supported", supported)})...)
		tx, err := c.ep.request(ctx, req)
		if err != nil {
			return err
		}
		res, err := c.awaitAnswer(ctx, cfg, req, tx)
		if err != nil {
			tx.Terminate()
			return err
		}
		if res.IsSuccess() {
			return c.established(req, tx, res)
		}
		tx.Terminate()
		asked := res.StatusCode == sip.StatusUnauthorized || res.StatusCode == sip.StatusProxyAuthRequired
		if !asked || cfg.User == "" || challenges == maxChallenges || challenges > 0 && !stale(res) {
			return c.rejected(res)
		}
		h, err := credentials(req, res, cfg)
		if err != nil {
			return err
		}
		auth = []sip.Header{h}
	}
}

// awaitAnswer gives the final response, or cancels when ctx ends.
func (c *Call) awaitAnswer(ctx context.Context, cfg DialConfig, req *sip.Request, tx *sip.ClientTx) (*sip.Response, error) {
	heard := false // CANCEL may follow a provisional response only (§9.1).
	rings := false
	silence := newAlarm(cfg.Announce)
	defer silence.Stop()
	for {
		select {
		case res := <-tx.Responses():
			if !res.IsProvisional() {
				c.rang = rings
				return res, nil
			}
			heard, rings = true, rings || res.StatusCode >= sip.StatusRinging
			silence.Stop()
			c.provisional(cfg, req, res)
		case <-silence.C:
			c.cancel(req, tx, false)
			return nil, fmt.Errorf("%w, not within %v", ErrSilent, cfg.Announce)
		case <-tx.Done():
			if !heard {
				return nil, fmt.Errorf("%w: %w", ErrSilent, tx.Err())
			}
			return nil, fmt.Errorf("no answer: %w", tx.Err())
		case <-ctx.Done():
			c.cancel(req, tx, heard)
			if rings {
				return nil, fmt.Errorf("%w: %w", errRinging, context.Cause(ctx))
			}
			return nil, fmt.Errorf("no answer: %w", context.Cause(ctx))
		}
	}
}

// newAlarm is a timer that never fires for d = 0.
func newAlarm(d time.Duration) *time.Timer {
	if d <= 0 {
		d = never
	}
	return time.NewTimer(d)
}

// rejected makes an error of a final response.
func (c *Call) rejected(res *sip.Response) error {
	err := errorOf(res)
	err.Rang = c.rang
	if res.StatusCode == sip.StatusUnauthorized || res.StatusCode == sip.StatusProxyAuthRequired {
		return fmt.Errorf("%w: %w", ErrCredentials, err)
	}
	return err
}

// cancel withdraws an INVITE and waits for its end; a 200 that crosses the
// CANCEL is taken and hung up.
func (c *Call) cancel(req *sip.Request, tx *sip.ClientTx, heard bool) {
	bound := silentTime
	if heard {
		bound = cancelTime
	}
	ctx, cancel := context.WithTimeout(context.Background(), bound)
	defer cancel()
	for sent := false; ; {
		if heard && !sent {
			sent = true
			c.ep.running.Go(func() { _, _ = c.ep.do(ctx, cancelOf(req)) })
		}
		select {
		case res := <-tx.Responses():
			switch {
			case res.IsProvisional():
				heard = true
				continue
			case res.IsSuccess():
				c.accepted(res)
				c.sendAck()
				_, _ = c.ep.do(ctx, c.dialog.request(sip.BYE, nil))
			}
			return
		case <-tx.Done():
			return
		case <-ctx.Done():
			return
		}
	}
}

// cancelOf builds the CANCEL of an INVITE: same branch, same numbers (§9.1).
func cancelOf(invite *sip.Request) *sip.Request {
	req := sip.NewRequest(sip.CANCEL, invite.Recipient)
	req.AppendHeader(invite.Via().Clone())
	sip.CopyHeaders("Route", invite, req)
	for _, h := range []sip.Header{invite.From(), invite.To(), invite.CallID()} {
		req.AppendHeader(sip.HeaderClone(h))
	}
	hops := sip.MaxForwardsHeader(70)
	req.AppendHeader(&sip.CSeqHeader{SeqNo: invite.CSeq().SeqNo, MethodName: sip.CANCEL})
	req.AppendHeader(&hops)
	req.SetBody(nil)
	req.SetTransport(invite.Transport())
	req.SetDestination(invite.Destination())
	req.Laddr = invite.Laddr
	return req
}

// accepted takes the dialog from a 2xx.
func (c *Call) accepted(res *sip.Response) {
	d := &c.dialog
	d.remote.Params = res.To().Params.Clone()
	d.retarget(res, &d.target)
	d.outbound, d.routes = "", nil
	if res.Source() != "" {
		d.source = res.Source()
	}
	rr := res.GetHeaders("Record-Route")
	for i := len(rr) - 1; i >= 0; i-- {
		d.routes = append(d.routes, rr[i].Value())
	}
	c.updates = has(res, "Allow", "UPDATE")
}

// established acknowledges the 200 and applies its answer.
func (c *Call) established(req *sip.Request, tx *sip.ClientTx, res *sip.Response) error {
	c.accepted(res)
	ack := c.dialog.request(sip.ACK, nil)
	again := ack.Clone()
	again.Laddr = ack.Laddr
	tx.OnRetransmission(func(*sip.Response) {
		repeat := again.Clone()
		repeat.Laddr = again.Laddr
		_ = c.ep.write(repeat)
	})
	if err := c.ep.write(ack); err != nil {
		tx.Terminate()
		return fmt.Errorf("send ACK: %w", err)
	}
	a, err := c.answerOf(res)
	if err != nil {
		bye := c.dialog.request(sip.BYE, nil)
		ctx, cancel := context.WithTimeout(context.Background(), byeTime)
		defer cancel()
		_, _ = c.ep.do(ctx, bye)
		tx.Terminate()
		return fmt.Errorf("no sound in common: %w", err)
	}
	c.leg.agree(a, addrOf(c.dialog.source), offerEvents)
	c.proven = true
	c.rings.Store(false)
	c.leg.unlock()
	now := time.Now()
	c.timers.limit = now.Add(c.ep.cfg.MaxCall)
	c.held(now)
	c.startSession(agreedSession(res))
	return nil
}

// agreedSession reads the session timer of a 200 to our INVITE.
func agreedSession(res *sip.Response) session {
	seconds, refresher, present := sessionExpires(res)
	if !present {
		return session{}
	}
	return session{interval: time.Duration(seconds) * time.Second, ours: refresher != "uas"}
}

func (c *Call) answerOf(res *sip.Response) (*agreement, error) {
	body, ok := sdpBody(res)
	if !ok {
		return nil, errNoSDP
	}
	d, err := parseSDP(body)
	if err != nil {
		return nil, err
	}
	return c.agree(d)
}

// credentials answers a challenge (RFC 8760): the first one of an algorithm
// that we know.
func credentials(req *sip.Request, res *sip.Response, cfg DialConfig) (sip.Header, error) {
	ask, answer := "WWW-Authenticate", "Authorization"
	if res.StatusCode == sip.StatusProxyAuthRequired {
		ask, answer = "Proxy-Authenticate", "Proxy-Authorization"
	}
	err := errors.New("no challenge")
	for _, h := range res.GetHeaders(ask) {
		var chal *digest.Challenge
		if chal, err = digest.ParseChallenge(h.Value()); err != nil {
			continue
		}
		chal.Algorithm = strings.ToUpper(chal.Algorithm)
		var cred *digest.Credentials
		cred, err = digest.Digest(chal, digest.Options{
			Method: string(req.Method), URI: req.Recipient.String(), Username: cfg.User, Password: cfg.Password, Count: 1,
		})
		if err == nil {
			return sip.NewHeader(answer, cred.String()), nil
		}
	}
	return nil, fmt.Errorf("authenticate (%d): %w", res.StatusCode, err)
}
