package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/ivr/callout/book"
	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/alarm"
	"github.com/xinmoi/xinmoi/queue/appointment"
	"github.com/xinmoi/xinmoi/queue/people"
	"github.com/xinmoi/xinmoi/queue/report/monthly"
	"github.com/xinmoi/xinmoi/queue/sqlite"
	"github.com/xinmoi/xinmoi/queue/web/notes"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

const (
	messagesName = "messages.db" // What the chat channels keep, within a data directory.
	backupsName  = sqlite.BackupsName
	backupsKept  = sqlite.BackupsKept
	stampLayout  = "20060102-150405" // In the machine's time zone, as in a list of files.
	findingsMost = 1000              // Lines of findings printed.
	partLife     = time.Hour         // After that, an unfinished copy is of a process that died.
)

// besideLog are the files that are backed up besides store and messages. What they
// hold is true whatever the log says, and so a restore puts them only where there
// is none, as after the loss of a disk: older accounts would let in again who was
// shut out meanwhile. Not among them is what is made anew or goes on without:
// how far other systems were told (hooks.db) begins at the log's end.
func besideLog() []besideFile {
	return []besideFile{
		{people.FileName, "people", "the accounts of staff"},
		{alarm.FileName, "alarms", "who hears of trouble"},
		{appointment.FileName, "appointments", "the appointments"},
	}
}

// plansName is, within a data directory, what reports are made by themselves and
// who is told. It is copied with the rest, and put back where there is none.
const plansName = filedDir + "/" + monthly.PlansName

// copyOfPlans names its copy that belongs to a copy of the store.
func copyOfPlans(path string) string { return strings.TrimSuffix(path, ".db") + ".plans.json" }

// copyPlain copies a small file that nobody writes half of.
func copyPlain(from, to string) error {
	body, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	return os.WriteFile(to, body, 0o600)
}

// besideFile is one of them: its name in the data directory, what is put into
// the name of its copy, and what it is called.
type besideFile struct{ name, infix, what string }

// copyOf names the copy that belongs to a copy of the store.
func (f besideFile) copyOf(path string) string {
	return strings.TrimSuffix(path, ".db") + "." + f.infix + ".db"
}

// ofTheDay are files about the tickets of one day, erased with it. They are not
// backed up; and after a restore their tickets' ids may be other people's.
func ofTheDay() []string { return []string{notes.FileName, book.FileName} }

// storeIn names the store of a data directory that has one.
func storeIn(data string) (string, error) {
	path := filepath.Join(data, sqlite.FileName)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("no office in %s: name its directory with -data DIR", data)
	}
	return path, nil
}

// runVerify checks a store or a backup, also beside a running server.
func runVerify(ctx context.Context, f *flag.FlagSet, args []string, s streams) error {
	data := f.String("data", defaultData, "data directory")
	head := f.String("head", "", "a `hash` noted from an earlier verify or backup: the log must still lead through it")
	words, err := parse(f, args)
	if err != nil {
		return err
	}
	if len(words) > 1 {
		return usagef("unexpected %q", words[1])
	}
	var path, messages string
	if len(words) == 1 {
		path = words[0]
	} else {
		if path, err = storeIn(*data); err != nil {
			return err
		}
		messages = filepath.Join(*data, messagesName)
	}
	return verify(ctx, path, messages, *head, s)
}

// verify prints what is wrong with a store, or how much is right.
func verify(ctx context.Context, path, messages, head string, s streams) error {
	count := 0
	found := func(f queue.Finding) {
		if count++; count <= findingsMost {
			fmt.Fprintln(s.out, f)
		}
	}
	sum, err := sqlite.Verify(ctx, path, found)
	if err == nil && exists(messages) {
		err = sqlite.Integrity(ctx, messages, func(f queue.Finding) { f.Text = messagesName + ": " + f.Text; found(f) })
	}
	if count > findingsMost {
		fmt.Fprintf(s.out, "… and %d more\n", count-findingsMost)
	}
	if err != nil {
		return fmt.Errorf("%w; if the disk fails, restore the newest backup with \"xinmoi restore\"", err)
	}
	if count > 0 {
		return fmt.Errorf("%d findings in %s: it was changed from outside or the disk fails; keep it, and compare the newest backup with \"xinmoi verify FILE\"", count, path)
	}
	if head != "" {
		office, seq, err := sqlite.FindHash(ctx, path, head)
		if err != nil {
			return err
		}
		fmt.Fprintf(s.out, "%s: unchanged up to seq %d since the hash was noted\n", office, seq)
	}
	printSummary(s, path, sum)
	return nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func printSummary(s streams, path string, sum sqlite.Summary) {
	for _, o := range sum.Offices {
		fmt.Fprintf(s.out, "%s: %s, %s, %s; the log ends at seq %d, %s, hash %s\n",
			o.Office, page.Count(o.Events, "event"), page.Count(o.Tickets, "ticket"), page.Count(o.Days, "day"), o.Seq, o.At.In(zoneOf(o.TimeZone)).Format(time.RFC3339), o.Hash)
	}
	fmt.Fprintf(s.out, "%s: fine\n", path)
}

// runBackup copies the store, also beside a running server.
func runBackup(ctx context.Context, f *flag.FlagSet, args []string, s streams) error {
	data := f.String("data", defaultData, "data directory")
	to := f.String("o", "", fmt.Sprintf("`file` or directory to write to (default DIR/%s, where the newest %d are kept)", backupsName, backupsKept))
	if err := parseFlags(f, args); err != nil {
		return err
	}
	made, err := backUp(ctx, *data, *to, time.Now())
	if err != nil {
		return err
	}
	printSummary(s, made.path, made.sum)
	for _, beside := range made.beside() {
		fmt.Fprintf(s.out, "%s: fine\n", beside)
	}
	for _, old := range made.removed {
		fmt.Fprintf(s.out, "%s: removed, the newest %d are kept\n", old, backupsKept)
	}
	return nil
}

// backupMade is what backUp has done.
type backupMade struct {
	path, messages string   // The copies; messages is empty where no chat channel was ever used.
	standing       []string // Copies of the standing files that there are.
	sum            sqlite.Summary
	removed        []string // Backups that were too many.
}

// beside lists the copies besides the store's.
func (m backupMade) beside() []string {
	if m.messages == "" {
		return m.standing
	}
	return append([]string{m.messages}, m.standing...)
}

// backUp copies what a data directory holds into the file or directory to, or
// if that is empty, among the directory's own backups, of which it keeps the
// newest. The data directory may be in use by this or any other process.
func backUp(ctx context.Context, data, to string, now time.Time) (made backupMade, err error) {
	from, err := storeIn(data)
	if err != nil {
		return made, err
	}
	own := filepath.Join(data, backupsName)
	if to == "" {
		if err := os.MkdirAll(own, 0o700); err != nil {
			return made, fmt.Errorf("cannot make the directory of backups: %w; name a file elsewhere with -o", err)
		}
	}
	made.path = cmp.Or(to, own)
	if info, err := os.Stat(made.path); err == nil && info.IsDir() {
		made.path = filepath.Join(made.path, backupName(now))
	}
	if err = made.copy(ctx, data, from); err != nil {
		for _, beside := range made.beside() { // Without a store they are no backup.
			err = errors.Join(err, os.Remove(beside))
		}
		return made, err
	}
	if to == "" {
		made.removed, err = rotate(own, filepath.Base(made.path), now)
	}
	return made, err
}

// copy makes the copies of all files. The messages come first: what they say of
// the log is then in the copied log.
func (m *backupMade) copy(ctx context.Context, data, from string) (err error) {
	if exists(m.path) { // Before the copies beside it, whose names nobody gave.
		return fmt.Errorf("%s exists already; give another name", m.path)
	}
	if messages := filepath.Join(data, messagesName); exists(messages) {
		if err := sqlite.Copy(ctx, messages, twin(m.path)); err != nil {
			return err
		}
		m.messages = twin(m.path)
	}
	for _, f := range besideLog() {
		if own := filepath.Join(data, f.name); exists(own) {
			if err := sqlite.Copy(ctx, own, f.copyOf(m.path)); err != nil {
				return err
			}
			m.standing = append(m.standing, f.copyOf(m.path))
		}
	}
	if plans := filepath.Join(data, plansName); exists(plans) {
		m.standing = append(m.standing, copyOfPlans(m.path))
		if err := copyPlain(plans, copyOfPlans(m.path)); err != nil {
			return err
		}
	}
	m.sum, err = sqlite.Backup(ctx, from, m.path)
	return err
}

func backupName(now time.Time) string { return "xinmoi-" + now.Format(stampLayout) + ".db" }

// twin names the copy of the messages that belongs to a copy of the store.
func twin(path string) string { return strings.TrimSuffix(path, ".db") + ".messages.db" }

// rotate removes all but the newest backups from their directory, with their
// messages, and copies that were never finished. It touches only names that
// backUp gives, and never the one just made: the clock may have been wrong.
func rotate(dir, made string, now time.Time) (removed []string, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	pattern := regexp.MustCompile(`^(xinmoi-\d{8}-\d{6})(?:(?:\.[a-z]+)?\.db|\.plans\.json)(` + regexp.QuoteMeta(sqlite.PartInfix) + `.*)?$`)
	whole := map[string][]string{} // Backup → its files.
	var failed []error
	for _, e := range entries {
		name := pattern.FindStringSubmatch(e.Name())
		switch {
		case name == nil || !e.Type().IsRegular():
		case name[2] == "":
			whole[name[1]] = append(whole[name[1]], e.Name())
		default:
			if info, err := e.Info(); err == nil && now.Sub(info.ModTime()) > partLife {
				failed = append(failed, os.Remove(filepath.Join(dir, e.Name())))
			}
		}
	}
	delete(whole, strings.TrimSuffix(made, ".db"))
	names := make([]string, 0, len(whole))
	for name := range whole {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names[:max(0, len(names)+1-backupsKept)] {
		for _, file := range whole[name] {
			failed = append(failed, os.Remove(filepath.Join(dir, file)))
			removed = append(removed, filepath.Join(dir, file))
		}
	}
	return removed, errors.Join(failed...)
}

// runRestore puts a backup in the place of a data directory's store.
func runRestore(ctx context.Context, f *flag.FlagSet, args []string, s streams) (err error) {
	data := f.String("data", "", "data directory; no server may run there")
	usage := f.Usage
	f.Usage = func() {
		usage()
		fmt.Fprintf(f.Output(), "  Numbers issued after the backup was made are gone from the log; the store in place now is kept beside it.\n")
	}
	words, err := parse(f, args)
	switch {
	case err != nil:
		return err
	case *data == "":
		return usagef("name the data directory with -data DIR")
	case len(words) != 1:
		return usagef("name one backup; they are in %s", filepath.Join(*data, backupsName))
	}
	if _, err := os.Stat(words[0]); err != nil {
		return fmt.Errorf("%w; backups are in %s", err, filepath.Join(*data, backupsName))
	}
	dir, err := openDataDir(*data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, dir.close(!exists(filepath.Join(dir.path, sqlite.FileName)))) }()
	return restore(ctx, dir, words[0], time.Now(), s)
}

// restore puts store and messages of one backup in place. Messages without a
// backup are set aside: they speak of tickets that the restored log does not
// know, and whose ids it will give to other people.
func restore(ctx context.Context, dir *dataDir, from string, now time.Time, s streams) error {
	path, messages := filepath.Join(dir.path, sqlite.FileName), filepath.Join(dir.path, messagesName)
	aside := filepath.Join(dir.path, "xinmoi-replaced-"+now.Format(stampLayout)+".db")
	if err := sweepRestores(dir.path); err != nil {
		return err
	}
	before := exists(path)
	sum, err := sqlite.Restore(ctx, from, path, aside)
	if err != nil {
		return fmt.Errorf("%w; nothing was restored", err)
	}
	if before {
		fmt.Fprintf(s.out, "%s: the store that was in place, kept\n", aside)
	}
	if err := restoreMessages(ctx, twin(from), messages, twin(aside), s); err != nil {
		return fmt.Errorf("the store is restored, but not the messages: %w; before the next start, move %s elsewhere", err, messages)
	}
	for _, f := range besideLog() {
		if err := f.restore(ctx, from, dir.path, aside, s); err != nil {
			return fmt.Errorf("the store is restored, but not %s: %w; what is missing must be made anew", f.what, err)
		}
	}
	if plans := filepath.Join(dir.path, plansName); exists(copyOfPlans(from)) && !exists(plans) {
		if err := copyPlain(copyOfPlans(from), plans); err != nil {
			return fmt.Errorf("the store is restored, but not what reports are made by themselves: %w; set them anew at /reports/filed", err)
		}
		fmt.Fprintf(s.out, "%s: which reports are made by themselves, from the backup\n", plans)
	}
	if err := forgetDay(dir.path, s); err != nil {
		return fmt.Errorf("the store is restored, but what was noted about today's tickets is still there: %w; remove %s from %s before the next start", err, strings.Join(ofTheDay(), " and "), dir.path)
	}
	printSummary(s, path, sum)
	for _, o := range sum.Offices {
		fmt.Fprintf(s.out, "%s: numbers given out after %s are no longer known and may be given out again; collect such papers before opening\n",
			o.Office, o.At.In(zoneOf(o.TimeZone)).Format("2006-01-02 15:04:05 -07:00"))
	}
	return nil
}

// sweepRestores removes what restores left that were killed; nobody else may
// be at work in a locked directory.
func sweepRestores(dir string) error {
	left, err := filepath.Glob(filepath.Join(dir, "xinmoi-replaced-*.db.new*"))
	for _, path := range left {
		err = errors.Join(err, os.Remove(path))
	}
	return err
}

// restore puts a standing file in place where there is none.
func (f besideFile) restore(ctx context.Context, from, dir, aside string, s streams) error {
	kept, path := f.copyOf(from), filepath.Join(dir, f.name)
	if !exists(kept) || exists(path) {
		return nil
	}
	if err := sqlite.RestoreCopy(ctx, kept, path, f.copyOf(aside)); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "%s: %s, from the backup\n", path, f.what)
	return nil
}

// forgetDay removes the files about the day's tickets.
func forgetDay(dir string, s streams) error {
	for _, name := range ofTheDay() {
		path := filepath.Join(dir, name)
		if !exists(path) {
			continue
		}
		for _, suffix := range []string{"-wal", "-shm", "-journal", ""} {
			if err := os.Remove(path + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
		fmt.Fprintf(s.out, "%s: removed, it was about numbers that may be given out again\n", path)
	}
	return nil
}

func restoreMessages(ctx context.Context, from, path, aside string, s streams) (err error) {
	before := exists(path)
	if exists(from) {
		err = sqlite.RestoreCopy(ctx, from, path, aside)
	} else {
		err = sqlite.SetAside(ctx, path, aside)
	}
	if err == nil && before {
		fmt.Fprintf(s.out, "%s: the messages that were in place, kept\n", aside)
	}
	return err
}
