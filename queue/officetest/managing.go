package officetest

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/xinmoi/xinmoi/queue"
)

// OpenManaged gives a fresh office as Open does, for its supervisor; it signs
// priority cards.
type OpenManaged func(t *testing.T, setup queue.Setup) queue.Management

// RunManagement runs the suite of what a supervisor may do.
func RunManagement(t *testing.T, open OpenManaged) {
	for name, test := range map[string]func(*chief){
		"a whole setup comes back as it is":    setupWhole,
		"a setup is changed":                   setupChanged,
		"a setup that cannot be is refused":    setupRefused,
		"a setup in use is kept":               setupInUse,
		"issuing stops and goes on":            issuing,
		"cards":                                cards,
		"a call is told to be heard":           heard,
		"a priority is looked at":              entitlements,
		"an appointment and its dossiers":      appointment,
		"quotas":                               quotas,
		"why a younger number went first":      whyChosen,
		"why somebody of another class did":    whyClass,
		"nothing to explain":                   whyNothing,
		"what was done under a key is done":    managedOnce,
		"a closed office says when it opens":   opens,
		"agencies, helps and ranges are shown": shown,
	} {
		t.Run(name, func(t *testing.T) {
			o := open(t, hall())
			test(&chief{newDesk(t, o), o})
		})
	}
}

// chief is a desk whose owner may manage the office.
type chief struct {
	*desk
	office queue.Management
}

// hall is a setup with something of everything, open at any hour.
func hall() queue.Setup {
	s := queue.CommuneCentre()
	s.Agencies = []queue.Agency{{ID: "so-xay-dung", Name: "Sở Xây dựng", NameEN: "Department of Construction"}, {ID: "so-tai-chinh", Name: "Sở Tài chính"}}
	s.Services[1].Agency = "so-xay-dung"
	s.Services[2].First, s.Services[2].Last, s.Services[2].Quota = 101, 102, 50
	s.Services[3].Quotas = map[queue.Channel]int{queue.Phone: 1, queue.Zalo: 0}
	s.Counters[1].Agency = "so-xay-dung"
	s.Counters[2].Helps = []string{"B"}
	s.Counters[2].Place = queue.Place{Room: "201", Floor: "2", Direction: "left"}
	s.Zones = []queue.Zone{{ID: "tang-2", Name: "Tầng 2", Counters: []string{"3"}, Volume: -3, Readings: 1, Quiet: []queue.QuietTime{{From: "11:30", To: "13:30", Volume: -6, Silent: true}}}, {ID: "hall", Name: "Sảnh"}}
	s.Days = []queue.Day{{Date: "2020-01-01", Name: "Tết", NameEN: "New Year"}, {Date: "2020-01-02", Name: "Làm bù", Hours: []queue.Span{{From: "07:30", To: "24:00"}}}}
	s.Rules = queue.Rules{HelpFactor: 1.5, OrganisationMost: 7, LaterMost: 3}
	return s
}

func (c *chief) setup() queue.SetupView {
	c.Helper()
	v, err := c.office.Setup(c.ctx)
	c.must(err, "setup")
	return v
}

func (c *chief) tryConfigure(s queue.Setup, version string) (queue.SetupView, error) {
	return c.office.Configure(c.ctx, queue.ConfigureRequest{Setup: s, Version: version})
}

func setupWhole(c *chief) {
	v := c.setup()
	if diff := cmp.Diff(hall(), v.Setup); diff != "" {
		c.Error(diff)
	}
	if v.Version == "" || c.setup().Version != v.Version {
		c.Errorf("version %q, then %q", v.Version, c.setup().Version)
	}
}

func setupChanged(c *chief) {
	before, seq := c.setup(), c.board().Seq
	same, err := c.tryConfigure(before.Setup, before.Version)
	c.must(err, "the same setup")
	if same.Version != before.Version || c.board().Seq != seq {
		c.Errorf("the same setup made version %s of %s and %d events", same.Version, before.Version, c.board().Seq-seq)
	}
	next := hall()
	next.Name, next.Hours, next.Days = "Trung tâm mới", nil, nil
	next.Services = append(next.Services, queue.Service{ID: "E", Name: "Đo đạc", Agency: "so-tai-chinh"})
	next.Counters[0].Services = append(next.Counters[0].Services, "E")
	after, err := c.tryConfigure(next, before.Version)
	c.must(err, "configure")
	if diff := cmp.Diff(next, after.Setup); diff != "" || after.Version == before.Version {
		c.Errorf("version %s after %s\n%s", after.Version, before.Version, diff)
	}
	if t := c.take("E"); t.Number != number("E", 1) || t.Agency != "so-tai-chinh" {
		c.Errorf("the new service gives %s of agency %q", t.Number, t.Agency)
	}
	events := c.log(seq, c.board().Seq)
	if events[0].Kind != queue.OfficeConfigured {
		c.Errorf("the log says %s", events[0].Kind)
	}
	_, err = c.tryConfigure(hall(), before.Version)
	c.wantCode(err, queue.CodeStaleVersion, "configure an old version")
	if c.setup().Version != after.Version {
		c.Error("the stale request changed the setup")
	}
}

func setupRefused(c *chief) {
	before := c.setup()
	for name, t := range map[string]struct {
		change func(*queue.Setup)
		want   queue.Code
		says   string
	}{
		"another office":  {func(s *queue.Setup) { s.Office = "khac" }, queue.CodeBadRequest, "khac"},
		"no counters":     {func(s *queue.Setup) { s.Counters = nil }, queue.CodeBadRequest, "counter"},
		"unknown agency":  {func(s *queue.Setup) { s.Services[0].Agency = "x" }, queue.CodeBadRequest, `agency "x"`},
		"unknown service": {func(s *queue.Setup) { s.Counters[0].Services = []string{"Z"} }, queue.CodeUnknownService, `"Z"`},
		"hours":           {func(s *queue.Setup) { s.Hours = []queue.Hours{{From: "12:00", To: "11:00"}} }, queue.CodeBadRequest, "12:00"},
		"a day twice":     {func(s *queue.Setup) { s.Days = append(s.Days, s.Days[0]) }, queue.CodeBadRequest, "2020-01-01"},
		"rates":           {func(s *queue.Setup) { s.Rates.Priority = 9 }, queue.CodeBadRequest, "9"},
		"a rule":          {func(s *queue.Setup) { s.Rules.UndoSeconds = -1 }, queue.CodeBadRequest, "undo_seconds"},
		"a quota":         {func(s *queue.Setup) { s.Services[0].Quota = -1 }, queue.CodeBadRequest, "quota"},
	} {
		s := hall()
		t.change(&s)
		_, err := c.tryConfigure(s, "")
		c.wantCode(err, t.want, name)
		if err != nil && !strings.Contains(err.Error(), t.says) {
			c.Errorf("%s: %v does not name %s", name, err, t.says)
		}
	}
	if c.setup().Version != before.Version {
		c.Error("a refused setup is in force")
	}
}

func setupInUse(c *chief) {
	t := c.take("D")
	without := hall()
	without.Services = without.Services[:3]
	without.Procedures = slices.DeleteFunc(without.Procedures, func(p queue.Procedure) bool { return p.Service == "D" })
	without.Counters[0].Services = []string{"A"}
	without.Counters[3].Services = []string{"C"}
	_, err := c.tryConfigure(without, "")
	c.wantCode(err, queue.CodeSetupInUse, "drop a service with a ticket")
	c.act(t.ID, queue.Cancel)
	c.set("4", queue.Opened, "")
	without.Counters = without.Counters[:3]
	_, err = c.tryConfigure(without, "")
	c.wantCode(err, queue.CodeSetupInUse, "drop an open counter")
	c.set("4", queue.Closed, "")
	_, err = c.tryConfigure(without, "")
	c.must(err, "drop what nobody uses")
	_, err = c.tryTake("D")
	c.wantCode(err, queue.CodeUnknownService, "take from the dropped service")
}

func (c *chief) setIssuing(service string, stopped bool) map[string]bool {
	c.Helper()
	views, err := c.office.SetIssuing(c.ctx, queue.IssuingRequest{Service: service, Stopped: stopped, Reason: "quá tải"})
	c.must(err, "set issuing")
	open := map[string]bool{}
	for _, v := range views {
		open[v.ID] = v.Open
	}
	return open
}

// wantOpens checks a refusal that time heals.
func (c *chief) wantOpens(err error, want queue.Code, doing string) {
	c.Helper()
	c.wantCode(err, want, doing)
	var e *queue.Error
	if errors.As(err, &e) && !e.Opens.After(time.Now()) {
		c.Errorf("%s: numbers are given again at %v", doing, e.Opens)
	}
}

func issuing(c *chief) {
	waiting := c.take("A")
	start := c.board().Seq
	if open := c.setIssuing("A", true); open["A"] || !open["B"] {
		c.Errorf("A stopped, and open are %v", open)
	}
	c.setIssuing("A", true)
	_, err := c.tryTake("A")
	c.wantOpens(err, queue.CodeIssuingStopped, "take from a stopped service")
	c.take("B")
	c.set("1", queue.Opened, "")
	if t := c.next("1"); t.ID != waiting.ID {
		c.Errorf("who waits is not served: %s", t.Number)
	}
	if open := c.setIssuing("", true); open["B"] {
		c.Errorf("all stopped, and open are %v", open)
	}
	_, err = c.tryTake("B")
	c.wantOpens(err, queue.CodeIssuingStopped, "take from a stopped office")
	c.setIssuing("", false)
	if open := c.setIssuing("A", false); !open["A"] || !open["B"] {
		c.Errorf("all resumed, and open are %v", open)
	}
	c.take("A")
	_, err = c.office.SetIssuing(c.ctx, queue.IssuingRequest{Service: "Z", Stopped: true})
	c.wantCode(err, queue.CodeUnknownService, "stop an unknown service")
	type line struct {
		kind    queue.Kind
		service string
	}
	var got []line
	for _, e := range c.log(start, c.board().Seq) {
		if e.Kind == queue.IssuingStopped || e.Kind == queue.IssuingResumed {
			got = append(got, line{e.Kind, e.Service})
		}
	}
	want := []line{{queue.IssuingStopped, "A"}, {queue.IssuingStopped, ""}, {queue.IssuingResumed, ""}}
	if !slices.Equal(got, want) {
		c.Errorf("the log says %v, want %v", got, want)
	}
}

func heard(c *chief) {
	c.set("1", queue.Opened, "")
	c.take("A")
	called := c.next("1")
	at := time.Now().UTC().Truncate(time.Millisecond)
	told := queue.AnnouncedRequest{Meta: queue.Meta{Caller: "test", Key: "heard"}, Ticket: called.ID, Counter: "1", Zone: "hall", Readings: 2, HeardAt: at}
	for range 2 {
		c.must(c.office.Announced(c.ctx, told), "tell what was heard")
	}
	c.must(c.office.Announced(c.ctx, queue.AnnouncedRequest{Ticket: called.ID, Counter: "1", Zone: "tang-2", Reason: "no output"}), "tell what was not")
	c.wantCode(c.office.Announced(c.ctx, queue.AnnouncedRequest{Ticket: "999999", Counter: "1", Zone: "hall"}), queue.CodeUnknownTicket, "tell of no ticket")
	c.wantCode(c.office.Announced(c.ctx, queue.AnnouncedRequest{Ticket: called.ID, Counter: "99", Zone: "hall"}), queue.CodeUnknownCounter, "tell of no counter")
	c.wantCode(c.office.Announced(c.ctx, queue.AnnouncedRequest{Ticket: called.ID, Counter: "1", Zone: "hall", Readings: 1}), queue.CodeBadRequest, "tell without a time")
	if now := c.ticket(called.ID); now.Version != called.Version {
		c.Errorf("version %d became %d", called.Version, now.Version)
	}
	var got []queue.Playback
	for e, err := range c.office.Events(c.ctx, called.Version) {
		c.must(err, "events")
		if e.Playback == nil || e.Kind != queue.CallAnnounced || e.Counter != "1" {
			c.Fatalf("event %+v", e)
		}
		if got = append(got, *e.Playback); len(got) == 2 {
			break
		}
	}
	want := []queue.Playback{{Ticket: called.ID, Number: called.Number, Zone: "hall", Readings: 2, HeardAt: at}, {Ticket: called.ID, Number: called.Number, Zone: "tang-2"}}
	if diff := cmp.Diff(want, got); diff != "" {
		c.Error(diff)
	}
}

func withCard(text string) variant { return func(r *queue.TakeRequest) { r.Card = text } }

func cards(c *chief) {
	until := time.Now().AddDate(1, 0, 0).UTC().Truncate(time.Second)
	card, err := c.office.IssueCard(c.ctx, queue.CardRequest{Kind: "elderly", Until: until})
	c.must(err, "issue a card")
	if card.ID == "" || card.Kind != "elderly" || !card.Until.Equal(until) || !strings.HasPrefix(card.Text, "XM1-"+card.ID+"-") {
		c.Fatalf("card %+v", card)
	}
	if t := c.take("A", withCard(card.Text)); t.Class != queue.Priority || t.Entitlement != queue.ByCard {
		c.Errorf("with a card: class %s, %s", t.Class, t.Entitlement)
	}
	byAge := func(r *queue.TakeRequest) { r.Channel, r.Aged = queue.Kiosk, true }
	if t := c.take("A", byAge); t.Class != queue.Priority || t.Entitlement != queue.ByAge {
		c.Errorf("with the age read: class %s, %s", t.Class, t.Entitlement)
	}
	_, err = c.tryTake("A", withCard("XM1-1-20300101-ELDERLY-AAAAAAAAAAAAAAAA"))
	c.wantCode(err, queue.CodeCardInvalid, "take with a forged card")
	for range 2 {
		gone, err := c.office.RevokeCard(c.ctx, queue.RevokeRequest{ID: card.ID})
		c.must(err, "revoke")
		if diff := cmp.Diff(card, gone); diff != "" {
			c.Error(diff)
		}
	}
	_, err = c.tryTake("A", withCard(card.Text))
	c.wantCode(err, queue.CodeCardInvalid, "take with a revoked card")
	for _, id := range []string{"1", "999999", "x", ""} {
		_, err := c.office.RevokeCard(c.ctx, queue.RevokeRequest{ID: id})
		c.wantCode(err, queue.CodeCardInvalid, "revoke card "+id)
	}
	for name, r := range map[string]queue.CardRequest{
		"kind": {Kind: "Người già", Until: until}, "no kind": {Until: until}, "no day": {Kind: "elderly"},
		"past": {Kind: "elderly", Until: time.Now().AddDate(0, 0, -2)}, "far": {Kind: "elderly", Until: time.Now().AddDate(11, 0, 0)},
	} {
		_, err := c.office.IssueCard(c.ctx, r)
		c.wantCode(err, queue.CodeBadRequest, "a card with a wrong "+name)
	}
	strict := hall()
	strict.Rules.CardOnly = true
	_, err = c.tryConfigure(strict, "")
	c.must(err, "priority by card only")
	_, err = c.tryTake("A", ofClass(queue.Priority))
	c.wantCode(err, queue.CodeCardNeeded, "priority on one's word")
}

func entitlements(c *chief) {
	declared := c.take("A", ofClass(queue.Priority))
	if declared.Entitlement != queue.Declared {
		c.Errorf("on one's word it is %q", declared.Entitlement)
	}
	if t := c.act(declared.ID, queue.Entitle); t.Entitlement != queue.Confirmed || t.Class != queue.Priority {
		c.Errorf("entitled: %s, %s", t.Class, t.Entitlement)
	}
	c.set("1", queue.Opened, "")
	called := c.next("1")
	if t := c.act(called.ID, queue.Disentitle); t.Entitlement != queue.Refused || t.Class != queue.Normal || t.State != queue.Waiting {
		c.Errorf("not entitled: %s, %s, %s", t.Class, t.Entitlement, t.State)
	}
	c.refused(called.ID, queue.Disentitle, queue.CodeWrongState)
	end := c.board().Seq
	last := c.log(end-1, end)[0]
	if last.Kind != queue.TicketDisentitled || last.Ticket == nil || last.Ticket.Entitlement != queue.Refused {
		c.Errorf("the log says %+v", last)
	}
}

func appointment(c *chief) {
	slot := time.Now().UTC().Truncate(time.Second)
	t := c.take("A", func(r *queue.TakeRequest) { r.Slot, r.Dossiers = slot, 3 })
	if t.Class != queue.Appointment || !t.Slot.Equal(slot) || t.Dossiers != 3 {
		c.Errorf("class %s, slot %s, %d dossiers; want %s, 3", t.Class, t.Slot, t.Dossiers, slot)
	}
	if diff := cmp.Diff(t, c.ticket(t.Code)); diff != "" {
		c.Errorf("read back: %s", diff)
	}
	for name, v := range map[string]variant{
		"another day":      func(r *queue.TakeRequest) { r.Slot = slot.AddDate(0, 0, 3) },
		"another class":    func(r *queue.TakeRequest) { r.Slot, r.Class = slot, queue.Priority },
		"too many":         func(r *queue.TakeRequest) { r.Dossiers = 100 },
		"less than none":   func(r *queue.TakeRequest) { r.Dossiers = -1 },
		"a far, far slot ": func(r *queue.TakeRequest) { r.Slot = time.Unix(0, 0) },
	} {
		_, err := c.tryTake("A", v)
		c.wantCode(err, queue.CodeBadRequest, name)
	}
}

func quotas(c *chief) {
	for n := 101; n <= 102; n++ {
		if t := c.take("C"); t.Number != number("C", n) {
			c.Errorf("number %s, want %d", t.Number, n)
		}
	}
	_, err := c.tryTake("C")
	c.wantOpens(err, queue.CodeServiceFull, "take after the last number")
	c.take("D", byChannel(queue.Phone))
	_, err = c.tryTake("D", byChannel(queue.Phone))
	c.wantOpens(err, queue.CodeChannelFull, "take after the channel's last")
	_, err = c.tryTake("D", byChannel(queue.Zalo))
	c.wantOpens(err, queue.CodeChannelFull, "take through a closed channel")
	c.take("D")
}

// wantWhy checks an explanation with one call, and gives it.
func (c *chief) wantWhy(ticket, of string, other queue.Ticket, want queue.Why) queue.Precedence {
	c.Helper()
	x, err := c.office.Explain(c.ctx, ticket, of)
	c.must(err, "explain "+ticket)
	if x.Ticket.Number.String() != ticket || x.Ticket.Code != "" || x.Ticket.URL != "" {
		c.Errorf("the explanation is of %+v", x.Ticket)
	}
	if len(x.Calls) != 1 {
		c.Fatalf("%d calls explained: %+v", len(x.Calls), x.Calls)
	}
	p := x.Calls[0]
	if p.Ticket.Number != other.Number || p.Why != want || p.Counter != other.Counter || !p.At.Equal(other.CalledAt) {
		c.Errorf("explained %+v; want %s at %s, %s", p, other.Number, other.CalledAt, want)
	}
	return p
}

func whyChosen(c *chief) {
	own, other := c.take("A"), c.take("A")
	c.set("1", queue.Opened, "")
	called, err := c.office.Call(c.ctx, queue.CallRequest{Counter: "1", Ticket: other.ID, Reason: "con nhỏ ốm"})
	c.must(err, "call out of order")
	end := c.board().Seq
	if e := c.log(end-1, end)[0]; !e.Chosen || e.Kind != queue.TicketCalled {
		c.Errorf("the log does not say that it was chosen: %+v", e)
	}
	for _, of := range []string{"", "A002", "a2"} {
		p := c.wantWhy("A001", of, called, queue.WhyChosen)
		if p.Reason != "con nhỏ ốm" || p.Rate != 1 || p.Own < p.Other {
			c.Errorf("%+v", p)
		}
		zone := time.FixedZone("", 7*60*60)
		vi, en := p.Sentence(own.Number, zone)
		at := called.CalledAt.In(zone).Format("15:04")
		if !strings.HasPrefix(vi, "Lúc "+at+", quầy 1 gọi số A002 trước số A001: cán bộ gọi riêng") || !strings.HasPrefix(en, "At "+at+", counter 1 called A002 before A001: ") {
			c.Errorf("%q, %q", vi, en)
		}
	}
	x, err := c.office.Explain(c.ctx, "A001", "A001")
	c.must(err, "explain oneself")
	if len(x.Calls) != 0 {
		c.Errorf("%+v", x.Calls)
	}
}

func whyClass(c *chief) {
	old := c.take("A")
	c.set("1", queue.Opened, "")
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	<-tick.C // So that it is the class and not the same moment.
	fast := c.take("A", ofClass(queue.Priority))
	for ahead(c.ticket(fast.ID)) != 0 {
		select {
		case <-tick.C:
		case <-c.ctx.Done():
			c.Fatal("a priority ticket never gains on a normal one")
		}
	}
	called := c.next("1")
	p := c.wantWhy("A001", "", called, queue.WhyClass)
	if p.Reason != "" || p.Rate != 3 || p.Other != called.CalledAt.Sub(fast.EligibleAt) || p.Own != called.CalledAt.Sub(old.EligibleAt) {
		c.Errorf("rate %g, own %s, other %s", p.Rate, p.Own, p.Other)
	}
}

func whyNothing(c *chief) {
	c.take("A")
	x, err := c.office.Explain(c.ctx, "A001", "")
	c.must(err, "explain")
	vi, en := x.Summary()
	if len(x.Calls) != 0 || !strings.Contains(vi, "A001") || !strings.Contains(en, "A001") {
		c.Errorf("%+v: %q, %q", x, vi, en)
	}
	for _, refs := range [][2]string{{"A999", ""}, {"A001", "A999"}, {"", ""}, {"..", ""}} {
		_, err := c.office.Explain(c.ctx, refs[0], refs[1])
		c.wantCode(err, queue.CodeUnknownTicket, "explain "+refs[0]+" beside "+refs[1])
	}
}

func managedOnce(c *chief) {
	until := time.Now().AddDate(1, 0, 0)
	next := hall()
	next.Name = "Tên mới"
	var card queue.Card
	var seq int64
	for i := range 2 {
		v, err := c.office.Configure(c.ctx, queue.ConfigureRequest{Meta: meta("s"), Setup: next})
		c.must(err, "configure")
		if v.Setup.Name != next.Name {
			c.Errorf("the setup is %q", v.Setup.Name)
		}
		got, err := c.office.IssueCard(c.ctx, queue.CardRequest{Meta: meta("c"), Kind: "disabled", Until: until})
		c.must(err, "card")
		if _, err = c.office.SetIssuing(c.ctx, queue.IssuingRequest{Meta: meta("i"), Stopped: true}); err != nil {
			c.Errorf("issuing: %v", err)
		}
		if i > 0 && (got != card || c.board().Seq != seq) {
			c.Errorf("the repeat gives card %+v and %d events, want %+v", got, c.board().Seq-seq, card)
		}
		card, seq = got, c.board().Seq
	}
	c.setIssuing("", false)
	_, err := c.office.SetIssuing(c.ctx, queue.IssuingRequest{Meta: meta("i"), Stopped: true})
	c.must(err, "issuing repeated")
	c.take("A") // The repeat did not stop it again.
	for doing, err := range map[string]error{
		"configure": second(c.office.Configure(c.ctx, queue.ConfigureRequest{Meta: meta("s"), Setup: hall()})),
		"card":      second(c.office.IssueCard(c.ctx, queue.CardRequest{Meta: meta("c"), Kind: "other", Until: until})),
		"issuing":   second(c.office.SetIssuing(c.ctx, queue.IssuingRequest{Meta: meta("i"), Service: "A", Stopped: true})),
		"take":      second(c.tryTake("A", withKey("i"))),
	} {
		c.wantCode(err, queue.CodeKeyReused, doing+" under a used key")
	}
}

// opens: the office is open on one minute of one day of the week, and that is
// not now.
func opens(c *chief) {
	s := hall()
	s.Hours = []queue.Hours{{Day: time.Now().Add(72 * time.Hour).Weekday(), From: "03:00", To: "03:01"}}
	_, err := c.tryConfigure(s, "")
	c.must(err, "configure")
	_, err = c.tryTake("A")
	c.wantOpens(err, queue.CodeOfficeClosed, "take from a closed office")
	info, err := c.office.Info(c.ctx)
	c.must(err, "info")
	var refusal *queue.Error
	if _, err := c.tryTake("A"); !errors.As(err, &refusal) || info.Open || !info.Opens.Equal(refusal.Opens) {
		c.Errorf("open %v, opens %s; a refusal says %v", info.Open, info.Opens, err)
	}
}

func shown(c *chief) {
	services, err := c.office.Services(c.ctx)
	c.must(err, "services")
	for i, v := range services {
		if diff := cmp.Diff(hall().Services[i], v.Service); diff != "" {
			c.Error(diff)
		}
	}
	counters, err := c.office.Counters(c.ctx)
	c.must(err, "counters")
	for i, v := range counters {
		if diff := cmp.Diff(hall().Counters[i], v.Counter); diff != "" {
			c.Error(diff)
		}
	}
	t := c.take("B")
	if t.Agency != "so-xay-dung" {
		c.Errorf("a ticket of service B is agency %q's", t.Agency)
	}
	c.act(t.ID, queue.Cancel)
	c.take("A")
	c.set("3", queue.Opened, "")
	called := c.next("3")
	if called.Agency != "" {
		c.Errorf("%s is agency %q's", called.Number, called.Agency)
	}
	moved, err := c.office.Act(c.ctx, queue.ActRequest{Ticket: called.ID, Action: queue.Transfer, Service: "B"})
	c.must(err, "transfer")
	if moved.Agency != "so-xay-dung" {
		c.Errorf("transferred to service B it is agency %q's", moved.Agency)
	}
}
