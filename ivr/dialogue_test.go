package ivr

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// The office of the tests: six services on two menu pages, C gives no numbers.
func testInfo() queue.Info {
	return queue.Info{ID: "tan-phu", Name: "Trung tâm Phục vụ hành chính công xã Tân Phú",
		TimeZone: "Asia/Ho_Chi_Minh", Open: true, Region: "north"}
}

func testServices() []queue.ServiceView {
	var list []queue.ServiceView
	for i, name := range []string{"Hộ tịch, chứng thực", "Đất đai, xây dựng", "BHXH", "Thuế", "Giáo dục", "Y tế"} {
		id := string(rune('A' + i))
		list = append(list, queue.ServiceView{Service: queue.Service{ID: id, Name: name}, Open: id != "C"})
	}
	return list
}

func testStarted() Started { return Started{Info: testInfo(), Services: testServices()} }

func testTicket() queue.Ticket {
	return queue.Ticket{ID: "7", Number: queue.Number{Prefix: "A", N: 12}, Service: "A", State: queue.Held,
		Standing: &queue.Standing{Ahead: 3}}
}

func closedServices() []queue.ServiceView {
	list := testServices()
	for i := range list {
		list[i].Open = false
	}
	return list
}

// brief writes an action for comparison; sentences as their text.
func brief(a Action) string {
	switch a := a.(type) {
	case Say:
		return a.Sentence.Text()
	case SetTimer:
		return fmt.Sprint("wait ", a.D)
	case Take:
		return "take " + a.Service
	case Confirm:
		return "confirm " + a.Ticket
	case Prepare:
		return "prepare"
	}
	return strings.ToLower(strings.TrimSuffix(strings.TrimPrefix(fmt.Sprintf("%T", a), "ivr."), "{}"))
}

// talk gives the conversation after some inputs.
func talk(t *testing.T, ins ...Input) (Dialogue, []Action) {
	t.Helper()
	d, last := NewDialogue("vi"), []Action(nil)
	for _, in := range ins {
		d, last = d.Step(in)
	}
	return d, last
}

func with(base []Input, more ...Input) []Input { return append(slices.Clone(base), more...) }

func TestDialoguePaths(t *testing.T) {
	var (
		started = []Input{testStarted()}
		taking  = with(started, Key{'1'})
		reading = with(taking, Taken{testTicket()})
		offered = with(reading, Played{})
		heard   = with(offered, Played{})
		missed2 = with(started, Key{'7'}, Played{}, Silence{})
		wayOut  = with(missed2, Key{'8'})
		down    = queue.Errorf(queue.CodeUnavailable, "down")
	)
	tests := map[string]struct {
		in   []Input
		want []string // Of the actions of the last input; a prefix of each is enough.
	}{
		"greets and offers": {started, []string{"Xin chào, đây là trung tâm Phục vụ hành chính công xã Tân Phú. " +
			"Làm thủ tục hộ tịch, chứng thực, bấm phím một. Đất đai, xây dựng, phím hai. " +
			"Thuế, phím bốn. Thủ tục khác, phím năm. Đã có số, phím sáu. Nghe lại, phím chín."}},
		"no name":                  {[]Input{Started{Info: queue.Info{Open: true}, Services: testServices()}}, []string{"Kính chào quý vị. Làm thủ tục hộ tịch"}},
		"office closed":            {[]Input{Started{Info: queue.Info{}, Services: testServices()}}, []string{"Kính chào quý vị. Hiện nay cơ quan không làm việc. Xin quý vị gọi lại trong giờ làm việc. Đã có số, phím sáu. Nghe lại, phím chín."}},
		"office not reachable":     {[]Input{Started{Err: down}}, []string{"Hệ thống đang bận. Xin quý vị gọi lại"}},
		"no service":               {[]Input{Started{Info: testInfo()}}, []string{"Xin chào, đây là trung tâm Phục vụ hành chính công xã Tân Phú. Hiện các thủ tục đều tạm ngừng cấp số. Xin quý vị đến trực tiếp, nhân viên hướng dẫn sẽ giúp quý vị lấy số. Đã có số, phím sáu. Nghe lại, phím chín."}},
		"all services closed":      {[]Input{Started{Info: testInfo(), Services: closedServices()}}, []string{"Xin chào, đây là trung tâm Phục vụ hành chính công xã Tân Phú. Hiện các thủ tục đều"}},
		"waits after the menu":     {with(started, Played{}), []string{"wait 7s"}},
		"slower after a silence":   {with(started, Played{}, Silence{}, Played{}), []string{"wait 10s"}},
		"first service":            {taking, []string{"hush", "take A", "wait 1.5s"}},
		"after the menu":           {with(started, Played{}, Key{'2'}), []string{"hush", "take B", "wait 1.5s"}},
		"next page":                {with(started, Key{'5'}), []string{"Làm thủ tục giáo dục, bấm phím một. Y tế, phím hai. Nghe lại, phím chín. Để quay lại, bấm phím sao."}},
		"service of the next page": {with(started, Key{'5'}, Key{'2'}), []string{"hush", "take F", "wait 1.5s"}},
		"no page after the last":   {with(started, Key{'5'}, Key{'5'}), []string{"Xin lỗi, lựa chọn này không có. Giáo dục, phím một."}},
		"back":                     {with(started, Key{'5'}, Key{'*'}), []string{"Làm thủ tục hộ tịch"}},
		"star on the first page":   {with(started, Key{'*'}), []string{"Làm thủ tục hộ tịch"}},
		"repeat":                   {with(started, Key{'9'}), []string{"Làm thủ tục hộ tịch"}},
		"operator":                 {with(started, Key{'0'}), []string{"Hiện không có nhân viên trực tổng đài. Quý vị có thể lấy số ngay bây giờ. Làm thủ tục"}},
		"closed service":           {with(started, Key{'3'}), []string{"Thủ tục BHXH, hiện tạm ngừng cấp số. Xin chọn thủ tục khác. Hộ tịch, chứng thực, phím một."}},
		"no such key":              {with(started, Key{'7'}), []string{"Xin lỗi, lựa chọn này không có. Hộ tịch, chứng thực, phím một. Đất đai"}},
		"no such service":          {with(started, Key{'5'}, Key{'4'}), []string{"Xin lỗi, lựa chọn này không có."}},
		"silence":                  {with(started, Played{}, Silence{}), []string{"Xin lỗi, chúng tôi chưa nhận được lựa chọn của quý vị. Hộ tịch"}},
		"third miss":               {wayOut, []string{"Để lấy số thủ tục hộ tịch, chứng thực, bấm phím một. Hoặc xin quý vị đến trực tiếp"}},
		"way out waits":            {with(wayOut, Played{}), []string{"wait 10s"}},
		"way out taken":            {with(wayOut, Key{'1'}), []string{"hush", "take A", "wait 1.5s"}},
		"way out declined":         {with(wayOut, Key{'4'}), []string{"Xin quý vị đến trực tiếp"}},
		"way out silent":           {with(wayOut, Played{}, Silence{}), []string{"Xin quý vị đến trực tiếp"}},
		"office slow":              {with(taking, Silence{}), []string{"Xin quý vị chờ trong giây lát."}},
		"office still slow":        {with(taking, Silence{}, Played{}), []string{"wait 1.5s"}},
		"reads the number":         {reading, []string{"Số của quý vị là: A, không, một, hai", "prepare"}},
		"number after waiting":     {with(taking, Silence{}, Taken{testTicket()}), []string{"Số của quý vị là: A, không, một, hai", "prepare"}},
		"offers to keep it": {offered, []string{"Xin nhắc lại, số thứ tự của quý vị là: A, không, một, hai. " +
			"Phía trước quý vị còn ba người. Để giữ số này, bấm phím một, hoặc giữ máy.", "prepare"}},
		"key before the offer stays": {with(reading, Key{'1'}), nil},
		"and acts when it is due":    {with(reading, Key{'1'}, Played{}), []string{"confirm 7", "hush", "wait 1.5s"}},
		"key typed while taking":     {with(taking, Key{'1'}, Taken{testTicket()}, Played{}), []string{"confirm 7", "hush", "wait 1.5s"}},
		"repeat before the offer":    {with(reading, Key{'9'}, Played{}), []string{"Số của quý vị là:", "prepare"}},
		"key during the offer":       {with(offered, Key{'1'}), []string{"confirm 7", "hush", "wait 1.5s"}},
		"repeat during the offer":    {with(offered, Key{'9'}), []string{"Số của quý vị là:", "prepare"}},
		"other keys do not cut it":   {with(offered, Key{'5'}), nil},
		"hearing it keeps it":        {heard, []string{"confirm 7", "wait 3s"}},
		"key after the offer":        {with(heard, Confirmed{}, Key{'1'}), []string{"Số của quý vị đã được giữ. Xin quý vị có mặt trước khi đến lượt. Cảm ơn quý vị. Xin chào."}},
		"no key after the offer":     {with(heard, Confirmed{}, Silence{}), []string{"Số của quý vị đã được giữ."}},
		"repeat after the offer":     {with(heard, Confirmed{}, Key{'9'}), []string{"Số của quý vị là:", "prepare"}},
		"kept once, heard again":     {with(heard, Confirmed{}, Key{'9'}, Played{}, Played{}), []string{"wait 3s"}},
		"cut short: number again":    {with(offered, Key{'1'}, Confirmed{}), []string{"Đã giữ số A, không, một, hai. Phía trước quý vị còn ba người. Số của quý vị đã được giữ. Xin quý vị có mặt"}},
		"thanks while waiting":       {with(offered, Key{'1'}, Silence{}), []string{"Xin quý vị chờ"}},
		"thanks after waiting":       {with(heard, Key{'1'}, Silence{}, Confirmed{}), []string{"Số của quý vị đã được giữ."}},
		"not kept":                   {with(offered, Key{'1'}, NotConfirmed{down}), []string{"Xin lỗi, số vừa đọc chưa được giữ. Xin quý vị gọi lại"}},
		"not kept while listening":   {with(heard, NotConfirmed{down}), []string{"Xin lỗi, số vừa đọc chưa được giữ."}},
		"hangs up after the thanks":  {with(heard, Confirmed{}, Key{'1'}, Played{}), []string{"hangup"}},
		"hangs up after refusal":     {with(taking, Refused{down}, Played{}), []string{"hangup"}},
		"keys while closing":         {with(taking, Refused{down}, Key{'1'}), nil},
		"not spoken, not kept":       {with(offered, Mute{}), []string{"hangup"}},
		"hung up while offered":      {with(offered, HungUp{}), nil},
		"hung up while taking":       {with(taking, HungUp{}), nil},
		"ticket after hang-up":       {with(taking, HungUp{}, Taken{testTicket()}), nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, actions := talk(t, tt.in...)
			if len(actions) != len(tt.want) {
				t.Fatalf("got %d actions %q, want %d", len(actions), briefs(actions), len(tt.want))
			}
			for i, a := range actions {
				if !strings.HasPrefix(brief(a), tt.want[i]) {
					t.Errorf("action %d:\n got %s\nwant %s", i, brief(a), tt.want[i])
				}
			}
		})
	}
}

func briefs(actions []Action) []string {
	var out []string
	for _, a := range actions {
		out = append(out, brief(a))
	}
	return out
}

// Every refusal is explained; where another service may give a number the menu
// follows, otherwise what to do.
func TestRefusals(t *testing.T) {
	opens := time.Date(2026, 11, 24, 0, 30, 0, 0, time.UTC)
	for code, want := range map[queue.Code]string{
		queue.CodeOfficeClosed:   "Hiện nay cơ quan không làm việc. Văn phòng làm việc lại lúc 7 giờ 30 sáng ngày mai. Xin quý vị gọi lại trong giờ làm việc. Cảm ơn",
		queue.CodeServiceClosed:  "Dịch vụ này hiện không cấp số. Xin quý vị gọi lại vào 7 giờ 30 sáng ngày mai. Làm thủ tục đất đai, xây dựng, bấm phím hai.",
		queue.CodeUnknownService: "Dịch vụ này hiện không cấp số. Xin quý vị gọi lại vào 7 giờ 30 sáng ngày mai. Làm thủ tục đất đai, xây dựng, bấm phím hai.",
		queue.CodeServiceFull:    "Thủ tục này hôm nay đã hết số. Xin quý vị gọi lại vào 7 giờ 30 sáng ngày mai. Làm thủ tục đất đai",
		queue.CodeIssuingStopped: "Hôm nay đã ngừng cấp số, vì không kịp phục vụ trong giờ làm việc. Xin quý vị gọi lại vào 7 giờ 30 sáng ngày mai. Làm thủ tục đất đai",
		queue.CodeChannelFull:    "Số dành cho điện thoại hôm nay đã hết. Xin quý vị gọi lại vào 7 giờ 30 sáng ngày mai. Làm thủ tục đất đai",
		queue.CodePersonLimit:    "Quý vị đã lấy đủ số trong ngày hôm nay. Xin quý vị gọi lại vào 7 giờ 30 sáng ngày mai. Xin quý vị đến trực tiếp",
		queue.CodeRateLimited:    "Số điện thoại này đã lấy nhiều số. Quý vị có thể gọi lại sau. Xin quý vị gọi lại vào 7 giờ 30 sáng ngày mai. Xin quý vị đến",
		queue.CodeForbidden:      "Hiện chưa lấy được số qua điện thoại. Xin quý vị gọi lại vào 7 giờ 30 sáng ngày mai. Xin quý vị đến",
		queue.CodeCardNeeded:     "Hiện chưa lấy được số qua điện thoại.",
		queue.CodeUnavailable:    "Hệ thống đang bận. Xin quý vị gọi lại",
		queue.CodeInternal:       "Hệ thống đang bận. Xin quý vị gọi lại",
		queue.CodeClockWrong:     "Hệ thống đang bận. Xin quý vị gọi lại",
	} {
		started := testStarted()
		started.Now = time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)
		err := queue.Errorf(code, "no")
		err.Opens = opens
		d, actions := talk(t, started, Key{'1'}, Refused{err})
		if len(actions) != 1 || !strings.HasPrefix(brief(actions[0]), want) {
			t.Errorf("%s: said %q, want %q", code, briefs(actions), want)
		}
		if d.stage == menu {
			continue
		}
		if d, actions = d.Step(Played{}); len(actions) != 1 || !d.Ended() {
			t.Errorf("%s: did not hang up: %q", code, briefs(actions))
		}
	}
}

// A service that refused is not offered again in the same call; when none is
// left the caller is sent to the office.
func TestRefusedServiceIsNotOfferedAgain(t *testing.T) {
	started := testStarted()
	started.Services = started.Services[:2]
	full := Refused{queue.Errorf(queue.CodeServiceFull, "no")}
	d, actions := talk(t, started, Key{'1'}, full, Key{'1'})
	if got := brief(actions[0]); !strings.HasPrefix(got, "Thủ tục hộ tịch, chứng thực, hiện tạm ngừng cấp số.") {
		t.Errorf("said %q", got)
	}
	d, _ = d.Step(Key{'2'})
	if _, actions = d.Step(full); !strings.HasPrefix(brief(actions[0]), "Thủ tục này hôm nay đã hết số. Xin quý vị đến trực tiếp") {
		t.Errorf("said %q", briefs(actions))
	}
}

func TestRefusalWithoutCode(t *testing.T) {
	_, actions := talk(t, testStarted(), Key{'1'}, Refused{errors.New("what?")})
	if got := brief(actions[0]); !strings.HasPrefix(got, "Hệ thống đang bận") {
		t.Errorf("said %q", got)
	}
}

// A caller who waits for an office that never answers is sent away, not kept.
func TestEndlessWaits(t *testing.T) {
	for name, from := range map[string][]Input{
		"take":    {testStarted(), Key{'1'}},
		"confirm": {testStarted(), Key{'1'}, Taken{testTicket()}, Played{}, Key{'1'}},
	} {
		d, _ := talk(t, from...)
		waits := 0
		for ; !d.Ended() && waits < 100; waits++ {
			d, _ = d.Step(Silence{})
			d, _ = d.Step(Played{})
		}
		if waits > usualLimits().waits+1 {
			t.Errorf("%s: waited %d times, want at most %d", name, waits, usualLimits().waits+1)
		}
	}
}

// Standing and reading by value are said as the office says them.
func TestOfferWording(t *testing.T) {
	ticket, info := testTicket(), testInfo()
	info.ByValue, info.Region = true, "south"
	vi := speechIn("vi", info, queue.PhoneSetup{})
	ticket.Standing.Ahead = 24
	if got := vi.offer(ticket, true, time.Time{}).Text(); !strings.Contains(got, "A mười hai") || !strings.Contains(got, "còn hai mươi bốn người") {
		t.Errorf("by value in the South: %q", got)
	}
	ticket.Standing.Ahead = 0
	if got := vi.offer(ticket, true, time.Time{}).Text(); !strings.Contains(got, "Phía trước quý vị không còn ai.") {
		t.Errorf("nobody ahead: %q", got)
	}
	ticket.Standing = nil
	if got := vi.offer(ticket, true, time.Time{}).Text(); strings.Contains(got, "Phía trước") {
		t.Errorf("unknown standing was said: %q", got)
	}
	info.Region = "atlantis"
	if got := wording(info).Region; got != "north" {
		t.Errorf("unknown region read as %q", got)
	}
}

func TestLowerFirst(t *testing.T) {
	for in, want := range map[string]string{
		"Đất đai": "đất đai", "BHXH": "BHXH", "y tế": "y tế", "": "", "A": "a", "\xff": "\xff", "Ủy ban": "ủy ban",
	} {
		if got := lowerFirst(in); got != want {
			t.Errorf("lowerFirst(%q) = %q, want %q", in, got, want)
		}
	}
}

// No pause inside a prompt may look like its end.
func TestPausesAreShort(t *testing.T) {
	for _, p := range common("vi", testStarted()) {
		var run int64
		for _, part := range p.sentence.Parts() {
			if len(part.Words) > 0 {
				run = 0
			}
			if run += part.Pause.Milliseconds(); run > 700 {
				t.Errorf("%q pauses %d ms, want at most 700", p.sentence.Text(), run)
			}
		}
	}
}
