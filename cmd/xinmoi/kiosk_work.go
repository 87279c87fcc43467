package main

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/kiosk"
	"github.com/xinmoi/xinmoi/kiosk/agent"
	"github.com/xinmoi/xinmoi/queue/api"
)

// serve pairs the machine if need be and gives numbers, and again when the
// server does not know it any more.
func (pc *kioskPC) serve(ctx context.Context, data *dataDir, s streams) error {
	for {
		paired, err := pc.pair(ctx, data, s)
		if err == nil {
			err = pc.workAs(ctx, data, paired)
		}
		if !errors.Is(err, errBarred) {
			return err
		}
		pc.log.Error("this machine is not known to the server any more: pair it again", "queue", pc.queue)
		pc.mu.Lock()
		pc.barred, pc.pairAgain = true, true
		pc.mu.Unlock()
	}
}

// errBarred tells that the server does not let this machine in any more.
var errBarred = errors.New("the server does not know this machine any more")

// kioskWork is a paired kiosk: screen, journal, line to the queue.
type kioskWork struct {
	line     agent.Line
	office   *agent.Office
	journal  *agent.Journal
	cupboard *agent.Cupboard
	kiosk    *kiosk.Kiosk
}

// cupboardSounds is the voice of a server as the kiosk's screens use it.
type cupboardSounds struct{ *agent.Cupboard }

// Sound implements kiosk.Sounds.
func (c cupboardSounds) Sound(ctx context.Context, s kiosk.Speech) ([]byte, bool, error) {
	return c.Cupboard.Sound(ctx, s)
}

func (pc *kioskPC) open(data *dataDir, paired agent.Paired) (w *kioskWork, err error) {
	w = &kioskWork{line: agent.Line{Base: pc.queue, Token: paired.Token}}
	w.office, err = agent.NewOffice(agent.OfficeConfig{
		Remote: api.NewClient(pc.queue, paired.Office, paired.Token, nil),
		Path:   filepath.Join(data.path, "office.json"), Reserve: pc.reserve, Logger: pc.log,
	})
	if err != nil {
		return nil, err
	}
	if w.cupboard, err = agent.OpenCupboard(filepath.Join(data.path, "supplies"), w.line, pc.log); err != nil {
		return nil, err
	}
	if w.journal, err = agent.OpenJournal(filepath.Join(data.path, "journal"), pc.log); err != nil {
		return nil, err
	}
	w.kiosk, err = kiosk.New(kiosk.Config{
		Office: w.journal.Office(w.office), Printer: w.journal.Printer(pc.driver), Papers: pc.papers, PaperWidth: ticketWidth(pc.profile),
		Logger: pc.log, Words: os.DirFS(filepath.Join(data.path, "words")), Sounds: cupboardSounds{w.cupboard}, Links: w.cupboard, Logo: w.cupboard.Logo,
		Ring: func(ctx context.Context, _ kiosk.StaffCall) error { return w.line.Ring(ctx, pc.name) },
	})
	if err != nil {
		return nil, errors.Join(err, w.journal.Close())
	}
	return w, nil
}

// workAs gives numbers until ctx ends or the server bars the machine.
func (pc *kioskPC) workAs(ctx context.Context, data *dataDir, paired agent.Paired) error {
	w, err := pc.open(data, paired)
	if err != nil {
		return err
	}
	pc.mu.Lock()
	pc.work, pc.pages, pc.barred = w, w.kiosk.Handler(), false
	pc.mu.Unlock()
	inner, stop := context.WithCancel(ctx)
	defer stop()
	group := newGroup(pc.log)
	group.start(inner, part{"line to the queue", w.office.Run, false})
	group.start(inner, part{"journal", func(ctx context.Context) error { return w.journal.Run(ctx, w.office, "kiosk") }, false})
	group.start(inner, part{"report", func(ctx context.Context) error { return w.line.Report(ctx, pc.beat, w.hear, pc.log) }, false})
	group.start(inner, part{"supplies", func(ctx context.Context) error { return w.cupboard.Run(ctx, w.shelf, w.rehearse) }, false})
	group.start(inner, part{"screen", w.kiosk.Run, false})
	barred := w.awaitBarred(inner)
	pc.mu.Lock()
	pc.work, pc.pages = nil, nil
	pc.mu.Unlock()
	stop()
	err = errors.Join(group.wait(stopLimit), w.journal.Close())
	if barred {
		err = errors.Join(err, errBarred)
	}
	return err
}

// barredAfter is how long a server must refuse a machine before its screen
// gives up: a server that starts may refuse for a moment.
const barredAfter = 5 * time.Second

// awaitBarred returns true when the server bars the machine, false when ctx
// ends.
func (w *kioskWork) awaitBarred(ctx context.Context) bool {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	var since time.Time
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return false
		}
		switch {
		case !w.office.Barred():
			since = time.Time{}
		case since.IsZero():
			since = time.Now()
		case time.Since(since) >= barredAfter:
			return true
		}
	}
}

// shelf tells which numbers are set aside.
func (w *kioskWork) shelf() string { return fmt.Sprint(w.office.Numbers()) }

// rehearse lists what the screens will say, of the numbers set aside too.
func (w *kioskWork) rehearse(ctx context.Context) ([]any, error) {
	speeches, err := w.kiosk.Rehearse(ctx, w.office.Numbers())
	all := make([]any, len(speeches))
	for i, s := range speeches {
		all[i] = s
	}
	return all, err
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
	p, err = agent.Line{Base: pc.queue}.Pair(ctx, pc.name, pc.barred, func(code string, trouble error) {
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
	pc.mu.Lock()
	pc.code, pc.pairAgain = "", false
	pc.mu.Unlock()
	return p, agent.SavePaired(path, p)
}

// readToken reads the token from its file. One that the server has refused is
// not tried again until the file has another.
func (pc *kioskPC) readToken(ctx context.Context) (agent.Paired, error) {
	for {
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
		if err != nil || p.Token != pc.refused {
			pc.refused = p.Token
			return p, err
		}
		select {
		case <-time.After(barredAfter):
		case <-ctx.Done():
			return p, ctx.Err()
		}
	}
}

// beat is what the server hears of this machine.
func (pc *kioskPC) beat() agent.Beat {
	pc.mu.Lock()
	w := pc.work
	pc.mu.Unlock()
	if w == nil {
		return agent.Beat{Machine: pc.name, Version: version()}
	}
	s, p := w.kiosk.Status(), pc.driver.Status()
	free, owed := w.office.Stock()
	b := agent.Beat{
		Machine: pc.name, ID: w.office.ID(), Version: version(), Printer: p.Name, State: string(p.State), Detail: p.Detail.String(), Repeat: p.MayRepeat,
		Taken: s.Taken, Shown: s.Shown, Asking: s.Asking, Owed: s.Owed + owed, Reserve: free, Refused: w.office.Refused(),
		Orphans: append(w.office.Orphans(), w.journal.Orphans()...),
	}
	for _, e := range w.journal.Recovered() {
		b.Unsure = append(b.Unsure, e.Number)
	}
	return b
}

// hear takes what the server says to a sign of life.
func (w *kioskWork) hear(a agent.Answer) {
	if len(a.Done) > 0 {
		w.office.Dismiss(a.Done)
		w.journal.Dismiss(a.Done)
	}
}

// screen serves the kiosk's pages, or says why there are none and what to do:
// to citizens first, then to staff.
func (pc *kioskPC) screen(w http.ResponseWriter, r *http.Request) {
	pc.mu.Lock()
	pages := pc.pages
	view := map[string]any{
		"Code": spaced(pc.code), "Queue": pc.queue, "Where": agent.Prefix, "Away": pc.trouble != nil, "Barred": pc.barred, "File": pc.tokenFile,
	}
	if pages != nil && pc.work.office.Barred() { // A number now would be nobody's.
		pages, view["Barred"] = nil, true
	}
	pc.mu.Unlock()
	if pages != nil {
		pages.ServeHTTP(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; script-src 'self'")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusServiceUnavailable)
	page := template.Must(template.New("").Parse(pairPage))
	_ = page.Execute(w, view)
}

// spaced writes 483920 as "483 920".
func spaced(code string) string {
	if len(code) != 6 {
		return code
	}
	return code[:3] + " " + code[3:]
}

// waitScript looks again soon whether the machine gives numbers.
func waitScript(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
	_, _ = io.WriteString(w, `setTimeout(function () { location.replace("/kiosk"); }, 3000);`)
}

// pairPage is what the screen shows while the machine gives no numbers.
const pairPage = `<!doctype html><html lang="vi"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><script src="/wait.js" defer></script><noscript><meta http-equiv="refresh" content="3; url=/kiosk"></noscript><title>Máy lấy số chưa sẵn sàng</title>
<style>body{font:2rem/1.5 "Noto Sans",sans-serif;text-align:center;margin:10vh 5vw;color:#10243e;background:#fff}b{display:block;font-size:6rem;letter-spacing:.1em}small{color:#44546a}section{margin-top:3rem;padding-top:2rem;border-top:4px solid #44546a;font-size:1.5rem}</style></head>
<body><main><h1>Máy lấy số chưa sẵn sàng<br><small lang="en">This machine is not ready</small></h1>
<p>Xin mời quý khách đến quầy hướng dẫn để lấy số.<br><small lang="en">Please ask at the information desk for a number.</small></p>
<section aria-label="Dành cho cán bộ">
{{if .Barred}}<p>Dành cho cán bộ: máy chủ không còn nhận máy này. Khóa đã bị thu hồi, hoặc máy chủ dùng bản sao lưu cũ.<br><small lang="en">For staff: the server does not let this machine in any more. Its token was revoked, or an older backup was restored.</small></p>
{{end}}{{if .Away}}<p>Chưa nối được tới máy chủ {{.Queue}}. Kiểm tra dây mạng.<br><small lang="en">The server cannot be reached. Check the network cable.</small></p>
{{else if .File}}<p>Tạo khóa mới trên máy chủ bằng lệnh <code>xinmoi token -role kiosk</code> và ghi vào {{.File}}<br><small lang="en">Make another token on the server and write it into that file</small></p>
{{else if .Code}}<p>Mã ghép máy <small lang="en">Pairing code</small><b>{{.Code}}</b></p>
<p>Người quản trị nhập mã này tại {{.Queue}}{{.Where}}<br><small lang="en">An administrator types it there</small></p>
{{else}}<p>Đang khởi động … <small lang="en">Starting …</small></p>{{end}}</section></main></body></html>`
