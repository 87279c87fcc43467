package keypad

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

// A real terminal line: bytes written at the other end are keys, and the end of
// the context ends the reading.
func TestSerialLine(t *testing.T) {
	end, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NONBLOCK|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip("no pseudo terminals here:", err)
	}
	defer end.Close()
	n := 0
	if err := control(end, func(fd int) (err error) {
		if err = unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err == nil {
			n, err = unix.IoctlGetInt(fd, unix.TIOCGPTN)
		}
		return err
	}); err != nil {
		t.Skip("no pseudo terminals here:", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	keys, done := make(chan Key), make(chan error, 1)
	go func() {
		done <- OpenSerial(fmt.Sprintf("/dev/pts/%d", n), 9600)(ctx, func(k Key) {
			select {
			case keys <- k:
			case <-ctx.Done():
			}
		})
	}()
	if _, err := end.WriteString("12\r+"); err != nil {
		t.Fatal(err)
	}
	var got []Key
	for len(got) < 4 {
		select {
		case k := <-keys:
			got = append(got, k)
		case err := <-done:
			t.Fatal(err)
		}
	}
	cancel()
	if err := <-done; !errors.Is(err, ErrGone) {
		t.Error(err)
	}
	if want := []Key{"1", "2", Enter, "+"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if err := OpenSerial(filepath.Join(t.TempDir(), "none"), 9600)(t.Context(), nil); err == nil {
		t.Error("a line that is not there")
	}
	if err := OpenEvents("/dev/null", true)(t.Context(), nil); err == nil {
		t.Error("/dev/null can be taken for ourselves")
	}
}

// A pipe stands for a device, which needs a machine with a keyboard.
func TestEventDevice(t *testing.T) {
	path := filepath.Join(t.TempDir(), "event")
	if err := unix.Mkfifo(path, 0o600); err != nil {
		t.Skip(err)
	}
	keys := make(chan Key, 8)
	done := make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	go func() { done <- OpenEvents(path, false)(ctx, func(k Key) { keys <- k }) }()
	w, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(slices.Concat(input(typeKey, 79, 1), input(typeKey, 96, 1))); err != nil {
		t.Fatal(err)
	}
	if a, b := <-keys, <-keys; a != "1" || b != Enter {
		t.Errorf("%q %q", a, b)
	}
	cancel()
	w.Close()
	if err := <-done; !errors.Is(err, ErrGone) {
		t.Error(err)
	}
}

func TestParseDevices(t *testing.T) {
	const text = `I: Bus=0003 Vendor=04d9 Product=1203 Version=0111
N: Name="USB Number Pad"
H: Handlers=sysrq kbd event3 leds

I: Bus=0019 Vendor=0000 Product=0001 Version=0000
N: Name="Power Button"
H: Handlers=event0

N: Name="Mouse"
H: Handlers=mouse0 event5
`
	if got := parseDevices(text); !slices.Equal(got, []string{"/dev/input/event3  USB Number Pad"}) {
		t.Errorf("%q", got)
	}
	if got := parseDevices(""); got != nil {
		t.Errorf("%q", got)
	}
}
