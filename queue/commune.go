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
	all := []Procedure{
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
	leaflets := communeLeaflets()
	for i := range all {
		l := leaflets[all[i].ID]
		all[i].Bring, all[i].BringEN, all[i].Fee, all[i].FeeEN = l.Bring, l.BringEN, l.Fee, l.FeeEN
		all[i].Takes, all[i].TakesEN, all[i].Also = l.Takes, l.TakesEN, l.Also
	}
	return all
}

// communeLeaflets tells of the procedures that most people come for; an office
// puts its own words in their place.
func communeLeaflets() map[string]Procedure {
	return map[string]Procedure{
		"khai-sinh": {
			Bring:   "Tờ khai đăng ký khai sinh\nGiấy chứng sinh\nCăn cước của cha, mẹ\nGiấy chứng nhận kết hôn (nếu có)",
			BringEN: "Birth registration form\nBirth notification\nParents' identity cards\nMarriage certificate (if any)",
			Fee:     "Miễn lệ phí khi đúng hạn", FeeEN: "Free if in time", Takes: "Trong ngày", TakesEN: "The same day",
			Also: "làm giấy khai sinh; khai sanh; em bé mới sinh",
		},
		"ket-hon": {
			Bring:   "Tờ khai đăng ký kết hôn\nGiấy xác nhận tình trạng hôn nhân\nCăn cước của hai bên\nHai bên cùng có mặt",
			BringEN: "Marriage registration form\nCertificate of marital status\nIdentity cards of both\nBoth must come",
			Fee:     "Miễn lệ phí", FeeEN: "Free", Takes: "Trong ngày", TakesEN: "The same day", Also: "cưới; hôn thú; giấy kết hôn",
		},
		"ban-sao": {
			Bring:   "Bản chính\nBản sao cần chứng thực",
			BringEN: "The original\nThe copies to be certified",
			Fee:     "2.000 đồng một trang, từ trang thứ ba 1.000 đồng, nhiều nhất 200.000 đồng một bản",
			FeeEN:   "2,000 dong a page, 1,000 from the third page on, at most 200,000 a copy",
			Takes:   "Trong ngày", TakesEN: "The same day", Also: "sao y; công chứng; photo",
		},
		"ho-kinh-doanh": {
			Bring:   "Giấy đề nghị đăng ký hộ kinh doanh\nCăn cước của chủ hộ",
			BringEN: "Application form\nOwner's identity card",
			Fee:     "100.000 đồng", FeeEN: "100,000 dong", Takes: "3 ngày làm việc", TakesEN: "3 working days", Also: "mở tiệm; mở quán; giấy phép kinh doanh",
		},
	}
}
