package queue

import (
	"strings"
	"unicode"
)

// person gives one name to one person, however a channel writes it: a scheme
// in lower case, and telephone numbers in the international form (E.164).
func person(s string) (string, error) {
	s = strings.TrimSpace(s)
	if s == "" {
		return "", nil
	}
	scheme, id, named := strings.Cut(s, ":")
	if scheme, id = strings.ToLower(strings.TrimSpace(scheme)), strings.TrimSpace(id); named && scheme == "tel" {
		id = telephone(id)
	}
	if (named && (scheme == "" || id == "")) || !isText(s, maxPerson) || strings.ContainsFunc(s, unicode.IsControl) {
		return "", Errorf(CodeBadRequest, "person: give a scheme and a name of at most %d bytes, like tel:+84912345678", maxPerson)
	}
	if !named {
		return scheme, nil
	}
	return scheme + ":" + id, nil
}

// telephone writes a number as the world dials it; one without a country is
// of Viet Nam. What holds no figures is no number, and empty.
func telephone(s string) string {
	digits := strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
	const country, prefix = "84", "00"
	switch {
	case digits == "":
		return ""
	case strings.HasPrefix(s, "+"):
		return "+" + digits
	case strings.HasPrefix(digits, prefix):
		return "+" + strings.TrimPrefix(digits, prefix)
	case strings.HasPrefix(digits, "0"):
		return "+" + country + digits[1:]
	case strings.HasPrefix(digits, country) && len(digits) > 9:
		return "+" + digits
	default:
		return digits // A short number, or one of the house.
	}
}
