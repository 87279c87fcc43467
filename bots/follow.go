package bots

import (
	"context"
	"strconv"
	"time"

	"github.com/xinmoi/xinmoi/bots/dialogue"
	"github.com/xinmoi/xinmoi/bots/mailbox"
	"github.com/xinmoi/xinmoi/queue"
)

const (
	followBase = 200 * time.Millisecond
	followMost = 5 * time.Second

	// Events that concern no chat are not worth a disk write each; after a
	// crash at most these are read again.
	cursorEvents = 256
	cursorEvery  = 5 * time.Second
)

// follow reads the office's log for ever, from where it left off.
func (b *Bots) follow(ctx context.Context) {
	failed := 0
	for ctx.Err() == nil {
		progress, err := b.followOnce(ctx)
		if ctx.Err() != nil {
			return
		}
		if progress {
			failed = 0
		}
		failed++
		b.log.Warn("the office's log cannot be read; trying again", "err", err, "failures", failed)
		if !sleep(ctx, backoff(failed, followBase, followMost)) {
			return
		}
	}
}

// followOnce reads until the log breaks off and tells whether it came ahead.
func (b *Bots) followOnce(ctx context.Context) (progress bool, err error) {
	cursor, name, err := b.logCursor(ctx)
	if err != nil {
		return false, err
	}
	b.near.mark(b.openServices(ctx)...)
	saved, savedAt := cursor, b.now()
	for ev, err := range b.office.Events(ctx, cursor) {
		if err != nil {
			return progress, err
		}
		progress = true
		concerned, err := b.notice(ctx, name, ev)
		if err != nil {
			return progress, err
		}
		if !concerned && (ev.Seq-saved >= cursorEvents || b.now().Sub(savedAt) >= cursorEvery) {
			if err := b.saveCursor(ctx, name, ev.Seq); err != nil {
				return progress, err
			}
			concerned = true
		}
		if concerned {
			saved, savedAt = ev.Seq, b.now()
		}
	}
	return progress, ctx.Err()
}

// logCursor gives the place in the log to go on from. The first time that is
// its present end: nobody took a number through us before. It is never past
// the end, which happens when the office was restored from a backup.
func (b *Bots) logCursor(ctx context.Context) (cursor int64, name string, err error) {
	ask, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	info, err := b.office.Info(ask)
	if err != nil {
		return 0, "", err
	}
	board, err := b.office.Board(ask)
	if err != nil {
		return 0, "", err
	}
	name = "log:" + info.ID
	stored, err := b.box.Cursor(ctx, name)
	if err != nil {
		return 0, "", err
	}
	cursor, parseErr := strconv.ParseInt(stored, 10, 64)
	if parseErr != nil || cursor > board.Seq {
		if stored != "" {
			b.log.Warn("the office's log ends before what was read of it; going on from its end", "read", stored, "end", board.Seq)
		}
		cursor = board.Seq
		if err := b.saveCursor(ctx, name, cursor); err != nil {
			return 0, "", err
		}
	}
	select {
	case <-b.following:
	default:
		close(b.following)
		ring(b.letters)
	}
	return cursor, name, nil
}

func (b *Bots) saveCursor(ctx context.Context, name string, seq int64) error {
	return b.box.Update(ctx, func(tx *mailbox.Tx) error { return tx.SetCursor(name, strconv.FormatInt(seq, 10)) })
}

func (b *Bots) openServices(ctx context.Context) []string {
	services, err := b.box.OpenServices(ctx)
	if err != nil && ctx.Err() == nil {
		b.log.Error("cannot read the bindings", "err", err)
	}
	return services
}

// notice turns one event into what the chats that follow its ticket are to
// hear, in one transaction with the cursor. It tells whether any does.
func (b *Bots) notice(ctx context.Context, cursorName string, ev queue.Event) (concerned bool, err error) {
	if ev.Ticket == nil {
		return false, nil
	}
	b.near.mark(ev.Ticket.Service)
	bindings, err := b.box.BindingsOfTicket(ctx, ev.Ticket.ID)
	if err != nil || len(bindings) == 0 {
		return false, err
	}
	facts, err := b.facts(ctx)
	if err != nil {
		return false, err
	}
	err = b.box.Update(ctx, func(tx *mailbox.Tx) error {
		for _, v := range bindings {
			if err := b.noticeOne(tx, facts, v, ev); err != nil {
				return err
			}
		}
		return tx.SetCursor(cursorName, strconv.FormatInt(ev.Seq, 10))
	})
	for _, v := range bindings {
		if l := b.line(v.Channel); l != nil {
			ring(l.wake)
		}
	}
	return true, err
}

// noticeOne posts what one chat is to hear of an event. A call makes older
// calls and "nearly" of the same ticket void.
func (b *Bots) noticeOne(tx *mailbox.Tx, facts dialogue.Facts, v mailbox.Binding, ev queue.Event) error {
	now, t := b.now(), *ev.Ticket
	ended := time.Time{}
	if !t.State.Open() {
		ended = ev.At
	}
	if err := tx.EndBindings(t.ID, ended); err != nil {
		return err
	}
	kind, told := noticeKind(ev)
	if told {
		if err := tx.Supersede(t.ID, now, string(dialogue.Nearly), string(dialogue.Called), string(dialogue.Recalled)); err != nil {
			return err
		}
		if err := tx.Tell(t.ID); err != nil {
			return err
		}
	}
	if kind != "" {
		facts.Language = v.Language
		p, err := parcel(facts.About(kind, t), v.Channel, v.Chat, now)
		if err != nil {
			return err
		}
		// A call is worth telling while it lasts, and that is looked up when
		// it is sent; the others are news only for a while after they happened.
		if kind != dialogue.Called && kind != dialogue.Recalled {
			p.Expires = ev.At.Add(kind.Lifetime())
		}
		p.Dedupe = "notice:" + strconv.FormatInt(v.ID, 10) + ":" + strconv.FormatInt(ev.Seq, 10)
		if err := tx.Post(p, now); err != nil {
			return err
		}
	}
	return b.postEditIfShown(tx, v, now)
}

// noticeKind tells what an event is worth saying ("" for nothing), and whether
// from then on "nearly" and earlier calls must not be heard any more.
func noticeKind(ev queue.Event) (kind dialogue.Kind, told bool) {
	if ev.Calls() && ev.Kind != queue.TicketRecalled {
		return dialogue.Called, true
	}
	switch ev.Kind {
	case queue.TicketRecalled:
		return dialogue.Recalled, true
	case queue.TicketStarted, queue.TicketExpired,
		queue.TicketParked, queue.TicketRequeued, queue.TicketTransferred, queue.TicketPushedBack, queue.TicketUndone:
		return "", true
	case queue.TicketFinished:
		return dialogue.Done, true
	case queue.TicketNoShow:
		return dialogue.Missed, true
	case queue.TicketCancelled:
		if ev.Reason == reasonCitizen {
			return "", true // Answered where it was asked for.
		}
		return dialogue.Withdrawn, true
	default:
		return "", false
	}
}

// facts gives what wording needs to know of the office.
func (b *Bots) facts(ctx context.Context) (f dialogue.Facts, err error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	if f.Office, err = b.office.Info(ctx); err != nil {
		return f, err
	}
	f.Services, err = b.office.Services(ctx)
	return f, err
}
