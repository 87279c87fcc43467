package announce

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/xinmoi/xinmoi/announce/audio"
	"github.com/xinmoi/xinmoi/announce/output"
)

// maxSound bounds recorded speech of the staff.
const maxSound = time.Minute

// stage is a reading while it is said.
type stage struct {
	clip    output.Clip
	alarm   bool   // An emergency, which nothing cuts.
	message string // Id of the message.
	cancel  context.CancelCauseFunc
}

// cut ends what is being said at its next pause.
func (s *stage) cut(why error, now time.Time) {
	said := now.Sub(s.clip.StartedAt)
	time.AfterFunc(nextEdge(s.clip.PCM, said)-said, func() { s.cancel(why) })
}

// begin takes the stage for a clip; the error is errCut if an emergency came
// first, errWithdrawn if the message was taken back while it was made ready. The
// context ends when the clip is to be cut.
func (z *Zone) begin(ctx context.Context, r reading, clip output.Clip) (play context.Context, err error) {
	alarm := r.Ticket == "" && r.Urgency == Emergency
	play, cancel := context.WithCancelCause(ctx)
	z.mu.Lock()
	switch {
	case r.Message != z.coming:
		err = errWithdrawn
	case !alarm && z.backlog.urgent():
		err = errCut
	}
	if err != nil {
		z.mu.Unlock()
		cancel(err)
		return nil, err
	}
	z.now = &stage{clip: clip, alarm: alarm, message: r.Message, cancel: cancel}
	z.noteBegin(r, clip)
	z.mu.Unlock()
	if z.c.Screen != nil && !z.sounds(z.c.Screen) {
		z.c.Screen.Reading(clip)
	}
	return play, nil
}

// sounds reports whether a screen will be given the clip as an output.
func (z *Zone) sounds(s Screen) bool {
	for _, l := range z.outputs {
		if o, ok := s.(output.Output); ok && l.out == o {
			use, trial := l.usable()
			return use && !trial
		}
	}
	return false
}

// end leaves the stage; it gives why the clip was cut, nil if it was not.
func (z *Zone) end(play context.Context, clip output.Clip) error {
	cause := context.Cause(play)
	if s, ok := z.c.Screen.(Cutter); ok && (errors.Is(cause, errCut) || errors.Is(cause, errWithdrawn)) {
		s.Cut(clip)
	}
	z.mu.Lock()
	defer z.mu.Unlock()
	z.now.cancel(nil)
	z.now, z.state.playing = nil, nil
	return cause
}

// render makes one clip of a turn. What cannot be rendered ends here.
func (z *Zone) render(ctx context.Context, turn []reading) (clip output.Clip, said []reading, out []Outcome) {
	if len(turn) == 0 {
		return output.Clip{}, nil, nil
	}
	pcm, text, err := z.sound(ctx, turn)
	if err != nil {
		z.c.Logger.Error("call cannot be rendered", "zone", z.c.Name, "text", text, "err", err)
		for _, r := range turn {
			out = append(out, outcomeOf(r, ReasonUnspeaking))
		}
		return output.Clip{}, nil, out
	}
	clip = z.clip(turn[0], louder(pcm, z.level(turn[0])), text)
	for i, r := range turn {
		if r.Ticket != "" {
			clip.Calls = append(clip.Calls, output.Call{Number: r.Number.String(), Counter: r.Counter, At: clip.PCM.Duration() * time.Duration(i) / time.Duration(len(turn))})
		}
	}
	return clip, turn, nil
}

// sound renders a turn. A language that the voice lacks is noted.
func (z *Zone) sound(ctx context.Context, turn []reading) (audio.PCM, string, error) {
	first := turn[0]
	if len(first.Sound.Samples) > 0 {
		return first.Sound, first.Notice.Text(), nil
	}
	s := first.Notice
	if first.Ticket != "" {
		var calls []CallRequest
		for _, r := range turn {
			calls = append(calls, CallRequest{Number: r.Number, Counter: r.Counter, Place: r.Place, Language: r.Language})
		}
		var lacks []string
		s, lacks = z.c.Renderer.Announcement(calls, first.n, z.c.Wording())
		for _, code := range lacks {
			z.noteLanguage(code)
		}
	}
	pcm, report, err := z.c.Renderer.Render(ctx, s)
	z.noteReport(report)
	return pcm, s.Text(), err
}

// level is how loud a reading is, in dB beside the usual level.
func (z *Zone) level(r reading) int {
	if r.Ticket == "" && r.Urgency == Emergency && z.c.Alarm != nil {
		return z.c.Alarm()
	}
	db, _ := z.c.Level(z.c.Now())
	return db
}

// louder gives sound at another level; what is amplified is limited again.
func louder(p audio.PCM, db int) audio.PCM {
	if db == 0 {
		return p
	}
	p = p.Clone()
	p.Gain(float64(db))
	if db > 0 {
		p = audio.Limit(p)
	}
	return p
}

func (z *Zone) clip(r reading, pcm audio.PCM, text string) output.Clip {
	z.mu.Lock()
	z.clips++
	serial := z.clips
	z.mu.Unlock()
	now := z.c.Now()
	name := "notice"
	if !r.Number.IsZero() {
		name = r.Number.String()
	}
	return output.Clip{
		ID:   fmt.Sprintf("%s-%s-%06d-%s-%d", now.UTC().Format("20060102-150405"), z.c.Name, serial, name, r.n),
		Text: text, Number: r.Number.String(), Counter: r.Counter, Reading: r.n, StartedAt: now, PCM: pcm,
	}
}
