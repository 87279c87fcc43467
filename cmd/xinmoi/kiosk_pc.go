package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/xinmoi/xinmoi/kiosk"
	"github.com/xinmoi/xinmoi/kiosk/agent"
	"github.com/xinmoi/xinmoi/kiosk/escpos/vprinter"
	"github.com/xinmoi/xinmoi/kiosk/printer"
	"github.com/xinmoi/xinmoi/queue/api"
)

// kioskPC is a kiosk's computer at work.
type kioskPC struct {
	kioskFlags
	log     *slog.Logger
	profile printer.Profile
	notify  agent.Notify
	server  *http.Server
	base    string // Of its own pages.

	papers  *vprinter.Printer
	driver  printer.Printer
	drivers []*printer.Driver

	mu      sync.Mutex
	pages   http.Handler // The kiosk; nil = not paired yet.
	code    string       // For the screen while it is not.
	trouble error
	office  *agent.Office
	journal *agent.Journal
	kiosk   *kiosk.Kiosk
}

// run serves the screen until ctx ends.
func (k kioskFlags) run(ctx context.Context, profile printer.Profile, s streams) (err error) {
	data, err := openDataDir(k.data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, data.close(false)) }()
	pc := &kioskPC{
		kioskFlags: k, profile: profile, notify: agent.FromEnvironment(),
		log: slog.New(slog.NewTextHandler(s.err, &slog.HandlerOptions{Level: slog.LevelWarn})),
	}
	if err := pc.openPrinters(data); err != nil {
		return err
	}
	listener, err := listenHTTP(k.http)
	if err != nil {
		return err
	}
	pc.base = "http://" + listener.Addr().String()
	pc.server = &http.Server{Handler: pc.handler(), ReadHeaderTimeout: headerTime, IdleTimeout: idleTime, MaxHeaderBytes: headerBytes}
	group := newGroup(pc.log)
	group.start(ctx, part{"pages", func(context.Context) error { return pc.server.Serve(listener) }, true})
	for _, d := range pc.drivers {
		group.start(ctx, part{"printer", d.Run, false})
	}
	group.start(ctx, part{"watchdog", func(ctx context.Context) error { return pc.notify.Watch(ctx, pc.healthy, pc.log) }, false})
	group.start(ctx, part{"kiosk", func(ctx context.Context) error { return pc.work(ctx, data, s) }, true})
	fmt.Fprintf(s.out, "Máy lấy số (kiosk) %s: %s/kiosk\nHàng đợi (queue): %s\nMáy in (printer): %s\n", k.name, pc.base, k.queue, k.printer)
	_ = pc.notify.Tell("READY=1", "STATUS=Máy lấy số đang chạy")
	select {
	case <-ctx.Done():
	case err = <-group.failed:
	}
	_ = pc.notify.Tell("STOPPING=1")
	_ = pc.server.Close()
	if err == nil {
		group.wait()
	}
	if pc.journal != nil {
		err = errors.Join(err, pc.journal.Close())
	}
	return err
}

// openPrinters makes the printer, and the spare one behind it.
func (pc *kioskPC) openPrinters(data *dataDir) error {
	first, err := pc.openPrinter(pc.printer, data)
	if err != nil {
		return err
	}
	pc.driver = first
	if pc.spare == "" {
		return nil
	}
	second, err := pc.openPrinter(pc.spare, data)
	if err != nil {
		return err
	}
	pc.driver = printer.WithSpare(first, second)
	return nil
}

func (pc *kioskPC) openPrinter(address string, data *dataDir) (*printer.Driver, error) {
	profile := pc.profile
	var open printer.Opener
	if address == virtualPrinter {
		dir, err := data.sub("papers")
		if err != nil {
			return nil, err
		}
		if pc.papers, err = vprinter.New(vprinter.Config{Dir: dir, Width: ticketWidth(profile), Logger: pc.log}); err != nil {
			return nil, err
		}
		open = func(ctx context.Context) (printer.Conn, error) { return pc.papers.Open(ctx) }
	} else {
		var err error
		if open, err = target(address); err != nil {
			return nil, err
		}
	}
	d := printer.New(printer.Config{Open: open, Name: address, Profile: profile, Logger: pc.log})
	pc.drivers = append(pc.drivers, d)
	return d, nil
}

// work pairs the machine if need be, and then gives numbers.
func (pc *kioskPC) work(ctx context.Context, data *dataDir, s streams) error {
	paired, err := pc.pair(ctx, data, s)
	if err != nil {
		return err
	}
	line := agent.Line{Base: pc.queue, Token: paired.Token}
	remote := api.NewClient(pc.queue, paired.Office, paired.Token, nil)
	office, err := agent.NewOffice(agent.OfficeConfig{Remote: remote, Path: filepath.Join(data.path, "office.json"), Reserve: pc.reserve, Logger: pc.log})
	if err != nil {
		return err
	}
	journal, err := agent.OpenJournal(filepath.Join(data.path, "journal"), pc.log)
	if err != nil {
		return err
	}
	k, err := kiosk.New(kiosk.Config{
		Office: journal.Office(office), Printer: journal.Printer(pc.driver), Papers: pc.papers, PaperWidth: ticketWidth(pc.profile),
		Logger: pc.log, Words: os.DirFS(filepath.Join(data.path, "words")),
		Ring: func(ctx context.Context, _ kiosk.StaffCall) error { return line.Ring(ctx, pc.name) },
	})
	if err != nil {
		return errors.Join(err, journal.Close())
	}
	pc.mu.Lock()
	pc.office, pc.journal, pc.kiosk, pc.pages = office, journal, k, k.Handler()
	pc.mu.Unlock()
	group := newGroup(pc.log)
	group.start(ctx, part{"line to the queue", office.Run, false})
	group.start(ctx, part{"journal", func(ctx context.Context) error { return journal.Run(ctx, office, "kiosk") }, false})
	group.start(ctx, part{"report", func(ctx context.Context) error { return line.Report(ctx, pc.beat, pc.log) }, false})
	group.start(ctx, part{"screen", k.Run, false})
	group.wait()
	return nil
}

// pair gives the token: from a file, from an earlier pairing, or by a code that
// the screen shows and an administrator types.
func (pc *kioskPC) pair(ctx context.Context, data *dataDir, s streams) (agent.Paired, error) {
	if pc.tokenFile != "" {
		return pc.readToken(ctx)
	}
	path := filepath.Join(data.path, "paired.json")
	p, ok, err := agent.LoadPaired(path)
	if err != nil || ok && !pc.pairAgain {
		return p, err
	}
	p, err = agent.Line{Base: pc.queue}.Pair(ctx, pc.name, func(code string, trouble error) {
		pc.mu.Lock()
		pc.code, pc.trouble = code, trouble
		pc.mu.Unlock()
		if trouble != nil {
			pc.log.Warn("not paired yet", "err", trouble)
			return
		}
		fmt.Fprintf(s.out, "Mã ghép máy (pairing code): %s → %s%s\n", code, pc.queue, agent.Prefix)
	})
	if err != nil {
		return p, err
	}
	return p, agent.SavePaired(path, p)
}

func (pc *kioskPC) readToken(ctx context.Context) (agent.Paired, error) {
	text, err := os.ReadFile(pc.tokenFile)
	if err != nil {
		return agent.Paired{}, fmt.Errorf("-token-file: %w", err)
	}
	p := agent.Paired{Token: strings.TrimSpace(string(text)), Office: pc.kioskFlags.office}
	if p.Token == "" {
		return p, fmt.Errorf("-token-file: %s is empty: make a token with \"xinmoi token -role kiosk\" on the server", pc.tokenFile)
	}
	if p.Office == "" {
		p.Office, err = firstOffice(ctx, pc.queue)
	}
	return p, err
}

// beat is what the server hears of this machine.
func (pc *kioskPC) beat() agent.Beat {
	pc.mu.Lock()
	defer pc.mu.Unlock()
	s, p := pc.kiosk.Status(), pc.driver.Status()
	free, owed := pc.office.Stock()
	b := agent.Beat{
		Machine: pc.name, ID: pc.office.ID(), Version: version(), Printer: p.Name, State: string(p.State), Detail: p.Detail.String(), Repeat: p.MayRepeat,
		Taken: s.Taken, Shown: s.Shown, Asking: s.Asking, Owed: s.Owed + owed, Reserve: free, Refused: pc.office.Refused(),
	}
	for _, e := range pc.journal.Recovered() {
		b.Unsure = append(b.Unsure, e.Number)
	}
	return b
}

// healthy is true as long as the pages answer.
func (pc *kioskPC) healthy(ctx context.Context) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, pc.base+"/health", nil)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusNoContent {
		return fmt.Errorf("the pages answer %s", res.Status)
	}
	return nil
}

// handler serves the browser on this machine: the kiosk, or the pairing code.
func (pc *kioskPC) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /health", func(w http.ResponseWriter, _ *http.Request) {
		pc.mu.Lock()
		defer pc.mu.Unlock()
		if pc.journal != nil {
			pc.journal.Left() // Waits where something hangs.
			pc.office.Stock()
		}
		w.WriteHeader(http.StatusNoContent)
	})
	mux.Handle("GET /{$}", http.RedirectHandler("/kiosk", http.StatusSeeOther))
	mux.HandleFunc("/kiosk", pc.screen)
	mux.HandleFunc("/kiosk/", pc.screen)
	return sameHost(mux)
}

// sameHost refuses pages of other names that lead to this address: only the
// browser of this machine may take numbers without a token.
func sameHost(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			host = r.Host
		}
		if ip := net.ParseIP(strings.Trim(host, "[]")); ip == nil && host != "localhost" {
			http.Error(w, "Mở trang này bằng địa chỉ http://127.0.0.1. / Open this page as http://127.0.0.1.", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (pc *kioskPC) screen(w http.ResponseWriter, r *http.Request) {
	pc.mu.Lock()
	pages, code, trouble := pc.pages, pc.code, pc.trouble
	pc.mu.Unlock()
	if pages != nil {
		pages.ServeHTTP(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusServiceUnavailable)
	page := template.Must(template.New("").Parse(pairPage))
	_ = page.Execute(w, map[string]any{"Code": spaced(code), "Queue": pc.queue, "Where": agent.Prefix, "Away": trouble != nil})
}

// spaced writes 483920 as "483 920".
func spaced(code string) string {
	if len(code) != 6 {
		return code
	}
	return code[:3] + " " + code[3:]
}

// pairPage is what the screen shows until the machine is paired.
const pairPage = `<!doctype html><html lang="vi"><head><meta charset="utf-8"><meta http-equiv="refresh" content="3"><title>Ghép máy lấy số</title>
<style>body{font:2rem/1.5 "Noto Sans",sans-serif;text-align:center;margin:10vh 5vw;color:#10243e;background:#fff}b{display:block;font-size:6rem;letter-spacing:.1em}small{color:#44546a}</style></head>
<body><h1>Máy lấy số chưa sẵn sàng<br><small lang="en">This machine is not ready yet</small></h1>
{{if .Away}}<p>Chưa nối được tới máy chủ {{.Queue}}. Kiểm tra dây mạng.<br><small lang="en">The server cannot be reached. Check the network cable.</small></p>
{{else if .Code}}<p>Mã ghép máy <small lang="en">Pairing code</small><b>{{.Code}}</b></p>
<p>Người quản trị nhập mã này tại {{.Queue}}{{.Where}}<br><small lang="en">An administrator types it there</small></p>
{{else}}<p>Đang khởi động … <small lang="en">Starting …</small></p>{{end}}
<p>Xin mời quý khách đến quầy hướng dẫn để lấy số.<br><small lang="en">Please ask at the information desk for a number.</small></p></body></html>`

// firstOffice asks a server for the office that it has.
func firstOffice(ctx context.Context, base string) (string, error) {
	var offices []struct {
		ID string `json:"id"`
	}
	if err := getJSON(ctx, strings.TrimSuffix(base, "/")+api.Prefix+"/offices", &offices); err != nil {
		return "", fmt.Errorf("%w; name the office with -office", err)
	}
	if len(offices) != 1 {
		return "", fmt.Errorf("the server has %d offices: name one with -office", len(offices))
	}
	return offices[0].ID, nil
}

// getJSON reads a small answer.
func getJSON(ctx context.Context, url string, v any) error {
	ctx, cancel := context.WithTimeout(ctx, headerTime)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return fmt.Errorf("the server cannot be reached: %w", err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answered %s", url, res.Status)
	}
	return json.NewDecoder(io.LimitReader(res.Body, 1<<20)).Decode(v)
}
