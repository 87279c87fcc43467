package dialogue

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/announce/standing"
	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// Input is what came in: a text or the payload of a pressed button.
type Input struct {
	Text    string
	Payload string
	Group   bool // Said in a group, where numbers are not given out.
	Old     bool // So long ago that a number is no longer wanted.
}

// Facts is what a decision needs to know.
type Facts struct {
	Office    queue.Info
	Services  []queue.ServiceView
	Mine      []queue.Ticket // Tickets bound to the chat, oldest first, with standing.
	Language  string         // "vi" or "en".
	Pending   string         // What was asked a moment ago: the ticket whose cancelling, or one of the questions in visit.go.
	MenuShown bool           // The short menu was shown a moment ago.
	Now       time.Time      // In the office's zone.

	HallCode bool    // The hall shows a code, by which one checks in.
	Topics   []Topic // What else can be talked about.
	Seen     bool    // The person has been shown the words about personal data.
}

// Decision is what to do. At most one of Take, Cancel and Refresh is set;
// their outcome is worded by Taken, Cancelled and by the card itself.
type Decision struct {
	Take     string   // Service to take a number of.
	Cancel   string   // Ticket to cancel.
	Enquire  string   // Number, anybody's, whose standing is asked for.
	Refresh  string   // Ticket whose card is to be shown anew.
	Remind   []string // Tickets whose holder wants to be told when to set out …
	Travel   int      // … being so many minutes away.
	Reply    []Message
	Language string // New language, if it changes.
	Pending  string // What is now asked; see Facts.Pending.
	Forget   bool
	Deed     *Deed // Something else to do; its outcome is worded by Did.
}

// Decide answers one input.
func Decide(f Facts, in Input) Decision {
	text, elsewhere := f.addressed(in.Text)
	intent := ParsePayload(in.Payload)
	if in.Payload == "" {
		intent = f.inContext(Understand(text), text)
	}
	if elsewhere && in.Payload == "" && !in.Group {
		return f.reply(OtherOffice)
	}
	if in.Group {
		return f.decideGroup(in)
	}
	switch intent.Action {
	case Start, Take:
		return f.decideTake(intent, in.Old)
	case Where:
		return f.decideWhere(intent.Arg)
	case Refresh:
		return f.decideRefresh(intent.Arg)
	case Cancel:
		return f.decideCancel(intent.Arg)
	case Sure:
		return f.cancelOrExplain(intent.Arg)
	case Yes:
		return f.decideYes()
	case Keep, No:
		return f.decideKeep()
	case Travel:
		return f.decideTravel(intent.Arg)
	case Help:
		d := f.reply(HelpText)
		d.Reply[0].Text = f.topicHelp()
		return d
	case Language:
		return f.decideLanguage(intent.Arg)
	case Forget:
		return f.decideForget()
	default:
		if answer, ok := visitAnswers()[intent.Action]; ok {
			return answer(f, intent.Arg)
		}
		return f.decideUnknown(intent.Arg, in.Old)
	}
}

func (f Facts) decideGroup(in Input) Decision {
	if f.MenuShown || !strings.HasPrefix(strings.TrimSpace(in.Text), "/") {
		return Decision{}
	}
	return f.reply(PrivateOnly)
}

func (f Facts) decideTake(i Intent, old bool) Decision {
	if old {
		return f.reply(TooOld)
	}
	if i.Action == Start {
		return f.reply(Welcome)
	}
	if !f.Office.Open {
		return Decision{Reply: []Message{f.closed(OfficeClosed, f.Office.Opens)}}
	}
	s, ok := f.service(i.Arg)
	if !ok {
		s, ok = f.service(spellOut(i.Arg))
	}
	if !ok {
		if open := f.open(); len(open) == 1 && i.Arg == "" {
			return f.takeOrShow(open[0])
		}
		return f.reply(Choose)
	}
	return f.takeOrShow(s)
}

func (f Facts) takeOrShow(s queue.ServiceView) Decision {
	for _, t := range f.openTickets() {
		if t.Service == s.ID {
			card := f.Card(t)
			card.Held = true
			return Decision{Reply: []Message{card}}
		}
	}
	if !s.Open {
		m := f.message(ServiceClosed)
		m.Slips = []Slip{{Service: f.serviceName(s.ID)}}
		return Decision{Reply: []Message{m}}
	}
	return Decision{Take: s.ID}
}

func (f Facts) decideWhere(number string) Decision {
	var cards []Message
	for _, t := range f.openTickets() {
		if number == "" || t.Number.String() == number || Fold(t.Number.String()) == Fold(number) {
			cards = append(cards, f.Card(t))
		}
	}
	if n, err := queue.ParseNumber(number); len(cards) == 0 && err == nil {
		return Decision{Enquire: n.String()}
	}
	if len(cards) == 0 {
		return f.reply(NoTicket)
	}
	return Decision{Reply: cards}
}

func (f Facts) decideRefresh(ticket string) Decision {
	if _, ok := f.mine(ticket); !ok {
		return f.reply(NoTicket)
	}
	return Decision{Refresh: ticket}
}

func (f Facts) decideCancel(ref string) Decision {
	open := f.openTickets()
	if asked := f.asked(); asked != "" && ref == "" { // Said twice: sure.
		return f.cancelOrExplain(asked)
	}
	if ref != "" {
		t, ok := f.mine(ref)
		if !ok {
			return f.reply(NoTicket)
		}
		open = []queue.Ticket{t}
	}
	switch len(open) {
	case 0:
		return f.reply(NoTicket)
	case 1:
		if !cancellable(open[0]) {
			return Decision{Reply: []Message{f.about(CancelTooLate, open[0])}}
		}
		return Decision{Reply: []Message{f.about(AskCancel, open[0])}, Pending: open[0].ID}
	default:
		return Decision{Reply: []Message{f.about(WhichCancel, open...)}}
	}
}

func (f Facts) cancelOrExplain(ref string) Decision {
	t, ok := f.mine(ref)
	switch {
	case !ok:
		return f.reply(NoTicket)
	case !cancellable(t):
		return Decision{Reply: []Message{f.about(CancelTooLate, t)}}
	}
	return Decision{Cancel: t.ID}
}

func cancellable(t queue.Ticket) bool {
	return t.State == queue.Held || t.State == queue.Waiting || t.State == queue.Parked
}

func (f Facts) decideYes() Decision {
	if f.asked() == "" {
		return f.decideUnknown("", false)
	}
	return f.cancelOrExplain(f.asked())
}

func (f Facts) decideKeep() Decision {
	if len(f.openTickets()) == 0 {
		return f.decideUnknown("", false)
	}
	return Decision{Reply: []Message{f.about(Kept, f.openTickets()...)}}
}

// decideTravel notes how far away the person is: "20" for all tickets that
// wait, "1234-" to be asked about one, "1234-20" for that one.
func (f Facts) decideTravel(arg string) Decision {
	ticket, minutes, one := strings.Cut(arg, "-")
	var wait []queue.Ticket
	for _, t := range f.openTickets() {
		if toCome(t) && (!one || t.ID == ticket) {
			wait = append(wait, t)
		}
	}
	if !one {
		minutes = arg
	}
	if len(wait) == 0 {
		return f.reply(NoTicket)
	}
	n, ok := travelMinutes(minutes)
	if !ok {
		return Decision{Reply: []Message{f.about(AskTravel, wait[len(wait)-1])}}
	}
	d := Decision{Travel: n, Reply: []Message{f.about(TravelSet, wait...)}}
	for i, t := range wait {
		d.Remind = append(d.Remind, t.ID)
		slip := &d.Reply[0].Slips[i]
		*slip = SetOut(*slip, t, n, f.Language, f.Now)
	}
	return d
}

// travelMinutes reads the way in what was typed: "20", "20 phut", "cach 20p".
func travelMinutes(text string) (n int, ok bool) {
	digits := strings.FieldsFunc(text, func(r rune) bool { return r < '0' || r > '9' })
	if len(digits) != 1 || len(digits[0]) > 3 {
		return 0, false
	}
	n, err := strconv.Atoi(digits[0])
	return n, err == nil && n >= 1 && n <= standing.MostTravel
}

func (f Facts) decideLanguage(language string) Decision {
	if language != "en" {
		language = "vi"
	}
	f.Language = language
	d := f.reply(LanguageSet)
	d.Language = language
	return d
}

func (f Facts) decideForget() Decision {
	d := f.reply(Forgotten)
	d.Reply[0].Slips = f.about(Forgotten, f.openTickets()...).Slips
	d.Forget = true
	return d
}

func (f Facts) decideUnknown(text string, old bool) Decision {
	if s, ok := f.service(text); ok {
		return f.decideTake(Intent{Action: Take, Arg: s.ID}, old)
	}
	if f.MenuShown {
		return Decision{}
	}
	return f.reply(ShortMenu)
}

// Taken words the outcome of a Take. Outcomes that are unknown are not worded
// but repeated.
func (f Facts) Taken(t queue.Ticket, service string, err error) Message {
	switch queue.ErrorCode(err) {
	case "":
		return f.Card(t)
	case queue.CodeOfficeClosed, queue.CodeIssuingStopped, queue.CodeServiceFull, queue.CodeChannelFull,
		queue.CodeServiceClosed, queue.CodeUnknownService:
		m := f.closed(refusals()[queue.ErrorCode(err)], opens(err))
		m.Slips = []Slip{{Service: f.serviceName(service)}}
		return m
	case queue.CodeCardNeeded, queue.CodeCardInvalid:
		return f.message(CardNeeded)
	case queue.CodePersonLimit, queue.CodeRateLimited, queue.CodeForbidden:
		return f.message(NotAllowed)
	default:
		return f.message(Busy)
	}
}

// refusals words the codes that time or another door heals.
func refusals() map[queue.Code]Kind {
	return map[queue.Code]Kind{
		queue.CodeOfficeClosed: OfficeClosed, queue.CodeIssuingStopped: Stopped,
		queue.CodeServiceFull: ServiceFull, queue.CodeChannelFull: ChannelFull,
		queue.CodeServiceClosed: ServiceClosed, queue.CodeUnknownService: ServiceClosed,
	}
}

// opens is when numbers are given again after a refusal; zero if not known.
func opens(err error) time.Time {
	var e *queue.Error
	if errors.As(err, &e) {
		return e.Opens
	}
	return time.Time{}
}

// closed says that there are no numbers, and when there are some again. The
// time is absolute: a message may be read tomorrow.
func (f Facts) closed(k Kind, at time.Time) Message {
	m := f.message(k)
	zone, err := time.LoadLocation(f.Office.TimeZone)
	if err == nil && f.Office.TimeZone != "" {
		m.Opens = page.Lang(f.Language).When(at.In(zone))
	}
	if at.IsZero() {
		m.Opens = ""
	}
	return m
}

// Cancelled words the outcome of a Cancel; t is the ticket as it was known.
func (f Facts) Cancelled(t queue.Ticket, err error) Message {
	switch queue.ErrorCode(err) {
	case "":
		return f.about(CancelDone, t)
	case queue.CodeWrongState, queue.CodeStaleVersion:
		return f.about(CancelTooLate, t)
	case queue.CodeUnknownTicket:
		return f.message(NoTicket)
	default:
		return f.message(Busy)
	}
}

// Card shows a ticket as it stands.
func (f Facts) Card(t queue.Ticket) Message { return f.about(Card, t) }

// Busy says that the office does not answer.
func (f Facts) Busy() Message { return f.message(Busy) }

// About says one thing about a ticket.
func (f Facts) About(k Kind, t queue.Ticket) Message { return f.about(k, t) }

func (f Facts) reply(k Kind) Decision { return Decision{Reply: []Message{f.message(k)}} }

func (f Facts) message(k Kind) Message {
	m := Message{Kind: k, Language: f.Language, Office: f.officeName()}
	for _, s := range f.open() {
		m.Services = append(m.Services, Option{ID: s.ID, Name: f.serviceName(s.ID), Waiting: s.Waiting})
	}
	return m
}

func (f Facts) about(k Kind, tickets ...queue.Ticket) Message {
	m := Message{Kind: k, Language: f.Language, Office: f.officeName()}
	if rates(k) {
		m.Scale = f.scale()
	}
	for _, t := range tickets {
		m.Slips = append(m.Slips, SlipOf(t, f.serviceName(t.Service), f.Language, f.Now))
	}
	return m
}

func (f Facts) officeName() string {
	if f.Language == "en" && f.Office.NameEN != "" {
		return f.Office.NameEN
	}
	return f.Office.Name
}

func (f Facts) serviceName(id string) string {
	for _, s := range f.Services {
		if s.ID != id {
			continue
		}
		if f.Language == "en" && s.NameEN != "" {
			return s.NameEN
		}
		return s.Name
	}
	return id
}

// service finds the service a person names: its letter or its name.
func (f Facts) service(text string) (queue.ServiceView, bool) {
	folded := Fold(text)
	if folded == "" {
		return queue.ServiceView{}, false
	}
	for _, s := range f.Services {
		if folded == Fold(s.ID) || folded == Fold(s.Name) || folded == Fold(s.NameEN) {
			return s, true
		}
	}
	return queue.ServiceView{}, false
}

// open gives the services that give numbers, none while the office is closed.
func (f Facts) open() (open []queue.ServiceView) {
	if !f.Office.Open {
		return nil
	}
	for _, s := range f.Services {
		if s.Open {
			open = append(open, s)
		}
	}
	return open
}

func (f Facts) openTickets() (open []queue.Ticket) {
	for _, t := range f.Mine {
		if t.State.Open() {
			open = append(open, t)
		}
	}
	return open
}

// mine finds one of the chat's own tickets by id or number, so that nobody
// acts on another's ticket by guessing.
func (f Facts) mine(ref string) (queue.Ticket, bool) {
	for i := len(f.Mine) - 1; i >= 0; i-- {
		if t := f.Mine[i]; ref != "" && (t.ID == ref || Fold(t.Number.String()) == Fold(ref)) {
			return t, true
		}
	}
	return queue.Ticket{}, false
}
