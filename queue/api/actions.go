package api

import (
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// ActBody is what most ticket actions may carry. It is exported for the
// framework alone, which finds embedded types by their exported names only.
type ActBody struct {
	Reason  string `json:"reason,omitempty" nullable:"true" maxLength:"400"`
	Version int64  `json:"version,omitempty" nullable:"true" minimum:"0" doc:"The version the caller saw; 409 stale_version if it has moved on"`
}

type confirmBody struct {
	ActBody
	Told *toldBody `json:"told,omitempty" doc:"For a number that was set aside: to whom it was given while the machine was cut off"`
}

type toldBody struct {
	At        time.Time `json:"at" doc:"When the citizen got it: the wait counts from then"`
	Procedure string    `json:"procedure,omitempty" nullable:"true" maxLength:"64"`
	Class     string    `json:"class,omitempty" enum:"normal,priority"`
	Language  string    `json:"language,omitempty" nullable:"true" maxLength:"16"`
	Needs     []string  `json:"needs,omitempty" maxItems:"8"`
	Aged      bool      `json:"aged,omitempty" nullable:"true"`
	Card      string    `json:"card,omitempty" nullable:"true" maxLength:"128" doc:"A priority card, as scanned; one that is not honoured is left out"`
}

type laterBody struct {
	ActBody
	Places int `json:"places,omitempty" nullable:"true" minimum:"1" maximum:"50" doc:"How many others go first; 1 if absent"`
}

type parkBody struct {
	ActBody
	ResumeAt *time.Time `json:"resume_at,omitempty" nullable:"true" doc:"When it waits again by itself, within 24 hours; if absent, when staff resume it"`
}

type resumeBody struct {
	ActBody
	Counter string `json:"counter,omitempty" nullable:"true" maxLength:"64" doc:"Where it is called to; the counter that put it aside if absent"`
}

type transferBody struct {
	ActBody
	Service string `json:"service,omitempty" nullable:"true" maxLength:"64" doc:"The line it goes on to; this or counter"`
	Counter string `json:"counter,omitempty" nullable:"true" maxLength:"64" doc:"The counter that alone may call it; this or service"`
}

// rateBody has no free text: what a citizen thinks of an office stays in the
// log, and must not carry names.
type rateBody struct {
	Level   int      `json:"level" minimum:"1" maximum:"5" doc:"1 = very dissatisfied, 5 = very satisfied"`
	Reasons []string `json:"reasons,omitempty" maxItems:"8" doc:"Short words the citizen chose, at most 64 bytes each"`
	Version int64    `json:"version,omitempty" nullable:"true" minimum:"0" doc:"The version the caller saw; 409 stale_version if it has moved on"`
}

// The methods read put what a body says into a request. Equal bodies must give
// equal requests, because request keys compare them.

func (b *ActBody) read(r *queue.ActRequest) { r.Reason, r.Version = b.Reason, b.Version }

func (b *confirmBody) read(r *queue.ActRequest) {
	b.ActBody.read(r)
	if t := b.Told; t != nil {
		r.Told = &queue.Told{At: t.At.UTC(), Procedure: t.Procedure, Class: queue.Class(t.Class), Language: t.Language, Needs: notEmpty(t.Needs), Aged: t.Aged, Card: t.Card}
	}
}

func (b *laterBody) read(r *queue.ActRequest) {
	b.ActBody.read(r)
	r.Places = b.Places
}

func (b *parkBody) read(r *queue.ActRequest) {
	b.ActBody.read(r)
	if b.ResumeAt == nil {
		return
	}
	r.ResumeAt = b.ResumeAt.UTC()
	if r.ResumeAt.IsZero() { // Which would stand for none.
		r.ResumeAt = time.Unix(0, 0).UTC()
	}
}

func (b *resumeBody) read(r *queue.ActRequest) {
	b.ActBody.read(r)
	r.Counter = b.Counter
}

func (b *transferBody) read(r *queue.ActRequest) {
	b.ActBody.read(r)
	r.Service, r.Counter = b.Service, b.Counter
}

func (b *rateBody) read(r *queue.ActRequest) {
	r.Level, r.Reasons, r.Version = b.Level, notEmpty(b.Reasons), b.Version
}

// bodyOf is the inverse of the methods read: the body for a request. Fields
// that the action does not know stay behind.
func bodyOf(r queue.ActRequest) any {
	common := ActBody{Reason: r.Reason, Version: r.Version}
	switch r.Action {
	case queue.Confirm:
		return confirmBody{common, toldOf(r.Told)}
	case queue.Later:
		return laterBody{common, r.Places}
	case queue.Park:
		return parkBody{common, knownTime(r.ResumeAt)}
	case queue.Resume:
		return resumeBody{common, r.Counter}
	case queue.Transfer:
		return transferBody{common, r.Service, r.Counter}
	case queue.Rate:
		return rateBody{Level: r.Level, Reasons: r.Reasons, Version: r.Version}
	default:
		return common
	}
}

func toldOf(t *queue.Told) *toldBody {
	if t == nil {
		return nil
	}
	return &toldBody{At: t.At, Procedure: t.Procedure, Class: string(t.Class), Language: t.Language, Needs: t.Needs, Aged: t.Aged, Card: t.Card}
}

// registerAction adds a ticket action with the body that it takes.
func registerAction(s *Server, o operation, a queue.Action) {
	switch a {
	case queue.Confirm:
		register(s, o, actOnTicket[confirmBody](s, a))
	case queue.Later:
		register(s, o, actOnTicket[laterBody](s, a))
	case queue.Park:
		register(s, o, actOnTicket[parkBody](s, a))
	case queue.Resume:
		register(s, o, actOnTicket[resumeBody](s, a))
	case queue.Transfer:
		o.needsBody = true
		register(s, o, actOnTicket[transferBody](s, a))
	case queue.Rate:
		o.needsBody = true
		register(s, o, actOnTicket[rateBody](s, a))
	default:
		register(s, o, actOnTicket[ActBody](s, a))
	}
}

// actionSummary says in the description what a ticket action does.
func actionSummary(a queue.Action) string {
	if text, ok := map[queue.Action]string{
		queue.Confirm:  "The number was delivered: a held ticket waits; repeatable",
		queue.CheckIn:  "The citizen has come to the hall; repeatable",
		queue.Later:    "Let others go first; from called for staff only",
		queue.Recall:   "Call the same citizen once more",
		queue.Start:    "The citizen has come to the counter",
		queue.Finish:   "Served; from called or serving",
		queue.Absent:   "Nobody came",
		queue.Park:     "Set aside with a reason, for a time or until resumed",
		queue.Resume:   "Call a parked ticket",
		queue.Transfer: "Send on to another service or counter; number and place stay",
		queue.Requeue:  "Give back to its line; the place stays",
		queue.Restore:  "A no-show has come after all",
		queue.Undo:     "Take back the staff's latest action on it",
		queue.Cancel:   "Withdraw it",
		queue.Rate:     "The citizen says how it was, once",

		queue.Entitle:    "Staff have seen what a priority rests on: it is of class priority from here",
		queue.Disentitle: "Staff have looked, and there is no priority: an ordinary ticket; back to its line if only called",
	}[a]; ok {
		return text
	}
	return "Ticket action: " + string(a)
}
