// Package speaker plays announcements through the machine's sound card.
//
// It is the only package that needs ALSA. Built with the tag nospeaker, Open
// fails with ErrNotBuilt and nothing of ALSA is linked.
package speaker

import (
	"errors"
	"time"
)

// ErrNotBuilt means that the program was built without the speaker (tag
// nospeaker), for machines without ALSA.
var ErrNotBuilt = errors.New("built without the speaker: install libasound2-dev and build without the tag nospeaker")

// ErrNoDevice means that the machine has no sound card and no sound server.
var ErrNoDevice = errors.New("no sound card and no sound server")

// ErrDevice means that no sound card could be opened, or that it was lost. It
// stays so until the program is restarted.
var ErrDevice = errors.New("no usable sound card")

// Name is the name of the output.
const Name = "speaker"

// buffer is how much sound the card holds: less loses samples on a loaded
// two-core machine (measured), more delays the call. drain is how long the
// last samples may take to leave it after the source is empty.
const (
	buffer = 200 * time.Millisecond
	drain  = buffer + 300*time.Millisecond
	lead   = 50 * time.Millisecond // Silence in front; cards swallow the first samples.
)
