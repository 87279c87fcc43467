package media

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// recorded gives the UDP payloads of a packet capture and when they were sent.
func recorded(t *testing.T, name string) (packets [][]byte, at []time.Duration) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("/usr/share/sip-tester", name))
	if err != nil {
		t.Skipf("the recordings of sip-tester are missing (apt-get install sip-tester): %v", err)
	}
	order := binary.ByteOrder(binary.LittleEndian)
	if order.Uint32(data) != 0xa1b2c3d4 {
		order = binary.BigEndian
	}
	link := map[uint32]int{1: 14, 113: 16, 101: 0}[order.Uint32(data[20:])] // Ethernet, Linux, raw.
	for data = data[24:]; len(data) >= 16; {
		stamp := time.Duration(order.Uint32(data))*time.Second + time.Duration(order.Uint32(data[4:]))*time.Microsecond
		n := int(order.Uint32(data[8:]))
		frame := data[16 : 16+n]
		data = data[16+n:]
		ip := frame[link:]
		if ip[0]>>4 != 4 || ip[9] != 17 {
			continue
		}
		udp := ip[int(ip[0]&15)*4:]
		packets, at = append(packets, udp[8:binary.BigEndian.Uint16(udp[4:])]), append(at, stamp)
	}
	if len(packets) == 0 {
		t.Fatalf("no packets in %s", name)
	}
	return packets, at
}

// play gives a capture to a receiver, beginning at its present.
func (e *ear) play(t *testing.T, name string) (n int) {
	t.Helper()
	packets, at := recorded(t, name)
	for i, p := range packets {
		e.Packet(p, peer, e.now.Add(at[i]-at[0]))
	}
	e.now = e.now.Add(at[len(at)-1] - at[0] + 500*time.Millisecond)
	return len(packets)
}

// The recorded keys that sipp plays, whose first packet has duration 0: each is
// one press, also one after another in one call, and twice the same.
func TestRecordedKeys(t *testing.T) {
	e := newEar(Negotiated{Payload: 8, EventType: 101, Remote: peer})
	want := ""
	for _, key := range "0123456789*#" {
		name := map[rune]string{'*': "star", '#': "pound"}[key]
		if name == "" {
			name = string(key)
		}
		for range 2 {
			e.play(t, fmt.Sprintf("dtmf_2833_%s.pcap", name))
			want += string(key)
		}
	}
	if got := e.digits.String(); got != want {
		t.Errorf("heard %q, want %q", got, want)
	}
}

// A telephone that sends 30 ms in a packet is heard without a gap.
func TestRecordedSound(t *testing.T) {
	e := newEar(Negotiated{Payload: 8, EventType: 101, Remote: peer})
	samples, silent := 0, 0
	e.Heard(func(s []int16) {
		samples += len(s)
		for _, v := range s {
			if v == 0 {
				silent++
			}
		}
	})
	n := e.play(t, "g711a.pcap")
	if samples != n*240 || silent > 0 {
		t.Errorf("%d samples of %d packets, %d put in", samples, n, silent)
	}
	if q := e.Quality(); q.Lost > 0 || q.Received != uint64(n) {
		t.Errorf("%+v", q)
	}
}
