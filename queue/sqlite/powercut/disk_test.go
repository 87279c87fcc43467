package powercut

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func empty() *Disk {
	return &Disk{names: map[string]*file{}, inodes: map[uint64]*file{}, dirs: map[uint64]string{}}
}

func follow(t *testing.T, d *Disk, records ...Record) {
	t.Helper()
	for i, r := range records {
		if err := d.Apply(r); err != nil {
			t.Fatalf("record %d: %v", i, err)
		}
	}
}

const (
	dirNode  = 1
	fileNode = 7
)

func dir() Record             { return Record{Op: Open, IsDir: true, Inode: dirNode, Path: "/d"} }
func made(path string) Record { return Record{Op: Open, Created: true, Inode: fileNode, Path: path} }
func at(off int64, s string) Record {
	return Record{Op: Write, Inode: fileNode, Offset: off, Data: []byte(s)}
}
func flushed(inode uint64) Record     { return Record{Op: Sync, Inode: inode} }
func cutTo(size int64) Record         { return Record{Op: Truncate, Inode: fileNode, Offset: size} }
func random(seed uint64) *rand.Rand   { return rand.New(rand.NewPCG(seed, 0)) }
func show(m map[string][]byte) string { return fmt.Sprintf("%q", m) }

// What a dropped cut leaves is exactly what was flushed.
func TestDropped(t *testing.T) {
	for name, c := range map[string]struct {
		records []Record
		want    map[string][]byte
	}{
		"nothing flushed":          {[]Record{dir(), made("/d/a"), at(0, "abc")}, map[string][]byte{}},
		"the file alone":           {[]Record{dir(), made("/d/a"), at(0, "abc"), flushed(fileNode)}, map[string][]byte{}},
		"the directory alone":      {[]Record{dir(), made("/d/a"), at(0, "abc"), flushed(dirNode)}, map[string][]byte{"/d/a": nil}},
		"both":                     {[]Record{dir(), made("/d/a"), at(0, "abc"), flushed(fileNode), flushed(dirNode)}, map[string][]byte{"/d/a": []byte("abc")}},
		"and more after it":        {[]Record{dir(), made("/d/a"), at(0, "abc"), flushed(fileNode), flushed(dirNode), at(1, "xyz")}, map[string][]byte{"/d/a": []byte("abc")}},
		"a hole":                   {[]Record{dir(), made("/d/a"), at(2, "c"), flushed(fileNode), flushed(dirNode)}, map[string][]byte{"/d/a": []byte("\x00\x00c")}},
		"shorter, longer":          {[]Record{dir(), made("/d/a"), at(0, "abc"), cutTo(1), at(2, "z"), flushed(fileNode), flushed(dirNode)}, map[string][]byte{"/d/a": []byte("a\x00z")}},
		"shortened, not flushed":   {[]Record{dir(), made("/d/a"), at(0, "abc"), flushed(fileNode), flushed(dirNode), cutTo(1)}, map[string][]byte{"/d/a": []byte("abc")}},
		"removed, not flushed":     {[]Record{dir(), made("/d/a"), flushed(dirNode), {Op: Unlink, Path: "/d/a"}}, map[string][]byte{"/d/a": nil}},
		"removed":                  {[]Record{dir(), made("/d/a"), flushed(dirNode), {Op: Unlink, Path: "/d/a"}, flushed(dirNode)}, map[string][]byte{}},
		"another one of this name": {[]Record{dir(), made("/d/a"), at(0, "old"), flushed(fileNode), flushed(dirNode), {Op: Unlink, Path: "/d/a"}, made("/d/a"), at(0, "new"), flushed(fileNode)}, map[string][]byte{"/d/a": []byte("old")}},
	} {
		d := empty()
		follow(t, d, c.records...)
		if got := d.Cut(Dropped, random(1)); show(got) != show(c.want) {
			t.Errorf("%s: %s, want %s", name, show(got), show(c.want))
		}
	}
}

func TestWhatCannotBeFollowed(t *testing.T) {
	for name, r := range map[string]Record{
		"a write to nothing":   at(0, "x"),
		"a flush of nothing":   flushed(5),
		"a file from nowhere":  {Op: Open, Inode: 5, Path: "/d/b"},
		"an unknown operation": {Op: Unknown, Path: "mmap for writing"},
	} {
		if err := empty().Apply(r); err == nil {
			t.Errorf("%s was followed", name)
		}
	}
}

// Whatever is done, in whatever order: a flushed file is there to the last
// byte after every kind of cut, and other sectors than those written to later
// stay so; and a cut changes nothing of the disk it is made of.
func TestFlushedIsSafe(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := empty()
		for _, r := range []Record{dir(), made("/d/a"), flushed(dirNode)} {
			if err := d.Apply(r); err != nil {
				t.Fatal(err)
			}
		}
		var sure []byte // As of the latest flush.
		touched := map[int64]bool{}
		shortest := int64(1 << 40)
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			r := at(rapid.Int64Range(0, 9000).Draw(t, "offset"), strings.Repeat(rapid.StringMatching("[a-z]").Draw(t, "letter"), rapid.IntRange(1, 5000).Draw(t, "length")))
			switch rapid.IntRange(0, 4).Draw(t, "op") {
			case 0:
				r = flushed(fileNode)
			case 1:
				r = cutTo(rapid.Int64Range(0, 9000).Draw(t, "size"))
			}
			if err := d.Apply(r); err != nil {
				t.Fatal(err)
			}
			switch r.Op {
			case Sync:
				sure, touched, shortest = d.Files()["/d/a"], map[int64]bool{}, 1<<40
			case Truncate:
				shortest = min(shortest, r.Offset)
			default:
				for s := r.Offset / 512; s <= (r.Offset+int64(len(r.Data))-1)/512; s++ {
					touched[s] = true
				}
			}
		}
		whole := show(d.Files())
		for _, kind := range Kinds() {
			got := d.Cut(kind, random(rapid.Uint64().Draw(t, "seed")))["/d/a"]
			if kind == Dropped && !bytes.Equal(got, sure) {
				t.Fatalf("dropped: %d bytes, flushed were %d, or others", len(got), len(sure))
			}
			for i, b := range sure {
				if at := int64(i); !touched[at/512] && at < shortest && (i >= len(got) || got[i] != b) {
					t.Fatalf("%s: byte %d was flushed and not written to since", kind, i)
				}
			}
		}
		if show(d.Files()) != whole {
			t.Fatal("a cut changed the disk")
		}
	})
}

// Every kind of cut comes to something else than the others at times.
func TestKindsDiffer(t *testing.T) {
	d := empty()
	follow(t, d, dir(), made("/d/a"), at(0, strings.Repeat("a", 8192)), flushed(fileNode), flushed(dirNode),
		at(0, strings.Repeat("b", 4096)), at(4096, strings.Repeat("c", 4096)))
	seen := map[Kind]map[string]bool{}
	for _, kind := range Kinds() {
		seen[kind] = map[string]bool{}
		for seed := range uint64(200) {
			seen[kind][show(d.Cut(kind, random(seed)))] = true
		}
	}
	if len(seen[Dropped]) != 1 || len(seen[Subset]) != 4 || len(seen[Torn]) < 50 {
		t.Errorf("%d, %d and %d outcomes", len(seen[Dropped]), len(seen[Subset]), len(seen[Torn]))
	}
}

func TestTearAtSectors(t *testing.T) {
	pieces := at(1000, strings.Repeat("x", 600)).tear(512)
	var got []string
	for _, p := range pieces {
		got = append(got, fmt.Sprintf("%d+%d", p.Offset, len(p.Data)))
	}
	if want := []string{"1000+24", "1024+512", "1536+64"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestLoadAndPut(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	for name, text := range map[string]string{"a.db": "abc", "a.db-shm": "no"} {
		if err := os.WriteFile(filepath.Join(from, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(from, "sub"), 0o700); err != nil {
		t.Fatal(err)
	}
	d, err := Load(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := Put(d.Cut(Torn, random(1)), from, to); err != nil {
		t.Fatal(err)
	}
	left, err := os.ReadDir(to)
	if err != nil || len(left) != 1 || left[0].Name() != "a.db" {
		t.Errorf("%v, %v", left, err)
	}
	if err := Put(map[string][]byte{"/elsewhere/x": nil}, from, to); err == nil {
		t.Error("put a file of another directory")
	}
}
