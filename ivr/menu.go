package ivr

import (
	"github.com/xinmoi/xinmoi/announce"
	"github.com/xinmoi/xinmoi/queue"
)

// option is one line of a menu: a key and what it gets.
type option struct {
	key  int
	name string
}

// options lists what can be chosen on the current page. Keys follow the order
// of the setup and never move, so that a printed card stays true; a service
// that gives no numbers keeps its key but is not read out.
func (d Dialogue) options() []option {
	var list []option
	for i, s := range d.onPage() {
		if s.Open {
			list = append(list, option{key: i + 1, name: s.Name})
		}
	}
	if d.hasNext() {
		list = append(list, option{key: nextKey})
	}
	return list
}

// onPage gives the services of the current page, at most menuOptions.
func (d Dialogue) onPage() []queue.ServiceView {
	from := min(d.page*menuOptions, len(d.services))
	to := min(from+menuOptions, len(d.services))
	return d.services[from:to]
}

func (d Dialogue) hasNext() bool { return (d.page+1)*menuOptions < len(d.services) }

// firstOpen gives the index of the first service that gives numbers, or -1.
func (d Dialogue) firstOpen() int {
	for i, s := range d.services {
		if s.Open {
			return i
		}
	}
	return -1
}

// menuKey answers a menu page.
func (d Dialogue) menuKey(k rune) (Dialogue, []Action) {
	switch {
	case k >= '1' && k <= '0'+menuOptions:
		return d.choose(int(k - '1'))
	case k == '0'+nextKey && d.hasNext():
		d.page++
		return d.sayMenu(d.texts.menu(d.options(), d.page))
	case k == '*' && d.page > 0:
		d.page--
		return d.sayMenu(d.texts.menu(d.options(), d.page))
	case k == '0'+repeatKey || k == '*':
		return d.sayMenu(d.texts.menu(d.options(), d.page))
	case k == '0':
		return d.sayMenu(announce.Phrase(d.texts.operator), d.texts.menu(d.options(), d.page))
	}
	return d.miss(announce.Phrase(d.texts.wrong))
}

// choose takes a number of the i-th service on the page.
func (d Dialogue) choose(i int) (Dialogue, []Action) {
	page := d.onPage()
	if i >= len(page) {
		return d.miss(announce.Phrase(d.texts.wrong))
	}
	if !page[i].Open {
		return d.sayMenu(d.texts.closedNow(page[i].Name), d.texts.shortMenu(d.options()))
	}
	return d.take(page[i].ID)
}

// miss repeats the page shorter; after the third miss it offers a way out.
func (d Dialogue) miss(why announce.Sentence) (Dialogue, []Action) {
	d.misses++
	if d.misses >= maxMisses {
		return d.offerWayOut()
	}
	return d.sayMenu(why, d.texts.shortMenu(d.options()))
}

// sayMenu offers the current page, unless the call has gone round too often.
func (d Dialogue) sayMenu(parts ...announce.Sentence) (Dialogue, []Action) {
	d.turns++
	if d.turns > maxTurns {
		return d.offerWayOut()
	}
	d.stage = menu
	return d, []Action{Say{Sentence: d.texts.join(parts...)}}
}

// offerWayOut offers the first open service under its own key, or the office.
func (d Dialogue) offerWayOut() (Dialogue, []Action) {
	d.stage = wayOut
	first := d.firstOpen()
	way := option{key: first%menuOptions + 1, name: d.services[first].Name}
	return d, []Action{Say{Sentence: d.texts.lastOffer(way)}}
}

// wayOutKey takes the offered service; any other key ends helpfully.
func (d Dialogue) wayOutKey(k rune) (Dialogue, []Action) {
	first := d.firstOpen()
	if k == rune('1'+first%menuOptions) {
		return d.take(d.services[first].ID)
	}
	return d.close(d.texts.last(d.texts.visit))
}
