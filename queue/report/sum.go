package report

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// tally gathers what belongs to one group or counter on one day.
type tally struct {
	numbers
	spans [allSpans]millisList
}

// reset makes it an empty one that keeps its room.
func (t *tally) reset() {
	t.numbers = numbers{}
	for i := range t.spans {
		t.spans[i] = t.spans[i][:0]
	}
}

// tallies is by id.
type tallies map[string]*tally

func (t tallies) of(id string) *tally {
	if t[id] == nil {
		t[id] = &tally{}
	}
	return t[id]
}

// split is a way to part tickets into groups: by what a moment of their life is
// counted under, or by what they are. With neither, all are one group.
type split struct {
	moment func(keys) string
	ticket func(*life) string
}

// place is where the moments of one ticket are counted.
type place struct {
	mine   []bool          // By key: it is of the agency that is asked for.
	target []time.Duration // By key: the longest wait that the office wanted.
	at     []*tally        // By key, where a split goes by moments.
	own    *tally          // For all moments, else.
}

// targets gives, by key, the longest wait that the office wanted of the service.
func (d *daily) targets() []time.Duration {
	of := map[string]time.Duration{}
	for _, v := range d.setup.Services {
		of[v.ID] = v.WaitTarget()
	}
	list := make([]time.Duration, len(d.keys))
	for i, k := range d.keys {
		list[i] = cmp.Or(of[k.service], queue.DefaultTarget)
	}
	return list
}

// of gives the tally for a moment; nil where it is no matter of the agency's.
func (p place) of(key int) *tally {
	switch {
	case !p.mine[key]:
		return nil
	case p.own != nil:
		return p.own
	default:
		return p.at[key]
	}
}

// add adds a day's tickets: of one agency, or with an empty one all.
func (t tallies) add(d *daily, s split, agency string) {
	p := place{mine: make([]bool, len(d.keys)), target: d.targets(), at: make([]*tally, len(d.keys))}
	for i, k := range d.keys {
		p.mine[i] = agency == "" || k.agency == agency
		if p.mine[i] && s.moment != nil {
			p.at[i] = t.of(s.moment(k))
		}
	}
	if s.moment == nil && s.ticket == nil {
		p.own = t.of("")
	}
	for i := range d.lives {
		l := &d.lives[i]
		if s.ticket != nil {
			if p.own = nil; !p.touches(l) {
				continue
			}
			p.own = t.of(s.ticket(l))
		}
		p.count(l)
		p.live(l)
	}
}

// touches reports whether anything of the ticket is the agency's.
func (p place) touches(l *life) bool {
	if p.mine[l.first] || p.mine[l.last] {
		return true
	}
	for _, s := range l.stays {
		if p.mine[s.at] {
			return true
		}
	}
	return false
}

// count accounts for one ticket: where it came in, and where it ended.
func (p place) count(l *life) {
	in, out := p.of(l.first), p.of(l.last)
	if in != nil {
		in.come(l)
		if in != out {
			in.numbers[nWentOut]++
		}
	}
	if out == nil {
		return
	}
	if in != out {
		out.numbers[nCameIn]++
	}
	out.end(l)
	if l.left() {
		out.numbers[nLeft]++
	}
	if d, ok := l.lead(); ok {
		out.spans[spanLead].add(d)
	}
	if l.rating >= 1 && l.rating <= levels {
		out.numbers[nLevel1+tallied(l.rating-1)]++
	}
}

// come counts a ticket where it came in.
func (t *tally) come(l *life) {
	if l.taken {
		t.numbers[nTakenOver]++
		return
	}
	t.numbers[nIssued]++
	t.numbers[nDossiers] += max(1, l.dossiers)
	t.entitled(l.before, l.after)
}

// left reports whether the citizen went without being served.
func (l *life) left() bool {
	switch l.state {
	case queue.NoShow, queue.Expired:
		return true
	case queue.Cancelled:
		return l.by != Staff && l.reason != queue.ReasonUndelivered
	default:
		return false
	}
}

// end counts where a ticket ended.
func (t *tally) end(l *life) {
	switch l.state {
	case queue.Completed:
		t.numbers[nServed]++
	case queue.NoShow:
		t.numbers[nNoShow]++
	case queue.Expired:
		t.numbers[nExpired]++
	case queue.Cancelled:
		if l.reason == queue.ReasonUndelivered {
			t.numbers[nUndelivered]++
		} else {
			t.numbers[nCancelled]++
		}
	default:
		t.numbers[nStillOpen]++
		if l.state.InHand() {
			t.numbers[nStillInHand]++
		}
	}
}

// entitled notes what a ticket's priority rested on first, and what came of it.
func (t *tally) entitled(first, last queue.Entitlement) {
	switch first {
	case queue.Declared:
		t.numbers[nDeclared]++
		switch last {
		case queue.Confirmed:
			t.numbers[nConfirmed]++
		case queue.Refused:
			t.numbers[nRefused]++
		default:
			t.numbers[nUnchecked]++
		}
		return
	case queue.ByCard, queue.ByAge:
		t.numbers[nByCard]++
	case queue.Confirmed:
		t.numbers[nByStaff]++
	default:
		if last == queue.Confirmed {
			t.numbers[nGranted]++
		}
		return
	}
	if last == queue.Refused {
		t.numbers[nWithdrawn]++
	}
}

// live gathers waits, stays and marks, each where it happened.
func (p place) live(l *life) {
	for _, w := range l.waits {
		at := p.of(w.at)
		switch {
		case at == nil:
		case w.again:
			at.spans[spanAgain].add(w.took)
		default:
			at.spans[spanWait].add(w.took)
			if w.took > p.target[w.at] {
				at.numbers[nLate]++
			}
			at.spans[spanSinceIssue].add(w.sinceIssue)
		}
	}
	for _, s := range l.stays {
		if at := p.of(s.at); at != nil {
			at.stay(s)
		}
	}
	for _, m := range l.marks {
		if at := p.of(m.at); at != nil {
			if n, counts := deedOf(m.kind); counts {
				at.numbers[n]++
			}
		}
	}
}

// stay gathers one stay.
func (t *tally) stay(s lifeStay) {
	t.numbers[nStays]++
	switch s.end {
	case "":
		t.numbers[nStayInHand]++
	case queue.TicketFinished:
		t.numbers[nStayFinished]++
	case queue.TicketNoShow:
		t.numbers[nStayNoShow]++
	case queue.TicketParked:
		t.numbers[nStayParked]++
	case queue.TicketTransferred:
		t.numbers[nStayTransferred]++
	default:
		t.numbers[nStayReturned]++
	}
	if d, ok := s.way(); ok {
		t.spans[spanWay].add(d)
	}
	if d, ok := s.service(); ok {
		t.spans[spanService].add(d)
	}
}

// late counts the waits longer than target; 0 = than the service's own.
func (t *tally) late(target time.Duration) (n int) {
	if target == 0 {
		return t.numbers[nLate]
	}
	for _, d := range t.spans[spanWait] {
		if d.duration() > target {
			n++
		}
	}
	return n
}

// ratings sums up how many gave which level.
func ratings(levels [levels]int) Ratings {
	r, sum := Ratings{Levels: levels}, 0
	for i, n := range levels {
		r.N += n
		sum += n * (i + 1)
	}
	if r.N > 0 {
		r.Mean = math.Round(float64(sum)/float64(r.N)*100) / 100
	}
	return r
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

func weekdayNames() []name {
	return []name{
		{"1", "Thứ Hai", "Monday"}, {"2", "Thứ Ba", "Tuesday"}, {"3", "Thứ Tư", "Wednesday"}, {"4", "Thứ Năm", "Thursday"},
		{"5", "Thứ Sáu", "Friday"}, {"6", "Thứ Bảy", "Saturday"}, {"7", "Chủ nhật", "Sunday"},
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
