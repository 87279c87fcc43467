package monthly

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/xinmoi/xinmoi/queue/report"
	"github.com/xinmoi/xinmoi/queue/report/xlsx"
)

// Figures makes reports; *report.Book is one.
type Figures interface {
	Report(ctx context.Context, s report.Spec) (*report.Report, error)
	Tickets(ctx context.Context, s report.Spec, p report.Pick, offset, limit int) (*report.List, error)
}

// Channel is a way to tell somebody.
type Channel struct {
	ID           string // "sms"
	Name, NameEN string
	Asks, AsksEN string // What an address is here: "số điện thoại"; empty = it needs none.
	// Check says what is wrong with an address, in people's words; nil = any will do.
	Check func(address string) error
	// Tell sends one message. An error means that it is tried again, under the
	// same key.
	Tell func(ctx context.Context, address, key, vi, en string) error
}

// Config is what a Book needs: all of it but where something stands for it.
type Config struct {
	Dir      string // For the plans and what was made.
	Figures  Figures
	Paper    func(r *report.Report, l Letter, at time.Time) ([]byte, error) // A document as HTML that stands alone.
	Channels []Channel                                                      // May be none.
	Link     func(folder string) string                                     // Where a made report is seen; nil = told without.
	Now      func() time.Time                                               // Nil = time.Now.
	Location func() *time.Location                                          // Of the office's clock; nil = UTC+7.
	Logger   *slog.Logger                                                   // Nil = silent.
}

// Book makes the reports that are due, and knows those that were made.
type Book struct {
	Config
	mu     sync.Mutex // Of the files in Dir.
	making sync.Mutex // One report is made at a time: who presses twice makes one.
}

// New makes a book; it does nothing until Run.
func New(c Config) (*Book, error) {
	if c.Dir == "" || c.Figures == nil || c.Paper == nil {
		return nil, errors.New("monthly: Dir, Figures and Paper are required")
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Location == nil {
		c.Location = func() *time.Location { return time.FixedZone("+07", 7*60*60) }
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return &Book{Config: c}, os.MkdirAll(c.Dir, 0o700)
}

// How often, and for how long.
const (
	lookEvery = time.Minute
	tellTime  = 20 * time.Second   // For one message.
	tellLife  = 3 * 24 * time.Hour // Then whoever is to know has looked.
	fileLines = 60_000             // Tickets in a workbook.
)

// Run makes what is due, tells of it and throws old ones away, until ctx ends.
func (b *Book) Run(ctx context.Context) error {
	b.sweep()
	for {
		if err := b.Look(ctx); err != nil && ctx.Err() == nil {
			b.Logger.Error("a scheduled report cannot be made; it is tried again in a minute", "err", err)
		}
		timer := time.NewTimer(lookEvery)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C:
		}
	}
}

// Look does what is to be done now.
func (b *Book) Look(ctx context.Context) error {
	plans, keep, err := b.Plans()
	if err != nil {
		return err
	}
	now := b.Now()
	var errs []error
	for _, p := range plans {
		for _, s := range p.due(now, b.Location(), keep) {
			if _, err := b.Make(ctx, p, s.from); err != nil {
				errs = append(errs, fmt.Errorf("%s, %s: %w", p.Name, s.from.Format(time.DateOnly), err))
			}
		}
	}
	made, err := b.All()
	if err != nil {
		return errors.Join(append(errs, err)...)
	}
	for _, m := range made {
		if to, err := time.Parse(time.DateOnly, m.To); err == nil && stale(to, now.In(b.Location()), keep) {
			errs = append(errs, os.RemoveAll(filepath.Join(b.Dir, m.Folder)))
			continue
		}
		if m, err = b.forget(m, plans); err != nil {
			errs = append(errs, err)
			continue
		}
		b.tell(ctx, m)
	}
	return errors.Join(errs...)
}

// Made is a report that was made.
type Made struct {
	Folder string `json:"-"`
	Plan   string `json:"plan"`
	Name   string `json:"name"`
	Office string `json:"office"`
	Agency string `json:"agency,omitempty"`
	From   string `json:"from"`
	To     string `json:"to"`
	Days   int    `json:"days"`
	Issued int    `json:"issued"`

	At    time.Time            `json:"at"`
	Tell  []Recipient          `json:"tell"`
	Told  map[string]time.Time `json:"told"`            // By Recipient.key.
	Error string               `json:"error,omitempty"` // Of the latest that failed.
	Tries int                  `json:"tries,omitempty"` // That failed in a row.
	Tried time.Time            `json:"tried,omitzero"`
}

func (r Recipient) key() string { return r.Channel + " " + r.Address }

// Files of a made report.
const (
	Workbook  = "report.xlsx"
	Document  = "report.html"
	aboutFile = "about.json"
	unmade    = ".new" // Of a folder that is being made.
)

// isFolder reports whether a name is one that this package gives: it is no
// other path.
func isFolder(name string) bool {
	from, rest, _ := strings.Cut(name, "_")
	if len(rest) < len(time.DateOnly)+2 {
		return false
	}
	_, err := time.Parse(time.DateOnly, from)
	_, err2 := time.Parse(time.DateOnly, rest[:len(time.DateOnly)])
	_, err3 := strconv.ParseUint(rest[len(time.DateOnly)+1:], 10, 32)
	return errors.Join(err, err2, err3) == nil && rest[len(time.DateOnly)] == '-'
}

// Make makes the report of the plan's period that begins on a day, unless it is
// there. It reports whether it was made now; a period of which the log has
// nothing has no report.
func (b *Book) Make(ctx context.Context, p Plan, from time.Time) (bool, error) {
	s := around(from, p.Months)
	spec := p.spec(s)
	folder := spec.From + "_" + spec.To + "-" + p.ID
	b.making.Lock()
	defer b.making.Unlock()
	if _, err := os.Stat(filepath.Join(b.Dir, folder)); err == nil {
		return false, nil
	}
	r, err := b.Figures.Report(ctx, spec)
	switch {
	case errors.Is(err, report.ErrNoDay):
		return false, nil
	case errors.Is(err, report.ErrBehind):
		return false, nil // It will be, in a while.
	case err != nil:
		return false, err
	case !r.Over || r.Behind != "":
		return false, nil
	}
	list, err := b.Figures.Tickets(ctx, spec, report.Pick{Part: report.ByTotal, Figure: report.FigureAll}, 0, fileLines)
	switch {
	case errors.Is(err, report.ErrBehind): // The same.
		return false, nil
	case err != nil:
		return false, err
	}
	m := Made{
		Plan: p.ID, Name: p.Name, Office: r.Name, Agency: p.Agency, From: spec.From, To: spec.To, Days: r.Days, Issued: r.Total.Issued,
		At: b.Now().UTC(), Tell: p.To, Told: map[string]time.Time{},
	}
	if err := b.put(ctx, folder, m, p.Letter, r, list); err != nil {
		return false, err
	}
	b.Logger.Info("a scheduled report was made", "plan", p.ID, "from", m.From, "to", m.To)
	return true, nil
}

// put writes a made report: its folder appears when all of it is on the disk.
func (b *Book) put(ctx context.Context, folder string, m Made, l Letter, r *report.Report, list *report.List) error {
	temporary := filepath.Join(b.Dir, folder+unmade)
	if err := errors.Join(os.RemoveAll(temporary), os.MkdirAll(temporary, 0o700)); err != nil {
		return err
	}
	paper, err := b.Paper(r, l, m.At.In(b.Location()))
	if err != nil {
		return err
	}
	about, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	f, err := os.OpenFile(filepath.Join(temporary, Workbook), os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	err = xlsx.Write(ctx, f, r, list, "vi")
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	err = errors.Join(writeSynced(filepath.Join(temporary, Document), paper), writeSynced(filepath.Join(temporary, aboutFile), about), syncDir(temporary))
	if err != nil {
		return err
	}
	if err := os.Rename(temporary, filepath.Join(b.Dir, folder)); err != nil {
		return err
	}
	return syncDir(b.Dir)
}

// All lists what was made, the latest first. A folder that cannot be read is
// left out.
func (b *Book) All() (list []Made, err error) {
	entries, err := os.ReadDir(b.Dir)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if !e.IsDir() || !isFolder(e.Name()) {
			continue
		}
		if m, err := b.About(e.Name()); err == nil {
			list = append(list, m)
		}
	}
	slices.SortFunc(list, func(x, y Made) int { return cmp.Or(cmp.Compare(y.To, x.To), cmp.Compare(y.Folder, x.Folder)) })
	return list, nil
}

// About tells of one; fs.ErrNotExist if there is none of that name.
func (b *Book) About(folder string) (m Made, err error) {
	if !isFolder(folder) {
		return m, fs.ErrNotExist
	}
	body, err := os.ReadFile(filepath.Join(b.Dir, folder, aboutFile))
	if err != nil {
		return m, err
	}
	err = json.Unmarshal(body, &m)
	if m.Folder = folder; m.Told == nil {
		m.Told = map[string]time.Time{}
	}
	return m, err
}

// Open opens a file of a made report: Workbook or Document.
func (b *Book) Open(folder, file string) (*os.File, error) {
	if !isFolder(folder) || (file != Workbook && file != Document) {
		return nil, fs.ErrNotExist
	}
	return os.Open(filepath.Join(b.Dir, folder, file))
}

// tell tells those who were not told yet. The key of a message stays the same
// however often it is sent.
func (b *Book) tell(ctx context.Context, m Made) {
	if b.Now().Sub(m.At) > tellLife || b.Now().Sub(m.Tried) < pause(m.Tries) {
		return
	}
	failed := false
	link := ""
	if b.Link != nil {
		link = " " + b.Link(m.Folder)
	}
	period := report.Report{From: m.From, To: m.To}
	vi := m.Office + ": đã lập " + m.Name + ", " + period.Period().VI + "." + link
	en := m.Office + ": " + m.Name + " was made, " + period.Period().EN + "." + link
	for _, to := range m.Tell {
		if _, done := m.Told[to.key()]; done || ctx.Err() != nil {
			continue
		}
		err := b.push(ctx, to, "report/"+m.Folder+"/"+to.Channel, vi, en)
		if ctx.Err() != nil {
			return // It is tried again after the start.
		}
		m.Tried = b.Now().UTC()
		if err == nil {
			m.Told[to.key()] = m.Tried
		} else {
			failed, m.Error = true, err.Error()
			b.Logger.Warn("a scheduled report could not be told of; it is tried again", "channel", to.Channel, "folder", m.Folder)
		}
		if m.Tries++; !failed {
			m.Tries, m.Error = 0, ""
		}
		if err := b.note(m); err != nil {
			b.Logger.Warn("it cannot be noted who was told of a report", "err", err)
		}
	}
}

// forget erases from a made report whoever no plan names any more: an address is
// kept as long as somebody wants it told, and not as long as reports are.
func (b *Book) forget(m Made, plans []Plan) (Made, error) {
	named := map[string]bool{}
	for _, p := range plans {
		for _, r := range p.To {
			named[r.key()] = true
		}
	}
	kept := slices.DeleteFunc(slices.Clone(m.Tell), func(r Recipient) bool { return !named[r.key()] })
	if len(kept) == len(m.Tell) {
		return m, nil
	}
	maps.DeleteFunc(m.Told, func(key string, _ time.Time) bool { return !named[key] })
	m.Tell, m.Error, m.Tries = kept, "", 0
	return m, b.note(m)
}

// pause is before another try, after so many that failed.
func pause(tries int) time.Duration {
	if tries == 0 {
		return 0
	}
	return min(lookEvery<<min(tries, 6), time.Hour)
}

func (b *Book) push(ctx context.Context, to Recipient, key, vi, en string) error {
	c := channelOf(b.Channels, to.Channel)
	if c == nil {
		return fmt.Errorf("kênh %s không còn được cài đặt (channel %[1]s is not set up any more)", to.Channel)
	}
	ctx, cancel := context.WithTimeout(ctx, tellTime)
	defer cancel()
	return c.Tell(ctx, to.Address, key, vi, en)
}

func (b *Book) note(m Made) error {
	body, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	return replace(filepath.Join(b.Dir, m.Folder, aboutFile), body)
}

// sweep clears away what was being made when the power went.
func (b *Book) sweep() {
	left, err := filepath.Glob(filepath.Join(b.Dir, "*"+unmade))
	if err != nil {
		return
	}
	for _, path := range left {
		if err := os.RemoveAll(path); err != nil {
			b.Logger.Warn("an unfinished report cannot be removed", "err", err)
		}
	}
}

// replace writes a file in the place of another: either is there, whole.
func replace(path string, body []byte) error {
	temporary := path + unmade
	if err := writeSynced(temporary, body); err != nil {
		return err
	}
	if err := os.Rename(temporary, path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

func writeSynced(path string, body []byte) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(body)
	return errors.Join(err, f.Sync(), f.Close())
}

// syncDir makes names durable.
func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Title names a period for people: "tháng 10/2026", "quý 4/2026", "năm 2026".
func (m Made) Title() report.Text {
	from, err := time.Parse(time.DateOnly, m.From)
	to, err2 := time.Parse(time.DateOnly, m.To)
	if err != nil || err2 != nil {
		return report.Text{VI: m.From, EN: m.From}
	}
	year := from.Format("2006")
	switch months := 12*(to.Year()-from.Year()) + int(to.Month()-from.Month()) + 1; months {
	case 1:
		return report.Text{VI: "tháng " + strings.TrimPrefix(from.Format("01"), "0") + "/" + year, EN: from.Format("January 2006")}
	case 3:
		q := (int(from.Month())-1)/3 + 1
		return report.Text{VI: fmt.Sprintf("quý %d/%s", q, year), EN: fmt.Sprintf("quarter %d of %s", q, year)}
	default:
		return report.Text{VI: "năm " + year, EN: year}
	}
}
