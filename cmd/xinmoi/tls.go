package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"

	"github.com/xinmoi/xinmoi/queue/web/ca"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// acmeTime bounds one answer of a public authority.
const acmeTime = time.Minute

// httpsName is where certificates are kept in a data directory.
const httpsName = "https"

// httpsConfig is how pages are served by https.
type httpsConfig struct {
	Listen  string   `toml:"listen"`
	Names   []string `toml:"names"`
	Domains []string `toml:"domains"`
	Email   string   `toml:"email"`
	ACMEURL string   `toml:"acme_url"`
}

func (c httpsConfig) check() error {
	if c.Listen == "" {
		if len(c.Domains) > 0 {
			return errors.New("https.domains: give https.listen too, such as 0.0.0.0:443")
		}
		return nil
	}
	if _, _, err := net.SplitHostPort(c.Listen); err != nil {
		return fmt.Errorf("https.listen: %q: give an address and a port, such as 0.0.0.0:8443", c.Listen)
	}
	for key, names := range map[string][]string{"https.names": c.Names, "https.domains": c.Domains} {
		for _, name := range names {
			if name == "" || net.ParseIP(name) != nil || strings.ContainsAny(name, ":/* ") {
				return fmt.Errorf("%s: %q: give host names alone, such as xinmoi.local; addresses are found out", key, name)
			}
		}
	}
	if len(c.Domains) > 0 && c.Email == "" {
		return errors.New("https.email: the public authority wants an address of yours")
	}
	return nil
}

// secure is what https needs while the server runs; nil parts are off.
type secure struct {
	listener  net.Listener
	authority *ca.Authority
	public    *autocert.Manager // For domains that the world knows.
}

// bindHTTPS takes the port; certificates come once the data directory is open.
func (a *app) bindHTTPS() (err error) {
	if a.cfg.HTTPS.Listen == "" {
		return nil
	}
	if a.secure.listener, err = net.Listen("tcp", a.cfg.HTTPS.Listen); err != nil {
		return fmt.Errorf("https.listen: %w", err)
	}
	return nil
}

// openHTTPS makes or reads the certificates.
func (a *app) openHTTPS(context.Context) (err error) {
	if a.secure.listener == nil {
		return nil
	}
	dir := filepath.Join(a.data.path, httpsName)
	a.secure.authority, err = ca.Open(ca.Config{Dir: dir, Office: a.info.Name, Names: a.cfg.HTTPS.Names})
	if err != nil {
		return fmt.Errorf("https: %w", err)
	}
	if len(a.cfg.HTTPS.Domains) == 0 {
		return nil
	}
	a.secure.public = &autocert.Manager{
		Prompt: autocert.AcceptTOS, HostPolicy: autocert.HostWhitelist(a.cfg.HTTPS.Domains...), Email: a.cfg.HTTPS.Email,
		Cache:  autocert.DirCache(filepath.Join(dir, "public")),
		Client: &acme.Client{DirectoryURL: cmp.Or(a.cfg.HTTPS.ACMEURL, autocert.DefaultACMEDirectory), HTTPClient: &http.Client{Transport: &ca.Orders{}, Timeout: acmeTime}},
	}
	return nil
}

// tlsConfig answers a public domain with the public authority's certificate,
// and everybody else with the office's own.
func (s secure) tlsConfig() *tls.Config {
	c := &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: s.authority.Certificate, NextProtos: []string{"h2", "http/1.1"}}
	if s.public == nil {
		return c
	}
	c.NextProtos = append(c.NextProtos, acme.ALPNProto)
	c.GetCertificate = func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		if s.public.HostPolicy(hello.Context(), hello.ServerName) == nil {
			return s.public.GetCertificate(hello)
		}
		return s.authority.Certificate(hello)
	}
	return c
}

// plain is what is served without TLS: everything, and what the public
// authority asks to see (RFC 8555, 8.3).
func (s secure) plain(h http.Handler) http.Handler {
	if s.public == nil {
		return h
	}
	return s.public.HTTPHandler(h)
}

// caPage is the page from which devices learn to trust the office.
func (a *app) caPage() (http.Handler, error) {
	return ca.NewPage(ca.PageConfig{Authority: a.secure.authority, Port: a.secure.port(), Build: version()})
}

func (s secure) port() string {
	if s.listener == nil {
		return ""
	}
	_, port, err := net.SplitHostPort(s.listener.Addr().String())
	if err != nil {
		return ""
	}
	return port
}

func (a *app) httpsPanel() page.Panel {
	return page.Panel{ID: "https", Title: "HTTPS", TitleEN: "HTTPS", Rows: func(context.Context) []page.Row {
		if a.secure.listener == nil {
			return []page.Row{{Label: "Địa chỉ bảo mật", LabelEN: "Secure address", Value: "tắt; cần cho micrô và thông báo", ValueEN: "off; microphone and notifications need it", Href: ca.Path}}
		}
		authority, server := a.secure.authority.Until()
		rows := []page.Row{
			{Label: "Địa chỉ bảo mật", LabelEN: "Secure address", Value: a.secureBase(), Level: page.OK},
			{Label: "Cài cho máy của cán bộ", LabelEN: "For the staff's computers", Value: "mở trang hướng dẫn", ValueEN: "open the page that tells how", Href: ca.Path},
			{Label: "Dấu vân tay SHA-256", LabelEN: "Fingerprint, SHA-256", Value: a.secure.authority.Fingerprint()},
			{Label: "Chứng chỉ máy chủ tự gia hạn, đến", LabelEN: "Server's certificate, renewed by itself, until", Value: server.Format("02/01/2006"), Level: page.OK},
		}
		const soon = 180 * 24 * time.Hour
		row := page.Row{Label: "Chứng chỉ gốc đến", LabelEN: "Authority until", Value: authority.Format("02/01/2006"), Level: page.OK}
		if time.Until(authority) < soon {
			row.Level = page.Warn
			row.Value += ": chuyển thư mục https đi, khởi động lại, rồi cài chứng chỉ mới trên mọi máy"
			row.ValueEN = authority.Format(time.DateOnly) + ": move the folder https away, start again, and install the new one everywhere"
		}
		return append(rows, row)
	}}
}

// secureBase is the address of the pages by https.
func (a *app) secureBase() string {
	if len(a.cfg.HTTPS.Domains) > 0 {
		return "https://" + a.cfg.HTTPS.Domains[0] + "/"
	}
	addr, ok := a.secure.listener.Addr().(*net.TCPAddr)
	if !ok {
		return ""
	}
	host := reachable(addr)
	if len(a.cfg.HTTPS.Names) > 0 {
		host = net.JoinHostPort(a.cfg.HTTPS.Names[0], a.secure.port())
	}
	return "https://" + host + "/"
}

// serveHTTPS serves the same pages by TLS; nil if it is off.
func (a *app) serveHTTPS(g *group, like *http.Server) *http.Server {
	if a.secure.listener == nil {
		return nil
	}
	server := &http.Server{
		Handler: a.handler, TLSConfig: a.secure.tlsConfig(), ReadHeaderTimeout: like.ReadHeaderTimeout, ReadTimeout: like.ReadTimeout,
		IdleTimeout: like.IdleTimeout, MaxHeaderBytes: like.MaxHeaderBytes, ErrorLog: like.ErrorLog,
	}
	g.wg.Go(func() {
		if err := server.ServeTLS(a.secure.listener, "", ""); !errors.Is(err, http.ErrServerClosed) {
			g.failed <- fmt.Errorf("HTTPS server: %w", err)
		}
	})
	return server
}

// addressName is where a running server tells the doctor its address.
const addressName = "address"

func (a *app) tellAddress() error {
	addr, ok := a.listener.Addr().(*net.TCPAddr)
	if !ok {
		return nil
	}
	return os.WriteFile(filepath.Join(a.data.path, addressName), []byte("http://"+reachable(addr)+"\n"), 0o600)
}
