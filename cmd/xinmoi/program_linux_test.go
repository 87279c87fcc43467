package main

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// Only what can be read again from the file is given back.
func TestUnwritten(t *testing.T) {
	const smaps = `00400000-016fc000 r-xp 00003000 fe:00 12 /opt/x y/xinmoi
Rss:               16680 kB
Anonymous:             0 kB
Swap:                  0 kB
VmFlags: rd ex mr mw me
016fc000-02881000 r--p 012fc000 fe:00 12 /opt/x y/xinmoi
Anonymous:             0 kB
Swap:                  0 kB
02881000-02883000 r--p 02481000 fe:00 12 /opt/x y/xinmoi
Anonymous:             4 kB
Swap:                  0 kB
02883000-02884000 r--p 02483000 fe:00 12 /opt/x y/xinmoi
Anonymous:             0 kB
Swap:                  4 kB
02884000-02b1c000 rw-p 02484000 fe:00 12 /opt/x y/xinmoi
Anonymous:             0 kB
Swap:                  0 kB
c000000000-c000400000 rw-p 00000000 00:00 0
Anonymous:          2048 kB
Swap:                  0 kB
7f0000000000-7f0000001000 r--p 00000000 fe:00 13 /lib/libc.so.6
Anonymous:             0 kB
Swap:                  0 kB
`
	got := unwritten(strings.NewReader(smaps), "/opt/x y/xinmoi")
	if want := []mapping{{0x400000, 0x16fc000}, {0x16fc000, 0x2881000}}; !slices.Equal(got, want) {
		t.Errorf("%x, want %x", got, want)
	}
}

// Every second piece is given, never more than the mapping has.
func TestInPieces(t *testing.T) {
	piece := pieceSize()
	for m, want := range map[mapping][]mapping{
		{0, 4 * piece}:                 {{piece, 2 * piece}, {3 * piece, 4 * piece}},
		{piece + 4096, 3*piece + 8192}: {{piece + 4096, 2 * piece}, {3 * piece, 3*piece + 8192}},
		{2 * piece, 3 * piece}:         nil,
	} {
		var got []mapping
		m.inPieces(func(from, size uintptr) { got = append(got, mapping{from, from + size}) })
		if !slices.Equal(got, want) {
			t.Errorf("%x: %x, want %x", m, got, want)
		}
	}
}

// A program that has given them back goes on as before, and what comes back does
// so in pieces, also after it was done again.
func TestForgetStart(t *testing.T) {
	if _, err := os.Stat("/sys/kernel/mm/transparent_hugepage"); err != nil {
		t.Skip("this kernel maps no large pages")
	}
	for range 2 {
		forgetStart()
		TestUnwritten(t)
		name, err := os.Readlink("/proc/self/exe")
		if err != nil {
			t.Fatal(err)
		}
		maps, err := os.Open("/proc/self/smaps")
		if err != nil {
			t.Fatal(err)
		}
		defer maps.Close()
		all := unwritten(maps, name)
		if len(all) < 100 { // A test program has megabytes.
			t.Errorf("%d mappings of the program", len(all))
		}
		for _, m := range all {
			if size := m.to - m.from; size > pieceSize() {
				t.Errorf("%d KB at %x come back at once", size>>10, m.from)
			}
		}
	}
}
