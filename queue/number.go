package queue

import (
	"fmt"
	"strconv"
	"strings"
)

// Number is what a citizen holds: the letter of the service and the count
// within the business day. It renders for the eye here and for the ear in
// package announce, both from this one type.
type Number struct {
	Prefix string // Letter of the service, "A"; upper case, one to three letters.
	N      int    // 1, 2, 3 … within the business day.
}

// String gives the printed form, at least three digits: "A012", "A1105".
func (n Number) String() string {
	if n.IsZero() {
		return ""
	}
	return fmt.Sprintf("%s%03d", n.Prefix, n.N)
}

// IsZero reports whether no number was given out.
func (n Number) IsZero() bool { return n == Number{} }

// Digits gives the figures of the printed form without the letter: "012".
func (n Number) Digits() string { return fmt.Sprintf("%03d", n.N) }

// maxNumber bounds what ParseNumber accepts; a series longer than this in one
// day is a typing error.
const maxNumber = 999_999

// ParseNumber reads a number the way people type it: any case, any count of
// leading zeros, spaces and dashes inside ("a12", "A 012", "a-12").
// It returns an Error with code CodeBadRequest for anything else.
func ParseNumber(s string) (Number, error) {
	compact := strings.Map(func(r rune) rune {
		switch r {
		case ' ', '-', '.', '\u00a0':
			return -1
		}
		return r
	}, strings.ToUpper(strings.TrimSpace(s)))
	cut := strings.IndexFunc(compact, func(r rune) bool { return r >= '0' && r <= '9' })
	if cut < 1 || cut > 3 || !isPrefix(compact[:cut]) {
		return Number{}, Errorf(CodeBadRequest, "%q is not a ticket number", clip(s))
	}
	n, err := strconv.Atoi(compact[cut:])
	if err != nil || n < 1 || n > maxNumber || !isDigits(compact[cut:]) {
		return Number{}, Errorf(CodeBadRequest, "%q is not a ticket number", clip(s))
	}
	return Number{Prefix: compact[:cut], N: n}, nil
}

// MarshalText writes the printed form.
func (n Number) MarshalText() ([]byte, error) { return []byte(n.String()), nil }

// UnmarshalText reads any form that ParseNumber reads; empty is the zero Number.
func (n *Number) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*n = Number{}
		return nil
	}
	got, err := ParseNumber(string(b))
	if err != nil {
		return err
	}
	*n = got
	return nil
}

func isPrefix(s string) bool {
	if len(s) < 1 || len(s) > 3 {
		return false
	}
	for _, r := range s {
		if r < 'A' || r > 'Z' {
			return false
		}
	}
	return true
}

func isDigits(s string) bool {
	for _, r := range s {
		if r < '0' || r > '9' {
			return false
		}
	}
	return s != ""
}
