package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/sqlite"
	"github.com/xinmoi/xinmoi/queue/web/page"
	"github.com/xinmoi/xinmoi/queue/web/upkeep"
)

// runDoctor says how everything is: what /admin/health shows, if the server
// runs; else what can be seen of machine and data directory without it.
func runDoctor(ctx context.Context, f *flag.FlagSet, args []string, s streams) error {
	data := f.String("data", "", "data directory (default \""+defaultData+"\", or what the configuration says)")
	file := f.String("config", "", "configuration `file` to look at")
	asJSON := f.Bool("json", false, "for programs")
	if err := parseFlags(f, args); err != nil {
		return err
	}
	cfg, err := loadConfig(*file)
	if err != nil {
		return err
	}
	if *data != "" {
		cfg.Data = *data
	}
	report, err := examine(ctx, cfg)
	if err != nil {
		return err
	}
	if *asJSON {
		e := json.NewEncoder(s.out)
		e.SetIndent("", "  ")
		err = e.Encode(report)
	} else {
		err = report.WriteText(s.out)
	}
	if err == nil && report.Worst() == page.Fail {
		err = errors.New("something has failed, see above")
	}
	return err
}

// examine asks the server that runs on a data directory, or looks itself where
// none does.
func examine(ctx context.Context, cfg config) (upkeep.Report, error) {
	address, running := serverOn(cfg.Data)
	if !running {
		report := upkeep.Report{At: time.Now(), Version: version(), Sections: []upkeep.Section{machineSection(cfg, time.Local)}}
		report.Sections[0].Rows = append(report.Sections[0].Rows, diskRow(cfg.Data))
		if addr, err := net.ResolveTCPAddr("tcp", cfg.HTTP.Listen); err == nil { // Else the server says so when it starts.
			report.Sections[0].Rows = append(report.Sections[0].Rows, addressRow(cfg.base(addr)))
		}
		report.Sections[0].Rows = append([]page.Row{{Label: "Máy chủ", LabelEN: "Server", Value: "không chạy: chạy “xinmoi serve” rồi kiểm tra lại để thấy loa, máy in, tổng đài", ValueEN: "does not run: start \"xinmoi serve\" and look again to see loudspeaker, printer, telephone", Level: page.Warn}}, report.Sections[0].Rows...)
		return report, nil
	}
	report, err := askHealth(ctx, cfg.Data, address)
	if err != nil {
		err = fmt.Errorf("a server holds %s, but does not tell how it is: %w; look whether it still answers at %s", cfg.Data, err, address)
	}
	return report, err
}

// serverOn tells whether a server holds a data directory, and its address.
func serverOn(data string) (address string, running bool) {
	lock, err := os.OpenFile(filepath.Join(data, "lock"), os.O_RDWR, 0)
	if err != nil {
		return "", false
	}
	defer lock.Close()
	if syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
		return "", false // Closing lets it go.
	}
	text, err := os.ReadFile(filepath.Join(data, addressName))
	return strings.TrimSpace(string(text)), err == nil
}

const askTime = 15 * time.Second

func askHealth(ctx context.Context, data, address string) (report upkeep.Report, err error) {
	db, err := sqlite.Attach(ctx, data)
	if err != nil {
		return report, err
	}
	token, err := db.FirstToken(ctx, queue.RoleAdmin)
	if err = errors.Join(err, db.Close()); err != nil {
		return report, err
	}
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address+upkeep.ReportPath, nil)
	if err != nil {
		return report, err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return report, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return report, fmt.Errorf("it answers %s", res.Status)
	}
	const most = 1 << 20
	err = json.NewDecoder(http.MaxBytesReader(nil, res.Body, most)).Decode(&report)
	return report, err
}

// health is how everything is: the machine, and what every channel tells.
func (a *app) health(ctx context.Context) upkeep.Report {
	report := upkeep.Report{At: time.Now().In(a.where.location()), Version: version(), Running: true, Sections: []upkeep.Section{machineSection(a.cfg, a.where.location())}}
	report.Sections[0].Rows = append(report.Sections[0].Rows, addressRow(a.base))
	panels := a.panels()
	rows := make([]chan []page.Row, len(panels))
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	for i, p := range panels {
		rows[i] = make(chan []page.Row, 1)
		go func() { rows[i] <- p.Rows(ctx) }()
	}
	for i, p := range panels {
		s := upkeep.Section{ID: p.ID, Title: p.Title, TitleEN: p.TitleEN}
		select {
		case s.Rows = <-rows[i]:
		case <-ctx.Done():
			s.Rows = []page.Row{{Label: "Trạng thái", LabelEN: "State", Value: "không trả lời", ValueEN: "no answer", Level: page.Fail}}
		}
		report.Sections = append(report.Sections, s)
	}
	return report
}

// machineSection is what can be seen without a server, but the space on the disk,
// which the server tells with its data.
func machineSection(cfg config, zone *time.Location) upkeep.Section {
	s := upkeep.Section{ID: "machine", Title: "Máy và thư mục dữ liệu", TitleEN: "Machine and data directory"}
	s.Rows = append(s.Rows,
		page.Row{Label: "Chương trình", LabelEN: "Program", Value: version() + ", " + runtime.Version() + ", " + runtime.GOOS + "/" + runtime.GOARCH},
		dataRow(cfg.Data), memoryRow(), backupRow(cfg.Data, time.Now()), timeRow(time.Now().In(zone)), toolRow(),
	)
	return s
}

// program is how this program is called again on the server's command line: as it
// was typed where the shell finds it by its name, else by where it lies.
func program() string {
	typed := os.Args[0]
	if !strings.ContainsRune(typed, filepath.Separator) {
		return typed
	}
	if path, err := os.Executable(); err == nil {
		return path
	}
	return typed
}

// addressRow warns where the links and QR codes that citizens get lead to this
// machine alone: no telephone can open them, and no other computer signs in.
func addressRow(base string) page.Row {
	row := page.Row{Label: "Địa chỉ trên QR và liên kết", LabelEN: "Address of QR codes and links", Value: base, Level: page.OK}
	if !thisMachineOnly(base) {
		return row
	}
	row.Level = page.Warn
	open := "-http 0.0.0.0:8080"
	if u, err := url.Parse(base); err == nil && u.Port() != "" {
		open = "-http 0.0.0.0:" + u.Port()
	}
	row.Value = base + ": QR trên phiếu chỉ mở được trên máy này, và không máy nào khác đăng nhập được. Đặt http.public_url trong cấu hình, hoặc chạy lại với " + open
	row.ValueEN = base + ": the QR code on tickets opens on this machine alone, and nobody signs in from another. Set http.public_url in the configuration, or start with " + open
	return row
}

// thisMachineOnly reports whether an address names the machine that asks.
func thisMachineOnly(base string) bool {
	u, err := url.Parse(base)
	if err != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}

func dataRow(data string) page.Row {
	row := page.Row{Label: "Thư mục dữ liệu", LabelEN: "Data directory", Value: data, Level: page.OK}
	info, err := os.Stat(data)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		row.Value, row.ValueEN, row.Level = data+": chưa có, “xinmoi serve” sẽ tạo", data+": not there yet, \"xinmoi serve\" makes it", page.Note
	case err != nil || !info.IsDir():
		row.Value, row.ValueEN, row.Level = data+": không dùng được: xem quyền của thư mục", data+": cannot be used: look at its rights", page.Fail
	case unix.Access(data, unix.W_OK) != nil:
		row.Value, row.ValueEN, row.Level = data+": không ghi được: đổi quyền của thư mục", data+": cannot be written to: change its rights", page.Fail
	case info.Mode().Perm()&0o077 != 0:
		row.Value, row.ValueEN, row.Level = data+": người khác trên máy đọc được: chmod 700", data+": others on this machine can read it: chmod 700", page.Warn
	}
	return row
}

func diskRow(data string) page.Row {
	at := data
	for at != "/" && at != "." && !exists(at) {
		at = filepath.Dir(at)
	}
	row := page.Row{Label: "Chỗ trống trên đĩa", LabelEN: "Free disk space"}
	var disk syscall.Statfs_t
	if err := syscall.Statfs(at, &disk); err != nil {
		row.Value, row.Level = err.Error(), page.Warn
		return row
	}
	free := int64(disk.Bavail) * disk.Bsize
	row.Value, row.Level = fmt.Sprintf("%d MB", free>>20), page.OK
	if free < lowSpace {
		row.Value, row.ValueEN, row.Level = fmt.Sprintf("chỉ còn %d MB: dọn bớt đĩa", free>>20), fmt.Sprintf("only %d MB: make room", free>>20), page.Warn
	}
	return row
}

// lowMemory is how many bytes a server wants to have beside it.
const lowMemory = 200 << 20

func memoryRow() page.Row {
	row := page.Row{Label: "Bộ nhớ còn trống", LabelEN: "Free memory"}
	text, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		row.Value, row.ValueEN = "không rõ", "not known"
		return row
	}
	for line := range strings.Lines(string(text)) {
		var kb int64
		if n, _ := fmt.Sscanf(line, "MemAvailable: %d kB", &kb); n == 1 {
			row.Value, row.Level = fmt.Sprintf("%d MB", kb>>10), page.OK
			if kb<<10 < lowMemory {
				row.Value, row.ValueEN, row.Level = fmt.Sprintf("chỉ còn %d MB: đóng bớt chương trình khác", kb>>10), fmt.Sprintf("only %d MB: close other programs", kb>>10), page.Warn
			}
		}
	}
	return row
}

// backupRow tells how old the newest backup is. A store younger than a night
// needs none.
func backupRow(data string, now time.Time) page.Row {
	row := page.Row{Label: "Bản sao lưu mới nhất", LabelEN: "Newest backup", Href: upkeep.BackupPath, Level: page.OK}
	const old = 50 * time.Hour
	list, err := backups(data, now.Location())
	store, storeErr := os.Stat(filepath.Join(data, sqlite.FileName))
	switch {
	case err == nil && len(list) > 0 && now.Sub(list[0].At) < old:
		row.Value = list[0].Name
	case err == nil && len(list) > 0:
		row.Value, row.ValueEN, row.Level = list[0].Name+": đã cũ; sao lưu lại, và để máy chạy qua đêm", list[0].Name+": old; make one, and leave the machine on overnight", page.Warn
	case storeErr == nil && now.Sub(storeMade(store)) > old:
		row.Value, row.ValueEN, row.Level = "chưa có: bấm Sao lưu ngay", "none: back up now", page.Warn
	default:
		row.Value, row.ValueEN, row.Level = "chưa có; máy tự sao lưu lúc 2 giờ đêm", "none yet; made by itself at two at night", page.Note
	}
	return row
}

// storeMade is when a file came to be, as far as the system tells.
func storeMade(info fs.FileInfo) time.Time {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return time.Unix(s.Ctim.Unix())
	}
	return info.ModTime()
}

// backups lists the copies in a data directory, the newest first, with their times
// in zone; their names are of the machine's.
func backups(data string, zone *time.Location) (list []upkeep.Backup, err error) {
	entries, err := os.ReadDir(filepath.Join(data, backupsName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	for _, e := range entries {
		name, ok := strings.CutPrefix(e.Name(), "xinmoi-")
		stamp, whole := strings.CutSuffix(name, ".db")
		at, wrong := time.ParseInLocation(stampLayout, stamp, time.Local)
		if !ok || !whole || wrong != nil {
			continue
		}
		if info, err := e.Info(); err == nil {
			list = append(list, upkeep.Backup{Name: e.Name(), Size: info.Size(), At: at.In(zone)})
		}
	}
	slices.SortFunc(list, func(a, b upkeep.Backup) int { return b.At.Compare(a.At) })
	return list, err
}

// timeRow tells the time in the office's zone, and whether the system's clock is kept by a time server. An office
// without internet has none: then its clock is looked at by people.
func timeRow(now time.Time) page.Row {
	row := page.Row{Label: "Giờ của máy", LabelEN: "The machine's time", Value: now.Format("15:04 02/01/2006 MST") + ", có máy chủ giờ", ValueEN: now.Format("15:04 2006-01-02 MST") + ", kept by a time server", Level: page.OK}
	var t unix.Timex
	if state, err := unix.Adjtimex(&t); err != nil || state == unix.TIME_ERROR {
		row.Value, row.ValueEN, row.Level = now.Format("15:04 02/01/2006 MST")+", không có máy chủ giờ: đối chiếu với đồng hồ mỗi tuần", now.Format("15:04 2006-01-02 MST")+", no time server: compare with a clock every week", page.Note
	}
	return row
}

func toolRow() page.Row {
	row := page.Row{Label: "espeak-ng (giọng tạm)", LabelEN: "espeak-ng (placeholder voice)", Value: "có", ValueEN: "there", Level: page.OK}
	if _, err := exec.LookPath("espeak-ng"); err != nil {
		row.Value, row.ValueEN, row.Level = "không có: chỉ cần khi chưa thu giọng; apt install espeak-ng", "missing: needed only until a voice is recorded; apt install espeak-ng", page.Note
	}
	return row
}

// openUpkeep makes the pages of health, backups and the office's file.
func (a *app) openUpkeep() (*upkeep.Desk, error) {
	return upkeep.New(upkeep.Config{
		Setup: a.engine, Report: a.health, Data: a.data.path, Program: program(), Build: version(), Logger: a.log,
		Backups: func() ([]upkeep.Backup, error) { return backups(a.data.path, a.where.location()) },
		BackUp: func(ctx context.Context) (string, error) {
			made, err := backUp(ctx, a.data.path, "", time.Now())
			return made.path, err
		},
		Beside: a.partsOfFile(),
	})
}
