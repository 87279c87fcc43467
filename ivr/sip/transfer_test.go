package sip

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
)

// transferring answers every call and sends it on.
type transferring struct{ outcome chan error }

func (h *transferring) answer(ctx context.Context, c *Call) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	h.outcome <- c.Transfer(ctx, "101")
	for range c.Inputs() {
	}
}

func TestTransfer(t *testing.T) {
	t.Parallel()
	const frag, over = "Content-Type: message/sipfrag;version=2.0\r\n", "Subscription-State: terminated;reason=noresource\r\n"
	for _, c := range []struct {
		name   string
		accept string   // Response to the REFER.
		news   []string // Fragments, then "BYE" or nothing.
		ok     bool
		code   int // Of the failure, if it has one.
	}{
		{"taken over", "202 Accepted", []string{"SIP/2.0 100 Trying", "SIP/2.0 200 OK"}, true, 0},
		{"busy there", "202 Accepted", []string{"SIP/2.0 100 Trying", "SIP/2.0 486 Busy Here"}, false, 486},
		{"not supported", "501 Not Implemented", nil, false, 501},
		{"hung up by the switchboard", "202 Accepted", []string{"BYE"}, true, 0},
		{"nothing told", "202 Accepted\r\nRefer-Sub: false", nil, true, 0},
		{"told no more than trying", "202 Accepted", []string{"SIP/2.0 100 Trying over"}, true, 0},
	} {
		t.Run(c.name, virtual(func(t *testing.T) {
			h := &transferring{outcome: make(chan error, 1)}
			s := serve(t, Config{Answer: h.answer})
			r := newRaw(t, s)
			tag := r.answered("refer", "")
			refer := r.request()
			if refer.Method != sip.REFER || refer.GetHeader("Refer-To").Value() != "<sip:101@"+r.port()+">" {
				t.Fatalf("%v", refer)
			}
			r.send(reply(refer, c.accept))
			seq := 2
			for _, n := range c.news {
				if n == "BYE" {
					eventually(t, "the REFER is accepted", func() bool {
						got := make(chan bool, 1)
						call := only(t, s)
						call.post(letter{act: func() { got <- call.referral != nil && call.referral.accepted }})
						return <-got
					})
					r.send(r.build("BYE", "refer", tag, seq, "", ""))
				} else {
					state := "Subscription-State: active\r\n"
					if text, end := strings.CutSuffix(n, " over"); end {
						n, state = text, over
					}
					r.send(r.build("NOTIFY", "refer", tag, seq, "Event: refer\r\n"+state+frag, n+"\r\n"))
				}
				if res := r.response(); res.StatusCode != 200 {
					t.Errorf("%s: %d", n, res.StatusCode)
				}
				seq++
			}
			err := receive(t, h.outcome, "outcome")
			if (err == nil) != c.ok {
				t.Fatalf("outcome %v", err)
			}
			var rejected *RejectedError
			if c.code > 0 && (!errors.As(err, &rejected) || rejected.Code != c.code) {
				t.Errorf("outcome %v", err)
			}
			if !c.ok {
				if s.Calls() != 1 {
					t.Error("the call did not go on")
				}
				r.send(r.build("BYE", "refer", tag, seq, "", ""))
			}
			eventually(t, "no calls", func() bool {
				for s.Calls() > 0 { // Our BYE, if it is ours to send.
					_ = r.conn.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
					buf := make([]byte, 4096)
					n, _, err := r.conn.ReadFrom(buf)
					if err != nil {
						return false
					}
					if msg, err := sip.ParseMessage(buf[:n]); err == nil {
						if req, ok := msg.(*sip.Request); ok {
							r.send(reply(req, "200 OK"))
						}
					}
				}
				return true
			})
		}))
	}
}

// reply writes a response by hand; status may carry headers.
func reply(req *sip.Request, status string) string {
	return "SIP/2.0 " + status + "\r\n" + req.Via().String() + "\r\n" + req.From().String() + "\r\n" + req.To().String() + "\r\n" +
		req.CallID().String() + "\r\n" + req.CSeq().String() + "\r\nContent-Length: 0\r\n\r\n"
}

// A NOTIFY that nobody asked for, as some switchboards send for waiting
// messages, does no harm.
func TestUnaskedNotify(t *testing.T) {
	virtual(func(t *testing.T) {
		rec := newRecorder(nil)
		s := serve(t, Config{Answer: rec.answer})
		r := newRaw(t, s)
		tag := r.answered("notify", "")
		for _, to := range []string{"", tag} {
			r.send(r.build("NOTIFY", "notify", to, 2, "Event: message-summary\r\nContent-Type: application/simple-message-summary\r\n", "Messages-Waiting: no\r\n"))
			if res := r.response(); res.StatusCode != 481 {
				t.Errorf("to %q: %d", to, res.StatusCode)
			}
		}
		r.send(r.build("BYE", "notify", tag, 3, "", ""))
		if res := r.response(); res.StatusCode != 200 {
			t.Errorf("%d", res.StatusCode)
		}
	})(t)
}
