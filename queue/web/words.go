package web

import (
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// both is one text in both languages, Vietnamese first.
type both struct {
	VI string `json:"vi"`
	EN string `json:"en"`
}

// in picks a language.
func (b both) in(l page.Lang) string { return l.T(b.VI, b.EN) }

// stateWords names where a ticket stands, for citizen and staff alike.
func stateWords(s queue.State) both {
	switch s {
	case queue.Held:
		return both{"Đang cấp số", "Being issued"}
	case queue.Waiting:
		return both{"Đang chờ", "Waiting"}
	case queue.Called:
		return both{"Mời vào quầy", "Please come in"}
	case queue.Serving:
		return both{"Đang phục vụ", "Being served"}
	case queue.Parked:
		return both{"Tạm giữ", "On hold"}
	case queue.Completed:
		return both{"Hoàn thành", "Completed"}
	case queue.NoShow:
		return both{"Vắng mặt", "Missed"}
	case queue.Cancelled:
		return both{"Đã hủy", "Cancelled"}
	case queue.Expired:
		return both{"Hết hiệu lực", "Expired"}
	default:
		return both{string(s), string(s)}
	}
}

// counterWords names what a counter is doing.
func counterWords(s queue.CounterState) both {
	switch s {
	case queue.Opened:
		return both{"Đang mở", "Open"}
	case queue.Paused:
		return both{"Tạm dừng", "Paused"}
	default:
		return both{"Đóng", "Closed"}
	}
}

// classWords names the entitlement of a ticket; empty for everybody's.
func classWords(c queue.Class) both {
	switch c {
	case queue.Appointment:
		return both{"Có hẹn trước", "Appointment"}
	case queue.Priority:
		return both{"Diện ưu tiên", "Priority"}
	default:
		return both{}
	}
}

// channelWords names the door a ticket came through.
func channelWords(c queue.Channel) both {
	switch c {
	case queue.Kiosk:
		return both{"Kiosk", "Kiosk"}
	case queue.Phone:
		return both{"Điện thoại", "Telephone"}
	case queue.SMS:
		return both{"Tin nhắn SMS", "SMS"}
	case queue.Web:
		return both{"Trang web", "Web"}
	case queue.Staff:
		return both{"Cán bộ", "Staff"}
	case queue.Hub:
		return both{"Tổng đài tỉnh", "Province hotline"}
	case queue.Zalo:
		return both{"Zalo", "Zalo"}
	case queue.Telegram:
		return both{"Telegram", "Telegram"}
	default:
		return both{string(c), string(c)}
	}
}

// counterName is what a counter is called. The English name is made from the
// printed number, since offices give theirs in Vietnamese only.
func counterName(c queue.Counter) both {
	b := both{VI: c.Name, EN: "Counter " + c.ID}
	if b.VI == "" {
		b.VI = "Quầy " + c.ID
	}
	return b
}

// clock is the hour and minute in the office.
func (w *Web) clock(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(w.Location).Format("15:04")
}

// errorWords says a failure of the office to a person, with the next step.
func errorWords(code queue.Code) sorry {
	if s, ok := consoleErrors()[code]; ok {
		return s
	}
	return sorry{
		both{"Máy chủ gặp lỗi", "The server has a problem"},
		both{"Xin thử lại; nếu vẫn lỗi, báo cán bộ kỹ thuật.", "Please try again; if it stays, tell the technical staff."},
	}
}

// consoleErrors says every code a counter or a citizen can meet.
func consoleErrors() map[queue.Code]sorry {
	return map[queue.Code]sorry{
		queue.CodeUnavailable: {
			both{"Chưa liên lạc được với hàng đợi", "The queue cannot be reached"},
			both{"Xin chờ vài giây rồi thử lại; thao tác không bị lặp hai lần.", "Please wait a few seconds and try again; nothing is done twice."},
		},
		queue.CodeFenced: {
			both{"Một máy chủ khác đang phục vụ cơ quan này", "Another server has taken over this office"},
			both{"Xin tải lại trang; nếu vẫn lỗi, báo cán bộ kỹ thuật.", "Please reload; if it stays, tell the technical staff."},
		},
		queue.CodeUnknownCounter: {
			both{"Không có quầy này", "No such counter"},
			both{"Xin chọn quầy trong danh sách.", "Please choose a counter from the list."},
		},
		queue.CodeUnknownTicket: {
			both{"Không tìm thấy số này hôm nay", "No such number today"},
			both{"Xin kiểm tra lại số trên phiếu.", "Please check the number on the ticket."},
		},
		queue.CodeCounterClosed: {
			both{"Quầy đang đóng hoặc tạm dừng", "The counter is closed or paused"},
			both{"Mở quầy trước khi gọi số.", "Open the counter before calling."},
		},
		queue.CodeCounterBusy: {
			both{"Quầy còn một số chưa xong", "The counter still has a number in hand"},
			both{"Hoàn thành hoặc báo vắng mặt số đó, rồi gọi tiếp.", "Finish it or mark it as absent, then call again."},
		},
		queue.CodeNobodyWaiting: {
			both{"Chưa có ai chờ", "Nobody is waiting"},
			both{"Màn hình sẽ báo khi có người lấy số.", "The screen will tell when someone takes a number."},
		},
		queue.CodeWrongState: {
			both{"Số này không còn ở trạng thái đó", "The number is no longer in that state"},
			both{"Màn hình đã cập nhật; xin xem lại rồi chọn bước tiếp theo.", "The screen has been updated; please look and choose the next step."},
		},
		queue.CodeStaleVersion: {
			both{"Số này vừa được thay đổi ở nơi khác", "The number was just changed elsewhere"},
			both{"Màn hình đã cập nhật; xin xem lại rồi thao tác.", "The screen has been updated; please look and try again."},
		},
		queue.CodeKeyReused: {
			both{"Thao tác bị trùng mã", "The request key was used before"},
			both{"Xin bấm lại một lần.", "Please press once more."},
		},
		queue.CodeBadRequest: {
			both{"Yêu cầu chưa đúng", "The request is not valid"},
			both{"Xin kiểm tra số và lý do đã nhập.", "Please check the number and the reason entered."},
		},
		queue.CodeUnauthorized: {
			both{"Chưa đăng nhập hoặc đường dẫn đã hết hiệu lực", "Not signed in, or the link is no longer valid"},
			both{"Mở lại đường dẫn của quầy do người quản trị cấp.", "Open the counter's link from the administrator again."},
		},
		queue.CodeForbidden: {
			both{"Máy này không có quyền làm việc đó", "This device may not do that"},
			both{"Mở đường dẫn dành cho cán bộ quầy, hoặc báo người quản trị.", "Open the link for counter staff, or tell the administrator."},
		},
		queue.CodeRateLimited: {
			both{"Tra cứu quá nhiều lần", "Too many attempts"},
			both{"Xin chờ một phút rồi thử lại.", "Please wait a minute and try again."},
		},
	}
}
