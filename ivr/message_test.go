package ivr

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/xinmoi/xinmoi/queue"
)

// gsm7 are the letters of the default alphabet of short messages that our texts
// may use once their marks are gone (3GPP TS 23.038).
const gsm7 = "@$ !\"#%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// plain takes the marks off Vietnamese letters, as a sender may.
func plain(s string) string {
	const marked = "àáảãạăằắẳẵặâầấẩẫậđèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵ"
	const bare = "aaaaaaaaaaaaaaaaadeeeeeeeeeeeiiiiiooooooooooooooooouuuuuuuuuuuyyyyy"
	var pairs []string
	for i, r := range []rune(marked) {
		b := string(bare[i])
		pairs = append(pairs, string(r), b, strings.ToUpper(string(r)), strings.ToUpper(b))
	}
	return strings.NewReplacer(pairs...).Replace(s)
}

// Every message fits, whatever the office is called: two parts with the marks,
// one without them.
func TestMessagesFit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{"Trung", "tâm", "Phục", "vụ", "hành", "chính", "công", "xã", "Nguyễn", "Thượng"}), 0, 60).Draw(t, "name"), " ")
		o := queue.Info{Name: name, NameEN: name}
		tk := queue.Ticket{Number: queue.Number{Prefix: "ABC", N: rapid.IntRange(1, 9999).Draw(t, "number")}, Counter: "102", Code: "572400000"}
		for _, language := range []string{"vi", "en", "km"} {
			for _, id := range []string{MessageNear, MessageCalled, MessageTaken} {
				text := Message(language, id, o, tk)
				if n := units(text); n > messageMost || n == 0 {
					t.Errorf("%d units: %q", n, text)
				}
				if bare := plain(text); len(bare) > 160 || strings.Trim(bare, gsm7) != "" {
					t.Errorf("without marks not one part: %d letters, %q", len(bare), bare)
				}
				if !strings.Contains(text, tk.Number.String()) || strings.ContainsAny(text, "{}") || strings.Contains(text, "http") {
					t.Errorf("wrote %q", text)
				}
			}
		}
	})
}

func TestMessageWording(t *testing.T) {
	o, tk := testInfo(), queue.Ticket{Number: queue.Number{Prefix: "A", N: 12}, Counter: "3"}
	for id, want := range map[string]string{
		MessageNear:   "Trung tâm Phục vụ hành chính công xã Tân Phú: số A012 sắp đến lượt. Mời quý vị có mặt tại phòng chờ.",
		MessageCalled: "Trung tâm Phục vụ hành chính công xã Tân Phú: số A012 đang được gọi đến quầy 3. Mời quý vị đến ngay hoặc hỏi quầy hướng dẫn.",
	} {
		if got := Message("vi", id, o, tk); got != want {
			t.Errorf("%q\nwant %q", got, want)
		}
	}
	o.Name, o.NameEN = strings.Repeat("Trung tâm ", 20)+"Tân Phú", strings.Repeat("Tan Phu Centre ", 20)
	if got := Message("vi", MessageNear, o, tk); !strings.HasPrefix(got, "...") || !strings.Contains(got, " Tân Phú: số A012 sắp đến lượt.") {
		t.Errorf("a long name: %q", got)
	}
	if got := Message("en", MessageNear, o, tk); !strings.HasPrefix(got, "Tan Phu Centre ") || !strings.Contains(got, "...: number A012 is near.") {
		t.Errorf("a long name in English: %q", got)
	}
	if got := Message("vi", MessageNear, queue.Info{}, tk); got != "Số A012 sắp đến lượt. Mời quý vị có mặt tại phòng chờ." {
		t.Errorf("without a name: %q", got)
	}
}
