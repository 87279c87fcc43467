package dialogue

import (
	"fmt"
	"strconv"
)

// visitLabels is what is said on the buttons of a visit, and below a first answer.
type visitLabels struct {
	later, here, watch string
	people             string    // How many ahead, on a button.
	levels             [5]string // 1 to 5.
	own                ownScale  // In place of levels.
	reasons            [6]string // As in the function reasons.
	consent            string
}

// ConsentVersion names the words about personal data; the mailbox keeps which
// one a person was shown, and when.
const ConsentVersion = "2026-11"

// visitButtons are those of messages about a visit.
func (w words) visitButtons(m Message) (rows [][]Button) {
	switch m.Kind {
	case Done, AskRate:
		if len(m.Slips) != 1 {
			return nil
		}
		if len(m.Scale) > 0 {
			return m.scaleButtons()
		}
		for i, label := range w.visit.levels {
			rows = append(rows, []Button{{label, Intent{Rate, m.Slips[0].Ticket + "-" + strconv.Itoa(i+1)}}})
		}
	case AskReason:
		if len(m.Slips) != 1 {
			return nil
		}
		for i, label := range m.Reasons {
			rows = append(rows, []Button{{shorten(label, maxLabel), Intent{Rate, m.Slips[0].Ticket + "-" + strconv.Itoa(m.Level) + "-r" + strconv.Itoa(i)}}})
		}
		if len(m.Reasons) > 0 {
			return rows
		}
		for i, r := range reasons() {
			rows = append(rows, []Button{{w.visit.reasons[i], Intent{Rate, m.Slips[0].Ticket + "-" + strconv.Itoa(m.Level) + "-" + r[0]}}})
		}
	case AskWatch:
		if len(m.Slips) != 1 {
			return nil
		}
		var row []Button
		for _, n := range []int{1, 3, 5, 10} {
			row = append(row, Button{fmt.Sprintf(w.visit.people, n), Intent{Watch, m.Slips[0].Ticket + "-" + strconv.Itoa(n)}})
		}
		rows = append(rows, row)
	case TopicText:
		for _, o := range m.More {
			rows = append(rows, []Button{{shorten(o.Label, maxLabel), Intent{Other, o.Topic + "-" + o.Arg}}})
		}
	case Closed, Withdrawn:
		return w.serviceButtons(m)
	}
	return rows
}

// moreButtons are a card's second row: what its holder may do besides.
func (w words) moreButtons(s Slip) (row []Button) {
	if s.Late {
		row = append(row, Button{w.visit.later, Intent{Later, s.Ticket}})
	}
	if s.Away {
		row = append(row, Button{w.visit.here, Intent{Here, s.Ticket}}, Button{w.visit.watch, Intent{Watch, s.Ticket + "-"}})
	}
	return row
}

func visitLabelsVietnamese() visitLabels {
	return visitLabels{
		later: "Tôi đến trễ", here: "Tôi đã đến", watch: "Báo trước", people: "%d người",
		levels:  [5]string{"1 – Rất không hài lòng", "2 – Không hài lòng", "3 – Bình thường", "4 – Hài lòng", "5 – Rất hài lòng"},
		own:     ownScaleVietnamese(),
		reasons: [6]string{"Chờ lâu", "Hướng dẫn chưa rõ", "Thái độ", "Giấy tờ phức tạp", "Nơi chờ", "Khác"},
		consent: "Chúng tôi giữ mã cuộc trò chuyện này cùng số của anh/chị để báo lượt, và xóa vài giờ sau khi xong việc. Tin nhắn đi qua hệ thống của ứng dụng. Nhắn “dữ liệu của tôi” để xem, “quên” để xóa ngay.",
	}
}

func visitLabelsEnglish() visitLabels {
	return visitLabels{
		later: "I am late", here: "I am here", watch: "Warn me", people: "%d ahead",
		levels:  [5]string{"1 – Very dissatisfied", "2 – Dissatisfied", "3 – Neutral", "4 – Satisfied", "5 – Very satisfied"},
		own:     ownScaleEnglish(),
		reasons: [6]string{"Long wait", "Unclear guidance", "Attitude", "Complicated papers", "Waiting area", "Other"},
		consent: "We keep the id of this chat with your number to tell you about your turn, and erase it some hours after your visit. Messages pass through the app's servers. Write “my data” to see it, “forget” to erase it now.",
	}
}

func visitVietnamese() map[Kind]string {
	return map[Kind]string{
		LateDone:    "Đã lùi số {number} để anh/chị kịp đến; số không đổi. {place}",
		LateRefused: "Số {number} không lùi thêm được: đã lùi rồi, hoặc đã được gọi. Nếu không kịp, xin nhắn “hủy” để bỏ số, hoặc đến bàn hướng dẫn khi tới nơi.",
		AskHere:     "Xin nhắn 6 chữ số đang hiện trên màn hình tại sảnh, hoặc quét mã QR ở đó. Mã đổi mỗi phút.",
		HereDone:    "Đã ghi nhận anh/chị có mặt. Số {number}. {place}",
		HereWrong:   "Mã chưa đúng hoặc đã đổi. Xin nhắn lại 6 chữ số đang hiện trên màn hình tại sảnh, hoặc báo bàn hướng dẫn.",
		AskRate:     "Số {number}: anh/chị hài lòng thế nào? Xin chọn, hoặc nhắn từ 1 (rất không hài lòng) đến 5 (rất hài lòng).",
		AskReason:   "Xin lỗi anh/chị. Điều gì chưa tốt? Xin chọn bên dưới. Không trả lời cũng được: đánh giá mức {level} vẫn được ghi.",
		Rated:       "Đã ghi đánh giá mức {level}. Xin cảm ơn anh/chị.",
		RateNone:    "Không có số nào cần đánh giá, hoặc đã đánh giá rồi. Nhắn “lấy số” khi cần làm việc khác.",
		NoCode:      "Mã này không thuộc phiếu nào hôm nay. Xin xem lại 9 chữ số “mã tra cứu” trên phiếu rồi nhắn lại, hoặc quét mã QR trên phiếu.",
		FollowFull:  "Phiếu này đã có đủ người theo dõi. Xin xem bảng tại sảnh, hoặc nhắn “lấy số” để lấy số của mình.",
		TryLater:    "Anh/chị thử nhiều lần quá. Xin đợi vài phút rồi nhắn lại, hoặc hỏi bàn hướng dẫn.",
		AskWatch:    "Khi còn mấy người trước thì báo anh/chị? Xin chọn, hoặc nhắn “báo trước 5”.",
		WatchSet:    "Được. Khi còn {level} người trước số {number}, chúng tôi nhắn anh/chị.",
		AskPhone:    "Xin nhắn số điện thoại Việt Nam để báo lượt khi không nhắn được ở đây, ví dụ “điện thoại 0912345678”. Nhắn “xóa số điện thoại” để bỏ.",
		PhoneSet:    "Đã ghi số điện thoại. Chúng tôi chỉ dùng khi tin ở đây không đến được, và xóa cùng cuộc trò chuyện. Nhắn “xóa số điện thoại” để bỏ ngay.",
		PhoneGone:   "Đã xóa số điện thoại. Lượt của anh/chị vẫn được báo ở đây.",
		NeedSet:     "Đã ghi: chúng tôi không gọi điện, chỉ nhắn chữ. Cán bộ cũng biết khi anh/chị lấy số mới. Nhắn “tôi nghe được” để bỏ.",
		NeedGone:    "Đã bỏ ghi chú về nghe. Nhắn “lấy số” để lấy số.",
		MyDataText:  "Những gì trợ lý đang giữ về anh/chị:\n{text}\nNhắn “quên” để xóa ngay.",
		TopicText:   "{text}",
		Joined:      "Từ giờ chúng tôi báo lượt số {number} ở đây. {place}",
		Moved:       "Số {number} trở lại hàng chờ, giữ nguyên số: {service}. {place} Khi được gọi, chúng tôi nhắn lại.",
		MayMiss:     "Số {number} có thể không kịp trước giờ đóng cửa. Xin hỏi bàn hướng dẫn, hoặc nhắn “hủy” để bỏ số và đến ngày khác.",
		Closed:      "Hôm nay đã hết giờ mà chưa gọi đến số {number}; số này không còn hiệu lực. Chúng tôi xin lỗi. Xin nhắn “lấy số” vào ngày làm việc tới.",
		Done:        "Số {number} đã xong. Xin cảm ơn anh/chị. Anh/chị hài lòng thế nào? Nhắn từ 1 (rất không hài lòng) đến 5 (rất hài lòng).",
	}
}

func visitEnglish() map[Kind]string {
	return map[Kind]string{
		LateDone:    "Others go first now, so that you can make it; your number {number} stays the same. {place}",
		LateRefused: "Number {number} cannot be moved back any more: it was moved already, or it is called. If you cannot come, write “cancel” to give it up, or go to the information desk when you are here.",
		AskHere:     "Please write the 6 digits that the screen in the hall shows, or scan the QR code there. They change every minute.",
		HereDone:    "Noted: you are here. Number {number}. {place}",
		HereWrong:   "This is not the code, or it has changed. Please write the 6 digits that the screen in the hall shows now, or tell the information desk.",
		AskRate:     "Number {number}: how satisfied are you? Choose, or write 1 (very dissatisfied) to 5 (very satisfied).",
		AskReason:   "We are sorry. What was not good? Please choose below. You need not answer: your {level} counts anyway.",
		Rated:       "Your rating of {level} is noted. Thank you.",
		RateNone:    "There is no number to rate, or it is rated already. Write “take” when you need something else.",
		NoCode:      "No ticket of today has this code. Please look again at the 9 digits of the lookup code on the ticket and write them, or scan its QR code.",
		FollowFull:  "Enough people follow this ticket already. Please watch the board in the hall, or write “take” to take a number of your own.",
		TryLater:    "You tried too often. Please wait a few minutes and write again, or ask at the information desk.",
		AskWatch:    "At how many people ahead shall we tell you? Choose, or write “warn me at 5”.",
		WatchSet:    "All right: we write when {level} are ahead of number {number}.",
		AskPhone:    "Please write the Vietnamese telephone number to use when you cannot be reached here, like “phone 0912345678”.",
		PhoneSet:    "Your telephone number is noted. It is used only when a message here does not arrive, and erased with this chat. Write “phone 0” to erase it now.",
		PhoneGone:   "Your telephone number is erased. We still write to you here about your turn.",
		NeedSet:     "Noted: we do not call you, we only write. Staff see it too when you take a new number. Write “I can hear” to take it back.",
		NeedGone:    "The note about hearing is erased. Write “take” to take a number.",
		MyDataText:  "This is what this assistant holds about you:\n{text}\nWrite “forget” to erase it now.",
		TopicText:   "{text}",
		Joined:      "From now on we tell you here about number {number}. {place}",
		Moved:       "Number {number} is back in the line and stays the same: {service}. {place} We write when it is called.",
		MayMiss:     "Number {number} may not be served before closing time. Please ask at the information desk, or write “cancel” to give it up and come another day.",
		Closed:      "The day ended before number {number} was called, and it is no longer valid. We are sorry. Please write “take” on the next working day.",
		Done:        "Number {number} is done. Thank you for coming. How satisfied are you? Write 1 (very dissatisfied) to 5 (very satisfied).",
	}
}

// Brief wordings, fit to be sent without marks.
func visitBriefVietnamese() map[Kind]brief {
	return map[Kind]brief{
		LateDone:    {must: "Đã lùi số {number}. {standing}", more: []string{" {wait}"}},
		LateRefused: {must: "Số {number} không lùi được nữa. Nhắn HUY để bỏ số, hoặc đến bàn hướng dẫn."},
		AskHere:     {must: "Nhắn DEN và 6 chữ số trên màn hình tại sảnh, ví dụ DEN 123456."},
		HereDone:    {must: "Đã ghi có mặt. Số {number}. {standing}"},
		HereWrong:   {must: "Mã chưa đúng hoặc đã đổi. Nhắn DEN và 6 chữ số đang hiện tại sảnh."},
		AskRate:     {must: "Số {number}: nhắn 1 (kém) đến 5 (rất tốt) để đánh giá."},
		AskReason:   {must: "Xin lỗi. Điều gì chưa tốt? 1 Chờ lâu, 2 Hướng dẫn chưa rõ, 3 Thái độ, 4 Giấy tờ, 5 Nơi chờ, 6 Khác."},
		Rated:       {must: "Đã ghi mức {level}. Xin cảm ơn."},
		RateNone:    {must: "Không có số nào cần đánh giá. Nhắn LAY A để lấy số."},
		NoCode:      {must: "Mã này không thuộc phiếu nào hôm nay. Xin xem lại 9 chữ số trên phiếu rồi nhắn lại."},
		FollowFull:  {must: "Phiếu này đã đủ người theo dõi. Xin xem bảng tại sảnh."},
		TryLater:    {must: "Anh/chị thử nhiều lần quá. Xin đợi vài phút rồi nhắn lại."},
		AskWatch:    {must: "Còn mấy người thì báo? Nhắn BAO TRUOC và số, ví dụ BAO TRUOC 5."},
		WatchSet:    {must: "Được. Còn {level} người trước số {number} sẽ nhắn."},
		AskPhone:    {must: "Nhắn DIEN THOAI và số, ví dụ DIEN THOAI 0912345678."},
		PhoneSet:    {must: "Đã ghi số điện thoại. Nhắn XOA SO DIEN THOAI để bỏ."},
		PhoneGone:   {must: "Đã xóa số điện thoại. Lượt vẫn được báo ở đây."},
		NeedSet:     {must: "Đã ghi: chỉ nhắn chữ, không gọi điện. Nhắn TOI NGHE DUOC để bỏ."},
		NeedGone:    {must: "Đã bỏ ghi chú về nghe. Nhắn LAY A để lấy số."},
		Joined:      {must: "Từ giờ báo lượt số {number} ở đây. {standing}"},
		Moved:       {must: "Số {number} trở lại hàng chờ, giữ nguyên số. {standing}"},
		MayMiss:     {must: "Số {number} có thể không kịp trước giờ đóng cửa. Xin hỏi bàn hướng dẫn."},
		Closed:      {must: "Hết giờ chưa gọi đến số {number}, số hết hiệu lực. Xin lỗi anh/chị. Xin lấy số mới ngày làm việc tới."},
		Done:        {must: "Số {number} đã xong. Xin cảm ơn.", more: []string{" Nhắn 1 (kém) đến 5 (rất tốt) để đánh giá."}},
	}
}

func visitBriefEnglish() map[Kind]brief {
	return map[Kind]brief{
		LateDone:    {must: "Others go first now. {number}: {standing}", more: []string{" {wait}"}},
		LateRefused: {must: "{number} cannot be moved back any more. Send CANCEL to give it up, or ask at the desk."},
		AskHere:     {must: "Send HERE and the 6 digits on the hall's screen, like HERE 123456."},
		HereDone:    {must: "Noted: you are here. {number}: {standing}"},
		HereWrong:   {must: "Not the code, or it has changed. Send HERE and the 6 digits the hall shows now."},
		AskRate:     {must: "{number}: send 1 (bad) to 5 (very good) to rate."},
		AskReason:   {must: "We are sorry. What was wrong? 1 Long wait, 2 Guidance, 3 Attitude, 4 Papers, 5 Waiting area, 6 Other."},
		Rated:       {must: "Your {level} is noted. Thank you."},
		RateNone:    {must: "There is no number to rate. Send TAKE A for a number."},
		NoCode:      {must: "No ticket of today has this code. Please check the 9 digits on the ticket and send them again."},
		FollowFull:  {must: "Enough people follow this ticket. Please watch the board in the hall."},
		TryLater:    {must: "You tried too often. Please wait a few minutes."},
		AskWatch:    {must: "At how many ahead? Send WARN ME AT and a number, like WARN ME AT 5."},
		WatchSet:    {must: "All right: we write when {level} are ahead of {number}."},
		AskPhone:    {must: "Send PHONE and the number, like PHONE 0912345678."},
		PhoneSet:    {must: "Telephone number noted. PHONE 0 erases it."},
		PhoneGone:   {must: "Telephone number erased. We still write here."},
		NeedSet:     {must: "Noted: we only write, we do not call. I CAN HEAR takes it back."},
		NeedGone:    {must: "The note about hearing is erased. Send TAKE A for a number."},
		Joined:      {must: "We tell you here about {number}. {standing}"},
		Moved:       {must: "{number} is back in the line. {standing}"},
		MayMiss:     {must: "{number} may not be served before closing time. Please ask at the desk."},
		Closed:      {must: "The day ended before {number} was called; it is no longer valid. Sorry. Please take a new one next working day."},
		Done:        {must: "{number} is done. Thank you.", more: []string{" Send 1 (bad) to 5 (very good) to rate."}},
	}
}
