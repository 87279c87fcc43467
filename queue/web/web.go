package web

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/web/boards"
	"github.com/xinmoi/xinmoi/queue/web/outside"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

//go:embed all:templates
var templates embed.FS

//go:embed static
var static embed.FS

// ownPrefix is where the scripts and styles of these pages live; the page kit
// has /static/ itself.
const ownPrefix = "/static/web/"

// Door is one way to get a number, shown on the start page.
type Door struct {
	Title, TitleEN string // "Gọi điện thoại"
	Text, TextEN   string // "Gọi 0210 123 456, bấm số theo lời hướng dẫn."
	Href           string // Optional: "tel:…", "sip:…", "https://t.me/…", "/kiosk".
}

// Notice is what staff tell the hall, as text for the boards.
type Notice struct {
	Text      string
	Emergency bool // Shown over everything else.
}

// Config is what the pages need. Office and Links are required.
type Config struct {
	Office queue.Office
	Links  *queue.Links
	Doors  []Door // How to get a number.
	// Follow tells how a ticket, by its link's token and its lookup code, can be
	// followed in a chat; nil = it cannot.
	Follow     func(l page.Lang, token, code string) []page.Link
	Push       Push                                            // Tells the browsers of holders when their page is closed; nil = nothing does.
	Panels     []page.Panel                                    // What the channels show to /admin.
	Why        Explainer                                       // Why others were called first; nil = the office itself, if it can tell.
	Pages      []page.Link                                     // Ready links for /admin: board, kiosk, counters, paper …
	StaffPages []page.Link                                     // What else staff use, on the page where they choose a counter.
	Wait       func(service, language string) string           // About how long who takes a number now will wait, "khoảng 25 đến 45 phút"; empty = nobody knows. Nil = nobody ever does.
	Media      *boards.Media                                   // Pictures and videos of the boards; nil = there are none.
	Truth      func(service, language string) string           // How true the estimates were lately, "Hôm qua: …"; empty = nothing to say. Nil = the same.
	Help       func(ctx context.Context, counter string) error // A counter calls for help, silently; nil = only the other consoles are told.
	Notes      Notes                                           // What staff write down about tickets; nil = they cannot.
	Notices    func() []Notice                                 // What staff tell the hall now, shown on the boards; nil = nothing. Refresh when it changes.
	HallCode   func(code string, now time.Time) bool           // Whether the hall shows a code now; nil = who says to have come is believed.
	State      *outside.View                                   // What everybody may know of the office; nil = made here, without what rests on the past. Its caller runs it.
	Booking    string                                          // Where citizens book, "/hen"; empty = they cannot.
	Remote     string                                          // Where they take a number from afar; empty = they cannot.
	Others     func() []Elsewhere                              // The other offices of the installation; nil = there are none.
	Staff      func(*http.Request) bool                        // Whether who asks has signed in to work here, and so rates nobody; nil = nobody has.
	Logger     *slog.Logger                                    // Nil = silent.
	Now        func() time.Time                                // Nil = time.Now.
	Location   *time.Location                                  // Of the office's clock until it is first looked at; nil = UTC+7.
	Build      string                                          // Version of the program; live pages reload when it changes.
	ClientIP   func(*http.Request) string                      // Whom look-ups and live pages are counted by; nil = the address of the connection.
	Guesses    *page.Guesses                                   // Slows down who tries links and codes; nil = one for these pages alone.
}

// Web is the pages of one office.
type Web struct {
	Config
	kit     *page.Kit
	assets  *page.Assets
	build   string
	feed    *feed
	bell    *bell
	roll    *roll
	seats   *seats
	halls   *limiter // Of the hall's code, by ticket.
	pushes  *limiter // Of browsers noted and forgotten, by ticket.
	state   *outside.View
	whys    *limiter
	screens screens
	wake    chan struct{}
	zoned   atomic.Pointer[time.Location]
	tried   tried
	log     *slog.Logger
}

// New makes the pages. Run must run for them to be live.
func New(c Config) (*Web, error) {
	if c.Office == nil || c.Links == nil {
		return nil, errors.New("web: Config.Office and Config.Links are required")
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Location == nil {
		c.Location = time.FixedZone("+07", 7*60*60)
	}
	if c.ClientIP == nil {
		c.ClientIP = remoteIP
	}
	if c.Guesses == nil {
		c.Guesses = page.NewGuesses(c.Now)
	}
	if c.State == nil {
		var err error
		if c.State, err = outside.New(outside.Source{Office: c.Office, Setup: setupOf(c.Office), Now: c.Now}); err != nil {
			return nil, fmt.Errorf("web: %w", err)
		}
	}
	kit, err := page.New(templates, "templates", template.FuncMap{})
	if err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	sub, err := fs.Sub(static, "static")
	if err != nil {
		return nil, fmt.Errorf("web: embedded files: %w", err)
	}
	assets, err := page.NewAssets(sub, ownPrefix)
	if err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	w := &Web{
		Config: c, kit: kit, assets: assets, log: c.Logger,
		state: c.State,
		build: c.Build + "-" + kit.Hash()[:8] + assets.Hash()[:8],
		feed:  newFeed(c.Now), bell: &bell{now: c.Now}, roll: newRoll(), seats: newSeats(c.Now), wake: make(chan struct{}, 1), halls: newLimiter(c.Now), pushes: newLimiter(c.Now), whys: newLimiter(c.Now),
	}
	w.zoned.Store(c.Location)
	return w, nil
}

// Public serves what everyone may see: "/", "/find", "/board…", "/t/…",
// "/static/" and the icon. Every other path gets a page that says where to go instead.
func (w *Web) Public() http.Handler {
	mux := http.NewServeMux()
	w.route(mux, "GET", "/{$}", w.home)
	w.route(mux, "POST", "/find", w.find)
	w.route(mux, "GET", "/widget", w.widget)
	w.route(mux, "GET", "/widget.js", w.widgetScript)
	w.route(mux, "GET", "/board", page.Official(http.HandlerFunc(w.board)).ServeHTTP)
	w.route(mux, "GET", "/board/counter/{counter}", page.Official(http.HandlerFunc(w.board)).ServeHTTP)
	w.route(mux, "GET", "/board/stream", w.boardStream)
	w.route(mux, "GET", "/board/latest", page.Official(http.HandlerFunc(w.latest)).ServeHTTP)
	w.route(mux, "GET", "/board/media/{file}", w.medium)
	w.route(mux, "GET", "/t/{token}", w.ticket)
	w.route(mux, "GET", "/t/{token}/stream", w.ticketStream)
	w.route(mux, "POST", "/t/{token}/cancel", w.holderAct(cancelled))
	w.route(mux, "POST", "/t/{token}/later", w.holderAct(later))
	w.route(mux, "POST", "/t/{token}/here", w.holderAct(w.here))
	for _, deed := range []string{"cancel", "later", "here"} { // What refused a form, loaded again or in another language.
		mux.HandleFunc("GET /t/{token}/"+deed, w.backToTicket)
	}
	w.routePush(mux)
	mux.HandleFunc("GET /t/{token}/rate", w.ratePage)
	mux.HandleFunc("POST /t/{token}/rate", w.rate)
	w.route(mux, "GET", "/t/{token}/why", w.why)
	mux.Handle("GET "+ownPrefix, w.assets)
	mux.Handle("GET /static/", w.kit.Static())
	mux.HandleFunc("GET /favicon.ico", page.Favicon)
	mux.HandleFunc("/", w.notFound)
	return page.Secure(http.NewCrossOriginProtection().Handler(mux))
}

// Counter serves the counter console, "/counter…"; guard it for staff.
func (w *Web) Counter() http.Handler {
	mux := http.NewServeMux()
	w.route(mux, "GET", "/counter", w.counters)
	w.route(mux, "GET", "/counter/{counter}/stream", w.staffStream)
	w.route(mux, "GET", "/counter/{counter}", w.console)
	w.route(mux, "GET", "/counter/{counter}/find", w.candidates)
	w.route(mux, "GET", "/counter/{counter}/waiting", w.staffWaiting)
	w.route(mux, "GET", "/counter/{counter}/why", w.staffWhy)
	w.route(mux, "POST", "/counter/rings/{ring}/answer", w.answerRing)
	w.route(mux, "POST", "/counter/{counter}/seat", w.takeSeat)
	w.route(mux, "POST", "/counter/{counter}/help", w.callHelp)
	w.route(mux, "POST", "/counter/{counter}/note", w.setNote)
	mux.HandleFunc("/", w.notFound)
	return page.Guarded(mux)
}

// Admin serves the administrator's overview, "/admin…"; guard it for admins.
func (w *Web) Admin() http.Handler {
	mux := http.NewServeMux()
	w.route(mux, "GET", "/admin", w.admin)
	w.route(mux, "POST", "/admin/panels/{panel}/{action}", w.panelAction)
	mux.HandleFunc("/", w.notFound)
	return page.Guarded(mux)
}

// route registers a handler for one method and a clear answer for the others.
func (w *Web) route(mux *http.ServeMux, method, path string, h http.HandlerFunc) {
	mux.HandleFunc(method+" "+path, h)
	mux.HandleFunc(path, func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Allow", method)
		w.problem(rw, r, http.StatusMethodNotAllowed, sorry{
			title: both{"Trang này không nhận thao tác đó", "This page does not accept that"},
			next:  both{"Xin quay lại trang đầu và thử lại.", "Please go back to the start page and try again."},
		})
	})
}

// view starts a page: language, office, build.
func (w *Web) view(r *http.Request, title both, data any) page.View {
	l := page.Language(r)
	v := page.View{Lang: l, Title: title.in(l), Build: w.build, Data: data}
	v.Styles = []string{w.assets.Path("web.css")}
	if info, err := w.Office.Info(r.Context()); err == nil {
		v.Office = l.T(info.Name, info.NameEN)
	}
	return v
}

// render writes a page and logs what failed.
func (w *Web) render(rw http.ResponseWriter, r *http.Request, status int, name string, v page.View) {
	if err := w.kit.Render(rw, r, status, name, v); err != nil && r.Context().Err() == nil {
		w.log.Warn("page not written", "page", name, "err", err)
	}
}

// sorry is a page that says what went wrong and what to do next.
type sorry struct{ title, next both }

// problem answers with a page instead of what was asked for.
func (w *Web) problem(rw http.ResponseWriter, r *http.Request, status int, s sorry) {
	l := page.Language(r)
	v := w.view(r, s.title, map[string]string{"Title": s.title.in(l), "Next": s.next.in(l)})
	w.render(rw, r, status, "problem", v)
}

// fail answers an error of the office.
func (w *Web) fail(rw http.ResponseWriter, r *http.Request, err error) {
	code := queue.ErrorCode(err)
	status := http.StatusInternalServerError
	switch code {
	case queue.CodeUnavailable, queue.CodeFenced:
		status = http.StatusServiceUnavailable
		rw.Header().Set("Retry-After", "5")
	case queue.CodeUnknownCounter, queue.CodeUnknownTicket, queue.CodeUnknownOffice:
		status = http.StatusNotFound
	}
	if r.Context().Err() == nil && status != http.StatusNotFound {
		w.log.Warn("office did not answer", "path", r.Pattern, "err", err)
	}
	w.problem(rw, r, status, errorWords(code))
}

func (w *Web) notFound(rw http.ResponseWriter, r *http.Request) {
	w.problem(rw, r, http.StatusNotFound, sorry{
		title: both{"Không tìm thấy trang này", "Page not found"},
		next:  both{"Xin kiểm tra lại địa chỉ, hoặc về trang đầu của cơ quan.", "Please check the address, or go to the office's start page."},
	})
}

// Refresh has the live pages look at the office, and at Config.Notices, now.
func (w *Web) Refresh() { poke(w.wake) }

// Run keeps the live pages true until ctx ends, then lets every watcher go.
func (w *Web) Run(ctx context.Context) error {
	defer w.feed.close()
	w.feed.open()
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.follow(ctx, w.wake)
	}()
	w.keepFresh(ctx, w.wake)
	<-done
	return nil
}
