package officetest

import (
	"sync"

	"github.com/xinmoi/xinmoi/queue"
)

func keys() map[string]func(*desk) {
	return map[string]func(*desk){
		"a repeated take gives the same ticket":      repeatTake,
		"another request under a key":                keyReused,
		"errors are not remembered":                  forgetErrors,
		"a repeated next calls once":                 repeatNext,
		"a repeated call, action and counter change": repeatOthers,
		"sixteen at once are one":                    sixteen,
	}
}

// together runs f n times, all let go at one moment.
func together(n int, f func(i int)) {
	var ready, done sync.WaitGroup
	gate := make(chan struct{})
	for i := range n {
		ready.Add(1)
		done.Go(func() {
			ready.Done()
			<-gate
			f(i)
		})
	}
	ready.Wait()
	close(gate)
	done.Wait()
}

func repeatTake(d *desk) {
	first := d.take("A", withKey("kiosk-7:1"))
	d.take("A")
	if again := d.take("A", withKey("kiosk-7:1")); again.ID != first.ID || again.Number != first.Number || again.Code != first.Code || again.URL != first.URL {
		d.Errorf("the repeat gives %s, want %s", again.Number, first.Number)
	}
	d.act(first.ID, queue.Cancel)
	// The same answer, but with what is true now.
	if again := d.take("A", withKey("kiosk-7:1")); again.ID != first.ID || again.State != queue.Cancelled {
		d.Errorf("the repeat gives %s, %s", again.Number, again.State)
	}
	if other := d.take("A", withKey("kiosk-7:2")); other.Number != number("A", 3) {
		d.Errorf("another key gives %s", other.Number)
	}
}

func keyReused(d *desk) {
	first := d.take("A", withKey("k"))
	before := d.board().Seq
	for doing, err := range map[string]error{
		"another service": second(d.tryTake("B", withKey("k"))),
		"another class":   second(d.tryTake("A", withKey("k"), ofClass(queue.Priority))),
		"held":            second(d.tryTake("A", withKey("k"), held)),
		"an action":       second(d.office.Act(d.ctx, queue.ActRequest{Meta: meta("k"), Ticket: first.ID, Action: queue.Cancel})),
		"a counter":       second(d.office.SetCounter(d.ctx, queue.SetCounterRequest{Meta: meta("k"), Counter: "1", State: queue.Opened})),
		"next":            second(d.office.Next(d.ctx, queue.CounterRequest{Meta: meta("k"), Counter: "1"})),
	} {
		d.wantCode(err, queue.CodeKeyReused, doing+" under a used key")
	}
	if after := d.board().Seq; after != before {
		d.Errorf("refused requests left %d events", after-before)
	}
}

func second[T any](_ T, err error) error { return err }

func forgetErrors(d *desk) {
	r := queue.CounterRequest{Meta: meta("press-1"), Counter: "1"}
	_, err := d.office.Next(d.ctx, r)
	d.wantCode(err, queue.CodeCounterClosed, "next at a closed counter")
	d.set("1", queue.Opened, "")
	_, err = d.office.Next(d.ctx, r)
	d.wantCode(err, queue.CodeNobodyWaiting, "the same key, nobody waiting")
	t := d.take("A")
	got, err := d.office.Next(d.ctx, r)
	d.must(err, "the same key, somebody waiting")
	if got.ID != t.ID {
		d.Errorf("called %s", got.Number)
	}
}

func repeatNext(d *desk) {
	for range 3 {
		d.take("A")
	}
	d.set("1", queue.Opened, "")
	r := queue.CounterRequest{Meta: meta("press-1"), Counter: "1"}
	first, err := d.office.Next(d.ctx, r)
	d.must(err, "next")
	before := d.board()
	again, err := d.office.Next(d.ctx, r)
	d.must(err, "next repeated") // And not counter_busy.
	if again.ID != first.ID || again.CallCount != 1 || d.board().Seq != before.Seq || d.board().Waiting["A"] != 2 {
		d.Errorf("the repeat gives %+v", again)
	}
	d.act(first.ID, queue.Finish)
	again, err = d.office.Next(d.ctx, r)
	d.must(err, "next repeated after finish")
	if again.ID != first.ID || again.State != queue.Completed {
		d.Errorf("the late repeat gives %s, %s", again.Number, again.State)
	}
}

func repeatOthers(d *desk) {
	d.take("A")
	t := d.take("A")
	set := queue.SetCounterRequest{Meta: meta("s"), Counter: "1", State: queue.Opened}
	call := queue.CallRequest{Meta: meta("c"), Counter: "1", Ticket: t.ID, Reason: "bệnh nặng"}
	recall := queue.ActRequest{Meta: meta("r"), Ticket: t.ID, Action: queue.Recall}
	var seq int64
	for range 2 {
		v, err := d.office.SetCounter(d.ctx, set)
		d.must(err, "open")
		if v.State != queue.Opened || v.ID != "1" {
			d.Errorf("opened: %+v", v)
		}
		got, err := d.office.Call(d.ctx, call)
		d.must(err, "call")
		if got.ID != t.ID {
			d.Errorf("called: %s", got.Number)
		}
		got, err = d.office.Act(d.ctx, recall)
		d.must(err, "recall")
		if got.CallCount != 2 {
			d.Errorf("called %d times, want 2", got.CallCount)
		}
		if seq != 0 && d.board().Seq != seq {
			d.Errorf("the repeats left %d events", d.board().Seq-seq)
		}
		seq = d.board().Seq
	}
}

func sixteen(d *desk) {
	const callers = 16
	d.set("1", queue.Opened, "")
	takes, calls := make([]queue.Ticket, callers), make([]queue.Ticket, callers)
	together(callers, func(i int) {
		t, err := d.tryTake("A", withKey("one"))
		if err != nil {
			d.Errorf("take: %v", err)
		}
		takes[i] = t
	})
	d.take("A")
	together(callers, func(i int) {
		t, err := d.office.Next(d.ctx, queue.CounterRequest{Meta: meta("two"), Counter: "1"})
		if err != nil {
			d.Errorf("next: %v", err)
		}
		calls[i] = t
	})
	for i := range callers {
		if takes[i].ID != takes[0].ID || calls[i].ID != takes[0].ID || calls[i].CallCount != 1 {
			d.Errorf("caller %d got %s and %s", i, takes[i].Number, calls[i].Number)
		}
	}
	if n := d.board().Waiting["A"]; n != 1 {
		d.Errorf("%d wait, want 1", n)
	}
}
