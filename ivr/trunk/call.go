package trunk

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/xinmoi/xinmoi/ivr/media"
	"github.com/xinmoi/xinmoi/ivr/sip"
)

// Class is why a call was not taken, as far as it matters for what to do next.
type Class string

const (
	Busy        Class = "busy"        // In another call: try again soon.
	NoAnswer    Class = "no_answer"   // It rang, and nobody came.
	Rejected    Class = "rejected"    // Declined, or barred: do not try again.
	Unreachable Class = "unreachable" // Switched off, out of reach, or no such number.
	TrunkDown   Class = "trunk_down"  // No trunk works: nothing was tried that the person could notice.
	Forbidden   Class = "forbidden"   // The office does not call such numbers.
)

// CallError says why a call was not answered.
type CallError struct {
	Class Class
	Code  int    // SIP status; 0 = none came.
	Trunk string // That was tried last; empty = none.
	Err   error  // What happened, in detail.
}

// Error implements error.
func (e *CallError) Error() string {
	if e.Code > 0 {
		return fmt.Sprintf("not answered (%s, %d): %v", e.Class, e.Code, e.Err)
	}
	return fmt.Sprintf("not answered (%s): %v", e.Class, e.Err)
}

// Unwrap gives what happened.
func (e *CallError) Unwrap() error { return e.Err }

// ClassOf gives the class of an error of Call; Unreachable for any other.
func ClassOf(err error) Class {
	var e *CallError
	if errors.As(err, &e) {
		return e.Class
	}
	return Unreachable
}

var errNoTrunk = errors.New("no trunk is configured for calling out")

// Call calls a Vietnamese mobile or landline number, however written, by the
// first trunk that works, and returns when it was answered. When ctx ends
// before, the call is cancelled: NoAnswer if it was ringing. Another server or
// trunk is tried only as long as nothing can have rung. The error is a
// *CallError.
func (m *Manager) Call(ctx context.Context, number string) (*sip.Call, error) {
	return m.CallHearing(ctx, number, nil)
}

// CallHearing is Call with an ear from the first moment on, also before the
// answer (sip.DialConfig.Early): announcements of the network say more than
// their status. heard may be nil.
func (m *Manager) CallHearing(ctx context.Context, number string, heard func([]int16)) (*sip.Call, error) {
	e164, err := Callable(number)
	if err != nil {
		return nil, &CallError{Class: Forbidden, Err: err}
	}
	last := &CallError{Class: TrunkDown, Err: errNoTrunk}
	for _, l := range m.callOrder() {
		c, failure := l.call(ctx, l.cfg.dialled(e164), heard)
		if failure == nil {
			return c, nil
		}
		last = failure
		if failure.Class != TrunkDown || ctx.Err() != nil {
			break
		}
	}
	return nil, last
}

// callOrder gives the lines that may call out: those that work first.
func (m *Manager) callOrder() []*line {
	var good, other []*line
	for _, l := range m.lines {
		switch s := l.status().State; {
		case l.cfg.NoCalls || l.wire == nil || s == Refused || s == Stopped:
		case s.Usable():
			good = append(good, l)
		default:
			other = append(other, l)
		}
	}
	return append(good, other...)
}

// call tries the servers of one trunk; user is whom, as the trunk wants it.
func (l *line) call(ctx context.Context, user string, heard func([]int16)) (*sip.Call, *CallError) {
	last := &CallError{Class: TrunkDown, Trunk: l.cfg.Name, Err: errors.New("no server's address is known")}
	for _, t := range l.inOrder(time.Now()) {
		c, err := l.dialUser(ctx, t, user, heard)
		if err == nil {
			l.note(t, nil)
			return c, nil
		}
		last = classify(err)
		last.Trunk = l.cfg.Name
		if last.Class != TrunkDown || ctx.Err() != nil {
			return nil, last
		}
		l.note(t, err)
		l.log.Warn("a server of the trunk did not take a call", "server", t.addr, "called", media.MaskNumber(user), "err", err)
		if errors.Is(err, sip.ErrCredentials) {
			break
		}
	}
	return nil, last
}

// note keeps the experience of a call with a server.
func (l *line) note(t *target, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err == nil {
		t.worked(time.Now(), 0)
		return
	}
	t.failed(err.Error(), retryAfter(err), time.Now())
}

// dialUser calls whatever a server knows under a name.
func (l *line) dialUser(ctx context.Context, t *target, user string, heard func([]int16)) (*sip.Call, error) {
	peer := l.peer(t)
	l.mu.Lock()
	if t == l.using {
		peer.Routes = l.routes
	}
	l.mu.Unlock()
	from := l.cfg.FromNumber
	if from == "" {
		from = l.cfg.User
	}
	auth := l.cfg.AuthUser
	if auth == "" {
		auth = l.cfg.User
	}
	return l.wire.Dial(ctx, sip.DialConfig{
		URI: "sip:" + user + "@" + l.cfg.Domain, Peer: &peer, From: from, User: auth, Password: l.cfg.password,
		Announce: AnnounceTime, Heard: heard, Early: heard != nil,
	})
}

// classify puts the failure of one attempt into a class. TrunkDown is what
// another server may do better.
func classify(err error) *CallError {
	out := &CallError{Class: TrunkDown, Err: err}
	var refused *sip.RejectedError
	var more *sip.RefusedError
	var network *net.OpError
	switch {
	case errors.Is(err, sip.ErrCredentials):
	case errors.As(err, &refused):
		rang := errors.As(err, &more) && more.Rang
		out.Code = refused.Code
		out.Class = classOf(refused.Code, rang)
	case errors.Is(err, sip.ErrRinging):
		out.Class = NoAnswer
	case errors.Is(err, sip.ErrSilent), errors.As(err, &network):
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		out.Class = NoAnswer // The trunk was at work; how far, nobody knows.
	}
	return out
}

// classOf reads a status (RFC 3261 §21). Networks use 480 and 503 loosely;
// what was ringing before is never tried elsewhere.
func classOf(code int, rang bool) Class {
	switch code {
	case 486, 600:
		return Busy
	case 408, 487:
		if rang || code == 487 {
			return NoAnswer
		}
		return Unreachable
	case 480:
		if rang {
			return NoAnswer
		}
		return Unreachable
	case 404, 410, 484, 485, 604:
		return Unreachable
	case 401, 407:
		return TrunkDown
	}
	switch {
	case code >= 500 && code < 600 && rang:
		return Unreachable
	case code >= 500 && code < 600:
		return TrunkDown
	}
	return Rejected
}
