package trunk

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/xinmoi/xinmoi/ivr/clean"
)

// maxNotes bounds the messages that an examination keeps.
const maxNotes = 500

// message is one SIP message of an examination.
type message struct {
	at   time.Time
	sent bool
	text string
}

// notebook keeps the messages of an examination.
type notebook struct {
	mu  sync.Mutex
	all []message
}

// note is for sip.Config.Trace.
func (n *notebook) note(_ string, sent bool, text []byte) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.all) < maxNotes {
		n.all = append(n.all, message{time.Now(), sent, string(text)})
	}
}

func (n *notebook) messages() []message {
	n.mu.Lock()
	defer n.mu.Unlock()
	return append([]message{}, n.all...)
}

// find gives the first message that matches.
func (n *notebook) find(match func(message) bool) (message, bool) {
	for _, m := range n.messages() {
		if match(m) {
			return m, true
		}
	}
	return message{}, false
}

// text writes everything for the provider: secrets removed, numbers masked.
func (n *notebook) text() []byte {
	var b bytes.Buffer
	for _, m := range n.messages() {
		arrow := "<<<"
		if m.sent {
			arrow = ">>>"
		}
		fmt.Fprintf(&b, "%s %s %d bytes\n%s\n", m.at.UTC().Format("2006-01-02T15:04:05.000Z"), arrow, len(m.text), clean.Message([]byte(m.text)))
	}
	return b.Bytes()
}

// method is the method of a request; empty for a response.
func (m message) method() string {
	first, _, _ := strings.Cut(m.text, " ")
	if strings.HasPrefix(first, "SIP/") {
		return ""
	}
	return first
}

// status is the status of a response; 0 for a request.
func (m message) status() int {
	if m.method() != "" {
		return 0
	}
	f := strings.Fields(m.text)
	if len(f) < 2 {
		return 0
	}
	n, _ := strconv.Atoi(f[1])
	return n
}

// headers gives the values of all headers of a name, in its long or short form.
func (m message) headers(long, short string) (all []string) {
	head, _, _ := strings.Cut(m.text, "\r\n\r\n")
	for line := range strings.SplitSeq(head, "\r\n") {
		name, value, found := strings.Cut(line, ":")
		name = strings.TrimSpace(name)
		if found && (strings.EqualFold(name, long) || short != "" && strings.EqualFold(name, short)) {
			all = append(all, strings.TrimSpace(value))
		}
	}
	return all
}

// header gives the first of them; empty when there is none.
func (m message) header(long, short string) string {
	all := m.headers(long, short)
	if len(all) == 0 {
		return ""
	}
	return all[0]
}

func (m message) cseqMethod() string {
	f := strings.Fields(m.header("CSeq", ""))
	if len(f) != 2 {
		return ""
	}
	return f[1]
}

func (m message) body() string {
	_, body, _ := strings.Cut(m.text, "\r\n\r\n")
	return body
}

// sound reads what of a description matters here.
type sound struct {
	codecs  []string // "PCMA/8000", or the bare number of a format.
	origin  string   // Of o=: session id.
	addr    string
	port    string
	events  bool
	present bool
}

// staticFormats names the formats that need no a=rtpmap (RFC 3551 §6).
func staticFormats() map[string]string {
	return map[string]string{"0": "PCMU", "8": "PCMA", "18": "G729", "4": "G723", "9": "G722", "3": "GSM", "13": "CN"}
}

func (m message) sound() (s sound) {
	names, formats := staticFormats(), []string{}
	for line := range strings.FieldsFuncSeq(m.body(), func(r rune) bool { return r == '\r' || r == '\n' }) {
		kind, value, _ := strings.Cut(line, "=")
		f := strings.Fields(value)
		switch {
		case kind == "o" && len(f) >= 2:
			s.origin = f[1]
		case kind == "c" && len(f) == 3 && (s.addr == "" || s.present):
			s.addr = f[2]
		case kind == "m" && len(f) > 3 && f[0] == "audio" && !s.present:
			s.present, s.port, formats = true, f[1], f[3:]
		case kind == "a" && strings.HasPrefix(value, "rtpmap:") && len(f) == 2:
			name, _, _ := strings.Cut(f[1], "/")
			names[strings.TrimPrefix(f[0], "rtpmap:")] = name
		}
	}
	for _, f := range formats {
		name := names[f]
		if name == "" {
			name = f
		}
		if strings.EqualFold(name, "telephone-event") {
			s.events = true
			continue
		}
		s.codecs = append(s.codecs, name)
	}
	return s
}

// g711 reports whether we can speak any of the codecs.
func (s sound) g711() bool {
	for _, c := range s.codecs {
		if strings.EqualFold(c, "PCMA") || strings.EqualFold(c, "PCMU") {
			return true
		}
	}
	return false
}
