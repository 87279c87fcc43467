package live

import (
	"fmt"
	"slices"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// HintKind is what looks odd at a counter. A hint is a reason to go and look,
// not a finding: slow days, easy cases and helpful colleagues look odd, too.
type HintKind string

// The hints.
const (
	TooEarly   HintKind = "too_early"    // Numbers finished much sooner than the service usually takes.
	OutOfOrder HintKind = "out_of_order" // Numbers called by choice.
	NoShows    HintKind = "no_shows"     // Numbers noted as absent, one after the other and soon after the call.
)

// Hint is one thing that looks odd.
type Hint struct {
	Kind    HintKind
	Counter string
	N, Of   int // So many of the latest so many.
	Since   time.Time
}

// What is odd.
const (
	hintWindow = 2 * time.Hour // Older deeds are forgiven.
	hintLatest = 10            // Finished numbers that are looked at.
	earlyShare = 4             // Finished in a quarter of the usual stay …
	earlyLeast = 30 * time.Second
	earlyMany  = 3
	chosenMany = 3
	absentMany = 3
	absentSoon = 90 * time.Second // Between the call and giving up.
)

// hints looks at one counter's latest deeds.
func (d *Day) hints(counter string, now time.Time) (list []Hint) {
	s := d.seats[counter]
	if s == nil {
		return nil
	}
	acts := slices.DeleteFunc(slices.Clone(s.acts), func(a act) bool { return now.Sub(a.at) > hintWindow })
	for _, h := range []Hint{d.tooEarly(acts), outOfOrder(acts), noShows(acts)} {
		if h.N > 0 {
			h.Counter = counter
			list = append(list, h)
		}
	}
	return list
}

// tooEarly counts numbers that were finished in less than a quarter of what
// their service usually takes, and in less than half a minute where nobody
// knows that yet.
func (d *Day) tooEarly(acts []act) (h Hint) {
	h.Kind = TooEarly
	finished := slices.DeleteFunc(slices.Clone(acts), func(a act) bool { return a.kind != queue.TicketFinished })
	finished = last(finished, hintLatest)
	for _, a := range finished {
		least := earlyLeast
		if usual, ok := d.usual(a.service); ok {
			least = min(earlyLeast, usual/earlyShare)
			if usual > earlyShare*earlyLeast {
				least = usual / earlyShare
			}
		}
		if a.took < least {
			if h.N == 0 {
				h.Since = a.at
			}
			h.N++
		}
	}
	return enough(h, earlyMany, len(finished))
}

// outOfOrder counts calls by choice.
func outOfOrder(acts []act) (h Hint) {
	h.Kind = OutOfOrder
	calls := 0
	for _, a := range acts {
		if a.kind != queue.TicketCalled {
			continue
		}
		calls++
		if a.chosen {
			if h.N == 0 {
				h.Since = a.at
			}
			h.N++
		}
	}
	return enough(h, chosenMany, calls)
}

// noShows counts absences in a row, each soon after its call.
func noShows(acts []act) (h Hint) {
	h.Kind = NoShows
	for _, a := range slices.Backward(acts) {
		if a.kind == queue.TicketCalled {
			continue
		}
		if a.kind != queue.TicketNoShow || a.took >= absentSoon {
			break
		}
		h.N++
		h.Since = a.at
	}
	return enough(h, absentMany, h.N)
}

func enough(h Hint, least, of int) Hint {
	if h.N < least {
		return Hint{}
	}
	h.Of = of
	return h
}

// Words say what looks odd, in Vietnamese and English.
func (h Hint) Words() (vi, en string) {
	switch h.Kind {
	case TooEarly:
		return fmt.Sprintf("Quầy %s: %d trong %d số gần đây hoàn thành nhanh bất thường", h.Counter, h.N, h.Of),
			fmt.Sprintf("Counter %s: %d of the latest %d numbers were finished unusually soon", h.Counter, h.N, h.Of)
	case OutOfOrder:
		return fmt.Sprintf("Quầy %s: %d trong %d lượt gọi gần đây là gọi ngoài thứ tự", h.Counter, h.N, h.Of),
			fmt.Sprintf("Counter %s: %d of the latest %d calls were out of order", h.Counter, h.N, h.Of)
	default:
		return fmt.Sprintf("Quầy %s: %d số liền nhau báo vắng ngay sau khi gọi", h.Counter, h.N),
			fmt.Sprintf("Counter %s: %d numbers in a row noted as absent soon after the call", h.Counter, h.N)
	}
}
