package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Bounds of waiting for the server.
const (
	answerTime = 8 * time.Second
	repeatTime = 500 * time.Millisecond // Timer T1 (RFC 3261 §17.1.1.1).
)

var errRefused = errors.New("the server did not take the call")

// exchange is the telephone line of all callers: one socket that signals for
// every call.
type exchange struct {
	conn   *net.UDPConn
	server netip.AddrPort
	local  string
	next   atomic.Uint64

	mu    sync.Mutex
	calls map[string]*call
}

// call is the signalling of one caller.
type call struct {
	id, number string // Call-ID and whom it calls.
	own        string // The caller's number: everybody has another.
	stream     *stream
	tag        string // The server's.
	replies    chan reply
}

// reply is a final response, or a BYE of the server.
type reply struct {
	code int
	tag  string
	port uint16 // For sound.
	at   int64  // When the kernel got it.
}

func newExchange(server netip.AddrPort) (*exchange, error) {
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return nil, fmt.Errorf("open the callers' line: %w", err)
	}
	_ = conn.SetReadBuffer(socketBytes) // The kernel may grant less.
	raw, err := conn.SyscallConn()
	if err == nil {
		err = raw.Control(func(fd uintptr) { _ = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1) })
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("set up the callers' line: %w", err), conn.Close())
	}
	return &exchange{conn: conn, server: server, local: conn.LocalAddr().String(), calls: map[string]*call{}}, nil
}

// run passes what arrives to the calls until the socket is closed.
func (x *exchange) run() {
	buf, control := make([]byte, 8<<10), make([]byte, controlSize)
	for {
		n, c, _, _, err := x.conn.ReadMsgUDPAddrPort(buf, control)
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err == nil:
			x.take(buf[:n], stampOf(control[:c]))
		}
	}
}

func stampOf(control []byte) int64 {
	if len(control) < unix.SizeofCmsghdr+int(unsafe.Sizeof(unix.Timespec{})) {
		return wall()
	}
	return (*unix.Timespec)(unsafe.Pointer(&control[unix.SizeofCmsghdr])).Nano()
}

// take reads one message: the little of SIP that the server under test speaks.
func (x *exchange) take(msg []byte, at int64) {
	x.mu.Lock()
	c := x.calls[headerOf(msg, "Call-ID")]
	x.mu.Unlock()
	if bytes.HasPrefix(msg, []byte("BYE ")) {
		x.confirm(msg)
		if c != nil {
			c.put(reply{at: at})
		}
		return
	}
	if c == nil || len(msg) < 12 || !bytes.HasPrefix(msg, []byte("SIP/2.0 ")) || msg[8] == '1' {
		return
	}
	code, err := strconv.Atoi(string(msg[8:11]))
	if err != nil {
		return
	}
	_, tag, _ := strings.Cut(headerOf(msg, "To"), "tag=")
	c.put(reply{code, tag, portOf(msg), at})
}

func (c *call) put(r reply) {
	select {
	case c.replies <- r:
	default: // A repetition.
	}
}

// headerOf gives the value of a header in its long form.
func headerOf(msg []byte, name string) string {
	_, rest, _ := bytes.Cut(msg, []byte("\r\n"+name+": "))
	value, _, _ := bytes.Cut(rest, []byte("\r\n"))
	return string(value)
}

func portOf(msg []byte) uint16 {
	_, rest, _ := bytes.Cut(msg, []byte("m=audio "))
	text, _, _ := bytes.Cut(rest, []byte(" "))
	n, _ := strconv.ParseUint(string(text), 10, 16)
	return uint16(n)
}

// confirm answers a BYE of the server.
func (x *exchange) confirm(msg []byte) {
	var b strings.Builder
	b.WriteString("SIP/2.0 200 OK\r\n")
	for _, name := range []string{"Via", "From", "To", "Call-ID", "CSeq"} {
		fmt.Fprintf(&b, "%s: %s\r\n", name, headerOf(msg, name))
	}
	x.write(b.String() + "Content-Length: 0\r\n\r\n")
}

func (x *exchange) write(msg string) {
	_, _ = x.conn.WriteToUDPAddrPort([]byte(msg), x.server) // A lost one is repeated.
}

// place calls and waits for the answer; setup is the time from INVITE to 200.
func (x *exchange) place(ctx context.Context, number string, s *stream) (c *call, setup time.Duration, port uint16, err error) {
	n := x.next.Add(1)
	c = &call{id: fmt.Sprintf("bench-%d", n), number: number, own: fmt.Sprintf("0912%06d", n%1e6), stream: s, replies: make(chan reply, 4)}
	x.mu.Lock()
	x.calls[c.id] = c
	x.mu.Unlock()
	sdp := fmt.Sprintf("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio %d RTP/AVP 8 %d\r\n"+
		"a=rtpmap:8 PCMA/8000\r\na=rtpmap:%d telephone-event/8000\r\n", s.from, eventType, eventType)
	began := wall()
	r, err := x.ask(ctx, c, x.request(c, "INVITE", 1, sdp))
	if err == nil && r.code != 200 {
		err = fmt.Errorf("%w: %d", errRefused, r.code)
	}
	if err != nil {
		x.forget(c)
		return nil, 0, 0, err
	}
	c.tag = r.tag
	x.write(x.request(c, "ACK", 1, ""))
	return c, time.Duration(r.at - began), r.port, nil
}

// ask sends a request until it is answered.
func (x *exchange) ask(ctx context.Context, c *call, msg string) (reply, error) {
	limit := time.NewTimer(answerTime)
	defer limit.Stop()
	for wait := repeatTime; ; wait *= 2 {
		x.write(msg)
		again := time.NewTimer(wait)
		select {
		case r := <-c.replies:
			again.Stop()
			return r, nil
		case <-again.C:
		case <-limit.C:
			again.Stop()
			return reply{}, fmt.Errorf("no answer within %v", answerTime)
		case <-ctx.Done():
			again.Stop()
			return reply{}, ctx.Err()
		}
	}
}

// hangUp ends a call.
func (x *exchange) hangUp(ctx context.Context, c *call) error {
	defer x.forget(c)
	_, err := x.ask(ctx, c, x.request(c, "BYE", 2, ""))
	return err
}

func (x *exchange) forget(c *call) {
	x.mu.Lock()
	defer x.mu.Unlock()
	delete(x.calls, c.id)
}

func (x *exchange) request(c *call, method string, seq int, body string) string {
	tag, kind := "", ""
	if c.tag != "" {
		tag = ";tag=" + c.tag
	}
	if body != "" {
		kind = "Content-Type: application/sdp\r\n"
	}
	return fmt.Sprintf("%s sip:%s@%s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%s%s;rport\r\nFrom: <sip:%s@%s>;tag=%s\r\nTo: <sip:%s@%s>%s\r\n"+
		"Call-ID: %s\r\nCSeq: %d %s\r\nContact: <sip:%s@%s>\r\nMax-Forwards: 70\r\n%sContent-Length: %d\r\n\r\n%s",
		method, c.number, x.server, x.local, c.id, method, c.own, x.local, c.id, c.number, x.server, tag, c.id, seq, method, c.own, x.local, kind, len(body), body)
}
