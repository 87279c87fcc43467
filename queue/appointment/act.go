package appointment

import (
	"context"
	"encoding/hex"
	"errors"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// Act does something to a booking; repeating what is done changes nothing. The same
// key and request act once, whatever has become of the booking since, and give it
// as it is now. CheckIn has a method of its own.
func (b *Book) Act(ctx context.Context, r ActRequest) (out Booking, err error) {
	err = b.update(ctx, func(w *work) error {
		if len(r.Key) > maxKey {
			return queue.Errorf(queue.CodeBadRequest, "a request key of %d bytes: give at most %d", len(r.Key), maxKey)
		}
		hash := b.hashOfAct(r)
		out, err = w.remembered(r.Meta, hash)
		if err != nil || out.ID != "" {
			return err
		}
		if out, err = w.find(r.Ref); err != nil {
			return err
		}
		if r.Version != 0 && r.Version != out.Version {
			return queue.Errorf(queue.CodeStaleVersion, "version %d was seen, it is %d", r.Version, out.Version)
		}
		if out, err = w.act(out, r); err != nil {
			return err
		}
		return w.remember(r.Meta, hash, out)
	})
	b.poke()
	return out, err
}

// act decides one action of people.
func (w *work) act(b Booking, r ActRequest) (Booking, error) {
	to, err := next(b.State, r.Action)
	if err != nil {
		return b, err
	}
	if b.entry != "" && b.State != CheckedIn {
		return b, queue.Errorf(queue.CodeWrongState, "its holder is just checking in")
	}
	r.Reason = strings.TrimSpace(r.Reason)
	if len(r.Reason) > maxReason {
		return b, queue.Errorf(queue.CodeBadRequest, "a reason of %d bytes: give at most %d", len(r.Reason), maxReason)
	}
	switch r.Action {
	case Confirm, Decline, Cancel:
		if to == b.State {
			return b, nil
		}
		if r.Action == Decline && r.Reason == "" {
			return b, queue.Errorf(queue.CodeBadRequest, "say why it is declined: its holder is told")
		}
		return w.move(b, to, r, saysOf(r))
	case Reschedule:
		return w.reschedule(b, r)
	default:
		return b, queue.Errorf(queue.CodeUnknownAction, "nobody does %q by hand", r.Action)
	}
}

// saysOf is what the holder hears of an action; who does it is told there.
func saysOf(r ActRequest) NoticeKind {
	switch {
	case r.Action == Confirm:
		return SayConfirmed
	case r.Action == Decline:
		return SayDeclined
	case r.Staff:
		return SayCancelled
	default:
		return ""
	}
}

// move puts a booking into another state, with what follows from that.
func (w *work) move(b Booking, to State, r ActRequest, say NoticeKind) (Booking, error) {
	from := b.State
	b.State, b.Reason, b.AnswerBy, b.ringAt = to, r.Reason, time.Time{}, time.Time{}
	b.Version++
	b.Sequence++
	b.ChangedAt, b.reminded = w.now, w.now
	b.due = w.dueOf(b)
	errs := []error{w.save(b), w.note(b, string(r.Action), r.Actor, from, r.Reason)}
	if !to.HasPlace() {
		errs = append(errs, w.free(b))
	}
	if !to.Open() { // What was to be said before is no longer true.
		errs = append(errs, w.Do("DELETE FROM notice WHERE booking = ?", b.ID), w.Do("DELETE FROM unreached WHERE booking = ?", b.ID))
	}
	return b, errors.Join(append(errs, w.tell(b, say))...)
}

// reschedule moves a booking to another half-hour. The new place is taken in
// the same transaction in which the old one is given back: if there is none,
// nothing has changed.
func (w *work) reschedule(b Booking, r ActRequest) (Booking, error) {
	start := r.Start.UTC().Truncate(time.Millisecond)
	if start.Equal(b.Start) {
		return b, nil
	}
	if err := w.mayStart(start, r.Staff); err != nil {
		return b, err
	}
	from := b.State
	if err := w.free(b); err != nil {
		return b, err
	}
	if err := w.take(b.ID, b.Service, start); err != nil {
		return b, err
	}
	if err := w.mayChange(b, r.Staff); err != nil {
		return b, err
	}
	b.Start = start
	w.settle(&b, r.Staff)
	b.Version++
	b.Sequence++
	b.ChangedAt, b.reminded = w.now, w.now
	b.due = w.dueOf(b)
	say := SayMoved
	if !r.Staff && b.State == Requested {
		say = SayRequested
	}
	if r.Told {
		say = saidElsewhere
	}
	return b, errors.Join(w.save(b), w.note(b, string(Reschedule), r.Actor, from, ""), w.tell(b, say))
}

// promoteLead is how long before a half-hour who waits for it is still given
// it: there must be time to hear of it and to come.
const promoteLead = 2 * time.Hour

// promote gives places that came free to who waits for that day, the first come
// first, preferring the half-hour that was wished for.
func (w *work) promote() error {
	seen := map[string]bool{}
	for len(w.freed) > 0 {
		day := w.Day(w.freed[0])
		w.freed = w.freed[1:]
		if seen[day] {
			continue
		}
		seen[day] = true
		noon, _ := w.Date(day)
		waiting, err := w.many("state = ? AND start >= ? AND start < ? ORDER BY id LIMIT 200", Listed, w.dayFrom(noon), w.dayTo(noon))
		if err != nil {
			return err
		}
		for _, b := range waiting {
			if err := w.promoteOne(b, noon); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *work) promoteOne(b Booking, noon time.Time) error {
	for _, start := range append([]time.Time{b.Start}, w.Calendar.Slots(noon)...) {
		if start.Before(w.now.Add(promoteLead)) {
			continue
		}
		ok, err := w.fits(b.Service, start)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		b.Start = start
		w.settle(&b, false)
		b.Version++
		b.Sequence++
		b.ChangedAt, b.reminded = w.now, w.now
		b.due = w.dueOf(b)
		return errors.Join(w.take(b.ID, b.Service, start), w.save(b), w.note(b, string(Promote), "", Listed, ""), w.tell(b, SayPromoted))
	}
	return nil
}

// CheckIn says that the holder has come through a channel, and gives the ticket
// to wait with. However often and through however many doors it is said, there
// is one ticket: the first channel is written down before the ticket is taken,
// and the ticket's request key is the booking's id.
func (b *Book) CheckIn(ctx context.Context, ref string, by queue.Channel) (queue.Ticket, error) {
	var found Booking
	err := b.update(ctx, func(w *work) (err error) {
		if found, err = w.find(ref); err != nil {
			return err
		}
		return w.enter(&found, by)
	})
	if err != nil {
		return queue.Ticket{}, err
	}
	if found.State == CheckedIn {
		return b.cfg.Office.Ticket(ctx, found.Ticket)
	}
	return b.finish(ctx, found)
}

// enter notes by which channel a holder is checking in.
func (w *work) enter(b *Booking, by queue.Channel) error {
	if _, err := next(b.State, CheckIn); err != nil {
		return err
	}
	if b.State == CheckedIn || b.entry != "" {
		return nil
	}
	if today := w.Day(w.now); w.Day(b.Start) != today {
		return queue.Errorf(CodeNotToday, "it is for %s, today is %s", w.Day(b.Start), today)
	}
	b.entry = string(by)
	return w.save(*b)
}

// finish takes the ticket of a holder whose entry is written down.
func (b *Book) finish(ctx context.Context, found Booking) (queue.Ticket, error) {
	t, err := b.takeTicket(ctx, found)
	if err != nil && !unsure(err) { // Refused: there is no ticket, and nobody is entering.
		return t, errors.Join(err, b.update(ctx, func(w *work) error {
			now, err := w.find(found.ID)
			if err != nil || now.State == CheckedIn {
				return err
			}
			now.entry = ""
			return w.save(now)
		}))
	}
	if err != nil {
		return t, err
	}
	err = b.update(ctx, func(w *work) error {
		now, err := w.find(found.ID)
		if err != nil || now.State == CheckedIn {
			return err
		}
		now.entry, now.Ticket = "", t.ID
		now, err = w.move(now, CheckedIn, ActRequest{Action: CheckIn, Actor: found.entry}, "")
		if err != nil {
			return err
		}
		now.Contact, now.person = "", "" // From here the ticket counts.
		return w.save(now)
	})
	b.poke()
	return t, err
}

// unsure reports whether a ticket may have been taken all the same.
func unsure(err error) bool {
	switch queue.ErrorCode(err) {
	case queue.CodeUnavailable, queue.CodeInternal, queue.CodeFenced, queue.CodeClockWrong, "":
		return true
	default:
		return false
	}
}

// ticketCaller is in whose name a booking's ticket is taken, and written in the
// log. It holds a hash of the booking's code: where an older backup of the bookings
// was restored, ids begin anew and belong to others.
func (b *Book) ticketCaller(v Booking) string {
	return "appointment:" + v.ID + "-" + hex.EncodeToString(b.keyed("caller", v.Code)[:6])
}

func (b *Book) takeTicket(ctx context.Context, v Booking) (queue.Ticket, error) {
	r := queue.TakeRequest{
		Meta:    queue.Meta{Key: "take", Caller: b.ticketCaller(v)},
		Service: v.Service, Procedure: v.Procedure, Channel: queue.Channel(v.entry), Class: queue.Appointment,
		Language: v.Language, Needs: v.Needs, Person: v.Contact, Slot: v.Start,
	}
	t, err := b.cfg.Office.Take(ctx, r)
	if queue.ErrorCode(err) == queue.CodePersonLimit { // The place was promised; the limit is on taking more.
		r.Person = ""
		t, err = b.cfg.Office.Take(ctx, r)
	}
	if err != nil || t.Presence != queue.Remote || t.State != queue.Waiting {
		return t, err
	}
	return b.cfg.Office.Act(ctx, queue.ActRequest{Meta: queue.Meta{Key: "here", Caller: r.Caller}, Ticket: t.Ref(), Action: queue.CheckIn})
}
