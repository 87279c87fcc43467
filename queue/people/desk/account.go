package desk

import (
	"errors"
	"net/http"
	"net/url"
	"time"

	"rsc.io/qr"

	"github.com/xinmoi/xinmoi/queue/people"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// accountData is the page of the own account.
type accountData struct {
	form
	Account  people.Account
	Roles    []string
	Sessions []sessionRow
	Secret   string   // Of one-use codes that are being set up, for typing.
	Recovery []string // Shown once.
}

type sessionRow struct {
	ID, Place, Agent, Began, Seen string
	Here                          bool
}

// own gives the session of somebody who has signed in; others are sent to.
func (d *Desk) own(w http.ResponseWriter, r *http.Request) (people.Session, bool) {
	s, err := d.session(r, true)
	switch {
	case errors.Is(err, people.ErrNoSession) || err == nil && s.Stage != people.Ready:
		see(w, r, LoginPath+"?next="+url.QueryEscape(AccountPath))
		return s, false
	case err != nil:
		http.Error(w, "Chưa đọc được tài khoản: thử lại. (The account cannot be read: try again.)", http.StatusServiceUnavailable)
		return s, false
	}
	return s, true
}

var accountDone = page.Phrases{
	"password": {"Đã đổi mật khẩu; các nơi đăng nhập khác đã bị đăng xuất.", "The password is changed; all other sessions have ended."},
	"codes":    {"Đã tắt mã dùng một lần.", "One-use codes are off."},
	"session":  {"Đã đăng xuất nơi đó.", "That session has ended."},
}

func (d *Desk) account(w http.ResponseWriter, r *http.Request) {
	if s, ok := d.own(w, r); ok {
		d.showAccount(w, r, http.StatusOK, s, form{Done: accountDone.In(page.Language(r), r.URL.Query().Get("done"))}, nil)
	}
}

func (d *Desk) showAccount(w http.ResponseWriter, r *http.Request, status int, s people.Session, f form, recovery []string) {
	l := page.Language(r)
	data := accountData{form: f, Account: s.Account, Recovery: recovery}
	for _, p := range s.Account.Posts {
		data.Roles = append(data.Roles, roleWords(l, p))
	}
	all, err := d.People.Sessions(r.Context(), s.Account.ID)
	if err != nil {
		data.Text = page.Sentence(l, err)
	}
	for _, one := range all {
		data.Sessions = append(data.Sessions, sessionRow{
			ID: one.ID, Place: one.From.Address, Agent: one.From.Agent, Began: d.stamp(one.Began), Seen: d.stamp(one.Seen), Here: one.ID == s.ID,
		})
	}
	if secret, err := d.People.NextSecret(r.Context(), cookie(r, sessionCookie)); err == nil && len(secret) > 0 {
		data.Secret = people.SecretText(secret)
	}
	d.kit.Render(w, r, status, "account", page.View{Title: l.T("Tài khoản của tôi", "My account"), Home: landing(s.Account), Once: len(recovery) > 0, Data: data})
}

// stamp is a time for people; empty for never.
func (d *Desk) stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(d.Location()).Format("15:04 02/01/2006")
}

func (d *Desk) ownPassword(w http.ResponseWriter, r *http.Request) {
	s, ok := d.own(w, r)
	if !ok {
		return
	}
	e, err := d.changePassword(r)
	if err != nil {
		d.showAccount(w, r, status(err), s, failed(r, err), nil)
		return
	}
	d.keep(w, r, e)
	see(w, r, AccountPath+"?done=password")
}

func (d *Desk) beginCodes(w http.ResponseWriter, r *http.Request) {
	s, ok := d.own(w, r)
	if !ok {
		return
	}
	if _, err := d.People.BeginCodes(r.Context(), cookie(r, sessionCookie)); err != nil {
		d.showAccount(w, r, status(err), s, failed(r, err), nil)
		return
	}
	see(w, r, AccountPath+"#codes")
}

// codesPicture is the QR code that a telephone's authenticator reads.
func (d *Desk) codesPicture(w http.ResponseWriter, r *http.Request) {
	s, ok := d.own(w, r)
	if !ok {
		return
	}
	secret, err := d.People.NextSecret(r.Context(), cookie(r, sessionCookie))
	if err != nil || len(secret) == 0 {
		http.NotFound(w, r)
		return
	}
	code, err := qr.Encode(people.CodeURI("xinmoi", s.Account.Name, secret), qr.M)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	code.Scale = 6
	w.Header().Set("Content-Type", "image/png")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(code.PNG())
}

func (d *Desk) finishCodes(w http.ResponseWriter, r *http.Request) {
	s, ok := d.own(w, r)
	if !ok {
		return
	}
	recovery, err := d.People.FinishCodes(r.Context(), cookie(r, sessionCookie), r.PostForm.Get("code"), d.from(r))
	if err != nil {
		f := failed(r, err)
		f.Wrong["code"], f.Text = f.Text, "" // Said at the field, which is far down the page.
		d.showAccount(w, r, status(err), s, f, nil)
		return
	}
	s.Account.Codes = true
	d.showAccount(w, r, http.StatusOK, s, form{}, recovery)
}

func (d *Desk) dropCodes(w http.ResponseWriter, r *http.Request) {
	s, ok := d.own(w, r)
	if !ok {
		return
	}
	if err := d.People.DropCodes(r.Context(), cookie(r, sessionCookie), r.PostForm.Get("old"), cookie(r, browserCookie), d.from(r)); err != nil {
		f := failed(r, err)
		if text, there := f.Wrong["old"]; there {
			f.Wrong["codes-old"] = text
			delete(f.Wrong, "old")
		}
		d.showAccount(w, r, status(err), s, f, nil)
		return
	}
	see(w, r, AccountPath+"?done=codes")
}

func (d *Desk) endSession(w http.ResponseWriter, r *http.Request) {
	s, ok := d.own(w, r)
	if !ok {
		return
	}
	who := people.Who{ID: people.ActorID(s.Account.Name), From: d.from(r)}
	if err := d.People.EndSession(r.Context(), who, s.Account.ID, r.PostForm.Get("id")); err != nil {
		d.showAccount(w, r, status(err), s, failed(r, err), nil)
		return
	}
	see(w, r, AccountPath+"?done=session")
}
