package poster

import (
	"context"
	"image"
	"image/color"
	"net/http"
	"net/http/httptest"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"

	"github.com/xinmoi/xinmoi/queue"
)

// shop is an office as it was set up.
type shop struct{ setup queue.Setup }

func (s shop) Setup(context.Context) (queue.SetupView, error) {
	return queue.SetupView{Setup: s.setup}, nil
}

func (s shop) Configure(context.Context, queue.ConfigureRequest) (queue.SetupView, error) {
	return queue.SetupView{}, nil
}

func get(t *testing.T, change func(*queue.Setup), path string) string {
	t.Helper()
	s := queue.CommuneCentre()
	s.Address, s.Kiosk.Hotline = "Thôn 3 <Tân Phú>", "1900 1234"
	if change != nil {
		change(&s)
	}
	d, err := New(Config{
		Setup: shop{s}, Base: "https://mot-cua.example.vn", Dial: func() string { return "tel:02513000000" },
		Ways: func() []Way { return []Way{{Title: "Zalo", Text: "Nhắn LẤY SỐ"}} },
		Menu: func(context.Context) []Key {
			return []Key{{"1", "Lấy số", "Take a number"}, {"1 2", "Đất đai", "Land"}}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	d.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	if w.Code != http.StatusOK {
		t.Fatalf("%s: %d %s", path, w.Code, w.Body)
	}
	return w.Body.String()
}

func TestPaperSaysTheOffice(t *testing.T) {
	for path, want := range map[string][]string{
		Prefix:                 {"poster-a3", "phone-card"},
		Prefix + "/poster-a3":  {"xã Bình An", "02513000000", "<b>A</b>", "Zalo", "a3-", "Thôn 3 &lt;Tân Phú&gt;", "1900 1234", "24/24"},
		Prefix + "/poster-a4":  {"a4-"},
		Prefix + "/leaflet":    {"Đăng ký khai sinh", "Giấy chứng sinh", "Lệ phí: Miễn lệ phí"},
		Prefix + "/phone-card": {"<kbd>1 2</kbd> Đất đai", "02513000000"},
	} {
		got := get(t, nil, path)
		for _, w := range want {
			if !strings.Contains(strings.ReplaceAll(got, "a3.", "a3-"), w) && !strings.Contains(strings.ReplaceAll(got, "a4.", "a4-"), w) {
				t.Errorf("%s does not say %q\n%s", path, w, got)
			}
		}
		if strings.Contains(got, "CHẠY THỬ") {
			t.Errorf("%s: on trial", path)
		}
	}
	if got := get(t, func(s *queue.Setup) { s.Trial = true }, Prefix+"/poster-a4"); !strings.Contains(got, "CHẠY THỬ") {
		t.Error("the poster does not say that it is a trial")
	}
}

// The code leads to the citizens' page: read back from the drawing.
func TestQR(t *testing.T) {
	svg := get(t, nil, Prefix+"/poster-a4")
	side, err := strconv.Atoi(regexp.MustCompile(`viewBox="0 0 (\d+)`).FindStringSubmatch(svg)[1])
	if err != nil {
		t.Fatal(err)
	}
	const scale = 8
	img := image.NewGray(image.Rect(0, 0, side*scale, side*scale))
	for i := range img.Pix {
		img.Pix[i] = 255
	}
	for _, m := range regexp.MustCompile(`M(\d+) (\d+)h1v1h-1z`).FindAllStringSubmatch(svg, -1) {
		x, _ := strconv.Atoi(m[1])
		y, _ := strconv.Atoi(m[2])
		for dy := range scale {
			for dx := range scale {
				img.SetGray(x*scale+dx, y*scale+dy, color.Gray{})
			}
		}
	}
	b, err := gozxing.NewBinaryBitmapFromImage(img)
	if err != nil {
		t.Fatal(err)
	}
	got, err := qrcode.NewQRCodeReader().Decode(b, nil)
	if err != nil || got.GetText() != "https://mot-cua.example.vn/" {
		t.Errorf("%v %v", got, err)
	}
	if _, err := QR(strings.Repeat("x", 300)); err == nil {
		t.Error("a code that nobody can read from afar")
	}
}

func TestHours(t *testing.T) {
	week := func(days ...time.Weekday) (h []queue.Hours) {
		for _, d := range days {
			h = append(h, queue.Hours{Day: d, From: "07:30", To: "11:30"}, queue.Hours{Day: d, From: "13:00", To: "17:00"})
		}
		return h
	}
	for _, c := range []struct {
		hours []queue.Hours
		want  []hoursLine
	}{
		{nil, []hoursLine{{"Mọi ngày", "Every day", "24/24"}}},
		{week(1, 2, 3, 4, 5), []hoursLine{{"T2–T6", "Mon–Fri", "07:30–11:30, 13:00–17:00"}}},
		{append(week(1, 2, 4), queue.Hours{Day: 6, From: "07:30", To: "11:30"}), []hoursLine{
			{"T2–T3", "Mon–Tue", "07:30–11:30, 13:00–17:00"}, {"T5", "Thu", "07:30–11:30, 13:00–17:00"}, {"T7", "Sat", "07:30–11:30"},
		}},
		{week(0, 1, 2, 3, 4, 5, 6), []hoursLine{{"T2–CN", "Mon–Sun", "07:30–11:30, 13:00–17:00"}}},
	} {
		if got := Hours(queue.Setup{Hours: c.hours}); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%v: %v, want %v", c.hours, got, c.want)
		}
	}
}
