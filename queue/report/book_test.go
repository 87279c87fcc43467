package report

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/xinmoi/xinmoi/queue"
)

// book is of a hall's log.
func (h *hall) book(dir string) *Book {
	return NewBook(BookConfig{Office: office, Source: h.store, Dir: dir})
}

// all is every day of a hall's log.
func (h *hall) all() Spec {
	list := days(h.log())
	return Spec{From: slices.Min(list), To: slices.Max(list)}
}

func mustReport(t failer, b *Book, s Spec) *Report {
	t.Helper()
	if err := b.CatchUp(context.Background()); err != nil {
		t.Fatalf("read the log: %v", err)
	}
	r, err := b.Report(context.Background(), s)
	if err != nil {
		t.Fatalf("report %+v: %v", s, err)
	}
	return r
}

// oracle is what a period's figures must be, from raw events alone: ticket by
// ticket, without a line of what is tested.
type oracle struct {
	states                             map[queue.State]int
	issued, recalls, calls, chosen     int
	within, left, undos, rated         int
	wait, again, way, service          []time.Duration
	lead, since                        []time.Duration
	byService, byChannel, byHour, byOf map[string]int // Numbers issued; byOf by field.
	byWeekday, byDay                   map[string]int
}

func newOracle() *oracle {
	return &oracle{
		states: map[queue.State]int{}, byService: map[string]int{}, byChannel: map[string]int{}, byHour: map[string]int{}, byOf: map[string]int{},
		byWeekday: map[string]int{}, byDay: map[string]int{},
	}
}

func (o *oracle) day(log []queue.Event, day string, zone *time.Location, target time.Duration) {
	begun, aside := false, map[string]bool{} // Set aside for a machine: nobody has them.
	for _, e := range log {
		if e.Kind == queue.DayOpened {
			begun = e.Opening.Day == day
		}
		if !begun {
			continue
		}
		if t := e.Ticket; t != nil && e.Kind == queue.TicketHeld && t.HoldUntil.IsZero() {
			aside[t.ID] = true
		}
		if t := e.Ticket; t != nil && aside[t.ID] {
			if e.Kind != queue.TicketConfirmed {
				continue
			}
			aside[t.ID], e.Kind = false, queue.TicketIssued
		}
		switch e.Kind {
		case queue.TicketCalled:
			o.calls++
			if e.Chosen {
				o.chosen++
			}
		case queue.TicketUndone:
			o.undos++
		case queue.TicketIssued, queue.TicketHeld:
			o.issued++
			o.byService[e.Ticket.Service]++
			o.byChannel[string(e.Ticket.Channel)]++
			o.byHour[e.Ticket.IssuedAt.In(zone).Format("15")]++
			o.byDay[day]++
			at, _ := time.Parse(time.DateOnly, day)
			o.byWeekday[strconv.Itoa((int(at.Weekday())+6)%7+1)]++
		}
	}
	for _, life := range effective(log, day) {
		last := life[len(life)-1]
		o.states[last.Ticket.State]++
		if leftBy(life) {
			o.left++
		}
		if r := last.Ticket.Rating; r != nil {
			o.rated++
		}
		w, a := waitsOf(life)
		o.wait, o.again = append(o.wait, w...), append(o.again, a...)
		for _, d := range w {
			if d <= target || target == 0 && d <= ownTarget(life) {
				o.within++
			}
		}
		way, service := worksOf(life)
		o.way, o.service = append(o.way, way...), append(o.service, service...)
		lead, since := fromIssue(life)
		o.lead, o.since = append(o.lead, lead...), append(o.since, since...)
		for _, e := range life {
			if e.Kind == queue.TicketRecalled {
				o.recalls++
			}
		}
	}
}

// ownTarget is what twoAgencies want of the line in which a ticket waited for
// its first call.
func ownTarget(life []queue.Event) time.Duration {
	for i, e := range life {
		if i > 0 && e.Ticket.State == queue.Called && life[i-1].Ticket.State == queue.Waiting && e.Ticket.Service == "B" {
			return 10 * time.Minute
		} else if i > 0 && e.Ticket.State == queue.Called {
			return 30 * time.Minute
		}
	}
	return 0
}

// leftBy reports whether a life ended unserved, and not by staff.
func leftBy(life []queue.Event) bool {
	last := life[len(life)-1].Ticket
	who := ""
	for i, e := range life {
		if i == 0 || e.Ticket.State != life[i-1].Ticket.State {
			who = e.Actor
		}
	}
	switch last.State {
	case queue.NoShow, queue.Expired:
		return true
	case queue.Cancelled:
		return who != "staff-1" && last.Reason != queue.ReasonUndelivered
	}
	return false
}

// sorted spread by its definition, the long way.
func (o *oracle) spread(all []time.Duration) Spread {
	if len(all) == 0 {
		return Spread{}
	}
	slices.Sort(all)
	sum := time.Duration(0)
	for _, d := range all {
		sum += d
	}
	at := func(percent int) Seconds {
		i := (percent*len(all) + 99) / 100
		return seconds(all[max(i, 1)-1])
	}
	return Spread{len(all), seconds(sum / time.Duration(len(all))), at(50), at(90), at(100)}
}

// TestReportByDefinition: whatever happens on some days, the figures of all of
// them together are what the raw events say, counted independently.
func TestReportByDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := anyDays(t)
		log, s := h.log(), h.all()
		s.Target = time.Duration(rapid.SampledFrom([]int{0, 1, 10, 30}).Draw(t, "target")) * time.Minute
		o := newOracle()
		list := days(log)
		for _, day := range list {
			o.day(log, day, h.zone, s.Target)
		}
		r := mustReport(t, h.book(""), s)
		c := r.Total.Counts
		got := []int{c.Issued, c.Served, c.NoShow, c.Expired, c.Cancelled + c.Undelivered, r.Total.Recalls, r.Total.Calls, r.Total.OutOfOrder, r.OutOfOrder, r.Total.Undos, r.Total.Within, r.Total.Left, r.Days, r.Total.Ratings.N}
		want := []int{o.issued, o.states[queue.Completed], o.states[queue.NoShow], o.states[queue.Expired], o.states[queue.Cancelled], o.recalls, o.calls, o.chosen, o.chosen, o.undos, o.within, o.left, len(list), o.rated}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
		for what, pair := range map[string][2]Spread{
			"wait": {r.Total.Wait, o.spread(o.wait)}, "again": {r.Total.WaitAgain, o.spread(o.again)}, "way": {r.Total.Way, o.spread(o.way)},
			"service": {r.Total.Service, o.spread(o.service)}, "lead": {r.Total.Lead, o.spread(o.lead)}, "since": {r.Total.SinceIssue, o.spread(o.since)},
		} {
			if pair[0] != pair[1] {
				t.Fatalf("%s: %+v, want %+v", what, pair[0], pair[1])
			}
		}
		for what, pair := range map[string][2]map[string]int{
			"service": {issuedBy(r.Parts[ByService]), o.byService}, "channel": {issuedBy(r.Parts[ByChannel]), o.byChannel},
			"hour": {issuedBy(r.Parts[ByHour]), o.byHour}, "weekday": {issuedBy(r.Parts[ByWeekday]), o.byWeekday}, "day": {issuedBy(r.Steps), o.byDay},
		} {
			if diff := cmp.Diff(pair[1], pair[0]); diff != "" {
				t.Fatalf("%s: %s", what, diff)
			}
		}
		if !r.Total.Balanced() {
			t.Fatalf("%+v", r.Total.Counts)
		}
	})
}

func issuedBy(groups []Group) map[string]int {
	out := map[string]int{}
	for _, g := range groups {
		if g.Issued > 0 {
			out[g.ID] = g.Issued
		}
	}
	return out
}

// TestOneDayIsTheSame: the report of a day says what its Figures say.
func TestOneDayIsTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := anyDays(t)
		b := h.book("")
		for _, day := range days(h.log()) {
			f, r := h.figures(day), mustReport(t, b, Spec{From: day})
			for what, pair := range map[string][2]any{
				"total": {f.Total, r.Total}, "services": {f.Services, r.Parts[ByService]}, "channels": {f.Channels, r.Parts[ByChannel]},
				"classes": {f.Classes, r.Parts[ByClass]}, "counters": {f.Counters, r.Counters}, "endings": {f.Endings, r.Endings},
			} {
				if diff := cmp.Diff(pair[0], pair[1]); diff != "" {
					t.Fatalf("%s %s: %s", day, what, diff)
				}
			}
		}
	})
}

// TestEveryFigureHasItsTickets: behind every figure of every group are as many
// tickets as it says.
func TestEveryFigureHasItsTickets(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := anyDays(t)
		b, s := h.book(""), h.all()
		s.Agency = rapid.SampledFrom([]string{"", "tu-phap"}).Draw(t, "agency")
		r := mustReport(t, b, s)
		check := func(p Part, id string, f Figure, want int) {
			list, err := b.Tickets(context.Background(), s, Pick{p, id, f}, 0, listMost)
			if err != nil || list.Times != want || len(list.Lines) != list.N {
				t.Fatalf("%s %q %s: %+v, %v; the figure is %d", p, id, f, list, err, want)
			}
		}
		groups := func(p Part, list []Group) {
			for _, g := range list {
				for f, n := range map[Figure]int{
					FigureIssued: g.Issued, FigureServed: g.Served, FigureNoShow: g.NoShow, FigureCancelled: g.Cancelled, FigureLeft: g.Left,
					FigureTakenOver: g.TakenOver, FigureIn: g.In, FigureOut: g.Out, FigureUndelivered: g.Undelivered, FigureExpired: g.Expired,
					FigureOpen: g.Open, FigureWait: g.Wait.N, FigureLate: g.Wait.N - g.Within, FigureWaitAgain: g.WaitAgain.N, FigureWay: g.Way.N,
					FigureService: g.Service.N, FigureLead: g.Lead.N, FigureCalls: g.Calls, FigureOutOfOrder: g.OutOfOrder, FigureRecalls: g.Recalls,
					FigureTransfers: g.Transfers, FigureUndos: g.Undos, FigureRatings: g.Ratings.N, FigureAll: g.Issued + g.TakenOver + g.In,
				} {
					check(p, g.ID, f, n)
				}
			}
		}
		groups(ByTotal, []Group{r.Total})
		p := rapid.SampledFrom(Parts()).Draw(t, "part")
		groups(p, r.Parts[p])
		groups(r.Step, r.Steps)
		for part, list := range map[Part][]Counter{ByCounter: r.Counters, ByStaff: r.Staff} {
			for _, c := range list {
				check(part, c.ID, FigureFinished, c.Finished)
				check(part, c.ID, FigureStays, c.Stays)
				check(part, c.ID, FigureCalls, c.Calls)
			}
		}
	})
}

// TestPartsOfAPeriod: the groups of every part make up the total.
func TestPartsOfAPeriod(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := anyDays(t)
		r := mustReport(t, h.book(""), h.all())
		for p, groups := range r.Parts {
			if p != ByAgency || len(groups) > 0 {
				checkParts(t, string(p), r.Total, groups)
			}
		}
		checkParts(t, "steps", r.Total, r.Steps)
	})
}

// TestPartsOfAgencies: the parts of all agencies make up the whole, whatever
// is transferred between them.
func TestAgenciesOfAPeriod(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := anyDays(t)
		b, s := h.book(""), h.all()
		whole := mustReport(t, b, s)
		var parts []Group
		for _, agency := range []string{"tu-phap", "dat-dai"} {
			s.Agency = agency
			parts = append(parts, mustReport(t, b, s).Total)
		}
		checkParts(t, "agencies", whole.Total, parts)
	})
}

// TestKeptDaysAreTheSame: figures made of what was written and read are those
// made of the log, and so are the lines of tickets.
func TestKeptDaysAreTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := anyDays(t)
		for _, day := range days(h.log()) {
			d := dayOf(t, h, day)
			file, err := d.encode()
			if err != nil {
				t.Fatal(err)
			}
			k, err := d.kept()
			if err != nil || !bytes.Equal(file, k.body) {
				t.Fatalf("%s is not written the same again: %v", day, err)
			}
			back, err := (&lines{}).of(k)
			if err != nil {
				t.Fatal(err)
			}
			// What is no line of a ticket is not kept there.
			back.works, back.outOfOrder, back.issuing, back.cardsIssued, back.cardsOff = d.works, d.outOfOrder, d.issuing, d.cardsIssued, d.cardsOff
			want, err := d.figures()
			got, err2 := back.figures()
			if diff := cmp.Diff(want, got); diff != "" || err != nil || err2 != nil {
				t.Fatalf("%s: %v, %v, %s", day, err, err2, diff)
			}
			if h, _, err := decodeHead(file[:min(len(file), bookHead)]); err != nil || h.last != d.last || h.hash != d.hash {
				t.Fatalf("head %+v, %v", h, err)
			}
		}
	})
}

// dayOf reads one day of a hall's log.
func dayOf(t failer, h *hall, day string) *daily {
	t.Helper()
	d := newReader(office)
	for e, err := range from(queue.Stored(context.Background(), h.store, office, 0), day) {
		if err == nil {
			err = d.next(e)
		}
		if err != nil {
			t.Fatalf("%v", err)
		}
		if d.sum.Over {
			break
		}
	}
	return d.daily()
}

// someDays is a hall with days that have ended, and one that goes on.
func someDays(t *testing.T, n int) *hall {
	h := newHall(t, twoAgencies(), "2026-11-02 07:00:00")
	for i := range n {
		h.now = time.Date(2026, 11, 2+i, 8, 0, 0, 0, h.zone)
		h.tick()
		h.counter("1", queue.Opened, "")
		for range i + 2 {
			h.do(queue.TakeRequest{Meta: by("kiosk-1"), Service: "A", Channel: queue.Kiosk})
		}
		h.now = h.now.Add(20 * time.Minute)
		h.next("1", "A001")
		h.now = h.now.Add(5 * time.Minute)
		h.act("A001", queue.Finish)
	}
	return h
}

func asText(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func files(t *testing.T, dir string) []string {
	t.Helper()
	list, err := filepath.Glob(filepath.Join(dir, "*"+bookEnd))
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(list)
	return list
}

// TestBookIsMadeAnew: whatever happens to what is kept, the figures stay.
func TestBookIsMadeAnew(t *testing.T) {
	h := someDays(t, 6)
	dir := t.TempDir()
	s := Spec{From: "2026-11-02", To: "2026-11-07", Compare: true}
	want := asText(t, mustReport(t, h.book(""), s))
	for _, harm := range []struct {
		name string
		do   func(list []string)
	}{
		{"nothing yet", func([]string) {}},
		{"all there", func([]string) {}},
		{"one is gone", func(list []string) { rm(t, list[1]) }},
		{"the first is gone", func(list []string) { rm(t, list[0]) }},
		{"one is cut", func(list []string) { harmed(t, list[2], func(b []byte) []byte { return b[:len(b)/2] }) }},
		{"one is changed", func(list []string) { harmed(t, list[3], func(b []byte) []byte { b[len(b)-3] ^= 1; return b }) }},
		{"one is empty", func(list []string) { harmed(t, list[0], func([]byte) []byte { return nil }) }},
		{"one is another day's", func(list []string) { harmed(t, list[4], func([]byte) []byte { return read(t, list[1]) }) }},
		{"all gone", func([]string) {
			if err := os.RemoveAll(dir); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		harm.do(files(t, dir))
		b := h.book(dir)
		r, err := b.Report(t.Context(), s)
		if err != nil {
			t.Fatalf("%s: %v", harm.name, err)
		}
		if got := asText(t, r); got != want {
			t.Errorf("%s: other figures\n%s", harm.name, cmp.Diff(want, got))
		}
		if n := len(files(t, dir)); n != 5 {
			t.Errorf("%s: %d days are kept, want 5", harm.name, n)
		}
	}
}

func rm(t *testing.T, file string) {
	t.Helper()
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	body, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func harmed(t *testing.T, file string, how func([]byte) []byte) {
	t.Helper()
	if err := os.WriteFile(file, how(read(t, file)), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestKeptDaysAreDeletedMeanwhile: whoever deletes what is kept while the
// program runs changes no figure.
func TestKeptDaysAreDeletedMeanwhile(t *testing.T) {
	h := someDays(t, 5)
	dir := t.TempDir()
	b, s := h.book(dir), Spec{From: "2026-11-02", To: "2026-11-06"}
	want := mustReport(t, b, s).Total
	for _, file := range files(t, dir) {
		rm(t, file)
	}
	s.Target = time.Hour // Another report, which is not remembered.
	if got := mustReport(t, b, s).Total; got.Issued != want.Issued || got.Wait != want.Wait {
		t.Errorf("%+v, want %+v", got, want)
	}
	if len(files(t, dir)) != 4 {
		t.Errorf("%d days are kept", len(files(t, dir)))
	}
}

// TestBookOfAnotherLog: what is kept of another log of the same days is not
// believed, a restored backup's say.
func TestBookOfAnotherLog(t *testing.T) {
	dir := t.TempDir()
	mustReport(t, someDays(t, 4).book(dir), Spec{From: "2026-11-02", To: "2026-11-05"})
	other := newHall(t, twoAgencies(), "2026-11-02 07:00:00")
	for i := range 4 {
		other.now = time.Date(2026, 11, 2+i, 9, 0, 0, 0, other.zone)
		other.tick()
		for range 3 {
			other.do(queue.TakeRequest{Service: "B", Channel: queue.Phone})
		}
	}
	r := mustReport(t, other.book(dir), Spec{From: "2026-11-02", To: "2026-11-05"})
	if diff := cmp.Diff(map[string]int{"B": 12}, issuedBy(r.Parts[ByService])); diff != "" {
		t.Error(diff)
	}
}

// TestBookFollows: what comes later is in the next report, and a day that ends
// is kept.
func TestBookFollows(t *testing.T) {
	h := someDays(t, 2)
	dir := t.TempDir()
	b := h.book(dir)
	s := Spec{From: "2026-11-01", To: "2026-11-30"}
	if r := mustReport(t, b, s); r.Total.Issued != 2+3 || r.Over || r.Days != 2 || len(files(t, dir)) != 1 {
		t.Errorf("%d issued, over %v, %d days, %d kept", r.Total.Issued, r.Over, r.Days, len(files(t, dir)))
	}
	h.do(queue.TakeRequest{Service: "B", Channel: queue.Kiosk})
	if r := mustReport(t, b, s); r.Total.Issued != 6 {
		t.Errorf("%d issued, want 6", r.Total.Issued)
	}
	h.clock("2026-11-04 08:00:00")
	h.tick()
	if r := mustReport(t, b, s); r.Total.Issued != 6 || r.Days != 3 || len(files(t, dir)) != 2 {
		t.Errorf("%d issued, %d days, %d kept", r.Total.Issued, r.Days, len(files(t, dir)))
	}
	if r := mustReport(t, b, Spec{}); r.From != "2026-11-04" || r.To != r.From {
		t.Errorf("the latest day: %s to %s", r.From, r.To)
	}
	if first, latest, err := b.Latest(t.Context()); first != "2026-11-02" || latest != "2026-11-04" || err != nil {
		t.Errorf("%s to %s, %v", first, latest, err)
	}
}

// slowly is a log on a slow disk.
type slowly struct{ Source }

func (s slowly) Read(ctx context.Context, office string, after int64, limit int) ([]queue.Event, error) {
	time.Sleep(2 * bookWait)
	return s.Source.Read(ctx, office, after, limit)
}

// TestBookIsBehind: while the log is still being read, nobody takes a part for
// the whole, nor what is not read yet for what never was.
func TestBookIsBehind(t *testing.T) {
	h := newHall(t, twoAgencies(), "2026-11-02 07:00:00")
	for day, n := range []int{4*chunk + 10, 20, 3} {
		h.now = time.Date(2026, 11, 2+day, 8, 0, 0, 0, h.zone)
		h.tick()
		for range n {
			h.do(queue.TakeRequest{Service: "B", Channel: queue.Kiosk})
		}
	}
	first := Spec{From: "2026-11-02"}
	synctest.Test(t, func(t *testing.T) {
		b := NewBook(BookConfig{Office: office, Source: slowly{h.store}})
		if r, err := b.Report(t.Context(), first); err != nil || r.Behind != first.From || r.Over || r.Total.Issued >= chunk {
			t.Errorf("the first day: %+v, %v", r, err)
		}
		if _, err := b.Report(t.Context(), Spec{From: "2026-11-04"}); !errors.Is(err, ErrBehind) || queue.ErrorCode(err) != queue.CodeUnavailable {
			t.Errorf("a day that is not read yet: %v", err)
		}
		if _, err := b.Tickets(t.Context(), first, Pick{ByTotal, "", FigureAll}, 0, listMost); !errors.Is(err, ErrBehind) {
			t.Errorf("tickets: %v", err)
		}
		if _, _, err := b.Latest(t.Context()); !errors.Is(err, ErrBehind) {
			t.Errorf("the latest day: %v", err)
		}
		if err := b.CatchUp(t.Context()); err != nil {
			t.Fatal(err)
		}
		if r, err := b.Report(t.Context(), first); err != nil || r.Behind != "" || !r.Over || r.Total.Issued != 4*chunk+10 {
			t.Errorf("the first day, read: %+v, %v", r, err)
		}
		if from, to, err := b.Latest(t.Context()); from != first.From || to != "2026-11-04" || err != nil {
			t.Errorf("%s to %s, %v", from, to, err)
		}
		if _, err := b.Tickets(t.Context(), Spec{From: "2026-11-05"}, Pick{ByTotal, "", FigureAll}, 0, listMost); !errors.Is(err, ErrNoDay) {
			t.Errorf("a day that never was: %v", err)
		}
		ctx, stop := context.WithCancel(t.Context())
		stop()
		if err := NewBook(BookConfig{Office: office, Source: slowly{h.store}}).CatchUp(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("told to stop: %v", err)
		}
	})
}

// TestNobodyIsInWhatIsKept: no code and no link are in a kept day.
func TestNobodyIsInWhatIsKept(t *testing.T) {
	h := someDays(t, 3)
	dir := t.TempDir()
	mustReport(t, h.book(dir), Spec{From: "2026-11-02", To: "2026-11-05"})
	for _, e := range h.log() {
		if e.Ticket == nil {
			continue
		}
		for _, file := range files(t, dir) {
			if bytes.Contains(read(t, file), []byte(e.Ticket.Code)) {
				t.Fatalf("%s has the code of %s", file, e.Ticket.Number)
			}
		}
	}
}

func TestSpecs(t *testing.T) {
	b := someDays(t, 2).book("")
	for _, s := range []Spec{
		{From: "gestern"}, {From: "2026-11-02", To: "2026-11-01"}, {From: "2020-01-01", To: "2026-11-01"}, {From: "2026-11-02", Target: -1},
		{From: "2026-11-02", Parts: []Part{"moon"}}, {From: "2026-11-02", Target: 25 * time.Hour}, {From: "2026-02-30"},
	} {
		if _, err := b.Report(t.Context(), s); queue.ErrorCode(err) != queue.CodeBadRequest {
			t.Errorf("%+v: %v", s, err)
		}
	}
	if _, err := b.Report(t.Context(), Spec{From: "2025-01-01", To: "2025-12-31"}); err != ErrNoDay {
		t.Errorf("a year before the log: %v", err)
	}
	for _, c := range [][4]string{
		{"2026-11-01", "2026-11-30", "2026-10-01", "2026-10-31"}, {"2026-01-01", "2026-12-31", "2025-01-01", "2025-12-31"},
		{"2026-03-01", "2026-03-31", "2026-02-01", "2026-02-28"}, {"2026-10-01", "2026-12-31", "2026-07-01", "2026-09-30"},
		{"2026-11-21", "2026-11-21", "2026-11-20", "2026-11-20"}, {"2026-11-16", "2026-11-22", "2026-11-09", "2026-11-15"},
		{"2026-11-01", "2026-11-29", "2026-10-03", "2026-10-31"},
	} {
		if from, to := (Spec{From: c[0], To: c[1]}).before(); from != c[2] || to != c[3] {
			t.Errorf("before %s to %s: %s to %s, want %s to %s", c[0], c[1], from, to, c[2], c[3])
		}
	}
}

// TestLastYear is the same period of the year before, to the end of February.
func TestLastYear(t *testing.T) {
	for _, c := range [][4]string{
		{"2026-11-01", "2026-11-30", "2025-11-01", "2025-11-30"}, {"2025-02-01", "2025-02-28", "2024-02-01", "2024-02-29"},
		{"2024-02-01", "2024-02-29", "2023-02-01", "2023-02-28"}, {"2026-01-01", "2026-12-31", "2025-01-01", "2025-12-31"},
	} {
		if from, to := (Spec{From: c[0], To: c[1], LastYear: true}).before(); from != c[2] || to != c[3] {
			t.Errorf("a year before %s to %s: %s to %s, want %s to %s", c[0], c[1], from, to, c[2], c[3])
		}
	}
}

func TestToldIsPooled(t *testing.T) {
	all := []Told{
		{Day: "2026-11-01", Service: "", Waits: 10, Inside: 8, Wait: 10, Error: 4}, {Day: "2026-11-02", Service: "", Waits: 30, Inside: 15, Late: 10, Wait: 20, Error: 8},
		{Day: "2026-11-02", Service: "A", Waits: 30, Inside: 15}, {Day: "2026-11-03", Service: "", Waits: 99},
	}
	got := pool(all, Spec{From: "2026-11-01", To: "2026-11-02"})
	want := []Told{{Waits: 40, Inside: 23, Late: 10, Coverage: 0.575, Wait: 17.5, Error: 7}, {Service: "A", Waits: 30, Inside: 15, Coverage: 0.5}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestFairness(t *testing.T) {
	even := fairness([]Counter{{ID: "1", Finished: 10, Time: Time{Open: 7200, Busy: 3600}}, {ID: "2", Finished: 20, Time: Time{Open: 7200, Busy: 3600}}, {ID: "3", Time: Time{Open: 10}}})
	if even.Index != 1 || even.Counters != 2 || even.Most != "2" || even.MostPer != 10 || even.Least != "1" || even.LeastPer != 5 {
		t.Errorf("%+v", even)
	}
	if one := fairness([]Counter{{ID: "1", Finished: 10, Time: Time{Open: 7200, Busy: 3600}}, {ID: "2", Time: Time{Open: 7200}}}); one.Index != 0.5 {
		t.Errorf("one does it all: %+v", one)
	}
}

// TestNth is what sorting gives.
func TestNth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) time.Duration { return time.Duration(rapid.IntRange(0, 30).Draw(t, "d")) }), 1, 200).Draw(t, "all")
		n := rapid.IntRange(0, len(all)-1).Draw(t, "n")
		sorted := slices.Sorted(slices.Values(all))
		if got := nth(all, n); got != sorted[n] {
			t.Fatalf("%d, want %d", got, sorted[n])
		}
		slices.Sort(all)
		if !slices.Equal(all, sorted) {
			t.Fatal("something was lost")
		}
	})
}

// FuzzKeptDay: no file makes reading fail otherwise than by an error, whatever
// its sections say.
func FuzzKeptDay(f *testing.F) {
	h := newHall(f, twoAgencies(), "2026-11-02 07:00:00")
	h.counter("1", queue.Opened, "")
	h.do(queue.TakeRequest{Meta: by("kiosk-1"), Service: "A", Channel: queue.Kiosk})
	h.next("1", "A001")
	h.act("A001", queue.Finish)
	k, err := dayOf(f, h, "2026-11-02").kept()
	if err != nil {
		f.Fatal(err)
	}
	texts, err := k.read(new([]byte), k.sumsAt, k.namesAt, k.livesAt)
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte(texts[1]), []byte(texts[0]), []byte(texts[2]))
	f.Add([]byte{}, []byte{}, []byte{})
	f.Fuzz(func(t *testing.T, names, sums, lives []byte) {
		c, d := &coder{in: string(lives)}, &daily{}
		if d.code(c); c.err == nil {
			body, err := d.encode()
			if err != nil {
				t.Fatal(err)
			}
			if _, _, err := decodeHead(body); err != nil {
				t.Fatal(err)
			}
		}
		a := newAdder("", queue.DefaultTarget, append(Parts(), ByTotal, ByDay, ByCounter, ByStaff)...)
		if a.add("2026-11-02", string(names), string(sums)) != nil {
			return
		}
		if a.seek(); a.add("2026-11-02", string(names), string(sums)) != nil {
			t.Error("it can be read once, and not twice")
		}
		(&Report{Step: ByDay}).sum(a, Spec{Parts: Parts()})
	})
}

// TestEveryFigureHasWords for people.
func TestEveryFigureHasWords(t *testing.T) {
	seen := map[Text]Figure{}
	for _, f := range AllFigures() {
		w := f.Words()
		if w.VI == "" || w.EN == "" || seen[w] != "" {
			t.Errorf("%s: %+v, like %q", f, w, seen[w])
		}
		seen[w] = f
	}
	if len(slices.Collect(maps.Keys(seen))) < 20 {
		t.Error("too few figures")
	}
}
