package ivr

import (
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
func common(language string, o queue.Info, services []queue.ServiceView) []prepared {
	d := NewDialogue(language)
	t := d.texts
	d.office, d.services = o, services
	list := []prepared{
		{t.welcome(o, d.options()), leadIn},
		{t.last(t.unavailable), leadIn},
		{t.last(t.closedOffice), leadIn},
		{announce.Phrase(t.wait), 0},
	}
	for ; ; d.page++ {
		full, short := t.menu(d.options(), d.page), t.shortMenu(d.options())
		for _, s := range []announce.Sentence{
			full,
			t.join(announce.Phrase(t.wrong), short),
			t.join(announce.Phrase(t.nothing), short),
			t.join(announce.Phrase(t.operator), full),
		} {
			list = append(list, prepared{s, 0})
		}
		if !d.hasNext() {
			break
		}
	}
	for _, s := range []announce.Sentence{t.last(t.unavailable), t.last(t.notKept), t.last(t.visit)} {
		list = append(list, prepared{s, 0})
	}
	return list
}

// Phrases lists the office's own phrases and all fixed ones that the telephone
// says, each as announce.Phrase is given it. A voice built with them as extra
// phrases needs no synthesis while a caller waits.
func Phrases(language string, o queue.Info, services []queue.ServiceView) []string {
	t := textsFor(language)
	list := []string{
		t.greetingPlain, t.forRepeat, t.forBack, t.forMore + ",", t.pressKey, t.keyShort,
		t.nothing, t.wrong, t.operator, t.serviceClosed, t.wait,
		t.yourNumber, t.again, t.nobodyAhead, t.ahead, t.people, t.keepKey, t.keepStay,
		t.keptNumber, t.kept, t.beThere, t.goodbye,
		t.closedOffice, t.noService, t.closedService, t.unavailable, t.tooMany, t.notAllowed, t.notKept,
		t.orVisit, t.visit,
	}
	if o.Name != "" {
		list = append(list, t.greeting+" "+lowerFirst(o.Name)+".")
	}
	for _, s := range services {
		list = append(list,
			naming("", s.Name), naming(t.forService, s.Name), naming(t.serviceName, s.Name), naming(t.wayOut, s.Name))
	}
	return list
}
