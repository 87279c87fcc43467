// Package desk is the page from which the staff speak to the hall: messages and
// emergencies, the microphone, and, zone by zone, how the loudspeakers are, their
// loudness by ear, a pause and a test.
package desk

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/xinmoi/xinmoi/announce"
	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

//go:embed templates static
var files embed.FS

// Where the page is. Whoever mounts the handler guards Prefix for staff and
// LevelPath, which changes the office's setup, for administrators.
const (
	Prefix    = "/admin/sound"
	LevelPath = Prefix + "/level"
)

// Bounds of what is sent.
const (
	maxForm   = 16 << 10
	maxSpeech = 12 << 20 // A minute at 48 kHz, 16 bit, stereo.
	testTime  = 60 * time.Second
	maxClean  = 12 // dB that recorded speech is raised or lowered at most.
)

// Config is what the page needs; Hall and Setup are required.
type Config struct {
	Hall   *announce.Announcer
	Setup  page.Setup
	Ready  []string // Messages that staff have ready.
	Office string   // Name, for the head of the page.
	Logger *slog.Logger
	Build  string
	// Location is the office's, for times of day; nil = the machine's.
	Location func() *time.Location
}

// Desk is the page.
type Desk struct {
	Config
	kit *page.Desk
}

// New makes the page.
func New(c Config) (*Desk, error) {
	if c.Hall == nil || c.Setup == nil {
		return nil, errors.New("desk: Config.Hall and Config.Setup are required")
	}
	if c.Location == nil {
		c.Location = func() *time.Location { return time.Local }
	}
	kit, err := page.NewDesk(page.DeskConfig{
		Name: "desk", Prefix: Prefix, Files: files, Style: "desk.css", Office: c.Office, Build: c.Build, Logger: c.Logger,
	})
	if err != nil {
		return nil, err
	}
	c.Logger = kit.Logger
	return &Desk{Config: c, kit: kit}, nil
}

// Handler serves everything under Prefix.
func (d *Desk) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+Prefix, func(w http.ResponseWriter, r *http.Request) { d.show(w, r, http.StatusOK, nil) })
	for name, do := range map[string]func(*http.Request) error{
		"message": d.message, "withdraw": d.withdraw, "pause": d.pause, "resume": d.resume, "test": d.test, "selftest": d.selfTest, "level": d.level,
	} {
		d.kit.Form(mux, name, maxForm, func(w http.ResponseWriter, r *http.Request, err error) {
			if err == nil {
				err = do(r)
			}
			if err != nil {
				d.show(w, r, http.StatusUnprocessableEntity, err)
				return
			}
			d.kit.See(w, r, url.Values{"done": {name}}, r.PostForm.Get("zone"))
		})
	}
	mux.HandleFunc("POST "+Prefix+"/speech", d.speech)
	return d.kit.Handler(mux)
}

// message says and shows what was typed or chosen.
func (d *Desk) message(r *http.Request) error {
	text := r.PostForm.Get("text")
	if text == "" {
		text = r.PostForm.Get("ready")
	}
	times := 0
	if v := r.PostForm.Get("times"); v != "" {
		n, err := strconv.Atoi(v)
		if err != nil {
			return errors.New("số lần đọc phải là số (how often must be a number)")
		}
		times = n
	}
	_, err := d.Hall.Post(announce.Message{
		Text: text, Emergency: r.PostForm.Get("emergency") == "yes", Times: times, Zones: zones(r.PostForm["zones"]),
	})
	return err
}

// zones leaves out the empty choice, which means everywhere.
func zones(ids []string) []string {
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return id == "" })
}

func (d *Desk) withdraw(r *http.Request) error { return d.Hall.Withdraw(r.PostForm.Get("id")) }

func (d *Desk) pause(r *http.Request) error { return d.Hall.Pause(r.PostForm.Get("zone")) }

func (d *Desk) resume(r *http.Request) error { return d.Hall.Resume(r.PostForm.Get("zone")) }

func (d *Desk) test(r *http.Request) error {
	ctx, cancel := context.WithTimeout(r.Context(), testTime)
	defer cancel()
	return d.Hall.TestZone(ctx, r.PostForm.Get("zone"))
}

func (d *Desk) selfTest(r *http.Request) error {
	ctx, cancel := context.WithTimeout(r.Context(), testTime)
	defer cancel()
	results, err := d.Hall.SelfTest(ctx, r.PostForm.Get("zone"))
	errs := []error{err}
	for _, t := range results {
		if t.Err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", t.Output, t.Err))
		}
	}
	return errors.Join(errs...)
}

// level makes a zone louder or softer, for good, and lets it be heard.
func (d *Desk) level(r *http.Request) error {
	step, err := strconv.Atoi(r.PostForm.Get("step"))
	if err != nil || step < -3 || step > 3 {
		return errors.New("bước âm lượng từ -3 đến 3 dB (a step is -3 to 3 dB)")
	}
	view, err := d.Setup.Setup(r.Context())
	if err != nil {
		return err
	}
	id := r.PostForm.Get("zone")
	if view.Setup.Zones, err = louder(view.Setup.Zones, d.Hall.Zones(), id, step); err != nil {
		return err
	}
	now, err := page.Configure(r.Context(), d.Setup, view)
	if err != nil {
		return err
	}
	d.Hall.Adopt(now.Setup)
	if err := d.test(r); err != nil {
		return fmt.Errorf("đã lưu âm lượng, nhưng câu thử không phát được (the level is saved, but the test sentence was not played): %w", err)
	}
	return nil
}

// louder changes the level of one zone. An office that has named no zones gets
// its one zone by name.
func louder(zones []queue.Zone, here []string, id string, step int) ([]queue.Zone, error) {
	zones = slices.Clone(zones)
	if len(zones) == 0 && len(here) == 1 && here[0] == id {
		zones = []queue.Zone{{ID: id, Name: "Sảnh"}}
	}
	for i := range zones {
		if zones[i].ID == id {
			zones[i].Volume = max(-40, min(6, zones[i].Volume+step))
			return zones, nil
		}
	}
	return nil, fmt.Errorf("cơ quan chưa đặt khu vực %q: thêm khu vực này trong cài đặt rồi chỉnh âm lượng (the office's setup has no zone %q: add it, then set its level)", id, id)
}

// speech takes what somebody said into the microphone, as WAV, and says it.
func (d *Desk) speech(w http.ResponseWriter, r *http.Request) {
	sound, err := readSpeech(http.MaxBytesReader(w, r.Body, maxSpeech))
	if err == nil {
		_, err = d.Hall.Post(announce.Message{Text: r.URL.Query().Get("text"), Zones: zones(r.URL.Query()["zones"]), Sound: sound})
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusUnprocessableEntity)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// show writes the page; wrong is what went wrong before, nil if nothing did.
func (d *Desk) show(w http.ResponseWriter, r *http.Request, status int, wrong error) {
	l := page.Language(r)
	data := d.view(l)
	if data.Done = done().In(l, r.URL.Query().Get("done")); wrong != nil {
		data.Done, data.Wrong = "", wrong.Error()
		d.Logger.Warn("what staff asked of the loudspeakers failed", "path", r.URL.Path, "err", wrong)
	}
	d.kit.Render(w, r, status, "desk", page.View{
		Lang: l, Title: l.T("Loa và thông báo", "Loudspeakers and messages"), Data: data, Scripts: []string{d.kit.Asset("desk.js")},
	})
}

// done is what the page says when a form was done.
func done() page.Phrases {
	return page.Phrases{
		"message":  {"Đang phát thông báo.", "The message is being announced."},
		"withdraw": {"Đã gỡ thông báo.", "The message was taken back."},
		"pause":    {"Loa đã tạm dừng: số được gọi chỉ hiện trên bảng.", "Paused: calls are on the boards only."},
		"resume":   {"Loa đã hoạt động lại.", "The loudspeakers speak again."},
		"test":     {"Câu thử đã phát.", "The test sentence was played."},
		"selftest": {"Các loa đã tự kiểm tra, không có lỗi.", "The outputs tested themselves; nothing is wrong."},
		"level":    {"Đã lưu âm lượng và phát câu thử.", "The level was saved and the test sentence played."},
	}
}
