package api

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/xinmoi/xinmoi/queue"
)

// operation describes one entry of the interface.
type operation struct {
	id      string // Name for generated clients.
	method  string
	path    string // Below Prefix.
	summary string
	need    right
	status  int // Of success.
	also    map[string]*huma.Response
	hidden  bool // Not in the description.

	needsBody bool  // A request without a body is refused.
	maxBody   int64 // Bytes; 0 = MaxBody.
}

// register adds an operation to the server: huma reads and checks the
// request by the type In and writes Out; errors become problems here.
func register[In, Out any](s *Server, o operation, serve func(context.Context, *In) (*Out, error)) {
	responses := map[string]*huma.Response{"default": {
		Description: "A problem (RFC 9457); see its code and hint",
		Content: map[string]*huma.MediaType{
			problemType: {Schema: &huma.Schema{Ref: "#/components/schemas/Problem"}},
		},
	}}
	for status, r := range o.also {
		responses[status] = r
	}
	huma.Register(s.api, huma.Operation{
		OperationID: o.id, Method: o.method, Path: o.path, Summary: o.summary,
		Description:   "Needs the right: " + string(o.need),
		DefaultStatus: o.status,
		MaxBodyBytes:  cmp.Or(o.maxBody, MaxBody) + 1, // huma refuses what reaches the limit.
		RequestBody:   o.body(),
		Responses:     responses,
		Metadata:      map[string]any{rightName: o.need},
		Security:      security(o.need),
		Hidden:        o.hidden,
	}, func(ctx context.Context, in *In) (*Out, error) {
		out, err := serve(ctx, in)
		if err != nil {
			return nil, s.problem(ctx, o.id, err)
		}
		return out, nil
	})
}

// body begins the description of the request's body; nil leaves all of it to
// the framework.
func (o operation) body() *huma.RequestBody {
	if o.needsBody {
		return &huma.RequestBody{Required: true}
	}
	return nil
}

// security says in the description which operations want a token.
func security(need right) []map[string][]string {
	if need == mayRead || need == mayLookUp || need == mayBook || need == mayOwn {
		return []map[string][]string{{}, {bearerScheme: {}}}
	}
	return []map[string][]string{{bearerScheme: {}}}
}

// problem turns an error of an office into what the caller may know of it.
func (s *Server) problem(ctx context.Context, op string, err error) *Problem {
	var p *Problem
	if errors.As(err, &p) {
		return p
	}
	var e *queue.Error
	if !errors.As(err, &e) {
		e = &queue.Error{Code: queue.CodeInternal, Message: err.Error(), Err: err}
	}
	p = newProblem(e.Code, "%s", e.Message)
	p.advice = adviceOn(op, e)
	if !e.Opens.IsZero() {
		p.Opens = knownTime(e.Opens)
		zone := s.zone(ctx, identityOf(ctx).office)
		p.advice = opensAdvice(e.Code, e.Opens.In(zone), time.Now().In(zone))
	}
	if e.Ticket != nil {
		t := toTicket(*e.Ticket)
		p.Ticket = &t
	}
	if e.Code == queue.CodeClockWrong {
		return p // The office complains by itself, and the detail is what helps.
	}
	if p.Status >= http.StatusInternalServerError && !errors.Is(err, context.Canceled) {
		// The cause may name files and hosts; it is for the log alone.
		s.log.Error("api: a request failed", "operation", op, "code", e.Code, "error", err)
		p.Detail = "the server's log tells the cause"
	}
	return p
}
