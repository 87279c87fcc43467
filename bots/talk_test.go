package bots_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xinmoi/xinmoi/bots/telegram/telegramtest"
	"github.com/xinmoi/xinmoi/queue"
)

func TestTakingTwiceShowsTheSameNumber(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.start()
	u := citizen(1)
	w.api.SendText(u, "LẤY SỐ B")
	w.expect(u, "Số của anh/chị: B001")
	w.api.SendText(u, "lay so b")
	w.expect(u, "Anh/chị đang giữ số: B001")
	w.api.SendText(u, "lấy số C")
	w.expect(u, "C001")
	w.api.SendText(u, "?")
	if err := w.api.Wait(w.ctx, func() bool { return count(w.api.FromBot(1), "B001") >= 3 && count(w.api.FromBot(1), "C001") >= 2 }); err != nil {
		t.Errorf("both numbers are not told: %q", texts(w.api.FromBot(1)))
	}
	board, err := w.office.Board(w.ctx)
	if err != nil || board.Waiting["B"] != 1 || board.Waiting["C"] != 1 {
		t.Errorf("waiting = %v, %v; want one each of B and C", board.Waiting, err)
	}
}

func TestCancelAsksOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.start()
	u := citizen(1)
	w.api.SendText(u, "hủy")
	w.expect(u, "chưa có số")
	w.api.SendText(u, "lấy số A")
	w.expect(u, "A001")
	w.api.SendText(u, "HUY")
	w.expect(u, "Bỏ số A001?")
	if got, _ := w.office.Ticket(w.ctx, "A001"); got.State != queue.Waiting {
		t.Fatalf("state before the answer = %s", got.State)
	}
	w.api.SendText(u, "không")
	w.expect(u, "vẫn giữ số A001")
	w.press(u, "Bỏ số") // On the card: asks again.
	w.waitFor(func() bool { return count(w.api.FromBot(1), "Bỏ số A001?") == 2 })
	w.press(u, "Bỏ số A001")
	w.expect(u, "Đã bỏ số A001")
	w.waitState("A001", queue.Cancelled)
	w.api.SendText(u, "lấy số A")
	w.expect(u, "A002")
	if n := count(w.api.FromBot(1), "đã bị hủy"); n != 0 {
		t.Errorf("own cancelling was announced as the office's %d times", n)
	}
}

func TestOfficeCancelsIsToldAndCalledCannotBeCancelled(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.start()
	u, v := citizen(1), citizen(2)
	w.api.SendText(u, "lấy số A")
	w.expect(u, "A001")
	w.waitState("A001", queue.Waiting)
	w.act(queue.Cancel, "A001")
	w.expect(u, "Số A001 đã bị hủy")
	w.api.SendText(v, "take B")
	w.expect(v, "B001")
	w.waitState("B001", queue.Waiting)
	w.next("2")
	w.expect(v, "Mời số B001 đến quầy 2")
	w.api.SendText(v, "hủy")
	w.expect(v, "không bỏ được nữa")
	w.act(queue.Absent, "B001")
	w.expect(v, "đã qua lượt")
}

func TestNobodyActsOnAnothersTicket(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.start()
	w.api.SendText(citizen(1), "lấy số A")
	w.expect(citizen(1), "A001")
	w.waitState("A001", queue.Waiting)
	owned, _ := w.office.Ticket(w.ctx, "A001")
	thief := citizen(666)
	for _, data := range []string{
		"v1:sure:" + owned.ID, "v1:cancel:" + owned.ID, "v1:sure:A001", "v1:refresh:" + owned.ID, "v0:sure:" + owned.ID,
		"", "v1", "v1::", "\x00", strings.Repeat("x", 300),
	} {
		w.api.PressData(thief, data)
	}
	w.api.SendText(thief, "hủy A001")
	w.api.SendText(thief, "trợ giúp")
	w.expect(thief, "Anh/chị có thể nhắn")
	if got, _ := w.office.Ticket(w.ctx, "A001"); got.State != queue.Waiting {
		t.Errorf("a stranger made the ticket %s", got.State)
	}
}

func TestLanguages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.start()
	guest := telegramtest.User{ID: 5, Name: "Ann", Language: "de"}
	w.api.SendText(guest, "/start@xinmoi_test_bot")
	w.expect(guest, "Binh An Commune")
	w.api.SendText(guest, "take a")
	w.expect(guest, "Your number: A001")
	w.waitState("A001", queue.Waiting)
	if got, _ := w.office.Ticket(w.ctx, "A001"); got.Language != "en" {
		t.Errorf("ticket language = %q, want en", got.Language)
	}
	w.next("1")
	w.expect(guest, "Number A001, please come to counter 1.")
	w.api.SendText(guest, "tiếng Việt")
	w.expect(guest, "nhắn bằng tiếng Việt")
	w.api.SendText(guest, "help")
	w.expect(guest, "Anh/chị có thể nhắn")
}

func TestGroupsAndNonsense(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.start()
	u := citizen(1)
	const group = -100200300
	w.api.SendTextIn(group, u, "lấy số A")
	w.api.SendTextIn(group, u, "/start")
	w.api.SendTextIn(group, u, "/start")
	w.expect(telegramtest.User{ID: group}, "Xin nhắn riêng")
	for range 5 {
		w.api.SendText(u, "blah blah")
	}
	w.api.PushRaw(map[string]any{"poll_answer": map[string]any{"poll_id": "1"}})
	w.api.PushRaw(map[string]any{"message": "not an object"})
	w.api.SendText(u, "trợ giúp")
	w.expect(u, "Anh/chị có thể nhắn")
	if n := count(w.api.FromBot(group), "nhắn riêng"); n != 1 {
		t.Errorf("the group was answered %d times", n)
	}
	if n := count(w.api.FromBot(1), "chưa hiểu"); n != 1 {
		t.Errorf("the short menu was sent %d times within a minute", n)
	}
	board, _ := w.office.Board(w.ctx)
	if len(board.Waiting) > 0 && board.Waiting["A"] != 0 {
		t.Errorf("a group got a number: %v", board.Waiting)
	}
}

func TestForgetErasesTheChatFromTheFile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.start()
	u := citizen(987650123456)
	w.api.SendText(u, "lấy số A")
	w.expect(u, "A001")
	w.waitState("A001", queue.Waiting)
	w.api.SendText(u, "/quên")
	m := w.expect(u, "Trợ lý đã xóa cuộc trò chuyện này")
	if !strings.Contains(m.Text, "Mã tra cứu") {
		t.Errorf("the farewell does not say how to follow the number: %q", m.Text)
	}
	w.next("1")
	w.api.SendText(citizen(2), "?") // Somebody else's answer comes after the call was read.
	w.expect(citizen(2), "chưa có số")
	w.waitFor(func() bool { s := w.bots.Status(w.ctx)[0]; return s.Waiting == 0 && s.Unread == 0 })
	w.halt()
	if n := count(w.api.FromBot(u.ID), "Mời số"); n != 0 {
		t.Error("somebody who wanted to be forgotten was written to")
	}
	files, _ := filepath.Glob(w.file + "*")
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(raw), "987650123456") {
			t.Errorf("%s still contains the chat id", filepath.Base(f))
		}
	}
}

// waitFor waits until something holds, looking after whatever the API sees.
func (w *world) waitFor(holds func() bool) {
	w.Helper()
	if err := w.api.Wait(w.ctx, holds); err != nil {
		w.Fatalf("%v\nlog:\n%s", err, w.log.String())
	}
}
