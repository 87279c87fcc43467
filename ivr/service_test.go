package ivr

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xinmoi/xinmoi/announce"
	"github.com/xinmoi/xinmoi/ivr/media"
	"github.com/xinmoi/xinmoi/queue"
)

const (
	hello  = "Xin chào, đây là"
	number = "Số của quý vị là"
	again  = "Xin nhắc lại, số thứ tự"
	bye    = "Số của quý vị đã được giữ."
	busy   = "Hệ thống đang bận."
	later  = "Xin quý vị chờ trong giây lát."
)

func TestAnswerKeepsWhatWasHeard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.line.script[hello] = press("1")
		b.Answer(t.Context(), b.line)
		b.line.expect("0.0 say "+hello, "0.3 press 1", "0.3 say "+number, "2.3 say "+again, "say "+bye, "hangup")
		if len(b.office.takes) != 1 || len(b.office.acts) != 1 {
			t.Fatalf("%d takes and %d acts, want one each", len(b.office.takes), len(b.office.acts))
		}
		take, act := b.office.takes[0], b.office.acts[0]
		if take.Service != "A" || !take.Hold || take.Channel != queue.Phone || take.Person != "tel:+84912345678" || take.Caller != "phone" {
			t.Errorf("took %+v", take)
		}
		if act.Ticket != "7" || act.Action != queue.Confirm {
			t.Errorf("did %+v", act)
		}
		if take.Key == "" || act.Key == "" || take.Key == act.Key || len(take.Key) > 128 {
			t.Errorf("request keys %q and %q", take.Key, act.Key)
		}
		if got := b.Status(); got != (Status{CallsToday: 1, TicketsToday: 1}) {
			t.Errorf("status %+v", got)
		}
	})
}

func TestAnswerKeyConfirms(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.line.script[hello], b.line.script[again] = press("1"), press("1")
		b.Answer(t.Context(), b.line)
		b.line.expect("say "+hello, "press 1", "say "+number, "say "+again, "press 1", "say Đã giữ số A, không, một, hai", "hangup")
		if len(b.office.acts) != 1 {
			t.Errorf("confirmed %d times", len(b.office.acts))
		}
	})
}

func TestAnswerHangUpLetsItLapse(t *testing.T) {
	for _, when := range []string{hello, number, again} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t)
			b.line.script[hello] = press("1")
			b.line.script[when] = leave
			b.Answer(t.Context(), b.line)
			if len(b.office.acts) != 0 {
				t.Errorf("hung up during %q: confirmed all the same", when)
			}
			if got := b.Status(); got.TicketsToday != 0 || got.CallsNow != 0 {
				t.Errorf("status %+v", got)
			}
		})
	}
}

func TestAnswerSilentCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.Answer(t.Context(), b.line)
		b.line.expect("0.0 say "+hello, "9.4 say Xin lỗi, chúng tôi chưa nhận được", "21.4 say Xin lỗi, chúng tôi chưa nhận được",
			"33.4 say Để lấy số thủ tục hộ tịch", "45.5 say Xin quý vị đến trực tiếp", "hangup")
		if len(b.office.takes) != 0 {
			t.Error("a number was taken for nobody")
		}
	})
}

// Keys pressed while the office is looked up are answered once there is a menu.
func TestAnswerTypeAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.office.look = func(ctx context.Context) error { return slowly(200*time.Millisecond)(ctx, 1) }
		press("2")(b.line)
		b.Answer(t.Context(), b.line)
		b.line.expect("0.0 press 2", "0.2 say "+hello, "0.2 say "+number, "say "+again, "say "+bye, "hangup")
		if b.office.takes[0].Service != "B" {
			t.Errorf("took %q", b.office.takes[0].Service)
		}
	})
}

// A Played that crossed a key belongs to the prompt before.
func TestAnswerIgnoresLatePlayed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.line.script[hello] = press("1")
		b.line.script[again] = func(l *fakeLine) {
			l.inputs <- media.Input{Kind: media.Played}
			time.AfterFunc(200*time.Millisecond, func() { leave(l) })
		}
		b.Answer(t.Context(), b.line)
		if len(b.office.acts) != 0 {
			t.Error("a stale Played confirmed a number")
		}
	})
}

func TestAnswerSlowVoice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.voice.delay = func(text string) time.Duration {
			if strings.HasPrefix(text, number) {
				return 4 * time.Second
			}
			return 0
		}
		b.line.script[hello] = press("1")
		b.Answer(t.Context(), b.line)
		b.line.expect("0.0 say "+hello, "0.3 press 1", "1.8 say ♪", "3.3 say ♪", "4.3 say "+number, "say "+again, "say "+bye, "hangup")
	})
}

func TestAnswerSlowOffice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.voice.delay = func(string) time.Duration { return 250 * time.Millisecond }
		b.office.onTake = slowly(2500 * time.Millisecond)
		b.line.script[hello] = press("1")
		b.Answer(t.Context(), b.line)
		b.line.expect("0.2 say "+hello, "0.6 press 1", "2.3 say "+later, "3.3 say "+number, "say "+again, "say "+bye, "hangup")
	})
}

// Nothing the office or the voice does leaves a waiting caller in silence.
func TestNeverSilentForLong(t *testing.T) {
	for _, office := range []time.Duration{0, time.Second, 1400 * time.Millisecond, 2 * time.Second, 5 * time.Second} {
		for _, voice := range []time.Duration{0, 250 * time.Millisecond, 1400 * time.Millisecond, 5 * time.Second} {
			t.Run(fmt.Sprintf("office %v voice %v", office, voice), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					b := newBench(t)
					b.voice.delay = func(string) time.Duration { return voice }
					b.office.onTake = slowly(office)
					b.office.look = func(ctx context.Context) error { return slowly(office)(ctx, 1) }
					b.line.script[hello], b.line.script[again] = press("1"), press("1")
					b.Answer(t.Context(), b.line)
					if b.line.longest > 2*time.Second {
						t.Errorf("silent for %v\n\t%s", b.line.longest, strings.Join(b.line.log, "\n\t"))
					}
				})
			})
		}
	}
}

func TestAnswerRepeatsUnderOneKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.office.onTake, b.office.onAct = failing(2), failing(3)
		b.line.script[hello] = press("1")
		b.Answer(t.Context(), b.line)
		if len(b.office.takes) != 3 || len(b.office.acts) != 4 {
			t.Fatalf("%d takes and %d acts, want 3 and 4", len(b.office.takes), len(b.office.acts))
		}
		for _, r := range b.office.takes[1:] {
			if r.Key != b.office.takes[0].Key {
				t.Errorf("repeated under another key: %q, %q", b.office.takes[0].Key, r.Key)
			}
		}
		for _, r := range b.office.acts[1:] {
			if r.Key != b.office.acts[0].Key {
				t.Errorf("confirmed under another key: %q, %q", b.office.acts[0].Key, r.Key)
			}
		}
		if !strings.Contains(b.line.log[len(b.line.log)-2], bye) {
			t.Errorf("said at the end: %s", b.line.log)
		}
	})
}

// A caller who heard everything and hangs up while the office is away keeps
// the number.
func TestConfirmOutlivesTheCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.office.onAct = failing(3)
		b.line.script[hello] = press("1")
		b.line.script[again] = func(l *fakeLine) { time.AfterFunc(1800*time.Millisecond, func() { leave(l) }) }
		b.Answer(t.Context(), b.line)
		if len(b.office.acts) != 4 || b.Status().TicketsToday != 1 {
			t.Errorf("%d attempts, status %+v", len(b.office.acts), b.Status())
		}
	})
}

func TestAnswerOfficeAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.office.onTake = failing(1000)
		b.line.script[hello] = press("1")
		b.Answer(t.Context(), b.line)
		if got := b.line.log[len(b.line.log)-2]; !strings.Contains(got, busy) {
			t.Errorf("said at the end: %s", got)
		}
		if b.line.longest > 2*time.Second {
			t.Errorf("silent for %v", b.line.longest)
		}
	})
}

// The menu survives an office that does not answer for a moment, but not a
// long time.
func TestCatalogStandsIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.line.script[hello] = leave
		b.Answer(t.Context(), b.line)
		b.office.look = func(context.Context) error { return queue.Errorf(queue.CodeUnavailable, "away") }
		b.line = newFakeLine(t, b.voice)
		b.line.script[hello] = leave
		b.Answer(t.Context(), b.line)
		b.line.expect("say "+hello, "leaves")
		<-time.After(staleAfter) // In the bubble: no real time passes.
		b.line = newFakeLine(t, b.voice)
		b.Answer(t.Context(), b.line)
		b.line.expect("say "+busy, "hangup")
	})
}

func TestAnswerWithoutVoice(t *testing.T) {
	missing := errors.New("no clip")
	partial := fmt.Errorf("%w: people", ErrPartial)
	for name, tt := range map[string]struct {
		begin string
		err   error
		acts  int
		end   string
	}{
		"no menu":           {hello, missing, 0, "hangup"},
		"menu with gaps":    {hello, partial, 1, "hangup"},
		"no number":         {number, missing, 0, "hangup"},
		"number with gaps":  {number, partial, 0, "hangup"},
		"no offer":          {again, missing, 0, "hangup"},
		"offer with gaps":   {again, partial, 0, "hangup"},
		"farewell missing":  {bye, missing, 1, "hangup"},
		"everything spoken": {"\x00", missing, 1, "hangup"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t)
				b.voice.err = func(text string) error {
					if strings.HasPrefix(text, tt.begin) {
						return tt.err
					}
					return nil
				}
				b.line.script[hello] = press("1")
				b.Answer(t.Context(), b.line)
				if len(b.office.acts) != tt.acts || !strings.HasSuffix(b.line.log[len(b.line.log)-1], tt.end) {
					t.Errorf("%d acts, want %d; %q", len(b.office.acts), tt.acts, b.line.log)
				}
			})
		})
	}
}

func TestAnswerEndsWithContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		b.Answer(ctx, b.line)
		b.line.expect("say "+hello, "5.0 hangup")
	})
}

// A line that never reports the end of a prompt does not hold the call for ever.
func TestAnswerLostPlayed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.line.mute = true
		b.Answer(t.Context(), b.line)
		if got := time.Since(b.line.start); got > 5*time.Minute {
			t.Errorf("the call lasted %v", got)
		}
	})
}

// A number whose end was never reported was perhaps not heard, as by a caller
// who put us on hold: it is said again, and in the end not kept.
func TestAnswerNumberUnheard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.line.script[hello] = func(l *fakeLine) {
			press("1")(l)
			l.mu.Lock()
			defer l.mu.Unlock()
			l.mute = true
		}
		b.Answer(t.Context(), b.line)
		b.line.expect("say "+hello, "press 1", "say "+number, "say "+number, "say "+number, "say "+number, "hangup")
		if len(b.office.acts) != 0 {
			t.Errorf("kept what nobody heard: %+v", b.office.acts)
		}
	})
}

// Calls that come by a trunk reach its operator where the office names none.
func TestAnswerOperatorOfTheLine(t *testing.T) {
	for office, want := range map[string]string{"": "transfer 100", "200": "transfer 200"} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t)
			b.config.Setup = func(context.Context) (queue.Setup, error) {
				return queue.Setup{Phone: queue.PhoneSetup{Operator: office}}, nil
			}
			b.line.script[hello] = press("0")
			b.Answer(t.Context(), operatedLine{b.line})
			if log := strings.Join(b.line.log, "\n"); !strings.Contains(log, want) {
				t.Errorf("no %q in\n%s", want, log)
			}
		})
	}
}

// operatedLine is a line with an operator of its own.
type operatedLine struct{ *fakeLine }

func (operatedLine) Operator() string { return "100" }

func TestRunPrepares(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- b.Run(ctx) }()
		synctest.Wait()
		before := len(b.voice.called)
		if before < 8 {
			t.Errorf("prepared %d sentences", before)
		}
		b.line.script[hello] = press("7")
		b.line.script["Xin lỗi, lựa chọn này không có"] = leave
		b.Answer(t.Context(), b.line)
		if got := len(b.voice.called); got != before {
			t.Errorf("a common call rendered %d sentences anew", got-before)
		}

		b.office.mu.Lock()
		b.office.services = testServices()[:4]
		b.office.mu.Unlock()
		<-time.After(refreshEvery + time.Second) // In the bubble.
		synctest.Wait()
		if len(b.voice.called) == before {
			t.Error("the changed menu was not prepared")
		}
		b.VoiceChanged()
		<-time.After(refreshEvery) // In the bubble.
		synctest.Wait()
		for text, n := range b.voice.called {
			if strings.HasPrefix(text, hello) && strings.Contains(text, "Thuế") && n != 2 {
				t.Errorf("rendered %d times after a change of voice, want 2", n)
			}
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// A voice that cannot speak is told of once, not every half-minute, and again when
// it has fallen silent again.
func TestSilenceIsLoggedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		var log strings.Builder
		b.config.Logger = slog.New(slog.NewTextHandler(&log, nil))
		for i, err := range []error{errors.New("no voice"), errors.New("no voice"), nil, errors.New("no voice")} {
			b.voice.err = func(string) error { return err }
			b.VoiceChanged()
			b.prepare(t.Context())
			text := "sentence cannot be prepared\" text=\"" + hello
			if got, want := strings.Count(log.String(), text), []int{1, 1, 1, 2}[i]; got != want {
				t.Errorf("after %d times it is logged %d times, want %d", i+1, got, want)
			}
		}
	})
}

func TestPromptsShareAndForget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newFakeVoice()
		v.delay = func(string) time.Duration { return time.Second }
		p := newPrompts(v.render)
		s := announce.Phrase("Xin chào.")
		first := make(chan prompt, 2)
		for range 2 {
			go func() {
				got, err := p.get(t.Context(), s, 0)
				if err != nil {
					t.Error(err)
				}
				first <- got
			}()
		}
		if a, b := <-first, <-first; a.sound != b.sound || v.called["Xin chào."] != 1 {
			t.Errorf("rendered %d times for two calls at once", v.called["Xin chào."])
		}
		// A caller who leaves does not spoil it for the next one.
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		other := announce.Phrase("Tạm biệt.")
		_, _ = p.get(gone, other, 0)
		if _, err := p.get(t.Context(), other, 0); err != nil || v.called["Tạm biệt."] != 1 {
			t.Errorf("after a caller left: %v, rendered %d times", err, v.called["Tạm biệt."])
		}
		v.delay = func(string) time.Duration { return 0 }
		p.clear()
		const long = 8000
		p.limit = 4 * long
		p.render = func(context.Context, announce.Sentence) ([]int16, error) { return make([]int16, long), nil }
		for i := range 6 {
			if _, err := p.get(t.Context(), announce.Phrase(fmt.Sprint("Câu ", i)), 0); err != nil {
				t.Fatal(err)
			}
		}
		if p.used.Len() != 4 || len(p.byKey) != 4 || p.kept != 4*long {
			t.Errorf("keeps %d and %d prompts of %d samples, want 4 of %d", p.used.Len(), len(p.byKey), p.kept, 4*long)
		}
		newest := p.used.Front().Value.(*entry)
		if _, mine := p.entry(newest.key); mine {
			t.Error("the newest prompt was dropped")
		}
	})
}

func TestWithheldNumber(t *testing.T) {
	for raw, want := range map[string]string{"": "", "anonymous": "", "0912345678": "tel:+84912345678"} {
		if got := person(raw); got != want {
			t.Errorf("person(%q) = %q, want %q", raw, got, want)
		}
	}
}

func TestCallKeys(t *testing.T) {
	at := time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)
	long := strings.Repeat("x", 5000) + "\n"
	if callKey("a", at) == callKey("a", at.Add(1)) || callKey("a", at) == callKey("b", at) {
		t.Error("two calls share a key")
	}
	if got := callKey(long, at); len(got) > 64 || strings.ContainsAny(got, "\n ") {
		t.Errorf("key %q", got)
	}
}

func TestFiguresTurnWithTheDay(t *testing.T) {
	var f figures
	evening := time.Date(2026, 11, 21, 23, 59, 0, 0, time.UTC)
	f.begin(evening)
	f.end(true)
	f.begin(evening)
	if got := f.status(evening); got != (Status{CallsNow: 1, CallsToday: 2, TicketsToday: 1}) {
		t.Errorf("in the evening %+v", got)
	}
	if got := f.status(evening.Add(time.Hour)); got != (Status{CallsNow: 1}) {
		t.Errorf("after midnight %+v", got)
	}
}
