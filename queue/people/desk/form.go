package desk

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/xinmoi/xinmoi/queue/people"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// form is what was typed, and what is wrong with it.
type form struct {
	Typed url.Values
	Wrong map[string]string // Field → what is wrong with it.
	Text  string            // What is wrong in general.
	Done  string            // What was done.
	Next  string            // Where to go on to.
}

// V is what was typed into a field. Passwords are never shown again.
func (f form) V(name string) string { return f.Typed.Get(name) }

// E is what is wrong with a field.
func (f form) E(name string) string { return f.Wrong[name] }

// failed is a form whose fields err finds fault with.
func failed(r *http.Request, err error) form {
	f := form{Typed: url.Values{}, Wrong: map[string]string{}, Next: local(r.PostForm.Get("next"))}
	for name, v := range r.PostForm {
		if name != "password" && name != "again" && name != "old" && name != "code" {
			f.Typed[name] = v
		}
	}
	l := page.Language(r)
	for _, one := range parts(err) {
		var field *people.FieldError
		if errors.As(one, &field) {
			f.Wrong[field.Field] = l.T(field.VI, field.EN)
			continue
		}
		f.Text = page.Sentence(l, one)
	}
	if len(f.Wrong) > 0 && f.Text == "" {
		f.Text = l.T("Xem lại các ô có lời nhắc.", "Look at the fields with a note.")
	}
	return f
}

// parts takes joined errors apart.
func parts(err error) (out []error) {
	if err == nil {
		return nil
	}
	var joined interface{ Unwrap() []error }
	if errors.As(err, &joined) {
		for _, one := range joined.Unwrap() {
			out = append(out, parts(one)...)
		}
		return out
	}
	return []error{err}
}

// status is the status of a page that says what is wrong.
func status(err error) int {
	var held *people.HeldError
	switch {
	case errors.As(err, &held):
		return http.StatusTooManyRequests
	case errors.Is(err, people.ErrBusy):
		return http.StatusServiceUnavailable
	default:
		return http.StatusUnprocessableEntity
	}
}
