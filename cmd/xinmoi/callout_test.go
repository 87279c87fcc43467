package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestCalloutConfig(t *testing.T) {
	for text, want := range map[string]string{
		"":                                       "",
		`via = "sip:192.168.1.10:5060"`:          "",
		`via = "192.168.1.10"`:                   "callout.via",
		`via = "sip:0912345678@192.168.1.10"`:    "callout.via",
		"calls_at_once = 0":                      "callout.calls_at_once",
		"calls_per_minute = 100000":              "callout.calls_per_minute",
		"calls_per_number = 50":                  "callout.calls_per_number",
		"minutes_ahead = -1":                     "callout.minutes_ahead",
		"call_everybody = true":                  "call_everybody",
		"calls_at_once = 10\nminutes_ahead = 30": "",
	} {
		path := filepath.Join(t.TempDir(), "xinmoi.toml")
		if err := os.WriteFile(path, []byte("[callout]\n"+text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := loadConfig(path)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func TestViaURI(t *testing.T) {
	if got, want := viaURI("sip:192.168.1.10:5060;transport=tcp", "+84912345678"), "sip:0912345678@192.168.1.10:5060;transport=tcp"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
