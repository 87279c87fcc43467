// Package liberal is for reading what the servers of chats send, which is not
// always what they promise: values in other types, ids that cannot be ids, times
// that have not come yet. A surprise in one field does no harm to the others.
package liberal

import (
	"encoding/json"
	"math"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Text is a JSON string, or a number, which some ids have been seen as; anything
// else is empty.
type Text string

// UnmarshalJSON implements json.Unmarshaler; it never fails.
func (t *Text) UnmarshalJSON(b []byte) error {
	var s string
	switch {
	case json.Unmarshal(b, &s) == nil:
		*t = Text(s)
	case len(b) > 0 && (b[0] == '-' || (b[0] >= '0' && b[0] <= '9')):
		*t = Text(b)
	}
	return nil
}

// Number is a JSON number, or a string of one; anything else is 0.
type Number int64

// UnmarshalJSON implements json.Unmarshaler; it never fails.
func (n *Number) UnmarshalJSON(b []byte) error {
	f, err := strconv.ParseFloat(strings.Trim(string(b), `"`), 64)
	if err == nil && math.Abs(f) < 1<<53 {
		*n = Number(f)
	}
	return nil
}

// Moment is when something was written, never after now. Servers tell
// milliseconds since 1970; seconds are understood as well.
func (n Number) Moment(now time.Time) time.Time {
	const seconds = 1e11 // In milliseconds, this was in 1973.
	if n > 0 && n < seconds {
		n *= 1000
	}
	at := time.UnixMilli(int64(n)).UTC()
	if n <= 0 || at.After(now) {
		return now
	}
	return at
}

// MaxID bounds an id that is used as it is, in characters.
const MaxID = 64

// IsID reports whether an id can stand in an address, a key and a table.
func IsID(s string) bool {
	return s != "" && len(s) <= MaxID && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}

// Clip bounds a foreign text, in characters.
func Clip(s string, n int) string {
	s = strings.ToValidUTF8(s, "?")
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}

// OrEmpty is an object even where there is none.
func OrEmpty(raw json.RawMessage) json.RawMessage {
	if len(raw) == 0 {
		return json.RawMessage("{}")
	}
	return raw
}

const dialTimeout = 5 * time.Second

// Client makes an HTTP client that follows no redirects: they would carry secrets
// elsewhere. Times are set per call.
func Client() *http.Client {
	transport := &http.Transport{
		Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 16, IdleConnTimeout: 90 * time.Second,
		DialContext: (&net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}).DialContext, TLSHandshakeTimeout: 2 * dialTimeout,
	}
	return &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
