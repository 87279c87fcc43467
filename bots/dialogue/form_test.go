package dialogue

import (
	"strings"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

func TestChoice(t *testing.T) {
	for text, want := range map[string]int{
		"1": 1, " 2. ": 2, "số 3": 3, "lay so 1": 1, "Chọn 12": 12, "１": 1, "①": 1, "1️⃣": 1, "no 4": 4, "(5)": 5,
		"": 0, "A1": 0, "123": 0, "1 2 3": 0, "lấy số": 0, "0": 0, "nhắc 20": 0, "-1": 1, "20 phút": 0, strings.Repeat("1", 300): 0,
	} {
		if got := Choice(text); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
}

// What buttons say stands in the text, and its number means what the button did.
func TestNumbered(t *testing.T) {
	m := Message{Kind: Choose, Language: "vi", Services: []Option{{ID: "A", Name: "Hộ tịch"}, {ID: "B", Name: "Đất đai"}}}
	form := Form{Numbered: true}
	text := form.Render(m, "")
	if len(text.Buttons) > 0 || len(text.Choices) != 2 || text.Choices[1] != (Intent{Take, "B"}) || !strings.Contains(text.Body, "\n2. B · Đất đai\n") {
		t.Errorf("%+v", text)
	}
	few := Form{Numbered: true, Fits: func(s string) bool { return len(s) < len(text.Body) }}.Render(m, "")
	if len(few.Choices) != 1 || strings.Contains(few.Body, "Đất đai") {
		t.Errorf("too long: %+v", few)
	}
	asked := form.Render(Message{Kind: AskCancel, Language: "vi", Slips: []Slip{{Ticket: "1", Number: "A012"}}}, "")
	if len(asked.Choices) > 0 || len(asked.Buttons) > 0 {
		t.Errorf("a number can give a ticket up by mistake: %+v", asked)
	}
}

// The standing of any number tells nothing to act with.
func TestStandingOfAStrangersNumber(t *testing.T) {
	f := facts()
	f.Language = "vi"
	n, err := queue.ParseNumber("A012")
	if err != nil {
		t.Fatal(err)
	}
	ticket := queue.Ticket{
		ID: "77", Number: n, Service: "A", State: queue.Waiting, Code: "123456789", URL: "https://x.example/t/secret",
		Standing: &queue.Standing{Ahead: 5},
	}
	seat := func(counter, number string, minute int) queue.Seat {
		n, err := queue.ParseNumber(number)
		if err != nil {
			t.Fatal(err)
		}
		return queue.Seat{Counter: counter, Number: n, State: queue.Called, CalledAt: time.Date(2026, 11, 20, 9, minute, 0, 0, time.UTC)}
	}
	m := f.Standing(ticket, queue.Board{Serving: []queue.Seat{seat("1", "A006", 1), seat("2", "B001", 2), seat("3", "A007", 3)}})
	for _, form := range []Form{{}, {Numbered: true}, {Brief: true}} {
		text := form.Render(m, "").Body
		for _, private := range []string{"123", "secret", "77"} {
			if strings.Contains(text, private) {
				t.Errorf("%q is told: %s", private, text)
			}
		}
		if !strings.Contains(text, "Số A012: Còn 5 người trước.") || !strings.Contains(text, "Đang phục vụ: A007 (quầy 3), A006 (quầy 1).") {
			t.Errorf("%s", text)
		}
	}
	if m.Slips[0].Ticket != "" {
		t.Error("the message names the ticket")
	}
}

func TestAddressed(t *testing.T) {
	f := facts()
	f.Office.ID = "trung-tam"
	for text, want := range map[string]Intent{
		"XH A012": {Where, "A012"}, "xh trung-tam a12": {Where, "A012"}, "XH trungtam A 012": {Where, "A012"}, "xh": {Where, ""}, "XH lấy số A": {Take, "a"}, "A012": {Where, "A012"},
	} {
		rest, elsewhere := f.addressed(text)
		if got := Understand(rest); got != want || elsewhere {
			t.Errorf("%q: %+v, elsewhere %t; want %+v", text, got, elsewhere, want)
		}
	}
	if _, elsewhere := f.addressed("XH LONGHOA A012"); !elsewhere {
		t.Error("another office's number is answered here")
	}
	d := Decide(f, Input{Text: "XH LONGHOA A012"})
	if !equal(kinds(d), []Kind{OtherOffice}) || d.Enquire != "" {
		t.Errorf("%+v", d)
	}
}
