package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/queue/led"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// ledConfig is one number panel.
type ledConfig struct {
	Device    string   `toml:"device"`
	Baud      int      `toml:"baud"`
	Parity    string   `toml:"parity"`
	Driver    string   `toml:"driver"`
	Unit      int      `toml:"unit"`
	Counters  []string `toml:"counters"`
	TimeoutMS int      `toml:"timeout_ms"`
	Register  int      `toml:"register"`
	Fields    []string `toml:"fields"`
	Format    string   `toml:"format"`
	Answer    string   `toml:"answer"`
}

func (c ledConfig) panel() led.Panel {
	return led.Panel{
		Device: c.Device, Baud: c.Baud, Parity: led.Parity(c.Parity), Driver: c.Driver, Unit: c.Unit, Counters: c.Counters,
		Timeout: time.Duration(c.TimeoutMS) * time.Millisecond, Register: c.Register, Fields: c.Fields, Format: c.Format, Answer: c.Answer,
	}
}

// ledPanels are the number panels of this machine.
func (c config) ledPanels() (panels []led.Panel) {
	for _, each := range c.LED {
		panels = append(panels, each.panel())
	}
	return panels
}

// openLED sets up the number panels that the configuration names.
func (a *app) openLED() (err error) {
	if len(a.cfg.LED) == 0 {
		return nil
	}
	a.led, err = led.New(led.Config{Office: a.engine, Panels: a.cfg.ledPanels(), Alarm: a.web.Alarm, Logger: a.log})
	if err != nil {
		return err
	}
	a.parts = append(a.parts, part{"number panels", a.led.Run, false})
	return nil
}

// ledPanel shows the number panels to /admin.
func (a *app) ledPanel() page.Panel {
	return page.Panel{ID: "led", Title: "Bảng số LED", TitleEN: "Number panels", Rows: func(context.Context) (rows []page.Row) {
		for _, s := range a.led.Statuses() {
			counters := strings.Join(s.Panel.Counters, ", ")
			row := page.Row{
				Label: "Quầy " + counters, LabelEN: "Counter " + counters, Level: page.OK,
				Value: "hiện " + s.Shows, ValueEN: "shows " + s.Shows,
			}
			if s.Shows == "" {
				row.Value, row.ValueEN = "tắt: không gọi số nào", "dark: no number is called"
			}
			if s.Err != nil {
				where := fmt.Sprintf(" (%s, %d): ", s.Panel.Device, s.Panel.Unit)
				row.Value, row.ValueEN, row.Level = "không trả lời"+where+s.Err.Error(), "does not answer"+where+s.Err.Error(), page.Fail
			}
			rows = append(rows, row)
		}
		return rows
	}}
}
