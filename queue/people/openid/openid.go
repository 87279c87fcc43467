// Package openid is for signing in by an identity provider that the office's
// people have an account at already (OpenID Connect Core 1.0, authorization code
// with PKCE, RFC 7636). It says who somebody is; whether that person may sign in
// here is decided elsewhere.
package openid

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// Config names the provider and what it knows this program by.
type Config struct {
	Name     string // On the button: "Tài khoản tỉnh".
	Issuer   string // "https://id.example.gov.vn/realms/tinh"
	ClientID string
	Secret   string
	Redirect string       // Our address that the provider sends people back to.
	Claim    string       // Which of the provider's words names a person: "email" (default) or "preferred_username".
	Client   *http.Client // Nil = one with a timeout.
}

// Provider is one identity provider. It is asked for its addresses when
// somebody first signs in: an office without internet starts all the same.
type Provider struct {
	Config

	mu       sync.Mutex
	provider *oidc.Provider
	failed   time.Time // When it was last asked for its addresses in vain, …
	why      error     // … and why.
}

const (
	askTime  = 10 * time.Second
	askPause = 3 * time.Second // After a failure everybody hears of it at once: anyone may ask.
)

// New makes a provider; nothing is asked yet.
func New(c Config) (*Provider, error) {
	switch issuer, err := url.Parse(c.Issuer); {
	case err != nil || issuer.Host == "" || issuer.Scheme != "https" && issuer.Hostname() != "127.0.0.1" && issuer.Hostname() != "localhost":
		return nil, fmt.Errorf("issuer %q: give an address that begins with https://", c.Issuer)
	case c.ClientID == "":
		return nil, errors.New("client_id: give the name that the provider knows this program by")
	}
	switch c.Claim {
	case "":
		c.Claim = "email"
	case "email", "preferred_username":
	default:
		return nil, fmt.Errorf("claim %q: give email or preferred_username", c.Claim)
	}
	if c.Client == nil {
		c.Client = &http.Client{Timeout: askTime}
	}
	return &Provider{Config: c}, nil
}

// Journey is what the browser keeps, in a cookie, between going to the provider
// and coming back.
type Journey struct{ State, Nonce, Verifier string }

// Begin gives the address at the provider to send a browser to.
func (p *Provider) Begin(ctx context.Context) (address string, j Journey, err error) {
	c, _, err := p.client(ctx)
	if err != nil {
		return "", j, err
	}
	j = Journey{State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier()}
	return c.AuthCodeURL(j.State, oidc.Nonce(j.Nonce), oauth2.S256ChallengeOption(j.Verifier)), j, nil
}

// Person is whom a provider vouches for.
type Person struct {
	Identity string // By the configured claim.
	Subject  string // The provider's own name, which never becomes another person's.
}

// Finish reads what the browser brings back. An error means that nobody is
// vouched for.
func (p *Provider) Finish(ctx context.Context, q url.Values, j Journey) (Person, error) {
	if j.State == "" || subtle.ConstantTimeCompare([]byte(q.Get("state")), []byte(j.State)) != 1 {
		return Person{}, errors.New("openid: the answer belongs to another sign-in")
	}
	if e := q.Get("error"); e != "" {
		return Person{}, fmt.Errorf("openid: the provider refused: %.60q", e)
	}
	c, provider, err := p.client(ctx)
	if err != nil {
		return Person{}, err
	}
	token, err := c.Exchange(p.with(ctx), q.Get("code"), oauth2.VerifierOption(j.Verifier))
	if err != nil {
		return Person{}, fmt.Errorf("openid: exchange the code: %w", err)
	}
	raw, ok := token.Extra("id_token").(string)
	if !ok {
		return Person{}, errors.New("openid: the provider sent no identity")
	}
	id, err := provider.VerifierContext(p.with(ctx), &oidc.Config{ClientID: p.ClientID}).Verify(p.with(ctx), raw)
	if err != nil {
		return Person{}, fmt.Errorf("openid: verify the identity: %w", err)
	}
	if subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(j.Nonce)) != 1 {
		return Person{}, errors.New("openid: the identity belongs to another sign-in")
	}
	return p.person(id)
}

func (p *Provider) person(id *oidc.IDToken) (Person, error) {
	var claims struct {
		Email    string `json:"email"`
		Verified bool   `json:"email_verified"`
		Username string `json:"preferred_username"`
	}
	if err := id.Claims(&claims); err != nil {
		return Person{}, fmt.Errorf("openid: read the identity: %w", err)
	}
	identity := claims.Username
	if p.Claim == "email" {
		if identity = claims.Email; !claims.Verified {
			return Person{}, errors.New("openid: the provider has not verified the e-mail address")
		}
	}
	if identity == "" || id.Subject == "" {
		return Person{}, fmt.Errorf("openid: the identity has no %s", p.Claim)
	}
	return Person{identity, id.Subject}, nil
}

// with has the provider asked by our client.
func (p *Provider) with(ctx context.Context) context.Context {
	return oidc.ClientContext(ctx, p.Client)
}

// client finds out the provider's addresses, once.
func (p *Provider) client(ctx context.Context) (*oauth2.Config, *oidc.Provider, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.provider == nil {
		if p.why != nil && time.Since(p.failed) < askPause {
			return nil, nil, p.why
		}
		found, err := oidc.NewProvider(p.with(context.WithoutCancel(ctx)), p.Issuer)
		if err != nil {
			p.failed, p.why = time.Now(), fmt.Errorf("openid: %w", err)
			return nil, nil, p.why
		}
		p.provider = found
	}
	return &oauth2.Config{
		ClientID: p.ClientID, ClientSecret: p.Secret, Endpoint: p.provider.Endpoint(), RedirectURL: p.Redirect,
		Scopes: []string{oidc.ScopeOpenID, "email", "profile"},
	}, p.provider, nil
}
