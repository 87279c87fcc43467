package report

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/xinmoi/xinmoi/queue"
)

// limitsOf is what a log's limits must be, the long way: after every event all
// tickets of the day are counted anew.
func limitsOf(log []queue.Event, day string) (list []Limit) {
	setup, begun := queue.Setup{}, false
	tickets, full := map[string]queue.Ticket{}, map[string]bool{}
	for _, e := range log {
		if e.Kind == queue.DayOpened {
			begun = e.Opening.Day == day
		}
		if e.Setup != nil {
			setup = *e.Setup
		}
		if !begun {
			continue
		}
		if e.Ticket != nil {
			tickets[e.Ticket.ID] = *e.Ticket
		}
		for _, v := range setup.Services {
			for _, channel := range append([]queue.Channel{""}, queue.Channels()...) {
				most := v.Quota
				if channel != "" {
					most = v.Quotas[channel]
				}
				n := 0
				for _, t := range tickets {
					if t.Number.Prefix == v.ID && t.State != queue.Cancelled && t.Day == day && (channel == "" || t.Channel == channel) {
						n++
					}
				}
				key := v.ID + " " + string(channel)
				now := most > 0 && n >= most
				if now && !full[key] {
					list = append(list, Limit{At: e.At, Service: v.ID, Channel: channel, Most: most})
				}
				full[key] = now
			}
		}
	}
	return list
}

// TestLimitsByDefinition: whatever is taken, withdrawn and undone, and however
// the limits change, each time that one is reached is counted.
func TestLimitsByDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		quotas := func(setup queue.Setup) queue.Setup {
			setup.Services = slices.Clone(setup.Services)
			for i := range setup.Services {
				setup.Services[i].Quota = rapid.IntRange(0, 4).Draw(t, "quota")
				setup.Services[i].Quotas = map[queue.Channel]int{queue.Kiosk: rapid.IntRange(1, 3).Draw(t, "kiosk"), queue.Phone: 2}
			}
			return setup
		}
		h := newHall(t, quotas(twoAgencies()), "2026-11-19 21:00:00")
		for range rapid.IntRange(5, 60).Draw(t, "steps") {
			h.now = h.now.Add(time.Duration(rapid.SampledFrom([]int{1, 7, 600, 5400}).Draw(t, "wait")) * time.Second)
			c := anyCommand(t, h)
			if rapid.IntRange(0, 14).Draw(t, "configure") == 0 {
				c = queue.ConfigureRequest{Meta: by("admin-1"), Setup: quotas(twoAgencies())}
			}
			h.engine.Together(t.Context(), c)
		}
		all := map[string]Reached{}
		for _, day := range days(h.log()) {
			got, want := h.figures(day).Limits, limitsOf(h.log(), day)
			order := func(a, b Limit) int {
				if c := a.At.Compare(b.At); c != 0 {
					return c
				}
				return strings.Compare(a.Service+" "+string(a.Channel), b.Service+" "+string(b.Channel))
			}
			slices.SortStableFunc(got, order)
			slices.SortStableFunc(want, order)
			if diff := cmp.Diff(append([]Limit{}, want...), got); diff != "" {
				t.Fatalf("%s: %s", day, diff)
			}
			seen := map[string]bool{}
			for _, l := range want {
				key := l.Service + " " + string(l.Channel)
				r, known := all[key]
				at := l.At.In(h.zone).Format("15:04")
				if !seen[key] && (!known || at < r.Earliest) {
					r.Earliest = at
				}
				if r.Times++; !seen[key] {
					r.Days++
				}
				seen[key] = true
				r.Service, r.Channel = l.Service, l.Channel
				all[key] = r
			}
		}
		r := mustReport(t, h.book(""), h.all())
		got := map[string]Reached{}
		for _, l := range r.Limits {
			got[l.Service+" "+string(l.Channel)] = l
		}
		if diff := cmp.Diff(all, got); diff != "" {
			t.Fatal(diff)
		}
	})
}
