package dialogue

// vietnamese words every message: number first, plain words, the next step.
func vietnamese() words {
	return words{
		text: map[Kind]string{
			Welcome:       "Xin chào! Đây là nơi lấy số của {office}.\nXin chọn việc cần làm bên dưới để lấy số, hoặc nhắn “lấy số”.\nChúng tôi chỉ giữ mã cuộc trò chuyện này, đến vài giờ sau khi xong việc; nơi giới hạn số phiếu mỗi người giữ mã đó cùng phiếu đến hết ngày. Tin nhắn đi qua hệ thống của ứng dụng trò chuyện. Nhắn “quên” để trợ lý xóa ngay.",
			Choose:        "Anh/chị cần làm việc gì? Xin chọn bên dưới, hoặc nhắn “lấy số” kèm chữ cái, ví dụ “lấy số A”.",
			NoTicket:      "Anh/chị chưa có số nào đang chờ. Nhắn “lấy số” để lấy số.",
			AskCancel:     "Bỏ số {number}? Bỏ rồi thì mất chỗ. Nhắn “có” để bỏ, “không” để giữ lại.",
			WhichCancel:   "Anh/chị đang giữ các số {number}. Bỏ số nào?",
			CancelDone:    "Đã bỏ số {number}. Khi cần, xin nhắn “lấy số” để lấy số mới.",
			CancelTooLate: "Số {number} không bỏ được nữa vì đã được gọi hoặc đã xong. Nếu không đến được, anh/chị không cần làm gì thêm.",
			Kept:          "Anh/chị vẫn giữ số {number}. Nhắn “tôi ở đâu” để xem còn bao nhiêu người.",
			HelpText:      "Anh/chị có thể nhắn:\n• lấy số – lấy số thứ tự (ví dụ: lấy số A)\n• tôi ở đâu, hoặc ? – còn bao nhiêu người trước\n• hủy – bỏ số\n• quên – để trợ lý xóa cuộc trò chuyện này\n• english – đổi sang tiếng Anh\nKhông cần gõ dấu.",
			LanguageSet:   "Từ giờ chúng tôi nhắn bằng tiếng Việt. Nhắn “lấy số” để lấy số.",
			Forgotten:     "Trợ lý đã xóa cuộc trò chuyện này và sẽ không nhắn gì thêm. Nơi giới hạn số phiếu mỗi người còn giữ mã trò chuyện cùng phiếu đến hết ngày. Số đang chờ (nếu có) vẫn còn hiệu lực, xin theo dõi trên bảng.",
			ShortMenu:     "Xin lỗi, tôi chưa hiểu. Nhắn: lấy số · tôi ở đâu · hủy · trợ giúp.",
			PrivateOnly:   "Xin nhắn riêng cho tôi để lấy số: bấm vào tên tôi rồi chọn “Nhắn tin”. Please message me privately to take a number.",
			TooOld:        "Tin nhắn của anh/chị đến khi hệ thống đang tạm ngừng nên chưa lấy số. Nếu còn cần, xin chọn bên dưới hoặc nhắn “lấy số”.",
			OfficeClosed:  "{office} hiện ngoài giờ làm việc nên chưa phát số. Xin nhắn lại “lấy số” trong giờ làm việc.",
			ServiceClosed: "{service}: hiện không phát số. Nhắn “lấy số” để chọn việc khác, hoặc hỏi bàn hướng dẫn.",
			ServiceFull:   "{service}: hôm nay đã phát hết số. Xin nhắn lại “lấy số” vào ngày làm việc tới, hoặc hỏi bàn hướng dẫn nếu gấp.",
			ChannelFull:   "{service}: phần số phát qua tin nhắn hôm nay đã hết. Xin lấy số tại máy lấy số hoặc bàn hướng dẫn của {office}.",
			Stopped:       "{office} hôm nay đã ngừng phát số. Xin nhắn lại “lấy số” vào ngày làm việc tới, hoặc hỏi bàn hướng dẫn nếu gấp.",
			CardNeeded:    "Diện ưu tiên cần thẻ ưu tiên còn hạn hoặc cán bộ xác nhận. Xin mang giấy tờ đến bàn hướng dẫn, hoặc nhắn “lấy số” để lấy số thường.",
			NotAllowed:    "Hôm nay anh/chị đã lấy đủ số được phép. Nhắn “tôi ở đâu” để xem số đang giữ, hoặc đến bàn hướng dẫn.",
			Busy:          "Hệ thống đang bận, yêu cầu này chưa làm được. Số đang giữ (nếu có) không mất. Xin nhắn lại sau một phút, hoặc lấy số tại quầy hướng dẫn.",
			Lapsed:        "Số {number} không kịp báo cho anh/chị nên không còn hiệu lực. Xin nhắn “lấy số” để lấy số mới.",
			Nearly:        "Số {number} sắp đến lượt. {place}",
			Called:        "Mời số {number} đến quầy {counter}{where}.",
			Recalled:      "Nhắc lại: mời số {number} đến quầy {counter}{where}.",
			Done:          "Số {number} đã xong. Xin cảm ơn anh/chị.",
			Missed:        "Số {number} đã qua lượt vì gọi mà chưa thấy anh/chị. Xin đến quầy {counter} hoặc bàn hướng dẫn để được giúp.",
			Withdrawn:     "Số {number} đã bị hủy. Nếu anh/chị vẫn cần, xin nhắn “lấy số” hoặc hỏi bàn hướng dẫn.",
		},
		labels: labels{
			refresh: "Làm mới", cancel: "Bỏ số", sure: "Bỏ số %s", keep: "Giữ lại", take: "Lấy số", help: "Trợ giúp",
			otherLanguage: "English", otherCode: "en",
		},
		card: cardWords{
			number: "Số của anh/chị: %s", held: "Anh/chị đang giữ số: %s", service: "Hàng: %s",
			next: "Anh/chị là người kế tiếp. Xin có mặt tại phòng chờ.", near: "Còn %d người trước. Xin có mặt tại phòng chờ.",
			ahead: "Còn %d người trước.", unknown: "Đang chờ đến lượt.", estimate: "Chờ khoảng %d–%d phút.",
			called: "Mời đến quầy %s%s.", serving: "Đang được phục vụ tại quầy %s.", parked: "Đang tạm giữ, sẽ gọi lại.",
			completed: "Đã xong. Xin cảm ơn anh/chị.", missed: "Đã qua lượt. Xin đến bàn hướng dẫn.", missedAt: "Đã qua lượt. Xin đến quầy %s hoặc bàn hướng dẫn.",
			cancelled: "Số này đã bỏ. Nhắn “lấy số” để lấy số mới.", expired: "Số này đã hết hiệu lực. Nhắn “lấy số” để lấy số mới.",
			code: "Mã tra cứu: %s", url: "Xem trực tiếp: %s",
		},
		updated: "Cập nhật lúc %s",
		opens:   "Phát số lại lúc %s.",
	}
}
