package hooks_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// receive is the receiver of HOOKS.md; TestReceiver holds the two together.
func receive(secret string, use func(body []byte)) http.HandlerFunc {
	seen := map[string]bool{} // A real one keeps this for a day.
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
		var t, v1 string
		fmt.Sscanf(strings.Replace(r.Header.Get("X-Xinmoi-Signature"), ",", " ", 1), "t=%s v1=%s", &t, &v1)
		sum := hmac.New(sha256.New, []byte(secret))
		sum.Write([]byte(t + "." + string(body)))
		seconds, _ := strconv.ParseInt(t, 10, 64)
		age := time.Since(time.Unix(seconds, 0)).Abs()
		if err != nil || age > 5*time.Minute || !hmac.Equal([]byte(v1), []byte(hex.EncodeToString(sum.Sum(nil)))) {
			http.Error(w, "not believed", http.StatusUnauthorized)
			return
		}
		if id := r.Header.Get("X-Xinmoi-Delivery"); !seen[id] { // It may come twice.
			use(body)
			seen[id] = true
		}
	}
}
