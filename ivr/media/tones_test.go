package media

import (
	"testing"
	"time"
)

// Every key that we sound is found again, once.
func TestKeySound(t *testing.T) {
	for _, key := range keypad {
		var heard string
		d := NewInband()
		d.Samples(append(KeySound(key, 200*time.Millisecond), make([]int16, 800)...), func(k rune) { heard += string(k) })
		if heard != string(key) {
			t.Errorf("key %c sounds like %q", key, heard)
		}
	}
	if KeySound('x', time.Second) != nil {
		t.Error("x is no key")
	}
}
