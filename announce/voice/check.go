package voice

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/xinmoi/xinmoi/announce/audio"
)

// The bounds of a usable pack and its clips.
const (
	MaxSpreadLU = 1.5                   // Between clips, levelled as for a call.
	MaxPeakDBTP = audio.LimitDBTP       // Of a clip, levelled and limited as for a call.
	MinSNR      = 30.0                  // dB between speech and background.
	maxRawPeak  = -1.0                  // dBTP; louder has been or will be clipped.
	sittingGain = 3.0                   // dB that a clip may be moved beside its sitting.
	maxOffset   = 0.004                 // Of full scale.
	minClip     = 60 * time.Millisecond // Shorter is cut off.
	maxPhrase   = 60 * time.Second      // Longer is not a phrase.
	maxLead     = 120 * time.Millisecond
	maxTail     = 180 * time.Millisecond
)

// Check reads every clip of the pack in dir and reports what is missing,
// changed, clipped, quiet, noisy, of another rate, too long or short for its
// words; whether the clips are even when they are levelled as for a call;
// whether texts, number words and provenance are in order. The error is for a
// pack that cannot be opened at all.
func Check(dir string) (Report, error) { return CheckContext(context.Background(), dir) }

// CheckContext is Check that can be stopped; the error is then ctx's.
func CheckContext(ctx context.Context, dir string) (Report, error) {
	m, err := ReadManifest(dir)
	if err != nil {
		return Report{}, err
	}
	sounds := make([]clipSound, len(m.Clips))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i, c := range m.Clips {
		g.Go(func() error {
			sounds[i] = listen(dir, c)
			return ctx.Err()
		})
	}
	if err := g.Wait(); err != nil {
		return Report{}, err
	}
	r := Report{Manifest: m}
	r.provenance(dir)
	r.texts()
	for i, c := range m.Clips {
		r.file(c, sounds[i])
		r.Duration += sounds[i].length
	}
	r.doubles(sounds)
	r.levels(sounds)
	r.noise(sounds)
	r.sort()
	return r, nil
}

// clipSound is what was measured of one clip.
type clipSound struct {
	err        error // Of reading; the rest is then zero.
	changed    bool
	sum        [sha256.Size]byte // Of the sound, not of the file.
	rate       int
	length     time.Duration
	lead, tail time.Duration // Silence at both ends.
	level      float64       // LUFS while it sounds.
	rawPeak    float64       // dBTP.
	flat       int           // Longest run of samples at full scale.
	offset     float64       // Mean of the samples.
	quietest   float64       // Moment, dB relative to the speech.
	ends       float64       // Noise at both ends, dB relative to the speech.
	pcm        func() (audio.PCM, error)
}

// usable reports whether there was anything to measure.
func (s clipSound) usable() bool {
	return s.err == nil && !math.IsInf(s.level, 0) && !math.IsNaN(s.level)
}

// listen measures one clip.
func listen(dir string, c Clip) clipSound {
	path := filepath.Join(dir, c.File)
	b, err := readBounded(path, maxClipFile)
	if err != nil {
		return clipSound{err: err}
	}
	sum := sha256.Sum256(b)
	p, err := DecodeClip(b)
	if err != nil {
		return clipSound{err: err}
	}
	s := clipSound{changed: hex.EncodeToString(sum[:]) != c.SHA256, rate: p.Rate, length: p.Duration()}
	s.sum = sha256.Sum256(audio.EncodeWAV(p))
	if s.level, err = audio.ActiveLUFS(p); err != nil {
		return clipSound{err: err}
	}
	s.rawPeak, s.flat, s.offset = audio.TruePeak(p), fullScaleRun(p), mean(p)
	s.lead, s.tail = edges(p)
	s.quietest, s.ends = background(p)
	s.pcm = func() (audio.PCM, error) { return readAtPA(path) }
	return s
}

// file reports what is wrong with the file of one clip.
func (r *Report) file(c Clip, s clipSound) {
	switch {
	case errors.Is(s.err, os.ErrNotExist):
		r.Add(c.ID, FaultMissing, "missing: there is no "+c.File, "thiếu tệp "+c.File)
		return
	case s.err != nil:
		r.Add(c.ID, FaultUnreadable, fmt.Sprintf("unreadable: %v", s.err), "không đọc được tệp "+c.File)
		return
	}
	if s.changed {
		r.Add(c.ID, FaultChanged, "changed since the manifest was written", "đã bị thay đổi sau khi tạo bộ giọng")
	}
	if s.rate != r.Manifest.Rate {
		r.Add(c.ID, FaultWrongRate, fmt.Sprintf("%d Hz, want %d Hz", s.rate, r.Manifest.Rate), fmt.Sprintf("%d Hz, cần %d Hz", s.rate, r.Manifest.Rate))
	}
	if math.IsInf(s.level, -1) {
		r.Add(c.ID, FaultSilent, "silent", "không có tiếng")
		return
	}
	r.recording(c, s)
	r.length(c, s)
}

// recording reports what went wrong at the microphone.
func (r *Report) recording(c Clip, s clipSound) {
	if s.rawPeak > maxRawPeak || s.flat >= flatRun {
		r.Add(c.ID, FaultClipped, fmt.Sprintf("clipped: true peak %.1f dBTP, at most %.1f; %d samples at full scale in a row", s.rawPeak, maxRawPeak, s.flat),
			fmt.Sprintf("vỡ tiếng: đỉnh %.1f dBTP, tối đa %.1f", s.rawPeak, maxRawPeak))
	}
	if math.Abs(s.offset) > maxOffset {
		r.Add(c.ID, FaultOffset, fmt.Sprintf("DC offset %.2f %% of full scale, at most %.1f %%", 100*s.offset, 100*maxOffset),
			fmt.Sprintf("lệch một chiều %.2f %%, tối đa %.1f %%", 100*s.offset, 100*maxOffset))
	}
	if s.lead > maxLead {
		r.Add(c.ID, FaultLead, fmt.Sprintf("%d ms of silence before the words, at most %d", s.lead.Milliseconds(), maxLead.Milliseconds()),
			fmt.Sprintf("im lặng %d ms trước lời đọc, tối đa %d", s.lead.Milliseconds(), maxLead.Milliseconds()))
	}
	if s.tail > maxTail {
		r.Add(c.ID, FaultTail, fmt.Sprintf("%d ms of silence behind the words, at most %d", s.tail.Milliseconds(), maxTail.Milliseconds()),
			fmt.Sprintf("im lặng %d ms sau lời đọc, tối đa %d", s.tail.Milliseconds(), maxTail.Milliseconds()))
	}
}

// length compares how long a clip sounds with its syllables.
func (r *Report) length(c Clip, s clipSound) {
	if s.length < minClip || s.length > maxPhrase {
		kind := FaultTooShort
		if s.length > maxPhrase {
			kind = FaultTooLong
		}
		r.Add(c.ID, kind, fmt.Sprintf("lasts %v, want %v to %v", s.length, minClip, maxPhrase), fmt.Sprintf("dài %v, cần từ %v đến %v", s.length, minClip, maxPhrase))
		return
	}
	slowest, fastest := pace(c.Key())
	rate := float64(syllables(c.Text)) / (s.length - s.lead - s.tail).Seconds()
	switch {
	case rate < slowest:
		r.Add(c.ID, FaultTooLong, fmt.Sprintf("too long: %.1f syllables a second, at least %.1f", rate, slowest), fmt.Sprintf("quá dài: %.1f âm tiết/giây, ít nhất %.1f", rate, slowest))
	case rate > fastest:
		r.Add(c.ID, FaultTooShort, fmt.Sprintf("too short: %.1f syllables a second, at most %.1f", rate, fastest), fmt.Sprintf("quá nhanh: %.1f âm tiết/giây, tối đa %.1f", rate, fastest))
	}
}

// levels reports clips that stay uneven, or too high, when they are levelled as
// for a call: one gain for a sitting, and a little more for each clip.
func (r *Report) levels(sounds []clipSound) {
	usual := r.usual(sounds)
	quiet, loud := math.Inf(1), math.Inf(-1)
	r.PeakDBTP = math.Inf(-1)
	for i, c := range r.Manifest.Clips {
		s := sounds[i]
		if !s.usable() {
			continue
		}
		off := s.level - usual[c.Lang]
		gain := audio.SpeechLUFS - usual[c.Lang] - max(-sittingGain, min(sittingGain, off))
		level, peak := s.levelled(gain)
		quiet, loud, r.PeakDBTP = min(quiet, level), max(loud, level), max(r.PeakDBTP, peak)
		r.level(c, s, usual[c.Lang])
		if peak > MaxPeakDBTP {
			r.Add(c.ID, FaultPeaks, fmt.Sprintf("true peak %.1f dBTP when levelled, at most %.1f", peak, MaxPeakDBTP), fmt.Sprintf("đỉnh %.1f dBTP sau khi cân mức, tối đa %.1f", peak, MaxPeakDBTP))
		}
	}
	if loud > quiet {
		r.SpreadLU = loud - quiet
	}
	if r.SpreadLU > MaxSpreadLU {
		r.Add("", FaultUneven, fmt.Sprintf("clips differ by %.1f LU when levelled, at most %.1f", r.SpreadLU, MaxSpreadLU), fmt.Sprintf("các câu chênh nhau %.1f LU, tối đa %.1f", r.SpreadLU, MaxSpreadLU))
	}
}

// level reports a clip too far from the usual level of its sitting.
func (r *Report) level(c Clip, s clipSound, usual float64) {
	switch off, most := s.level-usual, sittingGain+MaxSpreadLU/2; {
	case off < -most:
		r.Add(c.ID, FaultQuiet, fmt.Sprintf("quiet: %.1f LUFS, the voice's usual is %.1f, at most %.2f below", s.level, usual, most), fmt.Sprintf("quá nhỏ: %.1f LUFS, thường là %.1f", s.level, usual))
	case off > most:
		r.Add(c.ID, FaultLoud, fmt.Sprintf("loud: %.1f LUFS, the voice's usual is %.1f, at most %.2f above", s.level, usual, most), fmt.Sprintf("quá to: %.1f LUFS, thường là %.1f", s.level, usual))
	}
}

// levelled gives level and true peak of a clip with a gain in decibels, and
// limited.
func (s clipSound) levelled(gain float64) (level, peak float64) {
	level, peak = s.level+gain, s.rawPeak+gain
	if peak <= MaxPeakDBTP {
		return level, peak // The limiter does not touch it.
	}
	p, err := s.pcm()
	if err != nil {
		return level, peak // It was read a moment ago; the next check will say.
	}
	p = p.Clone()
	p.Gain(gain)
	p = audio.Limit(p)
	peak = audio.TruePeak(p)
	if now, err := audio.ActiveLUFS(p); err == nil {
		level = now
	}
	return level, peak
}

// usual gives the level of each sitting, one per language: the median of its clips.
func (r *Report) usual(sounds []clipSound) map[string]float64 {
	all := map[string][]float64{}
	for i, c := range r.Manifest.Clips {
		if sounds[i].usable() {
			all[c.Lang] = append(all[c.Lang], sounds[i].level)
		}
	}
	usual := map[string]float64{}
	for lang, levels := range all {
		slices.Sort(levels)
		usual[lang] = levels[len(levels)/2]
	}
	return usual
}

// noise reports a pack in which the room is heard, and single clips where
// something passed by.
func (r *Report) noise(sounds []clipSound) {
	var floors []float64
	for i, c := range r.Manifest.Clips {
		s := sounds[i]
		if !s.usable() {
			continue
		}
		floors = append(floors, s.quietest)
		if -s.ends < MinSNR && c.Lang == "" { // English words may begin and end with an s.
			r.Add(c.ID, FaultNoisy, fmt.Sprintf("noisy: background %.0f dB below the speech, at least %.0f", -s.ends, MinSNR), fmt.Sprintf("ồn: tiếng nền chỉ thấp hơn lời đọc %.0f dB, cần ít nhất %.0f", -s.ends, MinSNR))
		}
	}
	if len(floors) == 0 {
		return
	}
	slices.Sort(floors)
	r.Noise = -floors[len(floors)/4] // Clips without a quiet moment are not to be asked.
	if r.Noise < MinSNR && len(floors) >= manyClips {
		r.Add("", FaultNoisy, fmt.Sprintf("noisy: in most clips the background is only %.0f dB below the speech, at least %.0f", r.Noise, MinSNR), fmt.Sprintf("ồn: ở phần lớn các câu, tiếng nền chỉ thấp hơn lời đọc %.0f dB, cần ít nhất %.0f", r.Noise, MinSNR))
	}
}

// manyClips is how many clips tell of the room in which they were recorded.
const manyClips = 20

// List opens the packs in dir: dir itself if it is one, else its folders.
// Folders that are no packs are passed over.
func List(dir string) ([]Manifest, error) {
	if m, err := ReadManifest(dir); err == nil {
		return []Manifest{m}, nil
	}
	found, err := Shelf{dir}.List()
	var out []Manifest
	for _, f := range found {
		out = append(out, f.Manifest)
	}
	return out, err
}
