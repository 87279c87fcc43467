package officefile

import (
	"bytes"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// What makes a setup unusable is told in Vietnamese: the heart's own words for it
// are looked for, so that neither changes alone.
func TestRefusalsAreWorded(t *testing.T) {
	said := map[string]bool{}
	for want, change := range map[string]func(*queue.Setup){
		"mã cơ quan":                func(s *queue.Setup) { s.Office = "" },
		"cần ít nhất một hàng đợi":  func(s *queue.Setup) { s.Services = nil },
		`múi giờ "Hà Nội" không có`: func(s *queue.Setup) { s.TimeZone = "Hà Nội" },
		"cơ quan chưa có tên":       func(s *queue.Setup) { s.Name = "" },
		`vùng giọng đọc "east"`:     func(s *queue.Setup) { s.Region = "east" },
		"thứ trong tuần 7":          func(s *queue.Setup) { s.Hours = []queue.Hours{{Day: 7, From: "07:30", To: "11:30"}} },
		`ngày "6/2/2027"`:           func(s *queue.Setup) { s.Days = []queue.Day{{Date: "6/2/2027", Name: "Tết"}} },
		"giờ 07:30–11:30 và 11:00–12:00": func(s *queue.Setup) {
			s.Hours = []queue.Hours{{Day: time.Monday, From: "07:30", To: "11:30"}, {Day: time.Monday, From: "11:00", To: "12:00"}}
		},
		"giờ 7h–11h: viết":                func(s *queue.Setup) { s.Hours = []queue.Hours{{Day: time.Monday, From: "7h", To: "11h"}} },
		`sở, ngành "Sở"`:                  func(s *queue.Setup) { s.Agencies = []queue.Agency{{ID: "Sở", Name: "Sở"}} },
		`hàng đợi A thuộc sở, ngành "x"`:  func(s *queue.Setup) { s.Services[0].Agency = "x" },
		`quầy 1 thuộc sở, ngành "x"`:      func(s *queue.Setup) { s.Counters[0].Agency = "x" },
		`hàng đợi "a": mã`:                func(s *queue.Setup) { s.Services[0].ID = "a" },
		`quầy "một": mã`:                  func(s *queue.Setup) { s.Counters[0].ID = "một" },
		`quầy 1 phục vụ hàng đợi "Z"`:     func(s *queue.Setup) { s.Counters[0].Services = []string{"Z"} },
		`quầy 1 hỗ trợ hàng đợi "Z"`:      func(s *queue.Setup) { s.Counters[0].Helps = []string{"Z"} },
		`thuộc hàng đợi "Z"`:              func(s *queue.Setup) { s.Procedures[0].Service = "Z" },
		"số 9 đến 3 của hàng đợi A":       func(s *queue.Setup) { s.Services[0].First, s.Services[0].Last = 9, 3 },
		"số mỗi ngày -1 của hàng đợi A":   func(s *queue.Setup) { s.Services[0].Quota = -1 },
		"dài quá 300 byte":                func(s *queue.Setup) { s.Name = strings.Repeat("x", 400) },
		"person_most = -1: viết từ 0 đến": func(s *queue.Setup) { s.Rules.PersonMost = -1 },
		"hệ số 9: viết từ 1 đến 4":        func(s *queue.Setup) { s.Rates = queue.Rates{Normal: 1, Appointment: 1, Priority: 9} },
	} {
		s := queue.CommuneCentre()
		change(&s)
		err := s.Check()
		if err == nil {
			t.Errorf("%s: the setup can be used", want)
			continue
		}
		vi, en := page.Halves(unusable(err).Error())
		if !strings.Contains(vi, want) || strings.Contains(vi, "bad_request") || !strings.Contains(en, err.Error()) {
			t.Errorf("%q and %q; want %q", vi, en, want)
		}
		said[vi] = true
	}
	if len(said) != len(refusals()) {
		t.Errorf("%d of %d are tried", len(said), len(refusals()))
	}
}

// A member that is not known and one of the wrong kind are told with their line.
func TestBrokenMembersAreTold(t *testing.T) {
	var file bytes.Buffer
	if err := WriteJSON(&file, Office{Format: Format, Setup: queue.CommuneCentre()}); err != nil {
		t.Fatal(err)
	}
	for from, c := range map[string]struct{ to, vi, en string }{
		`"counters"`:         {`"countres"`, `có mục "countres" mà chương trình này không biết`, `says "countres", which this program does not know`},
		`"by_value": false`:  {`"by_value": "no"`, "mục setup.by_value: giá trị viết không đúng kiểu", "setup.by_value: a value of the wrong kind"},
		`"xinmoi_office": 1`: {`"xinmoi_office": 1, "id": 2`, `tệp có mục "id" mà`, `the file says "id"`}, // Known elsewhere: which line is not sure.
	} {
		text := strings.Replace(file.String(), from, c.to, 1)
		line := 1 + strings.Count(text[:strings.Index(text, c.to)], "\n")
		_, err := Open(strings.NewReader(text), int64(len(text)))
		if err == nil {
			t.Errorf("%s: it is read", c.to)
			continue
		}
		vi, en := page.Halves(err.Error())
		if !strings.Contains(vi, c.vi) || !strings.Contains(en, c.en) {
			t.Errorf("%q and %q", vi, en)
		}
		if !strings.HasPrefix(vi, "tệp") && (!strings.Contains(vi, "dòng "+strconv.Itoa(line)) || !strings.Contains(en, "line "+strconv.Itoa(line))) {
			t.Errorf("%q and %q: it is line %d", vi, en, line)
		}
	}
}
