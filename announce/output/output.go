// Package output is where announcements leave the program: the contract that
// sound card, browser and file fulfil in the packages below it.
package output

import (
	"context"
	"errors"
	"time"

	"github.com/xinmoi/xinmoi/announce/audio"
)

// Clip is one announcement, ready to be played.
type Clip struct {
	ID        string    // Unique, safe as a file name: "20261121-091203-A012-1".
	Text      string    // What is said, for people.
	Number    string    // Printed number, "A012"; empty if the clip is no call.
	Counter   string    // Where the number is called to.
	Reading   int       // 1 for the first reading, 2 for the repeat …
	PCM       audio.PCM // At audio.RatePA.
	StartedAt time.Time // When it was handed to the outputs.
}

// Output plays clips, one at a time: Play is never called while a Play of the
// same Output runs.
type Output interface {
	// Name is short and stable: "speaker", "browser", "file".
	Name() string
	// Play returns nil when the clip has really been played to its end (for a
	// file: written). ErrNoListener means that nobody was there to hear; any
	// other error is a fault that somebody should look at. When ctx ends the
	// clip is stopped and ctx's error returned.
	Play(ctx context.Context, c Clip) error
}

// Recorder is an Output that keeps clips without sounding them, such as files:
// nobody has heard what only a Recorder took.
type Recorder interface {
	Output
	Records()
}

// ErrNoListener means that an output works but nobody listens to it, such as
// a browser output with no board open.
var ErrNoListener = errors.New("nobody listens")

// Failed stands for an output that could not be set up: every Play reports
// err, so that the fault stays in sight while other outputs go on.
func Failed(name string, err error) Output { return failed{name, err} }

type failed struct {
	name string
	err  error
}

func (f failed) Name() string { return f.name }

func (f failed) Play(context.Context, Clip) error { return f.err }
