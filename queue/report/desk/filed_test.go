package desk

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/report/monthly"
)

// filing is a desk with scheduled reports; its reader is the administrator of
// all, or of one agency.
func filing(t *testing.T, agency string) (*monthly.Book, http.Handler) {
	t.Helper()
	now := func() time.Time { return time.Date(2026, 12, 2, 3, 0, 0, 0, time.UTC) }
	d, err := New(Config{
		Book: &shelf{over: true}, Office: "Trung tâm xã Bình An", Now: now, Agency: func(*http.Request) (string, bool) { return agency, true },
		May:      func(r *http.Request) bool { return r.Header.Get("X-Admin") != "" },
		Agencies: func() []queue.Agency { return []queue.Agency{{ID: "tu-phap", Name: "Tư pháp"}} },
	})
	if err != nil {
		t.Fatal(err)
	}
	check := func(address string) error {
		if address == "" {
			return queue.Errorf(queue.CodeBadRequest, "xin điền số (please fill in a number)")
		}
		return nil
	}
	d.Monthly, err = monthly.New(monthly.Config{Dir: t.TempDir(), Figures: d.Book, Paper: d.Paper, Now: now, Channels: []monthly.Channel{{ID: "sms", Name: "Tin nhắn", NameEN: "SMS", Check: check}}})
	if err != nil {
		t.Fatal(err)
	}
	return d.Monthly, d.Handler()
}

func post(h http.Handler, path string, form url.Values, admin bool) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if admin {
		r.Header.Set("X-Admin", "yes")
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func planForm() url.Values {
	return url.Values{
		"name": {"Báo cáo tháng <b>"}, "months": {"1"}, "hour": {"6"}, "target": {"20"}, "place": {"Bình An"}, "post": {"Giám đốc"}, "signer": {"Nguyễn Văn Bình"},
		"to_whom": {"UBND xã\nVăn phòng"}, "channel": {"sms", ""}, "address": {"0912345678", ""},
	}
}

// TestFiled: what is set is made, listed, shown, and can be taken back.
func TestFiled(t *testing.T) {
	book, h := filing(t, "")
	if w := post(h, FiledPath, planForm(), true); w.Code != http.StatusSeeOther {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	plans, _, err := book.Plans()
	if err != nil || len(plans) != 1 || plans[0].Target != 20 || len(plans[0].To) != 1 || len(plans[0].Letter.To) != 2 {
		t.Fatalf("%+v, %v", plans, err)
	}
	if w := post(h, FiledPath+"/make", url.Values{"plan": {"1"}}, true); w.Code != http.StatusSeeOther {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	w := get(h, FiledPath)
	has(t, w, "Báo cáo tháng &lt;b&gt;", "tháng 11/2026", "1.234", "hằng tháng, lập lúc 6 giờ", "Tin nhắn", "/2026-11-01_2026-11-30-1/report.html")
	if strings.Contains(w.Body.String(), "0912345678") || strings.Contains(w.Body.String(), "<form method=\"post\"") {
		t.Error("who only reads sees a number, or a form")
	}
	w = get(h, FiledPath+"/2026-11-01_2026-11-30-1/report.html")
	has(t, w, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Bình An, ngày 02 tháng 12 năm 2026", "GIÁM ĐỐC", "Nguyễn Văn Bình", "- UBND xã;", "- Lưu: VT.", "<style>")
	if policy := w.Header().Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'; style-src 'sha256-") {
		t.Error(policy)
	}
	if strings.Contains(w.Body.String(), "Về báo cáo") {
		t.Error("the document has a link that leads nowhere")
	}
	w = get(h, FiledPath+"/2026-11-01_2026-11-30-1/report.xlsx")
	if !strings.HasPrefix(w.Body.String(), "PK") || !strings.Contains(w.Header().Get("Content-Disposition"), "bao-cao-2026-11-01-2026-11-30.xlsx") {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	if w := post(h, FiledPath+"/make", url.Values{"plan": {"1"}}, true); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("made twice: %d", w.Code)
	}
	if w := post(h, FiledPath+"/keep", url.Values{"months": {"0"}}, true); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("kept for no time: %d", w.Code)
	}
	if w := post(h, FiledPath+"/remove", url.Values{"plan": {"1"}}, true); w.Code != http.StatusSeeOther {
		t.Errorf("%d", w.Code)
	}
	if plans, _, err := book.Plans(); err != nil || len(plans) != 0 {
		t.Errorf("%+v, %v", plans, err)
	}
}

// TestFiledMistake: what was typed stays, with what is to be done.
func TestFiledMistake(t *testing.T) {
	_, h := filing(t, "")
	for field, wrong := range map[string][2]string{"name": {"", "xin đặt tên"}, "address": {"", "xin điền số"}, "agency": {"mặt trăng", "không có cơ quan này"}} {
		form := planForm()
		form.Set(field, wrong[0])
		w := post(h, FiledPath, form, true)
		if w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), wrong[1]) {
			t.Errorf("%s: %d %s", field, w.Code, w.Body)
		}
	}
	form := planForm()
	form.Set("agency", "x")
	r := httptest.NewRequest(http.MethodPost, FiledPath, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("X-Admin", "yes")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	for _, typed := range []string{"Nguyễn Văn Bình", "UBND xã\nVăn phòng", "0912345678"} {
		if !strings.Contains(w.Body.String(), typed) {
			t.Errorf("%q is lost", typed)
		}
	}
}

// TestFiledRights: only an administrator of all changes anything; an agency's
// reader sees its own reports alone; no other site posts.
func TestFiledRights(t *testing.T) {
	book, h := filing(t, "")
	for _, path := range []string{"", "/remove", "/keep", "/make"} {
		if w := post(h, FiledPath+path, planForm(), false); w.Code != http.StatusForbidden {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	r := httptest.NewRequest(http.MethodPost, FiledPath, strings.NewReader(planForm().Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", "http://evil.example")
	r.Header.Set("X-Admin", "yes")
	w := httptest.NewRecorder()
	if h.ServeHTTP(w, r); w.Code != http.StatusForbidden {
		t.Errorf("another site's form: %d", w.Code)
	}
	if plans, _, err := book.Plans(); err != nil || len(plans) != 0 {
		t.Errorf("%+v, %v", plans, err)
	}
	mine, own := filing(t, "tu-phap")
	for i, agency := range []string{"", "tu-phap"} {
		if _, err := mine.Save(monthly.Plan{Name: "x", Months: 1, Target: 30, Agency: agency}); err != nil {
			t.Fatal(err)
		}
		plans, _, err := mine.Plans()
		if err != nil {
			t.Fatal(err)
		}
		if made, err := mine.Make(t.Context(), plans[i], time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)); !made || err != nil {
			t.Fatal(made, err)
		}
	}
	if w := get(own, FiledPath+"/2026-11-01_2026-11-30-1/report.html"); w.Code != http.StatusNotFound {
		t.Errorf("an agency reads the report on all: %d", w.Code)
	}
	has(t, get(own, FiledPath+"/2026-11-01_2026-11-30-2/report.html"), "CỘNG HÒA")
	if w := post(own, FiledPath, planForm(), true); w.Code != http.StatusForbidden {
		t.Errorf("an agency's administrator sets reports on all: %d", w.Code)
	}
	if _, err := os.Stat(filepath.Join(mine.Dir, "2026-11-01_2026-11-30-2")); errors.Is(err, os.ErrNotExist) {
		t.Error("nothing was made")
	}
}
