package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/xinmoi/xinmoi/ivr/ops"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// Bounds of the pages of a telephone process.
const (
	knownFor  = 5 * time.Minute // An administrator's token is believed without asking again.
	mostKnown = 64
	askServer = 5 * time.Second
)

// ivrCookie holds an administrator's token in a browser.
const ivrCookie = "xinmoi_ivr"

// servePages makes the part that serves figures and live calls.
func (t *telephone) servePages(office phoneOffice, o ivrOptions) (part, error) {
	calls, err := t.callsPage(ops.PageConfig{Logger: t.log, Build: version(), Location: office.location})
	if err != nil {
		return part{}, err
	}
	calls = page.Named(calls, office.names)
	figures, err := figuresHandler(t.phoneCollectors())
	if err != nil {
		return part{}, err
	}
	listener, err := listenHTTP(o.http)
	if err != nil {
		return part{}, err
	}
	admins := &officeAdmins{page: strings.TrimRight(o.server, "/") + ops.Prefix}
	mux := http.NewServeMux()
	mux.Handle(ops.Prefix, admins.guard(calls))
	mux.Handle(ops.Prefix+"/", admins.guard(calls))
	mux.Handle("GET "+metricsPath, hereOr(figures, admins.guard(figures)))
	for _, path := range []string{"GET /{$}", "GET /admin"} {
		mux.Handle(path, http.RedirectHandler(ops.Prefix, http.StatusSeeOther))
	}
	server := &http.Server{Handler: mux, ReadHeaderTimeout: headerTime, ReadTimeout: 30 * time.Second, IdleTimeout: idleTime, MaxHeaderBytes: headerBytes}
	return part{"pages", func(ctx context.Context) error {
		defer context.AfterFunc(ctx, func() { _ = server.Close() })()
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("HTTP server: %w", err)
		}
		return nil
	}, true}, nil
}

// phoneCollectors are the figures of a telephone.
func (t *telephone) phoneCollectors() []prometheus.Collector {
	return []prometheus.Collector{partFigures{t.callFigures}, partFigures{t.calloutFigures}, partFigures{t.trunkFigures}, partFigures{t.operatorFigures}}
}

// figuresHandler writes figures.
func figuresHandler(all []prometheus.Collector) (http.Handler, error) {
	registry := prometheus.NewPedanticRegistry()
	for _, c := range all {
		if err := registry.Register(c); err != nil {
			return nil, err
		}
	}
	return promhttp.HandlerFor(registry, promhttp.HandlerOpts{MaxRequestsInFlight: 2, Timeout: 2 * scrapeTime, ErrorHandling: promhttp.ContinueOnError}), nil
}

// hereOr serves programs of this machine one way and all others another.
func hereOr(here, elsewhere http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		if ofThisMachine(r) {
			here.ServeHTTP(w, r)
			return
		}
		elsewhere.ServeHTTP(w, r)
	})
}

// officeAdmins knows who may see the pages of a process that has no tokens of
// its own: whom the office's server lets into the same page.
type officeAdmins struct {
	page string // At the office's server, for administrators.

	mu    sync.Mutex
	known map[[sha256.Size]byte]time.Time // Hash of a token → until when it is believed.
}

// guard lets administrators of the office in. A link with ?token= becomes a
// cookie, as at the office's server.
func (a *officeAdmins) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Referrer-Policy", "no-referrer")
		token, linked := tokenOf(r)
		ok, err := a.admits(r.Context(), token)
		switch {
		case err != nil:
			http.Error(w, "Chưa hỏi được máy chủ của trung tâm, thử lại sau.\nThe office's server cannot be asked: try again.", http.StatusServiceUnavailable)
		case !ok:
			http.Error(w, "Trang này dành cho quản trị: mở liên kết kèm ?token=MÃ, mã do \"xinmoi token -role admin\" ở máy chủ cấp.\n"+
				"For administrators: open the link with ?token=TOKEN, made by \"xinmoi token -role admin\" at the server.", http.StatusUnauthorized)
		case linked:
			http.SetCookie(w, &http.Cookie{Name: ivrCookie, Value: token, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: r.TLS != nil})
			query := r.URL.Query()
			query.Del("token")
			http.Redirect(w, r, (&url.URL{Path: ops.Prefix, RawQuery: query.Encode()}).String(), http.StatusSeeOther)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// tokenOf reads the token of a request; linked tells that it stands in the
// address.
func tokenOf(r *http.Request) (token string, linked bool) {
	if token = r.URL.Query().Get("token"); token != "" && r.Method == http.MethodGet {
		return token, true
	}
	if token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		return strings.TrimSpace(token), false
	}
	if c, err := r.Cookie(ivrCookie); err == nil {
		return c.Value, false
	}
	return "", false
}

// admits asks the office's server about a token, now and then.
func (a *officeAdmins) admits(ctx context.Context, token string) (bool, error) {
	if token == "" || len(token) > 256 {
		return false, nil
	}
	hash, now := sha256.Sum256([]byte(token)), time.Now()
	a.mu.Lock()
	until := a.known[hash]
	a.mu.Unlock()
	if now.Before(until) {
		return true, nil
	}
	ctx, cancel := context.WithTimeout(ctx, askServer)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodHead, a.page, nil)
	if err != nil {
		return false, err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	if err != nil {
		return false, err
	}
	_ = res.Body.Close()
	switch {
	case res.StatusCode >= http.StatusInternalServerError:
		return false, fmt.Errorf("the office's server answers %s", res.Status)
	case res.StatusCode != http.StatusOK:
		return false, nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.known == nil || len(a.known) >= mostKnown {
		a.known = map[[sha256.Size]byte]time.Time{}
	}
	a.known[hash] = now.Add(knownFor)
	return true, nil
}
