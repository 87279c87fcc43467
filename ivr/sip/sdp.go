package sip

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
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

// mapping is an rtpmap: format "8" is "PCMA/8000", upper case.
type mapping struct{ format, encoding string }

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
	Maps      []mapping
	Addr      netip.Addr // Invalid when the line names a host or nothing.
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
	for rest := string(body); rest != ""; {
		var line string
		line, rest = cutLine(rest)
		name, value, ok := strings.Cut(strings.TrimSpace(line), "=")
		if !ok {
			continue
		}
		switch name {
		case "m":
			if len(d.Media) == maxMedia {
				return description{}, errSDPSize
			}
			d.Media = append(d.Media, mediaLine{Addr: session.Addr, Direction: session.Direction})
			current = &d.Media[len(d.Media)-1]
			if err := current.parse(value); err != nil {
				return description{}, err
			}
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

// cutLine takes the first line off a text; either character ends it.
func cutLine(text string) (line, rest string) {
	end := strings.IndexByte(text, '\n')
	if end < 0 {
		end = len(text)
	}
	if cr := strings.IndexByte(text[:end], '\r'); cr >= 0 {
		end = cr
	}
	return text[:end], text[min(end+1, len(text)):]
}

// parse reads "audio 4000 RTP/AVP 8 0 101" (RFC 8866 §5.14).
func (m *mediaLine) parse(value string) error {
	f := strings.Fields(value)
	if len(f) < 3 || len(f) > 3+maxFormats {
		return fmt.Errorf("media line %q: %d fields", clip(value), len(f))
	}
	for i, text := range f {
		if i != 1 && !isPath(text) {
			return fmt.Errorf("media line %q: odd characters in %q", clip(value), clip(text))
		}
	}
	port, _, _ := strings.Cut(f[1], "/")
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return fmt.Errorf("media line %q: port %q", clip(value), clip(port))
	}
	m.Kind, m.Port, m.Protocol, m.Formats = strings.ToLower(f[0]), uint16(n), strings.ToUpper(f[2]), f[3:]
	return nil
}

// isPath checks for tokens with slashes between or around them.
func isPath(text string) bool {
	some := false
	for i := range len(text) {
		if text[i] != '/' {
			some = true
			if !isTokenChar(text[i]) {
				return false
			}
		}
	}
	return some
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
		if ok && m.Kind != "" { // Of a line, not of the session.
			m.setMapping(mapping{format, strings.ToUpper(strings.TrimSpace(encoding))})
		}
	}
}

// setMapping takes a mapping in; of several for one format the last counts.
func (m *mediaLine) setMapping(a mapping) {
	if i := m.mapped(a.format); i >= 0 {
		m.Maps[i] = a
	} else if len(m.Maps) < maxFormats {
		m.Maps = append(m.Maps, a)
	}
}

func (m *mediaLine) mapped(format string) int {
	return slices.IndexFunc(m.Maps, func(a mapping) bool { return a.format == format })
}

// encoding gives the name and rate of a format; the static ones need no rtpmap
// (RFC 3551 §6).
func (m *mediaLine) encoding(format string) string {
	if i := m.mapped(format); i >= 0 {
		return strings.TrimSuffix(m.Maps[i].encoding, "/1")
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
	b := l.head()
	protocol := "RTP/AVP"
	if l.Secure {
		protocol = "RTP/SAVP"
	}
	b = fmt.Appendf(b, "m=audio %d %s 8 0 %d\r\n", l.Addr.Port(), protocol, offerEvents)
	if l.Secure {
		b = append(b, cryptoLine(offerCrypto, l.Key)...)
	}
	b = append(b, "a=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\n"...)
	return ending(appendEvents(b, offerEvents), d)
}

// answer writes the answer to the offer of a: the same media lines in the same
// order, all but one refused (RFC 3264 §6).
func (l local) answer(a *agreement) []byte {
	b := l.head()
	for i, m := range a.Media {
		if i != a.Index {
			format := "0"
			if len(m.Formats) > 0 {
				format = m.Formats[0]
			}
			b = fmt.Appendf(b, "m=%s 0 %s %s\r\n", m.Kind, m.Protocol, format)
			continue
		}
		b = l.appendSound(b, a)
	}
	return b
}

// appendSound writes the media line that was agreed. Every call needs it: it is
// put together without fmt.
func (l local) appendSound(b []byte, a *agreement) []byte {
	m, c := &a.Media[a.Index], a.Codec
	b = strconv.AppendUint(append(b, "m=audio "...), uint64(l.Addr.Port()), 10)
	b = append(append(append(b, ' '), m.Protocol...), ' ')
	b = strconv.AppendUint(b, uint64(c.Payload), 10)
	if c.EventType != 0 {
		b = strconv.AppendUint(append(b, ' '), uint64(c.EventType), 10)
	}
	b = strconv.AppendUint(append(b, "\r\na=rtpmap:"...), uint64(c.Payload), 10)
	b = append(append(append(b, ' '), c.Law.String()...), "/8000\r\n"...)
	if c.EventType != 0 {
		b = appendEvents(b, c.EventType)
	}
	if a.Crypto != nil {
		b = append(b, cryptoLine(a.Crypto.Tag, l.Key)...)
	}
	if m.Mux {
		b = append(b, "a=rtcp-mux\r\n"...)
	}
	return ending(b, a.Direction)
}

// sizeSDP is more than our descriptions have, of one media line.
const sizeSDP = 320

func (l local) head() []byte {
	family := "IP4 "
	if l.Addr.Addr().Is6() {
		family = "IP6 "
	}
	host := l.Addr.Addr().WithZone("")
	b := append(make([]byte, 0, sizeSDP), "v=0\r\no=- "...)
	b = append(strconv.AppendUint(b, l.ID, 10), ' ')
	b = append(strconv.AppendUint(b, l.Version, 10), " IN "...)
	b = host.AppendTo(append(b, family...))
	b = append(append(b, "\r\ns=-\r\nc=IN "...), family...)
	return append(host.AppendTo(b), "\r\nt=0 0\r\n"...)
}

func appendEvents(b []byte, pt uint8) []byte {
	b = strconv.AppendUint(append(b, "a=rtpmap:"...), uint64(pt), 10)
	b = strconv.AppendUint(append(b, " telephone-event/8000\r\na=fmtp:"...), uint64(pt), 10)
	return append(b, " 0-15\r\n"...)
}

func ending(b []byte, d direction) []byte {
	return append(append(append(b, "a=ptime:20\r\na="...), d...), "\r\n"...)
}

// clip shortens a value of unknown length for an error message.
func clip(s string) string {
	if len(s) > 60 {
		return s[:60] + "…"
	}
	return s
}
