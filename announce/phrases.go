package announce

// PhonePhrases lists what a telephone dialogue usually says. They are in every
// built voice, so that common dialogues need no synthesis at run time; any
// other text may be said by Phrase as well.
func PhonePhrases() []string {
	return []string{
		"Kính chào quý vị.",
		"Xin chào quý vị.",
		"Đây là tổng đài lấy số thứ tự của",
		"Quý vị đang gọi đến",
		"Để lấy số thứ tự, bấm phím",
		"Để lấy số, bấm phím",
		"Để làm thủ tục",
		"bấm phím",
		"xin bấm phím",
		"hoặc giữ máy.",
		"để nghe lại, bấm phím",
		"Để nghe tiếp các lựa chọn khác, bấm phím",
		"Để quay lại, bấm phím sao.",
		"Để gặp nhân viên, bấm phím",
		"Để giữ số này, bấm phím",
		"Để hủy, bấm phím",
		"phím sao",
		"phím thăng",
		"Số thứ tự của quý vị là:",
		"Xin nhắc lại:",
		"Xin nhắc lại, số thứ tự của quý vị là:",
		"Phía trước quý vị còn",
		"người.",
		"Phía trước quý vị không còn ai.",
		"Quý vị là người tiếp theo.",
		"Hiện đang phục vụ số",
		"Thời gian chờ dự kiến khoảng",
		"phút.",
		"Số của quý vị đã được giữ.",
		"Xin quý vị có mặt trước khi đến lượt.",
		"Cảm ơn quý vị. Xin chào.",
		"Xin cảm ơn quý vị đã gọi. Xin chào.",
		"Xin lỗi, chúng tôi chưa nhận được lựa chọn của quý vị.",
		"Xin lỗi, lựa chọn này không có.",
		"Xin quý vị chọn lại.",
		"Xin quý vị chờ trong giây lát.",
		"Hiện nay cơ quan không làm việc.",
		"Xin quý vị gọi lại trong giờ làm việc.",
		"Dịch vụ này hiện không cấp số.",
		"Hệ thống đang bận. Xin quý vị gọi lại sau ít phút, hoặc đến lấy số trực tiếp.",
		"Hiện không có nhân viên trực tổng đài.",
		"Xin quý vị đến trực tiếp, nhân viên hướng dẫn sẽ giúp quý vị lấy số.",
		"Không tìm thấy số này.",
		"Số này đã được gọi.",
		"Quý vị đã lấy đủ số trong ngày hôm nay.",
		"Đây là lời thử loa.",
	}
}

// CheckPhrase is what a loudspeaker test says.
const CheckPhrase = "Đây là lời thử loa."
