package alarm

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/beside"
)

const (
	pushTime    = 20 * time.Second // For one message.
	pushFirst   = 5 * time.Second  // First pause after a failure, at most …
	pushLongest = 10 * time.Minute // … and the longest.
	pushLife    = 12 * time.Hour   // Then it is old news.
	pushMost    = 20               // At a time.
	maxPeople   = 20               // Recipients.
	maxText     = 200              // Bytes of a name or an address.
)

// deliver sends what is due until ctx ends.
func (b *Book) deliver(ctx context.Context) {
	for ctx.Err() == nil {
		pause, err := b.deliverDue(ctx)
		if err != nil && ctx.Err() == nil {
			b.cfg.Logger.Warn("alarms cannot be told", "err", err)
		}
		queue.Await(ctx, b.sent, pause)
	}
}

// deliverDue sends what is due now and tells when to look again.
func (b *Book) deliverDue(ctx context.Context) (time.Duration, error) {
	const idle = 30 * time.Second
	list, err := b.deliveries(ctx, "WHERE over = 0 AND next <= ? ORDER BY delivery.id LIMIT "+strconv.Itoa(pushMost), beside.Millis(b.cfg.Now()))
	if err != nil {
		return idle, err
	}
	for _, d := range list {
		if err := b.push(ctx, d); err != nil || ctx.Err() != nil {
			return idle, err
		}
	}
	var next sql.NullInt64
	if err := b.file.QueryRowContext(ctx, "SELECT MIN(next) FROM delivery WHERE over = 0").Scan(&next); err != nil || !next.Valid {
		return idle, err
	}
	return min(idle, max(50*time.Millisecond, beside.Moment(next.Int64).Sub(b.cfg.Now()))), nil
}

// push sends one message and writes how that went.
func (b *Book) push(ctx context.Context, d Delivery) error {
	now := b.cfg.Now()
	var err error = queue.Errorf(queue.CodeUnavailable, "tin đã cũ, không gửi nữa (old news, not sent any more)")
	if now.Sub(d.Message.At) < pushLife { // It may be from before a long stop, or from a backup.
		err = b.send(ctx, d)
	}
	if ctx.Err() != nil {
		return nil // It is tried again after the start.
	}
	d.Tries++
	switch {
	case err == nil:
		d.Over, d.Failed = true, ""
	case now.Sub(d.Message.At) >= pushLife:
		d.Over, d.Failed = true, err.Error()
	default:
		d.Failed, d.NextAt = err.Error(), now.Add(pauseAfter(d.Tries))
	}
	if err != nil {
		b.cfg.Logger.Warn("alarm not told", "channel", d.To.Channel, "tries", d.Tries, "given_up", d.Over)
	}
	return b.file.Update(ctx, func(t *beside.Tx) error {
		return t.Do("UPDATE delivery SET tries = ?, next = ?, failed = ?, over = ? WHERE id = ?", d.Tries, beside.Millis(d.NextAt), clip(d.Failed), d.Over, d.ID)
	})
}

func (b *Book) send(ctx context.Context, d Delivery) error {
	i := slices.IndexFunc(b.cfg.Channels, func(c Channel) bool { return c.ID == d.To.Channel })
	if i < 0 {
		return fmt.Errorf("kênh %s không còn được cài đặt (channel %s is not set up any more)", d.To.Channel, d.To.Channel)
	}
	ctx, cancel := context.WithTimeout(ctx, pushTime)
	defer cancel()
	return b.cfg.Channels[i].Push(ctx, d.To.Address, d.Message)
}

// pauseAfter is the pause after so many failures, with full jitter: many that
// failed together do not come back together.
func pauseAfter(tries int) time.Duration {
	most := pushLongest
	if tries < 8 {
		most = min(most, pushFirst<<(tries-1))
	}
	return rand.N(most) + time.Millisecond
}

func (b *Book) deliveries(ctx context.Context, rest string, args ...any) ([]Delivery, error) {
	read := func(s beside.Scanner) (d Delivery, err error) {
		var at, next int64
		m := &d.Message
		err = s.Scan(&d.ID, &m.Step, &m.Alarm, &m.Kind, &m.VI, &m.EN, &at, &d.Tries, &next, &d.Failed, &d.Over,
			&d.To.ID, &d.To.Name, &d.To.Channel, &d.To.Address, &d.To.Every, &d.To.Digest)
		m.Delivery, m.At, d.NextAt = d.ID, beside.Moment(at), beside.Moment(next)
		return d, err
	}
	return beside.All(ctx, b.file, read, `SELECT delivery.id, step, alarm, kind, vi, en, at, tries, next, failed, over,
recipient.id, name, channel, address, every, digest FROM delivery JOIN recipient ON recipient.id = recipient `+rest, args...)
}

// Failing lists messages that do not get through, the latest first.
func (b *Book) Failing(ctx context.Context) ([]Delivery, error) {
	return b.deliveries(ctx, "WHERE failed != '' ORDER BY delivery.id DESC LIMIT 20")
}

// Recipients lists who hears of alarms.
func (b *Book) Recipients(ctx context.Context) ([]Recipient, error) {
	return beside.All(ctx, b.file, scanRecipient, "SELECT "+recipientColumns+" FROM recipient ORDER BY id")
}

// AddRecipient has somebody hear of alarms; the error tells people what is
// wrong.
func (b *Book) AddRecipient(ctx context.Context, r Recipient) error {
	r.Name, r.Address = strings.TrimSpace(r.Name), strings.TrimSpace(r.Address)
	if err := b.check(r); err != nil {
		return err
	}
	list, err := b.Recipients(ctx)
	if err != nil {
		return err
	}
	if len(list) >= maxPeople {
		return queue.Errorf(queue.CodeBadRequest, "đã có %d người nhận: hãy bỏ bớt (there are %d recipients already: remove one)", maxPeople, maxPeople)
	}
	return b.file.Update(ctx, func(t *beside.Tx) error {
		return t.Do("INSERT INTO recipient (name, channel, address, every, digest) VALUES (?, ?, ?, ?, ?)", r.Name, r.Channel, r.Address, r.Every, r.Digest)
	})
}

func (b *Book) check(r Recipient) error {
	i := slices.IndexFunc(b.cfg.Channels, func(c Channel) bool { return c.ID == r.Channel })
	switch {
	case i < 0:
		return queue.Errorf(queue.CodeBadRequest, "xin chọn kênh (please choose a channel)")
	case r.Name == "" || len(r.Name) > maxText:
		return queue.Errorf(queue.CodeBadRequest, "xin ghi tên người nhận, tối đa %d byte (please give a name)", maxText)
	}
	c := b.cfg.Channels[i]
	switch {
	case c.Asks == "" && r.Address != "":
		return queue.Errorf(queue.CodeBadRequest, "kênh này không cần địa chỉ: xin để trống (this channel needs no address: please leave it empty)")
	case c.Asks != "" && (r.Address == "" || len(r.Address) > maxText):
		return queue.Errorf(queue.CodeBadRequest, "xin ghi %s (please give: %s)", c.Asks, c.AsksEN)
	case c.Check != nil:
		return c.Check(r.Address)
	}
	return nil
}

// RemoveRecipient leaves somebody in peace, also about what is on its way.
func (b *Book) RemoveRecipient(ctx context.Context, id int64) error {
	return b.file.Update(ctx, func(t *beside.Tx) error { return t.Do("DELETE FROM recipient WHERE id = ?", id) })
}

// Test sends a message to one recipient now and tells whether it went out.
func (b *Book) Test(ctx context.Context, id int64) error {
	list, err := beside.All(ctx, b.file, scanRecipient, "SELECT "+recipientColumns+" FROM recipient WHERE id = ?", id)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return queue.Errorf(queue.CodeBadRequest, "người nhận này đã được bỏ (this recipient was removed)")
	}
	return b.send(ctx, Delivery{To: list[0], Message: Message{
		At: b.cfg.Now(), VI: "Tin thử từ hệ thống xếp hàng: cảnh báo sẽ đến đây.", EN: "A test of the queue system: alarms will come here.",
	}})
}

// Names of words kept in the book.
const (
	wordEscalate = "escalate_minutes"
	wordDigest   = "digest_at"
	wordTold     = "digest_told" // The latest day that was told of.
)

// Settings tells what the office decided.
func (b *Book) Settings(ctx context.Context) (s Settings, err error) {
	minutes, err := b.word(ctx, wordEscalate)
	if err == nil {
		s.DigestAt, err = b.word(ctx, wordDigest)
	}
	s.EscalateMinutes, _ = strconv.Atoi(minutes) // Written by SetSettings alone.
	return s, err
}

func (b *Book) word(ctx context.Context, name string) (value string, err error) {
	err = b.file.QueryRowContext(ctx, "SELECT value FROM word WHERE name = ?", name).Scan(&value)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return value, err
}

func setWord(t *beside.Tx, name, value string) error {
	return t.Do("INSERT INTO word (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", name, value)
}

// SetSettings changes what the office decided; the error tells people what is
// wrong.
func (b *Book) SetSettings(ctx context.Context, s Settings) error {
	if s.EscalateMinutes < 0 || s.EscalateMinutes > 24*60 {
		return queue.Errorf(queue.CodeBadRequest, "số phút: từ 1 đến 1440 (minutes: 1 to 1440)")
	}
	if s.DigestAt != "" {
		if _, err := time.Parse("15:04", s.DigestAt); err != nil {
			return queue.Errorf(queue.CodeBadRequest, "giờ gửi: viết như 17:00 (time of day: such as 17:00)")
		}
	}
	return b.file.Update(ctx, func(t *beside.Tx) error {
		return errors.Join(setWord(t, wordEscalate, strconv.Itoa(s.EscalateMinutes)), setWord(t, wordDigest, s.DigestAt))
	})
}

// digest tells how the day went, once, at the hour that the office set, or
// later on that day where the program did not run.
func (b *Book) digest(ctx context.Context, now time.Time) error {
	s, err := b.Settings(ctx)
	if err != nil || s.DigestAt == "" {
		return err
	}
	local := now.In(b.cfg.Location())
	day := local.Format(time.DateOnly)
	told, err := b.word(ctx, wordTold)
	if err != nil || told >= day || local.Format("15:04") < s.DigestAt {
		return err
	}
	vi, en, err := b.digestWords(ctx, day)
	if err != nil {
		return err
	}
	err = b.file.Update(ctx, func(t *beside.Tx) error {
		if err := setWord(t, wordTold, day); err != nil {
			return err
		}
		return t.Do(`INSERT INTO delivery (recipient, step, alarm, kind, vi, en, at, next) SELECT id, '', 0, '', ?, ?, ?, ? FROM recipient WHERE digest = 1`,
			vi, en, beside.Millis(now), beside.Millis(now))
	})
	if err == nil {
		poke(b.sent)
	}
	return err
}

func (b *Book) digestWords(ctx context.Context, day string) (vi, en string, err error) {
	if b.cfg.Digest != nil {
		if vi, en, err = b.cfg.Digest(ctx, day); err != nil {
			return "", "", err
		}
	}
	raised, open, err := b.Day(ctx, day)
	vi = strings.TrimSpace(fmt.Sprintf("%s Cảnh báo: %d, còn %d chưa hết.", vi, raised, open))
	en = strings.TrimSpace(fmt.Sprintf("%s Alarms: %d, %d still open.", en, raised, open))
	return vi, en, err
}

// clip bounds what others' words take in the book.
func clip(s string) string {
	if len(s) <= maxText {
		return s
	}
	s = s[:maxText]
	for !utf8.ValidString(s) {
		s = s[:len(s)-1]
	}
	return s
}
