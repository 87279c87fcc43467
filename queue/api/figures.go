package api

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/xinmoi/xinmoi/queue"
)

func (s *Server) figuresRoutes() {
	register(s, operation{
		id: "get-figures", method: http.MethodGet, path: "/offices/{office}/figures", need: mayFigures,
		summary: "How a business day went: numbers, waits, counters, calls out of order; for a token of one agency, its part",
	}, s.getFigures)
}

type figuresIn struct {
	OfficePath
	Day string `query:"day" pattern:"^[0-9]{4}-[0-9]{2}-[0-9]{2}$" doc:"Business day, 2026-11-21; without it the latest one"`
}

// getFigures answers with what the configured maker of figures gives.
func (s *Server) getFigures(ctx context.Context, in *figuresIn) (*answer[figuresJSON], error) {
	if _, err := s.office(in.Office); err != nil {
		return nil, err
	}
	if s.cfg.Figures == nil {
		return nil, newProblem(CodeNotFound, "this server makes no figures")
	}
	id := identityOf(ctx)
	release, err := s.summing.enter(ctx, "get-figures", who(in.Office, id))
	if err != nil {
		return nil, err
	}
	defer release()
	made, err := s.cfg.Figures(ctx, in.Office, in.Day, s.figuresOf(id))
	if queue.ErrorCode(err) == CodeNotFound {
		p := newProblem(CodeNotFound, "no business day %q in the log", in.Day)
		p.advice = noDayAdvice()
		return nil, p
	}
	if err != nil {
		return nil, err
	}
	return &answer[figuresJSON]{figuresJSON{made}}, nil
}

func noDayAdvice() advice {
	return advice{
		"Choose a day on which the office was running; without a day you get the latest one.",
		"Chọn một ngày trung tâm có làm việc; bỏ ngày để xem ngày gần nhất.",
	}
}

// figuresOf is the agency whose figures alone the caller gets; empty = all.
func (s *Server) figuresOf(id identity) string {
	agency := ""
	for _, g := range id.grants {
		if !s.allows(actorOf(g), mayFigures) {
			continue
		}
		if g.Agency == "" {
			return ""
		}
		agency = cmp.Or(agency, g.Agency)
	}
	return agency
}

// figuresJSON is figures of whatever shape their maker gives them; those of
// this program are package report's, whose members are described here.
type figuresJSON struct{ made any }

// MarshalJSON implements json.Marshaler.
func (f figuresJSON) MarshalJSON() ([]byte, error) { return json.Marshal(f.made) }

// Schema implements huma.SchemaProvider.
func (figuresJSON) Schema(huma.Registry) *huma.Schema {
	object := func(doc string) *huma.Schema { return &huma.Schema{Type: huma.TypeObject, Description: doc} }
	text := func(doc string) *huma.Schema { return &huma.Schema{Type: huma.TypeString, Description: doc} }
	at := func(doc string) *huma.Schema {
		return &huma.Schema{Type: huma.TypeString, Format: "date-time", Description: doc}
	}
	count := func(doc string) *huma.Schema { return &huma.Schema{Type: huma.TypeInteger, Description: doc} }
	list := func(doc, of string) *huma.Schema {
		return &huma.Schema{Type: huma.TypeArray, Description: doc, Items: object(of)}
	}
	const group = "Counts (issued + taken_over + in = served + no_show + cancelled + undelivered + expired + open + out), " +
		"calls and calls out of order, wait, since_issue, wait_again, way, service and lead {n, mean, median, p90, max} in seconds, ratings, priority"
	return &huma.Schema{
		Type: huma.TypeObject, Description: "Figures of one business day, made from the log alone; durations in seconds",
		Properties: map[string]*huma.Schema{
			"office": text("Id"), "name": text("Name of the office"), "name_en": text("In English"), "time_zone": text("IANA name"),
			"day": text("Business day"), "from": at("When the day began"), "until": at("When the next one did; while it goes on, its latest event"),
			"over":      {Type: huma.TypeBoolean, Description: "The next day has begun: nothing will change"},
			"first_seq": count("First event of the day"), "last_seq": count("Latest event that these figures are made of"),
			"total": object(group), "agencies": list("By agency; empty where the office is one", group), "services": list("By service", group+", agency"),
			"channels": list("By channel", group), "classes": list("By class", group),
			"counters":     list("By counter", "How its stays ended, calls and calls out of order, time open, busy, idle, paused, in the back office, closed"),
			"out_of_order": list("Calls out of order", "at, counter, number, service, agency, class, by, reason, undone"),
			"endings":      list("Tickets that ended unserved", "state, by (citizen, staff, system), reason, n"),
			"issuing":      list("When the giving of numbers was stopped and resumed", "at, service, stopped, reason"),
			"limits":       list("When a service had given all the numbers of the day that it may give", "at, service, channel (absent = all), most"),
			"cards_issued": count("Priority cards handed out"), "cards_revoked": count("Priority cards revoked"),
			"notes": list("What the figures cannot tell", "vi, en"),
		},
	}
}
