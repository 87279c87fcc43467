package appointment

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// Settings is what an office decides about bookings. The zero value of a field
// means the default beside it.
type Settings struct {
	Off         bool `json:"off,omitempty"`          // No new bookings; those that stand are kept.
	StaffOnly   bool `json:"staff_only,omitempty"`   // Citizens cannot book by themselves.
	Automatic   bool `json:"automatic,omitempty"`    // Confirmed at once. Default: staff answer.
	Overbook    bool `json:"overbook,omitempty"`     // As many more as stayed away lately; see Overbooked.
	NoList      bool `json:"no_list,omitempty"`      // No waiting list.
	AnyHour     bool `json:"any_hour,omitempty"`     // The rush takes as many bookings as any hour. Default: fewer, as past days show.
	NoContact   bool `json:"no_contact,omitempty"`   // A telephone number is not asked for; then nobody is counted.
	Share       int  `json:"share,omitempty"`        // Per cent of a half-hour's work that may be booked, at most 50. Default 50.
	AnswerHours int  `json:"answer_hours,omitempty"` // Working hours in which staff answer. Default 4.
	DaysAhead   int  `json:"days_ahead,omitempty"`   // How far ahead one may book. Default 14.
	LeadMinutes int  `json:"lead_minutes,omitempty"` // Citizens book at least so long before. Default 60.
	PersonMost  int  `json:"person_most,omitempty"`  // Open bookings of one telephone number. Default 2.
	Minutes     int  `json:"minutes,omitempty"`      // What a citizen takes at a counter. Default 10.

	RemindMinutes []int              `json:"remind_minutes,omitempty"` // Reminders so long before. Default a day and two hours.
	Services      map[string]Service `json:"services,omitempty"`
	Resources     []Resource         `json:"resources,omitempty"` // What bookings need besides counters.
	Absences      []Absence          `json:"absences,omitempty"`  // Days on which a counter is not staffed.
}

// Service is what is particular of one service.
type Service struct {
	Off     bool   `json:"off,omitempty"`     // Cannot be booked.
	Places  int    `json:"places,omitempty"`  // Bookings a half-hour; default: reckoned from the counters.
	Minutes int    `json:"minutes,omitempty"` // What a citizen takes; default: as Settings.
	Needs   []Need `json:"needs,omitempty"`
}

// Resource is something of which a half-hour has only so much: vaccination
// chairs, beds for observation, a room.
type Resource struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	NameEN string `json:"name_en,omitempty"`
	Places int    `json:"places"` // At a time.
}

// Need is what one booking of a service takes of a resource.
type Need struct {
	Resource string `json:"resource"`
	Units    int    `json:"units,omitempty"` // Default 1.
	After    int    `json:"after,omitempty"` // From so many half-hours after the booked time.
	Lasts    int    `json:"lasts,omitempty"` // For so many half-hours. Default 1.
}

// Absence is a day on which nobody works at a counter.
type Absence struct {
	Date    string `json:"date"` // "2027-02-06"
	Counter string `json:"counter"`
}

const (
	shareMost  = 50
	aheadMost  = 60
	placesMost = 200
	listMost   = 100 // Entries of a list of the settings.
)

// withDefaults fills in what the office left open.
func (s Settings) withDefaults() Settings {
	s.Share = cmp.Or(s.Share, shareMost)
	s.AnswerHours = cmp.Or(s.AnswerHours, 4)
	s.DaysAhead = cmp.Or(s.DaysAhead, 14)
	s.LeadMinutes = cmp.Or(s.LeadMinutes, 60)
	s.PersonMost = cmp.Or(s.PersonMost, 2)
	s.Minutes = cmp.Or(s.Minutes, 10)
	if len(s.RemindMinutes) == 0 {
		s.RemindMinutes = []int{24 * 60, 120}
	}
	return s
}

// answer is how long staff have, in working time.
func (s Settings) answer() time.Duration { return time.Duration(s.AnswerHours) * time.Hour }

// Check refuses settings that cannot be meant. Its messages say so in both
// languages, as "Tiếng Việt (English)".
func (s Settings) Check() error {
	bad := func(format string, args ...any) error { return queue.Errorf(queue.CodeBadRequest, format, args...) }
	for _, b := range []struct {
		name         string
		value, limit int
	}{
		{"share", s.Share, shareMost}, {"answer_hours", s.AnswerHours, 80}, {"days_ahead", s.DaysAhead, aheadMost},
		{"lead_minutes", s.LeadMinutes, 7 * 24 * 60}, {"person_most", s.PersonMost, 50}, {"minutes", s.Minutes, 240},
	} {
		if b.value < 0 || b.value > b.limit {
			return bad("%s là %d: hãy ghi 0 đến %d (%[1]s is %d: give 0 to %d)", b.name, b.value, b.limit)
		}
	}
	if len(s.RemindMinutes) > 5 || len(s.Services) > listMost || len(s.Resources) > listMost || len(s.Absences) > 1000 {
		return bad("tối đa 5 lần nhắc, %d dịch vụ và nguồn lực, 1000 ngày nghỉ (at most 5 reminders, %[1]d services and resources, 1000 absences)", listMost)
	}
	for _, m := range s.RemindMinutes {
		if m < 5 || m > 14*24*60 {
			return bad("nhắc trước %d phút: hãy ghi từ 5 phút đến 14 ngày (a reminder %[1]d minutes before: give 5 minutes to 14 days)", m)
		}
	}
	for _, a := range s.Absences {
		if _, err := time.Parse(dayLayout, a.Date); err != nil || a.Counter == "" {
			return bad("ngày nghỉ %q của quầy %q: hãy ghi ngày như 2027-02-06 rồi quầy (absence %[1]q of counter %q: give a date like 2027-02-06 and a counter)", a.Date, a.Counter)
		}
	}
	return s.checkPlaces()
}

func (s Settings) checkPlaces() error {
	bad := func(format string, args ...any) error { return queue.Errorf(queue.CodeBadRequest, format, args...) }
	ids := map[string]bool{}
	for _, r := range s.Resources {
		if r.ID == "" || len(r.ID) > 32 || ids[r.ID] || r.Places < 0 || r.Places > placesMost {
			return bad("phòng, ghế, giường %q: hãy ghi mỗi thứ một mã riêng và 0 đến %d chỗ (resource %[1]q: give each an id of its own and 0 to %d places)", r.ID, placesMost)
		}
		ids[r.ID] = true
	}
	for id, v := range s.Services {
		if v.Places < 0 || v.Places > placesMost || v.Minutes < 0 || v.Minutes > 240 || len(v.Needs) > 10 {
			return bad("dịch vụ %s: %d chỗ, %d phút, %d dòng cần thêm: hãy ghi 0 đến %d chỗ, 0 đến 240 phút, tối đa 10 dòng (service %[1]s: places %d, minutes %d, %d needs: give 0 to %d, 0 to 240, at most 10)", id, v.Places, v.Minutes, len(v.Needs), placesMost)
		}
		for _, n := range v.Needs {
			if !ids[n.Resource] || n.Units < 0 || n.Units > placesMost || n.After < 0 || n.After > 16 || n.Lasts < 0 || n.Lasts > 16 {
				return bad("dịch vụ %s cần %q: hãy ghi một mã có trong danh sách phòng, ghế, giường, số lượng 0 đến %d, tối đa 16 nửa giờ (service %[1]s needs %q: name a resource of the list, 0 to %d units, at most 16 half-hours)", id, n.Resource, placesMost)
			}
		}
	}
	return nil
}

// clone shares nothing with s.
func (s Settings) clone() Settings {
	s.RemindMinutes, s.Resources, s.Absences = slices.Clone(s.RemindMinutes), slices.Clone(s.Resources), slices.Clone(s.Absences)
	s.Services = maps.Clone(s.Services)
	for id, v := range s.Services {
		v.Needs = slices.Clone(v.Needs)
		s.Services[id] = v
	}
	return s
}
