package sip

import "testing"

// Whatever an office may enter as an operator or for a test call is understood.
func TestParseTarget(t *testing.T) {
	t.Parallel()
	for uri, want := range map[string]string{
		"sip:100@10.0.0.2":                "sip:100@10.0.0.2",
		"sip:100@10.0.0.2;transport=tcp":  "sip:100@10.0.0.2;transport=tcp",
		"sips:100@10.0.0.2":               "sip:100@10.0.0.2;transport=tls",
		"sips:100@10.0.0.2;transport=tcp": "sip:100@10.0.0.2;transport=tls",
		"sip:100@10.0.0.2?Subject=x":      "sip:100@10.0.0.2",
	} {
		got, err := parseTarget(uri)
		if err != nil || got.String() != want {
			t.Errorf("%s: %q, %v; want %q", uri, got.String(), err, want)
		}
	}
}
