package setup

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/web/form"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// step is one page of the wizard.
type step struct {
	id    string
	title form.Text
	intro form.Text
	form  func(d *Desk, s queue.Setup) form.Form[queue.Setup] // Nil = no form of its own.
	// preset is chosen beforehand in an office that has served nobody yet.
	preset url.Values
	more   []moreLink // Where the same is set in detail.
}

// moreLink is a link to another page.
type moreLink struct {
	href  string
	label form.Text
}

// Steps that are more than a form.
const (
	accountStep = "account"
	lastStep    = "done"
)

// steps are the wizard's pages in order. Each saves what it asks, so that one
// may stop anywhere and go on another day.
func steps() []step {
	return []step{
		{
			id: "office", title: form.Text{VI: "Cơ quan", EN: "The office"}, form: wizardOffice,
			intro: form.Text{VI: "Tên này hiện trên bảng, giấy và trang của người dân.", EN: "This name is on boards, paper and citizens' pages."},
		},
		{
			id: "services", title: form.Text{VI: "Hàng đợi", EN: "Queues"}, form: wizardServices, more: []moreLink{proceduresLink(), linkTo("services", "Từng hàng đợi", "Each queue")},
			intro: form.Text{
				VI: "Mỗi hàng đợi có số riêng: A001, A002… Ở máy lấy số, người dân chọn lĩnh vực rồi thủ tục; mỗi thủ tục thuộc một hàng đợi.",
				EN: "Each queue has its own numbers: A001, A002 … At a kiosk people choose a field, then a procedure; each procedure belongs to one queue.",
			},
		},
		{
			id: "counters", title: form.Text{VI: "Quầy", EN: "Counters"}, form: wizardCounters, preset: url.Values{"everything": {form.Yes}}, more: []moreLink{linkTo("counters", "Quầy và việc của quầy", "Counters and what they serve")},
			intro: form.Text{VI: "Việc của từng quầy chỉnh riêng được, ngay bây giờ hoặc sau này.", EN: "What each counter serves can be set for each alone, now or later."},
		},
		{
			id: "hours", title: form.Text{VI: "Giờ làm việc", EN: "Hours"}, form: wizardHours, preset: url.Values{"week": {weekOffice}, "holidays": {form.Yes}},
			more: []moreLink{linkTo("hours", "Giờ của từng thứ", "Hours of each weekday"), daysLink()},
		},
		{
			id: "rules", title: form.Text{VI: "Thứ tự gọi", EN: "Order"}, form: wizardRules, more: []moreLink{linkTo("rules", "Thứ tự gọi và giới hạn, đầy đủ", "Order and limits, all of them")},
			intro: form.Text{VI: "Mức thường dùng đã điền sẵn.", EN: "What most offices use is filled in."},
		},
		{
			id: "channels", title: form.Text{VI: "Điện thoại, kênh", EN: "Telephone, channels"}, form: wizardChannels,
			more:  []moreLink{{"/admin/phone", form.Text{VI: "Menu và lời đọc điện thoại", EN: "Telephone menu and texts"}}},
			intro: form.Text{VI: "Không bắt buộc: để sau cũng được.", EN: "Optional: it can wait."},
		},
		{
			id: accountStep, title: form.Text{VI: "Người quản trị", EN: "Administrator"},
			intro: form.Text{VI: "Tài khoản đầu tiên, để đăng nhập từ máy khác.", EN: "The first account, to sign in from other computers."},
		},
		{
			id: "sound", title: form.Text{VI: "Thử loa", EN: "Loudspeaker"},
			intro: form.Text{VI: "Bấm nút và nghe ở chỗ người dân ngồi chờ.", EN: "Press and listen where people wait."},
		},
		{id: "ticket", title: form.Text{VI: "Số đầu tiên", EN: "First number"}},
		{
			id: "call", title: form.Text{VI: "Gọi số", EN: "First call"},
			intro: form.Text{VI: "Quầy đầu tiên còn trống mở ra và gọi số vừa lấy: bảng hiện, loa đọc.", EN: "The first free counter opens and calls it: the board shows it, the loudspeaker says it."},
		},
		{id: lastStep, title: form.Text{VI: "Xong", EN: "Done"}},
	}
}

func linkTo(name, vi, en string) moreLink {
	return moreLink{Prefix + "/" + name, form.Text{VI: vi, EN: en}}
}

func proceduresLink() moreLink {
	return linkTo("procedures", "Lĩnh vực, thủ tục", "Fields and procedures")
}
func daysLink() moreLink {
	return linkTo("days", "Ngày nghỉ, ngày làm bù", "Holidays and make-up days")
}

// wizardView is one page of it.
type wizardView struct {
	Steps   []stepLink
	Step    string
	Title   string
	Intro   string
	Saved   string // What the step before has done, and where it is set in detail.
	SavedAt []indexLink
	Warns   []indexLink // What is not right yet, and where it is mended.
	Rows    []form.Row
	General []string
	Facts   []indexLink
	More    []indexLink
	Account *accountForm // Of the first account; nil = there is one.
	Done    string       // What a button has just done.
	Number  string
	Counter string
	InHand  *inHand
	Trial   bool
	Live    bool       // The office serves people: nothing is tried without asking.
	Running *indexLink // What is on although nobody asked for it, and where it is switched off.
	Sounds  bool       // There is a loudspeaker to try.
	Next    string
	Prev    string
}

// accountForm is the form of the first account: what was typed, without the
// passwords, and what is wrong with it.
type accountForm struct {
	Name, Display string
	Wrong         map[string]string // By field.
}

// Says is what is wrong with a field; empty = nothing.
func (f accountForm) Says(field string) string { return f.Wrong[field] }

// accountOf gives the form back with what was typed.
func accountOf(l page.Lang, a *answer) *accountForm {
	f := &accountForm{Name: a.posted.Get("name"), Display: a.posted.Get("display"), Wrong: map[string]string{}}
	for field, text := range a.wrong {
		f.Wrong[field] = text.In(l)
	}
	return f
}

// makeAccount makes the first account; whoever mistypes stays in the wizard.
func (d *Desk) makeAccount(w http.ResponseWriter, r *http.Request, typed url.Values) {
	if d.MakeAccount == nil || !d.FirstAccount(r.Context()) {
		d.seeStep(w, r, accountStep, nil) // Somebody else has made it.
		return
	}
	wrong, status := d.MakeAccount(w, r)
	if len(wrong) == 0 {
		return
	}
	a := &answer{posted: typed, wrong: form.Problems{}}
	for field, text := range wrong {
		a.wrong[field] = form.Text{VI: text, EN: text}
	}
	d.showStep(w, r, accountStep, status, a)
}

// inHand is a number that the wizard has called and that is still in hand.
type inHand struct {
	Number, At, Name string
	Opened           bool // The wizard has opened the counter.
}

type stepLink struct {
	ID, Title string
	Now, Done bool
	N         int
}

func (d *Desk) wizardRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET "+WizardPath, func(w http.ResponseWriter, r *http.Request) {
		d.showStep(w, r, r.URL.Query().Get("step"), http.StatusOK, nil)
	})
	mux.HandleFunc("POST "+WizardPath+"/{step}", d.postStep)
	mux.HandleFunc("GET "+WizardPath+"/{step}", func(w http.ResponseWriter, r *http.Request) { d.seeStep(w, r, r.PathValue("step"), nil) })
}

func (d *Desk) seeStep(w http.ResponseWriter, r *http.Request, id string, more url.Values) {
	q := url.Values{"step": {id}}
	maps.Copy(q, more)
	http.Redirect(w, r, WizardPath+"?"+q.Encode(), http.StatusSeeOther)
}

func stepIndex(id string) int {
	return max(0, slices.IndexFunc(steps(), func(s step) bool { return s.id == id }))
}

// showStep writes a page of the wizard; a is nil where nothing was typed yet.
func (d *Desk) showStep(w http.ResponseWriter, r *http.Request, id string, status int, a *answer) {
	view, err := d.Setup.Setup(r.Context())
	if err != nil {
		d.unavailable(w)
		return
	}
	l, all, i := page.Language(r), steps(), stepIndex(id)
	at, done, live := all[i], d.stepsDone(r, view.Setup), d.serves(r.Context(), view.Setup)
	v := wizardView{Step: at.id, Title: at.title.In(l), Intro: at.intro.In(l), Trial: view.Setup.Trial, Live: live, Sounds: d.TestSpeaker != nil}
	for n, s := range all {
		v.Steps = append(v.Steps, stepLink{s.id, s.title.In(l), n == i, done[s.id], n + 1})
	}
	if i > 0 {
		v.Prev = all[i-1].id
	}
	if i+1 < len(all) {
		v.Next = all[i+1].id
	}
	if a == nil {
		a = &answer{}
		if at.form != nil && at.preset != nil && !live && !done[at.id] {
			a.posted = chosenBefore(at.form(d, view.Setup), view.Setup, at.preset)
		}
	}
	if at.form != nil {
		v.Rows, v.General, _ = whole(at.form(d, view.Setup)).rows(l, view.Setup, a.posted, a.wrong)
	} else {
		for field, text := range a.wrong {
			if field != "" {
				continue // Said beside it.
			}
			v.General = append(v.General, strings.Split(text.In(l), "\n")...)
		}
	}
	v.Number = a.posted.Get("number")
	if at.id == accountStep && d.FirstAccount != nil && d.FirstAccount(r.Context()) {
		v.Account = accountOf(l, a)
	}
	d.fill(r, l, view.Setup, &v)
	v.More = linksOf(l, at.more, at.id)
	d.kit.Render(w, r, status, "wizard", page.View{Title: l.T("Thiết lập từng bước", "Set up step by step"), Office: l.T(view.Setup.Name, view.Setup.NameEN), Data: v})
}

// linksOf are links to other pages; those of this package lead back to a step.
func linksOf(l page.Lang, more []moreLink, from string) (out []indexLink) {
	for _, link := range more {
		out = append(out, indexLink{Href: leading(link.href, from), Label: link.label.In(l)})
	}
	return out
}

// leading gives a page's address, with the way back to a step where the page
// knows one.
func leading(href, from string) string {
	if !strings.HasPrefix(href, Prefix+"/") || strings.ContainsAny(href, "?#") {
		return href
	}
	return origin(from).on(href, nil)
}

// chosenBefore is a form as it is now, with what most offices choose.
func chosenBefore(f form.Form[queue.Setup], s queue.Setup, preset url.Values) url.Values {
	values := url.Values(f.Values(s))
	maps.Copy(values, preset)
	return values
}

// fill adds what a step shows besides its form.
func (d *Desk) fill(r *http.Request, l page.Lang, s queue.Setup, v *wizardView) {
	q := r.URL.Query()
	v.Number, v.Counter = cmp.Or(v.Number, q.Get("number")), q.Get("counter")
	if saved := q.Get("saved"); saved != "" {
		v.Saved, v.SavedAt = d.told.of(saved).In(l), linksOf(l, steps()[stepIndex(saved)].more, v.Step)
	}
	if note, ok := d.voiceNote(r.Context()); ok && slices.Contains([]string{"office", "services", "sound", lastStep}, v.Step) {
		v.Warns = append(v.Warns, linkOf(l, note))
	}
	if d.Address.Level == page.Warn && slices.Contains([]string{"channels", accountStep, lastStep}, v.Step) {
		v.Warns = append(v.Warns, linkOf(l, d.Address))
	}
	for _, row := range setupRows(s) {
		if row.Level == page.Warn && slices.Contains([]string{"services", "counters", lastStep}, v.Step) {
			row.Href = leading(row.Href, v.Step)
			v.Warns = append(v.Warns, linkOf(l, row))
		}
	}
	switch v.Step {
	case "services":
		for _, x := range s.Services {
			v.Facts = append(v.Facts, indexLink{leading(Prefix+"/procedures", v.Step), x.ID + " – " + l.T(x.Name, x.NameEN), strconv.Itoa(proceduresOf(s, x.ID)) + " " + l.T("thủ tục", "procedures")})
		}
	case "counters":
		for _, c := range s.Counters {
			v.Facts = append(v.Facts, indexLink{leading(Prefix+"/counters/of/"+url.PathEscape(c.ID), v.Step), c.Name, strings.Join(c.Services, ", ")})
		}
	case "channels":
		if d.Channels == nil {
			return
		}
		for _, row := range d.Channels(r.Context()) {
			v.Facts = append(v.Facts, linkOf(l, row))
		}
	case "sound":
		if q.Has("heard") {
			v.Done = l.T("Đã phát. Nếu không nghe thấy: xem loa, dây, âm lượng của máy, rồi bấm lại.", "Played. If you heard nothing: look at loudspeaker, cable and the computer's volume, and press again.")
		}
	case lastStep:
		v.Done = trialEnded(l, q)
		if q.Has("tidy") {
			v.Done = l.T("Số thử đã kết thúc.", "The trial number is done.")
		}
		if d.BookingNote != nil {
			if note, ok := d.BookingNote(r.Context()); ok {
				link := linkOf(l, note)
				v.Running = &link
			}
		}
		v.InHand = d.stillInHand(r.Context(), v.Number, q.Has("opened"))
	}
}

func proceduresOf(s queue.Setup, service string) (n int) {
	for _, p := range s.Procedures {
		if p.Service == service {
			n++
		}
	}
	return n
}

func linkOf(l page.Lang, row page.Row) indexLink {
	label, value := row.Words(l)
	return indexLink{row.Href, label, value}
}

func (d *Desk) voiceNote(ctx context.Context) (page.Row, bool) {
	if d.VoiceNote == nil {
		return page.Row{}, false
	}
	return d.VoiceNote(ctx)
}

// postStep saves a step and goes on to the next, or does what its button says.
func (d *Desk) postStep(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("step")
	typed, wrong := posted(w, r)
	all, i := steps(), stepIndex(id)
	if wrong != nil || all[i].id != id {
		d.showStep(w, r, id, http.StatusUnprocessableEntity, &answer{posted: typed, wrong: wrong})
		return
	}
	if id == accountStep {
		d.makeAccount(w, r, typed)
		return
	}
	more := url.Values{}
	switch next := all[min(i+1, len(all)-1)].id; {
	case all[i].form != nil:
		wrong = d.saveStep(r.Context(), all[i], typed)
		more.Set("saved", id)
		id = next
	case id == "sound":
		wrong = d.hear(r.Context())
		more.Set("heard", "1")
	case id == "ticket":
		var number string
		number, wrong = d.firstTicket(r.Context(), typed.Get("how"))
		more.Set("number", number)
		id = next
	case id == "call":
		more, wrong = d.firstCall(r.Context(), typed.Get("number"))
		id = next
	case id == lastStep:
		wrong = d.tidy(r.Context(), typed)
		more.Set("tidy", "1")
	}
	if len(wrong) > 0 {
		d.showStep(w, r, all[i].id, http.StatusUnprocessableEntity, &answer{posted: typed, wrong: wrong})
		return
	}
	d.markDone(w, r, all[i].id)
	d.seeStep(w, r, id, more)
}

// saveStep saves what a step's form asks and remembers what to tell about it.
func (d *Desk) saveStep(ctx context.Context, at step, typed url.Values) form.Problems {
	var before, after queue.Setup
	wrong := d.change(ctx, func(s *queue.Setup) form.Problems {
		before = copyOf(*s)
		wrong := at.form(d, *s).Apply(s, typed)
		if at.id == "services" && len(wrong) == 0 {
			settleProcedures(s, before, typed.Get(dropSamples) != form.Yes)
		}
		after = *s
		return wrong
	})
	if len(wrong) == 0 {
		d.told.set(at.id, toldOf(at.id, before, after))
	}
	return wrong
}

// meta says who acts.
func (d *Desk) meta(ctx context.Context) queue.Meta {
	return queue.Meta{Caller: cmp.Or(page.Who(ctx), "admin")}
}

// Fresh reports whether an office is still as a new installation begins with,
// so that /admin may offer the wizard.
func Fresh(s queue.Setup) bool {
	seed := queue.CommuneCentre()
	return s.Name == seed.Name && s.Address == "" && len(s.Hours) == 0 && fmt.Sprint(serviceIDs(s)) == fmt.Sprint(serviceIDs(seed))
}
