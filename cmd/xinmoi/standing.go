package main

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/xinmoi/xinmoi/announce"
	"github.com/xinmoi/xinmoi/announce/audio"
)

// standingFile is where the emergencies stand that nobody has taken back.
const standingFile = "standing.json"

// standingMessage is an emergency as it is written down. Recorded speech is
// not: after a restart the voice says the text.
type standingMessage struct {
	Text  string   `json:"text"`
	Zones []string `json:"zones,omitempty"`
	Times int      `json:"times,omitempty"`
}

// readStanding reads the emergencies that stood when the program ended.
func readStanding(dir string) ([]announce.Message, error) {
	body, err := os.ReadFile(filepath.Join(dir, standingFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var list []standingMessage
	if err := json.Unmarshal(body, &list); err != nil {
		return nil, err
	}
	messages := make([]announce.Message, len(list))
	for i, m := range list {
		messages[i] = announce.Message{Text: m.Text, Emergency: true, Zones: m.Zones, Times: m.Times}
	}
	return messages, nil
}

// writeStanding writes down the emergencies that stand now: after a crash there
// is the old list or the new one, never half of one.
func writeStanding(dir string, messages []announce.Message) error {
	list := make([]standingMessage, len(messages))
	for i, m := range messages {
		list[i] = standingMessage{Text: m.Text, Zones: m.Zones, Times: m.Times}
	}
	body, err := json.Marshal(list)
	if err != nil {
		return err
	}
	return audio.Save(filepath.Join(dir, standingFile), body)
}
