package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/xinmoi/xinmoi/queue"
)

// ReportQuery is what a report is asked about.
type ReportQuery struct {
	From, To string // Business days, both included; both empty = the latest one.
	Agency   string // Whose part alone; empty = all.
	Target   int    // Minutes that a wait should not exceed; 0 = the usual.
	Parts    []string
	Compare  bool // With the period before.

	List *FigureQuery // Wanted are the tickets behind a figure, not the report.
}

// FigureQuery names a figure of a report, and which of its tickets are wanted.
type FigureQuery struct {
	Part, ID, Figure string
	Offset, Limit    int
}

func (s *Server) reportRoutes() {
	register(s, operation{
		id: "get-report", method: http.MethodGet, path: "/offices/{office}/report", need: mayFigures,
		summary: "How a period went, of days, months or years: waits, services, channels, hours, counters; for a token of one agency, its part",
	}, s.getReport)
	register(s, operation{
		id: "get-report-tickets", method: http.MethodGet, path: "/offices/{office}/report/tickets", need: mayFigures,
		summary: "The tickets behind a figure of a report, without anything of persons",
	}, s.getReportTickets)
}

// PeriodQuery is the period of a report in an address; exported for the
// framework alone, like OfficePath.
type PeriodQuery struct {
	From   string `query:"from" pattern:"^[0-9]{4}-[0-9]{2}-[0-9]{2}$" doc:"First business day, 2026-11-01; without it the latest one"`
	To     string `query:"to" pattern:"^[0-9]{4}-[0-9]{2}-[0-9]{2}$" doc:"Last business day; without it the first one"`
	Target int    `query:"target" minimum:"0" maximum:"1440" doc:"Minutes that a wait should not exceed; 0 = 30"`
}

type reportIn struct {
	OfficePath
	PeriodQuery
	Part    []string `query:"part" maxItems:"16" doc:"Which groups: service, field, procedure, agency, channel, class, hour, weekday; without it all"`
	Compare bool     `query:"compare" doc:"Also the total of the period before"`
}

type reportTicketsIn struct {
	OfficePath
	PeriodQuery
	Part   string `query:"part" maxLength:"32" doc:"Group: total (default), service, …, day, month, counter, staff"`
	ID     string `query:"id" maxLength:"200" doc:"Of the group"`
	Figure string `query:"figure" maxLength:"32" doc:"all (default), issued, served, no_show, left, wait, late, service, …"`
	Offset int    `query:"offset" minimum:"0"`
	Limit  int    `query:"limit" minimum:"0" maximum:"10000" default:"1000"`
}

func (in PeriodQuery) query() ReportQuery {
	return ReportQuery{From: in.From, To: in.To, Target: in.Target}
}

func (s *Server) getReport(ctx context.Context, in *reportIn) (*answer[reportJSON], error) {
	q := in.query()
	q.Parts, q.Compare = in.Part, in.Compare
	made, err := s.report(ctx, "get-report", in.Office, q)
	if err != nil {
		return nil, err
	}
	return &answer[reportJSON]{reportJSON{figuresJSON{made}}}, nil
}

func (s *Server) getReportTickets(ctx context.Context, in *reportTicketsIn) (*answer[reportTicketsJSON], error) {
	q := in.query()
	q.List = &FigureQuery{Part: in.Part, ID: in.ID, Figure: in.Figure, Offset: in.Offset, Limit: in.Limit}
	made, err := s.report(ctx, "get-report-tickets", in.Office, q)
	if err != nil {
		return nil, err
	}
	return &answer[reportTicketsJSON]{reportTicketsJSON{figuresJSON{made}}}, nil
}

// report answers with what the configured maker of reports gives.
func (s *Server) report(ctx context.Context, op, office string, q ReportQuery) (any, error) {
	if _, err := s.office(office); err != nil {
		return nil, err
	}
	if s.cfg.Reports == nil {
		return nil, newProblem(CodeNotFound, "this server makes no reports")
	}
	id := identityOf(ctx)
	release, err := s.summing.enter(ctx, "get-figures", who(office, id))
	if err != nil {
		return nil, err
	}
	defer release()
	q.Agency = s.figuresOf(id)
	made, err := s.cfg.Reports(ctx, office, q)
	if queue.ErrorCode(err) == CodeNotFound {
		p := newProblem(CodeNotFound, "no business day from %q to %q in the log", q.From, q.To)
		p.advice = noDayAdvice()
		return nil, p
	}
	return made, err
}

// FiguresOf tells who sends a page's request: the agency whose figures alone
// it may see, empty for all, and whether it may see any.
func (s *Server) FiguresOf(r *http.Request) (agency string, may bool) {
	id, p := s.identify(r, "")
	if p != nil || !s.may(id, mayFigures) {
		return "", false
	}
	return s.figuresOf(id), true
}

// reportJSON and reportTicketsJSON are of their maker's shape, like figuresJSON.
type reportJSON struct{ figuresJSON }

// Schema implements huma.SchemaProvider.
func (reportJSON) Schema(huma.Registry) *huma.Schema {
	const group = "As in the figures of a day, with left, left_share, no_show_share, within, within_share"
	text := func(doc string) *huma.Schema { return &huma.Schema{Type: huma.TypeString, Description: doc} }
	object := func(doc string) *huma.Schema { return &huma.Schema{Type: huma.TypeObject, Description: doc} }
	list := func(doc, of string) *huma.Schema {
		return &huma.Schema{Type: huma.TypeArray, Description: doc, Items: object(of)}
	}
	return &huma.Schema{
		Type: huma.TypeObject, Description: "Figures of a period, made from the log alone; durations in seconds",
		Properties: map[string]*huma.Schema{
			"office": text("Id"), "name": text("Name of the office"), "time_zone": text("IANA name"), "agency": text("Whose part alone; absent = all"),
			"from": text("First day"), "to": text("Last day"), "days": {Type: huma.TypeInteger, Description: "Business days that the log has of it"},
			"over": {Type: huma.TypeBoolean, Description: "Nothing will change any more"}, "target": {Type: huma.TypeNumber, Description: "Seconds that a wait should not exceed"},
			"behind": text("While the log is still being read: the day it has come to"),
			"total":  object(group), "before": object("The period before: from, to, days, total"), "step": text("Of steps: day or month"),
			"steps": list("By day or month", group), "parts": object("By part: a list of groups"), "counters": list("By counter", "As in the figures of a day"),
			"staff": list("By who acted", "As counters, without time"), "fairness": object("counters, index (Jain), most, most_per_hour, least, least_per_hour"),
			"endings": list("Tickets that ended unserved", "state, by, reason, n"), "rated": list("What citizens named", "text, n"),
			"limits": list("Limits of numbers a day that were reached", "service, channel (absent = all), days, times, earliest"),
			"told":   list("How true the estimates were", "service (empty = all), waits, inside, late, coverage, wait_min, error_min, les_error_min"),
			"notes":  list("What the figures cannot tell", "vi, en"),
		},
	}
}

type reportTicketsJSON struct{ figuresJSON }

// Schema implements huma.SchemaProvider.
func (reportTicketsJSON) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{
		Type: huma.TypeObject, Description: "The tickets behind a figure; durations in seconds",
		Properties: map[string]*huma.Schema{
			"lines": {Type: huma.TypeArray, Description: "Tickets", Items: &huma.Schema{
				Type: huma.TypeObject, Description: "day, id, number, service, procedure, channel, class, state, issued, counter, wait, way, service_time, lead, rating, times",
			}},
			"n":     {Type: huma.TypeInteger, Description: "How many tickets there are, given or not"},
			"times": {Type: huma.TypeInteger, Description: "The figure: how often they count"},
		},
	}
}
