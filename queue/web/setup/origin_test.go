package setup

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/web/page"
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
	for _, c := range []struct {
		path string
		form url.Values
	}{
		{"/hours", url.Values{"day1": {"08:00–11:00"}}}, {"/days/of/2027-01-01", url.Values{"date": {"01/01/2027"}, "name": {"Tết"}}}, {"/days/suggested", url.Values{"year": {"2027"}}}, {"/days/of/2027-01-01/remove", nil},
	} {
		got := w.post(Prefix+c.path+"?from=hours", c.form)
		to, _, _ := strings.Cut(got.Header().Get("Location"), "#")
		if got.Code != http.StatusSeeOther || !strings.Contains(w.get(to).Body.String(), back) {
			t.Errorf("%s: %d to %q, which does not lead back", c.path, got.Code, to)
		}
	}
	for _, from := range []string{"//evil.example", "https://evil.example/", "javascript:alert(1)", "/admin", "nothing"} {
		body := w.get(Prefix + "/hours?from=" + url.QueryEscape(from)).Body.String()
		if !strings.Contains(body, `<p><a href="/admin/setup">←`) || strings.Contains(body, "evil") || strings.Contains(body, "javascript:") {
			t.Errorf("from=%s is followed:\n%s", from, body)
		}
	}
}

// makeAccount stands for what makes accounts: it takes the passwords that agree.
func makeAccount(w http.ResponseWriter, r *http.Request) (map[string]string, int) {
	if r.PostForm.Get("password") != r.PostForm.Get("again") {
		return map[string]string{"": "Xem lại các ô.", "again": "Hai lần gõ khác nhau."}, http.StatusUnprocessableEntity
	}
	http.Redirect(w, r, r.PostForm.Get("next"), http.StatusSeeOther)
	return nil, 0
}

// Who mistypes the first account stays in the wizard: its steps are there, and
// what was typed, but no password.
func TestMistypedAccountStaysInTheWizard(t *testing.T) {
	w := open(t, nil)
	typed := url.Values{"name": {"lan"}, "display": {"Lê <b>Lan"}, "password": {"hoa sen trong hồ"}, "again": {"hoa sen"}, "next": {WizardPath + "?step=sound"}}
	got := w.post(WizardPath+"/account", typed)
	for _, want := range []string{`class="steps"`, `aria-current="step"`, "Bước trước", `name="name" value="lan"`, `value="Lê &lt;b&gt;Lan"`, `id="e-again"`, "Hai lần gõ khác nhau.", `role="alert">Xem lại các ô.`} {
		if got.Code != http.StatusUnprocessableEntity || !strings.Contains(got.Body.String(), want) {
			t.Errorf("%d, no %q in\n%s", got.Code, want, got.Body)
		}
	}
	if strings.Contains(got.Body.String(), "hoa sen") || strings.Contains(got.Body.String(), `id="e-name"`) {
		t.Errorf("a password, or a fault that is none:\n%s", got.Body)
	}
	typed.Set("again", typed.Get("password"))
	if got = w.post(WizardPath+"/account", typed); got.Code != http.StatusSeeOther || got.Header().Get("Location") != WizardPath+"?step=sound" {
		t.Errorf("%d to %q", got.Code, got.Header().Get("Location"))
	}
	w.desk.FirstAccount = func(context.Context) bool { return false }
	if got = w.post(WizardPath+"/account", typed); got.Code != http.StatusSeeOther || got.Header().Get("Location") != WizardPath+"?step=account" {
		t.Errorf("a second one: %d to %q", got.Code, got.Header().Get("Location"))
	}
}

// Where citizens' links open on the server alone, the wizard says so at the steps
// that speak of other machines, and nowhere else.
func TestWizardWarnsOfTheAddress(t *testing.T) {
	w := open(t, nil)
	for _, level := range []page.Level{page.OK, page.Warn} {
		w.desk.Address = page.Row{Label: "Địa chỉ", Value: "QR chỉ mở được trên máy này", Level: level}
		for _, s := range steps() {
			want := level == page.Warn && (s.id == "channels" || s.id == "account" || s.id == "done")
			if got := strings.Contains(w.get(WizardPath+"?step="+s.id).Body.String(), "QR chỉ mở được trên máy này"); got != want {
				t.Errorf("%s, %q: %v", s.id, level, got)
			}
		}
	}
}
