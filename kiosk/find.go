package kiosk

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// findView is a form that asks for a code, or for a number and a telephone.
type findView struct {
	Action string
	Fields []findField
	Phone  string // Where to go for numbers taken by telephone; empty = here already.
}

type findField struct{ Name, Label, Mode string }

// foundView is what stands behind a code.
type foundView struct {
	Path      string
	Number    string
	State     queue.State
	Words     string
	Service   string
	Ahead     string
	Wait      string
	Go        string // Where to go now.
	Lines     []string
	Arrived   bool
	CheckIn   bool // May say that the holder has come.
	Print     bool // May print the paper.
	Attention bool
}

// find asks for a code.
func (k *Kiosk) find(w http.ResponseWriter, r *http.Request) {
	k.askCode(w, r, http.StatusOK, "")
}

func (k *Kiosk) askCode(w http.ResponseWriter, r *http.Request, status int, notice string) {
	s := k.findScreen(r)
	s.Title, s.Next, s.Notice = s.T.FindTitle, s.T.FindHelp, notice
	s.Find = &findView{"/kiosk/find", []findField{{"code", s.T.FindField, "text"}}, s.visitor.path("/kiosk/phone", nil)}
	k.show(w, r, status, "find.html", s)
}

func (k *Kiosk) findScreen(r *http.Request) screen {
	s := k.newScreen(r)
	if info, err := k.cfg.Office.Info(r.Context()); err == nil {
		s.named(info)
	}
	if services, err := k.cfg.Office.Services(r.Context()); err == nil {
		for _, service := range services {
			s.prefixes = append(s.prefixes, service.ID)
		}
	}
	s.Hidden = s.visitor.hidden()
	s.Back = s.visitor.path("/kiosk", nil)
	s.Reset, s.Calm = resetChoose, true
	return s
}

// look answers a typed code.
func (k *Kiosk) look(w http.ResponseWriter, r *http.Request) {
	t := k.tongues.of(k.tongues.language(r))
	if !k.finds.allowed(time.Now()) {
		k.askCode(w, r, http.StatusTooManyRequests, t.TooOften)
		return
	}
	kind, code, ok := k.readCode(r.PostFormValue("code"))
	if !ok { // A typing mistake, which guesses nothing.
		k.askCode(w, r, http.StatusNotFound, t.FindNothing)
		return
	}
	k.lookUp(w, r, kind, code)
}

// lookUp answers a code of a known kind.
func (k *Kiosk) lookUp(w http.ResponseWriter, r *http.Request, kind int, code string) {
	t, now := k.tongues.of(k.tongues.language(r)), time.Now()
	if !k.finds.allowed(now) {
		k.askCode(w, r, http.StatusTooManyRequests, t.TooOften)
		return
	}
	_, err := k.codes[kind].Find(r.Context(), code)
	switch {
	case queue.ErrorCode(err) == queue.CodeUnknownTicket:
		k.finds.wrong(now)
		k.askCode(w, r, http.StatusNotFound, t.FindNothing)
	case err != nil:
		k.fail(w, r, err)
	default:
		k.toFound(w, r, kind, code)
	}
}

// toFound shows what was found under a key of its own, so that no code stands
// in an address.
func (k *Kiosk) toFound(w http.ResponseWriter, r *http.Request, kind int, code string) {
	key := k.finds.keep(found{kind: kind, code: code, at: time.Now()})
	http.Redirect(w, r, k.visitor(r).settled().path("/kiosk/found/"+key, nil), http.StatusSeeOther)
}

// phone asks for the number and the telephone it was taken with.
func (k *Kiosk) phone(w http.ResponseWriter, r *http.Request) {
	k.askPhone(w, r, http.StatusOK, "")
}

func (k *Kiosk) askPhone(w http.ResponseWriter, r *http.Request, status int, notice string) {
	s := k.findScreen(r)
	s.Title, s.Next, s.Notice = s.T.ByPhone, s.T.PhoneHelp, notice
	s.Find = &findView{"/kiosk/phone", []findField{{"number", s.T.TicketNumber, "text"}, {"phone", s.T.PhoneNumber, "tel"}}, ""}
	s.Back = s.visitor.path("/kiosk/find", nil)
	k.show(w, r, status, "find.html", s)
}

// endingLen is how many of the last figures of a telephone number are asked for.
const endingLen = 4

// lookPhone answers number and telephone. Whatever is wrong, the answer is the
// same: a guess learns nothing.
func (k *Kiosk) lookPhone(w http.ResponseWriter, r *http.Request) {
	t, now := k.tongues.of(k.tongues.language(r)), time.Now()
	if !k.finds.allowed(now) {
		k.askPhone(w, r, http.StatusTooManyRequests, t.TooOften)
		return
	}
	ticket, err := k.byPhone(r.Context(), r.PostFormValue("number"), r.PostFormValue("phone"))
	switch {
	case queue.ErrorCode(err) == queue.CodeUnknownTicket:
		k.finds.wrong(now)
		k.askPhone(w, r, http.StatusNotFound, t.NoMatch)
	case err != nil:
		k.fail(w, r, err)
	default:
		k.toFound(w, r, k.ownKind(), ticket.Ref())
	}
}

// byPhone finds the ticket of a number that a telephone took today, by the last
// figures of that telephone.
func (k *Kiosk) byPhone(ctx context.Context, number, ending string) (queue.Ticket, error) {
	n, err := queue.ParseNumber(number)
	ending = figures(ending)
	if err != nil || len(ending) < endingLen {
		return queue.Ticket{}, queue.Errorf(queue.CodeUnknownTicket, "no number of today matches")
	}
	return k.cfg.Office.Belongs(ctx, n.String(), ending[len(ending)-endingLen:])
}

// figures leaves the figures of a text.
func figures(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}

// found shows what stands behind a code, as it is now.
func (k *Kiosk) found(w http.ResponseWriter, r *http.Request) {
	f, got, ok := k.foundNow(w, r)
	if !ok {
		return
	}
	s := k.newScreen(r)
	if info, err := k.cfg.Office.Info(r.Context()); err == nil {
		s.named(info)
	}
	s.Title = s.T.FindTitle
	s.Hidden = s.visitor.settled().hidden()
	s.Found = k.viewFound(r.Context(), got, s.T)
	s.Found.Path = "/kiosk/found/" + r.PathValue("key")
	s.Found.Arrived = f.arrived
	s.Reset = resetAsking
	if s.visitor.in(modeVoice) {
		if sp, ok := k.speakerOf(r.Context(), s.Lang, s.info); ok {
			s.Speak = sp.say(strings.Join([]string{s.Found.Words, s.Found.Go, s.Found.Ahead}, ". "))
		}
	}
	k.show(w, r, http.StatusOK, "found.html", s)
}

// foundNow finds again what a key stands for, or answers.
func (k *Kiosk) foundNow(w http.ResponseWriter, r *http.Request) (found, Found, bool) {
	f, ok := k.finds.get(r.PathValue("key"), time.Now())
	if !ok {
		http.Redirect(w, r, k.visitor(r).home(), http.StatusSeeOther)
		return f, Found{}, false
	}
	got, err := k.codes[f.kind].Find(r.Context(), f.code)
	if err != nil {
		k.fail(w, r, err)
		return f, got, false
	}
	return f, got, true
}

func (k *Kiosk) viewFound(ctx context.Context, got Found, t words) *foundView {
	tk := got.Ticket
	if tk.ID == "" {
		return &foundView{Words: got.Title, Lines: got.Lines, CheckIn: got.Holder && got.CheckIn != nil}
	}
	v := &foundView{
		Number: tk.Number.String(), State: tk.State, Words: t.States[string(tk.State)], Lines: got.Lines, Wait: t.waitWords(tk.Standing),
		Attention: tk.State == queue.Called || tk.State == queue.NoShow,
	}
	if p, err := k.wish(ctx, tk.Procedure, tk.Service); err == nil {
		v.Service = p.Name
		if t.Code != vietnamese && p.NameEN != "" {
			v.Service = p.NameEN
		}
	}
	if tk.State == queue.Waiting && tk.Standing != nil {
		v.Ahead = t.count(tk.Standing.Ahead)
		v.Lines = slices.Concat(v.Lines, t.moreWait(tk, k.localNow(ctx)))
	}
	if tk.State == queue.Called || tk.State == queue.Serving {
		v.Go = fmt.Sprintf(t.GoTo, k.counterName(ctx, tk.Counter))
	}
	if got.Holder {
		v.CheckIn = got.CheckIn != nil || (tk.State == queue.Waiting || tk.State == queue.Held) && tk.Presence == queue.Remote
		v.Print = k.cfg.Printer != nil && (tk.State == queue.Waiting || tk.State == queue.Held || tk.State == queue.Called)
	}
	return v
}

func (k *Kiosk) counterName(ctx context.Context, id string) string {
	all, err := k.cfg.Office.Counters(ctx)
	if err == nil {
		for _, c := range all {
			if c.ID == id {
				return c.Name
			}
		}
	}
	return id
}

// checkIn takes the answer "I have arrived".
func (k *Kiosk) checkIn(w http.ResponseWriter, r *http.Request) {
	_, got, ok := k.foundNow(w, r)
	if !ok {
		return
	}
	key := r.PathValue("key")
	t, err := k.arrive(r.Context(), got, "arrived-"+key)
	if err != nil {
		k.fail(w, r, err)
		return
	}
	k.finds.update(key, func(f *found) {
		f.arrived = true
		if got.CheckIn != nil && t.ID != "" { // From here it is a ticket like any other.
			f.kind, f.code = k.ownKind(), t.Ref()
		}
	})
	http.Redirect(w, r, k.visitor(r).settled().path("/kiosk/found/"+key, nil), http.StatusSeeOther)
}

// arrive tells the office that a holder has come.
func (k *Kiosk) arrive(ctx context.Context, got Found, key string) (queue.Ticket, error) {
	switch {
	case !got.Holder:
		return queue.Ticket{}, queue.Errorf(queue.CodeForbidden, "a number alone does not show who holds it")
	case got.CheckIn != nil:
		return got.CheckIn(ctx, key)
	}
	meta := queue.Meta{Key: key, Caller: k.cfg.Caller}
	if got.Ticket.State == queue.Held {
		if _, err := k.cfg.Office.Act(ctx, queue.ActRequest{Meta: queue.Meta{Key: key + "-confirm", Caller: k.cfg.Caller}, Ticket: got.Ticket.Ref(), Action: queue.Confirm}); err != nil {
			return queue.Ticket{}, err
		}
	}
	return k.cfg.Office.Act(ctx, queue.ActRequest{Meta: meta, Ticket: got.Ticket.Ref(), Action: queue.CheckIn})
}

// printFound prints the paper of a number that was taken elsewhere, or the lost
// paper of one that was taken here: the same number, marked where it is a
// second paper.
func (k *Kiosk) printFound(w http.ResponseWriter, r *http.Request) {
	_, got, ok := k.foundNow(w, r)
	if !ok {
		return
	}
	if !got.Holder || got.Ticket.ID == "" {
		k.fail(w, r, queue.Errorf(queue.CodeForbidden, "a number alone does not show who holds it"))
		return
	}
	v, again := k.paperVisit(r.Context(), got.Ticket)
	start := false
	k.visits.update(func() {
		if v.idle == nil || v.state != printing && v.reprints < maxReprints {
			if v.idle != nil {
				v.reprints++
			}
			v.state, start = printing, true
		}
	})
	if start {
		k.startPrint(v, again)
	}
	k.awaitPaper(r.Context(), v)
	http.Redirect(w, r, ticketPath(v.key, k.visitor(r)), http.StatusSeeOther)
}

// paperVisit gives the visit of a ticket whose paper is wanted, the one it has
// or a new one; again tells whether a paper may be out already.
func (k *Kiosk) paperVisit(ctx context.Context, t queue.Ticket) (v *visit, again bool) {
	if v, ok := k.visits.of(t.Ref()); ok {
		return v, true
	}
	p, err := k.wish(ctx, t.Procedure, t.Service)
	if err != nil {
		p = queue.Procedure{Service: t.Service}
	}
	v, mine := k.visits.claim(rand.Text(), time.Now())
	if mine {
		k.visits.update(func() {
			v.ticket, v.procedure = t, p
			v.confirmed = t.State != queue.Held
		})
		close(v.ready)
	}
	return v, t.Channel == queue.Kiosk
}

// found is what was looked up, for as long as its screen may be open.
type found struct {
	kind    int
	code    string
	arrived bool
	at      time.Time
}

// finds keeps what was looked up, and how often in vain.
type finds struct {
	mu    sync.Mutex
	byKey map[string]found
	vain  []time.Time // Latest wrong guesses.
}

// What was found is kept for findAge. After maxVain wrong guesses within
// vainTime nobody is answered until they are older: a code has 10⁸ forms, and
// a person who mistypes needs two or three tries.
const (
	findAge  = 5 * time.Minute
	maxFinds = 256
	maxVain  = 6
	vainTime = 5 * time.Minute
)

func (f *finds) keep(what found) string {
	f.forget(what.at)
	f.mu.Lock()
	defer f.mu.Unlock()
	for key := range f.byKey {
		if len(f.byKey) >= maxFinds {
			delete(f.byKey, key)
		}
	}
	key := rand.Text()
	f.byKey[key] = what
	return key
}

func (f *finds) get(key string, now time.Time) (found, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	what, ok := f.byKey[key]
	return what, ok && now.Sub(what.at) <= findAge
}

func (f *finds) update(key string, change func(*found)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if what, ok := f.byKey[key]; ok {
		change(&what)
		f.byKey[key] = what
	}
}

// forget drops what is too old.
func (f *finds) forget(now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for key, what := range f.byKey {
		if now.Sub(what.at) > findAge {
			delete(f.byKey, key)
		}
	}
}

// wrong counts a guess in vain.
func (f *finds) wrong(now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.vain = append(f.vain, now)
	if len(f.vain) > maxVain {
		f.vain = f.vain[len(f.vain)-maxVain:]
	}
}

// allowed reports whether a guess is answered.
func (f *finds) allowed(now time.Time) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.vain) < maxVain || now.Sub(f.vain[0]) > vainTime
}
