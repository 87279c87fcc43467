package ca

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// The answer to "finalize" leads to its order, whether or not the authority says
// so; other answers are left alone.
func TestOrders(t *testing.T) {
	var said string
	mux := http.NewServeMux()
	answer := func(status int, location, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json; charset=utf-8")
			if location != "" {
				w.Header().Set("Location", location)
			}
			w.WriteHeader(status)
			_, _ = io.WriteString(w, strings.ReplaceAll(body, "BASE", said))
		}
	}
	order := `{"status":"pending","finalize":"BASE/finalize/1"}`
	mux.HandleFunc("/new-order", answer(http.StatusCreated, "/order/1", order))
	mux.HandleFunc("/finalize/1", answer(http.StatusOK, "", `{"status":"processing"}`))
	mux.HandleFunc("/finalize/2", answer(http.StatusOK, "", `{"status":"processing"}`))
	mux.HandleFunc("/account", answer(http.StatusCreated, "/account/1", `not JSON`))
	s := httptest.NewServer(mux)
	defer s.Close()
	said = s.URL
	client := &http.Client{Transport: &Orders{}}
	for _, step := range []struct{ path, location, body string }{
		{"/finalize/1", "", `{"status":"processing"}`},
		{"/account", "/account/1", "not JSON"},
		{"/new-order", "/order/1", strings.ReplaceAll(order, "BASE", s.URL)},
		{"/finalize/1", "/order/1", `{"status":"processing"}`},
		{"/finalize/2", "", `{"status":"processing"}`},
	} {
		res, err := client.Post(s.URL+step.path, "application/jose+json", nil)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if err != nil || string(body) != step.body || res.Header.Get("Location") != step.location {
			t.Errorf("%s: %q at %q, %v", step.path, body, res.Header.Get("Location"), err)
		}
	}
	client.CloseIdleConnections()
}
