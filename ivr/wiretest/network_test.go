package wiretest

import (
	"errors"
	"net/netip"
	"slices"
	"testing"
	"time"
)

// sent gives what arrives, in order, of a hundred datagrams a millisecond apart.
func sent(t *testing.T, w Weather) (got []byte) {
	n := New(7, w)
	a, errA := n.Open(netip.MustParseAddrPort("127.0.0.1:0"))
	b, errB := n.Open(netip.MustParseAddrPort("127.0.0.1:0"))
	if err := errors.Join(errA, errB); err != nil {
		t.Fatal(err)
	}
	for i := range byte(100) {
		if err := a.Send([]byte{i}, b.Addr()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Millisecond)
	}
	time.Sleep(w.Delay + w.Jitter)
	for buf := make([]byte, 10); ; {
		if _, _, _, ok := b.Receive(buf); !ok {
			return got
		}
		got = append(got, buf[0])
	}
}

func TestWeather(t *testing.T) {
	t.Run("fine", Virtual(Weather{}, func(t *testing.T) {
		if got := sent(t, Weather{}); len(got) != 100 || !slices.IsSorted(got) {
			t.Errorf("%v", got)
		}
	}))
	t.Run("bad", Virtual(Weather{}, func(t *testing.T) {
		w := Weather{Loss: 0.2, Twice: 0.1, Delay: time.Second, Jitter: 10 * time.Millisecond}
		got := sent(t, w)
		if len(got) < 60 || len(got) > 105 || slices.IsSorted(got) {
			t.Errorf("%d: %v", len(got), got)
		}
		if again := sent(t, w); !slices.Equal(got, again) {
			t.Errorf("%v, and by the same seed %v", got, again)
		}
	}))
}

func TestAddresses(t *testing.T) {
	n := New(1, Weather{})
	at := netip.MustParseAddrPort("192.0.2.1:5060")
	s, err := n.Open(at)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := n.Open(at); !errors.Is(err, ErrInUse) {
		t.Errorf("taken twice: %v", err)
	}
	_ = s.Close()
	if err := s.Send([]byte{1}, at); err == nil || n.Sockets() != 0 {
		t.Errorf("after Close: %v, %d sockets", err, n.Sockets())
	}
}
