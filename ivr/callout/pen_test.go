package callout

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/ivr"
	"github.com/xinmoi/xinmoi/queue"
)

// sent is a way to write that keeps what was written.
type sent struct {
	list []string
	err  error
}

func (s *sent) Text(_ context.Context, number, text string) error {
	s.list = append(s.list, number+" "+text)
	return s.err
}

func TestPen(t *testing.T) {
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	out := &sent{}
	info := func(context.Context) (queue.Info, error) { return queue.Info{Name: "UBND xã Tân Phú"}, nil }
	p := NewPen(out, info, slog.New(slog.DiscardHandler), func() time.Time { return now })
	w := ivr.Wish{Ticket: queue.Ticket{Number: queue.Number{Prefix: "A", N: 12}, Code: "572400000"}, Number: "0912345678", Language: "vi"}
	for number, want := range map[string]bool{"0912345678": true, "+84912345678": true, "02838123456": false, "1900123456": false, "+4930123456": false, "": false} {
		if p.Writes(number) != want {
			t.Errorf("%q: %v", number, !want)
		}
	}
	for range messagesEach {
		if err := p.Write(t.Context(), w); err != nil {
			t.Fatal(err)
		}
	}
	if got := out.list[0]; !strings.HasPrefix(got, "+84912345678 UBND xã Tân Phú: ") || !strings.Contains(got, "A012") || !strings.Contains(got, "572400000") {
		t.Errorf("%q", got)
	}
	if err := p.Write(t.Context(), w); !errors.Is(err, ErrMessages) || p.Writes("0912345678") || !p.Writes("0912345679") || len(out.list) != messagesEach {
		t.Errorf("%v, %d messages", err, len(out.list))
	}
	if now = now.AddDate(0, 0, 1); !p.Writes("0912345678") {
		t.Error("the limit is for ever")
	}
	out.err = errors.New("no credit")
	if p.Write(t.Context(), w) == nil {
		t.Error("a message that was not taken counts as sent")
	}
	w.Number = "02838123456"
	if err := p.Write(t.Context(), w); !errors.Is(err, ErrNumber) {
		t.Error(err)
	}
}
