// Package remote is for taking a number from home, in the browser: whoever does
// shows by a code in a short message that the telephone number is theirs, so
// that the office's limits hold for persons and nobody hoards numbers. It works
// without scripts. The number is known to the office's limits alone and is
// forgotten with the day.
package remote

import (
	"context"
	"embed"
	"errors"
	"html/template"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

//go:embed all:templates
var files embed.FS

// Prefix is where the pages are, for everybody.
const Prefix = "/lay-so"

// formMost is how large a form may be, in bytes.
const formMost = 4 << 10

// Config is what the pages need; Office, Links and Address are required.
type Config struct {
	Office queue.Office
	Links  *queue.Links
	// Send writes a short message; nil = no code can be sent, and the page says
	// what else to do.
	Send    func(ctx context.Context, phone, text string) error
	Wait    func(service, language string) string // About how long who takes a number now will wait; nil = nobody knows.
	Others  func(l page.Lang) []page.Link         // Other ways to a number: chats, telephone, appointments.
	Address func(r *http.Request) string          // Whom tries are counted by.
	Name    string                                // Of the office.
	Build   string
	Logger  *slog.Logger     // Nil = silent.
	Now     func() time.Time // Nil = time.Now.
}

// Desk is the pages.
type Desk struct {
	Config
	desk  *page.Desk
	codes *codes
}

// New makes the pages.
func New(c Config) (*Desk, error) {
	if c.Office == nil || c.Links == nil || c.Address == nil {
		return nil, errors.New("remote: Config.Office, Links and Address are required")
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	desk, err := page.NewDesk(page.DeskConfig{Name: "remote taking", Prefix: Prefix, Files: files, Office: c.Name, Build: c.Build, Logger: c.Logger})
	if err != nil {
		return nil, err
	}
	return &Desk{Config: c, desk: desk, codes: newCodes(c.Now)}, nil
}

// Handler serves what is under Prefix.
func (d *Desk) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+Prefix, func(w http.ResponseWriter, r *http.Request) {
		d.ask(w, r, typed{Service: r.URL.Query().Get("service")}, nil)
	})
	d.desk.Form(mux, "", formMost, d.send)
	d.desk.Form(mux, "code", formMost, d.take)
	return page.Secure(http.NewCrossOriginProtection().Handler(mux))
}

// typed is what somebody has written into the forms.
type typed struct{ Service, Phone, ID string }

type serviceRow struct {
	ID, Name, Wait string
	Waiting        int
	Chosen         bool
}

type view struct {
	typed
	Wrong    string
	Services []serviceRow
	Closed   bool // No number can be taken this way now …
	NoCodes  bool // … since no message can be sent.
	Others   []way
	Minutes  int
}

// way is another way to a number; what is dialled is a link, too.
type way struct {
	Href  template.URL
	Label string
}

// ask shows the first form.
func (d *Desk) ask(w http.ResponseWriter, r *http.Request, t typed, failed error) {
	l := page.Language(r)
	v := view{typed: t, Wrong: wrong(l, failed), NoCodes: d.Send == nil}
	services, err := d.Office.Services(r.Context())
	if err != nil && failed == nil {
		v.Wrong, failed = wrong(l, err), err
	}
	for _, s := range services {
		if n, limited := s.Quotas[queue.Web]; !s.Open || (limited && n == 0) {
			continue
		}
		row := serviceRow{ID: s.ID, Name: l.T(s.Name, s.NameEN), Waiting: s.Waiting, Chosen: s.ID == t.Service}
		if d.Wait != nil {
			row.Wait = d.Wait(s.ID, l.T("vi", "en"))
		}
		v.Services = append(v.Services, row)
	}
	v.Closed = len(v.Services) == 0
	if d.Others != nil {
		for _, o := range d.Others(l) {
			v.Others = append(v.Others, way{page.SafeURL(o.Href), o.Label})
		}
	}
	d.show(w, r, "ask", l.T("Lấy số từ xa", "Take a number from home"), v, failed)
}

func (d *Desk) show(w http.ResponseWriter, r *http.Request, name, title string, v view, failed error) {
	w.Header().Set("Cache-Control", "no-store")
	d.desk.Render(w, r, statusOf(failed), name, page.View{Title: title, Home: "/", Data: v})
}

// send sends the code to the number that was typed.
func (d *Desk) send(w http.ResponseWriter, r *http.Request, err error) {
	t := typed{Service: r.PostForm.Get("service"), Phone: strings.TrimSpace(r.PostForm.Get("phone"))}
	phone := queue.Telephone(t.Phone)
	if err == nil && d.Send == nil {
		err = queue.Errorf(queue.CodeForbidden, "no messages can be sent")
	}
	if err == nil && (t.Service == "" || !isMobile(phone)) {
		err = queue.Errorf(queue.CodeBadRequest, "service or number missing")
	}
	if err == nil {
		err = d.gives(r.Context(), t.Service)
	}
	l := page.Language(r)
	if err == nil {
		var code string
		if t.ID, code, err = d.codes.begin(phone, t.Service, string(l), d.Address(r)); err == nil {
			if err = d.Send(r.Context(), phone, codeText(l, code)); err != nil {
				d.codes.drop(t.ID)
				d.Logger.Warn("a code could not be sent", "err", err)
				err = queue.Errorf(queue.CodeUnavailable, "the message was not sent")
			}
		}
	}
	if err != nil {
		d.ask(w, r, t, err)
		return
	}
	d.askCode(w, r, t, nil)
}

// isMobile tells whether a number is a mobile one of Viet Nam. Codes go to no
// other: each costs the office money, and abroad, or on a number that its owner
// is paid for, somebody would earn by asking for them.
func isMobile(phone string) bool {
	national, ok := strings.CutPrefix(phone, "+84")
	return ok && len(national) == 9 && strings.ContainsRune("35789", rune(national[0]))
}

// gives tells whether a service gives numbers to the web now.
func (d *Desk) gives(ctx context.Context, id string) error {
	services, err := d.Office.Services(ctx)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(services, func(s queue.ServiceView) bool { return s.ID == id })
	if i < 0 {
		return queue.Errorf(queue.CodeUnknownService, "no such service")
	}
	if n, limited := services[i].Quotas[queue.Web]; limited && n == 0 {
		return queue.Errorf(queue.CodeChannelFull, "closed to the web")
	}
	if !services[i].Open {
		return queue.Errorf(services[i].Why, "gives no numbers")
	}
	return nil
}

// askCode shows the second form.
func (d *Desk) askCode(w http.ResponseWriter, r *http.Request, t typed, failed error) {
	l := page.Language(r)
	d.show(w, r, "code", l.T("Nhập mã xác nhận", "Enter the code"), view{typed: t, Wrong: wrong(l, failed), Minutes: int(codeLife.Minutes())}, failed)
}

// take gives the number to whoever has the code, and leads to its page.
func (d *Desk) take(w http.ResponseWriter, r *http.Request, err error) {
	t := typed{ID: r.PostForm.Get("id")}
	var a asked
	if err == nil {
		a, err = d.codes.check(t.ID, page.Digits(r.PostForm.Get("code")), d.Address(r))
	}
	if err == errCode {
		d.askCode(w, r, t, err)
		return
	}
	var got queue.Ticket
	if err == nil {
		t.Service = a.service
		got, err = d.number(r.Context(), t.ID, a)
	}
	if err != nil {
		d.ask(w, r, t, err)
		return
	}
	http.Redirect(w, r, "/t/"+d.Links.Token(got.Office, got.ID), http.StatusSeeOther)
}

// number takes a number, or finds the one that the person has in this line.
func (d *Desk) number(ctx context.Context, id string, a asked) (queue.Ticket, error) {
	person := "tel:" + a.phone
	mine, err := d.Office.Mine(ctx, person)
	if err != nil {
		return queue.Ticket{}, err
	}
	if i := slices.IndexFunc(mine, func(t queue.Ticket) bool { return t.Service == a.service && t.State.Open() }); i >= 0 {
		return mine[i], nil
	}
	return d.Office.Take(ctx, queue.TakeRequest{
		Meta: queue.Meta{Key: "web-" + id, Caller: "web"}, Service: a.service, Channel: queue.Web, Language: a.language, Person: person,
	})
}
