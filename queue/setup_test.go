package queue

import (
	"math"
	"strings"
	"testing"
	"time"
)

func TestSeededOfficeIsValid(t *testing.T) {
	s := CommuneCentre()
	if err := s.validate(); err != nil {
		t.Fatal(err)
	}
	if len(s.Services) != 4 || len(s.Counters) != 4 || len(s.Procedures) < 12 || len(s.Hours) != 0 {
		t.Errorf("%d services, %d counters, %d procedures, %d hours", len(s.Services), len(s.Counters), len(s.Procedures), len(s.Hours))
	}
	fields := map[string]bool{}
	for _, p := range s.Procedures {
		fields[p.Field] = true
	}
	if len(fields) != 5 {
		t.Errorf("%d fields, want 5", len(fields))
	}
	for _, c := range s.Counters[:2] {
		if services := strings.Join(c.Services, ""); !strings.Contains(services, "A") || !strings.Contains(services, "B") {
			t.Errorf("counter %s serves %s, want A and B at least", c.ID, services)
		}
	}
}

func TestSetupsThatCannotRun(t *testing.T) {
	monday := func(from, to string) []Hours { return []Hours{{time.Monday, from, to}} }
	for name, c := range map[string]struct {
		change func(*Setup)
		code   Code
	}{
		"no id":                  {func(s *Setup) { s.Office = "" }, CodeBadRequest},
		"id that breaks a URL":   {func(s *Setup) { s.Office = "a/b" }, CodeBadRequest},
		"id too long":            {func(s *Setup) { s.Office = strings.Repeat("a", 41) }, CodeBadRequest},
		"no services":            {func(s *Setup) { s.Services = nil }, CodeBadRequest},
		"no counters":            {func(s *Setup) { s.Counters = nil }, CodeBadRequest},
		"unknown time zone":      {func(s *Setup) { s.TimeZone = "Asia/Atlantis" }, CodeBadRequest},
		"lower case service":     {func(s *Setup) { s.Services[0].ID = "a" }, CodeBadRequest},
		"long service":           {func(s *Setup) { s.Services[0].ID = "ABCD" }, CodeBadRequest},
		"service twice":          {func(s *Setup) { s.Services[1].ID = "A" }, CodeBadRequest},
		"counter twice":          {func(s *Setup) { s.Counters[1].ID = "1" }, CodeBadRequest},
		"counter 0":              {func(s *Setup) { s.Counters[1].ID = "0" }, CodeBadRequest},
		"counter without id":     {func(s *Setup) { s.Counters[1].ID = "" }, CodeBadRequest},
		"counter of no service":  {func(s *Setup) { s.Counters[1].Services = []string{"Z"} }, CodeUnknownService},
		"procedure of none":      {func(s *Setup) { s.Procedures[0].Service = "Z" }, CodeUnknownService},
		"hours backwards":        {func(s *Setup) { s.Hours = monday("17:00", "08:00") }, CodeBadRequest},
		"hours of nothing":       {func(s *Setup) { s.Hours = monday("08:00", "08:00") }, CodeBadRequest},
		"hours from words":       {func(s *Setup) { s.Hours = monday("morning", "noon") }, CodeBadRequest},
		"hours to words":         {func(s *Setup) { s.Hours = monday("07:30", "noon") }, CodeBadRequest},
		"hours without zero":     {func(s *Setup) { s.Hours = monday("7:30", "9:00") }, CodeBadRequest},
		"hours past the day":     {func(s *Setup) { s.Hours = monday("07:30", "25:00") }, CodeBadRequest},
		"slower than normal":     {func(s *Setup) { s.Rates = Rates{2, 1, 2} }, CodeBadRequest},
		"more than four times":   {func(s *Setup) { s.Rates = Rates{1, 3, 4.1} }, CodeBadRequest},
		"normal never ages":      {func(s *Setup) { s.Rates = Rates{0, 3, 3} }, CodeBadRequest},
		"negative":               {func(s *Setup) { s.Rates = Rates{-1, -3, -3} }, CodeBadRequest},
		"not a number":           {func(s *Setup) { s.Rates = Rates{1, math.NaN(), 3} }, CodeBadRequest},
		"normal is not a number": {func(s *Setup) { s.Rates = Rates{math.NaN(), 3, 3} }, CodeBadRequest},
		"without end":            {func(s *Setup) { s.Rates = Rates{math.Inf(1), math.Inf(1), math.Inf(1)} }, CodeBadRequest},
	} {
		s := CommuneCentre()
		c.change(&s)
		if err := s.validate(); ErrorCode(err) != c.code {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
	}
}

func TestSetupsThatCanRun(t *testing.T) {
	for name, change := range map[string]func(*Setup){
		"no rates":       func(s *Setup) { s.Rates = Rates{} },
		"equal rates":    func(s *Setup) { s.Rates = Rates{1, 1, 1} },
		"rates in tens":  func(s *Setup) { s.Rates = Rates{10, 30, 40} },
		"until midnight": func(s *Setup) { s.Hours = []Hours{{time.Friday, "18:00", "24:00"}} },
		"no procedures":  func(s *Setup) { s.Procedures = nil },
		"three letters": func(s *Setup) {
			s.Services[3].ID, s.Procedures = "KTX", nil
			s.Counters = s.Counters[1:3]
		},
		"idle counter":    func(s *Setup) { s.Counters[3].Services = nil },
		"office in Paris": func(s *Setup) { s.TimeZone = "Europe/Paris" },
	} {
		s := CommuneCentre()
		change(&s)
		if err := s.validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
