package page

import "testing"

func TestHalves(t *testing.T) {
	for text, want := range map[string][2]string{
		"Loa hỏng. (The loudspeaker fails.)":              {"Loa hỏng.", "The loudspeaker fails."},
		"Số A012 (A012 was not said (no power), only so)": {"Số A012", "A012 was not said (no power), only so"},
		"Máy in (USB) hỏng (broken)":                      {"Máy in (USB) hỏng", "broken"},
		"plain":                                           {"plain", "plain"},
		"(both)":                                          {"(both)", "(both)"},
		"f(x)":                                            {"f(x)", "f(x)"},
		"a) b)":                                           {"a) b)", "a) b)"},
		"":                                                {"", ""},
		")":                                               {")", ")"},
	} {
		if vi, en := Halves(text); vi != want[0] || en != want[1] {
			t.Errorf("%q: %q, %q", text, vi, en)
		}
	}
}
