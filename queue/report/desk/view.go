package desk

import (
	"fmt"
	"html/template"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/queue/report"
	"github.com/xinmoi/xinmoi/queue/report/chart"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// reportView is the page of a report.
type reportView struct {
	Form    form
	Spans   []page.Link
	Title   string // "từ ngày … đến ngày …"
	Facts   []string
	Notes   []string
	Behind  string
	Charts  []figure
	Tables  []tableView
	CSV     string
	XLSX    string
	List    string
	Filed   string      // Empty = nothing is made by itself.
	Offices string      // Side by side; empty = there is one.
	Print   [][2]string // Hidden fields of the form for paper.
}

// figure is a picture and its words.
type figure struct {
	Title   string
	Picture template.HTML
}

// tableView is a table in one language.
type tableView struct {
	ID, Title, Note string
	Head            []headView
	Rows            [][]cellView
}

// headView is the head of a column, and whether numbers are below it.
type headView struct {
	Text   string
	Number bool
}

// cellView is one cell: its words, and where the tickets behind it are.
type cellView struct {
	Text, Href, Label string
	Number            bool
}

func (d *Desk) show(w http.ResponseWriter, r *http.Request, a asked) {
	made, err := d.Book.Report(r.Context(), a.spec)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	l := page.Language(r)
	language := string(l)
	values := a.form.values(made.From, made.To)
	v := reportView{
		Form: a.form, Title: made.Period().In(language), Facts: facts(made, l), Behind: report.DayWords(made.Behind),
		CSV: Prefix + "/report.csv?" + values.Encode(), XLSX: Prefix + "/report.xlsx?" + values.Encode(), List: Prefix + "/tickets?" + values.Encode(),
	}
	v.Form.From, v.Form.To = made.From, made.To
	if d.Monthly != nil {
		v.Filed = FiledPath
	}
	if a.spec.Agency == "" && (len(d.Elsewhere) > 0 || len(made.Parts[report.ByAgency]) > 0) {
		v.Offices = OfficesPath + "?" + values.Encode()
	}
	for _, s := range spanNames() {
		v.Spans = append(v.Spans, page.Link{Href: Prefix + "?" + a.form.spanned(s.ID).Encode(), Label: s.Text.In(language)})
	}
	for _, n := range made.Notes {
		v.Notes = append(v.Notes, l.T(n.VI, n.EN))
	}
	for key := range values {
		v.Print = append(v.Print, [2]string{key, values.Get(key)})
	}
	v.Charts = charts(made, l)
	for _, t := range made.Tables() {
		v.Tables = append(v.Tables, viewTable(t, language, false, values))
	}
	d.kit.Render(w, r, http.StatusOK, "report", page.View{Title: l.T("Báo cáo", "Reports"), Keep: values, Body: "reports", Data: v})
}

// facts is what stands under the title.
func facts(r *report.Report, l page.Lang) []string {
	zone, err := time.LoadLocation(r.TimeZone)
	if err != nil {
		zone = time.UTC
	}
	list := []string{
		l.T(fmt.Sprintf("%d ngày làm việc", r.Days), page.Count(r.Days, "business day")),
		l.T("số liệu đến "+r.Until.In(zone).Format("15:04 02/01/2006"), "figures up to "+r.Until.In(zone).Format("2006-01-02 15:04")),
		r.TargetWords().In(string(l)),
	}
	if r.Before != nil {
		before := report.Report{From: r.Before.From, To: r.Before.To}
		than := "so với kỳ trước "
		if r.Before.LastYear {
			than = "so với cùng kỳ năm trước "
		}
		list = append(list, l.T(than+before.Period().VI, "compared with "+before.Period().EN))
	}
	if r.Agency != "" {
		list = append(list, l.T("chỉ phần của cơ quan "+r.Agency, "the part of agency "+r.Agency+" alone"))
	}
	return list
}

// viewTable writes a table in a language; values are what its links begin with,
// none where nobody can follow them.
func viewTable(t report.Table, language string, brief bool, values url.Values) tableView {
	v := tableView{ID: t.ID, Title: t.Title.In(language), Note: t.Note.In(language)}
	for i, c := range t.Columns {
		if c.Brief || !brief {
			v.Head = append(v.Head, headView{c.Title.In(language), i > 0 && t.Numbers(i)})
		}
	}
	for _, row := range t.Rows {
		var cells []cellView
		for i, c := range row {
			if t.Columns[i].Brief || !brief {
				cell := cellView{Text: c.In(language), Number: c.Kind != report.Word}
				if c.Pick != nil && values != nil {
					cell.Href = Prefix + "/tickets?" + with(values, *c.Pick).Encode()
					cell.Label = row[0].In(language) + ", " + t.Columns[i].Title.In(language)
				}
				cells = append(cells, cell)
			}
		}
		v.Rows = append(v.Rows, cells)
	}
	return v
}

// with adds a figure to an address.
func with(values url.Values, p report.Pick) url.Values {
	out := url.Values{"part": {string(p.Part)}, "figure": {string(p.Figure)}}
	if p.ID != "" {
		out.Set("id", p.ID)
	}
	for k, v := range values {
		out[k] = v
	}
	return out
}

// charts draws what is best seen: the course of the period, and its hours.
func charts(r *report.Report, l page.Lang) (all []figure) {
	language := string(l)
	whole := func(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
	course := chart.Chart{ID: "chart-issued", Title: l.T("Số phiếu đã cấp và đã phục vụ", "Numbers issued and served"), Format: whole}
	waits := chart.Chart{ID: "chart-wait", Title: l.T("Thời gian chờ (phút)", "Waiting (minutes)"), Format: whole}
	var issued, served, median, p90 []float64
	for _, g := range r.Steps {
		name := r.Step.Label(g).In(language)
		if r.Step == report.ByDay {
			name = l.T(name[:min(5, len(name))], strings.TrimPrefix(g.ID, g.ID[:min(5, len(g.ID))]))
		}
		course.Labels, waits.Labels = append(course.Labels, name), append(waits.Labels, name)
		issued, served = append(issued, float64(g.Issued)), append(served, float64(g.Served))
		median, p90 = append(median, minutes(g.Wait, g.Wait.Median)), append(p90, minutes(g.Wait, g.Wait.P90))
	}
	course.Desc = l.T(fmt.Sprintf("Cột là số phiếu đã cấp, đường là số đã phục vụ, %s; số liệu trong bảng bên dưới.", r.Step.Title().VI), "Bars are numbers issued, the line those served; the table below has the figures.")
	waits.Desc = l.T("Hai đường: trung vị và mức mà 90% số người không chờ quá; số liệu trong bảng bên dưới.", "Two lines: the median, and what 90% did not exceed; the table below has the figures.")
	course.Bars = &chart.Series{Name: l.T("Đã cấp", "Issued"), Values: issued}
	course.Lines = []chart.Series{{Name: l.T("Đã phục vụ", "Served"), Values: served}}
	waits.Lines = []chart.Series{{Name: l.T("Trung vị", "Median"), Values: median}, {Name: l.T("90% không quá", "90th percentile"), Values: p90}}
	hoursOf := chart.Chart{
		ID: "chart-hours", Title: l.T("Số phiếu theo giờ lấy số", "Numbers by hour of issue"), Format: whole,
		Desc: l.T("Cột là số phiếu đã cấp trong từng giờ; số liệu trong bảng theo giờ bên dưới.", "Bars are the numbers issued in each hour; the table by hour below has the figures."),
	}
	var byHour []float64
	for _, g := range r.Parts[report.ByHour] {
		hoursOf.Labels, byHour = append(hoursOf.Labels, g.ID+"h"), append(byHour, float64(g.Issued))
	}
	hoursOf.Bars = &chart.Series{Name: l.T("Đã cấp", "Issued"), Values: byHour}
	for _, c := range []chart.Chart{course, waits, hoursOf} {
		if svg := c.SVG(); svg != "" && (len(c.Labels) > 1 || c.ID == "chart-hours") {
			all = append(all, figure{c.Title, svg})
		}
	}
	return all
}

func minutes(s report.Spread, v report.Seconds) float64 {
	if s.N == 0 {
		return math.NaN()
	}
	return math.Round(float64(v)/6) / 10
}

// listView is the page of the tickets behind a figure.
type listView struct {
	Title, What    string
	Back, CSV      string
	Previous, Next string
	First, Last    int
	N, Times       int
	Table          tableView
}

func (d *Desk) tickets(w http.ResponseWriter, r *http.Request, a asked) {
	pick := a.form.pick()
	offset := number(r.URL.Query().Get("offset"), 0, 10_000_000, 0)
	made, list, ok := d.list(w, r, a, pick, offset, pageLines)
	if !ok {
		return
	}
	l := page.Language(r)
	values := a.form.values(made.From, made.To)
	here := with(values, pick)
	v := listView{
		Title: l.T("Các số ", "Tickets ") + made.Period().In(string(l)), What: what(made, pick, l), Back: Prefix + "?" + values.Encode(),
		CSV: Prefix + "/tickets.csv?" + here.Encode(), N: list.N, Times: list.Times, First: offset + 1, Last: offset + len(list.Lines),
		Table: viewTable(report.TicketTable(list.Lines, made.TimeZone), string(l), false, nil),
	}
	if offset > 0 {
		here.Set("offset", strconv.Itoa(max(0, offset-pageLines)))
		v.Previous = Prefix + "/tickets?" + here.Encode()
	}
	if v.Last < list.N {
		here.Set("offset", strconv.Itoa(offset+pageLines))
		v.Next = Prefix + "/tickets?" + here.Encode()
	}
	d.kit.Render(w, r, http.StatusOK, "tickets", page.View{Title: v.Title, Keep: with(values, pick), Body: "reports", Data: v})
}

// what says which figure a list is of.
func what(r *report.Report, p report.Pick, l page.Lang) string {
	words := p.Figure.Words().In(string(l))
	if p.Part == report.ByTotal {
		return words
	}
	name := p.ID
	for _, g := range slices.Concat(r.Steps, r.Parts[p.Part]) { // A report is shared with other readers.
		if g.ID == p.ID {
			name = p.Part.Label(g).In(string(l))
			break
		}
	}
	for _, c := range r.Counters {
		if p.Part == report.ByCounter && c.ID == p.ID && c.Name != "" {
			name = c.Name
		}
	}
	if name == "" {
		name = l.T("(không rõ)", "(unknown)")
	}
	return words + ", " + name
}
