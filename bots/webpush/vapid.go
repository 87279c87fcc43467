package webpush

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"strconv"
	"sync"
	"time"
)

// Times of tokens: they may live for a day (RFC 8292 §2), and clocks differ.
const (
	tokenLife  = 12 * time.Hour
	tokenRenew = 6 * time.Hour
	mostTokens = 64 // Services whose token is kept.
)

// identity is by whom a subscription was asked for: a service takes messages to
// it from nobody else (RFC 8292).
type identity struct {
	key     *ecdsa.PrivateKey
	public  string // As browsers and services want it.
	contact string
	now     func() time.Time

	mu     sync.Mutex
	tokens map[string]token // By origin.
}

type token struct {
	text string
	made time.Time
}

// newIdentity derives the key from an office's secret, so that it is the same
// after every start: another one would be refused for all subscriptions.
func newIdentity(secret []byte, contact string, now func() time.Time) (*identity, error) {
	const tries = 8 // One in 2^32 numbers is no key.
	for n := range tries {
		raw, err := hkdf.Key(sha256.New, secret, nil, "xinmoi web push "+strconv.Itoa(n), 32)
		if err != nil {
			return nil, err
		}
		key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), raw)
		if err != nil {
			continue
		}
		public, err := key.PublicKey.Bytes()
		if err != nil {
			return nil, err
		}
		return &identity{key: key, public: encoding.EncodeToString(public), contact: contact, now: now, tokens: map[string]token{}}, nil
	}
	return nil, errors.New("webpush: no key can be made of this secret")
}

// authorization gives the header for one service.
func (i *identity) authorization(origin string) (string, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	now := i.now()
	if t, ok := i.tokens[origin]; ok && now.Sub(t.made) < tokenRenew && !now.Before(t.made) {
		return t.text, nil
	}
	signed, err := i.sign(origin, now.Add(tokenLife))
	if err != nil {
		return "", err
	}
	if len(i.tokens) >= mostTokens {
		clear(i.tokens)
	}
	text := "vapid t=" + signed + ", k=" + i.public
	i.tokens[origin] = token{text, now}
	return text, nil
}

// sign makes the token: a JWT with ES256 (RFC 7515, 7518 §3.4).
func (i *identity) sign(origin string, until time.Time) (string, error) {
	claims, err := json.Marshal(map[string]any{"aud": origin, "exp": until.Unix(), "sub": i.contact})
	if err != nil {
		return "", err
	}
	head := encoding.EncodeToString([]byte(`{"typ":"JWT","alg":"ES256"}`)) + "." + encoding.EncodeToString(claims)
	sum := sha256.Sum256([]byte(head))
	r, s, err := ecdsa.Sign(rand.Reader, i.key, sum[:])
	if err != nil {
		return "", err
	}
	signature := make([]byte, 64)
	r.FillBytes(signature[:32])
	s.FillBytes(signature[32:])
	return head + "." + encoding.EncodeToString(signature), nil
}
