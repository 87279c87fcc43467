package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime/pprof"
	"syscall"
	"time"
)

// runServe starts everything the configuration names and runs it until the
// process is told to stop.
func runServe(ctx context.Context, f *flag.FlagSet, args []string, s streams) error {
	cfg, err := serveConfig(f, args)
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(s.err, &slog.HandlerOptions{Level: slog.LevelWarn}))
	a, err := assemble(ctx, cfg, log)
	switch {
	case err != nil && ctx.Err() != nil:
		return errors.New("told to stop while starting; nothing is left behind")
	case err != nil:
		return err
	}
	a.printTable(s.out)
	forgetStart()
	err = a.run(ctx)
	return errors.Join(err, a.close(false))
}

// serveConfig reads file and flags; flags win.
func serveConfig(f *flag.FlagSet, args []string) (config, error) {
	file := f.String("config", "", "configuration `file`; \"xinmoi config example\" prints one")
	data := f.String("data", "", "data directory (default \""+defaultData+"\")")
	listen := f.String("http", "", "address of pages and HTTP interface (default 127.0.0.1:8080)")
	sip := f.String("sip", "", "address for telephone calls (default 127.0.0.1:5060; \"off\" = none)")
	trust := f.Bool("trust-clock", false, "believe the machine's clock even if the log ends long before what it says")
	if err := parseFlags(f, args); err != nil {
		return config{}, err
	}
	cfg, err := loadConfig(*file)
	if err != nil {
		return cfg, err
	}
	for value, target := range map[*string]*string{data: &cfg.Data, listen: &cfg.HTTP.Listen, sip: &cfg.SIP.Listen} {
		if *value != "" {
			*target = *value
		}
	}
	cfg.trustClock = *trust
	return cfg, cfg.check()
}

// run runs the parts. Told to stop, it refuses new calls and numbers at once,
// lets running telephone calls finish their sentence, and only then stops the
// office itself.
func (a *app) run(ctx context.Context) error {
	outlive, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	office, channels := newGroup(a.log), newGroup(a.log)
	office.start(outlive, part{"office", a.engine.Run, true})
	for _, p := range a.parts {
		channels.start(ctx, p)
	}
	server := a.serveHTTP(channels)
	secured := a.serveHTTPS(channels, server)

	var err error
	select {
	case <-ctx.Done():
	case err = <-office.failed:
	case err = <-channels.failed:
	}
	a.stopHTTP(server, secured)
	if err != nil {
		return err // The other parts end with the process.
	}
	late := channels.wait(stopLimit)
	if late != nil { // Where they hang is worth more than a tidy end.
		_ = pprof.Lookup("goroutine").WriteTo(os.Stderr, 1)
	}
	stop()
	return errors.Join(late, office.wait(stopLimit))
}

// Bounds of HTTP: what a stranger may cost.
const (
	headerTime  = 15 * time.Second // A telephone on a bad line connects, and is not heard for three lost packets (RFC 6298: 1 + 2 + 4 s).
	idleTime    = 2 * time.Minute
	headerBytes = 16 << 10
	stopTime    = 2 * time.Second
)

func (a *app) serveHTTP(g *group) *http.Server {
	server := &http.Server{
		Handler: a.handler, ReadHeaderTimeout: headerTime, ReadTimeout: 30 * time.Second, IdleTimeout: idleTime,
		MaxHeaderBytes: headerBytes, ErrorLog: slog.NewLogLogger(a.log.Handler(), slog.LevelDebug),
	}
	g.count("HTTP", 1)
	g.wg.Go(func() {
		defer g.count("HTTP", -1)
		if err := server.Serve(a.listener); !errors.Is(err, http.ErrServerClosed) {
			g.failed <- fmt.Errorf("HTTP server: %w", err)
		}
	})
	return server
}

func (a *app) stopHTTP(servers ...*http.Server) {
	close(a.draining)
	a.api.Drain()
	ctx, cancel := context.WithTimeout(context.Background(), stopTime)
	defer cancel()
	for _, server := range servers {
		if server != nil && server.Shutdown(ctx) != nil {
			_ = server.Close() // Whoever is still reading has had two seconds.
		}
	}
}

// listenHTTP binds early, so that a port in use is known before anything is
// written.
func listenHTTP(addr string) (net.Listener, error) {
	l, err := net.Listen("tcp", addr)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("another program uses %s; choose another address with -http 127.0.0.1:8081", addr)
	case err != nil:
		return nil, fmt.Errorf("cannot listen on %s: %w; choose another address with -http", addr, err)
	}
	return l, nil
}
