package queue_test

import (
	"bytes"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/memory"
)

// machine is a PC with a clock that can be set and one that cannot.
type machine struct {
	wall   time.Time
	passed time.Duration
	log    bytes.Buffer
	store  memory.Store
}

func newMachine() *machine {
	return &machine{wall: time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC), passed: time.Hour} // 08:00 in Viet Nam.
}

// live lets time pass as it does.
func (m *machine) live(d time.Duration) {
	m.wall, m.passed = m.wall.Add(d), m.passed+d
}

func (m *machine) config() queue.Config {
	return queue.Config{
		Setup: queue.CommuneCentre(), Store: &m.store, Logger: slog.New(slog.NewTextHandler(&m.log, nil)),
		Now: func() time.Time { return m.wall }, Elapsed: func() time.Duration { return m.passed },
	}
}

// boot starts the program anew: how long the machine runs begins again.
func (m *machine) boot(t *testing.T, change func(*queue.Config)) *queue.Engine {
	t.Helper()
	m.passed = 20 * time.Second
	c := m.config()
	if change != nil {
		change(&c)
	}
	return newEngine(t, c)
}

// ask takes a number as one commit.
func ask(t *testing.T, e *queue.Engine) (queue.Ticket, error) {
	t.Helper()
	a := e.Together(t.Context(), queue.TakeRequest{Service: "A", Channel: queue.Kiosk})[0]
	return a.Ticket, a.Err
}

// issued is when a number that must be given was given.
func issued(t *testing.T, e *queue.Engine) time.Time {
	t.Helper()
	got, err := ask(t, e)
	if err != nil {
		t.Fatal(err)
	}
	return got.IssuedAt
}

func (m *machine) alarms() int { return strings.Count(m.log.String(), "the clock cannot be right") }
func (m *machine) relief() int { return strings.Count(m.log.String(), "the clock is right again") }

func TestAClockThatLeapsIsNotFollowed(t *testing.T) {
	for name, leap := range map[string]time.Duration{
		"ahead": 6 * time.Minute, "far ahead": 400 * 24 * time.Hour, "to tomorrow": 24 * time.Hour,
		"back": -6 * time.Minute, "far back": -30 * 365 * 24 * time.Hour,
	} {
		t.Run(name, func(t *testing.T) {
			m := newMachine()
			e := m.boot(t, nil)
			right := m.wall
			if got := issued(t, e); !got.Equal(right) {
				t.Errorf("issued at %s", got)
			}
			m.wall = m.wall.Add(leap)
			for range 3 {
				m.live(10 * time.Minute)
				right = right.Add(10 * time.Minute)
				if got := issued(t, e); !got.Equal(right) {
					t.Errorf("issued at %s, want %s", got, right)
				}
				if err := e.ClockAlarm(); queue.ErrorCode(err) != queue.CodeUnavailable {
					t.Errorf("alarm %v", err)
				}
			}
			if day := len(dayOpenings(t, &m.store)); day != 1 {
				t.Errorf("%d days", day)
			}
			if m.alarms() != 1 || m.relief() != 0 {
				t.Errorf("%d alarms, %d all-clears:\n%s", m.alarms(), m.relief(), m.log.String())
			}
			m.wall = right.Add(time.Minute) // Somebody sets it right, nearly.
			if got := issued(t, e); !got.Equal(m.wall) || e.ClockAlarm() != nil {
				t.Errorf("right again: issued at %s, %v", got, e.ClockAlarm())
			}
			if m.alarms() != 1 || m.relief() != 1 {
				t.Errorf("%d alarms, %d all-clears", m.alarms(), m.relief())
			}
		})
	}
}

func TestAClockThatIsSetALittleIsFollowed(t *testing.T) {
	m := newMachine()
	e := m.boot(t, nil)
	for _, step := range []time.Duration{5 * time.Minute, time.Second, -time.Second, 4 * time.Minute} {
		m.live(time.Hour)
		m.wall = m.wall.Add(step)
		if got := issued(t, e); !got.Equal(m.wall) {
			t.Errorf("set by %s: issued at %s, the clock says %s", step, got, m.wall)
		}
	}
	// Back, but never before the log.
	latest := m.wall
	m.wall = m.wall.Add(-5 * time.Minute)
	if got := issued(t, e); !got.Equal(latest) {
		t.Errorf("issued at %s, want %s", got, latest)
	}
	if err := e.ClockAlarm(); err != nil || m.alarms() != 0 {
		t.Errorf("%v, %d alarms", err, m.alarms())
	}
}

// A machine that sleeps is not one whose clock was set.
func TestSleepIsNoLeap(t *testing.T) {
	m := newMachine()
	e := m.boot(t, nil)
	m.live(100 * 24 * time.Hour)
	if got := issued(t, e); !got.Equal(m.wall) || e.ClockAlarm() != nil {
		t.Errorf("issued at %s, %v", got, e.ClockAlarm())
	}
	if day := len(dayOpenings(t, &m.store)); day != 2 {
		t.Errorf("%d days", day)
	}
}

func TestAClockThatIsWrongAtTheStart(t *testing.T) {
	for name, c := range map[string]struct {
		wall  string // At the restart; the log ends at 2026-11-23T01:00:00Z.
		trust bool
		code  queue.Code // At the start.
		alarm queue.Code // Of ClockAlarm then; clock_wrong goes with the code.
	}{
		"as it should be":             {"2026-11-23T02:00:00Z", false, "", ""},
		"flat battery":                {"1970-01-01T00:00:10Z", false, queue.CodeClockWrong, queue.CodeClockWrong},
		"flat battery, trusted":       {"1970-01-01T00:00:10Z", true, queue.CodeClockWrong, queue.CodeClockWrong},
		"the last moment of 2025":     {"2025-12-31T23:59:59Z", false, queue.CodeClockWrong, queue.CodeClockWrong},
		"a little behind the log":     {"2026-11-23T00:55:00Z", false, "", ""},
		"behind the log":              {"2026-11-23T00:54:00Z", false, queue.CodeClockWrong, queue.CodeClockWrong},
		"behind the log, trusted":     {"2026-11-23T00:54:59Z", true, "", queue.CodeUnavailable},
		"after sixty days":            {"2027-01-22T01:00:00Z", false, "", ""},
		"after more than sixty":       {"2027-01-22T01:00:01Z", false, queue.CodeClockWrong, queue.CodeClockWrong},
		"after more, trusted":         {"2027-01-22T01:00:01Z", true, "", ""},
		"in another century, trusted": {"2126-01-01T00:00:00Z", true, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMachine()
			known, err := ask(t, m.boot(t, nil))
			if err != nil {
				t.Fatal(err)
			}
			events := len(stored(t, &m.store))
			wall, err := time.Parse(time.RFC3339, c.wall)
			if err != nil {
				t.Fatal(err)
			}
			m.wall = wall
			e := m.boot(t, func(q *queue.Config) { q.TrustClock = c.trust })
			wantCode(t, e.ClockAlarm(), c.alarm)
			// What is known may be read all the same.
			if got := ticket(t, e, known.ID); (got.State == queue.Expired) != (len(dayOpenings(t, &m.store)) > 1) {
				t.Errorf("it is %s", got.State)
			}
			if _, err := e.Board(t.Context()); err != nil {
				t.Error(err)
			}
			_, err = ask(t, e)
			wantCode(t, err, c.code)
			if c.code == "" {
				return
			}
			if n := len(stored(t, &m.store)); n != events {
				t.Errorf("%d events by a wrong clock", n-events)
			}
			for range 3 {
				m.live(time.Second)
				e.Together(t.Context())
			}
			if m.alarms() != 1 {
				t.Errorf("%d alarms", m.alarms())
			}
			m.wall = time.Date(2026, 11, 23, 3, 0, 0, 0, time.UTC) // Set right.
			if got := issued(t, e); !got.Equal(m.wall) || e.ClockAlarm() != nil || m.relief() != 1 {
				t.Errorf("set right: issued at %s, %v, %d all-clears", got, e.ClockAlarm(), m.relief())
			}
			// From now on it is watched.
			m.wall = m.wall.AddDate(0, 1, 0)
			if got := issued(t, e); got.Month() != time.November {
				t.Errorf("issued at %s", got)
			}
		})
	}
}

func TestANewOfficeIsNotFoundedByAWrongClock(t *testing.T) {
	m := newMachine()
	m.wall = time.Date(2025, 12, 31, 23, 59, 59, 0, time.UTC)
	c := m.config()
	c.TrustClock = true
	if _, err := queue.NewEngine(t.Context(), c); queue.ErrorCode(err) != queue.CodeClockWrong {
		t.Errorf("got %v", err)
	}
	if n := len(stored(t, &m.store)); n != 0 {
		t.Errorf("%d events", n)
	}
	m.wall = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	issued(t, m.boot(t, nil))
}

// Nobody watches a clock beside which no other was given.
func TestWithoutElapsedTheClockIsBelieved(t *testing.T) {
	m := newMachine()
	e := m.boot(t, func(c *queue.Config) { c.Elapsed = nil })
	issued(t, e)
	m.wall = m.wall.AddDate(1, 0, 0)
	if got := issued(t, e); !got.Equal(m.wall) || e.ClockAlarm() != nil {
		t.Errorf("issued at %s, %v", got, e.ClockAlarm())
	}
	m.wall = m.wall.AddDate(-2, 0, 0)
	if got := issued(t, e); got.Before(m.wall) {
		t.Errorf("issued at %s", got)
	}
	wantCode(t, e.ClockAlarm(), queue.CodeUnavailable) // Its time stands still.
}

// wallClock is one that runs in synctest's time and can be set.
type wallClock struct {
	boot time.Time
	set  atomic.Int64
}

func newWallClock() *wallClock {
	c := &wallClock{boot: time.Now()}
	c.by(27 * 365 * 24 * time.Hour) // To the end of 2026.
	return c
}

func (c *wallClock) by(d time.Duration)     { c.set.Add(int64(d)) }
func (c *wallClock) now() time.Time         { return time.Now().Add(time.Duration(c.set.Load())) }
func (c *wallClock) elapsed() time.Duration { return time.Since(c.boot) }

// The running office does what is due by the time that passes.
func TestDeadlinesByTheTimeThatPasses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock := newWallClock()
		e := start(t, queue.Config{Now: clock.now, Elapsed: clock.elapsed})
		held := take(t, e, queue.TakeRequest{Hold: true})
		clock.by(10 * time.Hour)
		pass(59 * time.Second)
		if got := ticket(t, e, held.ID).State; got != queue.Held {
			t.Errorf("after 59 s by the time that passes it is %s", got)
		}
		pass(2 * time.Second)
		if got := ticket(t, e, held.ID).State; got != queue.Cancelled {
			t.Errorf("after 61 s it is %s", got)
		}
	})
}

// It finds out by itself that its clock was set right.
func TestTheClockIsSetRightWhileTheOfficeWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock := newWallClock()
		c := queue.Config{Store: new(memory.Store), Now: clock.now, Elapsed: clock.elapsed}
		e := newEngine(t, c)
		stop := run(t, e)
		held := take(t, e, queue.TakeRequest{Hold: true})
		stop()
		const wrong = -20 * 365 * 24 * time.Hour
		clock.by(wrong)
		e = start(t, c)
		_, err := e.Take(t.Context(), queue.TakeRequest{Service: "A", Channel: queue.Kiosk})
		wantCode(t, err, queue.CodeClockWrong)
		pass(2 * time.Minute)
		if got := ticket(t, e, held.ID).State; got != queue.Held {
			t.Errorf("by a wrong clock it became %s", got)
		}
		clock.by(-wrong)
		pass(2 * time.Second)
		if got := ticket(t, e, held.ID).State; got != queue.Cancelled || e.ClockAlarm() != nil {
			t.Errorf("with the clock right it is %s, %v", got, e.ClockAlarm())
		}
	})
}
