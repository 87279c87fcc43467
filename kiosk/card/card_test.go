package card

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func today() time.Time { return time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC) }

func TestParse(t *testing.T) {
	for name, tt := range map[string]struct {
		scan  string
		age   int
		exact bool
	}{
		"seven fields":           {"001090123456|012345678|NGUYỄN VĂN A|01011990|Nam|Thôn 3, Xã Hòa Bình|15042021", 36, true},
		"no old number":          {"001090123456||NGUYỄN VĂN A|23111990|Nam|Thôn 3|15042021", 35, true},
		"six fields":             {"001090123456|NGUYỄN VĂN A|22111990|Nam|Thôn 3|15042021", 36, true},
		"born this century":      {"079305001234|024567890|TRẦN THỊ B|31122005|Nữ|12 Lê Lợi|01072022", 20, true},
		"elderly":                {"036146000123|160123456|PHẠM THỊ C|02021946|Nữ|Xóm 5|10102021", 80, true},
		"mangled name":           {"001090123456|012345678|NGUYE^~N VA(N A|01011990|Nam|Tho^n 3|15042021", 36, true},
		"bars typed as others":   {"001090123456~012345678~NGUYEN VAN A~01011990~Nam~Thon 3~15042021", 36, true},
		"with the whole family":  {"001090123456|NGUYỄN VĂN A|01011990|Nam|Xã X|01082024|HỘ: 001060000001 NGUYỄN VĂN B|001062000002|001088000003", 36, true},
		"number alone":           {"001090123456", 35, false}, // Surely 35: the birthday may be to come.
		"spaces and line at end": {" 001090123456|012345678|A|01011990|Nam|x|15042021\r\n", 36, true},
	} {
		c, err := Parse(tt.scan, today())
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if c.Age(today()) != tt.age || c.Exact() != tt.exact {
			t.Errorf("%s: %d years, exact %v, want %d, %v", name, c.Age(today()), c.Exact(), tt.age, tt.exact)
		}
	}
}

func TestRefuses(t *testing.T) {
	for name, scan := range map[string]string{
		"nothing":                     "",
		"a lookup code":               "123456789",
		"a barcode":                   "8934567890123",
		"too short a number":          "00109012345|012345678|A|01011990|Nam|x|15042021",
		"too long a number":           "0010901234567|012345678|A|01011990|Nam|x|15042021",
		"no such province":            "097090123456|012345678|A|01011990|Nam|x|15042021",
		"half a scan":                 "001090123456|012345678|NGUY",
		"birthday in another year":    "001090123456|012345678|A|01011991|Nam|x|15042021",
		"no such day":                 "001090123456|012345678|A|31021990|Nam|x|15042021",
		"not born yet":                "001299123456|012345678|A|01012099|Nam|x|15042021",
		"from another century":        "001890123456",
		"a name first":                "NGUYEN|001090123456|01011990|Nam|x|15042021|y",
		"a web page":                  "http://192.168.1.10:8080/t/AbCdEfGhIj",
		"too long":                    "001090123456|" + strings.Repeat("x", MaxScan),
		"figures of another script":   "٠٠١٠٩٠١٢٣٤٥٦|012345678|A|01011990|Nam|x|15042021",
		"a priority card of our own":  "XM1-7-20271231-ELDERLY-ABCDEF",
		"number, then nothing but it": "001090123456|",
	} {
		if c, err := Parse(scan, today()); !errors.Is(err, ErrNotCard) {
			t.Errorf("%s was read: %d, %v", name, c.Age(today()), err)
		}
	}
}

// Nothing of a card comes out by printing, logging or encoding it.
func TestNothingIsShown(t *testing.T) {
	const number = "001090123456"
	c, err := Parse(number+"|012345678|NGUYỄN VĂN A|01011990|Nam|Thôn 3|15042021", today())
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x", "%t"} {
		fmt.Fprintf(&out, verb+verb, c, &c)
	}
	slog.New(slog.NewJSONHandler(&out, nil)).Info("scan", "card", c, "in", struct{ C Citizen }{c})
	slog.New(slog.NewTextHandler(&out, nil)).Info("scan", "card", c, "pointer", &c, "in", struct{ C Citizen }{c})
	if err := json.NewEncoder(&out).Encode(c); err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{number, "1990", "NGUY", "012345678"} {
		if strings.Contains(out.String(), secret) {
			t.Errorf("%q is shown in %s", secret, out.String())
		}
	}
	_, err = Parse(number+"|012345678|NGUYEN VAN A|01011991|Nam|x|15042021", today())
	if err == nil || strings.Contains(err.Error(), "0010") || strings.Contains(err.Error(), "NGUYEN") {
		t.Errorf("the error tells the scan: %v", err)
	}
}

func TestPerson(t *testing.T) {
	a, err1 := Parse("001090123456", today())
	same, err2 := Parse("001090123456|012345678|A|01011990|Nam|x|15042021", today())
	b, err3 := Parse("001090123457", today())
	if err := errors.Join(err1, err2, err3); err != nil {
		t.Fatal(err)
	}
	key, other := []byte("key"), []byte("other")
	name := a.Person(key, "2026-11-22")
	if name != same.Person(key, "2026-11-22") {
		t.Error("one card, two names")
	}
	for what, n := range map[string]string{
		"another person": b.Person(key, "2026-11-22"), "another day": a.Person(key, "2026-11-23"), "another key": a.Person(other, "2026-11-22"),
	} {
		if n == name {
			t.Errorf("%s has the same name", what)
		}
	}
	if !strings.HasPrefix(name, "cccd:") || strings.Contains(name, "1090") {
		t.Errorf("named %s", name)
	}
}

// Every card of the shape in use is read, with the right age.
func TestEveryCard(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		born := time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, rapid.IntRange(0, 126*365).Draw(t, "days"))
		century := rapid.IntRange(0, 1).Draw(t, "sex") + 2*((born.Year()-1900)/100)
		number := fmt.Sprintf("%03d%d%02d%06d", rapid.IntRange(1, 96).Draw(t, "province"), century, born.Year()%100, rapid.IntRange(0, 999999).Draw(t, "rest"))
		name := rapid.StringMatching(`[A-ZĐƯƠ ]{1,30}`).Draw(t, "name")
		scan := strings.Join([]string{number, rapid.SampledFrom([]string{"", "012345678"}).Draw(t, "old"), name, born.Format("02012006"), "Nam", "Thôn 12, Xã 3", "15042021"}, "|")
		c, err := Parse(scan, today())
		if err != nil {
			t.Fatalf("%s: %v", scan, err)
		}
		want := today().Year() - born.Year()
		if born.AddDate(want, 0, 0).After(today()) {
			want--
		}
		if got := c.Age(today()); got != want {
			t.Fatalf("born %s: %d years, want %d", born.Format(time.DateOnly), got, want)
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add("001090123456|012345678|NGUYỄN VĂN A|01011990|Nam|Thôn 3|15042021")
	f.Add("001090123456")
	f.Add("001090123456\xff")
	f.Fuzz(func(t *testing.T, scan string) {
		c, err := Parse(scan, today())
		if err != nil {
			if !errors.Is(err, ErrNotCard) {
				t.Errorf("%v", err)
			}
			return
		}
		if age := c.Age(today()); age < -1 || age > oldest {
			t.Errorf("%d years", age)
		}
	})
}
