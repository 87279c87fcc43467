// Package desk is the pages of the reports: how a day, a month or a year went,
// in tables and pictures, on paper with the office's heading, and as files for
// spreadsheets. Every figure leads to the numbers of the tickets behind it.
package desk

import (
	"context"
	"embed"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/report"
	"github.com/xinmoi/xinmoi/queue/report/monthly"
	"github.com/xinmoi/xinmoi/queue/report/xlsx"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

//go:embed all:templates static
var files embed.FS

// Prefix is where the pages are; whoever mounts them guards them for staff.
const Prefix = "/reports"

const (
	atOnce     = 2                // Reports made at the same time: the office comes first.
	waitAtMost = 10 * time.Second // For a place among them.
	pageLines  = 200              // Tickets on one page.
	fileLines  = 60_000           // Tickets in one file.
)

// Book makes reports; *report.Book is one.
type Book interface {
	Report(ctx context.Context, s report.Spec) (*report.Report, error)
	Tickets(ctx context.Context, s report.Spec, p report.Pick, offset, limit int) (*report.List, error)
	Latest(ctx context.Context) (first, latest string, err error)
}

// Config is what the pages need. Book is required.
type Config struct {
	Book      Book
	Office    string                             // Name, for the head of the pages.
	Agency    func(*http.Request) (string, bool) // Whose figures alone the reader may see, empty = all; false = none. Nil = all.
	Now       func() time.Time                   // Nil = time.Now.
	Location  func() *time.Location              // Of the office's clock; nil = UTC+7.
	Monthly   *monthly.Book                      // What is made by itself; nil = nothing. See Desk.Paper.
	May       func(*http.Request) bool           // May the reader change what is made by itself? Nil = nobody.
	Agencies  func() []queue.Agency              // Those that a report may be about; nil = none.
	Elsewhere []Elsewhere                        // Other offices, shown beside this one.
	Logger    *slog.Logger                       // Nil = silent.
	Build     string
}

// Desk is the pages.
type Desk struct {
	Config
	kit    *page.Desk
	places chan struct{}
}

// New makes the pages.
func New(c Config) (*Desk, error) {
	if c.Book == nil {
		return nil, errors.New("desk: Config.Book is required")
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Location == nil {
		c.Location = func() *time.Location { return time.FixedZone("+07", 7*60*60) }
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Agency == nil {
		c.Agency = func(*http.Request) (string, bool) { return "", true }
	}
	kit, err := page.NewDesk(page.DeskConfig{
		Name: "reports", Prefix: Prefix, Files: files, Style: "reports.css", Office: c.Office, Build: c.Build, Logger: c.Logger,
	})
	if err != nil {
		return nil, err
	}
	return &Desk{Config: c, kit: kit, places: make(chan struct{}, atOnce)}, nil
}

// Handler serves everything under Prefix.
func (d *Desk) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+Prefix, d.guarded(d.show))
	mux.HandleFunc("GET "+Prefix+"/tickets", d.guarded(d.tickets))
	mux.HandleFunc("GET "+Prefix+"/print", d.guarded(d.print))
	mux.HandleFunc("GET "+OfficesPath, d.guarded(d.offices))
	mux.HandleFunc("GET "+Prefix+"/report.csv", d.guarded(d.csv))
	mux.HandleFunc("GET "+Prefix+"/tickets.csv", d.guarded(d.ticketsCSV))
	mux.HandleFunc("GET "+Prefix+"/report.xlsx", d.guarded(d.xlsx))
	if d.Monthly != nil {
		d.filedPages(mux)
	}
	return d.kit.Handler(mux)
}

// asked is what a request asks for.
type asked struct {
	form form
	spec report.Spec
}

// guarded gives a request a place, and what it asks for.
func (d *Desk) guarded(show func(http.ResponseWriter, *http.Request, asked)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		agency, may := d.Agency(r)
		if !may {
			d.forbidden(w, r)
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), waitAtMost)
		defer cancel()
		select {
		case d.places <- struct{}{}:
			defer func() { <-d.places }()
		case <-ctx.Done():
			w.Header().Set("Retry-After", "5")
			d.problem(w, r, http.StatusServiceUnavailable, say("Đang có nhiều báo cáo được lập cùng lúc", "Several reports are being made already"),
				say("Xin thử lại sau ít giây.", "Please try again in a few seconds."))
			return
		}
		f := readForm(r.URL.Query(), d.Now().In(d.Location()))
		s := f.spec()
		s.Agency = agency
		show(w, r, asked{f, s})
	}
}

func (d *Desk) forbidden(w http.ResponseWriter, r *http.Request) {
	d.problem(w, r, http.StatusForbidden, say("Báo cáo dành cho cán bộ của trung tâm", "Reports are for the office's staff"),
		say("Xin đăng nhập bằng liên kết của cán bộ hoặc quản trị.", "Please sign in with a link for staff or administrators."))
}

// both is words in both languages.
type both = report.Text

func say(vi, en string) both { return both{VI: vi, EN: en} }

// problem answers with a page that says what is wrong and what to do.
func (d *Desk) problem(w http.ResponseWriter, r *http.Request, status int, title, next both) {
	l := string(page.Language(r))
	d.kit.Render(w, r, status, "problem", page.View{Title: title.In(l), Data: map[string]string{"Title": title.In(l), "Next": next.In(l)}})
}

// fail answers an error of the book.
func (d *Desk) fail(w http.ResponseWriter, r *http.Request, err error) {
	switch {
	case errors.Is(err, report.ErrNoDay):
		d.problem(w, r, http.StatusNotFound, say("Không có ngày làm việc nào trong kỳ này", "No business day in this period"),
			say("Nhật ký của trung tâm chưa có ngày nào trong kỳ đã chọn. Xin chọn kỳ khác.", "The office's log has no day of the period. Please choose another."))
	case queue.ErrorCode(err) == queue.CodeBadRequest:
		d.problem(w, r, http.StatusBadRequest, say("Kỳ báo cáo chưa đúng", "This period cannot be reported"),
			say("Xin chọn ngày bắt đầu và ngày kết thúc, ngày sau không trước ngày đầu, nhiều nhất ba năm.", "Please choose a first and a last day, in this order, three years at most."))
	case r.Context().Err() != nil: // Nobody waits any more.
	default:
		d.Logger.Warn("report not made", "path", r.Pattern, "err", err)
		w.Header().Set("Retry-After", "5")
		d.problem(w, r, http.StatusServiceUnavailable, say("Chưa lập được báo cáo", "The report cannot be made now"),
			say("Số liệu đang được tổng hợp lại từ nhật ký. Xin thử lại sau một phút.", "The figures are being made anew from the log. Please try again in a minute."))
	}
}

const xlsxType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

// download begins a file.
func download(w http.ResponseWriter, name, kind string) {
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	h.Set("Cache-Control", "no-store")
}

func (d *Desk) csv(w http.ResponseWriter, r *http.Request, a asked) {
	made, err := d.Book.Report(r.Context(), a.spec)
	if err == nil && made.Behind != "" {
		err = report.ErrBehind // A file does not say that something is missing in it.
	}
	if err != nil {
		d.fail(w, r, err)
		return
	}
	download(w, "bao-cao-"+made.From+"-"+made.To+".csv", "text/csv; charset=utf-8")
	d.sent(r, made.CSV(w))
}

// list gives a report and tickets behind one of its figures; where it cannot,
// it has answered why.
func (d *Desk) list(w http.ResponseWriter, r *http.Request, a asked, p report.Pick, offset, limit int) (*report.Report, *report.List, bool) {
	made, err := d.Book.Report(r.Context(), a.spec)
	if err != nil {
		d.fail(w, r, err)
		return nil, nil, false
	}
	a.spec.From, a.spec.To = made.From, made.To
	list, err := d.Book.Tickets(r.Context(), a.spec, p, offset, limit)
	if err != nil {
		d.fail(w, r, err)
	}
	return made, list, err == nil
}

func (d *Desk) ticketsCSV(w http.ResponseWriter, r *http.Request, a asked) {
	made, list, ok := d.list(w, r, a, a.form.pick(), 0, fileLines)
	if !ok {
		return
	}
	download(w, "so-"+made.From+"-"+made.To+".csv", "text/csv; charset=utf-8")
	d.sent(r, list.Table(made.TimeZone).CSV(w, string(page.Language(r))))
}

func (d *Desk) xlsx(w http.ResponseWriter, r *http.Request, a asked) {
	made, list, ok := d.list(w, r, a, report.Pick{Part: report.ByTotal, Figure: report.FigureAll}, 0, fileLines)
	if !ok {
		return
	}
	download(w, "bao-cao-"+made.From+"-"+made.To+".xlsx", xlsxType)
	d.sent(r, xlsx.Write(r.Context(), w, made, list, string(page.Language(r))))
}

// sent notes a file that could not be sent whole.
func (d *Desk) sent(r *http.Request, err error) {
	if err != nil && r.Context().Err() == nil {
		d.Logger.Warn("file not written", "path", r.Pattern, "err", err)
	}
}

// number reads a whole number within bounds, else gives what stands for it.
func number(text string, least, most, other int) int {
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		return other
	}
	return n
}
