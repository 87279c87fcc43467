package led

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"
)

// maxAnswer bounds what is read while waiting for the words of an answer.
const maxAnswer = 1 << 10

// ascii writes a line of text.
type ascii struct{}

// Show implements Driver.
func (ascii) Show(ctx context.Context, l *Line, p Panel, s Sign) error {
	text := sentence(p, s)
	if err := l.Send(ctx, text, p.Timeout); err != nil {
		return err
	}
	if p.Answer == "" {
		return nil
	}
	var answer []byte
	for deadline := l.Deadline(len(text)+len(p.Answer), p.Timeout); !bytes.Contains(answer, []byte(p.Answer)); {
		b, err := l.Receive(deadline)
		if err != nil {
			return fmt.Errorf("%q came, not %q: %w", answer, p.Answer, err)
		}
		if answer = append(answer, b...); len(answer) > maxAnswer {
			return fmt.Errorf("%d bytes came without %q: %w", len(answer), p.Answer, errOther)
		}
	}
	return nil
}

// sentence fills a sign into a panel's format.
func sentence(p Panel, s Sign) []byte {
	digits := ""
	if !s.Number.IsZero() {
		digits = strings.TrimPrefix(s.Number.String(), s.Number.Prefix)
	}
	text := strings.NewReplacer(
		"{unit}", strconv.Itoa(p.Unit), "{counter}", plain(s.Counter), "{number}", plain(shownNumber(s)), "{digits}", plain(digits), "{state}", strconv.Itoa(s.state()),
	).Replace(p.Format)
	for {
		at := strings.Index(text, "{sum}")
		if x := strings.Index(text, "{xor}"); x >= 0 && (at < 0 || x < at) {
			at = x
		}
		if at < 0 {
			return []byte(text)
		}
		sum, xor := byte(0), byte(0)
		for _, c := range []byte(text[:at]) {
			sum, xor = sum+c, xor^c
		}
		if strings.HasPrefix(text[at:], "{sum}") {
			xor = sum
		}
		text = text[:at] + fmt.Sprintf("%02X", xor) + text[at+len("{sum}"):]
	}
}

// plain keeps what a panel can show, and nothing that could end its line.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || r == '{' || r == '}' {
			return -1
		}
		return r
	}, s)
}
