package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/queue/web/page"
)

// Without a server the doctor looks at the machine, and changes nothing.
func TestDoctorWithoutServer(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	var out bytes.Buffer
	if code := run(t.Context(), []string{"doctor", "-data", data}, streams{&out, io.Discard}); code != exitOK {
		t.Errorf("exit code %d\n%s", code, out.String())
	}
	for _, want := range []string{"không chạy", "chưa có, “xinmoi serve” sẽ tạo", "Free disk space", "espeak-ng"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("it does not say %q\n%s", want, out.String())
		}
	}
	if exists(data) {
		t.Error("it has made the data directory")
	}
	if code := run(t.Context(), []string{"doctor", "x"}, streams{io.Discard, io.Discard}); code != exitUsage {
		t.Errorf("exit code %d for an argument too many", code)
	}
}

// Where citizens' links will lead to this machine alone is told before a server runs.
func TestDoctorKnowsTheAddressWithoutServer(t *testing.T) {
	for _, c := range []struct {
		listen, public string
		want           page.Level
	}{{"127.0.0.1:8080", "", page.Warn}, {"127.0.0.1:8080", "https://mot-cua.example.vn", page.OK}, {"192.0.2.7:8080", "", page.OK}} {
		cfg, err := defaultConfig()
		if err != nil {
			t.Fatal(err)
		}
		cfg.Data, cfg.HTTP.Listen, cfg.HTTP.PublicURL = filepath.Join(t.TempDir(), "data"), c.listen, c.public
		report, err := examine(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		rows := report.Sections[0].Rows
		if row := rows[len(rows)-1]; row.LabelEN != "Address of QR codes and links" || row.Level != c.want {
			t.Errorf("%+v: %+v", c, row)
		}
	}
}

func TestDoctorSeesTrouble(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]page.Level{file: page.Fail, dir: page.Warn, filepath.Join(dir, "none"): page.Note} {
		if row := dataRow(path); row.Level != want {
			t.Errorf("%s: %+v, want %q", path, row, want)
		}
	}
	if err := os.MkdirAll(filepath.Join(dir, backupsName), 0o700); err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.Local)
	for _, c := range []struct {
		file string
		want page.Level
	}{
		{"", page.Note}, {"xinmoi-20261101-020000.db", page.Warn}, {"xinmoi-20261101-020000.messages.db", page.Warn}, {"xinmoi-20261122-020000.db", page.OK}, {"other", page.OK},
	} {
		if c.file != "" {
			if err := os.WriteFile(filepath.Join(dir, backupsName, c.file), []byte("x"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if row := backupRow(dir, now); row.Level != c.want {
			t.Errorf("with %q: %+v, want %q", c.file, row, c.want)
		}
	}
	zone := time.FixedZone("+14", 14*60*60)
	if list, err := backups(dir, zone); err != nil || len(list) != 2 || list[0].Name != "xinmoi-20261122-020000.db" ||
		!list[0].At.Equal(time.Date(2026, 11, 22, 2, 0, 0, 0, time.Local)) || list[0].At.Location() != zone {
		t.Errorf("%+v %v", list, err)
	}
}

func TestHTTPSConfig(t *testing.T) {
	for name, c := range map[string]struct {
		cfg httpsConfig
		ok  bool
	}{
		"off": {httpsConfig{}, true}, "on": {httpsConfig{Listen: "0.0.0.0:8443", Names: []string{"xinmoi.local"}}, true},
		"public":  {httpsConfig{Listen: ":443", Domains: []string{"mot-cua.example.vn"}, Email: "it@example.vn"}, true},
		"no port": {httpsConfig{Listen: "0.0.0.0"}, false}, "an address as name": {httpsConfig{Listen: ":8443", Names: []string{"192.168.1.1"}}, false},
		"any name":           {httpsConfig{Listen: ":443", Domains: []string{"*.example.vn"}, Email: "it@example.vn"}, false},
		"nobody to write to": {httpsConfig{Listen: ":443", Domains: []string{"mot-cua.example.vn"}}, false}, "a domain without https": {httpsConfig{Domains: []string{"mot-cua.example.vn"}}, false},
	} {
		if err := c.cfg.check(); (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}
