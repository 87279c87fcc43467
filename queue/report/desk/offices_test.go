package desk

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/xinmoi/xinmoi/queue/report"
)

// Offices stand side by side, each of its own name; who does not tell is named,
// and nobody who may see one agency alone sees the others.
func TestOffices(t *testing.T) {
	var asked report.Spec
	elsewhere := func(c *Config) {
		c.Elsewhere = []Elsewhere{
			{Name: "xa-ben", Report: func(_ context.Context, s report.Spec) (*report.Report, error) {
				asked = s
				agency := report.Group{ID: "tu-phap", Name: "Tư pháp", Counts: report.Counts{Issued: 7}}
				return &report.Report{Name: "Trung tâm xã Bên", Total: report.Group{Counts: report.Counts{Issued: 77}}, Parts: map[report.Part][]report.Group{report.ByAgency: {agency}}}, nil
			}},
			{Name: "xa-xa", Report: func(context.Context, report.Spec) (*report.Report, error) { return nil, errors.New("secret address") }},
			{Name: "xa-moi", Report: func(context.Context, report.Spec) (*report.Report, error) { return nil, report.ErrNoDay }},
		}
	}
	book, h := open(t, elsewhere)
	w := get(h, "/reports/offices?from=2026-11-20&target=20")
	has(t, w, "Trung tâm xã Bình An", "Trung tâm xã Bên", "— Tư pháp", "77", "xa-xa: không liên lạc được", "xa-moi: không có ngày làm việc", `value="20"`)
	if strings.Contains(w.Body.String(), "secret") || asked.From != "2026-11-20" || asked.Target.Minutes() != 20 {
		t.Errorf("%+v", asked)
	}
	has(t, get(h, "/reports"), `href="/reports/offices?`)
	book.err = report.ErrNoDay
	has(t, get(h, "/reports/offices?from=2026-11-20"), "Trung tâm xã Bên", "Trung tâm xã Bình An: không có ngày")
	_, alone := open(t, elsewhere, func(c *Config) { c.Agency = func(*http.Request) (string, bool) { return "tu-phap", true } })
	if w := get(alone, "/reports/offices"); w.Code != http.StatusForbidden {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := get(alone, "/reports"); strings.Contains(w.Body.String(), OfficesPath) {
		t.Error("who sees one agency is led to all")
	}
}
