package bots

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/bots/dialogue"
	"github.com/xinmoi/xinmoi/bots/mailbox"
	"github.com/xinmoi/xinmoi/queue"
)

const (
	followers  = 3 // Chats that may follow one ticket: whoever has the paper can give it on.
	guessEvery = 2 * time.Minute
	guessBurst = 6 // Codes that one chat may try at once.
)

// change is what a deed changes in the mailbox, in the transaction that settles
// its letter.
type change struct {
	chat  func(c *mailbox.Chat)
	bind  *queue.Ticket
	watch *dialogue.Deed
	show  *queue.Ticket // Its card is shown below the answer.
}

// perform does what was decided and words its outcome. The error is one after
// which the letter is answered once more, later.
func (b *Bots) perform(ctx context.Context, t *talk, d dialogue.Deed) (m dialogue.Message, err error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	known, _ := find(t.facts.Mine, d.Ticket)
	ticket := known
	switch d.Action {
	case dialogue.Later:
		ticket, err = b.act(ctx, t.letter, queue.ActRequest{Ticket: d.Ticket, Action: queue.Later, Places: d.Places})
	case dialogue.Here:
		ticket, err = b.checkIn(ctx, t, d)
	case dialogue.Rate:
		ticket, err = b.act(ctx, t.letter, queue.ActRequest{Ticket: d.Ticket, Action: queue.Rate, Level: d.Level, Reasons: d.Reasons})
	case dialogue.Follow:
		ticket, err = b.follows(ctx, t, d.Ref)
	case dialogue.Watch:
		t.change.watch = &d
	case dialogue.Phone:
		t.change.chat = func(c *mailbox.Chat) { c.Phone = d.Ref }
	case dialogue.Deaf:
		t.change.chat = func(c *mailbox.Chat) { c.Needs = need(d.Ref != "0") }
	case dialogue.MyData:
		return b.myData(ctx, t)
	case dialogue.Other:
		return b.ask(ctx, t, d)
	}
	switch code := queue.ErrorCode(err); {
	case code == queue.CodeUnavailable:
		return m, err
	case err != nil && d.Action != dialogue.Follow:
		ticket = known
		if code == queue.CodeWrongState { // It has moved on: say how it stands.
			if now, err := b.office.Ticket(ctx, d.Ticket); err == nil {
				ticket = now
			}
		}
	case err == nil && ticket.ID != "" && ticket.Standing == nil && ticket.State == queue.Waiting:
		if now, err := b.office.Ticket(ctx, ticket.ID); err == nil {
			ticket = now
		}
	}
	return t.facts.Did(d, ticket, err), nil
}

// need is how the wish for nothing by voice is stored.
func need(hearing bool) string {
	if hearing {
		return queue.NeedHearing
	}
	return ""
}

// needs is what somebody said to need.
func needs(c mailbox.Chat) []string {
	if c.Needs == "" {
		return nil
	}
	return strings.Split(c.Needs, ",")
}

func find(tickets []queue.Ticket, id string) (queue.Ticket, bool) {
	for _, t := range tickets {
		if id != "" && t.ID == id {
			return t, true
		}
	}
	return queue.Ticket{}, false
}

// act does an action under the letter's own key.
func (b *Bots) act(ctx context.Context, l mailbox.Letter, r queue.ActRequest) (queue.Ticket, error) {
	r.Meta = queue.Meta{Key: requestKey(l, string(r.Action)), Caller: l.Channel}
	return b.office.Act(ctx, r)
}

// checkIn takes down that somebody is in the hall, by the code shown there.
func (b *Bots) checkIn(ctx context.Context, t *talk, d dialogue.Deed) (queue.Ticket, error) {
	if err := b.inHall(t, d.Ref); err != nil {
		return queue.Ticket{}, err
	}
	return b.act(ctx, t.letter, queue.ActRequest{Ticket: d.Ticket, Action: queue.CheckIn})
}

// inHall refuses who does not know the code that the hall shows, if it shows one.
func (b *Bots) inHall(t *talk, code string) error {
	if b.hallCode == nil {
		return nil
	}
	if err := b.guess(t); err != nil {
		return err
	}
	if !b.hallCode(code, t.now) {
		return queue.Errorf(queue.CodeForbidden, "not the code of the hall")
	}
	return nil
}

// guess bounds how many codes one chat may try.
func (b *Bots) guess(t *talk) error {
	if t.letter.Attempts == 0 && !b.guesses.open(t.letter.Channel+":"+t.letter.Chat, Caps{AskEvery: guessEvery, AskBurst: guessBurst}, t.now) {
		return queue.Errorf(queue.CodeRateLimited, "too many codes were tried")
	}
	return nil
}

// follows binds a paper ticket to the chat: by the token of its link, or by its
// lookup code.
func (b *Bots) follows(ctx context.Context, t *talk, ref string) (queue.Ticket, error) {
	unknown := queue.Errorf(queue.CodeUnknownTicket, "no ticket has this code")
	if err := b.guess(t); err != nil {
		return queue.Ticket{}, err
	}
	code, isCode := queue.ParseCode(ref)
	id := code
	if !isCode {
		ok := false
		if b.links != nil {
			id, ok = b.links.Ticket(t.facts.Office.ID, ref)
		}
		if !ok {
			return queue.Ticket{}, unknown
		}
	}
	ticket, err := b.office.Ticket(ctx, id)
	if code := queue.ErrorCode(err); code == queue.CodeBadRequest || code == queue.CodeUnknownTicket {
		return queue.Ticket{}, unknown
	}
	if err != nil {
		return queue.Ticket{}, err
	}
	if isCode && ticket.Code != code {
		return queue.Ticket{}, unknown // It is the id of another.
	}
	rateable := ticket.State == queue.Completed && ticket.Rating == nil
	if !ticket.State.Open() && !rateable {
		return ticket, nil // The card says what became of it.
	}
	others, err := b.box.BindingsOfTicket(ctx, ticket.ID)
	if err != nil {
		return queue.Ticket{}, err
	}
	n := 0
	for _, v := range others {
		if v.Channel != t.letter.Channel || v.Chat != t.letter.Chat {
			n++
		}
	}
	if n >= followers {
		return queue.Ticket{}, queue.Errorf(queue.CodePersonLimit, "%d people follow it", n)
	}
	t.change.bind = &ticket
	return ticket, nil
}

// apply puts what a deed changes into the mailbox.
func (c change) apply(b *Bots, tx *mailbox.Tx, t *talk) error {
	if c.bind != nil {
		if err := b.bind(tx, t, *c.bind); err != nil {
			return err
		}
	}
	if c.watch == nil {
		return nil
	}
	v, bound, err := tx.Binding(t.letter.Channel, t.letter.Chat, c.watch.Ticket)
	if err != nil || !bound {
		return err
	}
	b.near.mark(v.Service)
	return tx.Watch(t.letter.Channel, t.letter.Chat, c.watch.Ticket, c.watch.Level)
}

// rateOverdue gives the rating of somebody who chose a level and no reason.
func (b *Bots) rateOverdue(ctx context.Context, c mailbox.Chat) error {
	d, ok := dialogue.Overdue(c.Pending)
	if !ok {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	_, err := b.office.Act(ctx, queue.ActRequest{
		Meta: queue.Meta{Caller: c.Channel}, Ticket: d.Ticket, Action: queue.Rate, Level: d.Level,
	})
	if queue.ErrorCode(err) == queue.CodeUnavailable {
		return err
	}
	return nil // It was rated meanwhile, or its day is over.
}

// rateSilent gives the ratings of those who were asked for a reason and did not
// answer in time.
func (b *Bots) rateSilent(ctx context.Context) error {
	chats, err := b.box.Questions(ctx, dialogue.PendingRate, b.now())
	if err != nil {
		return err
	}
	var errs []error
	for _, c := range chats {
		if err := b.rateOverdue(ctx, c); err != nil {
			errs = append(errs, err)
			continue
		}
		errs = append(errs, b.box.Update(ctx, func(tx *mailbox.Tx) error { return tx.Answered(c.Channel, c.ID, c.Pending) }))
	}
	return errors.Join(errs...)
}
