package queue

// CommuneCentre is the office that a fresh installation starts with: the
// one-stop centre of a commune, with four lines and four counters, open around
// the clock and without quotas, so that it can be tried at any hour. An office
// replaces it with its own setup.
func CommuneCentre() Setup {
	return Setup{
		Office:   "trung-tam",
		Name:     "Trung tâm Phục vụ hành chính công xã Bình An",
		NameEN:   "Binh An Commune Public Administration Service Centre",
		TimeZone: "Asia/Ho_Chi_Minh",
		Services: []Service{
			{ID: "A", Name: "Hộ tịch, chứng thực", NameEN: "Civil status, certification"},
			{ID: "B", Name: "Đất đai, xây dựng", NameEN: "Land, construction"},
			{ID: "C", Name: "Chính sách xã hội, bảo hiểm", NameEN: "Social policy, insurance"},
			{ID: "D", Name: "Đăng ký kinh doanh, trả kết quả", NameEN: "Business registration, results"},
		},
		Procedures: communeProcedures(),
		Counters: []Counter{
			{ID: "1", Name: "Quầy số 1", Services: []string{"A", "B", "C", "D"}},
			{ID: "2", Name: "Quầy số 2", Services: []string{"A", "B"}},
			{ID: "3", Name: "Quầy số 3", Services: []string{"A", "C"}},
			{ID: "4", Name: "Quầy số 4", Services: []string{"C", "D"}},
		},
		Rates:  DefaultRates(),
		Region: "north",
	}
}

func communeProcedures() []Procedure {
	civil := [2]string{"Hộ tịch", "Civil status"}
	certify := [2]string{"Chứng thực", "Certification"}
	land := [2]string{"Đất đai – Xây dựng", "Land and construction"}
	social := [2]string{"Bảo trợ xã hội – Bảo hiểm", "Social protection and insurance"}
	business := [2]string{"Kinh doanh – Trả kết quả", "Business and results"}
	p := func(id string, field [2]string, service, name, en string) Procedure {
		return Procedure{ID: id, Field: field[0], FieldEN: field[1], Service: service, Name: name, NameEN: en}
	}
	return []Procedure{
		p("khai-sinh", civil, "A", "Đăng ký khai sinh", "Birth registration"),
		p("ket-hon", civil, "A", "Đăng ký kết hôn", "Marriage registration"),
		p("khai-tu", civil, "A", "Đăng ký khai tử", "Death registration"),
		p("ban-sao", certify, "A", "Chứng thực bản sao từ bản chính", "Certified copies"),
		p("chu-ky", certify, "A", "Chứng thực chữ ký", "Certified signatures"),
		p("dat-dai", land, "B", "Đăng ký đất đai, biến động", "Land registration"),
		p("xay-dung", land, "B", "Cấp phép xây dựng nhà ở riêng lẻ", "House building permit"),
		p("tro-cap", social, "C", "Trợ cấp xã hội hằng tháng", "Monthly social allowance"),
		p("nguoi-co-cong", social, "C", "Chế độ người có công", "Benefits for people of merit"),
		p("bao-hiem", social, "C", "Bảo hiểm y tế, bảo hiểm xã hội", "Health and social insurance"),
		p("ho-kinh-doanh", business, "D", "Đăng ký hộ kinh doanh", "Household business registration"),
		p("tra-ket-qua", business, "D", "Nhận kết quả hồ sơ", "Collecting results"),
	}
}
