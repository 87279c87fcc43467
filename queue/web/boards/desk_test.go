package boards

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/memory"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// office is the seeded office without anything that runs.
type office struct {
	*queue.Engine
	err error
}

func (o *office) Setup(ctx context.Context) (queue.SetupView, error) {
	if o.err != nil {
		return queue.SetupView{}, o.err
	}
	return o.Engine.Setup(ctx)
}

type shop struct {
	*testing.T
	office *office
	media  *Media
	desk   *Desk
	h      http.Handler
}

func open(t *testing.T) shop {
	t.Helper()
	e, err := queue.NewEngine(t.Context(), queue.Config{Setup: queue.CommuneCentre(), Store: &memory.Store{}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = e.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	o, m := &office{Engine: e}, library(t)
	d, err := New(Config{Setup: o, Media: m, Open: func() map[string]int { return map[string]int{"": 2, "sanh-1": 1} }})
	if err != nil {
		t.Fatal(err)
	}
	return shop{t, o, m, d, d.Handler()}
}

func (s shop) get(path string) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	s.h.ServeHTTP(rec, httptest.NewRequest("GET", path, nil))
	return rec
}

func (s shop) post(name string, form url.Values) *httptest.ResponseRecorder {
	r := httptest.NewRequest("POST", Prefix+"/"+name, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	rec := httptest.NewRecorder()
	s.h.ServeHTTP(rec, r)
	return rec
}

func (s shop) upload(files map[string][]byte) *httptest.ResponseRecorder {
	s.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for name, content := range files {
		part, err := form.CreateFormFile("file", name)
		if err == nil {
			_, err = part.Write(content)
		}
		if err != nil {
			s.Fatal(err)
		}
	}
	if err := errors.Join(form.WriteField("board", "sanh-1"), form.Close()); err != nil {
		s.Fatal(err)
	}
	return s.send(&body, form.FormDataContentType())
}

func (s shop) send(body io.Reader, kind string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("POST", Prefix+"/upload", body)
	r.Header.Set("Content-Type", kind)
	rec := httptest.NewRecorder()
	s.h.ServeHTTP(rec, r)
	return rec
}

// wants fails unless the answer has a status and some words.
func (s shop) wants(rec *httptest.ResponseRecorder, status int, words ...string) {
	s.Helper()
	for _, want := range words {
		if text := rec.Body.String() + rec.Header().Get("Location"); !strings.Contains(text, want) {
			s.Errorf("no %q in %s", want, text)
		}
	}
	if rec.Code != status {
		s.Errorf("%d, want %d: %s", rec.Code, status, rec.Body)
	}
}

func TestArrangeABoard(t *testing.T) {
	s := open(t)
	s.wants(s.get(Prefix), 200, "Chưa có bảng nào", "Chưa có tệp nào", `accept="image/jpeg`)
	s.wants(s.post("new", url.Values{"id": {"sanh-1"}, "name": {" Sảnh  tầng 1 "}}), 303, "board=sanh-1", "done=new")
	s.wants(s.post("new", url.Values{"id": {"sanh-1"}}), 422, "đã có bảng")
	s.wants(s.post("new", url.Values{"id": {"Sảnh 1"}}), 422, "lower case letters")
	s.wants(s.upload(map[string][]byte{"Sơ đồ.png": asPNG(t, 30, 20)}), 303, "done=upload")
	s.wants(s.upload(map[string][]byte{"phim.mp4": mp4(99)}), 303, "done=upload")
	s.wants(s.upload(map[string][]byte{"x.png": []byte("<script>")}), 422, "không phải ảnh")
	s.wants(s.upload(nil), 422, "chưa chọn tệp")
	s.wants(s.send(strings.NewReader("x"), "text/plain"), 422, "chưa chọn tệp")
	var film, picture Medium
	for _, m := range s.media.All() {
		if m.Video() {
			film = m
		} else {
			picture = m
		}
	}
	view, err := s.office.Setup(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	form := url.Values{
		"id": {"sanh-1"}, "version": {view.Version}, "name": {"Sảnh tầng 1"}, "language": {"en"}, "distance": {"12,5"}, "diagonal": {"43"},
		"part": {PartRecent, PartNext, PartClock}, "counter": {"1", "3"}, "service": {"B"}, "direction.1": {"left"}, "direction.2": {""},
		"ticker": {"Xin giữ trật tự.\n\n  Wi-Fi  miễn phí \n"}, "ticker_en": {"Free Wi-Fi"},
		"order." + film.ID: {"2"}, "order." + picture.ID: {"1.5"}, "seconds." + picture.ID: {"20"},
	}
	s.wants(s.post("save", form), 303, "done=save")
	view, err = s.office.Setup(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := queue.BoardSetup{
		ID: "sanh-1", Name: "Sảnh tầng 1", Language: "en", Distance: 12.5, Diagonal: 43, Hide: []string{PartWaiting, PartWhere}, Counters: []string{"1", "3"}, Services: []string{"B"},
		Directions: map[string]string{"1": "left"}, Ticker: []string{"Xin giữ trật tự.", "Wi-Fi miễn phí"}, TickerEN: []string{"Free Wi-Fi"},
		Playlist: []queue.BoardMedium{{File: picture.ID, Seconds: 20}, {File: film.ID}},
	}
	if got := view.Setup.Boards[0]; !reflect.DeepEqual(got, want) {
		t.Errorf("%+v\nwant %+v", got, want)
	}
	s.wants(s.get(Prefix+"?board=sanh-1&done=save"), 200, "Đã lưu", "Wi-Fi miễn phí", `value="12.5"`, "31.3 mm", `value="left" selected`, "/board?name=sanh-1")
	s.wants(s.get(Prefix+"?board=sanh-1&lang=en"), 200, "Digits are at least", "Remove this board")

	for name, change := range map[string][2]string{
		"không phải một số": {"distance", "xa"}, "give up to 100": {"distance", "1000"}, "give 5 to 200": {"diagonal", "1"}, "tối đa 3600": {"seconds." + picture.ID, "4000"},
		"direction": {"direction.1", "up"}, "language": {"language", "<"},
	} {
		f := url.Values{}
		for k, v := range form {
			f[k] = v
		}
		f.Set("version", view.Version)
		f.Set(change[0], change[1])
		s.wants(s.post("save", f), 422, name, "Xin giữ trật tự")
	}
	s.wants(s.post("save", form), 409, "có người vừa đổi", "Xin giữ trật tự") // An old version.
	form.Set("version", view.Version)
	form.Set("id", "khong-co")
	s.wants(s.post("save", form), 422, "đã bị xóa")
	s.wants(s.post("save", url.Values{"ticker": {strings.Repeat("x", maxForm)}}), 422, "không đọc được")

	s.wants(s.post("forget", url.Values{"file": {film.ID}}), 303, "done=forget")
	s.wants(s.post("forget", url.Values{"file": {"../x"}}), 303)
	s.wants(s.post("remove", url.Values{"id": {"sanh-1"}}), 303, "done=remove")
	if view, err = s.office.Setup(t.Context()); err != nil || len(view.Setup.Boards) != 0 || len(s.media.All()) != 1 {
		t.Errorf("%+v, %v", view.Setup.Boards, err)
	}
	s.office.err = errors.New("away")
	s.wants(s.get(Prefix), 503, "thử lại")
	s.wants(s.post("remove", url.Values{"id": {"x"}}), 503)
}

// Who sends more than may come hears it, and nothing of it stays.
func TestUploadsAreBounded(t *testing.T) {
	s := open(t)
	begin := "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n\r\n" + string(asPNG(t, 4, 4))
	s.wants(s.send(io.MultiReader(strings.NewReader(begin), zeros{}), "multipart/form-data; boundary=x"), 413, "20 MB")
	s.wants(s.send(strings.NewReader(begin), "multipart/form-data; boundary=x"), 422, "gửi lại")
	for range uploadsAtOnce {
		s.desk.uploads <- struct{}{}
	}
	s.wants(s.upload(map[string][]byte{"a.png": asPNG(t, 3, 3)}), 503, "chờ xong")
	if len(s.media.All()) != 0 {
		t.Errorf("%+v", s.media.All())
	}
}

func TestRows(t *testing.T) {
	s := open(t)
	for _, id := range []string{"sanh-1", "sanh-2"} {
		s.wants(s.post("new", url.Values{"id": {id}}), 303)
	}
	rows := s.desk.Rows(t.Context())
	if len(rows) != 4 || !strings.HasPrefix(rows[0].Value, "2 ") || rows[1].Level != page.OK || rows[2].Level != page.Warn || rows[3].Href != Prefix {
		t.Errorf("%+v", rows)
	}
	s.office.err = errors.New("away")
	if rows := s.desk.Rows(t.Context()); rows[0].Level != page.Warn {
		t.Errorf("%+v", rows)
	}
	if _, err := New(Config{}); err == nil {
		t.Error("a page without an office was made")
	}
}

func TestDigits(t *testing.T) {
	for _, tc := range []struct{ distance, diagonal, mm, across float64 }{{0, 0, 37.5, 1397}, {30, 43, 75, 1092}, {7.5, 22, 18.8, 559}} {
		b := queue.BoardSetup{Distance: tc.distance, Diagonal: tc.diagonal}
		if mm, across := DigitHeight(b), Diagonal(b); mm != tc.mm || across != tc.across {
			t.Errorf("%+v: %v mm on %v mm", tc, mm, across)
		}
	}
}
