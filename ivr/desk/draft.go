package desk

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/xinmoi/xinmoi/ivr"
	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// draft is what somebody has typed into one of the forms and what is not saved
// yet. What is nil was not typed.
type draft struct {
	Settings *settings
	Rows     []row
	Texts    map[string]string // By prompt id.
	Language string            // Of Texts.
	TestTo   string
}

// settings are the fields of the first form, as typed.
type settings struct {
	Operator, General           string
	Languages                   []string
	CallOff                     bool
	Ahead, Attempts, From, Till string
}

// row is one option of the menu, as typed. Its place in the tree is the keys
// that lead to it: "5.1" is key 1 of the level behind key 5.
type row struct {
	Keys, Kind, Service, Language string
	Label, LabelEN, Text, TextEN  string
}

// most of a menu that is arranged here.
const maxRows = 80

// settings takes the first form.
func (d *draft) settings(s *queue.Setup, form url.Values) error {
	d.Settings = &settings{
		Operator: strings.TrimSpace(form.Get("operator")), General: form.Get("general"), Languages: form["languages"], CallOff: form.Get("calloff") != "",
		Ahead: form.Get("ahead"), Attempts: form.Get("attempts"), From: form.Get("from"), Till: form.Get("till"),
	}
	p := &s.Phone
	p.Operator, p.General, p.Languages = d.Settings.Operator, d.Settings.General, d.Settings.Languages
	ahead, err1 := number(d.Settings.Ahead)
	attempts, err2 := number(d.Settings.Attempts)
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	p.Callback = queue.PhoneCallback{Off: d.Settings.CallOff, Ahead: ahead, Attempts: attempts, From: d.Settings.From, To: d.Settings.Till}
	if p.Operator != "" {
		return checkAddress(p.Operator)
	}
	return nil
}

// settings takes the first form with what the telephone knows of languages: an
// office that leaves them as they are offered has not chosen any; one that takes
// them all away has chosen Vietnamese.
func (d *Desk) settings(typed *draft, s *queue.Setup, form url.Values) error {
	before, offered := s.Phone.Languages, d.Phone.Tongues(s.Phone)
	err := typed.settings(s, form)
	switch ticked := s.Phone.Languages; {
	case slices.Equal(ticked, offered):
		s.Phone.Languages = before
	case len(ticked) == 0:
		s.Phone.Languages = []string{string(page.Vietnamese)}
	}
	return err
}

// number reads a whole number; nothing is 0, the default.
func number(s string) (int, error) {
	s = strings.TrimSpace(s)
	if s == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		return 0, fmt.Errorf("%.20q không phải là số: gõ một số như 3 (%.20q is no number: type one like 3)", s, s)
	}
	return n, nil
}

// checkAddress wants a number, an extension or a SIP address.
func checkAddress(to string) error {
	digits := strings.NewReplacer(" ", "", ".", "", "-", "").Replace(strings.TrimPrefix(to, "+"))
	scheme, address, found := strings.Cut(to, ":")
	switch {
	case digits != "" && len(digits) <= 20 && strings.Trim(digits, "0123456789") == "":
		return nil
	case found && (scheme == "sip" || scheme == "sips") && strings.TrimLeft(address, "@") == address && address != "" &&
		!strings.HasSuffix(address, "@") && !strings.ContainsAny(address, " <>\"\r\n?"):
		return nil
	}
	return fmt.Errorf("%.60q không phải số máy: gõ số như 100, 0912345678 hoặc địa chỉ như sip:100@10.0.0.2 "+
		"(%.60q is no telephone: type a number like 100, 0912345678 or an address like sip:100@10.0.0.2)", to, to)
}

// menu takes the rows of the menu. Rows without a key are left out.
func (d *draft) menu(s *queue.Setup, form url.Values) error {
	at := func(name string, i int) string {
		if v := form[name]; i < len(v) {
			return strings.TrimSpace(v[i])
		}
		return ""
	}
	for i := range form["keys"] {
		r := row{
			Keys: at("keys", i), Kind: at("kind", i), Service: at("service", i), Language: at("tongue", i),
			Label: at("label", i), LabelEN: at("label_en", i), Text: at("text", i), TextEN: at("text_en", i),
		}
		if r != (row{Kind: r.Kind}) {
			d.Rows = append(d.Rows, r)
		}
	}
	menu, err := tree(d.Rows)
	if err != nil {
		return err
	}
	s.Phone.Menu = menu
	return nil
}

// tree makes the menu of the rows.
func tree(rows []row) ([]queue.PhoneOption, error) {
	if len(rows) > maxRows {
		return nil, fmt.Errorf("menu có %d dòng, tối đa %d: bớt đi rồi lưu lại (%d lines, at most %d: take some away)", len(rows), maxRows, len(rows), maxRows)
	}
	rows = slices.Clone(rows)
	slices.SortStableFunc(rows, func(a, b row) int { return strings.Compare(a.Keys, b.Keys) })
	var menu []queue.PhoneOption
	for _, r := range rows {
		if r.Keys == "" {
			if r.Label+r.LabelEN+r.Text+r.TextEN+r.Service == "" {
				continue
			}
			return nil, fmt.Errorf("dòng %q chưa có phím: gõ phím từ 1 đến 8, hoặc xóa cả dòng (line %q has no key: type 1 to 8, or empty the line)", r.name(), r.name())
		}
		if err := place(&menu, strings.Split(r.Keys, "."), r); err != nil {
			return nil, err
		}
	}
	return menu, nil
}

func (r row) name() string {
	for _, s := range []string{r.Label, r.LabelEN, r.Service, r.Text, r.Kind} {
		if s != "" {
			return s
		}
	}
	return ""
}

// place puts a row where its keys lead.
func place(level *[]queue.PhoneOption, keys []string, r row) error {
	key := keys[0]
	if len(key) != 1 || key < "1" || key > "8" {
		return fmt.Errorf("phím %q: gõ 1 đến 8, cấp dưới thêm dấu chấm như 5.1 (key %q: type 1 to 8, a level below with a point as in 5.1)", r.Keys, r.Keys)
	}
	i := slices.IndexFunc(*level, func(o queue.PhoneOption) bool { return o.Key == key })
	switch {
	case len(keys) == 1 && i >= 0:
		return fmt.Errorf("phím %s được dùng hai lần: mỗi phím một việc (key %s is used twice: one thing for each)", r.Keys, r.Keys)
	case len(keys) == 1:
		*level = append(*level, r.option(key))
		return nil
	case i < 0 || (*level)[i].Kind != queue.PhoneMenu:
		return fmt.Errorf("phím %s: phím %s phải là “nhóm lựa chọn khác” (key %s: the key above must be a further level)",
			r.Keys, strings.TrimSuffix(r.Keys, "."+strings.Join(keys[1:], ".")), r.Keys)
	}
	return place(&(*level)[i].Menu, keys[1:], r)
}

func (r row) option(key string) queue.PhoneOption {
	o := queue.PhoneOption{Key: key, Kind: r.Kind, Label: words(r.Label, r.LabelEN), Text: words(r.Text, r.TextEN)}
	switch r.Kind {
	case queue.PhoneService:
		o.Service = r.Service
	case "language":
		o.Language = r.Language
	}
	return o
}

// words keeps what is not empty, by language.
func words(vi, en string) map[string]string {
	out := map[string]string{}
	if vi != "" {
		out["vi"] = vi
	}
	if en != "" {
		out["en"] = en
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// rowsOf writes a menu as rows.
func rowsOf(menu []queue.PhoneOption, above string) []row {
	var out []row
	for _, o := range menu {
		out = append(out, row{
			Keys: above + o.Key, Kind: o.Kind, Service: o.Service, Language: o.Language,
			Label: o.Label["vi"], LabelEN: o.Label["en"], Text: o.Text["vi"], TextEN: o.Text["en"],
		})
		out = append(out, rowsOf(o.Menu, above+o.Key+".")...)
	}
	return out
}

// texts takes the texts of one language. What is empty, or as it comes, is not
// kept: it follows the program.
func (d *draft) texts(s *queue.Setup, form url.Values) error {
	d.Language = form.Get("language")
	if !slices.ContainsFunc(ivr.Languages(), func(l [2]string) bool { return l[0] == d.Language }) {
		return fmt.Errorf("chưa có tiếng %.20q: chọn một ngôn ngữ trong danh sách (no language %.20q: choose one of the list)", d.Language, d.Language)
	}
	d.Texts = map[string]string{}
	own := map[string]string{}
	for _, p := range ivr.Prompts(d.Language) {
		text := strings.Join(strings.Fields(form.Get("t-"+p.ID)), " ")
		d.Texts[p.ID] = text
		if text != "" && text != p.Text {
			own[p.ID] = text
		}
	}
	all := map[string]map[string]string{}
	for language, prompts := range s.Phone.Prompts {
		all[language] = prompts
	}
	all[d.Language] = own
	if len(own) == 0 {
		delete(all, d.Language)
	}
	if s.Phone.Prompts = all; len(all) == 0 {
		s.Phone.Prompts = nil
	}
	return nil
}

// menuByDemand is the default menu with the most used services first, as callers
// hear it where nobody has arranged one.
func menuByDemand(s queue.Setup, demand map[string]int) []queue.PhoneOption {
	var services []queue.ServiceView
	for _, v := range s.Services {
		services = append(services, queue.ServiceView{Service: v, Open: true})
	}
	return ivr.DefaultMenu(ivr.ByDemand(services, demand), s.Phone.Languages)
}
