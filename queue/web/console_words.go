package web

import "github.com/xinmoi/xinmoi/queue/web/page"

// The words of the counter console.

func pauseReasons(l page.Lang) []string {
	return []string{
		l.T("Nghỉ giải lao", "Break"), l.T("Họp", "Meeting"), l.T("Lấy hồ sơ", "Fetching files"),
		l.T("Làm việc nội bộ", "Back office"), l.T("Hỗ trợ công dân", "Helping citizens"),
	}
}

func callReasons(l page.Lang) []string {
	return []string{
		l.T("Đã bổ sung giấy tờ", "Papers completed"), l.T("Diện ưu tiên", "Entitled to priority"),
		l.T("Quay lại sau khi vắng mặt", "Came back after absence"), l.T("Lãnh đạo yêu cầu", "Asked by the supervisor"),
	}
}

func parkReasons(l page.Lang) []string {
	return []string{
		l.T("Thiếu giấy tờ", "Papers missing"), l.T("Đi photo, nộp lệ phí", "Copies, fees"),
		l.T("Điền tờ khai", "Filling in a form"), l.T("Chờ bộ phận khác", "Waiting for another department"),
	}
}

func issuingReasons(l page.Lang) []string {
	return []string{
		l.T("Hết khả năng phục vụ hôm nay", "No more can be served today"), l.T("Sắp hết giờ", "Closing soon"),
		l.T("Sự cố hệ thống", "System trouble"), l.T("Thiếu cán bộ", "Staff missing"),
	}
}

func errorTexts(l page.Lang) map[string][2]string {
	m := map[string][2]string{}
	for code, s := range consoleErrors() {
		m[string(code)] = [2]string{s.title.in(l), s.next.in(l)}
	}
	other := errorWords("")
	m["other"] = [2]string{other.title.in(l), other.next.in(l)}
	m["network"] = [2]string{
		l.T("Mất liên lạc với máy chủ", "The server cannot be reached"),
		l.T("Đang thử lại; cùng một lần bấm không bao giờ gọi hai số. Kiểm tra dây mạng nếu kéo dài.", "Trying again; one press never calls two numbers. Check the network cable if it lasts."),
	}
	m["not_found"] = [2]string{
		l.T("Không có số này hôm nay", "No such number today"),
		l.T("Xin kiểm tra số hoặc mã 9 chữ số trên phiếu.", "Please check the number, or the 9-digit code, on the ticket."),
	}
	return m
}

// consoleTexts are the words of the script, in one language.
func consoleTexts(l page.Lang) map[string]string {
	m := map[string]string{}
	for key, b := range consoleWords() {
		m[key] = b.in(l)
	}
	return m
}

func consoleWords() map[string]both {
	return map[string]both{
		"open":    {"Mở quầy", "Open the counter"},
		"reopen":  {"Mở lại quầy", "Resume"},
		"next":    {"Gọi số tiếp theo", "Call next"},
		"start":   {"Bắt đầu phục vụ", "Start service"},
		"finish":  {"Hoàn thành", "Finish"},
		"nobody":  {"Chưa có ai chờ", "Nobody is waiting"},
		"none":    {"Chưa có số nào", "No number in hand"},
		"live":    {"Trực tuyến", "Online"},
		"lost":    {"Mất liên lạc – số liệu cách đây", "Connection lost – figures are old by"},
		"seconds": {"giây", "s"},
		"minutes": {"phút", "min"},
		"choose":  {"Số nào?", "Which number?"},
		"retry":   {"Thử lại", "Try again"},
		"arrived": {"Có người vừa lấy số", "Someone has taken a number"},
		"back":    {"Quay lại", "Back"},

		"ring":        {"có người cần cán bộ giúp", "somebody asks for a member of staff"},
		"ring_answer": {"Tôi đến ngay", "I am going"},

		"done": {"đã ghi nhận", "done"},

		"calls":      {"Số lần gọi", "Calls"},
		"waited":     {"Đã chờ", "Waited"},
		"door":       {"Kênh", "Channel"},
		"since_call": {"Từ lúc gọi", "Since the call"},
		"serving":    {"Đang phục vụ", "In service"},
		"reason":     {"Lý do", "Reason"},
		"at_counter": {"Quầy", "Counter"},
		"resume_at":  {"Tự quay lại hàng lúc", "Back in line by itself at"},

		"foreign":  {"Ngôn ngữ", "Language"},
		"english":  {"Tiếng Anh", "English"},
		"dossiers": {"hồ sơ", "dossiers"},
		"remote":   {"Chưa có mặt", "Not in the hall yet"},
		"present":  {"Đã có mặt", "In the hall"},
		"returned": {"Quay lại sau khi lỡ lượt", "Came back after a missed turn"},
		"booked":   {"Hẹn lúc", "Booked for"},
		"only":     {"Chỉ gọi tại quầy", "For this counter alone:"},
		"check":    {"Ưu tiên tự khai:", "As declared:"},
		"checked":  {"Diện ưu tiên:", "Priority:"},

		"undo":      {"Hoàn tác", "Undo"},
		"undone":    {"đã hoàn tác", "undone"},
		"undo_hint": {"Bấm U trong một phút để hoàn tác.", "Press U within a minute to undo."},

		"park":           {"Tạm giữ số", "Set aside"},
		"park_note":      {"Số được giữ lại tại quầy cho đến khi gọi tiếp. Chọn lý do:", "The number is kept until you go on with it. Choose a reason:"},
		"park_until":     {"Tự quay lại hàng sau", "Back in line by itself after"},
		"park_open":      {"không hẹn giờ", "no time set"},
		"transfer":       {"Chuyển số", "Transfer"},
		"transfer_note":  {"Giữ nguyên số và thời gian đã chờ. Chuyển tới đâu?", "Number and time waited are kept. Where to?"},
		"requeue":        {"Trả về hàng chờ", "Give back to its line"},
		"later":          {"Lùi lượt", "Push back"},
		"later_note":     {"Nhường bao nhiêu người đi trước?", "How many others go first?"},
		"later_people":   {"người", "others"},
		"resume":         {"Gọi tiếp vào quầy này", "Go on with it at this counter"},
		"restore":        {"Khôi phục vào hàng chờ", "Restore to its line"},
		"restore_call":   {"Khôi phục và gọi ngay…", "Restore and call now…"},
		"call":           {"Gọi số này vào quầy…", "Call it to this counter…"},
		"call_note":      {"Gọi ngoài thứ tự. Lý do được ghi vào nhật ký, tính trong báo cáo và công dân khác biết có lượt gọi riêng. Chọn lý do:", "This is out of order. The reason is recorded and counted in the reports, and other citizens are told that a number was called apart. Choose a reason:"},
		"cancel":         {"Hủy số", "Cancel the number"},
		"cancel_note":    {"Công dân không cần số này nữa?", "Does the citizen no longer need it?"},
		"check_in":       {"Báo đã có mặt", "Has come to the hall"},
		"entitle":        {"Đã kiểm tra giấy ưu tiên", "Priority papers checked"},
		"entitle_normal": {"Xác nhận diện ưu tiên", "Confirm priority"},
		"disentitle":     {"Không đúng diện", "Not entitled"},
		"disentitle_ask": {"Số trở lại diện thường; nếu mới được gọi thì về hàng chờ.", "It becomes an ordinary number; if only just called, it goes back to its line."},
		"other_reason":   {"Lý do khác", "Another reason"},

		"recall":       {"Gọi lại", "Recall"},
		"waiting_now":  {"người chờ", "waiting"},
		"came_after":   {"Đi đến quầy mất", "Came within"},
		"dossier":      {"Mã hồ sơ", "Dossier"},
		"note":         {"Ghi chú", "Note"},
		"note_note":    {"Người tiếp nhận sau sẽ thấy; tự xóa khi hết ngày. Không ghi điều không cần cho hồ sơ.", "Whoever serves the number next sees it; it is erased with the day. Write nothing that the case does not need."},
		"note_save":    {"Lưu ghi chú", "Save the note"},
		"note_saved":   {"đã ghi chú", "noted"},
		"note_wrong":   {"Mã hồ sơ chỉ gồm chữ cái, chữ số và các dấu . - / _", "A dossier's code has letters, digits and . - / _ only"},
		"blocked":      {"Trình duyệt chặn cửa sổ nhỏ: hãy cho phép cửa sổ bật lên của trang này", "The browser blocks the small window: allow pop-ups of this page"},
		"shared_here":  {"Quầy này cũng đang mở ở một màn hình khác. Màn hình kia chỉ xem được.", "This counter is open at another screen, too. That one can only look on."},
		"shared_there": {"Quầy này đang được dùng ở một màn hình khác; ở đây chỉ xem được", "This counter is in use at another screen; here one can only look on"},

		"issue":          {"Lấy số giúp công dân", "Take a number for somebody"},
		"issue_note":     {"Số vào hàng ngay. Chọn hàng đợi, hoặc chọn thủ tục rồi bấm Lấy số.", "The number waits at once. Choose a line, or a procedure and then Take."},
		"issue_any":      {"– chọn thủ tục –", "– choose –"},
		"issue_task":     {"Thủ tục", "Procedure"},
		"issue_take":     {"Lấy số", "Take"},
		"issue_priority": {"Diện ưu tiên, đã xem giấy tờ", "Entitled to priority, papers seen"},
		"issue_done":     {"Đã lấy số", "Number taken"},
		"issue_tell":     {"Đọc và ghi số này cho công dân.", "Tell the citizen this number and write it down for them."},
		"issue_code":     {"Mã tra cứu", "Lookup code"},
		"issue_ahead":    {"Số người trước", "Ahead"},
		"use_reason":     {"Dùng lý do này", "Use this reason"},

		"pause":       {"Tạm dừng quầy", "Pause the counter"},
		"pause_note":  {"Chọn lý do tạm dừng:", "Why do you pause?"},
		"close":       {"Đóng quầy", "Close the counter"},
		"close_note":  {"Quầy còn một số đang phục vụ. Số này thì sao?", "A number is still in hand. What becomes of it?"},
		"no_show":     {"Báo vắng mặt", "Nobody came"},
		"close_empty": {"Đóng quầy bây giờ?", "Close the counter now?"},

		"parked":       {"Số tạm giữ", "Set aside"},
		"missed":       {"Vắng mặt, còn khôi phục được", "Absent, can be restored"},
		"waiting":      {"Hàng chờ", "Waiting"},
		"waiting_note": {"Theo thứ tự sẽ gọi; dưới mỗi số là lý do.", "In the order of the calls to come; below each number is why."},
		"empty":        {"Không có số nào.", "There is none."},

		"issuing":        {"Phát số", "Giving numbers"},
		"issuing_note":   {"Ngừng phát số đến hết ngày; người đang chờ vẫn được phục vụ.", "No more numbers today; those who wait are still served."},
		"issuing_stop":   {"Ngừng phát", "Stop"},
		"issuing_resume": {"Phát lại", "Give again"},
		"issuing_all":    {"Tất cả lĩnh vực", "All services"},
		"issuing_done":   {"Đã ghi nhận việc phát số", "Noted"},
		"issuing_off":    {"Đang ngừng phát số", "No numbers are given"},

		"why":        {"Vì sao số khác được gọi trước?", "Why were others called first?"},
		"why_of":     {"Hỏi về một số", "Ask about one number"},
		"why_ask":    {"Xem", "Show"},
		"staff_note": {"Lý do cán bộ ghi:", "Reason given by staff:"},
	}
}
