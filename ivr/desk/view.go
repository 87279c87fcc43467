package desk

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/xinmoi/xinmoi/ivr"
	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// data is what the page shows.
type data struct {
	Done, Wrong string
	Version     string
	Settings    settings
	Services    []option
	Tongues     []tongue
	Kinds       []option
	Rows        []row
	Automatic   bool
	Demand      bool
	Texts       []textRow
	TextsOpen   bool
	Language    string // Of Texts.
	Heard       []heard
	Dial        string
	CanCall     bool
	TestTo      string
}

// option is a choice of a list.
type option struct {
	Value, Label string
	Chosen       bool
}

// tongue is a language that can be offered beside Vietnamese, or edited.
type tongue struct {
	Code, Name string
	Offered    bool
	Vietnamese bool
}

// textRow is one text of the telephone.
type textRow struct {
	ID, About, Usual, Own string
	Long                  bool
}

// heard is the whole menu in one language.
type heard struct {
	Language, Name string
	Levels         []level
}

// level is one level of it.
type level struct {
	ivr.Level
	Many bool // More services than people keep in mind.
}

// spareRows are the empty lines at the end of the menu.
const spareRows = 4

// mostServices is how many services of a level people keep in mind (ISO/IEC 13714).
const mostServices = 4

// show writes the page; typed is what a form had that was not saved, wrong why.
func (d *Desk) show(w http.ResponseWriter, r *http.Request, status int, typed draft, wrong error) {
	l := page.Language(r)
	view, err := d.Setup.Setup(r.Context())
	if err != nil && wrong == nil {
		wrong, status = fmt.Errorf("chưa đọc được cài đặt, thử lại sau ít phút (the setup cannot be read, try again in a few minutes): %w", err), http.StatusServiceUnavailable
	}
	language := r.URL.Query().Get("texts")
	if typed.Language != "" {
		language = typed.Language
	}
	data := d.view(l, view, typed, language)
	if data.Done = done().In(l, r.URL.Query().Get("done")); wrong != nil {
		data.Done, data.Wrong = "", plain(wrong)
		d.Logger.Warn("what an administrator asked of the telephone's menu failed", "path", r.URL.Path, "status", status, "code", queue.ErrorCode(wrong)) // The error may hold a number.
	}
	d.kit.Render(w, r, status, "phone", page.View{Lang: l, Title: l.T("Menu điện thoại", "Telephone menu"), Data: data})
}

// plain is an error as people read it: without its code.
func plain(err error) string {
	var coded *queue.Error
	text := err.Error()
	if errors.As(err, &coded) {
		text = strings.Replace(text, string(coded.Code)+": ", "", 1)
	}
	return text
}

// view puts the setup and what was typed together: what was typed is shown,
// whether or not it can be used.
func (d *Desk) view(l page.Lang, view queue.SetupView, typed draft, language string) data {
	phone := view.Setup.Phone
	out := data{
		Version: view.Version, Automatic: len(phone.Menu) == 0, Demand: d.Demand != nil, Dial: d.Dial, CanCall: d.TestCall != nil, TestTo: typed.TestTo,
		Settings: settingsOf(phone),
	}
	out.Settings.Languages = d.Phone.Tongues(phone)
	if typed.Settings != nil {
		out.Settings = *typed.Settings
	}
	for _, v := range view.Setup.Services {
		out.Services = append(out.Services, option{Value: v.ID, Label: v.ID + " – " + v.Name})
	}
	for _, k := range d.Phone.Kinds() {
		out.Kinds = append(out.Kinds, option{Value: k.Name, Label: l.T(k.About[0], k.About[1])})
	}
	if out.Language = language; language == "" {
		out.Language = string(page.Vietnamese)
	}
	for _, t := range ivr.Languages() {
		out.Tongues = append(out.Tongues, tongue{
			Code: t[0], Name: t[1], Offered: slices.Contains(out.Settings.Languages, t[0]), Vietnamese: t[0] == string(page.Vietnamese),
		})
	}
	out.Rows = d.rows(view.Setup, typed)
	out.TextsOpen = language != ""
	out.Texts = textRows(l, phone, typed, out.Language)
	out.Heard = d.heard(view.Setup)
	return out
}

func settingsOf(p queue.PhoneSetup) settings {
	c := p.Callback.WithDefaults()
	return settings{
		Operator: p.Operator, General: p.General, CallOff: c.Off,
		Ahead: fmt.Sprint(c.Ahead), Attempts: fmt.Sprint(c.Attempts), From: c.From, Till: c.To,
	}
}

// rows is the menu to edit: as typed, as the office has arranged it, or as it
// is built from the services.
func (d *Desk) rows(s queue.Setup, typed draft) []row {
	rows := typed.Rows
	if rows == nil {
		menu := s.Phone.Menu
		if len(menu) == 0 {
			menu = d.Phone.BuiltMenu(s)
		}
		rows = rowsOf(menu, "")
	}
	for range spareRows {
		rows = append(rows, row{Kind: queue.PhoneService})
	}
	return rows
}

func textRows(l page.Lang, p queue.PhoneSetup, typed draft, language string) []textRow {
	const long = 70
	var out []textRow
	for _, prompt := range ivr.Prompts(language) {
		t := textRow{ID: prompt.ID, About: l.T(prompt.About[0], prompt.About[1]), Usual: prompt.Text, Own: p.Prompts[language][prompt.ID]}
		if typed.Texts != nil {
			t.Own = typed.Texts[prompt.ID]
		}
		t.Long = len([]rune(prompt.Text)) > long || len([]rune(t.Own)) > long
		out = append(out, t)
	}
	return out
}

// heard tells what callers hear, in Vietnamese and in each language offered.
func (d *Desk) heard(s queue.Setup) []heard {
	var out []heard
	for _, t := range ivr.Languages() {
		if t[0] != string(page.Vietnamese) && !slices.Contains(d.Phone.Tongues(s.Phone), t[0]) {
			continue
		}
		h := heard{Language: t[0], Name: t[1]}
		for _, own := range d.Phone.Outline(s, t[0], d.Now()) {
			services := 0
			for _, line := range own.Lines {
				if line.Kind == queue.PhoneService {
					services++
				}
			}
			h.Levels = append(h.Levels, level{own, services > mostServices})
		}
		out = append(out, h)
	}
	return out
}

// card writes the menu to print and hang beside a telephone: who hears badly or
// slowly reads along.
func (d *Desk) card(w http.ResponseWriter, r *http.Request) {
	l := page.Language(r)
	view, err := d.Setup.Setup(r.Context())
	if err != nil {
		http.Error(w, "chưa đọc được cài đặt, thử lại sau ít phút (the setup cannot be read, try again in a few minutes)", http.StatusServiceUnavailable)
		return
	}
	var lines []ivr.MenuLine
	for _, own := range d.Phone.Outline(view.Setup, string(l), d.Now()) {
		for _, line := range own.Lines {
			if line.Label != "" {
				lines = append(lines, line)
			}
		}
	}
	d.kit.Render(w, r, http.StatusOK, "card", page.View{
		Lang: l, Title: l.T("Thẻ menu điện thoại", "Telephone menu card"), Home: Prefix,
		Data: cardData{Name: l.T(view.Setup.Name, view.Setup.NameEN), Dial: d.Dial, Lines: lines, Operator: view.Setup.Phone.Operator != ""},
	})
}

// cardData is what the card shows. Who answers key 0 is not on it.
type cardData struct {
	Name, Dial string
	Lines      []ivr.MenuLine
	Operator   bool
}

// done is what the page says when a form was done.
func done() page.Phrases {
	saved := [2]string{"Đã lưu. Cuộc gọi tiếp theo nghe theo cài đặt mới.", "Saved. The next call hears it."}
	return page.Phrases{
		"settings": saved, "menu": saved, "texts": saved,
		"automatic": {"Menu lại được lập tự động theo danh sách dịch vụ.", "The menu is built from the services again."},
		"demand":    {"Đã xếp dịch vụ dùng nhiều lên trước. Thẻ menu đã in cần in lại.", "The most used services come first now. Print the card again."},
		"call":      {"Máy đã nhấc và đang nghe menu.", "The call was answered and hears the menu."},
	}
}
