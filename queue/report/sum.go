package report

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// tally gathers what belongs to one group or counter.
type tally struct {
	counts   Counts
	priority Priority
	stays    []stay
	done     Work // Its counts.
	ratings  []int

	wait, sinceIssue, again, way, service, lead []time.Duration
}

// tallies is by id.
type tallies map[string]*tally

func (t tallies) of(id string) *tally {
	if t[id] == nil {
		t[id] = &tally{}
	}
	return t[id]
}

// tally gathers everything under what key gives.
func (d *reader) tally(key func(keys) string) tallies {
	all := tallies{}
	for k, w := range d.work {
		done := &all.of(key(k)).done
		done.Calls += w.calls
		done.CallsUndone += w.undone
		done.OutOfOrder += w.chosen
		done.OutOfOrderUndone += w.chosenUndone
		done.Undos += w.undos
	}
	for _, s := range d.order {
		all.count(s, key)
		all.life(s, key)
	}
	return all
}

// count accounts for one ticket: where it came in, and where it ended.
func (t tallies) count(s *story, key func(keys) string) {
	from, to := key(keysOf(s.first, s.first.Counter)), key(keysOf(s.ticket, s.ticket.Counter))
	in, out := t.of(from), t.of(to)
	if s.taken {
		in.counts.TakenOver++
	} else {
		in.counts.Issued++
		in.counts.Dossiers += max(1, s.first.Dossiers)
		in.priority.count(s.first.Entitlement, s.ticket.Entitlement)
	}
	if from != to {
		in.counts.Out++
		out.counts.In++
	}
	out.counts.end(s.ticket)
	if s.ticket.State == queue.Completed {
		out.lead = append(out.lead, max(0, s.ticket.FinishedAt.Sub(s.ticket.IssuedAt)))
	}
	if r := s.ticket.Rating; r != nil {
		out.ratings = append(out.ratings, r.Level)
	}
}

// end counts where a ticket ended.
func (c *Counts) end(t queue.Ticket) {
	switch t.State {
	case queue.Completed:
		c.Served++
	case queue.NoShow:
		c.NoShow++
	case queue.Expired:
		c.Expired++
	case queue.Cancelled:
		if t.Reason == queue.ReasonUndelivered {
			c.Undelivered++
		} else {
			c.Cancelled++
		}
	default:
		c.Open++
		if t.State.InHand() {
			c.InHand++
		}
	}
}

// count notes what a ticket's priority rested on first, and what came of it.
func (p *Priority) count(first, last queue.Entitlement) {
	switch first {
	case queue.Declared:
		p.Declared++
		switch last {
		case queue.Confirmed:
			p.Confirmed++
		case queue.Refused:
			p.Refused++
		default:
			p.Unchecked++
		}
		return
	case queue.ByCard:
		p.Card++
	case queue.Confirmed:
		p.ByStaff++
	default:
		if last == queue.Confirmed {
			p.Granted++
		}
		return
	}
	if last == queue.Refused {
		p.Withdrawn++
	}
}

// life gathers waits, stays and marks, each where it happened.
func (t tallies) life(s *story, key func(keys) string) {
	for _, w := range s.waits {
		at := t.of(key(w.keys))
		if w.again {
			at.again = append(at.again, w.took)
			continue
		}
		at.wait, at.sinceIssue = append(at.wait, w.took), append(at.sinceIssue, w.sinceIssue)
	}
	for _, st := range s.stays {
		at := t.of(key(st.keys))
		at.stays = append(at.stays, st)
		if d, ok := st.way(); ok {
			at.way = append(at.way, max(0, d))
		}
		if d, ok := st.service(); ok {
			at.service = append(at.service, max(0, d))
		}
	}
	for _, m := range s.marks {
		if n := t.of(key(m.keys)).done.counter(m.kind); n != nil {
			*n++
		}
	}
}

// counter is what an event of a kind is counted in, or nil.
func (w *Work) counter(k queue.Kind) *int {
	switch k {
	case queue.TicketRecalled:
		return &w.Recalls
	case queue.TicketTransferred:
		return &w.Transfers
	case queue.TicketRequeued:
		return &w.Requeues
	case queue.TicketPushedBack:
		return &w.PushBacks
	case queue.TicketParked:
		return &w.Parks
	case queue.TicketRestored:
		return &w.Restores
	default:
		return nil
	}
}

// work sums up what was gathered.
func (t *tally) work() Work {
	w := t.done
	w.OutOfOrderShare = share(w.OutOfOrder, w.Calls)
	w.Wait, w.SinceIssue, w.WaitAgain = spread(t.wait), spread(t.sinceIssue), spread(t.again)
	w.Way, w.Service = spread(t.way), spread(t.service)
	sum := 0
	for _, level := range t.ratings {
		if level >= 1 && level <= len(w.Ratings.Levels) {
			w.Ratings.Levels[level-1]++
			w.Ratings.N++
			sum += level
		}
	}
	if w.Ratings.N > 0 {
		w.Ratings.Mean = math.Round(float64(sum)/float64(w.Ratings.N)*100) / 100
	}
	return w
}

// group sums up what was gathered.
func (t *tally) group(n name) Group {
	g := Group{ID: n.id, Name: n.vi, NameEN: n.en, Counts: t.counts, Work: t.work(), Lead: spread(t.lead), Priority: t.priority}
	g.Priority.Abuse = share(g.Priority.Refused, g.Priority.Declared)
	return g
}

// groups sums up by what key gives: those of names in their order, then
// others that the day has seen.
func (d *reader) groups(names []name, key func(keys) string) []Group {
	all := d.tally(key)
	if len(names) == 0 {
		all.of("")
	}
	known := map[string]bool{}
	for id := range all {
		known[id] = true
	}
	list := []Group{}
	for _, n := range inOrder(names, known) {
		list = append(list, all.of(n.id).group(n))
	}
	return list
}

// name is what people call a group.
type name struct{ id, vi, en string }

// inOrder adds to names what else is known, in order of id.
func inOrder(names []name, known map[string]bool) []name {
	names = slices.Clone(names)
	for _, n := range names {
		known[n.id] = false
	}
	for _, id := range slices.Sorted(maps.Keys(known)) {
		if known[id] {
			names = append(names, name{id: id})
		}
	}
	return names
}

func serviceNames(s queue.Setup) (names []name) {
	for _, v := range s.Services {
		names = append(names, name{v.ID, v.Name, v.NameEN})
	}
	return names
}

func agencyNames(s queue.Setup) (names []name) {
	for _, a := range s.Agencies {
		names = append(names, name{a.ID, a.Name, a.NameEN})
	}
	return names
}

func channelNames() []name {
	vi := map[queue.Channel]name{
		queue.Kiosk: {"", "Máy lấy số", "Kiosk"}, queue.Phone: {"", "Điện thoại", "Telephone"}, queue.Zalo: {"", "Zalo", "Zalo"},
		queue.Telegram: {"", "Telegram", "Telegram"}, queue.SMS: {"", "Tin nhắn SMS", "SMS"}, queue.Web: {"", "Trang web", "Web"},
		queue.Staff: {"", "Cán bộ", "Staff"}, queue.Hub: {"", "Cổng tỉnh", "Province hub"},
	}
	var names []name
	for _, c := range queue.Channels() {
		names = append(names, name{string(c), vi[c].vi, vi[c].en})
	}
	return names
}

func classNames() []name {
	return []name{
		{string(queue.Normal), "Thường", "Normal"}, {string(queue.Appointment), "Lịch hẹn", "Appointment"},
		{string(queue.Priority), "Ưu tiên", "Priority"},
	}
}

// compareEndings orders by state as in a ticket's life, then the frequent first.
func compareEndings(a, b Ending) int {
	states := queue.States()
	return cmp.Or(
		cmp.Compare(slices.Index(states, a.State), slices.Index(states, b.State)),
		cmp.Compare(b.N, a.N), cmp.Compare(a.By, b.By), cmp.Compare(a.Reason, b.Reason),
	)
}

// withoutWords adds up endings whatever words were given for them; the
// system's own reasons stay.
func withoutWords(list []Ending) []Ending {
	sum := map[Ending]int{}
	for _, e := range list {
		key := Ending{State: e.State, By: e.By}
		if e.By == System {
			key.Reason = e.Reason
		}
		sum[key] += e.N
	}
	out := []Ending{}
	for e, n := range sum {
		e.N = n
		out = append(out, e)
	}
	slices.SortFunc(out, compareEndings)
	return out
}
