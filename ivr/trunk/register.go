package trunk

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/xinmoi/xinmoi/ivr/sip"
	"github.com/xinmoi/xinmoi/queue"
)

// Times of registering and asking.
const (
	registerTime = 8 * time.Second  // For the answer of one server.
	pingTime     = 4 * time.Second  //
	refusedPause = 10 * time.Minute // After a refusal that only a person can change.
	kickPause    = 5 * time.Second  // Between registrations that something else asks for.
	lookAgain    = 10 * time.Minute // Between looks into the DNS.
)

// backOff is how long to wait after so many rounds in vain, before jitter.
func backOff(rounds int) time.Duration {
	seconds := []time.Duration{1, 2, 5, 10, 30, 60}
	return seconds[min(rounds, len(seconds)-1)] * time.Second
}

// jitter spreads a time by ±10 %, so that a thousand offices do not register in
// the same second after a failure of the provider.
func jitter(d time.Duration) time.Duration {
	return time.Duration(float64(d) * (0.9 + 0.2*rand.Float64()))
}

// renewal is when to register again: after 75 to 85 % of the time granted.
func renewal(granted time.Duration) time.Duration {
	return time.Duration(float64(granted) * (0.75 + 0.1*rand.Float64()))
}

// keepRegistered registers and renews until ctx ends.
func (l *line) keepRegistered(ctx context.Context) {
	looked := time.Now()
	for rounds := 0; ctx.Err() == nil; {
		began := time.Now()
		pause := l.registerRound(ctx, &rounds)
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-l.kicks:
			timer.Stop()
			if rest := kickPause - time.Since(began); rest > 0 && !sleep(ctx, rest) {
				return
			}
		case <-ctx.Done():
			timer.Stop()
			return
		}
		if time.Since(looked) > lookAgain || rounds > 0 {
			looked = time.Now()
			_ = l.resolve(ctx)
		}
	}
}

// registerRound tries the servers in order and tells when to try again.
func (l *line) registerRound(ctx context.Context, rounds *int) (pause time.Duration) {
	targets := l.inOrder(time.Now())
	var problem error = errors.New("no server's address is known")
	patience := time.Duration(0) // The shortest time that a server asks for.
	for _, t := range targets {
		if ctx.Err() != nil {
			return time.Second
		}
		granted, err := l.registerAt(ctx, t)
		if err == nil {
			*rounds = 0
			return renewal(granted)
		}
		problem = err
		if final(err) {
			l.lapse(Refused, err)
			return jitter(refusedPause)
		}
		after := retryAfter(err)
		if patience == 0 || after < patience {
			patience = after
		}
	}
	l.lapse(Trying, problem)
	pause = max(jitter(backOff(*rounds)), patience)
	*rounds++
	return pause
}

// lapse gives up being registered, unless a registration is still running.
func (l *line) lapse(s State, err error) {
	l.mu.Lock()
	running := l.state == Registered && time.Now().Before(l.until) && s != Refused
	if !running {
		l.until = time.Time{}
	}
	l.mu.Unlock()
	if running {
		s = Registered
	}
	l.enter(s, err.Error())
}

// final reports whether repeating is of no use: only a person can change it.
func final(err error) bool {
	var refused *sip.RejectedError
	return errors.Is(err, sip.ErrCredentials) || errors.As(err, &refused) && (refused.Code == 403 || refused.Code == 404)
}

func retryAfter(err error) time.Duration {
	var refused *sip.RefusedError
	if errors.As(err, &refused) {
		return refused.RetryAfter
	}
	return 0
}

// registerAt registers at one server. When the answer says that the world sees
// us elsewhere than our Contact says, it is mended at once.
func (l *line) registerAt(ctx context.Context, t *target) (granted time.Duration, err error) {
	out, err := l.register(ctx, t, l.cfg.expires)
	if err == nil && out.Moved {
		l.log.Info("registering again under the address that the trunk sees", "address", out.Public)
		if again, err := l.register(ctx, t, l.cfg.expires); err == nil {
			out = again
		}
	}
	now := time.Now()
	l.mu.Lock()
	if err != nil {
		t.failed(err.Error(), retryAfter(err), now)
		l.mu.Unlock()
		return 0, err
	}
	t.worked(now, out.RTT)
	l.using, l.until, l.public, l.routes = t, now.Add(out.Expires), out.Public, out.Routes
	l.mu.Unlock()
	l.enter(Registered, "")
	return out.Expires, nil
}

// register sends one registration.
func (l *line) register(ctx context.Context, t *target, expires time.Duration) (sip.Registered, error) {
	peer := l.peer(t)
	l.mu.Lock()
	r := sip.Registration{
		Peer: peer, Account: sip.Account{User: l.cfg.User, AuthUser: l.cfg.AuthUser, Password: l.cfg.password},
		CallID: l.callID, Seq: l.seq, Expires: expires, Line: l.token,
	}
	l.seq += 8 // One registration never takes more requests; concurrent ones keep apart.
	old := l.contact
	l.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, registerTime)
	defer cancel()
	r.Forget = old
	out, err := l.wire.Register(ctx, r)
	if err != nil {
		return out, fmt.Errorf("%s (%v): %w", t.name, t.addr, err)
	}
	l.mu.Lock()
	l.contact = out.Contact
	l.mu.Unlock()
	return out, nil
}

// tlsFor is whom to trust at a target.
func (l *line) tlsFor(t *target) *tls.Config {
	if l.cfg.Transport != "tls" {
		return nil
	}
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if l.cfg.tls != nil {
		c = l.cfg.tls.Clone()
	}
	if c.ServerName == "" {
		c.ServerName = t.name
	}
	return c
}

// unregister ends the registration.
func (l *line) unregister(ctx context.Context) {
	l.mu.Lock()
	t, registered := l.using, l.state == Registered
	l.mu.Unlock()
	l.enter(Stopped, "")
	if t == nil || !registered {
		return
	}
	if _, err := l.register(ctx, t, 0); err != nil {
		l.log.Info("the trunk did not confirm the end of the registration", "err", err)
	}
}

// keepProbing asks the servers until ctx ends whether they are there, and looks
// whether our own address has changed.
func (l *line) keepProbing(ctx context.Context) {
	for {
		l.probeRound(ctx)
		every := l.cfg.probe
		if every <= 0 {
			every = defaultProbe
		}
		if !sleep(ctx, jitter(every)) {
			return
		}
	}
}

func (l *line) probeRound(ctx context.Context) {
	l.watchAddress()
	if l.cfg.probe > 0 {
		l.mu.Lock()
		all := append([]*target{}, l.targets...)
		l.mu.Unlock()
		for _, t := range all {
			l.ping(ctx, t)
		}
	}
	if ctx.Err() != nil {
		return
	}
	l.settle()
}

// settle draws the conclusion from the health of the servers: a trunk that
// registers goes to a better server, another one is ready or not.
func (l *line) settle() {
	first := l.inOrder(time.Now())
	if len(first) == 0 {
		return
	}
	best := first[0]
	l.mu.Lock()
	moves := l.using != nil && best != l.using
	health, problem, state := best.health, best.problem, l.state
	if !l.cfg.Register {
		l.using = best
	}
	l.mu.Unlock()
	switch {
	case state == Stopped:
	case l.cfg.Register && moves && state == Registered:
		l.kick()
	case l.cfg.Register:
	case health == Down:
		l.enter(Trying, problem)
	case health == Up || l.cfg.probe <= 0:
		l.enter(Ready, "")
	}
}

// ping asks one server.
func (l *line) ping(ctx context.Context, t *target) {
	asking, cancel := context.WithTimeout(ctx, pingTime)
	defer cancel()
	code, rtt, err := l.wire.Ping(asking, l.peer(t), l.cfg.User)
	if ctx.Err() != nil {
		return
	}
	now := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case err != nil:
		t.failed(err.Error(), 0, now)
	case code == 503:
		t.failed("503: the server says that it is overloaded or being stopped", 0, now)
	default:
		t.worked(now, rtt)
	}
}

// watchAddress registers anew when our way to the trunk has changed: another
// network, another cable, a new lease.
func (l *line) watchAddress() {
	l.mu.Lock()
	t := l.using
	l.mu.Unlock()
	if t == nil || l.local == nil {
		return
	}
	now := l.local(t.addr.Addr())
	l.mu.Lock()
	moved := l.own.IsValid() && now.IsValid() && now != l.own
	if now.IsValid() {
		l.own = now
	}
	l.mu.Unlock()
	if moved {
		l.log.Info("our address has changed", "address", now)
		l.kick()
	}
}

// sleep waits; false when ctx ends before.
func sleep(ctx context.Context, d time.Duration) bool { return queue.Await(ctx, nil, d) }
