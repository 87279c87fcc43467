package pairing

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

func give(_ context.Context, d Device) (string, error) { return "token for " + d.Name, nil }

func TestPairing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p Pairing
		r, secret, err := p.Begin(Device{Role: queue.RoleBoard, Name: "Bảng", Address: "192.0.2.1"})
		if err != nil || len(r.Code) != 6 {
			t.Fatalf("%+v, %v", r, err)
		}
		if _, token, ok := p.Ask(secret); !ok || token != "" {
			t.Fatalf("before the code: %q %v", token, ok)
		}
		if w := p.Waiting(); len(w) != 1 || w[0].Code != "" || w[0].Name != "Bảng" || !w[0].At.Equal(time.Now()) {
			t.Errorf("%+v wait", w)
		}
		if _, err := p.Approve(t.Context(), "", give); !errors.Is(err, ErrCode) {
			t.Errorf("no code: %v", err)
		}
		broken := errors.New("no disk")
		if _, err := p.Approve(t.Context(), r.Code, func(context.Context, Device) (string, error) { return "", broken }); !errors.Is(err, broken) {
			t.Errorf("no token: %v", err)
		}
		time.Sleep(Life) // In the bubble: it is typed in the last moment.
		if d, err := p.Approve(t.Context(), r.Code, give); err != nil || d != r.Device {
			t.Fatalf("%+v, %v", d, err)
		}
		time.Sleep(Life)
		for range 2 { // The answer may be lost on its way.
			if _, token, ok := p.Ask(secret); !ok || token != "token for Bảng" {
				t.Errorf("%q %v", token, ok)
			}
		}
		for _, guess := range []string{r.Code, ""} {
			if _, _, ok := p.Ask(guess); ok {
				t.Errorf("%q gives the token", guess)
			}
		}
		if _, err := p.Approve(t.Context(), r.Code, give); !errors.Is(err, ErrCode) {
			t.Errorf("one code for two devices: %v", err)
		}
		if w := p.Waiting(); len(w) != 0 {
			t.Errorf("%v wait", w)
		}
		time.Sleep(time.Nanosecond)
		if _, _, ok := p.Ask(secret); ok {
			t.Error("a token can be had for ever")
		}
	})
}

// While one administrator's token is being made, another's typing makes no second.
func TestOneTokenForOneCode(t *testing.T) {
	var p Pairing
	r, _, err := p.Begin(Device{Role: queue.RoleKiosk})
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.Approve(t.Context(), r.Code, func(ctx context.Context, _ Device) (string, error) {
		if _, err := p.Approve(ctx, r.Code, give); !errors.Is(err, ErrCode) {
			t.Errorf("twice: %v", err)
		}
		return "token", nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestPairingIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p Pairing
		from := map[string]int{}
		for i := range 200 {
			d := Device{Address: fmt.Sprint("from ", i%3)}
			if _, _, err := p.Begin(d); err == nil {
				from[d.Address]++
			} else if !errors.Is(err, ErrMany) {
				t.Error(err)
			}
		}
		for a, n := range from {
			if n != each {
				t.Errorf("%d wait %s", n, a)
			}
		}
		all := 3 * each
		for i := range 200 {
			if _, _, err := p.Begin(Device{Address: fmt.Sprint("alone ", i)}); err == nil {
				all++
			}
		}
		if all != most {
			t.Errorf("%d wait", all)
		}
		time.Sleep(Life + time.Nanosecond) // In the bubble.
		r, _, err := p.Begin(Device{Address: "from 0"})
		if err != nil {
			t.Fatal(err)
		}
		for range misses {
			if _, err := p.Approve(t.Context(), "no", give); !errors.Is(err, ErrCode) {
				t.Error(err)
			}
		}
		if _, err := p.Approve(t.Context(), r.Code, give); !errors.Is(err, ErrGuesses) {
			t.Errorf("codes can be guessed: %v", err)
		}
	})
}
