package sip

import (
	"bytes"
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"
)

// judge validates a message that the parser took, as the server would.
func judge(t *testing.T, data []byte) *refusal {
	t.Helper()
	msg, err := sip.ParseMessage(data)
	if err != nil {
		t.Fatalf("parsed once, but not again: %v", err)
	}
	req, ok := msg.(*sip.Request)
	if !ok {
		return nil
	}
	r := validate(req)
	if r == nil {
		_ = callerOf(req, Assertions)
		_ = calledOf(req)
		_, _ = sdpBody(req)
		_, _, _ = negotiateSession(req)
	}
	if r != nil && (r.code < 400 || r.code > 599) {
		t.Fatalf("refused with %d", r.code)
	}
	return r
}

// Messages in the manner of RFC 4475, written anew: what is odd but right
// passes, what is wrong gets the status it is owed or is dropped.
func TestTortureMessages(t *testing.T) {
	const ok = 0
	const dropped = -1
	head := "INVITE sip:1022@example.com SIP/2.0\n"
	rest := "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKx\nMax-Forwards: 9\nFrom: <sip:a@example.com>;tag=1\nTo: <sip:1022@example.com>\nCall-ID: 1@x\nCSeq: 1 INVITE\nContact: <sip:a@192.0.2.1>\n"
	for _, c := range []struct {
		name string
		msg  string
		want int
	}{
		{"plain", head + rest + "Content-Length: 0\n\n", ok},
		{"short header forms and folded lines", head + "v: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKx\nf: <sip:a@example.com>\n ;tag=1\nt: sip:1022@example.com\ni: 1@x\nCSeq:   0001\n  INVITE\nm: <sip:a@192.0.2.1>\nl: 0\n\n", ok},
		{"unknown headers", head + rest + "NewFangled: newfangled value\n continued\nX-\"odd: 1\nContent-Length: 0\n\n", ok},
		{"escapes in the user", strings.Replace(head, "1022", "sips%3A1022%40example.com", 1) + rest + "Content-Length: 0\n\n", ok},
		{"many proxies", head + strings.Repeat("Via: SIP/2.0/TCP p.example.com;branch=z9hG4bKy\n", 30) + rest + "Content-Length: 0\n\n", ok},
		{"unknown scheme in From", head + strings.Replace(rest, "<sip:a@example.com>", "<mailto:a@example.com>", 1) + "Content-Length: 0\n\n", ok},
		{"bad version", strings.Replace(head, "SIP/2.0", "SIP/7.0", 1) + rest + "Content-Length: 0\n\n", 505},
		{"mismatched method", head + strings.Replace(rest, "1 INVITE", "1 OPTIONS", 1) + "Content-Length: 0\n\n", 400},
		{"unknown method, mismatched", strings.Replace(head, "INVITE", "NEWMETHOD", 1) + rest + "Content-Length: 0\n\n", 400},
		{"unknown method", strings.Replace(head, "INVITE", "NEWMETHOD", 1) + strings.Replace(rest, "INVITE", "NEWMETHOD", 1) + "Content-Length: 0\n\n", 405},
		{"no Call-ID, From, To", head + "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKx\nCSeq: 1 INVITE\n\n", 400},
		{"two of each", head + rest + rest + "Content-Length: 0\n\n", 400},
		{"unknown scheme", strings.Replace(head, "sip:1022@example.com", "nobodyKnowsThisScheme:totallyopaque", 1) + rest + "Content-Length: 0\n\n", 416},
		{"another known scheme", strings.Replace(head, "sip:1022@example.com", "mailto:1022@example.com", 1) + rest + "Content-Length: 0\n\n", 416},
		{"unknown extension", head + rest + "Require: nothingSupportsThis\nProxy-Require: nothing\nContent-Length: 0\n\n", 420},
		{"hops used up", head + strings.Replace(rest, "Max-Forwards: 9", "Max-Forwards: 0", 1) + "Content-Length: 0\n\n", 483},
		{"unknown body", head + rest + "Content-Type: application/unknown\nContent-Length: 3\n\nabc", 415},
		{"body in parts", head + rest + "Content-Type: multipart/mixed; boundary=b\nContent-Length: N\n\n--b\nContent-Type: text/plain\n\nhi\n--b\nContent-Type: application/sdp\n\nm=audio 1 RTP/AVP 8\n--b--\n", ok},
		{"parts without description", head + rest + "Content-Type: multipart/mixed; boundary=b\nContent-Length: N\n\n--b\nContent-Type: text/plain\n\nhi\n--b--\n", 415},
		{"CSeq beyond its range", head + strings.Replace(rest, "CSeq: 1", "CSeq: 36893488147419103232", 1) + "Content-Length: 0\n\n", dropped},
		{"negative length", head + rest + "Content-Length: -999\n\n", dropped},
		{"a wildcard to call", strings.Replace(head, "sip:1022@example.com", "*", 1) + rest + "Content-Length: 0\n\n", dropped},
		{"a web page", "GET / HTTP/1.1\nHost: x\n\n", dropped},
	} {
		data := bytes.ReplaceAll([]byte(c.msg), []byte("\n"), []byte("\r\n"))
		_, body, _ := bytes.Cut(data, []byte("\r\n\r\n"))
		data = bytes.Replace(data, []byte("Length: N"), []byte("Length: "+itoa(len(body))), 1)
		got := dropped
		if plausible(data) && parses(data) {
			got = ok
			if r := judge(t, data); r != nil {
				got = r.code
			}
		}
		if got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}
