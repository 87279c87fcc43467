package agent_test

import (
	"context"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xinmoi/xinmoi/kiosk/agent"
	"github.com/xinmoi/xinmoi/kiosk/printer"
	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/sqlite"
)

// server is an office on a disk that can be backed up and put back.
type server struct {
	t      *testing.T
	dir    string
	store  *sqlite.DB
	engine *queue.Engine
	stop   context.CancelFunc
	owner  sync.WaitGroup
}

func (s *server) start() {
	s.t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	var err error
	if s.store, err = sqlite.Open(ctx, s.dir); err != nil {
		s.t.Fatal(err)
	}
	s.engine, err = queue.NewEngine(ctx, queue.Config{
		Setup: queue.CommuneCentre(), Store: s.store, Links: queue.NewLinks([]byte("0123456789abcdef"), "http://10.0.0.1:8080"),
	})
	if err != nil {
		s.t.Fatal(err)
	}
	s.stop = stop
	s.owner.Go(func() { _ = s.engine.Run(ctx) })
}

func (s *server) end() {
	s.stop()
	s.owner.Wait()
	if err := s.store.Close(); err != nil {
		s.t.Error(err)
	}
}

func (s *server) backup() (file string) {
	s.t.Helper()
	file = filepath.Join(s.t.TempDir(), "backup.db")
	if _, err := s.store.Backup(context.Background(), file); err != nil {
		s.t.Fatal(err)
	}
	return file
}

// restore puts a backup in the place of what the office knew.
func (s *server) restore(file string) {
	s.t.Helper()
	s.end()
	path := filepath.Join(s.dir, sqlite.FileName)
	if _, err := sqlite.Restore(context.Background(), file, path, path+".aside"); err != nil {
		s.t.Fatal(err)
	}
	s.start()
}

func (s *server) take(r queue.TakeRequest) queue.Ticket {
	s.t.Helper()
	got, err := s.engine.Take(context.Background(), r)
	if err != nil {
		s.t.Fatal(err)
	}
	return got
}

func (s *server) ticket(ref string) queue.Ticket {
	s.t.Helper()
	got, err := s.engine.Ticket(context.Background(), ref)
	if err != nil {
		s.t.Fatalf("%s: %v", ref, err)
	}
	return got
}

// hosted runs a test with a kiosk beside an office on a disk.
func hosted(t *testing.T, test func(s *server, d *distant, open func() (*agent.Office, func()))) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := &server{t: t, dir: t.TempDir()}
		s.start()
		d := &distant{Office: s.engine}
		test(s, d, kioskOf(t, d, 3))
		s.end()
	})
}

// An older backup is restored while the kiosk is cut off: what it has set aside
// is nobody's or another's by now. Nothing of that is given any more, nobody
// else's ticket is touched, and staff hear whose paper is void.
func TestOlderBackupRestored(t *testing.T) {
	hosted(t, func(s *server, d *distant, open func() (*agent.Office, func())) {
		older := s.backup()
		o, end := open() // Sets three numbers of each service aside.
		d.set(true, false)
		printed, err := o.Take(context.Background(), touch("one"))
		if err != nil {
			t.Fatal(err)
		}
		confirm(t, o, printed)
		s.restore(older)
		stranger := s.take(queue.TakeRequest{Service: "A", Channel: queue.Phone, Hold: true})
		if stranger.ID != printed.ID || stranger.Number != printed.Number || stranger.Code == printed.Code {
			t.Fatalf("%+v and %+v: the test does not test", stranger, printed)
		}
		d.swap(s.engine)
		d.set(false, false)
		time.Sleep(20 * time.Second) // In the bubble: no time passes.
		synctest.Wait()
		if got := s.ticket(stranger.ID); got.State != queue.Held {
			t.Errorf("the stranger's number is %s, which was never delivered", got.State)
		}
		want := []agent.Orphan{{Number: printed.Number.String(), At: printed.IssuedAt, Another: true}}
		if got := o.Orphans(); len(got) != 1 || got[0].Number != want[0].Number || !got[0].At.Equal(want[0].At) || !got[0].Another {
			t.Errorf("orphans %+v, want %+v", got, want)
		}
		if len(o.Refused()) > 0 {
			t.Errorf("refused %v", o.Refused())
		}
		if free, owed := o.Stock(); free["A"] != 3 || free["D"] != 3 || owed != 0 {
			t.Errorf("%v are set aside, %d owed", free, owed)
		}
		end()
		o, end = open() // What is void stays known.
		if len(o.Orphans()) != 1 {
			t.Errorf("after a restart: %+v", o.Orphans())
		}
		d.set(true, false)
		for _, key := range []string{"two", "three", "four"} {
			got, err := o.Take(context.Background(), touch(key))
			if err != nil || got.Number == stranger.Number {
				t.Errorf("%s: %+v, %v", key, got, err)
				continue
			}
			if known := s.ticket(got.Code); known.Number != got.Number || known.State != queue.Held {
				t.Errorf("the office knows %s as %s, %s", got.Number, known.Number, known.State)
			}
		}
		end()
	})
}

// The backup knows of the number, and not that somebody has it: the office
// hears that again. It comes back so quickly that the kiosk sees no cut.
func TestBackupFromBeforeTheNumberWasGiven(t *testing.T) {
	hosted(t, func(s *server, d *distant, open func() (*agent.Office, func())) {
		o, end := open()
		between := s.backup()
		d.set(true, false)
		got, err := o.Take(context.Background(), touch("one"))
		if err != nil {
			t.Fatal(err)
		}
		confirm(t, o, got)
		d.set(false, false)
		time.Sleep(20 * time.Second)
		synctest.Wait()
		if now := s.ticket(got.Code); now.State != queue.Waiting {
			t.Fatalf("%s is %s", got.Number, now.State)
		}
		s.restore(between)
		d.swap(s.engine)
		time.Sleep(20 * time.Second)
		synctest.Wait()
		if now := s.ticket(got.Code); now.State != queue.Waiting || now.Procedure != "khai-sinh" {
			t.Errorf("%s is %s for %q", got.Number, now.State, now.Procedure)
		}
		if len(o.Orphans())+len(o.Refused()) > 0 {
			t.Errorf("orphans %v, refused %v", o.Orphans(), o.Refused())
		}
		end()
	})
}

// A number of the office itself that was on paper, and not confirmed yet, when
// an older backup was restored: the journal confirms nobody else's.
func TestJournalAfterAnOlderBackup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{t: t, dir: t.TempDir()}
		s.start()
		older := s.backup()
		path := filepath.Join(t.TempDir(), "journal")
		j, err := agent.OpenJournal(path, nil)
		if err != nil {
			t.Fatal(err)
		}
		got, err := j.Office(s.engine).Take(t.Context(), queue.TakeRequest{Service: "A", Channel: queue.Kiosk, Hold: true})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := j.Printer(paperless{printer.Printed, nil}).Print(t.Context(), printer.Job{Name: got.Number.String()}); err != nil {
			t.Fatal(err)
		}
		if err := j.Close(); err != nil { // The kiosk crashes too.
			t.Fatal(err)
		}
		s.restore(older)
		stranger := s.take(queue.TakeRequest{Service: "A", Channel: queue.Phone, Hold: true})
		if stranger.ID != got.ID {
			t.Fatalf("%s and %s: the test does not test", stranger.ID, got.ID)
		}
		again := openJournal(t, path)
		ctx, stop := context.WithCancel(t.Context())
		var run sync.WaitGroup
		run.Go(func() { _ = again.Run(ctx, s.engine, "kiosk") })
		synctest.Wait()
		stop()
		run.Wait()
		if now := s.ticket(stranger.ID); now.State != queue.Held {
			t.Errorf("the stranger's number is %s", now.State)
		}
		if o := again.Orphans(); len(o) != 1 || o[0].Number != got.Number.String() || len(again.Recovered()) != 0 {
			t.Errorf("orphans %+v, recovered %+v", o, again.Recovered())
		}
		if o := openJournal(t, path).Orphans(); len(o) != 1 {
			t.Errorf("after a restart: %+v", o)
		}
		s.end()
	})
}
