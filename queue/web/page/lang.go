package page

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Lang is the language of a page, a BCP 47 tag.
type Lang string

// The languages of the pages. Vietnamese is the default everywhere.
const (
	Vietnamese Lang = "vi"
	English    Lang = "en"
)

// langCookie remembers the choice of a browser; it holds "vi" or "en" only.
const langCookie = "lang"

// langMaxAge is how long the choice of a browser is remembered.
const langMaxAge = 365 * 24 * time.Hour

// T picks the text of the language.
func (l Lang) T(vi, en string) string {
	if l == English && en != "" {
		return en
	}
	return vi
}

// Count is a number of things in English: "1 day", "2 days", "0 days".
func Count[N int | int64](n N, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return strconv.FormatInt(int64(n), 10) + " " + noun
}

// Other gives the language that the switch of a page offers.
func (l Lang) Other() Lang {
	if l == English {
		return Vietnamese
	}
	return English
}

// Language tells in which language to answer: ?lang= first, then the cookie
// of an earlier choice, then Accept-Language (RFC 9110 §12.5.4), else Vietnamese.
func Language(r *http.Request) Lang {
	if l, ok := known(r.URL.Query().Get("lang")); ok {
		return l
	}
	if c, err := r.Cookie(langCookie); err == nil {
		if l, ok := known(c.Value); ok {
			return l
		}
	}
	return acceptLanguage(r.Header.Get("Accept-Language"))
}

// rememberLanguage stores an explicit choice (?lang=) for the next pages.
func rememberLanguage(w http.ResponseWriter, r *http.Request) {
	l, ok := known(r.URL.Query().Get("lang"))
	if !ok {
		return
	}
	http.SetCookie(w, &http.Cookie{
		Name: langCookie, Value: string(l), Path: "/",
		MaxAge: int(langMaxAge / time.Second), SameSite: http.SameSiteLaxMode, HttpOnly: true,
	})
}

// known reads a language tag by its primary subtag ("en-GB" is English).
func known(tag string) (Lang, bool) {
	primary, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(tag)), "-")
	switch Lang(primary) {
	case Vietnamese:
		return Vietnamese, true
	case English:
		return English, true
	default:
		return "", false
	}
}

// maxAccept bounds how much of an Accept-Language header is looked at.
const maxAccept = 512

// acceptLanguage picks the known language of highest weight; ties go to the
// first named, nothing known gives Vietnamese.
func acceptLanguage(header string) Lang {
	best, weight := Vietnamese, 0.0
	for part := range strings.SplitSeq(header[:min(len(header), maxAccept)], ",") {
		tag, params, _ := strings.Cut(part, ";")
		l, ok := known(tag)
		if q := quality(params); ok && q > weight {
			best, weight = l, q
		}
	}
	return best
}

// quality reads the weight of one language range; without one it is 1, and a
// broken one counts as 0 so that it never wins.
func quality(params string) float64 {
	params = strings.TrimSpace(params)
	if params == "" {
		return 1
	}
	value, ok := strings.CutPrefix(params, "q=")
	q, err := strconv.ParseFloat(value, 64)
	if !ok || err != nil || !(q >= 0 && q <= 1) {
		return 0
	}
	return q
}

// Official answers in Vietnamese unless English was asked for by hand: the
// screens of the office speak Vietnamese, whatever their system was set up in.
func Official(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r = r.Clone(r.Context())
		r.Header.Del("Accept-Language")
		next.ServeHTTP(w, r)
	})
}
