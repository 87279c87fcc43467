package queue_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/memory"
	"github.com/xinmoi/xinmoi/queue/sqlite"
)

var _ queue.Management = (*queue.Engine)(nil)

func setupOf(t testing.TB, e *queue.Engine) queue.SetupView {
	t.Helper()
	v, err := e.Setup(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// configure changes a copy of what is in force.
func configure(t testing.TB, e *queue.Engine, change func(*queue.Setup)) (queue.SetupView, error) {
	t.Helper()
	s := queue.CommuneCentre()
	change(&s)
	return e.Configure(t.Context(), queue.ConfigureRequest{Setup: s})
}

func TestConfigureTakesEffectAtOnce(t *testing.T) {
	store := new(memory.Store)
	e := newEngine(t, queue.Config{Store: store})
	stop := run(t, e)
	openCounter(t, e, "4") // Serves C and D.
	normal := take(t, e, queue.TakeRequest{Service: "A"})
	remote := take(t, e, queue.TakeRequest{Service: "A", Channel: queue.Web})
	if _, err := e.Next(t.Context(), queue.CounterRequest{Counter: "4"}); queue.ErrorCode(err) != queue.CodeNobodyWaiting {
		t.Errorf("before the change: %v", err)
	}
	before := setupOf(t, e)
	after, err := configure(t, e, func(s *queue.Setup) {
		s.Name = "Trung tâm mới"
		s.Counters[3].Services = []string{"A"}
		s.Rules.CheckIn = true
		s.Services[0].Quota = 2
		s.Services = append(s.Services, queue.Service{ID: "E", Name: "Mới"})
	})
	if err != nil || after.Version == before.Version || after.Setup.Name != "Trung tâm mới" {
		t.Fatalf("%v, version %s → %s, %q", err, before.Version, after.Version, after.Setup.Name)
	}
	if _, err := e.Take(t.Context(), queue.TakeRequest{Service: "A", Channel: queue.Kiosk}); queue.ErrorCode(err) != queue.CodeServiceFull {
		t.Errorf("beyond the new quota: %v", err) // Those before it count.
	}
	if got := take(t, e, queue.TakeRequest{Service: "E"}).Number.String(); got != "E001" {
		t.Errorf("the new line begins with %s", got)
	}
	if got := next(t, e, "4"); got.ID != normal.ID {
		t.Errorf("counter 4 calls %s", got.Number)
	}
	act(t, e, normal.ID, queue.Finish)
	// Who is far away is not callable from now on.
	if _, err := e.Next(t.Context(), queue.CounterRequest{Counter: "4"}); queue.ErrorCode(err) != queue.CodeNobodyWaiting {
		t.Errorf("after the change: %v", err)
	}
	act(t, e, remote.ID, queue.CheckIn)
	if got := next(t, e, "4"); got.ID != remote.ID {
		t.Errorf("counter 4 calls %s", got.Number)
	}
	stop()
	e = start(t, queue.Config{Store: store})
	if got := setupOf(t, e); got.Version != after.Version {
		t.Errorf("after a restart version %s, want %s", got.Version, after.Version)
	}
	if c, err := e.Counters(t.Context()); err != nil || c[3].State != queue.Opened || c[3].Ticket == nil {
		t.Errorf("after a restart counter 4 is %+v, %v", c[3], err)
	}
}

func TestConfigureByVersion(t *testing.T) {
	store := new(memory.Store)
	e := start(t, queue.Config{Store: store})
	first := setupOf(t, e)
	changed := queue.CommuneCentre()
	changed.NameEN = "Another"
	r := queue.ConfigureRequest{Setup: changed, Version: first.Version, Meta: queue.Meta{Caller: "admin", Key: "k1"}}
	second, err := e.Configure(t.Context(), r)
	if err != nil || second.Version == first.Version {
		t.Fatalf("%v, %s", err, second.Version)
	}
	events := len(stored(t, store))
	if again, err := e.Configure(t.Context(), r); err != nil || again.Version != second.Version {
		t.Errorf("the same request again: %v, %s", err, again.Version)
	}
	r.Key = ""
	_, err = e.Configure(t.Context(), r)
	wantCode(t, err, queue.CodeStaleVersion)
	r.Key, r.Setup.NameEN = "k1", "A third"
	_, err = e.Configure(t.Context(), r)
	wantCode(t, err, queue.CodeKeyReused)
	// What changes nothing leaves nothing.
	if same, err := e.Configure(t.Context(), queue.ConfigureRequest{Setup: changed, Version: second.Version}); err != nil || same.Version != second.Version {
		t.Errorf("the same setup: %v, %s", err, same.Version)
	}
	if n := len(stored(t, store)); n != events {
		t.Errorf("%d events more", n-events)
	}
	back, err := e.Configure(t.Context(), queue.ConfigureRequest{Setup: queue.CommuneCentre()})
	if err != nil || back.Version != first.Version { // A version says what is in force.
		t.Errorf("back again: %v, %s, want %s", err, back.Version, first.Version)
	}
}

func TestConfigureRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		before func(*testing.T, *queue.Engine)
		change func(*queue.Setup)
		code   queue.Code
	}{
		"another id":   {nil, func(s *queue.Setup) { s.Office = "noi-khac" }, queue.CodeBadRequest},
		"no id":        {nil, func(s *queue.Setup) { s.Office = "" }, ""}, // It is this office's.
		"no services":  {nil, func(s *queue.Setup) { s.Services = nil }, queue.CodeBadRequest},
		"helping none": {nil, func(s *queue.Setup) { s.Counters[0].Helps = []string{"Z"} }, queue.CodeUnknownService},
		"helping its own": {
			nil, func(s *queue.Setup) { s.Counters[1].Helps = []string{"A"} }, queue.CodeUnknownService,
		},
		"an idle line": {nil, func(s *queue.Setup) { without(s, "D") }, ""},
		"a line with somebody": {
			func(t *testing.T, e *queue.Engine) { take(t, e, queue.TakeRequest{Service: "D"}) },
			func(s *queue.Setup) { without(s, "D") }, queue.CodeSetupInUse,
		},
		"a line with a held number": {
			func(t *testing.T, e *queue.Engine) { take(t, e, queue.TakeRequest{Service: "D", Hold: true}) },
			func(s *queue.Setup) { without(s, "D") }, queue.CodeSetupInUse,
		},
		"a line with a parked one": {
			func(t *testing.T, e *queue.Engine) {
				openCounter(t, e, "4")
				take(t, e, queue.TakeRequest{Service: "D"})
				act(t, e, next(t, e, "4").ID, queue.Park)
			},
			func(s *queue.Setup) { without(s, "D") }, queue.CodeSetupInUse,
		},
		"a line whose last one is done": {
			func(t *testing.T, e *queue.Engine) {
				openCounter(t, e, "4")
				take(t, e, queue.TakeRequest{Service: "D"})
				act(t, e, next(t, e, "4").ID, queue.Finish)
			},
			func(s *queue.Setup) { without(s, "D") }, "",
		},
		"a closed counter": {nil, func(s *queue.Setup) { s.Counters = s.Counters[:3] }, ""},
		"an open counter": {
			func(t *testing.T, e *queue.Engine) { openCounter(t, e, "4") },
			func(s *queue.Setup) { s.Counters = s.Counters[:3] }, queue.CodeSetupInUse,
		},
		"a counter that waits for somebody": {
			func(t *testing.T, e *queue.Engine) {
				openCounter(t, e, "1")
				take(t, e, queue.TakeRequest{Service: "A"})
				do(t, e, queue.ActRequest{Ticket: next(t, e, "1").ID, Action: queue.Transfer, Counter: "4"})
			},
			func(s *queue.Setup) { s.Counters = s.Counters[:3] }, queue.CodeSetupInUse,
		},
	} {
		t.Run(name, func(t *testing.T) {
			store := new(memory.Store)
			e := start(t, queue.Config{Store: store})
			if c.before != nil {
				c.before(t, e)
			}
			version, events := setupOf(t, e).Version, len(stored(t, store))
			_, err := configure(t, e, c.change)
			wantCode(t, err, c.code)
			if got := setupOf(t, e).Version; c.code != "" && (got != version || len(stored(t, store)) != events) {
				t.Errorf("refused, and yet version %s → %s, %d events", version, got, len(stored(t, store))-events)
			}
		})
	}
}

// without drops a service and whatever names it.
func without(s *queue.Setup, service string) {
	s.Services = slices.DeleteFunc(s.Services, func(v queue.Service) bool { return v.ID == service })
	s.Procedures = slices.DeleteFunc(s.Procedures, func(p queue.Procedure) bool { return p.Service == service })
	for i := range s.Counters {
		s.Counters[i].Services = slices.DeleteFunc(s.Counters[i].Services, func(id string) bool { return id == service })
	}
}

// What was done in a line that is gone cannot bring anybody back to it: nobody
// would ever call them.
func TestNobodyComesBackToALineThatIsGone(t *testing.T) {
	for name, c := range map[string]struct {
		before func(*testing.T, *queue.Engine) string
		after  queue.Action
	}{
		"a cancelled one": {func(t *testing.T, e *queue.Engine) string {
			id := take(t, e, queue.TakeRequest{Service: "D"}).ID
			return act(t, e, id, queue.Cancel).ID
		}, queue.Undo},
		"one sent on": {func(t *testing.T, e *queue.Engine) string {
			take(t, e, queue.TakeRequest{Service: "D"})
			id := next(t, e, "4").ID
			act(t, e, id, queue.Park)
			return do(t, e, queue.ActRequest{Ticket: id, Action: queue.Transfer, Service: "A"}).ID
		}, queue.Undo},
		"a no-show": {func(t *testing.T, e *queue.Engine) string {
			take(t, e, queue.TakeRequest{Service: "D"})
			return act(t, e, next(t, e, "4").ID, queue.Absent).ID
		}, queue.Restore},
		"a number that lapsed": {func(t *testing.T, e *queue.Engine) string {
			id := take(t, e, queue.TakeRequest{Service: "D", Hold: true}).ID
			time.Sleep(time.Minute)
			synctest.Wait()
			return id
		}, queue.Confirm},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := start(t, queue.Config{})
				openCounter(t, e, "4")
				id := c.before(t, e)
				if _, err := configure(t, e, func(s *queue.Setup) { without(s, "D") }); err != nil {
					t.Fatal(err)
				}
				got, err := e.Act(t.Context(), queue.ActRequest{Ticket: id, Action: c.after})
				if err == nil && got.State.Open() && got.Service == "D" {
					t.Errorf("%s made it %s in line %s, which does not exist", c.after, got.State, got.Service)
				}
			})
		})
	}
}

// Whoever edits what was read, to send it back, edits nothing but a copy.
func TestTheSetupIsNobodysToEdit(t *testing.T) {
	store := new(memory.Store)
	e := start(t, queue.Config{Store: store})
	want := queue.CommuneCentre()
	v := setupOf(t, e)
	edit := func(s queue.Setup) {
		s.Services[0].Name = "Edited"
		s.Counters[0].Services[0] = "D"
		s.Procedures[0].Name = "Edited"
	}
	edit(v.Setup)
	if d := cmp.Diff(want, setupOf(t, e).Setup); d != "" {
		t.Errorf("the office changed without its log:\n%s", d)
	}
	// The usual way: read, change, send.
	events := len(stored(t, store))
	if after, err := e.Configure(t.Context(), queue.ConfigureRequest{Setup: v.Setup, Version: v.Version}); err != nil || after.Version == v.Version || len(stored(t, store)) != events+1 {
		t.Errorf("%v, version %s → %s, %d events", err, v.Version, after.Version, len(stored(t, store))-events)
	}
	// What was sent is not shared either.
	sent := queue.CommuneCentre()
	sent.Services[0].Quotas = map[queue.Channel]int{queue.Web: 5}
	sent.Services[0].Name = "Sent"
	after, err := e.Configure(t.Context(), queue.ConfigureRequest{Setup: sent})
	if err != nil {
		t.Fatal(err)
	}
	sent.Services[0].Quotas[queue.Web] = 0
	edit(sent)
	if got := setupOf(t, e); got.Version != after.Version || got.Setup.Services[0].Quotas[queue.Web] != 5 {
		t.Errorf("version %s → %s: the sender keeps a hand on it", after.Version, got.Version)
	}
}

func TestSetIssuingAnswersTheServices(t *testing.T) {
	store := new(memory.Store)
	e := newEngine(t, queue.Config{Store: store})
	stop := run(t, e)
	set := func(service string, stopped bool) []bool {
		t.Helper()
		r := queue.IssuingRequest{Service: service, Stopped: stopped, Reason: "quá tải", Meta: queue.Meta{Caller: "admin", Key: "k" + service}}
		if !stopped {
			r.Key = ""
		}
		views, err := e.SetIssuing(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		var open []bool
		for _, v := range views {
			open = append(open, v.Open)
		}
		return open
	}
	if got := set("B", true); !slices.Equal(got, []bool{true, false, true, true}) {
		t.Errorf("B stopped: %v", got)
	}
	if got := set("", true); slices.Contains(got, true) {
		t.Errorf("all stopped: %v", got)
	}
	stop()
	e = newEngine(t, queue.Config{Store: store})
	stop = run(t, e)
	_, err := e.Take(t.Context(), queue.TakeRequest{Service: "A", Channel: queue.Kiosk})
	wantCode(t, err, queue.CodeIssuingStopped)
	if got := set("", false); !slices.Equal(got, []bool{true, true, true, true}) {
		t.Errorf("resumed: %v", got)
	}
	for _, ev := range stored(t, store) {
		if ev.Kind == queue.IssuingStopped && (ev.Reason != "quá tải" || ev.Actor != "admin") {
			t.Errorf("event %+v", ev)
		}
	}
	stop()
}

func TestCardsOverTheEngine(t *testing.T) {
	for name, store := range stores() {
		t.Run(name, func(t *testing.T) {
			s := store(t)
			config := queue.Config{Store: s, Secret: []byte("secret")}
			e := newEngine(t, config)
			stop := run(t, e)
			r := queue.CardRequest{Kind: "elderly", Until: time.Now().AddDate(1, 0, 0), Meta: queue.Meta{Caller: "admin", Key: "card-1"}}
			card, err := e.IssueCard(t.Context(), r)
			if err != nil || card.Text == "" || card.Kind != "elderly" || !card.Until.Equal(r.Until.UTC().Truncate(time.Millisecond)) {
				t.Fatalf("%v, %+v", err, card)
			}
			if again, err := e.IssueCard(t.Context(), r); err != nil || again != card {
				t.Errorf("the repeat gives %+v, %v", again, err)
			}
			stop()
			e = start(t, config)
			if got := take(t, e, queue.TakeRequest{Card: card.Text}); got.Class != queue.Priority || got.Entitlement != queue.ByCard {
				t.Errorf("%s on %q", got.Class, got.Entitlement)
			}
			for _, id := range []string{"", "0", "1", "999", "x", "9223372036854775808"} { // 1 is another event.
				_, err := e.RevokeCard(t.Context(), queue.RevokeRequest{ID: id})
				wantCode(t, err, queue.CodeCardInvalid)
			}
			if gone, err := e.RevokeCard(t.Context(), queue.RevokeRequest{ID: card.ID}); err != nil || gone != card {
				t.Errorf("revoked: %+v, %v", gone, err)
			}
			if again, err := e.RevokeCard(t.Context(), queue.RevokeRequest{ID: card.ID}); err != nil || again != card {
				t.Errorf("revoked twice: %+v, %v", again, err)
			}
			_, err = e.Take(t.Context(), queue.TakeRequest{Service: "A", Channel: queue.Kiosk, Card: card.Text})
			wantCode(t, err, queue.CodeCardInvalid)
			// What IssueCard gave under the key is still the same card.
			if again, err := e.IssueCard(t.Context(), r); err != nil || again != card {
				t.Errorf("the repeat gives %+v, %v", again, err)
			}
		})
	}
}

func TestPersonsAreNeverStoredPlain(t *testing.T) {
	const person, digits = "tel:+84912345678", "912345678"
	setup := queue.CommuneCentre()
	setup.Rules.PersonMost = 3
	request := queue.TakeRequest{Person: person, Channel: queue.Phone, Meta: queue.Meta{Caller: "phone", Key: "call-1"}}
	t.Run("memory", func(t *testing.T) {
		store := new(memory.Store)
		e := start(t, queue.Config{Setup: setup, Store: store, Secret: []byte("secret")})
		take(t, e, request)
		p, err := store.Persons(t.Context(), setup.Office)
		if err != nil || len(p) != 1 || p[0].Person == "" || bytes.Contains([]byte(p[0].Person), []byte(digits)) {
			t.Errorf("%+v, %v", p, err)
		}
	})
	t.Run("sqlite", func(t *testing.T) {
		dir := t.TempDir()
		db, err := sqlite.Open(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		e := newEngine(t, queue.Config{Setup: setup, Store: db, Secret: []byte("secret")})
		stop := run(t, e)
		for range 3 {
			got := take(t, e, request)
			act(t, e, got.ID, queue.Cancel)
			request.Key += "x"
		}
		mark := take(t, e, queue.TakeRequest{Needs: []string{"seen-on-disk"}})
		look := func(when string) {
			t.Helper()
			if n := onDisk(t, dir, digits); n != 0 {
				t.Errorf("%s the number stands %d times in the files", when, n)
			}
			if mark.ID != "" && onDisk(t, dir, "seen-on-disk") == 0 {
				t.Errorf("%s nothing is found at all: the test proves nothing", when)
			}
		}
		look("while it runs")
		stop()
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		look("after the end")
	})
}

// onDisk counts where a text stands in a folder's files.
func onDisk(t *testing.T, dir, text string) (n int) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		n += bytes.Count(b, []byte(text))
	}
	return n
}
