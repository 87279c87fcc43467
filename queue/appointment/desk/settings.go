package desk

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/appointment"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// SettingsHandler serves what is under Settings.
func (d *Desk) SettingsHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+Settings, func(w http.ResponseWriter, r *http.Request) { d.arrange(w, r, nil) })
	d.settings.Form(mux, "save", formMost, func(w http.ResponseWriter, r *http.Request, err error) {
		if err == nil {
			err = d.save(r)
		}
		if err != nil {
			d.arrange(w, r, err)
			return
		}
		d.settings.See(w, r, url.Values{"saved": {"1"}}, "")
	})
	return d.settings.Handler(mux)
}

// number is a field of the form that holds a number.
type number struct {
	Name, Label, LabelEN string
	Value                string
	get                  func(*appointment.Settings) *int
}

// numbers are the fields in the order of the page.
func numbers() []number {
	type s = appointment.Settings
	return []number{
		{Name: "share", Label: "Phần công suất dành cho hẹn giờ (%, tối đa 50)", LabelEN: "Share of the capacity for appointments (%, at most 50)", get: func(v *s) *int { return &v.Share }},
		{Name: "minutes", Label: "Mỗi lượt phục vụ (phút)", LabelEN: "One citizen takes (minutes)", get: func(v *s) *int { return &v.Minutes }},
		{Name: "answer_hours", Label: "Cán bộ trả lời trong (giờ làm việc)", LabelEN: "Staff answer within (working hours)", get: func(v *s) *int { return &v.AnswerHours }},
		{Name: "days_ahead", Label: "Đặt trước tối đa (ngày)", LabelEN: "Book at most so far ahead (days)", get: func(v *s) *int { return &v.DaysAhead }},
		{Name: "lead_minutes", Label: "Đặt trước ít nhất (phút)", LabelEN: "Book at least so long before (minutes)", get: func(v *s) *int { return &v.LeadMinutes }},
		{Name: "person_most", Label: "Số lịch hẹn của một số điện thoại", LabelEN: "Appointments of one telephone number", get: func(v *s) *int { return &v.PersonMost }},
	}
}

// tick is a field of the form that is on or off.
type tick struct {
	Name, Label, LabelEN string
	On                   bool
	get                  func(*appointment.Settings) *bool
}

func ticks() []tick {
	type s = appointment.Settings
	return []tick{
		{Name: "off", Label: "Tạm ngừng nhận đặt hẹn", LabelEN: "No new appointments", get: func(v *s) *bool { return &v.Off }},
		{Name: "staff_only", Label: "Chỉ cán bộ đặt hẹn", LabelEN: "Only staff book", get: func(v *s) *bool { return &v.StaffOnly }},
		{Name: "automatic", Label: "Tự động xác nhận", LabelEN: "Confirm automatically", get: func(v *s) *bool { return &v.Automatic }},
		{Name: "overbook", Label: "Nhận thêm theo tỷ lệ vắng đã đo", LabelEN: "Overbook by the measured no-shows", get: func(v *s) *bool { return &v.Overbook }},
		{Name: "any_hour", Label: "Giờ đông cũng nhận hẹn như giờ vắng (bình thường giờ đông nhận ít hơn, để ai cũng bớt chờ)", LabelEN: "The rush takes as many appointments as quiet hours (usually fewer, so that everybody waits less)", get: func(v *s) *bool { return &v.AnyHour }},
		{Name: "no_list", Label: "Không có danh sách chờ", LabelEN: "No waiting list", get: func(v *s) *bool { return &v.NoList }},
		{Name: "no_contact", Label: "Không hỏi số điện thoại (khi đó không đếm được ai đặt nhiều)", LabelEN: "Do not ask for a telephone number (then nobody is counted)", get: func(v *s) *bool { return &v.NoContact }},
	}
}

// serviceRow is a service on the page.
type serviceRow struct {
	ID, Name, Places, Minutes, Needs string
	Reckoned                         int
	NoShow                           string
	Off                              bool
}

type settingsView struct {
	Wrong, Done, Resources, Absences, Remind string
	Numbers                                  []number
	Ticks                                    []tick
	Services                                 []serviceRow
}

func (d *Desk) arrange(w http.ResponseWriter, r *http.Request, failed error) {
	l := page.Language(r)
	s, err := d.Book.Settings(r.Context())
	setup, _, errSetup := d.office(r.Context())
	places, shares, errPlaces := d.Book.Places(r.Context())
	for _, e := range []error{err, errSetup, errPlaces} {
		if e != nil && failed == nil {
			failed = e
		}
	}
	v := settingsView{Numbers: numbers(), Ticks: ticks(), Remind: joinNumbers(s.RemindMinutes)}
	if failed != nil {
		v.Wrong = l.T("Chưa lưu: ", "Not saved: ") + fault(l, failed)
	} else if r.URL.Query().Get("saved") != "" {
		v.Done = l.T("Đã lưu.", "Saved.")
	}
	for i := range v.Numbers {
		v.Numbers[i].Value = strconv.Itoa(*v.Numbers[i].get(&s))
	}
	for i := range v.Ticks {
		v.Ticks[i].On = *v.Ticks[i].get(&s)
	}
	for _, one := range setup.Services {
		own := s.Services[one.ID]
		row := serviceRow{ID: one.ID, Name: serviceName(setup, one.ID, l), Off: own.Off, Reckoned: places[one.ID], NoShow: fmt.Sprintf("%.0f %%", 100*shares[one.ID])}
		row.Places, row.Minutes = blank(own.Places), blank(own.Minutes)
		for _, n := range own.Needs {
			row.Needs += fmt.Sprintf("%s %d %d %d\n", n.Resource, max(n.Units, 1), n.After, max(n.Lasts, 1))
		}
		v.Services = append(v.Services, row)
	}
	for _, one := range s.Resources {
		v.Resources += fmt.Sprintf("%s | %d | %s | %s\n", one.ID, one.Places, one.Name, one.NameEN)
	}
	for _, one := range s.Absences {
		v.Absences += one.Date + " " + one.Counter + "\n"
	}
	if failed != nil && r.PostForm != nil {
		v.typed(r.PostForm)
	}
	d.settings.Render(w, r, statusOf(failed), "settings", page.View{Title: l.T("Cài đặt hẹn giờ", "Appointment settings"), Data: v})
}

// fault is what is wrong with the settings, in the page's language.
func fault(l page.Lang, err error) string {
	var e *queue.Error
	if errors.As(err, &e) && e.Code == queue.CodeBadRequest {
		return l.T(page.Halves(e.Message))
	}
	return wrong(l, err)
}

// typed puts what was typed in place of what is in force.
func (v *settingsView) typed(f url.Values) {
	v.Resources, v.Absences, v.Remind = f.Get("resources"), f.Get("absences"), f.Get("remind")
	for i := range v.Numbers {
		v.Numbers[i].Value = f.Get(v.Numbers[i].Name)
	}
	for i := range v.Ticks {
		v.Ticks[i].On = f.Get(v.Ticks[i].Name) != ""
	}
	for i := range v.Services {
		s := &v.Services[i]
		s.Off, s.Places, s.Minutes, s.Needs = f.Get("off-"+s.ID) != "", f.Get("places-"+s.ID), f.Get("minutes-"+s.ID), f.Get("needs-"+s.ID)
	}
}

func blank(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func joinNumbers(all []int) string {
	words := make([]string, len(all))
	for i, n := range all {
		words[i] = strconv.Itoa(n)
	}
	return strings.Join(words, ", ")
}

// save reads the form.
func (d *Desk) save(r *http.Request) (err error) {
	f, s := r.PostForm, appointment.Settings{Services: map[string]appointment.Service{}}
	for _, n := range numbers() {
		if *n.get(&s), err = readNumber(f.Get(n.Name)); err != nil {
			return err
		}
	}
	for _, t := range ticks() {
		*t.get(&s) = f.Get(t.Name) != ""
	}
	for _, word := range strings.FieldsFunc(f.Get("remind"), func(r rune) bool { return r == ',' || r == ' ' }) {
		n, err := readNumber(word)
		if err != nil {
			return err
		}
		s.RemindMinutes = append(s.RemindMinutes, n)
	}
	if s.Resources, err = readResources(f.Get("resources")); err != nil {
		return err
	}
	for _, line := range lines(f.Get("absences")) {
		date, counter, _ := strings.Cut(line, " ")
		s.Absences = append(s.Absences, appointment.Absence{Date: date, Counter: strings.TrimSpace(counter)})
	}
	setup, err := d.Setup(r.Context())
	if err != nil {
		return err
	}
	for _, one := range setup.Services {
		if err := readService(f, one.ID, &s); err != nil {
			return err
		}
	}
	return d.Book.SetSettings(r.Context(), s)
}

func readService(f url.Values, id string, s *appointment.Settings) (err error) {
	v := appointment.Service{Off: f.Get("off-"+id) != ""}
	if v.Places, err = readNumber(f.Get("places-" + id)); err != nil {
		return err
	}
	if v.Minutes, err = readNumber(f.Get("minutes-" + id)); err != nil {
		return err
	}
	for _, line := range lines(f.Get("needs-" + id)) {
		words := strings.Fields(line)
		n := appointment.Need{Resource: words[0]}
		for i, into := range []*int{&n.Units, &n.After, &n.Lasts} {
			if len(words) < i+2 {
				break
			}
			if *into, err = readNumber(words[i+1]); err != nil {
				return err
			}
		}
		v.Needs = append(v.Needs, n)
	}
	if v.Off || v.Places > 0 || v.Minutes > 0 || len(v.Needs) > 0 {
		s.Services[id] = v
	}
	return nil
}

func readResources(text string) (all []appointment.Resource, err error) {
	for _, line := range lines(text) {
		parts := append(strings.Split(line, "|"), "", "", "")
		for i := range parts {
			parts[i] = strings.TrimSpace(parts[i])
		}
		n, err := readNumber(parts[1])
		if err != nil {
			return nil, err
		}
		all = append(all, appointment.Resource{ID: parts[0], Places: n, Name: parts[2], NameEN: parts[3]})
	}
	return all, nil
}

func lines(text string) (out []string) {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, line)
		}
	}
	return out
}

func readNumber(s string) (int, error) {
	if s = strings.TrimSpace(s); s == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 {
		return 0, queue.Errorf(queue.CodeBadRequest, "%.20q: hãy ghi một số nguyên (%.20[1]q: give a whole number)", s)
	}
	return n, nil
}

// Panel shows /admin how bookings are.
func (d *Desk) Panel() page.Panel {
	return page.Panel{ID: "appointments", Title: "Hẹn giờ", TitleEN: "Appointments", Rows: func(ctx context.Context) []page.Row {
		rows := []page.Row{{Label: "Cài đặt", LabelEN: "Settings", Value: "mở trang hẹn giờ", ValueEN: "open the page", Href: Settings}}
		waiting, err := d.Book.Waiting(ctx)
		if err != nil {
			return append(rows, page.Row{Label: "Sổ hẹn", LabelEN: "Book", Value: "không đọc được: " + err.Error(), ValueEN: "cannot be read: " + err.Error(), Level: page.Fail})
		}
		row := page.Row{Label: "Chờ xác nhận", LabelEN: "To be answered", Value: strconv.Itoa(len(waiting)), Level: page.OK, Href: Staff}
		if len(waiting) > 0 && time.Until(waiting[0].AnswerBy) < time.Hour {
			row.Level = page.Warn
		}
		rows = append(rows, row)
		unreached, err := d.Book.Unreached(ctx)
		if err == nil && len(unreached) > 0 {
			rows = append(rows, page.Row{Label: "Chưa báo được cho người hẹn", LabelEN: "Holders who could not be told", Value: strconv.Itoa(len(unreached)), Level: page.Warn, Href: Staff + "#unreached"})
		}
		return rows
	}}
}
