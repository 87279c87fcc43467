package queue

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"hash"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Links makes and reads the unguessable tokens of ticket pages. A token is
// derived from the ticket's id, so that a reprint shows the same one and
// nothing needs to be stored.
type Links struct {
	secret []byte
	base   string
	macs   sync.Pool // Of hash.Hash with the secret worked in, which costs as much as using one.
}

// linkMAC is the length of the authenticator in bytes: 2^96 guesses.
const linkMAC = 12

// LinkLife is how long after its ticket was issued a link leads anywhere. A
// ticket is for one day; what became of it can be read for one more.
const LinkLife = 24 * time.Hour

// LinkOver reports whether a ticket's link leads nowhere any more.
func (t Ticket) LinkOver(now time.Time) bool { return now.Sub(t.IssuedAt) > LinkLife }

// NewLinks makes links under base ("http://192.168.1.10:8080"), keyed by a
// secret that must survive restarts.
func NewLinks(secret []byte, base string) *Links {
	return &Links{secret: secret, base: strings.TrimSuffix(base, "/")}
}

// URL gives the address of a ticket's page.
func (l *Links) URL(office, ticket string) string {
	return l.base + "/t/" + l.Token(office, ticket)
}

// Token gives the last part of URL: about 20 characters of base64url.
func (l *Links) Token(office, ticket string) string {
	id, err := strconv.ParseUint(ticket, 10, 63)
	if err != nil {
		return ""
	}
	raw := binary.AppendUvarint(make([]byte, 0, binary.MaxVarintLen64+linkMAC), id)
	return base64.RawURLEncoding.EncodeToString(l.mac(raw, office, raw))
}

// Ticket reads a token made for office and gives the ticket's id; ok is false
// for a forged or damaged one.
func (l *Links) Ticket(office, token string) (id string, ok bool) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) <= linkMAC || len(raw) > linkMAC+binary.MaxVarintLen64 {
		return "", false
	}
	body, mac := raw[:len(raw)-linkMAC], raw[len(raw)-linkMAC:]
	n, size := binary.Uvarint(body)
	if size != len(body) || subtle.ConstantTimeCompare(mac, l.mac(nil, office, body)) != 1 {
		return "", false
	}
	return strconv.FormatUint(n, 10), true
}

// mac adds the authenticator of an office's ticket to b.
func (l *Links) mac(b []byte, office string, id []byte) []byte {
	h, ok := l.macs.Get().(hash.Hash)
	if !ok { // None is left over.
		h = hmac.New(sha256.New, l.secret)
	}
	defer l.macs.Put(h)
	h.Reset()
	var text [64]byte
	h.Write(append(append(append(text[:0], office...), 0), id...))
	var sum [sha256.Size]byte
	return append(b, h.Sum(sum[:0])[:linkMAC]...)
}
