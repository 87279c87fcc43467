package printer

// Words says a state to people and what to do about it, in Vietnamese and
// English.
func (s State) Words() [2]string {
	switch s {
	case StateUnasked:
		return [2]string{"chưa hỏi", "not asked yet"}
	case StateReady:
		return [2]string{"sẵn sàng", "ready"}
	case StateBlind:
		return [2]string{"nhận dữ liệu nhưng không báo trạng thái", "takes bytes, tells nothing"}
	case StatePaperLow:
		return [2]string{"sắp hết giấy: chuẩn bị cuộn mới", "paper low: have a new roll ready"}
	case StatePaperOut:
		return [2]string{"hết giấy: thay cuộn giấy", "out of paper: put in a new roll"}
	case StateCoverOpen:
		return [2]string{"nắp đang mở: đóng nắp máy in", "cover open: close it"}
	case StateError:
		return [2]string{"lỗi dao cắt hoặc đầu in: tắt rồi bật lại máy in", "knife or head error: switch it off and on"}
	case StateOffline:
		return [2]string{"ngoại tuyến: xem đèn báo trên máy in", "offline: look at its lamps"}
	case StateUnreachable:
		return [2]string{"không kết nối được: kiểm tra dây và nguồn", "unreachable: check cable and power"}
	}
	return [2]string{"không có máy in", "no printer"}
}
