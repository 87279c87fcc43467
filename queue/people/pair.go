package people

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"sync"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// Pairing lets devices in that show six digits: a board or a counter's computer
// asks, an administrator types what its screen shows, and the device gets its
// token. Nothing of it is kept over a restart.
type Pairing struct {
	Now func() time.Time // Nil = time.Now.

	mu      sync.Mutex
	waiting []*waiting
	misses  int       // Wrong codes since …
	since   time.Time // … this time.
}

// waiting is a device that asks to be let in.
type waiting struct {
	Request
	secret, token string
	until         time.Time
}

// Request is what a device asks for.
type Request struct {
	Code    string // Six digits for its screen.
	Role    queue.Role
	Name    string // What the device is called.
	Address string
}

// Bounds of what strangers may cost.
const (
	pairTime   = 10 * time.Minute
	pairMost   = 40 // Devices that wait …
	pairEach   = 10 // … of these, from one address.
	pairMisses = 20 // Wrong codes in pairTime.
)

// pairRoles may be asked for: whatever else is no device in the hall.
func pairRoles() []queue.Role { return []queue.Role{queue.RoleBoard, queue.RoleStaff, queue.RoleKiosk} }

func (p *Pairing) now() time.Time {
	if p.Now != nil {
		return p.Now()
	}
	return time.Now()
}

// Begin lets a device wait; the secret is by which it asks for its token.
func (p *Pairing) Begin(role queue.Role, name, address string) (r Request, secret string, err error) {
	if !slices.Contains(pairRoles(), role) {
		return r, "", &FieldError{"role", "Chọn loại thiết bị", "Choose the kind of device"}
	}
	if err := checkDisplay(name); err != nil {
		return r, "", err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tidy()
	same := 0
	for _, w := range p.waiting {
		if w.Address == address {
			same++
		}
	}
	if len(p.waiting) >= pairMost || same >= pairEach {
		return r, "", errors.New("nhiều thiết bị đang chờ ghép: thử lại sau 10 phút (too many devices wait to be paired: try again in 10 minutes)")
	}
	code, err := p.freeCode()
	if err != nil {
		return r, "", err
	}
	r = Request{Code: code, Role: role, Name: name, Address: address}
	w := &waiting{Request: r, secret: newKey(), until: p.now().Add(pairTime)}
	p.waiting = append(p.waiting, w)
	return r, w.secret, nil
}

// freeCode draws six digits that no other device shows.
func (p *Pairing) freeCode() (string, error) {
	for {
		n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
		if err != nil {
			return "", err
		}
		code := fmt.Sprintf("%06d", n)
		if !slices.ContainsFunc(p.waiting, func(w *waiting) bool { return w.Code == code }) {
			return code, nil
		}
	}
}

func (p *Pairing) tidy() {
	now := p.now()
	p.waiting = slices.DeleteFunc(p.waiting, func(w *waiting) bool { return now.After(w.until) })
	if now.Sub(p.since) > pairTime {
		p.since, p.misses = now, 0
	}
}

// Ask gives a device its token, empty while nobody has typed the code; ok is
// false when the code is over. It may ask again: the answer may be lost.
func (p *Pairing) Ask(secret string) (r Request, token string, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tidy()
	i := slices.IndexFunc(p.waiting, func(w *waiting) bool { return secret != "" && w.secret == secret })
	if i < 0 {
		return r, "", false
	}
	return p.waiting[i].Request, p.waiting[i].token, true
}

// Waiting lists the devices whose code nobody has typed yet, without the codes:
// whoever types one reads it off the screen.
func (p *Pairing) Waiting() (out []Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tidy()
	for _, w := range p.waiting {
		if w.token == "" {
			r := w.Request
			r.Code = ""
			out = append(out, r)
		}
	}
	return out
}

// Approve lets in the device whose screen shows a code, with a token from give.
func (p *Pairing) Approve(ctx context.Context, code string, give func(context.Context, Request) (string, error)) (Request, error) {
	digits, ok := digitsOnly(code)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tidy()
	if p.misses >= pairMisses {
		return Request{}, &FieldError{"code", "Đã nhập sai nhiều lần: thử lại sau 10 phút", "Too many wrong codes: try again in 10 minutes"}
	}
	i := slices.IndexFunc(p.waiting, func(w *waiting) bool { return ok && w.Code == digits && w.token == "" })
	if i < 0 {
		p.misses++
		return Request{}, &FieldError{"code", "Không có thiết bị nào đang hiện mã này: xem lại mã trên màn hình thiết bị", "No device shows this code: look at the device's screen again"}
	}
	token, err := give(ctx, p.waiting[i].Request)
	if err != nil {
		return Request{}, err
	}
	p.waiting[i].token = token
	return p.waiting[i].Request, nil
}
