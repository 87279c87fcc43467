package command

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/xinmoi/xinmoi/announce/audio"
	"github.com/xinmoi/xinmoi/announce/output"
	"github.com/xinmoi/xinmoi/announce/output/outputtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t *testing.T, run ...string) *Command {
	t.Helper()
	c, err := New(Config{Run: run})
	if errors.Is(err, exec.ErrNotFound) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func clipOf(p audio.PCM) output.Clip { return output.Clip{PCM: p} }

func TestProgramGetsTheSound(t *testing.T) {
	path := filepath.Join(t.TempDir(), "got.wav")
	c := open(t, "sh", "-c", `cat > "$0"`, path)
	sent := outputtest.Counting(3 * time.Second) // Far more than a pipe holds.
	if err := c.Play(t.Context(), clipOf(sent)); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	got, err := audio.DecodeWAV(b)
	if err != nil || got.Rate != sent.Rate || len(got.Samples) != len(sent.Samples) || outputtest.CountHeard(got, sent).Jumps != 0 {
		t.Errorf("%d samples of %d Hz, %v", len(got.Samples), got.Rate, err)
	}
	if h := c.Health(); !h.OK || h.LastPlayed.IsZero() {
		t.Errorf("health %+v", h)
	}
	if err := c.SelfTest(t.Context()); err != nil {
		t.Errorf("self-test: %v", err)
	}
	if b, _ = os.ReadFile(path); len(b) != 44 {
		t.Errorf("the self-test sent %d bytes, want a header alone", len(b))
	}
}

func TestFailingProgram(t *testing.T) {
	long := clipOf(audio.Silence(audio.RatePA, 3*time.Second))
	for name, tt := range map[string]struct {
		script, want string
	}{
		"status":     {`cat >/dev/null; echo one >&2; echo "audio open error: no such device" >&2; exit 3`, "audio open error: no such device"},
		"deaf":       {`exit 0`, errDeaf.Error()},
		"much noise": {`cat >/dev/null; head -c 100000 /dev/zero | tr '\0' x >&2; exit 1`, "xxx"},
	} {
		t.Run(name, func(t *testing.T) {
			c := open(t, "sh", "-c", tt.script)
			err := c.Play(t.Context(), long)
			var fault *output.Fault
			if !errors.As(err, &fault) || !strings.Contains(err.Error(), tt.want) || len(err.Error()) > 2*keepTail {
				t.Errorf("got %.300v, want %q", err, tt.want)
			}
			if h := c.Health(); h.OK || !strings.Contains(h.Detail, "chạy thử") || !h.LastPlayed.IsZero() {
				t.Errorf("health %+v", h)
			}
		})
	}
}

// When the clip is called off, the program dies with all its children.
func TestProgramIsKilled(t *testing.T) {
	path := filepath.Join(t.TempDir(), "child")
	c := open(t, "sh", "-c", `sleep 1000000 & echo $! > "$0.new"; mv "$0.new" "$0"; cat >/dev/null; wait`, path)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	played := make(chan error, 1)
	go func() { played <- c.Play(ctx, clipOf(audio.Silence(audio.RatePA, time.Second))) }()
	var child string
	outputtest.Until(t, "the program has a child", func() bool {
		b, err := os.ReadFile(path)
		child = strings.TrimSpace(string(b))
		return err == nil
	})
	cancel()
	if err := <-played; !errors.Is(err, context.Canceled) { // By itself it would take eleven days.
		t.Errorf("got %v", err)
	}
	outputtest.Until(t, "the child of the program is dead", func() bool { return !lives(child) })
}

// lives reports whether there is such a process, and one that is not dead yet.
func lives(pid string) bool {
	b, err := os.ReadFile(filepath.Join("/proc", pid, "stat"))
	_, state, _ := strings.Cut(string(b), ") ")
	return err == nil && !strings.HasPrefix(state, "Z")
}

func TestSlowProgramIsLeft(t *testing.T) {
	c := open(t, "sh", "-c", `cat >/dev/null; sleep 1000000`) // Eleven days.
	if err := c.run(t.Context(), audio.Silence(audio.RatePA, time.Second), 300*time.Millisecond); !errors.Is(err, errSlow) {
		t.Errorf("got %v", err)
	}
}

func TestConfig(t *testing.T) {
	for _, run := range [][]string{nil, {""}} {
		if _, err := New(Config{Run: run}); !errors.Is(err, ErrConfig) {
			t.Errorf("%q: %v", run, err)
		}
	}
	if _, err := New(Config{Run: []string{"xm-no-such-program"}}); !errors.Is(err, exec.ErrNotFound) {
		t.Errorf("got %v", err)
	}
	if c := open(t, "sh"); c.Name() != Name {
		t.Errorf("name %q", c.Name())
	}
}

// aplay is what most installers will name.
func TestAplayIsHeard(t *testing.T) {
	c := open(t, "aplay", "-q", "-")
	h := outputtest.Open(t, "hall")
	signal := outputtest.Counting(time.Second)
	outputtest.Timely(t, func(bad func(string, ...any)) {
		got := outputtest.CountHeard(h.Record("hall", func() {
			if err := c.Play(t.Context(), clipOf(signal)); err != nil {
				bad("%v", err)
			}
			if err := c.SelfTest(t.Context()); err != nil {
				bad("self-test: %v", err)
			}
		}), signal)
		t.Logf("%+v of %d samples", got, len(signal.Samples))
		if got.Samples < len(signal.Samples)*98/100 || got.Jumps > 5 {
			bad("%+v of %d samples", got, len(signal.Samples))
		}
	})
}
