package page

import (
	"encoding/json"
	"net/http"
)

// JSON answers a script. A failed write is a caller gone, so the only error is
// a value that cannot be written; nothing was answered then.
func JSON(w http.ResponseWriter, status int, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(append(b, '\n'))
	return nil
}
