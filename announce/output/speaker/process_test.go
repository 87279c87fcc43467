//go:build !nospeaker

package speaker

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/announce/audio"
	"github.com/xinmoi/xinmoi/announce/output"
	"github.com/xinmoi/xinmoi/announce/output/outputtest"
)

// scripted runs a speaker whose player is a shell script, until the test ends.
func scripted(t *testing.T, script string) *Speaker {
	t.Helper()
	t.Setenv("PULSE_SERVER", "unix:/nowhere") // Something to try, whatever the machine has.
	s := New(Config{Command: []string{"sh", "-c", script}, Logger: slog.New(slog.DiscardHandler)})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	return s
}

func beep() output.Clip { return clipOf(audio.Beep(audio.RatePA, 440, 100*time.Millisecond)) }

// Whatever a player does, the speaker says what is wrong and lives on.
func TestPlayersThatMisbehave(t *testing.T) {
	for name, tt := range map[string]struct {
		script, want string
		is           error
	}{
		"talks nonsense":  {`echo hello; exec sleep 60`, "not an answer", errReply},
		"ends at once":    {`echo "library missing" >&2; exit 1`, "library missing", ErrDevice},
		"says why":        {`echo lost nodevice there is none`, "there is none", ErrNoDevice},
		"dies in a clip":  {`echo ready; head -c 20 >/dev/null; exit 1`, "the player ended", ErrDevice},
		"fails a clip":    {`echo ready; head -c 20 >/dev/null; echo failed 1 unpaced null device; cat >/dev/null`, "null device", ErrUnpaced},
		"endless line":    {`head -c 100000 /dev/zero | tr '\0' x; exec sleep 60`, "", ErrDevice},
		"stops by itself": {`echo ready; head -c 20 >/dev/null; echo done 1 1; cat >/dev/null`, "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			s := scripted(t, tt.script)
			outputtest.Until(t, "the player was tried", settled(s))
			err := s.Play(t.Context(), beep())
			if !errors.Is(err, tt.is) || (err == nil) != (tt.is == nil) {
				t.Fatalf("got %v, want %v", err, tt.is)
			}
			health := s.Health()
			if err == nil {
				if health.Gaps != 1 || !health.OK {
					t.Errorf("health %+v", health)
				}
				return
			}
			var fault *output.Fault
			if !errors.As(err, &fault) || !strings.Contains(err.Error(), tt.want) || health.OK || health.Detail == "" {
				t.Errorf("got %v, health %+v", err, health)
			}
		})
	}
}

// A player that ends again and again is started again and again, but not in a
// rush.
func TestPlayersAreReplaced(t *testing.T) {
	count := filepath.Join(t.TempDir(), "count")
	t.Setenv("COUNT", count)
	began, n := time.Now(), 0
	scripted(t, `echo x >> "$COUNT"; exit 1`)
	outputtest.Until(t, "three players", func() bool {
		b, _ := os.ReadFile(count)
		n = len(b) / 2
		return n >= 3
	})
	rests := time.Duration(0)
	for i := range n - 1 {
		rests += output.Backoff(i, retryFirst, retryMost)
	}
	if took := time.Since(began); took < rests {
		t.Errorf("%d players within %v, which ought to rest for %v", n, took, rests)
	}
}

// A player that stops reading does not hold up its parent, and is killed when
// the clip is called off.
func TestAPlayerThatDoesNotRead(t *testing.T) {
	t.Setenv("BEFORE", filepath.Join(t.TempDir(), "before"))
	s := scripted(t, `[ -e "$BEFORE" ] && exit 1; : > "$BEFORE"; echo ready; exec sleep 1000000`) // Eleven days.
	outputtest.Until(t, "the player is ready", ready(s))
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	err := s.Play(ctx, clipOf(audio.Beep(audio.RatePA, 440, 5*time.Second))) // More than a pipe holds.
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	outputtest.Until(t, "it is noticed", func() bool { return !s.Health().OK })
}

func TestFaultsAreInWords(t *testing.T) {
	for err, want := range map[error]string{
		ErrNoDevice: "cắm loa", ErrNotBuilt: "libasound2-dev", ErrUnpaced: "card thật", ErrDevice: "kiểm tra dây",
	} {
		fault := faultOf(err)
		if !errors.Is(fault, err) || !strings.Contains(fault.Error(), want) {
			t.Errorf("%v: %v", err, fault)
		}
	}
}

func TestClipsThatCannotBePlayed(t *testing.T) {
	for name, p := range map[string]audio.PCM{
		"rate":   audio.Silence(44100, time.Second),
		"length": {Rate: audio.RatePA, Samples: make([]float32, int(maxClip.Seconds()+1)*audio.RatePA)},
	} {
		if err := checkClip(p); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if err := checkClip(audio.Silence(audio.RatePA, time.Second)); err != nil {
		t.Error(err)
	}
}
