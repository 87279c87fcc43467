package page

import (
	"context"
	"net/http"
)

// Named tells the pages of h what their office is called at the moment when each
// is written: offices are renamed while their servers run. name gives it in
// Vietnamese and in English.
func Named(h http.Handler, name func(ctx context.Context) (vi, en string)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), officeKey{}, name)))
	})
}

type officeKey struct{}

// OfficeOf is what the office of a page is called now, in the page's language;
// empty where Named is not around the page.
func OfficeOf(ctx context.Context, l Lang) string {
	if name, ok := ctx.Value(officeKey{}).(func(context.Context) (string, string)); ok {
		return l.T(name(ctx))
	}
	return ""
}
