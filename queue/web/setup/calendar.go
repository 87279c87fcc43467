package setup

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/web/form"
	"github.com/xinmoi/xinmoi/queue/web/holiday"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// suggestion is a public holiday that the office's calendar has not.
type suggestion struct {
	Date, Words, Name string
	Sure              bool
}

// suggest adds the public holidays of the year asked for; without one, of this
// year and, if there is nothing left of it, the next.
func (d *Desk) suggest(l page.Lang, r *http.Request, s queue.Setup, v *listView) {
	now := d.Now()
	v.Years = []int{now.Year(), now.Year() + 1, now.Year() + 2}
	year, err := strconv.Atoi(r.URL.Query().Get("year"))
	if err != nil || !slices.Contains(v.Years, year) {
		year = now.Year()
		if len(missing(s, year, now)) == 0 {
			year++
		}
	}
	v.Year = year
	for _, day := range missing(s, year, now) {
		date := day.Date.Format(time.DateOnly)
		v.Suggested = append(v.Suggested, suggestion{date, dateWords(l, date), l.T(day.Name, day.NameEN), day.Sure})
	}
}

// missing lists the public holidays to come of a year that a setup has not.
func missing(s queue.Setup, year int, now time.Time) []holiday.Day {
	return slices.DeleteFunc(holiday.Public(year), func(h holiday.Day) bool {
		date := h.Date.Format(time.DateOnly)
		return h.Date.Before(now.AddDate(0, 0, -1)) || slices.ContainsFunc(s.Days, func(d queue.Day) bool { return d.Date == date })
	})
}

func (d *Desk) backToDays(w http.ResponseWriter, r *http.Request) {
	http.Redirect(w, r, originOf(r).on(Prefix+"/days", nil), http.StatusSeeOther)
}

// saveSuggested adds the holidays that were ticked.
func (d *Desk) saveSuggested(w http.ResponseWriter, r *http.Request) {
	typed, wrong := posted(w, r)
	year, _ := strconv.Atoi(typed.Get("year")) // Nonsense gives no holidays.
	if wrong == nil {
		wrong = d.change(r.Context(), func(s *queue.Setup) form.Problems {
			addHolidays(s, missing(*s, year, d.Now()), func(h holiday.Day) bool { return slices.Contains(typed["date"], h.Date.Format(time.DateOnly)) })
			return nil
		})
	}
	if len(wrong) > 0 {
		r.SetPathValue("list", "days")
		d.writeList(w, r, http.StatusUnprocessableEntity, wrong)
		return
	}
	http.Redirect(w, r, originOf(r).on(Prefix+"/days", url.Values{"done": {"days"}, "year": {strconv.Itoa(year)}}), http.StatusSeeOther)
}

// addHolidays adds those that are wanted, and keeps the calendar in order.
func addHolidays(s *queue.Setup, all []holiday.Day, wanted func(holiday.Day) bool) {
	for _, h := range all {
		if wanted(h) {
			s.Days = append(s.Days, dayOff(h))
		}
	}
	slices.SortFunc(s.Days, func(a, b queue.Day) int {
		if a.Date < b.Date {
			return -1
		}
		return 1
	})
}

// dayOff is a holiday as a day of the office's calendar.
func dayOff(h holiday.Day) queue.Day {
	return queue.Day{Date: h.Date.Format(time.DateOnly), Name: h.Name, NameEN: h.NameEN}
}

// unsureMark stands behind a day that is announced anew each year.
const unsureMark = "*"

// dayWords lists days in order, by name and year, runs of days in one:
// "2027: Tết Nguyên đán 05–09/02, Nghỉ bù Tết Nguyên đán 10–11/02".
func dayWords(days []queue.Day) form.Text {
	type run struct {
		name, nameEN, star string
		from, to           time.Time
	}
	var runs []run
	for _, d := range days {
		at, err := time.Parse(time.DateOnly, d.Date)
		if err != nil {
			continue
		}
		r := run{strings.TrimSuffix(d.Name, unsureMark), strings.TrimSuffix(d.NameEN, unsureMark), "", at, at}
		if strings.HasSuffix(d.Name, unsureMark) {
			r.star = unsureMark
		}
		if n := len(runs); n > 0 && runs[n-1].name == r.name && runs[n-1].to.AddDate(0, 0, 1).Equal(at) {
			runs[n-1].to, runs[n-1].star = at, cmp.Or(runs[n-1].star, r.star)
			continue
		}
		runs = append(runs, r)
	}
	var vi, en []string
	year := 0
	for _, r := range runs {
		before := ""
		if r.from.Year() != year {
			year = r.from.Year()
			before = strconv.Itoa(year) + ": "
		}
		dates := r.from.Format("02/01")
		switch {
		case r.to.Equal(r.from):
		case r.to.Month() == r.from.Month():
			dates = r.from.Format("02") + "–" + r.to.Format("02/01")
		default:
			dates += "–" + r.to.Format("02/01")
		}
		dates += r.star
		vi, en = append(vi, before+r.name+" "+dates), append(en, before+page.English.T(r.name, r.nameEN)+" "+dates)
	}
	return form.Text{VI: strings.Join(vi, "; "), EN: strings.Join(en, "; ")}
}
