package agent

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// Where an older backup of the office was restored, the shelf names tickets
// that the office does not know, while their ids and numbers belong to others
// by now. So numbers are looked up, confirmed and compared by their lookup
// codes, which nobody else gets.

// find gives a number as the office knows it.
func (o *Office) find(ctx context.Context, t queue.Ticket) (queue.Ticket, error) {
	ctx, cancel := context.WithTimeout(ctx, settleMost)
	defer cancel()
	got, err := o.Office.Ticket(ctx, t.Ref())
	if err == nil && (got.Code != t.Code || got.Number != t.Number) {
		return got, queue.Errorf(queue.CodeUnknownTicket, "the code of %s is that of %s", t.Number, got.Number)
	}
	return got, err
}

// prove compares the shelf with what the office knows, where the office was
// away or looks older than before: free numbers that it does not know are
// dropped, and numbers given are told again or become orphans.
func (o *Office) prove(ctx context.Context) {
	o.mu.Lock()
	proven, free, day := !o.proven.IsZero(), slices.Clone(o.shelf.Free), o.day()
	old := slices.DeleteFunc(slices.Clone(o.shelf.Given), func(g given) bool { return !g.settled() || g.Ticket.Day != day })
	o.mu.Unlock()
	if proven {
		return
	}
	dropped := map[string]bool{}
	for _, r := range free {
		got, err := o.find(ctx, r.Ticket)
		if err != nil && queue.ErrorCode(err) != queue.CodeUnknownTicket {
			return // Later again.
		}
		dropped[r.Ticket.Ref()] = err != nil || got.State != queue.Held
	}
	again := map[string]bool{}
	for _, g := range old {
		got, err := o.find(ctx, g.Ticket)
		if err != nil && queue.ErrorCode(err) != queue.CodeUnknownTicket {
			return
		}
		again[g.Ticket.Ref()] = err != nil || got.State == queue.Held
	}
	o.compared(dropped, again)
}

// settled reports whether the office has taken a number back and is content.
func (g given) settled() bool { return g.Redeemed && !g.Refused && !g.Unknown && !g.Done }

// compared notes which free numbers are not to be given, and which given ones
// the office is to hear of again.
func (o *Office) compared(dropped, again map[string]bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	before := len(o.shelf.Free)
	o.shelf.Free = slices.DeleteFunc(slices.Clone(o.shelf.Free), func(r reserved) bool { return dropped[r.Ticket.Ref()] })
	if n := before - len(o.shelf.Free); n > 0 {
		o.cfg.Logger.Warn("numbers set aside are no longer the office's, others take their place", "numbers", n)
	}
	o.shelf.Given = slices.Clone(o.shelf.Given)
	for i, g := range o.shelf.Given {
		if g.settled() && again[g.Ticket.Ref()] {
			o.shelf.Given[i].Redeemed = false
		}
	}
	o.proven = o.cfg.Now()
	if err := writeWhole(o.cfg.Path, o.shelf); err != nil {
		o.cfg.Logger.Error("not written down", "err", err)
	}
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
		err := o.confirm(ctx, g)
		switch {
		case err == nil || final(err):
			o.redeemed(ctx, g, err)
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
func (o *Office) confirm(ctx context.Context, g given) error {
	got, err := o.find(ctx, g.Ticket)
	if err != nil {
		return err
	}
	if got.State != queue.Held && got.State != queue.Cancelled && got.State != queue.Expired {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, settleMost)
	defer cancel()
	_, err = o.Office.Act(ctx, queue.ActRequest{
		Meta:   queue.Meta{Key: requestKey("redeem", g.Ticket.Ref()), Caller: o.cfg.Caller},
		Ticket: g.Ticket.Ref(), Action: queue.Confirm, Told: &g.Told,
	})
	return err
}

// requestKey makes the key of what is done once with a ticket. It does not show
// the code.
func requestKey(what, ref string) string {
	sum := sha256.Sum256([]byte(ref))
	return what + "-" + hex.EncodeToString(sum[:12])
}

// redeemed notes what the office said of a number that a citizen has.
func (o *Office) redeemed(ctx context.Context, g given, refused error) {
	if queue.ErrorCode(refused) == queue.CodeUnknownTicket {
		ctx, cancel := context.WithTimeout(ctx, settleMost)
		_, err := o.Office.Ticket(ctx, g.Ticket.Number.String())
		cancel()
		g.Unknown, g.Another = true, err == nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	g.Unknown = g.Unknown && g.Ticket.Day == o.day() // Of another day, every number is unknown.
	switch {
	case g.Unknown:
		o.cfg.Logger.Error("a citizen has a number that the office does not know any more: exchange the paper", "ticket", g.Ticket.Number.String(), "of_another", g.Another)
	case refused != nil:
		o.cfg.Logger.Error("the office refuses a number that a citizen has: serve it by hand", "ticket", g.Ticket.Number.String(), "err", refused)
	}
	given := slices.Clone(o.shelf.Given)
	for i := range given {
		if given[i].is(g.Ticket.Ref()) {
			given[i].Redeemed, given[i].Refused = true, refused != nil && !g.Unknown
			given[i].Unknown, given[i].Another = g.Unknown, g.Another
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
	if t.State == queue.Held && !o.has(t.Ref()) {
		o.shelf.Free = append(slices.Clone(o.shelf.Free), reserved{t, t.URL})
	}
	return writeWhole(o.cfg.Path, o.shelf)
}

// has reports whether a number is on the shelf or was given: where the clock
// leaps, a key may come again. The caller holds o.mu.
func (o *Office) has(ref string) bool {
	return slices.ContainsFunc(o.shelf.Free, func(r reserved) bool { return r.is(ref) }) ||
		slices.ContainsFunc(o.shelf.Given, func(g given) bool { return g.is(ref) })
}
