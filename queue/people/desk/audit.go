package desk

import (
	"cmp"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/people"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// Bounds of the audit log's pages.
const (
	auditAtOnce = 2
	auditDays   = 93 // A quarter.
	auditPage   = 200
	auditMost   = 100_000 // Lines that one question may find.
	auditTime   = time.Minute
)

// act is one line of the audit log: an event of the office's log that somebody
// caused, or what was done to accounts, devices and settings.
type act struct {
	At     time.Time
	Who    string
	Where  string // Counter, or network address.
	What   string // Kind of event, or people.What.
	Object string // Number, account, device, address of a page.
	Detail string
}

// question is what is asked of the audit log.
type question struct {
	From, To string // Days, both included.
	Who      string // Part of a name; empty = all but citizens and machines.
	What     string // A group; empty = all.
	Page     int
	from, to time.Time
}

// group is a choice of What.
type group struct{ id, vi, en string }

func groups() []group {
	return []group{
		{"counter", "Quầy và phiếu", "Counters and tickets"},
		{"settings", "Cài đặt", "Settings"},
		{"sign-in", "Đăng nhập", "Signing in"},
		{"accounts", "Tài khoản", "Accounts"},
		{"devices", "Thiết bị", "Devices"},
	}
}

// groupOf is the group of an act.
func groupOf(what string) string {
	switch people.What(what) {
	case people.DidSignIn, people.DidSignOut, people.DidFail, people.DidRecovery, people.DidEndSession:
		return "sign-in"
	case people.DidAdd, people.DidEdit, people.DidReset, people.DidPassword, people.DidDisable, people.DidEnable, people.DidCodesOn, people.DidCodesOff:
		return "accounts"
	case people.DidToken, people.DidRevoke, people.DidRename:
		return "devices"
	case people.DidPage, people.DidExport, people.DidForget:
		return "settings"
	}
	switch queue.Kind(what) {
	case queue.OfficeConfigured, queue.IssuingStopped, queue.IssuingResumed, queue.CardIssued, queue.CardRevoked:
		return "settings"
	}
	return "counter"
}

// ask reads the question of an address; days that make no sense are today.
func (d *Desk) ask(q url.Values) question {
	today := d.Now().In(d.Location())
	a := question{From: q.Get("from"), To: q.Get("to"), Who: strings.ToLower(strings.TrimSpace(clip(q.Get("who"), 80))), What: q.Get("what")}
	day := func(s string) (time.Time, bool) {
		t, err := time.ParseInLocation(time.DateOnly, s, d.Location())
		return t, err == nil && t.Year() >= 2000 && t.Year() < 2200
	}
	var ok bool
	if a.from, ok = day(a.From); !ok {
		a.From = today.Format(time.DateOnly)
		a.from, _ = day(a.From)
	}
	if a.to, ok = day(a.To); !ok || a.to.Before(a.from) {
		a.To, a.to = a.From, a.from
	}
	if most := a.from.AddDate(0, 0, auditDays-1); a.to.After(most) {
		a.To, a.to = most.Format(time.DateOnly), most
	}
	a.to = a.to.AddDate(0, 0, 1)
	a.Page, _ = strconv.Atoi(q.Get("page"))
	a.Page = min(max(a.Page, 0), auditMost/auditPage)
	return a
}

func clip(s string, most int) string {
	if len(s) > most {
		return s[:most]
	}
	return s
}

// wants reports whether an act answers the question.
func (a question) wants(one act) bool {
	if a.What != "" && groupOf(one.What) != a.What {
		return false
	}
	if a.Who != "" {
		return strings.Contains(strings.ToLower(one.Who), a.Who)
	}
	return ofStaff(one.Who)
}

// ofStaff leaves out citizens, machines that take numbers, and the office
// itself, unless they are asked for.
func ofStaff(who string) bool {
	return who == "" || who == "command" || strings.HasPrefix(who, string(queue.RoleStaff)) || strings.HasPrefix(who, string(queue.RoleAdmin))
}

// find collects what answers a question, the earliest first; more tells that
// there is more than auditMost.
func (d *Desk) find(ctx context.Context, a question) (found []act, more bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, auditTime)
	defer cancel()
	select {
	case d.reading <- struct{}{}:
		defer func() { <-d.reading }()
	case <-ctx.Done():
		return nil, false, ctx.Err()
	}
	after, err := queue.LastBefore(ctx, d.Log, d.ID, a.from)
	if err != nil {
		return nil, false, err
	}
	var before *queue.Setup
	for e, err := range queue.Stored(ctx, d.Log, d.ID, after) {
		if err != nil {
			return nil, false, err
		}
		if !e.At.Before(a.to) || len(found) >= auditMost {
			more = e.At.Before(a.to)
			break
		}
		if one := actOf(e, before); a.wants(one) {
			found = append(found, one)
		}
		if e.Setup != nil {
			before = e.Setup
		}
	}
	deeds, err := d.People.Deeds(ctx, a.from, a.to, 0, auditMost)
	if err != nil {
		return nil, false, err
	}
	for _, x := range deeds {
		one := act{At: x.At, Who: x.Who.ID, Where: x.Who.From.Address, What: string(x.What), Object: x.Object, Detail: x.Detail}
		if a.wants(one) {
			found = append(found, one)
		}
	}
	slices.SortStableFunc(found, func(x, y act) int { return x.At.Compare(y.At) })
	return found, more, nil
}

// actOf makes a line of an event. Citizens' words and codes are not in it.
func actOf(e queue.Event, before *queue.Setup) act {
	one := act{At: e.At, Who: e.Actor, What: string(e.Kind), Detail: e.Reason}
	if e.Counter != "" {
		one.Where = e.Counter
	}
	switch {
	case e.Ticket != nil:
		one.Object = e.Ticket.Number.String()
	case e.Card != nil:
		one.Object = e.Card.ID
	case e.Service != "":
		one.Object = e.Service
	case e.Kind == queue.OfficeConfigured && e.Setup != nil && before != nil:
		one.Detail = strings.Join(changed(*before, *e.Setup), ", ")
	}
	if e.Chosen {
		one.Detail = strings.TrimSpace("ngoài thứ tự (out of order) " + one.Detail)
	}
	return one
}

// changed names the parts of a setup that differ.
func changed(a, b queue.Setup) []string {
	before, after := sections(a), sections(b)
	names := map[string]bool{}
	for name, v := range before {
		names[name] = names[name] || string(v) != string(after[name])
	}
	for name, v := range after {
		names[name] = names[name] || string(v) != string(before[name])
	}
	maps.DeleteFunc(names, func(_ string, differs bool) bool { return !differs })
	return slices.Sorted(maps.Keys(names))
}

func sections(s queue.Setup) (m map[string]json.RawMessage) {
	if text, err := json.Marshal(s); err == nil {
		_ = json.Unmarshal(text, &m) // What was just written can be read.
	}
	return m
}

// auditData is the page.
type auditData struct {
	question
	Acts         []auditRow
	Count        int
	More         bool
	Text         string
	Groups       []kindRow
	Older, Newer string // Addresses of the pages beside this one.
	Export       string
}

type auditRow struct{ At, Who, Where, What, Object, Detail string }

// Audit serves the audit log, which nobody can change: guard it for those who
// may read it.
func (d *Desk) Audit() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+AuditPath, d.audit)
	mux.HandleFunc("GET "+AuditPath+"/export.csv", d.export)
	return d.kit.Handler(mux)
}

func (d *Desk) audit(w http.ResponseWriter, r *http.Request) {
	l, a := page.Language(r), d.ask(r.URL.Query())
	data := auditData{question: a}
	found, more, err := d.find(r.Context(), a)
	if err != nil {
		d.kit.Logger.Warn("the audit log was not read", "err", err)
		data.Text = l.T("Chưa đọc được nhật ký: thử lại với ít ngày hơn.", "The log was not read: try again with fewer days.")
	}
	data.Count, data.More = len(found), more
	slices.Reverse(found)
	from := min(a.Page*auditPage, len(found))
	for _, one := range found[from:min(from+auditPage, len(found))] {
		data.Acts = append(data.Acts, d.row(l, one))
	}
	for _, g := range groups() {
		data.Groups = append(data.Groups, kindRow{g.id, l.T(g.vi, g.en)})
	}
	if from+auditPage < len(found) {
		data.Older = AuditPath + "?" + a.query(a.Page+1).Encode()
	}
	if a.Page > 0 {
		data.Newer = AuditPath + "?" + a.query(a.Page-1).Encode()
	}
	data.Export = AuditPath + "/export.csv?" + a.query(0).Encode()
	v := page.View{Title: l.T("Nhật ký thao tác", "Audit log"), Data: data, Keep: a.query(a.Page)}
	d.kit.Render(w, r, http.StatusOK, "audit", v)
}

// query is the question as an address.
func (a question) query(n int) url.Values {
	q := url.Values{"from": {a.From}, "to": {a.To}}
	for name, v := range map[string]string{"who": a.Who, "what": a.What} {
		if v != "" {
			q.Set(name, v)
		}
	}
	if n > 0 {
		q.Set("page", strconv.Itoa(n))
	}
	return q
}

func (d *Desk) row(l page.Lang, one act) auditRow {
	where := one.Where
	if where != "" && groupOf(one.What) == "counter" {
		where = l.T("quầy ", "counter ") + where
	}
	return auditRow{
		At: one.At.In(d.Location()).Format("02/01/2006 15:04:05"), Who: cmp.Or(one.Who, "–"), Where: where,
		What: whatWords(l, one.What), Object: one.Object, Detail: one.Detail,
	}
}

// export writes everything that answers the question as CSV.
func (d *Desk) export(w http.ResponseWriter, r *http.Request) {
	a := d.ask(r.URL.Query())
	found, more, err := d.find(r.Context(), a)
	if err == nil {
		err = d.People.Note(r.Context(), people.Deed{Who: d.who(r), What: people.DidExport, Object: a.From + " – " + a.To})
	}
	if err != nil {
		http.Error(w, "Chưa đọc được nhật ký: thử lại với ít ngày hơn. (The log was not read: try again with fewer days.)", http.StatusServiceUnavailable)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", fmt.Sprintf("attachment; filename=\"nhat-ky-%s-%s.csv\"", a.From, a.To))
	h.Set("Cache-Control", "no-store")
	_, _ = w.Write([]byte("\xef\xbb\xbf")) // Spreadsheets then read UTF-8.
	out := csv.NewWriter(w)
	rows := [][]string{{"at", "who", "where", "what", "object", "detail"}}
	for _, one := range found {
		rows = append(rows, []string{one.At.In(d.Location()).Format(time.RFC3339), one.Who, one.Where, one.What, one.Object, one.Detail})
	}
	if more {
		rows = append(rows, []string{"", "", "", "…", "", "còn nữa: chọn ít ngày hơn (there is more: choose fewer days)"})
	}
	for _, row := range rows {
		for i := range row {
			row[i] = plain(row[i])
		}
		if out.Write(row) != nil {
			return // The caller is gone.
		}
	}
	out.Flush()
}

// plain keeps a spreadsheet from taking a cell for a formula (OWASP, CSV
// injection).
func plain(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}

// whatWords says what was done. Kinds that have no words show their names.
func whatWords(l page.Lang, what string) string {
	words, ok := map[string][2]string{
		string(people.DidSignIn):     {"Đăng nhập", "Signed in"},
		string(people.DidSignOut):    {"Đăng xuất", "Signed out"},
		string(people.DidFail):       {"Đăng nhập sai", "Failed to sign in"},
		string(people.DidAdd):        {"Lập tài khoản", "Made an account"},
		string(people.DidEdit):       {"Sửa tài khoản", "Changed an account"},
		string(people.DidReset):      {"Cấp lại mật khẩu", "Reset a password"},
		string(people.DidPassword):   {"Đổi mật khẩu", "Changed the password"},
		string(people.DidDisable):    {"Khóa tài khoản", "Shut an account"},
		string(people.DidEnable):     {"Mở lại tài khoản", "Opened an account"},
		string(people.DidCodesOn):    {"Bật mã dùng một lần", "Switched one-use codes on"},
		string(people.DidCodesOff):   {"Tắt mã dùng một lần", "Switched one-use codes off"},
		string(people.DidRecovery):   {"Dùng mã dự phòng", "Used a recovery code"},
		string(people.DidEndSession): {"Đăng xuất một nơi khác", "Ended a session"},
		string(people.DidToken):      {"Cấp mã thiết bị", "Made a device's token"},
		string(people.DidRevoke):     {"Thu hồi mã thiết bị", "Revoked a device's token"},
		string(people.DidRename):     {"Đặt tên thiết bị", "Named a device"},
		string(people.DidPage):       {"Gửi biểu mẫu", "Sent a form"},
		string(people.DidExport):     {"Xuất nhật ký", "Exported the log"},
		string(people.DidForget):     {"Xóa nhật ký quá hạn lưu", "Removed what was kept long enough"},

		string(queue.OfficeConfigured):  {"Đổi cài đặt", "Changed the setup"},
		string(queue.TicketHeld):        {"Giữ số", "Held a number"},
		string(queue.TicketIssued):      {"Cấp số", "Gave a number"},
		string(queue.TicketConfirmed):   {"Xác nhận số", "Confirmed a number"},
		string(queue.TicketCalled):      {"Gọi số", "Called"},
		string(queue.TicketRecalled):    {"Gọi lại", "Called again"},
		string(queue.TicketStarted):     {"Bắt đầu phục vụ", "Started"},
		string(queue.TicketFinished):    {"Xong", "Finished"},
		string(queue.TicketNoShow):      {"Vắng mặt", "No-show"},
		string(queue.TicketCancelled):   {"Hủy số", "Cancelled"},
		string(queue.TicketCheckedIn):   {"Báo có mặt", "Checked in"},
		string(queue.TicketPushedBack):  {"Lùi lượt", "Pushed back"},
		string(queue.TicketParked):      {"Tạm giữ", "Parked"},
		string(queue.TicketResumed):     {"Gọi số tạm giữ", "Resumed"},
		string(queue.TicketTransferred): {"Chuyển", "Transferred"},
		string(queue.TicketRequeued):    {"Trả về hàng", "Requeued"},
		string(queue.TicketRestored):    {"Khôi phục", "Restored"},
		string(queue.TicketUndone):      {"Hoàn tác", "Undid"},
		string(queue.TicketRated):       {"Đánh giá", "Rated"},
		string(queue.TicketEntitled):    {"Xác nhận ưu tiên", "Confirmed a priority"},
		string(queue.TicketDisentitled): {"Bỏ ưu tiên", "Refused a priority"},
		string(queue.CounterOpened):     {"Mở quầy", "Opened a counter"},
		string(queue.CounterPaused):     {"Tạm nghỉ", "Paused a counter"},
		string(queue.CounterClosed):     {"Đóng quầy", "Closed a counter"},
		string(queue.IssuingStopped):    {"Ngừng cấp số", "Stopped numbers"},
		string(queue.IssuingResumed):    {"Cấp số trở lại", "Resumed numbers"},
		string(queue.CardIssued):        {"Phát thẻ ưu tiên", "Issued a card"},
		string(queue.CardRevoked):       {"Thu hồi thẻ ưu tiên", "Revoked a card"},
	}[what]
	if !ok {
		return what
	}
	return l.T(words[0], words[1])
}
