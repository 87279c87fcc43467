package queue_test

import (
	"context"
	"fmt"
	"log"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/memory"
)

// An office from its founding to the first citizen at a counter.
func Example() {
	ctx, cancel := context.WithCancel(context.Background())
	office, err := queue.NewEngine(ctx, queue.Config{Setup: queue.CommuneCentre(), Store: new(memory.Store)})
	if err != nil {
		log.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- office.Run(ctx) }()

	first, err := office.Take(ctx, queue.TakeRequest{Service: "A", Channel: queue.Kiosk})
	if err != nil {
		log.Fatal(err)
	}
	second, err := office.Take(ctx, queue.TakeRequest{Service: "A", Channel: queue.Phone, Person: "tel:+84912345678"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(first.Number, "and", second.Number, "wait;", second.Standing.Ahead, "before the second")

	if _, err := office.SetCounter(ctx, queue.SetCounterRequest{Counter: "1", State: queue.Opened}); err != nil {
		log.Fatal(err)
	}
	called, err := office.Next(ctx, queue.CounterRequest{Counter: "1"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(called.Number, "is called to counter", called.Counter)

	// A counter that has somebody never gets somebody else by pressing again.
	_, err = office.Next(ctx, queue.CounterRequest{Counter: "1"})
	fmt.Println(queue.ErrorCode(err))

	cancel()
	<-done
	// Output:
	// A001 and A002 wait; 1 before the second
	// A001 is called to counter 1
	// counter_busy
}

// A lookup code finds its ticket by telephone keys, by message and by voice;
// its last digit notices a slip of the finger.
func ExampleParseCode() {
	_, ok := queue.ParseCode("877 229 280")
	fmt.Println(ok)
	_, ok = queue.ParseCode("877 229 820")
	fmt.Println(ok)
	// Output:
	// true
	// false
}
