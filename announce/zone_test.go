package announce

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xinmoi/xinmoi/announce/audio"
	"github.com/xinmoi/xinmoi/announce/output"
	"github.com/xinmoi/xinmoi/queue"
)

// fakeScreen remembers what boards were told.
type fakeScreen struct {
	mu       sync.Mutex
	readings []string
	shown    []string
	at       []time.Time
}

func (s *fakeScreen) Reading(c output.Clip) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.readings = append(s.readings, c.Number)
}

func (s *fakeScreen) Show(c output.Clip) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shown, s.at = append(s.shown, c.Number), append(s.at, time.Now())
}

func (s *fakeScreen) told() (readings, shown []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.readings), slices.Clone(s.shown)
}

// deaf never comes back from a clip until it is told to.
type deaf struct {
	release chan struct{}
	mu      sync.Mutex
	plays   int
}

func (*deaf) Name() string { return "deaf" }

func (d *deaf) Play(context.Context, output.Clip) error {
	d.mu.Lock()
	d.plays++
	d.mu.Unlock()
	<-d.release
	return errors.New("too late")
}

// inZone runs a zone in a bubble until body ends.
func inZone(t *testing.T, c ZoneConfig, body func(*Zone)) {
	t.Helper()
	c.Logger = slog.New(slog.DiscardHandler)
	z := NewZone(c)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- z.Run(ctx) }()
	synctest.Wait()
	body(z)
	cancel()
	<-done
}

// now is a call at this moment of the bubble.
func now(n int, counter string) Announcement {
	c := call(n, counter)
	c.At = time.Now()
	return c
}

// One that fails is left for the reserve at once, and the alarm is there; when
// it works again, it speaks again.
func TestReserveSpeaksAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first, second := &fakeOutput{name: "first", err: errors.New("unplugged")}, &fakeOutput{name: "second"}
		inZone(t, ZoneConfig{Outputs: []output.Output{first}, Reserve: []output.Output{second}}, func(z *Zone) {
			end := z.Announce(now(1, "1"))
			pass(20 * time.Second)
			if o := <-end; o.End() != EndPlayed || o.Readings != usualReadings || !o.HeardAt.Equal(second.began()[0]) {
				t.Errorf("%+v", o)
			}
			if wait := second.began()[0].Sub(start0()); wait > 10*time.Millisecond {
				t.Errorf("the reserve began after %v", wait)
			}
			s := z.Status()
			if !s.Outputs[0].OutOfService || !s.Outputs[1].Reserve || !strings.Contains(strings.Join(s.Alarms, " "), "unplugged") {
				t.Errorf("%+v", s)
			}
			first.mu.Lock()
			first.err = nil
			first.mu.Unlock()
			<-z.Announce(now(2, "1"))
			<-z.Announce(now(3, "1"))
			heard := len(second.played())
			<-z.Announce(now(4, "1"))
			if s := z.Status(); s.Outputs[0].OutOfService || len(second.played()) != heard || len(first.played()) == 0 {
				t.Errorf("the first is not back: %+v; the reserve spoke %d times", s.Outputs[0], len(second.played())-heard)
			}
		})
	})
}

// start0 is when every bubble begins.
func start0() time.Time { return time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) }

// One that does not come back from a clip costs the time of one, and is never
// given another before it has.
func TestHangingOutput(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hangs, works := &deaf{release: make(chan struct{})}, &fakeOutput{name: "works"}
		inZone(t, ZoneConfig{Outputs: []output.Output{hangs}, Reserve: []output.Output{works}, Grace: 2 * time.Second}, func(z *Zone) {
			<-z.Announce(now(1, "1"))
			if wait := works.began()[0].Sub(start0()); wait > 4*time.Second {
				t.Errorf("the reserve began after %v", wait)
			}
			for n := range 5 {
				asked := time.Now()
				<-z.Announce(now(2+n, "1"))
				if took := time.Since(asked); took > 4*time.Second {
					t.Errorf("call %d took %v", n, took)
				}
				pass(20 * time.Second)
			}
			hangs.mu.Lock()
			if hangs.plays != 1 {
				t.Errorf("it was given %d clips", hangs.plays)
			}
			hangs.mu.Unlock()
			close(hangs.release)
			pass(retrySlow)
			<-z.Announce(now(9, "1"))
			hangs.mu.Lock()
			defer hangs.mu.Unlock()
			if hangs.plays < 2 {
				t.Error("it has come back and is given no clip")
			}
		})
	})
}

// With no voice to be had the boards show the call at once; it is said when an
// output comes back soon, and otherwise given up with an alarm.
func TestVoicelessZoneShowsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		only, screen := &fakeOutput{name: "only", err: errors.New("no card")}, &fakeScreen{}
		inZone(t, ZoneConfig{Outputs: []output.Output{only}, Screen: screen}, func(z *Zone) {
			end := z.Announce(now(1, "1"))
			pass(500 * time.Millisecond)
			if s := z.Status(); !s.Voiceless || !s.Unheard || len(s.Alarms) == 0 {
				t.Errorf("status %+v", s)
			}
			other := z.Announce(now(2, "2"))
			pass(500 * time.Millisecond)
			if _, shown := screen.told(); !slices.Equal(shown, []string{"A001", "A002"}) {
				t.Errorf("shown %q", shown)
			}
			only.mu.Lock()
			only.err = nil
			only.mu.Unlock()
			if o := <-end; o.End() != EndPlayed {
				t.Errorf("after it came back: %+v", o)
			}
			<-other
			if s := z.Status(); s.Voiceless || s.Unheard {
				t.Errorf("the alarm stays: %+v", s)
			}
			only.mu.Lock()
			only.err = errors.New("gone for good")
			only.mu.Unlock()
			asked := time.Now()
			o := <-z.Announce(now(3, "3"))
			if took := time.Since(asked); o.End() != EndAlarmed || o.Reason != ReasonNoOutput || took > unheardPatient+5*time.Second {
				t.Errorf("%+v after %v", o, took)
			}
			if s := z.Status(); !strings.Contains(strings.Join(s.Alarms, " "), "A003 was not said (no output)") {
				t.Errorf("alarms %q", s.Alarms)
			}
			if _, shown := screen.told(); len(shown) != 3 {
				t.Errorf("shown %q: each once", shown)
			}
		})
	})
}

// speech is a clip of sound with pauses, for messages by microphone.
func speech(seconds int) audio.PCM {
	p := audio.PCM{Rate: audio.RatePA}
	for range seconds {
		p = audio.Append(p, audio.Beep(audio.RatePA, 440, 900*time.Millisecond), 0)
		p = audio.Append(p, audio.Silence(audio.RatePA, 100*time.Millisecond), 0)
	}
	return p
}

// An emergency cuts what is said at its next pause; that is said again after.
func TestEmergencyCuts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &fakeOutput{name: "out"}
		inZone(t, ZoneConfig{Outputs: []output.Output{out}}, func(z *Zone) {
			long := z.Announce(Announcement{Notice: Phrase("bài nói dài"), Sound: speech(20)})
			pass(2500 * time.Millisecond)
			alarm := z.Announce(Announcement{Notice: Phrase("khẩn cấp"), Urgency: Emergency, Times: 1, Sound: speech(3)})
			if o := <-alarm; !o.Spoken() {
				t.Errorf("%+v", o)
			}
			// 2.5 s into it the next pause ends at 3.0 s; an emergency waits no longer.
			if began := out.began()[0].Sub(start0()); began < 2900*time.Millisecond || began > 3500*time.Millisecond {
				t.Errorf("the emergency began after %v", began)
			}
			if o := <-long; o.Readings != 1 {
				t.Errorf("what was cut: %+v", o)
			}
			if got := out.played(); !slices.Equal(got, []string{"khẩn cấp", "bài nói dài"}) {
				t.Errorf("played %q", got)
			}
		})
	})
}

func TestWithdrawnWhileSaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &fakeOutput{name: "out"}
		inZone(t, ZoneConfig{Outputs: []output.Output{out}}, func(z *Zone) {
			end := z.Announce(Announcement{Notice: Phrase("dài"), Sound: speech(20), Message: "m1", Times: 3})
			next := z.Announce(Announcement{Notice: Phrase("sau"), Sound: speech(1), Message: "m2"})
			pass(2500 * time.Millisecond)
			z.Withdraw("m1")
			pass(2 * time.Second)
			select {
			case o := <-end:
				if o.Reason != ReasonWithdrawn {
					t.Errorf("%+v", o)
				}
			default:
				t.Error("it is still being said")
			}
			if o := <-next; !o.Spoken() {
				t.Errorf("the next: %+v", o)
			}
		})
	})
}

// Silent times and pauses leave the boards to show the calls; emergencies are said.
func TestQuietAndPaused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out, screen := &fakeOutput{name: "out"}, &fakeScreen{}
		var silent atomic.Bool
		level := func(time.Time) (int, bool) { return 0, silent.Load() }
		inZone(t, ZoneConfig{Outputs: []output.Output{out}, Screen: screen, Level: level}, func(z *Zone) {
			silent.Store(true)
			if o := <-z.Announce(now(1, "1")); o.End() != EndQuiet || o.Reason != ReasonQuiet {
				t.Errorf("silent: %+v", o)
			}
			silent.Store(false)
			z.Pause()
			if o := <-z.Announce(now(2, "2")); o.End() != EndQuiet || o.Reason != ReasonPaused {
				t.Errorf("paused: %+v", o)
			}
			if o := <-z.Announce(Announcement{Notice: Phrase("cháy"), Urgency: Emergency, Times: 1}); !o.Spoken() {
				t.Errorf("emergency: %+v", o)
			}
			if s := z.Status(); s.PausedSince.IsZero() || s.Ends[EndQuiet] != 2 {
				t.Errorf("status %+v", s)
			}
			z.Resume()
			if o := <-z.Announce(now(3, "3")); !o.Spoken() {
				t.Errorf("resumed: %+v", o)
			}
			readings, shown := screen.told()
			if !slices.Equal(shown, []string{"A001", "A002"}) || !slices.Equal(readings, []string{"", "A003", "A003"}) {
				t.Errorf("shown %q, readings %q", shown, readings)
			}
		})
	})
}

func TestLevelOfTheZone(t *testing.T) {
	quiet := audio.Beep(audio.RatePA, 440, time.Second)
	peak := quiet.Peak()
	if got := louder(quiet, -6).Peak() / peak; got < 0.49 || got > 0.52 {
		t.Errorf("-6 dB is a factor of %v", got)
	}
	if quiet.Peak() != peak {
		t.Error("the sound of everybody was changed")
	}
	loud := audio.PCM{Rate: audio.RatePA, Samples: slices.Clone(quiet.Samples)}
	loud.Gain(audio.DB(0.95 / peak))
	if got := louder(loud, 6).Peak(); got > 1 {
		t.Errorf("+6 dB clips: %v", got)
	}
}

func TestNextEdge(t *testing.T) {
	p := speech(5)
	for from, want := range map[time.Duration]time.Duration{
		-time.Second: 940 * time.Millisecond, 100 * time.Millisecond: 940 * time.Millisecond, 2500 * time.Millisecond: 2940 * time.Millisecond,
		4990 * time.Millisecond: 5 * time.Second, time.Hour: time.Hour,
	} {
		if got := nextEdge(p, from); (got - want).Abs() > 30*time.Millisecond {
			t.Errorf("after %v: %v, want about %v", from, got, want)
		}
	}
	tone := audio.Beep(audio.RatePA, 440, 20*time.Second)
	if got := nextEdge(tone, 3*time.Second); got != 3*time.Second+edgePatient {
		t.Errorf("without a pause: %v", got)
	}
}

func TestRoute(t *testing.T) {
	zones := []queue.Zone{{ID: "a", Counters: []string{"1", "2"}}, {ID: "b", Counters: []string{"2", "3"}}, {ID: "c"}}
	for name, c := range map[string]struct {
		zones   []queue.Zone
		here    []string
		counter string
		want    []int
	}{
		"no zones: everywhere":               {nil, []string{"hall"}, "1", []int{0}},
		"no zones, several here: everywhere": {nil, []string{"x", "y"}, "1", []int{0, 1}},
		"named":                              {zones, []string{"a", "b", "c"}, "1", []int{0}},
		"in two":                             {zones, []string{"a", "b", "c"}, "2", []int{0, 1}},
		"the rest":                           {zones, []string{"a", "b", "c"}, "9", []int{2}},
		"not here":                           {zones, []string{"a"}, "3", nil},
		"unknown zone takes what is left":    {zones, []string{"a", "hall"}, "3", []int{1}},
		"unknown zone leaves what is taken":  {zones, []string{"a", "hall"}, "1", []int{0}},
	} {
		p := plan{setup: queue.Setup{Zones: c.zones}}
		if got := p.route(c.here, c.counter); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
