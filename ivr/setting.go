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
}

func newSetting(in Started) *setting {
	s := &setting{office: in.Info, services: in.Services, setup: in.Setup, callBack: in.CallBack, menu: in.Setup.Phone.Menu, kinds: kinds()}
	if len(s.menu) == 0 {
		s.menu = DefaultMenu(in.Services, in.Setup.Phone.Languages)
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
// services a level in the order of the setup, so that keys never move and a
// printed card stays true; further ones a level below; then what callers with
// a number need, and the first further language.
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
