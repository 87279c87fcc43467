package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/kiosk/agent"
	"github.com/xinmoi/xinmoi/kiosk/layout"
	"github.com/xinmoi/xinmoi/kiosk/printer"
	"github.com/xinmoi/xinmoi/queue"
)

// kioskFlags is how a kiosk's own computer is set up; /etc/xinmoi/kiosk.env of
// the systemd unit gives the same.
type kioskFlags struct {
	queue, data, http, name string
	printer, spare, profile string
	tokenFile, office       string
	reserve                 int
	probe, test, pairAgain  bool
}

// runKiosk is the agent on a kiosk's own computer.
func runKiosk(ctx context.Context, f *flag.FlagSet, args []string, s streams) error {
	var k kioskFlags
	f.StringVar(&k.queue, "queue", "http://127.0.0.1:8080", "`address` of the server with the queue")
	f.StringVar(&k.data, "data", "xinmoi-kiosk", "directory for what must survive a power cut")
	f.StringVar(&k.http, "http", "127.0.0.1:8090", "address of the touch screen's pages, for the browser on this machine")
	f.StringVar(&k.name, "name", "", "what people call this machine, such as \"Máy cửa chính\" (default: the computer's name)")
	f.StringVar(&k.printer, "printer", virtualPrinter, "tcp://192.168.1.50, usb, /dev/usb/lp0, serial:///dev/ttyUSB0?baud=115200, cups://queue or virtual")
	f.StringVar(&k.spare, "spare", "", "a second printer, for what the first cannot print")
	f.StringVar(&k.profile, "profile", "", "how the printer wants to be spoken to; -probe proposes one (default auto)")
	f.StringVar(&k.tokenFile, "token-file", "", "file with a token of role kiosk; without it the machine is paired by a code on its screen")
	f.StringVar(&k.office, "office", "", "id of the office, with -token-file (default: the server's first)")
	f.IntVar(&k.reserve, "reserve", 0, "numbers of each service set aside for a time without network; 0 = 5, -1 = none")
	f.BoolVar(&k.probe, "probe", false, "ask the printer what it can do, propose a profile, and end; no paper comes out")
	f.BoolVar(&k.test, "test", false, "print a test ticket and end")
	f.BoolVar(&k.pairAgain, "pair", false, "forget the token and pair again")
	if err := parseFlags(f, args); err != nil {
		return err
	}
	if !strings.HasPrefix(k.queue, "http://") && !strings.HasPrefix(k.queue, "https://") {
		return usagef("-queue %q: begin with http:// or https://", k.queue)
	}
	if k.name == "" {
		k.name, _ = os.Hostname()
	}
	k.name = cmp.Or(k.name, "Máy lấy số")
	return runKioskWith(ctx, k, s)
}

// runKioskWith does what the flags ask for.
func runKioskWith(ctx context.Context, k kioskFlags, s streams) error {
	profile, err := printer.FindProfile(k.profile)
	if err != nil {
		return usagef("-profile: %v", err)
	}
	switch {
	case k.probe:
		return k.runProbe(ctx, s)
	case k.test:
		return k.runTest(ctx, profile, s)
	}
	return k.run(ctx, profile, s)
}

// target opens a real printer.
func target(address string) (printer.Opener, error) {
	if address == virtualPrinter {
		return nil, usagef("give the printer to ask: -printer tcp://192.168.1.50, usb, …")
	}
	open, err := printer.Target(address)
	if err != nil {
		return nil, usagef("%v", err)
	}
	return open, nil
}

func (k kioskFlags) runProbe(ctx context.Context, s streams) error {
	open, err := target(k.printer)
	if err != nil {
		return err
	}
	report, err := printer.Probe(ctx, open, 0)
	if err != nil {
		return fmt.Errorf("%w: xem dây, nguồn và địa chỉ (look at cable, power and address)", err)
	}
	_, err = fmt.Fprint(s.out, report)
	return err
}

// runTest prints a ticket as citizens get it, with a number that nobody has.
func (k kioskFlags) runTest(ctx context.Context, profile printer.Profile, s streams) error {
	open, err := target(k.printer)
	if err != nil {
		return err
	}
	fonts, err := layout.LoadFonts()
	if err != nil {
		return err
	}
	paper, err := fonts.Render(layout.Ticket{
		Office: k.name, Number: "T000", Service: "PHIẾU IN THỬ – không có giá trị", ServiceEN: "TEST – not a number",
		IssuedAt: time.Now(), Ahead: -1, URL: k.queue,
	}, ticketWidth(profile))
	if err != nil {
		return err
	}
	d := printer.New(printer.Config{Open: open, Name: k.printer, Profile: profile})
	outcome, err := d.Print(ctx, printer.Job{Name: "T000", Paper: paper})
	switch outcome {
	case printer.Printed:
		fmt.Fprintln(s.out, "Máy in xác nhận đã in. (The printer says that it printed.)")
	case printer.Assumed:
		fmt.Fprintln(s.out, "Đã gửi; máy in không xác nhận, hãy nhìn giấy. (Sent; this printer confirms nothing: look at the paper.)")
	default:
		return fmt.Errorf("%s: %w", outcome, err)
	}
	return nil
}

// ticketWidth is the widest ticket that fits a profile's paper.
func ticketWidth(p printer.Profile) int {
	if p.Width > 0 && p.Width < layout.Width80 {
		return layout.Width58
	}
	return layout.Width80
}

// kiosksName is, within a data directory, which kiosks there are on other
// machines.
const kiosksName = "kiosks.json"

// openKioskDesk makes the server's side of kiosks on other machines.
func (a *app) openKioskDesk() error {
	var err error
	a.kiosks, err = agent.NewDesk(agent.DeskConfig{
		Path: filepath.Join(a.data.path, kiosksName), Good: func(id string) bool {
			grants, err := a.db.Grants(context.Background()) // As they are now: kiosks are paired and shut out meanwhile.
			return err != nil || slices.ContainsFunc(grants, func(g queue.Grant) bool { return g.ID == id })
		},
		Office: a.info.ID, Logger: a.log, Location: a.where.location, Build: version(),
		NewToken: func(ctx context.Context) (string, error) { return a.db.NewToken(ctx, queue.RoleKiosk, "") },
		Ring:     func(machine string) { a.web.Ring(machine) },
	})
	return err
}

// supplies is what kiosks on other machines get of this server.
func (a *app) supplies() agent.Supplies {
	return agent.Supplies{
		Languages: a.renderer.Languages, Say: http.HandlerFunc(a.kiosk.Say),
		Voice: func() string {
			v := a.renderer.Voice()
			if v == nil {
				return ""
			}
			return v.Manifest().ID + " " + v.Manifest().BuiltAt.UTC().Format(time.RFC3339)
		},
		Logo: func() ([]byte, error) { return os.ReadFile(filepath.Join(a.data.path, logoName)) },
		Link: func(ctx context.Context, token string) (string, bool) {
			id, ok := a.links.Ticket(a.info.ID, token)
			if !ok {
				return "", false
			}
			t, err := a.engine.Ticket(ctx, id)
			return t.Ref(), err == nil
		},
	}
}

// How often the kiosks' printers are looked at for the staff, and how often
// staff hear of one trouble.
const (
	alarmEvery = 3 * time.Second
	alarmAgain = 15 * time.Minute
)

// watchKiosks rings at the counters when a kiosk can print no more or is not
// heard of, with the machine's name and what to do. It rings again now and then
// for a trouble that lasts: whoever said they would go may not have.
func (a *app) watchKiosks(ctx context.Context) error {
	rung := map[string]time.Time{}
	tick := time.NewTicker(alarmEvery)
	defer tick.Stop()
	for {
		now := map[string]time.Time{}
		for _, alarm := range a.kioskAlarms() {
			if now[alarm] = rung[alarm]; time.Since(rung[alarm]) > alarmAgain {
				now[alarm] = time.Now()
				a.log.Warn("kiosk alarm", "alarm", alarm)
				a.web.Alarm(alarm)
			}
		}
		rung = now
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// kioskAlarms lists what is wrong with the kiosks, here and elsewhere.
func (a *app) kioskAlarms() (alarms []string) {
	if s := a.printer.Status(); !s.State.Works() {
		alarms = append(alarms, "Máy in "+s.Name+": "+s.State.Words()[0])
	}
	for _, alarm := range a.kiosks.Alarms() {
		alarms = append(alarms, alarm[0])
	}
	return alarms
}
