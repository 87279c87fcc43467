package desk

import (
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"html/template"
	"maps"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/xinmoi/xinmoi/kiosk"
	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// Screens is the kiosk as this page needs it; *kiosk.Kiosk is one.
type Screens interface {
	// Tongues lists the languages of the screens, Vietnamese first.
	Tongues() []kiosk.Tongue
	// Try shows a screen as settings that are not in force would make it.
	Try(w http.ResponseWriter, r *http.Request, set queue.KioskSetup)
}

// screenPage is the part of the address below Prefix.
const screenPage = "screen"

// Bounds of what is tried at one time, and for how long it can be looked at.
const (
	triedMost = 32
	triedTime = 30 * time.Minute
)

// trials keeps settings that are being tried, until they are saved or forgotten.
type trials struct {
	mu    sync.Mutex
	byKey map[string]trial
}

type trial struct {
	set queue.KioskSetup
	at  time.Time
}

// keep gives a key for settings.
func (t *trials) keep(set queue.KioskSetup) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	maps.DeleteFunc(t.byKey, func(_ string, old trial) bool { return time.Since(old.at) > triedTime })
	for key := range t.byKey {
		if len(t.byKey) >= triedMost {
			delete(t.byKey, key)
		}
	}
	key := rand.Text()
	t.byKey[key] = trial{set, time.Now()}
	return key
}

func (t *trials) find(key string) (queue.KioskSetup, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	got, ok := t.byKey[key]
	return got.set, ok
}

// screenView is what the page shows.
type screenView struct {
	Set      queue.KioskSetup
	Version  string
	Key      string // Of the settings being tried; empty = those in force.
	Saved    bool
	Err      string
	Fields   []fieldRow
	Drawings []kiosk.Drawing
	Tongue   kiosk.Tongue   // Whose names are edited.
	Tongues  []kiosk.Tongue // That may be.
	Names    []nameRow
	Field    string // Whose procedures are edited.
}

// fieldRow is the pictogram of a field.
type fieldRow struct {
	Name, NameEN string
	Chosen       string // Empty = guessed from its name.
	Picture      template.HTML
}

// nameRow is what a field or procedure is called in another language.
type nameRow struct{ ID, Vietnamese, English, Own string }

func (d *Desk) showScreen(w http.ResponseWriter, r *http.Request, status int, tried *queue.KioskSetup, wrong error) {
	now, err := d.Setup.Setup(r.Context())
	if err != nil {
		http.Error(w, "Chưa đọc được cài đặt. Xin thử lại. / The settings cannot be read. Please try again.", http.StatusServiceUnavailable)
		return
	}
	l := page.Language(r)
	v := screenView{Set: now.Setup.Kiosk, Version: now.Version, Saved: r.URL.Query().Has("done"), Drawings: kiosk.Drawings()}
	if tried != nil {
		v.Set, v.Version = *tried, cmp.Or(r.PostForm.Get("version"), v.Version)
		v.Key = d.trials.keep(*tried)
	}
	if wrong != nil {
		v.Err = wrong.Error()
	}
	v.Fields = fieldRows(now.Setup.Procedures, v.Set)
	v.Field = r.FormValue("field")
	if !slices.ContainsFunc(v.Fields, func(f fieldRow) bool { return f.Name == v.Field }) && len(v.Fields) > 0 {
		v.Field = v.Fields[0].Name
	}
	v.Tongues = slices.DeleteFunc(d.Screens.Tongues(), func(t kiosk.Tongue) bool { return t.Code == "vi" })
	for i, t := range v.Tongues {
		if i == 0 || t.Code == r.FormValue("tongue") {
			v.Tongue = t
		}
	}
	v.Names = nameRows(now.Setup.Procedures, v.Set.Texts[v.Tongue.Code], v.Field)
	d.kit.Render(w, r, status, "screen", page.View{Title: l.T("Màn hình máy lấy số", "Kiosk screens"), Data: v})
}

func fieldRows(all []queue.Procedure, set queue.KioskSetup) (rows []fieldRow) {
	for _, p := range all {
		if p.Field == "" || slices.ContainsFunc(rows, func(f fieldRow) bool { return f.Name == p.Field }) {
			continue
		}
		row := fieldRow{Name: p.Field, NameEN: p.FieldEN}
		name, guessed := kiosk.DrawingOf(set, p.Field, p.FieldEN)
		if !guessed {
			row.Chosen = name
		}
		for _, drawing := range kiosk.Drawings() {
			if drawing.Name == name {
				row.Picture = drawing.Picture
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// nameRows lists a field and its procedures.
func nameRows(all []queue.Procedure, own map[string]string, field string) (rows []nameRow) {
	for _, p := range all {
		if p.Field != field {
			continue
		}
		if len(rows) == 0 && field != "" {
			rows = append(rows, nameRow{field, field, p.FieldEN, own[field]})
		}
		rows = append(rows, nameRow{p.ID, p.Name, p.NameEN, own[p.ID]})
	}
	return rows
}

// screenOf reads what the form says; what it does not show stays.
func screenOf(k queue.KioskSetup, f url.Values) (queue.KioskSetup, error) {
	var err error
	if k.Millimetre, err = millimetre(f); err != nil {
		return k, err
	}
	k.Silent = f.Get("silent") != ""
	if k.Age, err = number(f.Get("age"), "tuổi (age)", 0, 120); err != nil {
		return k, err
	}
	k.Pictograms = maps.Clone(k.Pictograms)
	if k.Pictograms == nil {
		k.Pictograms = map[string]string{}
	}
	for i, field := range f["pictured"] {
		if i >= len(f["picture"]) {
			break
		}
		if k.Pictograms[field] = f["picture"][i]; f["picture"][i] == "" {
			delete(k.Pictograms, field)
		}
	}
	return withNames(k, f), nil
}

// withNames puts in the names of one language.
func withNames(k queue.KioskSetup, f url.Values) queue.KioskSetup {
	tongue := f.Get("named_in")
	if tongue == "" || tongue == "vi" {
		return k
	}
	texts := map[string]map[string]string{}
	for language, names := range k.Texts {
		texts[language] = maps.Clone(names)
	}
	if texts[tongue] == nil {
		texts[tongue] = map[string]string{}
	}
	for i, id := range f["named"] {
		if i >= len(f["name"]) {
			break
		}
		name := strings.Join(strings.Fields(f["name"][i]), " ")
		if texts[tongue][id] = name; name == "" {
			delete(texts[tongue], id)
		}
	}
	if len(texts[tongue]) == 0 {
		delete(texts, tongue)
	}
	k.Texts = texts
	return k
}

// millimetre reads how many of the screen's pixels make a millimetre: as it
// was measured, or from the size of the screen.
func millimetre(f url.Values) (float64, error) {
	inches, err := decimal(f.Get("inches"))
	if err != nil {
		return 0, err
	}
	if inches > 0 {
		w, errW := number(f.Get("wide"), "số điểm ảnh ngang (pixels across)", 320, 16000)
		h, errH := number(f.Get("high"), "số điểm ảnh dọc (pixels down)", 320, 16000)
		if err := errors.Join(errW, errH); err != nil {
			return 0, err
		}
		if w == 0 || h == 0 {
			return 0, errors.New("cho biết cả số điểm ảnh ngang và dọc của màn hình (give the screen's pixels both across and down)")
		}
		return math.Round(math.Hypot(float64(w), float64(h))/(inches*25.4)*1000) / 1000, nil
	}
	mm, err := decimal(f.Get("millimetre"))
	if err == nil && mm != 0 && (mm < kiosk.LeastMillimetre || mm > kiosk.MostMillimetre) {
		err = fmt.Errorf("%g điểm ảnh một milimét: cho từ %g đến %g (give %[2]g to %[3]g pixels to the millimetre)", mm, kiosk.LeastMillimetre, kiosk.MostMillimetre)
	}
	return mm, err
}

// decimal reads a figure with a point or a comma; empty is zero.
func decimal(text string) (float64, error) {
	text = strings.Replace(strings.TrimSpace(text), ",", ".", 1)
	if text == "" {
		return 0, nil
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || v < 0 || v > 1000 || math.IsNaN(v) {
		return 0, fmt.Errorf("%.20q không phải là một số (is not a number)", text)
	}
	return v, nil
}

// number reads a whole number; empty is zero.
func number(text, what string, least, most int) (int, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		return 0, fmt.Errorf("%s %.20q: cho một số từ %d đến %d (give a number from %[3]d to %[4]d)", what, text, least, most)
	}
	return n, nil
}

// saveScreen puts the settings in force, or shows what they would look like.
func (d *Desk) saveScreen(w http.ResponseWriter, r *http.Request, err error) {
	if err != nil {
		d.showScreen(w, r, http.StatusUnprocessableEntity, nil, err)
		return
	}
	now, err := d.Setup.Setup(r.Context())
	if err == nil {
		base := now.Setup.Kiosk
		if tried, ok := d.trials.find(r.PostForm.Get("key")); ok { // Names of another field that are not saved yet.
			base.Texts, base.Pictograms = tried.Texts, tried.Pictograms
		}
		now.Setup.Kiosk, err = screenOf(base, r.PostForm)
	}
	if err == nil && !r.PostForm.Has("save") {
		d.showScreen(w, r, http.StatusOK, &now.Setup.Kiosk, nil)
		return
	}
	if err == nil {
		now.Version = r.PostForm.Get("version")
		_, err = page.Configure(r.Context(), d.Setup, now)
	}
	if err != nil {
		if queue.ErrorCode(err) == queue.CodeStaleVersion {
			r.PostForm.Del("version") // Looked at again, it is saved over that of now.
		}
		d.showScreen(w, r, http.StatusUnprocessableEntity, &now.Setup.Kiosk, err)
		return
	}
	http.Redirect(w, r, Prefix+"/"+screenPage+"?"+url.Values{"done": {"1"}, "field": {r.PostForm.Get("field")}, "tongue": {r.PostForm.Get("tongue")}}.Encode(), http.StatusSeeOther)
}

// tryScreen serves the frame with the preview.
func (d *Desk) tryScreen(w http.ResponseWriter, r *http.Request) {
	set, ok := d.trials.find(r.URL.Query().Get("key"))
	if !ok {
		now, err := d.Setup.Setup(r.Context())
		if err != nil {
			http.Error(w, "Chưa đọc được cài đặt. Xin thử lại. / The settings cannot be read. Please try again.", http.StatusServiceUnavailable)
			return
		}
		set = now.Setup.Kiosk
	}
	d.Screens.Try(w, r, set)
}
