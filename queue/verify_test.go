package queue_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/memory"
)

// storedLog is the log of three days of a small office, with a bit of everything,
// as a store keeps it, and the office's tickets.
func storedLog(t testing.TB) (log []queue.StoredEvent, tickets map[string]queue.Ticket) {
	t.Helper()
	var now atomic.Int64
	now.Store(time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC).UnixMilli())
	store := new(memory.Store)
	e := newEngine(t, queue.Config{Store: store, Now: func() time.Time { return time.UnixMilli(now.Add(1500)) }})
	stop := run(t, e)
	openCounter(t, e, "1")
	openCounter(t, e, "2")
	var overnight queue.Ticket
	for day := range 3 {
		for _, service := range []string{"A", "B", "A", "A"} {
			take(t, e, queue.TakeRequest{Service: service})
		}
		act(t, e, take(t, e, queue.TakeRequest{Hold: true}).ID, queue.Confirm)
		act(t, e, take(t, e, queue.TakeRequest{Channel: queue.Zalo}).ID, queue.Cancel)
		if day == 0 {
			overnight = next(t, e, "2") // Stays in hand.
		} else if day == 1 {
			act(t, e, overnight.ID, queue.Recall)
			act(t, e, overnight.ID, queue.Finish)
			act(t, e, next(t, e, "1").ID, queue.Absent)
		}
		act(t, e, next(t, e, "1").ID, queue.Finish)
		if day == 2 {
			continue
		}
		now.Add((24 * time.Hour).Milliseconds())
	}
	stop()
	tickets = map[string]queue.Ticket{}
	for _, ev := range stored(t, store) {
		body, err := ev.Body()
		if err != nil {
			t.Fatal(err)
		}
		log = append(log, queue.StoredEvent{Office: ev.Office, Seq: ev.Seq, At: ev.At, Kind: ev.Kind, Hash: ev.Hash, Body: body})
		if ev.Ticket != nil {
			tickets[ev.Ticket.ID] = *ev.Ticket
		}
	}
	return log, tickets
}

func office() string { return queue.CommuneCentre().Office }

// check runs a LogCheck over a log.
func check(log []queue.StoredEvent) (found []queue.Finding, settled []queue.Ticket, sum queue.LogSummary) {
	c := queue.NewLogCheck(office(), func(f queue.Finding) { found = append(found, f) }, func(t queue.Ticket) { settled = append(settled, t) })
	for _, e := range log {
		c.Add(e)
	}
	return found, settled, c.End()
}

// rechain makes the hashes anew from event i on, and the columns with them: as
// somebody would who knows how.
func rechain(t testing.TB, log []queue.StoredEvent, i int) []queue.StoredEvent {
	t.Helper()
	prev := ""
	if i > 0 {
		prev = log[i-1].Hash
	}
	for ; i < len(log); i++ {
		sum := sha256.Sum256(append([]byte(prev), log[i].Body...))
		log[i].Hash = hex.EncodeToString(sum[:])
		prev = log[i].Hash
		if ev, err := queue.DecodeEvent(log[i].Body, ""); err == nil {
			log[i].At, log[i].Kind = ev.At, ev.Kind
		}
	}
	return log
}

// edited gives the log with one event's body changed.
func edited(t testing.TB, log []queue.StoredEvent, i int, change func(*queue.Event)) []queue.StoredEvent {
	t.Helper()
	var ev queue.Event
	if err := json.Unmarshal(log[i].Body, &ev); err != nil {
		t.Fatal(err)
	}
	change(&ev)
	body, err := json.Marshal(ev)
	if err != nil {
		t.Fatal(err)
	}
	log = slices.Clone(log)
	log[i].Body = body
	return log
}

// nth gives the place of the n-th event of a kind, from 0.
func nth(t testing.TB, log []queue.StoredEvent, kind queue.Kind, n int) int {
	t.Helper()
	for i, e := range log {
		if e.Kind != kind {
			continue
		}
		if n--; n < 0 {
			return i
		}
	}
	t.Fatalf("no such %s in the log", kind)
	return 0
}

func TestCheckOfAnHonestLog(t *testing.T) {
	log, tickets := storedLog(t)
	found, settled, sum := check(log)
	if len(found) > 0 {
		t.Fatalf("found %v", found)
	}
	if last := log[len(log)-1]; sum.Events != int64(len(log)) || sum.Seq != last.Seq || sum.Hash != last.Hash || !sum.At.Equal(last.At) || sum.Days != 3 || sum.Office != office() {
		t.Errorf("summary %+v", sum)
	}
	if want := queue.CommuneCentre().TimeZone; sum.TimeZone != want || want == "" {
		t.Errorf("time zone %q, want %q", sum.TimeZone, want)
	}
	if len(tickets) != 18 || len(settled) != len(tickets) || sum.Tickets != int64(len(tickets)) {
		t.Errorf("%d of %d tickets settled, %d said", len(settled), len(tickets), sum.Tickets)
	}
	for _, got := range settled {
		want := tickets[got.ID]
		if got.Version != want.Version || got.State != want.State || got.Number != want.Number {
			t.Errorf("settled %+v, want %+v", got, want)
		}
		delete(tickets, got.ID) // Once each.
	}
	if len(tickets) > 0 {
		t.Errorf("never settled: %v", tickets)
	}
}

func TestCheckOfNothing(t *testing.T) {
	if found, settled, sum := check(nil); len(found)+len(settled) > 0 || sum.Events != 0 || sum.Hash != "" {
		t.Errorf("%v, %v, %+v", found, settled, sum)
	}
}

// wantFinding: there is a finding at seq with a text, and with findings every
// line names the office.
func wantFinding(t *testing.T, log []queue.StoredEvent, seq int64, text string) {
	t.Helper()
	found, _, _ := check(log)
	if !slices.ContainsFunc(found, func(f queue.Finding) bool { return f.Seq == seq && strings.Contains(f.Text, text) }) {
		t.Errorf("nothing at %d with %q in %v", seq, text, found)
	}
	for _, f := range found {
		if !strings.HasPrefix(f.String(), office()) || strings.Contains(f.String(), "\n") {
			t.Errorf("finding %q", f)
		}
	}
}

func TestCheckFindsChangesFromOutside(t *testing.T) {
	log, _ := storedLog(t)
	mid := nth(t, log, queue.TicketCalled, 1)
	seq := log[mid].Seq
	without := func(from, to int) []queue.StoredEvent { return slices.Delete(slices.Clone(log), from, to) }
	at := func(i int, change func(*queue.StoredEvent)) []queue.StoredEvent {
		l := slices.Clone(log)
		change(&l[i])
		return l
	}
	swapped := slices.Clone(log) // The rows stay, what is in them changes places.
	swapped[mid].Body, swapped[mid+1].Body = log[mid+1].Body, log[mid].Body
	swapped[mid].Hash, swapped[mid+1].Hash = log[mid+1].Hash, log[mid].Hash
	for name, c := range map[string]struct {
		log  []queue.StoredEvent
		seq  int64
		text string
	}{
		"a waiting time shortened": {edited(t, log, mid, func(e *queue.Event) { e.Ticket.IssuedAt = e.Ticket.IssuedAt.Add(time.Minute) }), seq, "hash chain"},
		"an actor changed":         {edited(t, log, mid, func(e *queue.Event) { e.Actor = "other" }), seq, "hash chain"},
		"a hash changed":           {at(mid, func(e *queue.StoredEvent) { e.Hash = strings.Repeat("0", 64) }), seq, "hash chain"},
		"the last hash changed":    {at(len(log)-1, func(e *queue.StoredEvent) { e.Hash = "" }), log[len(log)-1].Seq, "hash chain"},
		"a time column":            {at(mid, func(e *queue.StoredEvent) { e.At = e.At.Add(time.Millisecond) }), seq, "kept under time"},
		"a kind column":            {at(mid, func(e *queue.StoredEvent) { e.Kind = queue.TicketRecalled }), seq, "kept under kind"},
		"an office column":         {at(mid, func(e *queue.StoredEvent) { e.Office = "other" }), seq, "belongs to office"},
		"one event deleted":        {without(mid, mid+1), seq + 1, fmt.Sprintf("event %d before it is missing", seq)},
		"three events deleted":     {without(mid, mid+3), seq + 3, fmt.Sprintf("events %d to %d", seq, seq+2)},
		"the first deleted":        {without(0, 1), 2, "event 1 before it is missing"},
		"an event twice":           {slices.Insert(slices.Clone(log), mid, log[mid]), seq, "comes after event"},
		"two swapped":              {swapped, seq, "hash chain"},
		"two swapped, seen by seq": {swapped, seq, "kept under seq"},
		"no body":                  {at(mid, func(e *queue.StoredEvent) { e.Body = nil }), seq, "cannot be read"},
	} {
		t.Run(name, func(t *testing.T) { wantFinding(t, c.log, c.seq, c.text) })
	}
}

// Even with a chain made anew, what no office can have done is found.
func TestCheckFindsWhatNoOfficeDoes(t *testing.T) {
	log, _ := storedLog(t)
	for name, c := range map[string]struct {
		kind   queue.Kind
		nth    int
		change func(*queue.Event)
		text   string
	}{
		"a number twice":      {queue.TicketIssued, 2, func(e *queue.Event) { e.Ticket.Number.N = 1 }, "a second time"},
		"a foreign id":        {queue.TicketIssued, 2, func(e *queue.Event) { e.Ticket.ID = "1" }, "the id"},
		"a wrong version":     {queue.TicketCalled, 0, func(e *queue.Event) { e.Ticket.Version-- }, "at version"},
		"an unknown ticket":   {queue.TicketCalled, 0, func(e *queue.Event) { e.Ticket.ID = "999" }, "was not issued"},
		"a changed number":    {queue.TicketFinished, 0, func(e *queue.Event) { e.Ticket.Number.N = 77 }, "turns ticket"},
		"a younger ticket":    {queue.TicketCalled, 0, func(e *queue.Event) { e.Ticket.IssuedAt = e.At }, "turns ticket"},
		"two at one counter":  {queue.TicketCalled, 1, func(e *queue.Event) { e.Ticket.Counter = "2" }, "in hand"},
		"time runs back":      {queue.TicketCalled, 1, func(e *queue.Event) { e.At = e.At.Add(-time.Hour) }, "dated"},
		"another seq":         {queue.TicketCalled, 1, func(e *queue.Event) { e.Seq += 5 }, "kept under seq"},
		"another office":      {queue.TicketCalled, 1, func(e *queue.Event) { e.Office = "x" }, "kept under office"},
		"a call of nobody":    {queue.TicketCalled, 1, func(e *queue.Event) { e.Ticket = nil }, "without ticket"},
		"a day of nothing":    {queue.DayOpened, 1, func(e *queue.Event) { e.Opening = nil }, "without setup and opening"},
		"a setup of nothing":  {queue.OfficeConfigured, 0, func(e *queue.Event) { e.Setup = nil }, "without setup"},
		"no counter":          {queue.CounterOpened, 0, func(e *queue.Event) { e.Counter = "" }, "without counter"},
		"a ticket let go":     {queue.DayOpened, 1, func(e *queue.Event) { e.Opening.Tickets[0].State = queue.Completed }, "takes over"},
		"a ticket thrown in":  {queue.DayOpened, 2, func(e *queue.Event) { e.Opening.Tickets = []queue.Ticket{{ID: "500"}} }, "takes over"},
		"a strange beginning": {queue.OfficeConfigured, 0, func(e *queue.Event) { e.Kind, e.Counter = queue.CounterOpened, "1" }, "begins with"},
	} {
		t.Run(name, func(t *testing.T) {
			i := nth(t, log, c.kind, c.nth)
			wantFinding(t, rechain(t, edited(t, log, i, c.change), i), log[i].Seq, c.text)
		})
	}
}

// Any one bit of any body or hash, and any one event left out but the last.
func TestCheckFindsAnySingleChange(t *testing.T) {
	log, _ := storedLog(t)
	rapid.Check(t, func(t *rapid.T) {
		l := slices.Clone(log)
		i := rapid.IntRange(0, len(l)-1).Draw(t, "event")
		switch rapid.SampledFrom([]string{"bit", "hash", "out", "swap"}).Draw(t, "change") {
		case "bit":
			body := bytes.Clone(l[i].Body)
			body[rapid.IntRange(0, len(body)-1).Draw(t, "byte")] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
			l[i].Body = body
		case "hash":
			hash := []byte(l[i].Hash)
			hash[rapid.IntRange(0, len(hash)-1).Draw(t, "byte")] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
			l[i].Hash = string(hash)
		case "out":
			i = min(i, len(l)-2)
			l = slices.Delete(l, i, i+1)
		case "swap":
			j := rapid.IntRange(0, len(l)-1).Filter(func(j int) bool { return j != i }).Draw(t, "other")
			l[i], l[j] = l[j], l[i]
			l[i].Seq, l[j].Seq = l[j].Seq, l[i].Seq
		}
		if found, _, _ := check(l); len(found) == 0 {
			t.Fatal("nothing found")
		}
	})
}

// A cut end cannot be seen in what is left, nor a chain made anew: that is
// what a hash noted elsewhere is for.
func TestCheckTellsTheHashToNote(t *testing.T) {
	log, _ := storedLog(t)
	_, _, whole := check(log)
	found, _, cut := check(log[:len(log)-1])
	if len(found) > 0 || cut.Hash == whole.Hash {
		t.Errorf("%v, %s", found, cut.Hash)
	}
	i := nth(t, log, queue.TicketCalled, 0)
	found, _, anew := check(rechain(t, edited(t, log, i, func(e *queue.Event) { e.Actor = "other" }), i))
	if len(found) > 0 || anew.Hash == whole.Hash {
		t.Errorf("%v, %s", found, anew.Hash)
	}
}

// Whatever stands in a store, a check reads it without a crash, and finds
// every body that is not the one of the log.
func FuzzLogCheck(f *testing.F) {
	log, _ := storedLog(f)
	for i, e := range log {
		f.Add(i, e.Body)
	}
	f.Add(3, []byte(`{"kind":"day_opened","setup":{},"opening":{"counters":[{"id":"9"}],"tickets":[{"id":"x","state":"called","counter":"9"}]}}`))
	f.Add(9, []byte(`{"kind":"ticket_undone","ticket":{"state":"parked"}}`))
	f.Add(0, []byte(`null`))
	f.Fuzz(func(t *testing.T, i int, body []byte) {
		i = int(uint(i) % uint(len(log)))
		l := slices.Clone(log)
		l[i].Body = body
		found, _, _ := check(l)
		if len(found) == 0 != bytes.Equal(body, log[i].Body) {
			t.Errorf("%d findings", len(found))
		}
		check(rechain(t, l, i))
	})
}
