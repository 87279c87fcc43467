package setup

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/web/form"
)

// told remembers what every step has done last, for the page after it.
type told struct {
	mu   sync.Mutex
	last map[string]form.Text
}

func (t *told) set(step string, text form.Text) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.last == nil {
		t.last = map[string]form.Text{}
	}
	t.last[step] = text
}

func (t *told) of(step string) form.Text {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.last[step]
}

// toldOf says what a step has changed.
func toldOf(step string, before, after queue.Setup) form.Text {
	said := form.Text{VI: "Đã lưu.", EN: "Saved."}
	add := func(t *form.Text) { said.VI, said.EN = said.VI+" "+t.VI, said.EN+" "+t.EN }
	switch step {
	case "services":
		tellProcedures(before, after, add)
	case "counters":
		var each []string
		for _, c := range after.Counters {
			each = append(each, c.Name+": "+strings.Join(c.Services, ", "))
		}
		add(form.Say("Việc của từng quầy – %[1]s.", "What each counter serves – %[1]s.", shortList(each, 8)))
	case "hours":
		if days := newDays(before, after); len(days) > 0 {
			words := dayWords(days)
			add(form.Say("Đã thêm %[1]d ngày nghỉ: %[2]s.", "%[1]d days off were added: %[3]s.", len(days), words.VI, words.EN))
			add(&form.Text{
				VI: "Ngày nghỉ Tết, ngày thứ hai của Quốc khánh, ngày hoán đổi và ngày lễ mới do Nhà nước công bố từng năm: đối chiếu ở trang Ngày nghỉ, ngày làm bù.",
				EN: "Which days Tết is, the second day of National Day, swapped days and new holidays are announced each year: compare on the page Holidays and make-up days.",
			})
		}
	}
	return said
}

// shortList joins the first so many, and says that there are more.
func shortList(list []string, most int) string {
	if len(list) > most {
		list = append(slices.Clone(list[:most]), "…")
	}
	return strings.Join(list, "; ")
}

// tellProcedures says what has become of the procedures when the queues changed,
// and where each stands now.
func tellProcedures(before, after queue.Setup, add func(*form.Text)) {
	moved, made, gone := procedureChanges(before, after)
	if len(moved)+len(made)+len(gone) == 0 {
		return
	}
	if len(moved) > 0 {
		add(form.Say("Đã chuyển thủ tục sang hàng đợi hợp tên hơn: %[1]s.", "Procedures that went to the queue whose name fits better: %[1]s.", strings.Join(moved, "; ")))
	}
	if len(made) > 0 {
		add(form.Say("Đã thêm thủ tục cùng tên hàng đợi: %[1]s.", "Procedures of the queues' own names were added: %[1]s.", strings.Join(made, "; ")))
	}
	if len(gone) > 0 {
		add(form.Say("Đã bỏ thủ tục: %[1]s.", "Procedures that were removed: %[1]s.", strings.Join(gone, "; ")))
	}
	add(form.Say("Bây giờ – %[1]s.", "Now – %[1]s.", strings.Join(standing(after), "; ")))
}

// standing lists the procedures of every queue.
func standing(s queue.Setup) (list []string) {
	const most = 8 // Of one queue: the page of the procedures has them all.
	for _, v := range s.Services {
		var names []string
		for _, p := range s.Procedures {
			if p.Service == v.ID {
				names = append(names, p.Name)
			}
		}
		if len(names) > most {
			names = append(names[:most:most], "…")
		}
		if len(names) > 0 {
			list = append(list, v.ID+" "+v.Name+": "+strings.Join(names, " · "))
		}
	}
	return list
}

// procedureChanges names the procedures that have gone to another queue, those
// that are new or have a new name, and those that have gone.
func procedureChanges(before, after queue.Setup) (moved, made, gone []string) {
	same := func(list []queue.Procedure, p queue.Procedure) int {
		return slices.IndexFunc(list, func(o queue.Procedure) bool { return o.ID == p.ID && o.Name == p.Name })
	}
	for _, p := range after.Procedures {
		switch i := same(before.Procedures, p); {
		case i < 0:
			made = append(made, p.Name)
		case before.Procedures[i].Service != p.Service:
			moved = append(moved, p.Name+" → "+p.Service)
		}
	}
	for _, p := range before.Procedures {
		if same(after.Procedures, p) < 0 {
			gone = append(gone, p.Name)
		}
	}
	return moved, made, gone
}

// newDays are the days that a setup has and the one before had not.
func newDays(before, after queue.Setup) []queue.Day {
	return slices.DeleteFunc(slices.Clone(after.Days), func(d queue.Day) bool {
		return slices.ContainsFunc(before.Days, func(o queue.Day) bool { return o.Date == d.Date })
	})
}

// doneCookie names the steps that this browser has saved: what is in force does
// not tell whether somebody has looked at it.
const doneCookie = "xinmoi_wizard"

// doneTime is how long a browser remembers them.
const doneTime = 60 * 24 * time.Hour

// stepsDone tells which steps are done, as far as the office or this browser
// knows.
func (d *Desk) stepsDone(r *http.Request, s queue.Setup) map[string]bool {
	seed := queue.CommuneCentre()
	done := map[string]bool{
		"office":   s.Name != seed.Name,
		"services": !slices.EqualFunc(s.Services, seed.Services, func(a, b queue.Service) bool { return a.ID == b.ID && a.Name == b.Name }),
		"hours":    len(s.Hours) > 0,
		"account":  d.FirstAccount != nil && !d.FirstAccount(r.Context()),
	}
	for _, id := range savedBy(r) {
		done[id] = true
	}
	return done
}

func savedBy(r *http.Request) (ids []string) {
	c, err := r.Cookie(doneCookie)
	if err != nil {
		return nil
	}
	for _, s := range steps() {
		if slices.Contains(strings.Split(c.Value, "."), s.id) {
			ids = append(ids, s.id)
		}
	}
	return ids
}

func (d *Desk) markDone(w http.ResponseWriter, r *http.Request, id string) {
	ids := savedBy(r)
	if !slices.Contains(ids, id) {
		ids = append(ids, id)
	}
	http.SetCookie(w, &http.Cookie{
		Name: doneCookie, Value: strings.Join(ids, "."), Path: WizardPath, MaxAge: int(doneTime.Seconds()),
		HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: r.TLS != nil,
	})
}
