package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"

	"github.com/xinmoi/xinmoi/kiosk/agent"
	"github.com/xinmoi/xinmoi/kiosk/escpos/vprinter"
	"github.com/xinmoi/xinmoi/kiosk/printer"
	"github.com/xinmoi/xinmoi/queue/api"
	"github.com/xinmoi/xinmoi/queue/web/page"
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
	pages   http.Handler // The kiosk; nil = it gives no numbers.
	code    string       // For the screen while it is not paired.
	barred  bool         // It was, and the server knows it no more.
	trouble error
	work    *kioskWork // Nil = not paired.

	refused string // The token that was tried last.
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
	group.start(ctx, part{"kiosk", func(ctx context.Context) error { return pc.serve(ctx, data, s) }, true})
	fmt.Fprintf(s.out, "Máy lấy số (kiosk) %s: %s/kiosk\nHàng đợi (queue): %s\nMáy in (printer): %s\n", k.name, pc.base, k.queue, k.printer)
	_ = pc.notify.Tell("READY=1", "STATUS=Máy lấy số đang chạy")
	select {
	case <-ctx.Done():
	case err = <-group.failed:
	}
	_ = pc.notify.Tell("STOPPING=1")
	_ = pc.server.Close()
	if err == nil {
		err = group.wait(stopLimit)
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
		if pc.work != nil {
			pc.work.journal.Left() // Waits where something hangs.
			pc.work.office.Stock()
		}
		w.WriteHeader(http.StatusNoContent)
	})
	mux.Handle("GET /{$}", http.RedirectHandler("/kiosk", http.StatusSeeOther))
	mux.HandleFunc("GET /wait.js", waitScript)
	mux.HandleFunc("GET /favicon.ico", page.Favicon)
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
