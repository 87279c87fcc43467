// Package desk is the page on which an office arranges its telephone: the menu
// that callers hear, its texts in every language, who answers key 0, and a
// card of the menu to print. It is for administrators; the settings lie in
// queue.Setup.Phone.
package desk

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/xinmoi/xinmoi/ivr"
	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

//go:embed templates static
var files embed.FS

// Prefix is where the page is. Whoever mounts the handler guards it for
// administrators.
const Prefix = "/admin/phone"

const (
	maxForm  = 512 << 10
	testTime = 30 * time.Second // For a test call to be answered.
)

// Config is what the page needs; Setup is required.
type Config struct {
	Setup  page.Setup
	Office string // Name, for the head of the page.
	Dial   string // What citizens dial, for the card; empty = left out.
	// TestCall calls a number or SIP address and lets it hear the menu; it
	// returns when the call is answered or has failed. Nil = no such button.
	TestCall func(ctx context.Context, to string) error
	// Phone is the telephone that the menu is for: it knows what is asked for,
	// what it can speak and what other parts offer. Nil = the setup alone decides.
	Phone *ivr.Service
	// Demand counts what was taken of each service lately, to put the most used
	// first; nil = no such button.
	Demand func(ctx context.Context) (map[string]int, error)
	Logger *slog.Logger
	Build  string
	Now    func() time.Time // Nil = time.Now.
}

// Desk is the page.
type Desk struct {
	Config
	kit *page.Desk
}

// New makes the page.
func New(c Config) (*Desk, error) {
	if c.Setup == nil {
		return nil, errors.New("phone desk: Config.Setup is required")
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Phone == nil {
		c.Phone = ivr.New(ivr.Config{})
	}
	kit, err := page.NewDesk(page.DeskConfig{
		Name: "phone desk", Prefix: Prefix, Files: files, Style: "phone.css", Office: c.Office, Build: c.Build, Logger: c.Logger,
	})
	if err != nil {
		return nil, err
	}
	c.Logger = kit.Logger
	return &Desk{Config: c, kit: kit}, nil
}

// Handler serves everything under Prefix.
func (d *Desk) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+Prefix, func(w http.ResponseWriter, r *http.Request) { d.show(w, r, http.StatusOK, draft{}, nil) })
	mux.HandleFunc("GET "+Prefix+"/card", d.card)
	for name, change := range map[string]func(*draft, *queue.Setup, url.Values) error{
		"settings": d.settings, "menu": (*draft).menu, "texts": (*draft).texts,
	} {
		d.handle(mux, name, func(r *http.Request) (draft, error) { return d.save(r, change) })
	}
	d.handle(mux, "automatic", d.automatic)
	if d.Demand != nil {
		d.handle(mux, "demand", d.byDemand)
	}
	if d.TestCall != nil {
		d.handle(mux, "call", d.call)
	}
	return d.kit.Handler(mux)
}

// handle does what a form asks. When that fails the page comes back with all
// that was typed.
func (d *Desk) handle(mux *http.ServeMux, name string, do func(*http.Request) (draft, error)) {
	d.kit.Form(mux, name, maxForm, func(w http.ResponseWriter, r *http.Request, err error) {
		var typed draft
		if err == nil {
			typed, err = do(r)
		}
		if err != nil {
			d.show(w, r, statusOf(err), typed, err)
			return
		}
		to := url.Values{"done": {name}}
		if l := r.PostForm.Get("language"); l != "" {
			to.Set("texts", l)
		}
		d.kit.See(w, r, to, name)
	})
}

// statusOf tells a form that cannot be used from a setup that somebody else
// has changed meanwhile.
func statusOf(err error) int {
	switch queue.ErrorCode(err) {
	case queue.CodeStaleVersion:
		return http.StatusConflict
	case queue.CodeUnavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusUnprocessableEntity
}

// save puts one form into the setup. The other parts of the setup stay as they
// are now; somebody else's change to them since the page was loaded is told
// and not overwritten.
func (d *Desk) save(r *http.Request, change func(*draft, *queue.Setup, url.Values) error) (draft, error) {
	view, err := d.Setup.Setup(r.Context())
	if err != nil {
		return draft{}, err
	}
	typed := draft{}
	if err := change(&typed, &view.Setup, r.PostForm); err != nil {
		return typed, err
	}
	version := r.PostForm.Get("version")
	if version != "" && version != view.Version {
		return typed, page.Stale()
	}
	return typed, d.configure(r.Context(), view)
}

func (d *Desk) configure(ctx context.Context, view queue.SetupView) error {
	_, err := page.Configure(ctx, d.Setup, view)
	switch queue.ErrorCode(err) {
	case "":
		return nil
	case queue.CodeStaleVersion:
		return err
	case queue.CodeUnavailable:
		return queue.Errorf(queue.CodeUnavailable, "chưa lưu được, thử lại sau ít phút; những gì đã gõ còn ở dưới (not saved, try again in a few minutes; what you typed is below): %w", err)
	}
	return fmt.Errorf("chưa lưu được, sửa rồi bấm Lưu lần nữa (not saved: correct it and save again): %w", err)
}

// automatic goes back to the menu that is built from the services.
func (d *Desk) automatic(r *http.Request) (draft, error) {
	return d.save(r, func(_ *draft, s *queue.Setup, _ url.Values) error {
		s.Phone.Menu = nil
		return nil
	})
}

// byDemand makes a menu with the most used services first. It stays so until
// somebody presses again: keys do not move by themselves.
func (d *Desk) byDemand(r *http.Request) (draft, error) {
	demand, err := d.Demand(r.Context())
	if err != nil {
		return draft{}, fmt.Errorf("chưa đọc được số liệu (the figures cannot be read): %w", err)
	}
	if !ivr.EnoughDemand(demand) {
		return draft{}, fmt.Errorf("chưa đủ số liệu: cần ít nhất %[1]d số đã lấy, hãy thử lại sau vài ngày (too few figures: it takes at least %[1]d numbers; try again in some days)", ivr.Enough)
	}
	return d.save(r, func(_ *draft, s *queue.Setup, _ url.Values) error {
		s.Phone.Menu = menuByDemand(*s, demand)
		return nil
	})
}

// call lets a telephone hear the menu.
func (d *Desk) call(r *http.Request) (draft, error) {
	typed := draft{TestTo: r.PostForm.Get("to")}
	if err := checkAddress(typed.TestTo); err != nil {
		return typed, err
	}
	ctx, cancel := context.WithTimeout(r.Context(), testTime)
	defer cancel()
	if err := d.TestCall(ctx, typed.TestTo); err != nil {
		return typed, fmt.Errorf("gọi thử không được: xem lại số máy và đường điện thoại (the test call failed: look at the number and the line): %w", err)
	}
	return typed, nil
}
