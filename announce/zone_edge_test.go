package announce

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xinmoi/xinmoi/announce/audio"
	"github.com/xinmoi/xinmoi/announce/output"
	"github.com/xinmoi/xinmoi/queue"
)

// A message that is taken back while it is being made ready is not said, and
// one whose reading has just ended is not said again.
func TestWithdrawnAtTheLastMoment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &fakeOutput{name: "out"}
		var z *Zone
		var asked atomic.Int32
		level := func(time.Time) (int, bool) {
			if asked.Add(1) == 2 { // First when the turn is taken, then when it is rendered.
				z.Withdraw("m1")
			}
			return 0, false
		}
		inZone(t, ZoneConfig{Outputs: []output.Output{out}, Level: level}, func(made *Zone) {
			z = made
			asked.Store(0)
			end := z.Announce(Announcement{Notice: Phrase("dài"), Sound: speech(3), Message: "m1", Times: 3})
			if o := <-end; o.Spoken() || o.Reason != ReasonWithdrawn {
				t.Errorf("%+v", o)
			}
			if o := <-z.Announce(Announcement{Notice: Phrase("dài"), Sound: speech(3), Message: "m1", Times: 3}); o.Readings != 3 {
				t.Errorf("posted again: %+v", o)
			}
		})
		z.Withdraw("m1")
		turn := []reading{{Announcement: Announcement{Message: "m1"}, n: 1, left: 3}}
		if out := z.conclude(turn, &performance{heard: true}, nil); len(out) != 1 || out[0].Readings != 1 {
			t.Errorf("said once and taken back: %+v", out)
		}
	})
}

// A new call does not wait for the pause before somebody else's repeat.
func TestCallInThePauseBeforeARepeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &fakeOutput{name: "out"}
		inZone(t, ZoneConfig{Outputs: []output.Output{out}}, func(z *Zone) {
			first := z.Announce(Announcement{Notice: Phrase("một"), Sound: speech(1), Times: 2})
			pass(time.Second + gapCalls + 50*time.Millisecond) // Within the pause.
			asked := time.Now()
			<-z.Announce(Announcement{Notice: Phrase("cháy"), Sound: speech(1), Urgency: Emergency, Times: 1})
			<-first
			if wait := out.began()[1].Sub(asked); wait > 10*time.Millisecond {
				t.Errorf("the emergency waited %v", wait)
			}
			if again := out.began()[2].Sub(out.began()[1]); again != time.Second+PauseRepeat {
				t.Errorf("the repeat came %v later", again)
			}
		})
	})
}

// loud remembers how loud clips are.
type loud struct {
	fakeOutput
	peaks []float64
}

func (l *loud) Play(ctx context.Context, c output.Clip) error {
	l.mu.Lock()
	l.peaks = append(l.peaks, c.PCM.Peak())
	l.mu.Unlock()
	return l.fakeOutput.Play(ctx, c)
}

// A quiet time is not for emergencies.
func TestEmergencyIsAsLoudAsEver(t *testing.T) {
	p := plan{setup: queue.Setup{Zones: []queue.Zone{{ID: "hall", Volume: -6, Quiet: []queue.QuietTime{{From: "00:00", To: "24:00", Volume: -30}}}}}}
	synctest.Test(t, func(t *testing.T) {
		out := &loud{fakeOutput: fakeOutput{name: "out"}}
		c := ZoneConfig{
			Outputs: []output.Output{out}, Alarm: func() int { return p.alarm("hall") },
			Level: func(now time.Time) (int, bool) { return p.level("hall", now) },
		}
		inZone(t, c, func(z *Zone) {
			<-z.Announce(Announcement{Notice: Phrase("cháy"), Sound: speech(1), Urgency: Emergency, Times: 1})
			<-z.Announce(Announcement{Notice: Phrase("nhắc"), Sound: speech(1)})
			alarm, quiet := audio.DB(out.peaks[0]/speech(1).Peak()), audio.DB(out.peaks[1]/speech(1).Peak())
			if alarm < -6.1 || alarm > -5.9 || quiet > -35.9 {
				t.Errorf("the emergency is at %.1f dB, the message at %.1f dB", alarm, quiet)
			}
		})
	})
	if got := (plan{}).alarm("hall"); got != 0 {
		t.Errorf("a zone that the office does not name: %d dB", got)
	}
}

// What an emergency cut ends with an alarm, as everything else, when no output
// comes back to say it.
func TestCutAndNeverSaid(t *testing.T) {
	var b backlog
	c := call(1, "1")
	c.At = start0()
	b.add(c)
	turn, _ := b.next(start0())
	b.interrupted(turn)
	if out := b.expire(start0().Add(time.Hour), false); len(out) != 0 || len(b.waiting) != 1 {
		t.Errorf("while it can be said: %+v", out)
	}
	b.waiting[0].failed = start0().Add(time.Hour)
	if out := b.expire(start0().Add(time.Hour+unheardPatient+1), false); len(out) != 1 || out[0].Reason != ReasonNoOutput {
		t.Errorf("%+v", out)
	}
}

// A call that came too late is an alarm only while its citizen is still called.
func TestMissedCallOfWhoHasCome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out, screen := &fakeOutput{name: "out", err: errors.New("no card")}, &fakeScreen{}
		var come atomic.Bool
		check := func(context.Context, Announcement) (bool, string) { return !come.Load(), "the ticket is serving" }
		inZone(t, ZoneConfig{Outputs: []output.Output{out}, Screen: screen, Check: check}, func(z *Zone) {
			late := now(1, "1")
			late.At = late.At.Add(-2 * callTTL) // The office's log could not be read for a while.
			if o := <-z.Announce(late); o.Reason != ReasonExpired || o.End() != EndAlarmed {
				t.Errorf("still called: %+v", o)
			}
			come.Store(true)
			late.Ticket, late.Counter = "2", "2"
			if o := <-z.Announce(late); o.Reason != ReasonAnswered || o.End() != EndAnswered {
				t.Errorf("has come: %+v", o)
			}
			come.Store(false)
			end := z.Announce(now(3, "3"))
			pass(5 * time.Second)
			come.Store(true)
			if o := <-end; o.End() != EndAnswered {
				t.Errorf("has come while no voice was to be had: %+v", o)
			}
			if _, shown := screen.told(); !slices.Equal(shown, []string{"A001", "A003"}) {
				t.Errorf("shown %q", shown)
			}
		})
	})
}

// cutter is a screen that can be told to stop.
type cutter struct {
	fakeScreen
	cuts []string
}

func (c *cutter) Cut(clip output.Clip) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cuts = append(c.cuts, clip.Text)
}

// Boards that follow the voice stop with it.
func TestScreenIsToldOfACut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out, screen := &fakeOutput{name: "out"}, &cutter{}
		inZone(t, ZoneConfig{Outputs: []output.Output{out}, Screen: screen}, func(z *Zone) {
			long := z.Announce(Announcement{Notice: Phrase("dài"), Sound: speech(20)})
			pass(2500 * time.Millisecond)
			<-z.Announce(Announcement{Notice: Phrase("cháy"), Sound: speech(1), Urgency: Emergency, Times: 1})
			<-long
			if !slices.Equal(screen.cuts, []string{"dài"}) {
				t.Errorf("cut %q", screen.cuts)
			}
		})
	})
}

// Two messages of the same words may have their own times and zones.
func TestPeriodicalsOfTheSameWords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		office, a, b := &openOffice{fakeOffice: newFakeOffice()}, &fakeOutput{name: "a"}, &fakeOutput{name: "b"}
		office.open.Store(true)
		n := New(Config{
			Office: office, Logger: slog.New(slog.DiscardHandler),
			Zones:    []ZoneOutputs{{ID: "a", Outputs: []output.Output{a}}, {ID: "b", Outputs: []output.Output{b}}},
			Periodic: []Periodical{{Text: "giữ trật tự", Every: time.Minute, Zones: []string{"a"}}, {Text: "giữ trật tự", Every: time.Minute, Zones: []string{"b"}}},
		})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- n.Run(ctx) }()
		pass(2*time.Minute + 30*time.Second)
		if len(a.played()) != 2 || len(b.played()) != 2 {
			t.Errorf("said %d and %d times, want 2 each", len(a.played()), len(b.played()))
		}
		cancel()
		<-done
	})
}

// A call that was said once is not shown as one that nobody says when its
// repeat cannot be said.
func TestRepeatThatCannotBeSaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out, screen := &fakeOutput{name: "out"}, &fakeScreen{}
		inZone(t, ZoneConfig{Outputs: []output.Output{out}, Screen: screen}, func(z *Zone) {
			end := z.Announce(now(1, "1"))
			for len(out.played()) == 0 {
				pass(100 * time.Millisecond)
			}
			out.mu.Lock()
			out.err = errors.New("unplugged")
			out.mu.Unlock()
			if o := <-end; o.Readings != 1 || o.End() != EndPlayed {
				t.Errorf("%+v", o)
			}
			if _, shown := screen.told(); len(shown) != 0 {
				t.Errorf("shown %q", shown)
			}
		})
	})
}

// Of several calls said together the first may be answered before: the log
// then has the others merged with the next.
func TestFirstOfABurstIsAnswered(t *testing.T) {
	z := NewZone(ZoneConfig{
		Logger: slog.New(slog.DiscardHandler),
		Check:  func(_ context.Context, c Announcement) (bool, string) { return c.Ticket != "1", "" },
	})
	var turn []reading
	for n := range 3 {
		turn = append(turn, reading{Announcement: call(n+1, "1"), n: 1, with: "A001"})
	}
	still, out := z.stillCalled(t.Context(), turn)
	if len(still) != 2 || still[0].with != "" || still[1].with != "A002" || len(out) != 1 || out[0].Reason != ReasonAnswered {
		t.Errorf("%+v, %+v", still, out)
	}
}

// The speed of the configuration reaches the voice.
func TestVoicesSpeed(t *testing.T) {
	r, _, err := Voices{Dir: t.TempDir(), Speed: 1.2}.OpenRenderer()
	if err != nil || r.c.Speed != 1.2 || r.sounds().clips.speed != 1.2 {
		t.Errorf("%+v, %v", r, err)
	}
}

// What another voice lacked is nobody's fault any more.
func TestVoiceThatLackedWords(t *testing.T) {
	r := NewRenderer(RendererConfig{})
	z := NewZone(ZoneConfig{Renderer: r, Logger: slog.New(slog.DiscardHandler)})
	z.noteReport(Report{Missing: []string{"bông hoa"}, Synthesised: []string{"cây"}, Placeholder: []string{"lá"}})
	if s := z.Status(); len(s.Missing) != 1 || len(s.Synthesised) != 1 || len(s.Behind) != 1 || len(s.Alarms) != 1 {
		t.Errorf("%+v", s)
	}
	r.Use(opened(t, packOf(t, &hummer{}, usedBy(callsOf(number(t, "A012"), "3")[:2]...))).Voice(), nil)
	if s := z.Status(); len(s.Missing)+len(s.Synthesised)+len(s.Behind)+len(s.Alarms) != 0 {
		t.Errorf("with another voice: %+v", s)
	}
}

// One emergency does not cut another.
func TestTwoEmergencies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &fakeOutput{name: "out"}
		inZone(t, ZoneConfig{Outputs: []output.Output{out}}, func(z *Zone) {
			z.Announce(Announcement{Notice: Phrase("cháy"), Sound: speech(5), Urgency: Emergency, Times: 1})
			pass(1500 * time.Millisecond)
			<-z.Announce(Announcement{Notice: Phrase("lụt"), Sound: speech(1), Urgency: Emergency, Times: 1})
			if got := out.played(); !slices.Equal(got, []string{"cháy", "lụt"}) {
				t.Errorf("played %q", got)
			}
			if z.Status().Last[1].Text != "cháy" || len(z.Status().Last) != 2 {
				t.Errorf("begun %+v", z.Status().Last)
			}
		})
	})
}

// Whoever is called elsewhere by now is not called here; an office that does
// not answer silences nobody.
func TestStillCalled(t *testing.T) {
	office := newFakeOffice()
	office.log(queue.TicketCalled, called(1, "2"))
	check := stillCalled(office)
	for name, c := range map[string]struct {
		ticket, counter string
		want            bool
	}{"called": {"101", "2", true}, "elsewhere": {"101", "1", false}, "gone": {"999", "1", false}} {
		if got, _ := check(t.Context(), Announcement{Ticket: c.ticket, Counter: c.counter}); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	office.setDown(errors.New("no answer"))
	if yes, _ := check(t.Context(), Announcement{Ticket: "101", Counter: "9"}); !yes {
		t.Error("an office that does not answer silences a call")
	}
}

// tested is an output that can be tried in silence.
type tested struct {
	fakeOutput
	given atomic.Int32
}

func (o *tested) Play(ctx context.Context, c output.Clip) error {
	o.given.Add(1)
	return o.fakeOutput.Play(ctx, c)
}

func (o *tested) SelfTest(context.Context) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.err
}

// One that failed and can be tried in silence is given no call before that went
// well.
func TestFailedOutputIsTestedFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first, second := &tested{fakeOutput: fakeOutput{name: "first", err: errors.New("unplugged")}}, &fakeOutput{name: "second"}
		inZone(t, ZoneConfig{Outputs: []output.Output{first}, Reserve: []output.Output{second}}, func(z *Zone) {
			for n := range 5 {
				<-z.Announce(now(n+1, "1"))
				pass(20 * time.Second)
			}
			if n := first.given.Load(); n != 1 {
				t.Errorf("it was given %d calls", n)
			}
			first.mu.Lock()
			first.err = nil
			first.mu.Unlock()
			pass(20 * time.Second)
			<-z.Announce(now(9, "1"))
			if s := z.Status(); s.Outputs[0].OutOfService {
				t.Errorf("%+v", s.Outputs[0])
			}
		})
	})
}

// Quiet times are those of the office's clock, whatever the machine's is.
func TestQuietTimesOfTheOfficesClock(t *testing.T) {
	z := queue.Zone{ID: "hall", Quiet: []queue.QuietTime{{From: "12:00", To: "13:00", Silent: true}}}
	p := plan{setup: queue.Setup{Zones: []queue.Zone{z}}, clock: time.FixedZone("ICT", 7*3600)}
	for hour, want := range map[int]bool{5: true, 12: false} {
		if _, silent := p.level("hall", time.Date(2026, 11, 23, hour, 30, 0, 0, time.UTC)); silent != want {
			t.Errorf("%d:30 UTC: silent %v", hour, silent)
		}
	}
}

// witnessed is an office that wants to know what became of calls.
type witnessed struct{ *fakeOffice }

func (witnessed) Announced(context.Context, queue.AnnouncedRequest) error {
	return queue.Errorf(queue.CodeKeyReused, "told before")
}

// What the end of the program dropped is not told: the next start may say it.
// What the program before has told is not lost.
func TestWitnessBetweenTwoStarts(t *testing.T) {
	w := newWitness(witnessed{newFakeOffice()}, slog.New(slog.DiscardHandler))
	c := call(1, "1")
	c.Seq = 7
	w.saw("hall", Outcome{Call: c, Reason: ReasonStopped})
	if _, _, waiting, _ := w.snapshot(); waiting != 0 {
		t.Error("what was stopped is told")
	}
	w.saw("hall", Outcome{Call: c, Readings: 2, HeardAt: start()})
	w.tellAll(t.Context())
	if told, lost, waiting, err := w.snapshot(); told != 1 || lost != 0 || waiting != 0 || err != nil {
		t.Errorf("told %d, lost %d, waiting %d, %v", told, lost, waiting, err)
	}
}
