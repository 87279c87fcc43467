package agent

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// OfficeConfig sets up an Office.
type OfficeConfig struct {
	Remote   queue.Office     // The office on another machine. Required.
	Path     string           // File that remembers menu and numbers over a restart. Required.
	Reserve  int              // Numbers set aside for each service; 0 = 5, at most 50, negative = none: without the office there are no numbers.
	Patience time.Duration    // How long the office may take to answer; 0 = 1.5 s.
	Caller   string           // In whose name numbers are set aside; empty = "kiosk".
	Logger   *slog.Logger     // Nil = discard.
	Now      func() time.Time // Nil = time.Now.
}

// Office is an office on another machine, as its kiosk sees it: when it cannot
// be reached, what it offers is remembered, and numbers set aside before are
// given. It implements queue.Office. Safe for use by many goroutines.
type Office struct {
	queue.Office
	cfg OfficeConfig

	mu    sync.Mutex
	shelf shelf
	kept  time.Time // When the menu was written down.
	since time.Time // Since when the office is away; zero = it is there.

	wake chan struct{}
}

// shelf is what is on the disk.
type shelf struct {
	Info       queue.Info          `json:"info"`
	Services   []queue.ServiceView `json:"services"`
	Procedures []queue.Procedure   `json:"procedures"`
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

// given is a number that a citizen got while the office was away.
type given struct {
	reserved
	Key       string     `json:"key"` // Of the touch: the same touch gets the same number.
	Told      queue.Told `json:"told"`
	Delivered bool       `json:"delivered,omitempty"` // The citizen has it.
	Redeemed  bool       `json:"redeemed,omitempty"`  // The office knows, or …
	Refused   bool       `json:"refused,omitempty"`   // … will not have it.
}

// Bounds.
const (
	reserveUsual   = 5
	reserveMost    = 50
	officePatience = 1500 * time.Millisecond
	lookEvery      = 2 * time.Second
	keepEvery      = 10 * time.Minute
	givenMost      = 1000
)

// NewOffice reads what was remembered.
func NewOffice(c OfficeConfig) (*Office, error) {
	if c.Remote == nil || c.Path == "" {
		return nil, errors.New("kiosk agent: an office and a file are required")
	}
	c.Reserve = min(cmp.Or(c.Reserve, reserveUsual), reserveMost)
	c.Patience = cmp.Or(c.Patience, officePatience)
	c.Caller = cmp.Or(c.Caller, "kiosk")
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	o := &Office{Office: c.Remote, cfg: c, wake: make(chan struct{}, 1)}
	if _, err := readWhole(c.Path, &o.shelf); err != nil {
		return nil, err
	}
	if o.shelf.Asked == nil {
		o.shelf.Asked = map[string]int{}
	}
	if o.shelf.Self == "" {
		o.shelf.Self = rand.Text()
		if err := writeWhole(c.Path, o.shelf); err != nil { // Before any number is asked for in this name.
			return nil, err
		}
	}
	return o, nil
}

// ID names this machine among all.
func (o *Office) ID() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.shelf.Self
}

// Cut tells since when the office cannot be reached; zero while it can.
func (o *Office) Cut() time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.since
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

// away reports whether an error means that the office cannot be reached.
func away(err error) bool {
	switch queue.ErrorCode(err) {
	case queue.CodeUnavailable, queue.CodeFenced:
		return true
	case queue.CodeInternal:
		return errors.Is(err, context.DeadlineExceeded)
	}
	return false
}

// ask asks the office, with patience, unless it is known to be away.
func ask[T any](ctx context.Context, o *Office, question func(ctx context.Context) (T, error)) (T, error) {
	var nothing T
	if since := o.Cut(); !since.IsZero() {
		return nothing, queue.Errorf(queue.CodeUnavailable, "the office cannot be reached since %s", since.Format(time.TimeOnly))
	}
	asking, cancel := context.WithTimeout(ctx, o.cfg.Patience)
	defer cancel()
	answer, err := question(asking)
	switch {
	case err == nil || ctx.Err() != nil:
		return answer, err
	case away(err):
		o.lost(err)
	}
	return answer, err
}

// lost notes that the office is away.
func (o *Office) lost(err error) {
	o.mu.Lock()
	first := o.since.IsZero()
	if first {
		o.since = o.cfg.Now()
	}
	o.mu.Unlock()
	if first {
		o.cfg.Logger.Warn("the office cannot be reached: numbers set aside are given", "err", err)
		o.rouse()
	}
}

func (o *Office) rouse() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// Info implements queue.Office.
func (o *Office) Info(ctx context.Context) (queue.Info, error) {
	got, err := ask(ctx, o, o.Office.Info)
	o.mu.Lock()
	defer o.mu.Unlock()
	if err == nil {
		o.shelf.Info = got
		return got, nil
	}
	if !away(err) || o.shelf.Info.ID == "" {
		return got, err
	}
	known := o.shelf.Info
	if opens := known.Opens; !known.Open && !opens.IsZero() && !o.cfg.Now().Before(opens) { // Cut off during the lunch break, it opens after it.
		known.Open, known.Opens = true, time.Time{}
	}
	return known, nil
}

// Services implements queue.Office. While the office is away, a service is open
// as long as there are numbers set aside for it, and nobody knows who waits.
func (o *Office) Services(ctx context.Context) ([]queue.ServiceView, error) {
	got, err := ask(ctx, o, o.Office.Services)
	o.mu.Lock()
	defer o.mu.Unlock()
	if err == nil {
		o.shelf.Services = slices.Clone(got)
		return got, nil
	}
	if !away(err) || len(o.shelf.Services) == 0 {
		return got, err
	}
	free := map[string]bool{}
	for _, r := range o.today() {
		free[r.Ticket.Service] = true
	}
	known := slices.Clone(o.shelf.Services)
	for i := range known {
		known[i].Open, known[i].Waiting = free[known[i].ID], 0
	}
	return known, nil
}

// Procedures implements queue.Office.
func (o *Office) Procedures(ctx context.Context) ([]queue.Procedure, error) {
	got, err := ask(ctx, o, o.Office.Procedures)
	o.mu.Lock()
	defer o.mu.Unlock()
	if err == nil {
		o.shelf.Procedures = slices.Clone(got)
		return got, nil
	}
	if !away(err) || len(o.shelf.Services) == 0 {
		return got, err
	}
	return slices.Clone(o.shelf.Procedures), nil
}

// Kiosk implements queue.Office.
func (o *Office) Kiosk(ctx context.Context) (queue.KioskSetup, error) {
	got, err := ask(ctx, o, o.Office.Kiosk)
	o.mu.Lock()
	defer o.mu.Unlock()
	if err == nil {
		o.shelf.Kiosk = got
		return got, nil
	}
	if !away(err) || len(o.shelf.Services) == 0 {
		return got, err
	}
	return o.shelf.Kiosk, nil
}

// Take implements queue.Office. A number that was told wins: the same touch
// gets it again, also when the office is back. If the office had made another
// one for the touch, and its answer was lost, that one is held by nobody and
// lapses.
func (o *Office) Take(ctx context.Context, r queue.TakeRequest) (queue.Ticket, error) {
	if t, ok := o.givenFor(r.Key); ok {
		return t, nil
	}
	got, err := ask(ctx, o, func(ctx context.Context) (queue.Ticket, error) { return o.Office.Take(ctx, r) })
	if err == nil || !away(err) || !r.Hold || r.Key == "" || ctx.Err() != nil {
		return got, err
	}
	return o.give(r, err)
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
	service := r.Service
	for _, p := range o.shelf.Procedures {
		if p.ID == r.Procedure && r.Procedure != "" {
			service = p.Service
		}
	}
	i := slices.IndexFunc(o.today(), func(f reserved) bool { return f.Ticket.Service == service })
	if i < 0 || len(o.shelf.Given) >= givenMost {
		return queue.Ticket{}, why
	}
	chosen := o.today()[i]
	before := o.shelf
	o.shelf.Free = slices.DeleteFunc(slices.Clone(before.Free), func(f reserved) bool { return f.Ticket.ID == chosen.Ticket.ID })
	g := given{reserved: chosen, Key: r.Key, Told: queue.Told{
		At: o.cfg.Now().UTC(), Procedure: r.Procedure, Class: r.Class, Language: r.Language, Needs: slices.Clone(r.Needs),
	}}
	if r.Card != "" { // Nobody can check it now; staff do.
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

// Act implements queue.Office. A number from the shelf is confirmed here, and
// the office hears of it when it is back.
func (o *Office) Act(ctx context.Context, r queue.ActRequest) (queue.Ticket, error) {
	t, ours, err := o.deliver(r)
	if ours {
		o.rouse()
		return t, err
	}
	return ask(ctx, o, func(ctx context.Context) (queue.Ticket, error) { return o.Office.Act(ctx, r) })
}

// deliver notes the confirmation of a number from the shelf that the office has
// not taken back yet; ours is false for all else.
func (o *Office) deliver(r queue.ActRequest) (t queue.Ticket, ours bool, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	i := slices.IndexFunc(o.shelf.Given, func(g given) bool { return g.Ticket.ID == r.Ticket })
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

// Ticket implements queue.Office.
func (o *Office) Ticket(ctx context.Context, ref string) (queue.Ticket, error) {
	got, err := ask(ctx, o, func(ctx context.Context) (queue.Ticket, error) { return o.Office.Ticket(ctx, ref) })
	if err == nil || !away(err) {
		return got, err
	}
	number, _ := queue.ParseNumber(ref)
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, g := range o.shelf.Given {
		if g.Ticket.ID == ref || g.Ticket.Code == ref || g.Ticket.Number == number {
			return g.view(), nil
		}
	}
	return got, err
}

// Mine implements queue.Office.
func (o *Office) Mine(ctx context.Context, person string) ([]queue.Ticket, error) {
	return ask(ctx, o, func(ctx context.Context) ([]queue.Ticket, error) { return o.Office.Mine(ctx, person) })
}

// Belongs implements queue.Office.
func (o *Office) Belongs(ctx context.Context, ref, ending string) (queue.Ticket, error) {
	return ask(ctx, o, func(ctx context.Context) (queue.Ticket, error) { return o.Office.Belongs(ctx, ref, ending) })
}

// Run looks after the line to the office until ctx ends: when it is back, what
// was given is told, and numbers are set aside anew.
func (o *Office) Run(ctx context.Context) error {
	for {
		if o.look(ctx) {
			o.redeem(ctx)
			o.refill(ctx)
		}
		pause := time.NewTimer(lookEvery)
		select {
		case <-pause.C:
		case <-o.wake:
			pause.Stop()
		case <-ctx.Done():
			pause.Stop()
			return nil
		}
	}
}

// look asks whether the office is there, and learns what it offers.
func (o *Office) look(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, o.cfg.Patience)
	defer cancel()
	info, err := o.Office.Info(ctx)
	var services []queue.ServiceView
	var procedures []queue.Procedure
	if err == nil {
		services, err = o.Office.Services(ctx)
	}
	if err == nil {
		procedures, err = o.Office.Procedures(ctx)
	}
	if err != nil {
		if away(err) || errors.Is(err, context.DeadlineExceeded) {
			o.lost(err)
		}
		return false
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.shelf.Info, o.shelf.Services, o.shelf.Procedures = info, services, procedures
	if now := o.cfg.Now(); now.Sub(o.kept) > keepEvery {
		o.kept = now
		if err := writeWhole(o.cfg.Path, o.shelf); err != nil {
			o.cfg.Logger.Error("not written down", "err", err)
		}
	}
	if !o.since.IsZero() {
		o.cfg.Logger.Warn("the office is back", "away", o.cfg.Now().Sub(o.since))
		o.since = time.Time{}
	}
	return true
}

// redeem tells the office of numbers given meanwhile, the oldest first.
func (o *Office) redeem(ctx context.Context) {
	o.mu.Lock()
	all := slices.Clone(o.shelf.Given)
	o.mu.Unlock()
	for _, g := range all {
		if !g.Delivered || g.Redeemed {
			continue
		}
		_, err := o.confirm(ctx, g)
		switch {
		case err == nil || final(err):
			o.redeemed(g, err)
		case away(err):
			o.cfg.Logger.Warn("the office has not taken a number back yet", "ticket", g.Ticket.Number.String(), "err", err)
			return
		default: // One that it will not have now must not keep back the others.
			o.cfg.Logger.Error("the office does not take a number back that a citizen has", "ticket", g.Ticket.Number.String(), "err", err)
		}
	}
}

// confirm tells the office of one number. One that it knows to be delivered by
// another way (staff confirmed it) is done.
func (o *Office) confirm(ctx context.Context, g given) (queue.Ticket, error) {
	ctx, cancel := context.WithTimeout(ctx, settleMost)
	defer cancel()
	return o.Office.Act(ctx, queue.ActRequest{
		Meta:   queue.Meta{Key: "redeem-" + g.Ticket.ID, Caller: o.cfg.Caller},
		Ticket: g.Ticket.ID, Action: queue.Confirm, Told: &g.Told,
	})
}

func (o *Office) redeemed(g given, refused error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if refused != nil {
		o.cfg.Logger.Error("the office refuses a number that a citizen has: serve it by hand", "ticket", g.Ticket.Number.String(), "err", refused)
	}
	given := slices.Clone(o.shelf.Given)
	for i := range given {
		if given[i].Ticket.ID == g.Ticket.ID {
			given[i].Redeemed, given[i].Refused = true, refused != nil
		}
	}
	o.shelf.Given = given
	if err := writeWhole(o.cfg.Path, o.shelf); err != nil { // It would be redeemed again, which changes nothing.
		o.cfg.Logger.Error("not written down", "err", err)
	}
}

// refill sets numbers aside until every open service has enough, and forgets
// those of earlier days.
func (o *Office) refill(ctx context.Context) {
	o.tidy()
	o.mu.Lock()
	services, have := slices.Clone(o.shelf.Services), map[string]int{}
	for _, r := range o.today() {
		have[r.Ticket.Service]++
	}
	o.mu.Unlock()
	for _, s := range services {
		for n := have[s.ID]; s.Open && n < o.cfg.Reserve; n++ {
			if err := o.reserve(ctx, s.ID); err != nil {
				o.cfg.Logger.Info("no number set aside", "service", s.ID, "err", err)
				break
			}
		}
	}
}

// reserve sets one number aside. The key counts them, so that a number whose
// answer was lost, or not written down before a crash, is got again.
func (o *Office) reserve(ctx context.Context, service string) error {
	day := o.cfg.Now().UTC().Format(time.DateOnly)
	o.mu.Lock()
	n, self := o.shelf.Asked[day+" "+service], o.shelf.Self
	o.mu.Unlock()
	key := "reserve-" + self + "-" + day + "-" + service + "-" + strconv.Itoa(n)
	ctx, cancel := context.WithTimeout(ctx, settleMost)
	defer cancel()
	t, err := o.Office.Take(ctx, queue.TakeRequest{
		Meta: queue.Meta{Key: key, Caller: o.cfg.Caller}, Service: service, Channel: queue.Kiosk, Reserve: true,
	})
	if err != nil {
		return err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if today := o.day(); t.State == queue.Held && t.Day != today { // It is got again; another would be lost like it.
		return fmt.Errorf("the clock of this machine says %s, the office's day is %s: set the clock", today, t.Day)
	}
	o.shelf.Asked[day+" "+service] = n + 1
	if t.State == queue.Held && !o.has(t.ID) {
		o.shelf.Free = append(slices.Clone(o.shelf.Free), reserved{t, t.URL})
	}
	return writeWhole(o.cfg.Path, o.shelf)
}

// has reports whether a number is on the shelf or was given: where the clock
// leaps, a key may come again. The caller holds o.mu.
func (o *Office) has(ticket string) bool {
	return slices.ContainsFunc(o.shelf.Free, func(r reserved) bool { return r.Ticket.ID == ticket }) ||
		slices.ContainsFunc(o.shelf.Given, func(g given) bool { return g.Ticket.ID == ticket })
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
