package api

import (
	"context"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// Prefix is where the interface lives on the server.
const Prefix = "/api/v1"

// MaxBody is the largest request body that is read, in bytes, a setup's aside;
// a larger one gets 413.
const MaxBody = 64 << 10

// maxSetup is the largest body of a setup, in bytes: two thousand procedures
// with long names in two languages fit.
const maxSetup = 4 << 20

// Config says what a Server serves.
type Config struct {
	// Offices by id. Required.
	Offices map[string]queue.Management

	// Tokens knows the device tokens. Nil: nobody has a token, and only what
	// is public works.
	Tokens queue.Tokens

	// SignedIn tells as whom a browser is signed in, by its cookies: a grant for
	// every office that the person has a role in. Nobody is no error. Nil:
	// nobody ever is.
	SignedIn func(r *http.Request) ([]queue.Grant, error)

	// Within is put around every page that a guard lets a request through to, and
	// finds who came by page.CallerOf. Nil: nothing.
	Within func(http.Handler) http.Handler

	// LoginPage is where a browser without a right to a page is sent to sign
	// in; empty if nobody can, as long as there are no accounts. Nil: nobody
	// ever can.
	LoginPage func(r *http.Request) string

	// Links reads the tokens of ticket pages, and gives a ticket its address
	// where the office did not. Nil: no links.
	Links *queue.Links

	// Figures tells how a business day of an office went, or an agency's part
	// of it, in a shape of its own that becomes JSON; an empty day is the
	// latest one, an empty agency is all. An error with CodeNotFound says that
	// there is no such day. Nil: no figures.
	Figures func(ctx context.Context, office, day, agency string) (any, error)

	// Reports tells how a period of an office went, or which tickets are behind
	// a figure of it, like Figures. Nil: no reports.
	Reports func(ctx context.Context, office string, q ReportQuery) (any, error)

	// OpenData tells what everybody may know of an office now. Nil: nothing.
	OpenData func(ctx context.Context, office string) (OpenData, error)

	// Demand tells how many numbers of each service of an office were taken in
	// the past weeks; nil while that is not known. Nil: it never is.
	Demand func(office string) map[string]int

	// Guesses slows down who tries codes without a token; nil = one for the interface
	// alone.
	Guesses *page.Guesses
	// Appointments are the bookings of each office, by id. An office that is
	// not here has none.
	Appointments map[string]Appointments

	// Logger hears of defects and failures of storage, never of tokens or
	// persons. Nil: nobody hears.
	Logger *slog.Logger

	// SecureCookies marks cookies Secure also when TLS ends at a proxy in
	// front of this server. Over TLS of its own they always are.
	SecureCookies bool

	// Heartbeat is the pause between comments on a silent event stream, by
	// which both ends notice a dead line.
	//
	// Defaults to 12 seconds.
	Heartbeat time.Duration

	// MaxStreams bounds the event streams open to callers without a token;
	// more get 503. Devices with a token are not counted.
	//
	// Defaults to 256.
	MaxStreams int
}

// Server is the HTTP face of one or more offices. It serves Prefix and all
// below it; Exchange and Guard protect the pages beside it.
type Server struct {
	cfg      Config
	ids      []string
	log      *slog.Logger
	mux      *http.ServeMux
	api      huma.API
	spec     []byte
	rights   map[actor][]right
	csrf     http.CrossOriginProtection
	lookups  *page.Limiter
	misses   *page.Limiter
	bookings *page.Limiter // By address: new appointments.
	endings  *page.Limiter // By device: last digits of telephone numbers.
	replays  *gate         // Explanations.
	summing  *gate         // Figures.
	done     *recent       // What confined callers did.
	streams  atomic.Int64
	stop     context.Context
	drain    context.CancelFunc
}

// New makes a server. It keeps no goroutine of its own.
func New(cfg Config) *Server {
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Heartbeat <= 0 {
		cfg.Heartbeat = 12 * time.Second
	}
	if cfg.MaxStreams <= 0 {
		cfg.MaxStreams = 256
	}
	if cfg.Guesses == nil {
		cfg.Guesses = page.NewGuesses(nil)
	}
	s := &Server{
		cfg:      cfg,
		ids:      slices.Sorted(maps.Keys(cfg.Offices)),
		log:      cfg.Logger,
		mux:      http.NewServeMux(),
		rights:   rights(),
		lookups:  page.NewLimiter(lookupEvery, lookupBurst),
		misses:   page.NewLimiter(missEvery, missBurst),
		bookings: page.NewLimiter(bookEvery, bookBurst),
		endings:  page.NewLimiter(endingEvery, endingBurst),
		replays:  newGate("explanations"),
		summing:  newGate("figures"),
		done:     newRecent(maxRecent),
	}
	s.stop, s.drain = context.WithCancel(context.Background())
	s.api = newHuma(s.mux)
	s.api.UseMiddleware(s.authorize)
	s.routes()
	s.spec = describe(s.api.OpenAPI())
	s.mux.HandleFunc("GET "+Prefix+"/openapi.json", s.serveSpec)
	return s
}

// Drain ends all event streams, now and in future. Call it when the HTTP
// server shuts down (http.Server.RegisterOnShutdown), which otherwise would
// wait for them for ever. It may be called twice.
func (s *Server) Drain() { s.drain() }

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	tracked := &trackedWriter{ResponseWriter: w}
	defer s.recoverDefect(tracked, r)
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	if p := checkRequest(r); p != nil {
		writeProblem(tracked, r, p)
		return
	}
	if _, pattern := s.mux.Handler(r); pattern == "" {
		s.serveUnknown(tracked, r)
		return
	}
	s.mux.ServeHTTP(tracked, r)
}

// recoverDefect answers 500 instead of dropping the connection when a handler
// panics, and says so in the log.
func (s *Server) recoverDefect(w *trackedWriter, r *http.Request) {
	v := recover()
	if v == nil {
		return
	}
	if v == http.ErrAbortHandler || r.Context().Err() != nil {
		return // The caller is gone; nobody reads an answer.
	}
	s.log.Error("api: a request failed by a defect", "method", r.Method, "pattern", r.Pattern, "defect", v)
	if !w.wrote {
		writeProblem(w, r, newProblem(queue.CodeInternal, ""))
	}
}

// office finds an office by id.
func (s *Server) office(id string) (queue.Management, error) {
	if o, ok := s.cfg.Offices[id]; ok {
		return o, nil
	}
	return nil, queue.Errorf(queue.CodeUnknownOffice, "no office %q here", id)
}

// trackedWriter remembers whether an answer was begun.
type trackedWriter struct {
	http.ResponseWriter
	wrote bool
}

// WriteHeader implements http.ResponseWriter.
func (w *trackedWriter) WriteHeader(status int) {
	w.wrote = true
	w.ResponseWriter.WriteHeader(status)
}

// Write implements io.Writer.
func (w *trackedWriter) Write(b []byte) (int, error) {
	w.wrote = true
	return w.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach flush and deadlines.
func (w *trackedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
