package queue

import (
	"cmp"
	"time"
)

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
	Rules      Rules       `json:"rules,omitzero"`  // Limits on the life of a ticket.
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
	PersonMost     int    `json:"person_most,omitempty"`     // Numbers per person and day, over all channels. Default: not counted, and persons not recorded.
}

// withDefaults fills in what the office left open.
func (r Rules) withDefaults() Rules {
	r.CallsMost = cmp.Or(r.CallsMost, 5)
	r.LaterMost = cmp.Or(r.LaterMost, 2)
	r.RestoreMinutes = cmp.Or(r.RestoreMinutes, 30)
	r.UndoSeconds = cmp.Or(r.UndoSeconds, 60)
	return r
}
