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
		if _, err := time.Parse(clockLayout, h.From); err != nil || h.From >= h.To {
			return Errorf(CodeBadRequest, "hours %s–%s: give times like 07:30, the earlier first", h.From, h.To)
		}
	}
	for _, rate := range []float64{s.rateOr(s.Rates.Appointment), s.rateOr(s.Rates.Priority)} {
		if rate < 1 || rate > 4 {
			return Errorf(CodeBadRequest, "rate %g is outside 1:1 to 1:4", rate)
		}
	}
	return nil
}

// rateOr gives a class's rate beside the normal one; nothing set is 1:1.
func (s Setup) rateOr(r float64) float64 {
	if s.Rates.Normal <= 0 {
		return 1
	}
	return r / s.Rates.Normal
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
