package queue

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// Setup is everything an office decides about itself. It lives in the log, so
// that a replay knows what was in force.
type Setup struct {
	Office     string       `json:"office"` // Short id, "trung-tam"; lower case letters, digits, dashes.
	Name       string       `json:"name"`   // "Trung tâm Phục vụ hành chính công xã …".
	NameEN     string       `json:"name_en,omitempty"`
	Address    string       `json:"address,omitempty"`  // Where citizens come: "Thôn 3, xã …, tỉnh …".
	Trial      bool         `json:"trial,omitempty"`    // Tried out: tickets issued meanwhile stay out of reports and estimates; see Ticket.Trial.
	TimeZone   string       `json:"time_zone"`          // IANA name; the business day is counted here.
	Agencies   []Agency     `json:"agencies,omitempty"` // Several in one hall; none = the office is one.
	Services   []Service    `json:"services"`
	Procedures []Procedure  `json:"procedures"`
	Counters   []Counter    `json:"counters"`
	Hours      []Hours      `json:"hours,omitempty"`  // Opening hours; none = around the clock.
	Days       []Day        `json:"days,omitempty"`   // Dates with hours of their own: holidays, make-up days.
	Rates      Rates        `json:"rates"`            // Ageing per class.
	Rules      Rules        `json:"rules,omitzero"`   // Limits on the life of a ticket.
	ByValue    bool         `json:"by_value"`         // Say A012 as "A mười hai" instead of digit by digit.
	Region     string       `json:"region"`           // Speech region: north, central, south.
	Zones      []Zone       `json:"zones,omitempty"`  // Parts of the hall with loudspeakers of their own; none = one for all.
	Kiosk      KioskSetup   `json:"kiosk,omitzero"`   // The machines in the hall.
	Boards     []BoardSetup `json:"boards,omitempty"` // The screens in the hall that have a name; none = /board shows everything.
	Phone      PhoneSetup   `json:"phone,omitzero"`   // What callers hear and may choose; none = a menu of the services.
	Rating     RatingSetup  `json:"rating,omitzero"`  // How citizens say what they thought of it.
}

// clone shares nothing with s, so that whoever edits one leaves the other.
func (s Setup) clone() Setup {
	s.Agencies, s.Procedures, s.Hours = slices.Clone(s.Agencies), slices.Clone(s.Procedures), slices.Clone(s.Hours)
	s.Services, s.Counters, s.Days = slices.Clone(s.Services), slices.Clone(s.Counters), slices.Clone(s.Days)
	for i := range s.Services {
		s.Services[i].Quotas = maps.Clone(s.Services[i].Quotas)
	}
	for i := range s.Counters {
		s.Counters[i].Services, s.Counters[i].Helps = slices.Clone(s.Counters[i].Services), slices.Clone(s.Counters[i].Helps)
	}
	s.Phone, s.Kiosk = s.Phone.clone(), s.Kiosk.clone()
	s.Rating.Levels, s.Rating.Reasons = slices.Clone(s.Rating.Levels), slices.Clone(s.Rating.Reasons)
	s.Boards = slices.Clone(s.Boards)
	for i := range s.Boards {
		s.Boards[i] = s.Boards[i].clone()
	}
	s.Zones = slices.Clone(s.Zones)
	for i := range s.Zones {
		s.Zones[i].Counters, s.Zones[i].Quiet = slices.Clone(s.Zones[i].Counters), slices.Clone(s.Zones[i].Quiet)
	}
	for i := range s.Days {
		s.Days[i].Hours = slices.Clone(s.Days[i].Hours)
	}
	return s
}

// Agency is a department (sở, ban, ngành) that shares the hall with others.
type Agency struct {
	ID     string `json:"id"` // "so-xay-dung"; lower case letters, digits, dashes.
	Name   string `json:"name"`
	NameEN string `json:"name_en,omitempty"`
}

// Service is one line with its own number series.
type Service struct {
	ID     string          `json:"id"` // The printed letter, "A".
	Name   string          `json:"name"`
	NameEN string          `json:"name_en,omitempty"`
	Agency string          `json:"agency,omitempty"` // Whose line it is.
	Closed bool            `json:"closed,omitempty"` // Gives no numbers; those waiting are still served.
	First  int             `json:"first,omitempty"`  // The day's first number. Default 1.
	Last   int             `json:"last,omitempty"`   // The day's last number. Default: no end.
	Quota  int             `json:"quota,omitempty"`  // Numbers a day. Default: no limit.
	Quotas map[Channel]int `json:"quotas,omitempty"` // Numbers a day by channel; 0 closes the channel. Default: no limit.
	Target int             `json:"target,omitempty"` // Minutes that nobody should wait longer. Default: DefaultTarget.
}

// DefaultTarget is the longest wait that an office wants where it has not said
// another.
const DefaultTarget = 30 * time.Minute

// WaitTarget is the longest wait that the office wants of the line.
func (v Service) WaitTarget() time.Duration {
	return cmp.Or(time.Duration(v.Target)*time.Minute, DefaultTarget)
}

// Procedure is what a citizen comes for; several share one service.
type Procedure struct {
	ID      string `json:"id"`
	Field   string `json:"field"` // Lĩnh vực, "Hộ tịch".
	FieldEN string `json:"field_en,omitempty"`
	Name    string `json:"name"`
	NameEN  string `json:"name_en,omitempty"`
	Service string `json:"service"`

	Bring   string `json:"bring,omitempty"`    // What to bring, one paper a line.
	BringEN string `json:"bring_en,omitempty"` // The same in English, as below.
	Fee     string `json:"fee,omitempty"`      // "10.000 đồng mỗi bản".
	FeeEN   string `json:"fee_en,omitempty"`
	Takes   string `json:"takes,omitempty"` // Time limit: "trong ngày", "5 ngày làm việc".
	TakesEN string `json:"takes_en,omitempty"`
	Also    string `json:"also,omitempty"` // Other words that people look for it by: "làm giấy khai sinh; khai sanh".
}

// Counter is one desk.
type Counter struct {
	ID       string   `json:"id"`               // The printed number, "3".
	Name     string   `json:"name"`             // "Quầy số 3", or what the office calls it.
	Agency   string   `json:"agency,omitempty"` // Whose staff work here.
	Services []string `json:"services"`
	Helps    []string `json:"helps,omitempty"` // Services it serves only as a help; see Rules.HelpFactor.
	Place    Place    `json:"place,omitzero"`  // Where it is; said and shown with every call.
}

// Hours is one span of opening on one weekday, in the office's time zone.
type Hours struct {
	Day  time.Weekday `json:"day"`
	From string       `json:"from"` // "07:30"
	To   string       `json:"to"`   // "11:30", after From on the same day.
}

// Span is one session of opening.
type Span struct {
	From string `json:"from"` // "07:30"
	To   string `json:"to"`   // "11:30", after From on the same day; "24:00" is its end.
}

// Day is a date with hours of its own: none on a holiday, some on a make-up
// day or a short day.
type Day struct {
	Date   string `json:"date"` // "2027-02-06"
	Name   string `json:"name"` // "Tết Nguyên đán"
	NameEN string `json:"name_en,omitempty"`
	Hours  []Span `json:"hours,omitempty"`
}

// Rates says how fast a class gains precedence while it waits: score = rate ×
// time waited. A rate of 3 beside 1 means that nobody of the slower class is
// passed after waiting three times as long.
type Rates struct {
	Normal      float64 `json:"normal"`
	Appointment float64 `json:"appointment"`
	Priority    float64 `json:"priority"`
}

// Rules are an office's limits on the life of a ticket. A zero field means the
// default beside it.
type Rules struct {
	CheckIn        bool   `json:"check_in,omitempty"`        // Remote tickets are called only once their holder has checked in. Default: anyway.
	RemoteUntil    string `json:"remote_until,omitempty"`    // "16:00": remote tickets not checked in by then expire. Default: they do not.
	CallsMost      int    `json:"calls_most,omitempty"`      // Calls and recalls of one ticket. Default 5.
	NoShowSeconds  int    `json:"no_show_seconds,omitempty"` // A ticket called CallsMost times is a no-show so long after the latest call. Default: staff decide.
	LaterMost      int    `json:"later_most,omitempty"`      // How often a ticket may be pushed back. Default 2.
	RestoreMinutes int    `json:"restore_minutes,omitempty"` // How long a no-show may be restored. Default 30.
	UndoSeconds    int    `json:"undo_seconds,omitempty"`    // How long the staff's latest action may be undone. Default 60.
	PersonMost     int    `json:"person_most,omitempty"`     // Numbers per person and day, over all channels. Default: not counted.

	OrganisationMost int     `json:"organisation_most,omitempty"` // The same for organisations ("org:…"), whoever comes for them. Default: as PersonMost.
	LastMinutes      int     `json:"last_minutes,omitempty"`      // No numbers so long before the day's last session ends. Default: until its end.
	StopTooLate      bool    `json:"stop_too_late,omitempty"`     // No more numbers of a service once the next would be called too late in the day. Default: until LastMinutes.
	CardOnly         bool    `json:"card_only,omitempty"`         // Priority only with a card or by staff. Default: on the citizen's word, which staff check.
	AutoCall         bool    `json:"auto_call,omitempty"`         // A free counter calls by itself, the longest idle first. Default: staff press.
	AutoCallSeconds  int     `json:"auto_call_seconds,omitempty"` // How long a counter is left in peace before that.
	HelpFactor       float64 `json:"help_factor,omitempty"`       // A counter helps a line whose first waits at least so many times as long as its own. Default 1.
}

// withDefaults fills in what the office left open.
func (r Rules) withDefaults() Rules {
	r.CallsMost = cmp.Or(r.CallsMost, 5)
	r.LaterMost = cmp.Or(r.LaterMost, 2)
	r.RestoreMinutes = cmp.Or(r.RestoreMinutes, 30)
	r.UndoSeconds = cmp.Or(r.UndoSeconds, 60)
	r.OrganisationMost = cmp.Or(r.OrganisationMost, r.PersonMost)
	r.HelpFactor = cmp.Or(r.HelpFactor, 1)
	return r
}
