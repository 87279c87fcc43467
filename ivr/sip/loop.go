package sip

import (
	"context"
	"fmt"
	"time"

	"github.com/emiago/sipgo/sip"

	"github.com/xinmoi/xinmoi/ivr/media"
)

// pending is an INVITE that we answered with 200 and whose ACK is not here yet
// (RFC 3261 §13.3.1.4): the 200 is repeated until it comes.
type pending struct {
	letter   letter
	res      *sip.Response
	interval time.Duration
	offered  bool // The 200 has our offer; the answer comes in the ACK.
}

// timers holds what is due when; zero is never.
type timers struct {
	resend  time.Time // The 200 again.
	giveUp  time.Time // No ACK came.
	ackWait time.Time // Waiting requests are refused.
	media   time.Time // Look whether anything was heard.
	session time.Time // Refresh, or end, by RFC 4028.
	limit   time.Time // End of every call.

	quiet time.Time // Since when silence counts.
}

// never is later than any call lasts.
const never = 24 * time.Hour

// next tells when something is due.
func (t *timers) next(now time.Time) time.Duration {
	d := never
	for _, at := range [...]time.Time{t.resend, t.giveUp, t.ackWait, t.media, t.session, t.limit} {
		if !at.IsZero() {
			d = min(d, at.Sub(now))
		}
	}
	return max(d, 0)
}

// due reports whether a timer has run out, and stops it.
func due(at *time.Time, now time.Time) bool {
	if at.IsZero() || now.Before(*at) {
		return false
	}
	*at = time.Time{}
	return true
}

func (c *Call) timeUp(now time.Time) {
	t := &c.timers
	if due(&t.giveUp, now) {
		c.noACK()
		return
	}
	if due(&t.resend, now) {
		c.resend(now)
	}
	if due(&t.ackWait, now) {
		c.openWaiting()
	}
	if due(&t.limit, now) {
		c.bye(EndTooLong)
	}
	if due(&t.media, now) {
		c.checkMedia(now)
	}
	if due(&t.session, now) {
		c.sessionDue()
	}
}

// noACK gives up waiting; now a BYE may be sent all the same. Somebody who was
// never heard of does not keep a place during that.
func (c *Call) noACK() {
	if !c.proven {
		c.ep.doors.leave(c.place)
	}
	c.pending.release()
	c.pending, c.timers.resend, c.timers.giveUp = nil, time.Time{}, time.Time{}
	if c.late != "" {
		c.sendBye()
		return
	}
	c.bye(EndNoACK)
}

// resend repeats the 200 after T1, 2·T1, 4·T1 … at most T2 apart.
func (c *Call) resend(now time.Time) {
	_ = c.pending.letter.tx.Respond(c.pending.res)
	c.pending.interval = min(2*c.pending.interval, t2)
	c.timers.resend = now.Add(c.pending.interval)
}

// checkMedia ends a call that nobody is on any more.
func (c *Call) checkMedia(now time.Time) {
	if c.leg.held || c.byeing {
		return // The end of hold starts the timer again.
	}
	limit, last := c.ep.cfg.FirstMedia, c.leg.receiver.Last()
	if !last.IsZero() {
		limit = c.ep.cfg.Media
	}
	if last.Before(c.timers.quiet) {
		last = c.timers.quiet
	}
	if deadline := last.Add(limit); deadline.After(now) {
		c.timers.media = deadline
		return
	}
	c.bye(EndMedia)
}

// listen starts to watch for silence.
func (c *Call) listen(now time.Time) {
	c.timers.quiet, c.timers.media = now, now.Add(min(c.ep.cfg.Media, c.ep.cfg.FirstMedia))
}

// open does what a letter asks.
func (c *Call) open(l letter) {
	if l.req != nil && l.req.Method != sip.ACK {
		c.insteadOfACK()
		for _, p := range c.pressed.takeAll() { // Before a BYE too, which may overtake its INFO.
			c.keyed(p)
		}
	}
	switch {
	case l.act != nil:
		l.act()
		return
	case l.req.Method == sip.ACK:
		c.acknowledged(l.req)
	case l.req.Method == sip.BYE:
		_ = respond(l.tx, l.req, sip.StatusOK, "OK", nil)
		c.end(c.leaving())
		c.over = true
	case c.byeing:
		_ = respond(l.tx, l.req, sip.StatusCallTransactionDoesNotExists, "Call/Transaction Does Not Exist", nil)
	case l.req.Method == sip.INVITE || l.req.Method == sip.UPDATE:
		c.reoffer(l)
		return // Answers and releases the letter in its own time.
	case l.req.Method == sip.INFO:
		c.info(l)
	case l.req.Method == sip.NOTIFY:
		c.notify(l)
	case l.req.Method == sip.PRACK: // It came too late: nothing of ours waits for it.
		_ = respond(l.tx, l.req, sip.StatusCallTransactionDoesNotExists, "Call/Transaction Does Not Exist", nil)
	default:
		_ = respond(l.tx, l.req, sip.StatusOK, "OK", nil, sip.NewHeader("Allow", allowed))
	}
	l.release()
}

// insteadOfACK takes another request than the ACK as proof: it repeats our tag.
func (c *Call) insteadOfACK() {
	if c.pending != nil && !c.pending.offered {
		c.prove()
	}
}

// acknowledged ends the wait for an ACK; req is nil for one that has no body.
func (c *Call) acknowledged(req *sip.Request) {
	p := c.pending
	if p == nil {
		return // A repetition.
	}
	c.pending = nil
	c.timers.resend, c.timers.giveUp, c.timers.ackWait = time.Time{}, time.Time{}, time.Time{}
	p.release()
	p.res.MessageData = sip.MessageData{} // sipgo keeps it (Timer L), but will not send it again by itself.
	c.prove()
	if p.offered && !c.byeing {
		if err := c.lateAnswer(req); err != nil {
			c.log.Info("no sound in common", "error", err)
			c.bye(EndFailed)
		}
	}
	if c.late != "" {
		c.sendBye()
	}
	c.openWaiting()
}

// lateAnswer reads the answer to the offer of our 200 from the ACK.
func (c *Call) lateAnswer(ack *sip.Request) error {
	if ack == nil {
		return errNoSDP
	}
	body, ok := sdpBody(ack)
	if !ok {
		return errNoSDP
	}
	d, err := parseSDP(body)
	if err != nil {
		return err
	}
	a, err := c.agree(d)
	if err != nil {
		return err
	}
	c.leg.agree(a, addrOf(c.dialog.source), offerEvents)
	c.held(time.Now())
	return nil
}

// openWaiting goes on with what waited for an ACK.
func (c *Call) openWaiting() {
	waiting := c.waiting
	c.waiting = nil
	for _, l := range waiting {
		c.open(l)
	}
}

// held adapts the timers to hold or its end.
func (c *Call) held(now time.Time) {
	c.timers.media = time.Time{}
	if !c.leg.held && c.page == nil {
		c.listen(now)
	}
}

func (p *pending) release() {
	if p != nil {
		p.letter.release()
	}
}

// end ends sound and inputs, once.
func (c *Call) end(why string) {
	if closed(c.ended) {
		return
	}
	c.leg.close()
	c.queue.Put(media.Input{Kind: media.HungUp, Source: why})
	close(c.ended)
	c.life.callEnded()
	c.log.Info("call ended", "why", why)
}

// bye hangs up. Before the ACK of our 200 no BYE may be sent (RFC 3261 §15):
// it waits then.
func (c *Call) bye(why string) {
	if c.byeing || c.over {
		return
	}
	c.byeing, c.late = true, why
	c.end(why)
	if c.pending == nil {
		c.sendBye()
	}
}

func (c *Call) sendBye() {
	why := c.late
	c.late = ""
	patience := 64 * c.ep.cfg.t1
	if !c.proven {
		patience = min(patience, byeTime) // Perhaps its address belongs to somebody who knows of nothing.
	}
	req := c.dialog.request(sip.BYE, nil, sip.NewHeader("Reason", `Q.850;cause=16;text="`+why+`"`))
	c.ep.running.Go(func() {
		ctx, cancel := context.WithTimeout(c.ep.answers, patience) // Ends with the server at the latest.
		defer cancel()
		if err := c.sendAgain(ctx, req); err != nil {
			c.log.Info("BYE was not confirmed", "error", err)
		}
		c.post(letter{act: func() { c.over = true }})
	})
}

// sendAgain sends a request that must arrive: the connection that the call
// came by may be closed at the first attempt.
func (c *Call) sendAgain(ctx context.Context, req *sip.Request) error {
	_, err := c.ep.do(ctx, req)
	if err == nil || ctx.Err() != nil {
		return err
	}
	again := req.Clone()
	again.Via().Params.Add("branch", sip.GenerateBranch())
	again.Laddr = req.Laddr
	if len(c.dialog.routes) == 0 {
		again.SetDestination(hostPort(&req.Recipient))
	}
	if waitErr := wait(ctx, keyGap, nil); waitErr != nil {
		return err
	}
	_, err = c.ep.do(ctx, again)
	return err
}

// finish releases everybody who waits for the call.
func (c *Call) finish() {
	c.end(EndFailed)
	c.pending.release()
	c.pending = nil
	for _, l := range c.waiting {
		_ = respond(l.tx, l.req, sip.StatusCallTransactionDoesNotExists, "Call/Transaction Does Not Exist", nil)
		l.release()
	}
	c.ep.unregister(c)
}

// reoffer answers a re-INVITE or UPDATE within the call (RFC 3261 §14.2, RFC 3311).
func (c *Call) reoffer(l letter) {
	seq := l.req.CSeq().SeqNo
	switch {
	case c.pending != nil && time.Since(l.since) < ackPatience && len(c.waiting) < maxWaiting:
		c.waiting = append(c.waiting, l) // Its predecessor's ACK is probably just behind.
		c.timers.ackWait = l.since.Add(ackPatience)
		return
	case seq < c.dialog.remoteSeq || c.pending != nil && l.req.Method == sip.UPDATE:
		c.refuse(l, refuse(sip.StatusInternalServerError, "Server Internal Error", sip.NewHeader("Retry-After", "1")))
		return
	case c.pending != nil || c.asking && l.req.Method == sip.INVITE:
		c.refuse(l, refuse(sip.StatusRequestPending, "Request Pending"))
		return
	}
	c.dialog.remoteSeq = seq
	expires, headers, r := negotiateSession(l.req)
	if r != nil {
		c.refuse(l, r)
		return
	}
	body, a, r := c.answerTo(l.req)
	if r != nil {
		c.refuse(l, r)
		return
	}
	c.dialog.retarget(l.req, &c.dialog.target)
	c.dialog.source = l.req.Source()
	c.accept(l, body, a, headers)
	c.startSession(expires)
}

// answerTo gives the body for the 200 to a request; the agreement is nil when
// the request has no offer.
func (c *Call) answerTo(req *sip.Request) (body []byte, a *agreement, r *refusal) {
	sdp, ok := sdpBody(req)
	if !ok {
		if req.Method == sip.INVITE {
			body = c.leg.local.offer(c.way())
		}
		return body, nil, nil
	}
	d, err := parseSDP(sdp)
	if err != nil {
		return nil, nil, refuse(sip.StatusBadRequest, "Unreadable Session Description")
	}
	a, err = c.agree(d)
	if err != nil {
		return nil, nil, refuse(sip.StatusNotAcceptableHere, "Not Acceptable Here", sip.NewHeader("Warning", fmt.Sprintf(`305 xinmoi "%s"`, err)))
	}
	if c.leg.greeted {
		c.leg.local.Version++
	}
	return c.leg.local.answer(a), a, nil
}

// accept sends the 200 to an INVITE or UPDATE and applies what was agreed.
func (c *Call) accept(l letter, body []byte, a *agreement, headers []sip.Header) {
	res := sip.NewResponseFromRequest(l.req, sip.StatusOK, "OK", body)
	headers = append(headers, &sip.ContactHeader{Address: c.dialog.contact}, sip.NewHeader("Allow", allowed), sip.NewHeader("Supported", supported))
	if len(body) > 0 {
		headers = append(headers, sip.NewHeader("Content-Type", "application/sdp"))
	}
	for _, h := range headers {
		res.AppendHeader(h)
	}
	now := time.Now()
	if a != nil {
		c.leg.agree(a, addrOf(l.req.Source()), 0)
		c.held(now)
	}
	_ = l.tx.Respond(res) // A lost one is repeated.
	if l.req.Method != sip.INVITE {
		l.release()
		return
	}
	t1 := c.ep.cfg.t1
	c.pending = &pending{letter: l, res: res, interval: t1, offered: a == nil}
	patience := 64 * t1
	if !c.proven {
		patience = noWord * t1
	}
	c.timers.resend, c.timers.giveUp = now.Add(t1), now.Add(patience)
}

func (c *Call) refuse(l letter, r *refusal) {
	_ = respond(l.tx, l.req, r.code, r.reason, nil, r.headers...)
	l.release()
}
