package sip

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/announce/audio"
)

// toneKeys are the two frequencies of keys (ITU-T Q.23).
func toneKeys() map[rune][2]float64 {
	return map[rune][2]float64{'1': {697, 1209}, '5': {770, 1336}, '9': {852, 1477}, '#': {941, 1477}, '0': {941, 1336}}
}

// pressed is the sound of keys: half a second of silence, then 100 ms each.
func pressed(keys string) (s []int16) {
	s = make([]int16, 4000)
	for _, k := range keys {
		f := toneKeys()[k]
		for i := range 800 {
			t := 2 * math.Pi * float64(i) / 8000
			s = append(s, int16(6000*math.Sin(f[0]*t)+7000*math.Sin(f[1]*t)))
		}
		s = append(s, make([]int16, 800)...)
	}
	return s
}

// recordedCall writes sound as the packets of a recorded call, for sipp to play.
func recordedCall(t *testing.T, path string, payload byte, sound []byte) {
	t.Helper()
	var b strings.Builder
	le := func(v any) { _ = binary.Write(&b, binary.LittleEndian, v) }
	be := func(v any) { _ = binary.Write(&b, binary.BigEndian, v) }
	le([]uint32{0xa1b2c3d4, 2 | 4<<16, 0, 0, 65535, 1})
	const frame = 160
	for i := 0; (i+1)*frame <= len(sound); i++ {
		at := i * 20000
		size := uint32(14 + 20 + 8 + 12 + frame)
		le([]uint32{uint32(at / 1000000), uint32(at % 1000000), size, size})
		b.WriteString(strings.Repeat("\x00", 12) + "\x08\x00") // Ethernet.
		be([]uint16{0x4500, uint16(size - 14), 0, 0, 64<<8 | 17, 0, 127 << 8, 1, 127 << 8, 1})
		be([]uint16{4000, 4002, uint16(8 + 12 + frame), 0})
		b.WriteByte(0x80)
		b.WriteByte(payload)
		be(uint16(i + 1))
		be(uint32(i * frame))
		be(uint32(0x1234))
		b.Write(sound[i*frame : (i+1)*frame])
	}
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
}

// again tries something with a program of others up to three times: one that
// gets too little of the processor stammers, and a tone that stammers is no key.
func again(t *testing.T, try func(t *testing.T, attempt int) error) {
	t.Helper()
	var err error
	for attempt := range 3 {
		if err = try(t, attempt); err == nil {
			return
		}
		t.Logf("attempt %d: %v", attempt+1, err)
	}
	t.Error(err)
}

// Callers whose exchange sends keys as tones only, in either law.
func TestSippPressesTones(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		codec, format string
		encode        func(dst []byte, samples []int16) []byte
	}{{"PCMA", "8", audio.EncodeALaw}, {"PCMU", "0", audio.EncodeULaw}} {
		t.Run(c.codec, func(t *testing.T) {
			t.Parallel()
			need(t, "sipp", "sip-tester")
			rec := newRecorder(nil)
			s := serve(t, Config{Answer: rec.answer})
			dir := t.TempDir()
			recordedCall(t, filepath.Join(dir, "tones.pcap"), c.format[0]-'0', c.encode(nil, pressed("159#0")))
			again(t, func(t *testing.T, _ int) error {
				if err := sippIn(t, dir, "caller_tones.xml", s.Addr().String(), "-s", "1022", "-p", freePort(t), "-mp", freePort(t), "-key", "format", c.format, "-key", "codec", c.codec); err != nil {
					return err
				}
				if digits, why := rec.end(t); digits != "159#0" || why != EndBye {
					return fmt.Errorf("heard %q, ended by %q", digits, why)
				}
				return nil
			})
		})
	}
}

func TestSippCancels(t *testing.T) {
	t.Parallel()
	for _, transport := range []string{"u1", "t1"} {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			need(t, "sipp", "sip-tester")
			rec := newRecorder(nil)
			s := serve(t, Config{Answer: rec.answer, Ring: time.Minute})
			if err := sipp(t, "caller_cancels.xml", s.Addr().String(), "-s", "1022", "-t", transport, "-p", freePort(t), "-mp", freePort(t)); err != nil {
				t.Fatal(err)
			}
			eventually(t, "no calls", func() bool { return s.Calls() == 0 })
			if len(rec.calls) > 0 {
				t.Error("a conversation began")
			}
		})
	}
}

// However early or late a caller gives up, before the ringing, in it, in the
// very moment of the answer or after it: no call is left, at neither end.
func TestGivesUpAtEveryMoment(t *testing.T) {
	t.Parallel()
	const ring, step, last = 30 * time.Millisecond, 6 * time.Millisecond, 240 * time.Millisecond
	for _, transport := range []string{"udp", "tcp"} {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			s := serve(t, Config{Answer: newRecorder(nil).answer, Ring: ring, t1: 50 * time.Millisecond})
			var group sync.WaitGroup
			answered, given := make(chan struct{}, 100), make(chan struct{}, 100)
			for d := time.Duration(0); d < last; d += step {
				group.Go(func() {
					ctx, cancel := context.WithTimeout(t.Context(), d)
					defer cancel()
					c, err := Dial(ctx, DialConfig{URI: "sip:1022@" + s.Addr().String() + ";transport=" + transport})
					if err != nil {
						given <- struct{}{}
						return
					}
					answered <- struct{}{}
					hangup(t, c)
				})
			}
			group.Wait()
			eventually(t, "no calls", func() bool { return s.Calls() == 0 })
			if len(given) == 0 {
				t.Error("nobody gave up in time")
			}
			t.Logf("%d answered, %d given up", len(answered), len(given))
		})
	}
}
