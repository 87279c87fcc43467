package kiosk

import (
	"context"
	"crypto/rand"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"image"
	"io/fs"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/xinmoi/xinmoi/kiosk/escpos/vprinter"
	"github.com/xinmoi/xinmoi/kiosk/layout"
	"github.com/xinmoi/xinmoi/kiosk/printer"
	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

//go:embed templates/*.html static
var files embed.FS

// Links reads the tokens of ticket pages; *queue.Links is one.
type Links interface {
	// Ticket gives the id of a ticket of an office; ok is false for a forged token.
	Ticket(office, token string) (id string, ok bool)
}

// Config sets up a Kiosk.
type Config struct {
	Office     queue.Office      // Required.
	Printer    printer.Printer   // nil = no paper: the screen shows the number.
	Papers     *vprinter.Printer // The virtual printer whose paper /kiosk/paper shows; nil = none.
	PaperWidth int               // Dots; 0 = layout.Width80.
	Location   *time.Location    // Of the times on paper; nil = the office's time zone.
	Caller     string            // In whose name numbers are taken; empty = "kiosk".
	Logger     *slog.Logger      // nil = discard.

	Setup  func(ctx context.Context) (queue.Setup, error) // What the office decides about itself; nil = the Office is asked, if it tells.
	Words  fs.FS                                          // Further languages: one file of texts each, "km.json"; nil = Vietnamese and English.
	Voice  Voice                                          // Speaks the screens; nil = silent, or Sounds does.
	Sounds Sounds                                         // The same where the voice is on another machine.
	Ring   func(ctx context.Context, c StaffCall) error   // Calls a member of staff to the machine; nil = nobody can be called.
	Logo   func() (image.Image, error)                    // The office's logo for the paper; nil, or a nil picture = none.
	Links  Links                                          // Reads the QR codes of tickets; nil = the lookup code has to be typed.
	Codes  []CodeKind                                     // Further kinds of code that may be looked up: appointments, dossiers.
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

	tongues tongues
	codes   []CodeKind
	spoken  spoken
	finds   finds
	ratings ratings
	bell    bell
	index   searchIndex
	known   lastSettings
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
	if cfg.Sounds == nil && cfg.Voice != nil {
		cfg.Sounds = soundsOf{cfg.Voice}
	}
	fonts, err := layout.LoadFonts()
	if err != nil {
		return nil, err
	}
	pages, err := template.New("kiosk").Funcs(template.FuncMap{"pictogram": pictogram}).ParseFS(files, "templates/*.html")
	if err != nil {
		return nil, fmt.Errorf("kiosk pages: %w", err)
	}
	k := &Kiosk{cfg: cfg, log: cfg.Logger, fonts: fonts, pages: pages}
	if k.tongues, err = loadTongues(cfg.Words); err != nil {
		return nil, err
	}
	if _, err := rand.Read(k.cards.secret[:]); err != nil {
		return nil, fmt.Errorf("kiosk: %w", err)
	}
	k.visits.byKey, k.cards.byKey, k.finds.byKey = map[string]*visit{}, map[string]scan{}, map[string]found{}
	k.codes = k.codeKinds()
	return k, nil
}

// settleEvery is how often Run looks for deliveries to settle.
const settleEvery = time.Second

// Run settles what no request settles: confirmations that the office could not
// take at first, and screens whose question nobody answered. It returns when
// ctx ends and the tickets being printed have an outcome.
func (k *Kiosk) Run(ctx context.Context) error {
	k.prints.Go(func() { k.followRatings(ctx) })
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
	mux.HandleFunc("GET /kiosk/procedure", k.procedure)
	mux.HandleFunc("GET /kiosk/search", k.search)
	mux.HandleFunc("GET /kiosk/priority", k.priority)
	mux.HandleFunc("POST /kiosk/card", k.scanned)
	mux.HandleFunc("POST /kiosk/staff", k.staff)
	mux.HandleFunc("GET /kiosk/find", k.find)
	mux.HandleFunc("POST /kiosk/find", k.look)
	mux.HandleFunc("GET /kiosk/phone", k.phone)
	mux.HandleFunc("POST /kiosk/phone", k.lookPhone)
	mux.HandleFunc("GET /kiosk/found/{key}", k.found)
	mux.HandleFunc("POST /kiosk/found/{key}/check-in", k.checkIn)
	mux.HandleFunc("POST /kiosk/found/{key}/print", k.printFound)
	mux.HandleFunc("GET /kiosk/voice/{id}", k.voice)
	mux.HandleFunc("GET /kiosk/size.css", k.size)
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
	return guarded(mux)
}

// RateHandler serves everything under /rate: the tablet at a counter on which a
// citizen says how it was. The caller guards it with the kiosk role.
func (k *Kiosk) RateHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /rate", k.ratePage)
	mux.HandleFunc("POST /rate", k.rate)
	mux.HandleFunc("GET /rate/state", k.rateState)
	mux.HandleFunc("/rate/", k.notFound)
	return guarded(mux)
}

func guarded(mux *http.ServeMux) http.Handler {
	// A page of another site must not take numbers with this kiosk's cookie.
	return secure(http.NewCrossOriginProtection().Handler(http.MaxBytesHandler(mux, maxForm)))
}

// maxForm bounds what a browser may send: a form of a few short fields.
const maxForm = 8 << 10

// secure sets the headers of every answer: nothing from elsewhere, nothing
// inline but page.Again, nothing kept.
func secure(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'self'; "+page.ScriptPolicy+"; base-uri 'none'; form-action 'self'; frame-ancestors 'self'; object-src 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}
