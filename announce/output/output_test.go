package output

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/xinmoi/xinmoi/announce/audio"
)

func TestKeeperTellsTheStory(t *testing.T) {
	now := time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)
	k := &Keeper{Now: func() time.Time { return now }}
	if h := k.Health(); !h.OK || h.Detail != DetailUnknown || !h.Since.IsZero() {
		t.Errorf("at first %+v", h)
	}
	k.Ready("")
	began := now
	now = now.Add(time.Minute)
	if err := k.Played(nil, false); err != nil {
		t.Error(err)
	}
	if h := k.Health(); !h.OK || h.Since != began || h.LastPlayed != now || h.Gaps != 0 || h.Detail != DetailReady {
		t.Errorf("played %+v", h)
	}
	played := now
	now = now.Add(time.Minute)
	fault := &Fault{VI: "Đứt dây: nối lại", EN: "broken cable: mend it", Err: errors.New("EPIPE")}
	if err := k.Played(fmt.Errorf("clip: %w", fault), false); !errors.Is(err, fault) {
		t.Errorf("got %v", err)
	}
	if h := k.Health(); h.OK || h.Since != now || h.LastPlayed != played || h.Detail != "Đứt dây: nối lại (broken cable: mend it): EPIPE" {
		t.Errorf("failed %+v", h)
	}
	broken := now
	now = now.Add(time.Minute)
	k.Failed(errors.New("bare"))
	if h := k.Health(); h.Since != broken || !strings.Contains(h.Detail, "thử loa") || !strings.Contains(h.Detail, "bare") {
		t.Errorf("failed again %+v", h)
	}
	k.Failed(fmt.Errorf("stopped: %w", context.Canceled)) // Nobody's fault.
	k.Failed(nil)
	if h := k.Health(); !strings.Contains(h.Detail, "bare") {
		t.Errorf("a called-off clip counts as a fault: %+v", h)
	}
	_ = k.Played(nil, true)
	if h := k.Health(); !h.OK || h.Gaps != 1 || h.Since != now || h.Detail != DetailGaps {
		t.Errorf("with gaps %+v", h)
	}
}

func TestFailedIsMonitored(t *testing.T) {
	err := errors.New("no group")
	o := Failed("multicast", err)
	m, ok := o.(Monitored)
	if !ok || m.Health().OK || m.Health().Detail != "no group" || o.Name() != "multicast" {
		t.Errorf("%+v", o)
	}
	if tester, ok := o.(Tester); !ok || !errors.Is(tester.SelfTest(t.Context()), err) || !errors.Is(o.Play(t.Context(), Clip{}), err) {
		t.Error("it does not report its fault")
	}
}

func TestFaultWithoutCause(t *testing.T) {
	f := &Fault{VI: "a", EN: "b"}
	if f.Error() != "a (b)" || f.Unwrap() != nil {
		t.Errorf("%v", f)
	}
}

func TestTestToneIsFarBelowHearing(t *testing.T) {
	p := TestTone()
	if level := audio.DB(p.Peak()); math.Abs(level-testLevel) > 0.1 || p.Rate != audio.RatePA || p.Duration() != testTime {
		t.Errorf("%.1f dBFS, %v", level, p.Duration())
	}
	loud := 0
	for _, v := range p.Int16() {
		if v != 0 {
			loud++
		}
	}
	if loud == 0 {
		t.Error("nothing of it is left in 16 bits")
	}
}

func TestBackoffGrowsToItsLimit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		first := time.Duration(rapid.Int64Range(1, int64(time.Minute)).Draw(t, "first"))
		most := time.Duration(rapid.Int64Range(1, int64(time.Hour)).Draw(t, "most"))
		n := rapid.IntRange(0, 1000).Draw(t, "n")
		d, next := Backoff(n, first, most), Backoff(n+1, first, most)
		if d <= 0 || d > most || next < d || (n == 0 && d != min(first, most)) || (next < most && next != 2*d) {
			t.Fatalf("%v, then %v", d, next)
		}
	})
}

func TestWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		if err := Wait(t.Context(), time.Second); err != nil || time.Since(began) != time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := Wait(ctx, time.Minute); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != 2*time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}
