package queue

import (
	"maps"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"
)

// What the machine does at the door and in the office behind: numbers, cards,
// the setup.

// takeAny asks for a number, and looks whether it was given or refused for one
// of the reasons that there are.
func (m *machine) takeAny(t *rapid.T) {
	r := TakeRequest{
		Service: rapid.SampledFrom([]string{"A", "A", "a", "B", "C", "D", "Z"}).Draw(t, "service"),
		Channel: rapid.SampledFrom(Channels()).Draw(t, "channel"),
		Class:   rapid.SampledFrom(append(classes(), Normal, Normal, "vip")).Draw(t, "class"),
		Hold:    rapid.Bool().Draw(t, "hold"),
		Needs:   rapid.SampledFrom([][]string{nil, {}, {"wheelchair"}}).Draw(t, "needs"),
	}
	if r.Class == Appointment || rapid.IntRange(0, 9).Draw(t, "book") == 0 {
		after := rapid.SampledFrom([]time.Duration{-time.Hour, -20 * time.Minute, -time.Minute, 0, time.Minute, 10 * time.Minute, time.Hour, 24 * time.Hour})
		r.Slot = m.now.Add(after.Draw(t, "slot"))
	}
	if rapid.IntRange(0, 3).Draw(t, "card") == 0 {
		r.Card, r.Slot = m.anyCard(t), time.Time{}
	}
	if rapid.IntRange(0, 4).Draw(t, "set aside") == 0 {
		r.Reserve = true
		if rapid.IntRange(0, 3).Draw(t, "plain") > 0 { // As a kiosk asks.
			r.Channel, r.Class, r.Card, r.Slot = Kiosk, Normal, "", time.Time{}
		}
	}
	m.settle(t)
	may := m.refusals(r)
	err := m.send(t, r)
	if (err == nil) != (len(may) == 0) || (err != nil && !may[ErrorCode(err)]) {
		t.Fatalf("%+v at %s: %v, want one of %v", r, m.now, err, may)
	}
}

// refusals are all the reasons for which a number may be refused, straight
// from the setup and the tickets.
func (m *machine) refusals(r TakeRequest) map[Code]bool {
	may := map[Code]bool{}
	setup := m.s.setup
	r.Service = strings.ToUpper(r.Service)
	i := slices.IndexFunc(setup.Services, func(v Service) bool { return v.ID == r.Service })
	if i < 0 {
		return map[Code]bool{CodeUnknownService: true}
	}
	v, local := setup.Services[i], m.now.In(m.s.location)
	open, closes := m.openAt(local)
	remote := r.Channel != Kiosk && r.Channel != Staff
	may[CodeOfficeClosed] = !open
	may[CodeIssuingStopped] = m.stops[""] || m.stops[v.ID] ||
		(setup.Rules.LastMinutes > 0 && closes != "" && local.Add(time.Duration(setup.Rules.LastMinutes)*time.Minute).Format("2006-01-02 15:04") >= local.Format("2006-01-02 ")+closes)
	if until := setup.Rules.RemoteUntil; setup.Rules.CheckIn && remote && until != "" {
		may[CodeChannelFull] = local.Format("2006-01-02 15:04") >= m.s.day+" "+until
	}
	taken, through := 0, 0
	aside := 0
	for _, k := range m.s.tickets {
		if k.State == Held && k.HoldUntil.IsZero() && k.Service == v.ID {
			aside++
		}
		if k.Day == m.s.day && k.Number.Prefix == v.ID && k.State != Cancelled {
			taken++
			if k.Channel == r.Channel {
				through++
			}
		}
	}
	most, limited := v.Quotas[r.Channel]
	may[CodeServiceFull] = (v.Quota > 0 && taken >= v.Quota) || (v.Last > 0 && m.nextNumber(v) > v.Last)
	may[CodeChannelFull] = may[CodeChannelFull] || (limited && through >= most) || (r.Reserve && aside >= 100)
	today := r.Slot.IsZero() || r.Slot.In(m.s.location).Format("2006-01-02") == m.s.day
	may[CodeBadRequest] = r.Card == "" && (r.Class == "vip" || (!r.Slot.IsZero() && r.Class != Appointment) || !today)
	if r.Reserve { // For a kiosk and nobody yet.
		may[CodeBadRequest] = may[CodeBadRequest] || r.Channel != Kiosk || (r.Class != Normal && r.Class != "") || r.Card != "" || !r.Slot.IsZero()
	}
	may[CodeCardNeeded] = r.Card == "" && r.Class == Priority && r.Channel != Staff && setup.Rules.CardOnly
	may[CodeCardInvalid] = r.Card != "" && !m.honoured(r.Card)
	for code, applies := range may {
		if !applies {
			delete(may, code)
		}
	}
	return may
}

// openAt tells whether the office is open, and when its day's last session
// ends; empty if it never does.
func (m *machine) openAt(local time.Time) (open bool, closes string) {
	date, clock := local.Format("2006-01-02"), local.Format("15:04")
	own, always := false, len(m.s.setup.Hours) == 0
	var list []Span
	for _, d := range m.s.setup.Days {
		if d.Date == date {
			own, list = true, d.Hours
		}
	}
	for _, h := range m.s.setup.Hours {
		if !own && h.Day == local.Weekday() {
			list = append(list, Span{h.From, h.To})
		}
	}
	for _, h := range list {
		open = open || (h.From <= clock && clock < h.To)
		closes = max(closes, h.To)
	}
	return open || (always && !own), closes
}

// shown is a card that was handed out.
type shown struct {
	id, text string
	until    string // Its last day.
	revoked  bool
}

func (m *machine) anyCard(t *rapid.T) string {
	texts := []string{"XM1-1-20991231-ELDERLY-AAAAAAAAAAAAAAAA"}
	for _, c := range m.cards {
		texts = append(texts, c.text, c.text, strings.ToLower(c.text), c.text[1:])
	}
	return rapid.SampledFrom(texts).Draw(t, "which card")
}

// honoured reports whether a card is one of those handed out, and still good.
func (m *machine) honoured(text string) bool {
	today := m.now.In(m.s.location).Format("2006-01-02")
	return slices.ContainsFunc(m.cards, func(c shown) bool { return strings.EqualFold(c.text, text) && !c.revoked && today <= c.until })
}

// handle hands out a card or takes one back.
func (m *machine) handle(t *rapid.T) {
	if len(m.cards) > 0 && rapid.Bool().Draw(t, "revoke") {
		c := &m.cards[rapid.IntRange(0, len(m.cards)-1).Draw(t, "which")]
		if err := m.send(t, RevokeRequest{ID: c.id}); err != nil {
			t.Fatalf("revoke %s: %v", c.id, err)
		}
		c.revoked = true
		return
	}
	until := m.now.AddDate(0, 0, rapid.SampledFrom([]int{-1, 0, 1, 400, 4000}).Draw(t, "until"))
	err := m.send(t, CardRequest{Kind: rapid.SampledFrom([]string{"elderly", "a-b", ""}).Draw(t, "kind"), Until: until})
	if err != nil {
		return
	}
	card := m.log[len(m.log)-1].Card
	m.cards = append(m.cards, shown{id: card.ID, text: m.s.cardText(*card), until: until.In(m.s.location).Format("2006-01-02")})
}

// hear tells what became of a call; it changes nothing that the office goes by.
func (m *machine) hear(t *rapid.T) {
	id := rapid.SampledFrom(append(slices.Sorted(maps.Keys(m.s.tickets)), "999999")).Draw(t, "of")
	before, from := m.s.tickets[id], len(m.log)
	err := m.send(t, AnnouncedRequest{Ticket: id, Counter: "1", Zone: DefaultZone, Readings: 1, HeardAt: m.now})
	touched := func(e Event) bool { return e.Ticket != nil && e.Ticket.ID == id } // By time, which the owner looks at first.
	if known := before != nil; known != (err == nil) || m.s.tickets[id] != before && !slices.ContainsFunc(m.log[from:], touched) {
		t.Fatalf("ticket %s, known %t: %v", id, known, err)
	}
}

// issuing stops or resumes the giving of numbers.
func (m *machine) issuing(t *rapid.T) {
	_ = m.send(t, IssuingRequest{
		Service: rapid.SampledFrom([]string{"A", "B", "", "Z"}).Draw(t, "of"), Stopped: rapid.SampledFrom([]bool{true, false, false}).Draw(t, "stopped"),
	})
}

// configure puts another setup in force, one that cannot be now and then.
func (m *machine) configure(t *rapid.T) {
	next := m.drawSetup(t)
	drop := func(service string) {
		next.Services = slices.DeleteFunc(next.Services, func(v Service) bool { return v.ID == service })
		next.Procedures = nil
		for i := range next.Counters {
			c := &next.Counters[i]
			gone := func(id string) bool { return id == service }
			c.Services, c.Helps = slices.DeleteFunc(c.Services, gone), slices.DeleteFunc(c.Helps, gone)
		}
	}
	valid := true
	switch rapid.IntRange(0, 7).Draw(t, "change") {
	case 0, 1:
		drop("D")
	case 2:
		drop("A")
	case 3, 4:
		next.Counters = next.Counters[:3]
	case 5:
		next.Services[1].ID, valid = "A", false
	case 6:
		next.Rules.HelpFactor, valid = 99, false
	}
	r := ConfigureRequest{Setup: next}
	stale := rapid.IntRange(0, 4).Draw(t, "stale") == 0
	if stale {
		r.Version = "0123456789abcdef"
	}
	m.settle(t)
	left := m.leftBehind(next)
	err := m.send(t, r)
	want := map[Code]bool{CodeStaleVersion: stale, CodeBadRequest: !valid, CodeSetupInUse: left}
	if refused := stale || !valid || left; (err != nil) != refused || (err != nil && !want[ErrorCode(err)]) {
		t.Fatalf("configure: %v, want %v", err, want)
	}
	if err == nil && m.s.setup.version() != next.version() {
		t.Fatalf("another setup is in force than was sent")
	}
	m.readRates()
}

// leftBehind reports whether tickets or counters at work have no place in a
// setup.
func (m *machine) leftBehind(next Setup) bool {
	service := func(id string) bool {
		return slices.ContainsFunc(next.Services, func(v Service) bool { return v.ID == id })
	}
	counter := func(id string) bool {
		return slices.ContainsFunc(next.Counters, func(c Counter) bool { return c.ID == id })
	}
	for id, d := range m.s.counters {
		if !counter(id) && (d.state != Closed || d.ticket != "") {
			return true
		}
	}
	for _, k := range m.s.tickets {
		if k.State.Open() && (!service(k.Service) || (k.Only != "" && !counter(k.Only))) {
			return true
		}
	}
	return false
}
