package queue

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// The stored form of events and the form by which requests are told apart are
// those of encoding/json, to the byte. The frequent ones are written by hand,
// because the owner of an office writes each of them while everybody waits:
// that takes a tenth of the time. What is rare (a setup, a card, a time that
// is not in UTC) encoding/json writes.
//
// A field that is added to one of these structs is added here, in its place;
// TestEveryFieldIsEncoded fails until then.

// Body is the event's stored form, JSON without the hash.
func (e Event) Body() ([]byte, error) {
	if e.body != nil {
		return e.body, nil
	}
	made := e // On the heap, which the event of the frequent case above need not be.
	return appendBody(nil, &made)
}

// DecodeEvent reads what Body wrote.
func DecodeEvent(body []byte, hash string) (Event, error) {
	var e Event
	if err := json.Unmarshal(body, &e); err != nil {
		return Event{}, fmt.Errorf("event body of %d bytes: %w", len(body), err)
	}
	e.Hash, e.body = hash, body
	return e, nil
}

// usualBody is more than the hash and the body of nearly all events, in bytes.
const usualBody = 704

// chain fills in body and hash of an event that follows one with hash prev.
func (e *Event) chain(prev string) error {
	link := append(make([]byte, 0, usualBody), prev...)
	link, err := appendBody(link, e)
	if err != nil {
		return err
	}
	e.body, e.Hash = link[len(prev):len(link):len(link)], hashOf(link)
	return nil
}

func chainHash(prev string, body []byte) string {
	return hashOf(append([]byte(prev), body...))
}

// hashOf is SHA-256 in hex.
func hashOf(b []byte) string {
	sum := sha256.Sum256(b)
	var text [2 * sha256.Size]byte
	hex.Encode(text[:], sum[:])
	return string(text[:])
}

// fingerprint tells requests under one key apart. Neither Meta nor who the
// person is goes into it: it is kept longer than persons are.
func fingerprint(do any) string {
	body, err := appendRequest(make([]byte, 0, 128), do)
	if err != nil {
		return "" // Requests are plain structs; two that cannot be told apart count as one.
	}
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:16])
}

// appendBody adds an event's stored form.
func appendBody(b []byte, e *Event) ([]byte, error) {
	w := jsonWriter{b: b}
	w.event(e)
	return w.done(len(b), e)
}

// appendRequest adds a request's type and its JSON form.
func appendRequest(b []byte, do any) ([]byte, error) {
	w := jsonWriter{b: b}
	switch r := do.(type) {
	case TakeRequest:
		w.b = append(b, "queue.TakeRequest"...)
		w.take(&r)
	case ActRequest:
		w.b = append(b, "queue.ActRequest"...)
		w.act(&r)
	case CounterRequest:
		w.b = append(b, "queue.CounterRequest"...)
		w.open()
		w.word(`"Counter":`, r.Counter)
		w.close()
	default:
		w.odd = true
	}
	if !w.odd {
		return w.b, nil
	}
	body, err := json.Marshal(do)
	return append(fmt.Appendf(b, "%T", do), body...), err
}

// jsonWriter writes what encoding/json would write. When it meets something
// that it does not know how to write, it is odd, and what it wrote is void.
type jsonWriter struct {
	b   []byte
	odd bool
}

// done gives what was written, or, in its place, what encoding/json makes of v.
func (w *jsonWriter) done(from int, v any) ([]byte, error) {
	if !w.odd {
		return w.b, nil
	}
	body, err := json.Marshal(v)
	return append(w.b[:from], body...), err
}

func (w *jsonWriter) event(e *Event) {
	if e.Setup != nil || e.Opening != nil || e.Card != nil {
		w.odd = true
		return
	}
	w.open()
	w.text(`"office":`, e.Office)
	w.integer(`"seq":`, e.Seq)
	w.time(`"at":`, e.At)
	w.text(`"kind":`, string(e.Kind))
	w.text(`"actor":`, e.Actor)
	w.word(`"counter":`, e.Counter)
	w.word(`"reason":`, e.Reason)
	w.word(`"service":`, e.Service)
	if e.Ticket != nil {
		w.key(`"ticket":`)
		w.ticket(e.Ticket)
	}
	w.flag(`"chosen":`, e.Chosen)
	if e.Playback != nil {
		w.key(`"playback":`)
		w.playback(e.Playback)
	}
	w.close()
}

func (w *jsonWriter) playback(p *Playback) {
	w.open()
	w.text(`"ticket":`, p.Ticket)
	w.number(`"number":`, p.Number)
	w.text(`"zone":`, p.Zone)
	w.integer(`"readings":`, int64(p.Readings))
	w.moment(`"heard_at":`, p.HeardAt)
	w.close()
}

func (w *jsonWriter) ticket(t *Ticket) {
	w.open()
	w.text(`"id":`, t.ID)
	w.text(`"office":`, t.Office)
	w.number(`"number":`, t.Number)
	w.text(`"code":`, t.Code)
	w.text(`"service":`, t.Service)
	w.word(`"procedure":`, t.Procedure)
	w.text(`"state":`, string(t.State))
	w.word(`"reason":`, t.Reason)
	w.text(`"class":`, string(t.Class))
	w.text(`"channel":`, string(t.Channel))
	w.text(`"presence":`, string(t.Presence))
	w.text(`"language":`, t.Language)
	w.words(`"needs":`, t.Needs)
	w.time(`"issued_at":`, t.IssuedAt)
	w.word(`"counter":`, t.Counter)
	w.moment(`"called_at":`, t.CalledAt)
	w.count(`"call_count":`, t.CallCount)
	w.integer(`"version":`, t.Version)
	w.text(`"day":`, t.Day)
	w.time(`"eligible_at":`, t.EligibleAt)
	w.moment(`"hold_until":`, t.HoldUntil)
	w.moment(`"started_at":`, t.StartedAt)
	w.moment(`"finished_at":`, t.FinishedAt)
	w.moment(`"resume_at":`, t.ResumeAt)
	w.word(`"only":`, t.Only)
	w.flag(`"returned":`, t.Returned)
	w.count(`"later_count":`, t.LaterCount)
	if t.Rating != nil {
		w.key(`"rating":`)
		w.rating(t.Rating)
	}
	w.word(`"agency":`, t.Agency)
	w.word(`"entitlement":`, string(t.Entitlement))
	w.moment(`"slot":`, t.Slot)
	w.count(`"dossiers":`, t.Dossiers)
	w.flag(`"trial":`, t.Trial)
	w.close()
}

func (w *jsonWriter) rating(r *Rating) {
	w.open()
	w.integer(`"level":`, int64(r.Level))
	w.words(`"reasons":`, r.Reasons)
	w.time(`"at":`, r.At)
	w.close()
}

func (w *jsonWriter) take(r *TakeRequest) {
	w.open()
	w.word(`"Service":`, r.Service)
	w.word(`"Procedure":`, r.Procedure)
	w.word(`"Channel":`, string(r.Channel))
	w.word(`"Class":`, string(r.Class))
	w.word(`"Language":`, r.Language)
	w.words(`"Needs":`, r.Needs)
	w.flag(`"Hold":`, r.Hold)
	w.flag(`"Reserve":`, r.Reserve)
	w.moment(`"Slot":`, r.Slot)
	w.word(`"Card":`, r.Card)
	w.count(`"Dossiers":`, r.Dossiers)
	w.flag(`"Aged":`, r.Aged)
	w.close()
}

func (w *jsonWriter) act(r *ActRequest) {
	w.odd = w.odd || r.Told != nil
	w.open()
	w.word(`"Ticket":`, r.Ticket)
	w.word(`"Action":`, string(r.Action))
	w.word(`"Reason":`, r.Reason)
	w.whole(`"Version":`, r.Version)
	w.word(`"While":`, string(r.While))
	w.count(`"Places":`, r.Places)
	w.moment(`"ResumeAt":`, r.ResumeAt)
	w.word(`"Service":`, r.Service)
	w.word(`"Counter":`, r.Counter)
	w.count(`"Level":`, r.Level)
	w.words(`"Reasons":`, r.Reasons)
	w.close()
}

func (w *jsonWriter) open()  { w.b = append(w.b, '{') }
func (w *jsonWriter) close() { w.b = append(w.b, '}') }

// key begins a field; its name comes with quotes and colon.
func (w *jsonWriter) key(name string) {
	if w.b[len(w.b)-1] != '{' {
		w.b = append(w.b, ',')
	}
	w.b = append(w.b, name...)
}

// The fields. Those in the first group are always written, those in the second
// only if they say something, as "omitempty" and "omitzero" have it.

func (w *jsonWriter) text(name, s string) {
	w.key(name)
	w.quote(s)
}

func (w *jsonWriter) integer(name string, n int64) {
	w.key(name)
	w.b = strconv.AppendInt(w.b, n, 10)
}

func (w *jsonWriter) time(name string, t time.Time) {
	if t.Location() != time.UTC || t.Year() < 0 || t.Year() > 9999 {
		w.odd = true
		return
	}
	w.key(name)
	w.b = append(w.b, '"')
	w.b = t.AppendFormat(w.b, time.RFC3339Nano)
	w.b = append(w.b, '"')
}

func (w *jsonWriter) number(name string, n Number) {
	if n.N < 0 || !isPlain(n.Prefix) {
		w.text(name, n.String())
		return
	}
	w.key(name)
	w.b = append(w.b, '"')
	if !n.IsZero() {
		w.b = append(w.b, n.Prefix...)
		for most := 100; most > 1 && n.N < most; most /= 10 {
			w.b = append(w.b, '0')
		}
		w.b = strconv.AppendInt(w.b, int64(n.N), 10)
	}
	w.b = append(w.b, '"')
}

func (w *jsonWriter) word(name, s string) {
	if s != "" {
		w.text(name, s)
	}
}

func (w *jsonWriter) words(name string, list []string) {
	if len(list) == 0 {
		return
	}
	w.key(name)
	for i, s := range list {
		w.b = append(w.b, "[,"[min(i, 1)])
		w.quote(s)
	}
	w.b = append(w.b, ']')
}

func (w *jsonWriter) whole(name string, n int64) {
	if n != 0 {
		w.integer(name, n)
	}
}

func (w *jsonWriter) count(name string, n int) { w.whole(name, int64(n)) }

func (w *jsonWriter) flag(name string, is bool) {
	if is {
		w.key(name)
		w.b = append(w.b, "true"...)
	}
}

func (w *jsonWriter) moment(name string, t time.Time) {
	if !t.IsZero() {
		w.time(name, t)
	}
}

// quote writes a string. Few need more than quotes around them; those are left
// to encoding/json.
func (w *jsonWriter) quote(s string) {
	if !isPlain(s) {
		body, err := json.Marshal(s)
		w.b, w.odd = append(w.b, body...), w.odd || err != nil
		return
	}
	w.b = append(w.b, '"')
	w.b = append(w.b, s...)
	w.b = append(w.b, '"')
}

// isPlain reports whether encoding/json writes s as it is: no control
// characters, nothing that HTML or JavaScript could take for its own.
func isPlain(s string) bool {
	ascii := true
	for i := range len(s) {
		switch c := s[i]; {
		case c < ' ' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&':
			return false
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	return ascii || (utf8.ValidString(s) && !strings.ContainsAny(s, "\u2028\u2029"))
}
