// Package speaker plays announcements through the machine's sound card.
//
// It is the only package that needs ALSA. Built with the tag nospeaker, Open
// fails with ErrNotBuilt and nothing of ALSA is linked.
//
// The sound library opens one device per process, once: when the device is
// lost, only a new process gets it back. So the card (card.go) is played by a
// process of its own, our own program started again (child.go), which a Speaker
// watches, feeds and replaces (speaker.go); wire.go is what the two say to each
// other. Several Speakers with cards of their own are several zones.
package speaker

import (
	"errors"
	"fmt"
	"time"

	"github.com/xinmoi/xinmoi/announce/audio"
	"github.com/xinmoi/xinmoi/announce/output"
)

// ErrNotBuilt means that the program was built without the speaker (tag
// nospeaker), for machines without ALSA.
var ErrNotBuilt = errors.New("built without the speaker: install libasound2-dev and build without the tag nospeaker")

// ErrNoDevice means that the machine has no sound card and no sound server.
var ErrNoDevice = errors.New("no sound card and no sound server")

// ErrDevice means that no sound card could be opened, or that it was lost. A
// Speaker opens it again by itself; after Open it stays so.
var ErrDevice = errors.New("no usable sound card")

// ErrUnpaced means that the device swallows sound faster than it could play
// it, as ALSA's null and file devices do: nobody hears it.
var ErrUnpaced = errors.New("the sound device plays nothing: it takes sound faster than real time")

// Name is the name of the output where no other is configured.
const Name = "speaker"

// buffer is how much sound the card holds: less loses samples on a loaded
// two-core machine (measured), more delays the call. drain is how long the
// last samples may take to leave it after the source is empty.
const (
	buffer = 200 * time.Millisecond
	drain  = buffer + 300*time.Millisecond
	lead   = 50 * time.Millisecond // Silence in front; cards swallow the first samples.
)

// maxClip bounds what is played in one piece.
const maxClip = 10 * time.Minute

// checkClip refuses what cannot be played.
func checkClip(p audio.PCM) error {
	if p.Rate != audio.RatePA {
		return fmt.Errorf("speaker: clip of %d Hz, want %d Hz", p.Rate, audio.RatePA)
	}
	if d := p.Duration(); d > maxClip {
		return fmt.Errorf("speaker: clip of %v, at most %v", d, maxClip)
	}
	return nil
}

// faultOf puts an error of the card into words.
func faultOf(err error) error {
	f := &output.Fault{Err: err}
	switch {
	case errors.Is(err, ErrNoDevice):
		f.VI, f.EN = "Máy không có loa: cắm loa hoặc card âm thanh, chương trình tự nhận", "no sound card: plug one in, it is found by itself"
	case errors.Is(err, ErrNotBuilt):
		f.VI, f.EN = "Bản chương trình này không có phần loa: cài libasound2-dev rồi dựng lại", "built without the speaker: install libasound2-dev and build again"
	case errors.Is(err, ErrUnpaced):
		f.VI, f.EN = "Thiết bị âm thanh giả, không phát ra tiếng: chọn card thật trong cấu hình", "the sound device is a dummy: name a real card in the configuration"
	default:
		f.VI, f.EN = "Không dùng được loa của máy: kiểm tra dây, card và dịch vụ âm thanh, chương trình tự thử lại", "the sound card cannot be used: check cable, card and sound service; it is tried again by itself"
	}
	return f
}
