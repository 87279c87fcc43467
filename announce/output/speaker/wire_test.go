package speaker

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestRequestsArriveAsSent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var sent []request
		var wire []byte
		for range rapid.IntRange(0, 4).Draw(t, "requests") {
			q := request{kind: reqStop, id: rapid.Uint32().Draw(t, "id")}
			if rapid.Bool().Draw(t, "play") {
				b := rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "samples")
				q.kind, q.samples = reqPlay, b[:len(b)/2*2]
			}
			sent, wire = append(sent, q), appendRequest(wire, q)
		}
		in := iotestReader{bytes.NewReader(wire), rapid.IntRange(1, 50).Draw(t, "piece")}
		for i, want := range sent {
			got, err := readRequest(in)
			if err != nil || got.kind != want.kind || got.id != want.id || !bytes.Equal(got.samples, want.samples) {
				t.Fatalf("request %d: got %v (%v), want %v", i, got, err, want)
			}
		}
		if _, err := readRequest(in); !errors.Is(err, io.EOF) {
			t.Fatalf("after the last: %v", err)
		}
	})
}

// iotestReader gives a few bytes at a time, as a pipe may.
type iotestReader struct {
	r     io.Reader
	piece int
}

func (r iotestReader) Read(b []byte) (int, error) { return r.r.Read(b[:min(len(b), r.piece)]) }

func TestImproperRequests(t *testing.T) {
	for name, b := range map[string]string{
		"kind":     "X\x01\x00\x00\x00\x00\x00\x00\x00",
		"odd size": "P\x01\x00\x00\x00\x03\x00\x00\x00abc",
		"too long": "P\x01\x00\x00\x00\xfe\xff\xff\xff",
		"stop+":    "S\x01\x00\x00\x00\x02\x00\x00\x00ab",
		"cut head": "P\x01\x00",
		"cut":      "P\x01\x00\x00\x00\x08\x00\x00\x00abcd",
	} {
		if q, err := readRequest(strings.NewReader(b)); err == nil || errors.Is(err, io.EOF) {
			t.Errorf("%s: %v, %v", name, q, err)
		}
	}
}

func TestRepliesKeepTheirErrors(t *testing.T) {
	for _, r := range []reply{
		{kind: repReady}, {kind: repDone, id: 7}, {kind: repDone, id: 7, gaps: true}, {kind: repStopped, id: 1 << 31},
		{kind: repFailed, id: 2, err: ErrDevice}, {kind: repLost, err: ErrNoDevice}, {kind: repLost, err: ErrUnpaced},
		{kind: repLost, err: ErrNotBuilt}, {kind: repFailed, err: errors.New("two\nlines")}, {kind: repLost, err: errors.New(strings.Repeat("đ", maxReply))},
	} {
		line := r.String()
		if strings.Contains(line, "\n") || len(line) > maxReply {
			t.Errorf("a line of %d characters: %.80q", len(line), line)
		}
		got, err := parseReply(line)
		if err != nil || got.kind != r.kind || got.id != r.id || got.gaps != r.gaps || (got.err == nil) != (r.err == nil) {
			t.Errorf("%.80q: got %v, %v", line, got, err)
		}
		for _, known := range causes() {
			if errors.Is(r.err, known) != errors.Is(got.err, known) {
				t.Errorf("%.80q: %v does not keep %v", line, got.err, known)
			}
		}
	}
}

func FuzzReadRequest(f *testing.F) {
	f.Add(appendRequest(nil, request{kind: reqPlay, id: 3, samples: []byte("abcd")}))
	f.Add(appendRequest(nil, request{kind: reqStop, id: 3}))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := bytes.NewReader(b)
		q, err := readRequest(r)
		if err != nil {
			return
		}
		if used := b[:len(b)-r.Len()]; !bytes.Equal(appendRequest(nil, q), used) {
			t.Errorf("%x reads as %v", used, q)
		}
	})
}

func FuzzParseReply(f *testing.F) {
	for _, s := range []string{"ready", "done 7 1", "stopped 7", "failed 7 device no card", "lost nodevice none", "done x 1", "failed 0", "lost other"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, line string) {
		r, err := parseReply(line)
		if err != nil {
			return
		}
		again, err := parseReply(r.String())
		if err != nil || again.kind != r.kind || again.id != r.id || again.gaps != r.gaps {
			t.Errorf("%q → %v → %v, %v", line, r, again, err)
		}
		if again.err != nil && !reflect.DeepEqual(writeCause(again.err), writeCause(r.err)) {
			t.Errorf("%q: %v → %v", line, r.err, again.err)
		}
	})
}

func TestPace(t *testing.T) {
	for _, tt := range []struct {
		took, clip time.Duration
		want       pace
	}{
		{4 * time.Second, 4 * time.Second, inTime},
		{3800 * time.Millisecond, 4 * time.Second, inTime}, // Up to a buffer less.
		{4190 * time.Millisecond, 4 * time.Second, inTime},
		{4300 * time.Millisecond, 4 * time.Second, tooSlow},
		{6 * time.Millisecond, 3810 * time.Millisecond, tooFast}, // ALSA's null device, measured.
		{0, 100 * time.Millisecond, inTime},                      // Fits into the buffer.
	} {
		if got := paceOf(tt.took, tt.clip); got != tt.want {
			t.Errorf("%v for %v: %v, want %v", tt.took, tt.clip, got, tt.want)
		}
	}
	if d := durationOf(bytesOf(time.Second)); d != time.Second {
		t.Errorf("one second is %v", d)
	}
}
