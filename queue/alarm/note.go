package alarm

import (
	"cmp"
	"context"
	"strings"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/beside"
)

// noteMost is how long a note may be, in bytes.
const noteMost = 1200

// notesMost is how long all notes of one alarm may be together, in bytes.
const notesMost = 8 * noteMost

// Note writes down what was done about an alarm, by whom: who writes it takes
// care of it, if nobody did yet. What was noted before stays; each note is one
// line that begins with its writer, the first of who takes care aside.
func (b *Book) Note(ctx context.Context, id int64, who, text string) error {
	text = strings.Join(strings.Fields(strings.ToValidUTF8(text, "")), " ")
	if text == "" || len(text) > noteMost {
		return queue.Errorf(queue.CodeBadRequest, "ghi chú: từ 1 đến 300 ký tự (a note has 1 to 300 letters)")
	}
	who = cmp.Or(who, "–")
	if err := b.Ack(ctx, id, who); err != nil {
		return err
	}
	list, err := entries(ctx, b.file, "WHERE id = ?", id)
	if err != nil || len(list) == 0 {
		return err
	}
	first, later := text, "\n"+who+": "+text
	if who != list[0].AckedBy {
		first = later[1:]
	}
	if len(list[0].Note)+len(later) > notesMost {
		return queue.Errorf(queue.CodeBadRequest, "đã có nhiều ghi chú về cảnh báo này: ghi tiếp vào sổ của cơ quan (this alarm has many notes: go on in the office's own book)")
	}
	return b.file.Update(ctx, func(t *beside.Tx) error {
		return t.Do("UPDATE alarm SET note = CASE note WHEN '' THEN ? ELSE note || ? END WHERE id = ?", first, later, id)
	})
}

// RaiseOnce raises what happens once, such as a rating: a sign of the same key
// that is in the book, closed or not, is not raised again. Who reads the log
// from the day's beginning after every start needs that.
func (b *Book) RaiseOnce(ctx context.Context, s Sign) error {
	var known int
	if err := b.file.QueryRowContext(ctx, "SELECT COUNT(*) FROM alarm WHERE key = ?", s.Key).Scan(&known); err != nil || known > 0 {
		return err
	}
	return b.Raise(ctx, s)
}
