package phone

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/xinmoi/xinmoi/queue"
)

func TestParseScript(t *testing.T) {
	got, err := ParseScript("\ufeff# a visit\n\nexpect \"Xin  chào, \"\"quý vị\"\"\"\r\n\tpress 1 2#\nwait speech\nwait 1.5s\n" +
		"expect number a12 within 20s in en-GB\nexpect \"Welcome\" in en\nexpect hangup within 1m\nexpect hangup\nhangup\n")
	if err != nil {
		t.Fatal(err)
	}
	want := []Step{
		{Line: 3, Do: Expect, Text: `Xin chào, "quý vị"`, Within: expectFor},
		{Line: 4, Do: Press, Keys: "12#"},
		{Line: 5, Do: WaitSpeech},
		{Line: 6, Do: Wait, Within: 1500 * time.Millisecond},
		{Line: 7, Do: Expect, Number: queue.Number{Prefix: "A", N: 12}, Language: "en-GB", Within: 20 * time.Second},
		{Line: 8, Do: Expect, Text: "Welcome", Language: "en", Within: expectFor},
		{Line: 9, Do: ExpectHangup, Within: time.Minute},
		{Line: 10, Do: ExpectHangup, Within: expectFor},
		{Line: 11, Do: Hangup},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestParseScriptTellsMistakes(t *testing.T) {
	for script, want := range map[string]string{
		"":                               "no steps",
		"# only words":                   "no steps",
		"press":                          "give keys",
		"press 1,2":                      "without commas",
		"press một":                      "no key",
		"\npress 1\ndance":               "line 3",
		"wait":                           "write",
		"wait 0s":                        "write",
		"wait 11m":                       "write",
		"expect":                         "quotes",
		"expect xin chào":                "quotes",
		`expect "xin chào`:               "closing quote",
		`expect "  "`:                    "1 to",
		`expect "a" within`:              "within 10s",
		`expect "a" within 5s within 6s`: "twice",
		`expect "a" loudly 5s`:           "within 10s",
		`expect "a" in !!`:               "in en",
		"expect number":                  "A012",
		"expect number ???":              "A012",
		"expect hangup in en":            "within 10s",
		"hangup now":                     "unexpected",
		"\xff":                           "UTF-8",
		strings.Repeat("hangup\n", 501):  "more than",
		strings.Repeat("#", maxScript+1): "bytes",
		`expect "` + strings.Repeat("a", maxWords+1) + `"`: "1 to",
	} {
		if steps, err := ParseScript(script); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: %v, %v, want an error with %q", script, steps, err, want)
		}
	}
}

func FuzzParseScript(f *testing.F) {
	for _, s := range []string{"press 1", "expect \"a\" within 1s in en\nhangup", "wait speech\nwait 2s", "expect number A012", "expect \"\"\"\"", "expect hangup within 1h", "\ufeff#"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, script string) {
		steps, err := ParseScript(script)
		if err != nil {
			return
		}
		if len(steps) == 0 || len(steps) > maxSteps {
			t.Fatalf("%d steps", len(steps))
		}
		for i, s := range steps {
			timed := s.Do == Wait || s.Do == Expect || s.Do == ExpectHangup
			if i > 0 && s.Line <= steps[i-1].Line || timed != (s.Within > 0) || s.Within > maxPause {
				t.Fatalf("step %+v", s)
			}
			if (s.Do == Press) != (s.Keys != "") || (s.Do == Expect) != (s.Text != "" || !s.Number.IsZero()) {
				t.Fatalf("step %+v", s)
			}
			if s.Do == Expect {
				sentences(s)
			}
		}
	})
}
