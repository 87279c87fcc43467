package ivr

import (
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// Level is one level of an office's menu as a caller hears it while everything
// is open.
type Level struct {
	Keys  string     // That lead there, "5 1"; empty = the first level.
	Text  string     // What is said.
	Lines []MenuLine // What can be pressed.
}

// MenuLine is one key of a level.
type MenuLine struct {
	Keys  string // From the first level on: "5 1".
	Label string // What it is called; empty for what only the sentence names.
	Kind  string // As in queue.PhoneOption.
	Code  string // For a service: what # and this code choose directly.
}

// Outline tells how the menu of a setup sounds in a language, as far as the
// setup alone decides it; see Service.Outline.
func Outline(setup queue.Setup, language string, now time.Time) []Level {
	return outline(Started{}, setup, language, now)
}

// Outline tells how callers hear the menu of a setup in a language.
func (s *Service) Outline(setup queue.Setup, language string, now time.Time) []Level {
	return outline(s.around(), setup, language, now)
}

// Tongues lists the languages that callers of an office are offered beside
// Vietnamese: those it has chosen, else those that can be spoken whole.
func (s *Service) Tongues(p queue.PhoneSetup) []string { return tongues(p.Languages, s.languages()) }

// BuiltMenu is the menu of an office that has not arranged its own.
func (s *Service) BuiltMenu(setup queue.Setup) []queue.PhoneOption {
	setup.Phone.Menu = nil
	in := s.around()
	in.Info, in.Setup = queue.Info{Open: true}, setup
	for _, v := range setup.Services {
		in.Services = append(in.Services, queue.ServiceView{Service: v, Open: true})
	}
	return newSetting(in).menu
}

// Kinds lists what a menu can offer.
func (s *Service) Kinds() []Kind { return Kinds(s.config.Topics...) }

// outline adds a setup to what is around it.
func outline(in Started, setup queue.Setup, language string, now time.Time) []Level {
	in = Started{
		Demand: in.Demand, Spoken: in.Spoken, Topics: in.Topics,
		Info:  queue.Info{Name: setup.Name, NameEN: setup.NameEN, TimeZone: setup.TimeZone, Open: true, ByValue: setup.ByValue, Region: setup.Region},
		Setup: setup, Now: now,
	}
	for _, v := range setup.Services {
		in.Services = append(in.Services, queue.ServiceView{Service: v, Open: true})
	}
	d, first := NewDialogue(language).Step(in)
	if d.stage != menu || len(first) == 0 {
		return nil
	}
	levels := d.outline(nil)
	if say, ok := first[0].(Say); ok {
		levels[0].Text = say.Sentence.Text()
	}
	return levels
}

// outline tells the current level and those below it.
func (d Dialogue) outline(keys []string) []Level {
	own := Level{Keys: strings.Join(keys, " "), Text: d.choicesText().Text()}
	var below []Level
	for _, o := range d.level() {
		to := append(keys[:len(keys):len(keys)], o.Key)
		line := MenuLine{Keys: strings.Join(to, " "), Label: d.label(o).text, Kind: o.Kind}
		if o.Kind == queue.PhoneService {
			line.Code = codeOf(o.Service)
		}
		own.Lines = append(own.Lines, line)
		if o.Kind == queue.PhoneMenu {
			next, _ := d.chooseLevel(o)
			below = append(below, next.outline(to)...)
		}
	}
	return append([]Level{own}, below...)
}
