package desk

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/people"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// roleRow is a role to choose.
type roleRow struct{ ID, Name, Means string }

// roles are the roles of people in words.
func roles(l page.Lang) (out []roleRow) {
	for _, r := range queue.StaffRoles() {
		name, means := roleName(l, r)
		out = append(out, roleRow{string(r), name, means})
	}
	return out
}

func roleName(l page.Lang, r queue.Role) (name, means string) {
	switch r {
	case queue.RoleAgent:
		return l.T("Cán bộ quầy", "Agent"), l.T("gọi và phục vụ tại quầy", "calls and serves at counters")
	case queue.RoleSupervisor:
		return l.T("Trưởng ca", "Supervisor"), l.T("mọi quầy, ngừng cấp số, thẻ ưu tiên, loa, theo dõi, báo cáo", "all counters, stopping numbers, priority cards, loudspeakers, overview, reports")
	case queue.RoleLeader:
		return l.T("Lãnh đạo", "Leader"), l.T("theo dõi, báo cáo, thử phương án; không gọi số", "overview, reports, what-if; calls nobody")
	case queue.RoleAuditor:
		return l.T("Kiểm tra", "Auditor"), l.T("nhật ký thao tác, theo dõi, báo cáo; không đổi gì", "audit log, overview, reports; changes nothing")
	default:
		return l.T("Quản trị", "Administrator"), l.T("mọi việc, kể cả cài đặt và tài khoản", "everything, settings and accounts too")
	}
}

// roleWords is a post in words.
func roleWords(l page.Lang, p people.Post) string {
	name, _ := roleName(l, p.Role)
	if len(p.Counters) > 0 {
		name += " – " + l.T("quầy ", "counter ") + strings.Join(p.Counters, ", ")
	}
	return name
}

// firstData is the page of the first administrator.
type firstData struct{ form }

func (d *Desk) showFirst(w http.ResponseWriter, r *http.Request, status int, f form) {
	if d.anybody(r.Context()) {
		see(w, r, LoginPath)
		return
	}
	if f.Next == "" {
		f.Next = local(cmp.Or(r.URL.Query().Get("next"), r.URL.Query().Get("back")))
	}
	d.kit.Render(w, r, status, "first", page.View{Title: page.Language(r).T("Quản trị viên đầu tiên", "The first administrator"), Data: firstData{f}})
}

// first makes the first administrator and signs the browser in.
func (d *Desk) first(w http.ResponseWriter, r *http.Request) {
	if r.PostForm.Get("next") == "" {
		r.PostForm.Set("next", PeoplePath)
	}
	if f, code := d.makeFirst(w, r); code != 0 {
		d.showFirst(w, r, code, f)
	}
}

// MakeFirst makes the first administrator of a form that a page of another part
// has read, whose fields are those of PeoplePath/first, signs the browser in and
// sends it on to the form's "next". Where that cannot be, nothing is answered
// yet: wrong says by field what to change, "" = in general, in the page's
// language, and code is the status that the page should have.
func (d *Desk) MakeFirst(w http.ResponseWriter, r *http.Request) (wrong map[string]string, code int) {
	f, code := d.makeFirst(w, r)
	if code == 0 {
		return nil, 0
	}
	wrong = f.Wrong
	if f.Text != "" {
		wrong[""] = f.Text
	}
	return wrong, code
}

// makeFirst answers where it could; else code is the status of the page that
// shows f.
func (d *Desk) makeFirst(w http.ResponseWriter, r *http.Request) (f form, code int) {
	typed := r.PostForm
	var err error
	n := people.NewAccount{Name: typed.Get("name"), Display: strings.TrimSpace(typed.Get("display")), Password: typed.Get("password")}
	if typed.Get("password") != typed.Get("again") {
		err = &people.FieldError{Field: "again", VI: "Hai lần gõ mật khẩu khác nhau: gõ lại", EN: "The two passwords differ: type them again"}
	} else {
		_, err = d.People.First(r.Context(), d.ID, d.who(r), n)
	}
	if errors.Is(err, people.ErrNotFirst) {
		see(w, r, LoginPath)
		return form{}, 0
	}
	if err != nil {
		return failed(r, err), status(err)
	}
	e, err := d.People.SignIn(r.Context(), people.Attempt{Name: n.Name, Password: n.Password, From: d.from(r)})
	if err != nil {
		see(w, r, LoginPath)
		return form{}, 0
	}
	d.enter(w, r, e)
	return form{}, 0
}

// peopleData is the list of accounts.
type peopleData struct {
	form
	None     bool
	Accounts []accountRow
	Roles    []roleRow
	Counters []string
	OpenID   bool
	Given    *given
	Edit     *accountRow
}

// given is a password that is shown once.
type given struct{ Name, Called, Password string }

type accountRow struct {
	people.Account
	Role, Words, Counters, Seen string
}

func (d *Desk) showPeople(w http.ResponseWriter, r *http.Request, status int, f form, g *given) {
	d.renderPeople(w, r, status, f, g, "")
}

func (d *Desk) renderPeople(w http.ResponseWriter, r *http.Request, status int, f form, g *given, edit string) {
	l := page.Language(r)
	all, err := d.People.Accounts(r.Context())
	data := peopleData{form: f, None: len(all) == 0, Roles: roles(l), OpenID: d.OpenID != nil, Given: g}
	if err != nil {
		data.Text = page.Sentence(l, err)
	}
	if data.Done == "" {
		data.Done = peopleDone.In(l, r.URL.Query().Get("done"))
	}
	data.Counters, _ = d.Counters(r.Context()) // Only a help in typing.
	for _, a := range all {
		row := accountRow{Account: a, Seen: d.stamp(a.SeenAt)}
		for _, p := range a.Posts {
			if p.Office == d.ID {
				row.Role, row.Words, row.Counters = string(p.Role), roleWords(l, p), strings.Join(p.Counters, ", ")
			}
		}
		data.Accounts = append(data.Accounts, row)
		if a.Name == edit {
			data.Edit = &row
		}
	}
	d.kit.Render(w, r, status, "people", page.View{Title: l.T("Nhân viên", "People"), Once: g != nil, Data: data})
}

var peopleDone = page.Phrases{
	"change":  {"Đã lưu tài khoản.", "The account is saved."},
	"disable": {"Đã khóa tài khoản; mọi nơi đăng nhập của tài khoản đó đã bị đăng xuất.", "The account is shut; all its sessions have ended."},
	"enable":  {"Đã mở lại tài khoản.", "The account is open again."},
}

// post reads role and counters of a form.
func (d *Desk) post(r *http.Request) ([]people.Post, error) {
	role := queue.Role(r.PostForm.Get("role"))
	p := people.Post{Office: d.ID, Role: role}
	if role != queue.RoleAgent {
		return []people.Post{p}, nil
	}
	known, err := d.Counters(r.Context())
	if err != nil {
		return nil, err
	}
	p.Counters = people.CountersOf(r.PostForm.Get("counters"))
	for _, c := range p.Counters {
		if !has(known, c) {
			return nil, &people.FieldError{
				Field: "counters", VI: "Không có quầy " + c + ": các quầy là " + strings.Join(known, ", "), EN: "There is no counter " + c + ": the counters are " + strings.Join(known, ", "),
			}
		}
	}
	return []people.Post{p}, nil
}

func has(list []string, one string) bool {
	for _, s := range list {
		if s == one {
			return true
		}
	}
	return false
}

func (d *Desk) add(w http.ResponseWriter, r *http.Request) {
	posts, err := d.post(r)
	n := people.NewAccount{
		Name: r.PostForm.Get("name"), Display: strings.TrimSpace(r.PostForm.Get("display")), Posts: posts, Identity: strings.TrimSpace(r.PostForm.Get("identity")),
	}
	var a people.Account
	var password string
	if err == nil {
		a, password, err = d.People.Add(r.Context(), d.who(r), n)
	}
	if err != nil {
		d.showPeople(w, r, status(err), failed(r, err), nil)
		return
	}
	d.showPeople(w, r, http.StatusOK, form{}, &given{a.Name, a.Called(), password})
}

func (d *Desk) edit(w http.ResponseWriter, r *http.Request) {
	d.renderPeople(w, r, http.StatusOK, form{}, nil, r.URL.Query().Get("name"))
}

func (d *Desk) change(w http.ResponseWriter, r *http.Request) {
	posts, err := d.post(r)
	name := r.PostForm.Get("name")
	if err == nil {
		err = d.People.Change(r.Context(), d.who(r), name, people.Edit{
			Display: strings.TrimSpace(r.PostForm.Get("display")), Posts: posts, Identity: strings.TrimSpace(r.PostForm.Get("identity")),
		})
	}
	if err != nil {
		d.renderPeople(w, r, status(err), failed(r, err), nil, name)
		return
	}
	see(w, r, PeoplePath+"?done=change")
}

func (d *Desk) reset(w http.ResponseWriter, r *http.Request) {
	name := r.PostForm.Get("name")
	password, err := d.People.Reset(r.Context(), d.who(r), name)
	if err != nil {
		d.showPeople(w, r, status(err), failed(r, err), nil)
		return
	}
	d.showPeople(w, r, http.StatusOK, form{}, &given{name, name, password})
}

// disable shuts an account, or opens it again.
func (d *Desk) disable(w http.ResponseWriter, r *http.Request) {
	shut := strings.HasSuffix(r.URL.Path, "/disable")
	if err := d.People.Disable(r.Context(), d.who(r), r.PostForm.Get("name"), shut); err != nil {
		d.showPeople(w, r, status(err), failed(r, err), nil)
		return
	}
	done := "enable"
	if shut {
		done = "disable"
	}
	see(w, r, PeoplePath+"?"+url.Values{"done": {done}}.Encode())
}
