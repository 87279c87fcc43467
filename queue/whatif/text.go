package whatif

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
	"unicode/utf8"

	"github.com/xinmoi/xinmoi/queue"
)

// WriteText prints a result for people, Vietnamese first: times in minutes,
// mean / median / 95th percentile / longest.
func (r Result) WriteText(w io.Writer) error {
	t := &text{out: w}
	t.line("Ngày %s · Nếu như: %s", r.Day, r.Change.Words("vi", r.Setup.Rates))
	t.line("Day %s · What if: %s", r.Day, r.Change.Words("en", r.Setup.Rates))
	t.line("")
	t.line("Chờ, phút: trung bình / trung vị / p95 / lâu nhất · Wait in minutes: mean / median / p95 / longest")
	t.columns(r.table())
	t.line("")
	t.line("“Mô hình” là chính ngày ấy phát lại theo quy tắc của nó: chênh lệch với “đã xảy ra” là sai số của mô hình.")
	t.line("“Model” is the same day replayed under its own rules: where it differs from “as it was”, the model errs.")
	return errors.Join(t.errs...)
}

// Words says what is otherwise, in Vietnamese or English; own is the rates of
// the day, zero for the usual ones.
func (c Change) Words(language string, own queue.Rates) string {
	own = cmp.Or(own, queue.DefaultRates())
	vi := language == "vi"
	say := func(vietnamese, english string) string {
		if vi {
			return vietnamese
		}
		return english
	}
	var parts []string
	if c.Rates != (queue.Rates{}) {
		parts = append(parts, fmt.Sprintf("%s %s (%s %s)", say("tỷ lệ thường:hẹn:ưu tiên", "rates normal:appointment:priority"), ratio(c.Rates), say("đã dùng", "were"), ratio(own)))
	}
	if c.Setup != nil {
		parts = append(parts, say("quy định và việc của quầy theo bản đang thử", "rules and counters as they are being tried"))
	}
	for _, s := range c.Add {
		part := say("thêm một quầy cho ", "one more counter for ") + strings.Join(s.Services, ", ")
		if s.From != "" {
			part += fmt.Sprintf(" %s–%s", s.From, s.To)
		}
		parts = append(parts, part)
	}
	for _, id := range c.Remove {
		parts = append(parts, say("bớt quầy ", "without counter ")+id)
	}
	for _, service := range slices.Sorted(maps.Keys(c.Minutes)) {
		d := c.Minutes[service]
		parts = append(parts, fmt.Sprintf("%s %s: %s %s", say("dịch vụ", "service"), service, decimal(d), say("phút mỗi lượt", "minutes each")))
	}
	if len(parts) == 0 {
		return say("không đổi gì", "nothing changed")
	}
	return strings.Join(parts, "; ")
}

func ratio(r queue.Rates) string { return fmt.Sprintf("%g:%g:%g", r.Normal, r.Appointment, r.Priority) }

// table has a row for each figure and a column for each way the day went.
func (r Result) table() [][]string {
	days := []Figures{r.Was, r.Own, r.Other}
	row := func(name string, of func(Figures) string) []string {
		cells := []string{name}
		for _, f := range days {
			cells = append(cells, of(f))
		}
		return cells
	}
	rows := [][]string{
		{"", "đã xảy ra · as it was", "mô hình · model", "nếu như · what if"},
		row("tất cả · all", func(f Figures) string { return f.All.String() }),
	}
	for _, c := range []struct {
		class queue.Class
		name  string
	}{{queue.Normal, "thường · normal"}, {queue.Appointment, "hẹn trước · appointment"}, {queue.Priority, "ưu tiên · priority"}} {
		if r.Was.ByClass[c.class].N+r.Own.ByClass[c.class].N > 0 {
			rows = append(rows, row(c.name, func(f Figures) string { return f.ByClass[c.class].String() }))
		}
	}
	for _, s := range r.Setup.Services {
		if r.Was.ByService[s.ID].N+r.Own.ByService[s.ID].N > 0 {
			rows = append(rows, row(s.ID+" "+s.Name, func(f Figures) string { return f.ByService[s.ID].String() }))
		}
	}
	return append(rows,
		row("số phục vụ xong · served", func(f Figures) string { return fmt.Sprint(f.Served) }),
		row("chưa được gọi · never called", func(f Figures) string { return fmt.Sprint(f.Unserved) }),
		row("gọi không thấy · no-show", func(f Figures) string { return fmt.Sprint(f.Absent) }),
		row("xong người cuối · last one done", func(f Figures) string { return r.Clock(f.LastEnd) }),
	)
}

// Clock is a time of the day where the office is.
func (r Result) Clock(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	if zone, err := time.LoadLocation(r.Setup.TimeZone); err == nil {
		t = t.In(zone)
	}
	return t.Format("15:04")
}

// String gives mean, median, 95th percentile and longest wait in minutes.
func (w Waits) String() string {
	if w.N == 0 {
		return "–"
	}
	return fmt.Sprintf("%s / %s / %s / %s", decimal(w.Mean), decimal(w.Median), decimal(w.P95), decimal(w.Max))
}

// decimal is minutes with one decimal.
func decimal(d time.Duration) string { return fmt.Sprintf("%.1f", d.Minutes()) }

// text prints lines, and remembers what went wrong.
type text struct {
	out  io.Writer
	errs []error
}

func (t *text) line(format string, args ...any) {
	_, err := fmt.Fprintf(t.out, format+"\n", args...)
	t.errs = append(t.errs, err)
}

// columns prints rows in columns. (text/tabwriter counts runes as they are;
// decomposed letters would be counted twice, but nothing here has any.)
func (t *text) columns(rows [][]string) {
	w := tabwriter.NewWriter(t.out, 0, 0, 2, ' ', 0)
	for _, cells := range rows {
		for i, c := range cells {
			cells[i] = shorten(c)
		}
		_, err := fmt.Fprintln(w, strings.Join(cells, "\t"))
		t.errs = append(t.errs, err)
	}
	t.errs = append(t.errs, w.Flush())
}

// shorten keeps long names of services from tearing the table apart.
func shorten(s string) string {
	const most = 34
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most-1]) + "…"
}
