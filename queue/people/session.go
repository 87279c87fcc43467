package people

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"strings"
	"time"
	"unicode"

	"github.com/xinmoi/xinmoi/queue/beside"
)

// Stage is how far a sign-in has come.
type Stage string

// The stages. Only Ready gives rights.
const (
	Ready  Stage = "ready"
	Code   Stage = "code"   // The password was right; the one-use code is missing.
	Change Stage = "change" // An own password must be chosen first.
)

// How long sessions last.
const (
	idleMost   = 4 * time.Hour    // A morning without a key: a paused counter, a meeting.
	signedMost = 14 * time.Hour   // A working day and its evening.
	stageMost  = 10 * time.Minute // Between password and code, or to choose a password.
	seenEvery  = time.Minute      // How exactly it is kept when a session was used.
	codeTries  = 5                // Wrong codes of one sign-in.
	agentMost  = 80               // Bytes kept of what a browser calls itself.
	browsers   = 20               // Browsers remembered for an account.
)

// Session is a browser at which somebody is signing in or has signed in.
type Session struct {
	ID      string // Public name, for lists; not what the cookie holds.
	Account Account
	Stage   Stage
	Began   time.Time
	Seen    time.Time
	From    From
}

// From is where a request comes from.
type From struct {
	Address string // As the guard of addresses names it: an IPv4 address, an IPv6 network.
	Agent   string // What the browser calls itself, shortened.
}

// tidy bounds what strangers send.
func (f From) tidy() From {
	f.Agent = strings.ToValidUTF8(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, clip(f.Agent, agentMost)), "")
	f.Address = clip(f.Address, 64)
	return f
}

func clip(s string, most int) string {
	if len(s) > most {
		return s[:most]
	}
	return s
}

// ErrNoSession says that nobody is signed in by a cookie, or not any more.
var ErrNoSession = errors.New("phiên đăng nhập đã hết: đăng nhập lại (the session has ended: sign in again)")

// newKey makes the value of a cookie: 130 bits.
func newKey() string { return rand.Text() }

// keyHash is what is kept of a cookie's value.
func keyHash(key string) []byte {
	sum := sha256.Sum256([]byte(key))
	return sum[:]
}

// goodKey bounds what is looked for.
func goodKey(key string) bool { return len(key) >= 20 && len(key) <= 64 }

// begin makes a session and gives the value of its cookie. It is always a new
// one: what a browser had before gives nobody a session (session fixation).
func (p *People) begin(t *beside.Tx, account int64, stage Stage, from From) (string, error) {
	key, now := newKey(), p.cfg.Now()
	until := now.Add(signedMost)
	if stage != Ready {
		until = now.Add(stageMost)
	}
	return key, t.Do("INSERT INTO session (hash, account, stage, began, seen, until, address, agent, tries) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0)",
		keyHash(key), account, string(stage), beside.Millis(now), beside.Millis(now), beside.Millis(until), from.Address, from.Agent)
}

// Session gives the session of a cookie's value; ErrNoSession if there is none
// that is good. With touch it counts as used.
func (p *People) Session(ctx context.Context, key string, touch bool) (Session, error) {
	if !goodKey(key) {
		return Session{}, ErrNoSession
	}
	found, err := p.sessions(ctx, "hash = ?", keyHash(key))
	if err != nil {
		return Session{}, err
	}
	if len(found) == 0 {
		return Session{}, ErrNoSession
	}
	s := found[0]
	if now := p.cfg.Now(); touch && now.Sub(s.Seen) > seenEvery {
		err = p.file.Update(ctx, func(t *beside.Tx) error {
			return t.Do("UPDATE session SET seen = ? WHERE hash = ?", beside.Millis(now), keyHash(key))
		})
	}
	return s, err
}

// sessions reads those that are good, the latest used first.
func (p *People) sessions(ctx context.Context, where string, args ...any) ([]Session, error) {
	now := p.cfg.Now()
	type row struct {
		Session
		account int64
	}
	args = append(args, beside.Millis(now), beside.Millis(now.Add(-idleMost)))
	rows, err := beside.All(ctx, p.file, func(s beside.Scanner) (r row, err error) {
		var hash []byte
		var began, seen int64
		err = s.Scan(&hash, &r.account, &r.Stage, &began, &seen, &r.From.Address, &r.From.Agent)
		r.ID, r.Began, r.Seen = publicID(hash), beside.Moment(began), beside.Moment(seen)
		return r, err
	}, "SELECT hash, account, stage, began, seen, address, agent FROM session WHERE "+where+" AND until > ? AND seen > ? ORDER BY seen DESC LIMIT 500", args...)
	if err != nil {
		return nil, err
	}
	var out []Session
	for _, r := range rows {
		a, ok, err := p.account(ctx, "id = ?", r.account)
		if err != nil {
			return nil, err
		}
		if ok && !a.Disabled {
			r.Account = a.Account
			out = append(out, r.Session)
		}
	}
	return out, nil
}

// Sessions lists where an account is signed in.
func (p *People) Sessions(ctx context.Context, account int64) ([]Session, error) {
	return p.sessions(ctx, "account = ? AND stage = 'ready'", account)
}

// EndSession ends one of an account's sessions by its public name.
func (p *People) EndSession(ctx context.Context, by Who, account int64, id string) error {
	return p.update(ctx, func(t *beside.Tx) error {
		n, err := t.Changed("DELETE FROM session WHERE account = ? AND lower(hex(substr(hash, 1, 8))) = ?", account, id)
		if err != nil || n == 0 {
			return err
		}
		return p.note(t, Deed{Who: by, What: DidEndSession, Object: p.nameOf(t, account)})
	})
}

// SignOut ends the session of a cookie's value; one that is over is no error.
func (p *People) SignOut(ctx context.Context, key string, from From) error {
	s, err := p.Session(ctx, key, false)
	if errors.Is(err, ErrNoSession) {
		return nil
	}
	if err != nil {
		return err
	}
	return p.update(ctx, func(t *beside.Tx) error {
		if err := t.Do("DELETE FROM session WHERE hash = ?", keyHash(key)); err != nil {
			return err
		}
		return p.note(t, Deed{Who: s.Account.who(from), What: DidSignOut})
	})
}

// publicID names a session without giving it away.
func publicID(hash []byte) string {
	const hex = "0123456789abcdef"
	out := make([]byte, 0, 16)
	for _, b := range hash[:8] {
		out = append(out, hex[b>>4], hex[b&15])
	}
	return string(out)
}

// Follow gives a context that ends with the session of a cookie's value, too: a
// live page must not outlive the right to it. Call stop when the request is done.
func (p *People) Follow(ctx context.Context, key string) (followed context.Context, stop func()) {
	followed, cancel := context.WithCancel(ctx)
	f := &follower{key: key, cancel: cancel}
	p.mu.Lock()
	p.followers[f] = struct{}{}
	p.mu.Unlock()
	return followed, func() {
		p.mu.Lock()
		delete(p.followers, f)
		p.mu.Unlock()
		cancel()
	}
}

type follower struct {
	key    string
	cancel context.CancelFunc
}

// look ends the live pages whose sessions have ended, by whatever program.
func (p *People) look(ctx context.Context) {
	p.mu.Lock()
	byKey := map[string][]*follower{}
	for f := range p.followers {
		byKey[f.key] = append(byKey[f.key], f)
	}
	p.mu.Unlock()
	for key, all := range byKey {
		s, err := p.Session(ctx, key, false)
		if err == nil && s.Stage == Ready || err != nil && !errors.Is(err, ErrNoSession) {
			continue
		}
		for _, f := range all {
			f.cancel()
		}
	}
}

// update runs do in one transaction, and then lets go the live pages of
// sessions that it has ended.
func (p *People) update(ctx context.Context, do func(*beside.Tx) error) error {
	if err := p.file.Update(ctx, do); err != nil {
		return err
	}
	p.look(ctx)
	return nil
}
