package sip

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emiago/sipgo"
	"github.com/emiago/sipgo/sip"

	"github.com/xinmoi/xinmoi/announce/rtp"
)

// tcpIdle closes connections that carry nothing for longer than any call.
const (
	tcpIdle  = 15 * time.Minute
	tcpWrite = 10 * time.Second
)

// setupSipgo adjusts what sipgo keeps for the whole process: responses larger
// than a packet are sent all the same (a long route must not silence us), its
// log, which holds messages with telephone numbers, is not kept, and its own
// 100 comes late: ours is at once, and its timer reads the request while we add
// our tag to it.
var setupSipgo = sync.OnceFunc(func() {
	sip.UDPMTUSize = 65000
	sip.Timer_1xx = 10 * time.Second
	sip.SetDefaultLogger(slog.New(slog.DiscardHandler))
})

// endpoint is one SIP address with its sockets and calls, for answering and
// for calling.
type endpoint struct {
	cfg    Config
	log    *slog.Logger
	ua     *sipgo.UserAgent
	server *sipgo.Server
	udp    *steadyUDP
	// leaving is held while a request leaves by UDP, and while it is said that the
	// endpoint stops.
	leaving sync.RWMutex
	tcp     *steadyTCP
	tls     *steadyTCP // Without a listener it has only connections that we opened.
	trace   tracer
	addr    netip.AddrPort
	filter  *filter
	ports   *ports
	doors   *admission
	wheel   *rtp.Wheel
	own     bool // The wheel is ours to turn.

	refused  atomic.Uint64 // Calls since the last warning.
	warned   atomic.Int64  // Unix nanoseconds.
	draining atomic.Bool
	serving  sync.WaitGroup // Loops of serve.
	running  sync.WaitGroup // Calls and conversations.
	answers  context.Context
	giveUp   context.CancelFunc // Ends answers.

	mu       sync.Mutex
	calls    map[dialogKey]*Call
	incoming map[dialogKey]*Call // By Call-ID and the caller's tag: finds merged requests.
	peers    map[netip.AddrPort]*tls.Config
	seenAs   map[netip.Addr]netip.AddrPort // Peer → our address as it sees it.
}

// dialogKey names a dialog by Call-ID and one side's tag.
type dialogKey struct{ callID, tag string }

func newEndpoint(cfg Config) (*endpoint, error) {
	setupSipgo()
	cfg = cfg.withDefaults()
	udp, tcp, err := cfg.Network.Signalling(cfg.Addr)
	if err != nil {
		return nil, err
	}
	trace := tracer(cfg.Trace)
	e := &endpoint{
		cfg: cfg, log: cfg.Logger, udp: &steadyUDP{PacketConn: udp, trace: trace}, tcp: newSteadyTCP(tcp, cfg.tcpFirst), doors: newAdmission(cfg),
		filter: newFilter(cfg.Rate), ports: newPorts(cfg.RTPPorts, cfg.Network), wheel: cfg.Wheel, trace: trace,
		calls: map[dialogKey]*Call{}, incoming: map[dialogKey]*Call{}, peers: map[netip.AddrPort]*tls.Config{}, seenAs: map[netip.Addr]netip.AddrPort{},
	}
	local := udp.LocalAddr()
	e.addr, _ = netip.ParseAddrPort(local.String())
	if e.tls, err = e.bindTLS(); err != nil {
		closeAll(udp, tcp)
		return nil, err
	}
	e.tcp.wrap = trace.stream
	e.filter.trace, e.udp.filter = trace, e.filter
	if cfg.Door != nil {
		e.filter.trusted = e.isTrunk
		e.filter.admit, e.tcp.admit, e.tls.admit = cfg.Door.Admit, cfg.Door.Admit, cfg.Door.Admit
	}
	e.answers, e.giveUp = context.WithCancel(context.Background())
	if e.wheel == nil {
		e.wheel, e.own = cfg.Network.Wheel(), true
	}
	if err := e.build(); err != nil {
		closeAll(udp, tcp, e.tls)
		return nil, fmt.Errorf("set up SIP: %w", err)
	}
	return e, nil
}

// build makes sipgo's layers and tells them who handles what.
func (e *endpoint) build() (err error) {
	quiet := slog.New(slog.DiscardHandler)
	e.ua, err = sipgo.NewUA(
		sipgo.WithUserAgent("xinmoi"),
		sipgo.WithUserAgentTransportLayerOptions(
			sip.WithTransportLayerLogger(quiet),
			sip.WithTransportLayerReadFilter(e.filter.read), // Before the transports, which copy it.
			sip.WithTransportLayerTransports(sip.TransportsConfig{
				TCP: &sip.TransportTCP{ReadTimeout: tcpIdle, WriteTimeout: tcpWrite},
				TLS: &sip.TransportTLS{TransportTCP: &sip.TransportTCP{ReadTimeout: tcpIdle, WriteTimeout: tcpWrite}},
			}),
		),
		sipgo.WithUserAgentTransactionLayerOptions(
			sip.WithTransactionLayerLogger(quiet),
			sip.WithTransactionLayerUnhandledResponseHandler(func(*sip.Response) {}),
			sip.WithTransactionLayerTerminateOnConnClose(),
			func(l *sip.TransactionLayer) { l.Transport().OnMessage(e.arrived) }, // Before the layer itself, which hands the message to another goroutine.
		))
	if err != nil {
		return err
	}
	e.filter.crowded, e.filter.direct = e.thinOut, e.takeACK
	e.ua.TransportLayer().OnMessage(e.filter.parsed)
	e.server, err = sipgo.NewServer(e.ua, sipgo.WithServerLogger(quiet))
	if err != nil {
		return err
	}
	handle := func(method sip.RequestMethod, h sipgo.RequestHandler) { e.server.OnRequest(method, e.checked(h)) }
	handle(sip.INVITE, e.onInvite)
	handle(sip.OPTIONS, e.onOptions)
	for _, m := range []sip.RequestMethod{sip.BYE, sip.INFO, sip.UPDATE, sip.ACK, sip.CANCEL, sip.PRACK, sip.NOTIFY} {
		handle(m, e.toCall)
	}
	e.server.OnNoRoute(e.checked(func(req *sip.Request, tx sip.ServerTransaction) {
		respond(tx, req, sip.StatusMethodNotAllowed, "Method Not Allowed", nil, sip.NewHeader("Allow", allowed))
	}))
	return nil
}

// thinOut makes sipgo's pool of UDP addresses new when strangers have filled it.
func (e *endpoint) thinOut() {
	if e.ua.TransportLayer().Pool("udp").Size() > maxPeers {
		e.udp.renew.Store(true)
	}
}

// serve runs sockets and wheel until stop.
func (e *endpoint) serve(ctx context.Context) {
	e.serving.Go(func() {
		for ctx.Err() == nil {
			e.serveUDP()
		}
	})
	e.serving.Go(func() { _ = e.server.ServeTCP(e.tcp) })
	e.serving.Go(func() { _ = e.server.ServeTLS(e.tls) })
	if e.own {
		e.serving.Go(func() { _ = e.wheel.Run(ctx) })
	}
}

// serveUDP reads the UDP socket until its pool is renewed or it is closed.
// sipgo parses in this goroutine: a defect of its parser on hostile input costs
// that message, not the program.
func (e *endpoint) serveUDP() {
	defer func() {
		if p := recover(); p != nil {
			e.log.Error("defect while reading a SIP message", "panic", p)
		}
	}()
	_ = e.server.ServeUDP(e.udp)
}

// socketPatience is how often it is looked, a millisecond apart, whether sipgo
// knows the UDP socket; a machine may be that busy.
const socketPatience = 5000

// awaitSocket waits until sipgo knows the UDP socket: it does not in the moment
// of start and renewal, and would open another one.
func (e *endpoint) awaitSocket() {
	pool := e.ua.TransportLayer().Pool("udp")
	for range socketPatience {
		if c := pool.Get(e.addr.String()); c != nil {
			_, _ = c.TryClose() // A listener stays open.
			return
		}
		if e.filter.shut.Load() {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// stop closes everything; cancel ends the context of serve. Readers first: for
// a message that is still handled after its socket is gone sipgo opens another
// one, which must be there to be closed with the rest.
func (e *endpoint) stop(cancel context.CancelFunc) {
	e.leaving.Lock()
	e.filter.shut.Store(true)
	e.leaving.Unlock()
	cancel()
	closeAll(e.udp, e.tcp, e.tls)
	e.serving.Wait()
	_ = e.ua.Close()
	e.tcp.closeAll()
	e.tls.closeAll()
}

func closeAll(all ...io.Closer) {
	for _, c := range all {
		_ = c.Close()
	}
}

// publicAddr is how a peer reaches us.
func (e *endpoint) publicAddr(peer netip.Addr) netip.Addr {
	if e.cfg.Advertise.IsValid() {
		return e.cfg.Advertise
	}
	e.mu.Lock()
	seen := e.seenAs[peer]
	e.mu.Unlock()
	if seen.IsValid() {
		return seen.Addr()
	}
	bound := e.addr.Addr().Unmap()
	if !bound.IsUnspecified() {
		return bound
	}
	if peer.IsValid() {
		if a := localTowards(peer); a.IsValid() {
			return a
		}
	}
	return netip.AddrFrom4([4]byte{127, 0, 0, 1})
}

// contactFor is our URI for a dialog.
func (e *endpoint) contactFor(peer netip.Addr, transport string) (u sip.Uri) {
	e.setContact(&u, peer, transport)
	return u
}

func (e *endpoint) setContact(u *sip.Uri, peer netip.Addr, transport string) {
	u.Scheme, u.User, u.Host, u.Port = "sip", "xinmoi", uriHost(e.publicAddr(peer)), e.publicPort(peer, transport)
	if transport != "UDP" {
		u.UriParams.Add("transport", strings.ToLower(transport))
	}
}

// register makes a call known and counts it as running, until running.Done;
// it fails when the endpoint is about to stop.
func (e *endpoint) register(c *Call) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.draining.Load() {
		return false
	}
	e.running.Add(1)
	e.calls[c.key] = c
	if c.theirs != (dialogKey{}) {
		e.incoming[c.theirs] = c
	}
	return true
}

// unregister forgets a call and frees its place.
func (e *endpoint) unregister(c *Call) {
	e.doors.leave(c.place)
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.calls, c.key)
	if e.incoming[c.theirs] == c {
		delete(e.incoming, c.theirs)
	}
}

func (e *endpoint) find(key dialogKey) *Call {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.calls[key]
}

func (e *endpoint) merged(key dialogKey) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.incoming[key] != nil
}

// all gives the running calls.
func (e *endpoint) all() []*Call {
	e.mu.Lock()
	defer e.mu.Unlock()
	all := make([]*Call, 0, len(e.calls))
	for _, c := range e.calls {
		all = append(all, c)
	}
	return all
}

// checked answers improper requests itself.
func (e *endpoint) checked(h sipgo.RequestHandler) sipgo.RequestHandler {
	return func(req *sip.Request, tx sip.ServerTransaction) {
		deepen(0)
		defer e.survive(req.Method)
		defer forgetRequest(req)
		if r := validate(req); r != nil {
			if req.Method != sip.ACK { // Never answered.
				respond(tx, req, r.code, r.reason, nil, r.headers...)
			}
			return
		}
		switch req.Transport() {
		case "TCP":
			e.tcp.prove(req.Source())
		case "TLS":
			e.tls.prove(req.Source())
		}
		h(req, tx)
	}
}

// requestStack is what handling a request needs of a stack, about.
const requestStack = 5 << 10

// deepen has the stack of a new goroutine grow at once, while little is on it
// that must be moved. Else that happens deep inside, once or twice, and costs a
// tenth of the call.
//
//go:noinline
func deepen(i int) byte {
	var room [requestStack]byte
	room[i]++
	return room[i/2]
}

// forgetRequest empties a request that was dealt with. sipgo keeps it for half
// a minute after its final response (Timers J and L of RFC 3261 and 6026), but
// asks it for nothing more than its method.
func forgetRequest(req *sip.Request) { req.MessageData, req.Recipient = sip.MessageData{}, sip.Uri{} }

// survive, deferred, lets no panic of a handler end the program.
func (e *endpoint) survive(method sip.RequestMethod) {
	if p := recover(); p != nil {
		e.log.Error("defect while handling a SIP request", "method", method, "panic", p)
	}
}

// respond sends a response and reports whether it went out.
func respond(tx sip.ServerTransaction, req *sip.Request, code int, reason string, body []byte, headers ...sip.Header) error {
	res := sip.NewResponseFromRequest(req, code, reason, body)
	for _, h := range headers {
		res.AppendHeader(h)
	}
	if len(body) > 0 {
		res.AppendHeader(sip.NewHeader("Content-Type", "application/sdp"))
	}
	return tx.Respond(res)
}

// onOptions answers "are you there" (RFC 3261 §11).
func (e *endpoint) onOptions(req *sip.Request, tx sip.ServerTransaction) {
	if inDialog(req) {
		e.toCall(req, tx)
		return
	}
	code, reason := sip.StatusOK, "OK"
	if e.draining.Load() || e.cfg.Answer == nil {
		code, reason = sip.StatusServiceUnavailable, "Service Unavailable"
	}
	_ = respond(tx, req, code, reason, nil,
		sip.NewHeader("Allow", allowed), sip.NewHeader("Accept", "application/sdp"), sip.NewHeader("Supported", supported))
}

// toCall passes a request to the call it belongs to.
func (e *endpoint) toCall(req *sip.Request, tx sip.ServerTransaction) {
	tag, _ := req.To().Params.Get("tag")
	c, got := e.find(dialogKey{string(*req.CallID()), tag}), callOver
	if c != nil {
		got = c.deliver(req, tx)
	}
	switch {
	case got == delivered || req.Method == sip.ACK: // A lost ACK comes again with our 200.
		return
	case got == mailFull:
		_ = respond(tx, req, sip.StatusInternalServerError, "Server Internal Error", nil, sip.NewHeader("Retry-After", "1"))
		return
	}
	_ = respond(tx, req, sip.StatusCallTransactionDoesNotExists, "Call/Transaction Does Not Exist", nil)
}
