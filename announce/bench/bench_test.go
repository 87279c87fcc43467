package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/xinmoi/xinmoi/announce"
	"github.com/xinmoi/xinmoi/announce/audio"
	"github.com/xinmoi/xinmoi/announce/voice"
	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/memory"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// hummer speaks 100 ms per word.
type hummer struct{}

func (hummer) Name(string) string { return "hummer" }

func (hummer) Speak(_ context.Context, k voice.Key) (audio.PCM, error) {
	return audio.Beep(audio.RatePA, 400, time.Duration(len(strings.Fields(k.Text)))*100*time.Millisecond), nil
}

func humming(t *testing.T, c Config) *voice.Pack {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "voice")
	recipe := voice.Recipe{Region: "north", Speaker: hummer{}}
	wanted, seen := map[voice.Key]bool{}, map[voice.Key]bool{}
	all := announce.Inventory(announce.North, nil)
	for _, spec := range all {
		wanted[spec.Key] = true
	}
	for _, s := range c.calls() {
		for _, step := range announce.Plan(s, library(wanted)) {
			seen[step.Clip] = true
		}
	}
	for _, spec := range all {
		if seen[spec.Key] {
			recipe.Clips = append(recipe.Clips, spec)
		}
	}
	if _, err := voice.Build(t.Context(), dir, recipe); err != nil {
		t.Fatal(err)
	}
	pack, err := voice.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return pack
}

type library map[voice.Key]bool

func (l library) Has(k voice.Key) bool { return l[k] }

func office(t *testing.T) queue.Office {
	t.Helper()
	engine, err := queue.NewEngine(t.Context(), queue.Config{Setup: queue.CommuneCentre(), Store: &memory.Store{}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- engine.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		<-done
	})
	return engine
}

func TestAnnounce(t *testing.T) {
	c := Config{Renders: 6, Calls: 2, Plays: 1, Office: office(t)}
	c.Voice = humming(t, c)
	var steps []string
	c.Progress = func(s string) { steps = append(steps, s) }
	r, err := Announce(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if len(steps) != 3 || len(r.Rows) != 8 || r.SpokenS < 0.5 || r.Played.Seconds < 1 {
		t.Errorf("steps %q, %d rows, %+v", steps, len(r.Rows), r)
	}
	for _, row := range r.Rows {
		if row.Count == 0 || row.P50 <= 0 && row.Name != rowCopy && row.Name != rowCached || row.P99 < row.P50 {
			t.Errorf("%+v", row)
		}
	}
	if cached, fresh := r.row(rowCached), r.row(rowRender); cached.P50 > fresh.P50 || cached.KB > fresh.KB/10 {
		t.Errorf("a cached call costs %+v, a fresh one %+v", cached, fresh)
	}
	var text, asJSON bytes.Buffer
	if err := errors.Join(r.WriteText(&text), r.WriteJSON(&asJSON)); err != nil {
		t.Fatal(err)
	}
	var back Report
	if err := json.Unmarshal(asJSON.Bytes(), &back); err != nil || len(back.Rows) != len(r.Rows) || len(back.Ratios) != len(r.Ratios) {
		t.Errorf("%v: %s", err, asJSON.String())
	}
	for _, want := range []string{rowNextBusy, "goal ≤ 2: ", "samples inserted"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("no %q in\n%s", want, text.String())
		}
	}
}

func TestAnnounceWithoutOffice(t *testing.T) {
	c := Config{Renders: 2, Plays: 1}
	c.Voice = humming(t, c)
	r, err := Announce(t.Context(), c)
	if err != nil || r.row(rowNext).Count != 0 {
		t.Fatalf("%+v, %v", r, err)
	}
	for _, one := range r.Ratios {
		if strings.HasPrefix(one.Name, "next") {
			t.Errorf("judges %q, which was not measured", one.Name)
		}
	}
}

func TestAnnounceEnds(t *testing.T) {
	c := Config{Renders: 2}
	c.Voice = humming(t, c)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Announce(ctx, c); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestValidate(t *testing.T) {
	for name, c := range map[string]Config{
		"no voice": {}, "renders": {Voice: &voice.Pack{}, Renders: -1}, "calls": {Voice: &voice.Pack{}, Calls: 501}, "plays": {Voice: &voice.Pack{}, Plays: 1000},
	} {
		if c.Validate() == nil {
			t.Errorf("%s: taken", name)
		}
	}
	if err := (Config{Voice: &voice.Pack{}}).Validate(); err != nil {
		t.Error(err)
	}
}

func TestCallsDiffer(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range (Config{Renders: 1000}).calls() {
		seen[s.Text()] = true
	}
	if len(seen) < 990 {
		t.Errorf("%d of 1000 calls differ", len(seen))
	}
}

// A card that is fed in time inserts nothing, and takes as long as the clip.
func TestCard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, begun := newCard(bufferOurs), time.Now()
		c.play(t.Context(), audio.Silence(audio.RatePA, 2*time.Second))
		if took := time.Since(begun); c.inserted != 0 || (took-2*time.Second).Abs() > 2*cardPeriod {
			t.Errorf("%d samples inserted in %v", c.inserted, took)
		}
		short := newCard(bufferOurs)
		short.play(t.Context(), audio.Silence(audio.RatePA, 3*time.Millisecond))
		if short.inserted != 0 {
			t.Errorf("%d samples inserted into 3 ms", short.inserted)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		cut := newCard(bufferOurs)
		cut.play(ctx, audio.Silence(audio.RatePA, time.Minute))
	})
}

// A card that is late makes up exactly what was missing.
func TestCardCountsWhatIsMissing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := newCard(bufferOurs)
		c.started = time.Unix(1000, 0)
		given, taken := 0, time.Duration(0)
		want := 0
		for range rapid.IntRange(1, 20).Draw(t, "periods") {
			add := rapid.IntRange(0, c.size-c.filled).Draw(t, "written")
			c.filled += add
			given += add
			step := time.Duration(rapid.IntRange(1, 100).Draw(t, "ms")) * time.Millisecond
			due := int(step.Milliseconds()) * audio.RatePA / 1000
			want += max(0, due-c.filled)
			taken += step
			c.take(c.started.Add(taken))
			if slack := c.inserted - want; slack < -20 || slack > 20 {
				t.Fatalf("%d samples inserted, want %d", c.inserted, want)
			}
		}
	})
}

func TestRatios(t *testing.T) {
	for _, c := range []struct {
		r   Ratio
		met bool
	}{{Ratio{Value: 3, Goal: 2, Judged: true}, false}, {Ratio{Value: 2, Goal: 2, Judged: true}, true}, {Ratio{Value: 3, Goal: 2}, true}, {Ratio{Value: 0, Judged: true}, true}, {Ratio{Value: 1, Judged: true}, false}} {
		if c.r.Met() != c.met {
			t.Errorf("%+v: met %v", c.r, c.r.Met())
		}
	}
	if got := rowOf("", []time.Duration{9 * time.Millisecond, time.Millisecond, 2 * time.Millisecond}); got.P95 != 9 || got.P50 != 2 || rowOf("", nil).P50 != 0 {
		t.Errorf("%+v", got)
	}
}
