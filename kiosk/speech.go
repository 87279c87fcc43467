package kiosk

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/xinmoi/xinmoi/announce"
	"github.com/xinmoi/xinmoi/announce/audio"
	"github.com/xinmoi/xinmoi/queue"
)

// Voice speaks the screens with the clips of the announcements;
// *announce.Renderer is one.
type Voice interface {
	// Render gives a sentence as sound; what cannot be spoken is in the report.
	Render(ctx context.Context, s announce.Sentence) (audio.PCM, announce.Report, error)
	// Languages lists what can be spoken besides Vietnamese, as BCP 47.
	Languages() []string
}

const (
	maxSpoken   = 4096             // Sentences whose addresses are known.
	voiceRate   = 16000            // Hz; speech at arm's length needs no more.
	voiceTime   = 10 * time.Second // For one sentence.
	voiceMaxAge = 60 * 60          // Seconds that a browser keeps it; a new voice is heard after that.
)

// spoken knows the sentences of the pages by their addresses: nothing else can
// be made to be spoken.
type spoken struct {
	mu   sync.Mutex
	byID map[string]announce.Sentence
}

// address remembers a sentence and gives where it is heard. The same words
// have the same address, so that a browser asks for them once.
func (sp *spoken) address(lang string, s announce.Sentence) string {
	sum := sha256.Sum256([]byte(lang + "|" + s.Text() + "|" + s.Spoken()))
	id := hex.EncodeToString(sum[:10])
	sp.mu.Lock()
	defer sp.mu.Unlock()
	if sp.byID == nil || len(sp.byID) >= maxSpoken {
		sp.byID = map[string]announce.Sentence{}
	}
	sp.byID[id] = s
	return "/kiosk/voice/" + id + ".wav"
}

func (sp *spoken) find(id string) (announce.Sentence, bool) {
	sp.mu.Lock()
	defer sp.mu.Unlock()
	s, ok := sp.byID[id]
	return s, ok
}

// voice gives a sentence as sound. What nobody can speak is silent: a chime
// would only puzzle.
func (k *Kiosk) voice(w http.ResponseWriter, r *http.Request) {
	s, ok := k.spoken.find(strings.TrimSuffix(r.PathValue("id"), ".wav"))
	if !ok || k.cfg.Voice == nil {
		http.NotFound(w, r)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), voiceTime)
	defer cancel()
	pcm, report, err := k.cfg.Voice.Render(ctx, s)
	if err == nil && report.ChimeOnly {
		err = fmt.Errorf("no clips for %q", s.Text())
	}
	if err == nil {
		pcm, err = audio.Resample(pcm, voiceRate)
	}
	if err != nil {
		k.log.Debug("not spoken at the kiosk", "err", err)
		http.NotFound(w, r)
		return
	}
	if len(report.Missing) == 0 {
		w.Header().Set("Cache-Control", "private, max-age="+strconv.Itoa(voiceMaxAge))
	}
	w.Header().Set("Content-Type", "audio/wav")
	wav := audio.EncodeWAV(pcm)
	w.Header().Set("Content-Length", strconv.Itoa(len(wav)))
	_, _ = w.Write(wav)
}

// speaker says things in the language of a screen.
type speaker struct {
	k    *Kiosk
	lang string
	w    announce.Wording
}

// speakerOf gives the speaker of a screen; ok is false where its language
// cannot be spoken.
func (k *Kiosk) speakerOf(s *screen) (sp speaker, ok bool) {
	if k.cfg.Voice == nil {
		return sp, false
	}
	if s.Lang != vietnamese && !slices.Contains(k.cfg.Voice.Languages(), s.Lang) {
		return sp, false
	}
	region, err := announce.ParseRegion(s.info.Region)
	if err != nil {
		region = announce.North
	}
	return speaker{k, s.Lang, announce.Wording{Region: region, ByValue: s.info.ByValue}}, true
}

func (sp speaker) phrase(text string) announce.Sentence {
	return announce.PhraseIn(sp.lang, text, sp.w)
}

// say gives the address of a text as sound; nothing for nothing.
func (sp speaker) say(text string) string {
	if strings.TrimSpace(text) == "" {
		return ""
	}
	if !strings.HasSuffix(text, ".") && !strings.HasSuffix(text, "?") {
		text += "."
	}
	return sp.k.spoken.address(sp.lang, sp.phrase(text))
}

// sayKey says which key chooses something.
func (sp speaker) sayKey(t words, key int, text string) string {
	return sp.say(fmt.Sprintf(t.SayKey, key, text))
}

// voiceOver adds to everything on a screen the address of how it sounds.
func (k *Kiosk) voiceOver(_ context.Context, s *screen) {
	if !s.visitor.in(modeVoice) {
		return
	}
	sp, ok := k.speakerOf(s)
	if !ok {
		return
	}
	s.Say = sp.say(s.Title)
	if s.Notice != "" {
		s.Say = sp.say(s.Notice + " " + s.Next)
	}
	for i := range s.Tiles {
		t := &s.Tiles[i]
		text := t.Main
		if t.Paused {
			text += ", " + s.T.Paused
		}
		t.Say = sp.sayKey(s.T, t.Digit, text)
	}
	for _, list := range [][]option{s.Doors, s.Options, s.Tools} {
		for i := range list {
			list[i].Say = sp.say(list[i].Words)
		}
	}
	s.SayEnd = sp.say(strings.TrimSpace(s.factsText()))
	s.SaySoon = sp.say(s.T.Still)
	s.SayAgain = sp.say(s.T.SayAgain)
}

// factsText is what there is to know of a procedure, to be read aloud.
func (s *screen) factsText() string {
	var b strings.Builder
	for _, f := range s.Facts {
		b.WriteString(f.Title + ": " + strings.Join(f.Lines, ", ") + ". ")
	}
	return b.String()
}

// speakNumber lets the number be heard when its paper is out: to everybody, or
// to those who asked for voice.
func (k *Kiosk) speakNumber(ctx context.Context, s *screen, v visit) {
	if !s.visitor.in(modeVoice) && k.settings(ctx).Silent {
		return
	}
	sp, ok := k.speakerOf(s)
	if !ok {
		return
	}
	parts := []announce.Sentence{sp.phrase(s.T.YourNumber + ":"), announce.NumberIn(sp.lang, v.ticket.Number, sp.w), announce.Pause(speakPause)}
	if st := v.ticket.Standing; st != nil && v.ticket.State != queue.Called {
		text := s.T.SayNobody
		if st.Ahead > 0 {
			text = fmt.Sprintf(s.T.SayAhead, st.Ahead)
		}
		parts = append(parts, sp.phrase(text))
	}
	switch v.state {
	case onPaper:
		parts = append(parts, sp.phrase(s.T.TakePaper+"."))
	case onScreen:
		parts = append(parts, sp.phrase(s.T.NoPaper))
	case asking:
		parts = append(parts, sp.phrase(s.T.Ask))
	}
	s.Speak = k.spoken.address(sp.lang, announce.Join(parts...))
}

// speakPause stands between a number and what follows.
const speakPause = 300 * time.Millisecond
