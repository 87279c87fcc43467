package report

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/xinmoi/xinmoi/queue"
)

// What a report says is laid out once, here, for the page, the paper and the
// spreadsheets: what differs between them is only how a cell is written.

// Text is words in both languages.
type Text struct{ VI, EN string }

// In gives the words of a language, "vi" or "en".
func (t Text) In(language string) string {
	if language == "en" && t.EN != "" {
		return t.EN
	}
	return t.VI
}

// Table is one table of a report.
type Table struct {
	ID      string // "service"
	Title   Text
	Note    Text // What a reader should know; may be empty.
	Columns []Column
	Rows    []Row

	each iter.Seq[Row] // More of them, made one by one.
}

// All gives every row, each until the next one; a table that goes into a file
// has more of them than Rows.
func (t Table) All() iter.Seq[Row] {
	return func(yield func(Row) bool) {
		for _, r := range t.Rows {
			if !yield(r) {
				return
			}
		}
		if t.each != nil {
			t.each(yield)
		}
	}
}

// Column is a column of a table.
type Column struct {
	Title Text
	Brief bool // Also where there is little room: on paper.
}

// Numbers reports whether a column has numbers.
func (t Table) Numbers(column int) bool {
	return slices.ContainsFunc(t.Rows, func(r Row) bool { return r[column].Kind != Word && r[column].Kind != Nothing })
}

// Row is a row of a table; the first cell says what it is about.
type Row []Cell

// Kind is what a cell holds.
type Kind int

// The kinds of cell.
const (
	Word    Kind = iota
	Count        // A whole number.
	Minutes      // Seconds in Value, shown in minutes.
	Hours        // Seconds in Value, shown in hours and minutes.
	Percent      // A share in Value, 0 to 1.
	Score        // A number with two decimals.
	Change       // What has become of a figure, in Text.
	Nothing      // There is none.
)

// Cell is one cell of a table.
type Cell struct {
	Kind  Kind
	Text  Text
	Value float64
	Pick  *Pick // The tickets behind it; nil = they cannot be listed.
}

// In writes the cell for people, in the way of the language.
func (c Cell) In(language string) string {
	switch c.Kind {
	case Word, Change:
		return c.Text.In(language)
	case Count:
		return grouped(int(c.Value), language)
	case Minutes:
		return decimal(c.Value/60, 1, language)
	case Hours:
		return hours(Seconds(c.Value))
	case Percent:
		return decimal(c.Value*100, 1, language) + "%"
	case Score:
		return decimal(c.Value, 2, language)
	default:
		return "–"
	}
}

// grouped writes thousands apart: 1.234 in Vietnamese, 1,234 in English.
func grouped(n int, language string) string {
	digits := strconv.Itoa(n)
	sign := ""
	if n < 0 {
		sign, digits = "-", digits[1:]
	}
	point := "."
	if language == "en" {
		point = ","
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + point + digits[i:]
	}
	return sign + digits
}

// decimal writes a number with decimals: 12,5 in Vietnamese, 12.5 in English.
func decimal(v float64, places int, language string) string {
	text := strconv.FormatFloat(v, 'f', places, 64)
	if language != "en" {
		text = strings.ReplaceAll(text, ".", ",")
	}
	return text
}

// label is a cell with words.
func label(vi, en string) Cell { return Cell{Kind: Word, Text: Text{plain(vi), plain(en)}} }

func count(n int, pick *Pick) Cell {
	if n == 0 {
		pick = nil
	}
	return Cell{Kind: Count, Value: float64(n), Pick: pick}
}

// spanOf is one of a spread's values, or nothing where there is none.
func spanOf(s Spread, of func(Spread) Seconds) Cell {
	if s.N == 0 {
		return Cell{Kind: Nothing}
	}
	return Cell{Kind: Minutes, Value: float64(of(s))}
}

func shareOf(s Share, of int) Cell {
	if of == 0 {
		return Cell{Kind: Nothing}
	}
	return Cell{Kind: Percent, Value: float64(s)}
}

func score(r Ratings, pick *Pick) Cell {
	if r.N == 0 {
		return Cell{Kind: Nothing}
	}
	return Cell{Kind: Score, Value: r.Mean, Pick: pick}
}

func meanOf(s Spread) Seconds   { return s.Mean }
func medianOf(s Spread) Seconds { return s.Median }
func p90Of(s Spread) Seconds    { return s.P90 }

// Title gives the name of a part.
func (p Part) Title() Text {
	switch p {
	case ByService:
		return Text{"Theo hàng đợi (nhóm dịch vụ)", "By service"}
	case ByField:
		return Text{"Theo lĩnh vực", "By field"}
	case ByProcedure:
		return Text{"Theo thủ tục", "By procedure"}
	case ByAgency:
		return Text{"Theo cơ quan", "By agency"}
	case ByChannel:
		return Text{"Theo kênh lấy số", "By channel"}
	case ByClass:
		return Text{"Theo diện", "By class"}
	case ByHour:
		return Text{"Theo giờ lấy số", "By hour of issue"}
	case ByWeekday:
		return Text{"Theo ngày trong tuần", "By weekday"}
	case ByDay:
		return Text{"Theo ngày", "By day"}
	case ByMonth:
		return Text{"Theo tháng", "By month"}
	case ByCounter:
		return Text{"Theo quầy", "By counter"}
	case ByStaff:
		return Text{"Theo cán bộ", "By staff"}
	default:
		return Text{"Tất cả", "All"}
	}
}

// Label names a group of a part for people.
func (p Part) Label(g Group) Text {
	vi, en := g.Name, g.NameEN
	switch p {
	case ByService:
		vi = strings.TrimSpace(g.ID + " " + g.Name)
		if g.NameEN != "" {
			en = strings.TrimSpace(g.ID + " " + g.NameEN)
		}
	case ByHour:
		vi, en = g.ID+" giờ", g.ID+":00–"+g.ID+":59"
	case ByDay:
		vi, en = DayWords(g.ID), g.ID
	case ByMonth:
		if len(g.ID) == len("2026-11") {
			vi = g.ID[5:] + "/" + g.ID[:4]
		}
		en = g.ID
	}
	vi = cmp.Or(vi, g.ID, "(không rõ)")
	return Text{vi, cmp.Or(en, g.Name, g.ID, "(unknown)")}
}

// DayWords writes a day as people in Viet Nam do: 21/11/2026.
func DayWords(day string) string {
	if len(day) != len("2026-11-21") {
		return day
	}
	return day[8:] + "/" + day[5:7] + "/" + day[:4]
}

// TargetWords says which waits count as within the target.
func (r *Report) TargetWords() Text {
	if r.Target != 0 {
		return targetText(r.Target)
	}
	var own []string
	same := true
	services := r.Parts[ByService]
	for _, g := range services {
		own = append(own, fmt.Sprintf("%s %.0f", g.ID, float64(g.Target)/60))
		same = same && g.Target == services[0].Target
	}
	switch {
	case len(own) == 0:
		return Text{"mục tiêu chờ theo từng hàng", "target: that of each service"}
	case same:
		return targetText(services[0].Target)
	}
	list := strings.Join(own, ", ")
	return Text{"mục tiêu chờ theo từng hàng (phút): " + list, "target of each service (minutes): " + list}
}

func targetText(s Seconds) Text {
	minutes := float64(s) / 60
	return Text{fmt.Sprintf("mục tiêu chờ không quá %.0f phút", minutes), fmt.Sprintf("target: waits of at most %.0f minutes", minutes)}
}

// groupTable lays out the groups of a part; those without a ticket are left out.
func groupTable(p Part, groups []Group, total *Group) Table {
	t := Table{ID: string(p), Title: p.Title(), Columns: groupColumns()}
	for _, g := range groups {
		if !g.empty() {
			name := p.Label(g)
			t.Rows = append(t.Rows, groupRow(label(name.VI, name.EN), g, p))
		}
	}
	if total != nil && len(t.Rows) > 1 {
		t.Rows = append(t.Rows, groupRow(label("Tổng cộng", "Total"), *total, ByTotal))
	}
	return t
}

func groupColumns() []Column {
	return []Column{
		{Text{"", ""}, true}, {Text{"Đã cấp", "Issued"}, true}, {Text{"Đã phục vụ", "Served"}, true}, {Text{"Vắng mặt", "No-show"}, true},
		{Text{"Bỏ dở", "Left"}, false}, {Text{"Tỷ lệ bỏ dở", "Left, share"}, true},
		{Text{"Chờ TB (phút)", "Wait mean (min)"}, true}, {Text{"Chờ trung vị", "Wait median"}, false}, {Text{"Chờ 90%", "Wait p90"}, true},
		{Text{"Đạt mục tiêu chờ", "Wait within target"}, true}, {Text{"Đến quầy TB", "Way mean"}, false},
		{Text{"Phục vụ TB", "Service mean"}, true}, {Text{"Phục vụ trung vị", "Service median"}, false}, {Text{"Phục vụ 90%", "Service p90"}, false},
		{Text{"Tổng thời gian TB", "Total mean"}, false}, {Text{"Tổng 90%", "Total p90"}, false}, {Text{"Điểm đánh giá", "Rating"}, true},
	}
}

func groupRow(name Cell, g Group, p Part) Row {
	pick := func(f Figure) *Pick { return &Pick{Part: p, ID: g.ID, Figure: f} }
	ended := g.Served + g.NoShow + g.Cancelled + g.Expired
	wait := spanOf(g.Wait, meanOf)
	wait.Pick = pick(FigureWait)
	service := spanOf(g.Service, meanOf)
	service.Pick = pick(FigureService)
	return Row{
		name, count(g.Issued, pick(FigureIssued)), count(g.Served, pick(FigureServed)), count(g.NoShow, pick(FigureNoShow)),
		count(g.Left, pick(FigureLeft)), shareOf(g.LeftShare, ended),
		wait, spanOf(g.Wait, medianOf), spanOf(g.Wait, p90Of), shareOf(g.WithinShare, g.Wait.N), spanOf(g.Way, meanOf),
		service, spanOf(g.Service, medianOf), spanOf(g.Service, p90Of), spanOf(g.Lead, meanOf), spanOf(g.Lead, p90Of),
		score(g.Ratings, pick(FigureRatings)),
	}
}

// Tables lays out the whole report.
func (r *Report) Tables() []Table {
	tables := []Table{r.Summary(), groupTable(r.Step, r.Steps, &r.Total)}
	for _, p := range Parts() {
		if t := groupTable(p, r.Parts[p], &r.Total); len(t.Rows) > 0 {
			tables = append(tables, t)
		}
	}
	tables = append(tables, r.counterTable())
	for _, t := range []Table{r.staffTable(), r.pauseTable(), r.ratingTable(), r.endingTable(), r.limitTable(), r.toldTable()} {
		if len(t.Rows) > 0 {
			tables = append(tables, t)
		}
	}
	return tables
}

// Summary is the first table: the figures of all, beside the period before.
func (r *Report) Summary() Table {
	t := Table{ID: "summary", Title: Text{"Tổng hợp", "Summary"}, Columns: []Column{
		{Text{"Chỉ tiêu", "Figure"}, true}, {Text{"Kỳ báo cáo", "This period"}, true},
	}}
	if r.Before != nil {
		title := Text{"Kỳ trước", "Period before"}
		if r.Before.LastYear {
			title = Text{"Cùng kỳ năm trước", "Same period last year"}
		}
		t.Columns = append(t.Columns, Column{title, true}, Column{Text{"Thay đổi", "Change"}, true})
	}
	now := headline(r.Total, r.Days)
	var was []Row
	if r.Before != nil {
		was = headline(r.Before.Total, r.Before.Days)
	}
	for i, row := range now {
		if was != nil {
			old := was[i][1]
			old.Pick = nil // Of another period.
			row = append(row, old, change(row[1], old))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// headline is the figures that everybody wants to see.
func headline(g Group, days int) []Row {
	pick := func(f Figure) *Pick { return &Pick{Part: ByTotal, Figure: f} }
	ended := g.Served + g.NoShow + g.Cancelled + g.Expired
	with := func(c Cell, f Figure) Cell { c.Pick = pick(f); return c }
	perDay := Cell{Kind: Nothing}
	if days > 0 {
		perDay = Cell{Kind: Score, Value: round(float64(g.Issued)/float64(days), 100)}
	}
	return []Row{
		{label("Số phiếu đã cấp", "Numbers issued"), count(g.Issued, pick(FigureIssued))},
		{label("Bình quân một ngày làm việc", "Per business day"), perDay},
		{label("Số phiếu đã phục vụ xong", "Served"), count(g.Served, pick(FigureServed))},
		{label("Số hồ sơ của các phiếu đã cấp", "Dossiers of the numbers issued"), count(g.Dossiers, nil)},
		{label("Vắng mặt khi gọi", "No-shows"), count(g.NoShow, pick(FigureNoShow))},
		{label("Tỷ lệ vắng mặt", "No-show share"), shareOf(g.NoShowShare, ended)},
		{label("Bỏ dở (vắng, tự hủy, hết hạn)", "Left without being served"), count(g.Left, pick(FigureLeft))},
		{label("Tỷ lệ bỏ dở", "Share that left"), shareOf(g.LeftShare, ended)},
		{label("Thời gian chờ trung bình (phút)", "Wait, mean (min)"), with(spanOf(g.Wait, meanOf), FigureWait)},
		{label("Thời gian chờ trung vị (phút)", "Wait, median (min)"), spanOf(g.Wait, medianOf)},
		{label("90% số người chờ không quá (phút)", "Wait, 90th percentile (min)"), spanOf(g.Wait, p90Of)},
		{label("Tỷ lệ chờ trong mục tiêu", "Waits within the target"), shareOf(g.WithinShare, g.Wait.N)},
		{label("Số lượt chờ quá mục tiêu", "Waits over the target"), count(g.Wait.N-g.Within, pick(FigureLate))},
		{label("Thời gian đến quầy trung bình (phút)", "Way to the counter, mean (min)"), with(spanOf(g.Way, meanOf), FigureWay)},
		{label("Thời gian phục vụ trung bình (phút)", "Service, mean (min)"), with(spanOf(g.Service, meanOf), FigureService)},
		{label("90% số lượt phục vụ không quá (phút)", "Service, 90th percentile (min)"), spanOf(g.Service, p90Of)},
		{label("Tổng thời gian trung bình (phút)", "From number to done, mean (min)"), with(spanOf(g.Lead, meanOf), FigureLead)},
		{label("Lượt gọi ngoài thứ tự", "Calls out of order"), count(g.OutOfOrder, pick(FigureOutOfOrder))},
		{label("Số lượt đánh giá", "Ratings"), count(g.Ratings.N, pick(FigureRatings))},
		{label("Điểm đánh giá trung bình (1–5)", "Mean rating (1–5)"), score(g.Ratings, pick(FigureRatings))},
	}
}

// change compares a cell with the same of the period before: in percent, shares
// in points of a percent.
func change(now, before Cell) Cell {
	switch {
	case now.Kind != before.Kind || now.Kind == Nothing:
		return Cell{Kind: Nothing}
	case now.Kind == Percent:
		v := signed((now.Value-before.Value)*100, "vi")
		return changed(v+" điểm %", signed((now.Value-before.Value)*100, "en")+" points")
	case before.Value == 0:
		return Cell{Kind: Nothing}
	}
	v := (now.Value/before.Value - 1) * 100
	return changed(signed(v, "vi")+"%", signed(v, "en")+"%")
}

func changed(vi, en string) Cell { return Cell{Kind: Change, Text: Text{vi, en}} }

func signed(v float64, language string) string {
	text := decimal(v, 1, language)
	if v > 0 && strings.Trim(text, "0.,") != "" {
		return "+" + text
	}
	if strings.Trim(text, "-0.,") == "" {
		return strings.TrimPrefix(text, "-")
	}
	return text
}

func (r *Report) counterTable() Table {
	t := Table{ID: string(ByCounter), Title: Text{"Quầy: khối lượng và thời gian (giờ:phút)", "Counters: workload and time (hours:minutes)"}, Columns: []Column{
		{Text{"Quầy", "Counter"}, true}, {Text{"Đã phục vụ", "Served"}, true}, {Text{"Vắng mặt", "No-show"}, true}, {Text{"Chuyển", "Passed on"}, false},
		{Text{"Tạm giữ", "Parked"}, false}, {Text{"Lượt gọi", "Calls"}, false}, {Text{"Gọi ngoài thứ tự", "Out of order"}, true},
		{Text{"Phục vụ TB (phút)", "Service mean (min)"}, true}, {Text{"Mở quầy", "Open"}, true}, {Text{"Có khách", "Busy"}, true},
		{Text{"Chờ khách", "Idle"}, true}, {Text{"Tạm dừng", "Paused"}, true}, {Text{"Hồ sơ nội bộ", "Back office"}, false},
		{Text{"Điểm đánh giá", "Rating"}, true},
	}}
	for _, c := range r.Counters {
		pick := func(f Figure) *Pick { return &Pick{Part: ByCounter, ID: c.ID, Figure: f} }
		name := cmp.Or(c.Name, c.ID)
		span := func(s Seconds) Cell { return Cell{Kind: Hours, Value: float64(s)} }
		t.Rows = append(t.Rows, Row{
			label(name, name), count(c.Finished, pick(FigureFinished)), count(c.NoShow, nil), count(c.Transferred, nil), count(c.Parked, nil),
			count(c.Calls, pick(FigureCalls)), count(c.OutOfOrder, pick(FigureOutOfOrder)), spanOf(c.Service, meanOf),
			span(c.Time.Open), span(c.Time.Busy), span(c.Time.Idle), span(c.Time.Paused), span(c.Time.BackOffice),
			score(c.Ratings, pick(FigureRatings)),
		})
	}
	if f := r.Fairness; f.Counters > 1 {
		t.Note = Text{
			fmt.Sprintf("Chia đều việc giữa %d quầy: chỉ số Jain %s (1 là đều nhau). Nhiều nhất là quầy %s, %s lượt mỗi giờ mở; ít nhất là quầy %s, %s lượt.",
				f.Counters, decimal(float64(f.Index), 2, "vi"), f.Most, decimal(f.MostPer, 1, "vi"), f.Least, decimal(f.LeastPer, 1, "vi")),
			fmt.Sprintf("Evenness over %d counters: Jain's index %s (1 = all alike). Most at counter %s, %s served per open hour; least at %s, %s.",
				f.Counters, decimal(float64(f.Index), 2, "en"), f.Most, decimal(f.MostPer, 1, "en"), f.Least, decimal(f.LeastPer, 1, "en")),
		}
	}
	return t
}

func (r *Report) staffTable() Table {
	t := Table{ID: string(ByStaff), Title: ByStaff.Title(), Note: Text{
		"Theo thiết bị hoặc tài khoản đã thao tác.", "By the device or account that acted.",
	}, Columns: []Column{
		{Text{"Cán bộ", "Staff"}, true}, {Text{"Lượt tiếp", "Received"}, false}, {Text{"Đã phục vụ", "Served"}, true}, {Text{"Vắng mặt", "No-show"}, true},
		{Text{"Lượt gọi", "Calls"}, true}, {Text{"Gọi ngoài thứ tự", "Out of order"}, true}, {Text{"Hoàn tác", "Undos"}, false},
		{Text{"Phục vụ TB (phút)", "Service mean (min)"}, true}, {Text{"Phục vụ 90%", "Service p90"}, false},
	}}
	for _, c := range r.Staff {
		pick := func(f Figure) *Pick { return &Pick{Part: ByStaff, ID: c.ID, Figure: f} }
		t.Rows = append(t.Rows, Row{
			label(staffWords(c)), count(c.Stays, pick(FigureStays)), count(c.Finished, pick(FigureFinished)), count(c.NoShow, nil),
			count(c.Calls, pick(FigureCalls)), count(c.OutOfOrder, pick(FigureOutOfOrder)), count(c.Undos, pick(FigureUndos)),
			spanOf(c.Service, meanOf), spanOf(c.Service, p90Of),
		})
	}
	return t
}

// staffWords names who acted: a person as others do, with the account, and the link that a new
// office has for all of its counters, behind which nobody is known.
func staffWords(c Counter) (vi, en string) {
	if name, account := strings.CutPrefix(c.ID, string(queue.RoleStaff)+":"); account {
		if c.Name != "" {
			name = c.Name + " (" + name + ")"
		}
		return name, name
	}
	switch c.ID {
	case string(queue.RoleStaff) + "-first":
		return "Đường dẫn dùng chung của các quầy (chưa có tài khoản)", "The counters' shared link (no account)"
	case string(queue.RoleAdmin) + "-first":
		return "Đường dẫn dùng chung của quản trị (chưa có tài khoản)", "The administrators' shared link (no account)"
	}
	return c.ID, c.ID
}

// pauseTable is how long counters paused, by reason.
func (r *Report) pauseTable() Table {
	t := Table{ID: "pauses", Title: Text{"Tạm dừng theo lý do (giờ:phút)", "Pauses by reason (hours:minutes)"}, Columns: []Column{
		{Text{"Quầy", "Counter"}, true}, {Text{"Lý do", "Reason"}, true}, {Text{"Thời gian", "Time"}, true},
	}}
	for _, c := range r.Counters {
		for _, p := range c.Time.Pauses {
			name := cmp.Or(c.Name, c.ID)
			t.Rows = append(t.Rows, Row{label(name, name), label(cmp.Or(p.Reason, "–"), cmp.Or(p.Reason, "–")), {Kind: Hours, Value: float64(p.Time)}})
		}
	}
	return t
}

func (r *Report) ratingTable() Table {
	t := Table{ID: "ratings", Title: Text{"Mức độ hài lòng", "Satisfaction"}, Columns: []Column{
		{Text{"Mức", "Level"}, true}, {Text{"Số lượt", "Ratings"}, true}, {Text{"Tỷ lệ", "Share"}, true},
	}}
	n := r.Total.Ratings.N
	if n == 0 {
		return t
	}
	names := [5]Text{
		{"1 – Rất không hài lòng", "1 – very dissatisfied"}, {"2 – Không hài lòng", "2 – dissatisfied"}, {"3 – Bình thường", "3 – neutral"},
		{"4 – Hài lòng", "4 – satisfied"}, {"5 – Rất hài lòng", "5 – very satisfied"},
	}
	for i := len(names) - 1; i >= 0; i-- {
		k := r.Total.Ratings.Levels[i]
		t.Rows = append(t.Rows, Row{label(names[i].VI, names[i].EN), count(k, nil), shareOf(share(k, n), n)})
	}
	for _, w := range r.Rated {
		t.Rows = append(t.Rows, Row{label("Lý do: "+w.Text, "Reason: "+w.Text), count(w.N, nil), shareOf(share(w.N, n), n)})
	}
	return t
}

func (r *Report) endingTable() Table {
	t := Table{ID: "endings", Title: Text{"Kết thúc mà không được phục vụ", "Ended without being served"}, Columns: []Column{
		{Text{"Trạng thái", "State"}, true}, {Text{"Ai", "Who"}, true}, {Text{"Lý do", "Reason"}, true}, {Text{"Số phiếu", "Tickets"}, true},
	}}
	who := map[Who]Text{Citizen: {"Người dân", "Citizen"}, Staff: {"Cán bộ", "Staff"}, System: {"Hệ thống", "System"}}
	for _, e := range r.Endings {
		state := stateWords(e.State)
		reason := reasonWords(e.Reason)
		t.Rows = append(t.Rows, Row{label(state.VI, state.EN), label(who[e.By].VI, who[e.By].EN), label(reason.VI, reason.EN), count(e.N, nil)})
	}
	return t
}

// serviceWords names a service.
func (r *Report) serviceWords(id string) Text {
	i := slices.IndexFunc(r.Parts[ByService], func(g Group) bool { return g.ID == id })
	if i < 0 {
		return Text{id, id}
	}
	return ByService.Label(r.Parts[ByService][i])
}

// toldTable is how true the estimates were.
func (r *Report) toldTable() Table {
	t := Table{ID: "told", Title: Text{"Dự báo thời gian chờ đúng đến đâu", "How true the estimated waits were"}, Note: Text{
		"So điều đã báo khi lấy số với thời gian chờ thật của những người đã được gọi. Hẹn 80% số lượt nằm trong khoảng đã báo.",
		"What was told with the number beside the true wait of those who were called. 80% within the interval told is promised.",
	}, Columns: []Column{
		{Text{"Hàng đợi", "Service"}, true}, {Text{"Số lượt", "Waits"}, true}, {Text{"Trong khoảng đã báo", "Within the interval"}, true},
		{Text{"Lâu hơn đã báo", "Longer than told"}, true}, {Text{"Lệch trung bình (phút)", "Mean error (min)"}, true}, {Text{"Chờ trung bình (phút)", "Mean wait (min)"}, true},
	}}
	for _, d := range r.Told {
		name := Text{"Tất cả", "All"}
		if d.Service != "" {
			name = r.serviceWords(d.Service)
		}
		t.Rows = append(t.Rows, Row{
			label(name.VI, name.EN), count(d.Waits, nil), shareOf(d.Coverage, d.Waits), shareOf(share(d.Late, d.Waits), d.Waits),
			{Kind: Minutes, Value: 60 * d.Error}, {Kind: Minutes, Value: 60 * d.Wait},
		})
	}
	return t
}
