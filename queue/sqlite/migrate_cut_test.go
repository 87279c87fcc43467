package sqlite

import (
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/sqlite/powercut"
)

// upgradeChild, in the environment, is the directory that TestUpgradeChild opens.
const upgradeChild = "XINMOI_UPGRADE_CHILD"

// TestUpgradeChild is a child's body; in an ordinary run it does nothing.
func TestUpgradeChild(t *testing.T) {
	dir := os.Getenv(upgradeChild)
	if dir == "" {
		t.Skip("only as a child of the tests of upgrades")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	db, err := Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	closing(t, db)
}

func child(dir string, words ...string) *exec.Cmd {
	words = append(words, os.Args[0], "-test.run=^TestUpgradeChild$")
	c := exec.Command(words[0], words[1:]...)
	c.Env = append(os.Environ(), upgradeChild+"="+dir)
	return c
}

// The power fails anywhere in an upgrade: the store is of one schema or the
// other, with everything in it, and the next start upgrades it.
func TestPowerCutInUpgrade(t *testing.T) {
	lib, err := powercut.Build(t.TempDir())
	if errors.Is(err, powercut.ErrUnavailable) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	dir, err := filepath.EvalSymlinks(earlier(t, 2))
	if err != nil {
		t.Fatal(err)
	}
	before := filepath.Join(t.TempDir(), "before.db")
	if err := Copy(t.Context(), filepath.Join(dir, FileName), before); err != nil {
		t.Fatal(err)
	}
	old := told(t, before, before)
	disk, err := powercut.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	rec := powercut.Recording{Lib: lib, Dir: dir, Journal: filepath.Join(t.TempDir(), "journal")}
	c := child(dir)
	c.Env = append(c.Env, rec.Env()...)
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	records, err := powercut.ReadJournal(rec.Journal)
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	schemas := map[string]int{}
	for i := 0; i <= len(records); i++ {
		for _, kind := range powercut.Kinds() {
			rare := 1 // For time's sake.
			if kind != powercut.Dropped {
				rare = 3
			}
			if i > 20 && i < len(records)-20 { // Pages, long before the commit.
				rare *= 4
			}
			if random.IntN(rare) > 0 {
				continue
			}
			schemas[afterUpgradeCut(t, disk.Cut(kind, random), dir, before, old)]++
		}
		if i == len(records) {
			break
		}
		if err := disk.Apply(records[i]); err != nil {
			t.Fatal(err)
		}
	}
	if len(schemas) != 2 {
		t.Errorf("schemas found after cuts: %v", schemas)
	}
	t.Logf("%d operations; schemas found after cuts: %v", len(records), schemas)
}

// afterUpgradeCut gives the schema that was found, and upgrades it.
func afterUpgradeCut(t *testing.T, files map[string][]byte, dir, before string, old []string) (schema string) {
	t.Helper()
	to, err := os.MkdirTemp("/dev/shm", "xinmoi-power-cut-")
	if err != nil {
		to = t.TempDir()
	}
	defer os.RemoveAll(to)
	if err := powercut.Put(files, dir, to); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(to, FileName)
	schema = rawRows(t, path, "PRAGMA user_version")[0]
	if got := told(t, path, before); !slices.Equal(got, old) {
		t.Errorf("schema %s: %d rows of %d, or others", schema, len(got), len(old))
	}
	db, err := Open(t.Context(), to)
	if err != nil {
		t.Fatal(err)
	}
	closing(t, db)
	if _, err := Verify(t.Context(), path, func(f queue.Finding) { t.Error(f) }); err != nil {
		t.Error(err)
	}
	return schema
}

// What the recorder does not see, because Go asks for it past the C library:
// the copy is flushed, named, and its name flushed, before the store changes;
// and the directory of a new store is flushed with those above it.
func TestOrderOfFlushes(t *testing.T) {
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("strace is not installed: the order of flushes is not looked at")
	}
	trace := filepath.Join(t.TempDir(), "trace")
	lines := func(dir string) []string {
		c := child(dir, strace, "-f", "-qq", "-y", "-e", "trace=fsync,fdatasync,rename,renameat,renameat2,pwrite64", "-e", "signal=none", "-o", trace)
		if out, err := c.CombinedOutput(); err != nil {
			if strings.Contains(string(out), "ptrace") {
				t.Skipf("strace does not work here: %s", out)
			}
			t.Fatalf("%v: %s", err, out)
		}
		text, err := os.ReadFile(trace)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Split(string(text), "\n")
	}
	mustFollow(t, lines(earlier(t, 1)),
		`fsync\(\d+<.*before-schema-3-.*part-`,
		`rename.*part-.*before-schema-3-`,
		`fsync\(\d+<.*/backups>`,
		`pwrite64\(\d+<.*/xinmoi.db-wal>`)
	above := t.TempDir()
	mustFollow(t, lines(filepath.Join(above, "a", "b")),
		`fsync\(\d+<`+above+`/a/b>`, `fsync\(\d+<`+above+`/a>`, `fsync\(\d+<`+above+`>`, `pwrite64\(\d+<.*/xinmoi.db-wal>`)
}

// mustFollow: what matches the patterns comes in their order, and nothing that
// matches the last before it.
func mustFollow(t *testing.T, lines []string, patterns ...string) {
	t.Helper()
	last := regexp.MustCompile(patterns[len(patterns)-1])
	at := 0
	for _, line := range lines {
		switch {
		case at < len(patterns) && regexp.MustCompile(patterns[at]).MatchString(line):
			at++
		case at < len(patterns) && last.MatchString(line):
			t.Fatalf("%q comes before %s", line, patterns[at])
		}
	}
	if at < len(patterns) {
		t.Errorf("no %s in\n%s", patterns[at], strings.Join(lines[:min(40, len(lines))], "\n"))
	}
}
