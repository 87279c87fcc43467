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

// entitlementWords says what a ticket's class rests on; empty where there is
// nothing to say.
func entitlementWords(e queue.Entitlement) both {
	switch e {
	case queue.Declared:
		return both{"tự khai, cần kiểm tra giấy", "declared, papers to be checked"}
	case queue.ByCard:
		return both{"có thẻ ưu tiên", "by priority card"}
	case queue.ByAge:
		return both{"máy đã đọc tuổi trên căn cước", "age read from the citizen card"}
	case queue.Confirmed:
		return both{"đã kiểm tra", "checked"}
	case queue.Refused:
		return both{"đã kiểm tra: không đúng diện", "checked: not entitled"}
	default:
		return both{}
	}
}

// needWords names what a citizen may need; another word is shown as it came.
func needWords(n string) both {
	switch n {
	case queue.NeedHearing:
		return both{"Khiếm thính", "Hard of hearing"}
	case queue.NeedSight:
		return both{"Khiếm thị", "Low vision"}
	case queue.NeedMobility:
		return both{"Đi lại khó", "Walks with difficulty"}
	case queue.NeedInterpreter:
		return both{"Cần phiên dịch", "Needs an interpreter"}
	default:
		return both{n, n}
	}
}

// needs lists those that staff have words for.
func needs() []string {
	return []string{queue.NeedHearing, queue.NeedSight, queue.NeedMobility, queue.NeedInterpreter}
}

// deedWords names the staff actions that can be taken back.
func deedWords() map[queue.Kind]both {
	return map[queue.Kind]both{
		queue.TicketCalled:      {"gọi số", "call"},
		queue.TicketRecalled:    {"gọi lại", "recall"},
		queue.TicketStarted:     {"bắt đầu phục vụ", "start"},
		queue.TicketFinished:    {"hoàn thành", "finish"},
		queue.TicketNoShow:      {"báo vắng mặt", "no-show"},
		queue.TicketPushedBack:  {"lùi lượt", "push back"},
		queue.TicketParked:      {"tạm giữ", "set aside"},
		queue.TicketResumed:     {"gọi tiếp số tạm giữ", "resume"},
		queue.TicketTransferred: {"chuyển", "transfer"},
		queue.TicketRequeued:    {"trả về hàng", "give back"},
		queue.TicketRestored:    {"khôi phục", "restore"},
		queue.TicketCancelled:   {"hủy số", "cancel"},
		queue.TicketEntitled:    {"xác nhận diện ưu tiên", "confirm priority"},
		queue.TicketDisentitled: {"bỏ diện ưu tiên", "take priority away"},
	}
}

// channelWords names the door a ticket came through.
func channelWords(c queue.Channel) both {
	switch c {
	case queue.Kiosk:
		return both{"Máy lấy số", "Kiosk"}
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

// zone is that of the office when it was last looked at.
func (w *Web) zone() *time.Location { return w.zoned.Load() }

// keepTo goes by the office's time zone, which may change while the program runs.
func (w *Web) keepTo(name string) {
	if name == "" || w.zone().String() == name {
		return
	}
	if zone, err := time.LoadLocation(name); err == nil {
		w.zoned.Store(zone)
	}
}

// clock is the hour and minute in the office.
func (w *Web) clock(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(w.zone()).Format("15:04")
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
			both{"Phiên đăng nhập hoặc đường dẫn đã hết hiệu lực", "The session has ended, or the link is no longer valid"},
			both{"Đăng nhập lại ở trang /login, hoặc mở lại đường dẫn của quầy do người quản trị cấp; rồi làm lại.", "Sign in again at /login, or open the counter's link from the administrator again; then do it once more."},
		},
		queue.CodeForbidden: {
			both{"Tài khoản hoặc máy này không có quyền làm việc đó", "This account or device may not do that"},
			both{"Làm ở quầy được giao cho mình, hoặc nhờ người quản trị thêm quầy, thêm quyền.", "Work at the counter that is yours, or ask the administrator to add this one, or the right."},
		},
		queue.CodeOfficeClosed: {
			both{"Ngoài giờ làm việc, chưa cấp số", "The office is closed and gives no numbers"},
			both{"Số đang chờ vẫn gọi được; cấp số lại khi đến giờ.", "Those who wait can still be called; numbers are given again at opening."},
		},
		queue.CodeServiceClosed: {
			both{"Lĩnh vực này đang ngừng cấp số", "This service gives no numbers now"},
			both{"Chọn lĩnh vực khác, hoặc nhờ người quản trị mở lại.", "Choose another service, or ask the administrator to open it."},
		},
		queue.CodeServiceFull: {
			both{"Lĩnh vực này đã cấp hết số hôm nay", "All numbers of this service are given out today"},
			both{"Hẹn công dân ngày làm việc tới, hoặc nhờ người quản trị nâng chỉ tiêu.", "Ask the citizen to come on the next working day, or the administrator to raise the quota."},
		},
		queue.CodeChannelFull: {
			both{"Kênh này đã cấp hết phần số hôm nay", "This channel has given all its numbers today"},
			both{"Lấy số qua kênh khác: máy lấy số, điện thoại hoặc tại quầy.", "Take a number another way: kiosk, telephone, or at the counter."},
		},
		queue.CodeIssuingStopped: {
			both{"Hôm nay đã ngừng phát số", "No more numbers are given today"},
			both{"Người đang chờ vẫn được phục vụ. Bấm Phát số (S) để phát lại.", "Those who wait are still served. Press Numbers (S) to give more."},
		},
		queue.CodeCardNeeded: {
			both{"Cơ quan chỉ nhận ưu tiên bằng thẻ hoặc do cán bộ xác nhận", "Priority needs a card here, or a member of staff"},
			both{"Kiểm tra giấy tờ rồi bấm Xác nhận diện ưu tiên.", "Check the papers, then press Confirm priority."},
		},
		queue.CodeCardInvalid: {
			both{"Thẻ ưu tiên không dùng được", "The priority card is not valid"},
			both{"Thẻ sai, hết hạn hoặc đã thu hồi. Kiểm tra giấy tờ và xác nhận tại quầy.", "It is forged, out of date or revoked. Check the papers at the counter."},
		},
		queue.CodePersonLimit: {
			both{"Người này đã lấy đủ số trong ngày", "This person has all numbers allowed today"},
			both{"Dùng các số đã lấy, hoặc hủy bớt một số.", "Use the numbers already taken, or cancel one."},
		},
		queue.CodeSetupInUse: {
			both{"Cấu hình đang được dùng", "The setup is in use"},
			both{"Phục vụ hết người chờ và đóng quầy liên quan, rồi thay đổi.", "Serve those who wait and close the counters concerned, then change it."},
		},
		queue.CodeClockWrong: {
			both{"Đồng hồ máy chủ đang sai", "The server's clock is wrong"},
			both{"Hệ thống chưa nhận thao tác. Báo cán bộ kỹ thuật chỉnh giờ máy chủ.", "Nothing is done until it is right. Tell the technical staff to set it."},
		},
		queue.CodeRateLimited: {
			both{"Tra cứu quá nhiều lần", "Too many attempts"},
			both{"Xin chờ một phút rồi thử lại.", "Please wait a minute and try again."},
		},
	}
}
