package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// forgetStart has the kernel take those pages of the program's own file out of
// its memory that only starting needed: of tens of megabytes of code and tables
// a running office uses few, and those come back, a piece at a time, when they are
// used again. Where the system does not tell what it has mapped, nothing happens.
func forgetStart() {
	name, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return
	}
	maps, err := os.Open("/proc/self/smaps")
	if err != nil {
		return
	}
	defer maps.Close()
	for _, m := range unwritten(maps, name) {
		m.inPieces(func(from, size uintptr) { _, _, _ = unix.Syscall(unix.SYS_MADVISE, from, size, unix.MADV_NOHUGEPAGE) })
		_, _, _ = unix.Syscall(unix.SYS_MADVISE, m.from, m.to-m.from, unix.MADV_DONTNEED)
	}
}

// leastPiece is how much of the program comes back at once. Left to itself the kernel
// brings 64 KB, and since Linux 6.18 all that lies together in its cache: 2 MB of a
// program that has just been built or was read in one go. It never brings more
// than one mapping, and mappings of one file stay apart while their advice
// differs. Measured before the first call, beside 6 MB of its own: 36 MB of a
// program just built where it is left to itself, 15 MB in pieces of 64 KB, 10 MB of
// 16 KB, of which there are 2,600, 200 bytes each in the kernel; it lets a process
// have 65,530.
const leastPiece = 16 << 10

// pieceSize is leastPiece where pages are not larger, as some ARM kernels have them.
func pieceSize() uintptr { return uintptr(max(leastPiece, os.Getpagesize())) }

// inPieces gives every second piece of a mapping. Which ones depends on the address
// alone, so that who does it again changes nothing.
func (m mapping) inPieces(give func(from, size uintptr)) {
	piece := pieceSize()
	for at := (m.from/piece | 1) * piece; at < m.to; at += 2 * piece {
		from := max(at, m.from)
		give(from, min(at+piece, m.to)-from)
	}
}

// mapping is a range of addresses.
type mapping struct{ from, to uintptr }

// unwritten finds the mappings of a file (proc_pid_smaps(5)) that may not be
// written to and of which no page ever was, as those are that the loader or a
// debugger has changed, in memory or swapped out: all of them can be read from the
// file again.
func unwritten(smaps io.Reader, file string) (all []mapping) {
	var m mapping
	of, clean := false, false
	for lines := bufio.NewScanner(smaps); lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), " ")
		switch {
		case !strings.HasSuffix(name, ":"):
			n, err := fmt.Sscanf(name, "%x-%x", &m.from, &m.to)
			of, clean = n == 2 && err == nil && strings.HasPrefix(value, "r-") && strings.HasSuffix(value, " "+file), false
		case name == "Anonymous:":
			clean = strings.TrimSpace(value) == "0 kB"
		case of && clean && name == "Swap:" && strings.TrimSpace(value) == "0 kB":
			all = append(all, m)
		}
	}
	return all
}
