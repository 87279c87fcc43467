package api

import (
	"context"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

type whyIn struct {
	TicketPath
	Of string `query:"of" maxLength:"64" doc:"The one number asked about; all younger ones if absent"`
}

type whyJSON struct {
	Ticket  ticketJSON    `json:"ticket"`
	Summary wordsJSON     `json:"summary" doc:"How many went first"`
	Calls   []whyCallJSON `json:"calls" nullable:"false" doc:"Calls of others while it was open, the latest first"`
	More    int           `json:"more" doc:"Earlier calls that are left out"`
}

// wordsJSON is one sentence in both languages.
type wordsJSON struct {
	VI string `json:"vi"`
	EN string `json:"en"`
}

type whyCallJSON struct {
	Number  string    `json:"number" doc:"Who was called"`
	Counter string    `json:"counter" doc:"Where to"`
	At      time.Time `json:"at"`
	Why     queue.Why `json:"why" doc:"The rule: chosen, resumed, aside, absent, reserved, other_line, help, slot, returned, class, later or earlier; there may be more in future"`
	VI      string    `json:"vi" doc:"The same in a sentence"`
	EN      string    `json:"en"`
	Reason  *string   `json:"reason" doc:"What staff wrote when they called it out of order; for staff, else null"`

	OtherFrom time.Time `json:"other_from" doc:"From when the other's waiting counted"`
	OwnFrom   time.Time `json:"own_from" doc:"From when the ticket's own waiting counted"`
	Rate      float64   `json:"rate" doc:"How many times as fast the other's class gains precedence"`
}

func (s *Server) explainTicket(ctx context.Context, in *whyIn) (*answer[whyJSON], error) {
	o, err := s.office(in.Office)
	if err != nil {
		return nil, err
	}
	id := identityOf(ctx)
	ref := in.Ticket
	if !s.may(id, mayTicket) && !s.may(id, mayReasons) {
		own, err := ownTicket(ctx, o, id, ref)
		if err != nil {
			return nil, err
		}
		ref = own.ID
		if _, err := queue.ParseNumber(in.Of); in.Of != "" && err != nil { // Nothing to try lookup codes with.
			return nil, newProblem(queue.CodeBadRequest, "of must be a number like A012")
		}
	}
	release, err := s.replays.enter(ctx, "ticket-why", who(in.Office, id))
	if err != nil {
		return nil, err
	}
	defer release()
	x, err := o.Explain(ctx, ref, in.Of)
	if err != nil {
		return nil, err
	}
	return &answer[whyJSON]{toWhy(x, s.zone(ctx, in.Office), s.may(id, mayReasons))}, nil
}

// zone is where an office's clocks are; Viet Nam if it cannot say.
func (s *Server) zone(ctx context.Context, office string) *time.Location {
	vietnam := time.FixedZone("+07", 7*60*60)
	o, err := s.office(office)
	if err != nil {
		return vietnam
	}
	info, err := o.Info(ctx)
	if err != nil {
		return vietnam
	}
	zone, err := time.LoadLocation(info.TimeZone)
	if err != nil {
		return vietnam
	}
	return zone
}

// toWhy shapes an explanation; what staff wrote goes to staff alone.
func toWhy(x queue.Explanation, zone *time.Location, reasons bool) whyJSON {
	out := whyJSON{Ticket: toTicket(x.Ticket.Public()), More: x.More, Calls: make([]whyCallJSON, len(x.Calls))}
	out.Summary.VI, out.Summary.EN = x.Summary()
	for i, p := range x.Calls {
		c := whyCallJSON{
			Number: p.Ticket.Number.String(), Counter: p.Counter, At: p.At.UTC(), Why: p.Why,
			OtherFrom: p.At.Add(-p.Other).UTC(), OwnFrom: p.At.Add(-p.Own).UTC(), Rate: p.Rate,
		}
		c.VI, c.EN = p.Sentence(x.Ticket.Number, zone)
		if reasons {
			c.Reason = known(p.Reason)
		}
		out.Calls[i] = c
	}
	return out
}

// explanation is the inverse of toWhy; of the others it knows the number.
func (j whyJSON) explanation() (queue.Explanation, error) {
	own, err := j.Ticket.ticket()
	if err != nil {
		return queue.Explanation{}, err
	}
	out := queue.Explanation{Ticket: own, More: j.More}
	for _, c := range j.Calls {
		p := queue.Precedence{
			Counter: c.Counter, At: c.At, Why: c.Why, Reason: orZero(c.Reason),
			Own: c.At.Sub(c.OwnFrom), Other: c.At.Sub(c.OtherFrom), Rate: c.Rate,
		}
		if p.Ticket.Number, err = queue.ParseNumber(c.Number); err != nil {
			return queue.Explanation{}, err
		}
		out.Calls = append(out.Calls, p)
	}
	return out, nil
}
