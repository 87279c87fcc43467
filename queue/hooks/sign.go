package hooks

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// The headers of every post.
const (
	SignatureHeader = "X-Xinmoi-Signature" // "t=1795320000,v1=…": see Sign.
	DeliveryHeader  = "X-Xinmoi-Delivery"  // Stays the same when a post is sent again.
)

// Window is how far a post's time may lie from the receiver's clock; older
// ones are somebody's repeat.
const Window = 5 * time.Minute

// Sign gives the value of SignatureHeader: the time in seconds since 1970, and
// HMAC-SHA256 in hex over that time as decimal text, a full stop, and the body
// (RFC 2104).
func Sign(secret, body []byte, at time.Time) string {
	t := strconv.FormatInt(at.Unix(), 10)
	return "t=" + t + ",v1=" + hex.EncodeToString(mac(secret, body, t))
}

func mac(secret, body []byte, t string) []byte {
	h := hmac.New(sha256.New, secret)
	h.Write([]byte(t + "."))
	h.Write(body)
	return h.Sum(nil)
}

// Why a post is not believed.
var (
	ErrSignature = errors.New("hooks: the signature is wrong")
	ErrOld       = errors.New("hooks: the time is too far from now")
)

// Verify tells whether a post was signed with the secret, and lately.
func Verify(secret, body []byte, header string, now time.Time) error {
	t, sum, err := parts(header)
	if err != nil {
		return err
	}
	if !hmac.Equal(sum, mac(secret, body, t)) {
		return ErrSignature
	}
	seconds, err := strconv.ParseInt(t, 10, 64)
	if err != nil {
		return fmt.Errorf("%w: %q is no time", ErrSignature, t)
	}
	// Seconds are compared: a time far from now overflows a duration.
	if off := seconds - now.Unix(); off > int64(Window.Seconds()) || off < -int64(Window.Seconds()) {
		return fmt.Errorf("%w: %d s", ErrOld, off)
	}
	return nil
}

// parts takes a signature header apart; unknown parts are for later versions.
func parts(header string) (t string, sum []byte, err error) {
	const longest = 256
	if len(header) > longest {
		return "", nil, fmt.Errorf("%w: %d bytes of header", ErrSignature, len(header))
	}
	for _, part := range strings.Split(header, ",") {
		name, value, _ := strings.Cut(part, "=")
		switch name {
		case "t":
			t = value
		case "v1":
			if sum, err = hex.DecodeString(value); err != nil {
				return "", nil, fmt.Errorf("%w: %w", ErrSignature, err)
			}
		}
	}
	if t == "" || len(t) > 12 || len(sum) != sha256.Size {
		return "", nil, fmt.Errorf("%w: a part is missing", ErrSignature)
	}
	return t, sum, nil
}
