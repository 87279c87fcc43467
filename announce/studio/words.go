package studio

import (
	"fmt"

	"github.com/xinmoi/xinmoi/queue/web/page"
)

// words says a finding to the speaker: what is wrong, and what to do.
func (f Finding) words(l page.Lang) string {
	vi, en := f.sentences()
	return l.T(fmt.Sprintf(vi, f.Value), fmt.Sprintf(en, f.Value))
}

// sentences gives the Vietnamese and the English words of a finding; %[1] is
// the measured value.
func (f Finding) sentences() (vi, en string) {
	switch f.Code {
	case Silent:
		return "Không nghe thấy tiếng nói (cao nhất %.0f dBFS). Kiểm tra micrô đã cắm, đã bật và chọn đúng chưa, rồi đọc lại.",
			"No speech was heard (peak %.0f dBFS). Check that the right microphone is plugged in and switched on, then read again."
	case Clipped:
		return "Tiếng bị vỡ vì quá to (%.0f mẫu liền nhau chạm đỉnh). Ngồi lùi ra hoặc giảm mức micrô, rồi đọc lại.",
			"The sound is clipped (%.0f samples in a row). Move back or turn the microphone down, then read again."
	case TooLoud:
		return "Tiếng hơi to (%.0f dBFS, nên từ −26 đến −16). Ngồi lùi ra một chút.",
			"A little loud (%.0f dBFS, better −26 to −16). Move back a little."
	case TooQuiet:
		return "Tiếng nhỏ (%.0f dBFS, nên từ −26 đến −16). Ngồi cách micrô khoảng 20 cm hoặc tăng mức micrô.",
			"Too quiet (%.0f dBFS, better −26 to −16). Sit about 20 cm from the microphone or turn it up."
	case Noisy:
		return "Phòng ồn (tiếng nền %.0f dBFS, nên dưới −50). Đóng cửa, tắt quạt và máy lạnh, hoặc ngồi gần micrô hơn.",
			"A noisy room (%.0f dBFS, better below −50). Close the door, switch off fans, or sit closer to the microphone."
	case EarlyStart:
		return "Đọc quá sớm (%.0f ms). Chờ hiện chữ «Đọc» rồi hãy đọc.", "Started too early (%.0f ms). Wait for \"Read\" before you speak."
	case EarlyEnd:
		return "Chữ cuối bị cắt (còn %.0f ms). Đọc xong chờ nửa giây rồi mới dừng.", "The last word is cut off (%.0f ms left). Wait half a second before you stop."
	case TooShort:
		return "Câu đọc ngắn bất thường (%.1f lần độ dài dự kiến): thiếu chữ hoặc quá nhanh. Đọc lại cả câu.",
			"Unusually short (%.1f times the expected length): words missing or too fast. Read the whole sentence again."
	case TooLong:
		return "Câu đọc dài bất thường (%.1f lần độ dài dự kiến). Nghe lại xem có thừa chữ hoặc ngắt quãng không.",
			"Unusually long (%.1f times the expected length). Listen for extra words or breaks."
	case ClipShort:
		return "Đoạn được giữ ngắn bất thường (%.1f lần). Nghe lại và chỉnh hai mép nếu mất chữ.",
			"The part that is kept is unusually short (%.1f times). Listen, and move the edges if something is missing."
	case ClipLong:
		return "Đoạn được giữ dài bất thường (%.1f lần). Nghe lại và chỉnh hai mép nếu lẫn chữ khác.",
			"The part that is kept is unusually long (%.1f times). Listen, and move the edges if other words are in it."
	case Unsure:
		return "Máy chưa chắc chỗ cắt.%.0[1]f Nghe đoạn được giữ; nếu lẫn chữ khác, chỉnh hai mép.",
			"The cut is not certain.%.0[1]f Listen to the part that is kept; if other words are in it, move the edges."
	case Telephone:
		return "Thu qua điện thoại (%.0f Hz): dùng được, nhưng nghe đục qua loa.", "Recorded by telephone (%.0f Hz): usable, but dull over loudspeakers."
	}
	return "Bản thu có lỗi (%.1f). Đọc lại.", "Something is wrong (%.1f). Read it again."
}

// words tells the speaker whether the voice has drifted from the first reading.
func (d Drift) words(l page.Lang) string {
	if !d.Heard() {
		return l.T("Giọng đều như lúc đầu. Tiếp tục.", "The voice is as at the beginning. Go on.")
	}
	out := l.T("Giọng đã khác lúc đầu: ", "The voice differs from the beginning: ")
	return out + l.T(
		fmt.Sprintf("to hơn %+.1f dB, thời gian đọc %.2f lần, cao hơn %+.1f nửa cung. ", d.LevelDB, d.Tempo, d.Semitones),
		fmt.Sprintf("%+.1f dB louder, %.2f times as long, %+.1f semitones higher. ", d.LevelDB, d.Tempo, d.Semitones),
	) + l.T("Uống nước, ngồi lại đúng chỗ, nghe câu mẫu đầu tiên rồi đọc lại câu này.", "Drink some water, sit as before, and read this sentence again.")
}

// regionName is a region for people.
func regionName(r string, l page.Lang) string {
	switch r {
	case "central":
		return l.T("miền Trung", "Central")
	case "south":
		return l.T("miền Nam", "Southern")
	}
	return l.T("miền Bắc", "Northern")
}

// licenceName is a licence for people.
func licenceName(id string, l page.Lang) string {
	switch id {
	case "internal use only":
		return l.T("Chỉ dùng trong cơ quan này", "This office only")
	case "CC-BY-4.0":
		return l.T("CC BY 4.0 – mọi nơi được dùng, ghi tên người đọc", "CC BY 4.0 – anybody may use it, naming the speaker")
	case "CC-BY-SA-4.0":
		return l.T("CC BY-SA 4.0 – như trên, giữ nguyên giấy phép", "CC BY-SA 4.0 – the same, under the same licence")
	case "CC0-1.0":
		return l.T("CC0 – mọi nơi được dùng tự do", "CC0 – anybody may use it freely")
	}
	return id
}
