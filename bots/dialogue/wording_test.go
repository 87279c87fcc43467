package dialogue

import (
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/xinmoi/xinmoi/queue"
	"golang.org/x/text/unicode/norm"
)

// worst gives a message of a kind with the longest values that occur.
func worst(k Kind, language string, s queue.State) Message {
	long := strings.Repeat("Đăng ký hộ kinh doanh, trả kết quả ", 5)
	n := 99999
	m := Message{Kind: k, Language: language, Office: long, Text: long, Level: 5, More: []Offer{{Label: long, Topic: "abcdefghijkl", Arg: strings.Repeat("x", maxTopicArg)}}}
	for range 40 {
		m.Services = append(m.Services, Option{ID: "ABC", Name: long})
	}
	for range 3 {
		m.Slips = append(m.Slips, Slip{
			Ticket: "9223372036854775807", Number: "ABC999999", Trial: true, Service: long, State: s, Counter: "99", Ahead: &n, Wait: "khoảng 1 giờ 40 phút đến 16 giờ 40 phút", ComeBy: "nên đến trước 10 giờ 40", SetOut: "nên đi trước 9 giờ 40", Basis: long, Warning: long, Travels: true,
			Code: "123456789", URL: "https://" + strings.Repeat("x", 200),
		})
		if k == Card || k == AskCancel {
			break
		}
	}
	return m
}

// TestEveryWording checks each kind in each language and state against what
// channels carry: 4096 UTF-16 units, payloads of 64 bytes.
func TestEveryWording(t *testing.T) {
	for _, language := range []string{"vi", "en"} {
		for _, k := range Kinds() {
			for _, s := range queue.States() {
				text := Render(worst(k, language, s), "09:41")
				if text.Body == "" || strings.ContainsAny(text.Body, "{}%") || text.Body != norm.NFC.String(text.Body) {
					t.Errorf("%s %s %s: %q", language, k, s, text.Body)
				}
				if n := len(utf16.Encode([]rune(text.Body))); n > 4096 {
					t.Errorf("%s %s: %d units", language, k, n)
				}
				for _, row := range text.Buttons {
					for _, b := range row {
						if n := len(b.Intent.Payload()); n > MaxPayload || ParsePayload(b.Intent.Payload()) != b.Intent || b.Label == "" {
							t.Errorf("%s %s: button %+v of %d bytes", language, k, b, n)
						}
					}
				}
			}
		}
	}
}

// Whatever gives a number of a trial says first that it means nothing, in every
// form; what gives another never does.
func TestEveryNumberOfATrialSaysSo(t *testing.T) {
	ticket := queue.Ticket{ID: "1", Number: queue.Number{Prefix: "A", N: 12}, State: queue.Waiting, Trial: true}
	counts := ticket
	counts.Trial = false
	for language, mark := range map[string]string{"vi": "CHẠY THỬ, số này không có giá trị.", "en": "TRIAL, this number means nothing."} {
		f := facts()
		f.Language = language
		for _, k := range Kinds() {
			for name, form := range map[string]Form{"full": {}, "numbered": {Numbered: true}, "brief": {Brief: true}, "one way": {OneWay: true}} {
				if text := form.Render(f.About(k, ticket), "").Body; !strings.HasPrefix(text, mark) && !strings.Contains(text, ". "+mark) {
					t.Errorf("%s %s, %s: %q", language, k, name, text)
				}
				if text := form.Render(f.About(k, counts), "").Body; strings.Contains(text, mark) {
					t.Errorf("%s %s, %s: a number that counts is on trial: %q", language, k, name, text)
				}
			}
		}
		held := f.MyData(HeldData{Tickets: []HeldTicket{{Number: "A012", Trial: true}}})
		if !strings.Contains(held.Text, mark) {
			t.Errorf("%s: %q", language, held.Text)
		}
	}
}

// TestEveryTextNamesANextStep: what refuses something says what to do.
func TestEveryTextNamesANextStep(t *testing.T) {
	for _, language := range []string{"vi", "en"} {
		for _, k := range []Kind{NoTicket, CancelTooLate, ShortMenu, TooOld, OfficeClosed, ServiceClosed, ServiceFull, ChannelFull, Stopped, CardNeeded, NotAllowed, Busy, Lapsed, Missed, Withdrawn} {
			body := wordsOf(language).text[k]
			if !strings.Contains(body, "hắn") && !strings.Contains(body, "rite") && !strings.Contains(body, "bàn hướng dẫn") && !strings.Contains(body, "information desk") &&
				!strings.Contains(body, "không cần làm gì") && !strings.Contains(body, "need not do") {
				t.Errorf("%s %s names no next step: %q", language, k, body)
			}
		}
	}
}

func TestCallWording(t *testing.T) {
	slip := Slip{Ticket: "1", Number: "A012", Counter: "3", State: queue.Called}
	there := slip
	there.Where = "phòng 201, tầng 2"
	if got, want := Render(Message{Kind: Recalled, Language: "vi", Slips: []Slip{there}}, "").Body, "Nhắc lại: mời số A012 đến quầy 3, phòng 201, tầng 2."; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	for language, want := range map[string]string{"vi": "Mời số A012 đến quầy 3.", "en": "Number A012, please come to counter 3."} {
		if got := Render(Message{Kind: Called, Language: language, Slips: []Slip{slip}}, "").Body; got != want {
			t.Errorf("%s: %q, want %q", language, got, want)
		}
	}
}

func TestCardTellsThePlace(t *testing.T) {
	for ahead, want := range map[int]string{0: "người kế tiếp", 3: "Còn 3 người trước. Xin có mặt", 4: "Còn 4 người trước."} {
		m := Message{Kind: Card, Language: "vi", Slips: []Slip{{Ticket: "1", Number: "A001", State: queue.Waiting, Ahead: &ahead}}}
		text := Render(m, "")
		if !strings.Contains(text.Body, want) {
			t.Errorf("%d ahead: %q, want %q", ahead, text.Body, want)
		}
		if len(text.Buttons) != 1 || len(text.Buttons[0]) != 2 {
			t.Errorf("%d ahead: buttons %+v", ahead, text.Buttons)
		}
	}
	m := Message{Kind: Card, Language: "vi", Slips: []Slip{{Ticket: "1", Number: "A001", State: queue.Completed}}}
	if text := Render(m, ""); len(text.Buttons) != 0 {
		t.Errorf("a finished ticket has buttons: %+v", text.Buttons)
	}
	if Print(Render(m, "09:41")) == Print(Render(m, "09:42")) || Print(Render(m, "")) != Print(Render(m, "")) {
		t.Error("prints do not tell cards apart")
	}
}

func TestChooseLanguage(t *testing.T) {
	for _, c := range [][3]string{
		{"", "", "vi"}, {"", "vi", "vi"}, {"", "vi-VN", "vi"}, {"", "en", "en"}, {"", "de", "en"}, {"vi", "en", "vi"}, {"en", "vi", "en"}, {"xx", "vi", "vi"},
	} {
		if got := ChooseLanguage(c[0], c[1]); got != c[2] {
			t.Errorf("ChooseLanguage(%q, %q) = %q, want %q", c[0], c[1], got, c[2])
		}
	}
}

// TestForgettingPromisesNoMoreThanIsDone: the assistant erases what it keeps;
// an office that counts numbers per person keeps the chat's id for the day.
func TestForgettingPromisesNoMoreThanIsDone(t *testing.T) {
	for language, tt := range map[string]struct{ never, always []string }{
		"vi": {[]string{"mọi thông tin", "tất cả", "xóa thông tin"}, []string{"rợ lý", "giới hạn số phiếu mỗi người", "đến hết ngày"}},
		"en": {[]string{"Everything", "all we know", "what we know", "only until"}, []string{"assistant", "limits numbers per person", "until the day ends"}},
	} {
		for _, k := range []Kind{Welcome, HelpText, Forgotten} {
			body := wordsOf(language).text[k]
			for _, promise := range tt.never {
				if strings.Contains(body, promise) {
					t.Errorf("%s %s promises %q: %q", language, k, promise, body)
				}
			}
			for _, truth := range tt.always {
				if k != HelpText && !strings.Contains(body, truth) {
					t.Errorf("%s %s does not say %q: %q", language, k, truth, body)
				}
			}
		}
	}
}
