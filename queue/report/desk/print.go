package desk

import (
	"bytes"
	"cmp"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/queue/report"
	"github.com/xinmoi/xinmoi/queue/report/monthly"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// Paper is laid out as Vietnamese administrative documents are (Decree
// 30/2020/NĐ-CP, annex I): the state's name and motto to the right, the office
// and the document's number to the left, place and date, kind and subject,
// recipients to the left of the signature.

// sheet is a report on paper. It is in Vietnamese: that is what is filed.
type sheet struct {
	Over, Office string // The office above, and the office.
	Number       string
	Place        string
	Date         string // "ngày 22 tháng 11 năm 2026"
	Subject      string
	Intro        []string
	Tables       []tableView
	Notes        []string
	To           []string // Nơi nhận.
	Post, Signer string
	Back         string
}

// words of the paper's form, bounded.
const (
	lineMost = 160
	toMost   = 12
)

func (d *Desk) print(w http.ResponseWriter, r *http.Request, a asked) {
	made, err := d.Book.Report(r.Context(), a.spec)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	v := d.sheet(made, letter(r.URL.Query()), d.Now().In(d.Location()))
	v.Back = Prefix + "?" + a.form.values(made.From, made.To).Encode()
	d.kit.Render(w, r, http.StatusOK, "print", page.View{Lang: page.Vietnamese, Title: "Báo cáo " + made.Period().VI, Bare: true, Body: "paper", Data: v})
}

// letter reads what stands around the figures.
func letter(q url.Values) monthly.Letter {
	text := func(name string) string {
		typed := []rune(strings.Join(strings.Fields(q.Get(name)), " "))
		return string(typed[:min(len(typed), lineMost)])
	}
	l := monthly.Letter{Over: text("over"), Number: text("number"), Place: text("place"), Post: text("post"), Signer: text("signer")}
	for line := range strings.Lines(q.Get("to_whom")) {
		l.To = append(l.To, strings.TrimSpace(line))
	}
	return l
}

// sheet lays a report out.
func (d *Desk) sheet(made *report.Report, l monthly.Letter, at time.Time) sheet {
	v := sheet{
		Over: strings.ToUpper(l.Over), Office: strings.ToUpper(made.Name), Number: cmp.Or(l.Number, "...../BC-....."), Place: cmp.Or(l.Place, "....."),
		Date: dateWords(at), Subject: "Kết quả tiếp nhận và phục vụ công dân " + made.Period().VI,
		Intro: intro(made), Post: strings.ToUpper(l.Post), Signer: l.Signer, To: recipients(l.To),
	}
	for _, t := range made.Tables() {
		if t.ID != string(report.ByProcedure) || len(t.Rows) <= 12 {
			v.Tables = append(v.Tables, viewTable(t, "vi", true, nil))
		}
	}
	for _, n := range made.Notes {
		v.Notes = append(v.Notes, n.VI)
	}
	return v
}

// Paper writes a report as a document that needs no other file.
func (d *Desk) Paper(made *report.Report, l monthly.Letter, at time.Time) ([]byte, error) {
	style, err := files.ReadFile("static/reports.css")
	if err != nil {
		return nil, err
	}
	paper, err := template.ParseFS(files, "templates/_parts.html", "templates/print.html")
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, "<!DOCTYPE html>\n<html lang=\"vi\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>%s</title>\n<style>%s%s</style>\n</head>\n<body class=\"paper\"><main>\n",
		template.HTMLEscapeString("Báo cáo "+made.Period().VI+", "+made.Name), paperStyle, style)
	if err := paper.ExecuteTemplate(&out, "main", struct{ Data sheet }{d.sheet(made, l, at)}); err != nil {
		return nil, err
	}
	out.WriteString("</main></body>\n</html>\n")
	return out.Bytes(), nil
}

// paperStyle is what the document takes of the pages' common style.
const paperStyle = "*{box-sizing:border-box}body{margin:0}table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top}.scroll{overflow-x:auto}\n"

// intro is the sentences before the tables.
func intro(r *report.Report) []string {
	facts := facts(r, page.Vietnamese)
	list := []string{"Số liệu được tổng hợp tự động từ nhật ký hàng đợi của " + r.Name + ": " + strings.Join(facts, "; ") + "."}
	if !r.Over {
		list = append(list, "Kỳ báo cáo chưa kết thúc, số liệu còn thay đổi.")
	}
	if r.Behind != "" {
		list = append(list, "Nhật ký đang được tổng hợp, mới đến ngày "+report.DayWords(r.Behind)+".")
	}
	return list
}

// recipients reads a recipient a line; without any, the usual two.
func recipients(typed []string) (list []string) {
	for _, line := range typed {
		words := []rune(strings.Trim(strings.Join(strings.Fields(line), " "), "-; ."))
		if len(words) > 0 && len(list) < toMost {
			list = append(list, string(words[:min(len(words), lineMost)])+";")
		}
	}
	if len(list) == 0 {
		list = []string{"Như trên;"}
	}
	return append(list, "Lưu: VT.")
}

// dateWords writes a date as documents do: days below 10 and the months January
// and February have a 0 before them.
func dateWords(at time.Time) string {
	month := at.Format("1")
	if at.Month() < time.March {
		month = at.Format("01")
	}
	return "ngày " + at.Format("02") + " tháng " + month + " năm " + at.Format("2006")
}
