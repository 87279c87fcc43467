package announce

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/xinmoi/xinmoi/announce/audio"
	"github.com/xinmoi/xinmoi/announce/output"
	"github.com/xinmoi/xinmoi/announce/voice"
	"github.com/xinmoi/xinmoi/queue"
)

// OpenRenderer makes a Renderer with the voice in dir and espeak-ng, as far as
// there are any; notes say in plain words what is missing and what to do. Only
// a damaged voice is an error.
func OpenRenderer(dir string, r Region) (renderer *Renderer, notes []string, err error) {
	var c RendererConfig
	c.Voice, err = voice.Open(dir)
	switch {
	case errors.Is(err, voice.ErrNoVoice):
		notes = append(notes, err.Error())
	case err != nil:
		return nil, nil, err
	}
	if e, err := voice.FindEspeak(string(r)); err == nil {
		c.Synth = e
	} else {
		notes = append(notes, err.Error())
	}
	return NewRenderer(c), notes, nil
}

// SayClip makes the announcement that a call of ticket to counter would be:
// chime and first reading, in Vietnamese and then in the ticket's language (BCP
// 47, empty = Vietnamese). The ticket is anything queue.ParseNumber reads.
// Report.Unspoken is the language if the voice lacks it.
func SayClip(ctx context.Context, r *Renderer, ticket, counter, language string, w Wording) (output.Clip, Report, error) {
	n, err := queue.ParseNumber(ticket)
	if err != nil {
		return output.Clip{}, Report{}, err
	}
	if len(spoken(counter, w.Region)) == 0 {
		return output.Clip{}, Report{}, queue.Errorf(queue.CodeBadRequest, "%q is not a counter", counter)
	}
	s, lacks := r.CallFor(language, n, counter, w)
	pcm, report, err := r.Render(ctx, s)
	report.Unspoken = lacks
	return output.Clip{
		ID: "say-" + n.String(), Text: s.Text(), Number: n.String(), Counter: counter,
		Reading: 1, PCM: pcm, StartedAt: time.Now(),
	}, report, err
}

// SayWAV writes the announcement of a call as a 48 kHz WAV file, with the voice
// in voiceDir. It needs no server. Read the Report for what was missing.
func SayWAV(ctx context.Context, ticket, counter, language, voiceDir string, w Wording, out io.Writer) (Report, error) {
	r, _, err := OpenRenderer(voiceDir, w.Region)
	if err != nil {
		return Report{}, err
	}
	clip, report, err := SayClip(ctx, r, ticket, counter, language, w)
	if err != nil {
		return report, err
	}
	return report, audio.WriteWAV(out, clip.PCM)
}

// BuildVoice makes the placeholder voice of a region in dir with espeak-ng,
// with extra phrases of the office. It appears whole or not at all; progress
// may be nil and is called from several goroutines.
func BuildVoice(ctx context.Context, dir string, r Region, extra []string, progress func(done, total int)) (voice.Manifest, error) {
	r, err := ParseRegion(string(r))
	if err != nil {
		return voice.Manifest{}, err
	}
	e, err := voice.FindEspeak(string(r))
	if err != nil {
		return voice.Manifest{}, err
	}
	return voice.Build(ctx, dir, voice.Recipe{
		Region: string(r), Clips: Inventory(r, extra), Speaker: e, Progress: progress,
	})
}

// ExtendVoice adds the clips of further languages that a placeholder voice made
// by an older program lacks (see voice.Extend); it returns how many were added.
// Without espeak-ng it fails only if something is to be added.
func ExtendVoice(ctx context.Context, dir string, r Region, progress func(done, total int)) (added int, err error) {
	pack, err := voice.Open(dir)
	if err != nil {
		return 0, err
	}
	all := &clipList{seen: map[voice.Key]bool{}}
	for _, l := range languages() {
		all.language(l)
	}
	complete := !slices.ContainsFunc(all.specs, func(s voice.ClipSpec) bool { return !pack.Has(s.Key) })
	if complete || !pack.Manifest().Placeholder {
		return 0, nil
	}
	e, err := voice.FindEspeak(string(r))
	if err != nil {
		return 0, err
	}
	return voice.Extend(ctx, dir, voice.Recipe{Region: string(r), Clips: all.specs, Speaker: e, Progress: progress})
}

// CheckVoice checks the clips of the pack in dir (see voice.Check) and that
// they alone say every letter, number up to 9999 and counter up to 99, in
// Vietnamese and in every further language that the pack claims to speak.
func CheckVoice(dir string) (voice.Report, error) {
	report, err := voice.Check(dir)
	if err != nil {
		return report, err
	}
	pack, err := voice.Open(dir)
	if err != nil {
		return report, err
	}
	r, err := ParseRegion(pack.Manifest().Region)
	if err != nil {
		return report, err
	}
	for _, text := range uncovered(pack, r) {
		report.Faults = append(report.Faults, voice.Fault{Clip: "-", Problem: fmt.Sprintf("nothing says %q", text)})
	}
	for _, lang := range pack.Manifest().Speaks() {
		l, ok := languageOf(lang)
		if !ok {
			continue
		}
		for _, text := range l.lacking(pack, maxUncovered) {
			report.Faults = append(report.Faults, voice.Fault{Clip: "-", Problem: fmt.Sprintf("nothing says %q in %q", text, lang)})
		}
	}
	return report, nil
}

// maxUncovered bounds the list of a pack with next to nothing in it.
const maxUncovered = 20

// uncovered lists what calls would need and lib cannot say.
func uncovered(lib Library, r Region) []string {
	var out []string
	seen := map[string]bool{}
	check := func(s Sentence) {
		for _, step := range Plan(s, lib) {
			if step.Missing && !seen[step.Text] && len(out) < maxUncovered {
				seen[step.Text] = true
				out = append(out, step.Text)
			}
		}
	}
	for _, w := range []Wording{{Region: r}, {Region: r, ByValue: true}} {
		for n := 1; n <= 9999; n++ {
			check(Number(queue.Number{Prefix: "A", N: n}, w))
		}
	}
	for _, c := range letterOrder {
		check(letters(string(c)))
	}
	for n := 1; n <= maxSpoken; n++ {
		check(Call(queue.Number{Prefix: "A", N: 1}, fmt.Sprint(n), Wording{Region: r}))
		check(Repeat(queue.Number{Prefix: "A", N: 1}, fmt.Sprint(n), Wording{Region: r}))
	}
	return out
}
