package zalooa

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/url"
	"time"
)

// Bounds of a consent that is being given (OAuth v4: a code lives 10 minutes).
const (
	consentTime  = 10 * time.Minute
	mostConsents = 16
)

// What can go wrong with a consent, for whoever asked for it.
var (
	// ErrConsentOver says that an answer belongs to no question of ours, or to one
	// that is older than ten minutes, or was answered already.
	ErrConsentOver = errors.New("zalooa: this consent was not asked for, is over, or was used already")
	// ErrConsentRefused says that the account's owner did not agree, or that Zalo
	// does not take what the owner brought back.
	ErrConsentRefused = errors.New("zalooa: the consent was not given")
	// ErrConsentUnwritten says that the tokens are in use, and lost with this
	// process: the disk does not take them.
	ErrConsentUnwritten = errors.New("zalooa: the tokens cannot be written")
)

// asked is a consent that somebody was sent to give.
type asked struct {
	verifier string
	at       time.Time
}

// Permission gives the address where the account's owner gives the consent, good
// for ten minutes and once; Zalo sends the browser to redirect then (OAuth v4,
// GET /v4/oa/permission, with PKCE).
func (a *Adapter) Permission(redirect string) string {
	state, verifier := rand.Text(), rand.Text()+rand.Text()
	verifier = verifier[:verifierLength]
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.config.Now()
	oldest := ""
	for s, q := range a.asked {
		if now.Sub(q.at) > consentTime || now.Before(q.at) {
			delete(a.asked, s)
		} else if oldest == "" || q.at.Before(a.asked[oldest].at) {
			oldest = s
		}
	}
	if len(a.asked) >= mostConsents {
		delete(a.asked, oldest)
	}
	a.asked[state] = asked{verifier, now}
	return a.config.Login + "/v4/oa/permission?" + url.Values{
		"app_id": {a.config.AppID}, "redirect_uri": {redirect}, "code_challenge": {challenge(verifier)}, "state": {state},
	}.Encode()
}

const verifierLength = 43 // What Zalo wants.

// challenge is what a verifier is announced by.
func challenge(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// Consented takes what Zalo sent the browser back with. The tokens are on the
// disk before they are used. The error is one of those above, or of the network:
// then the consent has to be given anew, too.
func (a *Adapter) Consented(ctx context.Context, back url.Values) error {
	// The answer is waited for and kept whoever gives up meanwhile: it comes once.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), loginTime)
	defer cancel()
	a.mu.Lock()
	defer a.mu.Unlock()
	question, ok := a.asked[back.Get("state")]
	delete(a.asked, back.Get("state"))
	if age := a.config.Now().Sub(question.at); !ok || age > consentTime || age < 0 {
		return ErrConsentOver
	}
	code := back.Get("code")
	if !isSecret(code) {
		return ErrConsentRefused
	}
	got, err := a.login(ctx, url.Values{"code": {code}, "grant_type": {"authorization_code"}, "code_verifier": {question.verifier}})
	var login *loginError
	switch {
	case errors.As(err, &login) && login.refused:
		return errors.Join(ErrConsentRefused, a.scrub(err))
	case err != nil:
		return a.scrub(err)
	}
	a.refused = false
	if err := a.adopt(got); err != nil {
		return errors.Join(ErrConsentUnwritten, a.scrub(err))
	}
	return nil
}

// Connection is how the access to the account stands.
type Connection int

// The ways it stands.
const (
	Unconnected Connection = iota // No consent was ever given here.
	Expired                       // It was, and Zalo does not take it any more.
	Connected
)

// Connection tells how the access stands, without asking Zalo.
func (a *Adapter) Connection() Connection {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case a.refused:
		return Expired
	case a.tokens.Refresh == "":
		return Unconnected
	default:
		return Connected
	}
}
