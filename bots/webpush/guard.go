package webpush

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"
)

// known is where browsers have their push services. An address that a browser
// gives is a stranger's word: nothing is sent anywhere else, so that nobody can
// have this server knock on doors inside the office.
func known() []string {
	return []string{
		"fcm.googleapis.com", "android.googleapis.com", "jmt17.google.com", // Chrome, Edge on Android, Cốc Cốc, Samsung.
		".push.services.mozilla.com", ".push.apple.com", ".notify.windows.com",
	}
}

// services says which push services are written to.
type services struct {
	more []string // Origins that the configuration trusts besides: "https://push.example:8443".
}

// admits reports whether an endpoint is at one of them.
func (s services) admits(origin *url.URL) bool {
	if slices.Contains(s.more, origin.String()) {
		return true
	}
	if origin.Scheme != "https" || origin.Port() != "" && origin.Port() != "443" {
		return false
	}
	host := strings.ToLower(origin.Hostname())
	return slices.ContainsFunc(known(), func(name string) bool {
		return host == name || strings.HasPrefix(name, ".") && strings.HasSuffix(host, name)
	})
}

// checkOrigins refuses what can be no service of the configuration.
func checkOrigins(more []string) error {
	for _, each := range more {
		u, err := url.Parse(each)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || (&url.URL{Scheme: u.Scheme, Host: u.Host}).String() != each {
			return fmt.Errorf("the push service %q: give it as https://host, without a path", each)
		}
	}
	return nil
}

// errInside says that a name leads to an address that no push service has.
var errInside = errors.New("the push service's name leads to an address that is not public")

const dialTimeout = 5 * time.Second

// client makes an HTTP client that follows no redirects, and reaches public
// addresses only but for the services that the configuration trusts. The address
// is looked at when it is dialled: a name may lead elsewhere a moment later.
func (s services) client() *http.Client {
	plain := &net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}
	guarded := &net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second, Control: func(_, address string, _ syscall.RawConn) error {
		if at, err := netip.ParseAddrPort(address); err != nil || !public(at.Addr()) {
			return errInside
		}
		return nil
	}}
	transport := &http.Transport{
		Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 8, IdleConnTimeout: 90 * time.Second, TLSHandshakeTimeout: 2 * dialTimeout,
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			if s.dialsTrusted(address) {
				return plain.DialContext(ctx, network, address)
			}
			return guarded.DialContext(ctx, network, address)
		},
	}
	return &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// dialsTrusted reports whether an address is that of a trusted service, or of the
// proxy that the machine's owner has set.
func (s services) dialsTrusted(address string) bool {
	for _, each := range append(proxies(), s.more...) {
		u, err := url.Parse(each)
		if err != nil || u.Host == "" {
			continue
		}
		port := u.Port()
		if port == "" {
			port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
		}
		if net.JoinHostPort(u.Hostname(), port) == address {
			return true
		}
	}
	return false
}

// proxies is the proxy for https, as the environment names it.
func proxies() []string {
	r := &http.Request{URL: &url.URL{Scheme: "https", Host: known()[0]}}
	if u, err := http.ProxyFromEnvironment(r); err == nil && u != nil {
		return []string{u.String()}
	}
	return nil
}

// public reports whether an address is one of the internet's.
func public(a netip.Addr) bool {
	a = a.Unmap()
	if !a.IsGlobalUnicast() || a.IsPrivate() {
		return false
	}
	for _, inside := range []string{"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4", "64:ff9b::/96", "64:ff9b:1::/48", "2001:db8::/32", "2002::/16"} {
		if netip.MustParsePrefix(inside).Contains(a) {
			return false
		}
	}
	return true
}
