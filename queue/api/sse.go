package api

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
)

// message is one event of an event stream (WHATWG HTML, section 9.2,
// "Server-sent events").
type message struct {
	id    string // Last event id at this message.
	event string // "message" if the stream named none.
	data  string
}

// appendMessage writes a message in stream form. Its id and event must not
// contain line breaks; data may.
func appendMessage(b []byte, m message) []byte {
	b = fmt.Appendf(b, "id: %s\nevent: %s\n", m.id, m.event)
	for line := range strings.SplitSeq(m.data, "\n") {
		b = fmt.Appendf(b, "data: %s\n", line)
	}
	return append(b, '\n')
}

// maxMessage bounds the bytes of one message that a reader keeps.
const maxMessage = 256 << 10

var errLongMessage = errors.New("event stream: a message is too long")

// streamReader reads messages from an event stream.
type streamReader struct {
	in     *bufio.Reader
	onLine func() // Called after every line, comments included; may be nil.
	begun  bool
	sawCR  bool // The line before ended in CR; an LF now belongs to it.
	id     string
}

func newStreamReader(r io.Reader, onLine func()) *streamReader {
	return &streamReader{in: bufio.NewReader(r), onLine: onLine}
}

// next gives the next message. Like a browser it drops a message that the
// stream's end cut off; the error is then io.EOF.
func (s *streamReader) next() (message, error) {
	var data []byte
	event, any := "", false
	for {
		line, err := s.line()
		if err != nil {
			return message{}, err
		}
		if len(line) == 0 {
			if any {
				return message{s.id, orMessage(event), string(data[:len(data)-1])}, nil
			}
			event = ""
			continue
		}
		name, value := field(line)
		switch name {
		case "data":
			data, any = append(append(data, value...), '\n'), true
			if len(data) > maxMessage {
				return message{}, fmt.Errorf("%w: over %d bytes", errLongMessage, maxMessage)
			}
		case "event":
			event = string(value)
		case "id":
			if !bytes.ContainsRune(value, 0) {
				s.id = string(value)
			}
		}
	}
}

func orMessage(event string) string {
	if event == "" {
		return "message"
	}
	return event
}

// field splits a line at its first colon and drops one space after it. A
// comment has the empty name.
func field(line []byte) (name string, value []byte) {
	n, value, _ := bytes.Cut(line, []byte(":"))
	return string(n), bytes.TrimPrefix(value, []byte(" "))
}

// line reads up to CR, LF or CRLF, without it.
func (s *streamReader) line() ([]byte, error) {
	var line []byte
	for {
		c, err := s.in.ReadByte()
		if err != nil {
			return nil, err
		}
		if c == '\n' && s.sawCR {
			s.sawCR = false
			continue
		}
		s.sawCR = c == '\r'
		if c == '\n' || c == '\r' {
			return s.ended(line), nil
		}
		if line = append(line, c); len(line) > maxMessage {
			return nil, fmt.Errorf("%w: a line of over %d bytes", errLongMessage, maxMessage)
		}
	}
}

// ended drops the byte order mark that a stream may begin with.
func (s *streamReader) ended(line []byte) []byte {
	if s.onLine != nil {
		s.onLine()
	}
	if !s.begun {
		s.begun = true
		line = bytes.TrimPrefix(line, []byte("\ufeff"))
	}
	return line
}
