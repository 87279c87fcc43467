package api

import (
	"context"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

type takeBody struct {
	Service   string   `json:"service,omitempty" nullable:"true" doc:"Needed unless procedure names one"`
	Procedure string   `json:"procedure,omitempty" nullable:"true"`
	Channel   string   `json:"channel" enum:"kiosk,phone,zalo,telegram,sms,web,staff,hub" doc:"The door it is taken through; staff only with a token of role staff or admin"`
	Class     string   `json:"class,omitempty" enum:"normal,appointment,priority"`
	Language  string   `json:"language,omitempty" nullable:"true" maxLength:"16" doc:"BCP 47; vi if absent"`
	Needs     []string `json:"needs,omitempty" maxItems:"8" doc:"What its holder needs: hearing, sight, mobility, interpreter, or other words of lower case letters, digits and dashes"`
	Person    string   `json:"person,omitempty" nullable:"true" maxLength:"128" doc:"tel:+84…, telegram:…: what limits are counted by; absent = anonymous"`
	Hold      bool     `json:"hold,omitempty" nullable:"true" doc:"Held until confirm"`
	Reserve   bool     `json:"reserve,omitempty" nullable:"true" doc:"Set aside for a kiosk that may be cut off: held until the day ends; channel kiosk only"`

	Slot     *time.Time `json:"slot,omitempty" nullable:"true" doc:"The booked time of an appointment, on this business day"`
	Card     string     `json:"card,omitempty" nullable:"true" maxLength:"128" doc:"A priority card as scanned; with it the class is priority"`
	Dossiers int        `json:"dossiers,omitempty" nullable:"true" minimum:"0" maximum:"99" doc:"How many dossiers it is for; 0 or absent = one"`
	Aged     bool       `json:"aged,omitempty" nullable:"true" doc:"The machine has read in a citizen card that its holder is old enough for priority; channel kiosk only"`
}

// slot reads the booked time. Equal bodies give equal requests.
func (b takeBody) slot() time.Time {
	if b.Slot == nil {
		return time.Time{}
	}
	return b.Slot.UTC()
}

type takeIn struct {
	OfficePath
	KeyHeaders
	Body takeBody
}

func (s *Server) takeTicket(ctx context.Context, in *takeIn) (*answer[ticketJSON], error) {
	b := in.Body
	by, err := s.takeRight(identityOf(ctx), queue.Channel(b.Channel))
	if err != nil {
		return nil, err
	}
	o, m, err := s.command(ctx, in.Office, in.KeyHeaders, by, touched{})
	if err != nil {
		return nil, err
	}
	t, err := o.Take(ctx, queue.TakeRequest{
		Meta:    m,
		Service: b.Service, Procedure: b.Procedure,
		Channel: queue.Channel(b.Channel), Class: queue.Class(b.Class),
		Language: b.Language, Needs: b.Needs, Person: b.Person, Hold: b.Hold, Reserve: b.Reserve,
		Slot: b.slot(), Card: b.Card, Dossiers: b.Dossiers, Aged: b.Aged,
	})
	if err != nil {
		return nil, s.takeProblem(ctx, queue.Channel(b.Channel), err)
	}
	return s.forTaker(t), nil
}

type mineBody struct {
	Person  string `json:"person" minLength:"1" maxLength:"128" doc:"As it was given when the tickets were taken: tel:+84…, telegram:…"`
	Unrated bool   `json:"unrated,omitempty" doc:"Instead of those that go on, the tickets that were served today and not rated yet"`
}

// unrated is an office that knows what its citizens may still rate.
type unrated interface {
	Unrated(ctx context.Context, person string) ([]queue.Ticket, error)
}

type mineIn struct {
	OfficePath
	Body mineBody
}

func (s *Server) listMine(ctx context.Context, in *mineIn) (*listAnswer[ticketJSON], error) {
	o, err := s.office(in.Office)
	if err != nil {
		return nil, err
	}
	find := o.Mine
	if in.Body.Unrated {
		u, ok := o.(unrated)
		if !ok {
			return &listAnswer[ticketJSON]{[]ticketJSON{}}, nil
		}
		find = u.Unrated
	}
	tickets, err := find(ctx, in.Body.Person)
	if err != nil {
		return nil, err
	}
	list := make([]ticketJSON, len(tickets))
	for i, t := range tickets {
		list[i] = s.forDevice(ctx, o, t).Body
	}
	return &listAnswer[ticketJSON]{list}, nil
}

type belongsBody struct {
	Ending string `json:"ending" pattern:"^[0-9]{4}$" doc:"The last four digits of the telephone number that it was taken by"`
}

type belongsIn struct {
	TicketPath
	Body belongsBody
}

func (s *Server) ticketBelongs(ctx context.Context, in *belongsIn) (*answer[ticketJSON], error) {
	o, err := s.office(in.Office)
	if err != nil {
		return nil, err
	}
	if !s.endings.Allow(who(in.Office, identityOf(ctx))) {
		return nil, newProblem(queue.CodeRateLimited, "too many telephone numbers tried by this device")
	}
	t, err := o.Belongs(ctx, in.Ticket, in.Body.Ending)
	if err != nil {
		return nil, err
	}
	return s.forDevice(ctx, o, t), nil
}

// takeRight is the right by which a number is taken through a channel.
func (s *Server) takeRight(id identity, c queue.Channel) (right, error) {
	if c != queue.Staff {
		return mayTake, nil
	}
	if !s.may(id, mayTakeAsStaff) {
		p := newProblem(queue.CodeForbidden, "the token does not give the right %q", mayTakeAsStaff)
		return "", p.withAdvice(staffChannelAdvice(s.rolesWith(mayTakeAsStaff)))
	}
	return mayTakeAsStaff, nil
}

// takeProblem is a problem whose next step fits the channel.
func (s *Server) takeProblem(ctx context.Context, c queue.Channel, err error) *Problem {
	p := s.problem(ctx, "take-ticket", err)
	if p.Code == queue.CodeChannelFull {
		zone, opens := s.zone(ctx, identityOf(ctx).office), time.Time{}
		if p.Opens != nil {
			opens = p.Opens.In(zone)
		}
		p.advice = channelAdvice(c, opens, time.Now().In(zone))
	}
	return p
}

// forTaker shapes a ticket for somebody who may act for its taker.
func (s *Server) forTaker(t queue.Ticket) *answer[ticketJSON] {
	if t.URL == "" && s.cfg.Links != nil {
		t.URL = s.cfg.Links.URL(t.Office, t.ID)
	}
	return &answer[ticketJSON]{toTicket(t)}
}

func (s *Server) getTicket(ctx context.Context, in *TicketPath) (*answer[ticketJSON], error) {
	o, err := s.office(in.Office)
	if err != nil {
		return nil, err
	}
	id := identityOf(ctx)
	var t queue.Ticket
	switch {
	case s.may(id, mayTicket):
		if t, err = o.Ticket(ctx, in.Ticket); err == nil {
			return s.forDevice(ctx, o, t), nil
		}
	case id.ticket != "":
		t, err = ownTicket(ctx, o, id, in.Ticket)
	default:
		t, err = s.lookUp(ctx, o, id, in.Ticket)
	}
	if err != nil {
		return nil, err
	}
	return s.forTaker(t), nil
}

// lookUp finds a ticket for somebody who shows nothing but its lookup code.
func (s *Server) lookUp(ctx context.Context, o queue.Office, id identity, ref string) (queue.Ticket, error) {
	code, valid := queue.ParseCode(ref)
	if code == "" {
		return queue.Ticket{}, s.refuse(id, mayTicket)
	}
	if !s.lookups.Allow(id.ip) {
		return queue.Ticket{}, newProblem(queue.CodeRateLimited, "too many lookups from this address")
	}
	if !valid {
		return queue.Ticket{}, queue.Errorf(queue.CodeUnknownTicket, "the check digit of the code is wrong")
	}
	found, ok := s.cfg.Guesses.Try(id.ip)
	if !ok {
		return queue.Ticket{}, newProblem(queue.CodeRateLimited, "too many wrong codes")
	}
	t, err := o.Ticket(ctx, code)
	if err == nil && t.Code == code {
		found()
	}
	if err == nil && t.Code != code { // An id may look like a code.
		return queue.Ticket{}, queue.Errorf(queue.CodeUnknownTicket, "no ticket has this code")
	}
	return t, err
}

// ownTicket finds the ticket whose link the caller holds, by any name.
func ownTicket(ctx context.Context, o queue.Office, id identity, ref string) (queue.Ticket, error) {
	t, err := o.Ticket(ctx, ref)
	if queue.ErrorCode(err) == queue.CodeUnknownTicket || (err == nil && (t.ID != id.ticket || t.LinkOver(time.Now()))) {
		// The same answer for another's ticket, for an old one and for none: nothing to learn.
		return queue.Ticket{}, newProblem(queue.CodeForbidden, "the link is another ticket's").withAdvice(otherLinkAdvice())
	}
	return t, err
}

type actIn[B any] struct {
	TicketPath
	KeyHeaders
	Body *B
}

// actOnTicket serves an action whose body is a B.
func actOnTicket[B any, P interface {
	*B
	read(*queue.ActRequest)
}](s *Server, a queue.Action) func(context.Context, *actIn[B]) (*answer[ticketJSON], error) {
	return func(ctx context.Context, in *actIn[B]) (*answer[ticketJSON], error) {
		r := queue.ActRequest{Ticket: in.Ticket, Action: a}
		if in.Body != nil {
			P(in.Body).read(&r)
		}
		touches := touched{ticket: in.Ticket, action: a, counter: r.Counter}
		o, m, err := s.command(ctx, in.Office, in.KeyHeaders, act(a), touches)
		if err != nil {
			return nil, err
		}
		r.Meta = m
		id := identityOf(ctx)
		if id.ticket != "" {
			own, err := ownTicket(ctx, o, id, in.Ticket)
			if err != nil {
				return nil, err
			}
			r.Ticket = own.ID
		}
		if a == queue.Later && !s.may(id, mayPutBack) {
			r.While = queue.Waiting // Only staff may put back whom a counter has called.
		}
		t, err := o.Act(ctx, r)
		s.note(ctx, m, touches, t, err)
		if err != nil {
			return nil, err
		}
		return s.forDevice(ctx, o, t), nil
	}
}
