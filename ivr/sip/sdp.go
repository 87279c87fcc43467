package sip

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/xinmoi/xinmoi/announce/rtp"
)

// Bounds of a session description; real ones stay far below.
const (
	maxSDP     = 16 << 10
	maxMedia   = 16
	maxFormats = 64
)

// direction is who sends (RFC 8866 §6.7), as seen by the writer.
type direction string

const (
	sendrecv direction = "sendrecv"
	sendonly direction = "sendonly"
	recvonly direction = "recvonly"
	inactive direction = "inactive"
)

// reversed gives the widest direction that answers d.
func (d direction) reversed() direction {
	switch d {
	case sendonly:
		return recvonly
	case recvonly:
		return sendonly
	}
	return d
}

// description is a session description as far as a telephone needs it.
type description struct {
	Media  []mediaLine
	Secure bool // Encrypted sound may be agreed: the keys in it came safely.
}

// mediaLine is one m= section with the session's defaults filled in.
type mediaLine struct {
	Kind      string // "audio", "video" …
	Protocol  string // "RTP/AVP" …
	Port      uint16
	Formats   []string
	Maps      map[string]string // Format → "PCMA/8000", upper case.
	Addr      netip.Addr        // Invalid when the line names a host or nothing.
	Direction direction
	RTCP      uint16 // Port for reports (RFC 3605); 0 = the one after Port.
	Mux       bool   // Reports by the port of the sound (RFC 5761).
	Crypto    []crypto
}

var (
	errNoSDP   = errors.New("not a session description: no m= line")
	errNoG711  = errors.New("no G.711 (PCMA or PCMU over RTP/AVP) is offered")
	errSDPSize = fmt.Errorf("session description exceeds %d bytes or %d media", maxSDP, maxMedia)
)

// parseSDP reads what telephones and trunks really send: lines in any order,
// LF or CRLF, missing v=, s= or t=, unknown lines.
func parseSDP(body []byte) (description, error) {
	if len(body) > maxSDP {
		return description{}, errSDPSize
	}
	var d description
	session := mediaLine{Direction: sendrecv}
	current := &session
	for line := range strings.FieldsFuncSeq(string(body), func(r rune) bool { return r == '\n' || r == '\r' }) {
		name, value, ok := strings.Cut(strings.TrimSpace(line), "=")
		if !ok {
			continue
		}
		switch name {
		case "m":
			if len(d.Media) == maxMedia {
				return description{}, errSDPSize
			}
			m, err := parseMediaLine(value)
			if err != nil {
				return description{}, err
			}
			m.Addr, m.Direction = session.Addr, session.Direction
			d.Media = append(d.Media, m)
			current = &d.Media[len(d.Media)-1]
		case "c":
			current.Addr = parseConnection(value)
		case "a":
			current.attribute(value)
		}
	}
	if len(d.Media) == 0 {
		return description{}, errNoSDP
	}
	return d, nil
}

// parseMediaLine reads "audio 4000 RTP/AVP 8 0 101" (RFC 8866 §5.14).
func parseMediaLine(value string) (mediaLine, error) {
	f := strings.Fields(value)
	if len(f) < 3 || len(f) > 3+maxFormats {
		return mediaLine{}, fmt.Errorf("media line %q: %d fields", clip(value), len(f))
	}
	for i, token := range f {
		if i != 1 && !isToken([]byte(strings.ReplaceAll(token, "/", ""))) {
			return mediaLine{}, fmt.Errorf("media line %q: odd characters in %q", clip(value), clip(token))
		}
	}
	port, _, _ := strings.Cut(f[1], "/")
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return mediaLine{}, fmt.Errorf("media line %q: port %q", clip(value), clip(port))
	}
	return mediaLine{
		Kind: strings.ToLower(f[0]), Port: uint16(n), Protocol: strings.ToUpper(f[2]), Formats: f[3:],
		Maps: map[string]string{}, Direction: sendrecv,
	}, nil
}

// parseConnection reads "IN IP4 192.0.2.1", also with a TTL behind the address.
func parseConnection(value string) netip.Addr {
	f := strings.Fields(value)
	if len(f) < 3 {
		return netip.Addr{}
	}
	host, _, _ := strings.Cut(f[2], "/")
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return netip.Addr{} // A host name: the packets will tell.
	}
	return addr.Unmap().WithZone("")
}

func (m *mediaLine) attribute(value string) {
	name, rest, _ := strings.Cut(value, ":")
	switch name := strings.ToLower(strings.TrimSpace(name)); name {
	case "sendrecv", "sendonly", "recvonly", "inactive":
		m.Direction = direction(name)
	case "crypto":
		if c, ok := parseCrypto(rest); ok && len(m.Crypto) < maxCrypto {
			m.Crypto = append(m.Crypto, c)
		}
	case "rtcp-mux":
		m.Mux = true
	case "rtcp":
		port, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
		if n, err := strconv.ParseUint(port, 10, 16); err == nil {
			m.RTCP = uint16(n)
		}
	case "rtpmap":
		format, encoding, ok := strings.Cut(strings.TrimSpace(rest), " ")
		if ok && m.Maps != nil && len(m.Maps) < maxFormats {
			m.Maps[format] = strings.ToUpper(strings.TrimSpace(encoding))
		}
	}
}

// encoding gives the name and rate of a format; the static ones need no rtpmap
// (RFC 3551 §6).
func (m *mediaLine) encoding(format string) string {
	if e, ok := m.Maps[format]; ok {
		return strings.TrimSuffix(e, "/1")
	}
	switch format {
	case "0":
		return "PCMU/8000"
	case "8":
		return "PCMA/8000"
	}
	return ""
}

// agreement is what an offer and an answer have in common, from our side.
type agreement struct {
	Index     int // Of the m= line.
	Codec     rtp.Codec
	Remote    netip.AddrPort // Invalid when the address is unknown or means hold.
	Direction direction      // Ours.
	Media     []mediaLine    // All m= lines, for the answer.
	Crypto    *crypto        // Their key; nil = in the clear.
}

// held reports whether we must not send.
func (a *agreement) held() bool { return a.Direction == recvonly || a.Direction == inactive }

// agree chooses the first usable audio line, an encrypted one before all others
// where that may be: G.711 in the order of the far end's preference, and its
// telephone events.
func agree(d description) (*agreement, error) {
	if d.Secure {
		for i := range d.Media {
			if m := &d.Media[i]; m.encrypted() && len(m.Crypto) > 0 {
				if a := d.agreeOn(i); a != nil {
					a.Crypto = &m.Crypto[0]
					return a, nil
				}
			}
		}
	}
	for i := range d.Media {
		if m := &d.Media[i]; m.Protocol == "RTP/AVP" || m.Protocol == "RTP/AVPF" {
			if a := d.agreeOn(i); a != nil {
				return a, nil
			}
		}
	}
	return nil, errNoG711
}

// agreeOn tries one line; nil when it has no sound for us.
func (d *description) agreeOn(i int) *agreement {
	m := &d.Media[i]
	codec, ok := m.codec()
	if !ok {
		return nil
	}
	a := &agreement{Index: i, Codec: codec, Direction: m.Direction.reversed(), Media: d.Media}
	switch {
	case m.Addr.IsValid() && m.Addr.IsUnspecified():
		a.Direction = hold(a.Direction) // The way of RFC 2543.
	case m.Addr.IsValid():
		a.Remote = netip.AddrPortFrom(m.Addr, m.Port)
	}
	return a
}

// hold takes sending out of a direction.
func hold(d direction) direction {
	if d == sendrecv || d == recvonly {
		return recvonly
	}
	return inactive
}

func (m *mediaLine) codec() (c rtp.Codec, ok bool) {
	if m.Kind != "audio" || m.Port == 0 {
		return c, false
	}
	for _, f := range m.Formats {
		pt, err := strconv.ParseUint(f, 10, 7)
		if err != nil {
			continue
		}
		name, rate, _ := strings.Cut(m.encoding(f), "/")
		switch {
		case name == "PCMA" && rate == "8000" && !ok:
			c.Law, c.Payload, ok = rtp.ALaw, uint8(pt), true
		case name == "PCMU" && rate == "8000" && !ok:
			c.Law, c.Payload, ok = rtp.ULaw, uint8(pt), true
		case name == "TELEPHONE-EVENT" && pt != 0 && (c.EventType == 0 || rate == "8000"):
			c.EventType = uint8(pt)
		}
	}
	return c, ok
}

// local is our side of a session description.
type local struct {
	ID      uint64 // Of the session (o= line).
	Version uint64 // Grows with every change.
	Addr    netip.AddrPort
	Key     [cryptoBytes]byte // What we encrypt with, where that is agreed.
	Secure  bool              // Our offers are for encrypted sound only.
}

// offerEvents is the payload type of telephone events in our own offers.
const offerEvents = 101

// offer writes a description that proposes all we can.
func (l local) offer(d direction) []byte {
	var b strings.Builder
	l.head(&b)
	protocol := "RTP/AVP"
	if l.Secure {
		protocol = "RTP/SAVP"
	}
	fmt.Fprintf(&b, "m=audio %d %s 8 0 %d\r\n", l.Addr.Port(), protocol, offerEvents)
	if l.Secure {
		b.WriteString(cryptoLine(offerCrypto, l.Key))
	}
	fmt.Fprintf(&b, "a=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\n")
	writeEvents(&b, offerEvents)
	fmt.Fprintf(&b, "a=ptime:20\r\na=%s\r\n", d)
	return []byte(b.String())
}

// answer writes the answer to the offer of a: the same media lines in the same
// order, all but one refused (RFC 3264 §6).
func (l local) answer(a *agreement) []byte {
	var b strings.Builder
	l.head(&b)
	for i, m := range a.Media {
		if i != a.Index {
			format := "0"
			if len(m.Formats) > 0 {
				format = m.Formats[0]
			}
			fmt.Fprintf(&b, "m=%s 0 %s %s\r\n", m.Kind, m.Protocol, format)
			continue
		}
		c := a.Codec
		fmt.Fprintf(&b, "m=audio %d %s %d", l.Addr.Port(), m.Protocol, c.Payload)
		if c.EventType != 0 {
			fmt.Fprintf(&b, " %d", c.EventType)
		}
		fmt.Fprintf(&b, "\r\na=rtpmap:%d %s/8000\r\n", c.Payload, c.Law)
		if c.EventType != 0 {
			writeEvents(&b, c.EventType)
		}
		if a.Crypto != nil {
			b.WriteString(cryptoLine(a.Crypto.Tag, l.Key))
		}
		if m.Mux {
			b.WriteString("a=rtcp-mux\r\n")
		}
		fmt.Fprintf(&b, "a=ptime:20\r\na=%s\r\n", a.Direction)
	}
	return []byte(b.String())
}

func (l local) head(b *strings.Builder) {
	family := "IP4"
	if l.Addr.Addr().Is6() {
		family = "IP6"
	}
	host := l.Addr.Addr().WithZone("")
	fmt.Fprintf(b, "v=0\r\no=- %d %d IN %s %s\r\ns=-\r\nc=IN %s %s\r\nt=0 0\r\n", l.ID, l.Version, family, host, family, host)
}

func writeEvents(b *strings.Builder, pt uint8) {
	fmt.Fprintf(b, "a=rtpmap:%d telephone-event/8000\r\na=fmtp:%d 0-15\r\n", pt, pt)
}

// clip shortens a value of unknown length for an error message.
func clip(s string) string {
	if len(s) > 60 {
		return s[:60] + "…"
	}
	return s
}
