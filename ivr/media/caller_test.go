package media

import (
	"strings"
	"testing"
)

func TestNormalizeCaller(t *testing.T) {
	for raw, want := range map[string]string{
		"0912345678":                         "+84912345678",
		"84912345678":                        "+84912345678",
		"+84912345678":                       "+84912345678",
		"0084912345678":                      "+84912345678",
		"912345678":                          "+84912345678",
		"0912 345 678":                       "+84912345678",
		"+84 (91) 234-567.8":                 "+84912345678",
		"02438252525":                        "+842438252525",
		"2438252525":                         "+842438252525",
		"842438252525":                       "+842438252525",
		"0283 822 5555":                      "+842838225555",
		"18001091":                           "+8418001091",
		"0842345678":                         "+84842345678", // A mobile number that begins with 84.
		"842345678":                          "+84842345678",
		"tel:+84912345678":                   "+84912345678",
		"tel:0912345678;phone-context=+84":   "+84912345678",
		"sip:+84912345678@ims.vn;user=phone": "+84912345678",
		`"Nguyễn" <sip:0912345678@10.0.0.1>;tag=1`: "+84912345678",
		"0912345678;npdi@10.0.0.1":                 "+84912345678",
		"+12025550123":                             "+12025550123",
		"0012025550123":                            "+12025550123",
		"anonymous":                                "", "restricted": "", "unavailable": "", "unknown": "", "": "", "sip:anonymous@anonymous.invalid": "",
		"1022": "", "101": "", "113": "", "12345": "", // Short codes and extensions.
		"091234567": "", "09123456789": "", "+8491234567": "", "0012": "", "+0912345678": "", "0123456789": "",
		"xinmoi": "", "0912345678a": "", "09123４5678": "", "+": "", "++84912345678": "",
	} {
		if got := NormalizeCaller(raw); got != want {
			t.Errorf("%q: %q, want %q", raw, got, want)
		}
	}
}

func TestMaskNumber(t *testing.T) {
	for raw, want := range map[string]string{
		"0912345678": "0912***678", "+84912345678": "0912***678", "sip:84912345678@x": "0912***678",
		"02438252525": "0243***525", "+12025550123": "+120***123", "anonymous": "***", "1022": "***", "": "***",
	} {
		if got := MaskNumber(raw); got != want {
			t.Errorf("%q: %q, want %q", raw, got, want)
		}
	}
}

func FuzzNormalizeCaller(f *testing.F) {
	for _, s := range []string{"0912345678", "+84912345678", "tel:0912345678;phone-context=+84", `"N" <sip:0084912345678@x>`, "anonymous"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		n := NormalizeCaller(raw)
		if n == "" {
			return
		}
		if n[0] != '+' || !onlyDigits(n[1:]) || len(n) < 9 || len(n) > 16 {
			t.Fatalf("%q became %q", raw, n)
		}
		if again := NormalizeCaller(n); again != n {
			t.Fatalf("%q became %q, that became %q", raw, n, again)
		}
		if m := MaskNumber(raw); len(m) > 10 || strings.Contains(m, n[1:]) {
			t.Fatalf("%q shows in %q", n, m)
		}
	})
}

func TestMaskIn(t *testing.T) {
	for _, c := range [][3]string{
		{"84912345678-77@192.0.2.1", "0912345678", "84***-77@192.0.2.1"},
		{"0912345678@192.0.2.1", "+84912345678", "0***@192.0.2.1"},
		{"a84b4c76e66710@192.0.2.1", "0912345678", "a84b4c76e66710@192.0.2.1"},
		{"84912345678@x", "anonymous", "84912345678@x"},
	} {
		if got := MaskIn(c[0], c[1]); got != c[2] {
			t.Errorf("MaskIn(%q, %q) = %q, want %q", c[0], c[1], got, c[2])
		}
	}
}
