package web

import (
	"cmp"
	"net/http"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// staffSnapshot is what every counter console is sent; each picks its own.
type staffSnapshot struct {
	Seq      int64                   `json:"seq"`
	Trial    bool                    `json:"trial"` // The office is tried out.
	Counters map[string]staffCounter `json:"counters"`
	Waiting  map[string]int          `json:"waiting"`
	Parked   []aside                 `json:"parked"`  // Set aside, the latest first.
	Missed   []aside                 `json:"missed"`  // Absent and still restorable, the latest first.
	Rings    []ring                  `json:"rings"`   // Who in the hall asks for a member of staff.
	Stopped  map[string]string       `json:"stopped"` // Services that give no more numbers today → why; "" = all.
	Shared   map[string]shared       `json:"shared"`  // Counters at which several consoles are open.
}

type staffCounter struct {
	State  queue.CounterState `json:"state"`
	Reason string             `json:"reason"`
	Ticket *staffTicket       `json:"ticket"`
	Undo   *deed              `json:"undo"` // What was done there last, while it may be taken back.
}

// staffTicket is a ticket as staff see it, in the field names of the API, with the
// words of its procedure.
type staffTicket struct {
	ID        string        `json:"id"`
	Number    queue.Number  `json:"number"`
	Service   string        `json:"service"`
	Procedure string        `json:"procedure"`
	What      both          `json:"what"`
	State     queue.State   `json:"state"`
	Class     queue.Class   `json:"class"`
	Channel   queue.Channel `json:"channel"`
	Language  string        `json:"language"`
	Needs     []string      `json:"needs"`
	IssuedAt  time.Time     `json:"issued_at"`
	CalledAt  time.Time     `json:"called_at"`
	StartedAt *time.Time    `json:"started_at"`
	CallCount int           `json:"call_count"`
	Version   int64         `json:"version"`

	Entitlement queue.Entitlement `json:"entitlement"`
	Presence    queue.Presence    `json:"presence"`
	Dossiers    int               `json:"dossiers"`
	Slot        *time.Time        `json:"slot"`
	Returned    bool              `json:"returned"`
	LaterCount  int               `json:"later_count"`
	Only        string            `json:"only"`
	Counter     string            `json:"counter"`
	Reason      string            `json:"reason"`
	ResumeAt    *time.Time        `json:"resume_at"`

	Bring both  `json:"bring"` // What its procedure needs, one paper a line.
	Note  Note  `json:"note"`
	Order *both `json:"order,omitempty"` // Of a waiting one: what its place rests on.
}

func staffView(h hall) staffSnapshot {
	s := staffSnapshot{
		Seq: h.board.Seq, Trial: h.info.Trial, Counters: map[string]staffCounter{}, Waiting: map[string]int{},
		Shared: h.shared, Rings: h.rings, Parked: h.roll.parked, Missed: h.roll.missed, Stopped: h.roll.stopped,
	}
	what := names(h)
	for _, v := range h.services {
		s.Waiting[v.ID] = v.Waiting
	}
	for _, c := range h.counters {
		sc := staffCounter{State: c.State, Reason: c.Reason}
		if c.Ticket != nil {
			sc.Ticket = forStaff(*c.Ticket, what)
		}
		if d, ok := h.roll.last[c.ID]; ok {
			sc.Undo = &d
		}
		s.Counters[c.ID] = sc
	}
	return s
}

// names gives the words of procedures ("p:id"), of what they need ("b:id"), and
// of services ("s:id").
func names(h hall) map[string]both {
	m := map[string]both{}
	for _, s := range h.services {
		m["s:"+s.ID] = both{s.Name, s.NameEN}
	}
	for _, p := range h.procedures {
		m["p:"+p.ID] = both{p.Name, p.NameEN}
		m["b:"+p.ID] = both{p.Bring, cmp.Or(p.BringEN, p.Bring)}
	}
	return m
}

func forStaff(t queue.Ticket, what map[string]both) *staffTicket {
	st := &staffTicket{
		ID: t.ID, Number: t.Number, Service: t.Service, Procedure: t.Procedure, State: t.State, Class: t.Class,
		Channel: t.Channel, Language: t.Language, Needs: t.Needs, IssuedAt: t.IssuedAt, CalledAt: t.CalledAt,
		CallCount: t.CallCount, Version: t.Version,
		Entitlement: t.Entitlement, Presence: t.Presence, Dossiers: t.Dossiers, Returned: t.Returned,
		LaterCount: t.LaterCount, Only: t.Only, Counter: t.Counter, Reason: t.Reason,
		Slot: known(t.Slot), StartedAt: known(t.StartedAt), ResumeAt: known(t.ResumeAt),
	}
	st.What, st.Bring = what["p:"+t.Procedure], what["b:"+t.Procedure]
	if st.What.VI == "" {
		st.What = what["s:"+t.Service]
	}
	return st
}

// known gives nil for a time that is not known.
func known(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// pickData is the page where one chooses the counter one sits at.
type pickData struct {
	Counters []pickRow
	Pages    []page.Link
	Trial    bool
}

type pickRow struct{ ID, Name, State, Words, Services, Number string }

func (w *Web) counters(rw http.ResponseWriter, r *http.Request) {
	h, err := w.look(r.Context())
	if err != nil {
		w.fail(rw, r, err)
		return
	}
	l := page.Language(r)
	v := w.view(r, both{"Chọn quầy", "Choose your counter"}, pickData{pickRows(l, h), page.In(l, w.StaffPages), h.info.Trial})
	v.Home = "/counter"
	v.Scripts = []string{w.kit.Asset("refresh.js")}
	w.render(rw, r, http.StatusOK, "counters", v)
}

func pickRows(l page.Lang, h hall) []pickRow {
	what := names(h)
	rows := make([]pickRow, 0, len(h.counters))
	for _, c := range h.counters {
		row := pickRow{ID: c.ID, Name: counterName(c.Counter).in(l), State: string(c.State), Words: counterWords(c.State).in(l)}
		lines := make([]string, 0, len(c.Services))
		for _, s := range c.Services {
			lines = append(lines, s+" "+what["s:"+s].in(l))
		}
		row.Services = strings.Join(lines, " · ")
		if c.Ticket != nil {
			row.Number = c.Ticket.Number.String() + " – " + stateWords(c.Ticket.State).in(l)
		}
		rows = append(rows, row)
	}
	return rows
}
