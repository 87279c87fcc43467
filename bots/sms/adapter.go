package sms

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/bots"
	"github.com/xinmoi/xinmoi/bots/dialogue"
	"github.com/xinmoi/xinmoi/bots/webhook"
	"github.com/xinmoi/xinmoi/queue"
)

// Receiving says how messages of citizens come in.
type Receiving struct {
	// Secret proves that a message comes from the gateway: Kannel's "secret"
	// parameter, or the key that eSMS signs with. Gammu needs none.
	Secret string
	// Office is this office's name on a number that several share, as in
	// "XH <office> A012"; empty = there is none.
	Office string
	Now    func() time.Time // Nil = time.Now.
}

const minSecret = 8

// Adapter is the conversation by short message. Who may write is known by the
// telephone number alone, so it gives nothing away that a number in the hall
// would not.
type Adapter struct {
	sender  *Sender
	in      Receiving
	reports string // See ReportTo.
}

// marked is an Adapter whose gateway tells by a mark what became of a message.
type marked struct{ *Adapter }

// once is an Adapter whose provider takes the same message only once.
type once struct{ *Adapter }

// polled is an Adapter that asks a modem's inbox, and looks what became of what it
// put into the outbox.
type polled struct {
	*Adapter
	folders
	sent *outbox
}

var (
	_ bots.Adapter = (*Adapter)(nil)
	_ bots.Marker  = marked{}
	_ bots.Keyed   = once{}
	_ bots.Poller  = polled{}
	_ bots.Marker  = polled{}
)

// Converse makes the adapter of a sender, and, where messages come by webhook,
// its source (nil for gammu, whose inbox is read).
func (s *Sender) Converse(r Receiving) (bots.Adapter, webhook.Source, error) {
	if r.Now == nil {
		r.Now = time.Now
	}
	a := &Adapter{sender: s, in: r}
	if s.config.Driver != Gammu && len(r.Secret) < minSecret {
		return nil, nil, fmt.Errorf("receiving needs a secret of at least %d characters: whoever knows it can write in everybody's name", minSecret)
	}
	if strings.ContainsAny(strings.TrimSpace(r.Office), " \t") {
		return nil, nil, errors.New("the office's name on a shared number is one word, like TANPHU")
	}
	switch s.config.Driver {
	case Kannel:
		return marked{a}, kannelSource{a}, nil
	case ESMS:
		return once{a}, esmsSource{a}, nil
	default:
		where, err := foldersOf(s.config.File)
		return polled{a, where, newOutbox()}, nil, err
	}
}

// ReportTo tells where the gateway reaches the webhook, to tell whether a message
// arrived: "http://127.0.0.1:8080/bots/sms". Call it before anything is sent; without
// it, the gateway is not asked. A modem needs none.
func (a *Adapter) ReportTo(address string) { a.reports = strings.TrimRight(address, "/") }

// Channel implements bots.Adapter.
func (a *Adapter) Channel() queue.Channel { return queue.SMS }

// Caps implements bots.Adapter. A modem sends a message in some three seconds;
// a gateway takes more than it needs to. Every answer is paid for, so one
// telephone is answered a few times at once and then every half minute, and a
// gateway that answers too late does not make ten messages of one.
func (a *Adapter) Caps() bots.Caps {
	c := bots.Caps{
		PerSecond: 10, PerChat: time.Second, Form: dialogue.Form{Brief: true, Fits: a.sender.Fits},
		AskEvery: 30 * time.Second, AskBurst: 8, Doubts: 3,
	}
	if a.sender.config.Driver == Gammu {
		c.PerSecond = 1
	}
	if a.sender.config.Driver == Gammu || a.reports != "" {
		c.Receipts = receiptTime
	}
	return c
}

// Send implements bots.Adapter; there is no id of what was sent.
func (a *Adapter) Send(ctx context.Context, chat string, t dialogue.Text) (string, error) {
	return "", a.sender.Text(ctx, chat, t.Body)
}

// SendOnce implements bots.Keyed.
func (a once) SendOnce(ctx context.Context, chat, key string, t dialogue.Text) (string, error) {
	_, err := a.sender.text(ctx, chat, t.Body, order{key: key, report: a.reportTo()})
	return "", err
}

// SendMarked implements bots.Marker.
func (a marked) SendMarked(ctx context.Context, chat, mark string, t dialogue.Text) (string, error) {
	_, err := a.sender.text(ctx, chat, t.Body, order{key: mark, report: a.reportTo()})
	return "", err
}

// SendMarked implements bots.Marker.
func (p polled) SendMarked(ctx context.Context, chat, mark string, t dialogue.Text) (string, error) {
	file, err := p.sender.text(ctx, chat, t.Body, order{key: mark})
	if err == nil {
		p.sent.put(file, mark, p.in.Now())
	}
	return "", err
}

// said makes of a message what the conversation takes. One that does not come
// from a telephone (an advertisement, another machine) is never answered: two
// machines would talk for ever.
func (a *Adapter) said(id, from, text string, at time.Time) bots.Inbound {
	now := a.in.Now()
	if at.IsZero() || at.After(now) {
		at = now
	}
	number := queue.Telephone(from)
	if !telephone.MatchString(number) {
		return bots.Inbound{ExtID: id, Kind: bots.Ignore, At: at}
	}
	return bots.Inbound{
		ExtID: id, Kind: bots.Said, Chat: number, From: number, Person: "tel:" + number, Text: a.addressed(text), At: at,
	}
}

// addressed takes this office's name off a message on a shared number.
func (a *Adapter) addressed(text string) string {
	text = strings.TrimSpace(text)
	head, rest, _ := strings.Cut(text, " ")
	name, rest, _ := strings.Cut(strings.TrimSpace(rest), " ")
	if a.in.Office == "" || dialogue.Fold(head) != "xh" || dialogue.Fold(name) != dialogue.Fold(a.in.Office) {
		return text
	}
	return strings.TrimSpace(head + " " + strings.TrimSpace(rest))
}
