package announce

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/announce/audio"
	"github.com/xinmoi/xinmoi/announce/ear"
	"github.com/xinmoi/xinmoi/announce/voice"
	"github.com/xinmoi/xinmoi/queue"
)

// mostLost is how much less of a spliced call may be understood than of the
// same sentence spoken whole, in STOI and ESTOI.
const mostLost = 0.02

// hallsAndPhone are the ways in which a call reaches an ear: two places in a
// waiting hall, since every echo is another, and the telephone.
func hallsAndPhone() map[string][]func(audio.PCM) (audio.PCM, error) {
	var places []func(audio.PCM) (audio.PCM, error)
	for i, rt60 := range []time.Duration{1200 * time.Millisecond, 1800 * time.Millisecond} {
		h := ear.Hall{RT60: rt60, Seed: uint64(i)}
		places = append(places, func(p audio.PCM) (audio.PCM, error) { return h.Hear(p), nil })
	}
	return map[string][]func(audio.PCM) (audio.PCM, error){"hall": places, "telephone": {ear.Telephone}}
}

// The price of putting a call together from clips: what a reverberant hall or
// a telephone makes of it, beside what they make of the same sentence in one
// breath by the same voice. Each is judged against its own clean sound. One
// call may have more luck with an echo than another, so that the mean of a
// sample of numbers, readings and regions counts: half of it, and all of it with
// XINMOI_CALLS=all.
func TestSplicedCallIsAsIntelligibleAsAWholeOne(t *testing.T) {
	t.Parallel()
	if racing {
		t.Skip("hears halls and telephones: not with -race")
	}
	lost := map[string][]float64{}
	for i, printed := range []string{"A125", "B1058", "C730", "H49", "K999", "D314"} {
		if i%2 == 0 && os.Getenv("XINMOI_CALLS") != "all" {
			continue // The others have every region and both readings, too.
		}
		w := Wording{Region: Regions()[i%len(Regions())], ByValue: i >= len(Regions())}
		e, err := voice.FindEspeak(string(w.Region))
		if err != nil {
			t.Skip("espeak-ng is not installed: apt-get install espeak-ng")
		}
		s := Call(number(t, printed), fmt.Sprint(1+7*i), w)
		for way, l := range losses(t, splicedBy(t, e, s, w), wholeBy(t, e, s)) {
			lost[way] = append(lost[way], l)
		}
	}
	for way, l := range lost {
		sum := 0.0
		for _, v := range l {
			sum += v / float64(len(l))
		}
		t.Logf("%s: a spliced call loses %+.4f more than a whole one; each %+.3f", way, sum, l)
		if sum > mostLost {
			t.Errorf("%s: want at most %.2f", way, mostLost)
		}
	}
}

// losses gives, for every way and measure, how much more a spliced sentence
// loses on it than the whole one.
func losses(t *testing.T, spliced, whole audio.PCM) map[string]float64 {
	t.Helper()
	out := map[string]float64{}
	for way, places := range hallsAndPhone() {
		for _, listen := range places {
			one, parts := scores(t, whole, listen), scores(t, spliced, listen)
			for name := range one {
				out[way+" "+name] += (one[name] - parts[name]) / float64(len(places))
			}
		}
	}
	return out
}

// scores says how much of what was said is understood where it is heard.
func scores(t *testing.T, said audio.PCM, listen func(audio.PCM) (audio.PCM, error)) map[string]float64 {
	t.Helper()
	heard, err := listen(said)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]float64{}
	for name, measure := range map[string]func(said, heard audio.PCM) (float64, error){"STOI": ear.STOI, "ESTOI": ear.ESTOI} {
		if out[name], err = measure(said, heard); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// judged is the rate at which halls and measures work: intelligibility is
// judged below 5 kHz.
const judged = 16000

func atJudged(t *testing.T, p audio.PCM) audio.PCM {
	t.Helper()
	p, err := audio.Resample(p, judged)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// splicedBy renders a sentence from the clips of a region's inventory that e
// spoke one by one, as voice build has them made.
func splicedBy(t *testing.T, e *voice.Espeak, s Sentence, w Wording) audio.PCM {
	t.Helper()
	inventory, r := libraryOf(Inventory(w.Region, nil)), NewRenderer(RendererConfig{Synth: e})
	out := &splice{medium: hall}
	for _, step := range Plan(s, inventory) {
		if step.Text != "" {
			clip, err := r.sounds().clips.synthesised(t.Context(), step.Clip, hall)
			if err != nil {
				t.Fatal(err)
			}
			if err := out.add(clip); err != nil {
				t.Fatal(err)
			}
		}
		if step.Pause > 0 {
			if err := out.pause(step.Pause); err != nil {
				t.Fatal(err)
			}
		}
	}
	return atJudged(t, audio.PCM{Rate: audio.RatePA, Samples: r.assemble(out, Report{}, false)})
}

// wholeBy is the sentence as e says it in one breath, shaped and levelled as a
// call is. Commas are where the sentence has its pauses.
func wholeBy(t *testing.T, e *voice.Espeak, s Sentence) audio.PCM {
	t.Helper()
	var text strings.Builder
	for _, p := range s.parts {
		text.WriteString(strings.Join(p.Words, " "))
		if p.Pause >= PauseComma {
			text.WriteByte(',')
		}
		text.WriteByte(' ')
	}
	clip, err := e.Speak(t.Context(), voice.Key{Text: text.String(), Pos: voice.Final})
	if err != nil {
		t.Fatal(err)
	}
	p, err := audio.ToLUFS(audio.ForHall(clip), audio.SpeechLUFS, maxLevelling)
	if err != nil {
		t.Fatal(err)
	}
	return atJudged(t, audio.Limit(p))
}

// What a listener hears of a call is its clips, in order, evenly loud, with no
// click, no gap and no peak beyond the ceiling, and no longer than it must be.
func TestCallIsHeardClipByClip(t *testing.T) {
	t.Parallel()
	number := queue.Number{Prefix: "A", N: 125}
	call := Call(number, "3", Wording{})
	dir := realVoice(t, call)
	r, _, err := OpenRenderer(dir, North)
	if err != nil {
		t.Fatal(err)
	}
	pcm, report, err := r.Render(t.Context(), call)
	if err != nil || !report.OK() {
		t.Fatalf("%+v, %v", report, err)
	}
	if d := pcm.Duration(); d > 4200*time.Millisecond {
		t.Errorf("the call lasts %v, at most 4.2 s", d)
	}
	if peak := audio.TruePeak(pcm); peak > audio.LimitDBTP {
		t.Errorf("true peak %.2f dBTP", peak)
	}
	hits := heardIn(t, r, pcm)
	var want []string
	for _, step := range report.Steps {
		want = append(want, step.Clip.Text)
	}
	if got := ear.Names(hits); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Fatalf("heard %q, said %q", got, want)
	}
	if lu, deviation, err := ear.Spread(pcm, hits); err != nil || lu > 1.5 || deviation > 0.6 {
		t.Errorf("clips spread by %.2f LU, deviation %.2f (%v)", lu, deviation, err)
	}
	speech, _, err := r.speak(t.Context(), r.sounds(), call, hall)
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range speech.pieces {
		if click := ear.Click(pcm, p.at+p.fadeIn/2); p.fadeIn > 0 && click > -35 {
			t.Errorf("the joint before %q clicks with %.1f dB", want[i], click)
		}
	}
	if gaps := ear.Gaps(pcm, 8); len(gaps) != 0 {
		t.Errorf("gaps %v", gaps)
	}
}

// heardIn listens for every clip of a Renderer's voice.
func heardIn(t *testing.T, r *Renderer, pcm audio.PCM) []ear.Hit {
	t.Helper()
	var refs []ear.Reference
	for _, c := range r.Voice().Manifest().Clips {
		clip, err := r.Voice().Clip(c.Key())
		if err != nil {
			t.Fatal(err)
		}
		refs = append(refs, ear.Reference{Name: c.Text, PCM: audio.ForHall(clip)})
	}
	l, err := ear.NewListener(refs)
	if err != nil {
		t.Fatal(err)
	}
	hits, err := l.Find(pcm, 0.8)
	if err != nil {
		t.Fatal(err)
	}
	return hits
}
