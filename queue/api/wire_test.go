package api

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/xinmoi/xinmoi/queue"
)

func instants() *rapid.Generator[time.Time] {
	return rapid.Custom(func(t *rapid.T) time.Time {
		return time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "s"), rapid.Int64Range(0, 999_999_999).Draw(t, "ns")).UTC()
	})
}

func maybeInstants() *rapid.Generator[time.Time] {
	return rapid.OneOf(rapid.Just(time.Time{}), instants())
}

func tickets() *rapid.Generator[queue.Ticket] {
	return rapid.Custom(func(t *rapid.T) queue.Ticket {
		words := rapid.SampledFrom([]string{"", "lý do khác", "a\nb", "\"<&>", "0"})
		out := queue.Ticket{
			ID: rapid.StringMatching(`[1-9][0-9]{0,17}`).Draw(t, "id"), Office: "trung-tam",
			Number: queue.Number{Prefix: "A", N: rapid.IntRange(1, 999_999).Draw(t, "n")},
			Code:   rapid.StringMatching(`([0-9]{9})?`).Draw(t, "code"), Service: "A",
			Procedure: words.Draw(t, "procedure"), State: rapid.SampledFrom(queue.States()).Draw(t, "state"),
			Reason: words.Draw(t, "reason"), Class: queue.Priority,
			Channel:  rapid.SampledFrom(queue.Channels()).Draw(t, "channel"),
			Presence: rapid.SampledFrom([]queue.Presence{queue.Present, queue.Remote, ""}).Draw(t, "presence"),
			Language: words.Draw(t, "language"), IssuedAt: instants().Draw(t, "issued"),
			Counter: words.Draw(t, "counter"), CalledAt: maybeInstants().Draw(t, "called"),
			CallCount: rapid.IntRange(0, 9).Draw(t, "calls"), Version: rapid.Int64Range(0, 1<<53).Draw(t, "version"),
			Day: words.Draw(t, "day"), EligibleAt: maybeInstants().Draw(t, "eligible"),
			HoldUntil: maybeInstants().Draw(t, "hold"), StartedAt: maybeInstants().Draw(t, "started"),
			FinishedAt: maybeInstants().Draw(t, "finished"), URL: words.Draw(t, "url"),
			ResumeAt: maybeInstants().Draw(t, "resume"), Only: words.Draw(t, "only"),
			Returned: rapid.Bool().Draw(t, "returned"), LaterCount: rapid.IntRange(0, 9).Draw(t, "later"),
			Agency: words.Draw(t, "agency"), Slot: maybeInstants().Draw(t, "slot"), Dossiers: rapid.IntRange(0, 99).Draw(t, "dossiers"),
			Entitlement: rapid.SampledFrom([]queue.Entitlement{"", queue.Declared, queue.ByCard, queue.Confirmed, queue.Refused}).Draw(t, "entitlement"),
		}
		if rapid.Bool().Draw(t, "rated") {
			out.Rating = &queue.Rating{Level: rapid.IntRange(1, 5).Draw(t, "level"), At: instants().Draw(t, "rated at")}
			if reasons := rapid.SliceOfN(words, 0, 3).Draw(t, "reasons"); len(reasons) > 0 {
				out.Rating.Reasons = reasons
			}
		}
		if needs := rapid.SliceOfN(words, 0, 3).Draw(t, "needs"); len(needs) > 0 {
			out.Needs = needs
		}
		if rapid.Bool().Draw(t, "standing") {
			out.Standing = &queue.Standing{Ahead: rapid.IntRange(0, 999).Draw(t, "ahead")}
			if rapid.Bool().Draw(t, "estimate") {
				low, high := 3, 12
				out.Standing.LowMin, out.Standing.HighMin = &low, &high
				out.Standing.Counters, out.Standing.EachMin = rapid.IntRange(1, 9).Draw(t, "counters"), rapid.IntRange(0, 9).Draw(t, "each")
				out.Standing.ComeBy, out.Standing.MayMiss = instants().Draw(t, "come by"), rapid.Bool().Draw(t, "may miss")
			}
		}
		return out
	})
}

// TestTicketsSurviveTheWire: what a server writes a client reads back whole,
// and every member of the contract is there.
func TestTicketsSurviveTheWire(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := tickets().Draw(t, "ticket")
		b, err := json.Marshal(toTicket(want))
		if err != nil {
			t.Fatal(err)
		}
		var members map[string]any
		if err := json.Unmarshal(b, &members); err != nil {
			t.Fatal(err)
		}
		for _, m := range contractTicket() {
			if _, ok := members[m]; !ok {
				t.Fatalf("no member %q in %s", m, b)
			}
		}
		if _, ok := members["url"]; ok != (want.URL != "") {
			t.Fatalf("url in %s", b)
		}
		var j ticketJSON
		if err := json.Unmarshal(b, &j); err != nil {
			t.Fatal(err)
		}
		got, err := j.ticket()
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Fatal(d)
		}
	})
}

// TestEventsArePublic: the log gives away nothing, whatever an office puts
// into it.
func TestEventsArePublic(t *testing.T) {
	e := queue.Event{Reason: "họp", Actor: "staff1", Ticket: &queue.Ticket{
		Code: "123456789", URL: "http://x/t/y", Reason: "gọi lại 0912345678", Rating: &queue.Rating{Level: 1},
		Entitlement: queue.Refused, Needs: []string{queue.NeedMobility},
	}}
	for _, private := range []bool{false, true} {
		j := toEvent(e, private)
		if got := j.Ticket.value; got.Code != nil || got.URL != "" {
			t.Errorf("private %v: code %v, url %q", private, got.Code, got.URL)
		}
		for _, shown := range []bool{j.Reason != nil, j.Ticket.value.Reason != nil, j.Ticket.value.Rating.value != nil, j.Ticket.value.Entitlement != nil, len(j.Ticket.value.Needs) > 0} {
			if shown != private {
				t.Errorf("private %v: event %+v, ticket %+v", private, j, j.Ticket.value)
			}
		}
	}
	if e.Ticket.Code == "" || e.Ticket.Reason == "" || e.Ticket.Rating == nil || e.Ticket.Needs == nil {
		t.Error("the office's own ticket was changed")
	}
	for _, reason := range []string{
		queue.ReasonUndelivered, queue.ReasonDayEnd, queue.ReasonCutoff, queue.ReasonNoAnswer, queue.ReasonResumed,
	} {
		if got := toEvent(queue.Event{Ticket: &queue.Ticket{Reason: reason}}, false).Ticket.value.Reason; orZero(got) != reason {
			t.Errorf("the system's reason %s is hidden", reason)
		}
	}
}

// FuzzProblem: no answer of a strange server makes the client panic or
// return an error without a code.
func FuzzProblem(f *testing.F) {
	f.Add(409, []byte(`{"code":"counter_busy","ticket":{"id":"7","number":"A012","standing":{"ahead":1}}}`))
	f.Add(404, []byte(`{"code":"","title":"x"}`))
	f.Add(500, []byte(`<html>`))
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		err := fromProblem(status, body)
		if err == nil || queue.ErrorCode(err) == "" {
			t.Fatalf("%d %q gives %v", status, body, err)
		}
	})
}
