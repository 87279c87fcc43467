package sip

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/pion/sdp/v3"
)

// FuzzSDPBesideAStrictReader: what a strict reader takes ours takes, too, and
// understands the same.
func FuzzSDPBesideAStrictReader(f *testing.F) {
	f.Add("v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\na=sendonly\r\nm=audio 4000 RTP/AVP 8 0 101\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\na=rtcp:4009\r\n" +
		"m=video 5000/2 RTP/SAVPF 99\r\nc=IN IP6 2001:db8::7\r\na=inactive\r\na=rtpmap:99 H264/90000\r\na=rtcp-mux\r\n")
	f.Add("v=0\no=a 2 3 IN IP6 ::1\ns= \nt=0 0\nm=audio 0 RTP/AVP 18\nc=IN IP4 0.0.0.0\n")
	f.Fuzz(func(t *testing.T, text string) {
		var o sdp.SessionDescription
		if len(text) > maxSDP || o.UnmarshalString(text) != nil || len(o.MediaDescriptions) == 0 || len(o.MediaDescriptions) > maxMedia || !plainSDP(text) {
			return
		}
		d, err := parseSDP([]byte(text))
		if err != nil {
			for _, m := range o.MediaDescriptions {
				if len(m.MediaName.Formats) > maxFormats || len(m.MediaName.Formats) == 0 || m.MediaName.Port.Value < 0 || m.MediaName.Port.Value > 0xFFFF || !tokens(m) {
					return // Beyond our bounds.
				}
			}
			t.Fatalf("%v in %q", err, text)
		}
		if len(d.Media) != len(o.MediaDescriptions) {
			t.Fatalf("%d media lines, want %d, in %q", len(d.Media), len(o.MediaDescriptions), text)
		}
		for i, want := range o.MediaDescriptions {
			got := d.Media[i]
			if int(got.Port) != want.MediaName.Port.Value || got.Kind != strings.ToLower(want.MediaName.Media) || !slices.Equal(got.Formats, want.MediaName.Formats) ||
				got.Protocol != strings.ToUpper(strings.Join(want.MediaName.Protos, "/")) {
				t.Errorf("media line %d: %+v, want %v, in %q", i, got, want.MediaName, text)
			}
			if c := connectionOf(&o, want); c.IsValid() && got.Addr != c {
				t.Errorf("media line %d: address %v, want %v, in %q", i, got.Addr, c, text)
			}
			if mux := hasAttribute(want, "rtcp-mux"); mux != got.Mux {
				t.Errorf("media line %d: rtcp-mux %v in %q", i, got.Mux, text)
			}
		}
	})
}

// plainSDP leaves out what the two may read differently: odd characters, and
// spaces, which ours forgives.
func plainSDP(text string) bool {
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		if strings.TrimSpace(line) != line || strings.Contains(line, "\r") || strings.ContainsFunc(line, func(r rune) bool { return r < ' ' || r > '~' }) {
			return false
		}
	}
	return true
}

func tokens(m *sdp.MediaDescription) bool {
	for _, word := range append([]string{m.MediaName.Media, strings.Join(m.MediaName.Protos, "")}, m.MediaName.Formats...) {
		if !isToken([]byte(strings.ReplaceAll(word, "/", ""))) {
			return false
		}
	}
	return true
}

// connectionOf is the address of a media line; not valid where it is a name or
// has a scope, which the two read differently.
func connectionOf(o *sdp.SessionDescription, m *sdp.MediaDescription) netip.Addr {
	c := o.ConnectionInformation
	if m.ConnectionInformation != nil {
		c = m.ConnectionInformation
	}
	if c == nil || c.Address == nil {
		return netip.Addr{}
	}
	addr, err := netip.ParseAddr(c.Address.Address)
	if err != nil || addr.Zone() != "" {
		return netip.Addr{}
	}
	return addr.Unmap()
}

func hasAttribute(m *sdp.MediaDescription, name string) bool {
	return slices.ContainsFunc(m.Attributes, func(a sdp.Attribute) bool { return strings.EqualFold(strings.TrimSpace(a.Key), name) })
}
