package multicast

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	pion "github.com/pion/rtp"
	"go.uber.org/goleak"

	"github.com/xinmoi/xinmoi/announce/audio"
	"github.com/xinmoi/xinmoi/announce/output"
	"github.com/xinmoi/xinmoi/announce/output/g722"
	"github.com/xinmoi/xinmoi/announce/rtp"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// loopback is the interface that every machine has.
func loopback(t *testing.T) *net.Interface {
	t.Helper()
	all, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(all, func(i net.Interface) bool { return i.Flags&net.FlagLoopback != 0 && i.Flags&net.FlagUp != 0 })
	if i < 0 {
		t.Skip("no loopback interface")
	}
	return &all[i]
}

// device is a loudspeaker that listens to a group.
type device struct {
	conn  *net.UDPConn
	group netip.AddrPort

	mu      sync.Mutex
	packets []pion.Packet
	raw     [][]byte
	times   []time.Time
	done    chan struct{}
	word    chan struct{} // Has room for one signal that the word of heard came.
}

// listen joins a group of this test on a free even port.
func listen(t *testing.T, group string) *device {
	t.Helper()
	lo := loopback(t)
	for range 20 {
		conn, err := net.ListenMulticastUDP("udp4", lo, &net.UDPAddr{IP: net.ParseIP(group)})
		if err != nil {
			t.Skipf("this machine has no multicast on %s: %v", lo.Name, err)
		}
		port := conn.LocalAddr().(*net.UDPAddr).AddrPort().Port()
		if port%2 != 0 {
			_ = conn.Close()
			continue
		}
		d := &device{conn: conn, group: netip.AddrPortFrom(netip.MustParseAddr(group), port), done: make(chan struct{}), word: make(chan struct{}, 1)}
		go d.run()
		t.Cleanup(func() { _ = conn.Close(); <-d.done })
		return d
	}
	t.Skip("no even port is free")
	return nil
}

func (d *device) run() {
	defer close(d.done)
	for buf := make([]byte, 2000); ; {
		n, err := d.conn.Read(buf)
		if err != nil {
			return
		}
		if string(buf[:n]) == lastWord {
			select {
			case d.word <- struct{}{}:
			default:
			}
			continue
		}
		b := slices.Clone(buf[:n])
		var p pion.Packet
		if p.Unmarshal(b) != nil {
			p = pion.Packet{}
		}
		d.mu.Lock()
		d.packets, d.raw, d.times = append(d.packets, p), append(d.raw, b), append(d.times, time.Now())
		d.mu.Unlock()
	}
}

// lastWord is what a device is told when nothing more is to come.
const lastWord = "that was all"

// heard gives what was sent before it is called, however late the device comes
// to read it: a word of our own waits in line behind it.
func (d *device) heard(t *testing.T) ([]pion.Packet, []time.Time) {
	t.Helper()
	tell, err := net.Dial("udp4", fmt.Sprintf("127.0.0.1:%d", d.group.Port()))
	if err != nil {
		t.Fatal(err)
	}
	defer tell.Close()
	if _, err := tell.Write([]byte(lastWord)); err != nil {
		t.Fatal(err)
	}
	select {
	case <-d.word:
	case <-time.After(time.Minute):
		t.Fatal("the device does not read")
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.packets), slices.Clone(d.times)
}

// open runs an output on the loopback until the test ends.
func open(t *testing.T, c Config) *Multicast {
	t.Helper()
	c.Interface, c.Logger = loopback(t).Name, slog.New(slog.DiscardHandler)
	m, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- m.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("Run: %v", err)
		}
	})
	return m
}

// sweep is a clip whose likeness shows holes and shifts.
func sweep(d time.Duration) audio.PCM {
	p := audio.Silence(audio.RatePA, d)
	for i := range p.Samples {
		at := float64(i) / audio.RatePA
		p.Samples[i] = 0.5 * float32(math.Sin(2*math.Pi*(300*at+600*at*at)))
	}
	return p
}

func TestPage(t *testing.T) {
	for _, law := range []rtp.Law{rtp.ALaw, rtp.ULaw} {
		t.Run(law.String(), func(t *testing.T) {
			d := listen(t, "239.255.77.1")
			m := open(t, Config{Group: d.group.String(), Codec: law.String()})
			clip := sweep(time.Second)
			if err := m.Play(t.Context(), output.Clip{PCM: clip}); err != nil {
				t.Fatal(err)
			}
			packets, times := d.heard(t)
			checkStream(t, packets, law.PayloadType())
			want := int((leadIn + clip.Duration() + leadOut) / rtp.FrameDuration)
			if len(packets) != want {
				t.Fatalf("%d packets, want %d and nothing else", len(packets), want)
			}
			var heard []int16
			for _, p := range packets {
				heard = law.Decode(heard, p.Payload)
			}
			quiet := heard[:int(leadIn.Seconds()*rtp.SampleRate)-80] // The resampler's filter reaches a little into it.
			if peak := audio.FromInt16(rtp.SampleRate, quiet).Peak(); peak > 0.001 {
				t.Errorf("the lead-in peaks at %.4f", peak)
			}
			small, err := audio.Resample(clip, rtp.SampleRate)
			if err != nil {
				t.Fatal(err)
			}
			snr := signalToNoise(heard[int(leadIn.Seconds()*rtp.SampleRate):], small.Int16())
			late, longest := pacing(times)
			t.Logf("%d packets, SNR %.1f dB, worst lateness %v, longest pause %v", len(packets), snr, late, longest)
			if snr < 33 {
				t.Errorf("SNR %.1f dB, want that of G.711", snr)
			}
			if h := m.Health(); !h.OK || h.LastPlayed.IsZero() {
				t.Errorf("health %+v", h)
			}
		})
	}
}

// The wideband codec keeps what G.711 has no room for.
func TestWidebandPage(t *testing.T) {
	d := listen(t, "239.255.77.9")
	m := open(t, Config{Group: d.group.String(), Codec: "g722"})
	const hz = 6000
	clip := audio.Beep(audio.RatePA, hz, 500*time.Millisecond)
	if err := m.Play(t.Context(), output.Clip{PCM: clip}); err != nil {
		t.Fatal(err)
	}
	packets, _ := d.heard(t)
	checkStream(t, packets, g722.PayloadType)
	var coded []byte
	for _, p := range packets {
		coded = append(coded, p.Payload...)
	}
	heard := audio.FromInt16(g722.SampleRate, g722.NewDecoder().Decode(nil, coded))
	want, _ := audio.LoudestTone(clip, hz, 200*time.Millisecond)
	got, at := audio.LoudestTone(heard, hz, 200*time.Millisecond)
	t.Logf("%d packets, %.4f at %v, want %.4f", len(packets), got, at, want)
	if math.Abs(audio.DB(got/want)) > 1.5 || at < leadIn-50*time.Millisecond {
		t.Errorf("%d Hz at %.4f, want %.4f; at %v", hz, got, want, at)
	}
}

// checkStream looks at what RFC 3550 wants of a stream.
func checkStream(t *testing.T, packets []pion.Packet, payload uint8) {
	t.Helper()
	for i, p := range packets {
		if p.Version != 2 || p.PayloadType != payload || p.SSRC != packets[0].SSRC || len(p.Payload) != rtp.FrameSamples || p.Marker != (i == 0) {
			t.Fatalf("packet %d: %+v with %d bytes", i, p.Header, len(p.Payload))
		}
		if i > 0 && (p.SequenceNumber != packets[i-1].SequenceNumber+1 || p.Timestamp != packets[i-1].Timestamp+rtp.FrameSamples) {
			t.Fatalf("packet %d: sequence %d after %d, timestamp %d after %d", i, p.SequenceNumber, packets[i-1].SequenceNumber, p.Timestamp, packets[i-1].Timestamp)
		}
	}
}

func signalToNoise(heard, sent []int16) float64 {
	var signal, noise float64
	for i, s := range sent {
		diff := float64(heard[i]) - float64(s)
		signal += float64(s) * float64(s)
		noise += diff * diff
	}
	return 10 * math.Log10(signal/noise)
}

// pacing gives the worst lateness against an absolute schedule and the longest
// time without a packet.
func pacing(times []time.Time) (late, longest time.Duration) {
	for i, at := range times {
		late = max(late, at.Sub(times[0].Add(time.Duration(i)*rtp.FrameDuration)))
		if i > 0 {
			longest = max(longest, at.Sub(times[i-1]))
		}
	}
	return late, longest
}

// Every page is a stream of its own, so that devices see where it begins.
func TestPagesAreSeparate(t *testing.T) {
	d := listen(t, "239.255.77.2")
	m := open(t, Config{Group: d.group.String()})
	for range 2 {
		if err := m.Play(t.Context(), output.Clip{PCM: audio.Beep(audio.RatePA, 700, 100*time.Millisecond)}); err != nil {
			t.Fatal(err)
		}
	}
	packets, _ := d.heard(t)
	half := len(packets) / 2
	checkStream(t, packets[:half], 8)
	checkStream(t, packets[half:], 8)
	if packets[0].SSRC == packets[half].SSRC {
		t.Error("both pages have one SSRC")
	}
}

func TestPageStops(t *testing.T) {
	d := listen(t, "239.255.77.3")
	m := open(t, Config{Group: d.group.String()})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	played := make(chan error, 1)
	go func() { played <- m.Play(ctx, output.Clip{PCM: sweep(time.Minute)}) }()
	for n := 0; n < 8; {
		packets, _ := d.heard(t)
		n = len(packets)
	}
	cancel()
	if err := <-played; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	before, _ := d.heard(t)
	_ = output.Wait(t.Context(), 100*time.Millisecond)
	if after, _ := d.heard(t); len(after) != len(before) || len(after) > int(time.Minute/rtp.FrameDuration)/2 {
		t.Errorf("%d packets of a page that was stopped after 8, then %d", len(before), len(after))
	}
}

func TestLinksysControl(t *testing.T) {
	d, control := listen(t, "239.255.77.4"), listen(t, "239.255.77.5")
	m := open(t, Config{Group: d.group.String(), Control: control.group.String()})
	if err := m.Play(t.Context(), output.Clip{PCM: sweep(40 * time.Millisecond)}); err != nil {
		t.Fatal(err)
	}
	control.heard(t)
	control.mu.Lock()
	defer control.mu.Unlock()
	if len(control.raw) != 2*controlTimes {
		t.Fatalf("%d control packets", len(control.raw))
	}
	for i, b := range control.raw {
		command := controlStart
		if i >= controlTimes {
			command = controlStop
		}
		if len(b) != 16 || binary.BigEndian.Uint32(b[4:]) != command || netip.AddrFrom4([4]byte(b[8:12])) != d.group.Addr() ||
			binary.BigEndian.Uint32(b[12:]) != uint32(d.group.Port()) || !slices.Equal(b[:4], control.raw[0][:4]) {
			t.Errorf("packet %d: % x", i, b)
		}
	}
}

func TestSelfTestReachesTheGroup(t *testing.T) {
	d := listen(t, "239.255.77.6")
	m := open(t, Config{Group: d.group.String()})
	if err := m.SelfTest(t.Context()); err != nil {
		t.Error(err)
	}
	if packets, _ := d.heard(t); len(packets) != 0 {
		t.Errorf("devices heard %d packets of the self-test", len(packets))
	}
	if h := m.Health(); !h.OK || !h.LastPlayed.IsZero() {
		t.Errorf("health %+v", h)
	}
}

func TestNoNetwork(t *testing.T) {
	m, err := New(Config{Group: "239.255.77.7:5004", Interface: "xm-nowhere"})
	if err != nil {
		t.Fatal(err)
	}
	var fault *output.Fault
	if err := m.Play(t.Context(), output.Clip{PCM: sweep(time.Second)}); !errors.As(err, &fault) || !strings.Contains(err.Error(), "xm-nowhere") {
		t.Errorf("got %v", err)
	}
	if err := m.SelfTest(t.Context()); err == nil || m.Health().OK {
		t.Errorf("self-test %v, health %+v", err, m.Health())
	}
}

// A page that nobody paces is not taken for heard.
func TestNotRunning(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for three seconds")
	}
	m, err := New(Config{Group: "239.255.77.8:5004", Interface: loopback(t).Name})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Play(t.Context(), output.Clip{PCM: sweep(20 * time.Millisecond)}); !errors.Is(err, errUnpaced) {
		t.Errorf("got %v", err)
	}
}

func TestConfig(t *testing.T) {
	for name, c := range map[string]Config{
		"no group":      {},
		"no port":       {Group: "239.1.2.3"},
		"port 0":        {Group: "239.1.2.3:0"},
		"odd port":      {Group: "239.1.2.3:5005"},
		"not multicast": {Group: "192.0.2.1:5004"},
		"IPv6":          {Group: "[ff15::1]:5004"},
		"codec":         {Group: "239.1.2.3:5004", Codec: "mp3"},
		"ttl":           {Group: "239.1.2.3:5004", TTL: 256},
		"control":       {Group: "239.1.2.3:5004", Control: "here"},
	} {
		if _, err := New(c); !errors.Is(err, ErrConfig) {
			t.Errorf("%s: %v", name, err)
		}
	}
	m, err := New(Config{Group: "224.0.1.75:5004", Codec: "PCMU", TTL: 4, Control: "224.168.168.168:6061"})
	if err != nil || m.Name() != Name || m.route.ttl != 4 {
		t.Errorf("%+v, %v", m, err)
	}
}

func TestRefusedPacketsAreAFault(t *testing.T) {
	refused := errors.New("network is unreachable")
	c := &counted{Sender: senderFunc(func([]byte, netip.AddrPort) error { return refused })}
	for range 10 {
		_ = c.Send(nil, netip.AddrPort{})
	}
	if err := c.fault(); !errors.Is(err, refused) || !errors.Is(err, errRefused) {
		t.Errorf("got %v", err)
	}
	n := 0
	c = &counted{Sender: senderFunc(func([]byte, netip.AddrPort) error {
		if n++; n == 7 {
			return refused
		}
		return nil
	})}
	for range 100 {
		_ = c.Send(nil, netip.AddrPort{})
	}
	if err := c.fault(); err != nil {
		t.Errorf("one of a hundred: %v", err)
	}
}

type senderFunc func([]byte, netip.AddrPort) error

func (f senderFunc) Send(b []byte, to netip.AddrPort) error { return f(b, to) }
