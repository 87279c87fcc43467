package report

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/xinmoi/xinmoi/queue"
)

func printed(t *testing.T, f Figures) string {
	t.Helper()
	var out bytes.Buffer
	if err := f.Print(&out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// squeezed has one space where there are several.
func squeezed(s string) string { return regexp.MustCompile(` +`).ReplaceAllString(s, " ") }

func TestPrint(t *testing.T) {
	h := friday(t)
	got := squeezed(printed(t, h.figures("2026-11-20")))
	for _, want := range []string{
		"Số liệu ngày · Figures of 2026-11-20; đã hết ngày · over (2026-11-21 03:00)",
		"Tất cả 8 1 0/0 4 1 1 1 1 1 10",
		"A Hộ tịch 6 1 1/0 3 1 1 1 1 1 8",
		"B Nhà đất 2 0 0/1 1 0",
		"Tất cả 6 29:00 20:00 62:00 62:00 29:00 40:40 3:36 9:24 15:00 46:45",
		"Quầy số 1 3 2 0 0 2 9 2 (22.2%) 1 1 3 10:20 4.5 (2)",
		"Quầy số 1 19:20 18:33 0:47 0:20 0:20 Xử lý hồ sơ nội bộ 0:20",
		"2 trong 11 lượt gọi (18.2%) · 2 of 11 calls",
		"07:33 quầy 1 A003 mẹ bế con nhỏ staff-1 đã hoàn tác (undone)",
		"07:52 quầy 1 A003 hẹn trước staff-1",
		"không đúng 1 (100.0%)",
		"Đã hủy (cancelled) người dân (citizen) 1 citizen",
		"Các lượt bị từ chối", "Refused requests",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("does not say %q", want)
		}
	}
	if strings.Contains(got, "SMS") {
		t.Error("a channel without tickets has a line")
	}
	if t.Failed() {
		t.Log(got)
	}
	if got := printed(t, h.figures("2026-11-21")); !strings.Contains(got, "chưa hết ngày, tính đến 2026-11-21 03:15 · still going on, up to 2026-11-21 03:15") {
		t.Errorf("a day not over: %s", got)
	}
}

// TestPrintIsPlain: what staff typed cannot move the cursor or the columns.
func TestPrintIsPlain(t *testing.T) {
	f := friday(t).figures("2026-11-20")
	f.OutOfOrder[0].Reason = "a\tb\x1b[31m\nc\u009b"
	got := printed(t, f)
	if !strings.Contains(got, "a b [31m c") || strings.ContainsAny(got, "\x1b\u009b\t") {
		t.Errorf("printed %q", got)
	}
}

type fullDisk struct{ after int }

func (w *fullDisk) Write(b []byte) (int, error) {
	if w.after -= len(b); w.after < 0 {
		return 0, errors.New("disk full")
	}
	return len(b), nil
}

func TestFullDiskIsNoticed(t *testing.T) {
	f := friday(t).figures("2026-11-20")
	for after := range 5 {
		if f.Print(&fullDisk{after * 500}) == nil || f.CSV(&fullDisk{after * 500}) == nil {
			t.Errorf("%d bytes were enough", after*500)
		}
	}
}

func TestCSV(t *testing.T) {
	f := friday(t).figures("2026-11-20")
	f.Services[0].Name = "=cmd()\n"
	var out bytes.Buffer
	if err := f.CSV(&out); err != nil {
		t.Fatal(err)
	}
	text, marked := strings.CutPrefix(out.String(), "\xef\xbb\xbf")
	if !marked || !utf8.ValidString(text) || strings.Count(text, "\r\n") != strings.Count(text, "\n") {
		t.Error("not UTF-8 with a byte order mark and CRLF")
	}
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll() // Checks that all are of one length.
	if err != nil {
		t.Fatal(err)
	}
	if want := 1 + 1 + 2 + 2 + 8 + 3 + 2; len(rows) != want {
		t.Errorf("%d lines, want %d", len(rows), want)
	}
	cell := func(group, id, column string) string {
		for i, name := range rows[0] {
			if strings.HasSuffix(name, column) {
				for _, r := range rows[1:] {
					if strings.HasSuffix(r[1], group) && r[2] == id {
						return r[i]
					}
				}
			}
		}
		t.Fatalf("no cell %s %s %s", group, id, column)
		return ""
	}
	for _, c := range [][4]string{
		{"Total", "", "Day", "2026-11-20"}, {"Total", "", "Issued", "8"}, {"Total", "", "Wait mean, s", "1740"}, {"Total", "", "Open, s", ""},
		{"Total", "", "Tên · Name", "Tất cả · All"}, {"Service", "A", "Name", "'=cmd()"}, {"Channel", "sms", "Wait mean, s", ""},
		{"Counter", "1", "Served", "3"}, {"Counter", "1", "Issued", ""}, {"Counter", "1", "Out of order", "2"},
		{"Counter", "1", "Out of order, per mille", "222"}, {"Counter", "1", "Back office, s", "1200"}, {"Counter", "1", "Mean rating ×100", "450"},
		{"Class", "priority", "Wait, count", "2"}, {"Agency", "dat-dai", "Out", "1"},
	} {
		if got := cell(c[0], c[1], c[2]); got != c[3] {
			t.Errorf("%s %s %s: %q, want %q", c[0], c[1], c[2], got, c[3])
		}
	}
}

// Who acted is named, as far as it is known.
func TestStaffWords(t *testing.T) {
	for id, want := range map[string]string{
		"staff:lan": "lan", "staff-ab12": "staff-ab12", "staff-first": "Đường dẫn dùng chung của các quầy (chưa có tài khoản)",
		"admin-first": "Đường dẫn dùng chung của quản trị (chưa có tài khoản)",
	} {
		r := Report{Staff: []Counter{{ID: id}}}
		if got := r.staffTable().Rows[0][0].Text.VI; got != want {
			t.Errorf("%s is called %q, want %q", id, got, want)
		}
	}
	r := Report{Staff: []Counter{{ID: "staff:lan", Name: "Nguyễn Thị Lan"}}}
	if got := r.staffTable().Rows[0][0].Text.VI; got != "Nguyễn Thị Lan (lan)" {
		t.Errorf("%q", got)
	}
}

// A report names the people who acted as they are called at the moment when it is
// read, also one that was summed up before.
func TestStaffAreCalledByName(t *testing.T) {
	h := newHall(t, queue.CommuneCentre(), "2026-11-20 07:00:00")
	h.take("A001", "A", queue.Kiosk, "")
	h.do(queue.SetCounterRequest{Meta: by("staff:lan"), Counter: "1", State: queue.Opened})
	h.do(queue.CounterRequest{Meta: by("staff:lan"), Counter: "1"})
	b := h.book("")
	display := "Nguyễn Thị Lan"
	b.Called = func(context.Context) map[string]string {
		return map[string]string{"staff:lan": display, "staff:mai": "Mai"}
	}
	if r := mustReport(t, b, h.all()); len(r.Staff) != 1 || r.Staff[0].ID != "staff:lan" || r.Staff[0].Name != display {
		t.Errorf("%+v", r.Staff)
	}
	display = "Trần Thị Lan"
	if r := mustReport(t, b, h.all()); r.Staff[0].Name != display {
		t.Errorf("%+v", r.Staff)
	}
}
