package sip

import (
	"net"
	"strings"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/announce/rtp"
)

// RFC 3262: a caller who requires it gets a reliable 180, repeated until the
// PRACK; the 200 comes after that.
func TestReliableRinging(t *testing.T) {
	virtual(func(t *testing.T) {
		rec := newRecorder(nil)
		s := serve(t, Config{Answer: rec.answer, Ring: 10 * time.Millisecond, t1: 200 * time.Millisecond})
		r := newRaw(t, s)
		r.send(r.build("INVITE", "prack", "", 1, "Require: 100rel\r\n", sdpFor(mediaAddr)))
		first, again := r.response(), r.response()
		rseq := first.GetHeader("RSeq")
		if first.StatusCode != 180 || again.StatusCode != 180 || rseq == nil || again.GetHeader("RSeq").Value() != rseq.Value() || !has(first, "Require", "100rel") {
			t.Fatalf("%v\n%v", first, again)
		}
		final := func(method string) int {
			for {
				if res := r.response(); res.StatusCode != 180 && string(res.CSeq().MethodName) == method {
					return res.StatusCode
				}
			}
		}
		r.send(r.build("PRACK", "prack", tagOf(first), 2, "RAck: 1 1 INVITE\r\n", ""))
		if code := final("PRACK"); code != 481 {
			t.Errorf("PRACK for another response: %d", code)
		}
		r.send(r.build("PRACK", "prack", tagOf(first), 3, "RAck: "+rseq.Value()+" 1 INVITE\r\n", ""))
		if code := final("INVITE"); code != 200 {
			t.Errorf("INVITE: %d", code)
		}
		r.send(r.build("ACK", "prack", tagOf(first), 1, "", ""))
		rec.call(t)
		r.send(r.build("BYE", "prack", tagOf(first), 4, "", ""))
		for {
			if res := r.response(); res.CSeq().MethodName == "BYE" {
				break
			}
		}
	})(t)
}

func TestReliableRingingWithoutPRACK(t *testing.T) {
	virtual(func(t *testing.T) {
		rec := newRecorder(nil)
		s := serve(t, Config{Answer: rec.answer, Ring: 10 * time.Millisecond, t1: 2 * time.Millisecond})
		r := newRaw(t, s)
		r.send(r.build("INVITE", "no-prack", "", 1, "Require: 100rel\r\n", sdpFor(mediaAddr)))
		for {
			res := r.response()
			if res.StatusCode == 180 {
				continue
			}
			if res.StatusCode != 504 {
				t.Errorf("%d", res.StatusCode)
			}
			break
		}
		eventually(t, "no calls", func() bool { return s.Calls() == 0 })
	})(t)
}

// Before the answer nothing is said to who has not shown that it is there; who
// acknowledges hears the announcement, and is refused then, unbilled.
func TestEarlyMedia(t *testing.T) {
	virtual(func(t *testing.T) {
		rec := newRecorder(nil)
		asked := make(chan struct{}, 10)
		s := serve(t, Config{Answer: rec.answer, Early: func(*Call) *rtp.Prompt {
			asked <- struct{}{}
			return sine(1000, 300*time.Millisecond)
		}})
		media, at := bystander(t)
		r := newRaw(t, s)
		r.send(r.build("INVITE", "early", "", 1, "Supported: 100rel\r\n", sdpFor(at)))
		early := r.response()
		if early.StatusCode != 183 || !strings.Contains(string(early.Body()), "m=audio") {
			t.Fatalf("%v", early)
		}
		if n := packets(t, media, 100*time.Millisecond); n != 0 {
			t.Errorf("%d packets before the PRACK", n)
		}
		r.send(r.build("PRACK", "early", tagOf(early), 2, "RAck: "+early.GetHeader("RSeq").Value()+" 1 INVITE\r\n", ""))
		if n := countUntil(t, media, 5); n < 5 {
			t.Errorf("%d packets of 300 ms of sound", n)
		}
		for {
			res := r.response()
			if res.CSeq().MethodName == "INVITE" && res.StatusCode != 183 {
				if res.StatusCode != 480 {
					t.Errorf("%d", res.StatusCode)
				}
				break
			}
		}
		<-asked
		r.send(r.build("INVITE", "plain", "", 1, "", sdpFor(at)))
		res := r.response()
		for string(*res.CallID()) != "plain" { // The 480 again, which has no ACK.
			res = r.response()
		}
		if res.StatusCode != 200 || len(asked) > 0 {
			t.Errorf("who cannot acknowledge gets %d; asked %d times", res.StatusCode, len(asked))
		}
		r.send(r.build("BYE", "plain", tagOf(res), 2, "", ""))
	})(t)
}

// countUntil counts packets until there are n.
func countUntil(t *testing.T, conn net.PacketConn, n int) (got int) {
	t.Helper()
	buf := make([]byte, 2000)
	_ = conn.SetReadDeadline(time.Now().Add(patience))
	for ; got < n; got++ {
		if _, _, err := conn.ReadFrom(buf); err != nil {
			return got
		}
	}
	return got
}
