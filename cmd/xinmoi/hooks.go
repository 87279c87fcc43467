package main

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/hooks"
)

// hookConfig is another system that is told of what happens.
type hookConfig struct {
	Name       string   `toml:"name"`
	URL        string   `toml:"url"`
	SecretFile string   `toml:"secret_file"`
	Events     []string `toml:"events"`
	Alarms     bool     `toml:"alarms"`
}

// targets reads the hooks' secrets.
func (c config) targets() (list []hooks.Target, err error) {
	for _, h := range c.Hooks {
		t := hooks.Target{Name: h.Name, URL: h.URL, Alarms: h.Alarms}
		secret, err := secretIn("hooks."+h.Name+".secret_file", h.SecretFile)
		if err != nil {
			return nil, err
		}
		t.Secret = []byte(secret)
		for _, k := range h.Events {
			t.Kinds = append(t.Kinds, queue.Kind(k))
		}
		list = append(list, t)
	}
	if err := hooks.Validate(list); err != nil {
		return nil, fmt.Errorf("hooks: %w", err)
	}
	return list, nil
}

// openHooks opens what tells other systems; without any in the configuration
// there is none.
func (a *app) openHooks(ctx context.Context) error {
	targets, err := a.cfg.targets()
	if err != nil || len(targets) == 0 {
		return err
	}
	a.hooks, err = hooks.Open(ctx, hooks.Config{Office: a.engine, Path: filepath.Join(a.data.path, hooks.FileName), Targets: targets, Logger: a.log})
	if err == nil {
		a.parts = append(a.parts, part{"hooks", a.hooks.Run, false})
	}
	return err
}
