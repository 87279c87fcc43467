package sip

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"github.com/xinmoi/xinmoi/announce/audio"
	"github.com/xinmoi/xinmoi/ivr/media"
	"github.com/xinmoi/xinmoi/ivr/peertest"
)

// A network that plays an announcement before it refuses, and wants its
// progress acknowledged: the caller hears it, and PRACKs once.
func TestHearsWhatComesBeforeTheAnswer(t *testing.T) {
	virtual(func(t *testing.T) {
		conn, at := bystander(t)
		r := &raw{t: t, conn: conn}
		heard := &peertest.Tape{}
		outcome := make(chan error, 1)
		go func() {
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			_, err := Dial(ctx, DialConfig{Network: lan(t), URI: "sip:0912345678@" + at.String(), Heard: heard.Tap, Early: true})
			outcome <- err
		}()
		invite := r.request()
		from := addrPort(invite.Via().Host + ":" + itoa(invite.Via().Port))
		r.to = from.AddrPort()
		offer, err := parseSDP(invite.Body())
		if err != nil {
			t.Fatal(err)
		}
		progress := func() {
			body := sdpFor(at)
			r.send(strings.Replace(reply(invite, "183 Session Progress\r\nRequire: 100rel\r\nRSeq: 7\r\nContact: <sip:n@"+at.String()+">\r\nContent-Type: application/sdp"),
				"Content-Length: 0\r\n\r\n", "Content-Length: "+itoa(len(body))+"\r\n\r\n"+body, 1))
		}
		tagged := *invite.To()
		tagged.Params.Add("tag", "network")
		invite.RemoveHeader("To")
		invite.AppendHeader(&tagged)
		progress()
		prack := r.request()
		if prack.Method != sip.PRACK || prack.GetHeader("RAck").Value() != "7 "+itoa(int(invite.CSeq().SeqNo))+" INVITE" {
			t.Fatalf("%v", prack)
		}
		r.send(reply(prack, "200 OK"))
		progress() // Once more: it is acknowledged already.
		sound := audio.EncodeALaw(nil, sineSamples(1000, time.Second))
		to := net.UDPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), offer.Media[0].Port))
		for i := 0; i+160 <= len(sound); i += 160 {
			header := []byte{0x80, 8, 0, byte(i / 160), 0, 0, byte(i >> 8), byte(i), 0, 0, 0, 9}
			if _, err := conn.WriteTo(append(header, sound[i:i+160]...), to); err != nil {
				t.Fatal(err)
			}
		}
		eventually(t, "the announcement is heard", func() bool { clear, _ := blocks(heard.Samples(), 1000); return clear >= 10 })
		if n := len(r.pending(50 * time.Millisecond)); n != 0 {
			t.Errorf("%d more messages", n)
		}
		r.send(reply(invite, "480 Temporarily Unavailable"))
		if err := receive(t, outcome, "the outcome"); err == nil || !strings.Contains(err.Error(), "480") {
			t.Errorf("%v", err)
		}
	})(t)
}

// Before the answer a network may play a ringing tone, an announcement or
// tones that sound like keys. We say nothing then, and take none of that for
// what the citizen presses.
func TestNothingBeforeTheAnswerIsAKey(t *testing.T) {
	t.Parallel()
	for _, early := range []bool{false, true} {
		t.Run(fmt.Sprint("listens ", early), virtual(func(t *testing.T) { keysBeforeTheAnswer(t, early) }))
	}
}

func keysBeforeTheAnswer(t *testing.T, early bool) {
	conn, at := bystander(t)
	r := &raw{t: t, conn: conn}
	calls := make(chan *Call, 1)
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		c, err := Dial(ctx, DialConfig{Network: lan(t), URI: "sip:0912345678@" + at.String(), Early: early})
		if err != nil {
			t.Error(err)
		}
		calls <- c
	}()
	invite := r.request()
	r.to = addrPort(invite.Via().Host + ":" + itoa(invite.Via().Port)).AddrPort()
	offer, err := parseSDP(invite.Body())
	if err != nil {
		t.Fatal(err)
	}
	sound, soundAt := bystander(t)
	with := func(status string) {
		body := sdpFor(soundAt)
		r.send(strings.Replace(reply(invite, status+"\r\nContact: <sip:n@"+at.String()+">\r\nContent-Type: application/sdp"),
			"Content-Length: 0\r\n\r\n", "Content-Length: "+itoa(len(body))+"\r\n\r\n"+body, 1))
	}
	to := net.UDPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), offer.Media[0].Port))
	seq := byte(0)
	press := func(code, when byte) {
		seq++
		if _, err := sound.WriteTo([]byte{0x80, offerEvents, 0, seq, 0, 0, when, 0, 0, 0, 0, 9, code, 10, 0, 160}, to); err != nil {
			t.Fatal(err)
		}
	}
	tagged := *invite.To()
	tagged.Params.Add("tag", "network")
	invite.RemoveHeader("To")
	invite.AppendHeader(&tagged)
	with("183 Session Progress")
	for i := range byte(5) {
		press(1, 10*i)
	}
	if n := packets(t, sound, 200*time.Millisecond); n > 0 {
		t.Errorf("%d packets of ours before the answer", n)
	}
	with("200 OK")
	if ack := r.request(); ack.Method != sip.ACK {
		t.Fatalf("%v", ack)
	}
	c := receive(t, calls, "the call")
	if c == nil {
		t.FailNow()
	}
	press(7, 200)
	if in := receive(t, c.Inputs(), "a key"); in.Kind != media.Digit || in.Digit != '7' {
		t.Errorf("%+v", in)
	}
	go func() { // Answers the BYE.
		for {
			if bye := r.request(); bye.Method == sip.BYE {
				r.send(reply(bye, "200 OK"))
				return
			}
		}
	}()
	if err := c.Hangup(t.Context()); err != nil {
		t.Error(err)
	}
}

// pending gives the requests that come within a time.
func (r *raw) pending(d time.Duration) (all []*sip.Request) {
	r.t.Helper()
	buf := make([]byte, 65535)
	_ = r.conn.SetReadDeadline(time.Now().Add(d))
	for {
		n, _, err := r.conn.ReadFrom(buf)
		if err != nil {
			return all
		}
		if msg, err := sip.ParseMessage(buf[:n]); err == nil {
			if req, ok := msg.(*sip.Request); ok && req.Method != sip.INVITE {
				all = append(all, req)
			}
		}
	}
}
