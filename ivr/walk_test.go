package ivr

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// The walk goes through every state that a conversation can be in, with every
// key, silence, the end of every sentence, every answer of the office and a
// hang-up, and looks whether the promises of Dialogue hold. The limits
// are made small, so that all of it can be seen.

var wide = flag.Bool("wide", false, "walk with the limits that callers meet, but for the number of menu sentences: takes minutes")

// place is a conversation with what is on its line.
type place struct {
	d        Dialogue
	speaking bool
	timer    bool
	asked    Action // The numbered question, Take or Look that is not answered.
	confirm  bool   // Confirm is not answered.
	heard    bool   // The number was read to its end at least once.
}

// key tells places apart: everything that can make a difference later.
func (p place) key() string {
	d := p.d
	var b strings.Builder
	for _, n := range []int{
		int(d.stage), int(d.far), d.misses, min(d.silences, slowSilences), min(d.turns, d.most.turns+1), d.outs, d.waits, int(d.back), d.transfers, d.own.LaterCount,
		int(d.entry), d.lookups, d.takes, d.readings, int(d.early), int(d.keep), len(d.path), len(d.served), d.turnsTaken, d.reply.Digits,
	} {
		b.WriteByte(byte(n))
	}
	for _, yes := range []bool{d.pressed, d.closer, d.heard, d.offered, d.offersCall, d.offersMessage, d.forgotten, d.askedRating, p.speaking, p.timer, p.confirm, p.heard} {
		b.WriteByte(map[bool]byte{true: 1}[yes])
	}
	for _, i := range d.path {
		b.WriteByte(byte(i))
	}
	for _, text := range []string{d.own.ID, string(d.own.State), string(d.own.Presence), d.typed, string(d.doing), d.ticket.ID, d.calling.ID, d.reply.State, d.speak.Code, kindOfQuestion(p.asked)} {
		b.WriteString(text)
		b.WriteByte('|')
	}
	for _, t := range append(d.mine[:len(d.mine):len(d.mine)], d.served...) {
		b.WriteString(t.ID)
		b.WriteString(string(t.State))
		b.WriteByte(byte(t.LaterCount))
	}
	return b.String()
}

// walker keeps what was seen.
type walker struct {
	t        *testing.T
	depth    map[string]int // Longest way to the end from there, in sentences; -1 while it is being found.
	steps    int
	longest  int
	language bool
	failed   bool
}

func kindOfQuestion(a Action) string {
	switch a.(type) {
	case Take:
		return "take"
	case Look:
		return "look"
	case Act:
		return "act"
	case Ask:
		return "ask"
	case Send:
		return "send"
	case Forget:
		return "forget"
	case Consult:
		return "consult"
	case Transfer:
		return "transfer"
	}
	return ""
}

// trail is how a walk came to where it is, backwards.
type trail struct {
	before *trail
	where  Dialogue
	in     Input
}

func (t *trail) String() string {
	if t == nil {
		return ""
	}
	what := strings.TrimPrefix(fmt.Sprintf("%T", t.in), "ivr.")
	if k, ok := t.in.(Key); ok {
		what = "key " + string(k.Digit)
	}
	return fmt.Sprintf("%v\n\t%s: %s", t.before, t.where.Where(), what)
}

func (w *walker) fail(p place, way *trail, format string, args ...any) {
	if !w.failed {
		w.failed = true
		w.t.Errorf("%s\nin %s after%v", fmt.Sprintf(format, args...), p.d.Where(), way)
	}
}

// inputs lists what can happen at a place.
func (p place) inputs() []Input {
	var list []Input
	if p.speaking {
		list = append(list, Played{}, Mute{})
	}
	if p.timer {
		list = append(list, Silence{})
	}
	if p.asked != nil {
		list = append(list, answersTo(p.asked, p.d)...)
	}
	if p.confirm {
		list = append(list, Confirmed{testTicket()}, NotConfirmed{queue.Errorf(queue.CodeUnavailable, "away")})
	}
	keys := "0123456789*#A"
	if p.d.stage == entering { // Nine nines, or one wrong digit among them: all that matters of 10⁹ codes.
		keys = "0*#A"
		if p.d.typed == "" {
			keys = "01*#A"
		}
	}
	if p.d.stage == topical && p.d.reply.Digits > 1 || p.d.stage == travelling {
		keys = "01*#A"
	}
	for _, k := range keys {
		list = append(list, Key{k})
	}
	return append(list, HungUp{}, HungUp{Stopping: true})
}

// answersTo lists what an office or a line may say to a question.
func answersTo(a Action, d Dialogue) []Input {
	away := queue.Errorf(queue.CodeUnavailable, "away")
	switch a := a.(type) {
	case Take:
		list := []Input{Taken{testTicket()}}
		for _, code := range []queue.Code{queue.CodeUnavailable, queue.CodeOfficeClosed, queue.CodeServiceFull, queue.CodePersonLimit, queue.CodeForbidden} {
			list = append(list, Refused{queue.Errorf(code, "no")})
		}
		return list
	case Look:
		return []Input{
			Found{N: a.N, Ticket: ownTicket("20", 20, queue.Waiting)}, Found{N: a.N, Ticket: ownTicket("21", 21, queue.Completed)}, Found{N: a.N, Ticket: ownTicket("22", 22, queue.NoShow)},
			Found{N: a.N, Err: queue.Errorf(queue.CodeUnknownTicket, "none")}, Found{N: a.N, Err: away},
			Found{N: a.N - 1, Ticket: ownTicket("20", 20, queue.Waiting)},
		}
	case Act:
		t := d.own
		switch a.Request.Action {
		case queue.Cancel:
			t.State = queue.Cancelled
		case queue.Later:
			t.LaterCount, t.State = t.LaterCount+1, queue.Waiting
		case queue.CheckIn:
			t.Presence = queue.Present
		}
		return []Input{Done{N: a.N, Ticket: t}, Done{N: a.N, Err: queue.Errorf(queue.CodeWrongState, "no")}, Done{N: a.N, Err: away}}
	case Ask:
		return []Input{Wished{N: a.N}, Wished{N: a.N, Err: away}}
	case Send:
		return []Input{Wished{N: a.N}, Wished{N: a.N, Err: away}}
	case Forget:
		return []Input{Erased{N: a.N}, Erased{N: a.N, Err: away}, Erased{N: a.N - 1}}
	case Consult:
		a.Turn.Number = testCaller
		reply, err := a.Topic.Turn(context.Background(), a.Turn)
		return []Input{Consulted{N: a.N, Reply: reply, Err: err}, Consulted{N: a.N, Err: away}, Consulted{N: a.N, Reply: Reply{Digits: 3}}}
	case Transfer:
		return []Input{Transferred{N: a.N}, Transferred{N: a.N, Err: away}}
	}
	return nil
}

// step does one input and looks at what comes of it.
func (w *walker) step(p place, in Input, way *trail) (next place, said int, quiet bool) {
	w.steps++
	from := p.d
	switch in.(type) {
	case Played:
		p.speaking = false
		p.heard = p.heard || from.stage == reading
	case Mute:
		p.speaking = false
	case Silence:
		p.timer = false
	case Confirmed, NotConfirmed:
		p.confirm = false
	case Taken, Refused, Found, Done, Wished, Erased, Consulted, Transferred:
		p.asked = nil
	}
	d, actions := p.d.Step(in)
	p.d = d
	for _, a := range actions {
		said += w.act(&p, a, from, way)
	}
	if d.Ended() {
		p.speaking, p.timer, p.asked, p.confirm = false, false, nil, false
	} else if !p.speaking && !p.timer {
		w.fail(p, way, "dead end: nothing is said and no timer runs after %T", in)
	}
	return p, said, len(actions) == 0
}

func (w *walker) act(p *place, a Action, from Dialogue, way *trail) (said int) {
	switch a := a.(type) {
	case Say:
		if a.Sentence.IsZero() {
			w.fail(*p, way, "said nothing")
		}
		p.speaking, p.timer = true, false
		return 1
	case Hush:
		p.speaking, p.timer = false, false
	case SetTimer:
		p.timer = true
		waits := slices.Contains([]stage{asking, taking, keeping, transferring, wishing, erasing, consulting}, p.d.stage)
		if a.D <= 0 || a.D > slowTimeout || waits && a.D > officeWait {
			w.fail(*p, way, "silence of %v", a.D)
		}
	case Take:
		if from.ticket.ID != "" || from.takes >= from.most.takes {
			w.fail(*p, way, "asked for a second number")
		}
		p.asked = a
	case Confirm:
		if from.keep != notAsked || !p.heard {
			w.fail(*p, way, "confirmed a number twice, or one that was not heard")
		}
		p.confirm = true
	case Look, Act, Ask, Send, Forget, Consult, Transfer:
		p.asked = a
	}
	return 0
}

// go finds the longest way to the end. A way that comes back to where it was is
// a call that can go on for ever.
func (w *walker) walk(p place, way *trail) int {
	if p.d.Ended() || w.failed {
		return 0
	}
	key := p.key()
	if depth, seen := w.depth[key]; seen {
		if depth < 0 {
			w.fail(p, way, "a call can go round for ever")
		}
		return depth
	}
	w.depth[key] = -1
	longest := 0
	for _, in := range p.inputs() {
		line := &trail{way, p.d, in}
		next, said, quiet := w.step(p, in, line)
		if quiet && next.key() == key {
			continue // A key that does nothing: what is being said goes on.
		}
		longest = max(longest, said+w.walk(next, line))
	}
	w.depth[key] = longest
	return longest
}

// testCaller is who calls, to topics.
const testCaller = "+84912345678"

func ownTicket(id string, n int, s queue.State) queue.Ticket {
	return queue.Ticket{ID: id, Number: queue.Number{Prefix: "B", N: n}, Service: "B", State: s, Counter: "3", Presence: queue.Remote,
		Standing: &queue.Standing{Ahead: 7}}
}

// walkOffices are offices and callers between which everything happens.
func walkOffices() map[string]Started {
	few := testStarted()
	few.Services = few.Services[:3] // C is closed.
	full := testStarted()
	full.CallBack, full.Writes = true, true
	full.Now = time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)
	full.Setup = queue.Setup{Office: "tan-phu", Phone: queue.PhoneSetup{Operator: "sip:100@10.0.0.2", General: "B", Languages: []string{"en"}}}
	deaf := few
	deaf.Info.Open = false
	deaf.Writes, deaf.Mine = true, []queue.Ticket{ownTicket("11", 11, queue.Waiting)}
	deaf.Mine[0].Needs = []string{queue.NeedHearing}
	one := few
	one.Mine = []queue.Ticket{ownTicket("11", 11, queue.Waiting)}
	one.Setup.Rules.CheckIn = true
	held := few
	held.Mine = []queue.Ticket{ownTicket("12", 12, queue.Held)}
	several := few
	several.CallBack = true
	far := few // Closed, as deaf is, so that nothing but the ticket is walked.
	far.Info.Open = false
	far.CallBack, far.Mine = true, []queue.Ticket{minutes(ownTicket("11", 11, queue.Waiting), 7, 11, 20)} // One minute's way is long enough to set out at once.
	several.Mine = []queue.Ticket{ownTicket("11", 11, queue.Waiting), ownTicket("13", 13, queue.Called), ownTicket("14", 14, queue.NoShow), ownTicket("15", 15, queue.Parked), ownTicket("16", 16, queue.Serving)}
	closed := several
	closed.Info.Open = false
	rich := few
	rich.Now, rich.Setup.Office = full.Now, "tan-phu"
	rich.Setup.Phone.Menu = []queue.PhoneOption{
		{Key: "1", Kind: queue.PhoneService, Service: "A"}, {Key: "2", Kind: kindHours}, {Key: "3", Kind: kindNotice, Text: map[string]string{"vi": "Mang theo căn cước."}},
		{Key: "4", Kind: queue.PhoneMenu, Menu: []queue.PhoneOption{{Key: "1", Kind: queue.PhoneService, Service: "B"}, {Key: "2", Kind: kindCode}, {Key: "3", Kind: kindLookup}, {Key: "4", Kind: kindOperator}, {Key: "5", Kind: "from-the-future"}}},
	}
	served := few
	served.Served, served.Known, served.Setup.Phone.Operator = []queue.Ticket{ownTicket("8", 8, queue.Completed), ownTicket("9", 9, queue.Completed)}, true, "100"
	both := one
	both.Served, both.Known = served.Served[:1], true
	evening := served
	evening.Info.Open = false
	night := closed
	night.Mine, night.Staffed, night.Setup.Phone.Operator = nil, true, "100"
	topics := few
	topics.Topics = []Topic{dossiers{}}
	topics.Setup.Phone.Menu = []queue.PhoneOption{{Key: "1", Kind: queue.PhoneService, Service: "A"}, {Key: "2", Kind: "dossier"}, {Key: "3", Kind: kindRate}, {Key: "4", Kind: kindForget}}
	return map[string]Started{"far away": far, "does not hear well": deaf, "served": served, "served, and a ticket": both, "served, in the evening": evening, "night": night, "topic": topics, "few": few, "operator, general number, English": full, "one ticket": one, "held ticket": held, "several": several, "closed": closed, "own menu": rich,
		"away": {Err: queue.Errorf(queue.CodeUnavailable, "away")}, "shut": {Info: queue.Info{}}, "nothing open": {Info: testInfo(), Services: closedServices()}}
}

// TestEveryState walks through all of it.
func TestEveryState(t *testing.T) {
	for name, started := range walkOffices() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			began := time.Now()
			w := &walker{t: t, depth: map[string]int{}}
			p := place{d: NewDialogue("vi")}
			p.d.most = limits{misses: 2, turns: 2, readings: 2, waits: 1, rings: 1, takes: 2, transfers: 1, outs: 2, lookups: 1, topics: 2}
			if *wide {
				p.d.most = usualLimits()
				p.d.most.turns = 3
			}
			p, _, _ = w.step(p, started, nil)
			longest := w.walk(p, nil)
			t.Logf("%d states, %d steps, the longest call has %d sentences (%v)", len(w.depth), w.steps, longest, time.Since(began))
		})
	}
}
