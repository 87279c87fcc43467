package alarm

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/xinmoi/xinmoi/queue"
)

var noon = time.Date(2026, 11, 23, 5, 0, 0, 0, time.UTC) // 12:00 in Viet Nam.

func at(s int) time.Time { return noon.Add(time.Duration(s) * time.Second) }

// A trouble is raised once when it has lasted, and cleared when it has been well
// for a while; what flickers in between changes nothing.
func TestTracker(t *testing.T) {
	paper := Sign{Key: "printer", Kind: Printer, VI: "hết giấy", EN: "no paper"}
	store := Sign{Key: "store", Kind: Store, Grave: true}
	help := Sign{Key: "help:3", Kind: Help, Latched: true}
	type look struct {
		at    int
		signs []Sign
		want  string
	}
	for name, looks := range map[string][]look{
		"too short": {{0, []Sign{paper}, ""}, {15, []Sign{paper}, ""}, {19, nil, ""}, {25, []Sign{paper}, ""}, {30, nil, ""}},
		"lasts":     {{0, []Sign{paper}, ""}, {20, []Sign{paper}, "raised printer"}, {100, []Sign{paper}, ""}},
		"ends":      {{0, []Sign{paper}, ""}, {20, []Sign{paper}, "raised printer"}, {30, nil, ""}, {89, nil, ""}, {90, nil, "cleared printer"}, {200, nil, ""}},
		"flickers":  {{0, []Sign{paper}, ""}, {20, []Sign{paper}, "raised printer"}, {30, nil, ""}, {80, []Sign{paper}, ""}, {95, nil, ""}, {150, nil, ""}, {155, nil, "cleared printer"}},
		"grave":     {{0, []Sign{store}, "raised store"}, {60, nil, ""}, {120, nil, "cleared store"}},
		"latched":   {{0, []Sign{help}, "raised help:3"}, {60, nil, ""}, {1e6, nil, ""}},
		"several":   {{0, []Sign{paper, store}, "raised store"}, {20, []Sign{store, paper}, "raised printer"}},
		"twice":     {{0, []Sign{store, store, {}}, "raised store"}},
	} {
		tr := newTracker(Rules{}, nil)
		for _, l := range looks {
			var got []string
			for _, c := range tr.look(at(l.at), l.signs) {
				got = append(got, string(c.Step)+" "+c.Sign.Key)
			}
			if strings.Join(got, ", ") != l.want {
				t.Errorf("%s at %d: %q, want %q", name, l.at, got, l.want)
			}
		}
	}
}

// Whatever is seen and missed, raised and cleared take turns for every trouble,
// nothing is raised before its time, and a restart in between changes nothing
// that people hear twice.
func TestTrackerProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rules := Rules{}.withDefaults()
		tr := newTracker(rules, nil)
		open, since, now := map[string]bool{}, map[string]time.Time{}, noon
		for range rapid.IntRange(1, 60).Draw(t, "looks") {
			now = now.Add(time.Duration(rapid.IntRange(1, 90).Draw(t, "pause")) * time.Second)
			var signs []Sign
			for _, key := range []string{"a", "b", "c"} {
				if rapid.Bool().Draw(t, key) {
					signs = append(signs, Sign{Key: key})
					if _, ok := since[key]; !ok {
						since[key] = now
					}
				} else {
					delete(since, key)
				}
			}
			if rapid.IntRange(0, 9).Draw(t, "restart") == 0 {
				var standing []Sign
				for key := range open {
					standing = append(standing, Sign{Key: key})
				}
				tr = newTracker(rules, standing)
			}
			for _, c := range tr.look(now, signs) {
				key := c.Sign.Key
				switch {
				case c.Step == Raised && (open[key] || now.Sub(since[key]) < rules.Raise):
					t.Fatalf("%s raised: open %v, wrong for %v", key, open[key], now.Sub(since[key]))
				case c.Step == Cleared && (!open[key] || !since[key].IsZero()):
					t.Fatalf("%s cleared: open %v, wrong since %v", key, open[key], since[key])
				}
				open[key] = c.Step == Raised
				if !open[key] {
					delete(open, key)
				}
			}
		}
	})
}

// stand is a book with everything around it in the test's hands.
type stand struct {
	*Book
	t    *testing.T
	path string

	mu    sync.Mutex
	now   time.Time
	signs []Sign
	told  []string
	fail  error
}

func newStand(t *testing.T) *stand {
	s := &stand{t: t, path: filepath.Join(t.TempDir(), FileName), now: noon}
	s.open()
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func (s *stand) open() {
	s.t.Helper()
	var err error
	s.Book, err = Open(s.t.Context(), Config{
		Path: s.path, Now: func() time.Time { return s.now }, Look: func(context.Context) []Sign { return s.signs },
		Digest: func(context.Context, string) (string, string, error) {
			return "Phục vụ 12 lượt.", "12 served.", nil
		},
		Channels: []Channel{{
			ID: "sms", Name: "SMS", NameEN: "SMS", Asks: "số điện thoại", AsksEN: "telephone number",
			Check: func(a string) error {
				if !strings.HasPrefix(a, "0") {
					return errors.New("not a number")
				}
				return nil
			},
			Push: func(_ context.Context, to string, m Message) error {
				s.mu.Lock()
				defer s.mu.Unlock()
				if s.fail != nil {
					return s.fail
				}
				s.told = append(s.told, to+": "+m.VI)
				return nil
			},
		}, {ID: "hook", Name: "Webhook", NameEN: "Webhook", Push: func(context.Context, string, Message) error { return nil }}},
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *stand) look(d time.Duration, signs ...Sign) {
	s.t.Helper()
	s.now, s.signs = s.now.Add(d), signs
	if err := s.Book.look(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
	if _, err := s.deliverDue(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stand) add(r Recipient) {
	s.t.Helper()
	if err := s.AddRecipient(s.t.Context(), r); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stand) wantTold(want ...string) {
	s.t.Helper()
	if !slices.Equal(s.told, want) {
		s.t.Errorf("told %q, want %q", s.told, want)
	}
	s.told = nil
}

func (s *stand) standing() []Entry {
	s.t.Helper()
	list, err := s.Standing(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	return list
}

var paper = Sign{Key: "printer:kiosk", Kind: Printer, VI: "Máy in: hết giấy", EN: "Printer: no paper"}

// Who wants every alarm hears of it at once and of its end; the leader hears of
// it when nobody takes care, also when the program was restarted in between.
func TestBookTells(t *testing.T) {
	s := newStand(t)
	s.add(Recipient{Name: "Trực", Channel: "sms", Address: "01", Every: true})
	s.add(Recipient{Name: "Lãnh đạo", Channel: "sms", Address: "02"})
	s.look(0, paper)
	s.look(20*time.Second, paper)
	s.wantTold("01: Máy in: hết giấy")
	s.look(5*time.Minute, paper)
	s.wantTold()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s.open()
	if list := s.standing(); len(list) != 1 || list[0].Key != paper.Key {
		t.Fatalf("after the restart %+v", list)
	}
	s.look(5*time.Minute, paper)
	s.wantTold("02: Chưa ai xử lý: Máy in: hết giấy")
	s.look(time.Hour, paper)
	s.wantTold()
	s.look(time.Second)
	s.look(time.Minute)
	s.wantTold("01: Đã hết: Máy in: hết giấy")
	if list := s.standing(); len(list) != 0 {
		t.Errorf("still standing %+v", list)
	}
	history, err := s.History(t.Context(), time.Time{})
	if err != nil || len(history) != 1 || history[0].ClearedAt.IsZero() || history[0].EscalatedAt.IsZero() {
		t.Errorf("history %+v, %v", history, err)
	}
	s.look(100*24*time.Hour, nil...)
	if history, err = s.History(t.Context(), time.Time{}); err != nil || len(history) != 0 {
		t.Errorf("kept too long: %+v, %v", history, err)
	}
}

// A trouble that comes and goes is told a few times an hour; if it then stays,
// everybody hears of it.
func TestFlapping(t *testing.T) {
	s := newStand(t)
	s.add(Recipient{Name: "Trực", Channel: "sms", Address: "01", Every: true})
	var want []string
	for i := range flapMost + 3 {
		s.look(0, paper)
		s.look(20*time.Second, paper)
		s.look(time.Second)
		s.look(time.Minute)
		if i < flapMost {
			raised := "01: Máy in: hết giấy"
			if i == flapMost-1 {
				raised += " (lặp lại nhiều lần: tạm thời chỉ hiện ở trang toàn cảnh)"
			}
			want = append(want, raised, "01: Đã hết: Máy in: hết giấy")
		}
	}
	s.wantTold(want...)
	s.look(0, paper)
	s.look(20*time.Second, paper)
	s.wantTold()
	s.look(11*time.Minute, paper)
	s.wantTold("01: Chưa ai xử lý: Máy in: hết giấy")
}

// Who takes care is written down, and then nobody else is called.
func TestAck(t *testing.T) {
	s := newStand(t)
	s.add(Recipient{Name: "Lãnh đạo", Channel: "sms", Address: "02"})
	s.look(0, paper)
	s.look(20*time.Second, paper)
	id := s.standing()[0].ID
	if err := s.Ack(t.Context(), id, "  "); queue.ErrorCode(err) != queue.CodeBadRequest {
		t.Errorf("nobody acknowledges: %v", err)
	}
	if err := s.Ack(t.Context(), 99, "An"); queue.ErrorCode(err) != queue.CodeBadRequest {
		t.Errorf("unknown alarm: %v", err)
	}
	for _, who := range []string{"Chị An", "Anh Bình"} {
		if err := s.Ack(t.Context(), id, who); err != nil {
			t.Fatal(err)
		}
	}
	s.look(time.Hour, paper)
	s.wantTold()
	if e := s.standing()[0]; e.AckedBy != "Chị An" || e.AckedAt.IsZero() {
		t.Errorf("%+v", e)
	}
}

// A call for help is told at once, stands until somebody goes, and can be made again.
func TestHelp(t *testing.T) {
	s := newStand(t)
	s.add(Recipient{Name: "Lãnh đạo", Channel: "sms", Address: "02"})
	help := Sign{Key: "help:3", Kind: Help, VI: "Quầy 3 cần hỗ trợ", Grave: true}
	for range 2 {
		for range 3 {
			if err := s.Raise(t.Context(), help); err != nil {
				t.Fatal(err)
			}
		}
		s.look(time.Hour)
		s.wantTold("02: Quầy 3 cần hỗ trợ")
		list := s.standing()
		if len(list) != 1 {
			t.Fatalf("%+v", list)
		}
		if err := s.Ack(t.Context(), list[0].ID, "Bảo vệ"); err != nil {
			t.Fatal(err)
		}
		if list = s.standing(); len(list) != 0 {
			t.Errorf("still %+v", list)
		}
	}
}

// What does not get through is tried again with pauses, and given up when it is
// old news; a removed recipient is left in peace.
func TestDeliveryRetries(t *testing.T) {
	s := newStand(t)
	s.add(Recipient{Name: "Trực", Channel: "sms", Address: "01", Every: true})
	s.fail = errors.New("no network")
	s.look(0, paper)
	s.look(20*time.Second, paper)
	list, err := s.Failing(t.Context())
	if err != nil || len(list) != 1 || list[0].Failed != "no network" || list[0].Over {
		t.Fatalf("%+v, %v", list, err)
	}
	s.fail = nil
	s.look(pushFirst+time.Second, paper)
	s.wantTold("01: Máy in: hết giấy")
	s.fail = errors.New("no network")
	s.look(time.Second)
	s.look(time.Minute)
	for range 3 {
		s.look(pushLife / 2)
	}
	if list, err = s.Failing(t.Context()); err != nil || len(list) != 1 || !list[0].Over {
		t.Errorf("never given up: %+v, %v", list, err)
	}
	s.look(0, paper)
	s.look(20*time.Second, paper)
	if err := s.RemoveRecipient(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	s.fail = nil
	s.look(time.Hour, paper)
	s.wantTold()
}

func TestPauses(t *testing.T) {
	for tries := 1; tries < 100; tries++ {
		if p := pauseAfter(tries); p <= 0 || p > pushLongest+time.Millisecond || tries == 1 && p > pushFirst+time.Millisecond {
			t.Errorf("after %d failures %v", tries, p)
		}
	}
}

// The day's digest comes once, at its hour, or later on the same day.
func TestDigest(t *testing.T) {
	s := newStand(t)
	s.add(Recipient{Name: "Lãnh đạo", Channel: "sms", Address: "02", Digest: true})
	s.look(0)
	s.wantTold()
	if err := s.SetSettings(t.Context(), Settings{DigestAt: "17:00", EscalateMinutes: 3}); err != nil {
		t.Fatal(err)
	}
	s.look(0)
	s.wantTold()
	for range 3 {
		s.look(6 * time.Hour) // 18:00, 00:00, 06:00
	}
	s.wantTold("02: Phục vụ 12 lượt. Cảnh báo: 0, còn 0 chưa hết.")
	s.look(11*time.Hour + time.Minute)
	s.look(time.Minute)
	s.wantTold("02: Phục vụ 12 lượt. Cảnh báo: 0, còn 0 chưa hết.")
	if got, err := s.Settings(t.Context()); err != nil || got != (Settings{3, "17:00"}) {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestRefusals(t *testing.T) {
	s := newStand(t)
	for name, r := range map[string]Recipient{
		"no channel":       {Name: "A", Address: "01"},
		"no name":          {Channel: "sms", Address: "01"},
		"no address":       {Name: "A", Channel: "sms"},
		"wrong address":    {Name: "A", Channel: "sms", Address: "x"},
		"needless address": {Name: "A", Channel: "hook", Address: "x"},
		"long name":        {Name: strings.Repeat("x", 300), Channel: "hook"},
	} {
		if s.AddRecipient(t.Context(), r) == nil {
			t.Errorf("%s is taken", name)
		}
	}
	for i := range maxPeople + 1 {
		err := s.AddRecipient(t.Context(), Recipient{Name: fmt.Sprint(i), Channel: "hook"})
		if (err != nil) != (i == maxPeople) {
			t.Errorf("recipient %d: %v", i, err)
		}
	}
	for _, x := range []Settings{{EscalateMinutes: -1}, {EscalateMinutes: 9999}, {DigestAt: "25:00"}} {
		if s.SetSettings(t.Context(), x) == nil {
			t.Errorf("%+v is taken", x)
		}
	}
	if err := s.Test(t.Context(), 1); err != nil {
		t.Error(err)
	}
	if s.Test(t.Context(), 999) == nil {
		t.Error("a test to nobody")
	}
}

// Run does all of that by itself and ends with its context.
func TestRun(t *testing.T) {
	s := newStand(t)
	s.add(Recipient{Name: "Trực", Channel: "sms", Address: "01"})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	if err := s.Raise(t.Context(), Sign{Key: "help:1", Kind: Help, VI: "Quầy 1", Grave: true}); err != nil {
		t.Fatal(err)
	}
	for told := false; !told; {
		s.mu.Lock()
		told = len(s.told) == 1
		s.mu.Unlock()
		runtime.Gosched()
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
