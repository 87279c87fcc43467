package desk

import (
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io/fs"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/report"
	"github.com/xinmoi/xinmoi/queue/report/monthly"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// FiledPath is the page of the reports that are made by themselves.
const FiledPath = Prefix + "/filed"

// formMost bounds what is posted.
const formMost = 32 << 10

func (d *Desk) filedPages(mux *http.ServeMux) {
	mux.HandleFunc("GET "+FiledPath, d.reader(func(w http.ResponseWriter, r *http.Request, agency string) {
		d.filed(w, r, http.StatusOK, agency, d.chosen(r.URL.Query().Get("plan")), "")
	}))
	mux.HandleFunc("GET "+FiledPath+"/{folder}/"+monthly.Document, d.reader(d.filedFile(monthly.Document)))
	mux.HandleFunc("GET "+FiledPath+"/{folder}/"+monthly.Workbook, d.reader(d.filedFile(monthly.Workbook)))
	mux.HandleFunc("POST "+FiledPath, d.changer(d.savePlan))
	mux.HandleFunc("POST "+FiledPath+"/remove", d.changer(func(w http.ResponseWriter, r *http.Request) error {
		return d.Monthly.Remove(r.PostForm.Get("plan"))
	}))
	mux.HandleFunc("POST "+FiledPath+"/keep", d.changer(func(w http.ResponseWriter, r *http.Request) error {
		return d.Monthly.Keep(number(r.PostForm.Get("months"), 1, 600, 0))
	}))
	mux.HandleFunc("POST "+FiledPath+"/make", d.changer(d.makeNow))
}

// reader lets in who may see figures, and tells whose.
func (d *Desk) reader(show func(w http.ResponseWriter, r *http.Request, agency string)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		agency, may := d.Agency(r)
		if !may {
			d.forbidden(w, r)
			return
		}
		show(w, r, agency)
	}
}

// changer lets in who may change what is made by itself, and leads back.
func (d *Desk) changer(do func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return d.reader(func(w http.ResponseWriter, r *http.Request, agency string) {
		if agency != "" || !d.mayChange(r) {
			d.problem(w, r, http.StatusForbidden, say("Chỉ quản trị viên đặt lịch báo cáo", "Only administrators set scheduled reports"),
				say("Xin đăng nhập bằng tài khoản quản trị.", "Please sign in as an administrator."))
			return
		}
		err := page.ReadForm(w, r, formMost)
		if err == nil {
			err = do(w, r)
		}
		switch {
		case err == nil:
			http.Redirect(w, r, FiledPath+"?done=yes", http.StatusSeeOther)
		case queue.ErrorCode(err) == queue.CodeBadRequest:
			d.filed(w, r, http.StatusUnprocessableEntity, agency, planOf(r), err.Error())
		default:
			d.Logger.Error("scheduled reports were not changed", "err", err)
			d.filed(w, r, http.StatusServiceUnavailable, agency, planOf(r),
				say("Chưa lưu được: xin xem đĩa của máy chủ còn chỗ không rồi thử lại.", "Not saved: please see whether the server's disk has room, and try again.").In(string(page.Language(r))))
		}
	})
}

func (d *Desk) mayChange(r *http.Request) bool { return d.May != nil && d.May(r) }

// planOf reads the form of a plan.
func planOf(r *http.Request) monthly.Plan {
	f := r.PostForm
	p := monthly.Plan{
		ID: f.Get("plan"), Name: f.Get("name"), Months: number(f.Get("months"), 1, 12, 1), Hour: number(f.Get("hour"), 0, 23, 6), Agency: f.Get("agency"),
		Target: number(f.Get("target"), 1, 600, 0), Letter: letter(f),
	}
	for i, channel := range f["channel"] {
		if channel != "" && i < len(f["address"]) {
			p.To = append(p.To, monthly.Recipient{Channel: channel, Address: f["address"][i]})
		}
	}
	return p
}

func (d *Desk) savePlan(_ http.ResponseWriter, r *http.Request) error {
	p := planOf(r)
	known := p.Agency == ""
	if d.Agencies != nil {
		known = known || slices.ContainsFunc(d.Agencies(), func(a queue.Agency) bool { return a.ID == p.Agency })
	}
	if !known {
		return queue.Errorf(queue.CodeBadRequest, "không có cơ quan này, xin chọn lại (there is no such agency, please choose again)")
	}
	_, err := d.Monthly.Save(p)
	return err
}

// makeNow makes the report of the period that ended last, for those who do not
// want to wait for the next one.
func (d *Desk) makeNow(_ http.ResponseWriter, r *http.Request) error {
	plans, _, err := d.Monthly.Plans()
	if err != nil {
		return err
	}
	i := slices.IndexFunc(plans, func(p monthly.Plan) bool { return p.ID == r.PostForm.Get("plan") })
	if i < 0 {
		return queue.Errorf(queue.CodeBadRequest, "báo cáo định kỳ này không còn nữa (this plan is no more)")
	}
	now := d.Now().In(d.Location())
	last := time.Date(now.Year(), time.Month((int(now.Month())-1)/plans[i].Months*plans[i].Months+1), 0, 0, 0, 0, 0, time.UTC)
	made, err := d.Monthly.Make(r.Context(), plans[i], last)
	if err == nil && !made {
		return queue.Errorf(queue.CodeBadRequest, "kỳ vừa qua đã có báo cáo, hoặc không có ngày làm việc nào (the period that ended last has its report, or had no business day)")
	}
	return err
}

// chosen is the plan to change, or a new one.
func (d *Desk) chosen(id string) monthly.Plan {
	plans, _, err := d.Monthly.Plans()
	if i := slices.IndexFunc(plans, func(p monthly.Plan) bool { return p.ID == id }); err == nil && i >= 0 {
		return plans[i]
	}
	return monthly.Plan{Months: 1, Hour: 6}
}

// filedView is the page of what is made by itself.
type filedView struct {
	Made     []madeView
	Plans    []planView
	Plan     monthly.Plan // In the form.
	To       []monthly.Recipient
	ToWhom   string
	Keep     int
	Channels []page.Link // Href is the id, Label the name and what it asks for.
	Agencies []queue.Agency
	Change   bool // The reader may.
	Done     bool
	Problem  string
}

type madeView struct{ Name, Period, At, Issued, Told, Document, Workbook string }

type planView struct{ ID, Name, Every, To string }

// recipientRows are those of the form.
const recipientRows = 3

func (d *Desk) filed(w http.ResponseWriter, r *http.Request, status int, agency string, p monthly.Plan, problem string) {
	l := page.Language(r)
	made, err := d.Monthly.All()
	plans, keep, err2 := d.Monthly.Plans()
	if err := errors.Join(err, err2); err != nil {
		d.fail(w, r, err)
		return
	}
	v := filedView{Plan: p, ToWhom: strings.Join(p.Letter.To, "\n"), Keep: keep, Change: agency == "" && d.mayChange(r), Done: r.URL.Query().Get("done") != "", Problem: problem}
	for _, m := range made {
		if agency != "" && m.Agency != agency {
			continue
		}
		v.Made = append(v.Made, madeView{
			Name: m.Name, Period: m.Title().In(string(l)), At: m.At.In(d.Location()).Format(l.T("15:04 02/01/2006", "2006-01-02 15:04")), Issued: report.Cell{Kind: report.Count, Value: float64(m.Issued)}.In(string(l)),
			Told: toldWords(m, l), Document: FiledPath + "/" + m.Folder + "/" + monthly.Document, Workbook: FiledPath + "/" + m.Folder + "/" + monthly.Workbook,
		})
	}
	for _, p := range plans {
		if agency == "" || p.Agency == agency {
			v.Plans = append(v.Plans, planView{p.ID, p.Name, everyWords(p, l), d.channelNames(p.To, l)})
		}
	}
	v.To = append(slices.Clone(p.To), make([]monthly.Recipient, max(1, recipientRows-len(p.To)))...)
	for _, c := range d.Monthly.Channels {
		label := l.T(c.Name, c.NameEN)
		if asks := l.T(c.Asks, c.AsksEN); asks != "" {
			label += " (" + asks + ")"
		}
		v.Channels = append(v.Channels, page.Link{Href: c.ID, Label: label})
	}
	if d.Agencies != nil {
		v.Agencies = d.Agencies()
	}
	d.kit.Render(w, r, status, "filed", page.View{Title: l.T("Báo cáo định kỳ", "Scheduled reports"), Body: "reports", Data: v})
}

// toldWords says how far telling has come.
func toldWords(m monthly.Made, l page.Lang) string {
	switch {
	case len(m.Tell) == 0:
		return "–"
	case m.Error != "":
		return l.T("chưa báo được, đang thử lại: ", "not told yet, tried again: ") + m.Error
	default:
		return strconv.Itoa(len(m.Told)) + "/" + strconv.Itoa(len(m.Tell))
	}
}

func everyWords(p monthly.Plan, l page.Lang) string {
	period := map[int]string{1: l.T("hằng tháng", "every month"), 3: l.T("hằng quý", "every quarter"), 12: l.T("hằng năm", "every year")}[p.Months]
	return period + l.T(", lập lúc ", ", made at ") + strconv.Itoa(p.Hour) + l.T(" giờ ngày đầu kỳ sau", ":00 on the first day after it")
}

func (d *Desk) channelNames(to []monthly.Recipient, l page.Lang) string {
	var list []string
	for _, r := range to {
		name := r.Channel
		for _, c := range d.Monthly.Channels {
			if c.ID == r.Channel {
				name = l.T(c.Name, c.NameEN)
			}
		}
		list = append(list, name)
	}
	return cmp.Or(strings.Join(list, ", "), "–")
}

// filedFile gives a file of a made report.
func (d *Desk) filedFile(name string) func(http.ResponseWriter, *http.Request, string) {
	return func(w http.ResponseWriter, r *http.Request, agency string) {
		folder := r.PathValue("folder")
		m, err := d.Monthly.About(folder)
		if err == nil && agency != "" && m.Agency != agency {
			err = fs.ErrNotExist
		}
		if err == nil {
			err = d.sendFiled(w, r, m, name)
		}
		switch {
		case errors.Is(err, fs.ErrNotExist):
			d.problem(w, r, http.StatusNotFound, say("Không có báo cáo này", "There is no such report"),
				say("Báo cáo có thể đã hết thời gian lưu. Xin chọn báo cáo khác trong danh sách.", "It may have been kept long enough. Please choose another from the list."))
		case err != nil:
			d.fail(w, r, err)
		}
	}
}

func (d *Desk) sendFiled(w http.ResponseWriter, r *http.Request, m monthly.Made, name string) error {
	f, err := d.Monthly.Open(m.Folder, name)
	if err != nil {
		return err
	}
	defer f.Close()
	h := w.Header()
	if name == monthly.Workbook {
		download(w, "bao-cao-"+m.From+"-"+m.To+".xlsx", xlsxType)
	} else {
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Cache-Control", "no-store")
		style, err := styleHash()
		if err != nil {
			return err
		}
		// The document has its style in it, and nothing else that a browser runs.
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'sha256-"+style+"'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	}
	http.ServeContent(w, r, "", m.At, f)
	return nil
}

// styleHash is that of the style of this version's documents; those of an older
// one are shown plain.
func styleHash() (string, error) {
	style, err := files.ReadFile("static/reports.css")
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(append([]byte(paperStyle), style...))
	return base64.StdEncoding.EncodeToString(sum[:]), nil
}
