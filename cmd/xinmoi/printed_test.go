package main

import (
	"strings"
	"testing"

	"github.com/xinmoi/xinmoi/kiosk/escpos/vprinter"
	"github.com/xinmoi/xinmoi/queue"
)

// Who starts the program has no account yet: the printed address of the virtual
// paper opens it, like the other addresses.
func TestPaperPlaceOpens(t *testing.T) {
	a := &app{base: "http://127.0.0.1:8085", tokens: map[queue.Role]string{queue.RoleKiosk: "KIOSK"}, papers: new(vprinter.Printer)}
	if got := a.paperPlace(); !strings.HasSuffix(got, " http://127.0.0.1:8085/kiosk/paper?token=KIOSK") {
		t.Error(got)
	}
}

// The port that is proposed is the one in use, not the usual one.
func TestAddressRowKeepsThePort(t *testing.T) {
	for base, open := range map[string]string{"http://127.0.0.1:8085": " -http 0.0.0.0:8085", "http://localhost": " -http 0.0.0.0:8080"} {
		row := addressRow(base)
		if !strings.HasSuffix(row.Value, open) || !strings.HasSuffix(row.ValueEN, open) {
			t.Errorf("%s: %+v", base, row)
		}
	}
}
