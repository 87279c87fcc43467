package remote

import (
	"net/http"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// codeText is the message with a code: without marks, in one part.
func codeText(l page.Lang, code string) string {
	return l.T("Ma lay so: "+code+" (dung trong 10 phut). Khong dua ma nay cho ai.", "Your code for a queue number: "+code+" (10 minutes). Give it to nobody.")
}

// wrong is what went wrong, and what to do next.
func wrong(l page.Lang, err error) string {
	switch {
	case err == nil:
		return ""
	case err == errCode:
		return l.T("Mã chưa đúng. Xin xem lại tin nhắn và nhập đủ 6 chữ số.", "That is not the code. Please look at the message and enter all 6 digits.")
	case err == errOver:
		return l.T("Mã đã hết hạn hoặc nhập sai quá nhiều lần. Xin gửi lại yêu cầu để nhận mã mới.", "The code is over, or was entered wrongly too often. Please ask for a new one.")
	}
	switch err {
	case errPhone:
		return l.T("Số điện thoại này vừa được gửi mã. Xin tìm tin nhắn đã nhận; chưa thấy thì chờ một phút rồi gửi lại (mỗi giờ 3 lần, mỗi ngày 5 lần), hoặc chọn cách khác bên dưới.", "A code was sent to this number. Please look for the message; if there is none, wait a minute and ask again (3 times an hour, 5 a day), or choose another way below.")
	case errPlace:
		return l.T("Mạng này vừa xin nhiều mã mà chưa dùng. Xin nhập mã đã nhận; nếu không có, xin dùng mạng di động thay cho Wi-Fi, hoặc chọn cách khác bên dưới.", "This network has asked for many codes that were not used. Please enter the one you have; if you have none, use mobile data instead of the Wi-Fi, or choose another way below.")
	case errAll:
		return l.T("Lúc này quá nhiều người xin mã nên trung tâm tạm ngừng gửi tin. Xin thử lại sau một giờ, hoặc lấy số bằng cách khác bên dưới: không phải chờ mã.", "Too many codes are asked for just now, so the office sends none for a while. Please try again in an hour, or take a number in another way below: no code is needed there.")
	}
	switch queue.ErrorCode(err) {
	case queue.CodeRateLimited:
		return l.T("Đã gửi đủ mã cho số điện thoại hoặc mạng này. Xin chờ một lúc rồi thử lại, hoặc chọn cách khác bên dưới.", "Enough codes were sent to this number, or for this network. Please try again later, or choose another way below.")
	case queue.CodeBadRequest:
		return l.T("Xin chọn lĩnh vực và nhập đủ số điện thoại di động Việt Nam, ví dụ 0912 345 678. Chưa có số như vậy, xin chọn cách khác bên dưới.", "Please choose a service and enter a whole Vietnamese mobile number, such as 0912 345 678. Without one, please choose another way below.")
	case queue.CodePersonLimit:
		return l.T("Số điện thoại này đã lấy đủ số của hôm nay. Nếu cần thêm, xin đến quầy hướng dẫn.", "This telephone number has taken all numbers it may today. If you need more, please come to the information desk.")
	case queue.CodeForbidden:
		return l.T("Trung tâm chưa gửi được tin nhắn. Xin chọn cách khác bên dưới.", "The office cannot send messages. Please choose another way below.")
	case queue.CodeOfficeClosed, queue.CodeServiceClosed, queue.CodeIssuingStopped, queue.CodeServiceFull, queue.CodeChannelFull, queue.CodeUnknownService:
		return l.T("Lĩnh vực này hiện không cấp số từ xa. Xin chọn lĩnh vực khác, đặt lịch hẹn, hoặc đến lấy số.", "This service gives no numbers from afar now. Please choose another, book an appointment, or come and take one.")
	default:
		return l.T("Chưa gửi được mã lúc này. Xin thử lại sau ít phút, hoặc chọn cách khác bên dưới.", "The code could not be sent now. Please try again in a few minutes, or choose another way below.")
	}
}

// statusOf is the HTTP status of an error.
func statusOf(err error) int {
	switch queue.ErrorCode(err) {
	case "":
		return http.StatusOK
	case queue.CodeBadRequest:
		return http.StatusUnprocessableEntity
	case queue.CodeRateLimited:
		return http.StatusTooManyRequests
	case queue.CodeForbidden:
		return http.StatusForbidden
	case queue.CodeUnknownService:
		return http.StatusNotFound
	case queue.CodeUnavailable, queue.CodeInternal:
		return http.StatusServiceUnavailable
	default:
		return http.StatusConflict
	}
}
