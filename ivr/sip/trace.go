package sip

import (
	"bytes"
	"net"
	"strconv"
	"strings"
	"sync"
)

// maxTraced bounds a message that is being put together from a stream; longer
// ones are not traced.
const maxTraced = 64 << 10

// tracer hands messages, as they are on the wire, to Config.Trace. Nil traces
// nothing.
type tracer func(callID string, sent bool, message []byte)

// message traces one whole message. What has no Call-ID, such as a keep-alive,
// is none.
func (t tracer) message(sent bool, message []byte) {
	if t == nil {
		return
	}
	if id := callIDOf(message); id != "" {
		t(id, sent, bytes.Clone(message))
	}
}

// stream gives a connection whose messages are traced.
func (t tracer) stream(c net.Conn) net.Conn {
	if t == nil {
		return c
	}
	return &tracedConn{Conn: c, to: t}
}

// tracedConn reads along on a stream.
type tracedConn struct {
	net.Conn
	to tracer

	mu      sync.Mutex
	partial []byte // Of a message that has not come whole.
}

// Read implements net.Conn.
func (c *tracedConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.partial = append(c.partial, b[:n]...)
	for {
		whole, rest := cutMessage(c.partial)
		if whole == nil {
			break
		}
		c.to.message(false, whole)
		c.partial = rest
	}
	if len(c.partial) > maxTraced {
		c.partial = nil
	}
	return n, err
}

// Write implements net.Conn. sipgo writes a message in one piece.
func (c *tracedConn) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	if err == nil {
		c.to.message(true, b)
	}
	return n, err
}

// cutMessage takes the first whole message off a stream (RFC 3261 §18.3); nil
// when none is whole yet.
func cutMessage(stream []byte) (whole, rest []byte) {
	stream = bytes.TrimLeft(stream, "\r\n")
	head, _, found := bytes.Cut(stream, []byte("\r\n\r\n"))
	if !found {
		return nil, stream
	}
	n, err := strconv.Atoi(rawHeader(head, "Content-Length", "l"))
	if err != nil || n < 0 {
		n = 0
	}
	end := len(head) + 4 + n
	if n > maxTraced || len(stream) < end {
		return nil, stream
	}
	return stream[:end], stream[end:]
}

// callIDOf finds the Call-ID of a message that has not been parsed.
func callIDOf(message []byte) string {
	return rawHeader(message, "Call-ID", "i")
}

// rawHeader gives the value of the first header of a name, in its long or
// short form, of a message that has not been parsed; what follows its headers
// is not looked at. Nothing is allocated but the value.
func rawHeader(message []byte, long, short string) string {
	return string(rawValue(message, long, short))
}

// rawValue is rawHeader without a copy.
func rawValue(message []byte, long, short string) []byte {
	for rest := bytes.TrimLeft(message, "\r\n"); len(rest) > 0; {
		var line []byte
		line, rest, _ = bytes.Cut(rest, []byte("\r\n"))
		if len(line) == 0 {
			break // The body begins.
		}
		name, value, found := bytes.Cut(line, []byte(":"))
		if !found {
			continue
		}
		if name = bytes.TrimSpace(name); isNamed(name, long) || isNamed(name, short) {
			return bytes.TrimSpace(value)
		}
	}
	return nil
}

func isNamed(name []byte, want string) bool {
	return len(name) == len(want) && strings.EqualFold(string(name), want)
}
