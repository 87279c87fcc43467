package queue

import "time"

// Setup is everything an office decides about itself. It lives in the log, so
// that a replay knows what was in force.
type Setup struct {
	Office     string      `json:"office"` // Short id, "trung-tam"; lower case letters, digits, dashes.
	Name       string      `json:"name"`   // "Trung tâm Phục vụ hành chính công xã …".
	NameEN     string      `json:"name_en,omitempty"`
	TimeZone   string      `json:"time_zone"` // IANA name; the business day is counted here.
	Services   []Service   `json:"services"`
	Procedures []Procedure `json:"procedures"`
	Counters   []Counter   `json:"counters"`
	Hours      []Hours     `json:"hours,omitempty"` // Opening hours; none = around the clock.
	Rates      Rates       `json:"rates"`           // Ageing per class.
	ByValue    bool        `json:"by_value"`        // Say A012 as "A mười hai" instead of digit by digit.
	Region     string      `json:"region"`          // Speech region: north, central, south.
}

// Service is one line with its own number series.
type Service struct {
	ID     string `json:"id"` // The printed letter, "A".
	Name   string `json:"name"`
	NameEN string `json:"name_en,omitempty"`
	Closed bool   `json:"closed,omitempty"` // Gives no numbers; those waiting are still served.
}

// Procedure is what a citizen comes for; several share one service.
type Procedure struct {
	ID      string `json:"id"`
	Field   string `json:"field"` // Lĩnh vực, "Hộ tịch".
	FieldEN string `json:"field_en,omitempty"`
	Name    string `json:"name"`
	NameEN  string `json:"name_en,omitempty"`
	Service string `json:"service"`
}

// Counter is one desk.
type Counter struct {
	ID       string   `json:"id"`   // The printed number, "3".
	Name     string   `json:"name"` // "Quầy số 3", or what the office calls it.
	Services []string `json:"services"`
}

// Hours is one span of opening on one weekday, in the office's time zone.
type Hours struct {
	Day  time.Weekday `json:"day"`
	From string       `json:"from"` // "07:30"
	To   string       `json:"to"`   // "11:30", after From on the same day.
}

// Rates says how fast a class gains precedence while it waits: score = rate ×
// time waited. A rate of 3 beside 1 means that nobody of the slower class is
// passed after waiting three times as long.
type Rates struct {
	Normal      float64 `json:"normal"`
	Appointment float64 `json:"appointment"`
	Priority    float64 `json:"priority"`
}
