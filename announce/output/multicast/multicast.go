package multicast

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"time"

	"github.com/xinmoi/xinmoi/announce/audio"
	"github.com/xinmoi/xinmoi/announce/output"
	"github.com/xinmoi/xinmoi/announce/output/g722"
	"github.com/xinmoi/xinmoi/announce/rtp"
)

// Times of a page.
const (
	playOut  = 200 * time.Millisecond // From the last packet to the last sound of a device.
	paceTime = 3 * time.Second        // A page that takes so much longer is not being sent.
	lateTime = 100 * time.Millisecond // One that takes so much longer had holes.
	echoTime = 3 * time.Second        // For a packet to ourselves.
	maxClip  = 10 * time.Minute
)

var (
	errUnpaced = errors.New("packets are not sent; the output is not running")
	errNoEcho  = errors.New("a packet to the group did not come back to this machine")
)

// Multicast pages one group. It implements output.Runner, output.Monitored and
// output.Tester.
type Multicast struct {
	c       Config
	route   route
	encoder *encoder
	wheel   *rtp.Wheel
	keeper  output.Keeper
}

// New checks a configuration; its errors wrap ErrConfig. Sockets are opened for
// each page.
func New(c Config) (*Multicast, error) {
	if c.Name == "" {
		c.Name = Name
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	m := &Multicast{c: c, wheel: c.Wheel}
	var err error
	if m.route, err = c.route(); err != nil {
		return nil, err
	}
	if m.encoder, err = newEncoder(c.Codec); err != nil {
		return nil, err
	}
	if m.wheel == nil {
		m.wheel = rtp.NewWheel()
	}
	return m, nil
}

// Name implements output.Output.
func (m *Multicast) Name() string { return m.c.Name }

// Health implements output.Monitored.
func (m *Multicast) Health() output.Health { return m.keeper.Health() }

// Run paces the packets until ctx ends. It implements output.Runner.
func (m *Multicast) Run(ctx context.Context) error {
	if m.c.Wheel == nil {
		return m.wheel.Run(ctx)
	}
	<-ctx.Done()
	return ctx.Err()
}

// Play implements output.Output. It returns when the devices have played the
// last sound, as far as that can be known from here.
func (m *Multicast) Play(ctx context.Context, c output.Clip) error {
	gaps, err := m.play(ctx, c.PCM)
	if err != nil && ctx.Err() == nil {
		err = faultOf(err)
	}
	return m.keeper.Played(err, gaps)
}

func (m *Multicast) play(ctx context.Context, p audio.PCM) (gaps bool, err error) {
	if d := p.Duration(); d > maxClip {
		return false, fmt.Errorf("clip of %v, at most %v", d, maxClip)
	}
	prompt, err := m.encoder.prompt(p)
	if err != nil {
		return false, err
	}
	conn, err := m.route.open()
	if err != nil {
		return false, err
	}
	defer conn.Close()
	var page [4]byte
	_, _ = rand.Read(page[:]) // Never fails (crypto/rand).
	id := binary.BigEndian.Uint32(page[:])
	if err := m.route.sendControl(conn, id, controlStart); err != nil {
		return false, err
	}
	gaps, err = m.send(ctx, conn, prompt)
	return gaps, errors.Join(err, m.route.sendControl(conn, id, controlStop))
}

// send sends a prompt and nothing else, and waits until it has been played.
func (m *Multicast) send(ctx context.Context, conn *net.UDPConn, prompt *rtp.Prompt) (gaps bool, err error) {
	sender := &counted{Sender: rtp.NewSender(conn)}
	stream := m.wheel.NewStream(sender, netip.AddrPort{}, m.encoder.codec)
	defer stream.Close()
	sent := make(chan struct{})
	stream.Play(prompt, func() {
		stream.Close() // Before the silence that would follow.
		close(sent)
	})
	began := time.Now()
	stream.SetRemote(m.route.group) // Only now, so that the first packet is the prompt's, with the marker.
	limit := time.NewTimer(prompt.Duration() + paceTime)
	defer limit.Stop()
	select {
	case <-sent:
	case <-ctx.Done():
		if m.encoder.codec.Payload != g722.PayloadType { // What a stream sends by itself is G.711.
			stream.Stop()
			time.Sleep(rtp.FadeTime)
		}
		return false, ctx.Err()
	case <-limit.C:
		return false, errUnpaced
	}
	gaps = time.Since(began) > prompt.Duration()+lateTime
	if err := sender.fault(); err != nil {
		return false, err
	}
	return gaps, output.Wait(ctx, playOut)
}

// SelfTest implements output.Tester: a packet to the group, on a port that no
// device listens to, has to come back to this machine.
func (m *Multicast) SelfTest(ctx context.Context) error {
	err := m.echo(ctx)
	if err != nil && ctx.Err() == nil {
		err = faultOf(err)
	}
	if err != nil {
		m.keeper.Failed(err)
		return err
	}
	m.keeper.Ready("")
	return nil
}

func (m *Multicast) echo(ctx context.Context) error {
	device, err := m.route.device()
	if err != nil {
		return err
	}
	conn, err := m.route.open()
	if err != nil {
		return err
	}
	defer conn.Close()
	ear, err := net.ListenMulticastUDP("udp4", device, &net.UDPAddr{IP: m.route.group.Addr().AsSlice()})
	if err != nil {
		return fmt.Errorf("listen to the group: %w", err)
	}
	defer ear.Close()
	stop := context.AfterFunc(ctx, func() { _ = ear.Close() })
	defer stop()
	var word [16]byte
	_, _ = rand.Read(word[:])
	to := netip.AddrPortFrom(m.route.group.Addr(), ear.LocalAddr().(*net.UDPAddr).AddrPort().Port())
	if _, err := conn.WriteToUDPAddrPort(word[:], to); err != nil {
		return fmt.Errorf("%w: %w", errRefused, err)
	}
	_ = ear.SetReadDeadline(time.Now().Add(echoTime))
	for buf := make([]byte, 64); ; {
		n, _, err := ear.ReadFromUDPAddrPort(buf)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			return fmt.Errorf("%w: %w", errNoEcho, err)
		case n == len(word) && [16]byte(buf[:n]) == word:
			return nil
		}
	}
}

// faultOf puts an error into words.
func faultOf(err error) error {
	f := &output.Fault{Err: err}
	switch {
	case errors.Is(err, errUnpaced):
		f.VI, f.EN = "Loa mạng chưa chạy: khởi động lại chương trình", "network paging does not run: restart the program"
	default:
		f.VI, f.EN = "Không gửi được âm thanh tới loa mạng: kiểm tra dây mạng và tên cổng mạng trong cấu hình", "sound cannot be sent to the network loudspeakers: check the network cable, and the interface in the configuration"
	}
	return f
}
