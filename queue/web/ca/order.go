package ca

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
)

// Orders makes a public authority's answers complete for acme.Client: that waits
// for a certificate at the address in the Location of the answer to "finalize",
// which RFC 8555 §7.4 does not ask for, and which not every authority gives.
// The address is that of the order, which was told when it was made (§7.1).
type Orders struct {
	Next http.RoundTripper // Nil = http.DefaultTransport.

	mu    sync.Mutex
	known map[string]string // Where an order is finalized → the order.
}

// Bounds of what is remembered.
const (
	ordersMost = 64
	orderMost  = 64 << 10 // Bytes of an answer that may be an order.
)

// RoundTrip implements http.RoundTripper.
func (o *Orders) RoundTrip(r *http.Request) (*http.Response, error) {
	next := o.Next
	if next == nil {
		next = http.DefaultTransport
	}
	res, err := next.RoundTrip(r)
	if err != nil || res.StatusCode/100 != 2 || !strings.HasPrefix(res.Header.Get("Content-Type"), "application/json") {
		return res, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if order, ok := o.known[r.URL.String()]; ok && res.Header.Get("Location") == "" {
		res.Header.Set("Location", order)
	}
	if res.StatusCode == http.StatusCreated {
		err = o.learn(res)
	}
	return res, err
}

// learn looks at the answer to a new order, and leaves it as it was.
func (o *Orders) learn(res *http.Response) error {
	text, err := io.ReadAll(io.LimitReader(res.Body, orderMost))
	if err != nil {
		_ = res.Body.Close() // It broke off.
		return err
	}
	res.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(text), res.Body), res.Body}
	var order struct {
		Finalize string `json:"finalize"`
	}
	if json.Unmarshal(text, &order) != nil || order.Finalize == "" || res.Header.Get("Location") == "" {
		return nil
	}
	if o.known == nil || len(o.known) >= ordersMost {
		o.known = map[string]string{}
	}
	o.known[order.Finalize] = res.Header.Get("Location")
	return nil
}
