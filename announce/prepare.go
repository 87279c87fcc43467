package announce

import (
	"container/list"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/xinmoi/xinmoi/announce/audio"
	"github.com/xinmoi/xinmoi/announce/voice"
)

// medium is what a sentence is heard through.
type medium uint8

const (
	hall  medium = iota // Loudspeakers, audio.RatePA.
	phone               // The telephone, audio.RatePhone.
)

func (m medium) rate() int {
	if m == phone {
		return audio.RatePhone
	}
	return audio.RatePA
}

// The bounds of levelling a clip. A recording sitting has one level; a clip is
// moved further only a little, since words differ in loudness by nature.
const (
	maxCorrection = 3.0 // dB per clip, beside the sitting's own.
	headroom      = 1.0 // dB left below the ceiling, so that a sentence's gain needs no limiter.
)

// How much of the quiet before and behind a clip's sound stays at a joint
// inside a phrase. Stops and aspirates need their closure to be understood, and
// in a reverberant hall a little air between two words is worth more than speed.
const (
	leadPlain = 25 * time.Millisecond
	leadStop  = 60 * time.Millisecond
	tailPlain = 20 * time.Millisecond
)

// prepared is a clip ready to be put into a sentence: shaped for its medium, at
// its level, its peaks held. It is never changed.
type prepared struct {
	samples   []int16
	lead, end int          // Where a joint inside a phrase begins and ends it.
	levels    audio.Levels // As the medium is measured.
	peaks     []float32    // Of every audio.PeakBlock samples.
}

func (p *prepared) bytes() int { return 2*len(p.samples) + 4*len(p.levels) + 4*len(p.peaks) }

// prepare does once for a clip what every sentence with it would have to do.
// usual is the level of the sitting that the clip is of, in LUFS.
func prepare(clip audio.PCM, k voice.Key, m medium, usual, speed float64) (*prepared, error) {
	clip = audio.Stretch(clip, speed)
	begin, end := audio.Edges(clip)
	lead := audio.Joint(clip, max(0, begin-inSamples(clip.Rate, leadOf(k.Text))))
	tail := audio.Joint(clip, min(len(clip.Samples), end+inSamples(clip.Rate, tailPlain)))
	shaped, target, err := shape(clip, m)
	if err != nil {
		return nil, fmt.Errorf("prepare clip %q: %w", k.Text, err)
	}
	want := target - levelOf(m, measure(m, shaped))
	around := audio.SpeechLUFS - usual
	if math.IsInf(want, 0) || math.IsNaN(want) {
		want = around // Silence stays silence.
	}
	if shaped.Rate == clip.Rate && len(shaped.Samples) > 0 && len(clip.Samples) > 0 && &shaped.Samples[0] == &clip.Samples[0] {
		shaped = shaped.Clone()
	}
	shaped.Gain(max(around-maxCorrection, min(around+maxCorrection, want)))
	shaped = audio.LimitTo(shaped, audio.LimitDBTP-headroom)
	scale := func(i int) int { return min(len(shaped.Samples), i*shaped.Rate/clip.Rate) }
	return &prepared{
		samples: shaped.Int16(), lead: scale(lead), end: scale(tail),
		levels: measure(m, shaped), peaks: audio.Peaks(shaped),
	}, nil
}

// shape fits a clip to its medium and gives the level that speech has there.
func shape(clip audio.PCM, m medium) (audio.PCM, float64, error) {
	if m == hall {
		return audio.ForHall(clip), audio.SpeechLUFS, nil
	}
	p, err := audio.Resample(clip, audio.RatePhone)
	return p, phoneLevel(), err
}

// phoneLevel is the RMS of RFC 7874 in decibels of full scale.
func phoneLevel() float64 { return audio.DB(audio.PhoneRMS / 32767.0) }

func measure(m medium, p audio.PCM) audio.Levels {
	if m == phone {
		return audio.PhoneLevels(p)
	}
	return audio.HallLevels(p)
}

// levelOf is the loudness of parts together, in the medium's own measure.
func levelOf(m medium, parts ...audio.Levels) float64 {
	if m == phone {
		return audio.DB(audio.RMS(parts...))
	}
	return audio.LUFS(parts...)
}

// leadOf is how much quiet a word needs before it.
func leadOf(text string) time.Duration {
	if strings.IndexAny(text, "tckqp") == 0 { // t th tr, c ch, k kh, q, p ph.
		return leadStop
	}
	return leadPlain
}

func inSamples(rate int, d time.Duration) int {
	return int(int64(rate) * int64(d) / int64(time.Second))
}

// usualLevels gives the level of each sitting of a voice, one per language: the
// median of its clips.
func usualLevels(pack *voice.Pack) map[string]float64 {
	usual := map[string]float64{}
	if pack == nil {
		return usual
	}
	all := map[string][]float64{}
	for _, c := range pack.Manifest().Clips {
		all[c.Lang] = append(all[c.Lang], c.LUFS)
	}
	for lang, levels := range all {
		slices.Sort(levels)
		usual[lang] = levels[len(levels)/2]
	}
	return usual
}

// usualOf is the level of the sitting in which a pack's clips of a language
// were recorded: the voice in use, or the one behind it.
func (c *clipStore) usualOf(from *voice.Pack, lang string) float64 {
	if from == c.pack {
		return c.usual[lang]
	}
	return usualLevels(from)[lang]
}

// clipID tells prepared clips apart.
type clipID struct {
	voice.Key
	medium      medium
	synthesised bool
	behind      bool // Of the voice behind the pack, in the place of a damaged clip.
}

// clipStore keeps the prepared clips used last within a number of bytes.
type clipStore struct {
	pack  *voice.Pack // Nil = none.
	synth voice.Synthesizer
	speed float64
	limit int
	usual map[string]float64

	mu    sync.Mutex
	size  int
	order *list.List
	clips map[clipID]*list.Element
}

type storedClip struct {
	id   clipID
	clip *prepared
}

func newClipStore(pack *voice.Pack, synth voice.Synthesizer, limit int, speed float64) *clipStore {
	return &clipStore{
		pack: pack, synth: synth, speed: speed, limit: limit, usual: usualLevels(pack),
		order: list.New(), clips: map[clipID]*list.Element{},
	}
}

// clip gives the sound of a clip of the pack.
func (c *clipStore) clip(k voice.Key, m medium) (*prepared, error) {
	return c.load(c.pack, clipID{Key: k, medium: m})
}

// load gives the sound of a clip of a pack or of what stands behind it.
func (c *clipStore) load(from *voice.Pack, id clipID) (*prepared, error) {
	return c.get(id, func() (audio.PCM, float64, error) {
		pcm, err := from.Clip(id.Key)
		return pcm, c.usualOf(from.Source(id.Key), id.Lang), err
	})
}

// synthesised gives what the synthesiser makes of words, at the level that its
// clips have.
func (c *clipStore) synthesised(ctx context.Context, k voice.Key, m medium) (*prepared, error) {
	return c.get(clipID{Key: k, medium: m, synthesised: true}, func() (pcm audio.PCM, usual float64, err error) {
		switch {
		case c.synth == nil:
			err = voice.ErrNoEspeak
		case c.pack != nil:
			pcm, err = c.pack.Synthesize(ctx, c.synth, k)
		default:
			pcm, err = c.synth.Speak(ctx, k)
		}
		return pcm, audio.SpeechLUFS, err
	})
}

// get prepares what is not there. Two who want the same clip at once may both
// prepare it; that happens once.
func (c *clipStore) get(id clipID, load func() (audio.PCM, float64, error)) (*prepared, error) {
	c.mu.Lock()
	e, ok := c.clips[id]
	if ok {
		c.order.MoveToFront(e)
		c.mu.Unlock()
		return e.Value.(*storedClip).clip, nil
	}
	c.mu.Unlock()
	pcm, usual, err := load()
	if err != nil {
		return nil, err
	}
	clip, err := prepare(pcm, id.Key, id.medium, usual, c.speed)
	if err != nil {
		return nil, err
	}
	c.keep(id, clip)
	return clip, nil
}

func (c *clipStore) keep(id clipID, clip *prepared) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, there := c.clips[id]; there || clip.bytes() > c.limit {
		return
	}
	c.clips[id] = c.order.PushFront(&storedClip{id, clip})
	for c.size += clip.bytes(); c.size > c.limit; {
		last := c.order.Remove(c.order.Back()).(*storedClip)
		delete(c.clips, last.id)
		c.size -= last.clip.bytes()
	}
}

// held is how many clips are prepared and their bytes.
func (c *clipStore) held() (clips, bytes int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.clips), c.size
}
