package kiosk

import (
	"context"
	"html/template"
	"net/http"
	"net/url"
	"strconv"

	"github.com/xinmoi/xinmoi/queue"
)

// Drawing is a pictogram that an office may choose for a field.
type Drawing struct {
	Name    string
	Picture template.HTML
}

// Drawings lists the pictograms for fields.
func Drawings() (all []Drawing) {
	for _, d := range drawings() {
		if len(d.words) > 0 || d.name == plainDrawing {
			all = append(all, Drawing{d.name, pictogram(d.name)})
		}
	}
	return all
}

// DrawingOf names the pictogram of a field as these settings and its names give
// it; guessed tells whether the office has not chosen it.
func DrawingOf(set queue.KioskSetup, field, english string) (name string, guessed bool) {
	return settings{set}.pictogramOf(field, english), set.Pictograms[field] == ""
}

// Tongue is a language of the screens.
type Tongue struct{ Code, Name string }

// Tongues lists the languages of the screens, Vietnamese first.
func (k *Kiosk) Tongues() (all []Tongue) {
	for _, code := range k.tongues.order {
		all = append(all, Tongue{code, k.tongues.byCode[code].Name})
	}
	return all
}

// triedKey is where a context has settings that are not in force.
type triedKey struct{}

// Try shows the first screen, or that of the field which the request names, as
// settings that are not in force would make it. Nothing on it can be taken
// where scripts and forms are forbidden, as in a sandboxed frame.
func (k *Kiosk) Try(w http.ResponseWriter, r *http.Request, set queue.KioskSetup) {
	q := url.Values{"lang": {k.tongues.language(r)}}
	path := "/kiosk"
	if field := r.URL.Query().Get("field"); field != "" {
		path, q["name"] = "/kiosk/field", []string{field}
	}
	shown, err := http.NewRequestWithContext(context.WithValue(r.Context(), triedKey{}, settings{set}), http.MethodGet, path+"?"+q.Encode(), nil)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	k.Handler().ServeHTTP(w, shown)
}

// sizeOf is the query of the style sheet's address where settings are tried.
func sizeOf(ctx context.Context) string {
	if set, ok := ctx.Value(triedKey{}).(settings); ok {
		return "?mm=" + strconv.FormatFloat(set.millimetre(), 'f', 3, 64)
	}
	return ""
}

// sizeTried reads that query.
func sizeTried(r *http.Request) (settings, bool) {
	mm, err := strconv.ParseFloat(r.URL.Query().Get("mm"), 64)
	return settings{queue.KioskSetup{Millimetre: mm}}, err == nil && mm >= LeastMillimetre && mm <= MostMillimetre
}
