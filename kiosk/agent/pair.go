package agent

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// pairRequest and the others are the JSON of pairing.
type (
	pairRequest struct {
		Machine string `json:"machine"`
		Again   bool   `json:"again,omitempty"` // It was paired before, and is refused now.
	}
	pairAnswer struct {
		Code   string `json:"code"`   // Six digits for the kiosk's screen.
		Secret string `json:"secret"` // With which the kiosk asks for its token.
	}
	claimRequest struct {
		Secret string `json:"secret"`
	}
	claimAnswer struct {
		Token  string `json:"token,omitempty"` // Empty = nobody has typed the code yet.
		Office string `json:"office,omitempty"`
	}
)

// Paired is what a kiosk has after pairing.
type Paired struct {
	Token  string `json:"token"`
	Office string `json:"office"` // Id of the office.
}

// claimEvery is how often a kiosk asks whether the code was typed.
const claimEvery = 2 * time.Second

// Pair asks for a token: show is given the code that an administrator must type
// at /admin/kiosks, again whenever it is another one, and why there is none
// while the queue cannot be reached; again tells that the machine was paired
// before and is refused. It returns when the code was typed, or
// with ctx.
func (l Line) Pair(ctx context.Context, machine string, again bool, show func(code string, trouble error)) (Paired, error) {
	for {
		var p pairAnswer
		_, err := l.post(ctx, pairPath, pairRequest{machine, again}, &p)
		if err == nil {
			show(p.Code, nil)
			got, claimed := l.claim(ctx, p.Secret)
			if claimed == nil {
				return got, nil
			}
			err = claimed
		}
		if ctx.Err() != nil {
			return Paired{}, ctx.Err()
		}
		if !errors.Is(err, errCodeOver) {
			show("", err)
		}
		if !pause(ctx, claimEvery) {
			return Paired{}, ctx.Err()
		}
	}
}

// errCodeOver tells that a code is too old: another is asked for.
var errCodeOver = errors.New("the code is not good any more")

// claim asks until the code was typed.
func (l Line) claim(ctx context.Context, secret string) (Paired, error) {
	for {
		var c claimAnswer
		status, err := l.post(ctx, claimPath, claimRequest{secret}, &c)
		switch {
		case status == http.StatusGone:
			return Paired{}, errCodeOver
		case err != nil:
			return Paired{}, err
		case c.Token != "":
			return Paired{c.Token, c.Office}, nil
		}
		if !pause(ctx, claimEvery) {
			return Paired{}, ctx.Err()
		}
	}
}

// pause waits; false if ctx ended.
func pause(ctx context.Context, d time.Duration) bool { return queue.Await(ctx, nil, d) }

// SavePaired keeps a token over restarts, readable by its owner alone.
func SavePaired(path string, p Paired) error {
	if p.Token == "" {
		return errors.New("no token to keep")
	}
	return writeWhole(path, p)
}

// LoadPaired reads what SavePaired kept; ok is false if there is none.
func LoadPaired(path string) (p Paired, ok bool, err error) {
	ok, err = readWhole(path, &p)
	if ok && (p.Token == "" || p.Office == "") {
		return p, false, fmt.Errorf("%s has no token: remove it and pair again", path)
	}
	return p, ok, err
}
