package ivr

import (
	"slices"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// setting is what a conversation knows of its office; it does not change while
// the conversation lasts.
type setting struct {
	office   queue.Info
	services []queue.ServiceView // All, in the order of the setup.
	setup    queue.Setup         // Zero where it is not known.
	menu     []queue.PhoneOption // The tree that callers choose from.
	now      time.Time           // When the call was answered, in the office's zone; zero = not known.
	kinds    []kind
	callBack bool // This caller may be offered a call.
	writes   bool // This caller may be offered a message.
	known    bool // This caller's number is in the book of those who are called back.
	staffed  bool // Somebody is there, although the office is closed.
}

func newSetting(in Started) *setting {
	s := &setting{
		office: in.Info, services: in.Services, setup: in.Setup, menu: in.Setup.Phone.Menu, kinds: kindsWith(in.Topics),
		callBack: in.CallBack, writes: in.Writes, known: in.Known, staffed: in.Staffed,
	}
	if len(s.menu) == 0 {
		s.menu = DefaultMenu(ByDemand(in.Services, in.Demand), tongues(in.Setup.Phone.Languages, in.Spoken))
		s.menu = withTopics(s.menu, in.Topics)
	}
	if len(in.Served) > 0 {
		s.menu = withOption(s.menu, true, kindRate)
	}
	if !s.anyOpen() {
		s.menu = withOption(s.menu, false, kindMine, kindLookup)
	}
	if !in.Now.IsZero() {
		s.now = in.Now.In(location(in.Info.TimeZone))
	}
	return s
}

// location is a time zone by name, UTC for one that is unknown.
func location(name string) *time.Location {
	loc, err := time.LoadLocation(name)
	if err != nil {
		return time.UTC
	}
	return loc
}

// service finds a service by its id.
func (s *setting) service(id string) (queue.ServiceView, bool) {
	if i := slices.IndexFunc(s.services, func(v queue.ServiceView) bool { return v.ID == id }); i >= 0 {
		return s.services[i], true
	}
	return queue.ServiceView{}, false
}

// without gives the setting after a service has refused a number.
func (s *setting) without(id string) *setting {
	changed := *s
	changed.services = slices.Clone(s.services)
	for i := range changed.services {
		if changed.services[i].ID == id {
			changed.services[i].Open = false
		}
	}
	return &changed
}

// anyOpen reports whether a number of any service can be had.
func (s *setting) anyOpen() bool {
	return s.office.Open && slices.ContainsFunc(s.services, func(v queue.ServiceView) bool { return v.Open })
}

// today lists when the office is open today; always tells that it never
// closes, known that its hours are known at all.
func (s *setting) today() (spans []queue.Span, always, known bool) {
	if s.now.IsZero() || s.setup.Office == "" {
		return nil, false, false
	}
	date := s.now.Format(time.DateOnly)
	for _, d := range s.setup.Days {
		if d.Date == date {
			return d.Hours, false, true
		}
	}
	for _, h := range s.setup.Hours {
		if h.Day == s.now.Weekday() {
			spans = append(spans, queue.Span{From: h.From, To: h.To})
		}
	}
	slices.SortFunc(spans, func(a, b queue.Span) int { return strings.Compare(a.From, b.From) })
	return spans, len(s.setup.Hours) == 0, true
}

// The keys of a menu that nobody has arranged.
const (
	menuServices = 4 // Services in one level (ISO/IEC 13714: at most four choices).
	keyMore      = "5"
	keyMine      = "6"
	keyLanguage  = "7"
)

// DefaultMenu is the menu of an office that has not arranged its own: four
// services a level in the order given, so that keys do not move while an office
// is open; further ones a level below; then what callers with a number need,
// and the first further language.
func DefaultMenu(services []queue.ServiceView, languages []string) []queue.PhoneOption {
	menu := serviceLevel(services)
	menu = append(menu, queue.PhoneOption{Key: keyMine, Kind: kindMine})
	if len(languages) > 0 {
		menu = append(menu, queue.PhoneOption{Key: keyLanguage, Kind: kindLanguage, Language: languages[0]})
	}
	return menu
}

// serviceLevel is four services and the way to the next four.
func serviceLevel(services []queue.ServiceView) []queue.PhoneOption {
	var level []queue.PhoneOption
	for i, v := range services[:min(len(services), menuServices)] {
		level = append(level, queue.PhoneOption{Key: string(rune('1' + i)), Kind: queue.PhoneService, Service: v.ID})
	}
	if len(services) > menuServices {
		level = append(level, queue.PhoneOption{Key: keyMore, Kind: queue.PhoneMenu, Menu: serviceLevel(services[menuServices:])})
	}
	return level
}

// withTopics adds what other parts of the program offer to a menu that nobody has
// arranged: on the key of further services, or on the level that it leads to. The
// other keys are those of languages and of what only some callers hear.
func withTopics(menu []queue.PhoneOption, topics []Topic) []queue.PhoneOption {
	if len(topics) == 0 {
		return menu
	}
	i := slices.IndexFunc(menu, func(o queue.PhoneOption) bool { return o.Key == keyMore })
	if i < 0 && len(topics) == 1 {
		at := slices.IndexFunc(menu, func(o queue.PhoneOption) bool { return o.Kind != queue.PhoneService })
		return slices.Insert(slices.Clone(menu), max(at, 0), queue.PhoneOption{Key: keyMore, Kind: topics[0].Kind().Name})
	}
	if i < 0 {
		return menu // The office arranges them.
	}
	menu = slices.Clone(menu)
	below := slices.Clone(menu[i].Menu)
	for n, t := range topics[:min(len(topics), 3)] {
		below = append(below, queue.PhoneOption{Key: string(rune('6' + n)), Kind: t.Kind().Name})
	}
	menu[i].Menu = below
	return menu
}

// withOption adds an option of a kind to a menu that has none of these kinds,
// on a key that is free: in front, or at the end.
func withOption(menu []queue.PhoneOption, front bool, kinds ...string) []queue.PhoneOption {
	used := ""
	for _, o := range menu {
		if slices.Contains(kinds, o.Kind) {
			return menu
		}
		used += o.Key
	}
	for key := '8'; key >= '1'; key-- {
		if strings.ContainsRune(used, key) {
			continue
		}
		added := []queue.PhoneOption{{Key: string(key), Kind: kinds[0]}}
		if front {
			return append(added, menu...)
		}
		return append(slices.Clone(menu), added...)
	}
	return menu
}

// tongues is which further languages are offered: those that the office has
// chosen; if it has not chosen, those that can be spoken. An office that wants
// Vietnamese only has chosen just that.
func tongues(chosen, spoken []string) []string {
	if len(chosen) == 0 {
		chosen = spoken
	}
	return slices.DeleteFunc(slices.Clone(chosen), func(code string) bool { return languageOf(code).Code == vietnamese })
}
