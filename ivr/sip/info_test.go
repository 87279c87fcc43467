package sip

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xinmoi/xinmoi/ivr/peertest"
)

// presses are INFO requests, one for each key.
func presses(r *raw, callID, tag, keys string) (all []string) {
	for i, key := range keys {
		all = append(all, r.build("INFO", callID, tag, 2+i, "Content-Type: application/dtmf-relay\r\n", "Signal="+string(key)+"\r\n"))
	}
	return all
}

const manyKeys = "1234567890*#1"

// Who does not wait for the answer to a key before the next one is understood
// all the same, and a repetition is no further key.
func TestKeysKeepTheirOrder(t *testing.T) {
	virtual(func(t *testing.T) {
		rec := newRecorder(nil)
		s := serve(t, Config{Answer: rec.answer})
		r := newRaw(t, s)
		for round := range 15 {
			id := fmt.Sprint("keys-", round)
			tag := r.answered(id, "")
			rec.call(t)
			for _, m := range presses(r, id, tag, manyKeys) {
				r.send(m)
				r.send(m)
			}
			synctest.Wait()
			if n := packets(t, r.conn, time.Millisecond); n < len(manyKeys) { // More, for the repetitions.
				t.Fatalf("%d answers", n)
			}
			r.send(r.build("BYE", id, tag, 90, "", ""))
			if digits, _ := rec.end(t); digits != manyKeys {
				t.Fatalf("digits %q, want %q", digits, manyKeys)
			}
			r.response()
		}
	})(t)
}

// By TCP all of them may arrive in one piece.
func TestKeysInOnePiece(t *testing.T) {
	t.Parallel()
	rec := newRecorder(nil)
	s := serve(t, Config{Answer: rec.answer})
	r := newRaw(t, s)
	conn := connect(t, s)
	overTCP := func(msg string) string {
		return strings.NewReplacer("SIP/2.0/UDP", "SIP/2.0/TCP", ">\r\nMax", ";transport=tcp>\r\nMax").Replace(msg)
	}
	write := func(msg string) {
		t.Helper()
		if _, err := conn.Write([]byte(overTCP(msg))); err != nil {
			t.Fatal(err)
		}
	}
	write(r.build("INVITE", "piece", "", 1, "", sdpFor(mediaAddr)))
	call := only(t, s)
	peertest.Eventually(t, patience, "the answer", func() bool {
		got := make(chan bool, 1)
		call.post(letter{act: func() { got <- call.pending != nil }})
		return <-got
	})
	tag := call.key.tag
	write(r.build("ACK", "piece", tag, 1, "", ""))
	rec.call(t)
	write(strings.Join(presses(r, "piece", tag, manyKeys), ""))
	if got := rec.digits(t, len(manyKeys)); got != manyKeys {
		t.Errorf("digits %q, want %q", got, manyKeys)
	}
	write(r.build("BYE", "piece", tag, 90, "", ""))
	if digits, why := rec.end(t); digits != "" || why != EndBye {
		t.Errorf("then %q, ended by %q", digits, why)
	}
}

// A key is counted once however it comes.
func TestInfosAreRemembered(t *testing.T) {
	virtual(func(t *testing.T) {
		rec := newRecorder(nil)
		s := serve(t, Config{Answer: rec.answer})
		r := newRaw(t, s)
		tag := r.answered("again", "")
		call := rec.call(t)
		for i := range 3 * maxInfos {
			info := r.build("INFO", "again", tag, 2+i, "Content-Type: application/dtmf\r\n", "5")
			for range 2 {
				r.send(info)
				r.response()
				time.Sleep(50 * time.Millisecond)
			}
			if got := rec.digits(t, 1); got != "5" {
				t.Fatalf("%q", got)
			}
		}
		if n := len(call.infos); n != maxInfos {
			t.Errorf("%d are remembered", n)
		}
		r.send(r.build("BYE", "again", tag, 90, "", ""))
		if digits, _ := rec.end(t); digits != "" {
			t.Errorf("%q too many", digits)
		}
	})(t)
}
