package api

import (
	"context"

	"github.com/xinmoi/xinmoi/queue"
)

func (s *Server) listOffices(ctx context.Context, _ *struct{}) (*listAnswer[officeJSON], error) {
	out := &listAnswer[officeJSON]{Body: make([]officeJSON, 0, len(s.ids))}
	for _, id := range s.ids {
		info, err := s.cfg.Offices[id].Info(ctx)
		if err != nil {
			return nil, err
		}
		out.Body = append(out.Body, toOffice(info))
	}
	return out, nil
}

func (s *Server) getOffice(ctx context.Context, in *OfficePath) (*answer[officeJSON], error) {
	o, err := s.office(in.Office)
	if err != nil {
		return nil, err
	}
	info, err := o.Info(ctx)
	return &answer[officeJSON]{toOffice(info)}, err
}

func (s *Server) getKiosk(ctx context.Context, in *OfficePath) (*answer[queue.KioskSetup], error) {
	o, err := s.office(in.Office)
	if err != nil {
		return nil, err
	}
	k, err := o.Kiosk(ctx)
	return &answer[queue.KioskSetup]{k}, err
}

func (s *Server) getPhone(ctx context.Context, in *OfficePath) (*answer[phoneJSON], error) {
	o, err := s.office(in.Office)
	if err != nil {
		return nil, err
	}
	v, err := o.Setup(ctx)
	p := phoneJSON{PhoneSetup: v.Setup.Phone, Hours: v.Setup.Hours, Days: v.Setup.Days, Rules: v.Setup.Rules}
	if s.cfg.Demand != nil {
		p.Demand = s.cfg.Demand(in.Office)
	}
	return &answer[phoneJSON]{p}, err
}

// listOf answers with what an office lists, each element in its JSON shape.
func listOf[T, J any](ctx context.Context, s *Server, office string,
	list func(queue.Office, context.Context) ([]T, error), shape func(T) J,
) (*listAnswer[J], error) {
	o, err := s.office(office)
	if err != nil {
		return nil, err
	}
	elements, err := list(o, ctx)
	if err != nil {
		return nil, err
	}
	return &listAnswer[J]{shapeAll(elements, shape)}, nil
}

func shapeAll[T, J any](elements []T, shape func(T) J) []J {
	out := make([]J, len(elements))
	for i, e := range elements {
		out[i] = shape(e)
	}
	return out
}

func (s *Server) listServices(ctx context.Context, in *OfficePath) (*listAnswer[serviceJSON], error) {
	return listOf(ctx, s, in.Office, queue.Office.Services, toService)
}

func (s *Server) listProcedures(ctx context.Context, in *OfficePath) (*listAnswer[procedureJSON], error) {
	return listOf(ctx, s, in.Office, queue.Office.Procedures, toProcedure)
}

func (s *Server) listCounters(ctx context.Context, in *OfficePath) (*listAnswer[counterJSON], error) {
	return listOf(ctx, s, in.Office, queue.Office.Counters, s.counterFor(ctx))
}

// counterFor shapes counters for the caller: their tickets have code and
// address, and a pause has the staff's words, only for those who may see any
// ticket.
func (s *Server) counterFor(ctx context.Context) func(queue.CounterView) counterJSON {
	private := s.may(identityOf(ctx), mayTicket)
	return func(v queue.CounterView) counterJSON {
		if !private {
			v.Reason = ""
		}
		if v.Ticket != nil && !private {
			t := forAnyone(*v.Ticket)
			v.Ticket = &t
		}
		return toCounter(v)
	}
}

func (s *Server) getBoard(ctx context.Context, in *OfficePath) (*answer[boardJSON], error) {
	o, err := s.office(in.Office)
	if err != nil {
		return nil, err
	}
	b, err := o.Board(ctx)
	return &answer[boardJSON]{toBoard(b)}, err
}
