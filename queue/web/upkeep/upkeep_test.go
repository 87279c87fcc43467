package upkeep

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/memory"
	"github.com/xinmoi/xinmoi/queue/web/officefile"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

type world struct {
	t      *testing.T
	engine *queue.Engine
	data   string
	desk   *Desk
	pages  http.Handler
	made   int
	full   error
}

func open(t *testing.T) *world {
	t.Helper()
	e, err := queue.NewEngine(t.Context(), queue.Config{Setup: queue.CommuneCentre(), Store: &memory.Store{}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- e.Run(ctx) }()
	t.Cleanup(func() { stop(); <-done })
	w := &world{t: t, engine: e, data: t.TempDir()}
	w.desk, err = New(Config{
		Setup: e, Data: w.data, Program: "/opt/x/xinmoi", Report: func(context.Context) Report { return report() },
		Backups: func() ([]Backup, error) {
			return []Backup{{Name: "xinmoi-20261122-020000.db", Size: 3 << 20, At: time.Date(2026, 11, 22, 2, 0, 0, 0, time.UTC)}}, nil
		},
		BackUp: func(context.Context) (string, error) {
			w.made++
			return filepath.Join(w.data, "backups", "xinmoi-20261122-020000.db"), w.full
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.desk.Close)
	w.pages = w.desk.Handler()
	return w
}

func report() Report {
	return Report{At: time.Date(2026, 11, 22, 1, 2, 3, 0, time.UTC), Version: "1", Sections: []Section{
		{ID: "a", Title: "Máy", TitleEN: "Machine", Rows: []page.Row{{Label: "Đĩa", LabelEN: "Disk", Value: "đầy <b>", ValueEN: "full <b>", Level: page.Fail}, {Label: "Giờ", LabelEN: "Time", Value: "đúng", ValueEN: "right", Level: page.OK}}},
		{ID: "b", Title: "Loa", TitleEN: "Sound", Rows: []page.Row{{Label: "Giọng", LabelEN: "Voice", Value: "tạm", ValueEN: "placeholder", Level: page.Warn, Href: "/admin/sound"}}},
	}}
}

func (w *world) get(path string) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	w.pages.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, path, nil))
	return rec
}

func (w *world) post(path, kind string, body *bytes.Buffer) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodPost, path, body)
	r.Header.Set("Content-Type", kind)
	w.pages.ServeHTTP(rec, r)
	return rec
}

func (w *world) form(path string, v url.Values) *httptest.ResponseRecorder {
	return w.post(path, "application/x-www-form-urlencoded", bytes.NewBufferString(v.Encode()))
}

func (w *world) upload(name string, content []byte) *httptest.ResponseRecorder {
	w.t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	part, err := m.CreateFormFile("file", name)
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err := part.Write(content); err != nil {
		w.t.Fatal(err)
	}
	if err := m.Close(); err != nil {
		w.t.Fatal(err)
	}
	return w.post(OfficePath+"/import", m.FormDataContentType(), &b)
}

// The page and the doctor say the same, and what is to be done.
func TestOneReport(t *testing.T) {
	w := open(t)
	var text bytes.Buffer
	if err := report().WriteText(&text); err != nil {
		t.Fatal(err)
	}
	shown := w.get(HealthPath).Body.String()
	for _, s := range report().Sections {
		for _, row := range s.Rows {
			value := strings.ReplaceAll(row.Value, "<b>", "&lt;b&gt;")
			for name, in := range map[string]bool{"page": strings.Contains(shown, row.Label) && strings.Contains(shown, value), "doctor": strings.Contains(text.String(), row.Label+": "+row.Value)} {
				if !in {
					t.Errorf("the %s does not say %s: %s", name, row.Label, row.Value)
				}
			}
		}
	}
	if !strings.Contains(text.String(), "[LỖI]") || !strings.Contains(text.String(), "Có 1 lỗi và 1 điều cần xem") || !strings.Contains(shown, "Có 1 lỗi và 1 điều cần xem") {
		t.Error(text.String())
	}
	if !strings.Contains(shown, "<code>/opt/x/xinmoi doctor -data "+w.data+"</code>") {
		t.Errorf("the command is not one to copy:\n%s", shown)
	}
	if got := w.get(ReportPath); got.Code != http.StatusOK || !strings.Contains(got.Body.String(), `"title_en":"Machine"`) {
		t.Errorf("%d %s", got.Code, got.Body)
	}
	if (Report{}).Worst() != page.OK || report().Worst() != page.Fail {
		t.Error("the worst is not told")
	}
}

func TestBackups(t *testing.T) {
	w := open(t)
	got := w.form(BackupPath, nil)
	if got.Code != http.StatusSeeOther || w.made != 1 {
		t.Fatal(got.Code)
	}
	if shown := w.get(got.Header().Get("Location")).Body.String(); !strings.Contains(shown, "Đã sao lưu:") || !strings.Contains(shown, "3.0 MB") || !strings.Contains(shown, "/opt/x/xinmoi restore -data "+w.data) {
		t.Error(shown)
	}
	for _, want := range []string{"tài khoản cán bộ", "báo động và người nhận", "lịch hẹn", "<code>voices/</code>", "<code>logo.png</code>", "<code>media/</code>", "tệp cấu hình"} {
		if shown := w.get(BackupPath).Body.String(); !strings.Contains(shown, want) {
			t.Errorf("what is in a copy and what is not: no %q", want)
		}
	}
	if shown := w.get(BackupPath + "?done=<script>").Body.String(); strings.Contains(shown, "script>") {
		t.Error("what the address says is shown")
	}
	w.full = errors.New("no space left")
	if got := w.form(BackupPath, nil); got.Code != http.StatusServiceUnavailable || !strings.Contains(got.Body.String(), "xem chỗ trống trên đĩa") {
		t.Errorf("%d %s", got.Code, got.Body)
	}
}

var idIn = regexp.MustCompile(`name="id" value="([^"]+)"><input type="hidden" name="version" value="([^"]+)"`)

// A file is looked at before it changes anything; it is put in force whole, or
// not at all.
func TestExportAndImport(t *testing.T) {
	w := open(t)
	exported := w.get(OfficePath + "/export")
	if exported.Header().Get("Content-Type") != "application/json" || !strings.Contains(exported.Header().Get("Content-Disposition"), ".json") {
		t.Fatal(exported.Header())
	}
	changed := bytes.ReplaceAll(exported.Body.Bytes(), []byte("xã Bình An"), []byte("xã Tân Phú"))
	got := w.upload("x.json", changed)
	if got.Code != http.StatusSeeOther {
		t.Fatal(got.Body)
	}
	shown := w.get(OfficePath).Body.String()
	form := idIn.FindStringSubmatch(shown)
	if form == nil || !strings.Contains(shown, "xã Tân Phú") || !strings.Contains(shown, "xã Bình An") {
		t.Fatal(shown)
	}
	name := func() string {
		v, err := w.engine.Setup(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return v.Setup.Name
	}
	if strings.Contains(name(), "Tân Phú") {
		t.Error("it was put in force before anybody said so")
	}
	if got := w.form(OfficePath+"/apply", url.Values{"id": {form[1]}, "version": {"another"}, "do": {"apply"}}); got.Code != http.StatusConflict || strings.Contains(name(), "Tân Phú") {
		t.Errorf("somebody has changed the setup meanwhile: %d", got.Code)
	}
	if got := w.form(OfficePath+"/apply", url.Values{"id": {"other"}, "version": {form[2]}}); got.Code != http.StatusConflict {
		t.Errorf("another file: %d", got.Code)
	}
	if got := w.form(OfficePath+"/apply", url.Values{"id": {form[1]}, "version": {form[2]}, "do": {"apply"}}); got.Code != http.StatusSeeOther || !strings.Contains(name(), "Tân Phú") {
		t.Errorf("%d %s", got.Code, got.Body)
	}
	if left, _ := filepath.Glob(filepath.Join(w.data, "*")); len(left) != 0 {
		t.Errorf("left behind: %q", left)
	}
	w.upload("x.json", changed)
	form = idIn.FindStringSubmatch(w.get(OfficePath).Body.String())
	if form != nil {
		t.Error("a file that changes nothing can be imported")
	}
	view, err := w.engine.Setup(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	view.Setup.Trial = true
	if _, err := w.engine.Configure(t.Context(), queue.ConfigureRequest{Setup: view.Setup}); err != nil {
		t.Fatal(err)
	}
	if w.upload("x.json", changed); idIn.MatchString(w.get(OfficePath).Body.String()) {
		t.Error("a file would end this office's trial")
	}
	for name, bad := range map[string][]byte{"nonsense": []byte("nonsense"), "nothing": nil, "half": changed[:len(changed)/2]} {
		if got := w.upload("x.json", bad); got.Code != http.StatusUnprocessableEntity || !strings.Contains(got.Body.String(), `role="alert"`) {
			t.Errorf("%s: %d", name, got.Code)
		}
	}
}

// Who has broken a line of the file reads which, in one language; an older file
// does not wait in its place any more, and times are those of the office.
func TestBrokenImport(t *testing.T) {
	w := open(t)
	whole := w.get(OfficePath + "/export").Body.String()
	changed := regexp.MustCompile(`"made_at": "[^"]+"`).ReplaceAllString(strings.ReplaceAll(whole, "xã Bình An", "xã Tân Phú"), `"made_at": "2026-11-22T23:53:00Z"`)
	w.upload("x.json", []byte(changed))
	if shown := w.get(OfficePath).Body.String(); !idIn.MatchString(shown) || !strings.Contains(shown, "23/11/2026 06:53") {
		t.Fatal(shown)
	}
	before, after, _ := strings.Cut(whole, `"time_zone"`)
	line := 1 + strings.Count(before, "\n")
	shown := w.upload("x.json", []byte(strings.TrimRight(before, ", \n")+"\n"+`"time_zone"`+after)).Body.String()
	if !strings.Contains(shown, fmt.Sprintf("Tệp hỏng ở dòng %d,", line)) || strings.Contains(shown, "damaged") {
		t.Error(shown)
	}
	if idIn.MatchString(shown) || idIn.MatchString(w.get(OfficePath).Body.String()) {
		t.Error("the file before it still waits")
	}
	shown = w.upload("x.json", []byte(strings.Replace(whole, `"services"`, `"servces"`, 1))).Body.String()
	if !strings.Contains(shown, "có mục &#34;servces&#34; mà chương trình này không biết: sửa tên mục, bỏ mục ấy") {
		t.Error(shown)
	}
}

func TestImportWithFiles(t *testing.T) {
	w := open(t)
	if err := os.MkdirAll(filepath.Join(w.data, "words"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(w.data, "words", "km.json"), []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	exported := w.get(OfficePath + "/export?part=words&part=voices")
	if exported.Header().Get("Content-Type") != "application/zip" {
		t.Fatal(exported.Header())
	}
	if err := os.Remove(filepath.Join(w.data, "words", "km.json")); err != nil {
		t.Fatal(err)
	}
	if got := w.upload("x.zip", exported.Body.Bytes()); got.Code != http.StatusSeeOther {
		t.Fatal(got.Body)
	}
	form := idIn.FindStringSubmatch(w.get(OfficePath).Body.String())
	if form == nil {
		t.Fatal("the file with words cannot be imported")
	}
	if got := w.form(OfficePath+"/apply", url.Values{"id": {form[1]}, "version": {form[2]}, "do": {"apply"}}); got.Code != http.StatusSeeOther {
		t.Fatal(got.Body)
	}
	if text, err := os.ReadFile(filepath.Join(w.data, "words", "km.json")); err != nil || string(text) != "{}" {
		t.Errorf("%q %v", text, err)
	}
	if _, err := os.Stat(filepath.Join(w.data, officefile.StageName)); err == nil {
		t.Error("the stage is left behind")
	}
	w.upload("x.zip", exported.Body.Bytes())
	form = idIn.FindStringSubmatch(w.get(OfficePath).Body.String())
	if got := w.form(OfficePath+"/apply", url.Values{"id": {form[1]}, "version": {form[2]}, "do": {"cancel"}}); got.Code != http.StatusSeeOther || idIn.MatchString(w.get(OfficePath).Body.String()) {
		t.Error("the file is not forgotten")
	}
}
