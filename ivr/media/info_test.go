package media

import (
	"testing"
	"time"
)

func TestParseInfo(t *testing.T) {
	for _, c := range []struct {
		kind, body string
		want       rune
	}{
		{"application/dtmf-relay", "Signal=5\r\nDuration=160\r\n", '5'},
		{"application/dtmf-relay", "Signal= 5 \nDuration = 160", '5'},
		{"Application/DTMF-Relay; charset=utf-8", "signal=*", '*'},
		{"application/dtmf-relay", "Duration=160\r\nSignal=10\r\n", '*'},
		{"application/dtmf-relay", "Signal=11", '#'},
		{"application/dtmf-relay", "Signal=a", 'A'},
		{"application/dtmf-relay", "Signal=16", 0},
		{"application/dtmf-relay", "Signal=", 0},
		{"application/dtmf-relay", "Signal=55", 0},
		{"application/dtmf-relay", "Duration=5", 0},
		{"application/dtmf", "5", '5'},
		{"application/dtmf", " # \r\n", '#'},
		{"application/dtmf", "12", 'A'},
		{"audio/telephone-event", "\x05\x0a\x00\xa0", '5'},
		{"audio/telephone-event", "7", '7'},
		{"text/plain", "5", 0},
		{"", "5", 0},
		{"application/dtmf", "", 0},
	} {
		got, ok := ParseInfo(c.kind, []byte(c.body))
		if got != c.want || ok != (c.want != 0) {
			t.Errorf("%s %q: %q %v", c.kind, c.body, got, ok)
		}
	}
}

func FuzzParseInfo(f *testing.F) {
	f.Add("application/dtmf-relay", []byte("Signal=5\r\nDuration=160\r\n"))
	f.Add("audio/telephone-event", []byte("\x05\x0a\x00\xa0"))
	f.Fuzz(func(t *testing.T, kind string, body []byte) {
		digit, ok := ParseInfo(kind, body)
		if _, known := KeyCode(digit); ok != known {
			t.Fatalf("%q: %q %v", body, digit, ok)
		}
		if !ok {
			return
		}
		again, ok := ParseInfo("application/dtmf-relay", []byte("Signal="+string(digit)))
		if !ok || again != digit {
			t.Fatalf("%q comes back as %q", digit, again)
		}
	})
}

func TestMerger(t *testing.T) {
	type step struct {
		digit  rune
		source string
		at     int
		want   bool
	}
	for name, steps := range map[string][]step{
		"event and INFO":          {{'5', SourceEvent, 0, true}, {'5', SourceInfo, 100, false}, {'5', SourceEvent, 200, true}},
		"INFO first":              {{'5', SourceInfo, 0, true}, {'5', SourceEvent, 299, false}, {'5', SourceEvent, 600, true}},
		"different keys":          {{'5', SourceEvent, 0, true}, {'6', SourceInfo, 10, true}},
		"sound alone":             {{'5', SourceInband, 0, true}, {'5', SourceInband, 200, true}},
		"sound after a real one":  {{'5', SourceEvent, 0, true}, {'7', SourceInband, 5000, false}},
		"a real one behind sound": {{'5', SourceInband, 0, true}, {'5', SourceEvent, 50, false}, {'6', SourceInband, 900, false}},
	} {
		var m Merger
		for i, s := range steps {
			if got := m.Accept(s.digit, s.source, epoch.Add(time.Duration(s.at)*time.Millisecond)); got != s.want {
				t.Errorf("%s, step %d: %v", name, i, got)
			}
		}
	}
}
