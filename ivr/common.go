package ivr

import (
	"iter"
	"time"

	"github.com/xinmoi/xinmoi/announce"
	"github.com/xinmoi/xinmoi/queue"
)

// prepared is a sentence to render before it is needed.
type prepared struct {
	sentence announce.Sentence
	lead     time.Duration
}

// common lists what callers of an office hear before they have a number,
// beginning with what every one hears first.
func common(language string, in Started) []prepared {
	in.Info.Open, in.Mine, in.Err = true, nil, nil
	d, first := NewDialogue(language).Step(in)
	var list []prepared
	for _, a := range first {
		if s, ok := a.(Say); ok {
			list = append(list, prepared{s.Sentence, leadIn})
		}
	}
	say := d.speak
	list = append(list, prepared{say.last(say.say("unavailable")), leadIn}, prepared{say.last(say.prompts("closed-office", "call-in-hours")), leadIn}, prepared{say.say("wait"), 0})
	if d.stage == menu {
		list = append(list, d.commonLevels()...)
	}
	for _, s := range []announce.Sentence{
		say.last(say.say("unavailable")), say.last(say.say("not-kept")), say.last(say.say("visit")), say.last(say.prompts("kept", "be-there")),
	} {
		list = append(list, prepared{s, 0})
	}
	return list
}

// commonLevels lists what is said at the current level of the menu, at those
// below, and in the further languages.
func (d Dialogue) commonLevels() []prepared {
	full, short := d.choicesText(), d.shortText()
	var list []prepared
	for _, s := range []announce.Sentence{
		full, d.speak.join(d.speak.say("wrong"), short), d.speak.join(d.speak.say("nothing"), short), d.speak.join(d.speak.say("operator-none"), full),
	} {
		list = append(list, prepared{s, 0})
	}
	for _, o := range d.level() {
		switch {
		case o.Kind == queue.PhoneMenu:
			below, _ := d.chooseLevel(o)
			list = append(list, below.commonLevels()...)
		case o.Kind == kindLanguage && d.speak.Code == vietnamese && d.languageOpen(o):
			other, _ := d.chooseLanguage(o)
			list = append(list, other.commonLevels()...)
		}
	}
	return list
}

// Phrases lists the Vietnamese phrases of an office and all fixed ones that
// its telephone says, each as announce.Phrase is given it: its own texts where
// it has some. A voice built with them as extra phrases needs no synthesis
// while a caller waits, and the studio records them.
func Phrases(setup queue.Setup) []string {
	s := speechIn(vietnamese, queue.Info{}, setup.Phone)
	var list []string
	for _, p := range s.Prompts {
		list = append(list, s.text(p.ID))
	}
	list = append(list, s.text("for-more")+",")
	if setup.Name != "" {
		list = append(list, s.text("greeting")+" "+lowerFirst(setup.Name)+".")
	}
	naming := func(name string) {
		list = append(list, name+",")
		for _, before := range []string{"for-service", "service-name", "way-out"} {
			list = append(list, s.text(before)+" "+lowerFirst(name)+",")
		}
	}
	for _, v := range setup.Services {
		naming(v.Name)
	}
	for o := range everyOption(setup.Phone.Menu) {
		if label := o.Label[vietnamese]; label != "" {
			naming(label)
		}
		if text := o.Text[vietnamese]; text != "" {
			list = append(list, text)
		}
	}
	return list
}

// everyOption gives all options of a menu.
func everyOption(menu []queue.PhoneOption) iter.Seq[queue.PhoneOption] {
	return func(yield func(queue.PhoneOption) bool) {
		for _, o := range menu {
			if !yield(o) {
				return
			}
			for below := range everyOption(o.Menu) {
				if !yield(below) {
					return
				}
			}
		}
	}
}
