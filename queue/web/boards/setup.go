package boards

import (
	"cmp"
	"math"
	"slices"

	"github.com/xinmoi/xinmoi/queue"
)

// The parts of a board that an office may leave out (queue.BoardSetup.Hide).
const (
	PartRecent  = "recent"  // Earlier calls.
	PartWaiting = "waiting" // How many wait, and how long.
	PartNext    = "next"    // Whose turn is near.
	PartWhere   = "where"   // Floor, room and direction of each counter.
	PartClock   = "clock"   // Time and date.
)

// Parts lists them in the order in which they are set up.
func Parts() []string { return []string{PartRecent, PartWaiting, PartNext, PartWhere, PartClock} }

// Shown tells which parts a board shows.
func Shown(b queue.BoardSetup) map[string]bool {
	parts := map[string]bool{}
	for _, p := range Parts() {
		parts[p] = !slices.Contains(b.Hide, p)
	}
	return parts
}

const (
	inch            = 25.4 // mm
	defaultDistance = 15   // m: the far wall of a usual hall.
	defaultDiagonal = 55   // inches
	// comfort is the height of digits that is read in comfort, in mm to the metre
	// of distance (character height in mm × 0.4 = distance in metres).
	comfort = 2.5
)

// DigitHeight is the least height of a board's digits in mm, by the distance
// from which they are read.
func DigitHeight(b queue.BoardSetup) float64 {
	return math.Round(cmp.Or(b.Distance, defaultDistance)*comfort*10) / 10
}

// Diagonal is that of a board's screen, in mm.
func Diagonal(b queue.BoardSetup) float64 {
	return math.Round(cmp.Or(b.Diagonal, defaultDiagonal) * inch)
}
