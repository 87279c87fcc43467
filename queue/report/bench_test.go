package report

import (
	"slices"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// busyDay is a kept day of many tickets.
func busyDay(b *testing.B, tickets int) keptDay {
	h := newHall(b, twoAgencies(), "2026-11-02 07:00:00")
	h.counter("1", queue.Opened, "")
	h.counter("2", queue.Opened, "")
	for i := range tickets {
		h.now = h.now.Add(30 * time.Second)
		h.do(queue.TakeRequest{Meta: by("kiosk-1"), Service: []string{"A", "B"}[i%2], Channel: queue.Channels()[i%8]})
		t := h.do(queue.CounterRequest{Meta: by("staff-1"), Counter: "1"})
		h.now = h.now.Add(20 * time.Second)
		h.act(t.ID, queue.Start)
		h.act(t.ID, queue.Finish)
	}
	k, err := dayOf(b, h, "2026-11-02").kept()
	if err != nil {
		b.Fatal(err)
	}
	return k
}

// BenchmarkYear is what a report on 250 days of 1,000 tickets costs, but for
// finding the files: what is kept of each is added up in every way.
func BenchmarkYear(b *testing.B) {
	k := busyDay(b, 1000)
	days := slices.Repeat([]keptDay{k}, 250)
	book := NewBook(BookConfig{Office: office})
	b.ReportMetric(float64(len(k.body)), "bytes/day")
	b.ReportAllocs()
	for b.Loop() {
		a := newAdder("", queue.DefaultTarget, append(Parts(), ByTotal, ByMonth, ByCounter, ByStaff)...)
		if err := book.addUp(b.Context(), a, days); err != nil {
			b.Fatal(err)
		}
		r := &Report{Step: ByMonth}
		r.sum(a, Spec{Parts: Parts()})
		if r.Total.Issued != 250*1000 {
			b.Fatal(r.Total.Issued)
		}
	}
}
