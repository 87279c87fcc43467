package page

import "net/http"

// policy is the Content-Security-Policy of every page: own resources only, no
// inline script or style but Again, no framing, forms only to ourselves.
const policy = "default-src 'self'; " + ScriptPolicy + "; base-uri 'none'; object-src 'none'; form-action 'self'; frame-ancestors 'none'"

// Secure sets the security headers of every answer.
//
// The referrer policy is same-origin, not no-referrer: nothing leaves the
// office either way, but under no-referrer browsers send "Origin: null" with
// form posts (Fetch standard, "append a request Origin header"), and on plain
// http in the office's network, where there is no Sec-Fetch-Site, a
// cross-origin check then refuses the office's own forms.
func Secure(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("X-Frame-Options", "DENY") // For TV browsers older than frame-ancestors.
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		next.ServeHTTP(w, r)
	})
}
