package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// openDataAge is how long anybody may keep the open data, in seconds: an office's
// page and hundreds of copies of it then ask together once.
const openDataAge = 5

// OpenData is an office as everybody may see it, for other sites and programs.
// No ticket's code, link or holder is in it.
type OpenData struct {
	At       time.Time     `json:"at" doc:"When the office was looked at"`
	Office   string        `json:"office"`
	Name     string        `json:"name"`
	NameEN   string        `json:"name_en"`
	Address  string        `json:"address"`
	Open     bool          `json:"open" doc:"Gives numbers now"`
	Opens    *time.Time    `json:"opens" doc:"When it opens next, while it is closed"`
	TimeZone string        `json:"time_zone"`
	Always   bool          `json:"always" doc:"Open around the clock"`
	Sessions []OpenSession `json:"sessions" nullable:"false" doc:"Of today; none = closed all day, unless always"`
	Services []OpenService `json:"services" nullable:"false"`
	Usual    []OpenHour    `json:"usual" nullable:"false" doc:"Usual waits on days like today, by the hour in which people came; hours of which too little is known are missing"`
	Rating   *OpenRating   `json:"rating" doc:"What citizens thought of it lately; null while there are too few ratings"`
}

// OpenSession is one span of opening.
type OpenSession struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// OpenService is one line.
type OpenService struct {
	ID       string     `json:"id"`
	Name     string     `json:"name"`
	NameEN   string     `json:"name_en"`
	Agency   *string    `json:"agency" doc:"Whose line it is, where several agencies share the hall"`
	Open     bool       `json:"open" doc:"Gives numbers now"`
	Waiting  int        `json:"waiting"`
	Counters int        `json:"counters" doc:"Open for it"`
	Serving  []OpenSeat `json:"serving" nullable:"false" doc:"Numbers in hand"`
	LowMin   *int       `json:"low_min" doc:"Who takes a number now waits about so many minutes at least; null = not known"`
	HighMin  *int       `json:"high_min" doc:"… and at most"`
}

// OpenSeat is a number in hand.
type OpenSeat struct {
	Number  string `json:"number"`
	Counter string `json:"counter"`
}

// OpenHour is the usual wait of one hour of the day.
type OpenHour struct {
	Hour    int `json:"hour" doc:"8 = from 08:00 to 09:00"`
	WaitMin int `json:"wait_min" doc:"Mean wait in minutes"`
	Waits   int `json:"waits" doc:"That it rests on"`
}

// OpenRating is what citizens thought of the office.
type OpenRating struct {
	Mean float64 `json:"mean" doc:"1 to 5"`
	N    int     `json:"n"`
	Days int     `json:"days" doc:"Of how many days"`
}

func (s *Server) openDataRoutes() {
	register(s, operation{
		id: "get-open-data", method: http.MethodGet, path: "/offices/{office}/open-data", need: mayRead,
		summary: "What everybody may know of the office now, for other sites and programs; cacheable, and readable from pages of any site",
		also:    map[string]*huma.Response{"304": {Description: "As the If-None-Match that was sent"}},
	}, s.getOpenData)
}

type openDataIn struct {
	OfficePath
	Match string `header:"If-None-Match" doc:"ETag of what the caller has"`
}

type openDataOut struct {
	Status int
	ETag   string `header:"ETag" doc:"Of everything but the time at which the office was looked at"`
	Cache  string `header:"Cache-Control"`
	Age    string `header:"Age" doc:"Seconds since the office was looked at"`
	Origin string `header:"Access-Control-Allow-Origin"`
	Body   *OpenData
}

func (s *Server) getOpenData(ctx context.Context, in *openDataIn) (*openDataOut, error) {
	if _, err := s.office(in.Office); err != nil {
		return nil, err
	}
	if s.cfg.OpenData == nil {
		return nil, newProblem(CodeNotFound, "this server has no open data")
	}
	data, err := s.cfg.OpenData(ctx, in.Office)
	if err != nil {
		return nil, err
	}
	out := &openDataOut{
		Status: http.StatusOK, ETag: data.tag(), Cache: "public, max-age=" + strconv.Itoa(openDataAge),
		Age: strconv.Itoa(max(0, int(time.Since(data.At).Seconds()))), Origin: "*", Body: &data,
	}
	if in.Match == out.ETag {
		out.Status, out.Body = http.StatusNotModified, nil
	}
	return out, nil
}

// tag stands for the content: it stays while nothing changes, though the office
// is looked at again and again (RFC 9110 section 8.8.1: a weak one).
func (d OpenData) tag() string {
	d.At = time.Time{}
	b, err := json.Marshal(d)
	if err != nil { // Only own types of text and numbers are in it.
		return ""
	}
	sum := sha256.Sum256(b)
	return `W/"` + hex.EncodeToString(sum[:8]) + `"`
}
