package desk

import (
	"net/url"
	"strconv"
	"time"

	"github.com/xinmoi/xinmoi/queue/report"
)

// form is what can be chosen on the page; it is all in the address, so that a
// report can be kept as a bookmark.
type form struct {
	From, To string
	Target   int    // Minutes; 0 = each service has its own.
	Compare  string // Against: "yes" the period before, "year" the same of the year before, "no" nothing.
	now      time.Time
	query    url.Values
}

func readForm(q url.Values, now time.Time) form {
	f := form{
		From: q.Get("from"), To: q.Get("to"), Target: number(q.Get("target"), 1, 600, 0),
		Compare: "yes", now: now, query: q,
	}
	if c := q.Get("compare"); c == "no" || c == "year" {
		f.Compare = c
	}
	if span, ok := spans(now)[q.Get("span")]; ok {
		f.From, f.To = span[0], span[1]
	}
	return f
}

func (f form) spec() report.Spec {
	return report.Spec{From: f.From, To: f.To, Target: time.Duration(f.Target) * time.Minute, Compare: f.Compare == "yes", LastYear: f.Compare == "year"}
}

// pick reads which figure's tickets are wanted; all where there is no such.
func (f form) pick() report.Pick {
	p, err := report.NewPick(f.query.Get("part"), f.query.Get("id"), f.query.Get("figure"))
	if err != nil {
		p, _ = report.NewPick("", "", "") // Which there is.
	}
	return p
}

// values is the form as an address has it.
func (f form) values(from, to string) url.Values {
	v := url.Values{"from": {from}, "to": {to}}
	if f.Target != 0 {
		v.Set("target", strconv.Itoa(f.Target))
	}
	if f.Compare != "yes" {
		v.Set("compare", f.Compare)
	}
	return v
}

// spanned is the address of the same form for a period of spans.
func (f form) spanned(id string) url.Values {
	v := f.values("", "")
	v.Set("span", id)
	v.Del("from")
	v.Del("to")
	return v
}

// spans are the periods that can be had by one press.
func spans(now time.Time) map[string][2]string {
	day := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC)
	month := day.AddDate(0, 0, 1-day.Day())
	quarter := month.AddDate(0, -(int(month.Month())-1)%3, 0)
	monday := day.AddDate(0, 0, -(int(day.Weekday())+6)%7)
	span := func(from, after time.Time) [2]string {
		return [2]string{from.Format(time.DateOnly), after.AddDate(0, 0, -1).Format(time.DateOnly)}
	}
	return map[string][2]string{
		"today":        span(day, day.AddDate(0, 0, 1)),
		"yesterday":    span(day.AddDate(0, 0, -1), day),
		"week":         span(monday, monday.AddDate(0, 0, 7)),
		"month":        span(month, month.AddDate(0, 1, 0)),
		"last-month":   span(month.AddDate(0, -1, 0), month),
		"quarter":      span(quarter, quarter.AddDate(0, 3, 0)),
		"last-quarter": span(quarter.AddDate(0, -3, 0), quarter),
		"year":         span(time.Date(day.Year(), 1, 1, 0, 0, 0, 0, time.UTC), time.Date(day.Year()+1, 1, 1, 0, 0, 0, 0, time.UTC)),
		"last-year":    span(time.Date(day.Year()-1, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(day.Year(), 1, 1, 0, 0, 0, 0, time.UTC)),
	}
}

// spanNames are the same in order, with their words.
func spanNames() []struct {
	ID   string
	Text both
} {
	return []struct {
		ID   string
		Text both
	}{
		{"today", say("Hôm nay", "Today")}, {"yesterday", say("Hôm qua", "Yesterday")}, {"week", say("Tuần này", "This week")},
		{"month", say("Tháng này", "This month")}, {"last-month", say("Tháng trước", "Last month")},
		{"quarter", say("Quý này", "This quarter")}, {"last-quarter", say("Quý trước", "Last quarter")},
		{"year", say("Năm nay", "This year")}, {"last-year", say("Năm trước", "Last year")},
	}
}
