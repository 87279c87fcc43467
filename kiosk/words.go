package kiosk

import (
	"fmt"
	"net/http"

	"github.com/xinmoi/xinmoi/queue"
)

// The languages of the screens.
const (
	vietnamese = "vi"
	english    = "en"
)

// language reads the language a screen was opened in.
func language(r *http.Request) string {
	if r.FormValue("lang") == english {
		return english
	}
	return vietnamese
}

// words are the texts of the screens in one language.
type words struct {
	Welcome, ChooseField, ChooseProcedure, Keys        string
	Waiting, Paused, Back, Home, More, Less            string
	OtherLanguage, OtherLanguageCode                   string
	YourNumber, Ahead, Printing, TakePaper, NotThere   string
	NoPaper, Photo, Scan, Lookup, Ask, AskHelp         string
	Have, Reprint, Done, Remember, MoreTime, ResetIn   string
	Seconds, Still, StillHere, Closed, ClosedNext      string
	ErrorTitle, NoNumbersLeft, Reprinted, NoMorePapers string
}

// speak gives the texts of a language.
func speak(lang string) words {
	if lang == english {
		return wordsEN()
	}
	return wordsVI()
}

func wordsVI() words {
	return words{
		Welcome: "Kính chào quý khách", ChooseField: "Mời chọn lĩnh vực", ChooseProcedure: "Mời chọn thủ tục",
		Keys:    "Chạm vào ô, hoặc bấm phím số",
		Waiting: "đang chờ", Paused: "Tạm ngừng nhận số", Back: "Quay lại", Home: "Về trang đầu",
		More: "Xem tiếp", Less: "Trang trước",
		OtherLanguage: "English", OtherLanguageCode: english,
		YourNumber: "Số thứ tự của quý khách", Ahead: "Phía trước", Printing: "Đang in phiếu…",
		TakePaper: "Mời quý khách lấy phiếu", NotThere: "Không thấy phiếu? In lại",
		NoPaper: "Máy in chưa in được phiếu. Số này vẫn có hiệu lực.",
		Photo:   "Xin chụp ảnh màn hình, hoặc quét mã để giữ số",
		Scan:    "Quét mã để theo dõi lượt", Lookup: "Mã tra cứu",
		Ask: "Phiếu đã in chưa?", AskHelp: "Nếu chưa có phiếu, chọn In lại. Số không thay đổi.",
		Have: "Đã có phiếu", Reprint: "In lại", Done: "Xong", Remember: "Xin nhớ số và chờ gọi",
		MoreTime: "Thêm thời gian", ResetIn: "Màn hình về trang đầu sau", Seconds: "giây",
		Still: "Quý khách còn đó không?", StillHere: "Tôi vẫn ở đây",
		Closed:     "Hiện ngoài giờ nhận số",
		ClosedNext: "Xin mời quay lại trong giờ làm việc, hoặc đến quầy hướng dẫn.",
		ErrorTitle: "Chưa lấy được số", NoNumbersLeft: "Chưa có thủ tục nào. Xin mời đến quầy hướng dẫn.",
		Reprinted: "Phiếu in lại có ghi IN LẠI, số không thay đổi",
	}
}

func wordsEN() words {
	return words{
		Welcome: "Welcome", ChooseField: "Please choose a field", ChooseProcedure: "Please choose a procedure",
		Keys:    "Touch a tile, or press its number",
		Waiting: "waiting", Paused: "No numbers at the moment", Back: "Back", Home: "To the start",
		More: "More", Less: "Previous",
		OtherLanguage: "Tiếng Việt", OtherLanguageCode: vietnamese,
		YourNumber: "Your number", Ahead: "Ahead of you", Printing: "Printing your ticket…",
		TakePaper: "Please take your ticket", NotThere: "No ticket? Print again",
		NoPaper: "The printer could not print. Your number is valid all the same.",
		Photo:   "Please photograph this screen, or scan the code to keep the number",
		Scan:    "Scan to follow your turn", Lookup: "Lookup code",
		Ask: "Did your ticket come out?", AskHelp: "If it did not, choose Print again. Your number stays the same.",
		Have: "I have it", Reprint: "Print again", Done: "Done", Remember: "Please keep your number in mind and wait for the call",
		MoreTime: "More time", ResetIn: "This screen closes in", Seconds: "seconds",
		Still: "Are you still there?", StillHere: "I am still here",
		Closed:     "No numbers are given out now",
		ClosedNext: "Please come back during opening hours, or ask at the information desk.",
		ErrorTitle: "No number yet", NoNumbersLeft: "There is nothing to choose yet. Please ask at the information desk.",
		Reprinted: "The new ticket is marked IN LẠI; your number stays the same",
	}
}

// apology says what went wrong and what to do next, for people, and the HTTP
// status that goes with it.
func apology(lang string, code queue.Code) (status int, what, next string) {
	status, vi, en := apologies(code)
	desk := [2]string{"Xin mời đến quầy hướng dẫn.", "Please go to the information desk."}
	again := [2]string{"Xin thử lại sau một phút, hoặc đến quầy hướng dẫn.", "Please try again in a minute, or go to the information desk."}
	advice := desk
	switch code {
	case queue.CodeUnavailable, queue.CodeInternal, queue.CodeRateLimited, queue.CodeFenced:
		advice = again
	case queue.CodeBadRequest, queue.CodeKeyReused, queue.CodeUnknownService:
		advice = [2]string{"Xin về trang đầu và chọn lại.", "Please go back to the start and choose again."}
	case queue.CodeOfficeClosed:
		advice = [2]string{wordsVI().ClosedNext, wordsEN().ClosedNext}
	}
	if lang == english {
		return status, en, advice[1]
	}
	return status, vi, advice[0]
}

func apologies(code queue.Code) (status int, vi, en string) {
	switch code {
	case queue.CodeOfficeClosed:
		return http.StatusConflict, "Hiện ngoài giờ nhận số.", "No numbers are given out now."
	case queue.CodeServiceClosed:
		return http.StatusConflict, "Lĩnh vực này đang tạm ngừng nhận số.", "This service gives no numbers at the moment."
	case queue.CodeUnknownService, queue.CodeUnknownOffice:
		return http.StatusNotFound, "Không tìm thấy thủ tục này.", "This procedure was not found."
	case queue.CodeBadRequest, queue.CodeKeyReused:
		return http.StatusBadRequest, "Máy chưa hiểu lựa chọn vừa rồi.", "The choice was not understood."
	case queue.CodeRateLimited:
		return http.StatusTooManyRequests, "Quá nhiều lượt lấy số cùng lúc.", "Too many numbers were asked for at once."
	case queue.CodeForbidden, queue.CodeUnauthorized:
		return http.StatusForbidden, "Máy này chưa được phép cấp số.", "This machine may not give out numbers."
	case queue.CodeUnavailable, queue.CodeFenced:
		return http.StatusServiceUnavailable, "Hệ thống tạm thời chưa trả lời.", "The system does not answer at the moment."
	}
	return http.StatusInternalServerError, "Máy lấy số gặp trục trặc.", "The machine has a problem."
}

// people counts people in a language.
func people(lang string, n int) string {
	switch {
	case lang != english:
		return fmt.Sprintf("%d người", n)
	case n == 1:
		return "1 person"
	}
	return fmt.Sprintf("%d people", n)
}
