package api

import (
	"context"
	"net/http"

	"github.com/xinmoi/xinmoi/queue"
)

// emptyBody is what an action without parameters accepts.
type emptyBody struct{}

type nextIn struct {
	CounterPath
	KeyHeaders
	Body *emptyBody
}

// ticketOrNothing is an answer of 200 with a ticket, or of 204.
type ticketOrNothing struct {
	Status int
	Body   *ticketJSON
}

func (s *Server) nextTicket(ctx context.Context, in *nextIn) (*ticketOrNothing, error) {
	o, m, err := s.command(ctx, in.Office, in.KeyHeaders, mayCounter, touched{counter: in.Counter})
	if err != nil {
		return nil, err
	}
	t, err := o.Next(ctx, queue.CounterRequest{Meta: m, Counter: in.Counter})
	if queue.ErrorCode(err) == queue.CodeNobodyWaiting {
		return &ticketOrNothing{Status: http.StatusNoContent}, nil
	}
	if err != nil {
		return nil, err
	}
	return &ticketOrNothing{Status: http.StatusOK, Body: &s.forDevice(ctx, o, t).Body}, nil
}

type callBody struct {
	Ticket string `json:"ticket" maxLength:"64" doc:"Id, today's number or lookup code"`
	Reason string `json:"reason,omitempty" nullable:"true" maxLength:"400" doc:"Why it is called out of order; needed unless it is next anyway"`
}

type callIn struct {
	CounterPath
	KeyHeaders
	Body callBody
}

func (s *Server) callTicket(ctx context.Context, in *callIn) (*answer[ticketJSON], error) {
	touches := touched{counter: in.Counter, ticket: in.Body.Ticket}
	o, m, err := s.command(ctx, in.Office, in.KeyHeaders, mayCounter, touches)
	if err != nil {
		return nil, err
	}
	t, err := o.Call(ctx, queue.CallRequest{Meta: m, Counter: in.Counter, Ticket: in.Body.Ticket, Reason: in.Body.Reason})
	s.note(ctx, m, touches, t, err)
	if err != nil {
		return nil, err
	}
	return s.forDevice(ctx, o, t), nil
}

// counterAction is a name on the wire for a state that a counter is put into.
type counterAction struct {
	name    string
	state   queue.CounterState
	summary string
}

func counterActions() []counterAction {
	return []counterAction{
		{"open", queue.Opened, "Open a counter or end its pause; repeatable"},
		{"pause", queue.Paused, "Pause a counter"},
		{"close", queue.Closed, "Close a counter; with a ticket in hand only by saying what becomes of it"},
	}
}

type setBody struct {
	Reason string `json:"reason,omitempty" nullable:"true" maxLength:"400" doc:"Why it pauses; work in the back office is a reason"`
}

type setIn struct {
	CounterPath
	KeyHeaders
	Body *setBody
}

func (s *Server) setCounter(state queue.CounterState) func(context.Context, *setIn) (*answer[counterJSON], error) {
	return func(ctx context.Context, in *setIn) (*answer[counterJSON], error) {
		r := queue.SetCounterRequest{Counter: in.Counter, State: state}
		if in.Body != nil {
			r.Reason = in.Body.Reason
		}
		return s.putCounter(ctx, in.Office, in.KeyHeaders, r)
	}
}

// closeBody has the ways to leave a ticket of leaveWays.
type closeBody struct {
	InHand string `json:"in_hand,omitempty" nullable:"true" enum:"finish,requeue,park,no-show" doc:"What becomes of the ticket in hand; 409 counter_busy if there is one and this is absent"`
	Reason string `json:"reason,omitempty" nullable:"true" maxLength:"400" doc:"Why it closes; also the reason of what becomes of the ticket"`
}

// leaveWays lists what may become of a ticket in hand when its counter closes.
func leaveWays() []queue.Action {
	return []queue.Action{queue.Finish, queue.Requeue, queue.Park, queue.Absent}
}

type closeIn struct {
	CounterPath
	KeyHeaders
	Body *closeBody
}

func (s *Server) closeCounter(ctx context.Context, in *closeIn) (*answer[counterJSON], error) {
	r := queue.SetCounterRequest{Counter: in.Counter, State: queue.Closed}
	if in.Body != nil {
		r.InHand, r.Reason = queue.Action(in.Body.InHand), in.Body.Reason
	}
	return s.putCounter(ctx, in.Office, in.KeyHeaders, r)
}

func (s *Server) putCounter(ctx context.Context, office string, in KeyHeaders, r queue.SetCounterRequest) (*answer[counterJSON], error) {
	o, m, err := s.command(ctx, office, in, mayCounter, touched{counter: r.Counter})
	if err != nil {
		return nil, err
	}
	r.Meta = m
	v, err := o.SetCounter(ctx, r)
	return &answer[counterJSON]{s.counterFor(ctx)(v)}, err
}
