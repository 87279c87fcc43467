package main

import (
	"context"
	"errors"
	"path/filepath"

	"github.com/xinmoi/xinmoi/ivr"
	"github.com/xinmoi/xinmoi/ivr/callout/afar"
	"github.com/xinmoi/xinmoi/queue"
)

// openRefusals opens what telephones on other machines are told that call by a book
// of their own.
func (a *app) openRefusals(ctx context.Context) error {
	secret, err := a.db.Secret(ctx, "refusals")
	if err != nil {
		return err
	}
	if a.refusals, err = afar.OpenRefusals(ctx, filepath.Join(a.data.path, afar.RefusalsName), secret, nil); err != nil {
		return err
	}
	a.parts = append(a.parts, part{"refusals", a.refusals.Run, false})
	return nil
}

// closeRefusals closes the file.
func (a *app) closeRefusals() error {
	if a.refusals == nil {
		return nil
	}
	return a.refusals.Close()
}

// refuse has a telephone forgotten by everything of ours that calls it or writes to
// it, by whichever door its holder said so: the book of calls, the appointments,
// the chats that gave it and the conversation by message.
func (a *app) refuse(ctx context.Context, telephone string) error {
	telephone = queue.Telephone(telephone)
	errs := []error{a.forgetTelephone(ctx, telephone)}
	if a.callout != nil {
		errs = append(errs, a.callout.Forget(ctx, telephone))
	}
	if a.bots != nil {
		errs = append(errs, a.bots.Refuse(ctx, telephone))
	}
	return errors.Join(errs...)
}

// refusing is the book of wishes to be called as telephones have it: who wants to
// be forgotten there is forgotten by all others too.
type refusing struct {
	app  *app
	here ivr.Callbacks // Nil = nobody is called.
}

// Offer implements ivr.Callbacks.
func (r refusing) Offer(number string) bool { return r.here != nil && r.here.Offer(number) }

// Ask implements ivr.Callbacks.
func (r refusing) Ask(ctx context.Context, w ivr.Wish) error {
	if r.here == nil {
		return afar.ErrNobody
	}
	return r.here.Ask(ctx, w)
}

// Knows implements ivr.Forgetter.
func (r refusing) Knows(ctx context.Context, number string) (bool, error) {
	if r.here == nil {
		return false, afar.ErrNobody
	}
	f, ok := r.here.(ivr.Forgetter)
	if !ok {
		return false, nil
	}
	return f.Knows(ctx, number)
}

// Forget implements ivr.Forgetter.
func (r refusing) Forget(ctx context.Context, number string) error { return r.app.refuse(ctx, number) }

// refusingAll is how the office's own telephone keeps its book of wishes.
func (a *app) refusingAll(here ivr.Callbacks) ivr.Callbacks {
	if here == nil {
		return nil
	}
	return refusing{a, here}
}
