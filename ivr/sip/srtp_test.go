package sip

import (
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/announce/audio"
	"github.com/xinmoi/xinmoi/ivr/media"
	"github.com/xinmoi/xinmoi/ivr/peertest"
	"github.com/xinmoi/xinmoi/ivr/wiretest"
)

const keyText = "d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj" // Of RFC 4568 §9.2's kind: 30 bytes.

func TestParseCrypto(t *testing.T) {
	for value, want := range map[string]bool{
		"1 AES_CM_128_HMAC_SHA1_80 inline:" + keyText:                        true,
		"7  aes_cm_128_hmac_sha1_80 INLINE:" + keyText + "|2^20":             true,
		"1 AES_CM_128_HMAC_SHA1_80 inline:" + keyText + " WSH=128":           true,
		"1 AES_CM_128_HMAC_SHA1_80 inline:" + keyText + "|2^20|1:4":          false,
		"1 AES_CM_128_HMAC_SHA1_80 inline:" + keyText + " UNENCRYPTED_SRTP":  false,
		"1 AES_CM_128_HMAC_SHA1_80 inline:" + keyText + ";inline:" + keyText: false,
		"1 AES_CM_128_HMAC_SHA1_32 inline:" + keyText:                        false,
		"x AES_CM_128_HMAC_SHA1_80 inline:" + keyText:                        false,
		"1 AES_CM_128_HMAC_SHA1_80 inline:" + keyText[4:]:                    false,
		"1 AES_CM_128_HMAC_SHA1_80 inline:":                                  false,
		"1 AES_CM_128_HMAC_SHA1_80 uri:" + keyText:                           false,
		"": false,
		"1 AES_CM_128_HMAC_SHA1_80 inline:" + strings.Repeat("A", 4000):                           false,
		"1 AES_CM_128_HMAC_SHA1_80 inline:" + strings.Replace(keyText, "d", "%", 1):               false,
		"99999999999999999999 AES_CM_128_HMAC_SHA1_80 inline:" + keyText:                          false,
		strings.TrimPrefix(strings.TrimSpace(cryptoLine("1", [cryptoBytes]byte{1})), "a=crypto:"): true,
	} {
		if _, ok := parseCrypto(value); ok != want {
			t.Errorf("%q: %v", clip(value), ok)
		}
	}
}

// Encrypted sound is agreed only where its key came safely, and then first.
func TestEncryptionIsAgreed(t *testing.T) {
	const head = "c=IN IP4 192.0.2.1\r\n"
	const line = "a=crypto:3 AES_CM_128_HMAC_SHA1_80 inline:" + keyText + "\r\n"
	for _, c := range []struct {
		name, sdp string
		secure    bool
		answer    string // "" = refused.
	}{
		{"encrypted, by TLS", head + "m=audio 4000 RTP/SAVP 8\r\n" + line, true, "m=audio 30000 RTP/SAVP 8\r\n"},
		{"encrypted, in the clear", head + "m=audio 4000 RTP/SAVP 8\r\n" + line, false, ""},
		{"encrypted without a key", head + "m=audio 4000 RTP/SAVP 8\r\n", true, ""},
		{"both, by TLS", head + "m=audio 4000 RTP/AVP 8\r\nm=audio 4002 RTP/SAVP 8\r\n" + line, true, "m=audio 0 RTP/AVP 8\r\n"},
		{"both, in the clear", head + "m=audio 4002 RTP/SAVP 8\r\n" + line + "m=audio 4000 RTP/AVP 8\r\n", false, "m=audio 0 RTP/SAVP 8\r\n"},
	} {
		d, err := parseSDP([]byte(c.sdp))
		if err != nil {
			t.Fatal(err)
		}
		d.Secure = c.secure
		a, err := agree(d)
		if (err == nil) != (c.answer != "") {
			t.Errorf("%s: %v", c.name, err)
		}
		if err != nil {
			continue
		}
		answer := string(here.answer(a))
		if !strings.Contains(answer, c.answer) || strings.Contains(answer, "a=crypto:3 ") != (a.Crypto != nil) || (a.Crypto != nil) != c.secure {
			t.Errorf("%s:\n%s", c.name, answer)
		}
		checkByOracle(t, []byte(answer), len(d.Media))
	}
}

// With encryption both sides hear each other and keys arrive; who has no key
// is not heard, and no packet can be read.
func TestEncryptedCall(t *testing.T) {
	virtual(func(t *testing.T) {
		rec := newRecorder(sine(1000, 2*time.Second))
		s := serve(t, Config{Answer: rec.answer, SRTPInClear: true})
		var heard peertest.Tape
		c, err := Dial(t.Context(), DialConfig{Network: lan(t), URI: "sip:1022@" + s.Addr().String(), SRTP: true, Heard: heard.Tap})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { hangup(t, c) })
		far := rec.call(t)
		if c.leg.wire.ours == nil || far.leg.wire.ours == nil {
			t.Fatal("not encrypted")
		}
		stranger, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			t.Fatal(err)
		}
		defer stranger.Close()
		to := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), far.leg.local.Addr.Port())
		for seq := range byte(5) {
			key := []byte{0x80, 0x80 | 101, 0, seq, 0, 0, 0, 1, 9, 9, 9, 9, 9, 10, 3, 32}
			if _, err := stranger.WriteToUDPAddrPort(key, to); err != nil {
				t.Fatal(err)
			}
		}
		if err := c.SendDigit(t.Context(), '5'); err != nil {
			t.Fatal(err)
		}
		if got := rec.digits(t, 1); got != "5" {
			t.Errorf("keys %q", got)
		}
		eventually(t, "the prompt", func() bool { share, power := heard.Share(1000); return share > 0.9 && power > 1e6 })
		if remote := far.leg.receiver.Remote(); remote.Port() != c.leg.local.Addr.Port() {
			t.Errorf("sound goes to %v", remote)
		}
		if err := c.Hangup(t.Context()); err != nil {
			t.Error(err)
		}
		if digits, _ := rec.end(t); digits != "" {
			t.Errorf("keys of a stranger: %q", digits)
		}
	})(t)
}

// A far end that answers an encrypted offer in the clear gets silence.
func TestNoDowngrade(t *testing.T) {
	t.Parallel()
	rec := newRecorder(sine(1000, 2*time.Second))
	s := serve(t, Config{Answer: rec.answer})
	_, err := Dial(t.Context(), DialConfig{Network: lan(t), URI: "sip:1022@" + s.Addr().String(), SRTP: true})
	if err == nil || !strings.Contains(err.Error(), "488") {
		t.Errorf("got %v", err)
	}
}

func TestBaresipEncrypts(t *testing.T) {
	t.Parallel()
	b := startBaresip(t, "udp", ";mediaenc=srtp-mand")
	rec := newRecorder(sine(1000, 1500*time.Millisecond))
	s := serve(t, Config{Answer: rec.answer, SRTPInClear: true})
	began := time.Now()
	b.do("dial", "sip:1022@"+s.Addr().String())
	call := rec.call(t)
	if call.leg.wire.ours == nil {
		t.Error("not encrypted")
	}
	if in := receive(t, rec.inputs, "end of the prompt"); in.Kind != media.Played {
		t.Fatalf("got %v", in)
	}
	b.do("sndcode", "7")
	if in := receive(t, rec.inputs, "a key"); in.Kind != media.Digit || in.Digit != '7' {
		t.Errorf("got %v", in)
	}
	b.do("sndcode", "\x04")
	eventually(t, "a report of baresip", func() bool { return call.Quality().Reported })
	q := call.Quality()
	if q.FarLost > 0.2 || q.FarMOS < 1 || q.MOS < 1 || q.RoundTrip > time.Since(began) { // Longer than the call is misread.
		t.Errorf("%+v", q)
	}
	t.Logf("%+v", q)
	b.do("hangup", "")
	rec.end(t)
	prompt := audio.DecodeALaw(nil, audio.EncodeALaw(nil, sineSamples(1000, 1500*time.Millisecond)))
	if match := correlate(b.heard(), prompt); match < 0.95 {
		t.Errorf("what baresip heard matches the prompt by %.3f", match)
	}
}

// Both ends of a call learn by RTCP how well they are heard.
func TestReportsArrive(t *testing.T) {
	wiretest.Virtual(wiretest.Weather{Delay: 20 * time.Millisecond}, func(t *testing.T) {
		rec := newRecorder(sine(1000, time.Minute))
		s := serve(t, Config{Answer: rec.answer})
		c := dialTo(t, s, "udp")
		far := rec.call(t)
		for name, each := range map[string]*Call{"caller": c, "called": far} {
			eventually(t, "report to the "+name, func() bool { return each.Quality().Reported && each.Quality().RoundTrip < time.Second })
			if q := each.Quality(); q.FarLost > 0.5 || q.Lost > 0.5 || q.Received == 0 {
				t.Errorf("%s: %+v", name, q)
			}
		}
	})(t)
}

func FuzzCrypto(f *testing.F) {
	f.Add("1 AES_CM_128_HMAC_SHA1_80 inline:" + keyText)
	f.Fuzz(func(t *testing.T, value string) {
		c, ok := parseCrypto(value)
		if !ok {
			return
		}
		back, ok := parseCrypto(strings.TrimPrefix(strings.TrimSpace(cryptoLine(c.Tag, c.Key)), "a=crypto:"))
		if !ok || back != c {
			t.Fatalf("%+v, written and read %+v", c, back)
		}
	})
}
