package queue

import (
	"cmp"
	"slices"
	"time"
)

// RatingSetup is how citizens say what they thought of the service, as the
// office's decision sets it. The zero value asks for the usual five levels.
type RatingSetup struct {
	Levels  []RatingLevel  `json:"levels,omitempty"`  // What is offered, in any order; none = all five in the usual words.
	Reasons []RatingReason `json:"reasons,omitempty"` // What may have been wrong; none = the usual ones.
	Minutes int            `json:"minutes,omitempty"` // How long after it was served a ticket may be rated. Default: until its day ends.
	Low     int            `json:"low,omitempty"`     // This level and those below alarm the supervisor. Default 2; LowNever = none does.
	Least   int            `json:"least,omitempty"`   // The average is public from so many ratings on. Default 20.
}

// RatingLevel is one answer on the common scale of 1, the worst, to 5.
type RatingLevel struct {
	Level  int    `json:"level"`
	Name   string `json:"name"`
	NameEN string `json:"name_en,omitempty"`
}

// RatingReason is one thing that may have been wrong. The log keeps Name.
type RatingReason struct {
	Name   string `json:"name"`
	NameEN string `json:"name_en,omitempty"`
}

// LowNever is the RatingSetup.Low of an office whose ratings alarm nobody.
const LowNever = -1

// WithDefaults fills in what the office left open; levels come the best first.
func (r RatingSetup) WithDefaults() RatingSetup {
	if len(r.Levels) == 0 {
		r.Levels = []RatingLevel{
			{1, "Rất không hài lòng", "Very dissatisfied"}, {2, "Không hài lòng", "Dissatisfied"}, {3, "Bình thường", "Neither"},
			{4, "Hài lòng", "Satisfied"}, {5, "Rất hài lòng", "Very satisfied"},
		}
	}
	if len(r.Reasons) == 0 {
		r.Reasons = []RatingReason{
			{"Chờ lâu", "Long wait"}, {"Hướng dẫn chưa rõ", "Unclear guidance"}, {"Thái độ", "Manner"},
			{"Giấy tờ phức tạp", "Too many papers"}, {"Nơi chờ", "Waiting area"}, {"Khác", "Other"},
		}
	}
	r.Levels = slices.SortedFunc(slices.Values(r.Levels), func(a, b RatingLevel) int { return cmp.Compare(b.Level, a.Level) })
	r.Low, r.Least = cmp.Or(r.Low, 2), cmp.Or(r.Least, 20)
	return r
}

// Scale is what is offered where people answer by a number, the worst first: the
// first is 1, the second 2, whatever their levels are.
func (r RatingSetup) Scale() []RatingLevel {
	levels := r.WithDefaults().Levels
	slices.Reverse(levels)
	return levels
}

// Rateable reports whether a ticket can be rated now: it was served, nobody has
// said yet how it was, and that is not too long ago.
func (r RatingSetup) Rateable(t Ticket, now time.Time) bool {
	return t.State == Completed && t.Rating == nil && !r.late(t, now)
}

func (r RatingSetup) late(t Ticket, now time.Time) bool {
	return r.Minutes > 0 && now.Sub(t.FinishedAt) > time.Duration(r.Minutes)*time.Minute
}

// validate bounds what an office may set.
func (r RatingSetup) validate() error {
	seen := map[int]bool{}
	for _, v := range r.Levels {
		if v.Level < 1 || v.Level > ratingMost || seen[v.Level] || !isText(v.Name, reasonMost) || len(v.NameEN) > reasonMost {
			return Errorf(CodeBadRequest, "rating level %d %q: give each of 1 to %d once, in at most %d bytes", v.Level, clip(v.Name), ratingMost, reasonMost)
		}
		seen[v.Level] = true
	}
	for i, v := range r.Reasons {
		if i >= reasonsMost || !isText(v.Name, reasonMost) || len(v.NameEN) > reasonMost {
			return Errorf(CodeBadRequest, "rating reason %d %q: give at most %d of %d bytes", i+1, clip(v.Name), reasonsMost, reasonMost)
		}
	}
	if len(r.Levels) == 1 || r.Minutes < 0 || r.Minutes > 24*60 || r.Low < LowNever || r.Low > ratingMost || r.Least < 0 {
		return Errorf(CodeBadRequest, "rating: give no level or at least two, minutes up to %d, low up to %d", 24*60, ratingMost)
	}
	return nil
}
