package pulse

import (
	"errors"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/xinmoi/xinmoi/announce/audio"
	"github.com/xinmoi/xinmoi/announce/output"
)

func TestDataHasSilenceAroundTheClip(t *testing.T) {
	p := audio.Beep(audio.RatePA, 440, 100*time.Millisecond)
	b := dataOf(p)
	if want := bytesOf(lead) + 2*len(p.Samples) + bytesOf(tail); len(b) != want {
		t.Fatalf("%d bytes, want %d", len(b), want)
	}
	for i, v := range b[:bytesOf(lead)] {
		if v != 0 {
			t.Fatalf("byte %d before the clip is %d", i, v)
		}
	}
	for i, v := range b[len(b)-bytesOf(tail):] {
		if v != 0 {
			t.Fatalf("byte %d after the clip is %d", i, v)
		}
	}
}

func TestBytesAndTimesAgree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := time.Duration(rapid.Int64Range(0, int64(maxClip)).Draw(t, "time"))
		n := bytesOf(d)
		if back := durationOf(int64(n)); n%2 != 0 || back > d || d-back > time.Second/audio.RatePA+1 {
			t.Fatalf("%v is %d bytes, which are %v", d, n, back)
		}
	})
}

// A clock is broken when it stands still for longer than stallTime, however it
// went before.
func TestWatch(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := time.Unix(0, 0)
		w, read, since := watch{at: at}, int64(0), at
		for range rapid.IntRange(1, 30).Draw(t, "looks") {
			at = at.Add(time.Duration(rapid.Int64Range(0, int64(time.Second)).Draw(t, "later")))
			if step := rapid.Int64Range(0, 2).Draw(t, "step"); step > 0 {
				read, since = read+step, at
			}
			if got, want := w.stands(read, at), at.Sub(since) > stallTime; got != want {
				t.Fatalf("standing since %v: %v", at.Sub(since), got)
			}
		}
	})
}

// What the server says about a stream changes it, and only that.
func TestStreamListens(t *testing.T) {
	s := &server{closed: make(chan struct{}), streams: map[uint32]*stream{}}
	st := &stream{s: s, index: 7, data: make([]byte, 100), wake: make(chan struct{}, 1)}
	s.add(st)
	s.tell(8, func(*stream) { t.Error("another stream was told") })
	s.tell(7, func(x *stream) { x.ask(40); x.ask(2) })
	if st.wanted != 42 || len(st.wake) != 1 {
		t.Errorf("wanted %d", st.wanted)
	}
	st.starve()
	if !st.holes() {
		t.Error("a hole in the clip is not noticed")
	}
	whole := &stream{data: make([]byte, 10), sent: 10, wake: make(chan struct{}, 1)}
	whole.starve()
	if whole.holes() {
		t.Error("the end of the clip counts as a hole")
	}
	st.kill()
	if !st.isKilled() {
		t.Error("not killed")
	}
	st.ask(1 << 40 >> 8)
	st.ask(1 << 30)
	if st.wanted > 1<<33 {
		t.Errorf("a server may ask for %d bytes", st.wanted)
	}
	s.remove(st)
	s.tell(7, func(*stream) { t.Error("a stream that is gone was told") })
}

func TestFaultsAreInWords(t *testing.T) {
	for err, want := range map[error]string{
		ErrServer: "khởi động lại", ErrSink: "tên loa", errMuted: "bật tiếng", errAddress: "cấu hình", errStalled: "tên loa",
	} {
		var fault *output.Fault
		if f := faultOf(err); !errors.Is(f, err) || !errors.As(f, &fault) || !strings.Contains(f.Error(), want) {
			t.Errorf("%v: %v", err, f)
		}
	}
}
