package keypad

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// Config is what an agent needs; Office, Counter and Keys are required.
type Config struct {
	Office  queue.Office
	Counter string
	Keys    func(ctx context.Context, yield func(Key)) error // Gives keys until the pad is gone or ctx ends.
	Tell    func(Outcome)                                    // Hears what became of every order; nil = nobody.
	Caller  string                                           // For the log of the office.
	Logger  *slog.Logger
	Now     func() time.Time
}

// Outcome is what became of an order.
type Outcome struct {
	Order
	Ticket queue.Ticket // As it is afterwards, if there is one.
	Err    error
}

// Number is the number that it was about; empty if it was about none.
func (o Outcome) Number() string {
	if o.Ticket.Number.IsZero() {
		return o.Order.Number
	}
	return o.Ticket.Number.String()
}

// Agent does what the keys of one pad ask for at one counter.
type Agent struct {
	Config
	wake chan struct{}

	looking sync.Mutex // One look at a time: an older one must not come last.

	mu   sync.Mutex // Guards the rest.
	seen Seen
	ok   bool // seen is of now.
}

// New makes an agent.
func New(c Config) (*Agent, error) {
	if c.Office == nil || c.Counter == "" || c.Keys == nil {
		return nil, errors.New("keypad: Config.Office, Counter and Keys are required")
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Tell == nil {
		c.Tell = func(Outcome) {}
	}
	return &Agent{Config: c, wake: make(chan struct{}, 1)}, nil
}

const (
	waitingKeys = 8                      // Keys that wait while an order is on its way; more are not meant.
	askTime     = 5 * time.Second        // For one question or order.
	orderTime   = 30 * time.Second       // An order that nobody answers is sent again so long, with its key.
	orderPause  = 500 * time.Millisecond // In between.
	padPause    = 3 * time.Second        // Before a pad that is gone is looked for again.
	freshEvery  = 20 * time.Second       // The counter is asked at least so often.
)

// Run serves until ctx ends. A pad that is unplugged is looked for again.
func (a *Agent) Run(ctx context.Context) error {
	keys := make(chan Key, waitingKeys)
	var all sync.WaitGroup
	all.Go(func() { a.read(ctx, keys) })
	all.Go(func() { a.follow(ctx) })
	all.Go(func() { a.refresh(ctx) })
	pad := Pad{}
	for ctx.Err() == nil {
		select {
		case k := <-keys:
			a.press(ctx, &pad, k, keys)
		case <-ctx.Done():
		}
	}
	all.Wait()
	return nil
}

// drop forgets keys that were pressed while an order was on its way: they were
// about what is past.
func drop(keys <-chan Key) {
	for {
		select {
		case <-keys:
		default:
			return
		}
	}
}

func (a *Agent) read(ctx context.Context, keys chan<- Key) {
	for ctx.Err() == nil {
		err := a.Keys(ctx, func(k Key) {
			select {
			case keys <- k:
			default: // Somebody plays on it.
			}
		})
		if ctx.Err() == nil {
			a.Logger.Warn("keypad is gone; looking for it again", "err", err)
			queue.Await(ctx, nil, padPause)
		}
	}
}

// follow wakes refresh whenever something happens.
func (a *Agent) follow(ctx context.Context) {
	_ = queue.Following{ // Ends with ctx.
		Office: a.Office,
		From: func(ctx context.Context) (int64, error) {
			b, err := a.Office.Board(ctx)
			return b.Seq, err
		},
		Event: func(context.Context, queue.Event) (bool, error) { a.poke(); return false, nil },
		Broken: func(err error, _ time.Duration) {
			a.Logger.Warn("keypad does not reach the office", "err", err)
			a.poke()
		},
	}.Run(ctx)
}

func (a *Agent) poke() {
	select {
	case a.wake <- struct{}{}:
	default:
	}
}

func (a *Agent) refresh(ctx context.Context) {
	for ctx.Err() == nil {
		if err := a.look(ctx); err != nil && ctx.Err() == nil {
			a.Logger.Warn("keypad cannot see its counter", "counter", a.Counter, "err", err)
		}
		queue.Await(ctx, a.wake, freshEvery)
	}
}

// look asks how the counter is.
func (a *Agent) look(ctx context.Context) error {
	a.looking.Lock()
	defer a.looking.Unlock()
	asked, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	list, err := a.Office.Counters(asked)
	i := slices.IndexFunc(list, func(c queue.CounterView) bool { return c.ID == a.Counter })
	if err == nil && i < 0 {
		err = queue.Errorf(queue.CodeUnknownCounter, "no counter %q", a.Counter)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ok = err == nil
	if err == nil {
		a.take(list[i])
	}
	return err
}

// take notes how the counter is, and since when what a press is about is so;
// the caller holds a.mu.
func (a *Agent) take(c queue.CounterView) {
	hand := func(v queue.CounterView) (string, queue.State, queue.CounterState) {
		if v.Ticket == nil {
			return "", "", v.State
		}
		return v.Ticket.ID, v.Ticket.State, v.State
	}
	id, state, mode := hand(c)
	if oldID, oldState, oldMode := hand(a.seen.Counter); a.seen.Since.IsZero() || id != oldID || state != oldState || mode != oldMode {
		a.seen.Since = a.Now()
	}
	a.seen.Counter = c
}

// press takes a key and does what it asks for.
func (a *Agent) press(ctx context.Context, pad *Pad, k Key, keys <-chan Key) {
	a.mu.Lock()
	seen, ok := a.seen, a.ok
	a.mu.Unlock()
	if !ok {
		if err := a.look(ctx); err != nil {
			a.Tell(Outcome{Err: err})
			return
		}
		a.mu.Lock()
		seen = a.seen
		a.mu.Unlock()
	}
	o, ok := pad.Press(k, a.Now(), seen)
	if !ok {
		return
	}
	t, err := a.do(ctx, o, seen)
	if ctx.Err() != nil {
		return
	}
	if err := a.look(ctx); err != nil {
		a.Logger.Warn("keypad cannot see its counter", "counter", a.Counter, "err", err)
	}
	drop(keys)
	a.Tell(Outcome{o, t, err})
}

// do sends an order until it is answered, always with the same key: however
// often it is sent, it is done once.
func (a *Agent) do(ctx context.Context, o Order, s Seen) (t queue.Ticket, err error) {
	meta := queue.Meta{Key: rand.Text(), Caller: a.Caller}
	if o.Verb == Call {
		if o.Number, err = a.which(ctx, o.Number, s); err != nil {
			return t, err
		}
	}
	for end := a.Now().Add(orderTime); ; {
		asked, cancel := context.WithTimeout(ctx, askTime)
		t, err = a.once(asked, meta, o)
		cancel()
		if queue.ErrorCode(err) != queue.CodeUnavailable || !a.Now().Before(end) || ctx.Err() != nil {
			return t, err
		}
		queue.Await(ctx, nil, orderPause)
	}
}

// pauseReason and callReason are what a pad says, which cannot type words.
const (
	pauseReason = "Tạm dừng bằng bàn phím số"
	callReason  = "Gọi bằng bàn phím số"
)

// once sends an order.
func (a *Agent) once(ctx context.Context, m queue.Meta, o Order) (queue.Ticket, error) {
	act := func(action queue.Action, counter string) (queue.Ticket, error) {
		return a.Office.Act(ctx, queue.ActRequest{Meta: m, Ticket: o.Ticket, Action: action, Version: o.Version, Counter: counter})
	}
	set := func(state queue.CounterState, reason string) (queue.Ticket, error) {
		_, err := a.Office.SetCounter(ctx, queue.SetCounterRequest{Meta: m, Counter: a.Counter, State: state, Reason: reason})
		return queue.Ticket{}, err
	}
	switch o.Verb {
	case Open:
		return set(queue.Opened, "")
	case Pause:
		return set(queue.Paused, pauseReason)
	case Next:
		return a.Office.Next(ctx, queue.CounterRequest{Meta: m, Counter: a.Counter})
	case Call:
		return a.Office.Call(ctx, queue.CallRequest{Meta: m, Counter: a.Counter, Ticket: o.Number, Reason: callReason})
	case Transfer:
		return act(queue.Transfer, o.Number)
	default:
		return act(map[Verb]queue.Action{Start: queue.Start, Finish: queue.Finish, Recall: queue.Recall, NoShow: queue.Absent}[o.Verb], "")
	}
}

// which finds the one waiting number of the counter's services that digits mean.
func (a *Agent) which(ctx context.Context, digits string, s Seen) (number string, err error) {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	for _, service := range slices.Concat(s.Counter.Services, s.Counter.Helps) {
		n, err := queue.ParseNumber(service + digits)
		if err != nil {
			continue
		}
		t, err := a.Office.Ticket(ctx, n.String())
		switch {
		case queue.ErrorCode(err) == queue.CodeUnknownTicket:
		case err != nil:
			return "", err
		case t.State == queue.Waiting && number != "":
			return "", queue.Errorf(queue.CodeUnknownTicket, "%s có thể là %s hoặc %s: hãy gọi trên màn hình (call it on the screen)", digits, number, n)
		case t.State == queue.Waiting:
			number = n.String()
		}
	}
	if number == "" {
		return "", queue.Errorf(queue.CodeUnknownTicket, "không có số %s đang chờ ở quầy này (no such number waits for this counter)", digits)
	}
	return number, nil
}
