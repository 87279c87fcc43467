package queue_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// A number set aside is nobody's: it is not called, and no time voids it until
// the day ends; given out, it stands where the citizen stood.
func TestNumbersSetAside(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := start(t, queue.Config{})
		aside := take(t, e, queue.TakeRequest{Service: "A", Channel: queue.Kiosk, Reserve: true})
		given := take(t, e, queue.TakeRequest{Service: "A", Channel: queue.Kiosk, Reserve: true})
		unused := take(t, e, queue.TakeRequest{Service: "A", Channel: queue.Kiosk, Reserve: true})
		if aside.State != queue.Held || !aside.HoldUntil.IsZero() {
			t.Fatalf("%+v", aside)
		}
		openCounter(t, e, "1")
		time.Sleep(time.Hour)
		told := time.Now()
		time.Sleep(time.Minute)
		later := take(t, e, queue.TakeRequest{Service: "A", Channel: queue.Kiosk})
		time.Sleep(time.Hour)
		if got := ticket(t, e, aside.ID); got.State != queue.Held {
			t.Fatalf("%s after two hours", got.State)
		}
		confirm := queue.ActRequest{Ticket: given.ID, Action: queue.Confirm, Told: &queue.Told{
			At: told, Procedure: "khai-sinh", Class: queue.Priority, Language: "en", Needs: []string{queue.NeedSight},
		}}
		got, err := e.Act(t.Context(), confirm)
		if err != nil || got.State != queue.Waiting || !got.IssuedAt.Equal(told) || !got.EligibleAt.Equal(told) ||
			got.Procedure != "khai-sinh" || got.Class != queue.Priority || got.Language != "en" || !got.Needing(queue.NeedSight) {
			t.Errorf("%+v, %v", got, err)
		}
		if first := next(t, e, "1"); first.ID != given.ID {
			t.Errorf("%s is called before %s, who came earlier", first.Number, given.Number)
		}
		act(t, e, given.ID, queue.Finish)
		if second := next(t, e, "1"); second.ID != later.ID {
			t.Errorf("%s is called, which nobody has", second.Number)
		}
		act(t, e, unused.ID, queue.Cancel)
		sleepUntil(t, "2000-01-02 08:00:00.000")
		if got := ticket(t, e, aside.ID); got.State != queue.Cancelled || got.Reason != queue.ReasonUndelivered {
			t.Errorf("%s, %s on the next day: nobody waited in vain for it", got.State, got.Reason)
		}
	})
}

// What a citizen was told holds: what is wrong with it is left out.
func TestWhatWasToldHolds(t *testing.T) {
	setup := queue.CommuneCentre()
	setup.Rules.CardOnly = true
	setup.Services[0].Quota = 3
	e := start(t, queue.Config{Setup: setup, Secret: []byte("secret")})
	aside := func() queue.Ticket {
		return take(t, e, queue.TakeRequest{Service: "A", Channel: queue.Kiosk, Reserve: true})
	}
	for name, told := range map[string]queue.Told{
		"too early": {At: time.Now().Add(-time.Hour), Class: queue.Priority, Procedure: "dat-dai", Language: "!", Needs: []string{"Ä"}},
		"too late":  {At: time.Now().Add(time.Hour)},
		"never":     {},
	} {
		before := aside()
		got, err := e.Act(t.Context(), queue.ActRequest{Ticket: before.ID, Action: queue.Confirm, Told: &told})
		if err != nil || got.State != queue.Waiting || got.IssuedAt.Before(before.IssuedAt) || got.IssuedAt.After(time.Now()) ||
			got.Class != queue.Normal || got.Procedure != "" || got.Language != "vi" || len(got.Needs) != 0 {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	if _, err := e.Take(t.Context(), queue.TakeRequest{Service: "A", Channel: queue.Kiosk, Reserve: true}); queue.ErrorCode(err) != queue.CodeServiceFull {
		t.Errorf("beyond the quota: %v", err)
	}
	// A card is looked at when the office hears of it, also where it takes nobody's word.
	card, err := e.IssueCard(t.Context(), queue.CardRequest{Kind: "elderly", Until: time.Now().AddDate(1, 0, 0)})
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]queue.Class{card.Text: queue.Priority, card.Text + "X": queue.Normal} {
		r := take(t, e, queue.TakeRequest{Service: "D", Channel: queue.Kiosk, Reserve: true})
		got, err := e.Act(t.Context(), queue.ActRequest{Ticket: r.Code, Action: queue.Confirm, Told: &queue.Told{Class: queue.Priority, Card: text}})
		if err != nil || got.Class != want || (want == queue.Priority) != (got.Entitlement == queue.ByCard) {
			t.Errorf("%s: %s by %q, %v; want %s", text, got.Class, got.Entitlement, err, want)
		}
	}
	held := take(t, e, queue.TakeRequest{Service: "B", Channel: queue.Kiosk, Hold: true})
	if _, err := e.Act(t.Context(), queue.ActRequest{Ticket: held.ID, Action: queue.Confirm, Told: &queue.Told{At: time.Now()}}); queue.ErrorCode(err) != queue.CodeWrongState {
		t.Errorf("a number that was not set aside: %v", err)
	}
	for name, r := range map[string]queue.TakeRequest{
		"by telephone": {Service: "B", Channel: queue.Phone}, "for somebody": {Service: "B", Channel: queue.Kiosk, Person: "tel:0912345678"},
		"with priority": {Service: "B", Channel: queue.Kiosk, Class: queue.Priority},
	} {
		r.Reserve = true
		if _, err := e.Take(t.Context(), r); queue.ErrorCode(err) != queue.CodeBadRequest {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNotAllNumbersAreSetAside(t *testing.T) {
	e := start(t, queue.Config{})
	r := queue.TakeRequest{Service: "A", Channel: queue.Kiosk, Reserve: true}
	for range 100 {
		take(t, e, r)
	}
	if _, err := e.Take(t.Context(), r); queue.ErrorCode(err) != queue.CodeChannelFull {
		t.Errorf("the 101st: %v", err)
	}
	r.Service = "B"
	take(t, e, r)
}

// A citizen in the hall shows the own ticket by the end of a telephone number.
func TestBelongs(t *testing.T) {
	e := start(t, queue.Config{})
	mine := take(t, e, queue.TakeRequest{Service: "A", Channel: queue.Phone, Person: "tel:0912 345 678"})
	take(t, e, queue.TakeRequest{Service: "A", Channel: queue.Kiosk})
	for _, ref := range []string{mine.Number.String(), "a1", mine.Code, mine.ID} {
		if got, err := e.Belongs(t.Context(), ref, "5678"); err != nil || got.ID != mine.ID || got.Standing == nil {
			t.Errorf("%s: %+v, %v", ref, got, err)
		}
	}
	for _, wrong := range [][2]string{{"A001", "5679"}, {"A002", "5678"}, {"A003", "5678"}, {"A001", "678"}, {"A001", ""}, {"A001", "45678"}, {"A001", "x678"}, {"", "5678"}} {
		if got, err := e.Belongs(t.Context(), wrong[0], wrong[1]); queue.ErrorCode(err) != queue.CodeUnknownTicket {
			t.Errorf("%q: %+v, %v", wrong, got, err)
		}
	}
}

func TestWhyAServiceGivesNoNumbers(t *testing.T) {
	setup := queue.CommuneCentre()
	setup.Services[0].Closed, setup.Services[1].Quota = true, 1
	e := start(t, queue.Config{Setup: setup})
	take(t, e, queue.TakeRequest{Service: "B"})
	views, err := e.Services(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []queue.Code{queue.CodeServiceClosed, queue.CodeServiceFull, "", ""} {
		if v := views[i]; v.Why != want || v.Open != (want == "") {
			t.Errorf("%s is open: %t, why: %q", v.ID, v.Open, v.Why)
		}
	}
}

func TestKioskSetup(t *testing.T) {
	setup := queue.CommuneCentre()
	setup.Kiosk = queue.KioskSetup{Hotline: "1900 1234", Second: "-", Millimetre: 2.71, Texts: map[string]map[string]string{"tay": {"khai-sinh": "…"}}}
	e := start(t, queue.Config{Setup: setup})
	got, err := e.Kiosk(t.Context())
	if err != nil || got.Hotline != "1900 1234" || got.Texts["tay"]["khai-sinh"] != "…" {
		t.Errorf("%+v, %v", got, err)
	}
	long := string(make([]byte, 500))
	for name, k := range map[string]queue.KioskSetup{
		"long": {Hotline: long}, "part": {Paper: []string{long}}, "language": {Second: "!"}, "texts": {Texts: map[string]map[string]string{"!": nil}},
		"size": {Millimetre: -1}, "age": {Age: 400}, "name": {Pictograms: map[string]string{"a": long}},
	} {
		setup.Kiosk = k
		if _, err := e.Configure(t.Context(), queue.ConfigureRequest{Setup: setup}); queue.ErrorCode(err) != queue.CodeBadRequest {
			t.Errorf("%s: %v", name, err)
		}
	}
	setup.Kiosk, setup.Procedures[0].Bring = queue.KioskSetup{}, string(make([]byte, 3000))
	if _, err := e.Configure(t.Context(), queue.ConfigureRequest{Setup: setup}); queue.ErrorCode(err) != queue.CodeBadRequest {
		t.Errorf("leaflet: %v", err)
	}
}

// An age that the machine read while it was cut off counts where cards do.
func TestAgeReadWhileCutOff(t *testing.T) {
	setup := queue.CommuneCentre()
	setup.Rules.CardOnly = true
	e := start(t, queue.Config{Setup: setup})
	aside := take(t, e, queue.TakeRequest{Service: "A", Channel: queue.Kiosk, Reserve: true})
	got, err := e.Act(t.Context(), queue.ActRequest{Ticket: aside.Code, Action: queue.Confirm, Told: &queue.Told{At: time.Now(), Aged: true}})
	if err != nil || got.Class != queue.Priority || got.Entitlement != queue.ByAge {
		t.Errorf("class %s by %q, %v", got.Class, got.Entitlement, err)
	}
}
