package ivr

// texts is everything the telephone says in one language. A language is one
// value of this type; how the pieces make sentences is in speech.go.
//
// Numbers, letters and keys are not written here: package announce speaks
// them. The English beside each phrase is its meaning, not a recording. Where
// announce.PhonePhrases has a phrase, it is used word for word, because every
// voice has a clip of it.
type texts struct {
	greeting      string // Before the office's name.
	greetingPlain string // When the office's name is not known.

	forService string // Before a service's name.
	pressKey   string // Before the figure of a key.
	keyShort   string // Before the figure of a key, in a short menu.
	forMore    string // Names the next page.
	forRepeat  string // Before the key that repeats.
	forBack    string // What the star key does on later pages.

	nothing  string // After a silence.
	wrong    string // After a key that means nothing.
	operator string // Nobody answers key 0; the menu follows.

	serviceName   string // Before the name of a closed service.
	serviceClosed string // After it.

	wait string // While the office is asked.

	yourNumber  string // Before the number.
	again       string // Before the number, the second time.
	nobodyAhead string
	ahead       string // Before the count of people ahead.
	people      string // After it.
	keepKey     string // Before the key that keeps the number.
	keepStay    string // After it: the other way to keep it.
	keptNumber  string // Before the number, in thanks.
	kept        string // The same without the number.
	beThere     string // What to do now.
	goodbye     string // The last words of every call that we end.

	closedOffice  string // Office closed, and what to do.
	noService     string // All services closed; visit follows.
	closedService string // The chosen service closed meanwhile; visit follows.
	unavailable   string // The office cannot be asked, and what to do.
	tooMany       string // This caller has taken too many numbers; visit follows.
	notAllowed    string // The office refuses for another reason; visit follows.
	notKept       string // The number could not be kept, and what to do.

	wayOut  string // Before the name of the last service offered.
	orVisit string // The other way out.
	visit   string // Come to the office: somebody helps there.
}

// textsFor gives the texts of a language; Vietnamese for all that has none yet.
func textsFor(language string) texts {
	languages := map[string]func() texts{"vi": vietnamese}
	if own, ok := languages[language]; ok {
		return own()
	}
	return vietnamese()
}

func vietnamese() texts {
	return texts{
		greeting:      "Kính chào quý vị, đây là", // Good day, this is …
		greetingPlain: "Kính chào quý vị.",        // Good day.

		forService: "Để làm thủ tục",             // For …,
		pressKey:   "bấm phím",                   // press …
		keyShort:   "phím",                       // key …
		forMore:    "Các thủ tục khác",           // Other services
		forRepeat:  "Để nghe lại, bấm phím",      // To hear this again, press …
		forBack:    "Để quay lại, bấm phím sao.", // To go back, press star.

		nothing:  "Xin lỗi, chúng tôi chưa nhận được lựa chọn của quý vị.",                    // Sorry, we have not received your choice.
		wrong:    "Xin lỗi, lựa chọn này không có.",                                           // Sorry, there is no such choice.
		operator: "Hiện không có nhân viên trực tổng đài. Quý vị có thể lấy số ngay bây giờ.", // No operator now. You can take a number right away.

		serviceName:   "Thủ tục",                                       // The service …
		serviceClosed: "hiện tạm ngừng cấp số. Xin chọn thủ tục khác.", // … gives no numbers now. Please choose another.

		wait: "Xin quý vị chờ trong giây lát.", // One moment, please.

		yourNumber:  "Số thứ tự của quý vị là:",               // Your number is:
		again:       "Xin nhắc lại, số thứ tự của quý vị là:", // Once more, your number is:
		nobodyAhead: "Phía trước quý vị không còn ai.",        // Nobody is ahead of you.
		ahead:       "Phía trước quý vị còn",                  // Ahead of you there are …
		people:      "người.",                                 // … people.
		keepKey:     "Để giữ số này, bấm phím",                // To keep this number, press …
		keepStay:    "hoặc giữ máy.",                          // or stay on the line.
		keptNumber:  "Đã giữ số",                              // Kept: number …
		kept:        "Số của quý vị đã được giữ.",             // Your number is kept.
		beThere:     "Xin quý vị có mặt trước khi đến lượt.",  // Please be there before your turn.
		goodbye:     "Cảm ơn quý vị. Xin chào.",               // Thank you. Goodbye.

		closedOffice:  "Hiện nay cơ quan không làm việc. Xin quý vị gọi lại trong giờ làm việc.",                       // The office is closed. Please call again in office hours.
		noService:     "Hiện các thủ tục đều tạm ngừng cấp số.",                                                        // No service gives numbers now.
		closedService: "Dịch vụ này hiện không cấp số.",                                                                // This service gives no numbers now.
		unavailable:   "Hệ thống đang bận. Xin quý vị gọi lại sau ít phút, hoặc đến lấy số trực tiếp.",                 // The system is busy. Please call again in a few minutes, or come for a number.
		tooMany:       "Số điện thoại này đã lấy nhiều số. Quý vị có thể gọi lại sau.",                                 // This telephone has taken many numbers. You can call again later.
		notAllowed:    "Hiện chưa lấy được số qua điện thoại.",                                                         // No number by telephone now.
		notKept:       "Xin lỗi, số vừa đọc chưa được giữ. Xin quý vị gọi lại sau ít phút, hoặc đến lấy số trực tiếp.", // Sorry, the number just read is not kept. Please call again in a few minutes, or come for a number.

		wayOut:  "Để lấy số thủ tục",                                                         // For a number of …,
		orVisit: "Hoặc xin quý vị đến trực tiếp, nhân viên hướng dẫn sẽ giúp quý vị lấy số.", // Or please come: the staff at the entrance will take a number for you.
		visit:   "Xin quý vị đến trực tiếp, nhân viên hướng dẫn sẽ giúp quý vị lấy số.",      // Please come: the staff at the entrance will take a number for you.
	}
}
