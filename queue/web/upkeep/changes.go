package upkeep

import (
	"slices"
	"strings"

	"github.com/xinmoi/xinmoi/queue/web/officefile"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// worded gives changes as people read them: what changed by its name, and yes and
// no. What a text or a list says stays as the file has it.
func worded(l page.Lang, changes []officefile.Change) []officefile.Change {
	known, out := settingNames(), slices.Clone(changes)
	for i, c := range out {
		out[i].Path = settingName(l, known, c.Path)
		out[i].Old, out[i].New = yesOrNo(l, c.Old), yesOrNo(l, c.New)
	}
	return out
}

func yesOrNo(l page.Lang, value string) string {
	switch value {
	case "true":
		return l.T("có", "yes")
	case "false":
		return l.T("không", "no")
	default:
		return value
	}
}

// settingName words a path of officefile.Diff: "services › A › name" is "Hàng đợi ›
// A › Tên". Parts that nobody has a word for stay as they are: ids among them.
func settingName(l page.Lang, known map[string][2]string, path string) string {
	path, order := strings.CutSuffix(path, " ↕")
	parts := strings.Split(path, " › ")
	thing := false // The part is an id.
	for i, part := range parts {
		if words, ok := known[part]; ok && !thing {
			parts[i] = l.T(words[0], words[1])
		}
		thing = !thing && hasThings(part)
	}
	if order {
		parts = append(parts, l.T("thứ tự", "order"))
	}
	return strings.Join(parts, " › ")
}

// hasThings reports whether ids stand below a setting.
func hasThings(setting string) bool {
	return slices.Contains([]string{"agencies", "services", "procedures", "counters", "days", "zones", "boards", "texts", "pictograms", "directions"}, setting)
}

// settingNames are the settings by their names in the file, in Vietnamese and
// English, as the pages of /admin call them.
func settingNames() map[string][2]string {
	return map[string][2]string{
		"office": {"Mã cơ quan", "Id of the office"}, "name": {"Tên", "Name"}, "name_en": {"Tên tiếng Anh", "Name in English"}, "address": {"Địa chỉ", "Address"},
		"trial": {"Chạy thử", "Trial"}, "time_zone": {"Múi giờ", "Time zone"}, "region": {"Giọng đọc theo vùng", "Region of the spoken words"}, "by_value": {"Đọc số theo giá trị", "Numbers said as values"},
		"agencies": {"Sở, ngành", "Agencies"}, "agency": {"Sở, ngành", "Agency"}, "services": {"Hàng đợi", "Services"}, "service": {"Hàng đợi", "Service"},
		"procedures": {"Thủ tục", "Procedures"}, "counters": {"Quầy", "Counters"}, "hours": {"Giờ làm việc", "Opening hours"}, "days": {"Ngày nghỉ, ngày làm bù", "Holidays and make-up days"},
		"zones": {"Khu vực loa", "Loudspeaker zones"}, "zone": {"Khu vực loa", "Loudspeaker zone"}, "boards": {"Bảng hiển thị", "Boards"}, "kiosk": {"Máy lấy số", "Kiosk"}, "phone": {"Điện thoại", "Telephone"},
		"rating": {"Đánh giá hài lòng", "Ratings"}, "rates": {"Hệ số thứ tự gọi", "Weights of the order"}, "rules": {"Quy định", "Rules"},

		"id": {"Mã", "Id"}, "closed": {"Ngừng cấp số", "Gives no numbers"}, "first": {"Số đầu", "First number"}, "last": {"Số cuối", "Last number"},
		"quota": {"Số mỗi ngày", "Numbers a day"}, "quotas": {"Số mỗi ngày theo kênh", "Numbers a day by channel"}, "target": {"Chờ không quá (phút)", "Wait at most (minutes)"},
		"field": {"Lĩnh vực", "Field"}, "field_en": {"Lĩnh vực, tiếng Anh", "Field in English"}, "bring": {"Cần mang theo", "What to bring"}, "bring_en": {"Cần mang theo, tiếng Anh", "What to bring, in English"},
		"fee": {"Lệ phí", "Fee"}, "fee_en": {"Lệ phí, tiếng Anh", "Fee, in English"}, "takes": {"Thời hạn", "Time limit"}, "takes_en": {"Thời hạn, tiếng Anh", "Time limit, in English"}, "also": {"Tên gọi khác", "Other words"},
		"helps": {"Hỗ trợ hàng", "Helps lines"}, "place": {"Vị trí", "Place"}, "building": {"Tòa nhà", "Building"}, "floor": {"Tầng", "Floor"}, "room": {"Phòng", "Room"}, "direction": {"Hướng", "Direction"},
		"day": {"Thứ", "Weekday"}, "from": {"Từ", "From"}, "to": {"Đến", "To"}, "date": {"Ngày", "Date"},

		"normal": {"Thường", "Normal"}, "appointment": {"Hẹn giờ", "Appointments"}, "priority": {"Ưu tiên", "Priority"},
		"check_in": {"Chỉ gọi sau khi báo đã đến", "Called only after check-in"}, "remote_until": {"Số lấy từ xa hết hạn lúc", "Numbers from afar end at"}, "calls_most": {"Gọi một số nhiều nhất mấy lần", "Calls of one number"},
		"no_show_seconds": {"Tự ghi vắng sau (giây)", "Absent after (seconds)"}, "later_most": {"Nhường lượt nhiều nhất mấy lần", "Pushed back at most"}, "restore_minutes": {"Vắng được quay lại trong (phút)", "Absent people may come back within (minutes)"},
		"undo_seconds": {"Hoàn tác được trong (giây)", "Undo within (seconds)"}, "person_most": {"Số mỗi người một ngày", "Numbers a person and day"}, "organisation_most": {"Số mỗi tổ chức một ngày", "Numbers an organisation and day"},
		"last_minutes": {"Ngừng cấp số trước giờ đóng cửa (phút)", "No numbers before closing (minutes)"}, "stop_too_late": {"Ngừng khi không kịp phục vụ", "Stop when people would not be served in time"},
		"card_only": {"Ưu tiên chỉ khi có thẻ hoặc cán bộ xác nhận", "Priority only by card or by staff"}, "auto_call": {"Quầy trống tự gọi", "A free counter calls by itself"}, "auto_call_seconds": {"Tự gọi sau (giây)", "Calls by itself after (seconds)"},
		"help_factor": {"Hỗ trợ khi chờ lâu gấp mấy lần", "Helps when the wait is so many times as long"}, "reserve": {"Phần số để dành", "Numbers set aside"},

		"volume": {"Âm lượng", "Volume"}, "readings": {"Đọc mấy lần", "Readings"}, "quiet": {"Giờ yên lặng", "Quiet times"}, "silent": {"Im lặng", "Silent"},
		"language": {"Tiếng", "Language"}, "hide": {"Phần không hiện", "Parts not shown"}, "ticker": {"Dòng thông báo", "Ticker"}, "ticker_en": {"Dòng thông báo, tiếng Anh", "Ticker in English"}, "playlist": {"Danh sách phát", "Playlist"},
		"file": {"Tệp", "File"}, "seconds": {"Giây", "Seconds"}, "distance": {"Nhìn từ xa (m)", "Seen from (m)"}, "diagonal": {"Cỡ màn hình (inch)", "Screen (inches)"}, "directions": {"Hướng đến quầy", "Directions to counters"},
		"levels": {"Các mức", "Levels"}, "level": {"Mức", "Level"}, "reasons": {"Lý do", "Reasons"}, "minutes": {"Trong (phút)", "Within (minutes)"}, "low": {"Mức thấp", "Low level"}, "least": {"Công khai từ mấy lượt", "Public from so many"},
		"hotline": {"Số điện thoại hỏi lượt", "Telephone to ask with"}, "sms": {"Hỏi bằng tin nhắn", "Asking by message"}, "notice": {"Dòng riêng trên phiếu", "Own line on the paper"}, "notice_en": {"Dòng riêng trên phiếu, tiếng Anh", "Own line on the paper, in English"},
		"second": {"Tiếng thứ hai trên phiếu", "Second language of the paper"}, "paper": {"Các phần của phiếu", "Parts of the paper"}, "pictograms": {"Hình vẽ", "Pictograms"}, "texts": {"Tên bằng tiếng khác", "Names in other languages"},
		"millimetre": {"Điểm ảnh mỗi mm", "Pixels to the millimetre"}, "age": {"Tuổi được ưu tiên", "Age of priority"},
		"chat": {"Trò chuyện", "Chats"}, "month": {"Số tin mỗi tháng", "Messages a month"}, "no_fallback": {"Không gửi qua kênh khác", "Sent through no other channel"},
	}
}
