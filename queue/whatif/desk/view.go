package desk

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/queue/web/page"
	"github.com/xinmoi/xinmoi/queue/whatif"
)

// result is a day beside itself.
type result struct {
	Day, Change string
	Rows        []row
	Never       [2]int    // Never called: model, what if.
	Last        [2]string // When the last one was done.
	Error       string    // How far the model is from the day as it was.
}

// row is the waits of one service, in minutes.
type row struct {
	Name                          string
	People                        int
	Was, Before, After            string // Mean.
	MedianBefore, MedianAfter     string
	NinetyFiveBefore, NinetyAfter string
	Difference                    string // Of the means; with its sign.
}

func newResult(l page.Lang, r whatif.Result) *result {
	out := &result{
		Day: r.Day, Change: r.Change.Words(string(l), r.Setup.Rates),
		Never: [2]int{r.Own.Unserved, r.Other.Unserved}, Last: [2]string{r.Clock(r.Own.LastEnd), r.Clock(r.Other.LastEnd)},
		Error: minutes(r.Own.All.Mean - r.Was.All.Mean),
	}
	out.Rows = append(out.Rows, newRow(l.T("Tất cả", "All"), r.Was.All, r.Own.All, r.Other.All))
	for _, s := range r.Setup.Services {
		if r.Was.ByService[s.ID].N+r.Own.ByService[s.ID].N > 0 {
			name := s.ID + " · " + l.T(s.Name, s.NameEN)
			out.Rows = append(out.Rows, newRow(name, r.Was.ByService[s.ID], r.Own.ByService[s.ID], r.Other.ByService[s.ID]))
		}
	}
	return out
}

func newRow(name string, was, before, after whatif.Waits) row {
	return row{
		Name: name, People: before.N, Was: minutes(was.Mean), Before: minutes(before.Mean), After: minutes(after.Mean),
		MedianBefore: minutes(before.Median), MedianAfter: minutes(after.Median),
		NinetyFiveBefore: minutes(before.P95), NinetyAfter: minutes(after.P95),
		Difference: fmt.Sprintf("%+.1f", math.Round(10*(after.Mean-before.Mean).Minutes())/10+0),
	}
}

// minutes has one decimal and no minus before nought.
func minutes(d time.Duration) string {
	return fmt.Sprintf("%.1f", math.Round(10*d.Minutes())/10+0)
}

// planView is a plan of one group of lines.
type planView struct {
	Services, Counters string
	Slots              []slotView
	Share, Was         int // Percent.
	Hours, WasHours    string
	Keeps              bool
	More               int // Counters that the office does not have.
}

type slotView struct {
	From     string
	Counters int
	Was      string
	People   int
}

func newPlan(_ page.Lang, p whatif.Plan) planView {
	v := planView{
		Services: strings.Join(p.Services, ", "), Counters: strings.Join(p.Counters, ", "), Keeps: p.Keeps,
		Share: int(math.Floor(100 * p.Share)), Was: int(math.Floor(100 * p.Was)), Hours: fmt.Sprintf("%.1f", p.Hours()),
	}
	v.More = max(0, p.Most()-len(p.Counters))
	was := 0.0
	for _, s := range p.Slots {
		was += s.Was * whatif.SlotLength.Hours()
		v.Slots = append(v.Slots, slotView{From: s.From, Counters: s.Counters, Was: fmt.Sprintf("%.1f", s.Was), People: int(math.Round(s.People))})
	}
	v.WasHours = fmt.Sprintf("%.1f", was)
	return v
}
