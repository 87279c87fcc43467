package sip

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"
)

// Session timers (RFC 4028): a side that has crashed is noticed because it no
// longer refreshes. Seconds.
const (
	minSession     = 90
	defaultSession = 1800
	maxSession     = 86400
)

// session is the state of the session timer of one call.
type session struct {
	interval time.Duration // Zero: no timer.
	ours     bool          // We refresh.
}

// negotiateSession reads what a request wants and gives the headers for its
// 200 (§9). The far end refreshes unless it cannot or does not want to.
func negotiateSession(req *sip.Request) (session, []sip.Header, *refusal) {
	able := has(req, "Supported", "timer") || has(req, "Require", "timer")
	seconds, refresher, present := sessionExpires(req)
	switch {
	case !present && !able:
		return session{}, nil, nil
	case !present:
		seconds = defaultSession
	case seconds < minSession && able:
		return session{}, nil, refuse(422, "Session Interval Too Small", sip.NewHeader("Min-SE", strconv.Itoa(minSession)))
	}
	if floor, err := strconv.Atoi(firstToken(req, "Min-SE")); err == nil {
		seconds = max(seconds, min(floor, maxSession))
	}
	s := session{interval: time.Duration(max(seconds, minSession)) * time.Second}
	if !able || refresher == "uas" {
		s.ours = true
		refresher = "uas"
	} else {
		refresher = "uac"
	}
	headers := []sip.Header{sip.NewHeader("Session-Expires", fmt.Sprintf("%d;refresher=%s", int(s.interval.Seconds()), refresher))}
	if able {
		headers = append(headers, sip.NewHeader("Require", "timer"))
	}
	return s, headers, nil
}

// sessionExpires reads a Session-Expires header ("1800;refresher=uac").
func sessionExpires(msg headed) (seconds int, refresher string, present bool) {
	for line := range valuesOf(msg, "Session-Expires") {
		value, params, _ := strings.Cut(line, ";")
		n, err := strconv.Atoi(strings.TrimSpace(value))
		if err != nil || n <= 0 {
			continue
		}
		for p := range strings.SplitSeq(params, ";") {
			if k, v, ok := strings.Cut(strings.TrimSpace(p), "="); ok && strings.EqualFold(k, "refresher") {
				refresher = strings.ToLower(strings.TrimSpace(v))
			}
		}
		return min(n, maxSession), refresher, true
	}
	return 0, "", false
}

// firstToken gives the value of a header without parameters.
func firstToken(msg headed, name string) string {
	for line := range valuesOf(msg, name) {
		v, _, _ := strings.Cut(line, ";")
		return strings.TrimSpace(v)
	}
	return ""
}

// startSession sets the timer of a call anew.
func (c *Call) startSession(s session) {
	c.session, c.timers.session = s, time.Time{}
	if s.interval == 0 {
		return
	}
	after := s.interval - min(32*time.Second, s.interval/3)
	if s.ours {
		after = s.interval / 2
	}
	c.timers.session = time.Now().Add(after)
}

// sessionDue refreshes, or ends a call that the far end does not refresh.
func (c *Call) sessionDue() {
	switch {
	case c.byeing:
	case !c.session.ours:
		c.bye(EndSession)
	case c.pending != nil || c.asking:
		c.timers.session = time.Now().Add(time.Second)
	default:
		c.refresh()
	}
}

// refresh tells the far end that the call goes on: by UPDATE where it is
// understood, else by an INVITE that changes nothing.
func (c *Call) refresh() {
	method, body := sip.UPDATE, []byte(nil)
	if !c.updates {
		method, body = sip.INVITE, c.leg.local.offer(c.way())
	}
	c.asking = true
	req := c.dialog.request(method, body, sip.NewHeader("Supported", supported),
		sip.NewHeader("Session-Expires", fmt.Sprintf("%d;refresher=uac", int(c.session.interval.Seconds()))))
	c.ep.running.Go(func() {
		ctx, cancel := context.WithTimeout(c.ep.answers, 64*c.ep.cfg.t1)
		defer cancel()
		res, err := c.ep.do(ctx, req)
		c.post(letter{act: func() { c.refreshed(res, err) }})
	})
}

// refreshed takes the response to a refresh.
func (c *Call) refreshed(res *sip.Response, err error) {
	c.asking = false
	if err == nil && res.IsSuccess() && res.CSeq().MethodName == sip.INVITE {
		c.sendAck()
	}
	switch {
	case c.byeing:
	case err != nil || res.StatusCode == http.StatusRequestTimeout || res.StatusCode == sip.StatusCallTransactionDoesNotExists:
		c.bye(EndSession)
	case res.StatusCode == statusSessionTooSmall && minSE(res) > c.session.interval:
		c.session.interval = minSE(res) // RFC 4028 §7.4: what the far end, or a proxy, insists on.
		c.refresh()
	default:
		c.startSession(c.session)
	}
}

// statusSessionTooSmall is 422, of RFC 4028 §6.
const statusSessionTooSmall = 422

// minSE reads the least interval that a far end accepts.
func minSE(msg headed) time.Duration {
	n, err := strconv.Atoi(firstToken(msg, "Min-SE"))
	if err != nil || n <= 0 {
		return 0
	}
	return time.Duration(min(n, maxSession)) * time.Second
}

// sendAck acknowledges the 2xx to our INVITE.
func (c *Call) sendAck() {
	if err := c.ep.write(c.dialog.request(sip.ACK, nil)); err != nil {
		c.log.Info("ACK was not sent", "error", err)
	}
}
