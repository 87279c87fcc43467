package appointment

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// icalTime is a moment in UTC (RFC 5545 section 3.3.5, form 2), which needs no
// time zone beside it.
const icalTime = "20060102T150405Z"

// ICal gives a booking as a calendar file (RFC 5545). Host makes the UID one of
// this office's alone; the UID stays when the time changes, and SEQUENCE and
// METHOD (RFC 5546) tell a calendar whether this is the time or its end. url is
// the booking's page, empty = none.
func ICal(b Booking, s queue.Setup, host, url string, l page.Lang) []byte {
	method, status := "PUBLISH", "TENTATIVE"
	switch b.State {
	case Confirmed, CheckedIn, Missed:
		status = "CONFIRMED"
	case Declined, Lapsed, Cancelled:
		method, status = "CANCEL", "CANCELLED"
	}
	name := b.Service
	for _, v := range s.Services {
		if v.ID == b.Service {
			name = v.Name
			if l == page.English && v.NameEN != "" {
				name = v.NameEN
			}
		}
	}
	office := s.Name
	if l == page.English && s.NameEN != "" {
		office = s.NameEN
	}
	var w icalWriter
	w.line("BEGIN:VCALENDAR")
	w.line("VERSION:2.0")
	w.line("PRODID:-//xinmoi//appointment 1//VI")
	w.line("METHOD:" + method)
	w.line("BEGIN:VEVENT")
	w.line("UID:appointment-" + b.ID + "@" + host)
	w.line("DTSTAMP:" + b.ChangedAt.UTC().Format(icalTime))
	w.line("LAST-MODIFIED:" + b.ChangedAt.UTC().Format(icalTime))
	w.line("DTSTART:" + b.Start.UTC().Format(icalTime))
	w.line("DTEND:" + b.End().UTC().Format(icalTime))
	w.line(fmt.Sprintf("SEQUENCE:%d", b.Sequence))
	w.line("STATUS:" + status)
	w.text("SUMMARY", name+" – "+office)
	w.text("LOCATION", strings.TrimSuffix(office+", "+s.Address, ", "))
	w.text("DESCRIPTION", l.T("Mã hẹn: ", "Code: ")+FormatCode(b.Code)+"\n"+l.T("Đến nơi xin nhập mã này tại máy lấy số.", "Enter this code at the ticket machine when you come."))
	if url != "" {
		w.line("URL:" + url)
	}
	if method == "PUBLISH" {
		w.line("BEGIN:VALARM")
		w.line("ACTION:DISPLAY")
		w.line("TRIGGER:-PT2H")
		w.text("DESCRIPTION", name)
		w.line("END:VALARM")
	}
	w.line("END:VEVENT")
	w.line("END:VCALENDAR")
	return []byte(w.String())
}

// icalWriter writes content lines of at most 75 octets, folded between
// characters (RFC 5545 section 3.1).
type icalWriter struct{ strings.Builder }

const icalMost = 75

func (w *icalWriter) line(s string) {
	room := icalMost
	for len(s) > room {
		cut := room
		for !utf8.RuneStart(s[cut]) {
			cut--
		}
		w.WriteString(s[:cut] + "\r\n ")
		s, room = s[cut:], icalMost-1
	}
	w.WriteString(s + "\r\n")
}

// text writes a property of type TEXT (section 3.3.11).
func (w *icalWriter) text(name, value string) {
	value = strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' {
			return -1
		}
		return r
	}, value)
	w.line(name + ":" + strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`, "\n", `\n`).Replace(value))
}
