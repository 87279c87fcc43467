package ca

import (
	"bytes"
	"embed"
	"net"
	"net/http"
	"time"

	"github.com/xinmoi/xinmoi/queue/web/page"
)

//go:embed templates
var files embed.FS

// Path is the page that tells how a device learns to trust the office, and
// FilePath the certificate for it. Everyone may see both.
const (
	Path     = "/install-ca"
	FilePath = "/install-ca/xinmoi.crt"
)

// PageConfig is what the page tells; a nil Authority means that https is off.
type PageConfig struct {
	Authority *Authority
	Port      string // Of https, "8443".
	Office    string
	Build     string
}

// NewPage makes the page.
func NewPage(c PageConfig) (http.Handler, error) {
	kit, err := page.NewDesk(page.DeskConfig{Name: "install-ca", Prefix: Path, Files: files, Office: c.Office, Build: c.Build})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+Path, func(w http.ResponseWriter, r *http.Request) {
		v := view{On: c.Authority != nil}
		if v.On {
			authority, _ := c.Authority.Until()
			v.Fingerprint, v.Until, v.File, v.Https = c.Authority.Fingerprint(), authority.Format("02/01/2006"), FilePath, httpsOf(r.Host, c.Port)
		}
		kit.Render(w, r, http.StatusOK, "install", page.View{Title: page.Language(r).T("Tin cậy trang của cơ quan", "Trust this office's pages"), Home: "/", Data: v})
	})
	mux.HandleFunc("GET "+FilePath, func(w http.ResponseWriter, r *http.Request) {
		if c.Authority == nil {
			http.Redirect(w, r, Path, http.StatusSeeOther)
			return
		}
		w.Header().Set("Content-Type", "application/x-x509-ca-cert")
		w.Header().Set("Content-Disposition", `attachment; filename="xinmoi.crt"`)
		http.ServeContent(w, r, "xinmoi.crt", time.Time{}, bytes.NewReader(c.Authority.PEM()))
	})
	return kit.Handler(mux), nil
}

type view struct {
	On                       bool
	Fingerprint, Until, File string
	Https                    string
}

// httpsOf is the https address of the server under the name that somebody has
// reached it by.
func httpsOf(host, port string) string {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = host
	}
	if port == "443" {
		return "https://" + name + "/"
	}
	return "https://" + net.JoinHostPort(name, port) + "/"
}
