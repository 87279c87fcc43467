package setup

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/xinmoi/xinmoi/queue"
)

// Who goes from a step of the wizard to a page that sets the same in detail comes
// back to that step, also after saving there; nobody is led anywhere else.
func TestWayBackToTheWizard(t *testing.T) {
	w := open(t, func(s *queue.Setup) { s.Days = []queue.Day{{Date: "2027-01-01", Name: "Tết"}} })
	const back = `<p><a href="/admin/wizard?step=hours">←`
	step := w.get(WizardPath + "?step=hours").Body.String()
	for _, path := range []string{"/hours", "/days"} {
		at := Prefix + path + "?from=hours"
		if !strings.Contains(step, `href="`+at+`"`) {
			t.Errorf("the step has no link to %s", at)
		}
		if body := w.get(at).Body.String(); !strings.Contains(body, back) || !strings.Contains(body, "lang=en&amp;from=hours") {
			t.Errorf("%s leads elsewhere:\n%s", at, body)
		}
	}
	if body := w.get(Prefix + "/days?from=hours").Body.String(); !strings.Contains(body, `href="/admin/setup/days/of/2027-01-01?from=hours"`) {
		t.Errorf("a day of the list forgets where one came from:\n%s", body)
	}
	if body := w.get(Prefix + "/days/of/2027-01-01?from=hours").Body.String(); !strings.Contains(body, `<p><a href="/admin/setup/days?from=hours">←`) {
		t.Errorf("a day forgets where one came from:\n%s", body)
	}
	for path, form := range map[string]url.Values{
		"/hours": {"day1": {"08:00–11:00"}}, "/days/of/2027-01-01": {"date": {"01/01/2027"}, "name": {"Tết"}}, "/days/suggested": {"year": {"2027"}}, "/days/of/2027-01-01/remove": {},
	} {
		got := w.post(Prefix+path+"?from=hours", form)
		to, _, _ := strings.Cut(got.Header().Get("Location"), "#")
		if got.Code != http.StatusSeeOther || !strings.Contains(w.get(to).Body.String(), back) {
			t.Errorf("%s: %d to %q, which does not lead back", path, got.Code, to)
		}
	}
	for _, from := range []string{"//evil.example", "https://evil.example/", "javascript:alert(1)", "/admin", "nothing"} {
		body := w.get(Prefix + "/hours?from=" + url.QueryEscape(from)).Body.String()
		if !strings.Contains(body, `<p><a href="/admin/setup">←`) || strings.Contains(body, "evil") || strings.Contains(body, "javascript:") {
			t.Errorf("from=%s is followed:\n%s", from, body)
		}
	}
}
