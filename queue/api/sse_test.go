package api

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

func readAll(r io.Reader) (out []message, err error) {
	s := newStreamReader(r, nil)
	for {
		m, err := s.next()
		if err != nil {
			return out, err
		}
		out = append(out, m)
	}
}

func TestStreamReader(t *testing.T) {
	for _, c := range []struct {
		name, in string
		want     []message
	}{
		{"one", "id: 1\nevent: a\ndata: x\n\n", []message{{"1", "a", "x"}}},
		{"no event name", "data: x\n\n", []message{{"", "message", "x"}}},
		{"two lines", "data: x\ndata: y\n\n", []message{{"", "message", "x\ny"}}},
		{"no space", "data:x\n\n", []message{{"", "message", "x"}}},
		{"one space only", "data:  x\n\n", []message{{"", "message", " x"}}},
		{"CRLF", "id: 1\r\ndata: x\r\n\r\n", []message{{"1", "message", "x"}}},
		{"CR", "data: x\r\rdata: y\r\r", []message{{"", "message", "x"}, {"", "message", "y"}}},
		{"byte order mark", "\ufeffdata: x\n\n", []message{{"", "message", "x"}}},
		{"comments", ": hello\n\n:\ndata: x\n: again\n\n", []message{{"", "message", "x"}}},
		{"retry", "retry: 5\n\ndata: x\n\n", []message{{"", "message", "x"}}},
		{"id stays", "id: 1\ndata: x\n\ndata: y\n\n", []message{{"1", "message", "x"}, {"1", "message", "y"}}},
		{"id with NUL", "id: 1\x00\ndata: x\n\n", []message{{"", "message", "x"}}},
		{"event without data", "event: a\n\ndata: x\n\n", []message{{"", "message", "x"}}},
		{"empty data", "data\n\n", []message{{"", "message", ""}}},
		{"cut off", "data: x\n\ndata: y\n", []message{{"", "message", "x"}}},
		{"unknown field", "color: red\ndata: x\n\n", []message{{"", "message", "x"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := readAll(iotest.OneByteReader(strings.NewReader(c.in)))
			if !errors.Is(err, io.EOF) {
				t.Error(err)
			}
			if d := cmp.Diff(c.want, got, cmp.AllowUnexported(message{})); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestStreamReaderIsBounded(t *testing.T) {
	for name, line := range map[string]string{
		"one long line": "data: " + strings.Repeat("x", maxMessage+1),
		"many lines":    strings.Repeat("data: "+strings.Repeat("x", 999)+"\n", maxMessage/1000+2),
	} {
		if _, err := readAll(strings.NewReader(line + "\n\n")); !errors.Is(err, errLongMessage) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzStreamReader: any input is read without panic, and what was read can be
// written and reads back the same.
func FuzzStreamReader(f *testing.F) {
	f.Add("id: 1\nevent: ticket_called\ndata: {\"seq\":1}\n\n")
	f.Add("\ufeffdata: x\r\ndata\r\r: c\nretry: 9\n\n")
	f.Add("id: \x00\nevent\ndata: \n\n")
	f.Fuzz(func(t *testing.T, in string) {
		messages, err := readAll(strings.NewReader(in))
		if err == nil {
			t.Fatal("reading ended without an error")
		}
		for _, m := range messages {
			again, _ := readAll(strings.NewReader(string(appendMessage(nil, m))))
			if len(again) != 1 || again[0] != m {
				t.Fatalf("%q reads back as %q", m, again)
			}
		}
	})
}
