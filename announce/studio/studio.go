package studio

import (
	"context"
	"embed"
	"errors"
	"log/slog"
	"time"

	"github.com/xinmoi/xinmoi/announce"
	"github.com/xinmoi/xinmoi/announce/voice"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

//go:embed templates static
var files embed.FS

// Prefix is where the studio is.
const Prefix = "/studio"

// Config is what the studio needs. Dir is required.
type Config struct {
	Dir    string          // Of the voice packs; recordings lie beside them as "<id>.studio".
	Region announce.Region // Offered first for a new recording.
	Extra  []string        // Phrases of this office, such as the names of its services.
	// Behind gives the voice that says what is not recorded yet, nil if there is none.
	Behind func(announce.Region) *voice.Pack
	// Synth says what no voice has; nil, or a nil synthesiser, leaves it out.
	Synth func(announce.Region) voice.Synthesizer
	// Use puts the pack in a folder to use in the office; nil = no such button.
	Use    func(ctx context.Context, dir string) error
	Dial   string           // Whom to call to record by telephone, "sip:studio@…"; empty = no telephone.
	Office string           // Its name, in the head of the pages.
	Build  string           // Version of the program.
	Logger *slog.Logger     // Nil = silent.
	Now    func() time.Time // Nil = time.Now.
}

// Studio is the recording of voices at one office. It is safe for concurrent use.
type Studio struct {
	Config
	shelf   *shelf
	kit     *page.Desk
	work    chan struct{} // Places for recordings being measured.
	guesses guesses
	log     *slog.Logger
	now     func() time.Time
}

// The bounds of what is worked on at once; an office machine has two cores and
// calls to announce.
const (
	atOnce  = 2
	patient = 20 * time.Second
)

// New opens the studio; recordings that are there are found again.
func New(c Config) (*Studio, error) {
	if c.Dir == "" {
		return nil, errors.New("studio: Config.Dir is required")
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	kit, err := page.NewDesk(page.DeskConfig{
		Name: "studio", Prefix: Prefix, Files: files, Style: "studio.css", Office: c.Office, Build: c.Build, Logger: c.Logger,
	})
	if err != nil {
		return nil, err
	}
	c.Logger = kit.Logger
	return &Studio{
		Config: c, kit: kit, log: c.Logger, now: c.Now, work: make(chan struct{}, atOnce),
		shelf: &shelf{dir: c.Dir, extra: c.Extra, now: c.Now, open: map[string]*project{}, scripts: map[announce.Region][]Line{}},
	}, nil
}

// begin waits for a place to work; the error is a refusal when the machine is
// too busy.
func (s *Studio) begin(ctx context.Context) (done func(), err error) {
	timer := time.NewTimer(patient)
	defer timer.Stop()
	select {
	case s.work <- struct{}{}:
		return func() { <-s.work }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-timer.C:
		return nil, refuse(429, "Máy đang bận xử lý các bản thu khác. Đợi một lát rồi thử lại.", "The machine is busy with other recordings. Wait a moment and try again.")
	}
}
