package desk

import (
	"bytes"
	"errors"
	"html"
	"net/http"
	"net/url"
	"strings"

	"github.com/xinmoi/xinmoi/queue/people"
	"github.com/xinmoi/xinmoi/queue/people/openid"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// loginData is the page to sign in, at each of its stages.
type loginData struct {
	form
	Stage    people.Stage // Empty = name and password.
	Called   string
	Provider string // Name of the identity provider; empty = there is none.
	Anybody  bool
}

// login shows what is next: name and password, the code, an own password; or
// goes on for who has signed in already.
func (d *Desk) login(w http.ResponseWriter, r *http.Request) {
	f := form{Next: local(r.URL.Query().Get("next"))}
	s, err := d.session(r, false)
	if err == nil && s.Stage == people.Ready && r.URL.Query().Get("again") == "" {
		if f.Next == "" {
			see(w, r, landing(s.Account))
			return
		}
		// The page sent somebody here who has no right to it.
		f.Text = page.Language(r).T("Quý vị đang dùng tài khoản "+s.Account.Name+". Đăng nhập bằng tài khoản khác để xem trang đó.",
			"You are signed in as "+s.Account.Name+". Sign in with another account for that page.")
	}
	if r.URL.Query().Get("again") != "" {
		s.Stage = ""
	}
	d.showLogin(w, r, http.StatusOK, s, f)
}

func (d *Desk) showLogin(w http.ResponseWriter, r *http.Request, status int, s people.Session, f form) {
	data := loginData{form: f, Stage: s.Stage, Called: s.Account.Called(), Anybody: d.anybody(r.Context())}
	if s.Stage == people.Ready {
		data.Stage = ""
	}
	if d.OpenID != nil {
		data.Provider = d.OpenID.Name
	}
	v := page.View{Title: page.Language(r).T("Đăng nhập", "Sign in"), Home: "/", Data: data}
	if f.Next != "" {
		v.Keep = url.Values{"next": {f.Next}}
	}
	d.kit.Render(w, r, status, "login", v)
}

// signIn takes name and password.
func (d *Desk) signIn(w http.ResponseWriter, r *http.Request) {
	e, err := d.People.SignIn(r.Context(), people.Attempt{
		Name: r.PostForm.Get("name"), Password: r.PostForm.Get("password"), Browser: cookie(r, browserCookie), From: d.from(r),
	})
	if err != nil {
		d.showLogin(w, r, status(err), people.Session{}, failed(r, err))
		return
	}
	d.enter(w, r, e)
}

// enter gives the browser its cookies in place of an older session's, and shows
// what is next.
func (d *Desk) enter(w http.ResponseWriter, r *http.Request, e people.Entry) {
	if old := cookie(r, sessionCookie); old != "" && old != e.Key {
		if err := d.People.SignOut(r.Context(), old, d.from(r)); err != nil {
			d.kit.Logger.Warn("an older session was not ended", "err", err)
		}
	}
	d.keep(w, r, e)
	d.forward(w, r, e)
}

func (d *Desk) keep(w http.ResponseWriter, r *http.Request, e people.Entry) {
	d.setCookie(w, r, http.Cookie{Name: sessionCookie, Value: e.Key})
	if e.Browser != "" {
		d.setCookie(w, r, http.Cookie{Name: browserCookie, Value: e.Browser, MaxAge: browserAge})
	}
	// Whoever signs in has no need of an administrator's token, which would be
	// left in the browser for whoever comes after.
	if cookie(r, adminCookie) != "" && e.Stage == people.Ready {
		d.setCookie(w, r, http.Cookie{Name: adminCookie, MaxAge: -1})
	}
	w.Header().Set("Cache-Control", "no-store")
}

// enterCode takes the one-use code.
func (d *Desk) enterCode(w http.ResponseWriter, r *http.Request) {
	e, err := d.People.EnterCode(r.Context(), cookie(r, sessionCookie), r.PostForm.Get("code"), cookie(r, browserCookie), d.from(r))
	if err != nil {
		s, _ := d.session(r, false) // Over, after some mistakes: the page begins again.
		d.showLogin(w, r, status(err), s, failed(r, err))
		return
	}
	d.keep(w, r, e)
	d.forward(w, r, e)
}

// forward goes on to what was asked for, or to what is still missing.
func (d *Desk) forward(w http.ResponseWriter, r *http.Request, e people.Entry) {
	next := r.PostForm.Get("next")
	if e.Stage == people.Ready {
		see(w, r, onward(next, e.Account))
		return
	}
	to := LoginPath
	if next = local(next); next != "" {
		to += "?next=" + url.QueryEscape(next)
	}
	see(w, r, to)
}

// choosePassword takes the own password in place of the first one.
func (d *Desk) choosePassword(w http.ResponseWriter, r *http.Request) {
	s, err := d.session(r, false)
	if err == nil && s.Stage != people.Change {
		err = people.ErrNoSession
	}
	var e people.Entry
	if err == nil {
		e, err = d.changePassword(r)
	}
	if err != nil {
		d.showLogin(w, r, status(err), s, failed(r, err))
		return
	}
	d.keep(w, r, e)
	d.forward(w, r, e)
}

func (d *Desk) changePassword(r *http.Request) (people.Entry, error) {
	if r.PostForm.Get("password") != r.PostForm.Get("again") {
		return people.Entry{}, &people.FieldError{Field: "again", VI: "Hai lần gõ mật khẩu khác nhau: gõ lại", EN: "The two passwords differ: type them again"}
	}
	return d.People.ChangePassword(r.Context(), cookie(r, sessionCookie), r.PostForm.Get("old"), r.PostForm.Get("password"), cookie(r, browserCookie), d.from(r))
}

func (d *Desk) signOut(w http.ResponseWriter, r *http.Request) {
	if err := d.People.SignOut(r.Context(), cookie(r, sessionCookie), d.from(r)); err != nil {
		http.Error(w, "Chưa đăng xuất được: thử lại. (Not signed out: try again.)", http.StatusServiceUnavailable)
		return
	}
	d.setCookie(w, r, http.Cookie{Name: sessionCookie, MaxAge: -1})
	see(w, r, LoginPath)
}

// openPath is where one signs in by the identity provider.
const openPath = LoginPath + "/openid"

// OpenBack is the address, below a server's own, that an identity provider
// sends people back to.
const OpenBack = openPath + "/back"

func (d *Desk) openBegin(w http.ResponseWriter, r *http.Request) {
	if d.OpenID == nil {
		http.NotFound(w, r)
		return
	}
	to, j, err := d.OpenID.Begin(r.Context())
	if err != nil {
		d.openFailed(w, r, err)
		return
	}
	q := url.Values{"s": {j.State}, "n": {j.Nonce}, "v": {j.Verifier}, "next": {local(r.URL.Query().Get("next"))}}
	// Lax: the provider's page leads back here.
	d.setCookie(w, r, http.Cookie{Name: openCookie, Value: q.Encode(), Path: openPath, MaxAge: 600, SameSite: http.SameSiteLaxMode})
	w.Header().Set("Cache-Control", "no-store")
	see(w, r, to)
}

func (d *Desk) openBack(w http.ResponseWriter, r *http.Request) {
	q, err := url.ParseQuery(cookie(r, openCookie))
	if d.OpenID == nil || err != nil {
		http.NotFound(w, r)
		return
	}
	d.setCookie(w, r, http.Cookie{Name: openCookie, Path: openPath, MaxAge: -1, SameSite: http.SameSiteLaxMode})
	who, err := d.OpenID.Finish(r.Context(), r.URL.Query(), openid.Journey{State: q.Get("s"), Nonce: q.Get("n"), Verifier: q.Get("v")})
	if err != nil {
		d.openFailed(w, r, err)
		return
	}
	e, err := d.People.SignInAs(r.Context(), who.Identity, who.Subject, cookie(r, browserCookie), d.from(r))
	if err != nil {
		f := form{Text: page.Sentence(page.Language(r), people.ErrNoMatch)}
		if !errors.Is(err, people.ErrNoMatch) {
			f.Text = page.Sentence(page.Language(r), err)
		}
		d.showLogin(w, r, http.StatusForbidden, people.Session{}, f)
		return
	}
	d.keep(w, r, e)
	arrived(w, onward(q.Get("next"), e.Account))
}

// arrived is a page that goes on by itself: a redirect would still be on its way
// from the provider's site, and the browser keep the session's cookie back.
func arrived(w http.ResponseWriter, to string) {
	var b bytes.Buffer
	b.WriteString("<!doctype html><html lang=\"vi\"><meta charset=\"utf-8\"><title>Đã đăng nhập</title><meta http-equiv=\"refresh\" content=\"0;url=" +
		html.EscapeString(to) + "\"><p><a href=\"" + html.EscapeString(to) + "\">Đã đăng nhập – đi tiếp · Signed in – go on</a></p></html>")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(b.Bytes())
}

func (d *Desk) openFailed(w http.ResponseWriter, r *http.Request, err error) {
	d.kit.Logger.Warn("nobody signed in by the identity provider", "err", err)
	d.showLogin(w, r, http.StatusBadGateway, people.Session{}, form{Text: strings.TrimSpace(page.Language(r).T(
		"Không đăng nhập được qua nhà cung cấp định danh. Thử lại, hoặc dùng tên và mật khẩu.",
		"The identity provider did not sign you in. Try again, or use name and password."))})
}
