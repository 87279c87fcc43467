package keypad

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Key is one key of a pad, written as what is printed on it: "0" … "9", "+",
// "-", "*", "/", and the two below.
type Key string

// The keys without a sign.
const (
	Enter Key = "enter"
	Erase Key = "erase" // Backspace, Escape, Delete or the full stop.
)

// evdev is what keys are called by the kernel (linux/input-event-codes.h): of
// the number pad, and of the row above the letters, which some pads send.
func evdev() map[uint16]Key {
	return map[uint16]Key{
		1: Erase, 14: Erase, 83: Erase, 111: Erase, // ESC, BACKSPACE, KPDOT, DELETE
		28: Enter, 96: Enter, 55: "*", 98: "/", 74: "-", 78: "+", 12: "-",
		82: "0", 79: "1", 80: "2", 81: "3", 75: "4", 76: "5", 77: "6", 71: "7", 72: "8", 73: "9",
		11: "0", 2: "1", 3: "2", 4: "3", 5: "4", 6: "5", 7: "6", 8: "7", 9: "8", 10: "9",
	}
}

const (
	eventBytes = 24 // struct input_event on 64-bit Linux: two 8-byte times, type, code, value.
	typeKey    = 1  // EV_KEY
	pressed    = 1  // Value: 0 = released, 2 = held down and repeating.
)

// ReadEvents gives the keys that an input device (/dev/input/event*) sends
// until it ends. Releases, repeats of a key that is held, and keys that mean
// nothing are left out.
func ReadEvents(r io.Reader, yield func(Key)) error {
	names := evdev()
	var raw [eventBytes]byte
	for {
		if _, err := io.ReadFull(r, raw[:]); err != nil {
			return ended(err)
		}
		kind, code := binary.NativeEndian.Uint16(raw[16:]), binary.NativeEndian.Uint16(raw[18:])
		if key, known := names[code]; known && kind == typeKey && int32(binary.NativeEndian.Uint32(raw[20:])) == pressed {
			yield(key)
		}
	}
}

// ReadSerial gives the keys that a keypad on a serial line sends: one byte
// each, the sign itself; CR, LF or "#" is Enter, and "." erases. CR LF is one
// Enter. Other bytes mean nothing.
func ReadSerial(r io.Reader, yield func(Key)) error {
	var buf [64]byte
	cr := false
	for {
		n, err := r.Read(buf[:])
		for _, b := range buf[:n] {
			if key, ok := keyOf(b); ok && !(b == '\n' && cr) {
				yield(key)
			}
			cr = b == '\r'
		}
		if err != nil {
			return ended(err)
		}
	}
}

func keyOf(b byte) (Key, bool) {
	switch {
	case b >= '0' && b <= '9' || b == '+' || b == '-' || b == '*' || b == '/':
		return Key(b), true
	case b == '\r' || b == '\n' || b == '#':
		return Enter, true
	case b == '.' || b == 8 || b == 27 || b == 127:
		return Erase, true
	}
	return "", false
}

// ErrGone is a pad that was unplugged.
var ErrGone = errors.New("keypad: the pad is gone")

func ended(err error) error { return fmt.Errorf("%w: %w", ErrGone, err) }
