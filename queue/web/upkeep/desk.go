package upkeep

import (
	"cmp"
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/web/officefile"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

//go:embed templates
var files embed.FS

// Where the pages are. Whoever mounts them guards them for administrators.
const (
	HealthPath = "/admin/health"
	ReportPath = "/admin/health.json" // The report as the doctor reads it.
	BackupPath = "/admin/backup"
	OfficePath = "/admin/office-file"
)

// Backup is one copy of the store.
type Backup struct {
	Name string
	Size int64 // Bytes.
	At   time.Time
}

// Config is what the pages need; Setup, Report and Data are required.
type Config struct {
	Setup   page.Setup
	Report  func(ctx context.Context) Report
	Backups func() ([]Backup, error)                  // Newest first; nil = none are kept.
	BackUp  func(ctx context.Context) (string, error) // Makes one and names it.
	Beside  []Part                                    // What else the office's file carries.
	Data    string                                    // The data directory.
	Office  string
	Program string // How the program is called on the server's command line; empty = "xinmoi".
	Build   string
	Logger  *slog.Logger
}

// Desk is the pages.
type Desk struct {
	Config
	kit *page.Desk

	mu      sync.Mutex // One import at a time.
	waiting *waiting
}

// New makes the pages.
func New(c Config) (*Desk, error) {
	if c.Setup == nil || c.Report == nil || c.Data == "" {
		return nil, errors.New("upkeep: Config.Setup, Report and Data are required")
	}
	kit, err := page.NewDesk(page.DeskConfig{Name: "upkeep", Prefix: OfficePath, Files: files, Office: c.Office, Build: c.Build, Logger: c.Logger})
	if err != nil {
		return nil, err
	}
	c.Logger = kit.Logger
	left, err := filepath.Glob(filepath.Join(c.Data, uploads)) // Of a server that was killed.
	for _, path := range left {
		err = errors.Join(err, os.Remove(path))
	}
	return &Desk{Config: c, kit: kit}, err
}

// uploads are the names of files that were sent and wait.
const uploads = "office-file-*.upload"

// Handler serves all paths above.
func (d *Desk) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+HealthPath, d.health)
	mux.HandleFunc("GET "+ReportPath, func(w http.ResponseWriter, r *http.Request) {
		if err := page.JSON(w, http.StatusOK, d.Report(r.Context())); err != nil {
			d.Logger.Warn("health report not written", "err", err)
		}
	})
	mux.HandleFunc("GET "+BackupPath, func(w http.ResponseWriter, r *http.Request) { d.showBackups(w, r, http.StatusOK, nil) })
	mux.HandleFunc("POST "+BackupPath, d.backUp)
	mux.HandleFunc("GET "+OfficePath, func(w http.ResponseWriter, r *http.Request) { d.showFile(w, r, http.StatusOK, nil) })
	mux.HandleFunc("GET "+OfficePath+"/export", d.export)
	mux.HandleFunc("POST "+OfficePath+"/import", d.takeIn)
	mux.HandleFunc("POST "+OfficePath+"/apply", d.apply)
	for _, path := range []string{"/import", "/apply"} {
		mux.HandleFunc("GET "+OfficePath+path, func(w http.ResponseWriter, r *http.Request) { d.kit.See(w, r, nil, "") })
	}
	return d.kit.Handler(mux)
}

// sectionView is a part of the system as the page shows it.
type sectionView struct {
	Title string
	Rows  []rowView
}

type rowView struct {
	Label, Value, Href, Mark string
	Level                    page.Level
}

func (d *Desk) program() string { return cmp.Or(d.Program, "xinmoi") }

func (d *Desk) health(w http.ResponseWriter, r *http.Request) {
	l, report := page.Language(r), d.Report(r.Context())
	vi, en := report.Summary()
	v := struct {
		Summary, At, Version, Data, Program string
		Worst                               page.Level
		Sections                            []sectionView
	}{Summary: l.T(vi, en), Data: d.Data, Program: d.program(), At: report.At.Format("02/01/2006 15:04:05"), Version: report.Version, Worst: report.Worst()}
	for _, s := range report.Sections {
		section := sectionView{Title: l.T(s.Title, s.TitleEN)}
		for _, row := range s.Rows {
			label, value := row.Words(l)
			section.Rows = append(section.Rows, rowView{label, value, row.Href, Mark(row.Level, l), row.Level})
		}
		v.Sections = append(v.Sections, section)
	}
	d.kit.Render(w, r, http.StatusOK, "health", page.View{Title: l.T("Kiểm tra hệ thống", "How everything is"), Data: v})
}

func (d *Desk) showBackups(w http.ResponseWriter, r *http.Request, status int, wrong error) {
	l := page.Language(r)
	v := struct {
		Done, Wrong, Data, Program string
		Backups                    []backupView
	}{Done: r.URL.Query().Get("done"), Data: d.Data, Program: d.program()}
	if d.Backups != nil {
		list, err := d.Backups()
		wrong = errors.Join(wrong, err)
		for _, b := range list {
			v.Backups = append(v.Backups, backupView{b.Name, size(b.Size), b.At.Format("02/01/2006 15:04")})
		}
	}
	if !slices.ContainsFunc(v.Backups, func(b backupView) bool { return b.Name == v.Done }) {
		v.Done = "" // Of an address that somebody has typed.
	}
	if wrong != nil {
		v.Wrong = page.Sentence(l, wrong)
	}
	d.kit.Render(w, r, status, "backup", page.View{Title: l.T("Sao lưu", "Backups"), Data: v})
}

type backupView struct{ Name, Size, At string }

// size is a number of bytes for people.
func size(n int64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
	default:
		return fmt.Sprintf("%d KB", (n+1023)/1024)
	}
}

func (d *Desk) backUp(w http.ResponseWriter, r *http.Request) {
	err := errors.New("máy chủ này không sao lưu được từ trang này: dùng lệnh xinmoi backup (this server cannot: use the command xinmoi backup)")
	name := ""
	if d.BackUp != nil {
		name, err = d.BackUp(r.Context())
	}
	if err != nil {
		d.showBackups(w, r, http.StatusServiceUnavailable, both("chưa sao lưu được: xem chỗ trống trên đĩa rồi bấm lại", "not made: look at the free disk space and press again", err))
		return
	}
	http.Redirect(w, r, BackupPath+"?done="+filepath.Base(name), http.StatusSeeOther)
}

// waiting is a file that was sent and looked at, and may be put in force.
type waiting struct {
	id   string
	path string
	file *officefile.File
	open *os.File
}

func (d *Desk) forget() {
	if d.waiting != nil {
		_ = d.waiting.open.Close() // It was only read.
		_ = os.Remove(d.waiting.path)
		d.waiting = nil
	}
}

// fileView is the page of the office file.
type fileView struct {
	Done, Wrong string
	ID          string // Of the file that waits to be put in force.
	Office      string
	MadeAt      string
	Changes     []officefile.Change
	Files       []string
	Size        string
	Version     string
	Left        []string // Parts of the file that nothing here is decided by.
	Same        bool
}

// filesShown bounds how many names of an import are shown.
const filesShown = 50

func (d *Desk) showFile(w http.ResponseWriter, r *http.Request, status int, wrong error) {
	l := page.Language(r)
	v := fileView{}
	if wrong != nil {
		v.Wrong = page.Sentence(l, wrong)
	}
	if r.URL.Query().Has("done") {
		v.Done = l.T("Đã nhập, có hiệu lực ngay. Giọng, lời tiếng khác, biểu trưng và ảnh vừa nhập được dùng sau khi khởi động lại máy chủ.", "Imported, in force at once. Voices, words, logo and pictures are used after the server's next start.")
	}
	d.mu.Lock()
	if p := d.waiting; p != nil {
		view, err := d.Setup.Setup(r.Context())
		if err == nil {
			v.Changes, err = officefile.Diff(view.Setup, p.next(view.Setup))
		}
		if err == nil {
			var more []officefile.Change
			more, v.Left, err = d.compareParts(r.Context(), p.file)
			v.Changes = worded(l, append(v.Changes, more...))
		}
		if err != nil {
			v.Wrong = page.Sentence(l, err)
		}
		v.ID, v.Office, v.MadeAt, v.Version = p.id, l.T(p.file.Setup.Name, p.file.Setup.NameEN), p.file.MadeAt.In(zone(view.Setup)).Format("02/01/2006 15:04"), view.Version
		v.Files, v.Size = p.file.Names(), size(p.file.Size())
		v.Same = len(v.Changes) == 0 && len(v.Files) == 0
		v.Files = v.Files[:min(len(v.Files), filesShown)]
	}
	d.mu.Unlock()
	d.kit.Render(w, r, status, "office", page.View{Title: l.T("Xuất, nhập cả cơ quan", "The whole office as one file"), Data: v})
}

// zone is where an office is.
func zone(s queue.Setup) *time.Location {
	if z, err := time.LoadLocation(s.TimeZone); err == nil {
		return z
	}
	return time.Local // Never with a setup that was checked.
}

func (d *Desk) export(w http.ResponseWriter, r *http.Request) {
	view, err := d.Setup.Setup(r.Context())
	if err != nil {
		d.showFile(w, r, http.StatusServiceUnavailable, err)
		return
	}
	beside, err := d.parts(r.Context())
	if err != nil {
		d.showFile(w, r, http.StatusServiceUnavailable, err)
		return
	}
	now := time.Now()
	head := officefile.Office{Format: officefile.Format, MadeAt: now.UTC().Truncate(time.Second), Program: d.Build, Setup: view.Setup, Beside: beside}
	name := "xinmoi-" + view.Setup.Office + "-" + now.Format("20060102")
	parts := r.URL.Query()["part"]
	if len(parts) == 0 {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Disposition", `attachment; filename="`+name+`.json"`)
		err = officefile.WriteJSON(w, head)
	} else {
		_ = http.NewResponseController(w).SetWriteDeadline(time.Time{}) // Voices take a while on a slow line.
		w.Header().Set("Content-Type", "application/zip")
		w.Header().Set("Content-Disposition", `attachment; filename="`+name+`.zip"`)
		err = officefile.WriteZip(w, head, os.DirFS(d.Data), parts)
	}
	if err != nil && r.Context().Err() == nil {
		d.Logger.Error("the office's file was not written whole", "err", err)
		panic(http.ErrAbortHandler) // So that the browser does not take half a file for a whole one.
	}
}

const uploadTime = 10 * time.Minute

// takeIn takes a file in and looks at it; nothing changes yet.
func (d *Desk) takeIn(w http.ResponseWriter, r *http.Request) {
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(uploadTime))
	r.Body = http.MaxBytesReader(w, r.Body, officefile.MaxFile+1<<20)
	p, err := d.stage(r)
	if err != nil {
		d.mu.Lock()
		d.forget() // Nobody is to put an older file in force in place of this one.
		d.mu.Unlock()
		d.showFile(w, r, http.StatusUnprocessableEntity, err)
		return
	}
	d.mu.Lock()
	d.forget()
	d.waiting = p
	d.mu.Unlock()
	d.kit.See(w, r, nil, "changes")
}

// stage keeps the uploaded file on the disk and opens it.
func (d *Desk) stage(r *http.Request) (_ *waiting, err error) {
	form, err := r.MultipartReader()
	if err != nil {
		return nil, none()
	}
	for {
		part, err := form.NextPart()
		if err != nil {
			return nil, none()
		}
		if part.FormName() != "file" || part.FileName() == "" {
			continue
		}
		f, err := os.CreateTemp(d.Data, uploads)
		if err != nil {
			return nil, both("chưa lưu được tệp: xem đĩa của máy chủ", "the file cannot be kept: look at the server's disk", err)
		}
		n, err := io.Copy(f, part)
		var file *officefile.File
		if err != nil {
			err = both("tệp chưa đến đủ hoặc quá lớn: gửi lại", "the file did not come whole, or is too large: send it again", err)
		} else {
			file, err = officefile.Open(f, n)
		}
		if err == nil {
			err = d.checkParts(file)
		}
		if err != nil {
			return nil, errors.Join(err, f.Close(), os.Remove(f.Name()))
		}
		return &waiting{filepath.Base(f.Name()), f.Name(), file, f}, nil
	}
}

// both is an error for people, in both languages, that tells its cause in each.
func both(vi, en string, cause error) error {
	return fmt.Errorf("%s: %v (%s: %w)", vi, cause, en, cause)
}

func none() error {
	return errors.New("chưa chọn tệp: bấm nút chọn tệp rồi gửi (no file was chosen: choose one, then send it)")
}

// next is the setup that the file would put in force. The office keeps its id:
// its log is under it. Whether it is tried out is not for another one to say.
func (p *waiting) next(now queue.Setup) queue.Setup {
	next := p.file.Setup
	next.Office, next.Trial = now.Office, now.Trial
	return next
}

// apply puts the file that waits in force, if nothing has changed since it was
// looked at.
func (d *Desk) apply(w http.ResponseWriter, r *http.Request) {
	err := page.ReadForm(w, r, 1<<16)
	d.mu.Lock()
	if p := d.waiting; err == nil {
		switch {
		case p == nil || p.id != r.PostForm.Get("id"):
			err = errors.New("tệp này không còn ở đây, hoặc người khác vừa gửi tệp khác: gửi lại (the file is not here any more, or somebody has sent another: send it again)")
		case r.PostForm.Get("do") == "cancel":
			d.forget()
		default:
			err = p.file.Place(r.Context(), d.Data, func(ctx context.Context) error {
				view, err := d.Setup.Setup(ctx)
				if err != nil {
					return err
				}
				_, err = page.Configure(ctx, d.Setup, queue.SetupView{Setup: p.next(view.Setup), Version: r.PostForm.Get("version")})
				return err
			})
			if err == nil {
				err = d.importParts(r.Context(), p.file)
			}
			if err == nil {
				d.forget()
			}
		}
	}
	d.mu.Unlock()
	if err != nil {
		if queue.ErrorCode(err) == queue.CodeSetupInUse {
			err = both("chưa nhập: còn phiếu chưa xong hoặc quầy đang mở; đóng các quầy, chờ hết phiếu rồi bấm lại", "not imported: tickets or counters are in use; close them and press again", err)
		}
		d.showFile(w, r, http.StatusConflict, err)
		return
	}
	to := OfficePath
	if r.PostForm.Get("do") != "cancel" {
		to += "?done=1"
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// Close forgets a file that nobody has put in force.
func (d *Desk) Close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.forget()
}
