package api

import (
	"net/http"
	"strings"

	"github.com/xinmoi/xinmoi/queue"
)

// The request headers of this interface.
const (
	keyHeader    = "Idempotency-Key" // Request key; see queue.Meta.Key.
	callerHeader = "Xinmoi-Caller"   // Which part of a device speaks; see queue.Meta.Caller.
)

const (
	maxKey    = 128 // Characters of a request key.
	maxCaller = 64  // Characters of a caller's name.
)

// checkRequest refuses what no operation would accept and puts right what
// every operation would forgive.
func checkRequest(r *http.Request) *Problem {
	if most := bodyLimit(r); r.ContentLength > most {
		return newProblem(CodeTooLarge, "the body has %d bytes, the limit is %d", r.ContentLength, most)
	}
	if p := checkToken(r.Header, keyHeader, maxKey); p != nil {
		return p
	}
	if p := checkToken(r.Header, callerHeader, maxCaller); p != nil {
		return p
	}
	// "curl -d" calls any body a form. There are no forms here, so that it can
	// only be meant as JSON.
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		r.Header.Del("Content-Type")
	}
	return nil
}

// bodyLimit is how large the body of a request may be. What is put is a setup;
// its body is read only when the caller is known to have the right to it.
func bodyLimit(r *http.Request) int64 {
	if r.Method == http.MethodPut {
		return maxSetup
	}
	return MaxBody
}

// checkToken wants a header absent or once, with 1 to limit visible ASCII
// characters.
func checkToken(h http.Header, name string, limit int) *Problem {
	values := h.Values(name)
	if len(values) == 0 {
		return nil
	}
	if len(values) > 1 {
		return newProblem(queue.CodeBadRequest, "header %s is given %d times", name, len(values))
	}
	if !visible(values[0], limit) {
		return newProblem(queue.CodeBadRequest,
			"header %s must be 1 to %d visible ASCII characters, it has %d bytes", name, limit, len(values[0]))
	}
	return nil
}

// visible reports whether s is 1 to limit visible ASCII characters
// (VCHAR, RFC 5234 appendix B.1).
func visible(s string, limit int) bool {
	if s == "" || len(s) > limit {
		return false
	}
	for i := range len(s) {
		if s[i] < '!' || s[i] > '~' {
			return false
		}
	}
	return true
}
