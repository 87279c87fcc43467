package studio

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/announce"
	"github.com/xinmoi/xinmoi/announce/audio"
	"github.com/xinmoi/xinmoi/announce/voice"
	"github.com/xinmoi/xinmoi/queue"
)

// Packed is the outcome of making a pack of what is recorded.
type Packed struct {
	At       time.Time     `json:"at"`
	ID       string        `json:"id"` // Also its folder's name.
	Clips    int           `json:"clips"`
	Missing  int           `json:"missing"`  // Lines of the script without a take.
	Unspoken int           `json:"unspoken"` // Of what calls need, said by the placeholder.
	Faults   []voice.Fault `json:"faults"`   // Of the recorded clips, at most maxFaults.
}

// OK reports whether the pack alone says every call.
func (p Packed) OK() bool { return len(p.Faults) == 0 && p.Unspoken == 0 }

// maxFaults bounds the list that is shown and kept.
const maxFaults = 50

// consentFile lies in the pack.
const consentFile = "consent.txt"

// pack makes a voice pack of the accepted takes, replacing an earlier one of
// the same project, and checks it. Clips that are not recorded are left to the
// placeholder voice.
func (s *Studio) pack(ctx context.Context, p *project) (Packed, error) {
	spoken, specs := p.accepted()
	if len(specs) == 0 {
		return Packed{}, refuse(http.StatusConflict, "Chưa có câu nào được chọn. Thu và bấm Giữ ít nhất một câu.", "Nothing is recorded yet. Record and keep at least one sentence.")
	}
	dir := filepath.Join(s.shelf.dir, p.state.ID)
	if _, err := voice.Build(ctx, dir, p.recipe(spoken, specs)); err != nil {
		return Packed{}, err
	}
	report, err := announce.CheckVoice(dir)
	if err != nil {
		return Packed{}, err
	}
	out := Packed{At: s.now().UTC().Truncate(time.Second), ID: p.state.ID, Clips: len(specs), Missing: len(p.lines) - len(specs)}
	for _, f := range report.Faults {
		if f.Kind == voice.FaultUncovered {
			out.Unspoken++
		} else if len(out.Faults) < maxFaults {
			out.Faults = append(out.Faults, f)
		}
	}
	return out, p.change(func(st *state) error { st.Packed = &out; return nil })
}

// recipe says whose voice it is and what may be done with it.
func (p *project) recipe(spoken *takes, specs []voice.ClipSpec) voice.Recipe {
	p.mu.Lock()
	defer p.mu.Unlock()
	st := p.state
	return voice.Recipe{
		ID: st.ID, Region: string(st.Region), Clips: specs, Speaker: spoken, Now: p.now,
		Provenance: &voice.Provenance{Speaker: st.Speaker, Licence: st.Licence, Consent: consentFile, RecordedAt: st.LastTake, RecordedWith: "xinmoi /studio"},
		Files:      map[string][]byte{consentFile: []byte(st.Consent.text(st.Licence))},
	}
}

// text is the consent as a file.
func (c Consent) text(licence string) string {
	return fmt.Sprintf("%s\n%s\n\n%s: %s\n%s: %s\n%s: %s\n", c.To, consentWordsEN,
		"Người đọc (speaker)", c.By, "Giấy phép (licence)", licence, "Ngày giờ (date)", c.At.Format(time.RFC3339))
}

// call renders a whole call with what is recorded so far; placeholder lists
// the words that another voice says, absent those that nothing says.
func (s *Studio) call(ctx context.Context, p *project, ticket, counter string) (pcm audio.PCM, placeholder, absent []string, err error) {
	n, err := queue.ParseNumber(ticket)
	if err != nil || n.IsZero() || len(strings.TrimSpace(counter)) == 0 || len(counter) > 20 {
		return pcm, nil, nil, refuse(http.StatusBadRequest, "Ghi số phiếu như A125 và số quầy như 3.", "Give a ticket like A125 and a counter like 3.")
	}
	sentence := announce.Call(n, counter, announce.Wording{Region: p.state.Region}).WithChime()
	spoken, _ := p.accepted()
	temp, err := os.MkdirTemp("", "xinmoi-studio-")
	if err != nil {
		return pcm, nil, nil, err
	}
	defer os.RemoveAll(temp)
	pack, placeholder, err := s.draft(ctx, p, filepath.Join(temp, "draft"), sentence, spoken)
	if err != nil {
		return pcm, nil, nil, err
	}
	c := announce.RendererConfig{Voice: pack}
	if s.Synth != nil {
		c.Synth = s.Synth(p.state.Region)
	}
	pcm, report, err := announce.NewRenderer(c).Render(ctx, sentence)
	return pcm, placeholder, report.Missing, err
}

// draft makes a small pack of the recorded clips that one sentence needs, with
// the office's voice behind it.
func (s *Studio) draft(ctx context.Context, p *project, dir string, sentence announce.Sentence, spoken *takes) (*voice.Pack, []string, error) {
	var specs []voice.ClipSpec
	var others []string
	seen := map[string]bool{}
	for _, step := range announce.Plan(sentence, spoken) {
		c, ok := spoken.byKey[step.Clip]
		switch {
		case step.Text == "":
		case step.Missing || !ok:
			others = append(others, step.Text)
		case !seen[c.spec.ID]:
			seen[c.spec.ID] = true
			specs = append(specs, c.spec)
		}
	}
	var behind *voice.Pack
	if s.Behind != nil {
		behind = s.Behind(p.state.Region)
	}
	if len(specs) == 0 {
		return behind, others, nil
	}
	if _, err := voice.Build(ctx, dir, p.recipe(spoken, specs)); err != nil {
		return nil, nil, err
	}
	pack, err := voice.Open(dir)
	if err != nil {
		return nil, nil, err
	}
	return pack.WithFallback(behind), others, nil
}
