package ivr

import (
	"github.com/xinmoi/xinmoi/announce"
	"github.com/xinmoi/xinmoi/queue"
)

// The kinds of option that this package adds to queue.PhoneService and
// queue.PhoneMenu.
const (
	kindMine     = "mine"     // The caller's own tickets; else one by its lookup code.
	kindLookup   = "lookup"   // A ticket by its lookup code.
	kindCode     = "code"     // A service by its code.
	kindLanguage = "language" // The rest of the call in another language.
	kindHours    = "hours"    // When the office is open.
	kindNotice   = "notice"   // A text of the office.
	kindOperator = "operator" // A person.
	kindRate     = "rate"     // How it was: one key.
	kindForget   = "forget"   // The caller's telephone number erased.
)

// kind is what options of one kind do. A new thing that callers can do by
// telephone is one more line of kinds, or a Topic where another part of the
// program does it.
type kind struct {
	name  string
	about [2]string // In Vietnamese and English, for whoever arranges the menu.
	// carrier is the prompt that offers it, before the figure of the key; empty
	// = it is called by its label.
	carrier string
	// open reports whether it is read out now; nil = always. The key works in
	// any case: do explains.
	open func(d Dialogue, o queue.PhoneOption) bool
	do   func(d Dialogue, o queue.PhoneOption) (Dialogue, []Action)
	// topic offers it in its own words; nil = one of ours.
	topic Topic
}

// kinds is the registry of what a menu can offer.
func kinds() []kind {
	return []kind{
		{name: queue.PhoneService, about: [2]string{"Lấy số của một thủ tục", "A number of a service"}, open: Dialogue.serviceOpen, do: Dialogue.chooseService},
		{name: queue.PhoneMenu, about: [2]string{"Mở nhóm lựa chọn khác", "A further level"}, open: Dialogue.levelOpen, do: Dialogue.chooseLevel},
		{name: kindMine, about: [2]string{"Xem số đã lấy", "The caller's own tickets"}, carrier: "for-mine", do: Dialogue.chooseMine},
		{name: kindLookup, about: [2]string{"Tra cứu bằng mã", "A ticket by its lookup code"}, carrier: "for-lookup", do: Dialogue.chooseLookup},
		{name: kindCode, about: [2]string{"Nhập mã thủ tục", "A service by its code"}, carrier: "for-code", do: Dialogue.chooseCode},
		{name: kindLanguage, about: [2]string{"Đổi ngôn ngữ", "Another language"}, carrier: "for-language", open: Dialogue.languageOpen, do: Dialogue.chooseLanguage},
		{name: kindHours, about: [2]string{"Nghe giờ làm việc", "The opening hours"}, carrier: "for-hours", do: Dialogue.chooseHours},
		{name: kindNotice, about: [2]string{"Nghe một thông báo", "A text of the office"}, open: Dialogue.noticeOpen, do: Dialogue.chooseNotice},
		{name: kindOperator, about: [2]string{"Gặp nhân viên", "A person"}, carrier: "for-operator", do: func(d Dialogue, _ queue.PhoneOption) (Dialogue, []Action) { return d.operator() }},
		{name: kindRate, about: [2]string{"Đánh giá lần phục vụ hôm nay", "A rating of today's service"}, carrier: "do-rate", open: Dialogue.rateOpen, do: Dialogue.chooseRate},
		{name: kindForget, about: [2]string{"Xóa số điện thoại đã ghi", "The telephone number erased"}, carrier: "do-forget", open: Dialogue.forgetOpen, do: Dialogue.chooseForget},
	}
}

// kindsWith is the registry with the topics of other parts, which hide none of
// ours.
func kindsWith(topics []Topic) []kind {
	list := kinds()
	for _, t := range topics {
		list = append(list, topicKind(t))
	}
	return list
}

// Kind is a kind of menu option, for whoever arranges menus.
type Kind struct {
	Name  string    // As in queue.PhoneOption.Kind.
	About [2]string // In Vietnamese and English.
}

// Kinds lists what a menu can offer, with the topics that are plugged in.
func Kinds(topics ...Topic) []Kind {
	var out []Kind
	for _, k := range kindsWith(topics) {
		out = append(out, Kind{k.name, k.about})
	}
	return out
}

// kindOf finds the kind of an option; an unknown one comes from a newer
// program and is passed over.
func (s *setting) kindOf(name string) (kind, bool) {
	for _, k := range s.kinds {
		if k.name == name {
			return k, true
		}
	}
	return kind{}, false
}

func (d Dialogue) serviceOpen(o queue.PhoneOption) bool {
	v, ok := d.set.service(o.Service)
	return ok && v.Open && d.set.office.Open
}

// chooseService takes a number.
func (d Dialogue) chooseService(o queue.PhoneOption) (Dialogue, []Action) {
	v, ok := d.set.service(o.Service)
	switch {
	case !ok:
		return d.miss(d.speak.say("wrong"))
	case !d.set.office.Open:
		return d.toMenu()
	case !v.Open:
		return d.offerChoices(d.closedNow(v), d.shortText())
	}
	return d.take(v.ID)
}

// closedNow tells that the chosen service gives no numbers now.
func (d Dialogue) closedNow(v queue.ServiceView) announce.Sentence {
	return announce.Join(d.speak.naming("service-name", d.serviceName(v)), d.speak.say("service-closed"))
}

// levelOpen reports whether anything below can be had.
func (d Dialogue) levelOpen(o queue.PhoneOption) bool {
	for _, below := range o.Menu {
		if k, ok := d.set.kindOf(below.Kind); ok && (k.open == nil || k.open(d, below)) {
			return true
		}
	}
	return false
}

func (d Dialogue) chooseLevel(o queue.PhoneOption) (Dialogue, []Action) {
	for i, own := range d.level() {
		if own.Key == o.Key {
			d.path = append(append([]int(nil), d.path...), i)
		}
	}
	return d.offerChoices(d.choicesText())
}

func (d Dialogue) chooseMine(queue.PhoneOption) (Dialogue, []Action) {
	if len(d.mine) > 0 {
		return d.tellMine()
	}
	return d.enter(lookupCode)
}

func (d Dialogue) chooseLookup(queue.PhoneOption) (Dialogue, []Action) { return d.enter(lookupCode) }

func (d Dialogue) chooseCode(queue.PhoneOption) (Dialogue, []Action) { return d.enter(serviceCode) }

func (d Dialogue) languageOpen(o queue.PhoneOption) bool {
	return languageOf(o.Language).Code != d.speak.Code
}

// chooseLanguage goes on in another language, from there on in all that is
// said; the same key leads back to Vietnamese.
func (d Dialogue) chooseLanguage(o queue.PhoneOption) (Dialogue, []Action) {
	code := o.Language
	if languageOf(code).Code == d.speak.Code {
		code = vietnamese
	}
	slow := d.speak.slow
	d.speak = speechIn(code, d.set.office, d.set.setup.Phone)
	d.speak.slow = slow
	if code == vietnamese { // Its greeting was heard.
		return d.offerChoices(d.choicesText())
	}
	return d.offerChoices(d.speak.onTrial(d.set.office), d.choicesText())
}

func (d Dialogue) chooseHours(queue.PhoneOption) (Dialogue, []Action) {
	return d.offerChoices(d.speak.hours(d.set), d.choicesText())
}

func (d Dialogue) noticeOpen(o queue.PhoneOption) bool { return d.inLanguage(o.Text) != "" }

func (d Dialogue) chooseNotice(o queue.PhoneOption) (Dialogue, []Action) {
	text := d.inLanguage(o.Text)
	if text == "" {
		return d.miss(d.speak.say("wrong"))
	}
	return d.offerChoices(d.speak.phrase(text), d.choicesText())
}
