package sip

import (
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
)

// What sipgo keeps of a call's messages is emptied once they were dealt with.
// Repetitions of all of them, as a bad network brings them, still find what they
// need: they are answered alike or not at all, and nobody gets a second call.
func TestRepetitionsFindNothingMissing(t *testing.T) {
	virtual(func(t *testing.T) {
		rec := newRecorder(nil)
		s := serve(t, Config{Answer: rec.answer, t1: time.Minute})
		r := newRaw(t, s)
		invite := r.build("INVITE", "again", "", 1, "", sdpFor(mediaAddr))
		r.send(invite)
		res := r.response()
		tag := tagOf(res)
		if len(res.Body()) == 0 {
			t.Fatal("no description in the 200")
		}
		ack := r.build("ACK", "again", tag, 1, "", "")
		r.send(ack)
		rec.call(t)
		silent := func(what string) {
			t.Helper()
			if n := packets(t, r.conn, 100*time.Millisecond); n > 0 {
				t.Errorf("%d messages after %s", n, what)
			}
		}
		for range 5 {
			r.send(invite)
			r.send(ack)
			r.send(strings.Replace(ack, branchOf(ack), branchOf(invite), 1))
		}
		silent("INVITE and ACK again")
		cancel := r.build("CANCEL", "again", "", 1, "", "")
		r.send(strings.Replace(cancel, branchOf(cancel), branchOf(invite), 1))
		if res := r.response(); res.StatusCode != 200 || res.CSeq().MethodName != sip.CANCEL {
			t.Errorf("CANCEL after the answer: %d for %s", res.StatusCode, res.CSeq().MethodName)
		}
		if s.Calls() != 1 {
			t.Errorf("%d calls", s.Calls())
		}
		info := r.build("INFO", "again", tag, 2, "Content-Type: application/dtmf-relay\r\n", "Signal=5\r\n")
		bye := r.build("BYE", "again", tag, 3, "", "")
		for _, msg := range []string{info, bye} {
			r.send(msg)
			first := r.response()
			for range 3 {
				r.send(msg)
				again := r.response()
				if first.StatusCode != 200 || again.String() != first.String() {
					t.Errorf("first\n%s\nthen\n%s", first, again)
				}
			}
		}
		if got := rec.digits(t, 1); got != "5" {
			t.Errorf("digits %q", got)
		}
		if digits, why := rec.end(t); digits != "" || why != EndBye {
			t.Errorf("digits %q, ended by %q", digits, why)
		}
		eventually(t, "no call", func() bool { return s.Calls() == 0 })
		for range 5 {
			r.send(invite)
			r.send(ack)
		}
		silent("INVITE and ACK after the call")
		if s.Calls() != 0 {
			t.Errorf("%d calls after the end", s.Calls())
		}
	})(t)
}
