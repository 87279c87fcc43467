package main

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/announce"
	"github.com/xinmoi/xinmoi/announce/output"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

func TestSoundConfig(t *testing.T) {
	const good = `
[[sound.output]]
name = "horn-1"
kind = "horn"
uris = ["sip:loa1@192.168.1.50"]
[[sound.output]]
name = "rtp"
kind = "multicast"
group = "239.255.10.1:5004"
[[sound.zone]]
id = "hall"
outputs = ["speaker", "board", "files", "rtp"]
reserve = ["horn-1"]
grace_seconds = 9
[[sound.notice]]
text = "Xin giữ trật tự"
every_minutes = 30
zones = ["hall"]
`
	path := filepath.Join(t.TempDir(), "xinmoi.toml")
	load := func(text string) (config, error) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return loadConfig(path)
	}
	c, err := load(good)
	if err != nil || len(c.Sound.Outputs) != 2 || c.Sound.Zones[0].Reserve[0] != "horn-1" || c.Sound.Notices[0].Every != 30 {
		t.Fatalf("%+v, %v", c.Sound, err)
	}
	for old, bad := range map[string]string{
		`kind = "horn"`:         `kind = "trumpet"`,
		`name = "rtp"`:          `name = "horn-1"`,
		`name = "horn-1"`:       `name = "board"`,
		`reserve = ["horn-1"]`:  `reserve = ["horn-2"]`,
		`id = "hall"`:           `id = ""`,
		`grace_seconds = 9`:     `grace_seconds = -9`,
		`seconds = 9`:           `seconds = 900`,
		`every_minutes = 30`:    `every_minutes = -1`,
		`zones = ["hall"]`:      `zones = ["tang-9"]`,
		`"Xin giữ trật tự"`:     `""`,
		`group = "239`:          `groupe = "239`,
		`outputs = ["speaker",`: `outputs = ["loudspeaker",`,
	} {
		if _, err := load(strings.Replace(good, old, bad, 1)); err == nil {
			t.Errorf("%s is taken", bad)
		}
	}
}

// A zone waits for what its horns may take to answer, unless it says otherwise.
func TestGraceOfAZone(t *testing.T) {
	c := soundConfig{Outputs: []outputConfig{{Name: "slow", Kind: "horn", Answer: 20}, {Name: "usual", Kind: "horn"}, {Name: "rtp", Kind: "multicast"}}}
	for want, z := range map[time.Duration]zoneConfig{
		6 * time.Second:  {Outputs: []string{"rtp", "board"}},
		12 * time.Second: {Outputs: []string{"rtp"}, Reserve: []string{"usual"}},
		28 * time.Second: {Outputs: []string{"usual", "slow"}},
		9 * time.Second:  {Outputs: []string{"slow"}, Grace: 9},
	} {
		if got := c.graceOf(z); got != want {
			t.Errorf("%+v: %v, want %v", z, got, want)
		}
	}
}

func TestVoiceSpeed(t *testing.T) {
	for text, fine := range map[string]bool{"1.15": true, "0.8": true, "0.0": false, "2.0": false, "nan": false} {
		c, err := defaultConfig()
		if err != nil {
			t.Fatal(err)
		}
		if c.Voice.Speed != 1 {
			t.Errorf("usually %v", c.Voice.Speed)
		}
		if err := errors.Join(decodeConfig([]byte("[voice]\nspeed = "+text), &c), c.check()); (err == nil) != fine {
			t.Errorf("speed %s: %v", text, err)
		}
	}
}

// The office takes down what was said in a zone by an id of its own kind.
func TestZoneIDs(t *testing.T) {
	for id, fine := range map[string]bool{"hall": true, "tang-2": true, "Hall": false, "tang 2": false, "tầng": false, "a/b": false} {
		err := soundConfig{Zones: []zoneConfig{{ID: id, Outputs: []string{outputBoard}}}}.check()
		if (err == nil) != fine {
			t.Errorf("%q: %v", id, err)
		}
	}
}

// What serve could not set up, "config check" tells, each by name.
func TestOutputsTried(t *testing.T) {
	c := soundConfig{Outputs: []outputConfig{
		{Name: "rtp", Kind: "multicast", Group: "10.0.0.1:5004"}, {Name: "horn-1", Kind: "horn", URIs: []string{"http://x"}},
		{Name: "own", Kind: "command", Run: []string{"/nonexistent/player"}}, {Name: "fine", Kind: "multicast", Group: "239.255.10.1:5004"},
	}}
	err := c.try()
	for _, name := range []string{`"rtp"`, `"horn-1"`, `"own"`} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s is not named: %v", name, err)
		}
	}
	if err != nil && strings.Contains(err.Error(), "fine") {
		t.Error(err)
	}
	a := &app{log: slog.New(slog.DiscardHandler)}
	a.cfg.Speaker.Output, a.cfg.Sound = off, c
	outputs, err := a.openOutputs(nil)
	if err != nil {
		t.Fatal(err)
	}
	rows := zoneRows(announce.Status{Zone: "a", Outputs: []announce.OutputState{{Name: "rtp", Health: healthOf(outputs["rtp"])}}}, false)
	if rows[0].Level != page.Warn || !strings.Contains(rows[0].Value, "sửa [[sound.output]]") || !strings.Contains(rows[0].Value, "10.0.0.1") {
		t.Errorf("the panel says %+v", rows[0])
	}
}

func healthOf(o output.Output) *output.Health {
	if m, ok := o.(output.Monitored); ok {
		h := m.Health()
		return &h
	}
	return nil
}

// The examples in the documented configuration are true: with the comment
// marks taken away they can be used.
func TestSoundExample(t *testing.T) {
	text := string(exampleConfig)
	from := strings.Index(text, "# [[sound.output]]")
	var lines []string
	for line := range strings.SplitSeq(text[from:strings.Index(text, "[printer]")], "\n") {
		line = strings.TrimPrefix(line, "# ")
		if strings.HasPrefix(line, "[") || strings.Contains(line, " = ") && !strings.HasPrefix(line, "kind = \"speaker\"    ") && !strings.Contains(line, "kind = \"multicast\"  ") &&
			!strings.Contains(line, "kind = \"horn\"  ") && !strings.Contains(line, "kind = \"command\"  ") && !strings.Contains(line, "kind = \"file\"  ") {
			lines = append(lines, line)
		}
	}
	c, err := defaultConfig()
	if err == nil {
		err = decodeConfig([]byte(strings.Join(lines, "\n")), &c)
	}
	if err == nil {
		err = c.check()
	}
	if err != nil || len(c.Sound.Zones) != 1 || len(c.Sound.Outputs) != 1 || len(c.Sound.Notices) != 1 {
		t.Errorf("%v\n%s\n%+v", err, strings.Join(lines, "\n"), c.Sound)
	}
}
