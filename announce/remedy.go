package announce

// remedy says, in Vietnamese with English in brackets, why a sentence that
// somebody asked for was not heard, and what that person can do.
func remedy(reason string) string {
	switch reason {
	case ReasonUnheard:
		return "chưa có loa nào phát: máy chủ không có loa và chưa bảng nào bật tiếng. Mở trang Bảng hiển thị ở máy có loa và bấm “Bật âm thanh”, hoặc chọn loa ở trang Loa" +
			" (no loudspeaker plays: the server has none, and no board has its sound on. Open the board on the computer with the loudspeaker and press \"Turn on sound\", or choose a loudspeaker on the page Loudspeakers)"
	case ReasonNoOutput:
		return "loa không nhận tiếng: xem nguồn, dây và card âm thanh, rồi chọn lại loa ở trang Loa" +
			" (the loudspeaker takes no sound: look at power, cable and sound card, then choose it anew on the page Loudspeakers)"
	case ReasonPaused:
		return "tiếng đang tạm dừng: bấm “Cho loa đọc lại” ở trang Loa (the sound is paused: press \"Speak again\" on the page Loudspeakers)"
	case ReasonQuiet:
		return "đang trong giờ im lặng: đổi giờ ấy ở Khu vực loa, hoặc thử lại sau (these are silent hours: change them under Loudspeaker zones, or try later)"
	case ReasonUnspeaking:
		return "chưa có giọng đọc: cài espeak-ng hoặc thu giọng ở trang thu giọng, rồi thử lại (there is no voice: install espeak-ng or record one in the studio, and try again)"
	case ReasonFull, ReasonExpired, ReasonBusy:
		return "đang có nhiều lời gọi: chờ một phút rồi thử lại (many calls are waiting: try again in a minute)"
	case ReasonStopped:
		return "máy chủ đang dừng: chờ nó chạy lại rồi thử (the server is stopping: try when it runs again)"
	case ReasonMerged, ReasonSuperseded, ReasonAnswered, ReasonWithdrawn:
		return "lời khác vừa thay câu này: thử lại (another sentence took its place: try again)"
	default:
		return "chưa phát được: xem trang Loa rồi thử lại (not played: look at the page Loudspeakers and try again)"
	}
}

// droppedError is what Say and Test return for a notice that was not heard: the
// reason, told as what to do about it. It is an errDropped.
type droppedError struct{ reason string }

func (e droppedError) Error() string { return remedy(e.reason) }

func (droppedError) Is(target error) bool { return target == errDropped }
