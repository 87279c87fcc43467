package main

import (
	"context"
	"log/slog"
	"path/filepath"
	"testing"
)

// alone is the configuration of an office of its own, which takes no calls and
// makes no sound.
func alone(t *testing.T) config {
	t.Helper()
	cfg, err := defaultConfig()
	if err != nil {
		t.Fatal(err)
	}
	cfg.Data, cfg.HTTP.Listen, cfg.SIP.Listen, cfg.Speaker.Output = filepath.Join(t.TempDir(), "data"), "127.0.0.1:0", off, off
	return cfg
}

// running puts an office together whose engine runs until the test ends; its pages
// are at handler alone.
func running(t *testing.T, cfg config) *app {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	a, err := assemble(ctx, cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		stop()
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { defer close(done); _ = a.engine.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		<-done
		if err := a.close(true); err != nil {
			t.Error(err)
		}
	})
	return a
}
