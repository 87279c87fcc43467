package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/announce"
	"github.com/xinmoi/xinmoi/announce/desk"
	"github.com/xinmoi/xinmoi/announce/output"
	"github.com/xinmoi/xinmoi/announce/output/browser"
	outputcommand "github.com/xinmoi/xinmoi/announce/output/command"
	"github.com/xinmoi/xinmoi/announce/output/file"
	"github.com/xinmoi/xinmoi/announce/output/multicast"
	"github.com/xinmoi/xinmoi/announce/output/pulse"
	"github.com/xinmoi/xinmoi/announce/output/speaker"
	"github.com/xinmoi/xinmoi/ivr/sip"
	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/web"
)

// soundConfig is this machine's loudspeakers.
type soundConfig struct {
	Outputs []outputConfig `toml:"output"`
	Zones   []zoneConfig   `toml:"zone"`
	Notices []noticeConfig `toml:"notice"`
}

// outputConfig is one loudspeaker or group of them; which keys it reads depends
// on its kind.
type outputConfig struct {
	Name string `toml:"name"`
	Kind string `toml:"kind"`

	Card   string   `toml:"card"`   // speaker
	Sink   string   `toml:"sink"`   // speaker, pulse
	Server string   `toml:"server"` // pulse
	Run    []string `toml:"run"`    // command
	Dir    string   `toml:"dir"`    // file

	Group     string `toml:"group"` // multicast
	Codec     string `toml:"codec"`
	TTL       int    `toml:"ttl"`
	Interface string `toml:"interface"`
	Control   string `toml:"control"`

	URIs         []string `toml:"uris"` // horn
	Profile      string   `toml:"profile"`
	From         string   `toml:"from"`
	User         string   `toml:"user"`
	PasswordFile string   `toml:"password_file"`
	Local        string   `toml:"local"`
	TwoWay       bool     `toml:"two_way"`
	Answer       int      `toml:"answer_seconds"`
}

// zoneConfig says through what a zone is heard.
type zoneConfig struct {
	ID      string   `toml:"id"`
	Outputs []string `toml:"outputs"`
	Reserve []string `toml:"reserve"`
	Grace   int      `toml:"grace_seconds"` // 0 = what its outputs need.
}

// What an output may take beyond the sound: usually, and at most.
const (
	usualGrace = 6 * time.Second
	mostGrace  = 120
	hornGrace  = 8 * time.Second // Beside the answer of a horn: to be ready, and to hang up.
)

// graceOf is how much longer than its sound an output of a zone may take. A
// horn that answers late is no horn that hangs.
func (c soundConfig) graceOf(z zoneConfig) time.Duration {
	if z.Grace > 0 {
		return time.Duration(z.Grace) * time.Second
	}
	grace := usualGrace
	for _, o := range c.Outputs {
		if o.Kind == "horn" && slices.Contains(slices.Concat(z.Outputs, z.Reserve), o.Name) {
			grace = max(grace, sip.HornAnswer(o.Answer)+hornGrace)
		}
	}
	return grace
}

// noticeConfig is a message that staff have ready, or that is said by itself.
type noticeConfig struct {
	Text  string   `toml:"text"`
	Every int      `toml:"every_minutes"`
	Zones []string `toml:"zones"`
}

// The outputs that need no configuration.
const (
	outputCard  = speaker.Name // The machine's sound card, where it has one.
	outputBoard = "board"      // The browsers of the zone's boards.
	outputFiles = "files"      // WAV files in the data directory.
)

// zoneLetters are what the office lets the id of a zone be made of.
const zoneLetters = "abcdefghijklmnopqrstuvwxyz0123456789-"

// maxNotice is the most characters of a message; see announce.Message.
const maxNotice = 500

// check refuses what could not be played.
func (c soundConfig) check() error {
	known := map[string]bool{outputCard: true, outputBoard: true, outputFiles: true}
	own := map[string]bool{}
	for _, o := range c.Outputs {
		switch {
		case o.Name == "" || o.Name == outputBoard || o.Name == outputFiles || own[o.Name]:
			return fmt.Errorf("sound.output: name %q: give each a name of its own, not %q or %q", o.Name, outputBoard, outputFiles)
		case !slices.Contains(outputKinds(), o.Kind):
			return fmt.Errorf("sound.output %q: kind %q: give %s", o.Name, o.Kind, strings.Join(outputKinds(), ", "))
		}
		known[o.Name], own[o.Name] = true, true
	}
	zones := map[string]bool{}
	for _, z := range c.Zones {
		if z.ID == "" || zones[z.ID] {
			return fmt.Errorf("sound.zone: id %q: give the zone's id in the office's setup, each once", z.ID)
		}
		if strings.Trim(z.ID, zoneLetters) != "" { // The office would take down nothing that was said there.
			return fmt.Errorf("sound.zone: id %q: use lower case letters, digits and dashes, as in the office's setup", z.ID)
		}
		zones[z.ID] = true
		for _, name := range slices.Concat(z.Outputs, z.Reserve) {
			if !known[name] {
				return fmt.Errorf("sound.zone %q: there is no output %q: add it as [[sound.output]]", z.ID, name)
			}
		}
		if len(z.Outputs)+len(z.Reserve) == 0 {
			return fmt.Errorf("sound.zone %q: give it outputs, such as [\"speaker\", \"board\"]", z.ID)
		}
		if z.Grace < 0 || z.Grace > mostGrace {
			return fmt.Errorf("sound.zone %q: grace_seconds %d: give 1 to %d, or 0 for the usual", z.ID, z.Grace, mostGrace)
		}
	}
	return c.checkNotices(zones)
}

func (c soundConfig) checkNotices(zones map[string]bool) error {
	for i, n := range c.Notices {
		if n.Text == "" || len([]rune(n.Text)) > maxNotice {
			return fmt.Errorf("sound.notice %d: give a text of at most %d characters", i+1, maxNotice)
		}
		if n.Every < 0 {
			return fmt.Errorf("sound.notice %d: every_minutes %d: give 0 (only by hand) or more", i+1, n.Every)
		}
		for _, z := range n.Zones {
			if len(zones) > 0 && !zones[z] {
				return fmt.Errorf("sound.notice %d: there is no zone %q", i+1, z)
			}
		}
	}
	return nil
}

func outputKinds() []string {
	return []string{"speaker", "pulse", "multicast", "horn", "command", "file"}
}

// open makes the output.
func (o outputConfig) open(a *app) (output.Output, error) {
	switch o.Kind {
	case "speaker":
		return speaker.New(speaker.Config{Name: o.Name, Card: o.Card, Sink: o.Sink, Logger: a.log}), nil
	case "pulse":
		return pulse.New(pulse.Config{Name: o.Name, Server: o.Server, Sink: o.Sink, Logger: a.log}), nil
	case "multicast":
		return multicast.New(multicast.Config{
			Name: o.Name, Group: o.Group, Codec: o.Codec, TTL: o.TTL, Interface: o.Interface, Control: o.Control, Logger: a.log,
		})
	case "horn":
		return sip.NewHorn(sip.HornConfig{
			Name: o.Name, URIs: o.URIs, Profile: o.Profile, From: o.From, User: o.User, PasswordFile: o.PasswordFile,
			Local: o.Local, TwoWay: o.TwoWay, Answer: o.Answer, Logger: a.log,
		})
	case "command":
		return outputcommand.New(outputcommand.Config{Name: o.Name, Run: o.Run})
	default:
		return file.New(o.Dir)
	}
}

// try opens every configured output and forgets it again: what serve would start
// without, "config check" tells beforehand. No output touches a device or the
// network before it runs.
func (c soundConfig) try() error {
	var errs []error
	for _, o := range c.Outputs {
		if o.Kind == "file" {
			continue // It would make its folder.
		}
		if _, err := o.open(&app{log: slog.New(slog.DiscardHandler)}); err != nil {
			errs = append(errs, fmt.Errorf("sound.output %q: %w", o.Name, err))
		}
	}
	return errors.Join(errs...)
}

// openHall sets up the loudspeakers of every zone.
func (a *app) openHall(context.Context) error {
	zones := a.cfg.Sound.Zones
	if len(zones) == 0 {
		zones = []zoneConfig{{ID: queue.DefaultZone, Outputs: []string{outputCard, outputBoard, outputFiles}}}
	}
	dir, err := a.data.sub("announcements")
	if err != nil {
		return err
	}
	files, err := file.New(dir)
	if err != nil {
		return err
	}
	var ids []string
	for _, z := range zones {
		ids = append(ids, z.ID)
	}
	a.screen = browser.NewHall(ids...)
	outputs, err := a.openOutputs(files)
	if err != nil {
		return err
	}
	a.sound = "loa của máy (sound card), board"
	if outputs[outputCard] == nil {
		a.sound = "không có loa trong máy (no sound card): " + filepath.Join(dir, file.Latest) + ", board"
	}
	if len(a.cfg.Sound.Zones) > 0 {
		a.sound = "khu vực (zones): " + strings.Join(ids, ", ")
	}
	c := announce.Config{Office: a.engine, Renderer: a.renderer, Logger: a.log, Posted: func() { a.posted() }}
	for _, z := range zones {
		c.Zones = append(c.Zones, announce.ZoneOutputs{
			ID: z.ID, Outputs: a.named(outputs, z.ID, z.Outputs), Reserve: a.named(outputs, z.ID, z.Reserve), Screen: a.screen.Zone(z.ID),
			Grace: a.cfg.Sound.graceOf(z),
		})
	}
	for _, n := range a.cfg.Sound.Notices {
		if n.Every > 0 {
			c.Periodic = append(c.Periodic, announce.Periodical{Text: n.Text, Every: time.Duration(n.Every) * time.Minute, Zones: n.Zones})
		}
	}
	if c.Standing, err = readStanding(a.cfg.Data); err != nil {
		a.log.Error("the emergencies that stood cannot be read; post them again if they still hold", "error", err)
	}
	c.Keep = func(standing []announce.Message) {
		if err := writeStanding(a.cfg.Data, standing); err != nil {
			a.log.Error("a standing emergency would not outlive a restart", "error", err)
		}
	}
	a.hall = announce.New(c)
	a.parts = append(a.parts, part{"loudspeaker", a.hall.Run, false})
	return nil
}

// openOutputs opens what is configured and what needs no configuration. One
// that cannot be set up stays in sight of the administrator, and the others go on.
func (a *app) openOutputs(files output.Output) (map[string]output.Output, error) {
	outputs := map[string]output.Output{outputFiles: files}
	if a.cfg.Speaker.Output == "auto" && speaker.Present() {
		outputs[outputCard] = speaker.New(speaker.Config{Logger: a.log})
	}
	for _, o := range a.cfg.Sound.Outputs {
		made, err := o.open(a)
		if err != nil {
			a.log.Error("an output cannot be set up", "output", o.Name, "err", err)
			made = output.Failed(o.Name, &output.Fault{
				VI: fmt.Sprintf("Loa %q chưa dùng được: sửa [[sound.output]] trong tệp cấu hình rồi khởi động lại", o.Name),
				EN: fmt.Sprintf("output %q cannot be used: mend its [[sound.output]] in the configuration and restart", o.Name), Err: err,
			})
		}
		outputs[o.Name] = made
	}
	return outputs, nil
}

// named finds outputs by name; a machine without a sound card plays through the
// others.
func (a *app) named(outputs map[string]output.Output, zone string, names []string) (out []output.Output) {
	for _, name := range names {
		if name == outputBoard {
			out = append(out, a.screen.Zone(zone))
		} else if o := outputs[name]; o != nil {
			out = append(out, o)
		}
	}
	return out
}

// posted has the boards show another message, or none.
func (a *app) posted() {
	if a.web != nil {
		a.web.Refresh()
	}
}

// runPlay is the player that a speaker starts: it is not for people.
func runPlay(ctx context.Context, s streams) error {
	err := speaker.Serve(ctx, os.Stdin, s.out)
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// openDesk makes the page from which staff speak to the hall.
func (a *app) openDesk() (http.Handler, error) {
	c := desk.Config{Hall: a.hall, Setup: a.engine, Logger: a.log, Build: version(), Location: a.where.location}
	for _, n := range a.cfg.Sound.Notices {
		c.Ready = append(c.Ready, n.Text)
	}
	d, err := desk.New(c)
	if err != nil {
		return nil, err
	}
	return d.Handler(), nil
}

// notices is what the boards show of the staff's messages.
func (a *app) notices() (out []web.Notice) {
	for _, m := range a.hall.Messages() {
		out = append(out, web.Notice{Text: m.Text, Emergency: m.Emergency})
	}
	return out
}
