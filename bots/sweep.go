package bots

import (
	"context"
	"encoding/json"
	"strconv"
	"sync"
	"time"

	"github.com/xinmoi/xinmoi/bots/dialogue"
	"github.com/xinmoi/xinmoi/bots/mailbox"
	"github.com/xinmoi/xinmoi/queue"
)

const (
	sweepEvery  = time.Second // At most this often.
	remindEvery = time.Minute // Whom to tell to set out is looked at even if nobody moves.
	sweepMost   = 50          // Tickets of a service looked at: those taken first, so the nearest.
	editKind    = "edit"      // A card shown anew in place.
	editLife    = 12 * time.Hour
	editClass   = 3 // Priority: after everything that is said.
)

// dirty gathers services in which somebody moved, until the next sweep.
type dirty struct {
	mu       sync.Mutex
	services map[string]bool
	signal   chan struct{}
}

func newDirty() *dirty { return &dirty{services: map[string]bool{}, signal: make(chan struct{}, 1)} }

func (d *dirty) mark(services ...string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, s := range services {
		d.services[s] = true
	}
	if len(services) > 0 {
		ring(d.signal)
	}
}

func (d *dirty) take() (services []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for s := range d.services {
		services = append(services, s)
	}
	clear(d.services)
	return services
}

// sweepAll looks, after something moved, who is near now and whose card is out
// of date. A burst of events is one sweep.
func (b *Bots) sweepAll(ctx context.Context) {
	for queue.Await(ctx, b.near.signal, remindEvery) {
		b.near.mark(b.remindServices(ctx)...)
		if err := b.rateSilent(ctx); err != nil && ctx.Err() == nil {
			b.log.Warn("a rating waits; trying again", "err", err)
		}
		for _, service := range b.near.take() {
			if err := b.sweep(ctx, service); err != nil && ctx.Err() == nil {
				b.log.Warn("cannot look who is near; trying again", "service", service, "err", err)
				b.near.mark(service)
			}
		}
		if !sleep(ctx, sweepEvery) {
			return
		}
	}
}

// sweep looks at the nearest bound tickets of a service.
func (b *Bots) sweep(ctx context.Context, service string) error {
	bindings, err := b.box.OpenBindings(ctx, service, sweepMost)
	if err != nil || len(bindings) == 0 {
		return err
	}
	facts, err := b.facts(ctx)
	if err != nil {
		return err
	}
	var tickets []queue.Ticket
	for _, v := range bindings {
		t, err := b.ticket(ctx, v.Ticket)
		if queue.ErrorCode(err) == queue.CodeUnknownTicket {
			t, err = queue.Ticket{ID: v.Ticket, State: queue.Expired}, nil
		}
		if err != nil {
			return err
		}
		tickets = append(tickets, t)
	}
	err = b.box.Update(ctx, func(tx *mailbox.Tx) error {
		for i, v := range bindings {
			if err := b.sweepOne(tx, facts, v, tickets[i]); err != nil {
				return err
			}
		}
		return nil
	})
	for _, l := range b.lines {
		ring(l.wake)
	}
	return err
}

func (b *Bots) sweepOne(tx *mailbox.Tx, facts dialogue.Facts, v mailbox.Binding, t queue.Ticket) error {
	now := b.now()
	v, bound, err := tx.Binding(v.Channel, v.Chat, v.Ticket) // It may have been called meanwhile.
	if err != nil || !bound {
		return err
	}
	facts.Language = v.Language
	if !t.State.Open() {
		if err := tx.EndBindings(v.Ticket, now); err != nil {
			return err
		}
	}
	if err := b.look(tx, facts, v, t); err != nil {
		return err
	}
	if dialogue.Print(dialogue.Render(facts.Card(t), "")) == v.CardPrint {
		return nil
	}
	return b.postEditIfShown(tx, v, now)
}

// remindServices lists where somebody is to be told when to set out.
func (b *Bots) remindServices(ctx context.Context) []string {
	services, err := b.box.RemindServices(ctx)
	if err != nil && ctx.Err() == nil {
		b.log.Error("cannot read whom to remind", "err", err)
	}
	return services
}

func (b *Bots) ticket(ctx context.Context, id string) (queue.Ticket, error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	return b.office.Ticket(ctx, id)
}

// postEditIfShown has a ticket's card shown anew where the channel can and a
// card was shown.
func (b *Bots) postEditIfShown(tx *mailbox.Tx, v mailbox.Binding, now time.Time) error {
	l := b.line(v.Channel)
	if l == nil || v.CardRef == "" {
		return nil
	}
	if _, edits := l.Adapter.(Editor); !edits {
		return nil
	}
	return b.postEdit(tx, v, now, false)
}

// edit is the body of an edit: what it shows is looked up when it is sent.
type edit struct {
	Forced bool `json:"forced,omitempty"` // Also if only the clock changed.
}

// postEdit has a card shown anew, not sooner after the last time than the
// channel likes. What happens until then goes into the same edit.
func (b *Bots) postEdit(tx *mailbox.Tx, v mailbox.Binding, now time.Time, forced bool) error {
	body, err := json.Marshal(edit{Forced: forced})
	if err != nil {
		return err
	}
	notBefore := now
	if earliest := v.CardAt.Add(b.line(v.Channel).Caps().EditEvery); earliest.After(now) {
		notBefore = earliest
	}
	return tx.Post(mailbox.Parcel{
		Channel: v.Channel, Chat: v.Chat, Ticket: v.Ticket, Kind: editKind, Priority: editClass,
		Dedupe: "edit:" + strconv.FormatInt(v.ID, 10), NotBefore: notBefore, Expires: now.Add(editLife), Aside: true, Body: body,
	}, now)
}
