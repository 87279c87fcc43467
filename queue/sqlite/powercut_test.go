package sqlite_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/sqlite"
	"github.com/xinmoi/xinmoi/queue/sqlite/powercut"
)

const (
	cutsEnv = "XINMOI_POWER_CUTS"     // How many power cuts are simulated; the default is small.
	seedEnv = "XINMOI_POWER_CUT_SEED" // Where and how; the default is another every time.
)

// recorder builds the library that records.
func recorder(t *testing.T) (lib string) {
	t.Helper()
	lib, err := powercut.Build(t.TempDir())
	if errors.Is(err, powercut.ErrUnavailable) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return lib
}

// realDir makes a directory and gives it as SQLite sees it.
func realDir(t *testing.T) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// lead lives one life in a process of its own and gives the journal so far.
func lead(t *testing.T, lib string, life cutLife, dieAtSync int) []powercut.Record {
	t.Helper()
	text, err := json.Marshal(life)
	if err != nil {
		t.Fatal(err)
	}
	child := exec.Command(os.Args[0], "-test.run=^TestPowerCutChild$")
	rec := powercut.Recording{Lib: lib, Dir: life.Dir, Journal: life.Journal, SyncTime: 300 * time.Microsecond, DieAtSync: dieAtSync}
	child.Env = append(append(os.Environ(), rec.Env()...), powerChild+"="+string(text))
	out, err := child.CombinedOutput()
	var exit *exec.ExitError
	killed := errors.As(err, &exit) && exit.Sys().(syscall.WaitStatus).Signal() == syscall.SIGKILL
	if (dieAtSync > 0) != killed || dieAtSync == 0 && err != nil {
		t.Fatalf("life %s: %v: %s", life.Name, err, out)
	}
	records, err := powercut.ReadJournal(life.Journal)
	if err != nil {
		t.Fatal(err)
	}
	return records
}

// scratch makes a directory for files that need not outlive the test: in
// memory, where there is such a place, so that flushes cost nothing.
func scratch(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "xinmoi-power-cut-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// marked gives what a record acknowledges.
func marked(t *testing.T, r powercut.Record) ackMark {
	t.Helper()
	var a ackMark
	if err := json.Unmarshal(r.Data, &a); err != nil {
		t.Fatal(err)
	}
	return a
}

// resume gives every worker's latest acknowledged request.
func resume(t *testing.T, records []powercut.Record) map[string]int {
	t.Helper()
	latest := map[string]int{}
	for _, r := range records {
		if r.Op == powercut.Mark {
			a := marked(t, r)
			latest[a.Worker] = max(latest[a.Worker], a.N)
		}
	}
	return latest
}

// isSame compares a disk that has followed a whole journal with the directory:
// nothing escaped the recorder.
func isSame(t *testing.T, disk *powercut.Disk, dir string) {
	t.Helper()
	files := disk.Files()
	for _, name := range names(t, dir) {
		path := filepath.Join(dir, name)
		if strings.HasSuffix(path, "-shm") {
			continue
		}
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := files[path]; !ok || !bytes.Equal(got, content) {
			t.Fatalf("%s: %d bytes, recorded are %d (%v), or others", name, len(content), len(got), ok)
		}
		delete(files, path)
	}
	if len(files) > 0 {
		t.Fatalf("%d files are recorded that are not there", len(files))
	}
}

// cutPoints picks numbers of records before which the power fails: a third of
// them anywhere, a third where files come, go, shrink or are brought up to
// date, a third when somebody has just got an answer.
func cutPoints(records []powercut.Record, n int, random *rand.Rand) map[int]int {
	var rare []int
	wal := map[uint64]bool{}
	for i, r := range records {
		switch r.Op {
		case powercut.Open:
			wal[r.Inode] = strings.HasSuffix(r.Path, "-wal")
			rare = append(rare, i)
		case powercut.Truncate, powercut.Unlink:
			rare = append(rare, i)
		case powercut.Sync:
			if !wal[r.Inode] {
				rare = append(rare, i)
			}
		}
	}
	answers := afterMarks(records)
	points := map[int]int{}
	for i := range n {
		at := random.IntN(len(records) + 1)
		switch i % 3 {
		case 0:
			at = min(max(rare[random.IntN(len(rare))]+random.IntN(7)-3, 0), len(records))
		case 1:
			at = answers[random.IntN(len(answers))]
		}
		points[at]++
	}
	return points
}

// afterMarks gives the numbers of the records that follow a mark.
func afterMarks(records []powercut.Record) (points []int) {
	for i, r := range records {
		if r.Op == powercut.Mark {
			points = append(points, i+1)
		}
	}
	return points
}

// found is what stands in a store after a cut.
type found struct {
	lost   []string // Acknowledged, and not there.
	broken []string // Anything else that is not as it should be.
}

// afterCut opens the files that a cut left as the office would, and looks for
// what was acknowledged.
func afterCut(t *testing.T, dir string, acks []ackMark) (f found) {
	t.Helper()
	path := filepath.Join(dir, sqlite.FileName)
	db, err := sqlite.Open(t.Context(), dir)
	if err != nil {
		f.broken = append(f.broken, err.Error())
		return f
	}
	defer func() {
		if err := db.Close(); err != nil {
			f.broken = append(f.broken, err.Error())
		}
	}()
	if _, err := sqlite.Verify(t.Context(), path, func(v queue.Finding) { f.broken = append(f.broken, v.String()) }); err != nil {
		f.broken = append(f.broken, err.Error())
	}
	events, err := db.Read(t.Context(), cutOffice().Office, 0, -1)
	if err != nil {
		f.broken = append(f.broken, err.Error())
		return f
	}
	if f.lost, err = missing(t.Context(), db, events, acks); err != nil {
		f.broken = append(f.broken, err.Error())
	}
	if len(f.lost) == 0 && len(f.broken) == 0 {
		f.broken = goOn(t, db, events, acks)
	}
	return f
}

// missing: a ticket is there in the version that was acknowledged, and so is
// the request's key, unless it is old enough to be forgotten.
func missing(ctx context.Context, db *sqlite.DB, events []queue.Event, acks []ackMark) (lost []string, err error) {
	if len(events) == 0 {
		for _, a := range acks {
			lost = append(lost, a.Number)
		}
		return lost, nil
	}
	loaded, err := db.Load(ctx, cutOffice().Office, time.Time{})
	if err != nil {
		return nil, err
	}
	keys := map[string]string{}
	for _, k := range loaded.Keys {
		keys[k.Caller+" "+k.Key] = k.Ticket
	}
	young := events[len(events)-1].At.Add(-7 * 24 * time.Hour)
	for _, a := range acks {
		if a.Version > int64(len(events)) {
			lost = append(lost, fmt.Sprintf("%s (version %d of %s)", a.Number, a.Version, a.Key))
			continue
		}
		e := events[a.Version-1]
		if e.Seq != a.Version || e.Ticket == nil || e.Ticket.ID != a.Ticket || e.Ticket.Number.String() != a.Number {
			lost = append(lost, fmt.Sprintf("%s: event %d is %s", a.Key, a.Version, e.Kind))
			continue
		}
		if e.Ticket.IssuedAt.After(young) && // No key of a ticket is older than it.
			keys[a.Worker+" "+a.Key] != a.Ticket {
			lost = append(lost, fmt.Sprintf("key %s of ticket %s gives %q", a.Key, a.Ticket, keys[a.Worker+" "+a.Key]))
		}
	}
	return lost, nil
}

// goOn works on after a cut: repeated requests get their first answer, and a
// new one a number that nobody has.
func goOn(t *testing.T, db *sqlite.DB, events []queue.Event, acks []ackMark) (broken []string) {
	t.Helper()
	at := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	if len(events) > 0 {
		at = events[len(events)-1].At.Add(time.Second)
	}
	e, err := queue.NewEngine(t.Context(), queue.Config{Setup: cutOffice(), Store: db, Now: func() time.Time { return at }})
	if err != nil {
		return []string{err.Error()}
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- e.Run(ctx) }()
	defer func() {
		stop()
		if err := <-done; err != nil {
			broken = append(broken, err.Error())
		}
	}()
	given := map[string]bool{}
	for i, a := range acks {
		given[a.Day+" "+a.Number] = true
		if i < len(acks)-10 || !strings.HasSuffix(a.Key, fmt.Sprint(".", a.N)) || !strings.Contains(a.Worker, ".t") {
			continue
		}
		got, err := e.Take(ctx, cutTake(a.Worker, a.Key, a.N))
		if err != nil || got.ID != a.Ticket || got.Number.String() != a.Number {
			broken = append(broken, fmt.Sprintf("the request %s gives %s, %v; it was acknowledged with %s", a.Key, got.Number, err, a.Number))
		}
	}
	got, err := e.Take(ctx, queue.TakeRequest{Service: "A", Channel: queue.Kiosk})
	if err != nil || given[got.Day+" "+got.Number.String()] {
		broken = append(broken, fmt.Sprintf("a new request gets %s of %s, %v, which was given before", got.Number, got.Day, err))
	}
	return broken
}

// tally adds up what cuts did.
type tally struct {
	cuts, acks, lost, broken int
	kinds                    map[powercut.Kind]int
	commits                  int // Cuts while writes to the write-ahead log were not flushed,
	checkpoints              int // to the database itself,
	names                    int // changes of names in the directory.
}

// cutter cuts the power in what a journal tells of one directory.
type cutter struct {
	t      *testing.T
	random *rand.Rand
	sum    *tally
	dir    string
	disk   *powercut.Disk // As of the beginning of the journal.
	acks   []ackMark      // What was acknowledged before it.
}

// all follows a journal and cuts the power before the records at points. What
// the last cut leaves is also put into the directory next, if that is not
// empty; all gives what was acknowledged by then.
func (c *cutter) all(records []powercut.Record, points map[int]int, next string) (standing []ackMark) {
	c.t.Helper()
	for i := 0; i <= len(records); i++ {
		for range points[i] {
			c.cut(fmt.Sprintf("record %d of %d", i, len(records)), next)
			standing = c.acks[:len(c.acks):len(c.acks)]
		}
		if i == len(records) {
			break
		}
		if err := c.disk.Apply(records[i]); err != nil {
			c.t.Fatalf("record %d: %v", i, err)
		}
		if records[i].Op == powercut.Mark {
			c.acks = append(c.acks, marked(c.t, records[i]))
		}
	}
	return standing
}

// cut cuts the power once and looks at what is left.
func (c *cutter) cut(where, next string) {
	c.t.Helper()
	kind := powercut.Kinds()[c.random.IntN(len(powercut.Kinds()))]
	files := c.disk.Cut(kind, c.random)
	to := scratch(c.t)
	errs := []error{powercut.Put(files, c.dir, to)}
	if next != "" {
		errs = append(errs, os.RemoveAll(next), os.Mkdir(next, 0o700), powercut.Put(files, c.dir, next))
	}
	f := afterCut(c.t, to, c.acks)
	if err := errors.Join(append(errs, os.RemoveAll(to))...); err != nil {
		c.t.Fatal(err)
	}
	c.sum.add(c.t, kind, f, fmt.Sprintf("cut (%s) before %s", kind, where), len(c.acks))
	c.sum.count(c.disk)
}

// count tells where a cut fell.
func (s *tally) count(disk *powercut.Disk) {
	writes, names := disk.Unflushed()
	if names > 0 {
		s.names++
	}
	for path := range writes {
		switch filepath.Base(path) {
		case sqlite.FileName:
			s.checkpoints++
		case sqlite.FileName + "-wal":
			s.commits++
		}
	}
}

func (s *tally) add(t *testing.T, kind powercut.Kind, f found, where string, acks int) {
	t.Helper()
	s.cuts++
	s.kinds[kind]++
	s.acks = max(s.acks, acks)
	s.lost += len(f.lost)
	s.broken += len(f.broken)
	const most = 3
	for _, text := range append(f.lost[:min(most, len(f.lost)):min(most, len(f.lost))], f.broken[:min(most, len(f.broken))]...) {
		t.Logf("%s: %s", where, text)
	}
}

// Rounds of work, each beginning with what a cut in the round before left
// behind: a process that is killed in the middle of a commit, one that goes on
// after it, and cuts anywhere in both, also while the second recovers.
func TestPowerCuts(t *testing.T) {
	lib := recorder(t)
	total, perRound, marks := 60, 20, 150
	if s := os.Getenv(cutsEnv); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 {
			t.Fatalf("%s=%q: %v", cutsEnv, s, err)
		}
		total, perRound, marks = n, 25, 300
	}
	seed := uint64(time.Now().UnixNano())
	if s := os.Getenv(seedEnv); s != "" {
		n, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			t.Fatalf("%s=%q: %v", seedEnv, s, err)
		}
		seed = n
	}
	random := rand.New(rand.NewPCG(seed, 0))
	sum := &tally{kinds: map[powercut.Kind]int{}}
	dir, acks := realDir(t), []ackMark(nil)
	start := time.Date(2026, 11, 2, 1, 0, 0, 0, time.UTC)
	flushes := 0
	for round := 0; sum.cuts < total; round++ {
		disk, err := powercut.Load(dir)
		if err != nil {
			t.Fatal(err)
		}
		life := cutLife{
			Dir: dir, Journal: filepath.Join(t.TempDir(), "journal"), Name: fmt.Sprint("r", round), Start: start,
			Marks: 1 << 30, Turn: marks * 2 / 3, Workers: 4,
		}
		lead(t, lib, life, 10+random.IntN(30))
		records, err := powercut.ReadJournal(life.Journal)
		if err != nil {
			t.Fatal(err)
		}
		life.Resume, life.Marks, life.Close = resume(t, records), marks, round%2 == 0
		life.Start = start.Add(3 * 24 * time.Hour)
		start = start.Add(6 * 24 * time.Hour)
		records = lead(t, lib, life, 0)
		for _, r := range records {
			if r.Op == powercut.Sync {
				flushes++
			}
		}
		next := realDir(t)
		c := &cutter{t: t, random: random, sum: sum, dir: dir, disk: disk, acks: acks}
		acks = c.all(records, cutPoints(records, min(perRound, total-sum.cuts), random), next)
		isSame(t, disk, dir)
		dir = next
	}
	t.Logf("seed %d: %d power cuts (%v), %d of them in commits, %d in checkpoints, %d while names changed; %d flushes; up to %d acknowledged actions, %d lost, %d other findings",
		seed, sum.cuts, sum.kinds, sum.commits, sum.checkpoints, sum.names, flushes, sum.acks, sum.lost, sum.broken)
	if sum.lost > 0 || sum.broken > 0 {
		t.Errorf("%d acknowledged actions lost, %d other findings", sum.lost, sum.broken)
	}
	// Where few cuts are made, chance may leave out what is rare.
	if sum.commits == 0 || sum.acks < marks || total >= 200 && (sum.commits < total/10 || sum.checkpoints < total/50 || sum.names == 0) {
		t.Errorf("the cuts were too harmless to prove anything: %+v", sum)
	}
}

// oneLife records one life in a new directory, and gives the disk from before it.
func oneLife(t *testing.T, life cutLife) (disk *powercut.Disk, dir string, records []powercut.Record) {
	t.Helper()
	lib := recorder(t)
	life.Dir, life.Journal = realDir(t), filepath.Join(t.TempDir(), "journal")
	life.Name, life.Start = "one", time.Date(2026, 11, 2, 1, 0, 0, 0, time.UTC)
	disk, err := powercut.Load(life.Dir)
	if err != nil {
		t.Fatal(err)
	}
	return disk, life.Dir, lead(t, lib, life, 0)
}

// The simulation finds what it is for: an office that does not flush every
// commit, and a disk that forgets flushes, lose tickets.
func TestPowerCutsFindLoss(t *testing.T) {
	for name, c := range map[string]struct {
		weak   bool
		change func([]powercut.Record) []powercut.Record
	}{
		"synchronous=NORMAL":      {true, func(r []powercut.Record) []powercut.Record { return r }},
		"flushes without effect":  {false, withoutFlushes},
		"directories not flushed": {false, withoutDirs},
		"acknowledged too early":  {false, early},
	} {
		t.Run(name, func(t *testing.T) {
			disk, dir, records := oneLife(t, cutLife{Marks: 80, Workers: 4, Weak: c.weak})
			records = c.change(records)
			sum := &tally{kinds: map[powercut.Kind]int{}}
			points := map[int]int{}
			for i, at := range afterMarks(records) {
				if i%10 == 9 {
					points[at]++
				}
			}
			(&cutter{t: t, random: rand.New(rand.NewPCG(1, 2)), sum: sum, dir: dir, disk: disk}).all(records, points, "")
			if sum.lost == 0 {
				t.Errorf("nothing lost: %+v", sum)
			}
		})
	}
}

func withoutFlushes(records []powercut.Record) []powercut.Record {
	return slices.DeleteFunc(records, func(r powercut.Record) bool { return r.Op == powercut.Sync })
}

// early moves every flush behind the acknowledgements that follow it.
func early(records []powercut.Record) (moved []powercut.Record) {
	var late []powercut.Record
	for _, r := range records {
		switch r.Op {
		case powercut.Sync:
			late = append(late, r)
			continue
		case powercut.Mark:
		default:
			moved, late = append(moved, late...), nil
		}
		moved = append(moved, r)
	}
	return append(moved, late...)
}

// withoutDirs takes out the flushes of directories.
func withoutDirs(records []powercut.Record) []powercut.Record {
	dirs := map[uint64]bool{}
	for _, r := range records {
		if r.IsDir {
			dirs[r.Inode] = true
		}
	}
	return slices.DeleteFunc(records, func(r powercut.Record) bool { return r.Op == powercut.Sync && dirs[r.Inode] })
}

// A process is killed when a commit is written but not flushed. The next one
// finds it in the log and answers the repeated request from it, with no commit
// of its own: then the power fails.
func TestWhatAKilledProcessWroteIsFlushed(t *testing.T) {
	lib := recorder(t)
	dir := realDir(t)
	disk, err := powercut.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	start := time.Date(2026, 11, 2, 1, 0, 0, 0, time.UTC)
	life := cutLife{Dir: dir, Journal: filepath.Join(t.TempDir(), "journal"), Name: plainLife, Start: start, Marks: 1 << 30, Workers: 1}
	before := lead(t, lib, life, 12)
	life.Resume, life.Marks = resume(t, before), 1
	for worker := range life.Resume {
		life.Resume[worker]++ // What was under way.
	}
	records := lead(t, lib, life, 0)
	sum := &tally{kinds: map[powercut.Kind]int{}}
	first := len(before)
	for first < len(records) && records[first].Op != powercut.Mark {
		first++
	}
	if first == len(records) {
		t.Fatal("nothing was acknowledged after the kill")
	}
	if a := marked(t, records[first]); a.N != life.Resume[a.Worker] {
		t.Fatalf("%s was acknowledged first, not what had been asked before", a.Key)
	}
	(&cutter{t: t, random: rand.New(rand.NewPCG(1, 2)), sum: sum, dir: dir, disk: disk}).all(records[:first+1], map[int]int{first + 1: 12}, "")
	if sum.lost > 0 || sum.broken > 0 {
		t.Errorf("%d acknowledged actions lost, %d other findings", sum.lost, sum.broken)
	}
}
