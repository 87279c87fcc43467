package announce

import (
	"context"
	"errors"
	"io"
	"path/filepath"

	"github.com/xinmoi/xinmoi/announce/audio"
	"github.com/xinmoi/xinmoi/announce/output"
	"github.com/xinmoi/xinmoi/announce/voice"
	"github.com/xinmoi/xinmoi/queue"
)

// Voices says where the voices of a machine are.
type Voices struct {
	Shelf  voice.Shelf // The placeholder of each region, and what was recorded or imported.
	Dir    string      // A pack chosen by the configuration; empty = what the shelf has in use.
	Region Region
	Speed  float64 // Of the speech, as RendererConfig's.
}

// Placeholder is the folder of the region's placeholder on the shelf.
func (v Voices) Placeholder() string { return filepath.Join(v.Shelf.Dir, v.Region.folder()) }

// folder is the region's name, also of the empty one.
func (r Region) folder() string {
	if r == "" {
		return string(North)
	}
	return string(r)
}

// Open opens the voice to speak with, and behind it what says the words that it
// lacks: a voice that is half recorded speaks as far as it goes. Notes say what
// could not be opened. The error wraps voice.ErrNoVoice if there is none at
// all; a voice of the configuration that is damaged is an error too.
func (v Voices) Open() (pack *voice.Pack, notes []string, err error) {
	if v.Dir == "" {
		return v.Shelf.Open(v.Region.folder())
	}
	pack, err = voice.Open(v.Dir)
	if err != nil && !errors.Is(err, voice.ErrNoVoice) || v.Shelf.Dir == "" {
		return pack, nil, err
	}
	next, nextErr := voice.Open(v.Placeholder())
	switch {
	case err == nil && nextErr == nil && filepath.Clean(v.Dir) != filepath.Clean(v.Placeholder()):
		return pack.WithFallback(next), nil, nil
	case err != nil && nextErr == nil:
		return next, []string{err.Error()}, nil
	}
	return pack, nil, err
}

// Stamp changes whenever Open would give another voice: one was chosen, built,
// replaced. A program that runs looks at it now and then.
func (v Voices) Stamp() string {
	stamp := v.Shelf.Stamp(v.Region.folder())
	if v.Dir != "" {
		stamp += voice.Stamp(v.Dir)
	}
	return stamp
}

// OpenRenderer makes a Renderer with the voice in dir and espeak-ng, as far as
// there are any; notes say in plain words what is missing and what to do. Only
// a damaged voice is an error.
func OpenRenderer(dir string, r Region) (renderer *Renderer, notes []string, err error) {
	return Voices{Dir: dir, Region: r}.OpenRenderer()
}

// OpenRenderer makes a Renderer with these voices and espeak-ng; see the
// function of that name.
func (v Voices) OpenRenderer() (renderer *Renderer, notes []string, err error) {
	c := RendererConfig{Speed: v.Speed}
	c.Voice, notes, err = v.Open()
	switch {
	case errors.Is(err, voice.ErrNoVoice):
		notes = append(notes, err.Error())
	case err != nil:
		return nil, nil, err
	}
	if c.Synth, err = v.Synth(); err != nil {
		notes = append(notes, err.Error())
	}
	return NewRenderer(c), notes, nil
}

// Synth gives espeak-ng as it speaks in the region, for the words that the voice
// lacks; nil and voice.ErrNoEspeak where it is not installed.
func (v Voices) Synth() (voice.Synthesizer, error) {
	e, err := voice.FindEspeak(v.Region.folder())
	if err != nil {
		return nil, err
	}
	return e, nil
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
	return SayCalls(ctx, r, []CallRequest{{Number: n, Counter: counter, Language: language}}, w)
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
