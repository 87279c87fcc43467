package officetest

import (
	"context"
	"slices"
	"sync"

	"github.com/xinmoi/xinmoi/queue"
)

func events() map[string]func(*desk) {
	return map[string]func(*desk){
		"the log tells a ticket's whole way": logOrder,
		"a cursor resumes":                   resume,
		"what happens is heard at once":      live,
		"the log is public":                  publicLog,
		"watching ends with its context":     watchEnds,
		"many writers, one gap-free log":     gapFree,
	}
}

// log reads until it has seen event last.
func (d *desk) log(after, last int64) []queue.Event {
	d.Helper()
	var got []queue.Event
	if last <= after {
		return nil
	}
	for e, err := range d.office.Events(d.ctx, after) {
		d.must(err, "events")
		got = append(got, e)
		if e.Seq >= last {
			break
		}
	}
	for i, e := range got {
		if e.Seq != after+int64(i)+1 {
			d.Fatalf("event %d after %d has seq %d", i, after, e.Seq)
		}
		if i > 0 && e.At.Before(got[i-1].At) {
			d.Errorf("event %d is earlier than the one before", e.Seq)
		}
	}
	return got
}

func logOrder(d *desk) {
	start := d.board().Seq
	if first := d.log(0, start); first[0].Kind != queue.OfficeConfigured || first[len(first)-1].Kind != queue.DayOpened {
		d.Errorf("a new office's log: %+v", first)
	}
	t := d.take("A", held)
	d.act(t.ID, queue.Confirm)
	d.set("1", queue.Opened, "")
	d.next("1")
	d.act(t.ID, queue.Recall)
	d.act(t.ID, queue.Start)
	last := d.act(t.ID, queue.Finish)
	d.set("1", queue.Paused, "họp")
	d.set("1", queue.Closed, "")
	d.act(d.take("B").ID, queue.Cancel)
	want := []queue.Kind{
		queue.TicketHeld, queue.TicketConfirmed, queue.CounterOpened, queue.TicketCalled, queue.TicketRecalled, queue.TicketStarted,
		queue.TicketFinished, queue.CounterPaused, queue.CounterClosed, queue.TicketIssued, queue.TicketCancelled,
	}
	got := d.log(start, d.board().Seq)
	kinds := make([]queue.Kind, len(got))
	for i, e := range got {
		kinds[i] = e.Kind
	}
	if !slices.Equal(kinds, want) {
		d.Fatalf("log %v, want %v", kinds, want)
	}
	states := []queue.State{queue.Held, queue.Waiting, "", queue.Called, queue.Called, queue.Serving, queue.Completed}
	for i, s := range states {
		e := got[i]
		if s == "" {
			if e.Ticket != nil || e.Counter != "1" {
				d.Errorf("%s: counter %q, ticket %+v", e.Kind, e.Counter, e.Ticket)
			}
			continue
		}
		if e.Ticket == nil || e.Ticket.State != s || e.Ticket.ID != t.ID || e.Ticket.Version != e.Seq {
			d.Errorf("%s carries %+v, want %s at version %d", e.Kind, e.Ticket, s, e.Seq)
		}
	}
	if got[3].Counter != "1" || last.Version != got[6].Seq {
		d.Errorf("call at counter %q; finished at version %d, want %d", got[3].Counter, last.Version, got[6].Seq)
	}
}

func resume(d *desk) {
	for range 20 {
		d.take("A")
	}
	end := d.board().Seq
	whole := d.log(0, end)
	for _, after := range []int64{1, 2, end - 5, end - 1} {
		part := d.log(after, end)
		for i, e := range part {
			if w := whole[int(after)+i]; e.Seq != w.Seq || e.Kind != w.Kind || !e.At.Equal(w.At) {
				d.Errorf("after %d: event %d is %s, was %s", after, e.Seq, e.Kind, w.Kind)
			}
		}
	}
}

func live(d *desk) {
	start := d.board().Seq
	heard := make(chan queue.Event)
	ctx, cancel := context.WithCancel(d.ctx)
	var watcher sync.WaitGroup
	watcher.Go(func() {
		for e, err := range d.office.Events(ctx, start) {
			if err != nil {
				return
			}
			select {
			case heard <- e:
			case <-ctx.Done():
				return
			}
		}
	})
	defer watcher.Wait()
	defer cancel()
	for range 5 {
		t := d.take("A")
		select {
		case e := <-heard:
			if e.Ticket == nil || e.Ticket.ID != t.ID || e.Kind != queue.TicketIssued {
				d.Errorf("heard %+v", e)
			}
		case <-d.ctx.Done():
			d.Fatalf("%s was never heard of", t.Number)
		}
	}
}

func publicLog(d *desk) {
	d.take("A", func(r *queue.TakeRequest) { r.Person = "tel:+84912345678" })
	d.set("1", queue.Opened, "")
	d.act(d.next("1").ID, queue.Start)
	for _, e := range d.log(0, d.board().Seq) {
		if e.Ticket != nil && (e.Ticket.Code != "" || e.Ticket.URL != "") {
			d.Errorf("%s shows code %q, URL %q", e.Kind, e.Ticket.Code, e.Ticket.URL)
		}
	}
	if t := d.counter("1").Ticket; t == nil || t.Code != "" || t.URL != "" {
		d.Errorf("a counter shows %+v", t)
	}
}

func watchEnds(d *desk) {
	ctx, cancel := context.WithCancel(d.ctx)
	seen := 0
	var last error
	for e, err := range d.office.Events(ctx, 0) {
		if last = err; err != nil {
			break
		}
		seen++
		if e.Seq == d.board().Seq {
			cancel()
		}
	}
	cancel()
	if seen == 0 || last == nil {
		d.Errorf("watching ended after %d events with %v, want an error", seen, last)
	}
}

func gapFree(d *desk) {
	const each = 20
	services := []string{"A", "B", "C", "D"}
	start := d.board().Seq
	var mu sync.Mutex
	numbers := map[queue.Number]bool{}
	together(len(services), func(i int) {
		for range each {
			t, err := d.tryTake("A")
			if err != nil {
				d.Errorf("take: %v", err)
				return
			}
			mu.Lock()
			numbers[t.Number] = true
			mu.Unlock()
		}
	})
	total := each * len(services)
	for n := 1; n <= total; n++ {
		if !numbers[number("A", n)] {
			d.Errorf("number %d was never given out", n)
		}
	}
	log := d.log(start, start+int64(total))
	for i, e := range log {
		if e.Ticket == nil || e.Ticket.Number != number("A", i+1) {
			d.Errorf("event %d is %s of %+v", e.Seq, e.Kind, e.Ticket)
		}
	}
}
