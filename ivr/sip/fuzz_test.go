package sip

import (
	"context"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
)

// FuzzServer throws messages at a server that has a call in progress: whatever
// they are, nobody gets a conversation, the call stays, and the server goes on
// answering. For an hour: go test -run '^$' -fuzz FuzzServer -fuzztime 1h ./ivr/sip
func FuzzServer(f *testing.F) {
	for _, name := range []string{"callee.xml", "caller_pcap.xml"} {
		text, err := os.ReadFile("testdata/" + name)
		if err != nil {
			f.Fatal(err)
		}
		for _, part := range strings.Split(string(text), "<![CDATA[\n")[1:] {
			body, _, _ := strings.Cut(part, "]]>")
			f.Add([]byte(strings.ReplaceAll(body, "\n", "\r\n")))
		}
	}
	for _, m := range []string{"INVITE", "OPTIONS", "BYE", "CANCEL", "ACK", "UPDATE", "PRACK", "NOTIFY", "REFER", "REGISTER"} {
		f.Add([]byte(m + " sip:1022@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK1;rport\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:1022@b>\r\nCall-ID: 1\r\nCSeq: 1 " + m +
			"\r\nContact: <sip:a@127.0.0.1:9>\r\nRAck: 1 1 INVITE\r\nSession-Expires: 90;refresher=uac\r\nSupported: timer, 100rel\r\nContent-Length: 0\r\n\r\n"))
	}
	conversations := make(chan *Call, 16)
	s, err := Listen(Config{Addr: "127.0.0.1:0", t1: 20 * time.Millisecond, MaxCall: 24 * time.Hour, FirstMedia: 24 * time.Hour, Media: 24 * time.Hour, Answer: func(_ context.Context, c *Call) {
		conversations <- c
		<-c.ended
	}})
	if err != nil {
		f.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = s.Run(ctx) }()
	f.Cleanup(func() { cancel(); <-done })
	call, err := Dial(ctx, DialConfig{URI: "sip:1022@" + s.Addr().String()})
	if err != nil {
		f.Fatal(err)
	}
	<-conversations
	call.lastUntil(24 * time.Hour)
	f.Cleanup(func() {
		bye, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_ = call.Hangup(bye)
	})
	peer := &Peer{Addr: s.Addr()}
	asker, closeAsker, err := ownEndpoint(ctx, DialConfig{}, &sip.Uri{Scheme: "sip", Host: "127.0.0.1"})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(closeAsker)
	conn, err := net.Dial("udp", s.Addr().String())
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = conn.Close() })
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 60000 {
			return
		}
		if _, err := conn.Write(b); err != nil {
			return // Its own answers have closed it: an ICMP error of a moment ago.
		}
		if tcp, err := net.Dial("tcp", s.Addr().String()); err == nil {
			_, _ = tcp.Write(b)
			_ = tcp.Close()
		}
		within, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		if code, _, err := (&Server{ep: asker}).Ping(within, *peer, "fuzz"); err != nil || code != 200 {
			t.Fatalf("the server does not answer any more: %d %v", code, err)
		}
		select {
		case c := <-conversations:
			t.Fatalf("a conversation with %q began", c.Caller())
		case <-call.Done():
			t.Fatal("the call in progress has ended")
		default:
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
