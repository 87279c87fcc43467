package queue

import (
	"slices"
	"strings"
	"time"
	"unicode"
)

// Check refuses a setup that could not be run, as Configure does.
func (s Setup) Check() error { return s.validate() }

// validate refuses a setup that could not be run.
func (s Setup) validate() error {
	switch {
	case s.Office == "" || strings.ContainsAny(s.Office, "/ ?#") || len(s.Office) > 40:
		return Errorf(CodeBadRequest, "office id %q: use lower case letters, digits and dashes", s.Office)
	case len(s.Services) == 0 || len(s.Counters) == 0:
		return Errorf(CodeBadRequest, "an office needs at least one service and one counter")
	}
	switch _, err := time.LoadLocation(s.TimeZone); {
	case err != nil || s.TimeZone == "" || s.TimeZone == "Local":
		return Errorf(CodeBadRequest, "time zone %q: give one like Asia/Ho_Chi_Minh", clip(s.TimeZone))
	case strings.TrimSpace(s.Name) == "":
		return Errorf(CodeBadRequest, "name: an office needs one")
	case !slices.Contains([]string{"", "north", "central", "south"}, s.Region):
		return Errorf(CodeBadRequest, "region %q: give north, central or south", clip(s.Region))
	}
	if err := s.validateServices(); err != nil {
		return err
	}
	for _, h := range s.Hours {
		if h.Day < time.Sunday || h.Day > time.Saturday {
			return Errorf(CodeBadRequest, "weekday %d: give 0 (Sunday) to 6", h.Day)
		}
	}
	for _, check := range []func() error{s.validateDays, s.validateAgencies, s.validateZones, s.validatePhone, s.Kiosk.validate, s.validateBoards, s.validateLeaflets, s.validateSize, s.Rules.validate, s.Rating.validate} {
		if err := check(); err != nil {
			return err
		}
	}
	return s.Rates.validate()
}

// maxLeaflet bounds what is told of a procedure, in bytes a text.
const maxLeaflet = 2000

// validateLeaflets bounds what people are told of the procedures.
func (s Setup) validateLeaflets() error {
	for _, p := range s.Procedures {
		for _, text := range []string{p.Bring, p.BringEN, p.Fee, p.FeeEN, p.Takes, p.TakesEN, p.Also} {
			if !isText(text, maxLeaflet) {
				return Errorf(CodeBadRequest, "procedure %s: a text is longer than %d bytes or not text", p.ID, maxLeaflet)
			}
		}
	}
	return nil
}

func (s Setup) validatePhone() error { return s.Phone.validate(s) }

// Bounds of a setup.
const (
	maxServices   = 200
	maxCounters   = 2000
	maxProcedures = 2000
	maxDays       = 1000
	maxName       = 300 // Bytes.
)

// validateSize bounds what every process that follows the office must hold.
func (s Setup) validateSize() error {
	for _, v := range []struct {
		name       string
		have, most int
	}{
		{"services", len(s.Services), maxServices}, {"counters", len(s.Counters), maxCounters}, {"procedures", len(s.Procedures), maxProcedures},
		{"days", len(s.Days), maxDays}, {"hours", len(s.Hours), maxDays}, {"agencies", len(s.Agencies), maxServices},
	} {
		if v.have > v.most {
			return Errorf(CodeBadRequest, "%d %s: an office has at most %d", v.have, v.name, v.most)
		}
	}
	names := []string{s.Name, s.NameEN, s.Address}
	for _, v := range s.Services {
		names = append(names, v.Name, v.NameEN)
	}
	for _, c := range s.Counters {
		names = append(names, c.ID, c.Name)
		if err := c.Place.validate(c.ID); err != nil {
			return err
		}
	}
	for _, p := range s.Procedures {
		names = append(names, p.ID, p.Field, p.FieldEN, p.Name, p.NameEN)
	}
	for _, d := range s.Days {
		names = append(names, d.Name, d.NameEN)
	}
	for _, a := range s.Agencies {
		names = append(names, a.ID, a.Name, a.NameEN)
	}
	for _, z := range s.Zones {
		names = append(names, z.Name)
	}
	for _, name := range names {
		if !isText(name, maxName) || strings.ContainsFunc(name, unicode.IsControl) {
			return Errorf(CodeBadRequest, "name %q is longer than %d bytes or not text", clip(name), maxName)
		}
	}
	return nil
}

// validateDays wants every date once, with sessions that are some.
func (s Setup) validateDays() error {
	seen := map[string]bool{}
	for _, d := range s.Days {
		if t, err := time.Parse(dateLayout, d.Date); err != nil || t.Format(dateLayout) != d.Date || seen[d.Date] {
			return Errorf(CodeBadRequest, "day %q: give a date like 2027-02-06, each once", clip(d.Date))
		}
		seen[d.Date] = true
		if err := validateSessions(d.Hours); err != nil {
			return err
		}
	}
	for day := time.Sunday; day <= time.Saturday; day++ {
		var sessions []Span
		for _, h := range s.Hours {
			if h.Day == day {
				sessions = append(sessions, Span{h.From, h.To})
			}
		}
		if err := validateSessions(sessions); err != nil {
			return err
		}
	}
	return nil
}

// validateSessions wants the sessions of a day one after the other.
func validateSessions(sessions []Span) error {
	for i, h := range sessions {
		if err := h.validate(); err != nil {
			return err
		}
		for _, other := range sessions[:i] {
			if h.From < other.To && other.From < h.To {
				return Errorf(CodeBadRequest, "hours %s–%s and %s–%s overlap", other.From, other.To, h.From, h.To)
			}
		}
	}
	return nil
}

// validateAgencies wants every agency once, and no other to be named.
func (s Setup) validateAgencies() error {
	known := map[string]bool{"": true}
	for _, a := range s.Agencies {
		if !isID(a.ID) || known[a.ID] {
			return Errorf(CodeBadRequest, "agency %q: use lower case letters, digits and dashes, each once", clip(a.ID))
		}
		known[a.ID] = true
	}
	for _, v := range s.Services {
		if !known[v.Agency] {
			return Errorf(CodeBadRequest, "service %s belongs to agency %q, which does not exist", v.ID, clip(v.Agency))
		}
	}
	for _, c := range s.Counters {
		if !known[c.Agency] {
			return Errorf(CodeBadRequest, "counter %s belongs to agency %q, which does not exist", c.ID, clip(c.Agency))
		}
	}
	return nil
}

// validate wants two times of day, the earlier first.
func (h Span) validate() error {
	if !isClock(h.From) || (!isClock(h.To) && h.To != "24:00") || h.From >= h.To {
		return Errorf(CodeBadRequest, "hours %s–%s: give times like 07:30, the earlier first", clip(h.From), clip(h.To))
	}
	return nil
}

// validate bounds the numbers and wants the hour to be one.
func (r Rules) validate() error {
	const mostCalls, mostMinutes, mostSeconds = 100, 24 * 60, 24 * 60 * 60
	for _, v := range []struct {
		name        string
		value, most int
	}{
		{"calls_most", r.CallsMost, mostCalls}, {"later_most", r.LaterMost, mostCalls}, {"restore_minutes", r.RestoreMinutes, mostMinutes},
		{"no_show_seconds", r.NoShowSeconds, mostSeconds}, {"undo_seconds", r.UndoSeconds, mostSeconds}, {"person_most", r.PersonMost, mostCalls},
		{"organisation_most", r.OrganisationMost, mostCalls}, {"last_minutes", r.LastMinutes, mostMinutes}, {"auto_call_seconds", r.AutoCallSeconds, mostSeconds},
	} {
		if v.value < 0 || v.value > v.most {
			return Errorf(CodeBadRequest, "%s %d: give 0 to %d", v.name, v.value, v.most)
		}
	}
	if f := r.HelpFactor; !(f == 0 || (f >= 0.1 && f <= 10)) {
		return Errorf(CodeBadRequest, "help_factor %g: give 0.1 to 10", f)
	}
	if r.RemoteUntil != "" && !isClock(r.RemoteUntil) {
		return Errorf(CodeBadRequest, "remote_until %q: give a time like 16:00", r.RemoteUntil)
	}
	return nil
}

// validate wants every class to gain precedence while it waits, none slower
// than the normal one. Nothing set stands for DefaultRates.
func (r Rates) validate() error {
	if r == (Rates{}) {
		return nil
	}
	if !(r.Normal > 0) { // Not a number, too.
		return Errorf(CodeBadRequest, "rate %g of class normal: give a positive number", r.Normal)
	}
	for _, rate := range []float64{r.Appointment / r.Normal, r.Priority / r.Normal} {
		if !(rate >= 1 && rate <= 4) {
			return Errorf(CodeBadRequest, "rate %g is outside 1:1 to 1:4", rate)
		}
	}
	return nil
}

// isClock reports whether s is a time of day as hours are compared: "07:30".
func isClock(s string) bool {
	t, err := time.Parse(clockLayout, s)
	return err == nil && t.Format(clockLayout) == s
}

// validateServices checks that whatever is referred to exists and nothing twice.
func (s Setup) validateServices() error {
	var services, counters []string
	for _, v := range s.Services {
		if !isPrefix(v.ID) || slices.Contains(services, v.ID) {
			return Errorf(CodeBadRequest, "service %q: use one to three capital letters, each once", v.ID)
		}
		services = append(services, v.ID)
		if err := v.validate(); err != nil {
			return err
		}
	}
	for _, c := range s.Counters {
		if !isCounter(c.ID) || slices.Contains(counters, c.ID) {
			return Errorf(CodeBadRequest, "counter %q: use numbers from 1, each once", clip(c.ID))
		}
		counters = append(counters, c.ID)
		for _, id := range c.Services {
			if !slices.Contains(services, id) {
				return Errorf(CodeUnknownService, "counter %s serves %q, which does not exist", c.ID, id)
			}
		}
		for _, id := range c.Helps {
			if !slices.Contains(services, id) || slices.Contains(c.Services, id) {
				return Errorf(CodeUnknownService, "counter %s helps %q, which does not exist or is its own", c.ID, id)
			}
		}
	}
	for _, p := range s.Procedures {
		if !slices.Contains(services, p.Service) {
			return Errorf(CodeUnknownService, "procedure %s belongs to %q, which does not exist", p.ID, p.Service)
		}
	}
	return nil
}

// maxTarget bounds, in minutes, what an office may call a wait that is too long.
const maxTarget = 24 * 60

// validate wants a series of numbers, and quotas of known channels.
func (v Service) validate() error {
	if v.First < 0 || v.Last < 0 || v.Last > maxNumber || v.First > maxNumber || (v.Last != 0 && v.Last < v.firstNumber()) {
		return Errorf(CodeBadRequest, "numbers %d to %d of service %s: give 1 to %d, the smaller first", v.First, v.Last, v.ID, maxNumber)
	}
	if v.Quota < 0 || v.Quota > maxNumber {
		return Errorf(CodeBadRequest, "quota %d of service %s: give 0 to %d", v.Quota, v.ID, maxNumber)
	}
	if v.Target < 0 || v.Target > maxTarget {
		return Errorf(CodeBadRequest, "target wait of %d minutes of service %s: give 1 to %d, or 0 for the usual one", v.Target, v.ID, maxTarget)
	}
	for c, most := range v.Quotas {
		if !slices.Contains(Channels(), c) || most < 0 || most > maxNumber {
			return Errorf(CodeBadRequest, "quota %d for channel %q of service %s: name a channel and give 0 to %d", most, clip(string(c)), v.ID, maxNumber)
		}
	}
	return nil
}

// isCounter reports whether s can be a counter's printed number: "3", "12A".
func isCounter(s string) bool {
	const digits, letters = "0123456789", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	return s != "" && s != "0" && len(s) <= 8 && strings.Trim(s, digits+letters) == ""
}
