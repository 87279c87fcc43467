package booking

import "encoding/json"

// step is what was asked last.
type step string

// The steps, in the order of a call.
const (
	start   step = ""
	which   step = "which"   // Which of the caller's appointments?
	own     step = "own"     // What is to be done with it?
	sure    step = "sure"    // Really cancel?
	service step = "service" // What for?
	day     step = "day"     // Which day?
	part    step = "part"    // Morning or afternoon?
	clock   step = "clock"   // What time?
	check   step = "check"   // Is that right?
)

// place is where a call stands, between two turns.
type place struct {
	Step    step     `json:"step"`
	Service string   `json:"service,omitempty"`
	Day     string   `json:"day,omitempty"`    // "2027-02-06"
	Part    int      `json:"part,omitempty"`   // 1 = before noon, 2 = after it; 0 = the whole day.
	Start   int64    `json:"start,omitempty"`  // Of the chosen half-hour, in milliseconds.
	Code    string   `json:"code,omitempty"`   // Of the appointment that is talked about; while a time is chosen, the one to be moved.
	Page    int      `json:"page,omitempty"`   // Of the list.
	Offers  []string `json:"offers,omitempty"` // What the keys from 1 on mean.
	More    bool     `json:"more,omitempty"`   // There is a next page.
}

// write makes a place what goes with the reply.
func (p place) write() string {
	b, err := json.Marshal(p)
	if err != nil {
		return ""
	}
	return string(b)
}

// read is the reverse; what is none begins anew.
func read(state string) (p place) {
	if json.Unmarshal([]byte(state), &p) != nil {
		return place{}
	}
	return p
}

// perPage is how many choices are read out at once (ISO/IEC 13714).
const perPage = 4

// moreKey leads to the next of them, and after the last to the first.
const moreKey = '5'

// paged gives one page of a list. There is always one: a page that is no more
// is the first again.
func paged[T any](all []T, page int) (some []T, at int, more bool) {
	if page < 0 || page*perPage >= len(all) {
		page = 0
	}
	from := page * perPage
	return all[from:min(from+perPage, len(all))], page, len(all) > perPage
}

// chosen is what a key means on a list; empty if it means nothing.
func (p place) chosen(keys string) string {
	if len(keys) != 1 || keys[0] < '1' || int(keys[0]-'1') >= len(p.Offers) {
		return ""
	}
	return p.Offers[keys[0]-'1']
}
