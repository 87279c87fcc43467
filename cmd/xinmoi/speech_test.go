package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/announce"
	"github.com/xinmoi/xinmoi/announce/audio"
	"github.com/xinmoi/xinmoi/announce/voice"
	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/sqlite"
)

// Commands speak and listen as the office in the data directory does, also
// beside its server, and change nothing there; -region wins.
func TestRegionOfTheOffice(t *testing.T) {
	data := t.TempDir()
	db, err := sqlite.Open(t.Context(), data)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() // Still open, as beside a server.
	setup := queue.CommuneCentre()
	e, err := queue.NewEngine(t.Context(), queue.Config{Setup: setup, Store: db})
	if err != nil {
		t.Fatal(err)
	}
	setup.Region = "central"
	for _, a := range e.Together(t.Context(), queue.ConfigureRequest{Setup: setup}, queue.TakeRequest{Service: "A", Channel: queue.Kiosk}) {
		if a.Err != nil {
			t.Fatal(a.Err)
		}
	}
	before, err := os.ReadFile(filepath.Join(data, sqlite.FileName))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		named, data string
		want        announce.Region
	}{{"", data, announce.Central}, {"south", data, announce.South}, {"", t.TempDir(), announce.North}, {"", "nowhere", announce.North}} {
		if got, err := regionOf(t.Context(), c.named, c.data); got != c.want || err != nil {
			t.Errorf("%+v: %q %v", c, got, err)
		}
	}
	var wrong usageError
	if _, err := regionOf(t.Context(), "moon", data); !errors.As(err, &wrong) {
		t.Errorf("a region that is none: %v", err)
	}
	for _, r := range []announce.Region{announce.North, announce.Central} {
		aVoice(t, voiceDir(data, r), r)
	}
	var rows []voiceRow
	if err := json.Unmarshal([]byte(mustSay(t, exitOK, nil, runVoice, "list", "-json", "-data", data)), &rows); err != nil || len(rows) != 2 {
		t.Fatalf("%v %+v", err, rows)
	}
	for _, row := range rows {
		if (row.InUse == 1) != (row.Region == "central") {
			t.Errorf("%s stands at place %d", row.Region, row.InUse)
		}
	}
	if after, err := os.ReadFile(filepath.Join(data, sqlite.FileName)); err != nil || string(after) != string(before) {
		t.Errorf("the store was written: %v", err)
	}
}

// aVoice makes a pack of one clip.
func aVoice(t *testing.T, dir string, r announce.Region) {
	t.Helper()
	recipe := voice.Recipe{Region: string(r), Speaker: buzzer{}, Clips: []voice.ClipSpec{{ID: "mot", Key: voice.Key{Text: "một"}}}}
	if _, err := voice.Build(t.Context(), dir, recipe); err != nil {
		t.Fatal(err)
	}
}

// buzzer says everything as the same tone.
type buzzer struct{}

func (buzzer) Name(string) string { return "buzzer" }

func (buzzer) Speak(context.Context, voice.Key) (audio.PCM, error) {
	return audio.Beep(audio.RatePA, 300, 200*time.Millisecond), nil
}
