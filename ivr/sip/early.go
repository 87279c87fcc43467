package sip

import (
	"context"
	"strconv"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// early is the state before the answer of a call we placed: what was
// acknowledged of reliable responses (RFC 3262), and the sound that was agreed.
type early struct {
	rack  map[string]bool // "RSeq CSeq" by tag.
	sound bool
}

// provisional takes a response that is not the final one: a reliable one is
// acknowledged by PRACK, and sound is listened to where that is wanted.
func (c *Call) provisional(cfg DialConfig, req *sip.Request, res *sip.Response) {
	if res.StatusCode <= sip.StatusTrying {
		return
	}
	if c.early == nil {
		c.early = &early{rack: map[string]bool{}}
	}
	if has(res, "Require", "100rel") {
		c.prack(req, res)
	}
	if !cfg.Early || c.early.sound {
		return
	}
	if a, err := c.answerOf(res); err == nil {
		c.early.sound = true
		c.leg.agree(a, addrOf(res.Source()), offerEvents) // Still locked: we only listen.
	}
}

// maxReliable bounds the reliable responses to one INVITE.
const maxReliable = 16

// prack acknowledges a reliable provisional response within its early dialog.
func (c *Call) prack(invite *sip.Request, res *sip.Response) {
	rseq := firstToken(res, "RSeq")
	tag, _ := res.To().Params.Get("tag")
	if n, err := strconv.ParseUint(rseq, 10, 32); err != nil || n == 0 || c.early.rack[rseq+tag] || len(c.early.rack) >= maxReliable {
		return
	}
	c.early.rack[rseq+tag] = true
	d := c.dialog // As it would be if this were the answer.
	d.remote.Params = res.To().Params.Clone()
	d.retarget(res, &d.target)
	if res.Source() != "" {
		d.source = res.Source()
	}
	if rr := res.GetHeaders("Record-Route"); len(rr) > 0 {
		d.outbound, d.routes = "", nil
		for i := len(rr) - 1; i >= 0; i-- {
			d.routes = append(d.routes, rr[i].Value())
		}
	} else if d.transport == "UDP" {
		d.outbound = ""
	}
	req := d.request(sip.PRACK, nil, sip.NewHeader("RAck", rseq+" "+strconv.Itoa(int(invite.CSeq().SeqNo))+" "+string(sip.INVITE)))
	c.dialog.localSeq = d.localSeq
	c.ep.running.Go(func() {
		ctx, cancel := context.WithTimeout(c.ep.answers, 64*c.ep.cfg.t1)
		defer cancel()
		if _, err := c.ep.do(ctx, req); err != nil {
			c.log.Info("PRACK was not answered", "error", err)
		}
	})
}

// rackOf reads a RAck header: "776656 1 INVITE".
func rackOf(req *sip.Request) (rseq, cseq uint32, ok bool) {
	f := strings.Fields(firstToken(req, "RAck"))
	if len(f) != 3 || !strings.EqualFold(f[2], string(sip.INVITE)) {
		return 0, 0, false
	}
	a, errA := strconv.ParseUint(f[0], 10, 32)
	b, errB := strconv.ParseUint(f[1], 10, 32)
	return uint32(a), uint32(b), errA == nil && errB == nil
}
