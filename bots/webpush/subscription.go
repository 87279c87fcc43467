package webpush

import (
	"crypto/ecdh"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/url"
	"strings"
)

// Bounds of a subscription; those of browsers are shorter than half of it.
const (
	maxEndpoint     = 1024
	maxSubscription = 4096
	authLength      = 16 // RFC 8291 §3.2.
)

// ErrSubscription says that something is no subscription that is written to.
var ErrSubscription = errors.New("webpush: not a subscription of a known push service")

// subscription is where one browser is told, and by which keys.
type subscription struct {
	endpoint string
	key      *ecdh.PublicKey // "p256dh".
	auth     []byte
}

var encoding = base64.RawURLEncoding

// parse reads what a browser gives (PushSubscription.toJSON). Some pad the keys.
func parse(raw []byte) (s subscription, err error) {
	var got struct {
		Endpoint string `json:"endpoint"`
		Keys     struct {
			P256DH string `json:"p256dh"`
			Auth   string `json:"auth"`
		} `json:"keys"`
	}
	if len(raw) > maxSubscription || json.Unmarshal(raw, &got) != nil {
		return s, ErrSubscription
	}
	return build(got.Endpoint, strings.TrimRight(got.Keys.P256DH, "="), strings.TrimRight(got.Keys.Auth, "="))
}

func build(endpoint, key, auth string) (s subscription, err error) {
	s.endpoint = endpoint
	point, err := encoding.DecodeString(key)
	if err != nil {
		return s, ErrSubscription
	}
	if s.key, err = ecdh.P256().NewPublicKey(point); err != nil {
		return s, ErrSubscription
	}
	if s.auth, err = encoding.DecodeString(auth); err != nil || len(s.auth) != authLength {
		return s, ErrSubscription
	}
	if endpoint == "" || len(endpoint) > maxEndpoint || strings.ContainsFunc(endpoint, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return s, ErrSubscription
	}
	return s, nil
}

// chat is the subscription as the name of a chat, which stands in the mailbox
// alone and is erased with it.
func (s subscription) chat() string {
	return strings.Join([]string{s.endpoint, encoding.EncodeToString(s.key.Bytes()), encoding.EncodeToString(s.auth)}, " ")
}

// ofChat is the reverse of chat.
func ofChat(chat string) (subscription, error) {
	parts := strings.Split(chat, " ")
	if len(parts) != 3 {
		return subscription{}, ErrSubscription
	}
	return build(parts[0], parts[1], parts[2])
}

// origin is "https://host" of the service: what a token is made out to.
func (s subscription) origin() (*url.URL, error) {
	u, err := url.Parse(s.endpoint)
	if err != nil || u.Host == "" || u.User != nil || u.Opaque != "" {
		return nil, ErrSubscription
	}
	return &url.URL{Scheme: u.Scheme, Host: u.Host}, nil
}
