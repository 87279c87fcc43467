package agent

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/png"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// Cupboard keeps on the kiosk's disk what the server supplies: what the screens
// say, as sound, and the office's logo. It is there when the server is not.
type Cupboard struct {
	line Line
	dir  string
	log  *slog.Logger

	mu    sync.Mutex
	stock stock
	logo  image.Image // As read last.

	vain map[string]time.Time // What Run has asked for and cannot keep: since when, by file.
}

// Bounds of what is kept and waited for.
const (
	soundsMost   = 3000                  // Files; some seconds each.
	soundMost    = 4 << 20               // Bytes of one.
	soundTime    = 5 * time.Second       // For one sound while somebody waits for it.
	shelfEvery   = time.Second           // Between two looks at the shelf.
	supplyEvery  = time.Minute           // Between two looks at what there is.
	rehearseStep = 50 * time.Millisecond // Between two sounds that nobody waits for: the server has other work.
	fillEvery    = 10 * time.Minute      // Between two rehearsals where nothing is known to have changed: each asks the office for every screen.
	vainPause    = time.Hour             // Before what the voice has no clips for is asked for again.
)

// OpenCupboard opens the cupboard in a directory.
func OpenCupboard(dir string, line Line, log *slog.Logger) (*Cupboard, error) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	c := &Cupboard{line: line, dir: dir, log: log, vain: map[string]time.Time{}}
	if err := os.MkdirAll(c.sounds(), 0o700); err != nil {
		return nil, fmt.Errorf("cupboard: %w", err)
	}
	if _, err := readWhole(c.path("supplies.json"), &c.stock); err != nil {
		log.Warn("what the server supplied is not known any more", "err", err)
	}
	return c, nil
}

func (c *Cupboard) path(name string) string { return filepath.Join(c.dir, name) }
func (c *Cupboard) sounds() string          { return c.path("sounds") }

// Languages lists what the server speaks besides Vietnamese.
func (c *Cupboard) Languages() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.stock.Languages)
}

// speaks reports whether the server has a voice.
func (c *Cupboard) speaks() bool { return c.voice() != "" }

// voice names the server's voice.
func (c *Cupboard) voice() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stock.Voice
}

// Sound gives a speech as a WAV file: the one kept, or the server's.
func (c *Cupboard) Sound(ctx context.Context, speech any) (wav []byte, whole bool, err error) {
	if !c.speaks() {
		return nil, false, errors.New("the server has no voice")
	}
	body, path, err := c.place(speech)
	if err != nil {
		return nil, false, err
	}
	if wav, err := os.ReadFile(path); err == nil && len(wav) > 0 {
		return wav, true, nil
	}
	ctx, cancel := context.WithTimeout(ctx, soundTime)
	defer cancel()
	header, wav, err := c.line.fetch(ctx, http.MethodPost, SayPath, body, soundMost)
	if err != nil {
		return nil, false, err
	}
	if whole = strings.Contains(header.Get("Cache-Control"), "max-age"); whole {
		if err := writeFile(path, wav); err != nil { // It is heard, and asked for again.
			c.log.Warn("a sound is not kept", "err", err)
		}
	}
	return wav, whole, nil
}

// place is what is sent for a speech, and where its sound is kept.
func (c *Cupboard) place(speech any) (body []byte, path string, err error) {
	body, err = json.Marshal(speech)
	if err != nil {
		return nil, "", fmt.Errorf("speech: %w", err)
	}
	sum := sha256.Sum256(body)
	return body, filepath.Join(c.sounds(), hex.EncodeToString(sum[:16])+".wav"), nil
}

// Logo gives the office's logo; nil if there is none.
func (c *Cupboard) Logo() (image.Image, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.logo != nil || c.stock.Logo == "" {
		return c.logo, nil
	}
	data, err := os.ReadFile(c.path("logo.png"))
	if err != nil {
		return nil, fmt.Errorf("logo: %w", err)
	}
	if c.logo, err = png.Decode(bytes.NewReader(data)); err != nil {
		return nil, fmt.Errorf("logo: %w", err)
	}
	return c.logo, nil
}

// Ticket reads the token of a ticket's page by asking the server; a code that
// cannot be asked for has to be typed. It is kiosk.Links.
func (c *Cupboard) Ticket(_, token string) (ref string, ok bool) {
	ctx, cancel := context.WithTimeout(context.Background(), officePatience)
	defer cancel()
	var answer linkAnswer
	_, err := c.line.post(ctx, LinkPath, linkRequest{token}, &answer)
	return answer.Ticket, err == nil && answer.Ticket != ""
}

// Run fetches what is new until ctx ends. Rehearse lists what the screens will
// say; all of it is fetched before somebody asks, again whenever what shelf
// gives has changed.
func (c *Cupboard) Run(ctx context.Context, shelf func() string, rehearse func(ctx context.Context) ([]any, error)) error {
	var looked, filled time.Time
	var had, full string
	for {
		if has := shelf(); has != had || time.Since(looked) > supplyEvery {
			had, looked = has, time.Now()
			err := c.look(ctx)
			if want := has + " " + c.voice(); err == nil && c.speaks() && (want != full || time.Since(filled) > fillEvery) {
				if err = c.fill(ctx, rehearse); err == nil {
					full, filled = want, time.Now()
				}
			}
			if err != nil && ctx.Err() == nil {
				c.log.Info("the server's supplies are not all here", "err", err)
			}
		}
		if !pause(ctx, shelfEvery) {
			return nil
		}
	}
}

// look asks what there is, drops what is out of date, and fetches the logo.
func (c *Cupboard) look(ctx context.Context) error {
	_, body, err := c.line.fetch(ctx, http.MethodGet, SuppliesPath, nil, maxLine)
	if err != nil {
		return err
	}
	var now stock
	if err := json.Unmarshal(body, &now); err != nil {
		return fmt.Errorf("the server's supplies: %w", err)
	}
	c.mu.Lock()
	before := c.stock
	c.mu.Unlock()
	if now.Voice != before.Voice && now.Voice != "" {
		if err := c.empty(); err != nil {
			return err
		}
	}
	if now.Voice == "" { // No voice for the moment: what was heard before is better than silence.
		now.Voice, now.Languages = before.Voice, before.Languages
	}
	if now.Logo != "" && (now.Logo != before.Logo || !exists(c.path("logo.png"))) {
		_, logo, err := c.line.fetch(ctx, http.MethodGet, LogoPath, nil, maxLogo)
		if err == nil {
			err = writeFile(c.path("logo.png"), logo)
		}
		if err != nil {
			return err
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if now.Logo != before.Logo {
		c.logo = nil
	}
	c.stock = now
	return writeWhole(c.path("supplies.json"), now)
}

// empty throws away the sounds of another voice.
func (c *Cupboard) empty() error {
	clear(c.vain)
	if err := errors.Join(os.RemoveAll(c.sounds()), os.MkdirAll(c.sounds(), 0o700)); err != nil {
		return fmt.Errorf("cupboard: %w", err)
	}
	return nil
}

// fill fetches what is not here yet.
func (c *Cupboard) fill(ctx context.Context, rehearse func(ctx context.Context) ([]any, error)) error {
	all, err := rehearse(ctx)
	if err != nil {
		return err
	}
	if err := c.makeRoom(); err != nil {
		return err
	}
	if len(c.vain) > soundsMost {
		clear(c.vain)
	}
	for _, speech := range all[:min(len(all), soundsMost/2)] { // Half is left when room is made.
		_, path, err := c.place(speech)
		if err != nil || exists(path) || time.Since(c.vain[path]) < vainPause {
			continue
		}
		_, whole, err := c.Sound(ctx, speech)
		var refused *refusal
		if err != nil && !errors.As(err, &refused) { // Away: later.
			return err
		}
		if err == nil && !whole || refused != nil && refused.status == http.StatusNotFound {
			c.vain[path] = time.Now()
		}
		if !pause(ctx, rehearseStep) {
			return ctx.Err()
		}
	}
	return nil
}

// makeRoom throws away the older half of the sounds when there are too many.
func (c *Cupboard) makeRoom() error {
	files, err := os.ReadDir(c.sounds())
	if err != nil || len(files) < soundsMost {
		return err
	}
	at := func(e os.DirEntry) time.Time {
		info, err := e.Info()
		if err != nil {
			return time.Time{}
		}
		return info.ModTime()
	}
	slices.SortFunc(files, func(a, b os.DirEntry) int { return at(a).Compare(at(b)) })
	for _, f := range files[:len(files)/2] {
		err = errors.Join(err, os.Remove(filepath.Join(c.sounds(), f.Name())))
	}
	return err
}

// exists reports whether a file has something in it: a power cut may leave the
// name alone.
func exists(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Size() > 0
}

// writeFile puts a file in place whole; a power cut may lose it, and it is
// fetched again.
func writeFile(path string, data []byte) error {
	if err := os.WriteFile(path+".tmp", data, 0o600); err != nil {
		return err
	}
	return os.Rename(path+".tmp", path)
}
