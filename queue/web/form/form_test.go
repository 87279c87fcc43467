package form

import (
	"net/url"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/xinmoi/xinmoi/queue/web/page"
)

type thing struct {
	Name, Text, Clock, Kind string
	N                       int
	On                      bool
	Of                      []string
}

func things() Form[thing] {
	options := []Option{{"a", Text{"A", "A"}}, {"b", Text{"B", "B"}}, {"c", Text{"C", "C"}}}
	name := TextOf("name", Text{"Tên", "Name"}, func(t *thing) *string { return &t.Name })
	name.Required, name.Max = true, 20
	return Form[thing]{
		name, LinesOf("text", Text{"Lời", "Text"}, func(t *thing) *string { return &t.Text }),
		ClockOf("clock", Text{"Giờ", "Time"}, func(t *thing) *string { return &t.Clock }),
		ChoiceOf("kind", Text{"Loại", "Kind"}, options, func(t *thing) *string { return &t.Kind }),
		NumberOf("n", Text{"Số", "Number"}, 1, 50, func(t *thing) *int { return &t.N }),
		CheckOf("on", Text{"Bật", "On"}, func(t *thing) *bool { return &t.On }),
		ManyOf("of", Text{"Của", "Of"}, options, func(t *thing) *[]string { return &t.Of }),
	}
}

func TestSaysWhatIsWrong(t *testing.T) {
	for _, c := range []struct {
		field, typed, want string // Want is part of the message, empty = none.
	}{
		{"name", "", "Chưa điền"}, {"name", "  \t ", "Chưa điền"}, {"name", strings.Repeat("ă", 21), "nhiều nhất 20"}, {"name", strings.Repeat("ă", 20), ""}, {"name", "Quầy  1", ""},
		{"text", strings.Repeat("x", 2001), "viết ngắn lại"}, {"text", "một\r\nhai", ""},
		{"clock", "7h30", ""}, {"clock", "7:30", ""}, {"clock", "25:00", "không phải giờ"}, {"clock", "sáng", "không phải giờ"}, {"clock", "", ""}, {"clock", "24:00", ""},
		{"kind", "a", ""}, {"kind", "z", "xin chọn lại"}, {"kind", "", ""},
		{"n", "50", ""}, {"n", "51", "từ 1 đến 50"}, {"n", "0", "từ 1 đến 50"}, {"n", "-3", "từ 1 đến 50"}, {"n", "2,5", "từ 1 đến 50"}, {"n", "999999999999999999999", "viết ngắn lại"}, {"n", "", ""},
		{"of", "b", ""}, {"of", "z", "xin chọn lại"}, {"on", "yes", ""},
	} {
		got := thing{Name: "cũ"}
		form := url.Values{"name": {"mới"}}
		form.Set(c.field, c.typed)
		f := things()
		wrong := f.Apply(&got, form)
		if text := wrong[c.field].VI; (text == "") != (c.want == "") || !strings.Contains(text, c.want) {
			t.Errorf("%s=%.30q: %q, want %q", c.field, c.typed, text, c.want)
		}
		if c.want != "" && wrong[c.field].EN == "" {
			t.Errorf("%s=%.30q: not said in English", c.field, c.typed)
		}
		typed, _ := f.Typed(form)
		for _, row := range f.Rows(page.Vietnamese, typed, Values{}, wrong) {
			if row.Name == c.field && row.Kind != Check && row.Kind != Many && strings.Join(strings.Fields(row.Value), " ") != strings.Join(strings.Fields(c.typed), " ") {
				t.Errorf("%s=%.30q: shown again as %.30q", c.field, c.typed, row.Value)
			}
		}
	}
}

// Two people at one form: what one of them did not touch follows the other, what
// both changed is asked about, and neither value is lost.
func TestTwoPeople(t *testing.T) {
	f := things()
	shown := thing{Name: "Quầy", N: 3, Of: []string{"a", "b"}}
	posted := func(change func(url.Values)) url.Values {
		v := url.Values{}
		for name, list := range f.Values(shown) {
			v[name] = list
			v["was."+name] = []string{strings.Join(list, "\n")}
		}
		change(v)
		return v
	}
	now := thing{Name: "Quầy của người khác", N: 3, Of: []string{"c"}}
	if wrong := f.Apply(&now, posted(func(v url.Values) { v.Set("n", "9") })); len(wrong) > 0 || now.N != 9 || now.Name != "Quầy của người khác" || len(now.Of) != 1 {
		t.Errorf("another field: %v %+v", wrong, now)
	}
	mine := posted(func(v url.Values) { v.Set("name", "Quầy của tôi") })
	wrong := f.Apply(&now, mine)
	if !strings.Contains(wrong["name"].VI, "Quầy của người khác") || !strings.Contains(wrong["name"].EN, "Quầy của người khác") || strings.Contains(wrong["name"].VI+wrong["name"].EN, "%!") {
		t.Errorf("the same field: %q", wrong["name"])
	}
	typed, _ := f.Typed(mine)
	rows := f.Rows(page.Vietnamese, typed, f.Values(now), wrong)
	if rows[0].Value != "Quầy của tôi" || rows[0].Was != "Quầy của người khác" {
		t.Errorf("shown again as %+v", rows[0])
	}
	mine.Set("was.name", rows[0].Was) // Saved again, it wins.
	if wrong := f.Apply(&now, mine); len(wrong) > 0 || now.Name != "Quầy của tôi" {
		t.Errorf("saved again: %v %+v", wrong, now)
	}
	same := thing{Name: "Trùng nhau"}
	if wrong := f.Apply(&same, posted(func(v url.Values) { v.Set("name", "Trùng nhau") })); len(wrong) > 0 {
		t.Errorf("both have typed the same: %v", wrong)
	}
}

// Whatever happens to the other fields, a form that is shown and sent back
// untouched changes nothing.
func TestUntouchedChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[a-zà-ỹ ]{0,12}`)
		draw := func(label string) thing {
			return thing{
				Name: "x" + text.Draw(t, label), Text: text.Draw(t, label), N: rapid.IntRange(0, 50).Draw(t, label), On: rapid.Bool().Draw(t, label),
				Of: rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "b", "c"}), 0, 3, rapid.ID[string]).Draw(t, label),
			}
		}
		f := things()
		shown, now := draw("shown"), draw("now")
		v := url.Values{}
		values := f.Values(shown)
		for _, row := range f.Rows(page.Vietnamese, values, values, nil) { // As a browser would send it.
			v[row.Name] = values[row.Name]
			v.Set("was."+row.Name, row.Was)
		}
		before := f.Values(now)
		if wrong := f.Apply(&now, v); len(wrong) > 0 {
			t.Fatalf("%v", wrong)
		}
		for name, list := range f.Values(now) {
			if !same(list, before[name]) {
				t.Fatalf("%s: %q became %q", name, before[name], list)
			}
		}
	})
}
