package dialogue

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/notice"
)

// Deed is something that the office, or the mailbox, is to do for a person. Its
// outcome is worded by Did.
type Deed struct {
	Action  Action
	Ticket  string   // Id; empty for what concerns none.
	Ref     string   // For Follow: a lookup code or a link's token; for Here, and a topic's Here: the code of the hall; for Phone: the number.
	Places  int      // For Later.
	Level   int      // For Rate and Watch.
	Reasons []string // For Rate.
	Topic   string   // For Other: its name …
	Arg     string   // … and what was asked of it.
}

// Questions that wait for an answer, beside whether to cancel: Facts.Pending.
const (
	pendingHere  = "here:"  // The ticket.
	PendingRate  = "rate:"  // Ticket and level; without an answer the level counts alone.
	pendingPhone = "phone:" // –
)

// asked is the ticket whose cancelling was asked about a moment ago.
func (f Facts) asked() string {
	if strings.Contains(f.Pending, ":") {
		return ""
	}
	return f.Pending
}

// visitAnswers is what is answered about a visit, by what was understood.
func visitAnswers() map[Action]func(f Facts, arg string) Decision {
	return map[Action]func(Facts, string) Decision{
		Later: Facts.decideLater, Here: Facts.decideHere, Rate: Facts.decideRate, Follow: Facts.decideFollow, Watch: Facts.decideWatch,
		Phone: Facts.decidePhone, Deaf: Facts.decideDeaf, Other: Facts.decideTopic,
		MyData: func(Facts, string) Decision { return do(Deed{Action: MyData}) },
	}
}

func do(d Deed) Decision { return Decision{Deed: &d} }

// inContext reads a text as the answer to what was asked a moment ago, or as a
// topic's, where it would say nothing or something else by itself.
func (f Facts) inContext(i Intent, text string) Intent {
	folded := Fold(text)
	digits := onlyDigits(folded)
	bare := strings.ReplaceAll(folded, " ", "") == digits
	switch {
	case strings.HasPrefix(f.Pending, PendingRate):
		if reason, ok := f.reasonIn(folded); ok {
			return Intent{Rate, strings.TrimPrefix(f.Pending, PendingRate) + "-" + reason}
		}
	case strings.HasPrefix(f.Pending, pendingHere) && bare && len(digits) == hallDigits:
		return Intent{Here, digits}
	case strings.HasPrefix(f.Pending, pendingPhone) && bare && len(digits) >= 9:
		return Intent{Phone, digits}
	case strings.HasPrefix(f.Pending, pendingTopic):
		if i.Action == Yes || i.Action == No { // Also by a thumb.
			folded = string(i.Action)
		}
		if answer, ok := f.topicAnswer(folded); ok {
			return answer
		}
	case f.asked() != "" && folded == "k":
		return Intent{No, ""}
	}
	if _, ok := f.degreeIn(digits); ok && bare && len(digits) == 1 && f.unrated() != nil && len(f.openTickets()) == 0 {
		return Intent{Rate, digits}
	}
	i = f.rating(i, folded)
	if i.Action == Rate && folded == "" && f.unrated() == nil {
		return Intent{Action: Unknown} // A smile, and nothing to rate.
	}
	if topic, ok := f.topicIn(folded, i.Action == Unknown); ok {
		return topic
	}
	return i
}

// hallDigits is the length of the hall's code.
const hallDigits = 6

func onlyDigits(text string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, text)
}

// laterPlaces is how many go first when somebody will be late.
const laterPlaces = 5

func (f Facts) decideLater(ref string) Decision {
	var wait []queue.Ticket
	for _, t := range f.openTickets() {
		if (t.State == queue.Waiting || t.State == queue.Called) && (ref == "" || t.ID == ref || Fold(t.Number.String()) == Fold(figures(ref))) {
			wait = append(wait, t)
		}
	}
	if len(wait) == 0 {
		return f.reply(NoTicket)
	}
	return do(Deed{Action: Later, Ticket: wait[0].ID, Places: laterPlaces})
}

// decideHere checks somebody in who gives the code of the hall; arg is the code,
// or the ticket of a pressed button, or nothing.
func (f Facts) decideHere(arg string) Decision {
	code := onlyDigits(figures(arg))
	_, pressed := f.mine(arg)
	for _, t := range f.openTickets() {
		switch {
		case t.State == queue.Held || t.State == queue.Parked:
			continue
		case t.Presence == queue.Present || t.State.InHand():
			return Decision{Reply: []Message{f.about(HereDone, t)}}
		case f.HallCode && (code == "" || pressed):
			return Decision{Reply: []Message{f.about(AskHere, t)}, Pending: pendingHere + t.ID}
		}
		return do(Deed{Action: Here, Ticket: t.ID, Ref: code})
	}
	return f.hereWithout(code)
}

// hereWithout is for who has come and holds no number: a topic may have one.
func (f Facts) hereWithout(code string) Decision {
	t, ok := f.hereTopic()
	switch {
	case !ok:
		return f.reply(NoTicket)
	case f.HallCode && code == "":
		m := f.message(AskHere)
		m.Services = nil
		return Decision{Reply: []Message{m}, Pending: pendingHere}
	}
	return do(Deed{Action: Other, Topic: t.Name, Arg: strings.TrimSpace(t.Here + " " + code), Ref: code})
}

// unrated is the latest served ticket that can be rated; nil if there is none.
func (f Facts) unrated() *queue.Ticket {
	for i := len(f.Mine) - 1; i >= 0; i-- {
		if t := f.Mine[i]; f.Office.Rating.Rateable(t, f.Now) {
			return &t
		}
	}
	return nil
}

// reasons are what can be wrong: as buttons carry them and as the log keeps
// them, in the words of people. Free words are not kept: they may hold anything.
func reasons() [][2]string {
	return [][2]string{{"slow", "Chờ lâu"}, {"unclear", "Hướng dẫn chưa rõ"}, {"manner", "Thái độ"}, {"papers", "Giấy tờ phức tạp"}, {"place", "Nơi chờ"}, {"other", "Khác"}}
}

// reasons are those that the office has decided, by their place, or the usual ones.
func (f Facts) reasons() [][2]string {
	decided := f.Office.Rating.Reasons
	if len(decided) == 0 {
		return reasons()
	}
	list := make([][2]string, len(decided))
	for i, r := range decided {
		list[i] = [2]string{"r" + strconv.Itoa(i), r.Name}
	}
	return list
}

// reasonLabels are the office's own reasons in the language of the chat; empty =
// the usual ones.
func (f Facts) reasonLabels() (list []string) {
	for _, r := range f.Office.Rating.Reasons {
		if f.Language == "en" && r.NameEN != "" {
			list = append(list, r.NameEN)
		} else {
			list = append(list, r.Name)
		}
	}
	return list
}

// content is the least level that is not asked for reasons.
const content = 4

// decideRate takes "4", "1234-4" or "1234-2-slow".
func (f Facts) decideRate(arg string) Decision {
	ticket, rest, named := strings.Cut(arg, "-")
	level, reason, reasoned := strings.Cut(rest, "-")
	t := f.unrated()
	if !named {
		if n, ok := f.degreeIn(arg); ok {
			level = strconv.Itoa(n)
		}
	} else if mine, ok := f.mine(ticket); ok && f.Office.Rating.Rateable(mine, f.Now) {
		t = &mine
	} else {
		t = nil
	}
	n, err := strconv.Atoi(level)
	switch {
	case t == nil:
		return f.reply(RateNone)
	case err != nil || !f.offered(n):
		return Decision{Reply: []Message{f.about(AskRate, *t)}}
	case n >= content || reasoned:
		d := Deed{Action: Rate, Ticket: t.ID, Level: n}
		for _, r := range f.reasons() {
			if r[0] == reason {
				d.Reasons = []string{r[1]}
			}
		}
		return do(d)
	}
	m := f.about(AskReason, *t)
	m.Level, m.Reasons = n, f.reasonLabels()
	return Decision{Reply: []Message{m}, Pending: PendingRate + t.ID + "-" + level}
}

// Overdue is the rating of somebody who gave a level and then no reason.
func Overdue(pending string) (d Deed, ok bool) {
	ticket, level, found := strings.Cut(strings.TrimPrefix(pending, PendingRate), "-")
	n, err := strconv.Atoi(level)
	return Deed{Action: Rate, Ticket: ticket, Level: n}, found && err == nil && strings.HasPrefix(pending, PendingRate)
}

// reasonIn finds the reason that a text names; a text that is no command at all
// counts as "other", or as none where the office has reasons of its own.
func (f Facts) reasonIn(folded string) (reason string, ok bool) {
	usual, own := wordsOf(f.Language).visit.reasons, f.reasonLabels()
	l := usual[:]
	if len(own) > 0 {
		l = own
	}
	for i, r := range f.reasons() {
		if folded == Fold(l[i]) || folded == Fold(r[1]) || folded == strconv.Itoa(i+1) {
			return r[0], true
		}
	}
	if _, command := plain(folded); command || folded == "" {
		return "", false
	}
	if len(own) > 0 {
		return "-", true
	}
	return reasons()[len(reasons())-1][0], true
}

func (f Facts) decideFollow(ref string) Decision {
	if ref = strings.ReplaceAll(ref, " ", ""); ref == "" {
		return f.reply(NoCode)
	}
	return do(Deed{Action: Follow, Ref: ref})
}

// decideWatch notes at how many ahead somebody wants to hear that the turn is
// near: "5", "1234-" to be asked, "1234-5".
func (f Facts) decideWatch(arg string) Decision {
	ticket, count, one := strings.Cut(arg, "-")
	if !one {
		ticket, count = "", arg
	}
	var wait []queue.Ticket
	for _, t := range f.openTickets() {
		if toCome(t) && (ticket == "" || t.ID == ticket) {
			wait = append(wait, t)
		}
	}
	if len(wait) == 0 {
		return f.reply(NoTicket)
	}
	t := wait[len(wait)-1]
	n, err := strconv.Atoi(onlyDigits(figures(count)))
	if err != nil || n < 1 || n > notice.MostAhead {
		return Decision{Reply: []Message{f.about(AskWatch, t)}}
	}
	return do(Deed{Action: Watch, Ticket: t.ID, Level: n})
}

func (f Facts) decidePhone(arg string) Decision {
	number, ok := domestic(arg)
	switch {
	case arg == "0":
		return do(Deed{Action: Phone})
	case !ok:
		return Decision{Reply: []Message{f.message(AskPhone)}, Pending: pendingPhone}
	}
	return do(Deed{Action: Phone, Ref: number})
}

// domesticForm is a mobile or geographic number of Viet Nam.
var domesticForm = regexp.MustCompile(`^\+84(?:[35789][0-9]{8}|2[0-9]{9})$`)

// domestic writes a telephone number as the world dials it. Others than those of
// Viet Nam are refused: whoever types one makes the office pay.
func domestic(text string) (number string, ok bool) {
	digits := onlyDigits(text)
	if len(digits) == 9 && digits[0] != '0' {
		digits = "0" + digits // The zero is often left out.
	}
	number = queue.Telephone(digits)
	return number, domesticForm.MatchString(number)
}

func (f Facts) decideDeaf(arg string) Decision {
	return do(Deed{Action: Deaf, Ref: arg})
}

// Did words the outcome of a deed; t is the ticket as it stands afterwards, or
// as it was known if the deed failed. Follow is answered with the card.
func (f Facts) Did(d Deed, t queue.Ticket, err error) Message {
	code := queue.ErrorCode(err)
	kind := map[Action]Kind{
		Later: LateDone, Here: HereDone, Rate: Rated, Follow: Card, Watch: WatchSet, Phone: PhoneSet, Deaf: NeedSet, MyData: MyDataText,
	}[d.Action]
	switch {
	case d.Action == Phone && d.Ref == "":
		kind = PhoneGone
	case d.Action == Deaf && d.Ref == "0":
		kind = NeedGone
	case code == "":
	case code == queue.CodeUnknownTicket && d.Action == Follow:
		kind = NoCode
	case code == queue.CodePersonLimit && d.Action == Follow:
		kind = FollowFull
	case code == queue.CodeUnknownTicket:
		kind = NoTicket
	case code == queue.CodeRateLimited:
		kind = TryLater
	case code == queue.CodeForbidden && d.Action == Here:
		kind = HereWrong
	case d.Action == Later:
		kind = LateRefused
	case d.Action == Rate:
		kind = RateNone
	case d.Action == Here && t.ID != "":
		kind = Card // Called or over meanwhile: how it stands says all.
	default:
		kind = Busy
	}
	m := f.message(kind)
	if t.ID != "" {
		m = f.about(kind, t)
	}
	m.Level = d.Level
	return m
}
