package people

import (
	"testing"
	"time"
)

// The test values of RFC 6238 appendix B, SHA-1, of which six digits are used.
func TestCodesOfTheRFC(t *testing.T) {
	secret := []byte("12345678901234567890")
	for at, want := range map[int64]string{
		59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130",
	} {
		if got := codeAt(secret, step(time.Unix(at, 0))); got != want {
			t.Errorf("at %d: %s, want %s", at, got, want)
		}
	}
}

func TestMatchCode(t *testing.T) {
	secret, now := newSecret(), time.Unix(1_700_000_010, 0)
	for off, want := range map[int64]bool{-2: false, -1: true, 0: true, 1: true, 2: false} {
		code := codeAt(secret, step(now)+off)
		at, ok := matchCode(secret, code, now, 0)
		if ok != want || ok && at != step(now)+off {
			t.Errorf("a code %d steps off: %v at %d", off, ok, at)
		}
		if _, again := matchCode(secret, code, now, step(now)+off); again {
			t.Errorf("a code %d steps off is good twice", off)
		}
	}
}

func TestDigitsOnly(t *testing.T) {
	for typed, want := range map[string]bool{"123456": true, " 123 456 ": true, "12345": false, "1234567": false, "12345a": false, "": false, "１２３４５６": false} {
		if _, ok := digitsOnly(typed); ok != want {
			t.Errorf("%q: %v", typed, ok)
		}
	}
}

func TestRecoveryCodesHoweverTyped(t *testing.T) {
	codes, hashes := newRecovery()
	if len(codes) != recoveryCodes || codes[0] == codes[1] {
		t.Fatal(codes)
	}
	loose := " " + codes[0][:4] + codes[0][5:9] + " " + codes[0][10:]
	if string(hashRecovery(loose)) != string(hashes[0]) || string(hashRecovery(codes[1])) == string(hashes[0]) {
		t.Errorf("%q is not read", loose)
	}
}
