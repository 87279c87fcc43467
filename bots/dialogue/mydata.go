package dialogue

import (
	"fmt"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// HeldData is all that is held of one chat.
type HeldData struct {
	Channel, Chat string
	Language      string // Chosen; empty = none was.
	Phone         string
	Hearing       bool // Said not to hear well.
	Seen          time.Time
	Consent       string // Which words about personal data were shown …
	ConsentAt     time.Time
	Tickets       []HeldTicket
	Waiting       int  // Messages on their way.
	Undelivered   int  // Messages that could not be delivered, kept for staff.
	Menu          bool // The latest numbered menu.
	KeptFor       time.Duration
	LettersFor    time.Duration
	Elsewhere     []string // Lines about what lies beside the mailbox, in the language of the answer.
}

// HeldTicket is a ticket that a chat follows.
type HeldTicket struct {
	Number string // Empty if its day is over.
	Trial  bool   // It means nothing.
	State  queue.State
	Since  time.Time
	Ahead  int
	Travel int
}

// mostHeld bounds the tickets that are listed.
const mostHeld = 20

// MyData words all that is held, line by line, with how long it is kept.
func (f Facts) MyData(d HeldData) Message {
	var lines []string
	add := func(vi, en string, args ...any) {
		text := vi
		if f.Language == "en" {
			text = en
		}
		lines = append(lines, "• "+fmt.Sprintf(text, args...))
	}
	at := func(t time.Time) string { return t.In(f.Now.Location()).Format("15:04 02/01/2006") }
	add("Mã cuộc trò chuyện (%s): %s", "Id of this chat (%s): %s", d.Channel, shorten(d.Chat, 40))
	if d.Language != "" {
		add("Ngôn ngữ đã chọn: %s", "Language you chose: %s", d.Language)
	}
	if d.Phone != "" {
		add("Số điện thoại: %s", "Telephone number: %s", d.Phone)
	}
	if d.Hearing {
		add("Ghi chú: không gọi bằng giọng nói", "Note: nothing by voice")
	}
	if d.Consent != "" {
		add("Đã xem thông báo về dữ liệu (bản %s) lúc %s", "Shown the words about personal data (version %s) at %s", d.Consent, at(d.ConsentAt))
	}
	for _, t := range d.Tickets[:min(len(d.Tickets), mostHeld)] {
		number := t.Number
		if number == "" {
			number = "–"
		}
		if t.Trial {
			number += " (" + wordsOf(f.Language).trial + ")"
		}
		add("Theo dõi số %s từ %s", "Following number %s since %s", number, at(t.Since))
	}
	if n := len(d.Tickets) - mostHeld; n > 0 {
		add("… và %d số khác", "… and %d more numbers", n)
	}
	if !d.Seen.IsZero() {
		add("Tin nhắn gần nhất của anh/chị: %s (nội dung không giữ)", "Your latest message: %s (its text is not kept)", at(d.Seen))
	}
	if d.Menu {
		add("Các lựa chọn vừa gửi cho anh/chị", "The choices that were last sent to you")
	}
	if d.Waiting > 0 {
		add("Tin đang gửi cho anh/chị: %d", "Messages on their way to you: %d", d.Waiting)
	}
	if d.Undelivered > 0 {
		add("Tin không gửi được, giữ tối đa %d giờ: %d", "Messages that could not be delivered, kept for at most %d hours: %d", int(d.LettersFor.Hours()), d.Undelivered)
	}
	for _, line := range d.Elsewhere[:min(len(d.Elsewhere), mostHeld)] {
		add("%s", "%s", line)
	}
	add("Tự xóa: %d giờ sau khi số cuối cùng xong", "Erased by itself: %d hours after your last number is done", int(d.KeptFor.Hours()))
	add("Nơi giới hạn số phiếu mỗi người còn giữ mã băm của cuộc trò chuyện cùng phiếu đến hết ngày; không tên, không giấy tờ", "An office that limits numbers per person keeps a keyed hash of this chat with your number until the day ends; no names, no papers")
	m := f.message(MyDataText)
	m.Services, m.Text = nil, strings.Join(lines, "\n")
	return m
}
