package appointment

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/web/page"
	"pgregory.net/rapid"
)

// readICal is a strict reader of calendar files: it takes nothing that RFC 5545
// does not promise every calendar. It gives the event's properties.
func readICal(file []byte) (method string, event map[string]string, err error) {
	text := string(file)
	if !utf8.ValidString(text) || !strings.HasSuffix(text, "\r\n") || strings.Contains(strings.ReplaceAll(text, "\r\n", ""), "\n") || strings.Contains(strings.ReplaceAll(text, "\r\n", ""), "\r") {
		return "", nil, fmt.Errorf("line ends are not CRLF throughout, or not UTF-8")
	}
	for _, line := range strings.Split(strings.TrimSuffix(text, "\r\n"), "\r\n") {
		if len(line) > 75 || !utf8.ValidString(line) {
			return "", nil, fmt.Errorf("a line of %d octets, or cut within a character: %q", len(line), line)
		}
	}
	event = map[string]string{}
	calendar := map[string]string{}
	var open []string
	for _, line := range strings.Split(strings.TrimSuffix(strings.ReplaceAll(text, "\r\n ", ""), "\r\n"), "\r\n") {
		name, value, ok := strings.Cut(line, ":")
		if !ok || name == "" || name != strings.ToUpper(name) {
			return "", nil, fmt.Errorf("no property: %q", line)
		}
		inside := ""
		if len(open) > 0 {
			inside = open[len(open)-1]
		}
		switch name {
		case "BEGIN":
			open = append(open, value)
			continue
		case "END":
			if inside != value {
				return "", nil, fmt.Errorf("END:%s within %s", value, inside)
			}
			open = open[:len(open)-1]
			continue
		}
		into := map[string]map[string]string{"VCALENDAR": calendar, "VEVENT": event, "VALARM": {}}[inside]
		if into == nil {
			return "", nil, fmt.Errorf("%s outside of everything", name)
		}
		if _, twice := into[name]; twice {
			return "", nil, fmt.Errorf("%s is there twice", name)
		}
		switch name {
		case "SUMMARY", "LOCATION", "DESCRIPTION":
			if value, err = readText(value); err != nil {
				return "", nil, err
			}
		case "DTSTAMP", "DTSTART", "DTEND", "LAST-MODIFIED":
			if t, err := time.Parse(icalTime, value); err != nil || t.Format(icalTime) != value {
				return "", nil, fmt.Errorf("%s is no moment: %q", name, value)
			}
		}
		into[name] = value
	}
	if len(open) > 0 || calendar["VERSION"] != "2.0" || calendar["PRODID"] == "" {
		return "", nil, fmt.Errorf("not a whole calendar: %v %v", open, calendar)
	}
	for _, must := range []string{"UID", "DTSTAMP", "DTSTART", "SEQUENCE", "STATUS"} {
		if event[must] == "" {
			return "", nil, fmt.Errorf("no %s", must)
		}
	}
	return calendar["METHOD"], event, nil
}

// readText undoes the escapes of section 3.3.11 and takes no others.
func readText(s string) (string, error) {
	var out strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == ',' || s[i] == ';' || s[i] < ' ':
			return "", fmt.Errorf("%q is not escaped", s[i])
		case s[i] != '\\':
			out.WriteByte(s[i])
			continue
		case i+1 == len(s) || !strings.ContainsRune(`\;,nN`, rune(s[i+1])):
			return "", fmt.Errorf("a wrong escape in %q", s)
		}
		i++
		if s[i] == 'n' || s[i] == 'N' {
			out.WriteByte('\n')
		} else {
			out.WriteByte(s[i])
		}
	}
	return out.String(), nil
}

func TestICal(t *testing.T) {
	b := Booking{ID: "7", Code: "123456789", Service: "A", Start: local(t, "2027-02-22 08:00"), ChangedAt: local(t, "2027-02-12 15:04"), Sequence: 3}
	for state, want := range map[State][2]string{
		Listed: {"PUBLISH", "TENTATIVE"}, Requested: {"PUBLISH", "TENTATIVE"}, Confirmed: {"PUBLISH", "CONFIRMED"}, CheckedIn: {"PUBLISH", "CONFIRMED"},
		Missed: {"PUBLISH", "CONFIRMED"}, Declined: {"CANCEL", "CANCELLED"}, Lapsed: {"CANCEL", "CANCELLED"}, Cancelled: {"CANCEL", "CANCELLED"},
	} {
		b.State = state
		method, got, err := readICal(ICal(b, hanoi(), "xa.example", "https://xa.example/hen/123456789", page.Vietnamese))
		if err != nil {
			t.Fatal(err)
		}
		if method != want[0] || got["STATUS"] != want[1] || got["UID"] != "appointment-7@xa.example" || got["SEQUENCE"] != "3" || got["DTSTART"] != "20270222T010000Z" || got["DTEND"] != "20270222T013000Z" {
			t.Errorf("%s: %s %v", state, method, got)
		}
		if !strings.Contains(got["SUMMARY"], "Hộ tịch, chứng thực – Trung tâm") {
			t.Errorf("%s: %v", state, got)
		}
	}
}

// Whatever names an office has, the file is one that every calendar reads, and
// it reads back the same.
func TestICalText(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		s := hanoi()
		s.Name = rapid.StringOf(rapid.SampledFrom([]rune("ộệữ,;\\:\n\r\t\"ab 漢😀"))).Draw(r, "name")
		b := Booking{ID: "1", Code: "123456789", Service: "A", Start: local(t, "2027-02-22 08:00"), ChangedAt: local(t, "2027-02-12 15:04"), State: Confirmed}
		_, got, err := readICal(ICal(b, s, "h", "", page.Vietnamese))
		if err != nil {
			r.Fatal(err)
		}
		clean := strings.NewReplacer("\r", "", "\t", "").Replace(s.Name)
		if got["SUMMARY"] != "Hộ tịch, chứng thực – "+clean {
			r.Fatalf("%q became %q", s.Name, got["SUMMARY"])
		}
	})
}

func TestReaderIsStrict(t *testing.T) {
	b := Booking{ID: "1", Code: "123456789", Service: "A", Start: local(t, "2027-02-22 08:00"), ChangedAt: local(t, "2027-02-12 15:04"), State: Confirmed}
	good := string(ICal(b, queue.CommuneCentre(), "h", "", page.Vietnamese))
	for name, bad := range map[string]string{
		"no CR": strings.ReplaceAll(good, "\r\n", "\n"), "not folded": strings.ReplaceAll(good, "\r\n ", ""), "bare comma": strings.Replace(good, `\,`, ",", 1),
		"no UID": strings.Replace(good, "UID:", "X-ID:", 1), "open": strings.Replace(good, "END:VEVENT\r\n", "", 1), "local time": strings.Replace(good, "Z\r\nDTEND", "\r\nDTEND", 1),
	} {
		if _, _, err := readICal([]byte(bad)); err == nil || bad == good {
			t.Errorf("%s is taken", name)
		}
	}
}
