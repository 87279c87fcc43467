// Package card reads what a keyboard-wedge scanner types of a Vietnamese
// citizen card, so that a kiosk knows the holder's age and can count numbers
// per person, and keeps nothing of it: neither name nor address is looked at,
// a Citizen prints as nothing, and errors carry no part of a scan.
package card

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"
)

// MaxScan is the longest scan looked at, in bytes. The code of a card since
// July 2024 may name the whole family.
const MaxScan = 2048

// ErrNotCard says that a text is no scan of a citizen card.
var ErrNotCard = errors.New("not the code of a citizen card")

// Citizen is what is looked at of a card. It is for a moment in memory only.
type Citizen struct {
	number string
	born   time.Time // Its year only, unless exact.
	exact  bool
}

const (
	numberLength = 12 // Số định danh cá nhân, Thông tư 59/2021/TT-BCA.
	dateLength   = 8  // ddmmyyyy
	oldest       = 130
	fieldsLeast  = 6 // Some cards leave out the old number.
)

// Parse reads a scan: seven fields with bars between on a card with a chip
// ("001090123456|012345678|NGUYỄN VĂN A|01011990|Nam|…|15042021"), six on some,
// more on a card since July 2024, or the number alone. Fields are told by their
// shape, since readers and keyboard layouts mangle the rest; now refuses
// people who are not born yet.
func Parse(scan string, now time.Time) (Citizen, error) {
	scan = strings.TrimSpace(scan)
	if len(scan) > MaxScan {
		return Citizen{}, fmt.Errorf("%w: %d bytes, at most %d", ErrNotCard, len(scan), MaxScan)
	}
	runs := digitRuns(scan)
	if len(runs) == 0 || len(runs[0]) != numberLength || !strings.HasPrefix(scan, runs[0]) {
		return Citizen{}, fmt.Errorf("%w: it does not begin with a number of %d figures", ErrNotCard, numberLength)
	}
	c := Citizen{number: runs[0]}
	year, err := birthYear(c.number)
	if err != nil {
		return Citizen{}, err
	}
	c.born = time.Date(year, time.December, 31, 0, 0, 0, 0, now.Location())
	if len(scan) > numberLength {
		if c, err = c.dated(scan, runs[1:], year); err != nil {
			return Citizen{}, err
		}
	}
	if year > now.Year() || year < now.Year()-oldest {
		return Citizen{}, fmt.Errorf("%w: a year of birth that nobody has", ErrNotCard)
	}
	return c, nil
}

// dated finds the birthday among the fields behind the number: the first date
// in the year that the number tells.
func (c Citizen) dated(scan string, runs []string, year int) (Citizen, error) {
	if fields(scan) < fieldsLeast {
		return c, fmt.Errorf("%w: %d fields, at least %d", ErrNotCard, fields(scan), fieldsLeast)
	}
	for _, r := range runs {
		if len(r) != dateLength {
			continue
		}
		if born, err := time.ParseInLocation("02012006", r, c.born.Location()); err == nil && born.Year() == year {
			c.born, c.exact = born, true
			return c, nil
		}
	}
	return c, fmt.Errorf("%w: no birthday in the year that its number tells", ErrNotCard)
}

// fields counts the fields of a scan. Where a keyboard layout turned the bars
// into something else, it is what stands right behind the number.
func fields(scan string) int {
	bar := []rune(scan[numberLength:])[0]
	return strings.Count(scan, string(bar)) + 1
}

// digitRuns gives the runs of figures in a text, whatever stands between.
func digitRuns(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r < '0' || r > '9' })
}

// birthYear reads the century and year out of a personal number: three figures
// of the province, one of century and sex (0, 1 = 20th century, 2, 3 = 21st …),
// two of the year (Thông tư 59/2021/TT-BCA, Điều 4).
func birthYear(number string) (int, error) {
	province, err := strconv.Atoi(number[:3])
	if err != nil || province < 1 || province > 96 {
		return 0, fmt.Errorf("%w: no province has its number", ErrNotCard)
	}
	year, err := strconv.Atoi(number[4:6])
	if err != nil {
		return 0, fmt.Errorf("%w: its number holds no year", ErrNotCard)
	}
	century := int(number[3]-'0') / 2
	return 1900 + 100*century + year, nil
}

// Age is how many years old the holder surely is: where only the year of birth
// is known, the birthday may be the last day of it.
func (c Citizen) Age(now time.Time) int {
	age := now.Year() - c.born.Year()
	if now.Month() < c.born.Month() || now.Month() == c.born.Month() && now.Day() < c.born.Day() {
		age--
	}
	return age
}

// Exact reports whether the birthday is known, not only its year.
func (c Citizen) Exact() bool { return c.exact }

// Person names the holder for a limit per person and day, without saying who it
// is: nobody finds the number from it without the key, and on another day it is
// another name.
func (c Citizen) Person(key []byte, day string) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(day + "|" + c.number))
	return "cccd:" + base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:18])
}

// hidden is all that is ever printed of a citizen.
const hidden = "a citizen"

// String implements fmt.Stringer and hides everything.
func (c Citizen) String() string { return hidden }

// GoString implements fmt.GoStringer and hides everything.
func (c Citizen) GoString() string { return hidden }

// Format implements fmt.Formatter, so that no verb shows anything.
func (c Citizen) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(hidden)) }

// LogValue implements slog.LogValuer and hides everything.
func (c Citizen) LogValue() slog.Value { return slog.StringValue(hidden) }
