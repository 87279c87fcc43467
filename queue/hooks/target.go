package hooks

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"syscall"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// Target is one address that is told of events. Only the machine's
// configuration names targets: no page and no request can.
type Target struct {
	Name   string       // Short, for logs and pages: lower case letters, digits, dashes.
	URL    string       // "https://192.168.1.60/xinmoi"
	Secret []byte       // Of the signature; at least 16 bytes.
	Kinds  []queue.Kind // Asked for; none = every one.
	Alarms bool         // Alarms too.
}

const (
	maxTargets = 20
	leastKey   = 16
)

// Validate tells what is wrong with targets.
func Validate(targets []Target) error {
	if len(targets) > maxTargets {
		return fmt.Errorf("%d hooks: at most %d", len(targets), maxTargets)
	}
	seen := map[string]bool{}
	for _, t := range targets {
		if seen[t.Name] {
			return fmt.Errorf("two hooks are called %q", t.Name)
		}
		seen[t.Name] = true
		if err := t.validate(); err != nil {
			return fmt.Errorf("hook %q: %w", t.Name, err)
		}
	}
	return nil
}

func (t Target) validate() error {
	if !regexp.MustCompile(`^[a-z0-9-]{1,32}$`).MatchString(t.Name) {
		return errors.New("name: lower case letters, digits and dashes, at most 32")
	}
	u, err := url.Parse(t.URL)
	switch {
	case err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https"):
		return fmt.Errorf("url: %q: begin with http:// or https:// and a host", t.URL)
	case u.User != nil:
		return errors.New("url: leave the password out: posts are signed with the secret")
	case len(t.Secret) < leastKey:
		return fmt.Errorf("secret_file: %d bytes, at least %d are needed", len(t.Secret), leastKey)
	}
	for _, k := range t.Kinds {
		if !slices.Contains(Kinds(), k) {
			return fmt.Errorf("events: unknown %q", k)
		}
	}
	return nil
}

// wants reports whether a target asked for a kind.
func (t Target) wants(k queue.Kind) bool { return len(t.Kinds) == 0 || slices.Contains(t.Kinds, k) }

const (
	postTime   = 10 * time.Second // For one post and its answer.
	answerMost = 4 << 10          // Bytes of an answer that are read.
)

// newClient makes what posts. It follows no redirect, which could lead into
// the machine or the network behind it, uses no proxy, and connects to no
// address that no receiver can have.
func newClient() *http.Client {
	dialer := &net.Dialer{Timeout: 5 * time.Second, Control: func(_, address string, _ syscall.RawConn) error { return reachable(address) }}
	return &http.Client{
		Timeout:       postTime,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport:     &http.Transport{DialContext: dialer.DialContext, MaxConnsPerHost: 2, IdleConnTimeout: time.Minute, TLSHandshakeTimeout: 5 * time.Second, MaxResponseHeaderBytes: 16 << 10},
	}
}

// reachable refuses addresses that a name in the configuration cannot mean: a
// name server that lies may not lead to a cloud's metadata (169.254.169.254) or
// to everybody.
func reachable(address string) error {
	a, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("hooks: %w", err)
	}
	ip := a.Addr().Unmap()
	if ip.IsLinkLocalUnicast() || ip.IsMulticast() || ip.IsUnspecified() || ip == netip.AddrFrom4([4]byte{255, 255, 255, 255}) {
		return fmt.Errorf("hooks: %s is no receiver's address", ip)
	}
	return nil
}

// refused is a post that was answered, but not with success.
type refused struct{ status int }

func (r refused) Error() string { return "the receiver answered " + strconv.Itoa(r.status) }

// final reports whether a receiver has understood a post and will not take it,
// however often it comes (RFC 9110 §15.5): not where it asks for patience.
func final(err error) bool {
	var r refused
	return errors.As(err, &r) && r.status >= 400 && r.status < 500 && r.status != http.StatusRequestTimeout && r.status != http.StatusTooManyRequests
}

// post sends one body to a target. id names it for good.
func post(ctx context.Context, client *http.Client, t Target, id string, body []byte, now time.Time) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, t.URL, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "xinmoi")
	req.Header.Set(SignatureHeader, Sign(t.Secret, body, now))
	req.Header.Set(DeliveryHeader, id)
	res, err := client.Do(req)
	if err != nil {
		var u *url.Error
		if errors.As(err, &u) { // Its words hold the address, which may hold a key.
			err = u.Err
		}
		return err
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, answerMost)) // So that the connection can be used again.
	_ = res.Body.Close()
	if res.StatusCode < 200 || res.StatusCode > 299 {
		return refused{res.StatusCode}
	}
	return nil
}
