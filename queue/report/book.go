package report

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// Bounds of how a Book reads.
const (
	bookPause = 5 * time.Second        // Between two looks at the log.
	bookWait  = 500 * time.Millisecond // A report waits so long at most for what is not read yet.
	bookHead  = 4 << 10                // Bytes of a kept day that are read to know it.
	bookTurn  = 15 * time.Second       // A report waits so long at most for the one before it.
	bookEnd   = ".day"                 // Of a kept day's file name.
)

// BookConfig says what a Book is of.
type BookConfig struct {
	Office string
	Source Source
	Dir    string       // Where ended days are kept, beside the log; empty = in memory. May be deleted at any time.
	Logger *slog.Logger // Nil = silent.

	// Told is how true the estimates of waits were, by day and service, an
	// empty service being all. Nil = nobody knows.
	Told func() []Told

	// Called is what the people are called who acted, by their ids in the log. Nil =
	// they go by their ids.
	Called func(context.Context) map[string]string
}

// Book sums up each business day once, when it ends, so that a report on a year
// reads a few hundred small files and not the log. What it keeps is made of the
// log alone and made anew where it is missing, broken or of another log: each
// kept day names the event that it ends with, and that event's hash.
type Book struct {
	BookConfig
	turn chan struct{} // One report at a time: the office comes first.

	mu      sync.Mutex // Of all below.
	days    []keptDay  // Ended days, in order.
	today   *reader    // The running day,
	running keptDay    // and as it stood when somebody last asked.
	after   int64      // Read so far.
	opened  bool       // What Dir has was looked at.
	memo    memo
}

// keptDay is an ended day, or the running one as it stands: the head of it, and
// where the rest is.
type keptDay struct {
	head
	at   int64 // Where its sections begin.
	file string
	body []byte // Without a file.
}

// NewBook makes a book; it is empty until Run or the first report.
func NewBook(c BookConfig) *Book {
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return &Book{BookConfig: c, turn: make(chan struct{}, 1), today: newReader(c.Office)}
}

// Run keeps the book up to date until ctx ends. It never takes more than half
// of one processor, so that the office stays quick.
func (b *Book) Run(ctx context.Context) error {
	for {
		if _, err := b.catchUp(ctx, time.Time{}); err != nil && ctx.Err() == nil {
			b.Logger.Error("the days cannot be summed up; \"xinmoi verify\" checks the log", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(bookPause):
		}
	}
}

// CatchUp reads all that the log has, however long that takes: a report that is
// made next is whole, unless much has come since.
func (b *Book) CatchUp(ctx context.Context) error {
	for {
		if all, err := b.readOn(ctx); all || err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}

// catchUp reads what has come, or what can be read until a time. Without one,
// it rests as long as it works. It reports whether it has read all.
func (b *Book) catchUp(ctx context.Context, until time.Time) (all bool, err error) {
	for {
		begun := time.Now()
		if all, err := b.readOn(ctx); all || err != nil {
			return all, err
		}
		if !until.IsZero() {
			if time.Now().After(until) {
				return false, nil
			}
			continue
		}
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case <-time.After(time.Since(begun)):
		}
	}
}

// readOn reads one chunk of the log.
func (b *Book) readOn(ctx context.Context) (all bool, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.opened {
		if err := b.open(ctx); err != nil {
			return false, err
		}
		b.opened = true
	}
	events, err := b.Source.Read(ctx, b.Office, b.after, chunk)
	if err != nil {
		return false, fmt.Errorf("read the log after seq %d: %w", b.after, err)
	}
	for _, e := range events {
		if err := b.take(e); err != nil {
			return false, fmt.Errorf("seq %d (%s): %w", e.Seq, e.Kind, err)
		}
		b.after = e.Seq
	}
	return len(events) < chunk, nil
}

// take goes on with the running day, or ends it.
func (b *Book) take(e queue.Event) error {
	if err := b.today.next(e); err != nil {
		return err
	}
	if !b.today.sum.Over {
		return nil
	}
	if err := b.keep(b.today.daily()); err != nil {
		return err
	}
	before := b.today.hash
	b.today = newReader(b.Office)
	b.today.before = before
	return b.today.next(e)
}

// keep keeps an ended day. A disk that is full costs memory, not a figure.
func (b *Book) keep(d *daily) error {
	k, err := d.kept()
	if err != nil {
		return err
	}
	if b.Dir != "" {
		k.file = filepath.Join(b.Dir, fmt.Sprintf("%s-%d%s", fileName(d.day), d.first, bookEnd))
		if err := writeFile(k.file, k.body); err != nil {
			b.Logger.Warn("a day's figures cannot be kept; they are made anew after the next start", "day", d.day, "err", err)
			k.file = ""
		}
	}
	if k.file != "" {
		k.body = nil
	}
	b.days = append(b.days, k)
	return nil
}

// kept is a day as it is kept, in memory.
func (d *daily) kept() (k keptDay, err error) {
	if k.body, err = d.encode(); err != nil {
		return k, err
	}
	k.head, k.at, err = decodeHead(k.body)
	return k, err
}

// fileName is a day as part of a file's name.
func fileName(day string) string {
	if _, err := time.Parse(time.DateOnly, day); err != nil {
		return "day"
	}
	return day
}

// writeFile writes all or nothing; after a power cut, the checksum tells.
func writeFile(path string, body []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	temporary := path + ".new"
	if err := os.WriteFile(temporary, body, 0o600); err != nil {
		return err
	}
	return os.Rename(temporary, path)
}

// open finds the days that are kept: as many as are in one piece and of this
// log, from its first day on. The others go.
func (b *Book) open(ctx context.Context) error {
	if b.Dir == "" {
		return nil
	}
	files, err := filepath.Glob(filepath.Join(b.Dir, "*"+bookEnd))
	if err != nil {
		return err
	}
	var found []keptDay
	for _, file := range files {
		k, err := readHead(file)
		if err != nil || k.office != b.Office || !k.over {
			b.drop(file, err)
			continue
		}
		found = append(found, k)
	}
	slices.SortFunc(found, func(x, y keptDay) int { return cmp.Compare(x.first, y.first) })
	n, err := b.chain(ctx, found)
	if err != nil {
		return err
	}
	for _, stale := range found[n:] {
		b.drop(stale.file, errors.New("it is of another log, or a day before it is missing"))
	}
	if b.days = found[:n]; n > 0 {
		b.after, b.today.before = found[n-1].last, found[n-1].hash
	}
	return nil
}

// chain tells how many of the days that were found are of this log. Each names
// the event that it ends with and the one before it, and events are hash-chained:
// so the latest one that the log has stands for all before it.
func (b *Book) chain(ctx context.Context, found []keptDay) (int, error) {
	if len(found) == 0 {
		return 0, nil
	}
	first, err := b.firstDay(ctx)
	if err != nil || first != found[0].first {
		return 0, err
	}
	n := 1
	for n < len(found) && found[n].first == found[n-1].last+1 && found[n].before != "" && found[n].before == found[n-1].hash {
		n++
	}
	for ; n > 0; n-- {
		if fits, err := b.has(ctx, found[n-1]); err != nil || fits {
			return n, err
		}
	}
	return 0, nil
}

// has reports whether the log has a kept day, and that it has ended.
func (b *Book) has(ctx context.Context, k keptDay) (bool, error) {
	events, err := b.Source.Read(ctx, b.Office, k.last-1, 2)
	if err != nil || len(events) < 2 {
		return false, err
	}
	return k.hash != "" && events[0].Hash == k.hash && events[1].Kind == queue.DayOpened, nil
}

// firstDay is the seq with which the log's first day begins; 0 = none does.
func (b *Book) firstDay(ctx context.Context) (int64, error) {
	for e, err := range queue.Stored(ctx, b.Source, b.Office, 0) {
		if err != nil || e.Kind == queue.DayOpened {
			return e.Seq, err
		}
	}
	return 0, nil
}

// drop forgets a kept day that is none of this log.
func (b *Book) drop(file string, why error) {
	b.Logger.Info("a kept day is made anew", "file", filepath.Base(file), "why", why)
	if err := os.Remove(file); err != nil {
		b.Logger.Warn("a kept day cannot be removed", "err", err)
	}
}

func readHead(file string) (k keptDay, err error) {
	f, err := os.Open(file)
	if err != nil {
		return k, err
	}
	defer f.Close()
	begin, err := io.ReadAll(io.LimitReader(f, bookHead))
	if err != nil {
		return k, err
	}
	k.file = file
	k.head, k.at, err = decodeHead(begin)
	return k, err
}

// read gives sections that follow each other in a kept day; room is used again
// from day to day.
func (k keptDay) read(room *[]byte, sections ...section) (texts []string, err error) {
	first, last := sections[0], sections[len(sections)-1]
	from, size := k.at+first.from, last.from+last.size-first.from
	var whole string
	if k.file == "" {
		whole = string(k.body[min(from, int64(len(k.body))):min(from+size, int64(len(k.body)))])
	} else if whole, err = readAt(k.file, from, size, room); err != nil {
		return nil, err
	}
	for _, s := range sections {
		text := whole[min(s.from-first.from, int64(len(whole))):min(s.from-first.from+s.size, int64(len(whole)))]
		if err := s.check(text); err != nil {
			return nil, err
		}
		texts = append(texts, text)
	}
	return texts, nil
}

// readAt reads a part of a file.
func readAt(file string, from, size int64, room *[]byte) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	*room = slices.Grow((*room)[:0], int(size))
	text := (*room)[:size]
	n, err := f.ReadAt(text, from)
	if errors.Is(err, io.EOF) { // Checksums tell.
		err = nil
	}
	return string(text[:n]), err
}

// lines reads the lines of kept days, each in the place of the one before.
type lines struct {
	daily
	coder
	named string
	room  []byte
}

// of reads those of one day.
func (l *lines) of(k keptDay) (*daily, error) {
	texts, err := k.read(&l.room, k.namesAt, k.livesAt)
	if err != nil {
		return nil, err
	}
	l.head = k.head
	if texts[0] != l.named || l.named == "" {
		if err := l.readNames(texts[0]); err != nil {
			return nil, err
		}
		l.named = strings.Clone(texts[0])
	}
	c := &l.coder
	c.in, c.err, c.words = texts[1], nil, c.words[:0]
	c.waits, c.stays, c.marks = c.waits[:0], c.stays[:0], c.marks[:0]
	l.daily.code(c)
	return &l.daily, c.err
}

// between gives what is there of the days from one to another, the running one
// among them; behind is the day that reading has come to, while there is more.
func (b *Book) between(ctx context.Context, from, to string) (days []keptDay, behind string, err error) {
	all, err := b.catchUp(ctx, time.Now().Add(bookWait))
	if err != nil {
		return nil, "", err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, k := range b.days {
		if k.day >= from && k.day <= to {
			days = append(days, k)
		}
	}
	if day := b.today.sum.Day; day != "" {
		if day >= from && day <= to {
			if b.running.last != b.today.sum.Last || b.running.day != day { // Else nothing has happened.
				if b.running, err = b.today.daily().kept(); err != nil {
					return nil, "", err
				}
			}
			days = append(days, b.running)
		}
	}
	if !all {
		behind = cmp.Or(b.today.sum.Day, from)
	}
	return days, behind, nil
}

// await takes the turn to make a report, which leave gives back.
func (b *Book) await(ctx context.Context) (leave func(), err error) {
	ctx, cancel := context.WithTimeout(ctx, bookTurn)
	defer cancel()
	select {
	case b.turn <- struct{}{}:
		return func() { <-b.turn }, nil
	case <-ctx.Done():
		return nil, queue.Errorf(queue.CodeUnavailable, "other reports are being made: %w", ctx.Err())
	}
}

// lost makes the days from a broken one on anew at the next reading.
func (b *Book) lost(k keptDay, why error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	i := slices.IndexFunc(b.days, func(d keptDay) bool { return d.first == k.first })
	if i < 0 {
		return
	}
	for _, stale := range b.days[i:] {
		if stale.file != "" {
			b.drop(stale.file, why)
		}
	}
	b.days, b.after, b.today, b.memo = b.days[:i], k.first-1, newReader(b.Office), memo{}
	b.running = keptDay{}
	b.today.before = k.before
}

// Latest gives the log's first and its latest day; empty while there is none.
// ErrBehind while the latest one is not known yet.
func (b *Book) Latest(ctx context.Context) (first, latest string, err error) {
	first, latest, all, err := b.reached(ctx)
	if err == nil && !all {
		err = ErrBehind
	}
	if err != nil {
		return "", "", err
	}
	return first, latest, nil
}

// reached gives the first day and the one that the book has come to, and
// whether it has read all.
func (b *Book) reached(ctx context.Context) (first, latest string, all bool, err error) {
	if all, err = b.catchUp(ctx, time.Now().Add(bookWait)); err != nil {
		return "", "", false, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	first, latest = b.today.sum.Day, b.today.sum.Day
	if len(b.days) > 0 {
		first = b.days[0].day
		latest = cmp.Or(latest, b.days[len(b.days)-1].day)
	}
	return strings.Clone(first), latest, all, nil
}
