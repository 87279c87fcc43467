package sip

import (
	"bytes"
	"strings"
)

// Redact makes a SIP message fit to be shown or sent to a provider: passwords'
// digests and media keys are removed, telephone numbers keep their length and
// form but not their middle. What is no message comes back empty.
func Redact(message []byte) []byte {
	head, body, found := bytes.Cut(message, []byte("\r\n\r\n"))
	if !found {
		return nil
	}
	var out bytes.Buffer
	for i, line := range strings.Split(string(head), "\r\n") {
		if i > 0 {
			out.WriteString("\r\n")
		}
		out.WriteString(redactLine(line, i == 0))
	}
	out.WriteString("\r\n\r\n")
	for line := range strings.SplitAfterSeq(string(body), "\n") {
		out.WriteString(redactBody(line))
	}
	return out.Bytes()
}

// redactLine treats a start line or header.
func redactLine(line string, first bool) string {
	if first {
		return maskDigits(line)
	}
	name, value, found := strings.Cut(line, ":")
	if !found { // A folded line belongs to any header.
		return maskDigits(line)
	}
	switch strings.ToLower(strings.TrimSpace(name)) {
	case "authorization", "proxy-authorization":
		return name + ": (removed)"
	case "from", "f", "to", "t", "contact", "m", "p-asserted-identity", "p-preferred-identity", "remote-party-id", "diversion",
		"history-info", "refer-to", "r", "referred-by", "b", "p-called-party-id", "p-associated-uri", "identity", "route", "record-route", "path", "service-route":
		return name + ":" + maskDigits(value)
	}
	return line
}

// redactBody treats a line of a description.
func redactBody(line string) string {
	lower := strings.ToLower(line)
	switch {
	case strings.HasPrefix(lower, "a=crypto:"), strings.HasPrefix(lower, "k="):
		key, _, _ := strings.Cut(line, ":")
		return strings.TrimRight(key, "\r\n") + ":(removed)\r\n"
	case strings.HasPrefix(lower, "signal"):
		return "Signal=(removed)\r\n" // A key may be part of a code.
	}
	return line
}

// shortestNumber is how many digits in a row are taken for a telephone number.
const shortestNumber = 7

// maskDigits hides the middle of every telephone number.
func maskDigits(s string) string {
	b := []byte(s)
	for i := 0; i < len(b); {
		end := i
		for end < len(b) && b[end] >= '0' && b[end] <= '9' {
			end++
		}
		if end-i >= shortestNumber {
			for j := i + 4; j < end-2; j++ {
				b[j] = '*'
			}
		}
		i = max(end, i+1)
	}
	return string(b)
}
