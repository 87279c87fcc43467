package alarm

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/beside"
)

// Message is what a recipient is told.
type Message struct {
	Delivery int64 // Stays the same when it is sent again.
	Step     Step  // Empty for the digest of a day.
	Alarm    int64 // Entry.ID; 0 for a digest.
	Kind     Kind
	VI, EN   string
	At       time.Time
}

// Channel is a way to reach a recipient.
type Channel struct {
	ID           string // "sms"
	Name, NameEN string
	Asks, AsksEN string // What an address is here: "Số điện thoại"; empty = it needs none.
	// Check says what is wrong with an address, in people's words; nil = any will do.
	Check func(address string) error
	// Push sends one message. An error means that it is tried again.
	Push func(ctx context.Context, address string, m Message) error
}

// Config is what a book needs; Path is required.
type Config struct {
	Path     string
	Rules    Rules
	Look     func(ctx context.Context) []Sign                               // What is wrong now; nil = nothing is ever looked at.
	Channels []Channel                                                      // In the order in which they are offered.
	Digest   func(ctx context.Context, day string) (vi, en string, _ error) // How a day went, without its alarms; nil = nothing to say.
	Changed  func()                                                         // Told after every change; nil = nobody. It must not wait.
	Location func() *time.Location                                          // Of the office's clock; nil = UTC+7.
	Logger   *slog.Logger
	Now      func() time.Time
}

// Book keeps the alarms of an office. Its methods may be called from any
// goroutine.
type Book struct {
	cfg  Config
	file *beside.File
	wake chan struct{} // Something may be due.
	sent chan struct{} // Something was written for recipients.

	rules Rules
	swept time.Time // When old alarms were removed; of Run alone.

	mu    sync.Mutex // Guards track, and that book and track agree.
	track *tracker
}

// Open opens or makes the book. The caller runs it, and closes it after that.
func Open(ctx context.Context, c Config) (*Book, error) {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Location == nil {
		c.Location = func() *time.Location { return time.FixedZone("+07", 7*60*60) }
	}
	if c.Changed == nil {
		c.Changed = func() {}
	}
	file, err := beside.Open(ctx, c.Path, schema())
	if err != nil {
		return nil, err
	}
	b := &Book{cfg: c, file: file, wake: make(chan struct{}, 1), sent: make(chan struct{}, 1), rules: c.Rules.withDefaults()}
	open, err := entries(ctx, file, "WHERE cleared = 0")
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	var standing []Sign
	for _, e := range open {
		standing = append(standing, e.Sign)
	}
	b.track = newTracker(c.Rules, standing)
	return b, nil
}

// Close closes the file; after Run has returned.
func (b *Book) Close() error { return b.file.Close() }

// Channels lists the ways to reach people.
func (b *Book) Channels() []Channel { return b.cfg.Channels }

const (
	lookEvery  = 5 * time.Second // The pause between two looks.
	sweepEvery = time.Hour       // Between two removals of what is old.
)

// Run looks, writes and tells until ctx ends.
func (b *Book) Run(ctx context.Context) error {
	done := make(chan struct{})
	go func() {
		defer close(done)
		b.deliver(ctx)
	}()
	for ctx.Err() == nil {
		if err := b.look(ctx); err != nil && ctx.Err() == nil {
			b.cfg.Logger.Warn("alarms cannot be written", "err", err)
		}
		queue.Await(ctx, b.wake, lookEvery)
	}
	<-done
	return nil
}

// look takes in what is wrong now, and what nobody has taken care of.
func (b *Book) look(ctx context.Context) error {
	var signs []Sign
	if b.cfg.Look != nil {
		signs = b.cfg.Look(ctx)
	}
	if ctx.Err() != nil { // What was not answered at the end is not well by that.
		return nil
	}
	now := b.cfg.Now()
	if err := b.take(ctx, now, signs); err != nil {
		return err
	}
	if err := b.escalate(ctx, now); err != nil {
		return err
	}
	if err := b.digest(ctx, now); err != nil {
		return err
	}
	return b.forget(ctx, now)
}

// take writes what changes by a look. If that cannot be written, the next look
// decides again from what the book says.
func (b *Book) take(ctx context.Context, now time.Time, signs []Sign) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	before := b.track.copy()
	changes := b.track.look(now, signs)
	if len(changes) == 0 {
		return nil
	}
	if err := b.write(ctx, now, changes); err != nil {
		b.track = before
		return err
	}
	return nil
}

// copy shares nothing that look changes.
func (t *tracker) copy() *tracker {
	c := &tracker{rules: t.rules, seen: map[string]*track{}}
	for key, k := range t.seen {
		one := *k
		c.seen[key] = &one
	}
	return c
}

// write makes changes durable with the messages about them.
func (b *Book) write(ctx context.Context, now time.Time, changes []Change) error {
	err := b.file.Update(ctx, func(t *beside.Tx) error {
		to, err := recipientsOf(ctx, t)
		for _, c := range changes {
			err = errors.Join(err, record(t, now, c, to))
		}
		return err
	})
	if err != nil {
		return err
	}
	for _, c := range changes {
		b.cfg.Logger.Warn("alarm", "step", string(c.Step), "key", c.Sign.Key, "text", c.Sign.EN)
	}
	poke(b.sent)
	b.cfg.Changed()
	return nil
}

func recipientsOf(ctx context.Context, t *beside.Tx) (list []Recipient, err error) {
	rows, err := t.QueryContext(ctx, "SELECT "+recipientColumns+" FROM recipient ORDER BY id")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		r, err := scanRecipient(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, r)
	}
	return list, rows.Err()
}

// Raise notes something that has happened, such as a call for help: it stands
// until somebody acknowledges it.
func (b *Book) Raise(ctx context.Context, s Sign) error {
	s.Latched = true
	b.mu.Lock()
	defer b.mu.Unlock()
	before := b.track.copy()
	if !b.track.wrong(b.cfg.Now(), s) {
		return nil // It stands already.
	}
	if err := b.write(ctx, b.cfg.Now(), []Change{{Raised, s}}); err != nil {
		b.track = before
		return err
	}
	return nil
}

// maxWho is how long the name of who acknowledges may be, in bytes.
const maxWho = 100

// Ack notes who takes care of an alarm; the first one counts. A latched alarm
// is over by that.
func (b *Book) Ack(ctx context.Context, id int64, who string) error {
	who = strings.TrimSpace(strings.ToValidUTF8(who[:min(len(who), maxWho)], ""))
	if who == "" {
		return queue.Errorf(queue.CodeBadRequest, "xin ghi tên người xử lý (please give the name of who takes care)")
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	list, err := entries(ctx, b.file, "WHERE id = ?", id)
	if err == nil && len(list) == 0 {
		return queue.Errorf(queue.CodeBadRequest, "không có cảnh báo số %d; xin tải lại trang (no such alarm; please reload)", id)
	}
	if err != nil {
		return err
	}
	now, e := beside.Millis(b.cfg.Now()), list[0]
	err = b.file.Update(ctx, func(t *beside.Tx) error {
		if err := t.Do("UPDATE alarm SET acked = ?, acked_by = ? WHERE id = ? AND acked = 0", now, who, id); err != nil || !e.Latched {
			return err
		}
		return t.Do("UPDATE alarm SET cleared = ? WHERE id = ? AND cleared = 0", now, id)
	})
	if err != nil {
		return err
	}
	if e.Latched && e.Open() {
		b.track.forget(e.Key)
	}
	b.cfg.Changed()
	return nil
}

// escalate tells more people of what nobody acknowledged in time.
func (b *Book) escalate(ctx context.Context, now time.Time) error {
	s, err := b.Settings(ctx)
	if err != nil {
		return err
	}
	after := b.rules.Escalate
	if s.EscalateMinutes > 0 {
		after = time.Duration(s.EscalateMinutes) * time.Minute
	}
	list, err := entries(ctx, b.file, "WHERE cleared = 0 AND acked = 0 AND escalated = 0 AND raised <= ? ORDER BY id", beside.Millis(now.Add(-after)))
	if err != nil || len(list) == 0 {
		return err
	}
	var changes []Change
	for _, e := range list {
		changes = append(changes, Change{Escalated, e.Sign})
	}
	return b.write(ctx, now, changes)
}

// forget removes what is too old to be read.
func (b *Book) forget(ctx context.Context, now time.Time) error {
	if now.Sub(b.swept) < sweepEvery {
		return nil
	}
	b.swept = now
	old := beside.Millis(now.Add(-b.rules.Keep))
	return b.file.Update(ctx, func(t *beside.Tx) error {
		return errors.Join(t.Do("DELETE FROM alarm WHERE cleared > 0 AND cleared < ?", old), t.Do("DELETE FROM delivery WHERE over = 1 AND at < ?", old))
	})
}

// Standing lists what is wrong now: what nobody takes care of first, then the oldest.
func (b *Book) Standing(ctx context.Context) ([]Entry, error) {
	list, err := entries(ctx, b.file, "WHERE cleared = 0 ORDER BY raised, id")
	slices.SortStableFunc(list, func(x, y Entry) int {
		return cmp.Or(order(!x.AckedAt.IsZero(), !y.AckedAt.IsZero()), order(!x.Grave, !y.Grave))
	})
	return list, err
}

// order puts false before true.
func order(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	default:
		return 1
	}
}

// mostHistory is how many alarms one page of the history has.
const mostHistory = 200

// History lists alarms raised before a time, the latest first; the zero time is
// now.
func (b *Book) History(ctx context.Context, before time.Time) ([]Entry, error) {
	until := beside.Millis(before)
	if before.IsZero() {
		until = 1 << 62
	}
	return entries(ctx, b.file, "WHERE raised < ? ORDER BY raised DESC, id DESC LIMIT "+strconv.Itoa(mostHistory), until)
}

// poke wakes without waiting; one wake pending is enough.
func poke(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// Look has Run look now.
func (b *Book) Look() { poke(b.wake) }

// Day counts the alarms that were raised on a day of the office's clock.
func (b *Book) Day(ctx context.Context, day string) (raised, open int, err error) {
	from, err := time.ParseInLocation(time.DateOnly, day, b.cfg.Location())
	if err != nil {
		return 0, 0, fmt.Errorf("day %q: %w", day, err)
	}
	err = b.file.QueryRowContext(ctx, "SELECT COUNT(*), COALESCE(SUM(cleared = 0), 0) FROM alarm WHERE raised >= ? AND raised < ?",
		beside.Millis(from), beside.Millis(from.AddDate(0, 0, 1))).Scan(&raised, &open)
	return raised, open, err
}
