package report

import (
	"cmp"
	"io"
	"strconv"
	"strings"
)

// bom tells a spreadsheet that the file is UTF-8; without it Excel does not
// read Vietnamese.
const bom = "\ufeff"

// CSV writes one table for a spreadsheet (RFC 4180, UTF-8 with a byte order
// mark): a line for the total and for each agency, service, channel, class and
// counter. Durations are in whole seconds, shares in per mille, because
// spreadsheets do not agree on the decimal point.
func (f Figures) CSV(out io.Writer) error { return writeLines(out, f.lines()) }

func writeLines(out io.Writer, list []line) error {
	cols := columns()
	head := make([]string, len(cols))
	for i, c := range cols {
		head[i] = c.title
	}
	cells := make([]string, len(cols))
	return writeCSV(out, head, func(yield func([]string) bool) {
		for _, l := range list {
			for i, c := range cols {
				cells[i] = c.cell(l)
			}
			if !yield(cells) {
				return
			}
		}
	})
}

// line is what one line of the table is about: a group or a counter.
type line struct {
	day, part string
	group     Group
	counter   *Counter
}

func (f Figures) lines() []line {
	total := f.Total
	total.Name = "Tất cả · All"
	list := []line{{f.Day, "Tổng · Total", total, nil}}
	for _, part := range []struct {
		title  string
		groups []Group
	}{
		{"Cơ quan · Agency", f.Agencies}, {"Dịch vụ · Service", f.Services}, {"Kênh · Channel", f.Channels}, {"Diện · Class", f.Classes},
	} {
		for _, g := range part.groups {
			list = append(list, line{f.Day, part.title, g, nil})
		}
	}
	for _, c := range f.Counters {
		list = append(list, line{f.Day, "Quầy · Counter", Group{ID: c.ID, Name: c.Name, Work: c.Work}, &c})
	}
	return list
}

// column is one column of the table.
type column struct {
	title string
	cell  func(line) string
}

func columns() []column {
	cols := []column{
		{"Ngày · Day", func(l line) string { return l.day }},
		{"Nhóm · Group", func(l line) string { return l.part }},
		{"Mã · Id", func(l line) string { return safe(l.group.ID) }},
		{"Tên · Name", func(l line) string { return safe(cmp.Or(l.group.Name, l.group.ID)) }},
	}
	cols = append(cols, countColumns()...)
	cols = append(cols, workColumns()...)
	cols = append(cols, spreadColumns()...)
	return append(cols, timeColumns()...)
}

// countColumns are empty for counters, which have no tickets of their own.
func countColumns() []column {
	count := func(title string, of func(Group) int) column {
		return column{title, func(l line) string {
			if l.counter != nil {
				return ""
			}
			return strconv.Itoa(of(l.group))
		}}
	}
	return []column{
		count("Đã cấp · Issued", func(g Group) int { return g.Issued }),
		count("Từ hôm trước · Taken over", func(g Group) int { return g.TakenOver }),
		count("Chuyển đến · In", func(g Group) int { return g.In }),
		count("Chuyển đi · Out", func(g Group) int { return g.Out }),
		{"Đã xong · Served", func(l line) string {
			if l.counter != nil {
				return strconv.Itoa(l.counter.Finished)
			}
			return strconv.Itoa(l.group.Served)
		}},
		{"Vắng · No-show", func(l line) string {
			if l.counter != nil {
				return strconv.Itoa(l.counter.NoShow)
			}
			return strconv.Itoa(l.group.NoShow)
		}},
		count("Đã hủy · Cancelled", func(g Group) int { return g.Cancelled }),
		count("Bỏ dở · Gone", func(g Group) int { return g.Left }),
		count("Không giao được · Undelivered", func(g Group) int { return g.Undelivered }),
		count("Hết hạn · Expired", func(g Group) int { return g.Expired }),
		count("Còn lại · Open", func(g Group) int { return g.Open }),
		count("Hồ sơ · Dossiers", func(g Group) int { return g.Dossiers }),
		count("Ưu tiên tự khai · Priority declared", func(g Group) int { return g.Priority.Declared }),
		count("Xác nhận · Confirmed", func(g Group) int { return g.Priority.Confirmed }),
		count("Không đúng · Refused", func(g Group) int { return g.Priority.Refused }),
		count("Thẻ ưu tiên · By card", func(g Group) int { return g.Priority.Card }),
	}
}

func workColumns() []column {
	count := func(title string, of func(Work) int) column {
		return column{title, func(l line) string { return strconv.Itoa(of(l.group.Work)) }}
	}
	return []column{
		count("Lượt gọi · Calls", func(w Work) int { return w.Calls }),
		count("Gọi ngoài thứ tự · Out of order", func(w Work) int { return w.OutOfOrder }),
		count("Ngoài thứ tự, phần nghìn · Out of order, per mille", func(w Work) int { return int(w.OutOfOrderShare*1000 + 0.5) }),
		count("Ngoài thứ tự đã hoàn tác · Out of order, undone", func(w Work) int { return w.OutOfOrderUndone }),
		count("Gọi lại · Recalls", func(w Work) int { return w.Recalls }),
		count("Chuyển · Transfers", func(w Work) int { return w.Transfers }),
		count("Trả về · Requeues", func(w Work) int { return w.Requeues }),
		count("Lùi lượt · Pushed back", func(w Work) int { return w.PushBacks }),
		count("Tạm giữ · Parks", func(w Work) int { return w.Parks }),
		count("Khôi phục · Restores", func(w Work) int { return w.Restores }),
		count("Hoàn tác · Undos", func(w Work) int { return w.Undos }),
		count("Chờ trong mục tiêu · Waits inside target", func(w Work) int { return w.Within }),
		count("Trong mục tiêu, phần nghìn · Inside target, per mille", func(w Work) int { return int(w.WithinShare*1000 + 0.5) }),
		count("Số đánh giá · Ratings", func(w Work) int { return w.Ratings.N }),
		count("Điểm TB ×100 · Mean rating ×100", func(w Work) int { return int(w.Ratings.Mean*100 + 0.5) }),
	}
}

// spreadColumns are five for each kind of duration.
func spreadColumns() (cols []column) {
	for _, kind := range []struct {
		vi, en string
		of     func(line) Spread
	}{
		{"Chờ", "Wait", func(l line) Spread { return l.group.Wait }},
		{"Từ lúc lấy số", "Since issue", func(l line) Spread { return l.group.SinceIssue }},
		{"Chờ lại", "Wait again", func(l line) Spread { return l.group.WaitAgain }},
		{"Đến quầy", "Way", func(l line) Spread { return l.group.Way }},
		{"Phục vụ", "Service", func(l line) Spread { return l.group.Service }},
		{"Tổng thời gian", "Lead", func(l line) Spread { return l.group.Lead }},
	} {
		cols = append(cols, column{kind.vi + ", số lượt · " + kind.en + ", count", func(l line) string { return strconv.Itoa(kind.of(l).N) }})
		for _, part := range []struct {
			vi, en string
			of     func(Spread) Seconds
		}{
			{"TB", "mean", func(s Spread) Seconds { return s.Mean }}, {"trung vị", "median", func(s Spread) Seconds { return s.Median }},
			{"90%", "p90", func(s Spread) Seconds { return s.P90 }}, {"lâu nhất", "max", func(s Spread) Seconds { return s.Max }},
		} {
			cols = append(cols, column{
				kind.vi + " " + part.vi + ", giây · " + kind.en + " " + part.en + ", s",
				func(l line) string {
					if kind.of(l).N == 0 {
						return ""
					}
					return whole(part.of(kind.of(l)))
				},
			})
		}
	}
	return cols
}

// timeColumns are for counters alone.
func timeColumns() []column {
	span := func(title string, of func(Time) Seconds) column {
		return column{title, func(l line) string {
			if l.counter == nil {
				return ""
			}
			return whole(of(l.counter.Time))
		}}
	}
	return []column{
		span("Mở, giây · Open, s", func(t Time) Seconds { return t.Open }),
		span("Có khách, giây · Busy, s", func(t Time) Seconds { return t.Busy }),
		span("Chờ khách, giây · Idle, s", func(t Time) Seconds { return t.Idle }),
		span("Tạm dừng, giây · Paused, s", func(t Time) Seconds { return t.Paused }),
		span("Hồ sơ nội bộ, giây · Back office, s", func(t Time) Seconds { return t.BackOffice }),
		span("Đóng, giây · Closed, s", func(t Time) Seconds { return t.Closed }),
	}
}

func whole(s Seconds) string { return strconv.FormatInt(int64(s+0.5), 10) }

// safe keeps a spreadsheet from taking a name for a formula.
func safe(s string) string {
	s = plain(s)
	if strings.IndexAny(s, "=+-@") == 0 {
		return "'" + s
	}
	return s
}
