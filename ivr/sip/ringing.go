package sip

import (
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/emiago/sipgo/sip"

	"github.com/xinmoi/xinmoi/announce/rtp"
)

// reliable is a provisional response on its way: one that the caller wants to
// acknowledge by PRACK (RFC 3262) is repeated until it does.
type reliable struct {
	res      *sip.Response
	rseq     uint32
	acked    bool
	interval time.Duration
	resend   *time.Timer
	giveUp   *time.Timer
}

// wantsPRACK reports whether provisional responses to an INVITE must be
// reliable; sound before the answer also where they only can be.
func wantsPRACK(req *sip.Request, sound bool) bool {
	return has(req, "Require", "100rel") || sound && has(req, "Supported", "100rel")
}

// progress sends a provisional response with a body or without.
func (c *Call) progress(l letter, code int, reason string, body []byte, secure bool) *reliable {
	res := sip.NewResponseFromRequest(l.req, code, reason, body)
	res.AppendHeader(&sip.ContactHeader{Address: c.dialog.contact})
	res.AppendHeader(sip.NewHeader("Allow", allowed))
	if len(body) > 0 {
		res.AppendHeader(sip.NewHeader("Content-Type", "application/sdp"))
	}
	p := &reliable{res: res, acked: !secure, interval: c.ep.cfg.t1, resend: newAlarm(0), giveUp: newAlarm(0)}
	if secure {
		p.rseq = 1 + rand.Uint32N(1<<31-1)
		res.AppendHeader(sip.NewHeader("Require", "100rel"))
		res.AppendHeader(sip.NewHeader("RSeq", strconv.FormatUint(uint64(p.rseq), 10)))
		p.resend.Reset(p.interval)
		p.giveUp.Reset(64 * c.ep.cfg.t1)
	}
	_ = l.tx.Respond(res)
	return p
}

func (p *reliable) stop() {
	p.resend.Stop()
	p.giveUp.Stop()
}

// hold keeps an INVITE in progress until done or, for a time, d, and its
// provisional response is acknowledged. It reports false when the call is over.
func (c *Call) hold(l letter, p *reliable, d time.Duration, done, cancelled <-chan struct{}) bool {
	defer p.stop()
	limit := newAlarm(d)
	defer limit.Stop()
	up := false
	var later []letter
	defer func() {
		for _, each := range later {
			c.ep.running.Go(func() { c.post(each) })
		}
	}()
	for !up || !p.acked {
		select {
		case <-limit.C:
			up = true
		case <-done:
			up = true
		case <-p.resend.C:
			_ = l.tx.Respond(p.res)
			p.interval *= 2
			p.resend.Reset(p.interval)
		case <-p.giveUp.C:
			c.refuse(l, refuse(sip.StatusGatewayTimeout, "Provisional Response Not Acknowledged"))
			return false
		case in := <-c.mail:
			if in.act != nil {
				later = append(later, *in)
			} else if !c.beforeAnswer(l, *in, p) {
				return false
			}
		case <-cancelled:
			c.end(EndCancel)
			return false
		case <-c.ep.answers.Done():
			c.refuse(l, busy()) // The server stops.
			return false
		}
	}
	return true
}

// beforeAnswer answers a request that comes before our final response.
func (c *Call) beforeAnswer(l, in letter, p *reliable) bool {
	defer in.release()
	switch in.req.Method {
	case sip.PRACK:
		rseq, cseq, ok := rackOf(in.req)
		if !ok || rseq != p.rseq || cseq != l.req.CSeq().SeqNo {
			_ = respond(in.tx, in.req, sip.StatusCallTransactionDoesNotExists, "Call/Transaction Does Not Exist", nil)
			return true
		}
		p.acked = true // It repeats our tag and number: it is where it says it is.
		p.resend.Stop()
		p.giveUp.Stop()
		c.dialog.remoteSeq = max(c.dialog.remoteSeq, in.req.CSeq().SeqNo)
		_ = respond(in.tx, in.req, sip.StatusOK, "OK", nil)
	case sip.BYE:
		_ = respond(in.tx, in.req, sip.StatusOK, "OK", nil)
		c.refuse(l, refuse(sip.StatusRequestTerminated, "Request Terminated"))
		c.end(EndBye)
		return false
	case sip.ACK:
	default:
		_ = respond(in.tx, in.req, sip.StatusInternalServerError, "Server Internal Error", nil, sip.NewHeader("Retry-After", "1"))
	}
	return true
}

// tell plays a prompt to a caller without answering the call (early media), and
// refuses it then. It sends no sound to who may not be there: the caller came
// by a trunk, or acknowledges first.
func (c *Call) tell(l letter, prompt *rtp.Prompt, cancelled <-chan struct{}) {
	closing := refuse(sip.StatusTemporarilyUnavailable, "Temporarily Unavailable")
	body, a, r := c.answerTo(l.req)
	if r == nil && a == nil {
		r = closing // No offer: nothing can be said.
	}
	if r != nil {
		c.refuse(l, r)
		return
	}
	secure := wantsPRACK(l.req, true)
	p := c.progress(l, sip.StatusSessionInProgress, "Session Progress", body, secure)
	c.leg.agree(a, addrOf(l.req.Source()), 0)
	if secure && !c.hold(l, p, time.Nanosecond, nil, cancelled) {
		return
	}
	c.leg.unlock()
	played := make(chan struct{})
	c.leg.stream.Play(prompt, func() { close(played) })
	p.acked = true
	if c.hold(l, p, prompt.Duration()+pickUp+time.Second, played, cancelled) {
		c.refuse(l, closing)
		c.end(EndHangup)
	}
}
