package kiosk

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/xinmoi/xinmoi/kiosk/escpos/vprinter"
	"github.com/xinmoi/xinmoi/kiosk/layout"
	"github.com/xinmoi/xinmoi/kiosk/printer"
	"github.com/xinmoi/xinmoi/queue"
)

//go:embed templates/*.html static
var files embed.FS

// Config sets up a Kiosk.
type Config struct {
	Office     queue.Office      // Required.
	Printer    printer.Printer   // nil = no paper: the screen shows the number.
	Papers     *vprinter.Printer // The virtual printer whose paper /kiosk/paper shows; nil = none.
	PaperWidth int               // Dots; 0 = layout.Width80.
	Location   *time.Location    // Of the times on paper; nil = the office's time zone.
	Caller     string            // In whose name numbers are taken; empty = "kiosk".
	Logger     *slog.Logger      // nil = discard.
}

// Kiosk serves the screens and prints the tickets. Safe for use by many
// goroutines and many touch screens.
type Kiosk struct {
	cfg    Config
	log    *slog.Logger
	fonts  *layout.Fonts
	pages  *template.Template
	visits visits
	cards  cards
	prints sync.WaitGroup
}

// Status is what an administrator wants to know of a kiosk.
type Status struct {
	HasPrinter bool
	Printer    printer.Status
	Papers     int // Papers in the virtual printer since its beginning.
	Taken      int // Numbers given out since the program started.
	Shown      int // Of these, delivered by the screen because paper failed.
	Asking     int // Screens that wait for an answer whether paper came out.
	Owed       int // Delivered numbers whose confirmation the office has not taken yet.
}

// New makes a kiosk.
func New(cfg Config) (*Kiosk, error) {
	if cfg.Office == nil {
		return nil, errors.New("kiosk without an office")
	}
	if cfg.PaperWidth == 0 {
		cfg.PaperWidth = layout.Width80
	}
	if cfg.Caller == "" {
		cfg.Caller = "kiosk"
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	fonts, err := layout.LoadFonts()
	if err != nil {
		return nil, err
	}
	pages, err := template.ParseFS(files, "templates/*.html")
	if err != nil {
		return nil, fmt.Errorf("kiosk pages: %w", err)
	}
	k := &Kiosk{cfg: cfg, log: cfg.Logger, fonts: fonts, pages: pages}
	k.visits.byKey, k.cards.byKey = map[string]*visit{}, map[string]scan{}
	return k, nil
}

// settleEvery is how often Run looks for deliveries to settle.
const settleEvery = time.Second

// Run settles what no request settles: confirmations that the office could not
// take at first, and screens whose question nobody answered. It returns when
// ctx ends and the tickets being printed have an outcome.
func (k *Kiosk) Run(ctx context.Context) error {
	tick := time.NewTicker(settleEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			k.settle(ctx)
		case <-ctx.Done():
			k.prints.Wait()
			return nil
		}
	}
}

// Status tells how the kiosk is doing.
func (k *Kiosk) Status() Status {
	s := k.visits.count()
	if k.cfg.Printer != nil {
		s.HasPrinter, s.Printer = true, k.cfg.Printer.Status()
	}
	if k.cfg.Papers != nil {
		s.Papers = k.cfg.Papers.Count()
	}
	return s
}

// Handler serves everything under /kiosk. The caller guards it with the kiosk
// role.
func (k *Kiosk) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /kiosk", k.home)
	mux.HandleFunc("GET /kiosk/{$}", k.home)
	mux.HandleFunc("GET /kiosk/field", k.field)
	mux.HandleFunc("GET /kiosk/priority", k.priority)
	mux.HandleFunc("POST /kiosk/card", k.scanned)
	mux.HandleFunc("POST /kiosk/take", k.take)
	mux.HandleFunc("GET /kiosk/ticket/{key}", k.ticket)
	mux.HandleFunc("GET /kiosk/ticket/{key}/qr.png", k.qr)
	mux.HandleFunc("POST /kiosk/ticket/{key}/reprint", k.reprint)
	mux.HandleFunc("POST /kiosk/ticket/{key}/have", k.have)
	mux.HandleFunc("GET /kiosk/static/{file}", k.static)
	mux.HandleFunc("/kiosk/", k.notFound)
	if k.cfg.Papers != nil {
		mux.Handle("/kiosk/paper", k.cfg.Papers.Handler())
		mux.Handle("/kiosk/paper/", k.cfg.Papers.Handler())
	}
	// A page of another site must not take numbers with this kiosk's cookie.
	return secure(http.NewCrossOriginProtection().Handler(http.MaxBytesHandler(mux, maxForm)))
}

// maxForm bounds what a browser may send: a form of a few short fields.
const maxForm = 8 << 10

// secure sets the headers of every answer: nothing from elsewhere, nothing
// inline, nothing kept.
func secure(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'; object-src 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}
