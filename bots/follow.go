package bots

import (
	"context"
	"math"
	"strconv"
	"time"

	"github.com/xinmoi/xinmoi/bots/dialogue"
	"github.com/xinmoi/xinmoi/bots/mailbox"
	"github.com/xinmoi/xinmoi/queue"
)

// follow reads the office's log for ever, from where it left off.
func (b *Bots) follow(ctx context.Context) {
	var office string
	_ = queue.Following{ // Ends with ctx.
		Office: b.office,
		From: func(ctx context.Context) (after int64, err error) {
			if after, office, err = queue.LeftOff(ctx, b.office, logMark{b.box}, b.log); err != nil {
				return 0, err
			}
			b.followed()
			b.near.mark(b.openServices(ctx)...)
			return after, nil
		},
		Event: func(ctx context.Context, ev queue.Event) (bool, error) { return b.notice(ctx, office, ev) },
		Save:  func(ctx context.Context, seq int64) error { return logMark{b.box}.SetCursor(ctx, office, seq) },
		Broken: func(err error, pause time.Duration) {
			b.log.Warn("the office's log cannot be read; trying again", "err", err, "pause", pause)
		},
	}.Run(ctx)
}

// followed lets letters be answered: from now on nothing is missed that happens
// to a ticket.
func (b *Bots) followed() {
	select {
	case <-b.following:
	default:
		close(b.following)
		ring(b.letters)
	}
}

// logMark is the mailbox as a bookmark in the logs of offices.
type logMark struct{ box *mailbox.Box }

// logName is the name of an office's log in the mailbox.
func logName(office string) string { return "log:" + office }

// Cursor tells how far a log was read. What cannot be read counts as past its
// end.
func (m logMark) Cursor(ctx context.Context, office string) (seq int64, known bool, err error) {
	stored, err := m.box.Cursor(ctx, logName(office))
	if err != nil || stored == "" {
		return 0, false, err
	}
	if seq, err = strconv.ParseInt(stored, 10, 64); err != nil {
		return math.MaxInt64, true, nil
	}
	return seq, true, nil
}

// SetCursor stores how far a log was read.
func (m logMark) SetCursor(ctx context.Context, office string, seq int64) error {
	return m.box.Update(ctx, func(tx *mailbox.Tx) error { return setCursor(tx, office, seq) })
}

func setCursor(tx *mailbox.Tx, office string, seq int64) error {
	return tx.SetCursor(logName(office), strconv.FormatInt(seq, 10))
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
func (b *Bots) notice(ctx context.Context, office string, ev queue.Event) (concerned bool, err error) {
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
		say, err := b.hear(tx, ev)
		if err != nil {
			return err
		}
		for _, v := range bindings {
			if err := b.noticeOne(tx, facts, v, ev, say); err != nil {
				return err
			}
		}
		return setCursor(tx, office, ev.Seq)
	})
	for _, v := range bindings {
		if l := b.line(v.Channel); l != nil {
			ring(l.wake)
		}
	}
	return true, err
}

// facts gives what wording needs to know of the office.
func (b *Bots) facts(ctx context.Context) (f dialogue.Facts, err error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	if f.Office, err = b.office.Info(ctx); err != nil {
		return f, err
	}
	f.Now = local(b.now(), f.Office)
	b.zone.Store(f.Now.Location())
	f.Services, err = b.office.Services(ctx)
	f.Seen, f.Topics, f.HallCode = true, b.topics, b.hallCode != nil
	return f, err
}

// local tells a time in an office's zone, if that is known here.
func local(t time.Time, office queue.Info) time.Time {
	if zone, err := time.LoadLocation(office.TimeZone); err == nil && office.TimeZone != "" {
		return t.In(zone)
	}
	return t
}
