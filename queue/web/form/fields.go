package form

import (
	"strconv"
	"time"
)

// The usual fields of a thing; each is completed by its own Label and Hint.

// TextOf is a line kept in a string.
func TextOf[T any](name string, label Text, at func(*T) *string) Field[T] {
	return Field[T]{
		Name: name, Label: label,
		Get: func(v T) []string { return []string{*at(&v)} },
		Set: func(v *T, s []string) *Text { *at(v) = First(s); return nil },
	}
}

// LinesOf is several lines kept in a string.
func LinesOf[T any](name string, label Text, at func(*T) *string) Field[T] {
	f := TextOf(name, label, at)
	f.Kind, f.Max = Lines, 2000
	return f
}

// NumberOf is a whole number from least to most; empty is 0.
func NumberOf[T any](name string, label Text, least, most int, at func(*T) *int) Field[T] {
	return Field[T]{
		Name: name, Label: label, Kind: Number, Max: 9,
		Get: func(v T) []string {
			if n := *at(&v); n != 0 {
				return []string{strconv.Itoa(n)}
			}
			return nil
		},
		Set: func(v *T, s []string) *Text {
			n, wrong := Whole(First(s), least, most)
			*at(v) = n
			return wrong
		},
	}
}

// Whole reads a whole number; empty is 0.
func Whole(s string, least, most int) (int, *Text) {
	if s == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < least || n > most {
		return 0, Say("%q không hợp lệ: gõ một số nguyên từ %d đến %d.", "%q does not do: give a whole number from %d to %d.", s, least, most)
	}
	return n, nil
}

// CheckOf is a yes or no.
func CheckOf[T any](name string, label Text, at func(*T) *bool) Field[T] {
	return Field[T]{
		Name: name, Label: label, Kind: Check,
		Get: func(v T) []string {
			if *at(&v) {
				return []string{Yes}
			}
			return nil
		},
		Set: func(v *T, s []string) *Text { *at(v) = First(s) == Yes; return nil },
	}
}

// Yes is the value of a ticked box.
const Yes = "yes"

// ChoiceOf is one of some values kept in a string.
func ChoiceOf[T any](name string, label Text, options []Option, at func(*T) *string) Field[T] {
	f := TextOf(name, label, at)
	f.Kind, f.Options = Choice, options
	return f
}

// ManyOf is any of some values kept in a list, in the order of the options.
func ManyOf[T any](name string, label Text, options []Option, at func(*T) *[]string) Field[T] {
	return Field[T]{
		Name: name, Label: label, Kind: Many, Options: options,
		Get: func(v T) []string { return *at(&v) },
		Set: func(v *T, s []string) *Text {
			var list []string
			for _, o := range options {
				for _, chosen := range s {
					if chosen == o.Value {
						list = append(list, o.Value)
					}
				}
			}
			*at(v) = list
			return nil
		},
	}
}

// ClockOf is a time of day kept in a string.
func ClockOf[T any](name string, label Text, at func(*T) *string) Field[T] {
	f := TextOf(name, label, at)
	f.Kind, f.Max = Clock, 5
	f.Set = func(v *T, s []string) *Text {
		clock, wrong := ReadClock(First(s))
		*at(v) = clock
		return wrong
	}
	return f
}

// ReadClock reads a time as people type it: "7:30", "07h30", "7h", "24:00".
func ReadClock(s string) (string, *Text) {
	if s == "" {
		return "", nil
	}
	if s == "24:00" || s == "24h" {
		return "24:00", nil
	}
	for _, layout := range []string{"15:04", "15h04", "15h", "15.04", "15"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.Format("15:04"), nil
		}
	}
	return "", Say("%q không phải giờ: gõ như 07:30.", "%q is no time of day: write it like 07:30.", s)
}

// First is the value of a field that holds one.
func First(s []string) string {
	if len(s) == 0 {
		return ""
	}
	return s[0]
}
