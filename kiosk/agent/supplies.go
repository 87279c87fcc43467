package agent

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"net/http"

	"github.com/xinmoi/xinmoi/queue/web/page"
)

// Paths of what the server gives its kiosks; see Supplies.
const (
	SuppliesPath = "/kiosk/agent/supplies"
	LogoPath     = "/kiosk/agent/logo"
	SayPath      = "/kiosk/agent/say"
	LinkPath     = "/kiosk/agent/link"
)

// Supplies is what the server has and its kiosks on other machines have not:
// the voice, the office's logo, and the key to the QR codes of tickets.
type Supplies struct {
	Languages func() []string                                                  // What can be spoken besides Vietnamese; nil = there is no voice.
	Voice     func() string                                                    // Names the voice, and is another name when it sounds otherwise.
	Say       http.Handler                                                     // Speaks; see (*kiosk.Kiosk).Say.
	Logo      func() ([]byte, error)                                           // The logo as a PNG; fs.ErrNotExist = none. Nil = none.
	Link      func(ctx context.Context, token string) (ticket string, ok bool) // The lookup code of the ticket whose page has this token; nil = none is known.
}

// stock tells a kiosk what there is, so that it fetches what it has not yet.
type stock struct {
	Voice     string   `json:"voice,omitempty"`
	Languages []string `json:"languages,omitempty"`
	Logo      string   `json:"logo,omitempty"` // Its hash; empty = there is none.
}

type (
	linkRequest struct {
		Token string `json:"token"`
	}
	linkAnswer struct {
		Ticket string `json:"ticket"`
	}
)

// maxLogo bounds a logo in bytes.
const maxLogo = 1 << 20

// Handler serves the four paths; whoever mounts it guards it for kiosks.
func (s Supplies) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+SuppliesPath, func(w http.ResponseWriter, _ *http.Request) { _ = page.JSON(w, http.StatusOK, s.stock()) })
	mux.HandleFunc("GET "+LogoPath, func(w http.ResponseWriter, r *http.Request) {
		logo, err := s.logo()
		if err != nil {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "image/png")
		_, _ = w.Write(logo) // A kiosk that went away asks again.
	})
	mux.HandleFunc("POST "+LinkPath, func(w http.ResponseWriter, r *http.Request) {
		var in linkRequest
		if !readJSON(w, r, formMost, &in) {
			return
		}
		ticket, ok := "", false
		if s.Link != nil {
			ticket, ok = s.Link(r.Context(), in.Token)
		}
		if !ok {
			http.NotFound(w, r)
			return
		}
		_ = page.JSON(w, http.StatusOK, linkAnswer{ticket})
	})
	if s.Say != nil {
		mux.Handle("POST "+SayPath, s.Say)
	}
	return mux
}

func (s Supplies) stock() (out stock) {
	if s.Languages != nil && s.Say != nil {
		out.Languages, out.Voice = s.Languages(), s.Voice()
	}
	if logo, err := s.logo(); err == nil {
		sum := sha256.Sum256(logo)
		out.Logo = hex.EncodeToString(sum[:8])
	}
	return out
}

func (s Supplies) logo() ([]byte, error) {
	if s.Logo == nil {
		return nil, fs.ErrNotExist
	}
	logo, err := s.Logo()
	if err == nil && len(logo) > maxLogo {
		err = errors.New("the logo is larger than a megabyte")
	}
	return logo, err
}
