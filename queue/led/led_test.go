package led

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/xinmoi/xinmoi/queue"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The examples of the Modbus serial line guide and of field manuals.
func TestChecksum(t *testing.T) {
	for frame, want := range map[string]string{
		"\x01\x03\x00\x00\x00\x0a": "\xc5\xcd", "\x02\x07": "\x41\x12", "\x01\x04\x02\xff\xff": "\xb8\x80", "123456789": "\x37\x4b",
	} {
		if got := sealed([]byte(frame)); string(got[len(frame):]) != want {
			t.Errorf("% x: % x, want % x", frame, got[len(frame):], want)
		}
	}
}

func sign(counter string, n int, flash bool) Sign {
	s := Sign{Counter: counter, Flash: flash}
	if n > 0 {
		s.Number = queue.Number{Prefix: "B", N: n}
	}
	return s
}

func TestRegisters(t *testing.T) {
	for _, tc := range []struct {
		fields []string
		sign   Sign
		want   []uint16
	}{
		{nil, sign("3", 12, true), []uint16{3, 'B', 12, 2}},
		{nil, sign("3", 12, false), []uint16{3, 'B', 12, 1}},
		{nil, sign("3", 0, false), []uint16{3, 0, 0, 0}},
		{[]string{FieldNumber}, sign("tiếp dân", 1105, false), []uint16{1105}},
		{[]string{FieldCounter}, sign("tiếp dân", 5, false), []uint16{0}},
		{[]string{FieldText, FieldState}, sign("1", 12, true), []uint16{'B'<<8 | '0', '1'<<8 | '2', ' '<<8 | ' ', ' '<<8 | ' ', 2}},
		{[]string{FieldText}, sign("1", 0, false), []uint16{0x2020, 0x2020, 0x2020, 0x2020}},
	} {
		p := Panel{Fields: tc.fields}.withDefaults()
		if got := registers(p, tc.sign); !slices.Equal(got, tc.want) {
			t.Errorf("%v of %+v: %x, want %x", tc.fields, tc.sign, got, tc.want)
		}
	}
}

func TestSentence(t *testing.T) {
	for _, tc := range []struct {
		format string
		sign   Sign
		want   string
	}{
		{"", sign("3", 12, true), "7,3,B012,2\r\n"},
		{"", sign("3", 0, false), "7,3,,0\r\n"},
		{"${unit}{digits}#{xor}", sign("3", 12, true), "$7012#03"},
		{"{digits}{sum}{xor};", sign("3", 12, true), "012" + "93" + "39;"},
		{"{counter}|", sign("q{sum}\r\n", 1, true), "qsum|"},
	} {
		p := Panel{Unit: 7, Format: tc.format}.withDefaults()
		if got := string(sentence(p, tc.sign)); got != tc.want {
			t.Errorf("%q: %q, want %q", tc.format, got, tc.want)
		}
	}
}

func TestValidate(t *testing.T) {
	ok := Panel{Device: "/dev/ttyUSB0", Counters: []string{"1"}}
	for name, change := range map[string]func(*Panel){
		"device": func(p *Panel) { p.Device = "" }, "baud": func(p *Panel) { p.Baud = 9601 }, "parity": func(p *Panel) { p.Parity = "mark" },
		"driver": func(p *Panel) { p.Driver = "morse" }, "unit": func(p *Panel) { p.Unit = 248 }, "counters": func(p *Panel) { p.Counters = nil },
		"timeout": func(p *Panel) { p.Timeout = time.Minute }, "register": func(p *Panel) { p.Register = 65535 }, "fields": func(p *Panel) { p.Fields = []string{"colour"} },
		"placeholders": func(p *Panel) { p.Driver, p.Format = DriverASCII, "{name}" },
	} {
		p := ok
		change(&p)
		if err := Validate([]Panel{p}); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	second := ok
	if err := Validate([]Panel{ok, second}); err == nil {
		t.Error("two panels with one address")
	}
	second.Unit, second.Baud = 2, 19200
	if err := Validate([]Panel{ok, second}); err == nil {
		t.Error("one line with two speeds")
	}
	second.Baud = 9600
	if err := Validate([]Panel{ok, second}); err != nil {
		t.Error(err)
	}
}

// on opens a line to a bus without a device.
func (b *bus) on(t testing.TB) func(Panel) (Port, error) {
	return func(Panel) (Port, error) {
		ours, theirs := net.Pipe()
		go b.serve(theirs)
		t.Cleanup(func() { theirs.Close() })
		return ours, nil
	}
}

func TestCallsAreShown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, h := newBus(1, 2, 9), newHall()
		panels := []Panel{{Device: "x", Counters: []string{"1"}}, {Device: "x", Unit: 2, Counters: []string{"2"}}, {Device: "x", Unit: 9, Counters: []string{"1", "2"}}}
		s, stop := run(t, Config{Office: h, Panels: panels, Open: b.on(t)})
		wants := func(unit int, want ...uint16) {
			t.Helper()
			synctest.Wait()
			later(200 * time.Millisecond) // In the bubble: as long as the line needs.
			if got := b.shows(unit, 4); !slices.Equal(got, want) {
				t.Errorf("panel %d shows %v, want %v", unit, got, want)
			}
		}
		wants(1, 1, 0, 0, 0)
		h.call("1", 12, queue.Called)
		wants(1, 1, 'A', 12, 2)
		h.call("2", 13, queue.Called)
		wants(2, 2, 'A', 13, 2)
		wants(9, 2, 'A', 13, 2)
		h.call("2", 0, "")
		wants(9, 1, 'A', 12, 2)
		h.call("1", 12, queue.Serving)
		wants(1, 1, 'A', 12, 1)
		wants(2, 2, 0, 0, 0)
		if st := s.Statuses(); st[0].Shows != "A012" || st[1].Shows != "" || st[0].Err != nil {
			t.Errorf("%+v", st)
		}
		stop()
		if got := b.shows(1, 4); !slices.Equal(got, []uint16{1, 0, 0, 0}) {
			t.Errorf("stopped, it shows %v", got)
		}
		if n := b.bad(); n != 0 {
			t.Errorf("%d bad frames", n)
		}
	})
}

// Whatever the panels do, none ever shows an older number after a newer one, and
// once they answer again all show the newest.
func TestNewestWins(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		kinds := rapid.SliceOfN(rapid.IntRange(0, int(faults)-1), 0, 40).Draw(rt, "faults")
		waits := rapid.SliceOfN(rapid.IntRange(0, 1500), 1, 12).Draw(rt, "waits")
		synctest.Test(t, func(t *testing.T) {
			b, h := newBus(1, 2), newHall()
			at := 0
			b.next = func() fault {
				if at >= len(kinds) {
					return fine
				}
				at++
				return fault(kinds[at-1])
			}
			panels := []Panel{{Device: "x", Counters: []string{"1"}}, {Device: "x", Unit: 2, Counters: []string{"2"}}}
			_, stop := run(t, Config{Office: h, Panels: panels, Open: b.on(t)})
			for i, ms := range waits {
				h.call([]string{"1", "2"}[i%2], i+1, queue.Called)
				later(time.Duration(ms) * time.Millisecond)
			}
			later(time.Duration(len(kinds)+3) * retryMax)
			for unit := 1; unit <= 2; unit++ {
				want := uint16(0)
				for i := range waits {
					if i%2 == unit-1 {
						want = uint16(i + 1)
					}
				}
				if got := b.shows(unit, 3)[2]; got != want {
					rt.Errorf("panel %d shows %d, want %d", unit, got, want)
				}
				b.mu.Lock()
				lit := slices.DeleteFunc(slices.Clone(b.shown[byte(unit)]), func(n uint16) bool { return n == 0 })
				b.mu.Unlock()
				if !slices.IsSorted(lit) {
					rt.Errorf("panel %d showed %v", unit, lit)
				}
			}
			stop()
		})
	})
}

func TestAlarm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, h := newBus(1), newHall()
		silent := true
		b.next = func() fault {
			if silent {
				return deaf
			}
			return fine
		}
		var alarms []string
		panels := []Panel{{Device: "x", Counters: []string{"1"}}}
		s, stop := run(t, Config{Office: h, Panels: panels, Open: b.on(t), Alarm: func(text string) { alarms = append(alarms, text) }})
		later(time.Minute)
		if len(alarms) != 1 || !strings.Contains(alarms[0], "quầy 1") || !errors.Is(s.Statuses()[0].Err, errSilent) {
			t.Errorf("alarms %q, %v", alarms, s.Statuses()[0].Err)
		}
		h.call("1", 5, queue.Called)
		b.mu.Lock()
		silent = false
		b.mu.Unlock()
		later(2 * retryMax)
		if st := s.Statuses()[0]; st.Err != nil || st.Shows != "A005" {
			t.Errorf("it answers again, but %+v", st)
		}
		b.mu.Lock()
		silent = true
		b.mu.Unlock()
		later(time.Minute)
		stop()
		if len(alarms) != 2 {
			t.Errorf("silent for the second time: %q", alarms)
		}
	})
}

// A panel that knows function 6 alone is written to register by register; one
// that has no such register tells so.
func TestRefusals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, h := newBus(1), newHall()
		b.single = true
		_, stop := run(t, Config{Office: h, Panels: []Panel{{Device: "x", Counters: []string{"1"}}}, Open: b.on(t)})
		h.call("1", 7, queue.Called)
		later(3 * time.Second)
		if got := b.shows(1, 4); !slices.Equal(got, []uint16{1, 'A', 7, 2}) {
			t.Errorf("shows %v", got)
		}
		stop()
	})
	request := manyFrame(1, 0, []uint16{1})
	for e, words := range map[Exception]string{IllegalAddress: "register", Busy: "busy", 99: "99"} {
		answer := sealed([]byte{1, writeMany | failed, byte(e)})
		if done, err := judge(request, &answer); !done || !errors.Is(err, e) || !strings.Contains(err.Error(), words) {
			t.Errorf("exception %d: %v %v", e, done, err)
		}
	}
	answer := sealed([]byte{1, writeMany | failed, byte(Acknowledge)})
	if done, err := judge(request, &answer); !done || err != nil {
		t.Errorf("acknowledged: %v %v", done, err)
	}
}

// An office that is not seen any longer has dark panels, not old numbers.
func TestStaleGoesDark(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, h := newBus(1), newHall()
		h.call("1", 7, queue.Called)
		_, stop := run(t, Config{Office: h, Panels: []Panel{{Device: "x", Counters: []string{"1"}}}, Open: b.on(t)})
		later(time.Second)
		h.fail(errors.New("away"))
		later(staleAfter / 2)
		if b.shows(1, 3)[2] != 7 {
			t.Error("dark after a short while")
		}
		later(staleAfter)
		if b.shows(1, 3)[2] != 0 {
			t.Error("an old number is still shown")
		}
		h.fail(nil)
		later(2 * lookEvery)
		if b.shows(1, 3)[2] != 7 {
			t.Error("dark although the office is back")
		}
		stop()
	})
}

// A line that cannot be opened, or goes, is opened anew.
func TestLineComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, h := newBus(1), newHall()
		var open net.Conn
		tries, alarms := 0, 0
		c := Config{Office: h, Panels: []Panel{{Device: "x", Counters: []string{"1"}}}, Alarm: func(string) { alarms++ }}
		c.Open = func(p Panel) (Port, error) {
			if tries++; tries <= 4 {
				return nil, errors.New("no such device")
			}
			ours, theirs := net.Pipe()
			open = theirs
			go b.serve(theirs)
			return ours, nil
		}
		s, stop := run(t, c)
		later(time.Minute)
		if alarms != 1 || s.Statuses()[0].Err != nil {
			t.Errorf("%d alarms, then %v", alarms, s.Statuses()[0].Err)
		}
		open.Close() // The adapter is pulled out.
		h.call("1", 3, queue.Called)
		later(time.Minute)
		if tries != 6 || b.shows(1, 3)[2] != 3 {
			t.Errorf("opened %d times, shows %v", tries, b.shows(1, 3))
		}
		stop()
		open.Close()
	})
}

func TestASCII(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := net.Pipe()
		answers := make(chan string, 1)
		heard := make(chan string, 8)
		go func() {
			buf := make([]byte, 100)
			for {
				n, err := theirs.Read(buf)
				if err != nil {
					return
				}
				heard <- string(buf[:n])
				theirs.Write([]byte(<-answers))
			}
		}()
		p := Panel{Device: "x", Counters: []string{"1"}, Driver: DriverASCII, Answer: "OK"}.withDefaults()
		l := &Line{port: ours, baud: p.Baud}
		answers <- "noise OK\r\n"
		if err := l.show(t.Context(), p, sign("1", 12, true)); err != nil || <-heard != "1,1,B012,2\r\n" {
			t.Error(err)
		}
		answers <- "ERR\r\n"
		if err := l.show(t.Context(), p, sign("1", 13, true)); !errors.Is(err, errSilent) || !strings.Contains(err.Error(), "ERR") {
			t.Error(err)
		}
		answers <- strings.Repeat("x", 2*maxAnswer)
		if err := l.show(t.Context(), p, sign("1", 13, true)); !errors.Is(err, errOther) {
			t.Error(err)
		}
		theirs.Close()
		if err := l.show(t.Context(), p, sign("1", 14, true)); !broken(err) {
			t.Error(err)
		}
	})
}

// FuzzJudge: what comes over a line never breaks the reader, and nothing counts
// as done but an answer with a right checksum.
func FuzzJudge(f *testing.F) {
	request := manyFrame(1, 0, []uint16{1, 2, 3})
	good := sealed(slices.Clone(request[:6]))
	f.Add(good)
	f.Add(append(slices.Clone(request), good...))
	f.Add(sealed([]byte{1, writeMany | failed, 2}))
	f.Fuzz(func(t *testing.T, b []byte) {
		answer := slices.Clone(b)
		if done, err := judge(request, &answer); done && err == nil && !bytes.HasPrefix(answer, good) {
			t.Errorf("% x counts as done", b)
		}
		_ = fmt.Sprint(answer)
	})
}

func FuzzSentence(f *testing.F) {
	f.Add("{unit}{sum}{xor}", "3", 12)
	f.Fuzz(func(t *testing.T, format, counter string, n int) {
		p := Panel{Device: "x", Counters: []string{counter}, Driver: DriverASCII, Format: format}.withDefaults()
		if len(format) > maxFormat || p.validate() != nil {
			return
		}
		if out := sentence(p, sign(counter, max(n, 0), true)); len(out) > 10*maxFormat+10*len(counter)*maxFormat {
			t.Errorf("%d bytes", len(out))
		}
	})
}
