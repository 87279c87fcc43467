// Package form is for forms that people fill in to change a thing which others
// may change at the same moment: it reads what was typed, says in plain words
// beside the field what is wrong, and never loses what was typed.
//
// Every field travels with the value that it had when the form was shown. So
// three values meet when it is saved: that one, the one typed, and the one of
// now. A field that was not touched follows what others made of it; one that
// both have changed is shown with both values, and saving again decides.
package form

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/xinmoi/xinmoi/queue/web/page"
)

// Text is a text in Vietnamese and English.
type Text struct{ VI, EN string }

// In picks the language.
func (t Text) In(l page.Lang) string { return l.T(t.VI, t.EN) }

// Say makes a text of two formats with the same arguments.
func Say(vi, en string, args ...any) *Text {
	if len(args) == 0 {
		return &Text{vi, en}
	}
	return &Text{fmt.Sprintf(vi, args...), fmt.Sprintf(en, args...)}
}

// Kind is how a field is filled in.
type Kind string

// The kinds.
const (
	Line   Kind = ""       // One line of text.
	Lines  Kind = "lines"  // Several.
	Number Kind = "number" // A whole number; empty = not set.
	Check  Kind = "check"  // Yes or no; "yes" or nothing.
	Choice Kind = "choice" // One of Options.
	Many   Kind = "many"   // Any of Options.
	Clock  Kind = "clock"  // A time of day, "07:30".
	Date   Kind = "date"   // "2027-02-06".
)

// Option is one thing to choose.
type Option struct {
	Value string
	Label Text
}

// Field is one question of a form about a T.
type Field[T any] struct {
	Name        string
	Label, Hint Text
	Kind        Kind
	Options     []Option // Of a Line they are suggestions alone.
	Max         int      // Characters of a line; 0 = maxLine, or maxLines.
	Required    bool
	Example     string // Shown while it is empty.
	Heading     Text   // Begins a new part of the form.

	// Get gives the value of now, and Set puts what was typed into the thing or
	// says what is wrong with it. What was typed is trimmed, not longer than
	// Max, of the options, and not empty where it is required.
	Get func(T) []string
	Set func(*T, []string) *Text
}

// Bounds of what is typed, in characters.
const (
	maxLine  = 300
	maxLines = 20000
	maxMany  = 2000 // Boxes ticked.
)

// Form is the questions in their order.
type Form[T any] []Field[T]

// Values is what the fields hold, by name.
type Values map[string][]string

// wasPrefix begins the name of the hidden field with the value as shown.
const wasPrefix = "was."

// Problems is what is wrong, by field. What is wrong with none of them alone
// stands under "".
type Problems map[string]Text

// Values gives what a thing holds.
func (f Form[T]) Values(thing T) Values {
	v := Values{}
	for _, field := range f {
		v[field.Name] = clean(field.Kind, field.Get(thing))
	}
	return v
}

// Typed reads a posted form: what was typed, and what had been shown. A field
// without its hidden value counts as shown as it is now.
func (f Form[T]) Typed(posted url.Values) (typed, shown Values) {
	typed, shown = Values{}, Values{}
	for _, field := range f {
		typed[field.Name] = clean(field.Kind, posted[field.Name])
		if was, ok := posted[wasPrefix+field.Name]; ok {
			shown[field.Name] = clean(field.Kind, split(field.Kind, was))
		}
	}
	return typed, shown
}

// split takes the boxes apart that one hidden field carries.
func split(kind Kind, was []string) []string {
	if kind == Many && len(was) == 1 {
		return strings.Split(was[0], "\n")
	}
	return was
}

// clean trims what was typed and leaves out what is empty.
func clean(kind Kind, list []string) []string {
	var out []string
	for _, s := range list {
		s = strings.ReplaceAll(strings.ToValidUTF8(s, "�"), "\r\n", "\n")
		if kind == Lines {
			s = strings.TrimSpace(s)
		} else {
			s = strings.Join(strings.Fields(s), " ")
		}
		if s != "" {
			out = append(out, s)
		}
	}
	return out
}

// Apply puts what was typed into the thing as it is now. It tries every field,
// so that all that is wrong is told at once; with problems the thing is not to
// be used.
func (f Form[T]) Apply(thing *T, posted url.Values) Problems {
	typed, shown := f.Typed(posted)
	wrong := Problems{}
	for _, field := range f {
		now := clean(field.Kind, field.Get(*thing))
		was, known := shown[field.Name]
		if !known {
			was = now
		}
		mine := typed[field.Name]
		if same(mine, was) && known {
			if field.Required && len(now) == 0 {
				wrong[field.Name] = required()
			}
			continue // Not touched: what others made of it stays.
		}
		if !same(now, was) && !same(now, mine) {
			wrong[field.Name] = conflict(field, now)
			continue
		}
		if t := field.check(mine); t != nil {
			wrong[field.Name] = *t
		} else if t := field.Set(thing, mine); t != nil {
			wrong[field.Name] = *t
		}
	}
	return wrong
}

func same(a, b []string) bool {
	if len(a) < 2 && len(b) < 2 {
		return slices.Equal(a, b)
	}
	a, b = slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
	return slices.Equal(a, b)
}

func required() Text {
	return Text{"Chưa điền: xin gõ vào ô này.", "This is empty: please fill it in."}
}

// conflict tells what somebody else made of a field meanwhile.
func conflict[T any](field Field[T], now []string) Text {
	vi, en := make([]string, len(now)), make([]string, len(now))
	for i, v := range now {
		vi[i], en[i] = v, v
		for _, o := range field.Options {
			if o.Value == v {
				vi[i], en[i] = o.Label.VI, page.English.T(o.Label.VI, o.Label.EN)
			}
		}
	}
	if len(now) == 0 {
		vi, en = []string{"(trống)"}, []string{"(empty)"}
	}
	if field.Kind == Check {
		vi, en = []string{"không"}, []string{"no"}
		if len(now) > 0 {
			vi, en = []string{"có"}, []string{"yes"}
		}
	}
	return *Say("Trong lúc quý vị sửa, người khác đã đổi thành: %[1]s. Giá trị quý vị gõ vẫn ở đây: bấm Lưu lần nữa để dùng nó, hoặc gõ lại.",
		"While you were editing, somebody else changed this to: %[2]s. What you typed is still here: save again to use it, or type anew.",
		strings.Join(vi, "; "), strings.Join(en, "; "))
}

// check looks at what every kind of field has in common.
func (f Field[T]) check(v []string) *Text {
	most := f.Max
	switch {
	case most == 0 && f.Kind == Lines:
		most = maxLines
	case most == 0:
		most = maxLine
	}
	if len(v) == 0 {
		if f.Required {
			t := required()
			return &t
		}
		return nil
	}
	if f.Kind != Many && len(v) > 1 || len(v) > maxMany {
		return Say("Ô này chỉ nhận một giá trị.", "This takes one value.")
	}
	for _, s := range v {
		if n := utf8.RuneCountInString(s); n > most {
			return Say("Dài %d ký tự: viết ngắn lại, nhiều nhất %d.", "%d characters: make it shorter, at most %d.", n, most)
		}
		if (f.Kind == Choice || f.Kind == Many) && !slices.ContainsFunc(f.Options, func(o Option) bool { return o.Value == s }) {
			return Say("Không có lựa chọn %q (có thể vừa bị xóa): xin chọn lại.", "There is no %q to choose (it may just have been removed): please choose again.", s)
		}
	}
	return nil
}

// Row is a field as a page shows it.
type Row struct {
	Name, Label, Hint, Example, Heading string
	Kind                                Kind
	Value                               string // Of one that holds one.
	Was                                 string // As it was shown.
	On                                  bool   // Of a Check.
	Required                            bool
	Max                                 int
	Wrong                               string
	Options                             []Choosable
}

// Choosable is an option as a page shows it.
type Choosable struct {
	ID           string // Of the element on the page.
	Value, Label string
	On           bool
}

// Rows gives the form as it is to be shown. Was is what counts as shown when it
// comes back: the values of now.
func (f Form[T]) Rows(l page.Lang, values, was Values, wrong Problems) []Row {
	rows := make([]Row, 0, len(f))
	for _, field := range f {
		v := values[field.Name]
		row := Row{
			Name: field.Name, Label: field.Label.In(l), Hint: field.Hint.In(l), Example: field.Example, Heading: field.Heading.In(l), Kind: field.Kind,
			Value: strings.Join(v, "\n"), Was: strings.Join(was[field.Name], "\n"), On: len(v) > 0, Required: field.Required, Max: field.Max,
		}
		if row.Max == 0 && field.Kind != Lines {
			row.Max = maxLine
		}
		if t, ok := wrong[field.Name]; ok {
			row.Wrong = t.In(l)
		}
		for i, o := range field.Options {
			row.Options = append(row.Options, Choosable{fmt.Sprintf("%s-%d", field.Name, i), o.Value, o.Label.In(l), slices.Contains(v, o.Value)})
		}
		rows = append(rows, row)
	}
	return rows
}

// General is what is wrong with no field alone, and with fields that the form
// does not have.
func (f Form[T]) General(l page.Lang, wrong Problems) (list []string) {
	for _, name := range slices.Sorted(maps.Keys(wrong)) {
		if !slices.ContainsFunc(f, func(field Field[T]) bool { return field.Name == name }) {
			list = append(list, wrong[name].In(l))
		}
	}
	return list
}
