package kiosk

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/xinmoi/xinmoi/kiosk/printer"
	"github.com/xinmoi/xinmoi/queue"
)

const (
	// printPatience bounds one print, from waiting for the printer to its
	// acknowledgement; less than the minute for which a number is held.
	printPatience = 25 * time.Second
	// answerPatience is how long a touch waits for paper before the screen
	// shows the number with "printing". A good printer is faster, so most
	// people see one screen only.
	answerPatience = 1500 * time.Millisecond
	// askPatience is how long the question "did the ticket come out?" may stand
	// unanswered. The number stood on the screen meanwhile, so it counts as
	// delivered: an empty call costs a minute, a lost place costs a morning.
	askPatience = 40 * time.Second
	// maxReprints bounds the paper for one number.
	maxReprints = 3
	// confirmPatience bounds one attempt to tell the office that a number is
	// delivered.
	confirmPatience = 5 * time.Second
	// confirmLongest is the longest pause between two attempts; the first is a
	// second, and each as long as the number of attempts before.
	confirmLongest = 15 * time.Second
	// maxRefusals bounds how often an office is asked again that answered no.
	maxRefusals = 5
)

// take answers a touch on a tile: one number, whatever happens.
func (k *Kiosk) take(w http.ResponseWriter, r *http.Request) {
	key := r.PostFormValue("key")
	if !validKey(key) {
		k.fail(w, r, queue.Errorf(queue.CodeBadRequest, "touch key of %d characters", len(key)))
		return
	}
	v, mine := k.visits.claim(key, time.Now())
	if mine {
		// The number must not hang on a browser that goes away.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), printPatience)
		defer cancel()
		k.issue(ctx, v, r)
	}
	select {
	case <-v.ready:
	case <-r.Context().Done():
		return
	}
	if v.err != nil {
		k.fail(w, r, v.err)
		return
	}
	k.awaitPaper(r.Context(), v)
	http.Redirect(w, r, ticketPath(v.key, k.visitor(r)), http.StatusSeeOther)
}

// issue takes the number of a visit and starts printing it.
func (k *Kiosk) issue(ctx context.Context, v *visit, r *http.Request) {
	defer close(v.ready)
	procedure, service, who := r.PostFormValue("procedure"), r.PostFormValue("service"), k.visitor(r)
	wish, err := k.wish(ctx, procedure, service)
	var ticket queue.Ticket
	if err == nil {
		ticket, err = k.request(ctx, v.key, wish, who)
	}
	// Under the lock: Run looks at visits that are still without a number, too.
	k.visits.update(func() { v.procedure, v.ticket, v.err = wish, ticket, err })
	if err != nil {
		k.log.Warn("no number given", "procedure", procedure, "service", service, "err", err)
		k.visits.drop(v)
		return
	}
	k.log.Info("number taken", "ticket", ticket.Number.String(), "id", ticket.ID)
	k.visits.update(func() { k.visits.taken++ })
	if ticket.State != queue.Held {
		// The touch is from before a restart: the paper may be out already.
		k.visits.update(func() { v.state = asking })
		return
	}
	k.startPrint(v, false)
}

// request asks the office for the number, with all that the citizen chose and
// what was scanned.
func (k *Kiosk) request(ctx context.Context, key string, wish queue.Procedure, who visitor) (queue.Ticket, error) {
	card, err := k.cards.text(who.card, time.Now())
	if err != nil {
		return queue.Ticket{}, err
	}
	r := queue.TakeRequest{
		Meta:      queue.Meta{Key: "touch-" + key, Caller: k.cfg.Caller},
		Service:   wish.Service,
		Procedure: wish.ID,
		Channel:   queue.Kiosk,
		Class:     who.class(),
		Card:      card,
		Needs:     who.needs,
		Language:  who.lang,
		Hold:      true,
	}
	if c, ok := k.cards.citizen(who.citizen); ok {
		r.Person, r.Aged = c.person, c.aged && card == ""
	}
	t, err := k.cfg.Office.Take(ctx, r)
	if err == nil {
		k.cards.drop(who.card, who.citizen)
	}
	return t, err
}

// wish finds what the citizen came for, in words for the paper.
func (k *Kiosk) wish(ctx context.Context, procedure, service string) (queue.Procedure, error) {
	if procedure != "" {
		all, err := k.cfg.Office.Procedures(ctx)
		if err != nil {
			return queue.Procedure{}, err
		}
		for _, p := range all {
			if p.ID == procedure {
				return p, nil
			}
		}
		return queue.Procedure{}, queue.Errorf(queue.CodeUnknownService, "no procedure %q", procedure)
	}
	all, err := k.cfg.Office.Services(ctx)
	if err != nil {
		return queue.Procedure{}, err
	}
	for _, s := range all {
		if s.ID == service {
			return queue.Procedure{Service: s.ID, Name: s.Name, NameEN: s.NameEN}, nil
		}
	}
	return queue.Procedure{}, queue.Errorf(queue.CodeUnknownService, "no service %q", service)
}

// startPrint prints in the background; the visit's state tells the outcome.
func (k *Kiosk) startPrint(v *visit, again bool) {
	idle := make(chan struct{})
	k.visits.update(func() { v.state, v.idle = printing, idle })
	k.prints.Go(func() {
		defer close(idle)
		ctx, cancel := context.WithTimeout(context.Background(), printPatience)
		defer cancel()
		outcome, err := k.printTicket(ctx, k.visits.view(v), again)
		k.arrived(ctx, v, outcome, err)
	})
}

// printTicket draws and prints one ticket.
func (k *Kiosk) printTicket(ctx context.Context, v visit, again bool) (printer.Outcome, error) {
	if k.cfg.Printer == nil {
		return printer.Failed, errors.New("no printer")
	}
	paper, err := k.fonts.Render(k.face(ctx, v, again), k.cfg.PaperWidth)
	if err != nil {
		return printer.Failed, err
	}
	return k.cfg.Printer.Print(ctx, printer.Job{
		Name: v.ticket.Number.String(), Paper: paper, Expires: time.Now().Add(printPatience),
	})
}

// arrived records the outcome of a print.
func (k *Kiosk) arrived(ctx context.Context, v *visit, outcome printer.Outcome, err error) {
	state := onScreen
	switch outcome {
	case printer.Printed, printer.Assumed:
		state = onPaper
	case printer.Unknown:
		state = asking
	}
	if err != nil {
		k.log.Warn("ticket not surely on paper", "ticket", v.ticket.Number.String(), "outcome", outcome, "err", err)
	}
	if state == onPaper {
		k.confirm(ctx, v) // Before the screen says so.
	}
	k.visits.update(func() { v.state = state })
}

// awaitPaper waits for the outcome of a print, within reason.
func (k *Kiosk) awaitPaper(ctx context.Context, v *visit) {
	idle := k.visits.view(v).idle
	if idle == nil {
		return
	}
	patience := time.NewTimer(answerPatience)
	defer patience.Stop()
	select {
	case <-idle:
	case <-patience.C:
	case <-ctx.Done():
	}
}

// confirm tells the office that the citizen has the number. What the office
// cannot take now, Run tries again.
func (k *Kiosk) confirm(ctx context.Context, v *visit) {
	seen := k.visits.view(v)
	if seen.told() {
		return
	}
	k.visits.update(func() { v.delivered = true })
	ctx, cancel := context.WithTimeout(ctx, confirmPatience)
	defer cancel()
	got, err := k.cfg.Office.Act(ctx, queue.ActRequest{
		Meta:   queue.Meta{Key: "touch-" + v.key + "-confirm", Caller: k.cfg.Caller},
		Ticket: seen.ticket.Ref(), Action: queue.Confirm,
	})
	if err != nil {
		k.unconfirmed(v, err)
		return
	}
	k.visits.update(func() {
		v.confirmed = true
		if got.Standing != nil {
			v.ticket.Standing = got.Standing
		}
	})
}

// unconfirmed decides whether the office is asked again: for as long as it
// takes while nobody knows whether it heard, a few times where it says no, and
// not at all where the ticket has ended (cancelled by staff). The first
// failure is logged, and the end.
func (k *Kiosk) unconfirmed(v *visit, err error) {
	now, code := time.Now(), queue.ErrorCode(err)
	var tries int
	var refused bool
	k.visits.update(func() {
		v.tries++
		switch code {
		case queue.CodeUnavailable, queue.CodeFenced:
		case queue.CodeWrongState, queue.CodeUnknownTicket:
			v.refused = true
		default:
			v.refusals++
			v.refused = v.refusals >= maxRefusals
		}
		v.again = now.Add(min(time.Duration(v.tries)*time.Second, confirmLongest))
		tries, refused = v.tries, v.refused
	})
	switch {
	case refused:
		k.log.Error("number not confirmed: the office refuses", "ticket", v.ticket.Number.String(), "attempts", tries, "err", err)
	case tries == 1:
		k.log.Warn("number not confirmed yet, trying again", "ticket", v.ticket.Number.String(), "err", err)
	}
}

// settle confirms what is delivered, ends questions nobody answers, and
// forgets visits whose screens are long gone.
func (k *Kiosk) settle(ctx context.Context) {
	now := time.Now()
	for _, v := range k.visits.unsettled(now, now.Add(-askPatience)) {
		k.confirm(ctx, v)
	}
	k.visits.forget(now)
	k.cards.forget(now)
	k.finds.forget(now)
}

// reprint prints the same number again, marked IN LẠI.
func (k *Kiosk) reprint(w http.ResponseWriter, r *http.Request) {
	v, ok := k.visits.find(r.PathValue("key"))
	if !ok {
		http.Redirect(w, r, k.visitor(r).home(), http.StatusSeeOther)
		return
	}
	start := false
	k.visits.update(func() {
		if v.state != printing && v.reprints < maxReprints {
			v.reprints++
			v.state = printing // Taken under the lock: a double touch prints once.
			start = true
		}
	})
	if start {
		k.startPrint(v, true)
	}
	k.awaitPaper(r.Context(), v)
	http.Redirect(w, r, ticketPath(v.key, k.visitor(r)), http.StatusSeeOther)
}

// have takes the answer "the ticket came out".
func (k *Kiosk) have(w http.ResponseWriter, r *http.Request) {
	v, ok := k.visits.find(r.PathValue("key"))
	if !ok {
		http.Redirect(w, r, k.visitor(r).home(), http.StatusSeeOther)
		return
	}
	k.confirm(r.Context(), v)
	k.visits.update(func() {
		if v.state == asking {
			v.state = onPaper
		}
	})
	http.Redirect(w, r, ticketPath(v.key, k.visitor(r)), http.StatusSeeOther)
}

// local is a time on the office's clock.
func (k *Kiosk) local(at time.Time, info queue.Info) time.Time {
	if k.cfg.Location != nil {
		return at.In(k.cfg.Location)
	}
	if zone, err := time.LoadLocation(info.TimeZone); err == nil && info.TimeZone != "" {
		return at.In(zone)
	}
	return at
}

// localNow tells the time in the office's zone.
func (k *Kiosk) localNow(ctx context.Context) time.Time {
	info, _ := k.cfg.Office.Info(ctx) // Without an answer the own zone must do.
	return k.local(time.Now(), info)
}

func ticketPath(key string, v visitor) string { return v.settled().path("/kiosk/ticket/"+key, nil) }

func homePath(lang string) string { return "/kiosk?lang=" + url.QueryEscape(lang) }

// validKey accepts what newKey makes (crypto/rand.Text) and no more.
func validKey(key string) bool {
	if len(key) < 20 || len(key) > 40 {
		return false
	}
	for _, c := range key {
		if (c < 'A' || c > 'Z') && (c < '2' || c > '7') {
			return false
		}
	}
	return true
}
