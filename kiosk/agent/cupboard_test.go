package agent_test

import (
	"bytes"
	"context"
	"encoding/json"
	"image"
	"image/png"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xinmoi/xinmoi/kiosk/agent"
)

// larder is a server whose supplies change, at the end of a line that can be
// cut.
type larder struct {
	mu    sync.Mutex
	voice string
	logo  []byte
	asked atomic.Int64
	cut   atomic.Bool
}

func (l *larder) set(voice string, logo []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.voice, l.logo = voice, logo
}

func (l *larder) supplies() agent.Supplies {
	return agent.Supplies{
		Languages: func() []string { return []string{"vi", "en"} },
		Voice: func() string {
			l.mu.Lock()
			defer l.mu.Unlock()
			return l.voice
		},
		Say: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			l.asked.Add(1)
			body, _ := io.ReadAll(r.Body)
			var text string
			if json.Unmarshal(body, &text) != nil || text == "unspeakable" {
				http.NotFound(w, r)
				return
			}
			if text != "in part" {
				w.Header().Set("Cache-Control", "private, max-age=60")
			}
			l.mu.Lock()
			defer l.mu.Unlock()
			_, _ = w.Write([]byte(l.voice + ":" + text))
		}),
		Logo: func() ([]byte, error) {
			l.mu.Lock()
			defer l.mu.Unlock()
			if l.logo == nil {
				return nil, fs.ErrNotExist
			}
			return l.logo, nil
		},
		Link: func(_ context.Context, token string) (string, bool) { return "123456789", token == "TOKEN" },
	}
}

// RoundTrip implements http.RoundTripper.
func (l *larder) RoundTrip(r *http.Request) (*http.Response, error) {
	if l.cut.Load() {
		return nil, io.ErrUnexpectedEOF
	}
	return straight{l.supplies().Handler()}.RoundTrip(r)
}

func picture(t *testing.T, wide int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, wide, 20))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// What the server has is fetched before it is asked for, is there while the
// server is not, and is fetched again when it is another.
func TestSuppliesOutlastTheServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &larder{voice: "lan"}
		l.set("lan", picture(t, 40))
		line, dir := agent.Line{Base: "http://queue", Token: "k", HTTP: &http.Client{Transport: l}}, filepath.Join(t.TempDir(), "supplies")
		c, err := agent.OpenCupboard(dir, line, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := c.Sound(t.Context(), "one"); err == nil {
			t.Error("a sound before anything was supplied")
		}
		ctx, stop := context.WithCancel(t.Context())
		var run sync.WaitGroup
		var shelf atomic.Value
		shelf.Store("A001")
		say := []any{"one", "two", "unspeakable", "in part"}
		run.Go(func() {
			_ = c.Run(ctx, func() string { return shelf.Load().(string) }, func(context.Context) ([]any, error) { return append(say, shelf.Load()), nil })
		})
		time.Sleep(10 * time.Second) // In the bubble, here and below: no time passes.
		hear := func(c *agent.Cupboard, text, want string) {
			t.Helper()
			if wav, whole, err := c.Sound(t.Context(), text); string(wav) != want || whole != (want != "") {
				t.Errorf("%s sounds %q (%v), %v", text, wav, whole, err)
			}
		}
		width := func(c *agent.Cupboard) int {
			t.Helper()
			logo, err := c.Logo()
			if err != nil {
				t.Fatal(err)
			}
			if logo == nil {
				return 0
			}
			return logo.Bounds().Dx()
		}
		l.cut.Store(true)
		hear(c, "two", "lan:two")
		hear(c, "A001", "lan:A001")
		hear(c, "unspeakable", "")
		if ref, ok := c.Ticket("", "TOKEN"); ok {
			t.Errorf("cut off, it reads %s", ref)
		}
		l.cut.Store(false)
		before := l.asked.Load()
		time.Sleep(3 * time.Minute)
		if n := l.asked.Load() - before; n > 0 {
			t.Errorf("what cannot be spoken was asked for %d times in three minutes", n)
		}
		if ref, ok := c.Ticket("", "TOKEN"); !ok || ref != "123456789" {
			t.Errorf("the token leads to %q, %v", ref, ok)
		}
		if ref, ok := c.Ticket("", "another"); ok {
			t.Errorf("a forged token leads to %q", ref)
		}
		shelf.Store("A002")
		time.Sleep(10 * time.Second)
		asked := l.asked.Load()
		l.cut.Store(true)
		hear(c, "A002", "lan:A002")
		if width(c) != 40 || len(c.Languages()) != 2 {
			t.Errorf("the logo is %d wide, languages %v", width(c), c.Languages())
		}
		stop()
		run.Wait()
		again, err := agent.OpenCupboard(dir, line, nil) // The kiosk starts anew, and the server is away.
		if err != nil {
			t.Fatal(err)
		}
		hear(again, "one", "lan:one")
		sounds, err := filepath.Glob(filepath.Join(dir, "sounds", "*.wav"))
		if err != nil || len(sounds) == 0 || os.Truncate(sounds[0], 0) != nil {
			t.Fatal("no sounds are kept", err)
		}
		heard := 0
		for _, text := range []string{"one", "two", "A001", "A002"} {
			if wav, _, err := again.Sound(t.Context(), text); err == nil && len(wav) > 0 {
				heard++
			}
		}
		if heard != len(sounds)-1 {
			t.Errorf("of %d sounds, one of them emptied by a power cut, %d are heard", len(sounds), heard)
		}
		if width(again) != 40 {
			t.Error("the logo is gone")
		}
		l.cut.Store(false)
		l.set("minh", nil)
		ctx, stop = context.WithCancel(t.Context())
		run.Go(func() {
			_ = again.Run(ctx, func() string { return "" }, func(context.Context) ([]any, error) { return say[:1], nil })
		})
		time.Sleep(10 * time.Second)
		l.cut.Store(true)
		hear(again, "one", "minh:one")
		hear(again, "two", "")
		if width(again) != 0 {
			t.Error("a logo that the office does not have any more")
		}
		if l.asked.Load() <= asked {
			t.Error("nothing was fetched again")
		}
		stop()
		run.Wait()
	})
}
