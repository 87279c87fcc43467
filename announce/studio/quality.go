package studio

import (
	"fmt"
	"math"
	"time"

	"github.com/xinmoi/xinmoi/announce/audio"
)

// Measures is what was measured of a recording. Levels are RMS in dBFS.
type Measures struct {
	Noise   float64 `json:"noise"`     // The room while nobody speaks.
	Speech  float64 `json:"speech"`    // While somebody speaks.
	Peak    float64 `json:"peak"`      // Loudest sample, dBFS.
	Clipped int     `json:"clipped"`   // Longest run of full-scale samples.
	Lead    int64   `json:"lead_ms"`   // Before the first word.
	Tail    int64   `json:"tail_ms"`   // After the last word.
	Spoken  int64   `json:"spoken_ms"` // From first to last word.
}

// Severity says whether a take can be used.
type Severity string

// The severities of a finding.
const (
	Hint  Severity = "warn" // Can be used; better again.
	Fault Severity = "fail" // Read it again.
)

// Code names what is wrong with a take; words.go has the sentences.
type Code string

// What may be wrong.
const (
	Silent     Code = "silent"      // Nobody spoke.
	Clipped    Code = "clipped"     // Too loud for the microphone.
	TooLoud    Code = "too_loud"    //
	TooQuiet   Code = "too_quiet"   //
	Noisy      Code = "noisy"       // The room is heard behind the voice.
	EarlyStart Code = "early_start" // Began before the recording did.
	EarlyEnd   Code = "early_end"   // The recording ended before the voice did.
	TooShort   Code = "too_short"   // Fewer words than the sentence has, or too fast.
	TooLong    Code = "too_long"    // More words, or too slow.
	ClipShort  Code = "clip_short"  // The words that are kept: cut off, perhaps.
	ClipLong   Code = "clip_long"   // The words that are kept: others beside them, perhaps.
	Unsure     Code = "unsure"      // The cut lies where the voice does not dip.
	Telephone  Code = "telephone"   // Recorded at a low rate: dull in a hall.
)

// Finding is one thing wrong with a take, with the measured value.
type Finding struct {
	Code     Code     `json:"code"`
	Severity Severity `json:"severity"`
	Value    float64  `json:"value"` // In dBFS, dB, or times the expected length.
}

// The bounds of a good recording: levels in dBFS, times in milliseconds,
// lengths as multiples of what the syllables need.
const (
	maxNoise, hopelessNoise = -50.0, -38.0
	minSNR, hopelessSNR     = 30.0, 15.0
	minSpeech, faintSpeech  = -26.0, -40.0
	maxSpeech               = -14.0 // Sentences have louder words than the -16 of running speech.
	maxPeak                 = -1.0
	clippedRun              = 3 // Full-scale samples side by side.
	fullScale               = 0.999
	minEdge                 = 60
	minSentence, maxSent    = 0.4, 2.4
	minTarget, maxTarget    = 0.35, 2.8
	hallRate                = 16000
)

// measure looks at the levels of a recording.
func measure(p audio.PCM) Measures {
	e := listen(p)
	m := Measures{Noise: tenth(e.noise), Speech: silentDB, Peak: tenth(max(silentDB, audio.DB(p.Peak()))), Clipped: longestClip(p)}
	whole, ok := e.whole()
	if !ok {
		return m
	}
	m.Speech = tenth(e.level(e.speech))
	m.Lead, m.Spoken = frames(whole.from).Milliseconds(), frames(whole.frames()).Milliseconds()
	m.Tail = (p.Duration() - frames(whole.to)).Milliseconds()
	return m
}

func longestClip(p audio.PCM) int {
	run, longest := 0, 0
	for _, s := range p.Samples {
		if math.Abs(float64(s)) >= fullScale {
			run++
			longest = max(longest, run)
		} else {
			run = 0
		}
	}
	return longest
}

// judge says what is wrong with the recording of a line; alone tells that it
// holds the clip and nothing else, not even silence around it.
func judge(m Measures, l Line, c Cut, alone bool) []Finding {
	if m.Speech == silentDB {
		return []Finding{{Silent, Fault, m.Peak}}
	}
	var out []Finding
	add := func(when bool, code Code, s Severity, value float64) {
		if when {
			out = append(out, Finding{code, s, tenth(value)})
		}
	}
	add(m.Clipped >= clippedRun, Clipped, Fault, float64(m.Clipped))
	add(m.Clipped < clippedRun && (m.Speech > maxSpeech || m.Peak > maxPeak), TooLoud, Hint, m.Speech)
	add(m.Speech < faintSpeech, TooQuiet, Fault, m.Speech)
	add(m.Speech >= faintSpeech && m.Speech < minSpeech, TooQuiet, Hint, m.Speech)
	if !alone {
		out = append(out, around(m)...)
	}
	spoken := times(time.Duration(m.Spoken)*time.Millisecond, syllables(l.Text()))
	if alone {
		spoken = times(c.To-c.From, syllables(l.Target))
	}
	add(spoken < minSentence, TooShort, Fault, spoken)
	add(spoken > maxSent, TooLong, Hint, spoken)
	if kept := times(c.To-c.From, syllables(l.Target)); spoken >= minSentence && !alone {
		add(kept < minTarget, ClipShort, Hint, kept)
		add(kept > maxTarget, ClipLong, Hint, kept)
	}
	add(!c.Sure && !alone, Unsure, Hint, 0)
	return out
}

// around looks at the silence before and behind the words.
func around(m Measures) []Finding {
	var out []Finding
	switch snr := m.Speech - m.Noise; {
	case m.Noise > hopelessNoise || snr < hopelessSNR:
		out = append(out, Finding{Noisy, Fault, m.Noise})
	case m.Noise > maxNoise || snr < minSNR:
		out = append(out, Finding{Noisy, Hint, m.Noise})
	}
	if m.Lead < minEdge {
		out = append(out, Finding{EarlyStart, Fault, float64(m.Lead)})
	}
	if m.Tail < minEdge {
		out = append(out, Finding{EarlyEnd, Fault, float64(m.Tail)})
	}
	return out
}

// times is how many times longer something lasts than its syllables need.
func times(d time.Duration, syllables int) float64 {
	return d.Seconds() * syllablesASec / float64(max(1, syllables))
}

// usable reports whether nothing forbids a take.
func usable(all []Finding) bool {
	for _, f := range all {
		if f.Severity == Fault {
			return false
		}
	}
	return true
}

func tenth(v float64) float64 { return math.Round(v*10) / 10 }

// Room is the microphone check: a moment of silence, then a sentence.
type Room struct {
	At       time.Time `json:"at"`
	Measures Measures  `json:"measures"`
	Findings []Finding `json:"findings"`
}

// checkRoom judges the recording of a microphone check.
func checkRoom(p audio.PCM, now time.Time) Room {
	m := measure(p)
	r := Room{At: now, Measures: m}
	for _, f := range judge(m, Line{Target: roomSentence}, Cut{Sure: true, To: time.Duration(m.Spoken) * time.Millisecond}, false) {
		if f.Code != EarlyEnd && f.Code != EarlyStart {
			r.Findings = append(r.Findings, f)
		}
	}
	return r
}

// roomSentence is read for the check, and again every referenceEvery clips: by
// it one hears and measures whether the voice has drifted.
const roomSentence = "Xin mời số A một trăm hai mươi lăm đến quầy số ba"

// referenceEvery is how many accepted clips later the reference sentence is
// read again.
const referenceEvery = 20

// Reference is one reading of the reference sentence.
type Reference struct {
	At      time.Time `json:"at"`
	Done    int       `json:"done"` // Clips accepted by then.
	Level   float64   `json:"level"`
	Spoken  int64     `json:"spoken_ms"`
	PitchHz float64   `json:"pitch_hz"` // 0 = could not be told.
}

// Drift is how far a reading lies from the first one.
type Drift struct {
	LevelDB   float64 // Louder is positive.
	Tempo     float64 // Slower is above 1.
	Semitones float64 // Higher is positive; 0 if unknown.
}

// The drift that is heard between two clips of one call.
const (
	driftLevel = 3.0
	driftTempo = 0.15
	driftPitch = 1.5
)

// Heard reports whether a listener would hear it.
func (d Drift) Heard() bool {
	return math.Abs(d.LevelDB) > driftLevel || math.Abs(d.Tempo-1) > driftTempo || math.Abs(d.Semitones) > driftPitch
}

func drift(first, now Reference) Drift {
	d := Drift{LevelDB: now.Level - first.Level, Tempo: 1}
	if first.Spoken > 0 {
		d.Tempo = float64(now.Spoken) / float64(first.Spoken)
	}
	if first.PitchHz > 0 && now.PitchHz > 0 {
		d.Semitones = 12 * math.Log2(now.PitchHz/first.PitchHz)
	}
	return d
}

// String is for logs.
func (d Drift) String() string {
	return fmt.Sprintf("%+.1f dB, ×%.2f, %+.1f st", d.LevelDB, d.Tempo, d.Semitones)
}
