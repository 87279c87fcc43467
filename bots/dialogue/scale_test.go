package dialogue

import (
	"strings"
	"testing"

	"github.com/xinmoi/xinmoi/queue"
)

// An office may offer three or four levels in its own words: they are answered
// by place, name or button, and told by their names.
func TestOfficesOwnLevels(t *testing.T) {
	rating := queue.RatingSetup{Levels: []queue.RatingLevel{{Level: 5, Name: "Hài lòng", NameEN: "Satisfied"}, {Level: 1, Name: "Chưa tốt", NameEN: "Bad"}, {Level: 4, Name: "Tạm ổn"}}}
	for text, want := range map[string]int{"1": 1, "2": 4, "3": 5, "chua tot": 1, "Tạm ổn": 4, "hài lòng": 5, "rất hài lòng": 5, "đánh giá 3": 5, "không hài lòng": 1, "đánh giá hài lòng": 5, "🙂": 4, "😠": 1} {
		f := facts()
		f.Mine, f.Office.Rating = []queue.Ticket{served("9")}, rating
		d := Decide(f, Input{Text: text})
		if want < content {
			if len(d.Reply) != 1 || d.Reply[0].Kind != AskReason || d.Reply[0].Level != want {
				t.Errorf("%q: %+v", text, d)
			}
			continue
		}
		if d.Deed == nil || d.Deed.Action != Rate || d.Deed.Level != want {
			t.Errorf("%q: %+v, want level %d", text, d, want)
		}
	}
	for _, text := range []string{"4", "5", "binh thuong"} {
		f := facts()
		f.Mine, f.Office.Rating = []queue.Ticket{served("9")}, rating
		if d := Decide(f, Input{Text: text}); d.Deed != nil {
			t.Errorf("%q rates: %+v", text, *d.Deed)
		}
	}
	f := facts()
	f.Office.Rating = rating
	m := f.about(AskRate, served("9"))
	got := Render(m, "")
	if !strings.Contains(got.Body, "1 Chưa tốt, 2 Tạm ổn, 3 Hài lòng") || len(got.Buttons) != 3 || got.Buttons[2][0].Label != "3 – Hài lòng" || got.Buttons[2][0].Intent.Arg != "9-5" {
		t.Errorf("asks %+v", got)
	}
	m = f.about(Rated, served("9"))
	m.Level = 4
	if got := Render(m, "").Body; !strings.Contains(got, "“Tạm ổn”") {
		t.Errorf("says %q", got)
	}
	f.Language = "en"
	if got := Render(f.about(Done, served("9")), "").Body; !strings.Contains(got, "1 Bad, 2 Tạm ổn, 3 Satisfied") {
		t.Errorf("in English: %q", got)
	}
}
