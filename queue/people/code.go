package people

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// One-use codes of a telephone's authenticator (RFC 6238, RFC 4226).
const (
	codeStep   = 30 * time.Second
	codeDrift  = 1 // Steps that a telephone's clock may be off, either way.
	codeDigits = 6
	secretSize = 20 // Bytes; RFC 4226 section 4, R6.

	recoveryCodes = 10
	recoverySize  = 10 // Bytes: 80 bits, so that a plain hash of it is safe to keep.
)

// step numbers the time.
func step(at time.Time) int64 { return at.Unix() / int64(codeStep/time.Second) }

// codeAt is the code of one step (RFC 4226 section 5.3).
func codeAt(secret []byte, step int64) string {
	mac := hmac.New(sha1.New, secret)
	var counter [8]byte
	binary.BigEndian.PutUint64(counter[:], uint64(step))
	mac.Write(counter[:])
	sum := mac.Sum(nil)
	at := sum[len(sum)-1] & 0xf
	n := binary.BigEndian.Uint32(sum[at:at+4]) & 0x7fffffff
	return fmt.Sprintf("%0*d", codeDigits, n%1_000_000)
}

// matchCode finds the step whose code was typed. Steps up to used are over: a
// code that somebody has looked at is no good to them.
func matchCode(secret []byte, code string, now time.Time, used int64) (at int64, ok bool) {
	for s := step(now) - codeDrift; s <= step(now)+codeDrift; s++ {
		if subtle.ConstantTimeCompare([]byte(codeAt(secret, s)), []byte(code)) == 1 && s > used {
			at, ok = s, true
		}
	}
	return at, ok
}

// newSecret makes the secret that a telephone and the server share.
func newSecret() []byte {
	b := make([]byte, secretSize)
	_, _ = rand.Read(b) // It never fails (crypto/rand).
	return b
}

// SecretText is a secret as it is typed into a telephone.
func SecretText(secret []byte) string {
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(secret)
}

// CodeURI is what the QR code says that a telephone's authenticator reads (Key
// URI format).
func CodeURI(issuer, name string, secret []byte) string {
	label := url.PathEscape(issuer + ":" + name)
	q := url.Values{"secret": {SecretText(secret)}, "issuer": {issuer}}
	return "otpauth://totp/" + label + "?" + strings.ReplaceAll(q.Encode(), "+", "%20")
}

// newRecovery makes the codes for the day when the telephone is lost.
func newRecovery() (codes []string, hashes [][]byte) {
	for range recoveryCodes {
		b := make([]byte, recoverySize)
		_, _ = rand.Read(b) // It never fails (crypto/rand).
		text := strings.ToLower(base32.StdEncoding.EncodeToString(b))
		codes = append(codes, text[:4]+"-"+text[4:8]+"-"+text[8:12]+"-"+text[12:])
		hashes = append(hashes, hashRecovery(text))
	}
	return codes, hashes
}

// hashRecovery is what is kept of a recovery code, however it is typed.
func hashRecovery(typed string) []byte {
	folded := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '2' && r <= '7' {
			return r
		}
		return -1
	}, strings.ToLower(typed))
	sum := sha256.Sum256([]byte(folded))
	return sum[:]
}

// digitsOnly gives the digits of what was typed, if it is a code: people put a
// space in the middle.
func digitsOnly(typed string) (string, bool) {
	digits := strings.ReplaceAll(strings.TrimSpace(typed), " ", "")
	if len(digits) != codeDigits || strings.ContainsFunc(digits, func(r rune) bool { return r < '0' || r > '9' }) {
		return "", false
	}
	return digits, true
}
