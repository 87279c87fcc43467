package report

import (
	"cmp"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// Print writes the figures as tables for people, Vietnamese first and English
// beside it, staff's words included.
func (f Figures) Print(out io.Writer) error {
	p := &printer{w: tabwriter.NewWriter(out, 0, 0, 2, ' ', 0), zone: zoneOf(f.TimeZone)}
	p.head(f)
	p.tickets(f)
	p.times(f)
	p.counters(f)
	p.clocks(f)
	p.calls(f)
	p.priority(f.Total.Priority)
	p.endings(f)
	for _, n := range f.Notes {
		p.line("\n%s\n%s", n.VI, n.EN)
	}
	if p.err == nil {
		p.err = p.w.Flush()
	}
	return p.err
}

// printer remembers the first failure.
type printer struct {
	w    *tabwriter.Writer
	zone *time.Location
	err  error
}

func zoneOf(name string) *time.Location {
	if zone, err := time.LoadLocation(name); err == nil {
		return zone
	}
	return time.UTC
}

func (p *printer) line(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format+"\n", args...)
	}
}

// row writes the cells of a table's line.
func (p *printer) row(cells ...string) { p.line("%s", strings.Join(cells, "\t")) }

// title begins a table, apart from the one before.
func (p *printer) title(vi, en string) {
	if p.err == nil {
		p.err = p.w.Flush() // Columns are of one table each.
	}
	p.line("\n%s · %s", strings.ToUpper(vi), en)
}

func (p *printer) head(f Figures) {
	p.line("%s · %s", f.Name, cmp.Or(f.NameEN, f.Office))
	until := f.Until.In(p.zone).Format("2006-01-02 15:04")
	state := "chưa hết ngày, tính đến " + until + " · still going on, up to " + until
	if f.Over {
		state = "đã hết ngày · over (" + until + ")"
	}
	p.line("Số liệu ngày · Figures of %s; %s", f.Day, state)
}

// groups lists what a table has a line for: first the total.
func (f Figures) groups() []Group {
	total := f.Total
	total.Name, total.NameEN = "Tất cả", "All"
	list := []Group{total}
	for _, part := range [][]Group{f.Agencies, f.Services, f.Channels, f.Classes} {
		for _, g := range part {
			if g.empty() {
				continue
			}
			list = append(list, g)
		}
	}
	return list
}

// empty reports whether the group has seen nothing.
func (g Group) empty() bool { return g.Issued+g.TakenOver+g.In == 0 && g.Calls == 0 }

// label names a group for people.
func (g Group) label() string {
	name := cmp.Or(g.Name, g.ID, "(không rõ)")
	if g.ID != "" && g.ID == strings.ToUpper(g.ID) { // A service's letter is what people see.
		name = g.ID + " " + g.Name
	}
	return strings.TrimSpace(name)
}

func (p *printer) tickets(f Figures) {
	p.title("Phiếu", "Tickets")
	p.row("", "Đã cấp", "Từ hôm trước", "Đến/đi", "Đã xong", "Vắng", "Đã hủy", "Không giao", "Hết hạn", "Còn lại", "Hồ sơ")
	p.row("", "issued", "taken over", "in/out", "served", "no-show", "cancelled", "undelivered", "expired", "open", "dossiers")
	for _, g := range f.groups() {
		c := g.Counts
		p.row(g.label(), number(c.Issued), number(c.TakenOver), fmt.Sprintf("%d/%d", c.In, c.Out), number(c.Served), number(c.NoShow),
			number(c.Cancelled), number(c.Undelivered), number(c.Expired), number(c.Open), number(c.Dossiers))
	}
}

func (p *printer) times(f Figures) {
	p.title("Thời gian, phút:giây", "Times, minutes:seconds")
	p.row("", "Lượt chờ", "Chờ TB", "trung vị", "90%", "lâu nhất", "Từ lúc lấy số", "Chờ lại", "Đến quầy", "Phục vụ", "90%", "Tổng TB")
	p.row("", "waits", "mean", "median", "90%", "longest", "since issue", "again", "way", "service", "90%", "total")
	for _, g := range f.groups() {
		w := g.Wait
		p.row(g.label(), number(w.N), mean(w), w.cell(w.Median), w.cell(w.P90), w.cell(w.Max),
			mean(g.SinceIssue), mean(g.WaitAgain), mean(g.Way), mean(g.Service), g.Service.cell(g.Service.P90), mean(g.Lead))
	}
}

func (p *printer) counters(f Figures) {
	p.title("Quầy", "Counters")
	p.row("", "Đã xong", "Vắng", "Chuyển", "Tạm giữ", "Trả về", "Lượt gọi", "Gọi ngoài thứ tự", "đã hoàn tác", "Gọi lại", "Hoàn tác", "Phục vụ TB", "Đánh giá")
	p.row("", "finished", "no-show", "passed on", "parked", "returned", "calls", "out of order", "undone", "recalls", "undos", "service", "rating")
	for _, c := range f.Counters {
		p.row(cmp.Or(c.Name, c.ID), number(c.Finished), number(c.NoShow), number(c.Transferred), number(c.Parked), number(c.Returned),
			number(c.Calls), fmt.Sprintf("%d (%s)", c.OutOfOrder, percent(c.OutOfOrderShare)), number(c.OutOfOrderUndone),
			number(c.Recalls), number(c.Undos), mean(c.Service), c.Ratings.String())
	}
}

func (p *printer) clocks(f Figures) {
	p.title("Giờ làm việc của quầy, giờ:phút", "Hours at the counter, hours:minutes")
	p.row("", "Mở", "Có khách", "Chờ khách", "Tạm dừng", "Hồ sơ nội bộ", "Lý do tạm dừng")
	p.row("", "open", "busy", "idle", "paused", "back office", "paused for")
	for _, c := range f.Counters {
		var why []string
		for _, pause := range c.Time.Pauses {
			why = append(why, cmp.Or(plain(pause.Reason), "–")+" "+hours(pause.Time))
		}
		t := c.Time
		p.row(cmp.Or(c.Name, c.ID), hours(t.Open), hours(t.Busy), hours(t.Idle), hours(t.Paused), hours(t.BackOffice), strings.Join(why, "; "))
	}
}

func (p *printer) calls(f Figures) {
	t := f.Total
	p.title("Gọi ngoài thứ tự", "Calls out of order")
	p.line("%d trong %d lượt gọi (%s) · %[1]d of %[2]d calls", t.OutOfOrder, t.Calls, percent(t.OutOfOrderShare))
	for _, c := range f.OutOfOrder {
		undone := ""
		if c.Undone {
			undone = "đã hoàn tác (undone)"
		}
		p.row(c.At.In(p.zone).Format("15:04"), "quầy "+plain(c.Counter), c.Number.String(), plain(c.Reason), plain(c.By), undone)
	}
}

func (p *printer) priority(r Priority) {
	p.title("Ưu tiên", "Priority")
	p.row("Tự khai", number(r.Declared), "declared")
	p.row("  cán bộ xác nhận", number(r.Confirmed), "confirmed")
	p.row("  không đúng", fmt.Sprintf("%d (%s)", r.Refused, percent(r.Abuse)), "refused")
	p.row("  chưa kiểm tra", number(r.Unchecked), "not looked at")
	p.row("Thẻ ưu tiên", number(r.Card), "by card")
	p.row("Cán bộ cấp", number(r.ByStaff), "issued by staff")
	p.row("Cán bộ cho thêm", number(r.Granted), "granted later")
	p.row("Thu lại", number(r.Withdrawn), "withdrawn")
}

func (p *printer) endings(f Figures) {
	if len(f.Endings) == 0 {
		return
	}
	p.title("Kết thúc mà không được phục vụ", "Ended without being served")
	who := map[Who]string{Citizen: "người dân (citizen)", Staff: "cán bộ (staff)", System: "hệ thống (system)"}
	for _, e := range f.Endings {
		p.row(stateWords(e.State).VI+" ("+stateWords(e.State).EN+")", who[e.By], number(e.N), plain(reasonWords(e.Reason).VI))
	}
}

// stateWords names a state in which tickets end.
func stateWords(s queue.State) Text {
	switch s {
	case queue.NoShow:
		return Text{"Vắng", "no-show"}
	case queue.Cancelled:
		return Text{"Đã hủy", "cancelled"}
	case queue.Expired:
		return Text{"Hết hạn", "expired"}
	default:
		return Text{string(s), string(s)}
	}
}

// reasonWords names the system's own reasons; those of people are their words.
func reasonWords(reason string) Text {
	switch reason {
	case "":
		return Text{"–", "–"}
	case queue.ReasonUndelivered:
		return Text{"không giao được số cho người lấy", "the number could not be delivered"}
	case queue.ReasonDayEnd:
		return Text{"hết ngày làm việc", "the business day ended"}
	case queue.ReasonCutoff:
		return Text{"lấy số từ xa, không đến kịp giờ", "remote, and did not come in time"}
	case queue.ReasonNoAnswer:
		return Text{"đã gọi đủ số lần, không có người đến", "called as often as the office allows"}
	case queue.ReasonTrial:
		return Text{"kết thúc chạy thử", "the trial ended"}
	default:
		return Text{reason, reason}
	}
}

// String gives ratings for people: "4.5 (12)".
func (r Ratings) String() string {
	if r.N == 0 {
		return "–"
	}
	return fmt.Sprintf("%.1f (%d)", r.Mean, r.N)
}

func number(n int) string { return strconv.Itoa(n) }

func percent(s Share) string { return strconv.FormatFloat(float64(s)*100, 'f', 1, 64) + "%" }

// clock gives minutes and seconds: "7:05", "125:00".
func clock(s Seconds) string {
	whole := int(s.Duration().Round(time.Second).Seconds())
	return fmt.Sprintf("%d:%02d", whole/60, whole%60)
}

// hours gives hours and minutes: "3:05".
func hours(s Seconds) string {
	whole := int(s.Duration().Round(time.Minute).Minutes())
	return fmt.Sprintf("%d:%02d", whole/60, whole%60)
}

// cell gives one of its values, or a dash where there is nothing to sum up.
func (s Spread) cell(value Seconds) string {
	if s.N == 0 {
		return "–"
	}
	return clock(value)
}

func mean(s Spread) string { return s.cell(s.Mean) }

// plain makes what people typed fit for one cell of a table or a terminal.
func plain(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || (r >= 0x80 && r < 0xa0) {
			return ' '
		}
		return r
	}, s))
}
