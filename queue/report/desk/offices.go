package desk

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/xinmoi/xinmoi/queue/report"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// OfficesPath shows several offices side by side.
const OfficesPath = Prefix + "/offices"

// elsewhereTime is how long an office elsewhere may take to tell.
const elsewhereTime = 12 * time.Second

// Elsewhere is another office whose figures are shown beside this one's.
type Elsewhere struct {
	Name   string // Until it tells its own.
	Report func(ctx context.Context, s report.Spec) (*report.Report, error)
}

// officesView is the page of all offices.
type officesView struct {
	Form  form
	Title string
	Facts []string
	Table tableView
	Lost  []string // What was not told.
	CSV   string
}

// offices shows a period of all offices. Whoever may see one agency alone does
// not come here.
func (d *Desk) offices(w http.ResponseWriter, r *http.Request, a asked) {
	if a.spec.Agency != "" {
		d.forbidden(w, r)
		return
	}
	l := page.Language(r)
	s := report.Spec{From: a.spec.From, To: a.spec.To, Target: a.spec.Target, Parts: []report.Part{report.ByService, report.ByAgency}}
	own, err := d.Book.Report(r.Context(), s)
	if err != nil && (len(d.Elsewhere) == 0 || !errors.Is(err, report.ErrNoDay) || s.From == "") {
		d.fail(w, r, err)
		return
	}
	name := cmp.Or(page.OfficeOf(r.Context(), l), d.Office)
	list := []report.OfficeReport{{Name: name, Report: own, Own: true}}
	v := officesView{Form: a.form}
	if own != nil {
		s.From, s.To = own.From, own.To
		v.Facts = facts(own, l)[:1]
	} else {
		v.Lost = append(v.Lost, name+": "+l.T("không có ngày làm việc nào trong kỳ này", "no business day in this period"))
	}
	if own != nil && own.Behind != "" {
		v.Lost = append(v.Lost, name+": "+behindWords(own, l))
	}
	others, lost := d.others(r.Context(), s, l)
	list, v.Lost = append(list, others...), append(v.Lost, lost...)
	v.Form.From, v.Form.To = s.From, s.To
	period := report.Report{From: s.From, To: s.To}
	v.Title = period.Period().In(string(l))
	v.Table = viewTable(report.Offices(list), string(l), false, a.form.values(s.From, s.To))
	d.kit.Render(w, r, http.StatusOK, "offices", page.View{Title: l.T("Các cơ quan cạnh nhau", "Offices side by side"), Body: "reports", Data: v})
}

// others asks all other offices at the same time; lost says who did not tell.
func (d *Desk) others(ctx context.Context, s report.Spec, l page.Lang) (list []report.OfficeReport, lost []string) {
	ctx, cancel := context.WithTimeout(ctx, elsewhereTime)
	defer cancel()
	made, failed := make([]*report.Report, len(d.Elsewhere)), make([]error, len(d.Elsewhere))
	var all sync.WaitGroup
	for i, o := range d.Elsewhere {
		all.Go(func() { made[i], failed[i] = o.Report(ctx, s) })
	}
	all.Wait()
	for i, o := range d.Elsewhere {
		switch {
		case failed[i] == nil:
			list = append(list, report.OfficeReport{Name: o.Name, Report: made[i]})
			if made[i].Behind != "" {
				lost = append(lost, o.Name+": "+behindWords(made[i], l))
			}
		case errors.Is(failed[i], report.ErrNoDay):
			lost = append(lost, o.Name+": "+l.T("không có ngày làm việc nào trong kỳ này", "no business day in this period"))
		default:
			d.Logger.Warn("an office elsewhere tells no figures", "office", o.Name, "err", failed[i])
			lost = append(lost, o.Name+": "+l.T("không liên lạc được, xem mạng và mã thiết bị trong [[live.office]]", "not reached: look at the network and at the token in [[live.office]]"))
		}
	}
	return list, lost
}

// behindWords says that figures are not whole yet.
func behindWords(r *report.Report, l page.Lang) string {
	day := report.DayWords(r.Behind)
	return l.T("nhật ký đang được tổng hợp, mới đến ngày "+day+"; xin tải lại trang sau ít phút", "the log is still being summed up, so far to "+day+"; please load the page again in some minutes")
}
