//go:build e2e

package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/announce/audio"
)

// voiceReport is what "voice check -json" prints, as far as it is looked at.
type voiceReport struct {
	OK       bool    `json:"ok"`
	Spread   float64 `json:"spread_lu"`
	Peak     float64 `json:"true_peak_dbtp"`
	Coverage struct {
		Clips int `json:"clips"`
		Of    int `json:"of"`
	} `json:"coverage"`
}

// The placeholders of all three regions pass the check, call in time, and
// travel to another machine as one file; a clip that is lost there is reported
// and said by the voice behind.
func TestVoicesOfAllRegions(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("espeak-ng"); err != nil {
		t.Skip("espeak-ng is not installed: apt-get install espeak-ng")
	}
	bin, data := binary(t), t.TempDir()
	xinmoi := func(args ...string) (string, error) {
		out, err := exec.Command(bin, append(args, "-data", data)...).CombinedOutput()
		return string(out), err
	}
	must := func(args ...string) string {
		t.Helper()
		out, err := xinmoi(args...)
		if err != nil {
			t.Fatalf("%q: %v\n%s", args, err, out)
		}
		return out
	}
	shared, err := voice()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(filepath.Join(data, "voices", "north"), os.DirFS(shared)); err != nil { // Made once for all tests.
		t.Fatal(err)
	}
	must("voice", "build", "-region", "all", "-if-missing")
	for _, region := range []string{"north", "central", "south"} {
		var r voiceReport
		if err := json.Unmarshal([]byte(must("voice", "check", region, "-json")), &r); err != nil {
			t.Fatal(err)
		}
		if !r.OK || r.Spread > 1.5 || r.Peak > -2 || r.Coverage.Clips != r.Coverage.Of {
			t.Errorf("%s: %+v", region, r)
		}
		for _, reading := range []string{"-by-value", "-by-value=false"} {
			wav := filepath.Join(data, "call.wav")
			must("say", "-region", region, "-ticket", "A125", "-counter", "3", reading, "-o", wav)
			if d := spokenIn(t, wav); d > 4200*time.Millisecond {
				t.Errorf("%s %s: the call lasts %v, at most 4.2 s", region, reading, d)
			}
		}
	}
	file := filepath.Join(data, "south.zip")
	must("voice", "export", "south", file)
	must("voice", "import", file, "-as", "lan")
	if out, err := xinmoi("voice", "import", file, "-as", "lan"); err == nil || !strings.Contains(out, "-replace") {
		t.Errorf("overwritten: %s", out)
	}
	must("voice", "use", "lan")
	if err := os.Remove(filepath.Join(data, "voices", "lan", "n.03.f.wav")); err != nil {
		t.Fatal(err)
	}
	if out, err := xinmoi("voice", "check", "lan"); err == nil || !strings.Contains(out, "n.03.f") {
		t.Errorf("a lost clip is not found: %s", out)
	}
	if out := must("say", "-ticket", "A125", "-counter", "3", "-o", filepath.Join(data, "call.wav")); !strings.Contains(out, "placeholder voice: ba") {
		t.Errorf("a lost clip is not said by the voice behind: %s", out)
	}
}

// spokenIn is how long a call's file lasts without chime and the pause behind it.
func spokenIn(t *testing.T, path string) time.Duration {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	p, err := audio.DecodeWAV(b)
	if err != nil {
		t.Fatal(err)
	}
	return p.Duration() - audio.Chime().Duration() - 350*time.Millisecond
}
