package dialogue

// oneWayVietnamese words the notices that elsewhere ask for an answer.
func oneWayVietnamese() map[Kind]brief {
	return map[Kind]brief{
		Joined:    {must: "Từ giờ máy này báo lượt số {number}. {standing}", more: []string{" {wait}"}},
		Done:      {must: "Số {number} đã xong. Xin cảm ơn anh/chị. Chạm vào đây để đánh giá."},
		Moved:     {must: "Số {number} trở lại hàng chờ, giữ nguyên số. {standing} Khi được gọi, máy này báo lại."},
		MayMiss:   {must: "Số {number} có thể không kịp trước giờ đóng cửa. Xin hỏi bàn hướng dẫn, hoặc chạm vào đây để bỏ số và đến ngày khác."},
		Withdrawn: {must: "Số {number} đã bị hủy. Nếu anh/chị vẫn cần, xin lấy số mới hoặc hỏi bàn hướng dẫn."},
		Closed:    {must: "Hôm nay đã hết giờ mà chưa gọi đến số {number}; số này không còn hiệu lực. Chúng tôi xin lỗi. Xin lấy số mới vào ngày làm việc tới."},
	}
}

// oneWayEnglish is the same in English.
func oneWayEnglish() map[Kind]brief {
	return map[Kind]brief{
		Joined:    {must: "From now on this device tells you about number {number}. {standing}", more: []string{" {wait}"}},
		Done:      {must: "Number {number} is done. Thank you. Touch here to rate the service."},
		Moved:     {must: "Number {number} is back in the line and stays the same. {standing} This device tells you when it is called again."},
		MayMiss:   {must: "Number {number} may not be called before closing time. Please ask at the information desk, or touch here to give it up and come another day."},
		Withdrawn: {must: "Number {number} was cancelled. If you still need it, please take a new number or ask at the information desk."},
		Closed:    {must: "The office closed today before number {number} was called, and it is no longer valid. We are sorry. Please take a new number on the next working day."},
	}
}
