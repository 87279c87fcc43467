package sip

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"github.com/xinmoi/xinmoi/ivr/media"
)

// mediaAddr is an address for offers of calls that send no sound.
var mediaAddr = netip.MustParseAddrPort("127.0.0.1:9")

// answered places a call by hand up to its ACK and gives our tag.
func (r *raw) answered(callID, extra string) (tag string) {
	r.t.Helper()
	r.send(r.build("INVITE", callID, "", 1, extra, sdpFor(mediaAddr)))
	res := r.response()
	if res.StatusCode != 200 {
		r.t.Fatalf("INVITE: %d %s", res.StatusCode, res.Reason)
	}
	r.send(r.build("ACK", callID, tagOf(res), 1, "", ""))
	return tagOf(res)
}

func TestEveryResponseOfAnInviteHasOneTag(t *testing.T) {
	virtual(func(t *testing.T) {
		rec := newRecorder(nil)
		s := serve(t, Config{Answer: rec.answer, Ring: 100 * time.Millisecond})
		r := newRaw(t, s)
		r.send(r.build("INVITE", "one-tag", "", 1, "", sdpFor(mediaAddr)))
		ringing, ok := r.response(), r.response()
		if ringing.StatusCode != 180 || ok.StatusCode != 200 || tagOf(ok) == "" || tagOf(ringing) != tagOf(ok) {
			t.Errorf("%d %q, %d %q", ringing.StatusCode, tagOf(ringing), ok.StatusCode, tagOf(ok))
		}
		r.send(r.build("ACK", "one-tag", tagOf(ok), 1, "", ""))
		r.send(r.build("BYE", "one-tag", tagOf(ok), 2, "", ""))
		if res := r.response(); res.StatusCode != 200 {
			t.Errorf("BYE: %d", res.StatusCode)
		}
	})(t)
}

func TestCancelWhileRinging(t *testing.T) {
	virtual(func(t *testing.T) {
		rec := newRecorder(nil)
		s := serve(t, Config{Answer: rec.answer, Ring: time.Minute})
		r := newRaw(t, s)
		invite := r.build("INVITE", "cancelled", "", 1, "", sdpFor(mediaAddr))
		r.send(invite)
		ringing := r.response()
		cancel := r.build("CANCEL", "cancelled", "", 1, "", "")
		branch := func(m string) string { return m[strings.Index(m, "branch=") : strings.Index(m, "branch=")+26] }
		r.send(strings.Replace(cancel, branch(cancel), branch(invite), 1))
		codes := map[int]string{}
		for range 2 {
			res := r.response()
			codes[res.StatusCode] = tagOf(res)
		}
		if codes[200] == "" || codes[487] != tagOf(ringing) {
			t.Errorf("responses %v, ringing had %q", codes, tagOf(ringing))
		}
		eventually(t, "no calls", func() bool { return s.Calls() == 0 })
		select {
		case <-rec.calls:
			t.Error("a cancelled call was answered")
		default:
		}
		r.send(r.build("CANCEL", "unknown", "", 1, "", ""))
		for {
			if res := r.response(); res.StatusCode == 481 {
				break
			}
		}
	})(t)
}

// sipgo hands out requests in any order: a BYE right behind the ACK often
// comes first. It must be taken as both.
func TestByeRightBehindTheAck(t *testing.T) {
	virtual(func(t *testing.T) {
		rec := newRecorder(nil)
		s := serve(t, Config{Answer: rec.answer})
		r := newRaw(t, s)
		for i := range 30 {
			id := fmt.Sprint("order-", i)
			r.send(r.build("INVITE", id, "", 1, "", sdpFor(mediaAddr)))
			res := r.response()
			ack, bye := r.build("ACK", id, tagOf(res), 1, "", ""), r.build("BYE", id, tagOf(res), 2, "", "")
			r.send(ack)
			r.send(bye)
			if res := r.response(); res.StatusCode != 200 || res.CSeq().MethodName != sip.BYE {
				t.Fatalf("call %d: %d %s to %v", i, res.StatusCode, res.Reason, res.CSeq())
			}
		}
		eventually(t, "no calls", func() bool { return s.Calls() == 0 })
		for range 30 {
			if _, why := rec.end(t); why != EndBye {
				t.Errorf("ended by %q", why)
			}
		}
	})(t)
}

func TestByeWithoutAnyAck(t *testing.T) {
	virtual(func(t *testing.T) {
		rec := newRecorder(nil)
		s := serve(t, Config{Answer: rec.answer})
		r := newRaw(t, s)
		r.send(r.build("INVITE", "no-ack-bye", "", 1, "", sdpFor(mediaAddr)))
		res := r.response()
		r.send(r.build("BYE", "no-ack-bye", tagOf(res), 2, "", ""))
		if res := r.response(); res.StatusCode != 200 || res.CSeq().MethodName != sip.BYE {
			t.Errorf("%d", res.StatusCode)
		}
		if _, why := rec.end(t); why != EndBye {
			t.Errorf("ended by %q", why)
		}
	})(t)
}

// RFC 3261 §13.3.1.4: 200 again after T1, 2·T1, 4·T1 …; BYE already at 12·T1,
// because nothing at all was heard.
func TestLostAck(t *testing.T) {
	virtual(func(t *testing.T) {
		const t1 = defaultT1
		rec := newRecorder(nil)
		s := serve(t, Config{Answer: rec.answer})
		r := newRaw(t, s)
		start := time.Now()
		r.send(r.build("INVITE", "lost-ack", "", 1, "", sdpFor(mediaAddr)))
		var call *Call
		var at []time.Duration
		for {
			msg := r.message()
			if res, ok := msg.(*sip.Response); ok && res.StatusCode == 200 {
				at, call = append(at, time.Since(start)), only(t, s)
				continue
			}
			if req, ok := msg.(*sip.Request); ok && req.Method == sip.BYE {
				r.send(sip.NewResponseFromRequest(req, 200, "OK", nil).String())
				break
			}
		}
		if d := time.Since(start); d != 12*t1 || !slices.Equal(at, []time.Duration{0, t1, 3 * t1, 7 * t1}) {
			t.Errorf("200 at %v, BYE after %v", at, d)
		}
		if in := receive(t, call.Inputs(), "the end"); in.Kind != media.HungUp || in.Source != EndNoACK {
			t.Errorf("got %v", in)
		}
		eventually(t, "no calls", func() bool { return s.Calls() == 0 })
	})(t)
}

func TestHangupWaitsForTheAck(t *testing.T) {
	virtual(func(t *testing.T) {
		rec := newRecorder(nil)
		s := serve(t, Config{Answer: rec.answer})
		r := newRaw(t, s)
		r.send(r.build("INVITE", "late-ack", "", 1, "", sdpFor(mediaAddr)))
		res := r.response()
		c := only(t, s)
		over := make(chan error, 1)
		go func() { over <- c.Hangup(t.Context()) }()
		if in := receive(t, c.Inputs(), "the end"); in.Kind != media.HungUp || in.Source != EndHangup {
			t.Errorf("got %v", in)
		}
		r.send(r.build("ACK", "late-ack", tagOf(res), 1, "", ""))
		bye := r.request()
		if bye.Method != sip.BYE {
			t.Fatalf("got %s", bye.Method)
		}
		r.send(sip.NewResponseFromRequest(bye, 200, "OK", nil).String())
		if err := receive(t, over, "end of Hangup"); err != nil {
			t.Error(err)
		}
	})(t)
}

// Hold is answered within the same call, pauses the sound, and is lifted.
func TestHoldAndResume(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ method, name, sdp, want string }{
		{"INVITE", "sendonly", sdpFor(mediaAddr, "a=sendonly\r\n"), "a=recvonly"},
		{"UPDATE", "inactive", sdpFor(mediaAddr, "a=inactive\r\n"), "a=inactive"},
		{"INVITE", "0.0.0.0", sdpFor(netip.MustParseAddrPort("0.0.0.0:9")), "a=recvonly"},
	} {
		t.Run(c.name+" by "+c.method, virtual(func(t *testing.T) {
			rec := newRecorder(nil)
			s := serve(t, Config{Answer: rec.answer, Media: 2 * time.Second, FirstMedia: 2 * time.Second})
			r := newRaw(t, s)
			tag := r.answered("hold", "")
			call := rec.call(t)
			change := func(seq int, sdp, want string) {
				r.send(r.build(c.method, "hold", tag, seq, "", sdp))
				res := r.response()
				for int(res.CSeq().SeqNo) != seq { // The 200 before it again, on a slow machine.
					res = r.response()
				}
				if res.StatusCode != 200 || tagOf(res) != tag || !strings.Contains(string(res.Body()), want) {
					t.Fatalf("%d %s, want %s in %s", res.StatusCode, res.Reason, want, res.Body())
				}
				if c.method == "INVITE" {
					r.send(r.build("ACK", "hold", tag, seq, "", ""))
				}
			}
			change(2, c.sdp, c.want)
			sent := call.leg.stream.Sent()
			quiet := time.NewTimer(2300 * time.Millisecond) // Longer than the media timeout.
			<-quiet.C
			if more := call.leg.stream.Sent() - sent; more > 1 || s.Calls() != 1 {
				t.Errorf("on hold: %d packets, %d calls", more, s.Calls())
			}
			change(3, sdpFor(mediaAddr), "a=sendrecv")
			eventually(t, "sound again", func() bool { return call.leg.stream.Sent() > sent+2 })
			if _, why := rec.end(t); why != EndMedia { // Nothing is heard from us here.
				t.Errorf("ended by %q", why)
			}
			bye := r.request()
			r.send(sip.NewResponseFromRequest(bye, 200, "OK", nil).String())
		}))
	}
}

func TestReofferThatCannotBe(t *testing.T) {
	virtual(func(t *testing.T) {
		rec := newRecorder(nil)
		s := serve(t, Config{Answer: rec.answer})
		r := newRaw(t, s)
		tag := r.answered("reoffer", "")
		for i, c := range []struct {
			sdp  string
			seq  int
			code int
		}{
			{"v=0\r\nm=audio 9 RTP/AVP 18\r\n", 2, 488},
			{"v=0\r\nno media\r\n", 3, 400},
			{sdpFor(mediaAddr), 1, 500}, // An old CSeq.
			{strings.ReplaceAll(sdpFor(mediaAddr), "8 ", "0 "), 5, 200},
		} {
			r.send(r.build("UPDATE", "reoffer", tag, c.seq, "", c.sdp))
			if res := r.response(); res.StatusCode != c.code {
				t.Errorf("case %d: %d %s, want %d", i, res.StatusCode, res.Reason, c.code)
			}
		}
		r.send(r.build("BYE", "reoffer", tag, 9, "", ""))
		r.response()
	})(t)
}

// A re-INVITE that overtakes the ACK waits for it; without ACK it gets 491.
func TestReinviteBeforeTheAck(t *testing.T) {
	virtual(func(t *testing.T) {
		rec := newRecorder(nil)
		s := serve(t, Config{Answer: rec.answer})
		r := newRaw(t, s)
		r.send(r.build("INVITE", "early", "", 1, "", sdpFor(mediaAddr)))
		tag := tagOf(r.response())
		r.send(r.build("INVITE", "early", tag, 2, "", sdpFor(mediaAddr)))
		r.send(r.build("ACK", "early", tag, 1, "", ""))
		for {
			res := r.response()
			if res.CSeq().SeqNo != 2 {
				continue // The 200 to the first again.
			}
			if res.StatusCode != 200 {
				t.Errorf("%d %s", res.StatusCode, res.Reason)
			}
			break
		}
		r.send(r.build("INVITE", "early", tag, 3, "", sdpFor(mediaAddr)))
		for {
			res := r.response()
			if res.CSeq().SeqNo != 3 {
				continue
			}
			if res.StatusCode != 491 {
				t.Errorf("%d %s", res.StatusCode, res.Reason)
			}
			break
		}
		r.send(r.build("BYE", "early", tag, 9, "", ""))
	})(t)
}

func TestLateOffer(t *testing.T) {
	virtual(func(t *testing.T) {
		rec := newRecorder(nil)
		s := serve(t, Config{Answer: rec.answer})
		r := newRaw(t, s)
		r.send(r.build("INVITE", "late", "", 1, "", ""))
		res := r.response()
		d, err := parseSDP(res.Body())
		if err != nil || len(d.Media) != 1 || len(d.Media[0].Formats) != 3 {
			t.Fatalf("our offer %q: %v", res.Body(), err)
		}
		call := only(t, s)
		if call.leg.stream.Sent() != 0 || len(rec.calls) > 0 {
			t.Error("sound before the answer")
		}
		r.send(r.build("ACK", "late", tagOf(res), 1, "", sdpFor(mediaAddr)))
		rec.call(t)
		eventually(t, "sound", func() bool { return call.leg.stream.Sent() > 2 })
		r.send(r.build("BYE", "late", tagOf(res), 2, "", ""))
		r.response()

		r.send(r.build("INVITE", "later", "", 1, "", "")) // And an ACK that has none.
		res = r.response()
		r.send(r.build("ACK", "later", tagOf(res), 1, "", ""))
		bye := r.request()
		r.send(sip.NewResponseFromRequest(bye, 200, "OK", nil).String())
		eventually(t, "no calls", func() bool { return s.Calls() == 0 })
	})(t)
}

func TestInfoKeys(t *testing.T) {
	virtual(func(t *testing.T) {
		rec := newRecorder(nil)
		s := serve(t, Config{Answer: rec.answer})
		r := newRaw(t, s)
		tag := r.answered("info", "")
		for i, c := range []struct{ kind, body string }{
			{"application/dtmf-relay", "Signal= 5 \r\nDuration=160\r\n"},
			{"application/dtmf", "#"},
			{"application/dtmf-relay", "Signal=10\nDuration=100"},
			{"text/plain", "5"},
			{"", ""},
		} {
			extra := ""
			if c.kind != "" {
				extra = "Content-Type: " + c.kind + "\r\n"
			}
			r.send(r.build("INFO", "info", tag, 2+i, extra, c.body))
			if res := r.response(); res.StatusCode != 200 || int(res.CSeq().SeqNo) != 2+i {
				t.Errorf("%v: %d to %v", c, res.StatusCode, res.CSeq())
			}
		}
		if got := rec.digits(t, 3); got != "5#*" {
			t.Errorf("digits %q", got)
		}
		r.send(r.build("BYE", "info", tag, 90, "", ""))
		r.response()
	})(t)
}

func TestSessionTimer(t *testing.T) {
	virtual(func(t *testing.T) {
		rec := newRecorder(nil)
		s := serve(t, Config{Answer: rec.answer})
		r := newRaw(t, s)
		r.send(r.build("INVITE", "small", "", 1, "Supported: timer\r\nSession-Expires: 30\r\n", sdpFor(mediaAddr)))
		if res := r.response(); res.StatusCode != 422 || res.GetHeader("Min-SE").Value() != "90" {
			t.Errorf("%d", res.StatusCode)
		}
		r.send(r.build("INVITE", "timer", "", 1, "Supported: timer, 100rel\r\nSession-Expires: 600\r\n", sdpFor(mediaAddr)))
		res := r.response()
		if h := res.GetHeader("Session-Expires"); h == nil || h.Value() != "600;refresher=uac" || !has(res, "Require", "timer") {
			t.Errorf("Session-Expires %v, Require %v", h, list(res, "Require"))
		}
		r.send(r.build("ACK", "timer", tagOf(res), 1, "", ""))
		call := rec.call(t)
		call.post(letter{act: func() {
			if d := time.Until(call.timers.session); d < 560*time.Second || d > 570*time.Second {
				t.Errorf("the session ends in %v, want 568 s", d)
			}
			call.timers.session = time.Now()
		}})
		if bye := r.request(); bye.Method != sip.BYE {
			t.Errorf("got %s", bye.Method)
		} else {
			r.send(sip.NewResponseFromRequest(bye, 200, "OK", nil).String())
		}
		if _, why := rec.end(t); why != EndSession {
			t.Errorf("ended by %q", why)
		}
	})(t)
}

// Where the caller wants us to refresh, we do.
func TestWeRefresh(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		allow  string
		method sip.RequestMethod
	}{{"Allow: INVITE, UPDATE\r\n", sip.UPDATE}, {"", sip.INVITE}} {
		t.Run(string(c.method), virtual(func(t *testing.T) {
			rec := newRecorder(nil)
			s := serve(t, Config{Answer: rec.answer})
			r := newRaw(t, s)
			tag := r.answered("refresh", c.allow+"Supported: timer\r\nSession-Expires: 600;refresher=uas\r\n")
			call := rec.call(t)
			call.post(letter{act: func() { call.timers.session = time.Now() }})
			req := r.request()
			if req.Method != c.method {
				t.Fatalf("got %s", req.Method)
			}
			body := []byte(nil)
			if req.Method == sip.INVITE {
				body = []byte(sdpFor(mediaAddr))
			}
			r.send(sip.NewResponseFromRequest(req, 200, "OK", body).String())
			if req.Method == sip.INVITE {
				ack := r.request()
				for ack.Method == sip.INVITE && ack.CSeq().SeqNo == req.CSeq().SeqNo { // Again, where we were slow to answer.
					ack = r.request()
				}
				if ack.Method != sip.ACK || ack.CSeq().SeqNo != req.CSeq().SeqNo {
					t.Errorf("got %s %v", ack.Method, ack.CSeq())
				}
			}
			r.send(r.build("BYE", "refresh", tag, 5, "", ""))
			if _, why := rec.end(t); why != EndBye {
				t.Errorf("ended by %q", why)
			}
		}))
	}
}

func TestOptionsAndStrangeRequests(t *testing.T) {
	virtual(func(t *testing.T) {
		rec := newRecorder(nil)
		s := serve(t, Config{Answer: rec.answer})
		r := newRaw(t, s)
		good := func(method string) string { return r.build(method, "stray-"+method, "", 1, "", "") }
		for _, c := range []struct {
			name string
			msg  string
			code int
		}{
			{"OPTIONS", good("OPTIONS"), 200},
			{"REGISTER", good("REGISTER"), 405},
			{"unknown method", good("FLY"), 405},
			{"stray BYE", r.build("BYE", "x", "tag", 2, "", ""), 481},
			{"stray INFO", r.build("INFO", "x", "tag", 2, "", ""), 481},
			{"INVITE into no dialog", r.build("INVITE", "x", "tag", 2, "", sdpFor(mediaAddr)), 481},
			{"version", strings.Replace(good("OPTIONS"), "SIP/2.0\r\n", "SIP/7.0\r\n", 1), 505},
			{"no Call-ID", strings.Replace(good("OPTIONS"), "Call-ID: stray-OPTIONS\r\n", "", 1), 400},
			{"two From", strings.Replace(good("OPTIONS"), "From:", "From: <sip:x@y>;tag=1\r\nFrom:", 1), 400},
			{"CSeq of another method", strings.Replace(good("OPTIONS"), "CSeq: 1 OPTIONS", "CSeq: 1 INVITE", 1), 400},
			{"scheme", strings.Replace(good("OPTIONS"), "sip:1022@", "nobodyknows:1022@", 1), 416},
			{"Require", r.build("OPTIONS", "r", "", 1, "Require: nothingSupportsThis, nothingSupportsThat\r\n", ""), 420},
			{"Max-Forwards", strings.Replace(good("OPTIONS"), "Max-Forwards: 70", "Max-Forwards: 0", 1), 483},
			{"Content-Type", r.build("INVITE", "ct", "", 1, "Content-Type: application/unknown\r\n", "hello"), 415},
			{"Content-Encoding", r.build("INVITE", "ce", "", 1, "Content-Encoding: gzip\r\n", sdpFor(mediaAddr)), 415},
			{"no common codec", r.build("INVITE", "g729", "", 1, "", strings.ReplaceAll(sdpFor(mediaAddr), "8 101", "18")), 488},
			{"no SDP at all", r.build("INVITE", "nosdp", "", 1, "", "nonsense"), 400},
			{"broken SDP", r.build("INVITE", "broken", "", 1, "Content-Type: application/sdp\r\n", "m=audio x RTP/AVP 8\r\n"), 400},
		} {
			r.send(c.msg)
			if res := r.response(); res.StatusCode != c.code {
				t.Errorf("%s: %d %s, want %d", c.name, res.StatusCode, res.Reason, c.code)
			} else if c.code == 420 && res.GetHeader("Unsupported") == nil || c.code == 405 && res.GetHeader("Allow") == nil {
				t.Errorf("%s: no explaining header in\n%s", c.name, res)
			}
		}
		eventually(t, "no calls", func() bool { return s.Calls() == 0 })
	})(t)
}

// Rubbish on the port changes nothing: nothing is remembered of it, and a
// call placed afterwards works.
func TestRubbish(t *testing.T) {
	rec := newRecorder(nil)
	s := serve(t, Config{Answer: rec.answer})
	pool := s.ep.ua.TransportLayer().Pool("udp")
	eventually(t, "the socket", func() bool { return pool.Size() > 0 })
	before := pool.Size()
	for _, junk := range []string{"", "\x00\x00\x00\x00", "\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", "INVITE", "SIP/2.0 200 OK", "INVITE sip:x SIP/2.0\r\n",
		"INVITE sip:1022@x SIP/2.0\r\nVia: \x80\r\n:\r\n\r\n", strings.Repeat("A", 60000), "SIP/2.0 999999999 \r\n\r\n", "\x80\x08rtp"} {
		for range 20 {
			newRaw(t, s).send(junk)
		}
	}
	r := newRaw(t, s)
	r.send(r.build("OPTIONS", "after", "", 1, "", ""))
	if res := r.response(); res.StatusCode != 200 {
		t.Errorf("%d", res.StatusCode)
	}
	if n := pool.Size() - before; n > 25 { // Only what looked like SIP, and us.
		t.Errorf("%d addresses are remembered", n)
	}
	if s.Dropped() < 150 {
		t.Errorf("%d datagrams were dropped", s.Dropped())
	}
	dialTo(t, s, "udp")
	rec.call(t)
}

// When strangers fill sipgo's pool it is made new, without losing a message.
func TestPoolOfStrangersIsRenewed(t *testing.T) {
	t.Parallel()
	rec := newRecorder(nil)
	s := serve(t, Config{Answer: rec.answer})
	r := newRaw(t, s)
	tag := r.answered("through", "")
	for i := range 5 {
		s.ep.udp.renew.Store(true)
		other := newRaw(t, s)
		other.send(other.build("OPTIONS", fmt.Sprint("o", i), "", 1, "", ""))
		if res := other.response(); res.StatusCode != 200 {
			t.Errorf("%d", res.StatusCode)
		}
	}
	call := rec.call(t)
	go func() { _ = call.Hangup(t.Context()) }()
	bye := r.request()
	if bye.Method != sip.BYE || tag == "" {
		t.Errorf("got %s", bye.Method)
	}
	r.send(sip.NewResponseFromRequest(bye, 200, "OK", nil).String())
	<-call.Done()
}

func TestRateLimit(t *testing.T) {
	f, now := newFilter(10), time.Unix(1000, 0)
	stranger := addrPort("192.0.2.1:5060")
	passed := 0
	for range 100 {
		if f.allow(stranger, now) {
			passed++
		}
	}
	if passed != 20 || !f.allow(addrPort("192.0.2.2:5060"), now) || !f.allow(stranger, now.Add(time.Second)) {
		t.Errorf("%d of a burst passed, want 20", passed)
	}
	for range 1000 {
		if !f.allow(addrPort("127.0.0.1:5060"), now) {
			t.Fatal("loopback is limited")
		}
	}
	for i := range 2 * maxSources {
		f.allow(addrPort(fmt.Sprintf("10.1.%d.%d:1", i>>8, i&255)), now)
	}
	if n := len(f.sources); n > maxSources {
		t.Errorf("%d sources remembered", n)
	}
}

// The routes of proxies are kept in order, and ours is sent back unchanged.
func TestRecordRoute(t *testing.T) {
	virtual(func(t *testing.T) {
		rec := newRecorder(nil)
		s := serve(t, Config{Answer: rec.answer})
		r := newRaw(t, s)
		routes := ""
		for i := range 8 { // More than fits into 1300 bytes.
			routes += fmt.Sprintf("Record-Route: <sip:%s;lr;ftag=%s%d>\r\n", r.port(), strings.Repeat("x", 100), i)
		}
		r.send(r.build("INVITE", "routes", "", 1, routes, sdpFor(mediaAddr)))
		res := r.response()
		if n := len(res.GetHeaders("Record-Route")); n != 8 {
			t.Errorf("%d routes in the 200", n)
		}
		r.send(r.build("ACK", "routes", tagOf(res), 1, "", ""))
		call := rec.call(t)
		go func() { _ = call.Hangup(t.Context()) }()
		bye := r.request()
		got := bye.GetHeaders("Route")
		if len(got) != 8 || !strings.Contains(got[0].Value(), "x0>") || !strings.Contains(got[7].Value(), "x7>") {
			t.Errorf("routes %v", got)
		}
		r.send(sip.NewResponseFromRequest(bye, 200, "OK", nil).String())
		<-call.Done()
	})(t)
}

func TestMergedRequest(t *testing.T) {
	virtual(func(t *testing.T) {
		rec := newRecorder(nil)
		s := serve(t, Config{Answer: rec.answer})
		r := newRaw(t, s)
		tag := r.answered("merged", "")
		r.send(r.build("INVITE", "merged", "", 1, "", sdpFor(mediaAddr)))
		if res := r.response(); res.StatusCode != 482 {
			t.Errorf("%d", res.StatusCode)
		}
		r.send(r.build("BYE", "merged", tag, 2, "", ""))
		r.response()
	})(t)
}

func TestCallerIdentity(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ headers, want, e164 string }{
		{"", "0912345678", "+84912345678"},
		{"P-Asserted-Identity: \"A\" <sip:+84987654321@trunk>\r\n", "+84987654321", "+84987654321"},
		{"P-Asserted-Identity: <tel:+842438252525>\r\n", "+842438252525", "+842438252525"},
		{"Remote-Party-ID: <sip:84355555555@trunk>;party=calling\r\n", "84355555555", "+84355555555"},
		{"Remote-Party-ID: <sip:1@x>\r\nP-Asserted-Identity: <sip:0355555555@x;user=phone>\r\n", "0355555555", "+84355555555"},
		{"P-Asserted-Identity: rubbish\r\n", "0912345678", "+84912345678"},
		// Who wants to stay unknown does, although the network tells us the number.
		{"P-Asserted-Identity: <tel:+84912345678>\r\nPrivacy: id\r\n", "", ""},
		{"P-Asserted-Identity: <tel:+84912345678>\r\nPrivacy: Header; ID;critical\r\n", "", ""},
		{"P-Asserted-Identity: <tel:+84912345678>\r\nPrivacy: none\r\n", "+84912345678", "+84912345678"},
		{"Remote-Party-ID: <sip:84355555555@trunk>;party=calling;privacy=full\r\n", "", ""},
		{"Remote-Party-ID: <sip:84355555555@trunk>;party=calling;privacy=off\r\n", "84355555555", "+84355555555"},
		// The name for it comes in the From, with or without a wish of its own.
		{"P-Asserted-Identity: <tel:+84912345678>\r\n|sip:anonymous@anonymous.invalid", "", ""},
		{"|sip:x@Anonymous.Invalid", "", ""},
		{"P-Asserted-Identity: <tel:+84912345678>\r\n|sip:Restricted@trunk.example", "", ""},
		{"P-Asserted-Identity: <tel:+84912345678>\r\n|sip:unavailable@trunk.example", "+84912345678", "+84912345678"},
	} {
		headers, from, _ := strings.Cut(c.headers, "|")
		from = cmp.Or(from, "sip:0912345678@192.0.2.1")
		msg, err := sip.ParseMessage([]byte("INVITE sip:1022@192.0.2.9 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\nFrom: \"Nguyen\" <" + from + ">;tag=1\r\nTo: <sip:1022@192.0.2.9>\r\nCall-ID: i\r\nCSeq: 1 INVITE\r\n" + headers + "Content-Length: 0\r\n\r\n"))
		if err != nil {
			t.Fatal(err)
		}
		req := msg.(*sip.Request)
		if got := callerOf(req, Assertions); got != c.want || media.NormalizeCaller(got) != c.e164 || calledOf(req) != "1022" {
			t.Errorf("%q: %q, called %q", c.headers, got, calledOf(req))
		}
	}
}

// Anybody can write any number into a call: whose word counts is the door's to
// say.
func TestForgedCaller(t *testing.T) {
	t.Parallel()
	const asserted = "P-Asserted-Identity: <tel:+84987654321>\r\n"
	for _, c := range []struct {
		name string
		door Door
		want string
	}{
		{"without a door as it always was", nil, "+84987654321"},
		{"a trunk", believing{trunk: "t", belief: Nothing}, "+84987654321"},
		{"a stranger", believing{belief: Nothing}, ""},
		{"a telephone of the office", believing{belief: Claims}, "0912345678"},
		{"a trusted switchboard", believing{belief: Assertions}, "+84987654321"},
	} {
		t.Run(c.name, virtual(func(t *testing.T) {
			rec := newRecorder(nil)
			s := serve(t, Config{Answer: rec.answer, Door: c.door})
			r := newRaw(t, s)
			tag := r.answered("forged", asserted)
			if got := rec.call(t).Caller(); got != c.want {
				t.Errorf("caller %q, want %q", got, c.want)
			}
			r.send(r.build("BYE", "forged", tag, 2, "", ""))
			r.response()
		}))
	}
}

// believing is a door that lets everybody in.
type believing struct {
	trunk  string
	belief Belief
}

func (d believing) Admit(netip.Addr) bool           { return true }
func (d believing) Trunk(netip.Addr, string) string { return d.trunk }
func (d believing) Believe(netip.Addr) Belief       { return d.belief }
