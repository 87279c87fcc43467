package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/xinmoi/xinmoi/announce"
	"github.com/xinmoi/xinmoi/announce/voice"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// shelfOf is where a data directory keeps its voices.
func shelfOf(data string) voice.Shelf { return voice.Shelf{Dir: filepath.Join(data, "voices")} }

// voices says which voices this office speaks with.
func (a *app) voices() announce.Voices {
	return announce.Voices{Shelf: shelfOf(a.data.path), Dir: a.cfg.Voice.Dir, Region: a.regional.region(), Speed: a.cfg.Voice.Speed}
}

// openVoice finds the voice; a placeholder that is missing is made in the
// background, and one that an older program made learns what it lacks.
func (a *app) openVoice(context.Context) error {
	want, err := announce.ParseRegion(a.info.Region)
	if err != nil {
		return err
	}
	a.regional.speak(a.nearest(want))
	if a.renderer, a.notes, err = a.voices().OpenRenderer(); err != nil {
		return err
	}
	a.parts = append(a.parts, part{"voice", a.keepVoice, false})
	return nil
}

// voiceLook is how often the voices are looked at: "xinmoi voice use", build
// and import work beside a running server.
const voiceLook = 5 * time.Second

// keepVoice makes the placeholder where it is needed and puts to use what
// changes on the shelf.
func (a *app) keepVoice(ctx context.Context) error {
	last := a.voices().Stamp()
	var making sync.WaitGroup
	making.Go(func() {
		a.makeVoice(ctx)
		a.warmVoice(ctx)
	})
	a.followRegion(ctx, &making)
	defer making.Wait()
	look := time.NewTicker(voiceLook)
	defer look.Stop()
	for {
		if now := a.voices().Stamp(); now != last {
			last = now
			if err := a.useVoices(); err != nil {
				a.log.Error("no voice can be used", "err", err)
			}
			a.warmVoice(ctx)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-look.C:
		case <-a.regional.wake:
		}
		a.followRegion(ctx, &making)
	}
}

// warmVoice makes the clips of this office's calls ready, so that the first
// call of a voice is as quick as the next.
func (a *app) warmVoice(ctx context.Context) {
	view, err := a.engine.Setup(ctx)
	if err != nil || a.renderer.Voice() == nil {
		return
	}
	var prefixes, counters []string
	for _, s := range view.Setup.Services {
		prefixes = append(prefixes, s.ID)
	}
	for _, c := range view.Setup.Counters {
		counters = append(counters, c.ID)
	}
	w := announce.Wording{Region: a.regional.region(), ByValue: view.Setup.ByValue}
	if err := a.renderer.WarmCalls(ctx, prefixes, counters, w); err != nil && ctx.Err() == nil {
		a.log.Warn("the voice's clips could not be made ready beforehand", "err", err)
	}
}

// makeVoice makes the placeholder voice, or brings it up to date.
func (a *app) makeVoice(ctx context.Context) {
	dir := a.voices().Placeholder()
	if _, err := voice.ReadManifest(dir); err == nil {
		if _, err := announce.ExtendVoice(ctx, dir, a.regional.region(), nil); err != nil && ctx.Err() == nil {
			a.log.Warn("the placeholder voice stays as it is", "err", err)
		}
		return
	}
	r := a.regional.region()
	if a.placeholderConfigured() || !a.regional.begin(r) {
		return
	}
	a.regional.end(a.buildVoice(ctx, r))
}

// useVoices opens the voices anew and speaks with them from the next call on.
// A voice that cannot be opened is passed over and logged.
func (a *app) useVoices() error {
	pack, notes, err := a.voices().Open()
	if err != nil && !errors.Is(err, voice.ErrNoVoice) {
		return err
	}
	for _, n := range notes {
		a.log.Warn("voice", "note", n)
	}
	a.renderer.Use(pack, synthesiser(a.regional.region()))
	if a.phone != nil {
		a.phone.VoiceChanged()
	}
	return err
}

// voicePanel shows who speaks and what that voice lacks.
func (a *app) voicePanel() page.Panel {
	return page.Panel{ID: "voice", Title: "Giọng đọc", TitleEN: "Voice", Rows: func(ctx context.Context) []page.Row {
		rows := voiceRows(a.renderer.Voice())
		note, other := a.voiceNote(ctx)
		if made, _, _ := a.regional.beingMade(a.regional.region()); a.renderer.Voice() == nil && made && other {
			return []page.Row{note}
		}
		if other {
			rows = append(rows, note)
		}
		if a.renderer.Voice() == nil {
			return rows
		}
		if a.hall != nil {
			rows = append(rows, insteadRows(a.hall.Statuses())...)
		}
		return append(rows, renderRow(a.renderer.Stats()))
	}}
}

// insteadRows tells what calls have said since the start without a clip of the
// voice.
func insteadRows(zones []announce.Status) (rows []page.Row) {
	var behind, synthesised []string
	for _, s := range zones {
		behind, synthesised = append(behind, s.Behind...), append(synthesised, s.Synthesised...)
	}
	for _, r := range []struct {
		said              []string
		label, labelEN, p string
	}{
		{behind, "Giọng thay đã đọc", "Said by the voice behind", ""},
		{synthesised, "Máy đã đọc thay", "Synthesised", "espeak-ng: "},
	} {
		slices.Sort(r.said)
		r.said = slices.Compact(r.said)
		if n := len(r.said); n > 0 {
			some := r.p + strings.Join(r.said[:min(5, n)], "; ")
			rows = append(rows, page.Row{
				Label: r.label, LabelEN: r.labelEN, Level: page.Warn,
				Value: fmt.Sprintf("%d câu, thu thêm: %s", n, some), ValueEN: page.Count(n, "phrase") + ", record them: " + some,
			})
		}
	}
	return rows
}

// renderRow tells what calls cost: those that are kept cost nothing.
func renderRow(s announce.RenderStats) page.Row {
	return page.Row{
		Label: "Lời gọi đã ghép", LabelEN: "Calls put together",
		Value:   fmt.Sprintf("%d; dùng lại %d (giữ sẵn %d lời gọi, %d mẩu tiếng, %d MB)", s.Rendered, s.Hits, s.Cached, s.Clips, (s.CachedBytes+s.ClipBytes)>>20),
		ValueEN: fmt.Sprintf("%d; used again %d (kept ready: %s, %s, %d MB)", s.Rendered, s.Hits, page.Count(s.Cached, "call"), page.Count(s.Clips, "clip"), (s.CachedBytes+s.ClipBytes)>>20),
	}
}

func voiceRows(pack *voice.Pack) []page.Row {
	if pack == nil {
		return []page.Row{{
			Label: "Đang dùng", LabelEN: "In use", Level: page.Fail,
			Value: "chưa có giọng: cài espeak-ng hoặc thu giọng ở trang thu giọng", ValueEN: "none: install espeak-ng, or record a voice in the studio",
		}}
	}
	m := pack.Manifest()
	row := page.Row{Label: "Đang dùng", LabelEN: "In use"}
	row.Value, row.ValueEN, row.Level = voiceWords(m)
	rows := []page.Row{row}
	if behind := pack.Fallback(); behind != nil {
		row := page.Row{Label: "Đọc thay khi thiếu câu", LabelEN: "Says what it lacks"}
		row.Value, row.ValueEN, _ = voiceWords(behind.Manifest())
		rows = append(rows, row)
	}
	return append(rows, coverageRows(pack)...)
}

// voiceWords tells people who speaks: a person by name, a machine as what it is.
func voiceWords(m voice.Manifest) (vi, en string, level page.Level) {
	region := regionName(announce.Region(m.Region))
	if m.Placeholder {
		return "giọng máy tạm thời, " + region[0] + ": nên thu giọng người", "a machine's voice for the time being, " + region[1] + ": record a person's", page.Warn
	}
	who := cmp.Or(m.Speaker, m.ID)
	return who + ", " + region[0], who + ", " + region[1], page.OK
}

func coverageRows(pack *voice.Pack) []page.Row {
	c, err := announce.CoverageOf(pack)
	if err != nil {
		return []page.Row{{Label: "Văn phạm", LabelEN: "Grammar", Value: err.Error(), Level: page.Warn}}
	}
	row := page.Row{Label: "Đã có", LabelEN: "Clips", Value: fmt.Sprintf("%d / %d (%d %%)", c.Clips, c.Of, c.Percent())}
	if len(c.Uncovered) == 0 {
		return []page.Row{row}
	}
	some := strings.Join(c.Uncovered[:min(5, len(c.Uncovered))], "; ")
	row.Level = page.Warn
	row.ValueEN = row.Value + ", missing for calls: " + some
	row.Value += ", lời gọi còn thiếu: " + some
	return []page.Row{row}
}
