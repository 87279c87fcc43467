package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// withFigures makes figures that say what was asked.
func withFigures(c *Config) {
	c.Figures = func(_ context.Context, office, day, agency string) (any, error) {
		switch day {
		case "2026-01-01":
			return nil, queue.Errorf(CodeNotFound, "no such day")
		case "2026-99-99":
			return nil, queue.Errorf(queue.CodeBadRequest, "day %q is no date", day)
		case "2026-02-02":
			return nil, errors.New("the disk says secret things")
		}
		return map[string]string{"office": office, "day": day, "agency": agency}, nil
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

// TestFiguresOfOneAgency: a token of one agency gets its part, whoever has one
// for the whole office gets all.
func TestFiguresOfOneAgency(t *testing.T) {
	b := newBenchOf(t, sharedHall(), withFigures)
	for token, want := range map[string]string{"staff": "", "admin": "", "xd-staff": "xd", "xd-admin": "xd"} {
		if got := b.get("/figures", token).want(t, http.StatusOK); got["agency"] != want {
			t.Errorf("%s gets the figures of %q, want %q", token, got["agency"], want)
		}
	}
	for cookies, want := range map[string]string{
		"xinmoi_staff=token-xd-staff":                           "xd",
		"xinmoi_staff=token-xd-staff; xinmoi_admin=token-admin": "",
		"xinmoi_kiosk=token-kiosk; xinmoi_staff=token-xd-staff": "xd", // A kiosk reads no figures.
	} {
		got := b.do(call{method: "GET", path: at + "/figures", header: map[string]string{"Cookie": cookies}}).want(t, http.StatusOK)
		if got["agency"] != want {
			t.Errorf("%s: the figures of %q, want %q", cookies, got["agency"], want)
		}
	}
}

// TestFiguresAreLimited for each caller alone.
func TestFiguresAreLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // Where nothing is given back meanwhile.
		b := newBench(t, withFigures)
		limited := 0
		for i := range replayBurst + 5 {
			a := b.do(call{method: "GET", path: at + "/figures", token: "staff", header: map[string]string{callerHeader: fmt.Sprint("part", i)}})
			if a.status == http.StatusOK {
				continue
			}
			if p := a.wantProblem(t, queue.CodeRateLimited); !strings.Contains(p["hint"].(string), "whole day") || a.header.Get("Retry-After") != "2" {
				t.Errorf("%v, Retry-After %q", p, a.header.Get("Retry-After"))
			}
			limited++
		}
		if limited == 0 {
			t.Errorf("%d times at once, none refused", replayBurst+5)
		}
		b.get("/figures", "admin").want(t, http.StatusOK)
	})
}

// TestTwoFiguresAtOnce: others wait a little, and are then told to come back.
func TestTwoFiguresAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, ctx := newGate("figures"), t.Context()
		first, err := g.enter(ctx, "get-figures", "a")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := g.enter(ctx, "get-figures", "b"); err != nil {
			t.Fatal(err)
		}
		begun := time.Now()
		_, err = g.enter(ctx, "get-figures", "c")
		var p *Problem
		if !errors.As(err, &p) || p.Code != queue.CodeRateLimited || p.header.Get("Retry-After") != "1" || time.Since(begun) != replayWait {
			t.Errorf("one too many: %v after %s", err, time.Since(begun))
		}
		time.AfterFunc(replayWait/2, first)
		if _, err := g.enter(ctx, "get-figures", "c"); err != nil {
			t.Errorf("a place got free: %v", err)
		}
		gone, leave := context.WithCancel(ctx)
		leave()
		if _, err := g.enter(gone, "get-figures", "d"); err == nil {
			t.Error("who is gone was let in")
		}
	})
}
