// Package desk is the page on which supervisors and leaders see the whole hall,
// or several offices, as they are now, and give services to counters.
package desk

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/live"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

//go:embed templates static
var files embed.FS

// Prefix is where the page is. Whoever mounts the handler guards it for those
// who may look; what changes something asks for the rights below besides.
const Prefix = "/live"

// The rights asked for, as in the table of rights.
const (
	mayMove = "live:do"
	mayAck  = "alarm:ack"
)

// Office is one office on the page.
type Office struct {
	live.Source
	Setup page.Setup // For giving services to counters; nil = it can only be looked at.
}

// Config is what the page needs; Offices is required.
type Config struct {
	Offices []Office
	Ack     func(ctx context.Context, id int64, who string) error // Nil = alarms cannot be acknowledged.
	Alarms  string                                                // Page of the alarms' history; empty = there is none.
	Name    string                                                // In the head of the page.
	Build   string
	Logger  *slog.Logger
	Now     func() time.Time
}

// Desk is the page.
type Desk struct {
	Config
	kit     *page.Desk
	watched []*live.Watcher

	mu      sync.Mutex
	changed chan struct{} // Closed at every change, and made anew.
	open    int           // Live connections.
}

// New makes the page; Run must run for it to be live.
func New(c Config) (*Desk, error) {
	if len(c.Offices) == 0 {
		return nil, errors.New("live desk: Config.Offices is required")
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	kit, err := page.NewDesk(page.DeskConfig{Name: "live desk", Prefix: Prefix, Files: files, Style: "live.css", Office: c.Name, Build: c.Build, Logger: c.Logger})
	if err != nil {
		return nil, err
	}
	d := &Desk{Config: c, kit: kit, changed: make(chan struct{})}
	for _, o := range c.Offices {
		w, err := live.NewWatcher(o.Source, d.tell, c.Logger, c.Now)
		if err != nil {
			return nil, err
		}
		d.watched = append(d.watched, w)
	}
	return d, nil
}

// Run watches the offices until ctx ends.
func (d *Desk) Run(ctx context.Context) error {
	var all sync.WaitGroup
	for _, w := range d.watched {
		all.Go(func() { _ = w.Run(ctx) })
	}
	all.Wait()
	return nil
}

// Look has the page look at the first office now: an alarm has come.
func (d *Desk) Look() { d.watched[0].Look() }

// View gives what was seen last of the first office, this installation's own.
func (d *Desk) View() live.View { return d.watched[0].View() }

// Views gives what was seen last of every office, this installation's own first.
func (d *Desk) Views() (all []live.View) {
	for _, w := range d.watched {
		all = append(all, w.View())
	}
	return all
}

// tell wakes every open page.
func (d *Desk) tell() {
	d.mu.Lock()
	defer d.mu.Unlock()
	close(d.changed)
	d.changed = make(chan struct{})
}

func (d *Desk) change() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.changed
}

// Handler serves everything under Prefix.
func (d *Desk) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+Prefix, d.show)
	mux.HandleFunc("GET "+Prefix+"/stream", d.stream)
	mux.HandleFunc("POST "+Prefix+"/assign/{office}", d.assign)
	mux.HandleFunc("POST "+Prefix+"/ack/{alarm}", d.ack)
	return d.kit.Handler(mux)
}

func (d *Desk) show(w http.ResponseWriter, r *http.Request) {
	d.render(w, r, http.StatusOK, "")
}

func (d *Desk) render(w http.ResponseWriter, r *http.Request, status int, wrong string) {
	v := d.page(r)
	data := v.Data.(view)
	data.Wrong = wrong
	v.Data = data
	v.Scripts = []string{d.kit.Asset("live.js")}
	d.kit.Render(w, r, status, "live", v)
}

// page gathers what is shown.
func (d *Desk) page(r *http.Request) page.View {
	l := page.Language(r)
	data := view{Alarms: d.Alarms, CanAck: d.Ack != nil && page.May(r.Context(), mayAck)}
	for i, w := range d.watched {
		h := hallOf(l, w.View(), d.Now())
		if s := d.Offices[i].Setup; s != nil && page.May(r.Context(), mayMove) && h.Known && h.Lost == "" {
			h.CanMove = true
			h.Version = versionOf(r.Context(), s)
		}
		data.Halls = append(data.Halls, h)
	}
	tellApart(data.Halls)
	return page.View{Lang: l, Title: l.T("Toàn cảnh", "Live overview"), Body: "live", Home: Prefix, Data: data, Refresh: 10 * time.Second}
}

// setupTime is how long a page waits for an office's setup: one that is far away
// and does not answer must not keep the page of all others.
const setupTime = 2 * time.Second

// versionOf is the version of an office's setup; empty = not known.
func versionOf(ctx context.Context, s page.Setup) string {
	ctx, cancel := context.WithTimeout(ctx, setupTime)
	defer cancel()
	now, err := s.Setup(ctx)
	if err != nil {
		return ""
	}
	return now.Version
}

const (
	maxOpen   = 200         // Live connections; further ones are told to come later.
	sendPause = time.Second // Least time between two pictures of one connection.
)

// enter counts a live connection; ok is false when there are too many.
func (d *Desk) enter() (leave func(), ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.open >= maxOpen {
		return nil, false
	}
	d.open++
	return func() { d.mu.Lock(); d.open--; d.mu.Unlock() }, true
}

// stream sends the parts of the page whenever they have changed.
func (d *Desk) stream(w http.ResponseWriter, r *http.Request) {
	leave, ok := d.enter()
	if !ok {
		w.Header().Set("Retry-After", "30")
		http.Error(w, "Đang mở quá nhiều trang; xin đóng bớt. / Too many pages are open; please close some.", http.StatusServiceUnavailable)
		return
	}
	defer leave()
	s, err := page.StartStream(w, d.kit.Build)
	if err != nil {
		return
	}
	last := ""
	for ctx := r.Context(); ctx.Err() == nil; {
		change := d.change()
		html, err := d.kit.Fragment("live", "halls", d.page(r))
		if err != nil {
			d.Logger.Warn("live page not made", "err", err)
			return
		}
		out := page.Ping(0, d.Now())
		if string(html) != last {
			last = string(html)
			out = append(out, page.Frame("live", 0, map[string]string{"html": last})...)
		}
		if s.Send(out) != nil {
			return
		}
		queue.Await(ctx, nil, sendPause)
		queue.Await(ctx, change, page.Heartbeat-sendPause)
	}
}

const formBytes = 4 << 10

// assign gives a service to a counter, takes it from one, or both: field move
// is "A|from|to".
func (d *Desk) assign(w http.ResponseWriter, r *http.Request) {
	err := page.ReadForm(w, r, formBytes)
	var o *Office
	for i := range d.Offices {
		if d.Offices[i].ID == r.PathValue("office") {
			o = &d.Offices[i]
		}
	}
	switch {
	case err != nil:
	case o == nil || o.Setup == nil:
		err = queue.Errorf(queue.CodeUnknownOffice, "ở đây không sửa được cơ quan này; hãy mở trang của chính cơ quan đó (this office cannot be changed here; open its own page)")
	case !page.May(r.Context(), mayMove):
		err = queue.Errorf(queue.CodeForbidden, "chỉ người phụ trách sảnh được phân quầy; hãy nhờ họ (only a supervisor may do this; please ask one)")
	default:
		err = d.move(r.Context(), *o, r.PostForm.Get("move"), r.PostForm.Get("version"))
	}
	d.done(w, r, err)
}

func (d *Desk) move(ctx context.Context, o Office, text, version string) error {
	parts := strings.Split(text, "|")
	if len(parts) != 3 {
		return queue.Errorf(queue.CodeBadRequest, "xin chọn hàng đợi và quầy (please choose a service and a counter)")
	}
	now, err := o.Setup.Setup(ctx)
	if err != nil {
		return err
	}
	if version != "" && version != now.Version {
		return queue.Errorf(queue.CodeStaleVersion, "có người vừa đổi cài đặt; bảng đã được cập nhật, xin xem rồi làm lại (somebody has changed the setup; the table is up to date now, look and do it again)")
	}
	if now.Setup, err = (live.Move{Service: parts[0], From: parts[1], To: parts[2]}).Apply(now.Setup); err != nil {
		return err
	}
	_, err = page.Configure(ctx, o.Setup, now)
	return err
}

// ack notes that somebody takes care of an alarm.
func (d *Desk) ack(w http.ResponseWriter, r *http.Request) {
	id, err := strconv.ParseInt(r.PathValue("alarm"), 10, 64)
	switch {
	case err != nil || d.Ack == nil:
		err = queue.Errorf(queue.CodeBadRequest, "không có cảnh báo này; xin tải lại trang (no such alarm; please reload)")
	case !page.May(r.Context(), mayAck):
		err = queue.Errorf(queue.CodeForbidden, "tài khoản này không nhận xử lý cảnh báo được (this account may not acknowledge alarms)")
	default:
		err = d.Ack(r.Context(), id, Who(r.Context()))
	}
	d.done(w, r, err)
}

// Who is whoever asks for a page, for people to read.
func Who(ctx context.Context) string {
	c, _ := page.CallerOf(ctx)
	switch {
	case c.Person != "":
		return c.Person
	case c.ID != "":
		return "thiết bị " + c.ID
	default:
		return "?"
	}
}

// done answers a form: a script gets what happened, a browser the page.
func (d *Desk) done(w http.ResponseWriter, r *http.Request, err error) {
	for _, watched := range d.watched {
		watched.Look()
	}
	script := strings.Contains(r.Header.Get("Accept"), "application/json")
	status, words := http.StatusOK, ""
	if err != nil {
		status, words = statusOf(err), wordsOf(err)
	}
	switch {
	case script:
		_ = page.JSON(w, status, map[string]string{"wrong": words}) // Texts alone.
	case err != nil:
		d.render(w, r, status, words)
	default:
		d.kit.See(w, r, nil, "")
	}
}

func statusOf(err error) int {
	switch queue.ErrorCode(err) {
	case queue.CodeForbidden:
		return http.StatusForbidden
	case queue.CodeUnavailable, queue.CodeInternal:
		return http.StatusServiceUnavailable
	case queue.CodeStaleVersion, queue.CodeSetupInUse:
		return http.StatusConflict
	default:
		return http.StatusUnprocessableEntity
	}
}

// wordsOf are what people read of an error: the office's own words, without the
// code in front.
func wordsOf(err error) string {
	var e *queue.Error
	if errors.As(err, &e) && queue.ErrorCode(err) != queue.CodeUnavailable {
		return e.Message
	}
	return fmt.Sprintf("chưa làm được, xin thử lại (not done, please try again): %v", err)
}
