package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
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
