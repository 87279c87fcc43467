package report

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// Pick names one figure of a report, to see the tickets that it is made of.
type Pick struct {
	Part   Part   // ByTotal, one of Parts, ByDay, ByMonth, ByCounter or ByStaff.
	ID     string // Of the group.
	Figure Figure
}

// Figure is a figure that tickets can be counted for.
type Figure string

// The figures.
const (
	FigureAll         Figure = "all" // Every ticket that came in.
	FigureIssued      Figure = "issued"
	FigureTakenOver   Figure = "taken_over"
	FigureIn          Figure = "in"
	FigureOut         Figure = "out"
	FigureServed      Figure = "served"
	FigureNoShow      Figure = "no_show"
	FigureCancelled   Figure = "cancelled"
	FigureUndelivered Figure = "undelivered"
	FigureExpired     Figure = "expired"
	FigureOpen        Figure = "open"
	FigureLeft        Figure = "left"
	FigureWait        Figure = "wait"
	FigureLate        Figure = "late" // Waited longer than the target.
	FigureWaitAgain   Figure = "wait_again"
	FigureWay         Figure = "way"
	FigureService     Figure = "service"
	FigureLead        Figure = "lead"
	FigureCalls       Figure = "calls"
	FigureOutOfOrder  Figure = "out_of_order"
	FigureRecalls     Figure = "recalls"
	FigureTransfers   Figure = "transfers"
	FigureUndos       Figure = "undos"
	FigureRatings     Figure = "ratings"
	FigureStays       Figure = "stays"
	FigureFinished    Figure = "finished"
)

// AllFigures lists every figure.
func AllFigures() []Figure {
	return []Figure{
		FigureAll, FigureIssued, FigureTakenOver, FigureIn, FigureOut, FigureServed, FigureNoShow, FigureCancelled, FigureUndelivered, FigureExpired,
		FigureOpen, FigureLeft, FigureWait, FigureLate, FigureWaitAgain, FigureWay, FigureService, FigureLead, FigureCalls, FigureOutOfOrder,
		FigureRecalls, FigureTransfers, FigureUndos, FigureRatings, FigureStays, FigureFinished,
	}
}

// times is how often a ticket counts in the figure, given a tally of it alone.
func (f Figure) times(t *tally, target time.Duration) int {
	switch f {
	case FigureAll:
		return t.numbers[nIssued] + t.numbers[nTakenOver] + t.numbers[nCameIn]
	case FigureLate:
		return t.late(target)
	case FigureRatings:
		return t.ratings().N
	}
	if n, counted := f.number(); counted {
		return t.numbers[n]
	}
	if of, timed := f.span(); timed {
		return len(t.spans[of])
	}
	return 0
}

// number is what a figure counts, if that is one number.
func (f Figure) number() (n tallied, counted bool) {
	switch f {
	case FigureIssued:
		return nIssued, true
	case FigureTakenOver:
		return nTakenOver, true
	case FigureIn:
		return nCameIn, true
	case FigureOut:
		return nWentOut, true
	case FigureServed:
		return nServed, true
	case FigureNoShow:
		return nNoShow, true
	case FigureCancelled:
		return nCancelled, true
	case FigureUndelivered:
		return nUndelivered, true
	case FigureExpired:
		return nExpired, true
	case FigureOpen:
		return nStillOpen, true
	case FigureLeft:
		return nLeft, true
	default:
		return f.deed()
	}
}

// deed is the same for what was done at counters.
func (f Figure) deed() (n tallied, counted bool) {
	switch f {
	case FigureCalls:
		return nCalls, true
	case FigureOutOfOrder:
		return nOutOfOrder, true
	case FigureRecalls:
		return nRecalls, true
	case FigureTransfers:
		return nTransfers, true
	case FigureUndos:
		return nUndos, true
	case FigureStays:
		return nStays, true
	case FigureFinished:
		return nStayFinished, true
	default:
		return 0, false
	}
}

// span is what kind of duration a figure counts.
func (f Figure) span() (of span, timed bool) {
	switch f {
	case FigureWait:
		return spanWait, true
	case FigureWaitAgain:
		return spanAgain, true
	case FigureWay:
		return spanWay, true
	case FigureService:
		return spanService, true
	case FigureLead:
		return spanLead, true
	default:
		return 0, false
	}
}

// NewPick reads a figure as people name it; what is empty stands for the total,
// and for all tickets. queue.CodeBadRequest for what there is not.
func NewPick(part, id, figure string) (Pick, error) {
	p := Pick{Part: cmp.Or(Part(part), ByTotal), ID: id, Figure: cmp.Or(Figure(figure), FigureAll)}
	if !slices.Contains(append(Parts(), ByTotal, ByDay, ByMonth, ByCounter, ByStaff), p.Part) {
		return p, queue.Errorf(queue.CodeBadRequest, "no way to part tickets is called %.20q", part)
	}
	if !slices.Contains(AllFigures(), p.Figure) {
		return p, queue.Errorf(queue.CodeBadRequest, "no figure is called %.20q", figure)
	}
	return p, nil
}

// Line is one ticket of a figure: its number and its times, and nothing of the
// person.
type Line struct {
	Day       string        `json:"day"`
	ID        string        `json:"id"` // Of the ticket; its first event is this seq of the log.
	Number    string        `json:"number"`
	Service   string        `json:"service"`
	Procedure string        `json:"procedure,omitempty"`
	For       string        `json:"procedure_name,omitempty"` // In Vietnamese.
	Channel   queue.Channel `json:"channel"`
	Class     queue.Class   `json:"class"`
	State     queue.State   `json:"state"`
	Issued    time.Time     `json:"issued"`
	Counter   string        `json:"counter,omitempty"` // That had it last.
	Wait      *Seconds      `json:"wait"`              // To the first call; nil = none that day.
	Way       *Seconds      `json:"way"`               // Of all its stays.
	Work      *Seconds      `json:"service_time"`      // Of all its stays.
	Lead      *Seconds      `json:"lead"`
	Rating    int           `json:"rating,omitempty"`
	Times     int           `json:"times"` // How often it counts in the figure.
}

// List is the tickets of a figure.
type List struct {
	Lines []Line `json:"lines"`
	N     int    `json:"n"`     // How many there are, shown or not.
	Times int    `json:"times"` // The figure: how often they count.
}

// listMost bounds how many tickets are given at once.
const listMost = 100_000

// Tickets gives the tickets that a figure of a report is made of: those after
// offset, at most limit. Each is looked at by the rules that made the figure. ErrBehind
// while the log is still being read: they are all of them or none.
func (b *Book) Tickets(ctx context.Context, s Spec, p Pick, offset, limit int) (*List, error) {
	s, err := s.Check()
	if err != nil {
		return nil, err
	}
	days, behind, err := b.between(ctx, s.From, s.To)
	if err != nil {
		return nil, err
	}
	if behind != "" || len(days) == 0 {
		return nil, none(behind)
	}
	leave, err := b.await(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	limit = max(0, min(limit, listMost))
	list := &List{Lines: []Line{}}
	split, reader := splitBy(p.Part), &lines{}
	err = b.through(ctx, days, func(k keptDay) error {
		if id, all := byDay(p.Part, k.day); all && id != p.ID && p.Part != ByTotal {
			return nil
		}
		d, err := reader.of(k)
		if err != nil {
			return err
		}
		for l, times := range d.picked(ofDay(p.Part, split, d), s, p) {
			if list.N >= offset && len(list.Lines) < limit {
				list.Lines = append(list.Lines, d.line(l, times))
			}
			list.N++
			list.Times += times
		}
		return nil
	})
	return list, err
}

// picked yields the tickets of a figure, and how often each counts in it.
func (d *daily) picked(by split, s Spec, pick Pick) func(func(*life, int) bool) {
	return func(yield func(*life, int) bool) {
		agency := s.Agency
		if pick.Part == ByCounter && d.owns(agency, pick.ID) {
			agency = "" // Its figures are all that it did, for other agencies' tickets, too.
		}
		alone := &tally{}
		place := place{mine: make([]bool, len(d.keys)), target: d.targets(), own: alone}
		for i, k := range d.keys {
			place.mine[i] = (agency == "" || k.agency == agency) && (by.moment == nil || by.moment(k) == pick.ID)
		}
		for i := range d.lives {
			l := &d.lives[i]
			if by.ticket != nil && by.ticket(l) != pick.ID {
				continue
			}
			alone.reset()
			place.count(l)
			place.live(l)
			if n := pick.Figure.times(alone, s.Target); n > 0 && !yield(l, n) {
				return
			}
		}
	}
}

// owns reports whether a counter was an agency's on this day.
func (d *daily) owns(agency, counter string) bool {
	return slices.ContainsFunc(d.setup.Counters, func(c queue.Counter) bool { return c.ID == counter && c.Agency == agency })
}

// line is a ticket for people.
func (d *daily) line(l *life, times int) Line {
	k := d.keys[l.last]
	out := Line{
		Day: d.day, ID: l.id, Number: l.number, Service: k.service, Procedure: l.procedure, Channel: l.channel, Class: k.class,
		State: l.state, Issued: time.UnixMilli(l.issued).UTC(), Counter: k.counter, Rating: l.rating, Times: times,
	}
	if i := slices.IndexFunc(d.setup.Procedures, func(p queue.Procedure) bool { return p.ID == l.procedure }); i >= 0 {
		out.For = d.setup.Procedures[i].Name
	}
	add := func(to **Seconds, took time.Duration) {
		sum := seconds(took)
		if *to != nil {
			sum = seconds((*to).Duration() + took)
		}
		*to = &sum
	}
	for _, w := range l.waits {
		if !w.again {
			add(&out.Wait, w.took)
		}
	}
	for _, s := range l.stays {
		out.Counter = cmp.Or(d.keys[s.at].counter, out.Counter)
		if took, ok := s.way(); ok {
			add(&out.Way, took)
		}
		if took, ok := s.service(); ok {
			add(&out.Work, took)
		}
	}
	if took, ok := l.lead(); ok {
		add(&out.Lead, took)
	}
	return out
}

// Words names a figure for people.
func (f Figure) Words() Text {
	names := map[Figure]Text{
		FigureAll: {"Tất cả các số", "All tickets"}, FigureIssued: {"Đã cấp", "Issued"}, FigureTakenOver: {"Từ hôm trước", "Taken over"},
		FigureIn: {"Chuyển đến", "Came from elsewhere"}, FigureOut: {"Chuyển đi", "Went elsewhere"}, FigureServed: {"Đã phục vụ", "Served"},
		FigureNoShow: {"Vắng mặt", "No-show"}, FigureCancelled: {"Đã hủy", "Cancelled"}, FigureUndelivered: {"Không giao được", "Undelivered"},
		FigureExpired: {"Hết hạn", "Expired"}, FigureOpen: {"Còn lại", "Still open"}, FigureLeft: {"Bỏ dở", "Left without being served"},
		FigureWait: {"Có thời gian chờ", "Waits"}, FigureLate: {"Chờ quá mục tiêu", "Waited longer than the target"}, FigureWaitAgain: {"Chờ lại", "Waited again"},
		FigureWay: {"Có thời gian đến quầy", "Ways to a counter"}, FigureService: {"Có thời gian phục vụ", "Times of service"},
		FigureLead: {"Có tổng thời gian", "Times from number to done"}, FigureCalls: {"Lượt gọi", "Calls"}, FigureOutOfOrder: {"Gọi ngoài thứ tự", "Called out of order"},
		FigureRecalls: {"Gọi lại", "Recalls"}, FigureTransfers: {"Chuyển", "Transfers"}, FigureUndos: {"Hoàn tác", "Undone"},
		FigureRatings: {"Có đánh giá", "Rated"}, FigureStays: {"Lượt tiếp tại quầy", "Stays at a counter"}, FigureFinished: {"Đã phục vụ tại quầy", "Finished at the counter"},
	}
	return names[f]
}
