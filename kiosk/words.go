package kiosk

import (
	"fmt"
	"net/http"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/web/page"
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

	Help, Chosen                                      string
	Priority, Declared, CardRead, CardAsk, CardNone   string
	Hearing, Sight, Mobility, Interpreter, OpensAgain string
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

		Help: "Cần hỗ trợ? Chạm để chọn, không bắt buộc", Chosen: "đã chọn",
		Priority: "Ưu tiên: cao tuổi, khuyết tật, mang thai, người có công",
		Declared: "Diện ưu tiên – xin đưa giấy tờ cho cán bộ tại quầy", CardRead: "Diện ưu tiên: đã đọc thẻ",
		CardAsk:  "Ở đây diện ưu tiên cần thẻ ưu tiên. Xin đưa thẻ vào máy đọc.",
		CardNone: "Chưa có thẻ? Xin mang giấy tờ đến quầy hướng dẫn để được cấp, hoặc quay lại lấy số thường.",
		Hearing:  "Khó nghe", Sight: "Khó nhìn", Mobility: "Đi lại khó", Interpreter: "Cần phiên dịch",
		OpensAgain: "Nhận số lại lúc %s.",
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

		Help: "Need help? Touch to choose; not required", Chosen: "chosen",
		Priority: "Priority: elderly, disabled, pregnant, people of merit",
		Declared: "Priority – please show your papers at the counter", CardRead: "Priority: card read",
		CardAsk:  "Priority needs a priority card here. Please hold it to the reader.",
		CardNone: "No card? Please take your papers to the information desk, or go back for an ordinary number.",
		Hearing:  "Hard of hearing", Sight: "Low vision", Mobility: "Walking is hard", Interpreter: "Interpreter needed",
		OpensAgain: "Numbers are given again at %s.",
	}
}

// opens says when numbers are given again, on the office's clock.
func (t words) opens(at time.Time) string {
	lang := page.Vietnamese
	if t.OtherLanguageCode == vietnamese {
		lang = page.English
	}
	return fmt.Sprintf(t.OpensAgain, lang.When(at))
}

// needWords names what a citizen may need.
func (t words) needWords(need string) string {
	return map[string]string{
		queue.NeedHearing: t.Hearing, queue.NeedSight: t.Sight, queue.NeedMobility: t.Mobility, queue.NeedInterpreter: t.Interpreter,
	}[need]
}

// classWords says what a priority rests on, so that the citizen has the papers
// ready.
func (t words) classWords(ticket queue.Ticket) string {
	switch {
	case ticket.Class != queue.Priority:
		return ""
	case ticket.Entitlement == queue.ByCard:
		return t.CardRead
	default:
		return t.Declared
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
	case queue.CodeServiceFull, queue.CodeIssuingStopped:
		advice = [2]string{"Xin quay lại ngày làm việc tới, hoặc hỏi quầy hướng dẫn nếu gấp.", "Please come on the next working day, or ask at the information desk if it is urgent."}
	case queue.CodeCardNeeded:
		advice = [2]string{wordsVI().CardNone, wordsEN().CardNone}
	case queue.CodeCardInvalid:
		advice = [2]string{"Xin về trang đầu và quét lại. Nếu vẫn không được, xin mang thẻ và giấy tờ đến quầy hướng dẫn.", "Please go back to the start and scan it again. If that fails, take card and papers to the information desk."}
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
	case queue.CodeServiceFull:
		return http.StatusConflict, "Lĩnh vực này đã phát hết số hôm nay.", "All numbers of this service are given out for today."
	case queue.CodeChannelFull:
		return http.StatusConflict, "Máy lấy số đã phát hết phần số hôm nay của lĩnh vực này.", "This machine has given all its numbers of this service for today."
	case queue.CodeIssuingStopped:
		return http.StatusConflict, "Hôm nay cơ quan đã ngừng phát số.", "No more numbers are given out today."
	case queue.CodePersonLimit:
		return http.StatusConflict, "Quý khách đã lấy đủ số được phép hôm nay.", "You have as many numbers as one may have today."
	case queue.CodeCardNeeded:
		return http.StatusConflict, wordsVI().CardAsk, wordsEN().CardAsk
	case queue.CodeCardInvalid:
		return http.StatusConflict, "Thẻ ưu tiên này không dùng được: chưa đọc rõ, hết hạn hoặc đã thu hồi.", "This priority card is not valid: not read clearly, out of date or revoked."
	case queue.CodeClockWrong:
		return http.StatusServiceUnavailable, "Đồng hồ của hệ thống đang sai nên chưa phát số.", "The system's clock is wrong, so no numbers are given out."
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
