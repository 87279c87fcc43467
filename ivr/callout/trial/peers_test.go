package trial_test

import (
	"fmt"
	"net/netip"
	"os"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/announce/audio"
	"github.com/xinmoi/xinmoi/ivr"
	"github.com/xinmoi/xinmoi/ivr/callout"
	"github.com/xinmoi/xinmoi/ivr/callout/book"
	"github.com/xinmoi/xinmoi/ivr/peertest"
	"github.com/xinmoi/xinmoi/queue"
)

func loopback(port int) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), uint16(port))
}

// TestBaresip calls a softphone that knows nothing of us; it presses 1, and
// what it recorded is what was said.
func TestBaresip(t *testing.T) {
	t.Parallel()
	port := peertest.FreePort(t)
	phone := peertest.NewBaresip(t, peertest.BaresipConfig{SIPPort: port, Account: []string{";answermode=auto"}})
	h := opened(t, nil, loopback(port), rustled, callout.Rules{})
	mine := h.wish(0)
	await(t, "the message to be heard", func() bool {
		list, err := h.book.Attempts(t.Context(), mine.ID)
		return err == nil && len(list) > 0 && list[0].Progress == book.Heard
	})
	phone.Tell("sndcode", "1")
	if a := h.attempts(mine.ID, 1)[0]; a.Outcome != book.Pressed || a.Pressed != "1" {
		t.Errorf("the call went %+v", a)
	}
	b, err := os.ReadFile(phone.Recordings()[0])
	if err != nil {
		t.Fatal(err)
	}
	heard, err := audio.DecodeWAV(b)
	if err != nil {
		t.Fatal(err)
	}
	s := ivr.SpeechIn("vi", queue.Info{}, queue.PhoneSetup{})
	thanks, over := s.Last(s.Say("call-thanks", "kept", "be-there")), s.Last(s.Say("state-over"))
	if yes, no := match(t, heard, h.rendered(thanks)), match(t, heard, h.rendered(over)); yes < 0.8 || no > 0.5 {
		t.Errorf("thanks were heard with %.2f, what was not said with %.2f", yes, no)
	}
	if w, _, err := h.book.WishFor(t.Context(), mine.ID); err != nil || w.Result != book.Told || w.Telephone != "" {
		t.Errorf("wish %+v, %v", w, err)
	}
}

// sipp plays a telephone by a scenario and gives where it is.
func sipp(t *testing.T, scenario string, calls int) netip.AddrPort {
	t.Helper()
	port := peertest.FreePort(t)
	wait := peertest.Sipp(t, t.TempDir(), scenario, 2*time.Minute, "-p", fmt.Sprint(port), "-m", fmt.Sprint(calls))
	t.Cleanup(func() {
		if err := wait(); err != nil {
			t.Error(err)
		}
	})
	return loopback(port)
}

// TestSippPressesTheKey calls a telephone that presses 1 while it is told.
func TestSippPressesTheKey(t *testing.T) {
	t.Parallel()
	h := opened(t, nil, sipp(t, "presses.xml", 1), rustled, callout.Rules{})
	mine := h.wish(0)
	if a := h.attempts(mine.ID, 1)[0]; a.Outcome != book.Pressed || a.Pressed != "1" {
		t.Errorf("the call went %+v", a)
	}
}

// TestSippRefuses calls a telephone that declines.
func TestSippRefuses(t *testing.T) {
	t.Parallel()
	h := opened(t, nil, sipp(t, "refuses.xml", 1), rustled, callout.Rules{Pause: time.Second})
	mine := h.wish(0)
	if a := h.attempts(mine.ID, 1)[0]; a.Outcome != book.Declined || a.Code != 603 {
		t.Errorf("the call went %+v", a)
	}
	if w, _, err := h.book.WishFor(t.Context(), mine.ID); err != nil || w.Result != book.Failed || w.Telephone != "" {
		t.Errorf("wish %+v, %v", w, err)
	}
}

// TestSippCancelled calls a telephone that only rings: the ringing is ended
// by CANCEL.
func TestSippCancelled(t *testing.T) {
	t.Parallel()
	h := opened(t, nil, sipp(t, "rings.xml", 2), rustled, callout.Rules{Ring: 2 * time.Second, Pause: time.Second})
	mine := h.wish(0)
	for i, a := range h.attempts(mine.ID, 2) {
		if a.Outcome != book.NoAnswer {
			t.Errorf("attempt %d: %+v", i+1, a)
		}
	}
}
