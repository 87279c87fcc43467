package callout

import (
	"context"
	"fmt"
	"time"

	"github.com/xinmoi/xinmoi/ivr/callout/book"
	"github.com/xinmoi/xinmoi/ivr/media"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// Status is what staff may know of the calls to citizens.
type Status struct {
	book.Day
	Off       bool      // The office calls nobody.
	Asleep    bool      // It is too early or too late in the day.
	TrunkDown time.Time // Calls do not leave the house; tried again then. Zero = they do, as far as is known.
	TrunkErr  error
	Wishes    []Waiting // The next ones, those issued first in front.
}

// Waiting is one wish that something is left to do for.
type Waiting struct {
	Number    string // "A012"
	Caller    string // Masked: "0912***678".
	NotBefore time.Time
}

// shown is how many waiting wishes a Status lists.
const shown = 10

// Status tells what was done today and what waits.
func (c *Caller) Status(ctx context.Context) (s Status, err error) {
	local, rules := c.local(), c.currentRules()
	midnight := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, local.Location())
	if s.Day, err = c.book.Since(ctx, midnight); err != nil {
		return s, err
	}
	wishes, err := c.book.Waiting(ctx, shown)
	for _, w := range wishes {
		s.Wishes = append(s.Wishes, Waiting{w.Number, media.MaskNumber(w.Telephone), w.NotBefore})
	}
	s.Off, s.Asleep = rules.Off, !rules.awake(local)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.trunk.until.After(c.now()) {
		s.TrunkDown, s.TrunkErr = c.trunk.until, c.trunk.err
	}
	return s, err
}

// Panel is what /admin shows.
func (c *Caller) Panel() page.Panel {
	return page.Panel{ID: "callout", Title: "Gọi báo lượt", TitleEN: "Calls to citizens", Rows: func(ctx context.Context) []page.Row {
		s, err := c.Status(ctx)
		if err != nil {
			return []page.Row{{
				Label: "Sổ gọi báo", LabelEN: "Book of calls", Level: page.Fail,
				Value: "không đọc được, kiểm tra đĩa: " + err.Error(), ValueEN: "cannot be read, check the disk: " + err.Error(),
			}}
		}
		return append([]page.Row{c.stateRow(s)}, s.rows(c.local().Location())...)
	}}
}

func (c *Caller) stateRow(s Status) page.Row {
	row := page.Row{Label: "Trạng thái", LabelEN: "State", Level: page.OK, Value: "sẵn sàng gọi", ValueEN: "ready to call"}
	rules := c.currentRules()
	switch {
	case s.Off:
		row.Value, row.ValueEN, row.Level = "cơ quan đã tắt gọi báo", "switched off by the office", page.Note
	case !s.TrunkDown.IsZero():
		again := s.TrunkDown.In(c.local().Location()).Format(clock)
		row.Value = fmt.Sprintf("đường điện thoại không gọi ra được, thử lại lúc %s; kiểm tra trung kế: %v", again, s.TrunkErr)
		row.ValueEN = fmt.Sprintf("calls do not leave the house, next try at %s; check the trunk: %v", again, s.TrunkErr)
		row.Level = page.Fail
	case s.Asleep:
		row.Value = fmt.Sprintf("ngoài giờ gọi (%s–%s)", rules.From, rules.To)
		row.ValueEN = fmt.Sprintf("outside the hours for calls (%s–%s)", rules.From, rules.To)
		row.Level = page.Note
	}
	return row
}

// rows tells what was done today and who waits.
func (s Status) rows(zone *time.Location) []page.Row {
	rows := []page.Row{
		{Label: "Đang gọi", LabelEN: "Calls now", Value: fmt.Sprint(s.Running)},
		{Label: "Chờ gọi", LabelEN: "Waiting to be called", Value: fmt.Sprint(s.Waiting)},
	}
	for _, o := range outcomes() {
		if n := s.Outcomes[o]; n > 0 {
			vi, en := outcomeWords(o)
			rows = append(rows, page.Row{Label: "Hôm nay: " + vi, LabelEN: "Today: " + en, Value: fmt.Sprint(n)})
		}
	}
	if n := s.Results[book.Texted]; n > 0 {
		rows = append(rows, page.Row{Label: "Hôm nay: nhắn tin thay cuộc gọi", LabelEN: "Today: written to instead", Value: fmt.Sprint(n)})
	}
	for _, w := range s.Wishes {
		row := page.Row{Label: "Số " + w.Number, LabelEN: "Number " + w.Number, Value: w.Caller}
		if !w.NotBefore.IsZero() {
			at := w.NotBefore.In(zone).Format(clock)
			row.Value, row.ValueEN = w.Caller+", gọi lại sau "+at, w.Caller+", again after "+at
		}
		rows = append(rows, row)
	}
	return rows
}

// outcomes lists how a call can end, in the order in which people read it.
func outcomes() []book.Outcome {
	return []book.Outcome{
		book.Pressed, book.Listened, book.CutShort, book.Busy, book.NoAnswer, book.Declined, book.Unreachable,
		book.TrunkDown, book.Stopped, book.Doubtful, book.Unspoken,
	}
}

func outcomeWords(o book.Outcome) (vi, en string) {
	switch o {
	case book.Pressed:
		return "đã bấm phím trả lời", "answered by key"
	case book.Listened:
		return "nghe máy, không bấm phím", "answered, no key"
	case book.CutShort:
		return "gác máy sớm", "hung up early"
	case book.Busy:
		return "máy bận", "busy"
	case book.NoAnswer:
		return "không nghe máy", "no answer"
	case book.Declined:
		return "từ chối", "declined"
	case book.Unreachable:
		return "không liên lạc được", "unreachable"
	case book.TrunkDown:
		return "không gọi ra được", "did not leave the house"
	case book.Stopped:
		return "dừng giữa chừng", "given up"
	case book.Doubtful:
		return "không rõ (mất điện hoặc khởi động lại)", "in doubt (power cut or restart)"
	case book.Unspoken:
		return "giọng đọc không nói được", "no voice could say it"
	}
	return string(o), string(o)
}
