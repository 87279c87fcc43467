package sip

import (
	"context"
	"crypto/rand"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"

	"github.com/xinmoi/xinmoi/announce/rtp"
	"github.com/xinmoi/xinmoi/ivr/media"
)

// onInvite answers a call. It runs in sipgo's goroutine of the request.
func (e *endpoint) onInvite(req *sip.Request, tx sip.ServerTransaction) {
	if inDialog(req) {
		e.toCall(req, tx)
		return
	}
	// Before anything else, so that every response to this request has the
	// same tag, also those that sipgo sends by itself.
	// Who repeats it must have received one: nobody may guess it.
	req.To().Params.Add("tag", rand.Text())
	if fraud(calledOf(req)) {
		e.turnAway(req, tx)
		return
	}
	if r := e.unable(req); r != nil {
		_ = respond(tx, req, r.code, r.reason, nil, r.headers...)
		return
	}
	c, r := e.incomingCall(req)
	if r != nil {
		_ = respond(tx, req, r.code, r.reason, nil, r.headers...)
		tx.Terminate() // Nothing is kept of it, nothing is repeated (RFC 3261 §8.2.7): it may be forged.
		return
	}
	c.serveInvite(req, tx)
}

// turnAway ends what only abuses us: a trunk, which passed it on, is told so; a
// stranger learns nothing. Nothing is kept of it.
func (e *endpoint) turnAway(req *sip.Request, tx sip.ServerTransaction) {
	if e.trunkOf(req) != "" {
		_ = respond(tx, req, sip.StatusNotFound, "Not Found", nil)
	}
	tx.Terminate()
}

// unable tells why no call can be taken now.
func (e *endpoint) unable(req *sip.Request) *refusal {
	tag, _ := req.From().Params.Get("tag")
	switch {
	case e.cfg.Answer == nil:
		return refuse(sip.StatusTemporarilyUnavailable, "Temporarily Unavailable")
	case e.draining.Load():
		return busy()
	case e.merged(dialogKey{string(*req.CallID()), tag}):
		return refuse(sip.StatusLoopDetected, "Loop Detected") // RFC 3261 §8.2.2.2.
	}
	return nil
}

func busy() *refusal {
	return refuse(sip.StatusServiceUnavailable, "Service Unavailable", sip.NewHeader("Retry-After", "30"))
}

// incomingCall checks what an INVITE wants and gets ready for it.
func (e *endpoint) incomingCall(req *sip.Request) (*Call, *refusal) {
	p := e.admit(req.Source())
	if p == nil {
		return nil, busy()
	}
	c := newCall(e, p)
	d := &c.dialog
	d.answering(e, req)
	theirTag, _ := req.From().Params.Get("tag")
	ourTag, _ := req.To().Params.Get("tag")
	c.key, c.theirs = dialogKey{d.callID, ourTag}, dialogKey{d.callID, theirTag}
	c.trunk = e.trunkOf(req)
	c.caller, c.called = callerOf(req, e.believed(req, c.trunk)), calledOf(req)
	c.updates = has(req, "Allow", "UPDATE")
	c.log = e.log.With("call", media.MaskIn(c.key.callID, c.caller), "caller", media.MaskNumber(c.caller))
	if err := e.openSound(c); err != nil {
		e.doors.leave(p)
		c.log.Warn("no sound for a call", "error", err)
		return nil, busy()
	}
	if !e.register(c) {
		c.leg.close()
		e.doors.leave(p)
		return nil, busy()
	}
	return c, nil
}

// admit takes a place for an incoming call, before anything is spent on it;
// nil when there is none.
func (e *endpoint) admit(source string) *place {
	now := time.Now()
	p := e.doors.enter(e.countedAs(addrOf(source)), now)
	if p != nil && e.cfg.Ring <= 0 && !e.doors.answer(p, now) {
		e.doors.leave(p)
		p = nil
	}
	if p == nil {
		e.fullHouse(now)
	}
	return p
}

// fullHouse notes that calls are refused, at most once a second: a flood must
// not fill the log too.
func (e *endpoint) fullHouse(now time.Time) {
	e.refused.Add(1)
	if last := e.warned.Load(); now.UnixNano()-last >= int64(time.Second) && e.warned.CompareAndSwap(last, now.UnixNano()) {
		e.log.Warn("calls are refused: too many", "limit", e.cfg.MaxCalls, "refused", e.refused.Swap(0))
	}
}

// openSound binds the sound of a call to the address of its signalling.
func (e *endpoint) openSound(c *Call) error {
	peer := addrOf(c.dialog.source)
	public := e.publicAddr(peer)
	bound := e.addr.Addr().Unmap()
	conn, err := e.ports.open(bound)
	if err != nil {
		return err
	}
	c.leg = openLeg(e.cfg.Network, conn, public, e.wheel, c.digit)
	return nil
}

// serveInvite answers a call that was registered.
func (c *Call) serveInvite(req *sip.Request, tx sip.ServerTransaction) {
	cancelled := make(chan struct{})
	once := sync.OnceFunc(func() { close(cancelled) })
	if !tx.OnCancel(func(*sip.Request) { once() }) {
		once()
	}
	l := letter{req: req, tx: tx, done: make(chan struct{}), since: time.Now()}
	if !c.ring(l, cancelled) || !c.pickUp(l) {
		c.over = true
	} else if closed(cancelled) { // A CANCEL was faster than our 200, which did not go out then.
		c.end(EndCancel)
		c.over = true
	}
	c.begin(c.hasLeft)
	if c.dialog.transport != "UDP" {
		c.attend(tx.Acks())
	}
}

// hasLeft says that nothing of a call is left.
func (c *Call) hasLeft() {
	close(c.gone)
	c.ep.running.Done()
}

// attend stays with an INVITE that came by TCP or TLS until its call is over:
// sipgo ends its transaction when its handler returns, by UDP only when its
// timers run out. Meanwhile it takes ACKs that repeat the branch of their
// INVITE; by UDP takeACK does.
func (c *Call) attend(acks <-chan *sip.Request) {
	for {
		select {
		case ack := <-acks:
			if tag, _ := ack.To().Params.Get("tag"); tag == c.key.tag && c.offer(&letter{req: ack, since: time.Now()}) == delivered { // The branch is the caller's own: it proves nothing.
				c.work()
			}
		case <-c.gone:
			return
		}
	}
}

// ring lets the telephone ring as long as configured; false if the caller
// gives up meanwhile.
func (c *Call) ring(l letter, cancelled <-chan struct{}) bool {
	if c.ep.cfg.Ring > 0 || c.mayTell(l.req) { // Else our 200 goes out at once (RFC 3261 §17.2.1).
		_ = respond(l.tx, l.req, sip.StatusTrying, "Trying", nil)
	}
	if p := c.instead(l.req); p != nil {
		c.tell(l, p, cancelled)
		return false
	}
	if c.ep.cfg.Ring > 0 {
		p := c.progress(l, sip.StatusRinging, "Ringing", nil, wantsPRACK(l.req, false))
		if !c.hold(l, p, c.ep.cfg.Ring, nil, cancelled) {
			return false
		}
	}
	if closed(cancelled) {
		c.end(EndCancel)
		return false
	}
	if c.ep.cfg.Ring > 0 && !c.ep.doors.answer(c.place, time.Now()) {
		c.ep.fullHouse(time.Now())
		c.refuse(l, busy())
		return false
	}
	return true
}

// instead gives what a caller is told in place of an answer; nil to answer.
func (c *Call) instead(req *sip.Request) *rtp.Prompt {
	if !c.mayTell(req) {
		return nil
	}
	return c.ep.cfg.Early(c)
}

// mayTell reports whether a caller may hear something in place of an answer.
func (c *Call) mayTell(req *sip.Request) bool {
	return c.ep.cfg.Early != nil && (c.trunk != "" || wantsPRACK(req, true))
}

// pickUp sends the 200.
func (c *Call) pickUp(l letter) bool {
	expires, headers, r := negotiateSession(l.req)
	if r == nil {
		var body []byte
		var a *agreement
		if body, a, r = c.answerTo(l.req); r == nil {
			now := time.Now()
			c.picked = now
			c.listen(now)
			c.timers.limit = now.Add(c.ep.cfg.MaxCall)
			c.accept(l, body, a, headers)
			c.startSession(expires)
			return true
		}
	}
	c.log.Info("call refused", "code", r.code, "reason", r.reason)
	c.refuse(l, r)
	return false
}

// prove notes that the far end has received our 200: it is where it says that
// it is. Now it gets sound, and the conversation begins.
func (c *Call) prove() {
	if c.proven {
		return
	}
	c.proven = true
	c.ep.doors.prove(c.place)
	if c.pending != nil { // Another request came instead of the ACK, which may still come.
		c.timers.giveUp = c.picked.Add(64 * c.ep.cfg.t1)
	}
	if closed(c.ended) {
		return // It was hung up meanwhile.
	}
	c.leg.unlock()
	transport := c.dialog.transport
	c.ep.running.Go(func() {
		c.log.Info("call answered", "transport", transport) // Here it delays nobody.
		c.converse()
	})
}

// converse lets the dialogue speak once the caller can hear, and hangs up
// after it.
func (c *Call) converse() {
	ctx, cancel := context.WithCancel(c.ep.answers)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			c.log.Error("defect in a conversation; the call is ended", "panic", p)
		}
		_ = c.Hangup(c.ep.answers)
	}()
	c.awaitSound()
	c.life.begin(cancel)
	defer c.life.over()
	c.ep.cfg.Answer(ctx, c)
}

// awaitSound waits until the caller is heard, not long.
func (c *Call) awaitSound() {
	bound := time.NewTimer(time.Until(c.picked.Add(pickUp)))
	defer bound.Stop()
	select {
	case <-c.leg.receiver.First():
	case <-bound.C:
	case <-c.ended:
	}
}

// aftermath ends the context of a conversation some time after its call. No
// goroutine waits for that. The zero value is ready.
type aftermath struct {
	mu     sync.Mutex
	cancel context.CancelFunc // Nil while no conversation runs.
	timer  *time.Timer
	ended  bool // The call is over.
}

func (a *aftermath) begin(cancel context.CancelFunc) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.cancel = cancel
	a.start()
}

func (a *aftermath) callEnded() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ended = true
	a.start()
}

func (a *aftermath) start() {
	if a.ended && a.cancel != nil && a.timer == nil {
		a.timer = time.AfterFunc(afterlife, a.cancel)
	}
}

func (a *aftermath) over() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.cancel = nil; a.timer != nil {
		a.timer.Stop()
	}
}
