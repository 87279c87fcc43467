package studio

import (
	"fmt"
	"math"
	"net/http"
	"os"
	"slices"
	"time"

	"github.com/xinmoi/xinmoi/announce/audio"
)

// maxTake is the longest recording of one sentence.
const maxTake = 30 * time.Second

// add keeps a recording of a line: measured, judged, the clip found in it. At
// most three takes are kept; the oldest that is not accepted goes. alone tells
// that the recording holds the clip and nothing else.
func (p *project) add(clip string, raw audio.PCM, alone bool) (Take, error) {
	l, err := p.line(clip)
	if err != nil {
		return Take{}, err
	}
	if d := raw.Duration(); d > maxTake {
		return Take{}, refuse(http.StatusRequestEntityTooLarge,
			"Bản thu dài %.0f giây, nhiều nhất %.0f giây cho một câu. Bản thu dài có nhiều câu: dùng mục «Tải lên một bản thu dài».",
			"The recording lasts %.0f s, at most %.0f s for one sentence. For many sentences in one file use \"Upload one long recording\".", d.Seconds(), maxTake.Seconds())
	}
	t, master, err := examine(l, raw, alone)
	if err != nil {
		return Take{}, err
	}
	return p.keep(clip, t, master)
}

// examine makes a take of a recording; master is the sound at 48 kHz.
func examine(l Line, raw audio.PCM, alone bool) (t Take, master audio.PCM, err error) {
	master, err = audio.Resample(raw, audio.RatePA)
	if err != nil {
		return Take{}, master, refuse(http.StatusBadRequest, "Không đọc được bản thu (%d Hz). Dùng WAV 48 kHz.", "The recording cannot be used (%d Hz). Use WAV at 48 kHz.", raw.Rate)
	}
	t = Take{Alone: alone, Rate: raw.Rate, Length: master.Duration().Milliseconds(), Measures: measure(master)}
	c := Cut{To: master.Duration(), Sure: true}
	if !alone {
		if found, ok := findCut(master, l); ok {
			c = found
		}
	}
	return t.with(master, l, c), master, nil
}

// with gives the take with another cut, judged anew.
func (t Take) with(master audio.PCM, l Line, c Cut) Take {
	t.From, t.To = c.From.Milliseconds(), c.To.Milliseconds()
	t.Findings = judge(t.Measures, l, c, t.Alone)
	if t.Rate < hallRate {
		t.Findings = append(t.Findings, Finding{Telephone, Hint, float64(t.Rate)})
	}
	t.LUFS = silentDB
	if level, err := audio.ActiveLUFS(tidyClip(master, c, t.Alone)); err == nil && !math.IsInf(level, -1) {
		t.LUFS = tenth(level)
	}
	return t
}

// keep stores a take: first the sound, then the state that names it.
func (p *project) keep(clip string, t Take, master audio.PCM) (Take, error) {
	wav := audio.EncodeWAV(master)
	var dropped []int
	err := p.change(func(st *state) error {
		c := st.Clips[clip]
		if c == nil {
			c = &clipState{}
			st.Clips[clip] = c
		}
		c.Last++
		t.ID, t.At = c.Last, p.now().UTC().Truncate(time.Millisecond)
		if st.Sitting == 0 || t.At.Sub(st.LastTake) > newSitting {
			st.Sitting++
		}
		t.Sitting, st.LastTake = st.Sitting, t.At
		if err := saveFile(p.takePath(clip, t.ID), wav); err != nil {
			return fmt.Errorf("save take: %w", err)
		}
		c.Takes = append(c.Takes, t)
		dropped = c.drop()
		return nil
	})
	if err != nil {
		_ = os.Remove(p.takePath(clip, t.ID)) // Of no use without the state.
		return Take{}, err
	}
	for _, id := range dropped {
		_ = os.Remove(p.takePath(clip, id)) // What is left over goes at the next start.
	}
	return t, nil
}

// drop forgets the oldest takes above the bound, but never the accepted one.
func (c *clipState) drop() (ids []int) {
	for len(c.Takes) > maxTakes {
		i := slices.IndexFunc(c.Takes, func(t Take) bool { return t.ID != c.Accepted })
		ids = append(ids, c.Takes[i].ID)
		c.Takes = slices.Delete(c.Takes, i, i+1)
	}
	return ids
}

// accept chooses a take for the pack. One with faults is refused: read it
// again, or move its cut.
func (p *project) accept(clip string, take int) error {
	if _, err := p.line(clip); err != nil {
		return err
	}
	return p.change(func(st *state) error {
		t, err := st.take(clip, take)
		if err != nil {
			return err
		}
		if !usable(t.Findings) {
			return refuse(http.StatusConflict, "Lần thu này không dùng được. Xin đọc lại câu này.", "This take cannot be used. Please read the sentence again.")
		}
		st.Clips[clip].Accepted = take
		return nil
	})
}

func (st *state) take(clip string, take int) (*Take, error) {
	c := st.Clips[clip]
	if c == nil {
		return nil, noSuchTake(clip, take)
	}
	t := c.take(take)
	if t == nil {
		return nil, noSuchTake(clip, take)
	}
	return t, nil
}

// minCut is the shortest clip that a hand may cut.
const minCut = 60 * time.Millisecond

// recut moves the edges of a take by hand.
func (p *project) recut(clip string, take int, from, to time.Duration) (Take, error) {
	l, err := p.line(clip)
	if err != nil {
		return Take{}, err
	}
	master, err := p.sound(clip, take)
	if err != nil {
		return Take{}, err
	}
	if from < 0 || to > master.Duration() || to-from < minCut {
		return Take{}, refuse(http.StatusBadRequest,
			"Đoạn cắt phải nằm trong bản thu và dài ít nhất %d ms. Kéo lại hai mép.", "The cut must lie within the recording and last at least %d ms. Move the edges.", minCut.Milliseconds())
	}
	var out Take
	err = p.change(func(st *state) error {
		t, err := st.take(clip, take)
		if err != nil {
			return err
		}
		t.ByHand = true
		*t = t.with(master, l, Cut{from, to, true})
		out = *t
		return nil
	})
	return out, err
}

// sound reads the recording of a take.
func (p *project) sound(clip string, take int) (audio.PCM, error) {
	if _, err := p.line(clip); err != nil {
		return audio.PCM{}, err
	}
	f, err := os.Open(p.takePath(clip, take))
	if os.IsNotExist(err) {
		return audio.PCM{}, noSuchTake(clip, take)
	}
	if err != nil {
		return audio.PCM{}, fmt.Errorf("read take: %w", err)
	}
	defer f.Close()
	return audio.ReadWAV(f)
}

// checked keeps the outcome of a microphone check, and tells how far the voice
// has drifted from the first one: the same sentence is read every time. A new
// sitting begins after a break or when the level has changed, since the
// microphone stands elsewhere then.
func (p *project) checked(raw audio.PCM) (Room, Drift, error) {
	master, err := audio.Resample(raw, audio.RatePA)
	if err != nil {
		return Room{}, Drift{}, refuse(http.StatusBadRequest, "Không đọc được bản thu (%d Hz). Xin đọc lại.", "The recording cannot be used (%d Hz). Please read it again.", raw.Rate)
	}
	r := checkRoom(master, p.now().UTC().Truncate(time.Second))
	now := Reference{At: r.At, Level: r.Measures.Speech, Spoken: r.Measures.Spoken, PitchHz: medianPitch(master)}
	d := Drift{Tempo: 1}
	err = p.change(func(st *state) error {
		moved := st.Room != nil && math.Abs(st.Room.Measures.Speech-r.Measures.Speech) > driftLevel
		if st.Sitting == 0 || r.At.Sub(st.LastTake) > newSitting || moved {
			st.Sitting++
		}
		st.Room, st.LastTake = &r, r.At
		if !usable(r.Findings) {
			return nil
		}
		now.Done = st.accepted()
		if len(st.References) > 0 {
			d = drift(st.References[0], now)
		}
		st.References = append(st.References, now)
		if n := len(st.References); n > maxReferences {
			st.References = slices.Delete(st.References, 1, n-maxReferences+1)
		}
		return nil
	})
	return r, d, err
}

// maxReferences bounds the readings that are kept; the first always is.
const maxReferences = 100

func (st *state) accepted() int {
	n := 0
	for _, c := range st.Clips {
		if c.Accepted != 0 {
			n++
		}
	}
	return n
}
