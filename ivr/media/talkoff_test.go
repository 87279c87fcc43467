package media

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/announce/audio"
	hearing "github.com/xinmoi/xinmoi/announce/ear"
)

// Every key is found through a telephone line: 300 to 3400 Hz, G.711, and white
// noise 20 dB below the tones.
func TestInbandThroughATelephoneLine(t *testing.T) {
	low, high := []float64{697, 770, 852, 941}, []float64{1209, 1336, 1477, 1633}
	for seed, amplitude := range []float64{1500, 1500, 6000, 6000} {
		s := make([]int16, 400)
		for i := range keypad {
			s = append(s, tones(low[i/4], high[i%4], amplitude, amplitude, 0, 80)...)
			s = append(s, make([]int16, 640+37*(i+seed))...)
		}
		line, err := hearing.Telephone(hearing.WithNoise(audio.FromInt16(audio.RatePhone, s), 20, uint64(seed)))
		if err != nil {
			t.Fatal(err)
		}
		if got := find(line.Int16()); got != keypad {
			t.Errorf("amplitude %g, noise %d: %q, want %q", amplitude, seed, got, keypad)
		}
	}
}

// talk is what people say while they listen to a menu, in both languages, and
// what a synthetic voice makes of it is full of vowels that resemble keys.
const talk = `A lô, cho tôi hỏi, tôi muốn lấy số để làm giấy khai sinh cho cháu. Thủ tục đăng ký kết hôn cần những giấy tờ gì?
Tôi ở phường Bến Nghé, quận một, thành phố Hồ Chí Minh. Số điện thoại của tôi là không chín một hai ba bốn năm sáu bảy tám.
Bà ơi, chờ con một chút, con đang gọi điện thoại. Dạ vâng ạ. Không phải, đất đai cơ. Ừ, bấm phím một rồi mà. Ai đấy?
Hồ sơ của tôi nộp từ hôm thứ ba tuần trước, đến nay vẫn chưa có kết quả. Sao lâu thế nhỉ? Thôi được rồi, để tôi đến tận nơi hỏi.
Ngày mai mấy giờ mở cửa? Bảy giờ rưỡi à? Trưa có nghỉ không? Cảm ơn anh chị nhiều nhé. Ôi giời ơi, lại hết số rồi. Một, hai, ba, bốn, năm, sáu, bảy, tám, chín, mười.
Hello, I would like to ask about the temporary residence card. Please hold on, I am looking for a pen. Eee, aaa, ooo, uuu. No, not that one.`

// What people say is no key: minutes of synthetic speech at several pitches and
// speeds, at the level of a loud talker, through a telephone line.
func TestTalkIsNoKey(t *testing.T) {
	program, err := exec.LookPath("espeak-ng")
	if err != nil {
		t.Skip("espeak-ng is not installed: talk-off is not measured (apt-get install espeak-ng)")
	}
	var total time.Duration
	voices, enough := [][]string{{"-v", "vi", "-p", "35"}, {"-v", "vi+f2", "-p", "90", "-s", "140"}, {"-v", "vi-vn-x-south", "-p", "60"}}, 2*time.Minute
	if racing {
		voices, enough = voices[:1], 30*time.Second
	}
	for _, voice := range voices {
		file := filepath.Join(t.TempDir(), "talk.wav")
		if out, err := exec.CommandContext(t.Context(), program, append(voice, "-w", file, talk)...).CombinedOutput(); err != nil {
			t.Fatalf("%q: %v: %s", voice, err, out)
		}
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		speech, err := audio.DecodeWAV(data)
		if err != nil {
			t.Fatalf("%q: %v", voice, err)
		}
		line, err := hearing.Telephone(speech)
		if err != nil {
			t.Fatal(err)
		}
		if got := find(line.Int16()); got != "" {
			t.Errorf("voice %q: keys %q in speech", voice, got)
		}
		total += line.Duration()
	}
	t.Logf("%v of speech", total)
	if total < enough {
		t.Errorf("only %v of speech was tried", total)
	}
}
