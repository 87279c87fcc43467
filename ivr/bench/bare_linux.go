package bench

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xinmoi/xinmoi/announce/rtp"
)

// Bare is what every sender is compared with: nothing but packets at an even
// pace, a socket for each stream, no calls, nothing received, with the same
// priority. It writes a Hello with its ports, reads one line with the ports to
// send to, in turn, and sends until in ends.
func Bare(ctx context.Context, in io.Reader, out io.Writer, streams int) error {
	fds, hello := make([]int, streams), Hello{Ports: make([]uint16, streams)}
	for i := range fds {
		var err error
		if fds[i], hello.Ports[i], err = openSocket(false); err != nil {
			return err
		}
		defer unix.Close(fds[i])
	}
	if err := json.NewEncoder(out).Encode(hello); err != nil {
		return fmt.Errorf("tell the ports: %w", err)
	}
	lines := bufio.NewScanner(in)
	if !lines.Scan() {
		return nil
	}
	to, err := portList(lines.Text())
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		defer cancel()
		for lines.Scan() { // Until it ends.
		}
	}()
	pace(ctx, fds, to)
	return nil
}

func portList(text string) ([]unix.SockaddrInet4, error) {
	var all []unix.SockaddrInet4
	for word := range strings.FieldsSeq(text) {
		n, err := strconv.ParseUint(word, 10, 16)
		if err != nil {
			return nil, fmt.Errorf("port %q: %w", word, err)
		}
		all = append(all, unix.SockaddrInet4{Port: int(n), Addr: [4]byte{127, 0, 0, 1}})
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("no ports in %q", text)
	}
	return all, nil
}

// bareSlots is how many groups the streams of the bare sender are in.
const bareSlots = 4

// pace sends in four groups, 5 ms apart.
func pace(ctx context.Context, fds []int, to []unix.SockaddrInet4) {
	runtime.LockOSThread()
	rtp.RaisePriority()
	packet := make([]byte, header+rtp.FrameSamples)
	packet[0], packet[1] = 0x80, rtp.ALaw.PayloadType()
	seq, next := uint32(0), time.Now()
	for slot := 0; ctx.Err() == nil; slot = (slot + 1) % bareSlots {
		if slot == 0 {
			seq++
			binary.BigEndian.PutUint16(packet[2:], uint16(seq))
			binary.BigEndian.PutUint32(packet[4:], seq*rtp.FrameSamples)
		}
		for i := slot; i < len(fds); i += bareSlots {
			_ = unix.Sendto(fds[i], packet, unix.MSG_DONTWAIT, &to[i%len(to)])
		}
		if next = next.Add(frame / bareSlots); time.Since(next) > 5*frame {
			next = time.Now()
		}
		sleepUntil(next)
	}
}

// rawRate sends to loopback as fast as one thread can and gives the packets a
// second of processor time.
func rawRate(d time.Duration) (float64, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	from, _, err := openSocket(false)
	if err != nil {
		return 0, err
	}
	defer unix.Close(from)
	at, port, err := openSocket(false)
	if err != nil {
		return 0, err
	}
	defer unix.Close(at)
	packet, to := make([]byte, header+rtp.FrameSamples), &unix.SockaddrInet4{Port: int(port), Addr: [4]byte{127, 0, 0, 1}}
	in := newBatch()
	var busy time.Duration
	n := 0
	for end := time.Now().Add(d); time.Now().Before(end); {
		before := threadTime()
		for range batchSize {
			_ = unix.Sendto(from, packet, unix.MSG_DONTWAIT, to)
		}
		busy += threadTime() - before
		n += batchSize
		in.receive(at)
	}
	return float64(n) / max(busy.Seconds(), 1e-9), nil
}

// threadTime is the processor time of this thread.
func threadTime() time.Duration {
	var t unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t)
	return time.Duration(t.Nano())
}
