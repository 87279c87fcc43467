package bots

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xinmoi/xinmoi/bots/dialogue"
	"github.com/xinmoi/xinmoi/bots/mailbox"
	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/notice"
)

// written is a channel under another name that can only be written to and from.
type written struct {
	f    *fakeChannel
	name queue.Channel
}

func (w written) Channel() queue.Channel { return w.name }
func (w written) Caps() Caps             { return w.f.caps }
func (w written) Poll(ctx context.Context, cursor string) ([]Inbound, string, error) {
	return w.f.Poll(ctx, cursor)
}
func (w written) Send(ctx context.Context, chat string, t dialogue.Text) (string, error) {
	return w.f.Send(ctx, chat, t)
}

// heardOf lists what a chat was newly told, but for cards shown anew.
func (f *fakeChannel) heardOf(chat, part string) (n int) {
	for _, s := range f.all() {
		if s.chat == chat && s.edited == "" && strings.Contains(s.text, part) {
			n++
		}
	}
	return n
}

// texts is the first line of all that was sent.
func (f *fakeChannel) texts() (all []string) {
	for _, s := range f.all() {
		line, _, _ := strings.Cut(s.text, "\n")
		all = append(all, s.chat+": "+line)
	}
	return all
}

func (h *hall) ticket(ref string) queue.Ticket {
	h.Helper()
	t, err := h.engine.Ticket(h.Context(), ref)
	if err != nil {
		h.Fatal(err)
	}
	return t
}

func (h *hall) say(chat, id, text string) {
	h.Helper()
	h.channel.say(chat, id, text)
	h.settleFor(5 * time.Second)
}

// A visit by chat from the number to the rating: late, here, served, rated.
func TestVisitByChat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newFakeChannel(telegramPace())
		code := func(code string, _ time.Time) bool { return code == "482193" }
		h := newHallWith(t, c, func(c *Config) { c.HallCode = code })
		defer func() { h.stopAll() }()
		for i := range 8 {
			c.say(fmt.Sprint(20+i), fmt.Sprint("w", i), "lấy số A")
		}
		h.settleFor(10 * time.Second)
		h.say("7", "1", "ls a")
		mine := h.ticket("A009")
		if c.heardOf("7", "dữ liệu của tôi") != 1 {
			t.Error("the first number is told without what is kept")
		}
		h.say("7", "2", "tôi đã đến")
		h.say("7", "3", "111111")
		if h.ticket("A009").Presence != queue.Remote || c.heardOf("7", "Mã chưa đúng") != 1 {
			t.Error("a wrong code checks in")
		}
		h.say("7", "4", "đến bốn tám hai một chín ba")
		if h.ticket("A009").Presence != queue.Present || c.heardOf("7", "Đã ghi nhận anh/chị có mặt") != 1 {
			t.Errorf("the hall's code does not check in: %v", c.texts())
		}
		before := *mine.Standing
		h.say("7", "5", "tôi đến trễ")
		if c.heardOf("7", "Đã lùi số A009") != 1 || h.ticket("A009").LaterCount != 1 {
			t.Errorf("not moved back (%d were ahead)", before.Ahead)
		}
		h.say("7", "6", "báo trước 6")
		for range 8 {
			h.finish(h.next("1").ID)
			h.settleFor(3 * time.Second)
		}
		if c.heardOf("7", "sắp đến lượt") != 1 {
			t.Errorf("told %d times that the turn is near", c.heardOf("7", "sắp đến lượt"))
		}
		last := h.next("2")
		h.settleFor(5 * time.Second)
		h.finish(last.ID)
		h.settleFor(5 * time.Second)
		if c.heardOf("7", "Mời số A009 đến quầy 2") != 1 || c.heardOf("7", "Anh/chị hài lòng thế nào") != 1 {
			t.Errorf("called or asked wrongly: %v", c.texts())
		}
		h.say("7", "7", "2")
		if h.ticket("A009").Rating != nil || c.heardOf("7", "Điều gì chưa tốt") != 1 {
			t.Error("a low level is not asked why")
		}
		h.say("7", "8", "chờ lâu")
		if r := h.ticket("A009").Rating; r == nil || r.Level != 2 || !slices.Equal(r.Reasons, []string{"Chờ lâu"}) {
			t.Errorf("rated %+v", r)
		}
		h.say("7", "9", "đánh giá 5")
		if c.heardOf("7", "đã đánh giá rồi") != 1 {
			t.Error("one ticket can be rated twice")
		}
	})
}

// While an office is tried out a chat is told so with its number and with each
// notice; the end of the trial is told, and the next number counts.
func TestChatSaysTrial(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newFakeChannel(telegramPace())
		h := newHall(t, c)
		defer func() { h.stopAll() }()
		try := func(on bool) {
			t.Helper()
			setup := queue.CommuneCentre()
			setup.Trial = on
			if _, err := h.engine.Configure(t.Context(), queue.ConfigureRequest{Setup: setup}); err != nil {
				t.Fatal(err)
			}
		}
		try(true)
		h.say("7", "1", "ls a")
		h.say("8", "2", "ls a")
		h.say("9", "3", "XH A001")
		h.next("1")
		h.settleFor(5 * time.Second)
		try(false)
		h.settleFor(5 * time.Second)
		if c.heardOf("7", "Mời số A001") != 1 || c.heardOf("8", "Số A002 đã bị hủy") != 1 || c.heardOf("9", "Số A001:") != 1 {
			t.Fatalf("%v", c.texts())
		}
		for _, s := range c.all() {
			if !strings.HasPrefix(s.text, "CHẠY THỬ, số này không có giá trị.\n") {
				t.Errorf("%s is told of a trial's number without a word: %q", s.chat, s.text)
			}
		}
		h.say("8", "4", "ls a")
		if last := c.all()[len(c.all())-1]; last.chat != "8" || !strings.HasPrefix(last.text, "Số của anh/chị: A003") {
			t.Errorf("after the trial: %+v", last)
		}
	})
}

// Who chooses a level and never says why has rated, whether by silence or by
// talking of something else, and also over a restart.
func TestRatingWithoutAReason(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newFakeChannel(telegramPace())
		h := newHall(t, c)
		defer func() { h.stopAll() }()
		for i, chat := range []string{"1", "2"} {
			h.say(chat, chat, "lấy số A")
			h.finish(h.next("1").ID)
			h.settleFor(5 * time.Second)
			h.say(chat, fmt.Sprint("r", i), "1")
		}
		h.say("2", "other", "lấy số B")
		if r := h.ticket("A002").Rating; r == nil || r.Level != 1 || len(r.Reasons) > 0 {
			t.Errorf("who talks of something else rated %+v", r)
		}
		if h.ticket("A001").Rating != nil {
			t.Error("silence was not waited for")
		}
		h.stopBot()
		h.settleFor(10 * time.Minute)
		h.start()
		h.settleFor(2 * time.Minute)
		if r := h.ticket("A001").Rating; r == nil || r.Level != 1 {
			t.Errorf("silence rated %+v", r)
		}
	})
}

// A paper ticket is followed by its link or its lookup code; several may follow
// it, all of them hear the call, and codes cannot be tried out.
func TestFollowingAPaperTicket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newFakeChannel(telegramPace())
		links := queue.NewLinks([]byte("secret"), "http://office.example")
		h := newHallWith(t, c, func(c *Config) { c.Links = links })
		defer func() { h.stopAll() }()
		for range 6 {
			if _, err := h.engine.Take(t.Context(), queue.TakeRequest{Service: "A", Channel: queue.Kiosk}); err != nil {
				t.Fatal(err)
			}
		}
		paper := h.ticket("A006")
		h.say("1", "1", "/start "+links.Token(paper.Office, paper.ID))
		h.say("2", "2", paper.Code)
		h.say("3", "3", "mã "+paper.Code[:3]+" "+paper.Code[3:6]+" "+paper.Code[6:])
		for _, chat := range []string{"1", "2", "3"} {
			if c.heardOf(chat, "A006") != 1 {
				t.Errorf("chat %s does not follow the paper: %v", chat, c.texts())
			}
		}
		h.say("4", "4", paper.Code)
		if c.heardOf("4", "đã có đủ người theo dõi") != 1 {
			t.Error("a fourth follows")
		}
		h.say("5", "5", "/start "+strings.Repeat("A", 22))
		h.say("5", "6", "123456789")
		if c.heardOf("5", "không thuộc phiếu nào") != 2 {
			t.Errorf("forged codes: %v", c.texts())
		}
		for i := range 10 {
			c.say("6", fmt.Sprint("g", i), fmt.Sprintf("%09d", 100000000+i*11))
			h.settleFor(2 * time.Second)
		}
		if n := c.heardOf("6", "thử nhiều lần quá"); n != 10-guessBurst {
			t.Errorf("%d of 10 codes were refused", n)
		}
		for range 5 {
			h.finish(h.next("1").ID)
		}
		h.next("1")
		h.settleFor(10 * time.Second)
		for _, chat := range []string{"1", "2", "3"} {
			if c.heardOf(chat, "Mời số A006") != 1 {
				t.Errorf("chat %s heard %d calls", chat, c.heardOf(chat, "Mời số A006"))
			}
		}
	})
}

// trunk is a telephone that notes whom to call and whom to forget.
type trunk struct{ calls, forgot *[]string }

func (t *trunk) Call(_ context.Context, ticket queue.Ticket, telephone, _ string) error {
	*t.calls = append(*t.calls, telephone+" "+ticket.Number.String())
	return nil
}

func (t *trunk) Forget(_ context.Context, telephone string) error {
	*t.forgot = append(*t.forgot, telephone)
	return nil
}

func (t *trunk) ForgetFor(_ context.Context, telephone string, tickets []string) error {
	*t.forgot = append(*t.forgot, fmt.Sprint(telephone, " for ", len(tickets)))
	return nil
}

// What a chat does not take goes by SMS, then by telephone; never by voice to
// who does not hear, and nowhere if the office or the citizen has not agreed.
func TestFallback(t *testing.T) {
	for name, c := range map[string]struct {
		said    []string
		later   string // Said after the number was taken.
		smsDown bool
		off     bool
		sms     int
		voice   int
		letters int
	}{
		"by SMS":               {said: []string{"điện thoại 0912345678"}, sms: 1},
		"by telephone":         {said: []string{"điện thoại 0912345678"}, smsDown: true, voice: 1},
		"says so later":        {said: []string{"điện thoại 0912345678"}, later: "tôi không nghe được", smsDown: true, letters: 1},
		"does not hear":        {said: []string{"điện thoại 0912345678", "tôi không nghe được"}, smsDown: true, letters: 1},
		"gave no number":       {letters: 1},
		"took the number back": {said: []string{"điện thoại 0912345678", "xóa số điện thoại"}, letters: 1},
		"switched off":         {said: []string{"điện thoại 0912345678"}, off: true, letters: 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				chat, sms := newFakeChannel(telegramPace()), newFakeChannel(telegramPace())
				var called []string
				h := newHallWith(t, chat, func(cfg *Config) {
					cfg.Adapters = []Adapter{written{chat, queue.Zalo}, written{sms, queue.SMS}}
					cfg.Voice = &trunk{calls: &called}
				})
				defer func() { h.stopAll() }()
				for i, text := range c.said {
					h.say("7", fmt.Sprint("s", i), text)
				}
				h.say("7", "take", "lấy số A")
				if c.later != "" {
					h.say("7", "later", c.later)
				}
				if err := h.bots.SetSettings(t.Context(), Settings{NoFallback: c.off}); err != nil {
					t.Fatal(err)
				}
				rejects := func(_ int, chat string) error { return &Failure{Class: Rejected, Err: errors.New("full: " + chat)} }
				chat.mu.Lock()
				chat.refuse = rejects
				chat.mu.Unlock()
				if c.smsDown {
					sms.refuse = rejects
				}
				h.next("2")
				h.settleFor(time.Minute)
				if got := sms.heardOf("+84912345678", "Mời số A001 đến quầy 2"); got != c.sms {
					t.Errorf("%d messages by SMS, want %d", got, c.sms)
				}
				if len(called) != c.voice || c.voice > 0 && called[0] != "+84912345678 A001" {
					t.Errorf("called %v, want %d", called, c.voice)
				}
				letters, err := h.bots.Letters(t.Context(), 10)
				if err != nil || len(letters) != c.letters {
					t.Errorf("dead letters %+v, %v; want %d", letters, err, c.letters)
				}
				for _, l := range letters {
					if l.Kind != "called" || l.Number != "A001" || !strings.HasSuffix(l.Reason, "full: …") {
						t.Errorf("dead letter %+v", l)
					}
				}
			})
		})
	}
}

// A channel that is away, wants to be left alone or does not know us does not
// keep calls to itself: not the first, and not the one that comes meanwhile.
func TestFallbackFromASilentChannel(t *testing.T) {
	for name, f := range map[string]Failure{
		"unreachable":   {Class: Unreachable, Err: errors.New("no route")},
		"left alone":    {Class: Retry, After: 10 * time.Minute, Err: errors.New("too many")},
		"does not know": {Class: Auth, Err: errors.New("wrong token")},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				chat, sms := newFakeChannel(telegramPace()), newFakeChannel(telegramPace())
				h := newHallWith(t, chat, func(cfg *Config) { cfg.Adapters = []Adapter{written{chat, queue.Zalo}, written{sms, queue.SMS}} })
				defer func() { h.stopAll() }()
				for _, who := range []string{"7", "8"} {
					h.say(who, "p"+who, "điện thoại 091234567"+who)
					h.say(who, "t"+who, "lấy số A")
				}
				chat.mu.Lock()
				chat.refuse = func(int, string) error { return &f }
				chat.mu.Unlock()
				h.next("1")
				h.settleFor(time.Second)
				if f.Class == Unreachable && sms.heardOf("+84912345677", "") != 0 {
					t.Error("the chat was not waited for")
				}
				h.next("2")
				h.settleFor(50 * time.Second)
				for _, who := range []string{"7", "8"} {
					if n := sms.heardOf("+8491234567"+who, "Mời số A00"); n != 1 {
						t.Errorf("%s: %d calls by SMS within a minute", who, n)
					}
				}
			})
		})
	}
}

// Dead letters are sent again while they are true, and can be let go.
func TestDeadLetters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newFakeChannel(telegramPace())
		h := newHall(t, c)
		defer func() { h.stopAll() }()
		h.say("7", "1", "lấy số A")
		h.say("8", "2", "lấy số B")
		refuse := func(on bool) {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.refuse = nil
			if on {
				c.refuse = func(int, string) error { return &Failure{Class: Rejected, Err: errors.New("full")} }
			}
		}
		refuse(true)
		a := h.next("1")
		h.settleFor(3 * time.Second)
		b := h.next("2")
		h.settleFor(3 * time.Second)
		refuse(false)
		letters, err := h.bots.Letters(t.Context(), 10)
		if err != nil || len(letters) < 2 {
			t.Fatalf("%+v, %v", letters, err)
		}
		h.finish(b.ID)
		h.settleFor(3 * time.Second)
		if err := h.bots.EachLetter(t.Context(), h.bots.SendAgain); err != nil {
			t.Fatal(err)
		}
		h.settleFor(5 * time.Second)
		if c.heardOf("7", "Mời số "+a.Number.String()) != 1 || c.heardOf("8", "Mời số") != 0 {
			t.Errorf("sent again: %v", c.texts())
		}
		if letters, _ := h.bots.Letters(t.Context(), 10); len(letters) != 0 {
			t.Errorf("left: %+v", letters)
		}
	})
}

// The month's messages: when they run short, lesser ones are left out, calls are
// not, and new numbers are refused with another way named.
func TestMonthsMessages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newFakeChannel(telegramPace())
		h := newHallWith(t, c, func(cfg *Config) { cfg.Adapters = []Adapter{written{c, queue.Zalo}} })
		defer func() { h.stopAll() }()
		if err := h.bots.SetSettings(t.Context(), Settings{Month: map[queue.Channel]int{queue.Zalo: 20}}); err != nil {
			t.Fatal(err)
		}
		for i := range 9 {
			h.say(fmt.Sprint(10+i), fmt.Sprint(i), "lấy số A")
		}
		took := 0
		for i := range 9 {
			took += c.heardOf(fmt.Sprint(10+i), "Số của anh/chị")
		}
		s := h.bots.Status(t.Context())[0].Month
		if took != 6 || s.Used > 20-s.Owed {
			t.Errorf("%d of 9 took a number with 20 messages: %+v", took, s)
		}
		for range took {
			called := h.next("1")
			h.settleFor(5 * time.Second)
			h.finish(called.ID)
			h.settleFor(5 * time.Second)
		}
		calls := 0
		for _, s := range c.all() {
			if strings.Contains(s.text, "Mời số") {
				calls++
			}
			if strings.Contains(s.text, "sắp đến lượt") {
				t.Errorf("%q while the messages run short", s.text)
			}
		}
		if got := h.bots.Status(t.Context())[0].Month; calls != took || len(c.all()) > 20 || got.Used != len(c.all()) {
			t.Errorf("%d calls of %d, %d messages of 20, %d counted", calls, took, len(c.all()), got.Used)
		}
	})
}

// In the quiet hours what can wait does, holds up nothing, and comes in the
// morning; calls come at once.
func TestQuietHours(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newFakeChannel(telegramPace())
		h := newHall(t, c)
		defer func() { h.stopAll() }()
		h.say("7", "1", "lấy số A")
		from := h.bots.localNow()
		quiet := notice.Quiet{From: from.Add(-time.Hour).Format("15:04"), To: from.Add(time.Hour).Format("15:04")}
		if err := h.bots.SetSettings(t.Context(), Settings{Quiet: quiet}); err != nil {
			t.Fatal(err)
		}
		id := h.next("1").ID
		h.settleFor(5 * time.Second)
		h.finish(id)
		h.settleFor(5 * time.Second)
		h.say("7", "2", "lấy số B")
		if c.heardOf("7", "Mời số A001") != 1 || c.heardOf("7", "B001") != 1 {
			t.Errorf("what cannot wait waited: %v", c.texts())
		}
		if c.heardOf("7", "hài lòng") != 0 {
			t.Error("asked at night how it was")
		}
		h.settleFor(time.Hour)
		if c.heardOf("7", "hài lòng") != 1 {
			t.Error("not asked in the morning")
		}
	})
}

// What expired while the program was off ends as a dead letter that staff see,
// what waited for the morning too; and who is still near when it is on again is
// told so, but not who was called meanwhile.
func TestExpiredWhileOffIsSeen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newFakeChannel(telegramPace())
		h := newHall(t, c)
		defer func() { h.stopAll() }()
		for i := range 6 {
			h.say(fmt.Sprint(i+1), fmt.Sprint(i+1), "lấy số A") // 5 and 6 are not near yet.
		}
		h.finish(h.next("1").ID)
		h.settleFor(5 * time.Second)
		from := h.bots.localNow()
		quiet := notice.Quiet{From: from.Add(-time.Hour).Format("15:04"), To: from.Add(30 * time.Minute).Format("15:04")}
		if err := h.bots.SetSettings(t.Context(), Settings{Quiet: quiet}); err != nil {
			t.Fatal(err)
		}
		c.mu.Lock()
		c.refuse = func(int, string) error { return &Failure{Class: Unreachable, Err: errors.New("no line")} }
		c.mu.Unlock()
		h.finish(h.next("1").ID) // 2 is called and done: the question how it was waits for the morning.
		h.settleFor(2 * time.Second)
		h.finish(h.next("1").ID) // 3, too: now 6 is near, untold.
		h.settleFor(2 * time.Second)
		h.stopBot()
		time.Sleep(3 * time.Hour)
		c.mu.Lock()
		c.refuse = nil
		c.mu.Unlock()
		h.start()
		h.settleFor(30 * time.Second)
		if n := c.heardOf("6", "sắp đến lượt"); n != 1 {
			t.Errorf("6 is told %d times to be near: %v", n, c.texts())
		}
		if n := c.heardOf("2", "hài lòng"); n != 0 {
			t.Errorf("2 is asked three hours late")
		}
		letters, err := h.bots.Letters(t.Context(), 20)
		if err != nil || !slices.ContainsFunc(letters, func(l Letter) bool {
			return l.Kind == string(notice.Done) && l.Number == "A002" && l.Reason == neverTried
		}) {
			t.Errorf("%+v, %v", letters, err)
		}
	})
}

// A topic answers in the conversation; one that fails is excused.
func TestTopicAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newFakeChannel(telegramPace())
		topic := dialogue.Topic{Name: "hoso", Phrases: []string{"ho so"}, Answer: func(_ context.Context, q dialogue.Question) (dialogue.Answer, error) {
			if q.Arg == "" {
				return dialogue.Answer{}, errors.New("no code")
			}
			return dialogue.Answer{Body: "Hồ sơ " + q.Arg + " đã xong."}, nil
		}}
		h := newHallWith(t, c, func(cfg *Config) { cfg.Topics = []dialogue.Topic{topic} })
		defer func() { h.stopAll() }()
		h.say("7", "1", "hồ sơ H12")
		h.say("7", "2", "hồ sơ")
		if c.heardOf("7", "Hồ sơ h12 đã xong") != 1 || c.heardOf("7", "đang bận") != 1 {
			t.Errorf("said %v", c.texts())
		}
	})
}

// traces tells which of some words can be read in the mailbox's files: the file,
// the write-ahead log and what else lies beside it.
func (h *hall) traces(words ...string) (found []string) {
	h.Helper()
	files, err := filepath.Glob(h.file + "*")
	if err != nil || len(files) == 0 {
		h.Fatalf("no files: %v", err)
	}
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			h.Fatal(err)
		}
		for _, w := range words {
			if strings.Contains(string(raw), w) {
				found = append(found, filepath.Base(f)+": "+w)
			}
		}
	}
	return found
}

// Everything that names a person can be asked for, and is gone from the disk when
// the person wants it, or by itself hours after the visit: chat, telephone,
// choices, undelivered messages, and what was to go to the telephone.
func TestPersonalDataIsToldAndErased(t *testing.T) {
	const chat, phone = "987650123456", "912345678"
	var forgot []string
	for name, how := range map[string]func(h *hall){
		"on request": func(h *hall) {
			h.say(chat, "q", "/quên")
		},
		"by itself": func(h *hall) {
			h.finish(h.ticket("A001").ID)
			h.settleFor(25 * time.Hour)
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, sms := newFakeChannel(telegramPace()), newFakeChannel(telegramPace())
				h := newHallWith(t, c, func(cfg *Config) {
					cfg.Adapters = []Adapter{written{c, queue.Zalo}, written{sms, queue.SMS}}
					cfg.Voice = &trunk{calls: &[]string{}, forgot: &forgot}
				})
				defer func() { h.stopAll() }()
				sms.refuse = func(int, string) error { return &Failure{Class: Retry, Err: errors.New("busy")} }
				h.say(chat, "1", "điện thoại 0"+phone)
				h.say(chat, "2", "lấy số A")
				h.say(chat, "3", "dữ liệu của tôi")
				if c.heardOf(chat, "+84"+phone) != 1 || c.heardOf(chat, "Mã cuộc trò chuyện (zalo): "+chat) != 1 || c.heardOf(chat, "Theo dõi số A001") != 1 {
					t.Errorf("told of the data: %v", c.texts())
				}
				c.mu.Lock()
				c.refuse = func(int, string) error { return &Failure{Class: Rejected, Err: errors.New("full")} }
				c.mu.Unlock()
				h.say(chat, "4", "?") // Its answer becomes a dead letter, the call a message to the telephone.
				h.next("1")
				h.settleFor(5 * time.Second)
				if held, err := h.bots.box.HeldOf(t.Context(), "zalo", chat); err != nil || held.Letters != 1 {
					t.Fatalf("before: %+v, %v", held, err)
				}
				if len(h.traces(chat)) == 0 || len(h.traces(phone)) == 0 {
					t.Fatal("the test would not find what it looks for")
				}
				c.mu.Lock()
				c.refuse = nil
				c.mu.Unlock()
				how(h)
				held, err := h.bots.box.HeldOf(t.Context(), "zalo", chat)
				if err != nil || held.Known || len(held.Bindings)+held.Inbox+held.Outbox+held.Letters > 0 || held.Menu {
					t.Errorf("still held: %+v, %v", held, err)
				}
				h.stopBot()
				h.stopBot = func() {}
				if found := h.traces(chat, phone); len(found) > 0 {
					t.Errorf("still on the disk: %v", found)
				}
			})
		})
	}
}

// TestTheTelephoneForgetsToo: who is forgotten here is not called there; but the
// number may be somebody else's, who asked to be called for another ticket.
func TestTheTelephoneForgetsToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var forgot []string
		c := newFakeChannel(telegramPace())
		h := newHallWith(t, c, func(cfg *Config) { cfg.Voice = &trunk{calls: &[]string{}, forgot: &forgot} })
		defer func() { h.stopAll() }()
		h.say("7", "1", "quên")
		h.say("7", "2", "điện thoại 0912345678")
		h.say("7", "3", "lấy số A")
		h.say("7", "4", "quên")
		if !slices.Equal(forgot, []string{"+84912345678 for 1"}) {
			t.Errorf("the telephone forgot %v", forgot)
		}
	})
}

// Whoever writes STOP by SMS hears nothing more but that it was heard: no call to
// that number, no message in place of one, none of a chat that had named it, and
// none that was on its way and failed. It works for who has written too much.
func TestStopBySMSStopsAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const chat, number = "987650123456", "+84912345678"
		var calls, forgot, beside []string
		zalo, sms := newFakeChannel(telegramPace()), newFakeChannel(telegramPace())
		h := newHallWith(t, sms, func(cfg *Config) {
			cfg.Adapters = []Adapter{written{zalo, queue.Zalo}, written{sms, queue.SMS}}
			cfg.Voice = &trunk{calls: &calls, forgot: &forgot}
			cfg.Forget = func(_ context.Context, telephone string) error { beside = append(beside, telephone); return nil }
		})
		defer func() { h.stopAll() }()
		zalo.say(chat, "1", "điện thoại 0912345678")
		h.settleFor(5 * time.Second)
		zalo.say(chat, "2", "lấy số A")
		h.say(number, "1", "lấy số A")
		for i := range 2 * floodBurst {
			sms.say(number, fmt.Sprint("more", i), "trợ giúp")
		}
		h.settleFor(2 * time.Minute)
		sms.mu.Lock()
		fails := true
		sms.refuse = func(int, string) error {
			if fails {
				return &Failure{Class: Retry, Err: errors.New("no credit for " + number)}
			}
			return nil
		}
		sms.mu.Unlock()
		for range 2 {
			h.finish(h.next("1").ID)
		}
		for i := range 2 * floodBurst { // Too much, again.
			sms.say(number, fmt.Sprint("too much", i), "trợ giúp")
		}
		h.say(number, "stop", "STOP")
		sms.mu.Lock()
		fails = false
		before := len(sms.sent)
		sms.mu.Unlock()
		zalo.mu.Lock()
		zalo.refuse = func(int, string) error { return &Failure{Class: Gone, Err: errors.New("blocked by " + chat)} }
		zalo.mu.Unlock()
		zalo.say(chat, "3", "lấy số B")
		h.settleFor(5 * time.Minute)
		for _, s := range sms.all()[before:] {
			if !strings.Contains(s.text, "đã xóa cuộc trò chuyện") {
				t.Errorf("written to after STOP: %q", s.text)
			}
		}
		if len(sms.all()) != before+1 || len(calls) > 0 || !slices.Equal(forgot, []string{number}) || !slices.Equal(beside, forgot) {
			t.Errorf("%d messages after STOP, calls %v, the telephone forgot %v, the others %v", len(sms.all())-before, calls, forgot, beside)
		}
		if err := h.bots.box.Scrub(t.Context()); err != nil {
			t.Error(err)
		}
		if found := h.traces(number, "blocked by "+chat); len(found) > 0 || len(h.traces("blocked by …")) == 0 {
			t.Errorf("still on the disk: %v", found)
		}
	})
}

// Where messages are paid for, one that arrives although the channel never says so
// is not sent for ever, and the number that it told is kept.
func TestDoubtsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pace := telegramPace()
		pace.Doubts = 3
		c := newFakeChannel(pace)
		c.arrives = true
		c.refuse = func(int, string) error { return &Failure{Class: Ambiguous, Err: errors.New("no answer")} }
		h := newHallWith(t, c, func(cfg *Config) { cfg.Adapters = []Adapter{written{c, queue.SMS}} })
		defer func() { h.stopAll() }()
		h.say("+84912345678", "1", "lấy số A")
		h.settleFor(10 * time.Minute)
		if n := c.heardOf("+84912345678", "Số của anh/chị"); n != 3 {
			t.Errorf("the number was told %d times", n)
		}
		h.next("1")
		h.settleFor(5 * time.Minute)
		if n := c.heardOf("+84912345678", "Mời số A001"); n != 3 {
			t.Errorf("called %d times: %v", n, c.texts())
		}
	})
}

// What surely was not sent is no doubt: a channel that was away does not use up the
// attempts of a message, whose one lost answer then would be its last.
func TestAbsenceIsNoDoubt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pace := telegramPace()
		pace.Doubts = 3
		c := newFakeChannel(pace)
		c.refuse = func(n int, _ string) error {
			switch {
			case n < 4:
				return &Failure{Class: Unreachable, Err: errors.New("no line")}
			case n == 4:
				return &Failure{Class: Ambiguous, Err: errors.New("no answer")} // And it did not arrive.
			}
			return nil
		}
		h := newHallWith(t, c, func(cfg *Config) { cfg.Adapters = []Adapter{written{c, queue.SMS}} })
		defer func() { h.stopAll() }()
		h.say("+84912345678", "1", "lấy số A")
		h.settleFor(time.Minute)
		if n := c.heardOf("+84912345678", "Số của anh/chị"); n != 1 {
			t.Errorf("the number was told %d times", n)
		}
	})
}

// A channel whose answers are lost for long tells nobody again and again that the
// turn is near: not in one life of the notice, nor in others.
func TestNearIsNotToldForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newFakeChannel(telegramPace())
		h := newHall(t, c)
		defer func() { h.stopAll() }()
		for i := range 6 {
			h.say(fmt.Sprint(i+1), fmt.Sprint(i+1), "lấy số A")
		}
		c.mu.Lock()
		c.arrives = true
		c.refuse = func(int, string) error { return &Failure{Class: Ambiguous, Err: errors.New("no answer")} }
		c.mu.Unlock()
		for range 3 {
			h.finish(h.next("1").ID)
		}
		h.settleFor(25 * time.Minute) // Two lives and a half.
		if n := c.heardOf("6", "sắp đến lượt"); n != mostDoubts {
			t.Errorf("6 was told %d times to be near: %v", n, c.texts())
		}
	})
}

// Nor is a number told for ever, and after so many attempts its holder has heard it
// and keeps it; nor that a number has lapsed of which nobody could be told.
func TestNumberIsNotToldForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newFakeChannel(telegramPace())
		c.arrives = true
		c.refuse = func(int, string) error { return &Failure{Class: Ambiguous, Err: errors.New("no answer")} }
		h := newHall(t, c)
		defer func() { h.stopAll() }()
		h.say("1", "1", "lấy số A")
		h.settleFor(time.Hour)
		if n := c.heardOf("1", "Số của anh/chị"); n != mostDoubts {
			t.Errorf("the number was told %d times", n)
		}
		if n := c.heardOf("1", "không còn hiệu lực"); n != 0 || h.ticket("A001").State != queue.Waiting {
			t.Errorf("that it has lapsed was told %d times, it is %s", n, h.ticket("A001").State)
		}
		lost := c.refuse
		c.mu.Lock()
		c.arrives, c.refuse = false, func(int, string) error { return &Failure{Class: Unreachable, Err: errors.New("no line")} }
		c.mu.Unlock()
		h.say("2", "2", "lấy số B")
		h.settleFor(time.Hour)
		c.mu.Lock()
		c.arrives, c.refuse = true, lost
		c.mu.Unlock()
		h.settleFor(20 * time.Minute)
		if n := c.heardOf("2", "không còn hiệu lực"); n != mostDoubts {
			t.Errorf("that a number has lapsed was told %d times", n)
		}
	})
}

// A dead letter of a chat that was forgotten meanwhile is not kept.
func TestForgottenChatsHaveNoDeadLetters(t *testing.T) {
	box, err := mailbox.Open(t.Context(), filepath.Join(quickDir(t), "x.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer box.Close()
	now := time.Now()
	err = box.Update(t.Context(), func(tx *mailbox.Tx) error {
		p := mailbox.Parcel{Channel: "zalo", Chat: "7", Kind: "called", Dedupe: "1", Expires: now}
		return errors.Join(tx.Post(p, now), tx.Bury(p, "full", now))
	})
	if letters, _ := box.DeadLetters(t.Context(), 10); err != nil || len(letters) != 0 {
		t.Errorf("kept %+v, %v", letters, err)
	}
}
