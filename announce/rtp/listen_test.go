package rtp

import (
	"bytes"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xinmoi/xinmoi/announce/audio"
)

// hearer does something at each turn.
type hearer struct {
	hear    func(scratch []byte)
	seconds int
}

func (h *hearer) Hear(scratch []byte) {
	if h.hear != nil {
		h.hear(scratch)
	}
}

func (h *hearer) Second([]byte) { h.seconds++ }

// fadeOnly reports whether a frame holds no sound beyond a fade.
func fadeOnly(payload []byte) bool {
	rest := payload[fadeSamples+8:]
	return bytes.Count(rest, []byte{audio.SilenceALaw}) == len(rest)
}

// A key is heard in the very turn in which it arrives: the packet of that turn
// is silent but for a fade of 4 ms.
func TestWhatIsHeardActsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &capture{}
		w := turning(t)
		s := w.NewStream(c, testRemote, Codec{Payload: 8})
		var turns, sentBefore int
		s.Listen(&hearer{hear: func(scratch []byte) {
			if len(scratch) < MaxPacket {
				t.Errorf("%d bytes of room", len(scratch))
			}
			if turns++; turns == 10 {
				sentBefore = len(c.all())
				s.Duck()
			}
		}})
		s.Play(tone(100), nil)
		c.await(15)
		s.Stop() // The decision, too late: what was silent in between stays so.
		s.Close()
		got := c.all()
		if before := got[sentBefore-1].Payload; fadeOnly(before) {
			t.Error("silent before the key")
		}
		if key := got[sentBefore].Payload; !fadeOnly(key) || ALaw.Decode(nil, key)[0] < 900 {
			t.Errorf("the packet of the key's turn: % x", key[:60])
		}
	})
}

// A key that means nothing delays a prompt by 80 ms and takes nothing from it.
func TestDuckedPromptGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &capture{}
		w := turning(t)
		s := w.NewStream(c, testRemote, Codec{Payload: 8})
		done := make(chan struct{})
		p := tone(20)
		s.Play(p, func() { close(done) })
		c.await(6)
		s.Duck()
		synctest.Wait()
		s.Duck() // Once more changes nothing.
		<-done
		s.Close()
		var spoken []byte
		silent := 0
		for _, q := range c.all() {
			if fadeOnly(q.Payload) {
				silent++
			} else {
				spoken = append(spoken, q.Payload...)
			}
		}
		if !slices.Equal(spoken, p.data[ALaw]) || silent < duckFrames || silent > duckFrames+1 {
			t.Errorf("%d of %d bytes, %d silent packets", len(spoken), len(p.data[ALaw]), silent)
		}
	})
}

// The decision after a key is final: nothing of the old prompt follows.
func TestDuckAndDecide(t *testing.T) {
	for name, decide := range map[string]func(*Stream, *Prompt){
		"stop": func(s *Stream, _ *Prompt) { s.Stop() },
		"play": func(s *Stream, p *Prompt) { s.Play(p, nil) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := &capture{}
				w := turning(t)
				s := w.NewStream(c, testRemote, Codec{Payload: 8})
				s.Play(tone(100), nil)
				c.await(6)
				s.Duck()
				next := NewPrompt(slices.Repeat([]int16{-5000}, 5*FrameSamples))
				synctest.Wait()
				decide(s, next)
				before := len(c.all())
				c.await(before + 25)
				s.Close()
				var heard []byte
				for _, q := range c.all()[before+1:] { // Behind the fade.
					if !fadeOnly(q.Payload) {
						heard = append(heard, q.Payload...)
					}
				}
				want := []byte(nil)
				if name == "play" {
					want = next.data[ALaw]
				}
				if !slices.Equal(heard, want) {
					t.Errorf("%d bytes follow, want %d", len(heard), len(want))
				}
			})
		})
	}
}

// A listener is called at each turn and once a second, and never after Close.
func TestListenerIsCalledUntilClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := turning(t)
		s := w.NewStream(&capture{}, netip.AddrPort{}, Codec{Payload: 8})
		turns := 0
		h := &hearer{hear: func([]byte) { turns++ }}
		s.Listen(h)
		time.Sleep(10 * time.Second)
		s.Close()
		if turns < 499 || turns > 501 || h.seconds < 9 || h.seconds > 10 {
			t.Errorf("%d turns, %d seconds in ten", turns, h.seconds)
		}
		before := turns
		time.Sleep(time.Second)
		if turns != before {
			t.Error("called after Close")
		}
	})
}

func TestSocket(t *testing.T) {
	a, err := OpenSocket(netip.MustParseAddrPort("127.0.0.1:0"))
	if err != nil {
		t.Fatal(err)
	}
	if !a.Polled() {
		t.Skip("sockets are not polled on this system")
	}
	b, err := OpenSocket(netip.MustParseAddrPort("127.0.0.1:0"))
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if _, err := OpenSocket(a.Addr()); err == nil {
		t.Error("one port twice")
	}
	buf := make([]byte, MaxPacket)
	if _, _, _, ok := b.Receive(buf); ok {
		t.Error("received nothing")
	}
	before := time.Now()
	for _, text := range []string{"one", "two"} {
		if err := a.Send([]byte(text), b.Addr()); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []string{"one", "two"} {
		n, from, at, ok := b.Receive(buf)
		if !ok || string(buf[:n]) != want || from != a.Addr() || at.Before(before.Add(-time.Second)) || at.After(time.Now()) {
			t.Errorf("%q from %v at %v, %v", buf[:n], from, at, ok)
		}
	}
	if err := a.Send(nil, b.Addr()); err == nil {
		t.Error("sent nothing")
	}
	if err := a.Send([]byte("x"), netip.MustParseAddrPort("[::1]:9")); err == nil {
		t.Error("sent from IPv4 to IPv6")
	}
	packet := make([]byte, 172)
	if n := testing.AllocsPerRun(200, func() {
		_ = a.Send(packet, b.Addr())
		b.Receive(buf)
	}); n > 0 {
		t.Errorf("%g allocations a packet", n)
	}
	if err := a.Close(); err != nil {
		t.Error(err)
	}
	if a.Close() == nil || a.Send(packet, b.Addr()) == nil {
		t.Error("a closed socket works")
	}
	if _, _, _, ok := a.Receive(buf); ok {
		t.Error("a closed socket hears")
	}
}

// Closing beside sending and receiving harms nobody, least of all whoever gets
// the same descriptor next.
func TestSocketClosesAtAnyTime(t *testing.T) {
	for range 50 {
		s, err := OpenSocket(netip.MustParseAddrPort("127.0.0.1:0"))
		if err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		wg.Go(func() {
			for range 20 {
				_ = s.Send([]byte("x"), s.Addr())
			}
		})
		wg.Go(func() {
			buf := make([]byte, 100)
			for range 20 {
				s.Receive(buf)
			}
		})
		wg.Go(func() { _ = s.Close() })
		wg.Wait()
	}
}

// IPv6 goes the portable way.
func TestSocketOfIPv6(t *testing.T) {
	s, err := OpenSocket(netip.MustParseAddrPort("[::1]:0"))
	if err != nil {
		t.Skipf("no IPv6 here: %v", err)
	}
	defer s.Close()
	if s.Polled() {
		t.Fatal("polled")
	}
	if err := s.Send([]byte("hello"), s.Addr()); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 100)
	if n, _, err := s.Conn().ReadFromUDPAddrPort(buf); err != nil || string(buf[:n]) != "hello" {
		t.Errorf("%q, %v", buf[:n], err)
	}
}
