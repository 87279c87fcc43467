package ivr

import (
	"strings"

	"github.com/xinmoi/xinmoi/announce"
	"github.com/xinmoi/xinmoi/queue"
)

// level gives the options of the current level of the menu.
func (d Dialogue) level() []queue.PhoneOption {
	list := d.set.menu
	for _, i := range d.path {
		list = list[i].Menu
	}
	return list
}

// pathName writes the keys that led to the current level: " 5.1".
func (d Dialogue) pathName() string {
	if d.stage != menu || len(d.path) == 0 {
		return ""
	}
	var keys []string
	list := d.set.menu
	for _, i := range d.path {
		keys = append(keys, list[i].Key)
		list = list[i].Menu
	}
	return " " + strings.Join(keys, ".")
}

// menuChoices lists the current level. Keys never move, so that a printed card
// stays true; what cannot be had now keeps its key but is not read out. Only
// the first service has its carrier ("Làm thủ tục …, bấm phím một"): the
// others are clear from it and the menu is shorter.
func (d Dialogue) menuChoices() []choice {
	var list []choice
	carrier, press := "for-service", "press"
	for _, o := range d.level() {
		k, ok := d.set.kindOf(o.Kind)
		if !ok || len(o.Key) != 1 {
			continue
		}
		c := choice{key: rune(o.Key[0]), do: func(d Dialogue) (Dialogue, []Action) { return k.do(d, o) }}
		if k.open == nil || k.open(d, o) {
			before, how := carrier, press
			c.full = func() announce.Sentence { return d.optionLine(k, o, before, how) }
			c.short = func() announce.Sentence { return d.optionLine(k, o, "", "key-short") }
			if o.Kind == queue.PhoneService {
				carrier, press = "", "key-short"
			}
		}
		list = append(list, c)
	}
	return list
}

// optionLine offers one option: by its label, or as its kind is offered.
func (d Dialogue) optionLine(k kind, o queue.PhoneOption, carrier, press string) announce.Sentence {
	key := rune(o.Key[0])
	label := d.label(o)
	switch {
	case k.topic != nil && label.text == "":
		return d.speak.offerTopic(k.topic, key)
	case o.Kind == kindLanguage && label.text == "": // In that language, so that who needs it understands.
		other := speechIn(o.Language, d.set.office, d.set.setup.Phone)
		return other.key(k.carrier, key)
	case label.text == "" && k.carrier != "":
		return d.speak.key(k.carrier, key)
	case o.Kind != queue.PhoneService:
		carrier = ""
	}
	return d.speak.choice(carrier, label, press, key)
}

// label is what an option is called; empty for one that its kind's prompt
// offers.
func (d Dialogue) label(o queue.PhoneOption) name {
	if own := d.inLanguage(o.Label); own != "" {
		return name{own, d.speak.Code}
	}
	switch o.Kind {
	case queue.PhoneService:
		v, _ := d.set.service(o.Service)
		return d.serviceName(v)
	case queue.PhoneMenu, kindNotice:
		if own := strings.TrimSpace(o.Label[vietnamese]); own != "" {
			return name{own, vietnamese}
		}
		return name{d.speak.text("for-more"), d.speak.Code}
	}
	return name{}
}

// inLanguage chooses the text of the language that is spoken.
func (d Dialogue) inLanguage(texts map[string]string) string {
	return strings.TrimSpace(texts[d.speak.Code])
}

// serviceName is a service's name in the language that is spoken, as far as
// the office has one.
func (d Dialogue) serviceName(v queue.ServiceView) name {
	if d.speak.Code != vietnamese && v.NameEN != "" {
		return name{v.NameEN, d.speak.Code}
	}
	return name{v.Name, vietnamese}
}
