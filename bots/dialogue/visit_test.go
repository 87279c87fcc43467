package dialogue

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"pgregory.net/rapid"
)

// What people type is understood without marks, abbreviated, mistyped, with
// emoji and with numbers in words.
func TestUnderstandAsPeopleType(t *testing.T) {
	for text, want := range map[string]Intent{
		// Abbreviations and politeness.
		"ls": {Take, ""}, "LS a": {Take, "a"}, "cho e lấy số vs": {Unknown, "cho e lay so vs"}, "lấy số nhé": {Take, "nhe"}, "ko": {No, ""}, "hok": {No, ""}, "oke": {Yes, ""}, "uh": {Yes, ""},
		"còn mấy ng": {Where, ""}, "sđt 0912345678": {Phone, "0912345678"}, "k": {Unknown, "k"}, "e": {Unknown, "e"},
		// Typing errors; nothing that cannot be taken back is guessed.
		"lya so": {Take, ""}, "lấy sô a": {Take, "a"}, "trợ giups": {Help, ""}, "toi o dauu": {Where, ""}, "tieng vieet": {Language, "vi"},
		"quenn": {Unknown, "quenn"}, "xoa du lieeu": {Unknown, "xoa du lieeu"}, "takee": {Unknown, "takee"}, "hyu": {Unknown, "hyu"},
		// Emoji.
		"👍": {Yes, ""}, "👍🏽": {Yes, ""}, "👎": {No, ""}, "🎫": {Take, ""}, "⭐⭐⭐⭐": {Rate, "4"}, "⭐️⭐️": {Rate, "2"}, "😡": {Rate, "1"}, "lấy số 🙏": {Take, ""}, "🐶": {Unknown, ""}, "⭐⭐⭐⭐⭐⭐": {Unknown, ""},
		// Numbers in words.
		"a không một hai": {Where, "A012"}, "a mười hai": {Where, "A012"}, "b hai mươi lăm": {Where, "B025"}, "hai mươi phút": {Travel, "20 phut"}, "nhắc hai mươi": {Travel, "hai muoi"},
		// The visit.
		"tôi đến trễ": {Later, ""}, "Đến muộn A012": {Later, "a012"}, "I am late": {Later, ""}, "tôi đã đến": {Here, ""}, "đến 482193": {Here, "482193"}, "toi da den 482 193": {Here, "482 193"}, "here 482193": {Here, "482193"},
		"/start in-482193": {Here, "482193"}, "báo trước 5": {Watch, "5"}, "báo trước năm người": {Watch, "nam nguoi"}, "warn me at 5": {Watch, "5"},
		"rất hài lòng": {Rate, "5"}, "Không hài lòng": {Rate, "2"}, "5 sao": {Rate, "5"}, "bốn sao": {Rate, "4"}, "đánh giá 3": {Rate, "3"},
		"số điện thoại của tôi là 0912 345 678": {Phone, "0912 345 678"}, "xóa số điện thoại": {Phone, "0"}, "tôi không nghe được": {Deaf, ""}, "tôi nghe được": {Deaf, "0"},
		"dữ liệu của tôi": {MyData, ""}, "my data": {MyData, ""},
		// Paper tickets.
		"/start AQ7lPzBq0k1XyZw_-9Qa": {Follow, "AQ7lPzBq0k1XyZw_-9Qa"}, "/start@xinmoi_bot AQ7lPzBq0k1XyZw_-9Qa": {Follow, "AQ7lPzBq0k1XyZw_-9Qa"},
		"https://x.gov.vn/t/AQ7lPzBq0k1XyZw_-9Qa": {Follow, "AQ7lPzBq0k1XyZw_-9Qa"}, "123 456 789": {Follow, "123456789"}, "mã 123.456.789": {Follow, "123456789"}, "/start": {Start, ""}, "/start abc": {Start, "abc"},
		"1234567890": {Unknown, "1234567890"}, "12345678": {Unknown, "12345678"},
	} {
		if got := Understand(text); got != want {
			t.Errorf("Understand(%q) = %+v, want %+v", text, got, want)
		}
	}
}

func TestFigures(t *testing.T) {
	for text, want := range map[string]string{
		"hai muoi phut": "20 phut", "muoi": "10", "muoi lam": "15", "hai muoi lam": "25", "mot tram": "100", "mot tram linh hai": "102", "hai tram muoi ba": "213",
		"khong mot hai": "012", "twenty five": "25", "ten": "10", "a ba bay": "a 37", "xin chao": "xin chao", "": "", "chin muoi chin": "99",
	} {
		if got := figures(text); got != want {
			t.Errorf("figures(%q) = %q, want %q", text, got, want)
		}
	}
}

func FuzzFigures(f *testing.F) {
	f.Add("hai muoi lam phut")
	f.Fuzz(func(t *testing.T, text string) {
		folded := Fold(text)
		if got := figures(folded); len(got) > 2*len(folded)+8 {
			t.Errorf("figures(%q) = %q", folded, got)
		}
		if i, ok := emoji(text); ok && i.Action == "" {
			t.Errorf("emoji(%q) = %+v", text, i)
		}
		spellOut(folded)
		mistyped(folded)
		reference(text)
	})
}

// No phrase is one mistake away from another that means something else and is
// itself exact: an exact one always wins.
func TestExactPhrasesWin(t *testing.T) {
	for _, p := range phrases() {
		if got := Understand(p.text); got.Action != p.action && got.Action != Rate {
			t.Errorf("%q is %s, want %s", p.text, got.Action, p.action)
		}
	}
}

func served(id string) queue.Ticket { return held(id, "A", 4, queue.Completed) }

// What a text means depends on what was asked before.
func TestInContext(t *testing.T) {
	rated := served("9")
	rated.Rating = &queue.Rating{Level: 5}
	away := held("7", "A", 3, queue.Waiting)
	away.Presence = queue.Remote
	with := func(pending string, tickets ...queue.Ticket) Facts {
		f := facts()
		f.Pending, f.Mine, f.HallCode = pending, tickets, true
		return f
	}
	decides := func(f Facts) Facts {
		f.Office.Rating = queue.RatingSetup{Reasons: []queue.RatingReason{{Name: "Quạt hỏng"}, {Name: "Chờ lâu quá"}}, Minutes: 60}
		return f
	}
	late := served("9")
	late.FinishedAt = facts().Now.Add(-61 * time.Minute)
	soon := served("9")
	soon.FinishedAt = facts().Now
	for name, c := range map[string]struct {
		f    Facts
		text string
		deed *Deed
		kind Kind
		ask  string
	}{
		"a level alone":                  {with("", served("9")), "5", &Deed{Action: Rate, Ticket: "9", Level: 5}, "", ""},
		"a level of discontent asks why": {with("", served("9")), "2", nil, AskReason, "rate:9-2"},
		"a reason by name":               {with("rate:9-2", served("9")), "Thái độ", &Deed{Action: Rate, Ticket: "9", Level: 2, Reasons: []string{"Thái độ"}}, "", ""},
		"a reason by number":             {with("rate:9-2", served("9")), "1", &Deed{Action: Rate, Ticket: "9", Level: 2, Reasons: []string{"Chờ lâu"}}, "", ""},
		"free words are not kept":        {with("rate:9-1", served("9")), "cán bộ Nguyễn Văn A quát tôi", &Deed{Action: Rate, Ticket: "9", Level: 1, Reasons: []string{"Khác"}}, "", ""},
		"the office's own reason":        {decides(with("rate:9-2", soon)), "2", &Deed{Action: Rate, Ticket: "9", Level: 2, Reasons: []string{"Chờ lâu quá"}}, "", ""},
		"its reason by name":             {decides(with("rate:9-2", soon)), "quat hong", &Deed{Action: Rate, Ticket: "9", Level: 2, Reasons: []string{"Quạt hỏng"}}, "", ""},
		"free words are not its reason":  {decides(with("rate:9-2", soon)), "nóng quá", &Deed{Action: Rate, Ticket: "9", Level: 2}, "", ""},
		"too late to rate":               {decides(with("", late)), "đánh giá 5", nil, RateNone, ""},
		"a command goes before a reason": {with("rate:9-2", served("9")), "lấy số", nil, Choose, ""},
		"rated already":                  {with("", rated), "đánh giá 5", nil, RateNone, ""},
		"rate what is not mine":          {with("", served("9")), "", nil, ShortMenu, ""},
		"a smile says nothing":           {with(""), "🙂", nil, ShortMenu, ""},
		"a smile rates":                  {with("", served("9")), "🙂", &Deed{Action: Rate, Ticket: "9", Level: 4}, "", ""},
		"one digit while waiting":        {with("", served("9"), away), "5", nil, ShortMenu, ""},
		"here asks for the code":         {with("", away), "tôi đã đến", nil, AskHere, "here:7"},
		"the code alone, then":           {with("here:7", away), "482 193", &Deed{Action: Here, Ticket: "7", Ref: "482193"}, "", ""},
		"the code at once":               {with("", away), "đến 482193", &Deed{Action: Here, Ticket: "7", Ref: "482193"}, "", ""},
		"here without a number":          {with(""), "đến 482193", nil, NoTicket, ""},
		"no means no":                    {with("7", away), "k", nil, Kept, ""},
		"late":                           {with("", away), "tôi đến trễ", &Deed{Action: Later, Ticket: "7", Places: laterPlaces}, "", ""},
		"late without a number":          {with(""), "tôi đến trễ", nil, NoTicket, ""},
		"watch":                          {with("", away), "báo trước mười người", &Deed{Action: Watch, Ticket: "7", Level: 10}, "", ""},
		"watch asks":                     {with("", away), "báo trước", nil, AskWatch, ""},
		"watch too much":                 {with("", away), "báo trước 900", nil, AskWatch, ""},
		"phone":                          {with(""), "điện thoại 0912 345 678", &Deed{Action: Phone, Ref: "+84912345678"}, "", ""},
		"phone asks":                     {with(""), "số điện thoại", nil, AskPhone, "phone:"},
		"phone without its zero":         {with(""), "điện thoại 912345678", &Deed{Action: Phone, Ref: "+84912345678"}, "", ""},
		"phone of the country":           {with(""), "điện thoại +84 24 3825 1234", &Deed{Action: Phone, Ref: "+842438251234"}, "", ""},
		"phone abroad":                   {with(""), "điện thoại 0019005550199", nil, AskPhone, "phone:"},
		"phone that costs":               {with(""), "điện thoại 1900 1234 56", nil, AskPhone, "phone:"},
		"phone, then":                    {with("phone:"), "0912345678", &Deed{Action: Phone, Ref: "+84912345678"}, "", ""},
		"phone taken back":               {with(""), "xóa số điện thoại", &Deed{Action: Phone}, "", ""},
		"data":                           {with(""), "dữ liệu của tôi", &Deed{Action: MyData}, "", ""},
		"a code":                         {with(""), "123 456 789", &Deed{Action: Follow, Ref: "123456789"}, "", ""},
	} {
		d := Decide(c.f, Input{Text: c.text})
		if (d.Deed == nil) != (c.deed == nil) || d.Deed != nil && (d.Deed.Action != c.deed.Action || d.Deed.Ticket != c.deed.Ticket || d.Deed.Ref != c.deed.Ref ||
			d.Deed.Level != c.deed.Level || d.Deed.Places != c.deed.Places || strings.Join(d.Deed.Reasons, ",") != strings.Join(c.deed.Reasons, ",")) {
			t.Errorf("%s: deed %+v, want %+v", name, d.Deed, c.deed)
		}
		if c.kind != "" && (len(d.Reply) != 1 || d.Reply[0].Kind != c.kind) {
			t.Errorf("%s: says %v, want %s", name, kinds(d), c.kind)
		}
		if d.Pending != c.ask {
			t.Errorf("%s: asks %q, want %q", name, d.Pending, c.ask)
		}
	}
}

// Nobody rates, checks in or puts back another's ticket by naming it in a
// forged button.
func TestDeedsKeepToOwnTickets(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		f := facts()
		f.HallCode = rapid.Bool().Draw(r, "code")
		for i := range rapid.IntRange(0, 4).Draw(r, "mine") {
			s := rapid.SampledFrom(queue.States()).Draw(r, "state")
			f.Mine = append(f.Mine, held(string(rune('5'+i)), "A", i+1, s))
		}
		action := rapid.SampledFrom([]Action{Later, Here, Rate, Watch, Follow, Phone, Other}).Draw(r, "action")
		arg := rapid.SampledFrom([]string{"", "1", "5", "6-5", "99-5", "99-", "99-1-slow", "-5", "7-9", "5-0", "x", "482193"}).Draw(r, "arg")
		d := Decide(f, Input{Payload: Intent{action, arg}.Payload()})
		if d.Deed == nil || d.Deed.Ticket == "" {
			return
		}
		if _, ok := f.mine(d.Deed.Ticket); !ok {
			r.Fatalf("%s %q does something to ticket %s", action, arg, d.Deed.Ticket)
		}
		if d.Deed.Action == Rate && (d.Deed.Level < 1 || d.Deed.Level > 5) {
			r.Fatalf("level %d", d.Deed.Level)
		}
	})
}

// Outcomes are worded, refusals with a next step.
func TestDid(t *testing.T) {
	f := facts()
	mine := held("7", "A", 3, queue.Waiting)
	for name, c := range map[string]struct {
		d    Deed
		err  error
		want Kind
	}{
		"late":              {Deed{Action: Later}, nil, LateDone},
		"late twice":        {Deed{Action: Later}, queue.Errorf(queue.CodeWrongState, "x"), LateRefused},
		"here":              {Deed{Action: Here}, nil, HereDone},
		"wrong code":        {Deed{Action: Here}, queue.Errorf(queue.CodeForbidden, "x"), HereWrong},
		"too many codes":    {Deed{Action: Here}, queue.Errorf(queue.CodeRateLimited, "x"), TryLater},
		"here, called":      {Deed{Action: Here}, queue.Errorf(queue.CodeWrongState, "x"), Card},
		"rated":             {Deed{Action: Rate, Level: 4}, nil, Rated},
		"rated twice":       {Deed{Action: Rate, Level: 4}, queue.Errorf(queue.CodeWrongState, "x"), RateNone},
		"follows":           {Deed{Action: Follow}, nil, Card},
		"unknown code":      {Deed{Action: Follow}, queue.Errorf(queue.CodeUnknownTicket, "x"), NoCode},
		"followed by many":  {Deed{Action: Follow}, queue.Errorf(queue.CodePersonLimit, "x"), FollowFull},
		"phone":             {Deed{Action: Phone, Ref: "+84912345678"}, nil, PhoneSet},
		"phone gone":        {Deed{Action: Phone}, nil, PhoneGone},
		"does not hear":     {Deed{Action: Deaf}, nil, NeedSet},
		"hears":             {Deed{Action: Deaf, Ref: "0"}, nil, NeedGone},
		"office is unknown": {Deed{Action: Follow}, queue.Errorf(queue.CodeInternal, "x"), Busy},
	} {
		if got := f.Did(c.d, mine, c.err); got.Kind != c.want || Render(got, "").Body == "" {
			t.Errorf("%s: %s %q, want %s", name, got.Kind, Render(got, "").Body, c.want)
		}
	}
}

// A topic is a row: it is opened by its words, listed in the help, and its
// choices lead back to it.
func TestTopicIsARow(t *testing.T) {
	f := facts()
	f.Topics = []Topic{{
		Name: "hoso", Phrases: []string{"tra cuu ho so", "ho so"}, Help: [2]string{"hồ sơ và mã – xem hồ sơ đến đâu", "dossier and its code – how far it is"},
		Answer: func(_ context.Context, q Question) (Answer, error) {
			if q.Arg == "" {
				return Answer{}, errors.New("no code")
			}
			return Answer{Body: "Hồ sơ " + q.Arg + " đã xong.", Offers: []Offer{{Label: "Đặt lịch lấy", Arg: "lich " + q.Arg}, {Label: "dài", Arg: strings.Repeat("x", 41)}}}, nil
		},
	}}
	d := Decide(f, Input{Text: "Tra cứu hồ sơ H12.345"})
	if d.Deed == nil || d.Deed.Topic != "hoso" || d.Deed.Arg != "h12 345" {
		t.Fatalf("decided %+v", d.Deed)
	}
	answer, err := f.Topics[0].Answer(t.Context(), Question{Arg: d.Deed.Arg})
	if err != nil {
		t.Fatal(err)
	}
	text := Render(f.Told("hoso", answer), "")
	if !strings.Contains(text.Body, "h12 345 đã xong") || len(text.Buttons) != 1 {
		t.Fatalf("says %q with %v", text.Body, text.Buttons)
	}
	payload := text.Buttons[0][0].Intent.Payload()
	if again := Decide(f, Input{Payload: payload}); len(payload) > MaxPayload || again.Deed == nil || again.Deed.Arg != "lich h12 345" {
		t.Errorf("the button %q leads to %+v", payload, again.Deed)
	}
	if help := Render(Decide(f, Input{Text: "trợ giúp"}).Reply[0], "").Body; !strings.Contains(help, "xem hồ sơ đến đâu") {
		t.Errorf("the help does not tell of it: %q", help)
	}
	if d := Decide(facts(), Input{Payload: payload}); d.Deed != nil {
		t.Error("a topic that is gone is asked")
	}
}

// A service is found behind words of politeness.
func TestPoliteTake(t *testing.T) {
	for text, want := range map[string]string{"lấy số a nhé": "A", "cho tôi lấy số b với": "B", "ls c nha": "C"} {
		if d := Decide(facts(), Input{Text: text}); d.Take != want {
			t.Errorf("%q takes %q, want %q", text, d.Take, want)
		}
	}
}

// In a group nobody's ticket is touched, whatever is said.
func TestGroupsDoNothing(t *testing.T) {
	f := facts()
	f.Mine = []queue.Ticket{held("7", "A", 3, queue.Waiting), served("9")}
	for _, text := range []string{"tôi đến trễ", "5", "đến 482193", "dữ liệu của tôi", "123 456 789", "/start AQ7lPzBq0k1XyZw_-9Qa", "điện thoại 0912345678", "quên", "👍"} {
		d := Decide(f, Input{Text: text, Group: true})
		if d.Deed != nil || d.Forget || d.Take != "" || d.Cancel != "" || len(d.Reply) > 1 || len(d.Reply) == 1 && d.Reply[0].Kind != PrivateOnly {
			t.Errorf("%q in a group: %+v", text, d)
		}
	}
}
