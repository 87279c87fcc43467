package api

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/xinmoi/xinmoi/queue"
)

// Where several agencies share a hall, a token may be one agency's. It keeps
// to counters and tickets that are its agency's or nobody's, and to whatever
// ticket such a counter has in hand; of any other ticket it learns neither code
// nor address, and of a day's figures its agency's part. Everything else it may
// read, numbers it may take, and cards hand out like any token of its role. This file decides all of it;
// operations only say what they touch.

// touched is what an operation lays hands on. What is empty is not touched.
type touched struct {
	ticket  string       // Any name of a ticket.
	action  queue.Action // What is done to it.
	counter string
	service string
	office  bool // What concerns all agencies.
}

// command prepares a command of a caller who acts by a right: the office, and
// whose the command is.
func (s *Server) command(ctx context.Context, office string, in KeyHeaders, by right, t touched) (queue.Management, queue.Meta, error) {
	o, err := s.office(office)
	if err != nil {
		return nil, queue.Meta{}, err
	}
	id := identityOf(ctx)
	m := queue.Meta{Key: in.Key, Caller: s.caller(id, by)}
	var refused error
	for _, g := range id.grants {
		if !s.allows(actorOf(g), by) {
			continue
		}
		m.Caller = id.device(g)
		err := errors.Join(s.bind(ctx, o, g, m, t), s.confine(ctx, o, g, m, t))
		if err == nil {
			return o, m, nil
		}
		if refused == nil {
			refused = err
		}
	}
	return o, m, refused
}

// confine refuses what is not for a token of one agency.
func (s *Server) confine(ctx context.Context, o queue.Management, g queue.Grant, m queue.Meta, t touched) error {
	if g.Agency == "" || t == (touched{}) {
		return nil
	}
	view, err := o.Setup(ctx)
	if err != nil {
		return err
	}
	a := agencies{view.Setup, g.Agency}
	switch {
	case t.office:
		return a.refuseOffice()
	case t.service != "" && !a.has(a.ofService(t.service)):
		return a.refuse("service "+t.service, "Dịch vụ "+t.service, a.ofService(t.service))
	}
	if t.ticket != "" {
		known, err := o.Ticket(ctx, t.ticket)
		if err != nil && queue.ErrorCode(err) != queue.CodeUnknownTicket { // Which the office says itself.
			return err
		}
		if err == nil && !a.hasTicket(known) && !s.didIt(m, t, known) {
			return a.refuse("ticket "+known.Number.String(), "Phiếu "+known.Number.String(), known.Agency)
		}
		if t.action == queue.Resume {
			t.counter = cmp.Or(t.counter, known.Counter)
		}
	}
	if t.counter != "" && !a.has(a.ofCounter(t.counter)) {
		return a.refuse("counter "+t.counter, "Quầy "+t.counter, a.ofCounter(t.counter))
	}
	return nil
}

// didIt reports whether the caller did just that, or is about to take back what
// it did last.
func (s *Server) didIt(m queue.Meta, t touched, now queue.Ticket) bool {
	return (m.Key != "" && s.done.has(repeatName(m, t))) || (t.action == queue.Undo && s.done.has(latestName(m, now)))
}

// note remembers what a token of one agency, or a person bound to some counters,
// was let do: its repeat under the same key gets its answer, and who did the
// latest thing may take it back, even if the ticket is another's by now.
func (s *Server) note(ctx context.Context, m queue.Meta, t touched, after queue.Ticket, err error) {
	if !slices.ContainsFunc(identityOf(ctx).grants, func(g queue.Grant) bool { return g.Agency != "" || len(g.Counters) > 0 }) {
		return
	}
	switch queue.ErrorCode(err) {
	case "":
		s.done.add(latestName(m, after))
	case queue.CodeUnavailable: // It may have been done.
	default:
		return
	}
	if m.Key != "" {
		s.done.add(repeatName(m, t))
	}
}

func repeatName(m queue.Meta, t touched) string {
	return strings.Join([]string{"repeat", m.Caller, m.Key, string(t.action), t.ticket, t.counter}, "\x00")
}

func latestName(m queue.Meta, t queue.Ticket) string {
	return strings.Join([]string{"latest", m.Caller, t.Office, t.ID, strconv.FormatInt(t.Version, 10)}, "\x00")
}

// forDevice shapes a ticket for a device that may see any: without code and
// address if it is another agency's, since with the link the device could do
// what it may not by its token.
func (s *Server) forDevice(ctx context.Context, o queue.Management, t queue.Ticket) *answer[ticketJSON] {
	if !s.entrusted(ctx, o, t) {
		return &answer[ticketJSON]{toTicket(t.Public())}
	}
	return s.forTaker(t)
}

// entrusted reports whether the caller may hold a ticket's link: the citizen
// whose it is may, and a device may whose token is for the whole office or for
// the ticket's agency. While the setup cannot be read, only what is certain is
// so: what was done is done, and must be answered.
func (s *Server) entrusted(ctx context.Context, o queue.Management, t queue.Ticket) bool {
	id := identityOf(ctx)
	if id.ticket == t.ID {
		return true
	}
	own := slices.DeleteFunc(slices.Clone(id.grants), func(g queue.Grant) bool { return !s.allows(actorOf(g), mayTicket) })
	if slices.ContainsFunc(own, func(g queue.Grant) bool { return g.Agency == "" || t.Agency == "" || g.Agency == t.Agency }) {
		return true
	}
	view, err := o.Setup(ctx)
	return err == nil && slices.ContainsFunc(own, func(g queue.Grant) bool { return agencies{view.Setup, g.Agency}.hasTicket(t) })
}

// agencies knows what is whose, for a token of the agency own.
type agencies struct {
	setup queue.Setup
	own   string
}

// has reports whether something of an agency is the own one's or nobody's.
func (a agencies) has(agency string) bool { return agency == "" || agency == a.own }

// hasTicket reports whether a ticket may be acted upon.
func (a agencies) hasTicket(t queue.Ticket) bool {
	return a.has(t.Agency) || (t.State.InHand() && a.has(a.ofCounter(t.Counter)))
}

// ofCounter is a counter's agency; the office itself says if there is none
// such.
func (a agencies) ofCounter(id string) string {
	i := slices.IndexFunc(a.setup.Counters, func(c queue.Counter) bool { return c.ID == id })
	if i < 0 {
		return ""
	}
	return a.setup.Counters[i].Agency
}

func (a agencies) ofService(id string) string {
	i := slices.IndexFunc(a.setup.Services, func(v queue.Service) bool { return v.ID == id })
	if i < 0 {
		return ""
	}
	return a.setup.Services[i].Agency
}

// names gives what an agency is called.
func (a agencies) names(id string) (en, vi string) {
	i := slices.IndexFunc(a.setup.Agencies, func(v queue.Agency) bool { return v.ID == id })
	if i < 0 {
		return id, id
	}
	v := a.setup.Agencies[i]
	return cmp.Or(v.NameEN, v.Name, id), cmp.Or(v.Name, id)
}

func (a agencies) refuse(what, whatVI, agency string) error {
	en, vi := a.names(agency)
	return newProblem(queue.CodeForbidden, "%s belongs to agency %q, the token is agency %q's", what, agency, a.own).withAdvice(advice{
		fmt.Sprintf("It belongs to %s: ask the staff there, or use a token of that agency.", en),
		fmt.Sprintf("%s thuộc %s: nhờ cán bộ cơ quan đó, hoặc dùng mã truy cập của cơ quan đó.", whatVI, vi),
	})
}

func (a agencies) refuseOffice() error {
	en, vi := a.names(a.own)
	return newProblem(queue.CodeForbidden, "this concerns all agencies, the token is agency %q's", a.own).withAdvice(advice{
		fmt.Sprintf("The token is for %s alone: name one of its services, or use a token for the whole office.", en),
		fmt.Sprintf("Mã truy cập này chỉ dành cho %s: chỉ định một dịch vụ của cơ quan, hoặc dùng mã truy cập của toàn trung tâm.", vi),
	})
}
