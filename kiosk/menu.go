package kiosk

import (
	"context"

	"github.com/xinmoi/xinmoi/queue"
)

// menu is what an office offers at this moment.
type menu struct {
	info     queue.Info
	services map[string]queue.ServiceView
	order    []queue.ServiceView
	offered  []queue.Procedure
}

func loadMenu(ctx context.Context, office queue.Office) (menu, error) {
	m := menu{services: map[string]queue.ServiceView{}}
	var err error
	if m.info, err = office.Info(ctx); err != nil {
		return m, err
	}
	if m.order, err = office.Services(ctx); err != nil {
		return m, err
	}
	for _, s := range m.order {
		m.services[s.ID] = s
	}
	m.offered, err = office.Procedures(ctx)
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
func (m menu) fieldTile(f queue.Procedure, lang string) tile {
	t := bilingual(lang, f.Field, f.FieldEN)
	waiting, open := 0, false
	counted := map[string]bool{}
	for _, p := range m.offered {
		if p.Field != f.Field || counted[p.Service] {
			continue
		}
		counted[p.Service] = true
		waiting += m.services[p.Service].Waiting
		open = open || m.services[p.Service].Open
	}
	t.Waiting, t.Paused = people(lang, waiting), !open
	return t
}

// procedures gives the tiles of one field, or of all if field is empty. An
// office without procedures offers its services.
func (m menu) procedures(field, lang string) []tile {
	var out []tile
	for _, p := range m.offered {
		if field != "" && p.Field != field {
			continue
		}
		t := bilingual(lang, p.Name, p.NameEN)
		s := m.services[p.Service]
		t.Waiting, t.Paused, t.Name, t.Value = people(lang, s.Waiting), !s.Open, "procedure", p.ID
		out = append(out, t)
	}
	if len(m.offered) > 0 || field != "" {
		return out
	}
	for _, s := range m.order {
		t := bilingual(lang, s.Name, s.NameEN)
		t.Waiting, t.Paused, t.Name, t.Value = people(lang, s.Waiting), !s.Open, "service", s.ID
		out = append(out, t)
	}
	return out
}

// bilingual puts the chosen language first and the other one small below.
func bilingual(lang, vi, en string) tile {
	if lang == english && en != "" {
		return tile{Main: en, Small: vi, SmallLang: vietnamese}
	}
	return tile{Main: vi, Small: en, SmallLang: english}
}
