package studio

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/xinmoi/xinmoi/announce"
	"github.com/xinmoi/xinmoi/announce/audio"
	"github.com/xinmoi/xinmoi/announce/voice"
)

// names says what a talk wants done, shortly.
func names(actions []PhoneAction) string {
	var out []string
	for _, a := range actions {
		switch a := a.(type) {
		case PhoneSay:
			out = append(out, "say "+a.Sentence.Text())
		case PhoneUnlock:
			out = append(out, "unlock "+a.Code)
		case PhoneRecord:
			out = append(out, "record")
		case PhoneSubmit:
			out = append(out, "submit "+a.Clip)
		case PhonePlayBack:
			out = append(out, "play "+a.Clip)
		case PhoneKeep:
			out = append(out, "keep "+a.Clip)
		case PhoneSkip:
			out = append(out, "skip "+a.Clip)
		case PhoneHangup:
			out = append(out, "hang up")
		}
	}
	return strings.Join(out, "; ")
}

func TestPhoneTalk(t *testing.T) {
	line := Line{ID: "n.25.c", Before: "Xin mời số", Target: "hai mươi lăm", After: ", đến quầy số ba."}
	type exchange struct {
		in   PhoneInput
		want string // The beginning of what is wanted.
	}
	key := func(k rune) PhoneInput { return PhoneKey{k} }
	code := []exchange{
		{PhoneBegan{}, "say Kính chào"}, {key('1'), ""}, {key('2'), ""}, {key('#'), ""}, {key('3'), ""}, {key('4'), ""}, {key('5'), ""}, {key('6'), "unlock 123456"},
	}
	in := append(slices.Clone(code), exchange{PhoneUnlocked{true, line, 2}, "say Xin đọc: Xin mời số hai mươi lăm, đến quầy số ba."})
	read := append(slices.Clone(in), exchange{PhonePlayed{}, "record"}, exchange{key('7'), ""}, exchange{key('#'), "submit n.25.c"})
	for name, talk := range map[string][]exchange{
		"keep, and the last one": append(slices.Clone(read), exchange{PhoneJudged{Usable: true}, "say Bấm một để giữ"},
			exchange{key('1'), "keep n.25.c"}, exchange{PhoneNext{line, 1}, "say Xin đọc"}, exchange{key('#'), "record"},
			exchange{PhoneRecorded{}, "submit n.25.c"}, exchange{PhoneJudged{Usable: true}, "say Bấm"}, exchange{key('1'), "keep n.25.c"},
			exchange{PhoneNext{}, "say Đã thu hết"}, exchange{PhonePlayed{}, "hang up"}),
		"hear and again": append(slices.Clone(read), exchange{PhoneJudged{Usable: true}, "say Bấm"}, exchange{key('3'), "play n.25.c"},
			exchange{PhonePlayed{}, ""}, exchange{key('9'), "say Bấm một"}, exchange{key('2'), "say Xin đọc"}, exchange{PhonePlayed{}, "record"}),
		"a bad take": append(slices.Clone(read), exchange{PhoneJudged{Words: announce.Phrase("Tiếng nhỏ quá.")}, "say Tiếng nhỏ quá. Xin đọc lại: Xin mời"},
			exchange{PhonePlayed{}, "record"}),
		"skip": append(slices.Clone(in), exchange{key('*'), "skip n.25.c"}, exchange{PhoneNext{line, 1}, "say Xin đọc"}),
		"wrong codes": append(slices.Clone(code), exchange{PhoneUnlocked{}, "say Mã bản thu không đúng. Xin bấm lại"},
			exchange{key('9'), ""}, exchange{key('*'), "say Xin bấm lại"}, exchange{key('1'), ""}, exchange{key('1'), ""}, exchange{key('1'), ""},
			exchange{key('1'), ""}, exchange{key('1'), ""}, exchange{key('1'), "unlock 111111"}, exchange{PhoneUnlocked{}, "say Mã"},
			exchange{key('1'), ""}, exchange{key('1'), ""}, exchange{key('1'), ""}, exchange{key('1'), ""}, exchange{key('1'), ""}, exchange{key('1'), "unlock"},
			exchange{PhoneUnlocked{}, "say Mã bản thu không đúng. Mã hiện"}, exchange{PhonePlayed{}, "hang up"}),
		"nobody there": {{PhoneBegan{}, "say"}, {PhoneTimeUp{}, "say Xin bấm sáu"}, {PhoneTimeUp{}, "say Xin bấm sáu"}, {PhoneTimeUp{}, "say Những câu"}, {PhonePlayed{}, "hang up"}},
		"trouble":      append(slices.Clone(read), exchange{PhoneTrouble{}, "say Hệ thống gặp lỗi"}, exchange{PhonePlayed{}, "hang up"}),
	} {
		var p PhoneTalk
		for i, e := range talk {
			var actions []PhoneAction
			p, actions = p.Step(e.in)
			if got := names(actions); !strings.HasPrefix(got, e.want) || e.want == "" && got != "" {
				t.Errorf("%s, step %d, %#v: %q, want %q", name, i, e.in, got, e.want)
				break
			}
		}
	}
}

// Whatever happens: nothing is recorded or kept before a code was right, at
// most one thing is asked of the studio at once, and after the end comes nothing.
func TestPhoneTalkAlways(t *testing.T) {
	line := Line{ID: "n.25.c", Target: "ba", After: "."}
	rapid.Check(t, func(t *rapid.T) {
		var p PhoneTalk
		known, ended := false, false
		for range rapid.IntRange(1, 80).Draw(t, "steps") {
			in := rapid.OneOf(
				rapid.Map(rapid.SampledFrom([]rune("0123456789*#")), func(k rune) PhoneInput { return PhoneKey{k} }),
				rapid.SampledFrom([]PhoneInput{PhonePlayed{}, PhoneTimeUp{}, PhoneRecorded{}, PhoneJudged{Usable: true}, PhoneJudged{}, PhoneNext{line, 3}, PhoneNext{}, PhoneUnlocked{}, PhoneUnlocked{true, line, 3}}),
			).Draw(t, "in")
			if u, ok := in.(PhoneUnlocked); ok && p.place == atDoor {
				known = known || u.Known
			}
			var actions []PhoneAction
			p, actions = p.Step(in)
			if ended && len(actions) > 0 {
				t.Fatalf("after the end: %s", names(actions))
			}
			asked := 0
			for _, a := range actions {
				switch a.(type) {
				case PhoneSubmit, PhoneKeep, PhoneSkip, PhoneUnlock:
					asked++
				}
				if _, unlock := a.(PhoneUnlock); !unlock && asked > 0 && !known {
					t.Fatalf("%s before a code was right", names(actions))
				}
			}
			if asked > 1 {
				t.Fatalf("asked twice: %s", names(actions))
			}
			ended = p.Ended()
		}
	})
}

// wire is a telephone line for tests: what is played ends at once, in the time
// of the bubble.
type wire struct {
	events chan PhoneEvent
	mu     sync.Mutex
	tap    func([]int16)
	down   bool
	timer  *time.Timer
}

func newWire() *wire { return &wire{events: make(chan PhoneEvent, 16)} }

func (w *wire) Play(samples []int16) {
	w.Stop()
	w.timer = time.AfterFunc(time.Duration(len(samples))*time.Second/audio.RatePhone, func() { w.events <- PhoneEvent{Played: true} })
}

func (w *wire) Stop() {
	if w.timer != nil {
		w.timer.Stop()
	}
}

func (w *wire) Events() <-chan PhoneEvent { return w.events }

func (w *wire) Listen(tap func([]int16)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tap = tap
}

func (w *wire) Hangup(context.Context) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.down = true
	return nil
}

// speak sends sound in packets of 20 ms, as the network does.
func (w *wire) speak(samples []int16) {
	const packet = audio.RatePhone / 50
	for ; len(samples) >= packet; samples = samples[packet:] {
		w.mu.Lock()
		w.tap(samples[:packet])
		w.mu.Unlock()
		time.Sleep(20 * time.Millisecond)
	}
}

func (w *wire) press(keys string) {
	for _, k := range keys {
		w.events <- PhoneEvent{Key: k}
	}
}

// A person records two sentences by telephone; the code opens the recording,
// the first one is kept, the second ends by silence and the person hangs up.
func TestRecordByTelephone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := New(Config{Dir: t.TempDir(), Synth: func(announce.Region) voice.Synthesizer { return hummer{} }})
		if err != nil {
			t.Fatal(err)
		}
		p, err := s.shelf.create(goodBrief())
		if err != nil {
			t.Fatal(err)
		}
		var said []string
		render := func(_ context.Context, each announce.Sentence) ([]int16, error) {
			said = append(said, each.Text())
			return make([]int16, audio.RatePhone), nil
		}
		line, over := newWire(), make(chan error, 1)
		go func() { over <- s.Answer(t.Context(), line, render) }()
		time.Sleep(2 * time.Second)
		line.press(p.state.Code)
		time.Sleep(3 * time.Second) // The sentence is told, the beep heard.
		read := func(l Line) []int16 {
			pcm, err := audio.Resample(recorded(l), audio.RatePhone)
			if err != nil {
				t.Fatal(err)
			}
			return pcm.Int16()
		}
		line.speak(read(p.lines[0]))
		line.press("#")
		time.Sleep(2 * time.Second)
		line.press("3")
		time.Sleep(2 * time.Second)
		line.press("1")
		time.Sleep(3 * time.Second)
		line.speak(append(read(p.lines[1]), make([]int16, 3*audio.RatePhone)...))
		time.Sleep(2 * time.Second)
		line.events <- PhoneEvent{HungUp: true}
		if err := <-over; err != nil {
			t.Error(err)
		}
		first, second := p.state.Clips[p.lines[0].ID], p.state.Clips[p.lines[1].ID]
		if first == nil || first.Accepted != 1 || first.Takes[0].Rate != audio.RatePhone || !slices.Contains(codes(first.Takes[0].Findings), Telephone) {
			t.Errorf("the first sentence: %+v; said %q", first, said)
		}
		if second == nil || len(second.Takes) != 1 || second.Accepted != 0 {
			t.Errorf("the second sentence: %+v; said %q", second, said)
		}
	})
}

// Nobody finds a code by trying, and after a while the right one works again.
func TestCodesCannotBeTried(t *testing.T) {
	c := newClock()
	s, err := New(Config{Dir: t.TempDir(), Now: c.Now})
	if err != nil {
		t.Fatal(err)
	}
	p, err := s.shelf.create(goodBrief())
	if err != nil {
		t.Fatal(err)
	}
	for range maxGuesses {
		if (&phoneDesk{s: s}).unlock("000000").Known {
			t.Fatal("000000 is right")
		}
	}
	if (&phoneDesk{s: s}).unlock(p.state.Code).Known {
		t.Error("codes are still taken")
	}
	c.now = c.now.Add(guessWindow + time.Second)
	if got := (&phoneDesk{s: s}).unlock(p.state.Code); !got.Known || got.Left == 0 || got.Line.ID != p.lines[0].ID {
		t.Errorf("%+v", got)
	}
}

func TestSpokenFaults(t *testing.T) {
	for _, code := range []Code{Silent, Clipped, TooQuiet, Noisy, EarlyStart, EarlyEnd, TooShort} {
		if words := spokenFault([]Finding{{TooLoud, Hint, 0}, {code, Fault, 0}}); len(words) < 10 {
			t.Errorf("%s: %q", code, words)
		}
	}
	if words := spokenFault([]Finding{{TooLoud, Hint, 0}}); words != "" {
		t.Errorf("a hint: %q", words)
	}
}
