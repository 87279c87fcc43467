package trunk

import (
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/xinmoi/xinmoi/ivr/sip"
	"github.com/xinmoi/xinmoi/ivr/wiretest"
)

// fakeTrunk is a registrar and proxy on UDP that can be broken in every way a
// provider, or a router on the way, has been seen to be.
type fakeTrunk struct {
	t    *testing.T
	conn net.PacketConn

	mu2 sync.Mutex // Of the relay.

	mu       sync.Mutex
	password string
	sha256   bool                                  // Instead of MD5 (RFC 8760).
	granted  int                                   // Seconds; 0 = 60.
	brief    int                                   // 423 below so many seconds.
	answer   func(method, msg string) string       // A response in place of the usual one: "503 Busy\r\nRetry-After: 7".
	mangle   func(request bool, msg string) string // On what is passed on.
	nonce    int
	contact  string         // Registered address.
	at       netip.AddrPort // Where it registered from.
	seen     map[string]int // Method → how many.
	last     map[string]string
	seenAs   string // Told as received and rport; empty = the truth.
	sentBy   string // Written over that of the Via; empty = left alone.
}

func newFakeTrunk(t *testing.T) *fakeTrunk {
	t.Helper()
	conn := socket(t)
	f := &fakeTrunk{t: t, conn: conn, password: "secret", seen: map[string]int{}, last: map[string]string{}}
	done := make(chan struct{})
	go func() {
		defer close(done)
		f.serve()
	}()
	t.Cleanup(func() {
		_ = conn.Close()
		<-done
	})
	return f
}

// lan is the network of a virtual test; nil, for this machine's, elsewhere.
func lan(t testing.TB) sip.Network {
	if n := wiretest.Of(t); n != nil {
		return n
	}
	return nil
}

// virtual makes of a test one that runs on a network in memory, in a time of its
// own.
func virtual(f func(*testing.T)) func(*testing.T) { return wiretest.Virtual(wiretest.Weather{}, f) }

// socket opens one for datagrams, until the test ends.
func socket(t *testing.T) (conn net.PacketConn) {
	t.Helper()
	at, err := netip.MustParseAddrPort("127.0.0.1:0"), error(nil)
	if n := wiretest.Of(t); n != nil {
		conn, err = n.Open(at)
	} else {
		conn, err = net.ListenUDP("udp4", net.UDPAddrFromAddrPort(at))
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func (f *fakeTrunk) addr() netip.AddrPort { return f.conn.LocalAddr().(*net.UDPAddr).AddrPort() }

// count tells how many requests of a method came.
func (f *fakeTrunk) count(method string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.seen[method]
}

// set changes the trunk while it runs.
func (f *fakeTrunk) set(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
}

func (f *fakeTrunk) serve() {
	buf := make([]byte, 65535)
	for {
		n, at, err := f.conn.ReadFrom(buf)
		if err != nil {
			return
		}
		from := at.(*net.UDPAddr).AddrPort()
		f.mu.Lock()
		msg := string(buf[:n])
		if strings.HasPrefix(msg, "SIP/2.0 ") {
			f.passBack(msg)
		} else {
			f.request(msg, netip.AddrPortFrom(from.Addr().Unmap(), from.Port()))
		}
		f.mu.Unlock()
	}
}

func (f *fakeTrunk) send(to netip.AddrPort, msg string) {
	_, _ = f.conn.WriteTo([]byte(msg), net.UDPAddrFromAddrPort(to))
}

func (f *fakeTrunk) request(msg string, from netip.AddrPort) {
	method, _, _ := strings.Cut(msg, " ")
	f.seen[method]++
	f.last[method] = msg
	msg = f.stamp(msg, from)
	if f.answer != nil {
		if status := f.answer(method, msg); status == "silence" {
			return
		} else if status != "" {
			f.send(from, f.response(msg, status))
			return
		}
	}
	switch {
	case method == "OPTIONS":
		f.send(from, f.response(msg, "200 OK"))
	case method == "REGISTER":
		f.send(from, f.response(msg, f.register(msg, from)))
	case !f.at.IsValid():
		if method != "ACK" {
			f.send(from, f.response(msg, "404 Not Found"))
		}
	default:
		f.passOn(msg)
	}
}

// stamp notes in the top Via where a request came from (RFC 3581).
func (f *fakeTrunk) stamp(msg string, from netip.AddrPort) string {
	via := line1(msg, "Via")
	host, port := from.Addr().String(), strconv.Itoa(int(from.Port()))
	if f.seenAs != "" {
		host, port, _ = strings.Cut(f.seenAs, ":")
	}
	stamped := strings.Replace(via, ";rport", ";rport="+port, 1) + ";received=" + host
	if f.sentBy != "" {
		head, params, _ := strings.Cut(stamped, ";")
		stamped = head[:strings.LastIndex(head, " ")+1] + f.sentBy + ";" + params
	}
	return strings.Replace(msg, via, stamped, 1)
}

// register answers a REGISTER.
func (f *fakeTrunk) register(msg string, from netip.AddrPort) string {
	auth := line1(msg, "Authorization")
	param := func(name string) string {
		_, rest, _ := strings.Cut(auth, name+"=")
		if strings.HasPrefix(rest, `"`) {
			rest, _, _ = strings.Cut(rest[1:], `"`)
			return rest
		}
		rest, _, _ = strings.Cut(rest, ",")
		return strings.TrimSpace(rest)
	}
	algorithm, h := "MD5", func(s string) string { sum := md5.Sum([]byte(s)); return hex.EncodeToString(sum[:]) }
	if f.sha256 {
		algorithm, h = "SHA-256", func(s string) string { sum := sha256.Sum256([]byte(s)); return hex.EncodeToString(sum[:]) }
	}
	challenge := func(more string) string {
		f.nonce++
		return fmt.Sprintf("401 Unauthorized\r\nWWW-Authenticate: Digest realm=\"fake\", nonce=\"n%d\", algorithm=%s, qop=\"auth\"%s", f.nonce, algorithm, more)
	}
	if auth == "" {
		return challenge("")
	}
	if param("nonce") != fmt.Sprintf("n%d", f.nonce) {
		return challenge(", stale=true")
	}
	ha1, ha2 := h(param("username")+":fake:"+f.password), h("REGISTER:"+param("uri"))
	if param("response") != h(ha1+":"+param("nonce")+":"+param("nc")+":"+param("cnonce")+":auth:"+ha2) {
		return challenge("")
	}
	expires, _ := strconv.Atoi(strings.TrimSpace(strings.TrimPrefix(line1(msg, "Expires"), "Expires:")))
	if expires > 0 && expires < f.brief {
		return "423 Interval Too Brief\r\nMin-Expires: " + strconv.Itoa(f.brief)
	}
	contact := line1(msg, "Contact")
	_, uri, _ := strings.Cut(contact, "<")
	uri, _, _ = strings.Cut(uri, ">")
	if expires == 0 {
		f.at, f.contact = netip.AddrPort{}, ""
		return "200 OK"
	}
	f.at, f.contact = from, uri
	granted := f.granted
	if granted == 0 {
		granted = 60
	}
	return fmt.Sprintf("200 OK\r\nContact: <sip:somebody@192.0.2.9>;expires=7, <%s>;expires=%d\r\nExpires: 7", uri, granted)
}

// passOn sends a request to the registered telephone, which is also the caller.
func (f *fakeTrunk) passOn(msg string) {
	branch := "z9hG4bKfake" + branchOf(msg)
	first, rest, _ := strings.Cut(msg, "\r\n")
	if method, _, _ := strings.Cut(first, " "); method == "INVITE" && !strings.Contains(line1(msg, "To"), "tag=") {
		first = "INVITE " + f.contact + " SIP/2.0"
		rest = "Record-Route: <sip:" + f.addr().String() + ";lr>\r\n" + rest
	}
	rest = strings.Replace(rest, line1(msg, "Route")+"\r\n", "", 1)
	msg = first + "\r\nVia: SIP/2.0/UDP " + f.addr().String() + ";branch=" + branch + "\r\n" + rest
	if f.mangle != nil {
		msg = f.mangle(true, msg)
	}
	if msg != "" {
		f.send(f.at, fixLength(msg))
	}
}

// passBack sends a response on to who sent the request.
func (f *fakeTrunk) passBack(msg string) {
	msg = strings.Replace(msg, line1(msg, "Via")+"\r\n", "", 1)
	if f.mangle != nil {
		msg = f.mangle(false, msg)
	}
	if msg != "" {
		f.send(f.at, fixLength(msg))
	}
}

// response answers a request; status may carry headers.
func (f *fakeTrunk) response(req, status string) string {
	var b strings.Builder
	b.WriteString("SIP/2.0 " + status + "\r\n")
	head, _, _ := strings.Cut(req, "\r\n\r\n")
	for _, l := range strings.Split(head, "\r\n")[1:] {
		name, _, _ := strings.Cut(l, ":")
		switch name {
		case "To":
			if !strings.Contains(l, "tag=") {
				l += ";tag=fake"
			}
			fallthrough
		case "Via", "From", "Call-ID", "CSeq":
			b.WriteString(l + "\r\n")
		}
	}
	return b.String() + "Content-Length: 0\r\n\r\n"
}

// oneWay lets sound through from the called side to the caller only: both ends
// are told of a relay, which drops what the caller sends.
func (f *fakeTrunk) oneWay() {
	towardsCalled, towardsCaller := f.relay(), f.relay()
	var caller netip.AddrPort
	f.mangle = func(request bool, msg string) string {
		m := regexp.MustCompile(`m=audio (\d+)`).FindStringSubmatch(msg)
		if m == nil {
			return msg
		}
		port, own := m[1], towardsCaller
		if request {
			n, _ := strconv.Atoi(port)
			f.mu2.Lock()
			caller, own = netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(n)), towardsCalled
			f.mu2.Unlock()
		}
		return strings.Replace(msg, m[0], "m=audio "+strconv.Itoa(own.LocalAddr().(*net.UDPAddr).Port), 1)
	}
	f.background(towardsCalled, func() {
		buf := make([]byte, 2000)
		for {
			n, _, err := towardsCalled.ReadFrom(buf)
			if err != nil {
				return
			}
			f.mu2.Lock()
			_, _ = towardsCaller.WriteTo(buf[:n], net.UDPAddrFromAddrPort(caller))
			f.mu2.Unlock()
		}
	})
}

func (f *fakeTrunk) relay() net.PacketConn { return socket(f.t) }

// background runs something that ends with its socket.
func (f *fakeTrunk) background(conn net.PacketConn, run func()) {
	done := make(chan struct{})
	f.t.Cleanup(func() {
		_ = conn.Close()
		<-done
	})
	go func() {
		defer close(done)
		run()
	}()
}

// line1 gives the first header line of a name, whole; empty when there is none.
func line1(msg, name string) string {
	head, _, _ := strings.Cut(msg, "\r\n\r\n")
	for l := range strings.SplitSeq(head, "\r\n") {
		if strings.HasPrefix(l, name+":") {
			return l
		}
	}
	return "\x00"
}

func branchOf(msg string) string {
	_, rest, _ := strings.Cut(line1(msg, "Via"), "branch=")
	branch, _, _ := strings.Cut(rest, ";")
	return branch
}

// fixLength makes Content-Length true after a change of the body.
func fixLength(msg string) string {
	_, body, _ := strings.Cut(msg, "\r\n\r\n")
	return strings.Replace(msg, line1(msg, "Content-Length"), "Content-Length: "+strconv.Itoa(len(body)), 1)
}
