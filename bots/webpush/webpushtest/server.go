// Package webpushtest is a push service and browsers for tests: it refuses what a
// service refuses (RFC 8030, 8292) and reads what only the browser could
// (RFC 8291), by steps of its own.
package webpushtest

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/xinmoi/xinmoi/bots/eventtest"
)

const maxBody = 4096 // RFC 8030 §7.2.

// Server is a push service on a free port of this machine.
type Server struct {
	eventtest.Events // Whatever happens here.

	http *httptest.Server

	mu       sync.Mutex
	browsers map[string]*Browser
	faults   []Fault
	asked    int
}

// Fault is how a coming message goes wrong; faults are used up in order.
type Fault struct {
	Status     int
	RetryAfter string
	Cut        bool // Cut the connection after the message was taken.
}

// Browser is one subscription.
type Browser struct {
	server *Server
	path   string
	key    *ecdh.PrivateKey
	auth   []byte
	gone   bool
	asleep bool
	shown  []Message
}

// Message is what a browser got.
type Message struct {
	Text           string // Decrypted.
	Topic, Urgency string
	TTL            int
}

// New starts a service. End it with Close.
func New() *Server {
	s := &Server{browsers: map[string]*Browser{}}
	s.http = httptest.NewServer(s)
	return s
}

// URL is the origin of the service.
func (s *Server) URL() string { return s.http.URL }

// Close ends the server.
func (s *Server) Close() { s.http.Close() }

// Fail makes a coming message go wrong.
func (s *Server) Fail(f Fault) { s.set(func() { s.faults = append(s.faults, f) }) }

// Asked is how many requests came.
func (s *Server) Asked() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked
}

func (s *Server) set(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
	s.Touch()
}

// Subscribe makes a browser with a subscription of its own.
func (s *Server) Subscribe() *Browser {
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		panic(err) // Never, by its document.
	}
	b := &Browser{server: s, key: key, auth: make([]byte, 16)}
	_, _ = rand.Read(b.auth) // Never fails, by its document.
	s.set(func() {
		b.path = "/push/" + strconv.Itoa(len(s.browsers)) + "-secret-of-a-browser"
		s.browsers[b.path] = b
	})
	return b
}

// Subscription is what the browser's PushSubscription says as JSON.
func (b *Browser) Subscription() []byte {
	text, err := json.Marshal(map[string]any{"endpoint": b.server.URL() + b.path, "expirationTime": nil, "keys": map[string]string{
		"p256dh": base64.RawURLEncoding.EncodeToString(b.key.PublicKey().Bytes()), "auth": base64.RawURLEncoding.EncodeToString(b.auth),
	}})
	if err != nil {
		panic(err) // Only strings.
	}
	return text
}

// Path is the secret part of the browser's address.
func (b *Browser) Path() string { return b.path }

// Leave ends the subscription, as a browser that was uninstalled does.
func (b *Browser) Leave() { b.server.set(func() { b.gone = true }) }

// Sleep keeps what comes: of one topic only the newest.
func (b *Browser) Sleep(asleep bool) { b.server.set(func() { b.asleep = asleep }) }

// Shown is what the browser got.
func (b *Browser) Shown() []Message {
	b.server.mu.Lock()
	defer b.server.mu.Unlock()
	return slices.Clone(b.shown)
}

// WaitShown waits for a message with a text in it.
func (b *Browser) WaitShown(ctx context.Context, text string) (Message, error) {
	m, err := eventtest.Newest(ctx, &b.server.Events, b.Shown, func(m Message) bool { return strings.Contains(m.Text, text) })
	if err != nil {
		return m, fmt.Errorf("webpushtest: %q was not shown: %w", text, err)
	}
	return m, nil
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	status, after, cut := 0, "", false
	s.set(func() {
		s.asked++
		if len(s.faults) > 0 {
			status, after, cut = s.faults[0].Status, s.faults[0].RetryAfter, s.faults[0].Cut
			s.faults = s.faults[1:]
		}
		if status == 0 {
			status = s.take(r, body)
		}
	})
	if cut {
		panic(http.ErrAbortHandler)
	}
	if after != "" {
		w.Header().Set("Retry-After", after)
	}
	w.WriteHeader(status)
}

// take is a service's answer to one message. The caller holds s.mu.
func (s *Server) take(r *http.Request, body []byte) int {
	b := s.browsers[r.URL.Path]
	ttl, err := strconv.Atoi(r.Header.Get("TTL"))
	topic, urgency := r.Header.Get("Topic"), r.Header.Get("Urgency")
	switch {
	case b == nil:
		return http.StatusNotFound
	case b.gone:
		return http.StatusGone
	case r.Method != http.MethodPost:
		return http.StatusMethodNotAllowed
	case err != nil || ttl < 0 || r.Header.Get("Content-Encoding") != "aes128gcm":
		return http.StatusBadRequest
	case len(topic) > 32 || strings.Trim(topic, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") != "":
		return http.StatusBadRequest
	case !slices.Contains([]string{"", "very-low", "low", "normal", "high"}, urgency):
		return http.StatusBadRequest
	case len(body) > maxBody:
		return http.StatusRequestEntityTooLarge
	case s.verify(r.Header.Get("Authorization")) != nil:
		return http.StatusUnauthorized
	}
	text, err := b.open(body)
	if err != nil {
		text = []byte("unreadable: " + err.Error()) // A service cannot know.
	}
	if b.asleep && topic != "" {
		b.shown = slices.DeleteFunc(b.shown, func(m Message) bool { return m.Topic == topic })
	}
	b.shown = append(b.shown, Message{string(text), topic, urgency, ttl})
	return http.StatusCreated
}

// verify checks who asks (RFC 8292): a token for this service, signed by the key
// that is shown, not over and not longer than a day.
func (s *Server) verify(header string) error {
	rest, ok := strings.CutPrefix(header, "vapid t=")
	jwt, key, found := strings.Cut(rest, ", k=")
	parts := strings.Split(jwt, ".")
	if !ok || !found || len(parts) != 3 {
		return errors.New("no vapid")
	}
	var raw [3][]byte
	for i, p := range parts {
		var err error
		if raw[i], err = base64.RawURLEncoding.DecodeString(p); err != nil {
			return err
		}
	}
	point, err := base64.RawURLEncoding.DecodeString(key)
	if err != nil {
		return err
	}
	public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
	if err != nil {
		return err
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if len(raw[2]) != 64 || !ecdsa.Verify(public, sum[:], new(big.Int).SetBytes(raw[2][:32]), new(big.Int).SetBytes(raw[2][32:])) {
		return errors.New("wrong signature")
	}
	var head struct{ Typ, Alg string }
	var claims struct {
		Aud, Sub string
		Exp      int64
	}
	if err := errors.Join(json.Unmarshal(raw[0], &head), json.Unmarshal(raw[1], &claims)); err != nil {
		return err
	}
	left := time.Until(time.Unix(claims.Exp, 0))
	if head.Alg != "ES256" || claims.Aud != s.URL() || left <= 0 || left > 24*time.Hour || !strings.Contains(claims.Sub, ":") {
		return fmt.Errorf("claims %+v", claims)
	}
	return nil
}

// open decrypts as a browser does (RFC 8188 §2, RFC 8291 §3.4), with HMAC alone.
func (b *Browser) open(body []byte) ([]byte, error) {
	if len(body) < 21 || len(body) < 21+int(body[20]) {
		return nil, errors.New("no header")
	}
	salt, record, id := body[:16], binary.BigEndian.Uint32(body[16:20]), body[21:21+int(body[20])]
	sealed := body[21+len(id):]
	if len(sealed) > int(record) {
		return nil, fmt.Errorf("%d bytes in records of %d", len(sealed), record)
	}
	sender, err := ecdh.P256().NewPublicKey(id)
	if err != nil {
		return nil, err
	}
	shared, err := b.key.ECDH(sender)
	if err != nil {
		return nil, err
	}
	info := slices.Concat([]byte("WebPush: info\x00"), b.key.PublicKey().Bytes(), id, []byte{1})
	prk := mac(salt, mac(mac(b.auth, shared), info))
	block, err := aes.NewCipher(mac(prk, []byte("Content-Encoding: aes128gcm\x00\x01"))[:16])
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	text, err := aead.Open(nil, mac(prk, []byte("Content-Encoding: nonce\x00\x01"))[:12], sealed, nil)
	if err != nil {
		return nil, err
	}
	text = []byte(strings.TrimRight(string(text), "\x00"))
	if len(text) == 0 || text[len(text)-1] != 2 {
		return nil, errors.New("not the last record")
	}
	return text[:len(text)-1], nil
}

func mac(key, text []byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write(text)
	return h.Sum(nil)
}
