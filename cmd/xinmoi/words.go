package main

import (
	"context"
	"flag"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/announce"
)

// runWords says a number, or what else an office reads aloud, in words.
func runWords(_ context.Context, f *flag.FlagSet, args []string, s streams) error {
	region := f.String("region", string(announce.North), "north, central or south")
	switches := f.String("switches", "", "words that differ from the region's: odd=lẻ,thousand=ngàn,four=bốn,billion=tỉ,first_days=mùng")
	how := map[string]*bool{}
	for _, r := range readings() {
		how[r.flag] = f.Bool(r.flag, false, r.help)
	}
	rest, err := parse(f, args)
	if err != nil {
		return err
	}
	w, err := wordingOf(*region, *switches)
	if err != nil {
		return err
	}
	chosen := reading{say: sayNumber, need: "give one number (\"--\" before a negative one)"}
	count := 0
	for _, r := range readings() {
		if *how[r.flag] {
			chosen, count = r, count+1
		}
	}
	switch {
	case count > 1:
		return usagef("choose one way of reading")
	case len(rest) != 1:
		return usagef("%s", chosen.need)
	}
	text, err := chosen.say(rest[0], w)
	if err != nil {
		return usagef("%v", err)
	}
	_, err = fmt.Fprintln(s.out, text)
	return err
}

// wordingOf reads the flags -region and -switches.
func wordingOf(region, switches string) (announce.Wording, error) {
	r, err := announce.ParseRegion(region)
	if err != nil {
		return announce.Wording{}, usagef("%v", err)
	}
	own := map[string]string{}
	for _, pair := range strings.FieldsFunc(switches, func(c rune) bool { return c == ',' || c == ' ' }) {
		name, word, _ := strings.Cut(pair, "=")
		own[name] = word
	}
	sw, err := announce.NewSwitches(own)
	if err != nil {
		return announce.Wording{}, usagef("-switches: %v", err)
	}
	return announce.Wording{Region: r, Switches: sw}, nil
}

// reading is one way to read what is written.
type reading struct {
	flag, help, need string
	say              func(string, announce.Wording) (string, error)
}

func readings() []reading {
	return []reading{
		{"money", "N is an amount in đồng", "give one amount in đồng, 50000", sayMoney},
		{"minutes", "N is a time in minutes", "give the minutes, 65", sayMinutes},
		{"time", "a time of day, or from one to another: 07:30 or 07:30-11:30", "give a time of day, 07:30", sayTime},
		{"date", "a day: 2026-11-22", "give a day, 2026-11-22", sayDate},
		{"digits", "sign by sign: a code, an identity number", "give a code, H29-240521-0012", sayDigits},
		{"phone", "a telephone number", "give a telephone number, 0912345678", sayPhone},
		{"decimal", "a number as written in Vietnam: 1.250,5", "give a number, 1.250,5", sayDecimal},
	}
}

func sayNumber(text string, w announce.Wording) (string, error) {
	n, err := wholeNumber(text)
	if err != nil {
		return "", err
	}
	return announce.Cardinal(n, w).Spoken(), nil
}

func sayMoney(text string, w announce.Wording) (string, error) {
	n, err := wholeNumber(strings.ReplaceAll(text, ".", ""))
	if err != nil {
		return "", err
	}
	return announce.Money(n, w).Spoken(), nil
}

func sayMinutes(text string, w announce.Wording) (string, error) {
	const most = 99 * 60
	n, err := wholeNumber(text)
	if err != nil {
		return "", err
	}
	if n < 0 || n > most {
		return "", fmt.Errorf("%d minutes: give 0 to %d", n, most)
	}
	return announce.Length(time.Duration(n)*time.Minute, w).Spoken(), nil
}

func sayTime(text string, w announce.Wording) (string, error) {
	from, to, span := strings.Cut(text, "-")
	start, err := announce.ParseClock(from)
	if err != nil {
		return "", err
	}
	if !span {
		return announce.Clock(start, w).Spoken(), nil
	}
	end, err := announce.ParseClock(to)
	if err != nil {
		return "", err
	}
	return announce.Hours([]announce.ClockSpan{{From: start, To: end}}, w).Spoken(), nil
}

func sayDate(text string, w announce.Wording) (string, error) {
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return "", fmt.Errorf("%.20q is not a day: write 2026-11-22", text)
	}
	return announce.Date(day, w).Spoken(), nil
}

func sayDigits(text string, _ announce.Wording) (string, error) {
	return spokenSigns(announce.Code(text), text)
}

func sayPhone(text string, _ announce.Wording) (string, error) {
	return spokenSigns(announce.Phone(text), text)
}

func spokenSigns(s announce.Sentence, text string) (string, error) {
	if s.IsZero() {
		return "", fmt.Errorf("%.20q has neither letters nor figures", text)
	}
	return s.Spoken(), nil
}

func sayDecimal(text string, w announce.Wording) (string, error) {
	return w.Switches.Or(w.Region.Switches()).Decimal(text)
}

func wholeNumber(text string) (int64, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%.40q is not a whole number", text)
	}
	return n, nil
}
