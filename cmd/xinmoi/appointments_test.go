package main

import (
	"context"
	"errors"
	"testing"

	"github.com/xinmoi/xinmoi/bots"
	"github.com/xinmoi/xinmoi/queue/appointment"
)

// failingTexter fails in one way.
type failingTexter struct{ err error }

func (f failingTexter) Text(context.Context, string, string) error { return f.err }

// A notice of a booking is sent again only if it surely did not go out, and can.
func TestNoticesAreNotSentAllDay(t *testing.T) {
	notice := appointment.Notice{To: "tel:+84912345678", Text: "x"}
	for class, again := range map[bots.FailureClass]bool{
		bots.Retry: true, bots.Unreachable: true, bots.Auth: true, bots.Ambiguous: false, bots.Rejected: false, bots.Gone: false,
	} {
		err := textTeller{failingTexter{&bots.Failure{Class: class, Err: errors.New("no")}}}.Tell(t.Context(), notice)
		if err == nil || errors.Is(err, appointment.ErrNoWay) == again {
			t.Errorf("%s: %v", class, err)
		}
	}
	if err := (textTeller{failingTexter{}}).Tell(t.Context(), notice); err != nil {
		t.Error(err)
	}
}

// A message that was lost is not sent the same way again: staff tell its reader.
func TestALostNoticeIsNotSentAgain(t *testing.T) {
	var sent recordedTexts
	teller := bookingTeller{app: &app{}, texter: &sent}
	n := appointment.Notice{ID: "n1", To: "tel:+84901234567", Text: "Hẹn lúc 9 giờ."}
	if err := teller.Tell(t.Context(), n); err != nil || len(sent) != 1 {
		t.Fatalf("the first way: %v, sent %q", err, sent)
	}
	n.Way = 1
	if err := teller.Tell(t.Context(), n); !errors.Is(err, appointment.ErrNoWay) || len(sent) != 1 {
		t.Errorf("after the way was lost: %v, sent %q", err, sent)
	}
}

// recordedTexts is a gateway that takes everything.
type recordedTexts []string

func (r *recordedTexts) Text(_ context.Context, _, text string) error {
	*r = append(*r, text)
	return nil
}
