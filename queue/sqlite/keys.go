package sqlite

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// A row of answered is the request keys of one commit, which are of one time.
// Each is a line, a JSON array of texts: caller, key, fingerprint, ticket,
// counter. Where a text has bytes that JSON cannot have (a key is whatever a
// device sends), it is quoted as in Go, so that the key is found again.

// keyTexts is how many texts a line has.
const keyTexts = 5

// appendKey adds a key to a row.
func appendKey(row []byte, k *queue.KeyRecord) []byte {
	for i, text := range [keyTexts]string{k.Caller, k.Key, k.Fingerprint, k.Ticket, k.Counter} {
		row = appendQuoted(append(row, before(i)...), text)
	}
	return append(row, "]\n"...)
}

// appendQuoted is strconv.AppendQuote, faster where there is nothing to escape.
func appendQuoted(b []byte, text string) []byte {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return strconv.AppendQuote(b, text)
		}
	}
	return append(append(append(b, '"'), text...), '"')
}

// eachKey reads a row's keys, all of one time.
func eachKey(row []byte, at time.Time, take func(queue.KeyRecord)) error {
	for len(row) > 0 {
		text, rest, ended := bytes.Cut(row, []byte("\n"))
		texts, ok := cutTexts(string(text))
		if !ok || !ended {
			return fmt.Errorf("request keys: %q is no array of %d texts", clip(text), keyTexts)
		}
		take(queue.KeyRecord{Caller: texts[0], Key: texts[1], Fingerprint: texts[2], At: at, Ticket: texts[3], Counter: texts[4]})
		row = rest
	}
	return nil
}

// cutTexts reads what appendKey wrote, but for the line's end.
func cutTexts(s string) (texts [keyTexts]string, ok bool) {
	for i := range texts {
		if s, ok = strings.CutPrefix(s, before(i)); !ok {
			return texts, false
		}
		quoted, err := strconv.QuotedPrefix(s)
		if err != nil || quoted[0] != '"' {
			return texts, false
		}
		if texts[i], err = strconv.Unquote(quoted); err != nil {
			return texts, false
		}
		s = s[len(quoted):]
	}
	return texts, s == "]"
}

// before is what stands before the i-th text of a line.
func before(i int) string {
	if i == 0 {
		return "["
	}
	return ","
}

// clip bounds what of a row is shown.
func clip(row []byte) []byte { return row[:min(len(row), 60)] }

// readKeys gives the keys of an office since a time, the earliest first.
func readKeys(ctx context.Context, q querier, office string, since time.Time) (keys []queue.KeyRecord, err error) {
	rows, err := q.QueryContext(ctx, "SELECT at, body FROM answered WHERE office = ? AND at >= ? ORDER BY rowid", office, since.UnixMilli())
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var at int64
		var row []byte
		if err := rows.Scan(&at, &row); err != nil {
			return nil, err
		}
		err := eachKey(row, time.UnixMilli(at).UTC(), func(k queue.KeyRecord) { keys = append(keys, k) })
		if err != nil {
			return nil, err
		}
	}
	return keys, rows.Err()
}
