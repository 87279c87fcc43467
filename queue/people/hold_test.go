package people

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// guess tries a password as fast as it is let, for so long, and counts how often
// it was compared.
func guess(h *holds, by []guesser, for_ time.Duration) (tries int) {
	for end := time.Now().Add(for_); time.Now().Before(end); {
		var held *HeldError
		if err := h.try(time.Now(), by); errors.As(err, &held) {
			time.Sleep(held.Wait)
			continue
		}
		tries++
	}
	return tries
}

// Somebody who guesses all day from one address gets few tries, and holds off
// nobody else.
func TestBruteForceIsHeldOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHolds()
		if n := guess(h, guessers("lan", "198.51.100.7", ""), 24*time.Hour); n > 120 {
			t.Errorf("%d guesses at one account in a day", n)
		}
		if err := h.try(time.Now(), guessers("lan", "192.0.2.1", "")); err != nil {
			t.Errorf("another address is held off: %v", err)
		}
		if err := h.try(time.Now(), guessers("lan", "198.51.100.7", "a-browser-she-knows")); err != nil {
			t.Errorf("her own browser behind the same address is held off: %v", err)
		}
		if err := h.try(time.Now(), guessers("hoa", "192.0.2.1", "")); err != nil {
			t.Errorf("another account is held off: %v", err)
		}
	})
}

// Many accounts from one address are held off with the address.
func TestSprayingIsHeldOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, tried := newHolds(), 0
		for i := range 5000 {
			if h.try(time.Now(), guessers(fmt.Sprint("n", i), "198.51.100.7", "")) == nil {
				tried++
			}
		}
		if tried > addressFree {
			t.Errorf("%d accounts tried at once from one address", tried)
		}
		if err := h.try(time.Now(), guessers("n1", "192.0.2.1", "")); err != nil {
			t.Error(err)
		}
	})
}

// Many addresses together guess at one account no faster than its strangers may,
// and its own browsers notice nothing.
func TestManyAddressesAreHeldOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, tried := newHolds(), 0
		for i := range 3600 {
			time.Sleep(time.Second)
			if h.try(time.Now(), guessers("lan", fmt.Sprint("198.51.", i/250, ".", i%250), "")) == nil {
				tried++
			}
		}
		if most := strangerBurst + 3600/int(strangerEvery.Seconds()) + 1; tried > most {
			t.Errorf("%d tries in an hour, want at most %d", tried, most)
		}
		if err := h.try(time.Now(), guessers("lan", "192.0.2.1", "known")); err != nil {
			t.Error(err)
		}
	})
}

// Mistakes are forgiven by the right password, and with time.
func TestForgiving(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, by := newHolds(), guessers("lan", "192.0.2.1", "")
		for range 3 * pairFree {
			for h.try(time.Now(), by) != nil {
				time.Sleep(time.Second)
			}
			h.passed(by)
		}
		for range pairFree {
			if err := h.try(time.Now(), by); err != nil {
				t.Fatal(err)
			}
		}
		if h.try(time.Now(), by) == nil {
			t.Error("not held off after many mistakes")
		}
		time.Sleep(forgiveAfter + time.Minute)
		if err := h.try(time.Now(), by); err != nil {
			t.Error(err)
		}
	})
}

// Memory is bounded, and no wait is longer than the most.
func TestHoldsAreBounded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h, now := newHolds(), time.Unix(1_700_000_000, 0)
		for range rapid.IntRange(1, 60).Draw(t, "tries") {
			now = now.Add(time.Duration(rapid.IntRange(0, 100).Draw(t, "pause")) * time.Second)
			by := guessers(rapid.SampledFrom([]string{"a", "b"}).Draw(t, "name"), rapid.SampledFrom([]string{"1", "2", "3"}).Draw(t, "from"), "")
			err := h.try(now, by)
			var held *HeldError
			if errors.As(err, &held) && (held.Wait <= 0 || held.Wait > pauseMost) {
				t.Fatalf("waits %v", held.Wait)
			}
			if err == nil && rapid.Bool().Draw(t, "right") {
				h.passed(by)
			}
		}
	})
	h := newHolds()
	for i := range holdsMost + 500 {
		h.get(time.Unix(1, 0), fmt.Sprint(i))
	}
	if h.recent.Len() != holdsMost || len(h.byName) != holdsMost {
		t.Errorf("%d remembered", h.recent.Len())
	}
}

// Being turned away by a busy server is no mistake, and ends no pause either.
func TestBusyIsNoMistake(t *testing.T) {
	h, now, by := newHolds(), time.Unix(1_700_000_000, 0), guessers("lan", "192.0.2.1", "b")
	for range 5 * browserFree {
		if err := h.try(now, by); err != nil {
			t.Fatal(err)
		}
		h.taken(by)
	}
	for h.try(now, by) == nil {
	}
	h.taken(by)
	if h.try(now, by) == nil {
		t.Error("a pause was ended")
	}
}

func TestHeldWords(t *testing.T) {
	for wait, want := range map[time.Duration]string{90 * time.Second: "chờ 2 phút", 3 * time.Second: "chờ 4 giây"} {
		if got := (&HeldError{wait}).Error(); !contains(got, want) {
			t.Errorf("%v: %s", wait, got)
		}
	}
}
