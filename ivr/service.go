package ivr

import (
	"context"
	"log/slog"
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
	Watch     Watcher   // Nil = nobody watches.
}

// Service answers telephone calls for one office.
type Service struct {
	config  Config
	catalog *catalog
	voice   *prompts
	filler  prompt
	figures figures
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
	set := Started{Info: info, Services: services, Setup: s.catalog.setupNow(ctx, s.config.Setup), Now: s.config.Now()}
	for _, p := range common(s.config.Language, set) {
		if _, err := s.voice.get(ctx, p.sentence, p.lead); err != nil && ctx.Err() == nil {
			s.config.Logger.Warn("sentence cannot be prepared", "text", p.sentence.Text(), "error", err)
		}
	}
}

// VoiceChanged forgets what the earlier voice said; the next calls hear the
// new one.
func (s *Service) VoiceChanged() { s.voice.clear() }

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
			key: callKey(line.ID(), began), operator: operatorOf(line), setup: s.config.Setup, callbacks: s.config.Callbacks, now: s.config.Now,
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
