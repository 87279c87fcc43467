package sms

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/bots"
	"github.com/xinmoi/xinmoi/bots/dialogue"
	"github.com/xinmoi/xinmoi/bots/webhook"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// kannelAsks gives what Kannel's question is read as.
func kannelAsks(query string) ([]bots.Inbound, error) {
	a := &Adapter{sender: &Sender{}, in: Receiving{Secret: "kannel-knows-it", Office: "TANPHU", Now: func() time.Time { return noon }}}
	return kannelSource{a}.Receive(httptest.NewRequest(http.MethodGet, "/bots/sms?"+query, http.NoBody), nil)
}

func TestKannelAsks(t *testing.T) {
	const asked = "secret=kannel-knows-it&from=84912345678&text=L%E1%BA%A5y+s%E1%BB%91&id=7&ts=1763632000&charset=UTF-8"
	for name, c := range map[string]struct{ query, chat, text string }{
		"utf-8":           {asked, "+84912345678", "Lấy số"},
		"national number": {strings.Replace(asked, "84912345678", "0912345678", 1), "+84912345678", "Lấy số"},
		"plus":            {strings.Replace(asked, "84912345678", "%2B84912345678", 1), "+84912345678", "Lấy số"},
		"ucs-2":           {"secret=kannel-knows-it&from=84912345678&text=%00L%1E%A5%00y&id=7&charset=UTF-16BE", "+84912345678", "Lấy"},
		"the own name":    {strings.Replace(asked, "L%E1%BA%A5y+s%E1%BB%91", "xh++TanPhu++A012", 1), "+84912345678", "xh A012"},
		"another name":    {strings.Replace(asked, "L%E1%BA%A5y+s%E1%BB%91", "XH+LONGHOA+A012", 1), "+84912345678", "XH LONGHOA A012"},
		"a brand":         {strings.Replace(asked, "84912345678", "VIETTEL", 1), "", ""},
		"a short code":    {strings.Replace(asked, "84912345678", "8088", 1), "", ""},
	} {
		batch, err := kannelAsks(c.query)
		if err != nil || len(batch) != 1 {
			t.Errorf("%s: %+v, %v", name, batch, err)
			continue
		}
		in := batch[0]
		if in.Chat != c.chat || in.From != c.chat || (c.text != "" && in.Text != c.text) || (in.Kind == bots.Said) != (c.chat != "") || in.At.After(noon) {
			t.Errorf("%s: %+v", name, in)
		}
		if in.Kind == bots.Said && in.Person != "tel:"+c.chat {
			t.Errorf("%s: %q", name, in.Person)
		}
		if strings.Contains(in.ExtID, "912345678") {
			t.Errorf("%s: the id tells the number: %s", name, in.ExtID)
		}
	}
	for query, want := range map[string]error{
		strings.Replace(asked, "knows-it", "knows-iT", 1):                        webhook.ErrAuth,
		strings.Replace(asked, "secret=kannel-knows-it", "", 1):                  webhook.ErrAuth,
		strings.Replace(strings.Replace(asked, "id=7", "", 1), "ts=", "x=", 1):   webhook.ErrMalformed,
		strings.Replace(asked, "L%E1%BA%A5y+s%E1%BB%91", "%00L%1E%A5%00y%FF", 1): webhook.ErrMalformed,
		asked + "&%zz": webhook.ErrMalformed,
	} {
		if batch, err := kannelAsks(query); !errors.Is(err, want) {
			t.Errorf("%s: %+v, %v, want %v", query, batch, err, want)
		}
	}
	one, _ := kannelAsks(asked)
	two, _ := kannelAsks(strings.Replace(asked, "id=7", "id=8", 1))
	if one[0].ExtID == two[0].ExtID {
		t.Error("two messages bear one id")
	}
}

func TestWide(t *testing.T) {
	for text, raw := range map[string]string{
		"Lấy số": "\x00L\x1e\xa5\x00y\x00 \x00s\x1e\xd1", "số": "\xfe\xff\x00s\x1e\xd1", "A": "\xff\xfeA\x00", "😀": "\xd8\x3d\xde\x00", "": "\x00",
	} {
		if got := wide([]byte(raw)); got != text {
			t.Errorf("%q, want %q", got, text)
		}
	}
}

func FuzzKannelAsks(f *testing.F) {
	f.Add("secret=kannel-knows-it&from=84912345678&text=x&id=7&ts=1763632000&charset=UTF-16")
	f.Add("secret=kannel-knows-it&from=%00&text=%ff&ts=99999999999999999999")
	f.Fuzz(func(t *testing.T, query string) {
		r := &http.Request{Method: http.MethodGet, URL: &url.URL{RawQuery: query}}
		a := &Adapter{sender: &Sender{}, in: Receiving{Secret: "kannel-knows-it", Office: "TANPHU", Now: func() time.Time { return noon }}}
		for _, source := range []webhook.Source{kannelSource{a}, esmsSource{a}} {
			batch, err := source.Receive(r, nil)
			if (err == nil) != (len(batch) == 1) {
				t.Fatalf("%+v, %v", batch, err)
			}
			for _, in := range batch {
				if in.At.After(noon) || len(in.ExtID) > 100 || (in.Kind == bots.Said && !telephone.MatchString(in.Chat)) {
					t.Fatalf("%+v", in)
				}
			}
		}
	})
}

// What gammu's inbox holds is read when it is whole, in the order of its parts,
// and goes only once it is kept.
func TestInbox(t *testing.T) {
	dir := t.TempDir()
	conf := write(t, filepath.Join(dir, "smsdrc"), "[smsd]\nservice = files\nInboxPath = "+dir+"\n")
	s, err := New(Config{Driver: Gammu, File: conf})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	a, _, err := s.Converse(Receiving{Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	p := a.(bots.Poller)
	put := func(name, text string, age time.Duration) {
		write(t, filepath.Join(dir, name), text)
		if err := os.Chtimes(filepath.Join(dir, name), now.Add(-age), now.Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	put("IN20261120_101112_00_+84912345678_00.txt", "\x00L\x1e\xa5\x00y", time.Minute)
	put("IN20261120_101112_00_+84912345678_01.txt", "\x00 \x00A", time.Minute)
	put("IN20261120_101112_01_0987654321_00.txt", "XH A012", time.Minute)
	put("IN20261120_101113_00_+84911111111_00.txt", "being writ", 0)
	put("IN20261120_101113_00_+84911111112_00.bin", "no text", time.Minute)
	put("notes.txt", "somebody's", time.Minute)
	first, cursor, err := p.Poll(t.Context(), "")
	if err != nil || len(first) != 2 || first[0].Text != "Lấy A" || first[0].Chat != "+84912345678" || first[1].Text != "XH A012" || first[1].Chat != "+84987654321" {
		t.Fatalf("%+v, %v", first, err)
	}
	if strings.Contains(cursor, "912345678") {
		t.Errorf("the cursor tells a number: %s", cursor)
	}
	again, same, err := p.Poll(t.Context(), "") // The batch was not committed: it comes again.
	if err != nil || len(again) != 2 || again[0].ExtID != first[0].ExtID || same != cursor {
		t.Errorf("%+v, %v", again, err)
	}
	now = now.Add(time.Minute)
	rest, cursor, err := p.Poll(t.Context(), cursor)
	if err != nil || len(rest) != 1 || rest[0].Text != "being writ" || cursor == "" {
		t.Errorf("%+v, %q, %v", rest, cursor, err)
	}
	if _, _, err := p.Poll(t.Context(), cursor); err != nil {
		t.Error(err)
	}
	left, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(left) != 3 { // Its configuration, somebody's notes and what is no text.
		t.Errorf("%q, %v", left, err)
	}
	for text, want := range map[string]string{
		"[smsd]\nservice = sql\n": "inboxpath", "inboxpath = /x\ninboxformat = detail\n": "detail",
	} {
		if _, err := foldersOf(write(t, filepath.Join(dir, "other"), text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// Every message, with and without its marks, is sent in two parts at most, and
// what matters of it is never cut.
func TestEveryMessageFits(t *testing.T) {
	ahead := 12
	for _, marks := range []bool{false, true} {
		s, err := New(Config{Driver: Kannel, User: "u", Secret: "s", Marks: marks})
		if err != nil {
			t.Fatal(err)
		}
		form := (&Adapter{sender: s}).Caps().Form
		for _, language := range []string{"vi", "en"} {
			for _, kind := range dialogue.Kinds() {
				m := dialogue.Message{
					Kind: kind, Language: language, Office: "Trung tâm Phục vụ hành chính công phường Nguyễn Trung Trực", Text: "x", Opens: "7:30 thứ Hai 23/11/2026",
					Slips: []dialogue.Slip{{
						Ticket: "1", Number: "AB1234", State: "waiting", Counter: "12", Where: "phòng 201, tầng 2", Ahead: &ahead, Wait: "khoảng 1 giờ 40 phút đến 2 giờ 40 phút",
						ComeBy: "nên đến trước 10 giờ 40", SetOut: "nên đi trước 9 giờ 40", Basis: "theo 20 ngày gần đây", Warning: "Có thể không kịp trong hôm nay.", Code: "123456789", URL: "https://motcua.example.vn/t/0123456789abcdef",
						Trial: kind != dialogue.HelpText && kind != dialogue.MyDataText, // They give no number.
					}},
				}
				for _, id := range []string{"A", "B", "C", "D"} {
					m.Services = append(m.Services, dialogue.Option{ID: id, Name: "Đăng ký hộ kinh doanh, trả kết quả"})
				}
				text := form.Render(m, "09:41").Body
				parts, wide := Parts(s.worded(text))
				if text == "" || parts > 2 || wide && !marks || strings.ContainsAny(text, "{}\x00") {
					t.Errorf("%s %s, marks %t: %d parts: %q", language, kind, marks, parts, text)
				}
				if strings.HasSuffix(text, "…") {
					t.Errorf("%s %s, marks %t is cut: %q", language, kind, marks, text)
				}
			}
		}
	}
}
