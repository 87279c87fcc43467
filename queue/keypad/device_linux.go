package keypad

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/xinmoi/xinmoi/queue/serial"
)

// OpenEvents reads an input device until it is gone. With grab nobody else
// gets its keys: what is pressed there does not end up in another program.
func OpenEvents(device string, grab bool) func(context.Context, func(Key)) error {
	return func(ctx context.Context, yield func(Key)) error {
		f, err := open(device)
		if err != nil {
			return err
		}
		defer closeAt(ctx, f)()
		if grab {
			const eviocgrab = 0x40044590 // linux/input.h: EVIOCGRAB
			if err := control(f, func(fd int) error { return unix.IoctlSetInt(fd, eviocgrab, 1) }); err != nil {
				return fmt.Errorf("keypad: take %s for ourselves: %w", device, err)
			}
		}
		return ReadEvents(f, yield)
	}
}

// OpenSerial reads a serial line until it is gone: 8 data bits, no parity.
func OpenSerial(device string, baud int) func(context.Context, func(Key)) error {
	return func(ctx context.Context, yield func(Key)) error {
		f, err := serial.Open(device, serial.Line{Baud: baud})
		if err != nil {
			return fmt.Errorf("keypad: %w", err)
		}
		defer closeAt(ctx, f)()
		return ReadSerial(f, yield)
	}
}

func open(device string) (*os.File, error) {
	f, err := os.OpenFile(device, os.O_RDWR|syscall.O_NONBLOCK|syscall.O_NOCTTY, 0)
	if err != nil {
		return nil, fmt.Errorf("keypad: %w", err)
	}
	return f, nil
}

// closeAt closes a device when ctx ends, so that a read on it returns.
func closeAt(ctx context.Context, f *os.File) (done func()) {
	stop := context.AfterFunc(ctx, func() { _ = f.Close() })
	return func() {
		if stop() {
			_ = f.Close()
		}
	}
}

func control(f *os.File, do func(fd int) error) error {
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var inner error
	err = raw.Control(func(fd uintptr) { inner = do(int(fd)) })
	return errors.Join(err, inner)
}

// Devices lists the input devices that look like number pads or keyboards, with
// what they are called.
func Devices() ([]string, error) {
	const most = 1 << 20
	text, err := os.ReadFile("/proc/bus/input/devices")
	if err != nil || len(text) > most {
		return nil, fmt.Errorf("keypad: list of input devices: %d bytes: %w", len(text), err)
	}
	return parseDevices(string(text)), nil
}

// parseDevices reads /proc/bus/input/devices: blocks of lines, "N: Name=…" and
// "H: Handlers=sysrq kbd event3 leds".
func parseDevices(text string) (list []string) {
	for block := range strings.SplitSeq(text, "\n\n") {
		name, event, keys := "", "", false
		for line := range strings.SplitSeq(block, "\n") {
			if n, ok := strings.CutPrefix(line, "N: Name="); ok {
				name, _ = strconv.Unquote(n)
			}
			if h, ok := strings.CutPrefix(line, "H: Handlers="); ok {
				for _, word := range strings.Fields(h) {
					if strings.HasPrefix(word, "event") {
						event = word
					}
					keys = keys || word == "kbd"
				}
			}
		}
		if keys && event != "" {
			list = append(list, "/dev/input/"+event+"  "+name)
		}
	}
	return list
}
