package xlsx

import (
	"bytes"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/report"
)

func sample() (*report.Report, *report.List) {
	wait := report.Seconds(754)
	g := report.Group{ID: "A", Name: `=HYPERLINK("x")`, Counts: report.Counts{Issued: 12, Served: 9, NoShow: 3}, Left: 3, LeftShare: 0.25}
	g.Wait = report.Spread{N: 12, Mean: 90, Median: 60, P90: 300, Max: 400}
	g.Ratings = report.Ratings{N: 2, Mean: 4.5}
	r := &report.Report{
		Name: "Trung tâm", From: "2026-11-01", To: "2026-11-30", Days: 21, TimeZone: "Asia/Ho_Chi_Minh", Total: g, Step: report.ByDay,
		Parts:    map[report.Part][]report.Group{report.ByService: {g}},
		Counters: []report.Counter{{ID: "1", Name: "Quầy số 1", Finished: 9, Time: report.Time{Open: 9 * 3600, Busy: 30000}}},
	}
	at := time.Date(2026, 11, 2, 0, 30, 5, 0, time.UTC)
	return r, &report.List{N: 7, Lines: []report.Line{
		{Day: "2026-11-02", Number: "A001", Service: "A", Channel: queue.Phone, Class: queue.Normal, State: queue.Completed, Issued: at, Counter: "=1+1", Wait: &wait},
		{Day: "2026-11-02", Number: "A002", Service: "A", Channel: queue.Kiosk, Class: queue.Priority, State: queue.NoShow, Issued: at},
	}}
}

func TestWrite(t *testing.T) {
	r, list := sample()
	for language, want := range map[string]map[string]string{
		"vi": {"Tổng hợp!A1": "Trung tâm", "Tổng hợp!B5": "12", "Danh sách số!B5": "A001", "Danh sách số!G5": "07:30:05", "Danh sách số!E5": "Điện thoại", "Danh sách số!A7": "… còn 5 số nữa không có trong tệp này: xin chọn kỳ ngắn hơn"},
		"en": {"Summary!A5": "Numbers issued", "Tickets!B6": "A002", "Tickets!H6": "no-show"},
	} {
		var out bytes.Buffer
		if err := Write(t.Context(), &out, r, list, language); err != nil {
			t.Fatal(err)
		}
		f, err := excelize.OpenReader(bytes.NewReader(out.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		for place, text := range want {
			sheet, cell, _ := bytes.Cut([]byte(place), []byte("!"))
			got, err := f.GetCellValue(string(sheet), string(cell))
			if err != nil || got != text {
				t.Errorf("%s %s: %q, %v; want %q (sheets %q)", language, place, got, err, text, f.GetSheetList())
			}
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestNoFormulas: what people typed stays text, and durations are numbers that
// can be added up.
func TestNoFormulas(t *testing.T) {
	r, list := sample()
	var out bytes.Buffer
	if err := Write(t.Context(), &out, r, list, "vi"); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(&out)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, sheet := range f.GetSheetList() {
		rows, err := f.GetRows(sheet)
		if err != nil {
			t.Fatal(err)
		}
		for y, row := range rows {
			for x := range row {
				cell, err := excelize.CoordinatesToCellName(x+1, y+1)
				if err != nil {
					t.Fatal(err)
				}
				if formula, err := f.GetCellFormula(sheet, cell); err != nil || formula != "" {
					t.Errorf("%s %s has the formula %q, %v", sheet, cell, formula, err)
				}
			}
		}
	}
	if raw, err := f.GetCellValue("Danh sách số", "J5", excelize.Options{RawCellValue: true}); err != nil || raw[:6] != "0.0087" { // 754 s of a day.
		t.Errorf("a wait of 754 s is %q, %v", raw, err)
	}
	if text, err := f.GetCellValue("Danh sách số", "J5"); err != nil || text != "0:12:34" {
		t.Errorf("and reads %q, %v", text, err)
	}
}

func TestSheetNames(t *testing.T) {
	taken := map[string]bool{}
	for _, title := range []string{"Theo hàng đợi (nhóm dịch vụ) rất dài thật là dài", "Theo hàng đợi (nhóm dịch vụ) rất dài khác", "a/b:c*[d]?'", "", ""} {
		name := sheetName(title, taken)
		if n := len([]rune(name)); n == 0 || n > 31 {
			t.Errorf("%q becomes %q of %d letters", title, name, n)
		}
	}
	if len(taken) != 5 {
		t.Errorf("%d names of 5 sheets: %v", len(taken), taken)
	}
}
