package desk

import (
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/xinmoi/xinmoi/announce/audio"
)

// tooSoft is the level of a recording in which nobody speaks, dB of full scale.
const tooSoft = -50

// readSpeech reads a recording and brings it to the level of the voice.
func readSpeech(r io.Reader) (audio.PCM, error) {
	p, err := audio.ReadWAV(r)
	if err != nil {
		return audio.PCM{}, fmt.Errorf("không đọc được đoạn nói: gửi tệp WAV tối đa một phút (the recording cannot be read, send a WAV of at most a minute): %w", err)
	}
	if p, err = audio.Resample(p, audio.RatePA); err != nil {
		return audio.PCM{}, err
	}
	if level := audio.DB(audio.ActiveRMS(p)); math.IsInf(level, -1) || level < tooSoft {
		return audio.PCM{}, errors.New("không nghe thấy tiếng nói: kiểm tra micrô rồi nói lại (nobody can be heard: check the microphone and speak again)")
	}
	p, err = audio.ToLUFS(p, audio.SpeechLUFS, maxClean)
	if err != nil {
		return audio.PCM{}, err
	}
	return audio.Limit(p), nil
}
