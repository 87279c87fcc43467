package api

import (
	"slices"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// advice is a next step that fits a situation better than its code's own.
type advice struct{ hint, hintVI string }

// situation is a refused action on a ticket in one of some states; no states
// stand for any.
type situation struct {
	states []queue.State
	advice
}

func when(states ...queue.State) []queue.State { return states }

// adviceOn finds the advice for an operation that failed; the zero advice
// leaves it to the code's own hint.
func adviceOn(op string, e *queue.Error) advice {
	switch e.Code {
	case queue.CodeCounterBusy:
		return busyAdvice(op)
	case queue.CodeWrongState:
	default:
		return manageAdvice(op, e.Code)
	}
	var state queue.State
	if e.Ticket != nil {
		state = e.Ticket.State
	}
	for _, table := range []map[string][]situation{citizenSteps(), staffSteps()} {
		for _, s := range table[op] {
			if s.states == nil || slices.Contains(s.states, state) {
				return s.advice
			}
		}
	}
	return advice{}
}

func busyAdvice(op string) advice {
	switch op {
	case "counter-close":
		return advice{
			"Say in \"in_hand\" what becomes of the ticket: finish, requeue, park or no-show; then the counter closes.",
			"Ghi ở \"in_hand\" cách xử lý phiếu đang phục vụ: finish (kết thúc), requeue (trả về hàng đợi), park (tạm giữ) hoặc no-show (vắng mặt); quầy sẽ đóng.",
		}
	case opOf(queue.Resume), opOf(queue.Undo):
		return advice{
			"Finish, park or requeue the counter's ticket first, then repeat.",
			"Kết thúc, tạm giữ hoặc trả về phiếu đang ở quầy trước, rồi làm lại.",
		}
	default:
		return advice{}
	}
}

// manageAdvice is for those who manage an office; its codes tell citizens
// something else.
func manageAdvice(op string, code queue.Code) advice {
	return map[string]map[queue.Code]advice{
		"put-setup": {
			queue.CodeStaleVersion: {
				"Somebody else has changed the setup: GET it again, make your change in it and send its new version.",
				"Người khác vừa sửa cấu hình: tải lại, sửa trên bản mới rồi gửi kèm phiên bản mới.",
			},
			queue.CodeUnknownService: {
				"Correct what \"detail\" names: every service that a counter or procedure names must be among \"services\".",
				"Sửa phần nêu ở \"detail\": dịch vụ mà quầy hoặc thủ tục nhắc tới phải có trong \"services\".",
			},
		},
		"revoke-card": {queue.CodeCardInvalid: {
			"Check the card's id: the digits after XM1- in its text.",
			"Kiểm tra mã thẻ: các chữ số sau XM1- trên thẻ.",
		}},
		"ticket-why": {queue.CodeRateLimited: {
			"Wait as long as Retry-After says, in seconds; an explanation replays the whole day.",
			"Chờ số giây ghi ở Retry-After; mỗi lần giải thích phải xem lại cả ngày.",
		}},
		"get-figures": {queue.CodeRateLimited: {
			"Wait as long as Retry-After says, in seconds; figures are summed up from the whole day.",
			"Chờ số giây ghi ở Retry-After; mỗi lần lập số liệu phải đọc lại cả ngày.",
		}},
		"set-issuing": {queue.CodeIssuingStopped: {
			"All services are stopped together: resume all of them with {\"stopped\":false}, without \"service\"; then stop those that shall stay so.",
			"Đang ngừng tất cả dịch vụ: mở lại tất cả bằng {\"stopped\":false} (không ghi \"service\"), rồi ngừng riêng dịch vụ cần ngừng.",
		}},
	}[op][code]
}

// opensAdvice tells when to come back, for the refusals that time heals; both
// times are in the office's zone.
func opensAdvice(code queue.Code, opens, now time.Time) advice {
	en, vi := dayAndTime(opens, now)
	switch code {
	case queue.CodeOfficeClosed:
		return advice{"Please come back " + en + ".", "Mời quay lại lúc " + vi + "."}
	case queue.CodeServiceFull:
		return advice{
			"Choose another service or ask at the help desk; this one gives numbers again " + en + ".",
			"Xin chọn dịch vụ khác hoặc hỏi quầy hướng dẫn; dịch vụ này cấp số lại lúc " + vi + ".",
		}
	default:
		return advice{
			"Numbers are given again " + en + "; before that ask at the help desk.",
			"Mời quay lại lúc " + vi + "; nếu gấp xin hỏi quầy hướng dẫn.",
		}
	}
}

// channelAdvice is for those who meet a channel that has given all its numbers;
// opens is zero if nobody knows when it gives more.
func channelAdvice(c queue.Channel, opens, now time.Time) advice {
	var a advice
	switch c {
	case queue.Kiosk:
		a = advice{"Ask at the help desk", "Xin hỏi quầy hướng dẫn"}
	case queue.Staff:
		a = advice{
			"Let the citizen take a number at the kiosk, or ask the administrator to raise the channel's quota",
			"Mời người dân lấy số tại kiosk, hoặc nhờ người quản trị nâng chỉ tiêu của kênh",
		}
	default:
		a = advice{"Come to the centre and take a number at the kiosk, or choose another day", "Xin đến lấy số tại kiosk ở trung tâm hoặc chọn ngày khác"}
	}
	if opens.IsZero() {
		return advice{a.hint + ".", a.hintVI + "."}
	}
	en, vi := dayAndTime(opens, now)
	return advice{a.hint + "; numbers are given this way again " + en + ".", a.hintVI + "; kênh này cấp số lại lúc " + vi + "."}
}

// dayAndTime says when something is, seen from now: "at 13:00 today".
func dayAndTime(at, now time.Time) (en, vi string) {
	clock := at.Format("15:04")
	switch date := at.Format(time.DateOnly); date {
	case now.Format(time.DateOnly):
		return "at " + clock + " today", clock + " hôm nay"
	case now.AddDate(0, 0, 1).Format(time.DateOnly):
		return "at " + clock + " tomorrow", clock + " ngày mai"
	}
	days := [...]string{"Chủ nhật", "thứ Hai", "thứ Ba", "thứ Tư", "thứ Năm", "thứ Sáu", "thứ Bảy"}
	return "at " + clock + " on " + at.Format("Monday 2 January"), clock + " " + days[at.Weekday()] + ", ngày " + at.Format("2/1")
}

// opOf is the operation of a ticket action.
func opOf(a queue.Action) string { return "ticket-" + string(a) }

// citizenSteps says what citizens, and who acts for them, do instead.
func citizenSteps() map[string][]situation {
	held := situation{when(queue.Held), advice{
		"Confirm the number first.", "Xác nhận số trước đã.",
	}}
	missed := situation{when(queue.NoShow), advice{
		"It was called and nobody came: ask at a counter to restore it soon.",
		"Số đã được gọi nhưng vắng mặt: đến quầy đề nghị khôi phục sớm.",
	}}
	ended := situation{nil, advice{
		"The ticket has ended: take a new number if you need one.",
		"Phiếu đã kết thúc: xin lấy số mới nếu còn nhu cầu.",
	}}
	atCounter := situation{when(queue.Serving, queue.Parked), advice{
		"A counter is looking after it: speak with the staff there.",
		"Quầy đang giữ phiếu này: xin trao đổi với cán bộ tại quầy.",
	}}
	return map[string][]situation{
		opOf(queue.Confirm): {ended},
		opOf(queue.CheckIn): {held, missed, atCounter, ended},
		opOf(queue.Later): {
			{when(queue.Waiting), advice{
				"It was put back as often as allowed: it keeps its place. Come when called, or cancel it and take a new number.",
				"Phiếu đã lùi lượt đủ số lần cho phép và giữ nguyên vị trí. Xin đến khi được gọi, hoặc hủy và lấy số mới.",
			}},
			{when(queue.Called), advice{
				"It has been called: go to the counter now, or tell the staff there that you need more time.",
				"Số đã được gọi: xin đến quầy ngay, hoặc báo cán bộ tại quầy nếu cần thêm thời gian.",
			}},
			held, missed, atCounter, ended,
		},
		opOf(queue.Cancel): {
			{when(queue.Called, queue.Serving), advice{
				"A counter has it in hand: finish it or mark it as no-show there.",
				"Phiếu đang ở quầy: kết thúc hoặc báo vắng tại quầy.",
			}},
			ended,
		},
		opOf(queue.Rate): {
			{when(queue.Completed), advice{
				"It was rated already; there is nothing more to do. Thank you.",
				"Phiếu đã được đánh giá, không cần làm gì thêm. Xin cảm ơn.",
			}},
			{when(queue.Held, queue.Waiting, queue.Called, queue.Serving, queue.Parked), advice{
				"Rate it when the service is finished.", "Xin đánh giá sau khi được phục vụ xong.",
			}},
			{nil, advice{
				"Only a finished service can be rated: tell the help desk what you think.",
				"Chỉ đánh giá được lượt đã phục vụ xong: xin góp ý tại quầy hướng dẫn.",
			}},
		},
	}
}

// staffSteps says what staff do instead.
func staffSteps() map[string][]situation {
	notCalled := situation{nil, advice{
		"This is for a ticket called to a counter: call it first (next or call).",
		"Chỉ áp dụng cho phiếu đã gọi tới quầy: gọi phiếu trước (next hoặc call).",
	}}
	here := situation{when(queue.Serving), advice{
		"The citizen is at the counter: finish, park, transfer or requeue it.",
		"Người dân đang ở quầy: kết thúc, tạm giữ, chuyển hoặc trả về.",
	}}
	parked := situation{when(queue.Parked), advice{
		"It is set aside: resume it first.", "Phiếu đang tạm giữ: gọi lại phiếu trước (resume).",
	}}
	waits := situation{when(queue.Held, queue.Waiting), advice{
		"It is in its line and in no counter's hands: call it first (next or call).",
		"Phiếu đang trong hàng đợi, chưa ở quầy nào: gọi phiếu trước (next hoặc call).",
	}}
	missed := situation{when(queue.NoShow), advice{
		"It is a no-show: restore it first.", "Phiếu đã báo vắng: khôi phục trước (restore).",
	}}
	ended := situation{nil, advice{
		"The ticket has ended: undo that at once if it was a mistake, else give a new number.",
		"Phiếu đã kết thúc: hoàn tác ngay (undo) nếu nhầm, nếu không thì cấp số mới.",
	}}
	over := situation{when(queue.Completed, queue.Cancelled, queue.Expired), ended.advice}
	return map[string][]situation{
		opOf(queue.Recall): {
			{when(queue.Called), advice{
				"It was called as often as allowed: mark it as no-show, or start it if the citizen has come.",
				"Đã gọi đủ số lần cho phép: báo vắng, hoặc bắt đầu phục vụ nếu người dân đã đến.",
			}},
			here, parked, missed, over, notCalled,
		},
		opOf(queue.Start): {
			{when(queue.Serving), advice{
				"The service has begun already: go on, and finish it at the end.",
				"Đã bắt đầu phục vụ rồi: tiếp tục, xong thì kết thúc (finish).",
			}},
			parked, missed, over, notCalled,
		},
		opOf(queue.Finish): {
			{when(queue.Completed), advice{
				"It is finished already: call the next one; if that was a mistake, undo it at once.",
				"Phiếu đã hoàn thành rồi: gọi số tiếp theo; nếu nhầm thì hoàn tác ngay (undo).",
			}},
			parked, missed, over, notCalled,
		},
		opOf(queue.Absent): {
			here, parked,
			{when(queue.NoShow), advice{
				"It is marked as no-show already: call the next one, and restore it if the citizen comes.",
				"Phiếu đã báo vắng rồi: gọi số tiếp theo, khôi phục (restore) nếu người dân đến.",
			}},
			over, notCalled,
		},
		opOf(queue.Park):     {waits, parked, missed, ended},
		opOf(queue.Transfer): {waits, missed, ended},
		opOf(queue.Requeue):  {waits, missed, ended},
		opOf(queue.Resume): {
			waits, missed,
			{when(queue.Called, queue.Serving), advice{
				"It is at a counter already: go on there.", "Phiếu đang ở quầy: tiếp tục tại đó.",
			}},
			ended,
		},
		opOf(queue.Restore): {
			{when(queue.NoShow), advice{
				"The time to restore it has passed: give a new number.",
				"Đã quá thời gian khôi phục: cấp số mới.",
			}},
			{nil, advice{
				"Only a no-show can be restored: read the ticket again and go on from its state.",
				"Chỉ khôi phục được phiếu vắng mặt: tải lại phiếu rồi tiếp tục theo trạng thái.",
			}},
		},
		opOf(queue.Entitle): {
			{when(queue.Held), advice{
				"It is not confirmed: confirm the number first.", "Số chưa được xác nhận: xác nhận số trước đã.",
			}},
			missed, ended,
		},
		opOf(queue.Disentitle): {
			{when(queue.Held), advice{
				"It is not confirmed: confirm the number first.", "Số chưa được xác nhận: xác nhận số trước đã.",
			}},
			{when(queue.Waiting, queue.Called, queue.Serving, queue.Parked), advice{
				"It has no priority to take away: go on with it as it is.", "Phiếu không thuộc diện ưu tiên: cứ tiếp tục phục vụ.",
			}},
			missed, ended,
		},
		opOf(queue.Undo): {{nil, advice{
			"It is too late to take that back: put it right with another action, such as requeue, restore or transfer.",
			"Không còn hoàn tác được: sửa bằng thao tác khác như trả về, khôi phục hoặc chuyển.",
		}}},
		"counter-call": {parked, missed, {when(queue.Called, queue.Serving), advice{
			"It is at a counter already: transfer it from there.", "Phiếu đang ở quầy khác: chuyển từ quầy đó.",
		}}, {when(queue.Held), advice{
			"Confirm the number first.", "Xác nhận số trước đã.",
		}}, ended},
	}
}
