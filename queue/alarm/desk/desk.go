// Package desk is the page on which alarms are read back and acknowledged, and
// on which an office decides who hears of them.
package desk

import (
	"cmp"
	"embed"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/alarm"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

//go:embed templates
var files embed.FS

// Where the pages are: the history for whoever may see the live overview, the
// settings for administrators. Whoever mounts them guards them.
const (
	Prefix   = "/live/alarms"
	Settings = "/admin/alarms"
)

// Config is what the pages need; Book is required.
type Config struct {
	Book     *alarm.Book
	Name     string // Of the office.
	Build    string
	Location func() *time.Location // Nil = UTC+7.
	Logger   *slog.Logger
}

// Desk is the two pages.
type Desk struct {
	Config
	past, rules *page.Desk
}

// New makes the pages.
func New(c Config) (*Desk, error) {
	if c.Book == nil {
		return nil, errors.New("alarm desk: Config.Book is required")
	}
	if c.Location == nil {
		c.Location = func() *time.Location { return time.FixedZone("+07", 7*60*60) }
	}
	d := &Desk{Config: c}
	var errs [2]error
	kit := func(prefix string) (*page.Desk, error) {
		return page.NewDesk(page.DeskConfig{Name: "alarm desk", Prefix: prefix, Files: files, Office: c.Name, Build: c.Build, Logger: c.Logger})
	}
	d.past, errs[0] = kit(Prefix)
	d.rules, errs[1] = kit(Settings)
	return d, errors.Join(errs[:]...)
}

// History serves what is under Prefix.
func (d *Desk) History() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+Prefix, func(w http.ResponseWriter, r *http.Request) { d.history(w, r, nil) })
	d.past.Form(mux, "note", noteForm, d.note)
	return d.past.Handler(mux)
}

// line is one alarm in words.
type line struct {
	ID                      int64
	At, Text, Kind, Took    string
	By, AckedAt             string
	Notes                   []string
	Open, Grave, Escalated  bool
	ClearedAt, EscalatedFor string
}

type historyView struct {
	Lines []line
	Wrong string
	Notes bool   // May be written here.
	More  string // Address of older ones; empty = there are none.
}

// noteForm is how large the form of a note may be, in bytes.
const noteForm = 4 << 10

// mayNote is the right to say what was done about an alarm: that to take care
// of it.
const mayNote = "alarm:ack"

// note writes down what was done about an alarm.
func (d *Desk) note(w http.ResponseWriter, r *http.Request, err error) {
	n, errID := strconv.ParseInt(r.PostForm.Get("id"), 10, 64)
	caller, _ := page.CallerOf(r.Context())
	switch {
	case err != nil:
	case errID != nil:
		err = queue.Errorf(queue.CodeBadRequest, "xin chọn một cảnh báo (please choose an alarm)")
	case !page.May(r.Context(), mayNote):
		err = queue.Errorf(queue.CodeForbidden, "tài khoản này không ghi chú cảnh báo được (this account may not write notes on alarms)")
	default:
		err = d.Book.Note(r.Context(), n, cmp.Or(caller.Person, caller.ID), r.PostForm.Get("note"))
	}
	if err != nil {
		d.history(w, r, err)
		return
	}
	d.past.See(w, r, nil, "a"+strconv.FormatInt(n, 10))
}

func (d *Desk) history(w http.ResponseWriter, r *http.Request, wrong error) {
	l := page.Language(r)
	var before time.Time
	if ms, err := strconv.ParseInt(r.URL.Query().Get("before"), 10, 64); err == nil && ms > 0 {
		before = time.UnixMilli(ms)
	}
	list, err := d.Book.History(r.Context(), before)
	if err != nil {
		http.Error(w, "Chưa đọc được sổ cảnh báo; xin thử lại. / The book of alarms cannot be read now; please try again.", http.StatusServiceUnavailable)
		return
	}
	v := historyView{Notes: page.May(r.Context(), mayNote)}
	status := http.StatusOK
	if wrong != nil {
		v.Wrong, status = wrong.Error(), http.StatusUnprocessableEntity
		var e *queue.Error
		if errors.As(wrong, &e) {
			v.Wrong = e.Message
		}
	}
	for _, e := range list {
		v.Lines = append(v.Lines, d.line(l, e))
	}
	if n := len(list); n > 0 {
		v.More = Prefix + "?" + url.Values{"before": {strconv.FormatInt(list[n-1].RaisedAt.UnixMilli(), 10)}}.Encode()
	}
	d.past.Render(w, r, status, "history", page.View{Title: l.T("Cảnh báo đã qua", "History of alarms"), Data: v, Home: "/live"})
}

func (d *Desk) line(l page.Lang, e alarm.Entry) line {
	when := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.In(d.Location()).Format("15:04 02/01/2006")
	}
	out := line{ID: e.ID, At: when(e.RaisedAt), Text: l.T(e.VI, e.EN), Kind: KindWords(l, e.Kind), By: e.AckedBy, AckedAt: when(e.AckedAt), Notes: strings.FieldsFunc(e.Note, func(r rune) bool { return r == '\n' }),
		Open: e.Open(), Grave: e.Grave, Escalated: !e.EscalatedAt.IsZero(), ClearedAt: when(e.ClearedAt)}
	if !e.Open() {
		out.Took = fmt.Sprintf("%d %s", int(e.ClearedAt.Sub(e.RaisedAt).Round(time.Minute).Minutes()), l.T("phút", "min"))
	}
	return out
}

// KindWords says what sort of thing an alarm is about.
func KindWords(l page.Lang, k alarm.Kind) string {
	words := page.Phrases{
		string(alarm.Wait): {"Thời gian chờ", "Waits"}, string(alarm.Printer): {"Máy in", "Printer"}, string(alarm.Speaker): {"Loa", "Loudspeaker"},
		string(alarm.Trunk): {"Điện thoại", "Telephone"}, string(alarm.Store): {"Ghi sổ", "Writing"}, string(alarm.Disk): {"Đĩa", "Disk"},
		string(alarm.Clock): {"Đồng hồ", "Clock"}, string(alarm.Chat): {"Tin nhắn", "Messages"}, string(alarm.Hook): {"Hệ thống khác", "Other systems"},
		string(alarm.Office): {"Cơ quan khác", "Another office"}, string(alarm.Help): {"Gọi hỗ trợ", "Call for help"},
		string(alarm.Rating): {"Đánh giá thấp", "Low rating"},
	}
	return words.In(l, string(k))
}

// Rules serves what is under Settings.
func (d *Desk) Rules() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+Settings, func(w http.ResponseWriter, r *http.Request) { d.rulesPage(w, r, http.StatusOK, typed{}, nil) })
	const most = 8 << 10
	d.rules.Form(mux, "add", most, d.add)
	d.rules.Form(mux, "remove", most, d.remove)
	d.rules.Form(mux, "test", most, d.test)
	d.rules.Form(mux, "when", most, d.when)
	return d.rules.Handler(mux)
}

// typed is what somebody has written into the forms, kept when it is wrong.
type typed struct {
	Name, Channel, Address string
	Every, Digest          bool
	Minutes, At            string
	Set                    bool // The times were written, too.
}

type recipient struct {
	alarm.Recipient
	Way string
}

type rulesView struct {
	Typed    typed
	People   []recipient
	Channels []alarm.Channel
	Failing  []alarm.Delivery
	Done     string
	Wrong    string
}

func done() page.Phrases {
	return page.Phrases{
		"add": {"Đã thêm người nhận. Hãy gửi thử một tin.", "Added. Now send a test message."}, "remove": {"Đã bỏ.", "Removed."},
		"test": {"Đã gửi tin thử.", "The test message was sent."}, "when": {"Đã lưu.", "Saved."},
	}
}

func (d *Desk) rulesPage(w http.ResponseWriter, r *http.Request, status int, t typed, wrong error) {
	l := page.Language(r)
	v := rulesView{Typed: t, Channels: d.Book.Channels(), Done: done().In(l, r.URL.Query().Get("done"))}
	people, err := d.Book.Recipients(r.Context())
	for _, p := range people {
		v.People = append(v.People, recipient{p, d.way(l, p.Channel)})
	}
	var errFailing, errSettings error
	v.Failing, errFailing = d.Book.Failing(r.Context())
	s, errSettings := d.Book.Settings(r.Context())
	if !t.Set {
		v.Typed.At = s.DigestAt
		if s.EscalateMinutes > 0 {
			v.Typed.Minutes = strconv.Itoa(s.EscalateMinutes)
		}
	}
	if err = errors.Join(wrong, err, errFailing, errSettings); err != nil {
		v.Wrong, v.Done = err.Error(), ""
		var e *queue.Error
		if errors.As(err, &e) {
			v.Wrong = e.Message
		}
	}
	d.rules.Render(w, r, status, "rules", page.View{Title: l.T("Báo cho ai khi có sự cố", "Who hears of trouble"), Data: v})
}

func (d *Desk) way(l page.Lang, id string) string {
	for _, c := range d.Book.Channels() {
		if c.ID == id {
			return l.T(c.Name, c.NameEN)
		}
	}
	return id
}

// finish leads back to the page, or shows what is wrong with what was typed.
func (d *Desk) finish(w http.ResponseWriter, r *http.Request, name string, t typed, err error) {
	if err != nil {
		d.rulesPage(w, r, http.StatusUnprocessableEntity, t, err)
		return
	}
	d.rules.See(w, r, url.Values{"done": {name}}, "")
}

func (d *Desk) add(w http.ResponseWriter, r *http.Request, err error) {
	f := r.PostForm
	t := typed{Name: f.Get("name"), Channel: f.Get("channel"), Address: f.Get("address"), Every: f.Get("every") != "", Digest: f.Get("digest") != ""}
	if err == nil {
		err = d.Book.AddRecipient(r.Context(), alarm.Recipient{Name: t.Name, Channel: t.Channel, Address: t.Address, Every: t.Every, Digest: t.Digest})
	}
	d.finish(w, r, "add", t, err)
}

// id reads which recipient a button is about.
func id(r *http.Request, err error) (int64, error) {
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseInt(r.PostForm.Get("id"), 10, 64)
	if err != nil {
		return 0, queue.Errorf(queue.CodeBadRequest, "xin chọn một người nhận (please choose a recipient)")
	}
	return n, nil
}

func (d *Desk) remove(w http.ResponseWriter, r *http.Request, err error) {
	n, err := id(r, err)
	if err == nil {
		err = d.Book.RemoveRecipient(r.Context(), n)
	}
	d.finish(w, r, "remove", typed{}, err)
}

func (d *Desk) test(w http.ResponseWriter, r *http.Request, err error) {
	n, err := id(r, err)
	if err == nil {
		if err = d.Book.Test(r.Context(), n); err != nil {
			err = fmt.Errorf("chưa gửi được, hãy xem lại địa chỉ và kênh (not sent; look at address and channel): %w", err)
		}
	}
	d.finish(w, r, "test", typed{}, err)
}

func (d *Desk) when(w http.ResponseWriter, r *http.Request, err error) {
	t := typed{Minutes: r.PostForm.Get("minutes"), At: r.PostForm.Get("at"), Set: true}
	if err == nil {
		s := alarm.Settings{DigestAt: t.At}
		if t.Minutes != "" {
			if s.EscalateMinutes, err = strconv.Atoi(t.Minutes); err != nil || s.EscalateMinutes < 1 {
				err = queue.Errorf(queue.CodeBadRequest, "số phút: từ 1 đến 1440, hoặc để trống (minutes: 1 to 1440, or empty)")
			}
		}
		if err == nil {
			err = d.Book.SetSettings(r.Context(), s)
		}
	}
	d.finish(w, r, "when", t, err)
}
