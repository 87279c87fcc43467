package queue

import (
	"slices"
	"strings"
	"time"
)

// validate refuses a setup that could not be run.
func (s Setup) validate() error {
	switch {
	case s.Office == "" || strings.ContainsAny(s.Office, "/ ?#") || len(s.Office) > 40:
		return Errorf(CodeBadRequest, "office id %q: use lower case letters, digits and dashes", s.Office)
	case len(s.Services) == 0 || len(s.Counters) == 0:
		return Errorf(CodeBadRequest, "an office needs at least one service and one counter")
	}
	if _, err := time.LoadLocation(s.TimeZone); err != nil {
		return Errorf(CodeBadRequest, "time zone %q: %w", s.TimeZone, err)
	}
	if err := s.validateServices(); err != nil {
		return err
	}
	for _, h := range s.Hours {
		if !isClock(h.From) || (!isClock(h.To) && h.To != "24:00") || h.From >= h.To {
			return Errorf(CodeBadRequest, "hours %s–%s: give times like 07:30, the earlier first", h.From, h.To)
		}
	}
	if err := s.Rules.validate(); err != nil {
		return err
	}
	return s.Rates.validate()
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
	} {
		if v.value < 0 || v.value > v.most {
			return Errorf(CodeBadRequest, "%s %d: give 0 to %d", v.name, v.value, v.most)
		}
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
	}
	for _, c := range s.Counters {
		if c.ID == "" || c.ID == "0" || slices.Contains(counters, c.ID) {
			return Errorf(CodeBadRequest, "counter %q: use numbers from 1, each once", c.ID)
		}
		counters = append(counters, c.ID)
		for _, id := range c.Services {
			if !slices.Contains(services, id) {
				return Errorf(CodeUnknownService, "counter %s serves %q, which does not exist", c.ID, id)
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
