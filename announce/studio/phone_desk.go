package studio

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/xinmoi/xinmoi/announce"
	"github.com/xinmoi/xinmoi/announce/audio"
)

// The guesses of a code that are looked at: enough for people who mistype, far
// too few to find one of 900 000.
const (
	maxGuesses  = 20
	guessWindow = 10 * time.Minute
)

// guesses counts wrong codes of all callers.
type guesses struct {
	mu    sync.Mutex
	wrong []time.Time
}

// allowed reports whether another code may be tried.
func (g *guesses) allowed(now time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	for len(g.wrong) > 0 && now.Sub(g.wrong[0]) > guessWindow {
		g.wrong = g.wrong[1:]
	}
	return len(g.wrong) < maxGuesses
}

func (g *guesses) missed(now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.wrong = append(g.wrong, now)
}

// phoneDesk does what a PhoneTalk asks of the studio, for one call.
type phoneDesk struct {
	s       *Studio
	p       *project
	skipped map[string]bool
	take    int // Of the line read last.
}

// unlock opens the recording with a code. While too many wrong codes have come
// lately, none is right.
func (d *phoneDesk) unlock(code string) PhoneUnlocked {
	now := d.s.now()
	if !d.s.guesses.allowed(now) {
		d.s.log.Warn("studio: too many wrong codes by telephone, none is taken now")
		return PhoneUnlocked{}
	}
	projects, err := d.s.shelf.list()
	if err != nil {
		d.s.log.Error("studio: a recording cannot be opened", "err", err)
	}
	for _, p := range projects {
		if p.state.Code == code && code != "" {
			d.p, d.skipped = p, map[string]bool{}
			next := d.next()
			return PhoneUnlocked{Known: true, Line: next.Line, Left: next.Left}
		}
	}
	d.s.guesses.missed(now)
	return PhoneUnlocked{}
}

// next is the first line that nobody has read yet: by telephone nothing that
// was kept is replaced.
func (d *phoneDesk) next() PhoneNext {
	d.p.mu.Lock()
	defer d.p.mu.Unlock()
	var out PhoneNext
	for _, l := range d.p.lines {
		if c := d.p.state.Clips[l.ID]; c != nil && c.Accepted != 0 || d.skipped[l.ID] || l.Key.Lang != "" {
			continue
		}
		if out.Left == 0 {
			out.Line = l
		}
		out.Left++
	}
	return out
}

// submit keeps what was recorded as a take of a line.
func (d *phoneDesk) submit(ctx context.Context, clip string, samples []int16) PhoneInput {
	done, err := d.s.begin(ctx)
	if err != nil {
		return PhoneTrouble{}
	}
	defer done()
	t, err := d.p.add(clip, audio.FromInt16(audio.RatePhone, samples), false)
	if p, own := asProblem(err); err != nil && own && p.Status < http.StatusInternalServerError {
		return PhoneJudged{Words: announce.Phrase("Chưa được.")}
	}
	if err != nil {
		d.s.log.Error("studio: a take by telephone", "err", err)
		return PhoneTrouble{}
	}
	d.take = t.ID
	return PhoneJudged{Usable: usable(t.Findings), Words: announce.Phrase(spokenFault(t.Findings))}
}

// keep accepts the take of a line and goes on.
func (d *phoneDesk) keep(clip string) PhoneInput {
	if err := d.p.accept(clip, d.take); err != nil {
		d.s.log.Error("studio: a take by telephone", "err", err)
		return PhoneTrouble{}
	}
	return d.next()
}

func (d *phoneDesk) skip(clip string) PhoneInput {
	d.skipped[clip] = true
	return d.next()
}

// playBack is what was recorded, for the ear of the speaker: the part that is
// kept, at the telephone's rate.
func (d *phoneDesk) playBack(clip string) ([]int16, error) {
	pcm, err := d.p.heard(clip, d.take)
	if err != nil {
		return nil, err
	}
	if pcm, err = audio.Resample(pcm, audio.RatePhone); err != nil {
		return nil, err
	}
	return pcm.Int16(), nil
}

// spokenFault is the first fault of a take in a few words: on the telephone
// nobody wants to hear decibels.
func spokenFault(all []Finding) string {
	for _, f := range all {
		if f.Severity != Fault {
			continue
		}
		switch f.Code {
		case Silent:
			return "Không nghe thấy tiếng."
		case Clipped:
			return "Tiếng quá to, xin nói nhỏ hơn hoặc để điện thoại xa hơn."
		case TooQuiet:
			return "Tiếng nhỏ quá, xin nói to hơn."
		case Noisy:
			return "Xung quanh ồn quá, xin tìm chỗ yên tĩnh hơn."
		case EarlyStart:
			return "Xin chờ hết tiếng bíp rồi hãy đọc."
		case EarlyEnd:
			return "Chữ cuối bị cắt, xin chờ một chút rồi mới bấm phím thăng."
		}
		return "Câu đọc thiếu chữ hoặc quá nhanh."
	}
	return ""
}
