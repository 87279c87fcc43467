package agent

import (
	"cmp"
	"slices"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// shelf is what is on the disk.
type shelf struct {
	Info       queue.Info          `json:"info"`
	Services   []queue.ServiceView `json:"services"`
	Procedures []queue.Procedure   `json:"procedures"`
	Counters   []queue.CounterView `json:"counters"`
	Kiosk      queue.KioskSetup    `json:"kiosk"`
	Free       []reserved          `json:"free"`
	Given      []given             `json:"given"`
	Asked      map[string]int      `json:"asked"` // Numbers asked for, by day and service: part of their keys.
	Self       string              `json:"self"`  // Of this file, the other part: two machines with one token, or a file begun anew, never ask for the same number.
}

// reserved is a number that is set aside.
type reserved struct {
	Ticket queue.Ticket `json:"ticket"`
	URL    string       `json:"url,omitempty"` // The ticket's JSON form leaves it out.
}

// is reports whether a reference means this number.
func (r reserved) is(ref string) bool { return r.Ticket.Ref() == ref }

// given is a number that a citizen got from the shelf.
type given struct {
	reserved
	Key       string     `json:"key"` // Of the touch: the same touch gets the same number.
	Told      queue.Told `json:"told"`
	Delivered bool       `json:"delivered,omitempty"` // The citizen has it.
	Redeemed  bool       `json:"redeemed,omitempty"`  // The office knows, or …
	Refused   bool       `json:"refused,omitempty"`   // … will not have it, or …
	Unknown   bool       `json:"unknown,omitempty"`   // … does not know the number any more: an older backup was restored.
	Done      bool       `json:"done,omitempty"`      // Staff have dealt with it.
	Another   bool       `json:"another,omitempty"`   // And has given it to somebody else.
}

// Orphan is a number that a citizen has and that the office does not know any
// more, because an older backup of it was restored.
type Orphan struct {
	Number  string    `json:"number"`
	At      time.Time `json:"at"`                // When it was given.
	Another bool      `json:"another,omitempty"` // The office has given this number to somebody else since.
}

// Stock tells how many numbers are left of those set aside, by service, and how
// many were given and not taken back by the office yet.
func (o *Office) Stock() (free map[string]int, owed int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	free = map[string]int{}
	for _, r := range o.today() {
		free[r.Ticket.Service]++
	}
	for _, g := range o.shelf.Given {
		if g.Delivered && !g.Redeemed {
			owed++
		}
	}
	return free, owed
}

// Numbers lists what is set aside for today.
func (o *Office) Numbers() (all []queue.Number) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, r := range o.today() {
		all = append(all, r.Ticket.Number)
	}
	return all
}

// Refused lists numbers that citizens have and that the office would not take
// back: staff must serve them by hand.
func (o *Office) Refused() (numbers []string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, g := range o.shelf.Given {
		if g.Refused {
			numbers = append(numbers, g.Ticket.Number.String())
		}
	}
	return numbers
}

// Orphans lists numbers that citizens have and that the office does not know
// any more: staff must exchange their papers.
func (o *Office) Orphans() (all []Orphan) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, g := range o.shelf.Given {
		if g.Unknown {
			all = append(all, Orphan{g.Ticket.Number.String(), g.Told.At, g.Another})
		}
	}
	return all
}

// day is the business day by this machine's clock. The caller holds o.mu.
func (o *Office) day() string {
	zone, err := time.LoadLocation(o.shelf.Info.TimeZone)
	if err != nil {
		zone = time.UTC
	}
	return o.cfg.Now().In(zone).Format(time.DateOnly)
}

// today are the free numbers of this business day. The caller holds o.mu.
func (o *Office) today() (free []reserved) {
	day := o.day()
	for _, r := range o.shelf.Free {
		if r.Ticket.Day == day {
			free = append(free, r)
		}
	}
	return free
}

// onShelf reports whether a number of a service is set aside. The caller holds
// o.mu.
func (o *Office) onShelf(service string) bool {
	return slices.ContainsFunc(o.today(), func(r reserved) bool { return r.Ticket.Service == service })
}

// offers reports whether numbers set aside may be given for a service, as the
// office was last seen: not where staff had closed it or stopped the numbers.
func offers(s queue.ServiceView) bool {
	return s.Why != queue.CodeServiceClosed && s.Why != queue.CodeIssuingStopped
}

func (o *Office) givenFor(key string) (queue.Ticket, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if i := slices.IndexFunc(o.shelf.Given, func(g given) bool { return g.Key == key }); key != "" && i >= 0 {
		return o.shelf.Given[i].view(), true
	}
	return queue.Ticket{}, false
}

// view is the ticket as the kiosk sees it.
func (g given) view() queue.Ticket {
	t := g.Ticket
	t.URL, t.IssuedAt, t.EligibleAt = g.URL, g.Told.At, g.Told.At
	t.Procedure, t.Class, t.Language, t.Needs = g.Told.Procedure, cmp.Or(g.Told.Class, queue.Normal), cmp.Or(g.Told.Language, "vi"), g.Told.Needs
	if t.Class == queue.Priority {
		t.Entitlement = queue.Declared
	}
	if g.Told.Aged {
		t.Class, t.Entitlement = queue.Priority, queue.ByAge
	}
	t.State, t.Standing = queue.Held, nil // How many are ahead, nobody knows.
	if g.Delivered {
		t.State = queue.Waiting
	}
	return t
}

// give takes a number from the shelf; why is what the office said.
func (o *Office) give(r queue.TakeRequest, why error) (queue.Ticket, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	chosen, ok := o.choose(r)
	if !ok {
		return queue.Ticket{}, why
	}
	before := o.shelf
	o.shelf.Free = slices.DeleteFunc(slices.Clone(before.Free), func(f reserved) bool { return f.is(chosen.Ticket.Ref()) })
	g := given{reserved: chosen, Key: r.Key, Told: queue.Told{
		At: o.cfg.Now().UTC(), Procedure: r.Procedure, Class: r.Class, Language: r.Language, Needs: slices.Clone(r.Needs), Aged: r.Aged, Card: r.Card,
	}}
	if r.Card != "" { // Nobody can check it now; the office does, and staff.
		g.Told.Class = queue.Priority
	}
	o.shelf.Given = append(slices.Clone(before.Given), g)
	if err := writeWhole(o.cfg.Path, o.shelf); err != nil { // Before anybody is told.
		o.shelf = before
		return queue.Ticket{}, queue.Errorf(queue.CodeUnavailable, "the office is away and the number cannot be written down: %w", err)
	}
	o.cfg.Logger.Info("number given that was set aside", "ticket", g.Ticket.Number.String())
	return g.view(), nil
}

// choose finds a number on the shelf for a request. The caller holds o.mu.
func (o *Office) choose(r queue.TakeRequest) (chosen reserved, ok bool) {
	service := r.Service
	for _, p := range o.shelf.Procedures {
		if p.ID == r.Procedure && r.Procedure != "" {
			service = p.Service
		}
	}
	closed := slices.ContainsFunc(o.shelf.Services, func(s queue.ServiceView) bool { return s.ID == service && !offers(s) })
	free := o.today()
	i := slices.IndexFunc(free, func(f reserved) bool { return f.Ticket.Service == service })
	if i < 0 || closed || o.barred || len(o.shelf.Given) >= givenMost {
		return chosen, false
	}
	return free[i], true
}

// deliver notes the confirmation of a number from the shelf that the office has
// not taken back yet; ours is false for all else.
func (o *Office) deliver(r queue.ActRequest) (t queue.Ticket, ours bool, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	i := slices.IndexFunc(o.shelf.Given, func(g given) bool { return g.is(r.Ticket) })
	if i < 0 || o.shelf.Given[i].Redeemed {
		return t, false, nil
	}
	g := o.shelf.Given[i]
	if r.Action != queue.Confirm {
		return t, true, queue.Errorf(queue.CodeUnavailable, "the office does not know ticket %s yet", g.Ticket.Number)
	}
	if !g.Delivered {
		given := slices.Clone(o.shelf.Given)
		given[i].Delivered = true
		after := o.shelf
		after.Given = given
		if err := writeWhole(o.cfg.Path, after); err != nil {
			return t, true, queue.Errorf(queue.CodeUnavailable, "the delivery cannot be written down: %w", err)
		}
		o.shelf = after
	}
	return o.shelf.Given[i].view(), true, nil
}

// tidy forgets what is over.
func (o *Office) tidy() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.shelf.Free = o.today()
	old := o.cfg.Now().Add(-journalAge)
	o.shelf.Given = slices.DeleteFunc(slices.Clone(o.shelf.Given), func(g given) bool {
		return g.Told.At.Before(old) && (g.Redeemed || !g.Delivered)
	})
	for key := range o.shelf.Asked {
		if day, err := time.Parse(time.DateOnly, key[:min(len(key), len(time.DateOnly))]); err != nil || o.cfg.Now().Sub(day) > 3*24*time.Hour {
			delete(o.shelf.Asked, key)
		}
	}
}
