package sip

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/pion/sdp/v3"

	"github.com/xinmoi/xinmoi/announce/rtp"
)

var here = local{ID: 42, Version: 7, Addr: netip.MustParseAddrPort("192.0.2.9:30000")}

func TestNegotiation(t *testing.T) {
	const head = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
	remote := netip.MustParseAddrPort("192.0.2.1:4000")
	a8 := rtp.Codec{Law: rtp.ALaw, Payload: 8, EventType: 101}
	for _, c := range []struct {
		name   string
		sdp    string
		codec  rtp.Codec
		remote netip.AddrPort
		dir    direction
		answer string // A line that the answer must have.
	}{
		{"usual", head + "m=audio 4000 RTP/AVP 8 0 101\r\na=rtpmap:101 telephone-event/8000\r\n", a8, remote, sendrecv, "m=audio 30000 RTP/AVP 8 101"},
		{"their order decides", head + "m=audio 4000 RTP/AVP 18 0 8\r\n", rtp.Codec{Law: rtp.ULaw, Payload: 0}, remote, sendrecv, "m=audio 30000 RTP/AVP 0"},
		{"dynamic number", head + "m=audio 4000 RTP/AVP 107 96\r\na=rtpmap:107 pcma/8000/1\r\na=rtpmap:96 Telephone-Event/8000\r\n", rtp.Codec{Law: rtp.ALaw, Payload: 107, EventType: 96}, remote, sendrecv, "a=rtpmap:107 PCMA/8000"},
		{"several event rates", head + "m=audio 4000 RTP/AVP 8 100 101\r\na=rtpmap:100 telephone-event/48000\r\na=rtpmap:101 telephone-event/8000\r\n", a8, remote, sendrecv, "a=fmtp:101 0-15"},
		{"number 8 that is something else", head + "m=audio 4000 RTP/AVP 8 0\r\na=rtpmap:8 OPUS/48000/2\r\n", rtp.Codec{Law: rtp.ULaw}, remote, sendrecv, "RTP/AVP 0"},
		{"LF only, no v, s, t, odd order", "o=user with spaces 1 1 IN IP4 x\nb=AS:80\nc=IN IP4 192.0.2.1\nx=what\nm=audio 4000 RTP/AVP 8\n", rtp.Codec{Law: rtp.ALaw, Payload: 8}, remote, sendrecv, "a=sendrecv"},
		{"video is refused in its place", head + "m=video 5000 RTP/AVP 99 98\r\nm=audio 4000 RTP/AVP 8\r\n", rtp.Codec{Law: rtp.ALaw, Payload: 8}, remote, sendrecv, "m=video 0 RTP/AVP 99"},
		{"second audio is refused", head + "m=audio 4000 RTP/AVP 8\r\nm=audio 4002 RTP/AVP 0\r\n", rtp.Codec{Law: rtp.ALaw, Payload: 8}, remote, sendrecv, "m=audio 0 RTP/AVP 0"},
		{"encrypted audio is passed over", head + "m=audio 4002 RTP/SAVP 8\r\nm=audio 4000 RTP/AVP 8\r\n", rtp.Codec{Law: rtp.ALaw, Payload: 8}, remote, sendrecv, "m=audio 0 RTP/SAVP 8"},
		{"address of the media line", head + "m=audio 4000 RTP/AVP 8\r\nc=IN IP4 192.0.2.7/127\r\n", rtp.Codec{Law: rtp.ALaw, Payload: 8}, netip.MustParseAddrPort("192.0.2.7:4000"), sendrecv, "a=ptime:20"},
		{"IPv6", "c=IN IP6 2001:db8::1\nm=audio 4000 RTP/AVP 8\n", rtp.Codec{Law: rtp.ALaw, Payload: 8}, netip.MustParseAddrPort("[2001:db8::1]:4000"), sendrecv, "m=audio"},
		{"a name instead of an address", "c=IN IP4 phone.example\nm=audio 4000 RTP/AVP 8\n", rtp.Codec{Law: rtp.ALaw, Payload: 8}, netip.AddrPort{}, sendrecv, "m=audio"},
		{"hold", head + "m=audio 4000 RTP/AVP 8\r\na=sendonly\r\n", rtp.Codec{Law: rtp.ALaw, Payload: 8}, remote, recvonly, "a=recvonly"},
		{"hold for the session", head + "a=inactive\r\nm=audio 4000 RTP/AVP 8\r\n", rtp.Codec{Law: rtp.ALaw, Payload: 8}, remote, inactive, "a=inactive"},
		{"hold of old", "c=IN IP4 0.0.0.0\nm=audio 4000 RTP/AVP 8\n", rtp.Codec{Law: rtp.ALaw, Payload: 8}, netip.AddrPort{}, recvonly, "a=recvonly"},
		{"they only listen", head + "m=audio 4000 RTP/AVP 8\r\na=recvonly\r\n", rtp.Codec{Law: rtp.ALaw, Payload: 8}, remote, sendonly, "a=sendonly"},
		{"two ports", head + "m=audio 4000/2 RTP/AVP 8\r\n", rtp.Codec{Law: rtp.ALaw, Payload: 8}, remote, sendrecv, "m=audio"},
	} {
		d, err := parseSDP([]byte(c.sdp))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		a, err := agree(d)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if a.Codec != c.codec || a.Remote != c.remote || a.Direction != c.dir {
			t.Errorf("%s: %+v, %v, %v", c.name, a.Codec, a.Remote, a.Direction)
		}
		answer := here.answer(a)
		if !strings.Contains(string(answer), c.answer) {
			t.Errorf("%s: no %q in\n%s", c.name, c.answer, answer)
		}
		checkByOracle(t, answer, len(d.Media))
	}
}

// checkByOracle has a strict parser read what we write.
func checkByOracle(t *testing.T, body []byte, lines int) {
	t.Helper()
	var o sdp.SessionDescription
	if err := o.Unmarshal(body); err != nil || len(o.MediaDescriptions) != lines {
		t.Errorf("%v, %d media lines of %d in\n%s", err, len(o.MediaDescriptions), lines, body)
	}
}

func TestRefusedDescriptions(t *testing.T) {
	for name, body := range map[string]string{
		"nothing": "", "words": "hello", "no media": "v=0\r\nc=IN IP4 1.2.3.4\r\n",
		"no port": "m=audio x RTP/AVP 8\r\n", "port too large": "m=audio 70000 RTP/AVP 8\r\n", "short": "m=audio 1\r\n",
		"too long": strings.Repeat("a=x\r\n", 5000), "too many lines": strings.Repeat("m=audio 1 RTP/AVP 8\r\n", 17),
		"too many formats": "m=audio 1 RTP/AVP" + strings.Repeat(" 8", 65),
	} {
		if _, err := parseSDP([]byte(body)); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	for name, body := range map[string]string{
		"G.729 only": "m=audio 1 RTP/AVP 18", "closed": "m=audio 0 RTP/AVP 8", "video": "m=video 1 RTP/AVP 8", "encrypted": "m=audio 1 RTP/SAVP 8",
		"wide band of the same name": "m=audio 1 RTP/AVP 96\na=rtpmap:96 PCMA/16000", "events only": "m=audio 1 RTP/AVP 101\na=rtpmap:101 telephone-event/8000",
	} {
		d, err := parseSDP([]byte(body))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if _, err := agree(d); err == nil {
			t.Errorf("%s was agreed", name)
		}
	}
}

func TestOfferIsAnswered(t *testing.T) {
	checkByOracle(t, here.offer(sendrecv), 1)
	v6 := here
	v6.Addr = netip.MustParseAddrPort("[2001:db8::9]:30000")
	checkByOracle(t, v6.offer(sendrecv), 1)
	d, err := parseSDP(here.offer(sendrecv))
	if err != nil {
		t.Fatal(err)
	}
	a, err := agree(d)
	if err != nil || a.Codec != (rtp.Codec{Law: rtp.ALaw, Payload: 8, EventType: 101}) || a.Remote != here.Addr {
		t.Errorf("%+v: %v", a, err)
	}
}

// Whatever is offered, an answer is well-formed by our reader and by another
// one, has the same number of media lines, and means what was agreed.
func FuzzSDP(f *testing.F) {
	f.Add(here.offer(sendonly))
	f.Add([]byte("m=video 0 A\nm=Audio 1 RTP/AVP  107\na=rtpmAp:107 pCmA/8000"))
	f.Add([]byte("o=a b 1 1 IN IP4 x\nc=IN IP4 0.0.0.0\nm=video 1 RTP/AVP 99\nm=audio 4000/2 RTP/AVPF 107 96\na=rtpmap:107 pcma/8000/1\na=rtpmap:96 telephone-event/8000\n"))
	f.Fuzz(func(t *testing.T, body []byte) {
		d, err := parseSDP(body)
		if err != nil {
			return
		}
		a, err := agree(d)
		if err != nil {
			return
		}
		answer := here.answer(a)
		back, err := parseSDP(answer)
		if err != nil || len(back.Media) != len(d.Media) {
			t.Fatalf("%v: %d media lines answered by\n%s", err, len(d.Media), answer)
		}
		b, err := agree(back)
		if err != nil || b.Codec.Law != a.Codec.Law || b.Codec.Payload != a.Codec.Payload || b.Codec.EventType != a.Codec.EventType {
			t.Fatalf("%v: agreed %+v, answered\n%s", err, a.Codec, answer)
		}
		for _, m := range d.Media {
			if !slices.Contains([]string{"audio", "video", "text", "application", "message"}, m.Kind) ||
				!slices.Contains([]string{"RTP/AVP", "RTP/SAVP", "RTP/AVPF", "RTP/SAVPF", "UDP/TLS/RTP/SAVP", "UDP/TLS/RTP/SAVPF"}, m.Protocol) {
				return // The other reader knows only registered words.
			}
		}
		var o sdp.SessionDescription
		if err := o.Unmarshal(answer); err != nil {
			t.Fatalf("%v in\n%q", err, answer)
		}
	})
}

// Nothing that a datagram holds may get through the filter and then surprise:
// what passes is parsed again without harm, and judged.
func FuzzFilter(f *testing.F) {
	f.Add([]byte("OPTIONS sip:1022@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:1;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"))
	f.Add([]byte("SIP/2.0 200 OK\r\n\r\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if !plausible(data) || !parses(data) {
			return
		}
		judge(t, data)
	})
}
