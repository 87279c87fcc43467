package sip

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// EndTransfer says that the caller was sent on to somebody else.
const EndTransfer = "transferred"

// ErrTransfer is wrapped by every failure of a Transfer; the call goes on.
var ErrTransfer = errors.New("the call could not be transferred")

// ErrNoTransfer says that the far end did not even take the REFER: it transfers
// no calls, or none of ours. It comes together with ErrTransfer.
var ErrNoTransfer = errors.New("the far end does not transfer calls")

// ErrOver says that the caller has hung up.
var ErrOver = errors.New("the caller has hung up")

// referPatience is how long the response to a REFER may take, in timers T1:
// five seconds, in which it is sent four times. Some trunks drop what they do
// not know, and the caller waits.
const referPatience = 10

// referral is a REFER on its way (RFC 3515).
type referral struct {
	accepted bool
	result   chan error // Takes the outcome.
}

// Transfer sends the far end on to another address: a SIP URI, or an extension
// of the switchboard or trunk that the call came by (REFER, RFC 3515). It
// returns nil once the far end has taken over; the call ends then. On any
// error it goes on as it was. One transfer can be tried at a time.
func (c *Call) Transfer(ctx context.Context, to string) error {
	result := make(chan error, 1)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if !c.post(letter{act: func() { c.refer(ctx, to, result) }}) {
		return fmt.Errorf("%w: %w", ErrTransfer, ErrOver)
	}
	select {
	case err := <-result:
		return err
	case <-ctx.Done():
		c.post(letter{act: func() { c.referral = nil }})
		return fmt.Errorf("%w: no outcome: %w", ErrTransfer, ctx.Err())
	case <-c.gone:
		select {
		case err := <-result:
			return err
		default:
			return fmt.Errorf("%w: %w", ErrTransfer, ErrOver)
		}
	}
}

// refer sends the REFER.
func (c *Call) refer(ctx context.Context, to string, result chan error) {
	target, err := c.referTarget(to)
	switch {
	case err != nil:
		result <- fmt.Errorf("%w: %w", ErrTransfer, err)
		return
	case c.byeing || c.over || c.referral != nil || !c.proven:
		result <- fmt.Errorf("%w: not now", ErrTransfer)
		return
	}
	r := &referral{result: result}
	c.referral = r
	req := c.dialog.request(sip.REFER, nil, sip.NewHeader("Refer-To", "<"+target.String()+">"),
		sip.NewHeader("Referred-By", "<"+c.dialog.local.Address.String()+">"))
	c.ep.running.Go(func() {
		ctx, cancel := context.WithTimeout(ctx, referPatience*c.ep.cfg.t1)
		defer cancel()
		stop := context.AfterFunc(c.ep.answers, cancel)
		defer stop()
		res, err := c.ep.do(ctx, req)
		c.post(letter{act: func() { c.referred(r, res, err) }})
	})
}

// referTarget makes an address of what a Transfer names.
func (c *Call) referTarget(to string) (sip.Uri, error) {
	if lower := strings.ToLower(to); strings.HasPrefix(lower, "sip:") || strings.HasPrefix(lower, "sips:") {
		return parseTarget(to)
	}
	user := cleanUser(strings.ReplaceAll(to, " ", ""))
	if user == "" {
		return sip.Uri{}, fmt.Errorf("%w: %q", ErrBadURI, clip(to))
	}
	there := c.dialog.remote.Address
	return sip.Uri{Scheme: "sip", User: user, Host: there.Host, Port: there.Port}, nil
}

// referred takes the response to our REFER.
func (c *Call) referred(r *referral, res *sip.Response, err error) {
	switch {
	case c.referral != r:
	case err != nil:
		c.transferEnds(fmt.Errorf("%w: %w: %w", ErrTransfer, ErrNoTransfer, err))
	case !res.IsSuccess():
		c.transferEnds(fmt.Errorf("%w: %w: %w", ErrTransfer, ErrNoTransfer, errorOf(res)))
	case strings.EqualFold(firstToken(res, "Refer-Sub"), "false"):
		c.transferEnds(nil) // RFC 4488: nothing will be told.
	default:
		r.accepted = true
	}
}

// notify takes news about a transfer: the status line of what became of it.
func (c *Call) notify(l letter) {
	kind := ""
	if h := l.req.ContentType(); h != nil {
		kind = strings.ToLower(h.Value())
	}
	if c.referral == nil || !strings.HasPrefix(kind, "message/sipfrag") {
		_ = respond(l.tx, l.req, sip.StatusCallTransactionDoesNotExists, "Subscription Does Not Exist", nil)
		return
	}
	_ = respond(l.tx, l.req, sip.StatusOK, "OK", nil)
	code, reason := fragment(l.req.Body())
	over := strings.HasPrefix(strings.ToLower(firstToken(l.req, "Subscription-State")), "terminated")
	switch {
	case code >= 200 && code < 300:
		c.transferEnds(nil)
	case code >= 300:
		c.transferEnds(fmt.Errorf("%w: %w", ErrTransfer, &RejectedError{code, reason}))
	case over: // Many switchboards tell no more than that they are trying.
		c.transferEnds(nil)
	}
}

// fragment reads the status line of a sipfrag (RFC 3420).
func fragment(body []byte) (code int, reason string) {
	line, _, _ := bytes.Cut(body, []byte("\n"))
	f := strings.SplitN(strings.TrimSpace(string(line)), " ", 3)
	if len(f) < 2 || !strings.HasPrefix(strings.ToUpper(f[0]), "SIP/2.0") {
		return 0, ""
	}
	code, _ = strconv.Atoi(f[1])
	if len(f) == 3 {
		reason = f[2]
	}
	return code, clip(reason)
}

// transferEnds tells the outcome, once; after a success the call is over.
func (c *Call) transferEnds(err error) {
	r := c.referral
	if r == nil {
		return
	}
	c.referral = nil
	r.result <- err
	if err != nil {
		c.log.Info("transfer failed", "error", err)
		return
	}
	c.bye(EndTransfer)
}

// leaving notes that the far end hangs up: after it took a REFER that is its
// way to say that it has gone on.
func (c *Call) leaving() string {
	if r := c.referral; r != nil && r.accepted {
		c.referral = nil
		r.result <- nil
		return EndTransfer
	}
	return EndBye
}
