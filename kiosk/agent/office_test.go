package agent_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/xinmoi/xinmoi/kiosk/agent"
	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/memory"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// distant is an office at the end of a line that can be cut, before a command
// gets there or before its answer comes back.
type distant struct {
	queue.Office
	mu              sync.Mutex
	cut, answersCut bool
	takes           int
}

func (d *distant) set(cut, answersCut bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.cut, d.answersCut = cut, answersCut
}

// swap puts another office at the end of the line.
func (d *distant) swap(o queue.Office) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.Office = o
}

// there is the office at the end of the line.
func (d *distant) there() queue.Office {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.Office
}

func (d *distant) state() (cut, answersCut bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.cut, d.answersCut
}

// far does something over the line.
func far[T any](ctx context.Context, d *distant, do func() (T, error)) (T, error) {
	var nothing T
	cut, answersCut := d.state()
	if cut {
		return nothing, queue.Errorf(queue.CodeUnavailable, "the line is cut")
	}
	v, err := do()
	if answersCut {
		<-ctx.Done()
		return nothing, queue.Errorf(queue.CodeUnavailable, "no answer: %w", ctx.Err())
	}
	return v, err
}

func (d *distant) Info(ctx context.Context) (queue.Info, error) {
	return far(ctx, d, func() (queue.Info, error) { return d.there().Info(ctx) })
}

func (d *distant) Services(ctx context.Context) ([]queue.ServiceView, error) {
	return far(ctx, d, func() ([]queue.ServiceView, error) { return d.there().Services(ctx) })
}

func (d *distant) Procedures(ctx context.Context) ([]queue.Procedure, error) {
	return far(ctx, d, func() ([]queue.Procedure, error) { return d.there().Procedures(ctx) })
}

func (d *distant) Counters(ctx context.Context) ([]queue.CounterView, error) {
	return far(ctx, d, func() ([]queue.CounterView, error) { return d.there().Counters(ctx) })
}

func (d *distant) Kiosk(ctx context.Context) (queue.KioskSetup, error) {
	return far(ctx, d, func() (queue.KioskSetup, error) { return d.there().Kiosk(ctx) })
}

func (d *distant) Board(ctx context.Context) (queue.Board, error) {
	return far(ctx, d, func() (queue.Board, error) { return d.there().Board(ctx) })
}

func (d *distant) Ticket(ctx context.Context, ref string) (queue.Ticket, error) {
	return far(ctx, d, func() (queue.Ticket, error) { return d.there().Ticket(ctx, ref) })
}

func (d *distant) Take(ctx context.Context, r queue.TakeRequest) (queue.Ticket, error) {
	return far(ctx, d, func() (queue.Ticket, error) {
		d.mu.Lock()
		d.takes++
		d.mu.Unlock()
		return d.there().Take(ctx, r)
	})
}

func (d *distant) Act(ctx context.Context, r queue.ActRequest) (queue.Ticket, error) {
	return far(ctx, d, func() (queue.Ticket, error) { return d.there().Act(ctx, r) })
}

// apart runs a test with a kiosk's view of a distant office.
func apart(t *testing.T, reserve int, test func(d *distant, open func() (*agent.Office, func()))) {
	t.Helper()
	apartFrom(t, queue.CommuneCentre(), reserve, test)
}

// apartFrom is apart with an office of one's own.
func apartFrom(t *testing.T, setup queue.Setup, reserve int, test func(d *distant, open func() (*agent.Office, func()))) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		engine, err := queue.NewEngine(ctx, queue.Config{
			Setup: setup, Store: &memory.Store{}, Links: queue.NewLinks([]byte("0123456789abcdef"), "http://10.0.0.1:8080"),
		})
		if err != nil {
			t.Fatal(err)
		}
		var owner sync.WaitGroup
		owner.Go(func() { _ = engine.Run(ctx) })
		d := &distant{Office: engine}
		test(d, kioskOf(t, d, reserve))
		cancel()
		owner.Wait()
	})
}

// kioskOf starts the kiosk's view of a distant office, and again after a crash.
func kioskOf(t *testing.T, d *distant, reserve int) func() (*agent.Office, func()) {
	path := filepath.Join(t.TempDir(), "office.json")
	return func() (*agent.Office, func()) {
		o, err := agent.NewOffice(agent.OfficeConfig{Remote: d, Path: path, Reserve: reserve})
		if err != nil {
			t.Fatal(err)
		}
		living, die := context.WithCancel(context.Background())
		var line sync.WaitGroup
		line.Go(func() { _ = o.Run(living) })
		synctest.Wait()
		return o, func() { die(); line.Wait() }
	}
}

func touch(key string) queue.TakeRequest {
	return queue.TakeRequest{
		Meta: queue.Meta{Key: key, Caller: "kiosk"}, Procedure: "khai-sinh", Channel: queue.Kiosk, Class: queue.Priority, Needs: []string{queue.NeedHearing}, Hold: true,
	}
}

func confirm(t *testing.T, o queue.Office, ticket queue.Ticket) {
	t.Helper()
	if _, err := o.Act(context.Background(), queue.ActRequest{Meta: queue.Meta{Key: "c-" + ticket.ID, Caller: "kiosk"}, Ticket: ticket.Ref(), Action: queue.Confirm}); err != nil {
		t.Fatalf("confirm %s: %v", ticket.Number, err)
	}
}

// Cut off, the kiosk gives numbers set aside, over a restart too; afterwards
// the office has them with the time and the wishes of their citizens.
func TestNumbersWhileCutOff(t *testing.T) {
	apart(t, 3, func(d *distant, open func() (*agent.Office, func())) {
		o, end := open()
		if free, _ := o.Stock(); free["A"] != 3 || free["B"] != 3 {
			t.Fatalf("set aside: %v", free)
		}
		d.set(true, false)
		time.Sleep(10 * time.Minute) // In the bubble, here and below: no time passes.
		one, err := o.Take(context.Background(), touch("one"))
		if err != nil || one.Number.String() != "A001" || one.URL == "" || one.Code == "" || one.Standing != nil || one.State != queue.Held {
			t.Fatalf("%+v, %v", one, err)
		}
		told := time.Now()
		if again, err := o.Take(context.Background(), touch("one")); err != nil || again.ID != one.ID {
			t.Fatalf("the same touch: %+v, %v", again, err)
		}
		confirm(t, o, one)
		end()
		o, end = open() // The kiosk's process is new, and still cut off.
		if info, err := o.Info(context.Background()); err != nil || info.Name == "" {
			t.Errorf("%+v, %v", info, err)
		}
		two, err := o.Take(context.Background(), touch("two"))
		if err != nil || two.Number == one.Number {
			t.Fatalf("%+v, %v", two, err)
		}
		confirm(t, o, two)
		three, err := o.Take(context.Background(), touch("three"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := o.Take(context.Background(), touch("four")); queue.ErrorCode(err) != queue.CodeUnavailable {
			t.Errorf("a fourth of three: %v", err)
		}
		if services, err := o.Services(context.Background()); err != nil || services[0].Open || !services[1].Open {
			t.Errorf("%+v, %v", services, err)
		}
		if o.Cut().IsZero() {
			t.Error("it does not know that it is cut off")
		}
		d.set(false, false)
		time.Sleep(time.Minute)
		synctest.Wait()
		got, err := d.Office.Ticket(context.Background(), one.ID)
		if err != nil || got.State != queue.Waiting || !got.IssuedAt.Equal(told.Truncate(time.Millisecond).UTC()) || got.Class != queue.Priority || got.Procedure != "khai-sinh" || !got.Needing(queue.NeedHearing) {
			t.Errorf("%+v, %v", got, err)
		}
		if got, _ := d.Office.Ticket(context.Background(), three.ID); got.State != queue.Held {
			t.Errorf("%s was never delivered, and is %s", three.Number, got.State)
		}
		if free, owed := o.Stock(); free["A"] != 3 || owed != 0 || len(o.Refused()) > 0 || !o.Cut().IsZero() {
			t.Errorf("after: %v free, %d owed, refused %v", free, owed, o.Refused())
		}
		if again, err := o.Take(context.Background(), touch("one")); err != nil || again.ID != one.ID {
			t.Errorf("the same touch after all: %+v, %v", again, err)
		}
		end()
	})
}

// The office made a number, but its answer was lost: the citizen gets one set
// aside, and the other is nobody's and lapses.
func TestWhatWasToldWins(t *testing.T) {
	apart(t, 2, func(d *distant, open func() (*agent.Office, func())) {
		o, end := open()
		d.set(false, true)
		told, err := o.Take(context.Background(), touch("one"))
		if err != nil || told.Number.String() != "A001" {
			t.Fatalf("%+v, %v", told, err)
		}
		confirm(t, o, told)
		d.set(false, false)
		time.Sleep(3 * time.Minute)
		synctest.Wait()
		if again, err := o.Take(context.Background(), touch("one")); err != nil || again.Number != told.Number {
			t.Errorf("told %s, then %s, %v", told.Number, again.Number, err)
		}
		board, err := d.Office.Board(context.Background())
		if err != nil || board.Waiting["A"] != 1 {
			t.Errorf("waiting: %v, %v", board.Waiting, err)
		}
		end()
	})
}

// Two machines that share a token, or one whose file was begun anew, do not get
// the same numbers.
func TestNoNumberIsSetAsideTwice(t *testing.T) {
	apart(t, 3, func(d *distant, open func() (*agent.Office, func())) {
		one, end := open()
		path := filepath.Join(t.TempDir(), "office.json")
		two, err := agent.NewOffice(agent.OfficeConfig{Remote: d, Path: path, Reserve: 3})
		if err != nil {
			t.Fatal(err)
		}
		ctx, die := context.WithCancel(context.Background())
		var line sync.WaitGroup
		line.Go(func() { _ = two.Run(ctx) })
		synctest.Wait()
		d.set(true, false)
		a, err := one.Take(context.Background(), touch("one"))
		b, err2 := two.Take(context.Background(), touch("two"))
		if err != nil || err2 != nil || a.Number == b.Number {
			t.Errorf("%s and %s, %v, %v", a.Number, b.Number, err, err2)
		}
		end()
		die()
		line.Wait()
	})
}

// A number that a citizen has and the office refuses is told to staff, after a
// restart of the machine too, and keeps back no other.
func TestRefusedNumbersStayKnown(t *testing.T) {
	apart(t, 3, func(d *distant, open func() (*agent.Office, func())) {
		o, end := open()
		d.set(true, false)
		var given []queue.Ticket
		for _, key := range []string{"one", "two"} {
			got, err := o.Take(context.Background(), touch(key))
			if err != nil {
				t.Fatal(err)
			}
			confirm(t, o, got)
			given = append(given, got)
		}
		if _, err := d.Office.Act(context.Background(), queue.ActRequest{Ticket: given[0].ID, Action: queue.Cancel}); err != nil {
			t.Fatal(err)
		}
		d.set(false, false)
		time.Sleep(time.Minute) // In the bubble: no time passes.
		end()
		o, end = open()
		if got := o.Refused(); len(got) != 1 || got[0] != given[0].Number.String() {
			t.Errorf("refused: %v, want %s", got, given[0].Number)
		}
		if got, err := d.Office.Ticket(context.Background(), given[1].ID); err != nil || got.State != queue.Waiting {
			t.Errorf("%s is %s, %v", given[1].Number, got.State, err)
		}
		end()
	})
}

// A machine whose clock is a day off does not use up the office's numbers.
func TestClockOfAnotherDay(t *testing.T) {
	apart(t, 3, func(d *distant, _ func() (*agent.Office, func())) {
		o, err := agent.NewOffice(agent.OfficeConfig{
			Remote: d, Path: filepath.Join(t.TempDir(), "office.json"), Reserve: 3, Now: func() time.Time { return time.Now().AddDate(0, 0, -1) },
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, die := context.WithCancel(context.Background())
		var line sync.WaitGroup
		line.Go(func() { _ = o.Run(ctx) })
		time.Sleep(10 * time.Minute) // In the bubble: no time passes.
		if got, err := d.Take(context.Background(), touch("one")); err != nil || got.Number.N > 2 {
			t.Errorf("the next number is %s, %v", got.Number, err)
		}
		die()
		line.Wait()
	})
}

// Without numbers set aside the office's refusal is told as it is.
func TestWithoutReserve(t *testing.T) {
	apart(t, -1, func(d *distant, open func() (*agent.Office, func())) {
		o, end := open()
		d.set(true, false)
		if _, err := o.Take(context.Background(), touch("one")); queue.ErrorCode(err) != queue.CodeUnavailable {
			t.Error(err)
		}
		d.set(false, false)
		time.Sleep(5 * time.Second)
		if got, err := o.Take(context.Background(), touch("two")); err != nil || got.Number.String() != "A001" {
			t.Errorf("%+v, %v", got, err)
		}
		if _, err := o.Take(context.Background(), queue.TakeRequest{Service: "Q", Channel: queue.Kiosk, Hold: true}); queue.ErrorCode(err) != queue.CodeUnknownService {
			t.Errorf("a refusal: %v", err)
		}
		end()
	})
}

// Whatever line and process do, no number is told twice, and every number that
// somebody has waits at the office in the end.
func TestCutAtRandom(t *testing.T) {
	for seed := range uint64(6) { // Each step is flushed to the disk: hundreds of runs would take minutes.
		rng := rand.New(rand.NewPCG(seed, 3))
		apart(t, 4, func(d *distant, open func() (*agent.Office, func())) {
			o, end := open()
			told := map[string]string{} // Number → touch.
			var delivered []queue.Ticket
			for i := range 25 {
				switch rng.IntN(6) {
				case 0:
					d.set(rng.IntN(2) == 0, rng.IntN(4) == 0)
				case 1:
					end()
					o, end = open()
				case 2:
					time.Sleep(time.Duration(1+rng.IntN(20)) * time.Second)
				default:
					key := fmt.Sprint("touch-", i)
					got, err := o.Take(context.Background(), touch(key))
					if err != nil {
						continue
					}
					if before, twice := told[got.Number.String()]; twice {
						t.Fatalf("seed %d: "+"%s was told to %s and to %s", seed, got.Number, before, key)
					}
					told[got.Number.String()] = key
					if _, err := o.Act(context.Background(), queue.ActRequest{Meta: queue.Meta{Key: key + "-c", Caller: "kiosk"}, Ticket: got.Ref(), Action: queue.Confirm}); err == nil {
						delivered = append(delivered, got)
					}
				}
			}
			d.set(false, false)
			time.Sleep(time.Minute)
			synctest.Wait()
			for _, ticket := range delivered {
				if got, err := d.Office.Ticket(context.Background(), ticket.ID); err != nil || got.State != queue.Waiting {
					t.Fatalf("seed %d: "+"%s is %s, %v", seed, ticket.Number, got.State, err)
				}
			}
			if len(o.Refused()) > 0 {
				t.Fatalf("seed %d: "+"refused: %v", seed, o.Refused())
			}
			end()
		})
	}
}

func TestOfficeNeedsAFile(t *testing.T) {
	if _, err := agent.NewOffice(agent.OfficeConfig{}); err == nil {
		t.Error("no office and no file were accepted")
	}
	path := filepath.Join(t.TempDir(), "office.json")
	if err := agent.SavePaired(path, agent.Paired{Token: "t"}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := agent.LoadPaired(path); err == nil || !strings.Contains(err.Error(), "pair again") {
		t.Errorf("a token without an office: %v", err)
	}
	if err := agent.SavePaired(path, agent.Paired{}); err == nil {
		t.Error("no token was kept")
	}
	if _, ok, err := agent.LoadPaired(path + "x"); ok || err != nil {
		t.Errorf("no file: %v, %v", ok, err)
	}
}
