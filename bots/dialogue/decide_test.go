package dialogue

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"pgregory.net/rapid"
)

func facts() Facts {
	setup := queue.CommuneCentre()
	f := Facts{Office: queue.Info{ID: "x", Name: setup.Name, NameEN: setup.NameEN, Open: true}, Language: "vi"}
	for _, s := range setup.Services {
		f.Services = append(f.Services, queue.ServiceView{Service: s, Open: true})
	}
	return f
}

func held(id, service string, n int, s queue.State) queue.Ticket {
	return queue.Ticket{ID: id, Service: service, Number: queue.Number{Prefix: service, N: n}, State: s, Standing: &queue.Standing{Ahead: 4}}
}

func kinds(d Decision) (all []Kind) {
	for _, m := range d.Reply {
		all = append(all, m.Kind)
	}
	return all
}

func TestDecide(t *testing.T) {
	waiting := held("7", "A", 3, queue.Waiting)
	called := held("8", "B", 1, queue.Called)
	done := held("6", "C", 9, queue.Completed)
	for _, c := range []struct {
		name   string
		change func(*Facts)
		in     Input
		want   Decision // Reply is compared by kinds.
		kinds  []Kind
	}{
		{"start", nil, Input{Text: "/start"}, Decision{}, []Kind{Welcome}},
		{"take asks which", nil, Input{Text: "lấy số"}, Decision{}, []Kind{Choose}},
		{"take by letter", nil, Input{Text: "lấy số a"}, Decision{Take: "A"}, nil},
		{"letter alone", nil, Input{Text: "B"}, Decision{Take: "B"}, nil},
		{"take by name", nil, Input{Text: "Đất đai - xây dựng"}, Decision{Take: "B"}, nil},
		{"take by button", nil, Input{Payload: "v1:take:C"}, Decision{Take: "C"}, nil},
		{"take unknown service", nil, Input{Text: "lấy số Z"}, Decision{}, []Kind{Choose}},
		{"the only service", func(f *Facts) { f.Services = f.Services[:1] }, Input{Text: "lấy số"}, Decision{Take: "A"}, nil},
		{"take again", func(f *Facts) { f.Mine = []queue.Ticket{waiting} }, Input{Text: "lấy số A"}, Decision{}, []Kind{Card}},
		{"take other", func(f *Facts) { f.Mine = []queue.Ticket{waiting} }, Input{Text: "lấy số B"}, Decision{Take: "B"}, nil},
		{"take after done", func(f *Facts) { f.Mine = []queue.Ticket{done} }, Input{Text: "lấy số C"}, Decision{Take: "C"}, nil},
		{"closed office", func(f *Facts) { f.Office.Open = false }, Input{Text: "lấy số A"}, Decision{}, []Kind{OfficeClosed}},
		{"closed service", func(f *Facts) { f.Services[0].Open = false }, Input{Text: "lấy số A"}, Decision{}, []Kind{ServiceClosed}},
		{"old message", nil, Input{Text: "lấy số A", Old: true}, Decision{}, []Kind{TooOld}},
		{"old letter alone", nil, Input{Text: "A", Old: true}, Decision{}, []Kind{TooOld}},
		{"where without", nil, Input{Text: "?"}, Decision{}, []Kind{NoTicket}},
		{"where", func(f *Facts) { f.Mine = []queue.Ticket{waiting, called, done} }, Input{Text: "?"}, Decision{}, []Kind{Card, Card}},
		{"where by number", func(f *Facts) { f.Mine = []queue.Ticket{waiting, called} }, Input{Text: "a3"}, Decision{}, []Kind{Card}},
		{"where a stranger", func(f *Facts) { f.Mine = []queue.Ticket{waiting} }, Input{Text: "A4"}, Decision{Enquire: "A004"}, nil},
		{"cancel asks", func(f *Facts) { f.Mine = []queue.Ticket{waiting} }, Input{Text: "hủy"}, Decision{Pending: "7"}, []Kind{AskCancel}},
		{"cancel twice", func(f *Facts) { f.Mine, f.Pending = []queue.Ticket{waiting}, "7" }, Input{Text: "hủy"}, Decision{Cancel: "7"}, nil},
		{"cancel yes", func(f *Facts) { f.Mine, f.Pending = []queue.Ticket{waiting}, "7" }, Input{Text: "có"}, Decision{Cancel: "7"}, nil},
		{"yes to nothing", func(f *Facts) { f.Mine = []queue.Ticket{waiting} }, Input{Text: "có"}, Decision{}, []Kind{ShortMenu}},
		{"cancel no", func(f *Facts) { f.Mine, f.Pending = []queue.Ticket{waiting}, "7" }, Input{Text: "không"}, Decision{}, []Kind{Kept}},
		{"cancel which", func(f *Facts) { f.Mine = []queue.Ticket{waiting, called} }, Input{Text: "hủy"}, Decision{}, []Kind{WhichCancel}},
		{"cancel by number", func(f *Facts) { f.Mine = []queue.Ticket{waiting, called} }, Input{Text: "hủy a003"}, Decision{Pending: "7"}, []Kind{AskCancel}},
		{"cancel called", func(f *Facts) { f.Mine = []queue.Ticket{called} }, Input{Text: "hủy"}, Decision{}, []Kind{CancelTooLate}},
		{"cancel nothing", nil, Input{Text: "hủy"}, Decision{}, []Kind{NoTicket}},
		{"sure about another's", nil, Input{Payload: "v1:sure:7"}, Decision{}, []Kind{NoTicket}},
		{"sure once done", func(f *Facts) { f.Mine = []queue.Ticket{done} }, Input{Payload: "v1:sure:6"}, Decision{}, []Kind{CancelTooLate}},
		{"refresh", func(f *Facts) { f.Mine = []queue.Ticket{waiting} }, Input{Payload: "v1:refresh:7"}, Decision{Refresh: "7"}, nil},
		{"refresh another's", nil, Input{Payload: "v1:refresh:7"}, Decision{}, []Kind{NoTicket}},
		{"language", nil, Input{Text: "english"}, Decision{Language: "en"}, []Kind{LanguageSet}},
		{"language forged", nil, Input{Payload: "v1:lang:xx"}, Decision{Language: "vi"}, []Kind{LanguageSet}},
		{"forget", nil, Input{Text: "quên"}, Decision{Forget: true}, []Kind{Forgotten}},
		{"nonsense", nil, Input{Text: "bla"}, Decision{}, []Kind{ShortMenu}},
		{"nonsense again", func(f *Facts) { f.MenuShown = true }, Input{Text: "bla"}, Decision{}, nil},
		{"old button", nil, Input{Payload: "v0:take:A"}, Decision{}, []Kind{ShortMenu}},
		{"group talk", nil, Input{Text: "lấy số A", Group: true}, Decision{}, nil},
		{"group command", nil, Input{Text: "/start", Group: true}, Decision{}, []Kind{PrivateOnly}},
		{"group button", nil, Input{Payload: "v1:take:A", Group: true}, Decision{}, nil},
	} {
		f := facts()
		if c.change != nil {
			c.change(&f)
		}
		d := Decide(f, c.in)
		if d.Take != c.want.Take || d.Cancel != c.want.Cancel || d.Enquire != c.want.Enquire || d.Refresh != c.want.Refresh || d.Pending != c.want.Pending ||
			d.Language != c.want.Language || d.Forget != c.want.Forget || !equal(kinds(d), c.kinds) {
			t.Errorf("%s: %+v with %v, want %+v with %v", c.name, d, kinds(d), c.want, c.kinds)
		}
	}
}

func equal(a, b []Kind) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func TestOutcomesAreWorded(t *testing.T) {
	f := facts()
	ticket := held("7", "A", 3, queue.Held)
	for code, want := range map[queue.Code]Kind{
		queue.CodeOfficeClosed: OfficeClosed, queue.CodeServiceClosed: ServiceClosed, queue.CodeUnknownService: ServiceClosed,
		queue.CodeServiceFull: ServiceFull, queue.CodeChannelFull: ChannelFull, queue.CodeIssuingStopped: Stopped,
		queue.CodeCardNeeded: CardNeeded, queue.CodeCardInvalid: CardNeeded, queue.CodeClockWrong: Busy,
		queue.CodePersonLimit: NotAllowed, queue.CodeRateLimited: NotAllowed, queue.CodeForbidden: NotAllowed, queue.CodeKeyReused: Busy, queue.CodeInternal: Busy,
	} {
		if got := f.Taken(queue.Ticket{}, "A", queue.Errorf(code, "x")); got.Kind != want {
			t.Errorf("Taken(%s) = %s, want %s", code, got.Kind, want)
		}
	}
	if got := f.Taken(ticket, "A", nil); got.Kind != Card || got.Slips[0].Number != "A003" {
		t.Errorf("Taken = %+v", got)
	}
	for _, c := range []struct {
		err  error
		want Kind
	}{
		{nil, CancelDone}, {queue.Errorf(queue.CodeWrongState, "x"), CancelTooLate},
		{queue.Errorf(queue.CodeUnknownTicket, "x"), NoTicket}, {errors.New("x"), Busy},
	} {
		if got := f.Cancelled(ticket, c.err); got.Kind != c.want {
			t.Errorf("Cancelled(%v) = %s, want %s", c.err, got.Kind, c.want)
		}
	}
}

// TestRefusalsSayWhenAgain: on the office's clock, whatever the machine's is.
func TestRefusalsSayWhenAgain(t *testing.T) {
	f := facts()
	f.Office.TimeZone = "Asia/Ho_Chi_Minh"
	again := time.Date(2026, 11, 23, 0, 30, 0, 0, time.UTC)
	for _, code := range []queue.Code{queue.CodeOfficeClosed, queue.CodeIssuingStopped, queue.CodeServiceFull, queue.CodeChannelFull} {
		for language, want := range map[string]string{"vi": "Phát số lại lúc 07:30, thứ Hai 23/11.", "en": "given again at 07:30 on Monday 23 November."} {
			f.Language = language
			body := Render(f.Taken(queue.Ticket{}, "A", &queue.Error{Code: code, Opens: again}), "").Body
			if !strings.HasSuffix(body, want) {
				t.Errorf("%s %s: %q, want %q at its end", language, code, body, want)
			}
			if body := Render(f.Taken(queue.Ticket{}, "A", &queue.Error{Code: code}), "").Body; strings.Contains(body, "lúc") || strings.Contains(body, "again at") {
				t.Errorf("%s %s: %q tells a time that nobody knows", language, code, body)
			}
		}
	}
	f.Language, f.Office.Open, f.Office.Opens = "vi", false, again
	if d := Decide(f, Input{Text: "lấy số A"}); !strings.Contains(Render(d.Reply[0], "").Body, "07:30, thứ Hai 23/11") {
		t.Errorf("closed: %+v", d.Reply)
	}
}

// TestDecideNeverTouchesStrangers: whatever is written or pressed, only one's
// own tickets are acted on, and never is a number taken beside an open one.
func TestDecideNeverTouchesStrangers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := facts()
		f.MenuShown = rapid.Bool().Draw(t, "menu")
		mine := map[string]bool{}
		for i := range rapid.IntRange(0, 4).Draw(t, "tickets") {
			id := string(rune('1' + i))
			mine[id] = true
			f.Mine = append(f.Mine, held(id, rapid.SampledFrom([]string{"A", "B"}).Draw(t, "service"), i+1,
				rapid.SampledFrom(queue.States()).Draw(t, "state")))
		}
		f.Pending = rapid.SampledFrom([]string{"", "1", "9"}).Draw(t, "pending")
		in := Input{
			Text:    rapid.SampledFrom([]string{"lấy số A", "hủy", "hủy B009", "có", "?", "quên", "A"}).Draw(t, "text"),
			Payload: rapid.SampledFrom([]string{"", "", "v1:sure:9", "v1:sure:1", "v1:refresh:9", "v1:cancel:2", "v1:take:B"}).Draw(t, "payload"),
		}
		d := Decide(f, in)
		for _, id := range []string{d.Cancel, d.Refresh, d.Pending} {
			if id != "" && !mine[id] {
				t.Fatalf("%+v acts on %s", d, id)
			}
		}
		for _, ticket := range f.Mine {
			if d.Take == ticket.Service && ticket.State.Open() {
				t.Fatalf("takes %s beside %s (%s)", d.Take, ticket.Number, ticket.State)
			}
			if d.Cancel == ticket.ID && !cancellable(ticket) {
				t.Fatalf("cancels a ticket that is %s", ticket.State)
			}
		}
		if d.Take == "" && d.Cancel == "" && d.Refresh == "" && len(d.Reply) == 0 && !f.MenuShown {
			t.Fatalf("%+v is not answered", in)
		}
	})
}
