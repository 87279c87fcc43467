package kiosk

import (
	"context"
	"net/url"
	"strings"

	"github.com/xinmoi/xinmoi/queue"
)

// CodeKind is one kind of code that may be scanned or typed: of a ticket, and
// later of an appointment or a dossier. This list is the one place that knows
// kinds of codes; a new kind is one more entry.
type CodeKind struct {
	Name string // For logs: "ticket", "appointment".
	// Read tells whether a text is a code of this kind, and gives it in the one
	// form that Find takes.
	Read func(text string) (code string, ok bool)
	// Find tells what stands behind a code, now. queue.CodeUnknownTicket where
	// there is nothing.
	Find func(ctx context.Context, code string) (Found, error)
}

// Found is what stands behind a code.
type Found struct {
	Ticket queue.Ticket // Zero where it is no ticket (yet).
	Holder bool         // The code shows that whoever has it is the holder.
	Title  string       // For what is no ticket: what it is, in the words of the office.
	Lines  []string     // And how it stands.
	// CheckIn says that the holder has come, under a request key, and gives the
	// ticket to wait with; nil = a ticket's own check-in, if it has one.
	CheckIn func(ctx context.Context, key string) (queue.Ticket, error)
}

// maxCode bounds what is read as a code, in bytes.
const maxCode = 300

// codeKinds lists the kinds this kiosk knows. What was found otherwise (by
// telephone) is looked up again under the last one, which nobody can type.
func (k *Kiosk) codeKinds() []CodeKind {
	kinds := []CodeKind{
		{"lookup code", queue.ParseCode, k.byRef(true)},
		{"link", k.readLink, k.byRef(true)},
	}
	kinds = append(kinds, k.cfg.Codes...)
	kinds = append(kinds, CodeKind{"number", readNumber, k.byRef(false)}) // Any letters and figures: last.
	return append(kinds, CodeKind{"ticket", func(string) (string, bool) { return "", false }, k.byRef(true)})
}

// ownKind is the kind that nobody can type.
func (k *Kiosk) ownKind() int { return len(k.codes) - 1 }

// readCode finds the kind of a text.
func (k *Kiosk) readCode(text string) (kind int, code string, ok bool) {
	text = strings.TrimSpace(text)
	if len(text) > maxCode {
		return 0, "", false
	}
	for i, c := range k.codes {
		if code, ok := c.Read(text); ok {
			return i, code, true
		}
	}
	return 0, "", false
}

func (k *Kiosk) byRef(holder bool) func(context.Context, string) (Found, error) {
	return func(ctx context.Context, ref string) (Found, error) {
		t, err := k.cfg.Office.Ticket(ctx, ref)
		return Found{Ticket: t, Holder: holder}, err
	}
}

func readNumber(text string) (string, bool) {
	n, err := queue.ParseNumber(text)
	return n.String(), err == nil
}

// readLink reads the address of a ticket's page, as its QR code holds it.
func (k *Kiosk) readLink(text string) (string, bool) {
	if k.cfg.Links == nil {
		return "", false
	}
	u, err := url.Parse(text)
	if err != nil {
		return "", false
	}
	_, token, ok := strings.Cut(u.Path, "/t/")
	if !ok || token == "" || strings.Contains(token, "/") {
		return "", false
	}
	info, err := k.cfg.Office.Info(context.Background())
	if err != nil {
		return "", false
	}
	return k.cfg.Links.Ticket(info.ID, token)
}
