package api

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/xinmoi/xinmoi/queue"
)

// withFigures makes figures that say what was asked.
func withFigures(c *Config) {
	c.Figures = func(_ context.Context, office, day string) (any, error) {
		switch day {
		case "2026-01-01":
			return nil, queue.Errorf(CodeNotFound, "no such day")
		case "2026-99-99":
			return nil, queue.Errorf(queue.CodeBadRequest, "day %q is no date", day)
		case "2026-02-02":
			return nil, errors.New("the disk says secret things")
		}
		return map[string]string{"office": office, "day": day}, nil
	}
}

func TestFigures(t *testing.T) {
	b := newBench(t, withFigures)
	for _, role := range []string{"staff", "admin"} {
		if got := b.get("/figures?day=2026-11-20", role).want(t, http.StatusOK); got["office"] != "trung-tam" || got["day"] != "2026-11-20" {
			t.Errorf("%s got %v", role, got)
		}
	}
	if got := b.get("/figures", "staff").want(t, http.StatusOK); got["day"] != "" {
		t.Errorf("without a day: %v", got)
	}
	for _, day := range []string{"today", "2026-11-2", "2026-11-200", "2026-99-99"} {
		b.get("/figures?day="+day, "staff").wantProblem(t, queue.CodeBadRequest)
	}
	p := b.get("/figures?day=2026-01-01", "staff").wantProblem(t, CodeNotFound)
	if hint, _ := p["hint"].(string); !strings.Contains(hint, "latest") {
		t.Errorf("no such day: hint %q", hint)
	}
	a := b.get("/figures?day=2026-02-02", "staff")
	a.wantProblem(t, queue.CodeInternal)
	if strings.Contains(string(a.body), "secret") {
		t.Errorf("the cause got out: %s", a.body)
	}
	b.do(call{method: "GET", path: Prefix + "/offices/elsewhere/figures", token: "staff"}).wantProblem(t, queue.CodeUnknownOffice)
}

func TestNoFigures(t *testing.T) {
	b := newBench(t)
	b.get("/figures", "staff").wantProblem(t, CodeNotFound)
}
