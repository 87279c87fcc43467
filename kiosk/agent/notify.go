package agent

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strconv"
	"strings"
	"time"
)

// Notify tells systemd how the program is (sd_notify): that it is ready, what it
// is doing, and, with WatchdogSec in the unit, that it is alive. Outside of
// systemd it does nothing.
type Notify struct {
	socket string
	every  time.Duration // Between two signs of life; 0 = none are asked for.
}

// FromEnvironment reads what systemd asks for: NOTIFY_SOCKET, WATCHDOG_USEC.
func FromEnvironment() Notify {
	n := Notify{socket: os.Getenv("NOTIFY_SOCKET")}
	if usec, err := strconv.ParseInt(os.Getenv("WATCHDOG_USEC"), 10, 64); err == nil && usec > 0 {
		n.every = time.Duration(usec) * time.Microsecond / 3
	}
	return n
}

// Tell sends lines such as "READY=1" and "STATUS=…".
func (n Notify) Tell(lines ...string) error {
	if n.socket == "" {
		return nil
	}
	name := n.socket
	if strings.HasPrefix(name, "@") { // An abstract socket.
		name = "\x00" + name[1:]
	}
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: name, Net: "unixgram"})
	if err != nil {
		return fmt.Errorf("tell systemd: %w", err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte(strings.Join(lines, "\n"))); err != nil {
		return fmt.Errorf("tell systemd: %w", err)
	}
	return nil
}

// Watch tells systemd that the program is alive, as long as healthy says so,
// until ctx ends. systemd starts a program anew that says nothing.
func (n Notify) Watch(ctx context.Context, healthy func(ctx context.Context) error, log *slog.Logger) error {
	if n.socket == "" || n.every <= 0 {
		<-ctx.Done()
		return nil
	}
	for {
		asking, cancel := context.WithTimeout(ctx, n.every)
		err := healthy(asking)
		cancel()
		if err == nil {
			err = n.Tell("WATCHDOG=1")
		}
		if err != nil && ctx.Err() == nil {
			log.Error("no sign of life for the watchdog", "err", err)
		}
		if !pause(ctx, n.every) {
			return nil
		}
	}
}
