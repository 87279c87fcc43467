// Package clean makes SIP messages fit to be kept, shown and handed to a
// provider: what tells of a person or opens an account is taken out of them,
// what tells how a call went stays. It is the one place that knows which is
// which: the traces of live calls and those of the trunk doctor both use it.
package clean

import (
	"net/netip"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/xinmoi/xinmoi/ivr/media"
)

// Removed stands for what a trace must not hold.
const Removed = "***"

// minNumber is how many digits make a telephone number; extensions are shorter.
const minNumber = 7

// MaxMessage bounds what is read of one message, in bytes: what follows is cut.
const MaxMessage = 16 << 10

// maxFound bounds how many numbers of one message are looked for everywhere in it.
const maxFound = 16

// Message makes a SIP message fit to be kept and handed on: telephone numbers
// are masked as media.MaskNumber does it, people's names, passwords, the
// answers to challenges, signed identities, media keys and pressed keys are
// removed. What tells how the call went stays: methods, tags, branches,
// addresses, codecs. It reads any bytes.
func Message(message []byte) string {
	head, body, _ := strings.Cut(string(message[:min(len(message), MaxMessage)]), "\r\n\r\n")
	c := &cleaner{}
	kind, first := "", true
	var out strings.Builder
	out.Grow(len(head) + len(body) + 1)
	for head != "" {
		var line string
		line, head = nextLine(head)
		if first || strings.IndexByte(line, ':') < 0 {
			out.WriteString(c.numbers(addressSecrets(line)))
		} else {
			c.header(&out, line, &kind)
		}
		first = false
		out.WriteByte('\n')
	}
	if body != "" {
		out.WriteByte('\n')
		out.WriteString(c.body(body, kind))
	}
	return Printable(c.everywhere(out.String()))
}

// nextLine takes a line off a head; lines that were folded are one (RFC 3261
// §7.3.1).
func nextLine(head string) (line, rest string) {
	line, rest, _ = strings.Cut(head, "\n")
	line = strings.TrimSuffix(line, "\r")
	for folded(rest) {
		var more string
		more, rest, _ = strings.Cut(rest, "\n")
		line += " " + strings.TrimSpace(more)
	}
	return line, rest
}

func folded(line string) bool { return line != "" && (line[0] == ' ' || line[0] == '\t') }

// cleaner cleans one message; it remembers the numbers that it met.
type cleaner struct{ found []string }

// header cleans one header and notes the kind of the body.
func (c *cleaner) header(out *strings.Builder, line string, kind *string) {
	name, value, _ := strings.Cut(line, ":")
	h := strings.ToLower(strings.TrimSpace(name))
	switch {
	case verbatim(h):
		out.WriteString(line)
		return
	case secret(h):
		out.WriteString(name + ": " + Removed)
		return
	case h == "content-type" || h == "c":
		*kind = strings.ToLower(value)
	case named(h):
		value = withoutNames(value)
	}
	out.WriteString(name)
	out.WriteByte(':')
	out.WriteString(c.numbers(addressSecrets(value)))
}

// secret tells headers whose value proves who somebody is. The challenges
// (WWW-Authenticate, Proxy-Authenticate) do not and help to find mistakes.
func secret(h string) bool {
	switch h {
	case "identity", "y", "subject", "s", "organization", "call-info", "alert-info", "geolocation":
		return true
	}
	for _, part := range []string{"auth", "password", "passwd", "secret", "token", "cookie", "api-key"} {
		if strings.Contains(h, part) {
			return true
		}
	}
	return false
}

// verbatim tells headers without people in them, whose figures are needed.
func verbatim(h string) bool {
	switch h {
	case "via", "v", "cseq", "call-id", "i", "max-forwards", "content-length", "l", "expires", "session-expires", "x",
		"min-se", "min-expires", "rseq", "rack", "retry-after", "date", "timestamp", "allow", "supported", "k", "require",
		"accept", "user-agent", "server", "warning", "reason", "www-authenticate", "proxy-authenticate", "event", "o",
		"subscription-state", "mime-version", "recv-info", "info-package", "allow-events", "u", "privacy":
		return true
	}
	return false
}

// named tells headers that may call a person by name.
func named(h string) bool {
	switch h {
	case "from", "f", "to", "t", "contact", "m", "p-asserted-identity", "p-preferred-identity", "remote-party-id", "diversion",
		"history-info", "referred-by", "b", "refer-to", "r", "reply-to", "p-called-party-id", "p-associated-uri":
		return true
	}
	return false
}

// withoutNames removes the names in front of addresses, quoted or not.
func withoutNames(value string) string {
	var out strings.Builder
	for rest := value; rest != ""; {
		open := strings.IndexByte(rest, '<')
		if quote := strings.IndexByte(rest, '"'); quote >= 0 && (open < 0 || quote < open) {
			out.WriteString(rest[:quote] + `"` + Removed + `"`)
			rest = afterQuote(rest[quote+1:])
			continue
		}
		if open < 0 {
			out.WriteString(rest)
			break
		}
		before := rest[:open]
		if comma := strings.LastIndexByte(before, ','); strings.Trim(before[comma+1:], " \t") != "" && !strings.HasSuffix(strings.TrimRight(before, " \t"), `"`) {
			before = before[:comma+1] + " " + Removed + " "
		}
		out.WriteString(before)
		shut := strings.IndexByte(rest[open:], '>')
		if shut < 0 {
			out.WriteString(rest[open:])
			break
		}
		out.WriteString(rest[open : open+shut+1])
		rest = rest[open+shut+1:]
	}
	return out.String()
}

// afterQuote is what comes behind a quoted string whose opening quote is gone.
func afterQuote(s string) string {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return s[i+1:]
		}
	}
	return ""
}

// addressSecrets removes passwords and embedded headers from SIP addresses:
// sip:user:password@host?header=value (RFC 3261 §19.1.1).
func addressSecrets(s string) string {
	if strings.IndexByte(s, '?') < 0 && strings.IndexByte(s, '@') < 0 {
		return s // Neither a password nor a header.
	}
	var out strings.Builder
	for {
		begin := afterScheme(s)
		if begin < 0 {
			break
		}
		end := strings.IndexAny(s[begin:], "> \t\",")
		if end < 0 {
			end = len(s) - begin
		}
		out.WriteString(s[:begin])
		out.WriteString(addressWithout(s[begin : begin+end]))
		s = s[begin+end:]
	}
	if out.Len() == 0 {
		return s
	}
	out.WriteString(s)
	return out.String()
}

// afterScheme is where the first address of s goes on behind sip: or sips:;
// negative if there is none.
func afterScheme(s string) int {
	for from := 0; ; {
		colon := strings.IndexByte(s[from:], ':')
		if colon < 0 {
			return -1
		}
		from += colon + 1
		before := s[:from]
		if hasSuffixFold(before, "sip:") || hasSuffixFold(before, "sips:") {
			return from
		}
	}
}

func hasSuffixFold(s, suffix string) bool {
	return len(s) >= len(suffix) && strings.EqualFold(s[len(s)-len(suffix):], suffix)
}

// addressWithout cleans one address from behind its scheme on.
func addressWithout(a string) string {
	a, _, asked := strings.Cut(a, "?")
	if asked {
		a += "?" + Removed
	}
	user, host, found := strings.Cut(a, "@")
	if name, _, has := strings.Cut(user, ":"); found && has {
		return name + ":" + Removed + "@" + host
	}
	return a
}

// numbers masks telephone numbers in a line.
func (c *cleaner) numbers(s string) string {
	if !hasDigits(s, minNumber) {
		return s
	}
	var out strings.Builder
	out.Grow(len(s))
	for i := 0; i < len(s); {
		if !startsNumber(s, i) {
			out.WriteByte(s[i])
			i++
			continue
		}
		end, digits := numberEnd(s, i)
		run := s[i:end]
		switch {
		case digits < minNumber || isAddress(run) || isDate(run) || technical(s[:i]):
			out.WriteString(run)
		default:
			c.met(run)
			out.WriteString(media.MaskNumber(run))
		}
		i = end
	}
	return out.String()
}

// hasDigits reports whether s has at least n digits anywhere.
func hasDigits(s string, n int) bool {
	for i := 0; i < len(s) && n > 0; i++ {
		if isDigit(s[i]) {
			n--
		}
	}
	return n <= 0
}

// startsNumber reports whether a number may begin at s[i]; inside a word, such
// as a tag, none does.
func startsNumber(s string, i int) bool {
	if !isDigit(s[i]) && (s[i] != '+' || i+1 == len(s) || !isDigit(s[i+1])) {
		return false
	}
	if i >= 3 && strings.EqualFold(s[i-3:i], "%2b") {
		return true // An escaped plus.
	}
	return i == 0 || !isLetter(s[i-1]) && !isDigit(s[i-1])
}

// numberEnd gives where a number that begins at s[i] ends, with the separators
// of RFC 3966 §5.1.1 in it, and how many digits it has.
func numberEnd(s string, i int) (end, digits int) {
	end = i
	for j := i; j < len(s); j++ {
		switch {
		case isDigit(s[j]):
			digits++
			end = j + 1
		case s[j] == '+' && j == i:
		case (s[j] == '-' || s[j] == '.') && j == end:
		default:
			return end, digits
		}
	}
	return end, digits
}

// isAddress tells 192.168.100.100 from 0912.345.678.
func isAddress(run string) bool {
	if strings.IndexByte(run, '.') < 0 {
		return false
	}
	_, err := netip.ParseAddr(run)
	return err == nil
}

// isDate tells 2026-11-23 from 0912-345-678; nobody has a number of eight digits
// that begins so.
func isDate(run string) bool {
	at, err := time.Parse(time.DateOnly, run)
	return err == nil && at.Year() >= 2000 && at.Year() < 2100
}

// technical reports whether what follows is the value of a parameter that is
// no number of anybody.
func technical(before string) bool {
	name, found := strings.CutSuffix(before, "=")
	if !found {
		return false
	}
	name = strings.ToLower(name[strings.LastIndexAny(name, "; \t,?&")+1:])
	switch name {
	case "tag", "branch", "rport", "received", "ttl", "expires", "q", "icid-value", "cpc", "oli", "cause", "index", "epid", "gr", "lr", "ob":
		return true
	}
	return false
}

func isDigit(b byte) bool  { return b >= '0' && b <= '9' }
func isLetter(b byte) bool { return b|0x20 >= 'a' && b|0x20 <= 'z' || b == '_' }

// met remembers the end of a number, which is the same however it is written.
func (c *cleaner) met(run string) {
	digits := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, run)
	const same = 9 // Digits of a mobile number without its 0.
	digits = digits[max(0, len(digits)-same):]
	if len(c.found) < maxFound && !slices.Contains(c.found, digits) {
		c.found = append(c.found, digits)
	}
}

// everywhere removes the numbers met from where no number was looked for, such
// as a Call-ID.
func (c *cleaner) everywhere(s string) string {
	for _, digits := range c.found {
		s = strings.ReplaceAll(s, digits, Removed)
	}
	return s
}

// body cleans a body by its kind.
func (c *cleaner) body(body, kind string) string {
	switch {
	case strings.Contains(kind, "dtmf"):
		return withoutKeys(body)
	case strings.Contains(kind, "sdp") || strings.HasPrefix(body, "v=0"):
		lines := strings.Split(body, "\n")
		for i, line := range lines {
			lines[i] = c.session(strings.TrimSuffix(line, "\r"))
		}
		return strings.Join(lines, "\n")
	case strings.Contains(kind, "multipart"): // A session description may be one of its parts.
		lines := strings.Split(body, "\n")
		for i, line := range lines {
			lines[i] = c.numbers(addressSecrets(c.session(strings.TrimSuffix(line, "\r"))))
		}
		return strings.Join(lines, "\n")
	}
	return c.numbers(addressSecrets(body))
}

// session cleans one line of a session description (RFC 8866 §5).
func (c *cleaner) session(line string) string {
	switch {
	case hasPrefixFold(line, "a=crypto:"), hasPrefixFold(line, "a=key-mgmt:"), hasPrefixFold(line, "a=ice-pwd:"):
		return line[:strings.IndexByte(line, ':')+1] + Removed
	case hasPrefixFold(line, "k="), hasPrefixFold(line, "i="), hasPrefixFold(line, "e="), hasPrefixFold(line, "p="), hasPrefixFold(line, "s="), hasPrefixFold(line, "u="):
		return line[:2] + Removed
	case hasPrefixFold(line, "o="):
		_, rest, _ := strings.Cut(line[2:], " ")
		return "o=" + Removed + " " + rest
	}
	return line
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

// withoutKeys hides which keys were pressed: they may be a lookup code.
func withoutKeys(body string) string {
	lines := strings.Split(body, "\n")
	for i, line := range lines {
		name, _, found := strings.Cut(line, "=")
		switch {
		case !found && strings.TrimSpace(line) != "":
			lines[i] = "•"
		case found && strings.EqualFold(strings.TrimSpace(name), "signal"):
			lines[i] = name + "=•"
		}
	}
	return strings.Join(lines, "\n")
}

// ID makes a Call-ID fit to be shown: switchboards build them of numbers.
func ID(id string) string {
	name, host, found := strings.Cut(id, "@")
	name = (&cleaner{}).numbers(name)
	if found {
		name += "@" + host
	}
	return Printable(name)
}

// Text makes words from elsewhere, such as an error, fit to be shown: telephone
// numbers in them are masked.
func Text(s string) string { return Printable((&cleaner{}).numbers(s)) }

// Printable makes text from elsewhere fit for a page and a file: what cannot be
// printed becomes a dot.
func Printable(s string) string {
	plain := true
	for i := 0; i < len(s) && plain; i++ {
		plain = s[i] >= ' ' && s[i] < 0x7f || s[i] == '\n'
	}
	if plain {
		return s
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r == '\r':
			return -1
		case r == utf8.RuneError || !unicode.IsPrint(r):
			return '·'
		}
		return r
	}, strings.ToValidUTF8(s, "·"))
}
