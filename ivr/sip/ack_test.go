package sip

import "testing"

func TestRawTag(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"<sip:1022@192.0.2.1>;tag=abc":            "abc",
		"<sip:1022@192.0.2.1;tag=no>;x=y;TAG = z": "z",
		"sip:1022@192.0.2.1;tag=abc":              "abc",
		"Ward <sip:1022@192.0.2.1>;tag=abc;a=b":   "abc",
		"<sip:1022@192.0.2.1;tag=no>":             "",
		`"a>;tag=no" <sip:1022@192.0.2.1>;tag=b`:  "", // For the parser.
		"":                                        "",
	} {
		if got := rawTag(value); got != want {
			t.Errorf("%q: %q, want %q", value, got, want)
		}
	}
}
