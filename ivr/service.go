package ivr

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/xinmoi/xinmoi/ivr/media"
	"github.com/xinmoi/xinmoi/queue"
)

// refreshEvery is how often Run looks whether the menu has changed.
const refreshEvery = 30 * time.Second

// Config is what a Service needs.
type Config struct {
	Office   queue.Office
	Render   Render           // Speaks sentences at 8 kHz.
	Language string           // Empty = "vi".
	Logger   *slog.Logger     // Nil = silent.
	Now      func() time.Time // Wall clock of the daily figures and of what is said of days; nil = time.Now.

	// Setup tells what the office has decided about its telephone and its
	// hours; nil = the defaults of queue.PhoneSetup and no hours said.
	Setup     func(ctx context.Context) (queue.Setup, error)
	Callbacks Callbacks // Nil = nobody is called back.
	Writer    Writer    // Nil = nobody is written to.
	Watch     Watcher   // Nil = nobody watches.

	// Demand counts the numbers taken of each service in the past days, for the
	// menu that nobody has arranged: the most used come first. It answers at
	// once, and through a day the same; nil = the order of the setup.
	Demand func() map[string]int
	// Languages lists what the voice has clips for, "vi", "en". One that the
	// telephone can speak whole is offered to callers, unless the office has
	// chosen its languages itself; nil = only those it has chosen.
	Languages func() []string
	// Topics are what other parts of the program offer callers.
	Topics []Topic
}

// Service answers telephone calls for one office.
type Service struct {
	config  Config
	catalog *catalog
	voice   *prompts
	filler  prompt
	figures figures
	spoken  atomic.Pointer[[]string] // Languages beside Vietnamese, as far as it is known …
	voices  atomic.Int64             // … and how often the voice has changed.
	unsaid  map[string]bool          // What could not be prepared the last time; of prepare alone.
}

// New makes a Service. It answers at once; Run only makes the first calls
// faster.
func New(c Config) *Service {
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Service{
		config:  c,
		catalog: &catalog{office: c.Office},
		voice:   newPrompts(c.Render),
		filler:  newPrompt(fillerTone()),
	}
}

// Run renders what every caller hears before the first one calls, and again
// when the office changes. It returns when ctx ends.
func (s *Service) Run(ctx context.Context) error {
	for {
		s.prepare(ctx)
		select {
		case <-time.After(refreshEvery):
		case <-ctx.Done():
			return nil
		}
	}
}

// prepare renders the common sentences; what is there already costs nothing.
func (s *Service) prepare(ctx context.Context) {
	info, services, err := s.catalog.now(ctx)
	if err != nil {
		s.config.Logger.Warn("office cannot be asked, its menu is not prepared", "error", err)
		return
	}
	set := s.around()
	set.Info, set.Services, set.Setup, set.Now = info, services, s.catalog.setupNow(ctx, s.config.Setup), s.config.Now()
	unsaid := map[string]bool{}
	s.render(ctx, set, unsaid)
	if s.probe(ctx, set) {
		set.Spoken = s.languages()
		s.render(ctx, set, unsaid)
	}
	s.unsaid = unsaid
}

// render notes what cannot be said, and logs what of it is new since the last time: an
// office without a voice is one for long.
func (s *Service) render(ctx context.Context, set Started, unsaid map[string]bool) {
	for _, p := range common(s.config.Language, set) {
		_, err := s.voice.get(ctx, p.sentence, p.lead)
		if err == nil || ctx.Err() != nil {
			continue
		}
		if text := p.sentence.Text(); !unsaid[text] {
			unsaid[text] = true
			if !s.unsaid[text] {
				s.config.Logger.Warn("sentence cannot be prepared", "text", text, "error", err)
			}
		}
	}
}

// around is what a menu depends on beside the office: what was asked for
// lately, what can be spoken and what other parts offer.
func (s *Service) around() Started {
	in := Started{Spoken: s.languages(), Topics: s.config.Topics}
	if s.config.Demand != nil {
		in.Demand = s.config.Demand()
	}
	return in
}

// VoiceChanged forgets what the earlier voice said; the next calls hear the
// new one.
func (s *Service) VoiceChanged() {
	s.voices.Add(1)
	s.voice.clear()
	s.spoken.Store(nil)
}

// Answer leads one conversation on an answered line and returns when the line
// is down and the office knows all it must. ctx ends it early.
func (s *Service) Answer(ctx context.Context, line Line) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	began := s.config.Now()
	s.figures.begin(began.In(s.catalog.zone()))
	caller := media.MaskNumber(line.Caller())
	c := &call{
		line: line, voice: s.voice, filler: s.filler,
		office: &officeLink{
			office: s.config.Office, catalog: s.catalog, person: person(line.Caller()), number: media.NormalizeCaller(line.Caller()),
			key: callKey(line.ID(), began), operator: operatorOf(line), setup: s.config.Setup, callbacks: s.config.Callbacks, writer: s.config.Writer, now: s.config.Now,
			around: s.around,
		},
		log:     s.config.Logger.With("call", media.MaskIn(line.ID(), line.Caller()), "caller", caller),
		watch:   watch{to: s.config.Watch, id: line.ID(), caller: caller, now: s.config.Now},
		d:       NewDialogue(s.config.Language),
		answers: make(chan Input, maxAsked), rendered: make(chan rendering, 1),
	}
	c.run(ctx)
	cancel()
	c.work.Wait()
	s.report(c, began)
}

// report counts and logs a finished call.
func (s *Service) report(c *call, began time.Time) {
	t, taken := c.d.Ticket()
	kept := c.kept()
	s.figures.end(kept)
	c.log.Info("conversation ended", "seconds", s.config.Now().Sub(began).Round(time.Second).Seconds(),
		"taken", taken, "number", t.Number.String(), "kept", kept)
}

// person is by whom limits are counted; empty when the number is withheld.
func person(raw string) string {
	if n := media.NormalizeCaller(raw); n != "" {
		return "tel:" + n
	}
	return ""
}
