package announce

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/xinmoi/xinmoi/announce/output"
)

// recorder keeps clips; nobody hears them.
type recorder struct{ fakeOutput }

func (*recorder) Records() {}

// A file is no loudspeaker: what only a file took, nobody has heard.
func TestRecordedIsNotHeard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kept, hall := &recorder{fakeOutput{name: "file"}}, &fakeOutput{name: "hall", err: output.ErrNoListener}
		a := New(Config{Office: newFakeOffice(), Outputs: []output.Output{hall, kept}, Logger: slog.New(slog.DiscardHandler)})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- a.Run(ctx) }()
		if err := a.Test(ctx); !errors.Is(err, errDropped) || !strings.Contains(err.Error(), "Bật âm thanh") {
			t.Errorf("a test that only a file took: %v", err)
		}
		if s := a.Status(); !s.Unheard || !strings.Contains(strings.Join(s.Alarms, "\n"), "Không ai nghe") {
			t.Errorf("no alarm: %+v", s)
		}
		if len(kept.played()) != 1 {
			t.Errorf("the file has %d clips, want 1", len(kept.played()))
		}
		hall.mu.Lock()
		hall.err = nil
		hall.mu.Unlock()
		if err := a.Test(ctx); err != nil {
			t.Errorf("once somebody listens: %v", err)
		}
		if s := a.Status(); s.Unheard {
			t.Error("the alarm stays")
		}
		cancel()
		<-done
	})
}
