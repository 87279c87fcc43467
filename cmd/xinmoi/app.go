package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/xinmoi/xinmoi/announce"
	"github.com/xinmoi/xinmoi/announce/output/browser"
	"github.com/xinmoi/xinmoi/announce/studio"
	"github.com/xinmoi/xinmoi/bots"
	chatdesk "github.com/xinmoi/xinmoi/bots/desk"
	"github.com/xinmoi/xinmoi/bots/webpush"
	"github.com/xinmoi/xinmoi/ivr/callout/afar"
	"github.com/xinmoi/xinmoi/ivr/callout/book"
	"github.com/xinmoi/xinmoi/ivr/sip"
	"github.com/xinmoi/xinmoi/kiosk"
	"github.com/xinmoi/xinmoi/kiosk/agent"
	"github.com/xinmoi/xinmoi/kiosk/escpos/vprinter"
	"github.com/xinmoi/xinmoi/kiosk/printer"
	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/api"
	"github.com/xinmoi/xinmoi/queue/estimate"
	"github.com/xinmoi/xinmoi/queue/led"
	"github.com/xinmoi/xinmoi/queue/report"
	"github.com/xinmoi/xinmoi/queue/sqlite"
	"github.com/xinmoi/xinmoi/queue/web"
	"github.com/xinmoi/xinmoi/queue/web/boards"
	"github.com/xinmoi/xinmoi/queue/web/officefile"
	"github.com/xinmoi/xinmoi/queue/web/outside"
	"github.com/xinmoi/xinmoi/queue/web/page"
	"github.com/xinmoi/xinmoi/queue/web/remote"
	whatifdesk "github.com/xinmoi/xinmoi/queue/whatif/desk"
)

// app is the whole system, put together but not running yet.
type app struct {
	cfg      config
	log      *slog.Logger
	listener net.Listener
	telephone
	watching
	booking
	staff
	demand  demand
	data    *dataDir
	db      *sqlite.DB
	base    string // Of links, "http://192.168.1.10:8080".
	tokens  map[queue.Role]string
	links   *queue.Links
	guesses *page.Guesses // Slows down who tries codes and links, at all doors together.
	engine  *queue.Engine
	waits   *estimate.Live
	whatIf  *whatifdesk.Desk
	store   *timedStore
	info    queue.Info
	where   whereabouts

	renderer *announce.Renderer
	regional regional // Whose region's voice speaks.

	notes      []string // What is missing for a voice.
	hall       *announce.Announcer
	screen     *browser.Hall
	sound      string                                     // Where sound goes, for people.
	tryCall    func(ctx context.Context, to string) error // Calls somebody for a trial; nil = there is no telephone.
	papers     *vprinter.Printer                          // Nil = a real printer.
	printer    *printer.Driver
	kiosk      *kiosk.Kiosk
	journal    *agent.Journal   // Of the tickets on their way to paper.
	kiosks     *agent.Desk      // Kiosks on other machines.
	bots       *bots.Bots       // Nil = no chat.
	chatDesk   *chatdesk.Desk   // Nil = no chat.
	push       *webpush.Adapter // Nil = no browser is told.
	hallSecret []byte           // Of the code by which people check in.
	chats      []*chatLine
	chatHooks  map[string]http.Handler // By path.
	refusals   *afar.Refusals          // For telephones on other machines.
	studio     *studio.Studio
	media      *boards.Media // Pictures and videos of the boards.
	boards     *boards.Desk
	led        *led.Sender // Nil = there are no number panels.
	reports    *report.Book

	api      *api.Server
	web      *web.Web
	outside  *outside.View // What everybody may know.
	remote   *remote.Desk  // Numbers from home.
	handler  http.Handler
	draining chan struct{} // Closed when the server begins to stop.
	secure   secure
	trying   chan struct{} // Holds one token while a setup is tried on past days.
	parts    []part
}

// assemble builds everything or, on failure, leaves nothing behind.
func assemble(ctx context.Context, cfg config, log *slog.Logger) (_ *app, err error) {
	a := &app{cfg: cfg, log: log, draining: make(chan struct{}), trying: make(chan struct{}, 1), regional: regional{wake: make(chan struct{}, 1)}, telephone: telephone{cfg: cfg, log: log}}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.close(true))
		}
	}()
	for _, step := range []func(context.Context) error{
		a.bind, a.openOffice, a.openHTTPS, a.openVoice, a.openHall, a.openRefusals, a.openAppointments, a.openPhone, a.openKiosk, a.openBots, a.openStudio, a.openPages,
	} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// close releases what was opened; undo also removes a data directory that this
// start has made.
func (a *app) close(undo bool) error {
	var errs []error
	if undo && a.bots != nil {
		errs = append(errs, a.bots.Close())
	}
	if a.journal != nil {
		errs = append(errs, a.journal.Close())
	}
	errs = append(errs, a.telephone.close(undo)...)
	errs = append(errs, a.closeWatching(), a.closePeople(), a.closeAppointments(), a.closeRefusals())
	if a.db != nil {
		errs = append(errs, a.db.Close())
	}
	if a.data != nil {
		errs = append(errs, a.data.close(undo))
	}
	if undo && a.listener != nil {
		errs = append(errs, a.listener.Close())
	}
	if undo && a.secure.listener != nil {
		errs = append(errs, a.secure.listener.Close())
	}
	return errors.Join(errs...)
}

// sentenceTime is how long callers may listen to the end of a sentence when the
// program stops; the longest one is a menu.
const sentenceTime = 30 * time.Second

// bind takes the ports first: if they are in use, nothing has been written.
func (a *app) bind(context.Context) error {
	var err error
	if a.listener, err = listenHTTP(a.cfg.HTTP.Listen); err != nil {
		return err
	}
	if err := a.bindHTTPS(); err != nil {
		return err
	}
	a.base = a.cfg.base(a.listener.Addr().(*net.TCPAddr))
	if a.cfg.SIP.Listen == off {
		return nil
	}
	parts, err := a.listen(sip.Config{Drain: sentenceTime, Answer: func(ctx context.Context, c *sip.Call) { a.answer(ctx, c) }})
	if err != nil {
		return fmt.Errorf("%w (-sip 127.0.0.1:5070, or -sip off)", err)
	}
	a.parts = append(a.parts, parts...)
	return nil
}

// base is what the addresses of pages begin with for citizens' phones, where the
// server listens on addr.
func (c config) base(addr *net.TCPAddr) string {
	return cmp.Or(c.HTTP.PublicURL, "http://"+reachable(addr))
}

// reachable is an address that other machines can use: a server that listens
// everywhere is named by its first network address.
func reachable(addr *net.TCPAddr) string {
	if !addr.IP.IsUnspecified() {
		return addr.String()
	}
	ip := net.IPv4(127, 0, 0, 1)
	if addrs, err := net.InterfaceAddrs(); err == nil {
		for _, each := range addrs {
			if n, ok := each.(*net.IPNet); ok && n.IP.To4() != nil && !n.IP.IsLoopback() {
				ip = n.IP
				break
			}
		}
	}
	return (&net.TCPAddr{IP: ip, Port: addr.Port}).String()
}

// openOffice opens the store and the office in it.
func (a *app) openOffice(ctx context.Context) error {
	var err error
	if a.data, err = openDataDir(a.cfg.Data); err != nil {
		return err
	}
	if err := errors.Join(officefile.Recover(a.data.path), a.tellAddress()); err != nil {
		return err
	}
	if a.db, err = sqlite.Open(ctx, a.data.path); err != nil {
		return err
	}
	secret, err := a.db.Secret(ctx, "links")
	if err != nil {
		return err
	}
	a.links = queue.NewLinks(secret, a.base)
	a.guesses = page.NewGuesses(nil)
	a.tokens = map[queue.Role]string{}
	for _, role := range []queue.Role{queue.RoleAdmin, queue.RoleStaff, queue.RoleKiosk, queue.RoleBoard} {
		if a.tokens[role], err = a.db.FirstToken(ctx, role); err != nil {
			return err
		}
	}
	setup := queue.CommuneCentre()
	if err := a.openWaits(setup.Office); err != nil {
		return err
	}
	a.store = newTimedStore(a.db)
	a.engine, err = queue.NewEngine(ctx, queue.Config{
		Setup: setup, Store: a.store, Links: a.links, Logger: a.log, Secret: secret,
		Elapsed: elapsed, TrustClock: a.cfg.trustClock, Estimate: a.waits.Standing,
	})
	if err != nil {
		return err
	}
	a.parts = append(a.parts, part{"nightly backup", a.nightly, false}, part{"wait estimate", a.runWaits, false}, part{"closing watch", a.watchClosing, false})
	if a.info, err = a.engine.Info(ctx); err != nil {
		return err
	}
	a.where.keep(a.info)
	a.parts = append(a.parts, part{"time zone", func(ctx context.Context) error {
		return a.where.follow(ctx, a.engine, a.log, func(queue.Info) { a.regional.look() })
	}, false})
	a.openBook()
	return nil
}

// openPhone sets up the telephone's conversation.
func (a *app) openPhone(ctx context.Context) error {
	texter, err := a.cfg.SMS.texter()
	if err != nil {
		return err
	}
	topics, err := a.phoneTopics(texter)
	if err != nil {
		return err
	}
	parts, err := a.telephone.open(ctx, phoneOffice{
		Office: a.engine, setup: a.engine, location: a.where.location, renderer: a.renderer,
		wishes: filepath.Join(a.data.path, book.FileName), texter: texter, demand: a.demand.counts, topics: topics, elsewhere: a.refusingAll,
	})
	a.parts = append(a.parts, parts...)
	if a.sip != nil {
		a.parts = append(a.parts, part{"demand", a.runDemand, false})
	}
	return err
}

// names is what the office is called now, in Vietnamese and in English. Every page
// asks: while the disk hangs it is what was heard last, and no page waits.
func (a *app) names(ctx context.Context) (vi, en string) {
	if vi, en, ok := a.engine.Called(); ok {
		return vi, en
	}
	return a.where.names(ctx)
}

// setup tells what the office has decided about itself.
func (a *app) setup(ctx context.Context) (queue.Setup, error) {
	view, err := a.engine.Setup(ctx)
	return view.Setup, err
}

// openKiosk sets up the touch screen and its printer.
func (a *app) openKiosk(context.Context) error {
	open, err := a.openPrinter()
	if err != nil {
		return err
	}
	profile, err := a.cfg.printerProfile()
	if err != nil {
		return err
	}
	a.printer = printer.New(printer.Config{Open: open, Name: a.cfg.Printer.Connect, Profile: profile, Logger: a.log})
	if a.journal, err = agent.OpenJournal(filepath.Join(a.data.path, "kiosk-journal"), a.log); err != nil {
		return err
	}
	a.kiosk, err = kiosk.New(kiosk.Config{
		Office: a.journal.Office(a.engine), Printer: a.journal.Printer(a.printer), Papers: a.papers, PaperWidth: a.cfg.Printer.Width, Logger: a.log,
		Setup: a.setup, Words: os.DirFS(filepath.Join(a.data.path, "words")), Voice: a.renderer, Links: a.links, Codes: []kiosk.CodeKind{a.bookingCode()}, Ring: a.ringStaff, Logo: logoIn(a.data.path),
	})
	a.parts = append(a.parts, part{"kiosk journal", func(ctx context.Context) error { return a.journal.Run(ctx, a.engine, "kiosk") }, false})
	a.parts = append(a.parts, part{"printer", a.printer.Run, false}, part{"kiosk", func(ctx context.Context) error { return a.kiosk.Run(ctx) }, false})
	return err
}

// logoName is the office's logo in the data directory.
const logoName = "logo.png"

// logoIn gives the office's logo for the paper, read once; none if there is none.
func logoIn(dir string) func() (image.Image, error) {
	return sync.OnceValues(func() (image.Image, error) {
		f, err := os.Open(filepath.Join(dir, logoName))
		if errors.Is(err, os.ErrNotExist) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		defer f.Close()
		return png.Decode(f)
	})
}

// ringStaff lets the counters know that somebody at a kiosk asks for help.
func (a *app) ringStaff(_ context.Context, c kiosk.StaffCall) error {
	place := "Máy lấy số"
	if c.Machine != "kiosk" {
		place += " " + c.Machine
	}
	a.web.Ring(place)
	return nil
}

func (a *app) openPrinter() (printer.Opener, error) {
	if a.cfg.Printer.Connect != virtualPrinter {
		open, err := printer.Target(a.cfg.Printer.Connect)
		if err != nil {
			return nil, fmt.Errorf("printer.connect: %w", err)
		}
		return open, nil
	}
	dir, err := a.data.sub("papers")
	if err != nil {
		return nil, err
	}
	a.papers, err = vprinter.New(vprinter.Config{Dir: dir, Width: a.cfg.Printer.Width, Location: a.where.location, Logger: a.log})
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) (printer.Conn, error) { return a.papers.Open(ctx) }, nil
}
