package booking

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/bots/dialogue"
)

// wish is what somebody has written who knows the way: "a 24 11 9h30".
type wish struct {
	service string
	day     time.Time // Noon; zero = none was named.
	clock   string    // "0930"; empty = none.
}

// wish reads words, folded. ok is false if they do not begin with a service.
func (t talk) wish(words []string) (w wish, ok bool) {
	if len(words) == 0 || len(words) > 8 {
		return w, false
	}
	for _, v := range t.setup.Services {
		if strings.EqualFold(v.ID, words[0]) {
			w.service, ok = v.ID, true
		}
	}
	if !ok {
		return w, false
	}
	rest := words[1:]
	w.day, rest = t.dayIn(rest)
	w.clock = clockIn(rest)
	return w, true
}

// dayIn reads a day: "hom nay", "mai", "24 11" for the next 24th of November.
func (t talk) dayIn(words []string) (noon time.Time, rest []string) {
	today := time.Date(t.Now.Year(), t.Now.Month(), t.Now.Day(), 12, 0, 0, 0, t.calendar.Zone())
	for _, named := range []struct {
		text string
		days int
	}{{"hom nay", 0}, {"today", 0}, {"ngay mai", 1}, {"mai", 1}, {"tomorrow", 1}, {"ngay mot", 2}, {"ngay kia", 2}} {
		if r, ok := strings.CutPrefix(strings.Join(words, " ")+" ", named.text+" "); ok {
			return today.AddDate(0, 0, named.days), strings.Fields(r)
		}
	}
	if len(words) > 0 && words[0] == "ngay" {
		words = words[1:]
	}
	if len(words) < 2 {
		return noon, words
	}
	day, err1 := strconv.Atoi(words[0])
	month, err2 := strconv.Atoi(words[1])
	if err1 != nil || err2 != nil || month < 1 || month > 12 || day < 1 || day > 31 {
		return noon, words
	}
	noon = time.Date(today.Year(), time.Month(month), day, 12, 0, 0, 0, t.calendar.Zone())
	if noon.Before(today) {
		noon = noon.AddDate(1, 0, 0)
	}
	if noon.Day() != day { // There is no 31st of June.
		return time.Time{}, words
	}
	return noon, words[2:]
}

// clockIn reads a time of day: "9h", "9h30", "9 30", "14 gio", "luc 9 gio 30".
func clockIn(words []string) string {
	var figures []int
	for _, r := range strings.FieldsFunc(strings.Join(words, " "), func(r rune) bool { return r < '0' || r > '9' }) {
		n, err := strconv.Atoi(r)
		if err != nil {
			return ""
		}
		figures = append(figures, n)
	}
	if len(figures) == 1 {
		figures = append(figures, 0)
	}
	if len(figures) != 2 || figures[0] > 23 || figures[1] > 59 {
		return ""
	}
	return time.Date(2000, 1, 1, figures[0], figures[1], 0, 0, time.UTC).Format("1504")
}

// wished goes on from as far as a wish says.
func (t talk) wished(ctx context.Context, w wish) (dialogue.Answer, error) {
	c := choosing{service: w.service}
	switch {
	case w.day.IsZero():
		return t.days(ctx, c, 0)
	case w.clock == "":
		return t.times(ctx, c, w.day.Format(dateLayout), 0)
	}
	return t.book(ctx, c, w.day.Format(dateLayout)+w.clock, "")
}
