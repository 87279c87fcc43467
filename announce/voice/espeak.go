package voice

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/xinmoi/xinmoi/announce/audio"
)

// The settings of espeak-ng: slow enough for a hall (about 3.6 syllables a
// second; a call by value stays below 4.2 s), at an amplitude that does not clip.
const (
	espeakSpeed     = 155
	espeakAmplitude = 60
	espeakTimeout   = 10 * time.Second
	maxSpeakText    = 400 // Runes of one phrase.
	placeholderGain = 15  // dB; isolated synthetic words differ by up to 11 LU.
)

// ErrNoEspeak means that espeak-ng is not installed.
var ErrNoEspeak = errors.New("espeak-ng is not installed")

// Espeak speaks with the program espeak-ng. Its output is a placeholder, not
// for production.
type Espeak struct {
	path, voice string // voice is the Vietnamese one.
	resampler   *audio.Resampler
}

// espeakEnglish is the voice for English: British, as "one hundred and five" is.
const espeakEnglish = "en-gb"

// espeakRate is what espeak-ng 1.51 produces, in hertz.
const espeakRate = 22050

// FindEspeak looks for espeak-ng on the PATH; region is north, central or
// south (anything else is north). The error wraps ErrNoEspeak if it is missing.
func FindEspeak(region string) (*Espeak, error) {
	path, err := exec.LookPath("espeak-ng")
	if err != nil {
		return nil, fmt.Errorf("%w: install it with \"apt-get install espeak-ng\"", ErrNoEspeak)
	}
	return newEspeak(path, region)
}

func newEspeak(path, region string) (*Espeak, error) {
	r, err := audio.NewResampler(espeakRate, audio.RatePA)
	if err != nil {
		return nil, err
	}
	e := &Espeak{path: path, voice: "vi", resampler: r}
	switch region {
	case "central":
		e.voice = "vi-vn-x-central"
	case "south":
		e.voice = "vi-vn-x-south"
	}
	return e, nil
}

// Name implements Synthesizer.
func (e *Espeak) Name(lang string) string {
	return fmt.Sprintf("espeak-ng %s -s %d", e.voiceOf(lang), espeakSpeed)
}

// voiceOf is espeak-ng's voice for a language as in Key; empty if there is none.
func (e *Espeak) voiceOf(lang string) string {
	switch lang {
	case "":
		return e.voice
	case "en":
		return espeakEnglish
	}
	return ""
}

// Speak implements Synthesizer.
func (e *Espeak) Speak(ctx context.Context, k Key) (audio.PCM, error) {
	if n := utf8.RuneCountInString(k.Text); n == 0 || n > maxSpeakText {
		return audio.PCM{}, fmt.Errorf("speak %d letters: want 1 to %d", n, maxSpeakText)
	}
	if e.voiceOf(k.Lang) == "" {
		return audio.PCM{}, fmt.Errorf("speak %q: no espeak-ng voice for language %.20q", k.Text, k.Lang)
	}
	speed := espeakSpeed
	for range paceTries {
		clip, err := e.at(ctx, k, speed)
		if err != nil {
			return audio.PCM{}, fmt.Errorf("speak %q: %w", k.Text, err)
		}
		better := evenPace(k, clip, speed)
		if better == speed {
			return clip, nil
		}
		speed = better
	}
	clip, err := e.at(ctx, k, speed)
	if err != nil {
		return audio.PCM{}, fmt.Errorf("speak %q: %w", k.Text, err)
	}
	return clip, nil
}

// paceTries is how often a phrase is spoken again because it was too quick or
// too slow; long phrases come out up to a quarter quicker than short ones.
const paceTries = 2

// evenPace gives the speed at which a phrase keeps within its pace.
func evenPace(k Key, clip audio.PCM, speed int) int {
	const margin, slowest, fastest = 0.05, 80, 250
	low, high := pace(k)
	lead, tail := edges(clip)
	rate := float64(syllables(k.Text)) / (clip.Duration() - lead - tail).Seconds()
	factor := 1.0
	switch {
	case rate > high*(1-margin/2):
		factor = high * (1 - margin) / rate
	case rate < low*(1+margin/2):
		factor = low * (1 + margin) / rate
	}
	return max(slowest, min(fastest, int(float64(speed)*factor)))
}

func (e *Espeak) at(ctx context.Context, k Key, speed int) (audio.PCM, error) {
	raw, err := e.run(ctx, k, speed)
	if err != nil {
		return audio.PCM{}, err
	}
	return master(raw, placeholderGain, e.resample)
}

// run has espeak-ng write a file, since the header it sends to a pipe lies
// about the length.
func (e *Espeak) run(ctx context.Context, k Key, speed int) (audio.PCM, error) {
	dir, err := os.MkdirTemp("", "xinmoi-speak-")
	if err != nil {
		return audio.PCM{}, err
	}
	defer os.RemoveAll(dir)
	ctx, cancel := context.WithTimeout(ctx, espeakTimeout)
	defer cancel()
	out := filepath.Join(dir, "o.wav")
	cmd := exec.CommandContext(ctx, e.path, "-v", e.voiceOf(k.Lang), "-s", strconv.Itoa(speed),
		"-a", strconv.Itoa(espeakAmplitude), "-b", "1", "--stdin", "-w", out)
	cmd.Stdin = strings.NewReader(k.Text + intonation(k.Pos) + "\n")
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	if err := cmd.Run(); err != nil {
		return audio.PCM{}, fmt.Errorf("espeak-ng: %w: %.200s", err, complaint.String())
	}
	f, err := os.Open(out)
	if err != nil {
		return audio.PCM{}, fmt.Errorf("espeak-ng wrote nothing: %w", err)
	}
	defer f.Close()
	return audio.ReadWAV(f)
}

// intonation is the punctuation that makes espeak-ng keep the voice up or let
// it fall.
func intonation(p Position) string {
	if p == Final {
		return "."
	}
	return ","
}

func (e *Espeak) resample(p audio.PCM) (audio.PCM, error) {
	if p.Rate == espeakRate {
		return e.resampler.Do(p)
	}
	return audio.Resample(p, audio.RatePA)
}
