package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/xinmoi/xinmoi/bots"
	"github.com/xinmoi/xinmoi/bots/desk"
	"github.com/xinmoi/xinmoi/bots/dialogue"
	"github.com/xinmoi/xinmoi/ivr"
	"github.com/xinmoi/xinmoi/ivr/callout"
	"github.com/xinmoi/xinmoi/ivr/callout/book"
	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/web/page"
	"github.com/xinmoi/xinmoi/queue/web/upkeep"
)

// hallCode is what the screen in the hall shows now.
func (a *app) hallCode(at time.Time) string { return queue.HallCode(a.hallSecret, a.info.ID, at) }

// hallScreen is hallCode where the code has a use; else nil, and there is no screen.
func (a *app) hallScreen() func(time.Time) string {
	if a.hallCheck() == nil {
		return nil
	}
	return a.hallCode
}

func (a *app) isHallCode(code string, at time.Time) bool {
	return queue.IsHallCode(a.hallSecret, a.info.ID, code, at)
}

// chatVoice has citizens called whom no message reaches; nil without a telephone.
func (a *app) chatVoice() bots.Voice {
	if a.callout == nil {
		return nil
	}
	return caller{a.callout}
}

// caller calls people as those are called back who asked for it by telephone.
type caller struct{ *callout.Caller }

// Call implements bots.Voice.
func (c caller) Call(ctx context.Context, t queue.Ticket, telephone, language string) error {
	return c.Ask(ctx, ivr.Wish{Ticket: t, Number: telephone, Language: language})
}

// forgetTelephone erases a number from what writes to it beside the chats, and has
// telephones on other machines erase it that call by a book of their own.
func (a *app) forgetTelephone(ctx context.Context, telephone string) error {
	var errs []error
	if a.refusals != nil {
		errs = append(errs, a.refusals.Note(ctx, telephone))
	}
	if a.appointments != nil {
		errs = append(errs, a.appointments.Forget(ctx, "tel:"+telephone))
	}
	return errors.Join(errs...)
}

// heldByTelephone tells what the book of calls holds of somebody who asks in a chat.
func (a *app) heldByTelephone(ctx context.Context, who bots.Holder) (lines []string, err error) {
	if a.callout == nil {
		return nil, nil
	}
	wishes := []book.Wish{}
	for _, of := range []struct {
		number  string
		tickets []string
	}{{who.Telephone, nil}, {who.Given, append([]string{}, who.Tickets...)}} {
		if of.number == "" || of.number == who.Telephone && of.tickets != nil {
			continue
		}
		more, err := a.callout.Held(ctx, of.number, of.tickets)
		if err != nil {
			return nil, err
		}
		wishes = append(wishes, more...)
	}
	form := "Gọi đến %s cho số %s, yêu cầu lúc %s"
	if who.Language == "en" {
		form = "A call to %s about number %s, asked for at %s"
	}
	for _, w := range wishes {
		lines = append(lines, fmt.Sprintf(form, w.Telephone, w.Number, w.Asked.In(who.Now.Location()).Format("15:04")))
	}
	return lines, nil
}

// openChatDesk makes the pages of the chats.
func (a *app) openChatDesk() (err error) {
	a.chatDesk, err = desk.New(desk.Config{
		Bots: a.bots, Build: version(), Logger: a.log, Location: a.where.location,
		Code: a.hallScreen(), Base: a.base, Doors: a.arrivals, Consent: a.consenting(),
	})
	return err
}

// consenting is the Zalo account whose owner gives the consent here; nil = none.
func (a *app) consenting() desk.Consenting {
	for _, line := range a.chats {
		if account, ok := line.adapter.(desk.Consenting); ok {
			return account
		}
	}
	return nil
}

// arrivals is how the hall's code is given to each chat.
func (a *app) arrivals(l page.Lang, code string) (links []page.Link) {
	for _, line := range a.chats {
		if line.adapter.Caps().OneWay {
			continue
		}
		name := desk.ChannelName(line.adapter.Channel())
		link := page.Link{Label: l.T("Nhắn cho trợ lý trên "+name+": đến "+code, "Send to the assistant on "+name+": here "+code)}
		if line.adapter.Channel() == queue.Telegram && a.cfg.Telegram.Name != "" {
			link = page.Link{Label: l.T("Mở Telegram", "Open Telegram"), Href: telegramLink(a.cfg.Telegram.Name, dialogue.HereLink(code))}
		}
		links = append(links, link)
	}
	return links
}

// followLinks is how a paper ticket is followed in each chat.
func (a *app) followLinks(l page.Lang, token, code string) (links []page.Link) {
	for _, line := range a.chats {
		if line.adapter.Caps().OneWay {
			continue
		}
		name := desk.ChannelName(line.adapter.Channel())
		link := page.Link{Label: l.T("Nhắn mã "+code+" cho trợ lý của trung tâm trên "+name, "Send the code "+code+" to the centre's assistant on "+name)}
		if line.adapter.Channel() == queue.Telegram && a.cfg.Telegram.Name != "" {
			link = page.Link{Label: l.T("Theo dõi trên Telegram", "Follow on Telegram"), Href: telegramLink(a.cfg.Telegram.Name, token)}
		}
		links = append(links, link)
	}
	return links
}

// telegramLink opens a bot with a word that it is told first.
func telegramLink(bot, start string) string {
	return "https://t.me/" + url.PathEscape(bot) + "?start=" + url.QueryEscape(start)
}

// mountChat puts the pages of the chats behind their rights.
func (a *app) mountChat(mux interface{ Handle(string, http.Handler) }, mount func(path string, h http.Handler)) {
	if a.chatDesk == nil {
		return
	}
	pages := a.chatDesk.Handler()
	mount(desk.Prefix, a.api.Guard(queue.RoleAdmin)(pages))
	mux.Handle(desk.StaticPath, pages)
	mount(desk.HallPath, a.api.Guard(queue.RoleBoard)(a.chatDesk.Hall()))
	mux.Handle(desk.InPath+"/", a.chatDesk.In())
	mux.Handle(desk.BackPath, a.chatDesk.Back())
}

// partsOfFile is what the office's file carries beside the setup: what is decided
// about messages. Tokens and addresses of providers are the machine's own.
func (a *app) partsOfFile() []upkeep.Part {
	if a.bots == nil {
		return nil
	}
	return []upkeep.Part{{
		Name:   "chat",
		Export: func(context.Context) (any, error) { return a.bots.Settings(), nil },
		Check: func(text json.RawMessage) error {
			_, err := bots.ReadSettings(text)
			return err
		},
		Import: func(ctx context.Context, text json.RawMessage) error {
			s, err := bots.ReadSettings(text)
			if err != nil {
				return err
			}
			return a.bots.SetSettings(ctx, s)
		},
	}}
}
