package api

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/xinmoi/xinmoi/queue"
)

func allCodes() []queue.Code {
	return []queue.Code{
		queue.CodeBadRequest, queue.CodeUnknownOffice, queue.CodeUnknownService, queue.CodeUnknownCounter,
		queue.CodeUnknownTicket, queue.CodeUnknownAction, queue.CodeOfficeClosed, queue.CodeServiceClosed,
		queue.CodeCounterClosed, queue.CodeCounterBusy, queue.CodeNobodyWaiting, queue.CodeWrongState,
		queue.CodeStaleVersion, queue.CodePersonLimit, queue.CodeKeyReused, queue.CodeFenced, queue.CodeUnavailable, queue.CodeForbidden,
		queue.CodeUnauthorized, queue.CodeRateLimited, queue.CodeInternal, queue.CodeServiceFull, queue.CodeChannelFull,
		queue.CodeIssuingStopped, queue.CodeCardNeeded, queue.CodeCardInvalid, queue.CodeSetupInUse, queue.CodeClockWrong,
		CodeNotFound, CodeMethodNotAllowed, CodeTooLarge, CodeUnsupportedMedia, CodeTimeout,
	}
}

func TestEveryCodeHasItsWording(t *testing.T) {
	known := kinds()
	for _, code := range allCodes() {
		k, ok := known[code]
		if !ok {
			t.Errorf("%s has no kind", code)
			continue
		}
		for _, s := range []string{k.title, k.titleVI, k.hint, k.hintVI} {
			if s == "" {
				t.Errorf("%s: wording is missing in %+v", code, k)
			}
		}
		if k.status < 400 || k.status > 599 || k.titleVI == k.title {
			t.Errorf("%s: %+v", code, k)
		}
	}
	if len(known) != len(allCodes()) {
		t.Errorf("%d kinds, %d codes tested", len(known), len(allCodes()))
	}
}

// TestOpensSurvivesTheWire, and is a member of the problem, not a header.
func TestOpensSurvivesTheWire(t *testing.T) {
	opens := time.Date(2026, 11, 24, 0, 30, 0, 0, time.UTC)
	b := newBench(t, func(c *Config) {
		c.Offices = map[string]queue.Management{"trung-tam": failing{err: &queue.Error{Code: queue.CodeOfficeClosed, Message: "x", Opens: opens}}}
	})
	a := b.post("/tickets", "kiosk", takeA)
	if p := a.wantProblem(t, queue.CodeOfficeClosed); p["opens"] != "2026-11-24T00:30:00Z" || a.header.Get("Retry-After") != "" {
		t.Errorf("opens %v, Retry-After %q", p["opens"], a.header.Get("Retry-After"))
	}
	_, err := b.client("kiosk").Take(t.Context(), queue.TakeRequest{Service: "A", Channel: queue.Kiosk})
	var e *queue.Error
	if !errors.As(err, &e) || !e.Opens.Equal(opens) {
		t.Errorf("the client says %v", err)
	}
}

// TestClockWrong: whoever meets it learns what the clock says and how to set it.
func TestClockWrong(t *testing.T) {
	var log strings.Builder
	b := newBench(t, func(c *Config) {
		c.Offices = map[string]queue.Management{"trung-tam": failing{err: queue.Errorf(queue.CodeClockWrong, "the machine's clock says 1970")}}
		c.Logger = slog.New(slog.NewTextHandler(&log, nil))
	})
	for _, lang := range []string{"vi", "en"} {
		a := b.do(call{method: "POST", path: at + "/tickets", token: "kiosk", body: takeA, header: map[string]string{"Accept-Language": lang}})
		p := a.wantProblem(t, queue.CodeClockWrong)
		if hint := p["hint"].(string); !strings.Contains(hint, "timedatectl set-ntp true") || p["detail"] != "the machine's clock says 1970" {
			t.Errorf("%s: %v", lang, p)
		}
		if a.header.Get("Retry-After") != "60" {
			t.Errorf("Retry-After %q", a.header.Get("Retry-After"))
		}
	}
	if log.Len() > 0 {
		t.Errorf("the server says it a second time: %s", log.String())
	}
}

func TestDayAndTime(t *testing.T) {
	zone := time.FixedZone("", 7*60*60)
	now := time.Date(2026, 11, 20, 11, 45, 0, 0, zone) // A Friday.
	for _, c := range []struct {
		at     time.Time
		en, vi string
	}{
		{time.Date(2026, 11, 20, 13, 0, 0, 0, zone), "at 13:00 today", "13:00 hôm nay"},
		{time.Date(2026, 11, 21, 7, 30, 0, 0, zone), "at 07:30 tomorrow", "07:30 ngày mai"},
		{time.Date(2026, 11, 22, 7, 30, 0, 0, zone), "at 07:30 on Sunday 22 November", "07:30 Chủ nhật, ngày 22/11"},
		{time.Date(2026, 11, 23, 7, 30, 0, 0, zone), "at 07:30 on Monday 23 November", "07:30 thứ Hai, ngày 23/11"},
		{time.Date(2026, 11, 28, 7, 30, 0, 0, zone), "at 07:30 on Saturday 28 November", "07:30 thứ Bảy, ngày 28/11"},
	} {
		if en, vi := dayAndTime(c.at, now); en != c.en || vi != c.vi {
			t.Errorf("%s is %q, %q", c.at, en, vi)
		}
	}
	opens := now.Add(time.Hour)
	for code, want := range map[queue.Code][2]string{
		queue.CodeOfficeClosed:   {"come back at 12:45 today", "Mời quay lại lúc 12:45 hôm nay"},
		queue.CodeServiceFull:    {"another service", "dịch vụ khác"},
		queue.CodeIssuingStopped: {"help desk", "Mời quay lại lúc 12:45 hôm nay"},
	} {
		a := opensAdvice(code, opens, now)
		if !strings.Contains(a.hint, want[0]) || !strings.Contains(a.hintVI, want[1]) || !strings.Contains(a.hint, "12:45") || !strings.Contains(a.hintVI, "12:45") {
			t.Errorf("%s: %+v", code, a)
		}
	}
}

// TestCodesSurviveTheWire: what goes out as a problem comes back as the error
// that it was, whatever the code.
func TestCodesSurviveTheWire(t *testing.T) {
	for _, code := range allCodes() {
		b := newBench(t, func(c *Config) {
			c.Offices = map[string]queue.Management{"trung-tam": failing{err: queue.Errorf(code, "it is so")}}
		})
		client := NewClient(b.http.URL, "trung-tam", "token-admin", b.http.Client())
		_, err := client.Info(t.Context())
		want := code
		switch code { // Only HTTP has these.
		case CodeNotFound, CodeMethodNotAllowed, CodeTooLarge, CodeUnsupportedMedia:
			want = queue.CodeBadRequest
		case CodeTimeout:
			want = queue.CodeUnavailable
		}
		if got := queue.ErrorCode(err); got != want {
			t.Errorf("%s comes back as %s: %v", code, got, err)
		}
	}
}

func TestLanguages(t *testing.T) {
	b := newBench(t)
	for header, want := range map[string]string{
		"":                           "No such office here",
		"vi":                         "Không có trung tâm này",
		"vi-VN,vi;q=0.9,en;q=0.8":    "Không có trung tâm này",
		"en-GB,vi;q=0.5":             "No such office here",
		"fr, vi;q=0.1":               "Không có trung tâm này",
		"\x80;;;":                    "No such office here",
		strings.Repeat("vi-x-,", 50): "No such office here",
	} {
		p := b.do(call{
			method: "GET", path: Prefix + "/offices/x", header: map[string]string{"Accept-Language": header},
		}).wantProblem(t, queue.CodeUnknownOffice)
		if p["title"] != want {
			t.Errorf("Accept-Language %q: title %v, want %q", header, p["title"], want)
		}
	}
}

func TestFailuresKeepTheirCauseForTheLog(t *testing.T) {
	var log strings.Builder
	for _, err := range []error{
		queue.Errorf(queue.CodeUnavailable, "write /var/secret.db: %w", errors.New("disk full")),
		queue.Errorf(queue.CodeInternal, "at /var/secret.db"),
		fmt.Errorf("no code at all: /var/secret.db"),
	} {
		log.Reset()
		b := newBench(t, func(c *Config) {
			c.Offices = map[string]queue.Management{"trung-tam": failing{err: err}}
			c.Logger = slog.New(slog.NewTextHandler(&log, nil))
		})
		a := b.post("/tickets", "kiosk", `{"service":"A","channel":"kiosk","person":"tel:+84912345678"}`)
		if a.status < 500 || strings.Contains(string(a.body), "secret") {
			t.Errorf("%v: %d %s", err, a.status, a.body)
		}
		if !strings.Contains(log.String(), "secret.db") || strings.Contains(log.String(), "912345678") {
			t.Errorf("%v: log says %q", err, log.String())
		}
	}
}

// panicking has a defect.
type panicking struct{ failing }

func TestDefectIsAnswered(t *testing.T) {
	b := newBench(t, func(c *Config) { c.Offices = map[string]queue.Management{"trung-tam": (*panicking)(nil)} })
	b.get("", "").wantProblem(t, queue.CodeInternal)
}

func TestFrameworkErrors(t *testing.T) {
	for status, want := range map[int]queue.Code{
		400: queue.CodeBadRequest, 422: queue.CodeBadRequest, 406: queue.CodeBadRequest,
		408: CodeTimeout, 413: CodeTooLarge, 415: CodeUnsupportedMedia, 500: queue.CodeInternal,
	} {
		p := fromFramework(&huma.ErrorModel{Status: status, Detail: "d", Errors: []*huma.ErrorDetail{
			{Location: "body.person", Message: "expected string", Value: "tel:+84912345678"},
		}})
		if p.Code != want || p.Status != kindOf(want).status {
			t.Errorf("%d becomes %s %d", status, p.Code, p.Status)
		}
		if strings.Contains(p.Detail, "912345678") || !strings.Contains(p.Detail, "body.person") {
			t.Errorf("detail %q", p.Detail)
		}
	}
}

func TestCodeOfStatus(t *testing.T) {
	for status, want := range map[int]queue.Code{
		http.StatusBadRequest: queue.CodeBadRequest, http.StatusTeapot: queue.CodeBadRequest,
		http.StatusUnauthorized: queue.CodeUnauthorized, http.StatusForbidden: queue.CodeForbidden,
		http.StatusTooManyRequests: queue.CodeRateLimited, http.StatusBadGateway: queue.CodeUnavailable,
		http.StatusFound: queue.CodeUnavailable, http.StatusRequestTimeout: queue.CodeUnavailable,
	} {
		if got := queue.ErrorCode(fromProblem(status, []byte("<html>"))); got != want {
			t.Errorf("%d is %s, want %s", status, got, want)
		}
	}
}
