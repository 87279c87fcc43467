package api

import (
	"context"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/xinmoi/xinmoi/queue"
)

// The parameters that operations share. They are exported for the framework
// alone, which finds embedded types by their exported names only.

// OfficePath is the office that an address names.
type OfficePath struct {
	Office string `path:"office" maxLength:"64"`
}

// TicketPath is the ticket that an address names.
type TicketPath struct {
	OfficePath
	Ticket string `path:"ticket" maxLength:"64" doc:"Id, today's number (case and zeros free), or 9-digit lookup code"`
}

// CounterPath is the counter that an address names.
type CounterPath struct {
	OfficePath
	Counter string `path:"counter" maxLength:"64" doc:"The printed number"`
}

// KeyHeaders describes the headers of a command which checkRequest checks.
type KeyHeaders struct {
	Key    string `header:"Idempotency-Key" doc:"Request key, 1-128 visible ASCII: the same request again gets the same answer; kept 7 days per caller"`
	Caller string `header:"Xinmoi-Caller" doc:"Which part of a device speaks, 1-64 visible ASCII: stands in the log beside the token's name and has request keys of its own"`
}

type answer[T any] struct{ Body T }

type listAnswer[T any] struct {
	Body []T `nullable:"false"`
}

// routes registers all of the interface.
func (s *Server) routes() {
	s.officeRoutes()
	s.ticketRoutes()
	s.counterRoutes()
	s.managementRoutes()
	s.appointmentRoutes()
	s.figuresRoutes()
	s.reportRoutes()
	s.openDataRoutes()
	s.streamRoutes()
}

func (s *Server) officeRoutes() {
	register(s, operation{
		id: "list-offices", method: http.MethodGet, path: "/offices", need: mayRead,
		summary: "The offices here",
	}, s.listOffices)
	register(s, operation{
		id: "get-office", method: http.MethodGet, path: "/offices/{office}", need: mayRead,
		summary: "One office",
	}, s.getOffice)
	register(s, operation{
		id: "list-services", method: http.MethodGet, path: "/offices/{office}/services", need: mayRead,
		summary: "Its services and how many wait",
	}, s.listServices)
	register(s, operation{
		id: "list-procedures", method: http.MethodGet, path: "/offices/{office}/procedures", need: mayRead,
		summary: "What citizens come for",
	}, s.listProcedures)
	register(s, operation{
		id: "list-counters", method: http.MethodGet, path: "/offices/{office}/counters", need: mayRead,
		summary: "Its counters and the tickets in hand",
	}, s.listCounters)
	register(s, operation{
		id: "get-kiosk", method: http.MethodGet, path: "/offices/{office}/kiosk", need: mayTake,
		summary: "What the machines in the hall show and print",
	}, s.getKiosk)
	register(s, operation{
		id: "get-phone", method: http.MethodGet, path: "/offices/{office}/phone", need: mayPhone,
		summary: "What callers hear and may choose",
	}, s.getPhone)
	register(s, operation{
		id: "get-board", method: http.MethodGet, path: "/offices/{office}/board", need: mayRead,
		summary: "What the hall may see",
	}, s.getBoard)
}

func (s *Server) ticketRoutes() {
	register(s, operation{
		id: "take-ticket", method: http.MethodPost, path: "/offices/{office}/tickets", need: mayTake,
		status: http.StatusCreated, summary: "Take the next number",
	}, s.takeTicket)
	register(s, operation{
		id: "get-ticket", method: http.MethodGet, path: "/offices/{office}/tickets/{ticket}", need: mayLookUp,
		summary: "One ticket; without a token by its lookup code only",
	}, s.getTicket)
	register(s, operation{
		id: "my-tickets", method: http.MethodPost, path: "/offices/{office}/mine", need: mayMine,
		summary: "The tickets that one person took today and that are not over; a POST, so that the person stands in no address",
	}, s.listMine)
	register(s, operation{
		id: "ticket-belongs", method: http.MethodPost, path: "/offices/{office}/tickets/{ticket}/belongs", need: mayTake,
		summary: "The ticket, if the telephone number that took it ends with these digits",
	}, s.ticketBelongs)
	register(s, operation{
		id: "ticket-why", method: http.MethodGet, path: "/offices/{office}/tickets/{ticket}/why", need: mayWhy,
		summary: "Why others were called before it: the younger numbers, or one given",
	}, s.explainTicket)
	for _, a := range queue.Actions() {
		registerAction(s, operation{
			id: opOf(a), method: http.MethodPost, need: act(a),
			path: "/offices/{office}/tickets/{ticket}/" + string(a), summary: actionSummary(a),
		}, a)
	}
	s.unknownAction("/offices/{office}/tickets/{ticket}/{action}", actionNames(queue.Actions()))
}

func (s *Server) counterRoutes() {
	register(s, operation{
		id: "counter-next", method: http.MethodPost, path: "/offices/{office}/counters/{counter}/next", need: mayCounter,
		summary: "Call the next ticket to a counter",
		also:    map[string]*huma.Response{"204": {Description: "Nobody is waiting for this counter"}},
	}, s.nextTicket)
	register(s, operation{
		id: "counter-call", method: http.MethodPost, path: "/offices/{office}/counters/{counter}/call", need: mayCounter,
		summary: "Call one given ticket out of order",
	}, s.callTicket)
	names := []string{"next", "call"}
	for _, c := range counterActions() {
		names = append(names, c.name)
		o := operation{
			id: "counter-" + c.name, method: http.MethodPost, need: mayCounter,
			path: "/offices/{office}/counters/{counter}/" + c.name, summary: c.summary,
		}
		if c.state == queue.Closed {
			register(s, o, s.closeCounter)
		} else {
			register(s, o, s.setCounter(c.state))
		}
	}
	s.unknownAction("/offices/{office}/counters/{counter}/{action}", strings.Join(names, ", "))
}

type unknownIn struct {
	Action string `path:"action"`
}

// unknownAction answers for action names that do not exist, with those that do.
func (s *Server) unknownAction(path, known string) {
	register(s, operation{
		id: "unknown", method: http.MethodPost, path: path, need: mayRead, hidden: true,
	}, func(_ context.Context, in *unknownIn) (*answer[Problem], error) {
		p := newProblem(queue.CodeUnknownAction, "there is no action %q", in.Action)
		p.known = known
		return nil, p
	})
}

func actionNames(actions []queue.Action) string {
	names := make([]string, len(actions))
	for i, a := range actions {
		names[i] = string(a)
	}
	return strings.Join(names, ", ")
}
