package kiosk

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
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

// Speech is something the screens say. It is plain data, so that it may be sent
// to the machine where the voice is.
type Speech struct {
	Lang    string       `json:"lang"`             // BCP 47.
	Region  string       `json:"region,omitempty"` // How the office speaks; empty = north.
	ByValue bool         `json:"by_value,omitempty"`
	Parts   []SpeechPart `json:"parts"`
}

// SpeechPart is one of: a text, a ticket's number, a pause.
type SpeechPart struct {
	Text   string       `json:"text,omitempty"`
	Number queue.Number `json:"number,omitzero"`
	Pause  int          `json:"pause,omitempty"` // Milliseconds.
}

// Bounds of a speech that comes over the network.
const (
	maxSpeechParts = 16
	maxSpeechText  = 2000 // Bytes of a part.
	maxSpeechPause = 2000
)

// Sentence gives the words and pauses, or refuses what no screen says.
func (s Speech) Sentence() (announce.Sentence, error) {
	region, err := announce.ParseRegion(s.Region)
	if err != nil {
		region = announce.North
	}
	if len(s.Parts) == 0 || len(s.Parts) > maxSpeechParts {
		return announce.Sentence{}, fmt.Errorf("a speech of %d parts: at most %d", len(s.Parts), maxSpeechParts)
	}
	w := announce.Wording{Region: region, ByValue: s.ByValue}
	all := make([]announce.Sentence, 0, len(s.Parts))
	for _, p := range s.Parts {
		switch {
		case len(p.Text) > maxSpeechText || p.Pause < 0 || p.Pause > maxSpeechPause:
			return announce.Sentence{}, fmt.Errorf("a text of %d bytes, a pause of %d ms: at most %d and %d", len(p.Text), p.Pause, maxSpeechText, maxSpeechPause)
		case p.Text != "":
			all = append(all, announce.PhraseIn(s.Lang, p.Text, w))
		case !p.Number.IsZero():
			all = append(all, announce.NumberIn(s.Lang, p.Number, w))
		default:
			all = append(all, announce.Pause(time.Duration(p.Pause)*time.Millisecond))
		}
	}
	return announce.Join(all...), nil
}

// Sounds gives what the screens say as sound, wherever the voice is.
type Sounds interface {
	// Sound gives a speech as a WAV file; whole is false where words are missing.
	Sound(ctx context.Context, s Speech) (wav []byte, whole bool, err error)
	// Languages lists what can be spoken besides Vietnamese, as BCP 47.
	Languages() []string
}

// soundsOf speaks with a voice on this machine.
type soundsOf struct{ Voice }

// Sound implements Sounds. What nobody can speak is an error: a chime would only
// puzzle.
func (v soundsOf) Sound(ctx context.Context, s Speech) ([]byte, bool, error) {
	sentence, err := s.Sentence()
	if err != nil {
		return nil, false, err
	}
	ctx, cancel := context.WithTimeout(ctx, voiceTime)
	defer cancel()
	pcm, report, err := v.Render(ctx, sentence)
	if err == nil && report.ChimeOnly {
		err = fmt.Errorf("no clips for %q", sentence.Text())
	}
	if err == nil {
		pcm, err = audio.Resample(pcm, voiceRate)
	}
	if err != nil {
		return nil, false, err
	}
	return audio.EncodeWAV(pcm), len(report.Missing) == 0, nil
}

const (
	maxSpoken   = 4096             // Speeches whose addresses are known.
	voiceRate   = 16000            // Hz; speech at arm's length needs no more.
	voiceTime   = 10 * time.Second // For one speech.
	voiceMaxAge = 60 * 60          // Seconds that a browser keeps it; a new voice is heard after that.
)

// spoken knows the speeches of the pages by their addresses: nothing else can
// be made to be spoken.
type spoken struct {
	mu   sync.Mutex
	byID map[string]Speech
}

// address remembers a speech and gives where it is heard. The same words have
// the same address, so that a browser asks for them once.
func (sp *spoken) address(s Speech) string {
	text, _ := json.Marshal(s) // Plain data.
	sum := sha256.Sum256(text)
	id := hex.EncodeToString(sum[:10])
	sp.mu.Lock()
	defer sp.mu.Unlock()
	if sp.byID == nil || len(sp.byID) >= maxSpoken {
		sp.byID = map[string]Speech{}
	}
	sp.byID[id] = s
	return "/kiosk/voice/" + id + ".wav"
}

func (sp *spoken) find(id string) (Speech, bool) {
	sp.mu.Lock()
	defer sp.mu.Unlock()
	s, ok := sp.byID[id]
	return s, ok
}

// voice gives a speech as sound.
func (k *Kiosk) voice(w http.ResponseWriter, r *http.Request) {
	s, ok := k.spoken.find(strings.TrimSuffix(r.PathValue("id"), ".wav"))
	if !ok || k.cfg.Sounds == nil {
		http.NotFound(w, r)
		return
	}
	wav, whole, err := k.cfg.Sounds.Sound(r.Context(), s)
	if err != nil {
		k.log.Debug("not spoken at the kiosk", "err", err)
		http.NotFound(w, r)
		return
	}
	writeWAV(w, wav, whole)
}

func writeWAV(w http.ResponseWriter, wav []byte, whole bool) {
	if whole {
		w.Header().Set("Cache-Control", "private, max-age="+strconv.Itoa(voiceMaxAge))
	}
	w.Header().Set("Content-Type", "audio/wav")
	w.Header().Set("Content-Length", strconv.Itoa(len(wav)))
	_, _ = w.Write(wav) // A browser that went away hears nothing.
}

// Say gives a speech that a kiosk on another machine posts as JSON; the caller
// guards it for kiosks.
func (k *Kiosk) Say(w http.ResponseWriter, r *http.Request) {
	var s Speech
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxSpeechParts*maxSpeechText)).Decode(&s); err != nil {
		http.Error(w, "JSON: "+err.Error(), http.StatusBadRequest)
		return
	}
	if k.cfg.Sounds == nil {
		http.NotFound(w, r)
		return
	}
	wav, whole, err := k.cfg.Sounds.Sound(r.Context(), s)
	if err != nil {
		http.Error(w, "Không đọc được câu này. / This cannot be spoken: "+err.Error(), http.StatusNotFound)
		return
	}
	writeWAV(w, wav, whole)
}

// speaker says things in the language of a screen.
type speaker struct {
	k    *Kiosk
	base Speech
	note func(Speech) // Where somebody wants to know what is said; else nil.
}

// speakerOf gives the speaker of a screen; ok is false where its language
// cannot be spoken.
func (k *Kiosk) speakerOf(ctx context.Context, lang string, info queue.Info) (sp speaker, ok bool) {
	if k.cfg.Sounds == nil {
		return sp, false
	}
	if lang != vietnamese && !slices.Contains(k.cfg.Sounds.Languages(), lang) {
		return sp, false
	}
	note, _ := ctx.Value(noteKey{}).(func(Speech))
	return speaker{k, Speech{Lang: lang, Region: info.Region, ByValue: info.ByValue}, note}, true
}

// parts gives the address of a speech.
func (sp speaker) parts(parts ...SpeechPart) string {
	s := sp.base
	s.Parts = parts
	if sp.note != nil {
		sp.note(s)
	}
	return sp.k.spoken.address(s)
}

// say gives the address of a text as sound; nothing for nothing.
func (sp speaker) say(text string) string {
	if strings.TrimSpace(text) == "" {
		return ""
	}
	if !strings.HasSuffix(text, ".") && !strings.HasSuffix(text, "?") {
		text += "."
	}
	return sp.parts(SpeechPart{Text: text})
}

// sayKey says which key chooses something.
func (sp speaker) sayKey(t words, key int, text string) string {
	return sp.say(fmt.Sprintf(t.SayKey, key, text))
}

// voiceOver adds to everything on a screen the address of how it sounds.
func (k *Kiosk) voiceOver(ctx context.Context, s *screen) {
	if !s.visitor.in(modeVoice) {
		return
	}
	sp, ok := k.speakerOf(ctx, s.Lang, s.info)
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
	sp, ok := k.speakerOf(ctx, s.Lang, s.info)
	if !ok {
		return
	}
	s.Speak = sp.number(s.T, v)
}

// number says a number, who is before it, and how it was delivered.
func (sp speaker) number(t words, v visit) string {
	parts := []SpeechPart{{Text: t.YourNumber + ":"}, {Number: v.ticket.Number}, {Pause: int(speakPause.Milliseconds())}}
	if st := v.ticket.Standing; st != nil && v.ticket.State != queue.Called {
		text := t.SayNobody
		if st.Ahead > 0 {
			text = fmt.Sprintf(t.SayAhead, st.Ahead)
		}
		parts = append(parts, SpeechPart{Text: text})
	}
	switch v.state {
	case onPaper:
		parts = append(parts, SpeechPart{Text: t.TakePaper + "."})
	case onScreen:
		parts = append(parts, SpeechPart{Text: t.NoPaper})
	case asking:
		parts = append(parts, SpeechPart{Text: t.Ask})
	}
	return sp.parts(parts...)
}

// speakPause stands between a number and what follows.
const speakPause = 300 * time.Millisecond
