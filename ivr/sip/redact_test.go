package sip

import (
	"bytes"
	"strings"
	"testing"
)

func TestRedact(t *testing.T) {
	in := strings.ReplaceAll(`INVITE sip:0912345678@192.0.2.1 SIP/2.0
Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK12345678
From: "0912345678" <sip:+84912345678@x>;tag=1
To: <sip:0912345678@x>
Call-ID: 1234567890@x
P-Asserted-Identity: <tel:+84912345678>
Authorization: Digest username="u", response="0123456789abcdef"
CSeq: 1 INVITE

v=0
a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:secretsecret
m=audio 4000 RTP/AVP 8
`, "\n", "\r\n")
	out := string(Redact([]byte(in)))
	for _, gone := range []string{"912345678", "0123456789abcdef", "secretsecret"} {
		if strings.Contains(out, gone) {
			t.Errorf("%q is still in %s", gone, out)
		}
	}
	for _, kept := range []string{"sip:0912****78@192.0.2.1", "+8491*****78", "Call-ID: 1234567890@x", "branch=z9hG4bK12345678", "m=audio 4000 RTP/AVP 8", "CSeq: 1 INVITE"} {
		if !strings.Contains(out, kept) {
			t.Errorf("%q is not in %s", kept, out)
		}
	}
	if Redact([]byte("\x00\x01")) != nil {
		t.Error("what is no message")
	}
}

func FuzzRedact(f *testing.F) {
	f.Add([]byte("INVITE sip:0912345678@x SIP/2.0\r\nFrom: <sip:0912345678@x>\r\n\r\nv=0\r\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		out := Redact(b)
		head, _, _ := bytes.Cut(out, []byte("\r\n"))
		run := 0
		for _, c := range head {
			if c >= '0' && c <= '9' {
				run++
			} else {
				run = 0
			}
			if run >= shortestNumber {
				t.Fatalf("a number is in %q", head)
			}
		}
	})
}

func FuzzTraceFraming(f *testing.F) {
	f.Add([]byte("OPTIONS sip:x SIP/2.0\r\nCall-ID: 1\r\nContent-Length: 3\r\n\r\nabcOPTIONS sip:x SIP/2.0\r\n\r\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		rest := b
		for range 1000 {
			whole, next := cutMessage(rest)
			if whole == nil {
				return
			}
			if len(next) >= len(rest) {
				t.Fatal("no progress")
			}
			_ = callIDOf(whole)
			_ = isScanner(whole)
			rest = next
		}
	})
}

func FuzzRegistrar(f *testing.F) {
	f.Add("<sip:a@1.2.3.4>;expires=60, \"x,y\" <sip:b@c>", "120 (busy);duration=3")
	f.Fuzz(func(t *testing.T, contacts, token string) {
		n := 0
		for one := range splitAddresses(contacts) {
			n++
			if e := contactExpires(one); e < 0 {
				t.Fatal(e)
			}
		}
		if n > strings.Count(contacts, ",")+1 {
			t.Fatalf("%d addresses in %q", n, contacts)
		}
		_ = fraud(token)
		_, _ = fragment([]byte(token))
	})
}
