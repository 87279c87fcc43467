package sip

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"

	"github.com/xinmoi/xinmoi/announce/rtp"
	"github.com/xinmoi/xinmoi/ivr/media"
)

// How the two calls of a Bridge came to be parted.
const (
	PartedByFirst  = "first"    // The first one hung up, or its line broke.
	PartedBySecond = "second"   // The second one.
	PartedByTime   = "too-long" // They had talked as long as they may.
	PartedByStop   = "shutdown" // We stop.
)

// partTime is how long the end of a bridged call may take.
const partTime = 3 * time.Second

// HandOver ends the conversation on this call while the call itself goes on:
// who has read Inputs until now gets a HungUp with the source EndTransfer, and
// nothing more; Inputs, asked for again, gives what happens from now on. It
// reports false when the call is over.
func (c *Call) HandOver() bool {
	return c.queue.Split(media.Input{Kind: media.HungUp, Source: EndTransfer})
}

// Relay lets the far end hear what is put into r, in the pauses between
// prompts; nil ends that.
func (c *Call) Relay(r *rtp.Relay) { c.leg.stream.Relay(r) }

// Bridge lets two calls hear each other until one of them ends, they have
// talked for longest, or ctx ends; then it hangs up both, and tells why. Keys
// pressed at one are pressed at the other. It reads the Inputs of both.
func Bridge(ctx context.Context, first, second *Call, longest time.Duration) (why string) {
	for _, way := range [][2]*Call{{first, second}, {second, first}} {
		r := rtp.NewRelay()
		way[0].Heard(r.Put)
		way[1].Relay(r)
		way[0].lastUntil(longest)
	}
	ctx, cancel := context.WithCancel(ctx)
	var passing sync.WaitGroup
	ends := make(chan string, 2)
	passing.Go(func() { ends <- pass(ctx, first, second, PartedByFirst) })
	passing.Go(func() { ends <- pass(ctx, second, first, PartedBySecond) })
	why = <-ends
	cancel()
	for _, c := range []*Call{first, second} {
		c.Heard(nil)
		c.Relay(nil)
		c.Stop()
		passing.Go(func() {
			// ctx may have ended, and a BYE is due all the same.
			bound, cancel := context.WithTimeout(context.WithoutCancel(ctx), partTime)
			defer cancel()
			_ = c.Hangup(bound)
		})
	}
	passing.Wait()
	return why
}

// pass presses at one call what is pressed at another, until that ends.
func pass(ctx context.Context, from, to *Call, mine string) (why string) {
	inputs := from.Inputs()
	for {
		select {
		case in, ok := <-inputs:
			switch {
			case !ok || in.Kind == media.HungUp && in.Source != EndTooLong && in.Source != EndDrain:
				return mine
			case in.Kind == media.HungUp && in.Source == EndTooLong:
				return PartedByTime
			case in.Kind == media.HungUp:
				return PartedByStop
			case in.Kind == media.Digit && in.Source != media.SourceInband: // Those are heard anyway.
				to.press(ctx, in.Digit)
			}
		case <-ctx.Done():
			return PartedByStop
		}
	}
}

// press passes a key on, as sound where the far end takes no telephone events.
func (c *Call) press(ctx context.Context, key rune) {
	err := c.SendDigit(ctx, key)
	if !errors.Is(err, rtp.ErrNoEvents) {
		return
	}
	c.leg.stream.Play(rtp.NewPrompt(media.KeySound(key, keyTime)), nil)
	_ = wait(ctx, keyTime+keyGap, c.ended)
}

// lastUntil lets a call last so long from now on, whatever Config.MaxCall says.
func (c *Call) lastUntil(d time.Duration) {
	c.post(letter{act: func() {
		if !c.timers.limit.IsZero() {
			c.timers.limit = time.Now().Add(d)
		}
	}})
}

// Beside gives the address of somebody at the switchboard that a call came by,
// for Server.Dial: a SIP URI as it is, or an extension there. The switchboard is
// where the call was sent from, whatever the caller writes into the messages:
// nobody has us call a third party.
func (c *Call) Beside(ctx context.Context, to string) (uri string, err error) {
	type answer struct {
		uri string
		err error
	}
	found := make(chan answer, 1)
	if !c.post(letter{act: func() {
		uri, err := c.besides(to)
		found <- answer{uri, err}
	}}) {
		return "", ErrOver
	}
	select {
	case a := <-found:
		return a.uri, a.err
	case <-c.gone:
		return "", ErrOver
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// besides runs in a turn of the call.
func (c *Call) besides(to string) (string, error) {
	if lower := strings.ToLower(to); strings.HasPrefix(lower, "sip:") || strings.HasPrefix(lower, "sips:") {
		u, err := parseTarget(to)
		return u.String(), err
	}
	user := cleanUser(strings.ReplaceAll(to, " ", ""))
	host, port, err := c.dialog.sender()
	if user == "" || err != nil {
		return "", fmt.Errorf("%w: %q", ErrBadURI, clip(to))
	}
	u := sip.Uri{Scheme: "sip", User: user, Host: host}
	if u.Port, err = strconv.Atoi(port); err != nil {
		return "", fmt.Errorf("%w: %q", ErrBadURI, clip(to))
	}
	if strings.Contains(host, ":") {
		u.Host = "[" + host + "]"
	}
	if c.dialog.transport != "UDP" {
		u.UriParams.Add("transport", strings.ToLower(c.dialog.transport))
	}
	return u.String(), nil
}
