package setup

import (
	"slices"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/web/form"
)

// timeZone asks where the office's days begin. Any zone of the IANA database
// does; those of most Vietnamese offices, at home and abroad, are suggested.
func timeZone() form.Field[queue.Setup] {
	f := form.TextOf("time_zone", form.Text{VI: "Múi giờ", EN: "Time zone"}, func(s *queue.Setup) *string { return &s.TimeZone })
	f.Required, f.Max, f.Example, f.Options = true, 60, homeZone, zoneOptions()
	f.Hint = form.Text{
		VI: "Cơ quan ở Việt Nam: Asia/Ho_Chi_Minh. Ngày, giờ mở cửa, giờ in trên phiếu và báo cáo đều theo múi giờ này.",
		EN: "In Viet Nam: Asia/Ho_Chi_Minh. Days, opening hours, times on paper and in reports go by it.",
	}
	f.Set = func(s *queue.Setup, v []string) *form.Text {
		name, wrong := readZone(form.First(v))
		if wrong == nil {
			s.TimeZone = name
		}
		return wrong
	}
	return f
}

// homeZone is the time zone of Viet Nam.
const homeZone = "Asia/Ho_Chi_Minh"

// readZone takes a zone's name; of the suggested ones also in other letters, or
// the words that they are suggested with.
func readZone(typed string) (string, *form.Text) {
	options := zoneOptions()
	if i := slices.IndexFunc(options, func(o form.Option) bool {
		return slices.ContainsFunc([]string{o.Value, o.Label.VI, o.Label.EN}, func(s string) bool { return strings.EqualFold(s, typed) })
	}); i >= 0 {
		return options[i].Value, nil
	}
	if _, err := time.LoadLocation(typed); err != nil || strings.EqualFold(typed, "local") {
		return "", form.Say("%q không phải múi giờ: chọn trong danh sách, hoặc gõ tên như %s.", "%q is no time zone: choose of the list, or write a name like %s.", typed, homeZone)
	}
	return typed, nil
}

func zoneOptions() []form.Option {
	option := func(name, vi, en string) form.Option {
		return form.Option{Value: name, Label: form.Text{VI: vi, EN: en}}
	}
	return []form.Option{
		option(homeZone, "Việt Nam", "Viet Nam"),
		option("Asia/Vientiane", "Lào", "Laos"),
		option("Asia/Phnom_Penh", "Campuchia", "Cambodia"),
		option("Asia/Bangkok", "Thái Lan", "Thailand"),
		option("Asia/Yangon", "Myanmar", "Myanmar"),
		option("Asia/Kuala_Lumpur", "Malaysia", "Malaysia"),
		option("Asia/Singapore", "Singapore", "Singapore"),
		option("Asia/Jakarta", "Indonesia (Jakarta)", "Indonesia (Jakarta)"),
		option("Asia/Manila", "Philippines", "Philippines"),
		option("Asia/Shanghai", "Trung Quốc", "China"),
		option("Asia/Hong_Kong", "Hồng Kông", "Hong Kong"),
		option("Asia/Taipei", "Đài Loan", "Taiwan"),
		option("Asia/Seoul", "Hàn Quốc", "Korea"),
		option("Asia/Tokyo", "Nhật Bản", "Japan"),
		option("Asia/Kolkata", "Ấn Độ", "India"),
		option("Asia/Dubai", "Các Tiểu vương quốc Ả Rập Thống nhất", "United Arab Emirates"),
		option("Asia/Riyadh", "Ả Rập Xê Út", "Saudi Arabia"),
		option("Australia/Sydney", "Úc (Sydney, Canberra)", "Australia (Sydney, Canberra)"),
		option("Australia/Perth", "Úc (Perth)", "Australia (Perth)"),
		option("Pacific/Auckland", "New Zealand", "New Zealand"),
		option("Europe/Moscow", "Nga (Mát-xcơ-va)", "Russia (Moscow)"),
		option("Asia/Vladivostok", "Nga (Vladivostok)", "Russia (Vladivostok)"),
		option("Europe/Kyiv", "Ukraina", "Ukraine"),
		option("Europe/Warsaw", "Ba Lan", "Poland"),
		option("Europe/Prague", "Séc", "Czechia"),
		option("Europe/Bratislava", "Slovakia", "Slovakia"),
		option("Europe/Budapest", "Hungary", "Hungary"),
		option("Europe/Berlin", "Đức", "Germany"),
		option("Europe/Paris", "Pháp", "France"),
		option("Europe/Rome", "Ý", "Italy"),
		option("Europe/London", "Anh", "United Kingdom"),
		option("Africa/Cairo", "Ai Cập", "Egypt"),
		option("Africa/Johannesburg", "Nam Phi", "South Africa"),
		option("Africa/Luanda", "Angola", "Angola"),
		option("America/New_York", "Mỹ (New York, Washington)", "USA (New York, Washington)"),
		option("America/Chicago", "Mỹ (Houston)", "USA (Houston)"),
		option("America/Los_Angeles", "Mỹ (San Francisco)", "USA (San Francisco)"),
		option("America/Toronto", "Canada (Ottawa)", "Canada (Ottawa)"),
		option("America/Vancouver", "Canada (Vancouver)", "Canada (Vancouver)"),
		option("America/Havana", "Cuba", "Cuba"),
		option("America/Sao_Paulo", "Brazil", "Brazil"),
		option("UTC", "Giờ quốc tế UTC", "Universal time, UTC"),
	}
}
