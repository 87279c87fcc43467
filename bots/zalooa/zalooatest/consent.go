package zalooatest

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// codeFor is how long a code is good.
const codeFor = 10 * time.Minute

// code is a consent that was given and not yet exchanged.
type code struct {
	challenge string
	until     time.Time
}

// Decline has the account's owner say no from now on.
func (s *Server) Decline() { s.set(func() { s.declines = true }) }

// permission is the page where the account's owner agrees, who does so at once,
// and is sent back.
func (s *Server) permission(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	to, err := url.Parse(q.Get("redirect_uri"))
	if raw, wrong := base64.RawURLEncoding.DecodeString(q.Get("code_challenge")); q.Get("app_id") != AppID || err != nil || to.Host == "" || wrong != nil || len(raw) != sha256.Size {
		http.Error(w, "Invalid app, callback or challenge", http.StatusBadRequest)
		return
	}
	back := url.Values{"state": {q.Get("state")}, "oa_id": {OAID}}
	s.set(func() {
		if s.declines {
			return
		}
		s.next++
		given := "code-of-a-consent-" + strconv.Itoa(s.next)
		s.codes[given] = code{q.Get("code_challenge"), s.now().Add(codeFor)}
		back.Set("code", given)
	})
	to.RawQuery = back.Encode()
	http.Redirect(w, r, to.String(), http.StatusFound)
}

// redeem uses a code up. The caller holds s.mu.
func (s *Server) redeem(given, verifier string) bool {
	c, ok := s.codes[given]
	delete(s.codes, given)
	sum := sha256.Sum256([]byte(verifier))
	return ok && s.now().Before(c.until) && len(verifier) == 43 && base64.RawURLEncoding.EncodeToString(sum[:]) == c.challenge
}
