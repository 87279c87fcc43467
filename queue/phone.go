package queue

import (
	"maps"
	"net/url"
	"slices"
	"strings"
	"unicode"
)

// PhoneSetup is what an office decides about its telephone. The zero value is
// a telephone that works: a menu built from the services, every text as it
// comes, nobody to transfer to, Vietnamese.
type PhoneSetup struct {
	Menu      []PhoneOption                `json:"menu,omitempty"`      // What callers choose from first; none = built from the services.
	Prompts   map[string]map[string]string `json:"prompts,omitempty"`   // Language → prompt id → what is said instead. Which ids there are, package ivr knows.
	Operator  string                       `json:"operator,omitempty"`  // Who answers key 0: a SIP address or an extension. Only staff see it. Empty = nobody.
	General   string                       `json:"general,omitempty"`   // The service that a caller who presses nothing is given a number of; empty = none.
	Languages []string                     `json:"languages,omitempty"` // Offered beside Vietnamese, as BCP 47: "en".
	Callback  PhoneCallback                `json:"callback,omitzero"`   // Limits on calling citizens.
}

// PhoneOption is one line of a telephone menu.
type PhoneOption struct {
	Key      string            `json:"key"`                // "1" … "8"; 9, 0, * and # mean the same everywhere.
	Kind     string            `json:"kind"`               // "service", "menu", or another that package ivr knows.
	Label    map[string]string `json:"label,omitempty"`    // Language → what it is called; none = the service's own name.
	Service  string            `json:"service,omitempty"`  // Service id, for kind "service".
	Text     map[string]string `json:"text,omitempty"`     // Language → what is said, for kind "notice".
	Language string            `json:"language,omitempty"` // For kind "language": which one.
	Menu     []PhoneOption     `json:"menu,omitempty"`     // The level below, for kind "menu".
}

// The kinds of option that name something of the setup. All others are
// package ivr's.
const (
	PhoneService = "service" // A number of Service.
	PhoneMenu    = "menu"    // A level below.
)

// PhoneCallback bounds how citizens are called. A zero field means the default
// beside it.
type PhoneCallback struct {
	Off      bool   `json:"off,omitempty"`      // Nobody is called. Default: who asked for it.
	Ahead    int    `json:"ahead,omitempty"`    // Call when so many are left before the ticket. Default 3.
	Attempts int    `json:"attempts,omitempty"` // Calls per ticket at most, until somebody answers. Default 2.
	From     string `json:"from,omitempty"`     // No calls earlier in the day. Default "07:00".
	To       string `json:"to,omitempty"`       // No calls later. Default "17:00".
}

// WithDefaults fills in what the office left open.
func (c PhoneCallback) WithDefaults() PhoneCallback {
	const ahead, attempts, from, to = 3, 2, "07:00", "17:00"
	if c.Ahead == 0 {
		c.Ahead = ahead
	}
	if c.Attempts == 0 {
		c.Attempts = attempts
	}
	if c.From == "" {
		c.From = from
	}
	if c.To == "" {
		c.To = to
	}
	return c
}

// Bounds of a telephone menu.
const (
	maxPhoneLevels  = 8
	maxPhoneOptions = 8   // Keys 1 to 8.
	maxPhonePrompts = 200 // Per language.
	maxPhoneText    = 600 // Bytes; about half a minute of speech.
	maxPhoneTongues = 8
	maxOperator     = 128
)

// clone shares nothing with p.
func (p PhoneSetup) clone() PhoneSetup {
	p.Menu = cloneOptions(p.Menu)
	p.Languages = slices.Clone(p.Languages)
	p.Prompts = maps.Clone(p.Prompts)
	for language, prompts := range p.Prompts {
		p.Prompts[language] = maps.Clone(prompts)
	}
	return p
}

func cloneOptions(list []PhoneOption) []PhoneOption {
	list = slices.Clone(list)
	for i := range list {
		list[i].Label, list[i].Text = maps.Clone(list[i].Label), maps.Clone(list[i].Text)
		list[i].Menu = cloneOptions(list[i].Menu)
	}
	return list
}

// validate refuses a telephone that would lead callers nowhere.
func (p PhoneSetup) validate(s Setup) error {
	if p.General != "" && !s.hasService(p.General) {
		return Errorf(CodeUnknownService, "the telephone's general service %q does not exist", clip(p.General))
	}
	if err := validateOperator(p.Operator); err != nil {
		return err
	}
	if len(p.Languages) > maxPhoneTongues || len(p.Prompts) > maxPhoneTongues {
		return Errorf(CodeBadRequest, "the telephone speaks at most %d languages", maxPhoneTongues)
	}
	for i, language := range p.Languages {
		if !isLanguage(language) || slices.Contains(p.Languages[:i], language) {
			return Errorf(CodeBadRequest, "telephone language %q: give one like en, each once", clip(language))
		}
	}
	for language, prompts := range p.Prompts {
		if err := validatePrompts(language, prompts); err != nil {
			return err
		}
	}
	if err := p.Callback.validate(); err != nil {
		return err
	}
	return s.validateOptions(p.Menu, 1)
}

// validateOptions checks one level of the menu and those below.
func (s Setup) validateOptions(list []PhoneOption, level int) error {
	switch {
	case level > maxPhoneLevels:
		return Errorf(CodeBadRequest, "telephone menu: at most %d levels", maxPhoneLevels)
	case len(list) > maxPhoneOptions:
		return Errorf(CodeBadRequest, "telephone menu: %d options in one level, at most %d", len(list), maxPhoneOptions)
	}
	seen := ""
	for _, o := range list {
		if len(o.Key) != 1 || o.Key < "1" || o.Key > "8" || strings.Contains(seen, o.Key) {
			return Errorf(CodeBadRequest, "telephone key %q: give 1 to 8, each once in a level", clip(o.Key))
		}
		seen += o.Key
		if err := s.validateOption(o, level); err != nil {
			return err
		}
	}
	return nil
}

// validateOption checks one line and what is below it.
func (s Setup) validateOption(o PhoneOption, level int) error {
	for _, texts := range []map[string]string{o.Label, o.Text} {
		if len(texts) > maxPhoneTongues {
			return Errorf(CodeBadRequest, "telephone key %s: texts in at most %d languages", o.Key, maxPhoneTongues)
		}
		for language, text := range texts {
			if !isLanguage(language) || !isPhoneText(text) {
				return Errorf(CodeBadRequest, "telephone key %s: text %q is longer than %d bytes or not text", o.Key, clip(text), maxPhoneText)
			}
		}
	}
	switch o.Kind {
	case PhoneService:
		if !s.hasService(o.Service) {
			return Errorf(CodeUnknownService, "telephone key %s leads to service %q, which does not exist", o.Key, clip(o.Service))
		}
	case PhoneMenu:
		if len(o.Menu) == 0 {
			return Errorf(CodeBadRequest, "telephone key %s leads to a level without options", o.Key)
		}
	}
	if o.Language != "" && !isLanguage(o.Language) {
		return Errorf(CodeBadRequest, "telephone key %s: language %q: give one like en", o.Key, clip(o.Language))
	}
	if !isID(o.Kind) {
		return Errorf(CodeBadRequest, "telephone key %s: %q is no kind of option", o.Key, clip(o.Kind))
	}
	if o.Kind != PhoneMenu && len(o.Menu) > 0 || o.Kind != PhoneService && o.Service != "" {
		return Errorf(CodeBadRequest, "telephone key %s: an option of kind %s has no level or service of its own", o.Key, o.Kind)
	}
	return s.validateOptions(o.Menu, level+1)
}

// validate wants hours of the day and few attempts: nobody is to be pestered.
func (c PhoneCallback) validate() error {
	const mostAhead, mostAttempts = 100, 5
	switch d := c.WithDefaults(); {
	case d.Ahead < 1 || d.Ahead > mostAhead:
		return Errorf(CodeBadRequest, "calling back with %d ahead: give 1 to %d", c.Ahead, mostAhead)
	case d.Attempts < 1 || d.Attempts > mostAttempts:
		return Errorf(CodeBadRequest, "%d attempts to call back: give 1 to %d", c.Attempts, mostAttempts)
	default:
		return Span{d.From, d.To}.validate()
	}
}

func validatePrompts(language string, prompts map[string]string) error {
	if !isLanguage(language) || len(prompts) > maxPhonePrompts {
		return Errorf(CodeBadRequest, "telephone texts in %q: give a language like en and at most %d texts", clip(language), maxPhonePrompts)
	}
	for id, text := range prompts {
		if !isID(id) || !isPhoneText(text) {
			return Errorf(CodeBadRequest, "telephone text %q: at most %d bytes of text", clip(id), maxPhoneText)
		}
	}
	return nil
}

// validateOperator wants an extension ("100") or a SIP address
// ("sip:100@10.0.0.2") and nothing that could carry a header (RFC 3515 puts it
// into Refer-To).
func validateOperator(to string) error {
	if to == "" {
		return nil
	}
	bad := Errorf(CodeBadRequest, "operator %q: give an extension like 100 or an address like sip:100@10.0.0.2", clip(to))
	if len(to) > maxOperator || strings.ContainsFunc(to, func(r rune) bool {
		return r <= ' ' || r > '~' || strings.ContainsRune(`<>"?,\`, r)
	}) {
		return bad
	}
	if strings.Trim(to, "0123456789*#+") == "" {
		return nil
	}
	u, err := url.Parse(to)
	if err != nil || u.Scheme != "sip" && u.Scheme != "sips" || u.Opaque == "" {
		return bad
	}
	user, host, found := strings.Cut(u.Opaque, "@")
	if !found || user == "" || host == "" {
		return bad
	}
	return nil
}

func (s Setup) hasService(id string) bool {
	return slices.ContainsFunc(s.Services, func(v Service) bool { return v.ID == id })
}

// isPhoneText reports whether s can be spoken or left empty.
func isPhoneText(s string) bool {
	return isText(s, maxPhoneText) && !strings.ContainsFunc(s, unicode.IsControl)
}
