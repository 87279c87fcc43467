package setup

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/web/form"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

const maxForm = 256 << 10 // Bytes.

// Preview is how a past day would have gone under a setup that is being tried.
type Preview struct {
	Day  string
	Rows []PreviewRow
}

// PreviewRow is the waits of one service, or, without a name, of all.
type PreviewRow struct {
	Name          string
	People        int
	Before, After string // Mean wait in minutes.
	P95Before     string
	P95After      string
	Longer        bool // After is longer than Before.
}

// Config is what the pages need; Setup and Office are required.
type Config struct {
	Setup  page.Setup
	Office queue.Office // For the wizard's first number.
	// WhatIf replays the latest days under a setup that is not in force yet; nil =
	// no previews.
	WhatIf func(ctx context.Context, l page.Lang, next queue.Setup) ([]Preview, error)
	// TestSpeaker plays a call in the hall; nil = there is no loudspeaker.
	TestSpeaker func(ctx context.Context) error
	// FirstAccount tells whether the first administrator is still to be made; nil =
	// never. MakeAccount makes one of the wizard's form, which has been read, and
	// sends the browser on to its "next"; else wrong says by field what to change,
	// in the page's language, and status is the page's. Both or none.
	FirstAccount func(ctx context.Context) bool
	MakeAccount  func(w http.ResponseWriter, r *http.Request) (wrong map[string]string, status int)
	// Channels tells how telephone, printer and chats are; nil = not known.
	Channels func(ctx context.Context) []page.Row
	// Past tells whether the office has had a day before this one; nil = no.
	Past func() bool
	// VoiceNote tells, if ok, that another voice speaks than that of the office's
	// region, and what can be done; nil = never.
	VoiceNote func(ctx context.Context) (note page.Row, ok bool)
	// BookingNote tells, if ok, that citizens can book times, and where that is
	// switched off; nil = they cannot.
	BookingNote func(ctx context.Context) (note page.Row, ok bool)
	// Address is what citizens' links begin with; the wizard shows a warning of it.
	Address page.Row
	Now     func() time.Time // Nil = time.Now.
	Name    string           // Of the office, for the head of the pages.
	Build   string
	Logger  *slog.Logger // Nil = silent.
}

// Desk is the pages.
type Desk struct {
	Config
	kit   *page.Desk
	lists map[string]list
	told  *told
}

// New makes the pages.
func New(c Config) (*Desk, error) {
	if c.Setup == nil || c.Office == nil {
		return nil, errors.New("setup: Config.Setup and Config.Office are required")
	}
	if (c.FirstAccount == nil) != (c.MakeAccount == nil) {
		return nil, errors.New("setup: Config.FirstAccount and Config.MakeAccount belong together")
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	kit, err := page.NewDesk(page.DeskConfig{Name: "setup", Prefix: Prefix, Files: files, Style: "setup.css", Office: c.Name, Build: c.Build, Logger: c.Logger})
	if err != nil {
		return nil, err
	}
	return &Desk{Config: c, kit: kit, lists: lists(), told: &told{}}, nil
}

// Handler serves everything under Prefix and WizardPath.
func (d *Desk) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+Prefix, d.index)
	for name := range sheets() {
		d.pageOf(mux, "/"+name, func(w http.ResponseWriter, r *http.Request) { d.showSheet(w, r, name, http.StatusOK, nil) }, func(w http.ResponseWriter, r *http.Request) { d.saveSheet(w, r, name) })
	}
	mux.HandleFunc("GET "+Prefix+"/{list}", d.showList)
	mux.HandleFunc("GET "+Prefix+"/{list}/new", func(w http.ResponseWriter, r *http.Request) { d.showItem(w, r, "", http.StatusOK, nil) })
	mux.HandleFunc("POST "+Prefix+"/{list}/new", func(w http.ResponseWriter, r *http.Request) { d.saveItem(w, r, "") })
	mux.HandleFunc("GET "+Prefix+"/{list}/of/{id}", func(w http.ResponseWriter, r *http.Request) { d.showItem(w, r, r.PathValue("id"), http.StatusOK, nil) })
	mux.HandleFunc("POST "+Prefix+"/{list}/of/{id}", func(w http.ResponseWriter, r *http.Request) { d.saveItem(w, r, r.PathValue("id")) })
	d.pageOf(mux, "/{list}/of/{id}/remove", d.backToList, d.removeItem)
	d.pageOf(mux, "/{list}/of/{id}/up", d.backToList, d.moveItem)
	d.pageOf(mux, "/days/suggested", d.backToDays, d.saveSuggested)
	d.pageOf(mux, "/trial", d.askTrial, d.setTrial)
	d.wizardRoutes(mux)
	return d.kit.Handler(mux)
}

// pageOf serves one address below Prefix.
func (d *Desk) pageOf(mux *http.ServeMux, path string, get, post http.HandlerFunc) {
	mux.HandleFunc("GET "+Prefix+path, get)
	mux.HandleFunc("POST "+Prefix+path, post)
}

// single is a form about the office itself.
type single struct {
	title, intro form.Text
	form         func() form.Form[queue.Setup]
	tries        bool // What it changes can be tried on past days.
}

// sheets are the forms about the office itself, by the last part of their
// address.
func sheets() map[string]single {
	return map[string]single{
		"office": {form.Text{VI: "Cơ quan", EN: "The office"}, form.Text{}, officeForm, false},
		"hours":  {form.Text{VI: "Giờ làm việc", EN: "Opening hours"}, form.Text{}, hoursForm, false},
		"rules": {form.Text{VI: "Thứ tự gọi và giới hạn", EN: "Order and limits"},
			form.Text{VI: "Bấm Xem thử để biết những ngày đã qua sẽ ra sao với quy định này, trước khi lưu.", EN: "Press Try to see how past days would have gone under these rules, before saving."}, rulesForm, true},
		"rating": {form.Text{VI: "Đánh giá hài lòng", EN: "Ratings"},
			form.Text{VI: "Dùng cho máy đánh giá tại quầy, ki-ốt, trang của từng số trên điện thoại. Gọi điện và nhắn tin luôn hỏi thang điểm chung, từ 1 đến 5.", EN: "For the rating screens, the kiosks and each number's own page. By telephone and chat the common scale of 1 to 5 is asked for."}, ratingForm, false},
	}
}

// origin is the step of the wizard that a page was opened from, by its id, as
// the page's address tells; empty = none. It is never an address: nobody is led
// to another server.
type origin string

func originOf(r *http.Request) origin {
	from := r.URL.Query().Get("from")
	if !slices.ContainsFunc(steps(), func(s step) bool { return s.id == from }) {
		return ""
	}
	return origin(from)
}

// on gives the address of a page of this package that leads back there, too.
func (o origin) on(path string, query url.Values) string {
	query = maps.Clone(query)
	if o != "" {
		if query == nil {
			query = url.Values{}
		}
		query.Set("from", string(o))
	}
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	return path
}

// back is where one came from: the wizard, or else home.
func (o origin) back(home string) string {
	if o == "" {
		return home
	}
	return WizardPath + "?" + url.Values{"step": {string(o)}}.Encode()
}

// kept is what of the address holds in the other language, too.
func (o origin) kept() url.Values {
	if o == "" {
		return nil
	}
	return url.Values{"from": {string(o)}}
}

// formView is a page with one form.
type formView struct {
	Intro    string
	Action   string
	Rows     []form.Row
	General  []string
	Done     bool
	Tries    bool
	Previews []Preview
	Remove   string // Address of the button that removes it; empty = there is none.
	Back     string
}

// answer is what a form led to when it could not be saved, or was only tried.
type answer struct {
	posted   url.Values
	wrong    form.Problems
	previews []Preview
}

func (d *Desk) showSheet(w http.ResponseWriter, r *http.Request, name string, status int, a *answer) {
	l, s, from := page.Language(r), sheets()[name], originOf(r)
	v := formView{Intro: s.intro.In(l), Action: from.on(Prefix+"/"+name, nil), Tries: s.tries && d.WhatIf != nil, Back: from.back(Prefix)}
	d.showForm(w, r, status, whole(s.form()), s.title.In(l), v, a)
}

// showForm writes a page with a form; a is nil where nothing was typed yet.
func (d *Desk) showForm(w http.ResponseWriter, r *http.Request, status int, f sheet, title string, v formView, a *answer) {
	view, err := d.Setup.Setup(r.Context())
	if err != nil {
		d.unavailable(w)
		return
	}
	l := page.Language(r)
	v.Done = r.URL.Query().Has("done")
	if a == nil {
		a = &answer{}
	}
	var there bool
	if v.Rows, v.General, there = f.rows(l, view.Setup, a.posted, a.wrong); !there {
		v.General = append(v.General, gone().In(l))
		status = max(status, http.StatusNotFound)
	}
	v.Previews = a.previews
	d.kit.Render(w, r, status, "form", page.View{Title: title, Office: l.T(view.Setup.Name, view.Setup.NameEN), Keep: originOf(r).kept(), Data: v})
}

func gone() form.Text {
	return form.Text{VI: "Mục này vừa bị người khác xóa. Những gì quý vị gõ còn ở dưới: chép lại, rồi thêm mục mới.", EN: "Somebody else has just removed this. What you typed is below: copy it, then add it anew."}
}

func (d *Desk) unavailable(w http.ResponseWriter) {
	http.Error(w, "Chưa đọc được cài đặt. Xin thử lại. / The settings cannot be read. Please try again.", http.StatusServiceUnavailable)
}

// changeTries is how often a change begins anew when somebody else was quicker:
// it is made on the setup as it is, so nothing of theirs is lost.
const changeTries = 5

// change puts a change in force. change says what is wrong, field by field.
func (d *Desk) change(ctx context.Context, change func(*queue.Setup) form.Problems) form.Problems {
	for try := 1; ; try++ {
		view, err := d.Setup.Setup(ctx)
		if err != nil {
			return problem(err)
		}
		view.Setup = copyOf(view.Setup)
		if wrong := change(&view.Setup); len(wrong) > 0 {
			return wrong
		}
		if err := view.Setup.Check(); err != nil {
			return problem(err)
		}
		_, err = page.Configure(ctx, d.Setup, view)
		if queue.ErrorCode(err) == queue.CodeStaleVersion && try < changeTries {
			continue
		}
		if err != nil {
			return problem(err)
		}
		return nil
	}
}

// problem says what an office answers to a change.
func problem(err error) form.Problems {
	text := form.Text{VI: err.Error(), EN: err.Error()}
	switch queue.ErrorCode(err) {
	case queue.CodeSetupInUse:
		text = form.Text{
			VI: "Chưa đổi được vì đang có người dùng: còn phiếu chưa xong hoặc quầy đang mở. Hãy đóng hàng đợi hay quầy ấy trước, chờ hết phiếu rồi làm lại. (" + err.Error() + ")",
			EN: "It is in use: tickets are not done, or the counter is open. Close that queue or counter first, and try again when its tickets are done. (" + err.Error() + ")",
		}
	case queue.CodeUnavailable:
		text = form.Text{VI: "Máy chủ chưa ghi được. Những gì quý vị gõ còn ở dưới: bấm Lưu lần nữa.", EN: "The server could not write. What you typed is below: save again."}
	case queue.CodeBadRequest:
		text = form.Text{VI: "Cài đặt này chưa dùng được: " + err.Error() + ". Sửa chỗ ấy rồi lưu lại.", EN: "This cannot be used: " + err.Error() + ". Change that and save again."}
	}
	return form.Problems{"": text}
}

// posted reads what was sent.
func posted(w http.ResponseWriter, r *http.Request) (url.Values, form.Problems) {
	if err := page.ReadForm(w, r, maxForm); err != nil {
		return nil, form.Problems{"": form.Text{VI: err.Error(), EN: err.Error()}}
	}
	return r.PostForm, nil
}

func (d *Desk) saveSheet(w http.ResponseWriter, r *http.Request, name string) {
	typed, wrong := posted(w, r)
	f := whole(sheets()[name].form())
	if wrong == nil && typed.Has("try") {
		d.try(w, r, typed, f, func(status int, a *answer) { d.showSheet(w, r, name, status, a) })
		return
	}
	if wrong == nil {
		wrong = d.change(r.Context(), func(s *queue.Setup) form.Problems { p, _ := f.apply(s, typed); return p })
	}
	if len(wrong) > 0 {
		d.showSheet(w, r, name, http.StatusUnprocessableEntity, &answer{posted: typed, wrong: wrong})
		return
	}
	http.Redirect(w, r, originOf(r).on(Prefix+"/"+name, url.Values{"done": {"1"}}), http.StatusSeeOther)
}

// try plays past days under what was typed, and saves nothing.
func (d *Desk) try(w http.ResponseWriter, r *http.Request, typed url.Values, f sheet, show func(int, *answer)) {
	view, err := d.Setup.Setup(r.Context())
	if err != nil || d.WhatIf == nil {
		d.unavailable(w)
		return
	}
	next := copyOf(view.Setup)
	a := &answer{posted: typed}
	if a.wrong, _ = f.apply(&next, typed); len(a.wrong) == 0 {
		if err := next.Check(); err != nil {
			a.wrong = problem(err)
		}
	}
	if len(a.wrong) == 0 {
		if a.previews, err = d.WhatIf(r.Context(), page.Language(r), next); err != nil {
			a.wrong = form.Problems{"": {VI: err.Error(), EN: err.Error()}}
		}
	}
	if len(a.wrong) > 0 {
		show(http.StatusUnprocessableEntity, a)
		return
	}
	show(http.StatusOK, a)
}

// listView is a page with a list.
type listView struct {
	Name, Title, Intro, New string
	From                    origin
	Back                    string
	Done                    string
	Wrong                   []string
	Groups                  []group
	Suggested               []suggestion // Of the days: holidays that are not there yet.
	Year                    int
	Years                   []int
}

type group struct {
	Name    string
	Entries []entry
}

func (d *Desk) listOf(w http.ResponseWriter, r *http.Request) (list, string, bool) {
	name := r.PathValue("list")
	l, ok := d.lists[name]
	if !ok {
		http.Redirect(w, r, Prefix, http.StatusSeeOther)
	}
	return l, name, ok
}

func (d *Desk) showList(w http.ResponseWriter, r *http.Request) {
	d.writeList(w, r, http.StatusOK, nil)
}

func (d *Desk) writeList(w http.ResponseWriter, r *http.Request, status int, wrong form.Problems) {
	all, name, ok := d.listOf(w, r)
	if !ok {
		return
	}
	view, err := d.Setup.Setup(r.Context())
	if err != nil {
		d.unavailable(w)
		return
	}
	l, called := page.Language(r), all.words()
	v := listView{Name: name, From: originOf(r), Back: originOf(r).back(Prefix), Title: called.Title.In(l), Intro: called.Intro.In(l), New: called.New.In(l), Done: dones().In(l, r.URL.Query().Get("done"))}
	for _, text := range wrong {
		v.Wrong = append(v.Wrong, text.In(l))
	}
	for _, e := range all.entries(l, view.Setup) {
		i := slices.IndexFunc(v.Groups, func(g group) bool { return g.Name == e.Group })
		if i < 0 {
			i, v.Groups = len(v.Groups), append(v.Groups, group{Name: e.Group})
		}
		v.Groups[i].Entries = append(v.Groups[i].Entries, e)
	}
	if name == "days" {
		d.suggest(l, r, view.Setup, &v)
	}
	d.kit.Render(w, r, status, "list", page.View{Title: v.Title, Office: l.T(view.Setup.Name, view.Setup.NameEN), Keep: v.From.kept(), Data: v})
}

func dones() page.Phrases {
	return page.Phrases{
		"save": {"Đã lưu, có hiệu lực ngay.", "Saved, in force at once."}, "remove": {"Đã xóa.", "Removed."}, "up": {"Đã chuyển lên.", "Moved up."},
		"days": {"Đã thêm các ngày nghỉ.", "The holidays were added."},
	}
}

func (d *Desk) showItem(w http.ResponseWriter, r *http.Request, id string, status int, a *answer) {
	all, name, ok := d.listOf(w, r)
	if !ok {
		return
	}
	view, err := d.Setup.Setup(r.Context())
	if err != nil {
		d.unavailable(w)
		return
	}
	l, from := page.Language(r), originOf(r)
	v := formView{Action: from.on(Prefix+"/"+name+"/new", nil), Back: from.on(Prefix+"/"+name, nil), Tries: name == "counters" && id != "" && d.WhatIf != nil}
	title := all.words().New.In(l)
	if id != "" {
		at := Prefix + "/" + name + "/of/" + url.PathEscape(id)
		v.Action, v.Remove = from.on(at, nil), from.on(at+"/remove", nil)
		title = all.words().Title.In(l) + ": " + id
	}
	d.showForm(w, r, status, all.sheet(view.Setup, id), title, v, a)
}

func (d *Desk) saveItem(w http.ResponseWriter, r *http.Request, id string) {
	all, name, ok := d.listOf(w, r)
	if !ok {
		return
	}
	typed, wrong := posted(w, r)
	apply := func(s *queue.Setup) form.Problems {
		before := copyOf(*s)
		p, there := all.sheet(*s, id).apply(s, typed)
		switch {
		case !there:
			p = form.Problems{"": gone()}
		case len(p) == 0:
			all.settle(s, before)
		}
		return p
	}
	if view, err := d.Setup.Setup(r.Context()); wrong == nil && err == nil && typed.Has("try") {
		d.try(w, r, typed, all.sheet(view.Setup, id), func(status int, a *answer) { d.showItem(w, r, id, status, a) })
		return
	}
	if wrong == nil {
		wrong = d.change(r.Context(), apply)
	}
	if len(wrong) > 0 {
		d.showItem(w, r, id, http.StatusUnprocessableEntity, &answer{posted: typed, wrong: wrong})
		return
	}
	to := "#i-" + url.PathEscape(cmp.Or(id, all.key(typed)))
	http.Redirect(w, r, originOf(r).on(Prefix+"/"+name, url.Values{"done": {"save"}})+to, http.StatusSeeOther)
}

func (d *Desk) backToList(w http.ResponseWriter, r *http.Request) {
	http.Redirect(w, r, originOf(r).on(Prefix+"/"+url.PathEscape(r.PathValue("list")), nil), http.StatusSeeOther)
}

func (d *Desk) removeItem(w http.ResponseWriter, r *http.Request) {
	d.changeItem(w, r, "remove", func(all list, s *queue.Setup, id string) bool { return all.remove(s, id) })
}

func (d *Desk) moveItem(w http.ResponseWriter, r *http.Request) {
	d.changeItem(w, r, "up", func(all list, s *queue.Setup, id string) bool { return all.move(s, id) })
}

func (d *Desk) changeItem(w http.ResponseWriter, r *http.Request, done string, change func(list, *queue.Setup, string) bool) {
	all, name, ok := d.listOf(w, r)
	if !ok {
		return
	}
	_, wrong := posted(w, r)
	if wrong == nil {
		wrong = d.change(r.Context(), func(s *queue.Setup) form.Problems { change(all, s, r.PathValue("id")); return nil })
	}
	if len(wrong) > 0 {
		d.writeList(w, r, http.StatusUnprocessableEntity, wrong)
		return
	}
	http.Redirect(w, r, originOf(r).on(Prefix+"/"+name, url.Values{"done": {done}}), http.StatusSeeOther)
}

// indexView is the page that leads to all others.
type indexView struct {
	Links []indexLink
	Trial bool
	Done  string // What ended with the trial.
	Wrong []string
}

type indexLink struct{ Href, Label, Detail string }

func (d *Desk) index(w http.ResponseWriter, r *http.Request) { d.writeIndex(w, r, http.StatusOK, nil) }

func (d *Desk) writeIndex(w http.ResponseWriter, r *http.Request, status int, wrong form.Problems) {
	view, err := d.Setup.Setup(r.Context())
	if err != nil {
		d.unavailable(w)
		return
	}
	l, s := page.Language(r), view.Setup
	v := indexView{Trial: s.Trial, Done: trialEnded(l, r.URL.Query())}
	for _, text := range wrong {
		v.Wrong = append(v.Wrong, text.In(l))
	}
	link := func(href, vi, en, detail string) {
		v.Links = append(v.Links, indexLink{href, l.T(vi, en), detail})
	}
	several := func(n int, vi, en string) string { return strconv.Itoa(n) + " " + l.T(vi, en) }
	hours := l.T("suốt ngày đêm", "around the clock")
	if len(s.Hours) > 0 {
		hours = several(len(s.Hours), "buổi một tuần", "sessions a week")
	}
	link(WizardPath, "Thiết lập từng bước", "Set up step by step", l.T("từ đầu đến số gọi đầu tiên", "from nothing to the first call"))
	link(Prefix+"/office", "Cơ quan: tên, địa chỉ, giọng đọc", "The office: name, address, spoken words", l.T(s.Name, s.NameEN))
	link(Prefix+"/services", "Hàng đợi và dải số", "Queues and their numbers", several(len(s.Services), "hàng đợi", "queues"))
	link(Prefix+"/procedures", "Lĩnh vực, thủ tục", "Fields and procedures", several(len(s.Procedures), "thủ tục", "procedures"))
	link(Prefix+"/counters", "Quầy và việc của quầy", "Counters and what they serve", several(len(s.Counters), "quầy", "counters"))
	link(Prefix+"/rules", "Thứ tự gọi, diện ưu tiên, giới hạn", "Order, priority, limits", "")
	link(Prefix+"/rating", "Đánh giá: các mức, lý do, báo động", "Ratings: levels, reasons, alarms", "")
	link(Prefix+"/hours", "Giờ làm việc", "Opening hours", hours)
	link(Prefix+"/days", "Ngày nghỉ, ngày làm bù", "Holidays and make-up days", several(len(s.Days), "ngày", "days"))
	link(Prefix+"/zones", "Khu vực loa", "Loudspeaker zones", several(len(s.Zones), "khu vực", "zones"))
	link(Prefix+"/agencies", "Sở, ngành chung một sảnh", "Agencies in one hall", several(len(s.Agencies), "sở, ngành", "agencies"))
	link("/admin/paper", "Phiếu in và màn hình máy lấy số", "Paper and kiosk screens", "")
	link("/admin/phone", "Menu và lời đọc điện thoại", "Telephone menu and texts", "")
	link("/admin/boards", "Bảng hiển thị", "Boards", several(len(s.Boards), "bảng", "boards"))
	d.kit.Render(w, r, status, "index", page.View{Title: l.T("Thiết lập cơ quan", "The office's settings"), Office: l.T(s.Name, s.NameEN), Data: v})
}

func itoa(n int) string { return strconv.Itoa(n) }
