package studio

import (
	"math"
	"slices"
	"time"
)

// Progress tells how far a recording is.
type Progress struct {
	Done           int  `json:"done"` // Clips accepted.
	Total          int  `json:"total"`
	EssentialDone  int  `json:"essential_done"`
	EssentialTotal int  `json:"essential_total"`
	Minutes        int  `json:"minutes"` // For the essential rest, at the pace so far.
	ReferenceDue   bool `json:"reference_due"`
	RoomDue        bool `json:"room_due"` // The microphone should be checked.
}

// The pace of somebody who has not begun, and the bounds within which the
// measured one is believed.
const (
	usualPace            = 10 * time.Second
	fastPace, slowPace   = 4 * time.Second, time.Minute
	paceTakes, paceBreak = 20, 2 * time.Minute // Over the latest takes; a longer gap is a break.
)

func (p *project) progress() Progress {
	essential := map[string]bool{}
	for _, g := range Groups() {
		essential[g.ID] = g.Essential
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	var out Progress
	for _, l := range p.lines {
		c := p.state.Clips[l.ID]
		done := c != nil && c.Accepted != 0
		out.Total++
		if done {
			out.Done++
		}
		if essential[l.Group] {
			out.EssentialTotal++
			if done {
				out.EssentialDone++
			}
		}
	}
	left := out.EssentialTotal - out.EssentialDone
	out.Minutes = int(math.Ceil((time.Duration(left) * p.state.pace()).Minutes()))
	last := 0
	if n := len(p.state.References); n > 0 {
		last = p.state.References[n-1].Done
	}
	out.ReferenceDue = out.Done-last >= referenceEvery || out.Done > 0 && len(p.state.References) == 0
	out.RoomDue = p.state.Room == nil || p.now().Sub(p.state.LastTake) > newSitting
	return out
}

// pace is how long one clip has taken lately, breaks not counted.
func (st *state) pace() time.Duration {
	var at []time.Time
	for _, c := range st.Clips {
		for _, t := range c.Takes {
			at = append(at, t.At)
		}
	}
	if len(at) < 3 {
		return usualPace
	}
	slices.SortFunc(at, time.Time.Compare)
	at = at[max(0, len(at)-paceTakes):]
	total, n := time.Duration(0), 0
	for i := 1; i < len(at); i++ {
		if gap := at[i].Sub(at[i-1]); gap < paceBreak {
			total += gap
			n++
		}
	}
	if n == 0 {
		return usualPace
	}
	return max(fastPace, min(slowPace, total/time.Duration(n)))
}
