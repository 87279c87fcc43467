package report

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"io"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// Period says which days a report is about.
func (r *Report) Period() Text {
	if r.From == r.To {
		return Text{"ngày " + DayWords(r.From), r.From}
	}
	return Text{"từ ngày " + DayWords(r.From) + " đến ngày " + DayWords(r.To), r.From + " to " + r.To}
}

// CSV writes one table for a spreadsheet, in the form of Figures.CSV: a line
// for the total and for each group of every part.
func (r *Report) CSV(out io.Writer) error {
	when := r.From + "/" + r.To // ISO 8601-1, 5.5.2.
	total := r.Total
	total.Name = "Tất cả · All"
	list := []line{{when, "Tổng · Total", total, nil}}
	add := func(p Part, groups []Group) {
		for _, g := range groups {
			if g.empty() {
				continue
			}
			g.Name = p.Label(g).VI
			list = append(list, line{when, p.Title().VI + " · " + p.Title().EN, g, nil})
		}
	}
	add(r.Step, r.Steps)
	for _, p := range Parts() {
		add(p, r.Parts[p])
	}
	for _, c := range r.Counters {
		list = append(list, line{when, "Quầy · Counter", Group{ID: c.ID, Name: c.Name, Work: c.Work}, &c})
	}
	for _, c := range r.Staff {
		list = append(list, line{when, "Cán bộ · Staff", Group{ID: c.ID, Name: cmp.Or(c.Name, c.ID), Work: c.Work}, &c})
	}
	return writeLines(out, list)
}

// TicketTable lays out tickets, with times as the office's clock had them.
func TicketTable(lines []Line, timeZone string) Table {
	zone := zoneOf(timeZone)
	t := Table{ID: "tickets", Title: Text{"Danh sách số", "Tickets"}, Columns: []Column{
		{Text{"Ngày", "Day"}, true}, {Text{"Số", "Number"}, true}, {Text{"Hàng đợi", "Service"}, true}, {Text{"Thủ tục", "Procedure"}, false},
		{Text{"Kênh", "Channel"}, true}, {Text{"Diện", "Class"}, true}, {Text{"Lấy số lúc", "Issued at"}, true}, {Text{"Kết quả", "Became"}, true},
		{Text{"Quầy", "Counter"}, true}, {Text{"Chờ (phút)", "Wait (min)"}, true}, {Text{"Đến quầy (phút)", "Way (min)"}, false},
		{Text{"Phục vụ (phút)", "Service (min)"}, true}, {Text{"Tổng (phút)", "Total (min)"}, false}, {Text{"Đánh giá", "Rating"}, false},
	}}
	row := ticketRow(zone)
	for _, l := range lines {
		t.Rows = append(t.Rows, slices.Clone(row(l)))
	}
	return t
}

// ticketRow makes rows of tickets, each in the place of the one before.
func ticketRow(zone *time.Location) func(Line) Row {
	channels, classes := byID(channelNames()), byID(classNames())
	row := make(Row, 0, 16)
	return func(l Line) Row {
		state := stateText(l.State)
		rating := Cell{Kind: Nothing}
		if l.Rating > 0 {
			rating = count(l.Rating, nil)
		}
		channel, class := channels[string(l.Channel)], classes[string(l.Class)]
		row = append(row[:0],
			label(DayWords(l.Day), l.Day), label(l.Number, l.Number), label(l.Service, l.Service), label(cmp.Or(l.For, l.Procedure), ""),
			label(channel.vi, channel.en), label(class.vi, class.en), label(l.Issued.In(zone).Format("15:04:05"), ""), label(state.VI, state.EN),
			label(l.Counter, l.Counter), took(l.Wait), took(l.Way), took(l.Work), took(l.Lead), rating,
		)
		return row
	}
}

// Table lays out a list that goes into a file, row by row; the last one says
// how many more there are, if any.
func (l *List) Table(timeZone string) Table {
	t := TicketTable(nil, timeZone)
	t.each = func(yield func(Row) bool) {
		row := ticketRow(zoneOf(timeZone))
		for _, line := range l.Lines {
			if !yield(row(line)) {
				return
			}
		}
		if more := l.N - len(l.Lines); more > 0 {
			last := slices.Repeat(Row{{Kind: Nothing}}, len(t.Columns))
			last[0] = label(fmt.Sprintf("… còn %d số nữa không có trong tệp này: xin chọn kỳ ngắn hơn", more),
				fmt.Sprintf("… %d more are not in this file: please choose a shorter period", more))
			yield(last)
		}
	}
	return t
}

func took(s *Seconds) Cell {
	if s == nil {
		return Cell{Kind: Nothing}
	}
	return Cell{Kind: Minutes, Value: float64(*s)}
}

func byID(names []name) map[string]name {
	all := map[string]name{}
	for _, n := range names {
		all[n.id] = n
	}
	return all
}

// stateText names any state.
func stateText(s queue.State) Text {
	switch s {
	case queue.Completed:
		return Text{"Đã phục vụ", "served"}
	case queue.Held:
		return Text{"Đang cấp số", "held"}
	case queue.Waiting:
		return Text{"Đang chờ", "waiting"}
	case queue.Called:
		return Text{"Đã gọi", "called"}
	case queue.Serving:
		return Text{"Đang phục vụ", "being served"}
	case queue.Parked:
		return Text{"Tạm giữ", "parked"}
	default:
		return stateWords(s)
	}
}

// CSV writes a table for a spreadsheet (RFC 4180, UTF-8 with a byte order
// mark): numbers whole, durations in seconds, shares in per mille, for
// spreadsheets do not agree on the decimal point. What people typed cannot
// become a formula.
func (t Table) CSV(out io.Writer, language string) error {
	head := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		head[i] = strings.NewReplacer(" (phút)", " (giây)", " (min)", " (s)").Replace(c.Title.In(language))
	}
	cells := make([]string, 0, len(head))
	return writeCSV(out, head, func(yield func([]string) bool) {
		for r := range t.All() {
			cells = cells[:0]
			for _, c := range r {
				cells = append(cells, c.raw(language))
			}
			if !yield(cells) {
				return
			}
		}
	})
}

// raw writes a cell for programs.
func (c Cell) raw(language string) string {
	switch c.Kind {
	case Word, Change:
		return safe(c.Text.In(language))
	case Percent:
		return strconv.Itoa(int(c.Value*1000 + 0.5))
	case Score:
		return strconv.Itoa(int(c.Value*100 + 0.5))
	case Nothing:
		return ""
	default:
		return strconv.Itoa(int(c.Value + 0.5))
	}
}

// writeCSV writes records, each before the next is made.
func writeCSV(out io.Writer, head []string, records iter.Seq[[]string]) error {
	if _, err := io.WriteString(out, bom); err != nil {
		return err
	}
	w := csv.NewWriter(out)
	w.UseCRLF = true
	if err := w.Write(head); err != nil {
		return err
	}
	for r := range records {
		if err := w.Write(r); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}
