package api

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/xinmoi/xinmoi/queue"
)

// withReports makes reports that say what was asked.
func withReports(c *Config) {
	c.Reports = func(_ context.Context, office string, q ReportQuery) (any, error) {
		if q.From == "2026-01-01" {
			return nil, queue.Errorf(CodeNotFound, "no such day")
		}
		out := map[string]any{"office": office, "from": q.From, "to": q.To, "agency": q.Agency, "target": q.Target, "parts": q.Parts, "compare": q.Compare}
		if q.List != nil {
			out["list"] = *q.List
		}
		return out, nil
	}
}

func TestReports(t *testing.T) {
	b := newBench(t, withReports)
	got := b.get("/report?from=2026-11-01&to=2026-11-30&target=15&part=service,hour&compare=true", "staff").want(t, http.StatusOK)
	if got["office"] != "trung-tam" || got["from"] != "2026-11-01" || got["to"] != "2026-11-30" || fmt.Sprint(got["target"]) != "15" || got["compare"] != true || len(got["parts"].([]any)) != 2 {
		t.Errorf("%v", got)
	}
	got = b.get("/report/tickets?from=2026-11-01&part=service&id=A&figure=wait&offset=200", "admin").want(t, http.StatusOK)
	list, _ := got["list"].(map[string]any)
	if list["Part"] != "service" || list["ID"] != "A" || list["Figure"] != "wait" || fmt.Sprintf("%v %v", list["Offset"], list["Limit"]) != "200 1000" {
		t.Errorf("%v", got)
	}
	for _, path := range []string{"/report?from=today", "/report?target=-1", "/report?target=9999", "/report/tickets?limit=99999", "/report/tickets?offset=-1"} {
		b.get(path, "staff").wantProblem(t, queue.CodeBadRequest)
	}
	b.get("/report?from=2026-01-01", "staff").wantProblem(t, CodeNotFound)
	b.do(call{method: "GET", path: Prefix + "/offices/elsewhere/report", token: "staff"}).wantProblem(t, queue.CodeUnknownOffice)
	newBench(t).get("/report", "staff").wantProblem(t, CodeNotFound)
}

// TestReportsOfOneAgency: a token of one agency gets its part; the pages ask
// the same way.
func TestReportsOfOneAgency(t *testing.T) {
	b := newBenchOf(t, sharedHall(), withReports)
	for token, want := range map[string]string{"staff": "", "admin": "", "xd-staff": "xd", "xd-admin": "xd"} {
		if got := b.get("/report", token).want(t, http.StatusOK); got["agency"] != want {
			t.Errorf("%s gets the report of %q, want %q", token, got["agency"], want)
		}
		r := httptest.NewRequest(http.MethodGet, "/reports", nil)
		r.Header.Set("Authorization", "Bearer token-"+token)
		if agency, may := b.server.FiguresOf(r); agency != want || !may {
			t.Errorf("%s sees pages of %q, %v", token, agency, may)
		}
	}
	for _, token := range []string{"kiosk", "board", "nobody"} {
		r := httptest.NewRequest(http.MethodGet, "/reports", nil)
		r.Header.Set("Authorization", "Bearer token-"+token)
		if _, may := b.server.FiguresOf(r); may {
			t.Errorf("%s sees reports", token)
		}
	}
}
