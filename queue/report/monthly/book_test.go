package monthly

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/report"
)

// office is a log of which some days have ended.
type office struct {
	ended  string // Up to and with this day.
	asked  []report.Spec
	behind bool // The log is read in part,
	unread bool // or nothing of the period is.
	err    error
}

func (o *office) Report(_ context.Context, s report.Spec) (*report.Report, error) {
	o.asked = append(o.asked, s)
	switch {
	case o.err != nil:
		return nil, o.err
	case s.From > o.ended || s.To < "2026-08-01":
		return nil, report.ErrNoDay
	case o.unread:
		return nil, report.ErrBehind
	}
	r := &report.Report{Office: "bo-phan", Name: "Trung tâm xã Bình An", TimeZone: "Asia/Ho_Chi_Minh", From: s.From, To: s.To, Days: 20, Over: s.To <= o.ended}
	r.Total.Issued = 1234
	if o.behind {
		r.Behind = s.From
	}
	return r, nil
}

func (o *office) Tickets(context.Context, report.Spec, report.Pick, int, int) (*report.List, error) {
	return &report.List{N: 1, Times: 1, Lines: []report.Line{{Day: "2026-10-01", Number: "A001", State: queue.Completed}}}, nil
}

// desk is a book on a clock of its own, and what was told.
type desk struct {
	*Book
	office *office
	now    time.Time
	told   []string
	fails  error
}

func at(t testing.TB, text string) time.Time {
	t.Helper()
	when, err := time.ParseInLocation("2006-01-02 15:04", text, time.FixedZone("+07", 7*60*60))
	if err != nil {
		t.Fatal(err)
	}
	return when
}

func newDesk(t testing.TB, dir, now, ended string) *desk {
	t.Helper()
	d := &desk{office: &office{ended: ended}, now: at(t, now)}
	sms := Channel{ID: "sms", Name: "Tin nhắn", Asks: "số điện thoại", AsksEN: "telephone number", Tell: func(_ context.Context, address, key, vi, _ string) error {
		if d.fails != nil {
			return d.fails
		}
		d.told = append(d.told, address+" "+key+" "+vi)
		return nil
	}}
	var err error
	d.Book, err = New(Config{
		Dir: dir, Figures: d.office, Channels: []Channel{sms}, Now: func() time.Time { return d.now },
		Paper: func(r *report.Report, l Letter, _ time.Time) ([]byte, error) {
			return []byte(r.Name + " " + l.Place), nil
		},
		Link: func(folder string) string { return "http://o/" + folder },
	})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func (d *desk) look(t testing.TB) {
	t.Helper()
	if err := d.Look(context.Background()); err != nil {
		t.Fatal(err)
	}
}

func (d *desk) folders(t testing.TB) (list []string) {
	t.Helper()
	all, err := d.All()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range all {
		list = append(list, m.Folder)
	}
	return list
}

func month() Plan {
	return Plan{Name: "Báo cáo tháng", Months: 1, Hour: 6, Target: 30, Letter: Letter{Place: "Bình An"}, To: []Recipient{{"sms", "0912345678"}}}
}

func save(t testing.TB, d *desk, p Plan) Plan {
	t.Helper()
	p, err := d.Save(p)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestMadeOnTheFirst: not before its hour, not before its last day has ended,
// once, and whoever is to know is told once.
func TestMadeOnTheFirst(t *testing.T) {
	d := newDesk(t, t.TempDir(), "2026-10-20 10:00", "2026-10-20")
	save(t, d, month())
	d.look(t)
	d.now = at(t, "2026-11-01 05:59")
	d.look(t)
	if len(d.office.asked) != 0 {
		t.Fatalf("asked for %+v before the hour", d.office.asked)
	}
	d.now, d.office.ended = at(t, "2026-11-01 06:00"), "2026-10-30"
	d.look(t)
	d.office.ended, d.office.behind = "2026-10-31", true
	d.look(t)
	if list := d.folders(t); len(list) != 0 {
		t.Fatalf("%v was made of a month that goes on", list)
	}
	d.office.behind, d.office.unread = false, true
	d.look(t)
	if list := d.folders(t); len(list) != 0 {
		t.Fatalf("%v was made of a month that is not read", list)
	}
	d.office.unread = false
	for range 3 {
		d.look(t)
		d.now = d.now.Add(time.Minute)
	}
	if diff := cmp.Diff([]string{"2026-10-01_2026-10-31-1"}, d.folders(t)); diff != "" {
		t.Fatal(diff)
	}
	want := []string{"0912345678 report/2026-10-01_2026-10-31-1/sms Trung tâm xã Bình An: đã lập Báo cáo tháng, từ ngày 01/10/2026 đến ngày 31/10/2026. http://o/2026-10-01_2026-10-31-1"}
	if diff := cmp.Diff(want, d.told); diff != "" {
		t.Error(diff)
	}
	if s := d.office.asked[len(d.office.asked)-1]; !s.Compare || s.Target != 30*time.Minute {
		t.Errorf("%+v", s)
	}
	m, err := d.About("2026-10-01_2026-10-31-1")
	if err != nil || m.Issued != 1234 || m.Title().VI != "tháng 10/2026" || len(m.Told) != 1 {
		t.Errorf("%+v, %v", m, err)
	}
	for file, begin := range map[string]string{Workbook: "PK", Document: "Trung tâm xã Bình An Bình An"} {
		body, err := os.ReadFile(filepath.Join(d.Dir, m.Folder, file))
		if err != nil || !strings.HasPrefix(string(body), begin) {
			t.Errorf("%s: %v, %.20q", file, err, body)
		}
	}
}

// TestMachineWasOff: what became due meanwhile is made, also of months ago, the
// oldest first; of months without a business day there is nothing.
func TestMachineWasOff(t *testing.T) {
	dir := t.TempDir()
	save(t, newDesk(t, dir, "2026-07-20 10:00", "2026-07-20"), month())
	d := newDesk(t, dir, "2026-11-02 08:00", "2026-11-02")
	d.look(t)
	if diff := cmp.Diff([]string{"2026-10-01_2026-10-31-1", "2026-09-01_2026-09-30-1", "2026-08-01_2026-08-31-1"}, d.folders(t)); diff != "" {
		t.Error(diff)
	}
	if len(d.told) != 3 {
		t.Errorf("told of %v", d.told)
	}
}

// TestCutOffAnywhere: whatever is left of a folder that was being made, the
// report is made once and whole.
func TestCutOffAnywhere(t *testing.T) {
	for _, left := range []string{"", Workbook, Document, aboutFile} {
		d := newDesk(t, t.TempDir(), "2026-10-20 10:00", "2026-11-02")
		save(t, d, month())
		half := filepath.Join(d.Dir, "2026-10-01_2026-10-31-1"+unmade)
		if err := os.Mkdir(half, 0o700); err != nil {
			t.Fatal(err)
		}
		if left != "" {
			if err := os.WriteFile(filepath.Join(half, left), []byte("half"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		d.now = at(t, "2026-11-02 08:00")
		if list := d.folders(t); len(list) != 0 {
			t.Fatalf("%s: %v is taken for whole", left, list)
		}
		d.sweep()
		d.look(t)
		d.look(t)
		if list := d.folders(t); len(list) != 1 || len(d.told) != 1 {
			t.Errorf("%s: %v, told %v", left, list, d.told)
		}
		if rest, _ := filepath.Glob(filepath.Join(d.Dir, "*"+unmade)); len(rest) != 0 {
			t.Errorf("%s: %v is left", left, rest)
		}
	}
}

// TestTellingIsTriedAgain: less and less often, under the same key, for three
// days at most.
func TestTellingIsTriedAgain(t *testing.T) {
	d := newDesk(t, t.TempDir(), "2026-10-20 10:00", "2026-10-31")
	save(t, d, month())
	d.now, d.fails = at(t, "2026-11-01 06:00"), errors.New("no signal")
	for range 30 {
		d.look(t)
		d.now = d.now.Add(time.Minute)
	}
	m, err := d.About(d.folders(t)[0])
	if err != nil || m.Error != "no signal" || m.Tries < 3 || m.Tries > 6 {
		t.Fatalf("%+v, %v", m, err)
	}
	d.fails, d.now = nil, d.now.Add(time.Hour)
	d.look(t)
	d.look(t)
	if m, err = d.About(m.Folder); err != nil || m.Error != "" || len(d.told) != 1 {
		t.Errorf("%+v, %v, told %v", m, err, d.told)
	}
	late := newDesk(t, t.TempDir(), "2026-10-20 10:00", "2026-10-31")
	save(t, late, month())
	late.now, late.fails = at(t, "2026-11-01 06:00"), errors.New("no signal")
	late.look(t)
	late.fails, late.now = nil, late.now.Add(4*24*time.Hour)
	late.look(t)
	if len(late.told) != 0 {
		t.Errorf("told four days later: %v", late.told)
	}
}

// Who is taken off a plan is in no file afterwards, also of reports made before;
// the others are told as ever.
func TestWhoIsTakenOffIsErased(t *testing.T) {
	dir := t.TempDir()
	d := newDesk(t, dir, "2026-10-15 08:00", "2026-12-31")
	p := month()
	p.To = append(p.To, Recipient{"sms", "0987654321"})
	p, err := d.Save(p)
	if err != nil {
		t.Fatal(err)
	}
	d.now = at(t, "2026-11-01 07:00")
	d.look(t)
	holds := func(address string) (n int) {
		if err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
			if err == nil && !e.IsDir() {
				if body, err := os.ReadFile(path); err == nil && strings.Contains(string(body), address) {
					n++
				}
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if holds("0912345678") != 2 || holds("0987654321") != 2 || len(d.told) != 2 {
		t.Fatalf("%d and %d files with the addresses, told %q", holds("0912345678"), holds("0987654321"), d.told)
	}
	p.To = p.To[1:]
	if _, err := d.Save(p); err != nil {
		t.Fatal(err)
	}
	d.look(t)
	if holds("0912345678") != 0 || holds("0987654321") != 2 {
		t.Errorf("who was taken off is in %d files, who stays in %d", holds("0912345678"), holds("0987654321"))
	}
	if made, err := d.All(); err != nil || len(made) != 1 || len(made[0].Tell) != 1 || len(made[0].Told) != 1 || len(d.told) != 2 {
		t.Errorf("%+v, %v, told %q", made, err, d.told)
	}
	if err := d.Remove(p.ID); err != nil {
		t.Fatal(err)
	}
	d.look(t)
	if holds("0987654321") != 0 {
		t.Error("the address outlives its plan")
	}
}

// TestOldOnesGo, and are not made again.
func TestOldOnesGo(t *testing.T) {
	d := newDesk(t, t.TempDir(), "2026-08-20 10:00", "2026-12-31")
	save(t, d, month())
	d.now = at(t, "2026-11-02 08:00")
	d.look(t)
	if err := d.Keep(2); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		d.look(t)
		if diff := cmp.Diff([]string{"2026-10-01_2026-10-31-1", "2026-09-01_2026-09-30-1"}, d.folders(t)); diff != "" {
			t.Error(diff)
		}
	}
}

func TestPlans(t *testing.T) {
	d := newDesk(t, t.TempDir(), "2026-11-20 10:00", "2026-11-20")
	for name, spoil := range map[string]func(*Plan){
		"no name": func(p *Plan) { p.Name = " " }, "two months": func(p *Plan) { p.Months = 2 }, "hour": func(p *Plan) { p.Hour = 24 },
		"target": func(p *Plan) { p.Target = -1 }, "channel": func(p *Plan) { p.To[0].Channel = "pigeon" }, "address": func(p *Plan) { p.To[0].Address = "" },
		"gone": func(p *Plan) { p.ID = "77" },
	} {
		p := month()
		spoil(&p)
		if _, err := d.Save(p); queue.ErrorCode(err) != queue.CodeBadRequest {
			t.Errorf("%s: %v", name, err)
		}
	}
	p := month()
	p.Months = 3
	p = save(t, d, p)
	if p.Since != "2026-10-01" || p.ID != "1" {
		t.Errorf("%+v", p)
	}
	d.now = at(t, "2027-02-01 10:00")
	p.Name = "Báo cáo quý"
	if again := save(t, d, p); again.Since != "2026-10-01" {
		t.Errorf("a new name begins anew: %+v", again)
	}
	p.Months = 12
	if again := save(t, d, p); again.Since != "2027-01-01" {
		t.Errorf("another period does not begin anew: %+v", again)
	}
	if err := d.Remove("1"); err != nil {
		t.Fatal(err)
	}
	if plans, keep, err := d.Plans(); err != nil || len(plans) != 0 || keep != DefaultKeep {
		t.Errorf("%+v, %d, %v", plans, keep, err)
	}
	if p = save(t, d, month()); p.ID != "2" {
		t.Errorf("id %s is used again", p.ID)
	}
}

func TestPeriods(t *testing.T) {
	for _, c := range []struct {
		day      string
		months   int
		from, to string
		vi       string
	}{
		{"2026-02-11", 1, "2026-02-01", "2026-02-28", "tháng 2/2026"}, {"2026-12-31", 3, "2026-10-01", "2026-12-31", "quý 4/2026"},
		{"2026-01-01", 12, "2026-01-01", "2026-12-31", "năm 2026"}, {"2026-05-31", 3, "2026-04-01", "2026-06-30", "quý 2/2026"},
	} {
		day, err := time.Parse(time.DateOnly, c.day)
		if err != nil {
			t.Fatal(err)
		}
		s := around(day, c.months)
		m := Made{From: s.from.Format(time.DateOnly), To: s.to.Format(time.DateOnly)}
		if m.From != c.from || m.To != c.to || m.Title().VI != c.vi {
			t.Errorf("%s: %s to %s, %s", c.day, m.From, m.To, m.Title().VI)
		}
	}
}

// TestFoldersOnly: no other path can be had by a name.
func TestFoldersOnly(t *testing.T) {
	d := newDesk(t, t.TempDir(), "2026-11-20 10:00", "2026-11-20")
	save(t, d, month())
	for _, name := range []string{"", ".", "..", "../x", "plans.json", "2026-10-01_2026-10-31-1/..", "2026-10-01_2026-10-31-", "2026-10-01_2026-10-31", "2026-10-01_2026-10-31-1" + unmade} {
		if _, err := d.About(name); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%q: %v", name, err)
		}
		if _, err := d.Open(name, Workbook); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%q: %v", name, err)
		}
	}
	if _, err := d.Open("2026-10-01_2026-10-31-1", aboutFile); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("who was told gets out: %v", err)
	}
}

// TestRunLooks every minute until it is told to stop.
func TestRunLooks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, t.TempDir(), "1999-12-20 10:00", "2000-12-31") // The bubble's clock begins in 2000.
		save(t, d, month())
		d.Book.Now = time.Now
		ctx, stop := context.WithCancel(t.Context())
		ran := make(chan error, 1)
		go func() { ran <- d.Run(ctx) }()
		<-time.After(3*lookEvery + time.Second)
		stop()
		if err := <-ran; err != nil {
			t.Error(err)
		}
		if n := len(d.office.asked); n != 4 {
			t.Errorf("looked %d times in three minutes, want 4", n)
		}
	})
}
