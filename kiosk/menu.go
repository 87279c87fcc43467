package kiosk

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/xinmoi/xinmoi/kiosk/search"
	"github.com/xinmoi/xinmoi/queue"
)

// menu is what an office offers at this moment.
type menu struct {
	info     queue.Info
	set      settings
	t        words
	local    func(time.Time, queue.Info) time.Time
	services map[string]queue.ServiceView
	order    []queue.ServiceView
	offered  []queue.Procedure
}

func (k *Kiosk) loadMenu(ctx context.Context, t words) (menu, error) {
	m := menu{services: map[string]queue.ServiceView{}, t: t, local: k.local}
	var err error
	if m.info, err = k.cfg.Office.Info(ctx); err != nil {
		return m, err
	}
	if m.order, err = k.cfg.Office.Services(ctx); err != nil {
		return m, err
	}
	for _, s := range m.order {
		m.services[s.ID] = s
	}
	m.set = k.settings(ctx)
	m.offered, err = k.cfg.Office.Procedures(ctx)
	return m, err
}

// fields gives the first procedure of every field, in the office's order.
func (m menu) fields() []queue.Procedure {
	seen := map[string]bool{}
	var out []queue.Procedure
	for _, p := range m.offered {
		if !seen[p.Field] {
			seen[p.Field] = true
			out = append(out, p)
		}
	}
	return out
}

// fieldTile shows a field and how many wait in its services.
func (m menu) fieldTile(f queue.Procedure) tile {
	t := m.named(f.Field, f.Field, f.FieldEN)
	t.Icon = m.set.pictogramOf(f.Field, f.FieldEN)
	waiting, open := 0, false
	counted := map[string]bool{}
	why := ""
	for _, p := range m.offered {
		if p.Field != f.Field || counted[p.Service] {
			continue
		}
		counted[p.Service] = true
		waiting += m.services[p.Service].Waiting
		open = open || m.services[p.Service].Open
		why = cmp.Or(why, m.why(m.services[p.Service]))
	}
	t.Waiting, t.Paused, t.Why = m.t.count(waiting), !open, why
	return t
}

// alone reports whether a procedure is all that its field of the same name has.
func (m menu) alone(p queue.Procedure) bool {
	for _, o := range m.offered {
		if o.Field == p.Field && o.ID != p.ID {
			return false
		}
	}
	return p.Name == p.Field
}

// why says why a service gives no numbers, and until when.
func (m menu) why(s queue.ServiceView) string {
	if s.Open {
		return ""
	}
	_, why, _ := m.t.apology(s.Why)
	if s.Why == "" || s.Why == queue.CodeServiceClosed {
		why = m.t.Paused
	}
	if !s.Until.IsZero() {
		why += " " + m.t.opens(m.local(s.Until, m.info))
	}
	return why
}

// procedures gives the tiles of one field, or of all if field is empty. An
// office without procedures offers its services.
func (m menu) procedures(field string, v visitor) []tile {
	var out []tile
	for _, p := range m.offered {
		if field == "" || p.Field == field {
			out = append(out, m.procedureTile(p, v))
		}
	}
	if len(m.offered) > 0 || field != "" {
		return out
	}
	for _, s := range m.order {
		t := m.named(s.ID, s.Name, s.NameEN)
		t.Icon = m.set.pictogramOf(s.Name, s.NameEN)
		t.Waiting, t.Paused, t.Why, t.Name, t.Value = m.t.count(s.Waiting), !s.Open, m.why(s), "service", s.ID
		out = append(out, t)
	}
	return out
}

// procedureTile takes a number at once, or leads to what there is to know first.
func (m menu) procedureTile(p queue.Procedure, v visitor) tile {
	t := m.named(p.ID, p.Name, p.NameEN)
	s := m.services[p.Service]
	t.Waiting, t.Paused, t.Why, t.Name, t.Value = m.t.count(s.Waiting), !s.Open, m.why(s), "procedure", p.ID
	if informs(p) {
		t.Link = v.path("/kiosk/procedure", url.Values{"id": {p.ID}})
	}
	return t
}

// named puts the chosen language first and Vietnamese, or English, small below.
func (m menu) named(id, vi, en string) tile {
	if own := m.set.Texts[m.t.Code][id]; own != "" && m.t.Code != vietnamese {
		return tile{Main: own, MainLang: m.t.Code, Small: vi, SmallLang: vietnamese}
	}
	if m.t.Code != vietnamese && en != "" {
		return tile{Main: en, MainLang: english, Small: vi, SmallLang: vietnamese}
	}
	return tile{Main: vi, MainLang: vietnamese, Small: en, SmallLang: english}
}

// find gives a procedure by its id.
func (m menu) find(id string) (queue.Procedure, bool) {
	i := slices.IndexFunc(m.offered, func(p queue.Procedure) bool { return p.ID == id })
	if i < 0 {
		return queue.Procedure{}, false
	}
	return m.offered[i], true
}

// searchIndex keeps the index of the procedures until they change.
type searchIndex struct {
	mu      sync.Mutex
	of      []search.Entry
	entries *search.Index
}

// searched gives the tiles that a query means.
func (k *Kiosk) searched(m menu, query string, v visitor) (out []tile) {
	for _, id := range k.index.index(m).Find(query, tilesFound) {
		if p, ok := m.find(id); ok {
			out = append(out, m.procedureTile(p, v))
		}
	}
	return out
}

// index gives the index of a menu, made anew where the procedures have changed.
func (x *searchIndex) index(m menu) *search.Index {
	entries := make([]search.Entry, 0, len(m.offered))
	for _, p := range m.offered {
		e := search.Entry{ID: p.ID, Name: p.Name, Other: []string{p.NameEN, p.Field, p.FieldEN, p.Also}}
		for _, texts := range m.set.Texts {
			e.Other = append(e.Other, texts[p.ID])
		}
		slices.Sort(e.Other)
		entries = append(entries, e)
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	same := func(a, b search.Entry) bool {
		return a.ID == b.ID && a.Name == b.Name && slices.Equal(a.Other, b.Other)
	}
	if x.entries == nil || !slices.EqualFunc(entries, x.of, same) {
		x.of, x.entries = entries, search.New(entries)
	}
	return x.entries
}
