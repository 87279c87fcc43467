package media

import (
	"math"
	"testing"
	"time"

	"github.com/pion/rtcp"

	"github.com/xinmoi/xinmoi/announce/rtp"
)

func reportsOf(t *testing.T, data []byte) []rtcp.Packet {
	t.Helper()
	all, err := rtcp.Unmarshal(data)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// A report tells what was sent and heard, by RFC 3550; its times are spread.
func TestReports(t *testing.T) {
	e := newEar(Negotiated{Payload: 8, EventType: 101, Remote: peer})
	for i := range 100 {
		if i%10 == 3 { // Lost.
			e.now, e.seq, e.ts = e.now.Add(rtp.FrameDuration), e.seq+1, e.ts+rtp.FrameSamples
			continue
		}
		e.packet(8, make([]byte, 160))
	}
	c, sending := e.Control(), Sending{SSRC: 99, Timestamp: 5000, Packets: 100, Octets: 16000}
	var sent [][]byte
	var gaps []time.Duration
	last := e.now
	for now := e.now; now.Before(e.now.Add(10 * time.Minute)); now = now.Add(time.Second) {
		if b := c.Due(sending, now); b != nil {
			sent, gaps, last = append(sent, b), append(gaps, now.Sub(last)), now
		}
	}
	if n := len(sent); n < 90 || n > 150 {
		t.Errorf("%d reports in ten minutes, want about 120", n)
	}
	seen := map[time.Duration]bool{}
	for _, g := range gaps[1:] {
		if seen[g] = true; g < 2*time.Second || g > 9*time.Second {
			t.Errorf("%v between reports", g)
		}
	}
	if len(seen) < 3 {
		t.Errorf("reports are not spread: %v", gaps)
	}
	all := reportsOf(t, sent[0])
	sr, ok := all[0].(*rtcp.SenderReport)
	if !ok || len(all) != 2 || sr.SSRC != 99 || sr.PacketCount != 100 || sr.OctetCount != 16000 || sr.RTPTime != 5000 || len(sr.Reports) != 1 {
		t.Fatalf("%+v", all)
	}
	if b := sr.Reports[0]; b.SSRC != 7 || b.TotalLost != 10 || b.FractionLost < 25 || b.FractionLost > 27 || b.LastSequenceNumber != 99 {
		t.Errorf("%+v", b)
	}
	bye := reportsOf(t, c.Bye(sending, e.now))
	if g, ok := bye[len(bye)-1].(*rtcp.Goodbye); !ok || len(g.Sources) != 1 || g.Sources[0] != 99 {
		t.Errorf("%+v", bye)
	}
}

// Round trip, loss and jitter as the far end tells them.
func TestFarReports(t *testing.T) {
	e := newEar(Negotiated{Payload: 8, EventType: 101, Remote: peer})
	c, s := e.Control(), Sending{SSRC: 99, Packets: 1000}
	var sr *rtcp.SenderReport
	for now := e.now; sr == nil; now = now.Add(time.Second) {
		if b := c.Due(s, now); b != nil {
			sr = reportsOf(t, b)[0].(*rtcp.SenderReport)
			e.now = now
		}
	}
	report := func(ssrc uint32) []byte {
		b, err := (&rtcp.ReceiverReport{SSRC: 7, Reports: []rtcp.ReceptionReport{{
			SSRC: ssrc, TotalLost: 50, Jitter: 80, LastSenderReport: uint32(sr.NTPTime >> 16), Delay: 65536 / 2,
		}}}).Marshal()
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	c.Packet(report(12345), e.now.Add(600*time.Millisecond))
	if q := e.Quality(); q.Reported {
		t.Errorf("took a report about somebody else: %+v", q)
	}
	c.Packet(report(99), e.now.Add(600*time.Millisecond))
	q := e.Quality()
	if !q.Reported || math.Abs(q.FarLost-0.05) > 1e-9 || q.FarJitter != 10*time.Millisecond || (q.RoundTrip-100*time.Millisecond).Abs() > time.Millisecond {
		t.Errorf("%+v", q)
	}
	if q.FarMOS < 3 || q.FarMOS > 4 {
		t.Errorf("5 %% of loss gives %.2f", q.FarMOS)
	}
	// Their sender report is repeated in ours, with the time since.
	theirs, err := (&rtcp.SenderReport{SSRC: 7, NTPTime: 0x1122334455667788}).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	e.packet(8, make([]byte, 160))
	c.Packet(theirs, e.now)
	block := reportsOf(t, c.Bye(s, e.now.Add(time.Second)))[0].(*rtcp.SenderReport).Reports[0]
	if block.LastSenderReport != 0x33445566 || block.Delay != 65536 {
		t.Errorf("%+v", block)
	}
}

func TestQualityOfWhatIsHeard(t *testing.T) {
	e := newEar(Negotiated{Payload: 8, EventType: 101, Remote: peer})
	if q := e.Quality(); q != (Quality{}) {
		t.Errorf("before the first packet: %+v", q)
	}
	for i := range 500 {
		at := e.now
		if i%2 == 1 {
			e.now = at.Add(8 * time.Millisecond) // Comes late.
		}
		e.packet(8, make([]byte, 160))
		e.now = at.Add(rtp.FrameDuration)
	}
	q := e.Quality()
	if q.Lost != 0 || q.Received != 500 || q.Jitter < 7*time.Millisecond || q.Jitter > 9*time.Millisecond || q.MOS < 4 {
		t.Errorf("%+v", q)
	}
	// A new source does not make what is between the sequence numbers lost.
	e.seq += 20000
	for range 100 {
		e.packet(8, make([]byte, 160))
	}
	if q := e.Quality(); q.Lost != 0 || q.Received != 600 {
		t.Errorf("after a jump: %+v", q)
	}
}

// The estimate falls with every fault and stays within its scale (ITU-T G.107).
func TestMOS(t *testing.T) {
	best := mos(0, 0, 0, lossConcealed)
	if best < 4.3 || best > 4.45 {
		t.Errorf("a perfect call: %.2f", best)
	}
	for name, got := range map[string]float64{
		"loss": mos(0.02, 0, 0, lossConcealed), "jitter": mos(0, 200*time.Millisecond, 0, lossConcealed), "delay": mos(0, 0, 400*time.Millisecond, lossConcealed),
	} {
		if got >= best || got < 1 {
			t.Errorf("%s: %.2f", name, got)
		}
	}
	if got := mos(1, time.Second, time.Second, lossBare); got != 1 {
		t.Errorf("nothing arrives: %.2f", got)
	}
	if concealed, bare := mos(0.03, 0, 0, lossConcealed), mos(0.03, 0, 0, lossBare); concealed <= bare {
		t.Errorf("concealment makes it worse: %.2f, %.2f", concealed, bare)
	}
}

func FuzzControl(f *testing.F) {
	e := newEar(Negotiated{Payload: 8})
	f.Add(e.Control().Bye(Sending{SSRC: 1}, epoch))
	f.Add([]byte{0x81, 201, 0, 7, 0, 0, 0, 1, 0, 0, 0, 1})
	f.Fuzz(func(t *testing.T, data []byte) {
		e := newEar(Negotiated{Payload: 8, EventType: 101, Remote: peer})
		_ = e.Control().Due(Sending{SSRC: 1, Packets: 5}, epoch)
		_ = e.Control().Bye(Sending{SSRC: 1, Packets: 5}, epoch)
		e.Control().Packet(data, epoch.Add(time.Second))
		if q := e.Quality(); q.RoundTrip < 0 || q.FarLost < 0 || q.FarLost > 1 || q.Reported && (q.FarMOS < 1 || q.FarMOS > 4.5) {
			t.Fatalf("%+v", q)
		}
	})
}

func TestControlIsTold(t *testing.T) {
	if !IsControl([]byte{0x80, 200}) || IsControl([]byte{0x80, 8}) || IsControl([]byte{0x80, 8 | 0x80}) || IsControl([]byte{0x80, 101 | 0x80}) || IsControl(nil) {
		t.Error("RTCP and RTP are mixed up")
	}
}
