package sms

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/quick"

	"github.com/xinmoi/xinmoi/bots"
)

func TestPlain(t *testing.T) {
	for text, want := range map[string]string{
		"Mời số A012 đến quầy 4":    "Moi so A012 den quay 4",
		"UBND xã Tân Phú – Đống Đa": "UBND xa Tan Phu - Dong Da",
		"“Xin mời”…":                `"Xin moi"...`,
		"50 % {a} €":                "50 % {a} €",
		"số 七":                      "so ?",
		"":                          "",
	} {
		if got := Plain(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
	if err := quick.Check(func(text string) bool { _, wide := Parts(Plain(text)); return !wide }, nil); err != nil {
		t.Error(err)
	}
}

// The limits of 3GPP TS 23.040: 160 letters, or 153 a part; 70 and 67 of UCS-2;
// what is in the extension table takes two places.
func TestParts(t *testing.T) {
	for _, c := range []struct {
		text  string
		parts int
		wide  bool
	}{
		{"", 1, false},
		{strings.Repeat("a", 160), 1, false},
		{strings.Repeat("a", 161), 2, false},
		{strings.Repeat("a", 306), 2, false},
		{strings.Repeat("a", 307), 3, false},
		{strings.Repeat("€", 80), 1, false},
		{strings.Repeat("€", 81), 2, false},
		{strings.Repeat("ờ", 70), 1, true},
		{strings.Repeat("ờ", 71), 2, true},
		{strings.Repeat("ờ", 134), 2, true},
		{strings.Repeat("ờ", 135), 3, true},
		{strings.Repeat("😀", 35), 1, true},
		{strings.Repeat("😀", 36), 2, true},
	} {
		if parts, wide := Parts(c.text); parts != c.parts || wide != c.wide {
			t.Errorf("%d of %.4q: %d parts, wide %t; want %d, %t", len(c.text), c.text, parts, wide, c.parts, c.wide)
		}
	}
}

const number = "+84912345678"

// sender writes through a provider made of a handler.
func sender(t *testing.T, driver string, h http.HandlerFunc) *Sender {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	s, err := New(Config{Driver: driver, URL: server.URL, User: "office", Secret: "s3cret", From: "XINMOI"})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func classOf(t *testing.T, err error) bots.FailureClass {
	t.Helper()
	var f *bots.Failure
	if err == nil {
		return ""
	}
	if !errors.As(err, &f) {
		t.Fatalf("%v is no *bots.Failure", err)
	}
	for _, secret := range []string{"s3cret", "912345678", "password="} {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("%v tells %q", err, secret)
		}
	}
	return f.Class
}

func TestESMS(t *testing.T) {
	for answer, want := range map[string]bots.FailureClass{
		`{"CodeResult":"100","SMSID":"1"}`:                       "",
		`{"CodeResult":100}`:                                     "",
		`{"CodeResult":"124","ErrorMessage":"duplicate"}`:        "",
		`{"CodeResult":"101","ErrorMessage":"Authorize Failed"}`: bots.Auth,
		`{"CodeResult":"140"}`:                                   bots.Auth,
		`{"CodeResult":"103"}`:                                   bots.Rejected,
		`{"CodeResult":"146"}`:                                   bots.Rejected,
		`{"CodeResult":"108"}`:                                   bots.Gone,
		`{"CodeResult":"177"}`:                                   bots.Retry,
		`{}`:                                                     bots.Ambiguous,
		`<html>502</html>`:                                       bots.Ambiguous,
		``:                                                       bots.Ambiguous,
	} {
		var got map[string]string
		s := sender(t, ESMS, func(w http.ResponseWriter, r *http.Request) {
			if err := json.NewDecoder(r.Body).Decode(&got); err != nil {
				t.Error(err)
			}
			_, _ = io.WriteString(w, answer)
		})
		if class := classOf(t, s.Text(t.Context(), number, "Mời số A012")); class != want {
			t.Errorf("%s: %q, want %q", answer, class, want)
		}
		if got["Phone"] != "84912345678" || got["Content"] != "Moi so A012" || got["ApiKey"] != "office" || got["SecretKey"] != "s3cret" ||
			got["Brandname"] != "XINMOI" || got["SmsType"] != "2" || got["IsUnicode"] != "0" || got["RequestId"] == "" || len(got["RequestId"]) > 50 {
			t.Errorf("asked with %v", got)
		}
	}
	busy := sender(t, ESMS, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTooManyRequests) })
	if class := classOf(t, busy.Text(t.Context(), number, "x")); class != bots.Retry {
		t.Errorf("429: %q", class)
	}
}

func TestKannelAnswers(t *testing.T) {
	for status, want := range map[int]bots.FailureClass{
		http.StatusAccepted: "", http.StatusOK: "", http.StatusForbidden: bots.Auth, http.StatusServiceUnavailable: bots.Retry, http.StatusBadRequest: bots.Rejected,
	} {
		s := sender(t, Kannel, func(w http.ResponseWriter, r *http.Request) {
			if q := r.URL.Query(); q.Get("to") != number || q.Get("text") != "Moi so A012" || q.Get("coding") != "" || q.Get("from") != "XINMOI" {
				t.Errorf("asked with %v", q)
			}
			w.WriteHeader(status)
			_, _ = io.WriteString(w, "0: Accepted\nfor delivery")
		})
		if class := classOf(t, s.Text(t.Context(), number, "Mời số A012")); class != want {
			t.Errorf("%d: %q, want %q", status, class, want)
		}
	}
}

// Nobody there is surely not sent; a cut line perhaps.
func TestLineFailures(t *testing.T) {
	const gone = "http://127.0.0.1:1" // Nobody is given that port.
	for driver, want := range map[string]bots.FailureClass{Kannel: bots.Unreachable, ESMS: bots.Unreachable} {
		s, err := New(Config{Driver: driver, URL: gone, User: "office", Secret: "s3cret"})
		if err != nil {
			t.Fatal(err)
		}
		if class := classOf(t, s.Text(t.Context(), number, "x")); class != want {
			t.Errorf("%s: %q, want %q", driver, class, want)
		}
		cut := sender(t, driver, func(w http.ResponseWriter, _ *http.Request) {
			c, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			_ = c.Close()
		})
		if class := classOf(t, cut.Text(t.Context(), number, "x")); class != bots.Ambiguous {
			t.Errorf("%s, cut: %q", driver, class)
		}
	}
	missing, err := New(Config{Driver: Gammu, File: "/none", Command: "no-such-program"})
	if err != nil {
		t.Fatal(err)
	}
	if class := classOf(t, missing.Text(t.Context(), number, "x")); class != bots.Unreachable {
		t.Errorf("gammu that is not there: %q", class)
	}
}

func TestNothingIsSentThatMustNot(t *testing.T) {
	s := sender(t, Kannel, func(http.ResponseWriter, *http.Request) { t.Error("something was sent") })
	for number, text := range map[string]string{
		"0912345678": "x", "": "x", "+84912345678&to=+1900": "x", "+84 912 345 678": "x", "+84912345679": strings.Repeat("a", 307), "+84912345678": "  ",
	} {
		if class := classOf(t, s.Text(t.Context(), number, text)); class != bots.Rejected {
			t.Errorf("%q %.5q: %q", number, text, class)
		}
	}
}

func TestCheck(t *testing.T) {
	for name, c := range map[string]Config{
		"driver": {Driver: "pigeon"}, "user": {Driver: ESMS, Secret: "x"}, "secret": {Driver: Kannel, User: "x"}, "file": {Driver: Gammu},
		"url": {Driver: ESMS, User: "x", Secret: "x", URL: "ftp://x"}, "parts": {Driver: ESMS, User: "x", Secret: "x", Most: 11},
	} {
		if _, err := New(c); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

// What a provider says goes into logs, and a telephone number must not.
func TestProvidersWordsHaveNoNumber(t *testing.T) {
	for said, want := range map[string]string{
		"Phone 0912345678 is blocked": "Phone *** is blocked", "+84 912 345 678\n": "*** ", "code 99999": "code 99999", "84912345678": "***",
	} {
		if got := clip([]byte(said)); got != want {
			t.Errorf("%q becomes %q, want %q", said, got, want)
		}
	}
}

func FuzzESMSAnswer(f *testing.F) {
	for _, s := range []string{`{"CodeResult":"100"}`, `{"CodeResult":[]}`, `{"CodeResult":"\u0000"}`, "", "null"} {
		f.Add(200, []byte(s))
	}
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		if err := esmsAnswer(status, body); err != nil && len(err.Error()) > 2000 {
			t.Errorf("an error of %d bytes", len(err.Error()))
		}
	})
}

// A long text goes out all the same: without its marks, or cut.
func TestFit(t *testing.T) {
	const told = "Trung tâm Phục vụ hành chính công phường Bình Trị Đông: đã xác nhận lịch hẹn lúc 08:30 Thứ Hai 24/11/2026, mã 123 456 789. Đến nơi xin nhập mã này tại máy lấy số."
	for _, marks := range []bool{true, false} {
		s, err := New(Config{Driver: Kannel, User: "u", Secret: "s", Marks: marks})
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Fit("Mời số A012"); got != "Mời số A012" {
			t.Errorf("marks %t: %q", marks, got)
		}
		if got := s.Fit(told); !s.Fits(got) || Plain(got) != Plain(told) || marks == (got == told) {
			t.Errorf("marks %t: %q", marks, got)
		}
		if got := s.Fit(strings.Repeat(told, 9)); !s.Fits(got) || len(got) < 300 || !strings.HasSuffix(got, "...") {
			t.Errorf("marks %t: %q", marks, got)
		}
	}
}
