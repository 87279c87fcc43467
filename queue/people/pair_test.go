package people

import (
	"context"
	"testing"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/pairing"
)

func TestPairingInWords(t *testing.T) {
	var p Pairing
	if _, _, err := p.Begin(queue.RoleAdmin, "", "x"); !isField(err, "role") {
		t.Errorf("an administrator's token by code: %v", err)
	}
	r, secret, err := p.Begin(queue.RoleBoard, "Bảng", "192.0.2.1")
	if err != nil {
		t.Fatal(err)
	}
	give := func(_ context.Context, d pairing.Device) (string, error) { return "token for " + d.Name, nil }
	if _, err := p.Approve(t.Context(), "000000x", give); !isField(err, "code") {
		t.Errorf("no code: %v", err)
	}
	if _, err := p.Approve(t.Context(), r.Code[:3]+" "+r.Code[3:], give); err != nil {
		t.Fatal(err)
	}
	if _, token, ok := p.Ask(secret); !ok || token != "token for Bảng" {
		t.Errorf("%q %v", token, ok)
	}
	full := false
	for range 200 {
		_, _, err = p.Begin(queue.RoleBoard, "", "192.0.2.2")
		full = full || err != nil
	}
	if !full {
		t.Error("all strangers wait")
	}
	for range 200 {
		_, err = p.Approve(t.Context(), "no", nil)
	}
	if !isField(err, "code") {
		t.Errorf("codes can be guessed: %v", err)
	}
}
