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

	// Calls are all calls of the clip, in order; several were merged into one
	// announcement. Empty if the clip is no call.
	Calls []Call
}

// Call is one of the calls of a clip.
type Call struct {
	Number  string        // Printed number, "A012".
	Counter string        // Where the number is called to.
	At      time.Duration // Where in the clip it begins.
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

// Runner is an Output with a part of its own that has to run: it keeps a device
// or a connection and takes it up again when it was lost. Play fails while Run
// does not run.
type Runner interface {
	Output
	// Run returns the reason of ctx when ctx ends.
	Run(ctx context.Context) error
}

// Health is how an output is doing, for people.
type Health struct {
	OK         bool      // False: the next clip would probably not be heard.
	Detail     string    // State and next step, Vietnamese (English); never empty.
	LastPlayed time.Time // End of the latest clip that was heard; zero if none was.
	Gaps       int64     // Clips since the start that had holes in them.
	Since      time.Time // When OK became what it is.
}

// Monitored is an Output that knows how it is doing, also between clips.
type Monitored interface {
	Output
	Health() Health
}

// Tester is an Output that can try itself out without disturbing anybody: by a
// tone nobody hears, by a loop-back, or by asking the device. It is never
// called while a Play or another SelfTest of the same Output runs.
type Tester interface {
	SelfTest(ctx context.Context) error
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

func (f failed) Health() Health { return Health{Detail: f.err.Error()} }

func (f failed) SelfTest(context.Context) error { return f.err }

func (f failed) Play(context.Context, Clip) error { return f.err }
