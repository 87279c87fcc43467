package desk

import (
	"context"
	"embed"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/pairing"
	"github.com/xinmoi/xinmoi/queue/people"
	"github.com/xinmoi/xinmoi/queue/people/openid"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

//go:embed all:templates
var files embed.FS

// Where the pages are. Public serves LoginPath, AccountPath, OutPath and
// PairPath to anyone; whoever mounts the others guards them.
const (
	LoginPath   = "/login"
	OutPath     = "/logout"
	AccountPath = "/account"
	PairPath    = "/pair"
	PeoplePath  = "/admin/people"
	DevicesPath = "/admin/devices"
	AuditPath   = "/admin/audit"
)

// Tokens are the devices' tokens; *sqlite.DB has them.
type Tokens interface {
	queue.Tokens
	Grants(ctx context.Context) ([]queue.Grant, error)
	NewToken(ctx context.Context, role queue.Role, agency string) (string, error)
	RevokeToken(ctx context.Context, id string) error
}

// Config is what the pages need; all but OpenID and what has a default is
// required.
type Config struct {
	People   *people.People
	Tokens   Tokens
	Log      queue.LogReader
	ID       string                                      // Of the office.
	Office   string                                      // Its name, for the head of the pages.
	Counters func(ctx context.Context) ([]string, error) // Ids of the office's counters.
	Address  func(*http.Request) string                  // Where a request comes from.
	OpenID   *openid.Provider                            // Nil = nobody signs in by a provider.
	Secure   bool                                        // TLS ends in front of this server.
	Location func() *time.Location                       // Of the office's clock; nil = UTC+7.
	Now      func() time.Time                            // Nil = time.Now.
	Build    string
	Logger   *slog.Logger // Nil = silent.
	// ByThemselves are the prefixes of what pages send without anybody's hand: a
	// board that somebody has opened says of every call that it was played. Nothing
	// of it is written down as done by who opened the page.
	ByThemselves []string
}

// Desk is the pages.
type Desk struct {
	Config
	kit     *page.Desk
	pairing *people.Pairing
	some    atomic.Bool // There is an account; it never becomes false again.
	reading chan struct{}
}

// New makes the pages.
func New(c Config) (*Desk, error) {
	if c.People == nil || c.Tokens == nil || c.Log == nil || c.ID == "" || c.Counters == nil || c.Address == nil {
		return nil, errors.New("people desk: People, Tokens, Log, ID, Counters and Address are required")
	}
	if c.Location == nil {
		c.Location = func() *time.Location { return time.FixedZone("+07", 7*60*60) }
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	kit, err := page.NewDesk(page.DeskConfig{Name: "people desk", Prefix: PeoplePath, Files: files, Office: c.Office, Build: c.Build, Logger: c.Logger})
	if err != nil {
		return nil, err
	}
	return &Desk{Config: c, kit: kit, pairing: &people.Pairing{Pairing: pairing.Pairing{Now: c.Now}}, reading: make(chan struct{}, auditAtOnce)}, nil
}

// Public serves what everybody may ask for: signing in and out, the own
// account, and asking to be paired.
func (d *Desk) Public() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+LoginPath, d.login)
	d.form(mux, LoginPath, d.signIn)
	d.form(mux, LoginPath+"/code", d.enterCode)
	d.form(mux, LoginPath+"/password", d.choosePassword)
	mux.HandleFunc("GET "+openPath, d.openBegin)
	mux.HandleFunc("GET "+openPath+"/back", d.openBack)
	d.form(mux, OutPath, d.signOut)
	mux.HandleFunc("GET "+AccountPath, d.account)
	mux.HandleFunc("GET "+AccountPath+"/codes.png", d.codesPicture)
	d.form(mux, AccountPath+"/password", d.ownPassword)
	d.form(mux, AccountPath+"/codes", d.beginCodes)
	d.form(mux, AccountPath+"/codes/finish", d.finishCodes)
	d.form(mux, AccountPath+"/codes/off", d.dropCodes)
	d.form(mux, AccountPath+"/sessions/end", d.endSession)
	mux.HandleFunc("GET "+PairPath, d.pair)
	d.form(mux, PairPath, d.askPairing)
	return d.kit.Handler(mux)
}

// Admin serves accounts and devices; guard it for administrators.
func (d *Desk) Admin() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+PeoplePath, func(w http.ResponseWriter, r *http.Request) { d.showPeople(w, r, http.StatusOK, form{}, nil) })
	mux.HandleFunc("GET "+PeoplePath+"/first", func(w http.ResponseWriter, r *http.Request) { d.showFirst(w, r, http.StatusOK, form{}) })
	d.form(mux, PeoplePath+"/first", d.first)
	d.form(mux, PeoplePath+"/add", d.add)
	mux.HandleFunc("GET "+PeoplePath+"/edit", d.edit)
	d.form(mux, PeoplePath+"/change", d.change)
	d.form(mux, PeoplePath+"/reset", d.reset)
	d.form(mux, PeoplePath+"/disable", d.disable)
	d.form(mux, PeoplePath+"/enable", d.disable)
	mux.HandleFunc("GET "+DevicesPath, func(w http.ResponseWriter, r *http.Request) { d.showDevices(w, r, http.StatusOK, form{}) })
	d.form(mux, DevicesPath+"/pair", d.approve)
	d.form(mux, DevicesPath+"/name", d.nameDevice)
	d.form(mux, DevicesPath+"/revoke", d.revoke)
	d.form(mux, DevicesPath+"/token", d.newToken)
	return d.kit.Handler(mux)
}

// formMost is how large a form may be, in bytes.
const formMost = 16 << 10

// form serves what is posted to a path; loaded again, the address of an answer
// is the page that the form stands on.
func (d *Desk) form(mux *http.ServeMux, at string, do http.HandlerFunc) {
	mux.HandleFunc("POST "+at, func(w http.ResponseWriter, r *http.Request) {
		if err := page.ReadForm(w, r, formMost); err != nil {
			http.Error(w, err.Error(), http.StatusRequestEntityTooLarge)
			return
		}
		do(w, r)
	})
	home := homeOf(at)
	if home != at && at != PeoplePath+"/first" {
		mux.HandleFunc("GET "+at, func(w http.ResponseWriter, r *http.Request) { see(w, r, home) })
	}
}

// homeOf is the page that a form stands on.
func homeOf(at string) string {
	for _, home := range []string{PeoplePath, DevicesPath, AccountPath, LoginPath, PairPath} {
		if at == home || strings.HasPrefix(at, home+"/") {
			return home
		}
	}
	return AccountPath
}

// see sends the browser on.
func see(w http.ResponseWriter, r *http.Request, to string) {
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// SignedIn tells as whom a browser is signed in, for the guard of all pages.
func (d *Desk) SignedIn(r *http.Request) ([]queue.Grant, error) {
	s, err := d.session(r, true)
	if errors.Is(err, people.ErrNoSession) {
		return nil, nil
	}
	if err != nil || s.Stage != people.Ready {
		return nil, err
	}
	return s.Account.Grants(), nil
}

// LoginPage is where a browser signs in to come to what it asked for; empty
// while there is no account.
func (d *Desk) LoginPage(r *http.Request) string {
	if !d.anybody(r.Context()) {
		return ""
	}
	return LoginPath + "?next=" + url.QueryEscape(r.URL.Path)
}

// anybody reports whether there is an account.
func (d *Desk) anybody(ctx context.Context) bool {
	if d.some.Load() {
		return true
	}
	empty, err := d.People.Empty(ctx)
	if err != nil || empty {
		return false
	}
	d.some.Store(true)
	return true
}

// Within goes around every guarded page: what somebody sends to it is written
// down, and what somebody looks at who has signed in ends with the session.
func (d *Desk) Within(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		by, _ := page.CallerOf(r.Context())
		if r.Method == http.MethodGet || r.Method == http.MethodHead {
			if key := cookie(r, sessionCookie); key != "" && by.Person != "" {
				ctx, stop := d.People.Follow(r.Context(), key)
				defer stop()
				r = r.WithContext(ctx)
			}
			next.ServeHTTP(w, r)
			return
		}
		seen := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(seen, r)
		if seen.status < http.StatusBadRequest && ofStaff(by.ID) && !notesItself(r.URL.Path) && !d.byItself(r.URL.Path) {
			d.noteForm(r, by)
		}
	})
}

// notesItself tells what is written down in better words where it is done.
func notesItself(at string) bool {
	return strings.HasPrefix(at, PeoplePath) || strings.HasPrefix(at, DevicesPath)
}

// byItself tells what a page sends without anybody's hand.
func (d *Desk) byItself(at string) bool {
	return slices.ContainsFunc(d.ByThemselves, func(prefix string) bool { return strings.HasPrefix(at, prefix) })
}

// noteForm writes down that somebody sent a form: to where, never what was in it.
func (d *Desk) noteForm(r *http.Request, by page.Caller) {
	deed := people.Deed{Who: people.Who{ID: by.ID, From: d.from(r)}, What: people.DidPage, Object: r.URL.Path}
	if err := d.People.Note(context.WithoutCancel(r.Context()), deed); err != nil {
		d.kit.Logger.Error("what was done stands in no log", "page", r.Pattern, "err", err)
	}
}

// statusWriter remembers how a request was answered.
type statusWriter struct {
	http.ResponseWriter
	status int
}

// WriteHeader implements http.ResponseWriter.
func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController reach flush and deadlines.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// The cookies. Scripts read neither.
const (
	sessionCookie = "xinmoi_session" // Ends with the browser, or with the session.
	browserCookie = "xinmoi_browser" // That an account knows this browser; it gives no right.
	openCookie    = "xinmoi_openid"  // Between going to a provider and coming back.
	pairCookie    = "xinmoi_pairing" // Of a device that waits.
	adminCookie   = "xinmoi_admin"   // Of an administrator's token, from a link.

	browserAge = 365 * 24 * 60 * 60 // Seconds.
)

func (d *Desk) setCookie(w http.ResponseWriter, r *http.Request, c http.Cookie) {
	c.HttpOnly, c.Secure = true, r.TLS != nil || d.Secure
	if c.Path == "" {
		c.Path = "/"
	}
	if c.SameSite == 0 {
		c.SameSite = http.SameSiteStrictMode
	}
	http.SetCookie(w, &c)
}

// cookie gives a cookie's value, or nothing.
func cookie(r *http.Request, name string) string {
	c, err := r.Cookie(name)
	if err != nil {
		return ""
	}
	return c.Value
}

// session is whose session a browser has, at whatever stage.
func (d *Desk) session(r *http.Request, touch bool) (people.Session, error) {
	return d.People.Session(r.Context(), cookie(r, sessionCookie), touch)
}

// from is where a request comes from.
func (d *Desk) from(r *http.Request) people.From {
	return people.From{Address: d.Address(r), Agent: r.UserAgent()}
}

// who is who sends a request that a guard has let through.
func (d *Desk) who(r *http.Request) people.Who {
	return people.Who{ID: page.Who(r.Context()), From: d.from(r)}
}

// landing is where somebody goes who has signed in and asked for nothing.
func landing(a people.Account) string {
	for _, p := range a.Posts {
		switch p.Role {
		case queue.RoleAdmin:
			return "/admin"
		case queue.RoleLeader:
			return "/reports"
		case queue.RoleAuditor:
			return AuditPath
		case queue.RoleAgent:
			if len(p.Counters) == 1 {
				return "/counter/" + url.PathEscape(p.Counters[0])
			}
		}
	}
	return "/counter"
}

// local gives a path of this server that somebody wants to go on to; empty if
// it is none: an address elsewhere is not followed.
func local(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.Scheme != "" || u.Host != "" || !strings.HasPrefix(next, "/") || strings.ContainsAny(next, "\\\r\n\t") {
		return ""
	}
	clean := url.URL{Path: path.Clean(u.Path), RawQuery: u.RawQuery}
	if strings.HasPrefix(clean.Path, LoginPath) || strings.HasPrefix(clean.Path, "//") {
		return ""
	}
	return clean.String()
}

// onward is where somebody goes on to after signing in.
func onward(next string, a people.Account) string {
	if to := local(next); to != "" {
		return to
	}
	return landing(a)
}
