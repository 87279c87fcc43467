package media

import (
	"encoding/binary"
	"math"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	pion "github.com/pion/rtp"
	"go.uber.org/goleak"

	"github.com/xinmoi/xinmoi/announce/rtp"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	peer  = netip.MustParseAddrPort("192.0.2.1:4000")
	epoch = time.Unix(1_000_000, 0)
)

// ear is a receiver and what came out of it.
type ear struct {
	*Receiver
	digits  strings.Builder
	sources []string
	remotes []netip.AddrPort
	now     time.Time
	seq     uint16
	ts      uint32
	ssrc    uint32
}

func newEar(set Negotiated) *ear {
	e := &ear{now: epoch, ts: 5000, ssrc: 7}
	e.Receiver = NewReceiver(set, func(d rune, source string) {
		e.digits.WriteRune(d)
		e.sources = append(e.sources, source)
	}, func(a netip.AddrPort) { e.remotes = append(e.remotes, a) })
	return e
}

// packet delivers one packet 20 ms after the last.
func (e *ear) packet(pt uint8, payload []byte) {
	h := pion.Header{Version: 2, PayloadType: pt, SequenceNumber: e.seq, Timestamp: e.ts, SSRC: e.ssrc}
	data, err := (&pion.Packet{Header: h, Payload: payload}).Marshal()
	if err != nil {
		panic(err)
	}
	e.Packet(data, peer, e.now)
	e.now, e.seq, e.ts = e.now.Add(rtp.FrameDuration), e.seq+1, e.ts+rtp.FrameSamples
}

func event(code uint8, end bool, duration uint16) []byte {
	p := []byte{code, 10, 0, 0}
	if end {
		p[1] |= 0x80
	}
	binary.BigEndian.PutUint16(p[2:], duration)
	return p
}

func sine(hz ...float64) []int16 {
	s := make([]int16, 800)
	for i := range s {
		for _, f := range hz {
			s[i] += int16(6000 * math.Sin(2*math.Pi*f*float64(i)/8000))
		}
	}
	return s
}

func frames(s []int16) [][]byte {
	var all [][]byte
	p := rtp.NewPrompt(s)
	_ = p
	for chunk := range slices.Chunk(s, rtp.FrameSamples) {
		all = append(all, encode(chunk))
	}
	return all
}

func TestReceiverHearsSound(t *testing.T) {
	e := newEar(Negotiated{Payload: 8, EventType: 101, Remote: peer})
	var heard []int16
	e.Heard(func(s []int16) { heard = append(heard, s...) })
	tone := sine(1000)
	all := frames(tone)
	for i, f := range all {
		if i == 2 { // Lost.
			e.now, e.seq, e.ts = e.now.Add(rtp.FrameDuration), e.seq+1, e.ts+rtp.FrameSamples
			continue
		}
		e.packet(8, f)
	}
	if len(heard) != len(tone) || heard[330] != 0 || abs(int(heard[170])-int(tone[170])) > 500 {
		t.Errorf("%d samples of %d; %d where one was lost", len(heard), len(tone), heard[330])
	}
	before := len(heard)
	e.ts -= 5 * rtp.FrameSamples
	e.packet(8, all[0]) // Too late.
	e.packet(9, all[0]) // Not negotiated.
	e.packet(13, []byte{20})
	e.packet(101, event(5, false, 160))
	if len(heard) != before {
		t.Errorf("%d samples of what is no sound", len(heard)-before)
	}
	e.Heard(nil)
	e.packet(8, all[0])
	if len(heard) != before || e.digits.String() != "5" {
		t.Errorf("%d samples after the end, digits %q", len(heard)-before, e.digits.String())
	}
	if e.Last() != e.now.Add(-rtp.FrameDuration) {
		t.Errorf("last packet at %v, it is %v", e.Last(), e.now)
	}
	select {
	case <-e.First():
	default:
		t.Error("no first packet")
	}
}

func TestReceiverIgnoresWhatIsNotRTP(t *testing.T) {
	e := newEar(Negotiated{Payload: 8, EventType: 101, Remote: peer})
	e.Heard(func([]int16) { t.Error("heard something") })
	for _, data := range [][]byte{nil, {0x80}, make([]byte, 12), slices.Repeat([]byte{0x80}, 2000), []byte("\x80\x09aaaaaaaaaaaaaaaa"), []byte("\x40\x08aaaaaaaaaaaaaaaa"), []byte("OPTIONS sip:x SIP/2.0\r\n")} {
		e.Packet(data, peer, epoch)
	}
	if !e.Last().IsZero() {
		t.Error("rubbish counted as a packet of the call")
	}
}

// Fillers with a payload type of their own are nothing where events were
// negotiated; where they were not, four bytes are a key.
func TestReceiverStrayEvents(t *testing.T) {
	for _, c := range []struct {
		set  Negotiated
		want string
	}{
		{Negotiated{Payload: 8, EventType: 96, Remote: peer}, ""},
		{Negotiated{Payload: 8, Remote: peer}, "3"},
		{Negotiated{Payload: 8, EventType: 96, EventToo: 97, Remote: peer}, "3"},
	} {
		e := newEar(c.set)
		e.packet(97, event(3, false, 160))
		if got := e.digits.String(); got != c.want {
			t.Errorf("%+v: %q", c.set, got)
		}
	}
}

func TestReceiverFollowsTheSource(t *testing.T) {
	e := newEar(Negotiated{Payload: 8, EventType: 101, Remote: netip.MustParseAddrPort("10.0.0.1:4000"), Peer: peer.Addr()})
	for range 3 {
		e.packet(8, make([]byte, 160))
	}
	if !slices.Equal(e.remotes, []netip.AddrPort{peer}) {
		t.Errorf("moved to %v", e.remotes)
	}
	e.Renegotiate(Negotiated{Law: rtp.ULaw, Payload: 0, EventType: 101, Remote: netip.MustParseAddrPort("10.0.0.2:4000"), Peer: peer.Addr()})
	for range 3 {
		e.packet(0, make([]byte, 160))
	}
	if len(e.remotes) != 2 {
		t.Errorf("moved to %v", e.remotes)
	}
	e.Renegotiate(Negotiated{Law: rtp.ULaw, Payload: 0, EventType: 101, Remote: netip.MustParseAddrPort("198.51.100.1:4000"), Peer: netip.MustParseAddr("198.51.100.1")})
	last := e.Last()
	for range 10 {
		e.packet(0, make([]byte, 160))
	}
	if len(e.remotes) != 2 || !e.Last().Equal(last) {
		t.Errorf("a third party is heard, moved to %v", e.remotes)
	}
}

func TestReceiverInbandOnlyWithoutEvents(t *testing.T) {
	for _, c := range []struct {
		events uint8
		want   string
	}{{0, "8"}, {101, ""}} {
		e := newEar(Negotiated{Payload: 8, EventType: c.events, Remote: peer})
		for _, f := range frames(sine(852, 1336)) {
			e.packet(8, f)
		}
		if got := e.digits.String(); got != c.want {
			t.Errorf("events %d: %q", c.events, got)
		}
	}
}

func TestReceiverCountsAKeyOnce(t *testing.T) {
	e := newEar(Negotiated{Payload: 8, EventType: 101, Remote: peer})
	e.packet(101, event(5, false, 160))
	e.Digit('5', SourceInfo, e.now)
	e.Digit('6', SourceInfo, e.now)
	e.Digit('5', SourceInfo, e.now.Add(time.Second))
	if got := e.digits.String(); got != "565" || !slices.Equal(e.sources, []string{SourceEvent, SourceInfo, SourceInfo}) {
		t.Errorf("%q from %v", got, e.sources)
	}
}

func FuzzReceiver(f *testing.F) {
	f.Add([]byte("\x80\x65\x00\x01\x00\x00\x00\x01\x00\x00\x00\x07\x05\x0a\x00\xa0"), uint8(101))
	f.Add(append([]byte("\x80\x08\x00\x01\x00\x00\x00\x01\x00\x00\x00\x07"), make([]byte, 160)...), uint8(0))
	f.Fuzz(func(t *testing.T, data []byte, events uint8) {
		e := newEar(Negotiated{Payload: 8, EventType: events & 0x7f, Remote: peer})
		e.Heard(func(s []int16) {
			if len(s) > maxGap+maxPacket {
				t.Fatalf("%d samples from one packet", len(s))
			}
		})
		for range 3 {
			e.Packet(data, peer, epoch)
		}
		for _, d := range e.digits.String() {
			if _, ok := KeyCode(d); !ok {
				t.Fatalf("digit %q", d)
			}
		}
	})
}

func abs(n int) int { return max(n, -n) }
