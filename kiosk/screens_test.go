package kiosk

import (
	"context"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/xinmoi/xinmoi/announce"
	"github.com/xinmoi/xinmoi/announce/audio"
	"github.com/xinmoi/xinmoi/kiosk/layout"
	"github.com/xinmoi/xinmoi/queue"
)

// A procedure says what to bring, what it costs and how long it takes before a
// number is taken: field, procedure, number are three touches.
func TestWhatToBring(t *testing.T) {
	open(t, queue.CommuneCentre(), func(h *hall) {
		page := h.tile(h.tile(h.get("/kiosk").Body.String()))
		h.expect(page, "Giấy tờ cần mang", "Giấy chứng sinh", "Phí, lệ phí", "Trong ngày", "Lấy số")
		if _, got := h.submit(page); !strings.Contains(got, "A001") {
			t.Errorf("no number from the third touch: %s", got)
		}
		h.expect(h.get("/kiosk/procedure?id=khai-sinh&lang=en").Body.String(), "What to bring", "Birth notification", "Take a number")
		if w := h.get("/kiosk/procedure?id=none"); w.Code != http.StatusSeeOther {
			t.Errorf("no such procedure: %d", w.Code)
		}
	})
}

// A queue whose only procedure bears its name is one touch: its page would ask
// the same again.
func TestFieldOfOneProcedure(t *testing.T) {
	setup := queue.CommuneCentre()
	setup.Procedures = append(setup.Procedures, queue.Procedure{ID: "tiep-dan", Field: "Tiếp công dân", Name: "Tiếp công dân", Service: "D"})
	open(t, setup, func(h *hall) {
		h.expect(h.get("/kiosk").Body.String(), `action="/kiosk/take"`, `name="procedure" value="tiep-dan"`, `href="/kiosk/field?`, "Hộ tịch")
	})
	setup.Procedures[len(setup.Procedures)-1].Bring = "Đơn"
	open(t, setup, func(h *hall) {
		h.expect(h.get("/kiosk").Body.String(), `href="/kiosk/procedure?id=tiep-dan`)
		if page := h.get("/kiosk/procedure?id=tiep-dan").Body.String(); strings.Contains(page, `href="/kiosk/field?`) {
			t.Errorf("back leads to a page that asks the same again: %s", page)
		}
	})
}

func TestSearch(t *testing.T) {
	open(t, queue.CommuneCentre(), func(h *hall) {
		for q, want := range map[string]string{"dat dai": "Đăng ký đất đai", "ddaats ddai": "Đăng ký đất đai", "dkkh": "Đăng ký kết hôn", "cuoi": "Đăng ký kết hôn", "birth": "Đăng ký khai sinh"} {
			page := h.get("/kiosk/search?part=results&q=" + url.QueryEscape(q)).Body.String()
			first := regexp.MustCompile(`<span lang="vi">([^<]+)`).FindStringSubmatch(page)
			if first == nil || !strings.HasPrefix(first[1], want) {
				t.Errorf("%q finds %v", q, first)
			}
			if strings.Contains(page, "<html") {
				t.Error("the part is a whole page")
			}
		}
		whole := h.get("/kiosk/search?q=zzzzz&need=sight&mode=large").Body.String()
		h.expect(whole, "Không tìm thấy", `name="need" value="sight"`, `class="large"`)
		page := h.get("/kiosk/search?part=results&q=" + url.QueryEscape("<script>x")).Body.String()
		if strings.Contains(page, "<script>x") {
			t.Error("what was typed is not escaped")
		}
		_, got := h.submit(strings.Replace(h.get("/kiosk/search?q=khai+tu&lang=en").Body.String(), "khai-tu", "khai-sinh", 1))
		h.expect(got, "A001", "Birth registration")
	})
}

// The modes of a screen go on to the ticket's page, and end with the visit.
func TestModes(t *testing.T) {
	open(t, queue.CommuneCentre(), func(h *hall) {
		page := h.get("/kiosk?mode=large&mode=low&mode=nonsense").Body.String()
		h.expect(page, `<body class="large low"`, `data-home="/kiosk?lang=vi"`, "tool-large on", "tool-low on")
		page = h.tile(page)
		h.expect(page, `<body class="large low"`)
		_, page = h.submit(page)
		h.expect(page, "A001", `<body class="large low"`, `href="/kiosk?lang=vi"`)
		if n := strings.Count(h.get("/kiosk?mode=large").Body.String(), `class="tile"`); n != fewTiles {
			t.Errorf("%d large tiles, want %d", n, fewTiles)
		}
	})
}

// Every field has a pictogram of its own, or the one for every other field.
func TestPictograms(t *testing.T) {
	names := map[string]bool{}
	for _, d := range drawings() {
		if names[d.name] || d.path == "" {
			t.Errorf("drawing %q", d.name)
		}
		names[d.name] = true
		if !strings.Contains(string(pictogram(d.name)), d.path) {
			t.Errorf("%s is not drawn", d.name)
		}
	}
	var s settings
	for field, want := range map[string]string{
		"Hộ tịch": "family", "Chứng thực": "stamp", "Đất đai – Xây dựng": "house", "Bảo trợ xã hội – Bảo hiểm": "heart", "Đăng ký kinh doanh": "shop",
		"Giáo dục và đào tạo": "book", "Thứ chưa ai nghĩ tới": plainDrawing, "": plainDrawing,
	} {
		if got := s.pictogramOf(field, ""); got != want {
			t.Errorf("%q: %s, want %s", field, got, want)
		}
	}
	s.Pictograms = map[string]string{"Hộ tịch": "leaf"}
	if got := s.pictogramOf("Hộ tịch", ""); got != "leaf" {
		t.Errorf("the office's own choice: %s", got)
	}
	if string(pictogram("no such")) != string(pictogram(plainDrawing)) {
		t.Error("an unknown name draws nothing")
	}
}

// Both languages built in are whole, and say different things.
func TestWordsAreWhole(t *testing.T) {
	vi, en := wordsOf(t, vietnamese), wordsOf(t, english)
	for name, file := range map[string]words{"vi": vi, "en": en} {
		b, err := builtInWords.ReadFile("words/" + name + ".json")
		if err != nil {
			t.Fatal(err)
		}
		own, err := parseWords(name, b)
		if err != nil {
			t.Fatal(err)
		}
		if got := filled(own, words{}); len(got.Errors) != len(vi.Errors) || len(got.States) != len(vi.States) || got.Name == "" || got.ScanNext == "" {
			t.Errorf("%s is not whole: %+v", name, file)
		}
		if missing := lacking(own); len(missing) > 0 {
			t.Errorf("%s lacks %v", name, missing)
		}
	}
}

// A language more is a file; what it lacks is English, and mistakes are told.
func TestFurtherLanguages(t *testing.T) {
	more := fstest.MapFS{"ede.json": {Data: []byte(`{"name":"Êđê","choose_field":"Ruah bruă","your_number":"Mrô diih"}`)}, "vi.json": {Data: []byte(`{"welcome":"Chào bà con"}`)}}
	all, err := loadTongues(more)
	if err != nil {
		t.Fatal(err)
	}
	if w := all.of("ede"); w.ChooseField != "Ruah bruă" || w.Back != "Back" || w.States["waiting"] == "" {
		t.Errorf("%+v", w)
	}
	if w := all.of("vi"); w.Welcome != "Chào bà con" || w.Back != "Quay lại" {
		t.Errorf("the office's own words: %q %q", w.Welcome, w.Back)
	}
	if got := strings.Join(all.order, " "); got != "vi en ede" {
		t.Errorf("order %s", got)
	}
	for name, file := range map[string]string{"x.json": `{}`, "km.json": `{"welcom":"x"}`, "lo.json": `{`, "th.json": `{"rate_levels":["1"]}`} {
		if _, err := loadTongues(fstest.MapFS{name: {Data: []byte(file)}}); err == nil {
			t.Errorf("%s %s was accepted", name, file)
		}
	}
	open(t, queue.CommuneCentre(), func(h *hall) {
		k, err := New(Config{Office: h.office, Words: more})
		if err != nil {
			t.Fatal(err)
		}
		h.web = k.Handler()
		page := h.get("/kiosk?lang=ede").Body.String()
		h.expect(page, `<html lang="ede">`, "Ruah bruă", "Tiếng Việt", "English")
		_, page = h.submit(h.tile(page))
		h.expect(page, "A001", "Mrô diih")
		if tk := h.ticket("A001"); tk.Language != "ede" {
			t.Errorf("language %s", tk.Language)
		}
	})
}

// The bubbles' clock stands at the year 2000.
const citizen = "036130000123|160123456|PHẠM THỊ C|02021930|Nữ|Xóm 5|10102021"

// A citizen card of an old person gives priority and counts per person; nothing
// of it is in an address, in the page, or kept afterwards.
func TestCitizenCard(t *testing.T) {
	setup := queue.CommuneCentre()
	setup.Rules.PersonMost = 1
	open(t, setup, func(h *hall) {
		at := h.scan(citizen, "/kiosk?lang=vi&need=sight")
		page := h.get(at).Body.String()
		h.expect(page, "ưu tiên người cao tuổi", "wish citizen on", "wish sight on")
		for _, secret := range []string{"036130000123", "1930", "PHẠM", "160123456"} {
			if strings.Contains(at+page, secret) {
				t.Errorf("%s is shown", secret)
			}
		}
		_, page = h.submit(h.tile(page))
		h.expect(page, "A001")
		h.expect(page, "ưu tiên người cao tuổi")
		if tk := h.ticket("A001"); tk.Class != queue.Priority || tk.Entitlement != queue.ByAge {
			t.Errorf("class %s by %s", tk.Class, tk.Entitlement)
		}
		if n := len(h.kiosk.cards.byKey); n != 0 {
			t.Errorf("%d scans are kept after the number", n)
		}
		status, page := h.submit(h.tile(h.get(h.scan(citizen, "/kiosk")).Body.String()))
		if status != http.StatusConflict {
			t.Errorf("a second number for one card: %d", status)
		}
		h.expect(page, "đã lấy đủ số")
		young := "001090123456|012345678|NGUYEN VAN A|01011995|Nam|x|15042021"
		young = strings.Replace(young, "001090", "001095", 1)
		page = h.get(h.scan(young, "/kiosk/field?name="+url.QueryEscape("Hộ tịch"))).Body.String()
		h.expect(page, "Đã đọc căn cước", "Mời chọn thủ tục")
		if strings.Contains(page, "cao tuổi<") {
			t.Error("priority at thirty")
		}
		time.Sleep(cardAge + 2*settleEvery)
		synctest.Wait()
		if n := len(h.kiosk.cards.byKey); n != 0 {
			t.Errorf("%d scans are kept after %v", n, cardAge)
		}
	})
}

// Where priority is by card alone, the age in a citizen card is one; a touch is
// not, nor the card of somebody young, nor one of which the birthday is not
// known in this year.
func TestAgeWherePriorityIsByCardAlone(t *testing.T) {
	setup := queue.CommuneCentre()
	setup.Rules.CardOnly = true
	open(t, setup, func(h *hall) {
		for i, tt := range []struct {
			scan  string
			class queue.Class
			by    queue.Entitlement
		}{
			{citizen, queue.Priority, queue.ByAge},
			{"001095123456|012345678|NGUYEN VAN A|01011995|Nam|x|15042021", queue.Normal, ""},
			{"036040000123", queue.Normal, ""}, // The year alone: it may be the thirty-first of December.
		} {
			_, page := h.submit(h.tile(h.get(h.scan(tt.scan, "/kiosk?lang=vi")).Body.String()))
			number := fmt.Sprintf("A%03d", i+1)
			h.expect(page, number)
			if tk := h.ticket(number); tk.Class != tt.class || tk.Entitlement != tt.by {
				t.Errorf("%s: class %s by %q, want %s by %q", number, tk.Class, tk.Entitlement, tt.class, tt.by)
			}
		}
		_, page := h.submit(h.tile(h.get("/kiosk?class=priority").Body.String()))
		h.expect(page, "cần thẻ ưu tiên")
		page = h.get(h.scan(citizen, "/kiosk/priority")).Body.String()
		h.expect(page, "wish citizen on", "ưu tiên người cao tuổi")
	})
}

func TestBadScansAreRefusedGently(t *testing.T) {
	open(t, queue.CommuneCentre(), func(h *hall) {
		for _, text := range []string{"", "xyz", "036130000123|half", strings.Repeat("1", 3000), "\x00\xff", "<script>"} {
			w := h.post("/kiosk/card", url.Values{"text": {text}, "to": {"/kiosk"}})
			if w.Code != http.StatusConflict {
				t.Errorf("%.12q: %d", text, w.Code)
			}
			h.expect(w.Body.String(), "Chưa đọc được mã", "quét lại")
			if strings.Contains(w.Body.String(), "036130") {
				t.Error("the scan is on the page")
			}
		}
	})
}

// remote takes a number as a telephone does.
func (h *hall) remote(person string) queue.Ticket {
	h.t.Helper()
	tk, err := h.office.Office.Take(h.t.Context(), queue.TakeRequest{
		Meta: queue.Meta{Caller: "phone"}, Service: "B", Channel: queue.Phone, Person: person,
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return tk
}

func (h *hall) location(w *httptest.ResponseRecorder) string {
	h.t.Helper()
	if w.Code != http.StatusSeeOther {
		h.t.Fatalf("%d %s", w.Code, w.Body)
	}
	return w.Header().Get("Location")
}

// Who took a number by telephone finds it by number and last figures, gets its
// paper, and is here from then on.
func TestNumberByTelephone(t *testing.T) {
	open(t, queue.CommuneCentre(), func(h *hall) {
		tk := h.remote("tel:+84912345678")
		h.expect(h.get("/kiosk/phone").Body.String(), "4 chữ số cuối", `name="phone"`)
		at := h.location(h.post("/kiosk/phone", url.Values{"number": {"b1"}, "phone": {"5678"}}))
		if strings.Contains(at, "5678") || strings.Contains(at, tk.Code) {
			t.Errorf("leads to %s", at)
		}
		page := h.get(at).Body.String()
		h.expect(page, "B001", "Đang chờ gọi", "Tôi đã đến", "In phiếu")
		path := strings.Split(at, "?")[0]
		h.expect(h.get(h.location(h.post(path+"/check-in", nil))).Body.String(), "Đã báo có mặt")
		if got := h.ticket("B001"); got.Presence != queue.Present {
			t.Errorf("presence %s", got.Presence)
		}
		first := h.location(h.post(path+"/print", nil))
		h.expect(h.get(first).Body.String(), "B001", "Mời quý khách lấy phiếu")
		again := h.location(h.post(path+"/print", nil))
		if again != first || len(h.paper.Papers()) != 2 {
			t.Errorf("%s and %s, %d papers", first, again, len(h.paper.Papers()))
		}
		if p := h.paper.Papers(); p[0].Picture.Height <= p[1].Picture.Height {
			t.Error("the second paper is not marked")
		}
	})
}

// A wrong guess learns nothing, and after a few nobody is answered for a while.
func TestGuessing(t *testing.T) {
	open(t, queue.CommuneCentre(), func(h *hall) {
		h.remote("tel:+84912345678")
		answers := map[string]bool{}
		for _, form := range []url.Values{
			{"number": {"B001"}, "phone": {"0000"}}, {"number": {"B002"}, "phone": {"5678"}}, {"number": {"%"}, "phone": {"5678"}}, {"number": {"B001"}, "phone": {""}}, {"number": {"B001"}, "phone": {"78"}}, {},
		} {
			w := h.post("/kiosk/phone", form)
			if w.Code != http.StatusNotFound {
				t.Errorf("%v: %d", form, w.Code)
			}
			page := regexp.MustCompile(`key" value="[A-Z2-7]+`).ReplaceAllString(w.Body.String(), "")
			answers[page] = true
		}
		if len(answers) != 1 {
			t.Errorf("%d different answers to wrong guesses", len(answers))
		}
		for _, form := range []url.Values{{"number": {"B001"}, "phone": {"5678"}}} {
			if w := h.post("/kiosk/phone", form); w.Code != http.StatusTooManyRequests {
				t.Errorf("after %d wrong guesses: %d", maxVain, w.Code)
			}
		}
		time.Sleep(vainTime + time.Second)
		h.location(h.post("/kiosk/phone", url.Values{"number": {"B001"}, "phone": {"5678"}}))
	})
}

// A ticket is found by its code typed or scanned, or by the QR code of its
// paper; by its number alone nobody may do anything with it.
func TestLookup(t *testing.T) {
	open(t, queue.CommuneCentre(), func(h *hall) {
		tk := h.remote("")
		k, err := New(Config{Office: h.office, Printer: h.kiosk.cfg.Printer, Links: queue.NewLinks([]byte("0123456789abcdef"), "http://10.0.0.1:8080")})
		if err != nil {
			t.Fatal(err)
		}
		h.web = k.Handler()
		for _, w := range []*httptest.ResponseRecorder{
			h.post("/kiosk/find", url.Values{"code": {layout.Group(tk.Code)}}), h.post("/kiosk/card", url.Values{"text": {tk.URL}}), h.post("/kiosk/card", url.Values{"text": {tk.Code}}),
		} {
			at := h.location(w)
			h.expect(h.get(at).Body.String(), "B001", "Tôi đã đến", "In phiếu")
			if strings.Contains(at, tk.Code) {
				t.Errorf("leads to %s", at)
			}
		}
		at := h.location(h.post("/kiosk/find", url.Values{"code": {"b001"}}))
		page := h.get(at).Body.String()
		h.expect(page, "B001", "Đang chờ gọi")
		if strings.Contains(page, "Tôi đã đến") || strings.Contains(page, "In phiếu") || strings.Contains(page, tk.Code) {
			t.Error("a number alone opens the ticket")
		}
		for _, what := range []string{"/check-in", "/print"} {
			if w := h.post(strings.Split(at, "?")[0]+what, nil); w.Code != http.StatusForbidden {
				t.Errorf("%s by number alone: %d", what, w.Code)
			}
		}
		for _, bad := range []string{"", "123456789", "Z999", "what?", strings.Repeat("9", 400)} {
			if w := h.post("/kiosk/find", url.Values{"code": {bad}}); w.Code != http.StatusNotFound {
				t.Errorf("%.12q: %d", bad, w.Code)
			}
		}
		if w := h.get("/kiosk/found/NOSUCHKEY"); w.Code != http.StatusSeeOther {
			t.Errorf("no such key: %d", w.Code)
		}
	})
}

// Another kind of code is one more entry: here an appointment that becomes a
// ticket when its holder has come.
func TestFurtherKindsOfCode(t *testing.T) {
	open(t, queue.CommuneCentre(), func(h *hall) {
		booked := CodeKind{
			Name: "appointment",
			Read: func(text string) (string, bool) { return text, strings.HasPrefix(text, "HEN-") },
			Find: func(_ context.Context, code string) (Found, error) {
				return Found{Holder: true, Title: "Lịch hẹn 09:30", Lines: []string{code}, CheckIn: func(ctx context.Context, key string) (queue.Ticket, error) {
					return h.office.Office.Take(ctx, queue.TakeRequest{Meta: queue.Meta{Key: key, Caller: "kiosk"}, Service: "C", Channel: queue.Kiosk})
				}}, nil
			},
		}
		k, err := New(Config{Office: h.office, Printer: h.kiosk.cfg.Printer, Codes: []CodeKind{booked}})
		if err != nil {
			t.Fatal(err)
		}
		h.web = k.Handler()
		at := h.location(h.post("/kiosk/card", url.Values{"text": {"HEN-4711"}}))
		h.expect(h.get(at).Body.String(), "Lịch hẹn 09:30", "HEN-4711", "Tôi đã đến")
		path := strings.Split(at, "?")[0]
		h.location(h.post(path+"/check-in", nil))
		h.expect(h.get(at).Body.String(), "C001", "Đang chờ gọi", "Đã báo có mặt", "In phiếu")
	})
}

func TestStaffAreCalled(t *testing.T) {
	open(t, queue.CommuneCentre(), func(h *hall) {
		h.expect(h.post("/kiosk/staff", nil).Body.String(), "Không gọi được nhân viên")
		calls := []StaffCall{}
		fails := true
		h.kiosk.cfg.Ring = func(_ context.Context, c StaffCall) error {
			if fails {
				return queue.Errorf(queue.CodeUnavailable, "no network")
			}
			calls = append(calls, c)
			return nil
		}
		h.expect(h.post("/kiosk/staff", nil).Body.String(), "Không gọi được nhân viên")
		fails = false
		for range 5 {
			h.expect(h.post("/kiosk/staff", url.Values{"lang": {"en"}}).Body.String(), "They have been called")
		}
		if len(calls) != 1 || calls[0].Language != "en" || calls[0].Machine != "kiosk" {
			t.Errorf("calls %+v", calls)
		}
		time.Sleep(staffPause + time.Second)
		h.post("/kiosk/staff", nil)
		if len(calls) != 2 {
			t.Errorf("%d calls half a minute later", len(calls))
		}
	})
}

// mute is a voice that remembers what it was to say.
type mute struct{ said *[]string }

func (m mute) Languages() []string { return []string{"vi", "en"} }

func (m mute) Render(_ context.Context, s announce.Sentence) (audio.PCM, announce.Report, error) {
	*m.said = append(*m.said, s.Text())
	return audio.Silence(audio.RatePA, 50*time.Millisecond), announce.Report{}, nil
}

// In the voice mode every page can be heard, and the number always; only what
// stands on a page can be made to be spoken.
func TestSpeech(t *testing.T) {
	open(t, queue.CommuneCentre(), func(h *hall) {
		var said []string
		h.kiosk.cfg.Sounds = soundsOf{mute{&said}}
		if page := h.get("/kiosk").Body.String(); strings.Contains(page, "data-say=") {
			t.Error("a page speaks unasked")
		}
		page := h.get("/kiosk?mode=voice").Body.String()
		addresses := regexp.MustCompile(`data-say="([^"]+)"`).FindAllStringSubmatch(page, -1)
		if len(addresses) < 12 {
			t.Errorf("%d things can be heard on the first screen", len(addresses))
		}
		for _, a := range addresses {
			w := h.get(html.UnescapeString(a[1]))
			if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "audio/wav" || !strings.Contains(w.Header().Get("Cache-Control"), "max-age") {
				t.Fatalf("%s: %d %v", a[1], w.Code, w.Header())
			}
		}
		all := strings.Join(said, "\n")
		for _, want := range []string{"Mời chọn lĩnh vực", "Hộ tịch", "Chữ to"} {
			if !strings.Contains(all, want) {
				t.Errorf("%q is not said in\n%s", want, all)
			}
		}
		_, page = h.submit(h.tile(h.get("/kiosk").Body.String()))
		m := regexp.MustCompile(`data-speak="([^"]+)"`).FindStringSubmatch(page)
		if m == nil {
			t.Fatal("the number is not spoken")
		}
		h.get(m[1])
		if last := said[len(said)-1]; !strings.Contains(last, "A 0 0 1") && !strings.Contains(last, "A001") && !strings.Contains(last, "A không không một") {
			t.Errorf("the number is said as %q", last)
		}
		if w := h.get("/kiosk/voice/0123456789abcdef0123.wav"); w.Code != http.StatusNotFound {
			t.Errorf("a made-up sentence: %d", w.Code)
		}
	})
}

// served brings a number to its end at a counter.
func (h *hall) served(counter, service string) queue.Ticket {
	h.t.Helper()
	ctx, o := h.t.Context(), h.office.Office
	if _, err := o.SetCounter(ctx, queue.SetCounterRequest{Counter: counter, State: queue.Opened}); err != nil {
		h.t.Fatal(err)
	}
	if _, err := o.Take(ctx, queue.TakeRequest{Service: service, Channel: queue.Staff}); err != nil {
		h.t.Fatal(err)
	}
	tk, err := o.Next(ctx, queue.CounterRequest{Counter: counter})
	if err != nil {
		h.t.Fatal(err)
	}
	for _, a := range []queue.Action{queue.Start, queue.Finish} {
		if tk, err = o.Act(ctx, queue.ActRequest{Ticket: tk.ID, Action: a}); err != nil {
			h.t.Fatal(err)
		}
	}
	time.Sleep(time.Second)
	synctest.Wait()
	return tk
}

// A rating goes to the ticket last served at that counter, once, and to no
// other.
func TestRating(t *testing.T) {
	open(t, queue.CommuneCentre(), func(h *hall) {
		h.web = h.kiosk.RateHandler()
		h.expect(h.get("/rate").Body.String(), "ở quầy nào", "Quầy số 2")
		h.expect(h.get("/rate?counter=2").Body.String(), "Mời quý khách đánh giá khi xong việc")
		tk := h.served("2", "A")
		page := h.get("/rate?counter=2").Body.String()
		h.expect(page, "Số A001", "Rất hài lòng", `data-digit="5"`, `value="`+tk.ID+`"`)
		h.expect(h.get("/rate/state?counter=2").Body.String(), tk.ID)
		h.expect(h.get("/rate?counter=1").Body.String(), "khi xong việc")
		rate := func(counter, ticket, level string) string {
			return h.get(h.location(h.post("/rate", url.Values{"counter": {counter}, "ticket": {ticket}, "level": {level}}))).Body.String()
		}
		h.expect(rate("1", tk.ID, "5"), "Đã hết thời gian")
		h.expect(rate("2", "999", "5"), "Đã hết thời gian")
		h.expect(rate("2", tk.ID, "4"), "Cảm ơn")
		h.expect(rate("2", tk.ID, "1"), "Cảm ơn") // A second touch changes nothing.
		synctest.Wait()
		got, err := h.office.Office.Ticket(h.t.Context(), tk.ID)
		if err != nil || got.Rating == nil || got.Rating.Level != 4 {
			t.Errorf("rating %+v, %v", got.Rating, err)
		}
		h.expect(h.get("/rate?counter=2").Body.String(), "khi xong việc")
		for _, level := range []string{"", "0", "6", "x"} {
			if w := h.post("/rate", url.Values{"counter": {"2"}, "ticket": {tk.ID}, "level": {level}}); w.Code != http.StatusBadRequest {
				t.Errorf("level %q: %d", level, w.Code)
			}
		}
		late := h.served("2", "A")
		time.Sleep(rateTime + time.Second)
		h.expect(rate("2", late.ID, "5"), "Đã hết thời gian")
		undone := h.served("2", "A")
		if _, err := h.office.Office.Act(h.t.Context(), queue.ActRequest{Ticket: undone.ID, Action: queue.Undo}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		h.expect(h.get("/rate?counter=2").Body.String(), "khi xong việc")
	})
}

// What the office decides about its paper is on it.
func TestPaperSaysWhatTheOfficeSets(t *testing.T) {
	setup := queue.CommuneCentre()
	open(t, setup, func(h *hall) {
		plain, err := h.kiosk.Preview(h.t.Context(), queue.KioskSetup{}, "vi", layout.Width58)
		if err != nil {
			t.Fatal(err)
		}
		rich, err := h.kiosk.Preview(h.t.Context(), queue.KioskSetup{Hotline: "1900 1234", SMS: "{number} gửi 8088", Notice: "Xin có mặt trước mười phút"}, "vi", layout.Width58)
		if err != nil {
			t.Fatal(err)
		}
		short, err := h.kiosk.Preview(h.t.Context(), queue.KioskSetup{Paper: []string{layout.PartNumber}}, "vi", layout.Width58)
		if err != nil {
			t.Fatal(err)
		}
		if !(short.Height < plain.Height && plain.Height < rich.Height && rich.Height <= layout.MaxRows) {
			t.Errorf("heights %d, %d, %d", short.Height, plain.Height, rich.Height)
		}
	})
}

// The machine of a screen decides how large twenty millimetres are.
func TestSize(t *testing.T) {
	setup := queue.CommuneCentre()
	setup.Kiosk.Millimetre = 3.5
	open(t, setup, func(h *hall) { h.expect(h.get("/kiosk/size.css").Body.String(), "--mm:3.500px") })
	open(t, queue.CommuneCentre(), func(h *hall) { h.expect(h.get("/kiosk/size.css").Body.String(), "--mm:2.710px") })
}

// lacking names the texts that are empty.
func lacking(w words) (names []string) {
	v := reflect.ValueOf(w)
	for i := range v.NumField() {
		if v.Field(i).IsZero() {
			names = append(names, v.Type().Field(i).Name)
		}
	}
	return names
}

// The first screen, and that of a closed office, know what they rest on and can
// ask whether it is still so.
func TestScreenFollowsTheOffice(t *testing.T) {
	setup := queue.CommuneCentre()
	setup.Trial = true
	open(t, setup, func(h *hall) {
		follows := func(want string) {
			t.Helper()
			if got := h.get("/kiosk?part=state").Body.String(); got != want {
				t.Errorf("the office is %q, want %q", got, want)
			}
			page := h.get("/kiosk").Body.String()
			h.expect(page, `data-state="`+want+`"`)
			if trial := strings.Contains(page, "CHẠY THỬ"); trial != strings.Contains(want, "trial") {
				t.Errorf("%s: the page says trial: %v", want, trial)
			}
		}
		change := func(edit func(*queue.Setup)) {
			t.Helper()
			edit(&setup)
			if _, err := h.office.Office.(*queue.Engine).Configure(h.t.Context(), queue.ConfigureRequest{Setup: setup}); err != nil {
				t.Fatal(err)
			}
		}
		follows("open trial")
		change(func(s *queue.Setup) { s.Trial = false })
		follows("open")
		change(func(s *queue.Setup) {
			s.Days = []queue.Day{{Date: time.Now().In(time.FixedZone("", 7*3600)).Format(time.DateOnly), Name: "nghỉ"}}
		})
		follows("closed")
		if page := h.get("/kiosk/procedure?id=none").Body.String(); strings.Contains(page, `data-state="open`) {
			t.Error("a closed office's page says open")
		}
		h.office.cut(queue.Errorf(queue.CodeUnavailable, "cut off"))
		if w := h.get("/kiosk?part=state"); w.Code != http.StatusServiceUnavailable {
			t.Errorf("cut off: %d", w.Code)
		}
		h.office.cut(nil)
	})
}
