package voice

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Kind is the sort of a fault; programs tell faults apart by it.
type Kind string

// The kinds of faults.
const (
	FaultMissing    Kind = "missing"      // The file of a clip is not there.
	FaultUnreadable Kind = "unreadable"   // Neither WAV nor FLAC that can be used.
	FaultChanged    Kind = "changed"      // Not the file that the manifest was written for.
	FaultWrongRate  Kind = "wrong_rate"   // Another sample rate than the manifest's.
	FaultClipped    Kind = "clipped"      // Peaks were cut off while recording.
	FaultQuiet      Kind = "quiet"        // Far below the voice's usual level.
	FaultLoud       Kind = "loud"         // Far above it.
	FaultSilent     Kind = "silent"       // No sound at all.
	FaultUneven     Kind = "uneven"       // The pack's clips differ too much in loudness.
	FaultPeaks      Kind = "peaks"        // Too high even when levelled and limited.
	FaultNoisy      Kind = "noisy"        // Background noise is heard.
	FaultOffset     Kind = "dc_offset"    // The wave does not lie around zero.
	FaultTooLong    Kind = "too_long"     // For its syllables.
	FaultTooShort   Kind = "too_short"    // For its syllables.
	FaultLead       Kind = "lead_silence" // Silence before the words.
	FaultTail       Kind = "tail_silence" // Silence behind them.
	FaultText       Kind = "text"         // Not NFC, lower case and single spaces, or an unknown position.
	FaultTwice      Kind = "twice"        // Two clips for the same words and position, or one recording under two texts.
	FaultSwitched   Kind = "switch"       // Number words of another region than the pack's.
	FaultNoLicence  Kind = "no_licence"   // Nobody says what may be done with it.
	FaultNoSpeaker  Kind = "no_speaker"   // Nobody says whose voice it is.
	FaultNoConsent  Kind = "no_consent"   // The speaker's consent is not in the pack.
	FaultNoDate     Kind = "no_date"      // Not known when or with what it was recorded.
	FaultUncovered  Kind = "uncovered"    // A call needs words that no clip says.
	FaultGrammar    Kind = "grammar"      // A grammar, the region or the number words cannot be used.
)

// Fault is one thing wrong with a pack, and what to do about it.
type Fault struct {
	Clip      string `json:"clip,omitempty"` // Its id; empty = the pack as a whole.
	Kind      Kind   `json:"kind"`
	Problem   string `json:"problem"` // In English, with the measured value.
	ProblemVI string `json:"problem_vi"`
	Next      string `json:"next"` // What to do, in English.
	NextVI    string `json:"next_vi"`
}

// String is the fault in one line of English.
func (f Fault) String() string {
	return fmt.Sprintf("%s: %s; %s", cmp.Or(f.Clip, "pack"), f.Problem, f.Next)
}

// Report is what Check found.
type Report struct {
	Manifest Manifest
	Faults   []Fault
	SpreadLU float64 // Loudest minus quietest clip, when levelled as for a call.
	PeakDBTP float64 // Highest true peak, when levelled and limited as for a call.
	Noise    float64 // How far the room lies below the speech, in dB; 0 = not known.
	Duration time.Duration
}

// OK reports whether the pack may be used.
func (r Report) OK() bool { return len(r.Faults) == 0 }

// Kinds counts the faults of each kind.
func (r Report) Kinds() map[Kind]int {
	out := map[Kind]int{}
	for _, f := range r.Faults {
		out[f.Kind]++
	}
	return out
}

// Add puts in a fault whose remedy is that of its kind.
func (r *Report) Add(clip string, k Kind, problem, problemVI string) {
	next, nextVI := k.Remedy()
	r.Faults = append(r.Faults, Fault{Clip: clip, Kind: k, Problem: problem, ProblemVI: problemVI, Next: next, NextVI: nextVI})
}

// sort puts the faults of the pack first and those of clips in the order of
// the manifest.
func (r *Report) sort() {
	place := map[string]int{"": -1}
	for i, c := range r.Manifest.Clips {
		place[c.ID] = i
	}
	slices.SortStableFunc(r.Faults, func(a, b Fault) int { return cmp.Compare(place[a.Clip], place[b.Clip]) })
}

// Remedy is what to do about faults of a kind, in English and Vietnamese.
func (k Kind) Remedy() (en, vi string) {
	r := remedies(k)
	return r[0], r[1]
}

func remedies(k Kind) [2]string {
	switch k {
	case FaultMissing:
		return [2]string{"record it in /studio, or import the whole pack again", "ghi âm câu này trong /studio, hoặc nhập lại cả bộ giọng"}
	case FaultUnreadable, FaultWrongRate:
		return [2]string{"save it as WAV or FLAC, 16 or 24 bit, at the pack's sample rate, or record it again", "lưu lại dạng WAV hoặc FLAC 16/24 bit, đúng tần số của bộ giọng, hoặc ghi âm lại"}
	case FaultChanged:
		return [2]string{"import the whole pack again, or finish it in /studio once more", "nhập lại cả bộ giọng, hoặc hoàn tất lại trong /studio"}
	case FaultClipped, FaultLoud, FaultPeaks:
		return [2]string{"turn the microphone down or move 10 cm away, and record it again", "giảm âm lượng micrô hoặc ngồi xa thêm 10 cm rồi ghi âm lại"}
	case FaultQuiet, FaultSilent:
		return [2]string{"turn the microphone up or move closer (20 cm), and record it again", "tăng âm lượng micrô hoặc ngồi gần lại (20 cm) rồi ghi âm lại"}
	case FaultUneven:
		return [2]string{"record the quiet and loud clips again, at one sitting and one distance", "ghi âm lại các câu quá nhỏ hoặc quá to, cùng một buổi và một khoảng cách"}
	case FaultNoisy:
		return [2]string{"switch off fans and close the windows, and record it again", "tắt quạt, đóng cửa sổ rồi ghi âm lại"}
	case FaultOffset:
		return [2]string{"try another sound card or cable, and record it again", "thử bo mạch âm thanh hoặc dây khác rồi ghi âm lại"}
	case FaultTooLong, FaultTooShort:
		return [2]string{"listen to it: it may be cut off or hold something else; record it again, evenly and not in a hurry", "nghe lại: có thể bị cụt hoặc lẫn tiếng khác; ghi âm lại, đọc đều và không vội"}
	case FaultLead, FaultTail:
		return [2]string{"cut the silence away in /studio", "cắt bỏ khoảng lặng trong /studio"}
	}
	return packRemedies(k)
}

func packRemedies(k Kind) [2]string {
	switch k {
	case FaultText:
		return [2]string{"write it in manifest.json in lower case, precomposed letters (NFC) and single spaces", "sửa trong manifest.json: chữ thường, dấu dựng sẵn (NFC), cách nhau một dấu cách"}
	case FaultTwice:
		return [2]string{"record one of the two again, or give a second take its own variant", "ghi âm lại một trong hai câu, hoặc ghi variant riêng cho lần đọc thứ hai"}
	case FaultSwitched:
		return [2]string{"record the number words of the pack's region, or correct \"switches\" in manifest.json", "ghi âm theo cách đọc số của vùng, hoặc sửa \"switches\" trong manifest.json"}
	case FaultNoLicence:
		return [2]string{"agree with the speaker what others may do with the recordings and write it as \"licence\"", "thỏa thuận với người đọc về quyền sử dụng và ghi vào \"licence\""}
	case FaultNoSpeaker:
		return [2]string{"write a name or a pseudonym as \"speaker\"", "ghi tên hoặc bí danh người đọc vào \"speaker\""}
	case FaultNoConsent:
		return [2]string{"put the signed consent into the pack and name the file as \"consent\"", "đặt giấy đồng ý có chữ ký vào bộ giọng và ghi tên tệp vào \"consent\""}
	case FaultNoDate:
		return [2]string{"write \"recorded_at\" and \"recorded_with\" (microphone, room)", "ghi \"recorded_at\" và \"recorded_with\" (micrô, phòng)"}
	case FaultUncovered:
		return [2]string{"record the clip in /studio; until then the placeholder voice says it", "ghi âm câu này trong /studio; trong lúc chờ, giọng tạm sẽ đọc thay"}
	}
	return [2]string{"correct the file that is named, or take it out of the pack", "sửa tệp được nêu tên, hoặc bỏ tệp đó khỏi bộ giọng"}
}
