package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/bots"
	chatbooking "github.com/xinmoi/xinmoi/bots/booking"
	"github.com/xinmoi/xinmoi/ivr/callout"
	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/appointment"
	"github.com/xinmoi/xinmoi/queue/notice"
)

// bookingTeller carries the notices of appointments: into the chat they were made
// in, to a telephone as a message. The chats come after it.
type bookingTeller struct {
	app    *app
	texter callout.Texter // Nil = telephones are not written to.
}

// Tell implements appointment.Teller. A contact is one chat or one telephone: when
// its message was lost, the same message would be lost again, and staff tell.
func (t bookingTeller) Tell(ctx context.Context, n appointment.Notice) error {
	if n.Way > 0 {
		return appointment.ErrNoWay
	}
	channel, chat, ok := chatbooking.Chat(n.To)
	if !ok {
		number, tel := strings.CutPrefix(n.To, "tel:")
		if !tel {
			return appointment.ErrNoWay
		}
		channel, chat = queue.SMS, number
	}
	err := t.write(ctx, channel, chat, n)
	if !errors.Is(err, bots.ErrNoChat) {
		return err
	}
	if channel == queue.SMS && t.texter != nil {
		return textTeller{t.texter}.Tell(ctx, n)
	}
	return appointment.ErrNoWay
}

// write puts a notice among the messages of a chat.
func (t bookingTeller) write(ctx context.Context, channel queue.Channel, chat string, n appointment.Notice) error {
	if t.app.bots == nil {
		return bots.ErrNoChat
	}
	return t.app.bots.Tell(ctx, bots.Word{
		Channel: channel, Chat: chat, Key: n.ID, Topic: chatbooking.Name, Language: n.Booking.Language, Body: n.Text,
		Offers: chatbooking.Offers(n.Booking, n.Kind), Expires: n.Expires,
	})
}

// textTeller carries notices as short messages.
type textTeller struct{ texter callout.Texter }

// Tell implements appointment.Teller. What will never be taken is not tried again;
// nor what perhaps arrived: a gateway that answers too late would send it all day.
func (t textTeller) Tell(ctx context.Context, n appointment.Notice) error {
	number, ok := strings.CutPrefix(n.To, "tel:")
	if !ok {
		return appointment.ErrNoWay
	}
	text := n.Text
	if short, ok := t.texter.(interface{ Fit(text string) string }); ok {
		text = short.Fit(text)
	}
	err := t.texter.Text(ctx, number, text)
	var f *bots.Failure
	if errors.As(err, &f) && (f.Class == bots.Ambiguous || f.Class == bots.Rejected || f.Class == bots.Gone) {
		return fmt.Errorf("%w: %w", appointment.ErrNoWay, err)
	}
	return err
}

// quietHours are those of the chats; without chats, of which nobody has decided
// anything, the night.
func (a *app) quietHours() notice.Quiet {
	if a.bots != nil {
		return a.bots.Settings().Quiet
	}
	return notice.Quiet{From: "21:00", To: "06:30"}
}

// eventsToday is the log of the running day.
func (a *app) eventsToday(ctx context.Context) ([]queue.Event, error) {
	loaded, err := a.db.Load(ctx, a.info.ID, time.Now())
	return loaded.Events, err
}
