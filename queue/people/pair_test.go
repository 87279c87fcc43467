package people

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

func TestPairing(t *testing.T) {
	c := &clock{time.Unix(1_700_000_000, 0)}
	p := &Pairing{Now: c.now}
	give := func(_ context.Context, r Request) (string, error) { return "token for " + r.Name, nil }
	r, secret, err := p.Begin(queue.RoleBoard, "Bảng", "192.0.2.1")
	if err != nil {
		t.Fatal(err)
	}
	if _, token, ok := p.Ask(secret); !ok || token != "" {
		t.Fatalf("before the code: %q %v", token, ok)
	}
	if _, err := p.Approve(t.Context(), "000000x", give); !isField(err, "code") {
		t.Errorf("no code: %v", err)
	}
	if _, err := p.Approve(t.Context(), r.Code[:3]+" "+r.Code[3:], give); err != nil {
		t.Fatal(err)
	}
	for range 2 { // The answer may be lost on its way.
		if _, token, ok := p.Ask(secret); !ok || token != "token for Bảng" {
			t.Errorf("%q %v", token, ok)
		}
	}
	if _, _, ok := p.Ask(r.Code); ok {
		t.Error("the code on the screen gives the token")
	}
	if _, err := p.Approve(t.Context(), r.Code, give); err == nil {
		t.Error("one code for two devices")
	}
	if w := p.Waiting(); len(w) != 0 {
		t.Errorf("%v wait", w)
	}
	c.pass(pairTime + time.Second)
	if _, _, ok := p.Ask(secret); ok {
		t.Error("a token can be had for ever")
	}
}

func TestPairingIsBounded(t *testing.T) {
	c := &clock{time.Unix(1_700_000_000, 0)}
	p := &Pairing{Now: c.now}
	if _, _, err := p.Begin(queue.RoleAdmin, "", "x"); !isField(err, "role") {
		t.Errorf("an administrator's token by code: %v", err)
	}
	waits := 0
	for i := range 200 {
		if _, _, err := p.Begin(queue.RoleBoard, "", fmt.Sprint("from ", i%3)); err == nil {
			waits++
		}
	}
	if waits > 3*pairEach {
		t.Errorf("%d wait", waits)
	}
	for range pairMisses + 5 {
		_, _ = p.Approve(t.Context(), "no", nil)
	}
	r, _, err := p.Begin(queue.RoleBoard, "", "another")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Approve(t.Context(), r.Code, nil); !isField(err, "code") {
		t.Errorf("codes can be guessed: %v", err)
	}
}
