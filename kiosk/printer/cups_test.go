package printer_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/kiosk/escpos/vprinter"
	"github.com/xinmoi/xinmoi/kiosk/printer"
)

// fakeCUPS puts commands of our own in front of those of CUPS. Jobs are gone
// from the queue at once, unless the file "holds" is there.
func fakeCUPS(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for name, script := range map[string]string{
		"lp":     `cat >>"$D/job"; echo "$@" >>"$D/args"; echo "request id is phieu-12 (0 file(s))"`,
		"lpstat": `case "$1" in -p) cat "$D/state" 2>/dev/null || echo "printer phieu is idle.";; -o) [ -e "$D/holds" ] && echo "phieu-12 root 1024 today"; exit 0;; esac`,
		"cancel": `echo "$1" >>"$D/cancelled"; rm -f "$D/holds"`,
	} {
		text := "#!/bin/sh\nD='" + dir + "'\n" + script + "\n"
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	return dir
}

func put(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestCUPS(t *testing.T) {
	dir := fakeCUPS(t)
	open, err := printer.Target("cups://phieu")
	if err != nil {
		t.Fatal(err)
	}
	job, begun := printer.Job{Paper: picture(t, 100)}, time.Now()
	if got, err := patient(open).Print(t.Context(), job); got != printer.Assumed {
		t.Fatalf("%s, %v", got, err)
	}
	if args, _ := os.ReadFile(filepath.Join(dir, "args")); string(args) != "-d phieu -o raw\n" {
		t.Errorf("lp %s", args)
	}
	f, err := os.Open(filepath.Join(dir, "job"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	cuts := 0
	for dec := vprinter.NewDecoder(f); ; {
		op, err := dec.Next()
		if err != nil {
			break
		}
		if op.Kind == vprinter.OpCut {
			cuts++
		}
	}
	if cuts != 1 {
		t.Errorf("%d tickets in the job", cuts)
	}

	// Long enough to hand a job over, on this machine.
	d := printer.New(printer.Config{Open: open, Send: max(1500*time.Millisecond, 10*time.Since(begun))})
	put(t, dir, "holds", "")
	if got, err := d.Print(t.Context(), job); got != printer.Failed {
		t.Errorf("a job that the queue holds: %s, %v", got, err)
	}
	if who, _ := os.ReadFile(filepath.Join(dir, "cancelled")); string(who) != "phieu-12\n" {
		t.Errorf("cancelled %q", who)
	}
	put(t, dir, "holds", "")
	put(t, dir, "state", "printer phieu now printing phieu-12.  enabled since today")
	if got, err := d.Print(t.Context(), job); got != printer.Unknown {
		t.Errorf("a job that had begun: %s, %v", got, err)
	}
	put(t, dir, "state", "printer phieu disabled since today -")
	if got, err := d.Print(t.Context(), job); got != printer.Failed {
		t.Errorf("a stopped queue: %s, %v", got, err)
	}
}

func TestCUPSIsMissing(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	d := printer.New(printer.Config{Open: printer.CUPS("phieu")})
	if got, err := d.Print(t.Context(), printer.Job{Paper: picture(t, 10)}); got != printer.Failed || err == nil {
		t.Errorf("%s, %v", got, err)
	}
}
