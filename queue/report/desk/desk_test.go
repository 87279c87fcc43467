package desk

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/report"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// shelf is a book that keeps what it was asked.
type shelf struct {
	specs  []report.Spec
	picks  []report.Pick
	err    error
	over   bool
	behind string
}

func (s *shelf) Report(_ context.Context, spec report.Spec) (*report.Report, error) {
	s.specs = append(s.specs, spec)
	if s.err != nil {
		return nil, s.err
	}
	from, to := spec.From, spec.To
	if from == "" {
		from, to = "2026-11-20", "2026-11-20"
	}
	if to == "" {
		to = from
	}
	total := report.Group{Counts: report.Counts{Issued: 1234, Served: 1000, NoShow: 34, Cancelled: 100, Expired: 100}, Left: 134, LeftShare: 0.1086}
	total.Wait = report.Spread{N: 1100, Mean: 754, Median: 600, P90: 1500, Max: 4000}
	hour := total
	hour.ID = "08"
	service := total
	service.ID, service.Name, service.NameEN = "A", "Hộ tịch <b>", "Civil status"
	first, second := total, total
	first.ID, second.ID = "2026-11-19", "2026-11-20"
	r := &report.Report{
		Office: "trung-tam", Name: "Trung tâm xã Bình An", NameEN: "Binh An", TimeZone: "Asia/Ho_Chi_Minh", Agency: spec.Agency, From: from, To: to, Days: 2, Over: s.over, Behind: s.behind,
		Until: time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC), Target: report.Seconds(spec.Target.Seconds()), Total: total, Step: report.ByDay, Steps: []report.Group{first, second},
		Parts:    map[report.Part][]report.Group{report.ByService: {service}, report.ByHour: {hour}},
		Counters: []report.Counter{{ID: "1", Name: "Quầy số 1", Finished: 9, Time: report.Time{Open: 7200}}},
		Told:     []report.Told{{Waits: 10, Inside: 8, Coverage: 0.8, Error: 4, Wait: 12}},
		Notes:    []report.Note{{VI: "Ghi chú", EN: "A note"}},
	}
	if spec.Compare {
		r.Before = &report.Before{From: "2026-10-01", To: "2026-10-31", Days: 22, Total: report.Group{Counts: report.Counts{Issued: 1000}}}
	}
	return r, nil
}

func (s *shelf) Tickets(_ context.Context, spec report.Spec, p report.Pick, offset, limit int) (*report.List, error) {
	s.specs, s.picks = append(s.specs, spec), append(s.picks, p)
	wait := report.Seconds(90)
	return &report.List{N: 450, Times: 460, Lines: []report.Line{
		{Day: "2026-11-20", Number: "A012", Service: "A", Channel: queue.Kiosk, Class: queue.Normal, State: queue.Completed, Procedure: "=cmd()", Wait: &wait},
	}}, nil
}

func (s *shelf) Latest(context.Context) (string, string, error) {
	return "2026-01-02", "2026-11-20", nil
}

func open(t *testing.T, change ...func(*Config)) (*shelf, http.Handler) {
	t.Helper()
	book := &shelf{}
	c := Config{Book: book, Office: "Trung tâm xã Bình An", Now: func() time.Time { return time.Date(2026, 2, 15, 3, 0, 0, 0, time.UTC) }}
	for _, f := range change {
		f(&c)
	}
	d, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return book, d.Handler()
}

func get(h http.Handler, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w
}

// has tells what a page does not say.
func has(t *testing.T, w *httptest.ResponseRecorder, want ...string) {
	t.Helper()
	if w.Code != http.StatusOK {
		t.Fatalf("%d: %s", w.Code, w.Body)
	}
	for _, text := range want {
		if !strings.Contains(w.Body.String(), text) {
			t.Errorf("no %q in %s", text, w.Body)
			return
		}
	}
}

func TestReportPage(t *testing.T) {
	book, h := open(t)
	w := get(h, "/reports?from=2026-11-01&to=2026-11-30&target=15")
	has(t, w, "từ ngày 01/11/2026 đến ngày 30/11/2026", "1.234", "12,6", "10,9%", "so với kỳ trước", "&#43;23,4%", "Hộ tịch &lt;b&gt;", "<svg", "Ghi chú", "80,0%",
		`/reports/tickets?figure=issued&amp;from=2026-11-01&amp;id=A&amp;part=service&amp;target=15&amp;to=2026-11-30`, "report.xlsx?", "20/11/2026")
	if s := book.specs[0]; s.Target != 15*time.Minute || !s.Compare || s.From != "2026-11-01" || s.To != "2026-11-30" {
		t.Errorf("%+v", s)
	}
	if strings.Contains(w.Body.String(), "<b>") || strings.Contains(w.Body.String(), "style=") {
		t.Error("what staff typed is markup, or the policy is broken")
	}
	has(t, get(h, "/reports?lang=en&from=2026-11-01&to=2026-11-30&compare=no"), "2026-11-01 to 2026-11-30", "1,234", "A Civil status", "compare=no", "A note")
	has(t, get(h, "/reports"), "ngày 20/11/2026")
}

func TestSpans(t *testing.T) {
	book, h := open(t)
	for span, want := range map[string][2]string{
		"today": {"2026-02-15", "2026-02-15"}, "yesterday": {"2026-02-14", "2026-02-14"}, "week": {"2026-02-09", "2026-02-15"}, "month": {"2026-02-01", "2026-02-28"},
		"last-month": {"2026-01-01", "2026-01-31"}, "quarter": {"2026-01-01", "2026-03-31"}, "last-quarter": {"2025-10-01", "2025-12-31"},
		"year": {"2026-01-01", "2026-12-31"}, "last-year": {"2025-01-01", "2025-12-31"},
	} {
		get(h, "/reports?span="+span)
		if s := book.specs[len(book.specs)-1]; s.From != want[0] || s.To != want[1] {
			t.Errorf("%s: %s to %s, want %q", span, s.From, s.To, want)
		}
	}
	for _, s := range spanNames() {
		if _, ok := spans(time.Now())[s.ID]; !ok {
			t.Errorf("%s leads nowhere", s.ID)
		}
	}
}

func TestTicketsPage(t *testing.T) {
	book, h := open(t)
	w := get(h, "/reports/tickets?from=2026-11-01&to=2026-11-30&part=service&id=A&figure=late&offset=200")
	has(t, w, "Chờ quá mục tiêu, A Hộ tịch", "A012", "1,5", "offset=400", "rel=\"prev\"", "460", "không có thông tin cá nhân", "tickets.csv?")
	if p := book.picks[0]; p != (report.Pick{Part: report.ByService, ID: "A", Figure: report.FigureLate}) {
		t.Errorf("%+v", p)
	}
	get(h, "/reports/tickets?part=moon&figure=stars")
	if p := book.picks[1]; p.Part != report.ByTotal || p.Figure != report.FigureAll {
		t.Errorf("nonsense is %+v", p)
	}
}

func TestFiles(t *testing.T) {
	_, h := open(t)
	for path, kind := range map[string]string{
		"/reports/report.csv": "text/csv", "/reports/tickets.csv": "text/csv", "/reports/report.xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	} {
		w := get(h, path+"?from=2026-11-01&to=2026-11-30")
		if w.Code != http.StatusOK || !strings.HasPrefix(w.Header().Get("Content-Type"), kind) || !strings.Contains(w.Header().Get("Content-Disposition"), "2026-11-01-2026-11-30") {
			t.Errorf("%s: %d %v", path, w.Code, w.Header())
		}
		if kind != "text/csv" {
			continue
		}
		text, marked := bytes.CutPrefix(w.Body.Bytes(), []byte("\xef\xbb\xbf"))
		rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
		if !marked || err != nil || len(rows) < 2 || strings.Contains(w.Body.String(), ",=cmd") {
			t.Errorf("%s: marked %v, %d rows, %v\n%s", path, marked, len(rows), err, text)
		}
	}
}

func TestPaper(t *testing.T) {
	_, h := open(t)
	w := get(h, "/reports/print?from=2026-11-01&to=2026-11-30&over=Ubnd+x%C3%A3&number=12/BC&place=B%C3%ACnh+An&post=Gi%C3%A1m+%C4%91%E1%BB%91c&signer=Nguy%E1%BB%85n+A&to_whom=-+UBND+t%E1%BB%89nh%3B%0AS%E1%BB%9F+N%E1%BB%99i+v%E1%BB%A5&lang=en")
	has(t, w, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc", "UBND XÃ", "TRUNG TÂM XÃ BÌNH AN", "Số: 12/BC", "Bình An, ngày 15 tháng 02 năm 2026",
		"BÁO CÁO", "GIÁM ĐỐC", "Nguyễn A", "- UBND tỉnh;", "- Sở Nội vụ;", "- Lưu: VT.", "Kỳ báo cáo chưa kết thúc", `lang="vi"`)
	has(t, get(h, "/reports/print"), "QUYỀN HẠN, CHỨC VỤ CỦA NGƯỜI KÝ", "- Như trên;", ".../BC-...")
	if strings.Contains(w.Body.String(), "/reports/tickets") {
		t.Error("paper has links")
	}
}

func TestDates(t *testing.T) {
	for at, want := range map[string]string{"2026-11-05": "ngày 05 tháng 11 năm 2026", "2026-01-31": "ngày 31 tháng 01 năm 2026", "2026-03-09": "ngày 09 tháng 3 năm 2026"} {
		day, err := time.Parse(time.DateOnly, at)
		if err != nil {
			t.Fatal(err)
		}
		if got := dateWords(day); got != want {
			t.Errorf("%s: %s, want %s", at, got, want)
		}
	}
}

func TestRefusals(t *testing.T) {
	book, h := open(t)
	for err, want := range map[error]int{
		report.ErrNoDay: http.StatusNotFound, queue.Errorf(queue.CodeBadRequest, "x"): http.StatusBadRequest, errors.New("secret disk"): http.StatusServiceUnavailable, report.ErrBehind: http.StatusServiceUnavailable,
	} {
		book.err = err
		for _, path := range []string{"/reports", "/reports/tickets", "/reports/print", "/reports/report.csv", "/reports/tickets.csv", "/reports/report.xlsx"} {
			if w := get(h, path); w.Code != want || strings.Contains(w.Body.String(), "secret") || !strings.Contains(w.Body.String(), `href="/reports"`) {
				t.Errorf("%s, %v: %d %s", path, err, w.Code, w.Body)
			}
		}
	}
	book.err, book.behind = nil, "2026-11-19"
	if w := get(h, "/reports/report.csv"); w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
		t.Errorf("a file of a part of the log: %d %s", w.Code, w.Body)
	}
	has(t, get(h, "/reports"), "19/11/2026")
	if _, err := New(Config{}); err == nil {
		t.Error("pages without a book")
	}
}

// TestWhoseFigures: a reader of one agency gets its part, and who may see none
// gets none.
func TestWhoseFigures(t *testing.T) {
	book, h := open(t, func(c *Config) { c.Agency = func(*http.Request) (string, bool) { return "dat-dai", true } })
	for _, path := range []string{"/reports?from=2026-11-01", "/reports/tickets?from=2026-11-01", "/reports/report.csv", "/reports/report.xlsx", "/reports/tickets.csv", "/reports/print"} {
		if w := get(h, path); w.Code != http.StatusOK {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	for _, s := range book.specs {
		if s.Agency != "dat-dai" {
			t.Errorf("%+v", s)
		}
	}
	book, h = open(t, func(c *Config) { c.Agency = func(*http.Request) (string, bool) { return "", false } })
	if w := get(h, "/reports"); w.Code != http.StatusForbidden || len(book.specs) != 0 {
		t.Errorf("%d, asked %d times", w.Code, len(book.specs))
	}
}

// One day is one day, not days.
func TestFactsCountDays(t *testing.T) {
	for days, want := range map[int][2]string{1: {"1 ngày làm việc", "1 business day"}, 2: {"2 ngày làm việc", "2 business days"}} {
		r := &report.Report{Days: days}
		if vi, en := facts(r, page.Vietnamese)[0], facts(r, page.English)[0]; vi != want[0] || en != want[1] {
			t.Errorf("%d: %q %q", days, vi, en)
		}
	}
}
