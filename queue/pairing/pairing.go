// Package pairing lets devices in that have no keyboard: one asks and shows six
// digits, somebody who may types them, and the device, which asks on with a secret
// of its own, gets its token. It is the device flow of RFC 8628 within an office.
package pairing

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"sync"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// Life is how long a code is good, and a token waits to be fetched.
const Life = 10 * time.Minute

// Bounds of what strangers may cost.
const (
	most   = 40 // Devices that wait …
	each   = 10 // … of these, from one address: one that begs keeps out no other.
	misses = 20 // Wrong codes in Life.
)

// What is refused; for who tells people.
var (
	ErrMany    = errors.New("pairing: too many devices wait")
	ErrGuesses = errors.New("pairing: too many wrong codes")
	ErrCode    = errors.New("pairing: no device shows this code")
)

// Device is what asks to be let in.
type Device struct {
	Role    queue.Role // Of the token that it asks for.
	Name    string     // What people call it.
	Address string     // Its host.
	Again   bool       // It was paired before, and is refused now.
}

// Request is a device that waits.
type Request struct {
	Device
	Code string // Six digits for its screen.
	At   time.Time
}

// Pairing is the devices that ask. The zero Pairing is ready for use, by many
// goroutines. Nothing of it is kept over a restart.
type Pairing struct {
	Now func() time.Time // Nil = time.Now.

	mu     sync.Mutex
	asking []*asking
	misses int       // Wrong codes since …
	since  time.Time // … this time.
}

type asking struct {
	Request
	secret, token string
	let           bool // Its code was typed.
	until         time.Time
}

func (p *Pairing) now() time.Time {
	if p.Now != nil {
		return p.Now()
	}
	return time.Now()
}

// Begin lets a device wait; the secret is by which it asks for its token. The
// error is ErrMany.
func (p *Pairing) Begin(d Device) (r Request, secret string, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.tidy()
	same := 0
	for _, a := range p.asking {
		if a.Address == d.Address {
			same++
		}
	}
	if len(p.asking) >= most || same >= each {
		return r, "", ErrMany
	}
	a := &asking{Request: Request{Device: d, Code: p.freeCode(), At: now}, secret: rand.Text(), until: now.Add(Life)}
	p.asking = append(p.asking, a)
	return a.Request, a.secret, nil
}

// freeCode draws six digits that no other device shows. The caller holds p.mu.
func (p *Pairing) freeCode() string {
	for {
		n, _ := rand.Int(rand.Reader, big.NewInt(1_000_000)) // It never fails (crypto/rand).
		code := fmt.Sprintf("%06d", n)
		if !slices.ContainsFunc(p.asking, func(a *asking) bool { return a.Code == code }) {
			return code
		}
	}
}

// tidy forgets what is over, and gives the time. The caller holds p.mu.
func (p *Pairing) tidy() time.Time {
	now := p.now()
	p.asking = slices.DeleteFunc(p.asking, func(a *asking) bool { return now.After(a.until) })
	if now.Sub(p.since) > Life {
		p.since, p.misses = now, 0
	}
	return now
}

// Ask gives a device its token, empty while nobody has typed the code; ok is
// false when the code is over. It may ask again: the answer may be lost.
func (p *Pairing) Ask(secret string) (r Request, token string, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tidy()
	i := slices.IndexFunc(p.asking, func(a *asking) bool { return subtle.ConstantTimeCompare([]byte(a.secret), []byte(secret)) == 1 })
	if i < 0 {
		return r, "", false
	}
	return p.asking[i].Request, p.asking[i].token, true
}

// Waiting lists the devices whose code nobody has typed yet, without the codes:
// whoever types one reads it off the screen.
func (p *Pairing) Waiting() (out []Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tidy()
	for _, a := range p.asking {
		if !a.let {
			r := a.Request
			r.Code = ""
			out = append(out, r)
		}
	}
	return out
}

// Approve lets in the device whose screen shows these digits, with a token from
// give. The error is ErrCode, ErrGuesses or give's; after give's the digits may be
// typed again.
func (p *Pairing) Approve(ctx context.Context, digits string, give func(context.Context, Device) (string, error)) (Device, error) {
	a, err := p.find(digits)
	if err != nil {
		return Device{}, err
	}
	token, err := give(ctx, a.Device) // Others need not wait for it.
	p.mu.Lock()
	defer p.mu.Unlock()
	if err != nil {
		a.let = false
		return Device{}, err
	}
	a.token = token
	return a.Device, nil
}

// find takes the device whose screen shows these digits, so that nobody else lets
// it in.
func (p *Pairing) find(digits string) (*asking, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.tidy()
	if p.misses >= misses {
		return nil, ErrGuesses
	}
	i := slices.IndexFunc(p.asking, func(a *asking) bool { return a.Code == digits && !a.let })
	if i < 0 {
		p.misses++
		return nil, ErrCode
	}
	a := p.asking[i]
	a.let, a.until = true, now.Add(Life) // It has yet to fetch its token.
	return a, nil
}
