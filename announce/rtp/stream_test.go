package rtp

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	pion "github.com/pion/rtp"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/xinmoi/xinmoi/announce/audio"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// capture keeps what was sent and when.
type capture struct {
	mu      sync.Mutex
	packets []pion.Packet
	times   []time.Time
	to      []netip.AddrPort
	sent    sync.Cond // Told of each packet.
}

// await returns when n packets have been sent.
func (c *capture) await(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sent.L = &c.mu
	for len(c.packets) < n {
		c.sent.Wait()
	}
}

func (c *capture) Send(b []byte, to netip.AddrPort) error {
	var p pion.Packet
	if err := p.Unmarshal(slices.Clone(b)); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.packets, c.times, c.to = append(c.packets, p), append(c.times, time.Now()), append(c.to, to)
	c.sent.Broadcast()
	return nil
}

func (c *capture) all() []pion.Packet {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.packets)
}

var testRemote = netip.MustParseAddrPort("127.0.0.1:4000")

// turning runs a wheel on the fake clock of a synctest bubble.
func turning(t *testing.T) *Wheel {
	w := NewWheel()
	w.sleep = func(until time.Time) { time.Sleep(time.Until(until)) }
	ctx, cancel := context.WithCancel(t.Context())
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		if err := w.Run(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("Run: %v", err)
		}
	}()
	t.Cleanup(func() { cancel(); <-stopped })
	return w
}

func tone(frames int) *Prompt {
	s := make([]int16, frames*FrameSamples)
	for i := range s {
		s[i] = int16(1000 + i%700)
	}
	return NewPrompt(s)
}

func TestStreamSpeaksAtAnEvenPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &capture{}
		w := turning(t)
		s := w.NewStream(c, testRemote, Codec{Law: ALaw, Payload: 8})
		time.Sleep(time.Second)
		s.Close()
		synctest.Wait()
		got := c.all()
		if len(got) < 49 || len(got) > 51 {
			t.Fatalf("%d packets in a second, want 50", len(got))
		}
		for i := 1; i < len(got); i++ {
			if d := c.times[i].Sub(c.times[i-1]); d != FrameDuration {
				t.Errorf("packet %d came after %v", i, d)
			}
			if got[i].SequenceNumber != got[i-1].SequenceNumber+1 || got[i].Timestamp != got[i-1].Timestamp+FrameSamples {
				t.Errorf("packet %d: sequence %d → %d, timestamp %d → %d", i, got[i-1].SequenceNumber, got[i].SequenceNumber, got[i-1].Timestamp, got[i].Timestamp)
			}
			if got[i].SSRC != got[0].SSRC || got[i].PayloadType != 8 || len(got[i].Payload) != FrameSamples {
				t.Errorf("packet %d: %v", i, got[i].Header)
			}
		}
		if p := got[3].Payload; p[0] != audio.SilenceALaw || p[159] != audio.SilenceALaw {
			t.Errorf("silence is %#x", p[0])
		}
		time.Sleep(100 * time.Millisecond)
		if n := len(c.all()); n != len(got) {
			t.Errorf("%d packets after Close", n-len(got))
		}
	})
}

func TestPromptIsHeardToItsEnd(t *testing.T) {
	for _, law := range []Law{ALaw, ULaw} {
		t.Run(law.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := &capture{}
				w := turning(t)
				s := w.NewStream(c, testRemote, Codec{Law: law, Payload: law.PayloadType()})
				p := tone(10)
				start, ended := time.Now(), make(chan time.Duration, 1)
				s.Play(p, func() { ended <- time.Since(start) })
				if d := <-ended; d < p.Duration()-FrameDuration || d > p.Duration()+FrameDuration {
					t.Errorf("ended after %v, the prompt takes %v", d, p.Duration())
				}
				time.Sleep(50 * time.Millisecond)
				var speech []byte
				markers := 0
				for _, q := range c.all() {
					if q.Marker {
						markers++
					}
					if q.Payload[1] != law.Silence() {
						speech = append(speech, q.Payload...)
					}
				}
				if !slices.Equal(speech, p.data[law]) || markers != 1 {
					t.Errorf("%d bytes of %d, %d markers", len(speech), len(p.data[law]), markers)
				}
				if q := s.Silence(); q < 40*time.Millisecond || q > 60*time.Millisecond {
					t.Errorf("quiet for %v", q)
				}
				s.Close()
			})
		})
	}
}

func TestStopAndReplaceTellNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &capture{}
		w := turning(t)
		s := w.NewStream(c, testRemote, Codec{Payload: 8})
		var first, second, third bool
		s.Play(tone(10), func() { first = true })
		time.Sleep(50 * time.Millisecond)
		s.Play(tone(10), func() { second = true })
		time.Sleep(50 * time.Millisecond)
		s.Stop()
		before := len(c.all())
		time.Sleep(time.Second)
		after := c.all()[before:]
		tail := ALaw.Decode(nil, after[0].Payload)
		if first, last := tail[0], tail[len(tail)-1]; first < 900 || last > 50 {
			t.Errorf("the frame after Stop falls from %d to %d", first, last)
		}
		for _, q := range after[1:] {
			if q.Payload[1] != audio.SilenceALaw {
				t.Fatal("speech after Stop")
			}
		}
		s.Stop() // Where nothing is said nothing fades.
		s.Play(tone(10), nil)
		s.Stop()
		s.Play(NewEncodedPrompt(make([]byte, 4*FrameSamples), 0), nil)
		time.Sleep(50 * time.Millisecond)
		s.Stop()
		quiet := len(c.all())
		time.Sleep(time.Second)
		for _, q := range c.all()[quiet:] {
			if q.Payload[1] != audio.SilenceALaw {
				t.Fatal("something fades that was not heard, or is no G.711")
			}
		}
		s.Play(NewPrompt(nil), func() { third = true })
		time.Sleep(50 * time.Millisecond)
		s.Close()
		synctest.Wait()
		if first || second || !third {
			t.Errorf("done: replaced %v, stopped %v, empty %v", first, second, third)
		}
	})
}

func TestPauseSendsNothingAndStartsAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &capture{}
		w := turning(t)
		s := w.NewStream(c, testRemote, Codec{Payload: 8})
		done := make(chan struct{})
		p := tone(10)
		s.Play(p, func() { close(done) })
		time.Sleep(110 * time.Millisecond)
		s.Pause(true)
		n := len(c.all())
		time.Sleep(time.Second)
		if got := len(c.all()); got != n {
			t.Errorf("%d packets while on hold", got-n)
		}
		s.Pause(false)
		<-done
		s.Close()
		got := c.all()[n:]
		if len(got) != p.Frames() || !slices.Equal(got[0].Payload, p.frame(ALaw, 0)) || !got[0].Marker {
			t.Errorf("after the pause %d packets, want the whole prompt of %d", len(got), p.Frames())
		}
		if gap := got[0].Timestamp - c.all()[n-1].Timestamp; gap < 8000 || gap > 8320 {
			t.Errorf("timestamp moved by %d in one second", gap)
		}
	})
}

func TestNothingWithoutAnAddress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &capture{}
		w := turning(t)
		s := w.NewStream(c, netip.AddrPort{}, Codec{Payload: 8})
		var done bool
		s.Play(tone(2), func() { done = true })
		time.Sleep(200 * time.Millisecond)
		if len(c.all()) != 0 || done {
			t.Fatal("sent to nowhere")
		}
		s.SetRemote(testRemote)
		s.SetCodec(Codec{Law: ULaw, Payload: 0})
		time.Sleep(200 * time.Millisecond)
		s.Close()
		synctest.Wait()
		if got := c.all(); !done || len(got) == 0 || got[0].PayloadType != 0 || c.to[0] != testRemote {
			t.Errorf("done %v, %d packets", done, len(got))
		}
	})
}

// RFC 4733 §2.5: one timestamp, growing duration, marker on the first, end
// bit on three, and the sound goes on as if nothing had been.
func TestEventPackets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &capture{}
		w := turning(t)
		s := w.NewStream(c, testRemote, Codec{Payload: 8, EventType: 101})
		time.Sleep(50 * time.Millisecond)
		sent, err := s.SendEvent(11, 200*time.Millisecond)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.SendEvent(1, 200*time.Millisecond); !errors.Is(err, ErrEventRunning) {
			t.Errorf("second event: %v", err)
		}
		<-sent
		time.Sleep(50 * time.Millisecond)
		s.Close()
		var events []pion.Packet
		all := c.all()
		for i, q := range all {
			if q.PayloadType == 101 {
				events = append(events, q)
			}
			if i > 0 && q.SequenceNumber != all[i-1].SequenceNumber+1 {
				t.Errorf("sequence jumps at %d", i)
			}
		}
		if len(events) != 12 {
			t.Fatalf("%d event packets, want 10 and 2 more ends", len(events))
		}
		ends := 0
		for i, q := range events {
			if q.Marker != (i == 0) || q.Timestamp != events[0].Timestamp || q.Payload[0] != 11 {
				t.Errorf("event packet %d: %v % x", i, q.Header, q.Payload)
			}
			if want := min(160*(i+1), 1600); int(binary.BigEndian.Uint16(q.Payload[2:])) != want {
				t.Errorf("event packet %d: % x, want duration %d", i, q.Payload, want)
			}
			if q.Payload[1]&0x80 != 0 {
				ends++
			}
		}
		last := all[len(all)-1]
		if want := all[0].Timestamp + uint32(len(all)-1)*FrameSamples; ends != 3 || last.Timestamp != want {
			t.Errorf("%d ends; last timestamp %d, want %d", ends, last.Timestamp, want)
		}
	})
}

func TestEventNeedsNegotiation(t *testing.T) {
	w := NewWheel()
	s := w.NewStream(&capture{}, testRemote, Codec{Payload: 8})
	if _, err := s.SendEvent(1, time.Second); !errors.Is(err, ErrNoEvents) {
		t.Errorf("got %v", err)
	}
	s.SetCodec(Codec{Payload: 8, EventType: 101})
	s.Close()
	sent, err := s.SendEvent(1, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	<-sent
}

func TestWheelSpreadsAndForgets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := turning(t)
		var all []*Stream
		for range 40 {
			all = append(all, w.NewStream(&capture{}, testRemote, Codec{Payload: 8}))
		}
		time.Sleep(100 * time.Millisecond)
		synctest.Wait()
		w.mu.Lock()
		if w.load != [wheelSlots]int{10, 10, 10, 10} {
			t.Errorf("slots hold %v", w.load)
		}
		w.mu.Unlock()
		for _, s := range all {
			s.Close()
		}
		time.Sleep(100 * time.Millisecond)
		synctest.Wait()
		if n := w.Streams(); n != 0 {
			t.Errorf("%d streams left", n)
		}
		c := &capture{} // An idle wheel takes up work again.
		s := w.NewStream(c, testRemote, Codec{Payload: 8})
		time.Sleep(100 * time.Millisecond)
		s.Close()
		if len(c.all()) == 0 {
			t.Error("the wheel did not wake up")
		}
	})
}

// A stalled machine must not make the wheel lose the pace for good.
func TestWheelGoesOnAfterAStall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &capture{}
		w := NewWheel()
		var stall atomic.Bool
		w.sleep = func(until time.Time) {
			if stall.CompareAndSwap(true, false) {
				time.Sleep(10 * time.Second)
			}
			time.Sleep(time.Until(until))
		}
		ctx, cancel := context.WithCancel(t.Context())
		stopped := make(chan struct{})
		go func() { defer close(stopped); _ = w.Run(ctx) }()
		s := w.NewStream(c, testRemote, Codec{Payload: 8})
		time.Sleep(98 * time.Millisecond)
		stall.Store(true)
		time.Sleep(11 * time.Second)
		s.Close()
		cancel()
		<-stopped
		if n := len(c.all()); n < 45 || n > 70 {
			t.Errorf("%d packets in about one awake second", n)
		}
	})
}

func TestPromptFrames(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 1000).Draw(t, "samples")
		p := NewPrompt(make([]int16, n))
		if p.Frames()*FrameSamples < n || (p.Frames()-1)*FrameSamples >= n && n > 0 {
			t.Fatalf("%d samples in %d frames", n, p.Frames())
		}
		for _, law := range []Law{ALaw, ULaw} {
			for _, b := range p.data[law] {
				if b != law.Silence() {
					t.Fatalf("%v: %#x", law, b)
				}
			}
		}
	})
}

func TestSendingAllocatesNothing(t *testing.T) {
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	s := NewWheel().NewStream(NewSender(conn), conn.LocalAddr().(*net.UDPAddr).AddrPort(), Codec{Payload: 8})
	p := tone(1 << 12)
	s.Play(p, nil)
	if n := testing.AllocsPerRun(1000, func() { s.turn(nil) }); n > 0 {
		t.Errorf("%v allocations per packet", n)
	}
	if s.Sent() < 1000 {
		t.Errorf("%d packets sent", s.Sent())
	}
	buf := make([]byte, 2000)
	n, from, err := conn.ReadFromUDPAddrPort(buf)
	if err != nil || n != headerSize+FrameSamples || from.Port() != uint16(conn.LocalAddr().(*net.UDPAddr).Port) {
		t.Errorf("received %d bytes from %v: %v", n, from, err)
	}
}

func BenchmarkSend(b *testing.B) {
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	for name, sender := range map[string]Sender{"raw": NewSender(conn), "portable": udpSender{conn}} {
		b.Run(name, func(b *testing.B) {
			s := NewWheel().NewStream(sender, conn.LocalAddr().(*net.UDPAddr).AddrPort(), Codec{Payload: 8})
			for b.Loop() {
				s.turn(nil)
			}
		})
	}
}
