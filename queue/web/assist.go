package web

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// callHelp is the silent button: whoever sits at the counter is perhaps being
// threatened, so nothing at that counter tells of it but a small mark. The
// colleagues' consoles and the supervisor do.
func (w *Web) callHelp(rw http.ResponseWriter, r *http.Request) {
	c, _, ok := w.desk(rw, r) // Also of somebody else's counter: nobody is refused help.
	if !ok {
		return
	}
	name := counterName(c.Counter)
	w.bell.call(name.VI+" cần hỗ trợ", c.ID)
	w.Refresh()
	if w.Help != nil {
		if err := w.Help(r.Context(), c.ID); err != nil {
			w.log.Error("call for help not told", "counter", c.ID, "err", err)
			rw.WriteHeader(http.StatusServiceUnavailable) // It is sent again by itself.
			return
		}
	}
	rw.WriteHeader(http.StatusNoContent)
}

// Note is what staff wrote down about a ticket for whoever serves it next, and
// the dossier it is about. It is personal data: it lies apart from the log and
// is erased with the day.
type Note struct {
	Text    string `json:"text"`
	Dossier string `json:"dossier"`
}

// Notes keeps notes by the ids of tickets.
type Notes interface {
	Note(ctx context.Context, ticket string) (Note, error)
	SetNote(ctx context.Context, ticket string, n Note) error
}

const (
	maxNote    = 1600    // Bytes of a note: the 400 letters that its field takes.
	maxDossier = 40      // Bytes of a dossier's code.
	maxNoting  = 4 << 10 // Of the request.
)

// setNote writes a note.
func (w *Web) setNote(rw http.ResponseWriter, r *http.Request) {
	var in struct {
		Ticket string `json:"ticket"`
		Note
	}
	if _, ok := w.own(rw, r); !ok {
		return
	}
	err := json.NewDecoder(http.MaxBytesReader(rw, r.Body, maxNoting)).Decode(&in)
	in.Text, in.Dossier = strings.TrimSpace(in.Text), strings.ToUpper(strings.TrimSpace(in.Dossier))
	switch {
	case err != nil || len(in.Text) > maxNote || len(in.Dossier) > maxDossier || !plainCode(in.Dossier):
		_ = page.JSON(rw, http.StatusUnprocessableEntity, map[string]string{"code": string(queue.CodeBadRequest)})
		return
	case w.Notes == nil:
		_ = page.JSON(rw, http.StatusNotFound, map[string]string{"code": string(queue.CodeUnknownAction)})
		return
	}
	t, err := w.Office.Ticket(r.Context(), in.Ticket)
	if err == nil && t.State.InHand() && !page.WorksAt(r.Context(), t.Counter) {
		w.notYours(rw, t.Counter)
		return
	}
	if err == nil {
		err = w.Notes.SetNote(r.Context(), t.ID, in.Note)
	}
	if err != nil {
		w.fail(rw, r, err)
		return
	}
	w.Refresh()
	_ = page.JSON(rw, http.StatusOK, in.Note)
}

// plainCode tells a dossier's code (letters, digits, dots, dashes, slashes) from
// a sentence.
func plainCode(s string) bool {
	return strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZĐ0123456789.-/_") == ""
}

// noted adds the notes to tickets that staff look at.
func (w *Web) noted(ctx context.Context, list ...*staffTicket) {
	if w.Notes == nil {
		return
	}
	for _, t := range list {
		if t == nil {
			continue
		}
		n, err := w.Notes.Note(ctx, t.ID)
		if err != nil {
			w.log.Warn("note not read", "err", err)
			return
		}
		t.Note = n
	}
}
