package api

import (
	"net/http"

	"github.com/xinmoi/xinmoi/queue"
)

// kind is all that HTTP and people need to know of one error code.
type kind struct {
	status         int
	title, titleVI string // What went wrong.
	hint, hintVI   string // What to do next.
}

// kindOf is the one place that turns codes into HTTP status and wording.
func kindOf(code queue.Code) kind {
	if k, ok := kinds()[code]; ok {
		return k
	}
	return kinds()[queue.CodeInternal]
}

func kinds() map[queue.Code]kind {
	return map[queue.Code]kind{
		queue.CodeBadRequest: {http.StatusBadRequest,
			"The request cannot be understood", "Yêu cầu không hợp lệ",
			"Correct what \"detail\" names; the shapes are in /api/v1/openapi.json.",
			"Sửa phần nêu ở \"detail\"; khuôn dạng xem tại /api/v1/openapi.json."},
		queue.CodeUnknownOffice: {http.StatusNotFound,
			"No such office here", "Không có trung tâm này",
			"GET /api/v1/offices lists the offices.",
			"Xem danh sách trung tâm tại GET /api/v1/offices."},
		queue.CodeUnknownService: {http.StatusNotFound,
			"No such service or procedure in this office", "Trung tâm không có dịch vụ hoặc thủ tục này",
			"Choose one from the office's /services or /procedures.",
			"Chọn trong danh sách /services hoặc /procedures của trung tâm."},
		queue.CodeUnknownCounter: {http.StatusNotFound,
			"No such counter in this office", "Trung tâm không có quầy này",
			"Choose one from the office's /counters.",
			"Chọn trong danh sách /counters của trung tâm."},
		queue.CodeUnknownTicket: {http.StatusNotFound,
			"No such ticket today", "Không tìm thấy phiếu",
			"Check the number or the 9-digit code on the ticket; numbers start anew every day.",
			"Kiểm tra lại số hoặc mã tra cứu 9 chữ số trên phiếu; số bắt đầu lại mỗi ngày."},
		queue.CodeUnknownAction: {http.StatusNotFound,
			"No such action", "Không có thao tác này",
			"The actions here:", "Các thao tác có thể dùng:"},
		queue.CodeOfficeClosed: {http.StatusConflict,
			"The office is closed", "Trung tâm đang ngoài giờ làm việc",
			"Come back in the opening hours.",
			"Xin quay lại trong giờ làm việc."},
		queue.CodeServiceClosed: {http.StatusConflict,
			"This service gives no numbers now", "Dịch vụ này đang ngừng cấp số",
			"Choose another service or ask at the help desk.",
			"Xin chọn dịch vụ khác hoặc hỏi quầy hướng dẫn."},
		queue.CodePersonLimit: {http.StatusConflict,
			"This person has as many numbers today as the office gives", "Hôm nay đã lấy đủ số được phép",
			"Use or cancel one of them first, or ask at the help desk.",
			"Dùng hoặc hủy một số đã lấy, hoặc hỏi quầy hướng dẫn."},
		queue.CodeCounterClosed: {http.StatusConflict,
			"The counter is closed or paused", "Quầy đang đóng hoặc tạm dừng",
			"Open the counter first (action open).",
			"Mở quầy trước (thao tác open)."},
		queue.CodeCounterBusy: {http.StatusConflict,
			"The counter still has a ticket in hand", "Quầy còn phiếu chưa xong",
			"Finish it or mark it as no-show, then call again.",
			"Kết thúc hoặc báo vắng phiếu đó rồi gọi tiếp."},
		queue.CodeNobodyWaiting: {http.StatusConflict,
			"Nobody is waiting for this counter", "Chưa có ai chờ ở quầy này",
			"Try again when someone has taken a number.",
			"Gọi lại khi có người lấy số."},
		queue.CodeWrongState: {http.StatusConflict,
			"The ticket's state does not allow this", "Trạng thái của phiếu không cho phép thao tác này",
			"Read the ticket again and choose what its state allows.",
			"Tải lại phiếu và chọn thao tác phù hợp với trạng thái."},
		queue.CodeStaleVersion: {http.StatusConflict,
			"The ticket has changed meanwhile", "Phiếu vừa thay đổi",
			"Read the ticket again and repeat with its new version.",
			"Tải lại phiếu rồi thực hiện lại với phiên bản mới."},
		queue.CodeKeyReused: {http.StatusUnprocessableEntity,
			"The request key was used for another request", "Khóa yêu cầu đã dùng cho yêu cầu khác",
			"Use a new Idempotency-Key for every new request.",
			"Dùng Idempotency-Key mới cho mỗi yêu cầu mới."},
		queue.CodeFenced: {http.StatusServiceUnavailable,
			"Another server has taken over this office", "Máy chủ khác đã tiếp quản trung tâm này",
			"Send the request to the server in charge.",
			"Gửi yêu cầu tới máy chủ đang phụ trách."},
		queue.CodeUnavailable: {http.StatusServiceUnavailable,
			"Temporarily unavailable", "Tạm thời không phục vụ được",
			"Repeat the request with the same Idempotency-Key.",
			"Gửi lại yêu cầu với cùng Idempotency-Key."},
		queue.CodeForbidden: {http.StatusForbidden,
			"Not allowed", "Không được phép",
			"Use a token of the right role: xinmoi token -role staff",
			"Dùng mã truy cập có quyền phù hợp: xinmoi token -role staff"},
		queue.CodeUnauthorized: {http.StatusUnauthorized,
			"A valid token is needed", "Cần mã truy cập hợp lệ",
			"Make a token with: xinmoi token -role staff, and send Authorization: Bearer TOKEN",
			"Tạo mã bằng lệnh: xinmoi token -role staff, rồi gửi Authorization: Bearer TOKEN"},
		queue.CodeRateLimited: {http.StatusTooManyRequests,
			"Too many requests", "Quá nhiều yêu cầu",
			"Wait as long as Retry-After says, in seconds.",
			"Chờ số giây ghi ở Retry-After rồi thử lại."},
		queue.CodeInternal: {http.StatusInternalServerError,
			"A defect of the program", "Lỗi chương trình",
			"Tell the administrator the time; the server's log has the cause.",
			"Báo người quản trị thời điểm xảy ra; nguyên nhân có trong nhật ký máy chủ."},
		CodeNotFound: {http.StatusNotFound,
			"No such address", "Không có địa chỉ này",
			"The addresses are in /api/v1/openapi.json.",
			"Các địa chỉ có trong /api/v1/openapi.json."},
		CodeMethodNotAllowed: {http.StatusMethodNotAllowed,
			"The address does not know this method", "Địa chỉ này không nhận phương thức đó",
			"Use a method that the header Allow names.",
			"Dùng phương thức nêu ở đầu đề Allow."},
		CodeTooLarge: {http.StatusRequestEntityTooLarge,
			"The request body is too large", "Nội dung yêu cầu quá lớn",
			"Send at most 64 KiB.", "Chỉ gửi tối đa 64 KiB."},
		CodeUnsupportedMedia: {http.StatusUnsupportedMediaType,
			"The request body is not JSON", "Nội dung yêu cầu không phải JSON",
			"Send JSON with Content-Type: application/json.",
			"Gửi JSON với Content-Type: application/json."},
		CodeTimeout: {http.StatusRequestTimeout,
			"The request body came too slowly", "Nội dung yêu cầu đến quá chậm",
			"Send the request again.", "Gửi lại yêu cầu."},
	}
}
